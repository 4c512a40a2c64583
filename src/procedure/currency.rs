//! The currency of a new document: the desk's unless named (spec G4).

use super::context::Cx;
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::value::money::Currency;
use crate::store::currency;

/// The currency that `given` names in the flag `--currency`, the desk's where it is left out; kept with its digits.
pub fn named(cx: &Cx<'_>, given: Option<&str>) -> Result<Currency> {
    let code = match given {
        None => return Ok(cx.desk.currency),
        Some("") => return Err(ValueRefused::missing("currency").into()),
        Some(code) => code,
    };
    // What the store knows goes before the table of this program, so that stored amounts keep their digits.
    if let Some(known) = currency::by_code(cx.db, code)? {
        return Ok(known);
    }
    let new = Currency::iso(code).ok_or_else(|| {
        ValueRefused::invalid("currency", code, format!("{code:?} is no currency code of ISO 4217, such as EUR"))
    })?;
    currency::keep(cx.db, new)?;
    Ok(new)
}
