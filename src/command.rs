//! Commands: values made from flags or a JSON line, run in one transaction, answered by their outcome. Here stand the list of
//! all commands and the pipeline that every change goes through; what a command does is in the file of its noun or service.

pub mod app;
pub mod apply;
pub mod backup;
pub mod booked;

mod commands;
pub mod copy;
#[cfg(test)]
mod cost;
pub mod coupon;
pub mod coupon_program;
pub mod credit_note;
pub mod customer;
pub mod desk;
pub mod document;
pub mod export;
pub mod import;
pub mod init;
pub mod invoice;
pub mod journal;
mod layouts;
pub mod ledger;
pub mod location;
pub mod log;
pub mod lot;
pub mod mail;
mod names;
pub mod options;
pub mod order;
pub mod payment;
pub mod pipeline;
pub mod plan;
pub mod print;
pub mod product;
pub mod project;
pub mod reason;
pub mod refund;
pub mod repair;
pub mod report;
pub mod restore;
pub mod returns;
pub mod schema;
pub mod stage;
pub mod stock;
pub mod subscription;
pub mod tag;
pub mod task;
pub mod tax;
pub mod team;
pub mod templates;
pub mod ticket;
pub mod timeline;
pub mod transfer;
pub mod user;
pub mod verify;
pub mod worksheet;
pub mod worksheet_template;

pub use commands::COMMANDS;
pub use layouts::layout_of;
pub use names::names_of;
pub use pipeline::*;
