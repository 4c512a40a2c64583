//! What only a store on a server has: the way there, passwords, roles, encryption, and a server that goes away.

use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;

use crate::support::line::Line;
use crate::support::server::{Server, shared};
use crate::support::{Shop, finished, split};

/// A server that asks for passwords and answers to the name `localhost` where the line is encrypted.
struct Guarded {
    server: Server,
    /// The authority that signed its certificate, and another that did not.
    authority: String,
    stranger: String,
}

fn guarded() -> &'static Guarded {
    static GUARDED: OnceLock<Guarded> = OnceLock::new();
    GUARDED.get_or_init(|| {
        let authority = || {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
        };
        let (known, stranger) = (authority(), authority());
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &known).unwrap();
        let doors = "host all aftersales 127.0.0.1/32 trust\n\
                     host all old 127.0.0.1/32 md5\n\
                     hostnossl all encrypted 127.0.0.1/32 reject\n\
                     host all all 127.0.0.1/32 scram-sha-256\n";
        let files =
            [("server.crt", &*certificate.pem()), ("server.key", &*key.serialize_pem()), ("pg_hba.conf", doors)];
        let server = Server::with(&["ssl=on", "password_encryption=scram-sha-256"], &files);
        server.sql("GRANT CREATE ON DATABASE postgres TO PUBLIC");
        Guarded { server, authority: known.as_ref().pem(), stranger: stranger.as_ref().pem() }
    })
}

impl Guarded {
    /// Makes a role with that password.
    fn role(&self, name: &str, password: &str) {
        self.server.sql(&format!("CREATE ROLE {name} LOGIN PASSWORD '{password}'"));
    }

    /// The address of a schema for a role, under the name that the server's certificate bears.
    fn by_name(&self, role: &str, schema: &str) -> String {
        self.server.address_as(role, schema).replace("127.0.0.1", "localhost")
    }
}

/// A port at which nobody listens.
fn nobody() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

// Passwords.

#[test]
fn a_password_is_shown_nowhere() {
    let server = &guarded().server;
    guarded().role("discreet", "s3cret word");
    let shop = Shop::without_store();
    let url = server.address_as("discreet:s3cret%20word", "discreet");
    let on = |words: &str| shop.run(&format!("{words} --store '{url}'"));
    let mut said = String::new();
    let mut heard = |ran: crate::support::Ran, code: i32| {
        assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
        said.push_str(&ran.stdout);
        said.push_str(&ran.stderr);
    };
    // All goes well.
    for words in [
        "init",
        "init -o json",
        "customer create --name Ada --dry-run -v",
        "customer create --name Ada -v -o json",
        "customer list",
        "log -o json",
        "export",
        "verify -o json",
    ] {
        heard(on(words), 0);
    }
    heard(shop.run(&format!("store copy '{url}' copy.db -o json")), 0);
    heard(shop.run("log -o json --store copy.db"), 0);
    // Something is wrong with what is asked, with the address, or with what is there.
    heard(on("customer show C9"), 11);
    heard(on("customer list --nosuch"), 2);
    heard(shop.run(&format!("customer list '{url}'")), 2);
    heard(shop.run(&format!("'{url}'")), 2);
    for (right, wrong, code) in [
        ("s3cret", "s3cret-no", 16),
        ("schema=discreet", "schema=nowhere", 40),
        ("/postgres?", "/nowhere?", 40),
        ("schema=discreet", "schema=pg_catalog", 2),
        ("schema=discreet", "sslmode=maybe", 2),
        ("schema=discreet", "color=red", 2),
        ("schema=discreet", "schema=discreet&sslmode=verify-full", 16),
        (&format!(":{}/", server.port()), ":no/", 2),
        (&format!(":{}/", server.port()), &format!(":{}/", nobody()), 30),
    ] {
        let wrong = url.replace(right, wrong);
        for format in ["table", "json"] {
            heard(shop.run(&format!("customer list -o {format} --store '{wrong}'")), code);
        }
        heard(shop.run(&format!("store copy '{wrong}' other.db")), code);
        let mut command = shop.command("customer list");
        command.env("AFTERSALES_STORE", &wrong);
        heard(finished(command.spawn().unwrap()), if code == 2 { 16 } else { code });
        shop.write("aftersales.toml", format!("store = \"{wrong}\"\n"));
        let mut command = shop.command("customer list");
        command.env_remove("AFTERSALES_STORE");
        heard(finished(command.spawn().unwrap()), if code == 2 { 16 } else { code });
    }
    shop.write("aftersales.toml", format!("store = \"{url}\" and more\n"));
    heard(shop.run("customer list"), 16);
    assert!(said.contains("discreet@127.0.0.1"), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
}

#[test]
fn an_address_that_is_none_shows_no_password_and_makes_no_file() {
    let shop = Shop::without_store();
    let mut said = String::new();
    for (address, word) in [
        ("host=127.0.0.1 user=ann password=s3cret dbname=shop", true),
        (" password = 's3cret word' host=h", true),
        ("postgres:/ann:s3cret@h/shop", true),
        ("postgresql:ann:s3cret@h/shop", true),
        ("postgres//ann:s3cret@h/shop", false),
        ("POSTGRES://ann:s3cret@h/shop", true),
        ("jdbc:postgresql://h/shop?user=ann&password=s3cret", true),
        ("mysql://ann:s3cret@h/shop", true),
        ("ann:s3cret@h/shop", false),
        ("postgres://ann:p@s3cret@h/shop", true),
        ("postgres://ann:p/s3cret@h/shop", true),
        ("postgres://ann:p?s3cret@h/shop", true),
        ("postgres://ann:p#s3cret@h/shop", true),
        ("postgres://ann:12/s3cret@h/shop", true),
        ("postgres://h/shop?password=a&s3cret=b", true),
        ("postgres://ann@h/shop?password=s3cret&schema=%24user", true),
    ] {
        let mut hear = |ran: crate::support::Ran, codes: &[i32]| {
            assert!(codes.contains(&ran.code), "{address}: {}{}", ran.code, ran.stderr);
            assert_eq!(ran.stdout, "");
            said.push_str(&ran.stderr);
        };
        for format in ["table", "json"] {
            for words in ["init", "customer list", "customer create -v", "apply"] {
                let mut command = shop.command(&format!("{words} -o {format} --store"));
                hear(finished(command.arg(address).spawn().unwrap()), &[2]);
            }
            for words in ["store copy", "store copy x.db"] {
                let mut command = shop.command(&format!("{words} -o {format}"));
                command.arg(address);
                if words == "store copy" {
                    command.arg("x.db");
                }
                hear(finished(command.spawn().unwrap()), &[2, 40]);
            }
            // Where something else belongs, it is told that it does not belong there: no more of it than of any word.
            if word {
                for words in ["customer list", "customer", "ticket show T1", ""] {
                    let mut command = shop.command(&format!("-o {format} {words}"));
                    hear(finished(command.arg(address).spawn().unwrap()), &[2]);
                }
            }
        }
        let mut command = shop.command("customer list");
        command.env("AFTERSALES_STORE", address);
        hear(finished(command.spawn().unwrap()), &[16]);
        shop.write("aftersales.toml", format!("store = \"{}\"\n", address.replace('\\', "")));
        let mut command = shop.command("customer list");
        command.env_remove("AFTERSALES_STORE");
        hear(finished(command.spawn().unwrap()), &[16]);
        std::fs::remove_file(shop.path("aftersales.toml")).unwrap();
    }
    assert!(!said.contains("s3cret"), "{said}");
    let files: Vec<_> = std::fs::read_dir(shop.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(files.is_empty(), "{files:?}");
    assert!(shop.run("customer list --help").stdout.contains("process list"));
}

#[test]
fn a_password_comes_from_where_clients_of_the_server_look_for_it() {
    let server = &guarded().server;
    guarded().role("keeper", "a:b\\c%");
    let shop = Shop::without_store();
    let (bare, with) = (server.address_as("keeper", "keeper"), server.address_as("keeper:a%3Ab%5Cc%25", "keeper"));
    shop.done(&format!("init --store '{with}'"));
    let list = |url: &str, variables: &[(&str, &str)]| {
        let mut command = shop.command(&format!("customer list --store '{url}' -o json"));
        command.envs(variables.iter().copied());
        finished(command.spawn().unwrap())
    };
    let wrong_or_none = |ran: crate::support::Ran| {
        assert_eq!((ran.code, ran.stdout.as_str()), (16, ""), "{}", ran.stderr);
        let error = crate::support::json(&ran.stderr)["error"].clone();
        assert_eq!(error["code"], "config_invalid");
        let message = error["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(&bare), "{message}");
        message
    };
    wrong_or_none(list(&bare, &[]));
    assert_eq!(list(&with, &[("PGPASSWORD", "no")]).code, 0, "the URL's own counts most");
    assert_eq!(list(&bare, &[("PGPASSWORD", "a:b\\c%")]).code, 0);
    wrong_or_none(list(&bare, &[("PGPASSWORD", "no")]));

    shop.write("secret", "a:b\\c%\n");
    assert_eq!(list(&format!("{bare}&passwordfile=secret"), &[("PGPASSWORD", "no")]).code, 0);

    let pgpass =
        shop.write(".pgpass", format!("# ours\n*:*:*:other:no\n127.0.0.1:{}:*:keeper:a\\:b\\\\c%\n", server.port()));
    let told = wrong_or_none(list(&bare, &[]));
    assert!(told.contains(".pgpass was not read"), "{told}");
    std::fs::set_permissions(&pgpass, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(list(&bare, &[]).code, 0, "the home folder's");
    std::fs::rename(&pgpass, shop.path("elsewhere")).unwrap();
    wrong_or_none(list(&bare, &[]));
    assert_eq!(list(&bare, &[("PGPASSFILE", "elsewhere")]).code, 0);
    assert_eq!(list(&format!("{bare}&passfile=elsewhere"), &[]).code, 0);
}

#[test]
fn an_old_kind_of_password_is_taken_too() {
    let server = &guarded().server;
    server.sql("SET password_encryption = 'md5'; CREATE ROLE old LOGIN PASSWORD 'long ago'");
    let shop = Shop::without_store();
    shop.done(&format!("init --store '{}'", server.address_as("old:long%20ago", "old")));
    shop.refused(&format!("customer list --store '{}'", server.address_as("old:of%20late", "old")), "config_invalid");
}

// The way there.

#[test]
fn a_server_that_is_not_there_may_come_back() {
    let server = Server::start();
    let shop = Shop::without_store();
    let url = server.address("desk");
    let on = |words: &str| format!("{words} --store '{url}'");
    shop.done(&on("init"));
    server.stop();
    shop.write("lines.ndjson", "{\"command\":\"customer create\"}\n");
    for words in ["customer list", "customer create", "apply lines.ndjson", "export", "verify", "init"] {
        let error = shop.refused(&on(words), "store_busy");
        assert!(error["message"].as_str().unwrap().starts_with(&url), "{error}");
    }
    server.start_again();
    shop.done(&on("customer create"));
    assert_eq!(shop.run(&on("customer list -o ids")).stdout, "C00001\n");
}

#[test]
fn who_listens_and_says_nothing_is_given_up() {
    let shop = Shop::without_store();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://ann@127.0.0.1:{}/shop?connect_timeout=1", silent.local_addr().unwrap().port());
    shop.refused(&format!("customer list --store '{url}'"), "store_busy");
    // Who hangs up at once is not there either.
    let hanging_up = std::thread::spawn(move || silent.incoming().take(2).for_each(drop));
    shop.refused(&format!("customer list --store '{url}'"), "store_busy");
    drop(std::net::TcpStream::connect(url.split(['@', '/']).nth(3).unwrap()));
    hanging_up.join().unwrap();
}

#[test]
fn a_server_without_room_is_busy() {
    let server = shared();
    server.sql("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0");
    let shop = Shop::without_store();
    let error = shop.refused(&format!("customer list --store '{}'", server.address_as("crowded", "x")), "store_busy");
    assert!(error["message"].as_str().unwrap().contains("too many connections"), "{error}");
}

#[test]
fn a_command_that_is_cut_off_is_undone_and_told() {
    let shop = Shop::new();
    let lock = shop.store.locked();
    let waiting = shop.command("customer create -o json").spawn().unwrap();
    let mut client = shared().client();
    let ended = "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
                 WHERE NOT l.granted AND a.application_name = 'aftersales' AND a.query LIKE '%store_format%'
                   AND $1::text = ANY (SELECT n.nspname FROM pg_locks o JOIN pg_class c ON c.oid = o.relation
                                       JOIN pg_namespace n ON n.oid = c.relnamespace WHERE o.pid = l.pid)";
    while client.query(ended, &[&shop.store.schema().name()]).unwrap().is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let ran = finished(waiting);
    assert_eq!((ran.code, ran.stdout.as_str()), (30, ""), "{}", ran.stderr);
    let error = crate::support::json(&ran.stderr)["error"].clone();
    assert_eq!((&error["code"], &error["hint"]), (&json!("store_busy"), &json!("aftersales customer create -o json")));
    drop(lock);
    assert_eq!(shop.operations(), 1);
}

// What is there.

#[test]
fn a_database_that_is_not_there_is_made_by_the_servers_tools() {
    let server = shared();
    let shop = Shop::without_store();
    let url = server.address("desk").replace("/postgres?", "/my%20shop?");
    for words in ["customer list", "customer create", "init"] {
        let error = shop.refused(&format!("{words} --store '{url}'"), "store_missing");
        let hint = split(error["hint"].as_str().unwrap());
        let port = server.port().to_string();
        assert_eq!(hint, ["createdb", "-h", "127.0.0.1", "-p", &port, "-U", "aftersales", "my shop"]);
    }
    server.sql("CREATE DATABASE \"my shop\"");
    shop.done(&format!("init --store '{url}'"));
    // Two schemas are two stores.
    shop.done(&format!("customer create --store '{url}'"));
    let other = url.replace("schema=desk", "schema=other");
    shop.refused(&format!("customer list --store '{other}'"), "store_missing");
    shop.done(&format!("init --store '{other}'"));
    assert_eq!(shop.ok(&format!("customer list --store '{other}'")), json!([]));
}

#[test]
fn a_schema_may_be_called_anything() {
    let shop = Shop::without_store();
    let url = shared().address("O%27Hara%20%22%26%20Zo%C3%AB%22%25%3B");
    let on = |words: &str| format!("{words} --store '{url}'");
    let hint = shop.refused(&on("customer list"), "store_missing")["hint"].as_str().unwrap().to_owned();
    assert_eq!(split(&hint), ["aftersales", "init", "--store", &url], "it can be typed");
    shop.done(&on("init"));
    shop.done(&on("customer create --name Ada"));
    assert_eq!(shop.ok(&on("verify"))["clean"], true);
    assert_eq!(shop.run(&on("export")).code, 0);
    let names = "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'O%'";
    let name: String = shared().client().query_one(names, &[]).unwrap().get(0);
    assert_eq!(name, "O'Hara \"& Zoë\"%;");
}

#[test]
fn a_database_that_cannot_hold_every_text_takes_no_store() {
    let server = shared();
    server.sql("CREATE DATABASE western TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'");
    let shop = Shop::without_store();
    let url = server.address("desk").replace("/postgres?", "/western?");
    let error = shop.refused(&format!("init --store '{url}'"), "config_invalid");
    assert!(error["message"].as_str().unwrap().contains("LATIN1"), "{error}");
}

#[test]
fn a_schema_of_another_application_is_left_alone() {
    let server = shared();
    let shop = Shop::without_store();
    for (number, made) in [
        "CREATE VIEW theirs AS SELECT 1",
        "CREATE TABLE store_format (id TEXT)",
        "CREATE TABLE store_format (application BIGINT, version BIGINT)",
        "CREATE TABLE store_format (application TEXT, version BIGINT)",
        "CREATE TABLE store_format (application TEXT, version BIGINT); INSERT INTO store_format VALUES ('theirs', 1)",
    ]
    .iter()
    .enumerate()
    {
        server.sql(&format!("CREATE SCHEMA theirs{number}; SET search_path TO theirs{number}; {made}"));
        for words in ["customer list", "customer create", "init", "verify"] {
            let error = shop
                .refused(&format!("{words} --store '{}'", server.address(&format!("theirs{number}"))), "store_foreign");
            assert!(error["message"].as_str().unwrap().contains("another application"), "{made}: {error}");
        }
    }
    // An empty schema is nobody's, and a sequence or a function is no table.
    server.sql("CREATE SCHEMA nobodys; CREATE SEQUENCE nobodys.number");
    shop.done(&format!("init --store '{}'", server.address("nobodys")));
}

#[test]
fn what_is_gone_from_the_schema_is_told_by_name() {
    let shop = crate::sample::shop();
    shop.abandoned();
    for (gone, told) in [
        ("ALTER TABLE stage DROP CONSTRAINT stage_folded_check", "the table stage has lost 1 of its checks"),
        ("ALTER TABLE lot DROP CONSTRAINT lot_id_key", "the table lot has lost 1 of its unique constraints"),
        ("ALTER TABLE lot DROP CONSTRAINT lot_product_fkey", "the table lot has lost 1 of its links"),
        ("DROP TABLE repair_labour", "the table repair_labour is gone"),
        ("ALTER TABLE tag ALTER name DROP NOT NULL", "the column name of the table tag is another than it was made"),
        ("ALTER TABLE tag ADD spy TEXT", "the table tag has a column spy that is not the store's"),
        (
            "ALTER TABLE lot ALTER id TYPE TEXT COLLATE \"und-x-icu\"",
            "the column id of the table lot is another than it was made",
        ),
        (
            "ALTER TABLE tax DROP CONSTRAINT tax_included_check; ALTER TABLE tax ADD CHECK (included IN (0, 1, 2))",
            "the table tax has 1 checks that are not the store's",
        ),
        (
            "DROP INDEX sales_order_cart; CREATE UNIQUE INDEX sales_order_cart ON sales_order (customer) WHERE cart = 1",
            "the index sales_order_cart is another than it was made",
        ),
        ("CREATE INDEX more ON stage (folded)", "there is an index more that is not the store's"),
        ("CREATE VIEW seen AS SELECT * FROM tag", "there is a table seen that is not the store's"),
        (
            "CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER acts BEFORE INSERT ON tag FOR EACH ROW EXECUTE FUNCTION act()",
            "there is a trigger acts on tag that is not the store's",
        ),
        (
            "CREATE RULE keep AS ON DELETE TO tag DO INSTEAD NOTHING",
            "there is a rule keep on tag that is not the store's",
        ),
        ("ALTER TABLE team ENABLE ROW LEVEL SECURITY", "the table team shows other rows than it holds"),
    ] {
        shop.store.schema().sql(gone);
        let error = shop.refused("verify", "store_damaged");
        let findings = error["findings"].as_array().unwrap();
        assert!(findings.iter().any(|found| found["check"] == "file" && found["message"] == told), "{gone}: {error:#}");
        for found in findings {
            let message = found["message"].as_str().unwrap();
            assert!(!message.contains("current transaction"), "one check that fails ends no other: {message}");
        }
    }
}

// Roles.

#[test]
fn a_role_that_may_make_no_schema_is_told_what_an_upgrade_needs() {
    let shop = Shop::without_store();
    shop.store.made_of_format(1);
    let schema = shop.store.schema().name().to_owned();
    shop.store.schema().sql(&format!(
        "CREATE ROLE keeper LOGIN; CREATE ROLE passerby LOGIN; ALTER SCHEMA \"{schema}\" OWNER TO keeper;
         GRANT USAGE ON SCHEMA \"{schema}\" TO passerby; GRANT SELECT ON ALL TABLES IN SCHEMA \"{schema}\" TO passerby;
         DO $$ DECLARE name TEXT; BEGIN
           FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = '{schema}' LOOP
             EXECUTE format('ALTER TABLE %I OWNER TO keeper', name);
           END LOOP; END $$"
    ));
    let url = |role| format!("--as root --store '{}'", shared().address_as(role, &schema));
    for role in ["passerby", "keeper"] {
        let error = shop.refused(&format!("tag create x {}", url(role)), "store_older");
        assert_eq!(error["hint"], serde_json::Value::Null, "{error:#}");
    }
    let error = shop.refused(&format!("tag create x {}", url("keeper")), "store_older");
    let message = error["message"].as_str().unwrap();
    let (_, wanted) = message.split_once(" by CREATE SCHEMA ").unwrap_or_else(|| panic!("{message}"));
    shop.store.schema().sql(&format!("CREATE SCHEMA {wanted}"));

    // An empty schema that somebody made for it is taken.
    assert_eq!(shop.run(&format!("tag create x {}", url("keeper"))).code, 0);
    assert!(shop.store.state_of_copy().is_some());
    shop.ok("verify");
}

/// A shop, and its address as the role `name`, which may use its schema and read what is in it.
fn shop_for_reader(name: &str) -> (Shop, String) {
    let shop = Shop::new();
    shop.done("customer create --name Ada");
    let schema = shop.store.schema().name().to_owned();
    shop.store.schema().sql(&format!(
        "CREATE ROLE {name} LOGIN; GRANT USAGE ON SCHEMA \"{schema}\" TO {name};
         GRANT SELECT ON ALL TABLES IN SCHEMA \"{schema}\" TO {name}"
    ));
    let url = shared().address_as(name, &schema);
    (shop, url)
}

/// Reads work, and changes are refused.
fn reads_alone(shop: &Shop, url: &str) {
    let on = |words: &str| format!("{words} --store '{url}'");
    assert_eq!(shop.run(&on("customer list -o ids")).stdout, "C00001\n");
    for words in ["customer show C1", "log", "verify"] {
        shop.ok(&on(words));
    }
    assert_eq!(shop.run(&on("export")).code, 0);
    shop.write("lines.ndjson", "{\"command\":\"customer create\"}\n");
    shop.write("records.ndjson", "{\"record\":\"customer\",\"id\":\"A\"}\n");
    for words in [
        "customer create",
        "customer edit C1 --name Bo",
        "apply lines.ndjson",
        "apply lines.ndjson --atomic",
        "import records.ndjson",
    ] {
        let error = shop.refused(&on(words), "store_read_only");
        assert!(error["message"].as_str().unwrap().starts_with("the store cannot be written: "), "{error}");
        assert!(error["message"].as_str().unwrap().contains("role"), "{error}");
    }
}

#[test]
fn a_role_that_may_only_read_reads() {
    let (shop, url) = shop_for_reader("reader");
    reads_alone(&shop, &url);
    let elsewhere = shared().address_as("reader", "of the reader");
    shop.refused(&format!("init --store '{elsewhere}'"), "store_read_only");
}

#[test]
fn a_session_that_is_to_read_only_reads() {
    let (shop, url) = shop_for_reader("onlooker");
    shop.store.schema().sql(&format!(
        "GRANT ALL ON ALL TABLES IN SCHEMA \"{}\" TO onlooker; ALTER ROLE onlooker SET default_transaction_read_only = on",
        shop.store.schema().name()
    ));
    reads_alone(&shop, &url);
}

#[test]
fn a_server_that_stands_by_reads() {
    let server = Server::start();
    let shop = Shop::without_store();
    let url = server.address("desk");
    shop.done(&format!("init --store '{url}'"));
    shop.done(&format!("customer create --store '{url}'"));
    server.stop();
    server.put("standby.signal", "");
    server.start_again();
    reads_alone(&shop, &url);
    shop.refused(&format!("init --store '{}'", server.address("other")), "store_read_only");
}

#[test]
fn who_may_not_even_read_is_told_so() {
    let (shop, url) = shop_for_reader("stranger");
    let schema = shop.store.schema().name().to_owned();
    for taken in [
        format!("REVOKE SELECT ON ALL TABLES IN SCHEMA \"{schema}\" FROM stranger"),
        format!("REVOKE USAGE ON SCHEMA \"{schema}\" FROM stranger"),
        "CREATE DATABASE closed; REVOKE CONNECT ON DATABASE closed FROM PUBLIC".to_owned(),
    ] {
        taken.split("; ").for_each(|sql| shop.store.schema().sql(sql));
        let url = if taken.contains("closed") { url.replace("/postgres?", "/closed?") } else { url.clone() };
        for words in ["customer list", "customer create", "verify", "init"] {
            let error = shop.refused(&format!("{words} --store '{url}'"), "config_invalid");
            assert!(error["message"].as_str().unwrap().starts_with(&url), "{taken}: {error}");
        }
    }
}

/// A shop whose schema is given to a role `name` who is no superuser, and the shop's address as that role.
fn shop_of(name: &str) -> (Shop, String) {
    let shop = Shop::new();
    let schema = shop.store.schema().name().to_owned();
    shop.store.schema().sql(&format!(
        "CREATE ROLE {name} LOGIN; ALTER SCHEMA \"{schema}\" OWNER TO {name};
         DO $$ DECLARE name TEXT; BEGIN
           FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = '{schema}' LOOP
             EXECUTE format('ALTER TABLE %I OWNER TO {name}', name);
           END LOOP; END $$"
    ));
    let url = shared().address_as(name, &schema);
    (shop, url)
}

#[test]
fn what_another_role_prepared_is_not_run() {
    let (shop, url) = shop_of("mallory");
    let schema = shop.store.schema().name().to_owned();
    let to = |url: &str, words: &str| format!("{words} --store '{url}'");
    let (owner, writer) = (shop.store.address(), shared().address_as("helper", &schema));
    shop.store.schema().sql(&format!(
        "CREATE ROLE helper LOGIN; GRANT USAGE ON SCHEMA \"{schema}\" TO helper;
         GRANT ALL ON ALL TABLES IN SCHEMA \"{schema}\" TO helper"
    ));
    // Tables alone do nothing by themselves when they are read; to be written they have to be one's own.
    shop.done(&to(&url, "customer create"));
    for reader in [&owner, &writer] {
        assert_eq!(shop.ok(&to(reader, "customer list"))[0]["id"], "C00001");
        let error = shop.refused(&to(reader, "customer create"), "store_foreign");
        assert!(error["message"].as_str().unwrap().contains("mallory"), "{error}");
    }
    shop.store.schema().sql("GRANT mallory TO helper");
    shop.done(&to(&writer, "customer create"));
    shop.store.schema().sql("REVOKE mallory FROM helper");

    // Whatever would run with the reader's rights is not even looked at.
    let made = "CREATE FUNCTION seize() RETURNS boolean LANGUAGE plpgsql AS
                $$ BEGIN ALTER ROLE mallory SUPERUSER; RETURN true; END $$";
    let is_seized = || {
        let row = shared().client().query_one("SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory'", &[]);
        row.unwrap().get::<_, bool>(0)
    };
    let as_mallory = |sql: &str| {
        shop.store.schema().sql(&format!("SET ROLE mallory; {sql}; RESET ROLE"));
    };
    for (done, undone) in [
        (
            "ALTER TABLE store_format RENAME TO kept; CREATE VIEW store_format AS SELECT * FROM kept WHERE seize()",
            "DROP VIEW store_format; ALTER TABLE kept RENAME TO store_format",
        ),
        (
            "ALTER TABLE customer RENAME TO kept; CREATE VIEW customer AS SELECT * FROM kept WHERE seize()",
            "DROP VIEW customer; ALTER TABLE kept RENAME TO customer",
        ),
        (
            "ALTER TABLE customer ENABLE ROW LEVEL SECURITY; CREATE POLICY sly ON customer USING (seize())",
            "DROP POLICY sly ON customer; ALTER TABLE customer DISABLE ROW LEVEL SECURITY",
        ),
        (
            "CREATE FUNCTION pick(a bigint, b text) RETURNS boolean LANGUAGE sql AS 'SELECT seize()';
             CREATE OPERATOR = (LEFTARG = bigint, RIGHTARG = text, FUNCTION = pick)",
            "DROP OPERATOR = (bigint, text); DROP FUNCTION pick(bigint, text)",
        ),
    ] {
        as_mallory(&format!("{made}; {done}"));
        for words in ["customer list", "customer create", "verify", "init", "export"] {
            for reader in [&owner, &writer] {
                let error = shop.refused(&to(reader, words), "store_foreign");
                assert_eq!(error["hint"], serde_json::Value::Null, "{error}");
            }
        }
        assert!(!is_seized(), "{done}");
        as_mallory(&format!("{undone}; DROP FUNCTION seize()"));
    }
    shop.ok(&to(&owner, "verify"));
    shop.refused(&format!("init --store '{}'", shared().address("%24user")), "usage");
}

#[test]
fn a_table_that_is_gone_is_damage() {
    let shop = Shop::new();
    shop.abandoned();
    shop.store.schema().sql("ALTER TABLE customer RENAME TO gone");
    for words in ["customer list", "customer create"] {
        shop.refused(words, "store_damaged");
    }
    assert_eq!(shop.run("export").code, 42);
}

#[test]
fn how_long_a_statement_may_take_is_not_the_servers_to_say() {
    let (shop, url) = shop_of("hasty");
    shared().sql("ALTER ROLE hasty SET statement_timeout = '300ms'");
    shop.done(&format!("customer create --store '{url}'"));
    // A writer who waits is busy, not cut off.
    let lock = shop.store.locked();
    let error = shop.refused(&format!("customer create --store '{url}'"), "store_busy");
    assert!(error["message"].as_str().unwrap().contains("another command"), "{error}");
    drop(lock);
}

// A writer that is not there any more.

#[test]
fn a_writer_that_vanishes_lets_go_of_the_store() {
    let shop = Shop::new();
    let line = Line::to(shared().port(), Duration::ZERO);
    line.falls_silent_after("FOR UPDATE");
    let mut command = shop.command("customer create --name Gone");
    command.env("AFTERSALES_STORE", line.address(&shop.store.address()));
    let mut vanished = command.spawn().unwrap();
    while !line.is_silent() {
        std::thread::sleep(Duration::from_millis(10));
    }
    shop.refused("customer create --name Early", "store_busy");
    let ran = (0..20).map(|_| shop.run("customer create --name Ada")).find(|ran| ran.code != 30);
    assert_eq!(ran.map(|ran| ran.code), Some(0), "the store stays locked");
    vanished.kill().unwrap();
    vanished.wait().unwrap();
    assert_eq!(shop.ok("customer list")[0]["name"], "Ada");
}

// A pooler.

/// A pooler before the shared server; none where it is not installed.
struct Pooler {
    process: std::process::Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Pooler {
    /// Starts one that hands its few connections to whoever comes, for as long as `mode` says.
    fn start(mode: &str) -> Option<Pooler> {
        let program =
            ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].into_iter().find(|path| std::path::Path::new(path).exists());
        let Some(program) = program else {
            eprintln!("a story of a pooler is skipped: pgbouncer is not installed (Debian's package pgbouncer)");
            return None;
        };
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let port = nobody();
        let settings = format!(
            "[databases]\npostgres = host=127.0.0.1 port={} user=aftersales\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = any\npool_mode = {mode}\ndefault_pool_size = 3\nmax_client_conn = 100\n",
            shared().port()
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, settings).unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let mut command = std::process::Command::new(program);
        if nix::unistd::Uid::effective().is_root() {
            command.args(["-u", "nobody"]);
        }
        let process = command.arg("-q").arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let pooler = Pooler { process, port, _folder: folder };
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(pooler)
    }

    fn address(&self, schema: &str) -> String {
        format!("postgres://aftersales@127.0.0.1:{}/postgres?schema={schema}", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn desks_behind_a_pooler_stay_apart() {
    let Some(pooler) = Pooler::start("transaction") else { return };
    let shop = Shop::without_store();
    let desks: Vec<String> = (0..4).map(|desk| pooler.address(&format!("pooled{desk}"))).collect();
    for desk in &desks {
        shop.done(&format!("init --store '{desk}'"));
    }
    let lines = |desk: usize| -> String {
        let line = |n: usize| {
            format!(
                "{{\"command\":\"customer create\",\"name\":\"{desk}\",\"key\":\"{n}\"}}\n{{\"command\":\"tag create\",\"name\":\"{desk}/{n}\"}}\n"
            )
        };
        (0..40).map(line).collect()
    };
    // Several writers on each desk, who all share three connections, with single commands between.
    std::thread::scope(|scope| {
        for (number, desk) in desks.iter().enumerate() {
            let (shop, lines) = (&shop, &lines);
            for _ in 0..2 {
                let (bulk, single) = (
                    shop.command(&format!("apply -o ids --store '{desk}'")),
                    (0..6)
                        .map(|_| shop.command(&format!("customer create --name {number} --store '{desk}'")))
                        .collect::<Vec<_>>(),
                );
                scope.spawn(move || crate::support::fed(bulk, lines(number).as_bytes()));
                scope.spawn(move || {
                    for mut command in single {
                        let ran = finished(command.spawn().unwrap());
                        assert_eq!(ran.code, 0, "{}", ran.stderr);
                    }
                });
            }
        }
    });
    for (number, desk) in desks.iter().enumerate() {
        let names = shop.run(&format!("customer list --store '{desk}' --jq '.[].name'")).stdout;
        assert_eq!(names.lines().collect::<Vec<_>>(), vec![number.to_string(); 40 + 12], "desk {number}");
        assert_eq!(shop.ok(&format!("tag list --store '{desk}'")).as_array().unwrap().len(), 40);
        shop.ok(&format!("verify --store '{desk}'"));
    }
}

#[test]
fn a_pooler_that_keeps_no_transaction_together_is_told() {
    let Some(pooler) = Pooler::start("statement") else { return };
    let shop = Shop::without_store();
    for words in ["init", "customer list", "customer create"] {
        let error = shop.refused(&format!("{words} --store '{}'", pooler.address("pooled")), "config_invalid");
        assert!(error["message"].as_str().unwrap().contains("pooler"), "{error}");
    }
}

// Encryption.

#[test]
fn the_line_is_encrypted_and_checked_as_far_as_is_asked() {
    let Guarded { server, authority, stranger } = guarded();
    guarded().role("encrypted", "s3cret");
    let shop = Shop::without_store();
    let (known, unknown) = (shop.write("known.pem", authority), shop.write("unknown.pem", stranger));
    let (known, unknown) = (known.display(), unknown.display());
    let (by_name, by_number) =
        (guarded().by_name("encrypted:s3cret", "tls"), server.address_as("encrypted:s3cret", "tls"));
    // By itself the line is encrypted where it can be; this role is not let in without.
    shop.done(&format!("init --store '{by_name}'"));
    for (url, asked) in [
        (&by_name, "sslmode=prefer".to_owned()),
        (&by_name, "sslmode=require".to_owned()),
        (&by_number, "sslmode=require".to_owned()),
        (&by_name, format!("sslmode=require&sslrootcert={known}")),
        (&by_name, format!("sslmode=verify-ca&sslrootcert={known}")),
        (&by_number, format!("sslmode=verify-ca&sslrootcert={known}")),
        (&by_name, format!("sslmode=verify-full&sslrootcert={known}")),
    ] {
        assert_eq!(shop.ok(&format!("customer list --store '{url}&{asked}'")), json!([]), "{asked}");
    }
    for (url, asked, why) in [
        (&by_name, "sslmode=disable".to_owned(), "does not let us in"),
        (&by_number, format!("sslmode=verify-full&sslrootcert={known}"), "not valid for name"),
        (&by_name, format!("sslmode=verify-full&sslrootcert={unknown}"), "certificate"),
        (&by_name, format!("sslmode=verify-ca&sslrootcert={unknown}"), "certificate"),
        (&by_name, format!("sslmode=require&sslrootcert={unknown}"), "certificate"),
        (&by_name, "sslmode=verify-full".to_owned(), "certificate"),
        (&by_name, "sslmode=verify-full&sslrootcert=system".to_owned(), "certificate"),
        (&by_name, "sslmode=verify-full&sslrootcert=nowhere.pem".to_owned(), "nowhere.pem"),
    ] {
        for words in ["customer list", "customer create", "init"] {
            let error = shop.refused(&format!("{words} --store '{url}&{asked}'"), "config_invalid");
            assert!(error["message"].as_str().unwrap().contains(why), "{asked}: {error}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }
    // Where no file is named, the usual one is looked into.
    std::fs::create_dir(shop.path(".postgresql")).unwrap();
    shop.write(".postgresql/root.crt", authority);
    shop.ok(&format!("customer list --store '{by_name}&sslmode=verify-full'"));
    shop.refused(&format!("customer list --store '{by_number}&sslmode=verify-full'"), "config_invalid");
}

#[test]
fn a_server_without_encryption_is_not_talked_to_where_it_is_asked_for() {
    let shop = Shop::new();
    for mode in ["require", "verify-ca", "verify-full"] {
        for words in ["customer list", "customer create", "init"] {
            let error =
                shop.refused(&format!("{words} --store '{}&sslmode={mode}'", shop.store.address()), "config_invalid");
            assert!(error["message"].as_str().unwrap().contains("server does not support TLS"), "{error}");
        }
    }
    for mode in ["prefer", "disable"] {
        shop.ok(&format!("customer list --store '{}&sslmode={mode}'", shop.store.address()));
    }
}
