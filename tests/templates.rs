//! The templates and words of the program, as files that a site may change.

use std::fs;

use serde_json::json;

use crate::support::Shop;

fn names(shop: &Shop, folder: &str) -> Vec<String> {
    let files = fs::read_dir(shop.path(folder)).unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_the_program_brings_along_is_exported_and_never_written_over() {
    let shop = Shop::without_store();
    let planned = shop.ok("templates export mine --dry-run");
    assert_eq!(planned["status"], "planned");
    assert!(!shop.path("mine").exists());

    let answer = shop.ok("templates export mine");
    let files = &answer["result"]["templates"]["files"];
    assert_eq!((&answer["status"], &answer["operation"]), (&json!("done"), &json!(null)));
    assert_eq!(answer["result"]["templates"]["folder"], "mine");
    let mut told: Vec<_> = files.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    told.sort();
    assert_eq!(names(&shop, "mine"), told);
    assert_eq!(shop.ok("templates export mine")["status"], "unchanged");

    // A file that somebody changed is theirs.
    let changed = "[words]\ntotal = \"Summe\"\n";
    shop.write("mine/de.toml", changed);
    fs::remove_file(shop.path("mine/en.toml")).unwrap();
    let ran = shop.run("templates export mine -o json");
    assert_eq!((ran.code, ran.stdout.as_str()), (14, ""));
    assert!(ran.stderr.contains("de.toml in mine is another"), "{}", ran.stderr);
    assert!(ran.stderr.contains("\"hint\":\"aftersales templates export mine -o json --yes\""), "{}", ran.stderr);
    assert!(!shop.path("mine/en.toml").exists(), "all or nothing");
    shop.ok("templates export mine --yes");
    assert!(fs::read_to_string(shop.path("mine/de.toml")).unwrap().contains("Gesamtbetrag"));
    assert_eq!(names(&shop, "mine"), told);
    shop.abandoned();
}

#[test]
fn a_place_that_is_no_folder_is_told() {
    let shop = Shop::without_store();
    shop.write("file", "");
    for (words, code, told) in [
        ("templates export file", 10, "file is no folder"),
        ("templates export file/below", 10, "file/below cannot be written"),
        ("templates export", 10, "dir is needed"),
        ("templates", 2, "subcommand"),
    ] {
        let ran = shop.run(words);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{words}: {}", ran.stderr);
        assert!(ran.stderr.contains(told), "{words}: {}", ran.stderr);
    }
    shop.abandoned();
}

#[test]
fn the_configuration_names_the_folder() {
    let shop = Shop::new();
    shop.write("config.toml", "[templates]\nfolder = \"mine\"\n");
    // What is not used is not looked at.
    shop.ok("ticket list --config config.toml");
    for (text, told) in [
        ("[templates]\nfolder = 3\n", "config.toml, line 2: invalid type"),
        ("[templates]\nfolders = \"x\"\n", "config.toml, line 2: unknown field `folders`"),
        ("[templates]\n", "missing field `folder`"),
    ] {
        shop.write("config.toml", text);
        let error = shop.refused("ticket list --config config.toml", "config_invalid");
        assert!(error["message"].as_str().unwrap().contains(told), "{error}");
    }
    // A folder that the project's file brings along would let it say what a mail holds.
    shop.write("aftersales.toml", "[templates]\nfolder = \"mine\"\n");
    let error = shop.refused("ticket list", "config_invalid");
    assert!(error["message"].as_str().unwrap().contains("unknown field `templates`"), "{error}");
    shop.write("aftersales.toml", "");
}
