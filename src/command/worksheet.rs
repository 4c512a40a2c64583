//! `worksheet`: what is written down of the work on a task, and the signature under it (spec F3).

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::pipeline::noun::{Noun, one};
use super::{Change, Cx, Read, internal, to_json};
use crate::domain::Result;
use crate::domain::common::{NotFound, ValueRefused};
use crate::domain::desk::Right;
use crate::domain::task::Task;
use crate::domain::worksheet::{FieldValue, OfTask, WorksheetRefused, WorksheetShown, check_image};
use crate::domain::worksheet_template::FieldType;
use crate::procedure::{access, image, worksheet};
use crate::store::Db;
use crate::store::engine::record;
use crate::store::engine::table::{Column, id, ids, instant, link, rows, switch, text, words};

impl Noun for OfTask {
    const KIND: &'static str = "worksheet";
    const NOUN: &'static str = "worksheet";
    const RIGHT: Right = Right::FieldService;
}

/// What it is told by.
pub const KEYS: &[Column] = &[
    id().called("id"),
    link("worksheet_template").called("template"),
    rows(&[
        text().called("name"),
        words(FieldType::WORDS).called("type"),
        switch().called("required"),
        ids().called("choices"),
        text().optional().called("value"),
    ])
    .called("fields"),
    ids().called("missing"),
    text().optional().called("signed_by"),
    instant().optional().called("signed_at"),
    link("file").optional().called("signature"),
];

/// The columns of its table; the fields stand below it.
pub const COLUMNS: &[&str] = &["id", "template", "missing", "signed_by", "signed_at"];

/// Show the worksheet of a task
///
/// Every field with its type and what is filled in; a photo is told by the hash of its file. The fields are those of the template
/// until something is filled in; from then on they are the worksheet's own, whatever becomes of the template.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  aftersales worksheet show FS00001\n  aftersales worksheet show FS00001 --fields missing"
)]
pub struct WorksheetShow {
    /// The task
    pub task: String,
}

impl Read for WorksheetShow {
    const KIND: &'static str = "worksheet";
    const MANY: bool = false;
    const RIGHT: Right = Right::FieldService;

    fn ahead(&self, db: &Db) {
        // What is wrong with it is told when it is looked up.
        drop(record::ahead::<Task>(db, &self.task));
    }

    fn run(&self, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        let task: Task = one(cx, "task", &self.task)?;
        emit(&to_json(&WorksheetShown::of(&task.id, &worksheet::of(cx, &task)?))?)
    }
}

/// What a change of a worksheet answers.
#[derive(Serialize)]
pub struct WorksheetOutcome {
    worksheet: Box<RawValue>,
}

impl WorksheetOutcome {
    fn of(task: &Task) -> Result<WorksheetOutcome> {
        let worksheet = task.worksheet.as_ref().ok_or_else(|| WorksheetRefused::None { task: task.id.clone() })?;
        let shown = to_raw_value(&WorksheetShown::of(&task.id, worksheet));
        Ok(WorksheetOutcome { worksheet: shown.map_err(|error| internal(error.to_string()))? })
    }
}

/// Fill in the worksheet of a task
///
/// As many fields as are named, each by its type: a text as it is, a number such as 2.5, yes or no, a day, one of the choices, and
/// for a photo a file, a PNG or JPEG of at most 10 MiB. An empty value empties the field. A signed worksheet stays as it is.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales worksheet fill FS00001 --value pressure=2.5\n  aftersales worksheet fill FS00001 --value leak=no --value photo=boiler.jpg"
)]
pub struct WorksheetFill {
    /// The task
    pub task: String,
    /// A field and what stands in it (repeatable)
    #[arg(long, value_name = "NAME=VALUE")]
    #[serde(default)]
    pub value: Vec<FieldValue>,
}

impl Change for WorksheetFill {
    type Outcome = WorksheetOutcome;
    const RIGHT: Right = Right::FieldService;

    fn run(&self, cx: &Cx<'_>) -> Result<WorksheetOutcome> {
        let before: Task = one(cx, "task", &self.task)?;
        WorksheetOutcome::of(&worksheet::fill(cx, before, &self.value)?)
    }
}

/// Sign the worksheet of a task
///
/// The customer confirms the work: with the name that they type and, where they drew one, their signature as a PNG or JPEG. Every
/// required field has to be filled in; from then on the worksheet stays as it is.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales worksheet sign FS00001 --name 'Ada Lovelace'\n  aftersales worksheet sign FS00001 --name 'Ada Lovelace' --image signature.png"
)]
pub struct WorksheetSign {
    /// The task
    pub task: String,
    /// Who signs (needed)
    #[arg(long)]
    pub name: Option<String>,
    /// The drawn signature: a PNG or JPEG of at most 10 MiB
    #[arg(long, value_name = "FILE")]
    pub image: Option<String>,
    /// The drawn signature itself, from whoever must not name files here.
    #[arg(skip)]
    #[serde(skip)]
    pub drawn: Option<Vec<u8>>,
    /// The seal of what whoever signs has before them, where that can have changed since.
    #[arg(skip)]
    #[serde(skip)]
    pub seen: Option<String>,
}

impl Change for WorksheetSign {
    type Outcome = WorksheetOutcome;
    const RIGHT: Right = Right::FieldService;

    fn run(&self, cx: &Cx<'_>) -> Result<WorksheetOutcome> {
        let before: Task = one(cx, "task", &self.task)?;
        let missing = NotFound { kind: "task", noun: "task", field: "task", given: self.task.clone() };
        access::check_own(cx, before.customer.as_ref(), missing)?;
        let by = self.name.as_deref().filter(|name| !name.trim().is_empty());
        let by = by.ok_or_else(|| ValueRefused::missing("name"))?;
        let path = self.image.as_deref().filter(|path| !path.is_empty());
        let image = match &self.drawn {
            Some(drawn) => {
                check_image("image", "the drawing", drawn)?;
                Some(drawn.clone())
            }
            None => path.map(|path| image::read("image", path)).transpose()?,
        };
        if let Some(seen) = &self.seen {
            worksheet::check_seen(cx, &before, seen)?;
        }
        WorksheetOutcome::of(&worksheet::sign(cx, before, by, image.as_deref())?)
    }
}
