//! What can be done from a ticket, asked of the same steps that the services themselves take (spec A8).

use super::context::Cx;
use super::service;
use super::services::{SERVICES, ServiceEntry};
use crate::domain::Result;
use crate::domain::options::{Fields, Options, ServiceOptions};
use crate::domain::ticket::Ticket;

/// The options of the ticket.
pub fn of(cx: &Cx<'_>, ticket: &Ticket) -> Result<Options> {
    let services = SERVICES.iter().map(|entry| of_service(cx, ticket, entry)).collect::<Result<_>>()?;
    Ok(Options { id: ticket.id.clone(), ticket: ticket.id.clone(), services })
}

fn of_service(cx: &Cx<'_>, ticket: &Ticket, entry: &ServiceEntry) -> Result<ServiceOptions> {
    let service = entry.service;
    let offered = service::check_offered(cx, ticket, service).and_then(|()| (entry.form)(cx, ticket));
    match offered {
        Ok(fields) => Ok(ServiceOptions { service, available: true, why_not: None, fields }),
        Err(error) if error.is_of_the_store() => Err(error),
        Err(error) => {
            let fault = error.fault();
            let why_not = match &fault.hint {
                Some(hint) => format!("{}: {hint}", fault.message),
                None => fault.message.clone(),
            };
            Ok(ServiceOptions { service, available: false, why_not: Some(why_not), fields: Fields::default() })
        }
    }
}
