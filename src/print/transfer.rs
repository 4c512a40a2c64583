//! Transfers, printed: the slip that goes into a parcel that comes back, the note that goes along with a delivery, and the list for a
//! move within the house. Each carries its id as a code.

use super::Printing;
use super::code::Code;
use super::sheet::{Cell, Column, Row, Sheet, Table};
use crate::domain::product::Tracking;
use crate::domain::transfer::{Transfer, TransferKind, TransferState};

/// The sheet of a transfer: a return has a template of its own.
pub fn sheet(printing: &Printing<'_>, transfer: &Transfer) -> Sheet {
    let words = printing.words;
    let is_return = transfer.kind == TransferKind::Incoming && transfer.return_of.is_some();
    let (kind, title) = match transfer.kind {
        TransferKind::Incoming if is_return => ("return", "return_slip"),
        TransferKind::Incoming => ("transfer", "receipt"),
        TransferKind::Outgoing => ("transfer", "delivery_note"),
        TransferKind::Internal => ("transfer", "move"),
    };
    let mut sheet = printing.sheet(kind, title, &transfer.id, &transfer.id);
    sheet.mark = (transfer.state == TransferState::Cancelled).then(|| words.text("cancelled").to_owned());
    sheet.code = Code::of(&transfer.id);
    let named = |key: &'static str, value: Option<&String>| value.map(|value| printing.fact(key, value.as_str()));
    let facts = [
        Some(printing.fact("number", transfer.id.as_str())),
        Some(printing.fact("date", printing.day(transfer.date))),
        named("order", transfer.order.as_ref().map(|order| &order.id)),
        named("ticket", transfer.ticket.as_ref().map(|ticket| &ticket.id)),
        named("return_of", transfer.return_of.as_ref().map(|of| &of.id)),
        named("exchange_of", transfer.exchange_of.as_ref().map(|of| &of.id)),
        named("backorder_of", transfer.backorder_of.as_ref().map(|of| &of.id)),
        Some(printing.fact("from", transfer.from.id.as_str())),
        Some(printing.fact("to", transfer.to.id.as_str())),
    ];
    sheet.facts = facts.into_iter().flatten().collect();
    if is_return && !matches!(transfer.state, TransferState::Done | TransferState::Cancelled) {
        sheet.remarks.push(words.text("return_hint").to_owned());
    }
    let is_done = transfer.state == TransferState::Done;
    let column = |key: &'static str, number: bool| Column { key, label: words.text(key).to_owned(), number };
    let mut columns = vec![column("line", true), column("product", false), column("quantity", true)];
    if is_done {
        columns.push(column("done", true));
    }
    let rows = transfer.lines.iter().map(|line| {
        let mut product = printing.product_lines(&line.product.id);
        if let Some(lot) = &line.lot {
            let key = if line.tracking == Tracking::Serial { "serial" } else { "lot" };
            product.below.push(super::printable(&words.fill(key, &[("lot", &lot.id)])));
        }
        let mut cells = vec![Cell::from(line.line.to_string()), product, Cell::from(printing.quantity(line.quantity))];
        if is_done {
            cells.push(Cell::from(printing.quantity(line.done)));
        }
        Row { cells, sum: None }
    });
    sheet.tables = vec![Table { key: "lines", heading: None, columns, rows: rows.collect() }];
    sheet
}
