//! The stories of `main.rs` once more, with the store on a PostgreSQL server: `support` sees by the name of this binary where
//! its shops have their stores. What is about files alone, or asks nothing of an engine, is left out; the stories of the server itself
//! are here alone.

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
mod copy;
mod coupon;
mod coupons;
mod customer;
mod discount;
mod doctor;
mod erase;
mod export;
mod goods;
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
mod readme;
mod records;
mod refund;
mod repair;
mod report;
mod returns;
mod server;
mod service;
mod several;
mod shell;
mod status;
mod stock;
mod store;
mod task;
mod team;
mod ticket;
mod transfer;
mod trips;
mod upgrade;
mod verify;
mod worksheet;
