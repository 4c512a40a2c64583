//! Coupons: codes that each work once, made from a ticket (spec C2, C3, C9).

pub mod share;

use serde::{Serialize, Serializer};

use super::Refusal;
use super::coupon_program::{CouponProgram, ProgramType};
use super::ticket::OnTicket;
use crate::domain::value::day::{Day, Instant};
use crate::domain::value::reference::{Reference, shell_word};
use crate::domain::value::text::choices;

choices! {
    /// Whether a coupon can still be used.
    pub enum CouponState: "state" {
        Valid = "valid",
        Used = "used",
        Expired = "expired",
        Cancelled = "cancelled",
    }
}

/// What a ticket tells of a coupon made from it: it is shown unless it is cancelled (spec A7). With a code that was given out
/// nothing is left to do.
pub fn on_ticket(id: String, is_cancelled: bool) -> OnTicket {
    let state = if is_cancelled { CouponState::Cancelled } else { CouponState::Valid };
    OnTicket { id, state: state.word(), is_shown: !is_cancelled, is_open: false }
}

/// A coupon as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coupon {
    #[serde(skip)]
    pub key: i64,
    /// Its code; shown as null where it is empty, since the code of a dry run is not told (contract, section 2).
    #[serde(serialize_with = "null_for_empty")]
    pub id: String,
    pub program: Reference,
    pub ticket: Option<Reference>,
    pub customer: Option<Reference>,
    /// Whether nobody but that customer can use it (spec C9).
    pub only_customer: bool,
    /// The last day on which it works; none: it never expires by itself (spec C3).
    pub valid_until: Option<Day>,
    pub state: CouponState,
    /// The order that used it.
    pub order: Option<Reference>,
    pub share_link: Option<String>,
    pub sent_at: Option<Instant>,
    /// When it was made; none: before that was kept.
    pub created_at: Option<Instant>,
}

fn null_for_empty<S: Serializer>(id: &str, serializer: S) -> Result<S::Ok, S::Error> {
    Some(id).filter(|id| !id.is_empty()).serialize(serializer)
}

impl Coupon {
    /// Settles whether it is expired on that day: only what is valid otherwise expires.
    pub fn settle(&mut self, today: Day) {
        if self.state == CouponState::Valid && self.valid_until.is_some_and(|last| last < today) {
            self.state = CouponState::Expired;
        }
    }

    /// The state that cancelling leads to, none where it is cancelled already. A used one stays used.
    pub fn cancelled(&self) -> Result<Option<CouponState>, CouponRefused> {
        match self.state {
            CouponState::Valid | CouponState::Expired => Ok(Some(CouponState::Cancelled)),
            CouponState::Cancelled => Ok(None),
            CouponState::Used => Err(CouponRefused::Used {
                coupon: self.id.clone(),
                order: self.order.as_ref().map(|order| order.id.clone()),
            }),
        }
    }
}

/// How many symbols a code has, and how many stand between two dashes.
const SYMBOLS: usize = 12;
const GROUP: usize = 4;

/// What codes are written with: no 0 and O, no 1 and I, so that nobody reads one for the other (spec C3). Thirty-two of them:
/// five bits each, sixty in a code.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// The code for these random bytes, such as `QK7M-2XNA-9TBC`.
pub fn code_of(random: [u8; SYMBOLS]) -> String {
    let mut code = String::with_capacity(SYMBOLS + SYMBOLS / GROUP);
    for (place, byte) in random.into_iter().enumerate() {
        if place > 0 && place % GROUP == 0 {
            code.push('-');
        }
        // The lower five bits: each symbol is as likely as the others.
        let symbol = ALPHABET.get(usize::from(byte % 32)).copied().unwrap_or(b'?');
        code.push(char::from(symbol));
    }
    code
}

/// Whether a code is one that `code_of` makes.
pub fn is_code(code: &str) -> bool {
    let mut groups = 0;
    let fits = code.split('-').all(|group| {
        groups += 1;
        group.len() == GROUP && group.bytes().all(|symbol| ALPHABET.contains(&symbol))
    });
    fits && groups == SYMBOLS / GROUP
}

/// Whether a ticket offers the program: one that makes coupons and is in use on that day (spec C2).
pub fn check_offered(program: &CouponProgram, today: Day) -> Result<(), CouponRefused> {
    let id = || program.id.clone();
    if program.kind != ProgramType::Coupons {
        return Err(CouponRefused::NotCoupons { program: id(), kind: program.kind });
    }
    if program.is_active(today) {
        return Ok(());
    }
    Err(match (program.archived, program.start, program.end) {
        (true, ..) => CouponRefused::Archived { program: id() },
        (false, Some(start), _) if start > today => CouponRefused::NotBegun { program: id(), start },
        (false, _, end) => CouponRefused::Over { program: id(), end: end.unwrap_or(today) },
    })
}

/// Why a coupon is not made or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CouponRefused {
    /// A day before today, on which the coupon would be expired from the start (spec C3).
    #[error("{given} is past, so the coupon could never be used; the earliest day is today, {today}")]
    Past { given: Day, today: Day },
    #[error("the program {program} is of type {kind}, so it makes no coupons")]
    NotCoupons { program: String, kind: ProgramType },
    #[error("the program {program} is archived")]
    Archived { program: String },
    #[error("the program {program} only begins on {start}")]
    NotBegun { program: String, start: Day },
    #[error("the program {program} ended on {end}")]
    Over { program: String, end: Day },
    #[error("the coupon {coupon} is used, so it cannot be cancelled")]
    Used { coupon: String, order: Option<String> },
    #[error("the coupon {coupon} was made for no customer, so there is nobody to send it to")]
    Nobodys { coupon: String },
}

impl Refusal for CouponRefused {
    fn code(&self) -> &'static str {
        match self {
            CouponRefused::Past { .. } => "invalid_value",
            CouponRefused::NotCoupons { .. } => "program_not_coupons",
            CouponRefused::Archived { .. } | CouponRefused::NotBegun { .. } | CouponRefused::Over { .. } => {
                "coupon_program_inactive"
            }
            CouponRefused::Used { .. } => "state_not_allowed",
            CouponRefused::Nobodys { .. } => "customer_required",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            CouponRefused::Past { .. } => Some("valid_until"),
            CouponRefused::Used { .. } | CouponRefused::Nobodys { .. } => None,
            _ => Some("program"),
        }
    }
    fn given(&self) -> Option<String> {
        match self {
            CouponRefused::Past { given, .. } => Some(given.to_string()),
            CouponRefused::NotCoupons { program, .. }
            | CouponRefused::Archived { program }
            | CouponRefused::NotBegun { program, .. }
            | CouponRefused::Over { program, .. } => Some(program.clone()),
            CouponRefused::Used { .. } => Some(CouponState::Used.to_string()),
            CouponRefused::Nobodys { coupon } => Some(coupon.clone()),
        }
    }
    fn hint(&self) -> Option<String> {
        let edit =
            |program: &str, flag: &str| Some(format!("aftersales coupon-program edit {} {flag}", shell_word(program)));
        match self {
            CouponRefused::Past { .. } => None,
            CouponRefused::NotCoupons { .. } => Some("aftersales coupon-program list --type coupons".to_owned()),
            CouponRefused::Archived { program } => edit(program, "--no-archived"),
            CouponRefused::NotBegun { program, .. } => edit(program, "--start ''"),
            CouponRefused::Over { program, .. } => edit(program, "--end ''"),
            CouponRefused::Nobodys { coupon } => Some(format!("aftersales coupon show {}", shell_word(coupon))),
            CouponRefused::Used { order, .. } => {
                order.as_ref().map(|order| format!("aftersales order show {}", shell_word(order)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::coupon_program::{AmountTax, Conditions};
    use crate::domain::value::money::Currency;
    use proptest::prelude::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    pub fn coupon(state: CouponState, valid_until: Option<&str>) -> Coupon {
        Coupon {
            key: 1,
            id: "QK7M-2XNA-9TBC".to_owned(),
            program: Reference { key: 2, id: "Sorry 10".to_owned() },
            ticket: None,
            customer: None,
            only_customer: false,
            valid_until: valid_until.map(day),
            state,
            order: None,
            share_link: None,
            sent_at: None,
            created_at: None,
        }
    }

    fn program(kind: ProgramType, archived: bool, start: Option<&str>, end: Option<&str>) -> CouponProgram {
        CouponProgram {
            key: 2,
            id: "Sorry 10".to_owned(),
            name: "Sorry 10".to_owned(),
            kind,
            archived,
            code: None,
            currency: Currency::iso("EUR").unwrap(),
            start: start.map(day),
            end: end.map(day),
            usage_limit: None,
            rewards: Vec::new(),
            conditions: Conditions {
                minimum_amount: None,
                minimum_amount_tax: AmountTax::Included,
                minimum_quantity: None,
                products: Vec::new(),
            },
        }
    }

    #[test]
    fn only_active_programs_of_coupons_are_offered() {
        use ProgramType::{Coupons, PromoCode};
        let table = [
            // type, archived, start, end, what it is refused with on 2026-11-23
            (Coupons, false, None, None, None),
            (Coupons, false, Some("2026-11-23"), Some("2026-11-23"), None),
            (Coupons, false, Some("2026-11-24"), None, Some("coupon_program_inactive")),
            (Coupons, false, None, Some("2026-11-22"), Some("coupon_program_inactive")),
            (Coupons, true, None, None, Some("coupon_program_inactive")),
            (PromoCode, false, None, None, Some("program_not_coupons")),
            (PromoCode, true, None, Some("2026-11-22"), Some("program_not_coupons")),
        ];
        for (kind, archived, start, end, code) in table {
            let refused = check_offered(&program(kind, archived, start, end), day("2026-11-23")).err();
            assert_eq!(refused.as_ref().map(Refusal::code), code, "{kind} {archived} {start:?} {end:?}");
            // The next command to type undoes what is in the way.
            assert!(refused.is_none_or(|refused| refused.hint().is_some_and(|hint| hint.starts_with("aftersales "))));
        }
    }

    #[test]
    fn only_what_is_valid_expires() {
        use CouponState::{Cancelled, Expired, Used, Valid};
        for (state, valid_until, settled) in [
            (Valid, None, Valid),
            (Valid, Some("2026-11-23"), Valid),
            (Valid, Some("2026-11-22"), Expired),
            (Used, Some("2026-11-22"), Used),
            (Cancelled, Some("2026-11-22"), Cancelled),
        ] {
            let mut coupon = coupon(state, valid_until);
            coupon.settle(day("2026-11-23"));
            assert_eq!(coupon.state, settled, "{state} {valid_until:?}");
        }
    }

    #[test]
    fn a_used_coupon_stays_used() {
        use CouponState::{Cancelled, Expired, Used, Valid};
        for (state, to) in [
            (Valid, Ok(Some(Cancelled))),
            (Expired, Ok(Some(Cancelled))),
            (Cancelled, Ok(None)),
            (Used, Err("state_not_allowed")),
        ] {
            assert_eq!(coupon(state, None).cancelled().map_err(|refused| refused.code()), to, "{state}");
        }
    }

    #[test]
    fn a_code_that_is_not_told_is_null() {
        let shown = |id: &str| {
            let coupon = Coupon { id: id.to_owned(), ..coupon(CouponState::Valid, None) };
            serde_json::to_string(&coupon).unwrap()
        };
        assert!(shown("").starts_with(r#"{"id":null,"program":"Sorry 10","ticket":null,"#), "{}", shown(""));
        assert!(shown("AAAA-AAAA-AAAA").starts_with(r#"{"id":"AAAA-AAAA-AAAA","#));
    }

    #[test]
    fn all_symbols_are_different_and_none_is_mistaken() {
        let symbols: std::collections::BTreeSet<u8> = ALPHABET.iter().copied().collect();
        assert_eq!(symbols.len(), 32);
        assert!(b"0O1I".iter().all(|symbol| !symbols.contains(symbol)));
    }

    proptest! {
        #[test]
        fn sixty_bits_make_a_code(random: [u8; SYMBOLS], place in 0..SYMBOLS, bit in 0_u32..8) {
            let code = code_of(random);
            prop_assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4]);
            prop_assert!(code.bytes().all(|symbol| symbol == b'-' || ALPHABET.contains(&symbol)));
            // Each of the five bits that a symbol is made of makes another code.
            let mut other = random;
            other[place] ^= 1 << bit;
            prop_assert_eq!(code != code_of(other), bit < 5);
        }
    }
}
