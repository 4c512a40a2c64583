//! The conversation with a server that takes mail (RFC 5321): one connection for many messages, opened when the first of them is
//! there. What is known of a message when something goes wrong is told exactly: that it was not taken, or that nobody knows. Knows no
//! noun.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};

use super::letter::Written;

/// How the connection is kept from others' eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// It begins plain and must be encrypted before anything is told.
    StartTls,
    /// It is encrypted from the beginning.
    Tls,
    /// It is plain.
    None,
}

/// A server that takes mail.
#[derive(Clone)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// Who logs in, and by which password.
    pub login: Option<(String, String)>,
    /// Authorities in PEM, trusted beside those of the system.
    pub authorities: Option<Vec<u8>>,
    /// What the program calls itself.
    pub hello: String,
    /// How long is waited for each answer; a message as a whole has four times that.
    pub timeout: Duration,
}

/// How the way of a message went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The server took it.
    Taken,
    /// The server will not take it as it is.
    Refused(String),
    /// The server did not take it this time.
    PutOff(String),
    /// It was under way, and whether the server took it is not known.
    Unknown(String),
    /// No message can be sent now: there is no server, or it does not let in.
    Closed(String),
}

/// The way to a server, over which messages go one after the other. Each is offered first; only when the server is ready for it is it
/// given, so that whoever keeps a record of it can do so in between.
pub struct Line {
    server: Server,
    at_work: Option<AtWork>,
}

/// The thread that talks to the server: whoever waits for it can stop waiting.
struct AtWork {
    asks: Sender<Ask>,
    answers: Receiver<Sent>,
    /// Whether the message that is under way may have been taken by now.
    is_under_way: Arc<AtomicBool>,
}

/// What the thread is asked for.
enum Ask {
    Offer(Written),
    Give,
    TakeBack,
}

impl Line {
    /// The way to that server, on which nothing is said yet.
    pub fn to(server: Server) -> Line {
        Line { server, at_work: None }
    }

    /// Offers a message, which is ready to be given then; or tells how its way ended already.
    pub fn offer(&mut self, message: Written) -> Result<(), Sent> {
        // Connecting waits for some answers of its own.
        let answers = if self.at_work.is_some() { 3 } else { 8 };
        let server = &self.server;
        self.at_work.get_or_insert_with(|| AtWork::begun(server.clone()));
        match self.asked(Ask::Offer(message), answers) {
            Sent::Taken => Ok(()),
            sent => Err(sent),
        }
    }

    /// Gives the message that was offered.
    pub fn give(&mut self) -> Sent {
        self.asked(Ask::Give, 4)
    }

    /// Takes the message back that was offered.
    pub fn take_back(&mut self) {
        self.asked(Ask::TakeBack, 1);
    }

    /// Asks, and waits for so many answers of the server at most.
    fn asked(&mut self, ask: Ask, answers: u32) -> Sent {
        let whole = self.server.timeout * answers;
        let Some(at_work) = &self.at_work else {
            return Sent::Closed("nothing is offered".to_owned());
        };
        at_work.is_under_way.store(false, Ordering::SeqCst);
        let answer = match at_work.asks.send(ask) {
            Ok(()) => at_work.answers.recv_timeout(whole),
            Err(_) => Err(RecvTimeoutError::Disconnected),
        };
        let sent = answer.unwrap_or_else(|error| {
            let why = match error {
                RecvTimeoutError::Timeout => format!("the server took more than {} seconds", whole.as_secs()),
                RecvTimeoutError::Disconnected => "the conversation with the server was broken off".to_owned(),
            };
            if at_work.is_under_way.load(Ordering::SeqCst) { Sent::Unknown(why) } else { Sent::Closed(why) }
        });
        // After whatever is not an answer to this message alone, a new conversation is begun for the next one.
        if matches!(sent, Sent::Unknown(_) | Sent::Closed(_)) {
            self.at_work = None;
        }
        sent
    }
}

impl AtWork {
    fn begun(server: Server) -> AtWork {
        let (asks, asked) = channel();
        let (tell, answers) = channel();
        let is_under_way = Arc::new(AtomicBool::new(false));
        let under_way = Arc::clone(&is_under_way);
        std::thread::spawn(move || {
            let mut connection = match connect(&server) {
                Ok(connection) => connection,
                Err(why) => {
                    // Told in answer to the first message, which is on its way here.
                    drop(asked.recv());
                    drop(tell.send(Sent::Closed(why)));
                    return;
                }
            };
            let mut offered: Option<Written> = None;
            while let Ok(ask) = asked.recv() {
                let sent = match (ask, offered.take()) {
                    (Ask::Offer(message), _) => {
                        let sent = offer(&mut connection, &message);
                        offered = Some(message);
                        sent
                    }
                    (Ask::Give, Some(message)) => give(&mut connection, &message, &under_way),
                    (Ask::Give, None) => Sent::Closed("nothing is offered".to_owned()),
                    (Ask::TakeBack, _) => begin_anew(&mut connection, Sent::Taken),
                };
                let goes_on = !matches!(sent, Sent::Unknown(_) | Sent::Closed(_));
                if tell.send(sent).is_err() || !goes_on {
                    return;
                }
            }
            let _ = connection.quit();
        });
        AtWork { asks, answers, is_under_way }
    }
}

/// Tries whether the server can be reached and lets the caller in; nothing is sent.
pub fn reach(server: &Server) -> Result<(), String> {
    connect(server).map(|mut connection| drop(connection.quit()))
}

/// Opens a connection: encrypted where that is asked for, or not at all; and logs in.
fn connect(server: &Server) -> Result<SmtpConnection, String> {
    let Server { host, port, security, login, authorities, hello, timeout } = server;
    let at = format!("{host}:{port}");
    let hello = ClientId::Domain(hello.clone());
    let tls = match security {
        Security::None => None,
        Security::StartTls | Security::Tls => {
            let mut tls = TlsParameters::builder(host.clone());
            if let Some(authorities) = authorities {
                let certificate =
                    Certificate::from_pem(authorities).map_err(|error| format!("ca_file: {}", told(&error)))?;
                tls = tls.add_root_certificate(certificate);
            }
            Some(tls.build().map_err(|error| told(&error))?)
        }
    };
    let wrapped = tls.as_ref().filter(|_| *security == Security::Tls);
    let failed = |error: Error| format!("{at}: {}", told(&error));
    let mut connection =
        SmtpConnection::connect((host.as_str(), *port), Some(*timeout), &hello, wrapped, None).map_err(failed)?;
    connection.set_timeout(Some(*timeout)).map_err(|error| format!("{at}: {error}"))?;
    if let Some(tls) = tls.as_ref().filter(|_| *security == Security::StartTls) {
        if !connection.can_starttls() {
            connection.abort();
            return Err(format!("{at}: the server offers no encryption (STARTTLS), and nothing is told it without"));
        }
        connection.starttls(tls, &hello).map_err(failed)?;
    }
    if let Some((user, password)) = login {
        let credentials = Credentials::new(user.clone(), password.clone());
        let logged_in = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials);
        logged_in.map_err(|error| format!("{at}: {user} is not let in: {}", told(&error)))?;
    }
    Ok(connection)
}

/// Offers a message to the server: from whom it is and to whom it goes. Nothing of it is taken by that.
fn offer(connection: &mut SmtpConnection, Written { bytes, envelope }: &Written) -> Sent {
    let mut options = Vec::new();
    if envelope.to().iter().chain(envelope.from()).any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Sent::Refused("the server takes no addresses beyond ASCII".to_owned());
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    if !bytes.is_ascii() {
        if !connection.server_info().supports_feature(Extension::EightBitMime) {
            return Sent::Refused("the server takes nothing beyond ASCII".to_owned());
        }
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let mut asked = connection.command(Mail::new(envelope.from().cloned(), options));
    for to in envelope.to() {
        asked = asked.and_then(|_| connection.command(Rcpt::new(to.clone(), Vec::new())));
    }
    match asked {
        Ok(_) => Sent::Taken,
        Err(error) => begin_anew(connection, not_taken(&error)),
    }
}

/// Gives the message that was offered. Until the server asks for the message itself, nothing of it is taken; from then on only its
/// answer says so.
fn give(connection: &mut SmtpConnection, message: &Written, is_under_way: &AtomicBool) -> Sent {
    if let Err(error) = connection.command(Data) {
        return begin_anew(connection, not_taken(&error));
    }
    is_under_way.store(true, Ordering::SeqCst);
    match connection.message(&message.bytes) {
        Ok(_) => Sent::Taken,
        Err(error) if error.status().is_some() => begin_anew(connection, not_taken(&error)),
        Err(error) => Sent::Unknown(told(&error)),
    }
}

/// The server said no, in these words; or the connection broke while nothing of the message was under way.
fn not_taken(error: &Error) -> Sent {
    if error.is_permanent() {
        Sent::Refused(told(error))
    } else if error.is_transient() {
        Sent::PutOff(told(error))
    } else {
        Sent::Closed(told(error))
    }
}

/// Takes back what was said of a message, so that the next one can follow on the same connection.
fn begin_anew(connection: &mut SmtpConnection, sent: Sent) -> Sent {
    match (&sent, connection.command(Reset)) {
        // The server has closed behind its answer (421): what it said stays true, and the next message gets a connection of its own.
        (Sent::PutOff(why), Err(_)) => Sent::Closed(why.clone()),
        _ => sent,
    }
}

/// `RSET`.
struct Reset;

impl std::fmt::Display for Reset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RSET\r\n")
    }
}

/// What the library says, with the reasons behind it, as far as they say more.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut inner = error.source();
    while let Some(error) = inner {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        inner = error.source();
    }
    text
}
