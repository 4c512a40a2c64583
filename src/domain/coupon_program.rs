//! Coupon programs: what a code is worth, and under which conditions (spec C1).

use std::fmt;
use std::str::FromStr;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use super::common::{CurrencyMismatch, ValueRefused};
use super::product::Product;
use super::{Faults, Refusal, Result};
use crate::domain::value::day::Day;
use crate::domain::value::money::{Amount, Currency, Money};
use crate::domain::value::number::NumberFault;
use crate::domain::value::quantity::{Percent, Quantity};
use crate::domain::value::reference::{Reference, shell_word};
use crate::domain::value::text::{choices, text_value};

choices! {
    /// Whether a program makes codes that each work once, or has one code for all (spec C1).
    pub enum ProgramType: "type" {
        Coupons = "coupons",
        PromoCode = "promo-code",
    }
}

choices! {
    /// What kind of reward a program gives.
    pub enum RewardType: "type" {
        Percent = "percent",
        Fixed = "fixed",
        FreeProduct = "free_product",
    }
}

choices! {
    /// What a discount covers.
    pub enum Covers: "on" {
        Order = "order",
        Cheapest = "cheapest",
        Products = "products",
    }
}

choices! {
    /// Whether a minimum amount is counted with its taxes.
    pub enum AmountTax: "minimum amount tax" {
        Included = "included",
        Excluded = "excluded",
    }
}

/// A program as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CouponProgram {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: ProgramType,
    pub archived: bool,
    /// The shared code of a promo-code program.
    pub code: Option<String>,
    pub currency: Currency,
    /// The first day on which it is active.
    pub start: Option<Day>,
    /// The last day on which it is active.
    pub end: Option<Day>,
    /// How many confirmed orders may use it.
    pub usage_limit: Option<i64>,
    pub rewards: Vec<Reward>,
    pub conditions: Conditions,
}

/// When an order qualifies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conditions {
    pub minimum_amount: Option<Money>,
    pub minimum_amount_tax: AmountTax,
    pub minimum_quantity: Option<Quantity>,
    /// The products that count; any where none is named.
    pub products: Vec<Reference>,
}

/// What a code gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reward {
    Discount {
        worth: Worth,
        on: On,
        /// What it is limited to.
        maximum: Option<Money>,
    },
    FreeProduct {
        product: Reference,
        quantity: Quantity,
    },
}

/// How much a discount takes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    Percent(Percent),
    Fixed(Money),
}

/// What a discount is taken off from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum On {
    Order,
    Cheapest,
    Products(Vec<Reference>),
}

impl On {
    /// The word for it.
    pub fn covers(&self) -> Covers {
        match self {
            On::Order => Covers::Order,
            On::Cheapest => Covers::Cheapest,
            On::Products(_) => Covers::Products,
        }
    }

    /// The products named.
    pub fn products(&self) -> &[Reference] {
        match self {
            On::Products(products) => products,
            On::Order | On::Cheapest => &[],
        }
    }
}

impl Reward {
    /// The same reward on something else; a free product is on nothing.
    pub fn covering(self, other: &On) -> Reward {
        match self {
            Reward::Discount { worth, maximum, .. } => Reward::Discount { worth, on: other.clone(), maximum },
            free => free,
        }
    }

    /// The same reward with another maximum; a free product has none.
    pub fn limited_to(self, maximum: Option<Money>) -> Reward {
        match self {
            Reward::Discount { worth, on, .. } => Reward::Discount { worth, on, maximum },
            free => free,
        }
    }

    /// The word for its kind.
    pub fn kind(&self) -> RewardType {
        match self {
            Reward::Discount { worth: Worth::Percent(_), .. } => RewardType::Percent,
            Reward::Discount { worth: Worth::Fixed(_), .. } => RewardType::Fixed,
            Reward::FreeProduct { .. } => RewardType::FreeProduct,
        }
    }
}

/// A reward in a sentence for people, such as `10% off the order`.
impl fmt::Display for Reward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (worth, on, maximum) = match self {
            Reward::FreeProduct { product, quantity } => return write!(f, "{quantity} {product} for free"),
            Reward::Discount { worth, on, maximum } => (worth, on, maximum),
        };
        match worth {
            Worth::Percent(percent) => write!(f, "{percent}% off ")?,
            Worth::Fixed(amount) => write!(f, "{amount} off ")?,
        }
        match on {
            On::Order => write!(f, "the order")?,
            On::Cheapest => write!(f, "the cheapest product")?,
            On::Products(products) => {
                let ids: Vec<&str> = products.iter().map(|product| product.id.as_str()).collect();
                write!(f, "{}", ids.join(", "))?;
            }
        }
        maximum.map_or(Ok(()), |maximum| write!(f, ", at most {maximum}"))
    }
}

impl Serialize for Reward {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let (value, on, maximum, free) = match self {
            Reward::Discount { worth, on, maximum } => {
                let value = match worth {
                    Worth::Percent(percent) => percent.to_string(),
                    Worth::Fixed(amount) => amount.plain(),
                };
                (Some(value), Some(on), *maximum, None)
            }
            Reward::FreeProduct { product, quantity } => (None, None, None, Some((product, quantity))),
        };
        let mut shown = serializer.serialize_struct("reward", 7)?;
        shown.serialize_field("type", &self.kind())?;
        shown.serialize_field("value", &value)?;
        shown.serialize_field("on", &on.map(On::covers))?;
        shown.serialize_field("products", on.map_or(&[][..], On::products))?;
        shown.serialize_field("product", &free.map(|(product, _)| product))?;
        shown.serialize_field("quantity", &free.map(|(_, quantity)| quantity))?;
        shown.serialize_field("maximum", &maximum)?;
        shown.end()
    }
}

impl CouponProgram {
    /// The program as other records name it.
    pub fn reference(&self) -> Reference {
        Reference { key: self.key, id: self.id.clone() }
    }

    /// Whether it is in use on that day: not archived, and between its days, both included (spec C1).
    pub fn is_active(&self, today: Day) -> bool {
        let begun = self.start.is_none_or(|start| start <= today);
        let over = self.end.is_some_and(|end| end < today);
        !self.archived && begun && !over
    }

    /// Refuses amounts in another currency than the program's, which an edit of the currency would leave (spec G4).
    pub fn check_currency(&self, names: Names) -> Result<()> {
        match self.amounts(names).into_iter().find(|(_, amount)| amount.currency != self.currency) {
            None => Ok(()),
            Some((field, amount)) => Err(CurrencyMismatch {
                field,
                what: format!("{amount} of the program"),
                has: amount.currency,
                wanted: self.currency,
                way_out: "; it has to be given again",
            }
            .into()),
        }
    }

    /// Every amount in it, with the flag that gives it.
    fn amounts(&self, names: Names) -> Vec<(&'static str, Money)> {
        let mut amounts = Vec::new();
        for reward in &self.rewards {
            if let Reward::Discount { worth, maximum, .. } = reward {
                if let Worth::Fixed(amount) = worth {
                    amounts.push((names.reward, *amount));
                }
                amounts.extend(maximum.map(|maximum| (names.maximum, maximum)));
            }
        }
        amounts.extend(self.conditions.minimum_amount.map(|amount| ("minimum_amount", amount)));
        amounts
    }
}

/// Refuses a promo code where it cannot stand, and a promo-code program without one (spec C1).
pub fn check_code(kind: ProgramType, code: Option<&str>) -> Result<()> {
    let fault = match (kind, code) {
        (ProgramType::PromoCode, None) => ValueRefused::missing("code"),
        (ProgramType::PromoCode, Some(code)) if folded_code(code).is_empty() => {
            ValueRefused::invalid("code", code, "a code needs more than blanks and dashes")
        }
        (ProgramType::Coupons, Some(code)) => {
            ValueRefused::invalid("code", code, "only a program of type promo-code has a shared code")
        }
        (ProgramType::PromoCode, Some(code)) => return Ok(ValueRefused::check_id("code", code)?),
        (ProgramType::Coupons, None) => return Ok(()),
    };
    Err(fault.into())
}

/// Refuses a program that ends before it starts.
pub fn check_days(start: Option<Day>, end: Option<Day>) -> Result<()> {
    match (start, end) {
        (Some(start), Some(end)) if end < start => {
            Err(ValueRefused::invalid("end", end, format!("it ends on {end}, before it starts on {start}")).into())
        }
        _ => Ok(()),
    }
}

/// Refuses a program without a reward (spec C1).
pub fn check_rewards(rewards: &[GivenReward], names: Names) -> Result<()> {
    if rewards.is_empty() { Err(ValueRefused::missing(names.reward).into()) } else { Ok(()) }
}

/// A code as it is compared: without case, spaces and dashes (contract, section 7).
pub fn folded_code(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace() && *c != '-').flat_map(char::to_lowercase).collect()
}

/// A code that a program or a coupon has already, in whatever spelling (contract, section 7).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the code {code} is taken already by {}", .program.as_ref().map_or("a coupon".to_owned(), |program| format!("the program {program}")))]
pub struct CodeTaken {
    pub code: String,
    /// The program that has it; none where it is a coupon's.
    pub program: Option<String>,
}

impl Refusal for CodeTaken {
    fn code(&self) -> &'static str {
        "already_exists"
    }
    fn field(&self) -> Option<&'static str> {
        Some("code")
    }
    fn given(&self) -> Option<String> {
        Some(self.code.clone())
    }
    fn hint(&self) -> Option<String> {
        Some(match &self.program {
            Some(program) => format!("aftersales coupon-program show {}", shell_word(program)),
            None => format!("aftersales coupon show {}", shell_word(&self.code)),
        })
    }
}

/// Where the parts of a reward are given: the flags of a command, or the keys of an import record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names {
    pub reward: &'static str,
    pub on: &'static str,
    pub maximum: &'static str,
}

impl Names {
    /// `--reward`, `--on`, `--maximum`.
    pub const FLAGS: Names = Names { reward: "reward", on: "on", maximum: "maximum" };
    /// All of it in `rewards`.
    pub const RECORD: Names = Names { reward: "rewards", on: "rewards", maximum: "rewards" };
}

/// A reward as a flag gives it: `percent=10`, `fixed=5`, `free-product=LAMP` or `free-product=LAMP:2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewReward {
    Percent(Amount),
    Fixed(Amount),
    FreeProduct { product: String, quantity: Option<Quantity> },
}

/// Why a text is no reward.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RewardFault {
    #[error("{0:?} is not of the form percent=10, fixed=5 or free-product=SKU:QTY")]
    Form(String),
    #[error(transparent)]
    Number(#[from] NumberFault),
}

impl FromStr for NewReward {
    type Err = RewardFault;

    fn from_str(text: &str) -> std::result::Result<Self, RewardFault> {
        match text.split_once('=') {
            Some(("percent", percent)) => Ok(NewReward::Percent(percent.parse()?)),
            Some(("fixed", amount)) => Ok(NewReward::Fixed(amount.parse()?)),
            Some(("free-product", free)) if !free.is_empty() => Ok(read_free_product(free)),
            _ => Err(RewardFault::Form(text.to_owned())),
        }
    }
}

/// `SKU:QTY`; what stands behind the last colon belongs to the product where it is no number.
fn read_free_product(text: &str) -> NewReward {
    if let Some((product, quantity)) = text.rsplit_once(':')
        && let Ok(quantity) = quantity.parse()
        && !product.is_empty()
    {
        return NewReward::FreeProduct { product: product.to_owned(), quantity: Some(quantity) };
    }
    NewReward::FreeProduct { product: text.to_owned(), quantity: None }
}

impl fmt::Display for NewReward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NewReward::Percent(percent) => write!(f, "percent={percent}"),
            NewReward::Fixed(amount) => write!(f, "fixed={amount}"),
            NewReward::FreeProduct { product, quantity: None } => write!(f, "free-product={product}"),
            NewReward::FreeProduct { product, quantity: Some(quantity) } => {
                write!(f, "free-product={product}:{quantity}")
            }
        }
    }
}

text_value!(NewReward, "a reward such as \"percent=10\"");

/// A reward with all its parts as given, which an import record has at once and flags bring together.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenReward {
    #[serde(rename = "type")]
    pub kind: RewardType,
    /// The percentage or the amount.
    pub value: Option<Amount>,
    pub on: Option<Covers>,
    /// What `on` products covers.
    #[serde(default)]
    pub products: Vec<String>,
    /// The free product.
    pub product: Option<String>,
    pub quantity: Option<Quantity>,
    pub maximum: Option<Amount>,
}

impl GivenReward {
    /// A reward as a flag gives it, without what other flags say of it.
    pub fn of(new: NewReward) -> GivenReward {
        let bare = |kind, value| GivenReward {
            kind,
            value,
            on: None,
            products: Vec::new(),
            product: None,
            quantity: None,
            maximum: None,
        };
        match new {
            NewReward::Percent(percent) => bare(RewardType::Percent, Some(percent)),
            NewReward::Fixed(amount) => bare(RewardType::Fixed, Some(amount)),
            NewReward::FreeProduct { product, quantity } => {
                GivenReward { product: Some(product), quantity, ..bare(RewardType::FreeProduct, None) }
            }
        }
    }
}

/// The rewards that flags give: each of `--reward`, and what `--on` and `--maximum` say of every discount among them.
pub fn brought_together(new: Vec<NewReward>, on: &[String], maximum: Option<&Amount>) -> Result<Vec<GivenReward>> {
    let mut rewards: Vec<GivenReward> = new.into_iter().map(GivenReward::of).collect();
    let discounts = rewards.iter_mut().filter(|reward| reward.kind != RewardType::FreeProduct);
    let (covers, products) = covered(on);
    let mut any = false;
    for reward in discounts {
        any = true;
        reward.on = Some(covers);
        reward.products.clone_from(&products);
        reward.maximum = maximum.cloned();
    }
    let stray = on.first().map(|on| ("on", on.clone())).or(maximum.map(|maximum| ("maximum", maximum.to_string())));
    match stray {
        Some((field, given)) if !any && !rewards.is_empty() => {
            Err(ValueRefused::invalid(field, given, format!("--{field} is for a discount, and there is none")).into())
        }
        _ => Ok(rewards),
    }
}

/// What `--on` names: one of its words, or products, also several with commas between them.
pub fn covered(on: &[String]) -> (Covers, Vec<String>) {
    let pieces: Vec<&str> = on.iter().flat_map(|on| on.split(',')).filter(|piece| !piece.is_empty()).collect();
    match pieces.as_slice() {
        [] | ["order"] => (Covers::Order, Vec::new()),
        ["cheapest"] => (Covers::Cheapest, Vec::new()),
        products => (Covers::Products, products.iter().map(|id| (*id).to_owned()).collect()),
    }
}

/// Conditions as an import record gives them (contract, section 6).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenConditions {
    pub minimum_amount: Option<Amount>,
    /// `included` where it is left out.
    pub minimum_amount_tax: Option<AmountTax>,
    pub minimum_quantity: Option<Quantity>,
    #[serde(default)]
    pub products: Vec<String>,
}

/// The reward that was given, in a program of that currency, its faults gathered: `free` is the free product, `covered` the
/// products named.
pub fn reward(
    given: &GivenReward,
    free: Option<&Product>,
    covered: Vec<Reference>,
    currency: Currency,
    names: Names,
    faults: &mut Faults,
) -> Option<Reward> {
    match (given.kind, free) {
        (RewardType::FreeProduct, Some(product)) => faults.gather(free_product(given, product, names)),
        (RewardType::FreeProduct, None) => faults.gather(Err(ValueRefused::missing(names.reward).into())),
        (RewardType::Percent | RewardType::Fixed, Some(product)) => {
            let message = format!("a {} reward has no free product", given.kind);
            faults.gather(Err(ValueRefused::invalid(names.reward, &product.id, message).into()))
        }
        (RewardType::Percent | RewardType::Fixed, None) => {
            let worth = faults.gather(worth(given, currency, names.reward));
            let on = faults.gather(on(given, covered, names.on));
            let maximum = given.maximum.as_ref();
            let maximum =
                maximum.and_then(|maximum| faults.gather(more_than_nothing(maximum, currency, names.maximum)));
            Some(Reward::Discount { worth: worth?, on: on?, maximum })
        }
    }
}

fn free_product(given: &GivenReward, product: &Product, names: Names) -> Result<Reward> {
    let quantity = given.quantity.unwrap_or(Quantity::ONE);
    let is_more_than_nothing = !quantity.is_zero() && !quantity.is_negative();
    if !is_more_than_nothing || !product.allows(quantity) {
        let message = format!("{quantity} {} is nothing that can be given", product.id);
        return Err(ValueRefused::quantity(names.reward, quantity, message).into());
    }
    if let Some(value) = &given.value {
        return Err(ValueRefused::invalid(names.reward, value, "a free product has no value").into());
    }
    // Told here and not ignored: who names a limit expects one.
    if let Some(maximum) = &given.maximum {
        return Err(ValueRefused::invalid(names.maximum, maximum, "a free product has no maximum").into());
    }
    if given.on.is_some() || !given.products.is_empty() {
        return Err(ValueRefused::invalid(names.on, &product.id, "a free product is not on anything").into());
    }
    Ok(Reward::FreeProduct { product: product.reference(), quantity })
}

fn worth(given: &GivenReward, currency: Currency, field: &'static str) -> Result<Worth> {
    if let Some(quantity) = given.quantity {
        return Err(ValueRefused::invalid(field, quantity, "a discount has no quantity").into());
    }
    match (given.kind, &given.value) {
        (_, None) => Err(ValueRefused::missing(field).into()),
        (RewardType::Percent, Some(value)) => percent(value, field).map(Worth::Percent),
        (_, Some(value)) => more_than_nothing(value, currency, field).map(Worth::Fixed),
    }
}

fn on(given: &GivenReward, covered: Vec<Reference>, field: &'static str) -> Result<On> {
    match given.on.unwrap_or(Covers::Order) {
        Covers::Products if covered.is_empty() => Err(ValueRefused::missing(field).into()),
        Covers::Products => Ok(On::Products(covered)),
        other if !covered.is_empty() => {
            Err(ValueRefused::invalid(field, other, format!("on {other} names no products")).into())
        }
        Covers::Order => Ok(On::Order),
        Covers::Cheapest => Ok(On::Cheapest),
    }
}

fn percent(value: &Amount, field: &'static str) -> Result<Percent> {
    let percent: Percent =
        value.as_str().parse().map_err(|fault: NumberFault| ValueRefused::invalid(field, value, fault.to_string()))?;
    if percent.is_zero() || !percent.is_discount() {
        let message = format!("{percent} percent is not more than 0 and at most 100");
        return Err(ValueRefused::quantity(field, percent, message).into());
    }
    Ok(percent)
}

/// An amount above zero in that currency.
pub fn more_than_nothing(given: &Amount, currency: Currency, field: &'static str) -> Result<Money> {
    let amount = given.in_currency(currency).map_err(|fault| ValueRefused::invalid(field, given, fault.to_string()))?;
    if amount.is_zero() || amount.is_negative() {
        return Err(ValueRefused::quantity(field, given, format!("{given} is not more than nothing")).into());
    }
    Ok(amount)
}

/// How often a program may be used: a whole number, once at least.
pub fn usage_limit(given: Quantity) -> Result<i64> {
    match given.whole() {
        Some(limit) if limit > 0 => Ok(limit),
        _ => {
            let message = format!("{given} is not a whole number of uses, one at least");
            Err(ValueRefused::quantity("usage_limit", given, message).into())
        }
    }
}

/// The quantity that an order needs at least: more than none.
pub fn minimum_quantity(given: Quantity) -> Result<Quantity> {
    if given.is_zero() || given.is_negative() {
        let message = format!("{given} is not more than none");
        return Err(ValueRefused::quantity("minimum_quantity", given, message).into());
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::product::{ProductType, Tracking, Unit, UnitPrice};
    use crate::domain::value::quantity::Price;
    use proptest::prelude::*;

    fn eur() -> Currency {
        Currency::iso("EUR").unwrap()
    }

    fn product(id: &str, tracking: Tracking) -> Product {
        Product {
            key: 1,
            id: id.to_owned(),
            name: id.to_owned(),
            price: UnitPrice { price: Price::ZERO, currency: eur() },
            kind: ProductType::Goods,
            tracking,
            taxes: Vec::new(),
            account: None,
            unit: Unit::default(),
        }
    }

    fn lamp() -> Reference {
        product("LAMP", Tracking::None).reference()
    }

    /// The reward, or the code and field of the first fault.
    fn decided(
        given: &GivenReward,
        free: Option<&Product>,
        covered: Vec<Reference>,
    ) -> std::result::Result<Reward, String> {
        let mut faults = Faults::default();
        let reward = reward(given, free, covered, eur(), Names::FLAGS, &mut faults);
        let told = |error: super::super::Error| {
            let fault = error.fault();
            format!("{} {}", fault.code, fault.field.as_deref().unwrap_or_default())
        };
        faults.refuse().map_err(told).map(|()| reward.unwrap())
    }

    fn given(json: &str) -> GivenReward {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn rewards_are_read_as_they_are_typed() {
        let free = |product: &str, quantity: Option<&str>| NewReward::FreeProduct {
            product: product.to_owned(),
            quantity: quantity.map(|quantity| quantity.parse().unwrap()),
        };
        for (text, reward) in [
            ("percent=10", NewReward::Percent("10".parse().unwrap())),
            ("percent=-1", NewReward::Percent("-1".parse().unwrap())),
            ("fixed=5.00", NewReward::Fixed("5.00".parse().unwrap())),
            ("free-product=BULB", free("BULB", None)),
            ("free-product=BULB:2", free("BULB", Some("2"))),
            ("free-product=A=B:C", free("A=B:C", None)),
            ("free-product=A:B:0.5", free("A:B", Some("0.5"))),
            ("free-product=:2", free(":2", None)),
        ] {
            assert_eq!(text.parse(), Ok(reward), "{text}");
            assert_eq!(text.parse::<NewReward>().unwrap().to_string(), text);
        }
        for text in
            ["", "10", "percent", "percent=", "percent=x", "fixed=1e3", "free-product=", "free=BULB", "Percent=1"]
        {
            assert!(text.parse::<NewReward>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_reward_has_what_its_kind_has() {
        let bulb = product("BULB", Tracking::None);
        let saw = product("SAW", Tracking::Serial);
        let table = [
            // given, free product, covered, shown or the first fault
            (r#"{"type":"percent","value":"10"}"#, None, vec![], Ok("10% off the order")),
            (r#"{"type":"percent","value":"100","on":"cheapest"}"#, None, vec![], Ok("100% off the cheapest product")),
            (
                r#"{"type":"fixed","value":"5","on":"products","maximum":"3.50"}"#,
                None,
                vec![lamp()],
                Ok("5.00 EUR off LAMP, at most 3.50 EUR"),
            ),
            (r#"{"type":"free_product"}"#, Some(&bulb), vec![], Ok("1 BULB for free")),
            (r#"{"type":"free_product","quantity":"0.5"}"#, Some(&bulb), vec![], Ok("0.5 BULB for free")),
            (r#"{"type":"percent"}"#, None, vec![], Err("missing_field reward")),
            (r#"{"type":"percent","value":"0"}"#, None, vec![], Err("quantity_invalid reward")),
            (r#"{"type":"percent","value":"100.000001"}"#, None, vec![], Err("quantity_invalid reward")),
            (r#"{"type":"percent","value":"-5"}"#, None, vec![], Err("quantity_invalid reward")),
            (r#"{"type":"percent","value":"0.0000001"}"#, None, vec![], Err("invalid_value reward")),
            (r#"{"type":"percent","value":"5","quantity":"1"}"#, None, vec![], Err("invalid_value reward")),
            (r#"{"type":"fixed","value":"0"}"#, None, vec![], Err("quantity_invalid reward")),
            (r#"{"type":"fixed","value":"0.005"}"#, None, vec![], Err("invalid_value reward")),
            (r#"{"type":"fixed","value":"5","maximum":"0.00"}"#, None, vec![], Err("quantity_invalid maximum")),
            (r#"{"type":"fixed","value":"5","on":"products"}"#, None, vec![], Err("missing_field on")),
            (r#"{"type":"fixed","value":"5","on":"order"}"#, None, vec![lamp()], Err("invalid_value on")),
            (r#"{"type":"fixed","value":"5"}"#, Some(&bulb), vec![], Err("invalid_value reward")),
            (r#"{"type":"free_product"}"#, None, vec![], Err("missing_field reward")),
            (r#"{"type":"free_product","quantity":"0"}"#, Some(&bulb), vec![], Err("quantity_invalid reward")),
            (r#"{"type":"free_product","quantity":"-1"}"#, Some(&bulb), vec![], Err("quantity_invalid reward")),
            (r#"{"type":"free_product","quantity":"0.5"}"#, Some(&saw), vec![], Err("quantity_invalid reward")),
            (r#"{"type":"free_product","value":"5"}"#, Some(&bulb), vec![], Err("invalid_value reward")),
            (r#"{"type":"free_product","maximum":"5"}"#, Some(&bulb), vec![], Err("invalid_value maximum")),
            (r#"{"type":"free_product","on":"order"}"#, Some(&bulb), vec![], Err("invalid_value on")),
        ];
        for (json, free, covered, expected) in table {
            let decided = decided(&given(json), free, covered).map(|reward| reward.to_string());
            assert_eq!(decided.as_deref().map_err(String::as_str), expected, "{json}");
        }
    }

    #[test]
    fn on_and_maximum_are_of_every_discount() {
        let new = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<NewReward>>();
        let words = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let maximum: Amount = "7".parse().unwrap();

        let rewards = brought_together(
            new(&["percent=10", "free-product=B", "fixed=5"]),
            &words(&["LAMP,BULB", "SAW"]),
            Some(&maximum),
        )
        .unwrap();
        let told: Vec<_> =
            rewards.iter().map(|reward| (reward.on, reward.products.len(), reward.maximum.is_some())).collect();
        let discount = (Some(Covers::Products), 3, true);
        assert_eq!(told, [discount, (None, 0, false), discount]);

        for (on, maximum, good) in [(&[][..], None, true), (&["order"], None, false), (&[], Some(&maximum), false)] {
            assert_eq!(brought_together(new(&["free-product=B"]), &words(on), maximum).is_ok(), good, "{on:?}");
        }
        for (on, covers) in [
            (&[""][..], Covers::Order),
            (&["order"], Covers::Order),
            (&["cheapest"], Covers::Cheapest),
            (&["X"], Covers::Products),
        ] {
            assert_eq!(covered(&words(on)).0, covers, "{on:?}");
        }
    }

    #[test]
    fn all_keys_of_a_reward_are_shown() {
        let reward = decided(&given(r#"{"type":"fixed","value":"5","on":"products"}"#), None, vec![lamp()]).unwrap();
        assert_eq!(
            serde_json::to_string(&reward).unwrap(),
            r#"{"type":"fixed","value":"5.00","on":"products","products":["LAMP"],"product":null,"quantity":null,"maximum":null}"#
        );
        let bulb = product("BULB", Tracking::None);
        let reward = decided(&given(r#"{"type":"free_product"}"#), Some(&bulb), Vec::new()).unwrap();
        assert_eq!(
            serde_json::to_string(&reward).unwrap(),
            r#"{"type":"free_product","value":null,"on":null,"products":[],"product":"BULB","quantity":"1","maximum":null}"#
        );
    }

    #[test]
    fn the_days_and_the_code_fit_the_program() {
        let day = |text: &str| Some(text.parse().unwrap());
        for (start, end, good) in [
            (None, None, true),
            (day("2026-01-02"), None, true),
            (None, day("2026-01-01"), true),
            (day("2026-01-01"), day("2026-01-01"), true),
            (day("2026-01-02"), day("2026-01-01"), false),
        ] {
            assert_eq!(check_days(start, end).is_ok(), good, "{start:?} {end:?}");
        }
        for (kind, code, expected) in [
            (ProgramType::Coupons, None, Ok(())),
            (ProgramType::Coupons, Some("SPRING"), Err("invalid_value")),
            (ProgramType::PromoCode, Some("SPRING"), Ok(())),
            (ProgramType::PromoCode, None, Err("missing_field")),
            (ProgramType::PromoCode, Some(" - "), Err("invalid_value")),
        ] {
            assert_eq!(check_code(kind, code).map_err(|error| error.fault().code), expected, "{kind} {code:?}");
        }
    }

    #[test]
    fn counts_are_more_than_none() {
        for (text, limit) in [("1", Ok(1)), ("250", Ok(250)), ("0", Err(())), ("-1", Err(())), ("1.5", Err(()))] {
            assert_eq!(usage_limit(text.parse().unwrap()).map_err(|_| ()), limit, "{text}");
        }
        for (text, good) in [("1", true), ("0.5", true), ("0", false), ("-1", false)] {
            assert_eq!(minimum_quantity(text.parse().unwrap()).is_ok(), good, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_code_is_the_same_in_every_spelling(code in "[A-Z0-9]{1,12}", places in prop::collection::vec(0_usize..12, 0..4)) {
            let mut spelled = code.to_lowercase();
            for place in places {
                spelled.insert(place.min(spelled.len()), if place % 2 == 0 { '-' } else { ' ' });
            }
            prop_assert_eq!(folded_code(&spelled), folded_code(&code));
        }
    }
}
