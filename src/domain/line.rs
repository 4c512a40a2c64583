//! Lines of documents: how they are typed (`2=1`, `LAMP=3@40.00`), and what they come to.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use super::number::NumberFault;
use super::quantity::{Price, Quantity};
use super::text::text_value;

/// Why a text names no line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// A text of another form, and the form that was wanted.
    #[error("{given:?} is not of the form {form}")]
    Form { given: String, form: &'static str },
    /// A text that counts no line.
    #[error("{0:?} is not a line number; lines are counted from 1")]
    NotALine(String),
    /// The quantity or the price is no number.
    #[error(transparent)]
    Number(#[from] NumberFault),
}

/// The number of a line as somebody typed it, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineNumber(i64);

impl LineNumber {
    /// The number.
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl FromStr for LineNumber {
    type Err = LineFault;

    fn from_str(text: &str) -> Result<Self, LineFault> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if is_number && number > 0 => Ok(LineNumber(number)),
            _ => Err(LineFault::NotALine(text.to_owned())),
        }
    }
}

impl fmt::Display for LineNumber {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(f)
    }
}

text_value!(LineNumber, "a line number such as 2");

/// `N=QTY`: a line of a source document and how much of it takes part (contract, section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineQuantity {
    pub line: LineNumber,
    /// As typed; what it may be is for the command to say.
    pub quantity: Quantity,
}

impl FromStr for LineQuantity {
    type Err = LineFault;

    fn from_str(text: &str) -> Result<Self, LineFault> {
        let (line, quantity) = text.split_once('=').ok_or_else(|| other_form(text, "N=QTY, such as 2=1"))?;
        Ok(LineQuantity { line: line.parse()?, quantity: quantity.parse()? })
    }
}

impl fmt::Display for LineQuantity {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}={}", self.line, self.quantity)
    }
}

text_value!(LineQuantity, "a line and its quantity such as \"2=1\"");

/// `N=QTY[@PRICE]`: how a line of a document being edited changes; without a price, the price stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineChange {
    pub line: LineNumber,
    pub quantity: Quantity,
    pub price: Option<Price>,
}

impl FromStr for LineChange {
    type Err = LineFault;

    fn from_str(text: &str) -> Result<Self, LineFault> {
        let (line, terms) =
            text.split_once('=').ok_or_else(|| other_form(text, "N=QTY or N=QTY@PRICE, such as 2=1@40.00"))?;
        let (quantity, price) = read_terms(terms)?;
        Ok(LineChange { line: line.parse()?, quantity, price })
    }
}

impl fmt::Display for LineChange {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}={}", self.line, self.quantity)?;
        write_price(f, self.price)
    }
}

text_value!(LineChange, "a line, its quantity and maybe its price, such as \"2=1@40.00\"");

/// `SKU=QTY[@PRICE]`: a line to be written; without a price, the product's own. In JSON also an object with `product`,
/// `quantity` and `price` (contract, section 4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NewLine {
    /// The product as typed.
    pub product: String,
    pub quantity: Quantity,
    pub price: Option<Price>,
}

impl FromStr for NewLine {
    type Err = LineFault;

    fn from_str(text: &str) -> Result<Self, LineFault> {
        // The last sign counts: what stands before it is the product, whatever is in its id.
        match text.rsplit_once('=') {
            Some((product, terms)) if !product.is_empty() => {
                let (quantity, price) = read_terms(terms)?;
                Ok(NewLine { product: product.to_owned(), quantity, price })
            }
            _ => Err(other_form(text, "SKU=QTY or SKU=QTY@PRICE, such as LAMP=3@40.00")),
        }
    }
}

impl fmt::Display for NewLine {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}={}", self.product, self.quantity)?;
        write_price(f, self.price)
    }
}

impl serde::Serialize for NewLine {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NewLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NewLineVisitor)
    }
}

struct NewLineVisitor;

impl<'de> Visitor<'de> for NewLineVisitor {
    type Value = NewLine;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a line such as \"LAMP=3@40.00\", or an object with product, quantity and price")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<NewLine, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<NewLine, A::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Parts {
            product: String,
            quantity: Quantity,
            price: Option<Price>,
        }
        let Parts { product, quantity, price } = Parts::deserialize(de::value::MapAccessDeserializer::new(map))?;
        if product.is_empty() {
            return Err(de::Error::custom("the product is empty"));
        }
        Ok(NewLine { product, quantity, price })
    }
}

fn other_form(given: &str, form: &'static str) -> LineFault {
    LineFault::Form { given: given.to_owned(), form }
}

/// `QTY[@PRICE]`.
fn read_terms(text: &str) -> Result<(Quantity, Option<Price>), NumberFault> {
    match text.split_once('@') {
        Some((quantity, price)) => Ok((quantity.parse()?, Some(price.parse()?))),
        None => Ok((text.parse()?, None)),
    }
}

fn write_price(f: &mut fmt::Formatter, price: Option<Price>) -> fmt::Result {
    price.map_or(Ok(()), |price| write!(f, "@{price}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_are_read_as_they_are_typed() {
        for (text, line, quantity) in [("1=2", 1, "2"), ("12=0.5", 12, "0.5"), ("1=-1", 1, "-1"), ("1=0", 1, "0")] {
            let read: LineQuantity = text.parse().unwrap();
            assert_eq!((read.line.number(), read.quantity), (line, quantity.parse().unwrap()), "{text}");
            assert_eq!(read.to_string(), text);
        }
        for (text, line, quantity, price) in [("1=2", 1, "2", None), ("3=1@40.5", 3, "1", Some("40.5"))] {
            let read: LineChange = text.parse().unwrap();
            let price = price.map(|price: &str| price.parse().unwrap());
            assert_eq!((read.line.number(), read.quantity, read.price), (line, quantity.parse().unwrap(), price));
            assert_eq!(read.to_string(), text);
        }
        for (text, product, quantity, price) in [
            ("LAMP=3", "LAMP", "3", None),
            ("LAMP=3@40", "LAMP", "3", Some("40")),
            ("a=b@c=3@-40", "a=b@c", "3", Some("-40")),
            ("Desk lamp=1", "Desk lamp", "1", None),
        ] {
            let read: NewLine = text.parse().unwrap();
            let price = price.map(|price: &str| price.parse().unwrap());
            let product = product.to_owned();
            assert_eq!(read, NewLine { product, quantity: quantity.parse().unwrap(), price }, "{text}");
            assert_eq!(read.to_string(), text);
        }
    }

    #[test]
    fn other_texts_name_no_line() {
        for text in ["", "1", "=1", "0=1", "-1=1", "+1=1", "1.0=1", "1=", "1=x", "1=1=1", "a=1", "1=1@4", " 1=1"] {
            assert!(text.parse::<LineQuantity>().is_err(), "{text:?}");
        }
        for text in ["", "1", "0=1", "1=@4", "1=1@", "1=1@4@4", "x=1", "99999999999999999999=1"] {
            assert!(text.parse::<LineChange>().is_err(), "{text:?}");
        }
        for text in ["", "LAMP", "=1", "LAMP=", "LAMP=x", "LAMP=1@", "LAMP=1@0.0000001", "LAMP=@1"] {
            assert!(text.parse::<NewLine>().is_err(), "{text:?}");
        }
        for text in ["", "0", "-1", "+1", "1.0", "x"] {
            assert!(text.parse::<LineNumber>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_form_is_told() {
        let table = [
            ("LAMP".parse::<NewLine>().unwrap_err(), "\"LAMP\" is not of the form SKU=QTY or SKU=QTY@PRICE"),
            ("x".parse::<LineQuantity>().map(|_| ()).unwrap_err(), "\"x\" is not of the form N=QTY"),
            ("0=1".parse::<LineChange>().map(|_| ()).unwrap_err(), "\"0\" is not a line number"),
            ("1=z".parse::<LineChange>().map(|_| ()).unwrap_err(), "\"z\" is not a number"),
        ]
        .map(|(fault, start)| (fault.to_string(), start));
        for (sentence, start) in table {
            assert!(sentence.starts_with(start), "{sentence}");
        }
    }

    #[test]
    fn a_new_line_is_a_text_or_an_object() {
        let text: NewLine = serde_json::from_str(r#""LAMP=3@40.00""#).unwrap();
        let object: NewLine = serde_json::from_str(r#"{"product":"LAMP","quantity":"3","price":"40.00"}"#).unwrap();
        assert_eq!(text, object);
        assert_eq!(serde_json::to_string(&object).unwrap(), r#""LAMP=3@40""#);
        let plain: NewLine = serde_json::from_str(r#"{"product":"A=B","quantity":"3","price":null}"#).unwrap();
        assert_eq!(plain, "A=B=3".parse().unwrap());
        for json in [
            r#"{"product":"LAMP"}"#,
            r#"{"quantity":"3"}"#,
            r#"{"product":"","quantity":"3"}"#,
            r#"{"product":"LAMP","quantity":"x"}"#,
            r#"{"product":"LAMP","quantity":"1","colour":"red"}"#,
            "true",
        ] {
            assert!(serde_json::from_str::<NewLine>(json).is_err(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(
            product in "\\PC{1,12}",
            line in 1_i64..,
            quantity in -i64::MAX..,
            price in prop::option::of(-i64::MAX..),
        ) {
            let line = LineNumber(line);
            let (quantity, price) = (Quantity::from_millionths(quantity), price.map(Price::from_millionths));
            let new = NewLine { product, quantity, price };
            prop_assert_eq!(new.to_string().parse(), Ok(new));
            let change = LineChange { line, quantity, price };
            prop_assert_eq!(change.to_string().parse(), Ok(change));
            let of = LineQuantity { line, quantity };
            prop_assert_eq!(of.to_string().parse(), Ok(of));
        }
    }
}
