//! What the rules of an e-invoice need and is not there, each with the command that sets it.

use super::address::{Address, EMAIL, bare, electronic_address, email, is_organisation_of_norway, is_vat};
use super::model::{Breakdown, Cents, one_line};
use super::{FactLine, Facts, Form};
use crate::domain::document::{Document, DocumentKind, DocumentState};
use crate::domain::party::{Country, Iban, OneLine, Party};
use crate::domain::tax::{TaxCategory, TaxOnLine};
use crate::domain::value::money::{Money, round_div};
use crate::domain::value::quantity::Percent;
use crate::domain::value::reference::shell_word;
use crate::domain::{Error, Refusal};

/// Something that a form of e-invoice needs and the document has not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Incomplete {
    pub field: &'static str,
    pub given: Option<String>,
    pub message: String,
    pub hint: Option<String>,
}

impl Refusal for Incomplete {
    fn code(&self) -> &'static str {
        "einvoice_incomplete"
    }
    fn field(&self) -> Option<&'static str> {
        Some(self.field)
    }
    fn given(&self) -> Option<String> {
        self.given.clone()
    }
    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}

/// What is not posted, and so no e-invoice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{document} is {state}, and an e-invoice is of what is posted")]
pub struct NotPosted {
    document: String,
    id: String,
    kind: DocumentKind,
    state: DocumentState,
}

impl NotPosted {
    /// Refuses a document that is not posted.
    pub fn check(document: &Document) -> Result<(), NotPosted> {
        let Document { id, kind, state, .. } = document;
        match state {
            DocumentState::Posted => Ok(()),
            _ => Err(NotPosted { document: document.named(), id: id.clone(), kind: *kind, state: *state }),
        }
    }
}

impl Refusal for NotPosted {
    fn code(&self) -> &'static str {
        "invoice_not_posted"
    }
    fn given(&self) -> Option<String> {
        Some(self.state.to_string())
    }
    fn hint(&self) -> Option<String> {
        let verb = if self.state == DocumentState::Draft { "post" } else { "show" };
        Some(format!("aftersales {} {verb} {}", self.kind.noun(), shell_word(&self.id)))
    }
}

/// All that is missing: one, and whatever else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    first: Incomplete,
    others: Vec<Incomplete>,
}

impl Missing {
    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &Incomplete> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl From<Missing> for Error {
    fn from(Missing { first, others }: Missing) -> Error {
        let mut error = Error::from(first);
        error.fault_mut().others = others.into_iter().map(|other| Error::from(other).fault().clone()).collect();
        error
    }
}

/// Either party, for the words and the commands that are about it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Seller,
    Buyer,
}

/// What was found missing so far.
pub struct Check<'f> {
    pub facts: &'f Facts,
    form: Form,
    missing: Vec<Incomplete>,
}

impl<'f> Check<'f> {
    /// Nothing was found yet.
    pub fn new(facts: &'f Facts, form: Form) -> Check<'f> {
        Check { facts, form, missing: Vec::new() }
    }

    /// All that was found, if anything.
    pub fn missing(&self) -> Option<Missing> {
        let (first, others) = self.missing.split_first()?;
        Some(Missing { first: first.clone(), others: others.to_vec() })
    }

    /// Whether the rules of Germany hold: those of XRechnung, which Peppol's has between two parties there (DE-R-001 to -031).
    pub fn german(&self) -> bool {
        match self.form {
            Form::Xrechnung => true,
            Form::Ubl => [Side::Seller, Side::Buyer].iter().all(|side| self.country(*side) == "DE"),
            Form::FacturX => false,
        }
    }

    fn note(&mut self, field: &'static str, given: Option<String>, message: String, hint: Option<String>) {
        let fault = Incomplete { field, given, message, hint };
        if !self.missing.iter().any(|known| (known.field, &known.message) == (field, &fault.message)) {
            self.missing.push(fault);
        }
    }

    fn party(&self, side: Side) -> &'f Party {
        match side {
            Side::Seller => &self.facts.seller,
            Side::Buyer => &self.facts.buyer,
        }
    }

    /// The code of a party's country.
    fn country(&self, side: Side) -> &'static str {
        self.party(side).country.map_or("", Country::code)
    }

    /// Notes what is to be set on the desk or the customer, with a value that shows what is meant; each flag once.
    fn wants(&mut self, side: Side, field: &'static str, given: Option<String>, message: String, example: &str) {
        let record = match side {
            Side::Seller => "desk edit".to_owned(),
            Side::Buyer => format!("customer edit {}", shell_word(&self.facts.customer)),
        };
        let command = format!("aftersales {record} --{} ", field.replace('_', "-"));
        let is_known = |fault: &Incomplete| fault.hint.as_deref().is_some_and(|hint| hint.starts_with(&command));
        if !self.missing.iter().any(is_known) {
            self.note(field, given, message, Some(format!("{command}{}", shell_word(example))));
        }
    }

    fn needs(&mut self, side: Side, field: &'static str, what: &str, value: Option<&str>, example: &str) {
        if one_line(value).is_none() {
            let whose = match side {
                Side::Seller => "the desk".to_owned(),
                Side::Buyer => format!("the customer {}", self.facts.customer),
            };
            let message = format!("{whose} has no {what}, which {} needs", self.form.called());
            self.wants(side, field, None, message, example);
        }
    }

    /// What cannot be set by any command: the document can still be had as a page.
    fn cannot(&mut self, field: &'static str, given: Option<String>, message: String) {
        let hint = format!("aftersales {} print {}", self.facts.kind.noun(), shell_word(&self.facts.number));
        self.note(field, given, message, Some(hint));
    }

    /// What Peppol asks of a country and cannot be set: the document can still be had in a form that does not ask it.
    fn cannot_in_peppol(&mut self, field: &'static str, given: String, message: String) {
        let Facts { kind, number, .. } = self.facts;
        let file = format!("{}.pdf", number.replace('/', "-"));
        let (number, file) = (shell_word(number), shell_word(&file));
        let hint = format!("aftersales {} print {number} --format factur-x --file {file}", kind.noun());
        self.note(field, Some(given), message, Some(hint));
    }

    /// The amount with two decimals.
    pub fn cents(&mut self, amount: Money) -> Cents {
        if let Some(cents) = Cents::of(amount) {
            return cents;
        }
        let message =
            format!("the amounts of an e-invoice have two decimals, and those of {} have more", self.facts.number);
        self.cannot("currency", Some(amount.to_string()), message);
        Cents::default()
    }

    /// What the form needs of the parties, whatever stands on the lines.
    pub fn parties(&mut self) {
        let Facts { seller, buyer, .. } = self.facts;
        self.party_told(Side::Seller);
        if self.german() {
            self.needs(Side::Seller, "contact_name", "contact", text(&seller.contact_name), "Ada Lovelace");
            self.needs(Side::Seller, "phone", "phone", text(&seller.phone), "+49 30 1234567");
            self.needs(Side::Seller, "mail_from", "e-mail address", email(seller), "desk@example.org");
        }
        // NL-R-007, BR-DE-1.
        let dutch = self.form == Form::Ubl && self.country(Side::Seller) == "NL" && self.facts.open.minor > 0;
        if self.facts.kind == DocumentKind::Invoice && (dutch || self.german()) {
            let iban = seller.iban.as_ref().map(Iban::as_str);
            self.needs(Side::Seller, "iban", "account", iban, "DE44500105175407324931");
        }
        self.party_told(Side::Buyer);
        if self.form != Form::FacturX {
            self.needs(Side::Buyer, "buyer_reference", "reference", text(&buyer.buyer_reference), "04011000-12345-34");
        }
        self.tax_ids();
        if self.form == Form::Ubl {
            self.countries();
        }
    }

    /// What the form needs of either.
    fn party_told(&mut self, side: Side) {
        let party = self.party(side);
        // IT-R-002 to -004, NL-R-002 and -004.
        let national = self.form == Form::Ubl
            && match (side, self.country(Side::Seller)) {
                (Side::Seller, country) => ["IT", "NL"].contains(&country),
                (Side::Buyer, country) => country == "NL" && self.country(Side::Buyer) == "NL",
            };
        let name = if side == Side::Seller { "company" } else { "name" };
        self.needs(side, name, "name", Some(&party.name), "Example Ltd");
        if national {
            self.needs(side, "street", "street", text(&party.street), "1 High Street");
        }
        if national || self.german() {
            self.needs(side, "postcode", "postcode", text(&party.postcode), "10115");
            self.needs(side, "city", "city", text(&party.city), "Berlin");
        }
        self.needs(side, "country", "country", party.country.map(Country::code), "DE");
        self.address(side);
    }

    /// Where a party receives e-invoices. Peppol knows no e-mail addresses.
    fn address(&mut self, side: Side) {
        let party = self.party(side);
        let whose = if side == Side::Seller { "the desk" } else { "the customer" };
        match (self.form, electronic_address(party)) {
            (Form::FacturX, _) => {}
            (Form::Ubl, None | Some(Address { scheme: EMAIL, .. })) => {
                let message = format!("{whose} has no tax id that is an address on Peppol's network");
                self.wants(side, "tax_id", text(&party.tax_id).map(str::to_owned), message, "DE123456789");
            }
            (Form::Xrechnung, None) => {
                let (field, example) = match side {
                    Side::Seller => ("mail_from", "desk@example.org"),
                    Side::Buyer => ("email", "ada@example.org"),
                };
                let what = "electronic address: a VAT identifier or an e-mail address";
                self.needs(side, field, what, email(party), example);
            }
            _ => {}
        }
    }

    /// The tax ids that the categories on the lines ask for (BR-S-02, BR-AE-02, BR-IC-02, BR-G-02 and the like; BR-CO-26).
    fn tax_ids(&mut self) {
        let Facts { seller, buyer, lines, .. } = self.facts;
        let on_lines = |wanted: &[TaxCategory]| {
            lines.iter().flat_map(|line| &line.taxes).any(|tax| wanted.contains(&tax.category))
        };
        use TaxCategory::{Export, IntraCommunity, ReverseCharge};
        self.needs(Side::Seller, "tax_id", "tax id", text(&seller.tax_id), "DE123456789");
        if on_lines(&[IntraCommunity, Export]) {
            self.vat(Side::Seller, "FR40303265045");
        }
        if on_lines(&[ReverseCharge]) {
            self.needs(Side::Buyer, "tax_id", "tax id", text(&buyer.tax_id), "FR40303265045");
        }
        if on_lines(&[ReverseCharge, IntraCommunity]) {
            self.vat(Side::Buyer, "FR40303265045");
        }
    }

    /// Asks for a VAT identifier, which begins with a country.
    fn vat(&mut self, side: Side, example: &str) {
        let party = self.party(side);
        let tax_id = one_line(text(&party.tax_id));
        if !tax_id.as_deref().is_some_and(|tax_id| is_vat(tax_id, party.country.map(Country::code))) {
            let whose = if side == Side::Seller { "the desk's" } else { "the customer's" };
            let message =
                format!("{whose} tax id has to be a VAT identifier, which begins with a country, for the taxes on it");
            self.wants(side, "tax_id", tax_id, message, example);
        }
    }

    /// What Peppol asks of sellers of some countries.
    fn countries(&mut self) {
        let tax_id = text(&self.facts.seller.tax_id);
        let bare = tax_id.map(bare).unwrap_or_default();
        let number = bare.get(2..).unwrap_or_default();
        let is_number = |digits| number.len() == digits && number.bytes().all(|byte| byte.is_ascii_digit());
        let wrong = match self.country(Side::Seller) {
            // GR-R-004, IS-R-002.
            country @ ("GR" | "IS") => {
                let message = format!(
                    "Peppol asks sellers of {country} for numbers of their authorities, which are not kept here"
                );
                self.cannot_in_peppol("country", country.to_owned(), message);
                None
            }
            // DK-R-014, NO-R-001, SE-R-001, IT-R-001.
            "DK" if !(bare.starts_with("DK") && is_number(8)) => Some("DK12345678"),
            "NO" if bare.starts_with("NO") && !number.strip_suffix("MVA").is_some_and(is_organisation_of_norway) => {
                Some("NO923609016MVA")
            }
            "SE" if bare.starts_with("SE") && !is_number(12) => Some("SE556677889901"),
            "IT" if !(11..=16).contains(&bare.len()) => Some("IT12345670017"),
            _ => None,
        };
        if let Some(example) = wrong.filter(|_| !bare.is_empty()) {
            let message = format!("Peppol asks sellers of their country for a tax id such as {example}");
            self.wants(Side::Seller, "tax_id", tax_id.map(str::to_owned), message, example);
        }
    }

    /// The category and rate of a line, which bears exactly one tax.
    pub fn category(&mut self, line: &FactLine) -> Option<(TaxCategory, Percent)> {
        let (number, label) = (line.line, &line.label);
        match (line.taxes.as_slice(), line.priced.taxes.as_slice()) {
            ([TaxOnLine { category, exemption }], [applied]) => {
                if *category == TaxCategory::Exempt && exemption.is_none() {
                    let tax = &applied.tax.id;
                    let message = format!("the tax {tax} is exempt, and an e-invoice says why");
                    let hint = format!(
                        "aftersales tax edit {} --exemption 'Article 132 of Directive 2006/112/EC'",
                        shell_word(tax)
                    );
                    self.note("exemption", None, message, Some(hint));
                }
                Some((*category, applied.rate))
            }
            ([], _) => {
                let message = format!(
                    "line {number} ({label}) bears no tax, and so no category says why; a product that is not taxed bears a tax of 0 %"
                );
                self.note("tax", None, message, Some("aftersales tax list".to_owned()));
                None
            }
            _ => {
                let taxes: Vec<&str> = line.priced.taxes.iter().map(|tax| tax.tax.id.as_str()).collect();
                let message =
                    format!("line {number} ({label}) bears {} taxes, and a line of an e-invoice one", taxes.len());
                self.cannot("tax", Some(taxes.join(", ")), message);
                None
            }
        }
    }

    /// Notes an amount of a line of which there is nothing.
    pub fn without_quantity(&mut self, line: &FactLine) {
        let message = format!("line {} ({}) has an amount for a quantity of 0", line.line, line.label);
        self.cannot("line", Some(line.priced.untaxed.to_string()), message);
    }

    /// Asks for a line (BR-16).
    pub fn some_line(&mut self, lines: usize) {
        if lines == 0 && self.missing.iter().all(|fault| fault.field != "tax") {
            let message = format!("{} has discounts alone, and an e-invoice has a line", self.facts.number);
            self.cannot("line", None, message);
        }
    }

    /// The rules on categories and on the tax that each comes to (BR-CO-17, BR-S-09, BR-O-11): the taxes of lines are rounded one
    /// by one, which may bring them to less than one unit of the currency beside the tax on their sum.
    pub fn breakdowns(&mut self, breakdowns: &[Breakdown]) {
        let out_of_scope = |breakdown: &&Breakdown| breakdown.category == TaxCategory::OutOfScope;
        if breakdowns.len() > 1 && breakdowns.iter().any(|breakdown| out_of_scope(&breakdown)) {
            let message = "lines that are out of the scope of tax stand beside taxed ones, and an e-invoice has either"
                .to_owned();
            self.cannot("category", Some("O".to_owned()), message);
        }
        let swedish = self.form == Form::Ubl
            && self.country(Side::Seller) == "SE"
            && text(&self.facts.seller.tax_id).map(bare).is_some_and(|tax_id| tax_id.starts_with("SE"));
        for breakdown in breakdowns {
            let Breakdown { base, tax, category, rate, .. } = breakdown;
            if !tax_fits(*base, *tax, *rate) {
                let message = format!(
                    "the taxes of its lines at {rate} % come to {tax}, and those of {base} as a whole to {}: rounded line by line \
                     they are too far from it",
                    tax_on(*base, *rate).map_or_else(|| "more than can be told".to_owned(), |tax| tax.to_string())
                );
                self.cannot("tax", Some(tax.to_string()), message);
            }
            // SE-R-006.
            if swedish && *category == TaxCategory::Standard && ![25, 12, 6].map(whole).contains(rate) {
                let message = format!("Peppol knows the rates 25, 12 and 6 of sellers of Sweden, and not {rate}");
                self.cannot_in_peppol("tax", rate.to_string(), message);
            }
        }
    }

    /// The day of the delivery, where goods went to another country of the Union (BR-IC-11).
    pub fn delivered(&mut self) {
        let Facts { lines, delivered, order, .. } = self.facts;
        let intra = lines.iter().flat_map(|line| &line.taxes).any(|tax| tax.category == TaxCategory::IntraCommunity);
        if !intra || delivered.is_some() {
            return;
        }
        let of = "goods that went to another country of the Union, and no delivery of them is done";
        match order {
            Some(order) => {
                let hint = format!("aftersales transfer list --order {}", shell_word(order));
                self.note(
                    "order",
                    Some(order.clone()),
                    format!("the e-invoice names the day of the delivery of {of}"),
                    Some(hint),
                );
            }
            None => self.cannot("order", None, format!("the e-invoice is of no order, and names the delivery of {of}")),
        }
    }
}

/// What stands on a line.
fn text(line: &Option<OneLine>) -> Option<&str> {
    line.as_ref().map(OneLine::as_str)
}

/// A whole percentage.
fn whole(percent: i64) -> Percent {
    Percent::from_millionths(percent.wrapping_mul(1_000_000))
}

/// The tax of that rate on that amount.
fn tax_on(base: Cents, rate: Percent) -> Option<Cents> {
    let product = i128::from(base.0).checked_mul(rate.millionths().into())?;
    round_div(product, Percent::HUNDRED.millionths().into()).ok().map(Cents)
}

/// Whether the tax is near enough to that of the rate on the base: by less than one unit of the currency, whatever the signs; at
/// a rate that rounds to nothing, the tax has to.
fn tax_fits(base: Cents, tax: Cents, rate: Percent) -> bool {
    const ONE: u64 = 100;
    if rate.millionths() < 500_000 {
        return (-50..50).contains(&tax.0);
    }
    let expected = tax_on(base, rate).map(|tax| tax.0.unsigned_abs());
    expected.is_some_and(|expected| expected.abs_diff(tax.0.unsigned_abs()) < ONE)
}
