//! Invoices and credit notes: their states, and the records and lines that they name.

use super::Pass;
use super::rules::{NOT_IN_LOG, Rule, Rules, is_import, not_imported, unknown_to_its_ticket};
use crate::domain::verify::Invariant::*;

pub const PASSES: &[Pass] = &[Pass::Rules(&DOCUMENTS), Pass::Rules(&LINES), Pass::Rules(&TAXES), Pass::Rules(&MATCHES)];

const DOCUMENTS: Rules = Rules {
    from: "document t LEFT JOIN journal j ON j.key = t.journal LEFT JOIN ticket k ON k.key = t.ticket
           LEFT JOIN sales_order o ON o.key = t.sales_order LEFT JOIN task w ON w.key = t.task
           LEFT JOIN document i ON i.key = t.invoice LEFT JOIN document c ON c.key = t.copy_of
           LEFT JOIN document v ON v.key = t.reversed_by",
    record: "COALESCE(t.number, t.id)",
    part: "",
    rules: &[
        Rule(DocumentStates, "t.state = 'draft' AND t.number IS NOT NULL", "it is a draft, and has a number"),
        Rule(DocumentStates, "t.state = 'draft' AND t.accounting_date IS NOT NULL", "it is a draft, and is accounted"),
        Rule(
            DocumentStates,
            "t.state = 'posted' AND (t.number IS NULL OR t.accounting_date IS NULL)",
            "it is posted, and has no number or is not accounted",
        ),
        Rule(
            DocumentStates,
            "t.state = 'cancelled' AND t.number IS NOT NULL AND t.accounting_date IS NULL",
            "it has a number, and was never accounted",
        ),
        Rule(DocumentStates, "t.state <> 'draft' AND t.post_on IS NOT NULL", "it waits to be posted, and is no draft"),
        Rule(DocumentStates, "t.post_on <> t.date", "it waits for another day than its own"),
        Rule(
            DocumentStates,
            "t.held_by IS NOT NULL AND (t.state <> 'draft' OR t.kind <> 'credit_note')",
            "it waits for another user, and is no draft of a credit note",
        ),
        Rule(
            DocumentStates,
            "t.held_by IS NOT NULL AND NOT EXISTS (SELECT 1 FROM operation_touch e JOIN operation a ON a.key = e.operation
               JOIN person h ON h.key = t.held_by
               WHERE e.kind = t.kind AND e.id = t.id AND a.actor_kind = 'user' AND a.actor = h.id)",
            "whom it was stopped for made nothing of it",
        ),
        Rule(
            DocumentLinks,
            "t.posted_for IS NOT NULL AND (t.state = 'draft' OR NOT EXISTS (SELECT 1 FROM customer b WHERE b.key = t.posted_for
               AND b.merged_into = t.customer))",
            "it was posted for a customer who was not merged into its own",
        ),
        Rule(
            DocumentStates,
            "t.posted_in IS NOT NULL AND (t.number IS NULL OR NOT EXISTS
               (SELECT 1 FROM operation_touch e WHERE e.operation = t.posted_in AND e.id = t.id AND e.kind = t.kind))",
            "it was not posted by the operation that it names",
        ),
        // Only what was posted before that was kept names none: such was made before the first that names one was posted.
        Rule(
            DocumentStates,
            "t.posted_in IS NULL AND t.state = 'posted' AND (SELECT MIN(e.operation) FROM operation_touch e WHERE e.id = t.id
               AND e.kind = t.kind) > (SELECT MIN(p.posted_in) FROM document p)",
            "it is posted, and names no operation that posted it",
        ),
        Rule(
            DocumentStates,
            "t.state = 'posted' AND NOT EXISTS (SELECT 1 FROM document_line l WHERE l.document = t.key AND l.quantity <> 0)",
            "it is posted, and nothing stands on it",
        ),
        Rule(
            DocumentStates,
            "t.state = 'posted' AND t.kind = 'credit_note' AND t.total < 0",
            "it is posted, and comes to less than nothing",
        ),
        Rule(DocumentStates, "t.state <> 'posted' AND t.open <> 0", "something is open on it, and it is not posted"),
        Rule(
            DocumentLinks,
            "t.kind = 'invoice' AND (t.invoice IS NOT NULL OR t.replaces = 1 OR t.allow_excess = 1 OR t.reversed_by IS NOT NULL)",
            "it is an invoice, and says what a credit note alone can",
        ),
        Rule(
            DocumentLinks,
            "t.kind = 'credit_note' AND (t.copy_of IS NOT NULL OR t.task IS NOT NULL)",
            "it is a credit note, and says what an invoice alone can",
        ),
        Rule(DocumentLinks, "t.replaces = 1 AND t.invoice IS NULL", "it makes way for a copy, and reverses no invoice"),
        Rule(DocumentLinks, "j.type <> 'sale'", "its journal is no sales journal"),
        Rule(DocumentLinks, "k.customer <> t.customer", "its ticket is another customer's"),
        Rule(
            DocumentLinks,
            concat!(unknown_to_its_ticket!(), " AND ", not_imported!()),
            NOT_IN_LOG,
        ),
        Rule(DocumentLinks, "o.customer <> t.customer", "its order is another customer's"),
        Rule(DocumentLinks, "o.currency <> t.currency", "its order is in another currency"),
        Rule(DocumentLinks, "w.customer <> t.customer", "its task is another customer's"),
        Rule(DocumentLinks, "w.stage <> 'done'", "its task is not done"),
        Rule(DocumentLinks, "i.kind <> 'invoice'", "what it reverses is no invoice"),
        Rule(DocumentLinks, "i.key >= t.key", "what it reverses came after it"),
        Rule(
            DocumentLinks,
            "i.key IS NOT NULL AND COALESCE(i.sales_order, 0) <> COALESCE(t.sales_order, 0)",
            "it is of another order than its invoice",
        ),
        Rule(
            DocumentLinks,
            "t.state = 'posted' AND i.state <> 'posted' AND COALESCE(v.state, '') <> 'posted'",
            "it is posted, and its invoice is not",
        ),
        Rule(
            DocumentLinks,
            "t.copy_of IS NOT NULL AND (c.kind <> 'invoice' OR c.customer <> t.customer OR c.currency <> t.currency OR c.key >= t.key
               OR COALESCE(c.sales_order, 0) <> COALESCE(t.sales_order, 0))",
            "it is no copy of what it says",
        ),
        Rule(
            DocumentLinks,
            "t.copy_of IS NOT NULL AND NOT EXISTS (SELECT 1 FROM document n WHERE n.invoice = t.copy_of AND n.replaces = 1)",
            "it takes the place of an invoice that no credit note made way for",
        ),
        Rule(
            DocumentLinks,
            "t.replaces = 1 AND NOT EXISTS (SELECT 1 FROM document n WHERE n.copy_of = t.invoice)",
            "it made way for a copy of its invoice, and there is none",
        ),
        Rule(
            DocumentLinks,
            "t.reversed_by IS NOT NULL AND (v.kind <> 'invoice' OR v.customer <> t.customer OR v.currency <> t.currency
               OR v.key <= t.key OR v.total <> t.total OR COALESCE(v.sales_order, 0) <> COALESCE(t.sales_order, 0))",
            "what takes it back is no reversal of it",
        ),
        Rule(DocumentLinks, "t.reversed_by IS NOT NULL AND t.state = 'draft'", "it is a draft, and was taken back"),
        Rule(
            DocumentLinks,
            "t.reversed_by IS NOT NULL AND EXISTS (SELECT 1 FROM document z WHERE z.reversed_by = t.reversed_by AND z.key < t.key)",
            "what takes it back takes another one back",
        ),
    ],
};

const LINES: Rules = Rules {
    from: "document_line t JOIN document d ON d.key = t.document LEFT JOIN product p ON p.key = t.product
           LEFT JOIN lot b ON b.key = t.lot LEFT JOIN document_line s ON s.key = t.invoice_line
           LEFT JOIN document_line h ON h.key = t.share_of LEFT JOIN order_line o ON o.key = t.order_line",
    record: "COALESCE(d.number, d.id)",
    part: "'line ' || CAST(t.line AS TEXT)",
    rules: &[
        Rule(DocumentLineLinks, "t.line < 1", "lines are counted from 1"),
        Rule(DocumentLineLinks, "t.quantity < 0", "its quantity is below zero"),
        Rule(
            DocumentLineLinks,
            "d.kind = 'invoice' AND (t.refunds IS NOT NULL OR t.invoice_line IS NOT NULL OR t.share_of IS NOT NULL)",
            "it is of an invoice, and refunds",
        ),
        Rule(
            DocumentLineLinks,
            "t.invoice_line IS NOT NULL AND t.refunds IS NULL",
            "it does not say what it refunds of its line",
        ),
        Rule(
            DocumentLineLinks,
            "t.invoice_line IS NOT NULL AND s.document <> COALESCE(d.invoice, 0)",
            "it refunds a line of another invoice",
        ),
        Rule(
            DocumentLineLinks,
            "d.invoice IS NOT NULL AND t.invoice_line IS NULL AND d.allow_excess = 0",
            "it refunds no line of the invoice, and may not exceed it",
        ),
        Rule(
            DocumentLineLinks,
            "s.key IS NOT NULL AND COALESCE(s.product, 0) <> COALESCE(t.product, 0)",
            "it is of another product than the line that it refunds",
        ),
        Rule(
            DocumentLineLinks,
            "s.lot IS NOT NULL AND t.refunds = 'goods' AND COALESCE(t.lot, 0) <> s.lot",
            "it is of another lot than the line that it refunds",
        ),
        Rule(
            DocumentLineLinks,
            "s.key IS NOT NULL AND COALESCE(s.order_line, 0) <> COALESCE(t.order_line, 0)",
            "it is of another order line than the line that it refunds",
        ),
        Rule(
            DocumentLineLinks,
            "s.key IS NOT NULL AND (SELECT COUNT(*) FROM document_line_tax x WHERE x.document_line = t.key)
               <> (SELECT COUNT(*) FROM document_line_tax x WHERE x.document_line = s.key)",
            "it has not the taxes of the line that it refunds",
        ),
        Rule(
            DocumentLineLinks,
            "t.refunds = 'value' AND t.quantity <> 1000000",
            "it takes value alone, and a quantity",
        ),
        Rule(
            DocumentLineLinks,
            "t.share_of IS NOT NULL AND (t.refunds <> 'value' OR h.document <> COALESCE(d.invoice, 0))",
            "it is no share of a discount on its invoice",
        ),
        Rule(
            DocumentLineLinks,
            "t.order_line IS NOT NULL AND o.sales_order <> COALESCE(d.sales_order, 0)",
            "it bills a line of another order",
        ),
        Rule(
            DocumentLineLinks,
            "t.order_line IS NOT NULL AND COALESCE(o.product, 0) <> COALESCE(t.product, 0)",
            "it is of another product than the order line that it bills",
        ),
        Rule(
            DocumentLineLinks,
            "d.kind = 'credit_note' AND t.invoice_line IS NULL AND t.order_line IS NOT NULL",
            "it bills an order line, and stands on a credit note",
        ),
        Rule(
            DocumentLineLinks,
            "t.lot IS NOT NULL AND p.tracking = 'none'",
            "it names a lot of a product without lots",
        ),
    ],
};

const TAXES: Rules = Rules {
    from: "document_line_tax x JOIN document_line t ON t.key = x.document_line JOIN document d ON d.key = t.document
           LEFT JOIN tax a ON a.key = x.tax
           LEFT JOIN document_line_tax s ON s.document_line = t.invoice_line AND s.position = x.position",
    record: "COALESCE(d.number, d.id)",
    part: "'line ' || CAST(t.line AS TEXT)",
    rules: &[
        Rule(
            DocumentLineLinks,
            "t.invoice_line IS NOT NULL AND (s.tax IS NULL OR s.tax <> x.tax OR s.rate <> x.rate OR s.included <> x.included)",
            "a tax on it is not that of the line that it refunds",
        ),
        Rule(
            DocumentLineLinks,
            "EXISTS (SELECT 1 FROM document_line_tax y WHERE y.document_line = x.document_line AND y.tax = x.tax AND y.position < x.position)",
            "it bears a tax twice",
        ),
        Rule(
            DocumentLineLinks,
            "(x.rate <> a.rate OR x.included <> a.included)
             AND (SELECT COUNT(*) FROM operation_touch e WHERE e.id = a.id AND e.kind = 'tax') < 2",
            "a tax on it has not the rate that it always had",
        ),
    ],
};

const MATCHES: Rules = Rules {
    from: "matching t LEFT JOIN document d ON d.key = t.debit_document LEFT JOIN payment p ON p.key = t.debit_payment",
    record: "COALESCE(d.number, d.id, p.id)",
    part: "",
    rules: &[
        Rule(
            Matches,
            "t.debit_payment IS NOT NULL AND t.credit_payment IS NOT NULL",
            "it is a payment, and matched with another",
        ),
        Rule(Matches, "t.amount <= 0", "a match of it takes nothing"),
        Rule(
            Matches,
            "(t.debit_document IS NULL) = (t.debit_payment IS NULL) OR (t.credit_document IS NULL) = (t.credit_payment IS NULL)",
            "a match of it has not two ends",
        ),
    ],
};
