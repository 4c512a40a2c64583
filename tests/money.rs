//! A model of money: random commands through the real program, held against a small reference model that was written from the
//! rules (spec B5, B7, B8, B11 to B15) and knows nothing of the program. Each answer is compared, codes too; after each batch the
//! store is verified and what credit notes took is summed anew.
//!
//! A failure tells its seed; `AFTERSALES_MONEY_SEED=n` plays that one again, `AFTERSALES_MONEY_SEEDS=n` plays that many.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::Shop;

/// How long the seeds of one test may take; one that has begun is finished.
const TIME: Duration = Duration::from_secs(8);

/// How many seeds are played where nothing else is asked for.
const SEEDS: u64 = 25;

/// Plays a story once for each seed, and tells the seed of one that fails.
#[allow(clippy::disallowed_methods, reason = "which seeds are played is asked by whoever runs the tests")]
pub fn play(story: impl Fn(&mut Dice)) {
    let asked = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let (first, count) = match asked("AFTERSALES_MONEY_SEED") {
        Some(seed) => (seed, 1),
        None => (1, asked("AFTERSALES_MONEY_SEEDS").unwrap_or(SEEDS)),
    };
    let is_long = count > SEEDS;
    let begun = Instant::now();
    for seed in first..first + count {
        if !is_long && begun.elapsed() > TIME {
            break;
        }
        let told = Told(seed);
        story(&mut Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1));
        std::mem::forget(told);
    }
}

/// Tells the seed when it is dropped by a panic.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        eprintln!("the seed was {}: AFTERSALES_MONEY_SEED={}", self.0, self.0);
    }
}

/// Numbers that follow from a seed.
pub struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }
    pub fn below(&mut self, bound: i128) -> i128 {
        i128::from(self.next()) % bound.max(1)
    }
    pub fn within(&mut self, from: i128, to: i128) -> i128 {
        from + self.below(to - from + 1)
    }
    pub fn one_in(&mut self, times: i128) -> bool {
        self.below(times) == 0
    }
    pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let at = self.below(i128::try_from(all.len()).unwrap());
        &all[usize::try_from(at).unwrap()]
    }
}

/// The quotient, half away from zero (spec B11).
pub fn rounded(numerator: i128, denominator: i128) -> i128 {
    let (n, d) = (numerator.abs(), denominator.abs());
    let sign = numerator.signum() * denominator.signum();
    sign * ((2 * n + d) / (2 * d))
}

pub fn money(cents: i128) -> String {
    format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100)
}

pub fn cents(value: &Value) -> i128 {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is no amount"));
    text.replace('.', "").parse().unwrap()
}

/// Thousandths of a unit, as a number is typed.
fn shown(thousandths: i128) -> String {
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

fn thousandths(value: &Value) -> i128 {
    let text = value.as_str().unwrap();
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{part:0<3}").parse().unwrap()
}

/// The taxes of the shop: name, percent, included.
pub const TAXES: [(&str, i128, bool); 4] = [("X20", 20, false), ("X7", 7, false), ("I10", 10, true), ("I5", 5, true)];

/// The sets of taxes that lines bear.
pub const SETS: [&[&str]; 6] = [&[], &["X20"], &["X7"], &["I10"], &["X20", "X7"], &["I10", "I5"]];

pub fn tax(name: &str) -> (i128, bool) {
    TAXES.iter().find(|(known, ..)| *known == name).map(|(_, rate, included)| (*rate, *included)).unwrap()
}

/// Untaxed amount, then each tax.
pub type Parts = Vec<i128>;

fn total(parts: &Parts) -> i128 {
    parts.iter().sum()
}

/// What a line comes to (spec B11): quantity and price in thousandths, the discount in whole percent.
pub fn amounts(quantity: i128, price: i128, discount: i128, taxes: &[&str]) -> Parts {
    let gross = rounded(quantity * price * (100 - discount), 1_000_000);
    let included: Vec<i128> = taxes.iter().filter(|name| tax(name).1).map(|name| tax(name).0).collect();
    let untaxed = rounded(gross * 100, 100 + included.iter().sum::<i128>());
    let mut shares = by_largest_remainder(gross - untaxed, &included).into_iter();
    let mut parts = vec![untaxed];
    for name in taxes {
        let (rate, is_included) = tax(name);
        parts.push(if is_included { shares.next().unwrap() } else { rounded(untaxed * rate, 100) });
    }
    parts
}

pub fn by_largest_remainder(amount: i128, weights: &[i128]) -> Vec<i128> {
    let whole: i128 = weights.iter().sum();
    if whole == 0 || amount == 0 {
        return vec![0; weights.len()];
    }
    let (sign, amount) = (amount.signum(), amount.abs());
    let mut shares: Vec<(i128, i128)> = weights
        .iter()
        .map(|weight| ((amount * weight).div_euclid(whole), (amount * weight).rem_euclid(whole)))
        .collect();
    let mut missing = amount - shares.iter().map(|(share, _)| share).sum::<i128>();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by_key(|at| -shares[*at].1);
    for at in order {
        if missing > 0 {
            shares[at].0 += 1;
            missing -= 1;
        }
    }
    shares.into_iter().map(|(share, _)| share * sign).collect()
}

/// A line of an invoice, as it was sold.
#[derive(Debug, Clone)]
struct Sold {
    /// Its product; a discount has a label alone.
    name: String,
    is_discount: bool,
    taxes: Vec<&'static str>,
    quantity: i128,
    price: i128,
    billed: Parts,
}

/// A line of a credit note.
#[derive(Debug, Clone)]
struct Taken {
    line: usize,
    goods: bool,
    quantity: i128,
    untaxed: i128,
    tax: i128,
    total: i128,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Draft,
    Posted,
    Cancelled,
}

#[derive(Debug, Clone)]
struct CreditNote {
    id: String,
    invoice: usize,
    state: State,
    lines: Vec<Taken>,
    total: i128,
    taxes: BTreeMap<String, i128>,
    open: i128,
    /// Matched with its invoice.
    cleared: i128,
    paid_out: i128,
    /// The invoice that reverses it, and whether that is posted: then it takes nothing of its invoice any more (spec B13).
    reversal: Option<String>,
    is_reversed: bool,
}

#[derive(Debug, Clone)]
struct Invoice {
    id: String,
    lines: Vec<Sold>,
    open: i128,
    paid: i128,
}

impl Invoice {
    fn total(&self) -> i128 {
        self.lines.iter().map(|line| total(&line.billed)).sum()
    }
    fn taxes(&self) -> BTreeMap<String, i128> {
        let mut taxes = BTreeMap::new();
        for line in &self.lines {
            for (name, amount) in line.taxes.iter().zip(&line.billed[1..]) {
                *taxes.entry((*name).to_owned()).or_default() += amount;
            }
        }
        taxes
    }
}

/// What the rules say the desk holds.
#[derive(Debug, Default)]
struct Desk {
    invoices: Vec<Invoice>,
    credit_notes: Vec<CreditNote>,
    documents: u32,
}

impl Desk {
    fn counting(&self, invoice: usize) -> impl Iterator<Item = &CreditNote> {
        self.credit_notes
            .iter()
            .filter(move |note| note.invoice == invoice && note.state != State::Cancelled && !note.is_reversed)
    }
    fn left_quantity(&self, invoice: usize, line: usize) -> i128 {
        let taken =
            self.counting(invoice).flat_map(|note| &note.lines).filter(|taken| taken.line == line && taken.goods);
        self.invoices[invoice].lines[line].quantity - taken.map(|taken| taken.quantity).sum::<i128>()
    }
    fn left_value(&self, invoice: usize, line: usize) -> i128 {
        let taken = self.counting(invoice).flat_map(|note| &note.lines).filter(|taken| taken.line == line);
        total(&self.invoices[invoice].lines[line].billed) - taken.map(|taken| taken.total).sum::<i128>()
    }
    fn left(&self, invoice: usize) -> i128 {
        self.invoices[invoice].total() - self.counting(invoice).map(|note| note.total).sum::<i128>()
    }
    /// What is proposed for a quantity of a line (spec B5), its untaxed amount and its tax: the worth of the line less what was
    /// taken off by value, in proportion, the last units with the cents that rounding left, and never more than is left. Of a line
    /// with two taxes only their sum is told, which does not decide it: none.
    fn proposed(&self, invoice: usize, line: usize, quantity: i128) -> Option<(i128, i128)> {
        let sold = &self.invoices[invoice].lines[line];
        if sold.taxes.len() > 1 {
            return None;
        }
        let taken: Vec<&Taken> =
            self.counting(invoice).flat_map(|note| &note.lines).filter(|taken| taken.line == line).collect();
        let is_last = quantity == self.left_quantity(invoice, line);
        let part = |billed: i128, of: &dyn Fn(&Taken) -> i128| {
            let off: i128 = taken.iter().filter(|taken| !taken.goods).map(|taken| of(taken)).sum();
            let left = billed - taken.iter().map(|taken| of(taken)).sum::<i128>();
            let worth = (billed - off).max(0);
            let share = |of: i128| rounded(worth * of, sold.quantity);
            let goods = taken.iter().filter(|taken| taken.goods);
            let own =
                if is_last { worth - goods.map(|taken| share(taken.quantity)).sum::<i128>() } else { share(quantity) };
            own.max(0).min(left.max(0))
        };
        let tax = sold.billed.get(1).copied().unwrap_or_default();
        Some((part(sold.billed[0], &|taken| taken.untaxed), part(tax, &|taken| taken.tax)))
    }

    /// What a line takes of the discounts of an untouched invoice, without tax: of each that is on it its share, rounded by itself,
    /// all of it with the last line that it is on. None where more than one decides, or the line's taxes do.
    fn share(&self, invoice: usize, line: usize, untaxed: i128, is_whole_line: bool) -> Option<i128> {
        let sold = &self.invoices[invoice];
        let discounts: Vec<&Sold> = sold.lines.iter().filter(|line| line.is_discount).collect();
        let goods = |discount: &Sold| -> Vec<usize> {
            let all = 0..sold.lines.len();
            all.filter(|at| !sold.lines[*at].is_discount && sold.lines[*at].taxes == discount.taxes).collect()
        };
        let mut sum = 0;
        for discount in &discounts {
            let covered = goods(discount);
            if !covered.contains(&line) {
                continue;
            }
            let whole: i128 = covered.iter().map(|at| sold.lines[*at].billed[0]).sum();
            if whole == 0 {
                return None;
            }
            sum += match is_whole_line && covered.len() == 1 {
                true => discount.billed[0],
                false => rounded(discount.billed[0] * untaxed, whole),
            };
        }
        Some(sum)
    }
}

/// A shop that sold on two or three invoices.
fn shop(dice: &mut Dice) -> (Shop, Desk) {
    let shop = Shop::new();
    let mut lines: Vec<Value> = TAXES
        .iter()
        .map(|(id, rate, included)| {
            json!({"command": "tax create", "id": id, "rate": rate.to_string(), "included": included})
        })
        .collect();
    for (set, taxes) in SETS.iter().enumerate() {
        for twin in 0..2 {
            lines.push(
                json!({"command": "product create", "id": format!("P{set}{twin}"), "price": "1.00", "tax": taxes}),
            );
        }
    }
    lines.push(json!({"command": "customer create", "name": "Ada Ltd"}));
    lines.push(json!({"command": "team create", "id": "Support", "service": ["refunds"]}));
    lines.push(json!({"command": "ticket create", "team": "Support", "customer": "C1", "subject": "Broken"}));
    shop.apply(&lines.iter().map(|line| format!("{line}\n")).collect::<String>());

    let mut desk = Desk::default();
    let mut records = String::new();
    for number in 0..2 {
        let invoice = sold(dice, number);
        let line = |line: &Sold| match line.is_discount {
            true => {
                json!({"product": null, "label": line.name, "quantity": "1", "price": price_of(line.price), "taxes": line.taxes})
            }
            false => {
                json!({"product": line.name, "quantity": shown(line.quantity), "price": price_of(line.price), "taxes": line.taxes})
            }
        };
        let told: Vec<Value> = invoice.lines.iter().map(line).collect();
        records.push_str(&format!(
            "{}\n",
            json!({"record": "invoice", "id": invoice.id, "customer": "C1", "state": "posted", "lines": told})
        ));
        desk.invoices.push(invoice);
    }
    let ran = shop.run_with("import", records);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    for invoice in &desk.invoices {
        let there = shop.ok(&format!("invoice show {}", invoice.id));
        for (line, there) in invoice.lines.iter().zip(there["lines"].as_array().unwrap()) {
            assert_eq!(
                (cents(&there["untaxed"]), cents(&there["total"])),
                (line.billed[0], total(&line.billed)),
                "{line:?} {there}"
            );
        }
        assert_eq!(cents(&there["total"]), invoice.total());
    }
    (shop, desk)
}

fn price_of(price: i128) -> String {
    format!("{}{}", if price < 0 { "-" } else { "" }, shown(price.abs()))
}

/// An invoice of one to four products, with up to two discounts on them.
fn sold(dice: &mut Dice, number: i128) -> Invoice {
    let mut lines: Vec<Sold> = Vec::new();
    for _ in 0..dice.within(1, 3) {
        let set = usize::try_from(dice.below(6)).unwrap();
        let name = format!("P{set}{}", dice.below(2));
        if lines.iter().any(|line| line.name == name) {
            continue;
        }
        let quantity = if dice.one_in(5) { dice.within(1, 8) * 500 } else { dice.within(1, 6) * 1000 };
        let price = if dice.one_in(4) { dice.within(1, 90) * 10 } else { dice.within(100, 60_000) };
        let billed = amounts(quantity, price, 0, SETS[set]);
        lines.push(Sold { name, is_discount: false, taxes: SETS[set].to_vec(), quantity, price, billed });
    }
    for at in 0..dice.below(3) {
        let like = dice.one_of(&lines).clone();
        if like.is_discount || dice.one_in(4) {
            continue;
        }
        let covered: i128 =
            lines.iter().filter(|line| line.taxes == like.taxes && !line.is_discount).map(|line| line.billed[0]).sum();
        let off = dice.within(1, (covered / 4).max(1)).min(covered);
        if off < 1 {
            continue;
        }
        let billed = amounts(1000, -off * 10, 0, &like.taxes);
        lines.push(Sold {
            name: format!("SAVE{at}"),
            is_discount: true,
            taxes: like.taxes.clone(),
            quantity: 1000,
            price: -off * 10,
            billed,
        });
    }
    let mut invoice = Invoice { id: format!("OLD/{number}"), lines, open: 0, paid: 0 };
    invoice.open = invoice.total();
    invoice
}

/// Something asked of the desk, and what the rules say of it.
#[derive(Debug, Clone)]
enum Asked {
    Refund {
        invoice: usize,
        ask: Ask,
        post: bool,
    },
    Edit {
        note: usize,
        line: usize,
        quantity: i128,
        price: Option<i128>,
    },
    Drop {
        note: usize,
        line: usize,
    },
    Post {
        note: usize,
    },
    Cancel {
        note: usize,
    },
    Pay {
        invoice: usize,
        amount: i128,
    },
    PayOut {
        note: usize,
        amount: i128,
    },
    Unmatch {
        note: usize,
    },
    Match {
        note: usize,
    },
    /// Drafts the invoice that reverses a credit note, and posts it.
    Reverse {
        note: usize,
    },
}

#[derive(Debug, Clone)]
enum Ask {
    Whole,
    Lines(Vec<(usize, i128)>),
    Amount(i128),
    LineAmount(usize, i128),
}

fn any(dice: &mut Dice, desk: &Desk) -> Asked {
    let invoice = usize::try_from(dice.below(i128::try_from(desk.invoices.len()).unwrap())).unwrap();
    let count = i128::try_from(desk.credit_notes.len()).unwrap();
    if count > 0 && dice.one_in(3) {
        let note = usize::try_from(dice.below(count)).unwrap();
        let lines = i128::try_from(desk.credit_notes[note].lines.len()).unwrap();
        let line = usize::try_from(dice.below(lines)).unwrap();
        return match dice.below(12) {
            0 | 1 if lines > 0 => {
                let price = if dice.one_in(3) { Some(dice.within(0, 60_000)) } else { None };
                Asked::Edit { note, line, quantity: dice.within(0, 4) * 1000, price }
            }
            2 if lines > 1 => Asked::Drop { note, line },
            6 => Asked::Unmatch { note },
            7 | 8 => Asked::Match { note },
            9 => Asked::Reverse { note },
            3 | 4 => Asked::Post { note },
            5 => Asked::PayOut { note, amount: dice.within(1, 4000) },
            _ => Asked::Cancel { note },
        };
    }
    if dice.one_in(6) {
        return Asked::Pay { invoice, amount: dice.within(1, 20_000) };
    }
    let goods: Vec<usize> =
        (0..desk.invoices[invoice].lines.len()).filter(|at| !desk.invoices[invoice].lines[*at].is_discount).collect();
    let ask = match dice.below(7) {
        0 => Ask::Whole,
        1 | 2 => Ask::Amount(dice.within(1, desk.left(invoice).max(1) + 5)),
        3 => {
            let line = *dice.one_of(&goods);
            Ask::LineAmount(line, dice.within(1, desk.left_value(invoice, line).max(1) + 5))
        }
        _ => {
            let mut lines: Vec<(usize, i128)> = Vec::new();
            for line in goods {
                if lines.is_empty() || dice.one_in(3) {
                    let most = desk.left_quantity(invoice, line);
                    let quantity = match dice.below(6) {
                        0 => most + 500,
                        1 | 2 => dice.within(1, (most / 500).max(1)) * 500,
                        _ => 1000,
                    };
                    lines.push((line, quantity));
                }
            }
            Ask::Lines(lines)
        }
    };
    Asked::Refund { invoice, ask, post: dice.one_in(2) }
}

fn typed(desk: &Desk, asked: &Asked) -> Value {
    let note = |at: &usize| desk.credit_notes[*at].id.clone();
    match asked {
        Asked::Refund { invoice, ask, post } => {
            let mut line = json!({"command": "ticket refund", "ticket": "T1", "invoice": desk.invoices[*invoice].id, "post": post});
            match ask {
                Ask::Whole => {}
                Ask::Amount(amount) => line["amount"] = json!(money(*amount)),
                Ask::LineAmount(at, amount) => line["line_amount"] = json!([format!("{}={}", at + 1, money(*amount))]),
                Ask::Lines(lines) => {
                    let lines: Vec<String> =
                        lines.iter().map(|(at, quantity)| format!("{}={}", at + 1, shown(*quantity))).collect();
                    line["line"] = json!(lines);
                }
            }
            line
        }
        Asked::Edit { note: at, line, quantity, price } => {
            let price = price.map(|price| format!("@{}", shown(price))).unwrap_or_default();
            let change = format!("{}={}{price}", line + 1, shown(*quantity));
            json!({"command": "credit-note edit", "credit_note": note(at), "line": [change]})
        }
        Asked::Unmatch { note: at } | Asked::Match { note: at } => {
            let verb = if matches!(asked, Asked::Match { .. }) { "match" } else { "unmatch" };
            let with = &desk.invoices[desk.credit_notes[*at].invoice].id;
            json!({"command": format!("credit-note {verb}"), "credit_note": note(at), "with": with})
        }
        Asked::Reverse { note: at } => json!({"command": "credit-note reverse", "credit_note": note(at)}),
        Asked::Drop { note: at, line } => {
            json!({"command": "credit-note edit", "credit_note": note(at), "drop_line": [line + 1]})
        }
        Asked::Post { note: at } => json!({"command": "credit-note post", "credit_note": note(at)}),
        Asked::Cancel { note: at } => json!({"command": "credit-note cancel", "credit_note": note(at)}),
        Asked::Pay { invoice, amount } => {
            json!({"command": "invoice pay", "invoice": desk.invoices[*invoice].id, "amount": money(*amount)})
        }
        Asked::PayOut { note: at, amount } => {
            json!({"command": "credit-note pay", "credit_note": note(at), "amount": money(*amount)})
        }
    }
}

/// The lines of a credit note, told by product or label.
fn taken_of(document: &Value, invoice: &Invoice) -> Vec<Taken> {
    let line = |line: &Value| {
        let name = line["product"].as_str().unwrap_or_else(|| line["label"].as_str().unwrap());
        Taken {
            line: invoice.lines.iter().position(|sold| sold.name == name).unwrap(),
            goods: line["refunds"] == "goods",
            quantity: thousandths(&line["quantity"]),
            untaxed: cents(&line["untaxed"]),
            tax: cents(&line["tax"]),
            total: cents(&line["total"]),
        }
    };
    document["lines"].as_array().unwrap().iter().map(line).collect()
}

fn taxes_of(document: &Value) -> BTreeMap<String, i128> {
    let lines = document["tax_lines"].as_array().unwrap();
    lines.iter().map(|line| (line["tax"].as_str().unwrap().to_owned(), cents(&line["amount"]))).collect()
}

impl Desk {
    /// Holds the answer to something asked against the rules, and takes over what was done.
    fn heard(&mut self, asked: &Asked, answer: &Value) {
        let code = answer["error"]["code"].as_str().unwrap_or("");
        let is_done = answer["status"] == "done" || answer["status"] == "unchanged";
        assert!(is_done != answer["error"].is_object(), "{answer}");
        let told = || format!("{asked:?}\n{answer:#}\n{self:#?}");
        match asked {
            Asked::Refund { invoice, ask, post } => {
                let (invoice, post) = (*invoice, *post);
                match self.refused(invoice, ask) {
                    Some(expected) => assert!(expected.contains(&code), "{expected:?} {}", told()),
                    None => {
                        assert!(is_done, "{}", told());
                        let document = &answer["result"]["credit_notes"][0];
                        let lines = taken_of(document, &self.invoices[invoice]);
                        self.check_lines(invoice, ask, &lines, document, &told());
                        self.documents += 1;
                        let mut note = CreditNote {
                            id: document["id"].as_str().unwrap().to_owned(),
                            invoice,
                            state: State::Draft,
                            total: lines.iter().map(|line| line.total).sum(),
                            lines,
                            taxes: taxes_of(document),
                            open: 0,
                            cleared: 0,
                            paid_out: 0,
                            reversal: None,
                            is_reversed: false,
                        };
                        assert_eq!(cents(&document["total"]), note.total);
                        if post {
                            self.post(&mut note);
                        }
                        assert_eq!(cents(&document["open"]), note.open, "{note:?} {document:#}");
                        self.credit_notes.push(note);
                    }
                }
            }
            Asked::Edit { note, .. } | Asked::Drop { note, .. } => {
                let note = *note;
                if self.credit_notes[note].state != State::Draft {
                    // A value fault comes before the state; an edit that finds all as it is changes nothing.
                    assert!(!is_done || answer["status"] == "unchanged", "{}", told());
                } else if is_done {
                    let document = &answer["result"]["credit_note"];
                    let invoice = self.credit_notes[note].invoice;
                    let lines = taken_of(document, &self.invoices[invoice]);
                    self.credit_notes[note].total = cents(&document["total"]);
                    self.credit_notes[note].taxes = taxes_of(document);
                    self.credit_notes[note].lines = lines;
                } else {
                    assert!(
                        ["refund_exceeds_invoice", "quantity_invalid", "invalid_value", "state_not_allowed"]
                            .contains(&code),
                        "{}",
                        told()
                    );
                }
            }
            Asked::Post { note } => {
                let mut known = self.credit_notes[*note].clone();
                let is_empty = known.lines.iter().all(|line| line.quantity == 0);
                match known.state {
                    State::Posted => assert_eq!(answer["status"], "unchanged", "{}", told()),
                    State::Cancelled => assert_eq!(code, "state_not_allowed", "{}", told()),
                    State::Draft if is_empty => assert_eq!(code, "state_not_allowed", "{}", told()),
                    State::Draft => {
                        assert!(is_done, "{}", told());
                        self.post(&mut known);
                        assert_eq!(cents(&answer["result"]["credit_note"]["open"]), known.open, "{asked:?} {answer:#}");
                        self.credit_notes[*note] = known;
                    }
                }
            }
            Asked::Cancel { note } => {
                // The questions of what was paid out are answered with yes.
                let mut known = self.credit_notes[*note].clone();
                if known.is_reversed {
                    assert_eq!(code, "state_not_allowed", "{}", told());
                    return;
                }
                assert!(is_done, "{}", told());
                if known.state == State::Cancelled {
                    assert_eq!(answer["status"], "unchanged", "{}", told());
                    return;
                }
                self.invoices[known.invoice].open += known.cleared;
                (known.state, known.open, known.cleared, known.paid_out) = (State::Cancelled, 0, 0, 0);
                self.credit_notes[*note] = known;
            }
            Asked::Unmatch { note } => {
                let known = &mut self.credit_notes[*note];
                if known.state != State::Posted {
                    assert_eq!(code, "state_not_allowed", "{answer:#}");
                    return;
                }
                assert_eq!(answer["status"], if known.cleared == 0 { "unchanged" } else { "done" }, "{answer:#}");
                self.invoices[known.invoice].open += known.cleared;
                (known.open, known.cleared) = (known.open + known.cleared, 0);
            }
            Asked::Match { note } => {
                let known = &mut self.credit_notes[*note];
                let open = &mut self.invoices[known.invoice].open;
                let amount = known.open.min(*open);
                if known.state != State::Posted {
                    assert_eq!(code, "state_not_allowed", "{answer:#}");
                } else if amount == 0 {
                    assert_eq!(code, "nothing_to_match", "{answer:#}");
                } else {
                    assert_eq!(answer["status"], "done", "{answer:#}");
                    *open -= amount;
                    (known.open, known.cleared) = (known.open - amount, known.cleared + amount);
                }
            }
            Asked::Reverse { note } => {
                let known = &self.credit_notes[*note];
                match (known.state, &known.reversal) {
                    (State::Posted, None) => {
                        assert!(is_done, "{}", told());
                        let draft = &answer["result"]["invoice"];
                        assert_eq!((cents(&draft["total"]), draft["invoice"] != Value::Null), (known.total, true));
                        self.credit_notes[*note].reversal = Some(draft["id"].as_str().unwrap().to_owned());
                    }
                    _ => assert_eq!(code, "state_not_allowed", "{}", told()),
                }
            }
            Asked::Pay { invoice, amount } => {
                let open = self.invoices[*invoice].open;
                if *amount > open {
                    assert_eq!(code, "invalid_value", "{}", told());
                    return;
                }
                assert!(is_done, "{}", told());
                let invoice = &mut self.invoices[*invoice];
                (invoice.open, invoice.paid) = (invoice.open - amount, invoice.paid + amount);
                let document = &answer["result"]["invoice"];
                assert_eq!(cents(&document["open"]), invoice.open);
                assert_eq!(document["payment_state"], if invoice.open == 0 { "paid" } else { "partial" });
            }
            Asked::PayOut { note, amount } => {
                let known = &self.credit_notes[*note];
                if known.state != State::Posted {
                    assert_eq!(code, "state_not_allowed", "{}", told());
                } else if *amount > known.open {
                    assert_eq!(code, "invalid_value", "{}", told());
                } else {
                    assert!(is_done, "{}", told());
                    let known = &mut self.credit_notes[*note];
                    (known.open, known.paid_out) = (known.open - amount, known.paid_out + amount);
                }
            }
        }
    }

    /// Posting clears the invoice up to the smaller of the two open amounts (spec B7).
    fn post(&mut self, note: &mut CreditNote) {
        let open = &mut self.invoices[note.invoice].open;
        note.cleared = note.total.min(*open);
        *open -= note.cleared;
        (note.open, note.state) = (note.total - note.cleared, State::Posted);
    }

    /// The codes with which a refund is refused, none where it is done.
    fn refused(&self, invoice: usize, ask: &Ask) -> Option<&'static [&'static str]> {
        let sold = &self.invoices[invoice];
        let goods = || (0..sold.lines.len()).filter(|at| !sold.lines[*at].is_discount);
        let any_units = goods().any(|at| self.left_quantity(invoice, at) != 0);
        let any_value = (0..sold.lines.len()).any(|at| self.left_value(invoice, at) != 0);
        let units_of_value =
            goods().any(|at| self.left_quantity(invoice, at) != 0 && self.left_value(invoice, at) != 0);
        let nothing = !any_value || (!units_of_value && self.left(invoice) == 0);
        match ask {
            Ask::Whole if nothing => Some(&["nothing_to_refund"]),
            Ask::Whole => None,
            Ask::Amount(_) if nothing => Some(&["nothing_to_refund"]),
            Ask::Amount(amount) if *amount > self.left(invoice) => Some(&["refund_exceeds_invoice"]),
            Ask::Amount(_) => None,
            Ask::LineAmount(..) | Ask::Lines(_) if nothing && !any_units => Some(&["nothing_to_refund"]),
            Ask::LineAmount(line, amount) => {
                let left = self.left_value(invoice, *line).min(self.left(invoice));
                (*amount > left).then_some(&["refund_exceeds_invoice"])
            }
            Ask::Lines(lines) => {
                let beyond = lines.iter().any(|(at, quantity)| *quantity > self.left_quantity(invoice, *at));
                if beyond {
                    return Some(&["refund_exceeds_invoice"]);
                }
                None
            }
        }
    }

    /// What the lines of a new credit note must be.
    fn check_lines(&self, invoice: usize, ask: &Ask, lines: &[Taken], document: &Value, told: &str) {
        let sum: i128 = lines.iter().map(|line| line.total).sum();
        assert!(sum >= 0 && sum <= self.left(invoice), "{sum} of {} {told}", self.left(invoice));
        for line in lines {
            let left = self.left_value(invoice, line.line);
            assert!(line.total.abs() <= left.abs() && line.total * left >= 0, "{line:?} of {left} {told}");
        }
        match ask {
            Ask::Whole => {
                assert_eq!(sum, self.left(invoice), "{told}");
                // All units that are left of each line, with the cents that rounding left and without what an edit kept back.
                for line in lines.iter().filter(|line| line.goods) {
                    assert_eq!(line.quantity, self.left_quantity(invoice, line.line), "{told}");
                    if let Some(proposed) = self.proposed(invoice, line.line, line.quantity) {
                        assert_eq!((line.untaxed, line.tax), proposed, "{told}");
                    }
                }
            }
            Ask::Amount(amount) | Ask::LineAmount(_, amount) => {
                assert_eq!(sum, *amount, "{told}");
                assert!(lines.iter().all(|line| !line.goods), "{told}");
            }
            Ask::Lines(asked) => {
                for (at, quantity) in asked {
                    let line = lines.iter().find(|line| line.line == *at && line.goods).expect(told);
                    assert_eq!(line.quantity, *quantity, "{told}");
                    if let Some(proposed) = self.proposed(invoice, *at, *quantity) {
                        assert_eq!((line.untaxed, line.tax), proposed, "{told}");
                    }
                }
            }
        }
        if let (Ask::Lines(asked), true) = (ask, self.counting(invoice).count() == 0)
            && let [(at, quantity)] = asked[..]
        {
            let line = lines.iter().find(|line| line.line == at && line.goods).expect(told);
            let along: i128 = lines.iter().filter(|line| !line.goods).map(|line| line.untaxed).sum();
            let is_whole_line = quantity == self.invoices[invoice].lines[at].quantity;
            if let Some(share) = self.share(invoice, at, line.untaxed, is_whole_line) {
                // Unless rounding would make it less than nothing.
                assert!(along == share || (sum == 0 && along > share), "{share} along {told}");
            }
        }
        if let Ask::Amount(amount) = ask {
            // By largest remainder over what is left of each line.
            let all: Vec<i128> =
                (0..self.invoices[invoice].lines.len()).map(|at| self.left_value(invoice, at)).collect();
            let shares = by_largest_remainder(*amount, &all);
            for (at, share) in shares.iter().enumerate() {
                let given: i128 = lines.iter().filter(|line| line.line == at).map(|line| line.total).sum();
                assert_eq!(given, *share, "line {at} {told}");
            }
        }
        for (name, amount) in taxes_of(document) {
            let whole = self.invoices[invoice].taxes().get(&name).copied().unwrap_or_default();
            let taken: i128 =
                self.counting(invoice).map(|note| note.taxes.get(&name).copied().unwrap_or_default()).sum();
            assert!(amount >= 0 && amount + taken <= whole, "{name}: {amount} and {taken} of {whole} {told}");
        }
    }

    /// Each invoice and credit note as the program shows it, and the sums over them.
    fn check(&self, shop: &Shop) {
        let there = shop.ok("invoice list --fields id,open");
        let open_of = |id: &str| {
            let found = there.as_array().unwrap().iter().find(|there| there["id"] == id).unwrap();
            cents(&found["open"])
        };
        for (at, invoice) in self.invoices.iter().enumerate() {
            assert_eq!(open_of(&invoice.id), invoice.open, "{} {self:#?}", invoice.id);
            assert!(self.left(at) >= 0, "{self:#?}");
            for (name, whole) in invoice.taxes() {
                let taken: i128 =
                    self.counting(at).map(|note| note.taxes.get(&name).copied().unwrap_or_default()).sum();
                assert!(taken >= 0 && taken <= whole, "{name}: {taken} of {whole} {self:#?}");
            }
        }
        let there = shop.ok("credit-note list --fields id,open,total");
        for (note, there) in self.credit_notes.iter().zip(there.as_array().unwrap()) {
            assert_eq!(
                (there["id"].as_str(), cents(&there["open"]), cents(&there["total"])),
                (Some(&*note.id), note.open, note.total),
                "{self:#?}"
            );
        }
        shop.ok("verify");
    }
}

/// Posts the invoice that reverses a credit note: it gives back what the credit note took, and clears what is open of it.
fn post_reversals(shop: &Shop, desk: &mut Desk) {
    for note in &mut desk.credit_notes {
        let Some(reversal) = note.reversal.clone().filter(|_| !note.is_reversed) else {
            continue;
        };
        if note.state == State::Cancelled {
            shop.refused(&format!("invoice post {reversal}"), "state_not_allowed");
            continue;
        }
        if note.lines.iter().all(|line| line.quantity == 0) {
            continue;
        }
        let posted = shop.done(&format!("invoice post {reversal}"));
        let cleared = note.open;
        assert_eq!(cents(&posted["result"]["invoice"]["open"]), note.total - cleared, "{posted:#}");
        (note.open, note.is_reversed) = (0, true);
    }
}

fn run(shop: &Shop, desk: &mut Desk, asked: &[Asked]) {
    let lines: String = asked.iter().map(|asked| format!("{}\n", typed(desk, asked))).collect();
    let ran = shop.run_with("apply --yes -o ndjson", lines);
    let answers: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), asked.len(), "{}", ran.stderr);
    for (asked, answer) in asked.iter().zip(&answers) {
        desk.heard(asked, answer);
    }
}

#[test]
fn refunds_are_what_the_rules_say() {
    play(|dice| {
        let (shop, mut desk) = shop(dice);
        for _ in 0..3 {
            for _ in 0..2 {
                let asked: Vec<Asked> = (0..12).map(|_| any(dice, &desk)).collect();
                run(&shop, &mut desk, &asked);
            }
            post_reversals(&shop, &mut desk);
            desk.check(&shop);
        }
        // Whatever went before, every invoice can be credited to the last cent, in total and in each tax.
        for at in 0..desk.invoices.len() {
            let whole = Asked::Refund { invoice: at, ask: Ask::Whole, post: true };
            run(&shop, &mut desk, &[whole]);
            assert_eq!(desk.left(at), 0, "{desk:#?}");
            for (name, whole) in desk.invoices[at].taxes() {
                let taken: i128 =
                    desk.counting(at).map(|note| note.taxes.get(&name).copied().unwrap_or_default()).sum();
                assert_eq!(taken, whole, "{name} {desk:#?}");
            }
        }
        desk.check(&shop);
    });
}

/// An order line, and its bills: id, quantity, whether it counts.
struct Ordered {
    product: String,
    quantity: i128,
    price: i128,
    billed: Parts,
    bills: Vec<(String, i128)>,
}

impl Ordered {
    fn left(&self) -> i128 {
        (self.quantity - self.bills.iter().map(|(_, quantity)| quantity).sum::<i128>()).max(0)
    }
    /// The line's own value for all that is left of it (spec B15).
    fn rest(&self) -> i128 {
        let share = |part: i128, of: i128| rounded(part * of, self.quantity);
        self.billed.iter().map(|part| part - self.bills.iter().map(|(_, of)| share(*part, *of)).sum::<i128>()).sum()
    }
}

#[test]
fn what_is_billed_is_the_orders_own_value_and_imports_find_it() {
    play(|dice| {
        let (shop, _) = shop(dice);
        let mut lines: Vec<Ordered> = Vec::new();
        for _ in 0..dice.within(1, 4) {
            let set = usize::try_from(dice.below(6)).unwrap();
            let (quantity, price) = (dice.within(1, 7) * 1000, dice.within(1, 20_000));
            lines.push(Ordered {
                product: format!("P{set}0"),
                quantity,
                price,
                billed: amounts(quantity, price, 0, SETS[set]),
                bills: Vec::new(),
            });
        }
        let typed: Vec<String> = lines
            .iter()
            .map(|line| format!("{}={}@{}", line.product, shown(line.quantity), shown(line.price)))
            .collect();
        shop.apply(&format!(
            "{}\n{}\n",
            json!({"command": "order create", "customer": "C1", "line": typed}),
            json!({"command": "order confirm", "order": "S1"})
        ));
        for step in 0..dice.within(4, 8) {
            if lines.iter().all(|line| line.left() == 0) {
                shop.refused("invoice create --order S1", "nothing_to_invoice");
                break;
            }
            let open: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].left() > 0).collect();
            if dice.one_in(3) {
                // A line that another program billed, of what would be billed.
                let at = *dice.one_of(&open);
                let id = format!("THEIRS-{step}");
                let (product, quantity, price) = (lines[at].product.clone(), lines[at].left(), lines[at].price);
                let told = json!({"record": "invoice", "id": id, "order": "S00001", "state": "posted",
                    "lines": [{"product": product, "quantity": shown(quantity), "price": shown(price)}]});
                assert_eq!(shop.run_with("import", told.to_string()).code, 0);
                // Of lines that are alike in all three the first is found.
                let same = |line: &Ordered| (&line.product, line.left(), line.price) == (&product, quantity, price);
                let found = lines.iter().position(same).unwrap();
                lines[found].bills.push((id, quantity));
                continue;
            }
            let made = shop.done("invoice create --order S1");
            let made = &made["result"]["invoice"];
            let id = made["id"].as_str().unwrap().to_owned();
            let there = made["lines"].as_array().unwrap();
            assert_eq!(there.len(), open.len(), "{made:#}");
            for (at, there) in open.iter().zip(there) {
                let line = &lines[*at];
                assert_eq!(
                    (thousandths(&there["quantity"]), cents(&there["total"])),
                    (line.left(), line.rest()),
                    "{made:#}"
                );
            }
            for at in &open {
                let left = lines[*at].left();
                lines[*at].bills.push((id.clone(), left));
            }
            // Another quantity, or another price, of one of its lines.
            let place = usize::try_from(dice.below(i128::try_from(open.len()).unwrap())).unwrap();
            let at = open[place];
            let quantity = dice.within(0, lines[at].bills.last().unwrap().1 / 1000) * 1000;
            let price = if dice.one_in(2) { String::new() } else { format!("@{}", shown(dice.within(0, 20_000))) };
            shop.ok(&format!("invoice edit {id} --line {}={}{price}", place + 1, shown(quantity)));
            lines[at].bills.last_mut().unwrap().1 = quantity;
            if quantity == 0 {
                lines[at].bills.pop();
            }
            let is_worth = made["total"] != "0.00";
            match dice.below(4) {
                0 => {
                    shop.done(&format!("invoice cancel {id}"));
                    for line in &mut lines {
                        line.bills.retain(|(bill, _)| *bill != id);
                    }
                }
                1 if is_worth && (open.len() > 1 || quantity > 0) => {
                    // Reversed in favour of a copy, which bills the same; and maybe the copy is not wanted.
                    shop.done(&format!("invoice post {id}"));
                    if shop.ok(&format!("invoice show {id}"))["total"] == "0.00" {
                        continue;
                    }
                    let again = shop.done(&format!("ticket refund T1 --invoice {id} --create-invoice"));
                    let copy = again["result"]["invoices"][0]["id"].as_str().unwrap().to_owned();
                    let is_kept = dice.one_in(2);
                    for line in &mut lines {
                        for bill in line.bills.iter_mut().filter(|(bill, _)| *bill == id) {
                            bill.0.clone_from(&copy);
                        }
                        line.bills.retain(|(bill, _)| is_kept || *bill != copy);
                    }
                    if !is_kept {
                        shop.done(&format!("invoice cancel {copy}"));
                    }
                }
                _ => {}
            }
        }
    });
}
