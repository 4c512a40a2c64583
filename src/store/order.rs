//! Sales orders and their lines.

use std::collections::HashMap;

use super::document::{bills, counts};
use super::engine::record::{self, Described, each_of};
use super::engine::statement::Tables;
use super::engine::table::{
    BY_LINE, BY_PLACE, DayOf, FoundBy, Table, amount, currency, day, id, ids, int, link, list, list_of, percent, price,
    quantity, records, switch, text, words,
};
use super::{Db, Key, Result, linking};
use crate::domain::document::DocumentKind;
use crate::domain::line::{LineTax, PricedLine};
use crate::domain::order::{Order, OrderInBrief, OrderLine, OrderState};
use crate::domain::product::UnitPrice;
use crate::domain::value::quantity::Quantity;
use crate::{described, field_of_words, insert, params, query, raw, update};

field_of_words!(OrderState);

described! {
    Order in ORDER {
        id: id(),
        state: words(OrderState::WORDS),
        cart: switch(),
        customer: link("customer"),
        date: day(),
        currency: currency(),
        lines: list_of("lines"),
        coupons: ids(),
        untaxed: amount(),
        tax: amount(),
        total: amount(),
    } complete complete
}

/// What a line is called by itself; that of a coupon is called by the desk.
const USUAL_LABEL: &str =
    "CASE WHEN t.coupon IS NOT NULL THEN t.label ELSE (SELECT p.name FROM product p WHERE p.key = t.product) END";

const TAXES: Table = list(
    "order_line_tax",
    "order_line",
    BY_PLACE,
    &[link("tax").called("tax"), percent().called("rate"), switch().called("included"), amount().called("amount")],
)
.shown("taxes");

const LINES: Table = list(
    "order_line",
    "sales_order",
    BY_LINE,
    &[
        int().called("line"),
        link("product").called("product").optional(),
        text().called("label").personal_but(USUAL_LABEL, &["product"]),
        quantity().called("quantity"),
        quantity().called("delivered").of_record(),
        quantity().called("invoiced").of_record(),
        price().called("price"),
        percent().called("discount"),
        ids().called("taxes"),
        text().called("coupon").optional(),
        amount().called("untaxed"),
        amount().called("tax"),
        amount().called("total"),
        switch().called("for_repair").hidden(),
        link("coupon_program").called("program").optional().hidden(),
    ],
)
.shown("lines")
.with(&[TAXES]);

pub static ORDER: Table = records("order", "sales_order", Order::COLUMNS)
    .in_own_currency()
    .with(&[LINES])
    .found_by(&[FoundBy::Exactly("id"), FoundBy::Padded])
    .dated(DayOf::Day("t.date"));

/// The order with that id, complete.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Order>> {
    record::by_id(db, id)
}

/// The order with that id, in brief.
pub fn in_brief(db: &Db, id: &str) -> Result<Option<OrderInBrief>> {
    db.query_opt(
        query!(
            [sales_order, customer, currency],
            "SELECT o.key, o.id, c.key, c.id, o.state, m.code, m.digits
             FROM sales_order o JOIN customer c ON c.key = o.customer JOIN currency m ON m.code = o.currency WHERE o.id = $1"
        ),
        params![id],
        |row| {
            Ok(OrderInBrief {
                order: row.reference(0)?,
                customer: row.reference(2)?,
                state: row.get(4)?,
                currency: row.currency(5)?,
            })
        },
    )
}

/// The order of that key, complete.
pub fn by_key(db: &Db, key: Key) -> Result<Order> {
    record::by_key(db, key)
}

/// The id of the customer's open cart, where there is one (spec C6).
pub fn open_cart(db: &Db, customer: Key) -> Result<Option<String>> {
    db.query_opt(
        query!([sales_order], "SELECT id FROM sales_order WHERE customer = $1 AND cart = 1 AND state = 'draft'"),
        params![customer],
        |row| row.get(0),
    )
}

/// The first ticket of that customer that names the order.
pub fn ticket_naming(db: &Db, order: Key, customer: Key) -> Result<Option<String>> {
    db.query_opt(
        query!([ticket], "SELECT id FROM ticket WHERE customer = $1 AND sales_order = $2 ORDER BY key LIMIT 1"),
        params![customer, order],
        |row| row.get(0),
    )
}

/// The first document of the order, or else the first transfer: the noun of its commands, and its id.
pub fn made_of(db: &Db, order: Key) -> Result<Option<(&'static str, String)>> {
    let document = db.query_opt(
        query!([document], "SELECT kind, id FROM document WHERE sales_order = $1 ORDER BY key LIMIT 1"),
        params![order],
        |row| Ok((row.get::<DocumentKind>(0)?.noun(), row.get(1)?)),
    )?;
    if document.is_some() {
        return Ok(document);
    }
    db.query_opt(
        query!([transfer], "SELECT id FROM transfer WHERE sales_order = $1 ORDER BY key LIMIT 1"),
        params![order],
        |row| Ok(("transfer", row.get(0)?)),
    )
}

/// The deliveries of the order that are not done yet.
pub fn pending_deliveries(db: &Db, order: Key) -> Result<Vec<Key>> {
    db.query(
        query!([transfer], "SELECT key FROM transfer WHERE sales_order = $1 AND kind = 'outgoing' AND state IN ('waiting', 'ready') ORDER BY key"),
        params![order],
        |row| row.get(0),
    )
}

/// Loads the lines of some orders, with what is delivered and invoiced of them, and the codes on them.
fn complete(db: &Db, orders: &mut [Order]) -> Result<()> {
    let keys: Vec<Key> = orders.iter().map(Described::key).collect();
    load_lines(db, &keys, orders)?;
    let used = used(db, &keys)?;
    let moved = linking::moved_of(db, &keys)?;
    let invoiced = invoiced(db, &keys)?;
    for order in orders {
        order.name_codes();
        for line in &mut order.lines {
            line.used = used.get(&line.key).map(|used| Quantity::from_millionths(*used)).or(line.used);
            let moved = moved.get(&line.key).map_or(0, |moved| moved.delivered);
            // What a finished repair used of its parts went with the repaired product (spec E4).
            let used = line.used.map_or(0, Quantity::millionths);
            line.delivered = Quantity::from_millionths(moved.saturating_add(used));
            line.invoiced = Quantity::from_millionths(invoiced.get(&line.key).copied().unwrap_or_default());
        }
    }
    Ok(())
}

/// Loads the lines of some orders, each with its taxes in order.
fn load_lines(db: &Db, keys: &[Key], orders: &mut [Order]) -> Result<()> {
    let places: HashMap<Key, usize> = keys.iter().copied().zip(0..).collect();
    orders.iter_mut().for_each(|order| order.lines.clear());
    each_of(
        db,
        const { Tables::of(&["order_line", "product", "coupon_program"]) },
        (
            "SELECT l.key, l.line, p.key, p.id, l.label, l.coupon, l.quantity, l.price, l.discount, l.untaxed, l.tax, l.total,
               l.sales_order, l.for_repair, c.key, c.id
             FROM order_line l LEFT JOIN product p ON p.key = l.product LEFT JOIN coupon_program c ON c.key = l.program",
            "l.sales_order",
            " ORDER BY l.sales_order, l.line",
        ),
        keys,
        |row| {
            let Some(order) = places.get(&row.get(12)?).and_then(|place| orders.get_mut(*place)) else {
                return Ok(());
            };
            let currency = order.currency;
            order.lines.push(OrderLine {
                key: row.get(0)?,
                line: row.get(1)?,
                product: row.optional_reference(2)?,
                label: row.get(4)?,
                delivered: Quantity::ZERO,
                invoiced: Quantity::ZERO,
                coupon: row.get(5)?,
                program: row.optional_reference(14)?,
                used: row.get::<bool>(13)?.then_some(Quantity::ZERO),
                priced: PricedLine {
                    quantity: row.get(6)?,
                    price: UnitPrice { price: row.get(7)?, currency },
                    discount: row.get(8)?,
                    taxes: Vec::new(),
                    untaxed: row.money(9, currency)?,
                    tax: row.money(10, currency)?,
                    total: row.money(11, currency)?,
                },
            });
            Ok(())
        },
    )?;
    let mut taxes: HashMap<Key, Vec<LineTax>> = HashMap::new();
    each_of(
        db,
        const { Tables::of(&["order_line", "order_line_tax", "tax"]) },
        (
            "SELECT lt.order_line, t.key, t.id, lt.rate, lt.included, lt.amount, l.sales_order
             FROM order_line l JOIN order_line_tax lt ON lt.order_line = l.key JOIN tax t ON t.key = lt.tax",
            "l.sales_order",
            " ORDER BY lt.order_line, lt.position",
        ),
        keys,
        |row| {
            let Some(order) = places.get(&row.get(6)?).and_then(|place| orders.get(*place)) else {
                return Ok(());
            };
            taxes.entry(row.get(0)?).or_default().push(LineTax {
                tax: row.reference(1)?,
                rate: row.get(3)?,
                included: row.get(4)?,
                amount: row.money(5, order.currency)?,
            });
            Ok(())
        },
    )?;
    for line in orders.iter_mut().flat_map(|order| &mut order.lines) {
        line.priced.taxes = taxes.remove(&line.key).unwrap_or_default();
    }
    Ok(())
}

/// By line of these orders, in millionths: what repairs used of the parts that they sell; nothing before they are finished
/// (spec E6).
fn used(db: &Db, orders: &[Key]) -> Result<HashMap<Key, i64>> {
    let mut used: HashMap<Key, i64> = HashMap::new();
    each_of(
        db,
        const { Tables::of(&["repair", "repair_part"]) },
        (
            "SELECT p.order_line, CASE WHEN r.state = 'done' AND p.kind = 'add' THEN p.done ELSE 0 END
             FROM repair r JOIN repair_part p ON p.repair = r.key",
            "r.quotation",
            " AND p.order_line IS NOT NULL ORDER BY p.key",
        ),
        orders,
        |row| {
            let sum = used.entry(row.get(0)?).or_default();
            *sum = sum.saturating_add(row.get(1)?);
            Ok(())
        },
    )?;
    Ok(used)
}

/// By line of these orders, in millionths: what stands on its bills, less the goods on their posted credit notes (spec B15).
fn invoiced(db: &Db, orders: &[Key]) -> Result<HashMap<Key, i64>> {
    let mut sums: HashMap<Key, i64> = HashMap::new();
    each_of(
        db,
        const { Tables::of(&["document", "document_line"]) },
        (
            "SELECT l.order_line, l.quantity FROM document d JOIN document_line l ON l.document = d.key",
            "d.sales_order",
            concat!(" AND l.order_line IS NOT NULL AND ", bills!("d")),
        ),
        orders,
        |row| {
            let sum = sums.entry(row.get(0)?).or_default();
            *sum = sum.saturating_add(row.get::<Quantity>(1)?.millionths());
            Ok(())
        },
    )?;
    each_of(
        db,
        const { Tables::of(&["document", "document_line"]) },
        (
            "SELECT l.order_line, r.quantity
             FROM document d JOIN document n ON n.invoice = d.key JOIN document_line r ON r.document = n.key
               JOIN document_line l ON l.key = r.invoice_line",
            "d.sales_order",
            concat!(
                " AND n.kind <> 'invoice' AND n.state = 'posted' AND r.refunds = 'goods' AND l.order_line IS NOT NULL AND ",
                bills!("d"),
                " AND ",
                counts!("n")
            ),
        ),
        orders,
        |row| {
            let sum = sums.entry(row.get(0)?).or_default();
            *sum = sum.saturating_sub(row.get::<Quantity>(1)?.millionths());
            Ok(())
        },
    )?;
    Ok(sums)
}

/// The bills of each line of an order: its quantity on every invoice that counts, oldest first, save on the invoice `but`
/// (spec B15). What is left to bill of a line, whoever asks, follows from these (`domain::document::left_to_bill`).
pub fn bills(db: &Db, order: Key, but: Option<Key>) -> Result<HashMap<Key, Vec<Quantity>>> {
    let mut bills: HashMap<Key, Vec<Quantity>> = HashMap::new();
    db.each(
        query!(
            [document, document_line],
            concat!(
                "SELECT l.order_line, l.quantity FROM document d JOIN document_line l ON l.document = d.key
             WHERE d.sales_order = $1 AND d.key <> $2 AND l.order_line IS NOT NULL AND ",
                bills!("d"),
                " ORDER BY l.key"
            )
        ),
        params![order, but.unwrap_or_default()],
        |row| {
            bills.entry(row.get(0)?).or_default().push(row.get(1)?);
            Ok(())
        },
    )?;
    Ok(bills)
}

/// The first bill of an order that is not credited in full: one with a line of value of which some is not on posted credit
/// notes (contract, section 7).
pub fn uncredited_bill(db: &Db, order: Key) -> Result<Option<String>> {
    db.query_opt(
        query!(
            [document],
            concat!(
                "SELECT COALESCE(d.number, d.id) FROM document d
             WHERE d.sales_order = $1 AND ",
                bills!("d"),
                " AND (d.state = 'draft' OR d.total > (SELECT CAST(COALESCE(SUM(n.total), 0) AS BIGINT) FROM document n
                WHERE n.invoice = d.key AND n.kind <> 'invoice' AND n.state = 'posted' AND ",
                counts!("n"),
                "))
             ORDER BY d.key LIMIT 1"
            )
        ),
        params![order],
        |row| row.get(0),
    )
}

/// Writes a new order with its lines; `delivered`, `invoiced` and `coupons` are derived and not written.
pub fn insert(db: &Db, order: &Order) -> Result<()> {
    record::insert(db, order)?;
    order.lines.iter().try_for_each(|line| insert_line(db, order.key, line))
}

/// Writes what changed of an order, its lines included; a line is the same while its key is.
pub fn update(db: &Db, before: &Order, after: &Order) -> Result<()> {
    record::update(db, after)?;
    let before_of = |line: &OrderLine| before.lines.iter().find(|was| was.key == line.key);
    for gone in before.lines.iter().filter(|was| !after.lines.iter().any(|line| line.key == was.key)) {
        delete_line(db, after.key, gone.key)?;
    }
    if after.lines.iter().any(|line| before_of(line).is_some_and(|was| was.line != line.line)) {
        // Out of the way first: a number is taken once only, also for a moment.
        db.write(
            raw!(writes [order_line], reads [], "UPDATE order_line SET line = -line WHERE sales_order = $1"),
            params![after.key],
        )?;
        for line in after.lines.iter().filter(|line| before_of(line).is_some()) {
            db.change_one(update!(order_line (Int, Int): "line = $2"), params![line.key, line.line])?;
        }
    }
    for line in &after.lines {
        match before_of(line) {
            None => insert_line(db, after.key, line)?,
            Some(was) if was.priced != line.priced || was.label != line.label => update_line(db, line)?,
            Some(_) => {}
        }
    }
    Ok(())
}

fn insert_line(db: &Db, order: Key, line: &OrderLine) -> Result<()> {
    let priced = &line.priced;
    db.write(
        insert!(order_line: key Int, sales_order Int, line Int, product Int, label Text, quantity Int, price Int, discount Int, coupon Text, program Int, untaxed Int, tax Int, total Int),
        params![
            line.key,
            order,
            line.line,
            &line.product,
            &line.label,
            priced.quantity,
            priced.price.price,
            priced.discount,
            &line.coupon,
            &line.program,
            priced.untaxed,
            priced.tax,
            priced.total
        ],
    )?;
    insert_taxes(db, line)
}

fn update_line(db: &Db, line: &OrderLine) -> Result<()> {
    let priced = &line.priced;
    db.change_one(
        update!(order_line (Int, Text, Int, Int, Int, Int, Int, Int): "label = $2, quantity = $3, price = $4, discount = $5, untaxed = $6, tax = $7, total = $8"),
        params![
            line.key,
            &line.label,
            priced.quantity,
            priced.price.price,
            priced.discount,
            priced.untaxed,
            priced.tax,
            priced.total
        ],
    )?;
    delete_taxes(db, line.key)?;
    insert_taxes(db, line)
}

fn insert_taxes(db: &Db, line: &OrderLine) -> Result<()> {
    for (position, tax) in (1_i64..).zip(&line.priced.taxes) {
        db.write(
            insert!(order_line_tax: order_line Int, position Int, tax Int, rate Int, included Int, amount Int),
            params![line.key, position, &tax.tax, tax.rate, tax.included, tax.amount],
        )?;
    }
    Ok(())
}

/// Deletes a line; a repair whose quotation the order is no longer finds its part or labour on it.
fn delete_line(db: &Db, order: Key, line: Key) -> Result<()> {
    for sql in [
        raw!(
            writes[repair_part],
            reads[repair],
            "UPDATE repair_part SET order_line = NULL
         WHERE order_line = $1 AND repair IN (SELECT key FROM repair WHERE quotation = $2)"
        ),
        raw!(
            writes[repair_labour],
            reads[repair],
            "UPDATE repair_labour SET order_line = NULL
         WHERE order_line = $1 AND repair IN (SELECT key FROM repair WHERE quotation = $2)"
        ),
    ] {
        db.write(sql, params![line, order])?;
    }
    delete_taxes(db, line)?;
    db.change_one(raw!(writes [order_line], reads [], "DELETE FROM order_line WHERE key = $1"), params![line])
}

fn delete_taxes(db: &Db, line: Key) -> Result<()> {
    db.write(raw!(writes [order_line_tax], reads [], "DELETE FROM order_line_tax WHERE order_line = $1"), params![line])
}
