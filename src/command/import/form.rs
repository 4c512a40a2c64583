//! Records that are said in a form: the same struct makes them, changes them and imports them, so that each rule is written once.

use serde_json::value::RawValue;

use super::super::pipeline::form::{self, Form};
use super::super::pipeline::noun::Noun;
use super::super::pipeline::object::{self, Filled, Given, ObjectFault, Pairs};
use super::super::{Cx, internal, naming, to_json};
use super::lookup::Lookup;
use super::unseen;
use crate::command::customer::CustomerForm;
use crate::command::journal::JournalForm;
use crate::command::location::LocationForm;
use crate::command::lot::LotForm;
use crate::command::product::ProductForm;
use crate::command::project::ProjectForm;
use crate::command::stage::StageForm;
use crate::command::tag::TagForm;
use crate::command::tax::TaxForm;
use crate::command::team::TeamForm;
use crate::command::worksheet_template::WorksheetTemplateForm;
use crate::domain::common::{AlreadyExists, noun_of, words_of};
use crate::domain::{Error, Fault, Result};
use crate::store::engine::record;

/// A kind of record that a form imports.
pub struct Kind {
    pub kind: &'static str,
    /// Its keys, in order.
    pub keys: fn() -> Vec<&'static str>,
    /// The keys that are true or false.
    pub switches: fn() -> Vec<&'static str>,
    /// Imports the record of that id; answers it where it is new or was looked at.
    pub import: fn(&Cx<'_>, &mut Lookup, &str, Pairs<'_>, bool) -> Result<Box<RawValue>>,
}

impl Kind {
    const fn of<F: Form>() -> Kind {
        Kind { kind: <F::Record as Noun>::KIND, keys: keys::<F>, switches: switches::<F>, import: import::<F> }
    }
}

/// The kinds of records that forms import.
pub static KINDS: &[Kind] = &[
    Kind::of::<TaxForm>(),
    Kind::of::<JournalForm>(),
    Kind::of::<LocationForm>(),
    Kind::of::<CustomerForm>(),
    Kind::of::<ProductForm>(),
    Kind::of::<LotForm>(),
    Kind::of::<TagForm>(),
    Kind::of::<StageForm>(),
    Kind::of::<WorksheetTemplateForm>(),
    Kind::of::<ProjectForm>(),
    Kind::of::<TeamForm>(),
];

/// The flags of a form, as clap knows them.
fn flags<F: Form>() -> Vec<clap::Arg> {
    F::augment_args(clap::Command::new("import")).get_arguments().cloned().collect()
}

fn is_twin(flag: &clap::Arg) -> bool {
    flag.get_id().as_str().starts_with("no_")
}

/// The key of the record that a flag sets.
fn key_of<F: Form>(flag: &str) -> &'static str {
    let list = F::LISTS.iter().find(|(known, _)| *known == flag).map(|(_, key)| *key);
    list.unwrap_or_else(|| flag.to_owned().leak())
}

fn keys<F: Form>() -> Vec<&'static str> {
    let flags = flags::<F>();
    let said = flags.iter().filter(|flag| !is_twin(flag)).map(|flag| key_of::<F>(flag.get_id().as_str()));
    ["id"].into_iter().chain(said).collect()
}

fn switches<F: Form>() -> Vec<&'static str> {
    let is_switch = |flag: &&clap::Arg| matches!(flag.get_action(), clap::ArgAction::SetTrue) && !is_twin(flag);
    flags::<F>().iter().filter(is_switch).map(|flag| key_of::<F>(flag.get_id().as_str())).collect()
}

/// A record as the form that says it. What is null empties where `empties`, and else is as good as left out.
fn form_of<F: Form>(pairs: Pairs<'_>, empties: bool) -> Result<F> {
    let kind = <F::Record as Noun>::KIND;
    let flags = flags::<F>();
    let names: Vec<&str> = flags.iter().map(|flag| flag.get_id().as_str()).collect();
    let keys: Vec<&str> =
        flags.iter().filter(|flag| !is_twin(flag)).map(|flag| key_of::<F>(flag.get_id().as_str())).collect();
    let mut said: Pairs<'_> = Vec::with_capacity(pairs.len());
    for (key, given) in pairs {
        if !keys.contains(&key.as_ref()) {
            return Err(ObjectFault::unknown(&key, &format!("the record {kind}"), &keys).into());
        }
        let flag =
            F::LISTS.iter().find(|(_, known)| *known == key).map_or(key.to_string(), |(flag, _)| (*flag).to_owned());
        let is_switch = flags
            .iter()
            .any(|known| known.get_id() == flag.as_str() && matches!(known.get_action(), clap::ArgAction::SetTrue));
        let is_list = F::LISTS.iter().any(|(_, known)| *known == key);
        let given = match given.is_null() && empties && !is_switch {
            true if is_list => Given::Texts(Vec::new()),
            true => Given::Text("".into()),
            false => given,
        };
        said.push((flag.into(), given));
    }
    match object::fill::<F>(said, &format!("the record {kind}"), &names) {
        Filled::Whole(form) => Ok(form),
        Filled::Faulty { faults, .. } => {
            let mut faults = faults.into_iter().map(|fault| {
                let field = fault.field.clone().map(|flag| key_of::<F>(&flag).to_owned());
                Fault::from(ObjectFault { field, ..fault })
            });
            let mut error = faults.next().map_or_else(|| internal("a fault without a reason"), Error::from);
            error.fault_mut().others = faults.collect();
            Err(error)
        }
    }
}

/// Makes the record where it is new; else it is as it stands, or is changed where `update` (contract, section 6).
fn import<F: Form>(
    cx: &Cx<'_>,
    lookup: &mut Lookup,
    id: &str,
    pairs: Pairs<'_>,
    update: bool,
) -> Result<Box<RawValue>> {
    let kind = <F::Record as Noun>::KIND;
    let is_new = match unseen::Kind::of(kind) {
        Some(kind) => lookup.unseen.is_new(cx.db, kind, id)?,
        None => false,
    };
    let before = if is_new { None } else { record::by_id::<F::Record>(cx.db, id)? };
    let Some(before) = before else {
        let form: F = form_of(pairs, false)?;
        let made = form::create(cx, &form, naming::counted_id(cx, id, F::ID)?)?;
        return told::<F>(&made);
    };
    if update {
        let form: F = form_of(pairs, true)?;
        let after = form::edit(cx, &form, before)?;
        lookup.forget(kind, id);
        return told::<F>(&after);
    }
    // Without --update the record must say what stands; what a new one would be refused for is different too.
    let form: F = form_of(pairs, false)?;
    let mut same = F::blank(cx, id.to_owned())?;
    let filled = form.check_needed().and_then(|()| form.fill(cx, &mut same));
    let taken = || AlreadyExists { kind: words_of(kind), noun: noun_of(kind), field: "id", given: id.to_owned() };
    match filled {
        Err(error) if !matches!(error.exit(), 13 | 14) => Err(error),
        Ok(()) if to_json(&same)? == to_json(&before)? => told::<F>(&before),
        _ => Err(taken().into()),
    }
}

fn told<F: Form>(record: &F::Record) -> Result<Box<RawValue>> {
    let mut told = format!("{{\"{}\":", <F::Record as Noun>::KIND);
    told.push_str(&to_json(record)?);
    told.push('}');
    RawValue::from_string(told).map_err(|error| internal(error.to_string()))
}
