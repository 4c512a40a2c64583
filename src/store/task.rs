//! Tasks of field service.

use std::collections::{BTreeMap, HashMap};

use super::engine::record::{self, Cells, Described, Field as _, each_of};
use super::engine::statement::Tables;
use super::engine::table::{
    Column, DayOf, FoundBy, Table, id, instant, int, json, link, object, quantity, records, rows, text, words,
};
use super::{Db, Key, Result, Value};
use crate::domain::task::{Stage, Task, Worksheet};
use crate::domain::ticket::OnTicket;
use crate::domain::value::reference::Reference;
use crate::{field_of_words, params, query};

field_of_words!(Stage);

pub static TASK: Table = records("task", "task", COLUMNS)
    .found_by(&[FoundBy::Exactly("id"), FoundBy::Padded])
    .dated(DayOf::Instant(CREATED_AT));

/// When it was planned; what is older than this column came before all that has one.
const CREATED_AT: &str = "COALESCE(t.created_at, '')";

const COLUMNS: &[Column] = &[
    id().called("id"),
    text().called("title").listed().searched().personal(),
    link("project").called("project").listed().least(1),
    words(Stage::WORDS).called("stage").listed().least(5),
    link("customer").called("customer").optional().listed().least(4),
    link("ticket").called("ticket").optional().listed().least(2),
    link("person").called("assignee").optional().listed().least(3),
    instant().called("planned_start").optional().listed(),
    instant().called("planned_end").optional(),
    int().called("worked_minutes").is("CAST(0 AS BIGINT)"),
    rows(&[link("product").called("product"), quantity().called("quantity")]).called("products"),
    object(&[
        link("worksheet_template").called("template"),
        json().called("values"),
        text().called("signed_by").optional(),
        instant().called("signed_at").optional(),
    ])
    .called("worksheet")
    .optional(),
    instant().called("created_at").optional(),
    // The worksheet, as it is stored.
    link("worksheet_template").called("worksheet_template").optional().hidden(),
    text().called("signed_by").optional().hidden().personal(),
    instant().called("signed_at").optional().hidden(),
];

impl Described for Task {
    fn table() -> &'static Table {
        &TASK
    }

    fn read(cells: &mut Cells<'_, '_>) -> Result<Task> {
        let mut task = Task {
            key: cells.take()?,
            id: cells.take()?,
            title: cells.take()?,
            project: cells.take()?,
            stage: cells.take()?,
            customer: cells.take()?,
            ticket: cells.take()?,
            assignee: cells.take()?,
            planned_start: cells.take()?,
            planned_end: cells.take()?,
            worked_minutes: cells.take()?,
            products: Vec::new(),
            worksheet: None,
            created_at: cells.take()?,
        };
        let (template, signed_by, signed_at): (Option<Key>, _, _) = (cells.take()?, cells.take()?, cells.take()?);
        task.worksheet = template.map(|key| Worksheet {
            // `complete` knows its id.
            template: Reference { key, id: String::new() },
            values: BTreeMap::new(),
            signed_by,
            signed_at,
        });
        Ok(task)
    }

    fn values(&self) -> Vec<Value<'_>> {
        let worksheet = self.worksheet.as_ref();
        vec![
            self.id.bind(),
            self.title.bind(),
            self.project.bind(),
            self.stage.bind(),
            self.customer.bind(),
            self.ticket.bind(),
            self.assignee.bind(),
            self.planned_start.bind(),
            self.planned_end.bind(),
            Value::Null,
            Value::Null,
            Value::Null,
            self.created_at.bind(),
            worksheet.map_or(Value::Null, |worksheet| worksheet.template.bind()),
            worksheet.map_or(Value::Null, |worksheet| worksheet.signed_by.bind()),
            worksheet.map_or(Value::Null, |worksheet| worksheet.signed_at.bind()),
        ]
    }

    fn key(&self) -> Key {
        self.key
    }

    /// Loads the ids of the templates of the worksheets.
    fn complete(db: &Db, tasks: &mut [Task]) -> Result<()> {
        let templates = tasks.iter().filter_map(|task| task.worksheet.as_ref());
        let mut keys: Vec<Key> = templates.map(|worksheet| worksheet.template.key).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut ids: HashMap<Key, String> = HashMap::new();
        each_of(
            db,
            const { Tables::of(&["worksheet_template"]) },
            ("SELECT key, id FROM worksheet_template", "key", ""),
            &keys,
            |row| {
                ids.insert(row.get(0)?, row.get(1)?);
                Ok(())
            },
        )?;
        for worksheet in tasks.iter_mut().filter_map(|task| task.worksheet.as_mut()) {
            worksheet.template.id = ids.get(&worksheet.template.key).cloned().unwrap_or_default();
        }
        Ok(())
    }
}

/// Writes a new task.
pub fn insert(db: &Db, task: &Task) -> Result<()> {
    record::insert(db, task)
}

/// Writes what editing or a verb changed of a task.
pub fn update(db: &Db, task: &Task) -> Result<()> {
    record::update(db, task)
}

/// The tasks planned from a ticket, oldest first.
pub fn made_from(db: &Db, ticket: Key) -> Result<Vec<OnTicket>> {
    let made = query!([task], "SELECT id, stage FROM task WHERE ticket = $1 ORDER BY key");
    db.query(made, params![ticket], |row| Ok(row.get::<Stage>(1)?.on_ticket(row.get(0)?)))
}
