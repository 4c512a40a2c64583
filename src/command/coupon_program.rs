//! `coupon-program`: what codes are worth, and when (spec C1).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::form::{Emptied, Form, Help, NewId, check_free};
use super::pipeline::noun::Changed;
use super::pipeline::noun::{Noun, one};
use super::{Change, Cx, given, naming};
use crate::domain::coupon_program::{
    AmountTax, Conditions, CouponProgram, Covers, GivenConditions, GivenReward, Names, NewReward, On, ProgramType,
    Reward, brought_together, check_code, check_days, check_rewards, covered, minimum_quantity, more_than_nothing,
    usage_limit,
};
use crate::domain::desk::Right;
use crate::domain::in_use::InUse;
use crate::domain::value::day::Day;
use crate::domain::value::money::Amount;
use crate::domain::value::quantity::Quantity;
use crate::domain::value::text::Setting;
use crate::domain::{Faults, Result};
use crate::procedure::{self, coupon_program as steps};
use crate::store::coupon_program;

impl Noun for CouponProgram {
    const KIND: &'static str = "coupon_program";
    const NOUN: &'static str = "coupon-program";
    const RIGHT: Right = Right::Sales;
}

/// The columns of its table: what tells most goes first.
pub const COLUMNS: &[&str] = &["id", "name", "type", "code", "start", "end", "usage_limit", "currency", "archived"];

/// What can be said of a coupon program. An import record tells rewards and conditions whole, each under one key.
#[derive(Args, Serialize, Deserialize, Debug)]
pub struct CouponProgramForm {
    /// Its name, which can change (default: the id)
    #[arg(long)]
    pub name: Option<String>,
    /// percent=10, fixed=5 or free-product=SKU[:QTY] (repeatable)
    #[arg(long, value_name = "REWARD")]
    pub reward: Option<Vec<Setting<NewReward>>>,
    /// What a discount is taken off from: order, cheapest, or products as SKU,… (default: order)
    #[arg(long, value_name = "order|cheapest|SKU,…")]
    pub on: Option<Vec<String>>,
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
    /// coupons or promo-code (default: coupons)
    #[arg(long)]
    pub r#type: Option<Setting<ProgramType>>,
    /// The shared code of a promo-code program
    #[arg(long)]
    pub code: Option<String>,
    /// The currency of its amounts, and of the orders it works on (default: the desk's); where it changes, amounts are given again
    #[arg(long)]
    pub currency: Option<String>,
    /// Take it out of use, as 'archive' does
    #[arg(long)]
    #[serde(default)]
    pub archived: bool,
    /// Take it into use (the default)
    #[arg(long)]
    #[serde(default)]
    pub no_archived: bool,
    /// The rewards of an import record.
    #[arg(skip)]
    #[serde(default, skip_serializing)]
    pub rewards: Option<Vec<GivenReward>>,
    /// The conditions of an import record.
    #[arg(skip)]
    #[serde(default, skip_serializing)]
    pub conditions: Option<GivenConditions>,
}

impl Form for CouponProgramForm {
    type Record = CouponProgram;
    const CREATE: Help = Help {
        about: "Create a coupon program",
        more: "A program of type coupons makes codes that each work once, from tickets; one of type promo-code has one code for all. \
               --on and --maximum apply to every discount that --reward gives; rewards that differ in them come in by 'import'.",
        examples: &[
            "aftersales coupon-program create 'Sorry 10' --reward percent=10 --maximum 50 --minimum-amount 50",
            "aftersales coupon-program create Bulbs --reward free-product=BULB:2 --condition-product LAMP",
            "aftersales coupon-program create Spring --type promo-code --code SPRING-26 --reward fixed=5",
        ],
    };
    const EDIT: Help = Help {
        about: "Edit a coupon program",
        more: "An empty value empties the field; a list replaces the list before it. --on and --maximum apply to every discount: to \
               those that --reward gives, else to those there are. Rewards that are given begin anew: on the order, without a \
               maximum. The type stays once a coupon was made.",
        examples: &[
            "aftersales coupon-program edit 'Sorry 10' --reward percent=15 --maximum 30",
            "aftersales coupon-program edit 'Sorry 10' --on LAMP,BULB --end 2026-12-31",
            "aftersales coupon-program edit 'Sorry 10' --no-archived",
        ],
    };
    const ID: NewId = NewId::GivenOrName;
    const RECORD: &'static [(&'static str, Emptied)] = &[
        ("name", Emptied::Text),
        ("type", Emptied::Text),
        ("archived", Emptied::Switch),
        ("code", Emptied::Text),
        ("currency", Emptied::Text),
        ("start", Emptied::Text),
        ("end", Emptied::Text),
        ("usage_limit", Emptied::Text),
        ("rewards", Emptied::List),
        ("conditions", Emptied::Object),
    ];

    fn blank(cx: &Cx<'_>, id: String) -> Result<CouponProgram> {
        Ok(CouponProgram {
            key: 0,
            name: id.clone(),
            id,
            kind: ProgramType::Coupons,
            archived: false,
            code: None,
            currency: cx.desk.currency,
            start: None,
            end: None,
            usage_limit: None,
            rewards: Vec::new(),
            conditions: Conditions {
                minimum_amount: None,
                minimum_amount_tax: AmountTax::Included,
                minimum_quantity: None,
                products: Vec::new(),
            },
        })
    }

    fn fill(&self, cx: &Cx<'_>, program: &mut CouponProgram) -> Result<()> {
        let mut faults = Faults::default();
        let mut id = program.id.clone();
        faults.gather(naming::name_of_record(&mut id, &mut program.name, self.name.as_deref()));
        program.id = id;
        // Needed for the amounts, but told in the place of its flag.
        let named = self.currency.as_deref().map(|code| procedure::currency::named(cx, Some(code))).transpose();
        program.currency = named.as_ref().ok().copied().flatten().unwrap_or(program.currency);
        self.fill_rewards(cx, program, &mut faults)?;
        self.fill_conditions(cx, program, &mut faults)?;
        program.start = self.start.map_or(program.start, |start| start.0);
        program.end = self.end.map_or(program.end, |end| end.0);
        faults.gather(check_days(program.start, program.end));
        if let Some(Setting(limit)) = self.usage_limit {
            program.usage_limit = limit.and_then(|limit| faults.gather(usage_limit(limit)));
        }
        program.kind = faults.gather(given::value("type", self.r#type)).flatten().unwrap_or(program.kind);
        given::set_text(&mut program.code, self.code.as_deref());
        faults.gather(check_code(program.kind, program.code.as_deref()));
        faults.gather(named);
        faults.gather(given::set_switch(&mut program.archived, "archived", self.archived, self.no_archived));
        faults.refuse()?;
        program.check_currency(self.names())
    }

    fn check_change(cx: &Cx<'_>, before: &CouponProgram, after: &CouponProgram) -> Result<()> {
        let what = format!("the coupon program {}", after.id);
        let used_by = coupon_program::first_coupon(cx.db, after.key)?;
        InUse::check(&what, "type", &before.kind, &after.kind, used_by.as_ref())?;
        check_free::<Self>(cx, "name", &after.name, Some(after.key))?;
        steps::check_code_free(cx, after)
    }

    fn insert(cx: &Cx<'_>, program: &mut CouponProgram) -> Result<()> {
        check_free::<Self>(cx, "id", &program.id, None)?;
        check_free::<Self>(cx, "name", &program.name, None)?;
        steps::check_code_free(cx, program)?;
        program.key = cx.db.next_key()?;
        coupon_program::insert(cx.db, program)?;
        cx.created("coupon_program", &program.id);
        Ok(())
    }

    fn update(cx: &Cx<'_>, before: &CouponProgram, after: &CouponProgram) -> Result<()> {
        kept(cx, before, after.clone()).map(drop)
    }

    fn id_of(program: &CouponProgram) -> &str {
        &program.id
    }
}

impl CouponProgramForm {
    /// How what stands in rewards is called where it is said.
    fn names(&self) -> Names {
        if self.rewards.is_some() || self.conditions.is_some() { Names::RECORD } else { Names::FLAGS }
    }

    fn fill_rewards(&self, cx: &Cx<'_>, program: &mut CouponProgram, faults: &mut Faults) -> Result<()> {
        let maximum = self.maximum.as_ref().and_then(|maximum| maximum.0.as_ref());
        let names = self.names();
        // A program that stands has a reward, so one without is new.
        let said = match (&self.rewards, &self.reward, program.rewards.is_empty()) {
            (Some(said), ..) => faults.gather(check_rewards(said, names)).map(|()| said.clone()),
            (None, None, false) => return self.edit_rewards(cx, program, faults),
            (None, new, _) => {
                let new = given::list(new.as_deref().unwrap_or_default());
                let on = self.on.as_deref().unwrap_or_default();
                let said = faults.gather(brought_together(new, on, maximum));
                said.filter(|said| faults.gather(check_rewards(said, names)).is_some())
            }
        };
        program.rewards = steps::rewards(cx, faults, &said.unwrap_or_default(), program.currency, names)?;
        Ok(())
    }

    /// What `--on` and `--maximum` say of the discounts there are.
    fn edit_rewards(&self, cx: &Cx<'_>, program: &mut CouponProgram, faults: &mut Faults) -> Result<()> {
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
            Some(Setting(maximum)) => {
                let (currency, maximum) = (program.currency, maximum.as_ref());
                let maximum = maximum.and_then(|given| faults.gather(more_than_nothing(given, currency, "maximum")));
                rewards.into_iter().map(|reward| reward.limited_to(maximum)).collect()
            }
        };
        Ok(())
    }

    fn fill_conditions(&self, cx: &Cx<'_>, program: &mut CouponProgram, faults: &mut Faults) -> Result<()> {
        let currency = program.currency;
        let conditions = &mut program.conditions;
        // The conditions of a record are all of them: what it leaves out of them is none.
        let of_record = self.conditions.as_ref();
        if let Some(amount) =
            of_record.map(|said| &said.minimum_amount).or(self.minimum_amount.as_ref().map(|said| &said.0))
        {
            let amount = amount.as_ref();
            conditions.minimum_amount =
                amount.and_then(|amount| faults.gather(more_than_nothing(amount, currency, "minimum_amount")));
        }
        let tax = match of_record {
            Some(said) => Some(said.minimum_amount_tax.unwrap_or(AmountTax::Included)),
            None => faults.gather(given::value("minimum_amount_tax", self.minimum_amount_tax)).flatten(),
        };
        conditions.minimum_amount_tax = tax.unwrap_or(conditions.minimum_amount_tax);
        if let Some(least) = of_record.map(|said| said.minimum_quantity).or(self.minimum_quantity.map(|said| said.0)) {
            conditions.minimum_quantity = least.and_then(|least| faults.gather(minimum_quantity(least)));
        }
        if let Some(products) = of_record.map(|said| &said.products).or(self.condition_product.as_ref()) {
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
