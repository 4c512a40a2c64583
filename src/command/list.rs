//! The list of all commands that read or change the store. A new command is one line here.

use super::credit_note::CreditNote;
use super::invoice::Invoice;
use super::record::{List, Record, Show};
use super::*;
use crate::domain::app::AppShown;
use crate::domain::customer::Customer;
use crate::domain::order::Order;
use crate::domain::payment::Payment;
use crate::domain::team::Team;
use crate::domain::ticket::Ticket;

/// Every command, nouns in the order of the contract.
pub static COMMANDS: &[Entry] = &[
    // team
    Entry::change::<team::TeamCreate>("team create"),
    Entry::read::<List<Team>>("team list"),
    Entry::read::<Show<Team>>("team show"),
    Entry::change::<team::TeamEdit>("team edit"),
    Entry::change::<team::TeamEnableService>("team enable-service"),
    Entry::change::<team::TeamDisableService>("team disable-service"),
    // app
    Entry::read::<List<AppShown>>("app list"),
    Entry::change::<app::AppInstall>("app install"),
    // subscription
    Entry::read::<subscription::SubscriptionShow>("subscription show"),
    Entry::change::<subscription::SubscriptionAdd>("subscription add"),
    // ticket
    Entry::change::<ticket::TicketCreate>("ticket create"),
    Entry::read::<List<Ticket>>("ticket list"),
    Entry::read::<Show<Ticket>>("ticket show"),
    Entry::change::<ticket::TicketEdit>("ticket edit"),
    Entry::change::<ticket::TicketNote>("ticket note"),
    Entry::change::<ticket::TicketAssign>("ticket assign"),
    Entry::change::<ticket::TicketMove>("ticket move"),
    Entry::change::<ticket::TicketClose>("ticket close"),
    Entry::change::<ticket::TicketReopen>("ticket reopen"),
    Entry::change::<refund::TicketRefund>("ticket refund"),
    // invoice
    Entry::read::<List<Invoice>>("invoice list"),
    Entry::read::<Show<Invoice>>("invoice show"),
    Entry::change::<invoice::InvoiceCreate>("invoice create"),
    Entry::change::<invoice::InvoiceEdit>("invoice edit"),
    Entry::change::<invoice::InvoicePost>("invoice post"),
    Entry::change::<invoice::InvoiceCancel>("invoice cancel"),
    Entry::change::<invoice::InvoicePay>("invoice pay"),
    Entry::change::<invoice::InvoiceMatch>("invoice match"),
    Entry::change::<invoice::InvoiceUnmatch>("invoice unmatch"),
    // credit-note
    Entry::read::<List<CreditNote>>("credit-note list"),
    Entry::read::<Show<CreditNote>>("credit-note show"),
    Entry::change::<credit_note::CreditNoteCreate>("credit-note create"),
    Entry::change::<credit_note::CreditNoteEdit>("credit-note edit"),
    Entry::change::<credit_note::CreditNotePost>("credit-note post"),
    Entry::change::<credit_note::CreditNoteCancel>("credit-note cancel"),
    Entry::change::<credit_note::CreditNotePay>("credit-note pay"),
    Entry::change::<credit_note::CreditNoteMatch>("credit-note match"),
    Entry::change::<credit_note::CreditNoteUnmatch>("credit-note unmatch"),
    // payment
    Entry::read::<List<Payment>>("payment list"),
    Entry::read::<Show<Payment>>("payment show"),
    // coupon-program
    // coupon
    // order
    Entry::change::<order::OrderCreate>("order create"),
    Entry::read::<List<Order>>("order list"),
    Entry::read::<Show<Order>>("order show"),
    Entry::change::<order::OrderEdit>("order edit"),
    Entry::change::<order::OrderConfirm>("order confirm"),
    Entry::change::<order::OrderCancel>("order cancel"),
    // transfer
    // repair
    // task
    // customer
    Entry::change::<customer::CustomerCreate>("customer create"),
    Entry::read::<List<Customer>>("customer list"),
    Entry::read::<Show<Customer>>("customer show"),
    Entry::change::<customer::CustomerEdit>("customer edit"),
    // product
    // lot
    // tax
    // journal
    // location
    // user
    // tag
    // project
    // worksheet-template
    // stage
    // stock
    // desk
    // log
    Entry::read::<log::Log>("log"),
];

/// The columns of a table of records of `kind`.
pub fn columns_of(kind: &str) -> &'static [&'static str] {
    match kind {
        "team" => Team::COLUMNS,
        "app" => AppShown::COLUMNS,
        "subscription" => subscription::COLUMNS,
        "ticket" => Ticket::COLUMNS,
        "invoice" => Invoice::COLUMNS,
        "credit_note" => CreditNote::COLUMNS,
        "payment" => Payment::COLUMNS,
        "order" => Order::COLUMNS,
        "customer" => Customer::COLUMNS,
        "log" => log::COLUMNS,
        _ => &[],
    }
}
