//! The portal as browsers reach it: the real program that serves it, and a browser that knows HTTP and cookies and no more.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, ChildStdout, Command};
use std::time::Duration;

use super::Shop;

/// A running portal, which ends with the story.
pub struct Portal {
    child: Option<Child>,
    stdout: BufReader<ChildStdout>,
    pub port: u16,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Page {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// A browser with its cookies.
pub struct Browser {
    port: u16,
    pub cookies: RefCell<BTreeMap<String, String>>,
    /// Headers that it sends beside its own.
    pub more: RefCell<Vec<(String, String)>>,
}

impl Portal {
    /// Starts one on the shop's store, at a free port.
    pub fn start(shop: &Shop, flags: &str) -> Portal {
        Portal::of(shop.command(&format!("serve --listen 127.0.0.1:0 {flags}")))
    }

    /// Starts the one that a command serves.
    pub fn of(mut command: Command) -> Portal {
        let mut child = command.spawn().expect("it starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("its address");
        let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.unwrap_or_else(|| panic!("no address but {line:?}"));
        Portal { child: Some(child), stdout, port }
    }

    /// A browser that was never here.
    pub fn browser(&self) -> Browser {
        Browser { port: self.port, cookies: RefCell::default(), more: RefCell::default() }
    }

    /// A browser in which the customer opened a link that was made for them.
    pub fn signed_in(&self, shop: &Shop, customer: &str) -> Browser {
        let browser = self.browser();
        let link = link(shop, customer);
        let page = browser.get(&link);
        assert_eq!((page.status, page.header("location")), (303, Some("/")), "{}", page.text());
        browser
    }

    /// The process.
    pub fn pid(&self) -> nix::unistd::Pid {
        nix::unistd::Pid::from_raw(self.child.as_ref().expect("it runs").id().try_into().unwrap())
    }

    /// Tells it to end, waits until it did, and answers its exit code and what it said.
    pub fn ended(mut self, signal: nix::sys::signal::Signal) -> (i32, String) {
        nix::sys::signal::kill(self.pid(), signal).expect("it is there");
        let child = self.child.take().expect("it runs");
        let output = child.wait_with_output().expect("it ends");
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).expect("its output");
        assert_eq!(rest, "", "the address is all that it prints");
        (super::code_of(output.status), String::from_utf8(output.stderr).unwrap())
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The path of a link that is made for a customer.
pub fn link(shop: &Shop, customer: &str) -> String {
    let link = shop.done(&format!("customer invite {customer}"))["result"]["link"].as_str().unwrap().to_owned();
    link[link.find("/in/").unwrap()..].to_owned()
}

impl Page {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as a text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What a hidden field of a form holds.
    pub fn hidden(&self, name: &str) -> String {
        let text = self.text();
        let field = format!("name=\"{name}\" value=\"");
        let at = text.find(&field).unwrap_or_else(|| panic!("no field {name} in {text}"));
        text[at + field.len()..].split('"').next().unwrap().to_owned()
    }
}

impl Browser {
    pub fn get(&self, path: &str) -> Page {
        self.asked("GET", path, None)
    }

    /// Goes where it is led.
    pub fn follow(&self, path: &str) -> Page {
        let mut page = self.get(path);
        for _ in 0..5 {
            match (page.status, page.header("location")) {
                (303, Some(place)) => page = self.get(place),
                _ => break,
            }
        }
        page
    }

    /// Sends a form with these fields.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        self.asked("POST", path, Some(("application/x-www-form-urlencoded", form.finish().into_bytes())))
    }

    /// Fills in the form of a page and sends it.
    pub fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.get(path);
        let (form, once) = (page.hidden("form"), page.hidden("once"));
        let own = [("form", form.as_str()), ("once", once.as_str())];
        self.post(path, &[&own, fields].concat())
    }

    pub fn asked(&self, method: &str, path: &str, body: Option<(&str, Vec<u8>)>) -> Page {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\n", self.port);
        let cookies: Vec<String> =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            head.push_str(&format!("cookie: {}\r\n", cookies.join("; ")));
        }
        for (name, value) in &*self.more.borrow() {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some((media, body)) = &body {
            head.push_str(&format!("content-type: {media}\r\ncontent-length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        let mut stream = connected(self.port);
        stream.write_all(head.as_bytes()).expect("it listens");
        if let Some((_, body)) = &body {
            // Who has heard enough may hang up.
            let _ = stream.write_all(body);
        }
        let page = answer(&mut stream, method);
        for (_, cookie) in page.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            match value {
                "" => self.cookies.borrow_mut().remove(name),
                value => self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned()),
            };
        }
        page
    }
}

/// One question to a port of this machine, without cookies.
#[allow(dead_code, reason = "the stories on a server open no browser")]
pub fn talk(port: u16, method: &str, path: &str, body: Option<(&str, Vec<u8>)>) -> Page {
    Browser { port, cookies: RefCell::default(), more: RefCell::default() }.asked(method, path, body)
}

/// A connection to a port of this machine.
pub fn connected(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("somebody listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Reads an answer: its head, and as many bytes as that promises.
fn answer(stream: &mut TcpStream, method: &str) -> Page {
    let mut reader = BufReader::new(&mut *stream);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        assert!(reader.read_until(b'\n', &mut head).expect("an answer") > 0, "it was hung up on");
    }
    let head = String::from_utf8(head).expect("a head of text");
    let head = head.trim_end();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok()).unwrap();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(':').expect("a header"))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let mut page = Page { status, headers, body: Vec::new() };
    let length = page.header("content-length").and_then(|length| length.parse().ok()).expect("how long it is");
    if method != "HEAD" {
        page.body = vec![0; length];
        reader.read_exact(&mut page.body).expect("all of it");
    }
    let _ = stream.shutdown(Shutdown::Both);
    page
}
