//! `desk`: the settings kept in the store.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Change, Cx, Read, given, to_json};
use crate::domain::Result;
use crate::domain::desk::{Desk, Plan, Right, Timezone, site};
use crate::domain::ledger::Account;
use crate::domain::mail::sender;
use crate::domain::party::{Bic, Country, Details, Iban, Language, OneLine};
use crate::domain::value::day::{Day, Instant};
use crate::domain::value::text::Setting;
use crate::procedure;
use crate::store::desk;
use crate::store::engine::table::{Column, currency, day, id, instant, switch, text, words};

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
    receivable_account: Option<Account>,
    bank_account: Option<Account>,
    returns_account: Option<Account>,
    discounts_account: Option<Account>,
    street: Option<OneLine>,
    postcode: Option<OneLine>,
    city: Option<OneLine>,
    country: Option<Country>,
    tax_id: Option<OneLine>,
    language: Option<Language>,
    iban: Option<Iban>,
    bic: Option<Bic>,
    contact_name: Option<OneLine>,
    phone: Option<OneLine>,
}

impl DeskShown {
    /// The settings as they are shown.
    pub fn of(desk: &Desk) -> DeskShown {
        let Details { street, postcode, city, country, tax_id, language, iban, bic, contact_name, phone } =
            desk.details.clone();
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
            receivable_account: desk.receivable_account.clone(),
            bank_account: desk.bank_account.clone(),
            returns_account: desk.returns_account.clone(),
            discounts_account: desk.discounts_account.clone(),
            street,
            postcode,
            city,
            country,
            tax_id,
            language,
            iban,
            bic,
            contact_name,
            phone,
        }
    }
}

/// What it is told by.
pub const KEYS: &[Column] = &[
    id().called("id"),
    text().called("company"),
    currency().called("currency"),
    text().called("timezone"),
    day().optional().called("lock_date"),
    text().optional().called("shop_url"),
    text().optional().called("portal_url"),
    text().optional().called("mail_from"),
    switch().called("customers_may_close"),
    words(Plan::WORDS).called("plan"),
    instant().called("created_at"),
    text().optional().called("receivable_account"),
    text().optional().called("bank_account"),
    text().optional().called("returns_account"),
    text().optional().called("discounts_account"),
    text().optional().called("street"),
    text().optional().called("postcode"),
    text().optional().called("city"),
    text().optional().called("country"),
    text().optional().called("tax_id"),
    text().optional().called("language"),
    text().optional().called("iban"),
    text().optional().called("bic"),
    text().optional().called("contact_name"),
    text().optional().called("phone"),
];

/// The columns of the desk's table.
pub const COLUMNS: &[&str] = &["company", "currency", "timezone", "lock_date", "plan"];

/// Show the desk's settings
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aftersales desk show\n  aftersales desk show -o json")]
pub struct DeskShow {}

impl Read for DeskShow {
    const KIND: &'static str = "desk";
    const MANY: bool = false;
    const RIGHT: Right = Right::Admin;

    fn run(&self, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        emit(&to_json(&DeskShown::of(cx.desk))?)
    }
}

/// What editing the desk answers.
#[derive(Serialize)]
pub struct DeskOutcome {
    desk: DeskShown,
}

/// Edit the desk's settings
///
/// Documents dated up to the lock date are booked on the day after it. Moving it back, or taking it away with an empty value, opens
/// days that were closed and needs --yes, as does moving it past today. An empty value empties the setting. Posted documents keep the
/// company's name and address that they were posted with; what was missing there and is filled in now completes them.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales desk edit --company 'Lamps Ltd' --timezone Europe/Paris\n  aftersales desk edit --lock-date 2026-06-30\n  aftersales desk edit --lock-date '' --yes\n  aftersales desk edit --shop-url https://shop.example.com\n  aftersales desk edit --portal-url https://portal.example.com --customers-may-close\n  aftersales desk edit --mail-from 'Lamps Ltd <desk@example.com>'\n  aftersales desk edit --bank-account Assets:Bank:Main\n  aftersales desk edit --street '1 Lamp Lane' --postcode 10115 --city Berlin --country DE\n  aftersales desk edit --iban DE44500105175407324931 --contact-name Accounts --phone 030-901820"
)]
pub struct DeskEdit {
    /// The company's name
    #[arg(long)]
    pub company: Option<String>,
    /// The time zone that days are counted in, such as Europe/Paris
    #[arg(long)]
    pub timezone: Option<Setting<Timezone>>,
    /// The last day that is closed for booking
    #[arg(long)]
    pub lock_date: Option<Setting<Day>>,
    /// Where the web shop is, such as https://shop.example.com: links to coupons lead there
    #[arg(long, value_name = "URL")]
    pub shop_url: Option<String>,
    /// Where customers find their pages, such as https://portal.example.com: their links lead there
    #[arg(long, value_name = "URL")]
    pub portal_url: Option<String>,
    /// Customers may close their tickets themselves, on their pages
    #[arg(long)]
    #[serde(default)]
    pub customers_may_close: bool,
    /// They may not (the default)
    #[arg(long)]
    #[serde(default)]
    pub no_customers_may_close: bool,
    /// Where mail to customers comes from, such as 'Lamps Ltd <desk@example.com>'
    #[arg(long, value_name = "ADDRESS")]
    pub mail_from: Option<String>,
    /// The account of the books under which each customer has one (default: Assets:Receivable)
    #[arg(long, value_name = "ACCOUNT")]
    pub receivable_account: Option<Setting<Account>>,
    /// The account of money that comes in and goes out (default: Assets:Bank)
    #[arg(long, value_name = "ACCOUNT")]
    pub bank_account: Option<Setting<Account>>,
    /// The account of what credit notes take back (default: Income:Returns)
    #[arg(long, value_name = "ACCOUNT")]
    pub returns_account: Option<Setting<Account>>,
    /// The account of discounts that are lines of their own, as those of coupons (default: Income:Discounts)
    #[arg(long, value_name = "ACCOUNT")]
    pub discounts_account: Option<Setting<Account>>,
    /// The company's street with the number
    #[arg(long)]
    pub street: Option<Setting<OneLine>>,
    /// Its postcode
    #[arg(long)]
    pub postcode: Option<Setting<OneLine>>,
    /// Its city
    #[arg(long)]
    pub city: Option<Setting<OneLine>>,
    /// Its country, by the code of ISO 3166-1, such as DE
    #[arg(long)]
    pub country: Option<Setting<Country>>,
    /// The id that it is taxed under, such as a VAT number
    #[arg(long)]
    pub tax_id: Option<Setting<OneLine>>,
    /// The language of documents for customers who have none of their own, such as en, de or fr
    #[arg(long)]
    pub language: Option<Setting<Language>>,
    /// The account at a bank that customers pay to
    #[arg(long)]
    pub iban: Option<Setting<Iban>>,
    /// The bank of that account, where its IBAN does not say it
    #[arg(long)]
    pub bic: Option<Setting<Bic>>,
    /// Whom a customer asks about a document: a person or a department
    #[arg(long, value_name = "NAME")]
    pub contact_name: Option<Setting<OneLine>>,
    /// The phone that they are asked under
    #[arg(long)]
    pub phone: Option<Setting<OneLine>>,
}

impl Change for DeskEdit {
    type Outcome = DeskOutcome;
    const RIGHT: Right = Right::Admin;

    fn run(&self, cx: &Cx<'_>) -> Result<DeskOutcome> {
        let mut desk = cx.desk.clone();
        if let Some(company) = &self.company {
            desk.company.clone_from(company);
        }
        given::set(&mut desk.timezone, "timezone", self.timezone.clone(), Ok)?;
        if let Some(lock_date) = self.lock_date {
            desk.lock_date = lock_date.0;
        }
        if let Some(url) = &self.shop_url {
            desk.shop_url = if url.is_empty() { None } else { Some(site("shop_url", url)?) };
        }
        if let Some(url) = &self.portal_url {
            desk.portal_url = if url.is_empty() { None } else { Some(site("portal_url", url)?) };
        }
        let closing = (self.customers_may_close, self.no_customers_may_close);
        given::set_switch(&mut desk.customers_may_close, "customers_may_close", closing.0, closing.1)?;
        if let Some(from) = &self.mail_from {
            desk.mail_from = if from.trim().is_empty() { None } else { Some(sender(from)?) };
        }
        given::set_or_empty(&mut desk.receivable_account, self.receivable_account.as_ref());
        given::set_or_empty(&mut desk.bank_account, self.bank_account.as_ref());
        given::set_or_empty(&mut desk.returns_account, self.returns_account.as_ref());
        given::set_or_empty(&mut desk.discounts_account, self.discounts_account.as_ref());
        let details = &mut desk.details;
        given::set_or_empty(&mut details.street, self.street.as_ref());
        given::set_or_empty(&mut details.postcode, self.postcode.as_ref());
        given::set_or_empty(&mut details.city, self.city.as_ref());
        given::set_or_empty(&mut details.country, self.country.as_ref());
        given::set_or_empty(&mut details.tax_id, self.tax_id.as_ref());
        given::set_or_empty(&mut details.language, self.language.as_ref());
        given::set_or_empty(&mut details.iban, self.iban.as_ref());
        given::set_or_empty(&mut details.bic, self.bic.as_ref());
        given::set_or_empty(&mut details.contact_name, self.contact_name.as_ref());
        given::set_or_empty(&mut details.phone, self.phone.as_ref());
        if let Some(question) = cx.desk.question_of_lock(desk.lock_date, cx.today) {
            cx.confirm(question)?;
        }
        procedure::post::warn_of_closed_in(cx, desk.lock_date)?;
        if desk != *cx.desk {
            desk::save(cx.db, &desk)?;
            procedure::party::keep_desk(cx, cx.desk, &desk)?;
            cx.touched("desk", "desk");
        }
        Ok(DeskOutcome { desk: DeskShown::of(&desk) })
    }
}
