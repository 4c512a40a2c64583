//! The desk's own rules: values, states, transitions and pure decisions. No SQL, no clock, no printing; time and what
//! the store holds come in as values. One file per service, and the words all of them use.

use code::FaultKind;
use serde::Serialize;

pub mod app;
pub mod booked;
pub mod code;
pub mod common;
pub mod coupon;
pub mod coupon_program;
pub mod customer;
pub mod desk;
pub mod discount;
pub mod document;
pub mod einvoice;
pub mod erase;
pub mod file;
pub mod in_use;
pub mod invitation;
pub mod journal;
pub mod ledger;
pub mod line;
pub mod linking;
pub mod location;
pub mod log;
pub mod lot;
pub mod mail;
pub mod merge;
pub mod options;
pub mod order;
pub mod overview;
pub mod party;
pub mod payment;
pub mod plan;
pub mod portal;
pub mod product;
pub mod project;
pub mod reason;
pub mod refund;
pub mod repair;
pub mod report;
pub mod returns;
pub mod stage;
pub mod stock;
pub mod stock_level;
pub mod subscription;
pub mod tag;
pub mod task;
pub mod tax;
pub mod team;
pub mod ticket;
pub mod timeline;
pub mod transfer;
pub mod user;
pub mod value;
pub mod verify;
pub mod worksheet;
pub mod worksheet_template;

/// A reason why a command is not carried out: a named case of a service's own enum, told as the contract's error object.
pub trait Refusal: std::fmt::Display {
    /// The stable code (contract, section 3).
    fn code(&self) -> &'static str;
    /// The flag at fault, in its JSON spelling.
    fn field(&self) -> Option<&'static str> {
        None
    }
    /// What was given there.
    fn given(&self) -> Option<String> {
        None
    }
    /// What would be allowed there: a limit, or the candidates.
    fn allowed(&self) -> Option<Allowed> {
        None
    }
    /// The next command to type: one, runnable as it stands, and nothing around it.
    fn hint(&self) -> Option<String> {
        None
    }
    /// What is wrong with the store, where that is the reason.
    fn findings(&self) -> Vec<verify::Finding> {
        Vec::new()
    }
}

/// What would have been allowed: one figure, or the candidates to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Allowed {
    One(String),
    Several(Vec<String>),
}

/// The error object of the contract, section 3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    pub code: &'static str,
    pub exit: i32,
    pub message: String,
    pub field: Option<String>,
    pub given: Option<String>,
    pub allowed: Option<Allowed>,
    pub hint: Option<String>,
    pub line: Option<u64>,
    pub others: Vec<Fault>,
    /// What `verify` found, where that is the fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<verify::Finding>,
}

/// A fault on its way out; boxed, since it is rare and large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Fault>);

/// The result of everything that can be refused.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The error object.
    pub fn fault(&self) -> &Fault {
        &self.0
    }

    /// The error object, to complete (its line, its others).
    pub fn fault_mut(&mut self) -> &mut Fault {
        &mut self.0
    }

    /// Makes the help of `command` the hint where no better one is known, and another way to give it would be right.
    pub fn suggest_help(&mut self, command: &str) {
        if self.kind().is_of_what_was_given() {
            self.0.hint.get_or_insert_with(|| format!("aftersales {command} --help"));
        }
    }

    /// What kind of fault it is: what the program decides by.
    pub fn kind(&self) -> FaultKind {
        FaultKind::of(self.0.code)
    }

    /// The process exit code that stands for it.
    pub fn exit(&self) -> i32 {
        self.0.exit
    }

    /// Whether the store itself failed, so that nothing after it can be tried.
    pub fn is_of_the_store(&self) -> bool {
        self.kind().ends_the_run()
    }
}

/// Gathers the faults of a command's values: the first gives the code, the others stand beside it (contract, section 3).
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// The value, or none where it was at fault.
    pub fn gather<T>(&mut self, checked: Result<T>) -> Option<T> {
        checked.map_err(|error| self.note(error)).ok()
    }

    /// Notes a fault, once where several values share it.
    pub fn note(&mut self, fault: impl Into<Error>) {
        let mut fault = *fault.into().0;
        let others = std::mem::take(&mut fault.others);
        for fault in std::iter::once(fault).chain(others) {
            if !self.0.contains(&fault) {
                self.0.push(fault);
            }
        }
    }

    /// Refuses with what was gathered, if anything. A rule is only told where every value is sound.
    pub fn refuse(self) -> Result<()> {
        let (values, rules): (Vec<Fault>, Vec<Fault>) =
            self.0.into_iter().partition(|fault| FaultKind::of(fault.code) == FaultKind::Value);
        let mut values = values.into_iter();
        match (values.next(), rules.into_iter().next()) {
            (Some(first), _) => {
                Err(Fault { others: first.others.iter().cloned().chain(values).collect(), ..first }.into())
            }
            (None, Some(rule)) => Err(rule.into()),
            (None, None) => Ok(()),
        }
    }
}

impl<R: Refusal> From<R> for Error {
    fn from(refusal: R) -> Self {
        let code = refusal.code();
        Error(Box::new(Fault {
            code,
            exit: code::exit_of(code),
            message: refusal.to_string(),
            field: refusal.field().map(str::to_owned),
            given: refusal.given(),
            allowed: refusal.allowed(),
            hint: refusal.hint(),
            line: None,
            others: Vec::new(),
            findings: refusal.findings(),
        }))
    }
}

impl Refusal for value::number::Overflow {
    fn code(&self) -> &'static str {
        "invalid_value"
    }
}

impl Refusal for value::money::MoneyFault {
    fn code(&self) -> &'static str {
        match self {
            value::money::MoneyFault::Overflow(_) => "invalid_value",
            value::money::MoneyFault::CurrencyMismatch(..) => "currency_mismatch",
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Error(Box::new(fault))
    }
}

#[cfg(test)]
mod tests {
    use super::common::{NotFound, ValueRefused};
    use super::*;

    #[test]
    fn the_first_value_fault_gives_the_code_and_the_others_stand_beside_it() {
        let missing = |field| -> Result<()> { Err(ValueRefused::missing(field).into()) };
        let rule =
            || -> Result<()> { Err(NotFound { kind: "tax", noun: "tax", field: "tax", given: "X".into() }.into()) };

        let mut faults = Faults::default();
        assert_eq!(faults.gather(Ok(7)), Some(7));
        assert_eq!(faults.gather(rule()), None);
        faults.gather(missing("customer"));
        faults.gather(missing("customer"));
        faults.gather(Err::<(), Error>(ValueRefused::quantity("line", "-1", "below zero").into()));
        let error = faults.refuse().unwrap_err();
        let others: Vec<_> = error.fault().others.iter().map(|fault| fault.code).collect();
        assert_eq!((error.fault().code, others), ("missing_field", vec!["quantity_invalid"]));

        let mut faults = Faults::default();
        faults.gather(rule());
        assert_eq!(faults.refuse().unwrap_err().fault().code, "not_found");
        assert_eq!(Faults::default().refuse(), Ok(()));
    }
}
