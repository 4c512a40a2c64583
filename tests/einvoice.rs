//! E-invoices (contract, section 7), read by two validators that are not ours.

mod random;
mod validators;

use validators::Validated;

use crate::support::{Shop, json};

/// A shop that sells under several taxes, whose company and customer are known by name alone.
fn shop() -> Shop {
    let shop = Shop::new();
    let records = r#"{"record":"tax","id":"VAT20","rate":"20","included":false}
{"record":"tax","id":"VAT7","rate":"7","included":true}
{"record":"tax","id":"CARE","rate":"0","category":"E"}
{"record":"tax","id":"ECO","rate":"2","included":false}
{"record":"customer","id":"C00001","name":"Ada & Söhne"}
{"record":"product","id":"LAMP","name":"Desk lamp","price":"39.99","taxes":["VAT20"]}
{"record":"product","id":"BULB","name":"Bulb <E27>","price":"3.33","taxes":["VAT7"],"unit":"H87"}
{"record":"product","id":"HELP","name":"First aid","price":"15.00","type":"service","taxes":["CARE"]}
{"record":"team","id":"Support","services":["refunds"]}
{"record":"ticket","id":"T00001","team":"Support","customer":"C00001","subject":"Lamp flickers"}
{"record":"invoice","id":"INV/2026/00001","customer":"C00001","date":"2026-11-02","due_date":"2026-12-02","state":"posted","paid":"50.00","lines":[{"product":"LAMP","quantity":"3","price":"39.99","discount":"12.5","taxes":["VAT20"]},{"product":"BULB","quantity":"7","price":"3.33","taxes":["VAT7"]},{"product":"BULB","quantity":"1.5","price":"2.99","discount":"33","taxes":["VAT7"]},{"product":"HELP","quantity":"1","price":"15.00","taxes":["CARE"]},{"product":null,"label":"SAVE10","quantity":"1","price":"-10.50","taxes":["VAT20"]},{"product":null,"label":"SAVE10","quantity":"1","price":"-2.78","taxes":["VAT7"]}]}
{"record":"invoice","id":"INV/2026/00002","customer":"C00001","date":"2026-11-03","state":"posted","lines":[{"product":"LAMP","quantity":"1","price":"40.00","taxes":["VAT20","ECO"]},{"product":"LAMP","quantity":"2","price":"40.00"}]}
{"record":"invoice","id":"INV/2026/00003","customer":"C00001","date":"2026-11-03","state":"posted","currency":"KWD","lines":[{"product":"LAMP","quantity":"1","price":"40.005","taxes":["VAT20"]}]}
{"record":"invoice","id":"INV/2026/00004","customer":"C00001","date":"2026-11-04","state":"posted","currency":"KWD","lines":[{"product":"LAMP","quantity":"1","price":"40.050","taxes":["VAT20"]}]}"#;
    let ran = shop.run_with("import -", records);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    shop
}

/// The same with all that any form asks for.
fn told_shop() -> Shop {
    let shop = shop();
    shop.done(
        "desk edit --company 'Lamps GmbH' --street 'Hauptstr. 1' --postcode 10115 --city Berlin --country DE --tax-id DE123456789 \
         --iban DE44500105175407324931 --bic INGDDEFFXXX --contact-name 'Ada Lovelace' --phone '+49 30 1234567' --mail-from desk@example.org",
    );
    shop.done(
        "customer edit C1 --street '1 rue Haute' --postcode 75001 --city Paris --country FR --tax-id FR40303265045 \
         --buyer-reference 04011000-12345-34 --email ada@example.org",
    );
    shop.done("tax edit CARE --exemption 'Article 132 of Directive 2006/112/EC'");
    shop
}

/// The id of what a change made.
fn created(shop: &Shop, words: &str) -> String {
    shop.done(words)["created"][0].as_str().unwrap().to_owned()
}

/// Prints a document in all three forms, as validated.
fn printed(shop: &Shop, noun: &str, number: &str) -> [String; 2] {
    let folder = shop.path("e-invoices");
    std::fs::create_dir_all(&folder).unwrap();
    let name = number.replace('/', "-");
    for (form, extension) in [("ubl", "xml"), ("xrechnung", "xml"), ("factur-x", "pdf")] {
        let ran = shop
            .run(&format!("{noun} print {number} --format {form} --file e-invoices/{name}-{form}.{extension} --quiet"));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{number} as {form}");
    }
    ["ubl", "xrechnung"].map(|form| std::fs::read_to_string(folder.join(format!("{name}-{form}.xml"))).unwrap())
}

/// The value of the first element of that name.
fn element<'x>(xml: &'x str, name: &str) -> &'x str {
    let start = xml.find(&format!("<{name}")).unwrap_or_else(|| panic!("{name} is not in {xml}"));
    let value = &xml[start..];
    let value = &value[value.find('>').unwrap() + 1..];
    &value[..value.find('<').unwrap()]
}

#[test]
fn an_invoice_its_credit_note_and_what_reverses_that_are_valid() {
    let shop = told_shop();
    let [ubl, xrechnung] = printed(&shop, "invoice", "INV/2026/00001");
    // 119.97 less 12.5 %, and what the code took off before tax: 10.50 and 2.60.
    for told in [
        "<cbc:MultiplierFactorNumeric>12.5</cbc:MultiplierFactorNumeric>",
        "<cbc:Amount currencyID=\"EUR\">15.00</cbc:Amount>",
        "<cbc:AllowanceTotalAmount currencyID=\"EUR\">13.10</cbc:AllowanceTotalAmount>",
        "<cbc:Name>Bulb &lt;E27&gt;</cbc:Name>",
        "<cbc:InvoicedQuantity unitCode=\"H87\">7</cbc:InvoicedQuantity>",
        "<cbc:EndpointID schemeID=\"9957\">FR40303265045</cbc:EndpointID>",
    ] {
        assert!(ubl.contains(told), "{told} is not in {ubl}");
    }
    assert!(xrechnung.contains("xrechnung_3.0"), "{xrechnung}");
    let shown = shop.ok("invoice show INV/2026/00001");
    for (name, key) in [
        ("cbc:TaxExclusiveAmount", "untaxed"),
        ("cbc:TaxInclusiveAmount", "total"),
        ("cbc:PayableAmount", "open"),
        ("cbc:TaxAmount", "tax"),
    ] {
        assert_eq!(element(&ubl, name), shown[key], "{name}");
    }

    // A part of one line, which takes its share of the discount along; then all that is left.
    shop.done("ticket refund T1 --invoice INV/2026/00001 --line 2=2 --reason 'Two were broken' --post");
    let [ubl, _] = printed(&shop, "credit-note", "RINV/2026/00001");
    assert_eq!(element(&ubl, "cbc:CreditNoteTypeCode"), "381");
    assert!(element(&ubl, "cbc:Note").contains("Two were broken"), "{ubl}");
    let (_, reversed) = ubl.split_once("<cac:BillingReference>").unwrap();
    assert_eq!((element(reversed, "cbc:ID"), element(reversed, "cbc:IssueDate")), ("INV/2026/00001", "2026-11-02"));
    shop.done("ticket refund T1 --invoice INV/2026/00001 --line-amount 1=5.01 --post");
    printed(&shop, "credit-note", "RINV/2026/00002");
    shop.done("ticket refund T1 --invoice INV/2026/00001 --post");
    let [ubl, _] = printed(&shop, "credit-note", "RINV/2026/00003");
    assert_eq!(element(&ubl, "cbc:PayableAmount"), shop.ok("credit-note show RINV/2026/00003")["open"]);

    // What takes a credit note back is an invoice that names it.
    let id = created(&shop, "credit-note reverse RINV/2026/00001");
    shop.done(&format!("invoice post {id}"));
    let number = shop.ok(&format!("invoice show {id}"))["number"].as_str().unwrap().to_owned();
    let [ubl, _] = printed(&shop, "invoice", &number);
    assert!(ubl.contains("<cbc:ID>RINV/2026/00001</cbc:ID>"), "{ubl}");
    Validated::of(&shop.path("e-invoices")).is_clean();
}

#[test]
fn the_same_document_is_the_same_bytes() {
    let shop = told_shop();
    for form in ["ubl", "xrechnung", "factur-x"] {
        let [one, other] = ["one", "other"].map(|name| {
            shop.run(&format!("invoice print INV/2026/00001 --format {form} --file {name} --quiet"));
            std::fs::read(shop.path(name)).unwrap()
        });
        assert!(one == other, "{form}");
    }
}

#[test]
fn every_hint_sets_what_is_missing_until_nothing_is() {
    let peppol = "company country tax_id country tax_id buyer_reference exemption";
    let xrechnung = "company postcode city country mail_from contact_name phone iban \
        postcode city country email buyer_reference tax_id exemption";
    for (form, fields) in
        [("ubl", peppol), ("xrechnung", xrechnung), ("factur-x", "company country country tax_id exemption")]
    {
        let shop = shop();
        let print = format!("invoice print INV/2026/00001 --format {form} --file out");
        let error = shop.refused(&print, "einvoice_incomplete");
        let others = error["others"].as_array().unwrap();
        let told: Vec<&str> =
            std::iter::once(&error).chain(others).map(|fault| fault["field"].as_str().unwrap()).collect();
        assert_eq!(told, fields.split_whitespace().collect::<Vec<_>>(), "{form}");
        // Two parties in one country may be asked for more.
        for _ in 0..20 {
            let ran = shop.run(&format!("{print} -o json"));
            if ran.code == 0 {
                break;
            }
            let hint =
                json(&ran.stderr)["error"]["hint"].as_str().unwrap().strip_prefix("aftersales ").unwrap().to_owned();
            shop.done(&hint);
        }
        assert_eq!(shop.run(&print).code, 0, "{form}");
    }
}

#[test]
fn only_what_is_posted_is_an_e_invoice() {
    let shop = told_shop();
    let id = created(&shop, "invoice create --customer C1 --line LAMP=1");
    let error = shop.refused(&format!("invoice print {id} --format ubl --file out"), "invoice_not_posted");
    assert_eq!(error["hint"], format!("aftersales invoice post {id}"));
    shop.done(&format!("invoice post {id}"));
    shop.done(&format!("invoice cancel {id} --yes"));
    shop.refused(&format!("invoice print {id} --format factur-x --file out"), "invoice_not_posted");
    assert!(!shop.path("out").exists());
}

#[test]
fn what_an_e_invoice_cannot_say_is_refused() {
    let shop = told_shop();
    let error = shop.refused("invoice print INV/2026/00002 --format xrechnung --file out", "einvoice_incomplete");
    assert_eq!((error["field"].as_str(), error["given"].as_str()), (Some("tax"), Some("VAT20, ECO")));
    // One fault a field is told: that its second line bears no tax comes when the first is mended.
    assert_eq!(error["others"].as_array().unwrap().len(), 0, "{error}");
    let error = shop.refused("invoice print INV/2026/00003 --format ubl --file out", "einvoice_incomplete");
    assert_eq!((error["field"].as_str(), error["given"].as_str()), (Some("currency"), Some("40.005 KWD")));
    // Three digits are no fault where the third is nothing.
    printed(&shop, "invoice", "INV/2026/00004");
    Validated::of(&shop.path("e-invoices")).is_clean();
}
