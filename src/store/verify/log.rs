//! The log of operations: its chain, its numbers, the outcomes that it keeps, and the entries of tickets that name it.

use crate::domain::verify::Invariant;
use crate::store::log::chain::{self, Broken};
use crate::store::verify::{Breach, Pass, Tell};
use crate::store::{Db, Result};
use crate::{params, query};

pub const PASSES: &[Pass] = &[
    Pass::Made(&[Invariant::LogChain, Invariant::LogErased], broken_chain),
    Pass::Asked(Invariant::LogNumbers, query!([operation, counter], LOG_NUMBERS)),
    Pass::Asked(Invariant::LogRecords, query!([operation, transfer, repair], LOG_RECORDS)),
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

/// Where the end of the log was cut off, what it moved knows of it still; what it made, `records` looks for.
const LOG_RECORDS: &str = "
    WITH moved AS (
      SELECT key, id, moved FROM transfer WHERE moved IS NOT NULL
      UNION ALL SELECT key, id, moved FROM repair WHERE moved IS NOT NULL)
    SELECT m.id, CAST(m.moved AS TEXT) || ', which moved it', CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0, 0, m.key
    FROM moved m WHERE NOT EXISTS (SELECT 1 FROM operation o WHERE o.key = m.moved)
    ORDER BY 7, 2";

const TICKET_LOG: &str = "
    SELECT t.id, '', e.operation, CAST(NULL AS BIGINT), 0, 0
    FROM ticket_log e JOIN ticket t ON t.key = e.ticket LEFT JOIN operation o ON o.key = e.operation
    WHERE o.key IS NULL ORDER BY e.key";

fn broken_chain(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    chain::each_broken(db, &mut |operation, broken| {
        let invariant = match broken {
            Broken::Seal => Invariant::LogChain,
            Broken::Left => Invariant::LogErased,
        };
        tell(invariant, Breach { stored: operation.to_string(), ..Breach::default() });
    })
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
