//! The base records: what a record says goes to the noun's own commands, `create` where there is no such record and `edit` where
//! there is, so that each rule is written once.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::super::pipeline::object::{Given, ObjectFault, Pairs};
use super::super::{Action, AnyChange, Cx, Parsed, entry, internal};
use crate::domain::Result;

/// A kind of record and the commands that make and change it.
pub struct Noun {
    /// The kind, which is also how `edit` calls its positional.
    pub kind: &'static str,
    pub create: &'static str,
    pub edit: &'static str,
    pub keys: &'static [Key],
}

/// A key of the record: the flag behind it, and what a record without it says.
pub struct Key {
    pub name: &'static str,
    flag: &'static str,
    absent: Absent,
}

enum Absent {
    /// It is the record's id.
    Id,
    /// It is this text, or nothing where that is empty.
    Text(&'static str),
    /// It is an empty list.
    Nobody,
}

const fn key(name: &'static str, absent: Absent) -> Key {
    Key { name, flag: name, absent }
}
const fn list(name: &'static str, flag: &'static str) -> Key {
    Key { name, flag, absent: Absent::Nobody }
}
const fn none(name: &'static str) -> Key {
    key(name, Absent::Text(""))
}

/// The base records.
pub static NOUNS: &[Noun] = &[Noun {
    kind: "user",
    create: "user create",
    edit: "user edit",
    keys: &[key("name", Absent::Id), none("email"), list("rights", "right")],
}];

impl Noun {
    /// Makes the record, whose id is not taken.
    pub fn create(&self, cx: &Cx<'_>, id: &str, pairs: Pairs<'_>) -> Result<Box<RawValue>> {
        let mut flags: Pairs<'_> = vec![("id".into(), Given::Text(id.to_owned().into()))];
        for (name, given) in pairs {
            flags.push((self.flag_of(&name)?.into(), given));
        }
        self.command(self.create, flags)?.run(cx)
    }

    /// Changes the record to what is said of it, keys left out included.
    pub fn edit(&self, cx: &Cx<'_>, id: &str, mut pairs: Pairs<'_>) -> Result<Box<RawValue>> {
        let mut flags: Pairs<'_> = vec![(self.kind.into(), Given::Text(id.to_owned().into()))];
        for key in self.keys {
            let given = pairs.iter().position(|(name, _)| name == key.name).map(|at| pairs.swap_remove(at).1);
            match given {
                Some(given) if !given.is_null() => flags.push((key.flag.into(), given)),
                _ => flags.push(key.left_out(id)?),
            }
        }
        match pairs.first() {
            Some((unknown, _)) => Err(self.unknown(unknown).into()),
            None => self.command(self.edit, flags)?.run(cx),
        }
    }

    /// The noun of its commands.
    pub fn noun(&self) -> &'static str {
        self.create.split(' ').next().unwrap_or(self.kind)
    }

    fn command<'c>(&self, name: &'static str, flags: Pairs<'c>) -> Result<Box<dyn AnyChange>> {
        let Some(entry) = entry(name) else {
            return Err(internal(format!("there is no command {name}")));
        };
        let Action::Change { parse } = &entry.action else {
            return Err(internal(format!("{name} changes nothing")));
        };
        match parse(entry, flags) {
            Parsed::Whole(command) => Ok(command),
            Parsed::Faulty { mut error, .. } => {
                let fault = error.fault_mut();
                fault.field = fault.field.take().map(|flag| self.name_of(flag));
                Err(error)
            }
        }
    }

    fn flag_of(&self, name: &str) -> Result<&'static str> {
        match self.keys.iter().find(|key| key.name == name) {
            Some(key) => Ok(key.flag),
            None => Err(self.unknown(name).into()),
        }
    }

    fn name_of(&self, flag: String) -> String {
        self.keys.iter().find(|key| key.flag == flag).map_or(flag, |key| key.name.to_owned())
    }

    fn unknown(&self, name: &str) -> ObjectFault {
        let names: Vec<&str> = self.keys.iter().map(|key| key.name).collect();
        ObjectFault::unknown(name, &format!("the record {}", self.kind), &names)
    }
}

impl Key {
    fn left_out(&self, id: &str) -> Result<(Cow<'static, str>, Given<'static>)> {
        let text = |text: &str| Ok((self.flag.into(), Given::Text(text.to_owned().into())));
        match self.absent {
            Absent::Id => text(id),
            Absent::Text(default) => text(default),
            Absent::Nobody => Ok((self.flag.into(), Given::Texts(Vec::new()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_flag_in_both_commands() {
        for noun in NOUNS {
            for (command, positional) in [(noun.create, "id"), (noun.edit, noun.kind)] {
                let names = entry(command).unwrap().names();
                for flag in noun.keys.iter().map(|key| key.flag).chain([positional]) {
                    assert!(names.contains(&flag), "{command} has no {flag}");
                }
            }
            let names = entry(noun.edit).unwrap().names();
            let known = |name: &&str| {
                let bare = name.strip_prefix("no_").unwrap_or(name);
                bare == noun.kind || noun.keys.iter().any(|key| key.flag == bare)
            };
            assert!(names.iter().all(known), "{} has a flag that a record cannot say: {names:?}", noun.edit);
        }
    }
}
