//! The list of all commands that read or change the store. A new command is one line here.

use super::credit_note::{self, CreditNote};
use super::invoice::{self, Invoice};
use super::record::{List, Show};
use super::{Entry, customer, log, order, refund};
use crate::domain::customer::Customer;
use crate::domain::order::Order;
use crate::domain::payment::Payment;

/// Every command, nouns in the order of the contract.
pub static COMMANDS: &[Entry] = &[
    Entry::change::<refund::TicketRefund>("ticket refund"),
    Entry::read::<List<Invoice>>("invoice list"),
    Entry::read::<Show<Invoice>>("invoice show"),
    Entry::change::<invoice::InvoiceCreate>("invoice create"),
    Entry::change::<invoice::InvoiceEdit>("invoice edit"),
    Entry::change::<invoice::InvoicePost>("invoice post"),
    Entry::change::<invoice::InvoiceCancel>("invoice cancel"),
    Entry::change::<invoice::InvoicePay>("invoice pay"),
    Entry::change::<invoice::InvoiceMatch>("invoice match"),
    Entry::change::<invoice::InvoiceUnmatch>("invoice unmatch"),
    Entry::read::<List<CreditNote>>("credit-note list"),
    Entry::read::<Show<CreditNote>>("credit-note show"),
    Entry::change::<credit_note::CreditNoteCreate>("credit-note create"),
    Entry::change::<credit_note::CreditNoteEdit>("credit-note edit"),
    Entry::change::<credit_note::CreditNotePost>("credit-note post"),
    Entry::change::<credit_note::CreditNoteCancel>("credit-note cancel"),
    Entry::change::<credit_note::CreditNotePay>("credit-note pay"),
    Entry::change::<credit_note::CreditNoteMatch>("credit-note match"),
    Entry::change::<credit_note::CreditNoteUnmatch>("credit-note unmatch"),
    Entry::read::<List<Payment>>("payment list"),
    Entry::read::<Show<Payment>>("payment show"),
    Entry::change::<order::OrderCreate>("order create"),
    Entry::read::<List<Order>>("order list"),
    Entry::read::<Show<Order>>("order show"),
    Entry::change::<order::OrderEdit>("order edit"),
    Entry::change::<order::OrderConfirm>("order confirm"),
    Entry::change::<order::OrderCancel>("order cancel"),
    Entry::change::<customer::CustomerCreate>("customer create"),
    Entry::read::<List<Customer>>("customer list"),
    Entry::read::<Show<Customer>>("customer show"),
    Entry::change::<customer::CustomerEdit>("customer edit"),
    Entry::read::<log::Log>("log"),
];

/// The columns of a table of records of `kind`.
pub fn columns_of(kind: &str) -> &'static [&'static str] {
    use super::record::Record;
    match kind {
        "invoice" => Invoice::COLUMNS,
        "credit_note" => CreditNote::COLUMNS,
        "payment" => Payment::COLUMNS,
        "order" => Order::COLUMNS,
        "customer" => Customer::COLUMNS,
        "log" => log::COLUMNS,
        _ => &[],
    }
}
