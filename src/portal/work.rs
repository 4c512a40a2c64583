//! Who answers: a few threads, each with the store open for itself. Looking has threads of its own, so that what waits for the store's
//! lock keeps nobody from looking. What is asked waits in a line that is bounded; beyond it the portal says that it is busy.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant as Moment;

use tokio::sync::oneshot;

use super::Site;
use super::answer::Counter;
use super::limit::Limits;
use super::request::{Answer, Asked};
use crate::command::pipeline::courier::Courier;

/// How many look, how many write, and how many wait for each.
const READERS: usize = 4;
const WRITERS: usize = 2;
const WAITING: usize = 64;

/// Something that was asked, and who waits for the answer.
struct Job {
    asked: Asked,
    reply: oneshot::Sender<Done>,
}

/// An answer, with what went wrong where something did that the desk should know of.
pub struct Done {
    pub answer: Answer,
    pub trouble: Option<String>,
}

type Line = Arc<Mutex<Receiver<Job>>>;

/// A desk at which somebody answers.
pub struct Desk {
    line: Line,
    limits: Arc<Limits>,
}

/// The lines in which is waited.
#[derive(Clone)]
pub struct Lanes {
    looking: SyncSender<Job>,
    writing: SyncSender<Job>,
}

/// The desks, and the lines before them.
pub fn lanes() -> (Vec<Desk>, Lanes) {
    let (looking, lookers) = sync_channel(WAITING);
    let (writing, writers) = sync_channel(WAITING);
    let (lookers, writers): (Line, Line) = (Arc::new(Mutex::new(lookers)), Arc::new(Mutex::new(writers)));
    let limits = Arc::new(Limits::default());
    let desk = |line: &Line| Desk { line: Arc::clone(line), limits: Arc::clone(&limits) };
    let desks = (0..READERS).map(|_| desk(&lookers)).chain((0..WRITERS).map(|_| desk(&writers))).collect();
    (desks, Lanes { looking, writing })
}

impl Lanes {
    /// Puts into the line what was asked; none where nobody else can wait.
    pub fn ask(&self, asked: Asked) -> Option<oneshot::Receiver<Done>> {
        let (reply, answer) = oneshot::channel();
        let lane = if asked.may_write() { &self.writing } else { &self.looking };
        match lane.try_send(Job { asked, reply }) {
            Ok(()) => Some(answer),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => None,
        }
    }
}

impl Desk {
    /// Answers until nobody can ask any more.
    pub fn work(&self, site: &Site<'_>, courier: Courier) {
        let mut counter = Counter::new(site, &courier, &self.limits);
        loop {
            let next = self.line.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(Job { asked, reply }) = next else {
                return;
            };
            // Whoever asked may be gone.
            if reply.is_closed() {
                continue;
            }
            let done = catch_unwind(AssertUnwindSafe(|| counter.answer(&asked, Moment::now())));
            let done = done.unwrap_or_else(|_| {
                counter = Counter::new(site, &courier, &self.limits);
                let trouble = Some("a fault of the program".to_owned());
                Done { answer: counter.failed(500), trouble }
            });
            drop(reply.send(done));
        }
    }
}
