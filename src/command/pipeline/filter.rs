//! What is typed as a filter of a list, as the tests that the store asks: typed as the key is (contract, section 1).

use super::Cx;
use crate::domain::common::ValueRefused;
use crate::domain::desk::Timezone;
use crate::domain::value::day::{Day, Instant};
use crate::domain::value::number::parse_scaled;
use crate::domain::value::reference;
use crate::domain::{Allowed, Result};
use crate::procedure::{currency, look_up};
use crate::store::Value;
use crate::store::engine::filter::Test;
use crate::store::engine::table::{Column, CurrencyOf, FoundBy, Holds, Table};
use crate::store::tables;

/// The digits of quantities, prices and rates.
const MILLIONTHS: u32 = 6;

/// The tests that one typed value of a filter stands for: any of them.
pub(in crate::command) fn tests_of(
    cx: &Cx<'_>,
    table: &'static Table,
    column: &'static Column,
    given: &str,
) -> Result<Vec<Test>> {
    let test = test_of(cx, table, column, given)?;
    // A number by which records are found is a reference: one to nothing is refused, and other padding finds it too.
    let is_padded = table.found_by.contains(&FoundBy::PaddedIn(column.name));
    if is_padded && !given.is_empty() {
        look_up::reference(cx, table, column.shown, given)?;
    }
    let padded = reference::padded(given).filter(|_| is_padded).map(|padded| Test::Is(Value::from(padded)));
    Ok([test].into_iter().chain(padded).collect())
}

fn test_of(cx: &Cx<'_>, table: &'static Table, column: &'static Column, given: &str) -> Result<Test> {
    let name = column.shown;
    if given.is_empty() {
        return Ok(Test::Nothing);
    }
    if let Some(written) = column.written {
        let text = written(given).map_err(|message| ValueRefused::invalid(name, given, message))?;
        return Ok(Test::Is(Value::from(text)));
    }
    Ok(match column.holds {
        Holds::Id => Test::Is(Value::from(id_of(cx, table, name, given)?)),
        Holds::Link(linked) | Holds::Numbered(linked) => {
            Test::Is(Value::Int(key_of(cx, (table, linked), name, given)?))
        }
        Holds::Words(words) if words.contains(&given) => Test::Is(Value::from(given.to_owned())),
        Holds::Words(words) => {
            let message = format!("{given:?} is no {}; it is one of {}", name.replace('_', " "), words.join(", "));
            return Err(ValueRefused::Invalid {
                field: name,
                given: given.to_owned(),
                message,
                allowed: Some(Allowed::Several(words.iter().map(|word| (*word).to_owned()).collect())),
            }
            .into());
        }
        Holds::Switch => match given {
            "yes" | "true" => Test::Is(Value::Int(1)),
            "no" | "false" => Test::Is(Value::Int(0)),
            _ => {
                let message = format!("{given:?} is neither yes nor no");
                return Err(ValueRefused::invalid(name, given, message).into());
            }
        },
        Holds::Day => days(name, given)?,
        Holds::Instant => instants(&cx.desk.timezone, name, given)?,
        Holds::Amount => {
            let digits = match table.currency {
                CurrencyOf::Desk => cx.desk.currency.digits(),
                _ => crate::store::engine::filter::AMOUNT_DIGITS,
            };
            numbers(name, given, digits)?
        }
        Holds::Price | Holds::Quantity | Holds::Percent => numbers(name, given, MILLIONTHS)?,
        Holds::Int => numbers(name, given, 0)?,
        Holds::Currency => Test::Is(Value::from(currency::known(cx, name, given)?)),
        // A name that records are found by is compared as it is found: without case.
        _ => match compared_in(table, column).holds {
            Holds::Folded(_, fold) => Test::Is(Value::from(fold(given))),
            _ => Test::Is(Value::from(given.to_owned())),
        },
    })
}

/// The column that a text is compared in, where that is another than its own.
pub(super) fn compared_in(table: &'static Table, column: &'static Column) -> &'static Column {
    let is_its_fold = |other: &&Column| matches!(other.holds, Holds::Folded(of, _) if of == column.name);
    table.columns.iter().find(is_its_fold).filter(|_| matches!(column.holds, Holds::Text)).unwrap_or(column)
}

/// The id of the record that a typed reference of its own kind stands for.
fn id_of(cx: &Cx<'_>, table: &'static Table, field: &'static str, given: &str) -> Result<String> {
    if table.found_by.is_empty() {
        return Ok(given.to_owned());
    }
    Ok(look_up::reference(cx, table, field, given)?.id)
}

/// The key of the record of that table that a typed reference stands for.
fn key_of(
    cx: &Cx<'_>,
    (table, linked): (&'static Table, &'static str),
    field: &'static str,
    given: &str,
) -> Result<i64> {
    match tables::linked_from(table, linked) {
        Some(table) => Ok(look_up::reference(cx, table, field, given)?.key),
        None => Ok(0),
    }
}

/// Two bounds with `..` between, each if it is said; none where there is no `..`.
fn bounds<'g>(field: &'static str, given: &'g str) -> Result<Option<(Option<&'g str>, Option<&'g str>)>> {
    let Some((from, to)) = given.split_once("..") else {
        return Ok(None);
    };
    let said = |bound: &'g str| Some(bound).filter(|bound| !bound.is_empty());
    match (said(from), said(to)) {
        (None, None) => {
            Err(ValueRefused::invalid(field, given, "a range needs a bound, such as 100.. or ..100").into())
        }
        both => Ok(Some(both)),
    }
}

fn numbers(field: &'static str, given: &str, digits: u32) -> Result<Test> {
    let number = |text: &str| -> Result<Value<'static>> {
        let scaled = parse_scaled(text, digits);
        scaled.map(Value::Int).map_err(|fault| ValueRefused::invalid(field, text, fault.to_string()).into())
    };
    Ok(match bounds(field, given)? {
        None => Test::Is(number(given)?),
        Some((from, to)) => {
            Test::Between { from: from.map(number).transpose()?, to: to.map(number).transpose()?, before: None }
        }
    })
}

/// The first day of what was typed, and the one after its last: a day or a month such as `2026-11`.
fn span(field: &'static str, given: &str) -> Result<(Day, Option<Day>)> {
    if given.len() == 7
        && let Ok(first) = format!("{given}-01").parse::<Day>()
    {
        // No month has more than 31 days, so this is a day of the next one.
        let next = first.plus_days(31).and_then(|day| format!("{}-01", day.to_string().get(..7)?).parse().ok());
        return Ok((first, next));
    }
    let day: Day = given
        .parse()
        .map_err(|fault: <Day as std::str::FromStr>::Err| ValueRefused::invalid(field, given, fault.to_string()))?;
    Ok((day, day.plus_days(1)))
}

/// The first day of a period and the one behind its last, as `--since` and `--until` name them; none where it has no such bound.
pub(in crate::command) fn period(since: Option<&str>, until: Option<&str>) -> Result<(Option<Day>, Option<Day>)> {
    let from = since.map(|since| span("since", since)).transpose()?.map(|(first, _)| first);
    let before = until.map(|until| span("until", until)).transpose()?.and_then(|(_, after)| after);
    Ok((from, before))
}

/// Days as they are stored: ISO text.
pub(super) fn days(field: &'static str, given: &str) -> Result<Test> {
    let (from, to) = bounds(field, given)?.unwrap_or((Some(given), Some(given)));
    let from = from.map(|from| span(field, from)).transpose()?.map(|(first, _)| Value::from(first));
    let before = to.map(|to| span(field, to)).transpose()?.and_then(|(_, after)| after).map(Value::from);
    Ok(Test::Between { from, to: None, before })
}

/// Instants: a day or a month is that time in the desk's zone (spec G4), a time may have an offset, and without one is the desk's.
pub(super) fn instants(zone: &Timezone, field: &'static str, given: &str) -> Result<Test> {
    let moment = |text: &str| -> Option<Instant> { zone.moment(field, text.parse().ok()?).ok() };
    let range = bounds(field, given)?;
    if range.is_none()
        && let Some(moment) = moment(given)
    {
        return Ok(Test::Is(Value::from(moment)));
    }
    let (from, to) = range.unwrap_or((Some(given), Some(given)));
    let start = |day: Day| zone.start_of(day).map(Value::from);
    let from = match from {
        Some(text) => match moment(text) {
            Some(moment) => Some(Value::from(moment)),
            None => start(span(field, text)?.0),
        },
        None => None,
    };
    Ok(match to {
        Some(text) => match moment(text) {
            Some(moment) => Test::Between { from, to: Some(Value::from(moment)), before: None },
            None => Test::Between { from, to: None, before: span(field, text)?.1.and_then(start) },
        },
        None => Test::Between { from, to: None, before: None },
    })
}
