//! Codes on orders: worked examples of each rule, and what holds whatever the order and its codes are.

use super::*;
use crate::domain::Refusal;
use crate::domain::coupon_program::{Conditions, ProgramType};
use crate::domain::order::OrderState;
use crate::domain::product::{ProductType, Tracking, Unit, UnitPrice};
use crate::domain::tax::Tax;
use crate::domain::value::money::{Amount, Currency, Money};
use crate::domain::value::reference::Reference;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn eur() -> Currency {
    Currency::iso("EUR").unwrap()
}

fn today() -> Day {
    "2026-11-23".parse().unwrap()
}

fn cents(text: &str) -> i64 {
    text.parse::<Amount>().unwrap().in_currency(eur()).unwrap().minor
}

fn money(minor: i64) -> Money {
    Money::new(minor, eur())
}

/// Taxes by their names: `20` on top of a price, `10i` within it.
fn taxes(names: &[&str]) -> Vec<Tax> {
    let tax = |name: &&str| {
        let key = name.bytes().map(i64::from).fold(0, |key, byte| key * 256 + byte);
        Tax::bare(key, (*name).to_owned(), name.trim_end_matches('i').parse().unwrap(), name.ends_with('i'))
    };
    names.iter().map(tax).collect()
}

fn product(name: &str, bears: &[&str]) -> Product {
    Product {
        key: i64::from(name.bytes().next().unwrap()),
        id: name.to_owned(),
        name: name.to_owned(),
        price: UnitPrice { price: "7".parse().unwrap(), currency: eur() },
        kind: ProductType::Goods,
        tracking: Tracking::None,
        taxes: taxes(bears),
        account: None,
        unit: Unit::default(),
    }
}

fn named(name: &str) -> Reference {
    product(name, &[]).reference()
}

/// A line that sells: product, quantity, price and discount, and its taxes.
fn sold(name: &str, quantity: &str, price: &str, discount: &str, bears: &[&str]) -> OrderLine {
    let price = UnitPrice { price: price.parse().unwrap(), currency: eur() };
    let priced =
        PricedLine::compute(quantity.parse().unwrap(), price, discount.parse().unwrap(), &taxes(bears)).unwrap();
    OrderLine::new(1, named(name), name.to_owned(), priced)
}

/// A line of another system that takes something off.
fn foreign(price: &str, bears: &[&str]) -> OrderLine {
    OrderLine { product: None, ..sold("x", "1", price, "0", bears) }
}

fn order(lines: Vec<OrderLine>) -> Order {
    Order::for_tests(OrderState::Draft, lines)
}

/// The promo code of a program of its own with these rewards.
fn code(name: &str, rewards: Vec<Reward>) -> Code {
    let key = name.bytes().map(i64::from).fold(0, |key, byte| key * 31 + byte);
    let conditions = Conditions {
        minimum_amount: None,
        minimum_amount_tax: AmountTax::Included,
        minimum_quantity: None,
        products: Vec::new(),
    };
    let program = CouponProgram {
        key,
        id: format!("Program {name}"),
        name: format!("Program {name}"),
        kind: ProgramType::PromoCode,
        archived: false,
        code: Some(name.to_owned()),
        currency: eur(),
        start: None,
        end: None,
        usage_limit: None,
        rewards,
        conditions,
    };
    Code { code: name.to_owned(), program, uses: 0, coupon: None, free: vec![product("GIFT", &["20"])] }
}

fn coupon_of(code: Code) -> Code {
    let coupon = Coupon {
        key: 1,
        id: code.code.clone(),
        program: code.program.reference(),
        ticket: None,
        customer: Some(Reference { key: 1, id: "C00001".to_owned() }),
        only_customer: false,
        valid_until: None,
        state: CouponState::Valid,
        order: None,
        share_link: None,
        sent_at: None,
        created_at: None,
    };
    Code { coupon: Some(coupon), ..code }
}

fn percent(percent: &str, on: On) -> Reward {
    Reward::Discount { worth: Worth::Percent(percent.parse().unwrap()), on, maximum: None }
}

fn fixed(amount: &str, on: On) -> Reward {
    Reward::Discount { worth: Worth::Fixed(money(cents(amount))), on, maximum: None }
}

fn gift(quantity: &str) -> Reward {
    Reward::FreeProduct { product: named("GIFT"), quantity: quantity.parse().unwrap() }
}

fn standing(codes: &[Code]) -> Vec<Standing> {
    codes.iter().map(|code| Standing { code: code.code.clone(), known: Some(code.clone()) }).collect()
}

/// Each line that codes make: code, product, quantity, price, taxes, untaxed and total.
fn told(lines: &[OrderLine]) -> Vec<String> {
    let line = |line: &OrderLine| {
        let product = line.product.as_ref().map_or("-", |product| &product.id);
        let taxes: Vec<&str> = line.priced.taxes.iter().map(|tax| tax.tax.id.as_str()).collect();
        let priced = &line.priced;
        format!(
            "{} {product} {} @{} [{}] {} {}",
            line.coupon.as_deref().unwrap_or_default(),
            priced.quantity,
            priced.price.price,
            taxes.join(" "),
            priced.untaxed.plain(),
            priced.total.plain()
        )
    };
    lines.iter().map(line).collect()
}

fn settled(order: &Order, codes: &[Code]) -> Settled {
    settle(order, &standing(codes), today()).unwrap()
}

fn lines(order: &Order, codes: &[Code]) -> Vec<String> {
    let settled = settled(order, codes);
    assert_eq!(settled.dropped, [], "all are kept");
    told(&settled.lines)
}

/// Codes that are dropped, each with the code of its refusal.
fn dropped(order: &Order, codes: &[Code]) -> Vec<String> {
    let told = |dropped: &Dropped| format!("{} {}", dropped.code, dropped.why.code());
    settled(order, codes).dropped.iter().map(told).collect()
}

fn refused(order: &Order, codes: &[Code], new: &Code) -> Option<&'static str> {
    apply(order, &standing(codes), new, today()).err().map(|refused| refused.code())
}

#[test]
fn a_discount_is_a_line_for_each_set_of_taxes() {
    let order = order(vec![
        sold("A", "1", "100", "0", &["20"]),
        sold("B", "1", "50", "0", &["20", "5"]),
        sold("C", "2", "11", "0", &["10i"]),
        sold("D", "1", "10", "0", &["5", "20"]),
        sold("E", "1", "3", "0", &[]),
    ]);
    // 120.00, 62.50, 22.00, 12.50 and 3.00 are 220.00.
    assert_eq!(
        lines(&order, &[code("TEN", vec![percent("10", On::Order)])]),
        [
            "TEN - 1 @-10 [20] -10.00 -12.00",
            "TEN - 1 @-6 [20 5] -6.00 -7.50",
            "TEN - 1 @-2.2 [10i] -2.00 -2.20",
            "TEN - 1 @-0.3 [] -0.30 -0.30",
        ]
    );
}

#[test]
fn cents_go_by_largest_remainder() {
    let order = order(vec![
        sold("A", "1", "0.10", "0", &["5i"]),
        sold("B", "1", "0.10", "0", &["10i"]),
        sold("C", "1", "0.10", "0", &[]),
    ]);
    assert_eq!(
        lines(&order, &[code("F", vec![fixed("0.10", On::Order)])]),
        ["F - 1 @-0.04 [5i] -0.04 -0.04", "F - 1 @-0.03 [10i] -0.03 -0.03", "F - 1 @-0.03 [] -0.03 -0.03"]
    );
    // Where a set of taxes gets nothing, it has no line.
    assert_eq!(lines(&order, &[code("F", vec![fixed("0.01", On::Order)])]), ["F - 1 @-0.01 [5i] -0.01 -0.01"]);
}

#[test]
fn taxes_of_a_discount_are_taken_out_of_its_total() {
    let order = order(vec![sold("A", "1", "100", "0", &["20"]), sold("B", "1", "100", "0", &["7i", "3"])]);
    assert_eq!(
        lines(&order, &[code("F", vec![fixed("0.06", On::Products(vec![named("A")]))])]),
        ["F - 1 @-0.05 [20] -0.05 -0.06"]
    );
    // 1.00 / 1.1 is 0.91; nine cents by 7 to 3 are 6.3 and 2.7.
    assert_eq!(
        lines(&order, &[code("F", vec![fixed("1", On::Products(vec![named("B")]))])]),
        ["F - 1 @-0.97 [7i 3] -0.91 -1.00"]
    );
}

#[test]
fn codes_act_one_after_the_other_on_what_is_left() {
    let order = order(vec![sold("A", "1", "60", "0", &[]), sold("B", "1", "40", "0", &["20i"])]);
    let fifty = code("FIFTY", vec![fixed("50", On::Products(vec![named("A")]))]);
    let ten = code("TEN", vec![percent("10", On::Order)]);
    assert_eq!(
        lines(&order, &[fifty.clone(), ten.clone()]),
        ["FIFTY - 1 @-50 [] -50.00 -50.00", "TEN - 1 @-1 [] -1.00 -1.00", "TEN - 1 @-4 [20i] -3.33 -4.00"]
    );
    assert_eq!(
        lines(&order, &[ten, fifty]),
        ["TEN - 1 @-6 [] -6.00 -6.00", "TEN - 1 @-4 [20i] -3.33 -4.00", "FIFTY - 1 @-50 [] -50.00 -50.00"]
    );
}

#[test]
fn an_amount_is_limited_by_its_maximum_by_what_it_covers_and_by_the_order() {
    let limited = |order: &Order, rewards: Vec<Reward>| told(&settled(order, &[code("X", rewards)]).lines);
    let plain = order(vec![sold("A", "1", "60", "0", &[]), sold("B", "1", "40", "0", &[])]);
    let at_most = |maximum: &str| percent("50", On::Order).limited_to(Some(money(cents(maximum))));
    assert_eq!(limited(&plain, vec![at_most("12.34")]), ["X - 1 @-12.34 [] -12.34 -12.34"]);
    assert_eq!(limited(&plain, vec![at_most("50.01")]), ["X - 1 @-50 [] -50.00 -50.00"]);
    assert_eq!(limited(&plain, vec![fixed("70.00", On::Products(vec![named("A")]))]), ["X - 1 @-60 [] -60.00 -60.00"]);
    assert_eq!(limited(&plain, vec![fixed("700.00", On::Order)]), ["X - 1 @-100 [] -100.00 -100.00"]);
    // What another system took off counts: the order comes to 30.00.
    let less = order(vec![sold("A", "1", "60", "0", &[]), sold("B", "1", "40", "0", &[]), foreign("-70", &[])]);
    assert_eq!(limited(&less, vec![percent("50", On::Order)]), ["X - 1 @-30 [] -30.00 -30.00"]);
}

#[test]
fn the_cheapest_is_one_unit_of_what_is_left() {
    let order = order(vec![
        sold("A", "3", "10", "0", &[]),
        sold("B", "3", "12", "20", &["20"]),
        sold("C", "1", "0", "0", &[]),
        sold("D", "4", "9.60", "0", &[]),
    ]);
    let cheapest = |rewards: Vec<Reward>| told(&settled(&order, &[code("X", rewards)]).lines);
    // 12 less 20 % is 9.60, as D is: the earlier; nothing is left of C. One unit of it with its taxes is 34.56 / 3.
    assert_eq!(cheapest(vec![percent("50", On::Cheapest)]), ["X - 1 @-4.8 [20] -4.80 -5.76"]);
    assert_eq!(cheapest(vec![fixed("50", On::Cheapest)]), ["X - 1 @-9.6 [20] -9.60 -11.52"]);
    // Rewards act in turn: of what the first left one unit is a third, rounded once, after the percentage.
    assert_eq!(
        cheapest(vec![fixed("33.00", On::Products(vec![named("B")])), percent("50", On::Cheapest)]),
        // 1.56 left of 3 units; half of one is 0.26.
        ["X - 1 @-27.72 [20] -27.72 -33.26"]
    );
    let half = super::tests::order(vec![sold("A", "0.5", "10", "0", &[])]);
    let lines = told(&settled(&half, &[code("X", vec![percent("100", On::Cheapest)])]).lines);
    assert_eq!(lines, ["X - 1 @-5 [] -5.00 -5.00"], "no more than there is of it");
}

#[test]
fn a_free_product_is_a_line_of_its_own() {
    let order = order(vec![sold("A", "1", "10", "0", &[])]);
    let both = code("X", vec![gift("2"), fixed("1", On::Order)]);
    assert_eq!(lines(&order, &[both]), ["X - 1 @-1 [] -1.00 -1.00", "X GIFT 2 @0 [20] 0.00 0.00"]);
}

#[test]
fn one_percentage_off_the_order_stands_at_a_time() {
    let order = order(vec![sold("A", "1", "100", "0", &[])]);
    let percentage = |name: &str, text: &str| code(name, vec![percent(text, On::Order)]);
    let (ten, other, twenty) = (percentage("TEN", "10"), percentage("OTHER", "10"), percentage("TWENTY", "20"));
    let small = code("SMALL", vec![percent("30", On::Order).limited_to(Some(money(1)))]);
    assert_eq!(refused(&order, std::slice::from_ref(&ten), &other), Some("coupon_better_applied"));
    assert_eq!(refused(&order, std::slice::from_ref(&twenty), &ten), Some("coupon_better_applied"));
    let changed = apply(&order, &standing(std::slice::from_ref(&ten)), &twenty, today()).unwrap();
    assert_eq!(told(&changed.lines), ["TWENTY - 1 @-20 [] -20.00 -20.00"]);
    assert_eq!(changed.dropped.iter().map(|gone| gone.code.as_str()).collect::<Vec<_>>(), ["TEN"]);
    // The higher percentage is the larger, whatever its maximum.
    let changed = apply(&order, &standing(&[twenty]), &small, today()).unwrap();
    assert_eq!(told(&changed.lines), ["SMALL - 1 @-0.01 [] -0.01 -0.01"]);
    // Percentages off other things add up.
    let cheapest = code("C", vec![percent("10", On::Cheapest)]);
    assert_eq!(lines(&order, &[ten.clone(), cheapest]).len(), 2);
    // Its minimum is looked at without the one that it replaces, and with the others.
    let mut ninety = percentage("X", "15");
    ninety.program.conditions.minimum_amount = Some(money(9500));
    assert_eq!(refused(&order, std::slice::from_ref(&ten), &ninety), None);
    let fixed = code("F", vec![fixed("6", On::Order)]);
    assert_eq!(refused(&order, &[fixed, ten], &ninety), Some("coupon_minimum_amount"));
}

#[test]
fn a_minimum_counts_what_the_conditions_name() {
    let order = order(vec![
        sold("A", "2", "20", "0", &["20"]),
        sold("B", "3", "10", "50", &["20i"]),
        sold("C", "0", "10", "0", &[]),
    ]);
    let with = |change: &dyn Fn(&mut Conditions)| {
        let mut code = code("X", vec![percent("10", On::Order)]);
        change(&mut code.program.conditions);
        code
    };
    let before = code("F", vec![fixed("3", On::Products(vec![named("B")]))]);
    let table: [(&[Code], &dyn Fn(&mut Conditions), Option<&str>); 12] = [
        // 48.00 and 15.00 with taxes, 40.00 and 12.50 without.
        (&[], &|c| c.minimum_amount = Some(money(6300)), None),
        (&[], &|c| c.minimum_amount = Some(money(6301)), Some("coupon_minimum_amount")),
        (&[], &|c| (c.minimum_amount, c.minimum_amount_tax) = (Some(money(5250)), AmountTax::Excluded), None),
        (
            &[],
            &|c| (c.minimum_amount, c.minimum_amount_tax) = (Some(money(5251)), AmountTax::Excluded),
            Some("coupon_minimum_amount"),
        ),
        // Less what codes before it took, 3.00 or 2.50; named products count before discounts.
        (std::slice::from_ref(&before), &|c| c.minimum_amount = Some(money(6000)), None),
        (std::slice::from_ref(&before), &|c| c.minimum_amount = Some(money(6001)), Some("coupon_minimum_amount")),
        (
            std::slice::from_ref(&before),
            &|c| (c.minimum_amount, c.products) = (Some(money(1500)), vec![named("B")]),
            None,
        ),
        (&[], &|c| c.minimum_quantity = Some("5".parse().unwrap()), None),
        (&[], &|c| c.minimum_quantity = Some("5.1".parse().unwrap()), Some("coupon_minimum_quantity")),
        (
            &[],
            &|c| (c.minimum_quantity, c.products) = (Some("3".parse().unwrap()), vec![named("A")]),
            Some("coupon_minimum_quantity"),
        ),
        // Of several products one is enough; of none there must be something.
        (&[], &|c| c.products = vec![named("B"), named("Z")], None),
        (&[], &|c| c.products = vec![named("C"), named("Z")], Some("coupon_minimum_quantity")),
    ];
    for (place, (codes, change, expected)) in table.into_iter().enumerate() {
        assert_eq!(refused(&order, codes, &with(change)), expected, "row {place}");
    }
}

#[test]
fn what_is_taken_off_without_a_code_counts_against_a_minimum() {
    let of = order(vec![sold("A", "1", "10", "0", &[]), foreign("-4", &[])]);
    let mut code = code("X", vec![percent("10", On::Order)]);
    code.program.conditions.minimum_amount = Some(money(600));
    assert_eq!(refused(&of, &[], &code), None);
    code.program.conditions.minimum_amount = Some(money(601));
    assert_eq!(refused(&of, &[], &code), Some("coupon_minimum_amount"));
}

#[test]
fn the_first_check_that_fails_gives_the_code() {
    let of = order(vec![sold("A", "1", "10", "0", &[])]);
    let worthless = order(vec![sold("A", "0", "10", "0", &[])]);
    let whole = |code: &mut Code, change: &dyn Fn(&mut Coupon)| change(code.coupon.as_mut().unwrap());
    // Each fault is added to those below it, which are told later.
    let mut code = coupon_of(code("X", vec![percent("10", On::Order)]));
    assert_eq!(refused(&worthless, &[], &code), Some("coupon_nothing_to_discount"));
    assert_eq!(refused(&of, &[], &code), None);
    code.program.conditions.minimum_quantity = Some("2".parse().unwrap());
    assert_eq!(refused(&of, &[], &code), Some("coupon_minimum_quantity"));
    code.program.conditions.minimum_amount = Some(money(1001));
    assert_eq!(refused(&of, &[], &code), Some("coupon_minimum_amount"));
    let better = super::tests::code("B", vec![percent("11", On::Order)]);
    assert_eq!(refused(&of, std::slice::from_ref(&better), &code), Some("coupon_better_applied"));
    let mut same = code.clone();
    (same.code, same.program.conditions) = ("Y".to_owned(), better.program.conditions.clone());
    assert_eq!(refused(&of, &[same.clone()], &code), Some("coupon_already_applied"));
    code.program.currency = Currency::iso("USD").unwrap();
    assert_eq!(refused(&of, &[], &code), Some("currency_mismatch"));
    (code.program.usage_limit, code.uses) = (Some(3), 3);
    assert_eq!(refused(&of, &[], &code), Some("coupon_usage_limit"));
    code.uses = 2;
    assert_eq!(refused(&of, &[], &code), Some("currency_mismatch"), "the third use is within the limit");
    code.uses = 3;
    let theirs = Some(Reference { key: 2, id: "C00002".to_owned() });
    whole(&mut code, &|c| c.customer = theirs.clone());
    assert_eq!(refused(&of, &[], &code), Some("coupon_usage_limit"), "it is no coupon for its customer alone");
    whole(&mut code, &|c| (c.only_customer, c.customer) = (true, Some(Reference { key: 2, id: "C00002".to_owned() })));
    assert_eq!(refused(&of, &[], &code), Some("coupon_other_customer"));
    whole(&mut code, &|c| c.state = CouponState::Used);
    assert_eq!(refused(&of, &[], &code), Some("coupon_used"));
    whole(&mut code, &|c| c.valid_until = Some("2026-11-23".parse().unwrap()));
    assert_eq!(refused(&of, &[], &code), Some("coupon_used"), "it is valid on its last day");
    whole(&mut code, &|c| c.valid_until = Some("2026-11-22".parse().unwrap()));
    assert_eq!(refused(&of, &[], &code), Some("coupon_expired"));
    whole(&mut code, &|c| c.state = CouponState::Cancelled);
    assert_eq!(refused(&of, &[], &code), Some("coupon_cancelled"));
    code.program.end = Some("2026-11-22".parse().unwrap());
    assert_eq!(refused(&of, &[], &code), Some("coupon_program_inactive"));
}

#[test]
fn codes_that_lapsed_go_before_a_new_one_is_looked_at() {
    let order = order(vec![sold("A", "1", "100", "0", &[])]);
    let mut gone = code("GONE", vec![percent("50", On::Order)]);
    gone.program.archived = true;
    let ten = code("TEN", vec![percent("10", On::Order)]);
    assert_eq!(dropped(&order, &[gone.clone(), ten.clone()]), ["GONE coupon_program_inactive"]);
    let applied = apply(&order, &standing(&[gone]), &ten, today()).unwrap();
    assert_eq!(told(&applied.lines), ["TEN - 1 @-10 [] -10.00 -10.00"]);
    let unknown = Standing { code: "OLD".to_owned(), known: None };
    let settled = settle(&order, &[unknown], today()).unwrap();
    assert_eq!(settled.dropped.iter().map(|gone| gone.why.code()).collect::<Vec<_>>(), ["coupon_unknown"]);
}

#[test]
fn every_refusal_leads_on() {
    let order = order(vec![sold("A", "1", "100", "0", &[])]);
    let mut gone = code("GO NE", vec![percent("50", On::Order)]);
    gone.program.archived = true;
    let refused = apply(&order, &[], &gone, today()).unwrap_err();
    assert_eq!(refused.hint().unwrap(), "aftersales coupon-program show 'Program GO NE'");
    let settled = settle(&order, &standing(&[gone]), today()).unwrap();
    let dropped = settled.dropped.first().unwrap();
    assert_eq!(dropped.hint().unwrap(), "aftersales order remove-coupon S00001 'GO NE'");
    assert_eq!(dropped.field(), None);
}

const BEARS: [&[&str]; 6] = [&[], &["20"], &["7"], &["10i"], &["20", "7"], &["10i", "5i"]];

fn any_line() -> impl Strategy<Value = OrderLine> {
    (0_usize..4, 0_i64..4_000_000, 0_i64..60_000_000, 0_i64..=100, 0_usize..BEARS.len()).prop_map(
        |(name, quantity, price, discount, bears)| {
            let quantity = Quantity::from_millionths(quantity).to_string();
            let price = crate::domain::value::quantity::Price::from_millionths(price).to_string();
            sold(["A", "B", "C", "D"][name], &quantity, &price, &discount.to_string(), BEARS[bears])
        },
    )
}

fn any_reward() -> impl Strategy<Value = Reward> {
    let on = (0_usize..4).prop_map(|on| match on {
        0 => On::Order,
        1 => On::Cheapest,
        2 => On::Products(vec![named("A")]),
        _ => On::Products(vec![named("B"), named("C")]),
    });
    let worth = prop_oneof![
        (1_i64..=100_000_000).prop_map(|percent| Worth::Percent(Percent::from_millionths(percent))),
        (1_i64..20_000).prop_map(|minor| Worth::Fixed(money(minor))),
    ];
    prop_oneof![
        8 => (worth, on, prop::option::of(1_i64..5_000))
            .prop_map(|(worth, on, maximum)| Reward::Discount { worth, on, maximum: maximum.map(money) }),
        1 => Just(gift("1")),
    ]
}

fn any_code() -> impl Strategy<Value = Code> {
    let conditions = (prop::option::weighted(0.3, 1_i64..10_000), any::<bool>(), prop::option::weighted(0.2, 0_i64..3));
    (prop::collection::vec(any_reward(), 1..4), conditions).prop_map(|(rewards, (amount, excluded, quantity))| {
        let mut code = code("X", rewards);
        code.program.conditions.minimum_amount = amount.map(money);
        code.program.conditions.minimum_amount_tax = if excluded { AmountTax::Excluded } else { AmountTax::Included };
        code.program.conditions.minimum_quantity = quantity.map(|units| Quantity::from_millionths(units * 1_000_000));
        code
    })
}

fn any_codes() -> impl Strategy<Value = Vec<Code>> {
    prop::collection::vec(any_code(), 0..5).prop_map(|codes| {
        let numbered = codes.into_iter().enumerate().map(|(place, code)| {
            let mut code = Code { code: format!("X{place}"), ..code };
            code.program.key = i64::try_from(place).unwrap();
            code
        });
        numbered.collect()
    })
}

fn any_order() -> impl Strategy<Value = Order> {
    (prop::collection::vec(any_line(), 0..6), prop::option::weighted(0.2, -3_000_i64..0)).prop_map(
        |(mut lines, less)| {
            lines.extend(less.map(|less| foreign(&money(less).plain(), &["20"])));
            order(lines)
        },
    )
}

/// The order with what its codes make.
fn with_codes(order: &Order, settled: &Settled) -> Order {
    let mut with = order.clone();
    with.put_code_lines(settled.lines.clone()).unwrap();
    with
}

proptest! {
    #[test]
    fn no_codes_bring_an_order_below_zero(order in any_order(), codes in any_codes()) {
        let with = with_codes(&order, &settled(&order, &codes));
        prop_assert!(with.total.minor >= order.total.minor.min(0), "{} of {}", with.total, order.total);
        // Nor any set of taxes: what is taken of it is within what its lines come to.
        let mut sums: BTreeMap<Vec<String>, i64> = BTreeMap::new();
        for line in with.lines.iter().filter(|line| line.product.is_some() || line.coupon.is_some()) {
            let mut taxes: Vec<String> = line.priced.taxes.iter().map(|tax| tax.tax.id.clone()).collect();
            taxes.sort();
            *sums.entry(taxes).or_default() += line.priced.total.minor;
        }
        prop_assert!(sums.values().all(|sum| *sum >= 0), "{sums:?}");
    }

    #[test]
    fn a_discount_line_is_exact(order in any_order(), codes in any_codes()) {
        let settled = settled(&order, &codes);
        let mut seen = Vec::new();
        for line in settled.lines.iter().filter(|line| line.product.is_none()) {
            let priced = &line.priced;
            let taxes: i64 = priced.taxes.iter().map(|tax| tax.amount.minor).sum();
            prop_assert_eq!(priced.untaxed.minor + taxes, priced.total.minor);
            prop_assert!(priced.total.is_negative());
            prop_assert_eq!(priced.quantity, Quantity::ONE);
            let amounts = crate::domain::tax::from_total(priced.total.minor, &priced.rates()).unwrap();
            prop_assert_eq!(priced.amounts(), amounts);
            // One line for a code and a set of taxes.
            let mut set: Vec<&str> = priced.taxes.iter().map(|tax| tax.tax.id.as_str()).collect();
            set.sort_unstable();
            let of = (line.coupon.clone(), set.join(" "));
            prop_assert!(!seen.contains(&of));
            seen.push(of);
        }
    }

    #[test]
    fn working_it_out_again_changes_nothing(order in any_order(), codes in any_codes()) {
        let once = settled(&order, &codes);
        let with = with_codes(&order, &once);
        let kept: Vec<Code> = codes.into_iter().filter(|code| with.coupons.contains(&code.code)).collect();
        let again = settled(&with, &kept);
        prop_assert_eq!(&again.lines, &once.lines);
        prop_assert_eq!(again.dropped, []);
    }

    #[test]
    fn removing_a_code_leaves_what_there_was_without_it(order in any_order(), codes in any_codes()) {
        let Some((last, before)) = codes.split_last() else { return Ok(()) };
        let without = settled(&order, before);
        let kept: Vec<Code> = {
            let with = with_codes(&order, &without);
            before.iter().filter(|code| with.coupons.contains(&code.code)).cloned().collect()
        };
        if let Ok(applied) = apply(&order, &standing(&kept), last, today()) {
            let mut with = with_codes(&order, &applied);
            with.drop_code(&last.code);
            // What gave way to it is gone; the others come to what they came to without both.
            let left: Vec<Code> = kept.into_iter().filter(|code| with.coupons.contains(&code.code)).collect();
            let expected = settled(&order, &left);
            with.number_and_sum().unwrap();
            prop_assert_eq!(settled(&with, &left).lines, expected.lines);
        }
    }

    #[test]
    fn at_most_one_percentage_off_the_order_is_kept(order in any_order(), codes in any_codes()) {
        let with = with_codes(&order, &settled(&order, &codes));
        let kept = codes.iter().filter(|code| with.coupons.contains(&code.code));
        prop_assert!(kept.filter(|code| code.percent_on_order().is_some()).count() <= 1);
    }
}
