//! The stories of `main.rs` once more, with the store on a PostgreSQL server: `support` sees by the name of this binary where
//! its shops have their stores. What is about files alone is left out, and the stories of the server itself are here alone.

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
mod config;
mod copy;
mod coupon;
mod coupons;
mod customer;
mod discount;
mod doctor;
mod einvoice;
mod erase;
mod explain;
mod export;
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
mod outage;
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
mod server;
mod service;
mod several;
mod shell;
mod status;
mod stock;
mod store;
mod table;
mod task;
mod team;
mod templates;
mod ticket;
mod transfer;
mod trips;
mod upgrade;
mod verify;
mod ways_in;
mod worksheet;
