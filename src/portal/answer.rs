//! Answers one request: finds out who asks, shows a page of one moment of the store, or runs what a form asks and leads on.

use std::time::Instant as Moment;

use super::Site;
use super::cookie::{Cookies, KeptCode, key_of_form};
use super::limit::{Guess, Limits, Who};
use super::pages::{self, Notice, Shown, Visitor};
use super::request::{Answer, Asked, Method, Route, base_of};
use super::work::Done;
use crate::command::Parsed;
use crate::command::order::OrderApplyCoupon;
use crate::command::pipeline::courier::Courier;
use crate::command::pipeline::{Clock as _, Envelope, Mode, Session, whole};
use crate::command::visit::{VisitEnd, VisitSecret};
use crate::domain::code::FaultKind;
use crate::domain::coupon::share::target;
use crate::domain::desk::{Actor, Right};
use crate::domain::order::Order;
use crate::domain::{Error, Result};
use crate::procedure::invitation;
use crate::store::engine::migrate;
use crate::store::{self, Access, Db, StoreError};

/// Where requests are answered, one after the other.
pub struct Counter<'c> {
    site: &'c Site<'c>,
    courier: &'c Courier,
    limits: &'c Limits,
    /// The store on a server, whose connection is kept; a file is opened anew, since another may have been put in its place.
    kept: Option<Db>,
}

/// What is still to be done when a request was looked at.
enum Next {
    Answer(Answer),
    /// A visit begins, of the link with that token.
    Begin(String),
    /// A code is applied to the customer's cart, and then there is a page to go on to.
    Apply {
        visitor: Box<Visitor>,
        code: String,
        on: Option<String>,
    },
    /// A form is done.
    Form {
        visitor: Box<Visitor>,
        route: Route,
    },
}

/// Makes what the portal needs of a store before anybody asks.
pub fn prepare(site: &Site<'_>, courier: &Courier) -> Result<()> {
    let limits = Limits::default();
    let counter = Counter::new(site, courier, &limits);
    let db = counter.open()?;
    let mut lacks_secret = false;
    counter.session(&db, Actor::System).read(Right::Rescue, |cx| {
        lacks_secret = store::invitation::any(cx.db)? && store::visit::secret(cx.db)?.is_none();
        Ok(())
    })?;
    if lacks_secret {
        counter.make_secret(&db)?;
    }
    Ok(())
}

impl<'c> Counter<'c> {
    /// One at which nobody was served yet.
    pub fn new(site: &'c Site<'c>, courier: &'c Courier, limits: &'c Limits) -> Counter<'c> {
        Counter { site, courier, limits, kept: None }
    }

    /// Answers what is asked. What goes wrong with the store is told to whoever asks as that, and does not last.
    pub fn answer(&mut self, asked: &Asked, moment: Moment) -> Done {
        let kept = self.kept.take();
        let was_kept = kept.is_some();
        match self.answered(kept, asked, moment) {
            // The server may have hung up on a connection that it was not asked anything over for long; nothing was done.
            Err(error) if was_kept && error.kind() == FaultKind::Busy => self.answered(None, asked, moment),
            answered => answered,
        }
        .map_or_else(|error| self.troubled(&error), |answer| Done { answer, trouble: None })
    }

    fn answered(&mut self, kept: Option<Db>, asked: &Asked, moment: Moment) -> Result<Answer> {
        let db = kept.map_or_else(|| self.open(), Ok)?;
        let answer = self.served(&db, asked, moment)?;
        if self.site.store.file().is_none() {
            self.kept = Some(db);
        }
        Ok(answer)
    }

    /// What is said where the store or the program failed.
    pub fn failed(&self, status: u16) -> Answer {
        let told = if status == 500 { Notice::Failed } else { Notice::Away };
        let page = pages::without_desk(self.site.templates, told);
        let answer = page.map_or_else(|_| Answer::text(status, "try again later"), |html| Answer::page(status, html));
        answer.with("retry-after", "10")
    }

    fn troubled(&self, error: &Error) -> Done {
        let status = match error.kind() {
            FaultKind::Internal | FaultKind::Usage => 500,
            _ => 503,
        };
        let fault = error.fault();
        // What a busy store has to say is of no use to anybody else.
        let is_passing = matches!(error.kind(), FaultKind::Busy);
        let trouble = (!is_passing).then(|| format!("{}: {}", fault.code, fault.message));
        Done { answer: self.failed(status), trouble }
    }

    fn open(&self) -> Result<Db> {
        match Db::open(self.site.store, Access::Write) {
            Err(StoreError::Older { why: None, .. }) => {
                migrate::upgrade(self.site.store)?;
                Ok(Db::open(self.site.store, Access::Write)?)
            }
            opened => Ok(opened?),
        }
    }

    fn session<'s>(&'s self, db: &'s Db, actor: Actor) -> Session<'s> {
        Session {
            db,
            clock: self.site,
            actor,
            templates: self.site.templates,
            courier: self.courier,
            yes: false,
            checks: None,
        }
    }

    /// Runs a change as whoever asks.
    fn run(&self, db: &Db, actor: Actor, parsed: Parsed, key: Option<String>) -> Result<()> {
        self.session(db, actor).run_single(&Envelope { parsed, key }, Mode::Commit, &mut |_| Ok(())).map(drop)
    }

    /// Makes the secret that cookies are signed with, unless there is one.
    fn make_secret(&self, db: &Db) -> Result<()> {
        self.run(db, Actor::System, whole(VisitSecret::NAME, VisitSecret {}), None)
    }

    fn served(&self, db: &Db, asked: &Asked, moment: Moment) -> Result<Answer> {
        if asked.path.ends_with("/healthz") {
            let mut is_health = false;
            self.session(db, Actor::System).read(Right::Rescue, |cx| {
                let base = base_of(cx.desk.portal_url.as_deref());
                is_health = Route::of(&asked.path, base) == Some(Route::Health);
                Ok(())
            })?;
            if is_health {
                return Ok(Answer::text(200, "ok"));
            }
        }
        match self.looked_at(db, asked, moment)? {
            Next::Answer(answer) => Ok(answer),
            Next::Begin(token) => self.begun(db, &token),
            Next::Apply { visitor, code, on } => self.applied(db, asked, &visitor, &code, on.as_deref(), moment),
            Next::Form { visitor, route } => self.done(db, asked, &visitor, &route),
        }
    }

    /// Looks at a request over one moment of the store.
    fn looked_at(&self, db: &Db, asked: &Asked, moment: Moment) -> Result<Next> {
        self.shown(db, |shown| {
            let (base, who) = (shown.base, Who::Client(asked.client));
            let message = |told| shown.message(None, told).map(Next::Answer);
            let Some(route) = Route::of(&asked.path, base).filter(|_| !asked.has_nul()) else {
                return shown.message(shown.visitor(asked)?.as_ref(), Notice::Nothing).map(Next::Answer);
            };
            if asked.method == Method::Post && !route.takes_forms() {
                return Ok(Next::Answer(Answer::text(405, "this page takes no form").with("allow", "GET, HEAD")));
            }
            match &route {
                Route::Asset(name) => return shown.asset(name).map(Next::Answer),
                Route::Link(_) if !self.limits.may(Guess::Link, &who, moment) => return message(Notice::TooMany),
                Route::Link(token) => {
                    let found = invitation::customer_of(shown.cx, invitation::digest(token))?;
                    if found.is_none() {
                        self.limits.count(Guess::Link, &who, moment);
                        return message(Notice::Nothing);
                    }
                    return Ok(match asked.method {
                        Method::Head => Next::Answer(Answer::to(&format!("{base}/"))),
                        _ => Next::Begin(token.clone()),
                    });
                }
                _ => {}
            }
            let visitor = shown.visitor(asked)?;
            if let Route::Coupon(code) = &route {
                return match target(asked.query("r")) {
                    Ok(place) => self.shared(shown, asked, visitor, (code, place), moment),
                    Err(_) => message(Notice::Wrong),
                };
            }
            let Some(visitor) = visitor.map(Box::new) else {
                return message(Notice::Nothing);
            };
            if asked.method == Method::Post {
                let given = asked.form("form").unwrap_or_default();
                if asked.is_foreign
                    || !shown.cookies.as_ref().is_some_and(|cookies| cookies.is_of_form(&visitor.visit, given))
                {
                    return shown.message(Some(&visitor), Notice::Foreign).map(Next::Answer);
                }
                let customer = Who::Customer(visitor.customer.id.clone());
                if !self.limits.may(Guess::Form, &customer, moment) {
                    return shown.message(Some(&visitor), Notice::TooMany).map(Next::Answer);
                }
                self.limits.count(Guess::Form, &customer, moment);
                return Ok(Next::Form { visitor, route });
            }
            if route == Route::Cart
                && asked.method == Method::Get
                && let Some(KeptCode { code, .. }) = shown.kept_code(asked, Some(&visitor))
                && self.limits.may(Guess::Code, &who, moment)
            {
                return Ok(Next::Apply { visitor, code, on: None });
            }
            if asked.query("format").is_some() {
                let customer = Who::Customer(visitor.customer.id.clone());
                if !self.limits.may(Guess::Form, &customer, moment) {
                    return shown.message(Some(&visitor), Notice::TooMany).map(Next::Answer);
                }
                self.limits.count(Guess::Form, &customer, moment);
            }
            shown.page(asked, &visitor, &route).map(Next::Answer)
        })
    }

    /// Shows something of one moment of the store.
    fn shown<T>(&self, db: &Db, show: impl FnOnce(&Shown<'_, '_>) -> Result<T>) -> Result<T> {
        let mut told = None;
        self.session(db, Actor::System).read(Right::Anybody, |cx| {
            let portal_url = cx.desk.portal_url.as_deref();
            let secure = portal_url.is_some_and(|url| url.starts_with("https://"));
            let secret = store::visit::secret(cx.db)?;
            let cookies = secret.map(|secret| Cookies { secret, secure });
            told = Some(show(&Shown { cx, base: base_of(portal_url), secure, cookies })?);
            Ok(())
        })?;
        told.ok_or_else(|| crate::command::internal("a page without an answer"))
    }

    /// Begins a visit of a link that was found to be good.
    fn begun(&self, db: &Db, token: &str) -> Result<Answer> {
        let begin = |shown: &Shown<'_, '_>| {
            let now = self.site.now();
            let cookies = shown.cookies.as_ref();
            let begun = cookies.map(|cookies| cookies.begin(invitation::digest(token), now)).transpose()?;
            Ok(begun.map(|cookie| Answer::to(&format!("{}/", shown.base)).with("set-cookie", cookie)))
        };
        if let Some(answer) = self.shown(db, begin)? {
            return Ok(answer);
        }
        // An export does not hold the secret of the store that it is of.
        self.make_secret(db)?;
        self.shown(db, begin)?.ok_or_else(|| crate::command::internal("no secret"))
    }

    /// A code that somebody shared: for the cart of whoever signed in, and else kept.
    fn shared(
        &self,
        shown: &Shown<'_, '_>,
        asked: &Asked,
        visitor: Option<Visitor>,
        (code, place): (&str, &str),
        moment: Moment,
    ) -> Result<Next> {
        let on = format!("{}{place}", shown.base);
        if asked.method == Method::Head {
            return Ok(Next::Answer(Answer::to(&on)));
        }
        if !self.limits.may(Guess::Code, &Who::Client(asked.client), moment) {
            return shown.message(visitor.as_ref(), Notice::TooMany).map(Next::Answer);
        }
        match visitor {
            Some(visitor) => Ok(Next::Apply { visitor: Box::new(visitor), code: code.to_owned(), on: Some(on) }),
            None => {
                let kept = KeptCode { code: code.to_owned(), customer: None };
                Ok(Next::Answer(shown.keeping(Answer::to(&on), &kept)))
            }
        }
    }

    /// Applies a code to the customer's cart, where there is one that it fits; else it is kept. Then leads on, or shows the cart.
    fn applied(
        &self,
        db: &Db,
        asked: &Asked,
        visitor: &Visitor,
        code: &str,
        on: Option<&str>,
        moment: Moment,
    ) -> Result<Answer> {
        let mut cart: Option<Order> = None;
        self.shown(db, |shown| {
            cart = shown.cart(visitor)?;
            Ok(())
        })?;
        let refused = match &cart {
            // It is on it already, as whoever opens a link twice may see.
            Some(cart) if cart.code_spelled(code).is_some() => None,
            Some(cart) => {
                let change = OrderApplyCoupon { order: cart.id.clone(), code: code.to_owned() };
                match self.run(db, visitor.actor(), whole("order apply-coupon", change), None) {
                    Err(error) if is_of_the_desk(&error) => return Err(error),
                    applied => applied.err(),
                }
            }
            None => None,
        };
        let is_applied = cart.is_some() && refused.is_none();
        let is_unknown = refused.as_ref().is_some_and(|error| error.kind() == FaultKind::NotFound);
        if is_unknown {
            self.limits.count(Guess::Code, &Who::Client(asked.client), moment);
        }
        self.shown(db, |shown| {
            let answer = match on {
                Some(on) => Answer::to(on),
                None => {
                    shown.cart_page(visitor, is_applied.then_some(code), refused.as_ref().map(|error| (code, error)))?
                }
            };
            let kept = KeptCode { code: code.to_owned(), customer: Some(visitor.customer.id.clone()) };
            // What nobody knows is not tried for ever; where a link leads on, the cart says that once.
            Ok(if is_applied || (is_unknown && on.is_none()) {
                shown.forgetting(answer)
            } else {
                shown.keeping(answer, &kept)
            })
        })
    }

    /// Does what a form asks, and leads on to its page; or shows the page again with what is wrong.
    fn done(&self, db: &Db, asked: &Asked, visitor: &Visitor, route: &Route) -> Result<Answer> {
        if *route == Route::Leave {
            let change = VisitEnd { customer: visitor.customer.id.clone(), visit: Some(visitor.visit.id) };
            self.run(db, visitor.actor(), whole(VisitEnd::NAME, change), None)?;
            return self.shown(db, |shown| Ok(shown.left(shown.message(None, Notice::Left)?)));
        }
        let key = key_of_form(&visitor.customer.id, asked.form("once").unwrap_or_default());
        let made = match pages::change(asked, route) {
            Ok(made) => made,
            Err(refused) => return self.shown(db, |shown| shown.again(asked, visitor, route, &refused)),
        };
        let pages::Made { parsed, said } = made;
        match self.run(db, visitor.actor(), parsed, key) {
            Ok(()) => self.shown(db, |shown| Ok(Answer::to(&format!("{}?said={said}", shown.place(route))))),
            Err(error) if is_of_the_desk(&error) => Err(error),
            Err(error) => self.shown(db, |shown| match error.kind() {
                FaultKind::NotFound => shown.message(Some(visitor), Notice::Nothing),
                FaultKind::Access => shown.message(Some(visitor), Notice::Foreign),
                _ => shown.again(asked, visitor, route, &error),
            }),
        }
    }
}

/// Whether a fault is not the customer's to mend.
fn is_of_the_desk(error: &Error) -> bool {
    error.is_of_the_store() || matches!(error.kind(), FaultKind::Internal | FaultKind::Busy | FaultKind::Trial)
}
