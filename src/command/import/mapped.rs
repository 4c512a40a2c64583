//! Records that a map reads from a file of another system (contract, section 7): what its references find, what is made if it is
//! missing, and faults told by row and column.

use std::collections::HashSet;

use serde::{Serialize, Serializer};

use super::lookup::Lookup;
use super::object::{Given, Pairs};
use super::{Cx, KINDS, internal, object};
use crate::command::pipeline::bulk::take_text;
use crate::domain::code::FaultKind;
use crate::domain::common::{LONGEST, ValueRefused};
use crate::domain::tax::named::{NamedTax, UnknownTax};
use crate::domain::value::quantity::Percent;
use crate::domain::{Error, Fault, Result, code};
use crate::procedure::look_up;
use crate::store::customer::{self, CUSTOMER};
use crate::store::engine::record::{self, Found};
use crate::store::engine::table::{FoundBy, Table};
use crate::store::product::{self, PRODUCT};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The map that the records of an import are read by.
#[derive(Debug)]
pub struct Mapping {
    /// Its name, or its file.
    pub name: String,
    /// The column that each key of a record is read from: the kind, the key, and the column.
    pub columns: Vec<(String, String, String)>,
}

impl Serialize for Mapping {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

/// What the reader of a file says of a record beside its keys.
#[derive(Debug, Default)]
pub struct Beside {
    /// The rows of one document, counted.
    pub group: u64,
    /// The row of the record, and of each of its lines.
    pub rows: Vec<u64>,
    /// Whether the record is made where it is missing, and else left as it is.
    pub if_missing: bool,
    /// What is wrong with the cells that it would be read from.
    pub faults: Vec<Fault>,
    /// The kinds and names of the records that are not made for that.
    pub names: Vec<(String, String)>,
}

/// The keys under which the reader says that: no record has keys of that form.
pub const GROUP: &str = "@group";
pub const ROWS: &str = "@rows";
pub const IF_MISSING: &str = "@if_missing";
pub const FAULTS: &str = "@faults";
pub const NAMES: &str = "@names";

/// A fault of a cell on its way from the reader.
#[derive(Debug, Serialize, serde::Deserialize)]
pub struct CellFault {
    pub code: String,
    pub column: Option<String>,
    pub given: Option<String>,
    pub message: String,
    pub row: u64,
}

impl Beside {
    /// Takes what the reader says out of a record.
    pub fn take(pairs: &mut Pairs<'_>) -> Result<Beside> {
        let mut take = |name: &'static str| {
            let at = pairs.iter().position(|(known, _)| known == name)?;
            match pairs.remove(at).1 {
                Given::Json(value) => Some(value.get().to_owned()),
                _ => None,
            }
        };
        let read = |error: serde_json::Error| internal(error.to_string());
        let faults: Vec<CellFault> =
            take(FAULTS).map(|json| serde_json::from_str(&json)).transpose().map_err(read)?.unwrap_or_default();
        Ok(Beside {
            group: take(GROUP).map(|json| serde_json::from_str(&json)).transpose().map_err(read)?.unwrap_or_default(),
            rows: take(ROWS).map(|json| serde_json::from_str(&json)).transpose().map_err(read)?.unwrap_or_default(),
            if_missing: take(IF_MISSING).is_some(),
            names: take(NAMES).map(|json| serde_json::from_str(&json)).transpose().map_err(read)?.unwrap_or_default(),
            faults: faults.into_iter().map(Fault::from).collect(),
        })
    }
}

impl From<CellFault> for Fault {
    fn from(fault: CellFault) -> Fault {
        // The reader has these few; whatever else it might say would be a value that cannot stand.
        let code = match fault.code.as_str() {
            "missing_field" => "missing_field",
            "not_found" => "not_found",
            _ => "invalid_value",
        };
        Fault {
            code,
            exit: code::exit_of(code),
            message: in_cell(fault.row, fault.column.as_deref(), &fault.message),
            field: fault.column,
            given: fault.given,
            allowed: None,
            hint: None,
            line: Some(fault.row),
            others: Vec::new(),
            findings: Vec::new(),
        }
    }
}

/// A sentence with the place that it is about before it.
fn in_cell(row: u64, column: Option<&str>, message: &str) -> String {
    match column {
        Some(column) => format!("row {row}, column {column:?}: {message}"),
        None => format!("row {row}: {message}"),
    }
}

/// What a run that reads by a map remembers.
#[derive(Default)]
pub struct Failed {
    /// The document of which something failed: the rest of it is not tried.
    group: Option<u64>,
    /// What could not be made, by kind and name: what refers to it is not told again.
    names: HashSet<(String, String)>,
}

/// How many names of what could not be made are remembered.
const KEPT: usize = 10_000;

impl Failed {
    /// Whether a record belongs to what failed before. It is not made then either.
    pub fn includes(&mut self, kind: &str, name: Option<&str>, beside: &Beside) -> bool {
        let includes = self.group == Some(beside.group) && !beside.if_missing;
        if includes {
            self.remember(kind, name);
        }
        includes
    }

    /// Notes that a record failed; whether it only failed because another one did.
    pub fn note(&mut self, kind: &str, name: Option<&str>, beside: &Beside, error: &Error) -> bool {
        self.group = Some(beside.group);
        let fault = error.fault();
        let of = match fault.field.as_deref() {
            Some("customer") => Some("customer"),
            Some("product") => Some("product"),
            Some("taxes" | "tax") => Some("tax"),
            Some("invoice") => Some("invoice"),
            Some("order") => Some("order"),
            _ => None,
        };
        let named = of.map(|of| (of.to_owned(), fault.given.clone().unwrap_or_default()));
        let only_follows =
            error.kind() == FaultKind::NotFound && named.is_some_and(|named| self.names.contains(&named));
        self.remember(kind, name);
        for (kind, name) in &beside.names {
            self.remember(kind, Some(name));
        }
        only_follows
    }

    fn remember(&mut self, kind: &str, name: Option<&str>) {
        if let Some(name) = name.filter(|_| self.names.len() < KEPT) {
            self.names.insert((kind.to_owned(), name.to_owned()));
        }
    }
}

impl Mapping {
    /// Tells a fault by the row and the column that it comes from.
    pub fn tell(&self, kind: &str, beside: &Beside, mut error: Error) -> Error {
        if !error.is_of_the_store() {
            let fault = error.fault_mut();
            self.place(kind, beside, fault);
            fault.others.iter_mut().for_each(|other| self.place(kind, beside, other));
        }
        error
    }

    fn place(&self, kind: &str, beside: &Beside, fault: &mut Fault) {
        // What the reader found is placed already.
        if fault.line.is_some() {
            return;
        }
        let (line, message) = of_line(&fault.message);
        let of_document = beside.rows.first().copied().unwrap_or_default();
        let row = line.and_then(|line| beside.rows.get(line)).copied().unwrap_or(of_document);
        let column = fault.field.as_deref().and_then(|field| self.column(kind, field));
        fault.message = in_cell(row, column, message);
        fault.line = Some(row);
        if let Some(column) = column {
            fault.field = Some(column.to_owned());
        }
    }

    /// The column that a key is read from.
    pub fn column(&self, kind: &str, key: &str) -> Option<&str> {
        let of = |kind: &str, key: &str| {
            self.columns.iter().find(|(of, known, _)| of == kind && known == key).map(|(.., column)| column.as_str())
        };
        // A document's amounts are told by their own names, and its lines by what is asked of them.
        let near: &[&str] = match key {
            "line" | "lines" => &["quantity", "price"],
            "tax" => &["taxes", "rate"],
            "settled" | "paid" => &["paid", "settled", "amount"],
            _ => &[],
        };
        of(kind, key).or_else(|| near.iter().find_map(|key| of(kind, key)))
    }
}

/// The number of the line that a message begins with, and the message without it.
fn of_line(message: &str) -> (Option<usize>, &str) {
    let read = || {
        let (number, rest) = message.strip_prefix("line ")?.split_once(": ")?;
        Some((number.parse::<usize>().ok()?, rest))
    };
    match read() {
        // The first row is that of the document.
        Some((line, rest)) => (Some(line), rest),
        None => (None, message),
    }
}

/// What a record that is made where it is missing is called by: the first of these keys that is told (docs/ways-in.md).
pub fn called_by(kind: &str) -> &'static [&'static str] {
    match kind {
        "customer" => &["id", "email", "name"],
        "product" => &["id", "name"],
        _ => &["id"],
    }
}

/// What the record is called, and the key that says it.
fn named(kind: &str, pairs: &Pairs<'_>) -> Option<(&'static str, String)> {
    called_by(kind).iter().find_map(|key| {
        let (_, given) = pairs.iter().find(|(known, _)| known == key)?;
        let text = object::text_of(given).ok().flatten().filter(|text| !text.is_empty())?;
        Some((*key, text))
    })
}

/// What the record is called.
pub fn name_of(kind: &str, pairs: &Pairs<'_>) -> Option<String> {
    named(kind, pairs).map(|(_, name)| name)
}

/// Makes a record where the desk has none that it could mean; what there is is left as it is.
pub fn make_if_missing(
    cx: &Cx<'_>,
    lookup: &mut Lookup,
    kind: &str,
    mut pairs: Pairs<'_>,
) -> Result<Option<Box<RawValue>>> {
    let (key, name) = named(kind, &pairs).ok_or_else(|| ValueRefused::missing("name"))?;
    take_text(&mut pairs, "id")?;
    let new = match (kind, key) {
        // A number or a SKU is an id as it stands, and a name is none that is called so by chance.
        ("customer", "id") => (!record::has_id(cx.db, &CUSTOMER, &name)?).then_some(name),
        ("customer", key) => {
            let found_by = if key == "email" { customer::BY_EMAIL } else { customer::BY_NAME };
            match is_there(cx, "customer", &CUSTOMER, found_by, &name)? {
                true => None,
                false => Some(cx.db.next_reference("C")?),
            }
        }
        ("product", "id") => (!record::has_id(cx.db, &PRODUCT, &name)?).then_some(name),
        ("product", _) => (!is_there(cx, "product", &PRODUCT, product::BY_NAME, &name)?).then(|| id_from(&name)),
        ("tax", _) => match lookup.tax_named(cx, &name)? {
            Some(_) => None,
            None => Some(tell_of_tax(name, &mut pairs)?),
        },
        _ => {
            let message =
                format!("a record of the kind {kind} cannot be made by the way; customers, products and taxes can");
            return Err(ValueRefused::invalid("make", kind, message).into());
        }
    };
    let Some(id) = new else {
        return Ok(None);
    };
    // What the name of a tax says stands in the record's own form.
    if kind == "product" {
        for (key, given) in &mut pairs {
            if key == "taxes" {
                *given = taxes_of(cx, lookup, given)?;
            }
        }
    }
    let described = KINDS.iter().find(|described| described.kind == kind);
    let described = described.ok_or_else(|| internal(format!("{kind} has no form")))?;
    described.import(cx, lookup, &id, pairs, false).map(Some)
}

/// Adds to a tax what its name tells of it, unless it is told otherwise; answers the name in one line.
fn tell_of_tax(name: String, pairs: &mut Pairs<'_>) -> Result<String> {
    let named = NamedTax::read(&name);
    let is_told = |pairs: &Pairs<'_>, key: &str| pairs.iter().any(|(known, _)| known == key);
    if !is_told(pairs, "rate") {
        let Some(rate) = named.rate else {
            return Err(of_bare_rate(UnknownTax { name }));
        };
        pairs.push((Cow::Borrowed("rate"), Given::Text(rate.to_string().into())));
    }
    if !is_told(pairs, "included") {
        pairs.push((Cow::Borrowed("included"), Given::Switch(named.included)));
    }
    Ok(named.name)
}

/// A tax that is called by a number alone is a rate, once the map says so.
fn of_bare_rate(unknown: UnknownTax) -> Error {
    let is_number = unknown.name.replace(',', ".").parse::<Percent>().is_ok();
    let mut error = Error::from(unknown);
    if is_number {
        error.fault_mut().message.push_str("; where a column holds rates alone, the map says suffix = \"%\"");
    }
    error
}

/// The taxes of that list as the desk calls them.
fn taxes_of(cx: &Cx<'_>, lookup: &mut Lookup, given: &Given<'_>) -> Result<Given<'static>> {
    let Given::Json(json) = given else {
        return Ok(Given::Texts(Vec::new()));
    };
    let names: Vec<String> = serde_json::from_str(json.get()).map_err(|error| internal(error.to_string()))?;
    let taxes = names.iter().map(|name| lookup.tax(cx, name).map(|tax| tax.id)).collect::<Result<Vec<_>>>()?;
    Ok(Given::Texts(taxes))
}

/// Whether the desk has what is called so; several are ambiguous.
fn is_there(cx: &Cx<'_>, field: &'static str, table: &'static Table, by: &[FoundBy], name: &str) -> Result<bool> {
    match record::find_key_by(cx.db, table, by, name)?.found {
        Found::Nothing => Ok(false),
        found => look_up::the_one(found, table, field, name).map(|_| true),
    }
}

/// A name as an id: in one line, and no longer than ids are.
fn id_from(name: &str) -> String {
    let mut id: String = name.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    id.truncate(id.floor_char_boundary(LONGEST));
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_by_row_and_column() {
        let columns = vec![
            ("order".to_owned(), "date".to_owned(), "Created at".to_owned()),
            ("order".to_owned(), "price".to_owned(), "Lineitem price".to_owned()),
        ];
        let mapping = Mapping { name: "shop".to_owned(), columns };
        let beside = Beside { rows: vec![7, 7, 9], ..Beside::default() };
        let told = |field: &'static str, message: &str| {
            let error = mapping.tell("order", &beside, ValueRefused::invalid(field, "x", message).into());
            let fault = error.fault();
            (fault.message.clone(), fault.field.clone().unwrap_or_default(), fault.line)
        };
        let of = |message: &str, field: &str, row| (message.to_owned(), field.to_owned(), Some(row));
        assert_eq!(told("date", "no day"), of("row 7, column \"Created at\": no day", "Created at", 7));
        assert_eq!(told("price", "line 2: bad"), of("row 9, column \"Lineitem price\": bad", "Lineitem price", 9));
        assert_eq!(told("line", "line 1: bad"), of("row 7, column \"Lineitem price\": bad", "Lineitem price", 7));
        assert_eq!(told("state", "bad"), of("row 7: bad", "state", 7));
    }

    #[test]
    fn names_are_cut_to_ids() {
        assert_eq!(id_from("Table\n1"), "Table 1");
        assert_eq!(id_from(&"ä".repeat(1000)).len(), LONGEST);
        assert_eq!(id_from(&format!("a{}", "ä".repeat(1000))).len(), LONGEST - 1);
    }
}
