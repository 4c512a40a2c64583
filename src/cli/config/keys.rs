//! The keys of the configuration: what each is for, and what is built in where it is not set.

/// What a key's value is in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    Text,
    Number,
    Switch,
}

/// A key of the configuration. In those of tables with names of the caller's own, `*` stands for the name.
pub struct Key {
    pub name: &'static str,
    pub holds: Holds,
    /// Where it can stand.
    pub stands: Stands,
    /// What is built in.
    pub built_in: Option<&'static str>,
    /// What it is for.
    pub about: &'static str,
}

/// Where a key can stand beside flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// In the environment alone.
    Environment,
    /// In the user's file alone.
    User,
    /// In the user's file and the environment.
    UserAndEnvironment,
    /// In the user's file, the project's and the environment.
    Everywhere,
}

const fn key(
    name: &'static str,
    stands: Stands,
    holds: Holds,
    built_in: Option<&'static str>,
    about: &'static str,
) -> Key {
    Key { name, holds, stands, built_in, about }
}

/// Every key, in the order in which they are listed.
pub const KEYS: &[Key] = {
    use Holds::{Number, Switch, Text};
    use Stands::{Environment, Everywhere, User, UserAndEnvironment};
    &[
        key("store", Everywhere, Text, None, "the store: a path, which counts from the file's folder, or postgres://…"),
        key("output", Everywhere, Text, Some("table"), "table, json, ndjson, csv or ids"),
        key("color", Everywhere, Text, Some("auto"), "auto, always or never"),
        key("as", UserAndEnvironment, Text, None, "the user who runs commands; without it the system's user name"),
        key("profile", Environment, Text, None, "the profile whose store is worked in"),
        key("config", Environment, Text, None, "the file of the caller's settings"),
        key("now", Environment, Text, None, "what is taken as the present moment"),
        key("yes", Environment, Switch, Some("false"), "whether questions are answered with yes"),
        key("templates.folder", User, Text, None, "the folder of the site's own templates, from the file's folder"),
        key("smtp.host", User, Text, None, "the server that takes mail; without it mail stays in the outbox"),
        key("smtp.port", User, Number, None, "its port: 587 with starttls, 465 with tls, 25 with none"),
        key("smtp.tls", User, Text, Some("starttls"), "starttls, tls or none"),
        key("smtp.user", User, Text, None, "the name to log in with"),
        key("smtp.password_file", User, Text, None, "the file that holds the password, from the file's folder"),
        key("smtp.password", Environment, Text, None, "the password; it stands in AFTERSALES_SMTP_PASSWORD alone"),
        key("smtp.ca_file", User, Text, None, "an authority to trust beside the system's"),
        key("smtp.allow_plain", User, Switch, Some("false"), "whether mail may go to another machine unencrypted"),
        key("smtp.timeout", User, Number, Some("30"), "seconds for each answer of the server"),
        key("profiles.*.store", User, Text, None, "the store of the profile"),
        key("profiles.*.protected", User, Switch, Some("false"), "whether what moves money or goods is asked about"),
        key("aliases.*", User, Text, None, "the command that the word stands for"),
    ]
};

/// The key that a name stands for, with a name of the caller's own in the place of `*`.
pub fn named(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| {
        let (mut of_key, mut of_name) = (key.name.split('.'), name.split('.'));
        let fits = of_key
            .by_ref()
            .zip(of_name.by_ref())
            .all(|(pattern, part)| pattern == part || pattern == "*" && !part.is_empty());
        fits && key.name.split('.').count() == name.split('.').count()
    })
}

impl Key {
    /// Whether its name is one of the caller's own in part.
    pub fn is_open(&self) -> bool {
        self.name.contains('*')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_its_name() {
        let found = |name| named(name).map(|key| key.name);
        assert_eq!(found("store"), Some("store"));
        assert_eq!(found("smtp.host"), Some("smtp.host"));
        assert_eq!(found("profiles.prod.store"), Some("profiles.*.store"));
        assert_eq!(found("aliases.r"), Some("aliases.*"));
        for none in ["", "stor", "smtp", "smtp.host.x", "profiles.prod", "profiles..store", "aliases."] {
            assert_eq!(found(none), None, "{none}");
        }
    }
}
