//! What must hold of a store, looked for in passes: a statement that answers the breaches of one invariant, or a go over some rows
//! that tells those of several. What is fine answers nothing, and no pass holds more than a page of what it reads.

mod amounts;
mod counters;
mod coupons;
pub mod desk;
mod documents;
mod file;
mod files;
mod goods;
mod invitations;
mod log;
mod mails;
mod money;
mod orders;
mod reading;
mod records;
mod repairs;
mod rules;
mod tasks;
mod tickets;

use self::rules::Rules;
use super::engine::statement::Statement;
use super::engine::table::Table;
use super::{Db, Result, Row};
use crate::domain::value::number::show_scaled;
use crate::domain::verify::{Breach, Invariant};
use crate::params;

/// Takes the breaches that a pass finds.
pub type Tell<'t> = dyn FnMut(Invariant, Breach) + 't;

/// Something that is gone over once.
pub enum Pass {
    /// A statement that answers the breaches of that invariant, as `breach` reads them.
    Asked(Invariant, &'static Statement),
    /// Rules over the rows of a table.
    Rules(&'static Rules),
    /// What tells breaches of those invariants.
    Made(&'static [Invariant], fn(&Db, &mut Tell<'_>) -> Result<()>),
}

/// All passes.
pub fn passes() -> impl Iterator<Item = &'static Pass> {
    [
        file::PASSES,
        reading::PASSES,
        desk::PASSES,
        log::PASSES,
        records::PASSES,
        counters::PASSES,
        files::PASSES,
        mails::PASSES,
        invitations::PASSES,
        tickets::PASSES,
        orders::PASSES,
        documents::PASSES,
        amounts::PASSES,
        money::PASSES,
        coupons::PASSES,
        goods::PASSES,
        repairs::PASSES,
        tasks::PASSES,
    ]
    .into_iter()
    .flatten()
}

impl Pass {
    /// What it tells breaches of.
    pub fn of(&self) -> Vec<Invariant> {
        match self {
            Pass::Asked(invariant, _) => vec![*invariant],
            Pass::Rules(rules) => rules.of(),
            Pass::Made(invariants, _) => invariants.to_vec(),
        }
    }

    /// Tells every breach.
    pub fn run(&self, db: &Db, tell: &mut Tell<'_>) -> Result<()> {
        match self {
            Pass::Made(_, made) => made(db, tell),
            Pass::Rules(rules) => rules.run(db, tell),
            Pass::Asked(invariant, statement) => db.each(statement, params![], |row| {
                tell(*invariant, breach(row)?);
                Ok(())
            }),
        }
    }
}

/// Record, what of it, what is stored, what it should be, and how both are shown: digits after the point, and how many of
/// them at least.
fn breach(row: &Row<'_>) -> Result<Breach> {
    let (scale, least) = (digits(row.get(4)?), digits(row.get(5)?));
    let shown = |value: Option<i64>| value.map(|value| show_scaled(value, scale, least)).unwrap_or_default();
    let (stored, derived) = (shown(row.get(2)?), shown(row.get(3)?));
    Ok(Breach { record: row.get(0)?, what: row.get(1)?, stored, derived, ..Breach::default() })
}

fn digits(digits: i64) -> u32 {
    u32::try_from(digits).unwrap_or_default()
}

/// How a record is told by an expression over its row.
struct Naming {
    sql: String,
    /// What it needs joined.
    joins: String,
}

/// How the records of a table are told, their row called `alias`: as people name them.
fn record_of(table: &Table, alias: &str) -> Naming {
    let (sql, joins) = match table.name {
        "document" => ("COALESCE($t.number, $t.id)", ""),
        "desk" => ("'desk'", ""),
        "currency" => ("$t.code", ""),
        "counter" => ("$t.name", ""),
        "operation" => ("CAST($t.key AS TEXT)", ""),
        "stock" => (
            "COALESCE(sp.id || ' at ' || sl.id || COALESCE(', lot ' || sb.id, ''), 'stock ' || CAST($t.key AS TEXT))",
            " LEFT JOIN product sp ON sp.key = $t.product LEFT JOIN location sl ON sl.key = $t.location LEFT JOIN lot sb ON sb.key = $t.lot",
        ),
        "matching" => (
            "COALESCE(md.number, md.id, mp.id, 'match ' || CAST($t.key AS TEXT))",
            " LEFT JOIN document md ON md.key = $t.debit_document LEFT JOIN payment mp ON mp.key = $t.debit_payment",
        ),
        "invitation" => {
            ("COALESCE(ic.id, 'invitation ' || CAST($t.key AS TEXT))", " LEFT JOIN customer ic ON ic.key = $t.customer")
        }
        "portal_secret" | "ended_visit" => ("'desk'", ""),
        _ => ("$t.id", ""),
    };
    let named = |text: &str| text.replace("$t", alias);
    Naming { sql: named(sql), joins: named(joins) }
}
