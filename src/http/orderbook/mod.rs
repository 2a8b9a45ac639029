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

use super::{caller::Caller, problem::Problem};
use crate::domain::{
    id::{OrderId, UserId},
    instrument::Instrument,
    order::Order,
    rejection::Rejection,
    world::World,
};

/// All instruments, without a look at the world, for which its readers and the durable end would wait
/// for each other.
fn listed(caller: &Caller) -> &[Instrument] {
    caller.api.exchange.feed().instruments()
}

/// The order that a path names among a caller's instruments; see [`order_named`].
fn order_listed<'a>(caller: &'a Caller, text: &str) -> Result<(OrderId, &'a Instrument), Problem> {
    let id = order_id(text)?;
    let on = listed(caller).get(usize::from(id.instrument().0));
    Ok((id, on.ok_or(Rejection::OrderNotFound)?))
}

/// The instrument of this name.
fn instrument_named(world: &World, name: &str) -> Result<Instrument, Problem> {
    let book = world.state.book_named(name).ok_or(Rejection::InstrumentNotFound)?;
    Ok(book.instrument().clone())
}

/// The order that a path names, and its instrument. An id that was never given out is no order.
fn order_named(world: &World, text: &str) -> Result<(OrderId, Instrument), Problem> {
    let id = order_id(text)?;
    let book = world.state.book(id.instrument()).ok_or(Rejection::OrderNotFound)?;
    Ok((id, book.instrument().clone()))
}

fn order_id(text: &str) -> Result<OrderId, Problem> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let id = digits.then(|| text.parse().ok()).flatten().map(OrderId);
    Ok(id.ok_or(Rejection::OrderNotFound)?)
}

/// One of a user's orders, open or among the closed ones that are kept; nobody else's.
fn own_order(world: &World, user: UserId, id: OrderId) -> Option<&Order> {
    let open = world.state.open_order(id).filter(|order| order.user == user);
    open.or_else(|| world.history.user(user)?.closed_order(id))
}
