//! Changes that wait to be sent: rows that are written one after the other go together, many of one table as one statement, and
//! only when something asks for their tables.

use super::super::statement::{Does, Kind, Statement};
use super::wire::Param;

/// A change that waits to be sent.
pub struct Write {
    pub statement: &'static Statement,
    pub params: Vec<Param>,
    /// Whether it must change one row.
    pub of_one: bool,
}

/// The statement that does to many rows what another does to one.
#[derive(Clone, Copy)]
pub struct Many {
    pub statement: &'static Statement,
    kinds: &'static [Kind],
}

/// The changes that wait to be sent, in order.
#[derive(Default)]
pub struct Queue {
    waiting: Vec<(u64, Write)>,
    /// How many of them are of each table, and how many of none.
    of_table: Vec<usize>,
    others: usize,
    /// The number of the next change.
    next: u64,
    /// The number of the first change since the savepoint, unless one of them was sent already.
    mark: Option<u64>,
}

impl Queue {
    pub fn push(&mut self, write: Write) {
        *self.counter(write.statement) += 1;
        self.waiting.push((self.next, write));
        self.next += 1;
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    pub fn clear(&mut self) {
        self.waiting.clear();
        self.of_table.clear();
        self.others = 0;
        self.mark = None;
    }

    /// Marks where a command begins.
    pub fn mark(&mut self) {
        self.mark = Some(self.next);
    }

    /// Forgets the changes since the mark; says whether that undoes them, since none was sent.
    pub fn undo(&mut self) -> bool {
        let Some(mark) = self.mark.take() else {
            return false;
        };
        while let Some((_, write)) = self.waiting.pop_if(|(number, _)| *number >= mark) {
            self.uncount(write.statement);
        }
        true
    }

    /// All changes, to be sent.
    pub fn take(&mut self, freely: bool) -> Vec<Step<Write>> {
        let waiting = std::mem::take(&mut self.waiting);
        self.sending(waiting, freely)
    }

    /// The changes that have to be made before that statement, freely ordered: those of the tables that it has to do with, and
    /// those that they may refer to.
    pub fn take_before(&mut self, statement: &Statement) -> Vec<Step<Write>> {
        if self.others > 0 {
            return self.take(true);
        }
        let waits = |table: &usize| self.of_table.get(*table).is_some_and(|waiting| *waiting > 0);
        let Some(last) = statement.touches().places().rev().find(waits) else {
            return Vec::new();
        };
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for (number, write) in std::mem::take(&mut self.waiting) {
            let table = table_of(write.statement).unwrap_or_default();
            if table <= last { before.push((number, write)) } else { after.push((number, write)) }
        }
        self.waiting = after;
        self.sending(before, true)
    }

    fn sending(&mut self, writes: Vec<(u64, Write)>, freely: bool) -> Vec<Step<Write>> {
        if self.mark.is_some_and(|mark| writes.iter().any(|(number, _)| *number >= mark)) {
            self.mark = None;
        }
        for (_, write) in &writes {
            self.uncount(write.statement);
        }
        self.in_order(writes.into_iter().map(|(_, write)| write).collect(), freely)
    }

    fn uncount(&mut self, statement: &'static Statement) {
        *self.counter(statement) -= 1;
    }

    /// How many changes wait of the table that a statement is of.
    fn counter(&mut self, statement: &Statement) -> &mut usize {
        let Some(table) = table_of(statement) else {
            return &mut self.others;
        };
        if self.of_table.len() <= table {
            self.of_table.resize(table + 1, 0);
        }
        self.of_table.get_mut(table).unwrap_or(&mut self.others)
    }
}

/// The table of a statement that can be done to many rows at once, by its place in the order in which they were made.
fn table_of(statement: &Statement) -> Option<usize> {
    match statement.does {
        Does::Insert(_) | Does::Update(_) => statement.writes.places().next(),
        Does::Other => None,
    }
}

impl Many {
    /// The statement for many rows, made once and kept as long as the program.
    pub fn of(one: &'static Statement) -> Option<Many> {
        let (sql, kinds) = (one.of_many()?, one.kinds()?);
        let (reads, writes) = (one.reads, one.writes);
        let statement = Statement::made(sql, |sql| Statement::raw(reads, writes, sql));
        Some(Many { statement, kinds: kinds.leak() })
    }

    /// The values of many rows, as one array a column.
    pub fn params(&self, rows: Vec<Vec<Param>>) -> Vec<Param> {
        let mut columns: Vec<Param> = self
            .kinds
            .iter()
            .map(|kind| match kind {
                Kind::Text => Param::Texts(Vec::with_capacity(rows.len())),
                Kind::Int => Param::Ints(Vec::with_capacity(rows.len())),
            })
            .collect();
        for row in rows {
            for (column, value) in columns.iter_mut().zip(row) {
                match (column, value) {
                    (Param::Ints(ints), Param::Int(int)) => ints.push(Some(int)),
                    (Param::Ints(ints), _) => ints.push(None),
                    (Param::Texts(texts), Param::Text(text)) => texts.push(Some(text)),
                    (Param::Texts(texts), _) => texts.push(None),
                    _ => {}
                }
            }
        }
        columns
    }
}

/// What the column is called that tells of which question a row is.
pub const PLACE: &str = "of_question";

/// Questions of one statement as one, for which the server makes one plan: each row of an answer tells in a last column of which
/// question it is, counted from 1.
pub fn asked_together<'p>(
    statement: &'static Statement,
    questions: impl Iterator<Item = &'p [Param]> + Clone,
) -> (&'static Statement, Vec<Param>) {
    let count = questions.clone().next().map_or(0, <[Param]>::len);
    let values = |at: usize| questions.clone().map(move |params| params.get(at).cloned().unwrap_or(Param::Null));
    let mut arrays = Vec::with_capacity(count);
    for at in 0..count {
        let int = |value| match value {
            Param::Int(int) => Some(int),
            _ => None,
        };
        let text = |value| match value {
            Param::Text(text) => Some(text),
            _ => None,
        };
        arrays.push(match values(at).any(|value| matches!(value, Param::Text(_))) {
            true => Param::Texts(values(at).map(text).collect()),
            false => Param::Ints(values(at).map(int).collect()),
        });
    }
    let names: Vec<String> = (1..=count).map(|number| format!("c{number}")).collect();
    let unnested: Vec<String> = (1..)
        .zip(&arrays)
        .map(|(number, array)| {
            format!("${number}::{}", if matches!(array, Param::Texts(_)) { "text[]" } else { "bigint[]" })
        })
        .collect();
    // No statement calls a table so, behind which the values could not be seen.
    let one = statement.sql.replace('$', "questions_.c");
    // An offset keeps the server from making one join of it all, for which it reads whole tables where it does not know how large
    // they are, as in the transaction that fills them: each question is answered along its indexes, as it is alone.
    let sql = format!(
        "SELECT q.*, questions_.{PLACE} FROM unnest({}) WITH ORDINALITY AS questions_ ({}, {PLACE}) \
         CROSS JOIN LATERAL ({one} OFFSET 0) q",
        unnested.join(", "),
        names.join(", ")
    );
    let reads = statement.reads;
    (Statement::made(sql, |sql| Statement::query(reads, sql)), arrays)
}

/// What is sent as one statement: rows of some tables, or one kind of change.
#[derive(Debug, PartialEq, Eq)]
pub struct Step<W> {
    /// The changes, those of one statement together.
    pub runs: Vec<Vec<W>>,
    /// Whether they write rows, so that they can be chained.
    pub writes_rows: bool,
}

impl Queue {
    /// Brings changes into the order in which they are sent: rows of one table stand together, tables in the order in which they
    /// were made, so that whatever a row refers to comes before it. No row passes another kind of change; but where `freely`,
    /// rows are written before what is changed of other rows, and if that cannot be it is told by a constraint.
    fn in_order(&mut self, writes: Vec<Write>, freely: bool) -> Vec<Step<Write>> {
        let mut steps = Vec::new();
        let mut rows: Vec<(usize, Vec<Write>)> = Vec::new();
        let mut updates: Vec<Vec<Write>> = Vec::new();
        for write in writes {
            let goes_with =
                |run: &Vec<Write>| run.first().is_some_and(|first| std::ptr::eq(first.statement, write.statement));
            match write.statement.does {
                Does::Insert(_) => {
                    let table = table_of(write.statement).unwrap_or_default();
                    if !freely && !updates.is_empty() {
                        close(&mut rows, &mut updates, &mut steps);
                    }
                    match rows.iter_mut().find(|(known, run)| *known == table && goes_with(run)) {
                        Some((_, run)) => run.push(write),
                        None => rows.push((table, vec![write])),
                    }
                }
                Does::Update(_) => match run_for(&mut updates, &write) {
                    Some(run) => run.push(write),
                    None => updates.push(vec![write]),
                },
                Does::Other => {
                    close(&mut rows, &mut updates, &mut steps);
                    steps.push(Step { runs: vec![vec![write]], writes_rows: false });
                }
            }
        }
        close(&mut rows, &mut updates, &mut steps);
        steps
    }
}

/// The changes that one of a row can go with: those by the same statement, unless the row itself is changed there or behind. What is
/// changed of other rows it may pass, since such a change looks at its own row alone.
fn run_for<'u>(updates: &'u mut [Vec<Write>], write: &Write) -> Option<&'u mut Vec<Write>> {
    for run in updates.iter_mut().rev() {
        let first = run.first()?.statement;
        if table_of(first) == table_of(write.statement) && has_key_of(run, write) {
            return None;
        }
        if std::ptr::eq(first, write.statement) {
            return Some(run);
        }
    }
    None
}

/// Whether a change is one more of the same row, which has to wait for the one before.
fn has_key_of(run: &[Write], write: &Write) -> bool {
    run.iter().any(|other| matches!((other.params.first(), write.params.first()), (Some(Param::Int(a)), Some(Param::Int(b))) if a == b))
}

fn close(rows: &mut Vec<(usize, Vec<Write>)>, updates: &mut Vec<Vec<Write>>, steps: &mut Vec<Step<Write>>) {
    rows.sort_by_key(|(table, _)| *table);
    if !rows.is_empty() {
        steps.push(Step { runs: rows.drain(..).map(|(_, run)| run).collect(), writes_rows: true });
    }
    steps.extend(updates.drain(..).map(|run| Step { runs: vec![run], writes_rows: false }));
}

/// Several statements that write rows as one: `WITH w1 AS (INSERT …), w2 AS (INSERT …) INSERT …`. What a row refers to is
/// looked for when all of them are written.
pub fn chained(statements: &[&str], params: &[usize]) -> String {
    let mut before = 0;
    let mut numbered: Vec<String> = Vec::with_capacity(statements.len());
    for (sql, params) in statements.iter().zip(params) {
        numbered.push(renumbered(sql, before));
        before += params;
    }
    let last = numbered.pop();
    let with: Vec<String> = (1..).zip(numbered).map(|(number, sql)| format!("w{number} AS ({sql})")).collect();
    format!("WITH {} {}", with.join(", "), last.unwrap_or_default())
}

/// The statement with its parameters counted from `before + 1` on.
fn renumbered(sql: &str, before: usize) -> String {
    let mut parts = sql.split('$');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = part.split_at(digits);
        let number = number.parse::<usize>().unwrap_or_default() + before;
        format!("{text}${number}{rest}")
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::statement::{Row, Tables};
    use super::*;
    use crate::{raw, update};

    fn lot() -> &'static Statement {
        let columns = &[("key", Kind::Int), ("id", Kind::Text), ("product", Kind::Int)];
        Row { table: "lot", columns, always: None }.insert(Tables::of(&["lot"]))
    }

    fn product() -> &'static Statement {
        let columns = &[("key", Kind::Int), ("id", Kind::Text)];
        Row { table: "product", columns, always: Some(("type", "goods")) }.insert(Tables::of(&["product"]))
    }

    fn open() -> &'static Statement {
        update!(document (Int, Int, Text): "open = open + $2" if "open + $2 >= 0 AND state = $3")
    }

    fn keys(writes: Vec<Write>) -> Vec<Vec<i64>> {
        let key = |write: &Write| match write.params.first() {
            Some(Param::Int(key)) => *key,
            _ => 0,
        };
        let steps = Queue::default().in_order(writes, false);
        steps.iter().flat_map(|step| &step.runs).map(|run| run.iter().map(key).collect()).collect()
    }

    fn write(statement: &'static Statement, key: i64) -> Write {
        Write { statement, params: vec![Param::Int(key)], of_one: false }
    }

    #[test]
    fn many_rows_are_written_as_one_is() {
        let many = Many::of(product()).unwrap();
        assert_eq!(
            many.statement.sql,
            "INSERT INTO product (key, id, type) SELECT v.c1, v.c2, 'goods' FROM unnest($1::bigint[], $2::text[]) AS v (c1, c2)"
        );
        let rows = vec![vec![Param::Int(1), Param::Text("a".into())], vec![Param::Int(2), Param::Null]];
        assert_eq!(format!("{:?}", many.params(rows)), r#"[Ints([Some(1), Some(2)]), Texts([Some("a"), None])]"#);
        assert!(Many::of(raw!(writes [tag], reads [], "DELETE FROM tag WHERE key = $1")).is_none());
    }

    #[test]
    fn many_rows_are_changed_as_one_is() {
        let many = Many::of(open()).unwrap();
        assert_eq!(
            many.statement.sql,
            "UPDATE document SET open = open + v.c2 FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS v (c1, c2, c3) \
             WHERE key = v.c1 AND open + v.c2 >= 0 AND state = v.c3"
        );
        let writes = vec![
            write(open(), 1),
            write(open(), 2),
            write(open(), 1),
            write(open(), 3),
            write(lot(), 4),
            write(open(), 5),
        ];
        assert_eq!(keys(writes), [vec![1, 2], vec![1, 3], vec![4], vec![5]], "a row is not changed twice at once");
    }

    #[test]
    fn changes_of_a_row_pass_those_of_others() {
        let draft = || update!(document (Int): "state = 'draft'");
        let rename = || update!(product (Int): "name = 'x'");
        let draft_or_open = |first: &'static Statement, second: &'static Statement| {
            vec![write(first, 1), write(second, 2), write(first, 3), write(second, 4)]
        };
        assert_eq!(keys(draft_or_open(open(), rename())), [vec![1, 3], vec![2, 4]]);
        assert_eq!(keys(draft_or_open(open(), draft())), [vec![1, 3], vec![2, 4]]);
        let writes = vec![write(open(), 1), write(rename(), 1), write(open(), 2), write(draft(), 2), write(open(), 2)];
        assert_eq!(keys(writes), [vec![1, 2], vec![1], vec![2], vec![2]], "one of the same row comes behind it");
        let writes = vec![write(open(), 1), write(draft(), 2), write(open(), 2), write(draft(), 1)];
        assert_eq!(keys(writes), [vec![1], vec![2, 1], vec![2]]);
    }

    #[test]
    fn rows_stand_together_behind_what_they_refer_to_and_pass_nothing_else() {
        static SAVEPOINT: Statement = Statement::control("SAVEPOINT command");
        let writes = vec![
            write(lot(), 1),
            write(product(), 2),
            write(lot(), 3),
            write(&SAVEPOINT, 4),
            write(product(), 5),
            write(product(), 6),
        ];
        assert_eq!(keys(writes), [vec![2], vec![1, 3], vec![4], vec![5, 6]]);
        let writes = vec![write(open(), 1), write(lot(), 2), write(open(), 3)];
        let freely = Queue::default().in_order(writes, true);
        assert_eq!(freely.iter().map(|step| step.writes_rows).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn what_is_asked_for_is_sent_first_with_all_that_it_may_refer_to() {
        let sent = |steps: Vec<Step<Write>>| steps.iter().flat_map(|step| &step.runs).map(Vec::len).sum::<usize>();
        let mut queue = Queue::default();
        for write in [write(product(), 1), write(lot(), 2), write(open(), 3), write(lot(), 4)] {
            queue.push(write);
        }
        let asks = |table: &'static str| Statement::query(Tables::of(&[table]), "");
        assert_eq!(sent(queue.take_before(&asks("customer"))), 0);
        assert_eq!(sent(queue.take_before(&asks("lot"))), 3, "a lot is of a product");
        assert_eq!(sent(queue.take_before(&asks("document"))), 1);
        queue.push(write(raw!(writes [tag], reads [], "DELETE FROM tag"), 5));
        queue.push(write(lot(), 6));
        assert_eq!(sent(queue.take_before(&asks("customer"))), 2, "nothing passes what may change anything");
    }

    #[test]
    fn a_command_is_undone_while_nothing_of_it_was_sent() {
        let mut queue = Queue::default();
        queue.push(write(lot(), 1));
        queue.mark();
        queue.push(write(lot(), 2));
        assert!(queue.undo());
        assert_eq!(queue.len(), 1);
        queue.mark();
        queue.push(write(product(), 3));
        queue.take_before(&Statement::query(Tables::of(&["product"]), ""));
        assert!(!queue.undo());
    }

    #[test]
    fn questions_of_one_statement_are_asked_as_one() {
        let one = raw!(writes [], reads [tag], "SELECT key FROM tag WHERE id = $1 AND key > $2");
        let asked = [[Param::Text("a".into()), Param::Int(1)], [Param::Text("b".into()), Param::Null]];
        let (together, params) = asked_together(one, asked.iter().map(<[Param; 2]>::as_slice));
        assert_eq!(
            together.sql,
            "SELECT q.*, questions_.of_question FROM unnest($1::text[], $2::bigint[]) \
             WITH ORDINALITY AS questions_ (c1, c2, of_question) \
             CROSS JOIN LATERAL (SELECT key FROM tag WHERE id = questions_.c1 AND key > questions_.c2 OFFSET 0) q"
        );
        assert_eq!(format!("{params:?}"), r#"[Texts([Some("a"), Some("b")]), Ints([Some(1), None])]"#);
    }

    #[test]
    fn statements_are_chained_with_parameters_of_their_own() {
        assert_eq!(
            chained(&["INSERT INTO a (x, y) VALUES ($1, $2)", "INSERT INTO b (x) VALUES ($1)"], &[2, 1]),
            "WITH w1 AS (INSERT INTO a (x, y) VALUES ($1, $2)) INSERT INTO b (x) VALUES ($3)"
        );
    }
}
