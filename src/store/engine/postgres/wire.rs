//! Values on their way to the server and back: whole numbers, texts and nothing.

use std::error::Error;

use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::super::{Result, StoreError, Value};

/// A value that outlives the call which sends it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Param {
    Null,
    Int(i64),
    Text(String),
    /// The values of a column in many rows.
    Ints(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
}

impl Param {
    pub fn of(value: &Value<'_>) -> Param {
        match value {
            Value::Null => Param::Null,
            Value::Int(int) => Param::Int(*int),
            Value::Text(text) => Param::Text(text.clone().into_owned()),
        }
    }

    /// The type that the value is bound as; of nothing the statement itself says what it would be.
    pub fn type_of(&self) -> Type {
        match self {
            Param::Null => Type::UNKNOWN,
            Param::Int(_) => Type::INT8,
            Param::Text(_) => Type::TEXT,
            Param::Ints(_) => Type::INT8_ARRAY,
            Param::Texts(_) => Type::TEXT_ARRAY,
        }
    }

    pub fn typed(self) -> (Param, Type) {
        let kind = self.type_of();
        (self, kind)
    }
}

impl ToSql for Param {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Param::Null => Ok(IsNull::Yes),
            Param::Int(int) if *kind == Type::INT4 => i32::try_from(*int)?.to_sql(kind, out),
            Param::Int(int) if *kind == Type::INT8 => int.to_sql(kind, out),
            Param::Text(text) if *kind == Type::TEXT => text.to_sql(kind, out),
            Param::Ints(ints) if *kind == Type::INT8_ARRAY => ints.to_sql(kind, out),
            Param::Texts(texts) if *kind == Type::TEXT_ARRAY => texts.to_sql(kind, out),
            _ => Err(format!("the statement asks for a value of the type {kind}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A column as it came.
enum Cell<'a> {
    Null,
    Int(i64),
    Text(&'a str),
}

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> std::result::Result<Cell<'a>, Box<dyn Error + Sync + Send>> {
        match *kind {
            Type::INT8 => i64::from_sql(kind, raw).map(Cell::Int),
            Type::INT4 => i32::from_sql(kind, raw).map(|int| Cell::Int(i64::from(int))),
            Type::BOOL => bool::from_sql(kind, raw).map(|switch| Cell::Int(i64::from(switch))),
            _ => <&str>::from_sql(kind, raw).map(Cell::Text),
        }
    }

    fn from_sql_null(_: &Type) -> std::result::Result<Cell<'a>, Box<dyn Error + Sync + Send>> {
        Ok(Cell::Null)
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::INT4 | Type::BOOL) || <&str as FromSql<'_>>::accepts(kind)
    }
}

pub fn int(row: &tokio_postgres::Row, column: usize) -> Result<Option<i64>> {
    match cell(row, column)? {
        Cell::Null => Ok(None),
        Cell::Int(int) => Ok(Some(int)),
        Cell::Text(_) => Err(StoreError::Damaged(format!("column {column} holds a text instead of a number"))),
    }
}

pub fn text(row: &tokio_postgres::Row, column: usize) -> Result<Option<&str>> {
    match cell(row, column)? {
        Cell::Null => Ok(None),
        Cell::Text(text) => Ok(Some(text)),
        Cell::Int(_) => Err(StoreError::Damaged(format!("column {column} holds a number instead of a text"))),
    }
}

/// A column as it would be asked by.
pub fn value(row: &tokio_postgres::Row, column: usize) -> Param {
    match cell(row, column) {
        Ok(Cell::Int(int)) => Param::Int(int),
        Ok(Cell::Text(text)) => Param::Text(text.to_owned()),
        Ok(Cell::Null) | Err(_) => Param::Null,
    }
}

fn cell(row: &tokio_postgres::Row, column: usize) -> Result<Cell<'_>> {
    row.try_get(column).map_err(|error| StoreError::Fault(error.to_string()))
}
