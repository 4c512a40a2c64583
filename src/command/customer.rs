//! `customer`: whom the desk serves.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::form::{Form, Help, NewId, check_new_id};
use super::pipeline::noun::Noun;
use super::{Cx, given, naming};
use crate::domain::Result;
use crate::domain::customer::Customer;
use crate::domain::desk::Right;
use crate::store::engine::record;

impl Noun for Customer {
    const KIND: &'static str = "customer";
    const NOUN: &'static str = "customer";
    const RIGHT: Right = Right::Helpdesk;
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
