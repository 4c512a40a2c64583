//! What is printed as a table: on terminals of 80, 100 and 120 columns as whole output, and where stdout is no terminal
//! (contract, section 2).

use unicode_width::UnicodeWidthStr;

use crate::support::terminal::Shows;
use crate::support::{Ran, Shop};

/// A shop in which there is something of every kind, with names and texts that are long, wide or not to be sent to a terminal.
fn shop() -> Shop {
    let shop = Shop::made_with("--company 'Lumen Lamps and Lights Limited' --timezone Europe/Berlin");
    shop.apply(
        r#"{"command":"user create","id":"tester","name":"tester","right":["admin"]}
{"command":"tax create","id":"VAT20","rate":"20"}
{"command":"tax create","id":"ECO5","rate":"5","included":true}
{"command":"product create","id":"LAMP-DESK-BLACK","name":"Desk lamp with a heavy foot and a long arm, black","price":"1240.00","tax":["VAT20"]}
{"command":"product create","id":"BULB","name":"電球 60W 白","price":"0.425","tax":["ECO5","VAT20"]}
{"command":"product create","id":"DRILL","name":"Cordless drill","price":"129.00","tracking":"serial","tax":["VAT20"]}
{"command":"product create","id":"HOUR","name":"HOUR","price":"55","type":"service","tax":["VAT20"]}
{"command":"lot create","id":"SN-0042","product":"DRILL"}
{"command":"user create","id":"ann","name":"Ann Jones","email":"ann@lumen.example","right":["admin","helpdesk","invoicing"]}
{"command":"customer create","name":"Ada Lovelace Analytical Engines Limited","email":"accounts-payable@analytical-engines.example.org"}
{"command":"customer create","name":"Bo\u001b[31m\u202e","email":"bo@example.org"}
{"command":"tag create","id":"fragile"}
{"command":"tag create","id":"under recall since spring"}
{"command":"worksheet-template create","id":"Visit","field":["voltage:number:required","remarks:text"]}
{"command":"project create","id":"Field Service","worksheets":true,"worksheet_template":"Visit","time_product":"HOUR"}
{"command":"coupon-program create","id":"Sorry 10","name":"Sorry, ten percent off the next order","reward":["percent=10"],"on":["order"],"maximum":"50","minimum_amount":"50","condition_product":["LAMP-DESK-BLACK","DRILL"]}
{"command":"coupon-program create","id":"SPRING","type":"promo-code","code":"SPRING26","reward":["free-product=BULB:2"],"start":"2026-03-01","end":"2026-05-31","usage_limit":"500"}
{"command":"team create","name":"Support","member":["ann","tester"]}
{"command":"team enable-service","team":"Support","service":["refunds","coupons","returns","repairs","field-service"],"field_service_project":"Field Service"}
{"command":"transfer create","kind":"incoming","line":["LAMP-DESK-BLACK=20","BULB=5000","DRILL=1"]}
{"command":"transfer validate","transfer":"WH/IN/1","lot":["3=SN-0042"]}
{"command":"order create","customer":"C1","line":["LAMP-DESK-BLACK=3","DRILL=1","BULB=12.5@0.5"]}
{"command":"order confirm","order":"S1"}
{"command":"transfer create","order":"S1"}
{"command":"transfer validate","transfer":"WH/OUT/1","lot":["2=SN-0042"]}
{"command":"invoice create","order":"S1"}
{"command":"invoice post","invoice":"D1"}
{"command":"invoice pay","invoice":"INV/2026/1","amount":"1000","reference":"Statement 42, line 7, by standing order"}
{"command":"order create","customer":"C2","line":["BULB=1"],"cart":true}
{"command":"ticket create","team":"Support","customer":"C1","subject":"Two of the three lamps flicker whenever the lift goes by","order":"S1","product":"LAMP-DESK-BLACK","user":"ann","tag":["fragile","under recall since spring"],"description":"They flicker, all of them, since last week: at first only in the evening, now whenever the lift goes by, and the customer has tried another socket already."}
{"command":"ticket create","team":"Support","customer":"C2","subject":"Hello\u0007"}"#,
    );
    shop
}

/// The five services, and changes that print what they made.
const SERVICES: &[&str] = &[
    "ticket options T1",
    "ticket refund T1 --invoice INV/2026/1 --line 1=1 --line 2=1 --reason 'Flickers' --post",
    "ticket coupon T1 --program 'Sorry 10' --valid-until 2030-12-31",
    "ticket return T1 --delivery WH/OUT/1 --line 1=1 --line 2=1 --exchange",
    "transfer validate WH/IN/2",
    "ticket repair T1 --return WH/IN/2 --product DRILL --lot SN-0042 --responsible ann --part BULB=2 --labour HOUR=1.5 \
     --notes 'Check the switch' --quote",
    "ticket plan T1 --title 'Look at the wiring in the whole house' --assignee ann --start 2030-01-15T09:00:00Z \
     --end 2030-01-15T11:00:00Z --view",
    "order create --customer C1 --line LAMP-DESK-BLACK=1 --line BULB=100",
    "customer edit C2 --email bo@example.com",
];

const LISTS: &[&str] = &[
    "team",
    "app",
    "ticket",
    "invoice",
    "credit-note",
    "payment",
    "coupon-program",
    "coupon",
    "order",
    "transfer",
    "repair",
    "task",
    "customer",
    "product",
    "stock",
    "lot",
    "tax",
    "journal",
    "location",
    "user",
    "tag",
    "project",
    "worksheet-template",
    "stage",
];

const SHOWN: &[&str] = &[
    "team show Support",
    "subscription show",
    "ticket show T1",
    "invoice show INV/2026/1",
    "credit-note show RINV/2026/1",
    "payment show P1",
    "coupon-program show 'Sorry 10'",
    "coupon-program show SPRING",
    "order show S1",
    "transfer show WH/IN/2",
    "repair show WH/RO/1",
    "task show FS1",
    "customer show C1",
    "customer show C2",
    "product show LAMP-DESK-BLACK",
    "lot show SN-0042",
    "tax show ECO5",
    "journal show INV",
    "location show WH/Stock",
    "user show ann",
    "project show 'Field Service'",
    "worksheet-template show Visit",
    "stage show New",
    "desk show",
];

/// What a person sees who types these words: the command, what it prints, and below what it says beside that.
fn seen(words: &str, Ran { stdout, stderr, code }: Ran) -> String {
    assert_eq!(code, 0, "{words}\n{stdout}{stderr}");
    let beside = if stderr.is_empty() { String::new() } else { format!("[stderr]\n{stderr}") };
    format!("$ aftersales {words}\n{stdout}{beside}\n")
}

/// The code of a coupon is another one every time.
fn without_codes(shop: &Shop, text: &str) -> String {
    let coupons = shop.ok("coupon list");
    let codes = coupons.as_array().unwrap().iter().map(|coupon| coupon["id"].as_str().unwrap());
    codes.fold(text.to_owned(), |text, code| text.replace(code, "AAAA-BBBB-CCCC"))
}

fn assert_as_kept(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("tables");
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn every_table_fits_terminals_of_three_widths() {
    for width in [80u16, 100, 120] {
        let shop = shop();
        let mut text = String::new();
        let lists = LISTS.iter().map(|noun| format!("{noun} list"));
        let log = "log --newest --limit 5".to_owned();
        let all = SERVICES.iter().map(|words| (*words).to_owned()).chain(lists).chain([log]);
        for words in all.chain(SHOWN.iter().map(|words| (*words).to_owned())) {
            let ran = shop.on_terminal(width, Shows::Stdout, None, &words);
            for line in ran.stdout.lines() {
                assert!(line.width() <= usize::from(width), "{words}: wider than {width}\n{line}");
                assert!(!line.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{words}: {line:?}");
            }
            // Whatever is an id stands whole at the beginning of a row.
            if let Some(noun) = words.strip_suffix(" list") {
                let ids = shop.run(&format!("{noun} list -o ids")).stdout;
                let rows: Vec<&str> = ran.stdout.lines().skip(1).collect();
                assert_eq!(rows.len(), ids.lines().count(), "{words}");
                for (row, id) in rows.iter().zip(ids.lines()) {
                    assert!(row.starts_with(id), "{words}: {id} in {row}");
                }
            }
            text.push_str(&seen(&words, ran));
        }
        assert_as_kept(&format!("at_{width}"), &without_codes(&shop, &text));
    }
}

#[test]
fn nothing_is_cut_or_left_out_where_stdout_is_no_terminal() {
    let shop = shop();
    let narrow = shop.on_terminal(60, Shows::Stdout, None, "ticket list");
    assert!(narrow.stdout.contains('…'), "{}", narrow.stdout);
    assert!(narrow.stderr.contains("left out"), "{}", narrow.stderr);
    for (shows, columns) in [(Shows::Stderr, None), (Shows::Stderr, Some("40"))] {
        let ran = shop.on_terminal(60, shows, columns, "ticket list");
        assert_eq!(ran, shop.run("ticket list"));
        assert!(!ran.stdout.contains('…'), "{}", ran.stdout);
        insta::allow_duplicates! { insta::assert_snapshot!(ran.stdout, @r"
        ID      SUBJECT                                                   TEAM     CUSTOMER                                        USER           PRIORITY  STAGE  TAGS
        T00001  Two of the three lamps flicker whenever the lift goes by  Support  C00001 Ada Lovelace Analytical Engines Limited  ann Ann Jones  medium    New    fragile, under recall since spring
        T00002  Hello\u{7}                                                Support  C00002 Bo\u{1b}[31m\u{202e}                                    medium    New
        ") };
    }
}

#[test]
fn the_owner_of_a_terminal_says_how_wide_it_is() {
    let shop = shop();
    let at = |width, columns| shop.on_terminal(width, Shows::Stdout, columns, "ticket list");
    assert_eq!(at(120, Some("80")), at(80, None));
    assert_eq!(at(80, Some("0")), at(80, None));
    assert_eq!(at(80, Some("wide")), at(80, None));
    assert_eq!(at(0, None), at(80, None));
}

#[test]
fn an_empty_list_says_so_to_a_person_and_to_nobody_else() {
    let shop = Shop::new();
    let on = |shows, words: &str| shop.on_terminal(80, shows, None, words);
    assert_eq!(on(Shows::Both, "credit-note list").stdout, "no credit notes found\n");
    assert_eq!(on(Shows::Stderr, "tax list -o ids").stderr, "no taxes found\n");
    assert_eq!(on(Shows::Both, "tax list -q").stdout, "");
    assert_eq!(on(Shows::Both, "tax list -o json").stdout, "[]\n");
    assert_eq!(on(Shows::Stdout, "tax list"), Ran { stdout: String::new(), stderr: String::new(), code: 0 });
    assert_eq!(shop.run("tax list"), Ran { stdout: String::new(), stderr: String::new(), code: 0 });
    shop.done("user create boss --right admin --yes");
    let on = |shows, words: &str| shop.on_terminal(80, shows, None, &format!("{words} --as boss"));
    assert_eq!(on(Shows::Both, "report refunds").stdout, "nothing to report\n");
    shop.done("customer create --as boss");
    assert_eq!(on(Shows::Both, "customer timeline C1").stdout, "nothing happened\n");
    shop.done("user create guest --as boss");
    let status = shop.on_terminal(80, Shows::Both, None, "status --as guest").stdout;
    assert_eq!(status, "nothing that you have a right to see\n");
    shop.done("tax create VAT --rate 20 --as boss");
    assert_eq!(on(Shows::Both, "tax list").stdout, "ID   RATE  INCLUDED  CATEGORY\nVAT    20  no        S\n");
}

#[test]
fn json_holds_ids_alone() {
    let shop = shop();
    let ticket = &shop.ok("ticket list")[0];
    assert_eq!((ticket["customer"].as_str(), ticket["user"].as_str()), (Some("C00001"), Some("ann")));
    let csv = shop.run("ticket list --fields customer,user -o csv");
    assert_eq!(csv.stdout, "customer,user\r\nC00001,ann\r\nC00002,\r\n");
}

#[test]
fn fields_that_were_asked_for_are_told_with_names_too() {
    let shop = shop();
    assert_eq!(shop.text("ticket list --fields id,user"), "ID      USER\nT00001  ann Ann Jones\nT00002\n");
    assert_eq!(shop.text("ticket show T1 --fields user"), "USER\nann Ann Jones\n");
}

#[test]
fn a_document_that_is_booked_on_another_day_tells_both() {
    let shop = shop();
    shop.clock("2026-12-05T10:00:00Z");
    shop.done("desk edit --lock-date 2026-11-30");
    shop.done("ticket refund T1 --invoice INV/2026/1 --line 1=1 --date 2026-11-25 --post --allow-excess");
    insta::assert_snapshot!(shop.text("credit-note list"), @r"
    ID      NUMBER           STATE   CUSTOMER                                        DATE                          INVOICE           TOTAL  OPEN  PAYMENT_STATE
    D00002  RINV/2026/00001  posted  C00001 Ada Lovelace Analytical Engines Limited  2026-11-25 booked 2026-12-01  INV/2026/00001  1488.00  0.00  paid
    ");
    let text = shop.text("credit-note show RINV/2026/1");
    let days: Vec<&str> = text.lines().filter(|line| line.contains("date ")).collect();
    insta::assert_snapshot!(days.join("\n"), @r"
    date             2026-11-25
    accounting_date  2026-12-01
    due_date         2026-11-25
    ");
}

#[test]
fn several_records_of_a_change_are_rows_and_then_the_lines_of_each() {
    let shop = shop();
    for draft in ["D2", "D3"] {
        shop.done("invoice create --customer C2 --line BULB=10@2 --line DRILL=1");
        shop.done(&format!("invoice post {draft}"));
    }
    insta::assert_snapshot!(shop.text("ticket refund T2 --invoice INV/2026/2 --invoice INV/2026/3 --post"), @r"
    ID      NUMBER           STATE   CUSTOMER                     DATE        INVOICE          TOTAL  OPEN  PAYMENT_STATE
    D00004  RINV/2026/00001  posted  C00002 Bo\u{1b}[31m\u{202e}  2026-11-23  INV/2026/00002  178.61  0.00  paid
    D00005  RINV/2026/00002  posted  C00002 Bo\u{1b}[31m\u{202e}  2026-11-23  INV/2026/00003  178.61  0.00  paid

    D00004 lines
    LINE  PRODUCT               QUANTITY   PRICE  TAXES        REFUNDS  UNTAXED    TAX   TOTAL
       1  BULB 電球 60W 白            10    2.00  ECO5, VAT20  goods      19.05   4.76   23.81
       2  DRILL Cordless drill         1  129.00  VAT20        goods     129.00  25.80  154.80

    D00004 tax_lines
    TAX      BASE  AMOUNT
    ECO5    19.05    0.95
    VAT20  148.05   29.61

    D00004 matched
    WITH            AMOUNT
    INV/2026/00002  178.61

    D00005 lines
    LINE  PRODUCT               QUANTITY   PRICE  TAXES        REFUNDS  UNTAXED    TAX   TOTAL
       1  BULB 電球 60W 白            10    2.00  ECO5, VAT20  goods      19.05   4.76   23.81
       2  DRILL Cordless drill         1  129.00  VAT20        goods     129.00  25.80  154.80

    D00005 tax_lines
    TAX      BASE  AMOUNT
    ECO5    19.05    0.95
    VAT20  148.05   29.61

    D00005 matched
    WITH            AMOUNT
    INV/2026/00003  178.61
    ");
}

#[test]
fn a_long_list_takes_its_widths_from_the_first_thousand_rows() {
    let shop = Shop::new();
    let mut lines = String::new();
    for number in 1..=1200 {
        let name = if number == 1100 { "A name that is longer than all others" } else { "Bo" };
        lines.push_str(&format!(
            "{{\"record\":\"customer\",\"id\":\"K{number}\",\"name\":\"{name}\",\"email\":\"b@o.no\"}}\n"
        ));
    }
    assert_eq!(shop.run_with("import -q", lines).code, 0);
    let whole = shop.run("customer list").stdout;
    let narrow = shop.on_terminal(80, Shows::Stdout, None, "customer list").stdout;
    let row = |text: &str, at: usize| text.lines().nth(at).unwrap().to_owned();
    assert_eq!(row(&whole, 1), "K1     Bo    b@o.no");
    assert_eq!(row(&whole, 1100), "K1100  A name that is longer than all others  b@o.no");
    assert_eq!(row(&narrow, 1), "K1     Bo    b@o.no");
    assert_eq!(row(&narrow, 1100), "K1100  A n…  b@o.no");
    assert_eq!((whole.lines().count(), narrow.lines().count()), (1201, 1201));
}
