//! Installing applications: in one step what is missing, asking first where the plan of the database wants it (spec A3, A4).

use super::context::Cx;
use super::services::apps_of;
use crate::domain::Result;
use crate::domain::app::{self, App, AppShown};
use crate::domain::subscription::Installing;
use crate::domain::team::Service;
use crate::store;

/// Installs those of the `wanted` applications, and of the ones they need, that are not there yet; answers which they were.
pub fn install(cx: &Cx<'_>, wanted: impl IntoIterator<Item = App>) -> Result<Vec<App>> {
    let missing = app::missing(&store::app::installed(cx.db)?, wanted);
    if missing.is_empty() {
        return Ok(missing);
    }
    // Read anew: an earlier step of the same command may have started the trial.
    let desk = store::desk::load(cx.db)?;
    let installing = Installing::on(&desk);
    if let Some(question) = installing.question(&missing) {
        cx.confirm(question)?;
    }
    for app in &missing {
        store::app::insert(cx.db, *app, cx.now)?;
        // A by-product: what was asked for is something else, or says so itself.
        cx.touched("app", app.word());
    }
    if installing == Installing::StartsTrial {
        let desk = crate::domain::desk::Desk { trial_started_at: Some(cx.now), ..desk };
        store::desk::save(cx.db, &desk)?;
        cx.touched("desk", "desk");
        let end = desk.trial_ends_at().map(|end| end.to_string()).unwrap_or_default();
        cx.warn(
            "trial_started",
            format!("a trial was started, which ends at {end}; to keep the desk: aftersales subscription add"),
        );
    }
    Ok(missing)
}

/// Installs what these services need.
pub fn for_services(cx: &Cx<'_>, services: &[Service]) -> Result<Vec<App>> {
    install(cx, services.iter().flat_map(|service| apps_of(*service)).copied())
}

/// The applications as they are listed, in that order.
pub fn shown(db: &store::Db) -> store::Result<Vec<AppShown>> {
    Ok(app::all(&store::app::installed(db)?, &store::team::offers_of_all(db)?, apps_of))
}

/// The records of these applications.
pub fn shown_of(cx: &Cx<'_>, apps: &[App]) -> Result<Vec<AppShown>> {
    if apps.is_empty() {
        return Ok(Vec::new());
    }
    Ok(shown(cx.db)?.into_iter().filter(|shown| apps.contains(&shown.id)).collect())
}
