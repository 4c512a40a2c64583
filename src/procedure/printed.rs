//! Documents as they are printed: what a sheet tells is loaded here, and a sheet is made into HTML or PDF. A kind of document that is
//! added is a function here beside its file in `print`.

use std::collections::HashMap;
use std::sync::Arc;

use super::context::{Cx, Warning};
use super::mail::Going;
use crate::domain::document::Document;
use crate::domain::order::Order;
use crate::domain::party::{self, Party};
use crate::domain::product::Tracking;
use crate::domain::repair::Repair;
use crate::domain::task::Task;
use crate::domain::transfer::Transfer;
use crate::domain::value::reference::Reference;
use crate::domain::worksheet::Worksheet;
use crate::domain::{Refusal, Result};
use crate::print::pdf::fonts::Fonts;
use crate::print::pdf::{self, Attachment, Made, Pdf, PdfFault};
use crate::print::sheet::Sheet;
use crate::print::{Letterhead, Printing, document, order, repair, transfer, worksheet};
use crate::store;

/// How many characters are told that no font has.
const TOLD_MISSING: usize = 8;

/// A sheet, and the language that it is in.
pub struct Printed {
    pub sheet: Sheet,
    pub language: String,
}

/// A document as it is printed, in `language`, or else in its customer's, or else in the desk's.
pub fn of_document(cx: &Cx<'_>, given: &Document, language: Option<&str>) -> Result<Printed> {
    let products = given.lines.iter().filter_map(|line| Some((line.product.as_ref()?, line.lot.is_some())));
    let products = Products::of(cx, products)?;
    let party::Parties { seller, buyer } = store::party::of_document(cx.db, cx.desk, given)?;
    made(cx, (&seller, Some(&buyer)), language, &products, |printing| {
        Ok(document::sheet(printing, given, |id| products.tracking(id))?)
    })
}

/// An order as it is printed.
pub fn of_order(cx: &Cx<'_>, given: &Order, language: Option<&str>) -> Result<Printed> {
    let (seller, buyer) = of_now(cx, Some(&given.customer))?;
    made(cx, (&seller, buyer.as_ref()), language, &Products::default(), |printing| Ok(order::sheet(printing, given)?))
}

/// A transfer as it is printed.
pub fn of_transfer(cx: &Cx<'_>, given: &Transfer, language: Option<&str>) -> Result<Printed> {
    let products = Products::of(cx, given.lines.iter().map(|line| (&line.product, false)))?;
    let (seller, buyer) = of_now(cx, given.customer.as_ref())?;
    made(cx, (&seller, buyer.as_ref()), language, &products, |printing| Ok(transfer::sheet(printing, given)))
}

/// A repair as it is printed.
pub fn of_repair(cx: &Cx<'_>, given: &Repair, language: Option<&str>) -> Result<Printed> {
    let parts = given.parts.iter().map(|part| (&part.product, part.lot.is_some()));
    let labour = given.labour.iter().map(|labour| (&labour.product, false));
    let products = Products::of(cx, std::iter::once((&given.product, given.lot.is_some())).chain(parts).chain(labour))?;
    let (seller, buyer) = of_now(cx, given.customer.as_ref())?;
    made(cx, (&seller, buyer.as_ref()), language, &products, |printing| {
        Ok(repair::sheet(printing, given, |id| products.tracking(id)))
    })
}

/// A visit as it is printed: the report of its work, with the worksheet where it has one.
pub fn of_task(cx: &Cx<'_>, given: &Task, language: Option<&str>) -> Result<Printed> {
    let products = Products::of(cx, given.products.iter().map(|used| (&used.product, false)))?;
    let (seller, buyer) = of_now(cx, given.customer.as_ref())?;
    let sheet = given.worksheet.as_ref().map(|_| super::worksheet::of(cx, given)).transpose()?;
    let mut images: HashMap<String, Arc<Vec<u8>>> = HashMap::new();
    for file in sheet.iter().flat_map(Worksheet::images) {
        if let Some(bytes) = store::file::load(cx.db, file.key)? {
            images.insert(file.id.clone(), Arc::new(bytes));
        }
    }
    let visit = worksheet::Visit {
        task: given,
        worksheet: sheet.as_ref(),
        images: &|id| images.get(id).cloned(),
        clock: &|moment| cx.desk.timezone.shown(moment),
    };
    made(cx, (&seller, buyer.as_ref()), language, &products, |printing| Ok(worksheet::sheet(printing, &visit)))
}

/// The sheet as one page of HTML, by the template of its kind.
pub fn html(cx: &Cx<'_>, printed: &Printed) -> Result<String> {
    Ok(cx.templates.render(&format!("{}.html", printed.sheet.kind), &printed.language, &printed.sheet)?)
}

/// The sheet as PDF, made at the command's moment, with a file in it where one is to go along.
pub fn pdf(cx: &Cx<'_>, fonts: &mut Fonts, printed: &Printed, attachment: Option<&Attachment>) -> Result<Pdf> {
    Ok(pdf::pdf(fonts, &printed.sheet, &printed.language, made_at(cx), attachment)?)
}

/// The sheet as the PDF that goes along with a mail, named as the document's file is.
pub fn going_along(cx: &Cx<'_>, (number, id): (&str, &str), printed: &Printed) -> Result<Going> {
    let pdf = pdf(cx, &mut fonts(cx)?, printed, None)?;
    cx.warn_of(warnings(number, &pdf));
    Ok(Going { name: file_name(number, id, "pdf"), media_type: "application/pdf", bytes: pdf.bytes })
}

/// The name of a document's file: its number, in which `/` is `-`. Where that does not tell it from another number its id, which is
/// its own, stands behind it.
pub fn file_name(number: &str, id: &str, ending: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
    let is_told = number.chars().all(|c| plain(c) || c == '/') && !number.starts_with('.');
    let name: String = number.chars().map(|c| if plain(c) { c } else { '-' }).take(80).collect();
    let name = name.trim_start_matches('.');
    match is_told && number.len() <= 80 {
        true => format!("{name}.{ending}"),
        false => {
            use std::fmt::Write as _;
            let mut hexed = String::new();
            for byte in id.bytes().take(60) {
                let _ = match char::from(byte) {
                    c if c.is_ascii_alphanumeric() => write!(hexed, "{c}"),
                    _ => write!(hexed, "-{byte:02x}"),
                };
            }
            format!("{name}_{hexed}.{ending}")
        }
    }
}

/// What there is to say of a PDF beside it.
pub fn warnings(shown: &str, pdf: &Pdf) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if !pdf.missing.is_empty() {
        let told: Vec<String> =
            pdf.missing.iter().take(TOLD_MISSING).map(|c| format!("U+{:04X}", u32::from(*c))).collect();
        let more = pdf.missing.len().saturating_sub(told.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let message = format!("{shown}: no font has {}{more}", told.join(", "));
        warnings.push(Warning { code: "glyph_missing".into(), message });
    }
    if pdf.undrawn > 0 {
        let message = format!("{shown}: {} of its pictures could not be drawn", pdf.undrawn);
        warnings.push(Warning { code: "picture_undrawn".into(), message });
    }
    warnings
}

/// The fonts of the program and of the system.
pub fn fonts(cx: &Cx<'_>) -> Result<Fonts> {
    Ok(Fonts::new(cx.templates.home().map(ToOwned::to_owned))
        .ok_or_else(|| PdfFault("its fonts cannot be read".into()))?)
}

/// Seller and buyer as they are now, on what is posted nowhere.
fn of_now(cx: &Cx<'_>, customer: Option<&Reference>) -> Result<(Party, Option<Party>)> {
    let customer = customer.map(|customer| store::customer::by_key(cx.db, customer.key)).transpose()?;
    Ok((Party::from(cx.desk), customer.as_ref().map(Party::from)))
}

fn made(
    cx: &Cx<'_>,
    (seller, buyer): (&Party, Option<&Party>),
    language: Option<&str>,
    products: &Products,
    sheet: impl FnOnce(&Printing<'_>) -> Result<Sheet>,
) -> Result<Printed> {
    let of = |party: Option<&Party>| {
        party.and_then(|party| party.language.as_ref()).map(|language| language.tag().to_owned())
    };
    let language = language.map(str::to_owned).or_else(|| of(buyer)).or_else(|| of(Some(seller))).unwrap_or_default();
    let words = cx.templates.words(&language)?;
    let letterhead = Letterhead::of(&words, seller, buyer);
    let printing = Printing { words: &words, letterhead: &letterhead, products: &products.names };
    Ok(Printed { sheet: sheet(&printing)?, language: words.language().to_owned() })
}

fn made_at(cx: &Cx<'_>) -> Made {
    use chrono::{Datelike as _, Timelike as _};
    let now = cx.now.utc();
    let small = |number: u32| u8::try_from(number).unwrap_or_default();
    Made {
        year: u16::try_from(now.year()).unwrap_or_default(),
        month: small(now.month()),
        day: small(now.day()),
        hour: small(now.hour()),
        minute: small(now.minute()),
        second: small(now.second()),
    }
}

/// What is told of the products on a sheet.
#[derive(Default)]
struct Products {
    names: HashMap<String, String>,
    tracking: HashMap<String, Tracking>,
}

impl Products {
    /// The names of the products, and how those are tracked that have a lot on the sheet.
    fn of<'p>(cx: &Cx<'_>, products: impl Iterator<Item = (&'p Reference, bool)>) -> Result<Products> {
        let mut ids: Vec<String> = Vec::new();
        let mut tracking = HashMap::new();
        for (product, has_lot) in products {
            if has_lot && !tracking.contains_key(&product.id) {
                tracking.insert(product.id.clone(), store::product::by_key(cx.db, product.key)?.tracking);
            }
            ids.push(product.id.clone());
        }
        ids.sort_unstable();
        ids.dedup();
        let names = store::names::of(cx.db, "product", &ids)?.into_iter().collect();
        Ok(Products { names, tracking })
    }

    fn tracking(&self, id: &str) -> Tracking {
        self.tracking.get(id).copied().unwrap_or(Tracking::None)
    }
}

impl Refusal for PdfFault {
    fn code(&self) -> &'static str {
        "internal"
    }
}
