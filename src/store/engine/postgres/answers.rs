//! Answers that a transaction gets over and over: what a team offers, where returns go, what a tax is. Nobody else writes while
//! it is open, so until it writes to such a table itself the same question has the same answer, and is not asked twice.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::migrate::TABLES;
use super::wire::Param;

/// The tables that are small, asked often and seldom changed.
const KEPT: [&str; 19] = [
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
];

/// How many answers are remembered, and of how many rows at most.
const MOST: usize = 5_000;
pub const ROWS: usize = 16;

/// The answers of the open transaction, by statement and values.
#[derive(Default)]
pub struct Answers {
    known: HashMap<(usize, Vec<Param>), Rc<Vec<tokio_postgres::Row>>>,
    /// Whether statements ask such tables alone, by the place and length of their text.
    kept: HashMap<(usize, usize), bool>,
}

impl Answers {
    /// Whether a statement's answer can be remembered.
    pub fn keeps(&mut self, sql: &'static str) -> bool {
        *self.kept.entry((sql.as_ptr() as usize, sql.len())).or_insert_with(|| {
            let mut named = TABLES.iter().filter(|table| names(sql, table)).peekable();
            named.peek().is_some() && named.all(|table| KEPT.contains(table))
        })
    }

    pub fn get(&self, sql: &'static str, params: &[Param]) -> Option<Rc<Vec<tokio_postgres::Row>>> {
        // The key has to be owned to be looked for; there is nothing yet in most transactions.
        if self.known.is_empty() {
            return None;
        }
        self.known.get(&(sql.as_ptr() as usize, params.to_vec())).cloned()
    }

    pub fn put(&mut self, sql: &'static str, params: Vec<Param>, rows: Rc<Vec<tokio_postgres::Row>>) {
        if self.known.len() >= MOST {
            self.known.clear();
        }
        self.known.insert((sql.as_ptr() as usize, params), rows);
    }

    /// Forgets what a change may have made another.
    pub fn change(&mut self, sql: &str) {
        if !self.known.is_empty() && changed(sql).is_some_and(|table| KEPT.contains(&table)) {
            self.known.clear();
        }
    }

    pub fn forget(&mut self) {
        self.known.clear();
    }
}

/// The table that a statement writes to; none for one that begins or ends something.
fn changed(sql: &str) -> Option<&str> {
    let after =
        ["INSERT INTO ", "UPDATE ", "DELETE FROM "].iter().find_map(|what| sql.trim_start().strip_prefix(what))?;
    after.split_whitespace().next()
}

/// Whether a statement names a table, as a word of its own.
fn names(sql: &str, table: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    sql.match_indices(table).any(|(at, _)| {
        let before = sql.get(..at).and_then(|before| before.chars().next_back());
        let after = sql.get(at + table.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_answers_of_tables_that_are_kept_are_remembered() {
        let mut answers = Answers::default();
        for (sql, kept) in [
            ("SELECT team FROM team_service WHERE team = $1", true),
            ("SELECT t.id FROM team t JOIN ticket k ON k.team = t.key", false),
            ("SELECT version FROM store_format FOR UPDATE", false),
            ("SELECT key FROM document_line", false),
        ] {
            assert_eq!(answers.keeps(sql), kept, "{sql}");
        }
        assert_eq!(changed("INSERT INTO document (key, journal) VALUES ($1, $2)"), Some("document"));
        assert_eq!(changed("DELETE FROM team_service WHERE team = $1"), Some("team_service"));
        assert_eq!(changed("SAVEPOINT command"), None);
        assert!(KEPT.iter().all(|kept| TABLES.contains(kept)));
    }
}
