//! The stable error codes, each with its exit code and what it means (contract, section 3), and the kinds that they fall into:
//! what the program itself decides by.

pub mod explained;

/// Code, exit code, meaning.
pub const CODES: &[(&str, i32, &str)] = &[
    ("internal", 1, "a fault of the program"),
    ("usage", 2, "an unknown flag or verb, broken syntax, or a noun without a verb"),
    ("lines_failed", 3, "some lines of a bulk run failed, the others are done"),
    ("invalid_value", 10, "a value that is not of the form or among the choices asked for"),
    ("unknown_key", 10, "a key that the command does not have"),
    ("missing_field", 10, "a required field is left out or emptied"),
    ("quantity_invalid", 10, "a number that may not stand there"),
    ("not_found", 11, "there is no such record"),
    ("coupon_unknown", 11, "there is no such coupon code"),
    ("ambiguous", 12, "several records fit"),
    ("delivery_ambiguous", 12, "several deliveries could be returned"),
    ("service_not_enabled", 13, "the ticket's team does not offer the service"),
    ("app_missing", 13, "an application that is needed is not installed"),
    ("invoice_not_posted", 13, "the invoice is not posted"),
    ("invoice_not_offered", 13, "the invoice is not one that this ticket can refund"),
    ("no_posted_invoice", 13, "the customer has no posted invoice"),
    ("no_invoice_with_product", 13, "no posted invoice of the customer has the product"),
    ("nothing_to_refund", 13, "the invoice has nothing left to refund"),
    ("refund_exceeds_invoice", 13, "more than is left to refund"),
    ("journal_not_allowed", 13, "the journal cannot take the document"),
    ("lot_not_tracked", 13, "the product has no lots or serial numbers"),
    ("period_locked", 13, "the accounting period is locked"),
    ("not_due", 13, "the document's date is still to come"),
    ("nothing_to_invoice", 13, "nothing is left to invoice"),
    ("currency_mismatch", 13, "two currencies would be mixed"),
    ("program_not_coupons", 13, "the program does not make coupons"),
    ("coupon_program_inactive", 13, "the program is archived or out of date"),
    ("coupon_cancelled", 13, "the coupon is cancelled"),
    ("coupon_expired", 13, "the coupon is expired"),
    ("coupon_used", 13, "the coupon is already used"),
    ("coupon_other_customer", 13, "the coupon is bound to another customer"),
    ("coupon_usage_limit", 13, "the program has been used as often as it may be"),
    ("coupon_already_applied", 13, "the order already carries this code or program"),
    ("coupon_better_applied", 13, "a better discount is already on the order"),
    ("coupon_minimum_amount", 13, "the order is below the minimum amount"),
    ("coupon_minimum_quantity", 13, "the order is below the minimum quantity"),
    ("coupon_nothing_to_discount", 13, "the order has nothing that the code discounts"),
    ("mail_not_sent", 13, "the mail is kept, and was not sent"),
    ("email_missing", 13, "the customer has no e-mail address"),
    ("no_delivery", 13, "the customer has no done delivery"),
    ("delivery_not_done", 13, "the delivery is not done"),
    ("delivery_not_offered", 13, "the delivery is not one that this ticket can return"),
    ("nothing_to_return", 13, "nothing is left to return"),
    ("return_exceeds_delivered", 13, "more than is left to return"),
    ("return_not_offered", 13, "the return is not one that this repair can name"),
    ("product_not_in_return", 13, "the return does not hold the product"),
    ("location_not_allowed", 13, "the location cannot take it"),
    ("state_not_allowed", 13, "the record's state does not allow it"),
    ("stock_insufficient", 13, "there is not enough stock"),
    ("lot_required", 13, "a tracked product needs its lot or serial number"),
    ("already_quoted", 13, "the repair has a quotation"),
    ("customer_required", 13, "a customer is needed"),
    ("worksheets_not_enabled", 13, "the project has no worksheets"),
    ("project_required", 13, "no project is named and the team has none"),
    ("worksheet_incomplete", 13, "a required field of the worksheet is empty"),
    ("worksheet_signed", 13, "the worksheet is signed"),
    ("nothing_to_match", 13, "nothing is open on one of the two, so nothing can be matched"),
    ("einvoice_incomplete", 13, "the form of e-invoice needs something that is not there"),
    ("already_exists", 13, "another record stands under this name"),
    ("order_not_of_customer", 13, "the order is another customer's"),
    ("product_not_on_order", 13, "the product is not on the order"),
    ("lot_not_of_product", 13, "the lot is of another product"),
    ("lot_elsewhere", 13, "a serial number stands for one piece, which is elsewhere"),
    ("customer_fixed", 13, "something was made from the ticket, so its customer stays"),
    ("last_admin", 13, "the last user with the right admin stays one"),
    ("store_not_empty", 13, "the store has records of its own"),
    ("unknown_command", 13, "there is no such command"),
    ("confirmation_needed", 14, "the command needs a yes"),
    ("access_denied", 15, "the user has no right to it"),
    ("config_invalid", 16, "the configuration cannot be used"),
    ("key_reused", 21, "the key was used for something else"),
    ("store_busy", 30, "another command is writing; the same command again is safe"),
    ("outcome_unknown", 31, "the connection was lost while committing"),
    ("store_missing", 40, "there is no store"),
    ("store_foreign", 41, "the file is not a store of aftersales"),
    ("store_newer", 41, "the store is of a newer version"),
    ("store_older", 41, "the store is of an older version"),
    ("store_damaged", 42, "the store is damaged"),
    ("store_full", 43, "the store cannot grow"),
    ("store_read_only", 43, "the store cannot be written"),
    ("closed_pipe", 141, "the reader of the output went away"),
    ("trial_over", 44, "the trial is over"),
];

/// What only warns, and is no error code: code and meaning. A warning with the code of an error says the same as the error would.
pub const WARNINGS: &[(&str, &str)] = &[
    ("above_limit", "the credit note is above its maker's refund limit, and stays a draft"),
    ("accounted_later", "the document is accounted on a later day than its own"),
    ("assignee_busy", "who is to do it has another visit at the same time"),
    ("billed", "the amounts that a document was billed with differ from what its lines come to"),
    ("copies_keep_texts", "copies made before still hold the texts"),
    ("credited_before", "the new invoice bills again what was credited before"),
    ("delivery_cancelled", "a delivery is cancelled with its order"),
    ("discount_changed", "the order comes to another total than its draft said"),
    ("drafts_closed_in", "drafts will be accounted on a later day"),
    ("glyph_missing", "no font has a character of the document"),
    ("id_is_name", "what looks like a name was taken as the id"),
    ("lot_wanted_twice", "a piece is wanted by something else too"),
    ("map_unfinished", "the map that is suggested has keys to be filled in"),
    ("matched", "an invoice and a credit note pay each other"),
    ("payments_released", "a payment is open again: in, it is the customer's credit; out, the customer owes it"),
    ("picture_undrawn", "a picture could not be drawn"),
    ("read_as", "what a sheet is read as, and which of its columns are not read"),
    ("return_not_done", "the return never arrived"),
    ("rights_apply", "from now on commands ask for rights"),
    ("still_open", "something made from the ticket is not done"),
    ("template_unknown", "nothing asks for a template of that name"),
    ("timer_running", "another timer of the same user runs"),
    ("traces_left", "the bytes of erased texts are left somewhere"),
    ("trial_started", "a trial was started"),
    ("undated", "documents are dated the day they are first imported, since the file tells no day of them"),
    ("untaxed", "lines bear no tax, since the file tells none"),
    ("worksheet_unsigned", "the worksheet is not signed"),
];

/// What kind of fault a code stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The program itself is wrong.
    Internal,
    /// The call cannot be read.
    Usage,
    /// Lines of a bulk run failed.
    Lines,
    /// A value is not as it must be.
    Value,
    /// What a value names is not there.
    NotFound,
    /// What a value names may be any of several.
    Ambiguous,
    /// The ticket's team does not offer the service.
    Service,
    /// A rule of the desk does not allow it.
    Rule,
    /// A question has to be answered with yes first.
    Confirmation,
    /// The user has no right to it.
    Access,
    /// What was configured cannot be used.
    Config,
    /// The key stands for something else.
    Key,
    /// The store is in use; nothing was changed.
    Busy,
    /// Nobody knows whether it was done.
    Unknown,
    /// The store is not what the program wrote.
    Damaged,
    /// The store cannot be used, or takes nothing in.
    Store,
    /// The trial is over.
    Trial,
    /// The reader of the output went away.
    Pipe,
}

impl FaultKind {
    /// The kind of the fault that `code` stands for.
    pub fn of(code: &str) -> FaultKind {
        match (exit_of(code), code) {
            (_, "service_not_enabled") => FaultKind::Service,
            (2, _) => FaultKind::Usage,
            (3, _) => FaultKind::Lines,
            (10, _) => FaultKind::Value,
            (11, _) => FaultKind::NotFound,
            (12, _) => FaultKind::Ambiguous,
            (13, _) => FaultKind::Rule,
            (14, _) => FaultKind::Confirmation,
            (15, _) => FaultKind::Access,
            (16, _) => FaultKind::Config,
            (21, _) => FaultKind::Key,
            (30, _) => FaultKind::Busy,
            (31, _) => FaultKind::Unknown,
            (42, _) => FaultKind::Damaged,
            (40..=43, _) => FaultKind::Store,
            (44, _) => FaultKind::Trial,
            (141, _) => FaultKind::Pipe,
            _ => FaultKind::Internal,
        }
    }

    /// Whether nothing after it can be tried: the program or the store failed, or the desk is closed.
    pub fn ends_the_run(self) -> bool {
        match self {
            FaultKind::Internal
            | FaultKind::Busy
            | FaultKind::Unknown
            | FaultKind::Damaged
            | FaultKind::Store
            | FaultKind::Trial
            | FaultKind::Pipe => true,
            FaultKind::Usage
            | FaultKind::Lines
            | FaultKind::Value
            | FaultKind::NotFound
            | FaultKind::Ambiguous
            | FaultKind::Service => false,
            FaultKind::Rule | FaultKind::Confirmation | FaultKind::Access | FaultKind::Config | FaultKind::Key => false,
        }
    }

    /// Whether the values are sound, and a rule or an open question stands against them.
    pub fn is_of_a_rule(self) -> bool {
        matches!(self, FaultKind::Service | FaultKind::Rule | FaultKind::Confirmation)
    }

    /// Whether the help of the command tells what would be right: the command can be given otherwise.
    pub fn is_of_what_was_given(self) -> bool {
        matches!(
            self,
            FaultKind::Usage
                | FaultKind::Value
                | FaultKind::NotFound
                | FaultKind::Ambiguous
                | FaultKind::Service
                | FaultKind::Rule
                | FaultKind::Lines
        )
    }
}

/// The code that is written so; `internal` for one that is not in the table.
pub fn known(code: &str) -> &'static str {
    CODES.iter().find(|(known, ..)| *known == code).map_or("internal", |(known, ..)| known)
}

/// The exit code of `code`; 1 for one that is not in the table, which a test rules out.
pub fn exit_of(code: &str) -> i32 {
    CODES.iter().find(|(known, ..)| *known == code).map_or(1, |(_, exit, _)| *exit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_but_one_has_a_kind_that_is_no_fault_of_the_program() {
        let internal: Vec<&str> =
            CODES.iter().map(|(code, ..)| *code).filter(|code| FaultKind::of(code) == FaultKind::Internal).collect();
        assert_eq!(internal, ["internal"]);
    }

    #[test]
    fn what_ends_a_run_is_told_by_the_exit_codes_of_faults_that_nothing_in_the_input_mends() {
        for (code, exit, _) in CODES {
            assert_eq!(FaultKind::of(code).ends_the_run(), *exit == 1 || *exit >= 30, "{code}");
        }
    }
}
