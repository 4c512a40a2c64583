//! What a change and a read are, and a command of whatever kind as the pipeline sees it.

use std::cell::RefCell;

use clap::ArgMatches;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

use super::{Cx, content, object};
use crate::command::COMMANDS;
use crate::command::print::{Asked, Outlet, Print, Printable};
use crate::domain::desk::Right;
use crate::domain::{Error, Fault, Result};
use crate::output::{Detail, Opens};
use crate::store::Db;
use crate::store::engine::table::{Column, Table};

/// A change: one action of one noun, as its arguments; a flag, a JSON key and a field are one word.
pub trait Change: clap::Args + Serialize + DeserializeOwned + 'static {
    /// What `result` of its answer holds.
    type Outcome: Serialize;
    /// The right that running it needs (spec A9).
    const RIGHT: Right;
    /// How much of each record of its answer a table tells.
    fn detail(&self) -> Detail {
        Detail::Row
    }
    /// Asks ahead for what it will load first, so that one wait serves for all of it.
    fn ahead(&self, _db: &Db) -> Result<()> {
        Ok(())
    }
    /// Loads, decides and writes; what it made and touched is told to `cx`. A change that tells nothing is `unchanged`.
    fn run(&self, cx: &Cx<'_>) -> Result<Self::Outcome>;
}

/// A read: one record, or a stream of records.
pub trait Read: clap::Args + clap::FromArgMatches + 'static {
    /// The kind of its records, which names the columns of a table.
    const KIND: &'static str;
    /// The kind that a table lays its records out by, where that depends on what is asked.
    fn laid_out_as(&self) -> &'static str {
        Self::KIND
    }
    /// Whether it answers an array.
    const MANY: bool;
    /// The right that reading it needs (spec A9).
    const RIGHT: Right;
    /// Keys under which ids of other records stand, each with the command that opens one of them; for people.
    const OPENS: Opens = &[];
    /// The key under which a list of objects stands that are columns of their own in CSV, each named by its first value.
    const SPREAD: &'static str = "";
    /// The keys of the lines that a record of sections is in CSV and NDJSON, the section first; none where it is a
    /// line.
    const LINES: &'static [&'static str] = &[];
    /// All keys of its records in order, where it answers an array; a single record tells them itself.
    fn fields() -> Vec<&'static str> {
        Vec::new()
    }
    /// What its records are described by, where it shows one of a kind; `schema` tells it.
    fn described() -> Option<Keys> {
        None
    }
    /// Another right that opens what this very read reads, beside `RIGHT`.
    fn also_opened_by(&self, _db: &Db) -> Result<Option<Right>> {
        Ok(None)
    }
    /// Asks ahead for what it will load first, so that one wait serves for all of it.
    fn ahead(&self, _db: &Db) {}
    /// Emits each record as JSON.
    fn run(&self, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()>;
}

/// A read whose answer can be a page for people too.
pub trait Paged: Read {
    /// Whether a page is asked for, or a file.
    fn is_page(&self) -> bool;
    /// Writes it.
    fn page(&self, cx: &Cx<'_>, outlet: &mut dyn Outlet) -> Result<()>;
}

/// The keys of a record as `show` prints it.
#[derive(Clone, Copy)]
pub struct Keys {
    /// The table whose keys `list` and `show` tell.
    pub table: &'static Table,
    /// What `show` tells beside them.
    pub also: &'static [Column],
}

/// A change of whatever kind, ready to run.
pub trait AnyChange {
    /// Noun and verb, such as `ticket refund`.
    fn name(&self) -> &'static str;
    /// The right that running it needs.
    fn right(&self) -> Right;
    /// The command as the JSON object that would make it again.
    fn content(&self) -> String;
    /// How much of each record of its answer a table tells.
    fn detail(&self) -> Detail;
    /// Asks ahead for what it will load first.
    fn ahead(&self, db: &Db) -> Result<()>;
    /// Runs it and answers the outcome as JSON.
    fn run(&self, cx: &Cx<'_>) -> Result<Box<RawValue>>;
}

struct NamedChange<C> {
    name: &'static str,
    change: C,
}

impl<C: Change> AnyChange for NamedChange<C> {
    fn name(&self) -> &'static str {
        self.name
    }
    fn right(&self) -> Right {
        C::RIGHT
    }
    fn content(&self) -> String {
        content::to_json(self.name, &self.change)
    }
    fn detail(&self) -> Detail {
        self.change.detail()
    }
    fn ahead(&self, db: &Db) -> Result<()> {
        self.change.ahead(db)
    }
    fn run(&self, cx: &Cx<'_>) -> Result<Box<RawValue>> {
        to_raw_value(&self.change.run(cx)?).map_err(|error| internal(error.to_string()))
    }
}

/// A change as a command object, for who makes it without flags or JSON. What names no command of the list is for the program alone.
pub fn whole<C: Change>(name: &'static str, change: C) -> Parsed {
    Parsed::Whole(Box::new(NamedChange { name, change }))
}

/// A record as JSON.
pub fn to_json<T: Serialize>(record: &T) -> Result<String> {
    serde_json::to_string(record).map_err(|error| internal(error.to_string()))
}

/// A fault of the program itself.
pub fn internal(message: impl Into<String>) -> Error {
    Fault {
        code: "internal",
        exit: 1,
        message: message.into(),
        field: None,
        given: None,
        allowed: None,
        hint: None,
        line: None,
        others: Vec::new(),
        findings: Vec::new(),
    }
    .into()
}

/// What was read of a command: whole, or its value faults with whatever could be read beside them.
pub enum Parsed {
    Whole(Box<dyn AnyChange>),
    Faulty { right: Right, rest: Option<Box<dyn AnyChange>>, error: Error },
}

/// One command in the list.
pub struct Entry {
    /// Noun and verb.
    pub name: &'static str,
    /// Adds the command's arguments and help to a clap command.
    pub arguments: fn(clap::Command) -> clap::Command,
    pub action: Action,
}

/// What stands behind a command.
pub enum Action {
    Change {
        parse: fn(&'static Entry, object::Pairs<'_>) -> Parsed,
    },
    Read {
        kind: &'static str,
        laid_out_as: fn(&ArgMatches) -> Result<&'static str>,
        many: bool,
        fields: fn() -> Vec<&'static str>,
        described: fn() -> Option<Keys>,
        right: Right,
        wider: Wider,
        ahead: Ahead,
        opens: Opens,
        spread: &'static str,
        lines: &'static [&'static str],
        run: Reader,
        /// What writes the page that is asked for; none where it has none.
        page: Option<Pager>,
    },
    /// What answers no records, but documents as people read them.
    Print {
        /// The name of the argument that names them.
        references: &'static str,
        right: Right,
        wider: fn(&Db, &[String]) -> Result<Option<Right>>,
        run: Printer,
    },
}

type Printer = fn(&Asked, &[String], &Cx<'_>, &mut dyn Outlet) -> Result<()>;

type Ahead = fn(&ArgMatches, &Db);
type Wider = fn(&ArgMatches, &Db) -> Result<Option<Right>>;
/// Whether a page is asked for, and what writes it.
#[derive(Clone, Copy)]
pub struct Pager {
    pub is_asked: fn(&ArgMatches) -> Result<bool>,
    pub write: fn(&ArgMatches, &Cx<'_>, &mut dyn Outlet) -> Result<()>,
}

type Reader = fn(&ArgMatches, &Cx<'_>, &mut dyn FnMut(&str) -> Result<()>) -> Result<()>;

impl Entry {
    pub(in crate::command) const fn change<C: Change>(name: &'static str) -> Entry {
        Entry { name, arguments: C::augment_args, action: Action::Change { parse: parse::<C> } }
    }

    pub(in crate::command) const fn read<R: Read>(name: &'static str) -> Entry {
        Entry::of_read::<R>(name, None)
    }

    pub(in crate::command) const fn paged<R: Paged>(name: &'static str) -> Entry {
        Entry::of_read::<R>(name, Some(Pager { is_asked: is_page::<R>, write: page::<R> }))
    }

    const fn of_read<R: Read>(name: &'static str, page: Option<Pager>) -> Entry {
        Entry {
            name,
            arguments: R::augment_args,
            action: Action::Read {
                kind: R::KIND,
                laid_out_as: laid_out_as::<R>,
                many: R::MANY,
                fields: R::fields,
                described: R::described,
                right: R::RIGHT,
                wider: wider::<R>,
                ahead: ahead::<R>,
                opens: R::OPENS,
                spread: R::SPREAD,
                lines: R::LINES,
                run: read::<R>,
                page,
            },
        }
    }

    pub(in crate::command) const fn print<R: Printable>(name: &'static str) -> Entry {
        Entry {
            name,
            arguments: Print::<R>::arguments,
            action: Action::Print {
                references: R::KIND,
                right: Print::<R>::RIGHT,
                wider: Print::<R>::also_opened_by,
                run: Print::<R>::run,
            },
        }
    }

    /// The names of its arguments, in the order of its flags; clap is asked once in a run.
    pub fn names(&'static self) -> &'static [&'static str] {
        NAMES.with_borrow_mut(|known| {
            if let Some((_, names)) = known.iter().find(|(name, _)| *name == self.name) {
                return *names;
            }
            let bare = (self.arguments)(clap::Command::new(self.name));
            let names: Vec<&'static str> =
                bare.get_arguments().map(|argument| &*argument.get_id().to_string().leak()).collect();
            let names: &'static [&'static str] = names.leak();
            known.push((self.name, names));
            names
        })
    }
}

thread_local! {
    static NAMES: RefCell<Vec<(&'static str, &'static [&'static str])>> = const { RefCell::new(Vec::new()) };
}

/// The command with this noun and verb.
pub fn entry(name: &str) -> Option<&'static Entry> {
    COMMANDS.iter().find(|entry| entry.name == name)
}

fn laid_out_as<R: Read>(matches: &ArgMatches) -> Result<&'static str> {
    Ok(read_of::<R>(matches)?.laid_out_as())
}

fn wider<R: Read>(matches: &ArgMatches, db: &Db) -> Result<Option<Right>> {
    read_of::<R>(matches)?.also_opened_by(db)
}

fn ahead<R: Read>(matches: &ArgMatches, db: &Db) {
    if let Ok(read) = read_of::<R>(matches) {
        read.ahead(db);
    }
}

fn read<R: Read>(matches: &ArgMatches, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
    read_of::<R>(matches)?.run(cx, emit)
}

fn is_page<R: Paged>(matches: &ArgMatches) -> Result<bool> {
    Ok(read_of::<R>(matches)?.is_page())
}

fn page<R: Paged>(matches: &ArgMatches, cx: &Cx<'_>, outlet: &mut dyn Outlet) -> Result<()> {
    read_of::<R>(matches)?.page(cx, outlet)
}

fn read_of<R: Read>(matches: &ArgMatches) -> Result<R> {
    R::from_arg_matches(matches).map_err(|error| internal(error.to_string()))
}

fn parse<C: Change>(entry: &'static Entry, pairs: object::Pairs<'_>) -> Parsed {
    let names = entry.names();
    let named = |change: C| -> Box<dyn AnyChange> { Box::new(NamedChange { name: entry.name, change }) };
    match object::fill::<C>(pairs, entry.name, names) {
        object::Filled::Whole(change) => Parsed::Whole(named(change)),
        object::Filled::Faulty { rest, faults } => {
            let mut faults = faults.into_iter().map(Fault::from);
            let mut error = faults.next().map_or_else(|| internal("a fault without a reason"), Error::from);
            let fault = error.fault_mut();
            fault.others = faults.collect();
            fault.hint = fault.hint.take().or_else(|| Some(format!("aftersales {} --help", entry.name)));
            Parsed::Faulty { right: C::RIGHT, rest: rest.map(named), error }
        }
    }
}
