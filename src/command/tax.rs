//! `tax`: what is added to prices, or held by them.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::record::{Changed, Record, one};
use super::{Change, Cx, given, naming};
use crate::domain::desk::Right;
use crate::domain::tax::{Tax, checked_rate};
use crate::domain::value::quantity::Percent;
use crate::domain::value::text::Setting;
use crate::domain::{Faults, Result};
use crate::store::{self, Db, Key, Page, tax};

impl Record for Tax {
    const KIND: &'static str = "tax";
    const NOUN: &'static str = "tax";
    const RIGHT: Right = Right::Invoicing;
    const FIELDS: &'static [&'static str] = &["id", "rate", "included"];
    const COLUMNS: &'static [&'static str] = &["id", "rate", "included"];
    const SCALARS: &'static [&'static str] = &["id", "rate", "included"];
    const DAY: Option<&'static str> = None;

    fn find(db: &Db, given: &str) -> store::Result<Option<Self>> {
        tax::by_id(db, given)
    }
    fn page(db: &Db, page: Page) -> store::Result<Vec<Self>> {
        tax::page(db, page)
    }
    fn key(&self) -> Key {
        self.key
    }
}

/// Create a tax
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales tax create VAT20 --rate 20\n  aftersales tax create VAT20-in --rate 20 --included"
)]
pub struct TaxCreate {
    /// Its id, such as VAT20
    pub id: String,
    /// Percent of the untaxed amount, such as 20 or 5.5
    #[arg(long)]
    pub rate: Option<Setting<Percent>>,
    /// Prices hold the tax already (default: it is added to them)
    #[arg(long)]
    #[serde(default)]
    pub included: bool,
}

impl Change for TaxCreate {
    type Outcome = Changed<Tax>;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Tax>> {
        let mut faults = Faults::default();
        let id = faults.gather(naming::checked_id(&self.id)).unwrap_or_default();
        let rate = faults.gather(given::needed("rate", self.rate, checked_rate)).unwrap_or_default();
        faults.refuse()?;
        naming::check_new(&id, tax::by_id(cx.db, &id)?)?;
        let tax = Tax { key: cx.db.next_key()?, id, rate, included: self.included };
        tax::insert(cx.db, &tax)?;
        cx.created("tax", &tax.id);
        Ok(Changed(tax))
    }
}

/// Edit a tax
///
/// Orders and invoices keep what their lines were computed with.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales tax edit VAT20 --rate 21\n  aftersales tax edit VAT20 --no-included")]
pub struct TaxEdit {
    /// The tax
    pub tax: String,
    /// Percent of the untaxed amount, such as 20 or 5.5
    #[arg(long)]
    pub rate: Option<Setting<Percent>>,
    /// Prices hold the tax already
    #[arg(long)]
    #[serde(default)]
    pub included: bool,
    /// The tax is added to prices
    #[arg(long)]
    #[serde(default)]
    pub no_included: bool,
}

impl Change for TaxEdit {
    type Outcome = Changed<Tax>;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Tax>> {
        let before: Tax = one(cx, "tax", &self.tax)?;
        let mut tax = before.clone();
        let mut faults = Faults::default();
        faults.gather(given::set(&mut tax.rate, "rate", self.rate, checked_rate));
        faults.gather(given::set_switch(&mut tax.included, "included", self.included, self.no_included));
        faults.refuse()?;
        if tax != before {
            tax::update(cx.db, &tax)?;
            cx.touched("tax", &tax.id);
        }
        Ok(Changed(tax))
    }
}
