//! `explain`: what the codes mean. That the calls it tells are right is held in the stories of hints.

use aftersales::domain::code::{CODES, WARNINGS};
use insta::assert_snapshot;

use crate::support::Shop;

#[test]
fn a_code_is_explained_in_sentences() {
    let shop = Shop::without_store();
    assert_snapshot!(shop.text("explain period_locked"), @r"
    period_locked (error, exit 13): the accounting period is locked

    The books are locked up to a day: nothing is posted, changed or cancelled that is accounted on it or before. Drafts of that time are accounted on the first open day; a posted document is corrected by a document of today.

    Example:
      aftersales invoice cancel INV/2026/00001

    Cure:
      aftersales desk show
    ");
    assert_snapshot!(shop.text("explain Still-Open"), @r"
    still_open (warning): something made from the ticket is not done

    The ticket is closed, and something that was made from it is not done.

    Example:
      aftersales ticket close T1

    Cure:
      aftersales ticket show T1
    ");
    assert_snapshot!(shop.text("explain not_due -o json"), @r#"{"code":"not_due","kind":"error","exit":13,"message":"the document's date is still to come","means":"A document that is dated into the future is posted on its day: 'credit-note post --due' and 'invoice post --due' post what is due. Give it another date to post it now. As a warning: a credit note stays a draft until its day, and is posted then.","example":"aftersales invoice post D00006","cure":"aftersales invoice edit D00006 --date 2026-11-23"}"#);
    assert_snapshot!(shop.text("explain internal --fields code,example"), @r"
    CODE      EXAMPLE
    internal
    ");
}

#[test]
fn all_codes_are_listed() {
    let shop = Shop::without_store();
    let codes = shop.run("explain --jq .[].code").stdout;
    let known = CODES.iter().map(|(code, ..)| *code).chain(WARNINGS.iter().map(|(code, _)| *code));
    assert_eq!(codes.lines().collect::<Vec<_>>(), known.collect::<Vec<_>>());
    let table = shop.run("explain").stdout;
    assert!(table.starts_with("CODE "), "{table}");
    assert_eq!(table.lines().count(), 1 + CODES.len() + WARNINGS.len());
}

#[test]
fn a_code_that_is_none_is_told_with_the_nearest() {
    assert_snapshot!(Shop::without_store().text("explain period_lokced"), @r#"
    [stderr]
    error[invalid_value]: there is no code "period_lokced"; did you mean period_locked?
    [exit 10]
    "#);
}
