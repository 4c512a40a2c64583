//! Orders, with their own ids, days and states.

use std::rc::Rc;

use serde::Deserialize;

use super::document::BilledRecord;
use super::lines::{Terms, of_line};
use super::lookup::BroughtLine;
use super::unseen::Kind;
use super::{Form, Run, Stands, filled};
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::document::billed::{SaidSums, check_sums};
use crate::domain::line::PricedLine;
use crate::domain::order::{Order, OrderInBrief, OrderLine, OrderState};
use crate::domain::product::Product;
use crate::domain::value::day::Day;
use crate::domain::value::money::Money;
use crate::domain::value::quantity::{Percent, Price, Quantity};
use crate::domain::value::reference::generated_number;
use crate::procedure::context::{Cx, Made};
use crate::procedure::{self, discount};
use crate::store::order;

#[derive(Deserialize)]
struct OrderRecord {
    id: String,
    customer: String,
    #[serde(default)]
    date: Option<Day>,
    #[serde(default)]
    state: Option<OrderState>,
    #[serde(default)]
    cart: Option<bool>,
    #[serde(default)]
    currency: Option<String>,
    #[serde(default)]
    billed: Option<BilledRecord>,
    #[serde(default)]
    lines: Vec<LineRecord>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineRecord {
    #[serde(default)]
    product: Option<String>,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    quantity: Option<Quantity>,
    #[serde(default)]
    price: Option<Price>,
    #[serde(default)]
    discount: Option<Percent>,
    #[serde(default)]
    taxes: Option<Vec<String>>,
    #[serde(default)]
    coupon: Option<String>,
}

pub const FORM: Form = Form {
    kind: "order",
    keys: &["id", "customer", "date", "state", "cart", "currency", "billed", "lines"],
    lines: &["product", "label", "quantity", "price", "discount", "taxes", "coupon"],
    switches: &["cart"],
    run,
};

fn run(run: &mut Run<'_, '_>) -> Result<()> {
    let (cx, update) = (run.cx, run.update);
    let record: OrderRecord = filled(run, &FORM)?;
    let ToldOrder { mut order, products } = told(run, &record)?;
    let stored = if run.is_new(Kind::Order, &order.id)? { None } else { order::by_id(cx.db, &order.id)? };
    if let (Some(before), None) = (&stored, record.date) {
        // A day that is not told is that on which the record came.
        order.date = before.date;
    }
    let written = match stored {
        None => insert(cx, order)?,
        Some(before) if is_same(&before, &order) => return Ok(()),
        Some(before) if update => replace(cx, &before, order)?,
        Some(_) => return Err(Stands { form: &FORM, id: order.id }.into()),
    };
    keep(run, &written, products)
}

/// An order that a record tells, not written yet, and the product of each of its lines.
struct ToldOrder {
    order: Order,
    products: Vec<Option<Rc<Product>>>,
}

fn told(run: &mut Run<'_, '_>, record: &OrderRecord) -> Result<ToldOrder> {
    let cx = run.cx;
    let customer = run.lookup.customer(cx, &record.customer)?;
    let currency = procedure::currency::named(cx, record.currency.as_deref())?;
    if record.lines.is_empty() {
        return Err(ValueRefused::missing("lines").into());
    }
    let mut lines = Vec::with_capacity(record.lines.len());
    let mut products = Vec::with_capacity(record.lines.len());
    for (number, line) in (1_i64..).zip(&record.lines) {
        let terms = Terms {
            product: line.product.as_deref(),
            label: line.label.as_deref(),
            quantity: line.quantity,
            price: line.price,
            discount: line.discount,
            taxes: line.taxes.as_deref(),
        };
        let mut told = terms.told(cx, run.lookup, currency).map_err(|error| of_line(number, error))?;
        let code = line.coupon.as_deref().filter(|code| !code.is_empty());
        let (coupon, program) = match code {
            None => (None, None),
            Some(code) => {
                check_made_by_code(code, told.product.is_some(), &told.priced)
                    .map_err(|error| of_line(number, error))?;
                if told.product.is_none() {
                    told.priced = told.priced.by_total()?;
                }
                let (code, program) = discount::known(cx, code)?;
                (Some(code), program)
            }
        };
        lines.push(OrderLine {
            key: 0,
            line: number,
            product: told.product.as_ref().map(|product| product.reference()),
            label: told.label,
            delivered: Quantity::ZERO,
            invoiced: Quantity::ZERO,
            coupon,
            program,
            used: None,
            priced: told.priced,
        });
        products.push(told.product);
    }
    let zero = Money::zero(currency);
    let mut order = Order {
        key: 0,
        id: super::checked_id(&record.id)?,
        state: record.state.unwrap_or(OrderState::Draft),
        cart: record.cart.unwrap_or(false),
        customer,
        date: record.date.unwrap_or(cx.today),
        currency,
        lines,
        coupons: Vec::new(),
        untaxed: zero,
        tax: zero,
        total: zero,
    };
    order.number_and_sum()?;
    if let Some(billed) = &record.billed {
        let now = SaidSums { untaxed: Some(order.untaxed), tax: Some(order.tax), total: Some(order.total) };
        check_sums(&format!("the order {}", order.id), currency, billed.told(currency)?, now)?;
    }
    Ok(ToldOrder { order, products })
}

/// Refuses a line as one that a code made which neither takes something off nor is free.
fn check_made_by_code(code: &str, sells: bool, priced: &PricedLine) -> Result<()> {
    let stands = if sells { priced.total.is_zero() } else { priced.takes_off() };
    if stands {
        return Ok(());
    }
    let message = format!("a line that the code {code} made takes something off, or it is a product for nothing");
    Err(ValueRefused::invalid("coupon", code, message).into())
}

fn insert(cx: &Cx<'_>, mut order: Order) -> Result<Order> {
    procedure::order::check_cart(cx, &order)?;
    if let Some(number) = generated_number(&order.id, "S") {
        cx.db.raise_counter("S", number)?;
    }
    order.key = cx.db.next_key()?;
    number_lines(cx, &mut order)?;
    order::insert(cx.db, &order)?;
    cx.created("order", &order.id);
    cx.amounts_to(Made::order(&order));
    if order.state == OrderState::Confirmed {
        discount::consume_foreign(cx, &order)?;
    }
    Ok(order)
}

fn number_lines(cx: &Cx<'_>, order: &mut Order) -> Result<()> {
    for line in &mut order.lines {
        line.key = cx.db.next_key()?;
    }
    Ok(())
}

/// Writes a draft or sent order anew.
fn replace(cx: &Cx<'_>, before: &Order, mut told: Order) -> Result<Order> {
    before.check_editable()?;
    told.key = before.key;
    procedure::order::check_customer(cx, before, &told)?;
    procedure::order::check_cart(cx, &told)?;
    if before.currency != told.currency {
        let message = format!("the order is in {}", before.currency);
        return Err(ValueRefused::invalid("currency", told.currency, message).into());
    }
    number_lines(cx, &mut told)?;
    order::update(cx.db, before, &told)?;
    cx.touched("order", &told.id);
    if told.state == OrderState::Confirmed {
        discount::consume_foreign(cx, &told)?;
    }
    Ok(told)
}

/// Lets what comes later know the order as it is now. What fails is undone, so it is not known before all of it is written.
fn keep(run: &mut Run<'_, '_>, order: &Order, products: Vec<Option<Rc<Product>>>) -> Result<()> {
    run.cx.db.wait_for_writes()?;
    let lines = order.lines.iter().zip(products).map(|(line, product)| {
        let (quantity, price) = (line.priced.quantity, line.priced.price.price);
        BroughtLine { key: line.key, product, quantity, price }
    });
    let (state, currency) = (order.state, order.currency);
    let brief = OrderInBrief { order: order.reference(), customer: order.customer.clone(), state, currency };
    run.lookup.keep_order(brief, lines.collect());
    Ok(())
}

/// Whether an order is what a record tells; what is derived of it does not count.
fn is_same(stored: &Order, told: &Order) -> bool {
    let line = |line: &OrderLine| {
        let taxes: Vec<i64> = line.priced.taxes.iter().map(|tax| tax.tax.key).collect();
        let terms = (line.priced.quantity, line.priced.price, line.priced.discount);
        (line.product.as_ref().map(|product| product.key), line.label.clone(), line.coupon.clone(), terms, taxes)
    };
    let head = |order: &Order| (order.state, order.cart, order.customer.key, order.date, order.currency);
    head(stored) == head(told) && stored.lines.iter().map(line).eq(told.lines.iter().map(line))
}
