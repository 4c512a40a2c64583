//! Repair orders: their states, their parts and labour, and what may be asked of them (spec E).

use super::common::{StateNotAllowed, ValueRefused};
use super::line::{LineNumber, LineQuantity};
use super::location::STOCK;
use super::lot::LotElsewhere;
use super::product::{Product, Tracking, UnitPrice};
use super::ticket::OnTicket;
use super::transfer::{TransferState, check_numbers, lying_at, no_such_line};
use super::{Error, Faults, Refusal, Result};
use crate::domain::value::day::Day;
use crate::domain::value::quantity::{Price, Quantity};
use crate::domain::value::reference::{Reference, shell_word};
use crate::domain::value::text::choices;

pub mod item;
pub mod part;
mod shown;

use part::{Labour, Part, PartKind, check_confirmed_quantity, check_used};

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

impl RepairState {
    /// What a ticket tells of a repair made from it: it is shown unless it is cancelled (spec A7), and open until it is
    /// finished (spec A5).
    pub fn on_ticket(self, id: String) -> OnTicket {
        let is_shown = self != RepairState::Cancelled;
        OnTicket { id, state: self.word(), is_shown, is_open: is_shown && self != RepairState::Done }
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
    pub notes: Option<String>,
    pub quotation: Option<Reference>,
}

impl Repair {
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

    /// Whether both repair the same, from the same return, for the same customer.
    pub fn is_same_item(&self, other: &Repair) -> bool {
        let of = |repair: &Repair| {
            let Repair { customer, product, lot, quantity, from_return, .. } = repair;
            (customer.clone(), product.clone(), lot.clone(), *quantity, from_return.clone())
        };
        of(self) == of(other)
    }

    /// The parts that stand in the queue for stock: those to be added of a repair that is confirmed or under way.
    pub fn waiting(&self) -> impl Iterator<Item = &Part> {
        let waits = |part: &&Part| part.kind == PartKind::Add && part.reserved < part.quantity;
        self.parts.iter().filter(move |part| self.state.holds_stock() && waits(part))
    }

    /// What stays reserved of a part as it was before: nothing where it is gone or another one now (spec E3).
    pub fn still_reserved(&self, before: &Part) -> Quantity {
        match self.parts.iter().find(|part| part.key == before.key) {
            Some(now) if self.state.holds_stock() && now.kind == PartKind::Add && now.lot == before.lot => {
                before.reserved.min(now.quantity)
            }
            _ => Quantity::ZERO,
        }
    }

    /// The parts that stock does not cover, each as a sentence (spec E3).
    pub fn shortages(&self) -> impl Iterator<Item = String> {
        self.waiting().map(|part| {
            let Part { line, product, quantity, reserved, .. } = part;
            format!("part {line} needs {quantity} of {product}, and {reserved} are reserved for it")
        })
    }

    /// The pieces with serial numbers that are to be built in.
    pub fn pieces_added(&self) -> impl Iterator<Item = &Reference> {
        self.parts.iter().filter(|part| part.kind == PartKind::Add).filter_map(Part::piece)
    }

    /// All pieces that it names.
    pub fn pieces(&self) -> Vec<&Reference> {
        self.lot.iter().chain(self.pieces_added()).collect()
    }

    /// Refuses the piece that is repaired as a part of its own repair (spec D8).
    pub fn check_own_piece(&self) -> std::result::Result<(), LotElsewhere> {
        let own = |piece: &&Reference| self.lot.as_ref().is_some_and(|lot| lot.key == piece.key);
        match self.parts.iter().filter_map(Part::piece).find(own) {
            Some(piece) => Err(LotElsewhere::in_repair(piece)),
            None => Ok(()),
        }
    }

    /// What to tell where it is finished and the return that it names never brought the product.
    pub fn missing_return(&self, state: TransferState) -> Option<String> {
        let from = self.from_return.as_ref().filter(|_| state != TransferState::Done)?;
        Some(format!("{} is finished, though its return {from} is {state}: the product never came in", self.id))
    }

    /// Refuses to change what is over.
    pub fn check_editable(&self) -> std::result::Result<(), StateNotAllowed> {
        if self.state.is_over() { Err(self.not_to_be("edited")) } else { Ok(()) }
    }

    /// Refuses what its state does not let become of it: nothing where it is over; once confirmed not another product,
    /// quantity or return, since these were confirmed to be on hand, and no part below zero (spec E2, E3).
    pub fn check_edit(&self, after: &Repair) -> Result<()> {
        self.check_editable()?;
        after.check_own_piece()?;
        if !self.state.holds_stock() {
            return Ok(());
        }
        let confirmed = |repair: &Repair| (repair.product.clone(), repair.quantity, repair.from_return.clone());
        if confirmed(self) != confirmed(after) {
            let wanted = "given another product, quantity or return";
            let hint = Some(format!("aftersales repair cancel {}", shell_word(&self.id)));
            return Err(StateNotAllowed { hint, ..self.not_to_be(wanted) }.into());
        }
        Ok(after.check_parts()?)
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
            hint: Some(format!("aftersales repair {verb} {}", shell_word(&self.id))),
        }
    }

    /// The part of that number.
    pub fn part(&self, line: LineNumber) -> std::result::Result<&Part, ValueRefused> {
        let found = self.parts.iter().find(|part| part.line == line.number());
        found.ok_or_else(|| no_such_line("n", &self.id, line))
    }

    /// Refuses parts that cannot be reserved (spec E3).
    pub fn check_parts(&self) -> std::result::Result<(), ValueRefused> {
        self.parts.iter().try_for_each(|part| check_confirmed_quantity(&part.product.id, part.quantity))
    }

    /// How much of each part is used, in their order: what is asked for, where anything is only that, else all of each
    /// (spec E4). A tracked part that is used, and a tracked product to repair, need their lot.
    pub fn used(&self, asked: &[LineQuantity], product: &Product) -> Result<Vec<Quantity>> {
        let numbers: Vec<i64> = self.parts.iter().map(|part| part.line).collect();
        let mut faults = Faults::default();
        check_numbers(&self.id, &numbers, asked, &mut faults);
        let asked_of = |part: &Part| asked.iter().find(|named| named.line.number() == part.line);
        let mut used = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let quantity = match asked_of(part) {
                Some(named) => named.quantity,
                None if asked.is_empty() => part.quantity,
                None => Quantity::ZERO,
            };
            faults.gather(check_used(part, quantity).map_err(Error::from));
            used.push(quantity);
        }
        faults.refuse()?;
        for (part, quantity) in self.parts.iter().zip(&used) {
            if part.tracking != Tracking::None && part.lot.is_none() && !quantity.is_zero() {
                return Err(RepairRefused::PartLotRequired {
                    repair: self.id.clone(),
                    line: part.line,
                    product: part.product.id.clone(),
                    kind: part.kind,
                }
                .into());
            }
        }
        if product.is_tracked() && self.lot.is_none() {
            return Err(RepairRefused::LotRequired { repair: self.id.clone(), product: product.id.clone() }.into());
        }
        Ok(used)
    }

    /// Refuses what a repair with a quotation does not let happen: another quotation, another customer.
    pub fn check_unquoted(&self) -> std::result::Result<(), RepairRefused> {
        match &self.quotation {
            None => Ok(()),
            Some(quotation) => {
                Err(RepairRefused::AlreadyQuoted { repair: self.id.clone(), quotation: quotation.id.clone() })
            }
        }
    }

    /// Whose quotation it becomes (spec E6).
    pub fn quotable(&self, quotation_counts: bool) -> Result<&Reference> {
        if self.state == RepairState::Cancelled {
            return Err(self.not_to_be("quoted").into());
        }
        if quotation_counts {
            self.check_unquoted()?;
        }
        self.check_parts()?;
        let refused = || RepairRefused::CustomerRequired { repair: Some(self.id.clone()) };
        Ok(self.customer.as_ref().ok_or_else(refused)?)
    }
}

/// Why a repair is not made or changed as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RepairRefused {
    #[error("{transfer} cannot be named as the return: {why}")]
    ReturnNotOffered { transfer: String, why: String },
    #[error("the return {transfer} does not hold {product}")]
    ProductNotInReturn { product: String, transfer: String, given: String, field: &'static str },
    #[error("the lot or serial number of {product} is needed to finish {repair}: repair edit --lot names it")]
    LotRequired { repair: String, product: String },
    #[error(
        "the lot or serial number of {product} on line {line} is needed to finish {repair}: repair edit-part --lot names it"
    )]
    PartLotRequired { repair: String, line: i64, product: String, kind: PartKind },
    #[error("{repair} has the quotation {quotation}, which is for one customer and the only one")]
    AlreadyQuoted { repair: String, quotation: String },
    /// A quotation is for somebody; the repair is none yet where it was only to be made.
    #[error("{} has no customer, whom a quotation needs: name one with --customer", .repair.as_deref().unwrap_or("the repair"))]
    CustomerRequired { repair: Option<String> },
}

impl Refusal for RepairRefused {
    fn code(&self) -> &'static str {
        match self {
            RepairRefused::ReturnNotOffered { .. } => "return_not_offered",
            RepairRefused::ProductNotInReturn { .. } => "product_not_in_return",
            RepairRefused::LotRequired { .. } | RepairRefused::PartLotRequired { .. } => "lot_required",
            RepairRefused::AlreadyQuoted { .. } => "already_quoted",
            RepairRefused::CustomerRequired { .. } => "customer_required",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            RepairRefused::LotRequired { .. } | RepairRefused::PartLotRequired { .. } => Some("lot"),
            RepairRefused::ReturnNotOffered { .. } => Some("return"),
            RepairRefused::ProductNotInReturn { field, .. } => Some(field),
            RepairRefused::CustomerRequired { .. } => Some("customer"),
            RepairRefused::AlreadyQuoted { .. } => None,
        }
    }
    fn given(&self) -> Option<String> {
        match self {
            RepairRefused::ReturnNotOffered { transfer, .. } => Some(transfer.clone()),
            RepairRefused::ProductNotInReturn { given, .. } => Some(given.clone()),
            RepairRefused::AlreadyQuoted { quotation, .. } => Some(quotation.clone()),
            _ => None,
        }
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            RepairRefused::ReturnNotOffered { .. } => "aftersales transfer list --kind incoming".to_owned(),
            RepairRefused::ProductNotInReturn { transfer, .. } => {
                format!("aftersales transfer show {}", shell_word(transfer))
            }
            // What is added is taken from stock; what is removed lies in no stock yet.
            RepairRefused::PartLotRequired { product, kind: PartKind::Add, .. } => lying_at(product, STOCK),
            RepairRefused::LotRequired { product, .. } | RepairRefused::PartLotRequired { product, .. } => {
                format!("aftersales lot list --product {}", shell_word(product))
            }
            RepairRefused::AlreadyQuoted { quotation, .. } => {
                format!("aftersales order show {}", shell_word(quotation))
            }
            RepairRefused::CustomerRequired { .. } => "aftersales customer list".to_owned(),
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::part::{NewPart, PartKind, PartState};
    use super::*;
    use crate::domain::product::{ProductType, Unit};
    use crate::domain::value::money::Currency;
    use proptest::prelude::*;

    pub(crate) fn reference(key: i64, id: &str) -> Reference {
        Reference { key, id: id.to_owned() }
    }

    pub(crate) fn euros(price: &str) -> UnitPrice {
        UnitPrice { price: price.parse().unwrap(), currency: Currency::iso("EUR").unwrap() }
    }

    pub(crate) fn product(key: i64, id: &str, tracking: Tracking) -> Product {
        let kind = ProductType::Goods;
        let (id, name) = (id.to_owned(), id.to_owned());
        Product {
            key,
            id,
            name,
            price: euros("5"),
            kind,
            tracking,
            taxes: Vec::new(),
            account: None,
            unit: Unit::default(),
        }
    }

    pub(crate) fn part(line: i64, kind: PartKind, quantity: &str, reserved: &str) -> Part {
        Part {
            key: line,
            line,
            kind,
            product: reference(7, "BULB"),
            tracking: Tracking::None,
            lot: None,
            quantity: quantity.parse().unwrap(),
            done: Quantity::ZERO,
            reserved: reserved.parse().unwrap(),
            price: euros("4"),
            order_line: None,
        }
    }

    pub(crate) fn repair(state: RepairState, parts: Vec<Part>) -> Repair {
        Repair {
            key: 1,
            id: "WH/RO/00001".to_owned(),
            state,
            ticket: None,
            customer: Some(reference(2, "ADA")),
            product: reference(3, "LAMP"),
            lot: None,
            quantity: Quantity::ONE,
            from_return: None,
            under_warranty: false,
            scheduled_date: "2026-11-23".parse().unwrap(),
            responsible: None,
            tags: Vec::new(),
            parts,
            labour: Vec::new(),
            notes: None,
            quotation: None,
        }
    }

    const STEPS: [Step; 5] = [Step::Confirm, Step::Start, Step::Finish, Step::Cancel, Step::Reopen];

    #[test]
    fn states_lead_to_states_and_nowhere_else() {
        use RepairState::{Cancelled, Confirmed, Done, Draft, UnderRepair};
        let refused = Err("state_not_allowed");
        let table = [
            // from, confirm, start, finish, cancel, reopen
            (Draft, [Ok(Some(Confirmed)), refused, refused, Ok(Some(Cancelled)), Ok(None)]),
            (Confirmed, [Ok(None), Ok(Some(UnderRepair)), refused, Ok(Some(Cancelled)), refused]),
            (UnderRepair, [refused, Ok(None), Ok(Some(Done)), Ok(Some(Cancelled)), refused]),
            (Done, [refused, refused, Ok(None), refused, refused]),
            (Cancelled, [refused, refused, refused, Ok(None), Ok(Some(Draft))]),
        ];
        for (from, expected) in table {
            for (step, expected) in STEPS.into_iter().zip(expected) {
                let led = repair(from, Vec::new()).step(step).map_err(|refused| refused.code());
                assert_eq!(led, expected, "{from} {step:?}");
            }
        }
    }

    #[test]
    fn a_refused_step_names_the_verb_that_leads_on() {
        for (state, sentence, hint) in [
            (RepairState::Draft, "repair WH/RO/00001 is a draft, so it cannot be finished", "repair confirm"),
            (RepairState::Confirmed, "repair WH/RO/00001 is confirmed, so it cannot be finished", "repair start"),
            (RepairState::Cancelled, "repair WH/RO/00001 is cancelled, so it cannot be finished", "repair reopen"),
        ] {
            let refused = repair(state, Vec::new()).step(Step::Finish).unwrap_err();
            assert_eq!(refused.to_string(), sentence);
            assert_eq!(refused.hint(), Some(format!("aftersales {hint} WH/RO/00001")));
        }
    }

    #[test]
    fn a_part_is_as_far_as_its_repair_and_its_stock() {
        use PartState::{Cancelled, Done, Draft, Missing, PartlyReserved, Reserved};
        use RepairState as R;
        let table = [
            // repair, kind, quantity, reserved, done, state
            (R::Draft, PartKind::Add, "2", "0", "0", Draft),
            (R::Confirmed, PartKind::Add, "2", "0", "0", Missing),
            (R::Confirmed, PartKind::Add, "2", "1.5", "0", PartlyReserved),
            (R::UnderRepair, PartKind::Add, "2", "2", "0", Reserved),
            (R::Confirmed, PartKind::Add, "0", "0", "0", Reserved),
            (R::Confirmed, PartKind::Remove, "2", "0", "0", Reserved),
            (R::UnderRepair, PartKind::Recycle, "2", "0", "0", Reserved),
            (R::Done, PartKind::Add, "2", "0", "2", Done),
            (R::Done, PartKind::Add, "2", "0", "1", Done),
            (R::Done, PartKind::Remove, "2", "0", "0", Cancelled),
            (R::Cancelled, PartKind::Add, "2", "0", "0", Cancelled),
        ];
        for (of, kind, quantity, reserved, done, state) in table {
            let part = Part { done: done.parse().unwrap(), ..part(1, kind, quantity, reserved) };
            assert_eq!(part.state(of), state, "{of} {kind} {quantity} {reserved} {done}");
        }
    }

    #[test]
    fn under_warranty_every_price_shown_is_zero_and_none_is_lost() {
        let labour = Labour {
            key: 9,
            line: 1,
            product: reference(8, "HOUR"),
            quantity: Quantity::ONE,
            price: euros("60"),
            order_line: None,
        };
        let mut repair = repair(RepairState::Draft, vec![part(1, PartKind::Add, "1", "0")]);
        repair.labour.push(labour);
        for (under_warranty, prices) in
            [(false, ["4.00", "60.00"]), (true, ["0.00", "0.00"]), (false, ["4.00", "60.00"])]
        {
            repair.under_warranty = under_warranty;
            let shown = serde_json::to_value(&repair).unwrap();
            assert_eq!([&shown["parts"][0]["price"], &shown["labour"][0]["price"]], prices);
        }
    }

    #[test]
    fn a_repair_is_shown_with_all_keys_in_order() {
        let shown = serde_json::to_string(&repair(RepairState::Confirmed, vec![part(1, PartKind::Add, "2", "1")]));
        assert_eq!(
            shown.unwrap(),
            concat!(
                r#"{"id":"WH/RO/00001","state":"confirmed","ticket":null,"customer":"ADA","product":"LAMP","lot":null,"#,
                r#""quantity":"1","return":null,"under_warranty":false,"scheduled_date":"2026-11-23","responsible":null,"#,
                r#""tags":[],"parts":[{"line":1,"kind":"add","product":"BULB","lot":null,"quantity":"2","done":"0","#,
                r#""price":"4.00","state":"partly_reserved"}],"labour":[],"notes":null,"quotation":null}"#
            )
        );
    }

    #[test]
    fn what_is_used_is_what_is_named_or_everything() {
        let tracked = Part { tracking: Tracking::Serial, ..part(3, PartKind::Add, "1", "1") };
        let of_lot = Part { lot: Some(reference(5, "SN-1")), ..tracked.clone() };
        let two = || vec![part(1, PartKind::Add, "2", "2"), part(2, PartKind::Remove, "1", "0")];
        let with = |third: &Part| [two(), vec![third.clone()]].concat();
        let table = [
            // parts, --line, used or code and field
            (two(), &[][..], Ok(vec!["2", "1"])),
            (two(), &["1=1"], Ok(vec!["1", "0"])),
            (two(), &["2=0"], Ok(vec!["0", "0"])),
            (two(), &["1=5", "2=1"], Ok(vec!["5", "1"])),
            (two(), &["3=1"], Err(("invalid_value", "line"))),
            (two(), &["1=1", "1=2"], Err(("invalid_value", "line"))),
            (two(), &["1=-1"], Err(("quantity_invalid", "line"))),
            (with(&tracked), &[], Err(("lot_required", "lot"))),
            (with(&tracked), &["1=1"], Ok(vec!["1", "0", "0"])),
            (with(&tracked), &["3=0.5"], Err(("quantity_invalid", "line"))),
            (with(&of_lot), &[], Ok(vec!["2", "1", "1"])),
            (with(&of_lot), &["3=2"], Err(("quantity_invalid", "line"))),
            (Vec::new(), &[], Ok(Vec::new())),
        ];
        let lamp = product(3, "LAMP", Tracking::None);
        for (parts, asked, expected) in table {
            let asked: Vec<LineQuantity> = asked.iter().map(|text| text.parse().unwrap()).collect();
            let used = repair(RepairState::UnderRepair, parts).used(&asked, &lamp);
            let used = used.map(|used| used.iter().map(ToString::to_string).collect::<Vec<_>>());
            let used = used.map_err(|error| (error.fault().code, error.fault().field.clone().unwrap_or_default()));
            let expected = expected.map(|used| used.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(used, expected.map_err(|(code, field)| (code, field.to_owned())), "{asked:?}");
        }
    }

    #[test]
    fn a_tracked_product_is_finished_with_its_lot() {
        let lamp = product(3, "LAMP", Tracking::Serial);
        let mut repair = repair(RepairState::UnderRepair, Vec::new());
        let refused = repair.used(&[], &lamp).unwrap_err();
        assert_eq!(refused.fault().code, "lot_required");
        assert_eq!(refused.fault().hint.as_deref(), Some("aftersales lot list --product LAMP"));
        repair.lot = Some(reference(5, "SN-1"));
        assert_eq!(repair.used(&[], &lamp), Ok(Vec::new()));
    }

    #[test]
    fn one_quotation_for_a_customer() {
        use RepairState::{Cancelled, Done, Draft, UnderRepair};
        let table = [
            // state, customer, quotation, whether it counts, code
            (Draft, true, false, false, None),
            (UnderRepair, true, false, false, None),
            (Done, true, false, false, None),
            (Draft, true, true, false, None),
            (Draft, true, true, true, Some("already_quoted")),
            (Draft, false, true, true, Some("already_quoted")),
            (Draft, false, false, false, Some("customer_required")),
            (Cancelled, false, true, true, Some("state_not_allowed")),
        ];
        for (state, customer, quotation, counts, code) in table {
            let mut repair = repair(state, Vec::new());
            repair.customer = repair.customer.filter(|_| customer);
            repair.quotation = quotation.then(|| reference(6, "S00001"));
            let refused = repair.quotable(counts).err().map(|error| error.fault().code);
            assert_eq!(refused, code, "{state} {customer} {quotation} {counts}");
        }
        let negative = repair(Draft, vec![part(1, PartKind::Add, "-1", "0")]);
        assert_eq!(negative.quotable(false).unwrap_err().fault().code, "quantity_invalid");
    }

    fn quantity() -> impl Strategy<Value = Quantity> {
        (0_i64..5_000_000).prop_map(Quantity::from_millionths)
    }

    proptest! {
        #[test]
        fn whatever_is_tried_a_repair_goes_the_ways_of_the_spec(
            steps in prop::collection::vec(prop::sample::select(&STEPS[..]), 0..30),
            wanted in quantity(),
            reserved in quantity(),
        ) {
            let reserved = reserved.min(wanted);
            let mut repair = repair(RepairState::Draft, Vec::new());
            let mut was_done = false;
            for step in steps {
                let before = repair.state;
                match repair.step(step) {
                    Ok(Some(state)) => {
                        // A step leads to its own target, and once there it is unchanged.
                        prop_assert_eq!(state, step.target());
                        prop_assert_ne!(state, before);
                        repair.state = state;
                        prop_assert_eq!(repair.step(step), Ok(None));
                    }
                    Ok(None) => prop_assert_eq!(before, step.target()),
                    Err(refused) => prop_assert_eq!(refused.code(), "state_not_allowed"),
                }
                // Done is final, and only work that was begun is finished.
                prop_assert!(!was_done || repair.state == RepairState::Done);
                prop_assert!(repair.state != RepairState::Done || was_done || before == RepairState::UnderRepair);
                was_done |= repair.state == RepairState::Done;
                // Cancelling is open to all that is not over; reopening leads back to where it can be confirmed.
                prop_assert_eq!(repair.state.allows(Step::Cancel), !repair.state.is_over());
                // A part waits for stock only where its repair holds stock.
                let part = Part { quantity: wanted, reserved, ..part(1, PartKind::Add, "0", "0") };
                let waits = matches!(part.state(repair.state), PartState::Missing | PartState::PartlyReserved);
                prop_assert_eq!(waits, repair.state.holds_stock() && reserved < wanted);
            }
        }

        #[test]
        fn a_part_is_read_as_it_is_shown(kind in prop::option::of(prop::sample::select(PartKind::ALL)), sku in "[A-Z:=]{1,6}") {
            let text = match kind {
                Some(kind) => format!("{kind}:{sku}=2@4"),
                None => format!("{sku}=2@4"),
            };
            let part: NewPart = text.parse().unwrap();
            prop_assert_eq!(part.kind, kind);
            prop_assert_eq!(&part.line.product, &sku);
            prop_assert_eq!(part.to_string(), text);
        }
    }
}
