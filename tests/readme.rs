//! The README: what it shows is what happens, on a file and on a server.

use std::path::Path;
use std::process::Command;

use crate::support::{NOW, Shop};

/// A command of a console block and what it is said to print.
struct Shown {
    command: String,
    printed: String,
}

/// The console blocks of a document: `$ ` starts a command, `> ` goes on with it, the rest is printed by it.
fn shown(text: &str) -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside {
            if let Some(command) = line.strip_prefix("$ ") {
                all.push(Shown { command: command.to_owned(), printed: String::new() });
            } else {
                let last = all.last_mut().expect("a block starts with a command");
                match line.strip_prefix("> ") {
                    Some(more) => last.command.push_str(&format!("\n{more}")),
                    None => last.printed.push_str(&format!("{line}\n")),
                }
            }
        }
    }
    all
}

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

#[test]
fn the_readme_shows_what_happens() {
    let shop = Shop::without_store();
    let address = shop.store.address();
    let is_on_a_server = address.starts_with("postgres");
    // A backup is a file of a file; a server is backed up as servers are.
    let text = readme();
    let told = text.split("\n## ").filter(|section| !is_on_a_server || !section.starts_with("Backup\n"));
    let commands: Vec<Shown> = told.flat_map(shown).collect();
    assert!(commands.len() > 50, "the README has lost its examples");

    let program = Path::new(env!("CARGO_BIN_EXE_aftersales")).parent().unwrap().to_owned();
    let mut exported = String::new();
    for Shown { command, printed } in commands {
        if let Some(variable) = command.strip_prefix("export ") {
            let variable = match variable.split_once('=') {
                Some(("AFTERSALES_STORE", _)) if is_on_a_server => format!("AFTERSALES_STORE='{address}'"),
                _ => variable.to_owned(),
            };
            exported.push_str(&format!("export {variable}\n"));
            continue;
        }
        let ran = Command::new("sh")
            .args(["-c", &format!("exec 2>&1\n{exported}{command}")])
            .current_dir(shop.folder())
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", program.display()))
            .env("HOME", shop.folder())
            .env("USER", "tester")
            .env("AFTERSALES_NOW", NOW)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(ran.stdout).unwrap(), printed, "{command}");
    }
}

#[test]
fn the_start_section_has_exactly_two_commands() {
    let text = readme();
    let start = text.split("\n## ").find(|section| section.starts_with("Start\n")).unwrap();
    let blocks: Vec<&str> =
        start.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap().trim()).collect();
    assert_eq!(blocks, ["cargo run --release --locked -- demo", "cargo test --locked"]);
}

/// What is no console block and so is not run: the two commands of the start, and what needs a server of somebody's own.
#[test]
fn what_is_not_run_is_known() {
    let text = readme();
    let sections: Vec<&str> = text
        .split("\n## ")
        .filter(|section| section.contains("```sh\n"))
        .map(|section| section.lines().next().unwrap())
        .collect();
    assert_eq!(sections, ["Start", "On a server"]);
}
