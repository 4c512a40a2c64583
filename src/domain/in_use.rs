//! Records that others build on: what one of their fields has to stay, since something made with it stands.

use super::Refusal;
use crate::domain::value::reference::shell_word;

/// A record that uses another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The noun of the using record, such as `credit-note`.
    pub noun: &'static str,
    pub id: String,
}

/// A field that cannot change while a record stands that was made with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is used by the {} {}, so its {} stays {stays}", .by.noun.replace('-', " "), .by.id, .field.replace('_', " "))]
pub struct InUse {
    /// The record that was to change.
    pub what: String,
    pub field: &'static str,
    /// What the field is.
    pub stays: String,
    pub by: Use,
}

impl InUse {
    /// Refuses that `field` changes from `before` to `after` while the record is used by something.
    pub fn check<T: PartialEq + ToString>(
        what: &str,
        field: &'static str,
        before: &T,
        after: &T,
        used_by: Option<&Use>,
    ) -> Result<(), InUse> {
        match used_by {
            Some(by) if before != after => {
                Err(InUse { what: what.to_owned(), field, stays: before.to_string(), by: by.clone() })
            }
            _ => Ok(()),
        }
    }
}

impl Refusal for InUse {
    fn code(&self) -> &'static str {
        "state_not_allowed"
    }
    fn field(&self) -> Option<&'static str> {
        Some(self.field)
    }
    fn allowed(&self) -> Option<super::Allowed> {
        Some(super::Allowed::One(self.stays.clone()))
    }
    fn hint(&self) -> Option<String> {
        Some(format!("aftersales {} show {}", self.by.noun, shell_word(&self.by.id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_changes_only_while_nothing_uses_the_record() {
        let by = Use { noun: "credit-note", id: "D00001".to_owned() };
        for (before, after, used_by, refused) in
            [("sale", "bank", Some(&by), true), ("sale", "sale", Some(&by), false), ("sale", "bank", None, false)]
        {
            assert_eq!(InUse::check("INV", "type", &before, &after, used_by).is_err(), refused, "{before} {after}");
        }
        let refused = InUse::check("INV", "type", &"sale", &"bank", Some(&by)).unwrap_err();
        assert_eq!(refused.to_string(), "INV is used by the credit note D00001, so its type stays sale");
        assert_eq!(refused.hint().unwrap(), "aftersales credit-note show D00001");
    }
}
