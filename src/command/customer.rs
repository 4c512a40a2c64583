//! `customer`: whom the desk serves.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::form::{Form, Help, NewId, check_new_id};
use super::pipeline::noun::{Noun, Switch, one};
use super::{Change, Cx, content, given, naming, to_json};
use crate::domain::Result;
use crate::domain::customer::{Customer, InCurrency, OpenOf};
use crate::domain::desk::Right;
use crate::domain::party::{Country, Language, OneLine};
use crate::domain::value::money::Money;
use crate::domain::value::text::Setting;
use crate::procedure::{erase, party};
use crate::store;
use crate::store::engine::record;
use crate::store::engine::table::{Column, amount, currency, rows};

impl Noun for Customer {
    const KIND: &'static str = "customer";
    const NOUN: &'static str = "customer";
    const RIGHT: Right = Right::Helpdesk;
    const SWITCHES: &'static [Switch] = &[
        Switch {
            name: "owes",
            help: "Only those with anything open: who owe something, or are owed it",
            condition: store::customer::HAS_OPEN,
            reads: &["document", "payment"],
        },
        Switch {
            name: "duplicates",
            help: "Only those whose e-mail or name another customer has too, ignoring case",
            condition: store::customer::HAS_DOUBLE,
            reads: &[],
        },
    ];
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
    /// Its street with the number
    #[arg(long)]
    pub street: Option<Setting<OneLine>>,
    /// Its postcode
    #[arg(long)]
    pub postcode: Option<Setting<OneLine>>,
    /// Its city
    #[arg(long)]
    pub city: Option<Setting<OneLine>>,
    /// Its country, by the code of ISO 3166-1, such as DE
    #[arg(long)]
    pub country: Option<Setting<Country>>,
    /// The id that it is taxed under, such as a VAT number
    #[arg(long)]
    pub tax_id: Option<Setting<OneLine>>,
    /// The language of its documents, such as en, de or fr
    #[arg(long)]
    pub language: Option<Setting<Language>>,
    /// What it wants to be named on its invoices, such as the routing id of an authority
    #[arg(long, value_name = "REFERENCE")]
    pub buyer_reference: Option<Setting<OneLine>>,
}

impl Form for CustomerForm {
    type Record = Customer;
    const CREATE: Help = Help {
        about: "Create a customer",
        more: "",
        examples: &[
            "aftersales customer create --name 'Ada Ltd' --email ada@example.org",
            "aftersales customer create ADA --street '12 High St' --city London --country GB",
        ],
    };
    const EDIT: Help = Help {
        about: "Edit a customer",
        more: "An empty value empties the field. Posted documents keep the name and address that they were posted with; what was \
               missing there and is filled in now completes them.",
        examples: &[
            "aftersales customer edit C00001 --email ada@example.org",
            "aftersales customer edit C00001 --email ''",
            "aftersales customer edit C00001 --tax-id DE136695976 --language de --buyer-reference R-7",
        ],
    };
    const ID: NewId = NewId::GivenOrNext("C");

    fn blank(_: &Cx<'_>, id: String) -> Result<Customer> {
        Ok(Customer {
            key: 0,
            name: id.clone(),
            id,
            email: None,
            street: None,
            postcode: None,
            city: None,
            country: None,
            tax_id: None,
            language: None,
            buyer_reference: None,
        })
    }

    fn fill(&self, _: &Cx<'_>, customer: &mut Customer) -> Result<()> {
        naming::rename(&mut customer.name, self.name.as_deref())?;
        given::set_text(&mut customer.email, self.email.as_deref());
        given::set_or_empty(&mut customer.street, self.street.as_ref());
        given::set_or_empty(&mut customer.postcode, self.postcode.as_ref());
        given::set_or_empty(&mut customer.city, self.city.as_ref());
        given::set_or_empty(&mut customer.country, self.country.as_ref());
        given::set_or_empty(&mut customer.tax_id, self.tax_id.as_ref());
        given::set_or_empty(&mut customer.language, self.language.as_ref());
        given::set_or_empty(&mut customer.buyer_reference, self.buyer_reference.as_ref());
        Ok(())
    }

    fn insert(cx: &Cx<'_>, customer: &mut Customer) -> Result<()> {
        check_new_id::<Self>(cx, &customer.id)?;
        customer.key = cx.db.next_key()?;
        record::insert(cx.db, customer)?;
        cx.created("customer", &customer.id);
        Ok(())
    }

    fn update(cx: &Cx<'_>, before: &Customer, after: &Customer) -> Result<()> {
        record::update(cx.db, after)?;
        party::keep_customer(cx, before, after)?;
        cx.touched("customer", &after.id);
        Ok(())
    }

    fn id_of(customer: &Customer) -> &str {
        &customer.id
    }
}

/// Erase what is written of a customer
///
/// Name, e-mail, address, tax id, language, and what was written on their tickets, documents, repairs, tasks and payments are emptied for good, also where the
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
