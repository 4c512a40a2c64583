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

mod coupon;
mod customer;
mod export;
mod import;
mod log;
mod order;
mod plan;
mod records;
mod refund;
mod returns;
mod shell;
mod store;
mod team;
mod ticket;
mod transfer;
mod verify;
