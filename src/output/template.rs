//! Texts made by templates in the words of a language: what the program brings along, and what a site puts in its place. A template
//! that is added is its file in `templates/` and its line in [`FILES`]. Knows no noun but as the name of a file.

use std::collections::BTreeMap;
use std::io::ErrorKind as IoErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, UndefinedBehavior, Value, context, escape_formatter,
};
use serde::Serialize;

mod words;

pub use words::Words;

/// The name of a file, and what it holds.
type File = (&'static str, &'static str);

macro_rules! files {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../templates/", $name)))),*]
    };
}

/// What the program brings along: templates, and the words of each language.
pub static FILES: &[File] = files![
    "page.html"
    "page.css"
    "sheet_table.html"
    "invoice.html"
    "credit_note.html"
    "order.html"
    "transfer.html"
    "worksheet.html"
    "return.html"
    "repair.html"
    "overview.html"
    "overview.css"
    "en.toml"
    "de.toml"
    "fr.toml"
    "page.mail.html"
    "coupon.mail.txt"
    "coupon.mail.html"
    "quotation.mail.txt"
    "quotation.mail.html"
    "invoice.mail.txt"
    "invoice.mail.html"
    "credit_note.mail.txt"
    "credit_note.mail.html"
    "portal.html"
    "portal.css"
    "portal.js"
    "portal_sheet.html"
    "portal_message.html"
    "portal_home.html"
    "portal_ticket.html"
    "portal_task.html"
    "portal_coupons.html"
    "portal_cart.html"
];

/// The ending of a file that holds the words of a language.
const WORDS: &str = ".toml";

/// How much work one rendering may be: its steps, and 64 bytes of what it makes for each. The page of a document of 10,000 lines
/// takes a tenth of it; a template that never ends takes a second to be stopped.
const FUEL: u64 = 20_000_000;

/// How long a file of a site may be.
const LONGEST: u64 = 1 << 20;

/// Why a text could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// A file of the site cannot be used: which, with the line where that is known, and why.
    #[error("{place}: {message}")]
    OfSite { place: String, message: String },
    /// What the program brings along does not fit the value that it was given.
    #[error("{place} of the program: {message}")]
    BuiltIn { place: String, message: String },
}

/// A name in a site's folder that nothing asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    pub path: PathBuf,
    /// What was probably meant.
    pub meant: Option<&'static str>,
}

/// The templates and words of the program, and those that a site has in their place. Nothing is read before it is asked for.
#[derive(Default)]
pub struct Templates {
    folder: Option<PathBuf>,
    home: Option<PathBuf>,
    environment: OnceLock<Environment<'static>>,
    words: Mutex<BTreeMap<String, Arc<Words>>>,
}

impl Templates {
    /// Those of the program, and over them the files of the same names in `folder`.
    pub fn new(folder: Option<PathBuf>) -> Templates {
        Templates { folder, ..Templates::default() }
    }

    /// The same for whoever lives at `home`, where there may be fonts.
    pub fn at(self, home: Option<PathBuf>) -> Templates {
        Templates { home, ..self }
    }

    /// Where the caller lives.
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// The site's folder, where there is one.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// What the template `name` makes of a value, in the words of a language. The template sees the keys of the value, and `words`,
    /// `language` and `direction`.
    pub fn render(&self, name: &str, language: &str, value: &impl Serialize) -> Result<String, TemplateFault> {
        let words = self.words(language)?;
        let beside = context! {
            words => words.value(),
            language => words.language(),
            direction => words.direction(),
        };
        let environment = self.environment.get_or_init(|| environment(self.folder.clone()));
        let rendered = environment
            .get_template(name)
            .and_then(|template| template.render(context! { ..Value::from(Serde(value)), ..beside }));
        rendered.map_err(|error| self.fault(name, &error))
    }

    /// The words of a language such as `de` or `fr-CH`; what it does not say, its main language says, and else English.
    pub fn words(&self, language: &str) -> Result<Arc<Words>, TemplateFault> {
        let language = words::tag(language);
        let mut known = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(words) = known.get(&language) {
            return Ok(Arc::clone(words));
        }
        let mut words = Words::default();
        for tag in words::fallbacks(&language) {
            let name = format!("{tag}{WORDS}");
            if let Some((_, text)) = FILES.iter().find(|(known, _)| *known == name) {
                let add = words.add(tag, text);
                add.map_err(|(line, message)| TemplateFault::BuiltIn { place: placed(&name, line), message })?;
            }
            if let Some(folder) = &self.folder
                && let Some((path, text)) = of_site(folder, &name)?
            {
                let add = words.add(tag, &text);
                add.map_err(|(line, message)| TemplateFault::OfSite { place: placed(&path, line), message })?;
            }
        }
        let words = Arc::new(words);
        known.insert(language, Arc::clone(&words));
        Ok(words)
    }

    /// The names in the site's folder that stand for nothing: neither a file of the program's, nor the words of a language, nor a part
    /// that a template of the site takes in, whose name begins with `_`.
    pub fn strangers(&self) -> Result<Vec<Stranger>, TemplateFault> {
        let Some(folder) = &self.folder else {
            return Ok(Vec::new());
        };
        let files = std::fs::read_dir(folder).map_err(|error| unread(folder, &error))?;
        let mut strangers = Vec::new();
        for file in files {
            let name = file.map_err(|error| unread(folder, &error))?.file_name();
            let shown = name.to_string_lossy();
            let is_words = shown.strip_suffix(WORDS).is_some_and(|tag| words::tag(tag) == tag);
            if !(is_words || shown.starts_with(['_', '.']) || FILES.iter().any(|(known, _)| *known == shown)) {
                let near = |known: &&str| strsim::osa_distance(known, &shown);
                let meant = FILES.iter().map(|(known, _)| *known).min_by_key(near).filter(|known| near(known) <= 3);
                strangers.push(Stranger { path: folder.join(&name), meant });
            }
        }
        strangers.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(strangers)
    }

    /// Reads every file of the site that the program would read, and answers the first that cannot be used.
    pub fn check(&self) -> Result<(), TemplateFault> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let files = std::fs::read_dir(folder).map_err(|error| unread(folder, &error))?;
        let mut names: Vec<String> =
            files.flatten().map(|file| file.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        let environment = self.environment.get_or_init(|| environment(self.folder.clone()));
        for name in &names {
            if let Some(tag) = name.strip_suffix(WORDS).filter(|tag| words::tag(tag) == *tag) {
                self.words(tag)?;
            } else if FILES.iter().any(|(known, _)| known == name) {
                environment.get_template(name).map_err(|error| self.fault(name, &error))?;
            }
        }
        Ok(())
    }

    /// Where a template failed and why: the innermost of the templates that took one another in.
    fn fault(&self, name: &str, error: &Error) -> TemplateFault {
        let mut innermost = error;
        while let Some(inner) = std::error::Error::source(innermost).and_then(|inner| inner.downcast_ref::<Error>()) {
            innermost = inner;
        }
        let at = innermost.name().unwrap_or(name);
        let message = match (innermost.kind(), innermost.detail()) {
            (ErrorKind::OutOfFuel, _) => "it does not come to an end".to_owned(),
            (ErrorKind::SyntaxError | ErrorKind::InvalidOperation, Some(detail)) => detail.to_owned(),
            (kind, Some(detail)) => format!("{kind}: {detail}"),
            (kind, None) => kind.to_string(),
        };
        let path = self.folder.as_ref().map(|folder| folder.join(at)).filter(|path| path.exists());
        match (&self.folder, path) {
            (None, _) => TemplateFault::BuiltIn { place: placed(at, innermost.line()), message },
            (Some(_), Some(path)) => {
                TemplateFault::OfSite { place: placed(&path.to_string_lossy(), innermost.line()), message }
            }
            // A file of the program that fails beside those of a site most likely fails for what they are.
            (Some(folder), None) => TemplateFault::OfSite {
                place: placed(&folder.to_string_lossy(), None),
                message: format!("{message}, in {} of the program", placed(at, innermost.line())),
            },
        }
    }
}

/// The engine, which reads a template when it is first asked for. What is not there is a fault, and what a template makes is bounded,
/// since a site's may be wrong; in HTML every value is escaped.
fn environment(folder: Option<PathBuf>) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment
        .set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None });
    if let Ok(syntax) =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()
    {
        environment.set_syntax(syntax);
    }
    environment.set_formatter(|out, state, value| match (state.auto_escape(), value.as_str()) {
        (AutoEscape::Html, Some(text)) if !value.is_safe() => Ok(write_escaped(out, text)?),
        _ => escape_formatter(out, state, value),
    });
    environment.add_filter("fill", words::fill_filter);
    environment.set_loader(move |name| {
        let site = match &folder {
            Some(folder) => of_site(folder, name).map_err(|fault| match fault {
                TemplateFault::OfSite { message, .. } | TemplateFault::BuiltIn { message, .. } => {
                    Error::new(ErrorKind::InvalidOperation, message)
                }
            })?,
            None => None,
        };
        let built_in = || FILES.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
        Ok(site.map(|(_, text)| text).or_else(built_in))
    });
    environment
}

/// What a text of the caller's own makes of a record: it sees the record's keys, and nothing else of the store or the machine.
pub struct TextTemplate(Environment<'static>);

/// How a text of the caller's is called where it is told.
const TEXT: &str = "template";

impl TextTemplate {
    /// Reads the text; why it cannot be read is told in a sentence.
    pub fn compile(text: &str) -> Result<TextTemplate, String> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.add_template_owned(TEXT, text.to_owned()).map_err(|error| of_text(&error))?;
        Ok(TextTemplate(environment))
    }

    /// What it makes of a record.
    pub fn render(&self, record: &impl Serialize) -> Result<String, String> {
        let rendered = self.0.get_template(TEXT).and_then(|template| template.render(Value::from(Serde(record))));
        rendered.map_err(|error| of_text(&error))
    }
}

/// Why a text of the caller's fails, with little of the data that it met.
fn of_text(error: &Error) -> String {
    let message = match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "it does not come to an end".to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    let line = error.line().filter(|line| *line > 1).map(|line| format!("line {line}: ")).unwrap_or_default();
    let cut = message.char_indices().map(|(at, _)| at).find(|at| *at > 200);
    format!("the template cannot be used: {line}{}", cut.and_then(|at| message.get(..at)).unwrap_or(&message))
}

/// Writes a text so that it stays one within HTML, in an attribute too. A slash, which stands in every number, needs no escape for that.
fn write_escaped(out: &mut Output<'_>, text: &str) -> std::fmt::Result {
    let mut rest = text;
    while let Some(place) = rest.find(['<', '>', '&', '"', '\'']) {
        let (before, behind) = rest.split_at(place);
        out.write_str(before)?;
        let mut after = behind.chars();
        out.write_str(match after.next() {
            Some('<') => "&lt;",
            Some('>') => "&gt;",
            Some('&') => "&amp;",
            Some('"') => "&quot;",
            _ => "&#x27;",
        })?;
        rest = after.as_str();
    }
    out.write_str(rest)
}

/// The file of that name in a site's folder. A name leads nowhere else.
fn of_site(folder: &Path, name: &str) -> Result<Option<(String, String)>, TemplateFault> {
    if name.contains(['/', '\\']) || name.starts_with('.') {
        return Ok(None);
    }
    let path = folder.join(name);
    let shown = path.to_string_lossy().into_owned();
    match std::fs::metadata(&path) {
        Ok(file) if file.len() > LONGEST => {
            return Err(TemplateFault::OfSite { place: shown, message: format!("longer than {LONGEST} bytes") });
        }
        Err(error) if error.kind() == IoErrorKind::NotFound && folder.is_dir() => return Ok(None),
        Err(error) if error.kind() == IoErrorKind::NotFound => return Err(unread(folder, &error)),
        _ => {}
    }
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((shown, text))),
        Err(error) => Err(unread(&path, &error)),
    }
}

fn unread(path: &Path, error: &std::io::Error) -> TemplateFault {
    TemplateFault::OfSite { place: path.to_string_lossy().into_owned(), message: format!("cannot be read: {error}") }
}

fn placed(name: &str, line: Option<usize>) -> String {
    line.map_or_else(|| name.to_owned(), |line| format!("{name}, line {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A site's folder with these files.
    fn site(files: &[(&str, &str)]) -> (tempfile::TempDir, Templates) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let templates = Templates::new(Some(folder.path().to_owned()));
        (folder, templates)
    }

    #[test]
    fn what_the_program_brings_along_can_be_read() {
        let templates = Templates::default();
        let environment = environment(None);
        let mut keys: Option<Vec<String>> = None;
        for (name, _) in FILES {
            match name.strip_suffix(WORDS) {
                Some(language) => {
                    let words = templates.words(language).unwrap();
                    assert_eq!(words.language(), language);
                    let mut own = Words::default();
                    own.add(language, FILES.iter().find(|(known, _)| known == name).unwrap().1).unwrap();
                    let own = own.placeholders();
                    assert_eq!(
                        keys.get_or_insert_with(|| own.clone()),
                        &own,
                        "{name} has the keys and braces of the first"
                    );
                }
                None => drop(environment.get_template(name).unwrap()),
            }
        }
    }

    #[test]
    fn a_sites_file_stands_in_the_place_of_the_programs() {
        let (_folder, templates) = site(&[
            (
                "a.html",
                "{% include 'b.html' %} {{ words.total }} {{ name }} {{ words.page | fill(page=1, pages=count) }}",
            ),
            ("b.html", "{{ words.invoice }}"),
            ("a.txt", "{{ name }}\n"),
            ("de.toml", "[words]\ntotal = \"Summe <alles>\"\n"),
            ("de-at.toml", "[writing]\ngroup = \"'\"\n[words]\ninvoice = \"Faktura\"\n"),
            ("es.toml", "[words]\ntotal = \"Importe {x}\"\n"),
        ]);
        let value = BTreeMap::from([("name", "Zoë {{ & <b>\"'/"), ("count", "{page}")]);
        let name = "Zoë {{ &amp; &lt;b&gt;&quot;&#x27;/";
        let made = |language| templates.render("a.html", language, &value).unwrap();
        assert_eq!(made("de"), format!("Rechnung Summe &lt;alles&gt; {name} Seite 1 von {{page}}"));
        assert_eq!(made("de_AT"), format!("Faktura Summe &lt;alles&gt; {name} Seite 1 von {{page}}"));
        assert_eq!(made("es"), format!("Invoice Importe {{x}} {name} Page 1 of {{page}}"));
        assert_eq!(made("../../de"), made("en"), "what is no language is none");
        assert_eq!(templates.words("de-AT").unwrap().number("-1234567.50"), "-1'234'567,50");
        assert_eq!(templates.render("a.txt", "en", &value).unwrap(), "Zoë {{ & <b>\"'/\n", "a text is no HTML");
    }

    #[test]
    fn what_is_wrong_with_a_sites_file_is_told_with_its_place() {
        let table = [
            ("{{ totl }}\n", "line 1: undefined value"),
            ("\n{% for x in %}", "line 2: unexpected"),
            ("\n\n{{ words.totl }}", "line 3: undefined value"),
            ("{{ 'x'|upcase }}", "line 1: unknown filter"),
            (
                "{% for a in range(9000) %}{% for b in range(9000) %}{% endfor %}{% endfor %}",
                "it does not come to an end",
            ),
            ("{{ 'x' * 100000000000 }}", ": "),
            ("{% include 'a.html' %}", ": "),
            ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", ": "),
            ("{% include '../../../etc/passwd' %}", "template not found"),
        ];
        for (text, message) in table {
            let (folder, templates) = site(&[("a.html", text)]);
            let fault = templates.render("a.html", "en", &BTreeMap::from([("name", "x")])).unwrap_err();
            let place = folder.path().join("a.html");
            let TemplateFault::OfSite { place: told, .. } = &fault else { panic!("{text}: {fault}") };
            assert!(told.starts_with(&*place.to_string_lossy()), "{text}: {fault}");
            assert!(fault.to_string().contains(message), "{text}: {fault}");
        }
        for (text, message) in
            [("[words]\n\ntotal = 3\n", ", line 3: "), ("[writing]\ndirction = \"ltr\"\n", ", line 2: unknown field")]
        {
            let (_folder, templates) = site(&[("de.toml", text)]);
            let fault = templates.words("de").unwrap_err().to_string();
            assert!(fault.contains(message), "{fault}");
            assert_eq!(templates.check().unwrap_err().to_string(), fault);
        }
        let nowhere = Templates::new(Some(PathBuf::from("/nowhere/at/all")));
        assert!(nowhere.words("de").unwrap_err().to_string().contains("/nowhere/at/all: cannot be read"));
    }

    #[test]
    fn a_file_that_nothing_asks_for_is_told() {
        let (folder, templates) =
            site(&[("_mine.html", ""), (".git", ""), ("it.toml", ""), ("english.toml~", ""), ("e.toml", "")]);
        std::fs::write(folder.path().join("de.tml"), "").unwrap();
        let strangers = templates.strangers().unwrap();
        let told: Vec<_> = strangers
            .iter()
            .map(|stranger| (stranger.path.file_name().unwrap().to_string_lossy().into_owned(), stranger.meant))
            .collect();
        assert_eq!(told, [("de.tml".to_owned(), Some("de.toml")), ("english.toml~".to_owned(), None)]);
        assert_eq!(Templates::default().strangers(), Ok(Vec::new()));
    }
}
