//! Merging: a customer or a ticket turns out to be another one, and all that is theirs goes to that one.

use super::customer::Customer;
use super::ticket::Ticket;
use super::{Allowed, Refusal};
use crate::domain::value::money::Currency;
use crate::domain::value::reference::{Reference, shell_word};

/// What a merge comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// It is to be done.
    Due,
    /// It was done before.
    Done,
}

/// Whether a record can be merged into another: `from` is the one that was named, as it stands, merged or not, and `into` what the
/// other one stands for.
pub fn decide(
    noun: &'static str,
    from: (&Reference, Option<&Reference>),
    into: &Reference,
) -> Result<Merge, MergeRefused> {
    let (from, merged_into) = from;
    match merged_into {
        Some(before) if before.key == into.key => Ok(Merge::Done),
        Some(before) => Err(MergeRefused::Elsewhere {
            noun,
            from: from.id.clone(),
            before: before.id.clone(),
            into: into.id.clone(),
        }),
        None if from.key == into.key => Err(MergeRefused::Itself { noun, id: from.id.clone() }),
        None => Ok(Merge::Due),
    }
}

/// Refuses a merge of two customers that would mix money or carts: `currencies` are those in which either has anything, `carts` the
/// open cart of each.
pub fn check_customers(
    from: &Customer,
    into: &Customer,
    currencies: &[Currency],
    carts: (Option<&str>, Option<&str>),
) -> Result<(), MergeRefused> {
    let (from, into) = (from.id.clone(), into.id.clone());
    if currencies.len() > 1 {
        let currencies = currencies.iter().map(|currency| currency.code().to_owned()).collect();
        return Err(MergeRefused::Currencies { from, into, currencies });
    }
    match carts {
        (Some(cart), Some(other)) => {
            let (cart, other) = (cart.to_owned(), other.to_owned());
            Err(MergeRefused::Carts { from, into, cart, other })
        }
        _ => Ok(()),
    }
}

/// Refuses a merge of two tickets of two customers; one that has none yet takes the other's. Answers whose both are then.
pub fn customer_of_both(from: &Ticket, into: &Ticket) -> Result<Option<Reference>, MergeRefused> {
    match (&from.customer, &into.customer) {
        (Some(one), Some(other)) if one.key != other.key => Err(MergeRefused::Customers {
            from: from.id.clone(),
            into: into.id.clone(),
            customer: one.id.clone(),
            other: other.id.clone(),
        }),
        (one, other) => Ok(other.clone().or_else(|| one.clone())),
    }
}

/// The ticket that goes on: it keeps what is said of it, has the tags of both, and is the customer's of either.
pub fn united(from: &Ticket, into: &Ticket, customer: Option<Reference>) -> Ticket {
    let mut both = Ticket { customer, ..into.clone() };
    let new = from.tags.iter().filter(|tag| !into.tags.contains(tag));
    both.tags.extend(new.cloned());
    both
}

/// What the ticket that goes on tells of the other in its log.
pub fn told_of(from: &Ticket) -> String {
    match &from.description {
        Some(description) => format!("{}: {}\n{description}", from.id, from.subject),
        None => format!("{}: {}", from.id, from.subject),
    }
}

/// Refuses what an edit or an import makes of a merge: a record that was merged is not changed any more, and none is merged by saying
/// so.
pub fn check_edited(
    noun: &'static str,
    (id, before): (&str, &Option<Reference>),
    after: &Option<Reference>,
) -> Result<(), MergeRefused> {
    let id = id.to_owned();
    match (before, after) {
        (None, None) => Ok(()),
        (None, Some(into)) => Err(MergeRefused::NotByEditing { noun, id, into: into.id.clone() }),
        (Some(into), _) => Err(MergeRefused::Gone { noun, id, into: into.id.clone() }),
    }
}

/// Two records are not merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeRefused {
    #[error("{id} is the same {noun}, and none is merged into itself")]
    Itself { noun: &'static str, id: String },
    #[error("{from} was merged into {before} before")]
    Elsewhere { noun: &'static str, from: String, before: String, into: String },
    #[error("{from} and {into} have money in {}, and a merge would mix it", .currencies.join(" and "))]
    Currencies { from: String, into: String, currencies: Vec<String> },
    #[error("{from} has the open cart {cart} and {into} has {other}; a customer has one open cart")]
    Carts { from: String, into: String, cart: String, other: String },
    #[error("{from} is a ticket of {customer} and {into} one of {other}, and tickets of two customers are not merged")]
    Customers { from: String, into: String, customer: String, other: String },
    #[error("{id} is not merged into {into} by saying so: what is theirs has to go along")]
    NotByEditing { noun: &'static str, id: String, into: String },
    #[error("{id} was merged into {into}, and stays as it was")]
    Gone { noun: &'static str, id: String, into: String },
}

impl Refusal for MergeRefused {
    fn code(&self) -> &'static str {
        match self {
            MergeRefused::Itself { .. } => "invalid_value",
            MergeRefused::Elsewhere { .. } | MergeRefused::NotByEditing { .. } | MergeRefused::Gone { .. } => {
                "state_not_allowed"
            }
            MergeRefused::Currencies { .. } => "currency_mismatch",
            MergeRefused::Carts { .. } => "already_exists",
            MergeRefused::Customers { .. } => "customer_fixed",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            MergeRefused::Elsewhere { noun, .. } => Some(noun),
            MergeRefused::NotByEditing { .. } => Some("merged_into"),
            MergeRefused::Gone { .. } => Some("id"),
            _ => Some("into"),
        }
    }
    fn given(&self) -> Option<String> {
        Some(match self {
            MergeRefused::Itself { id, .. } | MergeRefused::Gone { id, .. } => id.clone(),
            MergeRefused::Elsewhere { from, .. } => from.clone(),
            MergeRefused::Currencies { into, .. }
            | MergeRefused::Carts { into, .. }
            | MergeRefused::Customers { into, .. }
            | MergeRefused::NotByEditing { into, .. } => into.clone(),
        })
    }
    fn allowed(&self) -> Option<Allowed> {
        match self {
            MergeRefused::Elsewhere { before, .. } => Some(Allowed::One(before.clone())),
            _ => None,
        }
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            MergeRefused::Itself { noun, .. } => format!("aftersales {noun} list"),
            MergeRefused::Elsewhere { noun, before, into, .. } => {
                format!("aftersales {noun} merge {} {}", shell_word(before), shell_word(into))
            }
            MergeRefused::NotByEditing { noun, id, into } => {
                format!("aftersales {noun} merge {} {}", shell_word(id), shell_word(into))
            }
            MergeRefused::Gone { noun, into, .. } => format!("aftersales {noun} show {}", shell_word(into)),
            MergeRefused::Currencies { from, .. } => format!("aftersales customer timeline {}", shell_word(from)),
            MergeRefused::Carts { cart, .. } => format!("aftersales order cancel {}", shell_word(cart)),
            MergeRefused::Customers { customer, other, .. } => {
                format!("aftersales customer merge {} {}", shell_word(customer), shell_word(other))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(key: i64) -> Reference {
        Reference { key, id: format!("C{key}") }
    }

    #[test]
    fn a_record_is_merged_once_and_never_into_itself() {
        let code = |from: i64, before: Option<i64>, into: i64| {
            let before = before.map(named);
            decide("customer", (&named(from), before.as_ref()), &named(into)).map_err(|refused| refused.code())
        };
        for (from, before, into, expected) in [
            (1, None, 2, Ok(Merge::Due)),
            (1, Some(2), 2, Ok(Merge::Done)),
            (1, Some(3), 2, Err("state_not_allowed")),
            (1, None, 1, Err("invalid_value")),
            // What the other one stands for is this one: a circle.
            (2, None, 2, Err("invalid_value")),
        ] {
            assert_eq!(code(from, before, into), expected, "{from} {before:?} {into}");
        }
    }

    #[test]
    fn what_was_merged_stays_as_it_was_and_nothing_is_merged_by_the_way() {
        let (one, other) = (Some(named(2)), Some(named(3)));
        for (before, after, expected) in [
            (&None, &None, Ok(())),
            (&None, &one, Err(Some("merged_into"))),
            (&one, &one, Err(Some("id"))),
            (&one, &other, Err(Some("id"))),
            (&one, &None, Err(Some("id"))),
        ] {
            let decided = check_edited("customer", ("C1", before), after).map_err(|refused| refused.field());
            assert_eq!(decided, expected, "{before:?} {after:?}");
        }
    }

    #[test]
    fn every_refusal_has_a_command_to_go_on_with() {
        let text = |text: &str| text.to_owned();
        for (refused, code, field, hint) in [
            (
                MergeRefused::Elsewhere { noun: "ticket", from: text("T1"), before: text("T2"), into: text("T3") },
                "state_not_allowed",
                "ticket",
                "aftersales ticket merge T2 T3",
            ),
            (
                MergeRefused::Currencies {
                    from: text("C1"),
                    into: text("C2"),
                    currencies: vec![text("EUR"), text("USD")],
                },
                "currency_mismatch",
                "into",
                "aftersales customer timeline C1",
            ),
            (
                MergeRefused::Carts { from: text("C1"), into: text("C2"), cart: text("S1"), other: text("S2") },
                "already_exists",
                "into",
                "aftersales order cancel S1",
            ),
            (
                MergeRefused::Customers { from: text("T1"), into: text("T2"), customer: text("C1"), other: text("C2") },
                "customer_fixed",
                "into",
                "aftersales customer merge C1 C2",
            ),
        ] {
            assert_eq!(
                (refused.code(), refused.field(), refused.hint().as_deref()),
                (code, Some(field), Some(hint)),
                "{refused}"
            );
        }
    }
}
