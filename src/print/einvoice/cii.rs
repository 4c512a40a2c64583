//! CII, the Cross Industry Invoice of UN/CEFACT, as Factur-X uses it in its profile EN 16931.

use super::xml::Xml;
use super::{DISCOUNT, DISCOUNT_CODE, LOT, PROCESS, specification, type_code};
use crate::domain::einvoice::{Allowance, Breakdown, Cents, Contact, Delivery, EInvoice, Line, Payment, Subject};
use crate::domain::tax::TaxCategory;
use crate::domain::value::day::Day;
use crate::domain::value::quantity::Percent;

const NAMESPACES: [(&str, &str); 4] = [
    ("xmlns:rsm", "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"),
    ("xmlns:ram", "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"),
    ("xmlns:qdt", "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"),
    ("xmlns:udt", "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"),
];

/// An invoice, or a credit note, which is told apart by its code alone.
pub fn write(invoice: &EInvoice) -> Vec<u8> {
    Xml::document("rsm:CrossIndustryInvoice", &NAMESPACES, |xml| {
        xml.within("rsm:ExchangedDocumentContext", |xml| {
            xml.within("ram:BusinessProcessSpecifiedDocumentContextParameter", |xml| xml.value("ram:ID", PROCESS));
            xml.within("ram:GuidelineSpecifiedDocumentContextParameter", |xml| {
                xml.value("ram:ID", specification(invoice.form));
            });
        });
        xml.within("rsm:ExchangedDocument", |xml| {
            xml.value("ram:ID", &invoice.number);
            xml.value("ram:TypeCode", type_code(invoice));
            day(xml, "ram:IssueDateTime", "udt:DateTimeString", invoice.date);
            if let Some(note) = &invoice.note {
                xml.within("ram:IncludedNote", |xml| xml.value("ram:Content", note));
            }
        });
        xml.within("rsm:SupplyChainTradeTransaction", |xml| {
            for each in &invoice.lines {
                xml.within("ram:IncludedSupplyChainTradeLineItem", |xml| line(xml, each));
            }
            xml.within("ram:ApplicableHeaderTradeAgreement", |xml| agreement(xml, invoice));
            xml.within("ram:ApplicableHeaderTradeDelivery", |xml| {
                if let Some(delivery) = &invoice.delivery {
                    delivered(xml, delivery);
                }
            });
            xml.within("ram:ApplicableHeaderTradeSettlement", |xml| settlement(xml, invoice));
        });
    })
}

/// A day, in an element of that name.
fn day(xml: &mut Xml, name: &str, element: &str, day: Day) {
    xml.within(name, |xml| xml.value_with(element, &[("format", "102")], day.to_string().replace('-', "")));
}

fn line(xml: &mut Xml, line: &Line) {
    let unit = [("unitCode", line.unit.code())];
    xml.within("ram:AssociatedDocumentLineDocument", |xml| xml.value("ram:LineID", line.line));
    xml.within("ram:SpecifiedTradeProduct", |xml| {
        xml.maybe("ram:SellerAssignedID", line.product.as_deref());
        xml.value("ram:Name", &line.name);
        if let Some(lot) = &line.lot {
            xml.within("ram:ApplicableProductCharacteristic", |xml| {
                xml.value("ram:Description", LOT);
                xml.value("ram:Value", lot);
            });
        }
    });
    xml.within("ram:SpecifiedLineTradeAgreement", |xml| {
        xml.within("ram:NetPriceProductTradePrice", |xml| {
            xml.value("ram:ChargeAmount", line.price.shown());
            if let Some(base) = line.price.base {
                xml.value_with("ram:BasisQuantity", &unit, base);
            }
        });
    });
    xml.within("ram:SpecifiedLineTradeDelivery", |xml| {
        xml.value_with("ram:BilledQuantity", &unit, line.price.quantity);
    });
    xml.within("ram:SpecifiedLineTradeSettlement", |xml| {
        xml.within("ram:ApplicableTradeTax", |xml| category(xml, line.category, line.rate));
        if let Some(discount) = line.price.discount {
            xml.within("ram:SpecifiedTradeAllowanceCharge", |xml| {
                xml.within("ram:ChargeIndicator", |xml| xml.value("udt:Indicator", false));
                xml.value("ram:CalculationPercent", discount.percent);
                xml.value("ram:BasisAmount", Cents(discount.of));
                xml.value("ram:ActualAmount", Cents(discount.amount));
                xml.value("ram:ReasonCode", DISCOUNT_CODE);
                xml.value("ram:Reason", DISCOUNT);
            });
        }
        xml.within("ram:SpecifiedTradeSettlementLineMonetarySummation", |xml| {
            xml.value("ram:LineTotalAmount", line.net);
        });
    });
}

/// A category with its rate; what is out of scope has none (BR-O-05).
fn category(xml: &mut Xml, category: TaxCategory, rate: Percent) {
    xml.value("ram:TypeCode", "VAT");
    xml.value("ram:CategoryCode", category);
    xml.maybe("ram:RateApplicablePercent", Some(rate).filter(|_| category != TaxCategory::OutOfScope));
}

fn agreement(xml: &mut Xml, invoice: &EInvoice) {
    xml.maybe("ram:BuyerReference", invoice.buyer_reference.as_deref());
    xml.within("ram:SellerTradeParty", |xml| party(xml, &invoice.seller, invoice.contact.as_ref()));
    xml.within("ram:BuyerTradeParty", |xml| party(xml, &invoice.buyer, None));
    if let Some(order) = &invoice.order {
        xml.within("ram:SellerOrderReferencedDocument", |xml| xml.value("ram:IssuerAssignedID", order));
    }
}

fn party(xml: &mut Xml, party: &Subject, contact: Option<&Contact>) {
    xml.maybe("ram:ID", party.id.as_deref());
    xml.value("ram:Name", &party.name);
    if let Some(Contact { name, phone, email }) = contact {
        xml.within("ram:DefinedTradeContact", |xml| {
            xml.maybe("ram:PersonName", name.as_deref());
            if let Some(phone) = phone {
                xml.within("ram:TelephoneUniversalCommunication", |xml| xml.value("ram:CompleteNumber", phone));
            }
            if let Some(email) = email {
                xml.within("ram:EmailURIUniversalCommunication", |xml| xml.value("ram:URIID", email));
            }
        });
    }
    xml.within("ram:PostalTradeAddress", |xml| {
        xml.maybe("ram:PostcodeCode", party.postcode.as_deref());
        xml.maybe("ram:LineOne", party.street.as_deref());
        xml.maybe("ram:CityName", party.city.as_deref());
        xml.value("ram:CountryID", &party.country);
    });
    if let Some(address) = &party.address {
        xml.within("ram:URIUniversalCommunication", |xml| {
            xml.value_with("ram:URIID", &[("schemeID", address.scheme)], &address.id);
        });
    }
    for (id, scheme) in [(&party.vat, "VA"), (&party.tax_number, "FC")] {
        if let Some(id) = id {
            xml.within("ram:SpecifiedTaxRegistration", |xml| xml.value_with("ram:ID", &[("schemeID", scheme)], id));
        }
    }
}

fn delivered(xml: &mut Xml, delivery: &Delivery) {
    xml.within("ram:ShipToTradeParty", |xml| {
        xml.within("ram:PostalTradeAddress", |xml| {
            xml.maybe("ram:PostcodeCode", delivery.postcode.as_deref());
            xml.maybe("ram:CityName", delivery.city.as_deref());
            xml.value("ram:CountryID", &delivery.country);
        });
    });
    xml.within("ram:ActualDeliverySupplyChainEvent", |xml| {
        day(xml, "ram:OccurrenceDateTime", "udt:DateTimeString", delivery.day);
    });
}

fn settlement(xml: &mut Xml, invoice: &EInvoice) {
    xml.maybe("ram:PaymentReference", invoice.payment.as_ref().map(|payment| &payment.reference));
    xml.value("ram:InvoiceCurrencyCode", invoice.currency);
    if let Some(payment) = &invoice.payment {
        xml.within("ram:SpecifiedTradeSettlementPaymentMeans", |xml| payment_means(xml, payment));
    }
    for Breakdown { base, tax, category, rate, reason, code } in &invoice.breakdowns {
        xml.within("ram:ApplicableTradeTax", |xml| {
            xml.value("ram:CalculatedAmount", tax);
            xml.value("ram:TypeCode", "VAT");
            xml.maybe("ram:ExemptionReason", reason.as_deref());
            xml.value("ram:BasisAmount", base);
            xml.value("ram:CategoryCode", category);
            xml.maybe("ram:ExemptionReasonCode", *code);
            xml.value("ram:RateApplicablePercent", rate);
        });
    }
    for allowance in &invoice.allowances {
        xml.within("ram:SpecifiedTradeAllowanceCharge", |xml| document_allowance(xml, allowance));
    }
    if invoice.terms.is_some() || invoice.due_date.is_some() {
        xml.within("ram:SpecifiedTradePaymentTerms", |xml| {
            xml.maybe("ram:Description", invoice.terms);
            if let Some(due_date) = invoice.due_date {
                day(xml, "ram:DueDateDateTime", "udt:DateTimeString", due_date);
            }
        });
    }
    xml.within("ram:SpecifiedTradeSettlementHeaderMonetarySummation", |xml| totals(xml, invoice));
    if let Some(preceding) = &invoice.preceding {
        xml.within("ram:InvoiceReferencedDocument", |xml| {
            xml.value("ram:IssuerAssignedID", &preceding.number);
            day(xml, "ram:FormattedIssueDateTime", "qdt:DateTimeString", preceding.date);
        });
    }
}

fn payment_means(xml: &mut Xml, payment: &Payment) {
    xml.value("ram:TypeCode", payment.means);
    if let Some(account) = &payment.account {
        xml.within("ram:PayeePartyCreditorFinancialAccount", |xml| {
            xml.value("ram:IBANID", &account.iban);
            xml.value("ram:AccountName", &account.name);
        });
        if let Some(bic) = &account.bic {
            xml.within("ram:PayeeSpecifiedCreditorFinancialInstitution", |xml| xml.value("ram:BICID", bic));
        }
    }
}

fn document_allowance(xml: &mut Xml, allowance: &Allowance) {
    xml.within("ram:ChargeIndicator", |xml| xml.value("udt:Indicator", false));
    xml.value("ram:ActualAmount", allowance.amount);
    xml.value("ram:ReasonCode", DISCOUNT_CODE);
    xml.value("ram:Reason", &allowance.reason);
    xml.within("ram:CategoryTradeTax", |xml| category(xml, allowance.category, allowance.rate));
}

fn totals(xml: &mut Xml, invoice: &EInvoice) {
    xml.value("ram:LineTotalAmount", invoice.lines_sum);
    if !invoice.allowances.is_empty() {
        xml.value("ram:AllowanceTotalAmount", invoice.allowances_sum);
    }
    xml.value("ram:TaxBasisTotalAmount", invoice.untaxed);
    xml.value_with("ram:TaxTotalAmount", &[("currencyID", invoice.currency.code())], invoice.tax);
    xml.value("ram:GrandTotalAmount", invoice.total);
    if invoice.paid != Cents::default() {
        xml.value("ram:TotalPrepaidAmount", invoice.paid);
    }
    xml.value("ram:DuePayableAmount", invoice.open);
}
