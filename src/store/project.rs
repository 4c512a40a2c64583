//! Field-service projects.

use super::{Db, Key, Page, Result, Row};
use crate::domain::project::Project;
use crate::domain::value::reference::folded;
use crate::{named, paged, params};

macro_rules! head {
    () => {
        "SELECT p.key, p.id, p.name, p.worksheets, w.key, w.id, t.key, t.id
         FROM project p LEFT JOIN worksheet_template w ON w.key = p.worksheet_template
           LEFT JOIN product t ON t.key = p.time_product"
    };
}

fn read(row: &Row<'_>) -> Result<Project> {
    Ok(Project {
        key: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        worksheets: row.get(3)?,
        worksheet_template: row.optional_reference(4)?,
        time_product: row.optional_reference(6)?,
    })
}

/// The project with that id or, ignoring case, that name.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Project>> {
    db.by_id_or_name(named!(head!(), "p"), id, read)
}

/// The project of that key.
pub fn by_key(db: &Db, key: Key) -> Result<Project> {
    db.query_one(concat!(head!(), " WHERE p.key = $1"), params![key], read)
}

/// The ids of all, in order of creation.
pub fn ids(db: &Db) -> Result<Vec<String>> {
    db.query("SELECT id FROM project ORDER BY key", params![], |row| row.get(0))
}

/// One stretch of the list.
pub fn page(db: &Db, page: Page) -> Result<Vec<Project>> {
    db.page(paged!(head!(), "p.key"), page, read)
}

/// Writes a new project.
pub fn insert(db: &Db, project: &Project) -> Result<()> {
    db.write(
        "INSERT INTO project (key, id, name, name_folded, worksheets, worksheet_template, time_product)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            project.key,
            &project.id,
            &project.name,
            folded(&project.name),
            project.worksheets,
            &project.worksheet_template,
            &project.time_product
        ],
    )
}

/// Writes what was changed of a project.
pub fn update(db: &Db, project: &Project) -> Result<()> {
    db.change_one(
        "UPDATE project SET name = $2, name_folded = $3, worksheets = $4, worksheet_template = $5, time_product = $6
         WHERE key = $1",
        params![
            project.key,
            &project.name,
            folded(&project.name),
            project.worksheets,
            &project.worksheet_template,
            &project.time_product
        ],
    )
}
