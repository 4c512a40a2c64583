//! Lines with prices and what they come to, as invoices, credit notes and orders have them.

use super::Printing;
use super::sheet::{Cell, Column, Row, Table, Total, printable};
use crate::domain::line::{LineTax, PricedLine};
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::number::Overflow;
use crate::domain::value::quantity::Percent;

/// A line as it is printed.
pub struct Priced<'l> {
    pub line: i64,
    pub label: &'l str,
    /// What stands small below the label.
    pub below: Vec<String>,
    pub priced: &'l PricedLine,
}

/// What a tax takes at one rate.
struct ByRate<'l> {
    tax: &'l str,
    rate: Percent,
    base: Money,
    amount: Money,
}

/// The lines and totals of a document in one currency.
pub struct PricedLines<'l> {
    pub currency: Currency,
    pub lines: Vec<Priced<'l>>,
    pub untaxed: Money,
    pub total: Money,
}

impl PricedLines<'_> {
    /// Whether amounts are told with their taxes in them: every tax on it is included in the prices.
    fn is_gross(&self) -> bool {
        let mut taxes = self.lines.iter().flat_map(|line| &line.priced.taxes).peekable();
        taxes.peek().is_some() && taxes.all(|tax| tax.included)
    }

    /// The table of the lines, in which what they come to goes on from row to row.
    pub fn table(&self, printing: &Printing<'_>) -> Result<Table, Overflow> {
        let words = printing.words;
        let is_discounted = self.lines.iter().any(|line| !line.priced.discount.is_zero());
        let is_gross = self.is_gross();
        let column = |key: &'static str, label: String, number: bool| Column { key, label, number };
        let text = |key: &str| words.text(key).to_owned();
        let mut columns = vec![
            column("line", text("line"), true),
            column("product", text("product"), false),
            column("quantity", text("quantity"), true),
            column("price", text("price"), true),
        ];
        if is_discounted {
            columns.push(column("discount", text("discount"), true));
        }
        let amount = if is_gross { "amount_gross" } else { "amount" };
        columns.push(column("tax", text("tax"), true));
        columns.push(column("amount", printing.in_currency(amount, self.currency), true));

        let mut sum = Money::zero(self.currency);
        let mut rows = Vec::new();
        for Priced { line, label, below, priced } in &self.lines {
            let amount = if is_gross { priced.total } else { priced.untaxed };
            sum = Money::new(sum.minor.checked_add(amount.minor).ok_or(Overflow)?, self.currency);
            let below = below.iter().map(|text| printable(text)).collect();
            let mut price = Cell::from(words.number(&priced.price.price.show(self.currency)));
            if !is_gross && priced.taxes.iter().any(|tax| tax.included) {
                price.below.push(text("tax_included"));
            }
            let mut cells = vec![
                Cell::from(line.to_string()),
                Cell { text: printable(label), below },
                Cell::from(printing.quantity(priced.quantity)),
                price,
            ];
            if is_discounted {
                let told = if priced.discount.is_zero() { String::new() } else { printing.percent(priced.discount) };
                cells.push(Cell::from(told));
            }
            let rates: Vec<String> = priced.taxes.iter().map(|tax| printing.percent(tax.rate)).collect();
            cells.push(Cell::from(rates.join(" + ")));
            cells.push(Cell::from(printing.amount(amount)));
            rows.push(Row { cells, sum: Some(printing.money(sum)) });
        }
        Ok(Table { key: "lines", heading: None, columns, rows })
    }

    /// What they come to: without taxes, each tax at each of its rates, and with them.
    pub fn totals(&self, printing: &Printing<'_>) -> Result<Vec<Total>, Overflow> {
        let words = printing.words;
        let total = |key, label: String, amount: Money, strong| Total {
            key,
            label: printable(&label),
            amount: printing.money(amount),
            strong,
        };
        let is_gross = self.is_gross();
        let taxes = self.by_rate()?.into_iter().map(|part| {
            let (rate, base) = (printing.percent(part.rate), printing.amount(part.base));
            let key = if is_gross { "includes_tax" } else { "tax_of" };
            let label = words.fill(key, &[("tax", part.tax), ("rate", &rate), ("base", &base)]);
            total("tax", label, part.amount, false)
        });
        let whole = total("total", words.text("total").to_owned(), self.total, true);
        let untaxed = total("untaxed", words.text("untaxed").to_owned(), self.untaxed, false);
        Ok(match is_gross {
            true => std::iter::once(whole).chain(taxes).collect(),
            false => std::iter::once(untaxed).chain(taxes).chain([whole]).collect(),
        })
    }

    fn by_rate(&self) -> Result<Vec<ByRate<'_>>, Overflow> {
        let mut parts: Vec<ByRate<'_>> = Vec::new();
        let add = |money: &mut Money, other: Money| -> Result<(), Overflow> {
            money.minor = money.minor.checked_add(other.minor).ok_or(Overflow)?;
            Ok(())
        };
        for line in &self.lines {
            for LineTax { tax, rate, amount, .. } in &line.priced.taxes {
                let known = parts.iter().position(|part| part.tax == tax.id && part.rate == *rate);
                match known.and_then(|known| parts.get_mut(known)) {
                    Some(part) => {
                        add(&mut part.base, line.priced.untaxed)?;
                        add(&mut part.amount, *amount)?;
                    }
                    None => {
                        parts.push(ByRate { tax: &tax.id, rate: *rate, base: line.priced.untaxed, amount: *amount })
                    }
                }
            }
        }
        Ok(parts)
    }
}
