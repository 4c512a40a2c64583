//! Pictures on printed documents: photos and signatures, PNG or JPEG by their content.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// What a picture's bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureType {
    Png,
    Jpeg,
}

impl PictureType {
    /// The type of a picture by how its bytes begin.
    pub fn of(bytes: &[u8]) -> Option<PictureType> {
        match bytes {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(PictureType::Png),
            [0xff, 0xd8, 0xff, ..] => Some(PictureType::Jpeg),
            _ => None,
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            PictureType::Png => "image/png",
            PictureType::Jpeg => "image/jpeg",
        }
    }
}

/// A picture with what stands below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub label: String,
    pub of: PictureType,
    pub bytes: Arc<Vec<u8>>,
}

/// In HTML it stands within the page, as an address that holds it.
impl Serialize for Picture {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut picture = serializer.serialize_struct("Picture", 2)?;
        picture.serialize_field("label", &self.label)?;
        let uri = format!("data:{};base64,{}", self.of.media_type(), STANDARD.encode(&*self.bytes));
        picture.serialize_field("uri", &uri)?;
        picture.end()
    }
}
