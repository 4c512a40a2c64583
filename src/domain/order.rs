//! Sales orders: quotations while they are drafts, carts where they are marked as one.

use serde::{Serialize, Serializer};

use super::common::{StateNotAllowed, ValueRefused};
use super::coupon_program::folded_code;
use super::line::{LineChange, LineNumber, LineTax, PricedLine, Totals, check_price};
use super::product::UnitPrice;
use super::{Allowed, Refusal, Result};
use crate::domain::value::day::Day;
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::quantity::{Percent, Price, Quantity};
use crate::domain::value::reference::{Reference, shell_word};
use crate::domain::value::text::choices;

choices! {
    /// How far an order has come: draft, then maybe sent, then confirmed (contract, section 7).
    pub enum OrderState: "state" {
        Draft = "draft",
        Sent = "sent",
        Confirmed = "confirmed",
        Cancelled = "cancelled",
    }
}

impl OrderState {
    /// Whether an order can be edited yet; what is confirmed or cancelled is frozen (contract, section 7).
    pub fn is_editable(self) -> bool {
        match self {
            OrderState::Draft | OrderState::Sent => true,
            OrderState::Confirmed | OrderState::Cancelled => false,
        }
    }
}

/// An order as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Order {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub state: OrderState,
    /// Whether it is marked as a cart (spec C6).
    pub cart: bool,
    pub customer: Reference,
    pub date: Day,
    pub currency: Currency,
    pub lines: Vec<OrderLine>,
    /// The codes on it, in the order in which they were applied.
    pub coupons: Vec<String>,
    pub untaxed: Money,
    pub tax: Money,
    pub total: Money,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    pub key: i64,
    /// Its number, from 1.
    pub line: i64,
    /// None on a discount line.
    pub product: Option<Reference>,
    pub label: String,
    /// What done transfers brought the customer, less what they took back (spec D7).
    pub delivered: Quantity,
    /// What stands on invoices, less the goods on their posted credit notes (spec B15).
    pub invoiced: Quantity,
    /// The code that made the line.
    pub coupon: Option<String>,
    /// The program of that code; none where the code came in with an order of another system.
    pub program: Option<Reference>,
    /// What a repair used of the part that the line sells; none where it sells no part of a repair (spec E6).
    pub used: Option<Quantity>,
    pub priced: PricedLine,
}

impl Serialize for OrderLine {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'l> {
            line: i64,
            product: &'l Option<Reference>,
            label: &'l str,
            quantity: Quantity,
            delivered: Quantity,
            invoiced: Quantity,
            price: UnitPrice,
            discount: Percent,
            taxes: &'l [LineTax],
            coupon: &'l Option<String>,
            untaxed: Money,
            tax: Money,
            total: Money,
        }
        let OrderLine { key: _, line, product, label, delivered, invoiced, coupon, program: _, used: _, priced } = self;
        Shown {
            line: *line,
            product,
            label,
            quantity: priced.quantity,
            delivered: *delivered,
            invoiced: *invoiced,
            price: priced.price,
            discount: priced.discount,
            taxes: &priced.taxes,
            coupon,
            untaxed: priced.untaxed,
            tax: priced.tax,
            total: priced.total,
        }
        .serialize(serializer)
    }
}

/// An order in brief, as records that are imported name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderInBrief {
    pub order: Reference,
    pub customer: Reference,
    pub state: OrderState,
    pub currency: Currency,
}

impl OrderInBrief {
    /// Refuses what only a confirmed order has: transfers and invoices. `wanted` is a participle.
    pub fn check_confirmed(&self, wanted: &'static str) -> Result<()> {
        if self.state == OrderState::Confirmed {
            return Ok(());
        }
        let (what, hint) =
            (format!("order {}", self.order), format!("aftersales order show {}", shell_word(&self.order.id)));
        Err(StateNotAllowed { what, state: self.state.to_string(), wanted, hint: Some(hint) }.into())
    }
}

impl OrderLine {
    /// Whether that may become its price: not below zero, save on a line that takes something off already.
    pub fn check_new_price(&self, price: Price) -> Result<()> {
        let takes_off = self.product.is_none() && self.priced.price.price.is_negative();
        if takes_off { Ok(()) } else { check_price(price, "line") }
    }

    /// A new line for a product, not numbered yet.
    pub fn new(key: i64, product: Reference, label: String, priced: PricedLine) -> OrderLine {
        OrderLine {
            key,
            line: 0,
            product: Some(product),
            label,
            delivered: Quantity::ZERO,
            invoiced: Quantity::ZERO,
            coupon: None,
            program: None,
            used: None,
            priced,
        }
    }

    /// Whether it is a discount on other lines: of negative value, with no product (spec B5).
    pub fn is_discount(&self) -> bool {
        self.product.is_none() && self.priced.takes_off()
    }

    /// What of it is to be billed in all: what is ordered, of a part of a repair what was used (spec B15, E6).
    pub fn to_bill(&self) -> Quantity {
        self.used.unwrap_or(self.priced.quantity)
    }
}

impl Order {
    /// The order as other records name it.
    pub fn reference(&self) -> Reference {
        Reference { key: self.key, id: self.id.clone() }
    }

    /// Whether it is the cart that its customer fills: a draft marked as one (spec C6).
    pub fn is_open_cart(&self) -> bool {
        self.cart && self.state == OrderState::Draft
    }

    /// Numbers the lines and sums them up; to be called whenever they changed.
    pub fn number_and_sum(&mut self) -> Result<()> {
        for (number, line) in (1_i64..).zip(&mut self.lines) {
            line.line = number;
        }
        let totals = Totals::of(self.currency, self.lines.iter().map(|line| &line.priced))?;
        (self.untaxed, self.tax, self.total) = (totals.untaxed, totals.tax, totals.total);
        self.name_codes();
        Ok(())
    }

    /// Names the codes of its lines, which stand in the order in which they were applied.
    pub fn name_codes(&mut self) {
        self.coupons.clear();
        for code in self.lines.iter().filter_map(|line| line.coupon.as_ref()) {
            if !self.coupons.contains(code) {
                self.coupons.push(code.clone());
            }
        }
    }

    /// The code on it that somebody typed, as it is spelled there.
    pub fn code_spelled(&self, given: &str) -> Option<&str> {
        let wanted = folded_code(given);
        self.coupons.iter().find(|code| folded_code(code) == wanted).map(String::as_str)
    }

    /// The programs of its codes, each once.
    pub fn programs(&self) -> Vec<&Reference> {
        let mut programs: Vec<&Reference> = Vec::new();
        for program in self.lines.iter().filter_map(|line| line.program.as_ref()) {
            if !programs.contains(&program) {
                programs.push(program);
            }
        }
        programs
    }

    /// Puts what its codes make in the place of what they made before, behind the lines that no code made.
    pub fn put_code_lines(&mut self, made: Vec<OrderLine>) -> Result<()> {
        self.lines.retain(|line| line.coupon.is_none());
        self.lines.extend(made);
        self.number_and_sum()
    }

    /// Takes the lines of a code off; answers whether there were any.
    pub fn drop_code(&mut self, code: &str) -> bool {
        let before = self.lines.len();
        self.lines.retain(|line| line.coupon.as_deref() != Some(code));
        self.lines.len() < before
    }

    /// Refuses the editing of what is frozen.
    pub fn check_editable(&self) -> Result<()> {
        if self.state.is_editable() { Ok(()) } else { Err(self.not_to_be("edited").into()) }
    }

    /// Refuses to bill what is not agreed: only a confirmed order is billed.
    pub fn check_billable(&self) -> Result<()> {
        match self.state {
            OrderState::Confirmed => Ok(()),
            OrderState::Draft | OrderState::Sent => {
                let hint = Some(format!("aftersales order confirm {}", shell_word(&self.id)));
                Err(StateNotAllowed { hint, ..self.not_to_be("invoiced") }.into())
            }
            OrderState::Cancelled => Err(self.not_to_be("invoiced").into()),
        }
    }

    /// Whether the quotation is to be sent: a draft is, and one that was sent where it is to be sent again. A cart is none, and what
    /// is confirmed or cancelled is no offer any more.
    pub fn to_be_sent(&self, again: bool) -> Result<bool> {
        match self.state {
            OrderState::Draft | OrderState::Sent if self.cart => {
                let hint = Some(format!("aftersales order edit {} --no-cart", shell_word(&self.id)));
                Err(StateNotAllowed { hint, state: "cart".to_owned(), ..self.not_to_be("sent as a quotation") }.into())
            }
            OrderState::Draft => Ok(true),
            OrderState::Sent => Ok(again),
            OrderState::Confirmed | OrderState::Cancelled => Err(self.not_to_be("sent").into()),
        }
    }

    /// The state that confirming leads to, none where it is confirmed already.
    pub fn confirmed(&self) -> Result<Option<OrderState>> {
        match self.state {
            OrderState::Draft | OrderState::Sent => Ok(Some(OrderState::Confirmed)),
            OrderState::Confirmed => Ok(None),
            OrderState::Cancelled => Err(self.not_to_be("confirmed").into()),
        }
    }

    /// The state that cancelling leads to, none where it is cancelled already. A confirmed order can be cancelled while
    /// nothing of it is delivered or invoiced, or its bills are credited in full: `uncredited` names one that is not
    /// (contract, section 7).
    pub fn cancelled(&self, uncredited: Option<&str>) -> Result<Option<OrderState>> {
        match self.state {
            OrderState::Draft | OrderState::Sent => Ok(Some(OrderState::Cancelled)),
            OrderState::Cancelled => Ok(None),
            OrderState::Confirmed if self.lines.iter().any(|line| !line.delivered.is_zero()) => {
                Err(OrderRefused::Delivered { order: self.id.clone() }.into())
            }
            OrderState::Confirmed
                if self.lines.iter().any(|line| !line.is_discount() && !line.invoiced.is_zero())
                    && (uncredited.is_some() || self.total.is_zero()) =>
            {
                Err(OrderRefused::Invoiced { order: self.id.clone() }.into())
            }
            OrderState::Confirmed => Ok(Some(OrderState::Cancelled)),
        }
    }

    /// The line of that number, as `field` asked for it.
    pub fn line(&self, number: LineNumber, field: &'static str) -> Result<&OrderLine> {
        let found = self.lines.iter().find(|line| line.line == number.number());
        found.ok_or_else(|| no_such_line(&self.id, self.lines.len(), number, field).into())
    }

    /// Changes, drops and adds lines; the numbers are those before the change, and a line can be named once only. What is
    /// added stands behind the product lines. What codes make is not worked out anew here.
    pub fn edit_lines(&mut self, changes: &[LineChange], drops: &[LineNumber], added: Vec<OrderLine>) -> Result<()> {
        let named = changes.iter().map(|change| ("line", change.line)).chain(drops.iter().map(|n| ("drop_line", *n)));
        let mut seen: Vec<LineNumber> = Vec::new();
        for (field, number) in named {
            let line = self.line(number, field)?;
            if let Some(code) = line.coupon.as_ref().filter(|_| field == "line") {
                let message = format!("line {number} is what the code {code} makes; dropping it takes the code off");
                return Err(ValueRefused::invalid(field, number, message).into());
            }
            if seen.contains(&number) {
                return Err(ValueRefused::invalid(field, number, format!("line {number} is named twice")).into());
            }
            seen.push(number);
        }
        for change in changes {
            self.change_line(change)?;
        }
        let is_dropped = |line: &OrderLine| drops.iter().any(|drop| drop.number() == line.line);
        // A line that a code made goes with all that the code made.
        let codes: Vec<String> =
            self.lines.iter().filter(|line| is_dropped(line)).filter_map(|line| line.coupon.clone()).collect();
        self.lines.retain(|line| !is_dropped(line));
        for code in codes {
            self.drop_code(&code);
        }
        let behind = self.lines.iter().position(|line| line.coupon.is_some()).unwrap_or(self.lines.len());
        self.lines.splice(behind..behind, added);
        self.number_and_sum()
    }

    fn change_line(&mut self, change: &LineChange) -> Result<()> {
        let Some(line) = self.lines.iter_mut().find(|line| line.line == change.line.number()) else {
            return Ok(());
        };
        if change.quantity.is_negative() {
            let message = format!("{} is below zero, which a line cannot be", change.quantity);
            return Err(ValueRefused::quantity("line", change, message).into());
        }
        if let Some(price) = change.price {
            line.check_new_price(price)?;
        }
        let price = change.price.unwrap_or(line.priced.price.price);
        // What is as it was keeps the amounts that it was written with.
        if change.quantity == line.priced.quantity && price == line.priced.price.price {
            return Ok(());
        }
        line.priced = line
            .priced
            .changed(change.quantity, price)
            .map_err(|fault| ValueRefused::invalid("line", change, fault.to_string()))?;
        Ok(())
    }

    fn not_to_be(&self, wanted: &'static str) -> StateNotAllowed {
        StateNotAllowed {
            what: format!("order {}", self.id),
            state: self.state.to_string(),
            wanted,
            hint: Some(format!("aftersales order show {}", shell_word(&self.id))),
        }
    }
}

fn no_such_line(order: &str, count: usize, number: LineNumber, field: &'static str) -> ValueRefused {
    let allowed = (1..=count).map(|number| number.to_string()).collect();
    ValueRefused::Invalid {
        field,
        given: number.to_string(),
        message: format!("{order} has no line {number}"),
        allowed: Some(Allowed::Several(allowed)),
    }
}

/// Why an order is not made or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderRefused {
    /// At most one open cart per customer (spec C6).
    #[error("{customer} has an open cart already: {cart}")]
    OpenCart { customer: String, cart: String },
    #[error("goods of order {order} are delivered, so it cannot be cancelled")]
    Delivered { order: String },
    #[error("order {order} is invoiced, so it cannot be cancelled")]
    Invoiced { order: String },
    /// A ticket of the customer names the order (spec A5).
    #[error("ticket {ticket} names order {order} as {customer}'s, so it cannot go to another customer")]
    OnTicket { order: String, customer: String, ticket: String },
    /// A document or transfer of the customer is of the order; `noun` is that of its commands.
    #[error("{noun} {id} is {customer}'s and of order {order}, so it cannot go to another customer")]
    OnDocument { order: String, customer: String, noun: &'static str, id: String },
}

impl Refusal for OrderRefused {
    fn code(&self) -> &'static str {
        match self {
            OrderRefused::OpenCart { .. } => "already_exists",
            OrderRefused::Delivered { .. } | OrderRefused::Invoiced { .. } => "state_not_allowed",
            OrderRefused::OnTicket { .. } | OrderRefused::OnDocument { .. } => "order_not_of_customer",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            OrderRefused::OpenCart { .. } => Some("cart"),
            OrderRefused::OnTicket { .. } | OrderRefused::OnDocument { .. } => Some("customer"),
            OrderRefused::Delivered { .. } | OrderRefused::Invoiced { .. } => None,
        }
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            OrderRefused::OpenCart { cart, .. } => format!("aftersales order show {}", shell_word(cart)),
            OrderRefused::Delivered { order } => format!("aftersales transfer list --order {}", shell_word(order)),
            OrderRefused::Invoiced { order } => format!("aftersales invoice list --order {}", shell_word(order)),
            OrderRefused::OnTicket { ticket, .. } => {
                format!("aftersales ticket edit {} --order ''", shell_word(ticket))
            }
            OrderRefused::OnDocument { noun, id, .. } => format!("aftersales {noun} show {}", shell_word(id)),
        })
    }
}

#[cfg(test)]
impl Order {
    /// The order S00001 of C00001 in EUR, of 23 November 2026, with these lines, numbered and summed.
    pub fn for_tests(state: OrderState, lines: Vec<OrderLine>) -> Order {
        let currency = Currency::iso("EUR").unwrap();
        let zero = Money::zero(currency);
        let mut order = Order {
            key: 1,
            id: "S00001".to_owned(),
            state,
            cart: false,
            customer: Reference { key: 1, id: "C00001".to_owned() },
            date: "2026-11-23".parse().unwrap(),
            currency,
            lines,
            coupons: Vec::new(),
            untaxed: zero,
            tax: zero,
            total: zero,
        };
        order.number_and_sum().unwrap();
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::product::{Product, ProductType, Tracking, Unit};
    use crate::domain::tax::Tax;
    use proptest::prelude::*;

    fn eur() -> Currency {
        Currency::iso("EUR").unwrap()
    }

    fn sold(key: i64, quantity: &str, price: &str, rate: &str) -> OrderLine {
        let product = Product {
            key,
            id: format!("P{key}"),
            name: format!("Product {key}"),
            price: UnitPrice { price: price.parse().unwrap(), currency: eur() },
            kind: ProductType::Goods,
            tracking: Tracking::None,
            taxes: vec![Tax::bare(1, "VAT".to_owned(), rate.parse().unwrap(), false)],
            account: None,
            unit: Unit::default(),
        };
        let priced = super::super::line::sell(&product, quantity.parse().unwrap(), None, eur(), "line").unwrap();
        OrderLine::new(key, product.reference(), product.name.clone(), priced)
    }

    fn order(state: OrderState, lines: Vec<OrderLine>) -> Order {
        Order::for_tests(state, lines)
    }

    fn of_three() -> Order {
        order(OrderState::Draft, vec![sold(1, "3", "40", "20"), sold(2, "1", "9.99", "20"), sold(3, "2", "5", "0")])
    }

    /// Number, product, quantity and total of each line.
    fn told(order: &Order) -> Vec<String> {
        let line = |line: &OrderLine| {
            let product = line.product.as_ref().map_or("-", |product| &product.id);
            format!("{} {product} {} {}", line.line, line.priced.quantity, line.priced.total.plain())
        };
        order.lines.iter().map(line).collect()
    }

    fn edit(order: &mut Order, changes: &[&str], drops: &[&str], added: Vec<OrderLine>) -> Result<()> {
        let changes: Vec<LineChange> = changes.iter().map(|text| text.parse().unwrap()).collect();
        let drops: Vec<LineNumber> = drops.iter().map(|text| text.parse().unwrap()).collect();
        order.edit_lines(&changes, &drops, added)
    }

    #[test]
    fn a_line_changes_and_the_others_stay() {
        let mut order = of_three();
        assert_eq!(told(&order), ["1 P1 3 144.00", "2 P2 1 11.99", "3 P3 2 10.00"]);
        assert_eq!(order.total.plain(), "165.99");

        edit(&mut order, &["1=1", "3=4@2.50"], &[], Vec::new()).unwrap();
        assert_eq!(told(&order), ["1 P1 1 48.00", "2 P2 1 11.99", "3 P3 4 10.00"]);
        edit(&mut order, &["2=0"], &["1"], vec![sold(4, "1", "1", "0")]).unwrap();
        assert_eq!(told(&order), ["1 P2 0 0.00", "2 P3 4 10.00", "3 P4 1 1.00"]);
        assert_eq!([order.untaxed.plain(), order.tax.plain(), order.total.plain()], ["11.00", "0.00", "11.00"]);
        edit(&mut order, &[], &["1", "2", "3"], Vec::new()).unwrap();
        assert_eq!((told(&order), order.total.plain()), (Vec::new(), "0.00".to_owned()));
    }

    #[test]
    fn what_is_added_stands_behind_the_product_lines() {
        let mut order = of_three();
        order.lines[2].coupon = Some("SORRY".to_owned());
        edit(&mut order, &[], &[], vec![sold(4, "1", "1", "0")]).unwrap();
        assert_eq!(told(&order), ["1 P1 3 144.00", "2 P2 1 11.99", "3 P4 1 1.00", "4 P3 2 10.00"]);
    }

    #[test]
    fn lines_that_cannot_change_are_refused() {
        for (changes, drops, code, field) in [
            (&["4=1"][..], &[][..], "invalid_value", "line"),
            (&[], &["4"], "invalid_value", "drop_line"),
            (&["1=1", "1=2"], &[], "invalid_value", "line"),
            (&["1=1"], &["1"], "invalid_value", "drop_line"),
            (&[], &["1", "1"], "invalid_value", "drop_line"),
            (&["1=-1"], &[], "quantity_invalid", "line"),
            (&["1=1@-1"], &[], "quantity_invalid", "line"),
            (&["1=9000000000000@9000000000000"], &[], "invalid_value", "line"),
        ] {
            let error = edit(&mut of_three(), changes, drops, Vec::new()).unwrap_err();
            assert_eq!(
                (error.fault().code, error.fault().field.as_deref()),
                (code, Some(field)),
                "{changes:?} {drops:?}"
            );
        }
    }

    #[test]
    fn states_lead_to_states() {
        use OrderState::{Cancelled, Confirmed, Draft, Sent};
        let refused = Err("state_not_allowed");
        let table = [
            // state, editable, confirm, cancel
            (Draft, Ok(()), Ok(Some(Confirmed)), Ok(Some(Cancelled))),
            (Sent, Ok(()), Ok(Some(Confirmed)), Ok(Some(Cancelled))),
            (Confirmed, refused, Ok(None), Ok(Some(Cancelled))),
            (Cancelled, refused, Err("state_not_allowed"), Ok(None)),
        ];
        for (state, editable, confirm, cancel) in table {
            let order = order(state, vec![sold(1, "1", "1", "0")]);
            let code = |error: super::super::Error| error.fault().code;
            assert_eq!(order.check_editable().map_err(code), editable, "{state}");
            assert_eq!(order.confirmed().map_err(code), confirm, "{state}");
            assert_eq!(order.cancelled(None).map_err(code), cancel, "{state}");
        }
    }

    #[test]
    fn what_is_delivered_or_invoiced_is_not_cancelled() {
        for (delivered, invoiced, good) in [("0", "0", true), ("1", "0", false), ("0", "0.5", false)] {
            let mut order = order(OrderState::Confirmed, vec![sold(1, "1", "1", "0"), sold(2, "1", "1", "0")]);
            order.lines[1].delivered = delivered.parse().unwrap();
            order.lines[1].invoiced = invoiced.parse().unwrap();
            assert_eq!(order.cancelled(Some("INV/2026/00001")).is_ok(), good, "{delivered} {invoiced}");
        }
    }

    #[test]
    fn all_keys_are_shown_in_their_order() {
        let shown = serde_json::to_string(&order(OrderState::Draft, vec![sold(1, "3", "40", "20")])).unwrap();
        assert_eq!(
            shown,
            concat!(
                r#"{"id":"S00001","state":"draft","cart":false,"customer":"C00001","date":"2026-11-23","currency":"EUR","#,
                r#""lines":[{"line":1,"product":"P1","label":"Product 1","quantity":"3","delivered":"0","invoiced":"0","#,
                r#""price":"40.00","discount":"0","taxes":["VAT"],"coupon":null,"untaxed":"120.00","tax":"24.00","#,
                r#""total":"144.00"}],"coupons":[],"untaxed":"120.00","tax":"24.00","total":"144.00"}"#
            )
        );
    }

    proptest! {
        #[test]
        fn an_edited_order_is_the_sum_of_its_lines(
            lines in prop::collection::vec((1_i64..50_000_000, 0_i64..100_000_000, 0_i64..30), 1..6),
            changes in prop::collection::vec((0_usize..6, 0_i64..50_000_000), 0..4),
            dropped in prop::collection::vec(any::<bool>(), 6),
        ) {
            let made = (1_i64..).zip(&lines).map(|(key, (quantity, price, rate))| {
                let text = |millionths| Quantity::from_millionths(millionths).to_string();
                sold(key, &text(*quantity), &text(*price), &rate.to_string())
            });
            let before = order(OrderState::Draft, made.collect());
            let mut seen = std::collections::BTreeSet::new();
            let changes: Vec<LineChange> = changes
                .into_iter()
                .filter(|(place, _)| *place < lines.len() && !dropped[*place] && seen.insert(*place))
                .map(|(place, quantity)| LineChange {
                    line: (place + 1).to_string().parse().unwrap(),
                    quantity: Quantity::from_millionths(quantity),
                    price: None,
                })
                .collect();
            let drops: Vec<LineNumber> =
                (0..lines.len()).filter(|place| dropped[*place]).map(|place| (place + 1).to_string().parse().unwrap()).collect();

            let mut after = before.clone();
            after.edit_lines(&changes, &drops, Vec::new()).unwrap();
            prop_assert_eq!(after.lines.len(), before.lines.len() - drops.len());
            prop_assert!((1_i64..).zip(&after.lines).all(|(number, line)| line.line == number));
            prop_assert_eq!(after.total.minor, after.lines.iter().map(|line| line.priced.total.minor).sum::<i64>());
            prop_assert_eq!(after.total.minor, after.untaxed.minor + after.tax.minor);
            // A line that was neither changed nor dropped keeps its amounts.
            for line in &after.lines {
                let was = before.lines.iter().find(|was| was.key == line.key).unwrap();
                if !changes.iter().any(|change| change.line.number() == was.line) {
                    prop_assert_eq!(&line.priced, &was.priced);
                }
            }
            // The same edit backwards brings the amounts back.
            let back: Vec<LineChange> = after
                .lines
                .iter()
                .map(|line| LineChange {
                    line: line.line.to_string().parse().unwrap(),
                    quantity: before.lines.iter().find(|was| was.key == line.key).unwrap().priced.quantity,
                    price: None,
                })
                .collect();
            after.edit_lines(&back, &[], Vec::new()).unwrap();
            for line in &after.lines {
                prop_assert_eq!(&line.priced, &before.lines.iter().find(|was| was.key == line.key).unwrap().priced);
            }
        }
    }
}
