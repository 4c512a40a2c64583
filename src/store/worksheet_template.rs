//! Worksheet templates and their fields.

use super::{Db, Key, Page, Result, Row};
use crate::domain::value::reference::folded;
use crate::domain::worksheet_template::{BETWEEN, Field, FieldType, WorksheetTemplate};
use crate::{column_of_text, named, paged, params};

column_of_text!(FieldType);

macro_rules! head {
    () => {
        "SELECT w.key, w.id, w.name FROM worksheet_template w"
    };
}

/// All but the fields.
fn read(row: &Row<'_>) -> Result<WorksheetTemplate> {
    Ok(WorksheetTemplate { key: row.get(0)?, id: row.get(1)?, name: row.get(2)?, fields: Vec::new() })
}

/// Loads the fields.
pub fn complete(db: &Db, template: &mut WorksheetTemplate) -> Result<()> {
    template.fields = db.query(
        "SELECT name, type, required, choices FROM worksheet_field WHERE template = $1 ORDER BY position",
        params![template.key],
        |row| {
            let choices: String = row.get(3)?;
            let choices = choices.split(BETWEEN).filter(|choice| !choice.is_empty()).map(str::to_owned).collect();
            Ok(Field { name: row.get(0)?, kind: row.get(1)?, required: row.get(2)?, choices })
        },
    )?;
    Ok(())
}

/// The template with that id or, ignoring case, that name; complete.
pub fn by_id(db: &Db, id: &str) -> Result<Option<WorksheetTemplate>> {
    let Some(mut template) = db.by_id_or_name(named!(head!(), "w"), id, read)? else {
        return Ok(None);
    };
    complete(db, &mut template)?;
    Ok(Some(template))
}

/// The template of that key, complete.
pub fn by_key(db: &Db, key: Key) -> Result<WorksheetTemplate> {
    let mut template = db.query_one(concat!(head!(), " WHERE w.key = $1"), params![key], read)?;
    complete(db, &mut template)?;
    Ok(template)
}

/// The ids of all, in order of creation.
pub fn ids(db: &Db) -> Result<Vec<String>> {
    db.query("SELECT id FROM worksheet_template ORDER BY key", params![], |row| row.get(0))
}

/// One stretch of the list, without fields.
pub fn page(db: &Db, page: Page) -> Result<Vec<WorksheetTemplate>> {
    db.page(paged!(head!(), "w.key"), page, read)
}

/// Writes a new template with its fields.
pub fn insert(db: &Db, template: &WorksheetTemplate) -> Result<()> {
    db.write(
        "INSERT INTO worksheet_template (key, id, name, name_folded) VALUES ($1, $2, $3, $4)",
        params![template.key, &template.id, &template.name, folded(&template.name)],
    )?;
    insert_fields(db, template)
}

/// Writes what was changed of a template; its fields are replaced.
pub fn update(db: &Db, template: &WorksheetTemplate) -> Result<()> {
    db.change_one(
        "UPDATE worksheet_template SET name = $2, name_folded = $3 WHERE key = $1",
        params![template.key, &template.name, folded(&template.name)],
    )?;
    db.write("DELETE FROM worksheet_field WHERE template = $1", params![template.key])?;
    insert_fields(db, template)
}

fn insert_fields(db: &Db, template: &WorksheetTemplate) -> Result<()> {
    for (field, position) in template.fields.iter().zip(1..) {
        db.write(
            "INSERT INTO worksheet_field (template, position, name, type, required, choices)
             VALUES ($1, $2, $3, $4, $5, $6)",
            params![
                template.key,
                position,
                &field.name,
                field.kind.word(),
                field.required,
                field.choices.join(&BETWEEN.to_string())
            ],
        )?;
    }
    Ok(())
}
