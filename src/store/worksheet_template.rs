//! Worksheet templates and their fields.

use std::collections::HashMap;

use super::engine::record::{self, Described, Field as _, each_of};
use super::engine::statement::Tables;
use super::engine::table::{self, BY_PLACE, FoundBy, Table, folded, id, list, records, rows, switch, text, words};
use super::{Db, Key, Result, Value};
use crate::domain::worksheet_template::{BETWEEN, Field, FieldType, WorksheetTemplate};
use crate::{described, field_of_words};

field_of_words!(FieldType);

described! {
    WorksheetTemplate in WORKSHEET_TEMPLATE {
        id: id(),
        name: text().listed().searched(),
        fields: rows(&[
            text().called("name"),
            words(FieldType::WORDS).called("type"),
            switch().called("required"),
            table::ids().called("choices"),
        ]),
    } beside {
        name_folded: folded("name"),
    } complete complete
}

static FIELDS: Table = FIELD_ROWS;

const FIELD_ROWS: Table = list(
    "worksheet_field",
    "template",
    BY_PLACE,
    &[
        text().called("name"),
        words(FieldType::WORDS).called("type"),
        switch().called("required"),
        text().called("choices"),
    ],
)
.shown("fields");

pub static WORKSHEET_TEMPLATE: Table = records("worksheet_template", "worksheet_template", WorksheetTemplate::COLUMNS)
    .with(&[FIELD_ROWS])
    .found_by(&[FoundBy::Exactly("id"), FoundBy::Folded("name_folded")]);

/// Loads the fields of some templates.
fn complete(db: &Db, templates: &mut [WorksheetTemplate]) -> Result<()> {
    let mut fields: HashMap<Key, Vec<Field>> = HashMap::new();
    let keys: Vec<Key> = templates.iter().map(Described::key).collect();
    each_of(
        db,
        const { Tables::of(&["worksheet_field"]) },
        (
            "SELECT template, name, type, required, choices FROM worksheet_field",
            "template",
            " ORDER BY template, position",
        ),
        &keys,
        |row| {
            let choices: String = row.get(4)?;
            let choices = choices.split(BETWEEN).filter(|choice| !choice.is_empty()).map(str::to_owned).collect();
            let field = Field { name: row.get(1)?, kind: row.get(2)?, required: row.get(3)?, choices };
            fields.entry(row.get(0)?).or_default().push(field);
            Ok(())
        },
    )?;
    for template in templates {
        template.fields = fields.remove(&template.key).unwrap_or_default();
    }
    Ok(())
}

/// Writes a new template with its fields.
pub fn insert(db: &Db, template: &WorksheetTemplate) -> Result<()> {
    record::insert(db, template)?;
    insert_fields(db, template)
}

/// Writes a changed template; its fields are replaced.
pub fn update(db: &Db, template: &WorksheetTemplate) -> Result<()> {
    record::update(db, template)?;
    record::delete_rows(db, &FIELDS, template)?;
    insert_fields(db, template)
}

fn insert_fields(db: &Db, template: &WorksheetTemplate) -> Result<()> {
    let rows = template.fields.iter().map(|field| {
        let choices = Value::from(field.choices.join(&BETWEEN.to_string()));
        vec![field.name.bind(), field.kind.bind(), field.required.bind(), choices]
    });
    record::add_rows(db, &FIELDS, template, rows)
}
