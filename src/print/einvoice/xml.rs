//! Elements one within the other, written to memory.

use std::fmt::Display;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// The names and values of the attributes of an element.
pub type Attributes<'a> = &'a [(&'a str, &'a str)];

/// XML as it is written.
pub struct Xml(Writer<Vec<u8>>);

impl Xml {
    /// A document of one root element.
    pub fn document(root: &str, attributes: Attributes, content: impl FnOnce(&mut Xml)) -> Vec<u8> {
        let mut xml = Xml(Writer::new_with_indent(Vec::new(), b' ', 2));
        xml.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        xml.start(root, attributes);
        content(&mut xml);
        xml.event(Event::End(BytesEnd::new(root)));
        let mut bytes = xml.0.into_inner();
        bytes.push(b'\n');
        bytes
    }

    /// An element with others in it.
    pub fn within(&mut self, name: &str, content: impl FnOnce(&mut Xml)) {
        self.start(name, &[]);
        content(self);
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// An element that holds a value.
    pub fn value(&mut self, name: &str, value: impl Display) {
        self.value_with(name, &[], value);
    }

    /// The same where there is a value.
    pub fn maybe(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.value(name, value);
        }
    }

    /// An element that holds a value, with attributes.
    pub fn value_with(&mut self, name: &str, attributes: Attributes, value: impl Display) {
        self.start(name, attributes);
        let text = allowed(&value.to_string());
        self.event(Event::Text(BytesText::new(&text)));
        self.event(Event::End(BytesEnd::new(name)));
    }

    fn start(&mut self, name: &str, attributes: Attributes) {
        self.event(Event::Start(BytesStart::new(name).with_attributes(attributes.iter().copied())));
    }

    fn event(&mut self, event: Event<'_>) {
        // Nothing but memory is written to, which does not fail.
        let _ = self.0.write_event(event);
    }
}

/// The text without what XML 1.0 cannot hold, even escaped: in its place stands the sign for an unknown character. Ends of lines
/// are all of one kind, as a reader makes them.
fn allowed(text: &str) -> String {
    let is_allowed = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..);
    let unified = text.replace("\r\n", "\n").replace('\r', "\n");
    unified.chars().map(|c| if is_allowed(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_what_xml_cannot_hold_is_replaced() {
        let xml = Xml::document("a", &[("b", "1 < \"2\"")], |xml| {
            xml.value("c", "x < y & z ]]> \u{1}\u{0}\u{fffe}\u{b}é\u{1f600}\r\nnext\rlast\ttab");
            xml.maybe("d", None::<&str>);
            xml.within("e", |xml| xml.value("f", 7));
        });
        let text = String::from_utf8(xml).unwrap();
        assert_eq!(
            text,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a b=\"1 &lt; &quot;2&quot;\">\n  \
             <c>x &lt; y &amp; z ]]&gt; \u{fffd}\u{fffd}\u{fffd}\u{fffd}é\u{1f600}\nnext\nlast\ttab</c>\n  <e>\n    <f>7</f>\n  </e>\n</a>\n"
        );
    }
}
