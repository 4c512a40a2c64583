//! What a ticket can refund: the form's narrowing and the invoices on offer, for `ticket refund` and `ticket options` alike
//! (spec B1, B2).

mod reversal;

pub use reversal::{Asked, refund};

use super::access;
use super::checks::or_none;
use super::context::Cx;
use super::service::customer_of;
use super::services::{Makes, ServiceEntry};
use crate::domain::Result;
use crate::domain::app::App;
use crate::domain::desk::Right;
use crate::domain::document::{Document, DocumentState, Invoice};
use crate::domain::journal::check_sales_journal;
use crate::domain::options::{Choices, Fields, TOLD};
use crate::domain::product::{Lot, Product};
use crate::domain::refund::{RefundRefused, anything_left};
use crate::domain::team::Service;
use crate::domain::ticket::{NamedOrder, Ticket, check_fit};
use crate::domain::value::reference::Reference;
use crate::store::refund::{self as store, Narrowed, Rest};
use crate::store::{Key, document, journal, product, reason, ticket};

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
    let order = |given: &str| super::look_up::order(cx, given);
    let product = |given: &str| super::look_up::one::<Product>(cx, "product", given);
    let lot = |given: &str| super::look_up::one::<Lot>(cx, "lot", given);
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
    let offered = why_not_offered(cx, form, invoice)?.map_or(Ok(()), |refused| Err(refused.into()));
    let inputs = || {
        let id = |reference: &Option<Reference>| reference.as_ref().map(|reference| reference.id.clone());
        let (product, lot) = (id(&form.product), id(&form.lot));
        vec![
            ("invoice", invoice.shown().to_owned()),
            or_none("product", product.as_deref()),
            or_none("lot", lot.as_deref()),
        ]
    };
    cx.checked("the ticket is offered the invoice, with its product and lot", inputs, offered)
}

fn why_not_offered(cx: &Cx<'_>, form: &Form, invoice: &Document) -> Result<Option<RefundRefused>> {
    let shown = || invoice.shown().to_owned();
    if invoice.state != DocumentState::Posted {
        return Ok(Some(RefundRefused::NotPosted { invoice: shown(), state: invoice.state }));
    }
    cx.holds("the invoice is posted", || vec![("invoice", shown()), ("state", invoice.state.to_string())]);
    let refuse =
        |test: String| Ok(Some(RefundRefused::NotOffered { invoice: shown(), test, ticket: form.ticket.clone() }));
    // What it gave back is refunded of the first invoice (spec B13).
    if let Some(credit_note) = &invoice.invoice {
        return refuse(format!("reverses the credit note {credit_note}"));
    }
    if invoice.customer.key != form.customer.key {
        return refuse(format!("is of {}, not of {}", invoice.customer.id, form.customer.id));
    }
    cx.holds("the invoice is the customer's", || vec![("invoice", shown()), ("customer", form.customer.id.clone())]);
    if let Some(order) = &form.order
        && invoice.order.as_ref().is_none_or(|of| of.key != order.key)
    {
        return refuse(format!("is not of the order {order}"));
    }
    let order = form.order.as_ref().map(|order| order.id.as_str());
    cx.holds("the invoice is of the order", || vec![("invoice", shown()), or_none("order", order)]);
    if form.product.is_none() && form.lot.is_none() {
        return Ok(None);
    }
    match document::holds(cx.db, invoice, key_of(&form.product), key_of(&form.lot))? {
        (false, _) => refuse(format!("does not have the product {}", shown_or_dash(&form.product))),
        (true, false) => refuse(format!("does not have the lot {}", shown_or_dash(&form.lot))),
        (true, true) => Ok(None),
    }
}

fn shown_or_dash(reference: &Option<Reference>) -> &str {
    reference.as_ref().map_or("-", |reference| &reference.id)
}

fn key_of(reference: &Option<Reference>) -> Option<Key> {
    reference.as_ref().map(|reference| reference.key)
}

impl Form {
    fn narrowed(&self) -> Narrowed {
        Narrowed {
            customer: self.customer.key,
            order: key_of(&self.order),
            product: key_of(&self.product),
            lot: key_of(&self.lot),
        }
    }
}

/// Hands over the invoices on offer after the one of key `after`, oldest first, without more of them than are wanted.
fn each_offered(
    cx: &Cx<'_>,
    form: &Form,
    rest: Rest,
    mut after: Key,
    mut wanted: impl FnMut(Document) -> bool,
) -> Result<()> {
    loop {
        let page = store::next(cx.db, form.narrowed(), rest, after)?;
        for key in &page {
            after = *key;
            let mut invoice = document::by_key(cx.db, *key)?;
            document::load_left(cx.db, &mut invoice, None)?;
            if anything_left(&invoice)? && !wanted(invoice) {
                return Ok(());
            }
        }
        if page.len() < store::PAGE {
            return Ok(());
        }
    }
}

/// Refuses a form that offers no invoice: there is no posted one, none with the product, or nothing is left (spec B2).
pub fn check_any_offered(cx: &Cx<'_>, form: &Form) -> Result<()> {
    if !store::any_posted(cx.db, &form.customer)? {
        let customer = form.customer.id.clone();
        return Err(RefundRefused::NoPostedInvoice { customer, of: String::new() }.into());
    }
    let mut is_any = false;
    each_offered(cx, form, Rest::Possible, Key::MIN, |_| {
        is_any = true;
        false
    })?;
    match store::last_fitting(cx.db, form.narrowed())? {
        _ if is_any => Ok(()),
        Some(invoice) => Err(RefundRefused::NothingLeft { invoice, holders: Vec::new() }.into()),
        None => Err(none_fits(form).into()),
    }
}

/// Why no posted invoice is on offer.
fn none_fits(form: &Form) -> RefundRefused {
    let customer = form.customer.id.clone();
    let narrowed =
        |what: &str, by: &Option<Reference>| by.as_ref().map(|by| format!(" {what} {by}")).unwrap_or_default();
    let of_order = narrowed("of the order", &form.order);
    match &form.product {
        Some(product) => {
            let of = narrowed("with the lot", &form.lot) + &of_order;
            RefundRefused::NoInvoiceWithProduct { customer, product: product.id.clone(), of }
        }
        None => RefundRefused::NoPostedInvoice { customer, of: of_order },
    }
}

/// The invoices on offer, oldest first (spec B2), and the journal that they share: each keeps its own where they differ
/// (spec B3). Those beyond what is told are counted, and looked at only where that cannot tell.
fn offered(cx: &Cx<'_>, form: &Form) -> Result<(Choices, Option<String>)> {
    let mut choices = Choices::default();
    let mut journal: Option<Reference> = None;
    let (mut is_shared, mut last) = (true, Key::MIN);
    let mut take = |choices: &mut Choices, invoice: Document| {
        let common = journal.get_or_insert_with(|| invoice.journal.clone());
        is_shared = is_shared && common.key == invoice.journal.key;
        choices.add(invoice.id);
    };
    each_offered(cx, form, Rest::Possible, last, |invoice| {
        last = invoice.key;
        take(&mut choices, invoice);
        choices.ids.len() < TOLD
    })?;
    if choices.ids.len() == TOLD {
        each_offered(cx, form, Rest::Unsure, last, |invoice| {
            take(&mut choices, invoice);
            true
        })?;
        let (more, elsewhere) =
            store::certain_after(cx.db, form.narrowed(), last, key_of(&journal).unwrap_or_default())?;
        choices.more = choices.more.saturating_add(more);
        is_shared = is_shared && elsewhere == 0;
    }
    Ok((choices, journal.filter(|_| is_shared).map(|journal| journal.id)))
}

/// The form of `ticket refund` for the ticket: defaults and choices (spec A8, B1 to B3).
pub fn offer(cx: &Cx<'_>, ticket: &Ticket) -> Result<Fields> {
    let form = form(cx, ticket, customer_of(ticket)?, Narrowing::default())?;
    let (invoices, journal) = offered(cx, &form)?;
    let orders = ticket::orders_of(cx.db, form.customer.key, form.product.as_ref().map(|product| product.key))?;
    let products = match &form.order {
        Some(order) => ticket::products_on(cx.db, order.key)?,
        None => store::products_invoiced_to(cx.db, form.customer.key)?,
    };
    let journals = journal::all(cx.db)?.into_iter().filter(|journal| check_sales_journal(journal).is_ok());

    let fields = Fields::default()
        .choices("invoice", Vec::new(), invoices)
        .choice("order", form.order.as_ref().map(|order| order.id.clone()), orders)
        .choice("product", form.product.as_ref().map(|product| product.id.clone()), products);
    let fields = match tracked(cx, form.product.as_ref())? {
        Some(_) => fields.choice("lot", None, store::lots_on_offer(cx.db, form.narrowed())?),
        None => fields.hidden("lot"),
    };
    // Any text is a reason; where the desk keeps some, those are offered.
    let reasons = reason::offered(cx.db)?;
    let fields = match reasons.ids.is_empty() {
        true => fields.free("reason", Some(ticket.id.clone())),
        false => fields.choice("reason", Some(ticket.id.clone()), reasons),
    };
    let fields = fields
        .choice("journal", journal, Choices::of(journals.map(|journal| journal.id)))
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

fn tracked(cx: &Cx<'_>, product: Option<&Reference>) -> Result<Option<Product>> {
    let Some(product) = product else {
        return Ok(None);
    };
    Ok(Some(product::by_key(cx.db, product.key)?).filter(Product::is_tracked))
}
