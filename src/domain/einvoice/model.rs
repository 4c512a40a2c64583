//! A document in the terms of EN 16931, each with its number there (`BT-131`).

use std::fmt;

use super::address::{bare, electronic_address, email, is_vat};
use super::check::{Check, Missing};
use super::price::{Price, Terms};
use super::{Address, FactLine, Facts, Form, Preceding};
use crate::domain::document::DocumentKind;
use crate::domain::party::{Country, OneLine, Party};
use crate::domain::product::Unit;
use crate::domain::tax::{TaxCategory, TaxOnLine};
use crate::domain::value::day::Day;
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::number::show_scaled;
use crate::domain::value::quantity::Percent;

/// An amount with two decimals, which are all that an e-invoice has (BR-DEC-01 to -28).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cents(pub i64);

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&show_scaled(self.0, 2, 2))
    }
}

impl Cents {
    /// The amount with two decimals, where it has no more.
    pub(super) fn of(money: Money) -> Option<Cents> {
        match money.currency.digits() {
            digits @ 0..=2 => money.minor.checked_mul(10_i64.checked_pow(2 - digits)?).map(Cents),
            digits => {
                let scale = 10_i64.checked_pow(digits - 2)?;
                (money.minor.checked_rem(scale)? == 0).then_some(Cents(money.minor.checked_div(scale)?))
            }
        }
    }
}

/// A party (BG-4, BG-7) as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// BT-27, BT-44.
    pub name: String,
    /// BT-29, BT-46: the tax id, where it is told as nothing else.
    pub id: Option<String>,
    /// BT-30: with its scheme.
    pub registration: Option<Address>,
    /// BT-31, BT-48.
    pub vat: Option<String>,
    /// BT-32.
    pub tax_number: Option<String>,
    /// BT-34, BT-49.
    pub address: Option<Address>,
    /// BT-35, BT-50.
    pub street: Option<String>,
    /// BT-37, BT-52.
    pub city: Option<String>,
    /// BT-38, BT-53.
    pub postcode: Option<String>,
    /// BT-40, BT-55.
    pub country: String,
}

/// Whom the buyer asks (BG-6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// BT-41.
    pub name: Option<String>,
    /// BT-42.
    pub phone: Option<String>,
    /// BT-43.
    pub email: Option<String>,
}

/// When and to where goods were delivered (BG-13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// BT-72.
    pub day: Day,
    /// BT-77.
    pub city: Option<String>,
    /// BT-78.
    pub postcode: Option<String>,
    /// BT-80.
    pub country: String,
}

/// How it is paid (BG-16).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// BT-81, of UNTDID 4461.
    pub means: &'static str,
    /// BT-83.
    pub reference: String,
    /// BG-17.
    pub account: Option<Account>,
}

/// An account that money is transferred to (BG-17).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// BT-84.
    pub iban: String,
    /// BT-85.
    pub name: String,
    /// BT-86.
    pub bic: Option<String>,
}

/// A discount on the whole document, as far as it is on lines of one category and rate (BG-20).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// BT-92.
    pub amount: Cents,
    /// BT-95.
    pub category: TaxCategory,
    /// BT-96.
    pub rate: Percent,
    /// BT-97.
    pub reason: String,
}

/// A line (BG-25).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// BT-126.
    pub line: i64,
    /// BT-129, BT-146, BT-149, BG-27.
    pub price: Price,
    /// BT-130, BT-150.
    pub unit: Unit,
    /// BT-131.
    pub net: Cents,
    /// BT-151.
    pub category: TaxCategory,
    /// BT-152.
    pub rate: Percent,
    /// BT-153.
    pub name: String,
    /// BT-155.
    pub product: Option<String>,
    /// BT-161 of BG-32.
    pub lot: Option<String>,
}

/// The lines and allowances of one category and rate (BG-23).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breakdown {
    /// BT-116.
    pub base: Cents,
    /// BT-117.
    pub tax: Cents,
    /// BT-118.
    pub category: TaxCategory,
    /// BT-119.
    pub rate: Percent,
    /// BT-120.
    pub reason: Option<String>,
    /// BT-121, of the list VATEX.
    pub code: Option<&'static str>,
}

/// An e-invoice. All texts of one line are one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EInvoice {
    pub form: Form,
    pub kind: DocumentKind,
    /// BT-1.
    pub number: String,
    /// BT-2.
    pub date: Day,
    /// BT-5.
    pub currency: Currency,
    /// BT-9.
    pub due_date: Option<Day>,
    /// BT-10.
    pub buyer_reference: Option<String>,
    /// BT-14.
    pub order: Option<String>,
    /// BT-20.
    pub terms: Option<&'static str>,
    /// BT-22.
    pub note: Option<String>,
    /// BG-3.
    pub preceding: Option<Preceding>,
    pub seller: Subject,
    pub contact: Option<Contact>,
    pub buyer: Subject,
    pub delivery: Option<Delivery>,
    pub payment: Option<Payment>,
    pub allowances: Vec<Allowance>,
    pub lines: Vec<Line>,
    pub breakdowns: Vec<Breakdown>,
    /// BT-106.
    pub lines_sum: Cents,
    /// BT-107.
    pub allowances_sum: Cents,
    /// BT-109.
    pub untaxed: Cents,
    /// BT-110.
    pub tax: Cents,
    /// BT-112.
    pub total: Cents,
    /// BT-113: what is not open any more.
    pub paid: Cents,
    /// BT-115.
    pub open: Cents,
}

/// The terms of a document without a day by which it is to be paid, where something is open on it (BR-CO-25).
const AT_ONCE: &str = "Payable on receipt";
const CREDIT: &str = "Credit: matched with an invoice or paid out";

/// The document in that form, or all that is missing for it.
pub fn einvoice(facts: &Facts, form: Form) -> Result<EInvoice, Missing> {
    let mut check = Check::new(facts, form);
    check.parties();
    let (lines, allowances) = lines(&mut check);
    let breakdowns = breakdowns(&mut check);
    check.breakdowns(&breakdowns);
    let sums = Sums::of(&mut check, &lines, &allowances);
    check.delivered();
    if let Some(missing) = check.missing() {
        return Err(missing);
    }

    // Everything that is taken as there from here on was asked for above.
    let Facts { seller, buyer, .. } = facts;
    let out_of_scope = breakdowns.iter().any(|breakdown| breakdown.category == TaxCategory::OutOfScope);
    let intra = breakdowns.iter().any(|breakdown| breakdown.category == TaxCategory::IntraCommunity);
    let invoice = facts.kind == DocumentKind::Invoice;
    let open = sums.open.0 > 0;
    let buyer_told = subject(buyer, form, out_of_scope, false);
    let contact = Contact {
        name: told(&seller.contact_name),
        phone: told(&seller.phone),
        email: email(seller).map(str::to_owned),
    };
    Ok(EInvoice {
        form,
        kind: facts.kind,
        number: facts.number.clone(),
        date: facts.date,
        currency: facts.currency,
        due_date: facts.due_date.filter(|_| invoice),
        buyer_reference: told(&buyer.buyer_reference),
        order: one_line(facts.order.as_deref()),
        terms: match (invoice, facts.due_date) {
            (true, None) if open => Some(AT_ONCE),
            (false, _) if open => Some(CREDIT),
            _ => None,
        },
        note: note(facts),
        preceding: facts.preceding.clone(),
        seller: subject(seller, form, out_of_scope, true),
        contact: Some(contact)
            .filter(|Contact { name, phone, email }| [name, phone, email].into_iter().any(Option::is_some)),
        delivery: facts.delivered.filter(|_| intra).map(|day| Delivery {
            day,
            city: buyer_told.city.clone(),
            postcode: buyer_told.postcode.clone(),
            country: buyer_told.country.clone(),
        }),
        buyer: buyer_told,
        payment: payment(&check),
        allowances,
        lines,
        breakdowns,
        lines_sum: sums.lines,
        allowances_sum: sums.allowances,
        untaxed: sums.untaxed,
        tax: sums.tax,
        total: sums.total,
        paid: sums.paid,
        open: sums.open,
    })
}

/// The sums of a document (BG-22).
struct Sums {
    lines: Cents,
    allowances: Cents,
    untaxed: Cents,
    tax: Cents,
    total: Cents,
    paid: Cents,
    open: Cents,
}

impl Sums {
    /// The document's own sums; those of lines and allowances are all that is added up.
    fn of(check: &mut Check<'_>, lines: &[Line], allowances: &[Allowance]) -> Sums {
        let facts = check.facts;
        let sum =
            |amounts: &mut dyn Iterator<Item = Cents>| Cents(amounts.map(|amount| amount.0).fold(0, i64::wrapping_add));
        let (total, open) = (check.cents(facts.total), check.cents(facts.open));
        Sums {
            lines: sum(&mut lines.iter().map(|line| line.net)),
            allowances: sum(&mut allowances.iter().map(|allowance| allowance.amount)),
            untaxed: check.cents(facts.untaxed),
            tax: check.cents(facts.tax),
            total,
            paid: Cents(total.0.wrapping_sub(open.0)),
            open,
        }
    }
}

/// The lines, and apart from them the discounts on them: what takes off from lines of one category and rate is an allowance on
/// the document (BG-20), with its own amount.
fn lines(check: &mut Check<'_>) -> (Vec<Line>, Vec<Allowance>) {
    let facts = check.facts;
    let (mut lines, mut allowances) = (Vec::new(), Vec::new());
    for line in &facts.lines {
        let net = check.cents(line.priced.untaxed);
        let Some((category, rate)) = check.category(line) else { continue };
        let name = one_line(Some(&line.label)).or_else(|| line.product.clone());
        if line.is_discount && net.0 < 0 {
            let reason = name.unwrap_or_else(|| "Discount".to_owned());
            allowances.push(Allowance { amount: Cents(net.0.wrapping_neg()), category, rate, reason });
            continue;
        }
        match Price::of(terms(line, net)) {
            Some(price) => lines.push(Line {
                line: line.line,
                price,
                unit: line.unit.clone(),
                net,
                category,
                rate,
                name: name.unwrap_or_else(|| format!("Line {}", line.line)),
                product: line.product.clone(),
                lot: line.lot.clone(),
            }),
            None => check.without_quantity(line),
        }
    }
    check.some_line(lines.len());
    (lines, allowances)
}

fn terms(line: &FactLine, net: Cents) -> Terms {
    let priced = &line.priced;
    let included = priced.taxes.first().filter(|tax| tax.included).map(|tax| tax.rate);
    Terms {
        quantity: priced.quantity,
        price: priced.price.price.millionths(),
        discount: priced.discount,
        included,
        untaxed: net.0,
    }
}

/// What the lines come to by category and rate, in the order in which they bring them; the tax is that of the lines, as stored.
fn breakdowns(check: &mut Check<'_>) -> Vec<Breakdown> {
    let mut breakdowns: Vec<Breakdown> = Vec::new();
    for line in &check.facts.lines {
        let (base, tax) = (check.cents(line.priced.untaxed), check.cents(line.priced.tax));
        let ([TaxOnLine { category, exemption }], [applied]) = (line.taxes.as_slice(), line.priced.taxes.as_slice())
        else {
            continue;
        };
        let known = breakdowns.iter_mut().find(|known| (known.category, known.rate) == (*category, applied.rate));
        let reason = told(exemption);
        match known {
            Some(known) => {
                known.base.0 = known.base.0.wrapping_add(base.0);
                known.tax.0 = known.tax.0.wrapping_add(tax.0);
                known.reason = match (known.reason.take(), reason) {
                    (Some(all), Some(one)) if !all.split("; ").any(|known| known == one) => {
                        Some(format!("{all}; {one}"))
                    }
                    (all, one) => all.or(one),
                };
            }
            None => breakdowns.push(Breakdown {
                base,
                tax,
                category: *category,
                rate: applied.rate,
                reason,
                code: code_of(*category),
            }),
        }
    }
    breakdowns
}

/// The code that says why no tax is due, where the category alone says it.
fn code_of(category: TaxCategory) -> Option<&'static str> {
    match category {
        TaxCategory::Standard | TaxCategory::ZeroRated | TaxCategory::Exempt => None,
        TaxCategory::ReverseCharge => Some("VATEX-EU-AE"),
        TaxCategory::IntraCommunity => Some("VATEX-EU-IC"),
        TaxCategory::Export => Some("VATEX-EU-G"),
        TaxCategory::OutOfScope => Some("VATEX-EU-O"),
    }
}

/// A party as it is told. A tax id that no country begins is a number of the seller's tax office, and of a buyer an id; what is
/// out of scope names no VAT identifier (BR-O-02).
fn subject(party: &Party, form: Form, out_of_scope: bool, is_seller: bool) -> Subject {
    let country = party.country.map_or("", Country::code);
    let tax_id = told(&party.tax_id);
    let is_vat = tax_id.as_deref().is_some_and(|tax_id| is_vat(tax_id, Some(country)));
    let vat = tax_id.as_deref().filter(|_| is_vat && !out_of_scope).map(bare);
    let number = tax_id.filter(|_| vat.is_none() && (is_seller || !is_vat));
    let registration = match (form, country, electronic_address(party)) {
        // The number of a Danish company is its VAT identifier (DK-R-002, DK-R-014).
        (Form::Ubl, "DK", Some(address)) if is_seller && address.scheme == "0184" => Some(address),
        _ => None,
    };
    Subject {
        name: one_line(Some(&party.name)).unwrap_or_default(),
        tax_number: number.clone().filter(|_| is_seller && !out_of_scope),
        id: number,
        registration,
        vat,
        address: electronic_address(party),
        street: told(&party.street),
        city: told(&party.city),
        postcode: told(&party.postcode),
        country: country.to_owned(),
    }
}

/// Money comes to the account of the company; how a credit is paid out is not said beforehand, and told only where the rules of
/// Germany ask (BR-DE-1).
fn payment(check: &Check<'_>) -> Option<Payment> {
    let Facts { seller, number, currency, kind, .. } = check.facts;
    let reference = number.clone();
    if *kind == DocumentKind::CreditNote {
        return check.german().then_some(Payment { means: "1", reference, account: None });
    }
    let account = Account {
        iban: seller.iban.as_ref()?.to_string(),
        name: one_line(Some(&seller.name)).unwrap_or_default(),
        bic: seller.bic.as_ref().map(ToString::to_string),
    };
    Some(Payment { means: if currency.code() == "EUR" { "58" } else { "30" }, reference, account: Some(account) })
}

/// The one note that there may be (PEPPOL-EN16931-R002): the text, and the reason where the text does not say it.
fn note(facts: &Facts) -> Option<String> {
    let whole =
        |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    match (whole(&facts.text), whole(&facts.reason)) {
        (Some(text), Some(reason)) if !text.contains(&reason) => Some(format!("{text}, {reason}")),
        (text, reason) => text.or(reason),
    }
}

/// The text of a line, without blanks around it.
fn told(line: &Option<OneLine>) -> Option<String> {
    one_line(line.as_ref().map(OneLine::as_str))
}

/// A text on one line, without blanks around it; none where nothing is left (PEPPOL-EN16931-R008).
pub(super) fn one_line(text: Option<&str>) -> Option<String> {
    let words: Vec<&str> = text?.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}
