//! Repair orders: their states, their parts and labour, and what may be asked of them (spec E).

use super::common::{StateNotAllowed, ValueRefused};
use super::day::Day;
use super::line::LineQuantity;
use super::product::{Product, Tracking, UnitPrice};
use super::quantity::{Price, Quantity};
use super::reference::{Reference, shell_word};
use super::text::choices;
use super::{Refusal, Result};

pub mod item;
pub mod part;
mod shown;

use part::{Labour, Part, check_confirmed_quantity, check_used};

choices! {
    /// How far a repair is (spec E2).
    pub enum RepairState: "state" {
        Draft = "draft",
        Confirmed = "confirmed",
        UnderRepair = "under_repair",
        Done = "done",
        Cancelled = "cancelled",
    }
}

/// A verb that moves a repair on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Confirm,
    Start,
    Finish,
    Cancel,
    Reopen,
}

impl Step {
    /// The state it leads to.
    pub fn target(self) -> RepairState {
        match self {
            Step::Confirm => RepairState::Confirmed,
            Step::Start => RepairState::UnderRepair,
            Step::Finish => RepairState::Done,
            Step::Cancel => RepairState::Cancelled,
            Step::Reopen => RepairState::Draft,
        }
    }

    /// The participle for it.
    pub fn done(self) -> &'static str {
        match self {
            Step::Confirm => "confirmed",
            Step::Start => "started",
            Step::Finish => "finished",
            Step::Cancel => "cancelled",
            Step::Reopen => "reopened",
        }
    }
}

impl RepairState {
    /// Whether a step leads from here to its target (spec E2, E4).
    pub fn allows(self, step: Step) -> bool {
        use RepairState::{Cancelled, Confirmed, Draft, UnderRepair};
        match step {
            Step::Confirm => self == Draft,
            Step::Start => self == Confirmed,
            Step::Finish => self == UnderRepair,
            Step::Cancel => matches!(self, Draft | Confirmed | UnderRepair),
            Step::Reopen => self == Cancelled,
        }
    }

    /// Whether its parts are reserved, and wait for stock where they are not.
    pub fn holds_stock(self) -> bool {
        matches!(self, RepairState::Confirmed | RepairState::UnderRepair)
    }

    /// Whether nothing of it can be changed any more.
    pub fn is_over(self) -> bool {
        matches!(self, RepairState::Done | RepairState::Cancelled)
    }

    /// The words for it in a sentence.
    fn words(self) -> &'static str {
        match self {
            RepairState::UnderRepair => "under repair",
            RepairState::Draft => "a draft",
            other => other.word(),
        }
    }
}

/// A repair order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    pub key: i64,
    pub id: String,
    pub state: RepairState,
    pub ticket: Option<Reference>,
    pub customer: Option<Reference>,
    pub product: Reference,
    pub lot: Option<Reference>,
    pub quantity: Quantity,
    /// The return with which the product came.
    pub from_return: Option<Reference>,
    pub under_warranty: bool,
    pub scheduled_date: Day,
    pub responsible: Option<Reference>,
    pub tags: Vec<Reference>,
    pub parts: Vec<Part>,
    pub labour: Vec<Labour>,
    pub notes: String,
    pub quotation: Option<Reference>,
}

impl Repair {
    /// The repair as other records name it.
    pub fn reference(&self) -> Reference {
        Reference { key: self.key, id: self.id.clone() }
    }

    /// The price at which something of it is sold: nothing under warranty (spec E5).
    pub fn sale_price(&self, own: UnitPrice) -> UnitPrice {
        if self.under_warranty { UnitPrice { price: Price::ZERO, ..own } } else { own }
    }

    /// The state that a step leads to; none where the repair is there already.
    pub fn step(&self, step: Step) -> std::result::Result<Option<RepairState>, StateNotAllowed> {
        match self.state {
            state if state == step.target() => Ok(None),
            state if state.allows(step) => Ok(Some(step.target())),
            _ => Err(self.not_to_be(step.done())),
        }
    }

    /// Refuses to change what is over.
    pub fn check_editable(&self) -> std::result::Result<(), StateNotAllowed> {
        if self.state.is_over() { Err(self.not_to_be("edited")) } else { Ok(()) }
    }

    /// The refusal of something that its state does not allow, with the verb that leads on.
    pub fn not_to_be(&self, wanted: &'static str) -> StateNotAllowed {
        let verb = match self.state {
            RepairState::Draft => "confirm",
            RepairState::Confirmed => "start",
            RepairState::UnderRepair => "finish",
            RepairState::Done => "show",
            RepairState::Cancelled => "reopen",
        };
        StateNotAllowed {
            what: format!("repair {}", self.id),
            state: self.state.words().to_owned(),
            wanted,
            hint: Some(format!("aftersales repair {verb} {}", self.id)),
        }
    }

    /// The part on that line.
    pub fn part(&self, line: i64) -> std::result::Result<&Part, ValueRefused> {
        self.parts.iter().find(|part| part.line == line).ok_or_else(|| {
            ValueRefused::invalid("line", line, format!("repair {} has no part on line {line}", self.id))
        })
    }

    /// Refuses parts that cannot be reserved (spec E3).
    pub fn check_parts(&self) -> std::result::Result<(), ValueRefused> {
        self.parts.iter().try_for_each(|part| check_confirmed_quantity(&part.product.id, part.quantity))
    }

    /// How much of each part is used, in their order: what is asked for, where anything is only that, else all of each
    /// (spec E4). A tracked part that is used, and a tracked product to repair, need their lot.
    pub fn used(&self, asked: &[LineQuantity], product: &Product) -> Result<Vec<Quantity>> {
        let mut used: Vec<Quantity> =
            self.parts.iter().map(|part| if asked.is_empty() { part.quantity } else { Quantity::ZERO }).collect();
        let mut named: Vec<i64> = Vec::new();
        for LineQuantity { line, quantity } in asked {
            let line = line.number();
            let part = self.part(line)?;
            if named.contains(&line) {
                return Err(ValueRefused::invalid("line", line, format!("line {line} is named twice")).into());
            }
            named.push(line);
            check_used(part, *quantity)?;
            for (place, one) in used.iter_mut().zip(&self.parts) {
                if one.line == line {
                    *place = *quantity;
                }
            }
        }
        for (part, quantity) in self.parts.iter().zip(&used) {
            if part.tracking != Tracking::None && part.lot.is_none() && !quantity.is_zero() {
                return Err(RepairRefused::PartLotRequired {
                    repair: self.id.clone(),
                    line: part.line,
                    product: part.product.id.clone(),
                }
                .into());
            }
        }
        if product.is_tracked() && self.lot.is_none() {
            return Err(RepairRefused::LotRequired { repair: self.id.clone(), product: product.id.clone() }.into());
        }
        Ok(used)
    }

    /// Whose quotation it becomes (spec E6).
    pub fn quotable(&self, quotation_counts: bool) -> Result<&Reference> {
        if self.state == RepairState::Cancelled {
            return Err(self.not_to_be("quoted").into());
        }
        if let Some(quotation) = self.quotation.as_ref().filter(|_| quotation_counts) {
            return Err(RepairRefused::AlreadyQuoted {
                repair: self.id.clone(),
                quotation: quotation.id.clone(),
                wanted: "quoted again",
            }
            .into());
        }
        self.check_parts()?;
        let refused = || RepairRefused::CustomerRequired { repair: self.id.clone() };
        Ok(self.customer.as_ref().ok_or_else(refused)?)
    }
}

/// Why a repair is not made or changed as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RepairRefused {
    #[error("{product} has no lots or serial numbers, so {lot} cannot be one of it")]
    LotNotTracked { lot: String, product: String },
    #[error("{lot} is of {of}, not of {product}")]
    LotNotOfProduct { lot: String, of: String, product: String },
    #[error("{transfer} cannot be named as the return: {why}")]
    ReturnNotOffered { transfer: String, why: String },
    #[error("the return {transfer} does not hold {product}")]
    ProductNotInReturn { product: String, transfer: String, given: String, field: &'static str },
    #[error("the lot or serial number of {product} is needed to finish {repair}")]
    LotRequired { repair: String, product: String },
    #[error("the lot or serial number of {product} on line {line} is needed to finish {repair}")]
    PartLotRequired { repair: String, line: i64, product: String },
    #[error("{repair} has the quotation {quotation}, so it cannot be {wanted}")]
    AlreadyQuoted { repair: String, quotation: String, wanted: &'static str },
    #[error("{repair} has no customer, whom a quotation needs")]
    CustomerRequired { repair: String },
}

impl Refusal for RepairRefused {
    fn code(&self) -> &'static str {
        match self {
            RepairRefused::LotNotTracked { .. } => "lot_not_tracked",
            RepairRefused::LotNotOfProduct { .. } => "lot_not_of_product",
            RepairRefused::ReturnNotOffered { .. } => "return_not_offered",
            RepairRefused::ProductNotInReturn { .. } => "product_not_in_return",
            RepairRefused::LotRequired { .. } | RepairRefused::PartLotRequired { .. } => "lot_required",
            RepairRefused::AlreadyQuoted { .. } => "already_quoted",
            RepairRefused::CustomerRequired { .. } => "customer_required",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            RepairRefused::LotNotTracked { .. }
            | RepairRefused::LotNotOfProduct { .. }
            | RepairRefused::LotRequired { .. }
            | RepairRefused::PartLotRequired { .. } => Some("lot"),
            RepairRefused::ReturnNotOffered { .. } => Some("return"),
            RepairRefused::ProductNotInReturn { field, .. } => Some(field),
            RepairRefused::CustomerRequired { .. } => Some("customer"),
            RepairRefused::AlreadyQuoted { .. } => None,
        }
    }
    fn given(&self) -> Option<String> {
        match self {
            RepairRefused::LotNotTracked { lot, .. } | RepairRefused::LotNotOfProduct { lot, .. } => Some(lot.clone()),
            RepairRefused::ReturnNotOffered { transfer, .. } => Some(transfer.clone()),
            RepairRefused::ProductNotInReturn { given, .. } => Some(given.clone()),
            RepairRefused::AlreadyQuoted { quotation, .. } => Some(quotation.clone()),
            _ => None,
        }
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            RepairRefused::LotNotTracked { .. } => "leave the lot out (--lot '' empties it)".to_owned(),
            RepairRefused::LotNotOfProduct { product, .. } => {
                format!("aftersales lot list --product {}", shell_word(product))
            }
            RepairRefused::ReturnNotOffered { .. } => "aftersales transfer list --kind incoming".to_owned(),
            RepairRefused::ProductNotInReturn { transfer, .. } => {
                format!("aftersales transfer show {}", shell_word(transfer))
            }
            RepairRefused::LotRequired { repair, .. } => format!("aftersales repair edit {repair} --lot LOT"),
            RepairRefused::PartLotRequired { repair, line, .. } => {
                format!("aftersales repair edit-part {repair} {line} --lot LOT")
            }
            RepairRefused::AlreadyQuoted { quotation, .. } => {
                format!("aftersales order show {quotation}")
            }
            RepairRefused::CustomerRequired { repair } => {
                format!("aftersales repair edit {repair} --customer CUSTOMER")
            }
        })
    }
}
