//! Stock of one product at one location: what lies there, by lot, what of it is reserved, and who is served when some of it is
//! free (spec D8).
//!
//! A reservation may name a lot, or stand for any lot of the product. The stock level counts both in `reserved` of its rows, and the
//! first kind in `pinned` too; what stands for any lot can move to another row when its own is needed by name.

use std::collections::BTreeMap;

use super::Refusal;
use crate::domain::value::number::Overflow;
use crate::domain::value::quantity::Quantity;

/// What lies of one lot, or without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub key: i64,
    pub lot: Option<i64>,
    pub quantity: Quantity,
    /// What of it is reserved.
    pub reserved: Quantity,
    /// What of `reserved` names this lot; the rest of it stands for any lot of the product.
    pub pinned: Quantity,
    /// What was counted as having lain there before all moves.
    pub opening: Quantity,
}

/// All of one product at one location, oldest row first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockLevel {
    rows: Vec<Row>,
    loaded: Vec<Row>,
}

/// So much of a lot, or of any: what somebody misses, or has reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    pub lot: Option<i64>,
    pub quantity: Quantity,
}

/// The stock of several products at one location, together: what the lines of one document can take of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StockLevels(pub BTreeMap<i64, StockLevel>);

impl StockLevels {
    /// How much can be taken of a product, of a lot or of any, once `before` is taken of it by other lines: never below zero.
    pub fn takeable(
        &self,
        product: i64,
        lot: Option<i64>,
        before: impl Iterator<Item = Wanted>,
    ) -> Result<Quantity, Overflow> {
        let Some(level) = self.0.get(&product) else {
            return Ok(Quantity::ZERO);
        };
        let (mut of_lot, mut of_any) = (Quantity::ZERO, Quantity::ZERO);
        for wanted in before {
            of_any = of_any.checked_add(wanted.quantity)?;
            if wanted.lot == lot {
                of_lot = of_lot.checked_add(wanted.quantity)?;
            }
        }
        let free = level.free()?.checked_sub(of_any)?;
        let takeable = match lot {
            Some(_) => level.takeable(lot)?.checked_sub(of_lot)?.min(free),
            None => free,
        };
        Ok(takeable.max(Quantity::ZERO))
    }

    /// What nobody has reserved, over all products.
    pub fn free(&self) -> Result<Vec<(i64, Quantity)>, Overflow> {
        self.0.iter().map(|(product, level)| Ok((*product, level.free()?))).collect()
    }
}

/// Why a stock level could not be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StockLevelFault {
    #[error(transparent)]
    TooLarge(#[from] Overflow),
    /// Less can be taken than was asked for.
    #[error("only {0} can be taken")]
    Short(Quantity),
    /// A reservation was given back that the stock level does not count.
    #[error("the store is damaged: a reservation is not counted in the stock")]
    NotReserved,
}

impl Refusal for StockLevelFault {
    fn code(&self) -> &'static str {
        match self {
            StockLevelFault::TooLarge(fault) => fault.code(),
            StockLevelFault::Short(_) => "stock_insufficient",
            StockLevelFault::NotReserved => "store_damaged",
        }
    }
}

impl StockLevel {
    /// The stock level with these rows.
    pub fn new(rows: Vec<Row>) -> StockLevel {
        StockLevel { loaded: rows.clone(), rows }
    }

    /// Whether so much more of the product can still be counted here, over all its lots.
    pub fn room_for(&self, more: Quantity) -> Result<(), Overflow> {
        self.rows.iter().try_fold(more, |sum, row| sum.checked_add(row.quantity)).map(|_| ())
    }

    /// What nobody has reserved.
    pub fn free(&self) -> Result<Quantity, Overflow> {
        self.rows.iter().try_fold(Quantity::ZERO, |sum, row| sum.checked_add(row.quantity.checked_sub(row.reserved)?))
    }

    /// What can be taken of exactly that lot, or of what lies without one: not more than no other reservation names, and not
    /// more than leaves enough for those that name none.
    pub fn takeable(&self, lot: Option<i64>) -> Result<Quantity, Overflow> {
        match self.rows.iter().find(|row| row.lot == lot) {
            Some(row) => Ok(row.quantity.checked_sub(row.pinned)?.min(self.free()?)),
            None => Ok(Quantity::ZERO),
        }
    }

    /// Reserves up to `wanted` of a lot, or of any; answers how much it got.
    pub fn reserve(&mut self, lot: Option<i64>, wanted: Quantity) -> Result<Quantity, StockLevelFault> {
        let Some(lot) = lot else {
            let got = wanted.min(self.free()?);
            self.spread(got)?;
            return Ok(got);
        };
        let got = wanted.min(self.takeable(Some(lot))?);
        if let Some(row) = self.rows.iter_mut().find(|row| row.lot == Some(lot)) {
            row.pinned = row.pinned.checked_add(got)?;
            row.reserved = row.reserved.checked_add(got)?;
        }
        self.rebalance()?;
        Ok(got)
    }

    /// Gives a reservation back: one of that lot, or one of any.
    pub fn release(&mut self, lot: Option<i64>, quantity: Quantity) -> Result<(), StockLevelFault> {
        if lot.is_some() {
            let row = self.rows.iter_mut().find(|row| row.lot == lot).filter(|row| quantity <= row.pinned);
            match row {
                Some(row) => {
                    row.pinned = row.pinned.checked_sub(quantity)?;
                    row.reserved = row.reserved.checked_sub(quantity)?;
                }
                None if quantity.is_zero() => {}
                None => return Err(StockLevelFault::NotReserved),
            }
            return Ok(());
        }
        let mut left = quantity;
        // From the newest on, so that what is kept is kept of the oldest.
        for row in self.rows.iter_mut().rev() {
            let given = left.min(row.reserved.checked_sub(row.pinned)?);
            row.reserved = row.reserved.checked_sub(given)?;
            left = left.checked_sub(given)?;
        }
        if left.is_zero() { Ok(()) } else { Err(StockLevelFault::NotReserved) }
    }

    /// Serves those that wait, in the order of the queue: each gets what it misses, as far as there is any (spec D8, first come,
    /// first served). Answers what each got.
    pub fn serve(&mut self, queue: impl IntoIterator<Item = Wanted>) -> Result<Vec<Quantity>, StockLevelFault> {
        queue.into_iter().map(|wanted| self.reserve(wanted.lot, wanted.quantity)).collect()
    }

    /// Takes reservations back, from the last of the queue on, until `quantity` of the lot (or of what lies without one) can be
    /// taken: who came last waits again. Answers what each gave up; what cannot be reached even so is for `take` to refuse.
    pub fn give_up(
        &mut self,
        lot: Option<i64>,
        quantity: Quantity,
        reservations: &[Wanted],
    ) -> Result<Vec<Quantity>, StockLevelFault> {
        let mut given = vec![Quantity::ZERO; reservations.len()];
        for (reservation, given) in reservations.iter().zip(&mut given).rev() {
            let missing = quantity.checked_sub(self.takeable(lot)?)?;
            if missing <= Quantity::ZERO {
                break;
            }
            // Of another lot, or of any, it only helps where goods are short over all lots.
            let short = if reservation.lot == lot { missing } else { quantity.checked_sub(self.free()?)? };
            let back = reservation.quantity.min(short.max(Quantity::ZERO));
            self.release(reservation.lot, back)?;
            *given = back;
        }
        Ok(given)
    }

    /// Takes goods of exactly that lot, or of what lies without one, away.
    pub fn take(&mut self, lot: Option<i64>, quantity: Quantity) -> Result<(), StockLevelFault> {
        let takeable = self.takeable(lot)?;
        if quantity > takeable {
            return Err(StockLevelFault::Short(takeable));
        }
        if let Some(row) = self.rows.iter_mut().find(|row| row.lot == lot) {
            row.quantity = row.quantity.checked_sub(quantity)?;
        }
        self.rebalance()
    }

    /// Puts goods to those of the same lot; says whether any lie here.
    pub fn put(&mut self, lot: Option<i64>, quantity: Quantity) -> Result<bool, Overflow> {
        match self.rows.iter_mut().find(|row| row.lot == lot) {
            Some(row) => {
                row.quantity = row.quantity.checked_add(quantity)?;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Counts goods as having lain here with those of the same lot before all moves; says whether any lie, or lay, here.
    pub fn open(&mut self, lot: Option<i64>, quantity: Quantity) -> Result<bool, Overflow> {
        let found = self.put(lot, quantity)?;
        if let Some(row) = self.rows.iter_mut().find(|row| row.lot == lot) {
            row.opening = row.opening.checked_add(quantity)?;
        }
        Ok(found)
    }

    /// The rows that changed since they were loaded.
    pub fn changed(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().zip(&self.loaded).filter(|(now, before)| now != before).map(|(now, _)| now)
    }

    /// Moves reservations that name no lot from rows that count more of them than they have goods to rows with room.
    fn rebalance(&mut self) -> Result<(), StockLevelFault> {
        let mut unplaced = Quantity::ZERO;
        for row in &mut self.rows {
            if row.reserved > row.quantity {
                unplaced = unplaced.checked_add(row.reserved.checked_sub(row.quantity)?)?;
                row.reserved = row.quantity;
            }
        }
        self.spread(unplaced)
    }

    fn spread(&mut self, quantity: Quantity) -> Result<(), StockLevelFault> {
        let mut left = quantity;
        for row in &mut self.rows {
            let taken = left.min(row.quantity.checked_sub(row.reserved)?);
            row.reserved = row.reserved.checked_add(taken)?;
            left = left.checked_sub(taken)?;
        }
        if left.is_zero() { Ok(()) } else { Err(StockLevelFault::NotReserved) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn units(number: i64) -> Quantity {
        Quantity::from_millionths(number * 1_000_000)
    }

    fn row(lot: Option<i64>, quantity: i64, reserved: i64, pinned: i64) -> Row {
        let (key, quantity) = (lot.unwrap_or(0), units(quantity));
        Row { key, lot, quantity, reserved: units(reserved), pinned: units(pinned), opening: quantity }
    }

    fn told(stock_level: &StockLevel) -> Vec<(i64, i64, i64)> {
        let whole = |quantity: Quantity| quantity.millionths() / 1_000_000;
        stock_level.rows.iter().map(|row| (whole(row.quantity), whole(row.reserved), whole(row.pinned))).collect()
    }

    #[test]
    fn reserving_takes_what_is_free_and_no_more() {
        let mut stock_level = StockLevel::new(vec![row(None, 5, 0, 0)]);
        assert_eq!(stock_level.reserve(None, units(3)), Ok(units(3)));
        assert_eq!(stock_level.reserve(None, units(3)), Ok(units(2)));
        assert_eq!(stock_level.reserve(None, units(3)), Ok(units(0)));
        assert_eq!(told(&stock_level), [(5, 5, 0)]);
        assert_eq!(stock_level.take(None, units(1)), Err(StockLevelFault::Short(units(0))));
        stock_level.release(None, units(2)).unwrap();
        stock_level.take(None, units(2)).unwrap();
        assert_eq!(told(&stock_level), [(3, 3, 0)]);
    }

    #[test]
    fn a_reservation_of_any_lot_makes_room_for_one_that_is_named() {
        let mut stock_level = StockLevel::new(vec![row(Some(1), 1, 0, 0), row(Some(2), 1, 0, 0)]);
        assert_eq!(stock_level.reserve(None, units(1)), Ok(units(1)));
        assert_eq!(told(&stock_level), [(1, 1, 0), (1, 0, 0)]);
        assert_eq!(stock_level.reserve(Some(1), units(1)), Ok(units(1)));
        assert_eq!(told(&stock_level), [(1, 1, 1), (1, 1, 0)]);
        // Nothing is left: the one that names no lot needs the second piece.
        assert_eq!(stock_level.reserve(Some(2), units(1)), Ok(units(0)));
        assert_eq!(stock_level.take(Some(2), units(1)), Err(StockLevelFault::Short(units(0))));
    }

    #[test]
    fn taking_a_lot_moves_what_stood_for_any_to_the_others() {
        let mut stock_level = StockLevel::new(vec![row(Some(1), 2, 2, 0), row(Some(2), 2, 0, 0)]);
        stock_level.take(Some(1), units(2)).unwrap();
        assert_eq!(told(&stock_level), [(0, 0, 0), (2, 2, 0)]);
        assert_eq!(stock_level.changed().count(), 2);
    }

    #[test]
    fn the_oldest_that_waits_is_served_first() {
        let wanted = |lot, quantity| Wanted { lot, quantity: units(quantity) };
        let mut level = StockLevel::new(vec![row(Some(1), 2, 0, 0), row(Some(2), 2, 0, 0)]);
        let queue = [wanted(None, 1), wanted(Some(9), 5), wanted(Some(1), 2), wanted(None, 3), wanted(Some(2), 1)];
        assert_eq!(level.serve(queue), Ok([1, 0, 2, 1, 0].map(units).to_vec()));
        assert_eq!(told(&level), [(2, 2, 2), (2, 2, 0)]);
    }

    #[test]
    fn who_came_last_gives_up_first_and_no_more_than_is_missed() {
        let wanted = |lot, quantity| Wanted { lot, quantity: units(quantity) };
        let mut level = StockLevel::new(vec![row(Some(1), 2, 2, 1), row(Some(2), 2, 2, 1)]);
        let reservations = [wanted(Some(1), 1), wanted(None, 2), wanted(Some(2), 1)];
        // One of lot 1 is missed: of the second lot giving up helps, since what stands for any lot moves there.
        let mut one = level.clone();
        assert_eq!(one.give_up(Some(1), units(1), &reservations), Ok([0, 0, 1].map(units).to_vec()));
        assert_eq!(one.take(Some(1), units(1)), Ok(()));
        // All of lot 1 is missed: the one that names it gives up too, though it was there first. What another gave up that
        // was not needed in the end is served to the oldest that waits.
        assert_eq!(level.give_up(Some(1), units(2), &reservations), Ok([1, 1, 1].map(units).to_vec()));
        assert_eq!(level.take(Some(1), units(2)), Ok(()));
        assert_eq!(
            level.serve([wanted(Some(1), 1), wanted(None, 1), wanted(Some(2), 1)]),
            Ok([0, 1, 0].map(units).to_vec())
        );
        // Nothing is given up where enough is free.
        let mut free = StockLevel::new(vec![row(None, 3, 1, 0)]);
        assert_eq!(free.give_up(None, units(2), &[wanted(None, 1)]), Ok(vec![units(0)]));
    }

    #[test]
    fn a_lot_that_is_not_there_cannot_be_reserved_or_taken() {
        let mut stock_level = StockLevel::new(vec![row(Some(1), 2, 0, 0)]);
        assert_eq!(stock_level.reserve(Some(9), units(1)), Ok(units(0)));
        assert_eq!(stock_level.take(None, units(1)), Err(StockLevelFault::Short(units(0))));
        assert_eq!(stock_level.changed().count(), 0);
    }

    #[test]
    fn what_is_not_reserved_cannot_be_given_back() {
        let mut stock_level = StockLevel::new(vec![row(Some(1), 2, 1, 1)]);
        assert_eq!(stock_level.release(None, units(1)), Err(StockLevelFault::NotReserved));
        assert_eq!(stock_level.release(Some(1), units(2)), Err(StockLevelFault::NotReserved));
        assert_eq!(stock_level.release(Some(2), units(0)), Ok(()));
        stock_level.release(Some(1), units(1)).unwrap();
        assert_eq!(told(&stock_level), [(2, 0, 0)]);
    }

    #[derive(Debug, Clone)]
    enum Step {
        Reserve(Option<i64>, i64),
        Release(usize),
        Take(i64, i64),
        Deliver(usize, i64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (prop::option::of(0_i64..4), 1_i64..5).prop_map(|(lot, quantity)| Step::Reserve(lot, quantity)),
            any::<usize>().prop_map(Step::Release),
            (0_i64..4, 1_i64..5).prop_map(|(lot, quantity)| Step::Take(lot, quantity)),
            (any::<usize>(), 0_i64..4).prop_map(|(held, lot)| Step::Deliver(held, lot)),
        ]
    }

    proptest! {
        #[test]
        fn whatever_is_done_every_reservation_can_be_kept(
            stock in prop::collection::vec(0_i64..6, 4),
            steps in prop::collection::vec(step(), 0..40),
        ) {
            let rows = (0_i64..).zip(&stock).map(|(lot, quantity)| row(Some(lot), *quantity, 0, 0)).collect();
            let mut stock_level = StockLevel::new(rows);
            let mut held: Vec<(Option<i64>, Quantity)> = Vec::new();
            for step in steps {
                match step {
                    Step::Reserve(lot, quantity) => {
                        let got = stock_level.reserve(lot, units(quantity)).unwrap();
                        prop_assert!(got <= units(quantity));
                        held.push((lot, got));
                    }
                    Step::Release(at) if !held.is_empty() => {
                        let (lot, quantity) = held.swap_remove(at % held.len());
                        stock_level.release(lot, quantity).unwrap();
                    }
                    Step::Take(lot, quantity) => {
                        let _ = stock_level.take(Some(lot), units(quantity));
                    }
                    Step::Deliver(at, of) if !held.is_empty() => {
                        let (lot, quantity) = held.swap_remove(at % held.len());
                        stock_level.release(lot, quantity).unwrap();
                        let taken = stock_level.take(Some(lot.unwrap_or(of)), quantity);
                        // What was reserved by name can always be taken by name.
                        prop_assert!(lot.is_none() || taken.is_ok());
                    }
                    Step::Release(_) | Step::Deliver(..) => {}
                }
                for row in &stock_level.rows {
                    prop_assert!(Quantity::ZERO <= row.pinned && row.pinned <= row.reserved && row.reserved <= row.quantity);
                    let named: i64 = held.iter().filter(|(lot, _)| *lot == row.lot).map(|(_, quantity)| quantity.millionths()).sum();
                    prop_assert_eq!(row.pinned.millionths(), named);
                }
                let reserved: i64 = stock_level.rows.iter().map(|row| row.reserved.millionths()).sum();
                let all: i64 = held.iter().map(|(_, quantity)| quantity.millionths()).sum();
                prop_assert_eq!(reserved, all);
            }
        }
    }
}
