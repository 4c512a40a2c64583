//! Tasks at work: the time on them, what is used, and what being done brings along (spec F2, F5).

use super::context::Cx;
use super::transfer::{chosen_lots, record_done};
use super::{stock, ticket_log};
use crate::domain::common::ValueRefused;
use crate::domain::line::{NewLine, check_quantity};
use crate::domain::location::{CUSTOMERS, STOCK};
use crate::domain::party::Party;
use crate::domain::product::Product;
use crate::domain::task::time::{Said, TimeStep};
use crate::domain::task::{Stage, Task, TaskRefused, UsedProduct};
use crate::domain::transfer::{
    ChosenLot, LineLot, Transfer, TransferKind, TransferLine, TransferState, check_lots, numbers_of, split,
};
use crate::domain::value::day::Instant;
use crate::domain::value::reference::Reference;
use crate::domain::{Faults, Result};
use crate::output::calendar::{Event, calendar};
use crate::store::{customer, task};

/// Tells that the task was changed, on its ticket too.
pub fn tell(cx: &Cx<'_>, task: &Task, what: &str) -> Result<()> {
    cx.touched("task", &task.id);
    tell_ticket(cx, task, &format!("Task {} {what}", task.id), &task.id)
}

fn tell_ticket(cx: &Cx<'_>, task: &Task, text: &str, document: &str) -> Result<()> {
    let Some(ticket) = &task.ticket else {
        return Ok(());
    };
    cx.touched("ticket", &ticket.id);
    ticket_log::note(cx, ticket.key, "task", text, Some(document))
}

/// Looks up which open tasks the assignee has at the same time, and warns of them.
pub fn warn_of_overlaps(cx: &Cx<'_>, planned: &mut Task) -> Result<()> {
    planned.overlaps = match planned.is_on_agenda() {
        true => task::overlaps(cx.db, &[planned.key])?.remove(&planned.key).unwrap_or_default(),
        false => Vec::new(),
    };
    if let (Some(assignee), false) = (&planned.assignee, planned.overlaps.is_empty()) {
        let others = planned.overlaps.join(", ");
        cx.warn("assignee_busy", format!("{assignee} has {others} at the same time as {}", planned.id));
    }
    Ok(())
}

/// Sets the timer of a task going, or lets it pause or stop; unchanged where it does so already.
pub fn time(cx: &Cx<'_>, before: Task, step: TimeStep, note: Option<&str>) -> Result<Task> {
    let said = Said { at: cx.now, user: cx.actor.id(), note };
    let mut after = before.time(step, said)?;
    if after == before {
        return Ok(before);
    }
    task::update(cx.db, &before, &mut after)?;
    cx.touched("task", &after.id);
    if let (TimeStep::Start | TimeStep::Resume, Some(user)) = (step, said.user) {
        let others = task::running_of(cx.db, user, after.key)?;
        if !others.is_empty() {
            cx.warn("timer_running", format!("the timer that {user} started runs on {} too", others.join(", ")));
        }
    }
    match step {
        // A pause is nothing that the ticket would have to remember.
        TimeStep::Pause | TimeStep::Resume => {}
        TimeStep::Start => tell(cx, &after, step.done())?,
        TimeStep::Stop => tell(cx, &after, &format!("stopped, after {} minutes of work in all", after.worked_minutes))?,
    }
    Ok(after)
}

/// Ends the work: what was used leaves the stock, and the task can be billed from now on (spec F5).
pub fn finish(cx: &Cx<'_>, before: Task) -> Result<Task> {
    let Some(mut after) = before.finish(cx.now)? else {
        return Ok(before);
    };
    task::update(cx.db, &before, &mut after)?;
    move_goods(cx, &after)?;
    if let Some(unsigned) = after.unsigned() {
        cx.warn("worksheet_unsigned", unsigned);
    }
    tell(cx, &after, "done")?;
    Ok(after)
}

/// Writes the delivery of what was used, from the main stock to the customer.
fn move_goods(cx: &Cx<'_>, task: &Task) -> Result<()> {
    let lines = task.goods();
    if lines.is_empty() {
        return Ok(());
    }
    let kind = TransferKind::Outgoing;
    let transfer = Transfer {
        key: 0,
        id: cx.db.next_reference(kind.prefix())?,
        kind,
        state: TransferState::Done,
        origin: Some(task.id.clone()),
        customer: task.customer.clone(),
        order: None,
        // A ticket that gets its customer later has no transfer that names none.
        ticket: task.ticket.clone().filter(|_| task.customer.is_some()),
        task: Some(task.key),
        from: stock::own_location(cx, STOCK)?,
        to: stock::own_location(cx, CUSTOMERS)?,
        lines,
        return_of: None,
        exchange_of: None,
        backorder_of: None,
        keep_order_quantity: false,
        date: cx.today,
        moved: None,
    };
    let moved = record_done(cx, transfer).map_err(|mut refused| {
        // The lines are those of the task, not of this command.
        refused.fault_mut().field = None;
        refused
    })?;
    match moved.ticket {
        Some(_) => tell_ticket(cx, task, &format!("{} brings what task {} used", moved.id, task.id), &moved.id),
        None => Ok(()),
    }
}

/// A planned task as calendars read it. What it is known by there holds when the desk was made, so that tasks of two desks are two.
pub fn appointment(cx: &Cx<'_>, task: &Task) -> Result<String> {
    let start = task.planned_start.ok_or_else(|| TaskRefused::NotPlanned { task: task.id.clone() })?;
    let customer = task.customer.as_ref().map(|customer| customer::by_key(cx.db, customer.key)).transpose()?;
    let moment = |moment: Instant| moment.to_string().replace(['-', ':'], "");
    let named = |label: &str, value: Option<&str>| value.map(|value| format!("{label}: {value}"));
    let described = [
        named("Task", Some(&task.id)),
        named("Ticket", task.ticket.as_ref().map(|ticket| ticket.id.as_str())),
        named("Customer", customer.as_ref().map(|customer| customer.name.as_str())),
        named("Assignee", task.assignee.as_ref().map(|assignee| assignee.id.as_str())),
    ];
    let place = customer.map(|customer| {
        let Party { street, postcode, city, .. } = Party::from(&customer);
        let parts = [street, postcode, city].into_iter().flatten().map(|part| part.as_str().to_owned());
        parts.collect::<Vec<_>>().join(", ")
    });
    Ok(calendar(&Event {
        uid: format!("{}.{}@aftersales", task.id, moment(cx.desk.created_at)),
        stamp: moment(cx.now),
        start: moment(start),
        end: task.planned_end.map(moment),
        summary: task.title.clone(),
        description: described.into_iter().flatten().collect::<Vec<_>>().join("\n"),
        location: place.unwrap_or_default(),
        is_cancelled: task.stage == Stage::Cancelled,
    }))
}

/// What is said of the products that a task used: lines that take the place of those there are, and lots for lines.
pub struct GivenProducts<'g> {
    /// None: the lines stay.
    pub lines: Option<Vec<NewLine>>,
    pub lots: &'g [LineLot],
}

/// The same, with what is named looked up.
pub struct NamedProducts {
    lines: Vec<(TransferLine, Product)>,
    lots: Vec<ChosenLot>,
}

impl GivenProducts<'_> {
    /// Looks up the products and lots, before any rule is asked; none where nothing is said.
    pub fn named(&self, cx: &Cx<'_>, task: &Task, products: Vec<Product>) -> Result<Option<NamedProducts>> {
        if self.lines.is_none() && self.lots.is_empty() {
            return Ok(None);
        }
        let lines: Vec<TransferLine> = match &self.lines {
            Some(lines) => {
                let line = |(line, product): (&NewLine, &Product)| {
                    TransferLine::new(product.reference(), product.tracking, None, line.quantity)
                };
                lines.iter().zip(&products).map(line).collect()
            }
            None => task.products.iter().map(|used| self.again(used)).collect(),
        };
        let lines: Vec<TransferLine> = (1..).zip(lines).map(|(line, row)| TransferLine { line, ..row }).collect();
        let lots = chosen_lots(cx, self.lots, false, &task.id, &lines)?;
        Ok(Some(NamedProducts { lines: lines.into_iter().zip(products).collect(), lots }))
    }

    /// A line that is there already; lots that are named for it take the place of its own.
    fn again(&self, used: &UsedProduct) -> TransferLine {
        let is_named = self.lots.iter().any(|lot| lot.line.number() == used.line);
        let lot = used.lot.clone().filter(|_| !is_named);
        TransferLine::new(used.product.clone(), used.tracking, lot, used.quantity)
    }

    /// Notes what no task can have used.
    pub fn check(&self, task: &Task, named: &NamedProducts, faults: &mut Faults) {
        for (line, (_, product)) in self.lines.iter().flatten().zip(&named.lines) {
            if line.price.is_some() {
                let message = "what a task used has no price of its own: its invoice has".to_owned();
                faults.note(ValueRefused::invalid("product", line, message));
            } else if line.quantity.is_zero() {
                let message = format!("nothing of {} is nothing that was used", product.id);
                faults.note(ValueRefused::quantity("product", line, message));
            } else {
                faults.gather(check_quantity(product, line.quantity, "product"));
            }
        }
        let lines: Vec<TransferLine> = named.lines.iter().map(|(line, _)| line.clone()).collect();
        check_lots(&task.id, &numbers_of(&lines), &named.lots, faults);
    }
}

impl NamedProducts {
    /// What was used, one lot on a line; what is as it was stays the rows that it is.
    pub fn used(self, task: &Task) -> Result<Vec<UsedProduct>> {
        let mut used: Vec<UsedProduct> = Vec::new();
        for (line, product) in &self.lines {
            for piece in split(line, line.quantity, &self.lots)? {
                let number = i64::try_from(used.len()).unwrap_or(i64::MAX).saturating_add(1);
                used.push(UsedProduct {
                    key: 0,
                    line: number,
                    product: Reference { key: product.key, id: product.id.clone() },
                    kind: product.kind,
                    tracking: product.tracking,
                    lot: piece.lot,
                    quantity: piece.quantity,
                });
            }
        }
        for row in &mut used {
            let is_same = |known: &&UsedProduct| UsedProduct { key: 0, ..(*known).clone() } == *row;
            row.key = task.products.iter().find(is_same).map_or(0, |known| known.key);
        }
        Ok(used)
    }
}
