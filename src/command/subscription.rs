//! `subscription`: the plan of the database, its trial, and what ends it (spec A4).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Change, Cx, Read, to_json};
use crate::domain::Result;
use crate::domain::desk::{Desk, Plan, Right};
use crate::domain::subscription::{Subscription, SubscriptionState};
use crate::procedure::access;
use crate::store;
use crate::store::engine::table::{Column, id, instant, words};

/// What it is told by.
pub const KEYS: &[Column] = &[
    id().called("id"),
    words(Plan::WORDS).called("plan"),
    words(SubscriptionState::WORDS).called("state"),
    instant().optional().called("trial_started_at"),
    instant().optional().called("trial_ends_at"),
    instant().optional().called("added_at"),
];

/// The columns of its table.
pub const COLUMNS: &[&str] = &["id", "plan", "state", "trial_started_at", "trial_ends_at", "added_at"];

/// Show the plan of the database and its trial
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aftersales subscription show\n  aftersales subscription show --fields state")]
pub struct SubscriptionShow {}

impl Read for SubscriptionShow {
    const KIND: &'static str = "subscription";
    const MANY: bool = false;
    // Open when the trial is over, as what ends that is.
    const RIGHT: Right = Right::Rescue;

    fn run(&self, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        access::check(cx.db, cx.actor, Right::Admin)?;
        emit(&to_json(&Subscription::of(cx.desk, cx.now))?)
    }
}

/// What adding a subscription answers.
#[derive(Serialize)]
pub struct SubscriptionOutcome {
    subscription: Subscription,
}

/// Add a subscription, which ends a trial
///
/// It restores access to a desk whose trial is over at once; nothing was lost.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales subscription add")]
pub struct SubscriptionAdd {}

impl Change for SubscriptionAdd {
    type Outcome = SubscriptionOutcome;
    const RIGHT: Right = Right::Rescue;

    fn run(&self, cx: &Cx<'_>) -> Result<SubscriptionOutcome> {
        access::check(cx.db, cx.actor, Right::Admin)?;
        if cx.desk.subscription_added_at.is_some() {
            return Ok(SubscriptionOutcome { subscription: Subscription::of(cx.desk, cx.now) });
        }
        let desk = Desk { subscription_added_at: Some(cx.now), ..cx.desk.clone() };
        store::desk::save(cx.db, &desk)?;
        cx.touched("desk", "desk");
        Ok(SubscriptionOutcome { subscription: Subscription::of(&desk, cx.now) })
    }
}
