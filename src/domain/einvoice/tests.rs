//! What each form asks for, and which figure a document tells where, without a store.

use super::*;
use crate::domain::line::LineTax;
use crate::domain::product::UnitPrice;
use crate::domain::tax::TaxCategory;
use crate::domain::value::money::Currency;
use crate::domain::value::quantity::{Percent, Quantity};
use crate::domain::value::reference::Reference;

fn money(minor: i64) -> Money {
    Money::new(minor, Currency::iso("EUR").unwrap())
}

/// A line of that amount and tax, at a rate of 20 % for the standard category and of 0 for all others.
fn line(number: i64, category: TaxCategory, untaxed: i64, tax: i64) -> FactLine {
    let rate = if category == TaxCategory::Standard { "20" } else { "0" };
    let applied = LineTax {
        tax: Reference { key: 1, id: "VAT".to_owned() },
        rate: rate.parse().unwrap(),
        included: false,
        amount: money(tax),
    };
    let price = UnitPrice {
        price: crate::domain::value::quantity::Price::of(money(untaxed)).unwrap(),
        currency: money(0).currency,
    };
    FactLine {
        line: number,
        product: Some("LAMP".to_owned()),
        lot: None,
        label: "Desk\n lamp".to_owned(),
        unit: Unit::default(),
        priced: PricedLine {
            quantity: Quantity::ONE,
            price,
            discount: Percent::ZERO,
            taxes: vec![applied],
            untaxed: money(untaxed),
            tax: money(tax),
            total: money(untaxed + tax),
        },
        taxes: vec![TaxOnLine { category, exemption: None }],
        is_discount: untaxed < 0,
    }
}

/// An invoice between two parties of these countries and tax ids, of whom nothing else is known than their names.
fn facts(seller: (&str, &str), buyer: (&str, &str), lines: Vec<FactLine>) -> Facts {
    let party = |(country, tax_id): (&str, &str)| Party {
        name: "Ada Ltd".to_owned(),
        country: country.parse().ok(),
        tax_id: tax_id.parse().ok(),
        ..Party::default()
    };
    let sum = |part: fn(&PricedLine) -> Money| money(lines.iter().map(|line| part(&line.priced).minor).sum());
    Facts {
        kind: DocumentKind::Invoice,
        number: "INV/2026/00001".to_owned(),
        date: "2026-11-23".parse().unwrap(),
        due_date: None,
        text: Some(" Reversal of: X, broken ".to_owned()),
        reason: Some("broken".to_owned()),
        order: None,
        preceding: None,
        delivered: None,
        currency: money(0).currency,
        seller: party(seller),
        buyer: Party { buyer_reference: "7".parse().ok(), ..party(buyer) },
        customer: "C00001".to_owned(),
        untaxed: sum(|line| line.untaxed),
        tax: sum(|line| line.tax),
        total: sum(|line| line.total),
        open: sum(|line| line.total),
        lines,
    }
}

fn fields(facts: &Facts, form: Form) -> String {
    match einvoice(facts, form) {
        Ok(_) => String::new(),
        Err(missing) => missing.iter().map(|missing| missing.field).collect::<Vec<_>>().join(" "),
    }
}

#[test]
fn peppol_asks_what_the_country_of_the_seller_asks() {
    for (seller, buyer, expected) in [
        (("FR", "FR40303265045"), ("BE", "BE0123456789"), ""),
        (("FR", "12 345"), ("BE", "BE0123456789"), "tax_id"),
        (("DE", "DE123456789"), ("FR", "FR40303265045"), ""),
        (("DE", "DE123456789"), ("DE", "DE987654321"), "postcode city contact_name phone mail_from iban postcode city"),
        (("DK", "DK12345678"), ("FR", "FR40303265045"), ""),
        (("DK", "SE556677889901"), ("FR", "FR40303265045"), "tax_id"),
        (("NO", "NO923609016MVA"), ("FR", "FR40303265045"), ""),
        (("NO", "NO923609016"), ("FR", "FR40303265045"), "tax_id"),
        (("SE", "SE556677889901"), ("FR", "FR40303265045"), "tax"), // 20 % is no rate of Sweden
        (("IT", "IT12345670017"), ("FR", "FR40303265045"), "street postcode city"),
        (("NL", "NL123456789B01"), ("FR", "FR40303265045"), "street postcode city iban"),
        (("NL", "NL123456789B01"), ("NL", "NL987654321B01"), "street postcode city iban street postcode city"),
        (("GR", "EL094259216"), ("FR", "FR40303265045"), "country"),
        (("IS", "IS12345"), ("FR", "FR40303265045"), "tax_id country"),
    ] {
        let facts = facts(seller, buyer, vec![line(1, TaxCategory::Standard, 1000, 200)]);
        assert_eq!(fields(&facts, Form::Ubl), expected, "{seller:?} {buyer:?}");
        assert_eq!(fields(&facts, Form::FacturX), "", "{seller:?} {buyer:?}");
    }
}

#[test]
fn categories_ask_for_tax_ids_and_reasons() {
    use TaxCategory::{Exempt, Export, IntraCommunity, OutOfScope, ReverseCharge, Standard, ZeroRated};
    let (german, french, numbered, unknown) =
        (("DE", "DE123456789"), ("FR", "FR40303265045"), ("DE", "12/345"), ("FR", ""));
    for (seller, buyer, categories, expected) in [
        (german, unknown, vec![Standard, ZeroRated], ""),
        (numbered, unknown, vec![Standard, ZeroRated], ""),
        (("DE", ""), unknown, vec![Standard], "tax_id"),
        (german, unknown, vec![Exempt], "exemption"),
        (german, unknown, vec![ReverseCharge], "tax_id"),
        (numbered, french, vec![ReverseCharge], ""),
        (german, french, vec![IntraCommunity], "order"),
        (numbered, ("FR", "123"), vec![IntraCommunity], "tax_id tax_id order"),
        (numbered, unknown, vec![Export], "tax_id"),
        (german, unknown, vec![OutOfScope], ""),
        (german, unknown, vec![OutOfScope, Standard], "category"),
    ] {
        let tax = |category| if category == Standard { 200 } else { 0 };
        let lines = (1..).zip(&categories).map(|(number, category)| line(number, *category, 1000, tax(*category)));
        let facts = facts(seller, buyer, lines.collect());
        assert_eq!(fields(&facts, Form::FacturX), expected, "{seller:?} {buyer:?} {categories:?}");
    }
}

#[test]
fn what_is_out_of_scope_names_no_vat_identifier() {
    let facts = facts(("DE", "DE123456789"), ("FR", "FR40303265045"), vec![line(1, TaxCategory::OutOfScope, 1000, 0)]);
    let invoice = einvoice(&facts, Form::FacturX).unwrap();
    assert_eq!(
        (invoice.seller.vat, invoice.seller.tax_number, invoice.buyer.vat, invoice.buyer.id),
        (None, None, None, None)
    );
    assert_eq!(invoice.seller.id.as_deref(), Some("DE123456789"));
    assert_eq!(invoice.breakdowns[0].code, Some("VATEX-EU-O"));
}

#[test]
fn the_tax_is_that_of_the_lines_as_far_as_the_rules_allow() {
    // Lines of 1.01 whose tax of 20.2 cents was rounded to 20: it falls behind that on their sum by a fifth of a cent each.
    for (lines, expected) in [(1, ""), (497, ""), (498, "tax")] {
        let lines: Vec<FactLine> = (1..=lines).map(|number| line(number, TaxCategory::Standard, 101, 20)).collect();
        let facts = facts(("DE", "DE123456789"), ("FR", "FR40303265045"), lines);
        assert_eq!(fields(&facts, Form::FacturX), expected, "{}", facts.lines.len());
    }
}

#[test]
fn discounts_on_lines_are_allowances_on_the_document() {
    let save = FactLine { product: None, label: "SAVE10".to_owned(), ..line(3, TaxCategory::Standard, -150, -30) };
    let lines = vec![line(1, TaxCategory::Standard, 1000, 200), line(2, TaxCategory::ZeroRated, 500, 0), save];
    let facts = Facts { open: money(1000), ..facts(("DE", "DE123456789"), ("FR", "FR40303265045"), lines) };
    let invoice = einvoice(&facts, Form::Ubl).unwrap();
    let allowance = &invoice.allowances[0];
    assert_eq!(
        (allowance.amount, allowance.reason.as_str(), allowance.category),
        (Cents(150), "SAVE10", TaxCategory::Standard)
    );
    assert_eq!((invoice.lines_sum, invoice.allowances_sum, invoice.untaxed), (Cents(1500), Cents(150), Cents(1350)));
    let bases: Vec<(Cents, Cents)> =
        invoice.breakdowns.iter().map(|breakdown| (breakdown.base, breakdown.tax)).collect();
    assert_eq!(bases, [(Cents(850), Cents(170)), (Cents(500), Cents(0))]);
    assert_eq!((invoice.total, invoice.paid, invoice.open), (Cents(1520), Cents(520), Cents(1000)));
    assert_eq!(
        (invoice.lines[0].name.as_str(), invoice.note.as_deref()),
        ("Desk lamp", Some("Reversal of: X, broken"))
    );
    assert_eq!(invoice.terms, Some("Payable on receipt"));

    // Discounts alone are no e-invoice.
    let save = FactLine { product: None, ..line(1, TaxCategory::Standard, -150, -30) };
    let facts = Facts { lines: vec![save], ..facts };
    assert_eq!(fields(&facts, Form::FacturX), "line");
}
