//! Coupons. A code is found whatever its case, spaces and dashes.

use super::engine::record::{self, Found};
use super::engine::table::{DayOf, FoundBy, Table, day, folded_code, id, instant, link, records, switch, text, words};
use super::{Db, Key, Result};
use crate::domain::coupon::{Coupon, CouponState, on_ticket};
use crate::domain::coupon_program::folded_code as fold;
use crate::domain::ticket::OnTicket;
use crate::{described, field_of_words, params, query, update};

field_of_words!(CouponState);

described! {
    Coupon in COUPON {
        id: id(),
        program: link("coupon_program").listed().least(4),
        ticket: link("ticket").optional().listed().least(3),
        customer: link("customer").optional().listed(),
        only_customer: switch().listed().least(1),
        valid_until: day().optional().listed().least(5),
        state: words(CouponState::WORDS).is(STORED_STATE).on_day(STATE_ON_DAY).listed(),
        order: link("sales_order").column("used_by").exported_as("used_by").optional().listed().least(2),
        share_link: text().optional(),
        sent_at: instant().optional(),
        created_at: instant().optional(),
    } beside {
        code_folded: folded_code("id"),
        cancelled: switch().starts_at(0),
    } as_of Coupon::settle
}

pub static COUPON: Table = records("coupon", "coupon", Coupon::COLUMNS)
    .found_by(&[FoundBy::Exactly("id"), FoundBy::Folded("code_folded")])
    .dated(DayOf::Instant(CREATED_AT));

/// When it was made; what is older than this column came before all that has one.
const CREATED_AT: &str = "COALESCE(t.created_at, '')";

/// The state but for whether it is expired, which the store knows of no day by itself.
const STORED_STATE: &str =
    "CASE WHEN t.cancelled = 1 THEN 'cancelled' WHEN t.used_by IS NOT NULL THEN 'used' ELSE 'valid' END";

/// The state on a day: what `Coupon::settle` makes of it, and `a_list_knows_the_state_of_the_day` holds the two together.
pub(super) const STATE_ON_DAY: &str =
    "CASE WHEN t.cancelled = 1 THEN 'cancelled' WHEN t.used_by IS NOT NULL THEN 'used'
    WHEN t.valid_until < $day THEN 'expired' ELSE 'valid' END";

/// The coupon with that code, however it is spelled; as it is but for the day.
pub fn by_code(db: &Db, code: &str) -> Result<Option<Coupon>> {
    Ok(match record::find(db, code)? {
        Found::One(coupon) => Some(coupon),
        Found::Nothing | Found::Several(_) => None,
    })
}

/// Whether a coupon has that code, however it is spelled.
pub fn has_code(db: &Db, code: &str) -> Result<bool> {
    let found = db.query_opt(
        query!(
            [coupon],
            "SELECT key FROM coupon WHERE code_folded = $1",
            [asked("coupon", "code_folded", 1).looks(&[])]
        ),
        params![fold(code)],
        |row| row.get::<Key>(0),
    )?;
    Ok(found.is_some())
}

/// Writes a new coupon.
pub fn insert(db: &Db, coupon: &Coupon) -> Result<()> {
    record::insert(db, coupon)
}

/// Marks a coupon as cancelled.
pub fn cancel(db: &Db, coupon: Key) -> Result<()> {
    db.change_one(update!(coupon (Int): "cancelled = 1" if "used_by IS NULL"), params![coupon])
}

/// Notes that an order used a coupon: one that nobody used yet and that is not cancelled (spec C8).
pub fn use_up(db: &Db, coupon: Key, order: Key) -> Result<()> {
    let used = update!(coupon (Int, Int): "used_by = $2" if "used_by IS NULL AND cancelled = 0");
    db.change_one(used, params![coupon, order])
}

/// Gives a coupon back that the order used.
pub fn give_back(db: &Db, coupon: Key, order: Key) -> Result<()> {
    db.change_one(update!(coupon (Int, Int): "used_by = NULL" if "used_by = $2"), params![coupon, order])
}

/// Keeps the link that a coupon is shared by.
pub fn share(db: &Db, coupon: &Coupon) -> Result<()> {
    db.change_one(update!(coupon (Int, Text): "share_link = $2"), params![coupon.key, &coupon.share_link])
}

/// The coupons made from a ticket, oldest first.
pub fn made_from(db: &Db, ticket: Key) -> Result<Vec<OnTicket>> {
    let made = query!([coupon], "SELECT id, cancelled FROM coupon WHERE ticket = $1 ORDER BY key");
    db.query(made, params![ticket], |row| Ok(on_ticket(row.get(0)?, row.get(1)?)))
}
