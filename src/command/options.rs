//! `ticket options`: what can be done from a ticket, and with what (spec A8).

use clap::Args;

use super::{Cx, Read, to_json};
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::desk::Right;
use crate::domain::team::Service;
use crate::procedure::{options, service};
use crate::store::engine::table::{Column, by_name, id, ids, int, json, link, rows, switch, text, words};

/// What the options of a ticket are told by.
pub const KEYS: &[Column] = &[
    id().called("id"),
    link("ticket").called("ticket"),
    rows(&[
        words(Service::WORDS).called("service"),
        switch().called("available"),
        text().optional().called("why_not"),
        by_name(&[json().called("default"), ids().optional().called("choices"), int().optional().called("more")])
            .called("fields"),
    ])
    .called("services"),
];

/// The columns of its table; the services stand below it.
pub const COLUMNS: &[&str] = &["id", "ticket"];

/// Show what can be done from a ticket
///
/// For each service: whether it is available, why not, and for each field of its form the default and the choices.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aftersales ticket options T00001\n  aftersales ticket options T00001 -o json")]
pub struct TicketOptions {
    /// The ticket
    pub ticket: String,
}

impl Read for TicketOptions {
    const KIND: &'static str = "options";
    const MANY: bool = false;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>, emit: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        if self.ticket.is_empty() {
            return Err(ValueRefused::missing("ticket").into());
        }
        let ticket = service::ticket(cx, &self.ticket)?;
        emit(&to_json(&options::of(cx, &ticket)?)?)
    }
}
