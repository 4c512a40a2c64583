//! `init`: the desk's own record and what a new store has (contract, section 6).

use serde::Serialize;
use serde_json::value::RawValue;

use super::content;
use super::pipeline::{AnyChange, Cx, raw};
use crate::domain::common::ValueRefused;
use crate::domain::desk::{Desk, Plan, Right, Timezone};
use crate::domain::party::Details;
use crate::domain::value::day::Instant;
use crate::domain::value::money::Currency;
use crate::domain::{Allowed, Faults, Refusal, Result};
use crate::output::Detail;
use crate::store::{self, Db};

/// The flags of `init` as given.
#[derive(Serialize, Debug, Clone)]
pub struct Init {
    pub currency: Option<String>,
    pub company: Option<String>,
    pub plan: Option<String>,
    pub timezone: Option<String>,
}

/// What a new desk will be.
#[derive(Clone)]
pub struct NewDesk {
    given: Init,
    currency: Currency,
    plan: Plan,
    timezone: Timezone,
}

impl Init {
    /// The values checked, before a file is made.
    pub fn checked(self) -> Result<NewDesk> {
        let code = self.currency.as_deref().unwrap_or("EUR");
        let currency = Currency::iso(code).ok_or_else(|| {
            ValueRefused::invalid("currency", code, format!("{code:?} is no currency code of ISO 4217, such as EUR"))
        })?;
        let plan = self.plan.as_deref().unwrap_or("standard");
        let plan = plan.parse().map_err(|message| ValueRefused::invalid("plan", plan, message))?;
        let zone = self.timezone.as_deref().unwrap_or("UTC");
        let timezone = zone.parse().map_err(|message| ValueRefused::invalid("timezone", zone, message))?;
        Ok(NewDesk { currency, plan, timezone, given: self })
    }
}

/// The store is in use, by a desk that is not as asked.
#[derive(Debug, thiserror::Error)]
#[error("this store is in use: the desk's {field} is {has:?}, not {given:?}")]
struct OtherDesk {
    field: &'static str,
    given: String,
    has: String,
}

impl Refusal for OtherDesk {
    fn code(&self) -> &'static str {
        "already_exists"
    }
    fn field(&self) -> Option<&'static str> {
        Some(self.field)
    }
    fn given(&self) -> Option<String> {
        Some(self.given.clone())
    }
    fn allowed(&self) -> Option<Allowed> {
        Some(Allowed::One(self.has.clone()))
    }
    fn hint(&self) -> Option<String> {
        Some("aftersales desk show".to_owned())
    }
}

#[derive(Serialize)]
struct InitOutcome {
    desk: super::desk::DeskShown,
}

impl NewDesk {
    /// What a group is opened for: the desk of the store, or in an empty store the one to be, for which it makes the tables.
    pub fn of(&self, db: &Db, now: Instant) -> Result<Desk> {
        if db.has_tables()? {
            return Ok(store::desk::load(db)?);
        }
        db.migrate_from(0)?;
        Ok(self.desk(now))
    }

    fn desk(&self, now: Instant) -> Desk {
        Desk {
            company: self.given.company.clone().unwrap_or_default(),
            currency: self.currency,
            timezone: self.timezone.clone(),
            lock_date: None,
            shop_url: None,
            portal_url: None,
            mail_from: None,
            customers_may_close: false,
            plan: self.plan,
            created_at: now,
            trial_started_at: None,
            subscription_added_at: None,
            receivable_account: None,
            bank_account: None,
            returns_account: None,
            discounts_account: None,
            details: Details::default(),
        }
    }

    /// Refuses a flag that asks for something else than the desk in use has.
    fn check_same(&self, desk: &Desk) -> Result<()> {
        let company = self.given.company.as_deref().unwrap_or_default();
        let mut faults = Faults::default();
        for (field, given, asked, has) in [
            ("currency", &self.given.currency, self.currency.to_string(), desk.currency.to_string()),
            ("company", &self.given.company, company.to_owned(), desk.company.clone()),
            ("plan", &self.given.plan, self.plan.to_string(), desk.plan.to_string()),
            ("timezone", &self.given.timezone, self.timezone.to_string(), desk.timezone.to_string()),
        ] {
            if given.is_some() && asked != has {
                faults.note(OtherDesk { field, given: asked, has });
            }
        }
        faults.refuse()
    }

    /// Makes the desk, and what a new store has.
    fn make(&self, cx: &Cx<'_>) -> Result<Desk> {
        let desk = self.desk(cx.now);
        store::currency::keep(cx.db, desk.currency)?;
        store::desk::save(cx.db, &desk)?;
        store::desk::seed(cx.db)?;
        cx.touched("desk", "desk");
        Ok(desk)
    }
}

impl AnyChange for NewDesk {
    fn name(&self) -> &'static str {
        "init"
    }
    fn right(&self) -> Right {
        Right::Anybody
    }
    fn content(&self) -> String {
        content::to_json(self.name(), &self.given)
    }
    fn detail(&self) -> Detail {
        Detail::Row
    }
    fn ahead(&self, _db: &Db) -> Result<()> {
        Ok(())
    }
    /// Makes the desk in an empty store; a store in use stays as it is.
    fn run(&self, cx: &Cx<'_>) -> Result<Box<RawValue>> {
        let desk = match store::desk::find(cx.db)? {
            Some(desk) => self.check_same(&desk).map(|()| desk)?,
            None => self.make(cx)?,
        };
        raw(&InitOutcome { desk: super::desk::DeskShown::of(&desk) })
    }
}
