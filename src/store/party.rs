//! Who is on a document, and what its lines tell of products and taxes: as it was posted, or as it stands now (see `domain::party`).

use std::collections::HashMap;

use super::engine::record;
use super::{Db, Key, Result, customer};
use crate::domain::customer::Customer;
use crate::domain::desk::Desk;
use crate::domain::document::{Document, DocumentLine};
use crate::domain::line::LineTax;
use crate::domain::party::{
    Bic, Country, CustomerBefore, DeskBefore, Iban, Language, OneLine, Parties, Party, told_until,
};
use crate::domain::product::{Product, ProductBefore, Unit};
use crate::domain::tax::{Tax, TaxBefore, TaxOnLine};
use crate::{field_of_text, params, query, select};

field_of_text!(Bic, Country, Iban, Language, OneLine);

/// The seller and the buyer of a document.
pub fn of_document(db: &Db, desk: &Desk, document: &Document) -> Result<Parties> {
    let until = told_until(document);
    let behind = select!(DeskBefore, "t.desk = 1 AND t.until > $1", " ORDER BY t.key LIMIT 1");
    let seller = record::first::<DeskBefore>(db, behind, params![until])?;
    Ok(Parties { seller: seller.map_or_else(|| Party::from(desk), Party::from), buyer: buyer(db, document, until)? })
}

/// The buyer: the customer that a document was posted for, also where that was merged into another since. What was missing there is
/// completed by what that one goes on to say, as by an edit.
fn buyer(db: &Db, document: &Document, until: i64) -> Result<Party> {
    let posted_for = db.query_opt(
        query!([document], "SELECT COALESCE(posted_for, customer) FROM document WHERE key = $1"),
        params![document.key],
        |row| row.get::<Key>(0),
    )?;
    let customer = posted_for.unwrap_or(document.customer.key);
    let behind = select!(CustomerBefore, "t.customer = $1 AND t.until > $2", " ORDER BY t.key LIMIT 1");
    if let Some(before) = record::first::<CustomerBefore>(db, behind, params![customer, until])? {
        return Ok(Party::from(before));
    }
    let said = customer::by_key(db, customer)?;
    let party = Party::from(&said);
    match &said.merged_into {
        Some(into) => {
            let now = Party::from(&customer::by_key(db, into.key)?);
            Ok(if party.is_completed_by(&now) { now } else { party })
        }
        None => Ok(party),
    }
}

/// What the lines of a document tell of their products and taxes beside what stands on them.
#[derive(Debug, Default)]
pub struct OnLines {
    units: HashMap<Key, Unit>,
    taxes: HashMap<Key, TaxOnLine>,
}

impl OnLines {
    /// What the quantity of a line is counted in.
    pub fn unit(&self, line: &DocumentLine) -> Unit {
        let product = line.product.as_ref().and_then(|product| self.units.get(&product.key));
        product.cloned().unwrap_or_default()
    }

    /// What a tax of a line is, at the rate that the line bears it at.
    pub fn tax(&self, tax: &LineTax) -> TaxOnLine {
        match self.taxes.get(&tax.tax.key) {
            Some(told) => told.at(tax.rate),
            None => Tax::bare(tax.tax.key, String::new(), tax.rate, tax.included).on_line(),
        }
    }
}

/// What the stored lines of a document tell of their products and taxes.
pub fn on_lines(db: &Db, document: &Document) -> Result<OnLines> {
    let until = told_until(document);
    let mut told = OnLines::default();
    db.each(
        query!(
            [document_line, product, product_before],
            "SELECT p.key, COALESCE((SELECT b.unit FROM product_before b WHERE b.product = p.key AND b.until > $2
               ORDER BY b.key LIMIT 1), p.unit)
             FROM product p WHERE p.key IN (SELECT l.product FROM document_line l WHERE l.document = $1) ORDER BY p.key"
        ),
        params![document.key, until],
        |row| {
            told.units.insert(row.get(0)?, row.get(1)?);
            Ok(())
        },
    )?;
    db.each(
        query!(
            [document_line, document_line_tax, tax, tax_before],
            "SELECT t.key, COALESCE(b.category, t.category, CASE WHEN t.rate = 0 THEN 'Z' ELSE 'S' END),
               CASE WHEN b.key IS NULL THEN t.exemption ELSE b.exemption END
             FROM tax t LEFT JOIN tax_before b ON b.key =
               (SELECT MIN(c.key) FROM tax_before c WHERE c.tax = t.key AND c.until > $2)
             WHERE t.key IN (SELECT x.tax FROM document_line l JOIN document_line_tax x ON x.document_line = l.key
               WHERE l.document = $1) ORDER BY t.key"
        ),
        params![document.key, until],
        |row| {
            told.taxes.insert(row.get(0)?, TaxOnLine { category: row.get(1)?, exemption: row.get(2)? });
            Ok(())
        },
    )?;
    Ok(told)
}

/// Keeps what was said of the desk until that operation.
pub fn keep_desk(db: &Db, before: &Desk, until: i64) -> Result<()> {
    let details = before.details.clone();
    let kept = DeskBefore {
        key: db.next_key()?,
        until,
        company: before.company.clone(),
        mail_from: before.mail_from.clone(),
        street: details.street,
        postcode: details.postcode,
        city: details.city,
        country: details.country,
        tax_id: details.tax_id,
        language: details.language,
        iban: details.iban,
        bic: details.bic,
        contact_name: details.contact_name,
        phone: details.phone,
    };
    record::insert_in(db, 1, &kept)
}

/// Keeps what was said of a customer until that operation.
pub fn keep_customer(db: &Db, before: &Customer, until: i64) -> Result<()> {
    let said = before.clone();
    let kept = CustomerBefore {
        key: db.next_key()?,
        until,
        name: said.name,
        email: said.email,
        street: said.street,
        postcode: said.postcode,
        city: said.city,
        country: said.country,
        tax_id: said.tax_id,
        language: said.language,
        buyer_reference: said.buyer_reference,
    };
    record::insert_in(db, before.key, &kept)
}

/// Keeps what was said of a product until that operation.
pub fn keep_product(db: &Db, before: &Product, until: i64) -> Result<()> {
    let kept = ProductBefore { key: db.next_key()?, until, unit: before.unit.clone() };
    record::insert_in(db, before.key, &kept)
}

/// Keeps what was said of a tax until that operation.
pub fn keep_tax(db: &Db, before: &Tax, until: i64) -> Result<()> {
    let kept = TaxBefore { key: db.next_key()?, until, category: before.category, exemption: before.exemption.clone() };
    record::insert_in(db, before.key, &kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::DocumentState;
    use crate::domain::tax::TaxCategory;
    use crate::domain::value::money::{Currency, Money};
    use crate::domain::value::reference::Reference;
    use crate::store::engine::address::Address;
    use crate::store::{desk, document};

    /// A desk whose company moved in operation 5, with an invoice of a customer who moved in 3 and 7, on which stands a product whose
    /// unit changed in 4 and a tax that became another in 6.
    fn moved(db: &Db) {
        db.begin_write().unwrap();
        db.migrate_from(0).unwrap();
        for sql in [
            "INSERT INTO currency (code, digits) VALUES ('EUR', 2);",
            "INSERT INTO desk (key, company, currency, timezone, customers_may_close, plan, created_at, city)
             VALUES (1, 'Lamps', 'EUR', 'UTC', 0, 'standard', '2026-11-23T10:00:00Z', 'Rome');",
            "INSERT INTO desk_before (key, desk, until, company, city) VALUES (90, 1, 5, 'Lamps', 'Bonn');",
            "INSERT INTO journal (key, id, name, type, active) VALUES (2, 'INV', 'Invoices', 'sale', 1);",
            "INSERT INTO customer (key, id, name, city) VALUES (3, 'C00001', 'Ada', 'Paris');",
            "INSERT INTO customer_before (key, customer, until, name, city) VALUES (91, 3, 3, 'Ada', 'York'), (92, 3, 7, 'Ada', 'Lyon');",
            "INSERT INTO product (key, id, name, price, type, tracking, unit) VALUES (4, 'PAINT', 'Paint', 0, 'goods', 'none', 'LTR');",
            "INSERT INTO product_before (key, product, until, unit) VALUES (93, 4, 4, 'C62');",
            "INSERT INTO tax (key, id, rate, included, category, exemption) VALUES (5, 'EU', 0, 0, 'AE', 'Owed by you');",
            "INSERT INTO tax_before (key, tax, until, category, exemption) VALUES (94, 5, 6, 'K', NULL);",
            "INSERT INTO document (key, id, kind, state, journal, customer, date, currency, untaxed, tax, total, open, replaces, allow_excess)
             VALUES (6, 'D00001', 'invoice', 'draft', 2, 3, '2026-11-23', 'EUR', 0, 0, 0, 0, 0, 0);",
            "INSERT INTO document_line (key, document, line, product, label, quantity, price, discount, untaxed, tax, total, goods,
               credited, value_credited) VALUES (7, 6, 1, 4, 'Paint', 1000000, 0, 0, 0, 0, 0, 0, 0, 0);",
            "INSERT INTO document_line_tax (document_line, position, tax, rate, included, amount, credited, value_credited)
             VALUES (7, 1, 5, 0, 0, 0, 0, 0);",
        ] {
            db.run_script(sql).unwrap();
        }
    }

    #[test]
    fn a_document_tells_what_stood_when_it_was_posted() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::create(&Address::File(folder.path().join("desk.db"))).unwrap();
        moved(&db);
        let desk = desk::load(&db).unwrap();
        let mut invoice = document::by_key(&db, 6).unwrap();
        document::load_lines(&db, &mut invoice).unwrap();
        for (posted_in, seller, buyer, unit, category, exemption) in [
            (Some(2), "Bonn", "York", "C62", "K", None),
            (Some(3), "Bonn", "Lyon", "C62", "K", None),
            (Some(4), "Bonn", "Lyon", "LTR", "K", None),
            (Some(5), "Rome", "Lyon", "LTR", "K", None),
            (Some(6), "Rome", "Lyon", "LTR", "AE", Some("Owed by you")),
            (Some(7), "Rome", "Paris", "LTR", "AE", Some("Owed by you")),
            (Some(8), "Rome", "Paris", "LTR", "AE", Some("Owed by you")),
            // A draft, and what was posted before that was kept.
            (None, "Rome", "Paris", "LTR", "AE", Some("Owed by you")),
        ] {
            let state = if posted_in.is_some() { DocumentState::Posted } else { DocumentState::Draft };
            let told = Document { posted_in, state, ..invoice.clone() };
            let parties = of_document(&db, &desk, &told).unwrap();
            let city = |party: &Party| party.city.as_ref().map(ToString::to_string).unwrap_or_default();
            assert_eq!(
                (city(&parties.seller).as_str(), city(&parties.buyer).as_str()),
                (seller, buyer),
                "{posted_in:?}"
            );
            let lines = on_lines(&db, &told).unwrap();
            let (line, tax) = (&told.lines[0], &told.lines[0].priced.taxes[0]);
            assert_eq!(lines.unit(line).code(), unit, "{posted_in:?}");
            let tax = lines.tax(tax);
            assert_eq!((tax.category.word(), tax.exemption.as_ref().map(OneLine::as_str)), (category, exemption));
        }
        db.rollback().unwrap();
    }

    #[test]
    fn a_line_that_keeps_its_rate_is_of_the_category_of_that() {
        let told = OnLines {
            units: HashMap::new(),
            taxes: HashMap::from([(5, TaxOnLine { category: TaxCategory::Exempt, exemption: "x".parse().ok() })]),
        };
        let tax = |key: i64, rate: &str| {
            let (rate, amount) = (rate.parse().unwrap(), Money::zero(Currency::iso("EUR").unwrap()));
            let tax = Reference { key, id: "T".to_owned() };
            told.tax(&LineTax { tax, rate, included: false, amount }).category.word()
        };
        assert_eq!((tax(5, "0"), tax(5, "20"), tax(6, "0"), tax(6, "7")), ("E", "S", "Z", "S"));
    }
}
