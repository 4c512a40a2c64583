//! `lot`: lots and serial numbers of tracked products.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::form::{Form, Help, NewId, check_new_id};
use super::pipeline::noun::Noun;
use super::{Cx, to_json};
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::domain::in_use::InUse;
use crate::domain::lot::{LotEventKind, LotShown, at_customers};
use crate::domain::product::{Lot, Product};
use crate::domain::value::reference::Reference;
use crate::procedure::look_up;
use crate::store::engine::record;
use crate::store::engine::table::{Column, day, link, quantity, rows, text, words};
use crate::store::{lot, product};

impl Noun for Lot {
    const KIND: &'static str = "lot";
    const NOUN: &'static str = "lot";
    const RIGHT: Right = Right::Inventory;
    const ALSO: &'static [Column] = &[
        rows(&[link("location").called("location"), quantity().called("quantity"), quantity().called("reserved")])
            .called("stock"),
        rows(&[link("customer").called("customer"), quantity().called("quantity")]).called("customers"),
        rows(&[
            day().optional().called("date"),
            words(LotEventKind::WORDS).called("kind"),
            quantity().called("quantity"),
            text().optional().called("document"),
            link("customer").optional().called("customer"),
            link("location").optional().called("from"),
            link("location").optional().called("to"),
        ])
        .called("life"),
    ];

    /// Where it is, and its life: received, sold to whom, returned, repaired.
    fn shown(&self, cx: &Cx<'_>) -> Result<String> {
        let life = lot::life(cx.db, self.key)?;
        to_json(&LotShown { lot: self, stock: lot::in_stock(cx.db, self.key)?, customers: at_customers(&life), life })
    }
}

/// What can be said of a lot or serial number.
#[derive(Args, Serialize, Deserialize, Debug)]
pub struct LotForm {
    /// The product it is of; a new lot of one that is not tracked yet gets a warning
    #[arg(long)]
    pub product: Option<String>,
}

impl Form for LotForm {
    type Record = Lot;
    const CREATE: Help = Help {
        about: "Create a lot or serial number",
        more: "",
        examples: &["aftersales lot create SN-001 --product LAMP", "aftersales lot list --product LAMP"],
    };
    const EDIT: Help = Help {
        about: "Edit a lot or serial number",
        more: "Its product, a tracked one, stays once anything names the lot.",
        examples: &["aftersales lot edit SN-001 --product LAMP", "aftersales lot show SN-001"],
    };
    const ID: NewId = NewId::Given;

    fn blank(_: &Cx<'_>, id: String) -> Result<Lot> {
        Ok(Lot { key: 0, id, product: Reference { key: 0, id: String::new() } })
    }

    fn check_needed(&self) -> Result<()> {
        if self.product.is_none() { Err(ValueRefused::missing("product").into()) } else { Ok(()) }
    }

    fn fill(&self, cx: &Cx<'_>, lot: &mut Lot) -> Result<()> {
        let Some(given) = &self.product else {
            return Ok(());
        };
        let product: Product = look_up::one(cx, "product", given)?;
        if lot.key == 0 && !product.is_tracked() {
            let message =
                format!("{} is not tracked: the lot can be named once its tracking is lot or serial", product.id);
            cx.warn("lot_not_tracked", message);
        }
        lot.product = product.reference();
        Ok(())
    }

    fn check_change(cx: &Cx<'_>, before: &Lot, after: &Lot) -> Result<()> {
        product::by_key(cx.db, after.product.key)?.check_tracked()?;
        let used_by = lot::first_use(cx.db, before.key)?;
        Ok(InUse::check(&before.id, "product", &before.product.id, &after.product.id, used_by.as_ref())?)
    }

    fn insert(cx: &Cx<'_>, lot: &mut Lot) -> Result<()> {
        check_new_id::<Self>(cx, &lot.id)?;
        lot.key = cx.db.next_key()?;
        record::insert(cx.db, lot)?;
        cx.created("lot", &lot.id);
        Ok(())
    }

    fn id_of(lot: &Lot) -> &str {
        &lot.id
    }
}
