//! Names of things: every id is a type of its own, so that none is taken for another.
//!
//! All ids stay below 2^53: a JavaScript number holds them without loss.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// How ids are hashed. They count up and are given out by the exchange, so nobody can choose ones that
/// collide, and a quick hash will do.
pub type IdHash = foldhash::fast::FixedState;

/// A map by ids.
pub type ById<K, V> = HashMap<K, V, IdHash>;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub struct $name(pub $inner);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A registered user; counts from 1 in the order of registration.
    UserId(u64)
);
id!(
    /// An order; see [`OrderId::new`] for how it is made.
    OrderId(u64)
);
id!(
    /// A print of one instrument; rises by one within the instrument.
    TradeId(u64)
);
id!(
    /// The place of an instrument in the list of all instruments.
    InstrumentId(u16)
);
id!(
    /// The place of a board of ads in the list of all boards.
    BoardId(u16)
);
id!(
    /// An ad; see [`AdId::new`] for how it is made.
    AdId(u64)
);
id!(
    /// A P2P trade, and its escrow; see [`P2pTradeId::new`] for how it is made.
    P2pTradeId(u64)
);
id!(
    /// A dispute; see [`P2pTradeId::dispute`] for how it is made.
    DisputeId(u64)
);
id!(
    /// The number of a record in the journal; the first is 1.
    Sequence(u64)
);
id!(
    /// What ties an answer, a log line and a fact to one request; written as 16 hex digits.
    RequestId(u64)
);

/// The most instruments that order ids can tell apart.
pub const INSTRUMENTS_MAX: u16 = 1 << ORDER_INSTRUMENT_BITS;
const ORDER_INSTRUMENT_BITS: u32 = 10;

impl OrderId {
    /// The `number`-th order (from 1) of `instrument`. The instrument stands in the low bits, so ids
    /// are unique across books and no book asks another for a number.
    pub fn new(instrument: InstrumentId, number: u64) -> OrderId {
        debug_assert!(instrument.0 < INSTRUMENTS_MAX && number < 1 << (53 - ORDER_INSTRUMENT_BITS));
        OrderId(number << ORDER_INSTRUMENT_BITS | u64::from(instrument.0))
    }

    /// The instrument whose book gave out this id.
    pub fn instrument(self) -> InstrumentId {
        InstrumentId((self.0 & u64::from(INSTRUMENTS_MAX - 1)) as u16)
    }

    /// Which order of its book this is, from 1.
    pub fn number(self) -> u64 {
        self.0 >> ORDER_INSTRUMENT_BITS
    }
}

/// The most boards that ids of ads and P2P trades can tell apart.
pub const BOARDS_MAX: u16 = 1 << BOARD_BITS;
const BOARD_BITS: u32 = 10;
const DISPUTE_BITS: u32 = 2;

impl AdId {
    /// The `number`-th ad (from 1) of `board`.
    pub fn new(board: BoardId, number: u64) -> AdId {
        debug_assert!(board.0 < BOARDS_MAX && number < 1 << (53 - BOARD_BITS));
        AdId(number << BOARD_BITS | u64::from(board.0))
    }

    /// The board that gave out this id.
    pub fn board(self) -> BoardId {
        BoardId((self.0 & u64::from(BOARDS_MAX - 1)) as u16)
    }

    /// Which ad of its board this is, from 1.
    pub fn number(self) -> u64 {
        self.0 >> BOARD_BITS
    }
}

impl P2pTradeId {
    /// The `number`-th P2P trade (from 1) of `board`.
    pub fn new(board: BoardId, number: u64) -> P2pTradeId {
        debug_assert!(board.0 < BOARDS_MAX && number < 1 << (53 - BOARD_BITS - DISPUTE_BITS));
        P2pTradeId(number << BOARD_BITS | u64::from(board.0))
    }

    /// The board that gave out this id.
    pub fn board(self) -> BoardId {
        BoardId((self.0 & u64::from(BOARDS_MAX - 1)) as u16)
    }

    /// Which P2P trade of its board this is, from 1.
    pub fn number(self) -> u64 {
        self.0 >> BOARD_BITS
    }

    /// The dispute of this trade that `earlier` others came before.
    pub fn dispute(self, earlier: u8) -> DisputeId {
        debug_assert!(earlier < 1 << DISPUTE_BITS);
        DisputeId(self.0 << DISPUTE_BITS | u64::from(earlier))
    }
}

impl DisputeId {
    /// The P2P trade that is disputed.
    pub fn trade(self) -> P2pTradeId {
        P2pTradeId(self.0 >> DISPUTE_BITS)
    }
}

impl Sequence {
    /// The number that follows.
    pub fn next(self) -> Sequence {
        Sequence(self.0 + 1)
    }
}

/// Milliseconds since 1970 in UTC. Stamps inform and order deadlines; they never order replay.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Stamp(pub i64);

impl Stamp {
    /// The UTC day, counted from 1970-01-01.
    pub fn day(self) -> i64 {
        self.0.div_euclid(86_400_000)
    }

    /// This moment moved by `millis`.
    pub fn plus_millis(self, millis: i64) -> Stamp {
        Stamp(self.0.saturating_add(millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_id_names_its_instrument_and_stays_below_2_53() {
        let id = OrderId::new(InstrumentId(1023), (1 << 43) - 1);
        assert_eq!((id.instrument(), id.number()), (InstrumentId(1023), (1 << 43) - 1));
        assert!(id.0 < 1 << 53);
    }

    #[test]
    fn ids_of_p2p_name_their_board_and_their_trade() {
        let (board, number) = (BoardId(1023), (1 << 41) - 1);
        let (ad, trade) = (AdId::new(board, (1 << 43) - 1), P2pTradeId::new(board, number));
        assert_eq!((ad.board(), ad.number()), (board, (1 << 43) - 1));
        assert_eq!((trade.board(), trade.number()), (board, number));
        let dispute = trade.dispute(3);
        assert_eq!(dispute.trade(), trade);
        assert!(ad.0 < 1 << 53 && dispute.0 < 1 << 53);
    }
}
