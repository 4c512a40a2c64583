//! Users and what they may do (spec A9).

use std::cmp::Ordering;

use serde::Serialize;

use super::Refusal;
use super::common::ValueRefused;
use super::desk::{AboveLimit, Right};
use crate::domain::value::money::{Amount, Currency, Money};
use crate::domain::value::reference::Reference;
use crate::domain::value::text::text_value;

/// A user as shown; the id is the login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub name: String,
    pub email: Option<String>,
    /// In the order of the spec, each once.
    pub rights: Vec<Right>,
    /// Up to what the user may refund without another, in the desk's currency; none: without bounds.
    pub refund_limit: Option<Money>,
}

impl User {
    /// The user as other records name it.
    pub fn reference(&self) -> Reference {
        Reference { key: self.key, id: self.id.clone() }
    }

    /// Whether the user may do everything.
    pub fn is_admin(&self) -> bool {
        self.rights.contains(&Right::Admin)
    }

    /// What is above what the user may refund alone. Nothing is converted, so what is in another currency than the limit always is.
    pub fn above_limit(&self, what: String, amount: Money, with_others_of: Option<&Reference>) -> Option<AboveLimit> {
        let limit = self.refund_limit?;
        let is_within = amount.compare(limit).is_some_and(Ordering::is_le);
        let with_others_of = with_others_of.map(|invoice| invoice.id.clone());
        let login = self.id.clone();
        (!is_within).then_some(AboveLimit { login, what, amount, with_others_of, limit, waits: false })
    }

    /// Refuses what would leave a desk that has an admin without one; `other_admin`: another user is one (spec A9).
    pub fn check_admin_stays(&self, after: &User, other_admin: bool) -> Result<(), LastAdmin> {
        if self.is_admin() && !after.is_admin() && !other_admin {
            return Err(LastAdmin { login: self.id.clone() });
        }
        Ok(())
    }
}

/// Who runs the command that makes the first admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runner<'r> {
    pub login: &'r str,
    /// Whether it is a user of the desk.
    pub is_user: bool,
}

/// What begins with the first admin, where somebody else makes one (spec A9).
pub fn what_begins(first_admin: &User, runner: Runner<'_>) -> Option<String> {
    if runner.login == first_admin.id {
        return None;
    }
    let locked_out = match runner.is_user {
        true => String::new(),
        false => format!(", and {} is none of them", runner.login),
    };
    Some(format!(
        "{} is the first admin: from here on whoever is no user of this desk is refused, users do what their rights allow{locked_out}",
        first_admin.id
    ))
}

/// What was typed as a limit, in that currency: nothing below zero.
pub fn limit_of(given: &Amount, currency: Currency) -> Result<Money, ValueRefused> {
    let limit =
        given.in_currency(currency).map_err(|fault| ValueRefused::invalid("refund_limit", given, fault.to_string()))?;
    if limit.is_negative() {
        return Err(ValueRefused::quantity("refund_limit", given, format!("{given} is below zero")));
    }
    Ok(limit)
}

/// A right that a user can be given, as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenRight(Right);

/// Rights as a set: in the order of the spec, each once.
pub fn rights_of(given: impl IntoIterator<Item = GivenRight>) -> Vec<Right> {
    let mut rights: Vec<Right> = given.into_iter().map(|given| given.0).collect();
    rights.sort_unstable();
    rights.dedup();
    rights
}

impl std::fmt::Display for GivenRight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for GivenRight {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Right::GIVEN
            .into_iter()
            .find(|right| right.word() == text)
            .map(GivenRight)
            .ok_or_else(|| format!("{text:?} is no right; it is one of {}", Right::GIVEN.map(Right::word).join(", ")))
    }
}

text_value!(GivenRight, "a right such as helpdesk");

/// The last admin was to lose that right (spec A9).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{login} is the last user with the right admin, and stays one until another has it")]
pub struct LastAdmin {
    pub login: String,
}

impl Refusal for LastAdmin {
    fn code(&self) -> &'static str {
        "last_admin"
    }
    fn field(&self) -> Option<&'static str> {
        Some("right")
    }
    fn hint(&self) -> Option<String> {
        Some("aftersales user list".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rights_that_can_be_given_are_read() {
        for right in Right::GIVEN {
            assert_eq!(right.word().parse::<GivenRight>(), Ok(GivenRight(right)));
        }
        for text in ["anybody", "rescue", "Admin", "", "sale"] {
            let fault = text.parse::<GivenRight>().unwrap_err();
            assert!(fault.ends_with("helpdesk, invoicing, sales, inventory, repair, field-service, admin"), "{fault}");
        }
    }

    #[test]
    fn rights_are_a_set_in_the_order_of_the_spec() {
        let given = ["admin", "sales", "helpdesk", "sales"].map(|word| word.parse::<GivenRight>().unwrap());
        assert_eq!(rights_of(given), [Right::Helpdesk, Right::Sales, Right::Admin]);
    }

    #[test]
    fn the_first_admin_is_told_to_whoever_else_makes_one() {
        let root = User {
            key: 1,
            id: "root".to_owned(),
            name: "Root".to_owned(),
            email: None,
            rights: vec![Right::Admin],
            refund_limit: None,
        };
        assert_eq!(what_begins(&root, Runner { login: "root", is_user: false }), None);
        let told = |login, is_user| what_begins(&root, Runner { login, is_user }).unwrap();
        assert!(told("ann", false).ends_with("users do what their rights allow, and ann is none of them"));
        assert!(told("ann", true).ends_with("users do what their rights allow"));
    }

    #[test]
    fn a_limit_holds_from_the_first_cent_above_it_and_for_every_other_currency() {
        let money = |minor, code| Money::new(minor, Currency::iso(code).unwrap());
        let with = |refund_limit| User {
            key: 1,
            id: "ann".to_owned(),
            name: "Ann".to_owned(),
            email: None,
            rights: vec![Right::Admin],
            refund_limit,
        };
        for (limit, amount, is_above) in [
            (None, money(1_000_000, "EUR"), false),
            (Some(money(10_000, "EUR")), money(9_999, "EUR"), false),
            (Some(money(10_000, "EUR")), money(10_000, "EUR"), false),
            (Some(money(10_000, "EUR")), money(10_001, "EUR"), true),
            (Some(money(0, "EUR")), money(0, "EUR"), false),
            (Some(money(0, "EUR")), money(1, "EUR"), true),
            (Some(money(10_000, "EUR")), money(1, "USD"), true),
        ] {
            let told = with(limit).above_limit("credit note D00001".to_owned(), amount, None);
            assert_eq!(told.is_some(), is_above, "{limit:?} {amount}");
        }
    }

    #[test]
    fn the_last_admin_stays_one() {
        let with = |rights: &[Right]| User {
            key: 1,
            id: "ann".to_owned(),
            name: "Ann".to_owned(),
            email: None,
            rights: rights.to_vec(),
            refund_limit: None,
        };
        let (admin, clerk) = (with(&[Right::Admin]), with(&[Right::Sales]));
        for (before, after, other_admin, refused) in [
            (&admin, &clerk, false, true),
            (&admin, &clerk, true, false),
            (&admin, &admin, false, false),
            (&clerk, &admin, false, false),
            (&clerk, &clerk, false, false),
        ] {
            let decided = before.check_admin_stays(after, other_admin);
            assert_eq!(decided.is_err(), refused, "{before:?} {after:?} {other_admin}");
        }
    }
}
