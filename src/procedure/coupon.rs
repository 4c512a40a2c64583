//! How a ticket gives a coupon: the programs it offers, for `ticket coupon` and `ticket options` alike, and the code (spec C2,
//! C3).

use super::context::Cx;
use super::random;
use super::services::{Makes, ServiceEntry};
use crate::domain::Result;
use crate::domain::app::App;
use crate::domain::coupon::{Coupon, code_of, share};
use crate::domain::options::Fields;
use crate::domain::team::Service;
use crate::domain::ticket::Ticket;
use crate::store::{app, coupon, coupon_program};

/// Coupons (spec C).
pub const SERVICE: ServiceEntry = ServiceEntry {
    service: Service::Coupons,
    command: "ticket coupon",
    apps: &[App::Sales, App::Loyalty],
    form: offer,
    makes: &[Makes {
        shown_as: Some("coupons"),
        noun: "coupon",
        opened_by: "aftersales coupon show",
        of_ticket: coupon::made_from,
    }],
};

/// The form of `ticket coupon` as it would be shown today. No program stands in it at first: which one is given is for the
/// user to say.
pub fn offer(cx: &Cx<'_>, _ticket: &Ticket) -> Result<Fields> {
    let fields = Fields::default()
        .choice("program", None, coupon_program::making_coupons(cx.db, cx.today)?)
        .free("valid_until", None)
        .switch("send_by_email")
        .switch("only_customer");
    // Without a web shop there is no cart that a link could fill.
    let has_shop = app::installed(cx.db)?.contains(&App::Ecommerce);
    Ok(if has_shop { fields.switch("share_link") } else { fields.hidden("share_link") })
}

/// The link that puts a coupon on the cart of whoever opens it; `field` is the flag that asked for it.
pub fn share_link(cx: &Cx<'_>, coupon: &Coupon, target: &str, field: Option<&'static str>) -> Result<String> {
    share::link(coupon, target, cx.desk.shop_url.as_deref(), &app::installed(cx.db)?, field)
}

/// A code that nobody can guess and nothing has yet.
pub fn new_code(cx: &Cx<'_>) -> Result<String> {
    loop {
        let code = code_of(random::bytes()?);
        if !coupon::has_code(cx.db, &code)? && coupon_program::with_code(cx.db, &code)?.is_none() {
            return Ok(code);
        }
    }
}
