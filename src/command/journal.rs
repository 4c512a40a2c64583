//! `journal`: where invoices and credit notes are posted.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::form::{Form, Help, NewId, check_new_id};
use super::pipeline::noun::Noun;
use super::{Cx, given, naming};
use crate::domain::desk::Right;
use crate::domain::in_use::InUse;
use crate::domain::journal::{Journal, JournalType};
use crate::domain::value::text::Setting;
use crate::domain::{Faults, Result};
use crate::store::engine::record;
use crate::store::journal;

impl Noun for Journal {
    const KIND: &'static str = "journal";
    const NOUN: &'static str = "journal";
    const RIGHT: Right = Right::Invoicing;
}

/// What can be said of a journal.
#[derive(Args, Serialize, Deserialize, Debug)]
pub struct JournalForm {
    /// Its name (default: the id)
    #[arg(long)]
    pub name: Option<String>,
    /// sale, purchase, bank, cash or general (default: sale, which invoices and credit notes need)
    #[arg(long)]
    pub r#type: Option<Setting<JournalType>>,
    /// New documents can be put in it (the default)
    #[arg(long)]
    #[serde(default)]
    pub active: bool,
    /// New documents cannot be put in it
    #[arg(long)]
    #[serde(default)]
    pub no_active: bool,
}

impl Form for JournalForm {
    type Record = Journal;
    const CREATE: Help = Help {
        about: "Create a journal",
        more: "Documents posted in it are numbered by its id: INV/2026/00001.",
        examples: &[
            "aftersales journal create SHOP --name 'Shop sales'",
            "aftersales journal create BANK --name Bank --type bank",
        ],
    };
    const EDIT: Help = Help {
        about: "Edit a journal",
        more: "Its type stays once a document is in it.",
        examples: &["aftersales journal edit INV --name Invoices", "aftersales journal edit INV --no-active"],
    };
    const ID: NewId = NewId::Given;

    fn blank(_: &Cx<'_>, id: String) -> Result<Journal> {
        Ok(Journal { key: 0, name: id.clone(), id, kind: JournalType::Sale, active: true })
    }

    fn fill(&self, _: &Cx<'_>, journal: &mut Journal) -> Result<()> {
        let mut faults = Faults::default();
        faults.gather(naming::rename(&mut journal.name, self.name.as_deref()));
        faults.gather(given::set(&mut journal.kind, "type", self.r#type, Ok));
        faults.gather(given::set_switch(&mut journal.active, "active", self.active, self.no_active));
        faults.refuse()
    }

    fn check_change(cx: &Cx<'_>, before: &Journal, after: &Journal) -> Result<()> {
        if after.kind == before.kind {
            return Ok(());
        }
        let used_by = journal::first_use(cx.db, after.key)?;
        Ok(InUse::check(&after.id, "type", &before.kind, &after.kind, used_by.as_ref())?)
    }

    fn insert(cx: &Cx<'_>, journal: &mut Journal) -> Result<()> {
        check_new_id::<Self>(cx, &journal.id)?;
        journal.key = cx.db.next_key()?;
        record::insert(cx.db, journal)?;
        cx.created("journal", &journal.id);
        Ok(())
    }

    fn id_of(journal: &Journal) -> &str {
        &journal.id
    }
}
