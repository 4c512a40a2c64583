//! Erasing what is written of a customer (spec G2): in their records, and in the log, whose seal outlives its texts.

use std::cell::RefCell;
use std::collections::HashMap;

use super::context::Cx;
use crate::domain::Result;
use crate::domain::customer::Customer;
use crate::domain::value::reference::padded;
use crate::store::customer::CUSTOMER;
use crate::store::engine::record::{self, Found};
use crate::store::log::{self, KeptOutcome, chain};
use crate::store::{Db, StoreError, erase, mail};

/// How much was emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Emptied {
    pub records: usize,
    pub operations: usize,
}

/// Empties what is written of a customer. `content` is the command that does it, which may name them by what has to go; it is told
/// to the log without that.
pub fn customer(cx: &Cx<'_>, customer: &Customer, content: &str) -> Result<Emptied> {
    let keys = erase::keys();
    let names = Names { db: cx.db, customer, known: RefCell::default(), fault: RefCell::default() };
    let left_of = |text: &str| keys.emptied(text, &|given| names.left_of(given));
    let mut written = erase::written(cx.db, customer.key)?;
    let files = erase::files(cx.db, customer.key)?;
    written.extend(files.iter().map(|(_, id)| ("file", id.clone())));
    let operations = erase::operations(cx.db, customer.key)?;
    let erasures = log::erase::empty(cx.db, &operations, &erase::tickets(cx.db, customer.key)?, &left_of)?;
    let kept = left_of(content);
    if let Some(fault) = names.fault.take() {
        return Err(fault.into());
    }
    let emptied = Emptied { records: written.len(), operations: erasures.len() };
    if emptied == Emptied::default() {
        return Ok(emptied);
    }
    for file in mail::files_of(cx.db, customer.key)? {
        cx.unlaid(file);
    }
    erase::empty(cx.db, customer.key)?;
    mail::give_up(cx.db, customer.key)?;
    erase::empty_files(cx.db, &files)?;
    let (records, rows) = (counted(emptied.records, "record"), counted(emptied.operations, "operation"));
    cx.confirm(format!(
        "what is written of {} is emptied for good, in {records} and in {rows} of the log; numbers, amounts and days stay",
        customer.id,
    ))?;
    cx.warn(
        "copies_keep_texts",
        format!("{records} and {rows} of the log are emptied; backups, exports and other copies made before still hold the texts"),
    );
    cx.touched("customer", &customer.id);
    cx.touched_all(written.into_iter().filter(|(kind, _)| *kind != CUSTOMER.shown).collect());
    cx.erased(erasures, kept);
    Ok(emptied)
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Whether a command is the one that was done under a key, as far as that can be said of one of which texts were erased: what is
/// left of it is the same, and so is the little that is kept of the rest.
pub fn is_same(db: &Db, kept: &KeptOutcome, content: &str) -> Result<bool> {
    if kept.command == content {
        return Ok(true);
    }
    let erased = chain::erasure_of(db, kept.operation)?.and_then(|erasure| erasure.content);
    Ok(erased.is_some_and(|check| {
        check == log::content_check(content) && erase::keys().are_left_the_same(&kept.command, content)
    }))
}

/// What a customer may be called in commands.
struct Names<'a> {
    db: &'a Db,
    customer: &'a Customer,
    known: RefCell<HashMap<String, Option<String>>>,
    fault: RefCell<Option<StoreError>>,
}

impl Names<'_> {
    /// What is left where a command names a customer so: nothing to do for an id and for somebody else, the id for a name or
    /// e-mail of this one, and nothing for what is nobody's name any more, or that of several.
    fn left_of(&self, given: &str) -> Option<String> {
        let id = &self.customer.id;
        if given.is_empty() || given == id || padded(given).as_ref() == Some(id) {
            return None;
        }
        if let Some(known) = self.known.borrow().get(given) {
            return known.clone();
        }
        let left = match record::find_key(self.db, &CUSTOMER, given) {
            // The id of one that was merged into this one says nothing of them.
            Ok(Found::One(one)) if one.key == self.customer.key && self.is_id(given) => None,
            Ok(Found::One(one)) if one.key == self.customer.key => Some(id.clone()),
            Ok(Found::One(_)) => None,
            Ok(Found::Nothing | Found::Several(_)) => Some(String::new()),
            Err(fault) => {
                self.fault.borrow_mut().get_or_insert(fault);
                None
            }
        };
        self.known.borrow_mut().insert(given.to_owned(), left.clone());
        left
    }

    /// Whether a customer has exactly that id, or one that it is short for.
    fn is_id(&self, given: &str) -> bool {
        let has = |id: &str| {
            record::has_id(self.db, &CUSTOMER, id).unwrap_or_else(|fault| {
                self.fault.borrow_mut().get_or_insert(fault);
                false
            })
        };
        has(given) || padded(given).is_some_and(|id| has(&id))
    }
}
