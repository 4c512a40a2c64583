//! `project`: what interventions are planned in.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::record::{Changed, Record, one};
use super::{Change, Cx, given, naming};
use crate::domain::desk::Right;
use crate::domain::product::Product;
use crate::domain::project::{Project, time_product};
use crate::domain::value::reference::Reference;
use crate::domain::worksheet_template::WorksheetTemplate;
use crate::domain::{Faults, Result};
use crate::store::{self, Db, Key, Page, project};

impl Record for Project {
    const KIND: &'static str = "project";
    const NOUN: &'static str = "project";
    const RIGHT: Right = Right::FieldService;
    const FIELDS: &'static [&'static str] = &["id", "name", "worksheets", "worksheet_template", "time_product"];
    const COLUMNS: &'static [&'static str] = &["id", "name", "worksheets", "worksheet_template", "time_product"];
    const SCALARS: &'static [&'static str] = &["id", "name", "worksheets", "worksheet_template", "time_product"];
    const DAY: Option<&'static str> = None;

    fn find(db: &Db, given: &str) -> store::Result<Option<Self>> {
        project::by_id(db, given)
    }
    fn page(db: &Db, page: Page) -> store::Result<Vec<Self>> {
        project::page(db, page)
    }
    fn key(&self) -> Key {
        self.key
    }
}

/// Create a field-service project
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales project create 'Field Service' --worksheets --worksheet-template Visit\n  aftersales project create Installations --time-product HOUR"
)]
pub struct ProjectCreate {
    /// Its id, for good (default: its name)
    pub id: Option<String>,
    /// Its name, which can change (default: the id)
    #[arg(long)]
    pub name: Option<String>,
    /// Its tasks have worksheets
    #[arg(long)]
    #[serde(default)]
    pub worksheets: bool,
    /// The template that its tasks start with, where it has worksheets
    #[arg(long)]
    pub worksheet_template: Option<String>,
    /// What hours worked are billed as: any product of the type service
    #[arg(long)]
    pub time_product: Option<String>,
}

impl Change for ProjectCreate {
    type Outcome = Changed<Project>;
    const RIGHT: Right = Right::FieldService;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Project>> {
        let worksheet_template = template_of(cx, self.worksheet_template.as_deref())?;
        let product: Option<Product> = given::record(cx, "time_product", self.time_product.as_deref())?;
        let mut faults = Faults::default();
        let names = naming::id_and_name(self.id.as_deref(), self.name.as_deref());
        let (id, name) = faults.gather(names).unwrap_or_default();
        let time_product = faults.gather(billed_as(product.as_ref())).flatten();
        faults.refuse()?;
        naming::check_new_names(cx.db, &id, &name, project::by_id)?;
        let key = cx.db.next_key()?;
        let project = Project { key, id, name, worksheets: self.worksheets, worksheet_template, time_product };
        project::insert(cx.db, &project)?;
        cx.created("project", &project.id);
        Ok(Changed(project))
    }
}

/// Edit a field-service project
///
/// An empty value empties the field.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales project edit 'Field Service' --worksheets --worksheet-template Visit\n  aftersales project edit 'Field Service' --worksheet-template ''"
)]
pub struct ProjectEdit {
    /// The project
    pub project: String,
    /// Its name
    #[arg(long)]
    pub name: Option<String>,
    /// Its tasks have worksheets
    #[arg(long)]
    #[serde(default)]
    pub worksheets: bool,
    /// Its tasks have no worksheets
    #[arg(long)]
    #[serde(default)]
    pub no_worksheets: bool,
    /// The template that its tasks start with, where it has worksheets
    #[arg(long)]
    pub worksheet_template: Option<String>,
    /// What hours worked are billed as: any product of the type service
    #[arg(long)]
    pub time_product: Option<String>,
}

impl Change for ProjectEdit {
    type Outcome = Changed<Project>;
    const RIGHT: Right = Right::FieldService;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Project>> {
        let before: Project = one(cx, "project", &self.project)?;
        let mut project = before.clone();
        if self.worksheet_template.is_some() {
            project.worksheet_template = template_of(cx, self.worksheet_template.as_deref())?;
        }
        let product: Option<Product> = given::record(cx, "time_product", self.time_product.as_deref())?;
        let mut faults = Faults::default();
        faults.gather(naming::rename_found(&mut project.name, self.name.as_deref()));
        faults.gather(given::set_switch(&mut project.worksheets, "worksheets", self.worksheets, self.no_worksheets));
        if self.time_product.is_some() {
            project.time_product = faults.gather(billed_as(product.as_ref())).flatten();
        }
        faults.refuse()?;
        naming::check_name(cx.db, &project.name, project.key, project::by_id)?;
        if project != before {
            project::update(cx.db, &project)?;
            cx.touched("project", &project.id);
        }
        Ok(Changed(project))
    }
}

fn billed_as(product: Option<&Product>) -> Result<Option<Reference>> {
    Ok(product.map(time_product).transpose()?)
}

fn template_of(cx: &Cx<'_>, given: Option<&str>) -> Result<Option<Reference>> {
    let template: Option<WorksheetTemplate> = given::record(cx, "worksheet_template", given)?;
    Ok(template.map(|template| template.reference()))
}
