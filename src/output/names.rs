//! The names that stand beside ids in tables: which are wanted, and those that were found. Where they come from is the
//! caller's; they are asked for together, a question a kind, for all that is printed at once.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::LayoutOf;
use super::layout::Form;

/// Finds the names of the records of that kind with those ids: pairs of both. What it fails with comes back as it was.
pub type Lookup<'l> = &'l dyn Fn(&str, Vec<String>) -> Result<Vec<(String, String)>, Box<dyn Any>>;

/// Finds nothing: for what holds no ids of others.
pub const NO_NAMES: Lookup<'static> = &|_, _| Ok(Vec::new());

/// The kind under which moments are looked up: their names are what the clocks of the desk show then.
pub const TIME: &str = "time";

/// The names found, by kind and id.
#[derive(Default)]
pub struct Names(BTreeMap<&'static str, HashMap<String, String>>);

impl Names {
    /// The names of what `records` of that kind refer to, whatever is nested in them included.
    pub fn of<'v>(
        kind: &str,
        records: impl Iterator<Item = &'v Value>,
        layout_of: LayoutOf,
        lookup: Lookup<'_>,
    ) -> Result<Names, Box<dyn Any>> {
        let mut wanted = Wanted { layout_of, ids: BTreeMap::new() };
        for record in records {
            wanted.record(kind, record);
        }
        wanted.found(lookup)
    }

    /// The names of what the records in the result of a change refer to.
    pub fn of_result(result: &Value, layout_of: LayoutOf, lookup: Lookup<'_>) -> Result<Names, Box<dyn Any>> {
        let mut wanted = Wanted { layout_of, ids: BTreeMap::new() };
        for (name, value) in result.as_object().into_iter().flatten() {
            let records = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            for record in records {
                wanted.record(super::kind_of(name, value), record);
            }
        }
        wanted.found(lookup)
    }

    /// The name of a record, where it has one that is not its id.
    pub fn name(&self, kind: &str, id: &str) -> Option<&str> {
        self.0.get(kind)?.get(id).map(String::as_str).filter(|name| *name != id)
    }
}

struct Wanted<'v> {
    layout_of: LayoutOf,
    ids: BTreeMap<&'static str, BTreeSet<&'v str>>,
}

impl<'v> Wanted<'v> {
    fn found(self, lookup: Lookup<'_>) -> Result<Names, Box<dyn Any>> {
        let mut names = Names::default();
        for (kind, ids) in self.ids {
            names.0.insert(kind, lookup(kind, ids.into_iter().map(str::to_owned).collect())?.into_iter().collect());
        }
        Ok(names)
    }

    fn record(&mut self, kind: &str, record: &'v Value) {
        let layout = (self.layout_of)(kind);
        for (key, value) in record.as_object().into_iter().flatten() {
            match (layout.form(key), value) {
                (Some(Form::Named(of)), value) => self.value(of, value),
                (Some(Form::Time), value) => self.value(TIME, value),
                (Some(Form::Either(kinds)), Value::Object(fields)) => {
                    let kind = fields.get("kind").and_then(Value::as_str);
                    if let (Some(of), Some(id)) = (kinds.iter().find(|of| Some(**of) == kind), fields.get("id")) {
                        self.value(of, id);
                    }
                }
                (_, Value::Array(items)) => items.iter().for_each(|item| self.record(key, item)),
                (_, Value::Object(_)) => self.record(key, value),
                _ => {}
            }
        }
    }

    /// Ids, or an object that holds them, such as a field of a form with its default and its choices.
    fn value(&mut self, kind: &'static str, value: &'v Value) {
        match value {
            Value::String(id) => {
                self.ids.entry(kind).or_default().insert(id);
            }
            Value::Array(items) => items.iter().for_each(|item| self.value(kind, item)),
            Value::Object(fields) => fields.values().for_each(|field| self.value(kind, field)),
            _ => {}
        }
    }
}
