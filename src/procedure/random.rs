//! Random bytes for codes and tokens that nobody can guess, from the system's generator.

use crate::domain::{Refusal, Result};

/// That many random bytes.
pub fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| NoRandomness(error.to_string()))?;
    Ok(bytes)
}

/// The system has no random bytes to give, which is not for the caller to mend.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random bytes: {0}")]
struct NoRandomness(String);

impl Refusal for NoRandomness {
    fn code(&self) -> &'static str {
        "internal"
    }
}
