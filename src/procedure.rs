//! Procedures: steps that several commands run inside the open transaction. They load through the store, ask the domain and
//! write; none of them prints or commits.

pub mod access;
pub mod context;
pub mod currency;
pub mod order;
pub mod service;
pub mod stock;
pub mod ticket_log;
