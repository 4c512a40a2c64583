//! The answer to a change, and what of it is kept for its key.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{AnyChange, Told, Warning, internal, to_json};
use crate::domain::Result;
use crate::output::Detail;
use crate::procedure::context::{After, Made};
use crate::store::Key;

/// How a change ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Done,
    Unchanged,
    Replayed,
    Planned,
}

/// The answer to one change (contract, section 2).
#[derive(Debug, Serialize)]
pub struct Answer {
    pub command: String,
    pub status: Status,
    pub operation: Option<Key>,
    pub created: Vec<String>,
    pub result: Box<RawValue>,
    pub warnings: Vec<Warning>,
    /// What it made that comes to an amount.
    #[serde(skip)]
    pub amounts: Vec<Made>,
    /// How much of each record of the result a table tells.
    #[serde(skip)]
    pub detail: Detail,
    /// What is to be done outside once it is kept.
    #[serde(skip)]
    pub after: After,
}

impl Answer {
    /// Its keys as printed.
    pub const FIELDS: &[&str] = &["command", "status", "operation", "created", "result", "warnings"];

    pub(super) fn to(change: &dyn AnyChange, status: Status, operation: Option<Key>, told: Telling) -> Answer {
        let Telling { created, result, warnings, amounts, once: _, after } = told;
        let (command, detail) = (change.name().to_owned(), change.detail());
        Answer { command, status, operation, created, result, warnings, amounts, detail, after }
    }

    /// The answer of a command that is none of the log's, which made nothing that has an id.
    pub fn outside_the_log(command: &str, status: Status, result: &impl Serialize) -> Result<Answer> {
        Ok(Answer {
            command: command.to_owned(),
            status,
            operation: None,
            created: Vec::new(),
            result: raw(result)?,
            warnings: Vec::new(),
            amounts: Vec::new(),
            detail: Detail::Row,
            after: After::default(),
        })
    }
}

/// An outcome as JSON.
pub(in crate::command) fn raw(outcome: &impl Serialize) -> Result<Box<RawValue>> {
    serde_json::value::to_raw_value(outcome).map_err(|error| internal(error.to_string()))
}

/// What an answer tells beside how the change ended.
pub(super) struct Telling {
    created: Vec<String>,
    result: Box<RawValue>,
    warnings: Vec<Warning>,
    amounts: Vec<Made>,
    once: Vec<&'static str>,
    after: After,
}

impl Telling {
    /// What a change answers, taken out of what it told; what is for the log stays there.
    pub fn of(result: Box<RawValue>, told: &mut Told) -> Telling {
        Telling {
            created: std::mem::take(&mut told.created),
            result,
            warnings: std::mem::take(&mut told.warnings),
            amounts: std::mem::take(&mut told.amounts),
            once: std::mem::take(&mut told.once),
            after: std::mem::take(&mut told.after),
        }
    }

    /// What is kept of it for the key of its command.
    pub fn kept(&self) -> Result<String> {
        let without = match self.once.as_slice() {
            [] => None,
            once => Some(without(self.result.get(), once)?),
        };
        let result = without.as_deref().unwrap_or(&self.result);
        to_json(&Keeping { created: &self.created, result, warnings: &self.warnings })
    }

    /// What is told again of what was kept.
    pub fn again(kept: &str) -> Result<Telling> {
        let told: Kept = serde_json::from_str(kept).map_err(|error| internal(error.to_string()))?;
        let warnings = told.warnings.into_iter().map(|w| Warning { code: w.code.into(), message: w.message }).collect();
        let (amounts, once, after) = (Vec::new(), Vec::new(), After::default());
        Ok(Telling { created: told.created, result: told.result, warnings, amounts, once, after })
    }
}

/// A result without what stands under these keys.
fn without(result: &str, keys: &[&str]) -> Result<Box<RawValue>> {
    let mut left: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(result).map_err(|error| internal(error.to_string()))?;
    for (_, value) in left.iter_mut().filter(|(key, _)| keys.contains(&key.as_str())) {
        *value = serde_json::Value::Null;
    }
    raw(&left)
}

/// What is kept of a change whose answers are many and are not told again.
pub(super) const NOTHING_TOLD: &str = r#"{"created":[],"result":null,"warnings":[]}"#;

#[derive(Serialize)]
struct Keeping<'a> {
    created: &'a [String],
    result: &'a RawValue,
    warnings: &'a [Warning],
}

#[derive(serde::Deserialize)]
struct Kept {
    created: Vec<String>,
    result: Box<RawValue>,
    warnings: Vec<KeptWarning>,
}

#[derive(serde::Deserialize)]
struct KeptWarning {
    code: String,
    message: String,
}
