//! `stage`: the columns that tickets move through.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::form::{Form, Help, NewId, check_free};
use super::pipeline::noun::Noun;
use super::{Cx, given, naming};
use crate::domain::Result;
use crate::domain::desk::Right;
use crate::domain::stage::Stage;
use crate::store::engine::record;

impl Noun for Stage {
    const KIND: &'static str = "stage";
    const NOUN: &'static str = "stage";
    const RIGHT: Right = Right::Admin;
}

/// What can be said of a stage.
#[derive(Args, Serialize, Deserialize, Debug)]
pub struct StageForm {
    /// Its name, which can change (default: the id)
    #[arg(long)]
    pub name: Option<String>,
    /// Tickets in it are closed
    #[arg(long)]
    #[serde(default)]
    pub folded: bool,
    /// Tickets in it are open (the default)
    #[arg(long)]
    #[serde(default)]
    pub no_folded: bool,
}

impl Form for StageForm {
    type Record = Stage;
    const CREATE: Help = Help {
        about: "Create a stage of tickets",
        more: "",
        examples: &["aftersales stage create 'Waiting for parts'", "aftersales stage create Rejected --folded"],
    };
    const EDIT: Help = Help {
        about: "Edit a stage of tickets",
        more: "",
        examples: &["aftersales stage edit 'On Hold' --name Waiting", "aftersales stage edit Cancelled --no-folded"],
    };
    const ID: NewId = NewId::GivenOrName;

    fn blank(_: &Cx<'_>, id: String) -> Result<Stage> {
        Ok(Stage { key: 0, name: id.clone(), id, folded: false })
    }

    fn fill(&self, _: &Cx<'_>, stage: &mut Stage) -> Result<()> {
        naming::name_of_record(&mut stage.id, &mut stage.name, self.name.as_deref())?;
        given::set_switch(&mut stage.folded, "folded", self.folded, self.no_folded)
    }

    fn check_change(cx: &Cx<'_>, _: &Stage, after: &Stage) -> Result<()> {
        check_free::<Self>(cx, "name", &after.name, Some(after.key))
    }

    fn insert(cx: &Cx<'_>, stage: &mut Stage) -> Result<()> {
        check_free::<Self>(cx, "id", &stage.id, None)?;
        check_free::<Self>(cx, "name", &stage.name, None)?;
        stage.key = cx.db.next_key()?;
        record::insert(cx.db, stage)?;
        cx.created("stage", &stage.id);
        Ok(())
    }

    fn id_of(stage: &Stage) -> &str {
        &stage.id
    }
}
