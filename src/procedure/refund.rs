//! What a ticket can refund: the form's narrowing and the invoices on offer, for `ticket refund` and `ticket options` alike
//! (spec B1, B2).

mod reversal;

pub use reversal::{Asked, refund};

use super::access;
use super::context::{Cx, found};
use super::service::customer_of;
use super::services::{Makes, ServiceEntry};
use crate::domain::Result;
use crate::domain::app::App;
use crate::domain::desk::Right;
use crate::domain::document::{Document, DocumentState, Invoice};
use crate::domain::journal::{Journal, check_sales_journal};
use crate::domain::options::Fields;
use crate::domain::product::{Lot, Product};
use crate::domain::refund::{RefundRefused, anything_left};
use crate::domain::team::Service;
use crate::domain::ticket::{NamedOrder, Ticket, check_fit};
use crate::domain::value::reference::Reference;
use crate::store::{document, journal, lot, product, ticket};

/// Refunds (spec B).
pub const SERVICE: ServiceEntry = ServiceEntry {
    service: Service::Refunds,
    command: "ticket refund",
    apps: &[App::Invoicing],
    form: offer,
    makes: &[
        Makes {
            shown_as: Some("credit_notes"),
            noun: "credit-note",
            opened_by: "aftersales credit-note show",
            of_ticket: document::credit_notes_made,
        },
        Makes {
            shown_as: None,
            noun: "invoice",
            opened_by: "aftersales invoice show",
            of_ticket: document::invoices_made,
        },
    ],
};

/// The form's upper half, checked: what narrows the invoices (spec B1, B2).
#[derive(Debug, Clone)]
pub struct Form {
    pub ticket: String,
    pub customer: Reference,
    pub order: Option<Reference>,
    pub product: Option<Reference>,
    pub lot: Option<Reference>,
}

/// What was given for the form's upper half; an empty text empties the default.
#[derive(Debug, Clone, Copy, Default)]
pub struct GivenNarrowing<'g> {
    pub order: Option<&'g str>,
    pub product: Option<&'g str>,
    pub lot: Option<&'g str>,
}

/// The records behind what was given; none inside where the default was emptied.
#[derive(Default)]
pub struct Narrowing {
    order: Option<Option<NamedOrder>>,
    product: Option<Option<Product>>,
    lot: Option<Lot>,
}

/// Looks up what was given, before any rule is asked.
pub fn look_up(cx: &Cx<'_>, given: GivenNarrowing<'_>) -> Result<Narrowing> {
    let order =
        |id: &str| found(cx.db.by_reference(id, |id| ticket::named_order(cx.db, id))?, "order", "order", "order", id);
    let product = |id: &str| super::look_up::one::<Product>(cx, "product", id);
    let lot = |id: &str| found(lot::by_id(cx.db, id)?, "lot", "lot", "lot", id);
    Ok(Narrowing {
        order: given.order.map(|id| not_empty(id).map(order).transpose()).transpose()?,
        product: given.product.map(|id| not_empty(id).map(product).transpose()).transpose()?,
        lot: given.lot.and_then(not_empty).map(lot).transpose()?,
    })
}

fn not_empty(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// Fills the form from the ticket and what was named, checking that it fits (spec B1, B2). The ticket's own fit already.
pub fn form(cx: &Cx<'_>, ticket: &Ticket, customer: &Reference, named: Narrowing) -> Result<Form> {
    let of_ticket = |order: &Reference| NamedOrder { order: order.clone(), customer: customer.clone() };
    let is_all_default = named.order.is_none() && named.product.is_none() && named.lot.is_none();
    let order = named.order.unwrap_or_else(|| ticket.order.as_ref().map(of_ticket));
    let product = match named.product {
        Some(product) => product,
        None if is_all_default => None,
        None => ticket.product.as_ref().map(|product| product::by_key(cx.db, product.key)).transpose()?,
    };
    if !is_all_default {
        let holds_product = match (&order, &product) {
            (Some(order), Some(product)) => ticket::order_holds(cx.db, order.order.key, product.key)?,
            _ => true,
        };
        check_fit(Some(customer), order.as_ref(), holds_product, product.as_ref(), named.lot.as_ref())?;
    }
    let product = if is_all_default { ticket.product.clone() } else { product.as_ref().map(Product::reference) };
    Ok(Form {
        ticket: ticket.id.clone(),
        customer: customer.clone(),
        order: order.map(|order| order.order),
        product,
        lot: named.lot.as_ref().map(Lot::reference),
    })
}

/// The invoice that `given` names, without its lines.
pub fn named_invoice(cx: &Cx<'_>, given: &str) -> Result<Document> {
    super::look_up::bare::<Invoice>(cx, "invoice", given).map(|invoice| invoice.0)
}

/// Refuses an invoice that the form does not offer, saying which test it failed, in the spec's order: posted, the
/// customer's, the order's, holding product and lot (spec B2). Whether something is left is decided with its lines.
pub fn check_offer(cx: &Cx<'_>, form: &Form, invoice: &Document) -> Result<()> {
    why_not_offered(cx, form, invoice)?.map_or(Ok(()), |refused| Err(refused.into()))
}

fn why_not_offered(cx: &Cx<'_>, form: &Form, invoice: &Document) -> Result<Option<RefundRefused>> {
    let shown = || invoice.shown().to_owned();
    if invoice.state != DocumentState::Posted {
        return Ok(Some(RefundRefused::NotPosted { invoice: shown(), state: invoice.state }));
    }
    let refuse =
        |test: String| Ok(Some(RefundRefused::NotOffered { invoice: shown(), test, ticket: form.ticket.clone() }));
    // What it gave back is refunded of the first invoice (spec B13).
    if let Some(credit_note) = &invoice.invoice {
        return refuse(format!("reverses the credit note {credit_note}"));
    }
    if invoice.customer.key != form.customer.key {
        return refuse(format!("is of {}, not of {}", invoice.customer.id, form.customer.id));
    }
    if let Some(order) = &form.order
        && invoice.order.as_ref().is_none_or(|of| of.key != order.key)
    {
        return refuse(format!("is not of the order {order}"));
    }
    if form.product.is_none() && form.lot.is_none() {
        return Ok(None);
    }
    let key_of = |reference: &Option<Reference>| reference.as_ref().map(|reference| reference.key);
    match document::holds(cx.db, invoice, key_of(&form.product), key_of(&form.lot))? {
        (false, _) => refuse(format!("does not have the product {}", shown_or_dash(&form.product))),
        (true, false) => refuse(format!("does not have the lot {}", shown_or_dash(&form.lot))),
        (true, true) => Ok(None),
    }
}

fn shown_or_dash(reference: &Option<Reference>) -> &str {
    reference.as_ref().map_or("-", |reference| &reference.id)
}

/// The invoices on offer, or why there is none: the form is shown all the same, without an invoice to choose.
pub type Offers = std::result::Result<Vec<Document>, RefundRefused>;

/// The invoices on offer, oldest first, with their lines; none: the refusal says whether there is no posted invoice, none
/// with the product, or nothing left (spec B2).
pub fn offers(cx: &Cx<'_>, form: &Form) -> Result<Offers> {
    let posted = document::posted_invoices_of(cx.db, form.customer.key)?;
    if posted.is_empty() {
        return Ok(Err(RefundRefused::NoPostedInvoice { customer: form.customer.id.clone(), of: String::new() }));
    }
    let mut fitting = Vec::new();
    for invoice in posted {
        match why_not_offered(cx, form, &invoice)? {
            None => fitting.push(invoice),
            Some(RefundRefused::NotOffered { .. }) => {}
            Some(refused) => return Err(refused.into()),
        }
    }
    if fitting.is_empty() {
        let customer = form.customer.id.clone();
        let narrowed =
            |what: &str, by: &Option<Reference>| by.as_ref().map(|by| format!(" {what} {by}")).unwrap_or_default();
        let of_order = narrowed("of the order", &form.order);
        return Ok(Err(match &form.product {
            Some(product) => {
                let of = narrowed("with the lot", &form.lot) + &of_order;
                RefundRefused::NoInvoiceWithProduct { customer, product: product.id.clone(), of }
            }
            None => RefundRefused::NoPostedInvoice { customer, of: of_order },
        }));
    }
    let mut left = Vec::new();
    let mut last = String::new();
    for mut invoice in fitting {
        document::load_left(cx.db, &mut invoice, None)?;
        if anything_left(&invoice)? {
            left.push(invoice);
        } else {
            invoice.shown().clone_into(&mut last);
        }
    }
    if left.is_empty() {
        return Ok(Err(RefundRefused::NothingLeft { invoice: last, holders: Vec::new() }));
    }
    Ok(Ok(left))
}

/// The drafts that hold something of an invoice, for the hint of a refusal.
pub fn holders(cx: &Cx<'_>, invoice: &Document) -> Result<Vec<String>> {
    let credit_notes = document::credit_notes_of(cx.db, invoice.key)?;
    Ok(credit_notes.into_iter().filter(|known| known.state == DocumentState::Draft).map(|draft| draft.id).collect())
}

/// The form of `ticket refund` for the ticket: defaults and choices (spec A8, B1 to B3).
pub fn offer(cx: &Cx<'_>, ticket: &Ticket) -> Result<Fields> {
    let form = form(cx, ticket, customer_of(ticket)?, Narrowing::default())?;
    let invoices = offers(cx, &form)?.unwrap_or_default();
    let orders = ticket::orders_of(cx.db, form.customer.key, form.product.as_ref().map(|product| product.key))?;
    let products = match &form.order {
        Some(order) => ticket::products_on(cx.db, order.key)?,
        None => document::products_invoiced_to(cx.db, form.customer.key)?,
    };
    let journals: Vec<Journal> =
        journal::all(cx.db)?.into_iter().filter(|journal| check_sales_journal(journal).is_ok()).collect();

    let fields = Fields::default()
        .choices("invoice", Vec::new(), invoices.iter().map(|invoice| invoice.id.clone()).collect())
        .choice("order", form.order.as_ref().map(|order| order.id.clone()), ids(orders))
        .choice("product", form.product.as_ref().map(|product| product.id.clone()), ids(products));
    let fields = match tracked(cx, form.product.as_ref())? {
        Some(product) => {
            let lots = lot::of_product(cx.db, product.key)?;
            fields.choice("lot", None, lots.into_iter().map(|lot| lot.id).collect())
        }
        None => fields.hidden("lot"),
    };
    let fields = fields
        .free("reason", Some(ticket.id.clone()))
        .choice("journal", common_journal(&invoices), journals.into_iter().map(|journal| journal.id).collect())
        .free("date", Some(cx.today.to_string()))
        .switch("create_invoice")
        .free_list("line", Vec::new())
        .free_list("line_amount", Vec::new())
        .free("amount", None)
        .switch("post");
    Ok(match access::may(cx.db, cx.actor, Right::Invoicing)? {
        true => fields.switch("allow_excess"),
        false => fields.hidden("allow_excess"),
    })
}

fn ids(references: Vec<Reference>) -> Vec<String> {
    references.into_iter().map(|reference| reference.id).collect()
}

fn tracked(cx: &Cx<'_>, product: Option<&Reference>) -> Result<Option<Product>> {
    let Some(product) = product else {
        return Ok(None);
    };
    Ok(Some(product::by_key(cx.db, product.key)?).filter(Product::is_tracked))
}

/// The journal that the invoices share; each keeps its own where they differ (spec B3).
fn common_journal(invoices: &[Document]) -> Option<String> {
    let first = &invoices.first()?.journal;
    invoices.iter().all(|invoice| invoice.journal.key == first.key).then(|| first.id.clone())
}
