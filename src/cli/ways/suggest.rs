//! A map suggested by a file: one that comes with the program where the header is that of its layout, else by what the columns are
//! called in the languages of the desk, and by what stands in the first rows.

use std::fmt::Write;
use std::io::Cursor;

use csv::ByteRecord;

use super::cell::{self, Encoding, Pattern};
use super::map::{BUILT_IN, Map};
use crate::cli::bulk::unreadable;
use crate::cli::csv_frame::{self as frame, Frame};
use crate::domain::Result;
use crate::domain::common::ValueRefused;
use crate::domain::value::text::letters_and_digits;

/// How many rows are looked at.
const ROWS: usize = 500;

/// What a column can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Order,
    Invoice,
    Date,
    DueDate,
    CustomerId,
    Customer,
    Email,
    Street,
    Postcode,
    City,
    Country,
    Sku,
    Label,
    Quantity,
    Price,
    Discount,
    Tax,
    Currency,
}

/// What columns are called, as letters and digits alone; what stands first is taken first.
const NAMES: &[(Role, &[&str])] = &[
    (
        Role::Order,
        &[
            "order",
            "ordernumber",
            "orderno",
            "orderid",
            "ordernr",
            "salesorder",
            "auftrag",
            "auftragsnummer",
            "auftragsnr",
            "auftragnr",
            "bestellung",
            "bestellnummer",
            "bestellnr",
            "commande",
            "numerodecommande",
            "nocommande",
        ],
    ),
    (
        Role::Invoice,
        &[
            "invoice",
            "invoicenumber",
            "invoiceno",
            "invoiceid",
            "invoicenr",
            "rechnung",
            "rechnungsnummer",
            "rechnungsnr",
            "rechnungnr",
            "facture",
            "numerodefacture",
            "nofacture",
        ],
    ),
    (
        Role::Date,
        &[
            "date",
            "orderdate",
            "invoicedate",
            "createdat",
            "day",
            "datum",
            "auftragsdatum",
            "bestelldatum",
            "rechnungsdatum",
            "datecommande",
            "datedefacture",
        ],
    ),
    (Role::DueDate, &["duedate", "due", "faelligam", "fälligam", "fällig", "fälligkeit", "echeance", "échéance"]),
    (
        Role::CustomerId,
        &[
            "customerid",
            "customernumber",
            "customerno",
            "customernr",
            "kundennummer",
            "kundennr",
            "kundenid",
            "numeroclient",
            "noclient",
        ],
    ),
    (
        Role::Customer,
        &[
            "customer",
            "customername",
            "client",
            "buyer",
            "kunde",
            "kundenname",
            "name",
            "company",
            "firma",
            "nom",
            "société",
        ],
    ),
    (Role::Email, &["email", "emailaddress", "mail", "customeremail", "emailadresse", "courriel", "adresseemail"]),
    (Role::Street, &["street", "address", "address1", "strasse", "straße", "adresse", "rue"]),
    (Role::Postcode, &["postcode", "postalcode", "zip", "zipcode", "plz", "postleitzahl", "codepostal"]),
    (Role::City, &["city", "town", "ort", "stadt", "ville"]),
    (Role::Country, &["country", "countrycode", "land", "pays"]),
    (
        Role::Sku,
        &[
            "sku",
            "article",
            "articlenumber",
            "articleno",
            "item",
            "itemnumber",
            "itemno",
            "itemid",
            "product",
            "productid",
            "productcode",
            "artikel",
            "artikelnummer",
            "artikelnr",
            "artnr",
            "produkt",
            "produit",
            "codeproduit",
            "reference",
            "référence",
        ],
    ),
    (
        Role::Label,
        &[
            "description",
            "label",
            "title",
            "productname",
            "itemname",
            "bezeichnung",
            "artikelbezeichnung",
            "beschreibung",
            "produktname",
            "désignation",
            "designation",
            "libellé",
            "libelle",
        ],
    ),
    (
        Role::Quantity,
        &["quantity", "qty", "amountordered", "menge", "anzahl", "stück", "stk", "quantité", "quantite", "qté"],
    ),
    (
        Role::Price,
        &[
            "price",
            "unitprice",
            "priceeach",
            "preis",
            "einzelpreis",
            "stückpreis",
            "nettopreis",
            "prix",
            "prixunitaire",
        ],
    ),
    (Role::Discount, &["discount", "discountpercent", "rabatt", "rabattprozent", "remise"]),
    (
        Role::Tax,
        &[
            "tax",
            "taxes",
            "vat",
            "taxrate",
            "vatrate",
            "mwst",
            "mwstsatz",
            "ust",
            "mehrwertsteuer",
            "umsatzsteuer",
            "steuer",
            "steuersatz",
            "tva",
            "tauxtva",
        ],
    ),
    (Role::Currency, &["currency", "currencycode", "währung", "waehrung", "devise", "monnaie"]),
];

/// The forms of days that are tried, the surer first.
const FORMS: &[&str] =
    &["YYYY-MM-DD", "DD.MM.YYYY", "DD.MM.YY", "YYYY/MM/DD", "DD/MM/YYYY", "MM/DD/YYYY", "DD-MM-YYYY"];

/// What a file begins with.
struct Start {
    names: Vec<String>,
    separator: u8,
    rows: Vec<Vec<String>>,
}

/// The text of a map that reads the file.
pub fn map(name: &str, start: &[u8]) -> Result<String> {
    let start = Start::read(start).map_err(|error| unreadable(name, &error))?;
    if let Some((Map { name: known, .. }, text)) = known(&start.names) {
        return Ok(format!("# {name} has the layout of the map {known}: --map {known} reads it as well.\n{text}"));
    }
    let roles = start.roles();
    let told = Known { start: &start, roles: &roles };
    match told.text(name) {
        Some(text) => Ok(text),
        None => {
            let columns = start.names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
            let message = format!(
                "no map can be suggested for {name}: of its columns {columns} none are known as those of orders, invoices, customers or products"
            );
            Err(ValueRefused::invalid("file", name, message).into())
        }
    }
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

    fn text(&self, name: &str) -> Option<String> {
        let has = |role: Role| self.at(role).is_some();
        let sells = has(Role::Quantity) && has(Role::Price) && (has(Role::Sku) || has(Role::Label));
        let number = if has(Role::Invoice) { Role::Invoice } else { Role::Order };
        if sells && has(number) && (has(Role::Customer) || has(Role::Email)) {
            return Some(format!("{}{}", self.head(name, Some(number)), self.documents(number)));
        }
        if has(Role::Sku) && (has(Role::Label) || has(Role::Price)) {
            return Some(format!("{}{}{}", self.head(name, None), self.product("always"), self.rest()));
        }
        if has(Role::Email) || has(Role::Customer) {
            return Some(format!("{}{}{}", self.head(name, None), self.customer(), self.rest()));
        }
        None
    }

    fn head(&self, name: &str, group: Option<Role>) -> String {
        let mut text =
            format!("# A map for {name}, suggested by its header: look it over, then import the file with --map.\n");
        if let Some(group) = group.and_then(|group| self.column(group)) {
            text.push_str(&format!(
                "group = {group}                # the rows of one document follow each other and name it\n"
            ));
        }
        let separator =
            if self.start.separator == b'\t' { "tab".to_owned() } else { char::from(self.start.separator).to_string() };
        text.push_str(&format!("separator = {}\n", quoted(&separator)));
        text.push_str(&format!("decimal = {}\n", quoted(&self.decimal().to_string())));
        if let Some(at) = self.at(Role::Date) {
            let (form, is_sure) = self.days(at);
            let remark = if is_sure { "" } else { "   # it might as well be the other way round: look at it" };
            text.push_str(&format!("days = [{}]{remark}\n", quoted(form)));
        }
        text
    }

    /// The decimal sign of the numbers that there are.
    fn decimal(&self) -> char {
        let of = [Role::Price, Role::Quantity, Role::Discount];
        let cells = || of.iter().filter_map(|role| self.at(*role)).flat_map(|at| self.start.cells(at));
        let reads = |decimal: char| cells().filter(|cell| cell::number(cell, decimal).is_some()).count();
        // A comma that could part thousands as well is one that parts cents where a semicolon parts the columns.
        let (point, comma) = (reads('.'), reads(','));
        if comma > point || (comma == point && self.start.separator == b';') { ',' } else { '.' }
    }

    /// The form of the days of a column, and whether no other fits as well.
    fn days(&self, at: usize) -> (&'static str, bool) {
        let Ok(zone) = "UTC".parse() else {
            return ("YYYY-MM-DD", true);
        };
        let mut best: Vec<(usize, &'static str)> = FORMS
            .iter()
            .filter_map(|form| {
                let pattern = [Pattern::read(form)?];
                Some((self.start.cells(at).filter(|cell| cell::day(cell, &pattern, &zone).is_some()).count(), *form))
            })
            .collect();
        best.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        match best.as_slice() {
            [(first, form), (second, _), ..] => (form, first > second || *first == 0),
            _ => ("YYYY-MM-DD", true),
        }
    }

    fn customer(&self) -> String {
        let keys = self.keys(&[
            ("id", Role::CustomerId),
            ("name", Role::Customer),
            ("email", Role::Email),
            ("street", Role::Street),
            ("postcode", Role::Postcode),
            ("city", Role::City),
            ("country", Role::Country),
        ]);
        let found_by = match self.at(Role::CustomerId) {
            Some(_) => "its number, else by e-mail, without one by name",
            None => "e-mail, without one by name",
        };
        format!(
            "\n[[record]]\nkind = \"customer\"\nmake = \"missing\"               # found by {found_by}\n[record.keys]\n{keys}"
        )
    }

    fn product(&self, make: &str) -> String {
        let each = if make == "missing" { "each = \"row\"\n" } else { "" };
        let mut keys = self.keys(&[("id", Role::Sku), ("name", Role::Label), ("price", Role::Price)]);
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
        let mut text = self.customer() + &self.product("missing");
        let kind = if number == Role::Invoice { "invoice" } else { "order" };
        text.push_str(&format!("\n[[record]]\nkind = \"{kind}\"\n[record.keys]\n"));
        text.push_str(&self.keys(&[("id", number)]));
        text.push_str(&self.first_of("customer", &[Role::CustomerId, Role::Email, Role::Customer]).unwrap_or_default());
        text.push_str(&self.keys(&[("date", Role::Date), ("currency", Role::Currency)]));
        text.push_str(match kind {
            "invoice" => "state = { value = \"posted\" }        # or draft\n",
            _ => "state = { value = \"confirmed\" }     # or draft, or sent\n",
        });
        if kind == "invoice" {
            text.push_str(&self.keys(&[("due_date", Role::DueDate)]));
        }
        text.push_str("\n[[record.lines]]\n[record.lines.keys]\n");
        text.push_str(&self.first_of("product", &[Role::Sku, Role::Label]).unwrap_or_default());
        text.push_str(&self.keys(&[
            ("label", Role::Label),
            ("quantity", Role::Quantity),
            ("price", Role::Price),
            ("discount", Role::Discount),
        ]));
        text.push_str(&self.taxes().unwrap_or_default());
        text + &self.rest()
    }

    /// The columns that are not read.
    fn rest(&self) -> String {
        let names = self.start.names.iter().zip(self.roles);
        let rest: Vec<String> =
            names.filter(|(name, role)| role.is_none() && !name.is_empty()).map(|(name, _)| quoted(name)).collect();
        if rest.is_empty() { String::new() } else { format!("\n# Not read: {}\n", rest.join(", ")) }
    }
}
