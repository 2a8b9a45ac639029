//! The shell: any decider of the domain as an actor. It reads the clock once a message, hands the
//! message in, and posts the letters that come out. There is no rule in here.

use actix::{Actor, ActorContext, Addr, Context, Handler, Message, MessageResult};

use super::directory::Directory;
use crate::{
    domain::{
        account::Accounts,
        book::Book,
        decide::Decider,
        digest::Digest,
        p2p::{board::Board, contact::ContactBook, trade::P2pTrade},
        wallet::Wallet,
    },
    pipeline::answer::Ticket,
};

/// An entity that decides, as an actor.
pub(super) struct Shell<D: Decider<Ticket>> {
    flight: D,
    own: D::Own,
    directory: Directory,
}

impl<D: Decider<Ticket>> Shell<D> {
    /// `own` decides with what is under way in `flight`.
    pub(super) fn new(flight: D, own: D::Own, directory: Directory) -> Shell<D> {
        Shell { flight, own, directory }
    }

    fn decide(&mut self, message: D::Message) {
        let Shell { flight, own, directory } = self;
        flight.handle(own, message, &directory.context(), &mut &*directory);
    }
}

impl<D> Actor for Shell<D>
where
    D: Decider<Ticket> + Unpin + 'static,
    D::Own: Unpin + 'static,
{
    type Context = Context<Self>;
}

/// A message for a decider.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Mail<M>(pub M);

impl<D> Handler<Mail<D::Message>> for Shell<D>
where
    D: Decider<Ticket> + Unpin + 'static,
    D::Own: Unpin + 'static,
    D::Message: Send,
{
    type Result = ();

    fn handle(&mut self, Mail(message): Mail<D::Message>, _: &mut Context<Self>) {
        self.decide(message);
    }
}

/// The last message for a decider: nobody finds it in the directory any more.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct LastMail<D>
where
    D: Decider<Ticket> + Unpin + 'static,
    D::Own: Unpin + 'static,
{
    pub message: D::Message,
    /// The last address goes with the last message. An actor that finds itself without addresses ends
    /// without another look into its mailbox, and what came into it just before would be dropped.
    pub last: Addr<Shell<D>>,
}

impl<D> Handler<LastMail<D>> for Shell<D>
where
    D: Decider<Ticket> + Unpin + 'static,
    D::Own: Unpin + 'static,
    D::Message: Send,
{
    type Result = ();

    fn handle(&mut self, mail: LastMail<D>, ctx: &mut Context<Self>) {
        let LastMail { message, last: _last } = mail;
        self.decide(message);
        ctx.stop();
    }
}

/// Asks for this entity's part of the digest.
#[derive(Message)]
#[rtype(result = "Digest")]
pub(super) struct DigestPart;

impl<D> Handler<DigestPart> for Shell<D>
where
    D: Decider<Ticket> + Unpin + 'static,
    D::Own: Digested + Unpin + 'static,
{
    type Result = MessageResult<DigestPart>;

    fn handle(&mut self, _: DigestPart, _: &mut Context<Self>) -> Self::Result {
        debug_assert!(self.flight.is_idle(), "nothing is in flight");
        MessageResult(self.own.part())
    }
}

/// What has a part in the digest.
pub(super) trait Digested {
    /// The part.
    fn part(&self) -> Digest;
}

impl Digested for Wallet {
    fn part(&self) -> Digest {
        self.digest()
    }
}

impl Digested for Book {
    fn part(&self) -> Digest {
        self.digest()
    }
}

impl Digested for Board {
    fn part(&self) -> Digest {
        self.digest()
    }
}

impl Digested for P2pTrade {
    fn part(&self) -> Digest {
        self.digest()
    }
}

impl Digested for (Accounts, ContactBook) {
    fn part(&self) -> Digest {
        let mut sum = self.0.digest();
        sum.add(self.1.digest());
        sum
    }
}
