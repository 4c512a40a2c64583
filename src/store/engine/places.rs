//! What is found again by where something lies in the program, such as the text of a statement or the description of a table. It is
//! told apart by a number or two, where comparing and hashing the thing itself takes longer than what it is looked up for.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Where a text lies, and how long it is: two texts may begin at one place.
pub type Place = (usize, usize);

/// The place of a text of the program.
pub fn place_of(text: &'static str) -> Place {
    (text.as_ptr() as usize, text.len())
}

/// A map by places.
pub type ByPlace<P, T> = HashMap<P, T, BuildHasherDefault<Spread>>;

/// Spreads numbers over a map. Nobody outside chooses them, so that none are made to fall together.
#[derive(Default)]
pub struct Spread(u64);

impl Hasher for Spread {
    fn write_usize(&mut self, number: usize) {
        // The multiplier of Fibonacci hashing: 2 to the 64th over the golden ratio.
        self.0 = (self.0.rotate_left(5) ^ number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_usize(usize::from(*byte)));
    }

    fn finish(&self) -> u64 {
        // The upper bits are spread best, and a map begins with the lower ones.
        self.0.rotate_left(26)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_at_one_place_are_told_apart_by_their_length() {
        const TEXT: &str = "SELECT key FROM ticket";
        let mut found: ByPlace<[Place; 2], u8> = ByPlace::default();
        found.insert([place_of(TEXT), place_of(&TEXT[..6])], 1);
        found.insert([place_of(&TEXT[..6]), place_of(TEXT)], 2);
        assert_eq!(found.get(&[place_of(TEXT), place_of(&TEXT[..6])]), Some(&1));
        assert_eq!(found.get(&[place_of(&TEXT[..6]), place_of(TEXT)]), Some(&2));
        assert_eq!(found.get(&[place_of(TEXT), place_of(TEXT)]), None);
    }

    #[test]
    fn places_that_lie_side_by_side_are_spread() {
        let hash = |place: usize| {
            let mut spread = Spread::default();
            spread.write_usize(place);
            spread.finish()
        };
        // Of a table of 512 places and of the seven bits that are compared beside, most are used.
        let buckets: std::collections::HashSet<u64> = (0..512).map(|at| hash(0x5555_0000 + at * 8) & 511).collect();
        let tags: std::collections::HashSet<u64> = (0..512).map(|at| hash(0x5555_0000 + at * 8) >> 57).collect();
        assert!(buckets.len() > 256 && tags.len() > 100, "{} {}", buckets.len(), tags.len());
    }
}
