//! What is moved by lots and quantities, tried.

use super::*;
use crate::domain::line::LineQuantity;
use crate::domain::product::Lot;
use crate::domain::stock_level::{Row, StockLevel, StockLevels};
use proptest::prelude::*;

fn reference(key: i64, id: &str) -> Reference {
    Reference { key, id: id.to_owned() }
}

fn location(key: i64, id: &str, kind: LocationType) -> Location {
    Location { key, id: id.to_owned(), kind, return_location: false }
}

fn quantity(text: &str) -> Quantity {
    text.parse().unwrap()
}

fn line(number: i64, tracking: Tracking, lot: Option<i64>, of: &str) -> TransferLine {
    let product = match tracking {
        Tracking::None => reference(1, "LAMP"),
        Tracking::Lot => reference(2, "GLUE"),
        Tracking::Serial => reference(3, "TV"),
    };
    let lot = lot.map(|key| reference(key, &format!("L{key}")));
    TransferLine { key: number, line: number, ..TransferLine::new(product, tracking, lot, quantity(of)) }
}

/// A ready delivery of 3 LAMP, 5.5 GLUE, 2 TV and the TV of lot 30.
fn delivery() -> Transfer {
    Transfer {
        key: 1,
        id: "WH/OUT/00001".to_owned(),
        kind: TransferKind::Outgoing,
        state: TransferState::Ready,
        origin: None,
        customer: None,
        order: None,
        ticket: None,
        task: None,
        from: location(1, "WH/Stock", LocationType::Internal),
        to: location(2, "Customers", LocationType::Customer),
        lines: vec![
            line(1, Tracking::None, None, "3"),
            line(2, Tracking::Lot, None, "5.5"),
            line(3, Tracking::Serial, None, "2"),
            line(4, Tracking::Serial, Some(30), "1"),
        ],
        return_of: None,
        exchange_of: None,
        backorder_of: None,
        keep_order_quantity: false,
        date: "2026-11-23".parse().unwrap(),
        moved: None,
    }
}

/// `2=21:3` names lot 21, which is of the product of its tens: 10s of LAMP, 20s of GLUE, 30s of TV.
fn lots(texts: &[&str]) -> Vec<ChosenLot> {
    let chosen = |text: &&str| {
        let named: LineLot = text.parse().unwrap();
        let (lot, quantity) = match named.lot_and_quantity() {
            Some((lot, quantity)) => (lot, Some(quantity)),
            None => (named.text.as_str(), None),
        };
        let key: i64 = lot.parse().unwrap();
        let products = [reference(1, "LAMP"), reference(2, "GLUE"), reference(3, "TV")];
        let product = products[usize::try_from(key / 10 - 1).unwrap()].clone();
        ChosenLot { line: named.line, lot: Lot { key, id: format!("L{key}"), product }, quantity }
    };
    texts.iter().map(chosen).collect()
}

/// So much of each of the three products, of no lot that a line has.
fn in_stock(available: &str) -> StockLevels {
    let (quantity, none) = (quantity(available), Quantity::ZERO);
    let row = |key| Row { key, lot: None, quantity, reserved: none, pinned: none, opening: quantity };
    StockLevels((1..=3).map(|product| (product, StockLevel::new(vec![row(product)]))).collect())
}

fn planned(lines: &[&str], lot_texts: &[&str], available: Option<&str>) -> std::result::Result<String, String> {
    let transfer = delivery();
    let lines: Vec<LineQuantity> = lines.iter().map(|text| text.parse().unwrap()).collect();
    let lots = lots(lot_texts);
    let stock = available.map(in_stock);
    let plan = plan(&transfer, Asked { lines: &lines, lots: &lots }, stock.as_ref());
    let piece = |piece: &Piece| match &piece.lot {
        Some(lot) => format!("{}x{lot}", piece.quantity),
        None => piece.quantity.to_string(),
    };
    let told = |taken: &Taken<'_>| {
        let pieces: Vec<String> = taken.pieces.iter().map(piece).collect();
        format!("{}: {} rest {}", taken.line.line, pieces.join("+"), taken.rest)
    };
    match plan {
        Ok(taken) => Ok(taken.iter().map(told).collect::<Vec<_>>().join("; ")),
        Err(error) => {
            let fault = error.fault();
            Err(format!("{} {}", fault.code, fault.field.as_deref().unwrap_or_default()))
        }
    }
}

#[test]
fn what_is_asked_is_moved_and_the_rest_is_left() {
    let all = ["2=20:2", "2=21", "3=31", "3=32"];
    for (lines, lots, expected) in [
        (vec![], &all[..], "1: 3 rest 0; 2: 2xL20+3.5xL21 rest 0; 3: 1xL31+1xL32 rest 0; 4: 1xL30 rest 0"),
        (vec!["1=2"], &[][..], "1: 2 rest 1; 2:  rest 5.5; 3:  rest 2; 4:  rest 1"),
        (vec!["1=0", "3=1"], &["3=31"][..], "1:  rest 3; 2:  rest 5.5; 3: 1xL31 rest 1; 4:  rest 1"),
        (vec!["2=0.5"], &["2=20"][..], "1:  rest 3; 2: 0.5xL20 rest 5; 3:  rest 2; 4:  rest 1"),
        (vec!["4=1"], &["4=30"][..], "1:  rest 3; 2:  rest 5.5; 3:  rest 2; 4: 1xL30 rest 0"),
    ] {
        assert_eq!(planned(&lines, lots, None).as_deref(), Ok(expected), "{lines:?} {lots:?}");
    }
}

#[test]
fn what_cannot_be_moved_is_refused_in_a_fixed_order() {
    type Row<'r> = (&'r [&'r str], &'r [&'r str], Option<&'r str>, &'r str);
    let table: &[Row<'_>] = &[
        // Values come before what the stock says, and before what a lot needs.
        (&["9=1"], &[], Some("0"), "invalid_value line"),
        (&["1=1", "1=1"], &[], None, "invalid_value line"),
        (&["1=-1"], &[], Some("0"), "quantity_invalid line"),
        (&["3=0.5"], &[], None, "quantity_invalid line"),
        (&["1=0"], &[], None, "quantity_invalid line"),
        (&["1=4"], &[], None, "quantity_invalid line"),
        (&["1=4"], &[], Some("9"), "quantity_invalid line"),
        (&["1=1"], &["9=20"], None, "invalid_value lot"),
        (&["2=1"], &["2=20:0"], None, "quantity_invalid lot"),
        (&["2=2"], &["2=20:1", "2=20:1"], None, "invalid_value lot"),
        // More than there is, of a line or more than all of it.
        (&["1=3"], &[], Some("2.999999"), "stock_insufficient line"),
        (&["1=4"], &[], Some("3"), "stock_insufficient line"),
        (&["3=2"], &[], Some("1"), "stock_insufficient line"),
        // Lots.
        (&["3=2"], &["3=31"], None, "lot_required lot"),
        (&["2=2"], &["2=20:1"], None, "lot_required lot"),
        (&["1=1"], &["1=10"], None, "lot_not_tracked lot"),
        (&["2=1"], &["2=31"], None, "lot_not_of_product lot"),
        (&["4=1"], &["4=31"], None, "invalid_value lot"),
        (&["3=2"], &["3=31:2"], None, "quantity_invalid lot"),
        (&["3=1"], &["3=31", "3=32"], None, "quantity_invalid lot"),
        (&["2=1"], &["2=20:1.5"], None, "quantity_invalid lot"),
        (&["2=1"], &["2=20:1", "2=21"], None, "quantity_invalid lot"),
        (&["1=1"], &["3=31"], None, "quantity_invalid lot"),
    ];
    for (lines, lots, available, expected) in table {
        assert_eq!(planned(lines, lots, *available), Err((*expected).to_owned()), "{lines:?} {lots:?}");
    }
}

#[test]
fn what_can_be_taken_stands_in_the_refusal() {
    let transfer = delivery();
    let refused = plan(&transfer, Asked { lines: &[], lots: &[] }, Some(&in_stock("2"))).unwrap_err();
    assert_eq!(refused.fault().allowed, Some(crate::domain::Allowed::One("2".to_owned())));
    assert_eq!(refused.fault().message, "3 of LAMP are wanted from WH/Stock, where 2 can be taken");
}

#[test]
fn a_line_and_its_lot_are_read_as_typed() {
    for (text, number, lot, split) in [
        ("1=SN-001", 1, "SN-001", None),
        ("2=B-7:1.5", 2, "B-7:1.5", Some(("B-7", "1.5"))),
        ("2=B:7:3", 2, "B:7:3", Some(("B:7", "3"))),
        ("1=A=B:x", 1, "A=B:x", None),
    ] {
        let read: LineLot = text.parse().unwrap();
        assert_eq!((read.line.number(), read.text.as_str()), (number, lot), "{text}");
        assert_eq!(read.lot_and_quantity(), split.map(|(lot, of)| (lot, quantity(of))), "{text}");
        assert_eq!(read.to_string(), text);
    }
    for text in ["", "1", "1=", "0=A", "x=A", "=A"] {
        assert!(text.parse::<LineLot>().is_err(), "{text:?}");
    }
}

#[test]
fn a_transfer_is_ready_when_nothing_is_missing() {
    for (reserved, expected) in [
        (vec![None, None], TransferState::Ready),
        (vec![Some("3"), Some("5.5")], TransferState::Ready),
        (vec![Some("3"), Some("5")], TransferState::Waiting),
        (vec![Some("0"), Some("5.5")], TransferState::Waiting),
    ] {
        let mut transfer = delivery();
        transfer.lines.truncate(2);
        for (line, reserved) in transfer.lines.iter_mut().zip(&reserved) {
            line.reserved = reserved.map(quantity);
        }
        assert_eq!(transfer.open_state(), expected, "{reserved:?}");
    }
}

#[test]
fn goods_come_in_go_out_or_stay_within_the_stock() {
    let stock = location(1, "WH/Stock", LocationType::Internal);
    let stock_level = location(2, "WH/StockLevel", LocationType::Internal);
    let scrap = location(3, "Scrap", LocationType::Scrap);
    let customers = location(4, "Customers", LocationType::Customer);
    let suppliers = location(5, "Suppliers", LocationType::Supplier);
    use TransferKind::{Incoming, Internal, Outgoing};
    for (kind, from, to, refused) in [
        (Incoming, &suppliers, &stock, None),
        (Incoming, &customers, &stock_level, None),
        (Incoming, &stock, &stock_level, Some("location_not_allowed from")),
        (Incoming, &suppliers, &customers, Some("location_not_allowed to")),
        (Outgoing, &stock, &customers, None),
        (Outgoing, &customers, &suppliers, Some("location_not_allowed from")),
        (Outgoing, &stock, &stock_level, Some("location_not_allowed to")),
        (Internal, &stock, &scrap, None),
        (Internal, &stock, &customers, Some("location_not_allowed to")),
        (Internal, &suppliers, &stock, Some("location_not_allowed from")),
        (Internal, &stock, &stock, Some("invalid_value to")),
    ] {
        let told = check_way(kind, from, to)
            .map_err(|error| format!("{} {}", error.fault().code, error.fault().field.as_deref().unwrap_or_default()));
        assert_eq!(told.err().as_deref(), refused, "{kind} {} {}", from.id, to.id);
    }
}

fn ordered(lines: &[(i64, i64, &str)]) -> Vec<ToDeliver> {
    let line = |(order_line, product, left): &(i64, i64, &str)| ToDeliver {
        order_line: *order_line,
        product: reference(*product, &format!("P{product}")),
        tracking: Tracking::None,
        left: quantity(left),
    };
    lines.iter().map(line).collect()
}

#[test]
fn a_delivery_holds_what_is_left_of_the_order() {
    let lines = delivery_of(&ordered(&[(11, 1, "3"), (12, 2, "0"), (13, 3, "-1"), (14, 1, "0.5")]));
    let told: Vec<_> = lines.iter().map(|line| (line.order_line, line.product.key, line.quantity)).collect();
    assert_eq!(told, [(Some(11), 1, quantity("3")), (Some(14), 1, quantity("0.5"))]);
    assert!(delivery_of(&ordered(&[(11, 1, "0")])).is_empty());
}

proptest! {
    #[test]
    fn pieces_and_rest_are_all_of_a_line(
        of in 1_i64..20,
        taken in 0_i64..25,
        available in prop::option::of(0_i64..25),
        by_lot in prop::collection::vec((20_i64..24, prop::option::of(1_i64..6)), 0..4),
    ) {
        let units = |number: i64| Quantity::from_millionths(number * 1_000_000);
        let mut transfer = delivery();
        transfer.lines = vec![line(1, Tracking::Lot, None, &of.to_string())];
        let asked = [LineQuantity { line: "1".parse().unwrap(), quantity: units(taken) }];
        let texts: Vec<String> = by_lot.iter().map(|(lot, quantity)| match quantity {
            Some(quantity) => format!("1={lot}:{quantity}"),
            None => format!("1={lot}"),
        }).collect();
        let chosen = lots(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let stock = available.map(|available| in_stock(&available.to_string()));
        let planned = plan(&transfer, Asked { lines: &asked, lots: &chosen }, stock.as_ref());
        if let Ok(planned) = planned {
            let moved: i64 = planned[0].pieces.iter().map(|piece| piece.quantity.millionths()).sum();
            prop_assert_eq!(moved, units(taken).millionths());
            prop_assert_eq!(moved + planned[0].rest.millionths(), units(of).millionths());
            prop_assert!(planned[0].pieces.iter().all(|piece| piece.lot.is_some() && piece.quantity > Quantity::ZERO));
            prop_assert!(!planned[0].rest.is_negative() && available.is_none_or(|available| taken <= available));
        }
    }
}
