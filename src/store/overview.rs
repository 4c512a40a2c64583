//! What the overview asks for beside what the reports tell: the largest of their groups, sums over all of them, and
//! coupons that can still be used. Everything is summed by the engine, so that no answer is longer than what is shown
//! of it.

use super::coupon::STATE_ON_DAY;
use super::coupon_program::USABLE_ON_DAY;
use super::engine::statement::{Statement, Tables};
use super::ledger::Period;
use super::report::{Figures, rate_of, row_of};
use super::{Db, Result, Row, StoreError, Value};
use crate::domain::overview::{LARGEST, total};
use crate::domain::report::{By, ReportRow};
use crate::domain::value::day::Day;
use crate::domain::value::money::Money;
use crate::domain::value::quantity::Quantity;

/// What a row is read from.
const ROW: &str = "by_, currency_, digits, count_, quantity_, untaxed_, tax_, total_";

/// What the figures come to in all, in each currency, under that name.
pub fn in_all(db: &Db, figures: &Figures, name: &str, period: &Period) -> Result<Vec<ReportRow>> {
    let Some(way) = figures.ways.first() else {
        return Ok(Vec::new());
    };
    let rows = way.as_one().rows(db, period)?;
    Ok(rows.into_iter().map(|row| ReportRow { by: Some(name.to_owned()), ..row }).collect())
}

/// The groups of each currency whose totals are the largest, above zero or below, the largest first.
pub fn largest(db: &Db, figures: &Figures, by: By, period: &Period) -> Result<Vec<ReportRow>> {
    let Some(way) = figures.way(by) else {
        return Ok(Vec::new());
    };
    let sql = format!(
        "WITH g AS ({}), ranked AS (
           SELECT g.*, ROW_NUMBER() OVER (PARTITION BY g.currency_
             ORDER BY CASE WHEN g.total_ < 0 THEN -g.total_ ELSE g.total_ END DESC, g.by_ NULLS LAST) AS place_
           FROM g)
         SELECT {ROW} FROM ranked WHERE place_ <= {LARGEST} ORDER BY currency_ NULLS LAST, place_",
        way.summed()
    );
    db.query(asked(sql, way.reads), &period.bounds(), row_of)
}

/// The products that come to most of each currency, or of which there are most goods where nothing comes to an amount, the most
/// first, with how many percent the goods are of what they are held against.
pub fn most_of_products(db: &Db, figures: &Figures, period: &Period) -> Result<Vec<ReportRow>> {
    let (Some(way), Some(whole)) = (figures.way(By::Product), figures.whole) else {
        return Ok(Vec::new());
    };
    let sql = format!(
        "WITH g AS ({}), most AS (
           SELECT g.*, ROW_NUMBER() OVER (PARTITION BY g.currency_
             ORDER BY COALESCE(g.total_, g.quantity_) DESC, g.quantity_ DESC, g.by_) AS place_
           FROM g WHERE g.by_ IS NOT NULL),
         w AS ({})
         SELECT most.by_, most.currency_, most.digits, most.count_, most.quantity_, most.untaxed_, most.tax_, most.total_,
           w.quantity_
         FROM most LEFT JOIN w ON w.by_ = most.by_ AND COALESCE(w.currency_, '') = COALESCE(most.currency_, '')
         WHERE most.place_ <= {LARGEST} ORDER BY most.currency_ NULLS LAST, most.place_",
        way.summed(),
        whole.summed()
    );
    let statement = asked(sql, &[way.reads, whole.reads].concat());
    db.query(statement, &period.bounds(), |row| {
        let told = row_of(row)?;
        let whole: Option<Quantity> = row.get(8)?;
        let rate = match told.quantity.zip(whole) {
            Some((part, whole)) => rate_of(part, whole)?,
            None => None,
        };
        Ok(ReportRow { rate, ..told })
    })
}

/// What all customers together owe, and what is owed to all of them, in each currency: of a customer what is left of
/// both.
pub fn owed_in_all(db: &Db, figures: &Figures, period: &Period) -> Result<Vec<ReportRow>> {
    let Some(way) = figures.way(By::Customer) else {
        return Ok(Vec::new());
    };
    let (owes, owed) = (total::OWES, total::OWED);
    let sql = format!(
        "WITH g AS ({}), sides AS (
           SELECT CASE WHEN total_ > 0 THEN '{owes}' ELSE '{owed}' END AS by_, currency_, digits, count_, total_
           FROM g WHERE total_ <> 0)
         SELECT by_, currency_, digits, CAST(SUM(count_) AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT),
           CAST(NULL AS BIGINT), CAST(SUM(total_) AS BIGINT)
         FROM sides GROUP BY by_, currency_, digits ORDER BY CASE by_ WHEN '{owes}' THEN 0 ELSE 1 END, currency_",
        way.summed()
    );
    db.query(asked(sql, way.reads), &period.bounds(), row_of)
}

/// The coupons that can be used on a day, by program, the most first. What they are worth is known where all that the
/// program takes off are fixed amounts.
pub fn coupons(db: &Db, today: Day) -> Result<Vec<ReportRow>> {
    let (state, usable) = (STATE_ON_DAY.replace("$day", "$1"), USABLE_ON_DAY.replace("$day", "$1"));
    let sql = format!(
        "SELECT p.id, p.currency, cur.digits, COUNT(*),
           (SELECT CASE WHEN COUNT(w.fixed) = COUNT(*)
              THEN CAST(SUM(CASE WHEN w.maximum < w.fixed THEN w.maximum ELSE w.fixed END) AS BIGINT) END
            FROM coupon_reward w WHERE w.program = p.key)
         FROM coupon t JOIN coupon_program p ON p.key = t.program JOIN currency cur ON cur.code = p.currency
         WHERE {state} = 'valid' AND {usable} GROUP BY p.key, p.id, p.currency, cur.digits ORDER BY COUNT(*) DESC, p.id"
    );
    db.query(asked(sql, &["coupon", "coupon_program", "coupon_reward", "currency"]), &[Value::from(today)], outstanding)
}

fn outstanding(row: &Row<'_>) -> Result<ReportRow> {
    let (currency, count) = (row.currency(1)?, row.get::<i64>(3)?);
    let each: Option<i64> = row.get(4)?;
    let worth = |each: i64| {
        let minor =
            each.checked_mul(count).ok_or_else(|| StoreError::Damaged("coupons are worth too much".to_owned()))?;
        Ok::<_, StoreError>(Money::new(minor, currency))
    };
    Ok(ReportRow {
        by: row.get(0)?,
        count,
        quantity: None,
        rate: None,
        untaxed: None,
        tax: None,
        total: each.map(worth).transpose()?,
        currency: Some(currency),
    })
}

fn asked(sql: String, reads: &[&'static str]) -> &'static Statement {
    let reads = Tables::of(reads);
    Statement::made(sql, |sql| Statement::query(reads, sql))
}
