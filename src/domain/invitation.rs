//! Invitations: the links by which customers come to their pages (spec F4). A link holds a token that nobody can guess; the desk
//! keeps its digest alone, so that whoever reads the store cannot open it.

use std::fmt;
use std::str::FromStr;

use super::Refusal;
use crate::domain::value::day::Instant;
use crate::domain::value::reference::Reference;
use crate::domain::value::text::text_value;

/// A customer's link, on as many devices as they like, until it is revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    pub key: i64,
    pub customer: Reference,
    /// The digest of its token.
    pub token: Digest,
    pub created_at: Instant,
    pub revoked_at: Option<Instant>,
}

/// 32 bytes, shown as 64 digits: what is kept of a token, or a secret of the desk's own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Without its digits: one may be a secret.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest")
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a digest has 64 digits of 0 to 9 and a to f".to_owned();
        let digit = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let mut bytes = [0; 32];
        if pairs.len() != bytes.len() || !rest.is_empty() {
            return Err(wrong());
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = (digit(*high).ok_or_else(wrong)? << 4) | digit(*low).ok_or_else(wrong)?;
        }
        Ok(Digest(bytes))
    }
}

text_value!(Digest, "a digest of 64 digits");

/// The link with that token, at the portal's address.
pub fn link(portal_url: Option<&str>, token: &str) -> Result<String, InvitationRefused> {
    let portal_url = portal_url.ok_or(InvitationRefused::NoPortal)?;
    Ok(format!("{portal_url}/in/{token}"))
}

/// Why nobody is invited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvitationRefused {
    #[error("the desk does not know yet under which address customers find their pages")]
    NoPortal,
}

impl Refusal for InvitationRefused {
    fn code(&self) -> &'static str {
        "missing_field"
    }
    fn field(&self) -> Option<&'static str> {
        Some("portal_url")
    }
    fn hint(&self) -> Option<String> {
        Some("aftersales desk edit --portal-url https://portal.example.com".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_64_digits() {
        let digits = "00ff".repeat(16);
        let digest: Digest = digits.parse().unwrap();
        assert_eq!((digest.0[0], digest.0[31]), (0, 255));
        assert_eq!(digest.to_string(), digits);
        assert!(!format!("{digest:?}").contains('f'));
        for wrong in ["", "00", &"00FF".repeat(16), &"0".repeat(63), &"0".repeat(65), &"é".repeat(32)] {
            assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_link_leads_to_the_portal() {
        assert_eq!(link(Some("https://example.com/desk"), "t").as_deref(), Ok("https://example.com/desk/in/t"));
        assert_eq!(link(None, "t"), Err(InvitationRefused::NoPortal));
    }
}
