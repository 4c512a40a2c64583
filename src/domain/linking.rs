//! Which line of another document a line belongs to, where only product and quantity are told: what imported documents have.

use super::Result;
use super::transfer::{ToDeliver, TransferLine};
use crate::domain::value::quantity::{Price, Quantity};

/// A line that lines of other documents can belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub key: i64,
    pub product: Option<i64>,
    /// The lot that it is of; none fits any.
    pub lot: Option<i64>,
    /// The price agreed on it, where that tells lines of one product apart.
    pub price: Option<Price>,
    /// What of it no other line belongs to yet.
    pub left: Quantity,
}

/// The lines of an order that deliveries belong to, with what is left to deliver of each.
pub fn of_order(lines: &[ToDeliver]) -> Vec<Source> {
    let source = |line: &ToDeliver| Source {
        key: line.order_line,
        product: Some(line.product.key),
        lot: None,
        price: None,
        left: line.left,
    };
    lines.iter().map(source).collect()
}

/// The lines of a transfer that returns of it belong to, with what is left to return of each (spec D3).
pub fn of_transfer(lines: &[TransferLine]) -> Result<Vec<Source>> {
    let source = |line: &TransferLine| {
        Ok(Source {
            key: line.key,
            product: Some(line.product.key),
            lot: line.lot.as_ref().map(|lot| lot.key),
            price: None,
            left: line.returnable()?,
        })
    };
    lines.iter().map(source).collect()
}

/// The line that `quantity` of a product belongs to: of those of the product (and lot), in their order, the first that has
/// exactly so much left, else one that has enough, else one that has any, else any. It has that much less left then.
pub fn find_line(sources: &mut [Source], product: Option<i64>, lot: Option<i64>, quantity: Quantity) -> Option<i64> {
    let fits =
        |source: &Source| source.product == product && (source.lot.is_none() || lot.is_none() || source.lot == lot);
    let first = |wanted: &dyn Fn(&Source) -> bool| sources.iter().position(|source| fits(source) && wanted(source));
    let at = first(&|source| source.left == quantity)
        .or_else(|| first(&|source| source.left > quantity))
        .or_else(|| first(&|source| source.left > Quantity::ZERO))
        .or_else(|| first(&|_| true))?;
    let source = sources.get_mut(at)?;
    source.left = source.left.checked_sub(quantity).unwrap_or(Quantity::ZERO);
    Some(source.key)
}

/// The order line that an imported invoice line bills: of those at its price the first that has exactly so much left to bill, else
/// one that has enough, else as `find_line` finds it.
pub fn find_billed_line(sources: &mut [Source], product: Option<i64>, quantity: Quantity, price: Price) -> Option<i64> {
    let agreed = |source: &&mut Source| source.product == product && source.price == Some(price);
    let exact = sources.iter_mut().find(|source| agreed(source) && source.left == quantity);
    let found = match exact {
        Some(source) => Some(source),
        None => sources.iter_mut().find(|source| agreed(source) && source.left > quantity),
    };
    match found {
        Some(source) => {
            source.left = source.left.checked_sub(quantity).unwrap_or(Quantity::ZERO);
            Some(source.key)
        }
        None => find_line(sources, product, None, quantity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantity(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    fn source(key: i64, product: i64, lot: Option<i64>, left: &str) -> Source {
        Source { key, product: Some(product), lot, price: None, left: quantity(left) }
    }

    #[test]
    fn lines_find_theirs_by_product_lot_and_quantity() {
        let sources = [
            source(1, 10, None, "3"),
            source(2, 20, None, "1"),
            source(3, 10, None, "2"),
            source(4, 30, Some(7), "1"),
            source(5, 30, Some(8), "1"),
        ];
        type Asked<'a> = &'a [(i64, Option<i64>, &'a str)];
        let table: [(Asked<'_>, &[Option<i64>]); 7] = [
            (&[(10, None, "3"), (20, None, "1"), (10, None, "2")], &[Some(1), Some(2), Some(3)]),
            // By quantity where the order is another one.
            (&[(10, None, "2"), (10, None, "3")], &[Some(3), Some(1)]),
            // In part, from the first that has enough.
            (&[(10, None, "1"), (10, None, "1"), (10, None, "2")], &[Some(1), Some(1), Some(3)]),
            // More than is left goes to the first that has any, then to the first.
            (&[(10, None, "9"), (10, None, "9"), (10, None, "9")], &[Some(1), Some(3), Some(1)]),
            (&[(30, Some(8), "1"), (30, Some(7), "1")], &[Some(5), Some(4)]),
            (&[(30, None, "1"), (30, None, "1")], &[Some(4), Some(5)]),
            (&[(40, None, "1"), (30, Some(9), "1")], &[None, None]),
        ];
        for (asked, expected) in table {
            let mut left = sources.to_vec();
            let found: Vec<Option<i64>> = asked
                .iter()
                .map(|(product, lot, wanted)| find_line(&mut left, Some(*product), *lot, quantity(wanted)))
                .collect();
            assert_eq!(found, expected, "{asked:?}");
        }
    }
}
