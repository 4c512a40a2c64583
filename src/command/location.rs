//! `location`: where goods lie, and where they come from and go to.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::form::{Form, Help, NewId, check_new_id};
use super::pipeline::noun::Noun;
use super::{Cx, given};
use crate::domain::desk::Right;
use crate::domain::location::{Location, LocationType};
use crate::domain::value::text::Setting;
use crate::domain::{Faults, Result};
use crate::store::engine::record;
use crate::store::location;

impl Noun for Location {
    const KIND: &'static str = "location";
    const NOUN: &'static str = "location";
    const RIGHT: Right = Right::Inventory;
}

/// What can be said of a location.
#[derive(Args, Serialize, Deserialize, Debug)]
pub struct LocationForm {
    /// internal, customer, supplier, production or scrap (default: internal)
    #[arg(long)]
    pub r#type: Option<Setting<LocationType>>,
    /// Returned goods may be sent there, if it is an internal one
    #[arg(long)]
    #[serde(default)]
    pub return_location: bool,
    /// Returned goods may not be sent there (the default)
    #[arg(long)]
    #[serde(default)]
    pub no_return_location: bool,
}

impl Form for LocationForm {
    type Record = Location;
    const CREATE: Help = Help {
        about: "Create a location",
        more: "",
        examples: &[
            "aftersales location create WH/Returns --return-location",
            "aftersales location create 'Repair shop' --type internal",
        ],
    };
    const EDIT: Help = Help {
        about: "Edit a location",
        more: "Its type stays once stock was counted in it or something moved to or from it.",
        examples: &[
            "aftersales location edit WH/Stock --no-return-location",
            "aftersales location edit Scrap --return-location",
        ],
    };
    const ID: NewId = NewId::Given;

    fn blank(_: &Cx<'_>, id: String) -> Result<Location> {
        Ok(Location { key: 0, id, kind: LocationType::Internal, return_location: false })
    }

    fn fill(&self, _: &Cx<'_>, location: &mut Location) -> Result<()> {
        let mut faults = Faults::default();
        faults.gather(given::set(&mut location.kind, "type", self.r#type, Ok));
        let (on, off) = (self.return_location, self.no_return_location);
        faults.gather(given::set_switch(&mut location.return_location, "return_location", on, off));
        faults.refuse()
    }

    fn check_change(cx: &Cx<'_>, before: &Location, after: &Location) -> Result<()> {
        if after.kind == before.kind {
            return Ok(());
        }
        Ok(before.check_change(after, location::first_use(cx.db, after.key)?.as_ref())?)
    }

    fn insert(cx: &Cx<'_>, location: &mut Location) -> Result<()> {
        check_new_id::<Self>(cx, &location.id)?;
        location.check_new()?;
        location.key = cx.db.next_key()?;
        record::insert(cx.db, location)?;
        cx.created("location", &location.id);
        Ok(())
    }

    fn id_of(location: &Location) -> &str {
        &location.id
    }
}
