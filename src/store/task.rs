//! Tasks of field service, with the time worked on them, what was used, and what is written in their worksheets.

use std::collections::HashMap;

use super::document::{bills, counts};
use super::engine::record::{self, Cells, Described, Field as _, each_of};
use super::engine::statement::Tables;
use super::engine::table::{
    BY_LINE, Column, DayOf, FoundBy, Table, id, ids, instant, int, json, link, list, list_of, numbered, object,
    quantity, records, switch, text, words,
};
use super::{Db, Key, Result, Value};
use crate::domain::product::{ProductType, Tracking};
use crate::domain::task::time::{Time, Timer};
use crate::domain::task::{Stage, Task, UsedProduct};
use crate::domain::ticket::OnTicket;
use crate::domain::value::reference::Reference;
use crate::domain::worksheet::{FilledField, OfTask, Worksheet};
use crate::domain::worksheet_template::{BETWEEN, Field, FieldType};
use crate::{described, field_of_words, params, query, raw};

field_of_words!(Stage, Timer);

pub static TASK: Table = records("task", "task", COLUMNS)
    .with(&[PRODUCT_ROWS, TIME_ROWS, FIELD_ROWS])
    .found_by(&[FoundBy::Exactly("id"), FoundBy::Padded])
    .dated(DayOf::Instant(CREATED_AT));

/// When it was planned; what is older than this column came before all that has one.
const CREATED_AT: &str = "COALESCE(t.created_at, '')";

/// Whole minutes of all that was worked.
const WORKED: &str = "CAST((SELECT COALESCE(SUM(w.seconds), 0) FROM timesheet w WHERE w.task = t.key) AS BIGINT) / 60";

/// What its timer does, as `domain::task::time::timer_of` tells it.
const TIMER: &str =
    "CASE WHEN EXISTS (SELECT 1 FROM timesheet w WHERE w.task = t.key AND w.ended_at IS NULL) THEN 'running'
  WHEN EXISTS (SELECT 1 FROM timesheet w WHERE w.task = t.key AND w.paused = 1) THEN 'paused' END";

/// The invoice that stands for it.
const INVOICE: &str = concat!("(SELECT MIN(d.key) FROM document d WHERE d.task = t.key AND ", bills!("d"), ")");

const COLUMNS: &[Column] = &[
    id().called("id"),
    text().called("title").listed().searched().personal(),
    link("project").called("project").listed().least(1),
    words(Stage::WORDS).called("stage").listed().least(6),
    link("customer").called("customer").optional().listed().least(5),
    link("ticket").called("ticket").optional().listed().least(3),
    link("person").called("assignee").optional().listed().least(4),
    instant().called("planned_start").optional().listed(),
    instant().called("planned_end").optional().listed().least(3),
    int().called("worked_minutes").is(WORKED).reading(&["timesheet"]).finding(&[("timesheet", "task", &["seconds"])]),
    list_of("products").called("products"),
    object(&[
        link("worksheet_template").called("template"),
        json().called("values"),
        text().called("signed_by").optional(),
        instant().called("signed_at").optional(),
        link("file").called("signature").optional(),
    ])
    .called("worksheet")
    .optional(),
    words(Timer::WORDS).called("timer").optional().is(TIMER).reading(&["timesheet"]).finding(&[(
        "timesheet",
        "task",
        &["ended_at", "paused"],
    )]),
    list_of("timesheet").called("timesheet"),
    numbered("document").called("invoice").optional().is(INVOICE).reading(&["document"]),
    ids().called("overlaps").listed().least(2),
    instant().called("created_at").optional(),
    // The worksheet, as it is stored.
    link("worksheet_template").called("worksheet_template").optional().hidden(),
    text().called("signed_by").optional().hidden().personal(),
    instant().called("signed_at").optional().hidden(),
    link("file").called("signature").optional().hidden(),
    text().called("seal").optional().hidden().personal(),
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
            timer: cells.take()?,
            timesheet: Vec::new(),
            invoice: cells.take()?,
            overlaps: Vec::new(),
            created_at: cells.take()?,
        };
        let (template, signed_by, signed_at): (Option<Key>, _, _) = (cells.take()?, cells.take()?, cells.take()?);
        let (signature, seal): (Option<Key>, _) = (cells.take()?, cells.take()?);
        // `complete` knows the ids.
        let nameless = |key| Reference { key, id: String::new() };
        task.worksheet = template.map(|template| Worksheet {
            template: nameless(template),
            fields: Vec::new(),
            signed_by,
            signed_at,
            signature: signature.map(nameless),
            seal,
        });
        Ok(task)
    }

    fn values(&self) -> Vec<Value<'_>> {
        let worksheet = self.worksheet.as_ref();
        let made = || Value::Null;
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
            made(),
            made(),
            made(),
            made(),
            made(),
            made(),
            made(),
            self.created_at.bind(),
            worksheet.map_or(Value::Null, |worksheet| worksheet.template.bind()),
            worksheet.map_or(Value::Null, |worksheet| worksheet.signed_by.bind()),
            worksheet.map_or(Value::Null, |worksheet| worksheet.signed_at.bind()),
            worksheet.map_or(Value::Null, |worksheet| worksheet.signature.bind()),
            worksheet.map_or(Value::Null, |worksheet| worksheet.seal.bind()),
        ]
    }

    fn key(&self) -> Key {
        self.key
    }

    /// Loads what was used and worked, what is written in the worksheets, and which tasks are at the same time.
    fn complete(db: &Db, tasks: &mut [Task]) -> Result<()> {
        let keys: Vec<Key> = tasks.iter().map(Described::key).collect();
        let mut products = record::children::<UsedProduct>(db, &keys)?;
        let mut times = record::children::<Time>(db, &keys)?;
        let agenda = tasks.iter().filter(|task| task.is_on_agenda());
        let mut overlaps = overlaps(db, &agenda.map(Described::key).collect::<Vec<_>>())?;
        for task in tasks.iter_mut() {
            task.products = products.remove(&task.key).unwrap_or_default();
            task.timesheet = times.remove(&task.key).unwrap_or_default();
            task.overlaps = overlaps.remove(&task.key).unwrap_or_default();
        }
        complete_worksheets(db, tasks)
    }
}

/// A task that is named as what its worksheet is of.
impl Described for OfTask {
    fn table() -> &'static Table {
        &TASK
    }
    fn read(cells: &mut Cells<'_, '_>) -> Result<OfTask> {
        Task::read(cells).map(OfTask)
    }
    fn values(&self) -> Vec<Value<'_>> {
        self.0.values()
    }
    fn key(&self) -> Key {
        self.0.key
    }
    fn complete(db: &Db, tasks: &mut [OfTask]) -> Result<()> {
        tasks.iter_mut().try_for_each(|task| Task::complete(db, std::slice::from_mut(&mut task.0)))
    }
}

/// Loads the fields of the worksheets, and the ids of what they name.
fn complete_worksheets(db: &Db, tasks: &mut [Task]) -> Result<()> {
    let with = tasks.iter().filter_map(|task| Some((task.key, task.worksheet.as_ref()?)));
    let (keys, mut templates, mut files) =
        with.fold((Vec::new(), Vec::new(), Vec::new()), |mut all, (key, worksheet)| {
            all.0.push(key);
            all.1.push(worksheet.template.key);
            all.2.extend(worksheet.signature.as_ref().map(|file| file.key));
            all
        });
    if keys.is_empty() {
        return Ok(());
    }
    let mut fields = record::children::<FilledField>(db, &keys)?;
    for keys in [&mut templates, &mut files] {
        keys.sort_unstable();
        keys.dedup();
    }
    let mut ids: HashMap<Key, String> = HashMap::new();
    for (reads, head, keys) in [
        (const { Tables::of(&["worksheet_template"]) }, "SELECT key, id FROM worksheet_template", templates),
        (const { Tables::of(&["file"]) }, "SELECT key, id FROM file", files),
    ] {
        each_of(db, reads, (head, "key", ""), &keys, |row| {
            ids.insert(row.get(0)?, row.get(1)?);
            Ok(())
        })?;
    }
    for task in tasks {
        let Some(worksheet) = task.worksheet.as_mut() else {
            continue;
        };
        worksheet.fields = fields.remove(&task.key).unwrap_or_default();
        for named in std::iter::once(&mut worksheet.template).chain(worksheet.signature.as_mut()) {
            named.id = ids.get(&named.key).cloned().unwrap_or_default();
        }
    }
    Ok(())
}

static PRODUCTS: Table = PRODUCT_ROWS;
static TIMESHEET: Table = TIME_ROWS;
static FIELDS: Table = FIELD_ROWS;

const PRODUCT_ROWS: Table = list("task_product", "task", BY_LINE, UsedProduct::COLUMNS).shown("products");
const TIME_ROWS: Table = list("timesheet", "task", BY_LINE, Time::COLUMNS);
const FIELD_ROWS: Table = list("worksheet_value", "task", BY_LINE, FIELD_COLUMNS).shown("fields");

described! {
    UsedProduct in PRODUCTS {
        line: int(),
        product: link("product"),
        kind: words(ProductType::WORDS).is("product_.type").hidden(),
        tracking: words(Tracking::WORDS).is("product_.tracking").hidden(),
        lot: link("lot").optional(),
        quantity: quantity(),
    }
}

described! {
    Time in TIMESHEET {
        line: int(),
        user: text().column("actor").optional(),
        from: instant().column("started_at"),
        to: instant().column("ended_at").optional(),
        seconds: int().optional(),
        note: text().optional().personal(),
        paused: switch().hidden(),
    }
}

const FIELD_COLUMNS: &[Column] = &[
    int().called("line"),
    text().called("name"),
    words(FieldType::WORDS).called("type"),
    switch().called("required"),
    text().called("choices"),
    text().called("value").optional().personal(),
    link("file").called("file").optional(),
];

impl Described for FilledField {
    fn table() -> &'static Table {
        &FIELDS
    }

    fn read(cells: &mut Cells<'_, '_>) -> Result<FilledField> {
        let (key, line, name, kind, required) =
            (cells.take()?, cells.take()?, cells.take()?, cells.take()?, cells.take()?);
        let choices: String = cells.take()?;
        let choices = choices.split(BETWEEN).filter(|choice| !choice.is_empty()).map(str::to_owned).collect();
        let field = Field { name, kind, required, choices };
        Ok(FilledField { key, line, field, value: cells.take()?, file: cells.take()? })
    }

    fn values(&self) -> Vec<Value<'_>> {
        let Field { name, kind, required, choices } = &self.field;
        vec![
            self.line.bind(),
            name.bind(),
            kind.bind(),
            required.bind(),
            Value::from(choices.join(&BETWEEN.to_string())),
            self.value.bind(),
            self.file.bind(),
        ]
    }

    fn key(&self) -> Key {
        self.key
    }
}

/// Writes a new task, of which nothing was done yet.
pub fn insert(db: &Db, task: &Task) -> Result<()> {
    record::insert(db, task)
}

/// Writes what editing or a verb changed of a task; new rows get their keys.
pub fn update(db: &Db, before: &Task, after: &mut Task) -> Result<()> {
    record::update(db, after)?;
    let task = after.key;
    let fields = |task: &Task| task.worksheet.as_ref().map(|worksheet| worksheet.fields.clone()).unwrap_or_default();
    let before_fields = fields(before);
    update_rows(db, task, &before.products, &mut after.products, |row, key| row.key = key)?;
    update_rows(db, task, &before.timesheet, &mut after.timesheet, |row, key| row.key = key)?;
    let own = after.worksheet.as_mut().map(|worksheet| &mut worksheet.fields);
    update_rows(db, task, &before_fields, own.unwrap_or(&mut Vec::new()), |row, key| row.key = key)
}

/// Keeps the rows of a list of a task; new ones get their keys.
fn update_rows<T: Described + PartialEq>(
    db: &Db,
    task: Key,
    before: &[T],
    after: &mut [T],
    set_key: impl Fn(&mut T, Key),
) -> Result<()> {
    for new in after.iter_mut().filter(|row| !before.iter().any(|known| known.key() == row.key())) {
        set_key(new, db.next_key()?);
    }
    record::update_rows(db, task, before, after)
}

/// The open tasks that the assignees of some tasks have at the same time, by the key of the task. A task without an end is a
/// moment: it is at the same time as one within which it starts.
pub fn overlaps(db: &Db, tasks: &[Key]) -> Result<HashMap<Key, Vec<String>>> {
    let mut found: HashMap<Key, Vec<String>> = HashMap::new();
    if tasks.is_empty() {
        return Ok(found);
    }
    each_of(
        db,
        const { Tables::of(&["task"]) },
        (
            "SELECT a.key, b.id FROM task a JOIN task b ON b.assignee = a.assignee AND b.key <> a.key
               AND b.planned_start IS NOT NULL AND b.stage <> 'done' AND b.stage <> 'cancelled'
               AND b.planned_start <= COALESCE(a.planned_end, a.planned_start)
               AND (b.planned_start = a.planned_start OR (b.planned_start < COALESCE(a.planned_end, a.planned_start)
                 AND COALESCE(b.planned_end, b.planned_start) > a.planned_start))",
            "a.key",
            " AND a.stage <> 'done' AND a.stage <> 'cancelled' ORDER BY a.key, b.key",
        ),
        tasks,
        |row| {
            found.entry(row.get(0)?).or_default().push(row.get(1)?);
            Ok(())
        },
    )?;
    Ok(found)
}

/// The other tasks on which the timer of that user runs, oldest first.
pub fn running_of(db: &Db, user: &str, but: Key) -> Result<Vec<String>> {
    db.query(
        query!(
            [timesheet, task],
            "SELECT t.id FROM timesheet w JOIN task t ON t.key = w.task
             WHERE w.actor = $1 AND w.ended_at IS NULL AND w.task <> $2 ORDER BY w.key"
        ),
        params![user, but],
        |row| row.get(0),
    )
}

/// The tasks planned from a ticket, oldest first.
pub fn made_from(db: &Db, ticket: Key) -> Result<Vec<OnTicket>> {
    let made = query!([task], "SELECT id, stage FROM task WHERE ticket = $1 ORDER BY key");
    db.query(made, params![ticket], |row| Ok(row.get::<Stage>(1)?.on_ticket(row.get(0)?)))
}

/// The tasks of a ticket that have no customer get the one that it got.
pub fn follow_customer(db: &Db, ticket: Key, customer: Key) -> Result<()> {
    db.write(
        raw!(writes [task], reads [], "UPDATE task SET customer = $2 WHERE ticket = $1 AND customer IS NULL"),
        params![ticket, customer],
    )
}
