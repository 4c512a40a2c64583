//! The start of every service: the ticket it is run from, and whether its team offers the service (spec A2).

use super::context::Cx;
use super::look_up;
use crate::domain::Result;
use crate::domain::team::{Service, ServiceNotEnabled};
use crate::domain::ticket::{CustomerRequired, Ticket};
use crate::domain::value::reference::Reference;
use crate::store::team;

/// The ticket that `given` stands for, without its tags: no service asks for them.
pub fn ticket(cx: &Cx<'_>, given: &str) -> Result<Ticket> {
    let found = look_up::bare(cx, "ticket", given);
    cx.checked("the ticket is there", || vec![("ticket", given.to_owned())], found)
}

/// Refuses a service that the ticket's team does not offer. Whatever the command names is looked up before (contract,
/// section 3: existence, then service enabled).
pub fn check_offered(cx: &Cx<'_>, ticket: &Ticket, service: Service) -> Result<()> {
    let offered = match team::offers(cx.db, ticket.team.key, service)? {
        true => Ok(()),
        false => Err(ServiceNotEnabled { team: ticket.team.id.clone(), service }.into()),
    };
    let inputs = || vec![("team", ticket.team.id.clone()), ("service", service.to_string())];
    cx.checked("the ticket's team offers the service", inputs, offered)
}

/// The ticket's customer, for services that need one.
pub fn customer_of(ticket: &Ticket) -> Result<&Reference> {
    ticket.customer.as_ref().ok_or_else(|| CustomerRequired { ticket: ticket.id.clone() }.into())
}
