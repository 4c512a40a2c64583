//! Returns: which delivery is taken back, how much of each of its lines, and where the goods go (spec D1 to D4).

use super::common::ValueRefused;
use super::line::{LineNumber, LineQuantity};
use super::location::Location;
use super::product::Tracking;
use super::transfer::{
    Transfer, TransferKind, TransferLine, TransferState, check_numbers, no_such_line, numbers_of, part_of_a_serial,
};
use super::{Allowed, Faults, Refusal, Result};
use crate::domain::value::quantity::Quantity;
use crate::domain::value::reference::{Reference, shell_word};

/// What is asked of a return.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What takes part; nothing named: every line, with all that can be returned of it.
    pub lines: &'a [LineQuantity],
    /// What does not take part.
    pub dropped: &'a [LineNumber],
    /// The product, and the lot, that the ticket is about: where no line is named only such lines take part (spec D2).
    pub about: About,
}

/// What a ticket is about, by key; none is about anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct About {
    pub product: Option<i64>,
    pub lot: Option<i64>,
}

impl About {
    /// Whether the line moved what the ticket is about.
    pub fn fits(self, line: &TransferLine) -> bool {
        self.product.is_none_or(|product| line.product.key == product)
            && self.lot.is_none_or(|lot| line.lot.as_ref().is_some_and(|own| own.key == lot))
    }
}

/// A line that is taken back, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnLine<'t> {
    pub source: &'t TransferLine,
    pub quantity: Quantity,
}

impl Asked<'_> {
    /// Notes what no delivery could answer: a quantity below zero, a line that both takes part and does not.
    pub fn check(&self, faults: &mut Faults) {
        for named in self.lines {
            if named.quantity.is_negative() {
                let message = format!("{} of line {} cannot be returned", named.quantity, named.line);
                faults.note(ValueRefused::quantity("line", named, message));
            }
        }
        for dropped in self.dropped {
            if self.lines.iter().any(|named| named.line == *dropped) {
                let message = format!("line {dropped} cannot both take part and be dropped");
                faults.note(ValueRefused::invalid("drop_line", dropped, message));
            }
        }
    }

    /// Notes what does not fit the source: a line that it does not have, a part of a piece with a serial number. `source` may
    /// come with the lines that are named only.
    pub fn check_against(&self, source: &Transfer, faults: &mut Faults) {
        let numbers = numbers_of(&source.lines);
        check_numbers(&source.id, &numbers, self.lines, faults);
        for dropped in self.dropped {
            if !numbers.contains(&dropped.number()) {
                faults.note(no_such_line("drop_line", &source.id, *dropped));
            }
        }
        for named in self.lines {
            let line = source.lines.iter().find(|line| line.line == named.line.number());
            if let Some(line) = line.filter(|line| line.tracking == Tracking::Serial && !named.quantity.is_whole()) {
                faults.note(part_of_a_serial("line", &line.product, named.quantity));
            }
        }
    }

    /// The numbers of the lines that have to be looked at; none for all of them.
    pub fn named(&self) -> Option<Vec<i64>> {
        if self.lines.is_empty() {
            return None;
        }
        let numbers = self.lines.iter().map(|named| named.line).chain(self.dropped.iter().copied());
        let mut numbers: Vec<i64> = numbers.map(LineNumber::number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        Some(numbers)
    }

    fn quantity_of(&self, line: &TransferLine) -> Result<Quantity> {
        if self.dropped.iter().any(|dropped| dropped.number() == line.line) {
            return Ok(Quantity::ZERO);
        }
        if self.lines.is_empty() {
            return if self.about.fits(line) { line.returnable() } else { Ok(Quantity::ZERO) };
        }
        let named = self.lines.iter().find(|named| named.line.number() == line.line);
        Ok(named.map_or(Quantity::ZERO, |named| named.quantity))
    }
}

/// What is taken back of each line: never more than was delivered and no other return holds, and something of it all
/// (spec D3). `holders` finds the returns that hold what is not left, of the line of that key or of any, for the hint.
pub fn decide<'t>(
    source: &'t Transfer,
    asked: Asked<'_>,
    anything_left: bool,
    holders: impl FnOnce(Option<i64>) -> Result<Vec<String>>,
) -> Result<Vec<ReturnLine<'t>>> {
    if !anything_left {
        return Err(ReturnRefused::NothingLeft { of: source.id.clone(), holders: holders(None)? }.into());
    }
    let mut lines = Vec::new();
    for line in &source.lines {
        let quantity = asked.quantity_of(line)?;
        let left = line.returnable()?;
        if quantity > left {
            let holders = holders(Some(line.key))?;
            let (of, line) = (source.id.clone(), line.line);
            return Err(ReturnRefused::Exceeds { of, line, quantity, left, holders }.into());
        }
        if !quantity.is_zero() {
            lines.push(ReturnLine { source: line, quantity });
        }
    }
    if lines.is_empty() {
        return Err(ReturnRefused::NothingAsked { of: source.id.clone() }.into());
    }
    Ok(lines)
}

/// Whether a ticket of that customer may return the delivery, whatever is left of it: a delivery of that customer that is
/// done, or a return that was made from the ticket, which goes back to the customer (spec D5). `holds` says whether what the
/// ticket is about is on it (spec D1, D2).
pub fn check_offered(
    delivery: &Transfer,
    ticket: i64,
    customer: &Reference,
    about: Option<&str>,
    holds: bool,
) -> Result<()> {
    let refuse = |test: String| ReturnRefused::NotOffered { delivery: delivery.id.clone(), test };
    let of_ticket = delivery.ticket.as_ref().is_some_and(|own| own.key == ticket);
    let own_return = delivery.kind == TransferKind::Incoming && delivery.return_of.is_some() && of_ticket;
    if delivery.kind != TransferKind::Outgoing && !own_return {
        return Err(refuse(format!("is {}, not a delivery", delivery.kind)).into());
    }
    match &delivery.customer {
        None => return Err(refuse(format!("has no customer, so it is not of {customer}")).into()),
        Some(of) if of.key != customer.key => return Err(refuse(format!("is of {of}, not of {customer}")).into()),
        Some(_) => {}
    }
    check_done(delivery)?;
    match about {
        Some(about) if !holds => Err(refuse(format!("does not have {about}")).into()),
        _ => Ok(()),
    }
}

/// Only what was moved can come back (spec D8).
pub fn check_done(source: &Transfer) -> Result<()> {
    if source.state == TransferState::Done {
        return Ok(());
    }
    Err(ReturnRefused::NotDone { delivery: source.id.clone(), state: source.state }.into())
}

/// The one delivery that can be meant, where none was named (contract, section 7 "Returns"). `whose` is the order or customer
/// whose deliveries these are; `any_done` says whether one of them is done, though nothing is left of it; `ticket` is for the
/// hint.
pub fn the_only<'c>(candidates: &'c [Reference], whose: &str, any_done: bool, ticket: &str) -> Result<&'c Reference> {
    match candidates {
        [only] => Ok(only),
        [] if any_done => Err(ReturnRefused::NothingLeft { of: whose.to_owned(), holders: Vec::new() }.into()),
        [] => Err(ReturnRefused::NoDelivery { whose: whose.to_owned() }.into()),
        several => {
            let candidates = several.iter().map(|candidate| candidate.id.clone()).collect();
            Err(ReturnRefused::Ambiguous { whose: whose.to_owned(), candidates, ticket: ticket.to_owned() }.into())
        }
    }
}

/// Where the goods of a return go unless told otherwise: the team's return location, else where they came from (spec D4).
pub fn default_location<'l>(source: &'l Transfer, of_team: Option<&'l Location>) -> &'l Location {
    of_team.filter(|_| source.kind == TransferKind::Outgoing).unwrap_or(&source.from)
}

/// Where the goods may go: the team's return location, where they came from, and every internal location that takes returns.
/// What came from outside goes back there (spec D4, contract "Returns"), and nothing goes where it is already.
pub fn locations(source: &Transfer, of_team: Option<&Location>, flagged: &[Location]) -> Vec<Location> {
    let mut allowed = vec![default_location(source, of_team).clone()];
    let goes_inside = source.kind != TransferKind::Incoming;
    let takes_returns = |location: &&Location| goes_inside && location.takes_returns();
    for location in std::iter::once(&source.from).chain(flagged.iter().filter(takes_returns)) {
        if location.key != source.to.key && allowed.iter().all(|known| known.key != location.key) {
            allowed.push(location.clone());
        }
    }
    allowed
}

/// The location named for the goods, where it may take them.
pub fn check_location(source: &Transfer, named: &Location, allowed: &[Location]) -> Result<()> {
    if allowed.iter().any(|location| location.key == named.key) {
        return Ok(());
    }
    let flagged = Location { return_location: true, ..named.clone() };
    let takes_flag =
        locations(source, None, std::slice::from_ref(&flagged)).iter().any(|location| location.key == named.key);
    let allowed = allowed.iter().map(|location| location.id.clone()).collect();
    Err(ReturnRefused::Location { location: named.id.clone(), allowed, takes_flag }.into())
}

/// A replacement is sent for what a customer gives back, so only a delivery can be exchanged (spec D6).
pub fn check_exchange(source: &Transfer) -> Result<()> {
    if source.kind == TransferKind::Outgoing {
        return Ok(());
    }
    let message = format!("{} is {}; only a delivery can be exchanged", source.id, source.kind);
    Err(ValueRefused::invalid("exchange", "true", message).into())
}

/// Whether the return leaves the order's delivered quantity as it is: where that is asked, and where it undoes a return that
/// left it so (spec D7).
pub fn keeps_order_quantity(source: &Transfer, asked: bool) -> bool {
    asked || (source.kind == TransferKind::Incoming && source.keep_order_quantity)
}

/// Why a return is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReturnRefused {
    #[error("there is no done delivery of {whose}")]
    NoDelivery { whose: String },
    #[error("{delivery} is {state}, not done")]
    NotDone { delivery: String, state: TransferState },
    #[error("{delivery} {test}")]
    NotOffered { delivery: String, test: String },
    #[error("several deliveries of {whose} could be returned")]
    Ambiguous { whose: String, candidates: Vec<String>, ticket: String },
    #[error("nothing is left to return of {of}{}", taken_by(.holders))]
    NothingLeft { of: String, holders: Vec<String> },
    #[error("no line of {of} takes part in the return")]
    NothingAsked { of: String },
    #[error("{quantity} is more than the {left} left to return of line {line} of {of}{}", taken_by(.holders))]
    Exceeds { of: String, line: i64, quantity: Quantity, left: Quantity, holders: Vec<String> },
    #[error("returned goods cannot go to {location}, only to {}", .allowed.join(", "))]
    Location {
        location: String,
        allowed: Vec<String>,
        /// Whether it could take them if it were flagged as a return location.
        takes_flag: bool,
    },
}

impl Refusal for ReturnRefused {
    fn code(&self) -> &'static str {
        match self {
            ReturnRefused::NoDelivery { .. } => "no_delivery",
            ReturnRefused::NotDone { .. } => "delivery_not_done",
            ReturnRefused::NotOffered { .. } => "delivery_not_offered",
            ReturnRefused::Ambiguous { .. } => "delivery_ambiguous",
            ReturnRefused::NothingLeft { .. } | ReturnRefused::NothingAsked { .. } => "nothing_to_return",
            ReturnRefused::Exceeds { .. } => "return_exceeds_delivered",
            ReturnRefused::Location { .. } => "location_not_allowed",
        }
    }
    fn field(&self) -> Option<&'static str> {
        Some(match self {
            ReturnRefused::Exceeds { .. } | ReturnRefused::NothingAsked { .. } => "line",
            ReturnRefused::Location { .. } => "location",
            _ => "delivery",
        })
    }
    fn given(&self) -> Option<String> {
        match self {
            ReturnRefused::NotDone { delivery, .. } | ReturnRefused::NotOffered { delivery, .. } => {
                Some(delivery.clone())
            }
            ReturnRefused::Exceeds { line, quantity, .. } => Some(format!("{line}={quantity}")),
            ReturnRefused::Location { location, .. } => Some(location.clone()),
            _ => None,
        }
    }
    fn allowed(&self) -> Option<Allowed> {
        match self {
            ReturnRefused::Ambiguous { candidates, .. } => Some(Allowed::Several(candidates.clone())),
            ReturnRefused::Exceeds { left, .. } => Some(Allowed::One(left.to_string())),
            ReturnRefused::Location { allowed, .. } => Some(Allowed::Several(allowed.clone())),
            _ => None,
        }
    }
    fn hint(&self) -> Option<String> {
        Some(match self {
            ReturnRefused::NoDelivery { .. } | ReturnRefused::NotOffered { .. } => {
                "aftersales transfer list --kind outgoing --state done".to_owned()
            }
            ReturnRefused::NotDone { delivery, state } if state.is_open() => {
                format!("aftersales transfer validate {}", shell_word(delivery))
            }
            ReturnRefused::NotDone { delivery, .. } | ReturnRefused::NothingAsked { of: delivery } => {
                format!("aftersales transfer show {}", shell_word(delivery))
            }
            ReturnRefused::Ambiguous { candidates, ticket, .. } => {
                let first = candidates.first().map_or("", String::as_str);
                format!("aftersales ticket return {} --delivery {}", shell_word(ticket), shell_word(first))
            }
            ReturnRefused::NothingLeft { holders, .. } if holders.is_empty() => {
                "aftersales transfer list --kind incoming".to_owned()
            }
            ReturnRefused::Exceeds { of, holders, .. } if holders.is_empty() => {
                format!("aftersales transfer show {}", shell_word(of))
            }
            ReturnRefused::NothingLeft { holders, .. } | ReturnRefused::Exceeds { holders, .. } => {
                format!("aftersales transfer show {}", shell_word(holders.first().map_or("", String::as_str)))
            }
            ReturnRefused::Location { location, takes_flag: true, .. } => {
                format!("aftersales location edit {} --return-location", shell_word(location))
            }
            ReturnRefused::Location { .. } => "aftersales location list --return-location yes".to_owned(),
        })
    }
}

/// The returns that took the rest, for the end of a sentence.
fn taken_by(returns: &[String]) -> String {
    if returns.is_empty() { String::new() } else { format!(": {} took the rest back", returns.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::location::LocationType;

    fn reference(key: i64, id: &str) -> Reference {
        Reference { key, id: id.to_owned() }
    }

    fn location(key: i64, id: &str, kind: LocationType, return_location: bool) -> Location {
        Location { key, id: id.to_owned(), kind, return_location }
    }

    fn quantity(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    /// A done delivery to customer 1: of LAMP 3, of which 1 came back; of TV 1 by its serial number; of GLUE nothing was moved.
    fn delivery() -> Transfer {
        let line = |number, tracking, done: &str, returned: &str| TransferLine {
            key: number,
            line: number,
            done: quantity(done),
            returned: quantity(returned),
            ..TransferLine::new(reference(number, "P"), tracking, None, quantity(done))
        };
        Transfer {
            key: 7,
            id: "WH/OUT/00007".to_owned(),
            kind: TransferKind::Outgoing,
            state: TransferState::Done,
            origin: None,
            customer: Some(reference(1, "ADA")),
            order: None,
            ticket: None,
            task: None,
            from: location(1, "WH/Stock", LocationType::Internal, true),
            to: location(2, "Customers", LocationType::Customer, false),
            lines: vec![
                line(1, Tracking::None, "3", "1"),
                line(2, Tracking::Serial, "1", "0"),
                line(3, Tracking::Lot, "0", "0"),
            ],
            return_of: None,
            exchange_of: None,
            backorder_of: None,
            keep_order_quantity: false,
            date: "2026-11-23".parse().unwrap(),
            moved: None,
        }
    }

    struct Typed {
        lines: Vec<LineQuantity>,
        dropped: Vec<LineNumber>,
    }

    impl Typed {
        fn new(lines: &[&str], dropped: &[&str]) -> Typed {
            let lines = lines.iter().map(|text| text.parse().unwrap()).collect();
            Typed { lines, dropped: dropped.iter().map(|text| text.parse().unwrap()).collect() }
        }

        fn asked(&self) -> Asked<'_> {
            Asked { lines: &self.lines, dropped: &self.dropped, about: About::default() }
        }
    }

    fn told<T>(result: Result<T>) -> std::result::Result<T, String> {
        result.map_err(|error| format!("{} {}", error.fault().code, error.fault().field.as_deref().unwrap_or_default()))
    }

    #[test]
    fn lines_come_back_as_asked_and_no_more_than_was_delivered() {
        let source = delivery();
        type Row<'r> = (&'r [&'r str], &'r [&'r str], std::result::Result<&'r str, &'r str>);
        let table: &[Row<'_>] = &[
            (&[], &[], Ok("1=2 2=1")),
            (&[], &["2"], Ok("1=2")),
            (&["1=1"], &[], Ok("1=1")),
            (&["1=0.5", "2=1"], &[], Ok("1=0.5 2=1")),
            (&["1=0", "2=1"], &[], Ok("2=1")),
            (&["2=1"], &["1"], Ok("2=1")),
            (&["1=2.000001"], &[], Err("return_exceeds_delivered line")),
            (&["3=1"], &[], Err("return_exceeds_delivered line")),
            (&[], &["1", "2"], Err("nothing_to_return line")),
            (&["1=0", "2=0"], &[], Err("nothing_to_return line")),
            (&["3=0"], &[], Err("nothing_to_return line")),
        ];
        for (lines, dropped, expected) in table {
            let typed = Typed::new(lines, dropped);
            let decided = told(decide(&source, typed.asked(), true, |_| Ok(Vec::new())));
            let shown = decided.map(|lines| {
                let line = |line: &ReturnLine<'_>| format!("{}={}", line.source.line, line.quantity);
                lines.iter().map(line).collect::<Vec<_>>().join(" ")
            });
            assert_eq!(shown.as_deref().map_err(String::as_str), *expected, "{lines:?} {dropped:?}");
        }
    }

    #[test]
    fn what_is_left_and_who_holds_the_rest_is_told() {
        let source = delivery();
        let typed = Typed::new(&["1=3"], &[]);
        let holders = |_| Ok(vec!["WH/IN/00001".to_owned()]);
        let error = decide(&source, typed.asked(), true, holders).unwrap_err();
        assert_eq!(error.fault().allowed, Some(Allowed::One("2".to_owned())));
        assert_eq!(error.fault().given.as_deref(), Some("1=3"));
        assert!(error.fault().message.ends_with("WH/IN/00001 took the rest back"), "{error:?}");
        // Where nothing at all is left, that comes first.
        assert_eq!(told(decide(&source, typed.asked(), false, holders)), Err("nothing_to_return delivery".to_owned()));
    }

    #[test]
    fn values_that_cannot_stand_are_gathered() {
        let source = delivery();
        let table: &[(&[&str], &[&str], &[&str])] = &[
            (&["1=1", "2=1"], &[], &[]),
            (&["1=0"], &["2"], &[]),
            (&["1=-1"], &[], &["quantity_invalid line"]),
            (&["2=0.5"], &[], &["quantity_invalid line"]),
            (&["1=0.5"], &[], &[]),
            (&["4=1"], &[], &["invalid_value line"]),
            (&["1=1", "1=2"], &[], &["invalid_value line"]),
            (&[], &["4"], &["invalid_value drop_line"]),
            (&["1=1"], &["1"], &["invalid_value drop_line"]),
            (&["1=-1", "9=1"], &["8"], &["quantity_invalid line", "invalid_value line", "invalid_value drop_line"]),
        ];
        for (lines, dropped, expected) in table {
            let typed = Typed::new(lines, dropped);
            let mut faults = Faults::default();
            typed.asked().check(&mut faults);
            typed.asked().check_against(&source, &mut faults);
            let faults = match faults.refuse() {
                Ok(()) => Vec::new(),
                Err(error) => {
                    let first = error.fault().clone();
                    let shown = |fault: &crate::domain::Fault| {
                        format!("{} {}", fault.code, fault.field.as_deref().unwrap_or_default())
                    };
                    std::iter::once(&first).chain(&first.others).map(shown).collect()
                }
            };
            assert_eq!(faults, *expected, "{lines:?} {dropped:?}");
        }
    }

    #[test]
    fn what_the_ticket_is_about_chooses_the_lines() {
        let mut source = delivery();
        source.lines[1].lot = Some(reference(21, "SN-1"));
        let about = |product, lot| About { product, lot };
        for (about, lines, expected) in [
            (about(None, None), &[][..], Ok("1=2 2=1")),
            (about(Some(1), None), &[], Ok("1=2")),
            (about(Some(2), Some(21)), &[], Ok("2=1")),
            (about(Some(2), Some(22)), &[], Err("nothing_to_return line")),
            (about(Some(9), None), &[], Err("nothing_to_return line")),
            // A line that is named may be another one.
            (about(Some(1), None), &["2=1"], Ok("2=1")),
        ] {
            let typed = Typed::new(lines, &[]);
            let asked = Asked { about, ..typed.asked() };
            let decided = told(decide(&source, asked, true, |_| Ok(Vec::new())));
            let shown = |line: &ReturnLine<'_>| format!("{}={}", line.source.line, line.quantity);
            let decided = decided.map(|lines| lines.iter().map(shown).collect::<Vec<_>>().join(" "));
            assert_eq!(decided, expected.map(str::to_owned).map_err(str::to_owned), "{about:?}");
        }
    }

    #[test]
    fn only_the_lines_named_are_looked_at() {
        assert_eq!(Typed::new(&[], &["2"]).asked().named(), None);
        assert_eq!(Typed::new(&["3=1", "1=1"], &["2", "1"]).asked().named(), Some(vec![1, 2, 3]));
    }

    #[test]
    fn the_delivery_named_must_be_one_of_the_customer_that_is_done() {
        let (ada, bo) = (reference(1, "ADA"), reference(2, "BO"));
        let undone = Transfer { state: TransferState::Ready, ..delivery() };
        let cancelled = Transfer { state: TransferState::Cancelled, ..delivery() };
        let receipt = Transfer { kind: TransferKind::Incoming, ..delivery() };
        let nobodys = Transfer { customer: None, ..delivery() };
        let (ticket, other) = (reference(70, "T00001"), reference(71, "T00002"));
        let took_back = Transfer { return_of: Some(reference(7, "WH/OUT/00007")), ..receipt.clone() };
        let of_ticket = Transfer { ticket: Some(ticket.clone()), ..took_back.clone() };
        let of_another = Transfer { ticket: Some(other), ..took_back.clone() };
        for (delivery, customer, about, holds, expected) in [
            (&delivery(), &ada, None, true, None),
            (&delivery(), &ada, Some("LAMP"), true, None),
            (&delivery(), &ada, Some("LAMP"), false, Some("delivery_not_offered delivery")),
            (&delivery(), &bo, None, true, Some("delivery_not_offered delivery")),
            (&nobodys, &ada, None, true, Some("delivery_not_offered delivery")),
            (&receipt, &ada, None, true, Some("delivery_not_offered delivery")),
            // A return of this ticket goes back to its customer.
            (&of_ticket, &ada, None, true, None),
            (&of_another, &ada, None, true, Some("delivery_not_offered delivery")),
            (&took_back, &ada, None, true, Some("delivery_not_offered delivery")),
            (&undone, &ada, None, true, Some("delivery_not_done delivery")),
            (&cancelled, &ada, None, true, Some("delivery_not_done delivery")),
            // Another customer's is not offered, done or not.
            (&undone, &bo, None, true, Some("delivery_not_offered delivery")),
        ] {
            let refused = told(check_offered(delivery, ticket.key, customer, about, holds)).err();
            assert_eq!(refused.as_deref(), expected, "{} {customer}", delivery.state);
        }
    }

    #[test]
    fn without_a_name_there_must_be_one_candidate() {
        let (one, other) = (reference(1, "WH/OUT/00001"), reference(2, "WH/OUT/00002"));
        assert_eq!(the_only(std::slice::from_ref(&one), "ADA", true, "T00001"), Ok(&one));
        assert_eq!(told(the_only(&[], "ADA", false, "T00001")), Err("no_delivery delivery".to_owned()));
        assert_eq!(told(the_only(&[], "ADA", true, "T00001")), Err("nothing_to_return delivery".to_owned()));
        let error = the_only(&[one, other], "ADA", true, "T00001").unwrap_err();
        assert_eq!(error.fault().code, "delivery_ambiguous");
        let candidates = vec!["WH/OUT/00001".to_owned(), "WH/OUT/00002".to_owned()];
        assert_eq!(error.fault().allowed, Some(Allowed::Several(candidates)));
    }

    #[test]
    fn goods_go_to_the_team_back_where_they_came_from_or_where_returns_are_taken() {
        let source = delivery();
        let team = location(3, "WH/Returns", LocationType::Internal, false);
        let flagged = [
            location(1, "WH/Stock", LocationType::Internal, true),
            location(4, "WH/StockLevel", LocationType::Internal, true),
        ];
        let ids = |allowed: Vec<Location>| allowed.into_iter().map(|location| location.id).collect::<Vec<_>>();
        let is_return = Transfer {
            kind: TransferKind::Incoming,
            from: source.to.clone(),
            to: source.from.clone(),
            ..source.clone()
        };
        assert_eq!(default_location(&source, Some(&team)).id, "WH/Returns");
        assert_eq!(default_location(&source, None).id, "WH/Stock");
        assert_eq!(default_location(&is_return, Some(&team)).id, "Customers");
        assert_eq!(ids(locations(&source, Some(&team), &flagged)), ["WH/Returns", "WH/Stock", "WH/StockLevel"]);
        assert_eq!(ids(locations(&source, None, &flagged)), ["WH/Stock", "WH/StockLevel"]);
        assert_eq!(ids(locations(&is_return, Some(&team), &flagged)), ["Customers"]);

        let allowed = locations(&source, None, &flagged);
        let scrap = location(9, "Scrap", LocationType::Scrap, true);
        for (named, expected) in [
            (&flagged[1], None),
            (&source.from, None),
            (&team, Some("location_not_allowed location")),
            (&scrap, Some("location_not_allowed location")),
        ] {
            assert_eq!(told(check_location(&source, named, &allowed)).err().as_deref(), expected, "{}", named.id);
        }
        // What lacks the flag alone is given it; where that opens nothing, those that are open are listed.
        let hint = |source: &Transfer, named: &Location| {
            check_location(source, named, &allowed).unwrap_err().fault().hint.clone().unwrap()
        };
        assert_eq!(hint(&source, &team), "aftersales location edit WH/Returns --return-location");
        assert_eq!(hint(&source, &scrap), "aftersales location list --return-location yes");
        assert_eq!(hint(&is_return, &team), "aftersales location list --return-location yes");
        // Nothing goes where it is already.
        let moved = Transfer { kind: TransferKind::Internal, to: flagged[1].clone(), ..source.clone() };
        assert_eq!(ids(locations(&moved, None, &flagged)), ["WH/Stock"]);
        // A flag on another kind of location opens nothing.
        assert_eq!(ids(locations(&source, None, std::slice::from_ref(&scrap))), ["WH/Stock"]);
    }

    #[test]
    fn the_order_keeps_its_quantity_where_asked_and_where_it_was_kept() {
        let returned = |keep| Transfer {
            kind: TransferKind::Incoming,
            keep_order_quantity: keep,
            return_of: Some(reference(7, "WH/OUT/00007")),
            ..delivery()
        };
        let replacement = Transfer { keep_order_quantity: true, ..delivery() };
        for (source, asked, expected) in [
            (&delivery(), false, false),
            (&delivery(), true, true),
            (&returned(false), false, false),
            (&returned(true), false, true),
            (&returned(false), true, true),
            // A replacement that counted for nothing takes a delivered piece with it when it comes back.
            (&replacement, false, false),
        ] {
            assert_eq!(keeps_order_quantity(source, asked), expected);
        }
    }

    #[test]
    fn only_a_delivery_is_exchanged() {
        assert_eq!(told(check_exchange(&delivery())), Ok(()));
        let receipt = Transfer { kind: TransferKind::Incoming, ..delivery() };
        assert_eq!(told(check_exchange(&receipt)), Err("invalid_value exchange".to_owned()));
    }
}
