//! The customer's pages and the overview as a real browser shows them: what a customer does there by hand, and whether
//! everybody can use them. Chromium is driven by its own driver; where one of the two is not installed that is said,
//! and nothing is tested.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::overview;
use crate::support::Shop;
use crate::support::portal::{Portal, link, talk};

/// A browser, with the driver that is told what it does.
struct Chromium {
    driver: Child,
    port: u16,
    session: String,
    _profile: tempfile::TempDir,
}

/// The program of that name, where it is installed.
fn installed(name: &str) -> Option<PathBuf> {
    ["/usr/bin", "/usr/local/bin"].iter().map(|folder| Path::new(folder).join(name)).find(|path| path.is_file())
}

impl Chromium {
    /// Starts one; none where it is not installed.
    fn start() -> Option<Chromium> {
        let (Some(browser), Some(driver)) = (installed("chromium"), installed("chromedriver")) else {
            eprintln!("no browser is tested: chromium and chromedriver are not installed");
            return None;
        };
        let mut driver =
            Command::new(driver).arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = lines
            .find_map(|line| line.split("successfully on port ").nth(1)?.trim_end_matches('.').parse().ok())
            .unwrap();
        let profile = tempfile::tempdir().unwrap();
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
        ];
        let mut args: Vec<String> = flags.map(str::to_owned).to_vec();
        args.push(format!("--user-data-dir={}", profile.path().display()));
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"binary": browser, "args": args},
        }}});
        let mut chromium = Chromium { driver, port, session: String::new(), _profile: profile };
        let made = chromium.told("POST", "/session", &wanted);
        chromium.session = format!("/session/{}", made["sessionId"].as_str().unwrap());
        Some(chromium)
    }

    fn told(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = (method == "POST").then(|| ("application/json", body.to_string().into_bytes()));
        let page = talk(self.port, method, path, body);
        let answer: Value = serde_json::from_slice(&page.body).unwrap_or_default();
        assert_eq!(page.status, 200, "{method} {path}: {answer:#}");
        answer["value"].clone()
    }

    fn post(&self, path: &str, body: Value) -> Value {
        self.told("POST", &format!("{}{path}", self.session), &body)
    }

    fn open(&self, url: &str) {
        self.post("/url", json!({"url": url}));
    }

    fn run(&self, script: &str, args: Value) -> Value {
        self.post("/execute/sync", json!({"script": script, "args": args}))
    }

    /// The first element that a selector finds.
    fn element(&self, selector: &str) -> String {
        let found = self.post("/element", json!({"using": "css selector", "value": selector}));
        found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned()
    }

    fn click(&self, selector: &str) {
        self.post(&format!("/element/{}/click", self.element(selector)), json!({}));
    }

    fn type_in(&self, selector: &str, text: &str) {
        self.post(&format!("/element/{}/value", self.element(selector)), json!({"text": text}));
    }

    fn text(&self) -> String {
        self.run("return document.body ? document.body.innerText : ''", json!([])).as_str().unwrap().to_owned()
    }

    /// The page that tells `text`, to which a click leads: a busy machine may be on the way there still. Where it does not come,
    /// what is shown instead.
    fn led_to(&self, text: &str) -> String {
        let given_up = Instant::now() + Duration::from_secs(20);
        loop {
            let page = self.text();
            if page.contains(text) || Instant::now() > given_up {
                return page;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Draws a line over an element, by a pen.
    fn draw(&self, selector: &str) {
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", json!([selector]));
        let element = json!({"element-6066-11e4-a52e-4f735466cecf": self.element(selector)});
        let to = |x: i32, y: i32| json!({"type": "pointerMove", "duration": 20, "x": x, "y": y, "origin": element});
        let actions = json!([
            to(-60, 20), {"type": "pointerDown", "button": 0}, to(-30, -30), to(0, 20), to(40, -20), to(70, 10),
            {"type": "pointerUp", "button": 0},
        ]);
        let pen = json!({"type": "pointer", "id": "pen", "parameters": {"pointerType": "pen"}, "actions": actions});
        self.post("/actions", json!({"actions": [pen]}));
    }

    /// Shows pages as on a screen of that size, in light or dark.
    fn screen(&self, width: u32, height: u32, scheme: &str) {
        let cdp = |cmd: &str, params: Value| self.post("/goog/cdp/execute", json!({"cmd": cmd, "params": params}));
        cdp(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}),
        );
        cdp("Emulation.setEmulatedMedia", json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]}));
    }

    /// Looks at the open page as on a phone and on a desk, in light and dark: nothing sticks out, and nothing serious is in the way of
    /// anybody. What it looks like is kept as pictures under `target`.
    fn look(&self, name: &str, axe: Option<&str>) {
        for (width, height, scheme) in
            [(390, 844, "light"), (1280, 800, "light"), (390, 844, "dark"), (1280, 800, "dark")]
        {
            self.screen(width, height, scheme);
            let size = self.run("return [document.documentElement.scrollWidth, innerWidth]", json!([]));
            assert!(size[0].as_u64() <= size[1].as_u64(), "{name} is wider than {width}: {size}");
            if let Some(axe) = axe {
                self.run(axe, json!([]));
                let found = self.post(
                    "/execute/async",
                    json!({"script": "const done = arguments[0]; axe.run().then((r) => done(r.violations.map((v) =>
                           [v.impact, v.id, v.help, v.nodes.map((n) => n.html).join(' ')])))", "args": []}),
                );
                assert_eq!(found, json!([]), "{name} at {width}, {scheme}");
            }
            let picture = self.told("GET", &format!("{}/screenshot", self.session), &Value::Null);
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("portal");
            std::fs::create_dir_all(&folder).unwrap();
            use base64::Engine as _;
            let picture = base64::engine::general_purpose::STANDARD.decode(picture.as_str().unwrap()).unwrap();
            std::fs::write(folder.join(format!("{name}-{width}-{scheme}.png")), picture).unwrap();
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // A story that failed says why by itself.
        if !std::thread::panicking() {
            talk(self.port, "DELETE", &self.session, None);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// A desk with everything that a page can show.
fn desk() -> Shop {
    let shop = Shop::new();
    let ran = shop.run_with(
        "import - -o ndjson",
        r#"{"record":"tax","id":"VAT20","rate":"20"}
{"record":"customer","id":"ADA","name":"Ada Lovelace","email":"ada@example.org"}
{"record":"customer","id":"BO","name":"Bo"}
{"record":"product","id":"LAMP","name":"Desk lamp, brass, with a long arm","price":"40.00","taxes":["VAT20"]}
{"record":"product","id":"BULB","name":"Bulb","price":"4.50","taxes":["VAT20"]}
{"record":"stock","product":"LAMP","location":"WH/Stock","quantity":"9"}
{"record":"stock","product":"BULB","location":"WH/Stock","quantity":"50"}
{"record":"worksheet_template","id":"Visit","fields":[{"name":"Voltage","type":"number","required":true},{"name":"Cable is worn","type":"yes_no"}]}
{"record":"project","id":"Field Service","worksheets":true,"worksheet_template":"Visit"}
{"record":"coupon_program","id":"Sorry","rewards":[{"type":"percent","value":"10","on":"order"}],"conditions":{"minimum_amount":"20.00"}}
{"record":"team","id":"Support","services":["refunds","coupons","returns","repairs","field-service"],"field_service_project":"Field Service"}
{"record":"order","id":"S00001","customer":"ADA","date":"2026-11-01","state":"confirmed","lines":[{"product":"LAMP","quantity":"3"}]}
{"record":"transfer","id":"WH/OUT/00001","order":"S00001","date":"2026-11-02","state":"done","lines":[{"product":"LAMP","quantity":"3"}]}
{"record":"invoice","id":"INV/2026/00001","customer":"ADA","order":"S00001","date":"2026-11-02","state":"posted","lines":[{"product":"LAMP","quantity":"3"}]}
"#,
    );
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    shop.apply(
        r#"{"command":"desk edit","company":"Lamps & Co","portal_url":"http://127.0.0.1:1","customers_may_close":true}
{"command":"ticket create","team":"Support","customer":"ADA","subject":"The lamp on my desk flickers in the evening","description":"It began on Monday.\nTurning it off and on helps for an hour."}
{"command":"ticket create","team":"Support","customer":"ADA","subject":"Which bulb fits?"}
{"command":"ticket create","team":"Support","customer":"BO","subject":"Bo's own affair"}
{"command":"ticket close","ticket":"T2","comment":"E27, up to 60 W","public":true}
{"command":"ticket note","ticket":"T1","text":"Thank you for telling us. A colleague comes by on Wednesday.","public":true}
{"command":"ticket plan","ticket":"T1","title":"Look at the lamp","start":"2026-11-25T09:00:00Z","end":"2026-11-25T10:00:00Z"}
{"command":"ticket refund","ticket":"T1","invoice":["INV/2026/00001"],"line":"1=1","post":true}
{"command":"ticket return","ticket":"T1","delivery":"WH/OUT/00001","line":"1=1"}
{"command":"ticket coupon","ticket":"T1","program":"Sorry","valid_until":"2026-12-31"}
{"command":"task edit","task":"FS1","product":["BULB=2"]}
{"command":"worksheet fill","task":"FS1","value":["Voltage=229.5","Cable is worn=yes"]}
{"command":"order create","customer":"ADA","cart":true,"line":["LAMP=2","BULB=4"]}"#,
    );
    shop
}

/// What looks for what keeps people from using a page, where it is installed.
fn axe() -> Option<String> {
    let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/axe/node_modules/axe-core/axe.min.js");
    let axe = std::fs::read_to_string(axe).ok();
    if axe.is_none() {
        eprintln!(
            "what keeps people from using the pages is not looked for: axe-core is not installed under target/axe"
        );
    }
    axe
}

#[test]
fn the_overview_is_a_page_for_everybody() {
    let Some(chromium) = Chromium::start() else { return };
    let axe = axe();
    for (name, shop) in [("overview", overview::shop()), ("overview-empty", Shop::new())] {
        let ran = shop.run("report overview --format html --file overview.html");
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        chromium.open(&format!("file://{}", shop.path("overview.html").display()));
        assert!(chromium.text().contains("Given back by month"), "{}", chromium.text());
        chromium.look(name, axe.as_deref());
        // On what is neither a phone nor a desk it fits too.
        for width in [320, 704, 831, 832, 1024, 1215, 1216] {
            chromium.screen(width, 800, "light");
            let size = chromium.run("return [document.documentElement.scrollWidth, innerWidth]", json!([]));
            assert!(size[0].as_u64() <= size[1].as_u64(), "{name} is wider than {width}: {size}");
        }
    }
    // A bar is as long on the screen as its figure is against the largest.
    let shop = overview::shop();
    shop.run("report overview --format html --file overview.html");
    chromium.open(&format!("file://{}", shop.path("overview.html").display()));
    let widths = chromium.run(
        "return [...document.querySelectorAll('section.reasons .bar')].map((bar) =>
           Math.round(100 * bar.firstElementChild.getBoundingClientRect().width / bar.clientWidth))",
        json!([]),
    );
    assert_eq!(widths, json!([100, 5, 100]));
}

#[test]
fn a_customer_follows_a_visit_signs_it_and_sees_a_discount() {
    let Some(chromium) = Chromium::start() else { return };
    let axe = axe();
    let axe = axe.as_deref();
    let shop = desk();
    let portal = Portal::start(&shop, "");
    let at = |path: &str| format!("http://127.0.0.1:{}{path}", portal.port);

    chromium.open(&at(&link(&shop, "ADA")));
    assert!(chromium.text().contains("The lamp on my desk flickers"), "{}", chromium.text());
    chromium.look("home", axe);
    chromium.click("a[href='/tickets/T00001']");
    chromium.led_to("Send");
    chromium.type_in("#text", "Wednesday suits me.\nPlease ring twice.");
    chromium.click("button[value=reply]");
    let ticket = chromium.led_to("Your message was sent.");
    assert!(ticket.contains("Your message was sent.") && ticket.contains("Please ring twice."), "{ticket}");
    chromium.look("ticket", axe);

    chromium.click("a[href='/tasks/FS00001']");
    let task = chromium.led_to("229.5");
    assert!(task.contains("229.5") && task.contains("planned"), "{task}");
    chromium.look("task", axe);
    chromium.type_in("#name", "Ada Lovelace");
    chromium.draw("canvas");
    chromium.click("#signing .buttons button");
    let task = chromium.led_to("the report is signed");
    assert!(task.contains("the report is signed") && task.contains("Signed by Ada Lovelace"), "{task}");
    let drawn = chromium.run(
        "const i = document.querySelector('figure img'), c = document.createElement('canvas'), p = c.getContext('2d');
         c.width = i.naturalWidth; c.height = i.naturalHeight; p.drawImage(i, 0, 0);
         return p.getImageData(0, 0, c.width, c.height).data.filter((v, at) => at % 4 === 0 && v < 100).length",
        json!([]),
    );
    assert!(drawn.as_u64() > Some(300), "a line was drawn: {drawn}");
    chromium.look("signed", axe);
    assert_eq!(shop.ok("worksheet show FS1")["signed_by"], "Ada Lovelace");

    chromium.click("a[href='/coupons']");
    chromium.led_to("can be used");
    chromium.look("coupons", axe);
    chromium.click(".cards .state a");
    let cart = chromium.led_to("Codes: ");
    // Two lamps and four bulbs, less 10 %, with 20 % of tax.
    assert!(cart.contains("Codes: ") && cart.contains("105.84"), "{cart}");
    chromium.look("cart", axe);

    // The document is shown as it is printed, with its own styles.
    chromium.open(&at("/documents/INV%2F2026%2F00001"));
    assert!(chromium.text().contains("INV/2026/00001"));
    let weight = chromium.run("return getComputedStyle(document.querySelector('.sheet')).maxWidth", json!([]));
    assert_ne!(weight, "none", "its styles are let in");
    chromium.open(&at("/tickets/T00003"));
    assert!(chromium.text().contains("Nothing to see here"), "{}", chromium.text());
    chromium.look("nothing", axe);

    let said = chromium.told("POST", &format!("{}/se/log", chromium.session), &json!({"type": "browser"}));
    let said: Vec<&Value> =
        said.as_array().unwrap().iter().filter(|entry| !entry.to_string().contains("404")).collect();
    assert!(said.is_empty(), "the browser has nothing to complain of: {said:#?}");
}
