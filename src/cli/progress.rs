//! How far a long run is: on a terminal a line that is written over, and as lines of JSON where that is asked for; with how long it
//! will take, as soon as that can be said.

use std::io::Write;
use std::time::{Duration, Instant};

use super::Settings;

/// How often it is told, and from when on an estimate is.
const DRAWN: Duration = Duration::from_millis(100);
const SAID: Duration = Duration::from_secs(1);
const ESTIMATED: Duration = Duration::from_secs(2);

/// When progress is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum When {
    /// On a terminal.
    #[default]
    Auto,
    /// As lines of JSON on stderr, wherever that leads.
    Json,
    Never,
}

impl When {
    /// The word that stands for it.
    pub fn of(word: &str) -> Option<When> {
        match word {
            "auto" => Some(When::Auto),
            "json" => Some(When::Json),
            "never" => Some(When::Never),
            _ => None,
        }
    }
}

/// How far a run is.
pub struct Progress<'o> {
    stderr: &'o mut dyn Write,
    when: When,
    /// Whether a line can be written over.
    draws: bool,
    /// What is counted.
    unit: &'static str,
    /// How many there are in all, where that is known.
    of: Option<u64>,
    began: Instant,
    told: Option<Instant>,
}

impl<'o> Progress<'o> {
    /// Begins to count `unit`s; `is_terminal` says whether a line can be drawn there.
    pub fn begin(
        stderr: &'o mut dyn Write,
        is_terminal: bool,
        settings: &Settings,
        unit: &'static str,
    ) -> Progress<'o> {
        let when = settings.progress;
        let draws = is_terminal && !settings.quiet && when == When::Auto;
        Progress { stderr, when, draws, unit, of: None, began: Instant::now(), told: None }
    }

    /// The same of so many in all.
    pub fn of(self, of: Option<u64>) -> Progress<'o> {
        Progress { of, ..self }
    }

    /// Whether anything is told at all, so that it is worth while to find out how many there are.
    pub fn is_told(&self) -> bool {
        self.draws || self.when == When::Json
    }

    /// Tells that so many are done, of so many where that is known by now; not at every step, but often enough.
    pub fn step(&mut self, done: u64, of: Option<u64>) {
        self.of = of.or(self.of);
        let pause = if self.when == When::Json { SAID } else { DRAWN };
        if !self.is_told() || self.told.is_some_and(|told| told.elapsed() < pause) {
            return;
        }
        self.told = Some(Instant::now());
        let left = self.of.and_then(|of| left(done, of, self.began.elapsed()));
        let _ = match self.when {
            When::Json => {
                let seconds = left.map(|left| left.as_secs());
                let told = serde_json::json!({ "progress": { "unit": self.unit, "done": done, "of": self.of, "seconds_left": seconds } });
                writeln!(self.stderr, "{told}")
            }
            _ => {
                let of = self.of.map(|of| format!(" of {of}")).unwrap_or_default();
                let left = left.map(|left| format!(", {} left", spoken(left))).unwrap_or_default();
                write!(self.stderr, "\r\x1b[K{done}{of} {}{left}", self.unit)
            }
        };
        let _ = self.stderr.flush();
    }

    /// Tells what is done now, where nothing can be counted.
    pub fn say(&mut self, what: &str) {
        let _ = match self.when {
            When::Json => writeln!(self.stderr, "{}", serde_json::json!({ "progress": { "step": what } })),
            _ if self.draws => write!(self.stderr, "\r\x1b[K{what}").and_then(|()| self.stderr.flush()),
            _ => Ok(()),
        };
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        if self.draws {
            let _ = write!(self.stderr, "\r\x1b[K").and_then(|()| self.stderr.flush());
        }
    }
}

/// How long the rest will take if it goes on so; nothing as long as that would be a guess.
fn left(done: u64, of: u64, elapsed: Duration) -> Option<Duration> {
    if done == 0 || elapsed < ESTIMATED {
        return None;
    }
    let millis = elapsed.as_millis().checked_mul(u128::from(of.saturating_sub(done)))?.checked_div(u128::from(done))?;
    Some(Duration::from_millis(u64::try_from(millis).ok()?))
}

/// A time as it is said.
fn spoken(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..90 => format!("{seconds} s"),
        seconds @ 90..5400 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_estimated_from_what_was_done() {
        let seconds = Duration::from_secs;
        assert_eq!(left(10, 100, seconds(10)), Some(seconds(90)));
        assert_eq!(left(100, 100, seconds(10)), Some(seconds(0)));
        assert_eq!(left(150, 100, seconds(10)), Some(seconds(0)), "more than was known of");
        assert_eq!((left(0, 100, seconds(10)), left(10, 100, seconds(1))), (None, None));
        assert_eq!(left(1, u64::MAX, seconds(10)), None);
    }

    #[test]
    fn times_are_said_in_one_unit() {
        let said: Vec<String> = [0, 89, 90, 3600, 5400].map(Duration::from_secs).map(spoken).into();
        assert_eq!(said, ["0 s", "89 s", "2 min", "60 min", "2 h"]);
    }
}
