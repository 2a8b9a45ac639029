//! The order book over HTTP: public market data, a caller's orders and trades, and the commands that
//! place, change and end orders.
//!
//! Reads come from the views, each at one sequence. Answers to commands are made of their fact and
//! the instrument's steps alone, so a replayed answer is the same text.

mod change;
mod list;
mod market;
mod place;

pub use change::*;
pub use list::*;
pub use market::*;
pub use place::*;

use super::problem::Problem;
use crate::domain::{
    id::{OrderId, UserId},
    instrument::Instrument,
    order::Order,
    rejection::Rejection,
    world::World,
};

/// The instrument of this name.
fn instrument_named(world: &World, name: &str) -> Result<Instrument, Problem> {
    let book = world.state.book_named(name).ok_or(Rejection::InstrumentNotFound)?;
    Ok(book.instrument().clone())
}

/// The order that a path names, and its instrument. An id that was never given out is no order.
fn order_named(world: &World, text: &str) -> Result<(OrderId, Instrument), Problem> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let id = digits.then(|| text.parse().ok()).flatten().map(OrderId);
    let id = id.ok_or(Rejection::OrderNotFound)?;
    let book = world.state.book(id.instrument()).ok_or(Rejection::OrderNotFound)?;
    Ok((id, book.instrument().clone()))
}

/// One of a user's orders, open or among the closed ones that are kept; nobody else's.
fn own_order(world: &World, user: UserId, id: OrderId) -> Option<&Order> {
    let open = world.state.open_order(id).filter(|order| order.user == user);
    open.or_else(|| world.history.user(user)?.closed_order(id))
}
