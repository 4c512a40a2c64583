//! The link that puts a coupon on the cart of whoever opens it (spec C5).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Coupon, CouponState};
use crate::domain::app::App;
use crate::domain::common::ValueRefused;
use crate::domain::discount::CodeRefused;
use crate::domain::{Refusal, Result};

/// Where the link leads on to unless a target is named: the page of the cart.
const CART: &str = "/cart";

/// What stands in a link as it is; all else is encoded, so that nothing of a target is read as another part of the link.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// How many bytes a target may have, so that browsers and what stands between take the link.
const LONGEST: usize = 2_000;

/// The page that a link leads on to: a path of the shop or the portal that it is of, and nowhere else. Whoever makes a
/// link asks this, and whoever follows it.
pub fn target(given: Option<&str>) -> std::result::Result<&str, ValueRefused> {
    let Some(path) = given else {
        return Ok(CART);
    };
    let refuse = |message: &str| Err(ValueRefused::invalid("target", path, message));
    // Browsers read `//` and `/\` as the name of another host, and leave control characters out before they look.
    match path.strip_prefix('/') {
        None => refuse("the target is a path of the shop, which begins with a slash"),
        Some(rest) if rest.starts_with(['/', '\\']) => refuse("a target that begins like this leads to another host"),
        Some(rest) if rest.contains(char::is_control) => refuse("a path has no control characters"),
        Some(_) if path.len() > LONGEST => refuse("a target has 2,000 bytes at most"),
        Some(_) => Ok(path),
    }
}

/// Refuses to give out a code that does not work any more.
pub fn check_usable(coupon: &Coupon) -> std::result::Result<(), CodeRefused> {
    let code = coupon.id.clone();
    match (coupon.state, coupon.valid_until) {
        (CouponState::Valid, _) => Ok(()),
        (CouponState::Cancelled, _) => Err(CodeRefused::Cancelled { code }),
        (CouponState::Expired, Some(valid_until)) => Err(CodeRefused::Expired { code, valid_until }),
        (CouponState::Used | CouponState::Expired, _) => {
            let order = coupon.order.as_ref().map(|order| order.id.clone());
            Err(CodeRefused::Used { code, order })
        }
    }
}

/// The link to a coupon's code, by which the shop at `shop_url` is told where to lead on to. `installed` are the desk's
/// applications, `field` the flag that asked for it.
pub fn link(
    coupon: &Coupon,
    target: &str,
    shop_url: Option<&str>,
    installed: &[App],
    field: Option<&'static str>,
) -> Result<String> {
    if !installed.contains(&App::Ecommerce) {
        return Err(ShareRefused::NoEcommerce { field }.into());
    }
    let shop_url = shop_url.ok_or(ShareRefused::NoShop)?;
    check_usable(coupon)?;
    let encoded = |text| utf8_percent_encode(text, ENCODED);
    Ok(format!("{shop_url}/coupon/{}?r={}", encoded(&coupon.id), encoded(target)))
}

/// Why a coupon has no link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShareRefused {
    #[error("a link fills the cart of the web shop, for which the application ecommerce is not installed")]
    NoEcommerce { field: Option<&'static str> },
    #[error("the desk does not know yet where the web shop is")]
    NoShop,
}

impl Refusal for ShareRefused {
    fn code(&self) -> &'static str {
        match self {
            ShareRefused::NoEcommerce { .. } => "app_missing",
            ShareRefused::NoShop => "missing_field",
        }
    }
    fn field(&self) -> Option<&'static str> {
        match self {
            ShareRefused::NoEcommerce { field } => *field,
            ShareRefused::NoShop => Some("shop_url"),
        }
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            ShareRefused::NoEcommerce { .. } => "aftersales app install ecommerce".to_owned(),
            ShareRefused::NoShop => "aftersales desk edit --shop-url https://shop.example.com".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::coupon;
    use super::*;

    #[test]
    fn a_target_is_a_path_of_the_shop() {
        let (long, too_long) = (format!("/{}", "a".repeat(1_999)), format!("/{}", "a".repeat(2_000)));
        for (given, good) in [
            (Some("/"), true),
            (Some("/cart?x=1#y"), true),
            (Some("/a//b"), true),
            (Some("/é"), true),
            (Some(&*long), true),
            (Some(&*too_long), false),
            (Some(""), false),
            (Some("cart"), false),
            (Some("//evil.example"), false),
            (Some("/\\evil.example"), false),
            (Some("/\t/evil.example"), false),
            (Some("/a\r\nb"), false),
            (Some("/\0"), false),
            (Some("https://evil.example"), false),
        ] {
            assert_eq!(target(given).is_ok(), good, "{given:?}");
        }
        assert_eq!(target(None), Ok("/cart"));
    }

    #[test]
    fn a_link_holds_code_and_target() {
        let made = |coupon: &Coupon, shop, installed: &[App]| {
            link(coupon, "/cart?a=b c&d", shop, installed, None).map_err(|refused| refused.fault().code)
        };
        let (shop, installed) = (Some("https://shop.example"), [App::Ecommerce]);
        let valid = coupon(CouponState::Valid, None);
        let expected = "https://shop.example/coupon/QK7M-2XNA-9TBC?r=/cart%3Fa%3Db%20c%26d";
        assert_eq!(made(&valid, shop, &installed), Ok(expected.to_owned()));
        assert_eq!(made(&valid, shop, &[]), Err("app_missing"));
        assert_eq!(made(&valid, None, &installed), Err("missing_field"));
        for (state, code) in [
            (CouponState::Used, "coupon_used"),
            (CouponState::Expired, "coupon_expired"),
            (CouponState::Cancelled, "coupon_cancelled"),
        ] {
            assert_eq!(made(&coupon(state, Some("2026-11-01")), shop, &installed), Err(code));
        }
    }
}
