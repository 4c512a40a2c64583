//! The speed of what the program exists for, beside the floor, in one run.
//!
//! ```sh
//! cargo bench                    # 5,000 refunds; a minute or two
//! cargo bench -- 20000           # or AFTERSALES_BENCH=20000
//! ```
//!
//! It makes a shop through the program itself, works in it with the real release binary, and prints. It asserts nothing: a
//! figure is worth what the machine is worth at that moment, so read the ratios, which compare two things done by the same
//! machine one after the other, and of these rather the ones in instructions, which other work on the machine does not move.
//!
//! - **The floor** is the same row writes as plain prepared statements: all rows that a run of `apply` made or changed are
//!   found by comparing the store with its copy from before, and written again by this process with the same settings of the
//!   engine (WAL, synchronous FULL, foreign keys, cache) in transactions of 1,000 refunds. No program that leaves these rows
//!   can do less; what the program takes above it is reading the line, looking up what it names, deciding, the answer.
//! - **CPU** is user and system time, the least of three runs. **Instructions** are those outside the kernel, from
//!   `perf stat` or else from valgrind; where neither is there they are not measured. **Peak memory** is the most that the
//!   process held resident; a process that this one starts has at least the few MiB that this one has.
//! - "10 times as large" is a shop of ten times the invoices and tickets, with the same number of refunds spread over it.

#![allow(clippy::print_stdout, reason = "printing is what it does")]

mod floor;
mod measure;
mod shop;

use std::path::Path;
use std::time::Duration;

use measure::{Call, Counter, Taken};
use shop::Shop;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// How many refunds, unless the caller says otherwise.
const REFUNDS: usize = 5_000;
/// How often a run is repeated for its CPU.
const TIMES: usize = 3;
/// The larger shop, in invoices to a refund.
const LARGER: usize = 10;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["measure", figures, ..] => measure::between(Path::new(figures), words.get(2..).unwrap_or_default()),
        ["floor", store, rows, figures] => {
            measure::tell(floor::replay(Path::new(store), Path::new(rows), true)?, Path::new(figures))
        }
        ["idle-floor", store, rows] => floor::replay(Path::new(store), Path::new(rows), false).map(drop),
        [] => run(asked()?),
        [number] => run(number.parse()?),
        _ => Err("the one argument is the number of refunds".into()),
    }
}

#[allow(clippy::disallowed_methods, reason = "a bench has no other outside")]
fn asked() -> Result<usize> {
    Ok(std::env::var("AFTERSALES_BENCH").ok().map(|number| number.parse()).transpose()?.unwrap_or(REFUNDS))
}

fn run(refunds: usize) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let program = Path::new(env!("CARGO_BIN_EXE_aftersales"));
    let counter = Counter::found(folder.path());
    match counter {
        Counter::Perf => println!("instructions counted by perf"),
        Counter::Valgrind => println!("instructions counted by valgrind"),
        Counter::None => println!("instructions not measured: neither perf nor valgrind counts them here"),
    }

    println!("\n{refunds} refunds from as many tickets, each `--line 1=1 --post` with a key, by apply");
    let shop = Shop::make(program, folder.path().join("shop"), refunds)?;
    let lines = shop.refunds("refunds.ndjson", 1..=refunds)?;
    let program_took = refund(&shop, &lines, counter, refunds)?;
    let floor_took = floor(&shop, counter, refunds)?;
    compare("the floor", &program_took, &floor_took);

    println!("\nThe same number of refunds in a shop {LARGER} times as large");
    let larger = Shop::make(program, folder.path().join("larger"), LARGER * refunds)?;
    let spread = larger.refunds("refunds.ndjson", (1..=refunds).map(|n| n * LARGER))?;
    let larger_took = refund(&larger, &spread, counter, refunds)?;
    compare("the smaller shop", &larger_took, &program_took);

    println!("\nMemory of apply, in that shop");
    for (times, name) in [(1, "once"), (4, "4 times")] {
        let lines = larger.refunds("many.ndjson", 1..=times * refunds)?;
        let store = larger.copy("many.db")?;
        let taken = larger.call_at(&store).args(["apply", "--quiet"]).arg(lines).run()?;
        println!("  {name} the refunds: {} lines, peak {} MiB", times * refunds, tenths(taken.peak * 10 / 1024));
    }

    println!("\nOne ticket, in that shop");
    show(&larger, counter, refunds * LARGER)
}

/// What a number of refunds took.
struct Figures {
    taken: Taken,
    instructions: Option<u64>,
}

/// Runs the refunds on a copy of the shop, as often as the figures need; the copy of the last run stays as `after.db`.
fn refund(shop: &Shop, lines: &Path, counter: Counter, refunds: usize) -> Result<Figures> {
    let call =
        |name: &str| -> Result<Call> { Ok(shop.call_at(&shop.copy(name)?).args(["apply", "--quiet"]).arg(lines)) };
    let mut taken = call("after.db")?.run()?;
    for _ in 1..TIMES {
        taken = least(taken, call("after.db")?.run()?);
    }
    let figures = Figures { taken, instructions: call("counted.db")?.instructions(counter)? };
    tell("the program", &figures, refunds);
    println!("  its peak memory {} MiB", tenths(taken.peak * 10 / 1024));
    Ok(figures)
}

/// Writes the rows of that run again.
fn floor(shop: &Shop, counter: Counter, refunds: usize) -> Result<Figures> {
    let rows = shop.folder.join("rows.ndjson");
    let written = floor::write_down(&shop.store, &shop.folder.join("after.db"), &rows)?;
    let told = shop.folder.join("floor");
    let call = |verb: &str| -> Result<Call> {
        Ok(Call::new(&shop.folder, std::env::current_exe()?).arg(verb).arg(shop.copy("floor.db")?).arg(&rows))
    };
    let mut taken: Option<Taken> = None;
    for _ in 0..TIMES {
        call("floor")?.arg(&told).run()?;
        let again = measure::told(&told)?;
        taken = Some(taken.map_or(again, |before| least(before, again)));
    }
    let taken = taken.ok_or("no run of the floor")?;
    let at_work = call("floor")?.arg(&told).instructions(counter)?;
    let idle = call("idle-floor")?.instructions(counter)?;
    let instructions = at_work.zip(idle).map(|(at_work, idle)| at_work.saturating_sub(idle));
    let figures = Figures { taken, instructions };
    tell("the floor", &figures, refunds);
    println!("  {} rows written or changed a refund", tenths(i64::try_from(written * 10 / refunds)?));
    Ok(figures)
}

/// One `ticket show`, and a plain SELECT by sqlite3 beside it.
fn show(shop: &Shop, counter: Counter, tickets: usize) -> Result<()> {
    let ticket = shop::id("T", tickets);
    let call = shop.call_at(&shop.folder.join("after.db")).args(["ticket", "show", &ticket]);
    let shown = Figures { taken: call.least(20)?, instructions: call.instructions(counter)? };
    tell("ticket show", &shown, 1);
    println!("  {} ms from start to end", hundredths(shown.taken.wall.as_micros() / 10));

    let select = format!("SELECT * FROM ticket WHERE id = '{ticket}'");
    let plain = Call::new(&shop.folder, "sqlite3").arg(shop.folder.join("after.db")).arg(select);
    match plain.least(20) {
        Ok(taken) => {
            let plain = Figures { taken, instructions: plain.instructions(counter)? };
            tell("sqlite3 'SELECT …'", &plain, 1);
            println!("  {} ms from start to end", hundredths(plain.taken.wall.as_micros() / 10));
            compare("sqlite3", &shown, &plain);
        }
        Err(_) => println!("  sqlite3 is not there to compare with"),
    }

    println!("\nLists, in that shop: each beside `ticket show`");
    for words in [
        "ticket list --customer C00001",
        "ticket list --id T00001",
        "ticket list --stage New --limit 10",
        "ticket list --open --limit 10",
        "ticket list --since 2026-12-01",
        "ticket list --limit 10",
        "invoice list --number INV/2026/00001",
        "invoice list --customer C00001",
        "invoice list --since 2026-12-01",
    ] {
        let call = shop.call_at(&shop.folder.join("after.db")).args(words.split(' '));
        let listed = Figures { taken: call.least(TIMES)?, instructions: call.instructions(counter)? };
        tell(words, &listed, 1);
        compare("ticket show", &listed, &shown);
    }
    Ok(())
}

fn least(one: Taken, other: Taken) -> Taken {
    Taken { wall: one.wall.min(other.wall), cpu: one.cpu.min(other.cpu), peak: one.peak.max(other.peak) }
}

fn tell(name: &str, figures: &Figures, times: usize) {
    let each = |sum: u128| sum / u128::try_from(times.max(1)).unwrap_or(1);
    let instructions = match figures.instructions {
        Some(count) => format!("{} thousand instructions", each(u128::from(count)) / 1_000),
        None => "instructions not measured".to_owned(),
    };
    let Taken { cpu, wall, .. } = figures.taken;
    let rate = if wall > Duration::ZERO { times as u128 * 1_000_000 / wall.as_micros().max(1) } else { 0 };
    println!("  {name}: {} µs CPU, {instructions} each; {rate} a second", each(cpu.as_micros()));
}

fn compare(with: &str, one: &Figures, other: &Figures) {
    let ratio = |one: u128, other: u128| hundredths(one * 100 / other.max(1));
    let cpu = ratio(one.taken.cpu.as_micros(), other.taken.cpu.as_micros());
    match one.instructions.zip(other.instructions) {
        Some((one, other)) => {
            let instructions = ratio(u128::from(one), u128::from(other));
            println!("  = {cpu} times {with} in CPU, {instructions} times in instructions");
        }
        None => println!("  = {cpu} times {with} in CPU"),
    }
}

fn tenths(number: i64) -> String {
    format!("{}.{}", number / 10, number % 10)
}

fn hundredths(number: u128) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}
