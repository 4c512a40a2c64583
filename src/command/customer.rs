//! `customer`: whom the desk serves.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::record::{Changed, Record, one};
use super::{Change, Cx, given, naming};
use crate::domain::Result;
use crate::domain::customer::Customer;
use crate::domain::desk::Right;
use crate::store::{self, Db, Key, Page, customer};

impl Record for Customer {
    const KIND: &'static str = "customer";
    const NOUN: &'static str = "customer";
    const RIGHT: Right = Right::Helpdesk;
    const FIELDS: &'static [&'static str] = &["id", "name", "email"];
    const COLUMNS: &'static [&'static str] = &["id", "name", "email"];
    const SCALARS: &'static [&'static str] = &["id", "name", "email"];
    const DAY: Option<&'static str> = None;

    fn find(db: &Db, given: &str) -> store::Result<Option<Self>> {
        db.by_reference(given, |id| customer::by_id(db, id))
    }
    fn page(db: &Db, page: Page) -> store::Result<Vec<Self>> {
        customer::page(db, page)
    }
    fn key(&self) -> Key {
        self.key
    }
}

/// Create a customer
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales customer create --name 'Ada Ltd' --email ada@example.org\n  aftersales customer create ADA --name 'Ada Ltd'"
)]
pub struct CustomerCreate {
    /// Its id (default: the next of C00001, C00002, …)
    pub id: Option<String>,
    /// Its name (default: the id)
    #[arg(long)]
    pub name: Option<String>,
    /// Where mail for it goes
    #[arg(long)]
    pub email: Option<String>,
}

impl Change for CustomerCreate {
    type Outcome = Changed<Customer>;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Customer>> {
        let id = naming::id_or_next(cx, self.id.as_deref(), "C")?;
        let name = naming::name_or_id(self.name.as_deref(), &id)?;
        naming::check_new(&id, customer::by_id(cx.db, &id)?)?;
        let customer = Customer { key: cx.db.next_key()?, id, name, email: given::text(self.email.as_deref()) };
        customer::insert(cx.db, &customer)?;
        cx.created("customer", &customer.id);
        Ok(Changed(customer))
    }
}

/// Edit a customer
///
/// An empty value empties the field.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales customer edit C00001 --email ada@example.org\n  aftersales customer edit C00001 --email ''"
)]
pub struct CustomerEdit {
    /// The customer
    pub customer: String,
    /// Its name
    #[arg(long)]
    pub name: Option<String>,
    /// Where mail for it goes
    #[arg(long)]
    pub email: Option<String>,
}

impl Change for CustomerEdit {
    type Outcome = Changed<Customer>;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Customer>> {
        let before: Customer = one(cx, "customer", &self.customer)?;
        let mut customer = before.clone();
        naming::rename(&mut customer.name, self.name.as_deref())?;
        given::set_text(&mut customer.email, self.email.as_deref());
        if customer != before {
            customer::update(cx.db, &customer)?;
            cx.touched("customer", &customer.id);
        }
        Ok(Changed(customer))
    }
}
