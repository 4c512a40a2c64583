//! `/coupons`: the customer's codes, what they are worth and whether they can still be used.

use serde::Serialize;

use super::{Beside, Shown, Visitor, word};
use crate::domain::Result;
use crate::domain::coupon::{Coupon, CouponState};
use crate::portal::request::{Answer, part};
use crate::procedure::mail::{self, CouponValues};
use crate::store::engine::record;
use crate::store::{coupon_program, portal};

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
    let mut coupons = Vec::new();
    for id in portal::coupons(shown.cx.db, visitor.customer.key)? {
        let Some(mut coupon) = record::by_id::<Coupon>(shown.cx.db, &id)? else { continue };
        coupon.settle(shown.cx.today);
        let program = coupon_program::by_key(shown.cx.db, coupon.program.key)?;
        coupons.push(Item {
            part: part(&coupon.id),
            state: word(words, "state", coupon.state.word()),
            valid: coupon.state == CouponState::Valid,
            worth: mail::coupon(shown.cx, words, &coupon, &program)?,
        });
    }
    let title = words.text("portal_coupons").to_owned();
    shown.answered(visitor, "coupons", title, Beside::default(), Page { coupons })
}
