//! Lists: which records, in which order, a page at a time. Conditions on columns go into the statement, where an index
//! answers them.

use super::record::{self, Described};
use super::statement::{Statement, Tables};
use super::table::{Column, CurrencyOf, DayOf, From, Holds, Table};
use super::{Db, Key, Result, Row, Value};
use crate::domain::value::day::Day;

/// A condition on one column: any of these tests.
pub struct Condition {
    pub column: &'static Column,
    pub any: Vec<Test>,
}

/// What a value can be asked for.
#[derive(Debug, Clone)]
pub enum Test {
    /// There is none.
    Nothing,
    Is(Value<'static>),
    /// It begins with this text.
    Begins(String),
    /// From the one on and up to the other, each if it is said; `before` bounds without the bound itself.
    Between {
        from: Option<Value<'static>>,
        to: Option<Value<'static>>,
        before: Option<Value<'static>>,
    },
}

/// What is asked of a list.
#[derive(Default)]
pub struct Asked {
    pub conditions: Vec<Condition>,
    /// Tests on the day of a record, all of them (contract, section 1).
    pub days: Vec<Test>,
    /// The records that have a row with one of these values in that list: the list's table, the column, the values.
    pub linked: Vec<(&'static Table, &'static str, Vec<Value<'static>>)>,
    /// Conditions of the noun's own over the row `t` that an index answers, such as that tickets are open.
    pub also: Vec<&'static str>,
    /// Those that no index answers, such as that a ticket was not merged into another: what is read is held against them.
    pub besides: Vec<&'static str>,
    /// The tables that these read beside those of the records.
    pub also_reads: Vec<&'static str>,
    /// By which column they are sorted, and whether against its order; else in order of creation.
    pub sort: Option<(&'static Column, bool)>,
    /// The newest first.
    pub newest: bool,
    /// The day on which it is asked, for what depends on that.
    pub day: Option<Day>,
}

/// In how many digits amounts are compared where records are in currencies of their own: more than any currency has.
pub const AMOUNT_DIGITS: u32 = 4;

/// How many records are read at a time.
const PAGE: usize = 500;

/// A list that is being read.
pub struct Listing<'a> {
    asked: &'a Asked,
    state: State,
    left: usize,
}

enum State {
    /// Read along the keys; the last one read.
    AlongKeys(Option<Key>),
    /// The keys of all of them, in the order asked for.
    Known(std::vec::IntoIter<Key>),
    Done,
}

impl<'a> Listing<'a> {
    /// Begins to read a list of `limit` records at most.
    pub fn begin<T: Described>(db: &Db, asked: &'a Asked, limit: usize) -> Result<Listing<'a>> {
        let state = match asked.is_along_keys() {
            true => State::AlongKeys(None),
            false => State::Known(keys::<T>(db, asked, limit)?.into_iter()),
        };
        Ok(Listing { asked, state, left: limit })
    }

    /// The next page, complete; none when there are no more.
    pub fn next<T: Described>(&mut self, db: &Db) -> Result<Option<Vec<T>>> {
        let records: Vec<T> = match &mut self.state {
            State::Done => return Ok(None),
            State::AlongKeys(after) => {
                let size = PAGE.min(self.left);
                let (statement, params) = along_keys::<T>(self.asked, *after, size);
                let mut found: Vec<T> = record::all(db, statement, &params)?;
                *after = found.last().map(Described::key);
                if found.len() < size || found.len() >= self.left {
                    self.state = State::Done;
                }
                T::complete(db, &mut found)?;
                found
            }
            State::Known(keys) => {
                let some: Vec<Key> = keys.take(PAGE.min(self.left)).collect();
                if some.is_empty() {
                    self.state = State::Done;
                    return Ok(None);
                }
                record::by_keys(db, &some)?
            }
        };
        self.left = self.left.saturating_sub(records.len());
        Ok(Some(records).filter(|records| !records.is_empty()))
    }
}

/// The question for the next records along the keys, with its values.
fn along_keys<T: Described>(
    asked: &Asked,
    after: Option<Key>,
    limit: usize,
) -> (&'static Statement, Vec<Value<'static>>) {
    let mut params = Vec::new();
    let mut conditions = asked.conditions::<T>(&mut params);
    if let Some(after) = after {
        params.push(Value::Int(after));
        let sign = if asked.newest { "<" } else { ">" };
        conditions.push(format!("t.key {sign} ${}", params.len()));
    }
    params.push(Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)));
    let order = if asked.newest { " DESC" } else { "" };
    let rest = format!(" ORDER BY t.key{order} LIMIT ${}", params.len());
    let kind_leads = asked.kind_leads(T::table());
    (record::select::<T>().reading(asked.reads(), (&conditions, kind_leads), &rest), params)
}

/// How many rows there are; the engines count in types of their own.
const COUNT: &str = "CAST(COUNT(*) AS BIGINT)";

/// How many records are asked for, and how many of them are from before each of those moments: by that column, or by
/// their day.
pub fn count_before<T: Described>(
    db: &Db,
    asked: &Asked,
    by: Option<&'static Column>,
    moments: &[Value<'static>],
) -> Result<Vec<i64>> {
    let mut params = Vec::new();
    let conditions = asked.conditions::<T>(&mut params);
    let day = by.map_or_else(|| day_of(T::table()), compared);
    let mut counts = vec![COUNT.to_owned()];
    for moment in moments {
        params.push(moment.clone());
        let before = format!("CASE WHEN {day} < ${} THEN 1 ELSE 0 END", params.len());
        counts.push(format!("CAST(COALESCE(SUM({before}), 0) AS BIGINT)"));
    }
    let kind_leads = !asked.is_linked();
    let statement = record::select::<T>().figures(&counts.join(", "), asked.reads(), (&conditions, kind_leads));
    let read = |row: &Row<'_>| (0..counts.len()).map(|column| row.get(column)).collect::<Result<Vec<i64>>>();
    Ok(db.query_opt(statement, &params, read)?.unwrap_or_default())
}

/// The keys of all records that are asked for, in the order asked for.
fn keys<T: Described>(db: &Db, asked: &Asked, limit: usize) -> Result<Vec<Key>> {
    let (statement, params) = all_keys::<T>(asked, limit);
    db.query(statement, &params, |row| row.get(0))
}

fn all_keys<T: Described>(asked: &Asked, limit: usize) -> (&'static Statement, Vec<Value<'static>>) {
    let mut params = Vec::new();
    let conditions = asked.conditions::<T>(&mut params);
    let backwards = |is_backwards: bool| if is_backwards { " DESC" } else { "" };
    let order = match asked.sort {
        // Nothing sorts behind everything else, whichever way.
        Some((column, is_backwards)) => {
            let sorted = asked.on_day(column, &mut params).unwrap_or_else(|| shown(T::table(), column));
            format!("{sorted}{} NULLS LAST, t.key{}", backwards(is_backwards), backwards(asked.newest))
        }
        // Not the key itself, along which an engine could look through all rows for those of a day, rather than ask the index.
        None => format!("t.key + 0{}", backwards(asked.newest)),
    };
    params.push(Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)));
    let rest = format!(" ORDER BY {order} LIMIT ${}", params.len());
    (record::select::<T>().keys(asked.reads(), (&conditions, !asked.is_linked()), &rest), params)
}

/// What a column is sorted by: links by the id that they are shown by, amounts by what they are compared by.
fn shown(table: &Table, column: &Column) -> String {
    match (column.from, column.holds) {
        (_, Holds::Amount) => amount(table, column),
        (_, Holds::Link(_)) => format!("{}_.id", column.shown),
        (_, Holds::Numbered(_)) => format!("COALESCE({0}_.number, {0}_.id)", column.shown),
        (From::Sql(sql), _) => format!("({sql})"),
        _ => format!("t.{}", column.name),
    }
}

/// What a column is compared by: links by their key.
fn compared(column: &Column) -> String {
    match column.from {
        From::Sql(sql) => format!("({sql})"),
        _ => format!("t.{}", column.name),
    }
}

/// The day of a record, or the moment that it is the day of.
fn day_of(table: &Table) -> String {
    match table.day {
        DayOf::Nothing => "NULL".to_owned(),
        DayOf::Day(sql) | DayOf::Instant(sql) => sql.to_owned(),
    }
}

/// What an amount is compared by: in `AMOUNT_DIGITS`, where each record has a currency of its own.
fn amount(table: &Table, column: &Column) -> String {
    let own = compared(column);
    match table.currency {
        CurrencyOf::Own => {
            let scales: Vec<String> = (0..AMOUNT_DIGITS)
                .map(|digits| format!("WHEN {digits} THEN {}", 10_i64.pow(AMOUNT_DIGITS - digits)))
                .collect();
            format!("{own} * (CASE currency_.digits {} ELSE 1 END)", scales.join(" "))
        }
        _ => own,
    }
}

impl Asked {
    /// Whether what is asked for can be read along the keys: an index on a column holds the keys of each of its values in order,
    /// but not those of a range or of several values. Of these all keys are asked for first, rather than anew for each page.
    fn is_along_keys(&self) -> bool {
        let is_one = |one: &Condition| matches!(one.any.as_slice(), [Test::Nothing | Test::Is(_)]);
        self.sort.is_none()
            && self.days.is_empty()
            && self.linked.is_empty()
            && self.also.is_empty()
            && self.conditions.iter().all(is_one)
    }

    /// Whether those of some other record are asked for, such as a customer's.
    fn is_linked(&self) -> bool {
        let is_link = |one: &Condition| matches!(one.column.holds, Holds::Link(_) | Holds::Numbered(_));
        !self.linked.is_empty() || self.conditions.iter().any(is_link)
    }

    /// Whether the kind of the records leads an index along which they are read in order of their keys: one of a state, or of a kind
    /// of which there are few.
    fn kind_leads(&self, table: &Table) -> bool {
        let has_state = self.conditions.iter().any(|one| one.column.name == "state");
        !self.is_linked() && (has_state || (self.conditions.is_empty() && table.is_seldom))
    }

    /// The tables that the conditions read beside those of the records.
    fn reads(&self) -> Tables {
        let linked = self.linked.iter().map(|(list, ..)| Tables::of(&[list.name]));
        let columns =
            self.conditions.iter().map(|condition| condition.column).chain(self.sort.map(|(column, _)| column));
        let columns = columns.map(|column| Tables::of(column.reads));
        linked.chain(columns).chain([Tables::of(&self.also_reads)]).fold(Tables::NONE, Tables::and)
    }

    /// What a column is on the day of asking, where that depends on it.
    fn on_day(&self, column: &Column, params: &mut Vec<Value<'static>>) -> Option<String> {
        let sql = column.on_day?;
        params.push(Value::from(self.day));
        Some(format!("({})", sql.replace("$day", &format!("${}", params.len()))))
    }

    fn conditions<T: Described>(&self, params: &mut Vec<Value<'static>>) -> Vec<String> {
        let mut conditions: Vec<String> = Vec::new();
        for Condition { column, any } in &self.conditions {
            let compared = match (self.on_day(column, params), column.holds) {
                (Some(on_day), _) => on_day,
                (None, Holds::Amount) => amount(T::table(), column),
                (None, _) => compared(column),
            };
            conditions.push(any_of(&compared, any, params));
        }
        for test in &self.days {
            conditions.push(any_of(&day_of(T::table()), std::slice::from_ref(test), params));
        }
        for (list, column, values) in &self.linked {
            let places: Vec<String> = values
                .iter()
                .map(|value| {
                    params.push(value.clone());
                    format!("${}", params.len())
                })
                .collect();
            let parent = list.parent.unwrap_or_default();
            let places = if places.is_empty() { "NULL".to_owned() } else { places.join(", ") };
            conditions.push(format!("t.key IN (SELECT {parent} FROM {} WHERE {column} IN ({places}))", list.name));
        }
        conditions.extend(self.also.iter().chain(&self.besides).map(|condition| (*condition).to_owned()));
        conditions
    }
}

fn any_of(compared: &str, any: &[Test], params: &mut Vec<Value<'static>>) -> String {
    let mut bound = |value: &Value<'static>| {
        params.push(value.clone());
        format!("${}", params.len())
    };
    let tests: Vec<String> = any
        .iter()
        .map(|test| match test {
            Test::Nothing => format!("{compared} IS NULL"),
            Test::Is(value) => format!("{compared} = {}", bound(value)),
            Test::Begins(text) => {
                let place = bound(&Value::from(text.clone()));
                format!("SUBSTR({compared}, 1, LENGTH(CAST({place} AS TEXT))) = {place}")
            }
            Test::Between { from, to, before } => {
                let bounds: Vec<String> = [(">=", from), ("<=", to), ("<", before)]
                    .into_iter()
                    .filter_map(|(sign, value)| Some(format!("{compared} {sign} {}", bound(value.as_ref()?))))
                    .collect();
                if bounds.is_empty() {
                    format!("{compared} IS NOT NULL")
                } else {
                    format!("({})", bounds.join(" AND "))
                }
            }
        })
        .collect();
    match tests.as_slice() {
        [one] => one.clone(),
        _ => format!("({})", tests.join(" OR ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ticket::Ticket;
    use crate::store::engine::address::Address;

    fn asked(key: &str, test: Test) -> Asked {
        let column = Ticket::table().column(key).unwrap();
        Asked { conditions: vec![Condition { column, any: vec![test] }], ..Asked::default() }
    }

    /// How the embedded engine answers the question.
    fn plan(db: &Db, statement: &Statement, params: &[Value<'_>]) -> Vec<String> {
        let explained = format!("EXPLAIN QUERY PLAN {}", statement.sql);
        let reads = statement.reads;
        db.query(Statement::made(explained, |sql| Statement::query(reads, sql)), params, |row| row.get(3)).unwrap()
    }

    #[test]
    fn lists_are_read_along_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::create(&Address::File(folder.path().join("desk.db"))).unwrap();
        db.begin_write().unwrap();
        db.migrate_from(0).unwrap();
        db.commit().unwrap();

        let one = || Test::Is(Value::Int(1));
        let id = || Test::Is(Value::from("T00001".to_owned()));
        let listed = |asked: Asked| Asked { besides: vec!["t.merged_into IS NULL"], ..asked };
        for (asked, way) in [
            (Asked::default(), "INTEGER PRIMARY KEY (rowid>?)"),
            (Asked { newest: true, ..Asked::default() }, "INTEGER PRIMARY KEY (rowid<?)"),
            (asked("customer", one()), "INDEX ticket_customer (customer=? AND key>?)"),
            (asked("stage", one()), "INDEX ticket_stage (stage=? AND key>?)"),
            (asked("order", one()), "INDEX ticket_order (sales_order=? AND key>?)"),
            (asked("user", one()), "INDEX ticket_person (person=? AND key>?)"),
            (asked("id", id()), "INDEX sqlite_autoindex_ticket_1 (id=? AND rowid>?)"),
        ] {
            let asked = listed(asked);
            assert!(asked.is_along_keys(), "{way}");
            let (statement, params) = along_keys::<Ticket>(&asked, Some(7), 500);
            let plan = plan(&db, statement, &params);
            assert_eq!(plan.first(), Some(&format!("SEARCH t USING {way}")), "{plan:#?}");
            assert!(!plan.iter().any(|step| step.contains("SCAN") || step.contains("TEMP")), "{plan:#?}");
        }

        // All keys at once, without a look at what is linked.
        let day = || Test::Between { from: Some(Value::from("2026-11-01".to_owned())), to: None, before: None };
        for (asked, way) in [
            (Asked { days: vec![day()], ..Asked::default() }, "INDEX ticket_created (created_at>?)"),
            (asked("created_at", day()), "INDEX ticket_created (created_at>?)"),
            (Asked { also: vec![crate::store::ticket::OPEN], ..Asked::default() }, "INDEX ticket_stage (stage=?)"),
        ] {
            let asked = listed(asked);
            assert!(!asked.is_along_keys(), "{way}");
            let (statement, params) = all_keys::<Ticket>(&asked, 500);
            let plan = plan(&db, statement, &params);
            assert_eq!(plan.first(), Some(&format!("SEARCH t USING {way}")), "{plan:#?}");
            assert!(!plan.iter().any(|step| step.contains("JOIN")), "{plan:#?}");
        }

        // Those whose id begins so, the latest first, of any number: as many are read as are told.
        let begins = Test::Between {
            from: Some(Value::from("T0".to_owned())),
            to: None,
            before: Some(Value::from("T0z".to_owned())),
        };
        let sort = Ticket::table().column("id").map(|id| (id, true));
        let (statement, params) = all_keys::<Ticket>(&Asked { sort, ..asked("id", begins) }, 50);
        let plan = plan(&db, statement, &params);
        assert_eq!(plan, ["SEARCH t USING INDEX sqlite_autoindex_ticket_1 (id>? AND id<?)"]);
    }
}
