//! UBL 2.1, as Peppol BIS Billing 3 and XRechnung use it.

use super::xml::Xml;
use super::{DISCOUNT, DISCOUNT_CODE, LOT, PROCESS, specification, type_code};
use crate::domain::document::DocumentKind;
use crate::domain::einvoice::{Allowance, Breakdown, Cents, Contact, Delivery, EInvoice, Line, Payment, Subject};
use crate::domain::tax::TaxCategory;
use crate::domain::value::quantity::Percent;

const COMPONENTS: [(&str, &str); 2] = [
    ("xmlns:cac", "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"),
    ("xmlns:cbc", "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"),
];

/// An invoice, or a credit note, whose elements differ by name.
pub fn write(invoice: &EInvoice) -> Vec<u8> {
    let (root, namespace) = match invoice.kind {
        DocumentKind::Invoice => ("Invoice", "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"),
        DocumentKind::CreditNote => ("CreditNote", "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"),
    };
    let [aggregate, basic] = COMPONENTS;
    Xml::document(root, &[("xmlns", namespace), aggregate, basic], |xml| {
        head(xml, invoice);
        xml.within("cac:AccountingSupplierParty", |xml| party(xml, &invoice.seller, invoice.contact.as_ref()));
        xml.within("cac:AccountingCustomerParty", |xml| party(xml, &invoice.buyer, None));
        if let Some(delivery) = &invoice.delivery {
            xml.within("cac:Delivery", |xml| delivered(xml, delivery));
        }
        if let Some(payment) = &invoice.payment {
            xml.within("cac:PaymentMeans", |xml| payment_means(xml, payment));
        }
        if let Some(terms) = invoice.terms {
            xml.within("cac:PaymentTerms", |xml| xml.value("cbc:Note", terms));
        }
        for allowance in &invoice.allowances {
            xml.within("cac:AllowanceCharge", |xml| document_allowance(xml, invoice, allowance));
        }
        xml.within("cac:TaxTotal", |xml| taxes(xml, invoice));
        xml.within("cac:LegalMonetaryTotal", |xml| totals(xml, invoice));
        let name = match invoice.kind {
            DocumentKind::Invoice => "cac:InvoiceLine",
            DocumentKind::CreditNote => "cac:CreditNoteLine",
        };
        for each in &invoice.lines {
            xml.within(name, |xml| line(xml, invoice, each));
        }
    })
}

fn head(xml: &mut Xml, invoice: &EInvoice) {
    xml.value("cbc:CustomizationID", specification(invoice.form));
    xml.value("cbc:ProfileID", PROCESS);
    xml.value("cbc:ID", &invoice.number);
    xml.value("cbc:IssueDate", invoice.date);
    match invoice.kind {
        DocumentKind::Invoice => {
            xml.maybe("cbc:DueDate", invoice.due_date);
            xml.value("cbc:InvoiceTypeCode", type_code(invoice));
        }
        DocumentKind::CreditNote => xml.value("cbc:CreditNoteTypeCode", type_code(invoice)),
    }
    xml.maybe("cbc:Note", invoice.note.as_deref());
    xml.value("cbc:DocumentCurrencyCode", invoice.currency);
    xml.maybe("cbc:BuyerReference", invoice.buyer_reference.as_deref());
    // The seller's own order has a place here only beside the buyer's, which is not known.
    if let Some(preceding) = &invoice.preceding {
        xml.within("cac:BillingReference", |xml| {
            xml.within("cac:InvoiceDocumentReference", |xml| {
                xml.value("cbc:ID", &preceding.number);
                xml.value("cbc:IssueDate", preceding.date);
            });
        });
    }
}

fn party(xml: &mut Xml, party: &Subject, contact: Option<&Contact>) {
    xml.within("cac:Party", |xml| {
        if let Some(address) = &party.address {
            xml.value_with("cbc:EndpointID", &[("schemeID", address.scheme)], &address.id);
        }
        if let Some(id) = &party.id {
            xml.within("cac:PartyIdentification", |xml| xml.value("cbc:ID", id));
        }
        xml.within("cac:PartyName", |xml| xml.value("cbc:Name", &party.name));
        xml.within("cac:PostalAddress", |xml| {
            xml.maybe("cbc:StreetName", party.street.as_deref());
            place(xml, party.city.as_deref(), party.postcode.as_deref(), &party.country);
        });
        for (id, scheme) in [(&party.vat, "VAT"), (&party.tax_number, "TAX")] {
            if let Some(id) = id {
                xml.within("cac:PartyTaxScheme", |xml| {
                    xml.value("cbc:CompanyID", id);
                    xml.within("cac:TaxScheme", |xml| xml.value("cbc:ID", scheme));
                });
            }
        }
        xml.within("cac:PartyLegalEntity", |xml| {
            xml.value("cbc:RegistrationName", &party.name);
            if let Some(registration) = &party.registration {
                xml.value_with("cbc:CompanyID", &[("schemeID", registration.scheme)], &registration.id);
            }
        });
        if let Some(Contact { name, phone, email }) = contact {
            xml.within("cac:Contact", |xml| {
                xml.maybe("cbc:Name", name.as_deref());
                xml.maybe("cbc:Telephone", phone.as_deref());
                xml.maybe("cbc:ElectronicMail", email.as_deref());
            });
        }
    });
}

fn place(xml: &mut Xml, city: Option<&str>, postcode: Option<&str>, country: &str) {
    xml.maybe("cbc:CityName", city);
    xml.maybe("cbc:PostalZone", postcode);
    xml.within("cac:Country", |xml| xml.value("cbc:IdentificationCode", country));
}

fn delivered(xml: &mut Xml, delivery: &Delivery) {
    xml.value("cbc:ActualDeliveryDate", delivery.day);
    xml.within("cac:DeliveryLocation", |xml| {
        xml.within("cac:Address", |xml| {
            place(xml, delivery.city.as_deref(), delivery.postcode.as_deref(), &delivery.country);
        });
    });
}

fn payment_means(xml: &mut Xml, payment: &Payment) {
    xml.value("cbc:PaymentMeansCode", payment.means);
    xml.value("cbc:PaymentID", &payment.reference);
    if let Some(account) = &payment.account {
        xml.within("cac:PayeeFinancialAccount", |xml| {
            xml.value("cbc:ID", &account.iban);
            xml.value("cbc:Name", &account.name);
            if let Some(bic) = &account.bic {
                xml.within("cac:FinancialInstitutionBranch", |xml| xml.value("cbc:ID", bic));
            }
        });
    }
}

fn document_allowance(xml: &mut Xml, invoice: &EInvoice, allowance: &Allowance) {
    xml.value("cbc:ChargeIndicator", false);
    xml.value("cbc:AllowanceChargeReasonCode", DISCOUNT_CODE);
    xml.value("cbc:AllowanceChargeReason", &allowance.reason);
    amount(xml, invoice, "cbc:Amount", allowance.amount);
    xml.within("cac:TaxCategory", |xml| category(xml, allowance.category, allowance.rate));
}

/// A category with its rate; what is out of scope has none (BR-O-05).
fn category(xml: &mut Xml, category: TaxCategory, rate: Percent) {
    xml.value("cbc:ID", category);
    xml.maybe("cbc:Percent", Some(rate).filter(|_| category != TaxCategory::OutOfScope));
    tax_scheme(xml);
}

fn tax_scheme(xml: &mut Xml) {
    xml.within("cac:TaxScheme", |xml| xml.value("cbc:ID", "VAT"));
}

fn taxes(xml: &mut Xml, invoice: &EInvoice) {
    amount(xml, invoice, "cbc:TaxAmount", invoice.tax);
    for Breakdown { base, tax, category, rate, reason, code } in &invoice.breakdowns {
        xml.within("cac:TaxSubtotal", |xml| {
            amount(xml, invoice, "cbc:TaxableAmount", *base);
            amount(xml, invoice, "cbc:TaxAmount", *tax);
            xml.within("cac:TaxCategory", |xml| {
                xml.value("cbc:ID", category);
                xml.value("cbc:Percent", rate);
                xml.maybe("cbc:TaxExemptionReasonCode", *code);
                xml.maybe("cbc:TaxExemptionReason", reason.as_deref());
                tax_scheme(xml);
            });
        });
    }
}

fn totals(xml: &mut Xml, invoice: &EInvoice) {
    amount(xml, invoice, "cbc:LineExtensionAmount", invoice.lines_sum);
    amount(xml, invoice, "cbc:TaxExclusiveAmount", invoice.untaxed);
    amount(xml, invoice, "cbc:TaxInclusiveAmount", invoice.total);
    if !invoice.allowances.is_empty() {
        amount(xml, invoice, "cbc:AllowanceTotalAmount", invoice.allowances_sum);
    }
    if invoice.paid != Cents::default() {
        amount(xml, invoice, "cbc:PrepaidAmount", invoice.paid);
    }
    amount(xml, invoice, "cbc:PayableAmount", invoice.open);
}

fn line(xml: &mut Xml, invoice: &EInvoice, line: &Line) {
    let unit = [("unitCode", line.unit.code())];
    let quantity = match invoice.kind {
        DocumentKind::Invoice => "cbc:InvoicedQuantity",
        DocumentKind::CreditNote => "cbc:CreditedQuantity",
    };
    xml.value("cbc:ID", line.line);
    xml.value_with(quantity, &unit, line.price.quantity);
    amount(xml, invoice, "cbc:LineExtensionAmount", line.net);
    if let Some(discount) = line.price.discount {
        xml.within("cac:AllowanceCharge", |xml| {
            xml.value("cbc:ChargeIndicator", false);
            xml.value("cbc:AllowanceChargeReasonCode", DISCOUNT_CODE);
            xml.value("cbc:AllowanceChargeReason", DISCOUNT);
            xml.value("cbc:MultiplierFactorNumeric", discount.percent);
            amount(xml, invoice, "cbc:Amount", Cents(discount.amount));
            amount(xml, invoice, "cbc:BaseAmount", Cents(discount.of));
        });
    }
    xml.within("cac:Item", |xml| {
        xml.value("cbc:Name", &line.name);
        if let Some(product) = &line.product {
            xml.within("cac:SellersItemIdentification", |xml| xml.value("cbc:ID", product));
        }
        xml.within("cac:ClassifiedTaxCategory", |xml| category(xml, line.category, line.rate));
        if let Some(lot) = &line.lot {
            xml.within("cac:AdditionalItemProperty", |xml| {
                xml.value("cbc:Name", LOT);
                xml.value("cbc:Value", lot);
            });
        }
    });
    xml.within("cac:Price", |xml| {
        xml.value_with("cbc:PriceAmount", &[("currencyID", invoice.currency.code())], line.price.shown());
        if let Some(base) = line.price.base {
            xml.value_with("cbc:BaseQuantity", &unit, base);
        }
    });
}

fn amount(xml: &mut Xml, invoice: &EInvoice, name: &str, amount: Cents) {
    xml.value_with(name, &[("currencyID", invoice.currency.code())], amount);
}
