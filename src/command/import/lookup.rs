//! What records refer to, looked up once in a run: lines name the same products over and over.

use std::collections::HashMap;
use std::rc::Rc;

use super::unseen::Unseen;
use crate::domain::Result;
use crate::domain::journal::Journal;
use crate::domain::location::Location;
use crate::domain::order::OrderInBrief;
use crate::domain::product::{Lot, Product};
use crate::domain::tax::Tax;
use crate::domain::value::reference::Reference;
use crate::procedure::context::{Cx, found};
use crate::store::{self, customer, journal, location, lot, order, product, tax};

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
        find: impl FnOnce() -> store::Result<Option<T>>,
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
    pub fn product(&mut self, cx: &Cx<'_>, id: &str) -> Result<Rc<Product>> {
        self.products.get("product", "product", id, || Ok(product::by_id(cx.db, id)?.map(Rc::new)))
    }

    pub fn customer(&mut self, cx: &Cx<'_>, id: &str) -> Result<Reference> {
        self.customers.get("customer", "customer", id, || {
            let customer = cx.db.by_reference(id, |id| customer::by_id(cx.db, id))?;
            // What was merged stands for the one that it was merged into.
            Ok(customer.map(|customer| customer.merged_into.clone().unwrap_or_else(|| customer.reference())))
        })
    }

    pub fn tax(&mut self, cx: &Cx<'_>, id: &str) -> Result<Tax> {
        self.taxes.get("tax", "taxes", id, || tax::by_id(cx.db, id))
    }

    pub fn location(&mut self, cx: &Cx<'_>, field: &'static str, id: &str) -> Result<Location> {
        self.locations.get("location", field, id, || location::by_id(cx.db, id))
    }

    pub fn journal(&mut self, cx: &Cx<'_>, id: &str) -> Result<Journal> {
        self.journals.get("journal", "journal", id, || journal::by_id(cx.db, id))
    }

    /// The order of that id, and whose it is.
    pub fn order(&mut self, cx: &Cx<'_>, id: &str) -> Result<OrderInBrief> {
        self.orders.get("order", "order", id, || cx.db.by_reference(id, |id| order::in_brief(cx.db, id)))
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
