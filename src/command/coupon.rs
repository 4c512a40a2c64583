//! `ticket coupon` and `coupon`: codes that each work once, made from a ticket (spec C2, C3, C9).

use clap::Args;
use serde::{Deserialize, Serialize};

use super::pipeline::noun::Changed;
use super::pipeline::noun::{Noun, one};
use super::{Change, Cx};
use crate::domain::coupon::share::{self, target};
use crate::domain::coupon::{Coupon, CouponRefused, CouponState, check_offered};
use crate::domain::coupon_program::CouponProgram;
use crate::domain::desk::Right;
use crate::domain::mail::{Mail, MailKind};
use crate::domain::team::Service;
use crate::domain::value::day::Day;
use crate::domain::value::reference::Reference;
use crate::domain::value::text::Setting;
use crate::domain::{Error, Result};
use crate::procedure::checks::or_none;
use crate::procedure::coupon::{new_code, share_link};
use crate::procedure::mail::{self, Asked, Writing};
use crate::procedure::{service, ticket_log};
use crate::store::coupon;
use crate::store::engine::record;

impl Noun for Coupon {
    const KIND: &'static str = "coupon";
    const NOUN: &'static str = "coupon";
    const RIGHT: Right = Right::Sales;
}

/// What `ticket coupon` answers.
#[derive(Serialize)]
pub struct CouponMade {
    coupon: Coupon,
    /// The mail that brings it, where one was asked for.
    email: Option<Mail>,
}

/// Generate a coupon from a ticket
///
/// The code works once. Programs on offer are those of type coupons that are active today; 'coupon-program list' shows them.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales ticket coupon T00001 --program 'Sorry 10'\n  aftersales ticket coupon T00001 --program 'Sorry 10' --valid-until 2026-12-31 --only-customer\n  aftersales ticket coupon T00001 --program 'Sorry 10' --send-by-email\n  aftersales ticket coupon T00001 --program 'Sorry 10' --share-link"
)]
pub struct TicketCoupon {
    /// The ticket
    pub ticket: String,
    /// The coupon program
    #[arg(long, value_name = "NAME")]
    pub program: String,
    /// The last day on which the code works (default: it does not expire)
    #[arg(long, value_name = "DAY")]
    pub valid_until: Option<Setting<Day>>,
    /// Send it to the ticket's customer by e-mail, as 'coupon send' does
    #[arg(long)]
    #[serde(default)]
    pub send_by_email: bool,
    /// Nobody but the ticket's customer can use it (default: whoever holds the code)
    #[arg(long)]
    #[serde(default)]
    pub only_customer: bool,
    /// Make the link that puts the code on the cart of whoever opens it, as 'coupon share' does
    #[arg(long)]
    #[serde(default)]
    pub share_link: bool,
}

impl Change for TicketCoupon {
    type Outcome = CouponMade;
    const RIGHT: Right = Right::Helpdesk;

    fn run(&self, cx: &Cx<'_>) -> Result<CouponMade> {
        let ticket = service::ticket(cx, &self.ticket)?;
        let named = || vec![("program", self.program.clone())];
        let program: CouponProgram = cx.checked("the program is there", named, one(cx, "program", &self.program))?;
        service::check_offered(cx, &ticket, Service::Coupons)?;
        let valid_until = self.valid_until.and_then(|day| day.0);
        let past = valid_until.filter(|day| *day < cx.today);
        let in_time: Result<()> =
            past.map_or(Ok(()), |given| Err(CouponRefused::Past { given, today: cx.today }.into()));
        let days = || {
            let until = valid_until.map(|day| day.to_string());
            vec![or_none("valid_until", until.as_deref()), ("today", cx.today.to_string())]
        };
        cx.checked("the coupon is valid today", days, in_time)?;
        let offered = check_offered(&program, cx.today).map_err(Error::from);
        let inputs = || vec![("program", program.id.clone()), ("today", cx.today.to_string())];
        cx.checked("the program makes coupons now", inputs, offered)?;
        if self.only_customer || self.send_by_email {
            let whose = || vec![or_none("customer", ticket.customer.as_ref().map(|customer| customer.id.as_str()))];
            cx.checked("the ticket has a customer", whose, service::customer_of(&ticket))?;
        }

        let mut coupon = Coupon {
            key: cx.db.next_key()?,
            id: new_code(cx)?,
            program: program.reference(),
            ticket: Some(Reference { key: ticket.key, id: ticket.id.clone() }),
            customer: ticket.customer.clone(),
            only_customer: self.only_customer,
            valid_until,
            state: CouponState::Valid,
            order: None,
            share_link: None,
            sent_at: None,
            created_at: Some(cx.now),
        };
        if self.share_link {
            coupon.share_link = Some(share_link(cx, &coupon, target(None)?, Some("share_link"))?);
        }
        coupon::insert(cx.db, &coupon)?;
        let text = format!("Coupon of {}: {}", program.id, worth_of(&program));
        ticket_log::note(cx, ticket.key, "coupon", &text, Some(&coupon.id))?;
        cx.touched("ticket", &ticket.id);
        if !cx.planned {
            cx.created("coupon", &coupon.id);
        }
        let asked = Asked::default();
        let email = if self.send_by_email { Some(write(cx, &coupon, &program, asked)?) } else { None };
        if cx.planned {
            // What is undone was never given out: its code is told to nobody.
            return Ok(CouponMade { coupon: Coupon { id: String::new(), share_link: None, ..coupon }, email });
        }
        Ok(CouponMade { coupon, email })
    }
}

/// Writes the mail that brings a coupon to its customer (spec C4).
fn write(cx: &Cx<'_>, coupon: &Coupon, program: &CouponProgram, asked: Asked<'_>) -> Result<Mail> {
    let customer = coupon.customer.as_ref().ok_or_else(|| CouponRefused::Nobodys { coupon: coupon.id.clone() })?;
    let reader = mail::reader(cx, customer.key)?;
    let values = mail::coupon(cx, &reader.words, coupon, program)?;
    let ticket = coupon.ticket.as_ref();
    let writing = Writing { kind: MailKind::Coupon, ticket, document: &coupon.id, asked, files: Vec::new() };
    mail::write(cx, &reader, writing, &values)
}

/// Send a coupon to its customer by e-mail
///
/// What it says is made by the templates coupon.mail.txt and coupon.mail.html, in the customer's language; 'templates export' writes
/// them for a site to change. The message takes the place of the words with which it begins.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales coupon send QK7M-2XNA-9TBC\n  aftersales coupon send QK7M-2XNA-9TBC --subject Sorry --message 'It was ours to check.'"
)]
pub struct CouponSend {
    /// The coupon's code
    pub coupon: String,
    /// The subject (default: what the template says)
    #[arg(long)]
    pub subject: Option<String>,
    /// What it begins with (default: what the template says)
    #[arg(long)]
    pub message: Option<String>,
}

impl Change for CouponSend {
    type Outcome = Changed<Mail>;
    const RIGHT: Right = Right::Sales;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Mail>> {
        let coupon: Coupon = one(cx, "coupon", &self.coupon)?;
        share::check_usable(&coupon)?;
        let program: CouponProgram = record::by_key(cx.db, coupon.program.key)?;
        let asked = Asked { subject: self.subject.as_deref(), message: self.message.as_deref() };
        let mail = write(cx, &coupon, &program, asked)?;
        cx.touched("coupon", &coupon.id);
        Ok(Changed(mail))
    }
}

/// The rewards of a program in words.
fn worth_of(program: &CouponProgram) -> String {
    let rewards: Vec<String> = program.rewards.iter().map(ToString::to_string).collect();
    rewards.join("; ")
}

/// Cancel a coupon
///
/// A used one stays used; cancelling its order gives it back.
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(after_help = "Examples:\n  aftersales coupon cancel QK7M-2XNA-9TBC")]
pub struct CouponCancel {
    /// The coupon's code
    pub coupon: String,
}

impl Change for CouponCancel {
    type Outcome = Changed<Coupon>;
    const RIGHT: Right = Right::Sales;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Coupon>> {
        let before: Coupon = one(cx, "coupon", &self.coupon)?;
        let Some(state) = before.cancelled()? else {
            return Ok(Changed(before));
        };
        let after = Coupon { state, ..before };
        coupon::cancel(cx.db, after.key)?;
        cx.touched("coupon", &after.id);
        if let Some(ticket) = &after.ticket {
            ticket_log::note(cx, ticket.key, "coupon", "Coupon cancelled", Some(&after.id))?;
            cx.touched("ticket", &ticket.id);
        }
        Ok(Changed(after))
    }
}

/// Make the link that puts a coupon on a cart
///
/// Opening it in the web shop puts the code on the cart of the customer who is signed in there, and leads on to the target. It needs the
/// application ecommerce ('app install ecommerce') and the shop's address ('desk edit --shop-url').
#[derive(Args, Serialize, Deserialize, Debug)]
#[command(
    after_help = "Examples:\n  aftersales coupon share QK7M-2XNA-9TBC\n  aftersales coupon share QK7M-2XNA-9TBC --target /lamps"
)]
pub struct CouponShare {
    /// The coupon's code
    pub coupon: String,
    /// The page of the shop that it leads on to, such as /lamps (default: the cart)
    #[arg(long, value_name = "PATH")]
    pub target: Option<String>,
}

impl Change for CouponShare {
    type Outcome = Changed<Coupon>;
    const RIGHT: Right = Right::Sales;

    fn run(&self, cx: &Cx<'_>) -> Result<Changed<Coupon>> {
        let before: Coupon = one(cx, "coupon", &self.coupon)?;
        let target = target(self.target.as_deref())?;
        let link = share_link(cx, &before, target, None)?;
        if before.share_link.as_ref() == Some(&link) {
            return Ok(Changed(before));
        }
        let after = Coupon { share_link: Some(link), ..before };
        coupon::share(cx.db, &after)?;
        cx.touched("coupon", &after.id);
        if let Some(ticket) = &after.ticket {
            ticket_log::note(cx, ticket.key, "coupon", "Link to the coupon made", Some(&after.id))?;
            cx.touched("ticket", &ticket.id);
        }
        // A link that is undone is told to nobody (contract, section 2).
        Ok(Changed(if cx.planned { Coupon { share_link: None, ..after } } else { after }))
    }
}
