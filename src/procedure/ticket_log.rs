//! The ticket's log: everything done to or from a ticket leaves an entry (spec A6).

use super::context::Cx;
use crate::domain::Result;
use crate::store::Key;
use crate::store::log::chain::Entry;
use crate::store::ticket;

/// Adds an entry of `kind` to the ticket's log, naming the document it is about by id.
pub fn note(cx: &Cx<'_>, ticket: Key, kind: &'static str, text: &str, document: Option<&str>) -> Result<()> {
    let entry = Entry {
        key: cx.db.next_key()?,
        ticket,
        at: cx.now.to_string(),
        actor: cx.actor.id().map(str::to_owned),
        kind: kind.to_owned(),
        text: text.to_owned(),
        document: document.map(str::to_owned),
    };
    ticket::insert_log(cx.db, cx.operation()?, &entry)?;
    cx.noted(entry);
    Ok(())
}
