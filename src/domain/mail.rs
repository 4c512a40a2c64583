//! Mail to customers: what a mail is, to whom it can go, how its sending goes on and when it is tried again (spec C4).

use serde::{Serialize, Serializer};

use super::Refusal;
use super::common::ValueRefused;
use crate::domain::value::day::Instant;
use crate::domain::value::reference::{Reference, shell_word};
use crate::domain::value::text::choices;

choices! {
    /// What became of a mail.
    pub enum MailState: "state" {
        /// It was not tried yet.
        Outbox = "outbox",
        /// A server took it.
        Sent = "sent",
        /// It was tried, and no server is known to have taken it.
        Failed = "failed",
    }
}

choices! {
    /// What a mail brings; the word is also how its templates are called.
    pub enum MailKind: "kind" {
        Coupon = "coupon",
        Quotation = "quotation",
        Invoice = "invoice",
        CreditNote = "credit_note",
    }
}

choices! {
    /// How one attempt ended.
    pub enum TryOutcome: "outcome" {
        /// The server took it.
        Sent = "sent",
        /// It was not taken, and may be another time.
        PutOff = "put_off",
        /// It was not taken, and will not be as it is.
        Refused = "refused",
        /// It was under way, and whether it arrived is not known.
        Unknown = "unknown",
    }
}

/// A mail as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mail {
    #[serde(skip)]
    pub key: i64,
    pub id: String,
    pub kind: MailKind,
    pub customer: Reference,
    /// The ticket that what it brings was made from.
    pub ticket: Option<Reference>,
    pub from: String,
    pub to: String,
    pub subject: String,
    pub state: MailState,
    /// Where it lies as a file, where there was no server to give it to.
    pub path: Option<String>,
    /// When it was written.
    pub at: Instant,
    /// What it brings, by id; null in a dry run that would make the code of it.
    #[serde(serialize_with = "null_for_empty")]
    pub document: String,
    /// Shown as null where it is empty, since that of a dry run is not told.
    #[serde(serialize_with = "null_for_empty")]
    pub message_id: String,
    /// How often it was tried.
    pub attempts: i64,
    /// What the last attempt failed of.
    pub error: Option<String>,
    /// From when on it is tried by itself; none: it is not.
    pub next_at: Option<Instant>,
    pub sent_at: Option<Instant>,
    pub attachments: Vec<Attachment>,
    pub tries: Vec<Try>,
    pub text: Option<String>,
    pub html: Option<String>,
    /// Who is at sending it, or was when that was broken off.
    #[serde(skip)]
    pub claimed_by: Option<String>,
}

/// A file that goes along with a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attachment {
    #[serde(skip)]
    pub key: i64,
    #[serde(skip)]
    pub line: i64,
    pub name: String,
    #[serde(rename = "type")]
    pub media_type: String,
    pub bytes: i64,
    /// The key of what it holds.
    #[serde(skip)]
    pub file: i64,
}

/// An attempt to send a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Try {
    #[serde(skip)]
    pub key: i64,
    #[serde(skip)]
    pub line: i64,
    pub at: Instant,
    pub outcome: TryOutcome,
    pub error: Option<String>,
}

/// How the way of a mail to the server went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    pub outcome: TryOutcome,
    /// What went wrong, in the server's words where it had some.
    pub error: Option<String>,
}

fn null_for_empty<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    Some(text).filter(|text| !text.is_empty()).serialize(serializer)
}

/// How long is waited after the first failed attempt, after the second, and so on, in minutes; after the last of them it is not
/// tried again by itself.
const PAUSES: [i64; 8] = [5, 15, 60, 4 * 60, 12 * 60, 24 * 60, 24 * 60, 24 * 60];

/// How long a told error is at most, in bytes: it is a sentence, not what a hostile server sends for one.
const LONGEST_ERROR: usize = 500;

/// How long a subject is at most, in characters.
const LONGEST_SUBJECT: usize = 200;

/// What is known of an attempt that has begun, until more is: if nobody ever tells how it ended, this stays true.
const UNDER_WAY: &str = "it was under way to the server, and whether it arrived is not known";

impl Mail {
    /// Whether it is to be tried by itself at that moment.
    pub fn is_due(&self, now: Instant) -> bool {
        self.state != MailState::Sent && self.next_at.is_some_and(|next| next <= now)
    }

    /// What it is from the moment on at which an attempt begins: failed, with an outcome that nobody knows. Whatever ends the program
    /// before it learned more leaves it so, and it is not repeated by itself (contract, section 7 "Mail").
    pub fn begun(mut self, now: Instant, claim: &str, key: i64) -> Mail {
        self.state = MailState::Failed;
        self.attempts += 1;
        self.next_at = None;
        self.error = Some(UNDER_WAY.to_owned());
        self.claimed_by = Some(claim.to_owned());
        let (line, error) = (self.attempts, self.error.clone());
        self.tries.push(Try { key, line, at: now, outcome: TryOutcome::Unknown, error });
        self
    }

    /// What it is when its attempt ended.
    pub fn ended(mut self, now: Instant, carried: &Carried) -> Mail {
        let error = carried.error.as_deref().map(|error| one_line(error, LONGEST_ERROR));
        (self.state, self.sent_at) = match carried.outcome {
            TryOutcome::Sent => (MailState::Sent, Some(now)),
            _ => (MailState::Failed, None),
        };
        self.next_at = match carried.outcome {
            TryOutcome::PutOff => pause_after(self.attempts).and_then(|pause| now.plus_seconds(pause)),
            _ => None,
        };
        if let Some(last) = self.tries.last_mut() {
            last.outcome = carried.outcome;
            last.error.clone_from(&error);
        }
        self.error = error;
        self.claimed_by = None;
        self
    }

    /// The name of the file in which it lies, where it is one; made of its own id, since what the record tells as its path may come
    /// from anywhere.
    pub fn file_name(&self) -> Option<String> {
        self.path.as_ref()?;
        let local = self.message_id.trim_start_matches('<').split('@').next()?;
        let is_plain = !local.is_empty() && local.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
        is_plain.then(|| format!("{local}.eml"))
    }

    /// The mail as somebody asks for it to be sent now: due from this moment on. None where it is so already, or was sent.
    pub fn asked_for(&self, now: Instant) -> Result<Option<Mail>, MailRefused> {
        if self.state == MailState::Sent || self.is_due(now) {
            return Ok(None);
        }
        if self.to.is_empty() {
            return Err(MailRefused::Erased { mail: self.id.clone() });
        }
        Ok(Some(Mail { next_at: Some(now), ..self.clone() }))
    }
}

/// After which pause a mail is tried again that was tried so often, in seconds; none: not by itself.
fn pause_after(attempts: i64) -> Option<i64> {
    let minutes = usize::try_from(attempts - 1).ok().and_then(|place| PAUSES.get(place))?;
    Some(minutes * 60)
}

/// A text as it stands on one line of a header: without control characters and without such as turn the direction of what follows,
/// no longer than so many characters.
pub fn one_line(text: &str, longest: usize) -> String {
    let is_turning =
        |c: &char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}');
    let spaced: String = text
        .chars()
        .filter(|c| !is_turning(c))
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(longest) {
        None => line,
        Some(_) => {
            let kept: String = line.chars().take(longest.saturating_sub(1)).collect();
            format!("{}…", kept.trim_end())
        }
    }
}

/// A subject as it stands in a mail.
pub fn subject(text: &str) -> String {
    one_line(text, LONGEST_SUBJECT)
}

/// An address to which mail can go, with the name that stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub name: Option<String>,
    pub address: String,
}

impl std::fmt::Display for Mailbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
        }
    }
}

impl Mailbox {
    /// `desk@example.com`, or `Lamps Ltd <desk@example.com>`.
    pub fn parse(text: &str) -> Option<Mailbox> {
        if text.contains(char::is_control) {
            return None;
        }
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, address)) => (name.trim().trim_matches('"').trim(), address),
            None => ("", text),
        };
        if !is_address(address) || name.contains(['<', '>', '"']) {
            return None;
        }
        let name = Some(name.to_owned()).filter(|name| !name.is_empty());
        Some(Mailbox { name, address: address.to_owned() })
    }

    /// A company as the name before its address; none of its characters can pass for an address.
    pub fn name_of(company: &str) -> Option<String> {
        let name = one_line(&company.replace(['<', '>', '"'], " "), 100);
        Some(name.trim().to_owned()).filter(|name| !name.is_empty())
    }

    /// What stands behind the @.
    pub fn domain(&self) -> &str {
        self.address.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// The address that the desk's mail comes from, as it is kept.
pub fn sender(given: &str) -> Result<String, ValueRefused> {
    let refuse = || {
        ValueRefused::invalid(
            "mail_from",
            given,
            "an address is such as desk@example.com, or 'Lamps Ltd <desk@example.com>'",
        )
    };
    Mailbox::parse(given).map(|mailbox| mailbox.to_string()).ok_or_else(refuse)
}

/// Whether mail can be addressed to it: stricter than the standard, which allows what nobody has, such as blanks between quotes.
pub fn is_address(text: &str) -> bool {
    const LONGEST_LOCAL: usize = 64;
    const LONGEST: usize = 254;
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || "<>()[]\\,;:\"@".contains(c);
    let is_dotted = |part: &str| !part.is_empty() && part.split('.').all(|piece| !piece.is_empty());
    let is_label = |label: &str| {
        !label.starts_with('-') && !label.ends_with('-') && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    text.len() <= LONGEST
        && local.len() <= LONGEST_LOCAL
        && is_dotted(local)
        && !local.contains(is_odd)
        && is_dotted(domain)
        && domain.split('.').all(is_label)
}

/// Why a mail is not written or sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailRefused {
    #[error("{customer} has no e-mail address")]
    NoAddress { customer: String },
    #[error("{email:?} of {customer} is no address that mail can go to")]
    BadAddress { customer: String, email: String },
    #[error("the desk has no address yet that its mail comes from")]
    NoSender,
    #[error("{mail} was for a customer who was erased, so it goes to nobody")]
    Erased { mail: String },
    #[error("{mail} could not be sent: {why}")]
    NotSent { mail: String, why: String },
}

impl Refusal for MailRefused {
    fn code(&self) -> &'static str {
        match self {
            MailRefused::NoAddress { .. } | MailRefused::BadAddress { .. } => "email_missing",
            MailRefused::NoSender => "missing_field",
            MailRefused::Erased { .. } => "state_not_allowed",
            MailRefused::NotSent { .. } => "mail_not_sent",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            MailRefused::NoSender => Some("mail_from"),
            _ => None,
        }
    }
    fn given(&self) -> Option<String> {
        match self {
            MailRefused::BadAddress { email, .. } => Some(email.clone()),
            _ => None,
        }
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            MailRefused::NoAddress { customer } | MailRefused::BadAddress { customer, .. } => {
                format!("aftersales customer edit {} --email ada@example.org", shell_word(customer))
            }
            MailRefused::NoSender => "aftersales desk edit --mail-from desk@example.com".to_owned(),
            MailRefused::Erased { mail } | MailRefused::NotSent { mail, .. } => format!("aftersales mail show {mail}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn instant(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn mail() -> Mail {
        let reference = |id: &str| Reference { key: 1, id: id.to_owned() };
        Mail {
            key: 1,
            id: "M00001".to_owned(),
            kind: MailKind::Coupon,
            customer: reference("C00001"),
            ticket: None,
            from: "desk@example.com".to_owned(),
            to: "ada@example.org".to_owned(),
            subject: "A coupon".to_owned(),
            state: MailState::Outbox,
            path: None,
            at: instant("2026-11-23T10:00:00Z"),
            document: "QK7M-2XNA-9TBC".to_owned(),
            message_id: "<a@example.com>".to_owned(),
            attempts: 0,
            error: None,
            next_at: Some(instant("2026-11-23T10:00:00Z")),
            sent_at: None,
            attachments: Vec::new(),
            tries: Vec::new(),
            text: None,
            html: None,
            claimed_by: None,
        }
    }

    fn put_off() -> Carried {
        Carried { outcome: TryOutcome::PutOff, error: Some("451 later\r\nX: y".to_owned()) }
    }

    #[test]
    fn an_attempt_that_nobody_ends_is_failed_and_not_repeated() {
        let now = instant("2026-11-23T10:00:00Z");
        let begun = mail().begun(now, "7@here", 2);
        assert_eq!((begun.state, begun.attempts, begun.next_at), (MailState::Failed, 1, None));
        assert!(!begun.is_due(instant("2030-01-01T00:00:00Z")));
        assert_eq!(begun.tries.last().unwrap().outcome, TryOutcome::Unknown);
        // Who asks for it by name gets it sent again.
        assert!(begun.asked_for(now).unwrap().unwrap().is_due(now));
    }

    #[test]
    fn pauses_grow_until_it_is_given_up() {
        let mut now = instant("2026-11-23T10:00:00Z");
        let mut mail = mail();
        let (mut before, mut waits) = (0, 0);
        while let Some(next) = mail.next_at {
            now = now.max(next);
            mail = mail.begun(now, "7@here", 2).ended(now, &put_off());
            if let Some(next) = mail.next_at {
                let pause = next.utc().timestamp() - now.utc().timestamp();
                assert!(pause >= before && pause > 0 && !mail.is_due(now));
                (before, waits) = (pause, waits + 1);
            }
        }
        assert_eq!((waits, mail.attempts, mail.tries.len()), (8, 9, 9));
        assert_eq!((mail.state, mail.error.as_deref()), (MailState::Failed, Some("451 later X: y")));
    }

    #[test]
    fn what_was_sent_stays_sent() {
        let now = instant("2026-11-23T10:00:00Z");
        let sent = mail().begun(now, "7@here", 2).ended(now, &Carried { outcome: TryOutcome::Sent, error: None });
        assert_eq!((sent.state, sent.sent_at, sent.error.as_ref()), (MailState::Sent, Some(now), None));
        assert_eq!(sent.asked_for(now), Ok(None));
        let erased = Mail { to: String::new(), next_at: None, state: MailState::Failed, ..mail() };
        assert_eq!(erased.asked_for(now).unwrap_err().code(), "state_not_allowed");
    }

    #[test]
    fn an_address_is_one_that_somebody_has() {
        for (text, good) in [
            ("ada@example.org", true),
            ("ada.b+c@sub.example.org", true),
            ("öl@bücher.example", true),
            ("root@localhost", true),
            ("", false),
            ("ada", false),
            ("ada@", false),
            ("@example.org", false),
            ("a@b@example.org", false),
            ("ada@example..org", false),
            ("ada.@example.org", false),
            ("ada@-example.org", false),
            ("ada b@example.org", false),
            ("ada@example.org\r\nBcc: eve@example.org", false),
            ("ada@example.org, eve@example.org", false),
            ("<ada@example.org>", false),
        ] {
            assert_eq!(is_address(text), good, "{text:?}");
        }
        let parsed = |text: &str| Mailbox::parse(text).map(|mailbox| mailbox.to_string());
        assert_eq!(parsed("Lamps Ltd <desk@example.com>").as_deref(), Some("Lamps Ltd <desk@example.com>"));
        assert_eq!(parsed("\"Lamps, Ltd\" <desk@example.com>").as_deref(), Some("Lamps, Ltd <desk@example.com>"));
        assert_eq!(parsed(" desk@example.com ").as_deref(), Some("desk@example.com"));
        assert_eq!(parsed("Lamps\n <desk@example.com>"), None);
    }

    proptest! {
        #[test]
        fn a_header_is_one_line_of_bounded_length(text in "\\PC{0,40}|[\\s\\S]{0,300}", longest in 1_usize..80) {
            let line = one_line(&text, longest);
            prop_assert!(!line.contains(char::is_control), "{:?}", line);
            prop_assert!(line.chars().count() <= longest, "{:?}", line);
            prop_assert_eq!(one_line(&line, longest), line);
        }
    }
}
