//! Stock, transfers and repairs: what lies where, what is reserved, what moved.

use super::Pass;
use super::rules::{NOT_IN_LOG, Rule, Rules, is_import, not_imported, unknown_to_its_ticket};
use crate::domain::verify::Invariant::{self, *};
use crate::query;

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
    Pass::Rules(&PLACES),
    Pass::Rules(&TRANSFERS),
    Pass::Rules(&LINES),
    Pass::Asked(Invariant::Places, query!([transfer_line, transfer], NUMBERED)),
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

const PLACES: Rules = Rules {
    from: "stock t JOIN product p ON p.key = t.product JOIN location l ON l.key = t.location LEFT JOIN lot b ON b.key = t.lot",
    record: place!(),
    part: "",
    rules: &[
        Rule(StockPlaces, "p.type <> 'goods'", "it is a service, which lies nowhere"),
        Rule(StockPlaces, "l.type NOT IN ('internal', 'scrap')", "no stock is kept there"),
        Rule(StockPlaces, "t.lot IS NOT NULL AND p.tracking = 'none'", "the product has no lots"),
        Rule(StockPlaces, "t.lot IS NULL AND t.pinned <> 0", "a lot of it is spoken for where no lot is told"),
        Rule(
            StockPlaces,
            "t.lot IS NULL AND p.tracking <> 'none' AND t.quantity <> 0",
            "the product lies there by its lots alone",
        ),
        Rule(
            StockPlaces,
            "t.opening < 0 OR t.quantity < 0 OR t.reserved < 0 OR t.reserved > t.quantity OR t.pinned < 0 OR t.pinned > t.reserved",
            "more is taken of it or spoken for than lies there",
        ),
    ],
};

const TRANSFERS: Rules = Rules {
    from: "transfer t LEFT JOIN location f ON f.key = t.source LEFT JOIN location g ON g.key = t.destination
           LEFT JOIN sales_order o ON o.key = t.sales_order LEFT JOIN ticket k ON k.key = t.ticket
           LEFT JOIN transfer r ON r.key = t.return_of LEFT JOIN transfer x ON x.key = t.exchange_of
           LEFT JOIN transfer b ON b.key = t.backorder_of LEFT JOIN task w ON w.key = t.task",
    record: "t.id",
    part: "",
    rules: &[
        Rule(TransferWays, "t.source = t.destination", "it goes nowhere"),
        Rule(
            TransferWays,
            "(t.kind = 'incoming' AND f.type IN ('internal', 'scrap')) OR (t.kind = 'outgoing' AND f.type NOT IN ('internal', 'scrap'))
             OR (t.kind = 'internal' AND f.type NOT IN ('internal', 'scrap') AND f.id <> 'Inventory Loss')",
            "it does not come from where its kind does",
        ),
        Rule(
            TransferWays,
            "(t.kind = 'incoming' AND g.type NOT IN ('internal', 'scrap')) OR (t.kind = 'outgoing' AND g.type IN ('internal', 'scrap'))
             OR (t.kind = 'internal' AND g.type NOT IN ('internal', 'scrap') AND g.id <> 'Inventory Loss')",
            "it does not go where its kind does",
        ),
        Rule(
            TransferWays,
            "NOT EXISTS (SELECT 1 FROM transfer_line l WHERE l.transfer = t.key)",
            "it has no lines",
        ),
        Rule(Moves, "t.state <> 'done' AND t.moved IS NOT NULL", "it is not done, and an operation moved its goods"),
        Rule(
            Moves,
            "t.state = 'done' AND t.moved IS NOT NULL AND NOT EXISTS
               (SELECT 1 FROM operation_touch e WHERE e.operation = t.moved AND e.kind = 'transfer' AND e.id = t.id)",
            "the operation that moved its goods did not touch it",
        ),
        // In a store of the first format nothing tells which operation moved what was done before the upgrade.
        Rule(
            Moves,
            "t.state = 'done' AND t.moved IS NULL AND (SELECT MIN(y.moved) FROM transfer y)
               <= (SELECT MIN(e.operation) FROM operation_touch e WHERE e.kind = 'transfer' AND e.id = t.id)",
            "it is done, and no operation moved its goods",
        ),
        Rule(
            TransferLinks,
            concat!(unknown_to_its_ticket!(), " AND ", not_imported!("e.kind = 'transfer' AND ")),
            NOT_IN_LOG,
        ),
        Rule(
            TransferLinks,
            concat!(
                "((t.return_of IS NOT NULL AND COALESCE(t.origin, '') <> 'Return of ' || r.id)
               OR (t.exchange_of IS NOT NULL AND COALESCE(t.origin, '') <> 'Exchange for ' || x.id)
               OR (t.exchange_of IS NULL AND t.kind <> 'internal' AND substr(COALESCE(t.origin, ''), 1, 13) = 'Exchange for '))
               AND ",
                not_imported!("e.kind = 'transfer' AND ")
            ),
            "it was made for another transfer than it says",
        ),
        Rule(TransferLinks, "t.sales_order IS NOT NULL AND COALESCE(t.customer, 0) <> o.customer", "its order is another customer's"),
        Rule(TransferLinks, "k.customer <> COALESCE(t.customer, 0)", "its ticket is another customer's"),
        Rule(TransferLinks, "t.return_of IS NOT NULL AND (r.key >= t.key OR r.state <> 'done')", "what it returns was not done before it"),
        Rule(
            TransferLinks,
            "t.return_of IS NOT NULL AND (COALESCE(r.customer, 0) <> COALESCE(t.customer, 0)
               OR COALESCE(r.sales_order, 0) <> COALESCE(t.sales_order, 0))",
            "what it returns is another customer's, or of another order",
        ),
        Rule(
            TransferLinks,
            "t.return_of IS NOT NULL AND (t.source <> r.destination OR t.kind <>
               CASE r.kind WHEN 'incoming' THEN 'outgoing' WHEN 'outgoing' THEN 'incoming' ELSE 'internal' END)",
            "it does not bring back what it returns",
        ),
        Rule(
            TransferLinks,
            "r.kind = 'incoming' AND r.keep_order_quantity = 1 AND t.keep_order_quantity = 0",
            "it counts for the order, and what it returns does not",
        ),
        Rule(
            TransferLinks,
            "t.exchange_of IS NOT NULL AND (x.key >= t.key OR x.return_of IS NULL OR t.return_of IS NOT NULL OR x.kind = t.kind
               OR COALESCE(x.customer, 0) <> COALESCE(t.customer, 0) OR COALESCE(x.sales_order, 0) <> COALESCE(t.sales_order, 0)
               OR COALESCE(x.ticket, 0) <> COALESCE(t.ticket, 0) OR x.keep_order_quantity <> t.keep_order_quantity)",
            "it does not replace what it says",
        ),
        Rule(
            TransferLinks,
            "t.task IS NOT NULL AND (w.stage <> 'done' OR t.state <> 'done' OR t.kind <> 'outgoing' OR w.customer <> t.customer
               OR t.ticket <> COALESCE(w.ticket, 0))",
            "it does not bring what its task used",
        ),
        Rule(
            TransferLinks,
            "t.backorder_of IS NOT NULL AND (b.key >= t.key OR b.state <> 'done' OR b.kind <> t.kind OR b.source <> t.source
               OR b.destination <> t.destination OR b.keep_order_quantity <> t.keep_order_quantity
               OR COALESCE(b.customer, 0) <> COALESCE(t.customer, 0) OR COALESCE(b.sales_order, 0) <> COALESCE(t.sales_order, 0)
               OR COALESCE(b.ticket, 0) <> COALESCE(t.ticket, 0) OR COALESCE(b.task, 0) <> COALESCE(t.task, 0)
               OR COALESCE(b.return_of, 0) <> COALESCE(t.return_of, 0) OR COALESCE(b.exchange_of, 0) <> COALESCE(t.exchange_of, 0))",
            "it is no rest of what it says",
        ),
    ],
};

const LINES: Rules = Rules {
    from: "transfer_line t JOIN transfer m ON m.key = t.transfer LEFT JOIN location f ON f.key = m.source
           LEFT JOIN product p ON p.key = t.product LEFT JOIN order_line o ON o.key = t.order_line
           LEFT JOIN transfer_line s ON s.key = t.return_line",
    record: "m.id",
    part: "'line ' || CAST(t.line AS TEXT)",
    rules: &[
        Rule(TransferWays, "p.type <> 'goods'", "it moves a service"),
        Rule(
            TransferWays,
            "t.quantity < 0 OR t.done < 0 OR t.done > t.quantity",
            "more of it was moved than was to be",
        ),
        Rule(TransferWays, "t.lot IS NOT NULL AND p.tracking = 'none'", "it names a lot of a product without lots"),
        Rule(
            TransferWays,
            "t.lot IS NULL AND t.done <> 0 AND p.tracking <> 'none'",
            "it moved a product with lots, and names none",
        ),
        Rule(
            TransferWays,
            "p.tracking = 'serial' AND (t.quantity % 1000000 <> 0 OR t.done % 1000000 <> 0 OR (t.lot IS NOT NULL AND t.done > 1000000))",
            "it moved other than one piece under a serial number",
        ),
        Rule(
            TransferWays,
            "(m.state IN ('waiting', 'ready') AND f.type IN ('internal', 'scrap')) <> (t.reserved IS NOT NULL)",
            "what is reserved for it is told where nothing is, or is not",
        ),
        Rule(
            TransferLineLinks,
            "t.order_line IS NOT NULL AND o.sales_order <> COALESCE(m.sales_order, 0)",
            "it delivers a line of another order",
        ),
        Rule(
            TransferLineLinks,
            "t.order_line IS NOT NULL AND COALESCE(o.product, 0) <> t.product",
            "it is of another product than the order line that it delivers",
        ),
        Rule(
            TransferLineLinks,
            "t.order_line IS NULL AND m.state <> 'cancelled' AND m.sales_order IS NOT NULL AND m.kind <> 'internal'
               AND m.return_of IS NULL AND m.exchange_of IS NULL
               AND EXISTS (SELECT 1 FROM order_line z WHERE z.sales_order = m.sales_order AND z.product = t.product)",
            "it delivers no line of its order, which has one of its product",
        ),
        Rule(
            TransferLineLinks,
            "(t.return_line IS NULL) <> (m.return_of IS NULL) AND m.state <> 'cancelled'",
            "it takes back a line where its transfer takes nothing back, or none where it does",
        ),
        Rule(
            TransferLineLinks,
            "t.return_line IS NOT NULL AND s.transfer <> COALESCE(m.return_of, 0)",
            "it takes back a line of another transfer",
        ),
        Rule(
            TransferLineLinks,
            "t.return_line IS NOT NULL AND (s.product <> t.product OR (s.lot IS NOT NULL AND COALESCE(t.lot, 0) <> s.lot))",
            "it is of another product or lot than the line that it takes back",
        ),
        Rule(
            TransferLineLinks,
            "t.return_line IS NOT NULL AND COALESCE(s.order_line, 0) <> COALESCE(t.order_line, 0)",
            "it is of another order line than the line that it takes back",
        ),
    ],
};

const NUMBERED: &str = "
    SELECT m.id, 'lines', n.line, n.expected, 0, 0
    FROM (SELECT transfer, line, ROW_NUMBER() OVER (PARTITION BY transfer ORDER BY line) AS expected FROM transfer_line) n
      JOIN transfer m ON m.key = n.transfer
    WHERE n.line <> n.expected ORDER BY n.transfer, n.line";
