//! The statements behind the invariants of `domain::verify`. Each answers the breaches alone: what is fine answers nothing.

use std::collections::BTreeMap;

use super::document::counts;
use super::engine::exchange::{self, Misplaced};
use super::{Db, Result, Row, log};
use crate::domain::value::number::show_scaled;
use crate::domain::value::reference;
use crate::domain::verify::{Breach, Invariant};
use crate::store::engine::statement::Statement;
use crate::{params, query};

/// Tells every breach of an invariant.
pub fn each_breach(db: &Db, invariant: Invariant, tell: &mut dyn FnMut(Breach)) -> Result<()> {
    let statement = match invariant {
        Invariant::File => return told_of_file(db, tell),
        Invariant::Links => return broken_links(db, tell),
        Invariant::LogChain => return broken_chain(db, tell),
        Invariant::LogKeys => return unreadable_outcomes(db, tell),
        Invariant::CounterOfKeys => return keys_ahead(db, tell),
        Invariant::CounterOfIds => return ids_ahead(db, tell),
        Invariant::PostedNumbers => return missing_numbers(db, tell),
        Invariant::FoldedNames => return misfolded(db, tell),
        Invariant::Places => return misplaced(db, tell),
        Invariant::Desk => query!([desk], DESK),
        Invariant::LogNumbers => query!([operation, counter], LOG_NUMBERS),
        Invariant::TicketLog => query!([ticket_log, ticket, operation], TICKET_LOG),
        Invariant::LotsOfProducts => query!(
            [ticket, transfer, transfer_line, document, document_line, repair, repair_part, stock, product, lot],
            LOTS_OF_PRODUCTS
        ),
        Invariant::TicketOrders => query!([ticket, sales_order], TICKET_ORDERS),
        Invariant::OrderTotals => query!([sales_order, order_line, currency], ORDER_TOTALS),
        Invariant::OrderLines => query!([sales_order, order_line, order_line_tax, currency], ORDER_LINES),
        Invariant::OneCart => query!([sales_order, customer], ONE_CART),
        Invariant::CouponCodes => query!([coupon, coupon_program], COUPON_CODES),
        Invariant::DocumentTotals => query!([document, document_line, currency], DOCUMENT_TOTALS),
        Invariant::DocumentLines => query!([document, document_line, document_line_tax, currency], DOCUMENT_LINES),
        Invariant::DocumentOpen => query!([matching, document, currency], DOCUMENT_OPEN),
        Invariant::PaymentOpen => query!([matching, payment, currency], PAYMENT_OPEN),
        Invariant::MatchSides => query!([matching, document, payment], MATCH_SIDES),
        Invariant::MatchParties => query!([matching, document, payment], MATCH_PARTIES),
        Invariant::CreditNotes => query!([document], CREDIT_NOTES),
        Invariant::Refunded => query!([document_line, document, currency], REFUNDED),
        Invariant::RefundedTaxes => query!([document_line, document, document_line_tax, tax, currency], REFUNDED_TAXES),
        Invariant::RefundBounds => query!([document, currency, document_line, document_line_tax, tax], REFUND_BOUNDS),
        Invariant::RefundWhole => query!([document, currency, document_line, document_line_tax, tax], REFUND_WHOLE),
        Invariant::StockQuantity => {
            query!([transfer, transfer_line, repair, repair_part, location, stock, product, lot], STOCK_QUANTITY)
        }
        Invariant::StockReserved => {
            query!([transfer, transfer_line, repair, repair_part, location, stock, product, lot], STOCK_RESERVED)
        }
        Invariant::OnePiece => query!([stock, lot, product], ONE_PIECE),
        Invariant::TransferLines => query!([transfer, transfer_line], TRANSFER_LINES),
        Invariant::TransferStates => query!([transfer, transfer_line], TRANSFER_STATES),
        Invariant::CouponUse => query!([coupon, sales_order, order_line], COUPON_USE),
        Invariant::ProgramUse => query!([order_line, sales_order, coupon, coupon_program], PROGRAM_USE),
        Invariant::Returned => query!([transfer, transfer_line], RETURNED),
        Invariant::RepairParts => query!([repair, repair_part], REPAIR_PARTS),
    };
    db.each(statement, params![], |row| {
        tell(breach(row)?);
        Ok(())
    })
}

/// Record, what of it, what is stored, what it should be, and how both are shown: digits after the point, and how many of
/// them at least.
fn breach(row: &Row<'_>) -> Result<Breach> {
    let (scale, least) = (digits(row.get(4)?), digits(row.get(5)?));
    let shown = |value: Option<i64>| value.map(|value| show_scaled(value, scale, least)).unwrap_or_default();
    Ok(Breach { record: row.get(0)?, what: row.get(1)?, stored: shown(row.get(2)?), derived: shown(row.get(3)?) })
}

fn digits(digits: i64) -> u32 {
    u32::try_from(digits).unwrap_or_default()
}

const DESK: &str = "
    SELECT CAST(NULL AS TEXT), '', COUNT(*), 1, 0, 0 FROM desk HAVING COUNT(*) <> 1";

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

const LOTS_OF_PRODUCTS: &str = "
    WITH beside AS (
      SELECT id AS record, product, lot FROM ticket
      UNION ALL SELECT t.id, l.product, l.lot FROM transfer t JOIN transfer_line l ON l.transfer = t.key
      UNION ALL SELECT d.id, l.product, l.lot FROM document d JOIN document_line l ON l.document = d.key
      UNION ALL SELECT id, product, lot FROM repair
      UNION ALL SELECT r.id, p.product, p.lot FROM repair r JOIN repair_part p ON p.repair = r.key
      UNION ALL SELECT p.id, s.product, s.lot FROM stock s JOIN product p ON p.key = s.product)
    SELECT b.record, l.id, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0, 0
    FROM beside b JOIN lot l ON l.key = b.lot
    WHERE b.product IS NULL OR b.product <> l.product ORDER BY 1, 2";

const TICKET_ORDERS: &str = "
    SELECT t.id, o.id, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0, 0
    FROM ticket t JOIN sales_order o ON o.key = t.sales_order
    WHERE t.customer <> o.customer ORDER BY t.key";

/// The three totals of a record, and the sums of its lines.
macro_rules! totals {
    ($table:literal, $shown:literal, $lines:literal) => {
        concat!(
            "WITH sums AS (
               SELECT t.key AS key, ",
            $shown,
            " AS record, c.digits AS digits, t.untaxed AS untaxed, t.tax AS tax, t.total AS total,
                 CAST(COALESCE(SUM(l.untaxed), 0) AS BIGINT) AS of_untaxed, CAST(COALESCE(SUM(l.tax), 0) AS BIGINT) AS of_tax,
                 CAST(COALESCE(SUM(l.total), 0) AS BIGINT) AS of_total
               FROM ",
            $table,
            " t JOIN currency c ON c.code = t.currency LEFT JOIN ",
            $lines,
            " l ON l.",
            $table,
            " = t.key GROUP BY t.key, ",
            $shown,
            ", c.digits, t.untaxed, t.tax, t.total)
             SELECT record, 'untaxed', untaxed, of_untaxed, digits, digits, key FROM sums WHERE untaxed <> of_untaxed
             UNION ALL SELECT record, 'tax', tax, of_tax, digits, digits, key FROM sums WHERE tax <> of_tax
             UNION ALL SELECT record, 'total', total, of_total, digits, digits, key FROM sums WHERE total <> of_total
             ORDER BY 7, 2"
        )
    };
}

/// The tax and the total of a line, and the sums of their parts.
macro_rules! lines {
    ($table:literal, $shown:literal, $lines:literal, $taxes:literal) => {
        concat!(
            "WITH sums AS (
               SELECT l.key AS key, ",
            $shown,
            " AS record, CAST(l.line AS TEXT) AS line, c.digits AS digits, l.untaxed AS untaxed, l.tax AS tax, l.total AS total,
                 CAST(COALESCE(SUM(x.amount), 0) AS BIGINT) AS of_tax
               FROM ",
            $lines,
            " l JOIN ",
            $table,
            " t ON t.key = l.",
            $table,
            " JOIN currency c ON c.code = t.currency LEFT JOIN ",
            $taxes,
            " x ON x.",
            $lines,
            " = l.key GROUP BY l.key, ",
            $shown,
            ", l.line, c.digits, l.untaxed, l.tax, l.total)
             SELECT record, 'tax of line ' || line, tax, of_tax, digits, digits, key FROM sums WHERE tax <> of_tax
             UNION ALL
             SELECT record, 'total of line ' || line, total, untaxed + tax, digits, digits, key FROM sums WHERE total <> untaxed + tax
             ORDER BY 7, 2"
        )
    };
}

const ORDER_TOTALS: &str = totals!("sales_order", "t.id", "order_line");
const ORDER_LINES: &str = lines!("sales_order", "t.id", "order_line", "order_line_tax");
const DOCUMENT_TOTALS: &str = totals!("document", "COALESCE(t.number, t.id)", "document_line");
const DOCUMENT_LINES: &str = lines!("document", "COALESCE(t.number, t.id)", "document_line", "document_line_tax");

const ONE_CART: &str = "
    SELECT c.id, '', COUNT(*), 1, 0, 0 FROM sales_order o JOIN customer c ON c.key = o.customer
    WHERE o.cart = 1 AND o.state = 'draft' GROUP BY c.key, c.id HAVING COUNT(*) > 1 ORDER BY c.key";

const COUPON_CODES: &str = "
    SELECT c.id, p.id, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0, 0
    FROM coupon c JOIN coupon_program p ON p.code_folded = c.code_folded ORDER BY c.key";

const DOCUMENT_OPEN: &str = "
    WITH matched AS (
      SELECT document, CAST(SUM(amount) AS BIGINT) AS amount
      FROM (SELECT debit_document AS document, amount FROM matching WHERE debit_document IS NOT NULL
            UNION ALL SELECT credit_document, amount FROM matching WHERE credit_document IS NOT NULL) ends
      GROUP BY document),
    rest AS (
      SELECT d.key AS key, COALESCE(d.number, d.id) AS record, c.digits AS digits, d.open AS open, d.total AS total,
        CASE WHEN d.state = 'posted' THEN d.total ELSE 0 END - COALESCE(m.amount, 0) AS derived
      FROM document d JOIN currency c ON c.code = d.currency LEFT JOIN matched m ON m.document = d.key)
    SELECT record, '', open, derived, digits, digits FROM rest WHERE open <> derived OR (open < 0 AND open < total) ORDER BY key";

const PAYMENT_OPEN: &str = "
    WITH matched AS (
      SELECT payment, CAST(SUM(amount) AS BIGINT) AS amount
      FROM (SELECT debit_payment AS payment, amount FROM matching WHERE debit_payment IS NOT NULL
            UNION ALL SELECT credit_payment, amount FROM matching WHERE credit_payment IS NOT NULL) ends
      GROUP BY payment)
    SELECT p.id, '', p.open, CASE WHEN p.state = 'cancelled' THEN 0 ELSE p.amount END - COALESCE(m.amount, 0), c.digits, c.digits
    FROM payment p JOIN currency c ON c.code = p.currency LEFT JOIN matched m ON m.payment = p.key
    WHERE p.open <> CASE WHEN p.state = 'cancelled' THEN 0 ELSE p.amount END - COALESCE(m.amount, 0) ORDER BY p.key";

const MATCH_SIDES: &str = "
    SELECT record, '', CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0, 0
    FROM (
      SELECT m.key AS key, COALESCE(d.number, d.id) AS record FROM matching m JOIN document d ON d.key = m.debit_document
      WHERE d.kind <> 'invoice' OR d.state <> 'posted'
      UNION ALL
      SELECT m.key, COALESCE(d.number, d.id) FROM matching m JOIN document d ON d.key = m.credit_document
      WHERE d.kind <> 'credit_note' OR d.state <> 'posted'
      UNION ALL SELECT m.key, p.id FROM matching m JOIN payment p ON p.key = m.debit_payment WHERE p.direction <> 'out'
      UNION ALL SELECT m.key, p.id FROM matching m JOIN payment p ON p.key = m.credit_payment WHERE p.direction <> 'in') ends
    ORDER BY key, record";

const MATCH_PARTIES: &str = "
    WITH ends AS (
      SELECT m.key AS key, COALESCE(dd.number, dd.id, dp.id) AS record,
        COALESCE(dd.customer, dp.customer) AS debit_customer, COALESCE(cd.customer, cp.customer) AS credit_customer,
        COALESCE(dd.currency, dp.currency) AS debit_currency, COALESCE(cd.currency, cp.currency) AS credit_currency
      FROM matching m LEFT JOIN document dd ON dd.key = m.debit_document LEFT JOIN payment dp ON dp.key = m.debit_payment
        LEFT JOIN document cd ON cd.key = m.credit_document LEFT JOIN payment cp ON cp.key = m.credit_payment)
    SELECT record, 'customer', CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0, 0, key FROM ends WHERE debit_customer <> credit_customer
    UNION ALL
    SELECT record, 'currency', CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0, 0, key FROM ends WHERE debit_currency <> credit_currency
    ORDER BY 7, 2";

const CREDIT_NOTES: &str = "
    SELECT COALESCE(d.number, d.id), 'customer', CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0, 0, d.key
    FROM document d JOIN document i ON i.key = d.invoice WHERE d.customer <> i.customer
    UNION ALL
    SELECT COALESCE(d.number, d.id), 'currency', CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0, 0, d.key
    FROM document d JOIN document i ON i.key = d.invoice WHERE d.currency <> i.currency
    ORDER BY 7, 2";

const REFUNDED: &str = concat!(
    "WITH taken AS (
      SELECT l.invoice_line AS line,
        CAST(SUM(CASE WHEN l.refunds = 'value' THEN 0 ELSE l.quantity END) AS BIGINT) AS goods,
        CAST(SUM(l.untaxed) AS BIGINT) AS credited,
        CAST(SUM(CASE WHEN l.refunds = 'value' THEN l.untaxed ELSE 0 END) AS BIGINT) AS value_credited
      FROM document_line l JOIN document d ON d.key = l.document
      WHERE l.invoice_line IS NOT NULL AND ",
    counts!("d"),
    " GROUP BY l.invoice_line),
    held AS (
      SELECT l.key AS key, COALESCE(d.number, d.id) AS record, CAST(l.line AS TEXT) AS line, c.digits AS digits,
        l.goods AS goods, l.credited AS credited, l.value_credited AS value_credited,
        COALESCE(t.goods, 0) AS of_goods, COALESCE(t.credited, 0) AS of_credited, COALESCE(t.value_credited, 0) AS of_value
      FROM document_line l JOIN document d ON d.key = l.document JOIN currency c ON c.code = d.currency
        LEFT JOIN taken t ON t.line = l.key)
    SELECT record, 'quantity of line ' || line, goods, of_goods, 6, 0, key FROM held WHERE goods <> of_goods
    UNION ALL
    SELECT record, 'value of line ' || line, credited, of_credited, digits, digits, key FROM held WHERE credited <> of_credited
    UNION ALL
    SELECT record, 'price of line ' || line, value_credited, of_value, digits, digits, key FROM held WHERE value_credited <> of_value
    ORDER BY 7, 2"
);

const REFUNDED_TAXES: &str = concat!(
    "WITH taken AS (
      SELECT l.invoice_line AS line, x.position AS position, CAST(SUM(x.amount) AS BIGINT) AS credited,
        CAST(SUM(CASE WHEN l.refunds = 'value' THEN x.amount ELSE 0 END) AS BIGINT) AS value_credited
      FROM document_line l JOIN document d ON d.key = l.document JOIN document_line_tax x ON x.document_line = l.key
      WHERE l.invoice_line IS NOT NULL AND ",
    counts!("d"),
    " GROUP BY l.invoice_line, x.position),
    held AS (
      SELECT l.key AS key, COALESCE(d.number, d.id) AS record, CAST(l.line AS TEXT) AS line, a.id AS tax, c.digits AS digits,
        x.credited AS credited, x.value_credited AS value_credited,
        COALESCE(t.credited, 0) AS of_credited, COALESCE(t.value_credited, 0) AS of_value
      FROM document_line_tax x JOIN tax a ON a.key = x.tax JOIN document_line l ON l.key = x.document_line
        JOIN document d ON d.key = l.document JOIN currency c ON c.code = d.currency
        LEFT JOIN taken t ON t.line = l.key AND t.position = x.position)
    SELECT record, tax || ' of line ' || line, credited, of_credited, digits, digits, key FROM held WHERE credited <> of_credited
    UNION ALL
    SELECT record, tax || ' on the price of line ' || line, value_credited, of_value, digits, digits, key
    FROM held WHERE value_credited <> of_value
    ORDER BY 7, 2"
);

const REFUND_BOUNDS: &str = "
    WITH bounded AS (
      SELECT d.key AS key, COALESCE(d.number, d.id) AS record, c.digits AS digits
      FROM document d JOIN currency c ON c.code = d.currency
      WHERE d.kind = 'invoice' AND NOT EXISTS
        (SELECT 1 FROM document n WHERE n.invoice = d.key AND n.allow_excess = 1 AND n.state <> 'cancelled')),
    bounds AS (
      SELECT l.key AS key, b.record AS record, 'quantity of line ' || CAST(l.line AS TEXT) AS what, l.goods AS taken,
        l.quantity AS whole, 6 AS scale, 0 AS least
      FROM bounded b JOIN document_line l ON l.document = b.key WHERE l.goods <> 0
      UNION ALL
      SELECT l.key, b.record, 'value of line ' || CAST(l.line AS TEXT), l.credited, l.untaxed, b.digits, b.digits
      FROM bounded b JOIN document_line l ON l.document = b.key WHERE l.credited <> 0
      UNION ALL
      SELECT l.key, b.record, a.id || ' of line ' || CAST(l.line AS TEXT), x.credited, x.amount, b.digits, b.digits
      FROM bounded b JOIN document_line l ON l.document = b.key JOIN document_line_tax x ON x.document_line = l.key
        JOIN tax a ON a.key = x.tax WHERE x.credited <> 0)
    SELECT record, what, taken, whole, scale, least FROM bounds
    WHERE taken > CASE WHEN whole > 0 THEN whole ELSE 0 END OR taken < CASE WHEN whole < 0 THEN whole ELSE 0 END
    ORDER BY key, what";

/// What credit notes come to together, over invoices that none of them may exceed: in total, and in each tax.
const REFUND_WHOLE: &str = concat!(
    "WITH bounded AS (
      SELECT d.key AS key, COALESCE(d.number, d.id) AS record, c.digits AS digits, d.total AS total
      FROM document d JOIN currency c ON c.code = d.currency
      WHERE d.kind = 'invoice' AND NOT EXISTS
        (SELECT 1 FROM document n WHERE n.invoice = d.key AND n.allow_excess = 1 AND n.state <> 'cancelled')),
    whole AS (
      SELECT b.key AS key, b.record AS record, 'total' AS what, b.digits AS digits, b.total AS bound,
        (SELECT CAST(COALESCE(SUM(d.total), 0) AS BIGINT) FROM document d WHERE d.invoice = b.key AND ",
    counts!("d"),
    ") AS credited
      FROM bounded b
      UNION ALL
      SELECT b.key, b.record, t.id, b.digits, CAST(SUM(x.amount) AS BIGINT), CAST(SUM(x.credited) AS BIGINT)
      FROM bounded b JOIN document_line l ON l.document = b.key JOIN document_line_tax x ON x.document_line = l.key
        JOIN tax t ON t.key = x.tax
      GROUP BY b.key, b.record, t.id, b.digits)
    SELECT record, what, credited, bound, digits, digits FROM whole
    WHERE credited > CASE WHEN bound > 0 THEN bound ELSE 0 END OR credited < CASE WHEN bound < 0 THEN bound ELSE 0 END
    ORDER BY key, what"
);

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

const COUPON_USE: &str = "
    SELECT c.id, o.id, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0, 0, c.key
    FROM coupon c JOIN sales_order o ON o.key = c.used_by
    WHERE o.state <> 'confirmed'
      OR NOT EXISTS (SELECT 1 FROM order_line l WHERE l.sales_order = o.key AND l.coupon = c.id)
    UNION
    SELECT c.id, o.id, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0, 0, c.key
    FROM order_line l JOIN sales_order o ON o.key = l.sales_order JOIN coupon c ON c.id = l.coupon
    WHERE o.state = 'confirmed' AND (c.used_by IS NULL OR c.used_by <> o.key)
    ORDER BY 7, 2";

const PROGRAM_USE: &str = "
    WITH uses AS (
      SELECT c.program AS program, l.sales_order AS sales_order
      FROM order_line l JOIN sales_order o ON o.key = l.sales_order JOIN coupon c ON c.id = l.coupon WHERE o.state = 'confirmed'
      UNION
      SELECT p.key, l.sales_order
      FROM order_line l JOIN sales_order o ON o.key = l.sales_order JOIN coupon_program p ON p.code = l.coupon
      WHERE o.state = 'confirmed'),
    counted AS (SELECT program, COUNT(*) AS uses FROM uses GROUP BY program)
    SELECT p.id, '', p.used, COALESCE(c.uses, 0), 0, 0
    FROM coupon_program p LEFT JOIN counted c ON c.program = p.key
    WHERE p.used <> COALESCE(c.uses, 0) ORDER BY p.key";

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

fn told_of_file(db: &Db, tell: &mut dyn FnMut(Breach)) -> Result<()> {
    for what in db.faults_of_file()? {
        tell(Breach { what, ..Breach::default() });
    }
    Ok(())
}

fn broken_links(db: &Db, tell: &mut dyn FnMut(Breach)) -> Result<()> {
    for (table, parent) in db.broken_links()? {
        tell(Breach {
            what: format!("a row of {table} refers to a row of {parent} that is not there"),
            ..Breach::default()
        });
    }
    Ok(())
}

fn broken_chain(db: &Db, tell: &mut dyn FnMut(Breach)) -> Result<()> {
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
                tell(Breach { stored: operation.to_string(), ..Breach::default() });
            }
            before = hash;
            Ok(())
        },
    )
}

fn unreadable_outcomes(db: &Db, tell: &mut dyn FnMut(Breach)) -> Result<()> {
    db.each(query!([operation_key], "SELECT given, outcome FROM operation_key ORDER BY operation"), params![], |row| {
        let (given, outcome): (String, String) = (row.get(0)?, row.get(1)?);
        if serde_json::from_str::<serde::de::IgnoredAny>(&outcome).is_err() {
            tell(Breach { what: given, ..Breach::default() });
        }
        Ok(())
    })
}

fn keys_ahead(db: &Db, tell: &mut dyn FnMut(Breach)) -> Result<()> {
    let counter = counter(db, "key")?;
    for exchanged in exchange::tables() {
        for (table, key) in exchanged.last_keys(db)? {
            if key > counter {
                tell(Breach {
                    record: Some(table.to_owned()),
                    stored: counter.to_string(),
                    derived: key.to_string(),
                    ..Breach::default()
                });
            }
        }
    }
    Ok(())
}

fn counter(db: &Db, name: &str) -> Result<i64> {
    let value =
        db.query_opt(query!([counter], "SELECT value FROM counter WHERE name = $1"), params![name], |row| row.get(0))?;
    Ok(value.unwrap_or_default())
}

/// Where ids are generated: the table's ids, and the prefixes of its counters. Numbers of documents have a counter for each
/// journal and year, whatever these are called.
fn generated() -> [(&'static Statement, &'static [&'static str]); 9] {
    [
        (query!([customer], "SELECT id FROM customer ORDER BY key"), &["C"][..]),
        (query!([ticket], "SELECT id FROM ticket ORDER BY key"), &["T"][..]),
        (query!([sales_order], "SELECT id FROM sales_order ORDER BY key"), &["S"][..]),
        (query!([document], "SELECT id FROM document ORDER BY key"), &["D"][..]),
        (query!([payment], "SELECT id FROM payment ORDER BY key"), &["P"][..]),
        (query!([transfer], "SELECT id FROM transfer ORDER BY key"), &["WH/IN/", "WH/OUT/", "WH/INT/"][..]),
        (query!([repair], "SELECT id FROM repair ORDER BY key"), &["WH/RO/"][..]),
        (query!([task], "SELECT id FROM task ORDER BY key"), &["FS"][..]),
        (query!([document], "SELECT number FROM document WHERE number IS NOT NULL ORDER BY key"), &[][..]),
    ]
}

fn ids_ahead(db: &Db, tell: &mut dyn FnMut(Breach)) -> Result<()> {
    for (statement, prefixes) in generated() {
        let mut highest: BTreeMap<String, i64> = BTreeMap::new();
        db.each(statement, params![], |row| {
            let id: String = row.get(0)?;
            let generated = reference::generated_parts(&id)
                .filter(|(prefix, _)| prefixes.contains(prefix) || (prefixes.is_empty() && prefix.ends_with('/')));
            if let Some((prefix, number)) = generated {
                match highest.get_mut(prefix) {
                    Some(known) => *known = number.max(*known),
                    None => drop(highest.insert(prefix.to_owned(), number)),
                }
            }
            Ok(())
        })?;
        for (prefix, number) in highest {
            let counter = counter(db, &prefix)?;
            if number > counter {
                tell(Breach {
                    record: None,
                    what: prefix.clone(),
                    stored: counter.to_string(),
                    derived: reference::generated(&prefix, number),
                });
            }
        }
    }
    Ok(())
}

/// Numbers that a journal and year went past. An imported document brings its own number; whether one was imported is told by
/// the log.
fn missing_numbers(db: &Db, tell: &mut dyn FnMut(Breach)) -> Result<()> {
    let mut last: BTreeMap<String, i64> = BTreeMap::new();
    db.each(
        query!(
            [document, operation_touch, operation],
            "SELECT d.number, CASE WHEN EXISTS
           (SELECT 1 FROM operation_touch t JOIN operation o ON o.key = t.operation
            WHERE t.id = d.id AND substr(o.command, 1, 19) = '{\"command\":\"import\"') THEN 1 ELSE 0 END
         FROM document d WHERE d.number IS NOT NULL ORDER BY length(d.number), d.number"
        ),
        params![],
        |row| {
            let number: String = row.get(0)?;
            let imported: bool = row.get(1)?;
            let Some((prefix, count)) = reference::generated_parts(&number).filter(|(prefix, _)| prefix.ends_with('/'))
            else {
                return Ok(());
            };
            let before = last.insert(prefix.to_owned(), count).unwrap_or_default();
            if count != before + 1 && !imported {
                let what = reference::generated(prefix, count - 1);
                tell(Breach { record: Some(number.clone()), what, ..Breach::default() });
            }
            Ok(())
        },
    )
}

fn misfolded(db: &Db, tell: &mut dyn FnMut(Breach)) -> Result<()> {
    for exchanged in exchange::tables() {
        exchanged.each_misfolded(db, &mut |record, what| {
            tell(Breach { record: Some(record), what: what.to_owned(), ..Breach::default() });
        })?;
    }
    Ok(())
}

fn misplaced(db: &Db, tell: &mut dyn FnMut(Breach)) -> Result<()> {
    for exchanged in exchange::tables() {
        exchanged.each_misplaced(db, &mut |Misplaced { record, list, place, right }| {
            tell(Breach {
                record: Some(record),
                what: list.to_owned(),
                stored: place.to_string(),
                derived: right.to_string(),
            });
        })?;
    }
    Ok(())
}
