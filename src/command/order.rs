//! `order`: what customers order; a quotation is a draft, a cart a draft marked as one.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::noun::Changed;
use super::pipeline::noun::{Noun, one};
use super::{Change, Cx, given};
use crate::domain::common::{NotFound, ValueRefused};
use crate::domain::customer::Customer;
use crate::domain::desk::Right;
use crate::domain::line::{LineChange, LineNumber, NewLine, check_quantity};
use crate::domain::mail::Mail;
use crate::domain::order::{Order, OrderState};
use crate::domain::value::day::Day;
use crate::domain::value::money::Money;
use crate::domain::value::text::Setting;
use crate::domain::{Faults, Result};
use crate::procedure::context::Made;
use crate::procedure::mail::Asked;
use crate::procedure::{self, access, discount, order::new_lines, order::products_of};
use crate::store::{order, product};

impl Noun for Order {
    const KIND: &'static str = "order";
    const NOUN: &'static str = "order";
    const RIGHT: Right = Right::Sales;
}

/// Create an order
///
/// It is a draft, which is a quotation; with --cart it is the customer's cart, of which there is one open at most. 'order apply-coupon'
/// takes a code.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales order create --customer C00001 --line LAMP=3\n  aftersales order create --customer C00001 --line LAMP=3@35.00 --line BULB=6 --date 2026-11-01\n  aftersales order create --customer C00001 --line LAMP=1 --cart"
)]
pub struct OrderCreate {
    /// Who orders
    #[arg(long)]
    pub customer: String,
    /// A product, its quantity and maybe its price, as SKU=QTY[@PRICE] (repeatable; price and taxes default to the product's)
    #[arg(long, value_name = "SKU=QTY[@PRICE]")]
    pub line: Vec<NewLine>,
    /// Mark it as the customer's cart
    #[arg(long)]
    #[serde(default)]
    pub cart: bool,
    /// The day of the order (default: today)
    #[arg(long, value_name = "DAY")]
    pub date: Option<Setting<Day>>,
    /// Its currency (default: the desk's); in another one every line needs its price
    #[arg(long)]
    pub currency: Option<String>,
}

impl Change for OrderCreate {
    type Outcome = Changed<Order>;
    const RIGHT: Right = Right::Sales;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Order>> {
        let customer: Customer = one(cx, "customer", &self.customer)?;
        let products = products_of(cx, &self.line, "line")?;

        let mut faults = Faults::default();
        if self.line.is_empty() {
            faults.gather::<()>(Err(ValueRefused::missing("line").into()));
        }
        // Needed for the lines, but told in the place of its flag.
        let named = procedure::currency::named(cx, self.currency.as_deref());
        let currency = named.as_ref().copied().unwrap_or(cx.desk.currency);
        let lines = new_lines(cx, &mut faults, &products, &self.line, currency, "line")?;
        let date = faults.gather(given::value("date", self.date)).flatten().unwrap_or(cx.today);
        faults.gather(named);
        faults.refuse()?;

        let zero = Money::zero(currency);
        let mut order = Order {
            key: cx.db.next_key()?,
            id: String::new(),
            state: OrderState::Draft,
            cart: self.cart,
            customer: customer.reference(),
            date,
            currency,
            lines,
            coupons: Vec::new(),
            untaxed: zero,
            tax: zero,
            total: zero,
        };
        order.number_and_sum()?;
        procedure::order::check_cart(cx, &order)?;
        order.id = cx.db.next_reference("S")?;
        order::insert(cx.db, &order)?;
        cx.created("order", &order.id);
        cx.amounts_to(Made::order(&order));
        Ok(Changed(order))
    }
}

/// Edit an order that is a draft or sent
///
/// Lines are counted from 1 as the order has them before the edit. --line changes a line and leaves the others; without a
/// price, its price stays. What its codes take off is worked out anew; a code that the order no longer qualifies for is taken off,
/// with a warning. Dropping a line that a code made takes the code off.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales order edit S00001 --line 1=2\n  aftersales order edit S00001 --line 1=2@35.00 --drop-line 2 --add-line BULB=6\n  aftersales order edit S00001 --date 2026-11-02"
)]
pub struct OrderEdit {
    /// The order
    pub order: String,
    /// Who orders
    #[arg(long)]
    pub customer: Option<String>,
    /// The day of the order
    #[arg(long, value_name = "DAY")]
    pub date: Option<Setting<Day>>,
    /// Mark it as the customer's cart
    #[arg(long)]
    #[serde(default)]
    pub cart: bool,
    /// Make it an ordinary quotation again
    #[arg(long)]
    #[serde(default)]
    pub no_cart: bool,
    /// A line's new quantity and maybe its new price, as N=QTY[@PRICE] (repeatable)
    #[arg(long, value_name = "N=QTY[@PRICE]")]
    #[serde(default)]
    pub line: Vec<LineChange>,
    /// A line to add, as SKU=QTY[@PRICE] (repeatable)
    #[arg(long, value_name = "SKU=QTY[@PRICE]")]
    #[serde(default)]
    pub add_line: Vec<NewLine>,
    /// The number of a line to take away (repeatable)
    #[arg(long, value_name = "N")]
    #[serde(default)]
    pub drop_line: Vec<LineNumber>,
}

impl Change for OrderEdit {
    type Outcome = Changed<Order>;
    const RIGHT: Right = Right::Sales;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Order>> {
        let before: Order = one(cx, "order", &self.order)?;
        let customer = self.customer.as_deref().map(|given| one::<Customer>(cx, "customer", given)).transpose()?;
        let products = products_of(cx, &self.add_line, "add_line")?;

        let mut after = before.clone();
        let mut faults = Faults::default();
        if let Some(customer) = &customer {
            after.customer = customer.reference();
        }
        after.date = faults.gather(given::value("date", self.date)).flatten().unwrap_or(before.date);
        faults.gather(given::set_switch(&mut after.cart, "cart", self.cart, self.no_cart));
        for change in &self.line {
            faults.gather(check_change(cx, &before, change));
        }
        let added = new_lines(cx, &mut faults, &products, &self.add_line, before.currency, "add_line")?;
        faults.refuse()?;
        after.edit_lines(&self.line, &self.drop_line, added)?;

        if after != before {
            before.check_editable()?;
            procedure::order::check_customer(cx, &before, &after)?;
            procedure::order::check_cart(cx, &after)?;
            discount::settle(cx, &mut after)?;
            order::update(cx.db, &before, &after)?;
            cx.touched("order", &after.id);
        }
        Ok(Changed(after))
    }
}

/// Whether a line can have that quantity and price, as the product on it allows.
fn check_change(cx: &Cx<'_>, order: &Order, change: &LineChange) -> Result<()> {
    let line = order.line(change.line, "line")?;
    if let Some(sold) = &line.product {
        check_quantity(&product::by_key(cx.db, sold.key)?, change.quantity, "line")?;
    }
    change.price.map_or(Ok(()), |price| line.check_new_price(price))
}

/// Apply the code of a coupon, or a promo code, to an order
///
/// The order is a draft or sent. What the code takes off stands behind the product lines, a line for each set of taxes; each change
/// of the order works it out anew. A higher percentage off the whole order takes the place of a lower one; all else adds up, in the
/// order in which codes are applied, and no order goes below zero. A coupon is used once the order is confirmed, not before.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales order apply-coupon S00001 QK7M-2XNA-9TBC\n  aftersales order apply-coupon S00001 SPRING-26"
)]
pub struct OrderApplyCoupon {
    /// The order
    pub order: String,
    /// The code, whatever its case, blanks and dashes
    pub code: String,
}

impl Change for OrderApplyCoupon {
    type Outcome = Changed<Order>;
    const RIGHT: Right = Right::Sales;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Order>> {
        let before: Order = one(cx, "order", &self.order)?;
        let missing = NotFound { kind: "order", noun: "order", field: "order", given: self.order.clone() };
        access::check_own(cx, Some(&before.customer), missing)?;
        let code = discount::named(cx, &self.code)?;
        before.check_editable()?;
        let mut after = before.clone();
        discount::apply(cx, &mut after, &code).map_err(|mut refused| {
            // Told as it was typed, though the sentence has it as it is spelled.
            let fault = refused.fault_mut();
            fault.given = fault.given.take().map(|_| self.code.clone());
            refused
        })?;
        order::update(cx.db, &before, &after)?;
        cx.touched("order", &after.id);
        Ok(Changed(after))
    }
}

/// Take a code off an order
///
/// What it took off is charged again, and what it gave is taken away; the other codes are worked out without it.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales order remove-coupon S00001 QK7M-2XNA-9TBC")]
pub struct OrderRemoveCoupon {
    /// The order
    pub order: String,
    /// The code, whatever its case, blanks and dashes
    pub code: String,
}

impl Change for OrderRemoveCoupon {
    type Outcome = Changed<Order>;
    const RIGHT: Right = Right::Sales;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Order>> {
        let before: Order = one(cx, "order", &self.order)?;
        if self.code.is_empty() {
            return Err(ValueRefused::missing("code").into());
        }
        let Some(code) = before.code_spelled(&self.code).map(str::to_owned) else {
            return Ok(Changed(before));
        };
        before.check_editable()?;
        let mut after = before.clone();
        after.drop_code(&code);
        after.number_and_sum()?;
        discount::settle(cx, &mut after)?;
        order::update(cx.db, &before, &after)?;
        cx.touched("order", &after.id);
        Ok(Changed(after))
    }
}

/// Send a quotation to its customer by e-mail
///
/// The draft is sent from then on; it can still be edited, and sent --again. A cart is no quotation.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales order send S00001\n  aftersales order send S00001 --again --message 'Now with the discount that we spoke of.'"
)]
pub struct OrderSend {
    /// The order
    pub order: String,
    /// The subject (default: what the template says)
    #[arg(long)]
    pub subject: Option<String>,
    /// What it begins with (default: what the template says)
    #[arg(long)]
    pub message: Option<String>,
    /// Send it although it was sent before
    #[arg(long)]
    #[serde(default)]
    pub again: bool,
}

/// What sending a quotation answers: no mail where it was sent already.
#[derive(Serialize)]
pub struct QuotationSent {
    mail: Option<Mail>,
}

impl Change for OrderSend {
    type Outcome = QuotationSent;
    const RIGHT: Right = Right::Sales;

    fn run(&self, cx: &Cx<'_>) -> Result<QuotationSent> {
        let before: Order = one(cx, "order", &self.order)?;
        if !before.to_be_sent(self.again)? {
            return Ok(QuotationSent { mail: None });
        }
        let asked = Asked { subject: self.subject.as_deref(), message: self.message.as_deref() };
        let mail = procedure::order::send(cx, &before, asked)?;
        Ok(QuotationSent { mail: Some(mail) })
    }
}

/// Confirm an order
///
/// What is confirmed is frozen. Its codes are checked once more: one that it does not qualify for by now, or that another order used
/// first, is refused. Then its coupons are used.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales order confirm S00001")]
pub struct OrderConfirm {
    /// The order
    pub order: String,
}

impl Change for OrderConfirm {
    type Outcome = Changed<Order>;
    const RIGHT: Right = Right::Sales;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Order>> {
        let before: Order = one(cx, "order", &self.order)?;
        let Some(state) = before.confirmed()? else {
            return Ok(Changed(before));
        };
        let mut after = Order { state, ..before.clone() };
        discount::settle_to_confirm(cx, &mut after)?;
        order::update(cx.db, &before, &after)?;
        cx.touched("order", &after.id);
        discount::consume(cx, &after)?;
        Ok(Changed(after))
    }
}

/// Cancel an order
///
/// A confirmed one can be cancelled while nothing of it is delivered, and nothing invoiced or all of that credited; deliveries that
/// still wait are cancelled with it, and its coupons can be used again.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales order cancel S00001")]
pub struct OrderCancel {
    /// The order
    pub order: String,
}

impl Change for OrderCancel {
    type Outcome = Changed<Order>;
    const RIGHT: Right = Right::Sales;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Order>> {
        let before: Order = one(cx, "order", &self.order)?;
        let uncredited = order::uncredited_bill(cx.db, before.key)?;
        let Some(state) = before.cancelled(uncredited.as_deref())? else {
            return Ok(Changed(before));
        };
        let after = Order { state, ..before.clone() };
        order::update(cx.db, &before, &after)?;
        cx.touched("order", &after.id);
        procedure::order::cancel_deliveries(cx, &before)?;
        if before.state == OrderState::Confirmed {
            discount::give_back(cx, &before)?;
        }
        Ok(Changed(after))
    }
}
