//! `import`: records of other systems, each made if there is none like it, in one transaction and one row of the log
//! (contract, section 6). A file that begins as an export is restored instead.

use serde::Serialize;
use serde_json::value::RawValue;

use super::bulk::{Answered, Line, LineAnswer, LineStatus, Running, Work, take_text};
use super::object::Pairs;
use super::pipeline::{Mode, Session};
use super::{Cx, Told, content, internal, object};
use crate::domain::common::{AlreadyExists, ValueRefused};
use crate::domain::day::Instant;
use crate::domain::desk::{Desk, KeyReused, Right};
use crate::domain::{Error, Refusal, Result};
use crate::store::log::{NewOperation, Tail};
use crate::store::{self, Db, exchange};

mod nouns;
mod restore;

use nouns::NOUNS;
use restore::{HEADER, Restoring};

/// What was asked of an import; the command as the log keeps it.
#[derive(Serialize, Debug)]
pub struct Import {
    pub file: Option<String>,
    /// The kind of records that name none, as those of a CSV file.
    pub kind: Option<String>,
    /// Whether records that are there already, and are different, are changed.
    pub update: bool,
    pub on_error: Option<String>,
    #[serde(skip)]
    pub key: Option<String>,
}

/// How records of a kind stand in CSV.
#[derive(Debug, Clone)]
pub struct CsvForm {
    /// The columns of a document's lines; none where the records have no lines.
    pub lines: Vec<&'static str>,
    /// The columns that are true or false.
    pub switches: Vec<&'static str>,
}

impl Import {
    /// The form of its records where it reads CSV: a file by that ending, of the kind named.
    pub fn csv_form(&self) -> Result<Option<CsvForm>> {
        if !self.file.as_deref().is_some_and(|file| file.to_ascii_lowercase().ends_with(".csv")) {
            return Ok(None);
        }
        let kind = self.kind.as_deref().ok_or_else(|| ValueRefused::missing("kind"))?;
        match NOUNS.iter().find(|noun| noun.kind == kind) {
            Some(noun) => Ok(Some(CsvForm { lines: Vec::new(), switches: noun.switches() })),
            None => Err(NoSuchKind { kind: kind.to_owned() }.into()),
        }
    }
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

/// An import at work.
struct Importing<'s> {
    import: &'s Import,
    session: &'s Session<'s>,
    mode: Mode,
    desk: Desk,
    now: Instant,
    input: Input,
}

/// What the lines turned out to be.
enum Input {
    /// No line was seen.
    Unseen,
    Records(Records),
    Restoration(Restoring),
    /// A restoration that failed: nothing of it will stand, so nothing more is tried.
    Refused,
    /// The key was used for this import before.
    Replayed(i64),
}

/// Records on their way in.
struct Records {
    operation: i64,
    /// How many records were touched.
    touched: i64,
}

impl<'s> Importing<'s> {
    fn begin(import: &'s Import, session: &'s Session<'s>, mode: Mode) -> Result<Importing<'s>> {
        session.db.begin_write()?;
        let now = session.clock.now();
        let begun = store::desk::load(session.db).map_err(Error::from).and_then(|desk| {
            session.check(&desk, now, Right::Admin)?;
            Ok(desk)
        });
        match begun {
            Ok(desk) => Ok(Importing { import, session, mode, desk, now, input: Input::Unseen }),
            Err(error) => {
                // The first fault is the one to tell.
                let _ = session.db.rollback();
                Err(error)
            }
        }
    }

    fn db(&self) -> &'s Db {
        self.session.db
    }

    /// The content of the command, which its key stands for.
    fn content(&self) -> String {
        content::to_json(COMMAND, self.import)
    }

    /// Settles by the first record what the lines are.
    fn open(&mut self, kind: &str) -> Result<()> {
        if !matches!(self.input, Input::Unseen) || kind == HEADER {
            return Ok(());
        }
        let content = self.content();
        let key = self.import.key.as_deref().filter(|_| self.mode == Mode::Commit);
        if let Some(kept) = key.map(|key| self.db().kept_outcome(key)).transpose()?.flatten() {
            if kept.command != content {
                let key = key.unwrap_or_default().to_owned();
                return Err(KeyReused { key, operation: kept.operation }.into());
            }
            self.input = Input::Replayed(kept.operation);
            return Ok(());
        }
        let operation = self.db().next_number("operation")?;
        let row = NewOperation {
            operation,
            at: self.now,
            recorded_at: self.session.clock.machine(),
            actor: &self.session.actor,
            command: &content,
            touched: &[],
        };
        Tail::load(self.db())?.append(self.db(), &row)?;
        self.input = Input::Records(Records { operation, touched: 0 });
        Ok(())
    }

    fn run(&mut self, line: &Line) -> Result<Answered> {
        let (kind, pairs) = self.read(line)?;
        self.open(&kind)?;
        let answer = |status| LineAnswer::of(line.number, Some(COMMAND.to_owned()), None, status);
        match &mut self.input {
            Input::Unseen => {
                self.input = Input::Refused;
                self.input = Input::Restoration(Restoring::begin(self.session.db, pairs)?);
                Ok((answer(self.done()), Vec::new()))
            }
            Input::Restoration(restoring) => match restoring.record(self.session.db, &kind, pairs) {
                Ok(id) => Ok((LineAnswer { created: id.into_iter().collect(), ..answer(self.done()) }, Vec::new())),
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
            Input::Records(_) => self.record(line, &kind, pairs),
        }
    }

    fn done(&self) -> LineStatus {
        if self.mode == Mode::DryRun { LineStatus::Planned } else { LineStatus::Done }
    }

    /// A line as a kind of record and its keys.
    fn read<'l>(&self, line: &'l Line) -> Result<(String, Pairs<'l>)> {
        let mut pairs = object::pairs_of_json(line.text()?)?;
        let kind = take_text(&mut pairs, "record")?.or_else(|| self.import.kind.clone());
        let kind = kind.ok_or_else(|| missing("record"))?;
        Ok((kind, pairs))
    }

    /// Imports one record on a savepoint of its own.
    fn record(&mut self, line: &Line, kind: &str, pairs: Pairs<'_>) -> Result<Answered> {
        let db = self.db();
        let (is_commit, done) = (self.mode == Mode::Commit, self.done());
        let Input::Records(records) = &mut self.input else {
            return Err(internal("no records are being imported"));
        };
        db.savepoint()?;
        let cx = Cx::new(db, &self.desk, &self.session.actor, self.now, self.session.yes).within(records.operation);
        let cx = if is_commit { cx } else { cx.as_plan() };
        let result = match imported(&cx, kind, pairs, self.import.update) {
            Ok(result) => result,
            Err(error) => {
                if !error.is_of_the_store() {
                    db.undo()?;
                }
                return Err(error);
            }
        };
        let changed = cx.changed_anything();
        let Told { created, touched, warnings, amounts } = cx.into_told();
        for (kind, id) in &touched {
            records.touched += 1;
            store::log::touch(db, records.operation, records.touched, kind, id)?;
        }
        if changed {
            db.release()?;
        } else {
            db.undo()?;
        }
        let operation = (changed && is_commit).then_some(records.operation);
        if touched.iter().any(|(kind, _)| *kind == "desk") {
            self.desk = store::desk::load(db)?;
        }
        let status = if changed { done } else { LineStatus::Unchanged };
        let result = RawValue::from_string(result).map_err(|error| internal(error.to_string()))?;
        let answer = LineAnswer {
            operation,
            created,
            result: Some(result),
            warnings,
            ..LineAnswer::of(line.number, Some(COMMAND.to_owned()), None, status)
        };
        Ok((answer, amounts))
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

    fn is_atomic(&self) -> bool {
        matches!(self.input, Input::Restoration(_) | Input::Refused)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let db = self.db();
        let kept = match &self.input {
            Input::Restoration(restoring) => match restoring.check(db) {
                Ok(()) => true,
                Err(error) => {
                    let _ = db.rollback();
                    return Err(error);
                }
            },
            Input::Records(records) => records.touched > 0,
            Input::Unseen | Input::Refused | Input::Replayed(_) => false,
        };
        if !kept || self.mode == Mode::DryRun {
            return Ok(db.rollback()?);
        }
        if let (Input::Records(records), Some(key)) = (&self.input, &self.import.key) {
            db.keep_outcome(records.operation, key, NOTHING_TOLD)?;
        }
        Ok(db.commit()?)
    }

    fn abandon(self: Box<Self>) {
        let _ = self.db().rollback();
    }
}

/// What is kept for the key of an import: its answers are many, and are not told again.
const NOTHING_TOLD: &str = r#"{"created":[],"result":null,"warnings":[]}"#;

/// Imports a record of whatever kind; answers the result as JSON. One that tells nothing was there already.
fn imported(cx: &Cx<'_>, kind: &str, mut pairs: Pairs<'_>, update: bool) -> Result<String> {
    let Some(noun) = NOUNS.iter().find(|noun| noun.kind == kind) else {
        return Err(NoSuchKind { kind: kind.to_owned() }.into());
    };
    let id = take_text(&mut pairs, "id")?.ok_or_else(|| missing("id"))?;
    if !exchange::has(cx.db, kind, &id)? {
        return noun.create(cx, &id, pairs);
    }
    let taken = || AlreadyExists { kind: noun.kind, noun: noun.noun(), field: "id", given: id.clone() };
    match noun.edit(cx, &id, pairs) {
        // What an edit would be refused for makes the record different all the same.
        Err(error) if !update && matches!(error.exit(), 13 | 14) => Err(taken().into()),
        Ok(_) if !update && cx.changed_anything() => Err(taken().into()),
        edited => edited,
    }
}

/// A line names a kind of record that is none.
#[derive(Debug, thiserror::Error)]
#[error("there is no kind of record {kind:?} that can be imported")]
struct NoSuchKind {
    kind: String,
}

impl Refusal for NoSuchKind {
    fn code(&self) -> &'static str {
        "invalid_value"
    }
    fn field(&self) -> Option<&'static str> {
        Some("record")
    }
    fn given(&self) -> Option<String> {
        Some(self.kind.clone())
    }
    fn allowed(&self) -> Option<crate::domain::Allowed> {
        Some(crate::domain::Allowed::Several(NOUNS.iter().map(|noun| noun.kind.to_owned()).collect()))
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
