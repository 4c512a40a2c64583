//! Files: each holds what it is called by.

use super::rules::{Rule, Rules};
use super::{Breach, Pass, Tell};
use crate::domain::verify::Invariant::{self, *};
use crate::store::{Db, Result, file};
use crate::{params, query};

pub const PASSES: &[Pass] = &[Pass::Made(&[FileContents], contents), Pass::Rules(&FILES)];

const FILES: Rules = Rules {
    from: "file t",
    record: "t.id",
    part: "",
    rules: &[Rule(
        FileContents,
        "t.data IS NULL AND (SELECT COUNT(*) FROM operation_touch e WHERE e.kind = 'file' AND e.id = t.id) < 2",
        "it is empty, and no operation emptied it",
    )],
};

/// Hash and size are worked out anew. One file is held at a time.
fn contents(db: &Db, tell: &mut Tell<'_>) -> Result<()> {
    let all = query!([file], "SELECT id, size, data FROM file WHERE data IS NOT NULL ORDER BY key");
    db.each(all, params![], |row| {
        let (id, size): (String, i64) = (row.get(0)?, row.get(1)?);
        let held = row.text(2)?.and_then(file::decoded);
        let what = match held {
            None => "what it holds cannot be read",
            Some(bytes) if file::hash_of(&bytes) != id => "it holds something else than it is called by",
            Some(bytes) if i64::try_from(bytes.len()) != Ok(size) => "it has another size than it says",
            Some(_) => return Ok(()),
        };
        tell(Invariant::FileContents, Breach { record: Some(id), what: what.to_owned(), ..Breach::default() });
        Ok(())
    })
}
