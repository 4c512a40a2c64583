//! A line to a server that counts how often it was waited for, that can be slow, and that can fall silent.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What a line does and has seen; shared by all connections over it.
#[derive(Default)]
struct Seen {
    /// How often somebody sent something after having heard something: each time the way there and back was waited for.
    trips: AtomicUsize,
    is_silent: AtomicBool,
    /// What makes the line fall silent, once it is sent to the server.
    last_words: Mutex<Option<Vec<u8>>>,
}

/// A line of its own to a server on this machine.
pub struct Line {
    port: u16,
    seen: Arc<Seen>,
}

impl Line {
    /// A line to the server at that port, over which the way there and back takes that long.
    pub fn to(server: u16, delay: Duration) -> Line {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("its number").port();
        let seen = Arc::new(Seen::default());
        let shared = seen.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if let Ok(server) = TcpStream::connect(("127.0.0.1", server)) {
                    connect(&client, &server, delay / 2, &shared);
                }
            }
        });
        Line { port, seen }
    }

    /// An address of the server, by way of this line.
    pub fn address(&self, direct: &str) -> String {
        let (before, after) = direct.split_once("@127.0.0.1:").expect("an address of this machine");
        let (_, after) = after.split_once('/').expect("a database");
        format!("{before}@127.0.0.1:{}/{after}", self.port)
    }

    /// How many round trips there were since this was last asked.
    pub fn trips(&self) -> usize {
        self.seen.trips.swap(0, Ordering::SeqCst)
    }

    /// Lets nothing through any more, without hanging up, once those words have gone to the server.
    pub fn falls_silent_after(&self, words: &str) {
        *self.seen.last_words.lock().expect("nobody panicked here") = Some(words.as_bytes().to_vec());
    }

    /// Whether it has fallen silent.
    pub fn is_silent(&self) -> bool {
        self.seen.is_silent.load(Ordering::SeqCst)
    }
}

fn connect(client: &TcpStream, server: &TcpStream, delay: Duration, seen: &Arc<Seen>) {
    for stream in [client, server] {
        stream.set_nodelay(true).expect("a stream can be without delay");
    }
    let clone = |stream: &TcpStream| stream.try_clone().expect("a stream can be shared");
    // Whether the client sent something since it last heard something.
    let has_sent = Arc::new(AtomicBool::new(false));
    let (there, sent, counted) = (seen.clone(), has_sent.clone(), seen.clone());
    carry(
        clone(client),
        clone(server),
        delay,
        move |_| {
            if !sent.swap(true, Ordering::SeqCst) {
                counted.trips.fetch_add(1, Ordering::SeqCst);
            }
        },
        move |bytes| {
            let last_words = there.last_words.lock().expect("nobody panicked here");
            let is_said = |words: &Vec<u8>| bytes.windows(words.len()).any(|window| window == words);
            if last_words.as_ref().is_some_and(is_said) {
                there.is_silent.store(true, Ordering::SeqCst);
            }
        },
        seen.clone(),
    );
    carry(clone(server), clone(client), delay, |_| {}, move |_| has_sent.store(false, Ordering::SeqCst), seen.clone());
}

/// Carries what comes from one end to the other, each piece as long after it came as `delay` says.
fn carry(
    mut from: TcpStream,
    mut to: TcpStream,
    delay: Duration,
    came: impl Fn(&[u8]) + Send + 'static,
    goes: impl Fn(&[u8]) + Send + 'static,
    seen: Arc<Seen>,
) {
    let (send, receive): (Sender<(Instant, Vec<u8>)>, Receiver<_>) = channel();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let bytes = buffer.get(..length).unwrap_or_default();
            came(bytes);
            if send.send((Instant::now() + delay, bytes.to_vec())).is_err() {
                break;
            }
        }
    });
    std::thread::spawn(move || {
        while let Ok((due, bytes)) = receive.recv() {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if seen.is_silent.load(Ordering::SeqCst) {
                // Held open for good, as by a machine that is not there any more.
                std::mem::forget(to);
                return;
            }
            goes(&bytes);
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        if !seen.is_silent.load(Ordering::SeqCst) {
            let _ = to.shutdown(Shutdown::Both);
        }
    });
}
