//! `coupon-program`: what codes are worth, and when (spec C1).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::record::{Changed, Record, one};
use super::{Change, Cx, given, naming};
use crate::domain::coupon_program::{
    AmountTax, CouponProgram, Covers, GivenConditions, GivenProgram, Names, NewReward, On, ProgramType, Reward,
    brought_together, check_code, check_days, check_rewards, covered, minimum_quantity, more_than_nothing, usage_limit,
};
use crate::domain::desk::Right;
use crate::domain::in_use::InUse;
use crate::domain::value::day::Day;
use crate::domain::value::money::Amount;
use crate::domain::value::quantity::Quantity;
use crate::domain::value::text::Setting;
use crate::domain::{Faults, Result};
use crate::procedure::{self, coupon_program as steps};
use crate::store::{self, Db, Key, Page, coupon_program};

impl Record for CouponProgram {
    const KIND: &'static str = "coupon_program";
    const NOUN: &'static str = "coupon-program";
    const RIGHT: Right = Right::Sales;
    const FIELDS: &'static [&'static str] =
        &["id", "name", "type", "archived", "code", "currency", "start", "end", "usage_limit", "rewards", "conditions"];
    const COLUMNS: &'static [&'static str] =
        &["id", "name", "type", "code", "start", "end", "usage_limit", "currency", "archived"];
    const SCALARS: &'static [&'static str] =
        &["id", "name", "type", "archived", "code", "currency", "start", "end", "usage_limit"];
    const DAY: Option<&'static str> = None;

    fn find(db: &Db, given: &str) -> store::Result<Option<Self>> {
        coupon_program::by_id(db, given)
    }
    fn page(db: &Db, page: Page) -> store::Result<Vec<Self>> {
        coupon_program::page(db, page)
    }
    fn key(&self) -> Key {
        self.key
    }
    fn complete(&mut self, db: &Db) -> store::Result<()> {
        coupon_program::complete(db, self)
    }
}

/// Create a coupon program
///
/// A program of type coupons makes codes that each work once, from tickets; one of type promo-code has one code for all.
/// --on and --maximum apply to every discount that --reward gives; rewards that differ in them come in by 'import'.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales coupon-program create 'Sorry 10' --reward percent=10 --maximum 50 --minimum-amount 50\n  aftersales coupon-program create Bulbs --reward free-product=BULB:2 --condition-product LAMP\n  aftersales coupon-program create Spring --type promo-code --code SPRING-26 --reward fixed=5"
)]
pub struct CouponProgramCreate {
    /// Its id, for good (default: its name)
    #[arg(value_name = "NAME")]
    pub id: Option<String>,
    /// Its name, which can change (default: the id)
    #[arg(long)]
    pub name: Option<String>,
    /// percent=10, fixed=5 or free-product=SKU[:QTY] (repeatable)
    #[arg(long, value_name = "REWARD")]
    #[serde(default)]
    pub reward: Vec<Setting<NewReward>>,
    /// What a discount is taken off from: order, cheapest, or products as SKU,… (default: order)
    #[arg(long, value_name = "order|cheapest|SKU,…")]
    #[serde(default)]
    pub on: Vec<String>,
    /// What a discount is limited to, such as 50.00
    #[arg(long, value_name = "AMOUNT")]
    pub maximum: Option<Setting<Amount>>,
    /// What an order has to come to
    #[arg(long, value_name = "AMOUNT")]
    pub minimum_amount: Option<Setting<Amount>>,
    /// included or excluded: whether that amount is with taxes (default: included)
    #[arg(long)]
    pub minimum_amount_tax: Option<Setting<AmountTax>>,
    /// How many units an order has to have
    #[arg(long, value_name = "QTY")]
    pub minimum_quantity: Option<Setting<Quantity>>,
    /// A product that counts for amount and quantity, which an order has to have (repeatable; default: any)
    #[arg(long, value_name = "SKU")]
    #[serde(default)]
    pub condition_product: Vec<String>,
    /// The first day on which it is active
    #[arg(long, value_name = "DAY")]
    pub start: Option<Setting<Day>>,
    /// The last day on which it is active
    #[arg(long, value_name = "DAY")]
    pub end: Option<Setting<Day>>,
    /// How many confirmed orders may use it
    #[arg(long, value_name = "N")]
    pub usage_limit: Option<Setting<Quantity>>,
    /// coupons or promo-code (default: coupons)
    #[arg(long)]
    pub r#type: Option<Setting<ProgramType>>,
    /// The shared code of a promo-code program
    #[arg(long)]
    pub code: Option<String>,
    /// The currency of its amounts, and of the orders it works on (default: the desk's)
    #[arg(long)]
    pub currency: Option<String>,
}

impl Change for CouponProgramCreate {
    type Outcome = Changed<CouponProgram>;
    const RIGHT: Right = Right::Sales;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<CouponProgram>> {
        created(cx, steps::made_of(cx, &self.given()?, Names::FLAGS)?)
    }
}

/// Writes a new program, whose values are checked.
pub(super) fn created(cx: &Cx<'_>, mut program: CouponProgram) -> Result<Changed<CouponProgram>> {
    naming::check_new_names(cx.db, &program.id, &program.name, coupon_program::by_id)?;
    steps::check_code_free(cx, &program)?;
    program.key = cx.db.next_key()?;
    coupon_program::insert(cx.db, &program)?;
    cx.created("coupon_program", &program.id);
    Ok(Changed(program))
}

/// Writes a program in place of what it was, its values checked.
pub(super) fn replaced(cx: &Cx<'_>, before: &CouponProgram, program: CouponProgram) -> Result<Changed<CouponProgram>> {
    let what = format!("the coupon program {}", program.id);
    let used_by = coupon_program::first_coupon(cx.db, program.key)?;
    InUse::check(&what, "type", &before.kind, &program.kind, used_by.as_ref())?;
    naming::check_name(cx.db, &program.name, program.key, coupon_program::by_id)?;
    steps::check_code_free(cx, &program)?;
    kept(cx, before, program)
}

impl CouponProgramCreate {
    /// The flags brought together as one import record.
    fn given(&self) -> Result<GivenProgram> {
        let mut faults = Faults::default();
        let names = faults.gather(naming::id_and_name(self.id.as_deref(), self.name.as_deref()));
        let maximum = self.maximum.as_ref().and_then(|maximum| maximum.0.as_ref());
        let rewards = faults.gather(brought_together(given::list(&self.reward), &self.on, maximum));
        let tax = faults.gather(given::value("minimum_amount_tax", self.minimum_amount_tax));
        let kind = faults.gather(given::value("type", self.r#type));
        faults.refuse()?;
        let (id, name) = names.unwrap_or_default();
        Ok(GivenProgram {
            id,
            name: Some(name),
            kind: kind.flatten(),
            archived: None,
            code: self.code.clone(),
            currency: self.currency.clone(),
            start: self.start.and_then(|start| start.0),
            end: self.end.and_then(|end| end.0),
            usage_limit: self.usage_limit.and_then(|limit| limit.0),
            rewards: rewards.unwrap_or_default(),
            conditions: Some(GivenConditions {
                minimum_amount: self.minimum_amount.clone().and_then(|amount| amount.0),
                minimum_amount_tax: tax.flatten(),
                minimum_quantity: self.minimum_quantity.and_then(|least| least.0),
                products: self.condition_product.clone(),
            }),
        })
    }
}

/// Edit a coupon program
///
/// An empty value empties the field; a list replaces the list before it. --on and --maximum apply to every discount: to those
/// that --reward gives, else to those there are. Rewards that are given begin anew: on the order, without a maximum. The type
/// stays once a coupon was made.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales coupon-program edit 'Sorry 10' --reward percent=15 --maximum 30\n  aftersales coupon-program edit 'Sorry 10' --on LAMP,BULB --end 2026-12-31\n  aftersales coupon-program edit 'Sorry 10' --no-archived"
)]
pub struct CouponProgramEdit {
    /// The program
    pub coupon_program: String,
    /// Its name
    #[arg(long)]
    pub name: Option<String>,
    /// percent=10, fixed=5 or free-product=SKU[:QTY] (repeatable, replaces all)
    #[arg(long, value_name = "REWARD")]
    pub reward: Option<Vec<Setting<NewReward>>>,
    /// What a discount is taken off from: order, cheapest, or products as SKU,…
    #[arg(long, value_name = "order|cheapest|SKU,…")]
    pub on: Option<Vec<String>>,
    /// What a discount is limited to, such as 50.00
    #[arg(long, value_name = "AMOUNT")]
    pub maximum: Option<Setting<Amount>>,
    /// What an order has to come to
    #[arg(long, value_name = "AMOUNT")]
    pub minimum_amount: Option<Setting<Amount>>,
    /// included or excluded: whether that amount is with taxes
    #[arg(long)]
    pub minimum_amount_tax: Option<Setting<AmountTax>>,
    /// How many units an order has to have
    #[arg(long, value_name = "QTY")]
    pub minimum_quantity: Option<Setting<Quantity>>,
    /// A product that counts for amount and quantity, which an order has to have (repeatable, replaces all)
    #[arg(long, value_name = "SKU")]
    pub condition_product: Option<Vec<String>>,
    /// The first day on which it is active
    #[arg(long, value_name = "DAY")]
    pub start: Option<Setting<Day>>,
    /// The last day on which it is active
    #[arg(long, value_name = "DAY")]
    pub end: Option<Setting<Day>>,
    /// How many confirmed orders may use it
    #[arg(long, value_name = "N")]
    pub usage_limit: Option<Setting<Quantity>>,
    /// coupons or promo-code
    #[arg(long)]
    pub r#type: Option<Setting<ProgramType>>,
    /// The shared code of a promo-code program
    #[arg(long)]
    pub code: Option<String>,
    /// The currency of its amounts, which are then given again
    #[arg(long)]
    pub currency: Option<String>,
    /// Take it out of use, as 'archive' does
    #[arg(long)]
    #[serde(default)]
    pub archived: bool,
    /// Take it into use again
    #[arg(long)]
    #[serde(default)]
    pub no_archived: bool,
}

impl Change for CouponProgramEdit {
    type Outcome = Changed<CouponProgram>;
    const RIGHT: Right = Right::Sales;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<CouponProgram>> {
        let before: CouponProgram = one(cx, "coupon_program", &self.coupon_program)?;
        let mut faults = Faults::default();
        let program = self.edited(cx, &before, &mut faults)?;
        faults.refuse()?;

        program.check_currency(Names::FLAGS)?;
        replaced(cx, &before, program)
    }
}

impl CouponProgramEdit {
    /// The program with what was given, its value faults gathered.
    fn edited(&self, cx: &Cx<'_>, before: &CouponProgram, faults: &mut Faults) -> Result<CouponProgram> {
        let mut program = before.clone();
        faults.gather(naming::rename_found(&mut program.name, self.name.as_deref()));
        // Needed for the amounts, but told in the place of its flag.
        let named = self.currency.as_deref().map(|code| procedure::currency::named(cx, Some(code))).transpose();
        program.currency = named.as_ref().ok().copied().flatten().unwrap_or(before.currency);
        self.edit_rewards(cx, &mut program, faults)?;
        self.edit_conditions(cx, &mut program, faults)?;
        program.start = self.start.map_or(before.start, |start| start.0);
        program.end = self.end.map_or(before.end, |end| end.0);
        faults.gather(check_days(program.start, program.end));
        if let Some(Setting(limit)) = self.usage_limit {
            program.usage_limit = limit.and_then(|limit| faults.gather(usage_limit(limit)));
        }
        program.kind = faults.gather(given::value("type", self.r#type)).flatten().unwrap_or(before.kind);
        given::set_text(&mut program.code, self.code.as_deref());
        faults.gather(check_code(program.kind, program.code.as_deref()));
        faults.gather(named);
        faults.gather(given::set_switch(&mut program.archived, "archived", self.archived, self.no_archived));
        Ok(program)
    }

    fn edit_rewards(&self, cx: &Cx<'_>, program: &mut CouponProgram, faults: &mut Faults) -> Result<()> {
        let maximum = self.maximum.as_ref().and_then(|maximum| maximum.0.as_ref());
        if let Some(new) = &self.reward {
            let on = self.on.as_deref().unwrap_or_default();
            if let Some(given) = faults.gather(brought_together(given::list(new), on, maximum)) {
                faults.gather(check_rewards(&given, Names::FLAGS));
                program.rewards = steps::rewards(cx, faults, &given, program.currency, Names::FLAGS)?;
            }
            return Ok(());
        }
        let rewards = program.rewards.drain(..);
        let rewards: Vec<Reward> = match self.on.as_deref().map(covered) {
            None => rewards.collect(),
            Some((covers, products)) => {
                let on = match covers {
                    Covers::Order => On::Order,
                    Covers::Cheapest => On::Cheapest,
                    Covers::Products => On::Products(steps::products(cx, &products, "on")?),
                };
                rewards.map(|reward| reward.covering(&on)).collect()
            }
        };
        program.rewards = match &self.maximum {
            None => rewards,
            Some(_) => {
                let currency = program.currency;
                let maximum = maximum.and_then(|given| faults.gather(more_than_nothing(given, currency, "maximum")));
                rewards.into_iter().map(|reward| reward.limited_to(maximum)).collect()
            }
        };
        Ok(())
    }

    fn edit_conditions(&self, cx: &Cx<'_>, program: &mut CouponProgram, faults: &mut Faults) -> Result<()> {
        let currency = program.currency;
        let conditions = &mut program.conditions;
        if let Some(Setting(amount)) = &self.minimum_amount {
            let amount = amount.as_ref();
            conditions.minimum_amount =
                amount.and_then(|amount| faults.gather(more_than_nothing(amount, currency, "minimum_amount")));
        }
        let tax = faults.gather(given::value("minimum_amount_tax", self.minimum_amount_tax)).flatten();
        conditions.minimum_amount_tax = tax.unwrap_or(conditions.minimum_amount_tax);
        if let Some(Setting(least)) = self.minimum_quantity {
            conditions.minimum_quantity = least.and_then(|least| faults.gather(minimum_quantity(least)));
        }
        if let Some(products) = &self.condition_product {
            conditions.products = steps::products(cx, products, "condition_product")?;
        }
        Ok(())
    }
}

/// Archive a coupon program
///
/// It offers and accepts nothing any more; 'edit --no-archived' takes it into use again. Its coupons stay as they are.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales coupon-program archive 'Sorry 10'")]
pub struct CouponProgramArchive {
    /// The program
    pub coupon_program: String,
}

impl Change for CouponProgramArchive {
    type Outcome = Changed<CouponProgram>;
    const RIGHT: Right = Right::Sales;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<CouponProgram>> {
        let before: CouponProgram = one(cx, "coupon_program", &self.coupon_program)?;
        let program = CouponProgram { archived: true, ..before.clone() };
        kept(cx, &before, program)
    }
}

/// Writes a program where it changed.
fn kept(cx: &Cx<'_>, before: &CouponProgram, program: CouponProgram) -> Result<Changed<CouponProgram>> {
    if program != *before {
        coupon_program::update(cx.db, &program)?;
        cx.touched("coupon_program", &program.id);
    }
    Ok(Changed(program))
}
