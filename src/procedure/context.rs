//! What a running command sees of the world, and where it tells what it did.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};

use serde::Serialize;

use crate::domain::Result;
use crate::domain::common::{ConfirmationNeeded, NotFound};
use crate::domain::desk::{Actor, Desk};
use crate::domain::document::{Document, DocumentKind, DocumentState};
use crate::domain::order::{Order, OrderState};
use crate::domain::user::User;
use crate::domain::value::day::{Day, Instant};
use crate::domain::value::money::Money;
use crate::output::template::Templates;
use crate::procedure::checks::Checks;
use crate::procedure::mail::Mailing;
use crate::store::log::chain::{Entry, Erasure};
use crate::store::{Db, Key};

/// What a running command sees: the store, its moment, who asks; and where it tells what it did.
pub struct Cx<'a> {
    pub db: &'a Db,
    /// The command's one moment.
    pub now: Instant,
    /// That moment's day in the desk's time zone (spec G4).
    pub today: Day,
    pub desk: &'a Desk,
    pub actor: &'a Actor,
    /// What mails and printed documents are made by.
    pub templates: &'a Templates,
    /// How mail leaves the desk; none where nothing writes any.
    pub mailing: Option<&'a dyn Mailing>,
    /// Whether questions are answered with yes.
    pub yes: bool,
    /// Whether what it does is undone afterwards (a dry run), so that no code or link it draws may be told.
    pub planned: bool,
    /// Where the checks are noted that it makes, for whoever asks.
    pub checks: Option<&'a Checks>,
    /// Where the user who runs it is kept for the commands of a group.
    pub acting: Option<&'a OnceCell<Option<User>>>,
    told: RefCell<Told>,
    operation: Cell<Option<Key>>,
}

/// What a command told of itself while it ran.
#[derive(Default, Debug)]
pub struct Told {
    pub created: Vec<String>,
    pub touched: Vec<(&'static str, String)>,
    /// What it left in the logs of tickets.
    pub entries: Vec<Entry>,
    /// What it erased of earlier operations.
    pub erasures: Vec<Erasure>,
    /// Its own command as it is to be kept, where that is without some of its texts.
    pub kept: Option<String>,
    pub warnings: Vec<Warning>,
    /// What it made that comes to an amount, for the sums of a bulk run.
    pub amounts: Vec<Made>,
    /// Keys of its result that are secrets: they are told once, and not kept for its key.
    pub once: Vec<&'static str>,
    pub after: After,
}

/// What is to be done outside of the store once a change is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct After {
    /// The mails to carry, by id.
    pub mails: Vec<String>,
    /// Files of mails that are to be there no more, by name.
    pub files: Vec<String>,
}

impl After {
    /// Whether there is nothing to be done.
    pub fn is_empty(&self) -> bool {
        self.mails.is_empty() && self.files.is_empty()
    }
}

/// What something comes to that was made. What is billed, what is taken back and what counts for nothing yet are never one sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    Document(DocumentKind, DocumentState, Money),
    Order(OrderState, Money),
}

impl Made {
    pub fn document(document: &Document) -> Made {
        Made::Document(document.kind, document.state, document.total)
    }

    pub fn order(order: &Order) -> Made {
        Made::Order(order.state, order.total)
    }
}

/// Something the caller should know of a change that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    pub code: Cow<'static, str>,
    pub message: String,
}

impl<'a> Cx<'a> {
    /// The view of one command at `now`.
    pub fn new(
        db: &'a Db,
        desk: &'a Desk,
        actor: &'a Actor,
        now: Instant,
        templates: &'a Templates,
        yes: bool,
    ) -> Cx<'a> {
        let today = desk.timezone.day_of(now);
        let (told, operation) = (RefCell::default(), Cell::new(None));
        let (mailing, checks, acting) = (None, None, None);
        Cx { db, now, today, desk, actor, templates, mailing, yes, planned: false, checks, acting, told, operation }
    }

    /// The same view, of a command that may write mail.
    pub fn with_mailing(self, mailing: &'a dyn Mailing) -> Cx<'a> {
        Cx { mailing: Some(mailing), ..self }
    }

    /// The same view, of a command whose checks are noted.
    pub fn with_checks(self, checks: Option<&'a Checks>) -> Cx<'a> {
        checks.into_iter().for_each(Checks::begin);
        Cx { checks, ..self }
    }

    /// The same view, of one command of several of the same user.
    pub fn with_acting(self, acting: &'a OnceCell<Option<User>>) -> Cx<'a> {
        Cx { acting: Some(acting), ..self }
    }

    /// The same view, of a command that is undone afterwards.
    pub fn as_plan(self) -> Cx<'a> {
        Cx { planned: true, ..self }
    }

    /// The view of one step of a change that has its number in the log already.
    pub fn within(self, operation: Key) -> Cx<'a> {
        self.operation.set(Some(operation));
        self
    }

    /// Tells that the record `id` was made.
    pub fn created(&self, kind: &'static str, id: &str) {
        self.told.borrow_mut().created.push(id.to_owned());
        self.touched(kind, id);
    }

    /// Tells what something comes to that was made.
    pub fn amounts_to(&self, made: Made) {
        self.told.borrow_mut().amounts.push(made);
    }

    /// Tells that the record `id` was changed, has something new hanging on it, or was made by the way.
    pub fn touched(&self, kind: &'static str, id: &str) {
        let mut told = self.told.borrow_mut();
        if !told.touched.iter().any(|(known, of)| *known == kind && of == id) {
            told.touched.push((kind, id.to_owned()));
        }
    }

    /// Tells that a mail is to be carried once this is kept.
    pub fn mailed(&self, id: &str) {
        self.told.borrow_mut().after.mails.push(id.to_owned());
    }

    /// Tells that the file of a mail is to be there no more once this is kept.
    pub fn unlaid(&self, file: String) {
        self.told.borrow_mut().after.files.push(file);
    }

    /// Tells that these records were changed, each of which is told once.
    pub fn touched_all(&self, records: Vec<(&'static str, String)>) {
        self.told.borrow_mut().touched.extend(records);
    }

    /// Tells that what the result has under that key is a secret, told this once.
    pub fn told_once(&self, key: &'static str) {
        self.told.borrow_mut().once.push(key);
    }

    /// Tells an entry that was left in the log of a ticket.
    pub fn noted(&self, entry: Entry) {
        self.told.borrow_mut().entries.push(entry);
    }

    /// Tells what was erased of earlier operations, and the command as the log is to keep it, where that is not as it was given.
    pub fn erased(&self, erasures: Vec<Erasure>, kept: Option<String>) {
        let mut told = self.told.borrow_mut();
        told.erasures.extend(erasures);
        told.kept = kept;
    }

    /// The records of that kind that were made or changed so far, by id.
    pub fn touched_of(&self, kind: &str) -> Vec<String> {
        self.told.borrow().touched.iter().filter(|(known, _)| *known == kind).map(|(_, id)| id.clone()).collect()
    }

    /// Tells something that the caller should know although the change is done.
    pub fn warn(&self, code: &'static str, message: impl Into<String>) {
        self.told.borrow_mut().warnings.push(Warning { code: code.into(), message: message.into() });
    }

    /// The same of what may be found several times on the way, and is told once.
    pub fn warn_once(&self, code: &'static str, message: String) {
        if !self.told.borrow().warnings.iter().any(|known| known.code == code && known.message == message) {
            self.warn(code, message);
        }
    }

    /// What there is to say so far, for a read, which has no answer to say it in.
    pub fn warnings(&self) -> Vec<Warning> {
        self.told.borrow().warnings.clone()
    }

    /// Tells what came up in making something that the change brings.
    pub fn warn_of(&self, warnings: Vec<Warning>) {
        self.told.borrow_mut().warnings.extend(warnings);
    }

    /// Goes on only where questions are answered with yes.
    pub fn confirm(&self, question: impl Into<String>) -> Result<()> {
        if self.yes { Ok(()) } else { Err(ConfirmationNeeded { question: question.into() }.into()) }
    }

    /// The number of this change in the log, taken when first asked for.
    pub fn operation(&self) -> Result<Key> {
        if let Some(operation) = self.operation.get() {
            return Ok(operation);
        }
        let operation = self.db.next_number("operation")?;
        self.operation.set(Some(operation));
        Ok(operation)
    }

    /// Whether anything was made or changed.
    pub fn changed_anything(&self) -> bool {
        !self.told.borrow().touched.is_empty()
    }

    /// What was told, when the command has run.
    pub fn into_told(self) -> Told {
        self.told.into_inner()
    }
}

/// A found record, or the refusal that says it is not there.
pub fn found<T>(
    record: Option<T>,
    kind: &'static str,
    noun: &'static str,
    field: &'static str,
    given: &str,
) -> Result<T> {
    record.ok_or_else(|| NotFound { kind, noun, field, given: given.to_owned() }.into())
}
