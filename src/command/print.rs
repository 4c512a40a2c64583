//! `print`: documents as people and machines read them, the same for every noun that is printed.

use std::marker::PhantomData;

use clap::{Arg, ArgAction, ArgMatches};

use super::pipeline::noun::{Noun, plural_of};
use super::pipeline::{Cx, Warning};
use crate::domain::common::{ValueRefused, words_of};
use crate::domain::desk::Right;
use crate::domain::document::{CreditNote, Document, Invoice};
use crate::domain::einvoice::Form;
use crate::domain::order::Order;
use crate::domain::repair::Repair;
use crate::domain::task::Task;
use crate::domain::transfer::Transfer;
use crate::domain::value::text::choices;
use crate::domain::worksheet::{OfTask, WorksheetRefused};
use crate::domain::{Allowed, Result};
use crate::print::pdf::Attachment;
use crate::print::pdf::fonts::Fonts;
use crate::procedure::look_up;
use crate::procedure::printed::{self, Printed};
use crate::procedure::task::appointment;
use crate::store::Db;
use crate::{print, procedure};

choices! {
    /// What a document is printed as.
    pub enum PrintFormat: "format" {
        Html = "html",
        Pdf = "pdf",
        /// An e-invoice for Peppol.
        Ubl = "ubl",
        /// An e-invoice as authorities of Germany want it.
        Xrechnung = "xrechnung",
        /// A PDF with an e-invoice in it.
        FacturX = "factur-x",
        Ics = "ics",
        /// What a page tells, for programs.
        Json = "json",
    }
}

impl PrintFormat {
    /// Whether it goes to standard output where no file is named.
    fn is_for_stdout(self) -> bool {
        matches!(self, PrintFormat::Html | PrintFormat::Ics | PrintFormat::Json)
    }

    /// The ending of its files.
    fn ending(self) -> &'static str {
        match self {
            PrintFormat::Html => "html",
            PrintFormat::Pdf | PrintFormat::FacturX => "pdf",
            PrintFormat::Ubl | PrintFormat::Xrechnung => "xml",
            PrintFormat::Ics => "ics",
            PrintFormat::Json => "json",
        }
    }
}

/// What an invoice or a credit note is printed as, the default first.
const DOCUMENT_FORMATS: &[PrintFormat] =
    &[PrintFormat::Html, PrintFormat::Pdf, PrintFormat::Ubl, PrintFormat::Xrechnung, PrintFormat::FacturX];

/// A kind of record that is printed.
pub trait Printable: Noun {
    /// What it is printed as, the default first.
    const FORMATS: &'static [PrintFormat] = &[PrintFormat::Html, PrintFormat::Pdf];
    /// The noun that lists what it is printed of.
    const LISTED_AS: &'static str = Self::NOUN;
    /// What people know it by: the number, or the id.
    fn shown_as(&self) -> String {
        self.id()
    }
    /// What names it among all of its kind.
    fn id(&self) -> String;
    /// What is printed of it, in that language.
    fn printed(&self, cx: &Cx<'_>, language: Option<&str>) -> Result<Printed>;
    /// It in a format that is none of those of all documents, with what there is to say beside it.
    fn other(
        &self,
        _cx: &Cx<'_>,
        _fonts: &mut Option<Fonts>,
        _format: PrintFormat,
        _language: Option<&str>,
    ) -> Result<(Vec<u8>, Vec<Warning>)> {
        Err(super::internal("a format that is not printed"))
    }
}

/// Prints what is a document: as a page, and as an e-invoice.
macro_rules! document {
    ($($kind:ty),*) => { $(
        impl Printable for $kind {
            const FORMATS: &'static [PrintFormat] = DOCUMENT_FORMATS;
            fn shown_as(&self) -> String {
                self.0.shown().to_owned()
            }
            fn id(&self) -> String {
                self.0.id.clone()
            }
            fn printed(&self, cx: &Cx<'_>, language: Option<&str>) -> Result<Printed> {
                printed::of_document(cx, &self.0, language)
            }
            fn other(
                &self,
                cx: &Cx<'_>,
                fonts: &mut Option<Fonts>,
                format: PrintFormat,
                language: Option<&str>,
            ) -> Result<(Vec<u8>, Vec<Warning>)> {
                e_invoice(cx, fonts, &self.0, format, language)
            }
        }
    )* };
}

document!(Invoice, CreditNote);

impl Printable for Order {
    fn id(&self) -> String {
        self.id.clone()
    }
    fn printed(&self, cx: &Cx<'_>, language: Option<&str>) -> Result<Printed> {
        printed::of_order(cx, self, language)
    }
}

impl Printable for Transfer {
    fn id(&self) -> String {
        self.id.clone()
    }
    fn printed(&self, cx: &Cx<'_>, language: Option<&str>) -> Result<Printed> {
        printed::of_transfer(cx, self, language)
    }
}

impl Printable for Repair {
    fn id(&self) -> String {
        self.id.clone()
    }
    fn printed(&self, cx: &Cx<'_>, language: Option<&str>) -> Result<Printed> {
        printed::of_repair(cx, self, language)
    }
}

/// The examples of e-invoices.
fn e_invoices(noun: &str) -> String {
    format!(
        "\n  aftersales {noun} print REF --format xrechnung --file e-invoice.xml\n  \
         aftersales {noun} print REF --format factur-x --file e-invoice.pdf"
    )
}

/// A document as an e-invoice: XML, or a PDF with the XML in it.
fn e_invoice(
    cx: &Cx<'_>,
    fonts: &mut Option<Fonts>,
    document: &Document,
    format: PrintFormat,
    language: Option<&str>,
) -> Result<(Vec<u8>, Vec<Warning>)> {
    let form = match format {
        PrintFormat::Ubl => Form::Ubl,
        PrintFormat::Xrechnung => Form::Xrechnung,
        PrintFormat::FacturX => Form::FacturX,
        PrintFormat::Html | PrintFormat::Pdf | PrintFormat::Ics | PrintFormat::Json => {
            return Err(super::internal("no form of an e-invoice"));
        }
    };
    let invoice = procedure::einvoice::einvoice(cx, document, form)?;
    if form != Form::FacturX {
        return Ok((print::einvoice::xml(&invoice), Vec::new()));
    }
    let attachment = print::einvoice::attachment(&invoice);
    pdf(cx, fonts, document.shown(), &printed::of_document(cx, document, language)?, Some(&attachment))
}

/// A PDF with what there is to say beside it; fonts are loaded for the first.
fn pdf(
    cx: &Cx<'_>,
    fonts: &mut Option<Fonts>,
    shown: &str,
    printed: &Printed,
    attachment: Option<&Attachment>,
) -> Result<(Vec<u8>, Vec<Warning>)> {
    let loaded = match fonts.take() {
        Some(fonts) => fonts,
        None => printed::fonts(cx)?,
    };
    let pdf = printed::pdf(cx, fonts.insert(loaded), printed, attachment)?;
    let warnings = printed::warnings(shown, &pdf);
    Ok((pdf.bytes, warnings))
}

impl Printable for Task {
    const FORMATS: &'static [PrintFormat] = &[PrintFormat::Html, PrintFormat::Pdf, PrintFormat::Ics];
    fn id(&self) -> String {
        self.id.clone()
    }
    fn printed(&self, cx: &Cx<'_>, language: Option<&str>) -> Result<Printed> {
        printed::of_task(cx, self, language)
    }
    fn other(
        &self,
        cx: &Cx<'_>,
        _: &mut Option<Fonts>,
        _: PrintFormat,
        _: Option<&str>,
    ) -> Result<(Vec<u8>, Vec<Warning>)> {
        Ok((appointment(cx, self)?.into_bytes(), Vec::new()))
    }
}

impl Printable for OfTask {
    const LISTED_AS: &'static str = "task";
    fn id(&self) -> String {
        self.0.id.clone()
    }
    fn printed(&self, cx: &Cx<'_>, language: Option<&str>) -> Result<Printed> {
        if self.0.worksheet.is_none() {
            return Err(WorksheetRefused::None { task: self.0.id.clone() }.into());
        }
        printed::of_task(cx, &self.0, language)
    }
}

/// A document that was printed.
pub struct Printout {
    /// The name of its file in a folder.
    pub name: String,
    pub bytes: Vec<u8>,
    pub warnings: Vec<Warning>,
}

/// What was asked of what is printed beside the references.
#[derive(Default)]
pub struct Asked {
    format: Option<String>,
    language: Option<String>,
    file: Option<String>,
    folder: Option<String>,
}

/// Where a print goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goes {
    ToStdout,
    /// To stdout as nobody reads it on a terminal.
    ToStdoutRaw,
    ToFile(String),
    ToFolder(String),
}

impl Asked {
    /// What the arguments of a print ask.
    pub fn of(matches: &ArgMatches) -> Asked {
        let one = |name: &str| matches.get_one::<String>(name).cloned();
        Asked { format: one("format"), language: one("language"), file: one("file"), folder: one("folder") }
    }

    /// One page, in that format and into that file.
    pub(super) fn one(format: Option<&str>, file: Option<&str>) -> Asked {
        Asked { format: format.map(str::to_owned), file: file.map(str::to_owned), ..Asked::default() }
    }

    /// The format among those that there are, HTML where none was named.
    pub(super) fn format(&self, formats: &[PrintFormat]) -> Result<PrintFormat> {
        let Some(given) = &self.format else {
            return Ok(PrintFormat::Html);
        };
        let found = formats.iter().find(|format| format.word() == given);
        found.copied().ok_or_else(|| {
            let allowed: Vec<String> = formats.iter().map(|format| format.word().to_owned()).collect();
            let message = format!("{given:?} is no format of a print; it is one of {}", allowed.join(", "));
            let allowed = Some(Allowed::Several(allowed));
            ValueRefused::Invalid { field: "format", given: given.clone(), message, allowed }.into()
        })
    }

    /// Where it goes; what is no page of HTML goes nowhere by itself, and several documents go into a folder.
    pub(super) fn goes(&self, format: PrintFormat, documents: usize) -> Result<Goes> {
        match (&self.file, &self.folder) {
            (Some(_), Some(folder)) => {
                let message = "a print goes to a file or into a folder, not to both";
                Err(ValueRefused::invalid("folder", folder, message).into())
            }
            (_, Some(folder)) => Ok(Goes::ToFolder(folder.clone())),
            (Some(file), None) if documents > 1 => {
                let message = format!("{documents} documents do not go into one file, but with --folder into a folder");
                Err(ValueRefused::invalid("file", file, message).into())
            }
            (None, None) if documents > 1 => Err(ValueRefused::missing("folder").into()),
            (Some(file), None) if file == "-" && format.is_for_stdout() => Ok(Goes::ToStdout),
            (Some(file), None) if file == "-" => Ok(Goes::ToStdoutRaw),
            (Some(file), None) => Ok(Goes::ToFile(file.clone())),
            (None, None) if format.is_for_stdout() => Ok(Goes::ToStdout),
            (None, None) => Err(ValueRefused::missing("file").into()),
        }
    }
}

/// `NOUN print REF…`.
pub struct Print<R>(PhantomData<R>);

/// Where printed documents are given to: first where they go, then one after the other.
pub trait Outlet {
    /// Takes where all of them go.
    fn open(&mut self, goes: Goes) -> Result<()>;
    /// Takes a document.
    fn take(&mut self, printout: Printout) -> Result<()>;
}

impl<R: Printable> Print<R> {
    /// The arguments of `print`.
    pub fn arguments(command: clap::Command) -> clap::Command {
        let one = |name: &'static str, value: &'static str, help: String| {
            Arg::new(name).long(name).value_name(value).help(help)
        };
        let formats: Vec<&str> = R::FORMATS.iter().map(|format| format.word()).collect();
        let formats = formats.join(", ");
        let what = words_of(R::KIND);
        command
            .about(format!("Print {}", plural_of(R::KIND)))
            .arg(
                Arg::new(R::KIND)
                    .value_name(R::KIND.to_uppercase())
                    .action(ArgAction::Append)
                    .num_args(1..)
                    .required(true)
                    .help("Ids, numbers or names; - reads them from standard input, one a line"),
            )
            .args([
                one("format", "FORMAT", format!("One of {formats} (default: html)")),
                one("file", "FILE", "The file to write, or - for standard output (default for html)".to_owned()),
                one("folder", "DIR", format!("Write each {what} into this folder, named by its number")),
                one("language", "TAG", "In this language, such as de (default: the customer's, else the desk's)".to_owned()),
            ])
            .after_help(format!(
                "HTML is one page with all that it needs in it. PDF is PDF/A-3 with its fonts in it, those that come with the program \
                 and, for what these lack, the system's Noto fonts. A file that is there already is replaced. Templates and words can \
                 be a site's own: see 'aftersales templates export --help'.\n\n\
                 Examples:\n  aftersales {0} print REF > page.html\n  aftersales {0} print REF --format pdf --file page.pdf\n  \
                 aftersales {2} list -o ids | aftersales {0} print - --format pdf --folder printed{1}",
                R::NOUN,
                if R::FORMATS.contains(&PrintFormat::Ubl) { e_invoices(R::NOUN) } else { String::new() },
                R::LISTED_AS
            ))
    }

    /// Prints what the references stand for. That all of them stand for something is known before the first is printed.
    pub fn run(asked: &Asked, references: &[String], cx: &Cx<'_>, outlet: &mut dyn Outlet) -> Result<()> {
        for given in references {
            look_up::bare::<R>(cx, R::KIND, given)?;
        }
        let format = asked.format(R::FORMATS)?;
        outlet.open(asked.goes(format, references.len())?)?;
        let language = asked.language.as_deref().filter(|language| !language.is_empty());
        let mut fonts = None;
        for given in references {
            let record: R = look_up::one(cx, R::KIND, given)?;
            let (bytes, warnings) = match format {
                PrintFormat::Html => (printed::html(cx, &record.printed(cx, language)?)?.into_bytes(), Vec::new()),
                PrintFormat::Pdf => pdf(cx, &mut fonts, &record.shown_as(), &record.printed(cx, language)?, None)?,
                other => record.other(cx, &mut fonts, other, language)?,
            };
            outlet.take(Printout {
                name: printed::file_name(&record.shown_as(), &record.id(), format.ending()),
                bytes,
                warnings,
            })?;
        }
        Ok(())
    }

    /// The right that reading it needs.
    pub const RIGHT: Right = R::RIGHT;

    /// Another right that opens what this very print reads: where it opens all that is printed.
    pub fn also_opened_by(db: &Db, references: &[String]) -> Result<Option<Right>> {
        let mut opened = None;
        for given in references {
            match R::also_opened_by(db, given)? {
                Some(right) if opened.is_none_or(|known| known == right) => opened = Some(right),
                _ => return Ok(None),
            }
        }
        Ok(opened)
    }
}
