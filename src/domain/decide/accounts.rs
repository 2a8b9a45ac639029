//! The accounts decide: who registers, under which name, in which role, and what users keep of each
//! other. One decider for all, so a name cannot be taken twice in a race.

use super::{
    Decider, DecisionContext, Entry, Letter, Out, Reads, ReplyTo, Stamps, issued::IssuedTotal,
};
use crate::domain::{
    account::{Accounts, Register},
    command::Command,
    fact::Body,
    id::{Stamp, UserId},
    money::Asset,
    p2p::contact::ContactBook,
    rejection::Rejection,
};

/// A command about accounts.
#[derive(Debug)]
pub struct AccountsMessage<R>(pub R, pub Command);

/// What is the accounts' own: users, and what they keep of each other.
pub type Own = (Accounts, ContactBook);

/// What is under way at the accounts: nothing but the time of the last fact.
#[derive(Debug)]
pub struct AccountsFlight {
    stamps: Stamps,
}

impl AccountsFlight {
    /// Nothing under way; no stamp before `since`, the latest of any fact.
    pub fn new(since: Stamp) -> AccountsFlight {
        AccountsFlight { stamps: Stamps::since(since) }
    }
}

impl<R: ReplyTo> Decider<R> for AccountsFlight {
    type Own = Own;
    type Message = AccountsMessage<R>;

    fn handle<V: Reads>(
        &mut self,
        own: &mut Own,
        AccountsMessage(to, command): AccountsMessage<R>,
        context: &DecisionContext<'_, V>,
        out: &mut impl Out<R>,
    ) {
        let stamp = self.stamps.at(context.now);
        let entry = match decide(own, to.cause().by, command, stamp, context.issued) {
            Ok(body) => {
                let entry = Entry::fact(stamp, to, body);
                if let Some(fact) = &entry.fact {
                    own.0.apply(fact);
                    own.1.apply(fact);
                }
                entry
            }
            Err(rejection) => Entry::refusal(to, rejection),
        };
        out.send(Letter::Journal(entry));
    }

    fn is_idle(&self) -> bool {
        true
    }
}

fn decide(
    (accounts, contacts): &Own,
    by: Option<UserId>,
    command: Command,
    stamp: Stamp,
    issued: &IssuedTotal,
) -> Result<Body, Rejection> {
    let own = || by.ok_or(Rejection::UserNotFound);
    let known = |user: UserId| accounts.user(user).ok_or(Rejection::UserNotFound);
    match command {
        Command::Register(asked) => register(accounts, asked, stamp, issued),
        Command::ChangeProfile { email, full_name } => {
            accounts.change_profile(own()?, email, full_name)
        }
        Command::ChangePassword { user, password_hash } => {
            accounts.change_password(user, password_hash)
        }
        Command::LogOut => accounts.log_out(own()?),
        Command::SetRole { user, role } => known(user).map(|_| Body::RoleChanged { user, role }),
        Command::SetFrozen { user, frozen } => {
            known(user).map(|_| Body::FreezeChanged { user, frozen })
        }
        Command::ReadNotifications { through } => {
            own().map(|user| Body::NotificationsRead { user, through })
        }
        Command::Contact(asked) => contacts.decide(own()?, asked, stamp),
        other => unreachable!("invariant: the accounts are not asked {other:?}"),
    }
}

fn register(
    accounts: &Accounts,
    asked: Register,
    stamp: Stamp,
    issued: &IssuedTotal,
) -> Result<Body, Rejection> {
    let granted = asked.granted;
    let body = accounts.register(asked, stamp)?;
    if granted {
        for (at, asset) in Asset::ALL.into_iter().enumerate() {
            if let Err(full) = issued.reserve(asset, asset.grant()) {
                let reserved = Asset::ALL[..at].iter();
                reserved.for_each(|asset| issued.give_back(*asset, asset.grant()));
                return Err(full);
            }
        }
    }
    Ok(body)
}
