//! The WebSocket layer: market data and private events out, orders in.
//!
//! A connection's messages wait in an outbox of the feed, outside of its actor, so that a peer that
//! stops reading holds up nobody and takes bounded memory. Nothing here decides: commands go through
//! the door, events come from the feed, snapshots from the views.

mod connection;
mod entry;
mod intake;
mod protocol;
mod render;
mod session;
mod sockets;
mod watch;

pub use self::{
    session::configure,
    sockets::{Sockets, WsSettings},
    watch::remember_socket,
};
