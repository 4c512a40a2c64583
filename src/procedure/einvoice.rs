//! Posted documents as e-invoices: what each is made of, gathered as it stood when it was posted (contract, section 7).

use super::context::Cx;
use crate::domain::Result;
use crate::domain::document::{Document, DocumentLine};
use crate::domain::einvoice::{self, EInvoice, FactLine, Facts, Form, NotPosted, Preceding};
use crate::domain::party::Parties;
use crate::store::{self, party, transfer};

/// A document with its lines as an e-invoice of that form; refused with all that is missing for it.
pub fn einvoice(cx: &Cx<'_>, document: &Document, form: Form) -> Result<EInvoice> {
    NotPosted::check(document)?;
    let facts = facts(cx, document)?;
    Ok(einvoice::einvoice(&facts, form)?)
}

fn facts(cx: &Cx<'_>, document: &Document) -> Result<Facts> {
    let Parties { seller, buyer } = party::of_document(cx.db, cx.desk, document)?;
    let told = party::on_lines(cx.db, document)?;
    let line = |line: &DocumentLine| FactLine {
        line: line.line,
        product: line.product.as_ref().map(|product| product.id.clone()),
        lot: line.lot.as_ref().map(|lot| lot.id.clone()),
        label: line.label.clone(),
        unit: told.unit(line),
        priced: line.priced.clone(),
        taxes: line.priced.taxes.iter().map(|tax| told.tax(tax)).collect(),
        is_discount: line.is_discount(),
    };
    let preceding = match &document.invoice {
        Some(reversed) => {
            let reversed = store::document::by_key(cx.db, reversed.key)?;
            Some(Preceding { number: reversed.shown().to_owned(), date: reversed.date })
        }
        None => None,
    };
    let delivered = match &document.order {
        Some(order) => transfer::delivered_on(cx.db, order.key)?,
        None => None,
    };
    Ok(Facts {
        kind: document.kind,
        number: document.shown().to_owned(),
        date: document.date,
        due_date: document.due_date,
        text: document.text.clone(),
        reason: document.reason.clone(),
        order: document.order.as_ref().map(|order| order.id.clone()),
        preceding,
        delivered,
        currency: document.currency,
        seller,
        buyer,
        customer: document.customer.id.clone(),
        lines: document.lines.iter().map(line).collect(),
        untaxed: document.untaxed,
        tax: document.tax,
        total: document.total,
        open: document.open,
    })
}
