//! The list of all commands that read or change the store. A new command is one line here.

use super::record::{List, Show};
use super::{Entry, app, customer, subscription, team, ticket};
use crate::domain::app::AppShown;
use crate::domain::customer::Customer;
use crate::domain::team::Team;
use crate::domain::ticket::Ticket;

/// Every command, nouns in the order of the contract.
pub static COMMANDS: &[Entry] = &[
    Entry::change::<team::TeamCreate>("team create"),
    Entry::read::<List<Team>>("team list"),
    Entry::read::<Show<Team>>("team show"),
    Entry::change::<team::TeamEdit>("team edit"),
    Entry::change::<team::TeamEnableService>("team enable-service"),
    Entry::change::<team::TeamDisableService>("team disable-service"),
    Entry::read::<List<AppShown>>("app list"),
    Entry::change::<app::AppInstall>("app install"),
    Entry::read::<subscription::SubscriptionShow>("subscription show"),
    Entry::change::<subscription::SubscriptionAdd>("subscription add"),
    Entry::change::<ticket::TicketCreate>("ticket create"),
    Entry::read::<List<Ticket>>("ticket list"),
    Entry::read::<Show<Ticket>>("ticket show"),
    Entry::change::<ticket::TicketEdit>("ticket edit"),
    Entry::change::<ticket::TicketNote>("ticket note"),
    Entry::change::<ticket::TicketAssign>("ticket assign"),
    Entry::change::<ticket::TicketMove>("ticket move"),
    Entry::change::<ticket::TicketClose>("ticket close"),
    Entry::change::<ticket::TicketReopen>("ticket reopen"),
    Entry::change::<customer::CustomerCreate>("customer create"),
    Entry::read::<List<Customer>>("customer list"),
    Entry::read::<Show<Customer>>("customer show"),
    Entry::change::<customer::CustomerEdit>("customer edit"),
];

/// The columns of a table of records of `kind`.
pub fn columns_of(kind: &str) -> &'static [&'static str] {
    use super::record::Record;
    match kind {
        "app" => AppShown::COLUMNS,
        "customer" => Customer::COLUMNS,
        "subscription" => subscription::COLUMNS,
        "team" => Team::COLUMNS,
        "ticket" => Ticket::COLUMNS,
        _ => &[],
    }
}
