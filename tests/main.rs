//! The stories: the real binary, run as a user runs it. One test binary, one module a noun or service; `support` is the shop
//! they play in.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends by panicking, in its helpers too"
)]

mod support;

mod customer;
mod plan;
mod refund;
mod repair;
mod shell;
mod team;
mod ticket;
