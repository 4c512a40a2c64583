//! `serve`: the customer's page over HTTP.

use std::net::{TcpListener, ToSocketAddrs};
use std::sync::atomic::Ordering;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::report::Exit;
use super::{Outside, Settings, print};
use crate::domain::Refusal;
use crate::output::{Format, escape};
use crate::portal::{self, Around, Site};

/// Where it listens unless it is told otherwise: on this machine alone.
const LISTEN: &str = "127.0.0.1:8080";

/// Where it was told to listen it cannot.
#[derive(Debug, thiserror::Error)]
#[error("{given} {why}")]
struct NowhereToListen {
    given: String,
    why: String,
}

impl Refusal for NowhereToListen {
    fn code(&self) -> &'static str {
        "invalid_value"
    }
    fn field(&self) -> Option<&'static str> {
        Some("listen")
    }
    fn given(&self) -> Option<String> {
        Some(self.given.clone())
    }
    fn hint(&self) -> Option<String> {
        // A free port of this machine is always there.
        Some("aftersales serve --listen 127.0.0.1:0".to_owned())
    }
}

/// `serve` as clap sees it.
pub fn serve_command() -> Command {
    Command::new("serve")
        .about("Serve customers their pages over HTTP")
        .arg(Arg::new("listen").long("listen").value_name("ADDRESS:PORT").help("Where to listen (default: 127.0.0.1:8080); port 0 takes a free one"))
        .arg(Arg::new("behind-proxy").long("behind-proxy").action(ArgAction::SetTrue).help("Believe the last address in X-Forwarded-For, which the proxy before it wrote"))
        .after_help(
            "Who opens a link that 'customer invite' made sees their tickets, visits, documents, coupons and cart, replies, signs \
             worksheets and, where 'desk edit --customers-may-close' lets them, closes tickets: each the ordinary command, in the log as \
             done by that customer. The address is printed once pages are served.\n\n\
             It speaks HTTP without TLS, so put a proxy before it that does, and set its address by 'desk edit --portal-url'; with \
             https:// there, cookies go over TLS alone. Several of them can serve one store. An interrupt or SIGTERM lets what runs come \
             to its end first.\n\n\
             Examples:\n  aftersales serve\n  aftersales serve --listen 127.0.0.1:8090 --behind-proxy",
        )
}

/// Runs `serve`, until it is told to end.
pub fn serve(outside: &mut Outside<'_>, settings: &Settings, matches: &ArgMatches) -> Result<(), Exit> {
    let given = matches.get_one::<String>("listen").map_or(LISTEN, String::as_str);
    let refused = |why: String| NowhereToListen { given: given.to_owned(), why };
    let mut places = given.to_socket_addrs().map_err(|fault| refused(format!("is no address with a port: {fault}")))?;
    let place = places.next().ok_or_else(|| refused("is no address of this machine".to_owned()))?;
    // What is wrong with the store is told at once, and an older one is upgraded.
    drop(settings.open_to_write(outside)?);
    let site = Site {
        store: &settings.store,
        templates: &settings.templates,
        clock: outside.clock,
        now: settings.now,
        behind_proxy: matches.get_flag("behind-proxy"),
    };
    let courier = || settings.courier.another();
    portal::prepare(&site, &courier())?;
    let unheard = |fault: std::io::Error| refused(format!("cannot be listened on: {fault}"));
    let listener = TcpListener::bind(place).map_err(unheard)?;
    let bound = listener.local_addr().map_err(unheard)?;
    let signals = outside.signals.clone();
    signals.end_at_once.store(false, Ordering::SeqCst);
    let address = format!("http://{bound}");
    let told = match settings.shape.format {
        Format::Json | Format::Ndjson => format!("{}\n", serde_json::json!({ "address": address })),
        Format::Table | Format::Csv | Format::Ids => format!("{address}\n"),
    };
    print(outside, told.as_bytes())?;
    let stderr = &mut *outside.stderr;
    let mut tell = |trouble: &str| {
        let _ = writeln!(stderr, "error[{}", escape::for_terminal(trouble).replacen(": ", "]: ", 1));
    };
    let around = Around { ends: &|| signals.came.load(Ordering::SeqCst) > 0, tell: &mut tell };
    Ok(portal::serve(&site, courier, listener, around)?)
}
