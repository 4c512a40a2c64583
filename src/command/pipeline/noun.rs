//! Reading records, the same for every noun: `show`, and `list` with a filter for each scalar key, by the description of the
//! table.

use std::marker::PhantomData;

use clap::{Arg, ArgAction, ArgMatches};
use serde::Serialize;
use serde::ser::SerializeMap;
use serde_json::Value as Json;

use super::filter::{compared_in, days, instants, tests_of};
use super::{Cx, Keys, Read, to_json};
use crate::domain::common::{ValueRefused, words_of};
use crate::domain::desk::Right;
use crate::domain::value::day::Day;
use crate::domain::value::reference::folded;
use crate::domain::{Allowed, Result};
use crate::output::Opens;
pub use crate::procedure::look_up::one;
use crate::store::engine::filter::{self, Asked, Condition, Listing, Test};
use crate::store::engine::record::{self, Described};
use crate::store::engine::table::{Column, DayOf, From, Holds, MERGED_INTO, Table};
use crate::store::{self, Db, Key, Value};

/// A kind of record that can be listed and shown.
pub trait Noun: Described + Serialize {
    /// Its name in results and schemas, such as `credit_note`: what its table tells it as.
    const KIND: &'static str;
    /// The noun of its commands, such as `credit-note`.
    const NOUN: &'static str;
    /// The right that reading it needs.
    const RIGHT: Right;
    /// Keys of the shown record under which ids of other records stand, each with the command that opens one of them.
    const OPENS: Opens = &[];
    /// The condition over the row `t` that all records of a list fulfil; others are found by their id alone.
    const LISTED: Option<&'static str> = None;
    /// Switches of `list`.
    const SWITCHES: &'static [Switch] = &[];
    /// Other names of filters of `list`: the key, and the flag that stands for it too.
    const ALIASES: &'static [(&'static str, &'static str)] = &[];

    /// The keys that `show` tells beside those of the table.
    const ALSO: &'static [Column] = &[];

    /// A right beside `RIGHT` that shows the record that a typed reference stands for (spec A9).
    fn also_opened_by(_db: &Db, _given: &str) -> store::Result<Option<Right>> {
        Ok(None)
    }
    /// Refuses a filter of `list`, of that key, whose value is known and finds nothing whatever there is.
    fn check_filter(_cx: &Cx<'_>, _key: &str, _given: &str) -> Result<()> {
        Ok(())
    }
    /// Asks ahead for what `shown` loads beside the record of that key.
    fn ahead_of_shown(_db: &Db, _key: Key) {}
    /// The record as `show` prints it.
    fn shown(&self, _cx: &Cx<'_>) -> Result<String> {
        to_json(self)
    }
}

/// A switch of `list`.
pub struct Switch {
    pub name: &'static str,
    pub help: &'static str,
    /// The condition over the row `t` that it stands for.
    pub condition: &'static str,
    /// The tables that the condition reads beside those of the records.
    pub reads: &'static [&'static str],
}

/// The switch of lists of what can be merged; without it, and without a filter by what it was merged into, they leave that out.
pub const MERGED: Switch = Switch {
    name: MERGED_SWITCH,
    help: "Only those that were merged into another, which a list leaves out otherwise",
    condition: "t.merged_into IS NOT NULL",
    reads: &[],
};
const MERGED_SWITCH: &str = "merged";

/// What creating or editing a record answers: `{"tax": record}`, under the record's kind.
pub struct Changed<R>(pub R);

impl<R: Noun> Serialize for Changed<R> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut result = serializer.serialize_map(Some(1))?;
        result.serialize_entry(R::KIND, &self.0)?;
        result.end()
    }
}

/// `NOUN show REF`.
pub struct Show<R> {
    reference: String,
    record: PhantomData<R>,
}

impl<R: Noun> clap::FromArgMatches for Show<R> {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        let reference = matches.get_one::<String>(R::KIND).cloned().unwrap_or_default();
        Ok(Show { reference, record: PhantomData })
    }
    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> std::result::Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<R: Noun> clap::Args for Show<R> {
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

impl<R: Noun> Read for Show<R> {
    const KIND: &'static str = R::KIND;
    const MANY: bool = false;
    const RIGHT: Right = R::RIGHT;
    const OPENS: Opens = R::OPENS;
    fn described() -> Option<Keys> {
        Some(Keys { table: R::table(), also: R::ALSO })
    }
    fn also_opened_by(&self, db: &Db) -> Result<Option<Right>> {
        Ok(R::also_opened_by(db, &self.reference)?)
    }
    fn ahead(&self, db: &Db) {
        // What is wrong with it is told when it is looked up.
        drop(record::ahead::<R>(db, &self.reference));
    }
    fn run(&self, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        let (db, given) = (cx.db, self.reference.as_str());
        db.together(&[&|| drop(record::find::<R>(db, given)), &|| {
            if let Ok(record::Found::One(bare)) = record::find_bare::<R>(db, given) {
                R::ahead_of_shown(db, bare.key());
            }
        }])?;
        emit(&one::<R>(cx, R::KIND, given)?.shown(cx)?)
    }
}

/// `NOUN list` with its filters.
pub struct List<R> {
    filters: Vec<(&'static Column, Vec<String>)>,
    tags: Vec<String>,
    search: Vec<String>,
    since: Option<String>,
    until: Option<String>,
    sort: Option<String>,
    limit: Option<String>,
    newest: bool,
    switches: Vec<&'static Switch>,
    record: PhantomData<R>,
}

/// Names that the global flags, or the list's own, have taken.
const TAKEN: &[&str] = &[
    "key", "store", "output", "fields", "jq", "as", "now", "config", "color", "yes", "quiet", "verbose", "search",
    "sort", "limit", "newest", "since", "until",
];

/// The columns by which records of a table can be filtered.
fn filters(table: &'static Table) -> impl Iterator<Item = &'static Column> {
    table.columns.iter().filter(|column| column.is_filter() && !TAKEN.contains(&column.shown))
}

/// The list of tags inside records of a table.
fn tags_of(table: &'static Table) -> Option<&'static Table> {
    table.lists.iter().find(|list| list.shown == "tags")
}

fn is_searched(table: &'static Table) -> bool {
    table.columns.iter().any(|column| column.is_searched)
}

impl<R: Noun> clap::FromArgMatches for List<R> {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        let one = |name: &str| matches.try_get_one::<String>(name).ok().flatten().cloned();
        let many = |name: &str| -> Vec<String> {
            matches.try_get_many::<String>(name).ok().flatten().into_iter().flatten().cloned().collect()
        };
        let is_on = |name: &str| matches.try_get_one::<bool>(name).ok().flatten().copied().unwrap_or(false);
        let given =
            |column: &'static Column| Some((column, many(column.shown))).filter(|(_, values)| !values.is_empty());
        Ok(List {
            filters: filters(R::table()).filter_map(given).collect(),
            tags: many("tag"),
            search: many("search"),
            since: one("since"),
            until: one("until"),
            sort: one("sort"),
            limit: one("limit"),
            newest: is_on("newest"),
            switches: R::SWITCHES.iter().filter(|switch| is_on(switch.name)).collect(),
            record: PhantomData,
        })
    }
    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> std::result::Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// What a filter takes, for its help.
fn takes(column: &Column) -> String {
    match column.holds {
        Holds::Words(words) => format!(" ({})", words.join(", ")),
        Holds::Switch => " (yes or no)".to_owned(),
        Holds::Day | Holds::Instant => {
            " (a day, a month such as 2026-11, or a range such as 2026-11-01..2026-11-30)".to_owned()
        }
        Holds::Amount | Holds::Price | Holds::Quantity | Holds::Percent | Holds::Int => {
            " (a number, or a range such as 10..20 or 100..)".to_owned()
        }
        _ => String::new(),
    }
}

impl<R: Noun> clap::Args for List<R> {
    fn augment_args(command: clap::Command) -> clap::Command {
        let filter = |column: &'static Column| {
            let words = column.shown.replace('_', " ");
            let none = if column.is_optional { ", empty: none" } else { "" };
            let aliases = R::ALIASES.iter().filter(|(key, _)| *key == column.shown).map(|(_, alias)| *alias);
            Arg::new(column.shown)
                .long(column.shown.replace('_', "-"))
                .visible_aliases(aliases.collect::<Vec<_>>())
                .value_name(column.shown.to_uppercase())
                .action(ArgAction::Append)
                .help(format!("Only those with this {words}{} (repeatable: any of them{none})", takes(column)))
        };
        let many = |name: &'static str, value: &'static str, help: &'static str| {
            Arg::new(name).long(name).value_name(value).action(ArgAction::Append).help(help)
        };
        let one = |name: &'static str, value: &'static str, help: &'static str| {
            Arg::new(name).long(name).value_name(value).help(help)
        };
        let on =
            |name: &'static str, help: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
        let table = R::table();
        let mut command = command.about(format!("List {}", plural_of(R::KIND))).args(filters(table).map(filter));
        if tags_of(table).is_some() {
            command = command.arg(many("tag", "TAG", "Only those with this tag (repeatable: any of them)"));
        }
        if is_searched(table) {
            let help = "Only those in whose texts this stands, ignoring case (repeatable: all of them)";
            command = command.arg(many("search", "TEXT", help));
        }
        command = command.args(R::SWITCHES.iter().map(|switch| on(switch.name, switch.help)));
        if table.day != DayOf::Nothing {
            command = command.args([
                one("since", "DAY", "Only from this day on, by the day of the record"),
                one("until", "DAY", "Only up to this day, inclusive, by the day of the record"),
            ]);
        }
        let command = command.args([
            one("sort", "KEY", "By this key, and by -KEY against its order (default: in order of creation)")
                .allow_hyphen_values(true),
            one("limit", "N", "At most N of them"),
            on("newest", "The newest first (default: in order of creation)"),
        ]);
        command.after_help(format!(
            "Examples:\n  aftersales {0} list\n  aftersales {0} list --newest --limit 10 -o json\n  aftersales {0} list -o ids",
            R::NOUN
        ))
    }
    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl<R: Noun> Read for List<R> {
    const KIND: &'static str = R::KIND;
    const MANY: bool = true;
    const RIGHT: Right = R::RIGHT;

    fn fields() -> Vec<&'static str> {
        R::table().keys().collect()
    }

    fn run(&self, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        let asked = self.asked(cx)?;
        let mut left = usize::try_from(limit_of(self.limit.as_deref())?).unwrap_or(usize::MAX);
        let told = RecordTests::of(self);
        // What the store does not see may leave out any number of those that it finds.
        let limit = if told.is_empty() { left } else { usize::MAX };
        let mut listing = Listing::begin::<R>(cx.db, &asked, limit)?;
        while left > 0
            && let Some(records) = listing.next::<R>(cx.db)?
        {
            for mut record in records {
                record.as_of(cx.today);
                let line = to_json(&record)?;
                if left > 0 && told.fits(&line)? {
                    emit(&line)?;
                    left -= 1;
                }
            }
        }
        Ok(())
    }
}

impl<R: Noun> List<R> {
    /// How many records it would list, but for a limit, and how many of them are from before each of these days: by the
    /// column of that key, or by the day of the record. What only a record tells, when it is read, cannot be counted so.
    pub fn count_before(&self, cx: &Cx<'_>, by: Option<&str>, days: &[Day]) -> Result<Vec<i64>> {
        if !RecordTests::of(self).is_empty() {
            return Err(super::internal(format!("{} cannot be counted by what is told of each", R::NOUN)));
        }
        let table = R::table();
        let by = by.and_then(|key| table.column(key));
        let is_moment =
            by.map_or(matches!(table.day, DayOf::Instant(_)), |column| matches!(column.holds, Holds::Instant));
        let bound = |day: &Day| match is_moment {
            true => cx.desk.timezone.start_of(*day).map_or(Value::Null, Value::from),
            false => Value::from(*day),
        };
        let moments: Vec<Value<'static>> = days.iter().map(bound).collect();
        Ok(filter::count_before::<R>(cx.db, &self.asked(cx)?, by, &moments)?)
    }

    /// What the store is asked.
    fn asked(&self, cx: &Cx<'_>) -> Result<Asked> {
        let table = R::table();
        let mut asked = Asked { newest: self.newest, day: Some(cx.today), ..Asked::default() };
        for (column, values) in &self.filters {
            let tests = values.iter().map(|given| {
                let tests = tests_of(cx, table, column, given)?;
                R::check_filter(cx, column.shown, given).map(|()| tests)
            });
            let any = tests.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
            if column.from != From::Record {
                asked.conditions.push(Condition { column: compared_in(table, column), any });
            }
        }
        asked.days = days_between(cx, table, self.since.as_deref(), self.until.as_deref())?;
        if let Some(list) = tags_of(table)
            && !self.tags.is_empty()
        {
            let tags = self
                .tags
                .iter()
                .map(|tag| one::<crate::domain::tag::Tag>(cx, "tag", tag).map(|tag| Value::Int(tag.key)));
            asked.linked.push((list, "tag", tags.collect::<Result<_>>()?));
        }
        asked.besides.extend(R::LISTED);
        let asks_for_merged = self.filters.iter().any(|(column, _)| column.name == MERGED_INTO)
            || self.switches.iter().any(|switch| switch.name == MERGED_SWITCH);
        if table.merges() && !asks_for_merged {
            asked.besides.push("t.merged_into IS NULL");
        }
        asked.also.extend(self.switches.iter().map(|switch| switch.condition));
        if !self.switches.is_empty() {
            asked.also_reads = self.switches.iter().flat_map(|switch| switch.reads).copied().collect();
        }
        asked.sort = self.sort.as_deref().map(|given| sort_of(table, given)).transpose()?;
        Ok(asked)
    }
}

/// The tests on the day of a record that `--since` and `--until` ask for: the day of an instant is the desk's (spec G4).
pub(in crate::command) fn days_between(
    cx: &Cx<'_>,
    table: &'static Table,
    since: Option<&str>,
    until: Option<&str>,
) -> Result<Vec<Test>> {
    let since = since.map(|since| ("since", format!("{since}..")));
    let until = until.map(|until| ("until", format!("..{until}")));
    let tests = since.into_iter().chain(until).map(|(field, range)| match table.day {
        DayOf::Instant(_) => instants(&cx.desk.timezone, field, &range),
        _ => days(field, &range),
    });
    tests.collect()
}

/// The column that `--sort` names, and whether it is against its order.
pub(in crate::command) fn sort_of(table: &'static Table, given: &str) -> Result<(&'static Column, bool)> {
    let (key, is_backwards) = given.strip_prefix('-').map_or((given, false), |key| (key, true));
    let sortable = |column: &&Column| column.is_filter() && column.from != From::Record;
    let key = key.replace('-', "_");
    match table.columns.iter().filter(sortable).find(|column| column.shown == key) {
        Some(column) => Ok((column, is_backwards)),
        None => {
            let keys: Vec<String> =
                table.columns.iter().filter(sortable).map(|column| column.shown.to_owned()).collect();
            let message = format!("a list cannot be sorted by {given:?}; it can by {}", keys.join(", "));
            let allowed = Some(Allowed::Several(keys));
            Err(ValueRefused::Invalid { field: "sort", given: given.to_owned(), message, allowed }.into())
        }
    }
}

/// What is asked of the record as it is told: keys that are made when it is read, and the texts that are searched.
struct RecordTests<'l> {
    filters: Vec<(&'static str, &'l [String])>,
    searched: Vec<&'static str>,
    search: Vec<String>,
}

impl<'l> RecordTests<'l> {
    fn of<R: Noun>(list: &'l List<R>) -> RecordTests<'l> {
        let is_told = |(column, _): &&(&'static Column, Vec<String>)| column.from == From::Record;
        RecordTests {
            filters: list
                .filters
                .iter()
                .filter(is_told)
                .map(|(column, values)| (column.shown, values.as_slice()))
                .collect(),
            searched: R::table()
                .columns
                .iter()
                .filter(|column| column.is_searched)
                .map(|column| column.shown)
                .collect(),
            search: list.search.iter().map(|text| folded(text)).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.filters.is_empty() && self.search.is_empty()
    }

    fn fits(&self, line: &str) -> Result<bool> {
        if self.is_empty() {
            return Ok(true);
        }
        let record: Json = serde_json::from_str(line).map_err(|error| super::internal(error.to_string()))?;
        let text = |key: &str| record.get(key).and_then(Json::as_str).unwrap_or_default();
        let is_wanted = self.filters.iter().all(|(key, values)| values.iter().any(|wanted| wanted == text(key)));
        let texts: Vec<String> = self.searched.iter().map(|key| folded(text(key))).collect();
        Ok(is_wanted && self.search.iter().all(|wanted| texts.iter().any(|text| text.contains(wanted))))
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

/// What is said where a list is empty.
pub fn nothing_of(kind: &str) -> String {
    match kind {
        "report" | "booked" => "nothing to report".to_owned(),
        "happened" => "nothing happened".to_owned(),
        "waiting" => "nothing that you have a right to see".to_owned(),
        kind => format!("no {} found", plural_of(kind)),
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
