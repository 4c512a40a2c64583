//! Where a store is: a file, or a schema on a PostgreSQL server named by a URL (contract, section 1).
//!
//! The URL is libpq's: `postgres://user@host:port/database?schema=desk&sslmode=verify-full`. What it leaves out comes from the
//! variables that every client of PostgreSQL reads, the password also from a file of its own or `.pgpass`. A password is kept
//! in the connection's settings alone: nothing that can be printed holds it.

use std::fmt;
use std::path::{Path, PathBuf};

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

mod secrets;

pub use secrets::{check_path, without_passwords};

/// The schema of a URL that names none.
const SCHEMA: &str = "aftersales";

/// The port of a URL that names none.
const PORT: u16 = 5432;

/// Where a store is.
#[derive(Debug, Clone)]
pub enum Address {
    File(PathBuf),
    Server(Box<Server>),
}

/// A schema on a server, and how to get there.
#[derive(Clone)]
pub struct Server {
    pub(super) config: Config,
    pub(super) schema: String,
    pub(super) tls: Tls,
    /// Whether what is remembered of its answers is asked again and compared, which a test build does where it is told to.
    #[cfg(debug_assertions)]
    pub(super) doubts: bool,
    /// Why a password file was left unread, to be told where a password turns out to be needed.
    pub(super) unread: Option<String>,
    /// The URL without what is secret.
    shown: String,
}

/// What the URL asks of TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tls {
    pub check: Check,
    pub roots: Roots,
}

/// How far the server's certificate is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// Not at all: the line is hidden from who listens, not from who answers in the server's place.
    Nothing,
    /// That an authority signed it, whatever name it bears.
    Authority,
    /// That it is the server's own.
    Name,
}

/// The authorities that are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Roots {
    /// Those of the machine.
    System,
    /// Those in a file.
    File(PathBuf),
}

/// Where the settings of a connection are looked up beside the URL.
pub struct Surroundings<'s> {
    /// A variable of the environment, none where it is empty.
    pub variable: &'s dyn Fn(&str) -> Option<String>,
}

impl Address {
    /// Reads what `--store` was given; a URL that cannot be used is told in a sentence without its password.
    pub fn parse(text: &str, around: &Surroundings<'_>) -> Result<Address, String> {
        let Some((scheme, _)) = text.split_once("://") else {
            return check_path(text).map(|()| Address::File(PathBuf::from(text)));
        };
        match scheme {
            "postgres" | "postgresql" => Server::parse(text, around).map(|server| Address::Server(Box::new(server))),
            scheme if secrets::is_scheme(scheme) => {
                Err(format!("a store is a path or a URL that begins with postgres://, not with {scheme}://"))
            }
            _ => Err("a store is a path or a URL that begins with postgres://".to_owned()),
        }
    }

    /// The file, where the store is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Address::File(path) => Some(path),
            Address::Server(_) => None,
        }
    }
}

/// What may be printed: never a password.
impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::File(path) => write!(out, "{}", path.display()),
            Address::Server(server) => write!(out, "{server}"),
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.shown)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.shown)
    }
}

/// The parameters of the URL that are ours, and the rest, which the client library reads.
#[derive(Default)]
struct Ours {
    schema: Option<String>,
    mode: Option<String>,
    roots: Option<String>,
    password_file: Option<String>,
    pgpass: Option<String>,
}

impl Server {
    /// Whether two URLs lead to one schema: by host, port, database and schema, whoever logs in and however.
    pub fn is_same_store(&self, other: &Server) -> bool {
        let others = other.places();
        self.schema == other.schema
            && self.config.get_dbname() == other.config.get_dbname()
            && self.places().iter().any(|place| others.contains(place))
    }

    /// Every host that the URL names, with its port.
    fn places(&self) -> Vec<(String, u16)> {
        let (hosts, ports) = (self.config.get_hosts(), self.config.get_ports());
        let named = hosts.iter().map(|host| match host {
            Host::Tcp(host) => host.to_lowercase(),
            #[cfg(unix)]
            Host::Unix(folder) => folder.to_string_lossy().into_owned(),
        });
        let port = |at: usize| ports.get(at).or(ports.last()).copied().unwrap_or(PORT);
        let named = named.enumerate().map(|(at, host)| (host, port(at)));
        let by_number = self.config.get_hostaddrs().iter().enumerate();
        named.chain(by_number.map(|(at, host)| (host.to_string(), port(at)))).collect()
    }

    fn parse(url: &str, around: &Surroundings<'_>) -> Result<Server, String> {
        secrets::check_escaped(url)?;
        let (ours, rest) = split(url)?;
        let variable = |name: &str| (around.variable)(name);
        let mut config: Config = rest.parse().map_err(|error: tokio_postgres::Error| {
            let reason = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            // What is taken for the name of a parameter may be what follows an `&` in a password.
            match url.contains("password=") {
                true => {
                    "the store's URL cannot be read: a parameter of it is none, or has another value than it can have"
                        .to_owned()
                }
                false => format!("the store's URL cannot be read: {reason}"),
            }
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            let host = variable("PGHOST").unwrap_or_else(|| "localhost".to_owned());
            config.host(host);
        }
        if config.get_ports().is_empty()
            && let Some(port) = variable("PGPORT")
        {
            config.port(port.parse().map_err(|_| format!("PGPORT: {port:?} is no port"))?);
        }
        let user = config.get_user().map(str::to_owned).or_else(|| variable("PGUSER")).or_else(|| variable("USER"));
        let database = config.get_dbname().map(str::to_owned).or_else(|| variable("PGDATABASE")).or(user.clone());
        if let (Some(user), Some(database)) = (user, database) {
            config.user(user).dbname(database);
        }
        if config.get_application_name().is_none() {
            config.application_name("aftersales");
        }

        let mode = ours.mode.or_else(|| variable("PGSSLMODE")).unwrap_or_else(|| "prefer".to_owned());
        let roots = ours.roots.or_else(|| variable("PGSSLROOTCERT"));
        let tls = tls(&mut config, &mode, roots, around)?;
        let schema = ours.schema.unwrap_or_else(|| SCHEMA.to_owned());
        check_schema(&schema)?;
        let shown = shown(&config, &schema, &mode);
        let mut server = Server {
            config,
            schema,
            tls,
            #[cfg(debug_assertions)]
            doubts: variable("AFTERSALES_DOUBT").is_some(),
            unread: None,
            shown,
        };
        server.find_password(ours.password_file, ours.pgpass, around)?;
        Ok(server)
    }

    /// The password: of the URL, else of the file that the URL names, else of the environment, else of `.pgpass`.
    fn find_password(
        &mut self,
        file: Option<String>,
        pgpass: Option<String>,
        around: &Surroundings<'_>,
    ) -> Result<(), String> {
        if let Some(file) = file {
            let text = std::fs::read_to_string(&file).map_err(|error| format!("the password file {file}: {error}"))?;
            self.config.password(text.trim_end_matches(['\r', '\n']));
        }
        if self.config.get_password().is_some() {
            return Ok(());
        }
        if let Some(password) = (around.variable)("PGPASSWORD") {
            self.config.password(password);
            return Ok(());
        }
        let named = pgpass.or_else(|| (around.variable)("PGPASSFILE")).map(PathBuf::from);
        let Some(path) = named.or_else(|| Some(PathBuf::from((around.variable)("HOME")?).join(".pgpass"))) else {
            return Ok(());
        };
        let Ok(text) = std::fs::read_to_string(&path) else {
            return Ok(());
        };
        if is_open_to_others(&path) {
            self.unread = Some(format!("{} was not read, since others may read it too: chmod 600", path.display()));
            return Ok(());
        }
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            _ => "localhost".to_owned(),
        };
        let port = self.config.get_ports().first().copied().unwrap_or(PORT).to_string();
        let (user, database) =
            (self.config.get_user().unwrap_or_default(), self.config.get_dbname().unwrap_or_default());
        if let Some(password) = password_of(&text, [&host, &port, database, user]) {
            self.config.password(password);
        }
        Ok(())
    }
}

/// Takes our own parameters out of a URL.
fn split(url: &str) -> Result<(Ours, String), String> {
    let mut ours = Ours::default();
    let Some((base, query)) = url.split_once('?') else {
        return Ok((ours, url.to_owned()));
    };
    let mut rest = Vec::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let place = match name {
            "schema" | "search_path" | "currentSchema" => &mut ours.schema,
            "sslmode" => &mut ours.mode,
            "sslrootcert" => &mut ours.roots,
            "passwordfile" => &mut ours.password_file,
            "passfile" => &mut ours.pgpass,
            "options" => {
                if let Some(schema) = schema_of(&decoded(value)?) {
                    ours.schema = Some(schema);
                }
                rest.push(parameter);
                continue;
            }
            _ => {
                rest.push(parameter);
                continue;
            }
        };
        *place = Some(decoded(value)?);
    }
    Ok((ours, if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) }))
}

/// The schema that the server's own options name: `-c search_path=desk`.
fn schema_of(options: &str) -> Option<String> {
    let (_, after) = options.rsplit_once("search_path=")?;
    let name = after.split([' ', ',']).next().unwrap_or_default().trim_matches('"');
    (!name.is_empty()).then(|| name.to_owned())
}

fn decoded(value: &str) -> Result<String, String> {
    let text = percent_encoding::percent_decode_str(value).decode_utf8();
    text.map(std::borrow::Cow::into_owned).map_err(|_| "the store's URL holds bytes that are no text".to_owned())
}

fn check_schema(schema: &str) -> Result<(), String> {
    if schema.is_empty() || schema.len() > 63 || schema.contains('\0') {
        return Err("a schema's name has 1 to 63 bytes".to_owned());
    }
    if schema.starts_with("pg_") || schema == "information_schema" {
        return Err(format!("the schema {schema} is the server's own"));
    }
    // On a search path it stands for a schema of the role's name, even in quotes.
    if schema == "$user" {
        return Err(
            "the schema $user is one of each role's own; a desk's has a name that is the same for all".to_owned()
        );
    }
    Ok(())
}

/// What the mode asks, in the terms of the client library and of our own check.
fn tls(config: &mut Config, mode: &str, roots: Option<String>, around: &Surroundings<'_>) -> Result<Tls, String> {
    let (ssl_mode, check) = match mode {
        "disable" => (SslMode::Disable, Check::Nothing),
        "allow" | "prefer" => (SslMode::Prefer, Check::Nothing),
        // As for every client of PostgreSQL: whoever names authorities wants them asked.
        "require" if roots.is_some() => (SslMode::Require, Check::Authority),
        "require" => (SslMode::Require, Check::Nothing),
        "verify-ca" => (SslMode::Require, Check::Authority),
        "verify-full" => (SslMode::Require, Check::Name),
        _ => {
            return Err(format!(
                "sslmode {mode:?} is not one of disable, allow, prefer, require, verify-ca, verify-full"
            ));
        }
    };
    config.ssl_mode(ssl_mode);
    let roots = match roots {
        Some(named) if named == "system" => Roots::System,
        Some(named) => Roots::File(PathBuf::from(named)),
        None => {
            let usual = (around.variable)("HOME").map(|home| PathBuf::from(home).join(".postgresql").join("root.crt"));
            usual.filter(|path| path.is_file()).map_or(Roots::System, Roots::File)
        }
    };
    Ok(Tls { check, roots })
}

fn shown(config: &Config, schema: &str, mode: &str) -> String {
    let hosts: Vec<String> = match config.get_hosts() {
        [] => config.get_hostaddrs().iter().map(ToString::to_string).collect(),
        hosts => hosts
            .iter()
            .map(|host| match host {
                Host::Tcp(host) => host.clone(),
                #[cfg(unix)]
                Host::Unix(folder) => encoded(&folder.to_string_lossy()),
            })
            .collect(),
    };
    let port = match config.get_ports() {
        [] | [PORT] => String::new(),
        ports => format!(":{}", ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
    };
    let user = encoded(config.get_user().unwrap_or_default());
    let database = encoded(config.get_dbname().unwrap_or_default());
    let mode = if mode == "prefer" { String::new() } else { format!("&sslmode={mode}") };
    format!("postgres://{user}@{}{port}/{database}?schema={}{mode}", hosts.join(","), encoded(schema))
}

fn encoded(text: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    percent_encoding::utf8_percent_encode(text, KEPT).to_string()
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

/// The password that a `.pgpass` holds for host, port, database and user: the first line that fits, `*` fitting everything,
/// `\` before a `:` or `\` that stands for itself.
fn password_of(text: &str, wanted: [&str; 4]) -> Option<String> {
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields_of(line);
        let (password, named) = fields.split_last()?;
        let fits = named.len() == wanted.len()
            && named.iter().zip(wanted).all(|(named, wanted)| named == "*" || named == wanted);
        fits.then(|| password.clone())
    })
}

fn fields_of(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let kept = match character {
            ':' if fields.len() < 5 => {
                fields.push(String::new());
                continue;
            }
            '\\' => characters.next(),
            other => Some(other),
        };
        if let Some(field) = fields.last_mut() {
            field.extend(kept);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str, variables: &[(&str, &str)]) -> Result<Server, String> {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        match Address::parse(url, &Surroundings { variable: &variable })? {
            Address::Server(server) => Ok(*server),
            Address::File(path) => Err(format!("{} is a file", path.display())),
        }
    }

    fn password(url: &str, variables: &[(&str, &str)]) -> Option<String> {
        let server = parsed(url, variables).unwrap();
        server.config.get_password().map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn a_url_names_server_database_and_schema() {
        let server =
            parsed("postgresql://ann@db.example.org:5433/shop?schema=My%20desk&connect_timeout=3", &[]).unwrap();
        assert_eq!(server.schema, "My desk");
        assert_eq!(server.config.get_ports(), [5433]);
        assert_eq!(server.to_string(), "postgres://ann@db.example.org:5433/shop?schema=My%20desk");
        for named in ["search_path=x", "currentSchema=x", "options=-c%20search_path%3Dx", "options=-csearch_path=x"] {
            assert_eq!(parsed(&format!("postgres://ann@h/shop?{named}"), &[]).unwrap().schema, "x", "{named}");
        }
    }

    #[test]
    fn a_store_is_the_same_by_host_port_database_and_schema() {
        let one = parsed("postgres://ann@db.example.org/shop?schema=desk", &[]).unwrap();
        for (other, is_same) in [
            ("postgresql://bo:x@DB.example.org:5432/shop?schema=desk&sslmode=require", true),
            ("postgres://ann@other,db.example.org/shop?schema=desk", true),
            ("postgres://ann@db.example.org:5433/shop?schema=desk", false),
            ("postgres://ann@db.example.org/other?schema=desk", false),
            ("postgres://ann@db.example.org/shop", false),
            ("postgres://ann@other/shop?schema=desk", false),
        ] {
            assert_eq!(one.is_same_store(&parsed(other, &[]).unwrap()), is_same, "{other}");
        }
    }

    #[test]
    fn what_the_url_leaves_out_comes_from_the_environment() {
        let around =
            [("PGHOST", "h"), ("PGPORT", "6000"), ("PGUSER", "bo"), ("PGDATABASE", "d"), ("PGSSLMODE", "require")];
        let server = parsed("postgres://", &around).unwrap();
        assert_eq!(server.to_string(), "postgres://bo@h:6000/d?schema=aftersales&sslmode=require");
        let server = parsed("postgres://ann@other:1/e?sslmode=disable", &around).unwrap();
        assert_eq!(server.to_string(), "postgres://ann@other:1/e?schema=aftersales&sslmode=disable");
        let server = parsed("postgres:///?host=/run/pg", &[("USER", "cy")]).unwrap();
        assert_eq!(server.to_string(), "postgres://cy@%2Frun%2Fpg/cy?schema=aftersales");
    }

    #[test]
    fn the_password_is_found_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "s3cret\n").unwrap();
        let pgpass = folder.path().join(".pgpass");
        std::fs::write(&pgpass, "# mine\nother:*:*:*:no\nh:5432:shop:ann:a\\:b\\\\c\n*:*:*:bo:x\n").unwrap();
        let home = folder.path().to_str().unwrap();
        let in_file = format!("postgres://ann@h/shop?passwordfile={}", file.display());
        assert_eq!(password("postgres://ann:p%40ss@h/shop", &[("PGPASSWORD", "e")]).as_deref(), Some("p@ss"));
        assert_eq!(password(&in_file, &[("PGPASSWORD", "e")]).as_deref(), Some("s3cret"));
        assert_eq!(password("postgres://ann@h/shop", &[("PGPASSWORD", "e"), ("HOME", home)]).as_deref(), Some("e"));

        let open = parsed("postgres://ann@h/shop", &[("HOME", home)]).unwrap();
        assert!(open.config.get_password().is_none() && open.unread.is_some(), "others may read it");
        let only_mine = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&pgpass, only_mine).unwrap();
        assert_eq!(password("postgres://ann@h/shop", &[("HOME", home)]).as_deref(), Some("a:b\\c"));
        assert_eq!(password("postgres://bo@h:7/shop", &[("HOME", home)]).as_deref(), Some("x"));
        assert_eq!(password("postgres://cy@h/shop", &[("HOME", home)]), None);

        let server = parsed("postgres://ann:p%40ss@h/shop", &[]).unwrap();
        assert!(!format!("{server} {server:?}").contains("p@ss") && !server.to_string().contains("p%40ss"));
    }

    #[test]
    fn tls_is_as_the_url_asks() {
        let table = [
            ("", SslMode::Prefer, Check::Nothing),
            ("?sslmode=disable", SslMode::Disable, Check::Nothing),
            ("?sslmode=require", SslMode::Require, Check::Nothing),
            ("?sslmode=require&sslrootcert=ca.pem", SslMode::Require, Check::Authority),
            ("?sslmode=verify-ca", SslMode::Require, Check::Authority),
            ("?sslmode=verify-full&sslrootcert=system", SslMode::Require, Check::Name),
        ];
        for (query, mode, check) in table {
            let server = parsed(&format!("postgres://ann@h/shop{query}"), &[]).unwrap();
            assert_eq!((server.config.get_ssl_mode(), server.tls.check), (mode, check), "{query}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_told() {
        for (url, told) in [
            ("mysql://h/d", "mysql://"),
            ("postgres://ann:secret@h/d?sslmode=maybe", "sslmode"),
            ("postgres://ann:secret@h:no/d", "port"),
            ("postgres://ann:secret@h/d?color=red", "color"),
            ("postgres://ann:secret@h/d?schema=", "1 to 63 bytes"),
            ("postgres://ann:secret@h/d?schema=pg_catalog", "the server's own"),
            ("postgres://ann:secret@h/d?schema=%24user", "$user"),
            ("postgres://h/d?password=se&cret=secret", "parameter"),
            ("postgres://ann:secr@et@h/d", "%40"),
            ("secret:secret@postgres://h/d", "begins with postgres://"),
            ("host=h password=secret", "is named by a URL"),
            ("postgres://ann:secret@h/d?passwordfile=/nowhere/at/all", "/nowhere/at/all"),
        ] {
            let message = parsed(url, &[]).unwrap_err();
            assert!(message.contains(told) && !message.contains("secret"), "{url}: {message}");
        }
    }
}
