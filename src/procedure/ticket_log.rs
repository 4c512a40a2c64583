//! The ticket's log: everything done to or from a ticket leaves an entry (spec A6).

use super::context::Cx;
use crate::domain::Result;
use crate::store::Key;
use crate::store::ticket;

/// Adds an entry of `kind` to the ticket's log, naming the document it is about by id.
pub fn note(cx: &Cx<'_>, ticket: Key, kind: &'static str, text: &str, document: Option<&str>) -> Result<()> {
    let entry =
        ticket::NewLogEntry { at: cx.now, actor: cx.actor.id(), kind, text, document, operation: cx.operation()? };
    Ok(ticket::insert_log(cx.db, ticket, &entry)?)
}
