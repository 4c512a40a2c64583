//! Where a piece with a serial number is, and from where it can come into stock: it is in one place at a time (spec D8). And the
//! life of a lot: received, sold to whom, returned, repaired.

use serde::Serialize;

use super::Refusal;
use super::product::{Lot, Tracking};
use crate::domain::value::day::Day;
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::{Reference, shell_word};
use crate::domain::value::text::choices;

/// Where a piece with a serial number is, as far as moves tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whereabouts {
    /// Nothing ever moved it.
    Unseen,
    InStock {
        location: String,
    },
    /// A delivery brought it there, or a repair built it in.
    AtCustomer {
        customer: Option<Reference>,
        /// The transfer or repair that brought it there.
        document: String,
        /// The line of the transfer.
        line: Option<i64>,
    },
    /// It went to somewhere else, such as back to its supplier.
    Away {
        location: String,
    },
}

/// From where a piece comes into stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coming<'a> {
    /// From a supplier, from production, found by a count.
    FromOutside,
    /// From a customer, who is known or not, without naming the delivery.
    FromCustomer(Option<&'a Reference>),
    /// By the return of a delivery's line of that key.
    Returned(i64),
    /// Taken out of a product that is repaired for a customer.
    TakenOut(Option<&'a Reference>),
}

impl Whereabouts {
    /// Refuses a piece that cannot come from there, since it is elsewhere: in stock already, at another customer, or gone on
    /// since the delivery that is taken back (spec D8).
    pub fn check_coming(&self, lot: &Reference, coming: Coming<'_>) -> Result<(), LotElsewhere> {
        let fits = match (self, coming) {
            (Whereabouts::InStock { .. }, _) => false,
            (Whereabouts::Unseen, _) => true,
            (Whereabouts::AtCustomer { line, .. }, Coming::Returned(returned)) => *line == Some(returned),
            (Whereabouts::Away { .. }, Coming::Returned(_)) => false,
            (Whereabouts::Away { .. }, _) => true,
            (Whereabouts::AtCustomer { .. }, Coming::FromOutside) => false,
            (Whereabouts::AtCustomer { customer, .. }, Coming::FromCustomer(from) | Coming::TakenOut(from)) => {
                match (customer, from) {
                    (Some(at), Some(from)) => at.key == from.key,
                    _ => true,
                }
            }
        };
        if fits { Ok(()) } else { Err(LotElsewhere { lot: lot.id.clone(), place: self.words() }) }
    }

    fn words(&self) -> String {
        match self {
            Whereabouts::Unseen => "nowhere".to_owned(),
            Whereabouts::InStock { location } => format!("in stock at {location}"),
            Whereabouts::AtCustomer { customer: Some(customer), document, .. } => {
                format!("at the customer {customer} by {document}")
            }
            Whereabouts::AtCustomer { customer: None, document, .. } => format!("at a customer by {document}"),
            Whereabouts::Away { location } => format!("at {location}"),
        }
    }
}

/// Whether a lot stands for one piece, which is in one place.
pub fn is_piece(tracking: Tracking) -> bool {
    tracking == Tracking::Serial
}

/// A piece is somewhere else than it would have to be (spec D8).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{lot} is {place}, and a serial number stands for one piece in one place")]
pub struct LotElsewhere {
    pub lot: String,
    /// Where it is, in words such as `in stock at WH/Stock`.
    pub place: String,
}

impl LotElsewhere {
    /// What a repair is about cannot be a part of that very repair.
    pub fn in_repair(lot: &Reference) -> LotElsewhere {
        LotElsewhere { lot: lot.id.clone(), place: "what this repair is about, so no part of it".to_owned() }
    }
}

impl Refusal for LotElsewhere {
    fn code(&self) -> &'static str {
        "lot_elsewhere"
    }
    fn field(&self) -> Option<&'static str> {
        Some("lot")
    }
    fn given(&self) -> Option<String> {
        Some(self.lot.clone())
    }
    fn hint(&self) -> Option<String> {
        Some(format!("aftersales lot show {}", shell_word(&self.lot)))
    }
}

choices! {
    /// What happened to goods of a lot.
    pub enum LotEventKind: "kind" {
        Counted = "counted",
        Received = "received",
        Delivered = "delivered",
        Returned = "returned",
        SentBack = "sent_back",
        Moved = "moved",
        Repaired = "repaired",
        Added = "added",
        Removed = "removed",
        Recycled = "recycled",
    }
}

/// Something that happened to goods of a lot, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LotEvent {
    /// None for an opening count, which was before all that has a day.
    pub date: Option<Day>,
    pub kind: LotEventKind,
    pub quantity: Quantity,
    /// The transfer or repair.
    pub document: Option<String>,
    pub customer: Option<Reference>,
    pub from: Option<String>,
    pub to: Option<String>,
}

/// Goods of a lot in a location, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LotAtLocation {
    pub location: Reference,
    pub quantity: Quantity,
    pub reserved: Quantity,
}

/// Goods of a lot that a customer has, as shown: what was delivered to them, less what came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LotAtCustomer {
    pub customer: Reference,
    pub quantity: Quantity,
}

/// A lot with where it is and its life, as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LotShown<'l> {
    #[serde(flatten)]
    pub lot: &'l Lot,
    pub stock: Vec<LotAtLocation>,
    pub customers: Vec<LotAtCustomer>,
    pub life: Vec<LotEvent>,
}

/// What customers have of a lot, by what happened to it.
pub fn at_customers(life: &[LotEvent]) -> Vec<LotAtCustomer> {
    let mut have: Vec<LotAtCustomer> = Vec::new();
    for event in life {
        let Some(customer) = &event.customer else {
            continue;
        };
        let at = match have.iter().position(|known| known.customer.key == customer.key) {
            Some(at) => at,
            None => {
                have.push(LotAtCustomer { customer: customer.clone(), quantity: Quantity::ZERO });
                have.len().saturating_sub(1)
            }
        };
        let Some(known) = have.get_mut(at) else {
            continue;
        };
        let now = match event.kind {
            LotEventKind::Delivered | LotEventKind::SentBack | LotEventKind::Added => {
                known.quantity.checked_add(event.quantity)
            }
            LotEventKind::Returned | LotEventKind::Removed | LotEventKind::Recycled => {
                known.quantity.checked_sub(event.quantity)
            }
            _ => continue,
        };
        known.quantity = now.unwrap_or(known.quantity);
    }
    have.retain(|known| known.quantity > Quantity::ZERO);
    have
}

/// How many lots a range names at most: more is a slip of the hand.
pub const LONGEST_RANGE: u64 = 10_000;

/// The lots that `SN-001..SN-050` names, in order: both ends have the same text before a number of the same width, which goes up.
/// None where it is no range.
pub fn range(text: &str) -> Option<Vec<String>> {
    let (first, last) = text.split_once("..")?;
    let (before, from) = number_at_end(first)?;
    let (same, to) = number_at_end(last)?;
    if before != same || from.len() != to.len() {
        return None;
    }
    let (from, to, width): (u64, u64, usize) = (from.parse().ok()?, to.parse().ok()?, from.len());
    if to < from || to.checked_sub(from)? >= LONGEST_RANGE {
        return None;
    }
    Some((from..=to).map(|number| format!("{before}{number:0width$}")).collect())
}

/// The text before the digits that end it, and these.
fn number_at_end(text: &str) -> Option<(&str, &str)> {
    let digits = text.bytes().rev().take_while(u8::is_ascii_digit).count();
    let at = text.len().checked_sub(digits)?;
    if digits == 0 { None } else { Some(text.split_at(at)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(key: i64, id: &str) -> Reference {
        Reference { key, id: id.to_owned() }
    }

    #[test]
    fn a_piece_comes_from_where_it_is() {
        let (ada, bo, lot) = (reference(1, "ADA"), reference(2, "BO"), reference(9, "SN-1"));
        let at = |customer: Option<&Reference>, line| Whereabouts::AtCustomer {
            customer: customer.cloned(),
            document: "WH/OUT/1".to_owned(),
            line,
        };
        let in_stock = Whereabouts::InStock { location: "WH/Stock".to_owned() };
        let away = Whereabouts::Away { location: "Suppliers".to_owned() };
        use Coming::{FromCustomer, FromOutside, Returned, TakenOut};
        for (place, coming, fits) in [
            (&Whereabouts::Unseen, FromOutside, true),
            (&Whereabouts::Unseen, Returned(5), true),
            (&in_stock, FromOutside, false),
            (&in_stock, Returned(5), false),
            (&in_stock, FromCustomer(Some(&ada)), false),
            (&in_stock, TakenOut(Some(&ada)), false),
            (&at(Some(&ada), Some(5)), FromOutside, false),
            (&at(Some(&ada), Some(5)), Returned(5), true),
            (&at(Some(&ada), Some(5)), Returned(6), false),
            (&at(Some(&ada), None), Returned(6), false),
            (&at(Some(&ada), Some(5)), FromCustomer(Some(&ada)), true),
            (&at(Some(&ada), Some(5)), FromCustomer(Some(&bo)), false),
            (&at(Some(&ada), Some(5)), FromCustomer(None), true),
            (&at(None, Some(5)), FromCustomer(Some(&bo)), true),
            (&at(Some(&ada), Some(5)), TakenOut(Some(&ada)), true),
            (&at(Some(&ada), Some(5)), TakenOut(Some(&bo)), false),
            (&away, FromOutside, true),
            (&away, Returned(5), false),
        ] {
            assert_eq!(place.check_coming(&lot, coming).is_ok(), fits, "{place:?} {coming:?}");
        }
    }

    #[test]
    fn a_range_counts_up_within_its_width() {
        let told = |text| range(text).map(|lots| lots.join(" "));
        for (text, expected) in [
            ("SN-001..SN-003", Some("SN-001 SN-002 SN-003")),
            ("SN-9..SN-9", Some("SN-9")),
            ("008..010", Some("008 009 010")),
            ("SN-9..SN-10", None),
            ("SN-3..SN-1", None),
            ("SN-1..TV-2", None),
            ("SN-..SN-", None),
            ("SN-1", None),
            ("A00000..A10000", None),
        ] {
            assert_eq!(told(text).as_deref(), expected, "{text}");
        }
        assert_eq!(range("A00000..A09999").map(|lots| lots.len()), Some(10_000));
    }

    #[test]
    fn customers_have_what_came_and_did_not_go_back() {
        let event = |kind, customer: &Reference, quantity: &str| LotEvent {
            date: None,
            kind,
            quantity: quantity.parse().unwrap(),
            document: None,
            customer: Some(customer.clone()),
            from: None,
            to: None,
        };
        let (ada, bo) = (reference(1, "ADA"), reference(2, "BO"));
        use LotEventKind::{Delivered, Moved, Returned, SentBack};
        let life = [
            event(Delivered, &ada, "3"),
            event(Delivered, &bo, "1"),
            event(Returned, &ada, "2"),
            event(Moved, &ada, "7"),
            event(Returned, &bo, "1"),
            event(SentBack, &ada, "0.5"),
        ];
        let told: Vec<_> = at_customers(&life).iter().map(|at| format!("{} {}", at.customer, at.quantity)).collect();
        assert_eq!(told, ["ADA 1.5"]);
    }
}
