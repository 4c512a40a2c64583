//! Repairs, printed: the sheet that lies beside the broken product on the bench, with its id as a code.

use super::Printing;
use super::code::Code;
use super::sheet::{Cell, Column, Fact, Row, Sheet, Table};
use crate::domain::product::Tracking;
use crate::domain::repair::{Repair, RepairState};

/// The sheet of a repair. `tracking` tells how the lots of a product are called.
pub fn sheet(printing: &Printing<'_>, repair: &Repair, tracking: impl Fn(&str) -> Tracking) -> Sheet {
    let words = printing.words;
    let mut sheet = printing.sheet("repair", "repair_sheet", &repair.id, &repair.id);
    sheet.mark = match repair.state {
        RepairState::Draft => Some(words.text("draft").to_owned()),
        RepairState::Cancelled => Some(words.text("cancelled").to_owned()),
        RepairState::Confirmed | RepairState::UnderRepair | RepairState::Done => None,
    };
    sheet.code = Code::of(&repair.id);
    let lot_of = |product: &str, lot: &str| {
        let key = if tracking(product) == Tracking::Serial { "serial" } else { "lot" };
        words.fill(key, &[("lot", lot)])
    };
    let named = |key: &'static str, value: Option<&String>| value.map(|value| printing.fact(key, value.as_str()));
    let product = printing.product(&repair.product.id);
    let lot = repair.lot.as_ref().map(|lot| lot_of(&repair.product.id, &lot.id));
    let tags: Vec<&str> = repair.tags.iter().map(|tag| tag.id.as_str()).collect();
    let facts =
        [
            Some(printing.fact("number", repair.id.as_str())),
            Some(printing.fact(
                "to_repair",
                [Some(product.to_owned()), lot].into_iter().flatten().collect::<Vec<_>>().join("\n"),
            )),
            Some(printing.fact("quantity", printing.quantity(repair.quantity))),
            Some(printing.fact("scheduled", printing.day(repair.scheduled_date))),
            named("responsible", repair.responsible.as_ref().map(|user| &user.id)),
            named("ticket", repair.ticket.as_ref().map(|ticket| &ticket.id)),
            named("return_of", repair.from_return.as_ref().map(|of| &of.id)),
            repair.under_warranty.then(|| printing.fact("warranty", words.text("yes"))),
            (!tags.is_empty()).then(|| printing.fact("tags", tags.join(", "))),
        ];
    sheet.facts = facts.into_iter().flatten().collect();
    let column = |key: &'static str, number: bool| Column { key, label: words.text(key).to_owned(), number };
    if !repair.parts.is_empty() {
        let rows = repair.parts.iter().map(|part| {
            let mut product = printing.product_lines(&part.product.id);
            product.below.extend(part.lot.as_ref().map(|lot| super::printable(&lot_of(&part.product.id, &lot.id))));
            let cells = vec![
                Cell::from(part.line.to_string()),
                Cell::from(words.text(part.kind.word())),
                product,
                Cell::from(printing.quantity(part.quantity)),
                Cell::from(printing.quantity(part.done)),
            ];
            Row { cells, sum: None }
        });
        let columns =
            ["line", "part", "product", "quantity", "used"].map(|key| column(key, !["part", "product"].contains(&key)));
        let heading = Some(words.text("parts").to_owned());
        sheet.tables.push(Table { key: "parts", heading, columns: columns.into(), rows: rows.collect() });
    }
    if !repair.labour.is_empty() {
        let rows = repair.labour.iter().map(|labour| {
            let product = printing.product_lines(&labour.product.id);
            let cells =
                vec![Cell::from(labour.line.to_string()), product, Cell::from(printing.quantity(labour.quantity))];
            Row { cells, sum: None }
        });
        let columns = vec![column("line", true), column("product", false), column("quantity", true)];
        let heading = Some(words.text("labour").to_owned());
        sheet.tables.push(Table { key: "labour", heading, columns, rows: rows.collect() });
    }
    sheet.notes.extend(repair.notes.as_deref().map(|notes| Fact::new("notes", words.text("notes"), notes)));
    sheet
}
