//! The cookies of the portal, signed with the desk's secret: a visit, and a code that is still to be applied. What a browser sends back
//! is believed only as far as the signature goes. Nothing of a visit is kept in the program, so several of them serve one store.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::domain::Result;
use crate::domain::invitation::Digest;
use crate::domain::value::day::Instant;
use crate::procedure::visit::LONGEST;
use crate::procedure::{invitation, random};

/// How long a code is kept that could not be applied yet, in seconds: 30 days.
const CODE_KEPT: i64 = 30 * 24 * 3600;

/// How long a code may be that is kept.
const LONGEST_CODE: usize = 100;

/// How far the clock of another machine that serves the same store may be ahead, in seconds.
const AHEAD: i64 = 300;

/// What signs, and how cookies are called and kept.
pub struct Cookies {
    pub secret: Digest,
    /// Whether browsers are to send them over TLS alone.
    pub secure: bool,
}

/// A visit: the link that opened it, and what tells it from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The digest of the link's token: unlike a number, it is never another link's, also where an older copy of the store was put in place.
    pub token: Digest,
    /// By which the store knows that it was ended.
    pub id: Digest,
    /// The cookie itself, which forms are bound to.
    cookie: String,
}

/// A code that waits for a cart, and the customer who brought it; none where nobody had signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCode {
    pub code: String,
    pub customer: Option<String>,
}

impl Cookies {
    /// The name of the cookie of a visit.
    pub fn visit_name(secure: bool) -> &'static str {
        if secure { "__Host-aftersales-visit" } else { "aftersales-visit" }
    }

    /// The name of the cookie with a code.
    pub fn code_name(secure: bool) -> &'static str {
        if secure { "__Host-aftersales-code" } else { "aftersales-code" }
    }

    fn header(&self, name: &str, value: &str, seconds: i64) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
    }

    /// The header that begins a visit.
    pub fn begin(&self, token: Digest, now: Instant) -> Result<String> {
        let nonce = URL_SAFE_NO_PAD.encode(random::bytes::<16>()?);
        let value = self.signed("visit", &format!("{token}.{}.{nonce}", now.utc().timestamp()));
        Ok(self.header(Cookies::visit_name(self.secure), &value, LONGEST))
    }

    /// The header that takes a cookie away.
    pub fn forget(&self, name: &str) -> String {
        self.header(name, "", 0)
    }

    /// The visit that a cookie stands for; none where it is none of ours, or over.
    pub fn visit(&self, cookie: &str, now: Instant) -> Option<Visit> {
        let mut parts = self.verified("visit", cookie)?.split('.');
        let (token, begun) = (parts.next()?.parse().ok()?, parts.next()?.parse::<i64>().ok()?);
        is_fresh(begun, now, LONGEST).then(|| Visit {
            token,
            id: invitation::digest(cookie),
            cookie: cookie.to_owned(),
        })
    }

    /// What a form of that visit holds, so that no other site can make a browser send one.
    pub fn form_token(&self, visit: &Visit) -> String {
        self.seal("form", &visit.cookie).to_hex().to_string()
    }

    /// Whether a form holds it.
    pub fn is_of_form(&self, visit: &Visit, given: &str) -> bool {
        blake3::Hash::from_hex(given).is_ok_and(|given| given == self.seal("form", &visit.cookie))
    }

    /// The header that keeps a code; none of a text that can be no code.
    pub fn keep_code(&self, code: &KeptCode, now: Instant) -> Option<String> {
        let encoded = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let KeptCode { code, customer } = code;
        if code.is_empty() || code.len() > LONGEST_CODE {
            return None;
        }
        let customer = customer.as_deref().map(encoded).unwrap_or_default();
        let value = self.signed("code", &format!("{}.{}.{customer}", encoded(code), now.utc().timestamp()));
        Some(self.header(Cookies::code_name(self.secure), &value, CODE_KEPT))
    }

    /// The code that a cookie keeps.
    pub fn code(&self, cookie: &str, now: Instant) -> Option<KeptCode> {
        let decoded = |text: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok();
        let mut parts = self.verified("code", cookie)?.split('.');
        let (code, kept, customer) = (decoded(parts.next()?)?, parts.next()?.parse().ok()?, decoded(parts.next()?)?);
        let customer = Some(customer).filter(|customer| !customer.is_empty());
        is_fresh(kept, now, CODE_KEPT).then_some(KeptCode { code, customer })
    }

    fn signed(&self, what: &str, value: &str) -> String {
        format!("{value}.{}", self.seal(what, value).to_hex())
    }

    /// What was signed, without the signature.
    fn verified<'c>(&self, what: &str, cookie: &'c str) -> Option<&'c str> {
        let (value, seal) = cookie.rsplit_once('.')?;
        let seal = blake3::Hash::from_hex(seal).ok()?;
        // Digests are compared in the same time wherever they differ.
        (seal == self.seal(what, value)).then_some(value)
    }

    fn seal(&self, what: &str, value: &str) -> blake3::Hash {
        blake3::keyed_hash(&self.secret.0, format!("{what}\0{value}").as_bytes())
    }
}

fn is_fresh(begun: i64, now: Instant, longest: i64) -> bool {
    let age = now.utc().timestamp().saturating_sub(begun);
    (-AHEAD..longest).contains(&age)
}

/// The key under which a form is done once, however often it is sent: bound to the customer, so that nobody uses up another's.
pub fn key_of_form(customer: &str, once: &str) -> Option<String> {
    let is_one = once.len() == 32 && once.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| format!("portal:{}", invitation::digest(&format!("{customer}\0{once}"))))
}

/// A text that no other form has.
pub fn once() -> Result<String> {
    Ok(random::bytes::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Instant {
        time.parse().unwrap()
    }

    fn value(header: &str) -> &str {
        header.split_once('=').unwrap().1.split(';').next().unwrap()
    }

    #[test]
    fn a_visit_is_believed_with_its_signature_alone() {
        let cookies = Cookies { secret: Digest([7; 32]), secure: true };
        let header = cookies.begin(Digest([1; 32]), at("2026-11-23T10:00:00Z")).unwrap();
        assert!(header.starts_with("__Host-aftersales-visit="), "{header}");
        assert!(header.ends_with("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure"), "{header}");
        let cookie = value(&header);
        let visit = cookies.visit(cookie, at("2026-12-23T09:59:59Z")).unwrap();
        assert_eq!(visit.token, Digest([1; 32]));
        assert_eq!(cookies.visit(cookie, at("2026-12-23T10:00:00Z")), None, "it is over");
        assert_eq!(cookies.visit(cookie, at("2026-11-23T09:00:00Z")), None, "it is to come");
        let others = Cookies { secret: Digest([8; 32]), secure: true };
        assert_eq!(others.visit(cookie, at("2026-11-23T10:00:00Z")), None);
        let forged = cookie.replacen("01", "02", 1);
        assert_eq!(cookies.visit(&forged, at("2026-11-23T10:00:00Z")), None);
        for wrong in ["", ".", "a.b.c", &cookie[1..]] {
            assert_eq!(cookies.visit(wrong, at("2026-11-23T10:00:00Z")), None, "{wrong}");
        }
        // A signature of one thing is none of another.
        assert_eq!(cookies.code(cookie, at("2026-11-23T10:00:00Z")), None);
    }

    #[test]
    fn a_form_is_of_one_visit() {
        let cookies = Cookies { secret: Digest([7; 32]), secure: false };
        let begun = |token| {
            let header = cookies.begin(Digest([token; 32]), at("2026-11-23T10:00:00Z")).unwrap();
            cookies.visit(value(&header), at("2026-11-23T10:00:00Z")).unwrap()
        };
        let (one, other) = (begun(1), begun(1));
        assert_ne!(one.id, other.id);
        assert!(cookies.is_of_form(&one, &cookies.form_token(&one)));
        assert!(!cookies.is_of_form(&one, &cookies.form_token(&other)));
        assert!(!cookies.is_of_form(&one, ""));
    }

    #[test]
    fn a_code_is_kept_as_it_came() {
        let cookies = Cookies { secret: Digest([7; 32]), secure: false };
        let now = at("2026-11-23T10:00:00Z");
        for (code, customer) in [("AB 12", None), ("é;,\"", Some("C00001"))] {
            let kept = KeptCode { code: code.to_owned(), customer: customer.map(str::to_owned) };
            let header = cookies.keep_code(&kept, now).unwrap();
            assert!(!header.contains("Secure") && header.is_ascii());
            assert_eq!(cookies.code(value(&header), now), Some(kept));
        }
        let long = KeptCode { code: "A".repeat(101), customer: None };
        assert_eq!(cookies.keep_code(&long, now), None);
    }

    #[test]
    fn a_form_is_done_once_for_each_customer() {
        let once = once().unwrap();
        assert_eq!(key_of_form("C1", &once), key_of_form("C1", &once));
        assert_ne!(key_of_form("C1", &once), key_of_form("C2", &once));
        assert_eq!(key_of_form("C1", "short"), None);
    }
}
