//! Teams, the services they offer, the applications behind them, and the plan of the database (spec A1 to A4).

use crate::support::Shop;
use insta::assert_snapshot;
use serde_json::{Value, json};

fn ids(records: &Value) -> Vec<&str> {
    records.as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap()).collect()
}

#[test]
fn a_team_is_made_edited_and_found_by_id_and_name() {
    let shop = Shop::new();
    let made =
        shop.done("team create SUP --name Support --service returns --service refunds --return-location WH/Stock");
    assert_eq!(made["created"], json!(["SUP"]));
    assert_eq!(
        shop.ok("team show support"),
        json!({"id": "SUP", "name": "Support", "services": ["refunds", "returns"], "field_service_project": null,
               "return_location": "WH/Stock", "members": []})
    );
    shop.done("team edit support --name 'After sales' --return-location '' --service refunds");
    shop.unchanged("team edit SUP --name 'After sales' --service refunds");
    let team = shop.ok("team show 'AFTER SALES'");
    assert_eq!((&team["return_location"], &team["services"]), (&json!(null), &json!(["refunds"])));
    shop.done("team edit SUP --service ''");
    assert_eq!(shop.ok("team show SUP")["services"], json!([]));
}

#[test]
fn a_line_makes_a_team_by_its_name() {
    let shop = Shop::new();
    let made = shop.apply(
        r#"{"command":"team create","name":"Support"}
           {"command":"team create","id":"FIELD","name":"Field"}
           {"command":"team enable-service","team":"Field","service":["field-service","refunds"]}"#,
    );
    assert_eq!(made[0]["created"], json!(["Support"]));
    assert_eq!(made[2]["result"]["team"]["services"], json!(["refunds", "field-service"]));
    assert_eq!(ids(&shop.ok("team list")), ["Support", "FIELD"]);
}

#[test]
fn what_cannot_be_a_team_is_refused() {
    let shop = Shop::new();
    shop.done("team create SUP --name Support");
    shop.done("team create Field");
    for (words, code, field) in [
        ("team create SUP", "already_exists", "id"),
        ("team create support", "already_exists", "id"),
        ("team create X --name 'FIELD '", "already_exists", "name"),
        ("team edit Field --name Support", "already_exists", "name"),
        ("team create", "missing_field", "name"),
        ("team create ''", "missing_field", "name"),
        ("team edit Field --name ''", "missing_field", "name"),
        ("team edit Field --service none", "invalid_value", "service"),
        ("team create X --service none", "invalid_value", "service"),
        ("team create X --member ann", "not_found", "member"),
        ("team create X --field-service-project Visits", "not_found", "field_service_project"),
        ("team edit Nobody --name X", "not_found", "team"),
        ("team enable-service Nobody refunds", "not_found", "team"),
        ("team enable-service SUP", "missing_field", "service"),
        ("team enable-service SUP none", "invalid_value", "service"),
        ("team enable-service SUP returns --return-location Attic", "not_found", "return_location"),
        ("team enable-service SUP returns --return-location Customers", "location_not_allowed", "return_location"),
        ("team edit SUP --return-location Scrap", "location_not_allowed", "return_location"),
        ("team disable-service SUP", "missing_field", "service"),
    ] {
        assert_eq!(shop.refused(words, code)["field"], field, "{words}");
    }
}

#[test]
fn enabling_a_service_installs_what_is_missing_and_says_so() {
    let shop = Shop::new();
    shop.done("team create Support");
    let enabled = shop.done("team enable-service Support repairs");
    assert_eq!(enabled["created"], json!([]), "applications come by the way");
    assert_eq!(ids(&enabled["result"]["apps"]), ["sales", "inventory", "repair"]);
    assert_eq!(enabled["warnings"], json!([]));

    let more = shop.done("team enable-service Support repairs coupons");
    assert_eq!(more["created"], json!([]));
    shop.unchanged("team enable-service Support coupons repairs");

    let off = shop.done("team disable-service Support repairs refunds");
    assert_eq!(off["result"]["team"]["services"], json!(["coupons"]));
    shop.unchanged("team disable-service Support repairs");
    assert_eq!(shop.done("team enable-service Support repairs")["created"], json!([]), "applications stay installed");
}

#[test]
fn applications_are_listed_with_what_needs_them() {
    let shop = Shop::new();
    shop.done("team create Support --service refunds");
    shop.done("team create Workshop --service repairs");
    shop.done("app install ecommerce");
    assert_snapshot!(shop.text("app list"), @r"
    ID             INSTALLED  NEEDED_BY
    helpdesk       yes
    invoicing      yes        team=Support service=refunds
    sales          yes        team=Workshop service=repairs
    loyalty        no
    inventory      yes        team=Workshop service=repairs
    repair         yes        team=Workshop service=repairs
    project        no
    timesheets     no
    field-service  no
    ecommerce      yes
    ");
    assert_eq!(
        shop.ok("app list --id sales"),
        json!([{"id": "sales", "installed": true, "needed_by": [{"team": "Workshop", "service": "repairs"}]}])
    );
    assert_eq!(shop.run("app list --installed false -o ids").stdout, "loyalty\nproject\ntimesheets\nfield-service\n");
    assert_eq!(shop.run("app list --newest --limit 2 -o ids").stdout, "ecommerce\nfield-service\n");
}

#[test]
fn an_application_is_installed_by_itself_with_what_it_needs() {
    let shop = Shop::new();
    let installed = shop.done("app install field-service");
    assert_eq!(installed["created"], json!(["field-service"]));
    assert_eq!(installed["result"]["app"], json!({"id": "field-service", "installed": true, "needed_by": []}));
    assert_eq!(ids(&installed["result"]["apps"]), ["project", "timesheets"]);
    shop.unchanged("app install field-service");
    shop.unchanged("app install helpdesk");
    assert_eq!(shop.refused("app install payroll", "not_found")["field"], "name");
    assert_eq!(shop.refused("app install", "missing_field")["field"], "name");
}

#[test]
fn on_one_app_free_installing_asks_first_and_changes_nothing_without_a_yes() {
    let shop = Shop::made_with("--plan one-app-free");
    shop.done("team create Support");
    for words in [
        "team enable-service Support refunds",
        "team create Other --service coupons",
        "team edit Support --service returns",
        "app install ecommerce",
    ] {
        let error = shop.refused(words, "confirmation_needed");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("starts a trial of 15 days"), "{words}: {message}");
        assert_eq!(error["hint"], format!("aftersales {words} -o json --yes"));
    }
    shop.unchanged("app install helpdesk");
    assert_eq!(
        shop.ok("subscription show"),
        json!({"id": "subscription", "plan": "one-app-free", "state": "none", "trial_started_at": null,
               "trial_ends_at": null, "added_at": null})
    );
}

#[test]
fn the_first_installation_starts_the_trial_and_later_ones_do_not_restart_it() {
    let shop = Shop::made_with("--plan one-app-free");
    shop.done("team create Support");
    let first = shop.done("team enable-service Support refunds --yes");
    assert_eq!(first["warnings"][0]["code"], "trial_started");
    shop.clock("2026-11-24T10:00:00Z");
    let error = shop.refused("team enable-service Support coupons", "confirmation_needed");
    assert!(error["message"].as_str().unwrap().contains("trial ends at 2026-12-08T10:00:00Z"), "{error:#}");
    assert_eq!(shop.done("team enable-service Support coupons -y")["warnings"], json!([]));
    assert_eq!(
        shop.ok("subscription show"),
        json!({"id": "subscription", "plan": "one-app-free", "state": "trial",
               "trial_started_at": "2026-11-23T10:00:00Z", "trial_ends_at": "2026-12-08T10:00:00Z", "added_at": null})
    );
}

#[test]
fn from_its_last_instant_on_an_ended_trial_leaves_only_the_subscription() {
    let shop = Shop::made_with("--plan one-app-free");
    shop.done("team create Support --service refunds --yes");
    shop.clock("2026-12-08T09:59:59Z");
    shop.done("team create Other");
    shop.clock("2026-12-08T10:00:00Z");
    for words in ["team list", "team create Third", "ticket list", "app list", "app install ecommerce -y"] {
        let error = shop.refused(words, "trial_over");
        assert!(error["hint"].as_str().unwrap().starts_with("aftersales subscription add"), "{words}");
    }
    assert_eq!(shop.ok("subscription show")["state"], "over");

    let added = shop.done("subscription add");
    assert_eq!(added["result"]["subscription"]["state"], "active");
    assert_eq!(added["result"]["subscription"]["added_at"], "2026-12-08T10:00:00Z");
    assert_eq!(ids(&shop.ok("team list")), ["Support", "Other"], "nothing is lost");
    shop.unchanged("subscription add");
    assert_eq!(shop.done("app install ecommerce")["warnings"], json!([]), "with a subscription nothing is asked");
}

#[test]
fn a_run_of_lines_sees_the_trial_that_a_line_started() {
    let shop = Shop::made_with("--plan one-app-free");
    let lines = r#"{"command":"team create","name":"Support"}
        {"command":"team enable-service","team":"Support","service":"refunds"}
        {"command":"app install","name":"ecommerce"}
        {"command":"subscription add"}
        {"command":"subscription add"}"#;
    let refused = shop.applied("", lines, 3);
    assert_eq!(refused[1]["error"]["code"], "confirmation_needed");
    assert_eq!(refused[3]["result"]["subscription"]["state"], "active");
    assert_eq!(refused[4]["status"], "unchanged");

    let shop = Shop::made_with("--plan one-app-free");
    for flags in ["--yes --dry-run", "--yes"] {
        let done = shop.applied(flags, lines, 0);
        assert_eq!(done[1]["warnings"][0]["code"], "trial_started", "{flags}");
        assert_eq!(done[2]["warnings"], json!([]), "{flags}: the trial runs already");
        assert_eq!(done[3]["result"]["subscription"]["trial_started_at"], "2026-11-23T10:00:00Z", "{flags}");
        assert_eq!(done[4]["status"], "unchanged", "{flags}");
    }
}

#[test]
fn the_standard_plan_has_no_limit() {
    let shop = Shop::new();
    let made = shop.done("team create Support --service field-service");
    assert_eq!(made["warnings"], json!([]));
    shop.clock("2027-11-23T10:00:00Z");
    assert_eq!(shop.ok("subscription show")["state"], "none");
    shop.done("app install ecommerce");
}

#[test]
fn teams_are_the_helpdesks_applications_and_the_subscription_the_admins() {
    let shop = Shop::new();
    shop.done("user create ann --right helpdesk");
    shop.done("user create bob --right sales");
    shop.done("user create eve --right admin -y");
    shop.done("team create Support --as ann");
    shop.done("team enable-service Support refunds --as ann");
    for words in [
        "team create Other --as bob",
        "team list --as bob",
        "app list --as ann",
        "app install ecommerce --as ann",
        "subscription show --as ann",
        "subscription add --as ann",
    ] {
        shop.refused(words, "access_denied");
    }
    shop.done("app install ecommerce --as eve");
    shop.done("subscription add --as eve");
}
