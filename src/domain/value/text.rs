//! Values that are one text outside: shown by `Display`, read by `FromStr`, by flags and JSON alike.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer, MapAccess, Visitor};

/// Letters and digits alone, in small ones: names of other systems are compared so.
pub fn letters_and_digits(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

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
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
                $crate::domain::value::text::read_text(deserializer, $expecting)
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
            /// The word for every choice, in order.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

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
            fn from_str(text: &str) -> std::result::Result<Self, String> {
                match text {
                    $($word => Ok($name::$case),)+
                    _ => Err(format!("{text:?} is no {}; it is one of {}", $what, [$($word),+].join(", "))),
                }
            }
        }

        $crate::domain::value::text::text_value!($name, $what);
    };
}

/// What a flag sets a field to: a value, or nothing where the text is empty (contract, section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting<T>(pub Option<T>);

impl<T: FromStr> FromStr for Setting<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        if text.is_empty() { Ok(Setting(None)) } else { text.parse().map(|value| Setting(Some(value))) }
    }
}

impl<T: fmt::Display> fmt::Display for Setting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |value| value.fmt(f))
    }
}

impl<T: fmt::Display> serde::Serialize for Setting<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Setting<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SettingVisitor(PhantomData))
    }
}

/// Takes the empty text for itself; whatever else was given is the value's own to read, so that its messages stay.
struct SettingVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for SettingVisitor<T> {
    type Value = Setting<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value, or an empty text for none")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Setting<T>, E> {
        if text.is_empty() {
            return Ok(Setting(None));
        }
        T::deserialize(text.into_deserializer()).map(|value| Setting(Some(value)))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Setting<T>, E> {
        T::deserialize(flag.into_deserializer()).map(|value| Setting(Some(value)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Setting<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|value| Setting(Some(value)))
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
    fn an_empty_text_sets_nothing() {
        assert_eq!(serde_json::from_str::<Setting<Even>>(r#""4""#).unwrap(), Setting(Some(Even(4))));
        assert_eq!(serde_json::from_str::<Setting<Even>>(r#""""#).unwrap(), Setting(None));
        assert!(serde_json::from_str::<Setting<Even>>(r#""3""#).is_err());
        assert_eq!(serde_json::to_string(&[Setting(Some(Even(4))), Setting(None)]).unwrap(), r#"["4",""]"#);
        for (json, fault) in [("true", "expected an even number"), ("[]", "expected a value")] {
            let error = serde_json::from_str::<Setting<Even>>(json).unwrap_err();
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
