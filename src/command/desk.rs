//! `desk`: the settings kept in the store.

use serde::Serialize;

use crate::domain::day::{Day, Instant};
use crate::domain::desk::{Desk, Plan};

/// The desk as shown.
#[derive(Serialize)]
pub struct DeskShown {
    id: &'static str,
    company: String,
    currency: String,
    timezone: String,
    lock_date: Option<Day>,
    shop_url: Option<String>,
    portal_url: Option<String>,
    mail_from: Option<String>,
    customers_may_close: bool,
    plan: Plan,
    created_at: Instant,
}

impl DeskShown {
    /// The settings as they are shown.
    pub fn of(desk: &Desk) -> DeskShown {
        DeskShown {
            id: "desk",
            company: desk.company.clone(),
            currency: desk.currency.to_string(),
            timezone: desk.timezone.to_string(),
            lock_date: desk.lock_date,
            shop_url: desk.shop_url.clone(),
            portal_url: desk.portal_url.clone(),
            mail_from: desk.mail_from.clone(),
            customers_may_close: desk.customers_may_close,
            plan: desk.plan,
            created_at: desk.created_at,
        }
    }
}
