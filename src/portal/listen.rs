//! Connections of browsers: bounded in number, in what they may send and in how long they may take for it. The only file that names the
//! library for HTTP.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, select};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method as HttpMethod, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::LocalSet;
use tokio::time::{sleep, timeout};

use super::Around;
use super::request::{self, Answer, Asked, Method};
use super::work::{Done, Lanes};
use crate::domain::{Refusal, Result};

/// How many connections there may be. Beyond, the one that has been silent longest makes room: a request that never comes to its end
/// keeps nobody else out.
const CONNECTIONS: usize = 400;

/// How long the head of a request may take, also the next one on a connection; how long its body; and how long a connection is kept.
const HEAD: Duration = Duration::from_secs(10);
const BODY: Duration = Duration::from_secs(20);
const LIFE: Duration = Duration::from_secs(600);

/// How many bytes the head of a request may have, how many headers, and how many bytes its body: that of a drawn signature, and else.
const HEAD_BYTES: usize = 16 * 1024;
const HEADERS: usize = 64;
const DRAWING_BYTES: usize = 1024 * 1024;
const BODY_BYTES: usize = 64 * 1024;

/// How long what runs has to be finished when the portal ends, and how long what has not even asked.
const FINISH: Duration = Duration::from_secs(15);
const HANG_UP: Duration = Duration::from_secs(2);

/// How often is looked whether the portal is to end.
const LOOK: Duration = Duration::from_millis(100);

/// The program cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("no connections can be taken: {0}")]
struct NoConnections(std::io::Error);

impl Refusal for NoConnections {
    fn code(&self) -> &'static str {
        "internal"
    }
}

/// A connection, as long as it is open.
struct Open {
    /// Its place in the order in which something was heard of connections.
    heard: Cell<u64>,
    /// Whether a request of it was heard to its end and is not answered yet.
    is_asking: Cell<bool>,
    /// Makes it end.
    leave: Notify,
}

/// All connections.
struct Hall {
    open: RefCell<HashMap<u64, Rc<Open>>>,
    next: Cell<u64>,
    /// Whether the portal ends, and who is told then.
    ends: Cell<bool>,
    ending: Notify,
    lanes: Lanes,
    behind_proxy: bool,
    troubles: RefCell<Vec<String>>,
}

impl Hall {
    fn number(&self) -> u64 {
        self.next.set(self.next.get() + 1);
        self.next.get()
    }

    /// Takes a connection in; none where all others are being answered.
    fn admit(&self) -> Option<(u64, Rc<Open>)> {
        let mut open = self.open.borrow_mut();
        if open.len() >= CONNECTIONS {
            let silent = open.iter().filter(|(_, open)| !open.is_asking.get());
            let (longest, _) =
                silent.min_by_key(|(_, open)| open.heard.get()).map(|(id, open)| (*id, open.heard.get()))?;
            open.remove(&longest)?.leave.notify_one();
        }
        let id = self.number();
        let one = Rc::new(Open { heard: Cell::new(id), is_asking: Cell::new(false), leave: Notify::new() });
        open.insert(id, Rc::clone(&one));
        Some((id, one))
    }
}

/// Takes connections until the portal is to end; then what runs is finished.
pub fn listen(listener: TcpListener, lanes: Lanes, behind_proxy: bool, around: Around<'_>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    let runtime = runtime.map_err(NoConnections)?;
    let hall = Rc::new(Hall {
        open: RefCell::default(),
        next: Cell::new(0),
        ends: Cell::new(false),
        ending: Notify::new(),
        lanes,
        behind_proxy,
        troubles: RefCell::default(),
    });
    LocalSet::new().block_on(&runtime, async {
        listener.set_nonblocking(true).map_err(NoConnections)?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(NoConnections)?;
        let Around { ends, tell } = around;
        while !ends() {
            match timeout(LOOK, listener.accept()).await {
                Ok(Ok((stream, peer))) => {
                    if let Some((id, open)) = hall.admit() {
                        tokio::task::spawn_local(attend(Rc::clone(&hall), id, open, stream, peer));
                    }
                }
                // More connections than the system gives: some will end.
                Ok(Err(_)) => sleep(LOOK / 2).await,
                Err(_) => {}
            }
            hall.troubles.take().iter().for_each(|trouble| tell(trouble));
        }
        drop(listener);
        hall.ends.set(true);
        hall.ending.notify_waiters();
        let all_gone = async {
            while !hall.open.borrow().is_empty() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        // What is not finished by then is ended by the end of the program.
        let _ = timeout(FINISH, all_gone).await;
        hall.troubles.take().iter().for_each(|trouble| tell(trouble));
        Ok(())
    })
}

/// Attends to a connection until it ends.
async fn attend(hall: Rc<Hall>, id: u64, open: Rc<Open>, stream: TcpStream, peer: SocketAddr) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let (hall, open) = (Rc::clone(&hall), Rc::clone(&open));
        async move {
            let answer = asked_and_answered(&hall, &open, request, peer.ip()).await;
            open.is_asking.set(false);
            open.heard.set(hall.number());
            Ok::<_, Infallible>(answer)
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(HEAD_BYTES).max_headers(HEADERS);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let told = async {
        // Whoever is told before they wait would not hear it.
        let ending = hall.ending.notified();
        if !hall.ends.get() {
            ending.await;
        }
    };
    let (told, leave, life) = (pin!(told), pin!(open.leave.notified()), pin!(sleep(LIFE)));
    let told = select(told, select(leave, life));
    if let Either::Right((Either::Left(_), _)) = select(connection.as_mut(), told).await {
        // The portal ends: a request that came whole is answered, and whoever did not come to the end of theirs is not waited for.
        connection.as_mut().graceful_shutdown();
        let last = if open.is_asking.get() { FINISH } else { HANG_UP };
        let _ = timeout(last, connection).await;
    }
    hall.open.borrow_mut().remove(&id);
}

async fn asked_and_answered(
    hall: &Hall,
    open: &Open,
    request: Request<Incoming>,
    peer: IpAddr,
) -> Response<Full<Bytes>> {
    let asked = match heard(request, peer, hall.behind_proxy).await {
        Ok(asked) => asked,
        Err(answer) => return response(answer.with("connection", "close")),
    };
    open.is_asking.set(true);
    let Some(answer) = hall.lanes.ask(asked) else {
        return response(Answer::text(503, "too many are asking; try again soon").with("retry-after", "5"));
    };
    match answer.await {
        Ok(Done { answer, trouble }) => {
            hall.troubles.borrow_mut().extend(trouble);
            response(answer)
        }
        Err(_) => response(Answer::text(503, "the portal ends").with("retry-after", "5")),
    }
}

/// Reads a request to its end, or answers why it is none.
async fn heard(request: Request<Incoming>, peer: IpAddr, behind_proxy: bool) -> std::result::Result<Asked, Answer> {
    let (head, body) = request.into_parts();
    let method = match head.method {
        HttpMethod::GET => Method::Get,
        HttpMethod::HEAD => Method::Head,
        HttpMethod::POST => Method::Post,
        _ => return Err(Answer::text(405, "pages are looked at, and forms are sent").with("allow", "GET, HEAD, POST")),
    };
    let path = head.uri.path().to_owned();
    let form = if method == Method::Post { form(&head.headers, body, &path).await? } else { Vec::new() };
    let text = |name: &HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok());
    let cookies = head.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    Ok(Asked {
        method,
        path,
        query: head.uri.query().map(|query| request::pairs(query.as_bytes())).unwrap_or_default(),
        form,
        cookies: cookies.flat_map(request::cookies).collect(),
        client: if behind_proxy { client(&head.headers).unwrap_or(peer) } else { peer },
        is_foreign: is_foreign(text(&HeaderName::from_static("sec-fetch-site")), text(&ORIGIN), text(&HOST)),
    })
}

/// Reads a form.
async fn form(headers: &HeaderMap, body: Incoming, path: &str) -> std::result::Result<Vec<(String, String)>, Answer> {
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Answer::text(415, "a form is application/x-www-form-urlencoded"));
    }
    let most = if path.contains("/tasks/") { DRAWING_BYTES } else { BODY_BYTES };
    match timeout(BODY, Limited::new(body, most).collect()).await {
        Ok(Ok(body)) => Ok(request::pairs(&body.to_bytes())),
        Ok(Err(fault)) if fault.is::<LengthLimitError>() => Err(Answer::text(413, "that is too much for a form")),
        Ok(Err(_)) => Err(Answer::text(400, "the form did not come whole")),
        Err(_) => Err(Answer::text(408, "the form took too long")),
    }
}

/// Who asks, as the proxy says it that stands before the portal: the last in the list, which it wrote itself; what stands before that
/// anybody can have written.
fn client(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    last.rsplit(',').next()?.trim().parse().ok()
}

/// Whether a browser says that another site made it ask. Pages keep where a browser comes from to themselves, so that the origin of
/// their own forms is `null`.
fn is_foreign(site: Option<&str>, origin: Option<&str>, host: Option<&str>) -> bool {
    if let Some(site) = site {
        return !["same-origin", "none"].contains(&site);
    }
    match origin {
        None | Some("null") => false,
        Some(origin) => origin.split_once("://").map(|(_, origin)| origin) != host,
    }
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        // A text that cannot be a header is none.
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proxy_says_who_asks_last() {
        let headers = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", HeaderValue::from_static(line));
            }
            client(&headers).map(|client| client.to_string())
        };
        assert_eq!(headers(&["10.0.0.1, 192.0.2.7"]).as_deref(), Some("192.0.2.7"));
        assert_eq!(headers(&["10.0.0.1", "192.0.2.8"]).as_deref(), Some("192.0.2.8"));
        assert_eq!(headers(&["2001:db8::1"]).as_deref(), Some("2001:db8::1"));
        assert_eq!(headers(&["who knows"]), None);
        assert_eq!(headers(&[]), None);
    }

    #[test]
    fn a_form_of_another_site_is_foreign() {
        let host = Some("desk.example.com");
        assert!(!is_foreign(Some("same-origin"), Some("null"), host));
        assert!(!is_foreign(Some("none"), None, host));
        assert!(is_foreign(Some("cross-site"), Some("null"), host));
        assert!(is_foreign(Some("same-site"), None, host));
        assert!(!is_foreign(None, None, host));
        assert!(!is_foreign(None, Some("null"), host));
        assert!(!is_foreign(None, Some("https://desk.example.com"), host));
        assert!(is_foreign(None, Some("https://evil.example.com"), host));
    }
}
