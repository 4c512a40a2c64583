//! `transfer`: goods on their way: made, moved, given up (spec D8). Taking them back is in `returns`.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::noun::{Noun, Switch};
use super::{Change, Cx};
use crate::domain::common::{StateNotAllowed, ValueRefused};
use crate::domain::customer::Customer;
use crate::domain::desk::Right;
use crate::domain::line::{LineQuantity, NewLine, check_quantity};
use crate::domain::location::{CUSTOMERS, Location, STOCK, SUPPLIERS};
use crate::domain::order::{Order, OrderState};
use crate::domain::product::{Product, ProductType};
use crate::domain::transfer::{
    Asked, ChosenLot, LineLot, Transfer, TransferKind, TransferLine, TransferState, check_lots, check_way, delivery_of,
    makes_lots, numbers_of, split,
};
use crate::domain::value::day::Day;
use crate::domain::value::reference::shell_word;
use crate::domain::value::text::Setting;
use crate::domain::{Faults, Result};
use crate::procedure::look_up;
use crate::procedure::order::products_of;
use crate::procedure::transfer::{Rest, cancel, chosen_lots, open, validate};
use crate::store::{linking, transfer};

impl Noun for Transfer {
    const KIND: &'static str = "transfer";
    const NOUN: &'static str = "transfer";
    const RIGHT: Right = Right::Inventory;
    const SWITCHES: &'static [Switch] =
        &[Switch { name: "returns", help: "Only returns of customers", condition: transfer::RETURNS, reads: &[] }];
}

/// What making or changing a transfer answers.
#[derive(Serialize)]
pub struct TransferOutcome {
    transfer: Transfer,
}

/// Create a transfer
///
/// With --order it is the delivery of what is ordered and neither delivered nor on an open delivery. With --kind and --line
/// it is a receipt (incoming), a delivery without an order (outgoing) or a move within the stock (internal). It reserves what
/// stock there is: with all of it it is ready, else it waits, and becomes ready when stock comes in, the oldest first.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:
  aftersales transfer create --order S00001
  aftersales transfer create --kind incoming --line LAMP=100
  aftersales transfer create --kind outgoing --customer C00001 --line LAMP=1 --lot 1=SN-001
  aftersales transfer create --kind internal --line LAMP=5 --from WH/Stock --to WH/Returns")]
pub struct TransferCreate {
    /// The order to deliver
    #[arg(long)]
    pub order: Option<String>,
    /// Which way the goods go: incoming, outgoing or internal (with --order: outgoing)
    #[arg(long)]
    pub kind: Option<Setting<TransferKind>>,
    /// Whom it is for (with --order: the order's)
    #[arg(long)]
    pub customer: Option<String>,
    /// Where the goods come from (default: WH/Stock; incoming: Suppliers, or Customers with --customer)
    #[arg(long)]
    pub from: Option<String>,
    /// Where they go to (default: Customers; incoming: WH/Stock)
    #[arg(long)]
    pub to: Option<String>,
    /// The day it is planned for (default: today)
    #[arg(long, value_name = "DAY")]
    pub date: Option<Setting<Day>>,
    /// A product and its quantity (repeatable)
    #[arg(long, value_name = "SKU=QTY")]
    #[serde(default)]
    pub line: Vec<NewLine>,
    /// The lot or serial number of a line, maybe with how much of it (repeatable; default: chosen when it is validated)
    #[arg(long, value_name = "N=LOT[:QTY]")]
    #[serde(default)]
    pub lot: Vec<LineLot>,
}

impl Change for TransferCreate {
    type Outcome = TransferOutcome;
    const RIGHT: Right = Right::Inventory;

    fn run(&self, cx: &Cx<'_>) -> Result<TransferOutcome> {
        let order: Option<Order> = look_up::optional(cx, "order", self.order.as_deref())?;
        let customer: Option<Customer> = look_up::optional(cx, "customer", self.customer.as_deref())?;
        let from: Option<Location> = look_up::optional(cx, "from", self.from.as_deref())?;
        let to: Option<Location> = look_up::optional(cx, "to", self.to.as_deref())?;
        let products = products_of(cx, &self.line, "line")?;

        let mut faults = Faults::default();
        let kind = self.checked_kind(order.as_ref(), &mut faults);
        if to.is_none() && kind == TransferKind::Internal {
            faults.note(ValueRefused::missing("to"));
        }
        let date = self.checked_date(cx, &mut faults);
        let lines = self.checked_lines(order.as_ref(), &products, &mut faults);
        let mut lines = match &order {
            Some(order) => delivery_of(&linking::to_deliver(cx.db, order.key)?),
            None => lines,
        };
        number(&mut lines);
        let lots = chosen_lots(cx, &self.lot, makes_lots(kind, false), "the transfer", &lines)?;
        check_lots("the transfer", &numbers_of(&lines), &lots, &mut faults);
        faults.refuse()?;

        if let Some(order) = &order {
            check_order(order, &lines)?;
        }
        let from = from.map_or_else(|| look_up::one(cx, "from", default_from(kind, customer.is_some())), Ok)?;
        let to = to.map_or_else(|| look_up::one(cx, "to", default_to(kind)), Ok)?;
        check_way(kind, &from, &to)?;
        let customer = order.as_ref().map(|order| order.customer.clone()).or(customer.map(|known| known.reference()));
        let transfer = Transfer {
            key: 0,
            id: String::new(),
            kind,
            state: TransferState::Ready,
            origin: order.as_ref().map(|order| order.id.clone()),
            customer,
            order: order.as_ref().map(Order::reference),
            ticket: None,
            task: None,
            from,
            to,
            lines: by_lot(&lines, &lots)?,
            return_of: None,
            exchange_of: None,
            backorder_of: None,
            keep_order_quantity: false,
            date,
            moved: None,
        };
        Ok(TransferOutcome { transfer: open(cx, transfer)? })
    }
}

impl TransferCreate {
    fn checked_kind(&self, order: Option<&Order>, faults: &mut Faults) -> TransferKind {
        match (&self.kind, order) {
            (None, Some(_)) | (Some(Setting(Some(TransferKind::Outgoing))), Some(_)) => {}
            (Some(Setting(Some(kind))), Some(order)) => {
                let message = format!("the delivery of {} is outgoing, not {kind}", order.id);
                faults.note(ValueRefused::invalid("kind", kind, message));
            }
            (Some(Setting(Some(kind))), None) => return *kind,
            (None | Some(Setting(None)), _) => faults.note(ValueRefused::missing("kind")),
        }
        if let (Some(order), Some(customer)) = (order, self.customer.as_deref().filter(|customer| !customer.is_empty()))
        {
            let message = format!("the delivery of {} is for {}; leave --customer out", order.id, order.customer);
            faults.note(ValueRefused::invalid("customer", customer, message));
        }
        TransferKind::Outgoing
    }

    fn checked_lines(&self, order: Option<&Order>, products: &[Product], faults: &mut Faults) -> Vec<TransferLine> {
        match (order, self.line.first()) {
            (None, None) => faults.note(ValueRefused::missing("line")),
            (Some(order), Some(line)) => {
                let message = format!("the lines are those of {}; leave --line out", order.id);
                faults.note(ValueRefused::invalid("line", line, message));
            }
            _ => {}
        }
        let mut lines = Vec::new();
        for (line, product) in self.line.iter().zip(products) {
            faults.gather(check_line(line, product));
            lines.push(TransferLine::new(product.reference(), product.tracking, None, line.quantity));
        }
        lines
    }

    fn checked_date(&self, cx: &Cx<'_>, faults: &mut Faults) -> Day {
        match &self.date {
            None => cx.today,
            Some(Setting(Some(date))) => *date,
            Some(Setting(None)) => {
                faults.note(ValueRefused::missing("date"));
                cx.today
            }
        }
    }
}

fn check_line(line: &NewLine, product: &Product) -> Result<()> {
    if product.kind == ProductType::Service {
        let message = format!("{} is a service, which is not moved", product.id);
        return Err(ValueRefused::invalid("line", line, message).into());
    }
    if line.price.is_some() {
        return Err(ValueRefused::invalid("line", line, "a transfer has no prices").into());
    }
    if line.quantity.is_zero() {
        let message = format!("a line of 0 {} moves nothing", product.id);
        return Err(ValueRefused::quantity("line", line, message).into());
    }
    check_quantity(product, line.quantity, "line")
}

fn check_order(order: &Order, lines: &[TransferLine]) -> Result<()> {
    let what = format!("the order {}", order.id);
    let id = shell_word(&order.id);
    if order.state != OrderState::Confirmed {
        let hint = match order.state {
            OrderState::Draft | OrderState::Sent => format!("aftersales order confirm {id}"),
            OrderState::Confirmed | OrderState::Cancelled => format!("aftersales order show {id}"),
        };
        let state = order.state.to_string();
        return Err(StateNotAllowed { what, state, wanted: "delivered", hint: Some(hint) }.into());
    }
    if lines.is_empty() {
        let state = "delivered or on an open delivery".to_owned();
        let hint = Some(format!("aftersales transfer list --order {id}"));
        return Err(StateNotAllowed { what, state, wanted: "delivered again", hint }.into());
    }
    Ok(())
}

fn number(lines: &mut [TransferLine]) {
    for (number, line) in (1..).zip(lines) {
        line.line = number;
    }
}

/// The lines, each of the lots named for it: one lot stands on a line.
fn by_lot(lines: &[TransferLine], lots: &[ChosenLot]) -> Result<Vec<TransferLine>> {
    let mut split_lines = Vec::new();
    for line in lines {
        for piece in split(line, line.quantity, lots)? {
            split_lines.push(TransferLine { lot: piece.lot, quantity: piece.quantity, ..line.clone() });
        }
    }
    Ok(split_lines)
}

fn default_from(kind: TransferKind, of_customer: bool) -> &'static str {
    match kind {
        TransferKind::Incoming if of_customer => CUSTOMERS,
        TransferKind::Incoming => SUPPLIERS,
        TransferKind::Outgoing | TransferKind::Internal => STOCK,
    }
}

fn default_to(kind: TransferKind) -> &'static str {
    match kind {
        TransferKind::Outgoing => CUSTOMERS,
        TransferKind::Incoming | TransferKind::Internal => STOCK,
    }
}

/// Validate a transfer: its goods are moved
///
/// Without --line every line is moved whole; with it only the named lines, in the quantity given (0 for none). What is left
/// goes to a backorder, which is in `created`. A product with lots or serial numbers needs --lot, where its line has none: once
/// for each lot, or for a range of them. One lot stands on a line, so a line of several is split. A receipt makes the lots
/// that are not there yet.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:
  aftersales transfer validate WH/OUT/00001
  aftersales transfer validate WH/OUT/00001 --line 1=2 --no-backorder
  aftersales transfer validate WH/OUT/00001 --lot 1=SN-001 --lot 1=SN-002
  aftersales transfer validate WH/IN/00001 --lot 1=BATCH-7:40
  aftersales transfer validate WH/IN/00001 --lot 3=SN-001..SN-050")]
pub struct TransferValidate {
    /// The transfer
    pub transfer: String,
    /// Move this quantity of a line, and of the lines not named nothing (repeatable)
    #[arg(long, value_name = "N=QTY")]
    #[serde(default)]
    pub line: Vec<LineQuantity>,
    /// The lot or serial number of a line, maybe with how much of it, or a range of them (repeatable)
    #[arg(long, value_name = "N=LOT[:QTY]")]
    #[serde(default)]
    pub lot: Vec<LineLot>,
    /// Drop what is left instead of keeping it in a backorder
    #[arg(long)]
    #[serde(default)]
    pub no_backorder: bool,
}

impl Change for TransferValidate {
    type Outcome = TransferOutcome;
    const RIGHT: Right = Right::Inventory;

    fn run(&self, cx: &Cx<'_>) -> Result<TransferOutcome> {
        let transfer: Transfer = look_up::one(cx, "transfer", &self.transfer)?;
        let makes_lots = makes_lots(transfer.kind, transfer.return_of.is_some()) && transfer.state.is_open();
        let lots = chosen_lots(cx, &self.lot, makes_lots, &transfer.id, &transfer.lines)?;
        match transfer.state {
            TransferState::Done => return Ok(TransferOutcome { transfer }),
            TransferState::Cancelled => return Err(transfer.not_allowed("validated").into()),
            TransferState::Waiting | TransferState::Ready => {}
        }
        let rest = if self.no_backorder { Rest::Dropped } else { Rest::Backorder };
        let transfer = validate(cx, transfer, Asked { lines: &self.line, lots: &lots }, rest)?;
        Ok(TransferOutcome { transfer })
    }
}

/// Cancel a transfer that is not done
///
/// What it reserved is free again. Cancelling a return leaves its replacement.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales transfer cancel WH/OUT/00001")]
pub struct TransferCancel {
    /// The transfer
    pub transfer: String,
}

impl Change for TransferCancel {
    type Outcome = TransferOutcome;
    const RIGHT: Right = Right::Inventory;

    fn run(&self, cx: &Cx<'_>) -> Result<TransferOutcome> {
        let transfer: Transfer = look_up::one(cx, "transfer", &self.transfer)?;
        match transfer.state {
            TransferState::Cancelled => Ok(TransferOutcome { transfer }),
            TransferState::Done => Err(transfer.not_allowed("cancelled").into()),
            TransferState::Waiting | TransferState::Ready => Ok(TransferOutcome { transfer: cancel(cx, transfer)? }),
        }
    }
}
