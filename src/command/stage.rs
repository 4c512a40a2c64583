//! `stage`: the columns that tickets move through.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::record::{Changed, Record, one};
use super::{Change, Cx, given, naming};
use crate::domain::Result;
use crate::domain::desk::Right;
use crate::domain::stage::Stage;
use crate::store::{self, Db, Key, Page, stage};

impl Record for Stage {
    const KIND: &'static str = "stage";
    const NOUN: &'static str = "stage";
    const RIGHT: Right = Right::Admin;
    const FIELDS: &'static [&'static str] = &["id", "name", "folded"];
    const COLUMNS: &'static [&'static str] = &["id", "name", "folded"];
    const SCALARS: &'static [&'static str] = &["id", "name", "folded"];
    const DAY: Option<&'static str> = None;

    fn find(db: &Db, given: &str) -> store::Result<Option<Self>> {
        stage::by_id(db, given)
    }
    fn page(db: &Db, page: Page) -> store::Result<Vec<Self>> {
        stage::page(db, page)
    }
    fn key(&self) -> Key {
        self.key
    }
}

/// Create a stage of tickets
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales stage create 'Waiting for parts'\n  aftersales stage create Rejected --folded"
)]
pub struct StageCreate {
    /// Its id, for good (default: its name)
    pub id: Option<String>,
    /// Its name, which can change (default: the id)
    #[arg(long)]
    pub name: Option<String>,
    /// Tickets in it are closed
    #[arg(long)]
    #[serde(default)]
    pub folded: bool,
}

impl Change for StageCreate {
    type Outcome = Changed<Stage>;
    const RIGHT: Right = Right::Admin;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Stage>> {
        let (id, name) = naming::id_and_name(self.id.as_deref(), self.name.as_deref())?;
        naming::check_new_names(cx.db, &id, &name, stage::by_id)?;
        let stage = Stage { key: cx.db.next_key()?, id, name, folded: self.folded };
        stage::insert(cx.db, &stage)?;
        cx.created("stage", &stage.id);
        Ok(Changed(stage))
    }
}

/// Edit a stage of tickets
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales stage edit 'On Hold' --name Waiting\n  aftersales stage edit Cancelled --no-folded"
)]
pub struct StageEdit {
    /// The stage
    pub stage: String,
    /// Its name
    #[arg(long)]
    pub name: Option<String>,
    /// Tickets in it are closed
    #[arg(long)]
    #[serde(default)]
    pub folded: bool,
    /// Tickets in it are open
    #[arg(long)]
    #[serde(default)]
    pub no_folded: bool,
}

impl Change for StageEdit {
    type Outcome = Changed<Stage>;
    const RIGHT: Right = Right::Admin;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Stage>> {
        let before: Stage = one(cx, "stage", &self.stage)?;
        let mut stage = before.clone();
        naming::rename_found(&mut stage.name, self.name.as_deref())?;
        given::set_switch(&mut stage.folded, "folded", self.folded, self.no_folded)?;
        naming::check_name(cx.db, &stage.name, stage.key, stage::by_id)?;
        if stage != before {
            stage::update(cx.db, &stage)?;
            cx.touched("stage", &stage.id);
        }
        Ok(Changed(stage))
    }
}
