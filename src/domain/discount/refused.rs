//! Why an order does not take a code, or not keep it (spec C6).

use crate::domain::Refusal;
use crate::domain::common::CurrencyMismatch;
use crate::domain::coupon_program::AmountTax;
use crate::domain::value::day::Day;
use crate::domain::value::money::Money;
use crate::domain::value::number::Overflow;
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::shell_word;

/// Why a code is refused, in the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeRefused {
    #[error("there is no coupon code {code}")]
    Unknown { code: String },
    #[error("the program {program} of {code} is archived or out of date")]
    Inactive { code: String, program: String },
    #[error("the coupon {code} is cancelled")]
    Cancelled { code: String },
    #[error("the coupon {code} was valid until {valid_until}")]
    Expired { code: String, valid_until: Day },
    #[error("the coupon {code} is used already{}", .order.as_ref().map_or(String::new(), |order| format!(" by the order {order}")))]
    Used { code: String, order: Option<String> },
    #[error("the coupon {code} is bound to another customer")]
    OtherCustomer { code: String },
    #[error("the program {program} of {code} is for {limit} confirmed orders, and there are as many")]
    UsageLimit { code: String, program: String, limit: i64 },
    #[error(transparent)]
    Currency(CurrencyMismatch),
    #[error("{}", already(.code, .other, .program, .order))]
    AlreadyApplied { code: String, other: String, program: String, order: String },
    #[error("{better} on the order {order} takes as much or more off the whole order than {code}")]
    BetterApplied { code: String, better: String, order: String },
    #[error("{code} gives way to {by}, which takes more off the whole order {order}")]
    Replaced { code: String, by: String, order: String },
    #[error("{code} is for orders of {minimum} at least, {}", with_taxes(*.tax))]
    MinimumAmount { code: String, minimum: Money, tax: AmountTax, order: String },
    #[error("{code} is for orders with {}", wanted(*.minimum, .products))]
    MinimumQuantity { code: String, minimum: Option<Quantity>, products: Vec<String>, order: String },
    #[error("the order {order} has nothing that {code} could take something off")]
    NothingToDiscount { code: String, order: String },
    /// An amount past what is kept; no fault of the code.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

fn already(code: &str, other: &str, program: &str, order: &str) -> String {
    if code == other {
        format!("{code} is on the order {order} already")
    } else {
        format!("the order {order} has {other} of the program {program} already, and {code} is of it too")
    }
}

fn with_taxes(tax: AmountTax) -> &'static str {
    match tax {
        AmountTax::Included => "taxes included",
        AmountTax::Excluded => "without taxes",
    }
}

/// `2 units at least of LAMP or BULB`.
fn wanted(minimum: Option<Quantity>, products: &[String]) -> String {
    let of = if products.is_empty() { String::new() } else { format!(" of {}", products.join(" or ")) };
    match minimum {
        Some(minimum) => format!("{minimum} units at least{of}"),
        None => format!("something{of}"),
    }
}

impl CodeRefused {
    /// The order that is to be looked at, where it is the reason.
    fn order(&self) -> Option<&str> {
        match self {
            CodeRefused::AlreadyApplied { order, .. }
            | CodeRefused::BetterApplied { order, .. }
            | CodeRefused::Replaced { order, .. }
            | CodeRefused::MinimumAmount { order, .. }
            | CodeRefused::MinimumQuantity { order, .. }
            | CodeRefused::NothingToDiscount { order, .. } => Some(order),
            CodeRefused::Used { order, .. } => order.as_deref(),
            _ => None,
        }
    }

    fn of_code(&self) -> Option<&str> {
        match self {
            CodeRefused::Unknown { code }
            | CodeRefused::Inactive { code, .. }
            | CodeRefused::Cancelled { code }
            | CodeRefused::Expired { code, .. }
            | CodeRefused::Used { code, .. }
            | CodeRefused::OtherCustomer { code }
            | CodeRefused::UsageLimit { code, .. }
            | CodeRefused::AlreadyApplied { code, .. }
            | CodeRefused::BetterApplied { code, .. }
            | CodeRefused::Replaced { code, .. }
            | CodeRefused::MinimumAmount { code, .. }
            | CodeRefused::MinimumQuantity { code, .. }
            | CodeRefused::NothingToDiscount { code, .. } => Some(code),
            CodeRefused::Currency(_) | CodeRefused::Overflow(_) => None,
        }
    }
}

impl Refusal for CodeRefused {
    fn code(&self) -> &'static str {
        match self {
            CodeRefused::Unknown { .. } => "coupon_unknown",
            CodeRefused::Inactive { .. } => "coupon_program_inactive",
            CodeRefused::Cancelled { .. } => "coupon_cancelled",
            CodeRefused::Expired { .. } => "coupon_expired",
            CodeRefused::Used { .. } => "coupon_used",
            CodeRefused::OtherCustomer { .. } => "coupon_other_customer",
            CodeRefused::UsageLimit { .. } => "coupon_usage_limit",
            CodeRefused::Currency(mismatch) => mismatch.code(),
            CodeRefused::AlreadyApplied { .. } => "coupon_already_applied",
            CodeRefused::BetterApplied { .. } | CodeRefused::Replaced { .. } => "coupon_better_applied",
            CodeRefused::MinimumAmount { .. } => "coupon_minimum_amount",
            CodeRefused::MinimumQuantity { .. } => "coupon_minimum_quantity",
            CodeRefused::NothingToDiscount { .. } => "coupon_nothing_to_discount",
            CodeRefused::Overflow(overflow) => overflow.code(),
        }
    }
    fn field(&self) -> Option<&'static str> {
        Some("code")
    }
    fn given(&self) -> Option<String> {
        self.of_code().map(str::to_owned)
    }
    fn hint(&self) -> Option<String> {
        let show = |noun: &str, id: &str| Some(format!("aftersales {noun} show {}", shell_word(id)));
        match (self, self.order()) {
            (_, Some(order)) => show("order", order),
            (CodeRefused::Inactive { program, .. } | CodeRefused::UsageLimit { program, .. }, None) => {
                show("coupon-program", program)
            }
            (
                CodeRefused::Cancelled { code }
                | CodeRefused::Expired { code, .. }
                | CodeRefused::OtherCustomer { code },
                None,
            ) => show("coupon", code),
            (CodeRefused::Unknown { .. }, None) => Some("aftersales coupon list".to_owned()),
            _ => None,
        }
    }
}

/// A code that an order does not keep, and why: told as a warning when the draft changes, and as the refusal when the order is
/// confirmed (spec C8).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}, so {order} cannot be confirmed with it")]
pub struct Dropped {
    pub order: String,
    pub code: String,
    pub why: CodeRefused,
}

impl Refusal for Dropped {
    fn code(&self) -> &'static str {
        self.why.code()
    }
    fn given(&self) -> Option<String> {
        Some(self.code.clone())
    }
    fn hint(&self) -> Option<String> {
        Some(format!("aftersales order remove-coupon {} {}", shell_word(&self.order), shell_word(&self.code)))
    }
}
