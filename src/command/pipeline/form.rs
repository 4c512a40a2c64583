//! Forms: what can be said of a kind of record. One struct has its keys, with their help and parsers, for `create`, `edit` and
//! `import`; each of the three has its own rule for what is left out (contract, sections 1 and 6).

use std::marker::PhantomData;

use clap::{Arg, ArgMatches, Args, FromArgMatches};
use serde::de::{DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use serde_json::value::RawValue;

use super::noun::{Noun, one};
use super::{Change, Cx, content, internal, naming};
use crate::domain::common::{AlreadyExists, ValueRefused, words_of};
use crate::domain::desk::Right;
use crate::domain::{Error, Faults, Result};
use crate::store::engine::record::{self, Described, Found};

/// What can be said of a kind of record. The doc comments of its fields are the help of its flags.
pub trait Form: clap::Args + Serialize + DeserializeOwned + 'static {
    type Record: Noun + Clone + PartialEq;
    /// What the help of `create` says, and of `edit`.
    const CREATE: Help;
    const EDIT: Help;
    /// How the id of a new record comes about.
    const ID: NewId;
    /// Keys of the record that a repeatable flag of another name sets: the flag, and the key.
    const LISTS: &'static [(&'static str, &'static str)] = &[];
    /// The keys of an import record, each with what null makes of it, where they are not those of the flags.
    const RECORD: &'static [(&'static str, Emptied)] = &[];

    /// A new record of that id of which nothing was said; its key is not drawn yet.
    fn blank(cx: &Cx<'_>, id: String) -> Result<Self::Record>;
    /// A record of which nothing was said, to be compared with the one that stands under that id.
    fn blank_like(cx: &Cx<'_>, before: &Self::Record) -> Result<Self::Record> {
        Self::blank(cx, Self::id_of(before).to_owned())
    }
    /// Refuses a form that leaves out what a new record needs.
    fn check_needed(&self) -> Result<()> {
        Ok(())
    }
    /// Sets what was said, and refuses what cannot stand.
    fn fill(&self, cx: &Cx<'_>, record: &mut Self::Record) -> Result<()>;
    /// Refuses a change that other records do not allow.
    fn check_change(_cx: &Cx<'_>, _before: &Self::Record, _after: &Self::Record) -> Result<()> {
        Ok(())
    }
    /// Gives a new record its key, writes it with what stands in rows of its own, and tells so.
    fn insert(cx: &Cx<'_>, record: &mut Self::Record) -> Result<()>;
    /// The same of a record that an import brings.
    fn import(cx: &Cx<'_>, record: &mut Self::Record) -> Result<()> {
        Self::insert(cx, record)
    }
    /// Writes a changed record with what stands in rows of its own, and tells so.
    fn update(cx: &Cx<'_>, _before: &Self::Record, after: &Self::Record) -> Result<()> {
        record::update(cx.db, after)?;
        cx.touched(<Self::Record as Noun>::KIND, Self::id_of(after));
        Ok(())
    }
    /// The record's id.
    fn id_of(record: &Self::Record) -> &str;
    /// What is told beside the record, under a key of its own.
    fn beside(_cx: &Cx<'_>) -> Result<Option<(&'static str, Box<RawValue>)>> {
        Ok(None)
    }
}

/// What an import record says of a key that it tells to be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emptied {
    /// The empty text.
    Text,
    /// The empty list.
    List,
    /// An object that says nothing.
    Object,
    /// Nothing: a switch is on or off.
    Switch,
}

/// The help of a command: a line, what there is to say beside, and examples.
pub struct Help {
    pub about: &'static str,
    pub more: &'static str,
    pub examples: &'static [&'static str],
}

/// How the id of a new record comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewId {
    /// It has to be given.
    Given,
    /// It is given, or the next of a counter.
    GivenOrNext(&'static str),
    /// It is the next of a counter; an import gives its own.
    Next(&'static str),
    /// It is given, or the name.
    GivenOrName,
}

impl Help {
    fn on(&self, command: clap::Command) -> clap::Command {
        let examples: Vec<String> = self.examples.iter().map(|example| format!("  {example}")).collect();
        let command = command.about(self.about).after_help(format!("Examples:\n{}", examples.join("\n")));
        if self.more.is_empty() { command } else { command.long_about(format!("{}\n\n{}", self.about, self.more)) }
    }
}

/// `NOUN create [ID] …`.
pub struct Create<F> {
    id: Option<String>,
    form: F,
}

/// `NOUN edit REF …`.
pub struct Edit<F> {
    reference: String,
    form: F,
}

/// What stands before the flags of a form: its name, and how it is described.
trait Positional: Sized {
    type Form: Form;
    /// Its name in JSON; none where there is none.
    fn name() -> Option<&'static str>;
    fn help() -> &'static Help;
    fn argument(name: &'static str) -> Arg;
    fn of(given: Option<String>, form: Self::Form) -> Self;
    fn parts(&self) -> (Option<&str>, &Self::Form);
}

impl<F: Form> Positional for Create<F> {
    type Form = F;
    fn name() -> Option<&'static str> {
        (!matches!(F::ID, NewId::Next(_))).then_some("id")
    }
    fn help() -> &'static Help {
        &F::CREATE
    }
    fn argument(name: &'static str) -> Arg {
        let help = match F::ID {
            NewId::Given | NewId::Next(_) => "Its id, for good".to_owned(),
            NewId::GivenOrNext(prefix) => {
                format!("Its id, for good (default: the next of {prefix}00001, {prefix}00002, …)")
            }
            NewId::GivenOrName => "Its id, for good (default: its name)".to_owned(),
        };
        Arg::new(name).value_name("ID").help(help).required(F::ID == NewId::Given)
    }
    fn of(id: Option<String>, form: F) -> Self {
        Create { id, form }
    }
    fn parts(&self) -> (Option<&str>, &F) {
        (self.id.as_deref(), &self.form)
    }
}

impl<F: Form> Positional for Edit<F> {
    type Form = F;
    fn name() -> Option<&'static str> {
        Some(<F::Record as Noun>::KIND)
    }
    fn help() -> &'static Help {
        &F::EDIT
    }
    fn argument(name: &'static str) -> Arg {
        Arg::new(name).value_name(name.to_uppercase()).help("Its id or name").required(true)
    }
    fn of(reference: Option<String>, form: F) -> Self {
        Edit { reference: reference.unwrap_or_default(), form }
    }
    fn parts(&self) -> (Option<&str>, &F) {
        (Some(&self.reference), &self.form)
    }
}

fn augmented<P: Positional>(command: clap::Command) -> clap::Command {
    // The positional goes first, as it stands first in the help and among the faults.
    let command = match P::name() {
        Some(name) => command.arg(P::argument(name)),
        None => command,
    };
    P::help().on(P::Form::augment_args(command))
}

fn matched<P: Positional>(matches: &ArgMatches) -> std::result::Result<P, clap::Error> {
    let given = P::name().and_then(|name| matches.get_one::<String>(name).cloned());
    Ok(P::of(given, P::Form::from_arg_matches(matches)?))
}

fn serialized<P: Positional, S: Serializer>(command: &P, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    let (given, form) = command.parts();
    let mut object = serializer.serialize_struct("Form", 2)?;
    if let Some(name) = P::name() {
        object.serialize_field(name, &given)?;
    }
    object.serialize_field(content::KEYS_OF, form)?;
    object.end()
}

fn deserialized<'de, P: Positional, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<P, D::Error> {
    struct Reader<P>(PhantomData<P>);
    impl<'de, P: Positional> Visitor<'de> for Reader<P> {
        type Value = P;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a JSON object")
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<P, A::Error> {
            let mut beside = Beside { map, name: P::name(), given: None };
            let form = P::Form::deserialize(serde::de::value::MapAccessDeserializer::new(&mut beside))?;
            match (beside.given, P::name()) {
                (None, Some(name)) if P::argument(name).is_required_set() => Err(serde::de::Error::missing_field(name)),
                (given, _) => Ok(P::of(given, form)),
            }
        }
    }
    deserializer.deserialize_map(Reader(PhantomData))
}

/// The keys of a map but one, whose value is kept aside.
struct Beside<A> {
    map: A,
    name: Option<&'static str>,
    given: Option<String>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for &mut Beside<A> {
    type Error = A::Error;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> std::result::Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.map.next_key::<String>()? {
            if self.name == Some(key.as_str()) {
                self.given = self.map.next_value()?;
                continue;
            }
            return seed.deserialize(key.into_deserializer()).map(Some);
        }
        Ok(None)
    }
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> std::result::Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

macro_rules! command_of_form {
    ($($command:ident),*) => { $(
        impl<F: Form> clap::Args for $command<F> {
            fn augment_args(command: clap::Command) -> clap::Command {
                augmented::<Self>(command)
            }
            fn augment_args_for_update(command: clap::Command) -> clap::Command {
                augmented::<Self>(command)
            }
        }
        impl<F: Form> clap::FromArgMatches for $command<F> {
            fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
                matched(matches)
            }
            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> std::result::Result<(), clap::Error> {
                *self = matched(matches)?;
                Ok(())
            }
        }
        impl<F: Form> Serialize for $command<F> {
            fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
                serialized(self, serializer)
            }
        }
        impl<'de, F: Form> Deserialize<'de> for $command<F> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
                deserialized(deserializer)
            }
        }
    )* };
}
command_of_form!(Create, Edit);

/// What creating or editing a record answers: `{"tax": record}`, under the record's kind, and what is told beside it.
pub struct Outcome<R> {
    record: R,
    beside: Option<(&'static str, Box<RawValue>)>,
}

impl<R: Noun> Outcome<R> {
    fn of<F: Form<Record = R>>(cx: &Cx<'_>, record: R) -> Result<Outcome<R>> {
        Ok(Outcome { record, beside: F::beside(cx)? })
    }
}

impl<R: Noun> Serialize for Outcome<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut result = serializer.serialize_map(None)?;
        result.serialize_entry(R::KIND, &self.record)?;
        if let Some((key, told)) = &self.beside {
            result.serialize_entry(key, told)?;
        }
        result.end()
    }
}

impl<F: Form> Change for Create<F> {
    type Outcome = Outcome<F::Record>;
    const RIGHT: Right = <F::Record as Noun>::RIGHT;

    fn run(&self, cx: &Cx<'_>) -> Result<Outcome<F::Record>> {
        let mut faults = Faults::default();
        match faults.gather(self.new_id(cx)) {
            Some(id) => return Outcome::of::<F>(cx, create(cx, &self.form, id)?),
            // What else is wrong is told along with the id.
            None => drop(faults.gather(create(cx, &self.form, String::new()))),
        }
        faults.refuse()?;
        Err(internal("a fault without a reason"))
    }
}

impl<F: Form> Create<F> {
    fn new_id(&self, cx: &Cx<'_>) -> Result<String> {
        match (F::ID, self.id.as_deref()) {
            (NewId::Given, id) => naming::checked_id(id.unwrap_or_default()),
            (NewId::GivenOrName, Some(id)) if !id.trim().is_empty() => naming::checked_id(id),
            // The name becomes the id too, once it is known.
            (NewId::GivenOrName, _) => Ok(String::new()),
            (NewId::GivenOrNext(prefix), id) => naming::id_or_next(cx, id, prefix),
            (NewId::Next(prefix), _) => naming::id_or_next(cx, None, prefix),
        }
    }
}

/// Makes a new record of that id, which may be left to its name.
fn create<F: Form>(cx: &Cx<'_>, form: &F, id: String) -> Result<F::Record> {
    let mut record = filled(cx, form, id)?;
    F::insert(cx, &mut record)?;
    Ok(record)
}

/// Makes a new record of that id, which an import brings.
pub(in crate::command) fn bring<F: Form>(cx: &Cx<'_>, form: &F, id: String) -> Result<F::Record> {
    let mut record = filled(cx, form, id)?;
    F::import(cx, &mut record)?;
    Ok(record)
}

fn filled<F: Form>(cx: &Cx<'_>, form: &F, id: String) -> Result<F::Record> {
    form.check_needed()?;
    let mut record = F::blank(cx, id)?;
    form.fill(cx, &mut record)?;
    Ok(record)
}

impl<F: Form> Change for Edit<F> {
    type Outcome = Outcome<F::Record>;
    const RIGHT: Right = <F::Record as Noun>::RIGHT;

    fn run(&self, cx: &Cx<'_>) -> Result<Outcome<F::Record>> {
        let before: F::Record = one(cx, <F::Record as Noun>::KIND, &self.reference)?;
        Outcome::of::<F>(cx, edit(cx, &self.form, before)?)
    }
}

/// Changes a record to what the form says, keeping what it leaves out.
pub(in crate::command) fn edit<F: Form>(cx: &Cx<'_>, form: &F, before: F::Record) -> Result<F::Record> {
    let mut after = before.clone();
    form.fill(cx, &mut after)?;
    if after != before {
        F::check_change(cx, &before, &after)?;
        F::update(cx, &before, &after)?;
    }
    Ok(after)
}

/// Refuses a new record whose id another one has.
pub(in crate::command) fn check_new_id<F: Form>(cx: &Cx<'_>, id: &str) -> Result<()> {
    match record::has_id(cx.db, <F::Record as Described>::table(), id)? {
        true => Err(taken::<F>("id", id)),
        false => Ok(()),
    }
}

/// Refuses a record where another one is found under its id, or under its name where it is found by that.
pub(in crate::command) fn check_free<F: Form>(
    cx: &Cx<'_>,
    field: &'static str,
    given: &str,
    own: Option<i64>,
) -> Result<()> {
    ValueRefused::check_length(field, given)?;
    let is_other = |key: i64| own != Some(key);
    match record::find_key(cx.db, <F::Record as Described>::table(), given)? {
        Found::One(found) if is_other(found.key) => Err(taken::<F>(field, given)),
        Found::Several(_) => Err(taken::<F>(field, given)),
        _ => Ok(()),
    }
}

fn taken<F: Form>(field: &'static str, given: &str) -> Error {
    let (kind, noun) = (words_of(<F::Record as Noun>::KIND), <F::Record as Noun>::NOUN);
    AlreadyExists { kind, noun, field, given: given.to_owned() }.into()
}
