//! Rows that are written one after the other, sent together: many of one table become one statement.

use std::collections::HashMap;

use tokio_postgres::types::Type;

use super::super::migrate;
use super::wire::Param;

/// A change that waits to be sent.
pub struct Write {
    pub sql: &'static str,
    pub params: Vec<Param>,
    /// Whether it must change one row.
    pub of_one: bool,
}

/// The statement that writes many rows as another writes one: `INSERT … VALUES ($1, 0)` becomes
/// `INSERT … SELECT v.c1, 0 FROM unnest($1::bigint[]) AS v (c1)`.
#[derive(Clone, Copy)]
pub struct Many {
    pub sql: &'static str,
    texts: &'static [bool],
}

/// Which statements write rows that can be sent together, and where their tables stand.
#[derive(Default)]
pub struct Inserts(HashMap<(usize, usize), Option<usize>>);

impl Inserts {
    /// The place of the table that a statement writes one plain row of, among the tables in the order in which they were made;
    /// none for any other statement.
    pub fn table_of(&mut self, sql: &'static str) -> Option<usize> {
        *self.0.entry((sql.as_ptr() as usize, sql.len())).or_insert_with(|| {
            let (table, _) = plain(sql)?;
            migrate::made().position(|made| made.table == table)
        })
    }
}

/// The table of a statement that writes one row, and the values of that row; none where it does more than that.
fn plain(sql: &str) -> Option<(&str, &str)> {
    let (table, _) = sql.strip_prefix("INSERT INTO ")?.split_once(' ')?;
    let (_, values) = sql.split_once("VALUES")?;
    let values = values.trim().strip_prefix('(')?.strip_suffix(')')?;
    (!values.contains('(') && !values.contains("SELECT")).then_some((table, values))
}

impl Many {
    /// The statement for many rows, made once and kept as long as the program; `types` are those of one row's values.
    pub fn of(sql: &'static str, types: &[Type]) -> Option<Many> {
        let (head, _) = sql.split_once("VALUES")?;
        let (_, values) = plain(sql)?;
        let texts: Vec<bool> = types.iter().map(|kind| *kind == Type::TEXT).collect();
        let columns: Vec<String> = (1..=types.len()).map(|number| format!("c{number}")).collect();
        let arrays: Vec<String> = (1usize..)
            .zip(&texts)
            .map(|(number, is_text)| format!("${number}::{}[]", if *is_text { "text" } else { "bigint" }))
            .collect();
        let values = values.replace('$', "v.c");
        let sql = format!("{head}SELECT {values} FROM unnest({}) AS v ({})", arrays.join(", "), columns.join(", "));
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

/// Brings changes into the order in which they are sent: rows of one table stand together, tables in the order in which they
/// were made, so that whatever a row refers to comes before it. No row passes another kind of change.
pub fn in_order(writes: Vec<Write>, inserts: &mut Inserts) -> Vec<Vec<Write>> {
    let mut runs: Vec<Vec<Write>> = Vec::new();
    let mut tables: Vec<(usize, Vec<Write>)> = Vec::new();
    for write in writes {
        match inserts.table_of(write.sql) {
            Some(table) => match tables.iter_mut().find(|(known, run)| {
                *known == table && run.first().is_some_and(|first| std::ptr::eq(first.sql, write.sql))
            }) {
                Some((_, run)) => run.push(write),
                None => tables.push((table, vec![write])),
            },
            None => {
                close(&mut tables, &mut runs);
                runs.push(vec![write]);
            }
        }
    }
    close(&mut tables, &mut runs);
    runs
}

fn close(tables: &mut Vec<(usize, Vec<Write>)>, runs: &mut Vec<Vec<Write>>) {
    tables.sort_by_key(|(table, _)| *table);
    runs.extend(tables.drain(..).map(|(_, run)| run));
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOT: &str = "INSERT INTO lot (key, id, product) VALUES ($1, $2, $3)";
    const PRODUCT: &str = "INSERT INTO product (key, id, price, type) VALUES ($1, $2, 0, 'goods')";

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
            "UPDATE tag SET id = $1",
            "INSERT INTO nosuch (key) VALUES ($1)",
        ] {
            assert_eq!(Inserts::default().table_of(other), None, "{other}");
        }
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
        let keys: Vec<Vec<String>> = in_order(writes, &mut Inserts::default())
            .iter()
            .map(|run| run.iter().map(|write| format!("{:?}", write.params)).collect())
            .collect();
        assert_eq!(
            keys,
            [vec!["[Int(2)]"], vec!["[Int(1)]", "[Int(3)]"], vec!["[Int(4)]"], vec!["[Int(5)]", "[Int(6)]"]]
        );
    }
}
