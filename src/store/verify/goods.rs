//! Stock, transfers and repairs: what lies where, what is reserved, what moved.

use crate::domain::verify::Invariant;
use crate::query;
use crate::store::verify::Pass;

pub const PASSES: &[Pass] = &[
    Pass::Asked(
        Invariant::StockQuantity,
        query!([transfer, transfer_line, repair, repair_part, location, stock, product, lot], STOCK_QUANTITY),
    ),
    Pass::Asked(
        Invariant::StockReserved,
        query!([transfer, transfer_line, repair, repair_part, location, stock, product, lot], STOCK_RESERVED),
    ),
    Pass::Asked(Invariant::OnePiece, query!([stock, lot, product], ONE_PIECE)),
    Pass::Asked(Invariant::TransferLines, query!([transfer, transfer_line], TRANSFER_LINES)),
    Pass::Asked(Invariant::TransferStates, query!([transfer, transfer_line], TRANSFER_STATES)),
    Pass::Asked(Invariant::Returned, query!([transfer, transfer_line], RETURNED)),
    Pass::Asked(Invariant::RepairParts, query!([repair, repair_part], REPAIR_PARTS)),
];

/// A place as it is told: the product, the location and, where it has one, the lot.
macro_rules! place {
    () => {
        "p.id || ' at ' || l.id || COALESCE(', lot ' || b.id, '')"
    };
}

const STOCK_QUANTITY: &str = concat!(
    "WITH moved AS (
       SELECT l.product AS product, t.destination AS location, l.lot AS lot, l.done AS quantity
       FROM transfer t JOIN transfer_line l ON l.transfer = t.key WHERE t.state = 'done'
       UNION ALL
       SELECT l.product, t.source, l.lot, -l.done FROM transfer t JOIN transfer_line l ON l.transfer = t.key WHERE t.state = 'done'
       UNION ALL
       SELECT p.product, l.key, p.lot, CASE WHEN p.kind = 'add' THEN -p.done ELSE p.done END
       FROM repair r JOIN repair_part p ON p.repair = r.key
         JOIN location l ON l.id = CASE WHEN p.kind = 'remove' THEN 'Scrap' ELSE 'WH/Stock' END
       WHERE r.state = 'done'),
     counted AS (
       SELECT m.product AS product, m.location AS location, m.lot AS lot, 0 AS quantity, m.quantity AS moves
       FROM moved m JOIN location l ON l.key = m.location WHERE l.type IN ('internal', 'scrap')
       UNION ALL SELECT product, location, lot, quantity, opening FROM stock),
     places AS (
       SELECT product, location, lot, CAST(SUM(quantity) AS BIGINT) AS quantity, CAST(SUM(moves) AS BIGINT) AS moves
       FROM counted GROUP BY product, location, lot)
     SELECT ",
    place!(),
    ", '', s.quantity, s.moves, 6, 0
     FROM places s JOIN product p ON p.key = s.product JOIN location l ON l.key = s.location LEFT JOIN lot b ON b.key = s.lot
     WHERE s.quantity <> s.moves ORDER BY p.key, l.key, b.key NULLS FIRST"
);

/// Over all lots of a product, since what is reserved for a line without a lot may lie in any of them; then of each lot what
/// is reserved by its name.
const STOCK_RESERVED: &str = "
    WITH reserved AS (
      SELECT l.product AS product, t.source AS location, l.lot AS lot, l.reserved AS quantity
      FROM transfer t JOIN transfer_line l ON l.transfer = t.key WHERE t.state IN ('waiting', 'ready') AND l.reserved > 0
      UNION ALL
      SELECT p.product, l.key, p.lot, p.reserved FROM repair r JOIN repair_part p ON p.repair = r.key
        JOIN location l ON l.id = 'WH/Stock' WHERE r.state IN ('confirmed', 'under_repair')),
    counted AS (
      SELECT product, location, CAST(NULL AS BIGINT) AS lot, reserved AS stored, 0 AS derived FROM stock
      UNION ALL SELECT product, location, CAST(NULL AS BIGINT), 0, quantity FROM reserved
      UNION ALL SELECT product, location, lot, pinned, 0 FROM stock WHERE lot IS NOT NULL
      UNION ALL SELECT product, location, lot, 0, quantity FROM reserved WHERE lot IS NOT NULL),
    places AS (
      SELECT product, location, lot, CAST(SUM(stored) AS BIGINT) AS stored, CAST(SUM(derived) AS BIGINT) AS derived
      FROM counted GROUP BY product, location, lot)
    SELECT p.id || ' at ' || l.id, COALESCE('by its lot ' || b.id, ''), s.stored, s.derived, 6, 0
    FROM places s JOIN product p ON p.key = s.product JOIN location l ON l.key = s.location LEFT JOIN lot b ON b.key = s.lot
    WHERE s.stored <> s.derived ORDER BY p.key, l.key, b.key NULLS FIRST";

const ONE_PIECE: &str = "
    SELECT b.id, p.id, CAST(SUM(s.quantity) AS BIGINT), 1000000, 6, 0
    FROM stock s JOIN lot b ON b.key = s.lot JOIN product p ON p.key = b.product
    WHERE p.tracking = 'serial' GROUP BY b.key, b.id, p.id HAVING SUM(s.quantity) > 1000000 ORDER BY b.key";

const TRANSFER_LINES: &str = "
    SELECT t.id, 'done quantity of line ' || CAST(l.line AS TEXT), l.done, 0, 6, 0, l.key
    FROM transfer t JOIN transfer_line l ON l.transfer = t.key WHERE t.state <> 'done' AND l.done <> 0
    UNION ALL
    SELECT t.id, 'reserved quantity of line ' || CAST(l.line AS TEXT), l.reserved,
      CASE WHEN t.state IN ('waiting', 'ready') THEN l.quantity ELSE 0 END, 6, 0, l.key
    FROM transfer t JOIN transfer_line l ON l.transfer = t.key
    WHERE l.reserved > CASE WHEN t.state IN ('waiting', 'ready') THEN l.quantity ELSE 0 END
    ORDER BY 7, 2";

const TRANSFER_STATES: &str = "
    SELECT t.id, t.state, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0, 0
    FROM transfer t
    WHERE t.state IN ('waiting', 'ready') AND t.state <> CASE WHEN EXISTS
      (SELECT 1 FROM transfer_line l WHERE l.transfer = t.key AND l.reserved < l.quantity) THEN 'waiting' ELSE 'ready' END
    ORDER BY t.key";

const RETURNED: &str = "
    WITH returns AS (
      SELECT l.return_line AS line, CAST(SUM(CASE WHEN t.state = 'done' THEN l.done ELSE l.quantity END) AS BIGINT) AS quantity
      FROM transfer t JOIN transfer_line l ON l.transfer = t.key
      WHERE l.return_line IS NOT NULL AND t.state <> 'cancelled' GROUP BY l.return_line)
    SELECT t.id, '', l.returned, COALESCE(r.quantity, 0), 6, 0
    FROM transfer_line l JOIN transfer t ON t.key = l.transfer LEFT JOIN returns r ON r.line = l.key
    WHERE l.returned <> COALESCE(r.quantity, 0) ORDER BY l.key";

const REPAIR_PARTS: &str = "
    SELECT r.id, 'done quantity of part ' || CAST(p.line AS TEXT), p.done, 0, 6, 0, p.key
    FROM repair r JOIN repair_part p ON p.repair = r.key WHERE p.done <> 0 AND r.state <> 'done'
    UNION ALL
    SELECT r.id, 'reserved quantity of part ' || CAST(p.line AS TEXT), p.reserved,
      CASE WHEN r.state IN ('confirmed', 'under_repair') THEN p.quantity ELSE 0 END, 6, 0, p.key
    FROM repair r JOIN repair_part p ON p.repair = r.key
    WHERE p.reserved > CASE WHEN r.state IN ('confirmed', 'under_repair') AND p.quantity > 0 THEN p.quantity ELSE 0 END
    ORDER BY 7, 2";
