//! Restoring an export: every record is written as it stands, by the description of the tables, into a store that has nothing
//! of its own (contract, section 6).

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::super::export::{CONTINUED, FORMAT, FROM};
use super::super::pipeline::object::{self, Given, ObjectFault, Pairs};
use crate::domain::common::{LONGEST, LONGEST_OF_THREE};
use crate::domain::value::number::parse_scaled;
use crate::domain::verify::StoreDamaged;
use crate::domain::{Error, Refusal, Result};
use crate::procedure;
use crate::store::engine::exchange::{self, Exchanged};
use crate::store::engine::made;
use crate::store::engine::table::{Column, CurrencyOf, Holds, MERGED_INTO, Order, Table};
use crate::store::{Db, Key, StoreError, Value, currency, merge};

/// The digits of quantities, prices and rates.
const MILLIONTHS: u32 = 6;

/// How many links are remembered; a store has fewer products and customers than this as a rule.
const LINKS_KEPT: usize = 100_000;

/// The kind of the first record of an export.
pub const HEADER: &str = "export";

/// The store has records of its own, which a restoration would have to mix with those of the file.
#[derive(Debug, thiserror::Error)]
#[error("the store has records of its own, and an export is restored into a new one, which init makes")]
struct StoreNotEmpty;

impl Refusal for StoreNotEmpty {
    fn code(&self) -> &'static str {
        "store_not_empty"
    }
    fn hint(&self) -> Option<String> {
        Some("aftersales init --help".to_owned())
    }
}

/// A restoration at work, in one transaction.
pub struct Restoring {
    /// The digits of the desk's currency.
    desk_digits: u32,
    links: HashMap<&'static str, HashMap<String, Key>>,
    known: usize,
    /// Records that were merged into one that comes later: the table, the key, and the id of that one.
    merged_later: Vec<(&'static Table, Key, String)>,
}

impl Restoring {
    /// Begins with the header of the file: what a new store has makes way.
    pub fn begin(db: &Db, mut header: Pairs<'_>) -> Result<Restoring> {
        let format = number(&take(&mut header, "format")?).map_err(|fault| in_field(fault, "format"))?;
        refuse_rest(&header, HEADER, &["format"])?;
        if format != FORMAT {
            let message = format!("this program reads exports of the format {FORMAT}");
            return Err(in_field(invalid(message), "format").into());
        }
        if !exchange::is_fresh(db)? {
            return Err(StoreNotEmpty.into());
        }
        for table in exchange::tables().iter().rev() {
            table.clear(db)?;
        }
        Ok(Restoring { desk_digits: 0, links: HashMap::new(), known: 0, merged_later: Vec::new() })
    }

    /// Begins with the first line of an export.
    pub fn begin_with(db: &Db, line: &str) -> Result<Restoring> {
        let mut header = object::pairs_of_json(line)?;
        header.retain(|(name, _)| name != "record");
        Restoring::begin(db, header)
    }

    /// Writes the record of one further line.
    pub fn line(&mut self, db: &Db, line: &str) -> Result<()> {
        let mut pairs = object::pairs_of_json(line)?;
        let kind = super::take_text(&mut pairs, "record")?.unwrap_or_default();
        self.record(db, &kind, pairs).map(drop)
    }

    /// Writes one record with the lists in it; answers its id, where it has one of its own.
    pub fn record(&mut self, db: &Db, kind: &str, pairs: Pairs<'_>) -> Result<Option<String>> {
        let Some(table) = exchange::tables().iter().find(|table| table.table.shown == kind) else {
            let known = exchange::tables().iter().map(|table| table.table.shown);
            return Err(super::NoSuchKind::among("record", kind, known).into());
        };
        if pairs.iter().any(|(name, _)| name == CONTINUED) {
            let continued = self.continued(db, table, pairs);
            db.wait_for_writes().map_err(told_by_table)?;
            return continued.map(|()| None);
        }
        let id = match pairs.iter().find(|(name, _)| name == "id") {
            Some((_, given)) if table.table.is_keyed() => object::text_of(given)?,
            _ => None,
        };
        let written = self.row(db, table, pairs, &Stands { parent: 0, place: 0, digits: self.desk_digits });
        // A row that is underway stands before whatever was at fault after it.
        db.wait_for_writes().map_err(told_by_table)?;
        written.map(|()| id)
    }

    /// Writes further entries of a long list in a record that stands in the file before.
    fn continued(&mut self, db: &Db, exchanged: &'static Exchanged, mut pairs: Pairs<'_>) -> Result<()> {
        let mut count = |name: &str| -> Result<i64> {
            Ok(number(&take(&mut pairs, name)?).map_err(|fault| in_field(fault, name))?)
        };
        let (key, from) = (count(CONTINUED)?, count(FROM)?);
        for list in exchanged.lists.iter().filter(|list| list.table.is_long) {
            let given = take(&mut pairs, list.table.shown)?;
            self.entries(db, list, &given, &Stands { parent: key, place: from, digits: self.desk_digits })?;
        }
        refuse_rest(&pairs, exchanged.table.shown, &[CONTINUED, FROM])
    }

    /// Writes the entries of a list, the first of them at the place in `stands`.
    fn entries(&mut self, db: &Db, list: &'static Exchanged, given: &Given<'_>, stands: &Stands) -> Result<()> {
        let shown = list.table.shown;
        for (place, element) in (stands.place..).zip(elements(given).map_err(|fault| in_field(fault, shown))?) {
            let pairs = if list.table.is_plain() {
                let name = list.table.exported().next().map_or("", |column| column.in_export());
                vec![(name.into(), Given::Json(element))]
            } else {
                object::pairs_of_json(element.get())?
            };
            self.row(db, list, pairs, &Stands { place, ..*stands }).map_err(|error| named(error, shown))?;
        }
        Ok(())
    }

    /// Checks the whole as `verify` does, before it is kept.
    pub fn check(&self, db: &Db) -> Result<()> {
        for (table, key, id) in &self.merged_later {
            if !merge::mark(db, table, *key, id).map_err(told_by_table)? {
                return Err(named(no_record(id).into(), MERGED_INTO));
            }
        }
        match StoreDamaged::of(procedure::verify::findings(db)?) {
            Some(damaged) => Err(damaged.into()),
            None => Ok(()),
        }
    }

    fn row(&mut self, db: &Db, exchanged: &'static Exchanged, mut pairs: Pairs<'_>, stands: &Stands) -> Result<()> {
        let table = exchanged.table;
        let mut digits = stands.digits;
        let mut values: Vec<Value<'static>> = Vec::with_capacity(table.columns.len() + 3);
        let mut folded_from: HashMap<&'static str, String> = HashMap::new();
        let mut merged_into = None;
        for (place, column) in table.columns.iter().enumerate().filter(|(_, column)| column.is_stored()) {
            match column.holds {
                Holds::Always(number) => values.push(Value::Int(number)),
                Holds::Folded(of, fold) => {
                    values.push(folded_from.get(of).map_or(Value::Null, |text| Value::from(fold(text))));
                }
                _ => {
                    let is_told = pairs.iter().any(|(known, _)| known == column.in_export());
                    if !is_told && let Some(value) = made::added_since(table.name, column.name)? {
                        values.push(value);
                        continue;
                    }
                    let given = take(&mut pairs, column.in_export())?;
                    if column.name == MERGED_INTO {
                        merged_into = object::text_of(&given)?;
                        values.push(Value::Null);
                        continue;
                    }
                    let value = self
                        .value(db, exchanged, place, &given, digits)
                        .map_err(|error| named(error, column.in_export()))?;
                    if let Value::Text(text) = &value {
                        folded_from.insert(column.name, text.to_string());
                    }
                    digits = self.digits_after(db, exchanged, column, &value)?.unwrap_or(digits);
                    values.push(value);
                }
            }
        }
        let key = match table.order {
            Order::Column("key") => table.columns.iter().zip(&values).find_map(|(column, value)| match value {
                Value::Int(key) if column.name == "key" => Some(*key),
                _ => None,
            }),
            _ if table.is_keyed() => {
                let given = take(&mut pairs, "position")?;
                Some(number(&given).map_err(|fault| in_field(fault, "position"))?)
            }
            _ => None,
        };
        let key = key.unwrap_or_default();
        exchanged.insert(db, values, key, stands.parent, stands.place).map_err(told_by_table)?;
        self.merged_later.extend(merged_into.map(|id| (table, key, id)));

        for list in &exchanged.lists {
            let is_told = pairs.iter().any(|(known, _)| known == list.table.shown);
            if !is_told && made::is_later(list.table.name)? {
                continue;
            }
            let given = take(&mut pairs, list.table.shown)?;
            self.entries(db, list, &given, &Stands { parent: key, place: 1, digits })?;
        }
        let names: Vec<&str> = table.exported().map(|column| column.in_export()).collect();
        refuse_rest(&pairs, table.shown, &names)
    }

    fn value(
        &mut self,
        db: &Db,
        exchanged: &'static Exchanged,
        place: usize,
        given: &Given<'_>,
        digits: u32,
    ) -> Result<Value<'static>> {
        let Some(column) = exchanged.table.columns.get(place) else {
            return Ok(Value::Null);
        };
        if let (Holds::Json, Given::Json(raw)) = (column.holds, given) {
            return Ok(Value::from(raw.get().to_owned()));
        }
        if let (Holds::Switch, Given::Json(raw)) = (column.holds, given) {
            return match raw.get() {
                "true" => Ok(Value::from(true)),
                "false" => Ok(Value::from(false)),
                _ => Err(invalid("true or false is needed here".to_owned()).into()),
            };
        }
        let Some(text) = object::text_of(given)? else {
            return Ok(Value::Null);
        };
        let scaled = |digits: u32| parse_scaled(&text, digits).map_err(|fault| invalid(fault.to_string()));
        match column.holds {
            Holds::Int => Ok(Value::Int(number(given)?)),
            Holds::Amount => Ok(Value::Int(scaled(digits)?)),
            Holds::Price | Holds::Quantity | Holds::Percent => Ok(Value::Int(scaled(MILLIONTHS)?)),
            Holds::Link(table) | Holds::Numbered(table) => {
                Ok(Value::Int(self.linked(db, exchanged, place, table, text)?))
            }
            Holds::Line(_) => {
                let parts = text.rsplit_once(':').and_then(|(id, line)| Some((id, line.parse().ok()?)));
                let (id, line) = parts.ok_or_else(|| invalid(format!("{text:?} is not a record and a line of it")))?;
                let key = exchanged.linked(db, place, id, line).map_err(told_by_table)?;
                Ok(Value::Int(key.ok_or_else(|| no_record(&text))?))
            }
            Holds::Id | Holds::Text if text.len() > longest(exchanged.table, column) => {
                Err(invalid(format!("{} bytes are more than a record is found by", text.len())).into())
            }
            // An optional text that is empty is none (contract, section 7 "Ticket"); older exports have empty ones.
            Holds::Text if column.is_optional && text.is_empty() => Ok(Value::Null),
            _ => Ok(Value::from(text)),
        }
    }

    /// The key of the row that a link leads to, which stands in the file before.
    fn linked(
        &mut self,
        db: &Db,
        exchanged: &'static Exchanged,
        place: usize,
        table: &'static str,
        id: String,
    ) -> Result<Key> {
        if let Some(key) = self.links.get(table).and_then(|links| links.get(&id)) {
            return Ok(*key);
        }
        let found = exchanged.linked(db, place, &id, 0).map_err(told_by_table)?;
        let key = found.ok_or_else(|| no_record(&id))?;
        if self.known >= LINKS_KEPT {
            self.links.clear();
            self.known = 0;
        }
        self.known += 1;
        self.links.entry(table).or_default().insert(id, key);
        Ok(key)
    }

    /// The digits of amounts in the record once the column is read that its currency comes from.
    fn digits_after(
        &mut self,
        db: &Db,
        exchanged: &Exchanged,
        column: &Column,
        value: &Value<'_>,
    ) -> Result<Option<u32>> {
        match (exchanged.table.currency, value) {
            (CurrencyOf::Linked(links), Value::Int(key)) => match links.iter().find(|(name, _)| *name == column.name) {
                Some((_, table)) => exchange::digits_of(db, table, *key).map_err(told_by_table),
                None => Ok(None),
            },
            (CurrencyOf::Own, Value::Text(code)) if column.name == "currency" => {
                let currency = currency::by_code(db, code).map_err(told_by_table)?;
                Ok(currency.map(|currency| currency.digits()))
            }
            (CurrencyOf::Desk, Value::Text(code)) if exchanged.table.name == "desk" && column.name == "currency" => {
                let digits = currency::by_code(db, code)?.map(|currency| currency.digits());
                self.desk_digits = digits.unwrap_or_default();
                Ok(digits)
            }
            _ => Ok(None),
        }
    }
}

/// How many bytes a text of that column has at most: an engine could not look up what is longer.
fn longest(table: &Table, column: &Column) -> usize {
    // What several records may have is looked up by its beginning.
    let folds = |other: &Column| !other.is_optional && matches!(other.holds, Holds::Folded(of, _) if of == column.name);
    match column.shown {
        "id" | "number" | "key" => LONGEST_OF_THREE,
        _ if table.columns.iter().any(folds) => LONGEST,
        _ => usize::MAX,
    }
}

/// Where a row stands: in which row, at which place, and the digits of amounts there.
struct Stands {
    parent: Key,
    place: i64,
    digits: u32,
}

fn take<'a>(pairs: &mut Pairs<'a>, name: &str) -> Result<Given<'a>> {
    match pairs.iter().position(|(known, _)| known == name) {
        Some(at) => Ok(pairs.swap_remove(at).1),
        None => Err(ObjectFault {
            code: "missing_field",
            field: Some(name.to_owned()),
            given: None,
            message: format!("{name} is needed"),
        }
        .into()),
    }
}

fn refuse_rest(pairs: &Pairs<'_>, kind: &str, names: &[&str]) -> Result<()> {
    match pairs.first() {
        Some((name, _)) => Err(ObjectFault::unknown(name, &format!("the record {kind}"), names).into()),
        None => Ok(()),
    }
}

fn elements<'a>(given: &Given<'a>) -> std::result::Result<Vec<&'a RawValue>, ObjectFault> {
    match given {
        Given::Json(raw) => serde_json::from_str(raw.get()).map_err(|error| invalid(format!("not a list: {error}"))),
        _ => Err(invalid("a list is needed here".to_owned())),
    }
}

fn number(given: &Given<'_>) -> std::result::Result<i64, ObjectFault> {
    let text = object::text_of(given)?.unwrap_or_default();
    text.parse().map_err(|_| invalid(format!("{text:?} is not a whole number")))
}

fn invalid(message: String) -> ObjectFault {
    ObjectFault { code: "invalid_value", field: None, given: None, message }
}

fn no_record(id: &str) -> ObjectFault {
    ObjectFault {
        code: "not_found",
        field: None,
        given: Some(id.to_owned()),
        message: format!("there is no {id} before this line"),
    }
}

fn in_field(fault: ObjectFault, field: &str) -> ObjectFault {
    ObjectFault { field: Some(field.to_owned()), ..fault }
}

/// The fault with the name of the key that it is about, unless a key inside of that is named already, or it is the record's.
fn named(mut error: Error, field: &str) -> Error {
    let fault = error.fault_mut();
    if fault.field.is_none() && fault.message != CANNOT_STAND {
        fault.field = Some(field.to_owned());
    }
    error
}

const CANNOT_STAND: &str =
    "the record cannot stand beside those before it: its id is taken, or a value is out of its bounds";

/// What a table refuses is a fault of the file here, not of the program; each engine would say it in other words. A row that
/// was written may be refused only when the next is looked for.
fn told_by_table(error: StoreError) -> Error {
    match error {
        StoreError::Constraint(_) => invalid(CANNOT_STAND.to_owned()).into(),
        error => error.into(),
    }
}
