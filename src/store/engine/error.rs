//! What the store answers when it cannot do what was asked.

use super::migrate::VERSION;
use crate::domain::Refusal;
use crate::domain::value::number::Overflow;
use crate::domain::value::reference;

/// What the store answers when it cannot do what was asked; `command` turns it into the contract's codes.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no store at {0}")]
    Missing(String),
    /// There is not even a database in which a store could be: a sentence, and how one is made.
    #[error("{0}")]
    NoDatabase(String, String),
    #[error("{0}")]
    Foreign(String),
    #[error("the store was written by a newer version of aftersales (its format is {0}), which is needed to use it")]
    Newer(i64),
    /// It is upgraded by the first command that may write to it; `why` is what kept one from it.
    #[error("{}", older(store, *format, why.as_deref()))]
    Older { store: String, format: i64, why: Option<String> },
    #[error("the store is damaged: {0}")]
    Damaged(String),
    #[error("the store cannot grow: {0}; with more room the same command can be run again")]
    Full(String),
    #[error("the store cannot be written: {0}; its file and folder have to be writable")]
    ReadOnly(String),
    /// The server lets the role read, and no more.
    #[error("the store cannot be written: {0}; it takes a role that may, on a server that takes changes")]
    Denied(String),
    /// Something that is not the store's depends on a part of it that has to be changed.
    #[error("{0}")]
    InUse(String),
    #[error("another command is writing to the store")]
    Busy,
    /// Two transactions got in each other's way, and this one was undone: it can be run again from its beginning.
    #[error("another command got in the way")]
    Conflict,
    #[error(
        "another store was put in the place of this one while the command was working; what it answered until then was done \
         in the one before"
    )]
    Replaced,
    /// The server went away, or never came, and nothing was committed.
    #[error("{0}; nothing was changed")]
    Lost(String),
    /// The server went away while committing.
    #[error("{0}; with a --key the same command again is safe, without one the log has to be looked at first")]
    Unknown(String),
    /// The server cannot be used with what was set.
    #[error("{0}")]
    Refused(String),
    /// A sum that a statement was to make does not fit the numbers that are stored.
    #[error(transparent)]
    TooLarge(#[from] Overflow),
    /// A rule of the tables themselves that a row would break; what writes rows checks it before, so the program is wrong.
    #[error("{0}")]
    Constraint(String),
    /// A stream of the caller's broke (whether it was closed): not the store's doing, but as final.
    #[error("{1}")]
    Stream(bool, String),
    /// Something was asked that is only being found out.
    #[error("it is not known yet")]
    UnknownYet,
    #[error("{0}")]
    Fault(String),
}

impl Refusal for StoreError {
    fn code(&self) -> &'static str {
        match self {
            StoreError::Missing(_) | StoreError::NoDatabase(..) => "store_missing",
            StoreError::Foreign(_) => "store_foreign",
            StoreError::Newer(_) => "store_newer",
            StoreError::Older { .. } => "store_older",
            StoreError::Damaged(_) => "store_damaged",
            StoreError::Full(_) => "store_full",
            StoreError::ReadOnly(_) | StoreError::Denied(_) => "store_read_only",
            StoreError::Busy | StoreError::Conflict | StoreError::Replaced | StoreError::Lost(_) => "store_busy",
            StoreError::Unknown(_) => "outcome_unknown",
            StoreError::Refused(_) => "config_invalid",
            StoreError::TooLarge(fault) => fault.code(),
            StoreError::Stream(true, _) => "closed_pipe",
            StoreError::Stream(false, _) => "store_full",
            StoreError::InUse(_) | StoreError::Constraint(_) | StoreError::UnknownYet | StoreError::Fault(_) => {
                "internal"
            }
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            StoreError::Missing(path) => Some(format!("aftersales init --store {}", reference::shell_word(path))),
            StoreError::NoDatabase(_, command) => Some(command.clone()),
            // Whoever may write to the store may run it, and there is nothing that it changes beside the format.
            StoreError::Older { store, why: None, .. } => {
                Some(format!("aftersales init --store {}", reference::shell_word(store)))
            }
            StoreError::Damaged(_) => Some("aftersales verify".to_owned()),
            StoreError::Unknown(_) => Some("aftersales log".to_owned()),
            StoreError::TooLarge(fault) => fault.hint(),
            // Somebody has to change something else first, or the same command does, which is known where it is read.
            StoreError::Foreign(_)
            | StoreError::Newer(_)
            | StoreError::Older { .. }
            | StoreError::Full(_)
            | StoreError::ReadOnly(_)
            | StoreError::Denied(_)
            | StoreError::InUse(_)
            | StoreError::Busy
            | StoreError::Conflict
            | StoreError::Replaced
            | StoreError::Lost(_)
            | StoreError::Refused(_)
            | StoreError::Constraint(_)
            | StoreError::Stream(..)
            | StoreError::UnknownYet
            | StoreError::Fault(_) => None,
        }
    }
}

fn older(store: &str, format: i64, why: Option<&str>) -> String {
    let is = format!("{store} is a store of the older format {format}");
    match why {
        Some(why) => format!("{is} and cannot be upgraded: {why}"),
        None => format!(
            "{is}: the first command that may write to it upgrades it to the format {VERSION}, after a copy beside it; \
             one that only reads, or only tries, does not"
        ),
    }
}

/// A store's own result.
pub type Result<T> = std::result::Result<T, StoreError>;
