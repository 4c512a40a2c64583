//! The face of the program: global flags, output, errors, streams.

use crate::support::{Shop, VERIFY_IS_BUILT, split};

#[test]
fn the_support_splits_words_as_a_shell_does() {
    assert_eq!(split(r#"a 'b c' "d \" e" f\ g '' h'i'j"#), ["a", "b c", "d \" e", "f g", "", "hij"]);
}

#[test]
fn stories_end_with_verify_where_it_is_built() {
    assert_eq!(Shop::without_store().run("verify --help").code == 0, VERIFY_IS_BUILT);
}

#[test]
fn no_command_makes_a_store_but_init() {
    let shop = Shop::without_store();
    shop.clock("2026-12-01T10:00:00Z");
    shop.refused("customer list", "store_missing");
    shop.refused("customer create", "store_missing");
    assert!(!shop.path("desk.db").exists());
    assert_eq!(shop.done("init")["result"]["desk"]["created_at"], "2026-12-01T10:00:00Z");
}

#[test]
fn a_file_that_is_no_store_stays_as_it_is() {
    let shop = Shop::without_store();
    shop.write("desk.db", "a letter");
    shop.refused("customer list", "store_foreign");
    shop.refused("init", "store_foreign");
    shop.abandoned();
}
