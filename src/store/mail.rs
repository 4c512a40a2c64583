//! Mail to customers, with what goes along and how often it was tried.

use super::engine::record::{self, Described};
use super::engine::table::{
    BY_LINE, DayOf, FoundBy, Table, id, instant, int, link, list, list_of, records, text, words,
};
use super::{Db, Key, Result};
use crate::domain::mail::{Attachment, Mail, MailKind, MailState, Try, TryOutcome};
use crate::domain::value::day::Instant;
use crate::{described, field_of_words, params, query, raw, select, update};

field_of_words!(MailState, MailKind, TryOutcome);

described! {
    Mail in MAIL {
        id: id(),
        kind: words(MailKind::WORDS).listed().least(3),
        customer: link("customer").listed().least(5),
        ticket: link("ticket").optional(),
        from: text().column("sender"),
        to: text().column("recipient").listed().searched().personal(),
        subject: text().listed().searched().personal(),
        state: words(MailState::WORDS).listed(),
        path: text().optional(),
        at: instant().listed().least(4),
        document: text().listed().least(2),
        message_id: text(),
        attempts: int().listed().least(1),
        error: text().optional().personal(),
        next_at: instant().optional(),
        sent_at: instant().optional(),
        attachments: list_of("attachments"),
        tries: list_of("tries"),
        text: text().column("body").optional().searched().personal(),
        html: text().optional().personal(),
        claimed_by: text().optional().hidden(),
    } complete complete
}

described! {
    Attachment in ATTACHMENTS {
        line: int().hidden(),
        name: text(),
        media_type: text().called("type").is("(SELECT f.media_type FROM file f WHERE f.key = t.file)").reading(&["file"]),
        bytes: int().is("(SELECT f.size FROM file f WHERE f.key = t.file)").reading(&["file"]),
        file: link("file").hidden(),
    }
}

described! {
    Try in TRIES {
        line: int().hidden(),
        at: instant(),
        outcome: words(TryOutcome::WORDS),
        error: text().optional().personal(),
    }
}

static ATTACHMENTS: Table = ATTACHMENT_ROWS;
static TRIES: Table = TRY_ROWS;

const ATTACHMENT_ROWS: Table = list("mail_attachment", "mail", BY_LINE, Attachment::COLUMNS).shown("attachments");
const TRY_ROWS: Table = list("mail_try", "mail", BY_LINE, Try::COLUMNS).shown("tries");

pub static MAIL: Table = records("mail", "mail", Mail::COLUMNS)
    .with(&[ATTACHMENT_ROWS, TRY_ROWS])
    .found_by(&[FoundBy::Exactly("id"), FoundBy::Padded])
    .dated(DayOf::Instant("t.at"));

/// Loads what goes along with some mails, and their attempts.
fn complete(db: &Db, mails: &mut [Mail]) -> Result<()> {
    let keys: Vec<Key> = mails.iter().map(Described::key).collect();
    let mut attachments = record::children::<Attachment>(db, &keys)?;
    let mut tries = record::children::<Try>(db, &keys)?;
    for mail in mails {
        mail.attachments = attachments.remove(&mail.key).unwrap_or_default();
        mail.tries = tries.remove(&mail.key).unwrap_or_default();
    }
    Ok(())
}

/// Writes a new mail with what goes along.
pub fn insert(db: &Db, mail: &Mail) -> Result<()> {
    record::insert(db, mail)?;
    mail.attachments.iter().try_for_each(|attachment| record::insert_in(db, mail.key, attachment))
}

/// Writes what changed of a mail that was tried, or is to be.
pub fn update(db: &Db, before: &Mail, after: &Mail) -> Result<()> {
    record::update(db, after)?;
    for one in &after.tries {
        match before.tries.iter().find(|known| known.key == one.key) {
            Some(known) if known == one => {}
            Some(_) => record::update(db, one)?,
            None => record::insert_in(db, after.key, one)?,
        }
    }
    Ok(())
}

/// The ids of what is to be tried by itself at that moment, oldest first.
pub fn due(db: &Db, now: Instant) -> Result<Vec<String>> {
    let due = query!([mail], "SELECT id FROM mail WHERE next_at IS NOT NULL AND next_at <= $1 ORDER BY key");
    db.query(due, params![now], |row| row.get(0))
}

/// How many could not be sent.
pub fn failed(db: &Db) -> Result<i64> {
    let failed = query!([mail], "SELECT CAST(COUNT(*) AS BIGINT) FROM mail WHERE state = 'failed'");
    db.query_one(failed, params![], |row| row.get(0))
}

/// Notes when a coupon was sent.
pub fn set_coupon_sent(db: &Db, coupon: Key, at: Instant) -> Result<()> {
    db.change_one(update!(coupon (Int, Text): "sent_at = $2"), params![coupon, at])
}

/// The names of the files in which mails of a customer lie.
pub fn files_of(db: &Db, customer: Key) -> Result<Vec<String>> {
    let laid = select!(Mail, "t.customer = $1 AND t.path IS NOT NULL", " ORDER BY t.key");
    let mails: Vec<Mail> = record::all(db, laid, params![customer])?;
    Ok(mails.iter().filter_map(Mail::file_name).collect())
}

/// Gives up what was still to be tried of a customer's: whom it was for is erased.
pub fn give_up(db: &Db, customer: Key) -> Result<()> {
    db.write(
        raw!(
            writes [mail],
            reads [],
            "UPDATE mail SET next_at = NULL, claimed_by = NULL, state = CASE WHEN state = 'outbox' THEN 'failed' ELSE state END
             WHERE customer = $1 AND (next_at IS NOT NULL OR claimed_by IS NOT NULL)"
        ),
        params![customer],
    )
}
