//! Images that a command names by their file: photos and drawn signatures of worksheets (spec F3). A path is relative to where the
//! caller is, in a line of JSON too; whoever runs commands for others than who typed them gives none.

use std::fs;
use std::io::Read;

use crate::domain::common::ValueRefused;
use crate::domain::value::reference::Reference;
use crate::domain::worksheet::{ImageType, LARGEST_IMAGE, check_image};
use crate::domain::{Error, Result};

use super::context::Cx;
use super::file;

/// What an image file holds, or the refusal that says why it can be none; `field` is the flag that named it.
pub fn read(field: &'static str, path: &str) -> Result<Vec<u8>> {
    let refused = |why: String| Error::from(ValueRefused::invalid(field, path, format!("{path} {why}")));
    let unread = |fault: std::io::Error| refused(format!("cannot be read: {fault}"));
    // Anything else than a file could keep its reader waiting, or have no end.
    if !fs::metadata(path).map_err(unread)?.is_file() {
        return Err(refused("is no file".to_owned()));
    }
    let mut content = Vec::new();
    let most = u64::try_from(LARGEST_IMAGE).unwrap_or(u64::MAX).saturating_add(1);
    fs::File::open(path).map_err(unread)?.take(most).read_to_end(&mut content).map_err(unread)?;
    check_image(field, path, &content)?;
    Ok(content)
}

/// Keeps an image that was read.
pub fn keep(cx: &Cx<'_>, content: &[u8]) -> Result<Reference> {
    let media = ImageType::of(content).map_or("application/octet-stream", ImageType::media);
    file::keep(cx, media, content)
}
