//! Records and snapshot bodies as bytes. The only file that names bincode.
//!
//! A record is its kind, its version and a payload. Kinds are never given out twice; a payload whose
//! shape changes gets a new version, and the decoder of the old one stays.

use std::io::Write;

use bincode::{
    config::{self, Configuration},
    serde::{decode_from_slice, encode_into_std_write},
};

use super::{book_record, failure::Failure};
use crate::domain::{
    fact::{Body, Fact},
    world::World,
};

const CONFIG: Configuration = config::standard();
const VERSION: u8 = 1;

/// The record of a fact: its kind, its version, its payload.
pub fn encode(fact: &Fact) -> Vec<u8> {
    let head = [kind_of(&fact.body), VERSION];
    match &fact.body {
        Body::Book(book) => book_record::encode(head, fact, book),
        _ => encode_any(head, fact),
    }
}

fn encode_any(head: [u8; 2], fact: &Fact) -> Vec<u8> {
    let mut record = Vec::with_capacity(256);
    record.extend(head);
    encode_into_std_write(fact, &mut record, CONFIG)
        .expect("a vector takes all bytes and facts hold nothing that has no encoding");
    record
}

/// The fact of a record.
///
/// # Errors
/// `UnknownRecord` where a newer release wrote it, `Record` where its bytes are none of its kind.
pub fn decode(record: &[u8]) -> Result<Fact, Failure> {
    let [kind, version, payload @ ..] = record else {
        return Err(Failure::Record { detail: "it has no kind and version".into() });
    };
    if *version != VERSION || !KINDS.contains(kind) {
        return Err(Failure::UnknownRecord { kind: *kind, version: *version });
    }
    if *kind == BOOK
        && let Some(fact) = book_record::decode(payload)
    {
        return Ok(fact);
    }
    decode_any(*kind, payload)
}

fn decode_any(kind: u8, payload: &[u8]) -> Result<Fact, Failure> {
    let (fact, read): (Fact, usize) = decode_from_slice(payload, CONFIG)
        .map_err(|error| Failure::Record { detail: error.to_string() })?;
    match () {
        _ if read != payload.len() => {
            Err(Failure::Record { detail: format!("{} bytes are left", payload.len() - read) })
        }
        _ if kind_of(&fact.body) != kind => {
            Err(Failure::Record { detail: format!("kind {kind} holds a fact of another kind") })
        }
        _ => Ok(fact),
    }
}

/// The formats of a world in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WorldFormat {
    /// Without P2P trading.
    First,
    /// The first, and behind it what P2P trading added to state and history.
    Second,
}

/// Writes a world, as it stands in a snapshot of the second format.
pub(super) fn write_world(world: &World, to: &mut impl Write) -> Result<(), String> {
    let p2p = (&world.state.p2p, &world.history.p2p);
    encode_into_std_write(world, to, CONFIG)
        .and_then(|_| encode_into_std_write(p2p, to, CONFIG))
        .map(drop)
        .map_err(|error| error.to_string())
}

/// Reads a world of a snapshot.
pub(super) fn read_world(body: &[u8], format: WorldFormat) -> Result<World, String> {
    let (mut world, mut read): (World, usize) =
        decode_from_slice(body, CONFIG).map_err(|error| error.to_string())?;
    if format == WorldFormat::Second {
        let (p2p, more) =
            decode_from_slice(&body[read..], CONFIG).map_err(|error| error.to_string())?;
        (world.state.p2p, world.history.p2p) = p2p;
        read += more;
    }
    match read == body.len() {
        true => Ok(world),
        false => Err(format!("{} bytes are left", body.len() - read)),
    }
}

/// The kind of a book's fact.
const BOOK: u8 = 11;
/// Every kind that [`kind_of`] gives out.
const KINDS: std::ops::RangeInclusive<u8> = 1..=22;

/// The number of a kind of fact. Numbers stay; new kinds get new ones, and new variants of `Body`
/// go to its end.
fn kind_of(body: &Body) -> u8 {
    match body {
        Body::InstrumentListed(_) => 1,
        Body::InstrumentChanged(_) => 2,
        Body::UserRegistered { .. } => 3,
        Body::PasswordChanged { .. } => 4,
        Body::LoggedOut { .. } => 5,
        Body::ProfileChanged { .. } => 6,
        Body::RoleChanged { .. } => 7,
        Body::FreezeChanged { .. } => 8,
        Body::Deposited { .. } => 9,
        Body::Withdrawn { .. } => 10,
        Body::Book(_) => BOOK,
        Body::SwitchArmed { .. } => 12,
        Body::SwitchFired { .. } => 13,
        Body::NotificationsRead { .. } => 14,
        Body::ClockMoved { .. } => 15,
        Body::DowntimeShifted { .. } => 16,
        Body::BoardListed { .. } => 17,
        Body::P2pAd(_) => 18,
        Body::P2pTrade(_) => 19,
        Body::P2pMessage(_) => 20,
        Body::Reviewed(_) => 21,
        Body::ContactChanged { .. } => 22,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::instrument::{Price, Quantity};
    use crate::domain::money::Amount;
    use crate::{
        domain::{
            fact::{BookAction, BookFact, Cause, Change, KeyUse, Level},
            id::{InstrumentId, OrderId, RequestId, Stamp, TradeId, UserId},
            ledger::{Account, PostingCause, Transaction},
            money::Asset,
            order::{
                ClientOrderId, Fill, Order, OrderReason, OrderStatus, OrderType,
                SelfTradePrevention, Side, TimeInForce,
            },
        },
        store::tests::facts::Market,
    };

    #[track_caller]
    fn check(fact: &Fact) {
        let record = encode(fact);
        let kind = kind_of(&fact.body);
        assert_eq!(record, encode_any([kind, VERSION], fact));
        assert_eq!(decode_any(kind, &record[2..]).unwrap(), *fact);
        assert_eq!(decode(&record).unwrap(), *fact);
        if kind == BOOK {
            assert_eq!(book_record::decode(&record[2..]).as_ref(), Some(fact));
        }
    }

    #[test]
    fn the_facts_of_a_market_are_written_as_they_are_read() {
        Market::new(20).facts(3_000).iter().for_each(check);
    }

    /// Numbers of all lengths, taken one after the other.
    struct Figures<'a>(std::iter::Cycle<std::slice::Iter<'a, (u64, u32)>>);

    impl Figures<'_> {
        fn next(&mut self) -> u64 {
            let (figure, shift) = self.0.next().unwrap();
            figure >> (shift % 64)
        }

        fn signed(&mut self) -> i64 {
            self.next() as i64
        }

        fn any<T: Copy>(&mut self, of: &[T]) -> T {
            of[self.next() as usize % of.len()]
        }

        fn maybe<T>(&mut self, make: impl Fn(&mut Self) -> T) -> Option<T> {
            self.next().is_multiple_of(2).then(|| make(self))
        }

        fn side(&mut self) -> Side {
            self.any(&Side::ALL)
        }

        fn order(&mut self) -> Order {
            let name = |f: &mut Self| ClientOrderId::new(&"n".repeat(1 + f.next() as usize % 36));
            Order {
                id: OrderId(self.next()),
                user: UserId(self.next()),
                client_order_id: self.maybe(name).flatten(),
                asked: self.next(),
                side: self.side(),
                kind: self.any(&OrderType::ALL),
                time_in_force: self.any(&TimeInForce::ALL),
                post_only: self.any(&[true, false]),
                self_trade_prevention: self.any(&SelfTradePrevention::ALL),
                price: self.maybe(Self::signed).map(Price::new),
                stop_price: self.maybe(Self::signed).map(Price::new),
                quote_amount: self.maybe(Self::signed).map(Amount::new),
                display_quantity: self.maybe(Self::signed).map(Quantity::new),
                triggered: self.any(&[true, false]),
                quantity: Quantity::new(self.signed()),
                remaining: Quantity::new(self.signed()),
                filled: Quantity::new(self.signed()),
                quote_filled: Amount::new(self.signed()),
                weight_filled: i128::from(self.signed()) * i128::from(self.signed()),
                fee_paid: Amount::new(self.signed()),
                shown: Quantity::new(self.signed()),
                locked: Amount::new(self.signed()),
                place: self.next(),
                status: self.any(&OrderStatus::ALL),
                reason: self.maybe(|f| f.any(&OrderReason::ALL)),
                created_at: Stamp(self.signed()),
                updated_at: Stamp(self.signed()),
            }
        }

        fn change(&mut self) -> Change {
            let (order, shown, hidden) = (OrderId(self.next()), self.signed(), self.signed());
            self.any(&[
                Change::Rest(order),
                Change::Wait(order),
                Change::Reduce {
                    order,
                    shown: Quantity::new(shown),
                    hidden: Quantity::new(hidden),
                },
                Change::Requeue { order, shown: Quantity::new(shown) },
                Change::Remove(order),
                Change::SetLast(Price::new(shown)),
            ])
        }

        fn fill(&mut self) -> Fill {
            Fill {
                trade: TradeId(self.next()),
                taker_side: self.side(),
                maker: OrderId(self.next()),
                taker: OrderId(self.next()),
                maker_user: UserId(self.next()),
                taker_user: UserId(self.next()),
                price: Price::new(self.signed()),
                quantity: Quantity::new(self.signed()),
                notional: Amount::new(self.signed()),
                maker_fee: Amount::new(self.signed()),
                taker_fee: Amount::new(self.signed()),
            }
        }

        fn transaction(&mut self) -> Transaction {
            let mut transaction = Transaction::default();
            for _ in 0..self.next() % 9 {
                let user = UserId(self.next());
                let accounts = [
                    Account::Available(user),
                    Account::Orders(user),
                    Account::Ads(user),
                    Account::Trades(user),
                    Account::House,
                    Account::Issuer,
                ];
                let (from, to) = (self.any(&accounts), self.any(&accounts));
                let (asset, cause) = (self.any(&Asset::ALL), self.any(&PostingCause::ALL));
                transaction.transfer(
                    asset,
                    Amount::new((self.next() >> 4) as i64),
                    from,
                    to,
                    cause,
                );
            }
            transaction
        }

        fn fact(&mut self) -> Fact {
            let several = |f: &mut Self| 0..f.next() % 8;
            let key = KeyUse { key: [7; 16], body: [9; 16], parts: self.next() as u16 };
            let by = self.maybe(|f| UserId(f.next()));
            let request = RequestId(self.next());
            let level = |f: &mut Self| {
                let (side, price, quantity) = (f.side(), f.signed(), f.signed());
                Level { side, price: Price::new(price), quantity: Quantity::new(quantity) }
            };
            let book = BookFact {
                instrument: InstrumentId(self.next() as u16),
                action: self.any(&BookAction::ALL),
                orders: several(self).map(|_| self.order()).collect(),
                changes: several(self).map(|_| self.change()).collect(),
                fills: several(self).map(|_| self.fill()).collect(),
                levels: several(self).map(|_| level(self)).collect(),
                transaction: self.transaction(),
            };
            let cause = Cause { by, request, key: self.maybe(|_| key) };
            Fact { stamp: Stamp(self.signed()), cause, body: Body::Book(Box::new(book)) }
        }
    }

    proptest! {
        #[test]
        fn whatever_a_book_could_say_is_written_as_it_is_read(
            figures in proptest::collection::vec(any::<(u64, u32)>(), 1..200),
        ) {
            let mut figures = Figures(figures.iter().cycle());
            (0..4).for_each(|_| check(&figures.fact()));
        }

        #[test]
        fn a_damaged_record_is_read_as_the_general_reader_reads_it(
            figures in proptest::collection::vec(any::<(u64, u32)>(), 1..60),
            damage in proptest::collection::vec(any::<(u16, u8)>(), 1..3),
            length in any::<u16>(),
        ) {
            let fact = Figures(figures.iter().cycle()).fact();
            let mut payload = encode(&fact).split_off(2);
            for (at, byte) in damage {
                let at = usize::from(at) % payload.len();
                payload[at] = byte;
            }
            let cut = usize::from(length) % payload.len();
            for payload in [&payload[..], &payload[..cut]] {
                if let Some(read) = book_record::decode(payload) {
                    prop_assert_eq!(read, decode_any(BOOK, payload).unwrap());
                }
            }
        }
    }
}
