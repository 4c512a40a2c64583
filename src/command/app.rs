//! `app`: the applications that services need, and what is installed (spec A3).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::record::{Record, one};
use super::{Change, Cx};
use crate::domain::Result;
use crate::domain::app::{App, AppShown};
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::domain::team::Service;
use crate::procedure::install;
use crate::store::engine::table::{Column, link, rows, switch, words};
use crate::store::{self, Db, Key, Page};

/// What an application is told by.
pub const KEYS: &[Column] = &[
    words(App::WORDS).called("id"),
    switch().called("installed"),
    rows(&[link("team").called("team"), words(Service::WORDS).called("service")]).called("needed_by"),
];

impl Record for AppShown {
    const KIND: &'static str = "app";
    const NOUN: &'static str = "app";
    const RIGHT: Right = Right::Admin;
    const FIELDS: &'static [&'static str] = &["id", "installed", "needed_by"];
    const COLUMNS: &'static [&'static str] = &["id", "installed", "needed_by"];
    const SCALARS: &'static [&'static str] = &["id", "installed"];
    const DAY: Option<&'static str> = None;

    fn find(db: &Db, given: &str) -> store::Result<Option<Self>> {
        Ok(install::shown(db)?.into_iter().find(|shown| shown.id.word() == given))
    }
    fn page(db: &Db, page: Page) -> store::Result<Vec<Self>> {
        let mut all = install::shown(db)?;
        if page.newest {
            all.reverse();
        }
        let rest = all.into_iter().filter(|shown| {
            page.after.is_none_or(|after| if page.newest { shown.key() < after } else { shown.key() > after })
        });
        Ok(rest.take(usize::try_from(page.limit).unwrap_or(usize::MAX)).collect())
    }
    /// Its place among all applications, since those that are not installed have no row.
    fn key(&self) -> Key {
        (0..).zip(App::ALL).find(|(_, app)| **app == self.id).map_or(0, |(place, _)| place)
    }
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
        if self.name.is_empty() {
            return Err(ValueRefused::missing("name").into());
        }
        let wanted = one::<AppShown>(cx, "name", &self.name)?.id;
        let mut installed = install::install(cx, [wanted])?;
        if installed.contains(&wanted) {
            cx.created("app", wanted.word());
        }
        installed.retain(|app| *app != wanted);
        Ok(AppOutcome { app: one(cx, "name", &self.name)?, apps: install::shown_of(cx, &installed)? })
    }
}
