//! Answers that a transaction gets over and over: what a team offers, where returns go, what a tax is. Nobody else writes while
//! it is open, so until it writes to such a table itself the same question has the same answer, and is not asked twice.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::statement::{Statement, Tables};
use super::wire::Param;

/// The tables that are small, asked often and seldom changed.
const KEPT: Tables = Tables::of(&[
    "app",
    "currency",
    "desk",
    "journal",
    "location",
    "person",
    "person_right",
    "product",
    "product_tax",
    "project",
    "stage",
    "tag",
    "tax",
    "team",
    "team_member",
    "team_service",
    "worksheet_field",
    "worksheet_template",
    "customer",
]);

/// How many answers are remembered, and of how many rows at most.
const MOST: usize = 5_000;
pub const ROWS: usize = 16;

/// The answers of the open transaction, by statement and values.
#[derive(Default)]
pub struct Answers {
    known: HashMap<(usize, Vec<Param>), Rc<Vec<tokio_postgres::Row>>>,
}

impl Answers {
    /// Whether a statement's answer can be remembered.
    pub fn keeps(statement: &Statement) -> bool {
        !statement.reads.is_empty() && statement.reads.are_within(KEPT)
    }

    pub fn get(&self, statement: &'static Statement, params: &[Param]) -> Option<Rc<Vec<tokio_postgres::Row>>> {
        // The key has to be owned to be looked for; there is nothing yet in most transactions.
        if self.known.is_empty() {
            return None;
        }
        self.known.get(&(statement.place(), params.to_vec())).cloned()
    }

    pub fn put(&mut self, statement: &'static Statement, params: Vec<Param>, rows: Rc<Vec<tokio_postgres::Row>>) {
        if self.known.len() >= MOST {
            self.known.clear();
        }
        self.known.insert((statement.place(), params), rows);
    }

    /// Forgets what a change may have made another.
    pub fn change(&mut self, statement: &Statement) {
        if statement.writes.touch(KEPT) {
            self.known.clear();
        }
    }

    pub fn forget(&mut self) {
        self.known.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query;

    #[test]
    fn only_answers_of_tables_that_are_kept_are_remembered() {
        for (statement, kept) in [
            (query!([team_service], "SELECT team FROM team_service WHERE team = $1"), true),
            (query!([team, ticket], "SELECT t.id FROM team t JOIN ticket k ON k.team = t.key"), false),
            (query!([document_line], "SELECT key FROM document_line"), false),
            (&Statement::control("SELECT version FROM store_format FOR UPDATE"), false),
        ] {
            assert_eq!(Answers::keeps(statement), kept, "{}", statement.sql);
        }
    }
}
