//! Coupons and their programs.

use crate::domain::verify::Invariant;
use crate::query;
use crate::store::verify::Pass;

pub const PASSES: &[Pass] = &[
    Pass::Asked(Invariant::CouponUse, query!([coupon, sales_order, order_line], COUPON_USE)),
    Pass::Asked(Invariant::ProgramUse, query!([order_line, sales_order, coupon_program], PROGRAM_USE)),
    Pass::Asked(Invariant::CodeLines, query!([order_line, sales_order, coupon], CODE_LINES)),
    Pass::Asked(Invariant::CouponCodes, query!([coupon, coupon_program], COUPON_CODES)),
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
