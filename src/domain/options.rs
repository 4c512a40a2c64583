//! What can be done from a ticket: for each service whether it can be run, and its form with defaults and choices (spec A8).

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::team::Service;

/// The options of a ticket as shown.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Options {
    pub id: String,
    pub ticket: String,
    /// In the order of the spec.
    pub services: Vec<ServiceOptions>,
}

/// Whether a service can be run from the ticket, and the form it would show.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ServiceOptions {
    pub service: Service,
    pub available: bool,
    /// The sentence that a refusal would say, and what to type.
    pub why_not: Option<String>,
    /// Empty where the service is not available.
    pub fields: Fields,
}

/// The fields of a form by the names of their flags, in the order of the flags; none for one that the form does not show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(&'static str, Option<Field>)>);

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Field {
    pub default: DefaultValue,
    /// The ids to choose from, none for free text; the first of them, where they are many.
    pub choices: Option<Vec<String>>,
    /// How many there are beyond those; none for free text.
    pub more: Option<i64>,
}

/// How many choices of a field are told.
pub const TOLD: usize = 50;

/// The ids to choose from: the first of them, in order of creation, and how many there are beyond.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    pub ids: Vec<String>,
    pub more: i64,
}

impl Choices {
    /// Of ids that are at hand.
    pub fn of(ids: impl IntoIterator<Item = String>) -> Choices {
        let mut choices = Choices::default();
        ids.into_iter().for_each(|id| choices.add(id));
        choices
    }

    /// Adds one more.
    pub fn add(&mut self, id: String) {
        if self.ids.len() < TOLD { self.ids.push(id) } else { self.more += 1 }
    }
}

/// What a field holds before anything is typed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub enum DefaultValue {
    Nothing,
    Text(String),
    Texts(Vec<String>),
    Switch(bool),
}

impl Fields {
    /// Adds a field for free text.
    #[must_use]
    pub fn free(self, name: &'static str, default: Option<String>) -> Fields {
        self.with(name, Field { default: text_or_nothing(default), choices: None, more: None })
    }

    /// Adds a field for free text that takes several, such as lines.
    #[must_use]
    pub fn free_list(self, name: &'static str, default: Vec<String>) -> Fields {
        self.with(name, Field { default: DefaultValue::Texts(default), choices: None, more: None })
    }

    /// Adds a field for one of `choices`.
    #[must_use]
    pub fn choice(self, name: &'static str, default: Option<String>, choices: Choices) -> Fields {
        let Choices { ids, more } = choices;
        self.with(name, Field { default: text_or_nothing(default), choices: Some(ids), more: Some(more) })
    }

    /// Adds a field for any of `choices`.
    #[must_use]
    pub fn choices(self, name: &'static str, default: Vec<String>, choices: Choices) -> Fields {
        let Choices { ids, more } = choices;
        self.with(name, Field { default: DefaultValue::Texts(default), choices: Some(ids), more: Some(more) })
    }

    /// Adds a switch that is off.
    #[must_use]
    pub fn switch(self, name: &'static str) -> Fields {
        self.with(name, Field { default: DefaultValue::Switch(false), choices: None, more: None })
    }

    /// Adds a field that the form does not show.
    #[must_use]
    pub fn hidden(mut self, name: &'static str) -> Fields {
        self.0.push((name, None));
        self
    }

    /// The ids to choose from in a field, none where it shows none.
    pub fn choices_of(&self, name: &str) -> Option<&[String]> {
        self.0.iter().find(|(known, _)| *known == name).and_then(|(_, field)| field.as_ref()?.choices.as_deref())
    }

    fn with(mut self, name: &'static str, field: Field) -> Fields {
        self.0.push((name, Some(field)));
        self
    }
}

fn text_or_nothing(text: Option<String>) -> DefaultValue {
    text.map_or(DefaultValue::Nothing, DefaultValue::Text)
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, field) in &self.0 {
            map.serialize_entry(name, field)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_keyed_by_flag_in_order() {
        let fields = Fields::default()
            .choice("order", Some("S00001".to_owned()), Choices::of(["S00001".to_owned()]))
            .hidden("lot")
            .choices("invoice", Vec::new(), Choices { ids: vec!["D00001".to_owned()], more: 7 })
            .free("amount", None)
            .free_list("line", vec!["1=2".to_owned()])
            .switch("post");
        assert_eq!(
            serde_json::to_string(&fields).unwrap(),
            concat!(
                r#"{"order":{"default":"S00001","choices":["S00001"],"more":0},"lot":null,"#,
                r#""invoice":{"default":[],"choices":["D00001"],"more":7},"amount":{"default":null,"choices":null,"more":null},"#,
                r#""line":{"default":["1=2"],"choices":null,"more":null},"#,
                r#""post":{"default":false,"choices":null,"more":null}}"#
            )
        );
    }
}
