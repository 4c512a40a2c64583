//! `location`: where goods lie, and where they come from and go to.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::record::{Changed, Record, one};
use super::{Change, Cx, given, naming};
use crate::domain::desk::Right;
use crate::domain::location::{Location, LocationType};
use crate::domain::value::text::Setting;
use crate::domain::{Faults, Result};
use crate::store::{self, Db, Key, Page, location};

impl Record for Location {
    const KIND: &'static str = "location";
    const NOUN: &'static str = "location";
    const RIGHT: Right = Right::Inventory;
    const FIELDS: &'static [&'static str] = &["id", "type", "return_location"];
    const COLUMNS: &'static [&'static str] = &["id", "type", "return_location"];
    const SCALARS: &'static [&'static str] = &["id", "type", "return_location"];
    const DAY: Option<&'static str> = None;

    fn find(db: &Db, given: &str) -> store::Result<Option<Self>> {
        location::by_id(db, given)
    }
    fn page(db: &Db, page: Page) -> store::Result<Vec<Self>> {
        location::page(db, page)
    }
    fn key(&self) -> Key {
        self.key
    }
}

/// Create a location
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales location create WH/Returns --return-location\n  aftersales location create 'Repair shop' --type internal"
)]
pub struct LocationCreate {
    /// Its id, such as WH/Returns
    pub id: String,
    /// internal, customer, supplier, production or scrap (default: internal)
    #[arg(long)]
    pub r#type: Option<Setting<LocationType>>,
    /// Returned goods may be sent there, if it is an internal one
    #[arg(long)]
    #[serde(default)]
    pub return_location: bool,
}

impl Change for LocationCreate {
    type Outcome = Changed<Location>;
    const RIGHT: Right = Right::Inventory;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Location>> {
        let mut kind = LocationType::Internal;
        let mut faults = Faults::default();
        let id = faults.gather(naming::checked_id(&self.id)).unwrap_or_default();
        faults.gather(given::set(&mut kind, "type", self.r#type, Ok));
        faults.refuse()?;
        naming::check_new(&id, location::by_id(cx.db, &id)?)?;
        let location = Location { key: cx.db.next_key()?, id, kind, return_location: self.return_location };
        location.check_new()?;
        location::insert(cx.db, &location)?;
        cx.created("location", &location.id);
        Ok(Changed(location))
    }
}

/// Edit a location
///
/// Its type stays once stock was counted in it or something moved to or from it.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales location edit WH/Stock --no-return-location\n  aftersales location edit Scrap --return-location"
)]
pub struct LocationEdit {
    /// The location
    pub location: String,
    /// internal, customer, supplier, production or scrap
    #[arg(long)]
    pub r#type: Option<Setting<LocationType>>,
    /// Returned goods may be sent there, if it is an internal one
    #[arg(long)]
    #[serde(default)]
    pub return_location: bool,
    /// Returned goods may not be sent there
    #[arg(long)]
    #[serde(default)]
    pub no_return_location: bool,
}

impl Change for LocationEdit {
    type Outcome = Changed<Location>;
    const RIGHT: Right = Right::Inventory;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Location>> {
        let before: Location = one(cx, "location", &self.location)?;
        let mut location = before.clone();
        let mut faults = Faults::default();
        faults.gather(given::set(&mut location.kind, "type", self.r#type, Ok));
        let (on, off) = (self.return_location, self.no_return_location);
        faults.gather(given::set_switch(&mut location.return_location, "return_location", on, off));
        faults.refuse()?;
        if location.kind != before.kind {
            before.check_change(&location, location::first_use(cx.db, location.key)?.as_ref())?;
        }
        if location != before {
            location::update(cx.db, &location)?;
            cx.touched("location", &location.id);
        }
        Ok(Changed(location))
    }
}
