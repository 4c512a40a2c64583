//! The desk itself: its settings, who may do what, the plan of its database and the trial (spec A3, A4, A9, G4).

use chrono::{Datelike, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, civil};

use super::common::ValueRefused;
use super::ledger::Account;
use super::party::Details;
use super::{Allowed, Refusal};
use crate::domain::value::day::{Day, GivenTime, Instant};
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::reference::shell_word;
use crate::domain::value::text::{choices, text_value};

/// The settings that the store holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    pub company: String,
    pub currency: Currency,
    pub timezone: Timezone,
    pub lock_date: Option<Day>,
    pub shop_url: Option<String>,
    pub portal_url: Option<String>,
    pub mail_from: Option<String>,
    pub customers_may_close: bool,
    pub plan: Plan,
    pub created_at: Instant,
    pub trial_started_at: Option<Instant>,
    pub subscription_added_at: Option<Instant>,
    /// The accounts of the books, where they are set: the one under which customers have theirs, and three more.
    pub receivable_account: Option<Account>,
    pub bank_account: Option<Account>,
    pub returns_account: Option<Account>,
    pub discounts_account: Option<Account>,
    /// What documents tell of the company beside its name.
    pub details: Details,
}

choices! {
    /// The plan of the database (spec A4).
    pub enum Plan: "plan" {
        Standard = "standard",
        OneAppFree = "one-app-free",
    }
}

/// How long a trial runs: 15 x 24 hours, in seconds (spec A4).
const TRIAL_SECONDS: i64 = 15 * 24 * 3600;

/// How long before its end a trial is warned of, in seconds.
const SOON: i64 = 5 * 24 * 3600;

/// Where a trial stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trial {
    /// None was started, or a subscription ended it.
    None,
    /// It goes on until then.
    Runs(Instant),
    /// It goes on until then, which is not far.
    EndsSoon(Instant),
    Over,
}

impl Desk {
    /// When the trial that was started ends.
    pub fn trial_ends_at(&self) -> Option<Instant> {
        self.trial_started_at.and_then(|start| start.plus_seconds(TRIAL_SECONDS))
    }

    /// Where the trial of the desk stands at `now`; a subscription ended it.
    pub fn trial(&self, now: Instant) -> Trial {
        match self.trial_ends_at().filter(|_| self.subscription_added_at.is_none()) {
            None => Trial::None,
            Some(end) if now >= end => Trial::Over,
            Some(end) if end.seconds_after(now) <= SOON => Trial::EndsSoon(end),
            Some(end) => Trial::Runs(end),
        }
    }

    /// Whether the trial is over at `now` with no subscription added; its last instant is over already (spec A4).
    pub fn trial_over(&self, now: Instant) -> bool {
        self.trial(now) == Trial::Over
    }
}

/// The address of a site as others' addresses are made of it: with its scheme, and without a slash at its end.
pub fn site(field: &'static str, given: &str) -> Result<String, ValueRefused> {
    let refuse = |message: &str| Err(ValueRefused::invalid(field, given, message));
    let Some(rest) = given.strip_prefix("https://").or_else(|| given.strip_prefix("http://")) else {
        return refuse("an address begins with https:// or http://");
    };
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || "?#@\\\"'<>".contains(c);
    if rest.is_empty() || rest.starts_with(['/', ':']) || rest.contains(is_odd) {
        return refuse("an address is a host and maybe a path, such as https://shop.example.com");
    }
    Ok(given.trim_end_matches('/').to_owned())
}

impl Desk {
    /// What moving the lock date to `after` asks first: back, or away, opens days that were closed; past `today` closes days
    /// that are still to come (spec B10).
    pub fn question_of_lock(&self, after: Option<Day>, today: Day) -> Option<String> {
        match (self.lock_date, after) {
            (Some(before), None) => Some(format!("take the lock date {before} away?")),
            (Some(before), Some(after)) if after < before => {
                Some(format!("move the lock date back from {before} to {after}?"))
            }
            (before, Some(after)) if after > today && before != Some(after) => {
                Some(format!("move the lock date to {after}, which is past today?"))
            }
            _ => None,
        }
    }
}

/// How many quarters of an hour a day has.
const QUARTERS_OF_A_DAY: i64 = 24 * 4;

/// A time zone of the IANA database, by its name. The database is the program's own: the same on every machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timezone(TimeZone);

impl Timezone {
    /// The calendar day at `now` in this zone (spec G4).
    pub fn day_of(&self, now: Instant) -> Day {
        // Outside the years that a day can be, the zone makes no difference that matters.
        let days = [self.clock_at(now).date(), now.utc().date_naive()];
        days.into_iter().find_map(Day::from_date).unwrap_or(Day::FIRST)
    }

    /// What the clocks of the zone show at that moment.
    fn clock_at(&self, moment: Instant) -> NaiveDateTime {
        let utc = moment.utc();
        let offset = Timestamp::from_second(utc.timestamp()).map_or(0, |moment| self.0.to_offset(moment).seconds());
        utc.checked_add_signed(TimeDelta::seconds(offset.into())).unwrap_or(utc).naive_utc()
    }

    /// The first second of that day in this zone; none where no instant can be it (the edges of the calendar).
    pub fn start_of(&self, day: Day) -> Option<Instant> {
        // Where the clocks go forward at midnight the day begins when they have; no zone jumps by more than a day.
        let midnight = day.date().and_time(NaiveTime::MIN);
        let quarters = (0..=QUARTERS_OF_A_DAY).map(|quarter| midnight + TimeDelta::minutes(15 * quarter));
        quarters.filter_map(|local| self.earliest(local)).next()
    }

    /// The first instant at which the clocks of the zone show that time; none where they jump over it.
    fn earliest(&self, local: NaiveDateTime) -> Option<Instant> {
        let date = civil::date(
            i16::try_from(local.year()).ok()?,
            i8::try_from(local.month()).ok()?,
            i8::try_from(local.day()).ok()?,
        );
        let small = |number: u32| i8::try_from(number).ok();
        let time = date.at(small(local.hour())?, small(local.minute())?, small(local.second())?, 0);
        let offset = match self.0.to_ambiguous_timestamp(time).offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => offset,
            AmbiguousOffset::Gap { .. } => return None,
        };
        Instant::from_utc(local.checked_sub_signed(TimeDelta::seconds(offset.seconds().into()))?.and_utc())
    }

    /// The moment that was given for that field. Where the clocks of the zone show a time twice it is the first, and what they
    /// jump over is none.
    pub fn moment(&self, field: &'static str, given: GivenTime) -> Result<Instant, ValueRefused> {
        let moment = match given {
            GivenTime::Moment(moment) => Some(moment),
            GivenTime::Clock(clock) => self.earliest(clock),
        };
        moment.ok_or_else(|| {
            ValueRefused::invalid(field, given, format!("the clocks of {self} do not show {given}: they jump over it"))
        })
    }

    /// What the clocks of the zone show at that moment, for people: to the minute, or to the second where there are any.
    pub fn shown(&self, moment: Instant) -> String {
        let there = self.clock_at(moment);
        let seconds = if there.second() == 0 { "" } else { ":%S" };
        there.format(&format!("%Y-%m-%d %H:%M{seconds}")).to_string()
    }

    /// The last second of that day in this zone; none where no instant can be it (the edges of the calendar).
    pub fn end_of(&self, day: Day) -> Option<Instant> {
        self.start_of(day.plus_days(1)?)?.plus_seconds(-1)
    }
}

impl std::fmt::Display for Timezone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

impl std::str::FromStr for Timezone {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "UTC" {
            return Ok(Timezone(TimeZone::UTC));
        }
        let known = TimeZoneDatabase::bundled().get(text).ok().filter(|zone| zone.iana_name() == Some(text));
        known.map(Timezone).ok_or_else(|| format!("{text:?} is not a time zone such as Europe/Paris or UTC"))
    }
}

text_value!(Timezone, "a time zone such as Europe/Paris");

choices! {
    /// A right, which is also the application it opens; admin opens all (spec A9).
    pub enum Right: "right" {
        Helpdesk = "helpdesk",
        Invoicing = "invoicing",
        Sales = "sales",
        Inventory = "inventory",
        Repair = "repair",
        FieldService = "field-service",
        Admin = "admin",
        // Not given to users: what is open to each of them, to everybody, and (rescue) to everybody when a trial is over.
        AnyUser = "any-user",
        Anybody = "anybody",
        Rescue = "rescue",
    }
}

impl Right {
    /// The rights that a user can be given.
    pub const GIVEN: [Right; 7] = [
        Right::Helpdesk,
        Right::Invoicing,
        Right::Sales,
        Right::Inventory,
        Right::Repair,
        Right::FieldService,
        Right::Admin,
    ];
}

/// Who runs a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A user by login, which `--as` named, or else the operating system.
    User { login: String, named: bool },
    /// A customer through the portal.
    Customer(String),
    /// The program itself.
    System,
}

impl Actor {
    /// The user whom somebody named; nobody is no user of any desk.
    pub fn named(login: String) -> Result<Actor, AccessDenied> {
        match login.is_empty() {
            true => Err(AccessDenied::UnknownUser { login }),
            false => Ok(Actor::User { login, named: true }),
        }
    }

    /// The word for its kind in the log.
    pub fn kind(&self) -> &'static str {
        match self {
            Actor::User { .. } => "user",
            Actor::Customer(_) => "customer",
            Actor::System => "system",
        }
    }

    /// The login or customer id.
    pub fn id(&self) -> Option<&str> {
        match self {
            Actor::User { login, .. } => Some(login),
            Actor::Customer(id) => Some(id),
            Actor::System => None,
        }
    }
}

/// A user runs what they have no right to, or is not known (spec A9).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessDenied {
    #[error("{login} is not a user of this desk; --as names another, and an admin can make one")]
    UnknownUser { login: String },
    #[error("{login} has no right to {right}, which an admin can give")]
    NoRight { login: String, right: Right },
    #[error("{0}; a user whose limit is higher, or who has none, can do it")]
    AboveLimit(AboveLimit),
    #[error("{document} was above the limit of {login}, who made it: another user has to post it")]
    Own { login: String, document: String },
    /// The desk does not let customers close their tickets (spec F4).
    #[error(
        "customers do not close their tickets themselves at this desk, unless its setting customers_may_close is on"
    )]
    Closing,
}

/// Something is above what a user may refund alone (spec A9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AboveLimit {
    pub login: String,
    /// What is above it, in words.
    pub what: String,
    pub amount: Money,
    /// The invoice of which the user refunded before what the amount counts along.
    pub with_others_of: Option<String>,
    pub limit: Money,
    /// Whether it is a credit note, which waits as a draft for another user.
    pub waits: bool,
}

impl std::fmt::Display for AboveLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let AboveLimit { login, what, amount, with_others_of, limit, waits: _ } = self;
        let before = match with_others_of {
            Some(invoice) => format!(" with what {login} refunded of {invoice} before"),
            None => String::new(),
        };
        write!(f, "{what} comes to {amount}{before}, and {login} may refund up to {limit}")
    }
}

impl Refusal for AccessDenied {
    fn code(&self) -> &'static str {
        "access_denied"
    }
    fn allowed(&self) -> Option<Allowed> {
        match self {
            AccessDenied::AboveLimit(above) => Some(Allowed::One(above.limit.plain())),
            _ => None,
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            AccessDenied::AboveLimit(AboveLimit { login, waits: true, .. }) | AccessDenied::Own { login, .. } => {
                Some(format!("aftersales credit-note list --held-by {}", shell_word(login)))
            }
            _ => None,
        }
    }
}

/// A key that was already used for something else (contract, section 5).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the key {key} was used for another command{}; take another for this one", of_operation(*.operation))]
pub struct KeyReused {
    pub key: String,
    /// The number that the log knows that command by; none where it is only planned, by an earlier line of a dry run.
    pub operation: Option<i64>,
}

fn of_operation(operation: Option<i64>) -> String {
    operation.map_or_else(String::new, |operation| format!(", operation {operation}"))
}

impl Refusal for KeyReused {
    fn code(&self) -> &'static str {
        "key_reused"
    }
    fn field(&self) -> Option<&'static str> {
        Some("key")
    }
    fn given(&self) -> Option<String> {
        Some(self.key.clone())
    }
    fn hint(&self) -> Option<String> {
        self.operation.map(|operation| format!("aftersales log --operation {operation}"))
    }
}

/// The trial is over and no subscription was added (spec A4).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the trial of this desk ended at {ended_at}; a subscription opens it again at once, and nothing is lost")]
pub struct TrialOver {
    pub ended_at: String,
}

impl TrialOver {
    /// The refusal for a desk whose trial is over.
    pub fn of(desk: &Desk) -> TrialOver {
        TrialOver { ended_at: desk.trial_ends_at().map(|end| end.to_string()).unwrap_or_default() }
    }
}

impl Refusal for TrialOver {
    fn code(&self) -> &'static str {
        "trial_over"
    }
    fn hint(&self) -> Option<String> {
        Some("aftersales subscription add".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A desk of which nothing is set.
    fn desk() -> Desk {
        Desk {
            company: String::new(),
            currency: Currency::iso("EUR").unwrap(),
            timezone: "UTC".parse().unwrap(),
            lock_date: None,
            shop_url: None,
            portal_url: None,
            mail_from: None,
            customers_may_close: false,
            plan: Plan::Standard,
            created_at: Instant::FIRST,
            trial_started_at: None,
            subscription_added_at: None,
            receivable_account: None,
            bank_account: None,
            returns_account: None,
            discounts_account: None,
            details: Details::default(),
        }
    }

    #[test]
    fn the_address_of_a_site_is_a_host_and_maybe_a_path() {
        for (given, expected) in [
            ("https://shop.example.com", Some("https://shop.example.com")),
            ("http://127.0.0.1:8080/", Some("http://127.0.0.1:8080")),
            ("https://example.com/shop/", Some("https://example.com/shop")),
            ("shop.example.com", None),
            ("https://", None),
            ("https:///x", None),
            ("https://ann:secret@shop.example.com", None),
            ("https://shop.example.com?x", None),
            ("https://shop example.com", None),
            ("javascript:alert(1)", None),
        ] {
            assert_eq!(site("shop_url", given).ok().as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn a_day_has_its_first_and_last_second() {
        let table = [
            ("UTC", "2026-11-24", "2026-11-24T00:00:00Z", "2026-11-24T23:59:59Z"),
            ("Europe/Paris", "2026-11-24", "2026-11-23T23:00:00Z", "2026-11-24T22:59:59Z"),
            // The clocks go forward at midnight: the day begins at one and has 23 hours.
            ("America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z", "2026-09-07T02:59:59Z"),
            // The clocks go back at midnight: the day's first second is that of the earlier hour.
            ("Atlantic/Azores", "2026-10-25", "2026-10-25T00:00:00Z", "2026-10-26T00:59:59Z"),
        ];
        for (zone, day, start, end) in table {
            let zone: Timezone = zone.parse().unwrap();
            let day: Day = day.parse().unwrap();
            assert_eq!(zone.start_of(day), Some(start.parse().unwrap()), "{zone}");
            assert_eq!(zone.end_of(day), Some(end.parse().unwrap()), "{zone}");
            assert_eq!(zone.day_of(zone.start_of(day).unwrap()), day);
            assert_eq!(zone.day_of(zone.end_of(day).unwrap()), day);
        }
        let utc: Timezone = "UTC".parse().unwrap();
        assert_eq!(utc.end_of("9999-12-31".parse().unwrap()), None);
        assert_eq!(utc.start_of(Day::FIRST), Some(Instant::FIRST));
    }

    #[test]
    fn a_lock_date_that_goes_back_or_past_today_asks() {
        let day = |text: &str| (!text.is_empty()).then(|| text.parse::<Day>().unwrap());
        let table = [
            ("", "2026-06-30", None),
            ("", "", None),
            ("2026-06-30", "2026-06-30", None),
            ("2026-06-30", "2026-07-31", None),
            ("2026-06-30", "2026-05-31", Some("move the lock date back from 2026-06-30 to 2026-05-31?")),
            ("2026-06-30", "", Some("take the lock date 2026-06-30 away?")),
            ("", "2026-11-23", None),
            ("", "2026-11-24", Some("move the lock date to 2026-11-24, which is past today?")),
            ("2026-06-30", "2099-10-31", Some("move the lock date to 2099-10-31, which is past today?")),
            ("2099-10-31", "2099-10-31", None),
        ];
        let today = "2026-11-23".parse().unwrap();
        for (before, after, question) in table {
            let desk = Desk { lock_date: day(before), ..desk() };
            assert_eq!(desk.question_of_lock(day(after), today).as_deref(), question, "{before:?} {after:?}");
        }
    }

    #[test]
    fn a_trial_runs_ends_soon_and_is_over_at_its_last_instant() {
        let at = |text: &str| -> Instant { text.parse().unwrap() };
        let of = |started: Option<&str>, added: Option<&str>, now: &str| {
            let desk = Desk { trial_started_at: started.map(at), subscription_added_at: added.map(at), ..desk() };
            assert_eq!(desk.trial_over(at(now)), desk.trial(at(now)) == Trial::Over);
            desk.trial(at(now))
        };
        let (start, end) = ("2026-11-01T10:00:00Z", at("2026-11-16T10:00:00Z"));
        assert_eq!(of(None, None, start), Trial::None);
        assert_eq!(of(Some(start), None, start), Trial::Runs(end));
        assert_eq!(of(Some(start), None, "2026-11-11T09:59:59Z"), Trial::Runs(end));
        assert_eq!(of(Some(start), None, "2026-11-11T10:00:00Z"), Trial::EndsSoon(end));
        assert_eq!(of(Some(start), None, "2026-11-16T09:59:59Z"), Trial::EndsSoon(end));
        assert_eq!(of(Some(start), None, "2026-11-16T10:00:00Z"), Trial::Over);
        assert_eq!(of(Some(start), Some("2026-11-02T10:00:00Z"), "2026-12-01T10:00:00Z"), Trial::None);
    }
}
