//! The ledger: who owns what, changed by sets of postings that sum to zero in each asset.
//!
//! At every sequence, for each asset: what users have + the house's fees = what the issuer issued.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{
    id::UserId,
    money::{Amount, Asset},
    per_asset::PerAsset,
};
use crate::domain::code::codes;

/// Where an amount can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Account {
    /// A user's money to spend.
    Available(UserId),
    /// A user's money locked in open orders.
    Orders(UserId),
    /// A user's money reserved by advertisements.
    Ads(UserId),
    /// A user's money in the escrow of open P2P trades.
    Trades(UserId),
    /// The fees that the house earned.
    House,
    /// Where grants and deposits come from; its balance is the negative of what was issued.
    Issuer,
}

impl Account {
    /// Whose account it is, unless it is the house's or the issuer's.
    pub fn user(self) -> Option<UserId> {
        match self {
            Account::Available(u) | Account::Orders(u) | Account::Ads(u) | Account::Trades(u) => {
                Some(u)
            }
            Account::House | Account::Issuer => None,
        }
    }
}

/// Why an amount moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum PostingCause {
    Registration,
    Deposit,
    Withdrawal,
    Trade,
    Fee,
    OrderLock,
    OrderUnlock,
    EscrowLock,
    EscrowRelease,
    EscrowRefund,
}

codes!(PostingCause {
    Registration => "REGISTRATION",
    Deposit => "DEPOSIT",
    Withdrawal => "WITHDRAWAL",
    Trade => "TRADE",
    Fee => "FEE",
    OrderLock => "ORDER_LOCK",
    OrderUnlock => "ORDER_UNLOCK",
    EscrowLock => "ESCROW_LOCK",
    EscrowRelease => "ESCROW_RELEASE",
    EscrowRefund => "ESCROW_REFUND",
});

/// One leg of a transaction: `amount` (minor units, either sign) is added to `account`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Posting {
    pub account: Account,
    pub asset: Asset,
    pub amount: Amount,
    pub cause: PostingCause,
}

/// The legs of one fact; they sum to zero in each asset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Transaction(SmallVec<[Posting; 4]>);

/// How far back a leg is looked for that a new one can be added to.
const MERGE_DEPTH: usize = 12;

impl Transaction {
    /// Moves `amount` from one account to another; nothing where it is zero. Legs with the same
    /// account, asset and cause become one.
    pub fn transfer(
        &mut self,
        asset: Asset,
        amount: Amount,
        from: Account,
        to: Account,
        cause: PostingCause,
    ) {
        debug_assert!(amount >= Amount::ZERO, "invariant: a transfer goes one way");
        self.post(Posting { account: from, asset, amount: -amount, cause });
        self.post(Posting { account: to, asset, amount, cause });
    }

    fn post(&mut self, posting: Posting) {
        if posting.amount == Amount::ZERO {
            return;
        }
        let same = |p: &&mut Posting| {
            (p.account, p.asset, p.cause) == (posting.account, posting.asset, posting.cause)
        };
        match self.0.iter_mut().rev().take(MERGE_DEPTH).find(same) {
            Some(leg) => leg.amount += posting.amount,
            None => self.0.push(posting),
        }
    }

    /// The transaction that had these legs, as a record tells them.
    pub(crate) fn of_legs(legs: SmallVec<[Posting; 4]>) -> Transaction {
        Transaction(legs)
    }

    /// The legs.
    pub fn postings(&self) -> &[Posting] {
        &self.0
    }

    /// Whether the legs sum to zero in each asset.
    pub fn balances(&self) -> bool {
        let mut sums = PerAsset::all(0_i128);
        for p in &self.0 {
            sums[p.asset] += i128::from(p.amount);
        }
        sums == PerAsset::all(0)
    }
}

/// What the house earned and what was issued, by asset; the users' part stands in their wallets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Ledger {
    pub house: PerAsset<Amount>,
    pub issued: PerAsset<Amount>,
    /// How many postings to users' accounts there have been; numbers them.
    pub postings: u64,
}

impl Ledger {
    /// Adds one leg that is the house's or the issuer's, and counts those of users.
    pub fn post(&mut self, posting: &Posting) {
        match posting.account {
            Account::House => self.house[posting.asset] += posting.amount,
            Account::Issuer => self.issued[posting.asset] -= posting.amount,
            _ => self.postings += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legs_of_the_same_account_and_cause_become_one() {
        let (a, b) = (Account::Available(UserId(1)), Account::Available(UserId(2)));
        let mut transaction = Transaction::default();
        transaction.transfer(Asset::Usd, Amount::new(5), a, b, PostingCause::Trade);
        transaction.transfer(Asset::Usd, Amount::new(7), a, b, PostingCause::Trade);
        transaction.transfer(Asset::Usd, Amount::new(1), b, Account::House, PostingCause::Fee);
        transaction.transfer(Asset::Usd, Amount::ZERO, a, Account::House, PostingCause::Fee);
        let amounts: Vec<_> = transaction.postings().iter().map(|p| p.amount.get()).collect();
        assert_eq!(amounts, [-12, 12, -1, 1]);
        assert!(transaction.balances());
    }
}
