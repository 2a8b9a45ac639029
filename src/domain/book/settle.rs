//! Who pays whom: the postings of fills, locks and what returns from them.
//!
//! A fill consumes at the price that the trade got. A resting buy keeps locked exactly what the rest
//! of it can cost, rounded up; what is over returns to available in the same fact.

use crate::domain::{
    id::UserId,
    instrument::Instrument,
    ledger::{Account, PostingCause, Transaction},
    money::{Amount, Asset},
    order::{Fill, Order, Side},
};

/// The asset that an order of this side spends.
pub(super) fn spent_asset(instrument: &Instrument, side: Side) -> Asset {
    match side {
        Side::Buy => instrument.quote,
        Side::Sell => instrument.base,
    }
}

/// The asset that an order of this side receives, and pays its fee in.
pub(super) fn received_asset(instrument: &Instrument, side: Side) -> Asset {
    spent_asset(instrument, side.opposite())
}

/// What a fill costs and brings to an order of `side`: (spent, received).
pub(super) fn legs(instrument: &Instrument, side: Side, fill: &Fill) -> (Amount, Amount) {
    let base = instrument.base_amount(fill.quantity);
    match side {
        Side::Buy => (fill.notional, base),
        Side::Sell => (base, fill.notional),
    }
}

/// What an order must keep locked for what remains of it.
pub(super) fn lock_of(instrument: &Instrument, order: &Order) -> Amount {
    match (order.side, order.price) {
        (Side::Sell, _) => instrument.base_amount(order.remaining),
        (Side::Buy, Some(price)) => instrument.notional_up(price, order.remaining),
        (Side::Buy, None) => order.locked,
    }
}

/// Pays for the resting side of a fill: its locked money goes to the taker, what it receives is
/// posted by [`pay_taker`] of the other side.
pub(super) fn pay_from_maker(
    transaction: &mut Transaction,
    instrument: &Instrument,
    maker: &mut Order,
    fill: &Fill,
    lock_after: Amount,
) {
    let (spent, _) = legs(instrument, maker.side, fill);
    let asset = spent_asset(instrument, maker.side);
    let (from, to) = (Account::Orders(maker.user), Account::Available(fill.taker_user));
    transaction.transfer(asset, spent, from, to, PostingCause::Trade);
    take_fee(transaction, asset, fill.taker_user, fill.taker_fee);
    unlock(transaction, asset, maker.user, maker.locked - spent - lock_after);
    maker.locked = lock_after;
}

/// Pays what the taker spent on one fill to the maker, from where the taker has it.
pub(super) fn pay_from_taker(
    transaction: &mut Transaction,
    instrument: &Instrument,
    (side, from): (Side, Account),
    spent: Amount,
    fill: &Fill,
) {
    let asset = spent_asset(instrument, side);
    let to = Account::Available(fill.maker_user);
    transaction.transfer(asset, spent, from, to, PostingCause::Trade);
}

/// Takes the maker's fee out of what it received.
pub(super) fn take_maker_fee(
    transaction: &mut Transaction,
    instrument: &Instrument,
    maker_side: Side,
    fill: &Fill,
) {
    let asset = received_asset(instrument, maker_side);
    take_fee(transaction, asset, fill.maker_user, fill.maker_fee);
}

fn take_fee(transaction: &mut Transaction, asset: Asset, payer: UserId, fee: Amount) {
    transaction.transfer(asset, fee, Account::Available(payer), Account::House, PostingCause::Fee);
}

/// Moves money from available to locked.
pub(super) fn lock(transaction: &mut Transaction, asset: Asset, user: UserId, amount: Amount) {
    let (from, to) = (Account::Available(user), Account::Orders(user));
    transaction.transfer(asset, amount, from, to, PostingCause::OrderLock);
}

/// Moves money from locked back to available.
pub(super) fn unlock(transaction: &mut Transaction, asset: Asset, user: UserId, amount: Amount) {
    let (from, to) = (Account::Orders(user), Account::Available(user));
    transaction.transfer(asset, amount, from, to, PostingCause::OrderUnlock);
}
