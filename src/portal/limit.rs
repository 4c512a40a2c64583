//! How often somebody may guess: each wrong link or code, and each form, takes one of a number that grows back with time, for each who
//! asks and for all together. Every program that serves counts for itself.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Instant as Moment;

/// How many may be counted apart; beyond, those who have all of theirs left are forgotten.
const COUNTED: usize = 20_000;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guess {
    /// A link that opens nothing, of an address.
    Link,
    /// A code that nobody has, of an address.
    Code,
    /// A form that was sent, of a customer.
    Form,
}

impl Guess {
    /// How many are left at first, and how many seconds one takes to grow back: for one, and for all together.
    fn rates(self) -> ((f64, f64), (f64, f64)) {
        match self {
            Guess::Link | Guess::Code => ((20.0, 6.0), (600.0, 0.2)),
            Guess::Form => ((30.0, 2.0), (3_000.0, 0.02)),
        }
    }
}

/// Who is counted: an address, or a customer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Who {
    Client(IpAddr),
    Customer(String),
}

/// What is left, and when that was so.
#[derive(Debug, Clone, Copy)]
struct Left {
    guesses: f64,
    at: Moment,
}

/// What is left to whom.
#[derive(Default)]
pub struct Limits {
    each: Mutex<HashMap<(Guess, Who), Left>>,
    all: Mutex<HashMap<Guess, Left>>,
}

impl Limits {
    /// Whether one more may be tried.
    pub fn may(&self, guess: Guess, who: &Who, now: Moment) -> bool {
        let (each, all) = guess.rates();
        is_left(&self.each, &(guess, counted(who)), each, now) && is_left(&self.all, &guess, all, now)
    }

    /// Counts one.
    pub fn count(&self, guess: Guess, who: &Who, now: Moment) {
        let (each, all) = guess.rates();
        take(&self.each, (guess, counted(who)), each, now);
        take(&self.all, guess, all, now);
    }
}

/// Of addresses of version 6 a whole network is one's own.
fn counted(who: &Who) -> Who {
    match who {
        Who::Client(address) => Who::Client(match address.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            address => address,
        }),
        Who::Customer(id) => Who::Customer(id.clone()),
    }
}

#[allow(clippy::float_arithmetic, reason = "seconds, not money")]
fn left(of: Option<&Left>, (most, seconds): (f64, f64), now: Moment) -> f64 {
    of.map_or(most, |left| {
        let grown = now.saturating_duration_since(left.at).as_secs_f64() / seconds;
        (left.guesses + grown).min(most)
    })
}

fn is_left<K: Hash + Eq>(of: &Mutex<HashMap<K, Left>>, key: &K, rate: (f64, f64), now: Moment) -> bool {
    let of = of.lock().unwrap_or_else(PoisonError::into_inner);
    left(of.get(key), rate, now) >= 1.0
}

#[allow(clippy::float_arithmetic, reason = "seconds, not money")]
fn take<K: Hash + Eq>(of: &Mutex<HashMap<K, Left>>, key: K, rate: (f64, f64), now: Moment) {
    let mut of = of.lock().unwrap_or_else(PoisonError::into_inner);
    if of.len() >= COUNTED && !of.contains_key(&key) {
        let half_a_minute_ago = |left: &Left| now.saturating_duration_since(left.at).as_secs() >= 30;
        of.retain(|_, left| !half_a_minute_ago(left));
        if of.len() >= COUNTED {
            // All together are bounded all the same.
            of.clear();
        }
    }
    let guesses = (left(of.get(&key), rate, now) - 1.0).max(0.0);
    of.insert(key, Left { guesses, at: now });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use std::time::Duration;

    #[test]
    fn guesses_run_out_and_grow_back() {
        let (limits, begun) = (Limits::default(), Moment::now());
        let client = |address: &str| Who::Client(address.parse().unwrap());
        let one = client("192.0.2.1");
        for _ in 0..20 {
            assert!(limits.may(Guess::Link, &one, begun));
            limits.count(Guess::Link, &one, begun);
        }
        assert!(!limits.may(Guess::Link, &one, begun));
        assert!(limits.may(Guess::Code, &one, begun), "codes are counted apart");
        assert!(limits.may(Guess::Link, &client("192.0.2.2"), begun), "and others too");
        assert!(!limits.may(Guess::Link, &one, begun + Duration::from_secs(5)));
        assert!(limits.may(Guess::Link, &one, begun + Duration::from_secs(6)));
    }

    #[test]
    fn a_network_is_one() {
        let (limits, begun) = (Limits::default(), Moment::now());
        for host in 1..=20 {
            let who = Who::Client(format!("2001:db8:0:1::{host:x}").parse().unwrap());
            limits.count(Guess::Link, &who, begun);
        }
        assert!(!limits.may(Guess::Link, &Who::Client("2001:db8:0:1::ffff".parse().unwrap()), begun));
        assert!(limits.may(Guess::Link, &Who::Client("2001:db8:0:2::1".parse().unwrap()), begun));
    }

    #[test]
    fn guesses_from_ever_other_addresses_are_bounded_together() {
        for guess in [Guess::Link, Guess::Code] {
            let (limits, begun) = (Limits::default(), Moment::now());
            let tried = (0..10_000_u32).filter(|number| {
                let who = Who::Client(IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + number)));
                let may = limits.may(guess, &who, begun);
                if may {
                    limits.count(guess, &who, begun);
                }
                may
            });
            assert_eq!(tried.count(), 600, "{guess:?}");
            let other = Who::Client("192.0.2.9".parse().unwrap());
            assert!(limits.may(guess, &other, begun + Duration::from_secs(1)), "they grow back");
        }
    }
}
