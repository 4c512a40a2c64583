//! `ticket return` and `transfer return`: goods taken back, and with an exchange sent again (spec D).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::noun::one;
use super::{Change, Cx};
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::domain::line::{LineNumber, LineQuantity};
use crate::domain::location::Location;
use crate::domain::returns::{About, Asked, check_done, check_exchange};
use crate::domain::team::Service;
use crate::domain::ticket::NamedOrder;
use crate::domain::transfer::Transfer;
use crate::domain::{Faults, Result};
use crate::procedure::checks::or_none;
use crate::procedure::returns::{Made, Terms, about_of, load_lines, make, source};
use crate::procedure::{look_up, service};
use crate::store::{Db, ticket, transfer};

/// The return, and the transfer that replaces the goods.
#[derive(Serialize)]
pub struct ReturnOutcome {
    #[serde(rename = "return")]
    returned: Transfer,
    replacement: Option<Transfer>,
}

impl From<Made> for ReturnOutcome {
    fn from(Made { returned, replacement }: Made) -> Self {
        ReturnOutcome { returned, replacement }
    }
}

/// Take products back from a customer
///
/// Makes the incoming transfer of what a delivery brought; stock changes when it is validated. Without --order and --delivery
/// it is the ticket's order, else the only delivery that the customer can return. Without --line every line takes part that
/// is of the ticket's product and lot, with all that is left to return of it. A return that was made from the ticket, named as
/// the delivery, goes back to the customer.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:
  aftersales ticket return T00001
  aftersales ticket return T00001 --delivery WH/OUT/00001 --line 1=2
  aftersales ticket return T00001 --order S00001 --drop-line 2 --location WH/Stock
  aftersales ticket return T00001 --exchange --keep-order-quantity")]
pub struct TicketReturn {
    /// The ticket to return from
    pub ticket: String,
    /// The order whose delivery comes back (default: the ticket's; empty: of any order)
    #[arg(long)]
    pub order: Option<String>,
    /// The delivery that comes back
    #[arg(long)]
    pub delivery: Option<String>,
    /// Return this quantity of a line of the delivery, and no other line (repeatable)
    #[arg(long, value_name = "N=QTY")]
    #[serde(default)]
    pub line: Vec<LineQuantity>,
    /// Do not return this line (repeatable)
    #[arg(long, value_name = "N")]
    #[serde(default)]
    pub drop_line: Vec<LineNumber>,
    /// Where the goods go (default: the team's return location, else where they came from)
    #[arg(long)]
    pub location: Option<String>,
    /// Deliver the same products again
    #[arg(long)]
    #[serde(default)]
    pub exchange: bool,
    /// Leave the order's delivered quantity as it is
    #[arg(long)]
    #[serde(default)]
    pub keep_order_quantity: bool,
}

impl Change for TicketReturn {
    type Outcome = ReturnOutcome;
    const RIGHT: Right = Right::Helpdesk;

    fn ahead(&self, db: &Db) -> Result<()> {
        ticket::ahead(db, &self.ticket)?;
        Ok(self.delivery.iter().try_for_each(|delivery| transfer::ahead(db, delivery))?)
    }

    fn run(&self, cx: &Cx<'_>) -> Result<ReturnOutcome> {
        let ticket = service::ticket(cx, &self.ticket)?;
        let order = self.named_order(cx)?;
        let mut delivery = not_empty(&self.delivery).map(|id| named_delivery(cx, id)).transpose()?;
        let terms = Terms {
            asked: Asked { lines: &self.line, dropped: &self.drop_line, about: about_of(&ticket) },
            location: named_location(cx, &self.location)?,
            exchange: self.exchange,
            keep_order_quantity: self.keep_order_quantity,
        };
        service::check_offered(cx, &ticket, Service::Returns)?;

        let mut faults = Faults::default();
        if let (Some(Some(_)), Some(delivery)) = (&order, &delivery) {
            let message = "--order and --delivery exclude each other: a delivery is of one order";
            faults.note(ValueRefused::invalid("delivery", &delivery.id, message));
        }
        terms.asked.check(&mut faults);
        if let Some(delivery) = &mut delivery {
            load_lines(cx, delivery, terms.asked)?;
            terms.asked.check_against(delivery, &mut faults);
            if self.exchange {
                faults.gather(check_exchange(delivery));
            }
        }
        let lines = || vec![("lines", self.line.len().to_string()), ("dropped", self.drop_line.len().to_string())];
        cx.checked("the values can be used", lines, faults.refuse())?;

        let named = delivery.is_some();
        let inputs = || {
            vec![
                or_none("customer", ticket.customer.as_ref().map(|customer| customer.id.as_str())),
                or_none("order", self.order.as_deref()),
                or_none("delivery", self.delivery.as_deref()),
            ]
        };
        let found = source(cx, &ticket, order, delivery);
        let mut source = cx.checked("one delivery of the customer's can be returned", inputs, found)?;
        if !named {
            load_lines(cx, &mut source, terms.asked)?;
            let mut faults = Faults::default();
            terms.asked.check_against(&source, &mut faults);
            cx.checked("the lines are lines of the delivery", lines, faults.refuse())?;
        }
        let inputs = || vec![("delivery", source.id.clone()), ("exchange", self.exchange.to_string())];
        let made = make(cx, &source, &terms, Some(&ticket));
        Ok(cx.checked("what is asked for is left to return, and the location takes it", inputs, made)?.into())
    }
}

impl TicketReturn {
    /// The order named; none inside where the ticket's was emptied.
    fn named_order(&self, cx: &Cx<'_>) -> Result<Option<Option<NamedOrder>>> {
        match self.order.as_deref() {
            None => Ok(None),
            Some("") => Ok(Some(None)),
            Some(given) => Ok(Some(Some(look_up::order(cx, given)?))),
        }
    }
}

fn named_delivery(cx: &Cx<'_>, given: &str) -> Result<Transfer> {
    look_up::bare(cx, "delivery", given)
}

fn named_location(cx: &Cx<'_>, given: &Option<String>) -> Result<Option<Location>> {
    look_up::optional(cx, "location", given.as_deref())
}

fn not_empty(given: &Option<String>) -> Option<&str> {
    given.as_deref().filter(|given| !given.is_empty())
}

/// Take back what a done transfer moved
///
/// A delivery comes back from the customer; a return goes back to the customer; a receipt goes back to where it came from.
/// Without --line every line takes part with all that is left to return of it.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:
  aftersales transfer return WH/OUT/00001
  aftersales transfer return WH/OUT/00001 --line 1=2 --exchange
  aftersales transfer return WH/IN/00001")]
pub struct TransferReturn {
    /// The transfer to return
    pub transfer: String,
    /// Return this quantity of a line of the transfer, and no other line (repeatable)
    #[arg(long, value_name = "N=QTY")]
    #[serde(default)]
    pub line: Vec<LineQuantity>,
    /// Do not return this line (repeatable)
    #[arg(long, value_name = "N")]
    #[serde(default)]
    pub drop_line: Vec<LineNumber>,
    /// Where the goods go (default: where they came from)
    #[arg(long)]
    pub location: Option<String>,
    /// Deliver the same products again
    #[arg(long)]
    #[serde(default)]
    pub exchange: bool,
    /// Leave the order's delivered quantity as it is
    #[arg(long)]
    #[serde(default)]
    pub keep_order_quantity: bool,
}

impl Change for TransferReturn {
    type Outcome = ReturnOutcome;
    const RIGHT: Right = Right::Inventory;

    fn run(&self, cx: &Cx<'_>) -> Result<ReturnOutcome> {
        let mut source: Transfer = one(cx, "transfer", &self.transfer)?;
        let terms = Terms {
            asked: Asked { lines: &self.line, dropped: &self.drop_line, about: About::default() },
            location: named_location(cx, &self.location)?,
            exchange: self.exchange,
            keep_order_quantity: self.keep_order_quantity,
        };
        load_lines(cx, &mut source, terms.asked)?;
        let mut faults = Faults::default();
        terms.asked.check(&mut faults);
        terms.asked.check_against(&source, &mut faults);
        if self.exchange {
            faults.gather(check_exchange(&source));
        }
        faults.refuse()?;
        check_done(&source)?;
        Ok(make(cx, &source, &terms, None)?.into())
    }
}
