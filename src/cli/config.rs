//! Where a setting comes from: built in < user's file < project's file < environment < flag (contract, section 1).

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use serde::Deserialize;

use super::{Outside, report};
use crate::command::pipeline::courier::Configured;
use crate::domain::{Error, Result};
use crate::store::engine::address::check_path;

/// The project's file, in the working directory.
const PROJECT: &str = "aftersales.toml";

/// A setting as text, and where it was found.
pub struct Found {
    pub text: String,
    source: Source,
}

enum Source {
    Flag,
    Variable(String),
    File(PathBuf),
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
    /// Reads the files that there are; a file that cannot be used is `config_invalid`.
    pub fn read(matches: &'p ArgMatches, outside: &'p Outside<'_>) -> Result<Places<'p>> {
        let mut places = Places { matches, variable: outside.variable, user: None, project: None };
        places.user = match places.find("config") {
            Some(named) => Some(required(PathBuf::from(named.text))?),
            None => match folder(&places, "XDG_CONFIG_HOME", ".config") {
                Some(folder) => optional(folder.join("aftersales").join("config.toml"))?,
                None => None,
            },
        };
        places.project = optional(PathBuf::from(PROJECT))?;
        Ok(places)
    }

    /// The setting `name` from where it counts most; an empty variable is none.
    pub fn find(&self, name: &str) -> Option<Found> {
        self.flag(name)
            .or_else(|| {
                let variable = format!("AFTERSALES_{}", name.to_uppercase());
                let text = self.variable(&variable)?;
                Some(Found { text, source: Source::Variable(variable) })
            })
            .or_else(|| self.in_project(name))
            .or_else(|| self.in_user(name))
    }

    /// A flag alone, for what has no other place.
    pub fn flag(&self, name: &str) -> Option<Found> {
        let text = self.matches.get_one::<String>(name)?.clone();
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
    let text = match path.parent() {
        Some(folder) if name == "store" && !value.contains("://") && check_path(value).is_ok() => {
            folder.join(value).to_string_lossy().into_owned()
        }
        _ => value.to_owned(),
    };
    Some(Found { text, source: Source::File(path.to_owned()) })
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
            let reason = error.message().replace('\n', " ");
            Err(invalid(format!("{}, line {line}: {reason}", path.display()), Some("config"), None))
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    invalid(format!("{} cannot be read: {error}", path.display()), Some("config"), Some(&path.to_string_lossy()))
}

fn invalid(message: String, field: Option<&str>, given: Option<&str>) -> Error {
    report::fault("config_invalid", message, field, given.map(str::to_owned), None)
}
