//! The refusals that every service shares: values, references, states, rights.

use super::{Allowed, Refusal};
use crate::domain::value::money::Currency;
use crate::domain::value::reference;

/// How many bytes an id has at most, and a name, number or code that a record is found by. Every engine can look that up by an
/// index, also a name that folding makes longer, and an id made of three others.
pub const LONGEST: usize = 800;

/// How many bytes an id has at most that is made of others: that of stock, of a product, a location and a lot.
pub const LONGEST_OF_THREE: usize = 3 * LONGEST + 2;

/// A value, flag or key that cannot stand as given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueRefused {
    #[error("{message}")]
    Invalid { field: &'static str, given: String, message: String, allowed: Option<Allowed> },
    #[error("{message}")]
    Quantity { field: &'static str, given: String, message: String },
    #[error("{field} is needed")]
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

    /// Refuses what no record can be called for good: a text with control characters, which would steer a terminal or break a list
    /// of ids, or one that is too long.
    pub fn check_id(field: &'static str, given: &str) -> Result<(), ValueRefused> {
        if given.contains(char::is_control) {
            let message =
                format!("{field} has control characters, and what a record is called stands on one line of text");
            return Err(ValueRefused::invalid(field, given, message));
        }
        ValueRefused::check_length(field, given)
    }

    /// Refuses an id, or a name, number or code that a record is found by, which is too long for that.
    pub fn check_length(field: &'static str, given: &str) -> Result<(), ValueRefused> {
        if given.len() <= LONGEST {
            return Ok(());
        }
        let message = format!("{field} has {} bytes, and what a record is found by has {LONGEST} at most", given.len());
        Err(ValueRefused::Invalid {
            field,
            given: given.to_owned(),
            message,
            allowed: Some(Allowed::One(LONGEST.to_string())),
        })
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

/// The name of a kind of record in a sentence.
pub fn words_of(kind: &'static str) -> &'static str {
    match kind {
        "credit_note" => "credit note",
        "coupon_program" => "coupon program",
        "worksheet_template" => "worksheet template",
        kind => kind,
    }
}

/// The noun of the commands of a kind of record.
pub fn noun_of(kind: &'static str) -> &'static str {
    match kind {
        "credit_note" => "credit-note",
        "coupon_program" => "coupon-program",
        "worksheet_template" => "worksheet-template",
        kind => kind,
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

/// A reference that several records fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given} may be any of several: {}", .candidates.join(", "))]
pub struct Ambiguous {
    /// The noun whose `list` shows what there is.
    pub noun: &'static str,
    pub field: &'static str,
    pub given: String,
    /// The ids of those that fit.
    pub candidates: Vec<String>,
}

impl Refusal for Ambiguous {
    fn code(&self) -> &'static str {
        "ambiguous"
    }
    fn field(&self) -> Option<&'static str> {
        Some(self.field)
    }
    fn given(&self) -> Option<String> {
        Some(self.given.clone())
    }
    fn allowed(&self) -> Option<Allowed> {
        Some(Allowed::Several(self.candidates.clone()))
    }
    fn hint(&self) -> Option<String> {
        self.candidates.first().map(|first| format!("aftersales {} show {}", self.noun, reference::shell_word(first)))
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
#[error("there is already {} {kind} {given}", if kind.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" })]
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
        Some(format!("aftersales {} show {}", self.noun, crate::domain::value::reference::shell_word(&self.given)))
    }
}

/// The command would do something that wants a yes first (contract, exit 14). What to type next is the same with `--yes`, which
/// only the command line knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{question}")]
pub struct ConfirmationNeeded {
    pub question: String,
}

impl Refusal for ConfirmationNeeded {
    fn code(&self) -> &'static str {
        "confirmation_needed"
    }
}

/// Two currencies would be mixed; nothing is converted (spec G4).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is in {has}, not in {wanted}{way_out}")]
pub struct CurrencyMismatch {
    pub field: &'static str,
    /// What is in the wrong currency, such as `the price of LAMP`.
    pub what: String,
    pub has: Currency,
    pub wanted: Currency,
    /// What would do instead, at the end of the sentence; empty where nothing would.
    pub way_out: &'static str,
}

impl Refusal for CurrencyMismatch {
    fn code(&self) -> &'static str {
        "currency_mismatch"
    }
    fn field(&self) -> Option<&'static str> {
        Some(self.field)
    }
    fn given(&self) -> Option<String> {
        Some(self.has.to_string())
    }
    fn allowed(&self) -> Option<Allowed> {
        Some(Allowed::One(self.wanted.to_string()))
    }
}
