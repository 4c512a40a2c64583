//! `store copy`: a whole store to another place, on whichever engine: what an export of the one would write is restored in the
//! other, checked as `verify` does, exported again and compared, and only then kept.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::import::Restoring;
use super::pipeline::{Answer, Group, Mode, Session, Status};
use super::{Cx, export, internal};
use crate::domain::desk::Right;
use crate::domain::{Refusal, Result};
use crate::store::Db;
use crate::store::engine::exchange;
use crate::store::log::hex;

/// The columns of the table that tells a copy.
pub const COLUMNS: &[&str] = &["from", "to", "lines", "sha256"];

/// The place copied to holds something else.
#[derive(Debug, thiserror::Error)]
#[error("{to} has records of its own, and they are not those of {from}; a copy needs a place where no store is yet")]
struct NotEmpty {
    from: String,
    to: String,
}

impl Refusal for NotEmpty {
    fn code(&self) -> &'static str {
        "store_not_empty"
    }
    fn field(&self) -> Option<&'static str> {
        Some("to")
    }
    fn given(&self) -> Option<String> {
        Some(self.to.clone())
    }
}

/// What was copied: the lines of the export, and the digest that both ends have.
#[derive(Serialize)]
struct Copied<'c> {
    from: &'c str,
    to: &'c str,
    lines: u64,
    sha256: String,
}

#[derive(Serialize)]
struct CopyOutcome<'c> {
    copy: Copied<'c>,
}

/// The two ends of a copy, as they are shown.
pub struct Copy<'c> {
    pub from: &'c str,
    pub to: &'c str,
}

impl Copy<'_> {
    /// Copies the store of `session` into `to`; where the same is there already, nothing is changed. `progress` is told how
    /// many lines were copied so far, `ready` gets the answer while it can still be undone.
    pub fn run(
        &self,
        session: &Session<'_>,
        to: &Db,
        mode: Mode,
        progress: &mut dyn FnMut(u64),
        ready: &mut dyn FnMut(&Answer) -> Result<()>,
    ) -> Result<Answer> {
        let mut answer = None;
        session.read(Right::Anybody, |from| {
            let there = session.at(to);
            answer = Some(there.in_group(
                || there.open_group_of(mode, &|_| (), |_| Ok(from.desk.clone())),
                |group| {
                    let answer = self.copied(from, group, mode, progress)?;
                    ready(&answer).map(|()| answer)
                },
            )?);
            Ok(())
        })?;
        answer.ok_or_else(|| internal("a copy without an answer"))
    }

    fn copied(
        &self,
        from: &Cx<'_>,
        group: &mut Group<'_>,
        mode: Mode,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Answer> {
        let to = group.to_restore();
        if to.has_tables()? && !exchange::is_fresh(to)? {
            let (there, here) = (digest_of(&at(from, to), &mut |_| {})?, digest_of(from, progress)?);
            return match there == here {
                true => self.answer(Status::Unchanged, here),
                false => Err(NotEmpty { from: self.from.to_owned(), to: self.to.to_owned() }.into()),
            };
        }
        if !to.has_tables()? {
            to.migrate_from(0)?;
        }
        let mut restoration = None;
        let (mut lines, mut hasher) = (0, Sha256::new());
        export::each_line(from, &mut |line| {
            hash_line(&mut hasher, line);
            lines += 1;
            progress(lines);
            match &mut restoration {
                None => restoration = Some(Restoring::begin_with(to, line)?),
                Some(restoration) => restoration.line(to, line)?,
            }
            Ok(())
        })?;
        restoration.ok_or_else(|| internal("an export without a line"))?.check(to)?;
        let copied = (lines, hex(&hasher.finalize()));
        if digest_of(&at(from, to), &mut |_| {})? != copied {
            return Err(internal("the copy is not what was copied"));
        }
        group.keep_as_it_stands();
        self.answer(if mode == Mode::DryRun { Status::Planned } else { Status::Done }, copied)
    }

    fn answer(&self, status: Status, (lines, sha256): (u64, String)) -> Result<Answer> {
        let copy = Copied { from: self.from, to: self.to, lines, sha256 };
        Answer::outside_the_log("store copy", status, &CopyOutcome { copy })
    }
}

/// The same caller at the other store.
fn at<'c>(from: &Cx<'c>, to: &'c Db) -> Cx<'c> {
    Cx::new(to, from.desk, from.actor, from.now, from.templates, from.yes)
}

/// How many lines the export of a store has, and their digest.
fn digest_of(cx: &Cx<'_>, progress: &mut dyn FnMut(u64)) -> Result<(u64, String)> {
    let (mut lines, mut hasher) = (0, Sha256::new());
    export::each_line(cx, &mut |line| {
        hash_line(&mut hasher, line);
        lines += 1;
        progress(lines);
        Ok(())
    })?;
    Ok((lines, hex(&hasher.finalize())))
}

fn hash_line(hasher: &mut Sha256, line: &str) {
    hasher.update(line.as_bytes());
    hasher.update(b"\n");
}
