//! A command's content: the JSON object that would make it again, without what was not given. It is what the log keeps and
//! what a key stands for (contract, section 5).

use serde::ser::{self, Impossible, Serialize};

use super::object::ObjectFault;

/// A command as the JSON object that would make it again: what is not given is left out (contract, section 5 "Content").
pub fn to_json<T: Serialize>(name: &str, command: &T) -> String {
    let mut text = Vec::with_capacity(256);
    text.extend_from_slice(b"{\"command\":");
    push_json(&mut text, name);
    // A command struct serializes without fault: its fields are texts, numbers, lists and switches.
    let _ = command.serialize(ObjectWriter(&mut text));
    text.push(b'}');
    // JSON is UTF-8.
    String::from_utf8(text).unwrap_or_default()
}

fn push_json<T: Serialize + ?Sized>(text: &mut Vec<u8>, value: &T) {
    let before = text.len();
    if serde_json::to_writer(&mut *text, value).is_err() {
        text.truncate(before);
        text.extend_from_slice(b"null");
    }
}

struct ObjectWriter<'t>(&'t mut Vec<u8>);

/// The name of a field that stands for all keys of the struct in it, which become the object's own.
pub const KEYS_OF: &str = "";

impl ser::SerializeStruct for ObjectWriter<'_> {
    type Ok = ();
    type Error = ObjectFault;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), ObjectFault> {
        if name == KEYS_OF {
            return value.serialize(ObjectWriter(self.0));
        }
        if !value.serialize(IsUnset)? {
            self.0.push(b',');
            push_json(self.0, name);
            self.0.push(b':');
            push_json(self.0, value);
        }
        Ok(())
    }
    fn end(self) -> Result<(), ObjectFault> {
        Ok(())
    }
}

impl ser::Error for ObjectFault {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        ObjectFault::invalid(message.to_string())
    }
}

macro_rules! serializer_that {
    ($answer:expr; $($method:ident($kind:ty)),*) => { $(
        fn $method(self, _value: $kind) -> Result<Self::Ok, ObjectFault> {
            $answer
        }
    )* };
}

impl<'t> ser::Serializer for ObjectWriter<'t> {
    type Ok = ();
    type Error = ObjectFault;
    type SerializeSeq = Impossible<(), ObjectFault>;
    type SerializeTuple = Impossible<(), ObjectFault>;
    type SerializeTupleStruct = Impossible<(), ObjectFault>;
    type SerializeTupleVariant = Impossible<(), ObjectFault>;
    type SerializeMap = Impossible<(), ObjectFault>;
    type SerializeStruct = ObjectWriter<'t>;
    type SerializeStructVariant = Impossible<(), ObjectFault>;
    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Self, ObjectFault> {
        Ok(self)
    }
    serializer_that!(Err(not_a_struct()); serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
        serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64), serialize_f32(f32), serialize_f64(f64),
        serialize_char(char), serialize_str(&str), serialize_bytes(&[u8]), serialize_unit_struct(&'static str));
    fn serialize_none(self) -> Result<(), ObjectFault> {
        Err(not_a_struct())
    }
    fn serialize_some<T: Serialize + ?Sized>(self, _value: &T) -> Result<(), ObjectFault> {
        Err(not_a_struct())
    }
    fn serialize_unit(self) -> Result<(), ObjectFault> {
        Ok(())
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), ObjectFault> {
        Err(not_a_struct())
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), ObjectFault> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), ObjectFault> {
        Err(not_a_struct())
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, ObjectFault> {
        Err(not_a_struct())
    }
    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, ObjectFault> {
        Err(not_a_struct())
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, ObjectFault> {
        Err(not_a_struct())
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, ObjectFault> {
        Err(not_a_struct())
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, ObjectFault> {
        Err(not_a_struct())
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, ObjectFault> {
        Err(not_a_struct())
    }
}

fn not_a_struct() -> ObjectFault {
    ObjectFault::invalid("a command is a struct".to_owned())
}

/// Says whether a field was not given: none, an empty list, a switch that is off. An optional switch that is off was given.
struct IsUnset;

/// Answers for a list: unset where it has no element.
struct IsEmpty(bool);

impl ser::SerializeSeq for IsEmpty {
    type Ok = bool;
    type Error = ObjectFault;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, _value: &T) -> Result<(), ObjectFault> {
        self.0 = false;
        Ok(())
    }
    fn end(self) -> Result<bool, ObjectFault> {
        Ok(self.0)
    }
}

/// Answers for an object: given.
struct IsGiven;

impl ser::SerializeMap for IsGiven {
    type Ok = bool;
    type Error = ObjectFault;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, _key: &T) -> Result<(), ObjectFault> {
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, _value: &T) -> Result<(), ObjectFault> {
        Ok(())
    }
    fn end(self) -> Result<bool, ObjectFault> {
        Ok(false)
    }
}

impl ser::SerializeStruct for IsGiven {
    type Ok = bool;
    type Error = ObjectFault;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, _name: &'static str, _value: &T) -> Result<(), ObjectFault> {
        Ok(())
    }
    fn end(self) -> Result<bool, ObjectFault> {
        Ok(false)
    }
}

impl ser::Serializer for IsUnset {
    type Ok = bool;
    type Error = ObjectFault;
    type SerializeSeq = IsEmpty;
    type SerializeTuple = Impossible<bool, ObjectFault>;
    type SerializeTupleStruct = Impossible<bool, ObjectFault>;
    type SerializeTupleVariant = Impossible<bool, ObjectFault>;
    type SerializeMap = IsGiven;
    type SerializeStruct = IsGiven;
    type SerializeStructVariant = Impossible<bool, ObjectFault>;
    fn serialize_bool(self, value: bool) -> Result<bool, ObjectFault> {
        Ok(!value)
    }
    serializer_that!(Ok(false); serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
        serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64), serialize_f32(f32), serialize_f64(f64),
        serialize_char(char), serialize_str(&str), serialize_bytes(&[u8]), serialize_unit_struct(&'static str));
    fn serialize_none(self) -> Result<bool, ObjectFault> {
        Ok(true)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, _value: &T) -> Result<bool, ObjectFault> {
        Ok(false)
    }
    fn serialize_unit(self) -> Result<bool, ObjectFault> {
        Ok(true)
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<bool, ObjectFault> {
        Ok(false)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<bool, ObjectFault> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<bool, ObjectFault> {
        Ok(false)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<IsEmpty, ObjectFault> {
        Ok(IsEmpty(true))
    }
    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, ObjectFault> {
        Err(not_a_struct())
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, ObjectFault> {
        Err(not_a_struct())
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, ObjectFault> {
        Err(not_a_struct())
    }
    fn serialize_map(self, _: Option<usize>) -> Result<IsGiven, ObjectFault> {
        Ok(IsGiven)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<IsGiven, ObjectFault> {
        Ok(IsGiven)
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, ObjectFault> {
        Err(not_a_struct())
    }
}
