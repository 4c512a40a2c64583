//! The log of operations: its chain, its numbers, the outcomes that it keeps, and the entries of tickets that name it.

use crate::domain::verify::Invariant;
use crate::store::verify::{Breach, Pass, Tell};
use crate::store::{Db, Result, log};
use crate::{params, query};

pub const PASSES: &[Pass] = &[
    Pass::Made(&[Invariant::LogChain], broken_chain),
    Pass::Asked(Invariant::LogNumbers, query!([operation, counter], LOG_NUMBERS)),
    Pass::Made(&[Invariant::LogKeys], unreadable_outcomes),
    Pass::Asked(Invariant::TicketLog, query!([ticket_log, ticket, operation], TICKET_LOG)),
];

const LOG_NUMBERS: &str = "
    SELECT CAST(NULL AS TEXT), 'operation', key, expected, 0, 0
    FROM (SELECT key, COALESCE(LAG(key) OVER (ORDER BY key), 0) + 1 AS expected FROM operation) numbered
    WHERE key <> expected
    UNION ALL
    SELECT CAST(NULL AS TEXT), 'the counter at', value, last, 0, 0
    FROM (SELECT COALESCE((SELECT value FROM counter WHERE name = 'operation'), 0) AS value,
                 COALESCE((SELECT MAX(key) FROM operation), 0) AS last) ends
    WHERE value <> last
    ORDER BY 2, 3";

const TICKET_LOG: &str = "
    SELECT t.id, '', e.operation, CAST(NULL AS BIGINT), 0, 0
    FROM ticket_log e JOIN ticket t ON t.key = e.ticket LEFT JOIN operation o ON o.key = e.operation
    WHERE o.key IS NULL ORDER BY e.key";

fn broken_chain(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    let mut before = String::new();
    db.each(
        query!(
            [operation],
            "SELECT key, at, recorded_at, actor_kind, actor, command, hash FROM operation ORDER BY key"
        ),
        params![],
        |row| {
            let operation: i64 = row.get(0)?;
            let (at, recorded_at, kind): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let (actor, command, hash): (Option<String>, String, String) = (row.get(4)?, row.get(5)?, row.get(6)?);
            if log::chained(&before, operation, &at, &recorded_at, &kind, actor.as_deref(), &command) != hash {
                tell(Invariant::LogChain, Breach { stored: operation.to_string(), ..Breach::default() });
            }
            before = hash;
            Ok(())
        },
    )
}

fn unreadable_outcomes(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    db.each(query!([operation_key], "SELECT given, outcome FROM operation_key ORDER BY operation"), params![], |row| {
        let (given, outcome): (String, String) = (row.get(0)?, row.get(1)?);
        if serde_json::from_str::<serde::de::IgnoredAny>(&outcome).is_err() {
            tell(Invariant::LogKeys, Breach { what: given, ..Breach::default() });
        }
        Ok(())
    })
}
