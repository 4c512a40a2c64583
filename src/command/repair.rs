//! `ticket repair` and `repair`: broken products, repaired with parts and labour (spec E).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::noun::Changed;
use super::pipeline::noun::{Noun, one};
use super::{Change, Cx, given};
use crate::domain::desk::Right;
use crate::domain::line::{LineNumber, LineQuantity, NewLine};
use crate::domain::mail::Mail;
use crate::domain::order::{Order, OrderState};
use crate::domain::product::{Lot, Product};
use crate::domain::repair::part::{NewPart, Part, PartKind, check_part};
use crate::domain::repair::{Repair, RepairRefused, Step};
use crate::domain::team::Service;
use crate::domain::value::day::Day;
use crate::domain::value::quantity::{Price, Quantity};
use crate::domain::value::text::Setting;
use crate::domain::{Faults, Result};
use crate::procedure::checks::or_none;
use crate::procedure::mail::Asked;
use crate::procedure::repair::form::{self, GivenRepair};
use crate::procedure::{self, look_up, service, tags};
use crate::store::engine::record::{self, Found};
use crate::store::{self, Db, product, repair};

impl Noun for Repair {
    const KIND: &'static str = "repair";
    const NOUN: &'static str = "repair";
    const RIGHT: Right = Right::Repair;

    /// Whoever may read the ticket may read what was made from it (spec A9).
    fn also_opened_by(db: &Db, given: &str) -> store::Result<Option<Right>> {
        match record::find_key(db, &repair::REPAIR, given)? {
            Found::One(found) => Ok(repair::is_of_ticket(db, found.key)?.then_some(Right::Helpdesk)),
            _ => Ok(None),
        }
    }
}

/// What making a repair, or its quotation, answers.
#[derive(Serialize)]
pub struct RepairOutcome {
    repair: Repair,
    /// The draft order that was made.
    quotation: Option<Order>,
}

/// Send a product for repair from a ticket
///
/// It stays a draft unless it is confirmed: then its parts are reserved, and what is not in stock shows as missing. A part is
/// added from stock unless it begins with remove: (taken out, to scrap) or recycle: (taken out, to stock). Under warranty the
/// prices of parts and labour are zero.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales ticket repair T00001 --part BULB=1 --labour HOUR=0.5@60.00\n  aftersales ticket repair T00001 --product LAMP --lot SN-001 --under-warranty --confirm\n  aftersales ticket repair T00001 --part BULB=1 --part remove:SWITCH=1 --quote"
)]
pub struct TicketRepair {
    /// The ticket to repair from
    pub ticket: String,
    /// Whose product it is (default: the ticket's customer)
    #[arg(long)]
    pub customer: Option<String>,
    /// The product to repair (default: the ticket's)
    #[arg(long)]
    pub product: Option<String>,
    /// Its lot or serial number, where the product has one (default: the ticket's)
    #[arg(long)]
    pub lot: Option<String>,
    /// How many of it (default: 1)
    #[arg(long, value_name = "QTY")]
    pub quantity: Option<Setting<Quantity>>,
    /// The return that it came with, ready or done
    #[arg(long, value_name = "TRANSFER")]
    pub r#return: Option<String>,
    /// Parts and labour cost nothing
    #[arg(long)]
    #[serde(default)]
    pub under_warranty: bool,
    /// The day it is planned for (default: today)
    #[arg(long, value_name = "DAY")]
    pub scheduled_date: Option<Setting<Day>>,
    /// The user who sees to it
    #[arg(long, value_name = "LOGIN")]
    pub responsible: Option<String>,
    /// A tag, made where there is none of that name (repeatable)
    #[arg(long, value_name = "NAME")]
    #[serde(default)]
    pub tag: Vec<String>,
    /// A part, at the product's price unless another is named (repeatable)
    #[arg(long, value_name = "[add:|remove:|recycle:]SKU=QTY[@PRICE]")]
    #[serde(default)]
    pub part: Vec<Setting<NewPart>>,
    /// Labour, at the product's price unless another is named (repeatable)
    #[arg(long, value_name = "SKU=QTY[@PRICE]")]
    #[serde(default)]
    pub labour: Vec<Setting<NewLine>>,
    /// What those who repair it should know
    #[arg(long, value_name = "TEXT")]
    pub notes: Option<String>,
    /// Confirm it at once
    #[arg(long)]
    #[serde(default)]
    pub confirm: bool,
    /// Make its quotation, a draft order, at once
    #[arg(long)]
    #[serde(default)]
    pub quote: bool,
}

impl Change for TicketRepair {
    type Outcome = RepairOutcome;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<RepairOutcome> {
        let ticket = service::ticket(cx, &self.ticket)?;
        let given = GivenRepair {
            customer: self.customer.as_deref(),
            product: self.product.as_deref(),
            lot: self.lot.as_deref(),
            quantity: self.quantity,
            from_return: self.r#return.as_deref(),
            under_warranty: Some(self.under_warranty),
            scheduled_date: self.scheduled_date,
            responsible: self.responsible.as_deref(),
            part: &self.part,
            labour: &self.labour,
            notes: self.notes.as_deref(),
        };
        let names = || {
            vec![
                or_none("product", self.product.as_deref()),
                or_none("lot", self.lot.as_deref()),
                or_none("return", self.r#return.as_deref()),
                ("parts", self.part.len().to_string()),
            ]
        };
        let named = cx.checked("what is named is there", names, form::named_by(cx, &given))?;
        service::check_offered(cx, &ticket, Service::Repairs)?;

        let new = form::new(cx, &ticket, &given, &named);
        let new = cx.checked("product, lot, return, parts and labour fit together", names, new)?;
        if self.quote {
            let refused = || Err(RepairRefused::CustomerRequired { repair: None }.into());
            let customer: Result<()> = new.customer.as_ref().map_or_else(refused, |_| Ok(()));
            let whose = || vec![or_none("customer", new.customer.as_ref().map(|customer| customer.id.as_str()))];
            cx.checked("there is a customer to quote to", whose, customer)?;
        }
        let mut made = procedure::repair::create(cx, new)?;
        let tags = tags::named(cx, &self.tag)?;
        if !tags.is_empty() {
            let tagged = Repair { tags, ..made.clone() };
            repair::update(cx.db, &made, &tagged)?;
            made = tagged;
        }
        if self.confirm {
            let inputs = cx.looked_at(|| vec![("repair", made.id.clone()), ("parts", made.parts.len().to_string())]);
            let confirmed = procedure::repair::step(cx, made, Step::Confirm);
            made = cx.checked("the repair can be confirmed", || inputs, confirmed)?;
        } else {
            procedure::repair::warn_of_wanted(cx, &made)?;
        }
        if !self.quote {
            return Ok(RepairOutcome { repair: made, quotation: None });
        }
        let (repair, order) = procedure::repair::quote(cx, &made)?;
        Ok(RepairOutcome { repair, quotation: Some(order) })
    }
}

/// Edit a repair
///
/// An empty value empties the field; --tag, --part and --labour replace the whole list. A part of the same kind and product at
/// the same place stays the part that it is. Once the repair is confirmed, product, quantity and return stay; once it is done
/// or cancelled, everything does. What changes of parts and labour goes to the quotation, as long as that can be edited.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales repair edit WH/RO/00001 --lot SN-001 --responsible ann\n  aftersales repair edit WH/RO/00001 --under-warranty --tag urgent --tag lamps\n  aftersales repair edit WH/RO/00001 --labour HOUR=1.5"
)]
pub struct RepairEdit {
    /// The repair
    pub repair: String,
    /// Whose product it is
    #[arg(long)]
    pub customer: Option<String>,
    /// The product to repair
    #[arg(long)]
    pub product: Option<String>,
    /// Its lot or serial number, where the product has one
    #[arg(long)]
    pub lot: Option<String>,
    /// How many of it
    #[arg(long, value_name = "QTY")]
    pub quantity: Option<Setting<Quantity>>,
    /// The return that it came with, ready or done
    #[arg(long, value_name = "TRANSFER")]
    pub r#return: Option<String>,
    /// Parts and labour cost nothing
    #[arg(long)]
    #[serde(default)]
    pub under_warranty: bool,
    /// Parts and labour cost their prices again
    #[arg(long)]
    #[serde(default)]
    pub no_under_warranty: bool,
    /// The day it is planned for
    #[arg(long, value_name = "DAY")]
    pub scheduled_date: Option<Setting<Day>>,
    /// The user who sees to it
    #[arg(long, value_name = "LOGIN")]
    pub responsible: Option<String>,
    /// A tag, made where there is none of that name (repeatable)
    #[arg(long, value_name = "NAME")]
    #[serde(default)]
    pub tag: Vec<String>,
    /// A part, at the product's price unless another is named (repeatable)
    #[arg(long, value_name = "[add:|remove:|recycle:]SKU=QTY[@PRICE]")]
    #[serde(default)]
    pub part: Vec<Setting<NewPart>>,
    /// Labour, at the product's price unless another is named (repeatable)
    #[arg(long, value_name = "SKU=QTY[@PRICE]")]
    #[serde(default)]
    pub labour: Vec<Setting<NewLine>>,
    /// What those who repair it should know
    #[arg(long, value_name = "TEXT")]
    pub notes: Option<String>,
}

impl Change for RepairEdit {
    type Outcome = Changed<Repair>;
    const RIGHT: Right = Right::Repair;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Repair>> {
        let before: Repair = one(cx, "repair", &self.repair)?;
        let mut given = GivenRepair {
            customer: self.customer.as_deref(),
            product: self.product.as_deref(),
            lot: self.lot.as_deref(),
            quantity: self.quantity,
            from_return: self.r#return.as_deref(),
            under_warranty: None,
            scheduled_date: self.scheduled_date,
            responsible: self.responsible.as_deref(),
            part: &self.part,
            labour: &self.labour,
            notes: self.notes.as_deref(),
        };
        let named = form::named_by(cx, &given)?;
        given.under_warranty = given::switch("under_warranty", self.under_warranty, self.no_under_warranty)?;
        let mut after = form::edited(cx, &before, &given, &named)?;
        if !self.tag.is_empty() {
            after.tags = tags::named(cx, &self.tag)?;
        }
        changed(cx, &before, after, "edited")
    }
}

/// Writes what an edit made of a repair, where it made anything.
fn changed(cx: &Cx<'_>, before: &Repair, after: Repair, what: &str) -> Result<Changed<Repair>> {
    if after == *before {
        return Ok(Changed(after));
    }
    before.check_edit(&after)?;
    let after = procedure::repair::save(cx, before, after)?;
    procedure::repair::tell_of(cx, &after, what)?;
    Ok(Changed(after))
}

/// Add a part to a repair
///
/// In a repair that is confirmed or under way it is reserved at once. It goes to the quotation, as long as that can be edited.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales repair add-part WH/RO/00001 BULB=1\n  aftersales repair add-part WH/RO/00001 remove:SWITCH=1 --lot SN-009"
)]
pub struct RepairAddPart {
    /// The repair
    pub repair: String,
    /// The part, at the product's price unless another is named
    #[arg(value_name = "[add:|remove:|recycle:]SKU=QTY[@PRICE]")]
    pub part: NewPart,
    /// Its lot or serial number, where the product has one
    #[arg(long)]
    pub lot: Option<String>,
}

impl Change for RepairAddPart {
    type Outcome = Changed<Repair>;
    const RIGHT: Right = Right::Repair;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Repair>> {
        let before: Repair = one(cx, "repair", &self.repair)?;
        let product = form::product_of(cx, "part", &self.part.line.product)?;
        let lot: Option<Lot> = look_up::optional(cx, "lot", self.lot.as_deref())?;
        let NewLine { quantity, price, .. } = self.part.line;
        check_part("part", &product, lot.is_some(), quantity, price)?;
        before.check_editable()?;
        form::check_part_lot(&product, lot.as_ref())?;

        let mut parts = before.parts.clone();
        parts.push(form::new_part(cx, &self.part, &product, lot.as_ref())?);
        let after = Repair { parts: form::numbered(parts), ..before.clone() };
        changed(cx, &before, after, &format!("given a part: {}", self.part))
    }
}

/// Edit a part of a repair
///
/// N is the part's line, counted from 1. An empty price is the product's own again, an empty lot none.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales repair edit-part WH/RO/00001 1 --quantity 2\n  aftersales repair edit-part WH/RO/00001 1 --lot SN-009 --price 12.50\n  aftersales repair edit-part WH/RO/00001 2 --kind recycle"
)]
pub struct RepairEditPart {
    /// The repair
    pub repair: String,
    /// The line of the part
    pub n: LineNumber,
    /// add, remove or recycle
    #[arg(long)]
    pub kind: Option<PartKind>,
    /// How many of it
    #[arg(long, value_name = "QTY")]
    pub quantity: Option<Setting<Quantity>>,
    /// The price of one
    #[arg(long)]
    pub price: Option<Setting<Price>>,
    /// Its lot or serial number, where the product has one
    #[arg(long)]
    pub lot: Option<String>,
}

impl Change for RepairEditPart {
    type Outcome = Changed<Repair>;
    const RIGHT: Right = Right::Repair;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Repair>> {
        let before: Repair = one(cx, "repair", &self.repair)?;
        let lot: Option<Lot> = look_up::optional(cx, "lot", self.lot.as_deref())?;
        let part = before.part(self.n)?;
        let product = product::by_key(cx.db, part.product.key)?;

        let mut faults = Faults::default();
        let quantity = faults.gather(given::value("quantity", self.quantity)).flatten().unwrap_or(part.quantity);
        let price = self.price_after(part.price.price, &product);
        let with_lot = if self.lot.is_some() { lot.is_some() } else { part.lot.is_some() };
        faults.gather(check_part("quantity", &product, with_lot, quantity, None));
        faults.gather(check_part("price", &product, false, Quantity::ONE, Some(price)));
        faults.refuse()?;

        let mut edited = part.clone().with(quantity, price);
        edited.kind = self.kind.unwrap_or(part.kind);
        if self.lot.is_some() {
            edited.lot = lot.as_ref().map(Lot::reference);
        }
        let place = |known: &Part| if known == part { edited.clone() } else { known.clone() };
        let after = Repair { parts: before.parts.iter().map(place).collect(), ..before.clone() };
        if after != before {
            before.check_editable()?;
            form::check_part_lot(&product, lot.as_ref())?;
        }
        changed(cx, &before, after, &format!("edited on part {}", self.n))
    }
}

impl RepairEditPart {
    fn price_after(&self, before: Price, product: &Product) -> Price {
        match self.price {
            None => before,
            Some(Setting(Some(price))) => price,
            Some(Setting(None)) => product.price.price,
        }
    }
}

/// Remove a part from a repair
///
/// N is the part's line, counted from 1; the lines behind it move up. Its line of the quotation is set to 0.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales repair remove-part WH/RO/00001 1")]
pub struct RepairRemovePart {
    /// The repair
    pub repair: String,
    /// The line of the part
    pub n: LineNumber,
}

impl Change for RepairRemovePart {
    type Outcome = Changed<Repair>;
    const RIGHT: Right = Right::Repair;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Repair>> {
        let before: Repair = one(cx, "repair", &self.repair)?;
        let gone = before.part(self.n)?;
        let parts = before.parts.iter().filter(|part| *part != gone).cloned().collect();
        let what = format!("rid of a part: {}", gone.product);
        let after = Repair { parts: form::numbered(parts), ..before.clone() };
        changed(cx, &before, after, &what)
    }
}

/// Confirm a repair
///
/// Parts that are added are reserved, and what is not in stock shows as missing. Where the product to repair is not where it is
/// said to be, it takes --yes.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales repair confirm WH/RO/00001\n  aftersales repair confirm WH/RO/00001 --yes"
)]
pub struct RepairConfirm {
    /// The repair
    pub repair: String,
}

/// Start the work on a confirmed repair
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales repair start WH/RO/00001")]
pub struct RepairStart {
    /// The repair
    pub repair: String,
}

/// Cancel a repair
///
/// What is reserved for it comes free, and the parts on its quotation are set to 0 as long as that can be edited. What is done
/// cannot be cancelled.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales repair cancel WH/RO/00001")]
pub struct RepairCancel {
    /// The repair
    pub repair: String,
}

/// Make a cancelled repair a draft again
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales repair reopen WH/RO/00001")]
pub struct RepairReopen {
    /// The repair
    pub repair: String,
}

/// The commands that take one step and nothing else.
macro_rules! steps {
    ($($command:ty => $step:expr),+ $(,)?) => { $(
        impl Change for $command {
            type Outcome = Changed<Repair>;
            const RIGHT: Right = Right::Repair;

            fn run(&self, cx: &Cx<'_>) -> Result<Changed<Repair>> {
                let before: Repair = one(cx, "repair", &self.repair)?;
                procedure::repair::step(cx, before, $step).map(Changed)
            }
        }
    )+ };
}

steps! {
    RepairConfirm => Step::Confirm,
    RepairStart => Step::Start,
    RepairCancel => Step::Cancel,
    RepairReopen => Step::Reopen,
}

/// Finish the work on a repair
///
/// Used parts move stock: what is added leaves it, what is removed goes to scrap, what is recycled comes back. Without --line
/// every part is used as planned; with it only the named ones are.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales repair finish WH/RO/00001\n  aftersales repair finish WH/RO/00001 --line 1=2 --line 3=0"
)]
pub struct RepairFinish {
    /// The repair
    pub repair: String,
    /// How much of a part was used; 0 is none (repeatable)
    #[arg(long, value_name = "N=QTY")]
    #[serde(default)]
    pub line: Vec<LineQuantity>,
}

impl Change for RepairFinish {
    type Outcome = Changed<Repair>;
    const RIGHT: Right = Right::Repair;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Repair>> {
        let before: Repair = one(cx, "repair", &self.repair)?;
        procedure::repair::finish(cx, before, &self.line).map(Changed)
    }
}

/// Make the quotation of a repair
///
/// A draft order for its customer, with the parts that are added and the labour; one per repair. Later changes of the parts go
/// to it as long as it can be edited. With --send it goes to the customer by e-mail, as 'order send' does.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales repair quote WH/RO/00001\n  aftersales repair quote WH/RO/00001 --send"
)]
pub struct RepairQuote {
    /// The repair
    pub repair: String,
    /// Send it to the customer by e-mail
    #[arg(long)]
    #[serde(default)]
    pub send: bool,
}

/// What `repair quote` answers.
#[derive(Serialize)]
pub struct QuoteOutcome {
    repair: Repair,
    quotation: Order,
    /// The mail that brings it, where one was asked for.
    mail: Option<Mail>,
}

impl Change for RepairQuote {
    type Outcome = QuoteOutcome;
    const RIGHT: Right = Right::Repair;

    fn run(&self, cx: &Cx<'_>) -> Result<QuoteOutcome> {
        let before: Repair = one(cx, "repair", &self.repair)?;
        let (repair, quotation) = procedure::repair::quote(cx, &before)?;
        if !self.send {
            return Ok(QuoteOutcome { repair, quotation, mail: None });
        }
        let mail = procedure::order::send(cx, &quotation, Asked::default())?;
        let quotation = Order { state: OrderState::Sent, ..quotation };
        Ok(QuoteOutcome { repair, quotation, mail: Some(mail) })
    }
}
