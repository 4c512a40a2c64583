//! Values that every service is made of: what was typed is checked here once, and what is stored is told from here.

pub mod apportion;
pub mod day;
pub mod money;
pub mod number;
pub mod quantity;
pub mod reference;
pub mod text;
