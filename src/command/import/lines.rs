//! Lines of imported orders, invoices and credit notes: their terms as told, or as the product has them.

use std::rc::Rc;

use super::lookup::Lookup;
use crate::domain::common::{CurrencyMismatch, ValueRefused};
use crate::domain::line::{PricedLine, check_price, check_quantity};
use crate::domain::product::{Product, ProductType, UnitPrice, check_taxes};
use crate::domain::tax::Tax;
use crate::domain::value::money::Currency;
use crate::domain::value::quantity::{Percent, Price, Quantity};
use crate::domain::{Error, Result};
use crate::procedure::context::Cx;

/// The terms that a line may tell.
pub struct Terms<'l> {
    pub product: Option<&'l str>,
    pub label: Option<&'l str>,
    pub quantity: Option<Quantity>,
    pub price: Option<Price>,
    pub discount: Option<Percent>,
    pub taxes: Option<&'l [String]>,
}

/// A line, priced.
pub struct ImportedLine {
    pub product: Option<Rc<Product>>,
    pub label: String,
    pub priced: PricedLine,
}

impl Terms<'_> {
    /// The line in a document of that currency. One without a product is told whole: it has nothing to fall back on.
    pub fn told(&self, cx: &Cx<'_>, lookup: &mut Lookup, currency: Currency) -> Result<ImportedLine> {
        let product = self.product.map(|id| lookup.product(cx, id)).transpose()?;
        let taxes = self.taxes(cx, lookup, product.as_deref())?;
        let quantity = checked_quantity(self.quantity, product.as_deref())?;
        let price = self.checked_price(product.as_deref(), currency)?;
        let discount = checked_discount(self.discount)?;
        let label = match (self.label, &product) {
            (Some(label), _) if !label.is_empty() => label.to_owned(),
            (_, Some(product)) => product.name.clone(),
            (_, None) => return Err(ValueRefused::missing("label").into()),
        };
        let priced = PricedLine::compute(quantity, UnitPrice { price, currency }, discount, &taxes)?;
        Ok(ImportedLine { product, label, priced })
    }

    fn taxes(&self, cx: &Cx<'_>, lookup: &mut Lookup, product: Option<&Product>) -> Result<Vec<Tax>> {
        match (self.taxes, product) {
            (Some(ids), _) => {
                let taxes = ids.iter().map(|id| lookup.tax(cx, id)).collect::<Result<Vec<Tax>>>()?;
                check_taxes(&taxes, "taxes")?;
                Ok(taxes)
            }
            (None, Some(product)) => Ok(product.taxes.clone()),
            (None, None) => Ok(Vec::new()),
        }
    }

    fn checked_price(&self, product: Option<&Product>, currency: Currency) -> Result<Price> {
        match (self.price, product) {
            // A line that stands for no goods may take something off.
            (Some(price), None) => Ok(price),
            (Some(price), Some(product)) if product.kind == ProductType::Service => Ok(price),
            (Some(price), Some(_)) => check_price(price, "price").map(|()| price),
            (None, Some(product)) if product.price.currency == currency => Ok(product.price.price),
            (None, Some(product)) => Err(CurrencyMismatch {
                field: "price",
                what: format!("the price of {}", product.id),
                has: product.price.currency,
                wanted: currency,
                way_out: "; a price can be given with the line",
            }
            .into()),
            (None, None) => Err(ValueRefused::missing("price").into()),
        }
    }
}

/// The quantity of a line: there, above zero, and whole where pieces are numbered.
pub fn checked_quantity(quantity: Option<Quantity>, product: Option<&Product>) -> Result<Quantity> {
    let quantity = quantity.ok_or(ValueRefused::missing("quantity"))?;
    if quantity <= Quantity::ZERO {
        let message = format!("{quantity} is not a quantity above zero");
        return Err(ValueRefused::quantity("quantity", quantity, message).into());
    }
    if let Some(product) = product {
        check_quantity(product, quantity, "quantity")?;
    }
    Ok(quantity)
}

fn checked_discount(discount: Option<Percent>) -> Result<Percent> {
    let discount = discount.unwrap_or(Percent::ZERO);
    if !discount.is_discount() {
        let message = format!("a discount is 0 to 100 percent, not {discount}");
        return Err(ValueRefused::quantity("discount", discount, message).into());
    }
    Ok(discount)
}

/// The fault of a line with its number, so that it is found in a long document.
pub fn of_line(line: i64, mut error: Error) -> Error {
    if !error.is_of_the_store() {
        let fault = error.fault_mut();
        fault.message = format!("line {line}: {}", fault.message);
    }
    error
}
