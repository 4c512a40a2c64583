//! What records refer to, looked up once in a run: lines name the same products over and over.

use std::collections::HashMap;
use std::rc::Rc;

use super::unseen::Unseen;
use crate::domain::Result;
use crate::domain::customer::Customer;
use crate::domain::journal::Journal;
use crate::domain::location::Location;
use crate::domain::order::OrderInBrief;
use crate::domain::product::{Lot, Product};
use crate::domain::tax::Tax;
use crate::domain::tax::named::NamedTax;
use crate::domain::value::reference::Reference;
use crate::procedure::context::{Cx, found};
use crate::procedure::look_up;
use crate::store::engine::record::{self, Described, Found};
use crate::store::{customer, journal, location, lot, order, product, tax};

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
    /// Whether taxes are named as another system does.
    by_name: bool,
}

/// The record that is called by e-mail or name (contract, section 2); several are ambiguous.
fn named<T: Described>(cx: &Cx<'_>, field: &'static str, name: &str) -> Result<Option<T>> {
    match record::find::<T>(cx.db, name)? {
        Found::One(found) => Ok(Some(found)),
        Found::Nothing => Ok(None),
        Found::Several(_) => look_up::one(cx, field, name).map(Some),
    }
}

/// The oldest tax that is called so, or alike and of that rate.
fn tax_named(cx: &Cx<'_>, name: &str) -> Result<Option<Tax>> {
    let meant = NamedTax::read(name);
    let taxes: Vec<Tax> = record::all(cx.db, record::select::<Tax>().with(&[], " ORDER BY t.key"), &[])?;
    let exact = taxes.iter().position(|tax| tax.id == meant.name);
    let at = exact.or_else(|| taxes.iter().position(|tax| meant.is(tax)));
    Ok(at.and_then(|at| taxes.into_iter().nth(at)))
}

struct Kept<T>(HashMap<String, T>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Kept(HashMap::new())
    }
}

impl<T: Clone> Kept<T> {
    /// The record of that id, found the first time by `find`.
    fn get(
        &mut self,
        kind: &'static str,
        field: &'static str,
        id: &str,
        find: impl FnOnce() -> Result<Option<T>>,
    ) -> Result<T> {
        if let Some(known) = self.0.get(id) {
            return Ok(known.clone());
        }
        let new = found(find()?, kind, kind, field, id)?;
        self.keep(id, new.clone());
        Ok(new)
    }

    fn keep(&mut self, id: &str, record: T) {
        if self.0.len() >= KEPT {
            self.0.clear();
        }
        self.0.insert(id.to_owned(), record);
    }
}

impl Lookup {
    /// Nothing is known yet; `by_name` says that taxes are named as another system does.
    pub fn of(by_name: bool) -> Lookup {
        Lookup { by_name, ..Lookup::default() }
    }

    pub fn product(&mut self, cx: &Cx<'_>, id: &str) -> Result<Rc<Product>> {
        self.products.get("product", "product", id, || match product::by_id(cx.db, id)? {
            Some(product) => Ok(Some(Rc::new(product))),
            None => Ok(named::<Product>(cx, "product", id)?.map(Rc::new)),
        })
    }

    pub fn customer(&mut self, cx: &Cx<'_>, id: &str) -> Result<Reference> {
        self.customers.get("customer", "customer", id, || {
            let customer = match cx.db.by_reference(id, |id| customer::by_id(cx.db, id))? {
                None => named::<Customer>(cx, "customer", id)?,
                found => found,
            };
            // What was merged stands for the one that it was merged into.
            Ok(customer.map(|customer| customer.merged_into.clone().unwrap_or_else(|| customer.reference())))
        })
    }

    pub fn tax(&mut self, cx: &Cx<'_>, id: &str) -> Result<Tax> {
        let by_name = self.by_name;
        self.taxes.get("tax", "taxes", id, || match tax::by_id(cx.db, id)? {
            None if by_name => tax_named(cx, id),
            found => Ok(found),
        })
    }

    /// The tax that another system calls so, by name and rate.
    pub fn tax_named(&mut self, cx: &Cx<'_>, name: &str) -> Result<Option<Tax>> {
        if let Some(known) = self.taxes.0.get(name) {
            return Ok(Some(known.clone()));
        }
        let tax = tax_named(cx, name)?;
        if let Some(tax) = &tax {
            self.taxes.keep(name, tax.clone());
        }
        Ok(tax)
    }

    pub fn location(&mut self, cx: &Cx<'_>, field: &'static str, id: &str) -> Result<Location> {
        self.locations.get("location", field, id, || Ok(location::by_id(cx.db, id)?))
    }

    pub fn journal(&mut self, cx: &Cx<'_>, id: &str) -> Result<Journal> {
        self.journals.get("journal", "journal", id, || match journal::by_id(cx.db, id)? {
            None => named::<Journal>(cx, "journal", id),
            found => Ok(found),
        })
    }

    /// The order of that id, and whose it is.
    pub fn order(&mut self, cx: &Cx<'_>, id: &str) -> Result<OrderInBrief> {
        self.orders.get("order", "order", id, || Ok(cx.db.by_reference(id, |id| order::in_brief(cx.db, id))?))
    }

    /// Keeps an order that the run brought.
    pub fn keep_order(&mut self, order: OrderInBrief) {
        let id = order.order.id.clone();
        self.orders.keep(&id, order);
    }

    /// The lot of that id. Lots are as many as there are goods, so none is remembered.
    pub fn lot(&mut self, cx: &Cx<'_>, id: &str) -> Result<Lot> {
        found(lot::by_id(cx.db, id)?, "lot", "lot", "lot", id)
    }

    /// Forgets what a record of that kind may have changed.
    pub fn forget(&mut self, kind: &str, id: &str) {
        match kind {
            "product" => drop(self.products.0.remove(id)),
            "customer" => drop(self.customers.0.remove(id)),
            "location" => drop(self.locations.0.remove(id)),
            "journal" => drop(self.journals.0.remove(id)),
            // A product is remembered with its taxes.
            "tax" => {
                self.taxes.0.remove(id);
                self.products.0.clear();
            }
            _ => {}
        }
    }
}
