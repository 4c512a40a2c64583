//! A PostgreSQL server of the tests' own, made for the process that asks for it and gone with it, however that ends.
//!
//! A small shell program keeps it: it holds the other end of a pipe, and when that closes, which it does even where the
//! test process is killed, it stops the server and removes its folder.

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use nix::unistd::{Uid, User};
use postgres::{Client, NoTls};

/// The role that owns everything; who connects from the same machine is believed to be it.
pub const OWNER: &str = "aftersales";

/// How long a server may take to be made or to start.
const PATIENCE: Duration = Duration::from_secs(120);

/// Makes the server's files, then starts and stops it as it is told, a word a line; in the end nothing of it is left.
/// Where it can, the server sorts as people do, so that what is to be in the order of bytes has to say so.
const KEEPER: &str = r#"
programs=$1 folder=$2 server=
shift 2
stop() {
    [ -z "$server" ] || { kill -"$1" "$server"; wait "$server"; server=; }
}
cd "$folder" || exit
for locale in '--locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US' --locale=C.UTF-8 --locale=C; do
    "$programs/initdb" -D data -U aftersales -A trust -E UTF8 $locale --no-sync >>log 2>&1 && break
    rm -rf data
done
: >made
while read -r word port; do
    case $word in
    start)
        "$programs/postgres" -D data -p "$port" "$@" >>log 2>&1 &
        server=$!
        ;;
    stop) stop INT ;;
    esac
done
stop QUIT
cd / && rm -rf "$folder"
"#;

/// What every server is set to: nothing is worth a wait for the disk, since nothing outlives the tests.
const SETTINGS: [&str; 10] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "full_page_writes=off",
    "autovacuum=off",
    "jit=off",
    "max_connections=200",
    "shared_buffers=128MB",
    "max_wal_size=4GB",
    "log_min_messages=warning",
];

/// The server on which all shops of this process have their stores.
pub fn shared() -> &'static Server {
    static SHARED: OnceLock<Server> = OnceLock::new();
    SHARED.get_or_init(Server::start)
}

/// A running server.
pub struct Server {
    folder: PathBuf,
    port: u16,
    keeper: Mutex<(Child, Option<ChildStdin>)>,
}

impl Server {
    /// Starts a server.
    pub fn start() -> Server {
        Server::with(&[], &[])
    }

    /// Starts a server with those settings beside the usual ones, and those files in its data folder, for its eyes only.
    /// Where none is installed, there is nothing to be tried on one: the process ends, and not as a failure.
    pub fn with(settings: &[&str], files: &[(&str, &str)]) -> Server {
        let Some(programs) = programs() else {
            // Written past the harness, which would keep it to itself.
            let _ = std::io::stderr().write_all(
                b"the stories on PostgreSQL are skipped: no server is installed (Debian's package postgresql)\n",
            );
            std::process::exit(0);
        };
        let user = unprivileged();
        let base = if user.is_some() { reachable_folder() } else { std::env::temp_dir() };
        let folder = tempfile::Builder::new().prefix("aftersales-server-").tempdir_in(base).expect("a folder").keep();
        given_away(&folder);
        let folder = folder.canonicalize().expect("the folder is there");
        let mut keeper = Command::new("/bin/sh");
        keeper.args(["-c", KEEPER, "sh"]).arg(programs).arg(&folder);
        for setting in SETTINGS.iter().chain(settings) {
            keeper.args(["-c", setting]);
        }
        // A signal from the terminal ends the tests, and by that the server, in its own way.
        keeper.env_clear().env("LC_ALL", "C").env("PATH", "/usr/bin:/bin").process_group(0);
        if let Some(user) = &user {
            keeper.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = keeper.spawn().expect("a shell");
        let stdin = child.stdin.take();
        let mut server = Server { folder, port: 0, keeper: Mutex::new((child, stdin)) };
        server.wait_for("its files", || server.folder.join("made").exists());
        for (name, content) in files {
            server.put(name, content);
        }
        while !server.started() {}
        server
    }

    /// What `--store` is given for a schema of it.
    pub fn address(&self, schema: &str) -> String {
        self.address_as(OWNER, schema)
    }

    /// The same, as another role; with a password where one stands behind a colon.
    pub fn address_as(&self, role: &str, schema: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/postgres?schema={}", self.port, schema.replace(' ', "%20"))
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A connection that may do everything.
    pub fn client(&self) -> Client {
        self.connected().expect("the server lets its owner in")
    }

    /// The same where the server may not be there at the moment.
    pub fn try_client(&self) -> Result<Client, postgres::Error> {
        self.connected()
    }

    /// Runs statements as its owner.
    pub fn sql(&self, sql: &str) {
        self.client().batch_execute(sql).expect(sql);
    }

    /// Stops it in good order; who is connected is cut off.
    pub fn stop(&self) {
        self.told("stop");
        self.wait_for("its end", || !self.folder.join("data/postmaster.pid").exists());
    }

    /// Starts it again where it was.
    pub fn start_again(&self) {
        self.told(&format!("start {}", self.port));
        self.wait_for("its start", || self.connected().is_ok());
    }

    /// Tries a port that is free; whether nobody else was faster to take it.
    fn started(&mut self) -> bool {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        self.port = free.local_addr().expect("its number").port();
        drop(free);
        let refused = || self.log().matches("could not bind").count();
        let before = refused();
        self.told(&format!("start {}", self.port));
        // Another server may answer there: it is ours if it lives in our folder.
        let ours = |mut client: Client| {
            let row = client.query_one("SHOW data_directory", &[]);
            row.is_ok_and(|row| Path::new(row.get::<_, &str>(0)) == self.folder.join("data"))
        };
        self.wait_for("its start", || refused() > before || self.connected().is_ok_and(ours));
        refused() == before
    }

    fn connected(&self) -> Result<Client, postgres::Error> {
        Client::connect(
            &format!("host=127.0.0.1 port={} user={OWNER} dbname=postgres connect_timeout=5", self.port),
            NoTls,
        )
    }

    /// Writes a file into its data folder.
    pub fn put(&self, name: &str, content: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.folder.join("data").join(name);
        std::fs::write(&path, content).expect("the file can be written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("it can be kept to its owner");
        given_away(&path);
    }

    fn told(&self, words: &str) {
        let mut keeper = self.keeper.lock().expect("nobody panicked here");
        let stdin = keeper.1.as_mut().expect("the pipe is open");
        writeln!(stdin, "{words}").expect("the keeper listens");
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn wait_for(&self, what: &str, there: impl Fn() -> bool) {
        let began = Instant::now();
        while !there() {
            assert!(began.elapsed() < PATIENCE, "the PostgreSQL server did not come to {what}:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(mut keeper) = self.keeper.lock() {
            keeper.1 = None;
            let _ = keeper.0.wait();
        }
    }
}

/// Where the server's programs are: where the shell finds them, else where Debian keeps those of each version.
fn programs() -> Option<PathBuf> {
    let complete = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(found) = std::env::split_paths(&path).find(complete) {
        return Some(found);
    }
    let version = |folder: &Path| folder.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let versions = versions.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let newest = versions.filter(|folder| complete(&folder.join("bin"))).max_by_key(|folder| version(folder))?;
    Some(newest.join("bin"))
}

/// The user as whom a server is run where root runs the tests, as whom it does not start.
fn unprivileged() -> Option<User> {
    if !Uid::effective().is_root() {
        return None;
    }
    let known = ["postgres", "nobody"].into_iter().find_map(|name| User::from_name(name).ok().flatten());
    Some(known.expect("root knows somebody to run a server as"))
}

/// Makes a file or folder the server's own.
fn given_away(path: &Path) {
    if let Some(user) = unprivileged() {
        let (user, group) = (user.uid.as_raw(), user.gid.as_raw());
        std::os::unix::fs::chown(path, Some(user), Some(group)).expect("root can give away what it has");
    }
}

/// The usual folder for temporary files, or the system's where nobody else could enter that.
fn reachable_folder() -> PathBuf {
    let usual = std::env::temp_dir();
    let is_open = |folder: &Path| std::fs::metadata(folder).is_ok_and(|folder| folder.mode() & 0o001 != 0);
    if usual.ancestors().all(is_open) { usual } else { PathBuf::from("/tmp") }
}
