//! `journal`: where invoices and credit notes are posted.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::record::{Changed, Record, one};
use super::{Change, Cx, given, naming};
use crate::domain::desk::Right;
use crate::domain::held::Held;
use crate::domain::journal::{Journal, JournalType};
use crate::domain::value::text::Setting;
use crate::domain::{Faults, Result};
use crate::store::{self, Db, Key, Page, journal};

impl Record for Journal {
    const KIND: &'static str = "journal";
    const NOUN: &'static str = "journal";
    const RIGHT: Right = Right::Invoicing;
    const FIELDS: &'static [&'static str] = &["id", "name", "type", "active"];
    const COLUMNS: &'static [&'static str] = &["id", "name", "type", "active"];
    const SCALARS: &'static [&'static str] = &["id", "name", "type", "active"];
    const DAY: Option<&'static str> = None;

    fn find(db: &Db, given: &str) -> store::Result<Option<Self>> {
        journal::by_id(db, given)
    }
    fn page(db: &Db, page: Page) -> store::Result<Vec<Self>> {
        journal::page(db, page)
    }
    fn key(&self) -> Key {
        self.key
    }
}

/// Create a journal
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales journal create SHOP --name 'Shop sales'\n  aftersales journal create BANK --name Bank --type bank"
)]
pub struct JournalCreate {
    /// Its id; documents posted in it are numbered by it: INV/2026/00001
    pub id: String,
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

impl Change for JournalCreate {
    type Outcome = Changed<Journal>;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Journal>> {
        let (mut kind, mut active) = (JournalType::Sale, true);
        let mut faults = Faults::default();
        let id = faults.gather(naming::checked_id(&self.id)).unwrap_or_default();
        let name = faults.gather(naming::name_or_id(self.name.as_deref(), &id)).unwrap_or_default();
        faults.gather(given::set(&mut kind, "type", self.r#type, Ok));
        faults.gather(given::set_switch(&mut active, "active", self.active, self.no_active));
        faults.refuse()?;
        naming::check_new(&id, journal::by_id(cx.db, &id)?)?;
        let journal = Journal { key: cx.db.next_key()?, id, name, kind, active };
        journal::insert(cx.db, &journal)?;
        cx.created("journal", &journal.id);
        Ok(Changed(journal))
    }
}

/// Edit a journal
///
/// Its type stays once a document is in it.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales journal edit INV --name Invoices\n  aftersales journal edit INV --no-active"
)]
pub struct JournalEdit {
    /// The journal
    pub journal: String,
    /// Its name
    #[arg(long)]
    pub name: Option<String>,
    /// sale, purchase, bank, cash or general
    #[arg(long)]
    pub r#type: Option<Setting<JournalType>>,
    /// New documents can be put in it
    #[arg(long)]
    #[serde(default)]
    pub active: bool,
    /// New documents cannot be put in it
    #[arg(long)]
    #[serde(default)]
    pub no_active: bool,
}

impl Change for JournalEdit {
    type Outcome = Changed<Journal>;
    const RIGHT: Right = Right::Invoicing;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Journal>> {
        let before: Journal = one(cx, "journal", &self.journal)?;
        let mut journal = before.clone();
        let mut faults = Faults::default();
        faults.gather(naming::rename(&mut journal.name, self.name.as_deref()));
        faults.gather(given::set(&mut journal.kind, "type", self.r#type, Ok));
        faults.gather(given::set_switch(&mut journal.active, "active", self.active, self.no_active));
        faults.refuse()?;
        if journal.kind != before.kind {
            let used_by = journal::first_use(cx.db, journal.key)?;
            Held::check(&journal.id, "type", &before.kind, &journal.kind, used_by.as_ref())?;
        }
        if journal != before {
            journal::update(cx.db, &journal)?;
            cx.touched("journal", &journal.id);
        }
        Ok(Changed(journal))
    }
}
