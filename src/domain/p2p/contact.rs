//! What a user keeps of other people and of ways to be paid: payment accounts, blocks, favourites.

#![deny(clippy::wildcard_enum_match_arm)]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::fiat::PaymentMethod;
use crate::domain::{
    digest::Digest,
    fact::{Body, Fact},
    id::{Stamp, UserId},
    rejection::Rejection,
};

/// The most payment accounts of one user.
pub const PAYMENT_ACCOUNTS_MAX: usize = 20;
/// The most users that one user may block, and may keep as favourites.
pub const CONTACTS_MAX: usize = 1_000;

/// Where a seller is paid.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PaymentAccount {
    /// Counts the accounts that the user ever had, from 1.
    pub number: u32,
    pub method: PaymentMethod,
    /// Whose name the account bears.
    pub holder: String,
    /// What a payer needs to know: number, bank, phone.
    pub details: String,
    pub created_at: Stamp,
}

/// One user's payment accounts, blocks and favourites.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Contacts {
    pub accounts: BTreeMap<u32, PaymentAccount>,
    pub accounts_made: u32,
    pub blocked: BTreeSet<UserId>,
    pub favourites: BTreeSet<UserId>,
}

/// What a user changes of this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum ContactChange {
    AccountAdded(PaymentAccount),
    AccountRemoved { number: u32 },
    Blocked(UserId),
    Unblocked(UserId),
    Favoured(UserId),
    Unfavoured(UserId),
}

/// A change that is asked for; syntax was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum ContactRequest {
    AddAccount { method: PaymentMethod, holder: String, details: String },
    RemoveAccount { number: u32 },
    Block(UserId),
    Unblock(UserId),
    Favour(UserId),
    Unfavour(UserId),
}

impl Contacts {
    /// Decides a change for `own`, whose these are. What is so already is done again, and changes
    /// nothing.
    fn decide(
        &self,
        own: UserId,
        asked: ContactRequest,
        now: Stamp,
    ) -> Result<ContactChange, Rejection> {
        let full = |list: &BTreeSet<UserId>, other: &UserId| {
            !list.contains(other) && list.len() >= CONTACTS_MAX
        };
        match asked {
            ContactRequest::AddAccount { .. } if self.accounts.len() >= PAYMENT_ACCOUNTS_MAX => {
                Err(Rejection::TooManyPaymentAccounts)
            }
            ContactRequest::AddAccount { method, holder, details } => {
                let number = self.accounts_made + 1;
                let account = PaymentAccount { number, method, holder, details, created_at: now };
                Ok(ContactChange::AccountAdded(account))
            }
            ContactRequest::RemoveAccount { number } if !self.accounts.contains_key(&number) => {
                Err(Rejection::PaymentAccountNotFound)
            }
            ContactRequest::RemoveAccount { number } => {
                Ok(ContactChange::AccountRemoved { number })
            }
            ContactRequest::Block(other) | ContactRequest::Favour(other) if other == own => {
                Err(Rejection::NotYourself)
            }
            ContactRequest::Block(other) if full(&self.blocked, &other) => {
                Err(Rejection::TooManyContacts)
            }
            ContactRequest::Favour(other) if full(&self.favourites, &other) => {
                Err(Rejection::TooManyContacts)
            }
            ContactRequest::Block(other) => Ok(ContactChange::Blocked(other)),
            ContactRequest::Unblock(other) => Ok(ContactChange::Unblocked(other)),
            ContactRequest::Favour(other) => Ok(ContactChange::Favoured(other)),
            ContactRequest::Unfavour(other) => Ok(ContactChange::Unfavoured(other)),
        }
    }

    fn apply(&mut self, change: &ContactChange) {
        match change {
            ContactChange::AccountAdded(account) => {
                self.accounts_made = account.number;
                self.accounts.insert(account.number, account.clone());
            }
            ContactChange::AccountRemoved { number } => drop(self.accounts.remove(number)),
            ContactChange::Blocked(other) => drop(self.blocked.insert(*other)),
            ContactChange::Unblocked(other) => drop(self.blocked.remove(other)),
            ContactChange::Favoured(other) => drop(self.favourites.insert(*other)),
            ContactChange::Unfavoured(other) => drop(self.favourites.remove(other)),
        }
    }

    /// The newest account for a method of payment.
    pub fn account_for(&self, method: PaymentMethod) -> Option<&PaymentAccount> {
        self.accounts.values().rev().find(|account| account.method == method)
    }
}

/// Everyone's contacts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ContactBook(HashMap<UserId, Contacts>);

impl ContactBook {
    /// What a user keeps, if anything.
    pub fn of(&self, user: UserId) -> Option<&Contacts> {
        self.0.get(&user)
    }

    /// Whether one of the two blocks the other.
    pub fn is_blocked(&self, a: UserId, b: UserId) -> bool {
        let blocks = |who: UserId, whom: UserId| {
            self.0.get(&who).is_some_and(|contacts| contacts.blocked.contains(&whom))
        };
        blocks(a, b) || blocks(b, a)
    }

    /// Decides a change for `user`.
    ///
    /// # Errors
    /// See [`Contacts::decide`].
    pub fn decide(
        &self,
        user: UserId,
        asked: ContactRequest,
        now: Stamp,
    ) -> Result<Body, Rejection> {
        let none = Contacts::default();
        let change = self.of(user).unwrap_or(&none).decide(user, asked, now)?;
        Ok(Body::ContactChanged { user, change })
    }

    /// Folds a fact in; what is not about contacts changes nothing.
    pub fn apply(&mut self, fact: &Fact) {
        if let Body::ContactChanged { user, change } = &fact.body {
            self.0.entry(*user).or_default().apply(change);
        }
    }

    /// This part of the state's digest.
    pub fn digest(&self) -> Digest {
        let mut sum = Digest::default();
        self.0.iter().for_each(|contacts| sum.add(Digest::part("contacts", contacts)));
        sum
    }
}
