//! The books of a shop, held against what else the program tells, and read by the accounting programs that are installed: hledger and
//! beancount. Where one is not, the story says so and goes on without it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use super::{Shop, finished};

/// What stands on each account, by currency, in millionths.
pub type Totals = BTreeMap<(String, String), i128>;

/// One posting as CSV tells it.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Posting {
    pub date: String,
    pub transaction: String,
    pub account: String,
    pub amount: String,
    pub currency: String,
}

/// An amount in millionths.
pub fn scaled(amount: &str) -> i128 {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    format!("{whole}{fraction:0<6}").parse().unwrap_or_else(|_| panic!("{amount:?} is no amount"))
}

/// The postings of the books, with these flags.
pub fn postings(shop: &Shop, flags: &str) -> Vec<Posting> {
    let ran = shop.run(&format!("ledger export --format csv {flags}"));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    csv::Reader::from_reader(ran.stdout.as_bytes()).deserialize().map(|row| row.unwrap()).collect()
}

/// What stands on each account, where that is anything.
pub fn totals(postings: &[Posting]) -> Totals {
    let mut totals = Totals::new();
    for posting in postings {
        *totals.entry((posting.account.clone(), posting.currency.clone())).or_default() += scaled(&posting.amount);
    }
    totals.retain(|_, total| *total != 0);
    totals
}

/// Holds the books of a shop against all that must be true of them; answers the postings.
pub fn checked(shop: &Shop) -> Vec<Posting> {
    let postings = postings(shop, "");
    let mut sums: BTreeMap<&str, (i128, BTreeSet<&str>)> = BTreeMap::new();
    for posting in &postings {
        let (sum, currencies) = sums.entry(&posting.transaction).or_default();
        *sum += scaled(&posting.amount);
        currencies.insert(&posting.currency);
    }
    for (transaction, (sum, currencies)) in sums {
        assert_eq!((sum, currencies.len()), (0, 1), "{transaction} adds up to nothing, in one currency");
    }
    assert!(postings.is_sorted_by_key(|posting| posting.date.clone()), "by date");
    let totals = totals(&postings);
    check_receivables(shop, &totals);
    read_by_hledger(shop, &totals);
    read_by_beancount(shop);
    postings
}

/// What is open on documents and payments is what stands on the accounts of customers.
fn check_receivables(shop: &Shop, totals: &Totals) {
    let mut open = BTreeMap::new();
    for (noun, sign) in [("invoice", 1), ("credit-note", -1), ("payment", -1)] {
        for record in shop.ok(&format!("{noun} list")).as_array().unwrap() {
            let text = |key: &str| record[key].as_str().unwrap_or_else(|| panic!("{key} of {record}")).to_owned();
            let sign = if record["direction"] == "out" { -sign } else { sign };
            *open.entry((text("customer"), text("currency"))).or_insert(0) += sign * scaled(&text("open"));
        }
    }
    open.retain(|_, open| *open != 0);
    let names: BTreeMap<String, String> = shop
        .ok("customer list")
        .as_array()
        .unwrap()
        .iter()
        .map(|customer| customer["id"].as_str().unwrap().to_owned())
        .map(|id| (format!("Assets:Receivable:{}", id.replace("-x", "-x2D-x").replace(':', "-x3A-")), id))
        .collect();
    let receivable: BTreeMap<(String, String), i128> = totals
        .iter()
        .filter_map(|((account, currency), total)| Some(((names.get(account)?.clone(), currency.clone()), *total)))
        .collect();
    assert_eq!(receivable, open, "what is open of each customer");
}

/// Whether a program is installed; where it is not, that is said once, past what collects the output of tests.
fn is_there(program: &str, package: &str, known: &OnceLock<bool>) -> bool {
    *known.get_or_init(|| {
        let tried = Command::new(program).arg("--version").stdin(Stdio::null()).output();
        let there = tried.is_ok_and(|output| output.status.success());
        if !there {
            let told = format!("the books are not read by {program}: Debian's package {package} is not there\n");
            let _ = OpenOptions::new().write(true).open("/dev/stderr").and_then(|mut to| to.write_all(told.as_bytes()));
        }
        there
    })
}

fn run(program: &str, arguments: &[&str], shop: &Shop) -> String {
    let mut command = Command::new(program);
    command.args(arguments).env("LANG", "C.UTF-8").env("LC_ALL", "C.UTF-8").current_dir(shop.folder());
    let ran = finished(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    assert_eq!(ran.code, 0, "{program} {arguments:?}\n{}{}", ran.stdout, ran.stderr);
    ran.stdout
}

/// hledger reads the books strictly, and balances them to the same totals.
fn read_by_hledger(shop: &Shop, totals: &Totals) {
    static THERE: OnceLock<bool> = OnceLock::new();
    if !is_there("hledger", "hledger", &THERE) {
        return;
    }
    shop.write("books.journal", shop.run("ledger export").stdout);
    run("hledger", &["-f", "books.journal", "check", "--strict", "ordereddates"], shop);
    let asked = ["-f", "books.journal", "balance", "--flat", "-N", "--layout=bare", "-O", "csv"];
    let told = run("hledger", &asked, shop);
    let mut read = Totals::new();
    for row in csv::Reader::from_reader(told.as_bytes()).deserialize() {
        let (account, currency, balance): (String, String, String) = row.unwrap();
        if scaled(&balance) != 0 {
            read.insert((account, currency), scaled(&balance));
        }
    }
    assert_eq!(&read, totals, "what hledger balances the books to");
}

/// beancount finds nothing wrong with the books.
fn read_by_beancount(shop: &Shop) {
    static THERE: OnceLock<bool> = OnceLock::new();
    if is_there("bean-check", "beancount", &THERE) {
        shop.write("books.beancount", shop.run("ledger export --format beancount").stdout);
        run("bean-check", &["books.beancount"], shop);
    }
}

/// The balances of `report accounts`, as the books have them.
#[allow(dead_code, reason = "asked for where there are reports")]
pub fn reported(rows: &Value) -> Totals {
    let row = |row: &Value| {
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        ((text("by"), text("currency")), scaled(&text("total")))
    };
    rows.as_array().unwrap().iter().map(row).filter(|(_, total)| *total != 0).collect()
}
