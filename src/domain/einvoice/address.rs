//! Tax ids as e-invoices know them: which of them are VAT identifiers, and the electronic address that each gives.

use crate::domain::party::Party;

/// Where a party receives e-invoices: an identifier, and the scheme of the EAS code list that it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub scheme: &'static str,
    pub id: String,
}

/// The scheme of an e-mail address. Peppol's own list does not have it.
pub const EMAIL: &str = "EM";

/// Countries whose VAT identifiers have a scheme: the prefix of the identifier and the scheme.
const SCHEMES: &[(&str, &str)] = &[
    ("AD", "9922"),
    ("AL", "9923"),
    ("AT", "9914"),
    ("BA", "9924"),
    ("BE", "9925"),
    ("BG", "9926"),
    ("CH", "9927"),
    ("CY", "9928"),
    ("CZ", "9929"),
    ("DE", "9930"),
    ("DK", "0184"),
    ("EE", "9931"),
    ("EL", "9933"),
    ("ES", "9920"),
    ("FR", "9957"),
    ("GB", "9932"),
    ("HR", "9934"),
    ("HU", "9910"),
    ("IE", "9935"),
    ("IT", "0211"),
    ("LI", "9936"),
    ("LT", "9937"),
    ("LU", "9938"),
    ("LV", "9939"),
    ("MC", "9940"),
    ("ME", "9941"),
    ("MK", "9942"),
    ("MT", "9943"),
    ("NL", "9944"),
    ("PL", "9945"),
    ("PT", "9946"),
    ("RO", "9947"),
    ("RS", "9948"),
    ("SI", "9949"),
    ("SK", "9950"),
    ("SM", "9951"),
    ("TR", "9952"),
    ("VA", "9953"),
];

/// Countries whose VAT identifiers hold another number that has the scheme: Finland, Norway, Sweden.
const HOLDING_ANOTHER: [&str; 3] = ["FI", "NO", "SE"];

/// The tax id without what is only there to be read more easily.
pub fn bare(tax_id: &str) -> String {
    tax_id.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// The prefix that the VAT identifiers of a country have.
pub fn vat_prefix(country: &str) -> &str {
    if country == "GR" { "EL" } else { country }
}

/// Whether a tax id is a VAT identifier, which begins with the country that gave it (BR-CO-09); it need not be the party's own.
pub fn is_vat(tax_id: &str, country: Option<&str>) -> bool {
    let bare = bare(tax_id);
    let known = |prefix: &str| SCHEMES.iter().any(|(known, _)| *known == prefix) || HOLDING_ANOTHER.contains(&prefix);
    match bare.split_at_checked(2) {
        Some((prefix, rest)) if rest.len() > 1 => {
            known(prefix) || prefix == "XI" || country.is_some_and(|country| vat_prefix(country) == prefix)
        }
        _ => false,
    }
}

/// Where a party receives e-invoices: at its tax id, in the scheme of the country that gave it, else at its e-mail address.
pub fn electronic_address(party: &Party) -> Option<Address> {
    let by_tax_id = party.tax_id.as_ref().and_then(|tax_id| by_vat(&bare(tax_id.as_str())));
    by_tax_id.or_else(|| Some(Address { scheme: EMAIL, id: email(party)?.to_owned() }))
}

/// The e-mail address of a party, without the name that may stand before it.
pub fn email(party: &Party) -> Option<&str> {
    let whole = party.email.as_deref()?.trim();
    let bare = whole.strip_suffix('>').and_then(|named| named.rsplit_once('<')).map_or(whole, |(_, address)| address);
    Some(bare.trim()).filter(|address| !address.is_empty())
}

fn by_vat(bare: &str) -> Option<Address> {
    let (prefix, number) = bare.split_at_checked(2)?;
    let is_number = |digits: usize| number.len() == digits && number.bytes().all(|byte| byte.is_ascii_digit());
    let address = |scheme, id: &str| Some(Address { scheme, id: id.to_owned() });
    match prefix {
        // The business id behind the digits that all Finnish addresses begin with.
        "FI" => is_number(8).then(|| Address { scheme: "0216", id: format!("0037{number}") }),
        "NO" => {
            let organisation = number.strip_suffix("MVA").unwrap_or(number);
            is_organisation_of_norway(organisation).then(|| Address { scheme: "0192", id: organisation.to_owned() })
        }
        "SE" => {
            let organisation = number.get(..10).filter(|organisation| is_number(12) && passes_luhn(organisation))?;
            address("0007", organisation)
        }
        "DK" => is_number(8).then(|| Address { scheme: "0184", id: bare.to_owned() }),
        _ => {
            let (_, scheme) = SCHEMES.iter().find(|(known, _)| *known == prefix).filter(|_| number.len() > 1)?;
            address(scheme, bare)
        }
    }
}

fn digits(text: &str) -> Option<Vec<u32>> {
    text.chars().map(|c| c.to_digit(10)).collect()
}

/// Whether the ninth digit is the check digit of the eight before it, as Norway counts: weights 3 2 7 6 5 4 3 2, modulo 11.
pub fn is_organisation_of_norway(number: &str) -> bool {
    const WEIGHTS: [u32; 9] = [3, 2, 7, 6, 5, 4, 3, 2, 1];
    digits(number).filter(|digits| digits.len() == WEIGHTS.len()).is_some_and(|digits| {
        digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit.wrapping_mul(weight)).sum::<u32>().is_multiple_of(11)
    })
}

/// Whether the last digit is the check digit of those before it, by Luhn's rule.
fn passes_luhn(number: &str) -> bool {
    digits(number).is_some_and(|digits| {
        let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
        let weighed = digits.iter().rev().enumerate().map(|(place, digit)| match place % 2 {
            0 => *digit,
            _ => doubled(*digit),
        });
        weighed.sum::<u32>().is_multiple_of(10)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_the_tax_id_in_its_countrys_scheme_else_the_email() {
        for (tax_id, email, expected) in [
            ("DE123456789", "a@example.org", Some(("9930", "DE123456789"))),
            ("de 123 456 789", "", Some(("9930", "DE123456789"))),
            ("FR 40 303 265 045", "", Some(("9957", "FR40303265045"))),
            ("EL094259216", "", Some(("9933", "EL094259216"))),
            ("FI12345678", "", Some(("0216", "003712345678"))),
            ("NO923609016MVA", "", Some(("0192", "923609016"))),
            ("NO923609017MVA", "a@example.org", Some(("EM", "a@example.org"))), // its check digit is wrong
            ("SE556677889901", "", Some(("0007", "5566778899"))),
            ("SE556677889801", "", None),
            ("DK12345678", "", Some(("0184", "DK12345678"))),
            ("12/345/67890", "a@example.org", Some(("EM", "a@example.org"))),
            ("12/345/67890", "Desk <desk@example.org>", Some(("EM", "desk@example.org"))),
            ("12/345/67890", "", None),
            ("DE", "", None),
        ] {
            let party = Party { tax_id: tax_id.parse().ok(), email: Some(email.to_owned()), ..Party::default() };
            let expected = expected.map(|(scheme, id)| Address { scheme, id: id.to_owned() });
            assert_eq!(electronic_address(&party), expected, "{tax_id}");
        }
    }

    #[test]
    fn a_vat_identifier_begins_with_a_country() {
        for (tax_id, country, expected) in [
            ("DE123456789", Some("DE"), true),
            ("ATU12345678", Some("DE"), true), // registered abroad
            ("EL094259216", Some("GR"), true),
            ("XI123456789", Some("GB"), true),
            ("AU12345678901", Some("AU"), true),
            ("AB12345678901", Some("AU"), false),
            ("12/345/67890", Some("DE"), false),
            ("DE", Some("DE"), false),
            ("", None, false),
        ] {
            assert_eq!(is_vat(tax_id, country), expected, "{tax_id}");
        }
    }
}
