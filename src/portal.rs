//! The customer's page over HTTP (spec F4): what a customer may see and do of the desk, each the ordinary command run for that customer.
//! It stands beside the command line and makes the same command objects and reads; nothing of a visit is kept in the program.

use std::net::TcpListener;

use crate::command::pipeline::Clock;
use crate::command::pipeline::courier::Courier;
use crate::domain::Result;
use crate::domain::value::day::Instant;
use crate::output::template::Templates;
use crate::store::engine::address::Address;

mod answer;
mod cookie;
mod limit;
mod listen;
mod pages;
mod request;
mod work;

/// Where the portal stands, and what it is made of.
pub struct Site<'s> {
    pub store: &'s Address,
    pub templates: &'s Templates,
    /// The machine's clock, and the moment that `--now` fixes.
    pub clock: &'s (dyn Fn() -> Instant + Sync),
    pub now: Option<Instant>,
    /// Whether a proxy stands before it, whose word on who asks is believed.
    pub behind_proxy: bool,
}

impl Clock for Site<'_> {
    fn now(&self) -> Instant {
        self.now.unwrap_or_else(|| (self.clock)())
    }
    fn machine(&self) -> Instant {
        (self.clock)()
    }
}

/// What goes on around the portal while it is served.
pub struct Around<'a> {
    /// Whether it is to end: what runs is finished first.
    pub ends: &'a dyn Fn() -> bool,
    /// Takes what went wrong with the store or the program.
    pub tell: &'a mut dyn FnMut(&str),
}

/// Serves the portal at a place where browsers find it, until it is to end.
pub fn serve(site: &Site<'_>, courier: impl Fn() -> Courier, listener: TcpListener, around: Around<'_>) -> Result<()> {
    let (desks, lanes) = work::lanes();
    std::thread::scope(|scope| {
        for desk in desks {
            let courier = courier();
            scope.spawn(move || desk.work(site, courier));
        }
        // With the lines before them the desks end.
        listen::listen(listener, lanes, site.behind_proxy, around)
    })
}

/// Makes what the portal needs of a store before anybody asks: a link may have come with an export, and cookies are signed.
pub fn prepare(site: &Site<'_>, courier: &Courier) -> Result<()> {
    answer::prepare(site, courier)
}
