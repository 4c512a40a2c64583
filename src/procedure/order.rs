//! Steps of orders that several commands run: finding what a line sells, writing new lines, the one open cart.

use super::context::Cx;
use super::mail::{self, Asked, Writing};
use super::{discount, look_up, printed, transfer};
use crate::domain::line::{NewLine, sell};
use crate::domain::mail::{Mail, MailKind};
use crate::domain::order::{Order, OrderLine, OrderRefused, OrderState};
use crate::domain::product::Product;
use crate::domain::value::money::Currency;
use crate::domain::{Faults, Result};
use crate::store::{self, order};

/// The products that lines given by the flag `field` sell, in order.
pub fn products_of(cx: &Cx<'_>, lines: &[NewLine], field: &'static str) -> Result<Vec<Product>> {
    lines.iter().map(|line| look_up::one(cx, field, &line.product)).collect()
}

/// New lines for these products in an order of that currency, not numbered yet; what is at fault is gathered.
pub fn new_lines(
    cx: &Cx<'_>,
    faults: &mut Faults,
    products: &[Product],
    lines: &[NewLine],
    currency: Currency,
    field: &'static str,
) -> Result<Vec<OrderLine>> {
    let mut new = Vec::with_capacity(lines.len());
    for (product, line) in products.iter().zip(lines) {
        if let Some(priced) = faults.gather(sell(product, line.quantity, line.price, currency, field)) {
            new.push(OrderLine::new(cx.db.next_key()?, product.reference(), product.name.clone(), priced));
        }
    }
    Ok(new)
}

/// Refuses a second open cart of the order's customer (spec C6).
pub fn check_cart(cx: &Cx<'_>, order: &Order) -> Result<()> {
    if !order.is_open_cart() {
        return Ok(());
    }
    match order::open_cart(cx.db, order.customer.key)? {
        Some(cart) if cart != order.id => {
            Err(OrderRefused::OpenCart { customer: order.customer.id.clone(), cart }.into())
        }
        _ => Ok(()),
    }
}

/// Refuses another customer for an order that a ticket names as the former one's (spec A5).
pub fn check_customer(cx: &Cx<'_>, before: &Order, after: &Order) -> Result<()> {
    if before.customer == after.customer {
        return Ok(());
    }
    let (order, customer) = (before.id.clone(), before.customer.id.clone());
    if let Some(ticket) = order::ticket_naming(cx.db, before.key, before.customer.key)? {
        return Err(OrderRefused::OnTicket { order, customer, ticket }.into());
    }
    match order::made_of(cx.db, before.key)? {
        None => Ok(()),
        Some((noun, id)) => Err(OrderRefused::OnDocument { order, customer, noun, id }.into()),
    }
}

/// Cancels the deliveries of the order that are not done yet: what is no longer ordered is not to leave the house.
pub fn cancel_deliveries(cx: &Cx<'_>, order: &Order) -> Result<()> {
    for key in order::pending_deliveries(cx.db, order.key)? {
        let mut delivery = store::transfer::by_key(cx.db, key)?;
        store::transfer::complete(cx.db, &mut delivery)?;
        let delivery = transfer::cancel(cx, delivery)?;
        cx.warn("delivery_cancelled", format!("{} is cancelled with its order {}", delivery.id, order.id));
    }
    Ok(())
}

/// Writes the mail that brings a quotation to its customer, which is sent from then on.
pub fn send(cx: &Cx<'_>, before: &Order, asked: Asked<'_>) -> Result<Mail> {
    let mut after = Order { state: OrderState::Sent, ..before.clone() };
    // What its codes take off is worked out anew, as with each change of it.
    discount::settle(cx, &mut after)?;
    let reader = mail::reader(cx, after.customer.key)?;
    let ticket = store::repair::ticket_of_quotation(cx.db, after.key)?;
    let values = mail::quotation(&reader, &after);
    let (kind, ticket, document) = (MailKind::Quotation, ticket.as_ref(), after.id.as_str());
    let printed = printed::of_order(cx, &after, Some(&reader.language))?;
    let files = vec![printed::going_along(cx, (&after.id, &after.id), &printed)?];
    let mail = mail::write(cx, &reader, Writing { kind, ticket, document, asked, files }, &values)?;
    if after != *before {
        store::order::update(cx.db, before, &after)?;
    }
    cx.touched("order", &after.id);
    Ok(mail)
}
