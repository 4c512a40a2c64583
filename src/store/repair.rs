//! Repairs with their parts, labour and tags.

use std::collections::HashMap;

use super::choices::choices;
use super::engine::record::{self, Described, each_of};
use super::engine::statement::Tables;
use super::engine::table::{
    BY_LINE, BY_PLACE, DayOf, FoundBy, ORDER_LINES, Table, day, id, int, line as line_of, link, list, list_of, price,
    quantity, records, switch, text, words,
};
use super::{Db, Key, Result};
use crate::domain::options::Choices;
use crate::domain::product::Tracking;
use crate::domain::repair::part::{Labour, Part, PartKind, PartState};
use crate::domain::repair::{Repair, RepairState};
use crate::domain::ticket::OnTicket;
use crate::domain::value::reference::Reference;
use crate::{described, field_of_words, params, query, raw, update};

field_of_words!(RepairState, PartKind);

described! {
    Repair in REPAIR {
        id: id(),
        state: words(RepairState::WORDS).listed(),
        ticket: link("ticket").optional().listed().least(3),
        customer: link("customer").optional().listed().least(6),
        product: link("product").listed(),
        lot: link("lot").optional().listed().least(5),
        quantity: quantity().listed().least(1),
        from_return: link("transfer").called("return").column("return_transfer").optional(),
        under_warranty: switch(),
        scheduled_date: day().listed().least(4),
        responsible: link("person").optional().listed().least(2),
        tags: list_of("tags"),
        parts: list_of("parts"),
        labour: list_of("labour"),
        notes: text().optional().searched().personal(),
        quotation: link("sales_order").optional(),
    } beside {
        moved: int().starts_empty(),
    } complete complete
}

described! {
    Part in PARTS {
        line: int(),
        kind: words(PartKind::WORDS),
        product: link("product"),
        tracking: words(Tracking::WORDS).is("product_.tracking").hidden(),
        lot: link("lot").optional(),
        quantity: quantity(),
        done: quantity(),
        reserved: quantity().hidden(),
        price: price(),
        order_line: line_of(&ORDER_LINES).optional().hidden(),
    } beside {
        state: words(PartState::WORDS).of_record(),
    }
}

described! {
    Labour in LABOUR {
        line: int(),
        product: link("product"),
        quantity: quantity(),
        price: price(),
        order_line: line_of(&ORDER_LINES).optional().hidden(),
    }
}

static TAGS: Table = TAG_ROWS;
static PARTS: Table = PART_ROWS;
static LABOUR: Table = LABOUR_ROWS;

const TAG_ROWS: Table = list("repair_tag", "repair", BY_PLACE, &[link("tag").called("tag")]).shown("tags");
const PART_ROWS: Table = list("repair_part", "repair", BY_LINE, Part::COLUMNS).shown("parts");
const LABOUR_ROWS: Table = list("repair_labour", "repair", BY_LINE, Labour::COLUMNS).shown("labour");

pub static REPAIR: Table = records("repair", "repair", Repair::COLUMNS)
    .with(&[TAG_ROWS, PART_ROWS, LABOUR_ROWS])
    .found_by(&[FoundBy::Exactly("id"), FoundBy::Padded])
    .dated(DayOf::Day("t.scheduled_date"));

/// Loads parts, labour and tags of some repairs.
fn complete(db: &Db, repairs: &mut [Repair]) -> Result<()> {
    let keys: Vec<Key> = repairs.iter().map(Described::key).collect();
    let mut parts = record::children::<Part>(db, &keys)?;
    let mut labour = record::children::<Labour>(db, &keys)?;
    let mut tags: HashMap<Key, Vec<Reference>> = HashMap::new();
    each_of(
        db,
        const { Tables::of(&["repair_tag", "tag"]) },
        (
            "SELECT rt.repair, g.key, g.id FROM repair_tag rt JOIN tag g ON g.key = rt.tag",
            "rt.repair",
            " ORDER BY rt.repair, rt.position",
        ),
        &keys,
        |row| {
            tags.entry(row.get(0)?).or_default().push(row.reference(1)?);
            Ok(())
        },
    )?;
    for repair in repairs {
        repair.parts = parts.remove(&repair.key).unwrap_or_default();
        repair.labour = labour.remove(&repair.key).unwrap_or_default();
        repair.tags = tags.remove(&repair.key).unwrap_or_default();
    }
    Ok(())
}

/// The repair of that key, complete.
pub fn by_key(db: &Db, key: Key) -> Result<Repair> {
    record::by_key(db, key)
}

/// The ticket of the repair that an order is the quotation of, where there is one.
pub fn ticket_of_quotation(db: &Db, order: Key) -> Result<Option<Reference>> {
    let ticket = query!(
        [repair, ticket],
        "SELECT t.key, t.id FROM repair r JOIN ticket t ON t.key = r.ticket WHERE r.quotation = $1 ORDER BY r.key LIMIT 1"
    );
    db.query_opt(ticket, params![order], |row| row.reference(0))
}

/// Whether a repair was made from a ticket.
pub fn is_of_ticket(db: &Db, repair: Key) -> Result<bool> {
    let statement = query!([repair], "SELECT ticket FROM repair WHERE key = $1");
    db.query_one(statement, params![repair], |row| Ok(row.get::<Option<Key>>(0)?.is_some()))
}

/// The ids of the returns, oldest first, that are ready or done and bring the product (none: any): of that customer, or (none)
/// of anybody.
pub fn returns_with(db: &Db, product: Option<Key>, customer: Option<Key>) -> Result<Choices> {
    // Said so that the returns are what is read, of the customer or of all, and not whatever is in those states.
    macro_rules! returns {
        ($whose:literal) => {
            concat!(
                "transfer t WHERE ",
                $whose,
                " AND t.kind = 'incoming' AND t.return_of > 0 AND t.state <> 'waiting' AND t.state <> 'cancelled'
                 AND (CAST($1 AS BIGINT) IS NULL
                   OR EXISTS (SELECT 1 FROM transfer_line l WHERE l.transfer = t.key AND l.product = $1))"
            )
        };
    }
    let values = params![product, customer];
    match customer {
        Some(_) => choices!(db, [transfer, transfer_line], "t.id", returns!("t.customer = $2"), "t.key", values),
        None => {
            choices!(db, [transfer, transfer_line], "t.id", returns!("CAST($2 AS BIGINT) IS NULL"), "t.key + 0", values)
        }
    }
}

/// Writes a new repair with parts, labour and tags.
pub fn insert(db: &Db, repair: &Repair) -> Result<()> {
    record::insert(db, repair)?;
    repair.parts.iter().try_for_each(|part| record::insert_in(db, repair.key, part))?;
    repair.labour.iter().try_for_each(|labour| record::insert_in(db, repair.key, labour))?;
    record::add_links(db, &TAGS, repair, repair.tags.iter().map(Into::into))
}

/// Writes what changed of a repair; parts and labour are told apart by their keys.
pub fn update(db: &Db, before: &Repair, after: &Repair) -> Result<()> {
    record::update(db, after)?;
    if before.tags != after.tags {
        record::set_links(db, &TAGS, after, after.tags.iter().map(Into::into))?;
    }
    record::update_rows(db, after.key, &before.parts, &after.parts)?;
    record::update_rows(db, after.key, &before.labour, &after.labour)
}

/// Notes which operation of the log finished a repair.
pub fn set_moved(db: &Db, repair: Key, operation: i64) -> Result<()> {
    db.change_one(update!(repair (Int, Int): "moved = $2"), params![repair, operation])
}

/// Marks a line of a quotation as one that sells a part: the repair delivers it (spec E6).
pub fn mark_as_part(db: &Db, order_line: Key) -> Result<()> {
    db.change_one(update!(order_line (Int): "for_repair = 1"), params![order_line])
}

/// Gives a part another key, which is its place among those that wait for stock.
pub fn move_part(db: &Db, part: Key, to: Key) -> Result<()> {
    db.change_one(
        raw!(writes [repair_part], reads [], "UPDATE repair_part SET key = $2 WHERE key = $1"),
        params![part, to],
    )
}

/// The repairs made from a ticket, oldest first.
pub fn made_from(db: &Db, ticket: Key) -> Result<Vec<OnTicket>> {
    let made = query!([repair], "SELECT id, state FROM repair WHERE ticket = $1 ORDER BY key");
    db.query(made, params![ticket], |row| Ok(row.get::<RepairState>(1)?.on_ticket(row.get(0)?)))
}
