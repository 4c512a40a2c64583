//! Orders: their states beside what was delivered and billed, and what their lines name.

use super::Pass;
use super::rules::{Rule, Rules};
use crate::domain::verify::Invariant::*;
use crate::query;
use crate::store::document::{bills, counts};

pub const PASSES: &[Pass] = &[
    Pass::Rules(&ORDERS),
    Pass::Rules(&LINES),
    Pass::Rules(&TAXES),
    Pass::Asked(Places, query!([order_line, sales_order], PLACES)),
];

const PLACES: &str = "
    SELECT o.id, 'lines', n.line, n.expected, 0, 0
    FROM (SELECT sales_order, line, ROW_NUMBER() OVER (PARTITION BY sales_order ORDER BY line) AS expected FROM order_line) n
      JOIN sales_order o ON o.key = n.sales_order
    WHERE n.line <> n.expected ORDER BY n.sales_order, n.line";

const ORDERS: Rules = Rules {
    from: "sales_order t",
    record: "t.id",
    part: "",
    rules: &[
        Rule(
            OrderStates,
            "t.state IN ('draft', 'sent') AND EXISTS
               (SELECT 1 FROM transfer m WHERE m.sales_order = t.key AND m.state <> 'cancelled')",
            "it is not confirmed, and has a transfer",
        ),
        Rule(
            OrderStates,
            "t.state IN ('draft', 'sent') AND EXISTS
               (SELECT 1 FROM document d WHERE d.sales_order = t.key AND d.state <> 'cancelled')",
            "it is not confirmed, and has an invoice",
        ),
        Rule(
            OrderStates,
            "t.state = 'cancelled' AND EXISTS
               (SELECT 1 FROM transfer m WHERE m.sales_order = t.key AND m.kind = 'outgoing' AND m.state IN ('waiting', 'ready')
                AND m.return_of IS NULL AND m.exchange_of IS NULL)",
            "it is cancelled, and a delivery of it is open",
        ),
        // Goods that came back may have gone out again since.
        Rule(
            OrderStates,
            "t.state = 'cancelled' AND NOT EXISTS
               (SELECT 1 FROM transfer m WHERE m.sales_order = t.key AND m.kind = 'outgoing' AND m.state = 'done' AND m.return_of IS NOT NULL)
             AND (SELECT COALESCE(SUM(CASE WHEN m.kind = 'outgoing' THEN l.done ELSE -l.done END), 0)
                  FROM transfer m JOIN transfer_line l ON l.transfer = m.key
                  WHERE m.sales_order = t.key AND m.state = 'done' AND m.kind <> 'internal' AND m.keep_order_quantity = 0
                    AND l.order_line IS NOT NULL) > 0",
            "it is cancelled, and goods of it were delivered",
        ),
        // A credit note may have been cancelled since.
        Rule(
            OrderStates,
            concat!(
                "t.state = 'cancelled' AND EXISTS (SELECT 1 FROM document d WHERE d.sales_order = t.key AND d.state = 'posted' AND d.total > 0 AND ",
                bills!("d"),
                " AND NOT EXISTS (SELECT 1 FROM document n WHERE n.invoice = d.key)
                   AND EXISTS (SELECT 1 FROM document_line b WHERE b.document = d.key AND b.order_line IS NOT NULL AND b.quantity <> 0))"
            ),
            "it is cancelled, and a bill of it was never credited",
        ),
    ],
};

const LINES: Rules = Rules {
    from: "order_line t JOIN sales_order o ON o.key = t.sales_order LEFT JOIN coupon_program g ON g.key = t.program",
    record: "o.id",
    part: "'line ' || CAST(t.line AS TEXT)",
    rules: &[
        Rule(OrderLinks, "t.quantity < 0", "its quantity is below zero"),
        Rule(
            OrderLinks,
            "t.coupon IS NOT NULL AND g.type = 'coupons' AND NOT EXISTS (SELECT 1 FROM coupon c WHERE c.id = t.coupon)",
            "nothing has its code",
        ),
        Rule(
            OrderLinks,
            "t.for_repair = 1 AND o.state <> 'cancelled' AND NOT EXISTS (SELECT 1 FROM repair r WHERE r.quotation = o.key)",
            "it sells a part of a repair, and no repair has this quotation",
        ),
    ],
};

const TAXES: Rules = Rules {
    from: "order_line_tax x JOIN order_line t ON t.key = x.order_line JOIN sales_order o ON o.key = t.sales_order
           LEFT JOIN tax a ON a.key = x.tax",
    record: "o.id",
    part: "'line ' || CAST(t.line AS TEXT)",
    rules: &[
        Rule(
            OrderLinks,
            "EXISTS (SELECT 1 FROM order_line_tax y WHERE y.order_line = x.order_line AND y.tax = x.tax AND y.position < x.position)",
            "it bears a tax twice",
        ),
        Rule(
            OrderLinks,
            "(x.rate <> a.rate OR x.included <> a.included)
             AND (SELECT COUNT(*) FROM operation_touch e WHERE e.id = a.id AND e.kind = 'tax') < 2",
            "a tax on it has not the rate that it always had",
        ),
    ],
};
