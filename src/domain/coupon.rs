//! Coupons: codes that each work once, made from a ticket (spec C2, C3, C9).

use serde::{Serialize, Serializer};

use super::Refusal;
use super::coupon_program::{CouponProgram, ProgramType};
use super::day::{Day, Instant};
use super::reference::{Reference, shell_word};
use super::text::choices;

choices! {
    /// Whether a coupon can still be used.
    pub enum CouponState: "state" {
        Valid = "valid",
        Used = "used",
        Expired = "expired",
        Cancelled = "cancelled",
    }
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
    #[error("{given} is past, so the coupon could never be used")]
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
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            CouponRefused::Past { .. } => Some("valid_until"),
            CouponRefused::Used { .. } => None,
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
        }
    }
    fn hint(&self) -> Option<String> {
        let edit =
            |program: &str, flag: &str| Some(format!("aftersales coupon-program edit {} {flag}", shell_word(program)));
        match self {
            CouponRefused::Past { today, .. } => Some(format!("name {today} or a later day, or none for no end")),
            CouponRefused::NotCoupons { .. } => Some("aftersales coupon-program list --type coupons".to_owned()),
            CouponRefused::Archived { program } => edit(program, "--no-archived"),
            CouponRefused::NotBegun { program, .. } => edit(program, "--start ''"),
            CouponRefused::Over { program, .. } => edit(program, "--end ''"),
            CouponRefused::Used { order, .. } => {
                order.as_ref().map(|order| format!("aftersales order cancel {order} gives it back"))
            }
        }
    }
}
