//! What is left of a command, or of an outcome, when the texts of a customer are erased (spec G2): its JSON, in which what people
//! wrote is empty, and numbers, amounts, days and ids are as they were.

use serde_json::Value;

/// Keys under which a command names a customer, who can be named by name or e-mail too.
const NAMING_A_CUSTOMER: [&str; 2] = ["customer", "into"];

/// The key under which a mail tells the address that it goes to, and a transfer where goods go.
const ADDRESSED: &str = "to";

/// Keys of texts that commands take beside those of records.
const OF_COMMANDS: [&str; 5] = ["note", "message", "comment", "value", "image"];

/// The key under which a task tells what stands in its worksheet, by names of fields.
const FILLED_IN: &str = "values";

/// Which keys hold texts that are erased, and whether nothing can stand there.
#[derive(Debug, Default)]
pub struct Keys(Vec<(&'static str, bool)>);

impl Keys {
    /// These keys of records.
    pub fn of(records: impl Iterator<Item = (&'static str, bool)>) -> Keys {
        let mut keys: Vec<(&'static str, bool)> = Vec::new();
        for (key, is_optional) in records {
            match keys.iter_mut().find(|(known, _)| *known == key) {
                Some((_, known)) => *known &= is_optional,
                None => keys.push((key, is_optional)),
            }
        }
        Keys(keys)
    }

    /// What is left of a text; none where that is all of it. `refer` says by which id a customer is named from now on who is
    /// named by what has to go.
    pub fn emptied(&self, json: &str, refer: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let mut value: Value = serde_json::from_str(json).ok()?;
        let is_command = value.get("command").is_some();
        self.empty(&mut value, is_command, refer).then(|| value.to_string())
    }

    /// Whether two commands are the same but for what is erased.
    pub fn are_left_the_same(&self, one: &str, other: &str) -> bool {
        let left = |json: &str| {
            let mut value: Value = serde_json::from_str(json).ok()?;
            self.empty(&mut value, true, &|_| Some(String::new()));
            Some(value)
        };
        matches!((left(one), left(other)), (Some(one), Some(other)) if one == other)
    }

    /// Empties what is to be erased in a value; says whether there was any.
    fn empty(&self, value: &mut Value, is_command: bool, refer: &dyn Fn(&str) -> Option<String>) -> bool {
        match value {
            Value::Array(values) => {
                values.iter_mut().fold(false, |erased, value| self.empty(value, is_command, refer) | erased)
            }
            Value::Object(entries) => {
                let empty =
                    |erased, (key, value): (&String, &mut Value)| self.empty_at(key, value, is_command, refer) | erased;
                entries.iter_mut().fold(false, empty)
            }
            _ => false,
        }
    }

    fn empty_at(&self, key: &str, value: &mut Value, is_command: bool, refer: &dyn Fn(&str) -> Option<String>) -> bool {
        let is_place = key == ADDRESSED && !value.as_str().is_some_and(|to| to.contains('@'));
        let known = self.0.iter().find(|(known, _)| *known == key && !is_place);
        let of_record = known.map(|(_, is_optional)| *is_optional);
        let of_command = (key == FILLED_IN || (is_command && OF_COMMANDS.contains(&key))).then_some(true);
        if let Some(is_optional) = of_record.or(of_command) {
            let nothing = match value {
                Value::String(_) if is_optional => Value::Null,
                Value::String(_) => Value::from(""),
                Value::Array(_) => Value::Array(Vec::new()),
                Value::Object(_) => Value::Object(serde_json::Map::new()),
                _ => return false,
            };
            let is_there = *value != nothing;
            *value = nothing;
            return is_there;
        }
        match value {
            Value::String(given) if NAMING_A_CUSTOMER.contains(&key) => match refer(given) {
                Some(id) => {
                    *value = Value::from(id);
                    true
                }
                None => false,
            },
            value => self.empty(value, is_command, refer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_is_emptied_and_nothing_else() {
        let keys = Keys::of([("subject", false), ("description", true), ("label", false)].into_iter());
        let refer = |given: &str| (given == "Ada").then(|| "C00001".to_owned());
        for (before, after) in [
            (
                r#"{"command":"ticket create","customer":"Ada","subject":"It hums","description":"so"}"#,
                Some(r#"{"command":"ticket create","customer":"C00001","subject":"","description":null}"#),
            ),
            (
                r#"{"line":[{"label":"hers","quantity":"2"},{"label":"","quantity":"1"}],"total":"12.50"}"#,
                Some(r#"{"line":[{"label":"","quantity":"2"},{"label":"","quantity":"1"}],"total":"12.50"}"#),
            ),
            (
                r#"{"command":"task stop","value":["pressure=3"],"note":"hot"}"#,
                Some(r#"{"command":"task stop","value":[],"note":null}"#),
            ),
            (
                r#"{"task":{"worksheet":{"template":"Visit","values":{"who":"Ada"}}},"warnings":[]}"#,
                Some(r#"{"task":{"worksheet":{"template":"Visit","values":{}}},"warnings":[]}"#),
            ),
            // What an outcome warns of is the desk's own.
            (r#"{"created":[],"warnings":[{"code":"due","message":"it is due"}]}"#, None),
            (r#"{"command":"ticket close","ticket":"T1","customer":"C2","subject":""}"#, None),
            ("no JSON", None),
        ] {
            let left = keys.emptied(before, &refer);
            assert_eq!(left.as_deref(), after, "{before}");
            // What is left is left for good.
            assert_eq!(left.and_then(|left| keys.emptied(&left, &refer)), None);
        }
    }

    #[test]
    fn a_command_is_known_by_what_is_left_of_it() {
        let keys = Keys::of([("subject", false)].into_iter());
        let left = r#"{"command":"ticket create","customer":"C00001","subject":""}"#;
        assert!(keys.are_left_the_same(left, r#"{"command":"ticket create","customer":"Ada","subject":"It hums"}"#));
        assert!(!keys.are_left_the_same(left, r#"{"command":"ticket create","customer":"Ada","team":"A"}"#));
        assert!(!keys.are_left_the_same(left, "no JSON"));
    }
}
