//! How a ticket gives a coupon: the programs it offers, for `ticket coupon` and `ticket options` alike, and the code (spec C2,
//! C3).

use serde::Serialize;

use super::context::Cx;
use super::random;
use crate::domain::Result;
use crate::domain::coupon::{check_offered, code_of};
use crate::domain::day::Day;
use crate::store::{coupon, coupon_program};

/// The form of `ticket coupon`: what each field would show.
#[derive(Debug, Serialize)]
pub struct Form {
    pub program: Field<String>,
    pub valid_until: Field<Day>,
    pub only_customer: Field<bool>,
}

/// A field of the form: what stands in it at first, and what can be chosen (none: free text).
#[derive(Debug, Serialize)]
pub struct Field<T> {
    pub default: Option<T>,
    pub choices: Option<Vec<T>>,
}

/// The form as it would be shown today. No program stands in it at first: which one is to be given is asked of the user.
pub fn offer(cx: &Cx<'_>) -> Result<Form> {
    let offered = coupon_program::making_coupons(cx.db)?.into_iter();
    let offered = offered.filter(|program| check_offered(program, cx.today).is_ok());
    Ok(Form {
        program: Field { default: None, choices: Some(offered.map(|program| program.id).collect()) },
        valid_until: Field { default: None, choices: None },
        only_customer: Field { default: Some(false), choices: Some(vec![false, true]) },
    })
}

/// A code that nobody can guess and nothing has yet.
pub fn new_code(cx: &Cx<'_>) -> Result<String> {
    loop {
        let code = code_of(random::bytes()?);
        if coupon::by_code(cx.db, &code)?.is_none() && coupon_program::with_code(cx.db, &code)?.is_none() {
            return Ok(code);
        }
    }
}
