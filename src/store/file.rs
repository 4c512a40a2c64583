//! Files that belong to records, each kept once by what it holds (spec F3). A record names one by a column `link("file")`, of its own
//! table or of a list in it: by such columns erasing finds whose a file is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::engine::table::{Table, id, int, records, text};
use super::log::hex;
use super::{Db, Key, Result, StoreError};
use crate::domain::file::File;
use crate::domain::value::reference::Reference;
use crate::{described, insert, params, query, update};

described! {
    File in FILE {
        id: id(),
        media_type: text().listed(),
        size: int().listed(),
    } beside {
        // In base64, since columns are numbers or texts; nothing in a file that was emptied.
        data: text().starts_empty(),
    }
}

pub static FILE: Table = records("file", "file", File::COLUMNS).bulky();

/// A file that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub file: Reference,
    /// Whether it was written now; else the store held it already.
    pub is_new: bool,
}

/// Keeps what a file holds, unless the store holds it already. `procedure::file::keep` does so in a command and tells it to the log.
pub fn keep(db: &Db, media_type: &str, bytes: &[u8]) -> Result<Kept> {
    let id = hash_of(bytes);
    let known = query!(
        [file],
        "SELECT key, CASE WHEN data IS NULL THEN 1 ELSE 0 END FROM file WHERE id = $1",
        [asked("file", "id", 1).keyed(0)]
    );
    let known: Option<(Key, bool)> = db.query_opt(known, params![&id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (key, is_new) = match known {
        Some((key, false)) => (key, false),
        // Emptied with the customer whose it was, and here again.
        Some((key, true)) => {
            db.change_one(update!(file (Int, Text): "data = $2"), params![key, STANDARD.encode(bytes)])?;
            (key, true)
        }
        None => {
            let key = db.next_key()?;
            let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            db.write(
                insert!(file: key Int, id Text, media_type Text, size Int, data Text),
                params![key, &id, media_type, size, STANDARD.encode(bytes)],
            )?;
            (key, true)
        }
    };
    Ok(Kept { file: Reference { key, id }, is_new })
}

/// What the file of that key holds; none where it was emptied.
pub fn load(db: &Db, file: Key) -> Result<Option<Vec<u8>>> {
    let held = query!([file], "SELECT data FROM file WHERE key = $1", [asked("file", "key", 1)]);
    let data: Option<String> = db.query_one(held, params![file], |row| row.get(0))?;
    data.map(|data| decoded(&data).ok_or_else(|| StoreError::Damaged("a file is not what it was kept as".to_owned())))
        .transpose()
}

/// What stands in the store as the bytes that it is; none where it is no such text.
pub fn decoded(data: &str) -> Option<Vec<u8>> {
    STANDARD.decode(data).ok()
}

/// What files are told apart by.
pub fn hash_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::engine::address::Address;

    fn store() -> (tempfile::TempDir, Db) {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::create(&Address::File(folder.path().join("desk.db"))).unwrap();
        db.begin_write().unwrap();
        db.migrate_from(0).unwrap();
        (folder, db)
    }

    #[test]
    fn what_a_file_holds_is_kept_once() {
        let (_folder, db) = store();
        let png = [0x89, b'P', b'N', b'G', 0, 0xff];
        let first = keep(&db, "image/png", &png).unwrap();
        assert!(first.is_new);
        assert_eq!(first.file.id, hash_of(&png));
        assert_eq!(keep(&db, "image/png", &png).unwrap(), Kept { is_new: false, ..first.clone() });
        let other = keep(&db, "text/plain", b"").unwrap();
        assert_ne!(other.file.key, first.file.key);
        assert_eq!(load(&db, first.file.key).unwrap().as_deref(), Some(&png[..]));
        assert_eq!(load(&db, other.file.key).unwrap().as_deref(), Some(&b""[..]));
        let found: File = super::super::engine::record::by_key(&db, first.file.key).unwrap();
        assert_eq!((found.media_type.as_str(), found.size), ("image/png", 6));

        db.write(update!(file (Int): "data = NULL"), params![first.file.key]).unwrap();
        assert_eq!(load(&db, first.file.key).unwrap(), None);
        assert_eq!(keep(&db, "image/png", &png).unwrap(), first);
        assert_eq!(load(&db, first.file.key).unwrap().as_deref(), Some(&png[..]));
    }
}
