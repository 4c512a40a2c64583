//! The list of all commands that read or change the store. A new command is one line here.

use super::credit_note::CreditNote;
use super::invoice::Invoice;
use super::pipeline::record::{List, Record, Show};
use super::*;
use crate::domain::app::AppShown;
use crate::domain::coupon::Coupon;
use crate::domain::coupon_program::CouponProgram;
use crate::domain::customer::Customer;
use crate::domain::journal::Journal;
use crate::domain::location::Location;
use crate::domain::order::Order;
use crate::domain::payment::Payment;
use crate::domain::product::Lot;
use crate::domain::product::Product;
use crate::domain::project::Project;
use crate::domain::repair::Repair;
use crate::domain::stage::Stage;
use crate::domain::stock::Stock;
use crate::domain::tag::Tag;
use crate::domain::task::Task;
use crate::domain::tax::Tax;
use crate::domain::team::Team;
use crate::domain::ticket::Ticket;
use crate::domain::transfer::Transfer;
use crate::domain::user::User;
use crate::domain::worksheet_template::WorksheetTemplate;

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
    Entry::change::<refund::TicketRefund>("ticket refund"),
    Entry::change::<coupon::TicketCoupon>("ticket coupon"),
    Entry::change::<ticket::TicketCreate>("ticket create"),
    Entry::read::<List<Ticket>>("ticket list"),
    Entry::read::<Show<Ticket>>("ticket show"),
    Entry::change::<ticket::TicketEdit>("ticket edit"),
    Entry::change::<ticket::TicketNote>("ticket note"),
    Entry::change::<ticket::TicketAssign>("ticket assign"),
    Entry::change::<ticket::TicketMove>("ticket move"),
    Entry::change::<ticket::TicketClose>("ticket close"),
    Entry::change::<ticket::TicketReopen>("ticket reopen"),
    Entry::read::<options::TicketOptions>("ticket options"),
    Entry::change::<returns::TicketReturn>("ticket return"),
    Entry::change::<repair::TicketRepair>("ticket repair"),
    Entry::change::<plan::TicketPlan>("ticket plan"),
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
    Entry::change::<credit_note::CreditNotePost>(credit_note::POST),
    Entry::change::<credit_note::CreditNoteCancel>("credit-note cancel"),
    Entry::change::<credit_note::CreditNotePay>("credit-note pay"),
    Entry::change::<credit_note::CreditNoteMatch>("credit-note match"),
    Entry::change::<credit_note::CreditNoteUnmatch>("credit-note unmatch"),
    // payment
    Entry::read::<List<Payment>>("payment list"),
    Entry::read::<Show<Payment>>("payment show"),
    // coupon-program
    Entry::change::<coupon_program::CouponProgramCreate>("coupon-program create"),
    Entry::read::<List<CouponProgram>>("coupon-program list"),
    Entry::read::<Show<CouponProgram>>("coupon-program show"),
    Entry::change::<coupon_program::CouponProgramEdit>("coupon-program edit"),
    Entry::change::<coupon_program::CouponProgramArchive>("coupon-program archive"),
    // coupon
    Entry::read::<List<Coupon>>("coupon list"),
    Entry::read::<Show<Coupon>>("coupon show"),
    Entry::change::<coupon::CouponCancel>("coupon cancel"),
    // order
    Entry::change::<order::OrderCreate>("order create"),
    Entry::read::<List<Order>>("order list"),
    Entry::read::<Show<Order>>("order show"),
    Entry::change::<order::OrderEdit>("order edit"),
    Entry::change::<order::OrderConfirm>("order confirm"),
    Entry::change::<order::OrderCancel>("order cancel"),
    // transfer
    Entry::read::<List<Transfer>>("transfer list"),
    Entry::read::<Show<Transfer>>("transfer show"),
    Entry::change::<transfer::TransferCreate>("transfer create"),
    Entry::change::<transfer::TransferValidate>("transfer validate"),
    Entry::change::<transfer::TransferCancel>("transfer cancel"),
    Entry::change::<returns::TransferReturn>("transfer return"),
    // repair
    Entry::read::<List<Repair>>("repair list"),
    Entry::read::<Show<Repair>>("repair show"),
    Entry::change::<repair::RepairEdit>("repair edit"),
    Entry::change::<repair::RepairAddPart>("repair add-part"),
    Entry::change::<repair::RepairEditPart>("repair edit-part"),
    Entry::change::<repair::RepairRemovePart>("repair remove-part"),
    Entry::change::<repair::RepairConfirm>("repair confirm"),
    Entry::change::<repair::RepairStart>("repair start"),
    Entry::change::<repair::RepairFinish>("repair finish"),
    Entry::change::<repair::RepairCancel>("repair cancel"),
    Entry::change::<repair::RepairReopen>("repair reopen"),
    Entry::change::<repair::RepairQuote>("repair quote"),
    // task
    Entry::read::<List<Task>>("task list"),
    Entry::read::<Show<Task>>("task show"),
    Entry::change::<task::TaskEdit>("task edit"),
    Entry::change::<task::TaskCancel>("task cancel"),
    // customer
    Entry::change::<customer::CustomerCreate>("customer create"),
    Entry::read::<List<Customer>>("customer list"),
    Entry::read::<Show<Customer>>("customer show"),
    Entry::change::<customer::CustomerEdit>("customer edit"),
    // product
    Entry::change::<product::ProductCreate>("product create"),
    Entry::read::<List<Product>>("product list"),
    Entry::read::<Show<Product>>("product show"),
    Entry::change::<product::ProductEdit>("product edit"),
    // stock
    Entry::read::<List<Stock>>("stock list"),
    Entry::read::<Show<Stock>>("stock show"),
    // lot
    Entry::change::<lot::LotCreate>("lot create"),
    Entry::read::<List<Lot>>("lot list"),
    Entry::read::<Show<Lot>>("lot show"),
    Entry::change::<lot::LotEdit>("lot edit"),
    // tax
    Entry::change::<tax::TaxCreate>("tax create"),
    Entry::read::<List<Tax>>("tax list"),
    Entry::read::<Show<Tax>>("tax show"),
    Entry::change::<tax::TaxEdit>("tax edit"),
    // journal
    Entry::change::<journal::JournalCreate>("journal create"),
    Entry::read::<List<Journal>>("journal list"),
    Entry::read::<Show<Journal>>("journal show"),
    Entry::change::<journal::JournalEdit>("journal edit"),
    // location
    Entry::change::<location::LocationCreate>("location create"),
    Entry::read::<List<Location>>("location list"),
    Entry::read::<Show<Location>>("location show"),
    Entry::change::<location::LocationEdit>("location edit"),
    // user
    Entry::change::<user::UserCreate>("user create"),
    Entry::read::<List<User>>("user list"),
    Entry::read::<Show<User>>("user show"),
    Entry::change::<user::UserEdit>("user edit"),
    // tag
    Entry::change::<tag::TagCreate>("tag create"),
    Entry::read::<List<Tag>>("tag list"),
    Entry::read::<Show<Tag>>("tag show"),
    Entry::change::<tag::TagEdit>("tag edit"),
    // project
    Entry::change::<project::ProjectCreate>("project create"),
    Entry::read::<List<Project>>("project list"),
    Entry::read::<Show<Project>>("project show"),
    Entry::change::<project::ProjectEdit>("project edit"),
    // worksheet-template
    Entry::change::<worksheet_template::WorksheetTemplateCreate>("worksheet-template create"),
    Entry::read::<List<WorksheetTemplate>>("worksheet-template list"),
    Entry::read::<Show<WorksheetTemplate>>("worksheet-template show"),
    Entry::change::<worksheet_template::WorksheetTemplateEdit>("worksheet-template edit"),
    // stage
    Entry::change::<stage::StageCreate>("stage create"),
    Entry::read::<List<Stage>>("stage list"),
    Entry::read::<Show<Stage>>("stage show"),
    Entry::change::<stage::StageEdit>("stage edit"),
    // desk
    Entry::read::<desk::DeskShow>("desk show"),
    Entry::change::<desk::DeskEdit>("desk edit"),
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
        "options" => options::COLUMNS,
        "invoice" => Invoice::COLUMNS,
        "credit_note" => CreditNote::COLUMNS,
        "payment" => Payment::COLUMNS,
        "coupon_program" => CouponProgram::COLUMNS,
        "coupon" => Coupon::COLUMNS,
        "order" => Order::COLUMNS,
        "quotation" => Order::COLUMNS,
        "repair" => Repair::COLUMNS,
        "task" => Task::COLUMNS,
        "transfer" | "return" | "replacement" => Transfer::COLUMNS,
        "customer" => Customer::COLUMNS,
        "log" => log::COLUMNS,
        "verify" => verify::COLUMNS,
        "desk" => desk::COLUMNS,
        "copy" => copy::COLUMNS,
        "product" => Product::COLUMNS,
        "lot" => Lot::COLUMNS,
        "tax" => Tax::COLUMNS,
        "journal" => Journal::COLUMNS,
        "location" => Location::COLUMNS,
        "user" => User::COLUMNS,
        "tag" => Tag::COLUMNS,
        "project" => Project::COLUMNS,
        "worksheet_template" => WorksheetTemplate::COLUMNS,
        "stage" => Stage::COLUMNS,
        "stock" => Stock::COLUMNS,
        _ => &[],
    }
}
