//! The currency of a new document: the desk's unless named (spec G4).

use super::context::Cx;
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::value::money::Currency;
use crate::store::currency;

/// The currency that `given` names in the flag `--currency`, the desk's where it is left out; kept with its digits.
pub fn named(cx: &Cx<'_>, given: Option<&str>) -> Result<Currency> {
    match given {
        None => Ok(cx.desk.currency),
        Some("") => Err(ValueRefused::missing("currency").into()),
        Some(code) => match currency::by_code(cx.db, code)? {
            Some(stored) => Ok(stored),
            None => {
                let new = of_iso("currency", code)?;
                currency::keep(cx.db, new)?;
                Ok(new)
            }
        },
    }
}

/// The currency of that code, which nothing need be in.
pub fn known(cx: &Cx<'_>, field: &'static str, code: &str) -> Result<Currency> {
    // What the store knows goes before the table of this program, so that stored amounts keep their digits.
    currency::by_code(cx.db, code)?.map_or_else(|| of_iso(field, code), Ok)
}

fn of_iso(field: &'static str, code: &str) -> Result<Currency> {
    let message = || format!("{code:?} is no currency code of ISO 4217, such as EUR");
    Currency::iso(code).ok_or_else(|| ValueRefused::invalid(field, code, message()).into())
}
