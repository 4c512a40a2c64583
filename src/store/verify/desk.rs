//! The desk's settings and its base data: what is sold, where it lies, who works.

use std::collections::BTreeSet;

use super::rules::{Rule, Rules};
use super::{Breach, Pass, Tell};
use crate::domain::app::{self, App};
use crate::domain::desk::{Right, Timezone};
use crate::domain::location;
use crate::domain::stage::BEGUN_WITH;
use crate::domain::user::GivenRight;
use crate::domain::value::money::Currency;
use crate::domain::verify::Invariant::*;
use crate::domain::worksheet_template::{BETWEEN, Field, FieldType, check_fields};
use crate::store::{Db, Result};
use crate::{params, query};

pub const PASSES: &[Pass] = &[
    Pass::Made(&[Currencies, DeskSettings, Apps, Values], settings),
    Pass::Rules(&DESK),
    Pass::Rules(&INSTALLED),
    Pass::Made(&[OwnRecords], own_records),
    Pass::Made(&[Values], rights),
    Pass::Rules(&PRODUCTS),
    Pass::Rules(&PRODUCT_TAXES),
    Pass::Rules(&TAXES),
    Pass::Rules(&DESK_BEFORE),
    Pass::Rules(&CUSTOMER_BEFORE),
    Pass::Rules(&PRODUCT_BEFORE),
    Pass::Rules(&TAX_BEFORE),
    Pass::Rules(&PROJECTS),
    Pass::Rules(&TEAMS),
    Pass::Made(&[Templates], fields),
];

const DESK: Rules = Rules {
    from: "desk t LEFT JOIN operation b ON b.key = 1",
    record: "'desk'",
    part: "",
    rules: &[
        Rule(DeskSettings, "t.created_at <> b.at", "it was not created by the first operation"),
        Rule(
            DeskSettings,
            "t.trial_started_at IS NOT NULL AND t.plan = 'standard'",
            "its plan has no trial, and one was started",
        ),
        Rule(
            DeskSettings,
            "t.trial_started_at IS NULL AND t.subscription_added_at IS NULL AND t.plan = 'one-app-free' AND EXISTS (SELECT 1 FROM app)",
            "applications are installed beside the one that is free, and no trial was started",
        ),
    ],
};

const INSTALLED: Rules = Rules {
    from: "app t",
    record: "t.id",
    part: "",
    rules: &[Rule(
        Apps,
        "NOT EXISTS (SELECT 1 FROM operation_touch e JOIN operation o ON o.key = e.operation
                     WHERE e.kind = 'app' AND e.id = t.id AND o.at = t.installed_at)",
        "no operation installed it at that time",
    )],
};

const PRODUCTS: Rules = Rules {
    from: "product t",
    record: "t.id",
    part: "",
    rules: &[
        Rule(Products, "t.type = 'service' AND t.tracking <> 'none'", "it is a service with lots or serial numbers"),
        Rule(Products, "t.price < 0", "its price is below zero"),
    ],
};

/// By product, since a tax of it has no key of its own.
const PRODUCT_TAXES: Rules = Rules {
    from: "product t",
    record: "t.id",
    part: "",
    rules: &[Rule(
        Products,
        "EXISTS (SELECT 1 FROM product_tax a JOIN product_tax b ON b.product = a.product AND b.tax = a.tax AND b.position > a.position
                 WHERE a.product = t.key)",
        "it bears a tax twice",
    )],
};

const TAXES: Rules = Rules {
    from: "tax t",
    record: "t.id",
    part: "",
    rules: &[
        Rule(
            Taxes,
            "t.category IS NOT NULL AND (t.rate <> 0 OR t.category IN ('S', 'Z'))",
            "its own category is none that a tax of its rate can have",
        ),
        Rule(
            Taxes,
            "t.exemption IS NOT NULL AND t.category IS NULL",
            "it says why it is not raised, and is of no category that does",
        ),
    ],
};

/// What is kept of a record as it was said before: the operation that ended it touched the record, and none stands before an
/// earlier one.
macro_rules! said_before {
    ($table:literal, $of:literal, $id:literal $(, $more:expr)*) => {
        Rules {
            from: concat!($table, " t JOIN ", $of, " x ON x.key = t.", $of),
            record: $id,
            part: "",
            rules: &[
                Rule(
                    SaidBefore,
                    concat!(
                        "NOT EXISTS (SELECT 1 FROM operation_touch e WHERE e.operation = t.until AND e.id = ", $id,
                        " AND e.kind = '", $of, "')"
                    ),
                    "what was said of it before ends with an operation that did not change it",
                ),
                Rule(
                    SaidBefore,
                    concat!("EXISTS (SELECT 1 FROM ", $table, " b WHERE b.", $of, " = t.", $of, " AND b.key < t.key AND b.until > t.until)"),
                    "what was said of it before does not stand in order",
                ),
                $($more,)*
            ],
        }
    };
}

const DESK_BEFORE: Rules = said_before!("desk_before", "desk", "'desk'");
const CUSTOMER_BEFORE: Rules = said_before!("customer_before", "customer", "x.id");
const PRODUCT_BEFORE: Rules = said_before!("product_before", "product", "x.id");
const TAX_BEFORE: Rules = said_before!(
    "tax_before",
    "tax",
    "x.id",
    Rule(
        Taxes,
        "t.exemption IS NOT NULL AND t.category IN ('S', 'Z')",
        "it said why it was not raised, and was of no category that does",
    )
);

const PROJECTS: Rules = Rules {
    from: "project t LEFT JOIN product p ON p.key = t.time_product",
    record: "t.id",
    part: "",
    rules: &[Rule(Teams, "p.type <> 'service'", "hours are billed as a product that is no service")],
};

const TEAMS: Rules = Rules {
    from: "team t LEFT JOIN location l ON l.key = t.return_location",
    record: "t.id",
    part: "",
    rules: &[Rule(Teams, "l.type <> 'internal'", "its returns go to a location that is not its own")],
};

/// What is kept of currencies, the time zone and applications.
fn settings(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    db.each(query!([currency], "SELECT code, digits FROM currency ORDER BY code"), params![], |row| {
        let (code, digits): (String, i64) = (row.get(0)?, row.get(1)?);
        match Currency::iso(&code) {
            None => tell(Values, said(Some(code.clone()), format!("{code:?} is no currency"))),
            Some(known) if i64::from(known.digits()) != digits => tell(
                Currencies,
                Breach {
                    record: Some(code),
                    stored: digits.to_string(),
                    derived: known.digits().to_string(),
                    ..Breach::default()
                },
            ),
            Some(_) => {}
        }
        Ok(())
    })?;
    db.each(
        query!(
            [desk, currency],
            "SELECT t.timezone, t.currency, c.code FROM desk t LEFT JOIN currency c ON c.code = t.currency"
        ),
        params![],
        |row| {
            let (zone, currency, kept): (String, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if zone.parse::<Timezone>().is_err() {
                tell(Values, said(Some("desk".to_owned()), format!("its timezone is {zone:?}")));
            }
            if kept.is_none() {
                tell(DeskSettings, said(Some("desk".to_owned()), format!("its currency {currency} is not kept")));
            }
            Ok(())
        },
    )?;
    apps(db, tell)
}

/// Every application that is installed is one, and has what it needs.
fn apps(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    let mut installed = Vec::new();
    each_app(db, |id| match id.parse::<App>() {
        Ok(App::Helpdesk) => tell(Apps, said(Some(id), "it is the desk itself, which is never installed".to_owned())),
        Ok(app) => installed.push(app),
        Err(_) => tell(Apps, said(Some(id), "it is no application".to_owned())),
    })?;
    for app in &installed {
        // Beside itself it needs what is missing where nothing is there.
        for needed in app::missing(&[], [*app]).into_iter().filter(|needed| !installed.contains(needed)) {
            tell(Apps, said(Some(app.word().to_owned()), format!("it needs {needed}, which is not installed")));
        }
    }
    Ok(())
}

fn each_app(db: &Db, mut tell: impl FnMut(String)) -> Result<()> {
    db.each(query!([app], "SELECT id FROM app ORDER BY key"), params![], |row| {
        tell(row.get(0)?);
        Ok(())
    })
}

/// The applications that are installed, as far as they are some.
pub fn installed(db: &Db) -> Result<Vec<App>> {
    let mut installed = Vec::new();
    each_app(db, |id| installed.extend(id.parse::<App>()))?;
    Ok(installed)
}

/// The services that teams offer, each once.
pub fn services(db: &Db) -> Result<Vec<String>> {
    db.query(query!([team_service], "SELECT DISTINCT service FROM team_service ORDER BY service"), params![], |row| {
        row.get(0)
    })
}

/// Rights of users: each is one that can be given, and they stand in their order.
fn rights(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    let mut last: Option<(String, Right)> = None;
    db.each(
        query!(
            [person, person_right],
            "SELECT t.id, r.app FROM person t JOIN person_right r ON r.person = t.key ORDER BY t.key, r.position"
        ),
        params![],
        |row| {
            let (user, right): (String, String) = (row.get(0)?, row.get(1)?);
            let known = right.parse::<GivenRight>().ok().and(right.parse::<Right>().ok());
            match known {
                None => tell(Values, said(Some(user), format!("{right:?} is no right"))),
                Some(right) => {
                    if last.as_ref().is_some_and(|(of, before)| *of == user && *before >= right) {
                        tell(
                            Values,
                            said(Some(user.clone()), format!("its right {right} does not stand in its place")),
                        );
                    }
                    last = Some((user, right));
                }
            }
            Ok(())
        },
    )
}

/// What `init` makes is never taken away, and the locations are of their types.
fn own_records(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    let mut missing: BTreeSet<&str> = location::BEGUN_WITH.into_iter().collect();
    db.each(query!([location], "SELECT id, type FROM location ORDER BY key"), params![], |row| {
        let (id, kind): (String, String) = (row.get(0)?, row.get(1)?);
        missing.remove(id.as_str());
        if let Some(own) = location::own_type(&id).filter(|own| own.word() != kind) {
            tell(OwnRecords, said(Some(id), format!("it is of type {kind}, and every desk relies on its being {own}")));
        }
        Ok(())
    })?;
    for id in missing {
        tell(OwnRecords, said(Some(id.to_owned()), "the location is not there".to_owned()));
    }
    for (stage, _) in BEGUN_WITH {
        if db.query_one(query!([stage], "SELECT COUNT(*) FROM stage WHERE id = $1"), params![stage], |row| {
            row.get::<i64>(0)
        })? == 0
        {
            tell(OwnRecords, said(Some(stage.to_owned()), "the stage is not there".to_owned()));
        }
    }
    if db.query_one(query!([journal], "SELECT COUNT(*) FROM journal WHERE id = 'INV'"), params![], |row| {
        row.get::<i64>(0)
    })? == 0
    {
        tell(OwnRecords, said(Some("INV".to_owned()), "the journal is not there".to_owned()));
    }
    Ok(())
}

/// The fields of worksheets are such as can be given.
fn fields(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    let mut template: Option<(String, Vec<Field>)> = None;
    let ended = |template: Option<(String, Vec<Field>)>, tell: &mut Tell<'_>| {
        if let Some((id, fields)) = template
            && let Err(fault) = check_fields(&fields)
        {
            tell(Templates, said(Some(id), fault.to_string()));
        }
    };
    db.each(
        query!(
            [worksheet_template, worksheet_field],
            "SELECT t.id, f.name, f.type, f.required, f.choices FROM worksheet_template t JOIN worksheet_field f ON f.template = t.key
             ORDER BY t.key, f.position"
        ),
        params![],
        |row| {
            let (id, name, kind, choices): (String, String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(4)?);
            // A word that is none is told of by whoever reads the values.
            let Ok(kind) = kind.parse::<FieldType>() else {
                return Ok(());
            };
            let choices = choices.split(BETWEEN).filter(|choice| !choice.is_empty()).map(str::to_owned).collect();
            if template.as_ref().is_none_or(|(known, _)| *known != id) {
                ended(template.replace((id.clone(), Vec::new())), tell);
            }
            match Field::new(&name, kind, choices, row.get(3)?) {
                Err(fault) => tell(Templates, said(Some(id), fault)),
                Ok(field) => template.iter_mut().for_each(|(_, fields)| fields.push(field.clone())),
            }
            Ok(())
        },
    )?;
    ended(template, tell);
    Ok(())
}

fn said(record: Option<String>, what: String) -> Breach {
    Breach { record, what, ..Breach::default() }
}
