//! The desk's settings, one row.

use super::engine::record::{self, Cells, Described, Field as _};
use super::engine::table::{
    Column, Order, Table, always, currency, day, instant, int, list, records, switch, text, value_of, words,
};
use super::{Db, Key, Result, StoreError, Value};
use crate::domain::desk::{Desk, Plan};
use crate::domain::journal::{Journal, JournalType};
use crate::domain::ledger::Account;
use crate::domain::party::{Bic, Country, DeskBefore, Details, Iban, Language, OneLine};
use crate::domain::stage::{BEGUN_WITH, Stage};
use crate::{described, field_of_words, insert, params, raw, select};

field_of_words!(Plan);

pub static DESK: Table = records("desk", "desk", COLUMNS).by("key").with(&[BEFORE]).found_by(&[]);

described! {
    DeskBefore in DESK_BEFORE {
        until: int(),
        company: text(),
        mail_from: text().optional(),
        street: value_of::<OneLine>().optional(),
        postcode: value_of::<OneLine>().optional(),
        city: value_of::<OneLine>().optional(),
        country: value_of::<Country>().optional(),
        tax_id: value_of::<OneLine>().optional(),
        language: value_of::<Language>().optional(),
        iban: value_of::<Iban>().optional(),
        bic: value_of::<Bic>().optional(),
        contact_name: value_of::<OneLine>().optional(),
        phone: value_of::<OneLine>().optional(),
    }
}

static DESK_BEFORE: Table = BEFORE;

/// What was said of the desk earlier, the oldest first: posted documents tell it (see `domain::party`).
const BEFORE: Table = list("desk_before", "desk", Order::Key, DeskBefore::COLUMNS).shown("before");

const COLUMNS: &[Column] = &[
    always(1).called("key"),
    text().called("company"),
    currency().called("currency"),
    text().called("timezone"),
    day().called("lock_date").optional(),
    text().called("shop_url").optional(),
    text().called("portal_url").optional(),
    text().called("mail_from").optional(),
    switch().called("customers_may_close"),
    words(Plan::WORDS).called("plan"),
    instant().called("created_at"),
    instant().called("trial_started_at").optional(),
    instant().called("subscription_added_at").optional(),
    value_of::<Account>().called("receivable_account").optional(),
    value_of::<Account>().called("bank_account").optional(),
    value_of::<Account>().called("returns_account").optional(),
    value_of::<Account>().called("discounts_account").optional(),
    value_of::<OneLine>().called("street").optional(),
    value_of::<OneLine>().called("postcode").optional(),
    value_of::<OneLine>().called("city").optional(),
    value_of::<Country>().called("country").optional(),
    value_of::<OneLine>().called("tax_id").optional(),
    value_of::<Language>().called("language").optional(),
    value_of::<Iban>().called("iban").optional(),
    value_of::<Bic>().called("bic").optional(),
    value_of::<OneLine>().called("contact_name").optional(),
    value_of::<OneLine>().called("phone").optional(),
];

impl Described for Desk {
    fn table() -> &'static Table {
        &DESK
    }

    fn read(cells: &mut Cells<'_, '_>) -> Result<Desk> {
        let _: Key = cells.take()?;
        Ok(Desk {
            company: cells.take()?,
            currency: cells.take()?,
            timezone: cells.take::<String>()?.parse().map_err(StoreError::Damaged)?,
            lock_date: cells.take()?,
            shop_url: cells.take()?,
            portal_url: cells.take()?,
            mail_from: cells.take()?,
            customers_may_close: cells.take()?,
            plan: cells.take()?,
            created_at: cells.take()?,
            trial_started_at: cells.take()?,
            subscription_added_at: cells.take()?,
            receivable_account: cells.take()?,
            bank_account: cells.take()?,
            returns_account: cells.take()?,
            discounts_account: cells.take()?,
            details: Details {
                street: cells.take()?,
                postcode: cells.take()?,
                city: cells.take()?,
                country: cells.take()?,
                tax_id: cells.take()?,
                language: cells.take()?,
                iban: cells.take()?,
                bic: cells.take()?,
                contact_name: cells.take()?,
                phone: cells.take()?,
            },
        })
    }

    fn values(&self) -> Vec<Value<'_>> {
        vec![
            Value::Null,
            self.company.bind(),
            self.currency.bind(),
            Value::from(self.timezone.to_string()),
            self.lock_date.bind(),
            self.shop_url.bind(),
            self.portal_url.bind(),
            self.mail_from.bind(),
            self.customers_may_close.bind(),
            self.plan.bind(),
            self.created_at.bind(),
            self.trial_started_at.bind(),
            self.subscription_added_at.bind(),
            self.receivable_account.bind(),
            self.bank_account.bind(),
            self.returns_account.bind(),
            self.discounts_account.bind(),
            self.details.street.bind(),
            self.details.postcode.bind(),
            self.details.city.bind(),
            self.details.country.bind(),
            self.details.tax_id.bind(),
            self.details.language.bind(),
            self.details.iban.bind(),
            self.details.bic.bind(),
            self.details.contact_name.bind(),
            self.details.phone.bind(),
        ]
    }

    fn key(&self) -> Key {
        ONLY
    }
}

/// The key of the one row.
const ONLY: Key = 1;

/// The desk's settings.
pub fn load(db: &Db) -> Result<Desk> {
    find(db)?.ok_or_else(|| StoreError::Damaged("the desk's own record is missing".to_owned()))
}

/// The desk's settings, none in a store that is only being made.
pub fn find(db: &Db) -> Result<Option<Desk>> {
    record::first(db, select!(Desk, "t.key = 1", ""), params![])
}

/// Writes all settings, making the row where there is none.
pub fn save(db: &Db, desk: &Desk) -> Result<()> {
    db.write(
        raw!(writes [desk], reads [], "INSERT INTO desk (key, company, currency, timezone, lock_date, shop_url, portal_url, mail_from, customers_may_close,
                           plan, created_at, trial_started_at, subscription_added_at, receivable_account, bank_account,
                           returns_account, discounts_account, street, postcode, city, country, tax_id, language, iban, bic,
                           contact_name, phone)
         VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)
         ON CONFLICT (key) DO UPDATE SET company = $1, currency = $2, timezone = $3, lock_date = $4, shop_url = $5,
           portal_url = $6, mail_from = $7, customers_may_close = $8, plan = $9, created_at = $10, trial_started_at = $11,
           subscription_added_at = $12, receivable_account = $13, bank_account = $14, returns_account = $15,
           discounts_account = $16, street = $17, postcode = $18, city = $19, country = $20, tax_id = $21, language = $22, iban = $23, bic = $24, contact_name = $25, phone = $26"),
        params![
            &desk.company,
            desk.currency,
            desk.timezone.to_string(),
            desk.lock_date,
            &desk.shop_url,
            &desk.portal_url,
            &desk.mail_from,
            desk.customers_may_close,
            desk.plan.word(),
            desk.created_at,
            desk.trial_started_at,
            desk.subscription_added_at,
            desk.receivable_account.bind(),
            desk.bank_account.bind(),
            desk.returns_account.bind(),
            desk.discounts_account.bind(),
            desk.details.street.bind(),
            desk.details.postcode.bind(),
            desk.details.city.bind(),
            desk.details.country.bind(),
            desk.details.tax_id.bind(),
            desk.details.language.bind(),
            desk.details.iban.bind(),
            desk.details.bic.bind(),
            desk.details.contact_name.bind(),
            desk.details.phone.bind()
        ],
    )
}

/// What a new store has (contract, section 6): a journal, locations, stages.
pub fn seed(db: &Db) -> Result<()> {
    let (id, name) = ("INV".to_owned(), "Customer invoices".to_owned());
    record::insert(db, &Journal { key: db.next_key()?, id, name, kind: JournalType::Sale, active: true })?;
    for (id, kind, returns) in [
        ("WH/Stock", "internal", true),
        ("Customers", "customer", false),
        ("Suppliers", "supplier", false),
        ("Production", "production", false),
        ("Scrap", "scrap", false),
    ] {
        db.write(
            insert!(location: key Int, id Text, type Text, return_location Int),
            params![db.next_key()?, id, kind, returns],
        )?;
    }
    for (name, folded) in BEGUN_WITH {
        record::insert(db, &Stage { key: db.next_key()?, id: name.to_owned(), name: name.to_owned(), folded })?;
    }
    Ok(())
}
