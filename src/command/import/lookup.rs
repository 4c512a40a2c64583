//! What records refer to, looked up once in a run: lines name the same products over and over.

use std::any::Any;
use std::collections::HashMap;
use std::rc::Rc;

use super::mapped::Mapping;
use super::unseen::{self, Unseen};
use crate::domain::Result;
use crate::domain::customer::Customer;
use crate::domain::journal::Journal;
use crate::domain::linking::Source;
use crate::domain::location::Location;
use crate::domain::order::OrderInBrief;
use crate::domain::product::{Lot, Product, ProductType};
use crate::domain::tax::Tax;
use crate::domain::tax::named::NamedTax;
use crate::domain::transfer::ToDeliver;
use crate::domain::value::quantity::{Price, Quantity};
use crate::domain::value::reference::Reference;
use crate::procedure::context::{Cx, found};
use crate::procedure::look_up;
use crate::store::customer::{self, CUSTOMER};
use crate::store::engine::record::{self, Found};
use crate::store::tax::TAX;
use crate::store::{Key, linking, order};

/// How many of a kind are remembered.
const KEPT: usize = 10_000;

/// How many lines of orders are remembered.
const KEPT_LINES: usize = 50_000;

/// The records that were looked up before, and those of the kinds that are referred to most that the run made. What it changes is
/// forgotten (`forget`).
#[derive(Default)]
pub struct Lookup {
    products: Kept<Rc<Product>>,
    customers: Kept<Reference>,
    taxes: Kept<Tax>,
    locations: Kept<Location>,
    journals: Kept<Journal>,
    orders: Kept<OrderInBrief>,
    /// The lines of orders that the run brought, by the key of the order.
    lines: HashMap<Key, Box<[BroughtLine]>>,
    kept_lines: usize,
    /// Which ids are certainly new.
    unseen: Unseen,
    /// Whether records are only run to find out what they ask: what they make is undone.
    looks_ahead: bool,
    /// Whether taxes are named as another system does (docs/ways-in.md).
    as_elsewhere: bool,
    /// Whether customers are, and not by a number.
    without_numbers: bool,
}

/// A line of an order as the run brought it.
pub struct BroughtLine {
    pub key: Key,
    pub product: Option<Rc<Product>>,
    pub quantity: Quantity,
    pub price: Price,
}

/// The oldest tax that is called so, or alike and of that rate.
fn tax_named(cx: &Cx<'_>, name: &str) -> Result<Option<Tax>> {
    let meant = NamedTax::read(name);
    let taxes: Vec<Tax> = record::all(cx.db, record::select::<Tax>().with(&[], " ORDER BY t.key"), &[])?;
    let exact = taxes.iter().position(|tax| tax.id == meant.name);
    let at = exact.or_else(|| taxes.iter().position(|tax| meant.is(tax)));
    Ok(at.and_then(|at| taxes.into_iter().nth(at)))
}

/// What has an id of its own.
trait Identified {
    fn id(&self) -> &str;
}

macro_rules! identified {
    ($($kind:ty: $($id:ident).+),* $(,)?) => { $(
        impl Identified for $kind {
            fn id(&self) -> &str {
                &self.$($id).+
            }
        }
    )* };
}
identified!(Rc<Product>: id, Reference: id, Tax: id, Location: id, Journal: id, OrderInBrief: order.id);

/// Records of a kind, by what they were called.
struct Kept<T> {
    /// By their own ids, which go before whatever else a reference may be.
    by_id: HashMap<String, T>,
    /// By a name, an e-mail or a part of the id: which record that is can change with any other of the kind.
    by_name: HashMap<String, T>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Kept { by_id: HashMap::new(), by_name: HashMap::new() }
    }
}

impl<T: Clone + Identified> Kept<T> {
    /// The record that is called so, found the first time by `find`.
    fn get(&mut self, given: &str, find: impl FnOnce() -> Result<T>) -> Result<T> {
        if let Some(known) = self.known(given) {
            return Ok(known);
        }
        let new = find()?;
        self.keep(given, new.clone());
        Ok(new)
    }

    fn known(&self, given: &str) -> Option<T> {
        self.by_id.get(given).or_else(|| self.by_name.get(given)).cloned()
    }

    fn keep(&mut self, given: &str, record: T) {
        let kept = if record.id() == given { &mut self.by_id } else { &mut self.by_name };
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(given.to_owned(), record);
    }

    /// Forgets the record of that id, which was made or changed, and all that was found by a name: it may be another by now.
    fn forget(&mut self, id: &str) {
        self.by_id.remove(id);
        self.by_name.clear();
    }
}

impl Lookup {
    /// Nothing is known yet; records that a map reads are named as another system does.
    pub fn of(map: Option<&Mapping>) -> Lookup {
        let without_numbers = map.is_some_and(|map| map.column("customer", "id").is_none());
        Lookup { as_elsewhere: map.is_some(), without_numbers, ..Lookup::default() }
    }

    /// Says whether from here on records are only run to find out what they ask.
    pub fn look_ahead(&mut self, looks_ahead: bool) {
        self.looks_ahead = looks_ahead;
    }

    /// Whether there is certainly no record of that kind under that name; from here on there may be one.
    pub fn is_new(&mut self, cx: &Cx<'_>, kind: unseen::Kind, name: &str) -> Result<bool> {
        match self.looks_ahead {
            true => self.unseen.would_be_new(cx.db, kind, name),
            false => self.unseen.is_new(cx.db, kind, name),
        }
    }

    pub fn product(&mut self, cx: &Cx<'_>, id: &str) -> Result<Rc<Product>> {
        self.products.get(id, || look_up::one(cx, "product", id).map(Rc::new))
    }

    /// The customer, or the one that it was merged into.
    pub fn customer(&mut self, cx: &Cx<'_>, id: &str) -> Result<Reference> {
        let found_by = if self.without_numbers { customer::FOUND_BY_ELSEWHERE } else { CUSTOMER.found_by };
        self.customers.get(id, || {
            look_up::check_given("customer", id)?;
            look_up::the_one(record::find_key_by(cx.db, &CUSTOMER, found_by, id)?.found, &CUSTOMER, "customer", id)
        })
    }

    pub fn tax(&mut self, cx: &Cx<'_>, id: &str) -> Result<Tax> {
        let as_elsewhere = self.as_elsewhere;
        self.taxes.get(id, || {
            let found = match record::find::<Tax>(cx.db, id)? {
                Found::Nothing if as_elsewhere => tax_named(cx, id)?.map_or(Found::Nothing, Found::One),
                found => found,
            };
            look_up::the_one(found, &TAX, "taxes", id)
        })
    }

    /// The tax that another system calls so, by name and rate.
    pub fn tax_named(&mut self, cx: &Cx<'_>, name: &str) -> Result<Option<Tax>> {
        if let Some(known) = self.taxes.known(name) {
            return Ok(Some(known));
        }
        let tax = tax_named(cx, name)?;
        if let Some(tax) = &tax {
            self.taxes.keep(name, tax.clone());
        }
        Ok(tax)
    }

    pub fn location(&mut self, cx: &Cx<'_>, field: &'static str, id: &str) -> Result<Location> {
        self.locations.get(id, || look_up::one(cx, field, id))
    }

    pub fn journal(&mut self, cx: &Cx<'_>, id: &str) -> Result<Journal> {
        self.journals.get(id, || look_up::one(cx, "journal", id))
    }

    /// The order of that id, and whose it is.
    pub fn order(&mut self, cx: &Cx<'_>, id: &str) -> Result<OrderInBrief> {
        self.orders.get(id, || {
            let order = cx.db.by_reference(id, |id| order::in_brief(cx.db, id))?;
            found(order, "order", "order", "order", id)
        })
    }

    /// Keeps an order that the run brought or changed, with its lines.
    pub fn keep_order(&mut self, order: OrderInBrief, lines: Box<[BroughtLine]>) {
        // What was only looked at is not there.
        if self.looks_ahead {
            return;
        }
        if self.kept_lines + lines.len() > KEPT_LINES {
            self.forget_lines();
        }
        self.kept_lines += lines.len();
        let (key, id) = (order.order.key, order.order.id.clone());
        self.lines.insert(key, lines);
        self.orders.forget(&id);
        self.orders.keep(&id, order);
    }

    fn forget_lines(&mut self) {
        self.lines.clear();
        self.kept_lines = 0;
    }

    fn lines_of(&self, order: Key) -> Option<&[BroughtLine]> {
        self.lines.get(&order).map(AsRef::as_ref)
    }

    /// The lines of an order that was not billed yet, with all that is to be billed of them.
    pub fn unbilled(&self, cx: &Cx<'_>, order: Key) -> Result<Vec<Source>> {
        let Some(lines) = self.lines_of(order) else {
            return Ok(linking::of_order(cx.db, order)?);
        };
        let source = |line: &BroughtLine| {
            let product = line.product.as_ref().map(|product| product.key);
            Source { key: line.key, product, lot: None, price: Some(line.price), left: line.quantity }
        };
        Ok(lines.iter().map(source).collect())
    }

    /// The lines of an order of which nothing moved yet that hold goods.
    pub fn unmoved(&self, cx: &Cx<'_>, order: Key) -> Result<Vec<ToDeliver>> {
        let Some(lines) = self.lines_of(order) else {
            return Ok(linking::unmoved(cx.db, order)?);
        };
        let goods = lines.iter().filter_map(|line| Some((line, line.product.as_ref()?)));
        let goods = goods.filter(|(_, product)| product.kind == ProductType::Goods);
        let line = |(line, product): (&BroughtLine, &Rc<Product>)| {
            let (product, tracking) = (product.reference(), product.tracking);
            ToDeliver { order_line: line.key, product, tracking, left: line.quantity }
        };
        Ok(goods.map(line).collect())
    }

    /// The lot of that id. Lots are as many as there are goods, so none is remembered.
    pub fn lot(&mut self, cx: &Cx<'_>, id: &str) -> Result<Lot> {
        look_up::one(cx, "lot", id)
    }

    /// Notes a record that the run made, under its id: those that others refer to over and over are known from here on.
    pub fn note_made(&mut self, kind: &str, id: &str, made: &dyn Any) {
        self.forget(kind, id);
        // What was only looked at is not there.
        if self.looks_ahead {
            return;
        }
        if let Some(product) = made.downcast_ref::<Product>() {
            self.products.keep(id, Rc::new(product.clone()));
        } else if let Some(customer) = made.downcast_ref::<Customer>()
            && customer.merged_into.is_none()
            // Another system may call somebody else so.
            && !self.without_numbers
        {
            self.customers.keep(id, customer.reference());
        }
    }

    /// Forgets what a record of that kind changes that was changed.
    pub fn forget(&mut self, kind: &str, id: &str) {
        match kind {
            "product" => {
                self.products.forget(id);
                // What is to be delivered of an order depends on what its products are.
                self.forget_lines();
            }
            "customer" => self.customers.forget(id),
            "location" => self.locations.forget(id),
            "journal" => self.journals.forget(id),
            "tax" => {
                self.taxes.forget(id);
                // A product is remembered with its taxes.
                self.products = Kept::default();
            }
            _ => {}
        }
    }
}
