//! The targets of `tests/attack`, for a fuzzer that watches the program while it runs them.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a target ends by panicking")]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

#[path = "../../tests/attack/targets.rs"]
mod targets;

use targets::{Desk, TARGETS};

/// After how many inputs the store is looked at.
const VERIFIED_AFTER: usize = 1_000;

/// Runs the target of that name on the input, on one desk for all inputs, which stays whole. `AFTERSALES_PROGRAM` names the binary
/// that evaluates `--jq`.
pub fn attack(name: &str, input: &[u8]) {
    static DESK: OnceLock<Desk> = OnceLock::new();
    static INPUTS: AtomicUsize = AtomicUsize::new(1);
    let program = || std::env::var_os("AFTERSALES_PROGRAM").unwrap_or_else(|| "target/release/aftersales".into());
    let desk = DESK.get_or_init(|| Desk::new(program().into()));
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target");
    target(desk, input);
    if INPUTS.fetch_add(1, Ordering::Relaxed) % VERIFIED_AFTER == 0 {
        desk.verify();
    }
}
