//! The list of all commands that read or change the store. A new command is one line here.

use super::pipeline::form::{Create, Edit};
use super::*;
use crate::domain::coupon::Coupon;
use crate::domain::coupon_program::CouponProgram;
use crate::domain::customer::Customer;
use crate::domain::document::{CreditNote, Invoice};
use crate::domain::journal::Journal;
use crate::domain::location::Location;
use crate::domain::mail::Mail;
use crate::domain::order::Order;
use crate::domain::payment::Payment;
use crate::domain::product::Lot;
use crate::domain::product::Product;
use crate::domain::project::Project;
use crate::domain::reason::Reason;
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
use crate::domain::worksheet::OfTask;
use crate::domain::worksheet_template::WorksheetTemplate;

/// Every command. A noun or service that is added is one line here, and its commands stand in its own file.
pub static COMMANDS: Commands = Commands(&[&DESK]);

/// Some nouns, each with what it is for the help, and their commands.
pub struct Verbs {
    pub nouns: &'static [(&'static str, &'static str)],
    pub commands: &'static [Entry],
}

/// All commands there are.
#[derive(Clone, Copy)]
pub struct Commands(&'static [&'static Verbs]);

impl Commands {
    /// One command after the other.
    pub fn iter(self) -> impl Iterator<Item = &'static Entry> {
        self.0.iter().flat_map(|verbs| verbs.commands)
    }

    /// The nouns, each with what it is.
    pub fn nouns(self) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
        self.0.iter().flat_map(|verbs| verbs.nouns)
    }
}

/// What the desk was built with, in the order of the contract.
static DESK: Verbs = Verbs { nouns: NOUNS, commands: VERBS };

const NOUNS: &[(&str, &str)] = &[
    ("team", "Who serves tickets, and which services they offer"),
    ("app", "The applications that services need, and what is installed"),
    ("subscription", "The plan of the database and its trial"),
    ("ticket", "What customers came with, and the services run from it"),
    ("invoice", "What customers owe"),
    ("credit-note", "What customers are credited"),
    ("payment", "Money that came in or went out"),
    ("coupon-program", "What codes are worth, and under which conditions"),
    ("coupon", "Codes that each work once, made from tickets"),
    ("mail", "What was written to customers"),
    ("order", "What customers order; quotations and carts are drafts"),
    ("transfer", "Goods on their way: deliveries, receipts, moves and returns"),
    ("repair", "Broken products, repaired with parts and labour"),
    ("task", "Interventions of field service"),
    ("worksheet", "What is written down and signed of the work on a task"),
    ("customer", "Whom the desk serves"),
    ("product", "What is sold, returned and repaired"),
    ("stock", "How much of what lies where"),
    ("lot", "Lots and serial numbers of tracked products"),
    ("tax", "What is added to prices, or held by them"),
    ("journal", "Where invoices and credit notes are posted"),
    ("location", "Where goods lie, and where they come from and go to"),
    ("user", "Who works at the desk, and with which rights"),
    ("tag", "Words that tickets and repairs are sorted by"),
    ("reason", "Why things are refunded"),
    ("project", "What interventions are planned in"),
    ("worksheet-template", "The fields that the work on site is written down in"),
    ("stage", "The columns that tickets move through"),
    ("desk", "The settings of the desk"),
    ("log", "What was done, and how far that goes"),
    ("report", "Figures over a period, and the trial balance"),
];

const VERBS: &[Entry] = &[
    // team
    Entry::change::<Create<team::TeamForm>>("team create"),
    Entry::read::<noun::List<Team>>("team list"),
    Entry::read::<noun::Show<Team>>("team show"),
    Entry::change::<Edit<team::TeamForm>>("team edit"),
    Entry::change::<team::TeamEnableService>("team enable-service"),
    Entry::change::<team::TeamDisableService>("team disable-service"),
    // app
    Entry::read::<app::AppList>("app list"),
    Entry::change::<app::AppInstall>("app install"),
    // subscription
    Entry::read::<subscription::SubscriptionShow>("subscription show"),
    Entry::change::<subscription::SubscriptionAdd>("subscription add"),
    // ticket
    Entry::change::<refund::TicketRefund>("ticket refund"),
    Entry::change::<coupon::TicketCoupon>("ticket coupon"),
    Entry::change::<Create<ticket::TicketForm>>("ticket create"),
    Entry::read::<noun::List<Ticket>>("ticket list"),
    Entry::read::<noun::Show<Ticket>>("ticket show"),
    Entry::change::<Edit<ticket::TicketForm>>("ticket edit"),
    Entry::change::<ticket::TicketNote>("ticket note"),
    Entry::change::<ticket::TicketAssign>("ticket assign"),
    Entry::change::<ticket::TicketMove>("ticket move"),
    Entry::change::<ticket::TicketClose>("ticket close"),
    Entry::change::<ticket::TicketReopen>("ticket reopen"),
    Entry::change::<ticket::TicketMerge>("ticket merge"),
    Entry::read::<options::TicketOptions>("ticket options"),
    Entry::change::<returns::TicketReturn>("ticket return"),
    Entry::change::<repair::TicketRepair>("ticket repair"),
    Entry::change::<plan::TicketPlan>("ticket plan"),
    // invoice
    Entry::read::<noun::List<Invoice>>("invoice list"),
    Entry::read::<noun::Show<Invoice>>("invoice show"),
    Entry::change::<invoice::InvoiceCreate>("invoice create"),
    Entry::change::<invoice::InvoiceEdit>("invoice edit"),
    Entry::change::<invoice::InvoicePost>("invoice post"),
    Entry::change::<invoice::InvoiceCancel>("invoice cancel"),
    Entry::change::<invoice::InvoiceSend>("invoice send"),
    Entry::change::<invoice::InvoicePay>("invoice pay"),
    Entry::change::<invoice::InvoiceMatch>("invoice match"),
    Entry::change::<invoice::InvoiceUnmatch>("invoice unmatch"),
    Entry::print::<Invoice>("invoice print"),
    // credit-note
    Entry::read::<noun::List<CreditNote>>("credit-note list"),
    Entry::read::<noun::Show<CreditNote>>("credit-note show"),
    Entry::change::<credit_note::CreditNoteCreate>("credit-note create"),
    Entry::change::<credit_note::CreditNoteEdit>("credit-note edit"),
    Entry::change::<credit_note::CreditNotePost>(credit_note::POST),
    Entry::change::<credit_note::CreditNoteSend>("credit-note send"),
    Entry::change::<credit_note::CreditNoteCancel>("credit-note cancel"),
    Entry::change::<credit_note::CreditNoteReverse>("credit-note reverse"),
    Entry::change::<credit_note::CreditNotePay>("credit-note pay"),
    Entry::change::<credit_note::CreditNoteMatch>("credit-note match"),
    Entry::change::<credit_note::CreditNoteUnmatch>("credit-note unmatch"),
    Entry::print::<CreditNote>("credit-note print"),
    // payment
    Entry::change::<payment::PaymentCreate>("payment create"),
    Entry::change::<payment::PaymentCancel>("payment cancel"),
    Entry::read::<noun::List<Payment>>("payment list"),
    Entry::read::<noun::Show<Payment>>("payment show"),
    // coupon-program
    Entry::change::<Create<coupon_program::CouponProgramForm>>("coupon-program create"),
    Entry::read::<noun::List<CouponProgram>>("coupon-program list"),
    Entry::read::<noun::Show<CouponProgram>>("coupon-program show"),
    Entry::change::<Edit<coupon_program::CouponProgramForm>>("coupon-program edit"),
    Entry::change::<coupon_program::CouponProgramArchive>("coupon-program archive"),
    // coupon
    Entry::read::<noun::List<Coupon>>("coupon list"),
    Entry::read::<noun::Show<Coupon>>("coupon show"),
    Entry::change::<coupon::CouponShare>("coupon share"),
    Entry::change::<coupon::CouponSend>("coupon send"),
    Entry::change::<coupon::CouponCancel>("coupon cancel"),
    Entry::read::<noun::List<Mail>>("mail list"),
    Entry::read::<noun::Show<Mail>>("mail show"),
    Entry::change::<mail::MailSend>("mail send"),
    // order
    Entry::change::<order::OrderCreate>("order create"),
    Entry::read::<noun::List<Order>>("order list"),
    Entry::read::<noun::Show<Order>>("order show"),
    Entry::change::<order::OrderEdit>("order edit"),
    Entry::change::<order::OrderApplyCoupon>("order apply-coupon"),
    Entry::change::<order::OrderRemoveCoupon>("order remove-coupon"),
    Entry::change::<order::OrderSend>("order send"),
    Entry::change::<order::OrderConfirm>("order confirm"),
    Entry::change::<order::OrderCancel>("order cancel"),
    Entry::print::<Order>("order print"),
    // transfer
    Entry::read::<noun::List<Transfer>>("transfer list"),
    Entry::read::<noun::Show<Transfer>>("transfer show"),
    Entry::change::<transfer::TransferCreate>("transfer create"),
    Entry::change::<transfer::TransferValidate>("transfer validate"),
    Entry::change::<transfer::TransferCancel>("transfer cancel"),
    Entry::change::<returns::TransferReturn>("transfer return"),
    Entry::print::<Transfer>("transfer print"),
    // repair
    Entry::read::<noun::List<Repair>>("repair list"),
    Entry::read::<noun::Show<Repair>>("repair show"),
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
    Entry::print::<Repair>("repair print"),
    // task
    Entry::read::<noun::List<Task>>("task list"),
    Entry::read::<noun::Show<Task>>("task show"),
    Entry::change::<task::TaskEdit>("task edit"),
    Entry::change::<task::TaskStart>("task start"),
    Entry::change::<task::TaskPause>("task pause"),
    Entry::change::<task::TaskResume>("task resume"),
    Entry::change::<task::TaskStop>("task stop"),
    Entry::change::<task::TaskDone>("task done"),
    Entry::change::<task::TaskCancel>("task cancel"),
    Entry::print::<Task>("task print"),
    // worksheet
    Entry::read::<worksheet::WorksheetShow>("worksheet show"),
    Entry::change::<worksheet::WorksheetFill>("worksheet fill"),
    Entry::change::<worksheet::WorksheetSign>("worksheet sign"),
    Entry::print::<OfTask>("worksheet print"),
    // customer
    Entry::change::<Create<customer::CustomerForm>>("customer create"),
    Entry::read::<noun::List<Customer>>("customer list"),
    Entry::read::<noun::Show<Customer>>("customer show"),
    Entry::read::<timeline::CustomerTimeline>("customer timeline"),
    Entry::change::<Edit<customer::CustomerForm>>("customer edit"),
    Entry::change::<customer::CustomerMerge>("customer merge"),
    Entry::change::<customer::CustomerErase>("customer erase"),
    Entry::change::<invitation::CustomerInvite>("customer invite"),
    Entry::change::<invitation::CustomerRevoke>("customer revoke"),
    // product
    Entry::change::<Create<product::ProductForm>>("product create"),
    Entry::read::<noun::List<Product>>("product list"),
    Entry::read::<noun::Show<Product>>("product show"),
    Entry::change::<Edit<product::ProductForm>>("product edit"),
    // stock
    Entry::read::<noun::List<Stock>>("stock list"),
    Entry::read::<noun::Show<Stock>>("stock show"),
    Entry::change::<stock::StockCount>("stock count"),
    // lot
    Entry::change::<Create<lot::LotForm>>("lot create"),
    Entry::read::<noun::List<Lot>>("lot list"),
    Entry::read::<noun::Show<Lot>>("lot show"),
    Entry::change::<Edit<lot::LotForm>>("lot edit"),
    // tax
    Entry::change::<Create<tax::TaxForm>>("tax create"),
    Entry::read::<noun::List<Tax>>("tax list"),
    Entry::read::<noun::Show<Tax>>("tax show"),
    Entry::change::<Edit<tax::TaxForm>>("tax edit"),
    // journal
    Entry::change::<Create<journal::JournalForm>>("journal create"),
    Entry::read::<noun::List<Journal>>("journal list"),
    Entry::read::<noun::Show<Journal>>("journal show"),
    Entry::change::<Edit<journal::JournalForm>>("journal edit"),
    // location
    Entry::change::<Create<location::LocationForm>>("location create"),
    Entry::read::<noun::List<Location>>("location list"),
    Entry::read::<noun::Show<Location>>("location show"),
    Entry::change::<Edit<location::LocationForm>>("location edit"),
    // user
    Entry::change::<Create<user::UserForm>>("user create"),
    Entry::read::<noun::List<User>>("user list"),
    Entry::read::<noun::Show<User>>("user show"),
    Entry::change::<Edit<user::UserForm>>("user edit"),
    // tag
    Entry::change::<Create<tag::TagForm>>("tag create"),
    Entry::read::<noun::List<Tag>>("tag list"),
    Entry::read::<noun::Show<Tag>>("tag show"),
    Entry::change::<Edit<tag::TagForm>>("tag edit"),
    // reason
    Entry::change::<Create<reason::ReasonForm>>("reason create"),
    Entry::read::<noun::List<Reason>>("reason list"),
    Entry::read::<noun::Show<Reason>>("reason show"),
    Entry::change::<Edit<reason::ReasonForm>>("reason edit"),
    // project
    Entry::change::<Create<project::ProjectForm>>("project create"),
    Entry::read::<noun::List<Project>>("project list"),
    Entry::read::<noun::Show<Project>>("project show"),
    Entry::change::<Edit<project::ProjectForm>>("project edit"),
    // worksheet-template
    Entry::change::<Create<worksheet_template::WorksheetTemplateForm>>("worksheet-template create"),
    Entry::read::<noun::List<WorksheetTemplate>>("worksheet-template list"),
    Entry::read::<noun::Show<WorksheetTemplate>>("worksheet-template show"),
    Entry::change::<Edit<worksheet_template::WorksheetTemplateForm>>("worksheet-template edit"),
    // stage
    Entry::change::<Create<stage::StageForm>>("stage create"),
    Entry::read::<noun::List<Stage>>("stage list"),
    Entry::read::<noun::Show<Stage>>("stage show"),
    Entry::change::<Edit<stage::StageForm>>("stage edit"),
    // desk
    Entry::read::<desk::DeskShow>("desk show"),
    Entry::change::<desk::DeskEdit>("desk edit"),
    // what waits
    Entry::read::<status::Status>("status"),
    // log
    Entry::read::<log::Log>("log"),
    Entry::read::<log::Head>("log head"),
    // report
    Entry::paged::<overview::ReportOverview>("report overview"),
    Entry::read::<report::Report<report::TrialBalance>>("report accounts"),
    Entry::read::<booked::ReportDocuments>("report documents"),
    Entry::read::<report::Report<report::Refunds>>("report refunds"),
    Entry::read::<report::Report<report::Coupons>>("report coupons"),
    Entry::read::<report::Report<report::Returns>>("report returns"),
    Entry::read::<report::Report<report::Repairs>>("report repairs"),
    Entry::read::<report::Report<report::Owed>>("report owed"),
];
