//! Values that are bound to a statement.

use std::borrow::Cow;

use crate::domain::value::day::{Day, Instant};
use crate::domain::value::money::{Currency, Money};
use crate::domain::value::quantity::{Percent, Price, Quantity};
use crate::domain::value::reference::Reference;

/// A value bound to a statement. Everything is a whole number, a text or nothing.
#[derive(Debug, Clone)]
pub enum Value<'a> {
    Null,
    Int(i64),
    Text(Cow<'a, str>),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}
impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Value::Int(i64::from(value))
    }
}
impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Value::Text(Cow::Borrowed(value))
    }
}
impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Value::Text(Cow::Borrowed(value))
    }
}
impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Value::Text(Cow::Owned(value))
    }
}
impl From<Quantity> for Value<'_> {
    fn from(value: Quantity) -> Self {
        Value::Int(value.millionths())
    }
}
impl From<Price> for Value<'_> {
    fn from(value: Price) -> Self {
        Value::Int(value.millionths())
    }
}
impl From<Percent> for Value<'_> {
    fn from(value: Percent) -> Self {
        Value::Int(value.millionths())
    }
}
impl From<Money> for Value<'_> {
    fn from(value: Money) -> Self {
        Value::Int(value.minor)
    }
}
impl From<Day> for Value<'_> {
    fn from(value: Day) -> Self {
        Value::Text(Cow::Owned(value.to_string()))
    }
}
impl From<Instant> for Value<'_> {
    fn from(value: Instant) -> Self {
        Value::Text(Cow::Owned(value.to_string()))
    }
}
impl From<Currency> for Value<'_> {
    fn from(value: Currency) -> Self {
        Value::Text(Cow::Owned(value.to_string()))
    }
}
impl From<&Reference> for Value<'_> {
    fn from(value: &Reference) -> Self {
        Value::Int(value.key)
    }
}
impl<'a, T> From<Option<T>> for Value<'a>
where
    Value<'a>: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Value::from)
    }
}
impl<'a> From<&'a Option<String>> for Value<'a> {
    fn from(value: &'a Option<String>) -> Self {
        value.as_deref().map_or(Value::Null, Value::from)
    }
}
impl<'a> From<&'a Option<Reference>> for Value<'a> {
    fn from(value: &'a Option<Reference>) -> Self {
        value.as_ref().map_or(Value::Null, Value::from)
    }
}

/// Binds values to a statement's `$1, $2, …` in order.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::store::Value::from($value)),*] };
}
