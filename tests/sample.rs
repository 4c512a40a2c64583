//! A shop in which something of everything has happened, for stories about the whole store: what is exported, what must hold.

use crate::support::portal::Portal;
use crate::support::smtp::{configure, taking_all, unconfigure};
use crate::support::{Shop, json};

/// What the shop begins with.
pub const RECORDS: &str = r#"
{"record":"tax","id":"VAT20","rate":"20"}
{"record":"tax","id":"ECO5","rate":"5","included":true}
{"record":"reason","id":"Scratched"}
{"record":"location","id":"WH/Returns","type":"internal","return_location":true}
{"record":"customer","id":"C00001","name":"Ada Ltd","email":"ada@example.org"}
{"record":"customer","id":"C00002","name":"Bo \"the lamp\" Öberg\nand sons"}
{"record":"product","id":"LAMP","name":"Desk lamp","price":"40.00","taxes":["VAT20"]}
{"record":"product","id":"BULB","name":"Bulb","price":"4.505","taxes":["VAT20","ECO5"]}
{"record":"product","id":"DRILL","name":"Drill","price":"129","tracking":"serial","taxes":["VAT20"]}
{"record":"product","id":"HOUR","name":"Hour of work","price":"55","type":"service"}
{"record":"lot","id":"SN-1","product":"DRILL"}
{"record":"lot","id":"SN-2","product":"DRILL"}
{"record":"stock","product":"LAMP","location":"WH/Stock","lot":null,"quantity":"100"}
{"record":"stock","product":"BULB","location":"WH/Stock","quantity":"50"}
{"record":"stock","product":"DRILL","location":"WH/Stock","lot":"SN-1","quantity":"1"}
{"record":"stock","product":"DRILL","location":"WH/Stock","lot":"SN-2","quantity":"1"}
{"record":"user","id":"ann","name":"Ann","rights":["helpdesk","repair"]}
{"record":"worksheet_template","id":"Visit","fields":[{"name":"pressure","type":"number","required":true}]}
{"record":"project","id":"Field Service","worksheets":true,"worksheet_template":"Visit","time_product":"HOUR"}
{"record":"coupon_program","id":"Sorry 10","rewards":[{"type":"percent","value":"10","on":"products","products":["LAMP","BULB"],"maximum":"50"}],"conditions":{"minimum_amount":"20.00","products":["LAMP"]}}
{"record":"coupon_program","id":"Spring","type":"promo-code","code":"SPRING-26","rewards":[{"type":"free_product","product":"BULB","quantity":"2"}],"start":"2026-03-01","end":"2026-05-31","usage_limit":"100"}
{"record":"coupon_program","id":"Winter","type":"promo-code","code":"WINTER-26","rewards":[{"type":"fixed","value":"5"},{"type":"percent","value":"3"}]}
{"record":"team","id":"Support","services":["refunds","coupons","returns","repairs","field-service"],"field_service_project":"Field Service","return_location":"WH/Returns","members":["ann"]}
{"record":"order","id":"S00001","customer":"C00001","date":"2026-11-01","state":"confirmed","lines":[{"product":"LAMP","quantity":"3"},{"product":"DRILL","quantity":"1","discount":"10"}]}
{"record":"transfer","id":"WH/OUT/00001","order":"S00001","date":"2026-11-02","state":"done","lines":[{"product":"LAMP","quantity":"3"},{"product":"DRILL","quantity":"1","lot":"SN-1"}]}
{"record":"invoice","id":"INV/2026/00001","order":"S00001","date":"2026-11-02","state":"posted","paid":"100.00","due_date":"2026-12-02","lines":[{"product":"LAMP","quantity":"3"},{"product":"DRILL","quantity":"1","discount":"10","lot":"SN-1"}]}
{"record":"invoice","id":"J-1","customer":"C00002","currency":"JPY","date":"2026-11-03","state":"posted","paid":"1000","lines":[{"label":"By hand","quantity":"1.5","price":"1234.5"}]}
{"record":"ticket","id":"T00001","team":"Support","customer":"C00001","subject":"Lamp flickers","order":"S00001","product":"LAMP","user":"ann","tags":["lamps"]}
"#;

/// What was done in it since.
const COMMANDS: &[&str] = &[
    "customer create --name Cy --key cy-1",
    "invoice create --customer C00001 --line LAMP=1 --line BULB=3",
    "invoice post D00001",
    "invoice pay INV/2026/00002 --amount 10.00 --reference 'Bank 17'",
    "ticket refund T00001 --invoice INV/2026/00001 --line 1=1 --post",
    "ticket refund T00001 --invoice INV/2026/00001 --amount 5.00",
    "ticket return T00001 --delivery WH/OUT/00001 --line 1=1 --exchange",
    "ticket return T00001 --delivery WH/OUT/00001 --line 2=1",
    "transfer validate WH/IN/00002",
    "order create --customer C00002 --line LAMP=200",
    "order apply-coupon S00002 WINTER-26",
    "order confirm S00002",
    "transfer create --order S00002",
    "order create --customer C00001 --line BULB=1 --cart",
    "ticket coupon T00001 --program 'Sorry 10' --valid-until 2026-12-31",
    "ticket repair T00001 --product LAMP --part BULB=2 --labour HOUR=1 --tag bench --confirm --quote --yes",
    "ticket repair T00001 --product LAMP --part BULB=1 --part remove:BULB=1 --part recycle:BULB=1 --confirm --yes",
    "repair start WH/RO/00002",
    "repair finish WH/RO/00002",
    "ticket plan T00001 --assignee ann",
];

/// The shop.
pub fn shop() -> Shop {
    let shop = Shop::new();
    let ran = shop.run_with("import - -o ndjson", RECORDS);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    for words in COMMANDS {
        let ran = shop.run(&format!("{words} -o json"));
        assert_eq!(ran.code, 0, "{words}\n{}{}", ran.stdout, ran.stderr);
        assert_eq!(json(&ran.stdout)["status"], "done", "{words}\n{}", ran.stdout);
    }
    shop
}

/// What else there is in a shop in which everything has happened, good and bad.
const MORE_RECORDS: &str = r#"
{"record":"tax","id":"RED7","rate":"7","included":true}
{"record":"journal","id":"WEB","name":"Web shop","type":"sale"}
{"record":"product","id":"SHADE","name":"Shade","price":"10.70","taxes":["RED7"]}
{"record":"product","id":"PAINT","name":"Paint","price":"3.333333","tracking":"lot","taxes":["VAT20"]}
{"record":"lot","id":"RED-1","product":"PAINT"}
{"record":"lot","id":"RED-2","product":"PAINT"}
{"record":"lot","id":"SN-3","product":"DRILL"}
{"record":"stock","product":"SHADE","location":"WH/Stock","quantity":"20"}
{"record":"stock","product":"PAINT","location":"WH/Stock","lot":"RED-1","quantity":"12.5"}
{"record":"stock","product":"DRILL","location":"WH/Stock","lot":"SN-3","quantity":"1"}
{"record":"user","id":"bob","name":"Bob","email":"bob@example.org","rights":["sales","inventory"]}
{"record":"worksheet_template","id":"Report","fields":[{"name":"pressure","type":"number","required":true},{"name":"before","type":"photo","required":true},{"name":"state","type":"choice","choices":["good","worn"]}]}
{"record":"worksheet_template","id":"Check","fields":[{"name":"state","type":"choice","choices":["good","worn"]},{"name":"seen","type":"date"}]}
{"record":"coupon_program","id":"Five","rewards":[{"type":"fixed","value":"5","on":"order","maximum":null}],"conditions":{"minimum_quantity":"2"},"currency":"EUR"}
{"record":"order","id":"S00010","customer":"C00001","date":"2026-11-04","state":"confirmed","lines":[{"product":"SHADE","quantity":"3"},{"product":"PAINT","quantity":"3"},{"product":"BULB","quantity":"4"}]}
{"record":"invoice","id":"WEB-7","customer":"C00002","journal":"WEB","date":"2026-11-05","state":"posted","lines":[{"label":"Lamp","quantity":"1","price":"6.00","taxes":["VAT20"]},{"label":"Bulb","quantity":"1","price":"4.00","taxes":["VAT20"]},{"product":null,"label":"SAVE","quantity":"1","price":"-1.00","taxes":["VAT20"]}]}
{"record":"credit_note","id":"RWEB-1","invoice":"INV/2026/00001","date":"2026-11-06","state":"posted","lines":[{"product":"LAMP","quantity":"1","price":"4.00"}]}
{"record":"ticket","id":"T00005","team":"Support","customer":"C00002","subject":"Everything broke","priority":"high","tags":["lamps","bench"]}
{"record":"ticket","id":"T00007","team":"Support","customer":"C00001","subject":"Many things"}
{"record":"ticket","id":"T00006","team":"Support","customer":"C00001","subject":"Drill stops","product":"DRILL","lot":"SN-1"}
"#;

const MORE_COMMANDS: &[&str] = &[
    // Deliveries in two parts, returns of one, an exchange that is done, a return that is given up.
    "transfer create --order S00010",
    "transfer validate WH/OUT/00004 --line 1=2 --line 2=1.5 --lot 2=RED-1",
    "transfer validate WH/OUT/00005 --lot 2=RED-1",
    "ticket return T00007 --delivery WH/OUT/00004 --line 1=1 --location WH/Returns",
    "transfer validate WH/IN/00003",
    "transfer return WH/IN/00003",
    "ticket return T00007 --delivery WH/OUT/00005 --line 1=1 --exchange --keep-order-quantity",
    "transfer validate WH/IN/00004",
    "transfer validate WH/OUT/00007",
    "ticket return T00007 --delivery WH/OUT/00005 --line 3=2",
    "transfer cancel WH/IN/00005",
    // Receipts, counts and moves within the house.
    "transfer create --kind incoming --line DRILL=2 --line LAMP=10",
    "transfer validate WH/IN/00006 --lot 1=SN-010..SN-011",
    "stock count LAMP --quantity 80 --reason Broken",
    "stock count SHADE --quantity 30",
    "transfer create --kind internal --line BULB=5 --to WH/Returns",
    "transfer validate WH/INT/00003 --line 1=3",
    // Bills of a part and of the rest, one at a price of its own.
    "invoice create --order S00010",
    "invoice edit D00004 --line 1=1 --line 2=1 --line 3=1@4.00",
    "invoice post D00004",
    "invoice create --order S00010 --journal WEB",
    "invoice post D00005",
    "invoice create --customer C00002 --line SHADE=7 --line LAMP=2",
    "invoice edit D00006 --line 2=2@35.50 --drop-line 1 --add-line BULB=11",
    "invoice create --customer C00001 --line LAMP=1",
    "invoice cancel D00007",
    "invoice create --customer C00001 --line LAMP=5",
    "invoice post D00008",
    "invoice cancel D00008",
    // Money in, out, and taken back.
    "payment create --customer C00001 --amount 100.00 --reference Advance",
    "invoice match D00005 --with P00004 --amount 20.00",
    "payment create --customer C00002 --amount 7.00 --date 2026-11-20",
    "payment cancel P00005",
    "invoice pay D00004",
    // Refunds of every kind.
    "ticket refund T00007 --invoice D00004 --line 1=1 --post",
    "credit-note pay D00009 --amount 5.00",
    "ticket refund T00007 --invoice D00005 --line-amount 1=2.00 --reason Scratch",
    "credit-note edit D00010 --line 1=1@1.50",
    "ticket refund T00007 --invoice D00005 --line 2=1 --line 3=2",
    "credit-note edit D00011 --line 2=1@2.00",
    "credit-note post D00011",
    "credit-note reverse D00011",
    "invoice post D00012",
    "ticket refund T00005 --invoice WEB-7 --line 2=1 --post",
    "ticket refund T00005 --invoice WEB-7 --line 1=1 --allow-excess",
    "ticket refund T00005 --invoice J-1 --date 2026-12-24 --post",
    "ticket refund T00007 --invoice INV/2026/00002 --create-invoice",
    "credit-note create --customer C00002 --line SHADE=1",
    "credit-note cancel D00018",
    // Coupons and repairs.
    "ticket coupon T00005 --program Five --only-customer",
    "ticket coupon T00007 --program 'Sorry 10'",
    "ticket repair T00006 --return WH/IN/00002 --product DRILL --lot SN-1 --part PAINT=1 --part add:BULB=2@1.00 --part remove:BULB=1 --labour HOUR=0.5 --tag bench --responsible bob --notes 'Hums' --confirm --quote --yes",
    "repair edit-part WH/RO/00003 1 --lot RED-1",
    "repair start WH/RO/00003",
    "order confirm S00011",
    "repair finish WH/RO/00003 --line 2=1",
    "invoice create --order S00011",
    "ticket repair T00005 --product LAMP --under-warranty --part BULB=1 --confirm --yes",
    "repair cancel WH/RO/00004",
    // Field service, and tickets that move.
    "ticket plan T00005 --title 'Look at it' --start 2026-11-25T09:00:00Z --end 2026-11-25T10:00:00Z",
    "ticket plan T00005",
    "task cancel FS00003",
    "ticket note T00005 'They called'",
    "ticket close T00005",
    "ticket create --team Support --customer C00002 --subject 'One more'",
    "order create --customer C00002 --line SHADE=2@9.99 --line LAMP=1",
    "order edit S00012 --line 1=3 --drop-line 2",
    "order cancel S00012",
    // Visits: one that is signed, done and billed, one under way, with a worksheet that is begun.
    "ticket plan T00007 --title 'Change it' --worksheet-template Report --assignee ann",
    "task edit FS00004 --product BULB=2 --product PAINT=0.5 --product HOUR=1 --lot 2=RED-1",
    "task start FS00004 --now 2026-11-23T11:00:00Z",
    "task pause FS00004 --now 2026-11-23T11:20:00Z",
    "task resume FS00004 --now 2026-11-23T11:30:00Z",
    "task stop FS00004 --note 'It drips no more' --now 2026-11-23T12:00:00Z",
    "worksheet fill FS00004 --value pressure=2.5 --value before=before.jpg",
    "worksheet sign FS00004 --name 'Ada Lovelace' --image signature.png",
    "task done FS00004",
    "invoice create --task FS00004",
    "ticket plan T00005 --worksheet-template Check",
    "task edit FS00005 --product LAMP=1",
    "task start FS00005",
    "worksheet fill FS00005 --value state=worn --value seen=2026-11-23",
    "desk edit --lock-date 2026-10-31",
    // Somebody moves, a bank changes, a tax and a product become something else: what is posted tells what was.
    "desk edit --company 'Lamps Ltd' --street '1 Lamp Lane' --postcode 10115 --city Berlin --country DE --tax-id DE136695976 --language de --iban DE44500105175407324931 --bic INGDDEFFXXX --contact-name Accounts --phone '+49 30 901820'",
    "desk edit --street '2 Lamp Lane' --iban NO9386011117947",
    "customer edit C00001 --street '12 High St' --postcode 'SW1A 1AA' --city London --country GB --tax-id GB980780684 --language en --buyer-reference R-7",
    "customer edit C00001 --street '13 High St'",
    "product edit PAINT --unit LTR",
    "product edit PAINT --unit KGM",
    "tax create VAT-EU --rate 0 --category K --exemption 'Intra-community supply'",
    "desk edit --portal-url https://portal.example.com",
    "customer invite C00001 --now 2026-11-24T09:00:00Z",
    "customer invite C00002 --now 2026-11-24T09:05:00Z",
    "customer revoke C00002 --now 2026-11-24T09:10:00Z",
    "reason create late --name 'Delivered too late' --no-active",
    "tax edit VAT-EU --category AE --exemption 'Reverse charge'",
];

/// Who turned out to be somebody else, and a credit note that waits for another user.
const TWIN_RECORDS: &str = r#"
{"record":"user","id":"dan","name":"Dan","rights":["invoicing"],"refund_limit":"10.00"}
{"record":"customer","id":"TWIN","name":"C. Y.","email":"cy@example.org"}
{"record":"invoice","id":"WEB-8","customer":"TWIN","journal":"WEB","date":"2026-11-07","state":"posted","lines":[{"label":"Lamp","quantity":"1","price":"6.00","taxes":["VAT20"]}]}
{"record":"ticket","id":"T00020","team":"Support","customer":"TWIN","subject":"It is dark","tags":["twin"]}
"#;
const TWIN_COMMANDS: &[&str] = &[
    "ticket plan T00020",
    "ticket create --team Support --customer C00003 --subject 'It is dark again' --tag bench --tag lamps",
    "customer merge TWIN C00003",
    "ticket merge T00020 T00021",
    "credit-note create --customer C00003 --line LAMP=1 --line BULB=1 --line SHADE=1 --line LAMP=2 --as dan",
];

/// Mail: without a server, with one that takes it, and with none where one was to be.
const UNSENT: &[&str] =
    &["desk edit --mail-from 'Desk <desk@example.com>'", "ticket coupon T00007 --program Five --send-by-email"];
const SENT: &[&str] = &[
    "invoice send INV/2026/00001",
    "ticket coupon T00001 --program 'Sorry 10' --send-by-email",
    "order create --customer C00001 --line LAMP=1",
    "order send S00013",
];
const FAILED: &[&str] = &["credit-note send RINV/2026/00001"];

/// The shop in which everything has happened: what may stand in a store, for whoever checks stores.
pub fn rich() -> Shop {
    let shop = shop();
    shop.write("before.jpg", b"\xff\xd8\xff\xe0 it drips");
    shop.write("signature.png", b"\x89PNG\r\n\x1a\n Ada");
    let ran = shop.run_with("import - -o ndjson", MORE_RECORDS);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let do_all = |commands: &[&str]| {
        for words in commands {
            let ran = shop.run(&format!("{words} -o json"));
            assert_eq!(ran.code, 0, "{words}\n{}{}", ran.stdout, ran.stderr);
            assert_eq!(json(&ran.stdout)["status"], "done", "{words}\n{}", ran.stdout);
        }
    };
    do_all(MORE_COMMANDS);
    do_all(UNSENT);
    configure(&shop, taking_all(), "tls = \"none\"");
    do_all(SENT);
    configure(&shop, 1, "tls = \"none\"");
    do_all(FAILED);
    unconfigure(&shop);
    let ran = shop.run_with("import - -o ndjson", TWIN_RECORDS);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    do_all(TWIN_COMMANDS);
    // A customer came to their pages, and left.
    let portal = Portal::start(&shop, "");
    let visitor = portal.signed_in(&shop, "C00001");
    let form = visitor.get("/").hidden("form");
    assert_eq!(visitor.post("/leave", &[("form", &form)]).status, 200);
    shop
}
