//! `customer`: whom the desk serves.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::form::{Form, Help, NewId, check_new_id};
use super::pipeline::noun::{Noun, one};
use super::{Change, Cx, content, given, naming, to_json};
use crate::domain::Result;
use crate::domain::customer::{Customer, InCurrency, OpenOf};
use crate::domain::desk::Right;
use crate::domain::value::money::Money;
use crate::procedure::erase;
use crate::store;
use crate::store::engine::record;
use crate::store::engine::table::{Column, amount, currency, rows};

impl Noun for Customer {
    const KIND: &'static str = "customer";
    const NOUN: &'static str = "customer";
    const RIGHT: Right = Right::Helpdesk;
    const SWITCHES: &'static [(&'static str, &'static str, &'static str)] =
        &[("owes", "Only those with anything open: who owe something, or are owed it", store::customer::HAS_OPEN)];
    const SWITCHED_BY: &'static [&'static str] = &["document", "payment"];
    const ALSO: &'static [Column] = &[rows(AMOUNTS).called("owes"), rows(AMOUNTS).called("owed")];

    fn shown(&self, cx: &Cx<'_>) -> Result<String> {
        let open = store::customer::open_of(cx.db, self.key)?;
        let told = |amount: fn(&OpenOf) -> Money| open.iter().map(amount).filter_map(InCurrency::of).collect();
        to_json(&CustomerShown { customer: self, owes: told(|open| open.owes), owed: told(|open| open.owed) })
    }
}

/// An amount in each currency.
const AMOUNTS: &[Column] = &[currency().called("currency"), amount().called("amount")];

/// A customer with what is open between the desk and them (spec B14).
#[derive(Serialize)]
struct CustomerShown<'c> {
    #[serde(flatten)]
    customer: &'c Customer,
    /// On invoices, and of money that was paid out for nothing yet.
    owes: Vec<InCurrency>,
    /// On credit notes, and of money that came in for nothing yet.
    owed: Vec<InCurrency>,
}

/// What can be said of a customer.
#[derive(Args, Serialize, Deserialize, Debug)]
pub struct CustomerForm {
    /// Its name (default: the id)
    #[arg(long)]
    pub name: Option<String>,
    /// Where mail for it goes
    #[arg(long)]
    pub email: Option<String>,
}

impl Form for CustomerForm {
    type Record = Customer;
    const CREATE: Help = Help {
        about: "Create a customer",
        more: "",
        examples: &[
            "aftersales customer create --name 'Ada Ltd' --email ada@example.org",
            "aftersales customer create ADA --name 'Ada Ltd'",
        ],
    };
    const EDIT: Help = Help {
        about: "Edit a customer",
        more: "An empty value empties the field.",
        examples: &[
            "aftersales customer edit C00001 --email ada@example.org",
            "aftersales customer edit C00001 --email ''",
        ],
    };
    const ID: NewId = NewId::GivenOrNext("C");

    fn blank(_: &Cx<'_>, id: String) -> Result<Customer> {
        Ok(Customer { key: 0, name: id.clone(), id, email: None })
    }

    fn fill(&self, _: &Cx<'_>, customer: &mut Customer) -> Result<()> {
        naming::rename(&mut customer.name, self.name.as_deref())?;
        given::set_text(&mut customer.email, self.email.as_deref());
        Ok(())
    }

    fn insert(cx: &Cx<'_>, customer: &mut Customer) -> Result<()> {
        check_new_id::<Self>(cx, &customer.id)?;
        customer.key = cx.db.next_key()?;
        record::insert(cx.db, customer)?;
        cx.created("customer", &customer.id);
        Ok(())
    }

    fn id_of(customer: &Customer) -> &str {
        &customer.id
    }
}

/// Erase what is written of a customer
///
/// Name, e-mail, and what was written on their tickets, documents, repairs, tasks and payments are emptied for good, also where the
/// log has the command; numbers, amounts, days and states stay, and so do ids and keys. It asks, which --yes answers. Copies that
/// were made before, such as backups, exports and the copy beside an upgraded store, still hold the texts.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales customer erase C00001 --dry-run --yes\n  aftersales customer erase C00001 --yes"
)]
pub struct CustomerErase {
    /// The customer
    pub customer: String,
}

/// A customer of whom nothing is written any more.
#[derive(Serialize)]
pub struct Erased {
    customer: Customer,
    /// In how many records something was emptied, and in how many rows of the log.
    records: usize,
    operations: usize,
}

impl Change for CustomerErase {
    type Outcome = Erased;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<Erased> {
        let before: Customer = one(cx, "customer", &self.customer)?;
        let erase::Emptied { records, operations } =
            erase::customer(cx, &before, &content::to_json("customer erase", self))?;
        Ok(Erased { customer: store::customer::by_key(cx.db, before.key)?, records, operations })
    }
}
