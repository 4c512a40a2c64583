//! Records that are said in a form: the same struct makes them, changes them and imports them, so that each rule is written once.

use std::sync::LazyLock;

use serde_json::value::RawValue;

use super::super::pipeline::form::{self, Emptied, Form};
use super::super::pipeline::noun::Noun;
use super::super::pipeline::object::{self, Filled, Given, ObjectFault, Pairs};
use super::super::{Cx, internal, naming, to_json};
use super::fault_of;
use super::lookup::Lookup;
use super::unseen;
use crate::command::coupon_program::CouponProgramForm;
use crate::command::customer::CustomerForm;
use crate::command::journal::JournalForm;
use crate::command::location::LocationForm;
use crate::command::lot::LotForm;
use crate::command::product::ProductForm;
use crate::command::project::ProjectForm;
use crate::command::reason::ReasonForm;
use crate::command::stage::StageForm;
use crate::command::tag::TagForm;
use crate::command::tax::TaxForm;
use crate::command::team::TeamForm;
use crate::command::ticket::TicketForm;
use crate::command::user::UserForm;
use crate::command::worksheet_template::WorksheetTemplateForm;
use crate::domain::common::{AlreadyExists, noun_of, words_of};
use crate::domain::{Error, Result};
use crate::store::engine::record;

/// A kind of record that a form imports.
pub struct Kind {
    pub kind: &'static str,
    /// What its form takes, which is made out once: a run imports many records of a kind.
    taken: LazyLock<Taken>,
    /// What the help of the flag says that sets a key; none where there is no such flag.
    pub meaning: fn(&'static str) -> Option<String>,
    import: fn(&Taken, &Cx<'_>, &mut Lookup, &str, Pairs<'_>, bool) -> Result<Box<RawValue>>,
}

impl Kind {
    const fn of<F: Form>() -> Kind {
        let (kind, meaning) = (<F::Record as Noun>::KIND, meaning::<F> as fn(&'static str) -> Option<String>);
        Kind { kind, taken: LazyLock::new(taken::<F>), meaning, import: import::<F> }
    }

    /// Its keys, in order.
    pub fn keys(&self) -> Vec<&'static str> {
        ["id"].into_iter().chain(self.taken.keys.iter().map(|(key, _)| *key)).collect()
    }

    /// The keys that are true or false.
    pub fn switches(&self) -> Vec<&'static str> {
        self.taken.keys.iter().filter(|(_, emptied)| *emptied == Emptied::Switch).map(|(key, _)| *key).collect()
    }

    /// Imports the record of that id; answers it where it is new or was looked at.
    pub fn import(
        &self,
        cx: &Cx<'_>,
        lookup: &mut Lookup,
        id: &str,
        pairs: Pairs<'_>,
        update: bool,
    ) -> Result<Box<RawValue>> {
        (self.import)(&self.taken, cx, lookup, id, pairs, update)
    }
}

/// The kinds of records that forms import.
pub static KINDS: [Kind; 15] = [
    Kind::of::<TaxForm>(),
    Kind::of::<JournalForm>(),
    Kind::of::<LocationForm>(),
    Kind::of::<CustomerForm>(),
    Kind::of::<ProductForm>(),
    Kind::of::<LotForm>(),
    Kind::of::<TagForm>(),
    Kind::of::<StageForm>(),
    Kind::of::<ReasonForm>(),
    Kind::of::<WorksheetTemplateForm>(),
    Kind::of::<ProjectForm>(),
    Kind::of::<TeamForm>(),
    Kind::of::<UserForm>(),
    Kind::of::<CouponProgramForm>(),
    Kind::of::<TicketForm>(),
];

/// The flags of a form, as clap knows them.
fn flags<F: Form>() -> Vec<clap::Arg> {
    F::augment_args(clap::Command::new("import")).get_arguments().cloned().collect()
}

/// The key of the record that a flag sets.
fn key_of<F: Form>(flag: &str) -> &'static str {
    let list = F::LISTS.iter().find(|(known, _)| *known == flag).map(|(_, key)| *key);
    list.unwrap_or_else(|| flag.to_owned().leak())
}

fn meaning<F: Form>(key: &'static str) -> Option<String> {
    let flag = flag_of::<F>(key);
    let flag = flags::<F>().into_iter().find(|known| known.get_id().as_str() == flag)?;
    flag.get_help().map(ToString::to_string)
}

/// The flag that sets a key of the record.
fn flag_of<F: Form>(key: &'static str) -> &'static str {
    F::LISTS.iter().find(|(_, known)| *known == key).map_or(key, |(flag, _)| *flag)
}

/// What a form takes of a record.
struct Taken {
    /// The keys of the record but its id, in order, each with what null makes of it.
    keys: Vec<(&'static str, Emptied)>,
    /// The flags that set them, and the twins of those that are switches.
    names: Vec<&'static str>,
}

/// What that form takes.
fn taken<F: Form>() -> Taken {
    let keys = record_of::<F>();
    let twins = keys.iter().filter(|(_, emptied)| *emptied == Emptied::Switch);
    let twins = twins.map(|(key, _)| &*format!("no_{key}").leak());
    let names = keys.iter().map(|(key, _)| flag_of::<F>(key)).chain(twins).collect();
    Taken { keys, names }
}

fn record_of<F: Form>() -> Vec<(&'static str, Emptied)> {
    if !F::RECORD.is_empty() {
        return F::RECORD.to_vec();
    }
    let flags = flags::<F>();
    let is_twin = |flag: &&clap::Arg| flag.get_id().as_str().starts_with("no_");
    let keys = flags.iter().filter(|flag| !is_twin(flag)).map(|flag| {
        let key = key_of::<F>(flag.get_id().as_str());
        let emptied = match flag.get_action() {
            clap::ArgAction::SetTrue => Emptied::Switch,
            _ if F::LISTS.iter().any(|(_, list)| *list == key) => Emptied::List,
            _ => Emptied::Text,
        };
        (key, emptied)
    });
    keys.collect()
}

/// A record as the form that says it. What is null empties where `empties`, and else is as good as left out.
fn form_of<F: Form>(taken: &Taken, pairs: Pairs<'_>, empties: bool) -> Result<F> {
    let kind = <F::Record as Noun>::KIND;
    let Taken { keys: record, names } = taken;
    let mut said: Pairs<'_> = Vec::with_capacity(pairs.len());
    for (key, given) in pairs {
        let Some((key, emptied)) = record.iter().copied().find(|(known, _)| *known == key) else {
            let keys: Vec<&str> = record.iter().map(|(key, _)| *key).collect();
            return Err(fault_of(kind, ObjectFault::unknown(&key, &format!("the record {kind}"), &keys)).into());
        };
        let given = match emptied {
            _ if !given.is_null() || !empties => given,
            Emptied::Text => Given::Text("".into()),
            Emptied::List => Given::Texts(Vec::new()),
            Emptied::Object => Given::Json(nothing()?),
            Emptied::Switch => given,
        };
        said.push((flag_of::<F>(key).into(), given));
    }
    // A new record of which a list is not said has an empty one, and what that is refused for is told of the record's own key.
    if !empties && !F::RECORD.is_empty() {
        for (key, emptied) in record {
            let flag = flag_of::<F>(key);
            let is_told = said.iter().any(|(known, given)| known == flag && !given.is_null());
            if *emptied == Emptied::List && !is_told {
                said.retain(|(known, _)| known != flag);
                said.push((flag.into(), Given::Texts(Vec::new())));
            }
        }
    }
    match object::fill::<F>(said, &format!("the record {kind}"), names) {
        Filled::Whole(form) => Ok(form),
        Filled::Faulty { faults, .. } => {
            let mut faults = faults.into_iter().map(|fault| {
                let field = fault.field.clone().map(|flag| key_of::<F>(&flag).to_owned());
                fault_of(kind, ObjectFault { field, ..fault })
            });
            let mut error = faults.next().map_or_else(|| internal("a fault without a reason"), Error::from);
            error.fault_mut().others = faults.collect();
            Err(error)
        }
    }
}

/// An object that says nothing.
fn nothing() -> Result<&'static RawValue> {
    serde_json::from_str("{}").map_err(|error| internal(error.to_string()))
}

/// Makes the record where it is new; else it is as it stands, or is changed where `update` (contract, section 6).
fn import<F: Form>(
    taken: &Taken,
    cx: &Cx<'_>,
    lookup: &mut Lookup,
    id: &str,
    pairs: Pairs<'_>,
    update: bool,
) -> Result<Box<RawValue>> {
    let kind = <F::Record as Noun>::KIND;
    let is_new = match unseen::Kind::of(kind) {
        Some(kind) => lookup.is_new(cx, kind, id)?,
        None => false,
    };
    let before = if is_new { None } else { record::by_id::<F::Record>(cx.db, id)? };
    let Some(before) = before else {
        let form: F = form_of(taken, pairs, false)?;
        let made = form::bring(cx, &form, naming::counted_id(cx, id, F::ID)?)?;
        let told = told::<F>(&made)?;
        // What fails is undone, so it is not known before all of it is written.
        cx.db.wait_for_writes()?;
        lookup.note_made(kind, id, &made);
        return Ok(told);
    };
    if update {
        let form: F = form_of(taken, pairs, true)?;
        let after = form::edit(cx, &form, before)?;
        lookup.forget(kind, id);
        return told::<F>(&after);
    }
    // Without --update the record must say what stands; what a new one would be refused for is different too.
    let form: F = form_of(taken, pairs, false)?;
    let mut same = F::blank_like(cx, &before)?;
    let filled = form.check_needed().and_then(|()| form.fill(cx, &mut same));
    let other = || AlreadyExists { kind: words_of(kind), noun: noun_of(kind), field: "id", given: id.to_owned() };
    match filled {
        Err(error) if !error.kind().is_of_a_rule() => Err(error),
        Ok(()) if to_json(&same)? == to_json(&before)? => told::<F>(&before),
        _ => Err(other().into()),
    }
}

fn told<F: Form>(record: &F::Record) -> Result<Box<RawValue>> {
    let mut told = format!("{{\"{}\":", <F::Record as Noun>::KIND);
    told.push_str(&to_json(record)?);
    told.push('}');
    RawValue::from_string(told).map_err(|error| internal(error.to_string()))
}
