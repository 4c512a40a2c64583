//! A shop in which something of everything has happened, for stories about the whole store: what is exported, what must hold.

use crate::support::{Shop, json};

/// What the shop begins with.
pub const RECORDS: &str = r#"
{"record":"tax","id":"VAT20","rate":"20"}
{"record":"tax","id":"ECO5","rate":"5","included":true}
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
