//! `project`: what interventions are planned in.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::form::{Form, Help, NewId, check_free};
use super::pipeline::noun::Noun;
use super::{Cx, given, naming};
use crate::domain::desk::Right;
use crate::domain::product::Product;
use crate::domain::project::{Project, time_product};
use crate::domain::value::reference::Reference;
use crate::domain::worksheet_template::WorksheetTemplate;
use crate::domain::{Faults, Result};
use crate::procedure::look_up;
use crate::store::engine::record;

impl Noun for Project {
    const KIND: &'static str = "project";
    const NOUN: &'static str = "project";
    const RIGHT: Right = Right::FieldService;
}

/// What can be said of a project.
#[derive(Args, Serialize, Deserialize, Debug)]
pub struct ProjectForm {
    /// Its name, which can change (default: the id)
    #[arg(long)]
    pub name: Option<String>,
    /// Its tasks have worksheets
    #[arg(long)]
    #[serde(default)]
    pub worksheets: bool,
    /// Its tasks have no worksheets (the default)
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

impl Form for ProjectForm {
    type Record = Project;
    const CREATE: Help = Help {
        about: "Create a field-service project",
        more: "",
        examples: &[
            "aftersales project create 'Field Service' --worksheets --worksheet-template Visit",
            "aftersales project create Installations --time-product HOUR",
        ],
    };
    const EDIT: Help = Help {
        about: "Edit a field-service project",
        more: "An empty value empties the field.",
        examples: &[
            "aftersales project edit 'Field Service' --worksheets --worksheet-template Visit",
            "aftersales project edit 'Field Service' --worksheet-template ''",
        ],
    };
    const ID: NewId = NewId::GivenOrName;

    fn blank(_: &Cx<'_>, id: String) -> Result<Project> {
        let (worksheet_template, time_product) = (None, None);
        Ok(Project { key: 0, name: id.clone(), id, worksheets: false, worksheet_template, time_product })
    }

    fn fill(&self, cx: &Cx<'_>, project: &mut Project) -> Result<()> {
        if self.worksheet_template.is_some() {
            let template: Option<WorksheetTemplate> =
                look_up::optional(cx, "worksheet_template", self.worksheet_template.as_deref())?;
            project.worksheet_template = template.map(|template| template.reference());
        }
        let product: Option<Product> = look_up::optional(cx, "time_product", self.time_product.as_deref())?;
        let mut faults = Faults::default();
        faults.gather(naming::name_of_record(&mut project.id, &mut project.name, self.name.as_deref()));
        faults.gather(given::set_switch(&mut project.worksheets, "worksheets", self.worksheets, self.no_worksheets));
        if self.time_product.is_some() {
            project.time_product = faults.gather(billed_as(product.as_ref())).flatten();
        }
        faults.refuse()
    }

    fn check_change(cx: &Cx<'_>, _: &Project, after: &Project) -> Result<()> {
        check_free::<Self>(cx, "name", &after.name, Some(after.key))
    }

    fn insert(cx: &Cx<'_>, project: &mut Project) -> Result<()> {
        check_free::<Self>(cx, "id", &project.id, None)?;
        check_free::<Self>(cx, "name", &project.name, None)?;
        project.key = cx.db.next_key()?;
        record::insert(cx.db, project)?;
        cx.created("project", &project.id);
        Ok(())
    }

    fn id_of(project: &Project) -> &str {
        &project.id
    }
}

fn billed_as(product: Option<&Product>) -> Result<Option<Reference>> {
    Ok(product.map(time_product).transpose()?)
}
