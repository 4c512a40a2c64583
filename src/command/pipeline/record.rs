//! Reading records, the same for every noun: `list` with a filter for each scalar key, and `show`.

use std::marker::PhantomData;

use clap::{Arg, ArgAction, ArgMatches};
use serde::Serialize;
use serde::ser::SerializeMap;
use serde_json::Value;

use super::{Cx, Read, found, to_json};
use crate::domain::Result;
use crate::domain::common::{Ambiguous, ValueRefused};
use crate::domain::desk::Right;
use crate::domain::value::day::Day;
use crate::domain::value::reference::{folded, padded};
use crate::output::Opens;
use crate::store::engine::record::Found;
use crate::store::{self, Db, Key, Page};

/// A kind of record that can be listed and shown.
pub trait Record: Serialize + Sized + 'static {
    /// Its name in results and schemas, such as `credit_note`.
    const KIND: &'static str;
    /// The noun of its commands, such as `credit-note`.
    const NOUN: &'static str;
    /// The right that reading it needs.
    const RIGHT: Right;
    /// All keys of a listed record, in order.
    const FIELDS: &'static [&'static str];
    /// The columns of its table, in order.
    const COLUMNS: &'static [&'static str];
    /// Its scalar keys, each a filter of `list`.
    const SCALARS: &'static [&'static str];
    /// The key that `--since` and `--until` compare.
    const DAY: Option<&'static str>;
    /// Keys of the shown record under which ids of other records stand, each with the command that opens one of them.
    const OPENS: Opens = &[];

    /// The record that a typed reference stands for, complete.
    fn find(db: &Db, given: &str) -> store::Result<Option<Self>>;
    /// The same, where several may have that name.
    fn look_up(db: &Db, given: &str) -> store::Result<Found<Self>> {
        Ok(Self::find(db, given)?.map_or(Found::Nothing, Found::One))
    }
    /// A page of the list; what only `complete` loads may be empty.
    fn page(db: &Db, page: Page) -> store::Result<Vec<Self>>;
    /// Its place in the order of creation.
    fn key(&self) -> Key;
    /// Loads what `page` left out, such as lines.
    fn complete(&mut self, _db: &Db) -> store::Result<()> {
        Ok(())
    }
    /// Settles what depends on the day, such as whether a coupon is expired; filters see it settled.
    fn settle(&mut self, _today: Day) {}
    /// A right beside `RIGHT` that shows the record that a typed reference stands for (spec A9).
    fn also_opened_by(_db: &Db, _given: &str) -> store::Result<Option<Right>> {
        Ok(None)
    }
    /// The record as `show` prints it.
    fn shown(&self, _cx: &Cx<'_>) -> Result<String> {
        to_json(self)
    }
}

/// The record that `given` stands for, or the refusal `not_found` on `field`; an empty reference is a missing one.
pub fn one<R: Record>(cx: &Cx<'_>, field: &'static str, given: &str) -> Result<R> {
    if given.is_empty() {
        return Err(ValueRefused::missing(field).into());
    }
    let mut record: R = match R::look_up(cx.db, given)? {
        Found::Several(candidates) => {
            return Err(Ambiguous { noun: R::NOUN, field, given: given.to_owned(), candidates }.into());
        }
        Found::One(record) => record,
        Found::Nothing => found(None, words_of(R::KIND), R::NOUN, field, given)?,
    };
    record.settle(cx.today);
    Ok(record)
}

/// What creating or editing a record answers: `{"tax": record}`, under the record's kind.
pub struct Changed<R>(pub R);

impl<R: Record> Serialize for Changed<R> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut result = serializer.serialize_map(Some(1))?;
        result.serialize_entry(R::KIND, &self.0)?;
        result.end()
    }
}

pub(in crate::command) use crate::domain::common::words_of;

/// `NOUN show REF`.
pub struct Show<R> {
    reference: String,
    record: PhantomData<R>,
}

impl<R: Record> clap::FromArgMatches for Show<R> {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        let reference = matches.get_one::<String>(R::KIND).cloned().unwrap_or_default();
        Ok(Show { reference, record: PhantomData })
    }
    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> std::result::Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<R: Record> clap::Args for Show<R> {
    fn augment_args(command: clap::Command) -> clap::Command {
        let article = match R::KIND {
            "stock" => "",
            "user" => "a ",
            kind if kind.starts_with(['a', 'e', 'i', 'o', 'u']) => "an ",
            _ => "a ",
        };
        command
            .about(format!("Show {article}{}", words_of(R::KIND)))
            .arg(Arg::new(R::KIND).value_name(R::KIND.to_uppercase()).help("Its id, number or name").required(true))
            .after_help(format!("Examples:\n  aftersales {0} show REF\n  aftersales {0} show REF -o json", R::NOUN))
    }
    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl<R: Record> Read for Show<R> {
    const KIND: &'static str = R::KIND;
    const MANY: bool = false;
    const RIGHT: Right = R::RIGHT;
    const OPENS: Opens = R::OPENS;
    fn also_opened_by(&self, db: &Db) -> Result<Option<Right>> {
        Ok(R::also_opened_by(db, &self.reference)?)
    }
    fn run(&self, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        emit(&one::<R>(cx, R::KIND, &self.reference)?.shown(cx)?)
    }
}

/// `NOUN list` with its filters.
pub struct List<R> {
    filters: Vec<(&'static str, Vec<String>)>,
    since: Option<String>,
    until: Option<String>,
    limit: Option<String>,
    newest: bool,
    record: PhantomData<R>,
}

/// How many records a list reads at a time.
const PAGE: i64 = 500;

/// Names that the global flags have taken.
const TAKEN: &[&str] =
    &["key", "store", "output", "fields", "jq", "as", "now", "config", "color", "yes", "quiet", "verbose"];

impl<R: Record> List<R> {
    fn filter_names() -> impl Iterator<Item = &'static str> {
        R::SCALARS.iter().copied().filter(|name| !TAKEN.contains(name))
    }
}

impl<R: Record> clap::FromArgMatches for List<R> {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        let one = |name: &str| matches.try_get_one::<String>(name).ok().flatten().cloned();
        let given =
            |name: &'static str| matches.get_many::<String>(name).map(|values| (name, values.cloned().collect()));
        Ok(List {
            filters: Self::filter_names().filter_map(given).collect(),
            since: one("since"),
            until: one("until"),
            limit: one("limit"),
            newest: matches.get_flag("newest"),
            record: PhantomData,
        })
    }
    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> std::result::Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<R: Record> clap::Args for List<R> {
    fn augment_args(command: clap::Command) -> clap::Command {
        let filter = |name: &'static str| {
            Arg::new(name)
                .long(name.replace('_', "-"))
                .value_name(name.to_uppercase())
                .action(ArgAction::Append)
                .help(format!("Only those with this {} (repeatable: any of them; empty: none)", name.replace('_', " ")))
        };
        let mut command = command
            .about(format!("List {}", plural_of(R::KIND)))
            .args(Self::filter_names().map(filter))
            .arg(Arg::new("limit").long("limit").value_name("N").help("At most N of them"))
            .arg(
                Arg::new("newest")
                    .long("newest")
                    .action(ArgAction::SetTrue)
                    .help("The newest first (default: in order of creation)"),
            );
        if let Some(day) = R::DAY {
            let words = day.replace('_', " ");
            command = command
                .arg(
                    Arg::new("since")
                        .long("since")
                        .value_name("DAY")
                        .help(format!("Only from this day on, by {words}")),
                )
                .arg(
                    Arg::new("until")
                        .long("until")
                        .value_name("DAY")
                        .help(format!("Only up to this day, inclusive, by {words}")),
                );
        }
        command.after_help(format!("Examples:\n  aftersales {0} list\n  aftersales {0} list --newest --limit 10 -o json\n  aftersales {0} list -o ids", R::NOUN))
    }
    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

/// Several records of a kind, in a sentence.
pub fn plural_of(kind: &str) -> String {
    let words = kind.replace('_', " ");
    match words.as_str() {
        "stock" | "log" => words,
        "tax" => "taxes".to_owned(),
        "mail" => "mails".to_owned(),
        words if words.ends_with('y') => format!("{}ies", words.trim_end_matches('y')),
        words => format!("{words}s"),
    }
}

impl<R: Record> Read for List<R> {
    const KIND: &'static str = R::KIND;
    const MANY: bool = true;
    const RIGHT: Right = R::RIGHT;

    fn fields() -> Vec<&'static str> {
        R::FIELDS.to_vec()
    }

    fn run(&self, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        let mut left = limit_of(self.limit.as_deref())?;
        let since = bound("since", self.since.as_deref())?;
        let until = bound("until", self.until.as_deref())?;
        let plain = self.filters.is_empty() && since.is_none() && until.is_none();
        let mut page = Page { after: None, newest: self.newest, limit: PAGE.min(if plain { left } else { PAGE }) };
        while left > 0 {
            let records = R::page(cx.db, page)?;
            let full = i64::try_from(records.len()).unwrap_or(0) == page.limit;
            page.after = records.last().map(Record::key);
            for mut record in records {
                record.settle(cx.today);
                if !plain && !self.fits(&record, since, until)? {
                    continue;
                }
                record.complete(cx.db)?;
                emit(&to_json(&record)?)?;
                left -= 1;
                if left == 0 {
                    return Ok(());
                }
            }
            if !full {
                return Ok(());
            }
        }
        Ok(())
    }
}

impl<R: Record> List<R> {
    fn fits(&self, record: &R, since: Option<&str>, until: Option<&str>) -> Result<bool> {
        let value = serde_json::to_value(record).map_err(|error| super::internal(error.to_string()))?;
        let wanted =
            self.filters.iter().all(|(name, values)| values.iter().any(|wanted| is_wanted(value.get(name), wanted)));
        let day = R::DAY.and_then(|day| value.get(day)).and_then(Value::as_str);
        Ok(wanted && is_between(day, since, until))
    }
}

/// The number of records that `--limit` asks for.
pub fn limit_of(given: Option<&str>) -> Result<i64> {
    let Some(text) = given else {
        return Ok(i64::MAX);
    };
    match text.parse::<i64>() {
        Ok(limit) if limit >= 0 => Ok(limit),
        _ => Err(ValueRefused::invalid("limit", text, format!("{text:?} is not a whole number from 0 on")).into()),
    }
}

/// Whether a day or instant lies between two others, as far as these go: a day as a bound is the whole day.
pub fn is_between(day: Option<&str>, since: Option<&str>, until: Option<&str>) -> bool {
    let from = since.is_none_or(|since| day.is_some_and(|day| day.get(..since.len()).unwrap_or(day) >= since));
    let to = until.is_none_or(|until| day.is_some_and(|day| day.get(..until.len()).unwrap_or(day) <= until));
    from && to
}

/// A day or an instant, as the text that stored ones compare with.
pub fn bound<'t>(field: &'static str, text: Option<&'t str>) -> Result<Option<&'t str>> {
    let Some(text) = text else {
        return Ok(None);
    };
    let is_instant = text.len() == 20 && text.parse::<crate::domain::value::day::Instant>().is_ok();
    match text.parse::<crate::domain::value::day::Day>() {
        Err(fault) if !is_instant => Err(ValueRefused::invalid(field, text, fault.to_string()).into()),
        _ => Ok(Some(text)),
    }
}

/// Whether a record's value is what a filter asks for: the same text, a reference in other padding, a name in other case,
/// nothing for the empty text.
fn is_wanted(value: Option<&Value>, wanted: &str) -> bool {
    match value {
        Some(Value::String(text)) => {
            text == wanted || padded(wanted).as_ref() == Some(text) || folded(text) == folded(wanted)
        }
        Some(Value::Bool(flag)) => flag.to_string() == wanted,
        Some(Value::Number(number)) => number.to_string() == wanted,
        None | Some(Value::Null) => wanted.is_empty(),
        Some(_) => false,
    }
}
