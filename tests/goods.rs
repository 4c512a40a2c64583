//! A model of goods: random commands through the real program, beside a small model of what the rules say of them (spec D, E),
//! written from the spec and knowing nothing of the program's own code. After each batch every answer, the stock by location,
//! product and lot, every reservation, every transfer, repair and order must be the same, and the store clean.
//!
//! `GOODS_SEED=7` plays that one run, `GOODS_SECONDS=600` goes on for so long. A failure prints its seed and what was played.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::Shop;

/// Quantities in halves, so that fractions are played too.
type Halves = i64;

fn shown(quantity: Halves) -> String {
    let sign = if quantity < 0 { "-" } else { "" };
    let (whole, half) = (quantity.abs() / 2, quantity.abs() % 2);
    if half == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.5") }
}

/// A generator of numbers that is the same everywhere (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }
    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }
    fn within(&mut self, least: Halves, most: Halves) -> Halves {
        least + (self.next() % u64::try_from((most - least).max(0) + 1).unwrap()) as Halves
    }
    fn one_of<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        if choices.is_empty() { None } else { Some(choices[self.below(choices.len())]) }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Product {
    Plain,
    ByLot,
    Serial,
}

use Product::{ByLot, Plain, Serial};

impl Product {
    const ALL: [Product; 3] = [Plain, ByLot, Serial];
    fn id(self) -> &'static str {
        match self {
            Plain => "PLAIN",
            ByLot => "BYLOT",
            Serial => "SERIAL",
        }
    }
    fn some(self, dice: &mut Dice, most: Halves) -> Halves {
        match self {
            Serial => 2 * dice.within(1, (most / 2).max(1)),
            _ => dice.within(1, most),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Place {
    Stock,
    Back,
    Scrap,
    Customers,
    Suppliers,
    Loss,
}

impl Place {
    fn id(self) -> &'static str {
        match self {
            Place::Stock => "WH/Stock",
            Place::Back => "WH/Back",
            Place::Scrap => "Scrap",
            Place::Customers => "Customers",
            Place::Suppliers => "Suppliers",
            Place::Loss => "Inventory Loss",
        }
    }
    fn keeps_stock(self) -> bool {
        matches!(self, Place::Stock | Place::Back | Place::Scrap)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Incoming,
    Outgoing,
    Internal,
}

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Kind::Incoming => "WH/IN/",
            Kind::Outgoing => "WH/OUT/",
            Kind::Internal => "WH/INT/",
        }
    }
    fn back(self) -> Kind {
        match self {
            Kind::Incoming => Kind::Outgoing,
            Kind::Outgoing => Kind::Incoming,
            Kind::Internal => Kind::Internal,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Open,
    Done,
    Cancelled,
}

/// A row that can wait or be returned: who came first has the lower number.
type RowId = u64;

#[derive(Clone, Debug)]
struct Line {
    row: RowId,
    product: Product,
    lot: Option<String>,
    quantity: Halves,
    done: Halves,
    reserved: Option<Halves>,
    returned: Halves,
    order_line: Option<usize>,
    takes_back: Option<RowId>,
}

#[derive(Clone, Debug)]
struct Transfer {
    id: String,
    kind: Kind,
    state: State,
    customer: Option<usize>,
    order: Option<usize>,
    ticket: Option<usize>,
    from: Place,
    to: Place,
    lines: Vec<Line>,
    is_return: bool,
    keeps_order: bool,
}

impl Transfer {
    fn word(&self) -> &'static str {
        let short = |line: &Line| line.reserved.is_some_and(|reserved| reserved < line.quantity);
        match self.state {
            State::Done => "done",
            State::Cancelled => "cancelled",
            State::Open if self.lines.iter().any(short) => "waiting",
            State::Open => "ready",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Use {
    Add,
    Remove,
    Recycle,
}

#[derive(Clone, Debug)]
struct Part {
    row: RowId,
    what: Use,
    product: Product,
    lot: Option<String>,
    quantity: Halves,
    done: Halves,
    reserved: Halves,
    /// The line of the quotation that sells it.
    sold_by: Option<usize>,
}

#[derive(Clone, Debug)]
struct Repair {
    id: String,
    state: &'static str,
    customer: usize,
    parts: Vec<Part>,
    quotation: Option<usize>,
}

impl Repair {
    fn holds(&self) -> bool {
        matches!(self.state, "confirmed" | "under_repair")
    }
}

#[derive(Clone, Debug)]
struct Order {
    id: String,
    state: &'static str,
    customer: usize,
    lines: Vec<OrderLine>,
}

#[derive(Clone, Debug)]
struct OrderLine {
    product: Product,
    quantity: Halves,
    /// A part of a repair goes with the repaired product, never by a transfer.
    by_repair: bool,
}

/// Where a piece with a serial number is.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Unseen,
    InStock,
    AtCustomer { customer: Option<usize>, by: Option<RowId> },
    Away,
}

#[derive(Clone, Copy)]
enum Coming {
    Outside,
    Customer(Option<usize>),
    Return(RowId),
    TakenOut(usize),
}

/// What the program must answer.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Answer {
    Done(Vec<String>),
    Unchanged,
    Refused(&'static str),
}

type Told = Result<Answer, &'static str>;

#[derive(Clone, Default)]
struct Model {
    rows: RowId,
    counters: BTreeMap<&'static str, usize>,
    stock: BTreeMap<(Product, Place, Option<String>), Halves>,
    lots: Vec<(String, Product)>,
    pieces: BTreeMap<String, Piece>,
    transfers: Vec<Transfer>,
    repairs: Vec<Repair>,
    orders: Vec<Order>,
    visits: usize,
}

/// Who waits, or has something reserved.
#[derive(Clone, Copy)]
enum Who {
    Line(usize, usize),
    Part(usize, usize),
}

const CUSTOMERS: [&str; 2] = ["C00001", "C00002"];

impl Model {
    fn row(&mut self) -> RowId {
        self.rows += 1;
        self.rows
    }

    fn number(&mut self, prefix: &'static str) -> String {
        let counter = self.counters.entry(prefix).or_default();
        *counter += 1;
        format!("{prefix}{counter:05}")
    }

    fn lies(&self, product: Product, place: Place, lot: Option<&str>) -> Halves {
        self.stock.get(&(product, place, lot.map(str::to_owned))).copied().unwrap_or_default()
    }

    /// What is reserved at a place: who, its age, the lot it names, how much.
    fn reservations(&self, product: Product, place: Place) -> Vec<(RowId, Who, Option<String>, Halves)> {
        let mut found = Vec::new();
        for (at, transfer) in self.transfers.iter().enumerate().filter(|(_, transfer)| transfer.from == place) {
            for (number, line) in transfer.lines.iter().enumerate().filter(|(_, line)| line.product == product) {
                if let Some(reserved) = line.reserved {
                    found.push((line.row, Who::Line(at, number), line.lot.clone(), reserved));
                }
            }
        }
        for (at, repair) in
            self.repairs.iter().enumerate().filter(|(_, repair)| repair.holds() && place == Place::Stock)
        {
            for (number, part) in repair.parts.iter().enumerate() {
                if part.what == Use::Add && part.product == product {
                    found.push((part.row, Who::Part(at, number), part.lot.clone(), part.reserved));
                }
            }
        }
        found.sort_by_key(|(row, ..)| *row);
        found
    }

    fn free(&self, product: Product, place: Place) -> Halves {
        let lying = self.stock.iter().filter(|((of, at, _), _)| (*of, *at) == (product, place));
        let all: Halves = lying.map(|(_, quantity)| quantity).sum();
        all - self.reservations(product, place).iter().map(|(.., reserved)| reserved).sum::<Halves>()
    }

    /// What can be taken of exactly that lot: what nobody has reserved by its name, and no more than leaves enough for those who
    /// take any.
    fn takeable(&self, product: Product, place: Place, lot: Option<&str>) -> Halves {
        let named = self.reservations(product, place);
        let named: Halves = named
            .iter()
            .filter(|(.., of, _)| of.is_some() && of.as_deref() == lot)
            .map(|(.., reserved)| reserved)
            .sum();
        (self.lies(product, place, lot) - named).min(self.free(product, place)).max(0)
    }

    /// What somebody who names that lot, or none, could reserve.
    fn reservable(&self, product: Product, place: Place, lot: Option<&str>) -> Halves {
        match lot {
            Some(_) => self.takeable(product, place, lot),
            None => self.free(product, place).max(0),
        }
    }

    fn reserved_of(&mut self, who: Who) -> &mut Halves {
        match who {
            Who::Line(at, line) => self.transfers[at].lines[line].reserved.get_or_insert(0),
            Who::Part(at, part) => &mut self.repairs[at].parts[part].reserved,
        }
    }

    fn wanted_by(&self, who: Who) -> Halves {
        match who {
            Who::Line(at, line) => self.transfers[at].lines[line].quantity,
            Who::Part(at, part) => self.repairs[at].parts[part].quantity,
        }
    }

    /// First come, first served.
    fn serve(&mut self, product: Product, place: Place) {
        if !place.keeps_stock() {
            return;
        }
        for (_, who, lot, reserved) in self.reservations(product, place) {
            let got = (self.wanted_by(who) - reserved).min(self.reservable(product, place, lot.as_deref())).max(0);
            *self.reserved_of(who) += got;
        }
    }

    fn serve_all(&mut self, place: Place) {
        Product::ALL.into_iter().for_each(|product| self.serve(product, place));
    }

    fn take(
        &mut self,
        product: Product,
        place: Place,
        lot: Option<&str>,
        quantity: Halves,
    ) -> Result<(), &'static str> {
        if !place.keeps_stock() {
            return Ok(());
        }
        if quantity > self.takeable(product, place, lot) {
            return Err("stock_insufficient");
        }
        *self.stock.entry((product, place, lot.map(str::to_owned))).or_default() -= quantity;
        Ok(())
    }

    fn put(
        &mut self,
        product: Product,
        place: Place,
        lot: Option<&str>,
        quantity: Halves,
        coming: Option<Coming>,
    ) -> Result<(), &'static str> {
        if !place.keeps_stock() || quantity == 0 {
            return Ok(());
        }
        if let (Serial, Some(lot), Some(coming)) = (product, lot, coming) {
            self.check_coming(lot, coming)?;
        }
        *self.stock.entry((product, place, lot.map(str::to_owned))).or_default() += quantity;
        if product == Serial {
            self.pieces.insert(lot.unwrap_or_default().to_owned(), Piece::InStock);
        }
        Ok(())
    }

    /// A piece is in one place at a time.
    fn check_coming(&self, lot: &str, coming: Coming) -> Result<(), &'static str> {
        let fits = match (self.pieces.get(lot).unwrap_or(&Piece::Unseen), coming) {
            (Piece::Unseen, _) => true,
            (Piece::InStock, _) => false,
            (Piece::AtCustomer { by, .. }, Coming::Return(row)) => *by == Some(row),
            (Piece::Away, Coming::Return(_)) => false,
            (Piece::Away, _) => true,
            (Piece::AtCustomer { .. }, Coming::Outside) => false,
            (Piece::AtCustomer { customer, .. }, Coming::Customer(from)) => {
                customer.is_none() || from.is_none() || *customer == from
            }
            (Piece::AtCustomer { customer, .. }, Coming::TakenOut(from)) => customer.is_none_or(|at| at == from),
        };
        if fits { Ok(()) } else { Err("lot_elsewhere") }
    }

    /// A piece left the stock by a move to that place.
    fn goes(&mut self, lot: Option<&str>, to: Place, customer: Option<usize>, row: RowId) {
        let place = match to {
            Place::Customers => Piece::AtCustomer { customer, by: Some(row) },
            place if place.keeps_stock() => Piece::InStock,
            _ => Piece::Away,
        };
        self.pieces.insert(lot.unwrap_or_default().to_owned(), place);
    }

    fn open(&mut self, mut transfer: Transfer) -> String {
        transfer.id = self.number(transfer.kind.prefix());
        let id = transfer.id.clone();
        let lines = std::mem::take(&mut transfer.lines);
        let (from, at) = (transfer.from, self.transfers.len());
        self.transfers.push(transfer);
        // Whoever comes last is served last, line by line.
        for mut line in lines {
            line.row = self.row();
            line.reserved = from.keeps_stock().then_some(0);
            self.transfers[at].lines.push(line);
        }
        if from.keeps_stock() {
            self.serve_all(from);
        }
        id
    }

    fn row_of_line(&mut self, row: RowId) -> &mut Line {
        self.transfers.iter_mut().flat_map(|transfer| &mut transfer.lines).find(|line| line.row == row).unwrap()
    }

    fn validate(
        &mut self,
        at: usize,
        asked: &[(usize, Halves)],
        lots: &[(usize, String, Halves)],
        keep_rest: bool,
    ) -> Told {
        let transfer = self.transfers[at].clone();
        match transfer.state {
            State::Done => return Ok(Answer::Unchanged),
            State::Cancelled => return Err("state_not_allowed"),
            State::Open => {}
        }
        let quantity = |number: usize| match asked.iter().find(|(line, _)| *line == number) {
            Some((_, quantity)) => *quantity,
            None if asked.is_empty() => transfer.lines[number].quantity,
            None => 0,
        };
        // A range above what is on the line, and nothing at all, are values that cannot stand.
        if (0..transfer.lines.len()).all(|number| quantity(number) == 0) {
            return Err("quantity_invalid");
        }
        // Its own goods are there for all its lines.
        let before: Vec<Option<Halves>> = transfer.lines.iter().map(|line| line.reserved).collect();
        let mut free_before = BTreeMap::new();
        if transfer.from.keeps_stock() {
            for product in Product::ALL {
                free_before.insert(product, self.free(product, transfer.from));
            }
            for line in &mut self.transfers[at].lines {
                line.reserved = None;
            }
            let mut wanted: Vec<(Product, Option<String>, Halves)> = Vec::new();
            for (number, line) in transfer.lines.iter().enumerate() {
                let earlier = wanted.iter().filter(|(product, ..)| *product == line.product);
                let of_any: Halves = earlier.clone().map(|(.., quantity)| quantity).sum();
                let of_lot: Halves =
                    earlier.filter(|(_, lot, _)| *lot == line.lot).map(|(.., quantity)| quantity).sum();
                let free = self.free(line.product, transfer.from) - of_any;
                let can = match &line.lot {
                    Some(lot) => (self.takeable(line.product, transfer.from, Some(lot)) - of_lot).min(free),
                    None => free,
                };
                if quantity(number) > can.max(0) {
                    return Err("stock_insufficient");
                }
                wanted.push((line.product, line.lot.clone(), quantity(number)));
            }
        }
        // What moves of each line, by lot.
        let mut pieces: Vec<Vec<(Option<String>, Halves)>> = Vec::new();
        for (number, line) in transfer.lines.iter().enumerate() {
            let mut left = quantity(number);
            let mut of_line = Vec::new();
            for (_, lot, of_lot) in lots.iter().filter(|(named, ..)| *named == number) {
                left -= of_lot;
                of_line.push((Some(lot.clone()), *of_lot));
            }
            if left < 0 {
                return Err("quantity_invalid");
            }
            if left > 0 {
                if line.product != Plain && line.lot.is_none() {
                    return Err("lot_required");
                }
                of_line.push((line.lot.clone(), left));
            }
            pieces.push(of_line);
        }
        for (line, pieces) in transfer.lines.iter().zip(&pieces) {
            for (lot, quantity) in pieces {
                self.take(line.product, transfer.from, lot.as_deref(), *quantity)?;
            }
        }
        let rests: Vec<Halves> =
            transfer.lines.iter().enumerate().map(|(number, line)| line.quantity - quantity(number)).collect();
        let backorder = (keep_rest && rests.iter().any(|rest| *rest > 0)).then(|| self.number(transfer.kind.prefix()));
        let mut done = Transfer { state: State::Done, lines: Vec::new(), ..transfer.clone() };
        let mut rest_of = Transfer { id: backorder.clone().unwrap_or_default(), lines: Vec::new(), ..transfer.clone() };
        self.transfers[at].lines = Vec::new();
        let mut more = Vec::new();
        for (number, line) in transfer.lines.iter().enumerate() {
            let stays = backorder.is_some() && rests[number] > 0;
            let first = pieces[number].first().cloned();
            let others: Halves = pieces[number].iter().skip(1).map(|(_, quantity)| quantity).sum();
            let mut here = Line { reserved: None, quantity: line.quantity - others, ..line.clone() };
            (here.lot, here.done) = first.unwrap_or((line.lot.clone(), 0));
            for (lot, quantity) in pieces[number].iter().skip(1) {
                let row = self.row();
                let lot = lot.clone();
                more.push(Line { row, lot, quantity: *quantity, done: *quantity, reserved: None, ..line.clone() });
            }
            if stays {
                // The rest keeps its place in the queue.
                here.row = self.row();
                rest_of.lines.push(Line {
                    quantity: rests[number],
                    reserved: before[number].map(|_| 0),
                    ..line.clone()
                });
            } else if rests[number] > 0
                && let Some(source) = line.takes_back
            {
                self.row_of_line(source).returned -= rests[number];
            }
            done.lines.push(here);
        }
        done.lines.extend(more);
        for line in done.lines.clone() {
            if line.done == 0 {
                continue;
            }
            let coming = match (transfer.from, line.takes_back) {
                (from, _) if from.keeps_stock() => None,
                (Place::Customers, Some(source)) => Some(Coming::Return(source)),
                (Place::Customers, None) => Some(Coming::Customer(transfer.customer)),
                _ => Some(Coming::Outside),
            };
            self.put(line.product, transfer.to, line.lot.as_deref(), line.done, coming)?;
            if line.product == Serial {
                self.goes(line.lot.as_deref(), transfer.to, transfer.customer, line.row);
            }
        }
        self.transfers[at] = done;
        let mut created = Vec::new();
        if let Some(id) = backorder {
            created.push(id);
            let rest_at = self.transfers.len();
            self.transfers.push(rest_of);
            // What was reserved for a line and did not go stays reserved for its rest, as far as it was not needed elsewhere.
            for number in 0..self.transfers[rest_at].lines.len() {
                let line = self.transfers[rest_at].lines[number].clone();
                let was = transfer.lines.iter().position(|known| known.row == line.row).unwrap();
                if let Some(reserved) = before[was] {
                    let kept = (reserved - reserved.min(quantity(was))).min(line.quantity);
                    let kept = kept.min(self.reservable(line.product, transfer.from, line.lot.as_deref()));
                    self.transfers[rest_at].lines[number].reserved = Some(kept);
                }
            }
        }
        self.serve_all(transfer.to);
        self.serve_all(transfer.from);
        Ok(Answer::Done(created))
    }

    fn cancel(&mut self, at: usize) -> Told {
        match self.transfers[at].state {
            State::Cancelled => return Ok(Answer::Unchanged),
            State::Done => return Err("state_not_allowed"),
            State::Open => {}
        }
        self.transfers[at].state = State::Cancelled;
        let lines = self.transfers[at].lines.clone();
        for (number, line) in lines.iter().enumerate() {
            self.transfers[at].lines[number].reserved = None;
            if let Some(source) = line.takes_back {
                self.row_of_line(source).returned -= line.quantity;
            }
        }
        self.serve_all(self.transfers[at].from);
        Ok(Answer::Done(Vec::new()))
    }

    /// What comes back of a done transfer: the lines named, or all that are of the ticket's product.
    #[allow(clippy::too_many_arguments, reason = "these are the flags")]
    fn take_back(
        &mut self,
        at: usize,
        asked: &[(usize, Halves)],
        about: Option<Product>,
        exchange: bool,
        keeps_order: bool,
        to: Option<Place>,
        ticket: Option<usize>,
    ) -> Told {
        let source = self.transfers[at].clone();
        if source.state != State::Done {
            return Err("delivery_not_done");
        }
        let fits = |line: &Line| !asked.is_empty() || about.is_none_or(|product| line.product == product);
        if !source.lines.iter().any(|line| line.returned < line.done && fits(line)) {
            return Err("nothing_to_return");
        }
        let mut taken = Vec::new();
        for (number, line) in source.lines.iter().enumerate() {
            let left = line.done - line.returned;
            let quantity = match asked.iter().find(|(named, _)| *named == number) {
                Some((_, quantity)) => *quantity,
                None if asked.is_empty() && fits(line) => left,
                None => 0,
            };
            if quantity > left {
                return Err("return_exceeds_delivered");
            }
            if quantity > 0 {
                taken.push((line.clone(), quantity));
            }
        }
        if taken.is_empty() {
            return Err("nothing_to_return");
        }
        let allowed = match source.kind {
            Kind::Incoming => vec![source.from],
            _ => vec![source.from, Place::Stock, Place::Back],
        };
        let to = to.unwrap_or(source.from);
        if !allowed.contains(&to) || to == source.to {
            return Err("location_not_allowed");
        }
        for (line, _) in &taken {
            if let (Serial, Some(lot), Place::Customers) = (line.product, &line.lot, source.to) {
                self.check_coming(lot, Coming::Return(line.row))?;
            }
        }
        for (line, quantity) in &taken {
            self.row_of_line(line.row).returned += quantity;
        }
        let keeps_order = keeps_order || (source.kind == Kind::Incoming && source.keeps_order);
        let blank = Transfer {
            state: State::Open,
            ticket: ticket.or(source.ticket),
            is_return: false,
            keeps_order,
            lines: Vec::new(),
            ..source.clone()
        };
        let moved = |line: &Line, quantity: Halves, lot: Option<String>, takes_back| Line {
            row: 0,
            lot,
            quantity,
            done: 0,
            reserved: None,
            returned: 0,
            takes_back,
            ..line.clone()
        };
        let lines = taken.iter().map(|(line, quantity)| moved(line, *quantity, line.lot.clone(), Some(line.row)));
        let mut created = vec![self.open(Transfer {
            kind: source.kind.back(),
            from: source.to,
            to,
            lines: lines.collect(),
            is_return: true,
            ..blank.clone()
        })];
        if exchange {
            let lines = taken.iter().map(|(line, quantity)| moved(line, *quantity, None, None));
            created.push(self.open(Transfer { lines: lines.collect(), ..blank }));
        }
        Ok(Answer::Done(created))
    }

    fn delivered(&self, order: usize, line: usize) -> Halves {
        let repairs = self.repairs.iter().filter(|repair| repair.quotation == Some(order) && repair.state == "done");
        let parts = repairs.flat_map(|repair| &repair.parts).filter(|part| part.sold_by == Some(line));
        let used: Halves = parts.filter(|part| part.what == Use::Add).map(|part| part.done).sum();
        used + self.moved(order, line)
    }

    fn moved(&self, order: usize, line: usize) -> Halves {
        let of_order = self.transfers.iter().filter(|transfer| transfer.order == Some(order) && !transfer.keeps_order);
        of_order
            .filter(|transfer| transfer.state == State::Done)
            .map(|transfer| {
                let of_line = transfer.lines.iter().filter(|moved| moved.order_line == Some(line));
                let done: Halves = of_line.map(|moved| moved.done).sum();
                match transfer.kind {
                    Kind::Outgoing => done,
                    Kind::Incoming => -done,
                    Kind::Internal => 0,
                }
            })
            .sum()
    }

    fn left_to_deliver(&self, order: usize) -> Vec<(usize, Product, Halves)> {
        let going = |line: usize| -> Halves {
            let open = self.transfers.iter().filter(|transfer| {
                transfer.order == Some(order)
                    && !transfer.keeps_order
                    && transfer.state == State::Open
                    && transfer.kind == Kind::Outgoing
            });
            open.flat_map(|transfer| &transfer.lines)
                .filter(|moved| moved.order_line == Some(line))
                .map(|moved| moved.quantity)
                .sum()
        };
        let lines = self.orders[order].lines.iter().enumerate();
        lines
            .filter(|(_, line)| !line.by_repair)
            .map(|(number, line)| (number, line.product, line.quantity - self.moved(order, number) - going(number)))
            .filter(|(.., left)| *left > 0)
            .collect()
    }

    /// A transfer that was done elsewhere, of plain goods.
    fn import(&mut self, mut transfer: Transfer) -> Result<(), &'static str> {
        for line in &mut transfer.lines {
            line.row = self.row();
            line.done = line.quantity;
            self.take(Plain, transfer.from, None, line.done)?;
            self.put(Plain, transfer.to, None, line.done, None)?;
            if let Some(source) = line.takes_back {
                self.row_of_line(source).returned += line.done;
            }
        }
        let to = transfer.to;
        self.transfers.push(transfer);
        self.serve_all(to);
        Ok(())
    }

    /// A visit on site is done: what was used of goods goes from the stock to the customer.
    fn visited(&mut self, mut transfer: Transfer) -> Told {
        if transfer.lines.iter().any(|line| line.product != Plain && line.lot.is_none()) {
            return Err("lot_required");
        }
        for at in 0..transfer.lines.len() {
            let row = self.row();
            let line = &mut transfer.lines[at];
            (line.row, line.done) = (row, line.quantity);
            let line = line.clone();
            self.take(line.product, Place::Stock, line.lot.as_deref(), line.quantity)?;
            if line.product == Serial {
                self.goes(line.lot.as_deref(), Place::Customers, transfer.customer, row);
            }
        }
        transfer.id = self.number(Kind::Outgoing.prefix());
        let id = transfer.id.clone();
        self.transfers.push(transfer);
        Ok(Answer::Done(vec![id]))
    }

    fn count(&mut self, product: Product, place: Place, lot: Option<&str>, counted: Halves) -> Told {
        if product != Plain && lot.is_none() {
            return Err("lot_required");
        }
        let there = self.lies(product, place, lot);
        if there == counted {
            return Ok(Answer::Unchanged);
        }
        let (quantity, row) = ((counted - there).abs(), self.row());
        let (from, to) = if counted > there { (Place::Loss, place) } else { (place, Place::Loss) };
        if counted > there {
            self.put(product, place, lot, quantity, Some(Coming::Outside))?;
        } else {
            // Who came last gives up what is not there.
            for (_, who, of, reserved) in self.reservations(product, place).into_iter().rev() {
                let missing = quantity - self.takeable(product, place, lot);
                if missing <= 0 {
                    break;
                }
                let short = if of.as_deref() == lot { missing } else { quantity - self.free(product, place) };
                *self.reserved_of(who) -= reserved.min(short.max(0));
            }
            self.take(product, place, lot, quantity)?;
            if product == Serial {
                self.goes(lot, Place::Loss, None, row);
            }
        }
        let id = self.number(Kind::Internal.prefix());
        let line = Line {
            row,
            product,
            lot: lot.map(str::to_owned),
            quantity,
            done: quantity,
            reserved: None,
            returned: 0,
            order_line: None,
            takes_back: None,
        };
        self.transfers.push(Transfer {
            id: id.clone(),
            kind: Kind::Internal,
            state: State::Done,
            customer: None,
            order: None,
            ticket: None,
            from,
            to,
            lines: vec![line],
            is_return: false,
            keeps_order: false,
        });
        self.serve(product, place);
        Ok(Answer::Done(vec![id]))
    }

    /// A new line of a quotation for a part; answers its number.
    fn sell(&mut self, order: usize, product: Product, quantity: Halves) -> usize {
        self.orders[order].lines.push(OrderLine { product, quantity, by_repair: true });
        self.orders[order].lines.len() - 1
    }

    fn quote(&mut self, at: usize) -> Told {
        if self.repairs[at].state == "cancelled" {
            return Err("state_not_allowed");
        }
        if self.repairs[at].quotation.is_some_and(|order| self.orders[order].state != "cancelled") {
            return Err("already_quoted");
        }
        let (id, order) = (self.number("S"), self.orders.len());
        let customer = self.repairs[at].customer;
        self.orders.push(Order { id: id.clone(), state: "draft", customer, lines: Vec::new() });
        self.repairs[at].quotation = Some(order);
        for part in 0..self.repairs[at].parts.len() {
            let Part { what, product, quantity, .. } = self.repairs[at].parts[part];
            self.repairs[at].parts[part].sold_by = (what == Use::Add).then(|| self.sell(order, product, quantity));
        }
        Ok(Answer::Done(vec![id]))
    }

    fn step(&mut self, at: usize, from: &[&'static str], to: &'static str) -> Told {
        let state = self.repairs[at].state;
        if state == to {
            return Ok(Answer::Unchanged);
        }
        if !from.contains(&state) {
            return Err("state_not_allowed");
        }
        if to == "confirmed" {
            // It comes with its confirmation.
            for part in 0..self.repairs[at].parts.len() {
                if self.repairs[at].parts[part].what == Use::Add {
                    self.repairs[at].parts[part].row = self.row();
                }
            }
        }
        self.repairs[at].state = to;
        if !self.repairs[at].holds() {
            self.repairs[at].parts.iter_mut().for_each(|part| part.reserved = 0);
        }
        self.serve_all(Place::Stock);
        Ok(Answer::Done(Vec::new()))
    }

    fn finish(&mut self, at: usize, asked: &[(usize, Halves)]) -> Told {
        match self.repairs[at].state {
            "done" => return Ok(Answer::Unchanged),
            "under_repair" => {}
            _ => return Err("state_not_allowed"),
        }
        let repair = self.repairs[at].clone();
        let used: Vec<Halves> = repair
            .parts
            .iter()
            .enumerate()
            .map(|(number, part)| match asked.iter().find(|(named, _)| *named == number) {
                Some((_, quantity)) => *quantity,
                None if asked.is_empty() => part.quantity,
                None => 0,
            })
            .collect();
        let without = |(part, used): (&Part, &Halves)| part.product != Plain && part.lot.is_none() && *used > 0;
        if repair.parts.iter().zip(&used).any(without) {
            return Err("lot_required");
        }
        self.repairs[at].parts.iter_mut().for_each(|part| part.reserved = 0);
        for (part, used) in repair.parts.iter().zip(&used).filter(|(part, used)| part.what == Use::Add && **used > 0) {
            self.take(part.product, Place::Stock, part.lot.as_deref(), *used)?;
            if part.product == Serial {
                let lot = part.lot.clone().unwrap();
                self.pieces.insert(lot, Piece::AtCustomer { customer: Some(repair.customer), by: None });
            }
        }
        for (part, used) in repair.parts.iter().zip(&used).filter(|(part, used)| part.what != Use::Add && **used > 0) {
            let place = if part.what == Use::Remove { Place::Scrap } else { Place::Stock };
            let coming = Some(Coming::TakenOut(repair.customer));
            self.put(part.product, place, part.lot.as_deref(), *used, coming)?;
        }
        self.repairs[at].state = "done";
        for (part, used) in self.repairs[at].parts.iter_mut().zip(used) {
            part.done = used;
        }
        self.serve_all(Place::Stock);
        self.serve_all(Place::Scrap);
        Ok(Answer::Done(Vec::new()))
    }
}

/// A shop and its model, played side by side.
struct Game {
    shop: Shop,
    model: Model,
    dice: Dice,
    batch: Vec<(Value, Answer)>,
    played: Vec<String>,
    lots: usize,
}

/// Whose ticket, and the product that it is about.
const TICKETS: [(usize, Option<Product>); 3] = [(0, None), (1, None), (0, Some(ByLot))];

impl Game {
    fn new(seed: u64) -> Game {
        let shop = Shop::new();
        shop.apply(
            r#"{"command":"product create","id":"PLAIN","price":"1"}
{"command":"product create","id":"BYLOT","price":"1","tracking":"lot"}
{"command":"product create","id":"SERIAL","price":"1","tracking":"serial"}
{"command":"customer create","name":"Ada"}
{"command":"customer create","name":"Bo"}
{"command":"location create","id":"WH/Back","type":"internal","return_location":true}
{"command":"project create","id":"Visits"}
{"command":"team create","id":"Support","service":["returns","repairs","field-service"],"field_service_project":"Visits"}
{"command":"ticket create","team":"Support","customer":"C1","subject":"one"}
{"command":"ticket create","team":"Support","customer":"C2","subject":"two"}
{"command":"ticket create","team":"Support","customer":"C1","product":"BYLOT","subject":"three"}"#,
        );
        Game { shop, model: Model::default(), dice: Dice(seed), batch: Vec::new(), played: Vec::new(), lots: 0 }
    }

    /// Notes a command, and what the model makes of it; one that is refused changes nothing.
    fn play(&mut self, command: Value, what: impl FnOnce(&mut Model) -> Told) -> bool {
        let mut after = self.model.clone();
        let answer = what(&mut after).unwrap_or_else(Answer::Refused);
        let done = matches!(answer, Answer::Done(_));
        if done {
            self.model = after;
        }
        self.batch.push((command, answer));
        done
    }

    fn some_product(&mut self) -> Product {
        self.dice.one_of(&[Plain, Plain, ByLot, Serial]).unwrap()
    }

    fn some_transfer(&mut self, fits: impl Fn(&Transfer) -> bool) -> Option<usize> {
        let all: Vec<usize> = (0..self.model.transfers.len()).filter(|at| fits(&self.model.transfers[*at])).collect();
        self.dice.one_of(&all)
    }

    fn some_repair(&mut self) -> Option<usize> {
        let all: Vec<usize> = (0..self.model.repairs.len()).collect();
        let open: Vec<usize> =
            all.iter().copied().filter(|at| !matches!(self.model.repairs[*at].state, "done" | "cancelled")).collect();
        if self.dice.one_in(6) { self.dice.one_of(&all) } else { self.dice.one_of(&open) }
    }

    /// Some lots of a product: of those there are, or (new) of none.
    fn lots_of(&mut self, product: Product) -> Vec<String> {
        self.model.lots.iter().filter(|(_, of)| *of == product).map(|(lot, _)| lot.clone()).collect()
    }

    fn new_lot(&mut self) -> String {
        self.lots += 1;
        format!("N-{:04}", self.lots)
    }

    /// Lots for so much of a product: mostly such as lie there, sometimes others, sometimes too few.
    fn chosen_lots(&mut self, product: Product, from: Place, quantity: Halves) -> Vec<(String, Halves)> {
        let mut lots: Vec<String> = if from.keeps_stock() && !self.dice.one_in(6) {
            let there =
                self.model.stock.iter().filter(|((of, at, _), lying)| *of == product && *at == from && **lying > 0);
            there.filter_map(|((.., lot), _)| lot.clone()).collect()
        } else {
            self.lots_of(product)
        };
        let mut chosen = Vec::new();
        let mut left = quantity;
        while left > 0 && chosen.len() < 6 {
            let fresh = !from.keeps_stock() && (from != Place::Customers) && !self.dice.one_in(4);
            let lot = if fresh {
                self.new_lot()
            } else if lots.is_empty() || self.dice.one_in(12) {
                break;
            } else {
                lots.swap_remove(self.dice.below(lots.len()))
            };
            let most = if product == Serial { 2 } else { left };
            let of_it = if product == Serial || self.dice.one_in(3) { most } else { self.dice.within(1, most) };
            chosen.push((lot, of_it));
            left -= of_it;
        }
        chosen
    }

    fn keep_lots(&mut self, lots: impl Iterator<Item = (String, Product)>) {
        for (lot, product) in lots {
            if !self.model.lots.iter().any(|(known, _)| *known == lot) {
                self.model.lots.push((lot, product));
            }
        }
    }

    fn new_line(product: Product, lot: Option<String>, quantity: Halves, order_line: Option<usize>) -> Line {
        Line { row: 0, product, lot, quantity, done: 0, reserved: None, returned: 0, order_line, takes_back: None }
    }

    fn create(&mut self, kind: Kind, from: Place, to: Place, customer: Option<usize>) {
        let count = self.dice.within(1, 3);
        let (mut typed, mut lots, mut lines) = (Vec::new(), Vec::new(), Vec::new());
        for number in 1..=count {
            let product = self.some_product();
            let quantity = product.some(&mut self.dice, 8);
            typed.push(format!("{}={}", product.id(), shown(quantity)));
            let named = product != Plain && self.dice.one_in(3) && from != Place::Customers;
            let chosen = if named { self.chosen_lots(product, from, quantity) } else { Vec::new() };
            let mut left = quantity;
            for (lot, of_it) in chosen {
                lots.push((format!("{number}={lot}:{}", shown(of_it)), lot.clone(), product));
                lines.push(Game::new_line(product, Some(lot), of_it, None));
                left -= of_it;
            }
            if left > 0 {
                lines.push(Game::new_line(product, None, left, None));
            }
        }
        let word = format!("{kind:?}").to_lowercase();
        let named: Vec<&str> = lots.iter().map(|(typed, ..)| typed.as_str()).collect();
        let command = json!({"command": "transfer create", "kind": word, "from": from.id(), "to": to.id(), "line": typed,
            "lot": named, "customer": customer.map(|at| CUSTOMERS[at])});
        let transfer = Transfer {
            id: String::new(),
            kind,
            state: State::Open,
            customer,
            order: None,
            ticket: None,
            from,
            to,
            lines,
            is_return: false,
            keeps_order: false,
        };
        self.play(command, |model| Ok(Answer::Done(vec![model.open(transfer)])));
        self.keep_lots(lots.into_iter().map(|(_, lot, product)| (lot, product)));
    }

    fn order(&mut self) {
        let customer = self.dice.below(2);
        let lines: Vec<(Product, Halves)> = (0..self.dice.within(1, 3))
            .map(|_| {
                let product = self.some_product();
                (product, product.some(&mut self.dice, 8))
            })
            .collect();
        let typed: Vec<String> = lines.iter().map(|(product, of)| format!("{}={}", product.id(), shown(*of))).collect();
        let command = json!({"command": "order create", "customer": CUSTOMERS[customer], "line": typed});
        let mut id = String::new();
        self.play(command, |model| {
            id = model.number("S");
            let line = |(product, quantity): &(Product, Halves)| OrderLine {
                product: *product,
                quantity: *quantity,
                by_repair: false,
            };
            let lines = lines.iter().map(line).collect();
            model.orders.push(Order { id: id.clone(), state: "confirmed", customer, lines });
            Ok(Answer::Done(vec![id.clone()]))
        });
        self.play(json!({"command": "order confirm", "order": id}), |_| Ok(Answer::Done(Vec::new())));
    }

    fn deliver(&mut self) {
        if self.model.orders.is_empty() {
            return;
        }
        let at = self.dice.below(self.model.orders.len());
        let command = json!({"command": "transfer create", "order": self.model.orders[at].id});
        self.play(command, |model| {
            let left = model.left_to_deliver(at);
            if model.orders[at].state != "confirmed" || left.is_empty() {
                return Err("state_not_allowed");
            }
            let lines = left.into_iter().map(|(line, product, left)| Game::new_line(product, None, left, Some(line)));
            let transfer = Transfer {
                id: String::new(),
                kind: Kind::Outgoing,
                state: State::Open,
                customer: Some(model.orders[at].customer),
                order: Some(at),
                ticket: None,
                from: Place::Stock,
                to: Place::Customers,
                lines: lines.collect(),
                is_return: false,
                keeps_order: false,
            };
            Ok(Answer::Done(vec![model.open(transfer)]))
        });
    }

    fn cancel_order(&mut self) {
        if self.model.orders.is_empty() {
            return;
        }
        let at = self.dice.below(self.model.orders.len());
        self.play(json!({"command": "order cancel", "order": self.model.orders[at].id}), |model| {
            if model.orders[at].state == "cancelled" {
                return Ok(Answer::Unchanged);
            }
            let delivered = (0..model.orders[at].lines.len()).any(|line| model.delivered(at, line) != 0);
            if model.orders[at].state == "confirmed" && delivered {
                return Err("state_not_allowed");
            }
            model.orders[at].state = "cancelled";
            for transfer in 0..model.transfers.len() {
                let Transfer { order, state, kind, .. } = model.transfers[transfer];
                if order == Some(at) && state == State::Open && kind == Kind::Outgoing {
                    model.cancel(transfer)?;
                }
            }
            Ok(Answer::Done(Vec::new()))
        });
    }

    fn validate(&mut self) {
        let (any, waiting) = (self.dice.one_in(12), self.dice.one_in(6));
        let fits = |transfer: &Transfer| match transfer.word() {
            "ready" => true,
            "waiting" => waiting,
            _ => any,
        };
        let Some(at) = self.some_transfer(fits) else {
            return;
        };
        let transfer = self.model.transfers[at].clone();
        let mut asked = Vec::new();
        if self.dice.one_in(3) {
            for (number, line) in transfer.lines.iter().enumerate() {
                if !self.dice.one_in(3) {
                    let quantity = match line.product {
                        Serial => 2 * self.dice.within(0, line.quantity / 2),
                        _ => self.dice.within(0, line.quantity),
                    };
                    asked.push((number, quantity));
                }
            }
        }
        let mut lots = Vec::new();
        for (number, line) in transfer.lines.iter().enumerate() {
            let quantity = match asked.iter().find(|(named, _)| *named == number) {
                Some((_, quantity)) => *quantity,
                None if asked.is_empty() => line.quantity,
                None => 0,
            };
            if line.product != Plain && line.lot.is_none() && quantity > 0 && transfer.state == State::Open {
                for (lot, of_it) in self.chosen_lots(line.product, transfer.from, quantity) {
                    // One new lot may be named for two lines of a product.
                    lots.push((number, lot, of_it));
                }
            }
        }
        let keep_rest = !self.dice.one_in(4);
        let typed: Vec<String> = asked.iter().map(|(line, of)| format!("{}={}", line + 1, shown(*of))).collect();
        let named: Vec<String> = lots
            .iter()
            .map(|(line, lot, of)| match transfer.lines[*line].product {
                Serial if of % 4 == 2 => format!("{}={lot}", line + 1),
                _ => format!("{}={lot}:{}", line + 1, shown(*of)),
            })
            .collect();
        let command = json!({"command": "transfer validate", "transfer": transfer.id, "line": typed, "lot": named,
            "no_backorder": !keep_rest});
        if self.play(command, |model| model.validate(at, &asked, &lots, keep_rest)) {
            let made: Vec<_> = lots.iter().map(|(line, lot, _)| (lot.clone(), transfer.lines[*line].product)).collect();
            self.keep_lots(made.into_iter());
        }
    }

    fn cancel(&mut self) {
        let any = self.dice.one_in(8);
        if let Some(at) = self.some_transfer(|transfer| any || transfer.state == State::Open) {
            let command = json!({"command": "transfer cancel", "transfer": self.model.transfers[at].id});
            self.play(command, |model| model.cancel(at));
        }
    }

    /// Some lines of a transfer, mostly within what is left of them.
    fn lines_of(&mut self, at: usize) -> Vec<(usize, Halves)> {
        let mut asked = Vec::new();
        if !self.dice.one_in(3) {
            return asked;
        }
        for (number, line) in self.model.transfers[at].lines.clone().iter().enumerate() {
            if self.dice.one_in(2) {
                let left = (line.done - line.returned).max(0);
                let most = if self.dice.one_in(8) { left + 2 } else { left };
                let quantity = match line.product {
                    Serial => 2 * self.dice.within(0, most / 2),
                    _ => self.dice.within(0, most),
                };
                asked.push((number, quantity));
            }
        }
        asked
    }

    fn take_back(&mut self) {
        let any = self.dice.one_in(10);
        let Some(at) = self.some_transfer(|transfer| any || transfer.state == State::Done) else {
            return;
        };
        let source = self.model.transfers[at].clone();
        let exchange = self.dice.one_in(if source.kind == Kind::Outgoing { 3 } else { 12 });
        let (asked, keeps) = (self.lines_of(at), self.dice.one_in(4));
        let typed: Vec<String> = asked.iter().map(|(line, of)| format!("{}={}", line + 1, shown(*of))).collect();
        let to = if self.dice.one_in(4) { self.dice.one_of(&[Place::Stock, Place::Back, Place::Scrap]) } else { None };
        let mut command = json!({"line": typed, "exchange": exchange, "keep_order_quantity": keeps,
            "location": to.map(Place::id)});
        if self.dice.one_in(2) {
            command["command"] = json!("transfer return");
            command["transfer"] = json!(source.id);
            self.play(command, |model| {
                if exchange && source.kind != Kind::Outgoing {
                    return Err("invalid_value");
                }
                model.take_back(at, &asked, None, exchange, keeps, to, None)
            });
            return;
        }
        let fits = |at: &usize| source.customer == Some(TICKETS[*at].0);
        let fitting: Vec<usize> = (0..TICKETS.len()).filter(fits).collect();
        let ticket = match self.dice.one_of(&fitting) {
            Some(ticket) if !self.dice.one_in(8) => source.ticket.unwrap_or(ticket),
            _ => self.dice.below(TICKETS.len()),
        };
        let (customer, about) = TICKETS[ticket];
        command["command"] = json!("ticket return");
        command["ticket"] = json!(format!("T0000{}", ticket + 1));
        if self.dice.one_in(4) {
            // Without a name it is the only delivery there is something left of.
            command["line"] = json!([]);
            self.play(command, |model| {
                let of_customer = |transfer: &&Transfer| {
                    transfer.kind == Kind::Outgoing
                        && transfer.state == State::Done
                        && transfer.customer == Some(customer)
                };
                let holds = |transfer: &&Transfer, left: bool| {
                    transfer.lines.iter().any(|line| {
                        about.is_none_or(|product| line.product == product)
                            && if left { line.returned < line.done } else { line.done > 0 }
                    })
                };
                let of_customer: Vec<&Transfer> = model.transfers.iter().filter(of_customer).collect();
                let candidates: Vec<&&Transfer> = of_customer.iter().filter(|transfer| holds(transfer, true)).collect();
                let any_done = of_customer.iter().any(|transfer| holds(transfer, false));
                match candidates.as_slice() {
                    [] if any_done => Err("nothing_to_return"),
                    [] => Err("no_delivery"),
                    [only] => {
                        let at = model.transfers.iter().position(|transfer| transfer.id == only.id).unwrap();
                        model.take_back(at, &[], about, exchange, keeps, to, Some(ticket))
                    }
                    _ => Err("delivery_ambiguous"),
                }
            });
            return;
        }
        command["delivery"] = json!(source.id);
        self.play(command, |model| {
            if exchange && source.kind != Kind::Outgoing {
                return Err("invalid_value");
            }
            let own_return = source.kind == Kind::Incoming && source.is_return && source.ticket == Some(ticket);
            if (source.kind != Kind::Outgoing && !own_return) || source.customer != Some(customer) {
                return Err("delivery_not_offered");
            }
            if source.state != State::Done {
                return Err("delivery_not_done");
            }
            let holds = |line: &Line| line.done > 0 && about.is_none_or(|product| line.product == product);
            if about.is_some() && !source.lines.iter().any(holds) {
                return Err("delivery_not_offered");
            }
            model.take_back(at, &asked, about, exchange, keeps, to, Some(ticket))
        });
    }

    fn quote(&mut self) {
        if let Some(at) = self.some_repair() {
            let command = json!({"command": "repair quote", "repair": self.model.repairs[at].id});
            self.play(command, |model| model.quote(at));
        }
    }

    fn confirm_order(&mut self) {
        let drafts: Vec<usize> =
            (0..self.model.orders.len()).filter(|at| self.model.orders[*at].state == "draft").collect();
        if let Some(at) = self.dice.one_of(&drafts) {
            self.play(json!({"command": "order confirm", "order": self.model.orders[at].id}), |model| {
                model.orders[at].state = "confirmed";
                Ok(Answer::Done(Vec::new()))
            });
        }
    }

    fn some_part(&mut self) -> (Use, Product, Halves, String) {
        let what = self.dice.one_of(&[Use::Add, Use::Add, Use::Add, Use::Remove, Use::Recycle]).unwrap();
        let product = self.dice.one_of(&[Plain, Plain, Plain, ByLot, Serial]).unwrap();
        let quantity = product.some(&mut self.dice, 6);
        let word = format!("{what:?}").to_lowercase();
        (what, product, quantity, format!("{word}:{}={}", product.id(), shown(quantity)))
    }

    fn repair(&mut self) {
        let ticket = self.dice.below(TICKETS.len());
        let parts: Vec<_> = (0..self.dice.within(0, 2)).map(|_| self.some_part()).collect();
        let typed: Vec<&str> = parts.iter().map(|(.., typed)| typed.as_str()).collect();
        let confirm = self.dice.one_in(2);
        let command = json!({"command": "ticket repair", "ticket": format!("T0000{}", ticket + 1), "product": "PLAIN",
            "part": typed, "confirm": confirm});
        self.play(command, |model| {
            let mut new = Vec::new();
            for (what, product, quantity, _) in parts {
                let row = model.row();
                new.push(Part { row, what, product, lot: None, quantity, done: 0, reserved: 0, sold_by: None });
            }
            let id = model.number("WH/RO/");
            let (at, customer) = (model.repairs.len(), TICKETS[ticket].0);
            model.repairs.push(Repair { id: id.clone(), state: "draft", customer, parts: new, quotation: None });
            if confirm {
                model.step(at, &["draft"], "confirmed")?;
            }
            Ok(Answer::Done(vec![id]))
        });
    }

    fn step(&mut self) {
        let Some(at) = self.some_repair() else {
            return;
        };
        let steps: [(&str, &[&'static str], &'static str); 4] = [
            ("confirm", &["draft"], "confirmed"),
            ("start", &["confirmed"], "under_repair"),
            ("cancel", &["draft", "confirmed", "under_repair"], "cancelled"),
            ("reopen", &["cancelled"], "draft"),
        ];
        let some = if self.dice.one_in(4) { 4 } else { 2 };
        let (verb, from, to) = steps[self.dice.below(some)];
        let command = json!({"command": format!("repair {verb}"), "repair": self.model.repairs[at].id});
        self.play(command, |model| model.step(at, from, to));
    }

    fn edit_repair(&mut self) {
        let Some(at) = self.some_repair() else {
            return;
        };
        let repair = self.model.repairs[at].clone();
        let is_over = matches!(repair.state, "done" | "cancelled");
        let part = self.dice.below(repair.parts.len());
        match self.dice.below(4) {
            _ if repair.parts.is_empty() => self.add_part(at),
            0 => self.add_part(at),
            1 => {
                let quantity = match repair.parts[part].product {
                    Serial => 2 * self.dice.within(0, if repair.parts[part].lot.is_some() { 1 } else { 3 }),
                    _ => self.dice.within(0, 6),
                };
                let command = json!({"command": "repair edit-part", "repair": repair.id, "n": part + 1,
                    "quantity": shown(quantity)});
                self.play(command, |model| {
                    if model.repairs[at].parts[part].quantity == quantity {
                        return Ok(Answer::Unchanged);
                    }
                    if is_over {
                        return Err("state_not_allowed");
                    }
                    let edited = &mut model.repairs[at].parts[part];
                    edited.quantity = quantity;
                    edited.reserved = edited.reserved.min(quantity);
                    model.serve_all(Place::Stock);
                    Ok(Answer::Done(Vec::new()))
                });
            }
            2 => {
                let product = repair.parts[part].product;
                let lots = self.lots_of(product);
                if lots.is_empty() {
                    return;
                }
                let lot = lots[self.dice.below(lots.len())].clone();
                let command = json!({"command": "repair edit-part", "repair": repair.id, "n": part + 1, "lot": lot});
                self.play(command, |model| {
                    let known = model.repairs[at].parts[part].clone();
                    if product == Serial && known.quantity > 2 {
                        return Err("quantity_invalid");
                    }
                    if known.lot.as_ref() == Some(&lot) {
                        return Ok(Answer::Unchanged);
                    }
                    if is_over {
                        return Err("state_not_allowed");
                    }
                    let edited = &mut model.repairs[at].parts[part];
                    edited.lot = Some(lot);
                    edited.reserved = 0;
                    model.serve_all(Place::Stock);
                    Ok(Answer::Done(Vec::new()))
                });
            }
            _ => {
                let command = json!({"command": "repair remove-part", "repair": repair.id, "n": part + 1});
                self.play(command, |model| {
                    if is_over {
                        return Err("state_not_allowed");
                    }
                    model.repairs[at].parts.remove(part);
                    model.serve_all(Place::Stock);
                    Ok(Answer::Done(Vec::new()))
                });
            }
        }
    }

    fn add_part(&mut self, at: usize) {
        let (what, product, quantity, typed) = self.some_part();
        let lots = self.lots_of(product);
        let lot =
            if lots.is_empty() || self.dice.one_in(3) { None } else { Some(lots[self.dice.below(lots.len())].clone()) };
        let command =
            json!({"command": "repair add-part", "repair": self.model.repairs[at].id, "part": typed, "lot": lot});
        self.play(command, |model| {
            if product == Serial && lot.is_some() && quantity > 2 {
                return Err("quantity_invalid");
            }
            if matches!(model.repairs[at].state, "done" | "cancelled") {
                return Err("state_not_allowed");
            }
            let row = model.row();
            // It goes to the quotation, as long as that can be edited.
            let quotation = model.repairs[at].quotation.filter(|order| model.orders[*order].state == "draft");
            let sold_by = quotation.filter(|_| what == Use::Add).map(|order| model.sell(order, product, quantity));
            let part = Part { row, what, product, lot, quantity, done: 0, reserved: 0, sold_by };
            model.repairs[at].parts.push(part);
            model.serve_all(Place::Stock);
            Ok(Answer::Done(Vec::new()))
        });
    }

    fn finish(&mut self) {
        let under: Vec<usize> =
            (0..self.model.repairs.len()).filter(|at| self.model.repairs[*at].state == "under_repair").collect();
        let Some(at) = (if self.dice.one_in(8) { self.some_repair() } else { self.dice.one_of(&under) }) else {
            return;
        };
        let parts = self.model.repairs[at].parts.clone();
        let mut asked = Vec::new();
        if self.dice.one_in(3) {
            for (number, part) in parts.iter().enumerate() {
                if self.dice.one_in(2) {
                    let quantity = match part.product {
                        Serial => 2 * self.dice.within(0, part.quantity / 2),
                        _ => self.dice.within(0, part.quantity),
                    };
                    asked.push((number, quantity));
                }
            }
        }
        let typed: Vec<String> = asked.iter().map(|(part, of)| format!("{}={}", part + 1, shown(*of))).collect();
        let command = json!({"command": "repair finish", "repair": self.model.repairs[at].id, "line": typed});
        self.play(command, |model| model.finish(at, &asked));
    }

    fn count(&mut self) {
        let product = self.some_product();
        let place = self.dice.one_of(&[Place::Stock, Place::Stock, Place::Back, Place::Scrap]).unwrap();
        let lots = self.lots_of(product);
        let lot = if product == Plain || lots.is_empty() || self.dice.one_in(8) {
            None
        } else {
            Some(lots[self.dice.below(lots.len())].clone())
        };
        let quantity = match product {
            Serial => 2 * self.dice.within(0, 1),
            _ => self.dice.within(0, 8),
        };
        let command = json!({"command": "stock count", "product": product.id(), "location": place.id(), "lot": lot,
            "quantity": shown(quantity)});
        self.play(command, |model| model.count(product, place, lot.as_deref(), quantity));
    }

    /// A visit from a ticket: planned, something used, mostly of lots that are there, and done.
    fn visit(&mut self) {
        let ticket = self.dice.below(TICKETS.len());
        let named = format!("T{}", ticket + 1);
        let task = format!("FS{:05}", self.model.visits + 1);
        self.play(json!({"command": "ticket plan", "ticket": named}), |model| {
            model.visits += 1;
            Ok(Answer::Done(vec![format!("FS{:05}", model.visits)]))
        });
        let (mut typed, mut lots, mut lines) = (Vec::new(), Vec::new(), Vec::new());
        for number in 1..=self.dice.within(1, 3) {
            let product = self.some_product();
            let quantity = product.some(&mut self.dice, 4);
            typed.push(format!("{}={}", product.id(), shown(quantity)));
            let chosen = if product == Plain { Vec::new() } else { self.chosen_lots(product, Place::Stock, quantity) };
            let mut left = quantity;
            for (lot, of_it) in chosen {
                lots.push(format!("{number}={lot}:{}", shown(of_it)));
                lines.push(Game::new_line(product, Some(lot), of_it, None));
                left -= of_it;
            }
            if left > 0 {
                lines.push(Game::new_line(product, None, left, None));
            }
        }
        let used = json!({"command": "task edit", "task": task, "product": typed, "lot": lots});
        self.play(used, |_| Ok(Answer::Done(Vec::new())));
        let transfer = Transfer {
            id: String::new(),
            kind: Kind::Outgoing,
            state: State::Done,
            customer: Some(TICKETS[ticket].0),
            order: None,
            ticket: Some(ticket),
            from: Place::Stock,
            to: Place::Customers,
            lines,
            is_return: false,
            keeps_order: false,
        };
        self.play(json!({"command": "task done", "task": task}), |model| model.visited(transfer));
    }

    fn round(&mut self) {
        match self.dice.below(32) {
            30 | 31 => self.visit(),
            28 => self.quote(),
            29 => self.confirm_order(),
            0 | 1 => self.order(),
            2..=5 => self.deliver(),
            6 => self.create(Kind::Outgoing, Place::Stock, Place::Customers, Some(0)),
            7 | 8 => self.create(Kind::Incoming, Place::Suppliers, Place::Stock, None),
            9 => match self.dice.below(5) {
                0 => self.create(Kind::Internal, Place::Stock, Place::Back, None),
                1 => self.create(Kind::Internal, Place::Back, Place::Stock, None),
                2 => self.create(Kind::Internal, Place::Scrap, Place::Stock, None),
                3 => self.create(Kind::Incoming, Place::Customers, Place::Stock, Some(1)),
                _ => self.create(Kind::Outgoing, Place::Back, Place::Customers, None),
            },
            10..=15 => self.validate(),
            16 => self.cancel(),
            17..=19 => self.take_back(),
            20 => self.repair(),
            21 | 22 => self.step(),
            23 | 24 => self.edit_repair(),
            25 => self.finish(),
            26 => self.count(),
            _ if self.dice.one_in(3) => self.cancel_order(),
            _ => self.validate(),
        }
    }

    /// Feeds the batch to the program and compares all that there is to see.
    fn compare(&mut self, seed: u64) {
        let lines: Vec<String> = self.batch.iter().map(|(command, _)| command.to_string()).collect();
        let ran = self.shop.run_with("apply --yes -o ndjson", lines.join("\n"));
        assert!(matches!(ran.code, 0 | 3), "seed {seed}: {}", ran.stderr);
        let answers: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for ((command, expected), answer) in self.batch.drain(..).zip(&answers) {
            let told = match answer["status"].as_str().unwrap() {
                "done" => Answer::Done(serde_json::from_value(answer["created"].clone()).unwrap()),
                "unchanged" => Answer::Unchanged,
                _ => Answer::Refused(code_of(answer["error"]["code"].as_str().unwrap())),
            };
            self.played.push(command.to_string());
            assert!(
                told == expected,
                "seed {seed}: expected {expected:?}, got {told:?}: {}\nafter\n{}",
                answer["error"],
                self.played.join("\n")
            );
        }
        self.import();
        let (expected, seen) = (self.expected(), self.seen());
        for (expected, seen) in expected.iter().zip(&seen) {
            assert!(
                expected == seen,
                "seed {seed}: expected {expected}, got {seen}, after\n{}",
                self.played.join("\n")
            );
        }
        assert_eq!(expected.len(), seen.len(), "seed {seed}, after\n{}", self.played.join("\n"));
        let verified = self.shop.run("verify");
        assert_eq!(verified.code, 0, "seed {seed}: {}\nafter\n{}", verified.stderr, self.played.join("\n"));
    }

    /// Imports a done delivery of an order, or a done return of a delivery, with what is left of it: its lines find those that
    /// `transfer create --order` and `transfer return` would take.
    fn import(&mut self) {
        if !self.dice.one_in(2) {
            return;
        }
        let mut transfer = if self.dice.one_in(2) {
            let orders: Vec<usize> =
                (0..self.model.orders.len()).filter(|at| self.model.orders[*at].state == "confirmed").collect();
            let Some(order) = self.dice.one_of(&orders) else {
                return;
            };
            let left = self.model.left_to_deliver(order).into_iter().filter(|(_, product, _)| *product == Plain);
            Transfer {
                id: String::new(),
                kind: Kind::Outgoing,
                state: State::Done,
                customer: Some(self.model.orders[order].customer),
                order: Some(order),
                ticket: None,
                from: Place::Stock,
                to: Place::Customers,
                lines: left.map(|(line, product, left)| Game::new_line(product, None, left, Some(line))).collect(),
                is_return: false,
                keeps_order: false,
            }
        } else {
            let Some(at) = self.some_transfer(|transfer| {
                transfer.state == State::Done && transfer.kind == Kind::Outgoing && transfer.to == Place::Customers
            }) else {
                return;
            };
            let source = self.model.transfers[at].clone();
            let left = source.lines.iter().filter(|line| line.product == Plain && line.returned < line.done);
            let back = |line: &Line| Line {
                quantity: line.done - line.returned,
                takes_back: Some(line.row),
                ..Game::new_line(Plain, None, 0, line.order_line)
            };
            Transfer {
                kind: Kind::Incoming,
                ticket: None,
                from: Place::Customers,
                to: Place::Stock,
                lines: left.map(back).collect(),
                is_return: true,
                keeps_order: false,
                id: source.id.clone(),
                ..source
            }
        };
        if transfer.lines.is_empty() {
            return;
        }
        // Two lines of one product with as much left are told apart by their order alone, so these stay in it.
        let turned = self.dice.below(transfer.lines.len());
        let mut left: Vec<Halves> = transfer.lines.iter().map(|line| line.quantity).collect();
        left.sort_unstable();
        left.dedup();
        if left.len() == transfer.lines.len() {
            transfer.lines.rotate_left(turned);
        }
        let source = std::mem::replace(&mut transfer.id, format!("EXT-{}", self.played.len()));
        let lines: Vec<Value> =
            transfer.lines.iter().map(|line| json!({"product": "PLAIN", "quantity": shown(line.quantity)})).collect();
        let mut record = json!({"record": "transfer", "id": transfer.id, "state": "done", "lines": lines});
        record["kind"] = json!(if transfer.is_return { "incoming" } else { "outgoing" });
        match transfer.is_return {
            true => record["return_of"] = json!(source),
            false => record["order"] = json!(self.model.orders[transfer.order.unwrap()].id),
        }
        self.played.push(record.to_string());
        let ran = self.shop.run_with("import -o ndjson", record.to_string());
        let mut after = self.model.clone();
        let told = after.import(transfer);
        if told.is_ok() {
            self.model = after;
        }
        let code = told.map_or_else(aftersales::domain::code::exit_of, |()| 0);
        assert_eq!(ran.code, code, "{}{}\nafter\n{}", ran.stdout, ran.stderr, self.played.join("\n"));
    }

    /// All stock, transfers, repairs and orders, as the model has them.
    fn expected(&self) -> Vec<String> {
        let model = &self.model;
        let mut told = Vec::new();
        for ((product, place, lot), quantity) in model.stock.iter().filter(|(_, quantity)| **quantity != 0) {
            told.push(format!(
                "{} {} {} {}",
                product.id(),
                place.id(),
                lot.as_deref().unwrap_or("-"),
                shown(*quantity)
            ));
        }
        for product in Product::ALL {
            for place in [Place::Stock, Place::Back, Place::Scrap] {
                let reserved: Halves = model.reservations(product, place).iter().map(|(.., reserved)| reserved).sum();
                if reserved != 0 {
                    told.push(format!("{} {} reserved {}", product.id(), place.id(), shown(reserved)));
                }
            }
        }
        for transfer in &model.transfers {
            let ticket = transfer.ticket.map_or("-".to_owned(), |at| format!("T0000{}", at + 1));
            told.push(format!(
                "{} {} {} {} {ticket}",
                transfer.id,
                transfer.word(),
                transfer.from.id(),
                transfer.to.id()
            ));
            for line in &transfer.lines {
                told.push(format!(
                    "  {} {} {} {} {} {}",
                    line.product.id(),
                    line.lot.as_deref().unwrap_or("-"),
                    shown(line.quantity),
                    shown(line.done),
                    line.reserved.map_or("-".to_owned(), shown),
                    shown(line.returned)
                ));
            }
        }
        for repair in &model.repairs {
            told.push(format!("{} {}", repair.id, repair.state));
            for part in &repair.parts {
                told.push(format!(
                    "  {:?} {} {} {} {} {}",
                    part.what,
                    part.product.id(),
                    part.lot.as_deref().unwrap_or("-"),
                    shown(part.quantity),
                    shown(part.done),
                    shown(part.reserved)
                ));
            }
        }
        for (at, order) in model.orders.iter().enumerate() {
            let delivered: Vec<String> = (0..order.lines.len()).map(|line| shown(model.delivered(at, line))).collect();
            told.push(format!("{} {} {}", order.id, order.state, delivered.join(" ")));
        }
        told
    }

    /// The same, as the program has it.
    fn seen(&self) -> Vec<String> {
        let export = self.shop.run("export");
        let records: Vec<Value> = export.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of = |kind: &'static str| records.iter().filter(move |record| record["record"] == kind);
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let mut told = Vec::new();
        let mut stock: Vec<(usize, usize, String, String)> = Vec::new();
        let mut reserved: BTreeMap<(usize, usize), Halves> = BTreeMap::new();
        let product_at = |id: &Value| Product::ALL.iter().position(|product| id == product.id()).unwrap();
        let places = [Place::Stock, Place::Back, Place::Scrap];
        for row in of("stock") {
            let key =
                (product_at(&row["product"]), places.iter().position(|place| row["location"] == place.id()).unwrap());
            *reserved.entry(key).or_default() += halves(&row["reserved"]);
            if halves(&row["quantity"]) != 0 {
                let lot = row["lot"].as_str().unwrap_or_default().to_owned();
                let line = ["product", "location", "lot", "quantity"].map(|key| text(&row[key])).join(" ");
                stock.push((key.0, key.1, lot, line));
            }
        }
        stock.sort();
        told.extend(stock.into_iter().map(|(.., line)| line));
        for ((product, place), reserved) in reserved.into_iter().filter(|(_, reserved)| *reserved != 0) {
            told.push(format!("{} {} reserved {}", Product::ALL[product].id(), places[place].id(), shown(reserved)));
        }
        for transfer in of("transfer") {
            told.push(["id", "state", "from", "to", "ticket"].map(|key| text(&transfer[key])).join(" "));
            for line in transfer["lines"].as_array().unwrap() {
                let shown = ["product", "lot", "quantity", "done", "reserved", "returned"].map(|key| text(&line[key]));
                told.push(format!("  {}", shown.join(" ")));
            }
        }
        for repair in of("repair") {
            told.push(["id", "state"].map(|key| text(&repair[key])).join(" "));
            for part in repair["parts"].as_array().unwrap() {
                let mut shown = ["kind", "product", "lot", "quantity", "done", "reserved"].map(|key| text(&part[key]));
                shown[0] = match shown[0].as_str() {
                    "add" => "Add".to_owned(),
                    "remove" => "Remove".to_owned(),
                    _ => "Recycle".to_owned(),
                };
                told.push(format!("  {}", shown.join(" ")));
            }
        }
        for order in self.shop.ok("order list").as_array().unwrap() {
            let delivered: Vec<String> =
                order["lines"].as_array().unwrap().iter().map(|line| text(&line["delivered"])).collect();
            told.push(format!("{} {} {}", text(&order["id"]), text(&order["state"]), delivered.join(" ")));
        }
        told
    }
}

fn halves(value: &Value) -> Halves {
    let text = value.as_str().unwrap();
    match text.strip_suffix(".5") {
        Some(whole) => whole.parse::<Halves>().unwrap() * 2 + 1,
        None => text.parse::<Halves>().unwrap() * 2,
    }
}

/// A code as long as the program.
fn code_of(code: &str) -> &'static str {
    let known = aftersales::domain::code::CODES.iter().find(|(known, ..)| *known == code);
    known.map(|(code, ..)| *code).unwrap()
}

fn played(seed: u64, batches: usize) {
    let mut game = Game::new(seed);
    // Something has to be there first.
    for _ in 0..4 {
        game.create(Kind::Incoming, Place::Suppliers, Place::Stock, None);
    }
    for _ in 0..batches {
        while game.batch.len() < 16 {
            game.round();
        }
        game.compare(seed);
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "which runs are played, and how long, is said from outside")]
fn goods_do_as_the_model_says() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    if let Some(seed) = number("GOODS_SEED") {
        return played(seed, 25);
    }
    let until = Instant::now() + Duration::from_secs(number("GOODS_SECONDS").unwrap_or(15));
    let first = number("GOODS_FIRST").unwrap_or(1);
    for seed in first.. {
        // Some runs are short and many, some grow old.
        played(seed, if seed % 4 == 0 { 40 } else { 12 });
        if Instant::now() > until {
            println!("played the seeds {first} to {seed}");
            return;
        }
    }
}
