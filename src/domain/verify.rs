//! What must hold in every store: named invariants, each a sentence and how a breach of it is told (spec G1, examples 15).

pub mod amounts;

use serde::Serialize;

/// A breach of an invariant, as `error.findings` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The invariant's name.
    pub check: &'static str,
    /// The kind of the record at fault, such as `credit_note`, where it is one.
    pub kind: Option<&'static str>,
    /// The id that commands take, where the record is one with an id.
    pub id: Option<String>,
    /// The record as people name it: a posted document by its number.
    pub record: Option<String>,
    pub message: String,
}

/// The invariants: name, what holds, and how a breach is told (`{what}` of the record is `{stored}`, and comes to
/// `{derived}`).
macro_rules! invariants {
    ($($case:ident = $name:literal: $holds:literal, $breach:literal;)+) => {
        /// Something that must hold in every store.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Invariant { $(#[doc = $holds] $case),+ }

        impl Invariant {
            /// All of them, in the order in which they are checked.
            pub const ALL: &'static [Invariant] = &[$(Invariant::$case),+];

            /// Its name in findings.
            pub const fn name(self) -> &'static str {
                match self { $(Invariant::$case => $name),+ }
            }

            /// What holds, as a sentence.
            pub const fn holds(self) -> &'static str {
                match self { $(Invariant::$case => $holds),+ }
            }

            const fn breach(self) -> &'static str {
                match self { $(Invariant::$case => $breach),+ }
            }
        }
    };
}

invariants! {
    File = "file": "The engine finds its file whole.", "{what}";
    Values = "values": "Every word, day, time and switch is one that can stand there.", "{what}";
    Links = "links": "Whatever a row refers to is there.", "{what}";
    Desk = "desk": "There is one record of the desk.", "there are {stored} records of the desk";
    DeskSettings = "desk_settings": "The desk's currency, plan and trial are what commands make of them.", "{what}";
    Currencies = "currencies": "A currency has the digits that it has everywhere.", "it is kept with {stored} digits and has {derived}";
    OwnRecords = "own_records": "What every desk begins with is there, as it began.", "{what}";
    Apps = "apps": "What is installed is an application, with all that it and the services of the teams need.", "{what}";
    LogChain = "log_chain": "Each operation is sealed, with all that is kept of it, over the one before it.",
        "operation {stored} does not bear the hash of its content and of the operation before it";
    LogErased = "log_erased": "Where texts of an operation were erased, what is left of them is what was left then.",
        "what is left of the texts of operation {stored} is not what was left when some were erased";
    LogNumbers = "log_numbers": "Operations are numbered from 1 on without a gap, up to their counter.",
        "{what} {stored} stands where {derived} was to come";
    LogRecords = "log_records": "Every record is named by an operation, and none knows of a later one than the last.",
        "the log does not know the operation {what}";
    LogKeys = "log_keys": "Every outcome that is kept for a key can be read.", "the outcome kept for {what} cannot be read";
    TicketLog = "ticket_log": "Every entry of a ticket's log names an operation of the log.",
        "an entry of its log names operation {stored}, which is not in the log";
    TicketEntries = "ticket_entries": "An entry of a ticket's log says when and by whom its operation was done, and of what.", "{what}";
    CounterOfKeys = "counter_of_keys": "The counter of row keys is not behind a key.",
        "the counter is at {stored}, and a key is {derived}";
    CounterOfIds = "counter_of_ids": "A counter stands at the last id or number that has its shape.",
        "the counter {what} is at {stored}, and the last is {derived}";
    CounterNames = "counter_names": "Every counter counts something.", "nothing is counted by it";
    PostedNumbers = "posted_numbers": "The numbers generated for a journal and year leave no gap.",
        "there is no {what} before it";
    DocumentNumbers = "document_numbers": "A document that was posted here is numbered by its kind, its journal and the year it is accounted in.",
        "its number would begin with {what}";
    FoldedNames = "folded_names": "Names are found ignoring case by what their texts fold to.",
        "its {what} is not found by what it folds to";
    Places = "places": "The entries of a list inside a record are counted from 1 without a gap.",
        "entry {derived} of its {what} is counted as {stored}";
    FileContents = "file_contents": "A file holds what it is called by, unless its customer was erased.", "{what}";
    Mails = "mails": "A mail fits what it brings, and its state how its attempts ended.", "{what}";
    MailTries = "mail_tries": "An attempt to send a mail was made by an operation, and none after it was sent.", "{what}";
    Invitations = "invitations": "A customer's link, and what is kept of visits, was made and ended by operations.", "{what}";
    Products = "products": "A product is tracked where it is goods, and bears a tax once.", "{what}";
    Taxes = "taxes": "The category of a tax fits its rate, and one that says why it is not raised is of a category that does.", "{what}";
    SaidBefore = "said_before": "What was said of a record before was said until an operation that changed it, in order.", "{what}";
    Lots = "lots": "A ticket names a lot of a product that has lots.", "{what}";
    Templates = "worksheet_fields": "The fields of a worksheet are named, each differently, and only a choice has choices.", "{what}";
    Teams = "teams": "A team sends returns where returns can go, and a project bills hours as a service.", "{what}";
    LotsOfProducts = "lots_of_products": "A lot stands only beside the product it is of.",
        "{what} stands beside another product than its own";
    TicketOrders = "ticket_orders": "A ticket's order is its customer's.", "its order {what} is another customer's";
    OrderStates = "order_states": "What is delivered or billed of an order follows from its being confirmed.", "{what}";
    OrderLinks = "order_links": "A line of an order fits the code, the repair and the taxes that it names.", "{what}";
    OrderAmounts = "order_amounts": "A line of an order comes to its quantity, price, discount and taxes.",
        "{what} is {stored}, and its terms come to {derived}";
    OrderTotals = "order_totals": "The totals of an order are the sums of its lines.",
        "its {what} is {stored}, and its lines come to {derived}";
    OrderLines = "order_lines": "The tax of an order line is the sum of its taxes, its total that and the untaxed amount.",
        "its {what} is {stored}, and its parts come to {derived}";
    OneCart = "one_cart": "A customer has one open cart at most.", "{stored} carts are open";
    CouponUse = "coupon_use": "A coupon is used by the confirmed order that bears its code, and by no other.",
        "its use does not fit the order {what}";
    ProgramUse = "program_use": "A program is used as often as confirmed orders bear a code of it.",
        "{stored} uses are counted, and {derived} confirmed orders bear a code of it";
    CodeLines = "code_lines":
        "A line that a code made takes something off or is a product for nothing, and belongs to the program of its code.",
        "its {what} is none that its code could have made";
    CouponCodes = "coupon_codes": "No coupon has the code of a program.", "its code is that of the program {what} too";
    Coupons = "coupons": "A coupon fits its program, its ticket and its customer.", "{what}";
    Programs = "programs": "A program has a code or makes codes, ends after it starts, and gives something.", "{what}";
    Rewards = "rewards": "A reward is a percentage, an amount or a product, on what it can be on.", "{what}";
    DocumentTotals = "document_totals": "The totals of an invoice or credit note are the sums of its lines.",
        "its {what} is {stored}, and its lines come to {derived}";
    DocumentLines = "document_lines":
        "The tax of a document line is the sum of its taxes, its total that and the untaxed amount.",
        "its {what} is {stored}, and its parts come to {derived}";
    DocumentAmounts = "document_amounts": "A line that was written by its terms comes to its quantity, price, discount and taxes.",
        "{what} is {stored}, and its terms come to {derived}";
    BillAmounts = "bill_amounts": "A bill of an order line takes the line's own value for its quantity, but for cents of rounding.",
        "{what} is {stored}, and its share of the order line is {derived}";
    CreditAmounts = "credit_amounts": "A credit note takes no more of a line's value than the share of its quantity, but for cents of rounding.",
        "{what} is {stored}, and its share of the invoice line is {derived}";
    DocumentStates = "document_states": "The number, days and lines of a document are those of its state.", "{what}";
    DocumentLinks = "document_links": "A document fits its journal, ticket, order, and the documents that it reverses or copies.", "{what}";
    DocumentLineLinks = "document_line_links": "A line of a document fits the lines that it bills or refunds.", "{what}";
    DocumentOpen = "document_open": "What is open on a posted document is its total less its matches, and no less than nothing of it.",
        "{stored} is open, and its total less its matches is {derived}";
    PaymentOpen = "payment_open": "What is open on a payment is its amount less its matches.",
        "{stored} is open, and its amount less its matches is {derived}";
    MatchSides = "match_sides": "A match takes from a posted credit note or money in, for a posted invoice or money out.",
        "it is on the wrong side of a match, or not posted";
    MatchParties = "match_parties": "Both ends of a match are of one customer and in one currency.",
        "it is matched with one of another {what}";
    Matches = "matches": "A match clears a document.", "{what}";
    CreditNotes = "credit_notes": "A credit note is for its invoice's customer and in its currency.",
        "its {what} is not that of its invoice";
    Refunded = "refunded": "What is held of an invoice line is what credit notes that are not cancelled take of it.",
        "{stored} is held of its {what}, and its credit notes come to {derived}";
    RefundedTaxes = "refunded_taxes": "What is held of a tax of an invoice line is what credit notes that are not cancelled take of it.",
        "{stored} is held of its {what}, and its credit notes come to {derived}";
    RefundBounds = "refund_bounds": "No more is credited of an invoice line than was invoiced, unless a credit note may exceed it.",
        "{stored} is credited of its {what}, and {derived} was invoiced";
    RefundWhole = "refund_whole": "All credit notes of an invoice come to no more than it, in total and in each tax, unless one may exceed it.",
        "{stored} is credited of its {what}, and {derived} was invoiced";
    StockQuantity = "stock_quantity": "What lies at a place is the opening count and all done moves.",
        "{stored} lies there, and its moves come to {derived}";
    StockReserved = "stock_reserved": "What is reserved at a place is what open transfers and repairs have reserved.",
        "{stored} is reserved there, and open transfers and repairs come to {derived}";
    OnePiece = "one_piece": "A serial number stands for one piece, which lies in one place.",
        "{stored} of {what} are in stock under it, where at most {derived} can be";
    StockPlaces = "stock_places": "Stock is kept of goods, in places that keep it, by lot where there are lots.", "{what}";
    TransferLines = "transfer_lines": "Only done transfers have moved something, and only open ones reserve, no more than they move.",
        "its {what} is {stored}, where at most {derived} can be";
    TransferStates = "transfer_states": "An open transfer is ready when all of it is reserved, and waiting when not.",
        "it is {what}, and what is reserved for it says otherwise";
    TransferWays = "transfer_ways": "A transfer goes the way that its kind says, with lines that can go.", "{what}";
    TransferLinks = "transfer_links": "A transfer fits its order, its ticket, and the transfer that it returns, replaces or goes on with.", "{what}";
    TransferLineLinks = "transfer_line_links": "A line of a transfer fits the lines that it delivers or takes back.", "{what}";
    Returned = "returned": "What is returned of a delivered line is what returns that are not cancelled hold of it.",
        "{stored} is returned, and its returns come to {derived}";
    RepairParts = "repair_parts": "Only parts of a repair that is done have moved something, and only of one that is open reserve.",
        "its {what} is {stored}, where at most {derived} can be";
    Repairs = "repairs": "A repair fits its product, its return, its quotation and its ticket.", "{what}";
    RepairLines = "repair_lines": "A part or labour line of a repair fits its product and the line that sells it.", "{what}";
    Tasks = "tasks": "A task fits its ticket, and its stage, days and timer fit each other.", "{what}";
    TaskTimes = "task_times": "A row of a timesheet is as long as from its start to its end, and shares no time with another.", "{what}";
    TaskProducts = "task_products": "What a task used names the lots that it has to.", "{what}";
    TaskGoods = "task_goods": "The goods that a done task used are what its transfers moved.",
        "{stored} of {what} were used, and its transfers moved {derived}";
    Worksheets = "worksheets": "What stands in a worksheet is of the type of its field, and what is signed is as it was signed.", "{what}";
    Moves = "moves": "What moved goods names the operation that moved them.", "{what}";
    Merged = "merged": "Nothing leads to a record that was merged into another.", "{what}";
    LogTouched = "log_touched": "What an operation touched is there.", "{what}";
}

/// A breach as the store found it: what is stored, and what it should be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Breach {
    pub record: Option<String>,
    /// The kind of the record, where the invariant holds of several.
    pub kind: Option<&'static str>,
    pub what: String,
    pub stored: String,
    pub derived: String,
}

impl Invariant {
    /// The breach as a finding.
    pub fn finding(self, breach: Breach) -> Finding {
        let message = self
            .breach()
            .replace("{what}", &breach.what)
            .replace("{stored}", &breach.stored)
            .replace("{derived}", &breach.derived);
        let kind = breach.record.as_ref().and(breach.kind.or(self.kind()));
        let id = breach.record.clone().filter(|_| kind.is_some_and(|kind| !NAMED_OTHERWISE.contains(&kind)));
        Finding { check: self.name(), kind, id, record: breach.record, message }
    }

    /// The finding that a check could not be made, since the store gave no answer.
    pub fn unanswered(self, message: String) -> Finding {
        Finding::of_check(self.name(), message)
    }

    /// The kind of the records that it holds of, where that is one; an invoice or a credit note is a document.
    const fn kind(self) -> Option<&'static str> {
        Some(match self {
            Invariant::Desk | Invariant::DeskSettings => "desk",
            Invariant::Apps => "app",
            Invariant::TicketLog | Invariant::TicketEntries | Invariant::TicketOrders | Invariant::Lots => "ticket",
            Invariant::PostedNumbers
            | Invariant::DocumentNumbers
            | Invariant::DocumentTotals
            | Invariant::DocumentLines
            | Invariant::DocumentAmounts
            | Invariant::BillAmounts
            | Invariant::CreditAmounts
            | Invariant::DocumentStates
            | Invariant::DocumentLinks
            | Invariant::DocumentLineLinks
            | Invariant::DocumentOpen
            | Invariant::CreditNotes
            | Invariant::Refunded
            | Invariant::RefundedTaxes
            | Invariant::RefundBounds
            | Invariant::RefundWhole => DOCUMENT,
            Invariant::Products => "product",
            Invariant::Templates => "worksheet_template",
            Invariant::OrderStates
            | Invariant::OrderLinks
            | Invariant::OrderAmounts
            | Invariant::OrderTotals
            | Invariant::OrderLines
            | Invariant::CodeLines => "order",
            Invariant::OneCart => "customer",
            Invariant::CouponUse | Invariant::CouponCodes | Invariant::Coupons => "coupon",
            Invariant::ProgramUse | Invariant::Programs | Invariant::Rewards => "coupon_program",
            Invariant::PaymentOpen => "payment",
            Invariant::StockQuantity | Invariant::StockReserved | Invariant::StockPlaces => "stock",
            Invariant::OnePiece => "lot",
            Invariant::TransferLines
            | Invariant::TransferStates
            | Invariant::TransferWays
            | Invariant::TransferLinks
            | Invariant::TransferLineLinks
            | Invariant::Returned => "transfer",
            Invariant::RepairParts | Invariant::Repairs | Invariant::RepairLines => "repair",
            Invariant::Tasks => "task",
            _ => return None,
        })
    }

    /// The finding that says how many more there are than are told.
    pub fn more(self, count: u64) -> Finding {
        Finding::of_check(self.name(), format!("{count} more like these"))
    }
}

/// An invoice or a credit note, of which the store says which it is.
pub const DOCUMENT: &str = "document";

/// The kinds of records that a breach names by something else than their id.
const NAMED_OTHERWISE: &[&str] = &["desk", "stock", DOCUMENT, "invoice", "credit_note", "matching"];

impl Finding {
    /// What is found of no record.
    pub fn of_check(check: &'static str, message: String) -> Finding {
        Finding { check, kind: None, id: None, record: None, message }
    }
}

/// The store does not hold what it must.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the store is damaged: {}; keep it as it is, and go on from a copy or an export", told(.findings.len()))]
pub struct StoreDamaged {
    pub findings: Vec<Finding>,
}

fn told(findings: usize) -> String {
    format!("{findings} {}", if findings == 1 { "finding" } else { "findings" })
}

impl StoreDamaged {
    /// The fault for these findings, none where there are none.
    pub fn of(findings: Vec<Finding>) -> Option<StoreDamaged> {
        (!findings.is_empty()).then_some(StoreDamaged { findings })
    }
}

impl super::Refusal for StoreDamaged {
    fn code(&self) -> &'static str {
        "store_damaged"
    }
    fn findings(&self) -> Vec<Finding> {
        self.findings.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_invariant_has_a_name_of_its_own_and_a_sentence() {
        for (place, invariant) in Invariant::ALL.iter().enumerate() {
            let name = invariant.name();
            assert!(name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()), "{name}");
            assert!(invariant.holds().ends_with('.'), "{name}");
            assert!(!Invariant::ALL[place + 1..].iter().any(|other| other.name() == name), "{name} twice");
        }
    }

    #[test]
    fn a_breach_is_told_with_its_figures() {
        let breach = Breach {
            record: Some("S00001".to_owned()),
            what: "tax".to_owned(),
            stored: "2.00".to_owned(),
            derived: "3.00".to_owned(),
            ..Breach::default()
        };
        let finding = Invariant::OrderTotals.finding(breach);
        assert_eq!(finding.check, "order_totals");
        assert_eq!(finding.message, "its tax is 2.00, and its lines come to 3.00");
    }

    #[test]
    fn the_fault_tells_how_much_was_found() {
        let finding = || Invariant::File.unanswered("a page is torn".to_owned());
        let begins =
            |findings, with| StoreDamaged::of(findings).is_some_and(|damaged| damaged.to_string().starts_with(with));
        assert!(begins(vec![finding()], "the store is damaged: 1 finding; "));
        assert!(begins(vec![finding(), finding()], "the store is damaged: 2 findings; "));
        assert_eq!(StoreDamaged::of(Vec::new()), None);
    }
}
