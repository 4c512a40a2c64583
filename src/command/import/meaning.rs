//! What the keys of records mean, for `import --kinds` (contract, section 6): those that forms have flags for as their help says, the
//! others here.

use serde::Serialize;

use super::{FORMS, KINDS};

/// A key of a kind of record, as it is told.
#[derive(Debug, Serialize)]
pub struct Key {
    pub kind: &'static str,
    pub key: &'static str,
    /// Whether it is a key of the record or of each of its lines.
    pub of: &'static str,
    pub meaning: String,
}

/// The keys under which that is told.
pub const COLUMNS: &[&str] = &["kind", "key", "of", "meaning"];

/// All keys of all kinds, in order; those of one where it is named.
pub fn keys(of: Option<&str>) -> Vec<Key> {
    let is_asked = |kind: &str| of.is_none_or(|of| of == kind);
    let mut told = Vec::new();
    for described in KINDS.iter().filter(|described| is_asked(described.kind)) {
        for key in described.keys() {
            let meaning = (described.meaning)(key).or_else(|| of_key(described.kind, key, false));
            told.push(Key { kind: described.kind, key, of: "record", meaning: meaning.unwrap_or_default() });
        }
    }
    for form in FORMS.iter().filter(|form| is_asked(form.kind)) {
        let parts = [("record", form.keys), ("line", form.lines)];
        for (of, keys) in parts {
            for key in keys {
                let meaning = of_key(form.kind, key, of == "line").unwrap_or_default();
                told.push(Key { kind: form.kind, key, of, meaning });
            }
        }
    }
    told
}

fn of_key(kind: &str, key: &str, of_line: bool) -> Option<String> {
    let part = if of_line { "line" } else { kind };
    let whose = |of: &str| MEANINGS.iter().find(|(whose, known, _)| *whose == of && *known == key);
    let found = match of_line {
        true => whose(&format!("{kind} line")).or_else(|| whose(part)),
        false => whose(part).or_else(|| whose("")),
    };
    found.map(|(.., meaning)| (*meaning).to_owned())
}

/// Whose key it is (the kind, its lines, any kind, any line), the key, and what it means.
const MEANINGS: &[(&str, &str, &str)] = &[
    ("", "id", "Its id, for good"),
    ("", "name", "Its name (default: the id)"),
    ("", "customer", "The customer, by id, e-mail or name"),
    ("", "order", "The order that it is of"),
    ("", "ticket", "The ticket that it was made from"),
    ("", "merged_into", "The one that it was merged into, which its id leads to"),
    ("", "date", "Its day (default: today)"),
    ("", "currency", "Its currency, by the code of ISO 4217 (default: the desk's)"),
    ("", "lines", "Its lines, a list of objects; in CSV the lines' columns on a row each, or the list in a cell"),
    ("ticket", "stage", "The stage that it is in (default: New)"),
    ("ticket", "created_at", "When it came in (default: now)"),
    ("stock", "product", "The product that was counted"),
    ("stock", "location", "Where it lay"),
    ("stock", "lot", "Of which lot or serial number; needed of products that have such"),
    ("stock", "quantity", "How much lay there before all transfers"),
    ("order", "state", "draft, sent, confirmed or cancelled (default: draft)"),
    ("order", "cart", "Whether it is the open cart of its customer"),
    (
        "order",
        "billed",
        "What it is said to come to, as {untaxed, tax, total}: refused where its lines come to more than 0.05 else",
    ),
    ("transfer", "kind", "outgoing, incoming or internal (default: outgoing)"),
    ("transfer", "state", "ready, done or cancelled (default: ready; whether it waits is for the stock to say)"),
    ("transfer", "origin", "What it came of, in words (default: its order, or the transfer that it returns)"),
    ("transfer", "customer", "To whom, or from whom, it goes (default: the order's)"),
    ("transfer", "from", "The location that it takes from (default: WH/Stock; Customers if incoming)"),
    ("transfer", "to", "The location that it brings to (default: Customers; WH/Stock if incoming)"),
    ("transfer", "return_of", "The transfer whose goods it takes back"),
    ("transfer", "keep_order_quantity", "Whether what the order counts as delivered stays"),
    ("transfer", "date", "The day on which it was done, or is planned (default: today)"),
    (
        "transfer",
        "opening",
        "Whether what it takes is counted as having lain there before, so that the stock stays what it is",
    ),
    ("invoice", "number", "Its number (default: the id, once posted)"),
    ("invoice", "state", "draft, posted or cancelled (default: draft)"),
    ("invoice", "journal", "The journal, by id or name (default: INV)"),
    ("invoice", "reason", "Why it was made, in words"),
    ("invoice", "text", "What is written on it"),
    ("invoice", "accounting_date", "The day that it is accounted on (default: its date)"),
    ("invoice", "due_date", "The day by which it is to be paid"),
    ("invoice", "paid", "What was paid of it, as one payment on its date"),
    (
        "invoice",
        "billed",
        "What it was billed with, as {untaxed, tax, total}: up to 0.05 beside what its lines come to, which is kept",
    ),
    ("credit_note", "number", "Its number (default: the id, once posted)"),
    ("credit_note", "state", "draft, posted or cancelled (default: draft)"),
    ("credit_note", "journal", "The journal, by id or name (default: INV)"),
    ("credit_note", "invoice", "The invoice that it reverses"),
    ("credit_note", "customer", "The customer, by id, e-mail or name (default: the invoice's)"),
    ("credit_note", "reason", "Why it was made, in words"),
    ("credit_note", "text", "What is written on it (default: 'Reversal of: ' and the invoice, with the reason)"),
    ("credit_note", "accounting_date", "The day that it is accounted on (default: its date)"),
    ("credit_note", "due_date", "The day by which it is to be paid out (default: its date)"),
    ("credit_note", "paid", "What was paid out of it, as one payment on its date; the rest clears its invoice"),
    (
        "credit_note",
        "settled",
        "What is settled of it: first of all by clearing its invoice, then by a payment on its date",
    ),
    (
        "credit_note",
        "amount",
        "What it takes of its invoice, tax included, in place of lines: shared by them as a refund of an amount is",
    ),
    (
        "credit_note",
        "billed",
        "What it came to, as {untaxed, tax, total}: up to 0.05 beside what its lines come to, which is kept",
    ),
    ("line", "product", "The product, by id or name; none on a line that stands for no goods"),
    ("line", "lot", "The lot or serial number"),
    ("line", "label", "What the line says (default: the product's name)"),
    ("line", "quantity", "How many"),
    (
        "line",
        "price",
        "The price of one (default: the product's); below zero where the line takes off and stands for no goods",
    ),
    ("line", "discount", "Percent off the price, 0 to 100 (default: 0)"),
    ("line", "taxes", "The taxes on it, a list of ids (default: the product's)"),
    ("line", "coupon", "The code that made the line"),
    ("line", "done", "How much of it was moved (default: all, once done)"),
    ("line", "untaxed", "What it was billed with without tax: up to 0.05 beside what it comes to, which is kept"),
    ("line", "tax_amounts", "What it was billed with of each of its taxes, a list in their order"),
    (
        "line",
        "refunds",
        "goods, which takes a quantity of the invoice's line, or value, which takes off its price (default: goods)",
    ),
    (
        "line",
        "invoice_line",
        "The number of the invoice's line that it is of (default: found by product, lot and quantity)",
    ),
    ("credit_note line", "price", "The price of one (default: the invoice line's)"),
    ("credit_note line", "quantity", "How many (of value: 1)"),
    ("credit_note line", "taxes", "The taxes, which are those of the invoice's line"),
    (
        "coupon_program",
        "rewards",
        "What its codes are worth: [{type, value, on, products, product, quantity, maximum}], type percent, fixed or free_product",
    ),
    (
        "coupon_program",
        "conditions",
        "On which orders: {minimum_amount, minimum_amount_tax, minimum_quantity, products}",
    ),
    (
        "worksheet_template",
        "fields",
        "Its fields: [{name, type, required, choices}], type text, number, yes_no, date, choice or photo",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_meaning() {
        let without: Vec<String> = keys(None)
            .into_iter()
            .filter(|key| key.meaning.trim().is_empty())
            .map(|key| format!("{} {} of {}", key.kind, key.key, key.of))
            .collect();
        assert!(without.is_empty(), "{without:?}");
    }

    #[test]
    fn every_meaning_is_of_a_key() {
        let known = keys(None);
        for (whose, key, _) in MEANINGS {
            let is_of = |known: &Key| {
                known.key == *key
                    && (whose.is_empty()
                        || *whose == known.kind
                        || (*whose == "line" && known.of == "line")
                        || *whose == format!("{} line", known.kind))
            };
            assert!(known.iter().any(is_of), "{whose} {key}");
        }
    }
}
