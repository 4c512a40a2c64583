//! `tax`: what is added to prices, or held by them.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::form::{Form, Help, NewId, check_new_id};
use super::pipeline::noun::Noun;
use super::{Cx, given};
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::domain::ledger::Account;
use crate::domain::party::OneLine;
use crate::domain::tax::{Tax, TaxCategory, checked_rate};
use crate::domain::value::quantity::Percent;
use crate::domain::value::text::Setting;
use crate::domain::{Error, Faults, Result};
use crate::procedure::party;
use crate::store::engine::record;

impl Noun for Tax {
    const KIND: &'static str = "tax";
    const NOUN: &'static str = "tax";
    const RIGHT: Right = Right::Invoicing;
}

/// What can be said of a tax.
#[derive(Args, Serialize, Deserialize, Debug)]
pub struct TaxForm {
    /// Percent of the untaxed amount, such as 20 or 5.5
    #[arg(long)]
    pub rate: Option<Setting<Percent>>,
    /// Prices hold the tax already (default: it is added to them)
    #[arg(long)]
    #[serde(default)]
    pub included: bool,
    /// The tax is added to prices
    #[arg(long)]
    #[serde(default)]
    pub no_included: bool,
    /// Its account of the books (default: Liabilities:Tax and its id)
    #[arg(long)]
    pub account: Option<Setting<Account>>,
    /// What it is to the authorities: S standard, Z zero-rated, E exempt, AE reverse charge, K within the European Union, G export,
    /// O outside the scope (default: S above 0 %, else Z)
    #[arg(long)]
    pub category: Option<Setting<TaxCategory>>,
    /// Why it is not raised, for the categories E, AE, K, G and O
    #[arg(long, value_name = "REASON")]
    pub exemption: Option<Setting<OneLine>>,
}

impl Form for TaxForm {
    type Record = Tax;
    const CREATE: Help = Help {
        about: "Create a tax",
        more: "",
        examples: &[
            "aftersales tax create VAT20 --rate 20",
            "aftersales tax create VAT20-in --rate 20 --included",
            "aftersales tax create VAT-EU --rate 0 --category K --exemption 'Intra-community supply'",
        ],
    };
    const EDIT: Help = Help {
        about: "Edit a tax",
        more: "Orders and invoices keep what their lines were computed with, and posted ones the category and exemption. A category \
               that is not its own follows the rate; an empty value gives it up.",
        examples: &["aftersales tax edit VAT20 --rate 21", "aftersales tax edit VAT20 --account Liabilities:VAT"],
    };
    const ID: NewId = NewId::Given;

    fn blank(_: &Cx<'_>, id: String) -> Result<Tax> {
        Ok(Tax::bare(0, id, Percent::default(), false))
    }

    fn check_needed(&self) -> Result<()> {
        if self.rate.is_none() { Err(ValueRefused::missing("rate").into()) } else { Ok(()) }
    }

    fn fill(&self, _: &Cx<'_>, tax: &mut Tax) -> Result<()> {
        let mut faults = Faults::default();
        faults.gather(given::set(&mut tax.rate, "rate", self.rate, checked_rate));
        faults.gather(given::set_switch(&mut tax.included, "included", self.included, self.no_included));
        given::set_or_empty(&mut tax.account, self.account.as_ref());
        given::set_or_empty(&mut tax.exemption, self.exemption.as_ref());
        faults.gather(tax.settle_category(self.category.map(|given| given.0)).map_err(Error::from));
        faults.refuse()
    }

    fn insert(cx: &Cx<'_>, tax: &mut Tax) -> Result<()> {
        check_new_id::<Self>(cx, &tax.id)?;
        tax.key = cx.db.next_key()?;
        record::insert(cx.db, tax)?;
        cx.created("tax", &tax.id);
        Ok(())
    }

    fn update(cx: &Cx<'_>, before: &Tax, after: &Tax) -> Result<()> {
        record::update(cx.db, after)?;
        party::keep_tax(cx, before, after)?;
        cx.touched("tax", &after.id);
        Ok(())
    }

    fn id_of(tax: &Tax) -> &str {
        &tax.id
    }
}
