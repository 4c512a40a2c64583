//! Which commands move money or goods: what a protected profile asks about (contract, section 7 "Settings").

/// Commands that post, pay or take back, bring or take goods; and those that run any others.
const MOVES: &[&str] = &[
    "ticket refund",
    "ticket coupon",
    "ticket return",
    "ticket repair",
    "invoice post",
    "invoice cancel",
    "invoice pay",
    "invoice match",
    "invoice unmatch",
    "credit-note post",
    "credit-note cancel",
    "credit-note reverse",
    "credit-note pay",
    "credit-note match",
    "credit-note unmatch",
    "payment create",
    "payment cancel",
    "coupon cancel",
    "order confirm",
    "order cancel",
    "transfer create",
    "transfer validate",
    "transfer cancel",
    "transfer return",
    "repair add-part",
    "repair edit-part",
    "repair remove-part",
    "repair confirm",
    "repair finish",
    "repair cancel",
    "repair reopen",
    "task done",
    "stock count",
    "apply",
    "import",
    "restore",
];

/// Whether the command of that name moves money or goods, or may.
pub fn moves(name: &str) -> bool {
    MOVES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Action, COMMANDS};

    #[test]
    fn what_moves_money_or_goods_are_changes() {
        let bulk = ["apply", "import", "restore"];
        for name in MOVES.iter().filter(|name| !bulk.contains(name)) {
            let entry = COMMANDS.iter().find(|entry| entry.name == *name);
            assert!(matches!(entry.map(|entry| &entry.action), Some(Action::Change { .. })), "{name}");
        }
    }

    #[test]
    fn every_verb_of_what_is_money_or_goods_is_decided() {
        // What only writes down, or sends a text.
        let harmless =
            ["create", "edit", "send", "quote", "start", "share", "archive", "apply-coupon", "remove-coupon"];
        // The same of a ticket and of a visit.
        let of_tickets = ["note", "assign", "move", "close", "reopen", "merge", "plan"];
        let of_visits = ["pause", "resume", "stop", "cancel"];
        let nouns =
            ["invoice", "credit-note", "payment", "coupon", "order", "transfer", "repair", "stock", "ticket", "task"];
        for entry in COMMANDS.iter().filter(|entry| matches!(entry.action, Action::Change { .. })) {
            let (noun, verb) = entry.name.split_once(' ').unwrap_or_default();
            if nouns.contains(&noun) {
                let is_harmless = harmless.contains(&verb)
                    || noun == "ticket" && of_tickets.contains(&verb)
                    || noun == "task" && of_visits.contains(&verb);
                assert!(moves(entry.name) || is_harmless, "{}: does it move money or goods?", entry.name);
            }
        }
    }
}
