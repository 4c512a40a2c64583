//! `/cart`: what lies in the customer's cart, what codes take off, and what it comes to.

use serde::Serialize;

use super::{Beside, Shown, Visitor};
use crate::domain::Result;
use crate::portal::request::Answer;
use crate::print::sheet::Sheet;
use crate::procedure::printed;

#[derive(Serialize)]
struct Page {
    /// None where there is no cart.
    sheet: Option<Sheet>,
    codes: Vec<String>,
}

/// The page.
pub fn page(shown: &Shown<'_, '_>, visitor: &Visitor, beside: Beside) -> Result<Answer> {
    let words = shown.words(Some(visitor))?;
    let cart = shown.cart(visitor)?;
    let language = shown.language(Some(visitor));
    let printed = cart.as_ref().map(|cart| printed::of_order(shown.cx, cart, Some(language))).transpose()?;
    let sheet = printed.map(|printed| printed.sheet);
    let codes = cart.map(|cart| cart.coupons).unwrap_or_default();
    shown.answered(visitor, "cart", words.text("portal_cart").to_owned(), beside, Page { sheet, codes })
}
