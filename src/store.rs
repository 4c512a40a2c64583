//! The store: one way to say a statement, whichever engine answers. Each file below holds one service's SQL and its row
//! mapping; none decides anything. Statements are written once, in the subset that SQLite and PostgreSQL share.

pub mod app;
pub mod booked;
pub mod choices;
pub mod coupon;
pub mod coupon_program;
pub mod currency;
pub mod customer;
pub mod desk;
pub mod document;
pub mod engine;
pub mod erase;
pub mod file;
pub mod journal;
pub mod ledger;
pub mod linking;
pub mod location;
pub mod log;
pub mod lot;
pub mod mail;
pub mod names;
pub mod order;
pub mod party;
pub mod payment;
pub mod product;
pub mod project;
pub mod reason;
pub mod refund;
pub mod repair;
pub mod report;
pub mod returns;
pub mod stage;
pub mod stock;
pub mod stock_level;
pub mod tables;
pub mod tag;
pub mod task;
pub mod tax;
pub mod team;
pub mod ticket;
pub mod timeline;
pub mod transfer;
pub mod user;
pub mod verify;
pub mod worksheet_template;

pub use engine::{Access, Column, Db, Key, Result, Row, StoreError, Value};
