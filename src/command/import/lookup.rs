//! What records refer to, looked up once in a run: lines name the same products over and over.

use std::collections::HashMap;
use std::rc::Rc;

use super::mapped::Mapping;
use super::unseen::Unseen;
use crate::domain::Result;
use crate::domain::journal::Journal;
use crate::domain::location::Location;
use crate::domain::order::OrderInBrief;
use crate::domain::product::{Lot, Product};
use crate::domain::tax::Tax;
use crate::domain::tax::named::NamedTax;
use crate::domain::value::reference::Reference;
use crate::procedure::context::{Cx, found};
use crate::procedure::look_up;
use crate::store::customer::{self, CUSTOMER};
use crate::store::engine::record::{self, Found};
use crate::store::order;
use crate::store::tax::TAX;

/// How many of a kind are remembered.
const KEPT: usize = 10_000;

/// The records that were looked up before. What is made or changed by the run itself is forgotten (`forget`).
#[derive(Default)]
pub struct Lookup {
    products: Kept<Rc<Product>>,
    customers: Kept<Reference>,
    taxes: Kept<Tax>,
    locations: Kept<Location>,
    journals: Kept<Journal>,
    orders: Kept<OrderInBrief>,
    /// Which ids are certainly new.
    pub unseen: Unseen,
    /// Whether taxes are named as another system does (docs/ways-in.md).
    as_elsewhere: bool,
    /// Whether customers are, and not by a number.
    without_numbers: bool,
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

    /// Keeps an order that the run brought or changed.
    pub fn keep_order(&mut self, order: OrderInBrief) {
        let id = order.order.id.clone();
        self.orders.forget(&id);
        self.orders.keep(&id, order);
    }

    /// The lot of that id. Lots are as many as there are goods, so none is remembered.
    pub fn lot(&mut self, cx: &Cx<'_>, id: &str) -> Result<Lot> {
        look_up::one(cx, "lot", id)
    }

    /// Forgets what a record of that kind changes that was made or changed.
    pub fn forget(&mut self, kind: &str, id: &str) {
        match kind {
            "product" => self.products.forget(id),
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
