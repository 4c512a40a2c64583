//! Repairs: the return, the quotation and the ticket that they name, and their parts and labour.

use super::Pass;
use super::rules::{NOT_IN_LOG, Rule, Rules, unknown_to_its_ticket};
use crate::domain::verify::Invariant::*;
use crate::store::ticket::in_log_of;

pub const PASSES: &[Pass] = &[Pass::Rules(&REPAIRS), Pass::Rules(&PARTS), Pass::Rules(&LABOUR)];

const REPAIRS: Rules = Rules {
    from: "repair t LEFT JOIN product p ON p.key = t.product LEFT JOIN transfer r ON r.key = t.return_transfer
           LEFT JOIN sales_order q ON q.key = t.quotation",
    record: "t.id",
    part: "",
    rules: &[
        Rule(Repairs, unknown_to_its_ticket!(), NOT_IN_LOG),
        Rule(Repairs, "t.quantity <= 0", "nothing is repaired"),
        Rule(Repairs, "p.type <> 'goods'", "what it repairs is a service"),
        Rule(Repairs, "t.lot IS NOT NULL AND p.tracking = 'none'", "it names a lot of a product without lots"),
        Rule(
            Repairs,
            "p.tracking = 'serial' AND (t.quantity % 1000000 <> 0 OR (t.lot IS NOT NULL AND t.quantity > 1000000))",
            "it repairs other than one piece under a serial number",
        ),
        Rule(
            Repairs,
            "t.state = 'done' AND t.lot IS NULL AND p.tracking <> 'none'",
            "it is done, and does not say which lot was repaired",
        ),
        Rule(
            Repairs,
            "t.return_transfer IS NOT NULL AND (r.kind <> 'incoming' OR r.return_of IS NULL)",
            "the return that it names is none",
        ),
        Rule(
            Repairs,
            "r.customer <> COALESCE(t.customer, r.customer)",
            "the return that it names is another customer's",
        ),
        Rule(
            Repairs,
            "t.return_transfer IS NOT NULL AND NOT EXISTS
               (SELECT 1 FROM transfer_line l WHERE l.transfer = t.return_transfer AND l.product = t.product)",
            "the return that it names did not bring what is repaired",
        ),
        Rule(
            Repairs,
            "t.quotation IS NOT NULL AND EXISTS (SELECT 1 FROM repair z WHERE z.quotation = t.quotation AND z.key < t.key)",
            "its quotation is that of another repair",
        ),
        Rule(
            Repairs,
            "t.lot IS NOT NULL AND p.tracking = 'serial' AND t.state <> 'cancelled' AND EXISTS
               (SELECT 1 FROM repair_part a WHERE a.repair = t.key AND a.lot = t.lot)",
            "what it repairs is a part of itself",
        ),
        Rule(
            Repairs,
            concat!(
                "q.key IS NOT NULL AND t.ticket IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ticket_log n WHERE ",
                in_log_of!("n", "t.ticket"),
                " AND n.document = q.id)"
            ),
            "the log of its ticket does not know its quotation",
        ),
        Rule(
            Moves,
            "t.state = 'done' AND t.moved IS NULL AND (SELECT MIN(y.moved) FROM transfer y)
               <= (SELECT MIN(e.operation) FROM operation_touch e WHERE e.kind = 'repair' AND e.id = t.id)",
            "it is done, and no operation moved its parts",
        ),
        Rule(Moves, "t.state <> 'done' AND t.moved IS NOT NULL", "it is not done, and an operation moved its parts"),
        Rule(
            Moves,
            "t.state = 'done' AND t.moved IS NOT NULL AND NOT EXISTS
               (SELECT 1 FROM operation_touch e WHERE e.operation = t.moved AND e.kind = 'repair' AND e.id = t.id)",
            "the operation that moved its parts did not touch it",
        ),
    ],
};

const PARTS: Rules = Rules {
    from: "repair_part t JOIN repair r ON r.key = t.repair LEFT JOIN product p ON p.key = t.product
           LEFT JOIN order_line o ON o.key = t.order_line",
    record: "r.id",
    part: "'part ' || CAST(t.line AS TEXT)",
    rules: &[
        Rule(RepairLines, "t.line < 1", "they are counted from 1"),
        Rule(RepairLines, "p.type <> 'goods'", "it is a service, which is labour"),
        Rule(RepairLines, "t.price < 0", "its price is below zero"),
        Rule(RepairLines, "t.quantity < 0 AND r.state NOT IN ('draft', 'cancelled')", "its quantity is below zero"),
        Rule(RepairLines, "t.done < 0 OR t.reserved < 0", "less than nothing of it is used or reserved"),
        Rule(RepairLines, "t.kind <> 'add' AND t.reserved <> 0", "it is taken out, and something is reserved for it"),
        Rule(RepairLines, "t.lot IS NOT NULL AND p.tracking = 'none'", "it names a lot of a product without lots"),
        Rule(
            RepairLines,
            "t.lot IS NULL AND t.done <> 0 AND p.tracking <> 'none'",
            "it was used, and does not say which lot",
        ),
        Rule(
            RepairLines,
            "p.tracking = 'serial' AND (t.quantity % 1000000 <> 0 OR t.done % 1000000 <> 0 OR (t.lot IS NOT NULL AND t.done > 1000000))",
            "it is other than one piece under a serial number",
        ),
        OF_QUOTATION,
        OF_ITS_PRODUCT,
    ],
};

/// What sells a part or labour: a line of the repair's quotation, of its product.
const OF_QUOTATION: Rule = Rule(
    RepairLines,
    "t.order_line IS NOT NULL AND o.sales_order <> COALESCE(r.quotation, 0)",
    "another order than the quotation sells it",
);
const OF_ITS_PRODUCT: Rule = Rule(
    RepairLines,
    "t.order_line IS NOT NULL AND COALESCE(o.product, 0) <> t.product",
    "the line that sells it is of another product",
);

const LABOUR: Rules = Rules {
    from: "repair_labour t JOIN repair r ON r.key = t.repair LEFT JOIN order_line o ON o.key = t.order_line",
    record: "r.id",
    part: "'labour ' || CAST(t.line AS TEXT)",
    rules: &[
        Rule(RepairLines, "t.line < 1", "they are counted from 1"),
        Rule(RepairLines, "t.price < 0 OR t.quantity < 0", "its price or quantity is below zero"),
        OF_QUOTATION,
        OF_ITS_PRODUCT,
    ],
};
