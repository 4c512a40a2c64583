//! Documents as they are printed: HTML as one page, PDF read back by the tools that shops have, codes read back by a scanner's
//! software, and a site's own templates.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::sample;
use crate::support::{Shop, json};

/// A tool that reads what was printed, where it is installed; where it is not, the story says so and goes on without it.
fn tool(name: &str, words: &[&str], file: &Path) -> Option<String> {
    let ran = Command::new(name).args(words).arg(file).stdin(Stdio::null()).output();
    let Ok(ran) = ran else {
        eprintln!("{name} is not installed, so nothing was read by it");
        return None;
    };
    let told = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{name} {words:?}: {told}{}", String::from_utf8_lossy(&ran.stderr));
    Some(told)
}

/// The text of a PDF as it stands on its pages.
fn text_of(file: &Path) -> Option<String> {
    let out = file.with_extension("txt");
    let ran = Command::new("pdftotext").args(["-layout", "-enc", "UTF-8"]).arg(file).arg(&out).status();
    match ran {
        Ok(status) => {
            assert!(status.success(), "pdftotext of {}", file.display());
            Some(fs::read_to_string(out).unwrap())
        }
        Err(_) => {
            eprintln!("pdftotext is not installed, so nothing was read by it");
            None
        }
    }
}

/// Prints a document as PDF; answers the file, and what was said beside it.
fn pdf(shop: &Shop, words: &str, name: &str) -> (PathBuf, String) {
    let ran = shop.run(&format!("{words} --format pdf --file {name}"));
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{words}: {}", ran.stderr);
    let file = shop.path(name);
    assert!(fs::read(&file).unwrap().starts_with(b"%PDF-1.7"));
    tool("qpdf", &["--check"], &file);
    (file, ran.stderr)
}

fn html(shop: &Shop, words: &str) -> String {
    let ran = shop.run(words);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{words}");
    ran.stdout
}

#[test]
fn an_invoice_is_one_page_of_html() {
    let shop = sample::shop();
    let page = html(&shop, "invoice print INV/2026/1");
    let (head, body) = page.split_once("<body>").unwrap();
    assert!(head.starts_with("<!doctype html>\n<html lang=\"en\" dir=\"ltr\">"), "{head}");
    assert!(head.contains("@page { size: A4;") && !page.contains("<script") && !page.contains("url("), "{head}");
    // From top to bottom: who, to whom, what, each line, what it comes to, what is left.
    let mut rest = body;
    for told in [
        "<h1><bdi>Invoice INV/2026/00001</bdi></h1>",
        "Desk lamp",
        "120.00",
        "Drill",
        "Serial number SN-1",
        "10%",
        "116.10",
        "Net total",
        "236.10\u{a0}EUR",
        "47.22\u{a0}EUR",
        "283.32\u{a0}EUR",
        "135.32\u{a0}EUR",
    ] {
        let (_, after) = rest.split_once(told).unwrap_or_else(|| panic!("{told} does not come next: {rest}"));
        rest = after;
    }
}

#[test]
fn a_document_says_what_became_of_it() {
    let shop = sample::shop();
    let page = html(&shop, "invoice print INV/2026/1");
    for told in ["Invoice INV/2026/00001", "Settled by", "To pay", "Serial number SN-1", "VAT20, 20% of "] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let note = html(&shop, "credit-note print RINV/2026/1");
    assert!(note.contains("Credit for invoice INV/2026/00001") && note.contains("Open credit"), "{note}");
    let draft = html(&shop, "credit-note print D00003");
    assert!(draft.contains("<p class=\"mark\">Draft</p>"), "{draft}");
    shop.ok("credit-note cancel D00003");
    assert!(html(&shop, "credit-note print D00003").contains("<p class=\"mark\">Cancelled</p>"));
    for (words, title) in [
        ("order print S1", "Order S00001"),
        ("order print S3", "Quotation S00003"),
        ("transfer print WH/OUT/1", "Delivery note WH/OUT/00001"),
        ("transfer print WH/IN/2", "Return slip WH/IN/00002"),
        ("repair print WH/RO/1", "Repair WH/RO/00001"),
    ] {
        let page = html(&shop, words);
        assert!(page.contains(&format!("<h1><bdi>{title}</bdi></h1>")), "{words}: {page}");
        assert!(!page.contains("http://") || page.contains("http://www.w3.org/2000/svg"), "nothing is fetched");
    }
}

#[test]
fn a_page_is_in_its_readers_language() {
    let shop = sample::shop();
    let german = html(&shop, "invoice print INV/2026/1 --language de");
    assert!(german.contains("<html lang=\"de\"") && german.contains("Rechnung INV/2026/00001"), "{german}");
    assert!(german.contains("02.11.2026") && german.contains("VAT20, 20\u{a0}% auf 236,10"), "{german}");
    let french = html(&shop, "invoice print J-1 --language fr-CH");
    assert!(french.contains("Facture J-1") && french.contains("1\u{202f}852"), "{french}");
    let unknown = html(&shop, "invoice print INV/2026/1 --language tlh");
    assert!(unknown.contains("<html lang=\"en\"") && unknown.contains("Invoice INV/2026/00001"), "{unknown}");
}

#[test]
fn hostile_texts_stay_texts() {
    let shop = Shop::new();
    let name = "<script>alert('x')</script> \u{202e}gpj.exe\u{202c} \"&{{ total }}{% raw %}";
    shop.apply(&format!("{}\n", serde_json::json!({"command": "customer create", "name": name})));
    shop.apply(&format!("{}\n", serde_json::json!({"command": "customer create", "name": "W".repeat(800)})));
    shop.apply(&format!("{}\n", serde_json::json!({"command": "product create", "id": "X", "name": "\u{1}\u{1b}[2J<b>\u{0301}".repeat(60), "price": "1"})));
    shop.done("invoice create --customer C1 --line X=1");
    shop.done("invoice create --customer C2 --line X=1");
    let page = html(&shop, "invoice print D1");
    assert!(page.contains("&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; gpj.exe"), "{page}");
    assert!(page.contains("{{ total }}{% raw %}"), "what a customer is called is no template");
    assert!(!page.contains("<script") && !page.contains(['\u{202e}', '\u{1b}', '\u{1}']));
    for document in ["D1", "D2"] {
        let (file, _) = pdf(&shop, &format!("invoice print {document}"), "hostile.pdf");
        if let Some(text) = text_of(&file) {
            assert!(text.contains("Page 1 of"), "{text}");
        }
    }
}

#[test]
fn two_hundred_lines_go_over_pages_with_what_they_come_to() {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"tax create","id":"VAT20","rate":"20"}
{"command":"product create","id":"LAMP","name":"Desk lamp","price":"10.01","tax":["VAT20"]}
{"command":"customer create","name":"Ada Ltd"}"#,
    );
    let lines = (1..=200).map(|number| format!(" --line LAMP={number}")).collect::<String>();
    shop.done(&format!("invoice create --customer C1{lines}"));
    shop.done("invoice post D1");
    let (file, said) = pdf(&shop, "invoice print INV/2026/1", "long.pdf");
    assert_eq!(said, "written to long.pdf\n");
    let Some(text) = text_of(&file) else { return };
    let pages: Vec<&str> = text.split('\u{c}').filter(|page| !page.trim().is_empty()).collect();
    assert!((8..=12).contains(&pages.len()), "{} pages", pages.len());
    let mut carried: Option<String> = None;
    let (mut sum, mut seen) = (0_u64, 0);
    for (place, page) in pages.iter().enumerate() {
        assert!(page.contains(&format!("Page {} of {}", place + 1, pages.len())), "{page}");
        assert!(page.contains("Quantity"), "the head of the table stands on page {}", place + 1);
        let mut told = page
            .lines()
            .filter(|line| line.contains("Carried over"))
            .map(|line| line.split_whitespace().rev().nth(1).unwrap());
        if let Some(before) = &carried {
            assert_eq!(
                told.next(),
                Some(before.as_str()),
                "page {} begins with what the one before ended with",
                place + 1
            );
        }
        for line in page.lines().filter(|line| line.contains("Desk lamp")) {
            seen += 1;
            assert!(line.trim_start().starts_with(&seen.to_string()), "line {seen}: {line}");
            let amount: String = line.split_whitespace().last().unwrap().chars().filter(char::is_ascii_digit).collect();
            sum += amount.parse::<u64>().unwrap();
        }
        if place + 1 < pages.len() {
            let last =
                told.next_back().unwrap_or_else(|| panic!("page {} ends with what it comes to", place + 1)).to_owned();
            let digits: String = last.chars().filter(char::is_ascii_digit).collect();
            assert_eq!(digits.parse::<u64>().unwrap(), sum, "page {}", place + 1);
            carried = Some(last);
        }
    }
    assert_eq!((seen, sum), (200, 20_120_100), "{text}");
    assert!(pages.last().unwrap().contains("241,441.20"), "{text}");
}

#[test]
fn the_same_store_at_the_same_moment_gives_the_same_bytes() {
    let shop = sample::shop();
    let (one, _) = pdf(&shop, "invoice print INV/2026/1", "one.pdf");
    let (other, _) = pdf(&shop, "invoice print INV/2026/00001", "other.pdf");
    assert!(fs::read(&one).unwrap() == fs::read(&other).unwrap());
    let ran = shop.command("invoice print INV/2026/1 --format pdf --file -").output().unwrap();
    assert!(ran.stdout == fs::read(&one).unwrap() && ran.stderr.is_empty());
    if let Some(told) = tool("pdfinfo", &["-meta"], &one) {
        assert!(told.contains("<pdfaid:part>3</pdfaid:part>"), "{told}");
    }
    if let Some(told) = tool("pdffonts", &[], &one) {
        for font in told.lines().skip(2) {
            let columns: Vec<&str> = font.split_whitespace().rev().collect();
            assert_eq!(columns[4..=4], ["yes"], "every font is in the file: {told}");
        }
    }
}

#[test]
fn names_are_printed_in_every_script_that_the_machine_has_a_font_for() {
    let shop = Shop::new();
    let names = [
        ("株式会社ランプ商店", "CJK"),
        ("주식회사 램프", "CJK"),
        ("شركة المصابيح 12", "Arabic"),
        ("מנורות בע\"מ (2026)", "Hebrew"),
        ("नमस्ते", "Devanagari"),
    ];
    shop.done("product create X --name 'Łódź Ωμέγα Жук ½ €' --price 1");
    for (place, (name, script)) in names.iter().enumerate() {
        shop.apply(&format!("{}\n", serde_json::json!({"command": "customer create", "name": name})));
        shop.done(&format!("invoice create --customer C{} --line X=1", place + 1));
        let is_there = ["/usr/share/fonts/truetype/noto", "/usr/share/fonts/opentype/noto"].iter().any(|folder| {
            let files = fs::read_dir(folder).into_iter().flatten().flatten();
            files
                .map(|file| file.file_name().into_string().unwrap())
                .any(|file| file.starts_with("NotoSans") && file.contains(script))
        });
        let (file, said) = pdf(&shop, &format!("invoice print D{}", place + 1), "name.pdf");
        if !is_there {
            eprintln!("there is no Noto font of {script}, so its glyphs were not looked at");
            assert!(said.contains("warning[glyph_missing]"), "{said}");
            continue;
        }
        assert_eq!(said, "written to name.pdf\n", "{name}");
        if let Some(fonts) = tool("pdffonts", &[], &file) {
            assert!(fonts.contains(script), "{name}: {fonts}");
        }
        if let Some(text) = text_of(&file) {
            let word = name.split(' ').next().unwrap();
            assert!(script != &"CJK" || text.contains(word), "{name}: {text}");
            assert!(text.contains("Łódź Ωμέγα Жук ½ €"), "{text}");
        }
    }
    shop.apply(&format!("{}\n", serde_json::json!({"command": "customer create", "name": "\u{10ffff}\u{e000} Ltd"})));
    shop.done("invoice create --customer C6 --line X=1");
    let (_, said) = pdf(&shop, "invoice print D6", "none.pdf");
    assert!(said.contains("warning[glyph_missing]: D00006: no font has U+E000"), "{said}");
}

#[test]
fn amounts_have_the_digits_of_their_currency() {
    let shop = Shop::new();
    shop.apply(
        r#"{"command":"customer create","name":"Ada Ltd"}
{"command":"customer create","name":"Bo"}"#,
    );
    let records = r#"
{"record":"invoice","id":"K-1","customer":"C00001","currency":"KWD","date":"2026-11-03","state":"posted","lines":[{"label":"Dinar","quantity":"1000","price":"1.234"}]}
{"record":"invoice","id":"J-1","customer":"C00001","currency":"JPY","date":"2026-11-03","state":"posted","lines":[{"label":"Yen","quantity":"1000","price":"1234"}]}"#;
    let ran = shop.run_with("import - -o ndjson", records);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    for (number, amount) in [("K-1", "1,234.000\u{a0}KWD"), ("J-1", "1,234,000\u{a0}JPY")] {
        let page = html(&shop, &format!("invoice print {number}"));
        assert!(page.contains(amount), "{page}");
        pdf(&shop, &format!("invoice print {number}"), "digits.pdf");
    }
}

#[test]
fn many_documents_go_into_a_folder_each_by_its_number() {
    let shop = sample::shop();
    let ran = shop.run("invoice print INV/2026/1 INV/2026/2 J-1 --format pdf --folder printed");
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", "3 documents written to printed\n"));
    let names = |folder: &str| {
        let mut names: Vec<String> = fs::read_dir(shop.path(folder))
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("printed"), ["INV-2026-00001.pdf", "INV-2026-00002.pdf", "J-1_J-2d1.pdf"]);
    let ran = shop.run_with("transfer print - --folder slips", "WH/OUT/00001\n\nWH/IN/00001\n");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "2 documents written to slips\n"));
    assert_eq!(names("slips"), ["WH-IN-00001.html", "WH-OUT-00001.html"]);

    // Nothing is printed where not all of it can be.
    shop.refused("invoice print INV/2026/1 INV/2026/9 --folder none", "not_found");
    assert!(!shop.path("none").exists());
    shop.refused("credit-note print INV/2026/1", "not_found");
    let error = shop.refused("invoice print INV/2026/1 J-1", "missing_field");
    assert_eq!(error["field"], "folder");
    shop.refused("invoice print INV/2026/1 J-1 --file both.html", "invalid_value");
    let error = shop.refused("invoice print INV/2026/1 --format pdf", "missing_field");
    assert_eq!(error["field"], "file");
    let error = shop.refused("order print S1 --format docx", "invalid_value");
    assert_eq!((&error["field"], &error["allowed"]), (&json("\"format\""), &json("[\"html\",\"pdf\"]")));
    shop.refused("invoice print INV/2026/1 --file x --folder y", "invalid_value");
    shop.refused("invoice print INV/2026/1 --file no/such/folder.html", "invalid_value");
    shop.refused("invoice print INV/2026/1 --fields id", "usage");
}

#[test]
fn who_may_not_see_it_may_not_print_it() {
    let shop = sample::shop();
    shop.done("user create bo --name Bo --right inventory");
    shop.done("user create root --name Root --right admin --yes");
    shop.refused("invoice print INV/2026/1 --as bo", "access_denied");
    assert_eq!(shop.run("transfer print WH/OUT/1 --as bo").code, 0);
    shop.refused("repair print WH/RO/1 --as bo", "access_denied");
    // The repair of a ticket is open to whoever may read the ticket (spec A9).
    assert_eq!(shop.run("repair print WH/RO/1 --as ann").code, 0);
    shop.abandoned();
}

/// What a scanner's software reads in a picture.
fn scanned(picture: &Path) -> Option<String> {
    tool("zbarimg", &["--quiet", "--raw"], picture).map(|told| told.trim_end().to_owned())
}

#[test]
fn the_code_on_a_slip_is_read_by_a_scanner() {
    let shop = sample::shop();
    for (words, id) in [
        ("transfer print WH/IN/2", "WH/IN/00002"),
        ("transfer print WH/OUT/1", "WH/OUT/00001"),
        ("repair print WH/RO/1", "WH/RO/00001"),
    ] {
        let (file, _) = pdf(&shop, words, "slip.pdf");
        let picture = shop.path("slip.png");
        if tool("pdftoppm", &["-r", "110", "-png", "-singlefile", file.to_str().unwrap()], &picture.with_extension(""))
            .is_some()
        {
            assert!(scanned(&picture).is_none_or(|read| read == id), "{id} of the PDF");
        }
        let page = html(&shop, words);
        fs::write(picture.with_extension("pgm"), drawn(&page)).unwrap();
        assert!(scanned(&picture.with_extension("pgm")).is_none_or(|read| read == id), "{id} of the page");
    }
}

/// The squares of the code of a page, drawn as a picture of grey dots.
fn drawn(page: &str) -> Vec<u8> {
    const DOTS: usize = 4;
    let size: usize = page.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let path = page.split("<path d=\"").nth(1).unwrap().split('"').next().unwrap();
    let width = size * DOTS;
    let mut dots = vec![255_u8; width * width];
    for stretch in path.split('M').filter(|stretch| !stretch.is_empty()) {
        let (place, rest) = stretch.split_once('h').unwrap();
        let (x, y) = place.split_once(' ').unwrap();
        let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
        let length: usize = rest.split('v').next().unwrap().parse().unwrap();
        for row in y * DOTS..(y + 1) * DOTS {
            dots[row * width + x * DOTS..row * width + (x + length) * DOTS].fill(0);
        }
    }
    let mut picture = format!("P5 {width} {width} 255\n").into_bytes();
    picture.extend(dots);
    picture
}

#[test]
fn a_sites_templates_stand_in_the_place_of_the_programs() {
    let shop = sample::shop();
    fs::create_dir(shop.path("mine")).unwrap();
    shop.write("config.toml", "[templates]\nfolder = \"mine\"\n");
    let words = "invoice print INV/2026/1 --config config.toml";
    let plain = html(&shop, "invoice print INV/2026/1");
    assert_eq!(html(&shop, words), plain);

    // A word, a part of a page, and a page.
    shop.write("mine/en.toml", "[words]\ntotal = \"Grand total\"\n");
    assert!(html(&shop, words).contains("Grand total"));
    shop.write("mine/page.css", "body { color: teal }");
    assert!(html(&shop, words).contains("body { color: teal }"));
    shop.write("mine/sheet_table.html", "<table class=\"mine\">{{ table.rows | length }}</table>");
    assert!(html(&shop, words).contains("<table class=\"mine\">"));
    shop.write("mine/_greeting.html", "<p>Dear {{ buyer.name }}</p>");
    shop.write(
        "mine/invoice.html",
        "{% extends \"page.html\" %}\n{% block notes %}{% include \"_greeting.html\" %}{% endblock %}\n",
    );
    assert!(html(&shop, words).contains("<p>Dear Ada Ltd</p>"));
    shop.write("mine/invoice.html", "{{ id }} {{ buyer.name }} {{ totals[-1].amount }}");
    assert_eq!(html(&shop, words), "INV/2026/00001 Ada Ltd 135.32\u{a0}EUR");

    // The words are those of PDF too.
    let (file, _) = pdf(&shop, words, "mine.pdf");
    assert!(text_of(&file).is_none_or(|text| text.contains("Grand total")));

    // A name that nothing asks for.
    shop.write("mine/invoce.html", "");
    let ran = shop.run(words);
    assert_eq!(ran.code, 0);
    assert!(
        ran.stderr.contains("warning[template_unknown]: nothing asks for")
            && ran.stderr.contains("did you mean invoice.html?"),
        "{}",
        ran.stderr
    );
    fs::remove_file(shop.path("mine/invoce.html")).unwrap();

    // What cannot be used.
    for (name, text, told) in [
        ("invoice.html", "one\n{{ totls }}", "mine/invoice.html, line 2: undefined value"),
        ("invoice.html", "{% for x in lines %}", "mine/invoice.html, line 1: "),
        ("invoice.html", "{% extends \"paje.html\" %}", "paje.html"),
        ("page.css", "{{ nothing }}", "mine/page.css, line 1: undefined value"),
        ("en.toml", "[words]\ntotal = 3", "mine/en.toml, line 2: invalid type"),
    ] {
        let _ = fs::remove_file(shop.path("mine/invoice.html"));
        let before = fs::read(shop.path(&format!("mine/{name}"))).ok();
        shop.write(&format!("mine/{name}"), text);
        let error = shop.refused(words, "config_invalid");
        assert!(error["message"].as_str().unwrap().contains(told), "{error}");
        assert_eq!(error["field"], "templates");
        match before {
            Some(before) => drop(shop.write(&format!("mine/{name}"), before)),
            None => fs::remove_file(shop.path(&format!("mine/{name}"))).unwrap(),
        }
    }
}
