//! The pages: what a customer sees, made by the templates `portal*.html` in the customer's language. Nothing is asked of the store here
//! but for the customer whose visit it is.

use serde::Serialize;

use super::cookie::{Cookies, KeptCode, Visit, once};
use super::request::{Answer, Asked, Route, part};
use crate::command::pipeline::Cx;
use crate::domain::customer::Customer;
use crate::domain::desk::Actor;
use crate::domain::order::Order;
use crate::domain::value::day::{Day, Instant};
use crate::domain::value::money::Money;
use crate::domain::value::reference::Reference;
use crate::domain::{Error, Result};
use crate::output::template::{Templates, Words};
use crate::procedure::{access, invitation};
use crate::store::engine::record::{self, Described, Found};
use crate::{command, store};

mod cart;
mod coupons;
mod document;
mod home;
mod task;
mod ticket;

/// Whoever signed in.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub customer: Customer,
    pub visit: Visit,
}

impl Visitor {
    /// As whom they do what they do.
    pub fn actor(&self) -> Actor {
        Actor::Customer(self.customer.id.clone())
    }

    /// Whether what has that owner is theirs.
    fn owns(&self, owner: Option<&Reference>) -> bool {
        access::is_own(&self.customer.id, owner)
    }
}

/// One moment of the store, as pages are made of it.
pub struct Shown<'s, 'c> {
    pub cx: &'s Cx<'c>,
    /// The path under which the portal stands.
    pub base: &'s str,
    pub secure: bool,
    /// What signs cookies; none before anybody was invited.
    pub cookies: Option<Cookies>,
}

/// A page that says one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// There is nothing here, for whoever asks.
    Nothing,
    /// Too many guesses.
    TooMany,
    /// A link that leads nowhere.
    Wrong,
    /// A form that is none of ours, or that customers have no right to.
    Foreign,
    /// Signed out.
    Left,
    /// The store does not answer.
    Away,
    /// The program failed.
    Failed,
}

impl Notice {
    fn status(self) -> u16 {
        match self {
            Notice::Nothing => 404,
            Notice::TooMany => 429,
            Notice::Wrong => 400,
            Notice::Foreign => 403,
            Notice::Left => 200,
            Notice::Away => 503,
            Notice::Failed => 500,
        }
    }

    /// The key of its words.
    fn word(self) -> &'static str {
        match self {
            Notice::Nothing => "nothing",
            Notice::TooMany => "too_many",
            Notice::Wrong => "wrong",
            Notice::Foreign => "foreign",
            Notice::Left => "left",
            Notice::Away => "away",
            Notice::Failed => "failed",
        }
    }
}

/// What every page is given.
#[derive(Serialize)]
struct View<'v, P> {
    company: &'v str,
    /// The path under which all pages stand.
    base: &'v str,
    /// The customer; none where nobody signed in.
    visitor: Option<&'v str>,
    /// What a form holds so that it is taken, and so that it is done once.
    form: String,
    once: String,
    /// Which page it is.
    here: &'v str,
    title: String,
    /// What there is to say of what was done, and of what was not.
    said: Option<String>,
    refused: Option<String>,
    page: P,
}

/// What a page says beside itself.
#[derive(Default)]
struct Beside {
    said: Option<String>,
    refused: Option<String>,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

/// A change that a form makes, and the word for that it was made.
pub struct Made {
    pub parsed: command::Parsed,
    pub said: &'static str,
}

/// What a form of that page asks to be done.
pub fn change(asked: &Asked, route: &Route) -> Result<Made> {
    match route {
        Route::Ticket(id) => Ok(ticket::change(asked, id)),
        Route::Task(id) => task::change(asked, id),
        _ => Err(command::internal("a page without a form")),
    }
}

/// A page where the desk cannot be asked what it is called.
pub fn without_desk(templates: &Templates, told: Notice) -> Result<String> {
    let words = templates.words("")?;
    let view = View {
        company: "",
        base: "",
        visitor: None,
        form: String::new(),
        once: String::new(),
        here: "message",
        title: words.text(&format!("portal_{}", told.word())).to_owned(),
        said: None,
        refused: None,
        page: Message { text: words.text(&format!("portal_{}_text", told.word())).to_owned() },
    };
    Ok(templates.render("portal_message.html", "", &view)?)
}

impl<'c> Shown<'_, 'c> {
    /// Who asks, as far as their cookie is believed.
    pub fn visitor(&self, asked: &Asked) -> Result<Option<Visitor>> {
        let cookie = asked.cookie(Cookies::visit_name(self.secure));
        let visit = self.cookies.as_ref().zip(cookie).and_then(|(cookies, cookie)| cookies.visit(cookie, self.cx.now));
        match visit {
            Some(visit) if !store::visit::is_ended(self.cx.db, visit.id)? => {
                let customer = invitation::customer_of(self.cx, visit.token)?;
                Ok(customer.map(|customer| Visitor { customer, visit }))
            }
            _ => Ok(None),
        }
    }

    /// The code that waits for a cart of that visitor.
    pub fn kept_code(&self, asked: &Asked, visitor: Option<&Visitor>) -> Option<KeptCode> {
        let cookie = asked.cookie(Cookies::code_name(self.secure))?;
        let kept = self.cookies.as_ref()?.code(cookie, self.cx.now)?;
        let whose = visitor.map(|visitor| &visitor.customer.id);
        kept.customer.as_ref().is_none_or(|customer| Some(customer) == whose).then_some(kept)
    }

    /// The record of that name, whoever's it is.
    fn named<R: Described>(&self, name: &str) -> Result<Option<R>> {
        Ok(match record::find(self.cx.db, name)? {
            Found::One(record) => Some(record),
            Found::Nothing | Found::Several(_) => None,
        })
    }

    /// The customer's open cart.
    pub fn cart(&self, visitor: &Visitor) -> Result<Option<Order>> {
        match store::order::open_cart(self.cx.db, visitor.customer.key)? {
            Some(id) => Ok(record::by_id(self.cx.db, &id)?),
            None => Ok(None),
        }
    }

    /// The answer, with a code to be kept.
    pub fn keeping(&self, answer: Answer, kept: &KeptCode) -> Answer {
        match self.cookies.as_ref().and_then(|cookies| cookies.keep_code(kept, self.cx.now)) {
            Some(cookie) => answer.with("set-cookie", cookie),
            None => answer,
        }
    }

    /// The answer, with no code to be kept any more.
    pub fn forgetting(&self, answer: Answer) -> Answer {
        match &self.cookies {
            Some(cookies) => answer.with("set-cookie", cookies.forget(Cookies::code_name(self.secure))),
            None => answer,
        }
    }

    /// The answer, with nothing to be kept any more.
    pub fn left(&self, answer: Answer) -> Answer {
        match &self.cookies {
            Some(cookies) => {
                self.forgetting(answer.with("set-cookie", cookies.forget(Cookies::visit_name(self.secure))))
            }
            None => answer,
        }
    }

    /// Where a page is.
    pub fn place(&self, route: &Route) -> String {
        let rest = match route {
            Route::Ticket(id) => format!("/tickets/{}", part(id)),
            Route::Task(id) => format!("/tasks/{}", part(id)),
            _ => "/".to_owned(),
        };
        format!("{}{rest}", self.base)
    }

    /// A page that says one thing.
    pub fn message(&self, visitor: Option<&Visitor>, told: Notice) -> Result<Answer> {
        let words = self.words(visitor)?;
        let title = words.text(&format!("portal_{}", told.word())).to_owned();
        let text = words.text(&format!("portal_{}_text", told.word())).to_owned();
        let html = self.rendered(visitor, "message", title, Beside::default(), Message { text })?;
        let answer = Answer::page(told.status(), html);
        Ok(if told == Notice::TooMany { answer.with("retry-after", "60") } else { answer })
    }

    /// A file that pages are shown with.
    pub fn asset(&self, name: &str) -> Result<Answer> {
        let (name, media) = match name {
            "portal.css" => ("portal.css", "text/css; charset=utf-8"),
            "portal.js" => ("portal.js", "text/javascript; charset=utf-8"),
            _ => return self.message(None, Notice::Nothing),
        };
        let file = self.cx.templates.render(name, "", &serde_json::json!({}))?;
        Ok(Answer::of(200, media, file.into_bytes()).instead("cache-control", "private, max-age=300"))
    }

    /// A page of whoever signed in.
    pub fn page(&self, asked: &Asked, visitor: &Visitor, route: &Route) -> Result<Answer> {
        let said = asked.query("said").filter(|said| ["replied", "closed", "signed"].contains(said));
        let words = self.words(Some(visitor))?;
        let said = said.map(|said| words.text(&format!("portal_said_{said}")).to_owned());
        let beside = Beside { said, refused: None };
        match route {
            Route::Home => home::page(self, visitor, asked.query("all").is_some()),
            Route::Ticket(id) => ticket::page(self, visitor, id, beside, ""),
            Route::Task(id) => task::page(self, visitor, id, beside, ""),
            Route::Document(id) => document::page(self, visitor, id, asked.query("format")),
            Route::Coupons => coupons::page(self, visitor),
            Route::Cart => self.cart_page(visitor, None, None),
            Route::Health | Route::Asset(_) | Route::Link(_) | Route::Coupon(_) | Route::Leave => {
                self.message(Some(visitor), Notice::Nothing)
            }
        }
    }

    /// The cart, with what became of a code that waited for it.
    pub fn cart_page(
        &self,
        visitor: &Visitor,
        applied: Option<&str>,
        refused: Option<(&str, &Error)>,
    ) -> Result<Answer> {
        let words = self.words(Some(visitor))?;
        let refused = refused.map(|(code, error)| {
            let why = why_not(&words, error);
            words.fill("portal_code_waits", &[("code", code), ("why", &why)])
        });
        let said = applied.map(|code| words.fill("portal_code_applied", &[("code", code)]));
        cart::page(self, visitor, Beside { said, refused })
    }

    /// The page of a form once more, with what was wrong, and what was written.
    pub fn again(&self, asked: &Asked, visitor: &Visitor, route: &Route, error: &Error) -> Result<Answer> {
        let words = self.words(Some(visitor))?;
        let beside = Beside { said: None, refused: Some(why_not(&words, error)) };
        let answer = match route {
            Route::Ticket(id) => ticket::page(self, visitor, id, beside, asked.form("text").unwrap_or_default()),
            Route::Task(id) => task::page(self, visitor, id, beside, asked.form("name").unwrap_or_default()),
            _ => self.message(Some(visitor), Notice::Nothing),
        }?;
        Ok(Answer { status: if answer.status == 200 { 422 } else { answer.status }, ..answer })
    }

    /// The words of the visitor, or of the desk.
    fn words(&self, visitor: Option<&Visitor>) -> Result<std::sync::Arc<Words>> {
        Ok(self.cx.templates.words(self.language(visitor))?)
    }

    fn language<'l>(&'l self, visitor: Option<&'l Visitor>) -> &'l str {
        let own = visitor.and_then(|visitor| visitor.customer.language.as_ref());
        own.or(self.cx.desk.details.language.as_ref()).map_or("", |language| language.tag())
    }

    /// The page of the template `portal_<here>.html`.
    fn rendered(
        &self,
        visitor: Option<&Visitor>,
        here: &str,
        title: String,
        beside: Beside,
        page: impl Serialize,
    ) -> Result<String> {
        let form = visitor.zip(self.cookies.as_ref()).map(|(visitor, cookies)| cookies.form_token(&visitor.visit));
        let view = View {
            company: &self.cx.desk.company,
            base: self.base,
            visitor: visitor.map(|visitor| visitor.customer.name.as_str()),
            form: form.unwrap_or_default(),
            once: if visitor.is_some() { once()? } else { String::new() },
            here,
            title,
            said: beside.said,
            refused: beside.refused,
            page,
        };
        Ok(self.cx.templates.render(&format!("portal_{here}.html"), self.language(visitor), &view)?)
    }

    /// A page of a visitor.
    fn answered(
        &self,
        visitor: &Visitor,
        here: &str,
        title: String,
        beside: Beside,
        page: impl Serialize,
    ) -> Result<Answer> {
        Ok(Answer::page(200, self.rendered(Some(visitor), here, title, beside, page)?))
    }

    /// A moment as the desk's clocks show it, in those words.
    fn moment(&self, words: &Words, moment: Instant) -> String {
        let shown = self.cx.desk.timezone.shown(moment);
        match shown.split_once(' ') {
            Some((day, time)) => format!("{}, {}", words.day(day), time.get(..5).unwrap_or(time)),
            None => shown,
        }
    }
}

fn day(words: &Words, day: Day) -> String {
    words.day(&day.to_string())
}

fn amount(words: &Words, money: Money) -> String {
    format!("{}\u{a0}{}", words.number(&money.plain()), money.currency)
}

/// A word for a state; what has none stands as it is.
fn word(words: &Words, of: &str, state: &str) -> String {
    let key = format!("portal_{of}_{}", state.to_lowercase().replace([' ', '-'], "_"));
    match words.text(&key) {
        text if text == key => state.to_owned(),
        text => text.to_owned(),
    }
}

/// Why something was not done, in words for a customer.
fn why_not(words: &Words, error: &Error) -> String {
    let code = error.fault().code;
    match word(words, "refused", code) {
        text if text == code => words.text("portal_refused").to_owned(),
        text => text,
    }
}
