//! Tasks: their stages and tickets, the time worked on them, what they used, and their worksheets.

use super::rules::{MADE_AT_NO_TIME, NOT_IN_LOG, Rule, Rules, made_at_no_operation, unknown_to_its_ticket};
use super::{Breach, Pass, Tell};
use crate::domain::task::Task;
use crate::domain::value::day::Instant;
use crate::domain::verify::Invariant::{self, *};
use crate::domain::worksheet::{FilledField, Worksheet, checked_value};
use crate::store::document::{bills, counts};
use crate::store::engine::record;
use crate::store::{Db, Key, Result, file};
use crate::{params, query};

pub const PASSES: &[Pass] = &[
    Pass::Rules(&TASKS),
    Pass::Rules(&TIMES),
    Pass::Rules(&PRODUCTS),
    Pass::Rules(&FIELDS),
    Pass::Asked(TaskGoods, query!([task, task_product, product, transfer, transfer_line], TASK_GOODS)),
    Pass::Asked(Places, query!([task, task_product, timesheet, worksheet_value], NUMBERED)),
    Pass::Made(&[TaskTimes], times),
    Pass::Made(&[Worksheets], worksheets),
];

const TASKS: Rules = Rules {
    from: "task t LEFT JOIN ticket k ON k.key = t.ticket",
    record: "t.id",
    part: "",
    rules: &[
        Rule(Tasks, unknown_to_its_ticket!(), NOT_IN_LOG),
        Rule(Tasks, made_at_no_operation!("task"), MADE_AT_NO_TIME),
        Rule(Tasks, "k.customer <> t.customer", "its ticket is another customer's"),
        Rule(Tasks, "t.stage = 'new' AND t.planned_start IS NOT NULL", "it is new, and planned"),
        Rule(Tasks, "t.stage = 'planned' AND t.planned_start IS NULL", "it is planned, and says for when not"),
        Rule(Tasks, "t.planned_end < t.planned_start", "it ends before it starts"),
        Rule(
            Tasks,
            "t.stage IN ('new', 'planned') AND EXISTS (SELECT 1 FROM timesheet w WHERE w.task = t.key)",
            "it has not begun, and time was worked on it",
        ),
        Rule(
            Tasks,
            "t.stage = 'in_progress' AND NOT EXISTS (SELECT 1 FROM timesheet w WHERE w.task = t.key)",
            "it has begun, and no time was worked on it",
        ),
        Rule(
            Tasks,
            "t.stage = 'cancelled' AND EXISTS (SELECT 1 FROM timesheet w WHERE w.task = t.key AND (w.ended_at IS NULL OR w.paused = 1))",
            "it is cancelled, and its timer runs or is paused",
        ),
        Rule(
            Tasks,
            concat!("(SELECT COUNT(*) FROM document d WHERE d.task = t.key AND ", bills!("d"), ") > 1"),
            "two invoices bill it",
        ),
        Rule(Worksheets, "t.signed_by IS NOT NULL AND t.signed_at IS NULL", "it is signed by halves"),
        Rule(
            Worksheets,
            "t.signed_at IS NOT NULL AND t.worksheet_template IS NULL",
            "it is signed, and has no worksheet",
        ),
        Rule(
            Worksheets,
            "t.signed_at IS NULL AND (t.signature IS NOT NULL OR t.seal IS NOT NULL)",
            "it has a signature or a seal, and is not signed",
        ),
        Rule(
            Worksheets,
            "(t.seal IS NULL) <> (t.signed_by IS NULL)",
            "it is signed and not sealed, or sealed by nobody",
        ),
        Rule(
            Worksheets,
            "t.signature IS NOT NULL AND NOT EXISTS
               (SELECT 1 FROM file f WHERE f.key = t.signature AND f.media_type IN ('image/png', 'image/jpeg'))",
            "its signature is no image",
        ),
    ],
};

const TIMES: Rules = Rules {
    from: "timesheet t JOIN task w ON w.key = t.task",
    record: "w.id",
    part: "'row ' || CAST(t.line AS TEXT) || ' of its timesheet'",
    rules: &[
        Rule(
            TaskTimes,
            "(t.ended_at IS NULL) <> (t.seconds IS NULL)",
            "it has an end and no length, or a length and no end",
        ),
        Rule(TaskTimes, "t.paused = 1 AND t.ended_at IS NULL", "it is paused, and runs"),
        Rule(
            TaskTimes,
            "t.paused = 1 AND EXISTS (SELECT 1 FROM timesheet o WHERE o.task = t.task AND o.line > t.line)",
            "it is paused, and another one came after it",
        ),
        Rule(
            TaskTimes,
            "t.ended_at IS NULL AND EXISTS (SELECT 1 FROM timesheet o WHERE o.task = t.task AND o.line > t.line)",
            "it runs, and another one came after it",
        ),
    ],
};

const PRODUCTS: Rules = Rules {
    from: "task_product t JOIN task w ON w.key = t.task LEFT JOIN product p ON p.key = t.product",
    record: "w.id",
    part: "'line ' || CAST(t.line AS TEXT) || ' of what it used'",
    rules: &[
        Rule(TaskProducts, "t.quantity <= 0", "nothing of it was used"),
        Rule(TaskProducts, "t.lot IS NOT NULL AND p.tracking = 'none'", "it names a lot of a product without lots"),
        Rule(
            TaskProducts,
            "t.lot IS NULL AND w.stage = 'done' AND p.tracking <> 'none'",
            "it was used, and does not say which lot",
        ),
        Rule(
            TaskProducts,
            "p.tracking = 'serial' AND (t.quantity % 1000000 <> 0 OR (t.lot IS NOT NULL AND t.quantity > 1000000))",
            "it is other than one piece under a serial number",
        ),
    ],
};

const FIELDS: Rules = Rules {
    from: "worksheet_value t JOIN task w ON w.key = t.task LEFT JOIN file f ON f.key = t.file",
    record: "w.id",
    part: "'field ' || t.name || ' of its worksheet'",
    rules: &[
        Rule(Worksheets, "w.worksheet_template IS NULL", "the task has no worksheet"),
        Rule(Worksheets, "t.value IS NOT NULL AND (t.file IS NOT NULL OR t.type = 'photo')", "a photo holds a text"),
        Rule(Worksheets, "t.file IS NOT NULL AND t.type <> 'photo'", "it holds a file, and is for no photo"),
        Rule(Worksheets, "f.media_type NOT IN ('image/png', 'image/jpeg')", "its photo is no image"),
        Rule(
            Worksheets,
            "w.signed_by IS NOT NULL AND t.required = 1 AND t.value IS NULL AND t.file IS NULL",
            "it was needed for the signature, and says nothing",
        ),
    ],
};

/// Of each lot by itself: what done tasks say they used, and what their transfers moved.
const TASK_GOODS: &str = "
    WITH goods AS (
      SELECT u.task AS task, u.product AS product, u.lot AS lot, u.quantity AS used, 0 AS moved
      FROM task_product u JOIN task t ON t.key = u.task JOIN product p ON p.key = u.product
      WHERE t.stage = 'done' AND p.type = 'goods'
      UNION ALL
      SELECT m.task, l.product, l.lot, 0, l.done FROM transfer m JOIN transfer_line l ON l.transfer = m.key
      WHERE m.task IS NOT NULL)
    SELECT t.id, p.id, CAST(SUM(g.used) AS BIGINT), CAST(SUM(g.moved) AS BIGINT), 6, 0
    FROM goods g JOIN task t ON t.key = g.task JOIN product p ON p.key = g.product
    GROUP BY t.key, t.id, p.key, p.id, g.lot HAVING SUM(g.used) <> SUM(g.moved) ORDER BY t.key, p.key";

const NUMBERED: &str = "
    WITH rows AS (
      SELECT task, 'products' AS list, line FROM task_product
      UNION ALL SELECT task, 'timesheet', line FROM timesheet
      UNION ALL SELECT task, 'fields', line FROM worksheet_value)
    SELECT t.id, n.list, n.line, n.expected, 0, 0
    FROM (SELECT task, list, line, ROW_NUMBER() OVER (PARTITION BY task, list ORDER BY line) AS expected FROM rows) n
      JOIN task t ON t.key = n.task
    WHERE n.line <> n.expected ORDER BY n.task, n.list, n.line";

/// The length of each row is worked out anew, and held against the other rows of its task.
fn times(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    let (mut of, mut last): (Option<String>, Option<Instant>) = (None, None);
    db.each(
        query!(
            [timesheet, task],
            "SELECT t.id, w.line, w.started_at, w.ended_at, w.seconds FROM timesheet w JOIN task t ON t.key = w.task
             ORDER BY w.task, w.started_at, COALESCE(w.ended_at, w.started_at), w.line"
        ),
        params![],
        |row| {
            let (task, line): (String, i64) = (row.get(0)?, row.get(1)?);
            let moment = |place| -> Result<Option<Instant>> { Ok(row.text(place)?.and_then(|text| text.parse().ok())) };
            let mut told = |what: String| {
                tell(Invariant::TaskTimes, Breach { record: Some(task.clone()), what, ..Breach::default() });
            };
            // What is no time is told by what reads every value.
            let Some(from) = moment(2)? else {
                return Ok(());
            };
            if of.as_ref() != Some(&task) {
                (of, last) = (Some(task.clone()), None);
            }
            if last.is_some_and(|last| from < last) {
                told(format!("row {line} of its timesheet has time that another one has too"));
            }
            if let (Some(to), Some(seconds)) = (moment(3)?, row.get::<Option<i64>>(4)?) {
                if to.seconds_after(from) != seconds {
                    told(format!("row {line} of its timesheet is longer or shorter than from its start to its end"));
                }
                last = last.max(Some(to));
            }
            Ok(())
        },
    )
}

/// How many worksheets are held at once.
const PAGE: i64 = 50;

/// What stands in each field is of its type, and what was signed is what the seal was made over.
fn worksheets(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    let mut after = Key::MIN;
    loop {
        let page = query!(
            [task, worksheet_value],
            "SELECT t.key FROM task t WHERE t.key > $1 AND (t.signed_at IS NOT NULL
               OR EXISTS (SELECT 1 FROM worksheet_value v WHERE v.task = t.key)) ORDER BY t.key LIMIT $2"
        );
        let keys: Vec<Key> = db.query(page, params![after, PAGE], |row| row.get(0))?;
        let Some(last) = keys.last() else {
            return Ok(());
        };
        after = *last;
        for task in record::by_keys::<Task>(db, &keys)? {
            if let Some(worksheet) = &task.worksheet {
                worksheet_of(&task, worksheet, tell);
            }
        }
    }
}

fn worksheet_of(task: &Task, worksheet: &Worksheet, tell: &mut Tell<'_>) {
    let mut told = |what: String| {
        tell(Invariant::Worksheets, Breach { record: Some(task.id.clone()), what, ..Breach::default() });
    };
    for FilledField { field, value, .. } in &worksheet.fields {
        if value.as_ref().is_some_and(|value| checked_value(field, value).as_ref() != Ok(value)) {
            told(format!("the field {} of its worksheet holds what is no {}", field.name, field.kind));
        }
    }
    if let Some(seal) = &worksheet.seal
        && *seal != file::hash_of(worksheet.content(&task.id).as_bytes())
    {
        told("its worksheet is not what was signed".to_owned());
    }
}
