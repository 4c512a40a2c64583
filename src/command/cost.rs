//! Tests of what a command may cost: rows read and steps of SQLite's machine, which are the same on every machine and at every
//! load. What a command need not look at costs it nothing, however much of it there is.

use super::apply::Apply;
use super::import::Import;
use super::init::Init;
use super::pipeline::bulk::{Line, Running, Work};
use super::pipeline::courier::Courier;
use super::*;
use crate::domain::desk::Actor;
use crate::domain::value::day::Instant;
use crate::output::template::Templates;
use crate::store::Db;
use crate::store::engine::Cost;

/// A desk in memory, whose clock stands still.
struct Desk {
    db: Db,
    templates: Templates,
    courier: Courier,
    actor: Actor,
}

struct Still;

impl Clock for Still {
    fn now(&self) -> Instant {
        "2026-11-23T10:00:00Z".parse().unwrap()
    }
    fn machine(&self) -> Instant {
        self.now()
    }
}

impl Desk {
    fn with(records: &str) -> Desk {
        let desk = Desk {
            db: Db::imagined().unwrap(),
            templates: Templates::default(),
            courier: Courier::new(None, "outbox".into(), String::new(), |_| false),
            actor: Actor::System,
        };
        let new = Init { currency: None, company: None, plan: None, timezone: None }.checked().unwrap();
        let envelope = Envelope { parsed: Parsed::Whole(Box::new(new.clone())), key: None };
        desk.session().run_single_of(&envelope, Mode::Commit, |db| new.of(db, Still.now()), &mut |_| Ok(())).unwrap();
        let import =
            Import { file: None, kind: None, format: None, update: false, on_error: None, map: None, key: None };
        desk.work(&import, records);
        desk
    }

    fn session(&self) -> Session<'_> {
        Session {
            db: &self.db,
            clock: &Still,
            actor: self.actor.clone(),
            templates: &self.templates,
            courier: &self.courier,
            yes: true,
            checks: None,
        }
    }

    /// Runs all lines as one group; answers what each cost.
    fn work(&self, work: &dyn Work, lines: &str) -> Vec<Cost> {
        let session = self.session();
        let mut group: Box<dyn Running + '_> = work.begin(&session, Mode::Commit).unwrap();
        let mut costs = Vec::new();
        for (number, line) in (1..).zip(lines.lines().filter(|line| !line.is_empty())) {
            let before = self.db.cost();
            let (answer, _) = group.line(&Line { number, bytes: Some(line.as_bytes().to_vec()) }).unwrap();
            assert!(answer.error.is_none(), "{line}: {:?}", answer.error);
            costs.push(since(before, self.db.cost()));
        }
        group.finish().unwrap();
        costs
    }

    fn apply(&self, lines: &str) -> Vec<Cost> {
        self.work(&Apply { command: None, key_prefix: None }, lines)
    }

    /// What a read tells, and what it costs.
    fn told(&self, name: &str, words: &[&str]) -> (String, Cost) {
        let Action::Read { run, right, .. } = &entry(name).unwrap().action else { panic!("{name} is no read") };
        let command = (entry(name).unwrap().arguments)(clap::Command::new("read")).no_binary_name(true);
        let matches = command.try_get_matches_from(words).unwrap();
        let before = self.db.cost();
        let mut told = String::new();
        let mut emit = |text: &str| {
            told.push_str(text);
            Ok(())
        };
        self.session().read(*right, |cx| run(&matches, cx, &mut emit)).unwrap();
        (told, since(before, self.db.cost()))
    }

    /// The code of a refusal, and what it costs.
    fn refused(&self, line: &str) -> (&'static str, Cost) {
        let session = self.session();
        let apply = Apply { command: None, key_prefix: None };
        let before = self.db.cost();
        let mut group = apply.begin(&session, Mode::Commit).unwrap();
        let (answer, _) = group.line(&Line { number: 1, bytes: Some(line.as_bytes().to_vec()) }).unwrap();
        group.abandon();
        (answer.error.unwrap().code, since(before, self.db.cost()))
    }
}

fn since(before: Cost, after: Cost) -> Cost {
    Cost { rows: after.rows - before.rows, steps: after.steps - before.steps }
}

const RECORDS: &str = r#"
{"record":"tax","id":"VAT20","rate":"20"}
{"record":"customer","id":"C00001","name":"Ada Ltd"}
{"record":"product","id":"LAMP","name":"Desk lamp","price":"5.00","taxes":["VAT20"]}
{"record":"product","id":"BULB","name":"Bulb","price":"1.00","taxes":["VAT20"]}
{"record":"stock","product":"LAMP","location":"WH/Stock","quantity":"100000"}
{"record":"stock","product":"BULB","location":"WH/Stock","quantity":"100000"}
{"record":"coupon_program","id":"Sorry 10","rewards":[{"type":"percent","value":"10","on":"order"}]}
{"record":"project","id":"Field Service","worksheets":false}
{"record":"team","id":"Support","services":["refunds","returns","coupons","repairs","field-service"],"field_service_project":"Field Service"}
{"record":"order","id":"S00001","customer":"C00001","state":"confirmed","lines":[{"product":"LAMP","quantity":"20000"}]}
{"record":"transfer","id":"WH/OUT/00001","order":"S00001","state":"done","lines":[{"product":"LAMP","quantity":"20000"}]}
{"record":"invoice","id":"INV/2026/00001","order":"S00001","state":"posted","lines":[{"product":"LAMP","quantity":"20000"}]}
{"record":"ticket","id":"T00001","team":"Support","customer":"C00001","subject":"All of it","order":"S00001"}
"#;

/// The records of each number, a line each.
fn lines_of(numbers: std::ops::RangeInclusive<usize>, of: impl Fn(usize) -> Vec<String>) -> String {
    numbers.flat_map(of).map(|record| record + "\n").collect()
}

/// More of everything that a ticket of the customer can be about.
fn more(times: usize) -> String {
    lines_of(2..=times + 1, |n| {
        vec![
            format!(r#"{{"record":"customer","id":"C{n:05}","name":"Bo"}}"#),
            format!(r#"{{"record":"product","id":"P{n}","name":"Pot","price":"5.00","taxes":["VAT20"]}}"#),
            format!(r#"{{"record":"user","id":"u{n}","name":"Bo","rights":["helpdesk"]}}"#),
            format!(r#"{{"record":"project","id":"Project {n}"}}"#),
            format!(
                r#"{{"record":"coupon_program","id":"Program {n}","rewards":[{{"type":"percent","value":"10","on":"order"}}]}}"#
            ),
            format!(
                r#"{{"record":"order","id":"S{n:05}","customer":"C00001","state":"confirmed","lines":[{{"product":"LAMP","quantity":"2"}},{{"product":"P{n}","quantity":"1"}}]}}"#
            ),
            format!(
                r#"{{"record":"transfer","id":"WH/OUT/{n:05}","order":"S{n:05}","state":"done","lines":[{{"product":"LAMP","quantity":"2"}}]}}"#
            ),
            format!(
                r#"{{"record":"invoice","id":"INV/2026/{n:05}","order":"S{n:05}","state":"posted","lines":[{{"product":"LAMP","quantity":"2"}},{{"product":"P{n}","quantity":"1"}}]}}"#
            ),
            format!(r#"{{"record":"ticket","id":"T{n:05}","team":"Support","customer":"C00001","subject":"More"}}"#),
        ]
    })
}

/// What is asked of a ticket whose customer has a great deal reads no more than what is told.
#[test]
fn what_is_not_told_is_not_read() {
    let [small, large] = [100, 300].map(|times| Desk::with(&format!("{RECORDS}{}", more(times))));
    let options = |desk: &Desk| {
        let (told, cost) = desk.told("ticket options", &["T00002"]);
        (serde_json::from_str::<serde_json::Value>(&told).unwrap()["services"].clone(), cost)
    };
    let ((few, cost), (many, cost_of_many)) = (options(&small), options(&large));
    for (service, field, of_few, of_many) in [
        (0, "invoice", 51, 251),
        (0, "order", 51, 251),
        (0, "product", 51, 251),
        (1, "program", 51, 251),
        (2, "order", 51, 251),
        (2, "delivery", 51, 251),
        (3, "customer", 51, 251),
        (3, "responsible", 50, 250),
        (4, "project", 51, 251),
    ] {
        for (shown, more) in [(&few, of_few), (&many, of_many)] {
            let field = &shown[service]["fields"][field];
            assert_eq!(field["choices"].as_array().map(Vec::len), Some(50), "{service} {field}");
            assert_eq!(field["more"], more, "{service} {field}");
        }
    }
    assert!(cost_of_many.rows <= cost.rows, "options: {cost:?}, of many {cost_of_many:?}");
    let ((_, cost), (_, cost_of_many)) = (small.told("status", &[]), large.told("status", &[]));
    assert!(cost_of_many.rows <= cost.rows, "status: {cost:?}, of many {cost_of_many:?}");

    for (line, code) in [
        (r#"{"command":"ticket refund","ticket":"T00002"}"#, "missing_field"),
        (
            r#"{"command":"ticket refund","ticket":"T00002","invoice":"INV/2026/00001","line":{"1":"30000"}}"#,
            "refund_exceeds_invoice",
        ),
        (r#"{"command":"ticket return","ticket":"T00001","line":{"1":"30000"}}"#, "return_exceeds_delivered"),
        (r#"{"command":"ticket repair","ticket":"T00002"}"#, "missing_field"),
        (r#"{"command":"ticket coupon","ticket":"T00002","program":"Sorry 11"}"#, "not_found"),
    ] {
        let ((told, cost), (_, cost_of_many)) = (small.refused(line), large.refused(line));
        assert_eq!(told, code, "{line}");
        assert_eq!(cost, cost_of_many, "{line}");
    }
}

/// A page of a list costs what is told on it, however many records there are behind it.
#[test]
fn a_page_costs_what_is_told_on_it() {
    let [small, large] = [100, 300].map(|times| Desk::with(&format!("{RECORDS}{}{}", more(times), others(times))));
    for (noun, words) in [
        ("ticket", vec!["--limit", "10"]),
        ("ticket", vec!["--limit", "10", "--newest"]),
        ("ticket", vec!["--limit", "10", "--stage", "New"]),
        ("ticket", vec!["--limit", "10", "--customer", "C00001"]),
        ("customer", vec!["--limit", "10"]),
        ("product", vec!["--limit", "10"]),
        ("stock", vec!["--limit", "10"]),
        ("order", vec!["--limit", "10"]),
        ("order", vec!["--limit", "10", "--customer", "C00001"]),
        ("transfer", vec!["--limit", "10", "--state", "done"]),
        ("invoice", vec!["--limit", "10"]),
        ("invoice", vec!["--limit", "10", "--newest"]),
        ("invoice", vec!["--limit", "10", "--state", "posted"]),
        ("invoice", vec!["--limit", "10", "--customer", "C00001"]),
        ("credit-note", vec!["--limit", "10", "--state", "posted"]),
        ("log", vec!["--limit", "1"]),
    ] {
        let list = if noun == "log" { noun.to_owned() } else { format!("{noun} list") };
        let ((told, cost), (_, cost_of_many)) = (small.told(&list, &words), large.told(&list, &words));
        assert!(!told.is_empty(), "{list} {words:?}");
        let most = Cost { rows: cost.rows, steps: cost.steps + cost.steps / 10 };
        let is_flat = cost_of_many.rows <= most.rows && cost_of_many.steps <= most.steps;
        assert!(is_flat, "{list} {words:?}: {cost:?}, of many {cost_of_many:?}");
    }
}

/// Other customers, each with an order, its delivery and its bill.
fn others(times: usize) -> String {
    lines_of(1..=times, |n| {
        vec![
            format!(r#"{{"record":"customer","id":"D{n:05}","name":"Cy {n}"}}"#),
            format!(r#"{{"record":"product","id":"Q{n}","name":"Pan","price":"5.00","taxes":["VAT20"]}}"#),
            format!(r#"{{"record":"stock","product":"Q{n}","location":"WH/Stock","quantity":"10"}}"#),
            format!(
                r#"{{"record":"order","id":"SO{n:05}","customer":"D{n:05}","state":"confirmed","lines":[{{"product":"Q{n}","quantity":"2"}}]}}"#
            ),
            format!(
                r#"{{"record":"transfer","id":"OUT{n:05}","order":"SO{n:05}","state":"done","lines":[{{"product":"Q{n}","quantity":"2"}}]}}"#
            ),
            format!(
                r#"{{"record":"invoice","id":"A{n:05}","order":"SO{n:05}","state":"posted","lines":[{{"product":"Q{n}","quantity":"2"}}]}}"#
            ),
            format!(
                r#"{{"record":"credit_note","id":"B{n:05}","invoice":"A{n:05}","state":"posted","lines":[{{"product":"Q{n}","quantity":"1"}}]}}"#
            ),
            format!(
                r#"{{"record":"ticket","id":"TO{n:05}","team":"Support","customer":"D{n:05}","subject":"Other","order":"SO{n:05}"}}"#
            ),
        ]
    })
}

/// What other customers have makes nothing dearer.
#[test]
fn what_others_have_costs_nothing() {
    let [small, large] = [100, 300].map(|times| Desk::with(&format!("{RECORDS}{}", others(times))));
    let within = |what: &str, cost: Cost, of_many: Cost| {
        // A tree of more rows may be one deeper; and options tell how many products of a type there are, which are counted.
        let counted = if what == "ticket options" { 4 * 200 } else { 0 };
        let most = Cost { rows: cost.rows, steps: cost.steps + cost.steps / 10 + counted };
        assert!(of_many.rows <= most.rows && of_many.steps <= most.steps, "{what}: {cost:?}, of many {of_many:?}");
    };
    for (name, words) in [
        ("ticket options", ["T00001"]),
        ("ticket show", ["T00001"]),
        ("order show", ["S00001"]),
        ("invoice show", ["INV/2026/00001"]),
        ("transfer show", ["WH/OUT/00001"]),
        ("customer show", ["C00001"]),
        ("product show", ["LAMP"]),
    ] {
        within(name, small.told(name, &words).1, large.told(name, &words).1);
    }
    for line in REPEATED {
        let [cost, of_many] = [&small, &large].map(|desk| desk.apply(line)[0]);
        within(line, cost, of_many);
    }
}

/// Commands that can be repeated in one shop for ever: the thousandth is to cost what the first does.
const REPEATED: &[&str] = &[
    r#"{"command":"ticket refund","ticket":"T00001","invoice":"INV/2026/00001","line":{"1":"1"},"post":true}"#,
    r#"{"command":"ticket refund","ticket":"T00001","invoice":"INV/2026/00001","line":{"1":"1"}}"#,
    r#"{"command":"ticket refund","ticket":"T00001","invoice":"INV/2026/00001","line_amount":{"1":"0.10"},"post":true}"#,
    r#"{"command":"ticket refund","ticket":"T00001","invoice":"INV/2026/00001","amount":"0.10","post":true}"#,
    r#"{"command":"ticket return","ticket":"T00001","line":{"1":"1"}}"#,
    r#"{"command":"ticket return","ticket":"T00001","delivery":"WH/OUT/00001","line":{"1":"1"}}"#,
    r#"{"command":"ticket return","ticket":"T00001","delivery":"WH/OUT/00001","line":{"1":"1"},"exchange":true}"#,
    r#"{"command":"transfer return","transfer":"WH/OUT/00001","line":{"1":"1"}}"#,
    r#"{"command":"ticket coupon","ticket":"T00001","program":"Sorry 10"}"#,
    r#"{"command":"ticket repair","ticket":"T00001","product":"LAMP","part":"BULB=1"}"#,
    r#"{"command":"ticket repair","ticket":"T00001","product":"LAMP","part":"BULB=1","quote":true}"#,
    r#"{"command":"ticket repair","ticket":"T00001","product":"LAMP","part":"BULB=1","confirm":true}"#,
    r#"{"command":"ticket repair","ticket":"T00001","product":"LAMP","part":"BULB=900000","confirm":true}"#,
    r#"{"command":"ticket plan","ticket":"T00001","title":"Visit"}"#,
    r#"{"command":"ticket note","ticket":"T00001","text":"Called"}"#,
    r#"{"command":"ticket create","team":"Support","customer":"C00001","subject":"Again"}"#,
    r#"{"command":"order create","customer":"C00001","line":"LAMP=1"}"#,
    r#"{"command":"invoice create","customer":"C00001","line":"LAMP=1"}"#,
    r#"{"command":"payment create","customer":"C00001","amount":"1.00"}"#,
    r#"{"command":"transfer create","kind":"incoming","line":"LAMP=1"}"#,
];

/// The same of a user whose refunds are limited: what they posted before counts along.
const REPEATED_BY_ANN: &[&str] = &[
    r#"{"command":"ticket refund","ticket":"T00001","invoice":"INV/2026/00001","line":{"1":"1"},"post":true}"#,
    r#"{"command":"ticket refund","ticket":"T00001","invoice":"INV/2026/00001","line":{"1":"1"}}"#,
];

/// Ann, who may refund as much as the invoice comes to.
const ANN: &str = r#"{"record":"user","id":"ann","rights":["helpdesk","invoicing"],"refund_limit":"120000.00"}"#;

#[test]
fn what_is_done_again_costs_what_it_did_at_first() {
    let mut grown = Vec::new();
    let by = |actor: Actor| move |line| (actor.clone(), line);
    let ann = Actor::User { login: "ann".to_owned(), named: true };
    for (actor, line) in REPEATED.iter().map(by(Actor::System)).chain(REPEATED_BY_ANN.iter().map(by(ann))) {
        let desk = Desk { actor, ..Desk::with(&format!("{RECORDS}{ANN}")) };
        let times = 120;
        let costs = desk.apply(&format!("{line}\n").repeat(times));
        // The first few find things that are there from then on.
        let (first, last) = (costs[10], costs[times - 1]);
        if last.steps > first.steps + 20 || last.rows > first.rows {
            grown.push(format!("{line}: {first:?} at first, {last:?} at last"));
        }
    }
    assert!(grown.is_empty(), "{}", grown.join("\n"));
}

#[test]
fn an_overview_costs_what_its_days_hold_and_what_is_open() {
    let [few, many] = [20, 200].map(|old| {
        let mut records = RECORDS.to_owned();
        let mut closed = String::new();
        for n in 1..=old {
            records.push_str(&format!(
                r#"{{"record":"invoice","id":"OLD{n}","customer":"C00001","date":"2020-01-02","state":"posted","paid":"6.00","lines":[{{"product":"LAMP","quantity":"1"}}]}}
{{"record":"ticket","id":"T{:05}","team":"Support","customer":"C00001","subject":"Long ago","created_at":"2020-01-02T09:00:00Z"}}
"#,
                n + 1
            ));
            closed.push_str(&format!("{{\"command\":\"ticket close\",\"ticket\":\"T{:05}\"}}\n", n + 1));
        }
        let desk = Desk::with(&records);
        desk.apply(&closed);
        desk.apply(r#"{"command":"ticket refund","ticket":"T00001","invoice":["INV/2026/00001"],"line":["1=1"],"post":true}"#);
        desk.told("report overview", &[])
    });
    assert_eq!(few.0, many.0);
    assert!(many.1.rows <= few.1.rows, "{:?}, of many {:?}", few.1, many.1);
    assert!(many.1.steps <= few.1.steps + 20, "{:?}, of many {:?}", few.1, many.1);
}
