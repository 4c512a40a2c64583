//! Rows of an answer, and what their columns can be read as.

use std::str::FromStr;

use super::{Result, StoreError, postgres, sqlite};
use crate::domain::value::day::{Day, Instant};
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::quantity::{Percent, Price, Quantity};
use crate::domain::value::reference::Reference;

/// One row of an answer; columns are counted from 0.
pub struct Row<'a>(pub(super) RowOf<'a>);

pub(super) enum RowOf<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// The column as `T`; a value of another shape is a damaged store.
    pub fn get<T: Column>(&self, column: usize) -> Result<T> {
        T::read(self, column)
    }

    /// Two columns, key and shown id, as a reference.
    pub fn reference(&self, column: usize) -> Result<Reference> {
        Ok(Reference { key: self.get(column)?, id: self.get(column + 1)? })
    }

    /// Two columns, key and shown id, both null where there is no such reference.
    pub fn optional_reference(&self, column: usize) -> Result<Option<Reference>> {
        match self.int(column)? {
            Some(key) => Ok(Some(Reference { key, id: self.get(column + 1)? })),
            None => Ok(None),
        }
    }

    /// An amount in minor units of `currency`.
    pub fn money(&self, column: usize, currency: Currency) -> Result<Money> {
        Ok(Money { minor: self.get(column)?, currency })
    }

    /// A value that is stored as its text, if there is one.
    pub fn parsed<T: FromStr>(&self, column: usize) -> Result<Option<T>> {
        let Some(text) = self.text(column)? else {
            return Ok(None);
        };
        match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(StoreError::Damaged(format!("{text:?} is not stored as it should be"))),
        }
    }

    /// Two columns, code and digits, as a currency.
    pub fn currency(&self, column: usize) -> Result<Currency> {
        let code = self.text(column)?.ok_or_else(|| missing(column))?;
        let digits: i64 = self.get(column + 1)?;
        u32::try_from(digits)
            .ok()
            .and_then(|digits| Currency::new(code, digits))
            .ok_or_else(|| StoreError::Damaged(format!("{code} with {digits} digits is no currency")))
    }

    fn int(&self, column: usize) -> Result<Option<i64>> {
        match &self.0 {
            RowOf::Sqlite(row) => sqlite::int(row, column),
            RowOf::Postgres(row) => postgres::int(row, column),
        }
    }

    /// The column as a text, where there is one.
    pub fn text(&self, column: usize) -> Result<Option<&str>> {
        match &self.0 {
            RowOf::Sqlite(row) => sqlite::text(row, column),
            RowOf::Postgres(row) => postgres::text(row, column),
        }
    }
}

/// What a column can be read as.
pub trait Column: Sized {
    /// Reads column `column` of `row`.
    fn read(row: &Row<'_>, column: usize) -> Result<Self>;
}

/// A column that must hold something, and does not.
pub fn missing(column: usize) -> StoreError {
    StoreError::Damaged(format!("column {column} of an answer is empty"))
}

impl Column for i64 {
    fn read(row: &Row<'_>, column: usize) -> Result<Self> {
        row.int(column)?.ok_or_else(|| missing(column))
    }
}
impl Column for Option<i64> {
    fn read(row: &Row<'_>, column: usize) -> Result<Self> {
        row.int(column)
    }
}
impl Column for bool {
    fn read(row: &Row<'_>, column: usize) -> Result<Self> {
        Ok(i64::read(row, column)? != 0)
    }
}
impl Column for String {
    fn read(row: &Row<'_>, column: usize) -> Result<Self> {
        row.text(column)?.map(str::to_owned).ok_or_else(|| missing(column))
    }
}
impl Column for Option<String> {
    fn read(row: &Row<'_>, column: usize) -> Result<Self> {
        Ok(row.text(column)?.map(str::to_owned))
    }
}

macro_rules! column_of_millionths {
    ($($kind:ident),*) => { $(
        impl Column for $kind {
            fn read(row: &Row<'_>, column: usize) -> Result<Self> {
                i64::read(row, column).map($kind::from_millionths)
            }
        }
        impl Column for Option<$kind> {
            fn read(row: &Row<'_>, column: usize) -> Result<Self> {
                Ok(row.int(column)?.map($kind::from_millionths))
            }
        }
    )* };
}
column_of_millionths!(Quantity, Price, Percent);

/// Makes types that are stored as their text readable from a column.
#[macro_export]
macro_rules! column_of_text {
    ($($kind:ty),* $(,)?) => { $(
        impl $crate::store::Column for $kind {
            fn read(row: &$crate::store::Row<'_>, column: usize) -> $crate::store::Result<Self> {
                row.parsed(column)?.ok_or_else(|| $crate::store::engine::row::missing(column))
            }
        }
        impl $crate::store::Column for Option<$kind> {
            fn read(row: &$crate::store::Row<'_>, column: usize) -> $crate::store::Result<Self> {
                row.parsed(column)
            }
        }
    )* };
}
column_of_text!(Day, Instant);
