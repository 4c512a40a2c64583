//! What can be done from a ticket, asked of the same steps that the services themselves take (spec A8).

use super::context::Cx;
use super::repair::form as repair;
use super::{coupon, plan, refund, returns, service};
use crate::domain::Result;
use crate::domain::options::{Fields, Options, ServiceOptions};
use crate::domain::team::Service;
use crate::domain::ticket::Ticket;

/// A service's form for a ticket.
type Offer = fn(&Cx<'_>, &Ticket) -> Result<Fields>;

/// The services and their forms, in the order of the spec.
const OFFERS: &[(Service, Offer)] = &[
    (Service::Refunds, refund::offer),
    (Service::Coupons, coupon::offer),
    (Service::Returns, returns::offer),
    (Service::Repairs, repair::offer),
    (Service::FieldService, plan::offer),
];

/// The options of the ticket.
pub fn of(cx: &Cx<'_>, ticket: &Ticket) -> Result<Options> {
    let services =
        OFFERS.iter().map(|(service, offer)| of_service(cx, ticket, *service, *offer)).collect::<Result<_>>()?;
    Ok(Options { id: ticket.id.clone(), ticket: ticket.id.clone(), services })
}

fn of_service(cx: &Cx<'_>, ticket: &Ticket, service: Service, offer: Offer) -> Result<ServiceOptions> {
    let offered = service::check_offered(cx, ticket, service).and_then(|()| offer(cx, ticket));
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
