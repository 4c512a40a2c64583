//! The names of customers, products, users and programs, several at a time: what tables show beside ids.

use super::{Db, Result, Value};
use crate::query;

/// How many names are asked for at once.
const AT_ONCE: usize = 32;

/// The questions for the name of one record, and for those of several.
macro_rules! names_from {
    ($table:ident) => {
        [
            query!([$table], concat!("SELECT id, name FROM ", stringify!($table), " WHERE id = $1")),
            query!(
                [$table],
                concat!(
                    "SELECT id, name FROM ",
                    stringify!($table),
                    " WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
                     $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)"
                )
            ),
        ]
    };
}

/// Ids and names of the records of that kind with these ids; nothing for a kind that has no names.
pub fn of(db: &Db, kind: &str, ids: &[String]) -> Result<Vec<(String, String)>> {
    let [one, several] = match kind {
        "customer" => names_from!(customer),
        "product" => names_from!(product),
        "user" => names_from!(person),
        "coupon_program" => names_from!(coupon_program),
        _ => return Ok(Vec::new()),
    };
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        // To prepare the statement for several takes many times as long; it is the same for any number of them, and what is not
        // needed finds nothing.
        let (statement, places) = if some.len() == 1 { (one, 1) } else { (several, AT_ONCE) };
        let wanted = some.iter().map(|id| Value::from(id.as_str()));
        let params: Vec<Value<'_>> = wanted.chain(std::iter::repeat(Value::Null)).take(places).collect();
        found.extend(db.query(statement, &params, |row| Ok((row.get(0)?, row.get(1)?)))?);
    }
    Ok(found)
}
