//! `app`: the applications that services need, and what is installed (spec A3).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::filter::tests_of;
use super::pipeline::noun::limit_of;
use super::{Change, Cx, Read, to_json};
use crate::domain::Result;
use crate::domain::app::AppShown;
use crate::domain::common::{NotFound, ValueRefused};
use crate::domain::desk::Right;
use crate::procedure::install;
use crate::store::Value;
pub use crate::store::app::KEYS;
use crate::store::app::SHOWN;
use crate::store::engine::filter::Test;

/// The columns of its table.
pub const COLUMNS: &[&str] = &["id", "installed", "needed_by"];

/// List apps
///
/// They are few, and those that are not installed have no row in the store: they are gone through here.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  aftersales app list\n  aftersales app list --installed no\n  aftersales app list -o ids"
)]
pub struct AppList {
    /// Only that of this id (repeatable: any of them)
    #[arg(long, value_name = "ID")]
    id: Vec<String>,
    /// Only those that are installed, or are not (yes or no)
    #[arg(long, value_name = "INSTALLED")]
    installed: Vec<String>,
    /// By id or installed, and by -KEY against its order (default: in the order of the desk's own list)
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    sort: Option<String>,
    /// At most N of them
    #[arg(long, value_name = "N")]
    limit: Option<String>,
    /// From the last to the first
    #[arg(long)]
    newest: bool,
}

impl Read for AppList {
    const KIND: &'static str = "app";
    const MANY: bool = true;
    const RIGHT: Right = Right::Admin;

    fn fields() -> Vec<&'static str> {
        COLUMNS.to_vec()
    }

    fn run(&self, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        let limit = usize::try_from(limit_of(self.limit.as_deref())?).unwrap_or(usize::MAX);
        let ids = asked(cx, "id", &self.id)?;
        let installed = asked(cx, "installed", &self.installed)?;
        let mut apps = install::shown(cx.db)?;
        apps.retain(|app| is_any(&ids, &Value::from(app.id.word())) && is_any(&installed, &Value::from(app.installed)));
        if self.newest {
            apps.reverse();
        }
        if let Some(sort) = &self.sort {
            let (column, is_backwards) = super::pipeline::noun::sort_of(&SHOWN, sort)?;
            let place = |app: &AppShown| (app.id.word().to_owned(), app.installed);
            apps.sort_by(|one, other| {
                let (one, other) = (place(one), place(other));
                let order = if column.shown == "id" { one.0.cmp(&other.0) } else { one.1.cmp(&other.1) };
                if is_backwards { order.reverse() } else { order }
            });
        }
        apps.iter().take(limit).try_for_each(|app| emit(&to_json(app)?))
    }
}

/// The tests that were typed for a key.
fn asked(cx: &Cx<'_>, key: &str, given: &[String]) -> Result<Vec<Test>> {
    let columns = SHOWN.column(key).into_iter();
    let tests = columns.flat_map(|column| given.iter().map(move |given| tests_of(cx, &SHOWN, column, given)));
    Ok(tests.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Whether a value is any of those that were asked for; all are where none was.
fn is_any(asked: &[Test], value: &Value<'_>) -> bool {
    asked.is_empty() || asked.iter().any(|test| matches!(test, Test::Is(wanted) if is_same(wanted, value)))
}

fn is_same(one: &Value<'_>, other: &Value<'_>) -> bool {
    match (one, other) {
        (Value::Text(one), Value::Text(other)) => one == other,
        (Value::Int(one), Value::Int(other)) => one == other,
        _ => false,
    }
}

/// The application of that name.
fn named(cx: &Cx<'_>, field: &'static str, given: &str) -> Result<AppShown> {
    if given.is_empty() {
        return Err(ValueRefused::missing(field).into());
    }
    let found = install::shown(cx.db)?.into_iter().find(|shown| shown.id.word() == given);
    Ok(found.ok_or_else(|| NotFound { kind: "app", noun: "app", field, given: given.to_owned() })?)
}

/// What installing an application answers.
#[derive(Serialize)]
pub struct AppOutcome {
    app: AppShown,
    /// What had to be installed with it.
    apps: Vec<AppShown>,
}

/// Install an application
///
/// What it needs is installed with it. On a one-app-free database this starts a trial of 15 days and asks first.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales app install ecommerce\n  aftersales app list")]
pub struct AppInstall {
    /// The application, such as ecommerce
    pub name: String,
}

impl Change for AppInstall {
    type Outcome = AppOutcome;
    const RIGHT: Right = Right::Admin;

    fn run(&self, cx: &Cx<'_>) -> Result<AppOutcome> {
        let wanted = named(cx, "name", &self.name)?.id;
        let mut installed = install::install(cx, [wanted])?;
        if installed.contains(&wanted) {
            cx.created("app", wanted.word());
        }
        installed.retain(|app| *app != wanted);
        Ok(AppOutcome { app: named(cx, "name", &self.name)?, apps: install::shown_of(cx, &installed)? })
    }
}
