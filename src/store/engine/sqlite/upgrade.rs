//! A store of an older format on its way to the present one, after a copy beside it.

use std::path::{Path, PathBuf};

use rusqlite::OpenFlags;
use rusqlite::config::DbConfig;

use super::super::migrate::{Refold, Upgraded};
use super::super::new_file::{NewFile, Placed, beside, folder_of, is_same, unwritable};
use super::super::{Result, StoreError, migrate};
use super::file::{check_header, check_one_name, resolved, writable};
use super::{Sqlite, fault, int, text};

impl Sqlite {
    /// Upgrades the store at `path`: says from which format, and where the copy is; nothing where it is of this one by now.
    pub fn upgrade(path: &Path) -> Result<Option<Upgraded>> {
        // A copy lies beside the file itself, not beside a link to it.
        let file = resolved(path)?;
        check_header(&file)?;
        check_one_name(&file)?;
        if !writable(&file) {
            let why = "it is of an older format, and neither the upgrade nor the copy beside it can be written";
            return Err(StoreError::ReadOnly(format!("{}: {why}", file.display())));
        }
        let sqlite = Sqlite::open_file(&file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        sqlite.without_links()?;
        sqlite.run("BEGIN IMMEDIATE")?;
        let from = sqlite.version()?;
        match migrate::check(from, &file.display()) {
            Err(StoreError::Older { .. }) => {}
            ended => return ended.map(|()| None),
        }
        // Nobody writes from here on, so that what is copied is what is upgraded.
        let copy = sqlite.copied_beside(&file, from)?;
        if let Err(error) = sqlite.upgraded_from(from) {
            // Where the store stays as it is, a copy of it is of no use.
            copy.unmade();
            return Err(error);
        }
        sqlite.run("COMMIT")?;
        Ok(Some(Upgraded { from, copy: copy.path.display().to_string() }))
    }

    /// Sets links aside, outside a transaction: a table that is rebuilt is away for a moment, and what links to it, or looks into
    /// it as a view of somebody's does, is not to mind. Links are checked before the commit.
    pub fn without_links(&self) -> Result<()> {
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, true).map_err(fault)?;
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false).map(drop).map_err(fault)
    }

    /// Runs the scripts in the open transaction and checks what they made.
    pub(super) fn upgraded_from(&self, from: i64) -> Result<()> {
        migrate::scripts_after(from).iter().try_for_each(|script| self.run_script(script))?;
        migrate::refolds().try_for_each(|refold| self.refold(&refold))?;
        self.mark(migrate::VERSION)?;
        match self.broken_links()?.first() {
            Some((table, other)) => Err(StoreError::Damaged(format!(
                "a row of {table} refers to a row of {other} that is not there; it was not upgraded"
            ))),
            None => Ok(()),
        }
    }

    fn refold(&self, refold: &Refold) -> Result<()> {
        let mut after = i64::MIN;
        loop {
            let mut some = Vec::new();
            self.each(refold.ask.sql, &[after.into()], &mut |row| {
                some.extend(int(row, 0)?.zip(text(row, 1)?.map(refold.fold)));
                Ok(())
            })?;
            for (key, folded) in &some {
                self.execute(refold.write.sql, &[(*key).into(), folded.into()])?;
                after = *key;
            }
            if some.len() < migrate::FOLDED_AT_ONCE {
                return Ok(());
            }
        }
    }

    /// A copy of the store as it is, whole and durable, in a file of its own: `desk.db.format-1.bak`, or with a number where
    /// something else has that name.
    fn copied_beside(&self, path: &Path, format: i64) -> Result<CopyBeside> {
        let refused = |error: std::io::Error| unwritable(folder_of(path), &error);
        let mut file = NewFile::beside(path).map_err(refused)?;
        // One connection writes or reads the file; the log beside it is read with it.
        Sqlite::open_file(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?.copy_to_new(&file, &mut |_| {})?;
        for number in 1u32.. {
            let name = match number {
                1 => beside(path, &format!(".format-{format}.bak")),
                _ => beside(path, &format!(".format-{format}.{number}.bak")),
            };
            file = match file.place(&name).map_err(refused)? {
                Placed::Done => return Ok(CopyBeside { path: name, made: true }),
                // An upgrade that was ended early has left the same there.
                Placed::Taken(file) if is_same(file.path(), &name) => {
                    return Ok(CopyBeside { path: name, made: false });
                }
                Placed::Taken(file) => file,
            };
        }
        Err(StoreError::Fault("there are names enough for a copy".to_owned()))
    }
}

/// The copy of a store before its upgrade, and whether it was made by this run.
struct CopyBeside {
    path: PathBuf,
    made: bool,
}

impl CopyBeside {
    fn unmade(&self) {
        if self.made {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
