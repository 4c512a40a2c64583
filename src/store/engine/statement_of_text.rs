//! Questions to an engine's own catalog, which are said as a text: which of the store's tables they name is found out once.

use super::statement::{Does, Said, Statement, Tables};
use crate::store::tables::NAMES;

impl Said for &&'static str {
    fn said(self) -> &'static Statement {
        (*self).said()
    }
}

impl Said for &'static str {
    fn said(self) -> &'static Statement {
        Statement::made(self.to_owned(), |sql| {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let bare: String = sql.split('\'').step_by(2).collect::<Vec<_>>().join(" ");
            let mut tables = Tables::NONE;
            for (place, name) in NAMES.iter().enumerate() {
                let is_table = ["FROM ", "JOIN ", "INTO ", "UPDATE "].iter().any(|before| {
                    bare.match_indices(&format!("{before}{name}"))
                        .any(|(at, found)| bare.get(at + found.len()..).is_none_or(|after| !after.starts_with(is_part)))
                });
                if is_table {
                    tables = tables.and(Tables::at(place));
                }
            }
            let writes = if sql.trim_start().starts_with("SELECT") || sql.trim_start().starts_with("WITH") {
                Tables::NONE
            } else {
                tables
            };
            Statement { sql, reads: tables, writes, does: Does::Other }
        })
    }
}
