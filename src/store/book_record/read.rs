//! From bytes to a fact. What is not as [`super::encode`] writes it gives nothing: the codec's general
//! reader then says what is wrong with it.

use smallvec::{Array, SmallVec};

use super::BODY;
use crate::domain::{
    fact::{Body, BookAction, BookFact, Cause, Change, Fact, KeyUse, Level},
    id::{InstrumentId, OrderId, RequestId, Stamp, TradeId, UserId},
    instrument::{Price, Quantity},
    ledger::{Account, Posting, PostingCause, Transaction},
    money::{Amount, Asset},
    order::{
        ClientOrderId, Fill, Order, OrderReason, OrderStatus, OrderType, SelfTradePrevention, Side,
        TimeInForce,
    },
};

/// The most parts that room is made for before they are read.
const ROOM: usize = 1_024;

/// The fact of a record, from what stands behind its kind and version.
pub(in crate::store) fn decode(payload: &[u8]) -> Option<Fact> {
    let mut page = Page { rest: payload };
    let stamp = Stamp(page.signed()?);
    let by = page.option(|page| page.number().map(UserId))?;
    let request = RequestId(page.number()?);
    let key = page.option(|page| {
        Some(KeyUse { key: page.all()?, body: page.all()?, parts: page.number()?.try_into().ok()? })
    })?;
    if page.byte()? != BODY {
        return None;
    }
    let book = BookFact {
        instrument: InstrumentId(page.number()?.try_into().ok()?),
        action: page.any(&BookAction::ALL)?,
        orders: page.list(read_order)?,
        changes: page.short_list(read_change)?,
        fills: page.list(read_fill)?,
        levels: page.short_list(read_level)?,
        transaction: Transaction::of_legs(page.short_list(read_posting)?),
    };
    let cause = Cause { by, request, key };
    page.rest.is_empty().then(|| Fact { stamp, cause, body: Body::Book(Box::new(book)) })
}

/// What is still to be read.
struct Page<'a> {
    rest: &'a [u8],
}

impl Page<'_> {
    #[inline(always)]
    fn all<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*bytes)
    }

    #[inline(always)]
    fn byte(&mut self) -> Option<u8> {
        self.all().map(|[byte]| byte)
    }

    /// A number in as few bytes as it fits in.
    #[inline(always)]
    fn number(&mut self) -> Option<u64> {
        match self.byte()? {
            byte @ 0..=250 => Some(u64::from(byte)),
            251 => self.all().map(u16::from_le_bytes).map(u64::from).filter(|n| *n > 250),
            252 => self.all().map(u32::from_le_bytes).map(u64::from).filter(|n| *n > 0xffff),
            253 => self.all().map(u64::from_le_bytes).filter(|n| *n > 0xffff_ffff),
            _ => None,
        }
    }

    #[inline(always)]
    fn signed(&mut self) -> Option<i64> {
        self.number().map(|folded| (folded >> 1) as i64 ^ -((folded & 1) as i64))
    }

    #[inline(always)]
    fn price(&mut self) -> Option<Price> {
        self.signed().map(Price::new)
    }

    #[inline(always)]
    fn quantity(&mut self) -> Option<Quantity> {
        self.signed().map(Quantity::new)
    }

    #[inline(always)]
    fn amount(&mut self) -> Option<Amount> {
        self.signed().map(Amount::new)
    }

    #[inline(always)]
    fn long(&mut self) -> Option<i128> {
        if self.rest.first() != Some(&254) {
            return self.signed().map(i128::from);
        }
        self.byte()?;
        let folded = u128::from_le_bytes(self.all()?);
        Some((folded >> 1) as i128 ^ -((folded & 1) as i128))
    }

    #[inline(always)]
    fn truth(&mut self) -> Option<bool> {
        self.any(&[false, true])
    }

    #[inline(always)]
    fn any<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        of.get(usize::from(self.byte()?)).copied()
    }

    #[inline(always)]
    fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.truth()? {
            true => read(self).map(Some),
            false => Some(None),
        }
    }

    fn text(&mut self) -> Option<&str> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        std::str::from_utf8(text).ok()
    }

    /// How many parts follow; each has a byte at least.
    #[inline(always)]
    fn length(&mut self) -> Option<usize> {
        let length = usize::try_from(self.number()?).ok()?;
        (length <= self.rest.len()).then_some(length)
    }

    #[inline(always)]
    fn list<T>(&mut self, read: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let length = self.length()?;
        let mut parts = Vec::with_capacity(length.min(ROOM));
        for _ in 0..length {
            parts.push(read(self)?);
        }
        Some(parts)
    }

    #[inline(always)]
    fn short_list<A: Array>(
        &mut self,
        read: impl Fn(&mut Self) -> Option<A::Item>,
    ) -> Option<SmallVec<A>> {
        let length = self.length()?;
        let mut parts = SmallVec::with_capacity(length.min(ROOM));
        for _ in 0..length {
            parts.push(read(self)?);
        }
        Some(parts)
    }
}

#[inline(always)]
fn read_order(page: &mut Page<'_>) -> Option<Order> {
    Some(Order {
        id: OrderId(page.number()?),
        user: UserId(page.number()?),
        client_order_id: page.option(|page| page.text().and_then(ClientOrderId::new))?,
        asked: page.number()?,
        side: page.any(&Side::ALL)?,
        kind: page.any(&OrderType::ALL)?,
        time_in_force: page.any(&TimeInForce::ALL)?,
        post_only: page.truth()?,
        self_trade_prevention: page.any(&SelfTradePrevention::ALL)?,
        price: page.option(Page::price)?,
        stop_price: page.option(Page::price)?,
        quote_amount: page.option(Page::amount)?,
        display_quantity: page.option(Page::quantity)?,
        triggered: page.truth()?,
        quantity: page.quantity()?,
        remaining: page.quantity()?,
        filled: page.quantity()?,
        quote_filled: page.amount()?,
        weight_filled: page.long()?,
        fee_paid: page.amount()?,
        shown: page.quantity()?,
        locked: page.amount()?,
        place: page.number()?,
        status: page.any(&OrderStatus::ALL)?,
        reason: page.option(|page| page.any(&OrderReason::ALL))?,
        created_at: Stamp(page.signed()?),
        updated_at: Stamp(page.signed()?),
    })
}

#[inline(always)]
fn read_change(page: &mut Page<'_>) -> Option<Change> {
    let id = |page: &mut Page<'_>| page.number().map(OrderId);
    Some(match page.byte()? {
        0 => Change::Rest(id(page)?),
        1 => Change::Wait(id(page)?),
        2 => Change::Reduce { order: id(page)?, shown: page.quantity()?, hidden: page.quantity()? },
        3 => Change::Requeue { order: id(page)?, shown: page.quantity()? },
        4 => Change::Remove(id(page)?),
        5 => Change::SetLast(page.price()?),
        _ => return None,
    })
}

#[inline(always)]
fn read_fill(page: &mut Page<'_>) -> Option<Fill> {
    Some(Fill {
        trade: TradeId(page.number()?),
        taker_side: page.any(&Side::ALL)?,
        maker: OrderId(page.number()?),
        taker: OrderId(page.number()?),
        maker_user: UserId(page.number()?),
        taker_user: UserId(page.number()?),
        price: page.price()?,
        quantity: page.quantity()?,
        notional: page.amount()?,
        maker_fee: page.amount()?,
        taker_fee: page.amount()?,
    })
}

#[inline(always)]
fn read_level(page: &mut Page<'_>) -> Option<Level> {
    Some(Level { side: page.any(&Side::ALL)?, price: page.price()?, quantity: page.quantity()? })
}

#[inline(always)]
fn read_posting(page: &mut Page<'_>) -> Option<Posting> {
    let account = match page.byte()? {
        0 => Account::Available(UserId(page.number()?)),
        1 => Account::Orders(UserId(page.number()?)),
        2 => Account::Ads(UserId(page.number()?)),
        3 => Account::Trades(UserId(page.number()?)),
        4 => Account::House,
        5 => Account::Issuer,
        _ => return None,
    };
    let (asset, amount) = (page.any(&Asset::ALL)?, page.signed()?);
    Some(Posting {
        account,
        asset,
        amount: Amount::new(amount),
        cause: page.any(&PostingCause::ALL)?,
    })
}
