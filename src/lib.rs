//! aftersales: the after-sales desk in a shell.
//!
//! A command is a value; flags or a JSON line make it, it runs in one transaction of the store, and its outcome is printed.
//!
//! # The map
//!
//! Imports run one way: `main` -> [`cli`] -> [`command`] -> [`procedure`] -> { [`domain`], [`store`] }; `command` and `cli` ->
//! [`output`]; `store` -> `domain`; `domain` and `output` import nothing of ours.
//!
//! - [`cli`]: the tree of nouns and verbs, global flags, what goes to stdout and stderr, bulk input as lines.
//! - [`command`]: the list of commands, and one file per noun or service: argument structs, `run`, outcome structs. Its frame is
//!   [`command::pipeline`]: the road that every change goes, bulk, objects from JSON, reading records.
//! - [`procedure`]: steps that several commands run inside the open transaction.
//! - [`domain`]: states, transitions, pure decisions and the refusals of each service, over the values in [`domain::value`].
//!   No SQL, no clock, no printing.
//! - [`store`]: one file per service with its SQL and row mapping. Its frame is [`store::engine`]: the seam to the two engines,
//!   migrations, numbering. Each statement is written once; what an engine needs beside it is in its own files alone.
//! - [`output`]: table, JSON, CSV, jq; knows no service.
//!
//! The same stem stands in every layer: look for the stem, find everything. `return` is a keyword: its stem is `returns`.

pub mod cli;
pub mod command;
pub mod domain;
pub mod output;
pub mod procedure;
pub mod store;
