//! A made-up shop of any size: customers, products with a tax, posted invoices of five lines, a ticket for each invoice. It
//! comes in as a user's would, through the program.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::Result;
use crate::measure::Call;

/// The moment at which everything happens.
pub const NOW: &str = "2026-11-23T10:00:00Z";

const PRODUCTS: usize = 50;
const LINES: usize = 5;
/// Invoices to a customer.
const PER_CUSTOMER: usize = 10;

/// A shop in a store of its own.
pub struct Shop {
    pub folder: PathBuf,
    pub store: PathBuf,
    program: PathBuf,
}

impl Shop {
    /// Makes a shop with that many invoices and tickets.
    pub fn make(program: &Path, folder: PathBuf, invoices: usize) -> Result<Shop> {
        std::fs::create_dir_all(&folder)?;
        let shop = Shop { store: folder.join("desk.db"), program: program.to_owned(), folder };
        shop.call().args(["init", "--currency", "EUR"]).run()?;
        let commands = shop.lines("shop.ndjson", commands(invoices))?;
        shop.call().args(["apply", "--quiet"]).arg(commands).run()?;
        Ok(shop)
    }

    /// The program at this shop, without words yet.
    pub fn call(&self) -> Call {
        self.call_at(&self.store)
    }

    /// The program at a copy of this shop.
    pub fn call_at(&self, store: &Path) -> Call {
        Call::new(&self.folder, &self.program).arg("--store").arg(store).args(["--now", NOW])
    }

    /// A copy of the store as it stands, under that name.
    pub fn copy(&self, name: &str) -> Result<PathBuf> {
        let copy = self.folder.join(name);
        for rest in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(self.folder.join(format!("{name}{rest}")));
        }
        std::fs::copy(&self.store, &copy)?;
        Ok(copy)
    }

    /// A file of lines in the shop's folder.
    pub fn lines(&self, name: &str, lines: impl Iterator<Item = Value>) -> Result<PathBuf> {
        let path = self.folder.join(name);
        let mut file = BufWriter::new(File::create(&path)?);
        for line in lines {
            writeln!(file, "{line}")?;
        }
        file.flush()?;
        Ok(path)
    }

    /// A file of refunds with keys: one unit of the first line of each of these invoices, posted at once.
    pub fn refunds(&self, name: &str, invoices: impl Iterator<Item = usize>) -> Result<PathBuf> {
        self.lines(
            name,
            invoices.map(|n| {
                json!({"command": "ticket refund", "ticket": id("T", n), "invoice": [format!("INV/2026/{n:05}")],
                       "line": ["1=1"], "post": true, "key": format!("recall-{n}")})
            }),
        )
    }
}

/// A generated id.
pub fn id(letter: &str, number: usize) -> String {
    format!("{letter}{number:05}")
}

fn commands(invoices: usize) -> impl Iterator<Item = Value> {
    let customers = invoices.div_ceil(PER_CUSTOMER);
    let base = [
        json!({"command": "tax create", "id": "VAT20", "rate": "20"}),
        json!({"command": "team create", "id": "Support", "service": ["refunds"]}),
    ];
    let products = (0..PRODUCTS).map(|n| {
        let price = format!("{}.50", 10 + n);
        json!({"command": "product create", "id": sku(n), "name": format!("Product {n}"), "price": price, "tax": ["VAT20"]})
    });
    let people = (1..=customers).map(|n| {
        json!({"command": "customer create", "name": format!("Customer {n}"), "email": format!("c{n}@example.org")})
    });
    let documents = (1..=invoices).flat_map(move |n| {
        let customer = id("C", n % customers + 1);
        let lines: Vec<String> = (0..LINES).map(|line| format!("{}={}", sku(n + 7 * line), line + 2)).collect();
        [
            json!({"command": "invoice create", "customer": customer, "line": lines, "date": "2026-11-02"}),
            json!({"command": "invoice post", "invoice": id("D", n)}),
            json!({"command": "ticket create", "team": "Support", "customer": customer, "subject": format!("Lamp {n} flickers")}),
        ]
    });
    base.into_iter().chain(products).chain(people).chain(documents)
}

fn sku(n: usize) -> String {
    format!("SKU{:03}", n % PRODUCTS)
}
