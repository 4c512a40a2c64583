//! The stories: the real binary, run as a user runs it, with its store in a file. One module a noun or service; `support` is the
//! shop they play in. The same stories are played once more in `postgres.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends by panicking, in its helpers too"
)]

mod sample;
mod support;

mod access;
mod apply;
mod attack;
mod backup;
mod browser;
mod completion;
mod config;
mod copy;
mod coupon;
mod coupons;
mod customer;
mod discount;
mod doctor;
mod documents;
mod einvoice;
mod erase;
mod explain;
mod export;
mod faults;
mod goods;
mod hints;
mod house;
mod import;
mod ledger;
mod limit;
mod load;
mod log;
mod mail;
mod merge;
mod money;
mod online_retail;
mod order;
mod overview;
mod party;
mod plan;
mod portal;
mod print;
mod readme;
mod records;
mod refund;
mod repair;
mod report;
mod returns;
mod schema;
mod service;
mod several;
mod shell;
mod size;
mod status;
mod stock;
mod store;
mod store_file;
mod table;
mod task;
mod team;
mod templates;
mod ticket;
mod transfer;
mod upgrade;
mod verify;
mod ways_in;
mod worksheet;
