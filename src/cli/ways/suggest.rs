//! A map suggested by a file: one that comes with the program where the header is that of its layout, else by what the columns are
//! called in the languages of the desk, and by what stands in the first rows.

use std::fmt::Write;
use std::io::Cursor;

use csv::ByteRecord;

use super::cell::{self, Encoding, Pattern};
use super::headings::{NAMES, Role};
use super::map::{BUILT_IN, Map, SPREADSHEET};
use crate::cli::bulk::{STANDARD_INPUT, unreadable};
use crate::cli::csv_frame::{self as frame, Frame};
use crate::cli::report;
use crate::command::Warning;
use crate::command::pipeline::object::nearest;
use crate::domain::value::reference::shell_word;
use crate::domain::value::text::letters_and_digits;
use crate::domain::{Error, Result};

/// How many rows are looked at.
const ROWS: usize = 500;

/// One, and what is no large quantity, in millionths.
const ONE: i64 = 1_000_000;
const FEW: i64 = 1_000 * ONE;

/// The forms of days that are tried, the surer first.
const FORMS: &[&str] =
    &["YYYY-MM-DD", "DD.MM.YYYY", "DD.MM.YY", "YYYY/MM/DD", "DD/MM/YYYY", "MM/DD/YYYY", "DD-MM-YYYY"];

/// What a file begins with.
struct Start {
    names: Vec<String>,
    separator: u8,
    rows: Vec<Vec<String>>,
}

/// What a file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// Invoices or orders, by the column that names them.
    Documents(Role),
    Products,
    Customers,
}

impl What {
    fn word(self) -> &'static str {
        match self {
            What::Documents(Role::Invoice) => "invoices",
            What::Documents(_) => "orders",
            What::Products => "products",
            What::Customers => "customers",
        }
    }

    /// Whether a column of that role is read of such a file.
    fn reads(self, role: Role) -> bool {
        let is_among = |keys: &[(&str, Role)]| keys.iter().any(|(_, known)| *known == role);
        match self {
            What::Documents(_) => true,
            What::Products => role == Role::Tax || is_among(PRODUCT),
            What::Customers => is_among(CUSTOMER),
        }
    }
}

/// The keys of customers, and the columns that they are read from.
const CUSTOMER: &[(&str, Role)] = &[
    ("id", Role::CustomerId),
    ("name", Role::Customer),
    ("email", Role::Email),
    ("street", Role::Street),
    ("postcode", Role::Postcode),
    ("city", Role::City),
    ("country", Role::Country),
];

/// Those of products, beside their taxes.
const PRODUCT: &[(&str, Role)] = &[("id", Role::Sku), ("name", Role::Label), ("price", Role::Price)];

/// What names documents.
const NUMBER: &[Role] = &[Role::Invoice, Role::Order];

/// What documents cannot do without: the keys of the map, and the columns of which one has to be there.
const NEEDED: &[(&str, &[Role])] = &[
    ("group and id", NUMBER),
    ("customer", &[Role::Customer, Role::Email]),
    ("product", &[Role::Sku, Role::Label]),
    ("quantity", &[Role::Quantity]),
    ("price", &[Role::Price]),
];

/// A map that a file suggests.
#[derive(Debug)]
pub struct Suggested {
    pub text: String,
    /// What the file is read as, and what is not read of it.
    pub read_as: Warning,
    /// What is not told, and goes without.
    pub untold: Vec<Warning>,
    /// That the map is to be filled in, where the header does not say all that is needed.
    pub unfinished: Option<Warning>,
    /// Why the map cannot be used as it is then.
    refusal: Option<Error>,
}

impl Suggested {
    /// The map that comes with the program, for a file of that layout.
    fn known(name: &str, map: &str, text: &str) -> Suggested {
        Suggested {
            text: format!("# {name} has the layout of the map {map}: --map {map} reads it as well.\n{text}"),
            read_as: read_as(format!("read as the map {map} does")),
            untold: Vec::new(),
            unfinished: None,
            refusal: None,
        }
    }

    /// The same where it can be used as it is.
    pub fn usable(mut self) -> Result<Suggested> {
        match self.refusal.take() {
            Some(refusal) => Err(refusal),
            None => Ok(self),
        }
    }
}

/// What to type where a sheet cannot be read as it is.
fn hint(name: &str) -> String {
    let file = if name == STANDARD_INPUT { "-".to_owned() } else { shell_word(name) };
    format!("aftersales import {file} --suggest-map")
}

fn read_as(message: String) -> Warning {
    Warning { code: "read_as".into(), message }
}

/// A map that reads the file, as far as its header tells how; as it is told, and as it reads.
pub fn map(name: &str, start: &[u8]) -> Result<(Suggested, Map)> {
    let start = Start::read(start).map_err(|error| unreadable(name, &error))?;
    if let Some((map, text)) = known(&start.names) {
        return Ok((Suggested::known(name, &map.name, text), Map { name: SPREADSHEET.to_owned(), ..map }));
    }
    let roles = start.roles();
    Known { start: &start, roles: &roles }.suggested(name)
}

/// The map that comes with the program of which a header has all that it needs, and its text.
pub fn known(names: &[String]) -> Option<(Map, &'static str)> {
    let has_all =
        |map: &Map| map.columns.iter().filter(|column| !column.optional).all(|column| names.contains(&column.name));
    let mut maps = BUILT_IN.iter().filter_map(|(name, text)| Some((Map::parse(name, text).ok()?, *text)));
    maps.find(|(map, _)| has_all(map))
}

impl Start {
    fn read(bytes: &[u8]) -> std::io::Result<Start> {
        let mut frame = Frame::open(Cursor::new(bytes), frame::Known::NOTHING)?;
        let texts = |cells: &ByteRecord| Encoding::Seen.texts(cells).unwrap_or_default();
        let (names, separator) = (texts(&frame.header), frame.separator);
        let (mut rows, mut row) = (Vec::new(), ByteRecord::new());
        while rows.len() < ROWS && frame.next(&mut row).map_err(std::io::Error::other)?.is_some() {
            rows.push(texts(&row));
        }
        Ok(Start { names, separator, rows })
    }

    /// What each column is.
    fn roles(&self) -> Vec<Option<Role>> {
        let names: Vec<String> = self.names.iter().map(|name| letters_and_digits(name)).collect();
        let mut roles: Vec<Option<Role>> = vec![None; names.len()];
        for (role, known) in NAMES {
            let found = known.iter().find_map(|known| names.iter().position(|name| name == known));
            if let Some(slot) = found.and_then(|at| roles.get_mut(at))
                && slot.is_none()
            {
                *slot = Some(*role);
            }
        }
        // The name of what has a SKU, and belongs to no document, is that of the article.
        let has = |role: Role| roles.contains(&Some(role));
        let is_list =
            has(Role::Sku) && !has(Role::Label) && ![Role::Invoice, Role::Order, Role::Email].into_iter().any(has);
        let named = names.iter().position(|name| name == "name" || name == "nom").filter(|_| is_list);
        if let Some(slot) = named.and_then(|at| roles.get_mut(at)).filter(|slot| **slot == Some(Role::Customer)) {
            *slot = Some(Role::Label);
        }
        roles
    }

    fn cells(&self, at: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().filter_map(move |row| row.get(at)).map(String::as_str).filter(|cell| !cell.is_empty())
    }
}

/// A text as TOML has it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => drop(write!(quoted, "\\u{:04X}", u32::from(letter))),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// What is known of a file.
struct Known<'t> {
    start: &'t Start,
    roles: &'t [Option<Role>],
}

impl Known<'_> {
    fn at(&self, role: Role) -> Option<usize> {
        self.roles.iter().position(|known| *known == Some(role))
    }

    /// The name of the column of that role, as TOML has it.
    fn column(&self, role: Role) -> Option<String> {
        self.at(role).and_then(|at| self.start.names.get(at)).map(|name| quoted(name))
    }

    /// `key = "Column"`, a line for each of these that there is.
    fn keys(&self, keys: &[(&str, Role)]) -> String {
        keys.iter().filter_map(|(key, role)| Some(format!("{key} = {}\n", self.column(*role)?))).collect()
    }

    /// The first of these roles that says something.
    fn first_of(&self, key: &str, roles: &[Role]) -> Option<String> {
        let columns: Vec<String> = roles.iter().filter_map(|role| self.column(*role)).collect();
        match columns.as_slice() {
            [] => None,
            [column] => Some(format!("{key} = {column}\n")),
            columns => Some(format!("{key} = {{ columns = [{}] }}\n", columns.join(", "))),
        }
    }

    fn has(&self, role: Role) -> bool {
        self.at(role).is_some()
    }

    /// What the file is read as: a column that names documents says that it has some, and so do quantities beside
    /// customers.
    fn what(&self) -> Option<What> {
        let has = |role: Role| self.has(role);
        let sells = has(Role::Quantity) && (has(Role::Customer) || has(Role::Email) || has(Role::CustomerId));
        if has(Role::Invoice) {
            return Some(What::Documents(Role::Invoice));
        }
        if has(Role::Order) || sells {
            return Some(What::Documents(Role::Order));
        }
        if has(Role::Sku) && (has(Role::Label) || has(Role::Price)) {
            return Some(What::Products);
        }
        (has(Role::Email) || has(Role::Customer)).then_some(What::Customers)
    }

    fn suggested(&self, name: &str) -> Result<(Suggested, Map)> {
        let what = self.what();
        // What is nothing that is known may be orders.
        let read = what.unwrap_or(What::Documents(Role::Order));
        let lacks = |roles: &[Role]| !roles.iter().any(|role| self.has(*role));
        let lacking: Vec<_> = match read {
            What::Products | What::Customers => Vec::new(),
            What::Documents(_) => NEEDED.iter().filter(|(_, roles)| lacks(roles)).collect(),
        };
        let keys = lacking.iter().map(|(keys, _)| *keys).collect::<Vec<_>>().join(", ");
        let (group, body) = match read {
            What::Products => (None, self.product("always")),
            What::Customers => (None, self.customer()),
            What::Documents(number) => (Some(number), self.documents(number)),
        };
        let mut text = format!("{}{body}", self.head(name, group, &keys));
        let map = Map::parse(SPREADSHEET, &text)?;
        let unread = self.unread(&map, read);
        if !unread.is_empty() {
            text.push_str(&format!("\n# Not read: {unread}\n"));
        }
        let mut told = format!("read as {}", read.word());
        if !unread.is_empty() {
            told.push_str(&format!("; not read: {unread}"));
        }
        let unfinished = (!lacking.is_empty()).then(|| {
            let message = format!(
                "the map is to be filled in, since the header of {name} does not tell: {keys}; aftersales import --kinds says \
                 what the keys mean"
            );
            Warning { code: "map_unfinished".into(), message }
        });
        let refusal = match what {
            None => Some(self.of_no_kind(name)),
            Some(what) => self.refusal(name, what, &lacking),
        };
        let untold = self.untold(what);
        Ok((Suggested { text, read_as: read_as(told), untold, unfinished, refusal }, map))
    }

    /// A file of which nothing is known.
    fn of_no_kind(&self, name: &str) -> Error {
        let message = format!(
            "{name} cannot be read as a sheet: of its columns {} none are known as those of orders, invoices, customers or \
             products",
            self.names()
        );
        report::fault("invalid_value", message, Some("file"), Some(name.to_owned()), Some(hint(name)))
    }

    /// What is missing of documents, each with the column that may be meant.
    fn refusal(&self, name: &str, what: What, lacking: &[&(&str, &[Role])]) -> Option<Error> {
        let mut faults = lacking.iter().map(|(_, roles)| {
            let headings: Vec<&str> = roles.iter().map(|role| role.heading()).collect();
            let message = format!(
                "{name} is read as {}, and no column is known as {}{}",
                what.word(),
                headings.join(" or "),
                self.may_be_meant(roles)
            );
            let mut error = report::fault("missing_field", message, headings.first().copied(), None, None);
            error.fault_mut().line = Some(1);
            error
        });
        let mut first = faults.next()?;
        let others = faults.map(|error| error.fault().clone()).collect();
        let fault = first.fault_mut();
        (fault.others, fault.hint) = (others, Some(hint(name)));
        Some(first)
    }

    /// What documents go without where no column tells it.
    fn untold(&self, what: Option<What>) -> Vec<Warning> {
        let Some(what @ What::Documents(_)) = what else {
            return Vec::new();
        };
        let mut untold = Vec::new();
        if !self.has(Role::Date) {
            let (word, meant) = (what.word(), self.may_be_meant(&[Role::Date]));
            let message = format!(
                "no column is known as Date, so that the {word} are dated the day they are first imported{meant}"
            );
            untold.push(Warning { code: "undated".into(), message });
        }
        if !self.has(Role::Tax) {
            let meant = self.may_be_meant(&[Role::Tax]);
            let message = format!("no column is known as VAT, so that new products and their lines bear no tax{meant}");
            untold.push(Warning { code: "untaxed".into(), message });
        }
        untold
    }

    /// The end of a sentence about columns that are missing: those that may be meant.
    fn may_be_meant(&self, roles: &[Role]) -> String {
        let mut meant: Vec<usize> = roles.iter().filter_map(|role| self.guessed(*role)).collect();
        meant.sort_unstable();
        let meant: Vec<String> =
            meant.iter().filter_map(|at| self.start.names.get(*at)).map(|name| quoted(name)).collect();
        if meant.is_empty() { String::new() } else { format!("; {} may be meant", meant.join(" and ")) }
    }

    fn names(&self) -> String {
        self.start.names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
    }

    /// `# key = "Column"` where no column is known as any of these: the one that may be meant, or a place to fill in.
    fn asked(&self, key: &str, meant: &[Role], unless: &[Role]) -> String {
        if unless.iter().any(|role| self.has(*role)) {
            return String::new();
        }
        let meant = meant.iter().find_map(|role| self.guessed(*role));
        let meant = meant.and_then(|at| self.start.names.get(at)).map(|name| quoted(name));
        format!("# {key} = {}\n", meant.unwrap_or_else(|| "\"?\"".to_owned()))
    }

    /// The column without a role that may be meant as that one.
    fn guessed(&self, role: Role) -> Option<usize> {
        let mut without = (0..self.start.names.len()).filter(|at| self.roles.get(*at) == Some(&None));
        without
            .clone()
            .find(|at| self.by_name(*at) == Some(role))
            .or_else(|| without.find(|at| self.by_name(*at).is_none() && self.by_content(*at) == Some(role)))
    }

    /// The roles that no column has; one that names documents is enough.
    fn open(&self) -> impl Iterator<Item = &(Role, &'static [&'static str])> {
        let is_numbered = NUMBER.iter().any(|role| self.has(*role));
        NAMES.iter().filter(move |(role, _)| !(self.has(*role) || is_numbered && NUMBER.contains(role)))
    }

    /// What a column may be by a name that is nearly known, has a known word in it, or is a part of one.
    fn by_name(&self, at: usize) -> Option<Role> {
        let name = self.start.names.get(at)?;
        let bare = letters_and_digits(name);
        let letters = |text: &str| text.chars().count();
        let of = |is: &dyn Fn(&str) -> bool| {
            self.open().find(|(_, known)| known.iter().any(|known| is(known))).map(|(role, _)| *role)
        };
        let near =
            nearest(&bare, self.open().flat_map(|(_, known)| known.iter().copied())).filter(|_| letters(&bare) > 3);
        let words: Vec<String> = name.split(|letter: char| !letter.is_alphanumeric()).map(letters_and_digits).collect();
        near.and_then(|near| of(&|known| known == near))
            .or_else(|| of(&|known| words.iter().any(|word| word == known)))
            .or_else(|| of(&|known| letters(known) > 4 && bare.contains(known)))
            .or_else(|| of(&|known| letters(&bare) > 3 && known.contains(&bare)))
    }

    /// What a column may be by what stands in it.
    fn by_content(&self, at: usize) -> Option<Role> {
        let all = |is: &dyn Fn(&str) -> bool| self.start.cells(at).all(is);
        self.start.cells(at).next()?;
        let decimal = self.decimal();
        // A unit may stand before a number, and so may letters of a name such as X1.
        let number = |cell: &str| {
            let bare = Some(cell).filter(|cell| !cell.starts_with(char::is_alphabetic));
            bare.and_then(|cell| cell::number(cell, decimal)).and_then(|plain| cell::scaled(&plain))
        };
        let few = |cell: &str| number(cell).is_some_and(|number| number % ONE == 0 && (0..=FEW).contains(&number));
        let role = if all(&|cell| cell.contains('@')) {
            Role::Email
        } else if all(&|cell| cell.ends_with('%')) {
            Role::Tax
        } else if self.days(at).1 > 0 {
            Role::Date
        } else if all(&few) && !self.has(Role::Quantity) {
            Role::Quantity
        } else if all(&|cell| number(cell).is_some()) {
            Role::Price
        } else {
            return None;
        };
        self.open().any(|(open, _)| *open == role).then_some(role)
    }

    fn head(&self, name: &str, group: Option<Role>, lacking: &str) -> String {
        let mut text = match lacking {
            "" => {
                format!("# A map for {name}, suggested by its header: look it over, then import the file with --map.\n")
            }
            lacking => format!(
                "# A map for {name} to be filled in, since its header does not tell: {lacking}.\n\
                 # Its columns: {}\n\
                 # Where a key has a # before it, say its column and take the # off.\n\
                 # What the keys mean: aftersales import --kinds\n",
                self.names()
            ),
        };
        if let Some(group) = group {
            match self.column(group) {
                Some(group) => text.push_str(&format!(
                    "group = {group}                # the rows of one document follow each other and name it\n"
                )),
                None => text.push_str(&self.asked("group", NUMBER, &[])),
            }
        }
        let separator =
            if self.start.separator == b'\t' { "tab".to_owned() } else { char::from(self.start.separator).to_string() };
        text.push_str(&format!("separator = {}\n", quoted(&separator)));
        text.push_str(&format!("decimal = {}\n", quoted(&self.decimal().to_string())));
        if let Some(at) = self.at(Role::Date).or_else(|| self.guessed(Role::Date).filter(|_| group.is_some())) {
            let (form, _, is_sure) = self.days(at);
            let remark = if is_sure { "" } else { "   # it might as well be the other way round: look at it" };
            text.push_str(&format!("days = [{}]{remark}\n", quoted(form)));
        }
        text
    }

    /// The decimal sign of the numbers that there are.
    fn decimal(&self) -> char {
        let of: Vec<usize> =
            [Role::Price, Role::Quantity, Role::Discount].into_iter().filter_map(|role| self.at(role)).collect();
        // Where no column is known as one of numbers, all are looked at.
        let of = if of.is_empty() { (0..self.start.names.len()).collect() } else { of };
        let cells = || of.iter().flat_map(|at| self.start.cells(*at));
        let reads = |decimal: char| cells().filter(|cell| cell::number(cell, decimal).is_some()).count();
        // A comma that could part thousands as well is one that parts cents where a semicolon parts the columns.
        let (point, comma) = (reads('.'), reads(','));
        if comma > point || (comma == point && self.start.separator == b';') { ',' } else { '.' }
    }

    /// The form of the days of a column, how many cells have it where all do, and whether no other form fits as well.
    fn days(&self, at: usize) -> (&'static str, usize, bool) {
        let Ok(zone) = "UTC".parse() else {
            return ("YYYY-MM-DD", 0, true);
        };
        let mut best: Vec<(usize, &'static str)> = FORMS
            .iter()
            .filter_map(|form| {
                let pattern = [Pattern::read(form)?];
                Some((self.start.cells(at).filter(|cell| cell::day(cell, &pattern, &zone).is_some()).count(), *form))
            })
            .collect();
        best.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let all = self.start.cells(at).count();
        match best.as_slice() {
            [(first, form), (second, _), ..] => {
                (form, if *first == all { all } else { 0 }, first > second || *first == 0)
            }
            _ => ("YYYY-MM-DD", 0, true),
        }
    }

    fn customer(&self) -> String {
        let keys = self.keys(CUSTOMER);
        let found_by = match self.at(Role::CustomerId) {
            Some(_) => "the number alone where a row tells one; where it tells none, by e-mail, without one by name",
            None => "e-mail, without one by name",
        };
        format!(
            "\n[[record]]\nkind = \"customer\"\nmake = \"missing\"               # found by {found_by}\n[record.keys]\n{keys}"
        )
    }

    fn product(&self, make: &str) -> String {
        let each = if make == "missing" { "each = \"row\"\n" } else { "" };
        let mut keys = self.keys(PRODUCT);
        if make == "missing" {
            keys.push_str(&self.asked("id", &[Role::Sku], &[Role::Sku, Role::Label]));
            keys.push_str(&self.asked("name", &[Role::Label], &[Role::Sku, Role::Label]));
            keys.push_str(&self.asked("price", &[Role::Price], &[Role::Price]));
            keys.push_str(&self.asked("taxes", &[Role::Tax], &[Role::Tax]));
        }
        keys.push_str(&self.taxes().unwrap_or_default());
        format!("\n[[record]]\nkind = \"product\"\nmake = \"{make}\"\n{each}[record.keys]\n{keys}")
    }

    /// The taxes; where numbers alone stand there, they are told to be percentages.
    fn taxes(&self) -> Option<String> {
        let (at, column) = (self.at(Role::Tax)?, self.column(Role::Tax)?);
        let bare = self.start.cells(at).next().is_some()
            && self
                .start
                .cells(at)
                .all(|cell| cell.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',')));
        let suffix = if bare { ", suffix = \"%\", split = \";\"" } else { ", split = \";\"" };
        Some(format!("taxes = {{ column = {column}, default = \"\"{suffix} }}\n"))
    }

    fn documents(&self, number: Role) -> String {
        const BUYER: &[Role] = &[Role::CustomerId, Role::Email, Role::Customer];
        const ARTICLE: &[Role] = &[Role::Sku, Role::Label];
        let mut text = self.customer();
        text.push_str(&self.asked("name", &[Role::Customer], &[Role::Customer, Role::Email]));
        text.push_str(&self.asked("email", &[Role::Email], &[Role::Customer, Role::Email]));
        text.push_str(&self.product("missing"));
        let kind = if number == Role::Invoice { "invoice" } else { "order" };
        text.push_str(&format!("\n[[record]]\nkind = \"{kind}\"\n[record.keys]\n"));
        text.push_str(&self.keys(&[("id", number)]));
        text.push_str(&self.asked("id", NUMBER, &[number]));
        text.push_str(&self.first_of("customer", BUYER).unwrap_or_default());
        text.push_str(&self.asked("customer", &[Role::Customer], BUYER));
        text.push_str(&self.keys(&[("date", Role::Date), ("currency", Role::Currency)]));
        text.push_str(&self.asked("date", &[Role::Date], &[Role::Date]));
        text.push_str(match kind {
            "invoice" => "state = { value = \"posted\" }        # or draft\n",
            _ => "state = { value = \"confirmed\" }     # or draft, or sent\n",
        });
        if kind == "invoice" {
            text.push_str(&self.keys(&[("due_date", Role::DueDate)]));
        }
        text.push_str("\n[[record.lines]]\n[record.lines.keys]\n");
        text.push_str(&self.first_of("product", ARTICLE).unwrap_or_default());
        text.push_str(&self.asked("product", &[Role::Sku], ARTICLE));
        text.push_str(&self.keys(&[("label", Role::Label), ("quantity", Role::Quantity), ("price", Role::Price)]));
        text.push_str(&self.asked("quantity", &[Role::Quantity], &[Role::Quantity]));
        text.push_str(&self.asked("price", &[Role::Price], &[Role::Price]));
        text.push_str(&self.keys(&[("discount", Role::Discount)]));
        text.push_str(&self.asked("taxes", &[Role::Tax], &[Role::Tax]));
        text.push_str(&self.taxes().unwrap_or_default());
        text
    }

    /// The columns that the map does not read, each with what it may be meant as where such a file is read for that.
    fn unread(&self, map: &Map, read: What) -> String {
        let is_read = |name: &String| map.columns.iter().any(|column| column.name == *name);
        let unread = self.start.names.iter().enumerate().filter(|(_, name)| !name.is_empty() && !is_read(name));
        let told = unread.map(|(at, name)| {
            let is_free = self.roles.get(at) == Some(&None);
            let meant = is_free.then(|| self.by_name(at).or_else(|| self.by_content(at))).flatten();
            let meant = meant.filter(|role| read.reads(*role));
            let meant = meant.map(|role| format!(" ({} may be meant)", role.heading())).unwrap_or_default();
            format!("{}{meant}", quoted(name))
        });
        told.collect::<Vec<_>>().join(", ")
    }
}
