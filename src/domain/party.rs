//! The parties of a document, seller and buyer: their addresses, and by what e-invoices and banks know them (contract, section 7).
//!
//! What a posted document says of its parties, of its products' units and of its taxes' categories stays as it was when it was
//! posted. It is not copied for that. The document keeps the operation that posted it, and each of these records keeps what was
//! said of it before it was changed, with the operation that changed it: a document has what the first change behind its posting
//! took the place of, or what stands now. What was missing and is filled in later completes the documents that are there; what is
//! changed or taken away does not reach them. A draft, and a document that was posted before this was kept, has what stands now.

use std::fmt;
use std::str::FromStr;

use iban::{BaseIban, IbanLike, ParseBaseIbanError, ParseIbanError};

use super::customer::Customer;
use super::desk::Desk;
use super::document::Document;
use crate::domain::value::text::text_value;

/// A seller or a buyer, as a document tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Party {
    /// Empty where the desk has no company, or the customer was erased.
    pub name: String,
    pub email: Option<String>,
    pub street: Option<OneLine>,
    pub postcode: Option<OneLine>,
    pub city: Option<OneLine>,
    pub country: Option<Country>,
    pub tax_id: Option<OneLine>,
    pub language: Option<Language>,
    /// What a buyer wants to be named on its invoices, such as the routing id of an authority.
    pub buyer_reference: Option<OneLine>,
    /// Where a seller is paid, and who is asked.
    pub iban: Option<Iban>,
    pub bic: Option<Bic>,
    pub contact_name: Option<OneLine>,
    pub phone: Option<OneLine>,
}

/// Who is on a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parties {
    pub seller: Party,
    pub buyer: Party,
}

/// What the desk says of its company beside the name, for documents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Details {
    pub street: Option<OneLine>,
    pub postcode: Option<OneLine>,
    pub city: Option<OneLine>,
    pub country: Option<Country>,
    pub tax_id: Option<OneLine>,
    pub language: Option<Language>,
    pub iban: Option<Iban>,
    pub bic: Option<Bic>,
    pub contact_name: Option<OneLine>,
    pub phone: Option<OneLine>,
}

/// What was said of the desk until the operation `until` changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskBefore {
    pub key: i64,
    pub until: i64,
    pub company: String,
    pub mail_from: Option<String>,
    pub street: Option<OneLine>,
    pub postcode: Option<OneLine>,
    pub city: Option<OneLine>,
    pub country: Option<Country>,
    pub tax_id: Option<OneLine>,
    pub language: Option<Language>,
    pub iban: Option<Iban>,
    pub bic: Option<Bic>,
    pub contact_name: Option<OneLine>,
    pub phone: Option<OneLine>,
}

/// What was said of a customer until the operation `until` changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerBefore {
    pub key: i64,
    pub until: i64,
    pub name: String,
    pub email: Option<String>,
    pub street: Option<OneLine>,
    pub postcode: Option<OneLine>,
    pub city: Option<OneLine>,
    pub country: Option<Country>,
    pub tax_id: Option<OneLine>,
    pub language: Option<Language>,
    pub buyer_reference: Option<OneLine>,
}

impl From<&Desk> for Party {
    fn from(desk: &Desk) -> Party {
        let Details { street, postcode, city, country, tax_id, language, iban, bic, contact_name, phone } =
            desk.details.clone();
        Party {
            name: desk.company.clone(),
            email: desk.mail_from.clone(),
            street,
            postcode,
            city,
            country,
            tax_id,
            language,
            buyer_reference: None,
            iban,
            bic,
            contact_name,
            phone,
        }
    }
}

impl From<DeskBefore> for Party {
    fn from(before: DeskBefore) -> Party {
        Party {
            name: before.company,
            email: before.mail_from,
            street: before.street,
            postcode: before.postcode,
            city: before.city,
            country: before.country,
            tax_id: before.tax_id,
            language: before.language,
            buyer_reference: None,
            iban: before.iban,
            bic: before.bic,
            contact_name: before.contact_name,
            phone: before.phone,
        }
    }
}

impl From<&Customer> for Party {
    fn from(customer: &Customer) -> Party {
        let Customer { street, postcode, city, country, tax_id, language, buyer_reference, .. } = customer.clone();
        Party {
            name: customer.name.clone(),
            email: customer.email.clone(),
            street,
            postcode,
            city,
            country,
            tax_id,
            language,
            buyer_reference,
            ..Party::default()
        }
    }
}

impl From<CustomerBefore> for Party {
    fn from(before: CustomerBefore) -> Party {
        Party {
            name: before.name,
            email: before.email,
            street: before.street,
            postcode: before.postcode,
            city: before.city,
            country: before.country,
            tax_id: before.tax_id,
            language: before.language,
            buyer_reference: before.buyer_reference,
            ..Party::default()
        }
    }
}

impl Party {
    /// Whether everything that is said of it is said in `after` too: nothing was changed or taken away, though something may have
    /// been filled in.
    pub fn is_completed_by(&self, after: &Party) -> bool {
        fn text<T: ToString>(value: &Option<T>) -> Option<String> {
            value.as_ref().map(T::to_string)
        }
        let words = |party: &Party| {
            let Party { name, email, street, postcode, city, country, tax_id, language, buyer_reference, .. } = party;
            let Party { iban, bic, contact_name, phone, .. } = party;
            [
                Some(name.clone()).filter(|name| !name.is_empty()),
                email.clone(),
                text(street),
                text(postcode),
                text(city),
                text(country),
                text(tax_id),
                text(language),
                text(buyer_reference),
                text(iban),
                text(bic),
                text(contact_name),
                text(phone),
            ]
        };
        words(self).into_iter().zip(words(after)).all(|(before, after)| before.is_none() || before == after)
    }
}

/// The operation behind which what is said does not reach a document any more.
pub fn told_until(document: &Document) -> i64 {
    document.posted_in.unwrap_or(i64::MAX)
}

/// How many characters a line of an address has at most.
pub const LONGEST_LINE: usize = 200;

/// A line of text, as it stands on an envelope: not blank, without control characters, and not too long.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OneLine(String);

impl OneLine {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OneLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for OneLine {
    type Err = String;
    fn from_str(text: &str) -> Result<OneLine, String> {
        if text.contains(char::is_control) {
            return Err(format!(
                "{text:?} has control characters, such as the end of a line, and is to be one line of text"
            ));
        }
        if text.trim().is_empty() {
            return Err(format!("{text:?} is blank; an empty text takes away what is there"));
        }
        match text.chars().count() {
            0..=LONGEST_LINE => Ok(OneLine(text.to_owned())),
            length => Err(format!("a line of {length} characters is too long: it has {LONGEST_LINE} at most")),
        }
    }
}

text_value!(OneLine, "one line of text");

/// The officially assigned codes of ISO 3166-1 alpha-2.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY \
    BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD \
    GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN \
    KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE \
    NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM \
    SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT \
    ZA ZM ZW";

/// A country, by its code of ISO 3166-1 alpha-2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country(&'static str);

impl Country {
    /// Its two capital letters.
    pub fn code(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl FromStr for Country {
    type Err = String;
    fn from_str(text: &str) -> Result<Country, String> {
        let known = COUNTRIES.split_ascii_whitespace().find(|code| code.eq_ignore_ascii_case(text));
        known.map(Country).ok_or_else(|| match text {
            // What people write, and what the tax ids of two countries begin with.
            "UK" | "uk" => "\"UK\" is no country of ISO 3166-1; the United Kingdom is GB".to_owned(),
            "EL" | "el" => "\"EL\" is no country of ISO 3166-1; Greece is GR".to_owned(),
            _ => format!("{text:?} is no country of ISO 3166-1: two letters, such as DE or FR"),
        })
    }
}

text_value!(Country, "a country such as DE");

/// The codes of ISO 639-1.
const LANGUAGES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el \
    en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki \
    kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny \
    oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn \
    to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/// A language, by its primary tag of BCP 47: two letters, or three where a language has no two.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Language(String);

impl Language {
    /// The tag, in small letters.
    pub fn tag(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Language {
    type Err = String;
    fn from_str(text: &str) -> Result<Language, String> {
        let tag = text.to_ascii_lowercase();
        let is_letters = tag.bytes().all(|byte| byte.is_ascii_lowercase());
        match tag.len() {
            2 if LANGUAGES.split_ascii_whitespace().any(|known| known == tag) => Ok(Language(tag)),
            3 if is_letters => Ok(Language(tag)),
            _ => match tag.split_once(['-', '_']) {
                Some((primary, _)) if primary.parse::<Language>().is_ok() => {
                    Err(format!("{text:?} says more than a language; the language alone is {primary}"))
                }
                _ => Err(format!("{text:?} is no language: two letters, such as en, de or fr")),
            },
        }
    }
}

text_value!(Language, "a language such as en");

/// An account at a bank that is known by its IBAN (ISO 13616), kept without blanks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Iban(String);

impl Iban {
    /// The number in groups of four, as it stands on paper.
    pub fn on_paper(&self) -> String {
        let characters: Vec<char> = self.0.chars().collect();
        characters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
    }

    /// The number without blanks, as banks exchange it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Iban {
    type Err = String;
    fn from_str(text: &str) -> Result<Iban, String> {
        let bare: String = text.chars().filter(|c| *c != ' ').map(|c| c.to_ascii_uppercase()).collect();
        let country = bare.get(..2).unwrap_or_default();
        match bare.parse::<iban::Iban>() {
            Ok(known) => Ok(Iban(known.electronic_str().to_owned())),
            // Countries join the register; whatever the country is, the number as a whole proves itself.
            Err(ParseIbanError::UnknownCountry(other)) => Ok(Iban(BaseIban::electronic_str(&other).to_owned())),
            Err(ParseIbanError::InvalidBban(_)) => {
                Err(format!("{text:?} is no IBAN: its length or its parts are not those of an IBAN of {country}"))
            }
            Err(ParseIbanError::InvalidBaseIban { source: ParseBaseIbanError::InvalidChecksum }) => {
                Err(format!("{text:?} is no IBAN: its check digits do not fit, so something in it is mistyped"))
            }
            Err(ParseIbanError::InvalidBaseIban { .. }) => Err(format!(
                "{text:?} is no IBAN: two letters of a country, two check digits, then up to 30 letters and digits"
            )),
        }
    }
}

text_value!(Iban, "an IBAN such as DE44500105175407324931");

/// A bank by its BIC (ISO 9362).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bic(String);

impl Bic {
    /// Its eight or eleven characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Bic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Bic {
    type Err = String;
    fn from_str(text: &str) -> Result<Bic, String> {
        let bic = text.to_ascii_uppercase();
        let is_code = bic.bytes().all(|byte| byte.is_ascii_alphanumeric()) && matches!(bic.len(), 8 | 11);
        // Banks of Kosovo have a country of their own, which ISO 3166-1 has not assigned.
        let country = bic.get(4..6).unwrap_or_default();
        if is_code && (country == "XK" || country.parse::<Country>().is_ok()) {
            return Ok(Bic(bic));
        }
        Err(format!(
            "{text:?} is no BIC: four letters or digits of the bank, two letters of its country, then two or five"
        ))
    }
}

text_value!(Bic, "a BIC such as INGDDEFFXXX");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Read = fn(&str) -> Result<String, String>;

    fn read<T: FromStr<Err = String> + fmt::Display>(text: &str) -> Result<String, String> {
        text.parse::<T>().map(|value| value.to_string())
    }

    #[test]
    fn codes_are_kept_in_their_own_writing() {
        let table: &[(Read, &str, &str)] = &[
            (read::<Country>, "de", "DE"),
            (read::<Country>, "ZW", "ZW"),
            (read::<Language>, "DE", "de"),
            (read::<Language>, "fil", "fil"),
            (read::<Iban>, "de44 5001 0517 5407 3249 31", "DE44500105175407324931"),
            (read::<Iban>, "NO9386011117947", "NO9386011117947"),
            (read::<Bic>, "ingddeff", "INGDDEFF"),
            (read::<Bic>, "INGDDEFFXXX", "INGDDEFFXXX"),
            (read::<OneLine>, " 12 High St ", " 12 High St "),
        ];
        for (read, given, kept) in table {
            assert_eq!(read(given).as_deref(), Ok(*kept), "{given}");
        }
    }

    #[test]
    fn what_is_none_is_said() {
        let long = "x".repeat(LONGEST_LINE + 1);
        let table: &[(Read, &str, &str)] = &[
            (read::<Country>, "XX", "no country of ISO 3166-1"),
            (read::<Country>, "UK", "the United Kingdom is GB"),
            (read::<Country>, "DEU", "two letters"),
            (read::<Country>, "", "two letters"),
            (read::<Language>, "de-CH", "the language alone is de"),
            (read::<Language>, "xx", "no language"),
            (read::<Language>, "d3u", "no language"),
            (read::<Language>, "german", "no language"),
            (read::<Iban>, "DE44500105175407324932", "check digits"),
            (read::<Iban>, "DE4450010517540732493", "check digits"),
            // The check digits fit, and German ones have 22 characters.
            (read::<Iban>, "DE82500105175407324", "an IBAN of DE"),
            (read::<Iban>, "5001", "two letters of a country"),
            (read::<Iban>, "DÉ44", "two letters of a country"),
            (read::<Bic>, "INGDXXFF", "no BIC"),
            (read::<Bic>, "INGDDEF", "no BIC"),
            (read::<Bic>, "INGDDEFFXX", "no BIC"),
            (read::<OneLine>, "a\nb", "control characters"),
            (read::<OneLine>, "  ", "blank"),
            (read::<OneLine>, &long, "201 characters"),
        ];
        for (read, given, says) in table {
            let refused = read(given).unwrap_err();
            assert!(refused.contains(says), "{given}: {refused}");
        }
    }

    #[test]
    fn the_tables_of_codes_are_in_order_and_name_each_once() {
        for (codes, count, length) in [(COUNTRIES, 249, 2), (LANGUAGES, 183, 2)] {
            let codes: Vec<&str> = codes.split_ascii_whitespace().collect();
            assert!(codes.is_sorted_by(|one, next| one < next) && codes.iter().all(|code| code.len() == length));
            assert_eq!(codes.len(), count);
        }
    }

    fn line(text: &str) -> Option<OneLine> {
        text.parse().ok()
    }

    #[test]
    fn what_is_filled_in_completes_and_what_is_changed_does_not() {
        let before = Party { name: "Ada Ltd".to_owned(), city: line("Paris"), ..Party::default() };
        for (after, completes) in [
            (before.clone(), true),
            (Party { street: line("Rue 1"), country: "FR".parse().ok(), ..before.clone() }, true),
            (Party { city: line("Lyon"), ..before.clone() }, false),
            (Party { city: None, street: line("Rue 1"), ..before.clone() }, false),
            (Party { name: String::new(), ..before.clone() }, false),
        ] {
            assert_eq!(before.is_completed_by(&after), completes, "{after:?}");
        }
        assert!(Party::default().is_completed_by(&before));
    }

    proptest! {
        #[test]
        fn nothing_that_is_typed_breaks_them_and_what_they_take_is_read_back(text in "\\PC{0,40}|[A-Za-z]{2}[0-9]{2}[A-Z0-9 ]{0,32}") {
            for read in [read::<Country> as Read, read::<Language>, read::<Iban>, read::<Bic>, read::<OneLine>] {
                if let Ok(kept) = read(&text) {
                    prop_assert_eq!(read(&kept), Ok(kept.clone()));
                }
            }
        }

        /// One mistyped digit is always seen: that is what the check digits are for.
        #[test]
        fn a_mistyped_digit_of_an_iban_is_seen(place in 4usize..22, by in 1u8..10) {
            let good = "DE44500105175407324931";
            let mut digits = good.as_bytes().to_vec();
            digits[place] = b'0' + (digits[place] - b'0' + by) % 10;
            prop_assert!(read::<Iban>(std::str::from_utf8(&digits).unwrap()).is_err());
        }
    }
}
