//! The overview as a page: what its customers, products and programs are called is loaded here, and a template makes
//! HTML of it.

use std::collections::HashMap;

use super::context::Cx;
use crate::domain::Result;
use crate::domain::overview::Overview;
use crate::domain::report::ReportRow;
use crate::print::overview::{self, Names};
use crate::print::{Letterhead, Printing};
use crate::store;

/// The page in `language`, or else in the desk's.
pub fn page(cx: &Cx<'_>, of: &Overview, language: Option<&str>) -> Result<String> {
    let of_desk = cx.desk.details.language.as_ref().map(|language| language.tag().to_owned());
    let language = language.map(str::to_owned).or(of_desk).unwrap_or_default();
    let words = cx.templates.words(&language)?;
    let goods = of.refunded.iter().chain(of.returned.iter().flatten());
    let products = names(cx, "product", goods)?;
    let names = Names {
        customers: names(cx, "customer", of.customers.iter())?,
        programs: names(cx, "coupon_program", of.coupons.iter().flatten())?,
    };
    let letterhead = Letterhead::default();
    let printing = Printing { words: &words, letterhead: &letterhead, products: &products };
    let page = overview::page(&printing, (&cx.desk.company, cx.today), of, &names)?;
    Ok(cx.templates.render("overview.html", words.language(), &page)?)
}

/// What the records are called that rows are of.
fn names<'r>(cx: &Cx<'_>, kind: &str, rows: impl Iterator<Item = &'r ReportRow>) -> Result<HashMap<String, String>> {
    let mut ids: Vec<String> = rows.filter_map(|row| row.by.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(store::names::of(cx.db, kind, &ids)?.into_iter().collect())
}
