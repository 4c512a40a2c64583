//! Links of customers, and what the portal keeps of visits: the log knows when each was made and ended, and whose it is.

use super::Pass;
use super::rules::{MADE_AT_NO_TIME, Rule, Rules};
use crate::domain::verify::Invariant::*;

pub const PASSES: &[Pass] = &[Pass::Rules(&LINKS), Pass::Rules(&SECRET), Pass::Rules(&ENDED)];

/// No operation of that time touched the customer `c`, or one who was merged into them.
macro_rules! touched_nothing_at {
    ($time:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM operation a JOIN operation_touch e ON e.operation = a.key WHERE a.at = ",
            $time,
            " AND e.kind = 'customer' AND (e.id = c.id OR e.id IN (SELECT m.id FROM customer m WHERE m.merged_into = c.key)))"
        )
    };
}

const LINKS: Rules = Rules {
    from: "invitation t JOIN customer c ON c.key = t.customer",
    record: "c.id",
    part: "'invitation'",
    rules: &[
        Rule(Invitations, touched_nothing_at!("t.created_at"), MADE_AT_NO_TIME),
        Rule(
            Invitations,
            concat!("t.revoked_at IS NOT NULL AND ", touched_nothing_at!("t.revoked_at")),
            "no operation revoked it at the time that it says",
        ),
    ],
};

const SECRET: Rules = Rules {
    from: "portal_secret t",
    record: "'desk'",
    part: "'secret'",
    rules: &[Rule(Invitations, "NOT EXISTS (SELECT 1 FROM operation a WHERE a.at = t.made_at)", MADE_AT_NO_TIME)],
};

const ENDED: Rules = Rules {
    from: "ended_visit t",
    record: "'desk'",
    part: "'visit'",
    rules: &[Rule(
        Invitations,
        "NOT EXISTS (SELECT 1 FROM operation a WHERE a.at = t.ended_at)",
        "no operation ended it at the time that it says",
    )],
};
