//! Procedures: steps that several commands run inside the open transaction. They load through the store, ask the domain and
//! write; none of them prints or commits.

pub mod about;
pub mod access;
pub mod context;
pub mod coupon;
pub mod coupon_program;
pub mod currency;
pub mod discount;
pub mod document;
pub mod erase;
pub mod file;
pub mod install;
pub mod look_up;
pub mod matching;
pub mod options;
pub mod order;
pub mod party;
pub mod payment;
pub mod plan;
pub mod post;
pub mod printed;
pub mod random;
pub mod reason;
pub mod refund;
pub mod repair;
pub mod returns;
pub mod service;
pub mod services;
pub mod stock;
pub mod tags;
pub mod templates;
pub mod ticket_log;
pub mod transfer;
pub mod verify;
