//! `init`: the desk's own record and what a new store has (contract, section 6).

use serde::Serialize;

use super::pipeline::{Answer, Clock, Mode, Status};
use super::{content, to_json};
use crate::domain::common::ValueRefused;
use crate::domain::desk::{Actor, Desk, Plan, Timezone};
use crate::domain::value::money::Currency;
use crate::domain::{Allowed, Faults, Refusal, Result};
use crate::store::log::{NewOperation, Tail};
use crate::store::{self, Db};

/// The flags of `init` as given.
#[derive(Serialize, Debug)]
pub struct Init {
    pub currency: Option<String>,
    pub company: Option<String>,
    pub plan: Option<String>,
    pub timezone: Option<String>,
}

/// What a new desk will be.
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
    /// Makes the desk in an empty store; a store in use stays as it is. `ready` gets the answer while it can still be undone.
    pub fn run(
        &self,
        db: &Db,
        clock: &dyn Clock,
        actor: &Actor,
        mode: Mode,
        ready: &mut dyn FnMut(&Answer) -> Result<()>,
    ) -> Result<Answer> {
        db.begin_write()?;
        match self.begun(db, clock, actor, mode).and_then(|answer| ready(&answer).map(|()| answer)) {
            Ok(answer) if mode == Mode::Commit => Ok(db.commit().map(|()| answer)?),
            ended => {
                // What is told is how it went; what is not committed is undone in any case.
                let _ = db.rollback();
                ended
            }
        }
    }

    fn begun(&self, db: &Db, clock: &dyn Clock, actor: &Actor, mode: Mode) -> Result<Answer> {
        let (status, operation, desk) = if db.has_tables()? {
            let desk = store::desk::load(db)?;
            self.check_same(&desk)?;
            (Status::Unchanged, None, desk)
        } else {
            let (operation, desk) = self.make(db, clock, actor)?;
            match mode {
                Mode::Commit => (Status::Done, Some(operation), desk),
                Mode::DryRun => (Status::Planned, None, desk),
            }
        };
        let result = to_json(&InitOutcome { desk: super::desk::DeskShown::of(&desk) })?;
        let result =
            serde_json::value::RawValue::from_string(result).map_err(|error| super::internal(error.to_string()))?;
        Ok(Answer {
            command: "init".to_owned(),
            status,
            operation,
            created: Vec::new(),
            result,
            warnings: Vec::new(),
            amounts: Vec::new(),
            detail: crate::output::Detail::Row,
        })
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

    fn make(&self, db: &Db, clock: &dyn Clock, actor: &Actor) -> Result<(i64, Desk)> {
        db.migrate_from(0)?;
        let desk = Desk {
            company: self.given.company.clone().unwrap_or_default(),
            currency: self.currency,
            timezone: self.timezone.clone(),
            lock_date: None,
            shop_url: None,
            portal_url: None,
            mail_from: None,
            customers_may_close: false,
            plan: self.plan,
            created_at: clock.now(),
            trial_started_at: None,
            subscription_added_at: None,
        };
        store::currency::keep(db, desk.currency)?;
        store::desk::save(db, &desk)?;
        store::desk::seed(db)?;
        let operation = db.next_number("operation")?;
        let command = content::to_json("init", &self.given);
        let touched = [("desk", "desk".to_owned())];
        let row = NewOperation {
            operation,
            at: desk.created_at,
            recorded_at: clock.machine(),
            actor,
            command: &command,
            touched: &touched,
        };
        Tail::load(db)?.append(db, &row)?;
        Ok((operation, desk))
    }
}
