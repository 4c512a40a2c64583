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
    use proptest::prelude::*;

    use super::*;
    use crate::domain::document::left_to_bill;
    use crate::domain::product::Tracking;
    use crate::domain::transfer::delivery_of;
    use crate::domain::value::reference::Reference;

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

    /// Lines of an order with what earlier documents have of each: product, price, ordered, and the pieces taken before.
    fn lines() -> impl Strategy<Value = Vec<(i64, i64, i64, Vec<i64>)>> {
        prop::collection::vec((1..4_i64, 1..3_i64, 1..7_i64, prop::collection::vec(1..4_i64, 0..3)), 1..8)
    }

    /// The places of so many lines, in any order.
    fn shuffled() -> impl Strategy<Value = Vec<prop::sample::Index>> {
        prop::collection::vec(any::<prop::sample::Index>(), 8)
    }

    fn in_order<T>(mut lines: Vec<T>, places: &[prop::sample::Index]) -> Vec<T> {
        let mut ordered = Vec::with_capacity(lines.len());
        for place in places.iter().take(lines.len()) {
            ordered.push(lines.remove(place.index(lines.len())));
        }
        ordered
    }

    fn whole(number: i64) -> Quantity {
        Quantity::from_millionths(number * 1_000_000)
    }

    proptest! {
        /// What `transfer create --order` would deliver, told by an import in any order, finds the lines it would be made of: then
        /// nothing is left of any (spec G6).
        #[test]
        fn an_imported_delivery_finds_what_a_created_one_delivers(lines in lines(), places in shuffled()) {
            let to_deliver: Vec<ToDeliver> = lines
                .iter()
                .zip(1..)
                .map(|((product, _, ordered, before), key)| ToDeliver {
                    order_line: key,
                    product: Reference { key: *product, id: product.to_string() },
                    tracking: Tracking::None,
                    left: whole(ordered - before.iter().sum::<i64>()),
                })
                .collect();
            let created = delivery_of(&to_deliver);
            let mut sources = of_order(&to_deliver);
            for line in in_order(created, &places) {
                let found = find_line(&mut sources, Some(line.product.key), None, line.quantity);
                let own = to_deliver.iter().find(|own| Some(own.order_line) == found);
                let own = own.map(|own| (own.product.key, own.left));
                prop_assert_eq!(own, Some((line.product.key, line.quantity)));
            }
            prop_assert!(sources.iter().all(|source| source.left <= Quantity::ZERO), "{sources:?}");
        }

        /// What `invoice create --order` would bill, told by an import in any order, finds the lines it would bill, at their price
        /// (spec B15, G6).
        #[test]
        fn an_imported_bill_finds_what_a_created_one_bills(lines in lines(), places in shuffled()) {
            let mut sources = Vec::new();
            for ((product, price, ordered, before), key) in lines.iter().zip(1..) {
                let bills: Vec<Quantity> = before.iter().copied().map(whole).collect();
                let left = left_to_bill(whole(*ordered), &bills).unwrap();
                let price = Some(price.to_string().parse().unwrap());
                sources.push(Source { key, product: Some(*product), lot: None, price, left });
            }
            let created: Vec<Source> = sources.iter().filter(|source| !source.left.is_zero()).cloned().collect();
            let before = sources.clone();
            for line in in_order(created, &places) {
                let found = find_billed_line(&mut sources, line.product, line.left, line.price.unwrap());
                let own = before.iter().find(|own| Some(own.key) == found);
                let own = own.map(|own| (own.product, own.price, own.left));
                prop_assert_eq!(own, Some((line.product, line.price, line.left)));
            }
            prop_assert!(sources.iter().all(|source| source.left.is_zero()), "{sources:?}");
        }
    }
}
