//! The form of a repair: what was given for it, looked up, and the repair that it makes of one before (spec E1).

use super::quotation;
use crate::domain::common::ValueRefused;
use crate::domain::customer::Customer;
use crate::domain::line::NewLine;
use crate::domain::options::Fields;
use crate::domain::product::{Lot, Product, ProductType};
use crate::domain::repair::item::{Item, default_lot};
use crate::domain::repair::part::{Labour, NewPart, Part, PartKind, check_labour, check_part};
use crate::domain::repair::{Repair, RepairState};
use crate::domain::ticket::Ticket;
use crate::domain::transfer::Transfer;
use crate::domain::user::User;
use crate::domain::value::day::Day;
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::Reference;
use crate::domain::value::text::Setting;
use crate::domain::{Error, Faults, Result};
use crate::procedure::context::Cx;
use crate::procedure::look_up;
use crate::store::customer::CUSTOMER;
use crate::store::tag::TAG;
use crate::store::user::USER;
use crate::store::{choices, lot, product, repair, transfer};

/// What was given for the form; an empty text empties a field, a list replaces the one before.
#[derive(Default)]
pub struct GivenRepair<'g> {
    pub customer: Option<&'g str>,
    pub product: Option<&'g str>,
    pub lot: Option<&'g str>,
    pub quantity: Option<Setting<Quantity>>,
    pub from_return: Option<&'g str>,
    pub under_warranty: Option<bool>,
    pub scheduled_date: Option<Setting<Day>>,
    pub responsible: Option<&'g str>,
    pub part: &'g [Setting<NewPart>],
    pub labour: &'g [Setting<NewLine>],
    pub notes: Option<&'g str>,
}

/// The records behind what was given; none inside where a field was emptied.
pub struct RepairNames {
    customer: Option<Option<Reference>>,
    product: Option<Option<Product>>,
    lot: Option<Option<Lot>>,
    from_return: Option<Option<Transfer>>,
    responsible: Option<Option<Reference>>,
    /// None where the list was left out.
    parts: Option<Vec<(NewPart, Product)>>,
    labour: Option<Vec<(NewLine, Product)>>,
}

/// Looks up what was given, in the order of the form, before any rule is asked.
pub fn named_by(cx: &Cx<'_>, given: &GivenRepair<'_>) -> Result<RepairNames> {
    Ok(RepairNames {
        customer: named(given.customer, |id| {
            look_up::one::<Customer>(cx, "customer", id).map(|customer| customer.reference())
        })?,
        product: named(given.product, |id| product_of(cx, "product", id))?,
        lot: named(given.lot, |id| lot_of(cx, id))?,
        from_return: named(given.from_return, |id| look_up::one(cx, "return", id))?,
        responsible: named(given.responsible, |id| {
            look_up::one::<User>(cx, "responsible", id).map(|user| user.reference())
        })?,
        parts: list(given.part, |part| product_of(cx, "part", &part.line.product))?,
        labour: list(given.labour, |line| product_of(cx, "labour", &line.product))?,
    })
}

/// The product that `given` stands for in the flag `field`, without its taxes: only a quotation asks for them.
pub fn product_of(cx: &Cx<'_>, field: &'static str, given: &str) -> Result<Product> {
    look_up::bare(cx, field, given)
}

/// The lot or serial number that `given` stands for.
pub fn lot_of(cx: &Cx<'_>, given: &str) -> Result<Lot> {
    look_up::one(cx, "lot", given)
}

fn named<T>(given: Option<&str>, look: impl Fn(&str) -> Result<T>) -> Result<Option<Option<T>>> {
    given.map(|given| if given.is_empty() { Ok(None) } else { look(given).map(Some) }).transpose()
}

/// The products that a list names; an empty text stands for none, so that one alone empties the list.
fn list<T: Clone>(given: &[Setting<T>], look: impl Fn(&T) -> Result<Product>) -> Result<Option<Vec<(T, Product)>>> {
    if given.is_empty() {
        return Ok(None);
    }
    let named = given.iter().filter_map(|value| value.0.as_ref());
    named.map(|value| Ok((value.clone(), look(value)?))).collect::<Result<Vec<_>>>().map(Some)
}

fn with_lines(cx: &Cx<'_>, mut transfer: Transfer) -> Result<Transfer> {
    transfer::complete(cx.db, &mut transfer)?;
    Ok(transfer)
}

/// The repair that the form makes for a ticket: a draft without id, key and tags. Customer, product and lot default to the
/// ticket's, the scheduled day to today.
pub fn new(cx: &Cx<'_>, ticket: &Ticket, given: &GivenRepair<'_>, named: &RepairNames) -> Result<Repair> {
    let mut faults = Faults::default();
    let product = match &named.product {
        Some(given) => given.clone(),
        None => ticket.product.as_ref().map(|of| product::by_key(cx.db, of.key)).transpose()?,
    };
    let Some(product) = product else {
        faults.note(ValueRefused::missing("product"));
        check_values(given, named, &mut faults);
        faults.refuse()?;
        return Err(ValueRefused::missing("product").into());
    };
    let mut before = Repair {
        key: 0,
        id: String::new(),
        state: RepairState::Draft,
        ticket: Some(Reference { key: ticket.key, id: ticket.id.clone() }),
        customer: ticket.customer.clone(),
        product: product.reference(),
        lot: None,
        quantity: Quantity::ONE,
        from_return: None,
        under_warranty: false,
        scheduled_date: cx.today,
        responsible: None,
        tags: Vec::new(),
        parts: Vec::new(),
        labour: Vec::new(),
        notes: None,
        quotation: None,
    };
    if named.lot.is_none() {
        let from = named.from_return.as_ref().and_then(Option::as_ref);
        let of_ticket = ticket.lot.as_ref().map(|of| lot_of(cx, &of.id)).transpose()?;
        before.lot = default_lot(&product, of_ticket.as_ref(), from);
    }
    let (after, item) = filled(cx, &before, given, named)?;
    item.check_fit()?;
    Ok(after)
}

/// The repair that an edit makes of one before; refused where its state does not let it (spec E2).
pub fn edited(cx: &Cx<'_>, before: &Repair, given: &GivenRepair<'_>, named: &RepairNames) -> Result<Repair> {
    let (after, item) = filled(cx, before, given, named)?;
    if after != *before {
        before.check_edit(&after)?;
        if !before.is_same_item(&after) {
            item.check_fit()?;
        }
        if before.customer != after.customer && quotation::counts(cx, before)? {
            before.check_unquoted()?;
        }
    }
    Ok(after)
}

/// The repair with the form's values, each checked by itself, and the item that still has to fit together.
fn filled(cx: &Cx<'_>, before: &Repair, given: &GivenRepair<'_>, named: &RepairNames) -> Result<(Repair, Item)> {
    let item = item(cx, before, given, named)?;
    let mut faults = Faults::default();
    if let Some(None) = named.product {
        faults.note(ValueRefused::missing("product"));
    }
    item.check_values(&mut faults);
    check_values(given, named, &mut faults);
    faults.refuse()?;

    let mut after = before.clone();
    after.customer.clone_from(&item.customer);
    after.product = item.product.reference();
    after.lot = item.lot.as_ref().map(Lot::reference);
    after.quantity = item.quantity;
    after.from_return = item.from_return.as_ref().map(Transfer::reference);
    after.under_warranty = given.under_warranty.unwrap_or(before.under_warranty);
    after.scheduled_date = given.scheduled_date.and_then(|date| date.0).unwrap_or(before.scheduled_date);
    if let Some(responsible) = &named.responsible {
        after.responsible.clone_from(responsible);
    }
    if let Some(notes) = given.notes {
        after.notes = Some(notes).filter(|notes| !notes.is_empty()).map(str::to_owned);
    }
    if let Some(parts) = &named.parts {
        after.parts = parts_of(cx, before, parts)?;
    }
    if let Some(labour) = &named.labour {
        after.labour = labour_of(cx, before, labour)?;
    }
    Ok((after, item))
}

/// What is to be repaired in the end: what was given, else what was there. A lot that was not named again goes with the
/// product that it was of.
fn item(cx: &Cx<'_>, before: &Repair, given: &GivenRepair<'_>, named: &RepairNames) -> Result<Item> {
    let product = match named.product.clone().flatten() {
        Some(product) => product,
        None => product::by_key(cx.db, before.product.key)?,
    };
    let lot = match &named.lot {
        Some(lot) => lot.clone(),
        None if product.key != before.product.key => None,
        None => before.lot.as_ref().map(|of| lot_of(cx, &of.id)).transpose()?,
    };
    let from_return = match &named.from_return {
        Some(from) => from.clone(),
        None => {
            let from = before.from_return.as_ref().map(|of| transfer::by_key(cx.db, of.key)).transpose()?;
            from.map(|from| with_lines(cx, from)).transpose()?
        }
    };
    Ok(Item {
        customer: named.customer.clone().unwrap_or_else(|| before.customer.clone()),
        product,
        lot,
        quantity: given.quantity.and_then(|quantity| quantity.0).unwrap_or(before.quantity),
        from_return,
    })
}

/// Checks the values that stand by themselves, in the order of the flags.
fn check_values(given: &GivenRepair<'_>, named: &RepairNames, faults: &mut Faults) {
    if let Some(Setting(None)) = given.quantity {
        faults.note(ValueRefused::missing("quantity"));
    }
    if let Some(Setting(None)) = given.scheduled_date {
        faults.note(ValueRefused::missing("scheduled_date"));
    }
    for (part, product) in named.parts.iter().flatten() {
        faults.gather(check_part("part", product, false, part.line.quantity, part.line.price));
    }
    for (line, product) in named.labour.iter().flatten() {
        faults.gather(check_labour(product, line));
    }
}

/// The parts of a list in place of those before: one of the same kind and product at the same place stays the part that it
/// is, with its lot, what is reserved for it and its line of the quotation.
fn parts_of(cx: &Cx<'_>, before: &Repair, list: &[(NewPart, Product)]) -> Result<Vec<Part>> {
    let mut parts = Vec::with_capacity(list.len());
    for (at, (new, product)) in list.iter().enumerate() {
        let kind = new.kind.unwrap_or(PartKind::Add);
        let kept = before.parts.get(at).filter(|part| part.kind == kind && part.product.key == product.key);
        let part = match kept {
            Some(part) => part.clone(),
            None => new_part(cx, new, product, None)?,
        };
        let price = new.line.price.unwrap_or(product.price.price);
        parts.push(part.with(new.line.quantity, price));
    }
    Ok(numbered(parts))
}

/// A part that is new, not numbered yet.
pub fn new_part(cx: &Cx<'_>, new: &NewPart, product: &Product, lot: Option<&Lot>) -> Result<Part> {
    let mut price = product.price;
    price.price = new.line.price.unwrap_or(price.price);
    Ok(Part {
        key: cx.db.next_key()?,
        line: 0,
        kind: new.kind.unwrap_or(PartKind::Add),
        product: product.reference(),
        tracking: product.tracking,
        lot: lot.map(Lot::reference),
        quantity: new.line.quantity,
        done: Quantity::ZERO,
        reserved: Quantity::ZERO,
        price,
        order_line: None,
    })
}

fn labour_of(cx: &Cx<'_>, before: &Repair, list: &[(NewLine, Product)]) -> Result<Vec<Labour>> {
    let mut lines = Vec::with_capacity(list.len());
    for (at, (new, product)) in list.iter().enumerate() {
        let kept = before.labour.get(at).filter(|labour| labour.product.key == product.key);
        let mut labour = match kept {
            Some(labour) => labour.clone(),
            None => Labour {
                key: cx.db.next_key()?,
                line: 0,
                product: product.reference(),
                quantity: new.quantity,
                price: product.price,
                order_line: None,
            },
        };
        labour.quantity = new.quantity;
        labour.price.price = new.price.unwrap_or(product.price.price);
        lines.push(labour);
    }
    for (number, labour) in (1_i64..).zip(&mut lines) {
        labour.line = number;
    }
    Ok(lines)
}

/// Parts, numbered from 1 in their order.
pub fn numbered(mut parts: Vec<Part>) -> Vec<Part> {
    for (number, part) in (1_i64..).zip(&mut parts) {
        part.line = number;
    }
    parts
}

/// Refuses a lot that cannot be the part's, as the flag `--lot` names it.
pub fn check_part_lot(product: &Product, lot: Option<&Lot>) -> Result<()> {
    crate::domain::ticket::check_fit(None, None, false, Some(product), lot).map_err(Error::from)
}

/// The form of `ticket repair` for the ticket: defaults and choices (spec A8, E1). A lot is shown where the product has lots.
pub fn offer(cx: &Cx<'_>, ticket: &Ticket) -> Result<Fields> {
    let product = ticket.product.as_ref().map(|of| product::by_key(cx.db, of.key)).transpose()?;
    let id_of = |reference: &Option<Reference>| reference.as_ref().map(|reference| reference.id.clone());
    let key_of = |reference: &Option<Reference>| reference.as_ref().map(|reference| reference.key);
    let fields = Fields::default().choice("customer", id_of(&ticket.customer), choices::all(cx.db, &CUSTOMER)?).choice(
        "product",
        id_of(&ticket.product),
        product::ids_of(cx.db, ProductType::Goods)?,
    );
    let fields = match product.filter(Product::is_tracked) {
        None => fields.hidden("lot"),
        Some(product) => fields.choice("lot", id_of(&ticket.lot), lot::of_product(cx.db, product.key)?),
    };
    let returns = repair::returns_with(cx.db, key_of(&ticket.product), key_of(&ticket.customer))?;
    Ok(fields
        .free("quantity", Some(Quantity::ONE.to_string()))
        .choice("return", None, returns)
        .switch("under_warranty")
        .free("scheduled_date", Some(cx.today.to_string()))
        .choice("responsible", None, choices::all(cx.db, &USER)?)
        .choices("tag", Vec::new(), choices::all(cx.db, &TAG)?)
        .free_list("part", Vec::new())
        .free_list("labour", Vec::new())
        .free("notes", None)
        .switch("confirm")
        .switch("quote"))
}
