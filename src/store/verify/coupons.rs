//! Coupons and their programs.

use super::rules::{MADE_AT_NO_TIME, NOT_IN_LOG, Rule, Rules, made_at_no_operation, unknown_to_its_ticket};
use super::{Breach, Pass, Tell};
use crate::domain::coupon;
use crate::domain::verify::Invariant::{self, *};
use crate::store::{Db, Result};
use crate::{params, query};

pub const PASSES: &[Pass] = &[
    Pass::Asked(Invariant::CouponUse, query!([coupon, sales_order, order_line], COUPON_USE)),
    Pass::Asked(Invariant::ProgramUse, query!([order_line, sales_order, coupon_program], PROGRAM_USE)),
    Pass::Asked(Invariant::CodeLines, query!([order_line, sales_order, coupon], CODE_LINES)),
    Pass::Asked(Invariant::CouponCodes, query!([coupon, coupon_program], COUPON_CODES)),
    Pass::Rules(&COUPONS),
    Pass::Rules(&PROGRAMS),
    Pass::Rules(&REWARDS),
    Pass::Rules(&PRODUCTS),
    Pass::Made(&[Coupons], codes),
];

const COUPON_CODES: &str = "
    SELECT c.id, p.id, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0, 0
    FROM coupon c JOIN coupon_program p ON p.code_folded = c.code_folded ORDER BY c.key";

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
      SELECT DISTINCT l.program AS program, l.sales_order AS sales_order
      FROM order_line l JOIN sales_order o ON o.key = l.sales_order WHERE o.state = 'confirmed' AND l.program IS NOT NULL),
    counted AS (SELECT program, COUNT(*) AS uses FROM uses GROUP BY program)
    SELECT p.id, '', p.used, COALESCE(c.uses, 0), 0, 0
    FROM coupon_program p LEFT JOIN counted c ON c.program = p.key
    WHERE p.used <> COALESCE(c.uses, 0) ORDER BY p.key";

const CODE_LINES: &str = "
    SELECT o.id, 'line ' || CAST(l.line AS TEXT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0, 0, l.key
    FROM order_line l JOIN sales_order o ON o.key = l.sales_order LEFT JOIN coupon c ON c.id = l.coupon
    WHERE (l.coupon IS NULL AND l.program IS NOT NULL)
      OR (l.coupon IS NOT NULL AND l.product IS NULL AND l.total >= 0)
      OR (l.coupon IS NOT NULL AND l.product IS NOT NULL AND l.total <> 0)
      OR (c.key IS NOT NULL AND (l.program IS NULL OR l.program <> c.program))
    ORDER BY 7";
const COUPONS: Rules = Rules {
    from: "coupon t LEFT JOIN coupon_program p ON p.key = t.program LEFT JOIN ticket k ON k.key = t.ticket
           LEFT JOIN sales_order o ON o.key = t.used_by",
    record: "t.id",
    part: "",
    rules: &[
        Rule(Coupons, "p.type <> 'coupons'", "its program makes no coupons"),
        Rule(Coupons, unknown_to_its_ticket!(), NOT_IN_LOG),
        Rule(
            Coupons,
            "t.cancelled = 1 AND (SELECT COUNT(*) FROM operation_touch e WHERE e.kind = 'coupon' AND e.id = t.id) < 2",
            "it is cancelled, and no operation cancelled it",
        ),
        Rule(Coupons, made_at_no_operation!("coupon"), MADE_AT_NO_TIME),
        Rule(
            Coupons,
            "(t.sent_at IS NOT NULL) <> EXISTS (SELECT 1 FROM mail m WHERE m.document = t.id AND m.kind = 'coupon' AND m.state = 'sent')
             OR (t.sent_at IS NOT NULL AND NOT EXISTS
               (SELECT 1 FROM mail m WHERE m.document = t.id AND m.kind = 'coupon' AND m.sent_at = t.sent_at))",
            "no mail brought it at the time at which it was sent",
        ),
        Rule(Coupons, "t.ticket IS NULL", "it was made from no ticket"),
        Rule(Coupons, "COALESCE(k.customer, 0) <> COALESCE(t.customer, 0)", "its ticket is another customer's"),
        Rule(Coupons, "t.only_customer = 1 AND t.customer IS NULL", "it is one customer's alone, and nobody's"),
        Rule(Coupons, "t.cancelled = 1 AND t.used_by IS NOT NULL", "it is cancelled, and used"),
        Rule(
            Coupons,
            "t.only_customer = 1 AND o.customer <> t.customer",
            "it is one customer's alone, and was used by another",
        ),
    ],
};

const PROGRAMS: Rules = Rules {
    from: "coupon_program t",
    record: "t.id",
    part: "",
    rules: &[
        Rule(Programs, "(t.type = 'promo-code') <> (t.code IS NOT NULL)", "its code does not fit its type"),
        Rule(Programs, "t.end_date < t.start_date", "it ends before it starts"),
        Rule(Programs, "t.usage_limit <= 0", "it can never be used"),
        Rule(Programs, "t.minimum_amount < 0 OR t.minimum_quantity < 0", "it asks for less than nothing"),
        Rule(Programs, "NOT EXISTS (SELECT 1 FROM coupon_reward r WHERE r.program = t.key)", "it gives nothing"),
    ],
};

const REWARDS: Rules = Rules {
    from: "coupon_program t JOIN coupon_reward r ON r.program = t.key",
    record: "t.id",
    part: "'reward ' || CAST(r.position AS TEXT)",
    rules: &[
        Rule(
            Rewards,
            "(r.type = 'percent') <> (r.percent IS NOT NULL) OR (r.type = 'fixed') <> (r.fixed IS NOT NULL)
             OR (r.type = 'free_product') <> (r.product IS NOT NULL) OR (r.type = 'free_product') <> (r.quantity IS NOT NULL)",
            "what it gives does not fit its type",
        ),
        Rule(
            Rewards,
            "r.percent <= 0 OR r.percent > 100000000 OR r.fixed <= 0 OR r.quantity <= 0 OR r.maximum <= 0",
            "it gives nothing, or more than all",
        ),
        Rule(
            Rewards,
            "(r.type = 'free_product') <> (r.applies_on IS NULL) OR (r.type = 'free_product' AND r.maximum IS NOT NULL)",
            "what it is on does not fit its type",
        ),
        Rule(
            Rewards,
            "(COALESCE(r.applies_on, '') = 'products') <> EXISTS
               (SELECT 1 FROM coupon_product c WHERE c.program = t.key AND c.reward = r.position)",
            "the products that it names do not fit what it is on",
        ),
    ],
};

const PRODUCTS: Rules = Rules {
    from: "coupon_program t JOIN coupon_product c ON c.program = t.key",
    record: "t.id",
    part: "'product ' || CAST(c.position AS TEXT)",
    rules: &[
        Rule(
            Rewards,
            "c.reward IS NOT NULL AND NOT EXISTS (SELECT 1 FROM coupon_reward r WHERE r.program = t.key AND r.position = c.reward)",
            "there is no reward that names it",
        ),
        Rule(
            Rewards,
            "EXISTS (SELECT 1 FROM coupon_product o WHERE o.program = t.key AND o.product = c.product
               AND COALESCE(o.reward, 0) = COALESCE(c.reward, 0) AND o.position < c.position)",
            "it is named twice",
        ),
    ],
};

/// Codes are made by the program alone, and so are such as it makes.
fn codes(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    db.each(query!([coupon], "SELECT id, share_link FROM coupon ORDER BY key"), params![], |row| {
        let (id, link): (String, Option<String>) = (row.get(0)?, row.get(1)?);
        if link.is_some_and(|link| !link.contains(&id)) {
            let what = "its link leads to another code".to_owned();
            tell(Coupons, Breach { record: Some(id.clone()), what, ..Breach::default() });
        }
        if !coupon::is_code(&id) {
            let what = "no such code is ever made".to_owned();
            tell(Coupons, Breach { record: Some(id), what, ..Breach::default() });
        }
        Ok(())
    })
}
