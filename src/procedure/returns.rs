//! Returns, from a ticket or from the transfer itself: the delivery that is meant, and the transfers that follow (spec D).

use super::context::Cx;
use super::service::customer_of;
use super::services::{Makes, ServiceEntry};
use super::{stock, ticket_log, transfer};
use crate::domain::Result;
use crate::domain::app::App;
use crate::domain::location::{Location, LocationType};
use crate::domain::lot::{Coming, is_piece};
use crate::domain::options::{Choices, Fields};
use crate::domain::returns::{
    About, Asked, ReturnLine, ReturnRefused, check_location, check_offered, decide, default_location,
    keeps_order_quantity, locations, the_only,
};
use crate::domain::team::Service;
use crate::domain::ticket::{NamedOrder, Ticket, TicketRefused};
use crate::domain::transfer::{Transfer, TransferLine, TransferState};
use crate::domain::value::reference::Reference;
use crate::store;
use crate::store::returns::{Whose, any_done, anything_left, candidates, deliveries_of, holds};

/// Returns (spec D).
pub const SERVICE: ServiceEntry = ServiceEntry {
    service: Service::Returns,
    command: "ticket return",
    apps: &[App::Inventory, App::Sales],
    form: offer,
    makes: &[Makes {
        shown_as: Some("returns"),
        noun: "transfer",
        opened_by: "aftersales transfer show",
        of_ticket: store::transfer::made_from,
    }],
};

/// How goods are to be returned.
#[derive(Debug)]
pub struct Terms<'a> {
    pub asked: Asked<'a>,
    /// Where they are to go (default: the team's return location, else where they came from).
    pub location: Option<Location>,
    /// Whether the same is sent again (spec D6).
    pub exchange: bool,
    pub keep_order_quantity: bool,
}

/// The return, and the replacement of an exchange.
#[derive(Debug)]
pub struct Made {
    pub returned: Transfer,
    pub replacement: Option<Transfer>,
}

/// The delivery that a ticket returns: the one named, else the only candidate of the order named, of the ticket's, or of the
/// customer (spec D1, D2; contract, section 7 "Returns"). An order given as none lets the ticket's out.
pub fn source(
    cx: &Cx<'_>,
    ticket: &Ticket,
    order: Option<Option<NamedOrder>>,
    delivery: Option<Transfer>,
) -> Result<Transfer> {
    let customer = customer_of(ticket)?;
    let about = about_of(ticket);
    if let Some(delivery) = delivery {
        let holds = about.product.is_none() || holds(cx.db, delivery.key, about)?;
        check_offered(&delivery, ticket.key, customer, words_for(ticket).as_deref(), holds)?;
        return Ok(delivery);
    }
    let order = match order {
        None => ticket.order.clone(),
        Some(None) => None,
        Some(Some(named)) => Some(checked_order(cx, ticket, customer, named)?),
    };
    let whose = order.as_ref().map_or(Whose::Customer(customer), Whose::Order);
    let candidates = candidates(cx.db, whose, about)?;
    let any_done = candidates.is_empty() && any_done(cx.db, whose, about)?;
    let only = the_only(&candidates, &words_of(ticket, order.as_ref(), customer), any_done, &ticket.id)?;
    Ok(store::transfer::by_key(cx.db, only.key)?)
}

fn checked_order(cx: &Cx<'_>, ticket: &Ticket, customer: &Reference, named: NamedOrder) -> Result<Reference> {
    let order = named.order;
    if named.customer.key != customer.key {
        return Err(TicketRefused::OrderNotOfCustomer { order: order.id, customer: customer.id.clone() }.into());
    }
    match &ticket.product {
        Some(product) if !store::ticket::order_holds(cx.db, order.key, product.key)? => {
            Err(TicketRefused::ProductNotOnOrder { product: product.id.clone(), order: order.id }.into())
        }
        _ => Ok(order),
    }
}

/// What a ticket is about, which chooses among its deliveries and their lines (spec D1, D2).
pub fn about_of(ticket: &Ticket) -> About {
    let key_of = |reference: &Option<Reference>| reference.as_ref().map(|reference| reference.key);
    About { product: key_of(&ticket.product), lot: key_of(&ticket.lot) }
}

/// What the ticket is about, for a sentence.
fn words_for(ticket: &Ticket) -> Option<String> {
    match (&ticket.product, &ticket.lot) {
        (Some(product), Some(lot)) => Some(format!("{product} {lot}")),
        (Some(product), None) => Some(product.id.clone()),
        (None, _) => None,
    }
}

/// Whose deliveries were looked at, for a sentence.
fn words_of(ticket: &Ticket, order: Option<&Reference>, customer: &Reference) -> String {
    let whose = &order.unwrap_or(customer).id;
    match words_for(ticket) {
        Some(about) => format!("{whose} with {about}"),
        None => whose.clone(),
    }
}

/// Loads the lines of a source: those that are named, or all.
pub fn load_lines(cx: &Cx<'_>, source: &mut Transfer, asked: Asked<'_>) -> Result<()> {
    let Some(numbers) = asked.named() else {
        return Ok(store::transfer::complete(cx.db, source)?);
    };
    source.lines = Vec::new();
    for number in numbers {
        source.lines.extend(store::transfer::line(cx.db, source.key, number)?);
    }
    Ok(())
}

/// Makes the return of a done transfer, and with an exchange the replacement (spec D3 to D7). `source` comes with its lines.
pub fn make(cx: &Cx<'_>, source: &Transfer, terms: &Terms<'_>, ticket: Option<&Ticket>) -> Result<Made> {
    // Named lines may be others than what the ticket is about.
    let about = if terms.asked.lines.is_empty() { terms.asked.about } else { About::default() };
    let returnable = source.lines.iter().any(|line| line.returned < line.done && about.fits(line));
    let left = returnable || anything_left(cx.db, source.key, about)?;
    let lines = decide(source, terms.asked, left, |line| Ok(store::returns::of(cx.db, source.key, line)?))?;
    let of_team = ticket.map(|ticket| store::location::of_team(cx.db, ticket.team.key)).transpose()?.flatten();
    let to = destination(cx, source, of_team.as_ref(), terms.location.as_ref())?;

    for line in &lines {
        check_piece(cx, source, line)?;
        store::transfer::add_returned(cx.db, line.source.key, line.quantity)?;
    }
    let blank = Transfer {
        key: 0,
        id: String::new(),
        state: TransferState::Ready,
        // What is made of a ticket's document stays on that ticket (spec D5).
        ticket: ticket.map(Ticket::reference).or_else(|| source.ticket.clone()),
        task: None,
        return_of: None,
        exchange_of: None,
        backorder_of: None,
        keep_order_quantity: keeps_order_quantity(source, terms.keep_order_quantity),
        date: cx.today,
        moved: None,
        lines: Vec::new(),
        ..source.clone()
    };
    let moved = lines.iter().map(|line| TransferLine {
        order_line: line.source.order_line,
        return_line: Some(line.source.key),
        ..TransferLine::new(line.source.product.clone(), line.source.tracking, line.source.lot.clone(), line.quantity)
    });
    let returned = transfer::open(
        cx,
        Transfer {
            kind: source.kind.reversed(),
            origin: Some(format!("Return of {}", source.id)),
            from: source.to.clone(),
            to,
            lines: moved.collect(),
            return_of: Some(source.reference()),
            ..blank.clone()
        },
    )?;
    cx.touched("transfer", &source.id);
    log(cx, source, ticket, &format!("Return of {}", source.id), &returned)?;
    if !terms.exchange {
        return Ok(Made { returned, replacement: None });
    }

    // Another piece is sent: which lot it is of is chosen when it goes out.
    let sent_again = lines.iter().map(|line| TransferLine {
        order_line: line.source.order_line,
        ..TransferLine::new(line.source.product.clone(), line.source.tracking, None, line.quantity)
    });
    let replacement = transfer::open(
        cx,
        Transfer {
            origin: Some(format!("Exchange for {}", returned.id)),
            lines: sent_again.collect(),
            exchange_of: Some(returned.reference()),
            ..blank
        },
    )?;
    log(cx, source, ticket, &format!("Replacement for {}", returned.id), &replacement)?;
    Ok(Made { returned, replacement: Some(replacement) })
}

/// A piece comes back by the return of its last delivery alone (spec D8).
fn check_piece(cx: &Cx<'_>, source: &Transfer, line: &ReturnLine<'_>) -> Result<()> {
    let TransferLine { key, lot, tracking, .. } = line.source;
    match lot {
        Some(lot) if is_piece(*tracking) && source.to.kind == LocationType::Customer => {
            stock::check_piece(cx, lot, Coming::Returned(*key))
        }
        _ => Ok(()),
    }
}

fn destination(
    cx: &Cx<'_>,
    source: &Transfer,
    of_team: Option<&Location>,
    named: Option<&Location>,
) -> Result<Location> {
    let Some(named) = named else {
        return Ok(default_location(source, of_team).clone());
    };
    check_location(source, named, &locations(source, of_team, &store::location::taking_returns(cx.db)?))?;
    Ok(named.clone())
}

/// Notes what was made on the ticket that it was made from, or that its source was made from.
fn log(cx: &Cx<'_>, source: &Transfer, ticket: Option<&Ticket>, text: &str, made: &Transfer) -> Result<()> {
    let ticket = match (ticket, &source.ticket) {
        (Some(ticket), _) => (ticket.key, &ticket.id),
        (None, Some(ticket)) => (ticket.key, &ticket.id),
        (None, None) => return Ok(()),
    };
    cx.touched("ticket", ticket.1);
    ticket_log::note(cx, ticket.0, "return", text, Some(&made.id))
}

/// The form of `ticket return` for the ticket: defaults and choices (spec A8, D1 to D4).
pub fn offer(cx: &Cx<'_>, ticket: &Ticket) -> Result<Fields> {
    let customer = customer_of(ticket)?;
    if !any_done(cx.db, Whose::Customer(customer), About::default())? {
        return Err(ReturnRefused::NoDelivery { whose: customer.id.clone() }.into());
    }
    let about = about_of(ticket);
    let whose = ticket.order.as_ref().map_or(Whose::Customer(customer), Whose::Order);
    let deliveries = deliveries_of(cx.db, whose, about)?;
    let meant = match deliveries.ids.as_slice() {
        [only] => store::transfer::by_id(cx.db, only)?,
        _ => None,
    };
    let lines = match &meant {
        Some(delivery) => default_lines(&store::transfer::lines(cx.db, delivery.key)?, about)?,
        None => Vec::new(),
    };
    let of_team = store::location::of_team(cx.db, ticket.team.key)?;
    let flagged = store::location::taking_returns(cx.db)?;
    let (to, allowed) = match &meant {
        Some(delivery) => {
            let to = default_location(delivery, of_team.as_ref());
            (Some(to.id.clone()), locations(delivery, of_team.as_ref(), &flagged))
        }
        None => {
            let team_first = of_team.iter().chain(flagged.iter().filter(|other| Some(*other) != of_team.as_ref()));
            (of_team.as_ref().map(|location| location.id.clone()), team_first.cloned().collect())
        }
    };
    Ok(Fields::default()
        .choice(
            "order",
            ticket.order.as_ref().map(|order| order.id.clone()),
            store::returns::orders_of(cx.db, customer.key, about)?,
        )
        .choice("delivery", meant.map(|delivery| delivery.id), deliveries)
        .free_list("line", lines)
        .free_list("drop_line", Vec::new())
        .choice("location", to, Choices::of(allowed.into_iter().map(|location| location.id)))
        .switch("exchange")
        .switch("keep_order_quantity"))
}

/// What takes part when nothing is said, as `--line` would say it.
fn default_lines(lines: &[TransferLine], about: About) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    for line in lines.iter().filter(|line| about.fits(line)) {
        let left = line.returnable()?;
        if !left.is_zero() {
            texts.push(format!("{}={left}", line.line));
        }
    }
    Ok(texts)
}
