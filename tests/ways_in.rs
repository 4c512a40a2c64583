//! Ways in: files of other systems, read by a map, and commands that come as sheets and lists (contract, section 7).

use serde_json::{Value, json};

use crate::support::{Ran, Shop, json as parsed};

const SHOP: &str = include_str!("../fixtures/ways-in/shop-orders.csv");
const INVOICES: &str = include_str!("../fixtures/ways-in/invoices.csv");
const SHEET: &str = include_str!("../fixtures/ways-in/sheet-de.csv");

/// Imports a file by a map, all of whose records must be done or unchanged; answers their answers.
fn imported(shop: &Shop, file: &str, flags: &str) -> Vec<Value> {
    let ran = shop.run(&format!("import {file} {flags}"));
    assert_eq!(ran.code, 0, "{file} {flags}\n{}{}", ran.stdout, ran.stderr);
    ran.stdout.lines().map(parsed).collect()
}

/// A shop that took the orders in.
fn shop() -> Shop {
    let shop = Shop::made_with("--timezone Europe/Berlin");
    shop.write("orders.csv", SHOP);
    imported(&shop, "orders.csv", "--map shopify-orders");
    shop
}

/// Imports a file that must be refused as a whole: nothing is written, and stderr tells each kind of fault once. Answers the
/// error object and the text that people see.
fn refused(name: &str, content: impl AsRef<[u8]>, map: &str, code: &str) -> (Value, String) {
    let shop = Shop::made_with("--timezone Europe/Berlin");
    shop.write(name, content);
    let before = shop.store.state();
    let exit = aftersales::domain::code::exit_of(code);
    let checked = shop.run(&format!("import {name} --map {map} --check -o json"));
    let imported = shop.run(&format!("import {name} --map {map} -o json"));
    let error = |ran: &Ran| {
        let last = ran.stderr.lines().rfind(|line| line.starts_with("{\"error\"")).unwrap_or_else(|| panic!("{ran:?}"));
        parsed(last)["error"].clone()
    };
    let told = error(&checked);
    assert_eq!((checked.code, imported.code), (exit, exit), "{checked:?}\n{imported:?}");
    assert_eq!(told["code"], code, "{told:#}");
    assert_eq!(told, error(&imported), "a check and an import tell the same");
    assert_eq!(before, shop.store.state(), "{name} was refused and changed the store");
    (told, shop.run(&format!("import {name} --map {map} --check")).stderr)
}

#[test]
fn the_orders_of_a_shop_come_in_to_the_cent() {
    let shop = shop();
    assert_eq!(shop.ok("customer list").as_array().unwrap().len(), 3);
    assert_eq!(shop.ok("customer show ida@example.com")["postcode"], "01099");
    assert_eq!(shop.ok("order list").as_array().unwrap().len(), 8);
    assert_eq!(shop.ok("order list --state cancelled")[0]["id"], "#2004");
    for (number, total, open) in [
        ("#2001", "44.40", "0.00"),
        ("#2002", "66.00", "0.00"),
        ("#2003", "148.80", "0.00"),
        ("#2005", "4.00", "4.00"),
        ("#2006", "15.00", "0.00"),
        ("#2007", "15.00", "0.00"),
        ("#2008", "22.60", "12.60"),
    ] {
        let invoice = shop.ok(&format!("invoice show '{number}'"));
        assert_eq!((&invoice["total"], &invoice["open"]), (&total.into(), &open.into()), "{number}");
        assert_eq!(invoice["order"], number);
    }
    assert_eq!(shop.ok("invoice list").as_array().unwrap().len(), 7);
    // What was given back is credited and paid out: of one by its amount, of the other as a whole.
    let part = shop.ok("credit-note show 'R#2003'");
    assert_eq!((&part["total"], &part["open"], &part["invoice"]), (&"72.00".into(), &"0.00".into(), &"#2003".into()));
    let whole = shop.ok("credit-note show 'R#2006'");
    assert_eq!((&whole["total"], &whole["lines"][0]["refunds"]), (&"15.00".into(), &"goods".into()));
    // Days are those of the desk, and what was delivered was there before.
    assert_eq!(shop.ok("order show '#2001'")["date"], "2026-09-30");
    let delivered: Vec<Value> = shop.ok("transfer list").as_array().unwrap().iter().map(|t| t["id"].clone()).collect();
    assert_eq!(delivered, ["#2001", "#2003", "#2006"]);
    assert_eq!(shop.ok("order show '#2001'")["lines"][1]["delivered"], "1");
    assert!(shop.ok("stock list").as_array().unwrap().iter().all(|stock| stock["quantity"] == "0"));
    // A discount is a line of its own, shipping a service, and each line bears the taxes that come to what the file tells.
    let discount = &shop.ok("order show '#2002'")["lines"][1];
    assert_eq!((&discount["label"], &discount["untaxed"]), (&"SPRING".into(), &"-5.00".into()));
    assert_eq!(shop.ok("product show SHIPPING")["type"], "service");
    let taxes = |order: &str| -> Vec<Value> {
        shop.ok(&format!("order show '{order}'"))["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|l| l["taxes"].clone())
            .collect()
    };
    assert_eq!(taxes("#2007"), [json!(["VAT 20% incl"])]);
    assert_eq!(taxes("#2008"), [json!(["VAT 19%"]), json!(["VAT 7%"])]);
    // An article without a SKU is called by its name.
    assert_eq!(shop.ok("product show 'Gift wrap'")["type"], "service");
}

#[test]
fn the_same_file_again_changes_nothing() {
    let shop = shop();
    let before = shop.store.state();
    let again = imported(&shop, "orders.csv", "--map shopify-orders");
    assert!(again.iter().all(|answer| answer["status"] == "unchanged"), "{again:#?}");
    assert_eq!(before, shop.store.state());
    // One row of the log, which names the map.
    assert_eq!(shop.operations(), 2);
    assert_eq!(
        shop.ok("log --touched '#2001'")[0]["command"],
        json!({"command": "import", "file": "orders.csv", "map": "shopify-orders"})
    );
    // Each record is answered, by the row that it begins in.
    let other = Shop::new();
    other.write("orders.csv", SHOP);
    let answers = imported(&other, "orders.csv", "--map shopify-orders");
    let line = |id: &str| {
        answers.iter().find(|a| a["created"].as_array().unwrap().iter().any(|c| c == id)).unwrap()["line"].clone()
    };
    assert_eq!((line("#2001"), line("#2002"), line("TEA")), (2.into(), 4.into(), 3.into()));
    // Tomorrow too, and after a ticket was served of it.
    shop.clock("2026-11-24T10:00:00Z");
    shop.done("team create Support");
    shop.done("team enable-service Support refunds");
    shop.done("ticket create --team Support --customer ida@example.com --subject x --order '#2001'");
    shop.done("ticket refund T1 --line 1=1 --invoice '#2001' --post");
    let again = imported(&shop, "orders.csv", "--map shopify-orders");
    assert!(again.iter().all(|answer| answer["status"] == "unchanged"), "{again:#?}");
}

#[test]
fn invoices_come_in_with_what_is_due() {
    let shop = Shop::new();
    shop.write("invoices.csv", INVOICES);
    let answers = imported(&shop, "invoices.csv", "--map odoo-invoices");
    for (number, total, open) in [
        ("INV/2026/00101", "75.60", "0.00"),
        ("INV/2026/00102", "110.00", "55.00"),
        ("INV/2026/00103", "21.40", "11.40"),
    ] {
        let invoice = shop.ok(&format!("invoice show {number}"));
        assert_eq!((&invoice["total"], &invoice["open"]), (&total.into(), &open.into()), "{number}");
    }
    // What is settled of a credit note clears its invoice first, and is paid out of one that is paid.
    let (paid_out, cleared) =
        (shop.ok("credit-note show RINV/2026/00011"), shop.ok("credit-note show RINV/2026/00012"));
    assert_eq!(
        (&paid_out["total"], &paid_out["open"], &paid_out["invoice"]),
        (&"15.00".into(), &"0.00".into(), &"INV/2026/00101".into())
    );
    assert_eq!(cleared["matched"], json!([{"with": "INV/2026/00102", "amount": "55.00"}]));
    assert_eq!(shop.ok("payment list --direction out").as_array().unwrap().len(), 1);
    assert_eq!(shop.ok("invoice list --state draft").as_array().unwrap().len(), 2);
    assert_eq!(shop.ok("invoice list --state cancelled")[0]["number"], "INV/2026/00104");
    // A line that is no article has no product.
    assert_eq!(shop.ok("invoice show INV/2026/00102")["lines"][0]["product"], Value::Null);
    // What was billed beside what the line comes to is kept and told.
    let warning = answers.iter().find_map(|answer| answer["warnings"].get(0)).unwrap();
    assert_eq!(warning["code"], "billed");
    assert_eq!(
        warning["message"],
        "invoice INV/2026/00102 is kept as it was billed, with 110.00 EUR; its lines come to 109.99 EUR"
    );
    let again = imported(&shop, "invoices.csv", "--map odoo-invoices");
    assert!(again.iter().all(|answer| answer["status"] == "unchanged"), "{again:#?}");
    // Counters go on behind.
    shop.done("invoice create --customer ida@example.com --line MUG=1");
    let drafts = shop.ok("invoice list --state draft --newest --limit 1");
    let posted = shop.done(&format!("invoice post {}", drafts[0]["id"].as_str().unwrap()));
    assert_eq!(posted["result"]["invoice"]["number"], "INV/2026/00105");
}

#[test]
fn a_sheet_comes_in_by_the_map_that_it_suggests() {
    let shop = Shop::new();
    shop.write("sheet.csv", SHEET);
    let map = shop.run("import sheet.csv --suggest-map");
    assert_eq!(map.code, 0, "{}", map.stderr);
    for told in ["group = \"Auftrag\"", "decimal = \",\"", "days = [\"DD.MM.YYYY\"]", "# Not read: \"Bemerkung\""] {
        assert!(map.stdout.contains(told), "{told}\n{}", map.stdout);
    }
    shop.write("sheet.toml", &map.stdout);
    let checked = shop.run("import sheet.csv --map sheet.toml --check");
    assert_eq!((checked.code, checked.stdout.as_str()), (0, ""), "{}", checked.stderr);
    assert!(checked.stderr.contains("not read, since sums stand there: row 7"), "{}", checked.stderr);
    imported(&shop, "sheet.csv", "--map sheet.toml");
    let order = shop.ok("order show B-12");
    assert_eq!((&order["total"], &order["date"]), (&"2537.25".into(), &"2026-11-04".into()));
    assert_eq!(order["lines"][1]["label"], "Tee; grün");
    assert_eq!(shop.ok("customer show joerg@example.org")["name"], "Jörg Muster");
    assert_eq!(shop.ok("order show B-13")["date"], "2026-11-05");
    let again = imported(&shop, "sheet.csv", "--map spreadsheet");
    assert!(again.iter().all(|answer| answer["status"] == "unchanged"), "{again:#?}");
    // In the encoding of an older program, and from standard input.
    let other = Shop::new();
    let older: Vec<u8> = SHEET
        .trim_start_matches('\u{feff}')
        .chars()
        .map(|letter| if letter == '€' { 0x80 } else { letter as u8 })
        .collect();
    let ran = other.run_with("import - --map spreadsheet", older);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(other.ok("customer list")[0]["name"], "Jörg Muster");
}

#[test]
fn the_map_that_is_explained_reads_what_it_is_said_to() {
    let explained = include_str!("../docs/ways-in.md");
    let map = explained.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
    let shop = Shop::new();
    shop.done("tax create VAT19 --rate 19");
    shop.write("own.toml", map);
    shop.write(
        "sheet.csv",
        "Order;Status;Date;Customer;E-mail;SKU;Description;Price;VAT;Quantity;Discount;Total\n\
         A1;open;03.11.2026;Ada;ada@example.org;LAMP;Lamp;1.040,00 €;19 %;1;10,00;1.229,98\n\
         ;;;;;BULB;Bulb;1,00;VAT 19 %;2;;\n\
         A2;draft;03.11.2026;Ada;ada@example.org;LAMP;Lamp;1.040,00;19 %;1;;1.237,60\n\
         A3;void;04.11.2026;Bo;;LAMP;Lamp;1.040,00;19 %;1;0;1.237,60\n\
         Total;;;;;;;;;;;3.705,18\n",
    );
    imported(&shop, "sheet.csv", "--map own.toml");
    let orders = shop.ok("order list --sort id --jq '[.[] | [.id, .state, .date, .total]]'");
    assert_eq!(
        orders,
        json!([["A1", "confirmed", "2026-11-03", "1229.98"], ["A3", "cancelled", "2026-11-04", "1237.60"]])
    );
    assert_eq!(shop.ok("customer show ada@example.org")["name"], "Ada");
    assert_eq!(shop.ok("tax list").as_array().unwrap().len(), 1);
    let again = imported(&shop, "sheet.csv", "--map own.toml");
    assert!(again.iter().all(|answer| answer["status"] == "unchanged"), "{again:#?}");
}

#[test]
fn a_known_layout_suggests_its_own_map() {
    let shop = Shop::new();
    for (name, content, map) in [("orders.csv", SHOP, "shopify-orders"), ("invoices.csv", INVOICES, "odoo-invoices")] {
        shop.write(name, content);
        let suggested = shop.run(&format!("import {name} --suggest-map")).stdout;
        assert!(suggested.contains(&format!("--map {map}")), "{suggested}");
        shop.write("own.toml", suggested);
        imported(&shop, name, "--map own.toml");
        let again = imported(&shop, name, &format!("--map {map}"));
        assert!(again.iter().all(|answer| answer["status"] == "unchanged"), "{again:#?}");
    }
    // Customers and products too.
    shop.write("people.csv", "Name\tE-Mail\tOrt\nEva Muster\teva@example.org\tUlm\n");
    shop.write("goods.csv", "SKU,Description,Price\nPLATE,Plate,7.50\n");
    imported(&shop, "people.csv", "--map spreadsheet");
    imported(&shop, "goods.csv", "--map spreadsheet");
    assert_eq!(shop.ok("customer show eva@example.org")["city"], "Ulm");
    assert_eq!(shop.ok("product show PLATE")["price"], "7.50");
    shop.write("list.csv", "SKU,Name,Price\nBOWL,Bowl,9.50\n");
    imported(&shop, "list.csv", "--map spreadsheet");
    assert_eq!(shop.ok("product show BOWL")["name"], "Bowl");
}

/// The sheet of the README.
const BILLS: &str = "Date,Invoice,Customer,E-mail,SKU,Description,Qty,Price,VAT\n\
    2026-11-03,A-77,Zoe Orti,zoe@example.org,LAMP,Desk lamp,3,40.00,VAT 20%\n\
    2026-11-03,A-77,Zoe Orti,zoe@example.org,BULB,Bulb,1,4.50,VAT 20%\n\
    2026-11-04,A-78,Bo Ek,bo@example.org,LAMP,Desk lamp,2,40.00,VAT 20%\n";

#[test]
fn a_sheet_of_documents_that_lacks_a_column_is_refused() {
    for (what, with, lacks) in [
        ("Qty", "Amt", &[("Quantity", "known as Quantity; \"Amt\" may be meant")][..]),
        ("Price", "Cost", &[("Price", "known as Price; \"Cost\" may be meant")]),
        (
            "Customer,E-mail",
            "Klient,Adr",
            &[("Customer", "known as Customer or E-mail; \"Klient\" and \"Adr\" may be meant")],
        ),
        ("SKU,Description", "a,b", &[("SKU", "known as SKU or Description")]),
        ("Invoice", "Papers", &[("Invoice", "known as Invoice or Order")]),
        ("SKU,Description,Qty,Price", "a,b,c,d", &[("SKU", "known as SKU"), ("Quantity", "\"c\""), ("Price", "\"d\"")]),
    ] {
        let (error, _) = refused("sheet.csv", BILLS.replacen(what, with, 1), "spreadsheet", "missing_field");
        let told: Vec<&Value> = std::iter::once(&error).chain(error["others"].as_array().unwrap()).collect();
        assert_eq!(told.len(), lacks.len(), "{with} {error:#}");
        for (told, (field, words)) in told.iter().zip(lacks) {
            assert_eq!(told["field"], *field, "{with} {error:#}");
            assert!(told["message"].as_str().unwrap().contains(words), "{with} {error:#}");
        }
        assert_eq!(error["hint"], "aftersales import sheet.csv --suggest-map");
    }
}

#[test]
fn what_a_sheet_is_read_as_is_told() {
    let warnings = |ran: &Ran| -> Vec<(String, String)> {
        let lines = ran.stderr.lines().filter(|line| line.starts_with("{\"warning\"")).map(parsed);
        let text = |warning: &Value, key: &str| warning["warning"][key].as_str().unwrap().to_owned();
        lines.map(|warning| (text(&warning, "code"), text(&warning, "message"))).collect()
    };
    for (content, told) in [
        (BILLS.to_owned(), &[("read_as", "read as invoices")][..]),
        (
            BILLS.replacen("Date,", "Wann,", 1),
            &[
                ("read_as", "read as invoices; not read: \"Wann\" (Date may be meant)"),
                (
                    "undated",
                    "no column is known as Date, so that the invoices are dated the day they are first imported; \"Wann\" may \
                     be meant",
                ),
            ],
        ),
        (
            BILLS.replacen("VAT\n", "Share\n", 1),
            &[
                ("read_as", "read as invoices; not read: \"Share\" (VAT may be meant)"),
                (
                    "untaxed",
                    "no column is known as VAT, so that new products and their lines bear no tax; \"Share\" may be \
                     meant",
                ),
            ],
        ),
        (
            BILLS.replacen("VAT\n", "VAT,Remark\n", 1).replacen("20%\n", "20%,by hand\n", 1),
            &[("read_as", "read as invoices; not read: \"Remark\"")],
        ),
        (
            BILLS.replacen("2026-11-04", "", 1),
            &[
                ("read_as", "read as invoices"),
                ("undated", "dated the day they are first imported, since no day stands there: row 4"),
            ],
        ),
        (
            "SKU,Description,Price,Stock\nA,Pen,2.00,9\n".to_owned(),
            &[("read_as", "read as products; not read: \"Stock\"")],
        ),
        ("Name,E-Mail\nEva,eva@example.org\n".to_owned(), &[("read_as", "read as customers")]),
    ] {
        let shop = Shop::new();
        shop.write("sheet.csv", &content);
        let checked = shop.run("import sheet.csv --map spreadsheet --check -o json");
        assert_eq!(checked.code, 0, "{}", checked.stderr);
        let expected: Vec<_> = told.iter().map(|(code, message)| ((*code).to_owned(), (*message).to_owned())).collect();
        assert_eq!(warnings(&checked), expected, "{content}");
        let read = shop.run("import sheet.csv --map spreadsheet");
        for (code, message) in told {
            let line = if *code == "read_as" { (*message).to_owned() } else { format!("warning[{code}]: {message}") };
            assert!(read.stderr.lines().any(|told| told == line), "{line}\n{}", read.stderr);
        }
        // The same file, by a map that is told not to say so.
        assert_eq!(shop.run("import sheet.csv --map spreadsheet -q").stderr, "", "{content}");
    }
}

#[test]
fn an_empty_price_is_refused_as_an_empty_quantity_is() {
    for (content, map, column, row) in [
        (BILLS.replacen("1,4.50", "1,", 1), "spreadsheet", "Price", 3),
        (BILLS.replacen("1,4.50", ",4.50", 1), "spreadsheet", "Qty", 3),
        (SHOP.replacen("茶\",8.00", "茶\",", 1), "shopify-orders", "Lineitem price", 3),
        (INVOICES.replacen("2.00,6.58,1.22", "2.00,,1.22", 1), "odoo-invoices", "Invoice lines/Unit Price", 3),
    ] {
        let (error, text) = refused("sheet.csv", content, map, "missing_field");
        assert_eq!((&error["field"], &error["line"]), (&column.into(), &row.into()), "{map}\n{text}");
        assert_eq!(error["others"], json!([]), "{map}\n{text}");
        assert!(text.contains(" is empty, and a line needs one"), "{text}");
    }
    // Of columns that are tried in turn, what stands in one and cannot be read is all that is wrong.
    let shop = Shop::new();
    let map = "[[record]]\nkind = \"customer\"\nmake = \"missing\"\n[record.keys]\nname = \"Customer\"\n\
               [[record]]\nkind = \"order\"\n[record.keys]\nid = \"Order\"\ncustomer = \"Customer\"\n\
               [[record.lines]]\n[record.lines.keys]\nlabel = \"What\"\nquantity = \"Qty\"\n\
               price = [{ column = \"Net\" }, { column = \"Price\" }]\n";
    shop.write("own.toml", map);
    for (prices, code, column) in [(",abc", "invalid_value", "Price"), (",", "missing_field", "Net")] {
        shop.write("sheet.csv", format!("Order,Customer,What,Qty,Net,Price\nX1,Eva,Pen,2,{prices}\n"));
        let ran = shop.run("import sheet.csv --map own.toml --check -o json");
        let error = &parsed(ran.stderr.lines().rfind(|line| line.starts_with("{\"error\"")).unwrap())["error"];
        assert_eq!((&error["code"], &error["field"]), (&code.into(), &column.into()), "{}", ran.stderr);
        assert_eq!(error["others"], json!([]), "{}", ran.stderr);
    }
}

#[test]
fn a_map_without_an_id_loses_nothing_in_silence() {
    let map = "[[record]]\nkind = \"customer\"\nmake = \"missing\"\n[record.keys]\nname = \"Customer\"\n\
               [[record]]\nkind = \"invoice\"\n[record.keys]\ncustomer = \"Customer\"\n\
               [[record.lines]]\n[record.lines.keys]\nlabel = \"SKU\"\nquantity = \"Qty\"\nprice = \"Price\"\n";
    let shop = Shop::new();
    shop.write("sheet.csv", BILLS);
    shop.write("own.toml", map);
    let ran = shop.run("import sheet.csv --map own.toml --check");
    assert_eq!(ran.code, 10, "{}", ran.stderr);
    assert!(ran.stderr.contains("row 2: the map own.toml reads no id of the invoice here"), "{}", ran.stderr);
}

#[test]
fn headings_are_known_in_several_languages() {
    for header in [
        "Receipt no,When,Buyer,E-mail address,What,Pieces,Unit cost,Levy",
        "Bestellnr,Bestelldatum,Käufer,E-Mail,Bezeichnung,Anzahl,Einzelpreis netto,USt-Satz",
        "N° de commande,Date de commande,Acheteur,Courriel,Désignation,Quantité,Prix unitaire HT,Taux de TVA",
    ] {
        let shop = Shop::new();
        shop.write("own.csv", format!("{header}\n7,2026-11-03,Eva,eva@example.org,Pen,2,3.00,20\n"));
        let map = shop.run("import own.csv --suggest-map");
        assert_eq!((map.code, map.stderr.as_str()), (0, ""), "{header}");
        shop.write("own.toml", &map.stdout);
        imported(&shop, "own.csv", "--map own.toml");
        let kind = if header.starts_with("Receipt") { "invoice" } else { "order" };
        let made = shop.ok(&format!("{kind} show 7"));
        assert_eq!((&made["total"], &made["date"]), (&"7.20".into(), &"2026-11-03".into()), "{header}");
        assert_eq!(shop.ok("customer show eva@example.org")["name"], "Eva");
    }
}

#[test]
fn a_map_that_cannot_be_told_by_the_header_is_left_to_fill_in() {
    let shop = Shop::new();
    shop.write("own.csv", "Ref,Tag der Tat,Wer,Was,Amt,Je\nX1,03.11.2026,Eva,Pen,2,3.50\n");
    let map = shop.run("import own.csv --suggest-map");
    assert_eq!(map.code, 0, "{}", map.stderr);
    assert_eq!(
        map.stderr,
        "warning[map_unfinished]: the map is to be filled in, since the header of own.csv does not tell: group and id, customer, \
         product, quantity, price; aftersales import --kinds says what the keys mean\n"
    );
    for told in [
        "# Its columns: \"Ref\", \"Tag der Tat\", \"Wer\", \"Was\", \"Amt\", \"Je\"\n",
        "aftersales import --kinds",
        "\n# group = \"?\"\n",
        "\n# date = \"Tag der Tat\"\n",
        "\n# quantity = \"Amt\"\n",
        "\n# price = \"Je\"\n",
        "\n# product = \"?\"\n",
        "\ndays = [\"DD.MM.YYYY\"]\n",
    ] {
        assert!(map.stdout.contains(told), "{told}\n{}", map.stdout);
    }
    // As it is it reads nothing, and says so.
    shop.write("own.toml", &map.stdout);
    let ran = shop.run("import own.csv --map own.toml --check");
    assert!(ran.code == 10 && ran.stderr.contains("reads no id of the order"), "{}", ran.stderr);
    let filled = map
        .stdout
        .replace("# group = \"?\"", "group = \"Ref\"")
        .replace("# id = \"?\"\n# customer = \"?\"", "id = \"Ref\"\ncustomer = \"Wer\"")
        .replacen("# name = \"?\"", "name = \"Wer\"", 1)
        .replacen("# name = \"?\"", "name = \"Was\"", 1)
        .replace("# product = \"?\"", "product = \"Was\"")
        .replace("# date =", "date =")
        .replace("# quantity =", "quantity =")
        .replace("# price =", "price =");
    shop.write("own.toml", filled);
    imported(&shop, "own.csv", "--map own.toml");
    let order = shop.ok("order show X1");
    assert_eq!((&order["total"], &order["date"]), (&"7.00".into(), &"2026-11-03".into()));
    // Nothing is known, and nothing is guessed: the sheet itself is refused.
    shop.write("odd.csv", "a,b\n1,x\n");
    assert!(shop.run("import odd.csv --suggest-map").stdout.contains("# Its columns: \"a\", \"b\"\n"));
    let error = shop.refused("import odd.csv --map spreadsheet", "invalid_value");
    assert_eq!((&error["field"], &error["hint"]), (&"file".into(), &"aftersales import odd.csv --suggest-map".into()));
}

#[test]
fn what_cannot_be_read_is_told_before_what_follows_from_it() {
    let day = |what: &str| SHEET.replacen("04.11.2026;B-12", what, 1);
    let of_shop = |day: &str| SHOP.replacen("Parcel,2026-09-30 23:40:00 +0200", &format!("Parcel,{day}"), 1);
    let second = |what: &str| {
        let (first, rest) = SHEET.split_at(SHEET.rfind("04.11.2026;B-12").unwrap());
        format!("{first}{}", rest.replacen("04.11.2026;B-12", what, 1))
    };
    for (content, map, column, row) in [
        (day("31.02.2026;B-12"), "spreadsheet", "Datum", 2),
        (second("31.02.2026;B-12"), "spreadsheet", "Datum", 3),
        (of_shop("2026-02-30 10:00:00 +0200"), "shopify-orders", "Created at", 2),
        // What refers to an invoice that is not read is not told: the invoice is.
        (INVOICES.replacen("2026-09-03", "3rd of May", 1), "odoo-invoices", "Invoice/Bill Date", 2),
        (INVOICES.replacen("4.00,12.50,0.00", "four,12.50,0.00", 1), "odoo-invoices", "Invoice lines/Quantity", 2),
    ] {
        let (error, text) = refused("sheet.csv", content, map, "invalid_value");
        assert_eq!((&error["field"], &error["line"]), (&column.into(), &row.into()), "{map}\n{text}");
        assert_eq!(error["others"], json!([]), "{map}\n{text}");
    }
    // One that fails where it is made is not there either.
    let (error, text) =
        refused("sheet.csv", INVOICES.replacen("Paid,75.60", "Paid,76.60", 1), "odoo-invoices", "invalid_value");
    assert_eq!((&error["line"], &error["others"]), (&2.into(), &json!([])), "{text}");
    // Rows that name a document twice are told as that.
    let (error, _) = refused("sheet.csv", second("06.11.2026;B-12"), "spreadsheet", "invalid_value");
    assert!(error["message"].as_str().unwrap().contains("say different things"), "{error:#}");
}

#[test]
fn a_rate_without_its_sign_is_told_how_to_be_read() {
    let shop = Shop::new();
    shop.write("sheet.csv", BILLS.replace("VAT 20%", "19"));
    let map = shop.run("import sheet.csv --suggest-map").stdout;
    shop.write("own.toml", map.replace(", suffix = \"%\"", ""));
    let ran = shop.run("import sheet.csv --map own.toml --check");
    assert_eq!(ran.code, 10);
    assert!(ran.stderr.contains("; where a column holds rates alone, the map says suffix = \"%\""), "{}", ran.stderr);
    shop.write("own.toml", map);
    imported(&shop, "sheet.csv", "--map own.toml");
}

/// A sheet of orders, one line each, with these columns before what is sold.
fn orders(columns: &str, rows: &[&str]) -> String {
    let rows: Vec<String> = (1..).zip(rows).map(|(n, row)| format!("X{n},2026-11-0{n},{row},PEN,1,2.00\n")).collect();
    format!("Order,Date,{columns},SKU,Quantity,Price\n{}", rows.concat())
}

#[test]
fn a_name_in_a_file_is_no_id_of_the_desk() {
    let shop = Shop::new();
    shop.done("customer create --name 'Ada Ltd'");
    shop.done("customer create BO --name 'Bo & Co'");
    // Two companies that are called as others are numbered here, and one that is called as somebody is here.
    shop.write("names.csv", orders("Customer", &["C1", "BO", "ada ltd", "C1"]));
    imported(&shop, "names.csv", "--map spreadsheet");
    let names = |shop: &Shop| shop.ok("order list --sort id --jq '[.[].customer]'");
    assert_eq!(names(&shop), json!(["C00002", "C00003", "C00001", "C00002"]));
    assert_eq!(shop.ok("customer list --jq '[.[].name]'"), json!(["Ada Ltd", "Bo & Co", "C1", "BO"]));
    let again = imported(&shop, "names.csv", "--map spreadsheet");
    assert!(again.iter().all(|answer| answer["status"] == "unchanged"), "{again:#?}");
    // A SKU is an id as it stands.
    shop.done("product create MUG-00001 --name MUG-2 --price 4");
    shop.write("goods.csv", orders("Customer", &["C1"]).replace("PEN", "MUG-1").replace("X1", "Y1"));
    imported(&shop, "goods.csv", "--map spreadsheet");
    assert_eq!(shop.ok("order show Y1")["lines"][0]["product"], "MUG-1");
}

#[test]
fn a_name_in_a_file_is_no_id_that_the_same_import_gave() {
    let shop = Shop::new();
    // The first company is numbered as the second one is called, and the other way about.
    let names = ["C00002", "C00001", "C00002"];
    shop.write("names.csv", orders("Customer", &names));
    imported(&shop, "names.csv", "--map spreadsheet");
    let orders = shop.ok("order list --sort id --jq '[.[].customer]'");
    assert_eq!(orders, json!(["C00001", "C00002", "C00001"]));
    assert_eq!(shop.ok("customer list --jq '[.[].name]'"), json!(["C00002", "C00001"]));
}

#[test]
fn a_customer_is_found_by_the_number_that_a_map_tells() {
    let shop = Shop::new();
    let columns = "Customer no,Customer,Email";
    shop.done("customer create K9 --name K7");
    shop.write("one.csv", orders(columns, &["K7,Eva,eva@example.org", "K8,Eva,", "K7,Eva,eva@example.org"]));
    imported(&shop, "one.csv", "--map spreadsheet");
    assert_eq!(shop.ok("order list --sort id --jq '[.[].customer]'"), json!(["K7", "K8", "K7"]));
    // Moved to another address since.
    shop.write("two.csv", orders(columns, &["K7,Eva,new@example.org"]).replace("X1", "Y1"));
    imported(&shop, "two.csv", "--map spreadsheet");
    assert_eq!(shop.ok("order show Y1")["customer"], "K7");
    assert_eq!(shop.ok("customer list").as_array().unwrap().len(), 3);
    // A number that nobody has is somebody new, whoever has the e-mail.
    shop.write("three.csv", orders(columns, &["L1,Eva,eva@example.org"]).replace("X1", "Z1"));
    imported(&shop, "three.csv", "--map spreadsheet");
    assert_eq!(shop.ok("order show Z1")["customer"], "L1");
    assert_eq!(shop.ok("customer list").as_array().unwrap().len(), 4);
}

#[test]
fn the_nearest_column_shares_something() {
    let shop = Shop::new();
    shop.write("own.toml", "[[record]]\nkind = \"customer\"\n[record.keys]\nid = \"Kundennummer\"\nname = \"Name\"\n");
    for (header, told) in [
        ("a,Name", None),
        ("Kunden-Nummer (alt),Name", Some("Kunden-Nummer (alt)")),
        ("Kundennumer,Name", Some("Kundennumer")),
        ("Nr,Kunde,Name", Some("Kunde")),
        ("Date,Name", None),
    ] {
        shop.write("people.csv", format!("{header}\nx,y\n"));
        let error = shop.refused("import people.csv --map own.toml", "missing_field");
        let message = error["message"].as_str().unwrap();
        let nearest = message.split_once("; the nearest is ").map(|(_, nearest)| nearest.trim_matches('"').to_owned());
        assert_eq!(nearest.as_deref(), told, "{header}: {message}");
    }
}

#[test]
fn every_csv_has_the_same_frame() {
    let shop = Shop::new();
    shop.write("customers.csv", "\u{feff}sep=|\r\nid|name\r\nK1|Eva; Ulm\r\n");
    imported(&shop, "customers.csv", "--kind customer");
    assert_eq!(shop.ok("customer show K1")["name"], "Eva; Ulm");
    shop.write("taxes.csv", "sep=;\nid;rate;included\nA;20;TRUE\nB;20;nein\n");
    imported(&shop, "taxes.csv", "--kind tax");
    assert_eq!(shop.ok("tax list --jq '[.[].included]'"), json!([true, false]));
    shop.write("rename.csv", "sep=;\ncommand;customer;name\ncustomer edit;K1;Eva\n");
    let answers = shop.applied("rename.csv", "", 0);
    assert_eq!((&answers[0]["status"], &answers[0]["line"]), (&"done".into(), &3.into()));
    for words in ["import utf16.csv --kind customer", "apply utf16.csv --command 'customer edit'"] {
        shop.write("utf16.csv", [0xff, 0xfe, b'i', 0, b'd', 0]);
        let error = shop.refused(words, "invalid_value");
        assert!(error["message"].as_str().unwrap().contains("UTF-16"), "{words} {error:#}");
    }
}

#[test]
fn what_is_wrong_is_told_once_with_its_rows_and_columns() {
    let wrong = SHOP
        .replace("2026-10-02 10:00:00 +0200,1,", "2026-13-02 10:00:00 +0200,1,")
        .replace("2026-10-03 10:00:00 +0200,2,", "2026-02-30 10:00:00 +0200,2,")
        .replace("2026-10-07 10:00:00 +0200,1,Mug,15.00", "2026-10-07 10:00:00 +0200,1,Mug,fifteen");
    let (error, text) = refused("orders.csv", wrong, "shopify-orders", "invalid_value");
    assert_eq!((&error["field"], &error["line"]), (&"Created at".into(), &4.into()));
    assert_eq!(
        error["message"],
        "row 4, column \"Created at\": \"2026-13-02 10:00:00 +0200\" is no day in the form YYYY-MM-DD (once more: row 5)"
    );
    assert_eq!(error["others"][0]["field"], "Lineitem price");
    assert_eq!(text.matches("is no day").count(), 1, "{text}");
    assert!(text.contains("row 10, column \"Lineitem price\": \"fifteen\" is no number such as 1234.50"), "{text}");
}

#[test]
fn columns_that_are_missing_or_stand_twice_are_told_at_once() {
    let (error, _) = refused(
        "orders.csv",
        SHOP.replacen(",Email,", ",E-mail address,", 1).replacen(",Taxes,", ",Tax,", 1),
        "shopify-orders",
        "missing_field",
    );
    assert_eq!(
        error["message"],
        "orders.csv has no column \"Taxes\", which the map shopify-orders reads; the nearest is \"Tax\""
    );
    assert_eq!(
        error["others"][0]["message"],
        "orders.csv has no column \"Email\", which the map shopify-orders reads; the nearest is \"E-mail address\""
    );
    let (error, _) = refused("orders.csv", SHOP.replacen(",Vendor,", ",Total,", 1), "shopify-orders", "invalid_value");
    assert_eq!(
        error["message"],
        "orders.csv has the column \"Total\" twice, as columns 12 and 51; name one of them otherwise"
    );
}

#[test]
fn faults_of_a_shop_are_told_by_row_and_column() {
    for (what, with, code, field, line) in [
        // A tax of which no rate is known.
        ("VAT 20%,11.00", "Sales tax,11.00", "invalid_value", "Tax 1 Name", 4),
        // A total that does not add up, against the sums beside it and against the lines.
        (",55.00,0.00,11.00,66.00,", ",55.00,0.00,11.00,67.00,", "invalid_value", "Total", 4),
        (",33.00,4.00,7.40,44.40,", ",43.00,4.00,9.40,56.40,", "invalid_value", "Total", 2),
        // More given back than was billed.
        (",72.00,Kettle & Co", ",172.00,Kettle & Co", "refund_exceeds_invoice", "Refunded Amount", 5),
        // A currency that is none, a country that is none, a word that is none.
        ("no,EUR,3.33", "no,EUX,3.33", "invalid_value", "Currency", 7),
        ("Paris,'75001,,FR", "Paris,'75001,,France", "invalid_value", "Billing Country", 4),
        ("otto@example.com,refunded,", "otto@example.com,refundet,", "invalid_value", "Financial Status", 9),
        // A quantity below zero.
        ("+0200,1,Kettle", "+0200,-1,Kettle", "quantity_invalid", "Lineitem quantity", 4),
        // An order that is named twice, side by side and apart.
        ("#2002,", "#2001,", "invalid_value", "Name", 4),
        ("#2006,", "#2001,", "already_exists", "Name", 9),
    ] {
        assert!(SHOP.contains(what), "{what}");
        let (error, text) = refused("orders.csv", SHOP.replacen(what, with, 1), "shopify-orders", code);
        assert_eq!((&error["field"], &error["line"]), (&field.into(), &line.into()), "{with}\n{text}");
        // The fault, and nothing that only follows from it.
        assert_eq!(error["others"], json!([]), "{with}\n{text}");
        assert!(text.contains(&format!("row {line}, column {field:?}: ")), "{text}");
    }
}

#[test]
fn faults_of_invoices_are_told_by_row_and_column() {
    for (what, with, code, field, line) in [
        (",20%,91.66", ",20%,91.50", "invalid_value", "Invoice lines/Subtotal", 4),
        ("Not Paid,110.00,110.00", "Not Paid,110.06,110.06", "invalid_value", "Total in Currency Signed", 4),
        (",INV/2026/00101,MUG", ",INV/2026/00999,MUG", "not_found", "Reversal of", 6),
        (
            "1.00,12.50,0.00,20%,12.50\nRINV",
            "9.00,12.50,0.00,20%,112.50\nRINV",
            "refund_exceeds_invoice",
            "Invoice lines/Quantity",
            6,
        ),
        ("2026-09-05,2026-09-05,EUR", "5th of May,2026-09-05,EUR", "invalid_value", "Invoice/Bill Date", 4),
        (",EUR,Cancelled", ",EUR,Canceled", "invalid_value", "Status", 10),
        (",7% incl,", ",reduced,", "invalid_value", "Invoice lines/Taxes", 5),
        ("Customer Invoices,,BOOK", "Vendor Bills,,BOOK", "not_found", "Journal", 5),
    ] {
        assert!(INVOICES.contains(what), "{what}");
        let mut content = INVOICES.replacen(what, with, 1);
        if with.starts_with("9.00") {
            content = content.replacen("Paid,-15.00,0.00", "Paid,-135.00,0.00", 1);
        }
        let (error, text) = refused("invoices.csv", content, "odoo-invoices", code);
        assert_eq!((&error["field"], &error["line"]), (&field.into(), &line.into()), "{with}\n{text}");
    }
}

#[test]
fn a_map_is_checked_before_a_row_is_read() {
    let shop = Shop::new();
    shop.write("sheet.csv", SHEET);
    for (map, code, told) in [
        ("grup = \"Auftrag\"", "unknown_key", "there is no key \"grup\" here; did you mean group?"),
        (
            "[[record]]\nkind = \"ordr\"",
            "invalid_value",
            "there is no kind of record \"ordr\" that can be imported; did you mean order?",
        ),
        ("[[record]]\nkind = \"order\"\n[record.keys]\ncustomr = \"Kunde\"", "unknown_key", "did you mean customer?"),
        ("[[record]]\nkind = \"order\"\n[record.keys]\nid = { colum = \"x\" }", "unknown_key", "did you mean column?"),
        (
            "[[record]]\nkind = \"order\"\nmake = \"missing\"",
            "invalid_value",
            "customers, products and taxes can be made",
        ),
        ("[[record]]\nkind = \"customer\"\nlines = [{}]", "invalid_value", "records of this kind have no lines"),
        ("days = [\"%d.%m.%Y\"]", "invalid_value", "is no form of days such as DD.MM.YYYY"),
        ("decimal = \";\"", "invalid_value", "is neither"),
        ("about = ", "invalid_value", "the map own.toml"),
        ("", "invalid_value", "a map has records"),
    ] {
        shop.write("own.toml", map);
        let error = shop.refused("import sheet.csv --map own.toml", code);
        assert!(error["message"].as_str().unwrap().contains(told), "{map}\n{error:#}");
    }
    // Of a key that is near none, all are told, and the command that says what they mean.
    shop.write("own.toml", "[[record]]\nkind = \"invoice\"\n[record.keys]\npayment_state = \"Status\"");
    let error = shop.refused("import sheet.csv --map own.toml", "unknown_key");
    assert!(error["message"].as_str().unwrap().contains("\"payment_state\" here; there are id, number,"), "{error:#}");
    assert_eq!(error["hint"], "aftersales import --kinds --kind invoice");
    let error = shop.refused("import sheet.csv --map shopify-order", "invalid_value");
    assert!(error["message"].as_str().unwrap().contains("did you mean shopify-orders?"), "{error:#}");
    shop.refused("import sheet.csv --map none.toml", "invalid_value");
    shop.refused("import none.csv --map shopify-orders", "invalid_value");
    shop.refused("import sheet.csv --check", "usage");
    shop.refused("import sheet.csv --map spreadsheet --kind order", "usage");
    // Where nothing says what the rows are, what reads them is named.
    assert_eq!(shop.refused("import sheet.csv", "missing_field")["hint"], "aftersales import sheet.csv --suggest-map");
    shop.write("orders.csv", SHOP);
    let hint = shop.refused("import orders.csv", "missing_field")["hint"].clone();
    assert_eq!(hint, "aftersales import orders.csv --map shopify-orders --check");
    let error = shop.refused("import orders.csv --map shopify", "invalid_value");
    assert!(error["message"].as_str().unwrap().contains("did you mean shopify-orders?"), "{error:#}");
}

#[test]
fn files_are_read_as_they_are() {
    let shop = Shop::new();
    let map = "group = \"No\"\nheader = 3\ndecimal = \",\"\ndays = [\"D/M/YYYY\"]\n\
               [[record]]\nkind = \"customer\"\nmake = \"missing\"\n[record.keys]\nname = \"Who\"\n\
               [[record]]\nkind = \"order\"\n[record.keys]\nid = \"No\"\ncustomer = \"Who\"\ndate = \"When\"\n\
               [[record.lines]]\n[record.lines.keys]\nlabel = \"What\"\nquantity = { column = \"How many\", default = \"1\" }\nprice = \"Each\"\n";
    shop.write("own.toml", map);
    shop.write("said.csv", "\u{feff}sep=;\r\nSKU;Bezeichnung;Preis\r\nPLATE;Teller, groß;7,50\r\n");
    imported(&shop, "said.csv", "--map spreadsheet");
    assert_eq!(shop.ok("product show PLATE")["price"], "7.50");
    let file = "Report of the year;;;;;\r\n\r\n\" No \";Who;When;What;How many;Each;;\r\nX1;Ann;1/2/2026 10:00;Chair;2;1 234,50 CHF;;\r\n\
                ;;;Table;;(5,00);;\r\nX2;Ann;2/2/2026;Lamp;1;'7,00;;\r\n;;;;;;;\r\nTotal:;;;;;2.470,00;;\r\n";
    shop.write("file.csv", file.replace("'7,00", "7,00"));
    imported(&shop, "file.csv", "--map own.toml");
    let order = shop.ok("order show X1");
    assert_eq!((&order["total"], &order["date"]), (&"2464.00".into(), &"2026-02-01".into()));
    assert_eq!(shop.ok("order list").as_array().unwrap().len(), 2);
    // A cell too many, a row before any document, a line end that is none.
    for (wrong, told) in [
        ("X1;Ann;1/2/2026;Chair;2;5;;;extra\n", "\"extra\" stands in column 9"),
        (";Ann;1/2/2026;Chair;2;5\n", "the row names no document"),
        ("X1;Ann;1/2/2026;Chair;2;1.23,4\n", "\"1.23,4\" is no number such as 1.234,50"),
        ("X1;Ann;30/2/2026;Chair;2;5\n", "\"30/2/2026\" is no day in the form D/M/YYYY"),
    ] {
        let head = "a\nb\nNo;Who;When;What;How many;Each;;\n";
        shop.write("file.csv", format!("{head}{wrong}"));
        let ran = shop.run("import file.csv --map own.toml --check");
        assert_eq!(ran.code, 10, "{wrong} {}", ran.stderr);
        assert!(ran.stderr.contains("row 4") && ran.stderr.contains(told), "{wrong} {}", ran.stderr);
    }
    shop.write("file.csv", [0xff, 0xfe, b'a', 0]);
    assert!(
        shop.refused("import file.csv --map own.toml", "invalid_value")["message"].as_str().unwrap().contains("UTF-16")
    );
}

#[test]
fn every_key_of_every_record_is_told() {
    let shop = Shop::without_store();
    let keys = shop.ok("import --kinds");
    let keys = keys.as_array().unwrap();
    let told =
        |kind: &str, key: &str, of: &str| keys.iter().any(|k| k["kind"] == kind && k["key"] == key && k["of"] == of);
    assert!(
        told("customer", "email", "record") && told("invoice", "untaxed", "line") && told("order", "lines", "record")
    );
    let without: Vec<&Value> = keys.iter().filter(|key| key["meaning"].as_str().unwrap().is_empty()).collect();
    assert!(without.is_empty(), "{without:?}");
    assert!(shop.ok("import --kinds --kind tax").as_array().unwrap().iter().all(|key| key["kind"] == "tax"));
    let refused = shop.refused("import --kinds --kind taxx", "invalid_value");
    assert!(refused["message"].as_str().unwrap().ends_with("did you mean tax?"), "{refused:#}");
    assert_eq!(refused["field"], "kind");
}

#[test]
fn billed_amounts_are_kept_within_bounds_and_refunds_end_at_zero() {
    let shop = Shop::new();
    let records = |untaxed: &str, billed: &str| {
        format!(
            "{{\"record\":\"tax\",\"id\":\"VAT20\",\"rate\":\"20\"}}\n{{\"record\":\"customer\",\"id\":\"C1\",\"email\":\"c@example.org\"}}\n\
             {{\"record\":\"invoice\",\"id\":\"F1\",\"customer\":\"c@example.org\",\"date\":\"2026-11-01\",\"state\":\"posted\",\"billed\":{billed},\
             \"lines\":[{{\"label\":\"a\",\"quantity\":\"3\",\"price\":\"3.33\",\"taxes\":[\"VAT20\"]{untaxed}}},{{\"label\":\"b\",\"quantity\":\"7\",\"price\":\"1.11\",\"taxes\":[\"VAT20\"]}}]}}\n"
        )
    };
    for (untaxed, billed, field) in [
        ("", r#"{"total":"21.37"}"#, "total"),
        ("", r#"{"total":"21.25"}"#, "total"),
        ("", r#"{"tax":"3.61"}"#, "tax"),
        ("", r#"{"untaxed":"17.76","tax":"3.55","total":"21.30"}"#, "total"),
        (",\"untaxed\":\"10.05\"", "{}", "untaxed"),
        (",\"tax_amounts\":[\"2.06\"]", "{}", "tax_amounts"),
        (",\"tax_amounts\":[]", "{}", "tax_amounts"),
    ] {
        let ran = shop.run_with("import -", records(untaxed, billed));
        let last = parsed(ran.stdout.lines().last().unwrap());
        assert_eq!(
            (&last["error"]["code"], &last["error"]["field"]),
            (&"invalid_value".into(), &field.into()),
            "{billed} {last:#}"
        );
        assert_eq!(ran.code, 10);
    }
    // Lines of 9.99 and 7.77 come to 17.76 and 2.00 + 1.55; the system that billed them rounded otherwise.
    let ran =
        shop.run_with("import -", records(",\"untaxed\":\"10.01\",\"tax_amounts\":[\"2.01\"]", r#"{"total":"21.34"}"#));
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let invoice = shop.ok("invoice show F1");
    assert_eq!(
        (&invoice["untaxed"], &invoice["tax"], &invoice["total"]),
        (&"17.78".into(), &"3.56".into(), &"21.34".into())
    );
    // Sent again it is the same; billed otherwise it is another.
    let again =
        shop.run_with("import -", records(",\"untaxed\":\"10.01\",\"tax_amounts\":[\"2.01\"]", r#"{"total":"21.34"}"#));
    assert!(again.stdout.lines().all(|line| parsed(line)["status"] == "unchanged"), "{}", again.stdout);
    let other = shop.run_with("import -", records("", r#"{"total":"21.33"}"#));
    assert_eq!(other.code, 13, "{}", other.stdout);
    // The ledger takes what was billed, and a series of refunds ends at nothing.
    assert!(shop.run("ledger export").stdout.contains("21.34 EUR"));
    shop.done("team create Support");
    shop.done("team enable-service Support refunds");
    shop.done("ticket create --team Support --customer C1 --subject x");
    for line in ["1=1", "2=3", "1=1", "2=4", "1=1"] {
        shop.done(&format!("ticket refund T1 --invoice F1 --line {line} --post"));
    }
    assert_eq!(shop.ok("invoice show F1")["open"], "0.00");
    shop.refused("ticket refund T1 --invoice F1", "nothing_to_refund");
    // A copy bears the same amounts, until somebody changes a line.
    let ran = shop.run_with(
        "import -",
        records(",\"untaxed\":\"10.01\"", "{}").replace("F1", "F2").replace(",\"billed\":{}", ""),
    );
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let refund = shop.done("ticket refund T1 --invoice F2 --create-invoice");
    let copy = refund["result"]["invoices"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(shop.ok(&format!("invoice show {copy}"))["untaxed"], "17.78");
    shop.done(&format!("invoice edit {copy} --line 1=2"));
    assert_eq!(shop.ok(&format!("invoice show {copy}"))["lines"][0]["untaxed"], "6.66");
    shop.done(&format!("invoice post {copy}"));
}

#[test]
fn verify_knows_what_was_billed() {
    let shop = Shop::new();
    shop.write("invoices.csv", INVOICES);
    imported(&shop, "invoices.csv", "--map odoo-invoices");
    // What a line was billed beside its terms is told where somebody writes it otherwise, and where it is more than may be.
    for change in [
        "UPDATE document_line_tax SET billed = billed - 1 WHERE amount = 1834",
        "UPDATE document_line SET billed = 9 WHERE untaxed = 9166",
    ] {
        shop.store.tampered(change);
        let error = parsed(&shop.run("verify -o json").stderr)["error"].clone();
        assert_eq!(error["findings"][0]["check"], "document_amounts", "{error:#}");
        assert_eq!(error["findings"][0]["record"], "INV/2026/00102");
    }
    shop.abandoned();
}

#[test]
fn an_e_invoice_carries_what_was_billed() {
    let shop = Shop::new();
    shop.write("invoices.csv", INVOICES);
    imported(&shop, "invoices.csv", "--map odoo-invoices");
    shop.done("desk edit --company 'Kettle & Co' --street 'Main St 1' --postcode 10115 --city Berlin --country DE --tax-id DE136695976 --iban DE89370400440532013000");
    shop.done("customer edit otto@example.com --street 'Rue 2' --postcode 75001 --city Paris --country FR --tax-id FR40303265045 --buyer-reference R1");
    let ran = shop.run("invoice print INV/2026/00102 --format ubl --file -");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for amount in ["<cbc:TaxAmount currencyID=\"EUR\">18.34<", "<cbc:TaxInclusiveAmount currencyID=\"EUR\">110.00<"] {
        assert!(ran.stdout.contains(amount), "{amount}\n{}", ran.stdout);
    }
    assert!(shop.run("invoice print INV/2026/00102").stdout.contains("110.00"));
}

#[test]
fn commands_come_as_sheets_and_as_lists_of_ids() {
    let shop = shop();
    shop.done("team create Support");
    shop.done("team enable-service Support refunds");
    shop.done("ticket create --team Support --customer ida@example.com --subject 'Recall of mugs'");
    shop.write("recall.csv", "Command;Ticket;Invoice;Line;Post\nticket refund;T1;#2001;1=1;yes\nticket note;T1;;;\nticket refund;T1;#2007;1=1;\n");
    let answers = shop.applied("recall.csv --key recall", "", 3);
    assert_eq!(answers.iter().map(|a| a["status"].as_str().unwrap()).collect::<Vec<_>>(), ["done", "error", "done"]);
    assert_eq!((&answers[1]["error"]["code"], &answers[1]["line"]), (&"missing_field".into(), &3.into()));
    assert_eq!(answers[0]["result"]["credit_notes"][0]["state"], "posted");
    // The same sheet again: what was done is replayed.
    let again = shop.applied("recall.csv --key recall", "", 3);
    assert_eq!(
        again.iter().map(|a| a["status"].as_str().unwrap()).collect::<Vec<_>>(),
        ["replayed", "error", "replayed"]
    );
    // Ids from a list, in either way.
    let drafts = shop.run("credit-note list --state draft -o ids").stdout;
    assert_eq!(drafts.lines().count(), 1);
    let posted = shop.run_with("credit-note post - -o ids", &drafts);
    assert_eq!((posted.stdout.as_str(), posted.code), (drafts.as_str(), 0), "{}", posted.stderr);
    let cancelled = shop.applied("- --format ids --command 'credit-note cancel'", &drafts, 0);
    assert_eq!(cancelled[0]["status"], "done");
    let missing = shop.applied("- --format ids --command 'credit-note cancel'", "D09999\n", 3);
    assert_eq!(missing[0]["error"]["code"], "not_found");
    shop.write("bare.csv", "ticket,invoice\nT1,#2001\n");
    assert_eq!(shop.refused("apply bare.csv", "missing_field")["field"], "command");
    shop.refused("apply - --format ids", "usage");
    shop.refused("apply - --format ids --command 'customer create'", "invalid_value");
    shop.refused("apply - --format xml", "invalid_value");
}
