//! `import --kinds`: the keys of every kind of record that can be imported, with what they mean.

use crate::cli::report::{self, Exit};
use crate::cli::{Outside, Settings};
use crate::command::import::{self, NoSuchKind, meaning};
use crate::command::{layout_of, to_json};
use crate::output::names::NO_NAMES;
use crate::output::{Kind, Records};

/// What a key is as a record.
const KEYS: Kind =
    Kind { fields: meaning::COLUMNS, kind: "key", layout_of, many: true, opens: &[], spread: "", lines: &[] };

/// Prints them; those of one kind where it is named.
pub fn print(outside: &mut Outside<'_>, settings: &Settings, kind: Option<&str>) -> Result<(), Exit> {
    if let Some(kind) = kind
        && !import::kinds().any(|known| known == kind)
    {
        return Err(NoSuchKind::of("kind", kind).into());
    }
    let mut records = Records::new(&mut *outside.stdout, &settings.shape, KEYS)?;
    for key in meaning::keys(kind) {
        records.record(&to_json(&key)?, NO_NAMES)?;
    }
    let remarks = records.end(NO_NAMES)?;
    if !settings.quiet {
        report::remarks(outside, &settings.shape, &remarks, None);
    }
    Ok(())
}
