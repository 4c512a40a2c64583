//! Which ids are certainly new: where a table held nothing when the run came to it, an id that the run has not brought is not
//! there, and need not be looked for. The ids are not kept: a filter of a fixed size forgets none of them, and at worst takes
//! a new one for one that it has seen, which is then looked for as ever.

use fastbloom::BloomFilter;

use crate::domain::Result;
use crate::store::Db;
use crate::store::engine::exchange;

/// The kinds of records whose rows come into a run only as themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Customer,
    Product,
    Order,
    Transfer,
    /// By id and by number.
    Document,
    Ticket,
    /// A transfer, by the order that it is of.
    TransferOfOrder,
    /// An invoice, by the order that it is of.
    DocumentOfOrder,
}

impl Kind {
    /// The kind that a record of base data is of.
    pub fn of(noun: &str) -> Option<Kind> {
        match noun {
            "customer" => Some(Kind::Customer),
            "product" => Some(Kind::Product),
            "ticket" => Some(Kind::Ticket),
            _ => None,
        }
    }

    /// The table of its rows.
    fn table(self) -> &'static str {
        match self {
            Kind::Customer => "customer",
            Kind::Product => "product",
            Kind::Order => "sales_order",
            Kind::Transfer | Kind::TransferOfOrder => "transfer",
            Kind::Document | Kind::DocumentOfOrder => "document",
            Kind::Ticket => "ticket",
        }
    }
}

/// Bits of the filter: 1 MiB, enough for half a million ids of which one in a hundred is taken for another.
const BITS: usize = 1 << 23;

/// How many bits stand for an id.
const MARKS: u32 = 4;

/// What the run has seen.
#[derive(Default)]
pub struct Unseen {
    /// For each kind that the run came to, whether there was none.
    empty: Vec<(Kind, bool)>,
    seen: Option<BloomFilter>,
}

impl Unseen {
    /// Whether there is certainly none of that kind under that name; from here on there may be one.
    pub fn is_new(&mut self, db: &Db, kind: Kind, name: &str) -> Result<bool> {
        Ok(self.was_empty(db, kind)? && !self.mark(kind, name))
    }

    /// The same of a record that does not come yet.
    pub fn would_be_new(&mut self, db: &Db, kind: Kind, name: &str) -> Result<bool> {
        let is_seen = self.seen.as_ref().is_some_and(|seen| seen.contains(&(kind, name)));
        Ok(self.was_empty(db, kind)? && !is_seen)
    }

    /// Whether there was none of the kind when the run came to it.
    fn was_empty(&mut self, db: &Db, kind: Kind) -> Result<bool> {
        if let Some((_, is_empty)) = self.empty.iter().find(|(known, _)| *known == kind) {
            return Ok(*is_empty);
        }
        let is_empty = exchange::is_empty(db, kind.table())?;
        self.empty.push((kind, is_empty));
        Ok(is_empty)
    }

    /// Marks a name; says whether it may have been marked before.
    fn mark(&mut self, kind: Kind, name: &str) -> bool {
        let seen = self.seen.get_or_insert_with(|| BloomFilter::with_num_bits(BITS).seed(&0).hashes(MARKS));
        seen.insert(&(kind, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_seen_is_new() {
        let mut unseen = Unseen::default();
        let fresh = (0..100_000).filter(|number| !unseen.mark(Kind::Order, &format!("S{number}"))).count();
        assert!(fresh > 99_900, "{fresh}");
        assert!((0..100_000).all(|number| unseen.mark(Kind::Order, &format!("S{number}"))));
        assert!(!unseen.mark(Kind::Transfer, "S1"), "of another kind it is");
    }
}
