//! Servers that take mail: one of the real ones, which the tests start where its package is installed, and a small one of our own that
//! takes whatever comes.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;

use super::{Shop, json};

/// What the real server runs as; it ends when this process does.
const PROGRAM: &str = include_str!("../mail/server.py");

/// A real server on a port of its own. Whom a mail goes to says what becomes of it: see its program.
pub struct MailServer {
    child: Child,
    pub port: u16,
    folder: PathBuf,
}

/// A mail as the server took it.
pub struct Taken {
    pub message: Vec<u8>,
    pub envelope: Value,
}

impl MailServer {
    /// A server that begins plain, plain and encrypted then (`starttls`), or encrypted (`tls`); none where it is not installed. What it
    /// takes lies in a folder of the shop's, its authority in `authority.pem`.
    pub fn start(shop: &Shop, security: &str) -> Option<MailServer> {
        let folder = shop.path(&format!("taken-{security}"));
        std::fs::create_dir_all(&folder).unwrap();
        let (certificate, key) = certificate(shop);
        for python in ["/usr/bin/python3", "python3"] {
            let started = Command::new(python)
                .args(["-c", PROGRAM])
                .args([&folder, Path::new(security), &certificate, &key])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn();
            let Ok(mut child) = started else { continue };
            let mut port = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
            match port.trim().parse() {
                Ok(port) => return Some(MailServer { child, port, folder }),
                Err(_) => drop(child.wait()),
            }
        }
        eprintln!("skipped: no mail server is installed (Debian package python3-aiosmtpd)");
        None
    }

    /// What it took, in order.
    pub fn taken(&self) -> Vec<Taken> {
        let mut names: Vec<PathBuf> =
            std::fs::read_dir(&self.folder).unwrap().map(|file| file.unwrap().path()).collect();
        names.sort();
        let messages = names.iter().filter(|name| name.extension().is_some_and(|extension| extension == "eml"));
        messages
            .map(|name| Taken {
                message: std::fs::read(name).unwrap(),
                envelope: json(&std::fs::read_to_string(name.with_extension("json")).unwrap()),
            })
            .collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A certificate for this machine, its key, and beside them the authority that gave it.
fn certificate(shop: &Shop) -> (PathBuf, PathBuf) {
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
    shop.write("authority.pem", authority.pem());
    (shop.write("server.pem", certificate.pem()), shop.write("server.key", key.serialize_pem()))
}

/// Has the shop's mail go to that port of this machine; `more` are further lines of the configuration.
pub fn configure(shop: &Shop, port: u16, more: &str) {
    let folder = shop.path(".config/aftersales");
    std::fs::create_dir_all(&folder).unwrap();
    let text = format!("[smtp]\nhost = \"127.0.0.1\"\nport = {port}\n{more}\n");
    std::fs::write(folder.join("config.toml"), text).unwrap();
}

/// Takes the configuration away again.
pub fn unconfigure(shop: &Shop) {
    std::fs::remove_file(shop.path(".config/aftersales/config.toml")).unwrap();
}

/// A server of our own that takes whatever comes, until the test ends; its port.
pub fn taking_all() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let lines = BufReader::new(stream.try_clone().unwrap()).split(b'\n');
            let _ = stream.write_all(b"220 here\r\n");
            let mut is_data = false;
            for line in lines {
                let Ok(line) = line else { break };
                let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                let answer = match (is_data, line.as_str()) {
                    (true, ".") => "250 taken\r\n",
                    (true, _) => continue,
                    (false, "DATA") => "354 go on\r\n",
                    (false, "QUIT") => "221 bye\r\n",
                    (false, _) => "250 well\r\n",
                };
                is_data = answer.starts_with("354");
                if stream.write_all(answer.as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    port
}
