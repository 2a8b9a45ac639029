//! From a fact to bytes.

use super::BODY;
use crate::domain::{
    fact::{BookFact, Cause, Change, Fact, KeyUse, Level},
    instrument::{Price, Quantity},
    ledger::{Account, Posting},
    money::Amount,
    order::{Fill, Order},
};

/// Room for most records.
const ROOM: usize = 384;
/// The most bytes of one part: an order with every number and its client's name at their longest.
const PART_MAX: usize = 224;

/// The record of `fact`, whose body is `book`, behind `head`.
pub(in crate::store) fn encode(head: [u8; 2], fact: &Fact, book: &BookFact) -> Vec<u8> {
    let mut pen = Pen { desk: vec![0; ROOM], at: 0 };
    pen.part(|at| write_head(at.byte(head[0]).byte(head[1]), fact, book));
    pen.list(&book.orders, write_order);
    pen.list(&book.changes, write_change);
    pen.list(&book.fills, write_fill);
    pen.list(&book.levels, write_level);
    pen.list(book.transaction.postings(), write_posting);
    // Not copied into a vector of its length: to read in one go what was just written byte by byte
    // waits for all of it.
    pen.desk.truncate(pen.at);
    pen.desk
}

struct Pen {
    desk: Vec<u8>,
    at: usize,
}

impl Pen {
    #[inline(always)]
    fn part(&mut self, write: impl FnOnce(Room<'_>) -> Room<'_>) {
        if self.desk.len() - self.at < PART_MAX {
            self.desk.resize(2 * self.desk.len().max(PART_MAX), 0);
        }
        let room = Room { desk: &mut self.desk[self.at..], at: 0 };
        self.at += write(room).at;
    }

    #[inline(always)]
    fn list<T>(&mut self, parts: &[T], write: impl for<'a> Fn(Room<'a>, &T) -> Room<'a>) {
        self.part(|room| room.number(parts.len() as u64));
        for part in parts {
            self.part(|room| write(room, part));
        }
    }
}

/// What a part is written to. It goes from hand to hand, so that where it stands is kept in a
/// register: each byte's place hangs on all lengths before it.
struct Room<'a> {
    desk: &'a mut [u8],
    at: usize,
}

impl Room<'_> {
    #[inline(always)]
    fn all<const N: usize>(mut self, bytes: [u8; N]) -> Self {
        self.desk[self.at..self.at + N].copy_from_slice(&bytes);
        self.at += N;
        self
    }

    #[inline(always)]
    fn byte(self, byte: u8) -> Self {
        self.all([byte])
    }

    #[inline(always)]
    fn number(self, number: u64) -> Self {
        match number {
            0..=250 => self.byte(number as u8),
            251..=0xffff => self.byte(251).all((number as u16).to_le_bytes()),
            0x1_0000..=0xffff_ffff => self.byte(252).all((number as u32).to_le_bytes()),
            _ => self.byte(253).all(number.to_le_bytes()),
        }
    }

    #[inline(always)]
    fn signed(self, number: i64) -> Self {
        self.number((number << 1 ^ number >> 63) as u64)
    }

    #[inline(always)]
    fn price(self, price: Price) -> Self {
        self.signed(price.get())
    }

    #[inline(always)]
    fn quantity(self, quantity: Quantity) -> Self {
        self.signed(quantity.get())
    }

    #[inline(always)]
    fn amount(self, amount: Amount) -> Self {
        self.signed(amount.get())
    }

    #[inline(always)]
    fn long(self, number: i128) -> Self {
        match i64::try_from(number) {
            Ok(number) => self.signed(number),
            Err(_) => self.byte(254).all(((number << 1 ^ number >> 127) as u128).to_le_bytes()),
        }
    }

    #[inline(always)]
    fn option<T>(self, value: Option<T>, write: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            Some(value) => write(self.byte(1), value),
            None => self.byte(0),
        }
    }

    fn text(mut self, text: &str) -> Self {
        self = self.number(text.len() as u64);
        self.desk[self.at..self.at + text.len()].copy_from_slice(text.as_bytes());
        self.at += text.len();
        self
    }
}

fn write_head<'a>(room: Room<'a>, fact: &Fact, book: &BookFact) -> Room<'a> {
    let Cause { by, request, key } = &fact.cause;
    room.signed(fact.stamp.0)
        .option(*by, |room, user| room.number(user.0))
        .number(request.0)
        .option(key.as_ref(), |room, KeyUse { key, body, parts }| {
            room.all(*key).all(*body).number(u64::from(*parts))
        })
        .byte(BODY)
        .number(u64::from(book.instrument.0))
        .byte(book.action as u8)
}

fn write_order<'a>(room: Room<'a>, order: &Order) -> Room<'a> {
    let Order {
        id,
        user,
        client_order_id,
        asked,
        side,
        kind,
        time_in_force,
        post_only,
        self_trade_prevention,
        price,
        stop_price,
        quote_amount,
        display_quantity,
        triggered,
        quantity,
        remaining,
        filled,
        quote_filled,
        weight_filled,
        fee_paid,
        shown,
        locked,
        place,
        status,
        reason,
        created_at,
        updated_at,
    } = order;
    room.number(id.0)
        .number(user.0)
        .option(client_order_id.as_ref(), |room, id| room.text(id.as_str()))
        .number(*asked)
        .all([*side as u8, *kind as u8, *time_in_force as u8])
        .all([u8::from(*post_only), *self_trade_prevention as u8])
        .option(*price, Room::price)
        .option(*stop_price, Room::price)
        .option(*quote_amount, Room::amount)
        .option(*display_quantity, Room::quantity)
        .byte(u8::from(*triggered))
        .quantity(*quantity)
        .quantity(*remaining)
        .quantity(*filled)
        .amount(*quote_filled)
        .long(*weight_filled)
        .amount(*fee_paid)
        .quantity(*shown)
        .amount(*locked)
        .number(*place)
        .byte(*status as u8)
        .option(*reason, |room, reason| room.byte(reason as u8))
        .signed(created_at.0)
        .signed(updated_at.0)
}

fn write_change<'a>(room: Room<'a>, change: &Change) -> Room<'a> {
    match *change {
        Change::Rest(id) => room.byte(0).number(id.0),
        Change::Wait(id) => room.byte(1).number(id.0),
        Change::Reduce { order, shown, hidden } => {
            room.byte(2).number(order.0).quantity(shown).quantity(hidden)
        }
        Change::Requeue { order, shown } => room.byte(3).number(order.0).quantity(shown),
        Change::Remove(id) => room.byte(4).number(id.0),
        Change::SetLast(price) => room.byte(5).price(price),
    }
}

fn write_fill<'a>(room: Room<'a>, fill: &Fill) -> Room<'a> {
    let Fill {
        trade,
        taker_side,
        maker,
        taker,
        maker_user,
        taker_user,
        price,
        quantity,
        notional,
        maker_fee,
        taker_fee,
    } = fill;
    room.number(trade.0)
        .byte(*taker_side as u8)
        .number(maker.0)
        .number(taker.0)
        .number(maker_user.0)
        .number(taker_user.0)
        .price(*price)
        .quantity(*quantity)
        .amount(*notional)
        .amount(*maker_fee)
        .amount(*taker_fee)
}

fn write_level<'a>(room: Room<'a>, level: &Level) -> Room<'a> {
    let Level { side, price, quantity } = level;
    room.byte(*side as u8).price(*price).quantity(*quantity)
}

fn write_posting<'a>(room: Room<'a>, posting: &Posting) -> Room<'a> {
    let Posting { account, asset, amount, cause } = posting;
    let room = match account {
        Account::Available(user) => room.byte(0).number(user.0),
        Account::Orders(user) => room.byte(1).number(user.0),
        Account::Ads(user) => room.byte(2).number(user.0),
        Account::Trades(user) => room.byte(3).number(user.0),
        Account::House => room.byte(4),
        Account::Issuer => room.byte(5),
    };
    room.byte(*asset as u8).amount(*amount).byte(*cause as u8)
}
