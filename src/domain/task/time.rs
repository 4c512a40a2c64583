//! The time worked on a task: its timer, and the rows of its timesheet (spec F2). The timer is one for the task, whoever sets it
//! going; a pause ends a row and another begins when the work goes on, so that each row is a span that was worked through.

use serde::Serialize;

use super::{Stage, Task};
use crate::domain::value::day::Instant;
use crate::domain::value::money::round_div;
use crate::domain::value::number::Overflow;
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::shell_word;
use crate::domain::value::text::choices;
use crate::domain::{Allowed, Refusal, Result};

choices! {
    /// What the timer of a task does; none where it was not started, or stopped.
    pub enum Timer: "timer" {
        Running = "running",
        Paused = "paused",
    }
}

/// A verb of the timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeStep {
    Start,
    Pause,
    Resume,
    Stop,
}

impl TimeStep {
    /// The participle for it.
    pub fn done(self) -> &'static str {
        match self {
            TimeStep::Start => "started",
            TimeStep::Pause => "paused",
            TimeStep::Resume => "resumed",
            TimeStep::Stop => "stopped",
        }
    }
}

/// A row of a timesheet: who worked from when to when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Time {
    #[serde(skip)]
    pub key: i64,
    /// Its number, from 1.
    pub line: i64,
    /// Who set the timer going; none where nobody was named.
    pub user: Option<String>,
    pub from: Instant,
    /// None while the timer runs.
    pub to: Option<Instant>,
    /// How long that was; none while the timer runs.
    pub seconds: Option<i64>,
    pub note: Option<String>,
    /// Whether it was ended by a pause that nothing ended yet.
    #[serde(skip)]
    pub paused: bool,
}

impl Time {
    /// Whether it is a span that shares some time with the one from there to there.
    fn overlaps(&self, from: Instant, to: Instant) -> bool {
        self.to.is_some_and(|own| self.from < to && from < own)
    }
}

/// When a verb of the timer is said, by whom, and what is noted with it.
#[derive(Debug, Clone, Copy)]
pub struct Said<'s> {
    pub at: Instant,
    pub user: Option<&'s str>,
    pub note: Option<&'s str>,
}

/// What the timer of a task with that timesheet does.
pub fn timer_of(timesheet: &[Time]) -> Option<Timer> {
    if timesheet.iter().any(|time| time.to.is_none()) {
        return Some(Timer::Running);
    }
    timesheet.iter().any(|time| time.paused).then_some(Timer::Paused)
}

/// All seconds of a timesheet, the running row left out.
pub fn seconds_of(timesheet: &[Time]) -> std::result::Result<i64, Overflow> {
    timesheet
        .iter()
        .filter_map(|time| time.seconds)
        .try_fold(0i64, |sum, seconds| sum.checked_add(seconds))
        .ok_or(Overflow)
}

impl Task {
    /// The task after a verb of the timer; the same where the timer does so already. A task that is cancelled has no timer; one
    /// that is done has, since its timesheet can still be completed (contract, section 7 "Field service").
    pub fn time(&self, step: TimeStep, said: Said<'_>) -> Result<Task> {
        if self.stage == Stage::Cancelled {
            return Err(self.not_allowed(step.done()).into());
        }
        let mut after = self.clone();
        match (self.timer, step) {
            (Some(Timer::Running), TimeStep::Start | TimeStep::Resume) | (Some(Timer::Paused), TimeStep::Pause) => {}
            (None, TimeStep::Start) | (Some(Timer::Paused), TimeStep::Resume) => after.begin_time(said)?,
            (Some(Timer::Running), TimeStep::Pause) => after.end_time(said.at, true)?,
            (Some(_), TimeStep::Stop) => after.end_time(said.at, false)?,
            (None, TimeStep::Stop) if !self.timesheet.is_empty() => {}
            (Some(Timer::Paused), TimeStep::Start) | (None, TimeStep::Pause | TimeStep::Resume | TimeStep::Stop) => {
                return Err(self.timer_not_allowed(step).into());
            }
        }
        if let (TimeStep::Stop, Some(note), Some(last)) = (step, said.note, after.timesheet.last_mut()) {
            last.note = Some(note).filter(|note| !note.is_empty()).map(str::to_owned);
        }
        if matches!((step, after.stage), (TimeStep::Start, Stage::New | Stage::Planned)) {
            after.stage = Stage::InProgress;
        }
        after.count_time()?;
        Ok(after)
    }

    /// Begins a row, which goes on from a pause where there is one.
    fn begin_time(&mut self, said: Said<'_>) -> Result<()> {
        if let Some(taken) =
            self.timesheet.iter().find(|time| time.to.is_some_and(|to| time.from <= said.at && said.at < to))
        {
            return Err(self.time_taken(said.at, taken).into());
        }
        self.timesheet.iter_mut().for_each(|time| time.paused = false);
        let line = self.timesheet.last().map_or(1, |last| last.line.saturating_add(1));
        let user = said.user.map(str::to_owned);
        self.timesheet.push(Time {
            key: 0,
            line,
            user,
            from: said.at,
            to: None,
            seconds: None,
            note: None,
            paused: false,
        });
        Ok(())
    }

    /// Ends the row that runs, and with it a pause that nothing is to go on from.
    pub(super) fn end_time(&mut self, at: Instant, paused: bool) -> Result<()> {
        if let Some(running) = self.timesheet.iter().find(|time| time.to.is_none()) {
            if at < running.from {
                let (task, from) = (self.id.clone(), running.from);
                return Err(TimeRefused::BeforeStart { task, from, at }.into());
            }
            if let Some(taken) = self.timesheet.iter().find(|time| time.overlaps(running.from, at)) {
                return Err(self.time_taken(at, taken).into());
            }
        }
        for time in &mut self.timesheet {
            if time.to.is_none() {
                time.to = Some(at);
                time.seconds = Some(at.seconds_after(time.from));
                time.paused = paused;
            } else if !paused {
                time.paused = false;
            }
        }
        Ok(())
    }

    /// Brings the sums along with the rows.
    pub(super) fn count_time(&mut self) -> std::result::Result<(), Overflow> {
        self.worked_minutes = seconds_of(&self.timesheet)? / 60;
        self.timer = timer_of(&self.timesheet);
        Ok(())
    }

    /// The hours that are billed: the minutes worked, in millionths of an hour (spec F5).
    pub fn hours(&self) -> std::result::Result<Quantity, Overflow> {
        let minutes = i128::from(self.worked_minutes).checked_mul(1_000_000).ok_or(Overflow)?;
        Ok(Quantity::from_millionths(round_div(minutes, 60)?))
    }

    fn time_taken(&self, at: Instant, taken: &Time) -> TimeRefused {
        TimeRefused::Taken {
            task: self.id.clone(),
            at,
            line: taken.line,
            from: taken.from,
            to: taken.to.unwrap_or(taken.from),
        }
    }

    fn timer_not_allowed(&self, step: TimeStep) -> TimerNotAllowed {
        TimerNotAllowed { task: self.id.clone(), timer: self.timer, wanted: step.done() }
    }
}

/// What the timer does not let happen now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the timer of task {task} is {}, so it cannot be {wanted}", state_of(*.timer))]
pub struct TimerNotAllowed {
    task: String,
    timer: Option<Timer>,
    wanted: &'static str,
}

fn state_of(timer: Option<Timer>) -> &'static str {
    timer.map_or("not running", Timer::word)
}

impl Refusal for TimerNotAllowed {
    fn code(&self) -> &'static str {
        "state_not_allowed"
    }
    fn given(&self) -> Option<String> {
        Some(state_of(self.timer).to_owned())
    }
    fn hint(&self) -> Option<String> {
        let verb = if self.timer == Some(Timer::Paused) { "resume" } else { "start" };
        Some(format!("aftersales task {verb} {}", shell_word(&self.task)))
    }
}

/// A moment that a row of the timesheet cannot begin or end at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeRefused {
    #[error("the timer of task {task} was started at {from}, which is after {at}")]
    BeforeStart { task: String, from: Instant, at: Instant },
    #[error("row {line} of the timesheet of task {task} has the time from {from} to {to} already")]
    Taken { task: String, at: Instant, line: i64, from: Instant, to: Instant },
}

impl Refusal for TimeRefused {
    fn code(&self) -> &'static str {
        "invalid_value"
    }
    fn field(&self) -> Option<&'static str> {
        Some("now")
    }
    fn given(&self) -> Option<String> {
        let (TimeRefused::BeforeStart { at, .. } | TimeRefused::Taken { at, .. }) = self;
        Some(at.to_string())
    }
    fn allowed(&self) -> Option<Allowed> {
        match self {
            TimeRefused::BeforeStart { from, .. } => Some(Allowed::One(from.to_string())),
            TimeRefused::Taken { .. } => None,
        }
    }
    fn hint(&self) -> Option<String> {
        let (TimeRefused::BeforeStart { task, .. } | TimeRefused::Taken { task, .. }) = self;
        Some(format!("aftersales task show {}", shell_word(task)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::task::tests::task;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Instant {
        "2026-11-23T10:00:00Z".parse::<Instant>().unwrap().plus_seconds(seconds).unwrap()
    }

    fn said(seconds: i64) -> Said<'static> {
        Said { at: at(seconds), user: Some("ann"), note: None }
    }

    const STEPS: [TimeStep; 4] = [TimeStep::Start, TimeStep::Pause, TimeStep::Resume, TimeStep::Stop];

    #[test]
    fn each_verb_of_the_timer_follows_on_some_and_is_refused_on_the_others() {
        use TimeStep::{Pause, Resume, Start, Stop};
        let never = task(Stage::Planned);
        let running = never.time(Start, said(0)).unwrap();
        let paused = running.time(Pause, said(60)).unwrap();
        let stopped = paused.time(Stop, said(90)).unwrap();
        assert_eq!(
            (running.stage, paused.stage, stopped.stage),
            (Stage::InProgress, Stage::InProgress, Stage::InProgress)
        );
        // The task, the verb: what the timer does then, whether that changed anything, or the hint.
        let table = [
            (&never, Start, Ok((Some(Timer::Running), true))),
            (&never, Pause, Err("aftersales task start FS00001")),
            (&never, Resume, Err("aftersales task start FS00001")),
            (&never, Stop, Err("aftersales task start FS00001")),
            (&running, Start, Ok((Some(Timer::Running), false))),
            (&running, Pause, Ok((Some(Timer::Paused), true))),
            (&running, Resume, Ok((Some(Timer::Running), false))),
            (&running, Stop, Ok((None, true))),
            (&paused, Start, Err("aftersales task resume FS00001")),
            (&paused, Pause, Ok((Some(Timer::Paused), false))),
            (&paused, Resume, Ok((Some(Timer::Running), true))),
            (&paused, Stop, Ok((None, true))),
            (&stopped, Start, Ok((Some(Timer::Running), true))),
            (&stopped, Pause, Err("aftersales task start FS00001")),
            (&stopped, Resume, Err("aftersales task start FS00001")),
            (&stopped, Stop, Ok((None, false))),
        ];
        for (before, step, expected) in table {
            let got = before.time(step, said(200)).map(|after| (after.timer, after != *before));
            let got = got.map_err(|refused| {
                assert_eq!(refused.fault().code, "state_not_allowed");
                refused.fault().hint.clone().unwrap()
            });
            assert_eq!(got, expected.map_err(str::to_owned), "{:?} {step:?}", before.timer);
        }
        for step in STEPS {
            let refused = task(Stage::Cancelled).time(step, said(0)).unwrap_err();
            assert_eq!(refused.fault().code, "state_not_allowed", "{step:?}");
        }
        let done = Task { stage: Stage::Done, ..stopped };
        assert_eq!(done.time(Start, said(300)).unwrap().stage, Stage::Done);
    }

    #[test]
    fn a_note_stands_on_the_row_that_was_stopped() {
        let stop = |task: &Task, seconds, note| task.time(TimeStep::Stop, Said { note, ..said(seconds) }).unwrap();
        let running = task(Stage::New).time(TimeStep::Start, said(0)).unwrap();
        let stopped = stop(&running, 30, Some("Changed the lamp"));
        assert_eq!(stopped.timesheet[0].note.as_deref(), Some("Changed the lamp"));
        assert_eq!(stop(&stopped, 40, None), stopped);
        assert_eq!(stop(&stopped, 40, Some("Both lamps")).timesheet[0].note.as_deref(), Some("Both lamps"));
        assert_eq!(stop(&stopped, 40, Some("")).timesheet[0].note, None);
    }

    #[test]
    fn no_time_is_counted_twice() {
        let step = |task: &Task, step, seconds| task.time(step, said(seconds));
        let worked = step(&task(Stage::New), TimeStep::Start, 100).unwrap();
        let refused = step(&worked, TimeStep::Stop, 99).unwrap_err();
        assert_eq!((refused.fault().code, refused.fault().field.as_deref()), ("invalid_value", Some("now")));
        let worked = step(&worked, TimeStep::Stop, 200).unwrap();
        // Within the row, and around it.
        assert_eq!(step(&worked, TimeStep::Start, 150).unwrap_err().fault().code, "invalid_value");
        let earlier = step(&worked, TimeStep::Start, 50).unwrap();
        assert_eq!(step(&earlier, TimeStep::Stop, 101).unwrap_err().fault().code, "invalid_value");
        let both = step(&earlier, TimeStep::Stop, 100).unwrap();
        assert_eq!(seconds_of(&both.timesheet), Ok(150));
        assert_eq!(step(&both, TimeStep::Start, 200).map(|task| task.timesheet.len()), Ok(3));
    }

    #[test]
    fn minutes_are_whole_minutes_of_all_seconds() {
        for (spans, minutes, hours) in [
            (&[59][..], 0, "0"),
            (&[60], 1, "0.016667"),
            (&[30, 30, 59], 1, "0.016667"),
            (&[3600, 1800, 59], 90, "1.5"),
            (&[0, 0], 0, "0"),
        ] {
            let (mut worked, mut now) = (task(Stage::New), 0);
            for span in spans {
                worked = worked.time(TimeStep::Start, said(now)).unwrap();
                now += span;
                worked = worked.time(TimeStep::Stop, said(now)).unwrap();
            }
            assert_eq!(
                (worked.worked_minutes, worked.hours().unwrap().to_string()),
                (minutes, hours.to_owned()),
                "{spans:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_the_timesheet_adds_up(
            typed in prop::collection::vec((prop::sample::select(&STEPS[..]), -400i64..400), 0..40),
        ) {
            let (mut now, mut worked) = (0i64, task(Stage::New));
            for (step, seconds) in typed {
                now += seconds;
                let before = worked.clone();
                match before.time(step, said(now)) {
                    Ok(after) => worked = after,
                    Err(refused) => prop_assert!(["state_not_allowed", "invalid_value"].contains(&refused.fault().code)),
                }
                // One row runs at most, and rows are counted without a gap.
                prop_assert!(worked.timesheet.iter().filter(|time| time.to.is_none()).count() <= 1);
                prop_assert!(worked.timesheet.iter().filter(|time| time.paused).count() <= 1);
                prop_assert!((1..).zip(&worked.timesheet).all(|(line, time)| time.line == line));
                // Every second is counted once: the rows are apart from each other.
                let spans: Vec<_> = worked.timesheet.iter().filter_map(|time| Some((time.from, time.to?))).collect();
                for (place, (from, to)) in spans.iter().enumerate() {
                    prop_assert!(from <= to);
                    prop_assert!(spans.iter().skip(place + 1).all(|(other, end)| end <= from || to <= other));
                }
                let seconds: i64 = spans.iter().map(|(from, to)| to.seconds_after(*from)).sum();
                prop_assert_eq!(worked.worked_minutes, seconds / 60);
                prop_assert_eq!(worked.timer, timer_of(&worked.timesheet));
                // The timer moves the stage once, and never back.
                prop_assert!(worked.stage == before.stage || (before.stage, worked.stage) == (Stage::New, Stage::InProgress));
            }
        }
    }
}
