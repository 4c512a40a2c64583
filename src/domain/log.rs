//! The log of operations as it is shown: what was done, when, by whom (spec G2).

use serde::Serialize;
use serde_json::value::RawValue;

use crate::domain::value::day::Instant;

/// One operation as shown.
#[derive(Debug, Serialize)]
pub struct LoggedOperation {
    /// The operation number as a text, as every record has an id.
    pub id: String,
    pub operation: i64,
    /// The moment that the command saw.
    pub at: Instant,
    /// The moment on the machine's own clock.
    pub recorded_at: Instant,
    pub actor: LoggedActor,
    /// The command as given.
    pub command: Box<RawValue>,
    /// The key that it was given, kept for ever.
    pub key: Option<String>,
    /// The ids of the records that it made or changed.
    pub touched: Vec<String>,
    /// The hash over the operation and the hash before it.
    pub hash: String,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoggedActor {
    pub kind: String,
    pub id: Option<String>,
}

impl LoggedOperation {
    /// Noun and verb of its command, such as `ticket refund`.
    pub fn command_name(&self) -> Option<String> {
        #[derive(serde::Deserialize)]
        struct CommandName {
            command: String,
        }
        serde_json::from_str::<CommandName>(self.command.get()).ok().map(|named| named.command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_named_by_its_command() {
        for (command, name) in [
            (r#"{"command":"ticket refund","ticket":"T00001"}"#, Some("ticket refund")),
            (r#"{"command":7}"#, None),
            ("[]", None),
        ] {
            let operation = LoggedOperation {
                id: "1".to_owned(),
                operation: 1,
                at: Instant::FIRST,
                recorded_at: Instant::FIRST,
                actor: LoggedActor { kind: "system".to_owned(), id: None },
                command: RawValue::from_string(command.to_owned()).unwrap(),
                key: None,
                touched: Vec::new(),
                hash: String::new(),
            };
            assert_eq!(operation.command_name().as_deref(), name, "{command}");
        }
    }
}
