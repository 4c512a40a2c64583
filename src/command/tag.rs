//! `tag`: words that tickets and repairs are sorted by.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::form::{Form, Help, NewId, check_free};
use super::pipeline::noun::Noun;
use super::{Cx, naming};
use crate::domain::Result;
use crate::domain::desk::Right;
use crate::domain::tag::Tag;
use crate::store::engine::record;

impl Noun for Tag {
    const KIND: &'static str = "tag";
    const NOUN: &'static str = "tag";
    const RIGHT: Right = Right::Helpdesk;
}

/// What can be said of a tag.
#[derive(Args, Serialize, Deserialize, Debug)]
pub struct TagForm {
    /// Its name, which can change (default: the id)
    #[arg(long)]
    pub name: Option<String>,
}

impl Form for TagForm {
    type Record = Tag;
    const CREATE: Help = Help {
        about: "Create a tag",
        more: "",
        examples: &["aftersales tag create fragile", "aftersales tag create vip --name 'Very important'"],
    };
    const EDIT: Help = Help {
        about: "Edit a tag",
        more: "",
        examples: &["aftersales tag edit fragile --name 'Handle with care'", "aftersales tag list"],
    };
    const ID: NewId = NewId::GivenOrName;

    fn blank(_: &Cx<'_>, id: String) -> Result<Tag> {
        Ok(Tag { key: 0, name: id.clone(), id })
    }

    fn fill(&self, _: &Cx<'_>, tag: &mut Tag) -> Result<()> {
        naming::name_of_record(&mut tag.id, &mut tag.name, self.name.as_deref())
    }

    fn check_change(cx: &Cx<'_>, _: &Tag, after: &Tag) -> Result<()> {
        check_free::<Self>(cx, "name", &after.name, Some(after.key))
    }

    fn insert(cx: &Cx<'_>, tag: &mut Tag) -> Result<()> {
        check_free::<Self>(cx, "id", &tag.id, None)?;
        check_free::<Self>(cx, "name", &tag.name, None)?;
        tag.key = cx.db.next_key()?;
        record::insert(cx.db, tag)?;
        cx.created("tag", &tag.id);
        Ok(())
    }

    fn id_of(tag: &Tag) -> &str {
        &tag.id
    }
}
