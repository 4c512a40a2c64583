//! `worksheet-template`: the typed fields that the work on site is written down in.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::record::{Changed, Record, one};
use super::{Change, Cx, given, naming};
use crate::domain::desk::Right;
use crate::domain::value::text::Setting;
use crate::domain::worksheet_template::{Field, GivenField, WorksheetTemplate, check_fields};
use crate::domain::{Faults, Result};
use crate::store::{self, Db, Key, Page, worksheet_template};

impl Record for WorksheetTemplate {
    const KIND: &'static str = "worksheet_template";
    const NOUN: &'static str = "worksheet-template";
    const RIGHT: Right = Right::Admin;
    const FIELDS: &'static [&'static str] = &["id", "name", "fields"];
    const COLUMNS: &'static [&'static str] = &["id", "name"];
    const SCALARS: &'static [&'static str] = &["id", "name"];
    const DAY: Option<&'static str> = None;

    fn find(db: &Db, given: &str) -> store::Result<Option<Self>> {
        worksheet_template::by_id(db, given)
    }
    fn page(db: &Db, page: Page) -> store::Result<Vec<Self>> {
        worksheet_template::page(db, page)
    }
    fn key(&self) -> Key {
        self.key
    }
    fn complete(&mut self, db: &Db) -> store::Result<()> {
        worksheet_template::complete(db, self)
    }
}

/// Create a worksheet template
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales worksheet-template create Visit --field pressure:number:required --field 'seen by:text'\n  aftersales worksheet-template create Check --field 'condition:choice=good|worn|broken:required'"
)]
pub struct WorksheetTemplateCreate {
    /// Its id, for good (default: its name)
    pub id: Option<String>,
    /// Its name, which can change (default: the id)
    #[arg(long)]
    pub name: Option<String>,
    /// A field as NAME:TYPE[:required]; TYPE is text, number, yes_no, date, photo or choice=ONE|OTHER (repeatable)
    #[arg(long)]
    #[serde(default)]
    pub field: Vec<Setting<GivenField>>,
}

impl Change for WorksheetTemplateCreate {
    type Outcome = Changed<WorksheetTemplate>;
    const RIGHT: Right = Right::Admin;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<WorksheetTemplate>> {
        let mut faults = Faults::default();
        let names = naming::id_and_name(self.id.as_deref(), self.name.as_deref());
        let (id, name) = faults.gather(names).unwrap_or_default();
        let fields = faults.gather(fields_of(&self.field)).unwrap_or_default();
        faults.refuse()?;
        naming::check_new_names(cx.db, &id, &name, worksheet_template::by_id)?;
        let template = WorksheetTemplate { key: cx.db.next_key()?, id, name, fields };
        worksheet_template::insert(cx.db, &template)?;
        cx.created("worksheet_template", &template.id);
        Ok(Changed(template))
    }
}

/// Edit a worksheet template
///
/// Fields that are given replace those there are; an empty one takes them all away.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales worksheet-template edit Visit --name 'Site visit'\n  aftersales worksheet-template edit Visit --field pressure:number --field leak:yes_no:required"
)]
pub struct WorksheetTemplateEdit {
    /// The template
    pub worksheet_template: String,
    /// Its name
    #[arg(long)]
    pub name: Option<String>,
    /// A field as NAME:TYPE[:required]; TYPE is text, number, yes_no, date, photo or choice=ONE|OTHER (repeatable)
    #[arg(long)]
    pub field: Option<Vec<Setting<GivenField>>>,
}

impl Change for WorksheetTemplateEdit {
    type Outcome = Changed<WorksheetTemplate>;
    const RIGHT: Right = Right::Admin;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<WorksheetTemplate>> {
        let before: WorksheetTemplate = one(cx, "worksheet_template", &self.worksheet_template)?;
        let mut template = before.clone();
        let mut faults = Faults::default();
        faults.gather(naming::rename_found(&mut template.name, self.name.as_deref()));
        if let Some(fields) = &self.field {
            template.fields = faults.gather(fields_of(fields)).unwrap_or_default();
        }
        faults.refuse()?;
        naming::check_name(cx.db, &template.name, template.key, worksheet_template::by_id)?;
        if template != before {
            worksheet_template::update(cx.db, &template)?;
            cx.touched("worksheet_template", &template.id);
        }
        Ok(Changed(template))
    }
}

fn fields_of(given: &[Setting<GivenField>]) -> Result<Vec<Field>> {
    let fields: Vec<Field> = given::list(given).into_iter().map(|field| field.0).collect();
    check_fields(&fields)?;
    Ok(fields)
}
