//! `status`: what waits today.

use serde_json::Value;

use crate::sample;
use crate::support::Shop;

fn counts(shop: &Shop, words: &str) -> Vec<(String, u64)> {
    let waiting = shop.ok(&format!("status {words}"));
    let row = |row: &Value| (row["what"].as_str().unwrap().to_owned(), row["count"].as_u64().unwrap());
    waiting.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn each_figure_is_what_its_command_lists() {
    let shop = sample::rich();
    // The day after, so that some of it is overdue.
    for now in ["2026-11-23T10:00:00Z", "2026-11-26T10:00:00Z", "2027-01-15T10:00:00Z"] {
        shop.clock(now);
        let waiting = shop.ok("status");
        let mut seen = 0;
        for row in waiting.as_array().unwrap() {
            let command = row["command"].as_str().unwrap().strip_prefix("aftersales ").unwrap();
            let listed = shop.run(&format!("{command} -o ids"));
            assert_eq!(listed.code, 0, "{command}: {}", listed.stderr);
            assert_eq!(row["count"], listed.stdout.lines().count(), "{command}");
            seen += listed.stdout.lines().count();
        }
        assert!(seen > 10, "something waits in the sample shop: {waiting}");
    }
}

#[test]
fn what_is_due_and_overdue_is_by_the_day_of_the_desk() {
    let shop = sample::shop();
    let count = |what: &str| counts(&shop, "").into_iter().find(|(told, _)| told == what).unwrap().1;
    shop.done("ticket repair T1 --product LAMP --scheduled-date 2026-11-24 --part BULB=1 --confirm --yes");
    shop.done("ticket plan T1 --start 2026-11-24T09:00:00Z --end 2026-11-24T10:00:00Z");
    let (repairs, visits) = (count("repairs overdue"), count("visits overdue"));
    shop.clock("2026-11-24T08:00:00Z");
    assert_eq!(count("visits today"), 1);
    assert!(count("repairs today") >= 1);
    shop.clock("2026-11-25T08:00:00Z");
    assert!(count("repairs overdue") > repairs, "the repair of yesterday is overdue");
    assert_eq!(count("visits overdue"), visits + 1);
}

#[test]
fn what_waits_for_its_day_needs_nobody_before() {
    let shop = sample::shop();
    let count = |what: &str| counts(&shop, "").into_iter().find(|(told, _)| told == what).unwrap().1;
    let told = || ["draft credit notes", "credit notes to post", "credit notes that wait for their day"].map(&count);
    let [drafts, due, waiting] = told();
    shop.done("ticket refund T1 --invoice INV/2026/00001 --amount 1 --date 2026-11-25 --post");
    assert_eq!(told(), [drafts, due, waiting + 1]);
    shop.clock("2026-11-25T08:00:00Z");
    assert_eq!(told(), [drafts, due + 1, waiting]);
    assert_eq!(shop.run("credit-note post --due").code, 0);
    assert_eq!(told(), [drafts, due, waiting]);
}

#[test]
fn what_one_has_no_right_to_is_left_out() {
    let shop = sample::shop();
    let all = counts(&shop, "").len();
    shop.done("user create root --right admin --yes");
    let of_ann: Vec<String> = counts(&shop, "--as ann").into_iter().map(|(what, _)| what).collect();
    assert!(of_ann.iter().any(|what| what == "open tickets") && of_ann.iter().any(|what| what == "repairs today"));
    assert!(!of_ann.iter().any(|what| what == "draft credit notes"), "{of_ann:?}");
    assert_eq!(counts(&shop, "--as root").len(), all);
}

#[test]
fn who_is_no_user_is_refused() {
    let shop = sample::shop();
    shop.done("user create boss --right admin --yes");
    for words in ["status", "status --as nobody", "report overview --as nobody", "customer timeline C1 --as nobody"] {
        let error = shop.refused(words, "access_denied");
        assert!(error["message"].as_str().unwrap().contains("is not a user of this desk"), "{words}: {error}");
    }
    // A user without any right is one all the same.
    shop.done("user create guest --as boss");
    assert_eq!(counts(&shop, "--as guest"), []);
}
