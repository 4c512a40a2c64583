//! `/coupons`: the customer's codes, what they are worth and whether they can still be used.

use serde::Serialize;

use super::{Beside, Shown, Visitor, word};
use crate::domain::Result;
use crate::domain::coupon::CouponState;
use crate::portal::request::{Answer, part};
use crate::procedure::mail::{self, CouponValues};
use crate::store::portal;

#[derive(Serialize)]
struct Page {
    coupons: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    part: String,
    state: String,
    /// Whether it can still be used.
    valid: bool,
    worth: CouponValues,
}

/// The page.
pub fn page(shown: &Shown<'_, '_>, visitor: &Visitor) -> Result<Answer> {
    let words = &*shown.words(Some(visitor))?;
    let mut coupons = portal::coupons(shown.cx.db, visitor.customer.key)?;
    coupons.iter_mut().for_each(|coupon| coupon.settle(shown.cx.today));
    let worth = mail::coupons(shown.cx, words, &coupons)?;
    let items = coupons.iter().zip(worth).map(|(coupon, worth)| Item {
        part: part(&coupon.id),
        state: word(words, "state", coupon.state.word()),
        valid: coupon.state == CouponState::Valid,
        worth,
    });
    let coupons = items.collect();
    let title = words.text("portal_coupons").to_owned();
    shown.answered(visitor, "coupons", title, Beside::default(), Page { coupons })
}
