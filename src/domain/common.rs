//! The refusals that every service shares: values, references, states, rights.

use super::{Allowed, Error, Refusal, Result};

/// A value, flag or key that cannot stand as given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueRefused {
    #[error("{message}")]
    Invalid { field: &'static str, given: String, message: String, allowed: Option<Allowed> },
    #[error("{message}")]
    Quantity { field: &'static str, given: String, message: String },
    #[error("--{} is needed", .field.replace('_', "-"))]
    Missing { field: &'static str },
}

impl ValueRefused {
    /// `given` cannot stand in `field`, for the reason in the sentence `message`.
    pub fn invalid(field: &'static str, given: impl ToString, message: impl Into<String>) -> ValueRefused {
        ValueRefused::Invalid { field, given: given.to_string(), message: message.into(), allowed: None }
    }

    /// `given` is a number that may not stand in `field`.
    pub fn quantity(field: &'static str, given: impl ToString, message: impl Into<String>) -> ValueRefused {
        ValueRefused::Quantity { field, given: given.to_string(), message: message.into() }
    }

    /// `field` is required.
    pub fn missing(field: &'static str) -> ValueRefused {
        ValueRefused::Missing { field }
    }
}

impl Refusal for ValueRefused {
    fn code(&self) -> &'static str {
        match self {
            ValueRefused::Invalid { .. } => "invalid_value",
            ValueRefused::Quantity { .. } => "quantity_invalid",
            ValueRefused::Missing { .. } => "missing_field",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            ValueRefused::Invalid { field, .. }
            | ValueRefused::Quantity { field, .. }
            | ValueRefused::Missing { field } => Some(field),
        }
    }
    fn given(&self) -> Option<String> {
        match self {
            ValueRefused::Invalid { given, .. } | ValueRefused::Quantity { given, .. } => Some(given.clone()),
            ValueRefused::Missing { .. } => None,
        }
    }
    fn allowed(&self) -> Option<Allowed> {
        match self {
            ValueRefused::Invalid { allowed, .. } => allowed.clone(),
            _ => None,
        }
    }
}

/// The value faults of one command, told together: the first gives the code, the others stand beside it (contract,
/// section 3).
#[derive(Debug, Default)]
pub struct ValueFaults(Vec<Error>);

impl ValueFaults {
    /// Takes a checked value, or notes its fault.
    pub fn check<T>(&mut self, checked: Result<T>) -> Option<T> {
        checked.map_err(|fault| self.0.push(fault)).ok()
    }

    /// Notes a fault.
    pub fn note(&mut self, fault: impl Into<Error>) {
        self.0.push(fault.into());
    }

    /// Refuses where any fault was noted.
    pub fn end(self) -> Result<()> {
        let mut faults = self.0.into_iter();
        let Some(mut first) = faults.next() else {
            return Ok(());
        };
        first.fault_mut().others.extend(faults.map(|other| other.fault().clone()));
        Err(first)
    }
}

/// A reference to a record that is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {kind} {given}")]
pub struct NotFound {
    /// What was looked for, in words such as `credit note`.
    pub kind: &'static str,
    /// The noun whose `list` shows what there is.
    pub noun: &'static str,
    pub field: &'static str,
    pub given: String,
}

impl Refusal for NotFound {
    fn code(&self) -> &'static str {
        "not_found"
    }
    fn field(&self) -> Option<&'static str> {
        Some(self.field)
    }
    fn given(&self) -> Option<String> {
        Some(self.given.clone())
    }
    fn hint(&self) -> Option<String> {
        Some(format!("aftersales {} list", self.noun))
    }
}

/// A transition that the record's state does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is {state}, so it cannot be {wanted}")]
pub struct StateNotAllowed {
    /// The record, such as `credit note RINV/2026/00001`.
    pub what: String,
    pub state: String,
    /// A participle: posted, cancelled, edited.
    pub wanted: &'static str,
    pub hint: Option<String>,
}

impl Refusal for StateNotAllowed {
    fn code(&self) -> &'static str {
        "state_not_allowed"
    }
    fn given(&self) -> Option<String> {
        Some(self.state.clone())
    }
    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}

/// A new record under a name that another one has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is already a {kind} {given}")]
pub struct AlreadyExists {
    pub kind: &'static str,
    pub noun: &'static str,
    pub field: &'static str,
    pub given: String,
}

impl Refusal for AlreadyExists {
    fn code(&self) -> &'static str {
        "already_exists"
    }
    fn field(&self) -> Option<&'static str> {
        Some(self.field)
    }
    fn given(&self) -> Option<String> {
        Some(self.given.clone())
    }
    fn hint(&self) -> Option<String> {
        Some(format!("aftersales {} show {}", self.noun, crate::domain::reference::shell_word(&self.given)))
    }
}

/// The command would do something that wants a yes first (contract, exit 14).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{question}")]
pub struct ConfirmationNeeded {
    pub question: String,
}

impl Refusal for ConfirmationNeeded {
    fn code(&self) -> &'static str {
        "confirmation_needed"
    }
    fn hint(&self) -> Option<String> {
        Some("give --yes to go on".to_owned())
    }
}
