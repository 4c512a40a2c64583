//! Worksheets: what is written down of the work on a task, and the signature that freezes it (spec F3). A worksheet takes over the
//! fields of its template when it is begun, so that a template can be edited without touching what was filled in or signed.

use std::fmt;
use std::str::FromStr;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::common::ValueRefused;
use super::task::Task;
use super::worksheet_template::{Field, FieldType};
use super::{Allowed, Refusal, Result};
use crate::domain::value::day::{Day, Instant};
use crate::domain::value::number;
use crate::domain::value::reference::{Reference, folded, shell_word};
use crate::domain::value::text::text_value;

/// The report that a task's work is written down in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worksheet {
    pub template: Reference,
    /// Its own fields, with what was filled in; none before it is begun, while they are those of the template.
    pub fields: Vec<FilledField>,
    pub signed_by: Option<String>,
    /// When it was signed, which froze it.
    pub signed_at: Option<Instant>,
    /// The file with the drawn signature.
    pub signature: Option<Reference>,
    /// What the signed worksheet is sealed with; none where it is not signed, or its texts were erased.
    pub seal: Option<String>,
}

/// A field of a worksheet, with what was filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilledField {
    pub key: i64,
    /// Its number, from 1.
    pub line: i64,
    pub field: Field,
    /// What was filled in, but for a photo.
    pub value: Option<String>,
    /// The file of a photo.
    pub file: Option<Reference>,
}

impl FilledField {
    /// What was filled in, as it is told: a photo by the hash of its file.
    pub fn told(&self) -> Option<&str> {
        self.file.as_ref().map(|file| file.id.as_str()).or(self.value.as_deref())
    }

    fn is_missing(&self) -> bool {
        self.field.required && self.told().is_none()
    }
}

/// What is to stand in a field: nothing, a text, or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filling {
    Nothing,
    Value(String),
    File(Reference),
}

impl Worksheet {
    /// A worksheet in which nothing is written yet.
    pub fn blank(template: Reference) -> Worksheet {
        let (signed_by, signed_at, signature, seal) = (None, None, None, None);
        Worksheet { template, fields: Vec::new(), signed_by, signed_at, signature, seal }
    }

    /// Whether it was signed; who signed can have been erased since.
    pub fn is_signed(&self) -> bool {
        self.signed_at.is_some()
    }

    /// The same with the fields that its template has now, as far as it has none of its own.
    #[must_use]
    pub fn begun(mut self, template: &[Field]) -> Worksheet {
        if self.fields.is_empty() && !self.is_signed() {
            let field = |(line, field): (i64, &Field)| FilledField {
                key: 0,
                line,
                field: field.clone(),
                value: None,
                file: None,
            };
            self.fields = (1..).zip(template).map(field).collect();
        }
        self
    }

    /// What was filled in, by the names of the fields.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().filter_map(|field| Some((field.field.name.as_str(), field.told()?)))
    }

    /// The files of its photos and of its signature.
    pub fn images(&self) -> impl Iterator<Item = &Reference> {
        self.fields.iter().filter_map(|filled| filled.file.as_ref()).chain(&self.signature)
    }

    /// The names of the required fields in which nothing stands.
    pub fn missing(&self) -> Vec<String> {
        self.fields.iter().filter(|field| field.is_missing()).map(|field| field.field.name.clone()).collect()
    }

    /// The field of that name, which is compared ignoring case.
    pub fn field(&self, name: &str) -> std::result::Result<&Field, ValueRefused> {
        let wanted = folded(name);
        let found = self.fields.iter().find(|known| folded(&known.field.name) == wanted);
        found.map(|known| &known.field).ok_or_else(|| {
            let names: Vec<String> = self.fields.iter().map(|known| known.field.name.clone()).collect();
            let message = match names.as_slice() {
                [] => format!("the worksheet {} has no fields, so none is called {name}", self.template),
                names => format!("the worksheet {} has no field {name}; it has {}", self.template, names.join(", ")),
            };
            let allowed = Some(Allowed::Several(names));
            ValueRefused::Invalid { field: "value", given: name.to_owned(), message, allowed }
        })
    }

    /// Sets what stands in the field of that name.
    pub fn set(&mut self, name: &str, filling: Filling) {
        for known in self.fields.iter_mut().filter(|known| known.field.name == name) {
            (known.value, known.file) = match &filling {
                Filling::Nothing => (None, None),
                Filling::Value(value) => (Some(value.clone()), None),
                Filling::File(file) => (None, Some(file.clone())),
            };
        }
    }

    /// Whether somebody of that name can sign it at all, and whether that is still to be done: it is not where they did already.
    pub fn check_signing(&self, task: &Task, by: &str) -> Result<bool> {
        if self.is_signed() {
            return match self.signed_by.as_deref() {
                Some(before) if before == by => Ok(false),
                _ => Err(self.signed(task).into()),
            };
        }
        match self.missing() {
            missing if missing.is_empty() => Ok(true),
            missing => Err(WorksheetRefused::Incomplete { task: task.id.clone(), missing }.into()),
        }
    }

    /// Refuses to change what is signed.
    pub fn check_open(&self, task: &Task) -> std::result::Result<(), WorksheetRefused> {
        if self.is_signed() { Err(self.signed(task)) } else { Ok(()) }
    }

    fn signed(&self, task: &Task) -> WorksheetRefused {
        WorksheetRefused::Signed { task: task.id.clone(), by: self.signed_by.clone() }
    }

    /// Everything that the signature stands under, as one text: whatever of it is changed later makes it another one.
    pub fn content(&self, task: &str) -> String {
        let fields: Vec<_> = self
            .fields
            .iter()
            .map(|FilledField { line, field, value, file, .. }| {
                let file = file.as_ref().map(|file| &file.id);
                (line, &field.name, field.kind, field.required, &field.choices, value, file)
            })
            .collect();
        let signed = (&self.signed_by, self.signed_at, self.signature.as_ref().map(|file| &file.id));
        serde_json::json!([task, self.template.id, fields, signed]).to_string()
    }
}

/// As a task tells it: what was filled in, without the fields themselves.
impl Serialize for Worksheet {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        struct Values<'w>(&'w Worksheet);
        impl Serialize for Values<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.values())
            }
        }
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("template", &self.template)?;
        map.serialize_entry("values", &Values(self))?;
        map.serialize_entry("signed_by", &self.signed_by)?;
        map.serialize_entry("signed_at", &self.signed_at)?;
        map.serialize_entry("signature", &self.signature)?;
        map.end()
    }
}

/// The task of a worksheet that is named by it, to be printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct OfTask(pub Task);

/// A worksheet by itself, as shown: every field, and what is still missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorksheetShown<'w> {
    /// The task that it is of, by which it is named.
    pub id: &'w str,
    pub template: &'w Reference,
    pub fields: Vec<FieldShown<'w>>,
    /// The required fields in which nothing stands.
    pub missing: Vec<String>,
    pub signed_by: Option<&'w str>,
    pub signed_at: Option<Instant>,
    pub signature: Option<&'w Reference>,
}

/// A field with what was filled in, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldShown<'w> {
    pub name: &'w str,
    #[serde(rename = "type")]
    pub kind: FieldType,
    pub required: bool,
    pub choices: &'w [String],
    pub value: Option<&'w str>,
}

impl<'w> WorksheetShown<'w> {
    /// The worksheet of that task.
    pub fn of(task: &'w str, worksheet: &'w Worksheet) -> WorksheetShown<'w> {
        let field = |filled: &'w FilledField| FieldShown {
            name: &filled.field.name,
            kind: filled.field.kind,
            required: filled.field.required,
            choices: &filled.field.choices,
            value: filled.told(),
        };
        WorksheetShown {
            id: task,
            template: &worksheet.template,
            fields: worksheet.fields.iter().map(field).collect(),
            missing: worksheet.missing(),
            signed_by: worksheet.signed_by.as_deref(),
            signed_at: worksheet.signed_at,
            signature: worksheet.signature.as_ref(),
        }
    }
}

/// `NAME=VALUE`: a field of a worksheet and what is filled in; an empty value empties it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldValue {
    pub name: String,
    pub value: String,
}

impl FromStr for FieldValue {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.trim().is_empty() => {
                Ok(FieldValue { name: name.to_owned(), value: value.to_owned() })
            }
            _ => Err(format!("{text:?} is not of the form NAME=VALUE, such as pressure=2.5")),
        }
    }
}

impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.value)
    }
}

text_value!(FieldValue, "a field and its value such as \"pressure=2.5\"");

/// What a field keeps of a value that was typed: a number, day or choice as it is read, a text as it is. A photo is a file, which is
/// for the caller to read.
pub fn checked_value(field: &Field, given: &str) -> std::result::Result<String, ValueRefused> {
    let refused = |wanted: String, allowed: Option<Allowed>| {
        let message = format!("{given:?} is {wanted}, which the field {} holds", field.name);
        ValueRefused::Invalid { field: "value", given: format!("{}={given}", field.name), message, allowed }
    };
    match field.kind {
        FieldType::Text | FieldType::Photo => Ok(given.to_owned()),
        FieldType::Number => match number::check_decimal(given) {
            Ok(()) => Ok(given.to_owned()),
            Err(_) => Err(refused("no number such as 2.5".to_owned(), None)),
        },
        FieldType::YesNo => match folded(given).as_str() {
            "yes" | "true" => Ok("yes".to_owned()),
            "no" | "false" => Ok("no".to_owned()),
            _ => Err(refused(
                "neither yes nor no".to_owned(),
                Some(Allowed::Several(vec!["yes".to_owned(), "no".to_owned()])),
            )),
        },
        FieldType::Date => match given.parse::<Day>() {
            Ok(day) => Ok(day.to_string()),
            Err(_) => Err(refused("no day such as 2026-11-23".to_owned(), None)),
        },
        FieldType::Choice => match field.choices.iter().find(|choice| folded(choice) == folded(given)) {
            Some(choice) => Ok(choice.clone()),
            None => {
                let wanted = format!("none of {}", field.choices.join(", "));
                Err(refused(wanted, Some(Allowed::Several(field.choices.clone()))))
            }
        },
    }
}

/// Notes a field that is named twice.
pub fn check_names(given: &[FieldValue]) -> std::result::Result<(), ValueRefused> {
    let mut known = std::collections::HashSet::new();
    match given.iter().find(|value| !known.insert(folded(&value.name))) {
        Some(twin) => Err(ValueRefused::invalid("value", twin, format!("the field {} is filled in twice", twin.name))),
        None => Ok(()),
    }
}

/// Why a worksheet is not filled in or signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorksheetRefused {
    #[error("task {task} has no worksheet")]
    None { task: String },
    #[error("the worksheet of task {task} was signed{}, so it stays as it is", .by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default())]
    Signed { task: String, by: Option<String> },
    #[error("the worksheet of task {task} says nothing of {}", .missing.join(", "))]
    Incomplete { task: String, missing: Vec<String> },
    #[error("the worksheet of task {task} was changed since it was looked at")]
    Changed { task: String },
}

impl Refusal for WorksheetRefused {
    fn code(&self) -> &'static str {
        match self {
            WorksheetRefused::None { .. } => "not_found",
            WorksheetRefused::Signed { .. } => "worksheet_signed",
            WorksheetRefused::Incomplete { .. } => "worksheet_incomplete",
            WorksheetRefused::Changed { .. } => "state_not_allowed",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            WorksheetRefused::None { .. } => Some("task"),
            WorksheetRefused::Signed { .. }
            | WorksheetRefused::Incomplete { .. }
            | WorksheetRefused::Changed { .. } => None,
        }
    }
    fn given(&self) -> Option<String> {
        match self {
            WorksheetRefused::None { task } => Some(task.clone()),
            WorksheetRefused::Signed { by, .. } => by.clone(),
            WorksheetRefused::Incomplete { .. } | WorksheetRefused::Changed { .. } => None,
        }
    }
    fn allowed(&self) -> Option<Allowed> {
        match self {
            WorksheetRefused::Incomplete { missing, .. } => Some(Allowed::Several(missing.clone())),
            WorksheetRefused::None { .. } | WorksheetRefused::Signed { .. } | WorksheetRefused::Changed { .. } => None,
        }
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            WorksheetRefused::None { task } => format!("aftersales task show {}", shell_word(task)),
            WorksheetRefused::Signed { task, .. }
            | WorksheetRefused::Incomplete { task, .. }
            | WorksheetRefused::Changed { task } => {
                format!("aftersales worksheet show {}", shell_word(task))
            }
        })
    }
}

/// How many bytes a photo or a drawn signature has at most (contract, section 7 "Field service").
pub const LARGEST_IMAGE: usize = 10 * 1024 * 1024;

/// What a file is that can stand in a worksheet, known by how it begins, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageType {
    Png,
    Jpeg,
}

impl ImageType {
    /// What that content is; none where it is neither.
    pub fn of(content: &[u8]) -> Option<ImageType> {
        match content {
            content if content.starts_with(b"\x89PNG\r\n\x1a\n") => Some(ImageType::Png),
            content if content.starts_with(b"\xff\xd8\xff") => Some(ImageType::Jpeg),
            _ => None,
        }
    }

    /// Its type as the web names it.
    pub fn media(self) -> &'static str {
        match self {
            ImageType::Png => "image/png",
            ImageType::Jpeg => "image/jpeg",
        }
    }
}

/// Why a file can be no photo and no drawn signature; `given` is how it was named.
pub fn check_image(field: &'static str, given: &str, content: &[u8]) -> std::result::Result<(), ValueRefused> {
    if content.len() > LARGEST_IMAGE {
        let message = format!("{given} has more than {LARGEST_IMAGE} bytes, which an image of a worksheet has at most");
        let allowed = Some(Allowed::One(LARGEST_IMAGE.to_string()));
        return Err(ValueRefused::Invalid { field, given: given.to_owned(), message, allowed });
    }
    match ImageType::of(content) {
        Some(_) => Ok(()),
        None => Err(ValueRefused::invalid(field, given, format!("{given} is neither a PNG nor a JPEG"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::task::Stage;
    use crate::domain::task::tests::task;

    fn fields(texts: &[&str]) -> Vec<Field> {
        let given = |text: &&str| text.parse::<crate::domain::worksheet_template::GivenField>().unwrap().0;
        texts.iter().map(given).collect()
    }

    fn visit() -> Worksheet {
        let template =
            fields(&["pressure:number:required", "leak:yes_no", "state:choice=Good|Worn:required", "seen:date"]);
        Worksheet::blank(Reference { key: 5, id: "Visit".to_owned() }).begun(&template)
    }

    #[test]
    fn a_value_is_of_the_type_of_its_field() {
        let of = |text: &str| fields(&[text]).remove(0);
        for (field, given, kept) in [
            ("a:text", " as it is ", Some(" as it is ")),
            ("a:number", "2.50", Some("2.50")),
            ("a:number", "-7", Some("-7")),
            ("a:number", "1e3", None),
            ("a:number", "2,5", None),
            ("a:yes_no", "Yes", Some("yes")),
            ("a:yes_no", "false", Some("no")),
            ("a:yes_no", "1", None),
            ("a:date", "2026-11-23", Some("2026-11-23")),
            ("a:date", "2026-11-31", None),
            ("a:choice=Good|A bit worn", "a BIT worn", Some("A bit worn")),
            ("a:choice=Good|A bit worn", "broken", None),
        ] {
            let checked = checked_value(&of(field), given);
            assert_eq!(checked.as_ref().ok().map(String::as_str), kept, "{field} {given}");
            if let Err(refused) = checked {
                assert_eq!((refused.code(), refused.field()), ("invalid_value", Some("value")));
            }
        }
    }

    #[test]
    fn a_worksheet_keeps_the_fields_that_it_was_begun_with() {
        let begun = visit();
        assert_eq!(begun.clone().begun(&fields(&["other:text"])), begun);
        assert_eq!(begun.field("PRESSURE").map(|field| field.name.as_str()), Ok("pressure"));
        let unknown = begun.field("colour").unwrap_err();
        assert_eq!(unknown.to_string(), "the worksheet Visit has no field colour; it has pressure, leak, state, seen");
        let named = |name: &str| FieldValue { name: name.to_owned(), value: "1".to_owned() };
        assert!(check_names(&[named("a"), named("b")]).is_ok());
        assert!(check_names(&[named("a"), named("A")]).is_err());
    }

    #[test]
    fn it_is_signed_when_nothing_required_is_missing_and_then_stays() {
        let task = task(Stage::InProgress);
        let mut sheet = visit();
        let code = |checked: Result<bool>| checked.map_err(|refused| refused.fault().code);
        let refused = sheet.check_signing(&task, "Ada").unwrap_err();
        assert_eq!(refused.fault().message, "the worksheet of task FS00001 says nothing of pressure, state");
        sheet.set("pressure", Filling::Value("2.5".to_owned()));
        assert_eq!(sheet.missing(), ["state"]);
        sheet.set("state", Filling::Value("Good".to_owned()));
        assert_eq!(sheet.values().collect::<Vec<_>>(), [("pressure", "2.5"), ("state", "Good")]);
        assert_eq!(code(sheet.check_signing(&task, "Ada")), Ok(true));
        assert!(sheet.check_open(&task).is_ok());

        sheet.signed_by = Some("Ada".to_owned());
        sheet.signed_at = Some("2026-11-23T10:00:00Z".parse().unwrap());
        assert_eq!(code(sheet.check_signing(&task, "Ada")), Ok(false));
        assert_eq!(code(sheet.check_signing(&task, "Bo")), Err("worksheet_signed"));
        assert_eq!(sheet.check_open(&task).unwrap_err().code(), "worksheet_signed");
        // What was erased stays signed.
        sheet.signed_by = None;
        assert_eq!(code(sheet.check_signing(&task, "Ada")), Err("worksheet_signed"));
    }

    #[test]
    fn whatever_changes_under_a_signature_makes_another_content() {
        let mut sheet = visit();
        sheet.set("pressure", Filling::Value("2.5".to_owned()));
        let before = sheet.content("FS00001");
        assert_eq!(before, sheet.clone().content("FS00001"));
        let mut seen = vec![before, sheet.content("FS00002")];
        type Change = fn(&mut Worksheet);
        let changes: [Change; 9] = [
            |sheet| sheet.set("pressure", Filling::Value("2.6".to_owned())),
            |sheet| sheet.set("pressure", Filling::Nothing),
            |sheet| sheet.set("pressure", Filling::File(Reference { key: 1, id: "2.5".to_owned() })),
            |sheet| sheet.template.id.push('s'),
            |sheet| sheet.signed_by = Some("Ada".to_owned()),
            |sheet| sheet.signed_at = Some(Instant::FIRST),
            |sheet| sheet.signature = Some(Reference { key: 1, id: "a".to_owned() }),
            |sheet| sheet.fields[0].field.required = false,
            |sheet| sheet.fields.truncate(1),
        ];
        for change in changes {
            let mut changed = sheet.clone();
            change(&mut changed);
            seen.push(changed.content("FS00001"));
        }
        let all = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), all);
    }

    #[test]
    fn an_image_is_known_by_how_it_begins() {
        for (content, is_image) in [
            (&b"\x89PNG\r\n\x1a\n..."[..], true),
            (b"\xff\xd8\xff\xe0", true),
            (b"GIF89a", false),
            (b"", false),
            (b"\x89PNG", false),
            (b"<svg onload=alert(1)>", false),
        ] {
            assert_eq!(check_image("value", "x.png", content).is_ok(), is_image, "{content:?}");
        }
        let mut large = b"\x89PNG\r\n\x1a\n".to_vec();
        large.resize(LARGEST_IMAGE, 0);
        assert!(check_image("image", "x.png", &large).is_ok());
        large.push(0);
        assert_eq!(
            check_image("image", "x.png", &large).unwrap_err().allowed(),
            Some(Allowed::One("10485760".to_owned()))
        );
    }
}
