//! Stores that are large: what is printed, checked, written and restored does not grow in the memory with what the store holds.

use std::process::{Command, Stdio};

use crate::support::{Ran, Shop, fed, finished};

/// How many records one import brings.
const RECORDS: usize = 40_000;

/// The program with these words, whose data may take so many kilobytes: what it asks for, not the program itself.
fn within(shop: &Shop, words: &str, kilobytes: usize) -> Command {
    let script = format!("ulimit -d {kilobytes}; exec \"$@\"");
    let inner = shop.command(words);
    let mut command = Command::new("sh");
    command.args(["-c", &script, "sh"]).arg(inner.get_program()).args(inner.get_args()).env_clear();
    for (name, value) in inner.get_envs() {
        command.env(name, value.expect("a value"));
    }
    command.current_dir(shop.folder()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn fine(words: &str, ran: &Ran) {
    assert_eq!(ran.code, 0, "{words}: {}", ran.stderr);
}

#[test]
fn memory_does_not_grow_with_the_store() {
    let shop = Shop::new();
    let records: String = (0..RECORDS)
        .map(|n| format!("{{\"record\":\"customer\",\"id\":\"C{n:06}\",\"name\":\"Customer number {n}\"}}\n"))
        .collect();
    // With room for the threads that read and write beside each other.
    fine("import", &fed(within(&shop, "import -o table", 48_000), records.as_bytes()));
    let mut export = String::new();
    for words in ["export -q", "verify", "customer list -o table", "customer list -o csv", "log", "log -o ndjson"] {
        let ran = finished(within(&shop, words, 24_000).spawn().expect("a shell"));
        fine(words, &ran);
        if words.starts_with("export") {
            export = ran.stdout;
        }
    }
    assert_eq!(shop.run("init --store other.db").code, 0);
    fine("restoration", &fed(within(&shop, "import -q --store other.db", 48_000), export.as_bytes()));
    assert_eq!(shop.run("export --store other.db").stdout, export);
}
