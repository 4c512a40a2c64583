//! The documents: what the README shows is what happens.

use std::path::Path;
use std::process::Command;

use crate::support::NOW;

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

#[test]
fn the_readme_shows_what_happens() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let commands = shown(&text);
    assert!(commands.len() > 8, "the README has lost its examples");

    let folder = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_aftersales")).parent().unwrap().to_owned();
    let mut exported = String::new();
    for Shown { command, printed } in commands {
        if command.starts_with("export ") {
            exported.push_str(&format!("{command}\n"));
            continue;
        }
        let ran = Command::new("sh")
            .args(["-c", &format!("exec 2>&1\n{exported}{command}")])
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", program.display()))
            .env("HOME", folder.path())
            .env("AFTERSALES_NOW", NOW)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(ran.stdout).unwrap(), printed, "{command}");
    }
}

#[test]
fn the_start_section_has_exactly_two_commands() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let start = text.split("\n## ").find(|section| section.starts_with("Start\n")).unwrap();
    let blocks: Vec<&str> =
        start.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap().trim()).collect();
    assert_eq!(blocks, ["cargo run --release --locked -- demo", "cargo test --locked"]);
}

#[test]
fn the_demo_tours_all_services_and_ends_clean() {
    let ran = Command::new(env!("CARGO_BIN_EXE_aftersales")).arg("demo").env_clear().output().unwrap();
    let printed = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(0), "{printed}");
    for command in ["ticket refund", "ticket coupon", "ticket return", "ticket repair", "ticket plan", "ticket show"] {
        assert!(printed.contains(&format!("$ aftersales {command}")), "{command} is not on the tour");
    }
    let end = printed.rsplit("$ aftersales verify").next().unwrap();
    assert!(end.contains("yes"), "{end}");
}

/// What the tour prints behind each `$ ` can be pasted into a shell, here-documents included.
#[test]
fn the_commands_of_the_demo_can_be_pasted() {
    let program = Path::new(env!("CARGO_BIN_EXE_aftersales"));
    let folder = tempfile::tempdir().unwrap();
    let sh = |words: &str| {
        let mut command = Command::new("sh");
        command
            .args(["-c", words])
            .current_dir(folder.path())
            .env_clear()
            .env("HOME", folder.path())
            .env("USER", "tester");
        command.env("PATH", format!("{}:/usr/bin:/bin", program.parent().unwrap().display()));
        let ran = command.output().unwrap();
        (ran.status.code(), String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap())
    };
    let (_, printed, _) = sh("aftersales demo");
    let mut pasted: Vec<String> = Vec::new();
    let mut inside = false;
    for line in printed.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => pasted.push(command.to_owned()),
            None if inside => pasted.last_mut().unwrap().push_str(&format!("\n{line}")),
            None => {}
        }
        inside = if line == "END" { false } else { inside || line.ends_with("<<'END'") };
    }
    let (code, stdout, stderr) = sh(&pasted.join("\n"));
    assert_eq!((code, stderr.matches("error[").count()), (Some(0), 1), "{stdout}{stderr}");
    let answers = |text: &str| text.lines().filter(|line| line.contains(" done ")).count();
    assert_eq!(answers(&stdout), answers(&printed));
    assert!(stdout.contains("SN-0042") && folder.path().join("demo.db").exists(), "{stdout}");
}
