//! Lines of documents: how they are typed (`2=1`, `LAMP=3@40.00`), and what they come to when they are written.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use super::common::{CurrencyMismatch, ValueRefused};
use super::product::{Product, UnitPrice};
use super::tax::{LineAmounts, Tax, TaxRate, from_total, line_amounts};
use crate::domain::value::money::{Amount, Currency, Money};
use crate::domain::value::number::{NumberFault, Overflow};
use crate::domain::value::quantity::{Percent, Price, Quantity};
use crate::domain::value::reference::Reference;
use crate::domain::value::text::text_value;

/// Why a text names no line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// A text of another form, and the form that was wanted.
    #[error("{given:?} is not of the form {form}")]
    Form { given: String, form: &'static str },
    /// A text that counts no line.
    #[error("{0:?} is not a line number; lines are counted from 1")]
    NotALine(String),
    /// The quantity or the price is no number.
    #[error(transparent)]
    Number(#[from] NumberFault),
}

/// The number of a line as somebody typed it, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineNumber(i64);

impl LineNumber {
    /// The number.
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl FromStr for LineNumber {
    type Err = LineFault;

    fn from_str(text: &str) -> Result<Self, LineFault> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if is_number && number > 0 => Ok(LineNumber(number)),
            _ => Err(LineFault::NotALine(text.to_owned())),
        }
    }
}

impl fmt::Display for LineNumber {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(f)
    }
}

text_value!(LineNumber, "a line number such as 2");

/// `N=QTY`: a line of a source document and how much of it takes part (contract, section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineQuantity {
    pub line: LineNumber,
    /// As typed; what it may be is for the command to say.
    pub quantity: Quantity,
}

impl FromStr for LineQuantity {
    type Err = LineFault;

    fn from_str(text: &str) -> Result<Self, LineFault> {
        let (line, quantity) = text.split_once('=').ok_or_else(|| other_form(text, "N=QTY, such as 2=1"))?;
        Ok(LineQuantity { line: line.parse()?, quantity: quantity.parse()? })
    }
}

impl fmt::Display for LineQuantity {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}={}", self.line, self.quantity)
    }
}

text_value!(LineQuantity, "a line and its quantity such as \"2=1\"");

/// `N=X`: a line of a source document and an amount of money, tax included (contract, section 1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LineAmount {
    pub line: LineNumber,
    /// As typed; what it may be is for the command to say.
    pub amount: Amount,
}

impl FromStr for LineAmount {
    type Err = LineFault;

    fn from_str(text: &str) -> Result<Self, LineFault> {
        let (line, amount) = text.split_once('=').ok_or_else(|| other_form(text, "N=X, such as 2=5.00"))?;
        Ok(LineAmount { line: line.parse()?, amount: amount.parse()? })
    }
}

impl fmt::Display for LineAmount {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}={}", self.line, self.amount)
    }
}

text_value!(LineAmount, "a line and an amount such as \"2=5.00\"");

/// `N=QTY[@PRICE]`: how a line of a document being edited changes; without a price, the price stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineChange {
    pub line: LineNumber,
    pub quantity: Quantity,
    pub price: Option<Price>,
}

impl FromStr for LineChange {
    type Err = LineFault;

    fn from_str(text: &str) -> Result<Self, LineFault> {
        let (line, terms) =
            text.split_once('=').ok_or_else(|| other_form(text, "N=QTY or N=QTY@PRICE, such as 2=1@40.00"))?;
        let (quantity, price) = read_terms(terms)?;
        Ok(LineChange { line: line.parse()?, quantity, price })
    }
}

impl fmt::Display for LineChange {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}={}", self.line, self.quantity)?;
        write_price(f, self.price)
    }
}

text_value!(LineChange, "a line, its quantity and maybe its price, such as \"2=1@40.00\"");

/// `SKU=QTY[@PRICE]`: a line to be written; without a price, the product's own. In JSON also an object with `product`,
/// `quantity` and `price` (contract, section 4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NewLine {
    /// The product as typed.
    pub product: String,
    pub quantity: Quantity,
    pub price: Option<Price>,
}

impl FromStr for NewLine {
    type Err = LineFault;

    fn from_str(text: &str) -> Result<Self, LineFault> {
        // The last sign counts: what stands before it is the product, whatever is in its id.
        match text.rsplit_once('=') {
            Some((product, terms)) if !product.is_empty() => {
                let (quantity, price) = read_terms(terms)?;
                Ok(NewLine { product: product.to_owned(), quantity, price })
            }
            _ => Err(other_form(text, "SKU=QTY or SKU=QTY@PRICE, such as LAMP=3@40.00")),
        }
    }
}

impl fmt::Display for NewLine {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}={}", self.product, self.quantity)?;
        write_price(f, self.price)
    }
}

impl Serialize for NewLine {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NewLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NewLineVisitor)
    }
}

struct NewLineVisitor;

impl<'de> Visitor<'de> for NewLineVisitor {
    type Value = NewLine;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a line such as \"LAMP=3@40.00\", or an object with product, quantity and price")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<NewLine, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<NewLine, A::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Parts {
            product: Option<String>,
            quantity: Option<Quantity>,
            price: Option<Price>,
        }
        // What is null is absent (contract, section 4).
        let Parts { product, quantity, price } = Parts::deserialize(de::value::MapAccessDeserializer::new(map))?;
        let product = product.ok_or_else(|| de::Error::missing_field("product"))?;
        let quantity = quantity.ok_or_else(|| de::Error::missing_field("quantity"))?;
        if product.is_empty() {
            return Err(de::Error::custom("the product is empty"));
        }
        Ok(NewLine { product, quantity, price })
    }
}

fn other_form(given: &str, form: &'static str) -> LineFault {
    LineFault::Form { given: given.to_owned(), form }
}

/// `QTY[@PRICE]`.
fn read_terms(text: &str) -> Result<(Quantity, Option<Price>), NumberFault> {
    match text.split_once('@') {
        Some((quantity, price)) => Ok((quantity.parse()?, Some(price.parse()?))),
        None => Ok((text.parse()?, None)),
    }
}

fn write_price(f: &mut fmt::Formatter, price: Option<Price>) -> fmt::Result {
    price.map_or(Ok(()), |price| write!(f, "@{price}"))
}

/// A tax on a written line; shown by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineTax {
    pub tax: Reference,
    /// The rate when the line was written.
    pub rate: Percent,
    /// Whether the line's price has it in it.
    pub included: bool,
    /// What it comes to on this line.
    pub amount: Money,
}

impl LineTax {
    /// What computing needs of it.
    pub fn rate(&self) -> TaxRate {
        TaxRate { rate: self.rate, included: self.included }
    }
}

impl Serialize for LineTax {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.tax.serialize(serializer)
    }
}

/// The terms of a line of any document and the amounts they come to, settled when it is written (spec B11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedLine {
    pub quantity: Quantity,
    pub price: UnitPrice,
    /// 0 to 100 percent.
    pub discount: Percent,
    pub taxes: Vec<LineTax>,
    pub untaxed: Money,
    /// All taxes together.
    pub tax: Money,
    pub total: Money,
}

impl PricedLine {
    /// A line at these terms; its amounts are computed.
    pub fn compute(
        quantity: Quantity,
        price: UnitPrice,
        discount: Percent,
        taxes: &[Tax],
    ) -> Result<PricedLine, Overflow> {
        let bare = |tax: &Tax| LineTax {
            tax: Reference { key: tax.key, id: tax.id.clone() },
            rate: tax.rate,
            included: tax.included,
            amount: Money::zero(price.currency),
        };
        PricedLine::under(quantity, price, discount, taxes.iter().map(bare).collect())
    }

    /// The same line with another quantity and price, under the taxes that it was written with.
    pub fn changed(&self, quantity: Quantity, price: Price) -> Result<PricedLine, Overflow> {
        let price = UnitPrice { price, ..self.price };
        PricedLine::under(quantity, price, self.discount, self.taxes.clone())
    }

    /// A line whose amounts are known: copied, apportioned or split, one for each of the taxes in their order.
    pub fn with_amounts(
        quantity: Quantity,
        price: UnitPrice,
        discount: Percent,
        taxes: Vec<LineTax>,
        amounts: &LineAmounts,
    ) -> Result<PricedLine, Overflow> {
        let money = |minor| Money::new(minor, price.currency);
        let (untaxed, tax, total) = (money(amounts.untaxed), money(amounts.tax_total()?), money(amounts.total()?));
        let place = |(place, tax): (usize, LineTax)| LineTax { amount: money(amounts.tax(place)), ..tax };
        let taxes = taxes.into_iter().enumerate().map(place).collect();
        Ok(PricedLine { quantity, price, discount, taxes, untaxed, tax, total })
    }

    /// The same line with the amounts that follow from its total and the rates alone, as a line that a code made has them
    /// (contract, section 7).
    pub fn by_total(&self) -> Result<PricedLine, Overflow> {
        let amounts = from_total(self.total.minor, &self.rates())?;
        PricedLine::with_amounts(self.quantity, self.price, self.discount, self.taxes.clone(), &amounts)
    }

    /// The rates of its taxes.
    pub fn rates(&self) -> Vec<TaxRate> {
        rates_of(&self.taxes)
    }

    /// Whether any of its amounts is below zero.
    pub fn takes_off(&self) -> bool {
        self.untaxed.is_negative() || self.taxes.iter().any(|tax| tax.amount.is_negative())
    }

    /// The amounts, in minor units.
    pub fn amounts(&self) -> LineAmounts {
        LineAmounts { untaxed: self.untaxed.minor, taxes: self.taxes.iter().map(|tax| tax.amount.minor).collect() }
    }

    fn under(
        quantity: Quantity,
        price: UnitPrice,
        discount: Percent,
        taxes: Vec<LineTax>,
    ) -> Result<PricedLine, Overflow> {
        let rates = rates_of(&taxes);
        let amounts = line_amounts(quantity, price.price, discount, &rates, price.currency)?;
        PricedLine::with_amounts(quantity, price, discount, taxes, &amounts)
    }
}

fn rates_of(taxes: &[LineTax]) -> Vec<TaxRate> {
    taxes.iter().map(LineTax::rate).collect()
}

/// The places of the lines that a discount is on: those of value with its set of taxes, or all of value where there is none
/// (spec B5).
pub fn discounted<'l>(discount: &PricedLine, lines: impl IntoIterator<Item = (usize, &'l PricedLine)>) -> Vec<usize> {
    let worth = |line: &PricedLine| !line.amounts().is_zero() && !line.takes_off();
    let set_of = |line: &PricedLine| {
        let mut taxes: Vec<i64> = line.taxes.iter().map(|tax| tax.tax.key).collect();
        taxes.sort_unstable();
        taxes
    };
    let of_value: Vec<(usize, &PricedLine)> = lines.into_iter().filter(|(_, line)| worth(line)).collect();
    let wanted = set_of(discount);
    let same: Vec<usize> = of_value.iter().filter(|(_, line)| set_of(line) == wanted).map(|(at, _)| *at).collect();
    if same.is_empty() { of_value.into_iter().map(|(at, _)| at).collect() } else { same }
}

/// What the lines of a document come to: their exact sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    pub untaxed: Money,
    pub tax: Money,
    pub total: Money,
}

impl Totals {
    /// The sums of these lines, all of them in that currency.
    pub fn of<'l>(currency: Currency, lines: impl IntoIterator<Item = &'l PricedLine>) -> Result<Totals, Overflow> {
        let zero = Money::zero(currency);
        lines.into_iter().try_fold(Totals { untaxed: zero, tax: zero, total: zero }, |sums, line| {
            Ok(Totals {
                untaxed: sum(sums.untaxed, line.untaxed)?,
                tax: sum(sums.tax, line.tax)?,
                total: sum(sums.total, line.total)?,
            })
        })
    }
}

fn sum(one: Money, other: Money) -> Result<Money, Overflow> {
    let minor = one.minor.checked_add(other.minor).ok_or(Overflow)?;
    Ok(Money::new(minor, one.currency))
}

/// A line that sells a product in a document of that currency: at the price given or the product's own, with the product's
/// taxes and no discount. `field` is the flag that asked for it.
pub fn sell(
    product: &Product,
    quantity: Quantity,
    price: Option<Price>,
    currency: Currency,
    field: &'static str,
) -> super::Result<PricedLine> {
    if quantity.is_zero() {
        return Err(ValueRefused::quantity(field, quantity, format!("a line of 0 {} is no line", product.id)).into());
    }
    check_quantity(product, quantity, field)?;
    let price = match price {
        Some(price) => check_price(price, field).map(|()| UnitPrice { price, currency })?,
        None => price_in(product, currency, field)?,
    };
    PricedLine::compute(quantity, price, Percent::ZERO, &product.taxes)
        .map_err(|fault| ValueRefused::invalid(field, format!("{}={quantity}", product.id), fault.to_string()).into())
}

/// Whether that quantity may stand on a line for the product: not below zero, and a serial number is never in part.
pub fn check_quantity(product: &Product, quantity: Quantity, field: &'static str) -> super::Result<()> {
    if quantity.is_negative() {
        let message = format!("{quantity} is below zero, which a line cannot be");
        return Err(ValueRefused::quantity(field, quantity, message).into());
    }
    if !product.allows(quantity) {
        let message = format!("{} has serial numbers, so {quantity} of it is not a whole number of pieces", product.id);
        return Err(ValueRefused::quantity(field, quantity, message).into());
    }
    Ok(())
}

/// Whether that may be typed as the price of a line: not below zero.
pub fn check_price(price: Price, field: &'static str) -> super::Result<()> {
    if price.is_negative() {
        let message = format!("{price} is below zero, which the price of a line cannot be");
        return Err(ValueRefused::quantity(field, price, message).into());
    }
    Ok(())
}

/// The product's own price, where the document is in the currency of product prices: nothing is converted (spec G4).
fn price_in(product: &Product, currency: Currency, field: &'static str) -> super::Result<UnitPrice> {
    if product.price.currency != currency {
        return Err(CurrencyMismatch {
            field,
            what: format!("the price of {}", product.id),
            has: product.price.currency,
            wanted: currency,
            way_out: "; a price can be given with the line",
        }
        .into());
    }
    Ok(product.price)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::product::{ProductType, Tracking, Unit};
    use proptest::prelude::*;

    #[test]
    fn lines_are_read_as_they_are_typed() {
        for (text, line, quantity) in [("1=2", 1, "2"), ("12=0.5", 12, "0.5"), ("1=-1", 1, "-1"), ("1=0", 1, "0")] {
            let read: LineQuantity = text.parse().unwrap();
            assert_eq!((read.line.number(), read.quantity), (line, quantity.parse().unwrap()), "{text}");
            assert_eq!(read.to_string(), text);
        }
        for (text, line, quantity, price) in [("1=2", 1, "2", None), ("3=1@40.5", 3, "1", Some("40.5"))] {
            let read: LineChange = text.parse().unwrap();
            let price = price.map(|price: &str| price.parse().unwrap());
            assert_eq!((read.line.number(), read.quantity, read.price), (line, quantity.parse().unwrap(), price));
            assert_eq!(read.to_string(), text);
        }
        for (text, product, quantity, price) in [
            ("LAMP=3", "LAMP", "3", None),
            ("LAMP=3@40", "LAMP", "3", Some("40")),
            ("a=b@c=3@-40", "a=b@c", "3", Some("-40")),
            ("Desk lamp=1", "Desk lamp", "1", None),
        ] {
            let read: NewLine = text.parse().unwrap();
            let price = price.map(|price: &str| price.parse().unwrap());
            let product = product.to_owned();
            assert_eq!(read, NewLine { product, quantity: quantity.parse().unwrap(), price }, "{text}");
            assert_eq!(read.to_string(), text);
        }
    }

    #[test]
    fn other_texts_name_no_line() {
        for text in ["", "1", "=1", "0=1", "-1=1", "+1=1", "1.0=1", "1=", "1=x", "1=1=1", "a=1", "1=1@4", " 1=1"] {
            assert!(text.parse::<LineQuantity>().is_err(), "{text:?}");
        }
        for text in ["", "1", "0=1", "1=@4", "1=1@", "1=1@4@4", "x=1", "99999999999999999999=1"] {
            assert!(text.parse::<LineChange>().is_err(), "{text:?}");
        }
        for text in ["", "LAMP", "=1", "LAMP=", "LAMP=x", "LAMP=1@", "LAMP=1@0.0000001", "LAMP=@1"] {
            assert!(text.parse::<NewLine>().is_err(), "{text:?}");
        }
        for text in ["", "0", "-1", "+1", "1.0", "x"] {
            assert!(text.parse::<LineNumber>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_form_is_told() {
        let table = [
            ("LAMP".parse::<NewLine>().unwrap_err(), "\"LAMP\" is not of the form SKU=QTY or SKU=QTY@PRICE"),
            ("x".parse::<LineQuantity>().map(|_| ()).unwrap_err(), "\"x\" is not of the form N=QTY"),
            ("0=1".parse::<LineChange>().map(|_| ()).unwrap_err(), "\"0\" is not a line number"),
            ("1=z".parse::<LineChange>().map(|_| ()).unwrap_err(), "\"z\" is not a number"),
        ]
        .map(|(fault, start)| (fault.to_string(), start));
        for (sentence, start) in table {
            assert!(sentence.starts_with(start), "{sentence}");
        }
    }

    #[test]
    fn a_new_line_is_a_text_or_an_object() {
        let text: NewLine = serde_json::from_str(r#""LAMP=3@40.00""#).unwrap();
        let object: NewLine = serde_json::from_str(r#"{"product":"LAMP","quantity":"3","price":"40.00"}"#).unwrap();
        assert_eq!(text, object);
        assert_eq!(serde_json::to_string(&object).unwrap(), r#""LAMP=3@40""#);
        let plain: NewLine = serde_json::from_str(r#"{"product":"A=B","quantity":"3","price":null}"#).unwrap();
        assert_eq!(plain, "A=B=3".parse().unwrap());
        for json in [
            r#"{"product":"LAMP"}"#,
            r#"{"product":"LAMP","quantity":null}"#,
            r#"{"quantity":"3"}"#,
            r#"{"product":null,"quantity":"3"}"#,
            r#"{"product":"","quantity":"3"}"#,
            r#"{"product":"LAMP","quantity":"x"}"#,
            r#"{"product":"LAMP","quantity":"1","colour":"red"}"#,
            "true",
        ] {
            assert!(serde_json::from_str::<NewLine>(json).is_err(), "{json}");
        }
    }

    fn eur() -> Currency {
        Currency::iso("EUR").unwrap()
    }

    fn product(price: &str, tracking: Tracking, rates: &[(&str, bool)]) -> Product {
        let taxes = (1_i64..).zip(rates);
        let tax = |(key, (rate, included)): (i64, &(&str, bool))| {
            Tax::bare(key, format!("T{key}"), rate.parse().unwrap(), *included)
        };
        Product {
            key: 1,
            id: "LAMP".to_owned(),
            name: "Desk lamp".to_owned(),
            price: UnitPrice { price: price.parse().unwrap(), currency: eur() },
            kind: ProductType::Goods,
            tracking,
            taxes: taxes.map(tax).collect(),
            account: None,
            unit: Unit::default(),
        }
    }

    #[test]
    fn a_product_is_sold_at_its_own_price_and_taxes() {
        let lamp = product("40.00", Tracking::None, &[("20", false)]);
        for (quantity, price, untaxed, tax, total) in [
            ("3", None, "120.00", "24.00", "144.00"),
            ("3", Some("35.50"), "106.50", "21.30", "127.80"),
            ("0.5", Some("0"), "0.00", "0.00", "0.00"),
        ] {
            let price = price.map(|price| price.parse().unwrap());
            let line = sell(&lamp, quantity.parse().unwrap(), price, eur(), "line").unwrap();
            assert_eq!([line.untaxed.plain(), line.tax.plain(), line.total.plain()], [untaxed, tax, total]);
            assert_eq!(line.taxes.iter().map(|tax| tax.amount).collect::<Vec<_>>(), [line.tax]);
            assert_eq!(serde_json::to_string(&line.taxes).unwrap(), r#"["T1"]"#);
        }
    }

    #[test]
    fn what_cannot_be_sold_is_refused() {
        let usd = Currency::iso("USD").unwrap();
        let table = [
            (Tracking::None, "0", None, eur(), "quantity_invalid"),
            (Tracking::None, "-1", None, eur(), "quantity_invalid"),
            (Tracking::Serial, "1.5", None, eur(), "quantity_invalid"),
            (Tracking::None, "1", Some("-1"), eur(), "quantity_invalid"),
            (Tracking::None, "1", None, usd, "currency_mismatch"),
            (Tracking::None, "9000000000000", Some("9000000000000"), eur(), "invalid_value"),
        ];
        for (tracking, quantity, price, currency, code) in table {
            let price = price.map(|price| price.parse().unwrap());
            let refused = sell(&product("1", tracking, &[]), quantity.parse().unwrap(), price, currency, "line");
            let error = refused.unwrap_err();
            assert_eq!((error.fault().code, error.fault().field.as_deref()), (code, Some("line")), "{quantity}");
        }
        let lots = product("1", Tracking::Lot, &[]);
        assert!(sell(&lots, "1.5".parse().unwrap(), None, eur(), "line").is_ok());
        assert!(sell(&lots, "1".parse().unwrap(), Some(Price::ZERO), usd, "line").is_ok());
    }

    fn any_taxes() -> impl Strategy<Value = Vec<Tax>> {
        let tax = (0_i64..30_000_000, any::<bool>());
        prop::collection::vec(tax, 0..4).prop_map(|taxes| {
            let tax =
                |(key, (rate, included))| Tax::bare(key, format!("T{key}"), Percent::from_millionths(rate), included);
            (1_i64..).zip(taxes).map(tax).collect()
        })
    }

    fn any_line() -> impl Strategy<Value = PricedLine> {
        (0_i64..50_000_000, -1_000_000_000_i64..1_000_000_000, 0_i64..=100, any_taxes()).prop_map(
            |(quantity, price, discount, taxes)| {
                let price = UnitPrice { price: Price::from_millionths(price), currency: eur() };
                let discount = Percent::from_millionths(discount * 1_000_000);
                PricedLine::compute(Quantity::from_millionths(quantity), price, discount, &taxes).unwrap()
            },
        )
    }

    proptest! {
        #[test]
        fn a_line_is_the_sum_of_its_parts(line in any_line()) {
            let taxes: i64 = line.taxes.iter().map(|tax| tax.amount.minor).sum();
            prop_assert_eq!(line.tax.minor, taxes);
            prop_assert_eq!(line.total.minor, line.untaxed.minor + taxes);
            // Rewriting it at its own terms, or from its own amounts, changes nothing.
            prop_assert_eq!(&line.changed(line.quantity, line.price.price).unwrap(), &line);
            let copy =
                PricedLine::with_amounts(line.quantity, line.price, line.discount, line.taxes.clone(), &line.amounts());
            prop_assert_eq!(copy.unwrap(), line);
        }

        #[test]
        fn totals_are_the_exact_sums(lines in prop::collection::vec(any_line(), 0..6)) {
            let totals = Totals::of(eur(), &lines).unwrap();
            prop_assert_eq!(totals.untaxed.minor, lines.iter().map(|line| line.untaxed.minor).sum::<i64>());
            prop_assert_eq!(totals.tax.minor, lines.iter().map(|line| line.tax.minor).sum::<i64>());
            prop_assert_eq!(totals.total.minor, totals.untaxed.minor + totals.tax.minor);
        }

        #[test]
        fn what_is_shown_is_read_back(
            product in "\\PC{1,12}",
            line in 1_i64..,
            quantity in -i64::MAX..,
            price in prop::option::of(-i64::MAX..),
        ) {
            let line = LineNumber(line);
            let (quantity, price) = (Quantity::from_millionths(quantity), price.map(Price::from_millionths));
            let new = NewLine { product, quantity, price };
            prop_assert_eq!(new.to_string().parse(), Ok(new));
            let change = LineChange { line, quantity, price };
            prop_assert_eq!(change.to_string().parse(), Ok(change));
            let of = LineQuantity { line, quantity };
            prop_assert_eq!(of.to_string().parse(), Ok(of));
        }
    }
}
