//! E-invoices as XML: UBL for Peppol and XRechnung, CII for Factur-X. Which figure stands where is told in `docs/e-invoices.md`.

mod cii;
mod ubl;
mod xml;

use super::pdf::{Attachment, Extension};
use crate::domain::document::DocumentKind;
use crate::domain::einvoice::{EInvoice, Form};

/// The XML of an e-invoice, in the syntax of its form.
pub fn xml(invoice: &EInvoice) -> Vec<u8> {
    match invoice.form {
        Form::Ubl | Form::Xrechnung => ubl::write(invoice),
        Form::FacturX => cii::write(invoice),
    }
}

/// The namespace in which the metadata of a PDF say that it has an e-invoice in it.
const FACTUR_X: &str = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#";

/// What the metadata say, each with what describes it: the name, the value, and what it is.
const TOLD: [(&str, &str, &str); 4] = [
    ("DocumentType", "INVOICE", "The type of the document"),
    ("DocumentFileName", FILE, "The name of the file that is the e-invoice"),
    ("Version", "1.0", "The version of Factur-X"),
    ("ConformanceLevel", "EN 16931", "The profile of Factur-X"),
];

/// The file that a PDF has in it.
const FILE: &str = "factur-x.xml";

/// The XML as the file that goes along in its PDF: the same invoice in another form.
pub fn attachment(invoice: &EInvoice) -> Attachment {
    let values = TOLD.map(|(name, value, _)| format!("<fx:{name}>{value}</fx:{name}>")).concat();
    let properties = TOLD.map(|(name, _, what)| {
        format!(
            "<rdf:li rdf:parseType=\"Resource\"><pdfaProperty:name>{name}</pdfaProperty:name>\
             <pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>\
             <pdfaProperty:description>{what}</pdfaProperty:description></rdf:li>"
        )
    });
    Attachment {
        name: FILE.to_owned(),
        media_type: "text/xml",
        description: "Factur-X".to_owned(),
        bytes: xml(invoice),
        is_alternative: true,
        metadata: Some(Extension {
            descriptions: format!("<rdf:Description rdf:about=\"\" xmlns:fx=\"{FACTUR_X}\">{values}</rdf:Description>"),
            schema: format!(
                "<rdf:li rdf:parseType=\"Resource\"><pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>\
                 <pdfaSchema:namespaceURI>{FACTUR_X}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>\
                 <pdfaSchema:property><rdf:Seq>{}</rdf:Seq></pdfaSchema:property></rdf:li>",
                properties.concat()
            ),
        }),
    }
}

/// Which specification an e-invoice follows (BT-24).
fn specification(form: Form) -> &'static str {
    match form {
        Form::Ubl => "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
        Form::Xrechnung => "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
        Form::FacturX => "urn:cen.eu:en16931:2017",
    }
}

/// The process it is part of (BT-23): an invoice for what was ordered or not, by itself.
const PROCESS: &str = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0";

/// The kind of a document, of UNTDID 1001 (BT-3).
fn type_code(invoice: &EInvoice) -> &'static str {
    match invoice.kind {
        DocumentKind::Invoice => "380",
        DocumentKind::CreditNote => "381",
    }
}

/// The code of a discount, of UNTDID 5189 (BT-98, BT-140), and its reason on a line (BT-139).
const DISCOUNT_CODE: &str = "95";
const DISCOUNT: &str = "Discount";

/// What the attribute of a line is called that names its lot or serial number (BT-160).
const LOT: &str = "Lot or serial number";
