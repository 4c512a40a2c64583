//! What a browser asks and what it is answered, without the library that carries them.

use std::net::IpAddr;

use percent_encoding::percent_decode_str;

/// How a page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// To look at; nothing is changed but what the contract says of codes.
    Get,
    /// To see whether it could be looked at.
    Head,
    /// To do what a form says.
    Post,
}

/// What is asked, as far as anything here looks at it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: Method,
    /// The path as it came, without what stands behind `?`.
    pub path: String,
    pub query: Vec<(String, String)>,
    /// What a form says.
    pub form: Vec<(String, String)>,
    pub cookies: Vec<(String, String)>,
    /// Who asks, as limits count them.
    pub client: IpAddr,
    /// Whether the browser says that another site made it ask.
    pub is_foreign: bool,
}

impl Asked {
    /// Whether answering it may wait for the store's lock.
    pub fn may_write(&self) -> bool {
        let keeps_code = || self.cookies.iter().any(|(name, _)| name.ends_with("-code"));
        self.method == Method::Post || self.path.contains("/coupon/") || self.path.contains("/cart") && keeps_code()
    }

    /// Whether a text of it is none that the store keeps.
    pub fn has_nul(&self) -> bool {
        let pairs = self.query.iter().chain(&self.form);
        self.path.contains("%00") || pairs.into_iter().any(|(name, value)| name.contains('\0') || value.contains('\0'))
    }

    /// The first value of that name behind `?`.
    pub fn query(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// The first value of that name in the form.
    pub fn form(&self, name: &str) -> Option<&str> {
        first(&self.form, name)
    }

    /// The first cookie of that name.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        first(&self.cookies, name)
    }
}

fn first<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// A form, or what stands behind `?`, as pairs.
pub fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// The cookies that a header names.
pub fn cookies(header: &str) -> impl Iterator<Item = (String, String)> {
    header.split(';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    })
}

/// A page of the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Whether the store can be read.
    Health,
    /// What a page is shown with, by name.
    Asset(String),
    /// A link that somebody was given, by its token.
    Link(String),
    Home,
    Ticket(String),
    Task(String),
    Document(String),
    Coupons,
    Cart,
    /// A code that somebody shared.
    Coupon(String),
    Leave,
}

impl Route {
    /// The page at a path, under the path that the portal's own address has; none where nothing is.
    pub fn of(path: &str, base: &str) -> Option<Route> {
        let path = path.strip_prefix(base).filter(|rest| rest.starts_with('/')).unwrap_or(path);
        let (page, rest) = path.strip_prefix('/')?.split_once('/').unwrap_or((path.get(1..)?, ""));
        let text = |text: &str| percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned());
        // What names one thing: text without a slash of the path, and not nothing.
        let one = || Some(rest).filter(|rest| !rest.is_empty() && !rest.contains('/')).and_then(text);
        match (page, rest) {
            ("", "") if path == "/" => Some(Route::Home),
            ("healthz", "") if !path.ends_with('/') => Some(Route::Health),
            ("coupons", "") => Some(Route::Coupons),
            ("cart", "") => Some(Route::Cart),
            ("leave", "") => Some(Route::Leave),
            ("assets", _) => one().map(Route::Asset),
            ("in", _) => one().map(Route::Link),
            ("tickets", _) => one().map(Route::Ticket),
            ("tasks", _) => one().map(Route::Task),
            ("coupon", _) => one().map(Route::Coupon),
            // A number has slashes, which some that stand between do not leave encoded.
            ("documents", rest) if !rest.is_empty() => text(rest).map(Route::Document),
            _ => None,
        }
    }

    /// Whether it takes a form.
    pub fn takes_forms(&self) -> bool {
        matches!(self, Route::Ticket(_) | Route::Task(_) | Route::Leave)
    }
}

/// The path in the address of the portal, under which all pages stand; empty where it has none.
pub fn base_of(portal_url: Option<&str>) -> &str {
    let behind_scheme = portal_url.and_then(|url| url.split_once("://")).map_or("", |(_, rest)| rest);
    behind_scheme.find('/').and_then(|slash| behind_scheme.get(slash..)).unwrap_or_default()
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// What is loaded into a page comes from the portal, or stands in it as a picture; nothing runs or is styled from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

impl Answer {
    /// An answer of that media type.
    pub fn of(status: u16, media: &str, body: Vec<u8>) -> Answer {
        let headers = [
            ("content-type", media),
            ("content-security-policy", POLICY),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ];
        let headers = headers.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        Answer { status, headers, body }
    }

    /// A page.
    pub fn page(status: u16, html: String) -> Answer {
        Answer::of(status, "text/html; charset=utf-8", html.into_bytes())
    }

    /// A line of text.
    pub fn text(status: u16, text: &str) -> Answer {
        Answer::of(status, "text/plain; charset=utf-8", format!("{text}\n").into_bytes())
    }

    /// The way to another page.
    pub fn to(place: &str) -> Answer {
        Answer::text(303, "see there").with("location", encoded(place))
    }

    /// The same with one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with a header in the place of the one of that name.
    #[must_use]
    pub fn instead(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.retain(|(known, _)| *known != name);
        self.with(name, value)
    }
}

/// A place as it may stand in a header: nothing in it but ASCII that is seen.
fn encoded(place: &str) -> String {
    const UNSEEN: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>');
    percent_encoding::utf8_percent_encode(place, UNSEEN).to_string()
}

/// A text as one part of a path.
pub fn part(text: &str) -> String {
    const SPECIAL: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(text, SPECIAL).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_its_page() {
        let text = str::to_owned;
        for (path, route) in [
            ("/", Some(Route::Home)),
            ("/healthz", Some(Route::Health)),
            ("/healthz/", None),
            ("/in/abc", Some(Route::Link(text("abc")))),
            ("/in/", None),
            ("/in/a/b", None),
            ("/tickets/T00001", Some(Route::Ticket(text("T00001")))),
            ("/tickets/T%2F1", Some(Route::Ticket(text("T/1")))),
            ("/tickets", None),
            ("/tickets/%ff", None),
            ("/documents/INV%2F2026%2F00001", Some(Route::Document(text("INV/2026/00001")))),
            ("/documents/INV/2026/00001", Some(Route::Document(text("INV/2026/00001")))),
            ("/documents/", None),
            ("/coupon/AB-12", Some(Route::Coupon(text("AB-12")))),
            ("/desk/cart", Some(Route::Cart)),
            ("/desk", None),
            ("/deskcart", None),
            ("//", None),
            ("cart", None),
            ("/../etc/passwd", None),
        ] {
            assert_eq!(Route::of(path, "/desk"), route, "{path}");
        }
        assert_eq!(Route::of("/cart", ""), Some(Route::Cart));
    }

    #[test]
    fn the_address_of_the_portal_may_have_a_path() {
        for (url, base) in [
            (None, ""),
            (Some("https://example.com"), ""),
            (Some("https://example.com/desk"), "/desk"),
            (Some("http://127.0.0.1:80/a/b"), "/a/b"),
        ] {
            assert_eq!(base_of(url), base);
        }
    }

    #[test]
    fn a_place_is_one_header() {
        let Answer { headers, .. } = Answer::to("/é a?b=%2F");
        assert!(headers.contains(&("location", "/%C3%A9%20a?b=%2F".to_owned())), "{headers:?}");
        assert_eq!(part("WH/IN/1 é"), "WH%2FIN%2F1%20%C3%A9");
    }

    #[test]
    fn cookies_are_told_apart() {
        let told: Vec<_> = cookies("a=1; b=x=y;c; d =2").collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(told, [pair("a", "1"), pair("b", "x=y"), pair("d", "2")]);
    }
}
