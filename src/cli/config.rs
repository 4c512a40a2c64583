//! Where a setting comes from: built in < user's file < project's file < environment < flag (contract, section 1).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use serde::Deserialize;

use super::{Outside, report, settings};
use crate::command::backup::is_same_place;
use crate::command::pipeline::courier::Configured;
use crate::command::pipeline::object::meant;
use crate::domain::value::reference::shell_word;
use crate::domain::{Error, Result};
use crate::store::engine::address::{Address, check_path};

pub mod alias;
pub mod command;
pub mod keys;

/// The project's file, in the working directory.
pub const PROJECT: &str = "aftersales.toml";

/// The user's file, in the folder of configurations.
const USER: &str = "aftersales/config.toml";

/// A setting as text, and where it was found.
pub struct Found {
    pub text: String,
    source: Source,
}

enum Source {
    Flag,
    Variable(String),
    File(PathBuf),
    /// Of a profile, in a file.
    Profile(String, PathBuf),
}

impl Found {
    /// The setting `name` cannot be what was found, for the reason in the sentence `message`.
    pub fn refused(&self, name: &str, message: String) -> Error {
        self.refused_as(name, message, Some(&self.text))
    }

    /// The same of what may hold a secret, so that it is not shown.
    pub fn refused_unshown(&self, name: &str, message: String) -> Error {
        self.refused_as(name, message, None)
    }

    fn refused_as(&self, name: &str, message: String, given: Option<&str>) -> Error {
        match &self.source {
            Source::Flag => report::usage_error(message, Some(name), given.map(str::to_owned)),
            Source::Variable(variable) => invalid(format!("{variable}: {message}"), Some(name), given),
            Source::File(path) => invalid(format!("{}: {name}: {message}", path.display()), Some(name), given),
            Source::Profile(profile, path) => {
                invalid(format!("{}: profiles.{profile}.{name}: {message}", path.display()), Some(name), given)
            }
        }
    }

    /// Where it was found, in words.
    pub fn origin(&self) -> String {
        match &self.source {
            Source::Flag => "flag".to_owned(),
            Source::Variable(variable) => format!("environment {variable}"),
            Source::File(path) => format!("file {}", path.display()),
            Source::Profile(profile, path) => format!("profile {profile} in {}", path.display()),
        }
    }

    /// Whether the caller named it in this very call.
    pub fn is_flag(&self) -> bool {
        matches!(self.source, Source::Flag)
    }
}

/// All places where a setting can stand.
pub struct Places<'p> {
    matches: &'p ArgMatches,
    variable: &'p dyn Fn(&str) -> Option<String>,
    user: Option<(PathBuf, UserFile)>,
    project: Option<(PathBuf, ProjectFile)>,
    /// The name of the profile that is worked in, and where it was found.
    profile: Option<Found>,
}

/// The caller's own file.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct UserFile {
    store: Option<String>,
    output: Option<String>,
    color: Option<String>,
    #[serde(rename = "as")]
    login: Option<String>,
    templates: Option<TemplatesPart>,
    smtp: Option<SmtpPart>,
    #[serde(default)]
    profiles: BTreeMap<String, ProfilePart>,
    #[serde(default)]
    aliases: BTreeMap<String, String>,
}

/// A store under a name, and whether what moves money or goods in it is asked about first.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfilePart {
    store: Option<String>,
    #[serde(default)]
    protected: bool,
}

/// Where a site keeps templates and words of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplatesPart {
    folder: PathBuf,
}

/// The server that takes mail.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SmtpPart {
    host: Option<String>,
    port: Option<u16>,
    tls: Option<String>,
    user: Option<String>,
    password_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    #[serde(default)]
    allow_plain: bool,
    timeout: Option<u64>,
}

/// The file that a folder brings along; who found it did not write it, so it says little.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct ProjectFile {
    store: Option<String>,
    output: Option<String>,
    color: Option<String>,
}

impl<'p> Places<'p> {
    /// Reads the files that there are; of a file that cannot be used (`config_invalid`) nothing is taken, and the fault is answered too.
    pub fn read<'o: 'p>(matches: &'p ArgMatches, outside: &Outside<'o>) -> (Places<'p>, Vec<Error>) {
        let mut faults = Vec::new();
        let mut places = Places { matches, variable: outside.variable, user: None, project: None, profile: None };
        let user = match places.find("config") {
            Some(named) => required(PathBuf::from(named.text)).map(Some),
            None => places.user_file().map_or(Ok(None), optional),
        };
        places.user = user.unwrap_or_else(|fault| {
            faults.push(fault);
            None
        });
        places.project = optional(PathBuf::from(PROJECT)).unwrap_or_else(|fault| {
            faults.push(fault);
            None
        });
        places.profile = places.find("profile");
        if let Some(found) = &places.profile
            && let Err(fault) = places.check_profile(found)
        {
            faults.push(fault);
        }
        (places, faults)
    }

    /// The file of the caller's own settings, whether it is there or not; none where there is no home.
    pub fn user_file(&self) -> Option<PathBuf> {
        match self.find("config") {
            Some(named) => Some(PathBuf::from(named.text)),
            None => folder(self, "XDG_CONFIG_HOME", ".config").map(|folder| folder.join(USER)),
        }
    }

    /// Refuses a profile that no file has.
    fn check_profile(&self, found: &Found) -> Result<()> {
        let known = || self.user.iter().flat_map(|(_, file)| file.profiles.keys()).map(String::as_str);
        if known().any(|name| name == found.text) {
            return Ok(());
        }
        let names: Vec<&str> = known().collect();
        let near = meant(&found.text, known());
        let is_near = !near.is_empty();
        let others = match names.as_slice() {
            _ if is_near => near,
            [] => ", nor any other".to_owned(),
            names => format!("; there are {}", names.join(", ")),
        };
        let mut refused = found.refused("profile", format!("there is no profile {:?}{others}", found.text));
        // Of a profile that the environment names, the settings could not be listed either.
        if found.is_flag() && !is_near {
            let file = self.flag("config").map(|file| format!(" --config {}", shell_word(&file.text)));
            refused.fault_mut().hint = Some(format!("aftersales config list{}", file.unwrap_or_default()));
        }
        Err(refused)
    }

    /// The profile that protects the store: the one that is worked in, or one that has this very store, however it was named.
    pub fn protecting(&self, store: &Address) -> Option<&str> {
        let (path, file) = self.user.as_ref()?;
        let chosen = |name: &str| self.profile.as_ref().is_some_and(|found| found.text == name);
        let has_it = |name: &str, part: &ProfilePart| {
            let named = store_of(path, name, part).and_then(|found| settings::address(&found, self).ok());
            named.is_some_and(|named| is_same_store(&named, store))
        };
        let protects = |(name, part): &(&String, &ProfilePart)| part.protected && (chosen(name) || has_it(name, part));
        file.profiles.iter().find(protects).map(|(name, _)| name.as_str())
    }

    /// The store that each profile names.
    pub fn profile_stores(&self) -> impl Iterator<Item = Found> {
        let of_file = |(path, file): &'_ (PathBuf, UserFile)| -> Vec<Found> {
            file.profiles.iter().filter_map(|(name, part)| store_of(path, name, part)).collect()
        };
        self.user.iter().flat_map(of_file)
    }

    /// The names of the profiles.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.user.iter().flat_map(|(_, file)| file.profiles.keys()).map(String::as_str)
    }

    /// The words that the caller uses for commands.
    pub fn aliases(&self) -> impl Iterator<Item = (&str, &str)> {
        self.user.iter().flat_map(|(_, file)| &file.aliases).map(|(name, words)| (name.as_str(), words.as_str()))
    }

    /// The setting `name` from where it counts most; an empty variable is none. A profile counts where it was named: by a flag
    /// before the environment, by the environment before the files.
    pub fn find(&self, name: &str) -> Option<Found> {
        let profile = |by_flag: bool| {
            let chosen = self.profile.as_ref().filter(|found| name == "store" && found.is_flag() == by_flag)?;
            self.profile_stores()
                .find(|found| matches!(&found.source, Source::Profile(name, _) if *name == chosen.text))
        };
        self.flag(name)
            .or_else(|| profile(true))
            .or_else(|| {
                let variable = variable_of(name);
                let text = self.variable(&variable)?;
                Some(Found { text, source: Source::Variable(variable) })
            })
            .or_else(|| profile(false))
            .or_else(|| self.in_project(name))
            .or_else(|| self.in_user(name))
    }

    /// A flag alone, for what has no other place.
    pub fn flag(&self, name: &str) -> Option<Found> {
        // A flag that is not typed need not be known to the tree that was parsed with.
        let text = self.matches.try_get_one::<String>(name).ok().flatten()?.clone();
        Some(Found { text, source: Source::Flag })
    }

    /// A variable of the environment that is not empty.
    pub fn variable(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    /// The folder of a site's own templates, which counts from the folder of the file that names it.
    pub fn templates(&self) -> Option<PathBuf> {
        let (path, file) = self.user.as_ref()?;
        let folder = &file.templates.as_ref()?.folder;
        Some(path.parent().map_or_else(|| folder.clone(), |beside| beside.join(folder)))
    }

    /// The server that takes mail, where one is named; files count from the folder of the file that names them.
    pub fn smtp(&self) -> Option<Configured> {
        let (path, file) = self.user.as_ref()?;
        let smtp = file.smtp.as_ref()?;
        let beside = |named: &PathBuf| path.parent().map_or_else(|| named.clone(), |folder| folder.join(named));
        Some(Configured {
            place: path.display().to_string(),
            host: smtp.host.clone(),
            port: smtp.port,
            tls: smtp.tls.clone(),
            user: smtp.user.clone().filter(|user| !user.is_empty()),
            password: None,
            password_file: smtp.password_file.as_ref().map(beside),
            ca_file: smtp.ca_file.as_ref().map(beside),
            allow_plain: smtp.allow_plain,
            timeout: smtp.timeout,
        })
    }

    /// The files that were read, with what stands in them.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let user = self.user.iter().map(|(path, _)| path.as_path());
        user.chain(self.project.iter().map(|(path, _)| path.as_path()))
    }

    fn in_project(&self, name: &str) -> Option<Found> {
        let (path, file) = self.project.as_ref()?;
        let value = match name {
            "store" => &file.store,
            "output" => &file.output,
            "color" => &file.color,
            _ => return None,
        };
        found_in(path, name, value.as_ref()?)
    }

    fn in_user(&self, name: &str) -> Option<Found> {
        let (path, file) = self.user.as_ref()?;
        let value = match name {
            "store" => &file.store,
            "output" => &file.output,
            "color" => &file.color,
            "as" => &file.login,
            _ => return None,
        };
        found_in(path, name, value.as_ref()?)
    }
}

/// A store's path in a file counts from the file's own folder, so that it is the same from everywhere.
fn found_in(path: &Path, name: &str, value: &str) -> Option<Found> {
    if value.is_empty() {
        return None;
    }
    let text = if name == "store" { from_folder(path, value) } else { value.to_owned() };
    Some(Found { text, source: Source::File(path.to_owned()) })
}

/// The store that a profile names.
fn store_of(path: &Path, name: &str, part: &ProfilePart) -> Option<Found> {
    let text = from_folder(path, part.store.as_ref()?);
    Some(Found { text, source: Source::Profile(name.to_owned(), path.to_owned()) })
}

/// Whether two addresses lead to one store, however each is spelled.
fn is_same_store(one: &Address, other: &Address) -> bool {
    match (one, other) {
        (Address::File(one), Address::File(other)) => is_same_place(one, other),
        (Address::Server(one), Address::Server(other)) => one.is_same_store(other),
        _ => false,
    }
}

/// The store that a file names.
fn from_folder(path: &Path, store: &str) -> String {
    match path.parent() {
        Some(folder) if !store.contains("://") && check_path(store).is_ok() => {
            folder.join(store).to_string_lossy().into_owned()
        }
        _ => store.to_owned(),
    }
}

/// The variable of the environment that is a setting's twin.
pub fn variable_of(name: &str) -> String {
    format!("AFTERSALES_{}", name.to_uppercase())
}

/// The folder that a variable of the XDG convention names, or its usual place at home; a relative one is none by that
/// convention.
pub fn folder(places: &Places<'_>, variable: &str, at_home: &str) -> Option<PathBuf> {
    let named = places.variable(variable).map(PathBuf::from).filter(|folder| folder.is_absolute());
    named.or_else(|| Some(PathBuf::from(places.variable("HOME")?).join(at_home)))
}

fn required<F: for<'de> Deserialize<'de>>(path: PathBuf) -> Result<(PathBuf, F)> {
    match std::fs::read_to_string(&path) {
        Ok(text) => parsed(path, &text),
        Err(error) => Err(unreadable(&path, &error)),
    }
}

fn optional<F: for<'de> Deserialize<'de>>(path: PathBuf) -> Result<Option<(PathBuf, F)>> {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    match std::fs::read_to_string(&path) {
        Ok(text) => parsed(path, &text).map(Some),
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(None),
        Err(error) => Err(unreadable(&path, &error)),
    }
}

fn parsed<F: for<'de> Deserialize<'de>>(path: PathBuf, text: &str) -> Result<(PathBuf, F)> {
    match toml::from_str(text) {
        Ok(file) => Ok((path, file)),
        Err(error) => {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let reason = with_nearest(error.message().replace('\n', " "));
            Err(invalid(format!("{}, line {line}: {reason}", path.display()), Some("config"), None))
        }
    }
}

/// What a file's reader says of a key that is none, with the one that was meant: it quotes the key, and then those there are.
fn with_nearest(mut reason: String) -> String {
    if reason.starts_with("unknown field") {
        let mut quoted = reason.split('`').skip(1).step_by(2);
        let meant = quoted.next().map(|unknown| meant(unknown, quoted)).unwrap_or_default();
        reason.push_str(&meant);
    }
    reason
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    invalid(format!("{} cannot be read: {error}", path.display()), Some("config"), Some(&path.to_string_lossy()))
}

fn invalid(message: String, field: Option<&str>, given: Option<&str>) -> Error {
    report::fault("config_invalid", message, field, given.map(str::to_owned), None)
}
