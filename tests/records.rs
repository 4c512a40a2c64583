//! The base records: taxes, products, lots, locations, journals, users, tags, stages, projects, worksheet templates, stock, and
//! the desk's own settings.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::Shop;

/// Two taxes, a product of each sort, a lot, a template: what most stories here begin with.
const CATALOGUE: &str = r#"
    {"command":"tax create","id":"VAT20","rate":"20"}
    {"command":"tax create","id":"ECO","rate":"0.5","included":true}
    {"command":"product create","id":"LAMP","name":"Desk lamp","price":"40.00","tax":["VAT20"],"tracking":"serial"}
    {"command":"product create","id":"BULB","price":"0.425","tax":"VAT20"}
    {"command":"product create","id":"HOUR","name":"Hour of work","price":"55","type":"service"}
    {"command":"lot create","id":"SN-001","product":"LAMP"}
    {"command":"worksheet-template create","id":"Visit","field":["pressure:number:required"]}
"#;

fn shop_with_catalogue() -> Shop {
    let shop = Shop::new();
    shop.apply(CATALOGUE);
    shop
}

#[test]
fn every_record_is_shown_with_all_its_keys() {
    let shop = shop_with_catalogue();
    shop.apply(
        r#"{"command":"journal create","id":"BANK","name":"Bank","type":"bank","active":false}
           {"command":"location create","id":"WH/Returns","return_location":true}
           {"command":"user create","id":"ann","name":"Ann","right":["sales","helpdesk"]}
           {"command":"tag create","id":"fragile"}
           {"command":"stage create","id":"Rejected","folded":true}
           {"command":"reason create","id":"late","name":"Delivered too late"}
           {"command":"project create","id":"Field Service","worksheets":true,"worksheet_template":"visit","time_product":"HOUR"}"#,
    );
    for (words, shown) in [
        (
            "tax show ECO",
            json!({"id": "ECO", "rate": "0.5", "included": true, "account": null, "category": "S", "exemption": null}),
        ),
        (
            "product show LAMP",
            json!({"id": "LAMP", "name": "Desk lamp", "price": "40.00", "type": "goods", "tracking": "serial",
                   "taxes": ["VAT20"], "account": null, "unit": "C62", "stock": []}),
        ),
        (
            "product show BULB",
            json!({"id": "BULB", "name": "BULB", "price": "0.425", "type": "goods", "tracking": "none",
                   "taxes": ["VAT20"], "account": null, "unit": "C62", "stock": []}),
        ),
        ("lot show SN-001", json!({"id": "SN-001", "product": "LAMP", "stock": [], "customers": [], "life": []})),
        ("journal show BANK", json!({"id": "BANK", "name": "Bank", "type": "bank", "active": false})),
        ("location show WH/Returns", json!({"id": "WH/Returns", "type": "internal", "return_location": true})),
        (
            "user show ann",
            json!({"id": "ann", "name": "Ann", "email": null, "rights": ["helpdesk", "sales"], "refund_limit": null}),
        ),
        ("tag show fragile", json!({"id": "fragile", "name": "fragile"})),
        ("stage show Rejected", json!({"id": "Rejected", "name": "Rejected", "folded": true})),
        ("reason show 'delivered TOO late'", json!({"id": "late", "name": "Delivered too late", "active": true})),
        (
            "worksheet-template show Visit",
            json!({"id": "Visit", "name": "Visit",
                   "fields": [{"name": "pressure", "type": "number", "required": true, "choices": []}]}),
        ),
        (
            "project show 'field service'",
            json!({"id": "Field Service", "name": "Field Service", "worksheets": true, "worksheet_template": "Visit",
                   "time_product": "HOUR"}),
        ),
    ] {
        assert_eq!(shop.ok(words), shown, "{words}");
    }
}

#[test]
fn a_new_store_has_the_records_of_the_contract() {
    let shop = Shop::new();
    assert_eq!(
        shop.ok("journal list"),
        json!([{"id": "INV", "name": "Customer invoices", "type": "sale", "active": true}])
    );
    assert_snapshot!(shop.text("location list"), @r"
    ID          TYPE        RETURN_LOCATION
    WH/Stock    internal    yes
    Customers   customer    no
    Suppliers   supplier    no
    Production  production  no
    Scrap       scrap       no
    ");
    assert_snapshot!(shop.text("stage list"), @r"
    ID           NAME         FOLDED
    New          New          no
    In Progress  In Progress  no
    On Hold      On Hold      no
    Solved       Solved       yes
    Cancelled    Cancelled    yes
    ");
    assert_eq!(shop.ok("stock list"), json!([]));
}

#[test]
fn an_edit_changes_what_it_names_and_nothing_twice() {
    let shop = shop_with_catalogue();
    shop.done("journal create SHOP --name 'Shop sales'");
    shop.done("location create StockLevel");
    shop.done("user create ann --email ann@example.org --right helpdesk --right sales");
    shop.done("stage create Later");
    shop.done("reason create Late");
    shop.done("project create Visits --worksheets --worksheet-template Visit --time-product HOUR");
    for (words, key, after) in [
        ("tax edit VAT20 --rate 21", "rate", json!("21")),
        ("tax edit VAT20 --included", "included", json!(true)),
        ("tax edit VAT20 --no-included", "included", json!(false)),
        ("product edit LAMP --name Lamp", "name", json!("Lamp")),
        ("product edit LAMP --price 0", "price", json!("0.00")),
        ("product edit LAMP --tax ECO --tax VAT20", "taxes", json!(["ECO", "VAT20"])),
        ("product edit LAMP --tax ''", "taxes", json!([])),
        ("product edit BULB --tracking lot", "tracking", json!("lot")),
        ("product edit BULB --tracking none --type service", "type", json!("service")),
        ("journal edit SHOP --type cash", "type", json!("cash")),
        ("journal edit SHOP --no-active", "active", json!(false)),
        ("location edit StockLevel --type scrap", "type", json!("scrap")),
        ("location edit WH/Stock --no-return-location", "return_location", json!(false)),
        ("user edit ann --email ''", "email", json!(null)),
        ("user edit ann --right inventory", "rights", json!(["inventory"])),
        ("user edit ann --right ''", "rights", json!([])),
        ("stage edit Later --folded", "folded", json!(true)),
        ("stage edit Later --name Whenever", "name", json!("Whenever")),
        ("reason edit Late --no-active", "active", json!(false)),
        ("reason edit Late --active", "active", json!(true)),
        ("reason edit late --name 'Came late'", "name", json!("Came late")),
        ("project edit Visits --no-worksheets", "worksheets", json!(false)),
        ("project edit Visits --worksheet-template ''", "worksheet_template", json!(null)),
        ("project edit Visits --time-product ''", "time_product", json!(null)),
        (
            "worksheet-template edit Visit --field 'state:choice=good|worn'",
            "fields",
            json!([{"name": "state", "type": "choice", "required": false, "choices": ["good", "worn"]}]),
        ),
        ("worksheet-template edit Visit --field ''", "fields", json!([])),
    ] {
        let answer = shop.done(words);
        let record = answer["result"].as_object().unwrap().values().next().unwrap();
        assert_eq!(record[key], after, "{words}");
        shop.unchanged(words);
        let noun = words.split(' ').next().unwrap();
        let shown = shop.ok(&format!("{noun} show '{}'", record["id"].as_str().unwrap()));
        assert_eq!(shown[key], after, "{words}");
    }
}

#[test]
fn what_cannot_be_made_is_refused() {
    let shop = shop_with_catalogue();
    for (words, code, field) in [
        ("tax create --rate 20", "missing_field", "id"),
        ("tax create VAT7", "missing_field", "rate"),
        ("tax create VAT7 --rate ''", "missing_field", "rate"),
        ("tax create VAT7 --rate -7", "quantity_invalid", "rate"),
        ("tax create VAT7 --rate seven", "invalid_value", "rate"),
        ("tax create VAT20 --rate 20", "already_exists", "id"),
        ("tax create VAT20 --rate -1", "quantity_invalid", "rate"),
        ("product create CHAIR --price -1", "quantity_invalid", "price"),
        ("product create CHAIR --price 0.0000001", "invalid_value", "price"),
        ("product create CHAIR --type service --tracking lot", "invalid_value", "tracking"),
        ("product create CHAIR --type wood", "invalid_value", "type"),
        ("product create CHAIR --type ''", "missing_field", "type"),
        ("product create CHAIR --tax VAT7", "not_found", "tax"),
        ("product create CHAIR --tax VAT20 --tax VAT20", "invalid_value", "tax"),
        ("product create CHAIR --name ''", "missing_field", "name"),
        ("product create ' '", "missing_field", "id"),
        ("product create 'TWO\nLINES'", "invalid_value", "id"),
        ("product create LAMP", "already_exists", "id"),
        ("lot create SN-002", "missing_field", "product"),
        ("lot create SN-002 --product ''", "missing_field", "product"),
        ("lot create SN-002 --product CHAIR", "not_found", "product"),
        ("lot create SN-001 --product LAMP", "already_exists", "id"),
        ("journal create INV", "already_exists", "id"),
        ("journal create J2 --active --no-active", "invalid_value", "active"),
        ("location create Scrap", "already_exists", "id"),
        ("location create Shelf --type shelf", "invalid_value", "type"),
        ("user create ann --right anybody", "invalid_value", "right"),
        ("user create ann --right rescue", "invalid_value", "right"),
        ("tag create", "missing_field", "name"),
        ("tag create ''", "missing_field", "name"),
        ("stage create solved", "already_exists", "id"),
        ("stage create S1 --name SOLVED", "already_exists", "name"),
        ("reason create", "missing_field", "name"),
        ("project create P1 --worksheet-template Gone", "not_found", "worksheet_template"),
        ("project create P1 --time-product LAMP", "invalid_value", "time_product"),
        ("worksheet-template create visit", "already_exists", "id"),
        ("worksheet-template create W1 --field pressure", "invalid_value", "field"),
        ("worksheet-template create W1 --field a:text --field A:text", "invalid_value", "field"),
    ] {
        assert_eq!(shop.refused(words, code)["field"], field, "{words}");
    }
}

#[test]
fn what_a_record_is_found_by_has_a_length_that_every_engine_can_look_up() {
    let shop = shop_with_catalogue();
    // Folding makes these longer.
    let (longest, longer) = ("Ⱥ".repeat(400), "Ⱥ".repeat(400) + "b");
    for noun in ["tag", "stage", "reason", "project", "worksheet-template", "team"] {
        let error = shop.refused(&format!("{noun} create a --name {longer}"), "invalid_value");
        assert_eq!((&error["field"], &error["allowed"]), (&json!("name"), &json!("800")), "{noun}");
        shop.done(&format!("{noun} create a"));
        assert_eq!(shop.refused(&format!("{noun} edit a --name {longer}"), "invalid_value")["field"], "name", "{noun}");
        shop.done(&format!("{noun} edit a --name {longest}"));
        assert_eq!(shop.ok(&format!("{noun} show {longest}"))["id"], "a", "{noun}");
    }
    for (noun, flags) in [
        ("tax", "--rate 7"),
        ("product", ""),
        ("lot", "--product LAMP"),
        ("location", ""),
        ("journal", ""),
        ("customer", ""),
        ("user", ""),
        ("coupon-program", "--reward fixed=5"),
    ] {
        let error = shop.refused(&format!("{noun} create {longer} {flags}"), "invalid_value");
        assert_eq!((&error["field"], &error["allowed"]), (&json!("id"), &json!("800")), "{noun}");
        shop.done(&format!("{noun} create {longest} {flags}"));
        assert_eq!(shop.ok(&format!("{noun} show {longest}"))["id"], longest.as_str(), "{noun}");
    }
    for (words, field) in [
        ("coupon-program create b --reward fixed=5 --type promo-code --code", "code"),
        ("ticket create --team a --subject Long --tag", "tag"),
    ] {
        assert_eq!(shop.refused(&format!("{words} {longer}"), "invalid_value")["field"], field);
        shop.done(&format!("{words} {longest}b").replace("Ⱥb", "b"));
    }

    // Stock is called by all three that it is of, and what does not repeat itself cannot be made shorter.
    let mut at = 1;
    let characters = std::iter::repeat_with(|| {
        at = at * 75 % 65_537;
        char::from_u32(0x4e00 + at % 20_000).unwrap()
    });
    let records = format!(
        "{{\"record\":\"product\",\"id\":\"{0}\",\"tracking\":\"lot\"}}
         {{\"record\":\"location\",\"id\":\"{0}\",\"type\":\"internal\"}}
         {{\"record\":\"lot\",\"id\":\"{0}\",\"product\":\"{0}\"}}
         {{\"record\":\"stock\",\"product\":\"{0}\",\"location\":\"{0}\",\"lot\":\"{0}\",\"quantity\":\"5\"}}",
        characters.take(266).collect::<String>()
    );
    let ran = shop.run_with("import", &records);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    shop.done(&format!("invoice create --customer {longest} --journal {longest} --line LAMP=1"));
    shop.done("invoice post D1");
    shop.done("customer create ADA");
    for (record, field) in [
        (r#"{"record":"invoice","id":"{}","customer":"ADA","state":"draft"}"#, "id"),
        (r#"{"record":"invoice","id":"I1","number":"{}","customer":"ADA","state":"posted"}"#, "number"),
        (r#"{"record":"order","id":"{}","customer":"ADA","lines":[{"product":"LAMP","quantity":"1"}]}"#, "id"),
        (r#"{"record":"transfer","id":"{}","kind":"incoming","lines":[{"product":"LAMP","quantity":"1"}]}"#, "id"),
        (r#"{"record":"ticket","id":"{}","customer":"ADA","team":"a","subject":"Long"}"#, "id"),
        (r#"{"record":"tag","id":"{}"}"#, "id"),
    ] {
        let ran = shop.run_with("import", record.replace("{}", &longer));
        let error = &crate::support::json(&ran.stdout)["error"];
        assert_eq!((&error["code"], &error["field"]), (&json!("invalid_value"), &json!(field)), "{record} {error}");
    }
}

#[test]
fn what_cannot_be_edited_is_refused() {
    let shop = shop_with_catalogue();
    shop.done("project create Visits --time-product HOUR");
    for (words, code, field) in [
        ("tax edit VAT7 --rate 7", "not_found", "tax"),
        ("tax edit VAT20 --rate ''", "missing_field", "rate"),
        ("tax edit VAT20 --included --no-included", "invalid_value", "included"),
        ("product edit LAMP --price ''", "missing_field", "price"),
        ("product edit LAMP --tracking none", "state_not_allowed", "tracking"),
        ("product edit LAMP --type service --tracking none", "state_not_allowed", "type"),
        ("product edit LAMP --type service", "invalid_value", "tracking"),
        ("product edit HOUR --type goods", "state_not_allowed", "type"),
        ("lot edit SN-001 --product BULB", "lot_not_tracked", "lot"),
        ("lot edit SN-1 --product LAMP", "not_found", "lot"),
        ("location edit WH/Stock --type scrap", "state_not_allowed", "type"),
        ("location edit Customers --type internal", "state_not_allowed", "type"),
        ("stage edit New --name ''", "missing_field", "name"),
        ("stage edit New --name 'on hold'", "already_exists", "name"),
    ] {
        assert_eq!(shop.refused(words, code)["field"], field, "{words}");
    }
    let held = shop.refused("product edit LAMP --tracking none", "state_not_allowed");
    assert_eq!(held["message"], "LAMP is used by the lot SN-001, so its tracking stays serial");
    assert_eq!((&held["allowed"], &held["hint"]), (&json!("serial"), &json!("aftersales lot show SN-001")));
}

#[test]
fn a_lot_moves_to_another_product_only_while_nothing_names_it() {
    let shop = shop_with_catalogue();
    shop.done("product create TORCH --tracking serial");
    assert_eq!(shop.done("lot edit SN-001 --product TORCH")["result"]["lot"]["product"], "TORCH");
    shop.apply(
        r#"{"command":"team create","id":"Support"}
           {"command":"customer create","id":"ADA"}
           {"command":"ticket create","team":"Support","customer":"ADA","subject":"Dark","product":"TORCH","lot":"SN-001"}"#,
    );
    let held = shop.refused("lot edit SN-001 --product LAMP", "state_not_allowed");
    assert_eq!(held["message"], "SN-001 is used by the ticket T00001, so its product stays TORCH");
    shop.unchanged("lot edit SN-001 --product TORCH");
}

#[test]
fn a_journal_keeps_its_type_once_a_document_is_in_it() {
    let shop = shop_with_catalogue();
    shop.done("customer create ADA");
    shop.done("journal create SHOP");
    shop.done("invoice create --customer ADA --journal SHOP --line BULB=2");
    let held = shop.refused("journal edit SHOP --type bank", "state_not_allowed");
    assert_eq!(held["message"], "SHOP is used by the invoice D00001, so its type stays sale");
    shop.done("journal edit SHOP --name Shop --no-active");
}

#[test]
fn every_faulty_value_is_told_at_once() {
    let shop = Shop::new();
    let error = shop.refused("product create ' ' --name '' --price -1 --type service --tracking lot", "missing_field");
    let others: Vec<&Value> = error["others"].as_array().unwrap().iter().map(|other| &other["field"]).collect();
    assert_eq!(
        (error["field"].as_str(), others),
        (Some("id"), vec![&json!("name"), &json!("price"), &json!("tracking")])
    );
}

#[test]
fn null_is_absent_for_every_key_of_a_record() {
    let shop = Shop::new();
    let answers = shop.apply(
        r#"{"command":"tax create","id":"T","rate":5,"included":null}
           {"command":"journal create","id":"J","name":null,"type":null,"active":null}
           {"command":"location create","id":"L","type":null,"return_location":null}
           {"command":"customer create","id":null,"name":null,"email":null}
           {"command":"product create","id":"P","name":null,"price":null,"type":null,"tracking":null,"tax":null}
           {"command":"user create","id":"u","name":null,"email":null,"right":null}
           {"command":"worksheet-template create","id":"W","name":null,"field":null}
           {"command":"project create","id":"R","name":null,"worksheets":null,"worksheet_template":null,"time_product":null}
           {"command":"tag create","id":null,"name":"g"}
           {"command":"stage create","id":"s","name":null,"folded":null}"#,
    );
    assert_eq!(answers[1]["result"]["journal"], json!({"id": "J", "name": "J", "type": "sale", "active": true}));
    assert_eq!(answers[8]["result"]["tag"], json!({"id": "g", "name": "g"}));
    let missing = shop.applied("", r#"{"command":"tax create","id":null,"rate":5}"#, 3);
    assert_eq!((&missing[0]["error"]["code"], &missing[0]["error"]["field"]), (&json!("missing_field"), &json!("id")));
}

#[test]
fn a_list_given_as_json_replaces_and_an_empty_one_empties() {
    let shop = shop_with_catalogue();
    let answers = shop.apply(
        r#"{"command":"product edit","product":"LAMP","tax":["ECO"]}
           {"command":"product edit","product":"LAMP","tax":[]}
           {"command":"tax edit","tax":"ECO","included":false}"#,
    );
    assert_eq!(answers[0]["result"]["product"]["taxes"], json!(["ECO"]));
    assert_eq!(answers[1]["result"]["product"]["taxes"], json!([]));
    assert_eq!(answers[2]["result"]["tax"]["included"], false);
}

#[test]
fn a_field_is_the_same_content_as_a_text_and_as_an_object() {
    let shop = Shop::new();
    let lines = r#"{"command":"worksheet-template create","id":"Visit","key":"k","field":[{"name":"state","type":"choice","choices":["a","b"],"required":true}]}
                   {"command":"worksheet-template create","id":"Visit","key":"k","field":"state:choice=a|b:required"}"#;
    let answers = shop.applied("", lines, 0);
    assert_eq!((&answers[0]["status"], &answers[1]["status"]), (&json!("done"), &json!("replayed")));
    let wrong = r#"{"command":"worksheet-template create","id":"W","field":[{"name":"state","kind":"text"}]}
                   {"command":"worksheet-template create","id":"W","field":[{"name":"state","type":"text","required":"yes"}]}
                   {"command":"worksheet-template create","id":"W","field":[{"name":"state","type":"photo","choices":["a"]}]}"#;
    for answer in shop.applied("", wrong, 3) {
        assert_eq!((&answer["error"]["exit"], &answer["error"]["field"]), (&json!(10), &json!("field")), "{answer}");
    }
}

#[test]
fn names_are_found_ignoring_case_and_belong_to_one_record() {
    let shop = Shop::new();
    shop.done("tag create VIP --name 'Very important'");
    assert_eq!(shop.ok("tag show 'very IMPORTANT'")["id"], "VIP");
    shop.refused("tag show vip", "not_found");
    shop.refused("tag create 'VERY important'", "already_exists");
    shop.refused("tag create other --name VIP", "already_exists");
    shop.done("tag create other --name vip");
    assert_eq!((&shop.ok("tag show VIP")["id"], &shop.ok("tag show vip")["id"]), (&json!("VIP"), &json!("other")));
    shop.refused("tag edit other --name 'very Important'", "already_exists");
    shop.done("tag edit VIP --name 'VERY IMPORTANT'");
    shop.done("stage edit 'on hold' --name Waiting");
    assert_eq!(shop.ok("stage show waiting")["id"], "On Hold");
}

#[test]
fn an_id_in_the_shape_of_a_generated_one_moves_the_counter() {
    let shop = Shop::new();
    shop.done("customer create C00001");
    assert_eq!(shop.done("customer create")["created"], json!(["C00002"]));
    shop.done("customer create C00041");
    shop.refused("customer create C00041", "already_exists");
    shop.done("customer create C7");
    shop.done("customer create C9999999999999999999");
    assert_eq!(shop.done("customer create")["created"], json!(["C00042"]));
}

#[test]
fn lists_filter_by_each_scalar_key() {
    let shop = shop_with_catalogue();
    shop.done("journal create OLD --no-active");
    for (words, ids) in [
        ("product list --type service", "HOUR\n"),
        ("product list --tracking serial --tracking none", "LAMP\nBULB\nHOUR\n"),
        ("product list --price 0.425", "BULB\n"),
        ("tax list --included true", "ECO\n"),
        ("lot list --product LAMP", "SN-001\n"),
        ("lot list --product BULB", ""),
        ("journal list --active false", "OLD\n"),
        ("location list --type internal --return-location true", "WH/Stock\n"),
        ("stage list --folded true --newest", "Cancelled\nSolved\n"),
        ("stock list --product LAMP --location WH/Stock", ""),
    ] {
        assert_eq!(shop.run(&format!("{words} -o ids")).stdout, ids, "{words}");
    }
    assert_snapshot!(shop.text("product list"), @r"
    ID    NAME          PRICE  TYPE     TRACKING  TAXES
    LAMP  Desk lamp     40.00  goods    serial    VAT20
    BULB  BULB          0.425  goods    none      VAT20
    HOUR  Hour of work  55.00  service  none
    ");
}

#[test]
fn rights_count_once_an_admin_exists() {
    let shop = Shop::new();
    shop.done("user create ann --right helpdesk");
    shop.done("user create ivy --right inventory --right invoicing --right field-service");
    shop.done("tag create free");
    shop.done("user create root --right admin -y");
    let denied = shop.refused("tag list", "access_denied");
    assert_eq!(denied["message"], "tester is not a user of this desk; --as names another, and an admin can make one");
    for (words, ann, ivy) in [
        ("tag list", true, false),
        ("customer list", true, false),
        ("product list", false, true),
        ("lot list", false, true),
        ("location list", false, true),
        ("stock list", false, true),
        ("tax list", false, true),
        ("journal list", false, true),
        ("project list", false, true),
        ("stage list", false, false),
        ("user list", false, false),
        ("worksheet-template list", false, false),
        ("desk show", false, false),
    ] {
        for (login, allowed) in [("ann", ann), ("ivy", ivy), ("root", true)] {
            let code = shop.run(&format!("{words} --as {login}")).code;
            assert_eq!(code, if allowed { 0 } else { 15 }, "{words} --as {login}");
        }
    }
    shop.refused("user create bob --right admin --as ann", "access_denied");
}

#[test]
fn whoever_makes_somebody_else_the_first_admin_is_asked() {
    let shop = Shop::new();
    // Without users whoever is named is let in; with them it must be one, admin or not.
    shop.done("customer create ADA --as typo");
    shop.refused("customer create BO --as ''", "access_denied");
    shop.done("user create ann --right helpdesk --as ann");
    for words in ["customer create --as typo", "customer list --as typo", "customer create --as ''"] {
        shop.refused(words, "access_denied");
    }
    let answers = shop.applied("--as typo", r#"{"command":"customer create"}"#, 3);
    assert_eq!(answers[0]["error"]["code"], "access_denied");
    assert_eq!(shop.run_with("import - --as typo", "{\"record\":\"customer\",\"id\":\"A\"}").code, 15);
    shop.done("desk edit --company Lamps --as ann");
    shop.done("desk edit --company 'Lamps Ltd'");

    for (words, none) in [
        ("user create root --right admin", true),
        ("user create root --right admin --as ann", false),
        ("user edit ann --right admin", true),
    ] {
        let error = shop.refused(words, "confirmation_needed");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("is the first admin: from here on whoever is no user"), "{message}");
        assert_eq!(message.ends_with("and tester is none of them"), none, "{message}");
    }
    let answers = shop.applied("", r#"{"command":"user create","id":"root","right":"admin"}"#, 3);
    assert_eq!(answers[0]["error"]["code"], "confirmation_needed");
    let ran = shop.run_with("import -", r#"{"record":"user","id":"root","rights":["admin"]}"#);
    assert_eq!(ran.code, 14, "{}", ran.stdout);
    // Who becomes it knows.
    let own = shop.ok("user edit ann --right admin --as ann --dry-run");
    assert_eq!((&own["status"], &own["warnings"]), (&json!("planned"), &json!([])));
    let made = shop.done("user create root --right admin --yes");
    assert_eq!(made["warnings"][0]["code"], "rights_apply");
    // The second one is no beginning.
    assert_eq!(shop.done("user edit ann --right admin --as root")["warnings"], json!([]));
}

#[test]
fn the_last_admin_stays_one() {
    let shop = Shop::new();
    shop.done("user create root --right admin --right sales -y");
    for words in ["user edit root --right sales --as root", "user edit root --right '' --as root"] {
        assert_eq!(shop.refused(words, "last_admin")["field"], "right", "{words}");
    }
    shop.done("user edit root --right admin --as root");
    shop.done("user create eve --right admin --as root");
    shop.done("user edit root --right sales --as eve");
    shop.refused("user edit eve --right sales --as eve", "last_admin");
}

#[test]
fn the_desk_is_shown_and_edited() {
    let shop = Shop::made_with("--company 'Lamps Ltd'");
    let desk =
        shop.done("desk edit --company Lamps --timezone Asia/Tokyo --lock-date 2026-06-30")["result"]["desk"].clone();
    assert_eq!(desk, shop.ok("desk show"));
    assert_eq!(
        (&desk["company"], &desk["timezone"], &desk["lock_date"]),
        (&json!("Lamps"), &json!("Asia/Tokyo"), &json!("2026-06-30"))
    );
    shop.unchanged("desk edit --company Lamps");
    for (words, field) in [("desk edit --timezone Mars/Base", "timezone"), ("desk edit --lock-date today", "lock_date")]
    {
        assert_eq!(shop.refused(words, "invalid_value")["field"], field, "{words}");
    }
    shop.refused("desk edit --timezone ''", "missing_field");
    assert_eq!(shop.done("desk edit --company ''")["result"]["desk"]["company"], "");
}

#[test]
fn the_lock_date_goes_back_only_with_a_yes() {
    let shop = Shop::new();
    shop.done("desk edit --lock-date 2026-05-31");
    shop.done("desk edit --lock-date 2026-06-30");
    for words in ["desk edit --lock-date 2026-05-31", "desk edit --lock-date ''"] {
        let error = shop.refused(words, "confirmation_needed");
        assert_eq!(error["hint"], format!("aftersales {words} -o json --yes"));
        shop.done(&format!("{words} --yes"));
        shop.done("desk edit --lock-date 2026-06-30");
    }
}
