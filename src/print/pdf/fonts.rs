//! The fonts of PDF documents: two that come with the program, and the system's Noto fonts for the characters that these lack. Those
//! are looked for when the first such character comes, and kept for the documents after it. A font is read once in the life of the
//! program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use harfrust::{FontRef, ShaperData};
use krilla::Data;
use krilla::text::Font;
use skrifa::MetadataProvider as _;
use unicode_script::{Script, UnicodeScript as _};

const REGULAR: &[u8] = include_bytes!("../../../fonts/NotoSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../../fonts/NotoSans-Bold.ttf");

/// Whose shapes the characters have that China, Japan and Korea share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Han {
    Chinese,
    Japanese,
    Korean,
}

impl Han {
    /// What a text is most likely written in: its other characters tell it.
    pub fn of(text: &str) -> Han {
        let mut told = text.chars().filter(|c| !c.is_ascii()).filter_map(|c| match c.script() {
            Script::Hiragana | Script::Katakana => Some(Han::Japanese),
            Script::Hangul => Some(Han::Korean),
            _ => None,
        });
        told.next().unwrap_or(Han::Chinese)
    }
}

/// What is printed for a character that no font has.
pub const MISSING: char = '\u{fffd}';

/// The folders below which systems keep their fonts; those at home are added to them.
const FOLDERS: &[&str] =
    &["/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "/System/Library/Fonts", "C:\\Windows\\Fonts"];

/// How deep below such a folder fonts are looked for.
const DEPTH: usize = 4;

/// A font, by its place in [`Fonts`].
pub type FaceId = usize;

/// A font that can be shaped and drawn with.
pub struct Face {
    bytes: Bytes,
    index: u32,
    shaper: ShaperData,
    pub drawn: Font,
    pub units_per_em: i64,
}

enum Bytes {
    BuiltIn(&'static [u8]),
    Read(Arc<Vec<u8>>),
}

impl Bytes {
    fn as_slice(&self) -> &[u8] {
        match self {
            Bytes::BuiltIn(bytes) => bytes,
            Bytes::Read(bytes) => bytes,
        }
    }

    fn data(&self) -> Data {
        match self {
            Bytes::BuiltIn(bytes) => Data::from(*bytes),
            Bytes::Read(bytes) => Data::from(Arc::clone(bytes)),
        }
    }
}

impl Face {
    fn of(bytes: Bytes, index: u32) -> Option<Face> {
        let font = FontRef::from_index(bytes.as_slice(), index).ok()?;
        let shaper = ShaperData::new(&font);
        let metrics = font.metrics(skrifa::instance::Size::unscaled(), skrifa::instance::LocationRef::default());
        let units_per_em = i64::from(metrics.units_per_em).max(1);
        let drawn = Font::new(bytes.data(), index)?;
        Some(Face { bytes, index, shaper, drawn, units_per_em })
    }

    /// Runs `shape` with the font as a shaper sees it.
    pub fn shaped<T>(&self, shape: impl FnOnce(&harfrust::Shaper<'_>) -> T) -> Option<T> {
        let font = FontRef::from_index(self.bytes.as_slice(), self.index).ok()?;
        Some(shape(&self.shaper.shaper(&font).build()))
    }

    fn has(&self, cluster: &str) -> bool {
        let Ok(font) = FontRef::from_index(self.bytes.as_slice(), self.index) else {
            return false;
        };
        let map = font.charmap();
        cluster.chars().all(|c| is_invisible(c) || map.map(c).is_some_and(|glyph| glyph.to_u32() != 0))
    }
}

/// Whether a font need not have it: joiners and selectors act on what stands beside them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{61c}' | '\u{ad}')
}

/// The program's own, regular and bold; none where they are broken. Like those of the system they are kept for as long as
/// the program runs, which may print many documents, one after the other and at once.
static OWN: LazyLock<Option<[Arc<Face>; 2]>> = LazyLock::new(|| {
    let own = |bytes| Face::of(Bytes::BuiltIn(bytes), 0).map(Arc::new);
    Some([own(REGULAR)?, own(BOLD)?])
});

/// Those of the system that were needed so far, by file and place in it.
static READ: Mutex<BTreeMap<(PathBuf, u32), Arc<Face>>> = Mutex::new(BTreeMap::new());

/// All fonts that documents were printed with so far, and those that can be looked for.
pub struct Fonts {
    faces: Vec<Arc<Face>>,
    /// Where fonts are looked for beside the system's own folders.
    home: Option<PathBuf>,
    /// The system's Noto fonts by the name of their file; none before they were looked for.
    system: Option<BTreeMap<String, PathBuf>>,
    /// Which files were read, and as which font.
    read: BTreeMap<(PathBuf, u32), Option<FaceId>>,
    missing: BTreeSet<char>,
}

impl Fonts {
    /// The fonts of the program, and those of the system and of whoever lives at `home`. None where those of the program are broken.
    pub fn new(home: Option<PathBuf>) -> Option<Fonts> {
        let faces = OWN.as_ref()?.to_vec();
        Some(Fonts { faces, home, system: None, read: BTreeMap::new(), missing: BTreeSet::new() })
    }

    /// Fonts of a machine that has none.
    pub fn built_in() -> Option<Fonts> {
        Some(Fonts { system: Some(BTreeMap::new()), ..Fonts::new(None)? })
    }

    /// How many fonts of the system there are for what those of the program lack.
    pub fn of_system(&mut self) -> usize {
        self.system().len()
    }

    /// A font by its place.
    pub fn face(&self, id: FaceId) -> Option<&Face> {
        self.faces.get(id).map(Arc::as_ref)
    }

    /// The characters that no font had so far, which are forgotten with that.
    pub fn take_missing(&mut self) -> BTreeSet<char> {
        std::mem::take(&mut self.missing)
    }

    /// The font for what is one character to its reader: the one before it where that has it and it is of no script, the program's
    /// own, else one of the system's. None, which is noted, where no font has it.
    pub fn find(&mut self, cluster: &str, bold: bool, before: Option<FaceId>, han: Han) -> Option<FaceId> {
        let script = cluster.chars().map(|c| c.script()).find(|script| !is_common(*script)).unwrap_or(Script::Common);
        let own = usize::from(bold);
        let continues = before.filter(|_| is_common(script));
        for id in continues.into_iter().chain([own]) {
            if self.faces.get(id).is_some_and(|face| face.has(cluster)) {
                return Some(id);
            }
        }
        for (name, index) in names_of(script, bold, han) {
            let Some(path) = self.system().get(&name).cloned() else {
                continue;
            };
            if let Some(id) = self.read(path, index)
                && self.faces.get(id).is_some_and(|face| face.has(cluster))
            {
                return Some(id);
            }
        }
        self.missing.extend(cluster.chars().next());
        None
    }

    fn read(&mut self, path: PathBuf, index: u32) -> Option<FaceId> {
        if let Some(known) = self.read.get(&(path.clone(), index)) {
            return *known;
        }
        let face = kept(&path, index);
        let id = face.map(|face| {
            self.faces.push(face);
            self.faces.len() - 1
        });
        self.read.insert((path, index), id);
        id
    }

    fn system(&mut self) -> &BTreeMap<String, PathBuf> {
        let home = self.home.take();
        self.system.get_or_insert_with(|| {
            let mut found = BTreeMap::new();
            let at_home = home
                .iter()
                .flat_map(|home| [".fonts", ".local/share/fonts", "Library/Fonts"].map(|folder| home.join(folder)));
            for folder in FOLDERS.iter().map(PathBuf::from).chain(at_home) {
                look(&folder, DEPTH, &mut found);
            }
            found
        })
    }
}

/// The font of that place in a file, which is read when it is first needed; none where it cannot be read.
fn kept(path: &Path, index: u32) -> Option<Arc<Face>> {
    let place = (path.to_owned(), index);
    let known = || READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(face) = known().get(&place) {
        return Some(Arc::clone(face));
    }
    let face = Arc::new(Face::of(Bytes::Read(Arc::new(std::fs::read(path).ok()?)), index)?);
    Some(Arc::clone(known().entry(place).or_insert(face)))
}

/// Notes the Noto fonts below a folder; of equal names the first counts, in the order of the paths.
fn look(folder: &Path, depth: usize, found: &mut BTreeMap<String, PathBuf>) {
    let Some(deeper) = depth.checked_sub(1) else {
        return;
    };
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_font = [".ttf", ".otf", ".ttc"].iter().any(|ending| name.ends_with(ending));
        if is_font && name.starts_with("Noto") {
            let stem = name.get(..name.len().saturating_sub(4)).unwrap_or_default().to_owned();
            found.entry(stem).or_insert(path);
        } else if !is_font && path.is_dir() {
            look(&path, deeper, found);
        }
    }
}

fn is_common(script: Script) -> bool {
    matches!(script, Script::Common | Script::Inherited | Script::Unknown)
}

/// The names of the Noto fonts that may have a character of that script, each with its place in a collection, the likeliest first.
fn names_of(script: Script, bold: bool, han: Han) -> Vec<(String, u32)> {
    let families: Vec<(String, u32)> = match script {
        Script::Han | Script::Hiragana | Script::Katakana | Script::Hangul | Script::Bopomofo => {
            // In the collections Japanese is the first, then come Korean and the Chinese of the mainland.
            let (place, alone) = match han {
                Han::Japanese => (0, "JP"),
                Han::Korean => (1, "KR"),
                Han::Chinese => (2, "SC"),
            };
            let alone = [alone, "SC", "TC", "JP", "KR"];
            let singles =
                alone.iter().flat_map(|end| [format!("NotoSans{end}"), format!("NotoSansCJK{}", end.to_lowercase())]);
            std::iter::once(("NotoSansCJK".to_owned(), place)).chain(singles.map(|name| (name, 0))).collect()
        }
        script if is_common(script) => {
            let names = ["NotoSansSymbols", "NotoSansSymbols2", "NotoSansMath", "NotoEmoji"].map(str::to_owned);
            let cjk = ("NotoSansCJK".to_owned(), 2);
            std::iter::once(cjk).chain(names.into_iter().map(|name| (name, 0))).collect()
        }
        script => {
            let name = script.full_name().replace(['_', ' '], "");
            vec![(format!("NotoSans{name}"), 0), (format!("NotoSerif{name}"), 0), (format!("Noto{name}"), 0)]
        }
    };
    let weights: &[&str] = if bold { &["-Bold", "-Regular"] } else { &["-Regular"] };
    let of = |(family, index): &(String, u32)| {
        weights.iter().map(|weight| (format!("{family}{weight}"), *index)).collect::<Vec<_>>()
    };
    families.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_font_is_read_once() {
        let (one, other) = (Fonts::built_in().unwrap(), Fonts::built_in().unwrap());
        for id in 0..2 {
            assert!(std::ptr::eq(one.face(id).unwrap(), other.face(id).unwrap()));
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("NotoSansOwn-Regular.ttf");
        assert!(kept(&path, 0).is_none(), "there is no such file yet");
        std::fs::write(&path, REGULAR).unwrap();
        let read = kept(&path, 0).unwrap();
        assert!(Arc::ptr_eq(&read, &kept(&path, 0).unwrap()));
    }
}
