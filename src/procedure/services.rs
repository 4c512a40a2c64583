//! The services, each described once: its command, the applications behind it, its form, and what it makes from a ticket. The
//! options of a ticket, the documents on it, what is still open when it is closed, what enabling installs and the tests go over
//! this list (spec A3, A5, A7, A8).

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::context::Cx;
use super::{coupon, plan, refund, repair, returns};
use crate::domain::Result;
use crate::domain::app::App;
use crate::domain::in_use::Use;
use crate::domain::options::Fields;
use crate::domain::team::Service;
use crate::domain::ticket::{OnTicket, Ticket};
use crate::domain::value::reference::shell_word;
use crate::store::{self, Db, Key};

/// Every service, in the order of the spec. A new one is one line here; its description stands in its own file.
pub const SERVICES: &[ServiceEntry] =
    &[refund::SERVICE, coupon::SERVICE, returns::SERVICE, repair::SERVICE, plan::SERVICE];

/// A service.
pub struct ServiceEntry {
    pub service: Service,
    /// The command that runs it from a ticket, noun and verb.
    pub command: &'static str,
    /// The applications that it needs (spec A3); theirs come with them.
    pub apps: &'static [App],
    /// Its form for a ticket, with defaults and choices (spec A8).
    pub form: fn(&Cx<'_>, &Ticket) -> Result<Fields>,
    /// What it makes from a ticket.
    pub makes: &'static [Makes],
}

/// A kind of record that a service makes from a ticket.
pub struct Makes {
    /// Under which key a ticket shows them, none where it does not (spec A7).
    pub shown_as: Option<&'static str>,
    /// The noun of their commands, such as `credit-note`.
    pub noun: &'static str,
    /// The command that opens one.
    pub opened_by: &'static str,
    /// Those of a ticket, cancelled ones too, in order of creation.
    pub of_ticket: fn(&Db, Key) -> store::Result<Vec<OnTicket>>,
}

impl Makes {
    fn still_open(&self, made: &OnTicket) -> StillOpen {
        StillOpen {
            kind: self.noun.replace('-', "_"),
            id: made.id.clone(),
            state: made.state,
            command: format!("{} {}", self.opened_by, shell_word(&made.id)),
        }
    }
}

/// The description of a service.
pub fn entry(service: Service) -> Option<&'static ServiceEntry> {
    SERVICES.iter().find(|entry| entry.service == service)
}

/// The applications that a service needs itself (spec A3).
pub fn apps_of(service: Service) -> &'static [App] {
    entry(service).map_or(&[], |entry| entry.apps)
}

fn all_made() -> impl Iterator<Item = &'static Makes> {
    SERVICES.iter().flat_map(|entry| entry.makes)
}

/// How many kinds of records a ticket shows.
#[allow(clippy::indexing_slicing, reason = "evaluated when the program is built")]
const SHOWN: usize = {
    let (mut count, mut service) = (0, 0);
    while service < SERVICES.len() {
        let mut at = 0;
        while at < SERVICES[service].makes.len() {
            if SERVICES[service].makes[at].shown_as.is_some() {
                count += 1;
            }
            at += 1;
        }
        service += 1;
    }
    count
};

/// The keys under which a ticket shows what was made from it, each with the command that opens one, for tables.
#[allow(clippy::indexing_slicing, reason = "evaluated when the program is built")]
pub const OPENED_BY: [(&str, &str); SHOWN] = {
    let (mut opened, mut count, mut service) = ([("", ""); SHOWN], 0, 0);
    while service < SERVICES.len() {
        let mut at = 0;
        while at < SERVICES[service].makes.len() {
            let makes = &SERVICES[service].makes[at];
            if let Some(key) = makes.shown_as {
                opened[count] = (key, makes.opened_by);
                count += 1;
            }
            at += 1;
        }
        service += 1;
    }
    opened
};

/// What was made from a ticket as the ticket shows it: ids by key, in order of creation (spec A7).
#[derive(Debug)]
pub struct Documents(Vec<(&'static str, Vec<String>)>);

impl Serialize for Documents {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, ids) in &self.0 {
            map.serialize_entry(key, ids)?;
        }
        map.end()
    }
}

/// Asks for all that was made from a ticket, while it is only found out what is asked.
pub fn ahead_of_documents(db: &Db, ticket: Key) {
    for makes in all_made().filter(|makes| makes.shown_as.is_some()) {
        drop((makes.of_ticket)(db, ticket));
    }
}

/// What was made from a ticket and is not done, with the command that opens it. Some of it counts as a document only later, such
/// as the draft of a credit note, or never, such as a replacement (spec A5, A7).
#[derive(Debug, Serialize)]
pub struct StillOpen {
    kind: String,
    id: String,
    state: &'static str,
    command: String,
}

/// What the ticket shows of what was made from it, and what of it is not done.
pub fn documents(db: &Db, ticket: Key) -> Result<(Documents, Vec<StillOpen>)> {
    let (mut documents, mut open) = (Vec::with_capacity(SHOWN), Vec::new());
    for makes in all_made() {
        if let Some(key) = makes.shown_as {
            let made = (makes.of_ticket)(db, ticket)?;
            open.extend(made.iter().filter(|made| made.is_open).map(|made| makes.still_open(made)));
            documents.push((key, made.into_iter().filter(|made| made.is_shown).map(|made| made.id).collect()));
        }
    }
    Ok((Documents(documents), open))
}

/// The first that was made from the ticket, cancelled or not.
pub fn first_made(db: &Db, ticket: Key) -> Result<Option<Use>> {
    for makes in all_made() {
        if let Some(made) = (makes.of_ticket)(db, ticket)?.into_iter().next() {
            return Ok(Some(Use { noun: makes.noun, id: made.id }));
        }
    }
    Ok(None)
}

/// Tells what is still open on a ticket that was closed (spec A5).
pub fn warn_of_open(cx: &Cx<'_>, ticket: &Ticket) -> Result<()> {
    let (_, open) = documents(cx.db, ticket.key)?;
    let told = |StillOpen { kind, id, state, .. }: &StillOpen| format!("{} {id} ({state})", kind.replace('_', " "));
    let open: Vec<String> = open.iter().map(told).collect();
    if !open.is_empty() {
        cx.warn("still_open", format!("still open on {}: {}", ticket.id, open.join(", ")));
    }
    Ok(())
}
