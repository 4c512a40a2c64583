//! `tag`: words that tickets and repairs are sorted by.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::record::{Changed, Record, one};
use super::{Change, Cx, naming};
use crate::domain::Result;
use crate::domain::desk::Right;
use crate::domain::tag::Tag;
use crate::store::{self, Db, Key, Page, tag};

impl Record for Tag {
    const KIND: &'static str = "tag";
    const NOUN: &'static str = "tag";
    const RIGHT: Right = Right::Helpdesk;
    const FIELDS: &'static [&'static str] = &["id", "name"];
    const COLUMNS: &'static [&'static str] = &["id", "name"];
    const SCALARS: &'static [&'static str] = &["id", "name"];
    const DAY: Option<&'static str> = None;

    fn find(db: &Db, given: &str) -> store::Result<Option<Self>> {
        tag::by_id(db, given)
    }
    fn page(db: &Db, page: Page) -> store::Result<Vec<Self>> {
        tag::page(db, page)
    }
    fn key(&self) -> Key {
        self.key
    }
}

/// Create a tag
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales tag create fragile\n  aftersales tag create vip --name 'Very important'"
)]
pub struct TagCreate {
    /// Its id, for good (default: its name)
    pub id: Option<String>,
    /// Its name, which can change (default: the id)
    #[arg(long)]
    pub name: Option<String>,
}

impl Change for TagCreate {
    type Outcome = Changed<Tag>;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Tag>> {
        let (id, name) = naming::id_and_name(self.id.as_deref(), self.name.as_deref())?;
        naming::check_new_names(cx.db, &id, &name, tag::by_id)?;
        let tag = Tag { key: cx.db.next_key()?, id, name };
        tag::insert(cx.db, &tag)?;
        cx.created("tag", &tag.id);
        Ok(Changed(tag))
    }
}

/// Edit a tag
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales tag edit fragile --name 'Handle with care'\n  aftersales tag list")]
pub struct TagEdit {
    /// The tag
    pub tag: String,
    /// Its name
    #[arg(long)]
    pub name: Option<String>,
}

impl Change for TagEdit {
    type Outcome = Changed<Tag>;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Tag>> {
        let before: Tag = one(cx, "tag", &self.tag)?;
        let mut tag = before.clone();
        naming::rename_found(&mut tag.name, self.name.as_deref())?;
        naming::check_name(cx.db, &tag.name, tag.key, tag::by_id)?;
        if tag != before {
            tag::update(cx.db, &tag)?;
            cx.touched("tag", &tag.id);
        }
        Ok(Changed(tag))
    }
}
