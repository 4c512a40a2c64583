//! A message as mail carries it (RFC 5322): headers, a text with the same in HTML, and files that go along. The library alone writes
//! headers, so that nothing in a text can become one. Knows no noun.

use std::time::{Duration, UNIX_EPOCH};

use lettre::address::{Address, Envelope};
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Attachment as AttachmentPart, Mailbox, Message, MultiPart, SinglePart};

/// A message that is to be written.
#[derive(Debug, Clone)]
pub struct Letter<'l> {
    /// The name and address that it comes from.
    pub from: (Option<&'l str>, &'l str),
    /// The address that it goes to.
    pub to: &'l str,
    pub subject: &'l str,
    pub text: &'l str,
    pub html: &'l str,
    /// In angle brackets. Parts of the message are told apart by what is made of it, so that a message is always the same bytes.
    pub message_id: &'l str,
    /// Seconds since 1970.
    pub date: i64,
    pub attachments: Vec<Attached<'l>>,
}

/// A file that goes along.
#[derive(Debug, Clone)]
pub struct Attached<'l> {
    pub name: &'l str,
    pub media_type: &'l str,
    pub bytes: Vec<u8>,
}

/// A message as bytes, and between whom it goes.
pub struct Written {
    pub bytes: Vec<u8>,
    pub(super) envelope: Envelope,
}

/// A message that no server should answer by itself.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }
    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }
    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl Letter<'_> {
    /// The message; where it cannot be written, why.
    pub fn write(&self) -> Result<Written, String> {
        let address = |text: &str| text.parse::<Address>().map_err(|error| format!("{text:?} is no address: {error}"));
        let (from, to) = (address(self.from.1)?, address(self.to)?);
        let seconds = u64::try_from(self.date).unwrap_or_default();
        let parts = MultiPart::alternative()
            .boundary(self.boundary("text"))
            .singlepart(SinglePart::plain(self.text.to_owned()))
            .singlepart(SinglePart::html(self.html.to_owned()));
        let body = if self.attachments.is_empty() {
            parts
        } else {
            let mut mixed = MultiPart::mixed().boundary(self.boundary("all")).multipart(parts);
            for Attached { name, media_type, bytes } in &self.attachments {
                let kind = ContentType::parse(media_type)
                    .map_err(|error| format!("{media_type:?} is no media type: {error}"))?;
                mixed = mixed.singlepart(AttachmentPart::new((*name).to_owned()).body(bytes.clone(), kind));
            }
            mixed
        };
        let message = Message::builder()
            .from(Mailbox::new(self.from.0.map(on_one_line), from))
            .to(Mailbox::new(None, to))
            .subject(on_one_line(self.subject))
            .date(UNIX_EPOCH + Duration::from_secs(seconds))
            .message_id(Some(self.message_id.to_owned()))
            .header(AutoSubmitted)
            .multipart(body)
            .map_err(|error| error.to_string())?;
        Ok(Written { bytes: message.formatted(), envelope: message.envelope().clone() })
    }

    fn boundary(&self, part: &str) -> String {
        let own: String =
            self.message_id.chars().take_while(|c| *c != '@').filter(char::is_ascii_alphanumeric).collect();
        format!("{part}-{own}")
    }
}

/// A text as a header takes it: the library gives up on characters that control something.
fn on_one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter<'l>(subject: &'l str, name: &'l str) -> Letter<'l> {
        Letter {
            from: (Some(name), "desk@example.com"),
            to: "ada@example.org",
            subject,
            text: "Dear Ada,\n.\nFrom here on\n",
            html: "<p>Dear Ada</p>",
            message_id: "<M00001.k3v9@example.com>",
            date: 1_795_514_400,
            attachments: vec![Attached {
                name: "Größe.pdf",
                media_type: "application/pdf",
                bytes: vec![0, 13, 10, 255],
            }],
        }
    }

    /// The names of the headers before the body.
    fn headers(bytes: &[u8]) -> Vec<String> {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        head.split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split_once(':').unwrap_or((line, "")).0.to_owned())
            .collect()
    }

    #[test]
    fn a_message_is_always_the_same_bytes() {
        let one = letter("Your coupon", "Lamps").write().unwrap();
        assert_eq!(one.bytes, letter("Your coupon", "Lamps").write().unwrap().bytes);
        let text = String::from_utf8(one.bytes).unwrap();
        assert!(text.contains("Message-ID: <M00001.k3v9@example.com>\r\n"), "{text}");
        assert!(text.contains("Date: Tue, 24 Nov 2026 10:00:00 +0000\r\n"), "{text}");
        assert!(text.is_ascii() && text.split("\r\n").all(|line| line.len() <= 998), "{text}");
    }

    #[test]
    fn nothing_in_a_text_becomes_a_header() {
        let plain = headers(&letter("Your coupon", "Lamps").write().unwrap().bytes);
        for hostile in [
            "Coupon\r\nBcc: eve@example.org",
            "Coupon\nBcc: eve@example.org\n\nbody",
            "\r\n.\r\nMAIL FROM:<eve@example.org>",
            "=?utf-8?q?=0D=0ABcc:_eve@example.org?=",
            "Größe\u{2028}Bcc: eve@example.org\u{202e}",
            "a\0b\u{7f}\u{85}c",
            &"long ".repeat(400),
            &"ä".repeat(900),
        ] {
            for letter in [letter(hostile, "Lamps"), letter("Your coupon", hostile)] {
                let Ok(written) = letter.write() else { continue };
                assert_eq!(headers(&written.bytes), plain, "{hostile:?}");
                assert!(written.bytes.split(|byte| *byte == b'\n').all(|line| line.len() <= 999), "{hostile:?}");
            }
        }
        let odd = Letter { to: "ada@example.org>\r\nRCPT TO:<eve@example.org", ..letter("a", "b") };
        assert!(odd.write().is_err());
    }
}
