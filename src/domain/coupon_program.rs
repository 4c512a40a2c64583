//! Coupon programs: what a code is worth, and under which conditions (spec C1).

use std::fmt;
use std::str::FromStr;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use super::Result;
use super::common::{CurrencyMismatch, ValueRefused};
use super::day::Day;
use super::money::{Amount, Currency, Money};
use super::number::NumberFault;
use super::product::Product;
use super::quantity::{Percent, Quantity};
use super::reference::Reference;
use super::text::{choices, text_value};

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
                hint: Some(format!("give it again in {} with --{}", self.currency, field.replace('_', "-"))),
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
        _ => return Ok(()),
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

/// A program as an import record gives it, or flags brought together (contract, section 6).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenProgram {
    pub id: String,
    /// The id where it is left out.
    pub name: Option<String>,
    /// `coupons` where it is left out.
    #[serde(rename = "type")]
    pub kind: Option<ProgramType>,
    pub archived: Option<bool>,
    pub code: Option<String>,
    /// The desk's where it is left out.
    pub currency: Option<String>,
    pub start: Option<Day>,
    pub end: Option<Day>,
    pub usage_limit: Option<Quantity>,
    #[serde(default)]
    pub rewards: Vec<GivenReward>,
    pub conditions: Option<GivenConditions>,
}

/// Conditions as given.
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

/// The reward that was given, in a program of that currency: `free` is the free product, `covered` the products named.
pub fn reward(
    given: &GivenReward,
    free: Option<&Product>,
    covered: Vec<Reference>,
    currency: Currency,
    names: Names,
) -> Result<Reward> {
    match (given.kind, free) {
        (RewardType::FreeProduct, Some(product)) => free_product(given, product, names),
        (RewardType::FreeProduct, None) => Err(ValueRefused::missing(names.reward).into()),
        (RewardType::Percent | RewardType::Fixed, Some(product)) => {
            let message = format!("a {} reward has no free product", given.kind);
            Err(ValueRefused::invalid(names.reward, &product.id, message).into())
        }
        (RewardType::Percent | RewardType::Fixed, None) => discount(given, covered, currency, names),
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

fn discount(given: &GivenReward, covered: Vec<Reference>, currency: Currency, names: Names) -> Result<Reward> {
    let Some(value) = &given.value else {
        return Err(ValueRefused::missing(names.reward).into());
    };
    let worth = match given.kind {
        RewardType::Percent => Worth::Percent(percent(value, names.reward)?),
        _ => Worth::Fixed(more_than_nothing(value, currency, names.reward)?),
    };
    if let Some(quantity) = given.quantity {
        return Err(ValueRefused::invalid(names.reward, quantity, "a discount has no quantity").into());
    }
    let on = match given.on.unwrap_or(Covers::Order) {
        Covers::Products if covered.is_empty() => return Err(ValueRefused::missing(names.on).into()),
        Covers::Products => On::Products(covered),
        other if !covered.is_empty() => {
            return Err(ValueRefused::invalid(names.on, other, format!("on {other} names no products")).into());
        }
        Covers::Order => On::Order,
        Covers::Cheapest => On::Cheapest,
    };
    let maximum = given.maximum.as_ref().map(|maximum| more_than_nothing(maximum, currency, names.maximum));
    Ok(Reward::Discount { worth, on, maximum: maximum.transpose()? })
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
