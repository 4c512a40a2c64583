//! Worksheets of tasks: filled in, then signed and frozen (spec F3).

use super::context::Cx;
use super::image;
use super::task::tell;
use crate::domain::common::ValueRefused;
use crate::domain::task::{Stage, Task};
use crate::domain::worksheet::{FieldValue, Filling, Worksheet, WorksheetRefused, check_names, checked_value};
use crate::domain::worksheet_template::{FieldType, WorksheetTemplate};
use crate::domain::{Faults, Result};
use crate::store::engine::record;
use crate::store::{file, task};

/// The worksheet of a task: with the fields that it has, or before it is begun with those that its template has now.
pub fn of(cx: &Cx<'_>, task: &Task) -> Result<Worksheet> {
    let worksheet = task.worksheet.clone().ok_or_else(|| WorksheetRefused::None { task: task.id.clone() })?;
    if !worksheet.fields.is_empty() || worksheet.is_signed() {
        return Ok(worksheet);
    }
    let template: WorksheetTemplate = record::by_key(cx.db, worksheet.template.key)?;
    Ok(worksheet.begun(&template.fields))
}

/// Fills in some fields, of which what is given is checked by its type; answers the task with them.
pub fn fill(cx: &Cx<'_>, before: Task, given: &[FieldValue]) -> Result<Task> {
    let mut worksheet = of(cx, &before)?;
    let mut faults = Faults::default();
    if given.is_empty() {
        faults.note(ValueRefused::missing("value"));
    }
    faults.gather(check_names(given).map_err(Into::into));
    let mut read = Vec::with_capacity(given.len());
    for value in given {
        read.extend(faults.gather(Read::of(&worksheet, value)));
    }
    faults.refuse()?;
    check_open(&before, &worksheet)?;
    for Read { field, value } in read {
        let filling = match value {
            What::Value(value) => value,
            // Read anew, so that one photo is held at a time.
            What::Photo(path) => Filling::File(image::keep(cx, &image::read("value", path)?)?),
        };
        worksheet.set(&field, filling);
    }
    save(cx, before, worksheet)
}

/// What was read for a field.
struct Read<'g> {
    field: String,
    value: What<'g>,
}

enum What<'g> {
    Value(Filling),
    /// The path of the file.
    Photo(&'g str),
}

impl<'g> Read<'g> {
    fn of(worksheet: &Worksheet, given: &'g FieldValue) -> Result<Read<'g>> {
        let field = worksheet.field(&given.name)?;
        let value = match (given.value.as_str(), field.kind) {
            ("", _) => What::Value(Filling::Nothing),
            (path, FieldType::Photo) => {
                image::read("value", path)?;
                What::Photo(path)
            }
            (text, _) => What::Value(Filling::Value(checked_value(field, text)?)),
        };
        Ok(Read { field: field.name.clone(), value })
    }
}

/// Signs the worksheet of a task for somebody of that name, with a drawn signature where there is one; unchanged where they have
/// signed it already. What is signed is frozen: its content is sealed.
pub fn sign(cx: &Cx<'_>, before: Task, by: &str, image: Option<&[u8]>) -> Result<Task> {
    let mut worksheet = of(cx, &before)?;
    if !worksheet.check_signing(&before, by)? {
        return Ok(before);
    }
    check_open(&before, &worksheet)?;
    worksheet.signature = image.map(|image| image::keep(cx, image)).transpose()?;
    worksheet.signed_by = Some(by.to_owned());
    worksheet.signed_at = Some(cx.now);
    worksheet.seal = Some(file::hash_of(worksheet.content(&before.id).as_bytes()));
    let after = save(cx, before, worksheet)?;
    tell(cx, &after, &format!("signed by {by}"))?;
    Ok(after)
}

/// What tells whether a worksheet is still what somebody saw of it.
pub fn seen(task: &Task, worksheet: &Worksheet) -> String {
    file::hash_of(worksheet.content(&task.id).as_bytes())
}

/// Refuses to sign another worksheet than was seen; one that was signed meanwhile is told as that.
pub fn check_seen(cx: &Cx<'_>, task: &Task, before: &str) -> Result<()> {
    let worksheet = of(cx, task)?;
    if !worksheet.is_signed() && seen(task, &worksheet) != before {
        return Err(WorksheetRefused::Changed { task: task.id.clone() }.into());
    }
    Ok(())
}

/// What is signed stays, and what is called off is not worked on; a task that is done can still be written down and signed.
fn check_open(task: &Task, worksheet: &Worksheet) -> Result<()> {
    worksheet.check_open(task)?;
    if task.stage == Stage::Cancelled {
        return Err(task.not_allowed("written down").into());
    }
    Ok(())
}

fn save(cx: &Cx<'_>, before: Task, worksheet: Worksheet) -> Result<Task> {
    let mut after = Task { worksheet: Some(worksheet), ..before.clone() };
    if after != before {
        task::update(cx.db, &before, &mut after)?;
        cx.touched("task", &after.id);
    }
    Ok(after)
}
