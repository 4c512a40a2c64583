//! Merging customers, and tickets: what leads to the one leads to the other from then on.

use super::context::Cx;
use super::{look_up, ticket_log};
use crate::domain::Result;
use crate::domain::customer::Customer;
use crate::domain::merge::{Merge, check_customers, customer_of_both, decide, told_of, united};
use crate::domain::stage::{SOLVED, Stage};
use crate::domain::ticket::Ticket;
use crate::domain::value::reference::padded;
use crate::store::engine::record::{self, Described};
use crate::store::{customer, merge, order, task, ticket};

/// The customer that two are from now on, and whether anything was to be done.
pub fn customers(cx: &Cx<'_>, from: &str, into: &str) -> Result<Customer> {
    let from: Customer = named_as_it_stands(cx, "customer", from)?;
    let into: Customer = look_up::one(cx, "into", into)?;
    if decide("customer", (&from.reference(), from.merged_into.as_ref()), &into.reference())? == Merge::Done {
        return Ok(into);
    }
    let currencies = merge::currencies_of(cx.db, from.key, into.key)?;
    let carts = (order::open_cart(cx.db, from.key)?, order::open_cart(cx.db, into.key)?);
    check_customers(&from, &into, &currencies, (carts.0.as_deref(), carts.1.as_deref()))?;

    merge::keep_posted_for(cx.db, from.key)?;
    let led = merge::merge(cx.db, &customer::CUSTOMER, from.key, into.key)?;
    cx.touched("customer", &from.id);
    cx.touched("customer", &into.id);
    tell(cx, "customer", led);
    Ok(into)
}

/// The ticket that two are from now on.
pub fn tickets(cx: &Cx<'_>, from: &str, into: &str) -> Result<Ticket> {
    let from: Ticket = named_as_it_stands(cx, "ticket", from)?;
    let into: Ticket = look_up::one(cx, "into", into)?;
    if decide("ticket", (&from.reference(), from.merged_into.as_ref()), &into.reference())? == Merge::Done {
        return Ok(into);
    }
    let customer = customer_of_both(&from, &into)?;

    let led = merge::merge(cx.db, &ticket::TICKET, from.key, into.key)?;
    let folded: Stage = look_up::one(cx, "stage", SOLVED)?;
    let mut closed = Ticket { merged_into: Some(into.reference()), ..from.clone() };
    closed.put_in(&folded);
    ticket::update(cx.db, &from, &closed)?;
    let both = united(&from, &into, customer);
    ticket::update(cx.db, &into, &both)?;
    // What was planned for nobody yet is for them.
    if let Some(customer) = &both.customer {
        task::follow_customer(cx.db, both.key, customer.key)?;
    }
    ticket_log::note(cx, from.key, "merged", &format!("into {}", into.id), None)?;
    ticket_log::note(cx, into.key, "merged", &told_of(&from), None)?;
    cx.touched("ticket", &from.id);
    cx.touched("ticket", &into.id);
    tell(cx, "ticket", led);
    Ok(both)
}

/// Tells what was led elsewhere; of the kind itself, what was merged before among it.
fn tell(cx: &Cx<'_>, kind: &'static str, led: Vec<(&'static str, String)>) {
    let (own, others): (Vec<_>, Vec<_>) = led.into_iter().partition(|(of, _)| *of == kind);
    own.iter().for_each(|(kind, id)| cx.touched(kind, id));
    cx.touched_all(others);
}

/// The record of exactly that id, merged or not; of any other name, what it stands for.
fn named_as_it_stands<R: Described>(cx: &Cx<'_>, field: &'static str, given: &str) -> Result<R> {
    look_up::check_given(field, given)?;
    if let Some(found) = record::by_id(cx.db, given)? {
        return Ok(found);
    }
    if let Some(padded) = padded(given)
        && let Some(found) = record::by_id(cx.db, &padded)?
    {
        return Ok(found);
    }
    look_up::one(cx, field, given)
}
