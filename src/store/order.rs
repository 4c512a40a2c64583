//! Sales orders and their lines.

use std::collections::HashMap;

use super::document::{bills, counts};
use super::{Db, Key, Page, Result, Row, linking};
use crate::domain::line::{LineTax, PricedLine};
use crate::domain::order::{Order, OrderLine, OrderState};
use crate::domain::product::UnitPrice;
use crate::domain::value::money::Currency;
use crate::domain::value::quantity::Quantity;
use crate::{column_of_text, paged, params};

column_of_text!(OrderState);

macro_rules! head {
    () => {
        "SELECT o.key, o.id, o.state, o.cart, c.key, c.id, o.date, cu.code, cu.digits, o.untaxed, o.tax, o.total
         FROM sales_order o JOIN customer c ON c.key = o.customer JOIN currency cu ON cu.code = o.currency"
    };
}

/// All but the lines.
fn read(row: &Row<'_>) -> Result<Order> {
    let currency = row.currency(7)?;
    Ok(Order {
        key: row.get(0)?,
        id: row.get(1)?,
        state: row.get(2)?,
        cart: row.get(3)?,
        customer: row.reference(4)?,
        date: row.get(6)?,
        currency,
        lines: Vec::new(),
        coupons: Vec::new(),
        untaxed: row.money(9, currency)?,
        tax: row.money(10, currency)?,
        total: row.money(11, currency)?,
    })
}

/// The order with that id, complete.
pub fn by_id(db: &Db, id: &str) -> Result<Option<Order>> {
    let order = db.query_opt(concat!(head!(), " WHERE o.id = $1"), params![id], read)?;
    order.map(|order| completed(db, order)).transpose()
}

/// The order of that key, complete.
pub fn by_key(db: &Db, key: Key) -> Result<Order> {
    completed(db, db.query_one(concat!(head!(), " WHERE o.key = $1"), params![key], read)?)
}

/// One page of the list, without the lines.
pub fn page(db: &Db, page: Page) -> Result<Vec<Order>> {
    db.page(paged!(head!(), "o.key"), page, read)
}

/// The id of the customer's open cart, where there is one (spec C6).
pub fn open_cart(db: &Db, customer: Key) -> Result<Option<String>> {
    db.query_opt(
        "SELECT id FROM sales_order WHERE customer = $1 AND cart = 1 AND state = 'draft'",
        params![customer],
        |row| row.get(0),
    )
}

/// The first ticket of that customer that names the order.
pub fn ticket_naming(db: &Db, order: Key, customer: Key) -> Result<Option<String>> {
    db.query_opt(
        "SELECT id FROM ticket WHERE customer = $1 AND sales_order = $2 ORDER BY key LIMIT 1",
        params![customer, order],
        |row| row.get(0),
    )
}

/// The deliveries of the order that are not done yet.
pub fn pending_deliveries(db: &Db, order: Key) -> Result<Vec<Key>> {
    db.query(
        "SELECT key FROM transfer WHERE sales_order = $1 AND kind = 'outgoing' AND state IN ('waiting', 'ready') ORDER BY key",
        params![order],
        |row| row.get(0),
    )
}

fn completed(db: &Db, mut order: Order) -> Result<Order> {
    complete(db, &mut order)?;
    Ok(order)
}

/// Loads the lines and the codes on them.
pub fn complete(db: &Db, order: &mut Order) -> Result<()> {
    order.lines = lines(db, order.key, order.currency)?;
    order.coupons = Vec::new();
    for code in order.lines.iter().filter_map(|line| line.coupon.as_ref()) {
        if !order.coupons.contains(code) {
            order.coupons.push(code.clone());
        }
    }
    Ok(())
}

/// The lines of an order in that currency, with what is delivered and invoiced of them.
pub fn lines(db: &Db, order: Key, currency: Currency) -> Result<Vec<OrderLine>> {
    let mut lines = db.query(
        "SELECT l.key, l.line, p.key, p.id, l.label, l.coupon, l.quantity, l.price, l.discount, l.untaxed, l.tax, l.total,
                l.for_repair
         FROM order_line l LEFT JOIN product p ON p.key = l.product WHERE l.sales_order = $1 ORDER BY l.line",
        params![order],
        |row| {
            Ok(OrderLine {
                key: row.get(0)?,
                line: row.get(1)?,
                product: row.optional_reference(2)?,
                label: row.get(4)?,
                delivered: Quantity::ZERO,
                invoiced: Quantity::ZERO,
                coupon: row.get(5)?,
                used: row.get::<bool>(12)?.then_some(Quantity::ZERO),
                priced: PricedLine {
                    quantity: row.get(6)?,
                    price: UnitPrice { price: row.get(7)?, currency },
                    discount: row.get(8)?,
                    taxes: Vec::new(),
                    untaxed: row.money(9, currency)?,
                    tax: row.money(10, currency)?,
                    total: row.money(11, currency)?,
                },
            })
        },
    )?;
    let mut taxes = taxes(db, order, currency)?;
    let used = used(db, order)?;
    let moved = linking::moved(db, order)?;
    let invoiced = invoiced(db, order)?;
    for line in &mut lines {
        line.priced.taxes = taxes.remove(&line.key).unwrap_or_default();
        line.used = used.get(&line.key).map(|used| Quantity::from_millionths(*used)).or(line.used);
        let moved = moved.get(&line.key).map_or(0, |moved| moved.delivered);
        // What a finished repair used of its parts went with the repaired product (spec E4).
        let used = line.used.map_or(0, Quantity::millionths);
        line.delivered = Quantity::from_millionths(moved.saturating_add(used));
        line.invoiced = Quantity::from_millionths(invoiced.get(&line.key).copied().unwrap_or_default());
    }
    Ok(lines)
}

/// The taxes of each line, in order.
fn taxes(db: &Db, order: Key, currency: Currency) -> Result<HashMap<Key, Vec<LineTax>>> {
    let mut taxes: HashMap<Key, Vec<LineTax>> = HashMap::new();
    db.each(
        "SELECT lt.order_line, t.key, t.id, lt.rate, lt.included, lt.amount
         FROM order_line l JOIN order_line_tax lt ON lt.order_line = l.key JOIN tax t ON t.key = lt.tax
         WHERE l.sales_order = $1 ORDER BY lt.order_line, lt.position",
        params![order],
        |row| {
            let tax = LineTax {
                tax: row.reference(1)?,
                rate: row.get(3)?,
                included: row.get(4)?,
                amount: row.money(5, currency)?,
            };
            taxes.entry(row.get(0)?).or_default().push(tax);
            Ok(())
        },
    )?;
    Ok(taxes)
}

/// By line, in millionths: what repairs used of the parts that they sell; nothing before they are finished (spec E6).
fn used(db: &Db, order: Key) -> Result<HashMap<Key, i64>> {
    let mut used = HashMap::new();
    db.each(
        "SELECT p.order_line, CASE WHEN r.state = 'done' AND p.kind = 'add' THEN p.done ELSE 0 END
         FROM repair r JOIN repair_part p ON p.repair = r.key
         WHERE r.quotation = $1 AND p.order_line IS NOT NULL ORDER BY p.key",
        params![order],
        |row| {
            let sum: &mut i64 = used.entry(row.get(0)?).or_default();
            *sum = sum.saturating_add(row.get(1)?);
            Ok(())
        },
    )?;
    Ok(used)
}

/// By line, in millionths: what stands on its bills, less the goods on their posted credit notes (spec B15).
fn invoiced(db: &Db, order: Key) -> Result<HashMap<Key, i64>> {
    let mut sums = HashMap::new();
    for (line, bills) in bills(db, order, None)? {
        let sum = bills.iter().fold(0_i64, |sum, quantity| sum.saturating_add(quantity.millionths()));
        sums.insert(line, sum);
    }
    db.each(
        concat!(
            "SELECT l.order_line, CAST(COALESCE(SUM(r.quantity), 0) AS BIGINT)
             FROM document d JOIN document n ON n.invoice = d.key JOIN document_line r ON r.document = n.key
               JOIN document_line l ON l.key = r.invoice_line
             WHERE d.sales_order = $1 AND n.kind = 'credit_note' AND n.state = 'posted' AND r.refunds = 'goods'
               AND l.order_line IS NOT NULL AND ",
            bills!("d"),
            " AND ",
            counts!("n"),
            " GROUP BY l.order_line ORDER BY l.order_line"
        ),
        params![order],
        |row| {
            let sum = sums.entry(row.get(0)?).or_default();
            *sum = sum.saturating_sub(row.get(1)?);
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
        concat!(
            "SELECT l.order_line, l.quantity FROM document d JOIN document_line l ON l.document = d.key
             WHERE d.sales_order = $1 AND d.key <> $2 AND l.order_line IS NOT NULL AND ",
            bills!("d"),
            " ORDER BY l.key"
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
        concat!(
            "SELECT COALESCE(d.number, d.id) FROM document d
             WHERE d.sales_order = $1 AND ",
            bills!("d"),
            " AND (d.state = 'draft' OR d.total > (SELECT CAST(COALESCE(SUM(n.total), 0) AS BIGINT) FROM document n
                WHERE n.invoice = d.key AND n.kind = 'credit_note' AND n.state = 'posted' AND ",
            counts!("n"),
            "))
             ORDER BY d.key LIMIT 1"
        ),
        params![order],
        |row| row.get(0),
    )
}

/// Writes a new order with its lines; `delivered`, `invoiced` and `coupons` are derived and not written.
pub fn insert(db: &Db, order: &Order) -> Result<()> {
    db.write(
        "INSERT INTO sales_order (key, id, state, cart, customer, date, currency, untaxed, tax, total)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            order.key,
            &order.id,
            order.state.word(),
            order.cart,
            &order.customer,
            order.date,
            order.currency,
            order.untaxed,
            order.tax,
            order.total
        ],
    )?;
    order.lines.iter().try_for_each(|line| insert_line(db, order.key, line))
}

/// Writes what changed of an order, its lines included; a line is the same while its key is.
pub fn update(db: &Db, before: &Order, after: &Order) -> Result<()> {
    db.change_one(
        "UPDATE sales_order SET state = $2, cart = $3, customer = $4, date = $5, untaxed = $6, tax = $7, total = $8 WHERE key = $1",
        params![
            after.key,
            after.state.word(),
            after.cart,
            &after.customer,
            after.date,
            after.untaxed,
            after.tax,
            after.total
        ],
    )?;
    let before_of = |line: &OrderLine| before.lines.iter().find(|was| was.key == line.key);
    for gone in before.lines.iter().filter(|was| !after.lines.iter().any(|line| line.key == was.key)) {
        delete_line(db, after.key, gone.key)?;
    }
    if after.lines.iter().any(|line| before_of(line).is_some_and(|was| was.line != line.line)) {
        // Out of the way first: a number is taken once only, also for a moment.
        db.write("UPDATE order_line SET line = -line WHERE sales_order = $1", params![after.key])?;
        for line in after.lines.iter().filter(|line| before_of(line).is_some()) {
            db.change_one("UPDATE order_line SET line = $2 WHERE key = $1", params![line.key, line.line])?;
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
        "INSERT INTO order_line (key, sales_order, line, product, label, quantity, price, discount, coupon, untaxed, tax, total)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
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
        "UPDATE order_line SET label = $2, quantity = $3, price = $4, discount = $5, untaxed = $6, tax = $7, total = $8 WHERE key = $1",
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
            "INSERT INTO order_line_tax (order_line, position, tax, rate, included, amount) VALUES ($1, $2, $3, $4, $5, $6)",
            params![line.key, position, &tax.tax, tax.rate, tax.included, tax.amount],
        )?;
    }
    Ok(())
}

/// Deletes a line; a repair whose quotation the order is no longer finds its part or labour on it.
fn delete_line(db: &Db, order: Key, line: Key) -> Result<()> {
    for sql in [
        "UPDATE repair_part SET order_line = NULL
         WHERE order_line = $1 AND repair IN (SELECT key FROM repair WHERE quotation = $2)",
        "UPDATE repair_labour SET order_line = NULL
         WHERE order_line = $1 AND repair IN (SELECT key FROM repair WHERE quotation = $2)",
    ] {
        db.write(sql, params![line, order])?;
    }
    delete_taxes(db, line)?;
    db.change_one("DELETE FROM order_line WHERE key = $1", params![line])
}

fn delete_taxes(db: &Db, line: Key) -> Result<()> {
    db.write("DELETE FROM order_line_tax WHERE order_line = $1", params![line])
}
