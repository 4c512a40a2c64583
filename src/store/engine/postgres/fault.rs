//! What went wrong on the server or on the way there, in the terms of the store.

use std::error::Error as _;

use tokio_postgres::Error;
use tokio_postgres::config::Host;
use tokio_postgres::error::{DbError, Severity, SqlState};

use super::super::StoreError;
use super::super::address::Server;
use crate::domain::value::number::Overflow;
use crate::domain::value::reference::shell_word;

/// A fault of a statement.
pub fn fault(error: &Error) -> StoreError {
    match error.as_db_error() {
        Some(told) => told_by_server(told),
        None if is_of_the_line(error) => {
            StoreError::Lost(format!("the connection to the server was lost{}", reason(error)))
        }
        None => StoreError::Fault(format!("{error}{}", reason(error))),
    }
}

/// Whether a fault only follows from one before, which ended the transaction.
pub fn follows(fault: &StoreError) -> bool {
    matches!(fault, StoreError::Fault(told) if told.ends_with(&aborted()))
}

fn aborted() -> String {
    format!("({})", SqlState::IN_FAILED_SQL_TRANSACTION.code())
}

/// A fault while committing: unless the server says in so many words that it did not, it may have.
pub fn of_committing(error: &Error) -> StoreError {
    match error.as_db_error() {
        Some(told) if told.parsed_severity() == Some(Severity::Error) => told_by_server(told),
        // It gave the transaction up before it heard of its end.
        Some(told) if *told.code() == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => told_by_server(told),
        _ => StoreError::Unknown(format!("the connection to the server was lost while committing{}", reason(error))),
    }
}

/// A fault before there is a connection.
pub fn of_connecting(error: &Error, server: &Server) -> StoreError {
    let unread = || server.unread.as_ref().map(|why| format!("; {why}")).unwrap_or_default();
    if let Some(told) = error.as_db_error() {
        return match told.code() {
            &SqlState::INVALID_CATALOG_NAME => no_database(server),
            code if is_of_class(code, "28") || *code == SqlState::INSUFFICIENT_PRIVILEGE => {
                StoreError::Refused(format!("{server} does not let us in: {}{}", told.message(), unread()))
            }
            _ => match told_by_server(told) {
                StoreError::Lost(why) => StoreError::Lost(format!("{server} cannot be reached: {why}")),
                fault => fault,
            },
        };
    }
    let told = reason(error);
    // What is wrong with who we are or whom we trust stays wrong; a server that does not answer may do so later.
    if error.is_closed() || error.source().is_some_and(|source| source.is::<std::io::Error>() && !is_of_tls(&told)) {
        return StoreError::Lost(format!("{server} cannot be reached{told}"));
    }
    match error.to_string().as_str() {
        "timeout waiting for server" | "error connecting to server" => {
            StoreError::Lost(format!("{server} cannot be reached{told}"))
        }
        what => StoreError::Refused(format!("{server} cannot be connected to: {what}{told}{}", unread())),
    }
}

/// A database is made by the server's own tools.
fn no_database(server: &Server) -> StoreError {
    let config = &server.config;
    let database = config.get_dbname().unwrap_or_default();
    let host = config.get_hosts().first().map(|host| match host {
        Host::Tcp(host) => format!(" -h {}", shell_word(host)),
        #[cfg(unix)]
        Host::Unix(folder) => format!(" -h {}", shell_word(&folder.to_string_lossy())),
    });
    let port = config.get_ports().first().map(|port| format!(" -p {port}"));
    let user = config.get_user().map(|user| format!(" -U {}", shell_word(user)));
    let options = [host, port, user].into_iter().flatten().collect::<String>();
    StoreError::NoDatabase(
        format!("there is no database for {server}"),
        format!("createdb{options} {}", shell_word(database)),
    )
}

fn told_by_server(told: &DbError) -> StoreError {
    let message = || match told.detail() {
        Some(detail) => format!("{} ({detail})", told.message()),
        None => told.message().to_owned(),
    };
    match told.code() {
        &SqlState::LOCK_NOT_AVAILABLE => StoreError::Busy,
        &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => StoreError::Conflict,
        &SqlState::NUMERIC_VALUE_OUT_OF_RANGE => StoreError::TooLarge(Overflow),
        &SqlState::READ_ONLY_SQL_TRANSACTION | &SqlState::INSUFFICIENT_PRIVILEGE => StoreError::Denied(message()),
        &SqlState::DEPENDENT_OBJECTS_STILL_EXIST => StoreError::InUse(message()),
        &SqlState::DISK_FULL => StoreError::Full(message()),
        &SqlState::QUERY_CANCELED | &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => StoreError::Lost(message()),
        &SqlState::UNDEFINED_TABLE | &SqlState::UNDEFINED_COLUMN => StoreError::Damaged(message()),
        // What is prepared belongs to a connection, which is not the same any longer within one transaction.
        &SqlState::DUPLICATE_PSTATEMENT | &SqlState::INVALID_SQL_STATEMENT_NAME => {
            StoreError::Refused(format!("{POOLER}: {}", message()))
        }
        &SqlState::PROTOCOL_VIOLATION if is_of_a_pooler(told.message()) => {
            StoreError::Refused(format!("{POOLER}: {}", message()))
        }
        code if is_of_class(code, "23") => StoreError::Constraint(message()),
        code if is_of_class(code, "08") || is_of_class(code, "57") || is_of_class(code, "53") => {
            StoreError::Lost(message())
        }
        code if is_of_class(code, "XX") || is_of_class(code, "58") => StoreError::Damaged(message()),
        _ if matches!(told.parsed_severity(), Some(Severity::Fatal | Severity::Panic)) => StoreError::Lost(message()),
        code => StoreError::Fault(format!("{} ({})", message(), code.code())),
    }
}

/// What is wrong where a pooler takes the connection away in the midst of a transaction.
const POOLER: &str = "a pooler stands before the server that does not keep a transaction on one connection; it has to pool by \
                      session or by transaction";

/// Whether a pooler says that it is not made for what is asked of it; whatever else it says may be otherwise soon.
fn is_of_a_pooler(message: &str) -> bool {
    message.contains("statement pooling")
}

fn is_of_class(code: &SqlState, class: &str) -> bool {
    code.code().starts_with(class)
}

fn is_of_the_line(error: &Error) -> bool {
    error.is_closed() || error.source().is_some_and(|source| source.is::<std::io::Error>())
}

fn is_of_tls(reason: &str) -> bool {
    reason.contains("certificate") || reason.contains("TLS")
}

fn reason(error: &Error) -> String {
    error.source().map(|source| format!(": {source}")).unwrap_or_default()
}
