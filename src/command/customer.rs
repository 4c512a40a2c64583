//! `customer`: whom the desk serves.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::form::{Emptied, Form, Help, NewId, check_new_id};
use super::pipeline::noun::{Changed, MERGED, Noun, Switch, one};
use super::{Change, Cx, content, given, naming, to_json};
use crate::domain::Result;
use crate::domain::customer::{Customer, InCurrency, OpenOf};
use crate::domain::desk::Right;
use crate::domain::merge::check_edited;
use crate::domain::party::{Country, Language, OneLine};
use crate::domain::value::money::Money;
use crate::domain::value::text::Setting;
use crate::procedure::{erase, invitation, merge, party};
use crate::store;
use crate::store::customer::CUSTOMER;
use crate::store::engine::record;
use crate::store::engine::table::{Column, amount, currency, ids, rows};

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
        MERGED,
        Switch {
            name: "invited",
            help: "Only those who have a link to their pages",
            condition: store::invitation::INVITED,
            reads: &["invitation"],
        },
    ];
    const ALSO: &'static [Column] =
        &[rows(AMOUNTS).called("owes"), rows(AMOUNTS).called("owed"), ids().called("merged")];

    fn shown(&self, cx: &Cx<'_>) -> Result<String> {
        let open = store::customer::open_of(cx.db, self.key)?;
        let told = |amount: fn(&OpenOf) -> Money| open.iter().map(amount).filter_map(InCurrency::of).collect();
        let merged = store::merge::merged_into(cx.db, &CUSTOMER, self.key)?;
        to_json(&CustomerShown { customer: self, owes: told(|open| open.owes), owed: told(|open| open.owed), merged })
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
    /// The customers that turned out to be this one.
    merged: Vec<String>,
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
    /// What an imported one was merged into, which `merge` does later.
    #[arg(skip)]
    #[serde(default, skip_serializing)]
    pub merged_into: Option<String>,
}

impl Form for CustomerForm {
    type Record = Customer;
    const CREATE: Help = Help {
        about: "Create a customer",
        more: "The id is for good, and counted where none is given; what people call the customer is --name.",
        examples: &[
            "aftersales customer create --name 'Ada Ltd' --email ada@example.org",
            "aftersales customer create --name 'Ada Ltd' --street '12 High St' --city London --country GB",
            "aftersales customer create ADA --name 'Ada Ltd'",
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
    const RECORD: &'static [(&'static str, Emptied)] = &[
        ("name", Emptied::Text),
        ("email", Emptied::Text),
        ("street", Emptied::Text),
        ("postcode", Emptied::Text),
        ("city", Emptied::Text),
        ("country", Emptied::Text),
        ("tax_id", Emptied::Text),
        ("language", Emptied::Text),
        ("buyer_reference", Emptied::Text),
        ("merged_into", Emptied::Text),
    ];

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
            merged_into: None,
        })
    }

    /// What a customer was merged into stays where a record says nothing of it.
    fn blank_like(cx: &Cx<'_>, before: &Customer) -> Result<Customer> {
        Ok(Customer { merged_into: before.merged_into.clone(), ..Self::blank(cx, before.id.clone())? })
    }

    fn fill(&self, cx: &Cx<'_>, customer: &mut Customer) -> Result<()> {
        given::set_merged(cx, &mut customer.merged_into, self.merged_into.as_deref(), &CUSTOMER)?;
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

    fn check_change(_: &Cx<'_>, before: &Customer, after: &Customer) -> Result<()> {
        Ok(check_edited("customer", (&before.id, &before.merged_into), &after.merged_into)?)
    }

    fn insert(cx: &Cx<'_>, customer: &mut Customer) -> Result<()> {
        Self::import(cx, customer)?;
        if customer.name == customer.id && customer.id.contains(char::is_whitespace) {
            cx.warn("id_is_name", format!("the id is '{}', for good; a name is given with --name", customer.id));
        }
        Ok(())
    }

    fn import(cx: &Cx<'_>, customer: &mut Customer) -> Result<()> {
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

/// Merge a customer into another: both are one from then on
///
/// Every reference to the first leads to the second, by id, name and e-mail: tickets, orders, documents, payments, coupons, mail and
/// whatever else is theirs is the second's. Documents keep number, date and amounts, and posted ones the name and address that they
/// were posted with. The second keeps its own name and address. It is refused where money would be mixed, of two currencies, and where
/// both have an open cart. It cannot be undone.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales customer list --duplicates\n  aftersales customer merge C00007 C00002\n  aftersales customer list --merged"
)]
pub struct CustomerMerge {
    /// The customer that is another one
    pub customer: String,
    /// The customer that goes on
    pub into: String,
}

impl Change for CustomerMerge {
    type Outcome = Changed<Customer>;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Customer>> {
        merge::customers(cx, &self.customer, &self.into).map(Changed)
    }
}

/// Erase what is written of a customer
///
/// Name, e-mail, address, tax id, language, and what was written on their tickets, documents, repairs, tasks and payments are emptied for good, also where the
/// log has the command, and of all customers that were merged into them; their links to the portal end; numbers, amounts, days and states stay, and so do ids and keys. It asks, which --yes answers. Copies that
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
        if invitation::end(cx, before.key)? {
            cx.touched("customer", &before.id);
        }
        Ok(Erased { customer: store::customer::by_key(cx.db, before.key)?, records, operations })
    }
}
