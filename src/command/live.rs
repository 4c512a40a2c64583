//! What could stand where something is being typed: ids of the store, each with a few words on it, for completion in a shell. Few are
//! read, by an index, however many there are.

use serde_json::Value as Json;

use super::pipeline::noun::Noun;
use super::{Cx, internal};
use crate::domain::Result;
use crate::domain::coupon::Coupon;
use crate::domain::coupon_program::CouponProgram;
use crate::domain::customer::Customer;
use crate::domain::desk::Right;
use crate::domain::document::{CreditNote, Invoice};
use crate::domain::journal::Journal;
use crate::domain::location::Location;
use crate::domain::mail::Mail;
use crate::domain::order::Order;
use crate::domain::payment::Payment;
use crate::domain::product::{Lot, Product};
use crate::domain::project::Project;
use crate::domain::reason::Reason;
use crate::domain::refund::left_of;
use crate::domain::repair::Repair;
use crate::domain::stage::Stage;
use crate::domain::tag::Tag;
use crate::domain::task::Task;
use crate::domain::tax::Tax;
use crate::domain::team::{Service, Team};
use crate::domain::ticket::Ticket;
use crate::domain::transfer::Transfer;
use crate::domain::user::User;
use crate::domain::worksheet_template::WorksheetTemplate;
use crate::procedure::{refund, service, services};
use crate::store::engine::filter::{Asked, Condition, Listing, Test};
use crate::store::engine::record;
use crate::store::engine::table::{Column, FoundBy};
use crate::store::{Value, document};

/// How many are told.
pub const TOLD: usize = 50;

/// Something that could stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub value: String,
    /// A few words on it; empty where there are none.
    pub about: String,
}

impl Candidate {
    /// One of a few words.
    pub fn word(value: impl Into<String>) -> Candidate {
        Candidate { value: value.into(), about: String::new() }
    }
}

/// A kind of record that can be named.
pub struct Live {
    /// As in `credit_note`.
    pub kind: &'static str,
    pub right: Right,
    /// Those whose id or number begins so, the latest first.
    pub beginning: fn(&Cx<'_>, &str) -> Result<Vec<Candidate>>,
    /// Those of these ids.
    named: fn(&Cx<'_>, &[String]) -> Result<Vec<Candidate>>,
}

const fn live<R: Noun>() -> Live {
    Live { kind: R::KIND, right: R::RIGHT, beginning: beginning::<R>, named: named::<R> }
}

static LIVE: &[Live] = &[
    live::<Ticket>(),
    live::<Team>(),
    live::<Customer>(),
    live::<Product>(),
    live::<Lot>(),
    live::<Order>(),
    live::<Invoice>(),
    live::<CreditNote>(),
    live::<Payment>(),
    live::<CouponProgram>(),
    live::<Coupon>(),
    live::<Mail>(),
    live::<Transfer>(),
    live::<Repair>(),
    live::<Task>(),
    live::<Tax>(),
    live::<Journal>(),
    live::<Location>(),
    live::<User>(),
    live::<Tag>(),
    live::<Reason>(),
    live::<Project>(),
    live::<WorksheetTemplate>(),
    live::<Stage>(),
];

/// The kind of that name.
pub fn of_kind(kind: &str) -> Option<&'static Live> {
    LIVE.iter().find(|live| live.kind == kind)
}

/// Keys that tell a person what a record is, where it is not its name alone.
const ABOUT: &[(&str, &[&str])] = &[
    ("ticket", &["subject"]),
    ("order", &["state", "customer", "total"]),
    ("invoice", &["state", "customer", "total"]),
    ("credit_note", &["state", "customer", "total"]),
    ("payment", &["customer", "amount", "open"]),
    ("coupon", &["state", "program"]),
    ("mail", &["state", "to", "subject"]),
    ("transfer", &["kind", "state", "customer"]),
    ("repair", &["state", "product", "customer"]),
    ("task", &["stage", "title"]),
    ("lot", &["product"]),
    ("tax", &["rate"]),
    ("location", &["type"]),
    ("coupon_program", &["type"]),
    ("team", &["services"]),
];

/// A few words on a record.
fn about(kind: &str, record: &Json) -> String {
    let keys = ABOUT.iter().find(|(known, _)| *known == kind).map_or(["name"].as_slice(), |(_, keys)| keys);
    let text = |key: &&str| match record.get(*key)? {
        Json::String(text) => Some(text.clone()),
        Json::Array(texts) => {
            let texts: Vec<&str> = texts.iter().filter_map(Json::as_str).collect();
            Some(texts.join(" ")).filter(|text| !text.is_empty())
        }
        _ => None,
    };
    let told: Vec<String> = keys.iter().filter_map(text).collect();
    // A name that is the id tells nothing.
    if record.get("id").and_then(Json::as_str) == Some(told.join("").as_str()) {
        String::new()
    } else {
        told.join(", ")
    }
}

fn candidate<R: Noun>(record: &R) -> Result<Candidate> {
    let record = serde_json::to_value(record).map_err(|error| internal(error.to_string()))?;
    let text = |key: &str| record.get(key).and_then(Json::as_str).map(str::to_owned);
    // A document is named by its number once it has one.
    let value = text("number").or_else(|| text("id")).unwrap_or_default();
    Ok(Candidate { about: about(R::KIND, &record), value })
}

/// The columns by whose texts records of the kind are named.
fn named_by<R: Noun>() -> impl Iterator<Item = &'static Column> {
    let table = R::table();
    let found = table.found_by.iter().filter_map(|found| match found {
        FoundBy::PaddedIn(column) => Some(*column),
        FoundBy::Exactly(_) | FoundBy::Padded | FoundBy::Folded(_) => None,
    });
    ["id"].into_iter().chain(found).filter_map(|column| table.columns.iter().find(|known| known.name == column))
}

fn beginning<R: Noun>(cx: &Cx<'_>, prefix: &str) -> Result<Vec<Candidate>> {
    let mut candidates: Vec<Candidate> = Vec::new();
    let besides: Vec<&'static str> = R::LISTED.into_iter().collect();
    let asked: Vec<Asked> = match prefix {
        "" => vec![Asked { newest: true, besides, ..Asked::default() }],
        prefix => named_by::<R>()
            .map(|column| {
                let begins = Test::Between {
                    from: Some(Value::from(prefix.to_owned())),
                    to: None,
                    before: Some(Value::from(format!("{prefix}{}", char::MAX))),
                };
                let conditions = vec![Condition { column, any: vec![begins] }];
                Asked { conditions, besides: besides.clone(), sort: Some((column, true)), ..Asked::default() }
            })
            .collect(),
    };
    for asked in &asked {
        let mut listing = Listing::begin::<R>(cx.db, asked, TOLD)?;
        while let Some(records) = listing.next::<R>(cx.db)? {
            for mut record in records {
                record.as_of(cx.today);
                let found = candidate(&record)?;
                if !candidates.contains(&found) {
                    candidates.push(found);
                }
            }
        }
    }
    candidates.truncate(TOLD);
    Ok(candidates)
}

fn named<R: Noun>(cx: &Cx<'_>, ids: &[String]) -> Result<Vec<Candidate>> {
    let mut candidates = Vec::new();
    for id in ids.iter().take(TOLD) {
        if let record::Found::One(mut found) = record::find::<R>(cx.db, id)? {
            found.as_of(cx.today);
            // It is named as the form names it.
            candidates.push(Candidate { value: id.clone(), ..candidate(&found)? });
        }
    }
    Ok(candidates)
}

/// What the form of a service offers a ticket for a field; none where the form does not say it.
pub fn offered(cx: &Cx<'_>, command: &str, ticket: &str, field: &str, kind: &str) -> Result<Option<Vec<Candidate>>> {
    let Some(entry) = services::SERVICES.iter().find(|entry| entry.command == command) else {
        return Ok(None);
    };
    let ticket = service::ticket(cx, ticket)?;
    let fields = (entry.form)(cx, &ticket)?;
    let Some(ids) = fields.choices_of(field) else {
        return Ok(None);
    };
    if entry.service == Service::Refunds && field == "invoice" {
        return refundable(cx, ids).map(Some);
    }
    match of_kind(kind) {
        Some(live) => (live.named)(cx, ids).map(Some),
        None => Ok(Some(ids.iter().cloned().map(Candidate::word).collect())),
    }
}

/// Invoices with what is left to refund of them.
fn refundable(cx: &Cx<'_>, ids: &[String]) -> Result<Vec<Candidate>> {
    let mut candidates = Vec::new();
    for id in ids.iter().take(TOLD) {
        let mut invoice = refund::named_invoice(cx, id)?;
        document::load_left(cx.db, &mut invoice, None)?;
        let left = left_of(&invoice)?;
        candidates.push(Candidate { value: id.clone(), about: format!("{}, {left} left", invoice.date) });
    }
    Ok(candidates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Action, COMMANDS};
    use crate::store::tables;

    #[test]
    fn every_kind_that_can_be_shown_is_offered_or_said_not_to_be() {
        // What is named by something else: a level by its product, a worksheet by its task; and what there is one of.
        let not = ["stock", "worksheet", "desk", "subscription"];
        for entry in COMMANDS.iter().filter(|entry| entry.name.ends_with(" show")) {
            let Action::Read { kind, .. } = &entry.action else { continue };
            if tables::of_kind(kind).is_some() {
                assert!(of_kind(kind).is_some() != not.contains(kind), "{kind}: is it offered where it is typed?");
            }
        }
    }
}
