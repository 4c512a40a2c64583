//! Worksheet templates: the typed fields that the work on site is written down in (spec F3).

use std::fmt;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::{Serialize, Serializer};

use super::common::ValueRefused;
use crate::domain::value::reference::{Reference, folded};
use crate::domain::value::text::choices;

/// A worksheet template as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorksheetTemplate {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub name: String,
    pub fields: Vec<Field>,
}

impl WorksheetTemplate {
    /// The template as other records name it.
    pub fn reference(&self) -> Reference {
        Reference { key: self.key, id: self.id.clone() }
    }
}

choices! {
    /// What a field of a worksheet holds.
    pub enum FieldType: "type" {
        Text = "text",
        Number = "number",
        YesNo = "yes_no",
        Date = "date",
        Choice = "choice",
        Photo = "photo",
    }
}

/// A field of a worksheet, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: FieldType,
    pub required: bool,
    /// What a choice is chosen from; empty for the other types.
    pub choices: Vec<String>,
}

/// What stands between the choices of a field.
pub const BETWEEN: char = '|';

impl Field {
    /// A field that can stand in a template: it has a name that `NAME=VALUE` can name, and a choice has something to choose.
    pub fn new(name: &str, kind: FieldType, choices: Vec<String>, required: bool) -> Result<Field, String> {
        if name.trim().is_empty() || name.contains([':', '=', '\n', '\r']) {
            return Err(format!("{name:?} is no name of a field: it is one line without : and ="));
        }
        let fault = match kind {
            FieldType::Choice if choices.is_empty() => Some("names no choices, such as condition:choice=good|worn"),
            FieldType::Choice if choices.iter().any(|choice| is_no_choice(choice)) => {
                Some("has a choice that is empty, or holds : or |")
            }
            FieldType::Choice if has_twins(&choices) => Some("names a choice twice"),
            FieldType::Choice => None,
            _ if choices.is_empty() => None,
            _ => Some("has choices although it is no choice"),
        };
        match fault {
            Some(fault) => Err(format!("the field {name} {fault}")),
            None => Ok(Field { name: name.to_owned(), kind, required, choices }),
        }
    }
}

fn is_no_choice(text: &str) -> bool {
    text.trim().is_empty() || text.contains([':', BETWEEN, '\n', '\r'])
}

fn has_twins(texts: &[String]) -> bool {
    let mut known = std::collections::HashSet::new();
    texts.iter().any(|text| !known.insert(text))
}

/// Refuses two fields of one name, which is compared ignoring case.
pub fn check_fields(fields: &[Field]) -> Result<(), ValueRefused> {
    let mut known = std::collections::HashSet::new();
    match fields.iter().find(|field| !known.insert(folded(&field.name))) {
        Some(twin) => {
            Err(ValueRefused::invalid("field", &twin.name, format!("the field {} is named twice", twin.name)))
        }
        None => Ok(()),
    }
}

/// A field as given: `NAME:TYPE[:required]` as a text (a choice `NAME:choice=A|B[:required]`), or an object with the keys of
/// the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenField(pub Field);

impl fmt::Display for GivenField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Field { name, kind, required, choices } = &self.0;
        write!(f, "{name}:{kind}")?;
        if *kind == FieldType::Choice {
            write!(f, "={}", choices.join("|"))?;
        }
        if *required { f.write_str(":required") } else { Ok(()) }
    }
}

impl FromStr for GivenField {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':');
        let (Some(name), Some(kind), required, None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(format!("{text:?} is no field such as pressure:number or condition:choice=good|worn:required"));
        };
        let required = match required {
            None => false,
            Some("required") => true,
            Some(other) => return Err(format!("{other:?} stands where only required can: {text}")),
        };
        let (kind, choices) = match kind.split_once('=') {
            Some((kind, choices)) => (kind, choices.split(BETWEEN).map(str::to_owned).collect()),
            None => (kind, Vec::new()),
        };
        Field::new(name, kind.parse()?, choices, required).map(GivenField)
    }
}

impl Serialize for GivenField {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GivenField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

/// A field as an object.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldObject {
    name: String,
    #[serde(rename = "type")]
    kind: FieldType,
    #[serde(default)]
    required: Option<bool>,
    #[serde(default)]
    choices: Option<Vec<String>>,
}

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = GivenField;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field such as \"pressure:number:required\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<GivenField, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<GivenField, A::Error> {
        let FieldObject { name, kind, required, choices } = FieldObject::deserialize(MapAccessDeserializer::new(map))?;
        let field = Field::new(&name, kind, choices.unwrap_or_default(), required.unwrap_or(false));
        field.map(GivenField).map_err(A::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, kind: FieldType, choices: &[&str], required: bool) -> Field {
        Field { name: name.to_owned(), kind, required, choices: choices.iter().map(|c| (*c).to_owned()).collect() }
    }

    #[test]
    fn a_field_is_read_from_a_text_and_from_an_object() {
        let table = [
            (
                "pressure:number:required",
                r#"{"name":"pressure","type":"number","required":true}"#,
                field("pressure", FieldType::Number, &[], true),
            ),
            (
                "seen by:text",
                r#"{"name":"seen by","type":"text","required":null,"choices":[]}"#,
                field("seen by", FieldType::Text, &[], false),
            ),
            (
                "state:choice=good|a bit worn:required",
                r#"{"required":true,"choices":["good","a bit worn"],"type":"choice","name":"state"}"#,
                field("state", FieldType::Choice, &["good", "a bit worn"], true),
            ),
            ("on:yes_no", r#"{"name":"on","type":"yes_no"}"#, field("on", FieldType::YesNo, &[], false)),
        ];
        for (text, object, expected) in table {
            let from_text: GivenField = text.parse().unwrap();
            assert_eq!(from_text.0, expected, "{text}");
            assert_eq!(serde_json::from_str::<GivenField>(object).unwrap(), from_text, "{object}");
            assert_eq!(from_text.to_string(), text);
            assert_eq!(serde_json::from_str::<GivenField>(&serde_json::to_string(text).unwrap()).unwrap(), from_text);
        }
    }

    #[test]
    fn what_is_no_field_is_refused() {
        let texts = [
            "",
            "pressure",
            "pressure:",
            ":number",
            "pressure:float",
            "pressure:number:needed",
            "pressure:number:required:twice",
            "pressure:number=1|2",
            "state:choice",
            "state:choice=",
            "state:choice=a||b",
            "state:choice=a|a",
        ];
        for text in texts {
            assert!(text.parse::<GivenField>().is_err(), "{text:?}");
        }
        let objects = [
            r#"{"name":"a","type":"choice"}"#,
            r#"{"name":"a:b","type":"text"}"#,
            r#"{"name":"a=b","type":"text"}"#,
            r#"{"name":"a","type":"text","choices":["b"]}"#,
            r#"{"name":"a","type":"choice","choices":["b|c"]}"#,
            r#"{"name":"a","type":"text","kind":"text"}"#,
            r#"{"type":"text"}"#,
            "7",
        ];
        for object in objects {
            assert!(serde_json::from_str::<GivenField>(object).is_err(), "{object}");
        }
    }

    #[test]
    fn no_two_fields_have_one_name() {
        let names = |names: &[&str]| -> Vec<Field> {
            names.iter().map(|name| field(name, FieldType::Text, &[], false)).collect()
        };
        assert!(check_fields(&names(&["a", "b"])).is_ok());
        assert!(check_fields(&names(&["a", "b", "A"])).is_err());
    }
}
