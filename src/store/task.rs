//! Tasks of field service.

use std::collections::BTreeMap;

use super::{Db, Key, Page, Result, Row};
use crate::domain::task::{Stage, Task, Worksheet};
use crate::domain::ticket::OnTicket;
use crate::{column_of_text, paged, params};

column_of_text!(Stage);

macro_rules! head {
    () => {
        "SELECT t.key, t.id, t.title, t.project, p.id, t.stage, c.key, c.id, k.key, k.id, u.key, u.id,
                t.planned_start, t.planned_end, w.key, w.id, t.signed_by, t.signed_at
         FROM task t JOIN project p ON p.key = t.project LEFT JOIN customer c ON c.key = t.customer
           LEFT JOIN ticket k ON k.key = t.ticket LEFT JOIN person u ON u.key = t.assignee
           LEFT JOIN worksheet_template w ON w.key = t.worksheet_template"
    };
}

fn read(row: &Row<'_>) -> Result<Task> {
    let signed_by = row.get(16)?;
    let signed_at = row.get(17)?;
    let worksheet = row.optional_reference(14)?.map(|template| Worksheet {
        template,
        values: BTreeMap::new(),
        signed_by,
        signed_at,
    });
    Ok(Task {
        key: row.get(0)?,
        id: row.get(1)?,
        title: row.get(2)?,
        project: row.reference(3)?,
        stage: row.get(5)?,
        customer: row.optional_reference(6)?,
        ticket: row.optional_reference(8)?,
        assignee: row.optional_reference(10)?,
        planned_start: row.get(12)?,
        planned_end: row.get(13)?,
        worked_minutes: 0,
        products: Vec::new(),
        worksheet,
    })
}

/// The task with that id.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Task>> {
    db.query_opt(concat!(head!(), " WHERE t.id = $1"), params![id], read)
}

/// One page of the list.
pub fn page(db: &Db, page: Page) -> Result<Vec<Task>> {
    db.page(paged!(head!(), "t.key"), page, read)
}

/// Writes a new task.
pub fn insert(db: &Db, task: &Task) -> Result<()> {
    db.write(
        "INSERT INTO task (key, id, title, project, stage, customer, ticket, assignee, planned_start, planned_end,
                           worksheet_template)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        params![
            task.key,
            &task.id,
            &task.title,
            &task.project,
            task.stage.word(),
            &task.customer,
            &task.ticket,
            &task.assignee,
            task.planned_start,
            task.planned_end,
            task.worksheet.as_ref().map(|worksheet| worksheet.template.key)
        ],
    )
}

/// Writes what editing or a verb changed of a task.
pub fn update(db: &Db, task: &Task) -> Result<()> {
    db.change_one(
        "UPDATE task SET title = $2, project = $3, stage = $4, assignee = $5, planned_start = $6, planned_end = $7,
                         worksheet_template = $8
         WHERE key = $1",
        params![
            task.key,
            &task.title,
            &task.project,
            task.stage.word(),
            &task.assignee,
            task.planned_start,
            task.planned_end,
            task.worksheet.as_ref().map(|worksheet| worksheet.template.key)
        ],
    )
}

/// The tasks planned from a ticket, oldest first.
pub fn made_from(db: &Db, ticket: Key) -> Result<Vec<OnTicket>> {
    let made = crate::query!([task], "SELECT id, stage FROM task WHERE ticket = $1 ORDER BY key");
    db.query(made, params![ticket], |row| Ok(row.get::<Stage>(1)?.on_ticket(row.get(0)?)))
}
