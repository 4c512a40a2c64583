//! The targets of `tests/attack`, for a fuzzer that watches the program while it runs them.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a target ends by panicking")]

use std::sync::OnceLock;

#[path = "../../tests/attack/targets.rs"]
mod targets;

use targets::{Desk, TARGETS};

/// Runs the target of that name on the input, on one desk for all inputs. `AFTERSALES_PROGRAM` names the binary that evaluates
/// `--jq`.
pub fn attack(name: &str, input: &[u8]) {
    static DESK: OnceLock<Desk> = OnceLock::new();
    let program = || std::env::var_os("AFTERSALES_PROGRAM").unwrap_or_else(|| "target/release/aftersales".into());
    let desk = DESK.get_or_init(|| Desk::new(program().into()));
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target");
    target(desk, input);
}
