//! The desk's settings, one row.

use super::engine::record;
use super::{Db, Result, StoreError};
use crate::domain::desk::{Desk, Plan};
use crate::domain::journal::{Journal, JournalType};
use crate::domain::stage::Stage;
use crate::{column_of_text, insert, params, query, raw};

column_of_text!(Plan);

/// The desk's settings.
pub fn load(db: &Db) -> Result<Desk> {
    find(db)?.ok_or_else(|| StoreError::Damaged("the desk's own record is missing".to_owned()))
}

/// The desk's settings, none in a store that is only being made.
pub fn find(db: &Db) -> Result<Option<Desk>> {
    db.query_opt(
        query!(
            [desk, currency],
            "SELECT d.company, c.code, c.digits, d.timezone, d.lock_date, d.shop_url, d.portal_url, d.mail_from,
                d.customers_may_close, d.plan, d.created_at, d.trial_started_at, d.subscription_added_at
         FROM desk d JOIN currency c ON c.code = d.currency"
        ),
        params![],
        |row| {
            let timezone: String = row.get(3)?;
            Ok(Desk {
                company: row.get(0)?,
                currency: row.currency(1)?,
                timezone: timezone.parse().map_err(StoreError::Damaged)?,
                lock_date: row.get(4)?,
                shop_url: row.get(5)?,
                portal_url: row.get(6)?,
                mail_from: row.get(7)?,
                customers_may_close: row.get(8)?,
                plan: row.get(9)?,
                created_at: row.get(10)?,
                trial_started_at: row.get(11)?,
                subscription_added_at: row.get(12)?,
            })
        },
    )
}

/// Writes all settings, making the row where there is none.
pub fn save(db: &Db, desk: &Desk) -> Result<()> {
    db.write(
        raw!(writes [desk], reads [], "INSERT INTO desk (key, company, currency, timezone, lock_date, shop_url, portal_url, mail_from, customers_may_close,
                           plan, created_at, trial_started_at, subscription_added_at)
         VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (key) DO UPDATE SET company = $1, currency = $2, timezone = $3, lock_date = $4, shop_url = $5,
           portal_url = $6, mail_from = $7, customers_may_close = $8, plan = $9, created_at = $10, trial_started_at = $11,
           subscription_added_at = $12"),
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
            desk.subscription_added_at
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
    for (name, folded) in
        [("New", false), ("In Progress", false), ("On Hold", false), ("Solved", true), ("Cancelled", true)]
    {
        record::insert(db, &Stage { key: db.next_key()?, id: name.to_owned(), name: name.to_owned(), folded })?;
    }
    Ok(())
}
