//! Each decider alone, on the letters that it writes; and together, in one thread.

mod alone;
pub mod core;
mod together;
