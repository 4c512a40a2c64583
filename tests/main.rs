//! The stories: the real binary, run as a user runs it. One test binary, one module a noun or service; `support` is the shop
//! they play in.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends by panicking, in its helpers too"
)]

mod sample;
mod support;

mod apply;
mod coupon;
mod customer;
mod documents;
mod export;
mod house;
mod import;
mod log;
mod online_retail;
mod order;
mod plan;
mod records;
mod refund;
mod repair;
mod returns;
mod shell;
mod store;
mod team;
mod ticket;
mod transfer;
mod verify;
