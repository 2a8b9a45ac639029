//! The accounts as an actor: who registers, under which name, in which role, and what users keep of
//! each other. It decides alone, so a name cannot be taken twice in a race.

use actix::{Actor, Context, Handler, Message, MessageResult};

use super::{
    answer::Ticket,
    clock::Stamps,
    fatal,
    journal::{Entry, Reply},
    wallet::DigestPart,
    wiring::Wiring,
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

/// The actor.
pub(super) struct AccountsActor {
    accounts: Accounts,
    contacts: ContactBook,
    wiring: Wiring,
    stamps: Stamps,
}

impl AccountsActor {
    pub(super) fn new(
        accounts: Accounts,
        contacts: ContactBook,
        wiring: Wiring,
        since: Stamp,
    ) -> AccountsActor {
        let stamps = Stamps::new(wiring.clock.clone(), since);
        AccountsActor { accounts, contacts, wiring, stamps }
    }

    fn decide(
        &self,
        by: Option<UserId>,
        command: Command,
        stamp: Stamp,
    ) -> Result<Body, Rejection> {
        let own = || by.ok_or(Rejection::UserNotFound);
        let known = |user: UserId| self.accounts.user(user).ok_or(Rejection::UserNotFound);
        match command {
            Command::Register(asked) => self.register(asked, stamp),
            Command::ChangeProfile { email, full_name } => {
                self.accounts.change_profile(own()?, email, full_name)
            }
            Command::ChangePassword { user, password_hash } => {
                self.accounts.change_password(user, password_hash)
            }
            Command::LogOut => self.accounts.log_out(own()?),
            Command::SetRole { user, role } => {
                known(user).map(|_| Body::RoleChanged { user, role })
            }
            Command::SetFrozen { user, frozen } => {
                known(user).map(|_| Body::FreezeChanged { user, frozen })
            }
            Command::ReadNotifications { through } => {
                own().map(|user| Body::NotificationsRead { user, through })
            }
            Command::Contact(asked) => self.contacts.decide(own()?, asked, stamp),
            // The directory sends these elsewhere.
            _ => fatal("the accounts got a command that is not theirs"),
        }
    }

    fn register(&self, asked: Register, stamp: Stamp) -> Result<Body, Rejection> {
        let granted = asked.granted;
        let body = self.accounts.register(asked, stamp)?;
        if granted {
            for (at, asset) in Asset::ALL.into_iter().enumerate() {
                if let Err(full) = self.wiring.issue.reserve(asset, asset.grant()) {
                    let reserved = Asset::ALL[..at].iter();
                    reserved.for_each(|a| self.wiring.issue.give_back(*a, a.grant()));
                    return Err(full);
                }
            }
        }
        Ok(body)
    }
}

impl Actor for AccountsActor {
    type Context = Context<Self>;
}

/// A command about accounts.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct AccountsCommand {
    pub command: Command,
    pub ticket: Ticket,
}

impl Handler<AccountsCommand> for AccountsActor {
    type Result = ();

    fn handle(&mut self, asked: AccountsCommand, _: &mut Context<Self>) {
        let AccountsCommand { command, ticket } = asked;
        let stamp = self.stamps.stamp();
        let entry = match self.decide(ticket.cause.by, command, stamp) {
            Ok(body) => {
                let entry = Entry::fact(stamp, ticket, body);
                if let Some((fact, _)) = &entry.fact {
                    self.accounts.apply(fact);
                    self.contacts.apply(fact);
                }
                entry
            }
            Err(rejection) => Entry::answer(ticket, Reply::Refused(rejection)),
        };
        self.wiring.journal.put(entry);
    }
}

impl Handler<DigestPart> for AccountsActor {
    type Result = MessageResult<DigestPart>;

    fn handle(&mut self, _: DigestPart, _: &mut Context<Self>) -> Self::Result {
        let mut sum = self.accounts.digest();
        sum.add(self.contacts.digest());
        MessageResult(sum)
    }
}
