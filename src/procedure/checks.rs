//! The checks that a command makes, for whoever asks what it looked at (`--explain`): each with its inputs and its verdict, in the
//! order in which they were made.

use std::cell::RefCell;

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::context::Cx;
use crate::domain::{Error, Result};

/// What a check looks at, by name.
pub type Inputs = Vec<(&'static str, String)>;

/// A check that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// What must hold.
    pub check: &'static str,
    #[serde(serialize_with = "as_object")]
    pub inputs: Inputs,
    /// Whether it does.
    pub passed: bool,
    /// The code of the refusal, and what it says.
    pub code: Option<&'static str>,
    pub message: Option<String>,
}

fn as_object<S: Serializer>(inputs: &Inputs, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(inputs.len()))?;
    for (name, value) in inputs {
        map.serialize_entry(name, value)?;
    }
    map.end()
}

/// The checks of a command, as they are made.
#[derive(Debug, Default)]
pub struct Checks(RefCell<Vec<Checked>>);

impl Checks {
    /// Forgets those of a run that is begun anew.
    pub fn begin(&self) {
        self.0.borrow_mut().clear();
    }

    /// All that were made.
    pub fn all(&self) -> Vec<Checked> {
        self.0.borrow().clone()
    }

    fn note(&self, check: &'static str, inputs: Inputs, refused: Option<&Error>) {
        let fault = refused.map(Error::fault);
        self.0.borrow_mut().push(Checked {
            check,
            inputs,
            passed: fault.is_none(),
            code: fault.map(|fault| fault.code),
            message: fault.map(|fault| fault.message.clone()),
        });
    }
}

impl Cx<'_> {
    /// Notes what came of a check, where somebody asks; answers what it answered.
    pub fn checked<T>(&self, check: &'static str, inputs: impl FnOnce() -> Inputs, answered: Result<T>) -> Result<T> {
        if let Some(checks) = self.checks {
            checks.note(check, inputs(), answered.as_ref().err());
        }
        answered
    }

    /// What a check looks at, where somebody asks: of what is changed or moved on while it is made, told before.
    pub fn looked_at(&self, inputs: impl FnOnce() -> Inputs) -> Inputs {
        self.checks.map(|_| inputs()).unwrap_or_default()
    }

    /// Notes a check that held.
    pub fn holds(&self, check: &'static str, inputs: impl FnOnce() -> Inputs) {
        // Nothing can be refused that is not there.
        let _ = self.checked(check, inputs, Ok(()));
    }
}

/// An input that may be left out.
pub fn or_none(name: &'static str, value: Option<&str>) -> (&'static str, String) {
    (name, value.filter(|value| !value.is_empty()).unwrap_or("-").to_owned())
}
