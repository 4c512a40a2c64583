//! Field service from a ticket: planning a task, and what becomes of it until work begins (spec F1, F2).

use crate::support::Shop;
use insta::assert_snapshot;
use serde_json::json;

/// A desk whose team plans in a project with worksheets; T1 is Ada's.
fn desk() -> Shop {
    let shop = Shop::new();
    shop.done("worksheet-template create Visit --field pressure:number:required");
    shop.done("worksheet-template create Short --field note:text");
    shop.done("project create 'Field Service' --worksheets --worksheet-template Visit");
    shop.done("project create Garden --worksheet-template Visit");
    shop.done("project create Bare --worksheets");
    shop.done("team create Support");
    shop.done("team enable-service Support field-service --field-service-project 'Field Service'");
    shop.done("customer create --name 'Ada Ltd'");
    shop.done("user create ann --name Ann");
    shop.done("ticket create --team Support --customer C1 --subject 'Lamp flickers'");
    shop
}

#[test]
fn a_time_without_an_offset_is_one_of_the_desk() {
    let shop = Shop::made_with("--timezone Europe/Paris");
    shop.apply(concat!(
        r#"{"command":"customer create","id":"ADA"}"#,
        "\n",
        r#"{"command":"project create","id":"Field Service"}"#,
        "\n",
        r#"{"command":"team create","id":"Support","service":["field-service"],"field_service_project":"Field Service"}"#,
        "\n",
        r#"{"command":"ticket create","team":"Support","customer":"ADA","subject":"x"}"#,
    ));
    for (given, stored, shown) in [
        ("2026-12-01T09:00", "2026-12-01T08:00:00Z", "2026-12-01 09:00"),
        ("2026-07-01T09:00:30", "2026-07-01T07:00:30Z", "2026-07-01 09:00:30"),
        // As a table shows it.
        ("'2026-12-01 09:00'", "2026-12-01T08:00:00Z", "2026-12-01 09:00"),
        ("2026-12-01T09:00Z", "2026-12-01T09:00:00Z", "2026-12-01 10:00"),
        ("2026-12-01T09:00:00-05:00", "2026-12-01T14:00:00Z", "2026-12-01 15:00"),
        // Shown twice, the first is meant.
        ("2026-10-25T02:30", "2026-10-25T00:30:00Z", "2026-10-25 02:30"),
    ] {
        let task = shop.done(&format!("ticket plan T1 --start {given}"))["created"][0].clone();
        let words = format!("task show {}", task.as_str().unwrap());
        assert_eq!(shop.ok(&words)["planned_start"], stored, "{given}");
        let table = shop.run(&words).stdout;
        assert!(table.contains(shown) && !table.contains(stored), "{table}");
        assert!(shop.run(&format!("{words} -o csv")).stdout.contains(stored));
    }
    let error = shop.refused("ticket plan T1 --start 2026-03-29T02:30", "invalid_value");
    assert_eq!(error["field"], "start");
    shop.refused("ticket plan T1 --start 2026-12-01T25:00", "invalid_value");
    shop.refused("ticket plan T1 --start '2026-12-01  09:00'", "invalid_value");
    let ticket = r#"{"record":"ticket","id":"T9","team":"Support","subject":"y","created_at":"2026-11-01T00:10"}"#;
    assert_eq!(shop.run_with("import -", ticket).code, 0);
    assert_eq!(shop.ok("ticket show T9")["created_at"], "2026-10-31T23:10:00Z");
    assert!(shop.run("log --newest --limit 1").stdout.contains("2026-11-23 11:00"));
}

#[test]
fn a_ticket_plans_a_task_with_the_defaults_of_its_team() {
    let shop = desk();
    let made = shop.done("ticket plan T1");
    assert_eq!(made["created"], json!(["FS00001"]));
    assert_eq!(
        made["result"],
        json!({"task": {
            "id": "FS00001", "title": "Lamp flickers", "project": "Field Service", "stage": "new", "customer": "C00001",
            "ticket": "T00001", "assignee": null, "planned_start": null, "planned_end": null, "worked_minutes": 0,
            "products": [],
            "worksheet": {"template": "Visit", "values": {}, "signed_by": null, "signed_at": null, "signature": null},
            "timer": null, "timesheet": [], "invoice": null, "overlaps": [],
            "created_at": "2026-11-23T10:00:00Z",
        }})
    );
    assert_eq!(shop.ok("task show FS1"), made["result"]["task"]);
    assert_eq!(shop.ok("task list"), json!([made["result"]["task"]]));

    let ticket = shop.ok("ticket show T1");
    assert_eq!(ticket["documents"]["tasks"], json!(["FS00001"]));
    assert_eq!(
        ticket["log"][1],
        json!({"at": "2026-11-23T10:00:00Z", "user": "tester", "kind": "task", "text": "Task FS00001 planned: Lamp flickers",
               "document": "FS00001", "operation": made["operation"]})
    );
}

#[test]
fn everything_on_the_form_can_be_replaced() {
    let shop = desk();
    let made = shop.done(
        "ticket plan T1 --title 'Change the lamp' --project bare --worksheet-template short --assignee ann \
         --start 2026-11-24T09:00:00Z --end 2026-11-24T11:00:00+01:00",
    );
    let task = &made["result"]["task"];
    assert_eq!(
        (&task["title"], &task["project"], &task["worksheet"]["template"], &task["assignee"]),
        (&json!("Change the lamp"), &json!("Bare"), &json!("Short"), &json!("ann"))
    );
    assert_eq!(
        (&task["stage"], &task["planned_start"], &task["planned_end"]),
        (&json!("planned"), &json!("2026-11-24T09:00:00Z"), &json!("2026-11-24T10:00:00Z"))
    );
    // No default template: offered empty. Emptied: no worksheet either.
    assert_eq!(shop.done("ticket plan T1 --project Bare")["result"]["task"]["worksheet"], json!(null));
    assert_eq!(shop.done("ticket plan T1 --worksheet-template ''")["result"]["task"]["worksheet"], json!(null));
    assert_eq!(shop.done("ticket plan T1 --project Garden")["result"]["task"]["worksheet"], json!(null));
}

#[test]
fn a_day_is_planned_from_its_first_to_its_last_second_in_the_zone_of_the_desk() {
    let shop = Shop::made_with("--timezone Europe/Paris");
    shop.done("project create 'Field Service'");
    shop.done("team create Support");
    shop.done("team enable-service Support field-service --field-service-project 'Field Service'");
    shop.done("ticket create --team Support --subject Lamp");
    let task = &shop.done("ticket plan T1 --start 2026-11-24 --end 2026-11-24")["result"]["task"];
    assert_eq!(
        (&task["planned_start"], &task["planned_end"], &task["customer"]),
        (&json!("2026-11-23T23:00:00Z"), &json!("2026-11-24T22:59:59Z"), &json!(null))
    );
}

#[test]
fn what_cannot_be_planned_is_refused() {
    let shop = desk();
    shop.done("team create Bare");
    shop.done("ticket create --team Bare --subject Lamp");

    let off = shop.refused("ticket plan T2", "service_not_enabled");
    assert_eq!(off["hint"], "aftersales team enable-service Bare field-service");
    assert_eq!(shop.refused("ticket plan T2 --project Nowhere", "not_found")["field"], "project");
    shop.done("team enable-service Bare field-service");
    let none = shop.refused("ticket plan T2", "project_required");
    assert_eq!((&none["field"], &none["exit"]), (&json!("project"), &json!(13)));
    shop.done("ticket plan T2 --project Garden");

    let garden = shop.refused("ticket plan T1 --project Garden --worksheet-template Visit", "worksheets_not_enabled");
    assert_eq!(
        (&garden["field"], &garden["given"], &garden["hint"]),
        (&json!("worksheet_template"), &json!("Visit"), &json!("aftersales project edit Garden --worksheets"))
    );
    for (flags, code, field) in [
        ("--worksheet-template Nowhere", "not_found", "worksheet_template"),
        ("--assignee bo", "not_found", "assignee"),
        ("--title ''", "missing_field", "title"),
        ("--project ''", "missing_field", "project"),
        ("--start tomorrow", "invalid_value", "start"),
        ("--start 2026-11-25 --end 2026-11-24", "invalid_value", "end"),
    ] {
        assert_eq!(shop.refused(&format!("ticket plan T1 {flags}"), code)["field"], field, "{flags}");
    }
    assert_eq!(shop.refused("ticket plan T9", "not_found")["field"], "ticket");
    let both = shop.refused("ticket plan T1 --title '' --start 2026-11-25 --end 2026-11-24", "missing_field");
    assert_eq!(both["others"][0]["field"], "end");
}

#[test]
fn a_planned_task_is_edited_until_it_is_cancelled() {
    let shop = desk();
    shop.done("ticket plan T1");
    let stage = |answer: &serde_json::Value| answer["result"]["task"]["stage"].clone();
    assert_eq!(stage(&shop.done("task edit FS1 --start 2026-11-24T09:00:00Z")), "planned");
    shop.unchanged("task edit FS1 --start 2026-11-24T09:00:00Z");
    assert_eq!(shop.refused("task edit FS1 --end 2026-11-24T08:00:00Z", "invalid_value")["field"], "end");
    shop.done("task edit FS1 --end 2026-11-24T10:00:00Z --title 'Change the lamp' --assignee ann");
    assert_eq!(shop.refused("task edit FS1 --start 2026-11-25", "invalid_value")["field"], "start");
    assert_eq!(stage(&shop.done("task edit FS1 --start ''")), "new");

    shop.refused("task edit FS1 --project Garden --worksheet-template Visit", "worksheets_not_enabled");
    assert_eq!(shop.done("task edit FS1 --project Garden")["result"]["task"]["worksheet"], json!(null));
    let back = shop.done("task edit FS1 --project 'field service'");
    assert_eq!(back["result"]["task"]["worksheet"]["template"], "Visit");
    let edited = shop.done("task edit FS1 --assignee '' --worksheet-template Short");
    let task = &edited["result"]["task"];
    assert_eq!((&task["assignee"], &task["worksheet"]["template"]), (&json!(null), &json!("Short")));

    assert_eq!(stage(&shop.done("task cancel FS1")), "cancelled");
    shop.unchanged("task cancel FS1");
    shop.unchanged("task edit FS1 --title 'Change the lamp'");
    let refused = shop.refused("task edit FS1 --title Again", "state_not_allowed");
    assert_eq!(refused["given"], "cancelled");
    assert_eq!(shop.ok("ticket show T1")["documents"]["tasks"], json!([]));
    assert_eq!(shop.ok("task list --stage new --stage planned"), json!([]));
}

#[test]
fn view_prints_the_whole_task() {
    let shop = desk();
    assert_snapshot!(shop.text("ticket plan T1 --start 2026-11-24T09:00:00Z"), @r"
    id             FS00001
    title          Lamp flickers
    project        Field Service
    stage          planned
    customer       C00001 Ada Ltd
    ticket         T00001
    planned_start  2026-11-24 09:00

    worksheet
    template  Visit
    ");
    assert_snapshot!(shop.text("ticket plan T1 --start 2026-11-24T09:00:00Z --view"), @r"
    id              FS00002
    title           Lamp flickers
    project         Field Service
    stage           planned
    customer        C00001 Ada Ltd
    ticket          T00001
    planned_start   2026-11-24 09:00
    worked_minutes  0
    created_at      2026-11-23 10:00

    worksheet
    template  Visit
    ");
    let (plain, viewed) = (shop.done("ticket plan T1"), shop.done("ticket plan T1 --view"));
    let keys =
        |answer: &serde_json::Value| answer["result"]["task"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&plain), keys(&viewed));
}

#[test]
fn options_show_the_form() {
    let shop = desk();
    let form = |ticket: &str| {
        let options = shop.ok(&format!("ticket options {ticket}"));
        let services = options["services"].as_array().unwrap().clone();
        services.into_iter().find(|service| service["service"] == "field-service").unwrap()
    };
    let shown = form("T1");
    assert_eq!(shown["available"], true);
    assert_eq!(
        shown["fields"],
        json!({
            "title": {"default": "Lamp flickers", "choices": null, "more": null},
            "project": {"default": "Field Service", "choices": ["Field Service", "Garden", "Bare"], "more": 0},
            "worksheet_template": {"default": "Visit", "choices": ["Visit", "Short"], "more": 0},
            "assignee": {"default": null, "choices": ["ann"], "more": 0},
            "start": {"default": null, "choices": null, "more": null},
            "end": {"default": null, "choices": null, "more": null},
            "view": {"default": false, "choices": null, "more": null},
        })
    );
    shop.done("team edit Support --field-service-project Garden");
    assert_eq!(form("T1")["fields"]["worksheet_template"], json!(null));
    shop.done("team edit Support --field-service-project ''");
    let fields = form("T1")["fields"].clone();
    assert_eq!((&fields["project"]["default"], &fields["worksheet_template"]), (&json!(null), &json!(null)));
    shop.done("team disable-service Support field-service");
    assert_eq!(form("T1")["available"], false);
}

#[test]
fn planning_needs_the_helpdesk_and_tasks_need_field_service() {
    let shop = desk();
    shop.done("user create root --right admin -y");
    shop.done("user create helen --right helpdesk --as root");
    shop.done("user create fred --right field-service --as root");
    shop.done("ticket plan T1 --as helen");
    for words in ["task show FS1", "task list", "task cancel FS1"] {
        shop.refused(&format!("{words} --as helen"), "access_denied");
    }
    shop.refused("ticket plan T1 --as fred", "access_denied");
    shop.done("task cancel FS1 --as fred");
}

#[test]
fn tasks_are_planned_in_bulk() {
    let shop = desk();
    let answers = shop.applied(
        "--key visits",
        r#"{"command":"ticket plan","ticket":"T1","start":"2026-11-24","end":"2026-11-24","view":true}
{"command":"ticket plan","ticket":"T1","project":"Garden","worksheet_template":"Visit"}
{"command":"task edit","task":"FS1","assignee":"ann","end":""}
{"command":"task cancel","task":"FS1"}"#,
        3,
    );
    let told: Vec<_> =
        answers.iter().map(|answer| (answer["status"].clone(), answer["error"]["code"].clone())).collect();
    assert_eq!(
        told,
        [
            (json!("done"), json!(null)),
            (json!("error"), json!("worksheets_not_enabled")),
            (json!("done"), json!(null)),
            (json!("done"), json!(null)),
        ]
    );
    assert_eq!(answers[3]["result"]["task"]["planned_end"], json!(null));
}

#[test]
fn tasks_are_listed_by_what_is_known_of_them() {
    let shop = desk();
    shop.done("ticket plan T1 --start 2026-11-24T09:00:00Z --assignee ann");
    shop.done("ticket plan T1 --title 'Second visit' --project Bare");
    shop.done("task cancel FS2");
    shop.done("ticket plan T1 --start 2026-12-01T00:30:00Z --end 2026-12-01T02:00:00Z");
    let listed = |flags: &str| -> Vec<String> {
        let tasks = shop.ok(&format!("task list {flags}"));
        tasks.as_array().unwrap().iter().map(|task| task["id"].as_str().unwrap().to_owned()).collect()
    };
    for (flags, expected) in [
        ("", vec!["FS00001", "FS00002", "FS00003"]),
        ("--stage planned", vec!["FS00001", "FS00003"]),
        ("--stage planned --assignee ANN", vec!["FS00001"]),
        ("--assignee ''", vec!["FS00002", "FS00003"]),
        ("--project bare", vec!["FS00002"]),
        ("--customer 'ada ltd' --ticket T1 --newest --limit 2", vec!["FS00003", "FS00002"]),
        ("--planned-start 2026-11", vec!["FS00001"]),
        ("--since 2026-11-23 --until 2026-11-23", vec!["FS00001", "FS00002", "FS00003"]),
        ("--since 2026-11-24", vec![]),
        ("--search second", vec!["FS00002"]),
        ("--sort=-planned-start", vec!["FS00003", "FS00001", "FS00002"]),
        ("--id FS3", vec!["FS00003"]),
        ("--worked-minutes 0", vec!["FS00001", "FS00002", "FS00003"]),
        ("--worked-minutes 1..", vec![]),
    ] {
        assert_eq!(listed(flags), expected, "{flags}");
    }
    assert_eq!(shop.ok("task list --stage planned")[0], shop.ok("task show FS1"));
    // The day is the desk's.
    shop.done("desk edit --timezone America/New_York");
    shop.clock("2026-11-24T04:59:00Z");
    let late = shop.done("ticket plan T1 --project Bare")["created"][0].as_str().unwrap().to_owned();
    assert_eq!(listed("--since 2026-11-24"), Vec::<String>::new());
    assert_eq!(listed("--since 2026-11-23").last(), Some(&late));
    assert_eq!(listed("--planned-start 2026-11-30"), ["FS00003"]);
    for (flags, code) in
        [("--stage begun", "invalid_value"), ("--assignee bob", "not_found"), ("--planned-end later", "invalid_value")]
    {
        shop.refused(&format!("task list {flags}"), code);
    }
    shop.ok("verify");
}
