//! The quotation of a repair: made once of its parts and labour, then following what becomes of them (spec E5, E6).

use crate::domain::Result;
use crate::domain::line::PricedLine;
use crate::domain::order::{Order, OrderLine, OrderState};
use crate::domain::product::UnitPrice;
use crate::domain::repair::Repair;
use crate::domain::value::money::Money;
use crate::domain::value::quantity::{Percent, Quantity};
use crate::procedure::context::{Cx, Made};
use crate::procedure::discount;
use crate::store::{self, Key, order, product};

/// Whether the repair has a quotation that is not cancelled; only such a one counts (contract, section 7 "Repairs").
pub fn counts(cx: &Cx<'_>, repair: &Repair) -> Result<bool> {
    let quotation = repair.quotation.as_ref().map(|of| order::by_key(cx.db, of.key)).transpose()?;
    Ok(quotation.is_some_and(|order| order.state != OrderState::Cancelled))
}

/// Makes the quotation: a draft order with the parts that are added and the labour. The repair knows its lines afterwards.
pub fn make(cx: &Cx<'_>, repair: &mut Repair) -> Result<Order> {
    let customer = repair.quotable(counts(cx, repair)?)?.clone();
    for part in &mut repair.parts {
        part.order_line = None;
    }
    for labour in &mut repair.labour {
        labour.order_line = None;
    }
    let currency = cx.desk.currency;
    let zero = Money::zero(currency);
    let mut made = Order {
        key: cx.db.next_key()?,
        id: cx.db.next_reference("S")?,
        state: OrderState::Draft,
        cart: false,
        customer,
        date: cx.today,
        currency,
        lines: Vec::new(),
        coupons: Vec::new(),
        untaxed: zero,
        tax: zero,
        total: zero,
    };
    let mut added = Vec::new();
    for (link, sold) in sold_of(repair) {
        let line = new_line(cx, &sold)?;
        set_line(repair, link, line.key);
        added.push(line);
    }
    made.edit_lines(&[], &[], added)?;
    order::insert(cx.db, &made)?;
    mark_parts(cx, &made, repair)?;
    repair.quotation = Some(made.reference());
    cx.created("order", &made.id);
    cx.amounts_to(Made::order(&made));
    Ok(made)
}

/// Brings what changed of the parts and labour to the quotation, as long as that can be edited: changed quantities and prices
/// go to their lines, what is gone is set to 0, what is new is added. What did not change is left as it stands there.
pub fn follow(cx: &Cx<'_>, before: &Repair, after: &mut Repair) -> Result<()> {
    let Some(quotation) = after.quotation.as_ref().filter(|_| before.quotation == after.quotation) else {
        return Ok(());
    };
    let (was, is) = (sold_of(before), sold_of(after));
    if was == is {
        return Ok(());
    }
    let stands = order::by_key(cx.db, quotation.key)?;
    if stands.check_editable().is_err() {
        return Ok(());
    }
    after.check_parts()?;
    let mut changed = stands.clone();
    for (link, sold) in &was {
        if !is.iter().any(|(kept, _)| kept == link) {
            change_line(&mut changed, sold.order_line, Some(Quantity::ZERO), None)?;
        }
    }
    let mut added = Vec::new();
    for (link, sold) in &is {
        match was.iter().find(|(known, _)| known == link).map(|(_, sold)| sold) {
            Some(known) => {
                let quantity = (known.quantity != sold.quantity).then_some(sold.quantity);
                let price = (known.price != sold.price).then_some(sold.price);
                change_line(&mut changed, sold.order_line, quantity, price)?;
            }
            None if sold.order_line.is_some() => {
                change_line(&mut changed, sold.order_line, Some(sold.quantity), Some(sold.price))?;
            }
            None => {
                let line = new_line(cx, sold)?;
                set_line(after, *link, line.key);
                added.push(line);
            }
        }
    }
    changed.edit_lines(&[], &[], added)?;
    if changed != stands {
        discount::settle(cx, &mut changed)?;
        order::update(cx.db, &stands, &changed)?;
        mark_parts(cx, &changed, after)?;
        cx.touched("order", &changed.id);
    }
    Ok(())
}

/// Marks the lines of the quotation that sell parts: what the repair uses of them goes with the repaired product (spec E6).
fn mark_parts(cx: &Cx<'_>, quotation: &Order, repair: &Repair) -> Result<()> {
    let lines = repair.parts.iter().filter_map(|part| part.order_line);
    for line in lines.filter(|line| quotation.lines.iter().any(|sold| sold.key == *line)) {
        store::repair::mark_as_part(cx.db, line)?;
    }
    Ok(())
}

/// What a part or labour line of a repair sells.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sold {
    product: Key,
    quantity: Quantity,
    price: UnitPrice,
    order_line: Option<Key>,
}

/// A part or a labour line, by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Part(Key),
    Labour(Key),
}

/// What a repair sells: its added parts, which a cancelled one sells none of, and its labour.
fn sold_of(repair: &Repair) -> Vec<(Link, Sold)> {
    let parts = repair.parts.iter().filter_map(|part| {
        let (price, order_line) = (repair.sale_price(part.price), part.order_line);
        let sold = Sold { product: part.product.key, quantity: part.sold(repair.state)?, price, order_line };
        Some((Link::Part(part.key), sold))
    });
    let labour = repair.labour.iter().map(|labour| {
        let (price, order_line) = (repair.sale_price(labour.price), labour.order_line);
        let sold = Sold { product: labour.product.key, quantity: labour.quantity, price, order_line };
        (Link::Labour(labour.key), sold)
    });
    parts.chain(labour).collect()
}

fn set_line(repair: &mut Repair, link: Link, line: Key) {
    match link {
        Link::Part(key) => {
            for part in repair.parts.iter_mut().filter(|part| part.key == key) {
                part.order_line = Some(line);
            }
        }
        Link::Labour(key) => {
            for labour in repair.labour.iter_mut().filter(|labour| labour.key == key) {
                labour.order_line = Some(line);
            }
        }
    }
}

fn new_line(cx: &Cx<'_>, sold: &Sold) -> Result<OrderLine> {
    let product = product::by_key(cx.db, sold.product)?;
    let priced = PricedLine::compute(sold.quantity, sold.price, Percent::ZERO, &product.taxes)?;
    Ok(OrderLine::new(cx.db.next_key()?, product.reference(), product.name.clone(), priced))
}

/// Changes a line of the quotation where it is still there: who edits the quotation may have dropped it.
fn change_line(
    order: &mut Order,
    line: Option<Key>,
    quantity: Option<Quantity>,
    price: Option<UnitPrice>,
) -> Result<()> {
    for line in order.lines.iter_mut().filter(|known| Some(known.key) == line) {
        let quantity = quantity.unwrap_or(line.priced.quantity);
        let price = price.unwrap_or(line.priced.price);
        line.priced = line.priced.changed(quantity, price.price)?;
    }
    Ok(())
}
