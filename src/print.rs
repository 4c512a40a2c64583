//! Documents as they are printed: a sheet is made of what the domain knows, in the words of a language, and HTML and PDF are made of the
//! sheet. One file a kind of document says what stands on it. Knows no store.

use std::collections::HashMap;

use crate::domain;
use crate::domain::party::OneLine;
use crate::domain::value::day::Day;
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::quantity::{Percent, Quantity};
use crate::output::template::Words;

pub mod code;
pub mod document;
pub mod einvoice;
pub mod order;
pub mod overview;
pub mod pdf;
pub mod picture;
mod priced;
pub mod repair;
pub mod sheet;
pub mod transfer;
pub mod worksheet;

use sheet::{Fact, Party, Sheet, printable};

/// The two sides of a document, as they are told on it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Letterhead {
    pub seller: Party,
    pub buyer: Option<Party>,
    /// Where the seller is paid, if they say so.
    pub iban: Option<String>,
    pub bic: Option<String>,
}

impl Letterhead {
    /// How two parties are told in these words. A country is told where it is not that of both.
    pub fn of(words: &Words, seller: &domain::party::Party, buyer: Option<&domain::party::Party>) -> Letterhead {
        let country = |party: &domain::party::Party| party.country.map(|country| country.code());
        let is_abroad = buyer.is_some_and(|buyer| country(buyer).is_some() && country(buyer) != country(seller));
        let side = |party: &domain::party::Party, facts: Vec<Fact>| {
            let text = |part: &Option<OneLine>| part.as_ref().map(|part| printable(part.as_str()));
            let place: Vec<String> = [text(&party.postcode), text(&party.city)].into_iter().flatten().collect();
            let place = Some(place.join(" ")).filter(|place| !place.is_empty());
            let country = country(party).filter(|_| is_abroad).map(str::to_owned);
            let address = [text(&party.street), place, country].into_iter().flatten().collect();
            Party { name: printable(&party.name), address, facts }
        };
        let fact = |key: &'static str, value: Option<&str>| value.map(|value| Fact::new(key, words.text(key), value));
        let of_seller = [
            fact("tax_id", seller.tax_id.as_ref().map(OneLine::as_str)),
            fact("phone", seller.phone.as_ref().map(OneLine::as_str)),
            fact("email", seller.email.as_deref()),
        ];
        let of_buyer = |buyer: &domain::party::Party| {
            let tax_id = fact("tax_id", buyer.tax_id.as_ref().map(OneLine::as_str));
            let reference = fact("buyer_reference", buyer.buyer_reference.as_ref().map(OneLine::as_str));
            [tax_id, reference].into_iter().flatten().collect()
        };
        Letterhead {
            seller: side(seller, of_seller.into_iter().flatten().collect()),
            buyer: buyer.map(|buyer| side(buyer, of_buyer(buyer))),
            iban: seller.iban.as_ref().map(domain::party::Iban::on_paper),
            bic: seller.bic.as_ref().map(ToString::to_string),
        }
    }
}

/// What every sheet is made with: the words it is in, the two sides, and what products are called.
pub struct Printing<'p> {
    pub words: &'p Words,
    pub letterhead: &'p Letterhead,
    /// The names of products by id.
    pub products: &'p HashMap<String, String>,
}

impl Printing<'_> {
    /// A sheet that says no more than who sends what to whom.
    fn sheet(&self, kind: &'static str, title: &str, id: &str, number: &str) -> Sheet {
        let Letterhead { seller, buyer, iban, .. } = self.letterhead;
        let iban = iban.as_ref().map(|iban| format!("{} {iban}", self.words.text("iban")));
        let tax_id = seller.facts.iter().find(|fact| fact.key == "tax_id");
        let tax_id = tax_id.map(|fact| format!("{} {}", fact.label, fact.value));
        let name = Some(seller.name.clone()).filter(|name| !name.is_empty());
        let foot: Vec<String> = [name, iban, tax_id].into_iter().flatten().collect();
        Sheet {
            kind,
            id: id.to_owned(),
            number: number.to_owned(),
            title: format!("{} {number}", self.words.text(title)),
            mark: None,
            seller: seller.clone(),
            buyer: buyer.clone(),
            facts: Vec::new(),
            remarks: Vec::new(),
            tables: Vec::new(),
            totals: Vec::new(),
            notes: Vec::new(),
            pictures: Vec::new(),
            code: None,
            foot: printable(&foot.join(" · ")),
            page: self.words.text("page").to_owned(),
            carried_over: self.words.text("carried_over").to_owned(),
        }
    }

    /// A value with the label of its key.
    fn fact(&self, key: &'static str, value: impl Into<String>) -> Fact {
        Fact::new(key, self.words.text(key), value)
    }

    fn day(&self, day: Day) -> String {
        self.words.day(&day.to_string())
    }

    fn quantity(&self, quantity: Quantity) -> String {
        self.words.number(&quantity.to_string())
    }

    fn percent(&self, percent: Percent) -> String {
        self.words.percent(&percent.to_string())
    }

    /// An amount alone, as it stands in a column whose head tells the currency.
    fn amount(&self, money: Money) -> String {
        self.words.number(&money.plain())
    }

    /// An amount with its currency, which stays on its line.
    fn money(&self, money: Money) -> String {
        format!("{}\u{a0}{}", self.amount(money), money.currency)
    }

    /// The label of a column of amounts.
    fn in_currency(&self, key: &str, currency: Currency) -> String {
        format!("{} {currency}", self.words.text(key))
    }

    /// What a product is called; its id where it has no name.
    fn product<'n>(&'n self, id: &'n str) -> &'n str {
        self.products.get(id).map(String::as_str).filter(|name| !name.is_empty()).unwrap_or(id)
    }

    /// What a product is called, and below it its id where that is another.
    fn product_lines(&self, id: &str) -> sheet::Cell {
        let name = self.product(id);
        let below = if name == id { Vec::new() } else { vec![printable(id)] };
        sheet::Cell { text: printable(name), below }
    }
}
