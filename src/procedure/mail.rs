//! Writing mail to a customer, in the transaction of what it tells of; it is carried to a server, or laid as a file, once that is kept
//! (spec C4).

mod values;

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use super::context::Cx;
use super::{file, random, ticket_log};
use crate::domain::Result;
use crate::domain::customer::Customer;
use crate::domain::mail::{
    Attachment, Carried, Mail, MailKind, MailRefused, MailState, Mailbox, TryOutcome, is_address, one_line, subject,
};
use crate::domain::value::reference::Reference;
use crate::output::template::Words;
use crate::store::{self, Key, customer};

pub use values::{CouponValues, coupon, coupons, document, quotation};

/// How mail leaves the desk, as far as whoever writes it has to know.
pub trait Mailing {
    /// The folder in which mail is laid as files, where no server takes it. What is configured and cannot be used is refused.
    fn outbox(&self) -> Result<Option<PathBuf>>;
    /// Who this run of the program is, to those who look at a mail that is being sent.
    fn claim(&self) -> &str;
    /// Whether it is known that whoever claimed a mail is at work no more.
    fn is_gone(&self, claim: &str) -> bool;
}

/// What a mail is to bring.
pub struct Writing<'w> {
    pub kind: MailKind,
    /// The ticket that what it brings was made from.
    pub ticket: Option<&'w Reference>,
    /// What it brings, by id.
    pub document: &'w str,
    pub asked: Asked<'w>,
    /// Files that go along.
    pub files: Vec<Going>,
}

/// What the caller says in place of what the template does.
#[derive(Clone, Copy, Default)]
pub struct Asked<'w> {
    pub subject: Option<&'w str>,
    pub message: Option<&'w str>,
}

/// A file that goes along.
pub struct Going {
    pub name: String,
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// Whom a mail is for, and the words that are theirs.
pub struct Reader {
    pub customer: Customer,
    pub language: String,
    pub words: Arc<Words>,
}

/// What every template of a mail is given beside what it brings.
#[derive(Serialize)]
struct Values<'v, V> {
    company: String,
    customer: String,
    message: Option<&'v str>,
    #[serde(flatten)]
    own: V,
}

/// The customer as whoever reads a mail; refused where none can go to them.
pub fn reader(cx: &Cx<'_>, customer: Key) -> Result<Reader> {
    let customer = customer::by_key(cx.db, customer)?;
    match &customer.email {
        None => return Err(MailRefused::NoAddress { customer: customer.id }.into()),
        Some(email) if !is_address(email) => {
            return Err(MailRefused::BadAddress { customer: customer.id.clone(), email: email.clone() }.into());
        }
        Some(_) => {}
    }
    let language = customer.language.as_ref().or(cx.desk.details.language.as_ref());
    let language = language.map_or_else(|| "en".to_owned(), ToString::to_string);
    let words = cx.templates.words(&language)?;
    Ok(Reader { customer, language, words })
}

/// Writes a mail. Its subject is the first line of the text that the template makes, what follows it the text.
pub fn write(cx: &Cx<'_>, reader: &Reader, writing: Writing<'_>, own: &impl Serialize) -> Result<Mail> {
    let Some(from) = cx.desk.mail_from.as_deref().and_then(Mailbox::parse) else {
        return Err(MailRefused::NoSender.into());
    };
    let outbox = cx.mailing.map_or(Ok(None), Mailing::outbox)?;
    let Writing { kind, ticket, document, asked, files } = writing;
    let company = one_line(&cx.desk.company, usize::MAX);
    let values = Values {
        company: company.clone(),
        customer: one_line(&reader.customer.name, usize::MAX),
        message: asked.message.filter(|message| !message.trim().is_empty()),
        own,
    };
    let made = |ending: &str| cx.templates.render(&format!("{kind}.mail.{ending}"), &reader.language, &values);
    let (text, html) = (made("txt")?, made("html")?);
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let given = asked.subject.map(subject).filter(|subject| !subject.is_empty());

    let id = cx.db.next_reference("M")?;
    let token: String = random::bytes::<8>()?.iter().map(|byte| format!("{byte:02x}")).collect();
    let path = outbox.map(|folder| folder.join(format!("{id}.{token}.eml")).to_string_lossy().into_owned());
    let sender = Mailbox {
        name: from.name.clone().or_else(|| Mailbox::name_of(&cx.desk.company)),
        address: from.address.clone(),
    };
    let mut mail = Mail {
        key: cx.db.next_key()?,
        kind,
        customer: reader.customer.reference(),
        ticket: ticket.cloned(),
        from: sender.to_string(),
        to: reader.customer.email.clone().unwrap_or_default(),
        subject: given.unwrap_or_else(|| subject(first)),
        state: MailState::Outbox,
        path,
        at: cx.now,
        document: document.to_owned(),
        message_id: format!("<{id}.{token}@{}>", from.domain()),
        id,
        attempts: 0,
        error: None,
        next_at: Some(cx.now),
        sent_at: None,
        attachments: Vec::new(),
        tries: Vec::new(),
        text: Some(rest.trim_start_matches(['\r', '\n']).to_owned()),
        html: Some(html),
        claimed_by: None,
    };
    for (line, Going { name, media_type, bytes }) in (1..).zip(files) {
        let (key, file) = (cx.db.next_key()?, file::keep(cx, media_type, &bytes)?);
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        mail.attachments.push(Attachment {
            key,
            line,
            name,
            media_type: media_type.to_owned(),
            bytes: size,
            file: file.key,
        });
    }
    store::mail::insert(cx.db, &mail)?;
    cx.created("mail", &mail.id);
    if let Some(ticket) = ticket {
        ticket_log::note(
            cx,
            ticket.key,
            "mail",
            &format!("E-mail {} written: {}", mail.id, mail.subject),
            Some(document),
        )?;
        cx.touched("ticket", &ticket.id);
    }
    if cx.planned {
        // What is undone is sent to nobody; a code that it would have brought is told to nobody either.
        let document = if kind == MailKind::Coupon { String::new() } else { mail.document };
        return Ok(Mail { document, message_id: String::new(), text: None, html: None, path: None, ..mail });
    }
    cx.mailed(&mail.id);
    Ok(mail)
}

/// Begins an attempt, so that whatever ends the program leaves a mail that is not sent again by itself; none where it is not to be
/// tried now, since another is at it or was.
pub fn begin(cx: &Cx<'_>, id: &str) -> Result<Option<Mail>> {
    let before: Mail = super::look_up::one(cx, "mail", id)?;
    if !before.is_due(cx.now) {
        return Ok(None);
    }
    let claim = cx.mailing.map_or("", Mailing::claim);
    let after = before.clone().begun(cx.now, claim, cx.db.next_key()?);
    store::mail::update(cx.db, &before, &after)?;
    cx.touched("mail", &after.id);
    Ok(Some(after))
}

/// Keeps how an attempt ended; answers the mail as it is then, and the coupon that it brought.
pub fn end(cx: &Cx<'_>, begun: &Mail, carried: &Carried) -> Result<Mail> {
    let before: Mail = super::look_up::one(cx, "mail", &begun.id)?;
    // Somebody may have asked for it to be sent again meanwhile; then the state is for that attempt to say.
    let is_latest = before.tries.last().map(|last| last.key) == begun.tries.last().map(|last| last.key);
    if !is_latest && carried.outcome != TryOutcome::Sent {
        return Ok(before);
    }
    let after = before.clone().ended(cx.now, carried);
    store::mail::update(cx.db, &before, &after)?;
    cx.touched("mail", &after.id);
    if after.state == MailState::Sent && after.kind == MailKind::Coupon {
        let coupon: crate::domain::coupon::Coupon = super::look_up::one(cx, "coupon", &after.document)?;
        store::mail::set_coupon_sent(cx.db, coupon.key, cx.now)?;
        cx.touched("coupon", &coupon.id);
    }
    if let Some(ticket) = &after.ticket {
        let what = if after.state == MailState::Sent { "sent" } else { "not sent" };
        ticket_log::note(cx, ticket.key, "mail", &format!("E-mail {} {what}", after.id), Some(&after.document))?;
        cx.touched("ticket", &ticket.id);
    }
    Ok(after)
}

/// What a mail brought, as it is told now: its coupon, which knows when it was sent.
pub fn brought(cx: &Cx<'_>, mail: &Mail) -> Result<Option<serde_json::Value>> {
    if mail.kind != MailKind::Coupon {
        return Ok(None);
    }
    let coupon: crate::domain::coupon::Coupon = super::look_up::one(cx, "coupon", &mail.document)?;
    Ok(serde_json::to_value(&coupon).ok())
}
