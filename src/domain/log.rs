//! The log of operations as it is shown: what was done, when, by whom (spec G2).

use serde::Serialize;
use serde_json::value::RawValue;

use crate::domain::value::day::Instant;
use crate::domain::verify::Finding;

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
    /// The ids of the records that it made or changed, the first `TOUCHED_TOLD` of them.
    pub touched: Vec<String>,
    /// How many it made or changed beside those.
    pub more: i64,
    /// The operation that last erased texts of it (spec G2).
    pub erased_by: Option<i64>,
    /// The hash over the operation and the hash before it.
    pub hash: String,
}

/// How many touched records are told of an operation: an import touches any number.
pub const TOUCHED_TOLD: usize = 50;

/// How far the log goes: what is kept elsewhere to hold it against later.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct LogHead {
    pub operations: i64,
    /// The hash of the last operation, over all before it.
    pub hash: String,
}

impl LogHead {
    /// What is checked where a head was kept.
    pub const CHECK: &str = "log_head";
    pub const HOLDS: &str = "The log passes through the head that was kept.";

    /// A head as `N:HASH`.
    pub fn parse(given: &str) -> Option<LogHead> {
        let (operations, hash) = given.trim().split_once(':')?;
        let is_hash = hash.len() == 64 && hash.bytes().all(|digit| digit.is_ascii_hexdigit());
        let operations = operations.parse().ok().filter(|operations| *operations > 0 && is_hash)?;
        Some(LogHead { operations, hash: hash.to_ascii_lowercase() })
    }

    /// What is found where the operation of that number bears another hash, or the log ends before it.
    pub fn finding(&self, hash: Option<&str>, end: i64) -> Option<Finding> {
        let message = match hash {
            Some(hash) if hash == self.hash => return None,
            Some(hash) => format!("operation {} bears the hash {hash}, not the one that was kept", self.operations),
            None => format!("the log ends at operation {end}, before operation {} that was kept", self.operations),
        };
        Some(Finding::of_check(LogHead::CHECK, message))
    }
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
    fn a_head_is_a_number_and_a_hash() {
        let hash = "0123456789abcdef".repeat(4);
        let head = LogHead::parse(&format!("7:{}", hash.to_uppercase())).unwrap();
        assert_eq!((head.operations, &head.hash), (7, &hash));
        assert_eq!(head.finding(Some(&hash), 9), None);
        assert!(head.finding(Some("other"), 9).unwrap().message.contains("bears the hash other"));
        assert!(head.finding(None, 5).unwrap().message.contains("ends at operation 5"));
        for odd in ["", "7", "7:", "0:hash", &format!("x:{hash}"), &format!("-1:{hash}"), &format!("7:{hash}0")] {
            assert_eq!(LogHead::parse(odd), None, "{odd}");
        }
    }

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
                more: 0,
                erased_by: None,
                hash: String::new(),
            };
            assert_eq!(operation.command_name().as_deref(), name, "{command}");
        }
    }
}
