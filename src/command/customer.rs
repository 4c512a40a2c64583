//! `customer`: whom the desk serves.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::record::{Record, one};
use super::{Change, Cx};
use crate::domain::Result;
use crate::domain::common::{AlreadyExists, ValueRefused};
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

/// What creating or editing a customer answers.
#[derive(Serialize)]
pub struct CustomerOutcome {
    customer: Customer,
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
    type Outcome = CustomerOutcome;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<CustomerOutcome> {
        let id = match self.id.as_deref() {
            Some("") => return Err(ValueRefused::missing("id").into()),
            Some(id) if customer::by_id(cx.db, id)?.is_some() => {
                return Err(
                    AlreadyExists { kind: "customer", noun: "customer", field: "id", given: id.to_owned() }.into()
                );
            }
            Some(id) => id.to_owned(),
            None => cx.db.next_reference("C")?,
        };
        let name = self.name.clone().unwrap_or_else(|| id.clone());
        let email = self.email.clone().filter(|email| !email.is_empty());
        let customer = Customer { key: cx.db.next_key()?, id, name, email };
        customer::insert(cx.db, &customer)?;
        cx.created("customer", &customer.id);
        Ok(CustomerOutcome { customer })
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
    type Outcome = CustomerOutcome;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<CustomerOutcome> {
        let before: Customer = one(cx, "customer", &self.customer)?;
        let mut customer = before.clone();
        if let Some(name) = &self.name {
            if name.is_empty() {
                return Err(ValueRefused::missing("name").into());
            }
            customer.name.clone_from(name);
        }
        if let Some(email) = &self.email {
            customer.email = Some(email.clone()).filter(|email| !email.is_empty());
        }
        if customer != before {
            customer::update(cx.db, &customer)?;
            cx.touched("customer", &customer.id);
        }
        Ok(CustomerOutcome { customer })
    }
}
