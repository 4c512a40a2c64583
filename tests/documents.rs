//! The tour, and what stands beside the README: the picture of it, and the changelog.

use std::path::Path;
use std::process::Command;

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

/// The sections of the tour that the picture shows.
const PICTURED: [&str; 2] = ["Refund", "Many at once"];

/// The picture of the README is what the tour prints; a run with INSTA_UPDATE=always draws it anew.
#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "the tour is of the day it is run on; whoever runs the tests asks for a new picture"
)]
fn the_picture_of_the_readme_shows_what_the_tour_prints() {
    let ran = Command::new(env!("CARGO_BIN_EXE_aftersales")).arg("demo").env_clear().output().unwrap();
    let printed = String::from_utf8(ran.stdout).unwrap();
    let sections = printed.split("\n== ").filter(|section| PICTURED.iter().any(|name| section.starts_with(name)));
    // The day on which it is drawn does not matter.
    let today = chrono::Utc::now().date_naive();
    let days = [today, today.pred_opt().unwrap()].map(|day| day.to_string());
    let mut text = String::new();
    for line in sections.flat_map(|section| section.split_once('\n').unwrap().1.trim_end().lines().chain([""])) {
        let line = days.iter().fold(line.to_owned(), |line, day| line.replace(day, "2026-11-23"));
        let line: String = line.chars().take(WIDTH).collect();
        // As a terminal shows it: what is typed, and what is wrong.
        text.push_str(&match line.split_once(']') {
            _ if line.starts_with("$ ") => format!("\x1b[1m{line}\x1b[0m\n"),
            Some((code, rest)) if line.starts_with("error[") => format!("\x1b[91m{code}]\x1b[0m{rest}\n"),
            _ => format!("{line}\n"),
        });
    }
    assert!(text.contains("RINV/2026/00001") && text.contains("refund_exceeds_invoice"), "{text}");
    let drawn = anstyle_svg::Term::new().render_svg(text.trim());
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tour.svg");
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(&place, &drawn).unwrap();
    }
    assert_eq!(std::fs::read_to_string(place).unwrap_or_default(), drawn, "docs/tour.svg is stale");
}

/// How many columns the picture has.
const WIDTH: usize = 110;

#[test]
fn the_changelog_begins_with_this_version_and_knows_the_formats() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("CHANGELOG.md")).unwrap();
    let newest = text.split("\n## ").nth(1).unwrap();
    assert!(newest.starts_with(concat!(env!("CARGO_PKG_VERSION"), ",")), "{newest}");
    let format = aftersales::store::engine::migrate::VERSION;
    assert!(newest.contains(&format!("Formats of stores: 1 to {format} are opened; {format} is written.")), "{newest}");
}
