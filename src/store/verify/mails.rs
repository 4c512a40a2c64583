//! Mail to customers: what it brings, and what became of it.

use super::Pass;
use super::rules::{MADE_AT_NO_TIME, NOT_IN_LOG, Rule, Rules};
use crate::domain::verify::Invariant::*;
use crate::store::ticket::in_log_of;

pub const PASSES: &[Pass] = &[Pass::Rules(&MAILS), Pass::Rules(&ATTACHMENTS), Pass::Rules(&TRIES)];

const MAILS: Rules = Rules {
    from: "mail t LEFT JOIN coupon c ON c.id = t.document AND t.kind = 'coupon'
           LEFT JOIN sales_order o ON o.id = t.document AND t.kind = 'quotation'
           LEFT JOIN document d ON d.id = t.document AND d.kind = t.kind
           LEFT JOIN mail_try y ON y.mail = t.key AND y.line = t.attempts",
    record: "t.id",
    part: "",
    rules: &[
        Rule(Mails, "c.key IS NULL AND o.key IS NULL AND d.key IS NULL", "what it brings is not there"),
        Rule(Mails, "COALESCE(c.customer, d.customer, t.customer) <> t.customer", "what it brings is another customer's"),
        Rule(
            Mails,
            "o.key IS NULL AND COALESCE(c.ticket, d.ticket, 0) <> COALESCE(t.ticket, 0)",
            "what it brings is of another ticket",
        ),
        Rule(
            Mails,
            concat!(
                "t.ticket IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ticket_log n WHERE ",
                in_log_of!("n", "t.ticket"),
                " AND n.document = t.document AND n.kind = 'mail')"
            ),
            NOT_IN_LOG,
        ),
        Rule(
            Mails,
            "NOT EXISTS (SELECT 1 FROM operation_touch e JOIN operation a ON a.key = e.operation
               WHERE e.kind = 'mail' AND e.id = t.id AND a.at = t.at)",
            MADE_AT_NO_TIME,
        ),
        Rule(
            Mails,
            "t.sent_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM operation_touch e JOIN operation a ON a.key = e.operation
               WHERE e.kind = 'mail' AND e.id = t.id AND a.at = t.sent_at)",
            "no operation sent it at the time that it says",
        ),
        Rule(
            Mails,
            "substr(t.message_id, 1, length(t.id) + 2) <> '<' || t.id || '.'",
            "no message of it would be called so",
        ),
        Rule(
            Mails,
            "t.attempts <> (SELECT COUNT(*) FROM mail_try x WHERE x.mail = t.key) OR (t.attempts > 0 AND y.key IS NULL)",
            "it was tried another number of times than it says",
        ),
        Rule(
            Mails,
            "(t.state = 'sent') <> (COALESCE(y.outcome, '') = 'sent') OR (t.state = 'outbox' AND t.attempts > 0)",
            "its state is not how its last attempt ended",
        ),
        Rule(Mails, "t.state = 'outbox' AND t.next_at IS NULL", "it waits, and for nothing"),
        Rule(Mails, "t.next_at < t.at", "it was due before it was written"),
        Rule(Mails, "t.state = 'sent' AND t.error IS NOT NULL", "it was sent, and failed of something"),
        Rule(
            Mails,
            "t.claimed_by IS NOT NULL AND COALESCE(y.outcome, '') <> 'unknown'",
            "somebody is at sending it, and no attempt is under way",
        ),
        Rule(
            Mails,
            "(t.body IS NULL) <> (t.html IS NULL) OR (t.body IS NULL) <> (t.recipient = '')
             OR (t.body IS NULL AND t.next_at IS NOT NULL)",
            "it is erased by halves",
        ),
    ],
};

const ATTACHMENTS: Rules = Rules {
    from: "mail t JOIN mail_attachment a ON a.mail = t.key LEFT JOIN file f ON f.key = a.file",
    record: "t.id",
    part: "a.name",
    rules: &[
        Rule(
            Mails,
            "a.line < 1 OR a.line > (SELECT COUNT(*) FROM mail_attachment x WHERE x.mail = t.key)",
            "it is counted otherwise than from 1 on",
        ),
        Rule(
            Mails,
            "NOT EXISTS (SELECT 1 FROM operation_touch e WHERE e.kind = 'file' AND e.id = f.id)",
            "no operation knows what goes along",
        ),
    ],
};

const TRIES: Rules = Rules {
    from: "mail t JOIN mail_try y ON y.mail = t.key",
    record: "t.id",
    part: "'attempt ' || CAST(y.line AS TEXT)",
    rules: &[
        Rule(
            MailTries,
            "NOT EXISTS (SELECT 1 FROM operation_touch e JOIN operation a ON a.key = e.operation
               WHERE e.kind = 'mail' AND e.id = t.id AND a.at = y.at)",
            "no operation made it at the time that it says",
        ),
        Rule(MailTries, "y.outcome = 'sent' AND y.line < t.attempts", "it was tried again after it was sent"),
        Rule(MailTries, "y.line < 1 OR y.line > t.attempts", "it is counted otherwise than from 1 on"),
        Rule(
            MailTries,
            "y.outcome = 'sent' AND y.error IS NOT NULL OR y.outcome <> 'sent' AND y.error IS NULL AND t.body IS NOT NULL",
            "how it ended does not fit what it failed of",
        ),
    ],
};
