//! Running a program and saying what it took: CPU and peak memory from the kernel's account of a finished child, instructions
//! from `perf stat` or, where the machine counts none, from valgrind.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::Result;

/// What a run took.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    pub wall: Duration,
    /// User and system time.
    pub cpu: Duration,
    /// The most memory it held at once, in KiB.
    pub peak: i64,
}

impl Taken {
    fn of(usage: &Usage, wall: Duration) -> Taken {
        Taken { wall, cpu: cpu_of(usage), peak: usage.max_rss() }
    }

    fn to_line(self) -> String {
        format!("{} {} {}", self.wall.as_micros(), self.cpu.as_micros(), self.peak)
    }

    fn from_line(line: &str) -> Result<Taken> {
        let mut numbers = line.split_whitespace().map(str::parse::<u64>);
        let mut next = || Ok::<u64, Box<dyn std::error::Error>>(numbers.next().ok_or("figures are missing")??);
        let (wall, cpu) = (Duration::from_micros(next()?), Duration::from_micros(next()?));
        Ok(Taken { wall, cpu, peak: i64::try_from(next()?)? })
    }
}

fn cpu_of(usage: &Usage) -> Duration {
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// What this process takes to do something.
pub fn own(work: impl FnOnce() -> Result<()>) -> Result<Taken> {
    let (began, before) = (Instant::now(), cpu_of(&getrusage(UsageWho::RUSAGE_SELF)?));
    work()?;
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok(Taken { cpu: cpu_of(&usage).saturating_sub(before), ..Taken::of(&usage, began.elapsed()) })
}

/// Prints figures for whoever started this process.
pub fn tell(taken: Taken, to: &Path) -> Result<()> {
    Ok(std::fs::write(to, taken.to_line())?)
}

/// The figures that a process of ours left behind.
pub fn told(by: &Path) -> Result<Taken> {
    Taken::from_line(&std::fs::read_to_string(by)?)
}

/// A program with its arguments, to be run as often as it takes. It reads nothing; what it prints goes to a file.
#[derive(Clone)]
pub struct Call {
    words: Vec<String>,
    folder: PathBuf,
}

impl Call {
    pub fn new(folder: &Path, program: impl AsRef<OsStr>) -> Call {
        Call { words: vec![program.as_ref().to_string_lossy().into_owned()], folder: folder.to_owned() }
    }

    pub fn arg(mut self, word: impl AsRef<OsStr>) -> Call {
        self.words.push(word.as_ref().to_string_lossy().into_owned());
        self
    }

    pub fn args<'w>(self, words: impl IntoIterator<Item = &'w str>) -> Call {
        words.into_iter().fold(self, Call::arg)
    }

    fn under(&self, wrapper: &[&str]) -> Command {
        let mut words = wrapper.iter().copied().chain(self.words.iter().map(String::as_str));
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    /// Runs it. A process of its own stands between, so that the account of children holds this one alone.
    pub fn run(&self) -> Result<Taken> {
        let figures = self.folder.join("figures");
        let bench = std::env::current_exe()?.to_string_lossy().into_owned();
        let between = [bench.as_str(), "measure", &figures.to_string_lossy()];
        succeed(self.under(&between).stdout(File::create(self.folder.join("answers"))?))?;
        told(&figures)
    }

    /// The least of several runs, which is the one least disturbed.
    pub fn least(&self, times: usize) -> Result<Taken> {
        let mut least = self.run()?;
        for _ in 1..times {
            let taken = self.run()?;
            least = Taken { wall: least.wall.min(taken.wall), cpu: least.cpu.min(taken.cpu), ..least };
        }
        Ok(least)
    }

    /// The instructions that it takes outside the kernel.
    pub fn instructions(&self, counter: Counter) -> Result<Option<u64>> {
        let counted = self.folder.join("counted");
        let place = counted.to_string_lossy();
        let log = format!("--log-file={place}");
        let (wrapper, mark): (Vec<&str>, &str) = match counter {
            Counter::Perf => (vec!["perf", "stat", "-x,", "-e", "instructions:u", "-o", &place, "--"], "instructions"),
            Counter::Valgrind => {
                let mut words = vec!["valgrind", "--tool=cachegrind", "--cache-sim=no"];
                words.extend(["--cachegrind-out-file=/dev/null", log.as_str()]);
                // Some versions set the words of the line apart by more than one blank.
                (words, "refs:")
            }
            Counter::None => return Ok(None),
        };
        succeed(self.under(&wrapper).stdout(Stdio::null()))?;
        Ok(number_on_line(&std::fs::read_to_string(&counted)?, mark))
    }
}

/// The run between a call and its figures: runs the words, then writes down what they took.
pub fn between(figures: &Path, words: &[String]) -> Result<()> {
    let [program, arguments @ ..] = words else {
        return Err("nothing to measure".into());
    };
    let began = Instant::now();
    succeed(Command::new(program).args(arguments))?;
    let wall = began.elapsed();
    tell(Taken::of(&getrusage(UsageWho::RUSAGE_CHILDREN)?, wall), figures)
}

fn succeed(command: &mut Command) -> Result<()> {
    let ended = command.status()?;
    if ended.success() { Ok(()) } else { Err(format!("{command:?} ended with {ended}").into()) }
}

/// What counts instructions here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    Perf,
    Valgrind,
    None,
}

impl Counter {
    /// The first that counts anything. A virtual machine often hides the processor's own counters.
    pub fn found(folder: &Path) -> Counter {
        let nothing = Call::new(folder, "true");
        let counts = |counter: &Counter| matches!(nothing.instructions(*counter), Ok(Some(1..)));
        [Counter::Perf, Counter::Valgrind].into_iter().find(counts).unwrap_or(Counter::None)
    }
}

/// The number on the line that holds `mark`, with or without commas in it; perf puts it first, valgrind last.
fn number_on_line(text: &str, mark: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.contains(mark))?;
    match line.split_once(mark) {
        Some((_, after)) if mark.ends_with(':') => after.trim().replace(',', "").parse().ok(),
        _ => line.split(',').next()?.parse().ok(),
    }
}
