//! Accounts: who is registered, under which name, in which role.

#![deny(clippy::wildcard_enum_match_arm)]

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{
    digest::Digest,
    fact::{Body, Fact},
    id::{Stamp, UserId},
    ledger::{Account, PostingCause, Transaction},
    money::Asset,
    rejection::Rejection,
};
use crate::domain::code::codes;

/// What a user may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Role {
    #[default]
    User,
    Arbitrator,
    Admin,
}

codes!(Role {
    User => "USER",
    Arbitrator => "ARBITRATOR",
    Admin => "ADMIN",
});

/// A registered user.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct User {
    pub id: UserId,
    pub username: String,
    /// In lower case.
    pub email: String,
    pub full_name: Option<String>,
    /// As bcrypt writes it.
    pub password_hash: String,
    pub role: Role,
    /// Tokens of lower versions are dead.
    pub token_version: u32,
    /// A frozen user places and withdraws nothing; what is open may end.
    pub frozen: bool,
    pub created_at: Stamp,
}

/// The user that settings make, and its address; nobody else gets either.
pub const ADMIN: &str = "admin";
/// See [`ADMIN`].
pub const ADMIN_EMAIL: &str = "admin@localhost";

/// Names that nobody can register: they are the exchange's own, or words in its paths.
const RESERVED: [&str; 9] = [
    "admin",
    "house",
    "issuer",
    "me",
    "blocks",
    "favourites",
    "notifications",
    "preferences",
    "reviews",
];

/// Whether `name` is 3 to 32 of `[a-z0-9_]`.
pub fn is_username(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (3..=32).contains(&name.len()) && name.bytes().all(fits)
}

/// Whether `name` is the exchange's own.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// `text` in lower case, if it looks like an address: one `@`, something on both sides, no spaces.
pub fn email_from(text: &str) -> Option<String> {
    let (local, host) = text.split_once('@')?;
    let plain = |s: &str| {
        !s.is_empty() && s.chars().all(|c| !c.is_whitespace() && !c.is_control() && c != '@')
    };
    let good = text.len() <= 254 && plain(local) && plain(host) && !host.starts_with('.');
    good.then(|| text.to_lowercase())
}

/// A registration that is asked for; syntax was checked, the password is hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Register {
    pub username: String,
    pub email: String,
    pub full_name: Option<String>,
    pub password_hash: String,
    pub role: Role,
    /// Whether the wallet starts with the usual grants.
    pub granted: bool,
}

/// All users, found by id, name and email.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Accounts {
    users: Vec<User>,
    by_name: HashMap<String, UserId>,
    by_email: HashMap<String, UserId>,
}

impl Accounts {
    /// The user with this id.
    pub fn user(&self, id: UserId) -> Option<&User> {
        self.users.get((id.0 as usize).checked_sub(1)?)
    }

    /// The user with this name.
    pub fn named(&self, username: &str) -> Option<&User> {
        self.user(*self.by_name.get(username)?)
    }

    /// The user with this email, in any case.
    pub fn with_email(&self, email: &str) -> Option<&User> {
        self.user(*self.by_email.get(&email.to_lowercase())?)
    }

    /// Everyone, in the order of registration.
    pub fn all(&self) -> &[User] {
        &self.users
    }

    /// Says whether a name or an email is taken already.
    pub fn check_free(&self, username: &str, email: &str) -> Result<(), Rejection> {
        match () {
            _ if self.by_name.contains_key(username) => Err(Rejection::UsernameTaken),
            _ if self.by_email.contains_key(email) => Err(Rejection::EmailTaken),
            _ if email == ADMIN_EMAIL && username != ADMIN => Err(Rejection::EmailTaken),
            _ => Ok(()),
        }
    }

    /// Decides a registration.
    pub fn register(&self, asked: Register, stamp: Stamp) -> Result<Body, Rejection> {
        self.check_free(&asked.username, &asked.email)?;
        let id = UserId(self.users.len() as u64 + 1);
        let mut transaction = Transaction::default();
        for asset in Asset::ALL.into_iter().filter(|_| asked.granted) {
            transaction.transfer(
                asset,
                asset.grant(),
                Account::Issuer,
                Account::Available(id),
                PostingCause::Registration,
            );
        }
        let user = User {
            id,
            username: asked.username,
            email: asked.email,
            full_name: asked.full_name,
            password_hash: asked.password_hash,
            role: asked.role,
            token_version: 1,
            frozen: false,
            created_at: stamp,
        };
        Ok(Body::UserRegistered { user, transaction })
    }

    /// Decides a change of profile; `None` leaves a field as it is.
    pub fn change_profile(
        &self,
        id: UserId,
        email: Option<String>,
        full_name: Option<Option<String>>,
    ) -> Result<Body, Rejection> {
        let user = self.user(id).ok_or(Rejection::UserNotFound)?;
        let email = email.unwrap_or_else(|| user.email.clone());
        if email != user.email && (self.by_email.contains_key(&email) || email == ADMIN_EMAIL) {
            return Err(Rejection::EmailTaken);
        }
        let full_name = full_name.unwrap_or_else(|| user.full_name.clone());
        Ok(Body::ProfileChanged { user: id, email, full_name })
    }

    /// Decides a new password, which ends all tokens.
    pub fn change_password(&self, id: UserId, password_hash: String) -> Result<Body, Rejection> {
        let user = self.user(id).ok_or(Rejection::UserNotFound)?;
        Ok(Body::PasswordChanged { user: id, password_hash, token_version: user.token_version + 1 })
    }

    /// Decides a logout, which ends all tokens.
    pub fn log_out(&self, id: UserId) -> Result<Body, Rejection> {
        let user = self.user(id).ok_or(Rejection::UserNotFound)?;
        Ok(Body::LoggedOut { user: id, token_version: user.token_version + 1 })
    }

    /// Folds a fact in; facts that are not about accounts change nothing.
    pub fn apply(&mut self, fact: &Fact) {
        match &fact.body {
            Body::UserRegistered { user, .. } => {
                assert_eq!(user.id.0, self.users.len() as u64 + 1, "invariant: user ids count up");
                self.by_name.insert(user.username.clone(), user.id);
                self.by_email.insert(user.email.clone(), user.id);
                self.users.push(user.clone());
            }
            Body::PasswordChanged { user, password_hash, token_version } => {
                let user = self.user_mut(*user);
                user.password_hash.clone_from(password_hash);
                user.token_version = *token_version;
            }
            Body::LoggedOut { user, token_version } => {
                self.user_mut(*user).token_version = *token_version;
            }
            Body::ProfileChanged { user, email, full_name } => {
                let user = self.user_mut(*user);
                let old = std::mem::replace(&mut user.email, email.clone());
                user.full_name.clone_from(full_name);
                let id = user.id;
                self.by_email.remove(&old);
                self.by_email.insert(email.clone(), id);
            }
            Body::RoleChanged { user, role } => self.user_mut(*user).role = *role,
            Body::FreezeChanged { user, frozen } => self.user_mut(*user).frozen = *frozen,
            Body::InstrumentListed(_)
            | Body::InstrumentChanged(_)
            | Body::Deposited { .. }
            | Body::Withdrawn { .. }
            | Body::Book(_)
            | Body::SwitchArmed { .. }
            | Body::SwitchFired { .. }
            | Body::NotificationsRead { .. }
            | Body::ClockMoved { .. }
            | Body::DowntimeShifted { .. }
            | Body::BoardListed { .. }
            | Body::P2pAd(_)
            | Body::P2pTrade(_)
            | Body::P2pMessage(_)
            | Body::Reviewed(_)
            | Body::ContactChanged { .. } => {}
        }
    }

    /// This part of the state's digest.
    pub fn digest(&self) -> Digest {
        let mut sum = Digest::default();
        self.users.iter().for_each(|user| sum.add(Digest::part("user", user)));
        sum
    }

    fn user_mut(&mut self, id: UserId) -> &mut User {
        &mut self.users[id.0 as usize - 1]
    }
}
