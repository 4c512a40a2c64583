//! Changes that wait to be sent: rows that are written one after the other go together, many of one table as one statement, and
//! only when something asks for their tables.

use std::collections::HashMap;

use tokio_postgres::types::Type;

use super::super::migrate::TABLES;
use super::wire::Param;

/// A change that waits to be sent.
pub struct Write {
    pub sql: &'static str,
    pub params: Vec<Param>,
    /// Whether it must change one row.
    pub of_one: bool,
}

/// The statement that writes many rows as another writes one: `INSERT … VALUES ($1, 0)` becomes
/// `INSERT … SELECT v.c1, 0 FROM unnest($1::bigint[]) AS v (c1)`, and `UPDATE … SET a = $2 WHERE key = $1` becomes
/// `UPDATE … SET a = v.c2 FROM unnest($1::bigint[], $2::bigint[]) AS v (c1, c2) WHERE key = v.c1`.
#[derive(Clone, Copy)]
pub struct Many {
    pub sql: &'static str,
    texts: &'static [bool],
}

/// What a statement does that can be done to many rows at once, and to the table at which place in that order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    /// Writes a row.
    Insert(usize),
    /// Changes the row of the key `$1`.
    Update(usize),
    /// Anything else.
    Other,
}

impl Does {
    fn table(self) -> Option<usize> {
        match self {
            Does::Insert(table) | Does::Update(table) => Some(table),
            Does::Other => None,
        }
    }
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
    /// What statements do, by the place and length of their text.
    known: HashMap<(usize, usize), Does>,
}

impl Queue {
    pub fn push(&mut self, write: Write) {
        *self.counter(write.sql) += 1;
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
            self.uncount(write.sql);
        }
        true
    }

    /// All changes, to be sent.
    pub fn take(&mut self, freely: bool) -> Vec<Step<Write>> {
        let waiting = std::mem::take(&mut self.waiting);
        self.sending(waiting, freely)
    }

    /// The changes that have to be made before that statement, freely ordered: those of the tables that it names, and those
    /// that they may refer to.
    pub fn take_before(&mut self, sql: &str) -> Vec<Step<Write>> {
        if self.others > 0 {
            return self.take(true);
        }
        let named = |(table, _): &(usize, &usize)| TABLES.get(*table).is_some_and(|name| sql.contains(name));
        let last = self.of_table.iter().enumerate().filter(|(_, waiting)| **waiting > 0).rev().find(named);
        let Some((last, _)) = last else {
            return Vec::new();
        };
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for (number, write) in std::mem::take(&mut self.waiting) {
            let table = self.does(write.sql).table().unwrap_or_default();
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
            self.uncount(write.sql);
        }
        self.in_order(writes.into_iter().map(|(_, write)| write).collect(), freely)
    }

    fn uncount(&mut self, sql: &'static str) {
        *self.counter(sql) -= 1;
    }

    /// How many changes wait of the table that a statement is of.
    fn counter(&mut self, sql: &'static str) -> &mut usize {
        let Some(table) = self.does(sql).table() else {
            return &mut self.others;
        };
        if self.of_table.len() <= table {
            self.of_table.resize(table + 1, 0);
        }
        self.of_table.get_mut(table).unwrap_or(&mut self.others)
    }

    fn does(&mut self, sql: &'static str) -> Does {
        let place = |table: &str| TABLES.iter().position(|known| *known == table);
        *self.known.entry((sql.as_ptr() as usize, sql.len())).or_insert_with(|| {
            let inserted = inserted(sql).and_then(|(table, _)| place(table)).map(Does::Insert);
            let updated = || updated(sql).and_then(|(set, _)| place(set.split(' ').nth(1)?)).map(Does::Update);
            inserted.or_else(updated).unwrap_or(Does::Other)
        })
    }
}

/// The table of a statement that writes one row, and the values of that row; none where it does more than that.
fn inserted(sql: &str) -> Option<(&str, &str)> {
    let (table, _) = sql.strip_prefix("INSERT INTO ")?.split_once(' ')?;
    let (_, values) = sql.split_once("VALUES")?;
    let values = values.trim().strip_prefix('(')?.strip_suffix(')')?;
    (!values.contains('(')).then_some((table, values))
}

/// The two halves of a statement that changes the row of the key `$1`: what is set, and the conditions.
fn updated(sql: &str) -> Option<(&str, &str)> {
    let (set, conditions) = sql.strip_prefix("UPDATE ").and_then(|_| sql.split_once(" WHERE "))?;
    (conditions.starts_with("key = $1") && !sql.contains("SELECT")).then_some((set, conditions))
}

impl Many {
    /// The statement for many rows, made once and kept as long as the program; `types` are those of one row's values.
    pub fn of(sql: &'static str, types: &[Type]) -> Option<Many> {
        let texts: Vec<bool> = types.iter().map(|kind| *kind == Type::TEXT).collect();
        let columns: Vec<String> = (1..=types.len()).map(|number| format!("c{number}")).collect();
        let arrays: Vec<String> = (1usize..)
            .zip(&texts)
            .map(|(number, is_text)| format!("${number}::{}[]", if *is_text { "text" } else { "bigint" }))
            .collect();
        let rows = format!("FROM unnest({}) AS v ({})", arrays.join(", "), columns.join(", "));
        let sql = match (inserted(sql), updated(sql)) {
            (Some((_, values)), _) => format!("{}SELECT {values} {rows}", sql.split("VALUES").next()?),
            (_, Some((set, conditions))) => format!("{set} {rows} WHERE {conditions}"),
            _ => return None,
        };
        let sql = in_rows(&sql);
        Some(Many { sql: sql.leak(), texts: texts.leak() })
    }

    /// The values of many rows, as one array a column.
    pub fn params(&self, rows: Vec<Vec<Param>>) -> Vec<Param> {
        let mut columns: Vec<Param> = self
            .texts
            .iter()
            .map(|is_text| match is_text {
                true => Param::Texts(Vec::with_capacity(rows.len())),
                false => Param::Ints(Vec::with_capacity(rows.len())),
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

/// Each `$1` as the column of a row of values that it now is, but for the arrays that the rows are made from.
fn in_rows(sql: &str) -> String {
    sql.split("unnest(").enumerate().fold(String::new(), |text, (part, rest)| match (part, rest.split_once(") AS v")) {
        (0, _) | (_, None) => text + &rest.replace('$', "v.c"),
        (_, Some((arrays, after))) => text + "unnest(" + arrays + ") AS v" + &after.replace('$', "v.c"),
    })
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
            let goes_with = |run: &Vec<Write>| run.first().is_some_and(|first| std::ptr::eq(first.sql, write.sql));
            match self.does(write.sql) {
                Does::Insert(table) => {
                    if !freely && !updates.is_empty() {
                        close(&mut rows, &mut updates, &mut steps);
                    }
                    match rows.iter_mut().find(|(known, run)| *known == table && goes_with(run)) {
                        Some((_, run)) => run.push(write),
                        None => rows.push((table, vec![write])),
                    }
                }
                Does::Update(_) => match updates.last_mut().filter(|run| goes_with(run) && !has_key_of(run, &write)) {
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
    use super::*;

    const LOT: &str = "INSERT INTO lot (key, id, product) VALUES ($1, $2, $3)";
    const PRODUCT: &str = "INSERT INTO product (key, id, price, type) VALUES ($1, $2, 0, 'goods')";

    const OPEN: &str = "UPDATE document SET open = open + $2 WHERE key = $1 AND open + $2 >= 0 AND state = $3";

    fn keys(writes: Vec<Write>) -> Vec<Vec<i64>> {
        let key = |write: &Write| match write.params.first() {
            Some(Param::Int(key)) => *key,
            _ => 0,
        };
        let steps = Queue::default().in_order(writes, false);
        steps.iter().flat_map(|step| &step.runs).map(|run| run.iter().map(key).collect()).collect()
    }

    fn write(sql: &'static str, key: i64) -> Write {
        Write { sql, params: vec![Param::Int(key)], of_one: false }
    }

    #[test]
    fn many_rows_are_written_as_one_is() {
        let many = Many::of(PRODUCT, &[Type::INT8, Type::TEXT]).unwrap();
        assert_eq!(
            many.sql,
            "INSERT INTO product (key, id, price, type) SELECT v.c1, v.c2, 0, 'goods' FROM unnest($1::bigint[], $2::text[]) AS v (c1, c2)"
        );
        let rows = vec![vec![Param::Int(1), Param::Text("a".into())], vec![Param::Int(2), Param::Null]];
        assert_eq!(format!("{:?}", many.params(rows)), r#"[Ints([Some(1), Some(2)]), Texts([Some("a"), None])]"#);
        for other in [
            "INSERT INTO tag (key) VALUES ($1) ON CONFLICT (key) DO NOTHING",
            "INSERT INTO tag (key) SELECT key FROM stage",
            "INSERT INTO nosuch (key) VALUES ($1)",
            "UPDATE tag SET id = $1",
            "UPDATE tag SET id = $2 WHERE key = $1 AND EXISTS (SELECT 1 FROM stage)",
            "DELETE FROM tag WHERE key = $1",
        ] {
            assert_eq!(Queue::default().does(other), Does::Other, "{other}");
        }
    }

    #[test]
    fn many_rows_are_changed_as_one_is() {
        let many = Many::of(OPEN, &[Type::INT8, Type::INT8, Type::TEXT]).unwrap();
        assert_eq!(
            many.sql,
            "UPDATE document SET open = open + v.c2 FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS v (c1, c2, c3) \
             WHERE key = v.c1 AND open + v.c2 >= 0 AND state = v.c3"
        );
        let writes =
            vec![write(OPEN, 1), write(OPEN, 2), write(OPEN, 1), write(OPEN, 3), write(LOT, 4), write(OPEN, 5)];
        assert_eq!(keys(writes), [vec![1, 2], vec![1, 3], vec![4], vec![5]], "a row is not changed twice at once");
    }

    #[test]
    fn rows_stand_together_behind_what_they_refer_to_and_pass_nothing_else() {
        let writes = vec![
            write(LOT, 1),
            write(PRODUCT, 2),
            write(LOT, 3),
            write("SAVEPOINT command", 4),
            write(PRODUCT, 5),
            write(PRODUCT, 6),
        ];
        assert_eq!(keys(writes), [vec![2], vec![1, 3], vec![4], vec![5, 6]]);
        let writes = vec![write(OPEN, 1), write(LOT, 2), write(OPEN, 3)];
        let freely = Queue::default().in_order(writes, true);
        assert_eq!(freely.iter().map(|step| step.writes_rows).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn what_is_asked_for_is_sent_first_with_all_that_it_may_refer_to() {
        let sent = |steps: Vec<Step<Write>>| steps.iter().flat_map(|step| &step.runs).map(Vec::len).sum::<usize>();
        let mut queue = Queue::default();
        for write in [write(PRODUCT, 1), write(LOT, 2), write(OPEN, 3), write(LOT, 4)] {
            queue.push(write);
        }
        assert_eq!(sent(queue.take_before("SELECT id FROM customer")), 0);
        assert_eq!(sent(queue.take_before("SELECT id FROM lot")), 3, "a lot is of a product");
        assert_eq!(sent(queue.take_before("SELECT id FROM document")), 1);
        queue.push(write("DELETE FROM tag", 5));
        queue.push(write(LOT, 6));
        assert_eq!(sent(queue.take_before("SELECT id FROM customer")), 2, "nothing passes what may change anything");
    }

    #[test]
    fn a_command_is_undone_while_nothing_of_it_was_sent() {
        let mut queue = Queue::default();
        queue.push(write(LOT, 1));
        queue.mark();
        queue.push(write(LOT, 2));
        assert!(queue.undo());
        assert_eq!(queue.len(), 1);
        queue.mark();
        queue.push(write(PRODUCT, 3));
        queue.take_before("SELECT id FROM product");
        assert!(!queue.undo());
    }

    #[test]
    fn statements_are_chained_with_parameters_of_their_own() {
        assert_eq!(
            chained(&["INSERT INTO a (x, y) VALUES ($1, $2)", "INSERT INTO b (x) VALUES ($1)"], &[2, 1]),
            "WITH w1 AS (INSERT INTO a (x, y) VALUES ($1, $2)) INSERT INTO b (x) VALUES ($3)"
        );
    }
}
