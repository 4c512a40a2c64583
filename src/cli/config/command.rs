//! `config`: what the settings are and where each comes from; setting one, with the comments of its file kept (contract, sections 1
//! and 7).

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde::Serialize;
use toml_edit::{DocumentMut, Item, Table, Value};

use super::keys::{self, Holds, KEYS, Key, Stands};
use super::{Found, PROJECT, Places, ProjectFile, UserFile, alias, invalid, parsed, unreadable, variable_of};
use crate::cli::report::{self, Exit};
use crate::cli::settings::{self, Settings, When};
use crate::cli::top::not_written;
use crate::cli::{Outside, Printed, print, records, rendered, tell};
use crate::command::config::{FIELDS, Setting, VALIDATED};
use crate::command::pipeline::object::meant;
use crate::command::pipeline::{Answer, Mode, Status};
use crate::command::to_json;
use crate::domain::common::ValueRefused;
use crate::domain::{Allowed, Error, Result};
use crate::output::{Format, check_fields};
use crate::store::Db;
use crate::store::engine::address::without_passwords;
use crate::store::engine::new_file::{NewFile, folder_of};

/// A file with every setting in it, said and commented out.
pub const EXAMPLE: &str = include_str!("example.toml");

/// `config` as clap sees it.
pub fn config_command() -> Command {
    let key = || Arg::new("setting").value_name("SETTING").required(true).help("The setting, such as smtp.host");
    let switch =
        |name: &'static str, help: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    let verb = |name: &'static str, about: &'static str, after: &'static str| {
        Command::new(name).about(about).after_help(after)
    };
    Command::new("config")
        .about("The caller's settings: what they are, and where they come from")
        .subcommand_required(true)
        .subcommand(
            verb(
                "list",
                "List the settings as they count here",
                "A flag counts before the environment, that before the project's aftersales.toml, and that before the user's file. \
                 Passwords are not shown.\n\n\
                 Examples:\n  aftersales config list\n  aftersales config list --origin\n  aftersales config list -o json",
            )
            .arg(switch("origin", "Tell where each comes from, in the table too")),
        )
        .subcommand(
            verb(
                "get",
                "Print one setting as it counts here",
                "Examples:\n  aftersales config get store\n  aftersales config get smtp.host -o json",
            )
            .arg(key()),
        )
        .subcommand(
            verb(
                "set",
                "Set one setting in the user's file",
                "What else stands in the file stays as it is, comments too; the file is made where there is none. An empty value takes \
                 the setting out of it. Nothing is written that could not be read again.\n\n\
                 Examples:\n  aftersales config set output json\n  aftersales config set profiles.shop.store shop.db\n  \
                 aftersales config set aliases.r 'ticket refund'\n  aftersales config set store desk.db --project",
            )
            .arg(key())
            .arg(Arg::new("value").value_name("VALUE").required(true).help("What it is to be; empty: take it out"))
            .arg(switch("project", "Set it in aftersales.toml of this folder: store, output or color")),
        )
        .subcommand(verb(
            "path",
            "Print where the user's file is, or would be",
            "Examples:\n  aftersales config path\n  aftersales config path -o json",
        ))
        .subcommand(verb(
            "validate",
            "Check all settings",
            "Every file is read, and every value looked at: keys that there are not, servers, folders and commands that cannot be used. \
             What is wrong is refused with exit 16, all of it at once.\n\n\
             Examples:\n  aftersales config validate\n  aftersales config validate --config new.toml -o json",
        ))
        .subcommand(verb(
            "example",
            "Print a file with every setting in it, commented out",
            "Examples:\n  aftersales config example\n  aftersales config example > config.toml",
        ))
}

/// Runs `config`; `faults` are those of the settings so far.
pub fn config(
    outside: &mut Outside<'_>,
    settings: &Settings,
    (root, matches): (&ArgMatches, &ArgMatches),
    faults: &[Error],
) -> std::result::Result<(), Exit> {
    let (places, _) = Places::read(root, outside);
    let Some((verb, matches)) = matches.subcommand() else {
        return Err(report::incomplete("config needs a verb".to_owned(), "config").into());
    };
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    if let (Some(fault), "list" | "get") = (faults.first(), verb) {
        return Err(fault.clone().into());
    }
    match verb {
        "list" => {
            let all: Vec<String> = all(&places, outside).iter().map(to_json).collect::<Result<_>>()?;
            let kind = if matches.get_flag("origin") { "setting" } else { "setting_alone" };
            records(outside, settings, (kind, FIELDS), true, &all)
        }
        "get" => {
            let name = text("setting");
            known(&name)?;
            let all = all(&places, outside);
            let setting = all.iter().find(|setting| setting.key == name);
            let unset = Setting { key: name.clone(), value: None, origin: BUILT_IN.to_owned() };
            let setting = setting.unwrap_or(&unset);
            if settings.shape.is_plain() {
                let line = setting.value.as_ref().map(|value| format!("{value}\n")).unwrap_or_default();
                return print(outside, line.as_bytes());
            }
            records(outside, settings, ("setting", FIELDS), false, &[to_json(setting)?])
        }
        "set" => {
            let answer = |printed: &mut Printed, answer: &Answer| rendered(settings, &Db::imagined()?, answer, printed);
            let file = if matches.get_flag("project") { File::Project } else { File::User(user_file(&places)?) };
            check_fields(&settings.shape, Answer::FIELDS.iter().copied())?;
            let mut printed = Printed::default();
            let set = Set { file, name: text("setting"), value: text("value") };
            let told = set.run(&places, settings.mode, &mut |told| answer(&mut printed, told))?;
            tell(outside, settings, &told, &printed.remarks);
            print(outside, &printed.bytes)
        }
        "path" => {
            let path = user_file(&places)?;
            if settings.shape.is_plain() {
                return print(outside, format!("{}\n", path.display()).as_bytes());
            }
            let told = serde_json::json!({ "path": path.to_string_lossy(), "exists": path.is_file() });
            records(outside, settings, ("config_path", &["path", "exists"]), false, &[told.to_string()])
        }
        "validate" => {
            let mut faults = faults.iter().cloned().chain(more_faults(&places, settings));
            match faults.next() {
                Some(mut first) => {
                    first.fault_mut().others = faults.map(|fault| fault.fault().clone()).collect();
                    Err(first.into())
                }
                None => {
                    let files: Vec<_> = places.files().map(Path::to_string_lossy).collect();
                    let told = serde_json::json!({ "valid": true, "files": files });
                    records(outside, settings, ("validated", VALIDATED), false, &[told.to_string()])
                }
            }
        }
        _ => print(outside, EXAMPLE.as_bytes()),
    }
}

/// Where what is not set comes from.
const BUILT_IN: &str = "built in";

fn user_file(places: &Places<'_>) -> Result<PathBuf> {
    places.user_file().ok_or_else(|| {
        invalid("there is no home to keep settings in; --config names a file".to_owned(), Some("config"), None)
    })
}

/// The key of that name, or the nearest told.
fn known(name: &str) -> Result<&'static Key> {
    keys::named(name).ok_or_else(|| {
        let names: Vec<String> = KEYS.iter().map(|key| key.name.replace('*', "NAME")).collect();
        let message = format!("there is no setting {name:?}{}", meant(name, names.iter().map(String::as_str)));
        let allowed = Some(Allowed::Several(names));
        ValueRefused::Invalid { field: "setting", given: name.to_owned(), message, allowed }.into()
    })
}

/// Every setting as it counts here.
fn all(places: &Places<'_>, outside: &Outside<'_>) -> Vec<Setting> {
    let raw = raw(places);
    let mut all = Vec::new();
    for key in KEYS {
        match key.stands {
            _ if key.is_open() => all.extend(named_by_caller(key, &raw, places)),
            Stands::User => all.push(of_file(key, key.name, &raw, places)),
            _ => all.push(of_twin(key, places, outside)),
        }
    }
    all
}

/// What stands in the user's file; nothing where it cannot be read, which others tell.
fn raw(places: &Places<'_>) -> toml::Table {
    let text = places.user.as_ref().and_then(|(path, _)| std::fs::read_to_string(path).ok());
    text.and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// A setting that a flag or a variable may give.
fn of_twin(key: &'static Key, places: &Places<'_>, outside: &Outside<'_>) -> Setting {
    let found = match key.name {
        // No flag takes a password, and a switch is no text.
        "smtp.password" => twin(places, "smtp_password"),
        "yes" => twin(places, "yes"),
        name => places.find(name),
    };
    let built_in = || match key.name {
        "store" => Some(settings::default_store(places).to_string_lossy().into_owned()),
        "as" => Some(outside.login.clone()),
        "config" => places.user_file().map(|path| path.to_string_lossy().into_owned()),
        _ => key.built_in.map(str::to_owned),
    };
    match found {
        Some(found) => {
            let value = if key.name == "smtp.password" { "(set)".to_owned() } else { without_passwords(&found.text) };
            Setting { key: key.name.to_owned(), value: Some(value), origin: found.origin() }
        }
        None => Setting { key: key.name.to_owned(), value: built_in(), origin: BUILT_IN.to_owned() },
    }
}

fn twin(places: &Places<'_>, name: &str) -> Option<Found> {
    let variable = variable_of(name);
    let text = places.variable(&variable)?;
    Some(Found { text, source: super::Source::Variable(variable) })
}

/// A setting of the user's file.
fn of_file(key: &Key, name: &str, raw: &toml::Table, places: &Places<'_>) -> Setting {
    let mut parts = name.split('.');
    let first = parts.next().and_then(|part| raw.get(part));
    let value = parts.fold(first, |value, part| value?.as_table()?.get(part));
    let path = places.user.as_ref().map(|(path, _)| path.display().to_string()).unwrap_or_default();
    match value {
        Some(value) => {
            let text = match value {
                toml::Value::String(text) => without_passwords(text),
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(on) => on.to_string(),
                // Nothing that could be read as settings.
                _ => String::new(),
            };
            Setting { key: name.to_owned(), value: Some(text), origin: format!("file {path}") }
        }
        None => Setting { key: name.to_owned(), value: key.built_in.map(str::to_owned), origin: BUILT_IN.to_owned() },
    }
}

/// The settings of a table with names of the caller's own.
fn named_by_caller(key: &'static Key, raw: &toml::Table, places: &Places<'_>) -> Vec<Setting> {
    let (table, _) = key.name.split_once('.').unwrap_or_default();
    let names = raw.get(table).and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys);
    names.map(|name| of_file(key, &key.name.replace('*', name), raw, places)).collect()
}

/// What is wrong beside what was found when the settings were read.
fn more_faults(places: &Places<'_>, settings: &Settings) -> Vec<Error> {
    let mut faults = faults_of_names(places);
    faults.extend(settings.courier.has_server().err());
    let file = places.user.as_ref().map(|(path, _)| path.display().to_string()).unwrap_or_default();
    if let Some(folder) = places.templates().filter(|folder| !folder.is_dir()) {
        let shown = folder.display();
        faults.push(invalid(format!("{file}: templates.folder: {shown} is no folder"), Some("templates"), None));
    } else {
        faults.extend(settings.templates.check().err().map(Error::from));
    }
    faults
}

/// What is wrong with profiles and aliases.
pub fn faults_of_names(places: &Places<'_>) -> Vec<Error> {
    let mut faults: Vec<Error> = Vec::new();
    faults.extend(places.profile_stores().filter_map(|found| settings::address(&found, places).err()));
    let file = places.user.as_ref().map(|(path, _)| path.display().to_string()).unwrap_or_default();
    for (name, words) in places.aliases() {
        let wrong = alias::fault_of(name, words);
        faults.extend(wrong.map(|why| invalid(format!("{file}: aliases.{name}: {why}"), Some("aliases"), None)));
    }
    faults
}

/// Which file a setting is set in.
enum File {
    User(PathBuf),
    Project,
}

/// A setting that is to be set.
struct Set {
    file: File,
    name: String,
    value: String,
}

#[derive(Serialize)]
struct Outcome {
    setting: Setting,
}

impl Set {
    fn run(&self, places: &Places<'_>, mode: Mode, ready: &mut dyn FnMut(&Answer) -> Result<()>) -> Result<Answer> {
        let key = known(&self.name)?;
        let refused = |field: &'static str, given: &str, message: String| -> Error {
            ValueRefused::invalid(field, given, message).into()
        };
        let path = match (&self.file, key.stands) {
            (_, Stands::Environment) => {
                let variable = variable_of(&key.name.replace('.', "_"));
                let message = format!("{} stands in no file; the variable {variable} sets it", key.name);
                return Err(refused("setting", &self.name, message));
            }
            (File::Project, Stands::Everywhere) => PathBuf::from(PROJECT),
            (File::Project, _) => {
                let message =
                    format!("{PROJECT} says store, output and color alone, since who finds it did not write it");
                return Err(refused("setting", &self.name, message));
            }
            // A link stays one: what it leads to is written.
            (File::User(path), _) => path.canonicalize().unwrap_or_else(|_| path.clone()),
        };
        let before = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(unreadable(&path, &error)),
        };
        let mut document: DocumentMut =
            before.parse().map_err(|_| match parsed::<UserFile>(path.clone(), &before) {
                Err(fault) => fault,
                Ok(_) => invalid(format!("{} cannot be read", path.display()), Some("config"), None),
            })?;
        match self.value.as_str() {
            "" => take_out(document.as_table_mut(), &self.name),
            text => put(document.as_table_mut(), &self.name, self.value_of(key, text)?),
        }
        let after = document.to_string();
        self.check(places, &path, &after)?;
        let status = match (mode, after == before) {
            (_, true) => Status::Unchanged,
            (Mode::DryRun, false) => Status::Planned,
            (Mode::Commit, false) => Status::Done,
        };
        let value = Some(without_passwords(&self.value)).filter(|value| !value.is_empty());
        let origin = if value.is_some() { format!("file {}", path.display()) } else { BUILT_IN.to_owned() };
        let outcome = Outcome { setting: Setting { key: self.name.clone(), value, origin } };
        let answer = Answer::outside_the_log("config set", status, &outcome)?;
        ready(&answer)?;
        if status == Status::Done {
            write(&path, &after).map_err(|error| not_written(&path.to_string_lossy(), &error))?;
        }
        Ok(answer)
    }

    /// The value as it stands in a file.
    fn value_of(&self, key: &Key, text: &str) -> Result<Value> {
        let refused = |message: String| ValueRefused::invalid("value", text, message);
        match key.holds {
            Holds::Text => Ok(Value::from(text)),
            Holds::Number => match text.parse::<u16>() {
                Ok(number) => Ok(Value::from(i64::from(number))),
                Err(_) => Err(refused(format!("{text:?} is not a whole number up to {}", u16::MAX)).into()),
            },
            Holds::Switch => match text {
                "true" | "yes" => Ok(Value::from(true)),
                "false" | "no" => Ok(Value::from(false)),
                _ => Err(refused(format!("{text:?} is not one of yes, no")).into()),
            },
        }
    }

    /// Refuses a file that could not be read again, and a value that would be refused where it is used.
    fn check(&self, places: &Places<'_>, path: &Path, after: &str) -> Result<()> {
        match self.file {
            File::User(_) => parsed::<UserFile>(path.to_owned(), after).map(drop)?,
            File::Project => parsed::<ProjectFile>(path.to_owned(), after).map(drop)?,
        }
        if self.value.is_empty() {
            return Ok(());
        }
        let refused = |message: String| Error::from(ValueRefused::invalid("value", self.value.clone(), message));
        let found = Found { text: self.value.clone(), source: super::Source::Flag };
        let told = |error: Error| refused(error.fault().message.clone());
        match self.name.as_str() {
            "output" => self.value.parse::<Format>().map(drop).map_err(refused),
            "color" => When::of(&found).map(drop).map_err(told),
            name if name == "store" || name.starts_with("profiles.") && name.ends_with(".store") => {
                // It may hold a password, so that it is not shown again.
                let unshown = |error: Error| ValueRefused::invalid("value", "", error.fault().message.clone());
                Ok(settings::address(&found, places).map(drop).map_err(unshown)?)
            }
            name => match name.strip_prefix("aliases.").and_then(|name| alias::fault_of(name, &self.value)) {
                Some(why) => Err(refused(why)),
                None => Ok(()),
            },
        }
    }
}

/// Sets a value, keeping what stands around the one before it.
fn put(table: &mut Table, name: &str, mut value: Value) {
    let Some((first, rest)) = name.split_once('.') else {
        if let Some(Item::Value(before)) = table.get(name) {
            *value.decor_mut() = before.decor().clone();
        }
        match table.get_mut(name) {
            Some(item) => *item = Item::Value(value),
            None => drop(table.insert(name, Item::Value(value))),
        }
        return;
    };
    let inner = table.entry(first).or_insert_with(|| {
        let mut made = Table::new();
        // A table of tables needs no head of its own.
        made.set_implicit(rest.contains('.'));
        Item::Table(made)
    });
    match inner {
        Item::Table(inner) => put(inner, rest, value),
        other => {
            // What stands on one line becomes a table; what is none is told by the check.
            let made = std::mem::replace(other, Item::None).into_table();
            match made {
                Ok(mut inner) => {
                    put(&mut inner, rest, value);
                    *other = Item::Table(inner);
                }
                Err(kept) => *other = kept,
            }
        }
    }
}

fn take_out(table: &mut Table, name: &str) {
    match name.split_once('.') {
        None => drop(table.remove(name)),
        Some((first, rest)) => {
            if let Some(inner) = table.get_mut(first).and_then(Item::as_table_like_mut) {
                match rest.split_once('.') {
                    None => drop(inner.remove(rest)),
                    Some((second, rest)) => {
                        let deeper = inner.get_mut(second).and_then(Item::as_table_like_mut);
                        deeper.into_iter().for_each(|deeper| drop(deeper.remove(rest)));
                    }
                }
            }
        }
    }
}

/// Puts the text in the place of the file, whole, with the rights that the file had.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(folder_of(path))?;
    let file = NewFile::beside(path)?;
    file.as_file().write_all(text.as_bytes())?;
    if let Ok(there) = std::fs::metadata(path) {
        file.as_file().set_permissions(there.permissions())?;
    }
    file.replace(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_has_every_setting_and_can_be_read() {
        let lines = EXAMPLE.lines().filter_map(|line| line.strip_prefix("# "));
        let is_said =
            |line: &&str| line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
        // The second of two is another way to say it.
        let mut said: Vec<&str> = Vec::new();
        for line in lines.filter(is_said) {
            if !line.starts_with("store = \"postgres") || said.last().is_some_and(|last| last.starts_with('[')) {
                said.push(line);
            }
        }
        let text = said.join("\n");
        assert!(parsed::<UserFile>(PathBuf::from("example.toml"), &text).is_ok(), "{text}");
        let table: toml::Table = text.parse().unwrap();
        for key in KEYS.iter().filter(|key| key.stands != Stands::Environment) {
            let name = key.name.replace("profiles.*", "profiles.shop").replace("aliases.*", "aliases.r");
            let mut found = Some(toml::Value::Table(table.clone()));
            for part in name.split('.') {
                found = found.and_then(|value| value.get(part).cloned());
            }
            assert!(found.is_some(), "the example leaves {name} out");
        }
    }

    #[test]
    fn setting_a_value_keeps_all_that_stands_around_it() {
        let text = "# mine\nstore = \"a.db\"  # the shop\n\n[smtp] # mail\nhost = \"h\"\naliases = 1\n";
        let set = |name: &str, value: &str| {
            let mut document: DocumentMut = text.parse().unwrap();
            match value {
                "" => take_out(document.as_table_mut(), name),
                value => put(document.as_table_mut(), name, Value::from(value)),
            }
            document.to_string()
        };
        assert_eq!(set("store", "b.db"), text.replace("a.db", "b.db"));
        assert_eq!(set("smtp.host", "i"), text.replace("\"h\"", "\"i\""));
        assert_eq!(set("profiles.x.store", "x.db"), format!("{text}\n[profiles.x]\nstore = \"x.db\"\n"));
        assert_eq!(set("smtp.host", ""), text.replace("host = \"h\"\n", ""));
        assert_eq!(set("profiles.x.store", ""), text);
        assert_eq!(set("as", "ann"), text.replace("# the shop\n", "# the shop\nas = \"ann\"\n"));
    }
}
