//! Orders, invoices, credit notes and payments: totals, what is open, what is credited.

use crate::domain::verify::Invariant;
use crate::query;
use crate::store::document::counts;
use crate::store::verify::Pass;

pub const PASSES: &[Pass] = &[
    Pass::Asked(Invariant::OrderTotals, query!([sales_order, order_line, currency], ORDER_TOTALS)),
    Pass::Asked(Invariant::OrderLines, query!([sales_order, order_line, order_line_tax, currency], ORDER_LINES)),
    Pass::Asked(Invariant::OneCart, query!([sales_order, customer], ONE_CART)),
    Pass::Asked(Invariant::DocumentTotals, query!([document, document_line, currency], DOCUMENT_TOTALS)),
    Pass::Asked(
        Invariant::DocumentLines,
        query!([document, document_line, document_line_tax, currency], DOCUMENT_LINES),
    ),
    Pass::Asked(Invariant::DocumentOpen, query!([matching, document, currency], DOCUMENT_OPEN)),
    Pass::Asked(Invariant::PaymentOpen, query!([matching, payment, currency], PAYMENT_OPEN)),
    Pass::Asked(Invariant::MatchSides, query!([matching, document, payment], MATCH_SIDES)),
    Pass::Asked(Invariant::MatchParties, query!([matching, document, payment], MATCH_PARTIES)),
    Pass::Asked(Invariant::CreditNotes, query!([document], CREDIT_NOTES)),
    Pass::Asked(Invariant::Refunded, query!([document_line, document, currency], REFUNDED)),
    Pass::Asked(
        Invariant::RefundedTaxes,
        query!([document_line, document, document_line_tax, tax, currency], REFUNDED_TAXES),
    ),
    Pass::Asked(
        Invariant::RefundBounds,
        query!([document, currency, document_line, document_line_tax, tax], REFUND_BOUNDS),
    ),
    Pass::Asked(
        Invariant::RefundWhole,
        query!([document, currency, document_line, document_line_tax, tax], REFUND_WHOLE),
    ),
];

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
      UNION ALL SELECT m.key, p.id FROM matching m JOIN payment p ON p.key = m.debit_payment WHERE p.direction <> 'out' OR p.state <> 'posted'
      UNION ALL SELECT m.key, p.id FROM matching m JOIN payment p ON p.key = m.credit_payment WHERE p.direction <> 'in' OR p.state <> 'posted') ends
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
