//! What each code means at length, a call that provokes it, and a command that cures it: what `explain` tells. The calls are those of
//! the shop that the tests play in, so that each of them can be tried there.

use super::{CODES, WARNINGS};

/// A code, explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explained {
    pub code: &'static str,
    /// What it means, in sentences.
    pub means: &'static str,
    /// A call that provokes it; empty where none can.
    pub example: &'static str,
    /// What to type then.
    pub cure: &'static str,
}

/// What is explained of the code.
pub fn of(code: &str) -> Option<&'static Explained> {
    EXPLAINED.iter().find(|explained| explained.code == code)
}

/// What a code means, in a few words.
pub fn message_of(code: &str) -> Option<&'static str> {
    let errors = CODES.iter().map(|(code, _, message)| (*code, *message));
    errors.chain(WARNINGS.iter().copied()).find(|(known, _)| *known == code).map(|(_, message)| message)
}

/// All codes there are: the errors by their exit codes, then what only warns.
pub fn all() -> impl Iterator<Item = &'static str> {
    CODES.iter().map(|(code, ..)| *code).chain(WARNINGS.iter().map(|(code, _)| *code))
}

const fn explained(code: &'static str, means: &'static str, example: &'static str, cure: &'static str) -> Explained {
    Explained { code, means, example, cure }
}

/// In the order of the codes, then of the warnings.
static EXPLAINED: &[Explained] = &[
    explained(
        "internal",
        "The program met a state that it was not written for. Nothing was changed by the command that ended so. Please report it \
         with the command and the message; a store that is checked meanwhile tells whether the data are sound.",
        "",
        "aftersales verify",
    ),
    explained(
        "usage",
        "The call has a word, a flag or a combination that the program does not know, or ends before it says what to do. Nothing was \
         read or changed. The help of the command lists what it takes.",
        "aftersales customer list --nmae x",
        "aftersales customer list --help",
    ),
    explained(
        "lines_failed",
        "A bulk run came to its end and some of its lines were refused; all others are done. Each line's answer says which, and why. \
         With a key the same file can be fed again when its lines are mended: what is done is not done twice.",
        "aftersales apply lines.ndjson --key monday",
        "aftersales apply lines.ndjson --key monday --dry-run",
    ),
    explained(
        "invalid_value",
        "A value is not of the form that is asked for, is none of the words that are allowed there, or has more digits than can be \
         kept: values are never rounded or guessed. The error's 'allowed' lists what would do, where that can be listed.",
        "aftersales order create --customer C1 --line LAMP=x",
        "aftersales order create --customer C1 --line LAMP=2",
    ),
    explained(
        "unknown_key",
        "A JSON object or a CSV head has a key that the command or the record does not have; the message names the nearest one that \
         it has. Nothing is ignored silently, since what is ignored would be missed later.",
        "aftersales import unknown.ndjson",
        "aftersales schema customer",
    ),
    explained(
        "missing_field",
        "Something that the command cannot do without was left out, or emptied. The error's 'field' names it, in flags and in JSON \
         alike.",
        "aftersales ticket refund T1",
        "aftersales ticket options T1",
    ),
    explained(
        "quantity_invalid",
        "A number may not stand where it stands: it is negative, zero where something must be moved, or a part of a piece that has a \
         serial number.",
        "aftersales order create --customer C1 --line LAMP=-1",
        "aftersales order create --customer C1 --line LAMP=1",
    ),
    explained(
        "not_found",
        "What was named is not in the store. References are ids, padded or not, numbers of posted documents, and the names of \
         customers, products, users and others, whatever their case.",
        "aftersales customer show C99",
        "aftersales customer list",
    ),
    explained(
        "coupon_unknown",
        "No coupon and no promotion has this code. Codes are compared without case, blanks and dashes; a code that was changed in its \
         program is no code any more.",
        "aftersales order apply-coupon S3 NEVER",
        "aftersales coupon list",
    ),
    explained(
        "ambiguous",
        "The name fits several records, and the program does not choose. The error's 'allowed' lists their ids; name one of them.",
        "aftersales customer show Same",
        "aftersales customer list --search same",
    ),
    explained(
        "delivery_ambiguous",
        "The customer has several deliveries with something left to return, and the ticket names no order that would tell which is \
         meant. The error's 'allowed' lists them; name one by --delivery.",
        "aftersales ticket return T3",
        "aftersales transfer list --kind outgoing --state done",
    ),
    explained(
        "service_not_enabled",
        "The team of the ticket does not offer the service. A team offers what it was made with or what was enabled for it since; \
         enabling installs the applications that the service needs.",
        "aftersales ticket plan T2",
        "aftersales team enable-service Bare field-service --yes",
    ),
    explained(
        "app_missing",
        "The command needs an application that is not installed. Applications come with the services that need them, or by name.",
        "aftersales ticket coupon T1 --program 'Sorry 10' --share-link",
        "aftersales app install ecommerce --yes",
    ),
    explained(
        "invoice_not_posted",
        "A draft owes nothing yet, so there is nothing to credit: change or cancel the draft, or post it first.",
        "aftersales ticket refund T6 --invoice D00004",
        "aftersales invoice post D00004",
    ),
    explained(
        "invoice_not_offered",
        "A ticket refunds posted invoices of its own customer, of its order where it names one, and with its product where it names \
         one. This invoice is none of them.",
        "aftersales ticket refund T1 --invoice J-1",
        "aftersales ticket options T1",
    ),
    explained(
        "no_posted_invoice",
        "The customer of the ticket has no posted invoice, so nothing can be refunded.",
        "aftersales ticket refund T3",
        "aftersales invoice list --customer C3",
    ),
    explained(
        "no_invoice_with_product",
        "The customer has posted invoices, and none of them bills the product that was named, or that the ticket is about.",
        "aftersales ticket refund T6 --product HOUR",
        "aftersales invoice list --customer C1",
    ),
    explained(
        "nothing_to_refund",
        "Everything that the invoice billed was credited already, by credit notes that are posted or still drafts. A draft that is \
         not wanted can be cancelled, which leaves its part to refund again.",
        "aftersales ticket refund T6 --invoice INV/2026/00002",
        "aftersales credit-note list --invoice INV/2026/00002",
    ),
    explained(
        "refund_exceeds_invoice",
        "What is credited of an invoice, over all its credit notes, is never more than it billed. The error's 'allowed' is what is \
         left. Goodwill beyond that takes --allow-excess, which says so in the log.",
        "aftersales ticket refund T1 --invoice INV/2026/00001 --amount 5000",
        "aftersales credit-note list --invoice INV/2026/00001",
    ),
    explained(
        "journal_not_allowed",
        "Invoices to customers and their credit notes are posted to active journals of type sale. The journal that was named is \
         another one.",
        "aftersales ticket refund T1 --invoice INV/2026/00001 --journal BUY --amount 1",
        "aftersales journal list --type sale",
    ),
    explained(
        "lot_not_tracked",
        "The product is not tracked by lots or serial numbers, so none can be named with it. As a warning: a lot was made of a product \
         that is not tracked yet.",
        "aftersales ticket create --team Support --customer C1 --subject x --product LAMP --lot SN-1",
        "aftersales product show LAMP",
    ),
    explained(
        "period_locked",
        "The books are locked up to a day: nothing is posted, changed or cancelled that is accounted on it or before. Drafts of that \
         time are accounted on the first open day; a posted document is corrected by a document of today.",
        "aftersales invoice cancel INV/2026/00001",
        "aftersales desk show",
    ),
    explained(
        "not_due",
        "A document that is dated into the future is posted on its day: 'credit-note post --due' and 'invoice post --due' post what \
         is due. Give it another date to post it now. As a warning: a credit note stays a draft until its day, and is posted then.",
        "aftersales invoice post D00006",
        "aftersales invoice edit D00006 --date 2026-11-23",
    ),
    explained(
        "nothing_to_invoice",
        "All that was ordered, or worked, is billed already, by invoices that are posted or still drafts.",
        "aftersales invoice create --order S1",
        "aftersales invoice list --order S1",
    ),
    explained(
        "currency_mismatch",
        "Two currencies meet where amounts are added or matched, and the program knows no rates. Products have prices in the desk's \
         currency; lines in another one need a price of their own.",
        "aftersales invoice create --customer C2 --currency JPY --line LAMP=1",
        "aftersales invoice create --customer C2 --line LAMP=1",
    ),
    explained(
        "program_not_coupons",
        "A promotion has one code for all, so no coupon is made of it: only programs of type coupons make them.",
        "aftersales ticket coupon T1 --program Spring",
        "aftersales coupon-program list --type coupons",
    ),
    explained(
        "coupon_program_inactive",
        "The program is archived, has not begun or is over, so that it makes no coupons and takes nothing off.",
        "aftersales ticket coupon T1 --program Old",
        "aftersales coupon-program list --archived no",
    ),
    explained(
        "coupon_cancelled",
        "The coupon was cancelled, which is for good. Another can be made from the same ticket.",
        "aftersales order apply-coupon S3 SORRY-0001",
        "aftersales coupon list --state valid",
    ),
    explained(
        "coupon_expired",
        "The coupon's last valid day is over. Another can be made from the same ticket.",
        "aftersales order apply-coupon S3 SORRY-0001",
        "aftersales coupon list --state valid",
    ),
    explained(
        "coupon_used",
        "A coupon works once, and an order that is confirmed has used it. Cancelling that order gives the coupon back.",
        "aftersales order apply-coupon S3 SORRY-0001",
        "aftersales coupon list --state valid",
    ),
    explained(
        "coupon_other_customer",
        "The coupon was made for one customer only, and the order is another's.",
        "aftersales order apply-coupon S3 SORRY-0001",
        "aftersales coupon list --only-customer no",
    ),
    explained(
        "coupon_usage_limit",
        "The program was used in as many confirmed orders as it may be. Its limit can be raised.",
        "aftersales order apply-coupon S3 WINTER-26",
        "aftersales coupon-program edit Winter --usage-limit 100",
    ),
    explained(
        "coupon_already_applied",
        "The order carries this code already, or another code of the same program; a program acts once on an order.",
        "aftersales order apply-coupon S3 winter26",
        "aftersales order show S3",
    ),
    explained(
        "coupon_better_applied",
        "The order carries a percentage on the whole order that is as high or higher; two of that kind do not add up.",
        "aftersales order apply-coupon S3 TWO",
        "aftersales order show S3",
    ),
    explained(
        "coupon_minimum_amount",
        "The program asks for a minimum amount, over all products or over those that it names, and the order comes to less.",
        "aftersales order apply-coupon S3 BIG",
        "aftersales coupon-program show Big",
    ),
    explained(
        "coupon_minimum_quantity",
        "The program asks for a minimum quantity, over all products or over those that it names, and the order has less.",
        "aftersales order apply-coupon S3 MANY",
        "aftersales coupon-program show Many",
    ),
    explained(
        "coupon_nothing_to_discount",
        "The code takes something off products that are not on the order, or the order comes to nothing already.",
        "aftersales order apply-coupon S3 LAMPS",
        "aftersales order edit S3 --add-line LAMP=1",
    ),
    explained(
        "mail_not_sent",
        "The mail is written and kept in the outbox, and the server did not take it: it could not be reached, or refused. 'mail send' \
         tries all that wait again; a mail whose outcome is unknown is only sent again by its name.",
        "aftersales mail send M00001",
        "aftersales mail list --state failed",
    ),
    explained(
        "email_missing",
        "The customer has no e-mail address, so nothing can be sent to them.",
        "aftersales ticket coupon T1 --program 'Sorry 10' --send-by-email",
        "aftersales customer edit C00001 --email ada@example.org",
    ),
    explained(
        "no_delivery",
        "Nothing was delivered to the customer of the ticket yet, so there is nothing to return. A delivery that is ready is done by \
         'transfer validate'.",
        "aftersales ticket return T3",
        "aftersales transfer list --kind outgoing --customer C3",
    ),
    explained(
        "delivery_not_done",
        "The delivery is still to be done: what has not left cannot come back. Cancel it, or validate it first.",
        "aftersales ticket return T1 --delivery WH/OUT/00002",
        "aftersales transfer show WH/OUT/00002",
    ),
    explained(
        "delivery_not_offered",
        "A ticket returns deliveries to its own customer, of its order where it names one. This one is another's, or no delivery.",
        "aftersales ticket return T3 --delivery WH/OUT/00001",
        "aftersales ticket options T3",
    ),
    explained(
        "nothing_to_return",
        "All that was delivered has come back already, or is on its way by returns that are not done yet.",
        "aftersales ticket return T1 --delivery WH/OUT/00001",
        "aftersales transfer list --kind incoming --customer C1",
    ),
    explained(
        "return_exceeds_delivered",
        "What comes back of a delivery's line, over all its returns, is never more than was delivered. The error's 'allowed' is what \
         is left.",
        "aftersales ticket return T1 --delivery WH/OUT/00001 --line 1=9",
        "aftersales transfer show WH/OUT/00001",
    ),
    explained(
        "return_not_offered",
        "A repair names a return of its own customer, which brought the thing that is broken. This transfer is none of these.",
        "aftersales ticket repair T1 --product LAMP --return WH/OUT/00001",
        "aftersales transfer list --kind incoming --customer C1",
    ),
    explained(
        "product_not_in_return",
        "The return that the repair names brought other products than the one to repair.",
        "aftersales ticket repair T1 --product BULB --return WH/IN/00002",
        "aftersales transfer show WH/IN/00002",
    ),
    explained(
        "location_not_allowed",
        "Goods that come back go to an internal location of return, and goods do not move to where they are.",
        "aftersales ticket return T1 --delivery WH/OUT/00001 --line 1=1 --location Customers",
        "aftersales ticket return T1 --delivery WH/OUT/00001 --line 1=1",
    ),
    explained(
        "state_not_allowed",
        "The record is in a state from which the command does not lead on: a draft is edited, a confirmed order is not; what is done or \
         cancelled stays so. The message says the state, and the hint what can be done in it.",
        "aftersales order edit S1 --line 1=2",
        "aftersales order show S1",
    ),
    explained(
        "stock_insufficient",
        "Less lies in the location than is asked for and free of other reservations; what is reserved goes to who asked first. As a \
         warning: a repair or a transfer waits for it.",
        "aftersales transfer validate WH/OUT/00002 --line 1=200",
        "aftersales stock list --product LAMP",
    ),
    explained(
        "lot_required",
        "The product is tracked, so that every move of it names a lot, or the serial number of each piece.",
        "aftersales stock count BOX --quantity 5",
        "aftersales lot create B-1 --product BOX",
    ),
    explained(
        "already_quoted",
        "The repair has a quotation, and has one at a time. A quotation that is cancelled no longer counts.",
        "aftersales repair quote WH/RO/00001",
        "aftersales repair show WH/RO/00001",
    ),
    explained(
        "customer_required",
        "The ticket, or the repair, has no customer, and what was asked for concerns one.",
        "aftersales ticket refund T4",
        "aftersales ticket edit T4 --customer C1",
    ),
    explained(
        "worksheets_not_enabled",
        "A worksheet was asked for in a project that has none.",
        "aftersales ticket plan T1 --project Plain --worksheet-template Visit",
        "aftersales project edit Plain --worksheets",
    ),
    explained(
        "project_required",
        "Visits are planned in a project: one that is named, or the team's own. Here is neither.",
        "aftersales ticket plan T5",
        "aftersales team edit Visits --field-service-project 'Field Service'",
    ),
    explained(
        "worksheet_incomplete",
        "A field of the worksheet that must be filled in is empty, so that it cannot be signed.",
        "aftersales worksheet sign FS00001 --name 'Ada Lovelace'",
        "aftersales worksheet show FS00001",
    ),
    explained(
        "worksheet_signed",
        "What was signed is not changed any more.",
        "aftersales worksheet fill FS00001 --value pressure=3",
        "aftersales worksheet show FS00001",
    ),
    explained(
        "nothing_to_match",
        "A payment or credit note pays an invoice as far as both are open; one of the two has nothing left.",
        "aftersales invoice match INV/2026/00002 --with RINV/2026/00002",
        "aftersales invoice list --customer C1 --state posted",
    ),
    explained(
        "einvoice_incomplete",
        "The form of e-invoice prescribes things that are not in the store: addresses, tax ids, categories of taxes. The error and its \
         'others' name each, with the command that fills it in.",
        "aftersales invoice print INV/2026/00001 --format ubl --file e-invoice.xml",
        "aftersales desk edit --company 'Ada Ltd' --street '1 Lamp Lane' --postcode 10115 --city Berlin --country DE --tax-id DE136695976",
    ),
    explained(
        "already_exists",
        "Another record stands under this name, number or code, whatever its case; or an import brings a record that is there and \
         differs, which --update would change.",
        "aftersales tag create lamps",
        "aftersales tag show lamps",
    ),
    explained(
        "order_not_of_customer",
        "The order that was named is another customer's than the ticket.",
        "aftersales ticket create --team Support --customer C2 --subject x --order S1",
        "aftersales order list --customer C2",
    ),
    explained(
        "product_not_on_order",
        "The ticket is about an order, and the product is not on it.",
        "aftersales ticket create --team Support --customer C1 --subject x --order S1 --product BULB",
        "aftersales order show S1",
    ),
    explained(
        "lot_not_of_product",
        "The lot or serial number is of another product than the one that was named.",
        "aftersales ticket create --team Support --customer C1 --subject x --product SAW --lot SN-1",
        "aftersales lot show SN-1",
    ),
    explained(
        "lot_elsewhere",
        "A serial number stands for one piece, which is in one place: it cannot come in while it is in stock or at a customer, nor \
         leave from where it is not.",
        "aftersales stock count DRILL --quantity 1 --lot SN-2 --location WH/Returns",
        "aftersales lot show SN-2",
    ),
    explained(
        "customer_fixed",
        "A credit note, coupon, return, repair or visit was made from the ticket for its customer, so that the ticket stays theirs.",
        "aftersales ticket edit T6 --customer C2",
        "aftersales ticket show T6",
    ),
    explained(
        "last_admin",
        "Without a user who has the right admin nobody could give rights any more, so the last one keeps it.",
        "aftersales user edit root --right helpdesk --as root",
        "aftersales user list --as root",
    ),
    explained(
        "store_not_empty",
        "An export is brought back into a store that has no records of its own: all of it or nothing.",
        "aftersales import exported.ndjson",
        "aftersales init --store restored.db",
    ),
    explained(
        "unknown_command",
        "A line of a bulk run names a command that changes nothing or that there is not; the message names the nearest one.",
        "aftersales apply unknown.ndjson",
        "aftersales apply --help",
    ),
    explained(
        "confirmation_needed",
        "The command does something that is hard to take back, or that moves money or goods in a protected profile, and nobody could \
         be asked. --yes, or AFTERSALES_YES, answers beforehand.",
        "aftersales desk edit --lock-date ''",
        "aftersales desk edit --lock-date '' --yes",
    ),
    explained(
        "access_denied",
        "Once a user has the right admin, each command asks for a right of whoever runs it, and this user has it not. Who is admin \
         gives rights.",
        "aftersales user list --as ann",
        "aftersales user edit ann --right admin --as root",
    ),
    explained(
        "config_invalid",
        "A file of settings cannot be read, has a key or a value that there is not, or names a server that may not be used so. The \
         message says the file and the line.",
        "aftersales status --config nosuch.toml",
        "aftersales config validate",
    ),
    explained(
        "key_reused",
        "A key stands for one command for ever, and was given with another content now. Nothing was done. Look at what was done under \
         it, and take another key for what is another thing.",
        "aftersales tag create other --key cy-1",
        "aftersales log --newest --limit 20",
    ),
    explained(
        "store_busy",
        "Another command held the store for longer than is waited, which is ten seconds, or the server cannot be reached. Nothing was \
         changed, and the same command again is safe.",
        "aftersales ticket close T1",
        "aftersales doctor",
    ),
    explained(
        "outcome_unknown",
        "The connection was lost, or the disk gave no answer, while the change was made durable: it is done or it is not. With a key \
         the same command again is safe; without one look first.",
        "aftersales ticket close T1",
        "aftersales log --newest --limit 1",
    ),
    explained(
        "store_missing",
        "There is no store where it was looked for: in the file or on the server that --store, AFTERSALES_STORE, a profile or the \
         configuration names. Only 'init' makes one.",
        "aftersales customer list --store 'no store.db'",
        "aftersales init --store 'no store.db'",
    ),
    explained(
        "store_foreign",
        "What lies there is no store of this program: another file, another database, a folder. Nothing of it was changed.",
        "aftersales customer list --store note.txt",
        "aftersales config get store",
    ),
    explained(
        "store_newer",
        "A newer version of the program wrote the store, in a format that this one does not know. Nothing of it was changed; install \
         that version.",
        "aftersales ticket list",
        "aftersales --version",
    ),
    explained(
        "store_older",
        "The store is of an older format. The first command that may write to it upgrades it, after a copy beside it; a command that \
         only reads, or a store that may not be written, leaves it as it is.",
        "aftersales ticket list",
        "aftersales init",
    ),
    explained(
        "store_damaged",
        "Something in the store is not as the program wrote it: the file is broken, or its records contradict each other. 'verify' \
         tells all of it; a backup brings back what was.",
        "aftersales verify",
        "aftersales restore monday.db --dry-run",
    ),
    explained(
        "store_full",
        "The disk, a quota or a limit of size does not take what was to be written. The change was undone; make room and give it \
         again.",
        "aftersales backup /dev/full",
        "aftersales doctor",
    ),
    explained(
        "store_read_only",
        "The store's file or folder may not be written by whoever runs the program, or the server is a copy that only reads. Reading \
         works.",
        "aftersales ticket close T1",
        "aftersales doctor",
    ),
    explained(
        "closed_pipe",
        "Whoever read the output stopped reading, as 'head' does. What a change did stays done.",
        "aftersales export | head -n 1",
        "aftersales export desk.ndjson",
    ),
    explained(
        "trial_over",
        "The trial of the desk ended: only a subscription, and what gets the data out, is possible from then on.",
        "aftersales team list",
        "aftersales subscription add",
    ),
    // What only warns.
    explained(
        "above_limit",
        "The credit note comes to more than whoever made it may refund alone, so that it stays a draft. Another user, whose limit is \
         high enough or who has none, posts it.",
        "aftersales ticket refund T1 --invoice INV/2026/00001 --post --as ann",
        "aftersales credit-note list --state draft",
    ),
    explained(
        "accounted_later",
        "The document keeps its date and is accounted on the first day that is not locked.",
        "aftersales invoice post D00006",
        "aftersales desk show",
    ),
    explained(
        "assignee_busy",
        "Who is to do the visit has another one at the same time.",
        "aftersales ticket plan T1 --assignee ann --start 2026-11-25T09:00:00Z --end 2026-11-25T10:00:00Z",
        "aftersales task list --assignee ann",
    ),
    explained(
        "billed",
        "The document keeps the amounts that it was billed with elsewhere, which differ by some cents from what its lines come to.",
        "aftersales import shop.csv --map shopify-orders",
        "aftersales invoice list --newest --limit 10",
    ),
    explained(
        "copies_keep_texts",
        "The texts of the customer are erased in the store; backups, exports and other copies that were made before still hold them.",
        "aftersales customer erase C2 --yes",
        "aftersales backup monday.db",
    ),
    explained(
        "credited_before",
        "The invoice was credited in part before, and the copy that was asked for bills those goods again.",
        "aftersales ticket refund T1 --invoice INV/2026/00001 --create-invoice",
        "aftersales credit-note list --invoice INV/2026/00001",
    ),
    explained(
        "delivery_cancelled",
        "The order was cancelled, and with it a delivery that was not done yet.",
        "aftersales order cancel S2",
        "aftersales transfer list --order S2",
    ),
    explained(
        "discount_changed",
        "A program was changed since the order was drafted, so that the order comes to another total than the draft said.",
        "aftersales order confirm S3",
        "aftersales order show S3",
    ),
    explained(
        "drafts_closed_in",
        "The lock date moved past drafts, which are accounted on a later day when they are posted.",
        "aftersales desk edit --lock-date 2026-11-22",
        "aftersales invoice list --state draft",
    ),
    explained(
        "glyph_missing",
        "The document has characters that no font has which the program brings along or finds on the system; they are not printed.",
        "aftersales invoice print INV/2026/00001 --format pdf --file invoice.pdf",
        "aftersales doctor",
    ),
    explained(
        "id_is_name",
        "A customer was created without a name, and its id has a blank in it, as names have. The id is for good; the name can be edited.",
        "aftersales customer create 'Ann Smith'",
        "aftersales customer create --name 'Ann Smith'",
    ),
    explained(
        "lot_wanted_twice",
        "Two repairs, or a repair and a delivery, want the same piece.",
        "aftersales ticket repair T1 --product DRILL --lot SN-1",
        "aftersales lot show SN-1",
    ),
    explained(
        "map_unfinished",
        "The header of the file does not tell all that a map needs. The map that is printed has the other keys with a # before them: say \
         their columns, and take the # off.",
        "aftersales import sheet.csv --suggest-map",
        "aftersales import --kinds --kind invoice",
    ),
    explained(
        "matched",
        "The open invoice and the new credit note pay each other as far as both are open.",
        "aftersales ticket refund T1 --invoice INV/2026/00001 --create-invoice --post",
        "aftersales invoice show INV/2026/00001",
    ),
    explained(
        "payments_released",
        "A payment is open again. What came in for an invoice that is credited in full, or cancelled, is open credit of the customer now; what went out for a credit note that is cancelled is owed by the customer now. Where the money never moved, cancel the payment.",
        "aftersales ticket refund T1 --invoice INV/2026/00001 --create-invoice --post",
        "aftersales payment cancel P00001",
    ),
    explained(
        "picture_undrawn",
        "A picture of the document is not one that can be drawn; it is left out.",
        "aftersales worksheet print FS00001 --format pdf --file worksheet.pdf",
        "aftersales worksheet show FS00001",
    ),
    explained(
        "read_as",
        "What a sheet is read as is seen by its header. A column that no key reads is named, with what it may be meant as: call it so, \
         or say in a map of your own how it is read.",
        "aftersales import sheet.csv --map spreadsheet --check",
        "aftersales import sheet.csv --suggest-map",
    ),
    explained(
        "return_not_done",
        "The repair is finished, and the return that was to bring the thing never arrived.",
        "aftersales repair finish WH/RO/00003",
        "aftersales transfer list --kind incoming --state ready",
    ),
    explained(
        "rights_apply",
        "The first user with the right admin is there: from now on each command asks for a right of whoever runs it.",
        "aftersales user create root --right admin --yes",
        "aftersales user list",
    ),
    explained(
        "still_open",
        "The ticket is closed, and something that was made from it is not done.",
        "aftersales ticket close T1",
        "aftersales ticket show T1",
    ),
    explained(
        "template_unknown",
        "A file in the folder of the site's own templates has a name that nothing asks for, so that it has no effect.",
        "aftersales invoice print INV/2026/00001",
        "aftersales templates export templates",
    ),
    explained(
        "timer_running",
        "Who starts the timer has one running on another visit too.",
        "aftersales task start FS00001",
        "aftersales task list --assignee ann",
    ),
    explained(
        "traces_left",
        "Texts were erased, and something still holds the bytes that they stood in, such as a reader of the file or an older backup \
         of the engine. The next erasure writes them anew.",
        "aftersales customer erase C2 --yes",
        "aftersales verify",
    ),
    explained(
        "trial_started",
        "An application beyond the plan was installed, which starts a trial; it ends on the day that is told.",
        "aftersales team enable-service Support repairs --yes",
        "aftersales subscription show",
    ),
    explained(
        "undated",
        "No column of the file is known as the day of its documents, or it is empty in some rows, so that they are dated the day they are first imported.",
        "aftersales import sheet.csv --map spreadsheet --check",
        "aftersales import sheet.csv --suggest-map",
    ),
    explained(
        "untaxed",
        "No column of the sheet is known as its taxes, so that new products and their lines bear none.",
        "aftersales import sheet.csv --map spreadsheet --check",
        "aftersales import sheet.csv --suggest-map",
    ),
    explained(
        "worksheet_unsigned",
        "The visit is done, and its worksheet was not signed.",
        "aftersales task done FS00001",
        "aftersales worksheet show FS00001",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_once_and_in_order() {
        let explained: Vec<&str> = EXPLAINED.iter().map(|explained| explained.code).collect();
        assert_eq!(explained, all().collect::<Vec<_>>());
    }

    #[test]
    fn every_explanation_has_sentences_an_example_and_a_command() {
        for Explained { code, means, example, cure } in EXPLAINED {
            assert!(means.starts_with(char::is_uppercase) && means.ends_with('.'), "{code}: {means}");
            assert!(!means.contains("  "), "{code}: {means}");
            assert!(cure.starts_with("aftersales "), "{code}: {cure}");
            // A fault of the program is one that nobody knows.
            assert!(example.starts_with("aftersales ") || *code == "internal", "{code}: {example}");
        }
    }
}
