//! The books: what is posted, and how it is written down.

use super::*;
use crate::domain::value::money::Currency;
use proptest::prelude::*;

fn accounts() -> Accounts {
    Accounts {
        receivable: Account::known(&["Assets", "Receivable"]),
        bank: Account::known(&["Assets", "Bank"]),
        sales: Account::known(&["Income", "Sales"]),
        returns: Account::known(&["Income", "Returns"]),
        discounts: Account::known(&["Income", "Discounts"]),
        taxes: Account::known(&["Liabilities", "Tax"]),
    }
}

fn posted(is_owed_to_us: bool, total: i64, parts: Vec<(PartOf, i64)>) -> Posted {
    Posted {
        key: 1,
        day: "2026-11-23".parse().unwrap(),
        number: "INV/2026/00001".to_owned(),
        customer: "C00001".to_owned(),
        name: "Ada Ltd".to_owned(),
        note: None,
        is_owed_to_us,
        total: Money::new(total, Currency::iso("EUR").unwrap()),
        parts,
    }
}

fn vat(id: &str) -> PartOf {
    PartOf::Tax { id: id.to_owned(), own: None }
}

fn told(posted: Posted) -> Vec<String> {
    let transaction = transaction(posted, &accounts()).unwrap();
    transaction.postings.iter().map(|(account, amount)| format!("{account} {}", amount.plain())).collect()
}

#[test]
fn an_invoice_is_owed_and_what_is_sold_is_earned() {
    let lamps = "Income:Lamps".parse().ok();
    let parts = vec![
        (PartOf::Sales(None), 5000),
        (PartOf::Sales(lamps), 4000),
        (PartOf::Discounts, -1000),
        (vat("VAT20"), 1600),
        (vat("VAT0"), 0),
    ];
    assert_eq!(
        told(posted(true, 9600, parts)),
        [
            "Assets:Receivable:C00001 96.00",
            "Income:Sales -50.00",
            "Income:Lamps -40.00",
            "Income:Discounts 10.00",
            "Liabilities:Tax:VAT20 -16.00"
        ]
    );
}

#[test]
fn a_credit_note_and_money_in_take_off_what_is_owed() {
    let parts = vec![(PartOf::Returns, 4000), (PartOf::Returns, -400), (vat("VAT20"), 720)];
    assert_eq!(
        told(posted(false, 4320, parts)),
        ["Assets:Receivable:C00001 -43.20", "Income:Returns 36.00", "Liabilities:Tax:VAT20 7.20"]
    );
    let paid = vec![(PartOf::Money, 500)];
    assert_eq!(told(posted(false, 500, paid)), ["Assets:Receivable:C00001 -5.00", "Assets:Bank 5.00"]);
    assert_eq!(told(posted(true, 0, vec![(PartOf::Sales(None), 0)])), ["Assets:Receivable:C00001 0.00"]);
}

#[test]
fn what_does_not_add_up_is_refused() {
    let refused = transaction(posted(true, 9600, vec![(PartOf::Sales(None), 9599)]), &accounts()).unwrap_err();
    assert_eq!(refused, LedgerRefused::Unbalanced { number: "INV/2026/00001".to_owned() });
}

#[test]
fn what_people_wrote_stays_text() {
    let named = |name: &str, note: &str, number: &str| Transaction {
        name: name.to_owned(),
        note: Some(note.to_owned()),
        number: number.to_owned(),
        ..transaction(posted(false, 100, vec![(PartOf::Money, 100)]), &accounts()).unwrap()
    };
    let odd = named("Ada; \"Ltd\"\n2026-01-01 x | y", "\\ = @\r\n  A:B  1 EUR", "IN)V(1;");
    insta::assert_snapshot!(odd.hledger(), @r#"

    2026-11-23 (IN]V[1]) Ada, "Ltd" 2026-01-01 x / y | \ = @    A:B  1 EUR
        Assets:Receivable:C00001  -1.00 EUR
        Assets:Bank  1.00 EUR
    "#);
    insta::assert_snapshot!(odd.beancount().unwrap(), @r#"

    2026-11-23 * "Ada; \"Ltd\" 2026-01-01 x | y" "\\ = @    A:B  1 EUR"
      number: "IN)V(1;"
      Assets:Receivable:C00001  -1.00 EUR
      Assets:Bank  1.00 EUR
    "#);
    assert_eq!(named("=1", "a\tb", "1").description(), "=1, a b");
    let early = Transaction { day: "1699-12-31".parse().unwrap(), ..odd };
    assert!(matches!(early.beancount(), Err(LedgerRefused::DayUnknown { .. })));
}

#[test]
fn a_currency_is_told_with_its_digits() {
    for (code, line) in
        [("JPY", "commodity 1000. JPY\n"), ("EUR", "commodity 1000.00 EUR\n"), ("KWD", "commodity 1000.000 KWD\n")]
    {
        assert_eq!(currency_line(Currency::iso(code).unwrap(), LedgerFormat::Hledger).as_deref(), Some(line));
    }
}

proptest! {
    #[test]
    fn every_transaction_sums_to_nothing(
        is_owed_to_us in any::<bool>(),
        parts in prop::collection::vec((0_usize..6, -1_000_000_i64..1_000_000), 0..12),
    ) {
        let part = |kind| match kind {
            0 => PartOf::Sales(None),
            1 => PartOf::Sales("Income:Lamps".parse().ok()),
            2 => PartOf::Discounts,
            3 => PartOf::Returns,
            4 => vat("VAT20"),
            _ => PartOf::Money,
        };
        let total: i64 = parts.iter().map(|(_, amount)| amount).sum();
        let parts = parts.into_iter().map(|(kind, amount)| (part(kind), amount)).collect();
        let made = transaction(posted(is_owed_to_us, total, parts), &accounts()).unwrap();
        prop_assert_eq!(made.postings.iter().map(|(_, amount)| amount.minor).sum::<i64>(), 0);
        prop_assert_eq!(made.postings[0].1.minor, if is_owed_to_us { total } else { -total });
        prop_assert!(made.postings[1..].iter().all(|(_, amount)| !amount.is_zero()));
    }
}
