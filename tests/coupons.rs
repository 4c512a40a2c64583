//! A model of coupons: random commands through the real program, held against a small reference model that was written from the rules
//! (spec C6 to C8; contract, section 7 "Coupons") and knows nothing of the program. Each answer is compared: codes of refusals and
//! warnings, and every line that a code made. In the end all that is confirmed is billed in parts and refunded, and adds up.

use serde_json::{Value, json};

use crate::money::{Dice, SETS, TAXES, amounts, by_largest_remainder, cents, money, play, rounded, tax};
use crate::support::Shop;

/// What a reward takes off, and what from.
#[derive(Debug, Clone)]
enum Reward {
    Percent(i128, On, Option<i128>),
    Fixed(i128, On, Option<i128>),
    Free(i128),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    Order,
    Cheapest,
    /// The products of that set of taxes.
    Set(usize),
}

#[derive(Debug, Clone)]
struct Program {
    id: String,
    /// Its promo code; none where it makes coupons.
    promo: Option<String>,
    rewards: Vec<Reward>,
    minimum: Option<(i128, bool)>,
    quantity: Option<i128>,
    /// The set of taxes whose products the conditions name.
    named: Option<usize>,
    limit: Option<i128>,
    is_archived: bool,
}

/// A code that can be typed: its program, and who used it where it is a coupon's.
#[derive(Debug, Clone)]
struct Code {
    code: String,
    program: usize,
    is_coupon: bool,
    used_by: Option<usize>,
    is_cancelled: bool,
    only: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    set: usize,
    quantity: i128,
    price: i128,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Draft,
    Confirmed,
    Cancelled,
}

#[derive(Debug, Clone)]
struct Order {
    customer: usize,
    lines: Vec<Line>,
    codes: Vec<usize>,
    state: State,
    /// What its codes made of it when it was last worked out.
    made: Vec<Made>,
}

/// A line that a code makes: code, product, quantity, untaxed amount and total.
type Made = (String, Option<String>, String, i128, i128);

#[derive(Debug, Default)]
struct Desk {
    programs: Vec<Program>,
    codes: Vec<Code>,
    orders: Vec<Order>,
}

fn product(set: usize) -> String {
    format!("P{set}0")
}

impl Line {
    fn parts(&self) -> Vec<i128> {
        amounts(self.quantity * 1000, self.price * 10, 0, SETS[self.set])
    }
    fn total(&self) -> i128 {
        self.parts().iter().sum()
    }
}

/// A discount of that total under a set of taxes: its untaxed amount (contract, section 7).
fn untaxed(total: i128, set: usize) -> i128 {
    rounded(total * 100, 100 + SETS[set].iter().map(|name| tax(name).0).sum::<i128>())
}

impl Desk {
    fn uses(&self, program: usize) -> i128 {
        let of = |code: &usize| self.codes[*code].program == program;
        let confirmed = self.orders.iter().filter(|order| order.state == State::Confirmed);
        i128::try_from(confirmed.filter(|order| order.codes.iter().any(of)).count()).unwrap()
    }

    /// What these codes take of each line, one after the other (spec C7).
    fn taken(&self, lines: &[Line], codes: &[usize]) -> Vec<Vec<i128>> {
        let mut left: Vec<i128> = lines.iter().map(Line::total).collect();
        let mut all = Vec::new();
        for code in codes {
            let mut taken = vec![0; lines.len()];
            for reward in &self.programs[self.codes[*code].program].rewards {
                let (on, most) = match reward {
                    Reward::Free(_) => continue,
                    Reward::Percent(_, on, most) | Reward::Fixed(_, on, most) => (*on, *most),
                };
                let cheapest = (0..lines.len()).filter(|at| left[*at] > 0).min_by_key(|at| (lines[*at].price, *at));
                let covers = |at: usize| match on {
                    On::Order => true,
                    On::Cheapest => Some(at) == cheapest,
                    On::Set(set) => lines[at].set == set,
                };
                let weights: Vec<i128> = (0..lines.len()).map(|at| if covers(at) { left[at] } else { 0 }).collect();
                let sum: i128 = weights.iter().sum();
                // Of the cheapest line one unit is covered.
                let units = if on == On::Cheapest { cheapest.map_or(1, |at| lines[at].quantity) } else { 1 };
                let amount = match reward {
                    Reward::Percent(percent, ..) => rounded(sum * percent, 100 * units),
                    Reward::Fixed(amount, ..) => *amount,
                    Reward::Free(_) => 0,
                };
                let amount = amount.min(most.unwrap_or(amount)).min(rounded(sum, units)).min(sum);
                for (at, part) in by_largest_remainder(amount, &weights).into_iter().enumerate() {
                    left[at] -= part;
                    taken[at] += part;
                }
            }
            all.push(taken);
        }
        all
    }

    /// What a code took by set of taxes, in the order in which lines bring them.
    fn by_set(lines: &[Line], taken: &[i128]) -> Vec<(usize, i128)> {
        let mut sums: Vec<(usize, i128)> = Vec::new();
        for (line, part) in lines.iter().zip(taken).filter(|(_, part)| **part > 0) {
            match sums.iter_mut().find(|(set, _)| *set == line.set) {
                Some((_, sum)) => *sum += part,
                None => sums.push((line.set, *part)),
            }
        }
        sums
    }

    fn percentage(&self, code: usize) -> Option<i128> {
        let rewards = &self.programs[self.codes[code].program].rewards;
        rewards
            .iter()
            .filter_map(|of| if let Reward::Percent(percent, On::Order, _) = of { Some(*percent) } else { None })
            .max()
    }

    /// The codes that stand with that one behind `kept`, or why it does not stand (spec C6).
    fn with(&self, order: &Order, kept: &[usize], code: usize) -> Result<Vec<usize>, &'static str> {
        let (known, program) = (&self.codes[code], &self.programs[self.codes[code].program]);
        if program.is_archived {
            return Err("coupon_program_inactive");
        }
        if known.is_cancelled {
            return Err("coupon_cancelled");
        }
        if known.used_by.is_some() {
            return Err("coupon_used");
        }
        if known.only.is_some_and(|only| only != order.customer) {
            return Err("coupon_other_customer");
        }
        if program.limit.is_some_and(|limit| self.uses(known.program) >= limit) {
            return Err("coupon_usage_limit");
        }
        if kept.iter().any(|other| self.codes[*other].program == known.program) {
            return Err("coupon_already_applied");
        }
        let own = self.percentage(code);
        if own.is_some() && kept.iter().any(|other| self.percentage(*other) >= own) {
            return Err("coupon_better_applied");
        }
        let gives_way = |other: &usize| own.is_some() && self.percentage(*other).is_some();
        let mut with: Vec<usize> = kept.iter().copied().filter(|other| !gives_way(other)).collect();
        let counted: Vec<&Line> =
            order.lines.iter().filter(|line| program.named.is_none_or(|named| named == line.set)).collect();
        if let Some((minimum, is_included)) = program.minimum {
            let mut sum: i128 =
                counted.iter().map(|line| if is_included { line.total() } else { line.parts()[0] }).sum();
            if program.named.is_none() {
                for taken in self.taken(&order.lines, &with) {
                    let by_set = Desk::by_set(&order.lines, &taken).into_iter();
                    sum -= by_set.map(|(set, off)| if is_included { off } else { untaxed(off, set) }).sum::<i128>();
                }
            }
            if sum < minimum {
                return Err("coupon_minimum_amount");
            }
        }
        let units: i128 = counted.iter().map(|line| line.quantity).sum();
        if units < program.quantity.unwrap_or(0) || (program.named.is_some() && units == 0) {
            return Err("coupon_minimum_quantity");
        }
        with.push(code);
        let is_free = program.rewards.iter().any(|reward| matches!(reward, Reward::Free(_)));
        if !is_free && self.taken(&order.lines, &with).last().unwrap().iter().all(|part| *part == 0) {
            return Err("coupon_nothing_to_discount");
        }
        Ok(with)
    }

    /// The codes that an order keeps, and the reasons why others go, in order.
    fn kept(&self, order: &Order) -> (Vec<usize>, Vec<&'static str>) {
        let (mut kept, mut gone) = (Vec::new(), Vec::new());
        for code in &order.codes {
            match self.with(order, &kept, *code) {
                Err(why) => gone.push(why),
                Ok(with) => {
                    gone.extend(vec!["coupon_better_applied"; kept.len() + 1 - with.len()]);
                    kept = with;
                }
            }
        }
        (kept, gone)
    }

    /// The lines that codes make on lines.
    fn made(&self, lines: &[Line], codes: &[usize]) -> Vec<Made> {
        let mut made = Vec::new();
        for (code, taken) in codes.iter().zip(self.taken(lines, codes)) {
            let word = &self.codes[*code].code;
            for (set, off) in Desk::by_set(lines, &taken) {
                made.push((word.clone(), None, "1".to_owned(), -untaxed(off, set), -off));
            }
            for reward in &self.programs[self.codes[*code].program].rewards {
                if let Reward::Free(units) = reward {
                    made.push((word.clone(), Some(product(5)), units.to_string(), 0, 0));
                }
            }
        }
        made
    }

    /// Works an order out anew; answers the warnings.
    fn settle(&mut self, at: usize) -> Vec<&'static str> {
        let (kept, gone) = self.kept(&self.orders[at]);
        self.orders[at].made = self.made(&self.orders[at].lines, &kept);
        self.orders[at].codes = kept;
        gone
    }
}

/// What is asked, and what the rules say of it: done with these warnings, unchanged, or refused.
#[derive(Debug)]
enum Says {
    Done(Vec<&'static str>),
    Unchanged,
    Refused(&'static str),
}

/// Something that can be asked of the desk as it is, and what becomes of the model.
fn any(dice: &mut Dice, desk: &mut Desk) -> (Value, Option<usize>, Says) {
    let index = |number: i128| usize::try_from(number).unwrap();
    let count = |of: usize| i128::try_from(of).unwrap();
    if desk.orders.is_empty() || (desk.orders.len() < 8 && dice.one_in(6)) {
        let lines: Vec<Line> = (0..dice.within(1, 4)).map(|_| any_line(dice)).collect();
        let customer = index(dice.below(2));
        let asked = json!({"command": "order create", "customer": format!("C{}", customer + 1), "line": lines.iter().map(typed).collect::<Vec<_>>()});
        desk.orders.push(Order { customer, lines, codes: Vec::new(), state: State::Draft, made: Vec::new() });
        return (asked, Some(desk.orders.len() - 1), Says::Done(Vec::new()));
    }
    let at = index(dice.below(count(desk.orders.len())));
    let id = format!("S{}", at + 1);
    let order = desk.orders[at].clone();
    let is_draft = order.state == State::Draft;
    match dice.below(20) {
        0..=7 => {
            let code = index(dice.below(count(desk.codes.len())));
            let asked = json!({"command": "order apply-coupon", "order": id, "code": desk.codes[code].code});
            if !is_draft {
                return (asked, None, Says::Refused("state_not_allowed"));
            }
            let (kept, mut warnings) = desk.kept(&order);
            match desk.with(&order, &kept, code) {
                Err(why) => (asked, None, Says::Refused(why)),
                Ok(with) => {
                    warnings.extend(vec!["coupon_better_applied"; kept.len() + 1 - with.len()]);
                    desk.orders[at].made = desk.made(&order.lines, &with);
                    desk.orders[at].codes = with;
                    (asked, Some(at), Says::Done(warnings))
                }
            }
        }
        8..=9 => {
            let code = index(dice.below(count(desk.codes.len())));
            let asked =
                json!({"command": "order remove-coupon", "order": id, "code": desk.codes[code].code.to_lowercase()});
            if !order.codes.contains(&code) {
                return (asked, None, Says::Unchanged);
            }
            if !is_draft {
                return (asked, None, Says::Refused("state_not_allowed"));
            }
            desk.orders[at].codes.retain(|known| *known != code);
            (asked, Some(at), Says::Done(desk.settle(at)))
        }
        10..=13 => {
            let line = index(dice.below(count(order.lines.len().max(1))));
            let mut asked = json!({"command": "order edit", "order": id});
            let mut lines = order.lines.clone();
            match dice.below(4) {
                0 => {
                    let new = any_line(dice);
                    asked["add_line"] = json!([typed(&new)]);
                    lines.push(new);
                }
                1 if lines.len() > 1 => {
                    asked["drop_line"] = json!([(line + 1).to_string()]);
                    lines.remove(line);
                }
                2 if !order.made.is_empty() => {
                    // Dropping a line that a code made takes the code off.
                    let place = index(dice.below(count(order.made.len())));
                    asked["drop_line"] = json!([(order.lines.len() + place + 1).to_string()]);
                    if !is_draft {
                        return (asked, None, Says::Refused("state_not_allowed"));
                    }
                    let gone = order.made[place].0.clone();
                    let codes = order.codes.iter().copied().filter(|code| desk.codes[*code].code != gone).collect();
                    desk.orders[at].codes = codes;
                    return (asked, Some(at), Says::Done(desk.settle(at)));
                }
                _ => {
                    let quantity = dice.within(0, 6);
                    asked["line"] = json!([format!("{}={quantity}", line + 1)]);
                    lines[line].quantity = quantity;
                }
            }
            if lines == order.lines {
                return (asked, None, Says::Unchanged);
            }
            if !is_draft {
                return (asked, None, Says::Refused("state_not_allowed"));
            }
            desk.orders[at].lines = lines;
            (asked, Some(at), Says::Done(desk.settle(at)))
        }
        14 => {
            let program = index(dice.below(count(desk.programs.len())));
            let known = &mut desk.programs[program];
            let mut asked = json!({"command": "coupon-program edit", "coupon_program": known.id});
            if dice.one_in(3) {
                known.is_archived = !known.is_archived;
                asked[if known.is_archived { "archived" } else { "no_archived" }] = json!(true);
                return (asked, None, Says::Done(Vec::new()));
            }
            // Another reward, which drafts see at their next change.
            let percent = dice.within(1, 100);
            asked["reward"] = json!([format!("percent={percent}")]);
            let is_same =
                matches!(known.rewards.as_slice(), [Reward::Percent(now, On::Order, None)] if *now == percent);
            known.rewards = vec![Reward::Percent(percent, On::Order, None)];
            (asked, None, if is_same { Says::Unchanged } else { Says::Done(Vec::new()) })
        }
        15..=17 => {
            let asked = json!({"command": "order confirm", "order": id});
            match order.state {
                State::Confirmed => return (asked, None, Says::Unchanged),
                State::Cancelled => return (asked, None, Says::Refused("state_not_allowed")),
                State::Draft => {}
            }
            let (kept, gone) = desk.kept(&order);
            if let Some(why) = gone.first() {
                return (asked, None, Says::Refused(why));
            }
            let made = desk.made(&order.lines, &kept);
            let sum = |made: &[Made]| made.iter().map(|line| line.4).sum::<i128>();
            let warnings = if sum(&made) == sum(&order.made) { Vec::new() } else { vec!["discount_changed"] };
            for code in kept {
                if desk.codes[code].is_coupon {
                    desk.codes[code].used_by = Some(at);
                }
            }
            (desk.orders[at].made, desk.orders[at].state) = (made, State::Confirmed);
            (asked, Some(at), Says::Done(warnings))
        }
        18 => {
            let asked = json!({"command": "order cancel", "order": id});
            if order.state == State::Cancelled {
                return (asked, None, Says::Unchanged);
            }
            for code in desk.codes.iter_mut().filter(|code| code.used_by == Some(at)) {
                code.used_by = None;
            }
            desk.orders[at].state = State::Cancelled;
            (asked, Some(at), Says::Done(Vec::new()))
        }
        _ => {
            let coupons: Vec<usize> = (0..desk.codes.len()).filter(|code| desk.codes[*code].is_coupon).collect();
            let code = *dice.one_of(&coupons);
            let asked = json!({"command": "coupon cancel", "coupon": desk.codes[code].code});
            if desk.codes[code].used_by.is_some() {
                return (asked, None, Says::Refused("state_not_allowed"));
            }
            let before = std::mem::replace(&mut desk.codes[code].is_cancelled, true);
            (asked, None, if before { Says::Unchanged } else { Says::Done(Vec::new()) })
        }
    }
}

fn any_line(dice: &mut Dice) -> Line {
    let set = usize::try_from(dice.below(5)).unwrap();
    let price = if dice.one_in(4) { dice.within(1, 30) } else { dice.within(30, 9_000) };
    Line { set, quantity: dice.within(1, 5), price }
}

fn typed(line: &Line) -> String {
    format!("{}={}@{}", product(line.set), line.quantity, money(line.price))
}

/// A program as it is imported.
fn record(program: &Program) -> Value {
    let discount = |kind: &str, value: String, on: On, most: Option<i128>| {
        let (word, products) = match on {
            On::Order => ("order", vec![]),
            On::Cheapest => ("cheapest", vec![]),
            On::Set(set) => ("products", vec![product(set)]),
        };
        json!({"type": kind, "value": value, "on": word, "products": products, "maximum": most.map(money)})
    };
    let rewards: Vec<Value> = program
        .rewards
        .iter()
        .map(|reward| match reward {
            Reward::Percent(percent, on, most) => discount("percent", percent.to_string(), *on, *most),
            Reward::Fixed(amount, on, most) => discount("fixed", money(*amount), *on, *most),
            Reward::Free(units) => {
                json!({"type": "free_product", "product": product(5), "quantity": units.to_string()})
            }
        })
        .collect();
    json!({
        "record": "coupon_program", "id": program.id, "type": if program.promo.is_some() { "promo-code" } else { "coupons" },
        "code": program.promo, "rewards": rewards, "usage_limit": program.limit.map(|limit| limit.to_string()),
        "conditions": {
            "minimum_amount": program.minimum.map(|(minimum, _)| money(minimum)),
            "minimum_amount_tax": program.minimum.map(|(_, is_included)| if is_included { "included" } else { "excluded" }),
            "minimum_quantity": program.quantity.map(|units| units.to_string()),
            "products": program.named.map(|set| vec![product(set)]).unwrap_or_default(),
        },
    })
}

fn any_program(dice: &mut Dice, number: i128) -> Program {
    let mut rewards = Vec::new();
    for _ in 0..dice.within(1, 2) {
        let on = match dice.below(4) {
            0 | 1 => On::Order,
            2 => On::Cheapest,
            _ => On::Set(usize::try_from(dice.below(5)).unwrap()),
        };
        let most = if dice.one_in(3) { Some(dice.within(1, 4_000)) } else { None };
        rewards.push(match dice.below(8) {
            0 => Reward::Free(dice.within(1, 3)),
            1..=3 => Reward::Fixed(dice.within(1, 6_000), on, most),
            _ => Reward::Percent(dice.within(1, 100), on, most),
        });
    }
    Program {
        id: format!("Program {number}"),
        promo: if dice.one_in(2) { Some(format!("PROMO-{number}")) } else { None },
        rewards,
        minimum: if dice.one_in(3) { Some((dice.within(1, 20_000), dice.one_in(2))) } else { None },
        quantity: if dice.one_in(4) { Some(dice.within(1, 8)) } else { None },
        named: if dice.one_in(4) { Some(usize::try_from(dice.below(5)).unwrap()) } else { None },
        limit: if dice.one_in(3) { Some(dice.within(1, 2)) } else { None },
        is_archived: false,
    }
}

/// A desk with programs and coupons, and the model of it.
fn shop(dice: &mut Dice) -> (Shop, Desk) {
    let (shop, mut desk) = (Shop::new(), Desk::default());
    let mut records = vec![
        json!({"record": "customer", "id": "C00001", "name": "Ada"}),
        json!({"record": "customer", "id": "C00002", "name": "Bo"}),
    ];
    for (name, rate, included) in TAXES {
        records.push(json!({"record": "tax", "id": name, "rate": rate.to_string(), "included": included}));
    }
    for (set, taxes) in SETS.iter().enumerate() {
        records
            .push(json!({"record": "product", "id": product(set), "name": product(set), "price": "1", "taxes": taxes}));
    }
    for number in 0..6 {
        desk.programs.push(any_program(dice, number));
    }
    // One of each kind at least.
    (desk.programs[0].promo, desk.programs[1].promo) = (None, Some("PROMO-1".to_owned()));
    records.extend(desk.programs.iter().map(record));
    records.push(json!({"record": "team", "id": "Support", "services": ["coupons", "refunds"]}));
    records.push(json!({"record": "ticket", "id": "T00001", "team": "Support", "customer": "C00001", "subject": "x"}));
    records.push(json!({"record": "ticket", "id": "T00002", "team": "Support", "customer": "C00002", "subject": "x"}));
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    let ran = shop.run_with("import - -o ndjson", lines.join("\n"));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    for (at, program) in desk.programs.iter().enumerate() {
        match &program.promo {
            Some(code) => desk.codes.push(Code {
                code: code.clone(),
                program: at,
                is_coupon: false,
                used_by: None,
                is_cancelled: false,
                only: None,
            }),
            None => {
                for number in 0..2 {
                    let only = number == 1;
                    let line = json!({"command": "ticket coupon", "ticket": "T1", "program": program.id, "only_customer": only});
                    let made = shop.apply(&line.to_string());
                    desk.codes.push(Code {
                        code: made[0]["created"][0].as_str().unwrap().to_owned(),
                        program: at,
                        is_coupon: true,
                        used_by: None,
                        is_cancelled: false,
                        only: only.then_some(0),
                    });
                }
            }
        }
    }
    (shop, desk)
}

/// What an answer tells of the lines that codes made.
fn told(order: &Value) -> Vec<Made> {
    let lines = order["lines"].as_array().unwrap().iter().filter(|line| !line["coupon"].is_null());
    let text = |value: &Value| value.as_str().map(str::to_owned);
    lines
        .map(|line| {
            let code = text(&line["coupon"]).unwrap();
            (
                code,
                text(&line["product"]),
                text(&line["quantity"]).unwrap(),
                cents(&line["untaxed"]),
                cents(&line["total"]),
            )
        })
        .collect()
}

/// Bills what is confirmed in parts, refunds all of it and cancels it: each adds up, and the codes can be used again.
fn bill_and_refund(dice: &mut Dice, shop: &Shop, desk: &mut Desk) {
    for at in 0..desk.orders.len() {
        let order = desk.orders[at].clone();
        if order.state != State::Confirmed {
            continue;
        }
        let id = format!("S{}", at + 1);
        let whole = cents(&shop.ok(&format!("order show {id}"))["total"]);
        let mut bills: Vec<String> = Vec::new();
        let mut sum = 0;
        for step in 0..4 {
            let ran = shop.run(&format!("invoice create --order {id} -o json"));
            if ran.code != 0 {
                assert!(ran.stderr.contains("nothing_to_invoice"), "{}", ran.stderr);
                break;
            }
            let bill = crate::support::json(&ran.stdout)["created"][0].as_str().unwrap().to_owned();
            // Less of one of its lines, and the discounts go with it.
            if step < 3 && dice.one_in(2) {
                let shown = shop.ok(&format!("invoice show {bill}"));
                let goods: Vec<&Value> =
                    shown["lines"].as_array().unwrap().iter().filter(|line| !line["product"].is_null()).collect();
                let line = *dice.one_of(&goods);
                let units: i128 = line["quantity"].as_str().unwrap().parse().unwrap();
                shop.ok(&format!("invoice edit {bill} --line {}={}", line["line"], dice.within(0, units)));
            }
            let shown = shop.ok(&format!("invoice show {bill}"));
            let is_empty = shown["lines"].as_array().unwrap().iter().all(|line| line["quantity"] == "0");
            let total = cents(&shown["total"]);
            // Cents of rounding alone can bring a bill of a few cents below zero.
            assert!(total >= -3, "{shown:#}");
            if is_empty || total < 0 {
                shop.done(&format!("invoice cancel {bill}"));
                continue;
            }
            shop.done(&format!("invoice post {bill}"));
            bills.push(bill);
            sum += total;
        }
        let left = shop.run(&format!("invoice create --order {id} -o json --dry-run"));
        if left.code != 0 {
            assert_eq!(sum, whole, "{id}: the bills come to the order\n{order:#?}");
        }
        for bill in &bills {
            let ticket = format!("T{}", order.customer + 1);
            let ran = shop.run(&format!("ticket refund {ticket} --invoice {bill} --post -o json"));
            assert!(ran.code == 0 || ran.stderr.contains("nothing_to_refund"), "{bill}: {}", ran.stderr);
            assert_eq!(shop.ok(&format!("invoice show {bill}"))["open"], "0.00", "{bill} is credited in full");
        }
        if bills.is_empty() {
            continue;
        }
        shop.done(&format!("order cancel {id}"));
        desk.orders[at].state = State::Cancelled;
        for code in desk.codes.iter_mut().filter(|code| code.used_by == Some(at)) {
            code.used_by = None;
        }
    }
}

/// What is known of coupons and orders beside the answers.
fn check(shop: &Shop, desk: &Desk) {
    for code in desk.codes.iter().filter(|code| code.is_coupon) {
        let shown = shop.ok(&format!("coupon show {}", code.code));
        let state = match (code.is_cancelled, code.used_by) {
            (true, _) => "cancelled",
            (false, Some(_)) => "used",
            (false, None) => "valid",
        };
        assert_eq!(shown["state"], state, "{desk:#?}");
        assert_eq!(shown["order"].as_str(), code.used_by.map(|at| format!("S{:05}", at + 1)).as_deref());
    }
    for (at, order) in desk.orders.iter().enumerate() {
        let shown = shop.ok(&format!("order show S{}", at + 1));
        let codes: Vec<&str> = order.codes.iter().map(|code| desk.codes[*code].code.as_str()).collect();
        assert_eq!(shown["coupons"], json!(codes), "{desk:#?}");
        assert_eq!(told(&shown), order.made, "{desk:#?}");
        let sum =
            order.lines.iter().map(Line::total).sum::<i128>() + order.made.iter().map(|line| line.4).sum::<i128>();
        assert_eq!(cents(&shown["total"]), sum, "{desk:#?}");
        assert!(sum >= 0, "{desk:#?}");
    }
    shop.ok("verify");
}

#[test]
fn codes_do_what_the_rules_say() {
    play(|dice| {
        let (shop, mut desk) = shop(dice);
        for _ in 0..3 {
            let asked: Vec<(Value, Option<(usize, Order)>, Says)> = (0..20)
                .map(|_| {
                    let (asked, at, says) = any(dice, &mut desk);
                    (asked, at.map(|at| (at, desk.orders[at].clone())), says)
                })
                .collect();
            let lines: Vec<String> = asked.iter().map(|(asked, ..)| asked.to_string()).collect();
            let is_refused = asked.iter().any(|(.., says)| matches!(says, Says::Refused(_)));
            let ran = shop.run_with("apply -o ndjson", lines.join("\n"));
            assert!(ran.code == if is_refused { 3 } else { 0 } || ran.code == 3, "{}", ran.stderr);
            for ((asked, order, says), answer) in asked.iter().zip(ran.stdout.lines().map(crate::support::json)) {
                let warnings: Vec<&str> = answer["warnings"]
                    .as_array()
                    .map(|all| all.iter().map(|warning| warning["code"].as_str().unwrap()).collect())
                    .unwrap_or_default();
                match says {
                    Says::Refused(code) => assert_eq!(answer["error"]["code"], *code, "{asked} {answer:#}\n{desk:#?}"),
                    Says::Unchanged => assert_eq!(answer["status"], "unchanged", "{asked} {answer:#}\n{desk:#?}"),
                    Says::Done(expected) => {
                        assert_eq!(
                            (&answer["status"], &warnings),
                            (&json!("done"), expected),
                            "{asked} {answer:#}\n{desk:#?}"
                        );
                    }
                }
                if let Some((_, order)) = order {
                    let there = &answer["result"]["order"];
                    assert_eq!(told(there), order.made, "{asked}\n{desk:#?}");
                }
            }
            check(&shop, &desk);
        }
        bill_and_refund(dice, &shop, &mut desk);
        check(&shop, &desk);
    });
}
