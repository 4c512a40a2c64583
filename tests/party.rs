//! Whom documents are from and for, and what their lines tell of products and taxes: said, found, refused, and kept as it was.

use aftersales::store::engine::address::{Address, Surroundings};
use aftersales::store::{Access, Db, desk, document, party};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::Shop;

/// What of a record is told under these keys.
fn only(record: &Value, keys: &[&str]) -> Value {
    keys.iter().map(|key| ((*key).to_owned(), record[*key].clone())).collect::<serde_json::Map<_, _>>().into()
}

#[test]
fn a_customer_has_an_address_and_what_others_know_it_by() {
    let shop = Shop::new();
    shop.done(
        "customer create ADA --name 'Ada Ltd' --street '12 High St' --postcode 'SW1A 1AA' --city London --country gb \
         --tax-id GB980780684 --language EN --buyer-reference 04011000-12345-34",
    );
    let keys = ["street", "postcode", "city", "country", "tax_id", "language", "buyer_reference"];
    let told = json!({
        "street": "12 High St", "postcode": "SW1A 1AA", "city": "London", "country": "GB", "tax_id": "GB980780684",
        "language": "en", "buyer_reference": "04011000-12345-34"
    });
    assert_eq!(only(&shop.ok("customer show ADA"), &keys), told, "codes are kept in their own writing");
    shop.unchanged("customer edit ADA --country GB --language en");
    shop.done("customer edit ADA --street '' --buyer-reference ''");
    let shown = shop.ok("customer show ADA");
    assert_eq!(
        (&shown["street"], &shown["buyer_reference"], &shown["city"]),
        (&json!(null), &json!(null), &json!("London"))
    );

    shop.done("customer create BO --name Bo --city Paris --country FR");
    for (filter, found) in [
        ("--country gb", json!(["ADA"])),
        ("--country GB --country FR", json!(["ADA", "BO"])),
        ("--city Paris", json!(["BO"])),
        ("--street ''", json!(["ADA", "BO"])),
        ("--search london", json!(["ADA"])),
        ("--sort -country", json!(["ADA", "BO"])),
    ] {
        assert_eq!(shop.ok(&format!("customer list {filter} --jq '[.[].id]'")), found, "{filter}");
    }
    assert_snapshot!(shop.text("customer list"), @r"
    ID   NAME     EMAIL
    ADA  Ada Ltd
    BO   Bo
    ");
    let refused = shop.refused("customer list --country XX", "invalid_value");
    assert_eq!(refused["field"], "country");
}

#[test]
fn the_desk_says_where_it_is_paid() {
    let shop = Shop::new();
    shop.done(
        "desk edit --company 'Lamps Ltd' --street '1 Lamp Lane' --postcode 10115 --city Berlin --country DE --tax-id DE136695976 \
         --language de --iban 'de44 5001 0517 5407 3249 31' --bic ingddeffxxx --contact-name Accounts --phone '+49 30 901820'",
    );
    let keys = ["street", "city", "country", "tax_id", "language", "iban", "bic", "contact_name", "phone"];
    let told = json!({
        "street": "1 Lamp Lane", "city": "Berlin", "country": "DE", "tax_id": "DE136695976", "language": "de",
        "iban": "DE44500105175407324931", "bic": "INGDDEFFXXX", "contact_name": "Accounts", "phone": "+49 30 901820"
    });
    assert_eq!(only(&shop.ok("desk show"), &keys), told);
    shop.unchanged("desk edit --iban DE44500105175407324931");
    shop.done("desk edit --bic ''");
    assert_eq!(shop.ok("desk show")["bic"], json!(null));
}

#[test]
fn what_is_no_country_account_or_line_is_refused() {
    let shop = Shop::new();
    shop.done("customer create ADA");
    shop.done("product create LAMP");
    for (words, field, says) in [
        ("customer create --country UK", "country", "the United Kingdom is GB"),
        ("customer edit ADA --country Germany", "country", "two letters"),
        ("customer edit ADA --language de-CH", "language", "the language alone is de"),
        ("customer edit ADA --street 'a\nb'", "street", "control characters"),
        ("customer edit ADA --city '  '", "city", "blank"),
        ("desk edit --iban DE44500105175407324932", "iban", "check digits"),
        ("desk edit --iban DE82500105175407324", "iban", "an IBAN of DE"),
        ("desk edit --bic INGDXXFF", "bic", "no BIC"),
        ("desk edit --country XX", "country", "no country"),
        ("product edit LAMP --unit piece", "unit", "no code of a unit"),
        ("product create BULB --unit ''", "unit", "needed"),
    ] {
        let code = if words.contains("--unit ''") { "missing_field" } else { "invalid_value" };
        let refused = shop.refused(words, code);
        assert_eq!(refused["field"], field, "{words}");
        assert!(refused["message"].as_str().unwrap().contains(says), "{words}: {refused}");
    }
    let long = "x".repeat(201);
    assert_eq!(shop.refused(&format!("customer edit ADA --street {long}"), "invalid_value")["field"], "street");
    shop.done(&format!("customer edit ADA --street {}", "x".repeat(200)));
}

#[test]
fn a_tax_is_of_a_category_that_fits_its_rate() {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"tax create","id":"VAT20","rate":"20"}
           {"command":"tax create","id":"NONE","rate":"0"}
           {"command":"tax create","id":"EU","rate":"0","category":"K","exemption":"Intra-community supply"}"#,
    );
    assert_snapshot!(shop.text("tax list"), @r"
    ID     RATE  INCLUDED  CATEGORY
    VAT20    20  no        S
    NONE      0  no        Z
    EU        0  no        K
    ");
    for (words, field, says) in [
        (
            "tax create X --rate 20 --category Z",
            "category",
            "the category Z is of taxes of 0 %, and the rate of X is 20 %",
        ),
        ("tax create X --rate 0 --category S", "category", "the category S is of taxes above 0 %"),
        ("tax edit VAT20 --category AE", "category", "of taxes of 0 %"),
        ("tax edit EU --rate 20", "rate", "the category K is of taxes of 0 %"),
        ("tax create X --rate 0 --category B", "category", "it is one of S, Z, E, AE, K, G, O"),
        ("tax create X --rate 20 --exemption Because", "exemption", "of the categories E, AE, K, G, O, and X is S"),
        ("tax edit NONE --exemption Because", "exemption", "NONE is Z"),
        ("tax edit EU --category Z", "exemption", "EU is Z"),
    ] {
        let refused = shop.refused(words, "invalid_value");
        assert_eq!(refused["field"], field, "{words}");
        assert!(refused["message"].as_str().unwrap().contains(says), "{words}: {refused}");
    }
    let hint = shop.refused("tax edit EU --rate 20", "invalid_value")["hint"].as_str().unwrap().to_owned();
    shop.done(hint.strip_prefix("aftersales ").unwrap());
    assert_eq!(only(&shop.ok("tax show EU"), &["category", "exemption"]), json!({"category": "S", "exemption": null}));
    // A category that is not its own goes with the rate.
    shop.done("tax edit VAT20 --rate 0");
    assert_eq!(shop.ok("tax list --category Z --jq '[.[].id]'"), json!(["VAT20", "NONE"]));
    shop.unchanged("tax edit NONE --category Z");
    shop.done("tax edit NONE --category E --exemption 'Art. 132'");
    shop.done("tax edit NONE --category '' --exemption ''");
    assert_eq!(shop.ok("tax show NONE")["category"], "Z");
}

#[test]
fn parties_come_in_as_they_went_out() {
    let shop = Shop::new();
    let records = r#"
{"record":"tax","id":"EU","rate":"0","category":"K","exemption":"Intra-community supply"}
{"record":"tax","id":"VAT20","rate":"20","category":"S"}
{"record":"customer","id":"C00001","name":"Ada Ltd","street":"12 High St","postcode":"SW1A 1AA","city":"London","country":"GB","tax_id":"GB980780684","language":"en","buyer_reference":"R-7"}
{"record":"product","id":"HOUR","name":"Hour","type":"service","unit":"HUR","taxes":["VAT20"]}
"#;
    let imported = |input: &str, flags: &str| {
        let ran = shop.run_with(&format!("import - -o ndjson {flags}"), input);
        let statuses: Vec<Value> =
            ran.stdout.lines().map(|line| crate::support::json(line)["status"].clone()).collect();
        (ran.code, statuses)
    };
    assert_eq!(imported(records, ""), (0, vec![json!("done"); 4]));
    assert_eq!(imported(records, ""), (0, vec![json!("unchanged"); 4]));
    // What a list prints as CSV comes back equal.
    for kind in ["customer", "tax", "product"] {
        let csv = shop.run(&format!("{kind} list -o csv")).stdout;
        let (code, statuses) = imported(&csv, &format!("--format csv --kind {kind}"));
        assert!(code == 0 && statuses.iter().all(|status| status == "unchanged"), "{kind}: {statuses:?}\n{csv}");
    }
    let (code, _) =
        imported("{\"record\":\"customer\",\"id\":\"C00001\",\"city\":\"York\",\"tax_id\":null}", "--update");
    assert_eq!(code, 0);
    let shown = shop.ok("customer show C1");
    assert_eq!(
        only(&shown, &["city", "street", "tax_id"]),
        json!({"city": "York", "street": "12 High St", "tax_id": null})
    );
    for (record, field) in [
        (r#"{"record":"customer","id":"C9","country":"Atlantis"}"#, "country"),
        (r#"{"record":"tax","id":"X","rate":"7","category":"E"}"#, "category"),
        (r#"{"record":"product","id":"X","unit":"?"}"#, "unit"),
    ] {
        let ran = shop.run_with("import - -o ndjson", record);
        assert!(
            ran.code == 10 && ran.stdout.contains(&format!("\"field\":\"{field}\"")),
            "{}{}",
            ran.stdout,
            ran.stderr
        );
    }
}

/// The record of that kind and id in an export.
fn exported(shop: &Shop, kind: &str, id: &str) -> Value {
    let export = shop.run("export").stdout;
    let found = export.lines().map(crate::support::json).find(|record| record["record"] == kind && record["id"] == id);
    found.unwrap_or_else(|| panic!("no {kind} {id}"))
}

#[test]
fn what_is_posted_keeps_whom_it_was_posted_for() {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"customer create","name":"Ada Ltd"}
           {"command":"product create","id":"PAINT","price":"5"}
           {"command":"invoice create","customer":"C1","line":[{"product":"PAINT","quantity":"2"}]}
           {"command":"invoice create","customer":"C1","line":[{"product":"PAINT","quantity":"3"}]}
           {"command":"invoice post","invoice":"D1"}"#,
    );
    let posted = exported(&shop, "invoice", "D00001")["posted_in"].clone();
    assert_eq!(posted, json!(shop.operations()), "the operation that posted it");
    assert_eq!(exported(&shop, "invoice", "D00002")["posted_in"], json!(null), "a draft has what stands now");

    // What was missing completes what is posted: nothing is kept beside it.
    shop.done("customer edit C1 --street '12 High St' --city London --country GB");
    shop.done("desk edit --company 'Lamps Ltd' --city Berlin");
    assert_eq!(exported(&shop, "customer", "C00001")["before"], json!([]));
    // What is changed or taken away does not reach it: what was said is kept.
    shop.done("customer edit C1 --street '13 High St'");
    let until = shop.operations();
    shop.done("customer edit C1 --country ''");
    shop.done("product edit PAINT --unit LTR");
    let before = exported(&shop, "customer", "C00001")["before"].clone();
    assert_eq!(before.as_array().map(Vec::len), Some(2));
    assert_eq!(
        only(&before[0], &["until", "name", "street", "city", "country"]),
        json!({"until": until, "name": "Ada Ltd", "street": "12 High St", "city": "London", "country": "GB"})
    );
    assert_eq!(before[1]["street"], "13 High St");
    assert_eq!(exported(&shop, "product", "PAINT")["before"][0]["unit"], "C62");
    // An e-mail that others are told by, or a price, is no matter of what was posted.
    shop.done("product edit PAINT --price 6");
    assert_eq!(exported(&shop, "product", "PAINT")["before"].as_array().map(Vec::len), Some(1));
}

#[test]
fn an_erased_customer_is_gone_from_what_was_kept_too() {
    let shop = Shop::new();
    shop.done("customer create --name 'Ada Lovelace' --street 'Ockham Park' --city Ockham --country GB --language en --tax-id GB980780684");
    shop.done("customer edit C1 --street 'St James Square' --name 'Ada King' --buyer-reference 'To the Countess'");
    shop.done("customer edit C1 --name 'Countess of Lovelace'");
    shop.done("customer erase C1 --yes");
    let export = shop.run("export").stdout;
    for text in ["Lovelace", "Ada King", "Ockham", "St James", "GB980780684", "Countess", "\"GB\"", "\"en\""] {
        assert!(!export.contains(text), "{text} is left");
    }
    assert_eq!(exported(&shop, "customer", "C00001")["before"].as_array().map(Vec::len), Some(2));
}

/// Numbers that look like any, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// What a posted invoice tells of its buyer, street and city, and of the unit on its line; a draft tells what stands now.
fn told_of(db: &Db, id: &str) -> [Option<String>; 3] {
    let mut invoice = document::by_any_id(db, id).unwrap().unwrap();
    document::load_lines(db, &mut invoice).unwrap();
    let buyer = party::of_document(db, &desk::load(db).unwrap(), &invoice).unwrap().buyer;
    let lines = party::on_lines(db, &invoice).unwrap();
    let text = |line: Option<aftersales::domain::party::OneLine>| line.map(|line| line.to_string());
    [text(buyer.street), text(buyer.city), Some(lines.unit(&invoice.lines[0]).to_string())]
}

#[test]
fn after_any_row_of_edits_and_postings_each_document_tells_what_stood() {
    for seed in 1..=4 {
        let (shop, mut dice) = (Shop::new(), Dice(seed));
        let mut lines = String::from(
            "{\"command\":\"customer create\",\"name\":\"Ada\"}\n{\"command\":\"product create\",\"id\":\"PAINT\"}\n",
        );
        // What stood, the last of it now; and which of it each invoice was posted with.
        let mut addresses: Vec<[Option<String>; 2]> = vec![[None, None]];
        let (mut units, mut posted) = (vec!["C62"], Vec::new());
        for _ in 0..60 {
            match dice.below(4) {
                kind @ (0 | 1) => {
                    let word = ["", "A", "B"][dice.below(3)];
                    lines += &format!(
                        "{{\"command\":\"customer edit\",\"customer\":\"C1\",\"{}\":\"{word}\"}}\n",
                        ["street", "city"][kind]
                    );
                    let before = addresses.last().unwrap().clone();
                    let mut after = before.clone();
                    after[kind] = Some(word.to_owned()).filter(|word| !word.is_empty());
                    // What was missing is filled in where it is; whatever else is done begins another.
                    if before[kind].is_none() {
                        *addresses.last_mut().unwrap() = after;
                    } else if before != after {
                        addresses.push(after);
                    }
                }
                2 => {
                    let unit = ["C62", "LTR"][dice.below(2)];
                    lines += &format!("{{\"command\":\"product edit\",\"product\":\"PAINT\",\"unit\":\"{unit}\"}}\n");
                    units.push(unit);
                }
                _ => {
                    posted.push((addresses.len() - 1, units.len() - 1));
                    let id = format!("D{:05}", posted.len());
                    lines += "{\"command\":\"invoice create\",\"customer\":\"C1\",\"line\":[{\"product\":\"PAINT\",\"quantity\":\"1\"}]}\n";
                    lines += &format!("{{\"command\":\"invoice post\",\"invoice\":\"{id}\"}}\n");
                }
            }
        }
        lines += "{\"command\":\"invoice create\",\"customer\":\"C1\",\"line\":[{\"product\":\"PAINT\",\"quantity\":\"1\"}]}\n";
        shop.applied("", &lines, 0);
        let address = Address::parse(&shop.store.address(), &Surroundings { variable: &|_| None }).unwrap();
        let db = Db::open(&address, Access::Read).unwrap();
        db.begin_read().unwrap();
        let drafted = format!("D{:05}", posted.len() + 1);
        let now = [(addresses.len() - 1, units.len() - 1)];
        for (at, (address, unit)) in posted.iter().chain(&now).enumerate() {
            let id = if at < posted.len() { format!("D{:05}", at + 1) } else { drafted.clone() };
            let [street, city] = addresses[*address].clone();
            assert_eq!(told_of(&db, &id), [street, city, Some(units[*unit].to_owned())], "seed {seed}, {id}\n{lines}");
        }
        db.end_read().unwrap();
    }
}
