//! `import`: records of other systems, each made if there is none like it, in one transaction and one row of the log
//! (contract, section 6). A file that begins as an export is restored instead.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::pipeline::bulk::{Answered, Line, LineAnswer, LineStatus, Running, Work, take_text};
use super::pipeline::naming::checked_id;
use super::pipeline::object::Pairs;
use super::pipeline::{Begun, Group, Mode, Session, Stepwise};
use super::{Action, Cx, Told, content, entry, internal, object};
use crate::domain::common::{AlreadyExists, ValueRefused, noun_of, words_of};
use crate::domain::desk::Right;
use crate::domain::order::OrderInBrief;
use crate::domain::{Allowed, Error, Fault, Refusal, Result};
use crate::store::Key;

mod document;
mod form;
mod lines;
mod lookup;
pub mod mapped;
pub mod meaning;
mod order;
mod restore;
mod stock;
mod transfer;
mod unseen;

use form::KINDS;
use lookup::Lookup;
use mapped::{Beside, Failed, Mapping};
pub use restore::{HEADER, Restoring};

/// The records that have a form of their own, beside the base records.
static FORMS: &[&Form] = &[&stock::FORM, &order::FORM, &transfer::FORM, &document::INVOICE, &document::CREDIT_NOTE];

/// The kinds of records that can be imported.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    let described = KINDS.iter().map(|described| described.kind);
    described.chain(FORMS.iter().map(|form| form.kind))
}

/// How a kind of record is imported.
pub struct Form {
    pub kind: &'static str,
    /// Its keys, the order in which faults are told.
    pub keys: &'static [&'static str],
    /// The keys of its lines.
    pub lines: &'static [&'static str],
    /// The keys that are true or false.
    pub switches: &'static [&'static str],
    /// Imports one; what tells nothing was there already.
    pub run: fn(&mut Run<'_, '_>) -> Result<()>,
}

/// One record at work.
pub struct Run<'r, 'a> {
    pub cx: &'r Cx<'a>,
    pub lookup: &'r mut Lookup,
    pub update: bool,
    pairs: Pairs<'r>,
}

impl Run<'_, '_> {
    /// The order of that id, and whose it is.
    fn order(&mut self, id: &str) -> Result<OrderInBrief> {
        self.lookup.order(self.cx, id)
    }

    /// Whether there is certainly no record of that kind under that id or number.
    fn is_new(&mut self, kind: unseen::Kind, id: &str) -> Result<bool> {
        self.lookup.is_new(self.cx, kind, id)
    }
}

/// The record as its struct.
fn filled<T: DeserializeOwned>(run: &mut Run<'_, '_>, form: &Form) -> Result<T> {
    match object::fill(std::mem::take(&mut run.pairs), &format!("the record {}", form.kind), form.keys) {
        object::Filled::Whole(record) => Ok(record),
        object::Filled::Faulty { faults, .. } => {
            let mut faults = faults.into_iter().map(|fault| fault_of(form.kind, fault));
            let mut error = faults.next().map_or_else(|| internal("a fault without a reason"), Error::from);
            error.fault_mut().others = faults.collect();
            Err(error)
        }
    }
}

/// What is wrong with a record of that kind. Where it has no such key, those that it has are a command away.
fn fault_of(kind: &str, fault: object::ObjectFault) -> Fault {
    let hint = fault.is_unknown_key().then(|| keys_of(kind));
    Fault { hint, ..Fault::from(fault) }
}

/// The command that tells the keys of a kind of record.
pub fn keys_of(kind: &str) -> String {
    format!("aftersales import --kinds --kind {kind}")
}

/// A record of that id is there, and is different.
struct Stands {
    form: &'static Form,
    id: String,
}

impl From<Stands> for Error {
    fn from(Stands { form, id }: Stands) -> Error {
        AlreadyExists { kind: words_of(form.kind), noun: noun_of(form.kind), field: "id", given: id }.into()
    }
}

/// What was asked of an import; the command as the log keeps it.
#[derive(Serialize, Debug)]
pub struct Import {
    pub file: Option<String>,
    /// The kind of records that name none, as those of a CSV file.
    pub kind: Option<String>,
    /// What the input is, where its name does not say it.
    pub format: Option<String>,
    /// Whether records that are there already, and are different, are changed.
    pub update: bool,
    pub on_error: Option<String>,
    /// The map that the rows of a file are read by.
    pub map: Option<Mapping>,
    #[serde(skip)]
    pub key: Option<String>,
}

/// How records of a kind stand in CSV.
#[derive(Debug, Clone)]
pub struct CsvForm {
    /// The columns that are read.
    pub keys: Vec<&'static str>,
    /// The columns of a document's lines; none where the records have no lines.
    pub lines: Vec<&'static str>,
    /// The columns that are true or false.
    pub switches: Vec<&'static str>,
    /// The columns that a list of such records prints: of these, what is not read is worked out by the desk itself.
    pub shown: Vec<&'static str>,
}

/// The keys whose values are lists or objects, which stand in a cell as JSON; a cell of any other is a text, whatever it begins
/// with.
pub const NESTED: &[&str] = &[
    "lines",
    "billed",
    "tax_amounts",
    "rewards",
    "conditions",
    "taxes",
    "tags",
    "rights",
    "services",
    "fields",
    "members",
];

/// The keys of a shown line that the desk works out itself.
pub const WORKED_OUT_OF_LINES: &[&str] = &["line", "refunds", "delivered", "invoiced", "untaxed", "tax", "total"];

impl Import {
    /// The form of its records where it reads CSV: where that is said, or a file has that ending.
    pub fn csv_form(&self) -> Result<Option<CsvForm>> {
        let is_csv = match self.format.as_deref() {
            None => self.file.as_deref().is_some_and(|file| file.to_ascii_lowercase().ends_with(".csv")),
            Some("csv") => true,
            Some("ndjson") => false,
            Some(other) => {
                let message = format!("{other:?} is no format to import from; it is one of ndjson, csv");
                return Err(ValueRefused::invalid("format", other, message).into());
            }
        };
        if !is_csv {
            return Ok(None);
        }
        let kind = self.kind.as_deref().ok_or_else(|| ValueRefused::missing("kind"))?;
        form_of(kind).map(Some).ok_or_else(|| NoSuchKind::of("kind", kind).into())
    }
}

/// How records of a kind stand in CSV; none where there is no such kind.
pub fn form_of(kind: &str) -> Option<CsvForm> {
    let shown: Vec<&'static str> = match entry(&format!("{} list", kind.replace('_', "-"))).map(|entry| &entry.action) {
        Some(Action::Read { fields, .. }) => fields(),
        _ => Vec::new(),
    };
    if let Some(form) = FORMS.iter().find(|form| form.kind == kind) {
        let (keys, lines, switches) = (form.keys.to_vec(), form.lines.to_vec(), form.switches.to_vec());
        return Some(CsvForm { keys, lines, switches, shown });
    }
    let described = KINDS.iter().find(|described| described.kind == kind)?;
    Some(CsvForm { keys: described.keys(), lines: Vec::new(), switches: described.switches(), shown })
}

impl Work for Import {
    fn begin<'s>(&'s self, session: &'s Session<'s>, mode: Mode) -> Result<Box<dyn Running + 's>> {
        Ok(Box::new(Importing::begin(self, session, mode)?))
    }

    fn skipped(&self, line: &Line) -> LineAnswer {
        LineAnswer::of(line.number, Some(COMMAND.to_owned()), None, LineStatus::Skipped)
    }
}

const COMMAND: &str = "import";

/// How many records of a kind one behind the other are looked at apart from those before them: what these bring is there by then.
const OF_A_KIND: usize = 8;

/// An import at work.
struct Importing<'s> {
    import: &'s Import,
    group: Group<'s>,
    mode: Mode,
    input: Input,
}

/// What the lines turned out to be.
enum Input {
    /// No line was seen.
    Unseen,
    Records(Box<Records>),
    Restoration(Restoring),
    /// A restoration that failed: nothing of it will stand, so nothing more is tried.
    Refused,
    /// The key was used for this import before.
    Replayed(Key),
}

/// Records on their way in.
struct Records {
    steps: Stepwise,
    lookup: Lookup,
    failed: Failed,
}

impl<'s> Importing<'s> {
    fn begin(import: &'s Import, session: &'s Session<'s>, mode: Mode) -> Result<Importing<'s>> {
        let mut group = session.open_group(mode)?;
        match group.admit(Right::Admin) {
            Ok(()) => Ok(Importing { import, group, mode, input: Input::Unseen }),
            Err(error) => {
                group.abandon();
                Err(error)
            }
        }
    }

    /// Decides by the first record what the lines are.
    fn open(&mut self, kind: &str) -> Result<()> {
        if !matches!(self.input, Input::Unseen) || kind == HEADER {
            return Ok(());
        }
        // The content of the command is what its key stands for.
        let content = content::to_json(COMMAND, self.import);
        self.input = match self.group.begin_steps(&content, self.import.key.as_deref())? {
            Begun::Replayed(operation) => Input::Replayed(operation),
            Begun::New(steps) => {
                let lookup = Lookup::of(self.import.map.as_ref());
                Input::Records(Box::new(Records { steps, lookup, failed: Failed::default() }))
            }
        };
        Ok(())
    }

    /// Runs a record that a map read; its faults are told by row and column, and what hangs on one that failed is passed over.
    fn run_mapped(&mut self, mapping: &Mapping, line: &Line) -> Result<Answered> {
        let (kind, mut pairs) = self.read(line)?;
        let beside = Beside::take(&mut pairs)?;
        self.open(&kind)?;
        let answer = |status| LineAnswer::of(line.number, Some(COMMAND.to_owned()), None, status);
        let Records { steps, lookup, failed } = match &mut self.input {
            Input::Records(records) => &mut **records,
            Input::Replayed(operation) => {
                return Ok((LineAnswer { operation: Some(*operation), ..answer(LineStatus::Replayed) }, Vec::new()));
            }
            _ => return Err(HeaderInside.into()),
        };
        let name = mapped::name_of(&kind, &pairs);
        // What is made by the way is of use to others too.
        if failed.includes(&kind, name.as_deref(), &beside) {
            return Ok((answer(LineStatus::Skipped), Vec::new()));
        }
        let step = match beside.faults.split_first() {
            Some((first, others)) => Err(Fault { others: others.to_vec(), ..first.clone() }.into()),
            None => {
                let update = self.import.update;
                self.group.step(steps, |cx| read_by_map(cx, lookup, &kind, pairs, update, &beside))
            }
        };
        match step {
            Ok(step) => {
                let Told { created, warnings, amounts, .. } = step.told;
                let (operation, result) = (step.operation, step.result);
                Ok((LineAnswer { operation, created, result, warnings, ..answer(step.status.into()) }, amounts))
            }
            Err(error) if error.is_of_the_store() => Err(error),
            Err(error) if failed.note(&kind, name.as_deref(), &beside, &error) => {
                Ok((answer(LineStatus::Skipped), Vec::new()))
            }
            Err(error) => {
                let error = mapping.tell(&kind, &beside, error);
                let row = error.fault().line;
                let mut answer = answer(LineStatus::Error).with_error(error);
                if let (Some(fault), Some(row)) = (&mut answer.error, row) {
                    fault.line = Some(row);
                }
                Ok((answer, Vec::new()))
            }
        }
    }

    fn run(&mut self, line: &Line) -> Result<Answered> {
        if let Some(mapping) = &self.import.map {
            return self.run_mapped(mapping, line);
        }
        let (kind, pairs) = self.read(line)?;
        self.open(&kind)?;
        let answer = |status| LineAnswer::of(line.number, Some(COMMAND.to_owned()), None, status);
        let restored = if self.mode == Mode::DryRun { LineStatus::Planned } else { LineStatus::Done };
        match &mut self.input {
            Input::Unseen => {
                self.input = Input::Refused;
                self.input = Input::Restoration(Restoring::begin(self.group.to_restore(), pairs)?);
                Ok((answer(restored), Vec::new()))
            }
            Input::Restoration(restoring) => match restoring.record(self.group.to_restore(), &kind, pairs) {
                Ok(id) => Ok((LineAnswer { created: id.into_iter().collect(), ..answer(restored) }, Vec::new())),
                Err(error) => {
                    self.input = Input::Refused;
                    Err(error)
                }
            },
            Input::Refused => Ok((answer(LineStatus::Skipped), Vec::new())),
            Input::Replayed(operation) => {
                Ok((LineAnswer { operation: Some(*operation), ..answer(LineStatus::Replayed) }, Vec::new()))
            }
            Input::Records(_) if kind == HEADER => Err(HeaderInside.into()),
            Input::Records(records) => {
                let Records { steps, lookup, .. } = &mut **records;
                let update = self.import.update;
                let step = self.group.step(steps, |cx| imported(cx, lookup, &kind, pairs, update))?;
                let Told { created, warnings, amounts, .. } = step.told;
                let (operation, result) = (step.operation, step.result);
                Ok((LineAnswer { operation, created, result, warnings, ..answer(step.status.into()) }, amounts))
            }
        }
    }

    /// A line as a kind of record and its keys.
    fn read<'l>(&self, line: &'l Line) -> Result<(String, Pairs<'l>)> {
        let mut pairs = object::pairs_of_json(line.text()?)?;
        let kind = take_text(&mut pairs, "record")?.or_else(|| self.import.kind.clone());
        let kind = kind.ok_or_else(|| missing("record"))?;
        Ok((kind, pairs))
    }
}

impl Running for Importing<'_> {
    fn line(&mut self, line: &Line) -> Result<Answered> {
        match self.run(line) {
            Err(error) if !error.is_of_the_store() => {
                let answer = LineAnswer::of(line.number, Some(COMMAND.to_owned()), None, LineStatus::Error);
                Ok((answer.with_error(error), Vec::new()))
            }
            ran => ran,
        }
    }

    fn look_ahead(&mut self, lines: &[Line]) -> Result<usize> {
        let kinds = lines.iter().map(|line| self.read(line).ok().map(|(kind, _)| kind));
        let (of_a_kind, has_header) = of_a_kind(kinds);
        let lines = lines.get(..of_a_kind).unwrap_or_default();
        if has_header {
            return Ok(lines.len());
        }
        let mut lookup = match &mut self.input {
            Input::Records(records) => std::mem::take(&mut records.lookup),
            Input::Unseen => Lookup::of(self.import.map.as_ref()),
            Input::Restoration(_) | Input::Refused | Input::Replayed(_) => return Ok(lines.len()),
        };
        lookup.look_ahead(true);
        let (update, is_mapped) = (self.import.update, self.import.map.is_some());
        let looked = self.group.look_ahead_of_steps(lines.len(), &mut |cx, at| match lines
            .get(at)
            .and_then(|line| self.read(line).ok())
        {
            Some((kind, mut pairs)) if is_mapped => {
                if let Ok(beside) = Beside::take(&mut pairs) {
                    drop(read_by_map(cx, &mut lookup, &kind, pairs, update, &beside));
                }
            }
            Some((kind, pairs)) => drop(imported(cx, &mut lookup, &kind, pairs, update)),
            None => {}
        });
        lookup.look_ahead(false);
        if let Input::Records(records) = &mut self.input {
            records.lookup = lookup;
        }
        looked.map(|()| lines.len())
    }

    fn is_atomic(&self) -> bool {
        matches!(self.input, Input::Restoration(_) | Input::Refused)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let Importing { mut group, input, .. } = *self;
        if let Input::Restoration(restoring) = &input {
            if let Err(error) = restoring.check(group.to_restore()) {
                group.abandon();
                return Err(error);
            }
            group.keep_as_it_stands();
        }
        group.finish()
    }

    fn abandon(self: Box<Self>) {
        self.group.abandon();
    }
}

/// How many of the first lines, each of its kind, are looked at together: those of one kind, where they are more than a few, or
/// else those before such ones; and whether the header of an export is among them. No more kinds are asked for than that takes.
fn of_a_kind(kinds: impl Iterator<Item = Option<String>>) -> (usize, bool) {
    let (mut before, mut run, mut last, mut has_header) = (0, 0, None, false);
    for kind in kinds {
        if last.as_ref() != Some(&kind) {
            // The lines of the kind before end here.
            if run >= OF_A_KIND {
                break;
            }
            before += run;
            run = 0;
        }
        run += 1;
        // As soon as these are enough, those before them are looked at first.
        if run >= OF_A_KIND && before > 0 {
            return (before, has_header);
        }
        has_header |= kind.as_deref() == Some(HEADER);
        last = Some(kind);
    }
    (before + run, has_header)
}

/// Imports a record of whatever kind; answers the result as JSON where a command of its noun made one. One that tells nothing
/// was there already.
fn imported(
    cx: &Cx<'_>,
    lookup: &mut Lookup,
    kind: &str,
    mut pairs: Pairs<'_>,
    update: bool,
) -> Result<Option<Box<RawValue>>> {
    if let Some(described) = KINDS.iter().find(|described| described.kind == kind) {
        let id = take_text(&mut pairs, "id")?.ok_or_else(|| missing("id"))?;
        return described.import(cx, lookup, &id, pairs, update).map(Some);
    }
    if let Some(form) = FORMS.iter().find(|form| form.kind == kind) {
        return (form.run)(&mut Run { cx, lookup, update, pairs }).map(|()| None);
    }
    Err(NoSuchKind::of("record", kind).into())
}

/// The same of a record that a map read.
fn read_by_map(
    cx: &Cx<'_>,
    lookup: &mut Lookup,
    kind: &str,
    pairs: Pairs<'_>,
    update: bool,
    beside: &Beside,
) -> Result<Option<Box<RawValue>>> {
    match beside.if_missing {
        true => mapped::make_if_missing(cx, lookup, kind, pairs),
        false => imported(cx, lookup, kind, pairs, update),
    }
}

/// A kind of record that is none, or cannot be imported.
#[derive(Debug, thiserror::Error)]
#[error("there is no kind of record {kind:?} that can be imported{}", meant(kind, known))]
pub struct NoSuchKind {
    field: &'static str,
    kind: String,
    known: Vec<&'static str>,
}

impl NoSuchKind {
    /// Of those kinds `kind` is none, which stands in `field`.
    pub fn among(field: &'static str, kind: &str, known: impl Iterator<Item = &'static str>) -> NoSuchKind {
        NoSuchKind { field, kind: kind.to_owned(), known: known.collect() }
    }

    /// `kind`, which stands in `field`, is none that can be imported.
    pub fn of(field: &'static str, kind: &str) -> NoSuchKind {
        NoSuchKind::among(field, kind, kinds())
    }
}

fn meant(kind: &str, known: &[&'static str]) -> String {
    let meant = object::nearest(kind, known.iter().copied());
    meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default()
}

impl Refusal for NoSuchKind {
    fn code(&self) -> &'static str {
        "invalid_value"
    }
    fn field(&self) -> Option<&'static str> {
        Some(self.field)
    }
    fn given(&self) -> Option<String> {
        Some(self.kind.clone())
    }
    fn allowed(&self) -> Option<Allowed> {
        Some(Allowed::Several(self.known.iter().map(|kind| (*kind).to_owned()).collect()))
    }
}

/// The first line of an export stands inside other records.
#[derive(Debug, thiserror::Error)]
#[error("the first line of an export stands behind other records; an export is restored alone")]
struct HeaderInside;

impl Refusal for HeaderInside {
    fn code(&self) -> &'static str {
        "invalid_value"
    }
    fn field(&self) -> Option<&'static str> {
        Some("record")
    }
}

fn missing(name: &'static str) -> Error {
    object::ObjectFault {
        code: "missing_field",
        field: Some(name.to_owned()),
        given: None,
        message: format!("{name} is needed"),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_a_kind_are_looked_at_together_where_they_are_many() {
        let look = |kinds: &[(&str, usize)]| {
            let lines = kinds.iter().flat_map(|(kind, times)| std::iter::repeat_n(Some((*kind).to_owned()), *times));
            of_a_kind(lines)
        };
        for (kinds, together) in [
            (vec![], 0),
            (vec![("order", 3)], 3),
            (vec![("order", 20)], 20),
            (vec![("order", 20), ("ticket", 20)], 20),
            (vec![("customer", 3), ("order", 20)], 3),
            (vec![("customer", 1), ("order", 1), ("customer", 1), ("order", 1)], 4),
            (vec![("customer", 1), ("order", 1), ("ticket", 8)], 2),
            (vec![("customer", 8), ("order", 1)], 8),
        ] {
            assert_eq!(look(&kinds), (together, false), "{kinds:?}");
        }
        assert_eq!(look(&[(HEADER, 1), ("order", 1)]), (2, true));
    }
}
