//! `explain`: what the codes mean. That the calls it tells are right is held in the stories of hints.

use aftersales::domain::code::{CODES, WARNINGS};
use insta::assert_snapshot;

use crate::support::Shop;

#[test]
fn a_code_is_explained_in_sentences() {
    let shop = Shop::without_store();
    assert_snapshot!(shop.text("explain period_locked"), @"");
    assert_snapshot!(shop.text("explain Still-Open"), @"");
    assert_snapshot!(shop.text("explain not_due -o json"), @"");
    assert_snapshot!(shop.text("explain internal --fields code,example"), @"");
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
    assert_snapshot!(Shop::without_store().text("explain period_lokced"), @"");
}
