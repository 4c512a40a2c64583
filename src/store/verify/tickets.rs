//! Tickets, and what their logs tell.

use super::rules::{MADE_AT_NO_TIME, Rule, Rules, is_import, not_imported};
use super::{Breach, Pass, Tell};
use crate::domain::verify::Invariant::{self, *};
use crate::store::{Db, Result, merge};
use crate::{params, query};

pub const PASSES: &[Pass] = &[
    Pass::Asked(
        LotsOfProducts,
        query!(
            [
                ticket,
                transfer,
                transfer_line,
                document,
                document_line,
                repair,
                repair_part,
                task,
                task_product,
                stock,
                product,
                lot
            ],
            LOTS_OF_PRODUCTS
        ),
    ),
    Pass::Asked(TicketOrders, query!([ticket, sales_order], TICKET_ORDERS)),
    Pass::Made(&[TicketEntries], entries),
    Pass::Made(&[Merged], merged),
    Pass::Rules(&MERGED_TICKETS),
    Pass::Rules(&MERGED_CUSTOMERS),
    Pass::Rules(&TICKETS),
    Pass::Rules(&ENTRIES),
];

/// Of a merged record of that kind: no operation led it there, and no import brought it so.
macro_rules! merged_by_nothing {
    ($kind:literal) => {
        concat!(
            "t.merged_into IS NOT NULL AND NOT EXISTS (SELECT 1 FROM operation_touch e JOIN operation_touch f ON f.operation = e.operation
               WHERE e.kind = '",
            $kind,
            "' AND e.id = t.id AND f.kind = '",
            $kind,
            "' AND f.id = m.id) AND ",
            not_imported!()
        )
    };
}

/// How it is told that nothing merged a record.
const MERGED_BY_NOTHING: &str = "it is merged into another, and no operation merged them";

const MERGED_TICKETS: Rules = Rules {
    from: "ticket t LEFT JOIN ticket m ON m.key = t.merged_into",
    record: "t.id",
    part: "",
    rules: &[Rule(Merged, merged_by_nothing!("ticket"), MERGED_BY_NOTHING)],
};

const MERGED_CUSTOMERS: Rules = Rules {
    from: "customer t LEFT JOIN customer m ON m.key = t.merged_into",
    record: "t.id",
    part: "",
    rules: &[Rule(Merged, merged_by_nothing!("customer"), MERGED_BY_NOTHING)],
};

const TICKETS: Rules = Rules {
    from: "ticket t LEFT JOIN product p ON p.key = t.product",
    record: "t.id",
    part: "",
    rules: &[
        Rule(Lots, "t.lot IS NOT NULL AND p.tracking = 'none'", "it names a lot of a product without lots"),
        Rule(
            TicketEntries,
            concat!(
                "NOT EXISTS (SELECT 1 FROM operation_touch e JOIN operation o ON o.key = e.operation
                     WHERE e.kind = 'ticket' AND e.id = t.id AND (o.at = t.created_at OR ",
                is_import!("o"),
                "))"
            ),
            MADE_AT_NO_TIME,
        ),
    ],
};

const ENTRIES: Rules = Rules {
    from: "ticket_log t JOIN ticket k ON k.key = t.ticket
           LEFT JOIN document d ON d.id = t.document LEFT JOIN transfer m ON m.id = t.document LEFT JOIN repair r ON r.id = t.document
           LEFT JOIN coupon c ON c.id = t.document LEFT JOIN task w ON w.id = t.document LEFT JOIN sales_order o ON o.id = t.document",
    record: "k.id",
    part: "",
    rules: &[
        Rule(
            TicketEntries,
            "t.document IS NOT NULL AND d.key IS NULL AND m.key IS NULL AND r.key IS NULL AND c.key IS NULL AND w.key IS NULL
               AND o.key IS NULL",
            "what an entry of its log is about is not there",
        ),
        Rule(
            TicketEntries,
            "t.document IS NOT NULL AND COALESCE(k.merged_into, t.ticket) <> COALESCE(d.ticket, m.ticket, r.ticket, c.ticket, w.ticket,
               CASE WHEN o.key IS NULL THEN 0 ELSE COALESCE(k.merged_into, t.ticket) END)",
            "what an entry of its log is about was not made from it",
        ),
        Rule(
            TicketEntries,
            "NOT EXISTS (SELECT 1 FROM operation_touch e WHERE e.operation = t.operation AND e.kind = 'ticket' AND e.id = k.id)",
            "the operation that an entry of its log names did not touch it",
        ),
    ],
};

/// What still leads to a record that was merged into another, and what was merged in a circle.
fn merged(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    merge::each_left(db, &mut |kind, record, what| {
        tell(Invariant::Merged, Breach { record: Some(record), kind: Some(kind), what, ..Breach::default() });
    })
}

/// What entries say beside what the operations of the log say: both were written by the same change.
fn entries(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    db.each(
        query!(
            [ticket_log, ticket, operation],
            "SELECT t.id, e.operation, CASE WHEN e.at <> o.at THEN 1 ELSE 0 END,
               CASE WHEN COALESCE(e.actor, '') <> COALESCE(o.actor, '') THEN 1 ELSE 0 END
             FROM ticket_log e JOIN ticket t ON t.key = e.ticket JOIN operation o ON o.key = e.operation
             WHERE e.at <> o.at OR COALESCE(e.actor, '') <> COALESCE(o.actor, '') ORDER BY e.key"
        ),
        params![],
        |row| {
            let (record, operation): (Option<String>, i64) = (row.get(0)?, row.get(1)?);
            for (place, what) in [(2, "time"), (3, "actor")] {
                if row.get(place)? {
                    let what = format!("an entry of its log has another {what} than its operation {operation}");
                    tell(Invariant::TicketEntries, Breach { record: record.clone(), what, ..Breach::default() });
                }
            }
            Ok(())
        },
    )
}

const LOTS_OF_PRODUCTS: &str = "
    WITH beside AS (
      SELECT id AS record, product, lot FROM ticket
      UNION ALL SELECT t.id, l.product, l.lot FROM transfer t JOIN transfer_line l ON l.transfer = t.key
      UNION ALL SELECT d.id, l.product, l.lot FROM document d JOIN document_line l ON l.document = d.key
      UNION ALL SELECT id, product, lot FROM repair
      UNION ALL SELECT r.id, p.product, p.lot FROM repair r JOIN repair_part p ON p.repair = r.key
      UNION ALL SELECT t.id, u.product, u.lot FROM task t JOIN task_product u ON u.task = t.key
      UNION ALL SELECT p.id, s.product, s.lot FROM stock s JOIN product p ON p.key = s.product)
    SELECT b.record, l.id, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0, 0
    FROM beside b JOIN lot l ON l.key = b.lot
    WHERE b.product IS NULL OR b.product <> l.product ORDER BY 1, 2";

const TICKET_ORDERS: &str = "
    SELECT t.id, o.id, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0, 0
    FROM ticket t JOIN sales_order o ON o.key = t.sales_order
    WHERE t.customer <> o.customer ORDER BY t.key";
