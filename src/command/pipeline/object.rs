//! The command object: how flags or a JSON line become a command struct.
//!
//! Both roads meet in pairs of a name and what was given for it. A struct is filled from the pairs by one deserializer, so a
//! flag and a JSON key have one parser and one message. Numbers are taken from their text; nothing passes through a float.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::de::{self, DeserializeOwned, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::domain::{Error, Fault, code};

/// What was given for one name.
#[derive(Debug, Clone)]
pub enum Given<'a> {
    /// A JSON value, as its text.
    Json(&'a RawValue),
    /// One text: a flag's value, or a piece of a JSON object.
    Text(Cow<'a, str>),
    /// The values of a repeatable flag.
    Texts(Vec<String>),
    /// A switch.
    Switch(bool),
}

/// The names and values of one command, without `command` and `key`.
pub type Pairs<'a> = Vec<(Cow<'a, str>, Given<'a>)>;

/// How deep a line's lists and objects may nest (contract, section 4).
const DEEPEST: usize = 128;

/// Reads a line of bulk input into pairs: one JSON object, in reasonable depth.
pub fn pairs_of_line(text: &str) -> Result<Pairs<'_>, ObjectFault> {
    if is_too_deep(text) {
        let message = format!("the line nests lists and objects more than {DEEPEST} deep");
        return Err(ObjectFault { code: "usage", ..ObjectFault::invalid(message) });
    }
    pairs_of_json(text)
}

fn is_too_deep(text: &str) -> bool {
    // Most lines have too few brackets for that, wherever they stand.
    if text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count() <= DEEPEST {
        return false;
    }
    let (mut depth, mut in_text, mut escaped) = (0usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return true;
        }
    }
    false
}

/// Reads one JSON object into pairs, refusing a key given twice.
pub fn pairs_of_json(text: &str) -> Result<Pairs<'_>, ObjectFault> {
    serde_json::from_str::<RawPairs<'_>>(text).map(|pairs| pairs.0).map_err(|error| match error.to_string() {
        message if message.starts_with(TWICE) => {
            let message = message.rsplit_once(" at line").map_or(message.as_str(), |(message, _)| message);
            let field = message.strip_prefix(TWICE).map(str::to_owned);
            ObjectFault { field, ..ObjectFault::invalid(message.to_owned()) }
        }
        message => ObjectFault { code: "usage", ..ObjectFault::invalid(format!("not a JSON object: {message}")) },
    })
}

/// So many keys are few.
const FEW: usize = 32;

const TWICE: &str = "the key is given twice: ";

struct RawPairs<'a>(Pairs<'a>);

impl<'de> de::Deserialize<'de> for RawPairs<'de> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = RawPairs<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs: Pairs<'de> = Vec::with_capacity(8);
                // A few keys are compared; where there are many, that would be the square of them.
                let mut names: HashSet<Cow<'de, str>> = HashSet::new();
                while let Some(CowStr(name)) = map.next_key::<CowStr<'de>>()? {
                    if pairs.len() == FEW {
                        names = pairs.iter().map(|(known, _)| known.clone()).collect();
                    }
                    let is_twice = match pairs.len() < FEW {
                        true => pairs.iter().any(|(known, _)| *known == name),
                        false => !names.insert(name.clone()),
                    };
                    if is_twice {
                        return Err(de::Error::custom(format!("{TWICE}{name}")));
                    }
                    pairs.push((name, Given::Json(map.next_value::<&'de RawValue>()?)));
                }
                Ok(RawPairs(pairs))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// A text borrowed from the input where it holds no escape.
struct CowStr<'a>(Cow<'a, str>);

impl<'de> de::Deserialize<'de> for CowStr<'de> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = CowStr<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(CowStr(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(CowStr(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

/// A value or name that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectFault {
    pub code: &'static str,
    pub field: Option<String>,
    pub given: Option<String>,
    pub message: String,
}

impl ObjectFault {
    pub(in crate::command) fn invalid(message: String) -> ObjectFault {
        ObjectFault { code: "invalid_value", field: None, given: None, message }
    }

    /// Whether it is of a key that the command does not have.
    pub fn is_unknown_key(&self) -> bool {
        self.code == UNKNOWN_KEY
    }

    /// A key that the command does not have; the one of `names` that was meant is named, all where none is near.
    pub fn unknown(name: &str, command: &str, names: &[&str]) -> ObjectFault {
        let message = match nearest(name, names.iter().copied()) {
            Some(known) => format!("{command} has no key {name}; did you mean {known}?"),
            None if names.is_empty() => format!("{command} has no key {name}"),
            None => format!("{command} has no key {name}; it has {}", names.join(", ")),
        };
        ObjectFault { code: UNKNOWN_KEY, field: Some(name.to_owned()), given: None, message }
    }
}

const UNKNOWN_KEY: &str = "unknown_key";

/// The word that was meant by one that is not known: one letter off, or a third of the letters.
pub fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let letters = word.chars().count();
    // What is much longer than any name is no slip of the keyboard, and comparing it would take its time.
    let most = Some(letters / 3).filter(|_| letters <= 64)?.max(1);
    let distance = |known: &str| strsim::osa_distance(word, known);
    known
        .map(|known| (distance(known), known))
        .filter(|(off, _)| *off <= most)
        .min_by_key(|(off, _)| *off)
        .map(|(_, known)| known)
}

/// The end of a sentence about a word that is not known: the one that was meant, where one is near.
pub fn meant<'k>(given: &str, known: impl Iterator<Item = &'k str>) -> String {
    nearest(given, known).map(|near| format!("; did you mean {near}?")).unwrap_or_default()
}

impl From<ObjectFault> for Fault {
    fn from(fault: ObjectFault) -> Self {
        Fault {
            code: fault.code,
            exit: code::exit_of(fault.code),
            message: fault.message,
            field: fault.field,
            given: fault.given,
            allowed: None,
            hint: None,
            line: None,
            others: Vec::new(),
            findings: Vec::new(),
        }
    }
}

impl From<ObjectFault> for Error {
    fn from(fault: ObjectFault) -> Self {
        Fault::from(fault).into()
    }
}

impl std::fmt::Display for ObjectFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}
impl std::error::Error for ObjectFault {}
impl de::Error for ObjectFault {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        ObjectFault::invalid(message.to_string())
    }
    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        ObjectFault::unknown(field, "the object", expected)
    }
    fn missing_field(field: &'static str) -> Self {
        ObjectFault {
            code: "missing_field",
            field: Some(field.to_owned()),
            given: None,
            message: format!("{field} is needed"),
        }
    }
}

/// A command read from its pairs: whole, or with the faults found and what could be read without the faulty values.
pub enum Filled<T> {
    Whole(T),
    Faulty { rest: Option<T>, faults: Vec<ObjectFault> },
}

/// Fills a command struct. `names` are the command's own, in the order of its flags; faults are told in that order. The first
/// name that the command does not have ends it: what else is wrong of something that was not meant is of no use.
pub fn fill<T: DeserializeOwned>(mut pairs: Pairs<'_>, command: &str, names: &[&str]) -> Filled<T> {
    let place = |name: &str| names.iter().position(|known| *known == name);
    if let Some((name, _)) = pairs.iter().find(|(name, _)| place(name).is_none()) {
        return Filled::Faulty { rest: None, faults: vec![ObjectFault::unknown(name, command, names)] };
    }
    // What is null is absent (contract, section 4).
    pairs.retain(|(_, given)| !given.is_null());
    turn_off_by_twin(&mut pairs, names);
    pairs.sort_by_cached_key(|(name, _)| place(name));

    let (whole, mut faults) = fill_known(pairs);
    match whole {
        Some(whole) if faults.is_empty() => Filled::Whole(whole),
        rest => {
            faults.sort_by_key(|fault| fault.field.as_deref().and_then(place));
            Filled::Faulty { rest, faults }
        }
    }
}

/// A struct from pairs whose names it knows. Each turn that finds a fault takes the faulty value away, or fills a missing one
/// with an empty text, so that what else is wrong can be seen.
fn fill_known<T: DeserializeOwned>(mut pairs: Pairs<'_>) -> (Option<T>, Vec<ObjectFault>) {
    let mut faults: Vec<ObjectFault> = Vec::new();
    loop {
        let fault = match T::deserialize(PairsReader(&pairs)) {
            Ok(whole) => return (Some(whole), faults),
            Err(fault) => fault,
        };
        let told = faults.iter().any(|known| known.field == fault.field);
        let at = pairs.iter().position(|(name, _)| fault.field.as_deref() == Some(name));
        let missing = fault.field.clone().filter(|_| fault.code == "missing_field" && at.is_none());
        if !told {
            faults.push(fault);
        }
        match (at, missing) {
            (Some(at), _) => drop(pairs.remove(at)),
            (None, Some(field)) if !told => pairs.push((Cow::Owned(field), Given::Text(Cow::Borrowed("")))),
            _ => return (None, faults),
        }
    }
}

/// `"archived": false` in JSON says what the flag `--no-archived` says, where the command has that twin.
fn turn_off_by_twin(pairs: &mut Pairs<'_>, names: &[&str]) {
    for (name, given) in pairs.iter_mut() {
        if !matches!(given, Given::Json(raw) if raw.get() == "false") {
            continue;
        }
        let twin = format!("no_{name}");
        if names.contains(&twin.as_str()) {
            *name = Cow::Owned(twin);
            *given = Given::Switch(true);
        }
    }
}

struct PairsReader<'p, 'a>(&'p Pairs<'a>);

impl<'de> de::Deserializer<'de> for PairsReader<'_, '_> {
    type Error = ObjectFault;
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ObjectFault> {
        visitor.visit_map(PairsAccess { pairs: self.0, next: 0 })
    }
    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct PairsAccess<'p, 'a> {
    pairs: &'p Pairs<'a>,
    next: usize,
}

impl<'de> MapAccess<'de> for PairsAccess<'_, '_> {
    type Error = ObjectFault;
    fn next_key_seed<K: de::DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ObjectFault> {
        match self.pairs.get(self.next) {
            Some((name, _)) => seed.deserialize(name.as_ref().into_deserializer()).map(Some),
            None => Ok(None),
        }
    }
    fn next_value_seed<V: de::DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ObjectFault> {
        let (name, given) = self.pairs.get(self.next).ok_or_else(|| ObjectFault::invalid("no value".to_owned()))?;
        self.next += 1;
        seed.deserialize(ValueReader(given)).map_err(|fault| ObjectFault {
            field: Some(name.to_string()),
            given: fault.given.or_else(|| given.shown()),
            ..fault
        })
    }
}

impl Given<'_> {
    fn shown(&self) -> Option<String> {
        match self {
            Given::Json(raw) => {
                Some(serde_json::from_str::<String>(raw.get()).unwrap_or_else(|_| raw.get().to_owned()))
            }
            Given::Text(text) => Some(text.to_string()),
            Given::Texts(texts) => Some(texts.join(" ")),
            Given::Switch(on) => Some(on.to_string()),
        }
    }
}

/// One value, read as what the field asks for.
struct ValueReader<'p, 'a>(&'p Given<'a>);

impl<'a> ValueReader<'_, 'a> {
    fn pieces(&self) -> Result<Vec<Given<'a>>, ObjectFault> {
        match self.0 {
            Given::Json(raw) => pieces_of_json(raw),
            Given::Texts(texts) => Ok(texts.iter().map(|text| Given::Text(Cow::Owned(text.clone()))).collect()),
            one => Ok(vec![one.clone()]),
        }
    }
}

/// A list's elements; `{"1":"2"}` where a list is asked for is the list of `1=2`; one value is a list of one.
fn pieces_of_json(raw: &RawValue) -> Result<Vec<Given<'_>>, ObjectFault> {
    match raw.get().as_bytes().first() {
        Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(raw.get())
            .map(|values| values.into_iter().map(Given::Json).collect())
            .map_err(|error| ObjectFault::invalid(error.to_string())),
        Some(b'{') => pairs_of_json(raw.get())?
            .into_iter()
            .map(|(name, value)| {
                let value = value.scalar_text()?;
                Ok(Given::Text(Cow::Owned(format!("{name}={value}"))))
            })
            .collect(),
        Some(b'n') => Ok(Vec::new()),
        _ => Ok(vec![Given::Json(raw)]),
    }
}

impl<'a> Given<'a> {
    /// A text or a number as its text.
    fn scalar_text(&self) -> Result<Cow<'a, str>, ObjectFault> {
        match self {
            Given::Json(raw) => match raw.get().as_bytes().first() {
                Some(b'"') => serde_json::from_str::<CowStr<'a>>(raw.get())
                    .map_err(|error| ObjectFault::invalid(format!("not a text: {error}")))
                    .and_then(|text| without_nul(text.0)),
                Some(b'-' | b'0'..=b'9') => Ok(Cow::Borrowed(raw.get())),
                _ => Err(ObjectFault::invalid("a text or a number is needed here".to_owned())),
            },
            Given::Text(text) => without_nul(text.clone()),
            Given::Texts(texts) => match texts.as_slice() {
                [one] => without_nul(Cow::Owned(one.clone())),
                _ => Err(ObjectFault::invalid("one value is needed here".to_owned())),
            },
            Given::Switch(_) => Err(ObjectFault::invalid("a text or a number is needed here".to_owned())),
        }
    }

    /// Whether it is null, which means absent.
    pub fn is_null(&self) -> bool {
        matches!(self, Given::Json(raw) if raw.get() == "null")
    }

    fn is_json_number(&self) -> bool {
        matches!(self, Given::Json(raw) if raw.get().starts_with(|c: char| c == '-' || c.is_ascii_digit()))
    }
}

fn without_nul(text: Cow<'_, str>) -> Result<Cow<'_, str>, ObjectFault> {
    if text.contains('\0') {
        return Err(ObjectFault::invalid("a text may not hold the character NUL".to_owned()));
    }
    Ok(text)
}

macro_rules! whole_numbers {
    ($($method:ident),*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ObjectFault> {
            let text = self.0.scalar_text()?;
            match text.parse::<i64>() {
                Ok(number) if !text.starts_with('+') => visitor.visit_i64(number),
                _ => Err(ObjectFault::invalid(format!("{text:?} is not a whole number"))),
            }
        }
    )* };
}

impl<'de> de::Deserializer<'de> for ValueReader<'_, '_> {
    type Error = ObjectFault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ObjectFault> {
        match self.0 {
            Given::Switch(on) => visitor.visit_bool(*on),
            Given::Json(raw) => match raw.get().as_bytes().first() {
                Some(b't') => visitor.visit_bool(true),
                Some(b'f') => visitor.visit_bool(false),
                Some(b'n') => visitor.visit_unit(),
                Some(b'[') => self.deserialize_seq(visitor),
                Some(b'{') => self.deserialize_map(visitor),
                _ => visitor.visit_str(&self.0.scalar_text()?),
            },
            _ => visitor.visit_str(&self.0.scalar_text()?),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ObjectFault> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ObjectFault> {
        match self.0 {
            Given::Switch(on) => visitor.visit_bool(*on),
            Given::Json(raw) if raw.get() == "true" => visitor.visit_bool(true),
            Given::Json(raw) if raw.get() == "false" || raw.get() == "null" => visitor.visit_bool(false),
            _ => Err(ObjectFault::invalid("true or false is needed here".to_owned())),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ObjectFault> {
        if self.0.is_json_number() {
            return Err(ObjectFault::invalid("a text is needed here, in quotes".to_owned()));
        }
        visitor.visit_str(&self.0.scalar_text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ObjectFault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ObjectFault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ObjectFault> {
        visitor.visit_seq(Pieces { pieces: self.pieces()?, next: 0 })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ObjectFault> {
        match self.0 {
            Given::Json(raw) if raw.get().starts_with('{') => {
                let pairs = pairs_of_json(raw.get())?;
                visitor.visit_map(PairsAccess { pairs: &pairs, next: 0 })
            }
            _ => Err(ObjectFault::invalid("a JSON object is needed here".to_owned())),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ObjectFault> {
        self.deserialize_map(visitor)
    }

    whole_numbers!(
        deserialize_i8,
        deserialize_i16,
        deserialize_i32,
        deserialize_i64,
        deserialize_u8,
        deserialize_u16,
        deserialize_u32,
        deserialize_u64
    );

    serde::forward_to_deserialize_any! {
        i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier ignored_any
    }
}

struct Pieces<'a> {
    pieces: Vec<Given<'a>>,
    next: usize,
}

impl<'de> SeqAccess<'de> for Pieces<'_> {
    type Error = ObjectFault;
    fn next_element_seed<T: de::DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ObjectFault> {
        match self.pieces.get(self.next) {
            Some(piece) => {
                self.next += 1;
                seed.deserialize(ValueReader(piece))
                    .map(Some)
                    .map_err(|fault| ObjectFault { given: fault.given.or_else(|| piece.shown()), ..fault })
            }
            None => Ok(None),
        }
    }
}

/// A text given for an envelope's own key; none where it is null.
pub fn text_of(given: &Given<'_>) -> Result<Option<String>, ObjectFault> {
    if given.is_null() {
        return Ok(None);
    }
    given.scalar_text().map(|text| Some(text.into_owned()))
}
