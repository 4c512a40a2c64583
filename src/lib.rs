//! aftersales: the after-sales desk in a shell.
//!
//! A command is a value; flags or a JSON line make it, it runs in one transaction of the store, and its outcome is printed.
//!
//! # The map
//!
//! Imports run one way: `main` -> [`cli`] -> [`portal`] -> [`command`] -> [`procedure`] -> { [`domain`], [`store`], [`print`] }; these three and
//! [`print`] -> [`output`]; `store` and `print` -> `domain`; `domain` and `output` import nothing of ours.
//!
//! - [`cli`]: the tree of nouns and verbs, global flags and settings, what goes to stdout and stderr, bulk input as lines, completion in
//!   shells and manual pages.
//! - [`portal`]: the customer's page over HTTP, beside the command line: connections, cookies, limits, and one file a page; it makes the
//!   same command objects and reads.
//! - [`command`]: the list of commands, and one file per noun or service: the struct that flags and JSON fill, `run`, the outcome.
//!   Its frame is [`command::pipeline`]: a group of changes in one transaction, bulk, forms, lists and their filters.
//! - [`procedure`]: steps that several commands run inside the open transaction, and [`procedure::services`]: the list of the
//!   services, each described once.
//! - [`domain`]: states, transitions, pure decisions and the refusals of each noun and service, over the values in
//!   [`domain::value`]. No SQL, no clock, no printing.
//! - [`store`]: one file per noun with the description of its table and what else is asked of it in SQL; [`store::tables`] lists
//!   them, `store/migrations` makes them. Its frame is [`store::engine`]: records read and written by their description,
//!   statements as values, numbering, migrations, and the seam to the two engines. Each statement is written once.
//! - [`print`]: documents on paper: a sheet of domain values and words, and HTML and PDF of it; knows no store.
//! - [`output`]: table, page, JSON, CSV, jq, texts by templates, messages and the server that takes them; knows no noun.
//!
//! The same stem stands in every layer: look for the stem, find everything. `return` is a keyword: its stem is `returns`. How to
//! add to the house, and what its words mean, is told in CONTRIBUTING.md.
//!
//! # The life of `--invoice`
//!
//! `aftersales ticket refund T1 --invoice INV/2026/00001 --post`, from the shell to the disk and back:
//!
//! 1. `main.rs` hands arguments, clock, environment and streams to [`cli::run`]. `cli/tree.rs` builds the one branch of clap's
//!    tree that is typed, and makes pairs of what was given: `("invoice", Texts(["INV/2026/00001"]))`. A line of `apply` becomes
//!    the same pairs, from JSON.
//! 2. [`command::pipeline::object`] fills `command::refund::TicketRefund` from the pairs: one parser for a flag and a key. What
//!    cannot be read becomes a refusal that names field, value and choices.
//! 3. [`command::pipeline`] opens a group: the transaction, a savepoint, the right, the key (has it been done before?). A single
//!    command is a group of one; a dry run is the same, undone at its end.
//! 4. `run` in `command/refund.rs` looks up what is named: `procedure::refund::named_invoice` finds the row by number or padded id,
//!    `procedure::service` asks whether the team offers refunds, `procedure::refund` whether this ticket is offered this invoice.
//! 5. [`domain::refund`] decides, over values alone: what is left of each line, what is taken of it, or which of its refusals.
//! 6. `procedure/refund/reversal.rs` makes the credit note of it and posts it; [`store::document`] writes the rows through
//!    [`store::engine`], which says the statement to SQLite, or gathers it for PostgreSQL.
//! 7. The group writes its row of the log, with command and outcome, makes the answer as it will be printed, and commits. Only
//!    then [`cli`] prints it by way of [`output`]: a table, JSON, or what `--fields` and `--jq` make of it; or the refusal, on
//!    stderr, with its exit code.

pub mod cli;
pub mod command;
pub mod domain;
pub mod output;
pub mod portal;
pub mod print;
pub mod procedure;
pub mod store;
