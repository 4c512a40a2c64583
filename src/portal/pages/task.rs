//! `/tasks/<id>`: how far a visit is, the report of it, and the form to sign its worksheet.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::{Beside, Made, Notice, Shown, Visitor, word};
use crate::command::pipeline::whole;
use crate::command::worksheet::WorksheetSign;
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::portal::sees_task;
use crate::domain::task::Task;
use crate::portal::request::{Answer, Asked, part};
use crate::print::sheet::Sheet;
use crate::procedure::{printed, worksheet};

/// How a browser writes a drawing.
const DRAWING: &str = "data:image/png;base64,";

#[derive(Serialize)]
struct Page {
    id: String,
    part: String,
    heading: String,
    state: String,
    over: bool,
    planned: Option<String>,
    sheet: Sheet,
    /// What is to be signed; none where there is nothing to sign, or no more.
    sign: Option<Signing>,
    /// What has to be written down before it can be signed.
    missing: Vec<String>,
}

/// The form to sign.
#[derive(Serialize)]
struct Signing {
    /// What tells whether the worksheet is still what is shown.
    seen: String,
    name: String,
}

/// The page.
pub fn page(shown: &Shown<'_, '_>, visitor: &Visitor, id: &str, beside: Beside, name: &str) -> Result<Answer> {
    let words = &*shown.words(Some(visitor))?;
    let named: Option<Task> = shown.named(id)?;
    let Some(task) = named.filter(|task| visitor.owns(task.customer.as_ref()) && sees_task(task)) else {
        return shown.message(Some(visitor), Notice::Nothing);
    };
    let (mut sign, mut missing) = (None, Vec::new());
    if task.worksheet.is_some() {
        let worksheet = worksheet::of(shown.cx, &task)?;
        if !worksheet.is_signed() {
            missing = worksheet.missing();
            let signing = || Signing { seen: worksheet::seen(&task, &worksheet), name: name.to_owned() };
            sign = missing.is_empty().then(signing);
        }
    }
    let planned: Vec<String> =
        [task.planned_start, task.planned_end].into_iter().flatten().map(|at| shown.moment(words, at)).collect();
    let sheet = printed::of_task(shown.cx, &task, Some(shown.language(Some(visitor))))?.sheet;
    let title = format!("{} {}", words.text("portal_worksheet"), task.id);
    let page = Page {
        part: part(&task.id),
        state: word(words, "state", task.stage.word()),
        over: task.stage.is_over(),
        planned: Some(planned.join(" – ")).filter(|planned| !planned.is_empty()),
        sheet,
        sign,
        missing,
        heading: task.title,
        id: task.id,
    };
    shown.answered(visitor, "task", title, beside, page)
}

/// What its form asks: to sign, by a name and maybe a drawing. A browser names no file here.
pub fn change(asked: &Asked, id: &str) -> Result<Made> {
    let drawn = match asked.form("drawing").unwrap_or_default() {
        "" => None,
        drawing => {
            let bytes = drawing.strip_prefix(DRAWING).and_then(|encoded| STANDARD.decode(encoded).ok());
            Some(bytes.ok_or_else(|| ValueRefused::invalid("image", "the drawing", "the drawing is no picture"))?)
        }
    };
    let sign = WorksheetSign {
        task: id.to_owned(),
        name: asked.form("name").map(|name| name.trim().to_owned()),
        image: None,
        drawn,
        seen: Some(asked.form("seen").unwrap_or_default().to_owned()),
    };
    Ok(Made { parsed: whole("worksheet sign", sign), said: "signed" })
}
