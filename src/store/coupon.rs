//! Coupons. A code is found whatever its case, spaces and dashes.

use super::{Db, Key, Page, Result, Row};
use crate::domain::coupon::{Coupon, CouponState, on_ticket};
use crate::domain::coupon_program::folded_code;
use crate::domain::ticket::OnTicket;
use crate::{paged, params};

macro_rules! head {
    () => {
        "SELECT c.key, c.id, p.key, p.id, t.key, t.id, cu.key, cu.id, c.only_customer, c.valid_until, c.cancelled, o.key, o.id,
                c.share_link, c.sent_at
         FROM coupon c JOIN coupon_program p ON p.key = c.program LEFT JOIN ticket t ON t.key = c.ticket
           LEFT JOIN customer cu ON cu.key = c.customer LEFT JOIN sales_order o ON o.key = c.used_by"
    };
}

/// Whether it is expired is for `Coupon::settle` to say: the store knows no day.
fn read(row: &Row<'_>) -> Result<Coupon> {
    let order = row.optional_reference(11)?;
    let state = match (row.get(10)?, &order) {
        (true, _) => CouponState::Cancelled,
        (false, Some(_)) => CouponState::Used,
        (false, None) => CouponState::Valid,
    };
    Ok(Coupon {
        key: row.get(0)?,
        id: row.get(1)?,
        program: row.reference(2)?,
        ticket: row.optional_reference(4)?,
        customer: row.optional_reference(6)?,
        only_customer: row.get(8)?,
        valid_until: row.get(9)?,
        state,
        order,
        share_link: row.get(13)?,
        sent_at: row.get(14)?,
    })
}

/// The coupon with that code, however it is spelled; not yet settled.
pub fn by_code(db: &Db, code: &str) -> Result<Option<Coupon>> {
    db.query_opt(concat!(head!(), " WHERE c.code_folded = $1"), params![folded_code(code)], read)
}

/// One page of the list, not yet settled.
pub fn page(db: &Db, page: Page) -> Result<Vec<Coupon>> {
    db.page(paged!(head!(), "c.key"), page, read)
}

/// Writes a new coupon.
pub fn insert(db: &Db, coupon: &Coupon) -> Result<()> {
    db.write(
        "INSERT INTO coupon (key, id, code_folded, program, ticket, customer, only_customer, valid_until, cancelled, used_by,
           share_link, sent_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        params![
            coupon.key,
            &coupon.id,
            folded_code(&coupon.id),
            &coupon.program,
            &coupon.ticket,
            &coupon.customer,
            coupon.only_customer,
            coupon.valid_until,
            coupon.state == CouponState::Cancelled,
            &coupon.order,
            &coupon.share_link,
            coupon.sent_at
        ],
    )
}

/// Marks a coupon as cancelled.
pub fn cancel(db: &Db, coupon: Key) -> Result<()> {
    db.change_one("UPDATE coupon SET cancelled = 1 WHERE key = $1 AND used_by IS NULL", params![coupon])
}

/// The coupons made from a ticket, oldest first.
pub fn made_from(db: &Db, ticket: Key) -> Result<Vec<OnTicket>> {
    let made = crate::query!([coupon], "SELECT id, cancelled FROM coupon WHERE ticket = $1 ORDER BY key");
    db.query(made, params![ticket], |row| Ok(on_ticket(row.get(0)?, row.get(1)?)))
}
