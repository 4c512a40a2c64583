//! Tags by name, for everything that is tagged: existing ones are found, unknown ones made (spec A5, E1).

use super::context::Cx;
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::tag::Tag;
use crate::domain::value::reference::Reference;
use crate::store::engine::record::{self, Found};

/// The tags of these names, each once, in their order; empty names stand for none.
pub fn named(cx: &Cx<'_>, names: &[String]) -> Result<Vec<Reference>> {
    let mut tags: Vec<Reference> = Vec::new();
    for name in names.iter().filter(|name| !name.trim().is_empty()) {
        let tag = match record::find::<Tag>(cx.db, name)? {
            Found::One(tag) => tag.reference(),
            _ => made(cx, name)?,
        };
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(tags)
}

fn made(cx: &Cx<'_>, name: &str) -> Result<Reference> {
    ValueRefused::check_id("tag", name)?;
    let tag = Tag { key: cx.db.next_key()?, id: name.to_owned(), name: name.to_owned() };
    record::insert(cx.db, &tag)?;
    // A by-product of what is tagged.
    cx.touched("tag", &tag.id);
    Ok(tag.reference())
}
