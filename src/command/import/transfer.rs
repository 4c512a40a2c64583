//! Transfers, with their own ids, days and states: done ones move stock on top of the opening counts.

use serde::Deserialize;

use super::document::ticket_of;
use super::lines::{checked_quantity, of_line};
use super::stock::count_taken;
use super::unseen::Kind;
use super::{Form, Run, Stands, filled};
use crate::domain::Result;
use crate::domain::common::{StateNotAllowed, ValueRefused};
use crate::domain::linking::{find_line, of_order, of_transfer};
use crate::domain::location::{CUSTOMERS, STOCK};
use crate::domain::product::{ProductType, Tracking};
use crate::domain::returns::{ReturnRefused, keeps_order_quantity};
use crate::domain::ticket::TicketRefused;
use crate::domain::transfer::{MoveRefused, Transfer, TransferKind, TransferLine, TransferState, check_way};
use crate::domain::value::day::Day;
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::{Reference, generated_number, shell_word};
use crate::procedure;
use crate::procedure::context::{Cx, found};
use crate::store::{linking, transfer};

#[derive(Deserialize)]
struct TransferRecord {
    id: String,
    #[serde(default)]
    kind: Option<TransferKind>,
    #[serde(default)]
    state: Option<TransferState>,
    #[serde(default)]
    origin: Option<String>,
    #[serde(default)]
    customer: Option<String>,
    #[serde(default)]
    order: Option<String>,
    #[serde(default)]
    ticket: Option<String>,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    to: Option<String>,
    #[serde(default)]
    return_of: Option<String>,
    #[serde(default)]
    keep_order_quantity: Option<bool>,
    #[serde(default)]
    date: Option<Day>,
    #[serde(default)]
    opening: Option<bool>,
    #[serde(default)]
    lines: Vec<LineRecord>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineRecord {
    product: String,
    #[serde(default)]
    lot: Option<String>,
    #[serde(default)]
    quantity: Option<Quantity>,
    #[serde(default)]
    done: Option<Quantity>,
}

pub const FORM: Form = Form {
    kind: "transfer",
    keys: &[
        "id",
        "kind",
        "state",
        "origin",
        "customer",
        "order",
        "ticket",
        "from",
        "to",
        "return_of",
        "keep_order_quantity",
        "date",
        "opening",
        "lines",
    ],
    lines: &["product", "lot", "quantity", "done"],
    switches: &["keep_order_quantity", "opening"],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Result<()> {
    let cx = run.cx;
    let record: TransferRecord = filled(run, &FORM)?;
    let mut told = told(run, &record)?;
    let stored = if run.is_new(Kind::Transfer, &told.id)? { None } else { transfer::by_id(cx.db, &told.id)? };
    let Some(mut before) = stored else {
        let is_first = match &told.order {
            Some(order) => run.is_new(Kind::TransferOfOrder, &order.id)?,
            None => false,
        };
        let order = told.order.as_ref().map(|order| run.order(&order.id)).transpose()?;
        if let Some(order) = order.as_ref().filter(|_| told.state != TransferState::Cancelled) {
            order.check_confirmed("delivered")?;
        }
        if record.opening == Some(true) && told.state == TransferState::Done {
            for line in &told.lines {
                count_taken(cx, &line.product, line.tracking, (&told.from, line.lot.as_ref()), line.done)?;
            }
        }
        let of_order = match order {
            Some(order) if order.state.is_editable() => OfOrder::Beside,
            Some(_) if is_first => OfOrder::First,
            _ => OfOrder::Further,
        };
        return insert(run, told, of_order);
    };
    transfer::complete(cx.db, &mut before)?;
    // A day that is not told is that on which the record came.
    told.date = record.date.unwrap_or(before.date);
    if is_same(&before, &told) {
        return Ok(());
    }
    if run.update {
        let what = format!("the transfer {}", before.id);
        let hint = Some(format!("aftersales transfer show {}", shell_word(&before.id)));
        return Err(
            StateNotAllowed { what, state: before.state.to_string(), wanted: "changed by an import", hint }.into()
        );
    }
    Err(Stands { form: &FORM, id: told.id }.into())
}

/// The transfer that the record tells, not written yet and not linked to the lines of others.
fn told(run: &mut Run<'_, '_>, record: &TransferRecord) -> Result<Transfer> {
    let cx = run.cx;
    let kind = record.kind.unwrap_or(TransferKind::Outgoing);
    let return_of = match &record.return_of {
        Some(id) => {
            let found_transfer = cx.db.by_reference(id, |id| transfer::by_id(cx.db, id))?;
            Some(found(found_transfer, "transfer", "transfer", "return_of", id)?)
        }
        None => None,
    };
    // A return is one of the order whose delivery it takes back (spec D5).
    let returned_order = return_of.as_ref().and_then(|returned| returned.order.as_ref()).map(|order| order.id.as_str());
    let order = record.order.as_deref().or(returned_order).map(|id| run.order(id)).transpose()?;
    let customer = record.customer.as_deref().map(|id| run.lookup.customer(cx, id)).transpose()?;
    let customer = match (customer, &order) {
        (Some(customer), Some(named)) if named.customer.key != customer.key => {
            let (order, customer) = (named.order.id.clone(), customer.id);
            return Err(TicketRefused::OrderNotOfCustomer { order, customer }.into());
        }
        (Some(customer), _) => Some(customer),
        (None, Some(named)) => Some(named.customer.clone()),
        (None, None) => return_of.as_ref().and_then(|returned| returned.customer.clone()),
    };
    let origin = match (&return_of, &order) {
        (Some(returned), _) => Some(format!("Return of {}", returned.id)),
        (None, named) => named.as_ref().map(|named| named.order.id.clone()),
    };
    let (from, to) = match kind {
        TransferKind::Outgoing => (Some(STOCK), Some(CUSTOMERS)),
        TransferKind::Incoming => (Some(CUSTOMERS), Some(STOCK)),
        TransferKind::Internal => (Some(STOCK), None),
    };
    // What is taken back comes from where it went to.
    let went_to = return_of.as_ref().map(|returned| returned.to.id.as_str());
    let from = record.from.as_deref().or(went_to).or(from).ok_or(ValueRefused::missing("from"))?;
    let to = record.to.as_deref().or(to).ok_or(ValueRefused::missing("to"))?;
    let (from, to) = (run.lookup.location(cx, "from", from)?, run.lookup.location(cx, "to", to)?);
    let ticket = record.ticket.as_deref().map(|id| ticket_of(cx, id, customer.as_ref())).transpose()?;
    let (ticket, customer) = match ticket {
        Some((ticket, theirs)) => (Some(ticket), customer.or(theirs)),
        None => (None, customer),
    };
    check_way(kind, &from, &to)?;
    if record.lines.is_empty() {
        return Err(ValueRefused::missing("lines").into());
    }
    let state = record.state.unwrap_or(TransferState::Ready);
    let mut lines = Vec::with_capacity(record.lines.len());
    for (number, line) in (1_i64..).zip(&record.lines) {
        lines.push(line.told(run, number, state).map_err(|error| of_line(number, error))?);
    }
    if let Some(returned) = &return_of {
        if returned.state != TransferState::Done {
            return Err(ReturnRefused::NotDone { delivery: returned.id.clone(), state: returned.state }.into());
        }
        let key = |reference: Option<&Reference>| reference.map(|reference| reference.key);
        let named_order = order.as_ref().map(|named| &named.order);
        let differs = [
            ("kind", kind != returned.kind.reversed()),
            ("order", key(named_order) != key(returned.order.as_ref())),
            ("customer", key(customer.as_ref()) != key(returned.customer.as_ref())),
            ("from", from.key != returned.to.key),
        ];
        if let Some((field, _)) = differs.into_iter().find(|(_, differs)| *differs) {
            let message = format!("its {field} is not that of a return of {}", returned.id);
            return Err(ValueRefused::invalid(field, &returned.id, message).into());
        }
    }
    let keeps = record.keep_order_quantity.unwrap_or(false);
    let keeps = return_of.as_ref().map_or(keeps, |returned| keeps_order_quantity(returned, keeps));
    Ok(Transfer {
        key: 0,
        id: super::checked_id(&record.id)?,
        kind,
        state,
        origin: record.origin.clone().or(origin),
        customer,
        order: order.map(|named| named.order),
        ticket,
        task: None,
        from,
        to,
        lines,
        return_of: return_of.map(|returned| returned.reference()),
        exchange_of: None,
        backorder_of: None,
        keep_order_quantity: keeps,
        date: record.date.unwrap_or(cx.today),
        moved: None,
    })
}

impl LineRecord {
    fn told(&self, run: &mut Run<'_, '_>, number: i64, state: TransferState) -> Result<TransferLine> {
        let cx = run.cx;
        let product = run.lookup.product(cx, &self.product)?;
        if product.kind != ProductType::Goods {
            let message = format!("{} is a service, which is not moved", product.id);
            return Err(ValueRefused::invalid("product", &product.id, message).into());
        }
        let quantity = checked_quantity(self.quantity, Some(&product))?;
        let done = match (state, self.done) {
            (TransferState::Done, None) => quantity,
            (TransferState::Done, Some(done)) if done >= Quantity::ZERO && done <= quantity && product.allows(done) => {
                done
            }
            (_, None) => Quantity::ZERO,
            (_, Some(done)) if done.is_zero() => done,
            (_, Some(done)) => {
                let message = format!("{done} cannot have been moved of it");
                return Err(ValueRefused::quantity("done", done, message).into());
            }
        };
        let lot = self.lot.as_deref().filter(|lot| !lot.is_empty()).map(|id| run.lookup.lot(cx, id)).transpose()?;
        match &lot {
            Some(lot) if !product.is_tracked() => {
                let given = lot.id.clone();
                return Err(MoveRefused::NotTracked { product: product.id.clone(), line: number, given }.into());
            }
            Some(lot) if lot.product.key != product.key => {
                let (lot, has, product) = (lot.id.clone(), lot.product.id.clone(), product.id.clone());
                return Err(MoveRefused::OtherProduct { lot, has, product }.into());
            }
            Some(lot) if product.tracking == Tracking::Serial && quantity != Quantity::ONE => {
                let message = format!("{} is the serial number of one piece", lot.id);
                return Err(ValueRefused::quantity("quantity", quantity, message).into());
            }
            None if product.is_tracked() && !done.is_zero() => {
                let product = product.id.clone();
                return Err(MoveRefused::LotRequired { product, line: number, missing: done, at: None }.into());
            }
            _ => {}
        }
        let lot = lot.map(|lot| lot.reference());
        let line = TransferLine::new(product.reference(), product.tracking, lot, quantity);
        Ok(TransferLine { line: number, done, ..line })
    }
}

/// How a transfer is one of its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OfOrder {
    /// It belongs to none of its lines: those of an order that can be edited yet are written anew.
    Beside,
    /// The order has no other.
    First,
    Further,
}

/// Writes a new transfer.
fn insert(run: &Run<'_, '_>, mut told: Transfer, of_order: OfOrder) -> Result<()> {
    let cx = run.cx;
    // It may be called as one of another kind is.
    for prefix in [TransferKind::Incoming, TransferKind::Outgoing, TransferKind::Internal].map(TransferKind::prefix) {
        if let Some(number) = generated_number(&told.id, prefix) {
            cx.db.raise_counter(prefix, number)?;
        }
    }
    link(run, &mut told, of_order)?;
    let written = match told.state {
        TransferState::Done => procedure::transfer::record_done(cx, told)?,
        // Whether an open one is ready is for the stock to say.
        TransferState::Waiting | TransferState::Ready => procedure::transfer::open_as(cx, told)?,
        TransferState::Cancelled => {
            told.key = cx.db.next_key()?;
            transfer::insert(cx.db, &mut told)?;
            cx.created("transfer", &told.id);
            told
        }
    };
    if written.state != TransferState::Cancelled {
        add_returned(cx, &written)?;
    }
    if let Some(ticket) = &written.ticket {
        cx.touched("ticket", &ticket.id);
    }
    Ok(())
}

/// Finds for each line the line of the transfer that it takes back, and the line of the order that it delivers: what
/// `transfer return` and `transfer create --order` would take (spec G6).
fn link(run: &Run<'_, '_>, told: &mut Transfer, as_one_of: OfOrder) -> Result<()> {
    let cx = run.cx;
    if let Some(returned) = &told.return_of {
        let lines = linking::to_return(cx.db, returned.key)?;
        let mut sources = of_transfer(&lines)?;
        for line in &mut told.lines {
            let lot = line.lot.as_ref().map(|lot| lot.key);
            let wanted = if told.state == TransferState::Done { line.done } else { line.quantity };
            let left_before: Vec<Quantity> = sources.iter().map(|source| source.left).collect();
            let found_line = find_line(&mut sources, Some(line.product.key), lot, wanted);
            let at = sources.iter().position(|source| Some(source.key) == found_line);
            let left = at.and_then(|at| left_before.get(at).copied()).unwrap_or(Quantity::ZERO);
            if wanted > left && told.state != TransferState::Cancelled {
                let (of, line, quantity, holders) = (returned.id.clone(), line.line, wanted, Vec::new());
                return Err(ReturnRefused::Exceeds { of, line, quantity, left, holders }.into());
            }
            line.return_line = found_line;
            // What comes back is of the lot that went.
            if let (None, Some(of)) = (&line.lot, at.and_then(|at| lines.get(at))) {
                line.lot.clone_from(&of.lot);
            }
            line.order_line = at.and_then(|at| lines.get(at)).and_then(|line| line.order_line);
        }
        return Ok(());
    }
    if let Some(order) = told.order.as_ref().filter(|_| as_one_of != OfOrder::Beside) {
        let mut sources = of_order(&match told.kind {
            TransferKind::Internal => return Ok(()),
            // Nothing of it has moved yet.
            TransferKind::Outgoing if as_one_of == OfOrder::First => run.lookup.unmoved(cx, order.key)?,
            TransferKind::Outgoing => linking::to_deliver(cx.db, order.key)?,
            TransferKind::Incoming => linking::to_take_back(cx.db, order.key)?,
        });
        for line in &mut told.lines {
            line.order_line = find_line(&mut sources, Some(line.product.key), None, line.quantity);
        }
    }
    Ok(())
}

/// Notes what the lines take back of the lines that were delivered (spec D3).
fn add_returned(cx: &Cx<'_>, written: &Transfer) -> Result<()> {
    for line in &written.lines {
        let taken_back = if written.state == TransferState::Done { line.done } else { line.quantity };
        if let Some(source) = line.return_line.filter(|_| !taken_back.is_zero()) {
            transfer::add_returned(cx.db, source, taken_back)?;
        }
    }
    Ok(())
}

/// Whether a transfer is what a record tells; what is reserved and derived does not count.
fn is_same(stored: &Transfer, told: &Transfer) -> bool {
    let key = |reference: &Option<Reference>| reference.as_ref().map(|reference| reference.key);
    // An open one is waiting or ready as the stock has it.
    let state = |transfer: &Transfer| if transfer.state.is_open() { TransferState::Ready } else { transfer.state };
    let head = |transfer: &Transfer| {
        (
            (transfer.kind, state(transfer), transfer.from.key, transfer.to.key, transfer.date),
            (key(&transfer.customer), key(&transfer.order), key(&transfer.ticket), key(&transfer.return_of)),
            (transfer.origin.clone(), transfer.keep_order_quantity),
        )
    };
    let line = |line: &TransferLine| (line.product.key, key(&line.lot), line.quantity, line.done);
    head(stored) == head(told) && stored.lines.iter().map(line).eq(told.lines.iter().map(line))
}
