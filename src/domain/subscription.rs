//! The plan of the database: what installing an application means for it, the trial, and the subscription (spec A4).

use serde::Serialize;

use super::app::App;
use super::desk::{Desk, Plan, Trial};
use crate::domain::value::day::Instant;
use crate::domain::value::text::choices;

choices! {
    /// How the desk stands towards its plan.
    pub enum SubscriptionState: "state" {
        None = "none",
        Trial = "trial",
        Over = "over",
        Active = "active",
    }
}

/// The subscription as shown; there is one for the desk, added or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subscription {
    pub id: &'static str,
    pub plan: Plan,
    pub state: SubscriptionState,
    pub trial_started_at: Option<Instant>,
    pub trial_ends_at: Option<Instant>,
    pub added_at: Option<Instant>,
}

impl Subscription {
    /// How the desk stands at `now`.
    pub fn of(desk: &Desk, now: Instant) -> Subscription {
        let state = match (desk.subscription_added_at, desk.trial(now)) {
            (Some(_), _) => SubscriptionState::Active,
            (None, Trial::None) => SubscriptionState::None,
            (None, Trial::Over) => SubscriptionState::Over,
            (None, Trial::Runs(_) | Trial::EndsSoon(_)) => SubscriptionState::Trial,
        };
        Subscription {
            id: "subscription",
            plan: desk.plan,
            state,
            trial_started_at: desk.trial_started_at,
            trial_ends_at: desk.trial_ends_at(),
            added_at: desk.subscription_added_at,
        }
    }
}

/// What installing another application means for the plan of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installing {
    /// Nothing: the plan has no limit, or a subscription was added.
    Free,
    /// It is the first such installation and starts the trial.
    StartsTrial,
    /// The trial runs already and ends then.
    InTrial(Option<Instant>),
}

impl Installing {
    /// What an installation would mean for this desk.
    pub fn on(desk: &Desk) -> Installing {
        match (desk.plan, desk.subscription_added_at, desk.trial_started_at) {
            (Plan::Standard, ..) | (_, Some(_), _) => Installing::Free,
            (Plan::OneAppFree, None, None) => Installing::StartsTrial,
            (Plan::OneAppFree, None, Some(_)) => Installing::InTrial(desk.trial_ends_at()),
        }
    }

    /// What must be answered with yes before `apps` are installed; none where nothing is at stake.
    pub fn question(self, apps: &[App]) -> Option<String> {
        let apps = apps.iter().map(|app| app.word()).collect::<Vec<_>>().join(", ");
        match self {
            Installing::Free => None,
            Installing::StartsTrial => Some(format!(
                "this installs {apps} on a one-app-free database and starts a trial of 15 days; when it ends and no \
                 subscription was added, the database is no longer accessible"
            )),
            Installing::InTrial(end) => Some(format!(
                "this installs {apps} on a one-app-free database whose trial ends at {}; when it ends and no subscription \
                 was added, the database is no longer accessible",
                end.map(|end| end.to_string()).unwrap_or_default()
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::party::Details;
    use crate::domain::value::money::Currency;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn desk(plan: Plan, trial: Option<&str>, added: Option<&str>) -> Desk {
        Desk {
            company: String::new(),
            currency: Currency::iso("EUR").unwrap(),
            timezone: "UTC".parse().unwrap(),
            lock_date: None,
            shop_url: None,
            portal_url: None,
            mail_from: None,
            customers_may_close: false,
            plan,
            created_at: at("2026-01-01T00:00:00Z"),
            trial_started_at: trial.map(at),
            subscription_added_at: added.map(at),
            receivable_account: None,
            bank_account: None,
            returns_account: None,
            discounts_account: None,
            details: Details::default(),
        }
    }

    #[test]
    fn the_trial_runs_fifteen_times_twenty_four_hours_to_its_last_instant() {
        let start = Some("2026-03-20T10:00:00Z");
        let added = Some("2026-05-01T00:00:00Z");
        for (trial, added, now, expected) in [
            (None, None, "2026-11-23T10:00:00Z", SubscriptionState::None),
            (start, None, "2026-03-20T10:00:00Z", SubscriptionState::Trial),
            (start, None, "2026-04-04T09:59:59Z", SubscriptionState::Trial),
            (start, None, "2026-04-04T10:00:00Z", SubscriptionState::Over),
            (start, added, "2026-11-23T10:00:00Z", SubscriptionState::Active),
            (None, added, "2026-11-23T10:00:00Z", SubscriptionState::Active),
        ] {
            let shown = Subscription::of(&desk(Plan::OneAppFree, trial, added), at(now));
            assert_eq!(shown.state, expected, "{trial:?} {added:?} {now}");
            assert_eq!(shown.trial_ends_at, trial.map(|_| at("2026-04-04T10:00:00Z")));
        }
    }

    #[test]
    fn only_a_one_app_free_database_without_a_subscription_asks() {
        let (start, added) = (Some("2026-03-20T10:00:00Z"), Some("2026-03-21T10:00:00Z"));
        let end = Some(at("2026-04-04T10:00:00Z"));
        for (plan, trial, added, expected) in [
            (Plan::Standard, None, None, Installing::Free),
            (Plan::OneAppFree, None, None, Installing::StartsTrial),
            (Plan::OneAppFree, start, None, Installing::InTrial(end)),
            (Plan::OneAppFree, start, added, Installing::Free),
            (Plan::OneAppFree, None, added, Installing::Free),
        ] {
            let installing = Installing::on(&desk(plan, trial, added));
            assert_eq!(installing, expected);
            let question = installing.question(&[App::Sales, App::Loyalty]);
            assert_eq!(question.is_none(), expected == Installing::Free);
            assert!(question.is_none_or(|question| question.contains("installs sales, loyalty on")));
        }
    }
}
