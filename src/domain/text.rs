//! Values that are one text outside: shown by `Display`, read by `FromStr`, by flags and JSON alike.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer, MapAccess, Visitor};

/// Reads one text and gives it to `FromStr`; `expecting` is what a value of another kind is told was wanted.
pub fn read_text<'de, D, T>(deserializer: D, expecting: &'static str) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    deserializer.deserialize_any(TextVisitor { expecting, value: PhantomData })
}

struct TextVisitor<T> {
    expecting: &'static str,
    value: PhantomData<T>,
}

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.expecting)
    }

    // Borrowed and owned texts come here too: their default is this method.
    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// Gives a type with `Display` and `FromStr` its serde form: `text_value!(Day, "a day such as 2026-11-23")`.
macro_rules! text_value {
    ($name:ty, $expecting:literal) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::domain::text::read_text(deserializer, $expecting)
            }
        }
    };
}

/// An enum of fixed words: `choices! { pub enum Priority: "priority" { Low = "low", … } }`, shown, read and stored by them.
macro_rules! choices {
    ($(#[$doc:meta])* pub enum $name:ident: $what:literal { $($(#[$case_doc:meta])* $case:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$case_doc])* $case),+ }

        impl $name {
            /// Every choice, in order.
            pub const ALL: &'static [$name] = &[$($name::$case),+];

            /// The word for it.
            pub const fn word(self) -> &'static str {
                match self { $($name::$case => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok($name::$case),)+
                    _ => Err(format!("{text:?} is no {}; it is one of {}", $what, [$($word),+].join(", "))),
                }
            }
        }

        $crate::domain::text::text_value!($name, $what);
    };
}

/// What was typed for a value that can be emptied: the empty text, or the value (contract, section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrEmpty<T> {
    Empty,
    Value(T),
}

impl<T> OrEmpty<T> {
    /// The value, none where it was emptied.
    pub fn value(self) -> Option<T> {
        match self {
            OrEmpty::Empty => None,
            OrEmpty::Value(value) => Some(value),
        }
    }
}

impl<T: FromStr> FromStr for OrEmpty<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        if text.is_empty() { Ok(OrEmpty::Empty) } else { text.parse().map(OrEmpty::Value) }
    }
}

impl<T: fmt::Display> serde::Serialize for OrEmpty<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            OrEmpty::Empty => serializer.serialize_str(""),
            OrEmpty::Value(value) => serializer.collect_str(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OrEmpty<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OrEmptyVisitor(PhantomData))
    }
}

/// Takes the empty text for itself; whatever else was given is the value's own to read, so that its messages stay.
struct OrEmptyVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OrEmptyVisitor<T> {
    type Value = OrEmpty<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<OrEmpty<T>, E> {
        if text.is_empty() {
            return Ok(OrEmpty::Empty);
        }
        T::deserialize(text.into_deserializer()).map(OrEmpty::Value)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<OrEmpty<T>, E> {
        T::deserialize(flag.into_deserializer()).map(OrEmpty::Value)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OrEmpty<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(OrEmpty::Value)
    }
}

pub(crate) use choices;
pub(crate) use text_value;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Even(u32);

    impl fmt::Display for Even {
        fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
            write!(f, "{}", self.0)
        }
    }

    impl FromStr for Even {
        type Err = String;

        fn from_str(text: &str) -> Result<Self, String> {
            match text.parse() {
                Ok(n) if n % 2 == 0 => Ok(Even(n)),
                _ => Err(format!("{text} is odd")),
            }
        }
    }

    text_value!(Even, "an even number");

    #[test]
    fn a_value_is_its_text() {
        assert_eq!(serde_json::to_string(&Even(4)).unwrap(), r#""4""#);
        assert_eq!(serde_json::from_str::<Even>(r#""4""#).unwrap(), Even(4));
        // An escape makes serde_json hand out a text of its own instead of a borrowed one.
        assert_eq!(serde_json::from_str::<Even>(r#""\u0034""#).unwrap(), Even(4));
    }

    #[test]
    fn the_empty_text_is_told_from_a_value() {
        for (json, read) in [(r#""""#, OrEmpty::Empty), (r#""4""#, OrEmpty::Value(Even(4)))] {
            assert_eq!(serde_json::from_str::<OrEmpty<Even>>(json).unwrap(), read);
            assert_eq!(serde_json::to_string(&read).unwrap(), json);
        }
        for (json, fault) in [(r#""3""#, "3 is odd"), ("true", "expected an even number"), ("[]", "expected a value")] {
            let error = serde_json::from_str::<OrEmpty<Even>>(json).unwrap_err();
            assert!(error.to_string().contains(fault), "{error}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let odd = serde_json::from_str::<Even>(r#""3""#).unwrap_err();
        assert!(odd.to_string().starts_with("3 is odd"), "{odd}");
        let other = serde_json::from_str::<Even>("[]").unwrap_err();
        assert!(other.to_string().contains("expected an even number"), "{other}");
    }
}
