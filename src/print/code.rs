//! Codes that a scanner reads: QR codes, as squares to draw.

use qrcode::{Color, EcLevel, QrCode};
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// The white around a code, in modules, without which many scanners see none.
pub const QUIET: usize = 4;

/// A text as the dark and light squares of a QR code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    pub text: String,
    /// How many squares it is wide and high, without the white around it.
    pub width: usize,
    /// The dark stretches of its rows: row, first column, length.
    pub dark: Vec<(usize, usize, usize)>,
}

impl Code {
    /// The code of a text; none of one that is too long for it.
    pub fn of(text: &str) -> Option<Code> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let width = code.width();
        let colors = code.to_colors();
        let mut dark = Vec::new();
        for (row, squares) in colors.chunks(width).enumerate() {
            let mut column = 0;
            for stretch in squares.chunk_by(|one, other| one == other) {
                if stretch.first() == Some(&Color::Dark) {
                    dark.push((row, column, stretch.len()));
                }
                column += stretch.len();
            }
        }
        Some(Code { text: text.to_owned(), width, dark })
    }

    /// The dark squares as the path of an SVG whose unit is a square, the white around them within its box.
    pub fn path(&self) -> String {
        let stretch = |(row, column, length): &(usize, usize, usize)| {
            format!("M{} {}h{length}v1h-{length}z", column + QUIET, row + QUIET)
        };
        self.dark.iter().map(stretch).collect()
    }

    /// The width with the white around it.
    pub fn size(&self) -> usize {
        self.width + 2 * QUIET
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut code = serializer.serialize_struct("Code", 3)?;
        code.serialize_field("text", &self.text)?;
        code.serialize_field("size", &self.size())?;
        code.serialize_field("path", &self.path())?;
        code.end()
    }
}
