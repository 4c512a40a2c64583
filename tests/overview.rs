//! The overview: one look at the desk, each figure of which is that of the report that tells it alone.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::sample;
use crate::support::Shop;
use crate::support::books::scaled;
use crate::support::terminal::Shows;

/// A desk of which every figure is known: two currencies, three months, names that are no help, and work of every age.
pub fn shop() -> Shop {
    let shop = Shop::new();
    let records = r#"{"record":"tax","id":"VAT20","rate":"20"}
{"record":"customer","id":"ADA","name":"<script>alert('x')</script> \u202e& Co"}
{"record":"customer","id":"BO","name":"Bo"}
{"record":"product","id":"LAMP","name":"Desk lamp \"brass\" <b>","price":"40.00","taxes":["VAT20"]}
{"record":"product","id":"BULB","name":"Bulb","price":"5.00"}
{"record":"stock","product":"LAMP","location":"WH/Stock","quantity":"50"}
{"record":"stock","product":"BULB","location":"WH/Stock","quantity":"50"}
{"record":"coupon_program","id":"Sorry","rewards":[{"type":"fixed","value":"5"}]}
{"record":"coupon_program","id":"Ten","rewards":[{"type":"percent","value":"10","on":"order"}]}
{"record":"coupon_program","id":"Spring","type":"promo-code","code":"SPRING","rewards":[{"type":"fixed","value":"4"}]}
{"record":"project","id":"Field Service"}
{"record":"team","id":"Support","services":["refunds","coupons","returns","repairs","field-service"],"field_service_project":"Field Service"}
{"record":"order","id":"S00001","customer":"ADA","date":"2026-11-01","state":"confirmed","lines":[{"product":"LAMP","quantity":"10"},{"product":"BULB","quantity":"8"}]}
{"record":"transfer","id":"WH/OUT/00001","order":"S00001","date":"2026-11-02","state":"done","lines":[{"product":"LAMP","quantity":"10"},{"product":"BULB","quantity":"8"}]}
{"record":"invoice","id":"INV/2026/00001","order":"S00001","date":"2026-11-02","state":"posted","lines":[{"product":"LAMP","quantity":"10"},{"product":"BULB","quantity":"8"}]}
{"record":"invoice","id":"OLD","customer":"BO","date":"2026-09-10","state":"posted","paid":"96.00","lines":[{"product":"LAMP","quantity":"2"}]}
{"record":"credit_note","id":"ROLD","invoice":"OLD","date":"2026-09-12","state":"posted","lines":[{"product":"LAMP","quantity":"1","price":"40.00"}]}
{"record":"invoice","id":"J-1","customer":"BO","currency":"JPY","date":"2026-11-03","state":"posted","lines":[{"label":"By hand","quantity":"1","price":"4000"}]}
{"record":"ticket","id":"T00001","team":"Support","customer":"ADA","subject":"Lamps flicker","order":"S00001"}
{"record":"ticket","id":"T00002","team":"Support","customer":"BO","subject":"By hand"}"#;
    let ran = shop.run_with("import -", records);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    for words in [
        "ticket refund T1 --invoice INV/2026/00001 --line 1=2 --reason '<b>Broken</b>' --post",
        "ticket refund T1 --invoice INV/2026/00001 --line 2=1 --reason Late --post",
        "ticket refund T1 --invoice INV/2026/00001 --line 1=1",
        "ticket refund T2 --invoice J-1 --amount 1000 --reason Late --post",
        "ticket return T1 --delivery WH/OUT/00001 --line 1=1",
        "transfer validate WH/IN/00001",
        "ticket return T1 --delivery WH/OUT/00001 --line 2=1",
        "ticket coupon T1 --program Sorry",
        "ticket coupon T1 --program Sorry --valid-until 2026-11-30",
        "ticket coupon T1 --program Ten",
        "order create --customer BO --line BULB=4 --date 2026-11-20",
        "order apply-coupon S2 SPRING",
        "order confirm S2",
        "transfer create --order S2",
        "ticket repair T1 --product LAMP --scheduled-date 2026-11-18 --confirm --yes",
        "ticket plan T1 --start 2026-11-10T09:00:00Z --end 2026-11-10T10:00:00Z",
        "ticket create --team Support --customer BO --subject Older --now 2026-08-01T09:00:00Z",
        "ticket create --team Support --customer BO --subject Recent --now 2026-11-21T09:00:00Z",
        "ticket create --team Support --customer BO --subject Yesterday --now 2026-11-22T00:00:00Z",
    ] {
        let ran = shop.run(&format!("{words} -q -o json"));
        assert_eq!(ran.code, 0, "{words}\n{}{}", ran.stdout, ran.stderr);
    }
    shop
}

/// Some keys of the rows of a section.
fn rows(overview: &Value, section: &str, keys: &[&str]) -> Vec<Vec<String>> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let row = |row: &Value| keys.iter().map(|key| text(&row[*key])).collect();
    overview[section].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn the_desk_is_told_in_one_look() {
    let shop = shop();
    let overview = shop.ok("report overview");
    assert_eq!((&overview["since"], &overview["until"]), (&json!("2026-11-01"), &json!("2026-11-23")));
    let of = |section: &str, keys: &[&str]| rows(&overview, section, keys);
    assert_eq!(
        of("totals", &["by", "count", "total", "currency"]),
        [
            ["refunds", "2", "101.00", "EUR"],
            ["refunds", "1", "1000", "JPY"],
            ["coupons", "1", "4.00", "EUR"],
            ["owes", "1", "419.00", "EUR"],
            ["owes", "1", "3000", "JPY"],
            ["owed", "1", "-48.00", "EUR"],
        ]
    );
    assert_eq!(
        of("months", &["by", "count", "total", "currency"]),
        [["2026-09", "1", "48.00", "EUR"], ["2026-11", "2", "101.00", "EUR"], ["2026-11", "1", "1000", "JPY"]]
    );
    assert_eq!(
        of("reasons", &["by", "count", "untaxed", "tax", "total"]),
        [
            ["<b>Broken</b>", "1", "80.00", "16.00", "96.00"],
            ["Late", "1", "5.00", "0.00", "5.00"],
            ["Late", "1", "1000", "0", "1000"],
        ]
    );
    assert_eq!(of("refunded", &["by", "quantity", "rate"]), [["LAMP", "2", "20"], ["BULB", "1", "12.5"]]);
    assert_eq!(of("returned", &["by", "count", "quantity", "rate"]), [["LAMP", "1", "1", "10"]]);
    let ages = ["by", "count", "days_1", "days_7", "days_30", "days_90", "older"];
    assert_eq!(
        of("work", &ages),
        [
            ["open tickets", "5", "3", "1", "0", "0", "1"],
            ["draft credit notes", "1", "1", "0", "0", "0", "0"],
            ["credit notes to post", "0", "0", "0", "0", "0", "0"],
            ["draft invoices", "0", "0", "0", "0", "0", "0"],
            ["returns to receive", "1", "1", "0", "0", "0", "0"],
            ["deliveries ready", "1", "1", "0", "0", "0", "0"],
            ["deliveries waiting for stock", "0", "0", "0", "0", "0", "0"],
            ["visits overdue", "1", "0", "0", "1", "0", "0"],
            ["repairs not done", "1", "0", "1", "0", "0", "0"],
        ]
    );
    assert_eq!(
        of("coupons", &["by", "count", "total", "currency"]),
        [["Sorry", "2", "10.00", "EUR"], ["Ten", "1", "null", "EUR"]]
    );
    assert_eq!(
        of("customers", &["by", "total", "currency"]),
        [["ADA", "419.00", "EUR"], ["BO", "-48.00", "EUR"], ["BO", "3000", "JPY"]]
    );
}

#[test]
fn a_product_of_which_only_the_price_was_reduced_is_refunded_too() {
    let shop = sample::shop();
    shop.done("ticket refund T1 --invoice INV/2026/00001 --line-amount 2=1.29 --post");
    let refunded = || rows(&shop.ok("report overview"), "refunded", &["by", "quantity", "total"]);
    assert_eq!(refunded(), [["LAMP", "1", "48.00"], ["DRILL", "0", "1.29"]]);
    let of_report = shop.run("report refunds --by product --jq '.[].by'").stdout;
    assert_eq!(of_report.lines().collect::<Vec<_>>(), ["DRILL", "LAMP"]);
    // More of another, for less money, is less.
    shop.done("ticket refund T1 --invoice INV/2026/00001 --line-amount 2=50 --post");
    assert_eq!(refunded(), [["DRILL", "0", "51.29"], ["LAMP", "1", "48.00"]]);
}

#[test]
fn its_figures_are_those_of_the_reports() {
    let shop = sample::rich();
    // A desk of a year, a day on which some of it is overdue.
    shop.clock("2027-01-15T10:00:00Z");
    for days in ["", " --since 2026-11 --until 2026-11", " --since 2026-11-06 --until 2026-12-24"] {
        let overview = shop.ok(&format!("report overview{days}"));
        let (since, until) = (overview["since"].as_str().unwrap(), overview["until"].as_str().unwrap());
        let report = |words: &str| shop.ok(&format!("report {words}")).as_array().unwrap().clone();
        let in_days = |words: &str| report(&format!("{words} --since {since} --until {until}"));
        let section = |name: &str| overview[name].as_array().unwrap().clone();
        let amount = |row: &Value| row["total"].as_str().map_or(0, scaled);

        // All of a currency, and the largest of it.
        let sum = |rows: &[Value], currency: &str| -> (i64, i128) {
            let of: Vec<&Value> = rows.iter().filter(|row| row["currency"] == currency).collect();
            (of.iter().map(|row| row["count"].as_i64().unwrap()).sum(), of.iter().map(|row| amount(row)).sum())
        };
        let totals = section("totals");
        let total = |name: &str| -> Vec<Value> { totals.iter().filter(|row| row["by"] == name).cloned().collect() };
        let owed = report("owed");
        let (owes, is_owed): (Vec<Value>, Vec<Value>) =
            owed.iter().filter(|row| amount(row) != 0).cloned().partition(|row| amount(row) > 0);
        for currency in ["EUR", "JPY", "USD"] {
            assert_eq!(sum(&total("refunds"), currency), sum(&in_days("refunds"), currency), "{days} {currency}");
            assert_eq!(sum(&total("coupons"), currency), sum(&in_days("coupons"), currency), "{days} {currency}");
            assert_eq!(sum(&total("owes"), currency), sum(&owes, currency), "{currency}");
            assert_eq!(sum(&total("owed"), currency), sum(&is_owed, currency), "{currency}");
        }
        for (name, rows) in [("reasons", in_days("refunds")), ("customers", owed)] {
            // What is told is told as it is there, and nothing that is larger is left out.
            let told = section(name);
            assert!(told.iter().all(|row| rows.contains(row)), "{name}");
            for row in rows.iter().filter(|row| !told.contains(row)) {
                let of: Vec<&Value> = told.iter().filter(|told| told["currency"] == row["currency"]).collect();
                assert_eq!(of.len(), 10, "{name}: {row}");
                assert!(of.iter().all(|told| amount(told).abs() >= amount(row).abs()), "{name}: {row}");
            }
        }
        let year = format!("{}-{}-01", until[..4].parse::<u32>().unwrap() - 1, &until[5..7]);
        let months: Vec<Value> = report(&format!("refunds --by month --since {year} --until {until}"))
            .into_iter()
            .filter(|row| row["by"].as_str().unwrap() > &year[..7])
            .collect();
        assert_eq!(section("months"), months, "{days}");

        let quantity = |row: &Value| row["quantity"].as_str().map_or(0, scaled);
        for (name, words) in [("refunded", "refunds --by product"), ("returned", "returns --by product")] {
            let mut rows = in_days(words);
            rows.retain(|row| !row["by"].is_null());
            let total = |row: &Value| row["total"].as_str().map_or(0, scaled);
            let rank = |row: &Value| (-total(row), -quantity(row), row["by"].to_string());
            rows.sort_by_key(|row| (row["currency"].to_string(), rank(row)));
            let of_each = rows.chunk_by(|one, next| one["currency"] == next["currency"]);
            let largest: Vec<Value> = of_each.flat_map(|rows| rows.iter().take(10).cloned()).collect();
            assert_eq!(section(name), largest, "{days} {name}");
        }

        let waiting = shop.ok("status");
        for work in section("work") {
            let ages = ["days_1", "days_7", "days_30", "days_90", "older"];
            let sum: i64 = ages.iter().map(|age| work[age].as_i64().unwrap()).sum();
            assert_eq!(work["count"], sum, "{work}");
            match waiting.as_array().unwrap().iter().find(|row| row["what"] == work["by"]) {
                Some(row) => assert_eq!(row["count"], work["count"], "{work}"),
                None => {
                    let open = "repair list --state draft --state confirmed --state under_repair";
                    assert_eq!(work["by"], "repairs not done");
                    assert_eq!(shop.ok(open).as_array().unwrap().len(), work["count"].as_u64().unwrap() as usize);
                }
            }
        }
        let coupons = shop.ok("coupon list --state valid");
        for row in section("coupons") {
            let count = coupons.as_array().unwrap().iter().filter(|coupon| coupon["program"] == row["by"]).count();
            assert_eq!(row["count"], count, "{row}");
        }
    }
}

#[test]
fn it_is_of_the_days_that_are_asked_for() {
    let shop = shop();
    let days = |words: &str| {
        let overview = shop.ok(&format!("report overview {words}"));
        let refunds = rows(&overview, "totals", &["by", "total"]).into_iter().find(|row| row[0] == "refunds");
        let text = |key: &str| overview[key].as_str().unwrap().to_owned();
        (format!("{}..{}", text("since"), text("until")), refunds.map(|row| row[1].clone()))
    };
    let of = |days: &str, total: Option<&str>| (days.to_owned(), total.map(str::to_owned));
    assert_eq!(days("--since 2026-09 --until 2026-09"), of("2026-09-01..2026-09-30", Some("48.00")));
    assert_eq!(days("--since 2026-09-12"), of("2026-09-12..2026-11-23", Some("149.00")));
    assert_eq!(days("--until 2026-09-11"), of("2026-09-01..2026-09-11", None));
    assert_eq!(days("--since 2026-11-23 --until 2026-11-23"), of("2026-11-23..2026-11-23", Some("101.00")));
    assert_eq!(days("--until 9999-12-31"), of("9999-12-01..9999-12-31", None));
    for (words, field) in [
        ("--since soon", "since"),
        ("--until 2026-13", "until"),
        ("--since 2026-11-24", "since"),
        ("--since 2026-10 --until 2026-09", "since"),
        ("--format pdf", "format"),
        ("--format html --since 2027", "since"),
    ] {
        assert_eq!(shop.refused(&format!("report overview {words}"), "invalid_value")["field"], field, "{words}");
    }
    // The month is that of the desk.
    shop.done("desk edit --timezone Pacific/Auckland");
    shop.clock("2026-11-30T12:00:00Z");
    assert_eq!(days("").0, "2026-12-01..2026-12-01");
}

#[test]
fn tables_follow_one_another_and_a_terminal_has_bars() {
    let shop = shop();
    assert_snapshot!(shop.on_terminal(100, Shows::Stdout, None, "report overview").stdout.replace("\r\n", "\n"), @r##"
    since  2026-11-01
    until  2026-11-23

    totals
    BY       COUNT  UNTAXED    TAX   TOTAL  CURRENCY
    refunds      2    85.00  16.00  101.00  EUR
    refunds      1     1000      0    1000  JPY
    coupons      1     4.00   0.00    4.00  EUR
    owes         1                  419.00  EUR
    owes         1                    3000  JPY
    owed         1                  -48.00  EUR

    months
    BY       COUNT  UNTAXED    TAX   TOTAL  CURRENCY
    2026-09      1    40.00   8.00   48.00  EUR       ###################
    2026-11      2    85.00  16.00  101.00  EUR       ########################################
    2026-11      1     1000      0    1000  JPY       ########################################

    reasons
    BY             COUNT  UNTAXED    TAX  TOTAL  CURRENCY
    <b>Broken</b>      1    80.00  16.00  96.00  EUR       ########################################
    Late               1     5.00   0.00   5.00  EUR       ##
    Late               1     1000      0   1000  JPY       ########################################

    refunded
    BY                          COUNT  QUANTITY  RATE  UNTAXED    TAX  TOTAL  CURRENCY
    LAMP Desk lamp "brass" <b>      1         2    20    80.00  16.00  96.00  EUR       ################
    BULB Bulb                       1         1  12.5     5.00   0.00   5.00  EUR       #

    returned
    BY                          COUNT  QUANTITY  RATE
    LAMP Desk lamp "brass" <b>      1         1    10

    work
    BY                            COUNT  DAYS_1  DAYS_7  DAYS_30  DAYS_90  OLDER
    open tickets                      5       3       1        0        0      1  ######################
    draft credit notes                1       1       0        0        0      0  ####
    credit notes to post              0       0       0        0        0      0
    draft invoices                    0       0       0        0        0      0
    returns to receive                1       1       0        0        0      0  ####
    deliveries ready                  1       1       0        0        0      0  ####
    deliveries waiting for stock      0       0       0        0        0      0
    visits overdue                    1       0       0        1        0      0  ####
    repairs not done                  1       0       1        0        0      0  ####

    coupons
    BY     COUNT  TOTAL  CURRENCY
    Sorry      2  10.00  EUR       ########################################
    Ten        1         EUR       ####################

    customers
    BY                                            COUNT   TOTAL  CURRENCY
    ADA <script>alert('x')</script> \u{202e}& Co      1  419.00  EUR       #############################
    BO Bo                                             1  -48.00  EUR       ---
    BO Bo                                             1    3000  JPY       #############################
    "##);
    let piped = shop.text("report overview");
    assert!(!piped.contains('#'), "{piped}");
    for width in [30, 60, 80] {
        let shown = shop.on_terminal(width, Shows::Stdout, None, "report overview").stdout;
        assert!(shown.lines().all(|line| line.chars().count() <= usize::from(width)), "{width}\n{shown}");
    }
    assert_eq!(shop.ok("report overview --jq '.work | map(select(.older > 0).by)'"), json!(["open tickets"]));
    assert_snapshot!(shop.text("report overview --fields coupons,until,returned"), @r#"
    until  2026-11-23

    coupons
    BY     COUNT  TOTAL  CURRENCY
    Sorry      2  10.00  EUR
    Ten        1         EUR

    returned
    BY                          COUNT  QUANTITY  RATE
    LAMP Desk lamp "brass" <b>      1         1    10
    "#);
    assert_eq!(shop.text("report overview --fields until"), "UNTIL\n2026-11-23\n");
    let alone = shop.text("report overview --fields returned");
    assert!(alone.starts_with("returned\nBY"), "{alone}");
    let chosen = shop.ok("report overview --fields until,coupons");
    assert_eq!(chosen.as_object().unwrap().keys().collect::<Vec<_>>(), ["until", "coupons"]);
    let error = shop.refused("report overview --fields weather", "usage");
    assert!(error["allowed"].as_array().unwrap().contains(&json!("work")), "{error}");
}

#[test]
fn all_sections_are_one_file_of_rows() {
    let shop = shop();
    let csv = shop.run("report overview -o csv").stdout;
    assert_snapshot!(csv.replace("\r\n", "\n"), @r##"
    section,by,count,quantity,rate,untaxed,tax,total,currency,days_1,days_7,days_30,days_90,older
    totals,refunds,2,,,85.00,16.00,101.00,EUR,,,,,
    totals,refunds,1,,,1000,0,1000,JPY,,,,,
    totals,coupons,1,,,4.00,0.00,4.00,EUR,,,,,
    totals,owes,1,,,,,419.00,EUR,,,,,
    totals,owes,1,,,,,3000,JPY,,,,,
    totals,owed,1,,,,,-48.00,EUR,,,,,
    months,2026-09,1,,,40.00,8.00,48.00,EUR,,,,,
    months,2026-11,2,,,85.00,16.00,101.00,EUR,,,,,
    months,2026-11,1,,,1000,0,1000,JPY,,,,,
    reasons,<b>Broken</b>,1,,,80.00,16.00,96.00,EUR,,,,,
    reasons,Late,1,,,5.00,0.00,5.00,EUR,,,,,
    reasons,Late,1,,,1000,0,1000,JPY,,,,,
    refunded,LAMP,1,2,20,80.00,16.00,96.00,EUR,,,,,
    refunded,BULB,1,1,12.5,5.00,0.00,5.00,EUR,,,,,
    returned,LAMP,1,1,10,,,,,,,,,
    work,open tickets,5,,,,,,,3,1,0,0,1
    work,draft credit notes,1,,,,,,,1,0,0,0,0
    work,credit notes to post,0,,,,,,,0,0,0,0,0
    work,draft invoices,0,,,,,,,0,0,0,0,0
    work,returns to receive,1,,,,,,,1,0,0,0,0
    work,deliveries ready,1,,,,,,,1,0,0,0,0
    work,deliveries waiting for stock,0,,,,,,,0,0,0,0,0
    work,visits overdue,1,,,,,,,0,0,1,0,0
    work,repairs not done,1,,,,,,,0,1,0,0,0
    coupons,Sorry,2,,,,,10.00,EUR,,,,,
    coupons,Ten,1,,,,,,EUR,,,,,
    customers,ADA,1,,,,,419.00,EUR,,,,,
    customers,BO,1,,,,,-48.00,EUR,,,,,
    customers,BO,1,,,,,3000,JPY,,,,,
    "##);
    let lines: Vec<Value> = shop.run("report overview -o ndjson").stdout.lines().map(crate::support::json).collect();
    assert_eq!(lines.len() + 1, csv.lines().count());
    // Each line is its row with all keys that any has.
    let overview = shop.ok("report overview");
    for line in &lines {
        let keys: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, csv.lines().next().unwrap().split(',').collect::<Vec<_>>());
        let is_told = |row: &Value| row.as_object().unwrap().iter().all(|(key, value)| line[key] == *value);
        assert!(overview[line["section"].as_str().unwrap()].as_array().unwrap().iter().any(is_told), "{line}");
    }
    assert_eq!(
        shop.run("report overview --fields section,by,older -o csv").stdout.lines().nth(16),
        Some("work,open tickets,1")
    );
    assert_eq!(shop.run("report overview -o ndjson --jq .section").stdout.lines().next(), Some("totals"));
    let error = shop.run("report overview --fields since -o csv");
    assert_eq!((error.code, error.stdout.as_str()), (2, ""), "{}", error.stderr);
}

/// The page that these words write to standard output.
fn page(shop: &Shop, words: &str) -> String {
    let ran = shop.run(&format!("report overview --format html {words}"));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{words}");
    ran.stdout
}

#[test]
fn a_page_tells_the_same_with_all_that_it_needs_in_it() {
    let shop = shop();
    shop.done("desk edit --company 'Lamps & Co'");
    let page = page(&shop, "");
    assert!(page.starts_with("<!doctype html>\n<html lang=\"en\" dir=\"ltr\">"), "{page}");
    // From top to bottom.
    let mut rest = page.split_once("<body>").unwrap().1;
    for told in [
        "Lamps &amp; Co",
        "<h1>Overview</h1>",
        "1 November 2026 to 23 November 2026",
        "Given back",
        "101.00\u{a0}EUR",
        "1,000\u{a0}JPY",
        "Credit notes: 3",
        "Customers owe",
        "419.00\u{a0}EUR",
        "Owed to customers",
        "48.00\u{a0}EUR",
        "Given back by month",
        "<title>November 2026: 101.00\u{a0}EUR</title>",
        "September 2026",
        "Why it was given back",
        "&lt;b&gt;Broken&lt;/b&gt;",
        "width=\"1000\"",
        "96.00\u{a0}EUR",
        "Late",
        "width=\"52\"",
        "Desk lamp &quot;brass&quot; &lt;b&gt;",
        "20%",
        "Products returned most",
        "Open work by age",
        "class=\"age1\" x=\"0\" width=\"600\"",
        "class=\"age2\" x=\"600\" width=\"200\"",
        "class=\"age5\" x=\"800\" width=\"200\"",
        "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; Co",
        "class=\"below\"",
        "-48.00\u{a0}EUR",
        "Coupons that can still be used",
        "10.00\u{a0}EUR",
    ] {
        let (_, after) = rest.split_once(told).unwrap_or_else(|| panic!("{told} does not come next: {rest}"));
        rest = after;
    }
    // Nothing is fetched, nothing runs, and no text steers the page.
    for part in ["http", "<script", "url(", "@import", "src=", "<link", "\u{202e}"] {
        assert!(!page.contains(part), "{part}: {page}");
    }
}

#[test]
fn a_page_is_written_where_it_is_asked_for_in_the_words_of_its_reader() {
    let shop = shop();
    let german = page(&shop, "--language de");
    assert!(german.contains("<html lang=\"de\"") && german.contains("Gründe der Rückgabe"), "{german}");
    assert!(german.contains("01.11.2026 bis 23.11.2026") && german.contains("101,00\u{a0}EUR"), "{german}");
    assert!(german.contains("<title>November 2026: "), "{german}");
    shop.done("desk edit --language fr");
    assert!(page(&shop, "").contains("Motifs de remboursement"));
    // A file or a language is a page's, as with everything that is printed.
    for words in ["--file here.html", "--language de --file here.html"] {
        let ran = shop.run(&format!("report overview {words}"));
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", "written to here.html\n"), "{words}");
    }
    assert_eq!(std::fs::read_to_string(shop.path("here.html")).unwrap(), german);
    assert_eq!(shop.run("report overview --language de").stdout, german);
    assert_eq!(shop.run("report overview --file - --language de").stdout, german);
    let told = shop.run("report overview --format json --file here.json");
    assert_eq!((told.code, told.stdout.as_str()), (0, ""), "{}", told.stderr);
    let kept = std::fs::read_to_string(shop.path("here.json")).unwrap();
    assert_eq!(crate::support::json(&kept), shop.ok("report overview"));
    let ran = shop.run("report overview --format html --fields work");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    // The template and the words can be a site's own.
    std::fs::create_dir(shop.path("mine")).unwrap();
    shop.write("mine/overview.html", "{{ figures[0].values[0] }} {{ sections[1].heading }} {{ words.page }}");
    shop.write("mine/fr.toml", "[words]\noverview_reasons = \"Pourquoi\"\n");
    shop.write("config.toml", "[templates]\nfolder = \"mine\"\n");
    let own = page(&shop, "--config config.toml");
    assert!(own.starts_with("101,00\u{a0}EUR Pourquoi Page"), "{own}");
}

#[test]
fn coupons_that_no_order_takes_are_not_outstanding() {
    let shop = shop();
    let mut codes = Vec::new();
    for (program, rewards) in
        [("Over", "fixed=5"), ("Later", "fixed=5"), ("Gone", "fixed=5"), ("Two", "fixed=5 --reward percent=10")]
    {
        shop.done(&format!("coupon-program create {program} --reward {rewards}"));
        let made = shop.done(&format!("ticket coupon T2 --program {program}"));
        codes.push((program, made["created"][0].as_str().unwrap().to_owned()));
    }
    shop.done("coupon-program edit Over --end 2026-11-22");
    shop.done("coupon-program edit Later --start 2026-11-24");
    shop.done("coupon-program archive Gone");
    // Of two coupons of a program whose codes may be used once, one was.
    shop.done("coupon-program create Once --reward fixed=5 --usage-limit 1");
    let once =
        [(); 2].map(|()| shop.done("ticket coupon T2 --program Once")["created"][0].as_str().unwrap().to_owned());
    let confirmed = shop.done("order create --customer BO --line BULB=40")["created"][0].as_str().unwrap().to_owned();
    shop.done(&format!("order apply-coupon {confirmed} {}", once[0]));
    shop.done(&format!("order confirm {confirmed}"));
    let order = shop.done("order create --customer BO --line BULB=40")["created"][0].as_str().unwrap().to_owned();
    let coupons = shop.ok("report overview --fields coupons");
    let told = rows(&coupons, "coupons", &["by", "count", "total"]);
    shop.refused(&format!("order apply-coupon {order} {}", once[1]), "coupon_usage_limit");
    assert!(told.iter().all(|row| row[0] != "Once"), "{told:?}");
    for (program, code) in &codes {
        let row = told.iter().find(|row| row[0] == *program);
        match *program {
            // What a tenth comes to depends on the order.
            "Two" => assert_eq!(row.map(|row| &row[1..]), Some(&["1".to_owned(), "null".to_owned()][..])),
            _ => {
                shop.refused(&format!("order apply-coupon {order} {code}"), "coupon_program_inactive");
                assert_eq!(row, None, "{program}");
            }
        }
    }
    // On their first and last day they are.
    shop.done("coupon-program edit Over --end 2026-11-23");
    shop.done("coupon-program edit Later --start 2026-11-23");
    let coupons = shop.ok("report overview --fields coupons");
    let told = rows(&coupons, "coupons", &["by"]);
    assert!(["Over", "Later"].iter().all(|program| told.iter().any(|row| row[0] == *program)), "{told:?}");
}

#[test]
fn an_empty_desk_has_an_overview_too() {
    let shop = Shop::new();
    let overview = shop.ok("report overview");
    for section in ["totals", "months", "reasons", "refunded", "returned", "coupons", "customers"] {
        assert_eq!(overview[section], json!([]), "{section}");
    }
    assert!(rows(&overview, "work", &["count"]).iter().all(|row| *row == ["0"]), "{overview}");
    let page = page(&shop, "");
    assert_eq!(page.matches("<p class=\"none\">Nothing.</p>").count(), 6, "{page}");
    assert!(!page.contains("<figure>"), "{page}");
}

#[test]
fn reasons_beyond_the_largest_are_told_together() {
    let shop = shop();
    for number in 1..=12 {
        let refund = format!("ticket refund T1 --invoice INV/2026/00001 --amount {number} --reason R{number} --post");
        assert_eq!(shop.run(&format!("{refund} -q")).code, 0, "{refund}");
    }
    let overview = shop.ok("report overview");
    let reasons = rows(&overview, "reasons", &["by", "total", "currency"]);
    assert_eq!(reasons.len(), 11, "ten of one currency and one of the other: {reasons:?}");
    assert_eq!(reasons[0], ["<b>Broken</b>", "96.00", "EUR"]);
    assert_eq!(reasons[9], ["R5", "5.00", "EUR"], "of equals the first by name, behind Late");
    // 1 + 2 + 3 + 4.
    let page = page(&shop, "");
    let (_, others) = page.split_once("<bdi>All others</bdi>").unwrap();
    let told: Vec<&str> = others.split("<td class=\"figure\">").skip(1).take(2).collect();
    assert!(told[0].starts_with("4<") && told[1].starts_with("10.00\u{a0}EUR<"), "{told:?}");
}

#[test]
fn what_one_has_no_right_to_is_no_part_of_it() {
    let shop = shop();
    shop.done("user create books --right invoicing");
    shop.done("user create desk --right helpdesk --right sales --right inventory");
    shop.done("user create root --right admin --yes");
    let overview = shop.ok("report overview --as books");
    assert_eq!((&overview["returned"], &overview["coupons"]), (&json!(null), &json!(null)));
    assert_eq!(
        rows(&overview, "work", &["by"]),
        [["draft credit notes"], ["credit notes to post"], ["draft invoices"]]
    );
    assert!(rows(&overview, "totals", &["by"]).iter().all(|row| *row != ["coupons"]));
    let page = page(&shop, "--as books");
    let left_out = "Left out, since you have no right to it: Products returned most, Coupons that can still be used.";
    assert!(page.contains(left_out) && !page.contains("id=\"returned\""), "{page}");
    let csv = shop.run("report overview --as books -o csv").stdout;
    assert!(!csv.contains("\ncoupons,") && !csv.contains("\nreturned,"), "{csv}");
    for words in ["report overview --as desk", "report overview --format html --as desk", "report refunds --as desk"] {
        shop.refused(words, "access_denied");
    }
    assert_eq!(shop.ok("report overview --as root")["coupons"].as_array().unwrap().len(), 2);
}
