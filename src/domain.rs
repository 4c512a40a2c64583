//! The desk's own rules: values, states, transitions and pure decisions. No SQL, no clock, no printing; time and what
//! the store holds come in as values. One file per service, and the words all of them use.

use serde::Serialize;

pub mod apportion;
pub mod code;
pub mod common;
pub mod customer;
pub mod day;
pub mod desk;
pub mod journal;
pub mod location;
pub mod log;
pub mod money;
pub mod number;
pub mod product;
pub mod quantity;
pub mod reference;
pub mod tax;
pub mod team;
pub mod text;
pub mod ticket;
pub mod verify;

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
    /// The next command to type.
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

    /// The process exit code that stands for it.
    pub fn exit(&self) -> i32 {
        self.0.exit
    }

    /// Whether the store itself failed, so that nothing after it can be tried.
    pub fn is_of_the_store(&self) -> bool {
        self.0.exit == 1 || self.0.exit >= 30
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

impl Refusal for number::Overflow {
    fn code(&self) -> &'static str {
        "invalid_value"
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Error(Box::new(fault))
    }
}
