//! Visits on site, printed: the report of the work with what was used, the time, what is written down, photos and signature (spec F3).

use std::sync::Arc;

use super::Printing;
use super::picture::{Picture, PictureType};
use super::sheet::{Cell, Column, Fact, Row, Sheet, Table, printable};
use crate::domain::product::Tracking;
use crate::domain::task::time::Time;
use crate::domain::task::{Stage, Task, UsedProduct};
use crate::domain::value::day::Instant;
use crate::domain::worksheet::{FilledField, Worksheet};
use crate::domain::worksheet_template::FieldType;

/// What the sheet of a visit needs beside the task itself.
pub struct Visit<'v> {
    pub task: &'v Task,
    /// Its worksheet, with the fields of its template where nothing is filled in yet.
    pub worksheet: Option<&'v Worksheet>,
    /// What an image holds, by the id of its file; none where it was emptied.
    pub images: &'v dyn Fn(&str) -> Option<Arc<Vec<u8>>>,
    /// A moment as the clocks of the desk show it.
    pub clock: &'v dyn Fn(Instant) -> String,
}

/// The sheet of a visit.
pub fn sheet(printing: &Printing<'_>, visit: &Visit<'_>) -> Sheet {
    let (words, task) = (printing.words, visit.task);
    let mut sheet = printing.sheet("worksheet", "worksheet", &task.id, &task.id);
    sheet.mark = (task.stage == Stage::Cancelled).then(|| words.text("cancelled").to_owned());
    let moment = |moment: Option<Instant>| moment.map(visit.clock);
    let named = |key: &'static str, value: Option<String>| value.map(|value| printing.fact(key, value));
    let id =
        |reference: &Option<crate::domain::value::reference::Reference>| reference.as_ref().map(|of| of.id.clone());
    let planned: Vec<String> = [moment(task.planned_start), moment(task.planned_end)].into_iter().flatten().collect();
    let facts = [
        Some(printing.fact("number", task.id.as_str())),
        named("ticket", id(&task.ticket)),
        named("project", Some(task.project.id.clone())),
        named("responsible", id(&task.assignee)),
        named("scheduled", Some(planned.join(" – ")).filter(|planned| !planned.is_empty())),
    ];
    sheet.facts = facts.into_iter().flatten().collect();
    sheet.remarks.extend(Some(printable(&task.title)).filter(|title| !title.is_empty()));
    sheet.tables.extend(products(printing, &task.products));
    sheet.tables.extend(times(printing, &task.timesheet, visit));
    if let Some(worksheet) = visit.worksheet {
        sheet.tables.extend(fields(printing, worksheet));
        signed(printing, worksheet, visit, &mut sheet);
    }
    sheet
}

fn table(
    printing: &Printing<'_>,
    key: &'static str,
    columns: &[(&'static str, bool)],
    rows: Vec<Vec<Cell>>,
) -> Option<Table> {
    let column = |(key, number): &(&'static str, bool)| Column {
        key,
        label: printing.words.text(key).to_owned(),
        number: *number,
    };
    (!rows.is_empty()).then(|| Table {
        key,
        heading: Some(printing.words.text(key).to_owned()),
        columns: columns.iter().map(column).collect(),
        rows: rows.into_iter().map(|cells| Row { cells, sum: None }).collect(),
    })
}

fn products(printing: &Printing<'_>, products: &[UsedProduct]) -> Option<Table> {
    let rows = products.iter().map(|used| {
        let mut product = printing.product_lines(&used.product.id);
        let lot = used.lot.as_ref().map(|lot| {
            let key = if used.tracking == Tracking::Serial { "serial" } else { "lot" };
            printable(&printing.words.fill(key, &[("lot", &lot.id)]))
        });
        product.below.extend(lot);
        vec![Cell::from(used.line.to_string()), product, Cell::from(printing.quantity(used.quantity))]
    });
    table(printing, "parts", &[("line", true), ("product", false), ("quantity", true)], rows.collect())
}

fn times(printing: &Printing<'_>, timesheet: &[Time], visit: &Visit<'_>) -> Option<Table> {
    let rows = timesheet.iter().map(|time| {
        let mut who = Cell::from(time.user.clone().unwrap_or_default());
        who.below.extend(time.note.as_deref().map(printable));
        let minutes = time.seconds.map(|seconds| printing.words.number(&(seconds / 60).to_string()));
        vec![
            Cell::from(time.line.to_string()),
            who,
            Cell::from((visit.clock)(time.from)),
            Cell::from(time.to.map(visit.clock).unwrap_or_default()),
            Cell::from(minutes.unwrap_or_default()),
        ]
    });
    let mut rows: Vec<Vec<Cell>> = rows.collect();
    if rows.len() > 1 {
        let all = printing.words.number(&visit.task.worked_minutes.to_string());
        let total = printing.words.text("total");
        rows.push(vec![Cell::default(), Cell::from(total), Cell::default(), Cell::default(), Cell::from(all)]);
    }
    let columns = [("line", true), ("worked_by", false), ("from", false), ("to", false), ("minutes", true)];
    table(printing, "time", &columns, rows)
}

fn fields(printing: &Printing<'_>, worksheet: &Worksheet) -> Option<Table> {
    let told = |filled: &FilledField| {
        let value = filled.value.as_deref().unwrap_or_default();
        Cell::from(match filled.field.kind {
            FieldType::YesNo if !value.is_empty() => printing.words.text(value).to_owned(),
            FieldType::Date => value.parse().map_or_else(|_| value.to_owned(), |day| printing.day(day)),
            FieldType::Number if !value.is_empty() => printing.words.number(value),
            _ => value.to_owned(),
        })
    };
    // Photos are shown below.
    let rows = worksheet.fields.iter().filter(|filled| filled.field.kind != FieldType::Photo);
    let rows = rows.map(|filled| vec![Cell::from(filled.field.name.as_str()), told(filled)]);
    table(printing, "work", &[("field", false), ("value", false)], rows.collect())
}

/// Photos and the signature, and who signed when.
fn signed(printing: &Printing<'_>, worksheet: &Worksheet, visit: &Visit<'_>, sheet: &mut Sheet) {
    let picture = |label: &str, file: &str| {
        let bytes = (visit.images)(file)?;
        Some(Picture { label: printable(label), of: PictureType::of(&bytes)?, bytes })
    };
    for filled in &worksheet.fields {
        sheet.pictures.extend(filled.file.as_ref().and_then(|file| picture(&filled.field.name, &file.id)));
    }
    let Some(at) = worksheet.signed_at else {
        return;
    };
    let (by, at) = (worksheet.signed_by.clone().unwrap_or_default(), (visit.clock)(at));
    let text = printing.words.fill("signed_by", &[("name", &by), ("time", &at)]);
    sheet.notes.push(Fact::new("signature", printing.words.text("signature"), text));
    let drawn = worksheet.signature.as_ref().and_then(|file| picture(&by, &file.id));
    sheet.pictures.extend(drawn);
}
