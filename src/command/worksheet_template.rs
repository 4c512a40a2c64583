//! `worksheet-template`: the typed fields that the work on site is written down in.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::form::{Form, Help, NewId, check_free};
use super::pipeline::noun::Noun;
use super::{Cx, given, naming};
use crate::domain::desk::Right;
use crate::domain::value::text::Setting;
use crate::domain::worksheet_template::{Field, GivenField, WorksheetTemplate, check_fields};
use crate::domain::{Faults, Result};
use crate::store::worksheet_template;

impl Noun for WorksheetTemplate {
    const KIND: &'static str = "worksheet_template";
    const NOUN: &'static str = "worksheet-template";
    const RIGHT: Right = Right::Admin;
}

/// What can be said of a worksheet template.
#[derive(Args, Serialize, Deserialize, Debug)]
pub struct WorksheetTemplateForm {
    /// Its name, which can change (default: the id)
    #[arg(long)]
    pub name: Option<String>,
    /// A field as NAME:TYPE[:required]; TYPE is text, number, yes_no, date, photo or choice=ONE|OTHER (repeatable)
    #[arg(long)]
    pub field: Option<Vec<Setting<GivenField>>>,
}

impl Form for WorksheetTemplateForm {
    type Record = WorksheetTemplate;
    const CREATE: Help = Help {
        about: "Create a worksheet template",
        more: "",
        examples: &[
            "aftersales worksheet-template create Visit --field pressure:number:required --field 'seen by:text'",
            "aftersales worksheet-template create Check --field 'condition:choice=good|worn|broken:required'",
        ],
    };
    const EDIT: Help = Help {
        about: "Edit a worksheet template",
        more: "Fields that are given replace those there are; an empty one takes them all away.",
        examples: &[
            "aftersales worksheet-template edit Visit --name 'Site visit'",
            "aftersales worksheet-template edit Visit --field pressure:number --field leak:yes_no:required",
        ],
    };
    const ID: NewId = NewId::GivenOrName;
    const LISTS: &'static [(&'static str, &'static str)] = &[("field", "fields")];

    fn blank(_: &Cx<'_>, id: String) -> Result<WorksheetTemplate> {
        Ok(WorksheetTemplate { key: 0, name: id.clone(), id, fields: Vec::new() })
    }

    fn fill(&self, _: &Cx<'_>, template: &mut WorksheetTemplate) -> Result<()> {
        let mut faults = Faults::default();
        faults.gather(naming::name_of_record(&mut template.id, &mut template.name, self.name.as_deref()));
        if let Some(fields) = &self.field {
            template.fields = faults.gather(fields_of(fields)).unwrap_or_default();
        }
        faults.refuse()
    }

    fn check_change(cx: &Cx<'_>, _: &WorksheetTemplate, after: &WorksheetTemplate) -> Result<()> {
        check_free::<Self>(cx, "name", &after.name, Some(after.key))
    }

    fn insert(cx: &Cx<'_>, template: &mut WorksheetTemplate) -> Result<()> {
        check_free::<Self>(cx, "id", &template.id, None)?;
        check_free::<Self>(cx, "name", &template.name, None)?;
        template.key = cx.db.next_key()?;
        worksheet_template::insert(cx.db, template)?;
        cx.created("worksheet_template", &template.id);
        Ok(())
    }

    fn update(cx: &Cx<'_>, _: &WorksheetTemplate, after: &WorksheetTemplate) -> Result<()> {
        worksheet_template::update(cx.db, after)?;
        cx.touched("worksheet_template", &after.id);
        Ok(())
    }

    fn id_of(template: &WorksheetTemplate) -> &str {
        &template.id
    }
}

fn fields_of(given: &[Setting<GivenField>]) -> Result<Vec<Field>> {
    let fields: Vec<Field> = given::list(given).into_iter().map(|field| field.0).collect();
    check_fields(&fields)?;
    Ok(fields)
}
