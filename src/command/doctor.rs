//! `doctor`: whether everything that the desk stands on is as it should be, each check with the command that mends it (contract,
//! section 7 "Settings"). It needs no right and no subscription, since it is for desks where something is wrong; it writes nothing.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::pipeline::courier::Courier;
use crate::domain::desk::{Desk, Trial, TrialOver};
use crate::domain::value::day::Instant;
use crate::domain::value::reference::shell_word;
use crate::domain::{Error, Fault, Result, code};
use crate::output::template::Templates;
use crate::print::pdf::fonts::Fonts;
use crate::store::engine::address::Address;
use crate::store::engine::health::{FileHealth, OLDEST_SERVER};
use crate::store::engine::migrate;
use crate::store::engine::table::{Column, text, words};
use crate::store::{Db, desk, log, mail};

/// What is told of a check.
pub const KEYS: &[Column] = &[
    text().called("check"),
    words(&["ok", "warning", "fault"]).called("status"),
    text().called("message"),
    text().optional().called("command"),
];

/// Its keys, which are the columns of its table.
pub const FIELDS: &[&str] = &["check", "status", "message", "command"];

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    Ok,
    Warning,
    Fault,
}

/// One check.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    pub check: &'static str,
    pub status: Health,
    pub message: String,
    /// What to type to mend it.
    pub command: Option<String>,
    /// The code of a fault.
    #[serde(skip)]
    pub code: Option<&'static str>,
}

impl Check {
    fn ok(check: &'static str, message: impl Into<String>) -> Check {
        Check { check, status: Health::Ok, message: message.into(), command: None, code: None }
    }

    fn warning(check: &'static str, message: impl Into<String>, command: impl Into<String>) -> Check {
        Check { status: Health::Warning, command: Some(command.into()), ..Check::ok(check, message) }
    }

    fn fault(check: &'static str, code: &'static str, message: String, command: Option<String>) -> Check {
        // What a code is cured by stands where nothing better is known.
        let command = command.or_else(|| code::explained::of(code).map(|explained| explained.cure.to_owned()));
        Check { status: Health::Fault, command, code: Some(code), ..Check::ok(check, message) }
    }

    fn of_error(check: &'static str, error: &Error) -> Check {
        let Fault { code, message, hint, .. } = error.fault();
        Check::fault(check, code, message.clone(), hint.clone())
    }

    /// The exit code that it stands for.
    pub fn exit(&self) -> i32 {
        self.code.map_or(0, code::exit_of)
    }
}

/// What is looked at.
pub struct Doctor<'d> {
    pub store: &'d Address,
    /// What is wrong with the settings, and the files that they were read from.
    pub settings: &'d [Error],
    pub files: Vec<PathBuf>,
    pub templates: &'d Templates,
    pub courier: &'d Courier,
    pub home: Option<PathBuf>,
    /// The present moment, and what the machine's own clock says.
    pub now: Instant,
    pub machine: Instant,
    /// Whether the mail server is tried.
    pub connects: bool,
}

/// How much room a disk has to have, in bytes: with less than the one every change may fail, with less than the other soon.
const LEAST_ROOM: u64 = 16 << 20;
const LITTLE_ROOM: u64 = 256 << 20;

/// How much of a log beside the file is still usual: a writer brings it into the file long before.
const LARGE_LOG: u64 = 256 << 20;

/// How far the clock may be behind what was recorded, in seconds.
const DRIFT: i64 = 60;

impl Doctor<'_> {
    /// All checks, in order.
    pub fn run(&self) -> Vec<Check> {
        let mut checks = vec![self.configuration()];
        let opened = Db::open(self.store, crate::store::Access::Read).map_err(Error::from);
        let opened = opened.and_then(|db| db.begin_read().map(|()| db).map_err(Error::from));
        let file = self.store.file().map(|path| (path, FileHealth::of(path)));
        let file = file.as_ref().map(|(path, health)| (*path, health));
        match &opened {
            Ok(db) => {
                checks.extend([self.store_there(file), self.schema(db)]);
                checks.extend(file.and_then(|file| journal(db, file)).or_else(|| self.server(db)));
            }
            Err(error) => checks.push(Check::of_error("store", error)),
        }
        checks.extend(file.map(disk));
        let db = opened.as_ref().ok();
        checks.extend(db.map(|db| self.clock(db)));
        checks.extend(db.map(|db| self.subscription(db)));
        checks.extend(self.mail(db));
        checks.extend([self.of_templates(), self.fonts()]);
        if let Some(db) = db {
            // Nothing was read that is told no more.
            let _ = db.end_read();
        }
        checks
    }

    fn configuration(&self) -> Check {
        const NAME: &str = "configuration";
        match (self.settings, self.files.as_slice()) {
            ([], []) => {
                Check::ok(NAME, "there are no files of settings: all is built in, or comes from the environment")
            }
            ([], files) => {
                let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
                Check::ok(NAME, format!("{} can be used", files.join(" and ")))
            }
            ([first, others @ ..], _) => {
                let more = if others.is_empty() { String::new() } else { format!("; and {} more", others.len()) };
                let message = format!("{}{more}", first.fault().message);
                Check::fault(NAME, first.fault().code, message, Some("aftersales config validate".to_owned()))
            }
        }
    }

    fn store_there(&self, file: Option<(&Path, &FileHealth)>) -> Check {
        const NAME: &str = "store";
        let store = self.store;
        match file {
            None => Check::ok(NAME, format!("{store} is a store")),
            Some((path, health)) => {
                let word = shell_word(&path.to_string_lossy());
                if health.mode & 0o077 != 0 {
                    let message = format!("others on this machine may open {store} (mode {:o})", health.mode);
                    return Check::warning(NAME, message, format!("chmod 600 {word}"));
                }
                if !health.can_write {
                    let message = format!("{store} can be read and not written");
                    return Check::warning(NAME, message, format!("chmod u+w {word}"));
                }
                Check::ok(NAME, format!("{store} is a store of {}", size(health.bytes)))
            }
        }
    }

    fn schema(&self, db: &Db) -> Check {
        const NAME: &str = "schema";
        match db.faults_of_schema().map_err(Error::from) {
            Ok(faults) => match faults.first() {
                None => Check::ok(NAME, format!("format {}, as this version makes it", migrate::VERSION)),
                Some(first) => Check::fault(NAME, "store_damaged", first.clone(), Some("aftersales verify".to_owned())),
            },
            Err(error) => Check::of_error(NAME, &error),
        }
    }

    /// What the server is.
    fn server(&self, db: &Db) -> Option<Check> {
        const NAME: &str = "server";
        Some(match db.server().map_err(Error::from) {
            Ok(health) => {
                let health = health?;
                let told = format!("PostgreSQL {}, texts in {}", health.version, health.encoding);
                let major: u32 = health
                    .version
                    .split(|c: char| !c.is_ascii_digit())
                    .next()
                    .and_then(|m| m.parse().ok())
                    .unwrap_or(0);
                match (health.encoding.as_str(), major) {
                    ("UTF8", OLDEST_SERVER..) => Check::ok(NAME, told),
                    ("UTF8", _) => {
                        let message = format!("{told}: versions before {OLDEST_SERVER} are not maintained any more");
                        Check::warning(NAME, message, "aftersales export desk.ndjson")
                    }
                    _ => {
                        let message = format!("{told}: only UTF8 holds every text");
                        Check::fault(NAME, "store_foreign", message, Some("aftersales export desk.ndjson".to_owned()))
                    }
                }
            }
            Err(error) => Check::of_error(NAME, &error),
        })
    }

    fn clock(&self, db: &Db) -> Check {
        const NAME: &str = "clock";
        match log::last_recorded(db).map_err(Error::from) {
            Err(error) => Check::of_error(NAME, &error),
            Ok(None) => Check::ok(NAME, format!("{}; nothing was recorded yet", self.machine)),
            Ok(Some(last)) => match last.parse::<Instant>() {
                Err(_) => {
                    let message = format!("the last row of the log was recorded at {last:?}, which is no moment");
                    Check::fault(NAME, "store_damaged", message, Some("aftersales verify".to_owned()))
                }
                Ok(recorded) if recorded.seconds_after(self.machine) > DRIFT => {
                    let message = format!(
                        "this machine says {}, and the last row of the log was recorded at {recorded}: one of the clocks is wrong",
                        self.machine
                    );
                    Check::warning(NAME, message, "timedatectl status")
                }
                Ok(_) => Check::ok(NAME, format!("{}, after the last row of the log", self.machine)),
            },
        }
    }

    fn subscription(&self, db: &Db) -> Check {
        const NAME: &str = "subscription";
        let desk: Desk = match desk::load(db).map_err(Error::from) {
            Ok(desk) => desk,
            Err(error) => return Check::of_error(NAME, &error),
        };
        let add = "aftersales subscription add";
        match desk.trial(self.now) {
            Trial::None => Check::ok(NAME, "no trial is running"),
            Trial::Over => Check::of_error(NAME, &TrialOver::of(&desk).into()),
            Trial::EndsSoon(end) => Check::warning(NAME, format!("the trial ends at {end}"), add),
            Trial::Runs(end) => Check::ok(NAME, format!("a trial runs until {end}")),
        }
    }

    /// The server that takes mail, and what waits for it.
    fn mail(&self, db: Option<&Db>) -> Vec<Check> {
        const NAME: &str = "mail";
        let server = match self.courier.place() {
            Err(error) => {
                let command = Some("aftersales config validate".to_owned());
                return vec![Check::fault(NAME, error.fault().code, error.fault().message.clone(), command)];
            }
            Ok(server) => server,
        };
        let mut checks = Vec::new();
        checks.push(match (&server, self.connects) {
            (None, _) => Check::ok(NAME, "no server is configured: mail stays in the outbox"),
            (Some(place), false) => Check::ok(NAME, format!("mail goes to {place}; --connect tries it")),
            (Some(place), true) => match self.courier.reach() {
                Ok(Some(Err(why))) => {
                    Check::fault(NAME, "mail_not_sent", why, Some("aftersales config list --origin".to_owned()))
                }
                Ok(_) => Check::ok(NAME, format!("{place} answers and lets the caller in")),
                Err(error) => Check::of_error(NAME, &error),
            },
        });
        if let Some(db) = db {
            checks.push(self.outbox(db, server.is_some()));
        }
        checks
    }

    fn outbox(&self, db: &Db, has_server: bool) -> Check {
        const NAME: &str = "outbox";
        let counted: Result<(i64, usize)> =
            mail::failed(db).and_then(|failed| Ok((failed, mail::due(db, self.now)?.len()))).map_err(Error::from);
        match counted {
            Err(error) => Check::of_error(NAME, &error),
            Ok((failed @ 1.., _)) => {
                let message = format!("{} not sent", counted_mails(failed));
                Check::warning(NAME, message, "aftersales mail list --state failed")
            }
            Ok((_, due @ 1..)) if has_server => {
                let message = format!("{} due to be sent", counted_mails(i64::try_from(due).unwrap_or(i64::MAX)));
                Check::warning(NAME, message, "aftersales mail send")
            }
            Ok(_) => Check::ok(NAME, "no mail failed, and none is due"),
        }
    }

    fn of_templates(&self) -> Check {
        const NAME: &str = "templates";
        let broken = |error: Error| {
            let command = Some("aftersales templates export templates".to_owned());
            Check::fault(NAME, error.fault().code, error.fault().message.clone(), command)
        };
        if let Err(fault) = self.templates.check() {
            return broken(fault.into());
        }
        match self.templates.strangers() {
            Err(fault) => broken(fault.into()),
            Ok(strangers) => match strangers.first() {
                None if self.templates.folder().is_some() => Check::ok(NAME, "the site's own templates can be read"),
                None => Check::ok(NAME, "those of the program"),
                Some(first) => {
                    let meant = first.meant.map(|name| format!("; did you mean {name}?")).unwrap_or_default();
                    let message = format!("nothing asks for {}{meant}", first.path.display());
                    Check::warning(NAME, message, "aftersales explain template_unknown")
                }
            },
        }
    }

    fn fonts(&self) -> Check {
        const NAME: &str = "fonts";
        match Fonts::new(self.home.clone()) {
            None => Check::fault(NAME, "internal", "the fonts of the program are broken".to_owned(), None),
            Some(mut fonts) => match fonts.of_system() {
                0 => Check::warning(
                    NAME,
                    "there are no Noto fonts on this system: scripts beside Latin, Greek and Cyrillic are not printed",
                    "apt-get install fonts-noto-core fonts-noto-cjk",
                ),
                1 => Check::ok(NAME, "those of the program, and a Noto font of the system"),
                found => Check::ok(NAME, format!("those of the program, and {found} Noto fonts of the system")),
            },
        }
    }
}

/// How SQLite keeps what is not in the file yet, and what lies about.
fn journal(db: &Db, (path, health): (&Path, &FileHealth)) -> Option<Check> {
    const NAME: &str = "journal";
    let mode = match db.journal_mode() {
        Ok(mode) => mode?,
        Err(error) => return Some(Check::of_error(NAME, &error.into())),
    };
    let file = path.to_string_lossy().into_owned();
    Some(match (mode.as_str(), health.leftovers.first()) {
        (_, Some(first)) => {
            let words: Vec<String> = health.leftovers.iter().map(|path| shell_word(&path.to_string_lossy())).collect();
            let message = format!(
                "{} of runs that were ended early: {}",
                if words.len() == 1 { "a file is left".to_owned() } else { format!("{} files are left", words.len()) },
                first.display()
            );
            Check::warning(NAME, message, format!("rm {}", words.join(" ")))
        }
        // Reads and writes then wait for each other; a file that is read as it stands has no other.
        (mode, None) if mode != "wal" && health.can_write => Check::warning(
            NAME,
            format!(
                "the store is kept in the mode {mode} and not in wal, so that readers and writers wait for each other; a copy is kept in wal"
            ),
            format!("aftersales store copy {} {}", shell_word(&file), shell_word(&format!("{file}.wal.db"))),
        ),
        (_, None) if health.log_bytes > LARGE_LOG => Check::warning(
            NAME,
            format!("the log beside the store has {}: a reader may hold it for long", size(health.log_bytes)),
            format!("fuser {}", shell_word(&format!("{file}-wal"))),
        ),
        (mode, None) => Check::ok(NAME, format!("{mode}, nothing is left over")),
    })
}

/// How much room there is.
fn disk((file, health): (&Path, &FileHealth)) -> Check {
    const NAME: &str = "disk";
    let shown = file.display();
    match health.free_bytes {
        None => Check::ok(NAME, "the disk does not tell how much room it has"),
        Some(free) if free < LEAST_ROOM => {
            let message = format!("{} are left on the disk of {shown}", size(free));
            Check::fault(NAME, "store_full", message, Some(format!("df -h {}", folder_word(file))))
        }
        // An upgrade and an erasure write the whole file once more.
        Some(free) if free < LITTLE_ROOM.max(health.bytes.saturating_mul(2)) => {
            let message = format!(
                "{} are left on the disk of {shown}, whose {} an upgrade or an erasure writes once more",
                size(free),
                size(health.bytes)
            );
            Check::warning(NAME, message, format!("df -h {}", folder_word(file)))
        }
        Some(free) => Check::ok(NAME, format!("{} are left", size(free))),
    }
}

/// So many mails, as the beginning of a sentence.
pub fn counted_mails(count: i64) -> String {
    if count == 1 { "a mail is".to_owned() } else { format!("{count} mails are") }
}

fn folder_word(file: &Path) -> String {
    shell_word(&crate::store::engine::new_file::folder_of(file).to_string_lossy())
}

/// A number of bytes for people.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{} KiB", bytes >> 10),
        1_048_576..1_073_741_824 => format!("{} MiB", bytes >> 20),
        _ => format!("{} GiB", bytes >> 30),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_in_whole_units() {
        let told: Vec<String> = [0, 1023, 1024, 5 << 20, 7 << 30].into_iter().map(size).collect();
        assert_eq!(told, ["0 bytes", "1023 bytes", "1 KiB", "5 MiB", "7 GiB"]);
    }
}
