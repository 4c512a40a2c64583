//! `mail`: what was written to customers, and sending what is left of it (spec C4).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::courier::SEND;
use super::pipeline::noun::{Changed, Noun, one};
use super::{Change, Cx, content};
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::domain::mail::{Mail, MailState};
use crate::procedure::mail::Mailing;
use crate::store::mail;

impl Noun for Mail {
    const KIND: &'static str = "mail";
    const NOUN: &'static str = "mail";
    const RIGHT: Right = Right::Sales;
}

/// Send mail that is waiting, or that failed
///
/// Without a mail: all that are due, oldest first, an answer each, for cron. One that failed for now is due again after a pause, which
/// grows with each attempt; one that a server refused, or that was under way when the connection broke, is not sent again unless it is
/// named. A mail that was sent is never sent twice. Without a server in the configuration nothing is done; a mail that is named is
/// written into the outbox again.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales mail send\n  aftersales mail send M00001")]
pub struct MailSend {
    /// The mail (default: all that are due)
    pub mail: Option<String>,
    /// Only if it is due by now, as 'mail send' without a mail asks of each
    #[arg(long)]
    #[serde(default)]
    pub due: bool,
}

/// A command a line for each mail that is due, oldest first.
pub fn due(cx: &Cx<'_>) -> Result<String> {
    let mut lines = String::new();
    for id in mail::due(cx.db, cx.now)? {
        lines.push_str(&content::to_json(SEND, &MailSend { mail: Some(id), due: true }));
        lines.push('\n');
    }
    Ok(lines)
}

impl Change for MailSend {
    type Outcome = Changed<Mail>;
    const RIGHT: Right = Right::Sales;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Mail>> {
        let given = self.mail.as_deref().ok_or(ValueRefused::missing("mail"))?;
        let before: Mail = one(cx, "mail", given)?;
        let outbox = cx.mailing.map_or(Ok(None), Mailing::outbox)?;
        if before.state == MailState::Sent || (self.due && !before.is_due(cx.now)) {
            return Ok(Changed(before));
        }
        if outbox.is_some() {
            if !self.due && !cx.planned && before.state == MailState::Outbox && before.path.is_some() {
                cx.mailed(&before.id);
            }
            return Ok(Changed(before));
        }
        let asked = before.asked_for(cx.now)?;
        if let Some(claim) = before.claimed_by.as_deref()
            && cx.mailing.is_none_or(|mailing| !mailing.is_gone(claim))
        {
            cx.confirm(format!(
                "{} may be on its way to the server at this moment, so it could arrive twice; send it all the same?",
                before.id
            ))?;
        }
        let after = match asked {
            Some(after) => {
                mail::update(cx.db, &before, &after)?;
                cx.touched("mail", &after.id);
                after
            }
            None => before,
        };
        match cx.planned {
            true => cx.touched("mail", &after.id),
            false => cx.mailed(&after.id),
        }
        Ok(Changed(after))
    }
}
