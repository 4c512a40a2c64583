//! What is taken of an invoice, by its lines, by an amount and in whole, told by figures.

use super::*;
use crate::domain::document::CreditsOfLine;
use crate::domain::line::PricedLine;
use crate::domain::tax::Tax;
use crate::domain::value::reference::Reference;

/// A line of an invoice with 20 % on top.
fn line(number: i64, quantity: &str, price: &str) -> DocumentLine {
    let currency = Currency::iso("EUR").unwrap();
    let price = UnitPrice { price: price.parse().unwrap(), currency };
    let tax = Tax::bare(1, "VAT20".to_owned(), "20".parse().unwrap(), false);
    DocumentLine {
        key: number,
        line: number,
        product: Some(Reference { key: number, id: format!("P{number}") }),
        lot: None,
        label: format!("Line {number}"),
        priced: PricedLine::compute(quantity.parse().unwrap(), price, Percent::ZERO, &[tax]).unwrap(),
        refunds: None,
        invoice_line: None,
        share_of: None,
        order_line: None,
        billed: LineAmounts::default(),
        held: None,
    }
}

/// Two lamps of 5.00 and three bulbs of 1.10, each with 20 %: 12.00 and 3.96.
fn invoice() -> Document {
    Document::for_tests(DocumentKind::Invoice, vec![line(1, "2", "5.00"), line(2, "3", "1.10")])
}

fn asked(lines: &[&str]) -> Ask {
    Ask::Lines { lines: lines.iter().map(|line| line.parse().unwrap()).collect(), amounts: Vec::new() }
}

fn amount(text: &str) -> Ask {
    Ask::Amount(text.parse().unwrap())
}

/// Of each line of the credit note: the invoice line, what it takes, how many, and its total in cents.
fn told(lines: &[DocumentLine]) -> Vec<(Option<i64>, Option<Refunds>, String, i64)> {
    let one = |line: &DocumentLine| {
        (line.invoice_line, line.refunds, line.priced.quantity.to_string(), line.priced.total.minor)
    };
    lines.iter().map(one).collect()
}

#[test]
fn what_is_asked_is_taken_to_the_cent() {
    let invoice = invoice();
    let (goods, value) = (Some(Refunds::Goods), Some(Refunds::Value));
    for (ask, lines) in [
        (Ask::Everything, vec![(Some(1), goods, "2", 1200), (Some(2), goods, "3", 396)]),
        (asked(&["1=1"]), vec![(Some(1), goods, "1", 600)]),
        (asked(&["2=2", "1=2"]), vec![(Some(1), goods, "2", 1200), (Some(2), goods, "2", 264)]),
        (amount("15.96"), vec![(Some(1), value, "1", 1200), (Some(2), value, "1", 396)]),
        (amount("1.00"), vec![(Some(1), value, "1", 75), (Some(2), value, "1", 25)]),
        (amount("0.01"), vec![(Some(1), value, "1", 1)]),
    ] {
        let lines: Vec<_> = lines
            .into_iter()
            .map(|(line, refunds, quantity, total)| (line, refunds, quantity.to_owned(), total))
            .collect();
        assert_eq!(told(&decide(&invoice, &ask, false, &[]).unwrap()), lines, "{ask:?}");
    }
}

#[test]
fn too_much_and_nothing_are_refused() {
    let invoice = invoice();
    for ask in [asked(&["1=3"]), asked(&["2=3.5"]), amount("15.97"), amount("1000")] {
        let error = decide(&invoice, &ask, false, &[]).unwrap_err();
        assert_eq!(error.fault().code, "refund_exceeds_invoice", "{ask:?}");
        assert!(!decide(&invoice, &ask, true, &[]).unwrap().is_empty(), "{ask:?} with leave to exceed");
    }
    for (ask, is_wrong) in [
        (Ask::Everything, false),
        (asked(&["1=1", "2=3"]), false),
        (asked(&["1=1", "1=1"]), true),
        (asked(&["1=0"]), true),
        (asked(&["1=-1"]), true),
        (asked(&["3=1"]), true),
        (amount("0.01"), false),
        (amount("0"), true),
        (amount("-1"), true),
    ] {
        let mut faults = Faults::default();
        check_asked(&invoice, &ask, &mut faults);
        assert_eq!(faults.refuse().is_err(), is_wrong, "{ask:?}");
    }
}

#[test]
fn nothing_is_left_of_what_is_held_whole() {
    let mut invoice = invoice();
    assert!(anything_left(&invoice).unwrap());
    assert_eq!(left_of(&invoice).unwrap().minor, 1596);
    for line in &mut invoice.lines {
        let credited = line.amounts();
        line.held = Some(CreditsOfLine { goods: line.priced.quantity, credited, ..CreditsOfLine::default() });
    }
    assert!(!anything_left(&invoice).unwrap());
    assert_eq!(left_of(&invoice).unwrap().minor, 0);
    for ask in [Ask::Everything, asked(&["1=1"]), amount("0.01")] {
        assert_eq!(decide(&invoice, &ask, false, &[]).unwrap_err().fault().code, "nothing_to_refund", "{ask:?}");
    }
}

#[test]
fn the_last_units_take_what_is_left_of_their_line() {
    let mut invoice = invoice();
    for (ask, is_last) in
        [(Ask::Everything, true), (amount("1"), false), (asked(&["1=1"]), false), (asked(&["2=1", "1=2"]), true)]
    {
        assert_eq!(takes_last(&invoice, &ask).unwrap(), is_last, "{ask:?}");
    }
    // One lamp is gone, and a cent more of it than it cost.
    let gone = LineAmounts { untaxed: 501, ..line(1, "1", "5.00").amounts() };
    let held = CreditsOfLine { goods: Quantity::ONE, credited: gone, ..CreditsOfLine::default() };
    invoice.lines[0].held = Some(held);
    assert!(takes_last(&invoice, &asked(&["1=1"])).unwrap());
    let lines = decide(&invoice, &asked(&["1=1"]), false, &[]).unwrap();
    assert_eq!(told(&lines), [(Some(1), Some(Refunds::Goods), "1".to_owned(), 599)]);
}

#[test]
fn a_credit_note_stays_within_what_is_left() {
    let invoice = invoice();
    let credit_note = |lines: Vec<DocumentLine>| Document::for_tests(DocumentKind::CreditNote, lines);
    let check = |note: &Document| check_within_left(note, &invoice, ("lines", "D00002"));
    let whole = credit_note(decide(&invoice, &Ask::Everything, false, &[]).unwrap());
    check(&whole).unwrap();
    // Four bulbs are more than there are, and less than the invoice comes to.
    for ask in [asked(&["1=3"]), asked(&["2=4"]), amount("15.97")] {
        let mut more = credit_note(decide(&invoice, &ask, true, &[]).unwrap());
        assert_eq!(check(&more).unwrap_err().fault().code, "refund_exceeds_invoice", "{ask:?}");
        more.allow_excess = true;
        check(&more).unwrap();
    }
}

#[test]
fn a_discount_goes_with_the_lines_that_it_is_on() {
    let discount = DocumentLine { product: None, ..line(3, "1", "-2.00") };
    let mut invoice = Document::for_tests(DocumentKind::Invoice, vec![line(1, "2", "5.00"), discount]);
    let (goods, value) = (Some(Refunds::Goods), Some(Refunds::Value));
    for (ask, lines) in [
        (Ask::Everything, vec![(Some(1), goods, "2", 1200), (Some(3), value, "1", -240)]),
        (asked(&["1=1"]), vec![(Some(1), goods, "1", 600), (Some(3), value, "1", -120)]),
    ] {
        let lines: Vec<_> =
            lines.into_iter().map(|(line, refunds, count, total)| (line, refunds, count.to_owned(), total)).collect();
        let decided = decide(&invoice, &ask, false, &[]).unwrap();
        assert_eq!(told(&decided), lines, "{ask:?}");
        assert_eq!(decided[1].share_of, Some(1), "{ask:?}");
    }
    let mut faults = Faults::default();
    check_asked(&invoice, &asked(&["3=1"]), &mut faults);
    assert!(faults.refuse().is_err(), "a discount is not refunded by itself");
    // The lamps are gone, and their discount is not: there is nothing that it could be taken from.
    let credited = invoice.lines[0].amounts();
    let held = CreditsOfLine { goods: invoice.lines[0].priced.quantity, credited, ..CreditsOfLine::default() };
    invoice.lines[0].held = Some(held);
    assert!(!anything_left(&invoice).unwrap());
}

#[test]
fn goods_that_came_in_are_taken_back_below_zero() {
    let invoice = Document::for_tests(DocumentKind::Invoice, vec![line(1, "3", "5.00"), line(2, "-1", "5.00")]);
    for (ask, is_wrong) in [(asked(&["2=-1"]), false), (asked(&["2=1"]), true), (asked(&["2=0"]), true)] {
        let mut faults = Faults::default();
        check_asked(&invoice, &ask, &mut faults);
        assert_eq!(faults.refuse().is_err(), is_wrong, "{ask:?}");
    }
    assert_eq!(decide(&invoice, &asked(&["2=-2"]), false, &[]).unwrap_err().fault().code, "refund_exceeds_invoice");
}

#[test]
fn a_reversal_says_of_what_it_is_and_why() {
    assert_eq!(text("INV/2026/00001", None), "Reversal of: INV/2026/00001");
    assert_eq!(text("INV/2026/00001", Some("T00001")), "Reversal of: INV/2026/00001, T00001");
}
