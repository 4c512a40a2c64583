//! What of an address is nobody's business: passwords in texts that are told, and texts that are meant as an address but are none.

/// How a store on a server is named, for who named one in another way.
const NAMED: &str = "a store on a server is named by a URL such as postgres://ann@db.example.org/shop?schema=desk; the password \
                     comes from PGPASSWORD, from passwordfile= or from .pgpass";

/// What stands in for a password.
const HIDDEN: &str = "***";

/// The words by which libpq's form names what a URL has a place for: `host=db dbname=shop password=…`.
const KEYWORDS: [&str; 22] = [
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "keepalives",
    "options",
    "passfile",
    "password",
    "port",
    "requirepeer",
    "service",
    "servicefile",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslpassword",
    "sslrootcert",
    "target_session_attrs",
    "user",
];

/// The words behind which a password stands.
const SECRET: [&str; 4] = ["password", "sslpassword", "passwd", "pwd"];

/// Whether a text that is no URL is a file's name; else why it is not, without a word of it: a password may be in it.
pub fn check_path(text: &str) -> Result<(), String> {
    let text = text.trim_start();
    let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
    let of_a_server = ["postgres", "postgresql", "pg", "psql", "jdbc"].iter().any(|s| scheme.eq_ignore_ascii_case(s));
    // `ann:secret@db/shop`, and the same behind what is left of a scheme.
    let who = text.strip_prefix("//").unwrap_or(text);
    let has_password = who.split_once(':').is_some_and(|(user, rest)| !user.contains(['/', '@']) && rest.contains('@'));
    let is_broken_scheme =
        text.len() >= 8 && text.get(..8).is_some_and(|s| s.eq_ignore_ascii_case("postgres")) && rest.contains('@');
    if of_a_server || has_password || is_broken_scheme || is_of_libpq(text) { Err(NAMED.to_owned()) } else { Ok(()) }
}

/// Whether a text names a keyword of libpq's form.
fn is_of_libpq(text: &str) -> bool {
    text.match_indices('=').any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default().trim_end();
        let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
        KEYWORDS.contains(&word.to_ascii_lowercase().as_str())
    })
}

/// Whether the scheme before `://` is one, and not a password that strayed there.
pub fn is_scheme(scheme: &str) -> bool {
    !scheme.is_empty() && scheme.len() <= 20 && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// Refuses a URL in which a character of the password was not escaped, so that a part of it would be taken for something else.
pub fn check_escaped(url: &str) -> Result<(), String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (authority, behind) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (path, query) = behind.split_once('?').unwrap_or((behind, ""));
    let is_parameter = |parameter: &str| {
        parameter.is_empty()
            || parameter.split_once('=').is_some_and(|(name, _)| {
                !name.is_empty() && name.len() <= 40 && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_')
            })
    };
    let has_port =
        authority.rsplit_once(':').is_none_or(|(_, port)| port.chars().all(|c| c.is_ascii_digit() || c == ','));
    let is_right = authority.matches('@').count() <= 1
        && !path.contains(['@', '#'])
        && query.split('&').all(is_parameter)
        && (!query.contains('@') || authority.contains('@') || has_port);
    match is_right {
        true => Ok(()),
        false => {
            Err("the store's URL cannot be read: a character in its user, password or parameters has to be escaped, \
                      @ as %40, : as %3A, / as %2F, ? as %3F, # as %23, & as %26"
                .to_owned())
        }
    }
}

/// A text in which addresses have no password, for what is told of words that are no store's address to the program.
pub fn without_passwords(text: &str) -> String {
    without_parameters(&without_users(text))
}

/// Hides the password in `postgres://user:password@host` and in what was to be such a URL.
fn without_users(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let (mut shown, mut at) = (String::with_capacity(text.len()), 0);
    while let Some((begin, is_ours)) = next_url(&lower, at) {
        let (before, rest) = (text.get(at..begin).unwrap_or_default(), text.get(begin..).unwrap_or_default());
        let chunk = rest.get(..end_of_url(text, begin, rest)).unwrap_or_default();
        shown.push_str(before);
        shown.push_str(&without_user_s_password(chunk, is_ours));
        at = begin + chunk.len();
    }
    shown.push_str(text.get(at..).unwrap_or_default());
    shown
}

/// Where the next URL names its user, and whether it is one of a store.
fn next_url(lower: &str, from: usize) -> Option<(usize, bool)> {
    let rest = lower.get(from..)?;
    let ours = ["postgres:", "postgresql:"].iter().filter_map(|scheme| Some(rest.find(scheme)? + scheme.len())).min();
    let any = rest.find("://").map(|at| at + 3);
    let (begin, is_ours) = match (ours, any) {
        (Some(ours), Some(any)) if any < ours => (any, false),
        (Some(ours), _) => (ours, true),
        (None, any) => (any?, false),
    };
    let slashes = rest.get(begin..).map_or(0, |rest| rest.len() - rest.trim_start_matches('/').len());
    Some((from + begin + slashes, is_ours))
}

/// How long a URL is whose user begins there: to the quote behind it where it stands in quotes, else to the next blank.
fn end_of_url(text: &str, begin: usize, rest: &str) -> usize {
    let line = rest.find('\n').unwrap_or(rest.len());
    let word = text.get(..begin).unwrap_or_default().rsplit(char::is_whitespace).next().unwrap_or_default();
    let quoted = word.chars().next().filter(|first| ['\'', '"', '`'].contains(first));
    let quoted = quoted.and_then(|quote| rest.get(..line)?.rfind(quote));
    quoted.unwrap_or_else(|| rest.find(|c: char| c.is_whitespace() || "'\"`<>".contains(c)).unwrap_or(rest.len()))
}

/// `user:password@host…` as `user@host…`.
fn without_user_s_password(chunk: &str, is_ours: bool) -> String {
    let Some((user, rest)) = chunk.split_once(':').filter(|(user, _)| !user.contains(['@', '/', '?'])) else {
        return chunk.to_owned();
    };
    // Of `host:5432/shop?options=a@b` nothing is hidden.
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let behind = rest.get(digits..).unwrap_or_default();
    let before_at = behind.split_once('@').map_or(behind, |(before, _)| before);
    if digits > 0 && (behind.is_empty() || behind.starts_with(['/', '?', ','])) {
        let is_parameter = before_at.split_once('?').is_some_and(|(_, query)| query.contains('='));
        if !behind.contains('@') || is_parameter {
            return chunk.to_owned();
        }
    }
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{user}@{host}"),
        None if is_ours => user.to_owned(),
        None => chunk.to_owned(),
    }
}

/// Hides what stands behind `password=`, be it of a URL or of libpq's form.
fn without_parameters(text: &str) -> String {
    let (mut shown, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('=') {
        let (before, after) = rest.split_at(at + 1);
        shown.push_str(before);
        rest = after;
        let name = before.trim_end_matches('=').trim_end();
        let name = name.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
        if SECRET.contains(&name.to_ascii_lowercase().as_str()) {
            let blanks = rest.len() - rest.trim_start().len();
            let value = rest.get(blanks..).unwrap_or_default();
            rest = value.get(length_of_value(value)..).unwrap_or_default();
            shown.push_str(HIDDEN);
        }
    }
    shown.push_str(rest);
    shown
}

/// How long a value of libpq's form is: `'…'`, or all up to a blank, a backslash with what follows. In a URL an `&` in it may not have
/// been escaped, so that whatever stands behind it goes as well.
fn length_of_value(value: &str) -> usize {
    let quoted = value.starts_with('\'');
    let mut is_escaped = false;
    for (at, c) in value.char_indices().skip(usize::from(quoted)) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '\'' if quoted => return at + 1,
            '\'' | '"' if !quoted => return at,
            c if c.is_whitespace() && !quoted => return at,
            _ => {}
        }
    }
    value.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_told_without_the_passwords_in_it() {
        for (text, shown) in [
            ("no 'postgres://ann:p@ss@h:1/shop?schema=a' here", "no 'postgres://ann@h:1/shop?schema=a' here"),
            ("postgres://ann:s3cret, then postgres://bo:q@h", "postgres://ann then postgres://bo@h"),
            ("postgres://h/shop and a:b@c", "postgres://h/shop and a:b@c"),
            ("no such thing", "no such thing"),
            ("postgres://ann:s3/cret@h/shop", "postgres://ann@h/shop"),
            ("postgres://ann:s3?cret@h/shop", "postgres://ann@h/shop"),
            ("postgres://ann:12?3@h/shop", "postgres://ann@h/shop"),
            ("'postgres://ann:s3 cret@h/shop'", "'postgres://ann@h/shop'"),
            ("'postgres://ann:s3'cret@h/shop' found", "'postgres://ann@h/shop' found"),
            ("postgres:/ann:s3cret@h/shop", "postgres:/ann@h/shop"),
            ("postgres:ann:s3cret@h/shop", "postgres:ann@h/shop"),
            ("POSTGRESQL://ann:s3cret@h", "POSTGRESQL://ann@h"),
            ("mysql://ann:s3cret@h", "mysql://ann@h"),
            ("postgres://h:5432/shop?options=a@b", "postgres://h:5432/shop?options=a@b"),
            ("postgres://h:5432,i:5433/shop", "postgres://h:5432,i:5433/shop"),
            ("postgres://h/shop?password=s3cret&schema=a", "postgres://h/shop?password=***"),
            ("host=h password=s3cret dbname=d", "host=h password=*** dbname=d"),
            ("host=h password = 's3 \\' cret' dbname=d", "host=h password =*** dbname=d"),
            ("PASSWORD=s3\\ cret x", "PASSWORD=*** x"),
            ("passwordfile=secret", "passwordfile=secret"),
        ] {
            assert_eq!(without_passwords(text), shown, "{text}");
        }
    }

    #[test]
    fn what_is_meant_as_an_address_is_no_file() {
        for text in [
            "host=h password=s3cret",
            " user = ann",
            "dbname='my shop'",
            "service=shop",
            "sslmode=require host=h",
            "postgres:/ann:s3cret@h/shop",
            "postgresql:ann:s3cret@h",
            "postgres//ann:s3cret@h",
            "PG:ann@h",
            "jdbc:postgresql:shop",
            "ann:s3cret@h/shop",
            "//ann:s3/cret@h/shop",
        ] {
            let told = check_path(text).unwrap_err();
            assert!(!told.contains("s3"), "{told}");
        }
        for path in ["desk.db", "/data/desk.db", "./a:b@c", "C:\\desk.db", "a=b.db", "postgres.db", "host.db", "~/x"] {
            assert_eq!(check_path(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn a_url_with_something_left_unescaped_is_not_guessed_at() {
        for url in [
            "postgres://ann:p@ss@h/shop",
            "postgres://ann:p/w@h/shop",
            "postgres://ann:p?w@h/shop",
            "postgres://ann:12?3@h/shop",
            "postgres://ann:p#w@h/shop",
            "postgres://ann:12/3@h/shop",
            "postgres://h/shop?s3cret",
            "postgres://h/shop?schema=a&s3-cret=b",
        ] {
            assert!(check_escaped(url).is_err(), "{url}");
        }
        for url in [
            "postgres://",
            "postgres://ann@h/shop",
            "postgres://ann:p:w@h:5432,i:5433/shop?schema=a",
            "postgres://h:5432/shop?passwordfile=a@b&",
            "postgres:///shop?host=/run/pg",
        ] {
            assert_eq!(check_escaped(url), Ok(()), "{url}");
        }
    }
}
