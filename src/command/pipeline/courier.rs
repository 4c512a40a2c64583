//! Carrying mail once what it tells of is kept (spec C4): to the server that is configured, over one connection, or into a folder as
//! files. Before a message is given to a server, a transaction keeps that it is on its way; another one, how that went.

use std::cell::{OnceCell, RefCell};
use std::collections::VecDeque;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value as Json};

use super::{Answer, AnyChange, Cx, Mode, Session, Status, Warning, content, internal};
use crate::domain::desk::Right;
use crate::domain::mail::{Carried, Mail, MailRefused, Mailbox, TryOutcome};
use crate::domain::{Refusal, Result};
use crate::output::Detail;
use crate::output::letter::{Attached, Letter, Written};
use crate::output::smtp::{self, Line, Security, Sent, Server};
use crate::procedure::context::After;
use crate::procedure::mail::{self, Mailing};
use crate::store::Key;
use crate::store::engine::new_file::NewFile;
use crate::store::{self, file};

/// The command by which mail is sent, and as which the log knows every attempt.
pub const SEND: &str = "mail send";

/// A server as it is configured.
#[derive(Debug, Clone, Default)]
pub struct Configured {
    /// The file that says so.
    pub place: String,
    pub host: Option<String>,
    pub port: Option<u16>,
    pub tls: Option<String>,
    pub user: Option<String>,
    /// The password itself, as the environment has it.
    pub password: Option<String>,
    pub password_file: Option<PathBuf>,
    pub ca_file: Option<PathBuf>,
    pub allow_plain: bool,
    /// How many seconds are waited for each answer.
    pub timeout: Option<u64>,
}

/// What is configured for mail cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: smtp.{key}: {message}")]
pub struct NoServer {
    place: String,
    key: &'static str,
    message: String,
}

impl Refusal for NoServer {
    fn code(&self) -> &'static str {
        "config_invalid"
    }
    fn field(&self) -> Option<&'static str> {
        Some("smtp")
    }
}

/// How long is waited for an answer unless something else is configured, and the longest and shortest that can be, in seconds.
const TIMEOUT: u64 = 30;
const TIMEOUTS: std::ops::RangeInclusive<u64> = 1..=600;

impl Configured {
    /// The server, but for what it is greeted by.
    fn server(&self) -> std::result::Result<Server, NoServer> {
        let refuse = |key, message: String| NoServer { place: self.place.clone(), key, message };
        let host = self.host.clone().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| refuse("host", "the server's name is needed".to_owned()))?;
        if host.contains(|c: char| c.is_control() || c.is_whitespace() || "/@".contains(c)) {
            return Err(refuse("host", format!("{host:?} is no name of a host")));
        }
        let security = match self.tls.as_deref() {
            None | Some("starttls") => Security::StartTls,
            Some("tls") => Security::Tls,
            Some("none") => Security::None,
            Some(other) => return Err(refuse("tls", format!("{other:?} is not one of starttls, tls, none"))),
        };
        if security == Security::None && !self.allow_plain && !is_loopback(&host) {
            let message = format!(
                "mail would go to {host} unencrypted, for everybody on the way to read; allow_plain = true allows it"
            );
            return Err(refuse("tls", message));
        }
        let port = self.port.unwrap_or(match security {
            Security::StartTls => 587,
            Security::Tls => 465,
            Security::None => 25,
        });
        let seconds = self.timeout.unwrap_or(TIMEOUT);
        if !TIMEOUTS.contains(&seconds) {
            let message = format!("{seconds} is not between {} and {} seconds", TIMEOUTS.start(), TIMEOUTS.end());
            return Err(refuse("timeout", message));
        }
        let read = |key, path: &Path| {
            std::fs::read(path).map_err(|error| refuse(key, format!("{} cannot be read: {error}", path.display())))
        };
        let login = match &self.user {
            None => None,
            Some(user) => {
                let password = match (&self.password, &self.password_file) {
                    (Some(password), _) => password.clone(),
                    (None, Some(path)) => String::from_utf8(read("password_file", path)?)
                        .map_err(|_| refuse("password_file", format!("{} is no text", path.display())))?
                        .trim_end_matches(['\r', '\n'])
                        .to_owned(),
                    (None, None) => {
                        let message = "a password is needed, in AFTERSALES_SMTP_PASSWORD or in smtp.password_file";
                        return Err(refuse("user", message.to_owned()));
                    }
                };
                Some((user.clone(), password))
            }
        };
        let authorities = self.ca_file.as_deref().map(|path| read("ca_file", path)).transpose()?;
        let (hello, timeout) = ("localhost".to_owned(), Duration::from_secs(seconds));
        Ok(Server { host, port, security, login, authorities, hello, timeout })
    }
}

/// Whether what is said to a host stays on this machine.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    address.map_or_else(|_| host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
}

/// Whoever carries the mail of a run.
pub struct Courier {
    configured: Option<Configured>,
    /// Where mail is laid as files where no server is configured.
    folder: PathBuf,
    claim: String,
    is_gone: fn(&str) -> bool,
    server: OnceCell<std::result::Result<Server, NoServer>>,
    line: RefCell<Option<Line>>,
}

impl Courier {
    /// One for that server, or else for that folder.
    pub fn new(configured: Option<Configured>, folder: PathBuf, claim: String, is_gone: fn(&str) -> bool) -> Courier {
        Courier { configured, folder, claim, is_gone, server: OnceCell::new(), line: RefCell::new(None) }
    }

    /// Another one for the same, as for another thread.
    pub fn another(&self) -> Courier {
        Courier::new(self.configured.clone(), self.folder.clone(), self.claim.clone(), self.is_gone)
    }

    /// The server, where one is configured.
    fn server(&self) -> Result<Option<&Server>> {
        let Some(configured) = &self.configured else {
            return Ok(None);
        };
        match self.server.get_or_init(|| configured.server()) {
            Ok(server) => Ok(Some(server)),
            Err(refused) => Err(refused.clone().into()),
        }
    }

    /// Tries whether the server can be reached and lets the caller in, where one is configured; says why it does not.
    pub fn reach(&self) -> Result<Option<std::result::Result<(), String>>> {
        Ok(self.server()?.map(smtp::reach))
    }

    /// Where the server is, where one is configured.
    pub fn place(&self) -> Result<Option<String>> {
        Ok(self.server()?.map(|server| format!("{}:{}", server.host, server.port)))
    }

    /// Whether a server is configured; refused where it cannot be used.
    pub fn has_server(&self) -> Result<bool> {
        Ok(self.server()?.is_some())
    }
}

impl Mailing for Courier {
    fn outbox(&self) -> Result<Option<PathBuf>> {
        Ok(if self.has_server()? { None } else { Some(self.folder.clone()) })
    }
    fn claim(&self) -> &str {
        &self.claim
    }
    fn is_gone(&self, claim: &str) -> bool {
        (self.is_gone)(claim)
    }
}

/// How it went with one mail.
#[derive(Debug, Default)]
pub struct Delivery {
    /// The mail and the coupon that it brought as they are now, where anything was kept of them.
    pub records: Vec<Json>,
    /// The operation that kept how it went.
    pub operation: Option<Key>,
    /// Why it was not sent.
    pub failed: Option<String>,
}

/// Mails that are carried one after the other, over one connection.
pub struct Round<'s> {
    session: &'s Session<'s>,
    waiting: VecDeque<String>,
    /// Why no more are tried in this round.
    closed: Option<String>,
}

impl<'s> Round<'s> {
    /// A round for these mails, by id.
    pub fn of(session: &'s Session<'s>, mails: impl IntoIterator<Item = String>) -> Round<'s> {
        Round { session, waiting: mails.into_iter().collect(), closed: None }
    }

    /// Carries the next mail; none where there is no more.
    pub fn carry_next(&mut self) -> Option<Delivery> {
        let id = self.waiting.pop_front()?;
        // What was committed stands, whatever happens here: a fault is told beside it.
        Some(self.carry(&id).unwrap_or_else(|error| Delivery::left(error.fault().message.clone())))
    }

    /// Adds mails behind those that are waiting.
    pub(super) fn add(&mut self, mails: Vec<String>) {
        self.waiting.extend(mails);
    }

    /// The answer to a line of a bulk run, told anew once so many mails of it were carried; and whether it failed by that. Where the
    /// run was asked to stop they stay where they are.
    pub(super) fn tell_anew(
        &mut self,
        mails: usize,
        line: &str,
        is_interrupted: &dyn Fn() -> bool,
    ) -> Result<(String, bool)> {
        let mut deliveries = Vec::new();
        for _ in 0..mails {
            if is_interrupted() {
                self.closed.get_or_insert_with(|| "the run was interrupted".to_owned());
            }
            deliveries.extend(self.carry_next());
        }
        line_told_anew(line, deliveries)
    }

    fn carry(&mut self, id: &str) -> Result<Delivery> {
        let (session, courier) = (self.session, self.session.courier);
        let Some(server) = courier.server()? else {
            return session.lay(id, &courier.folder);
        };
        if let Some(why) = &self.closed {
            return Ok(Delivery::left(why.clone()));
        }
        let mail = session.mail(id)?;
        if !mail.is_due(session.clock.now()) {
            // Another is sending it, or has sent it.
            return Ok(Delivery::default());
        }
        let message = match session.written(&mail)? {
            Ok(message) => message,
            Err(why) => return session.failed(id, Sent::Refused(why)),
        };
        let mut line = courier.line.borrow_mut();
        let line = line.get_or_insert_with(|| {
            let hello =
                Mailbox::parse(&mail.from).map_or_else(|| server.hello.clone(), |from| from.domain().to_owned());
            Line::to(Server { hello, ..server.clone() })
        });
        // Until the server is ready to take it nothing is under way, and whatever ends the program leaves the mail as it was.
        if let Err(sent) = line.offer(message) {
            return self.put_off(id, sent);
        }
        let begun = match session.kept(&Step::Begin(id)) {
            Ok(Kept { begun: Some(begun), .. }) => begun,
            kept => {
                line.take_back();
                return kept.map(|_| Delivery::default());
            }
        };
        let sent = line.give();
        if let Sent::Closed(why) = &sent {
            self.closed = Some(why.clone());
        }
        session.ended(&Step::End(&begun, &carried_of(sent)))
    }

    /// Keeps that a mail could not be sent; after a fault of the server itself no other is tried.
    fn put_off(&mut self, id: &str, sent: Sent) -> Result<Delivery> {
        if let Sent::Closed(why) = &sent {
            self.closed = Some(why.clone());
        }
        self.session.failed(id, sent)
    }
}

impl Delivery {
    /// It was not tried, for this reason.
    fn left(why: String) -> Delivery {
        Delivery { failed: Some(why), ..Delivery::default() }
    }
}

/// How the way of a message went, as it is kept.
fn carried_of(sent: Sent) -> Carried {
    let (outcome, error) = match sent {
        Sent::Taken => (TryOutcome::Sent, None),
        Sent::Refused(why) => (TryOutcome::Refused, Some(why)),
        Sent::PutOff(why) | Sent::Closed(why) => (TryOutcome::PutOff, Some(why)),
        Sent::Unknown(why) => (TryOutcome::Unknown, Some(format!("whether it arrived is not known: {why}"))),
    };
    Carried { outcome, error }
}

/// What one transaction keeps of a mail on its way.
enum Step<'s> {
    /// It is given to the server from now on.
    Begin(&'s str),
    /// How that ended.
    End(&'s Mail, &'s Carried),
    /// It could not be given to the server.
    Fail(&'s str, &'s Carried),
}

/// What became of a step.
#[derive(Default)]
struct Kept {
    begun: Option<Mail>,
    records: Vec<Json>,
    operation: Option<Key>,
}

/// A step as a change of its own, with its row in the log.
struct Stepping<'s> {
    step: &'s Step<'s>,
    kept: RefCell<Kept>,
}

impl AnyChange for Stepping<'_> {
    fn name(&self) -> &'static str {
        SEND
    }
    fn right(&self) -> Right {
        // Whoever may do what mail tells of may send it.
        Right::Anybody
    }
    fn content(&self) -> String {
        #[derive(serde::Serialize)]
        struct Content<'c> {
            mail: &'c str,
            outcome: Option<TryOutcome>,
        }
        let (mail, outcome) = match self.step {
            Step::Begin(mail) => (*mail, None),
            Step::End(mail, carried) => (mail.id.as_str(), Some(carried.outcome)),
            Step::Fail(mail, carried) => (*mail, Some(carried.outcome)),
        };
        content::to_json(SEND, &Content { mail, outcome })
    }
    fn detail(&self) -> Detail {
        Detail::Row
    }
    fn ahead(&self, _: &store::Db) -> Result<()> {
        Ok(())
    }
    fn run(&self, cx: &Cx<'_>) -> Result<Box<RawValue>> {
        let mut kept = Kept::default();
        let ended = match self.step {
            Step::Begin(id) => {
                kept.begun = mail::begin(cx, id)?;
                None
            }
            Step::End(begun, carried) => Some(mail::end(cx, begun, carried)?),
            Step::Fail(id, carried) => match mail::begin(cx, id)? {
                Some(begun) => Some(mail::end(cx, &begun, carried)?),
                None => None,
            },
        };
        if let Some(ended) = ended {
            kept.records.extend(mail::brought(cx, &ended)?);
            kept.records.push(serde_json::to_value(&ended).map_err(|error| internal(error.to_string()))?);
            kept.operation = Some(cx.operation()?);
        }
        self.kept.replace(kept);
        to_raw_value(&()).map_err(|error| internal(error.to_string()))
    }
}

impl Session<'_> {
    /// Keeps a step in a transaction of its own.
    fn kept(&self, step: &Step<'_>) -> Result<Kept> {
        self.in_group(
            || self.open_group(Mode::Commit),
            |group| {
                let stepping = Stepping { step, kept: RefCell::default() };
                group.run_own(&stepping)?;
                Ok(stepping.kept.into_inner())
            },
        )
    }

    /// Keeps how an attempt ended, which is told then.
    fn ended(&self, step: &Step<'_>) -> Result<Delivery> {
        let failed = match step {
            Step::End(_, carried) | Step::Fail(_, carried) => carried.error.clone(),
            Step::Begin(_) => None,
        };
        let Kept { records, operation, .. } = self.kept(step)?;
        Ok(Delivery { records, operation, failed })
    }

    /// Keeps that a mail could not be given to the server.
    fn failed(&self, id: &str, sent: Sent) -> Result<Delivery> {
        self.ended(&Step::Fail(id, &carried_of(sent)))
    }

    /// The mail of that id, as it is.
    fn mail(&self, id: &str) -> Result<Mail> {
        let mail = self.looking(|| Ok(store::engine::record::by_id(self.db, id)?))?;
        mail.ok_or_else(|| internal(format!("{id} is gone")))
    }

    /// A mail as the bytes of a message; or why it is none.
    fn written(&self, mail: &Mail) -> Result<std::result::Result<Written, String>> {
        let mut attachments = Vec::new();
        for attachment in &mail.attachments {
            let held = self.looking(|| Ok(file::load(self.db, attachment.file)?))?;
            let Some(bytes) = held else {
                return Ok(Err(format!("{} is empty, since its customer was erased", attachment.name)));
            };
            attachments.push(Attached { name: &attachment.name, media_type: &attachment.media_type, bytes });
        }
        let Some(from) = Mailbox::parse(&mail.from) else {
            return Ok(Err(format!("{:?} is no address that mail comes from", mail.from)));
        };
        let letter = Letter {
            from: (from.name.as_deref(), &from.address),
            to: &mail.to,
            subject: &mail.subject,
            text: mail.text.as_deref().unwrap_or_default(),
            html: mail.html.as_deref().unwrap_or_default(),
            message_id: &mail.message_id,
            date: mail.at.utc().timestamp(),
            attachments,
        };
        Ok(letter.write())
    }

    /// Lays a mail into the folder, as the file that it says.
    fn lay(&self, id: &str, folder: &Path) -> Result<Delivery> {
        let mail = self.mail(id)?;
        let failed = match self.written(&mail)? {
            Ok(written) => lay(&mail, folder, &written.bytes).err(),
            Err(why) => Some(why),
        };
        Ok(Delivery { failed, ..Delivery::default() })
    }

    /// Does what is to be done outside for a change that is kept: carries what it wrote, and tells it in its answer. What was sent is told
    /// as it is now; what was not, as a warning, or as the fault of the change where sending was all that it was for.
    pub(super) fn follow(&self, answer: &mut Answer) -> Result<()> {
        let After { mails, files } = std::mem::take(&mut answer.after);
        self.discard(&files);
        let mut round = Round::of(self, mails);
        let mut refused = None;
        while let Some(delivery) = round.carry_next() {
            if answer.command == SEND && delivery.operation.is_some() {
                answer.status = Status::Done;
                answer.operation = delivery.operation;
            }
            answer.result = told_anew(&answer.result, &delivery.records)?;
            if let Some(why) = delivery.failed {
                let mail = mail_of(&answer.result);
                match answer.command == SEND {
                    true => refused = Some(MailRefused::NotSent { mail, why }),
                    false => answer.warnings.push(warning_of(&mail, &why)),
                }
            }
        }
        refused.map_or(Ok(()), |refused| Err(refused.into()))
    }

    /// Takes away files of mails that were erased; one that is not there is none.
    pub(super) fn discard(&self, files: &[String]) {
        for file in files {
            let _ = std::fs::remove_file(self.courier.folder.join(file));
        }
    }
}

/// The id of the mail in a result.
fn mail_of(result: &RawValue) -> String {
    #[derive(serde::Deserialize)]
    struct Mailed<'m> {
        #[serde(borrow)]
        id: std::borrow::Cow<'m, str>,
    }
    #[derive(serde::Deserialize)]
    struct WithMail<'m> {
        #[serde(borrow, alias = "email")]
        mail: Mailed<'m>,
    }
    serde_json::from_str::<WithMail<'_>>(result.get()).map(|told| told.mail.id.into_owned()).unwrap_or_default()
}

/// The warning that a mail was not sent.
fn warning_of(mail: &str, why: &str) -> Warning {
    let message =
        format!("{mail} was not sent, and is kept: {why}; 'aftersales mail show {mail}' tells what becomes of it");
    Warning { code: "mail_not_sent".into(), message }
}

/// A result in which these records stand as they are now.
fn told_anew(result: &RawValue, records: &[Json]) -> Result<Box<RawValue>> {
    let fault = |error: serde_json::Error| internal(error.to_string());
    if records.is_empty() {
        return Ok(result.to_owned());
    }
    let mut told: Map<String, Json> = serde_json::from_str(result.get()).map_err(fault)?;
    for value in told.values_mut() {
        let id = value.get("id").filter(|id| !id.is_null());
        if let Some(record) = records.iter().find(|record| id.is_some() && record.get("id") == id) {
            *value = record.clone();
        }
    }
    to_raw_value(&told).map_err(fault)
}

/// The answer to a line of a bulk run, told anew once its mails were carried; and whether it failed by that.
fn line_told_anew(line: &str, deliveries: Vec<Delivery>) -> Result<(String, bool)> {
    let fault = |error: serde_json::Error| internal(error.to_string());
    let mut told: Map<String, Json> = serde_json::from_str(line).map_err(fault)?;
    let is_send = told.get("command").and_then(Json::as_str) == Some(SEND);
    let mut fails = false;
    for delivery in deliveries {
        let result: Box<RawValue> = to_raw_value(told.get("result").unwrap_or(&Json::Null)).map_err(fault)?;
        let anew = told_anew(&result, &delivery.records)?;
        let mail = mail_of(&anew);
        told.insert("result".to_owned(), serde_json::from_str(anew.get()).map_err(fault)?);
        if is_send && let Some(operation) = delivery.operation {
            told.insert("status".to_owned(), Json::from("done"));
            told.insert("operation".to_owned(), Json::from(operation));
        }
        match delivery.failed {
            Some(why) if is_send => {
                fails = true;
                let error: crate::domain::Error = MailRefused::NotSent { mail, why }.into();
                let mut fault_told = error.fault().clone();
                fault_told.line = told.get("line").and_then(Json::as_u64);
                told.insert("status".to_owned(), Json::from("error"));
                told.insert("operation".to_owned(), Json::Null);
                told.insert("result".to_owned(), Json::Null);
                told.insert("created".to_owned(), Json::Array(Vec::new()));
                told.insert("error".to_owned(), serde_json::to_value(&fault_told).map_err(fault)?);
            }
            Some(why) => {
                let warning = serde_json::to_value(warning_of(&mail, &why)).map_err(fault)?;
                if let Some(Json::Array(warnings)) = told.get_mut("warnings") {
                    warnings.push(warning);
                }
            }
            None => {}
        }
    }
    Ok((serde_json::to_string(&told).map_err(fault)?, fails))
}

/// Writes the file of a mail; a file of that name is of the same mail, and is written anew.
fn lay(mail: &Mail, folder: &Path, bytes: &[u8]) -> std::result::Result<(), String> {
    let Some(name) = mail.file_name() else {
        return Err("it was written for a server".to_owned());
    };
    let path = folder.join(name);
    let told = |error: std::io::Error| format!("{} cannot be written: {error}", path.display());
    std::fs::create_dir_all(folder).map_err(told)?;
    let file = NewFile::beside(&path).map_err(told)?;
    file.as_file().write_all(bytes).map_err(told)?;
    file.replace(&path).map_err(told)
}
