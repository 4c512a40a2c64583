//! Coupon programs, whose rewards and conditions stand in the record whole.

use super::super::coupon_program::{created, replaced};
use super::{Form, Run, Stands, checked_id, filled};
use crate::domain::Result;
use crate::domain::coupon_program::{CouponProgram, GivenProgram, Names};
use crate::procedure::coupon_program::made_of;
use crate::store::coupon_program;

pub const FORM: Form = Form {
    kind: "coupon_program",
    keys: &[
        "id",
        "name",
        "type",
        "archived",
        "code",
        "currency",
        "start",
        "end",
        "usage_limit",
        "rewards",
        "conditions",
    ],
    lines: &[],
    switches: &["archived"],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Result<()> {
    let (cx, update) = (run.cx, run.update);
    let given: GivenProgram = filled(run, &FORM)?;
    checked_id(&given.id)?;
    let told = made_of(cx, &given, Names::RECORD)?;
    let Some(before) = coupon_program::by_id(cx.db, &told.id)?.filter(|before| before.id == told.id) else {
        return created(cx, told).map(drop);
    };
    let told = CouponProgram { key: before.key, ..told };
    if told == before {
        return Ok(());
    }
    if !update {
        return Err(Stands { form: &FORM, id: told.id }.into());
    }
    replaced(cx, &before, told).map(drop)
}
