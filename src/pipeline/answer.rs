//! The sender of an answer, which travels with its command.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::door::Permit;
use crate::domain::{
    decide::ReplyTo,
    fact::Cause,
    id::Sequence,
    outcome::{Answer, Done, Outcome},
    rejection::Rejection,
};

/// The answer's sender with the command's cause and permit; goes along the message chain and is used
/// once, by the durable end.
///
/// It cannot be lost: a ticket that is dropped is answered with `OUTCOME_UNKNOWN`. Nothing drops one
/// while the exchange runs, so a dropped ticket is also counted, logged, and a panic in debug builds.
#[derive(Debug)]
pub struct Ticket {
    cause: Cause,
    to: Recipient,
    /// Freed when the answer is let out. `None` where nobody waits.
    permit: Option<Arc<Permit>>,
}

#[derive(Debug)]
enum Recipient {
    One(oneshot::Sender<Answer>),
    Part(Arc<Gather>, usize),
    /// Wants to know when everything before is durable and let out.
    Flush(oneshot::Sender<()>),
    /// Nobody asked, or the answer is given.
    Nobody,
}

impl Ticket {
    /// A ticket whose answer comes out of the receiver.
    pub fn new(cause: Cause, permit: Permit) -> (Ticket, oneshot::Receiver<Answer>) {
        let (sender, receiver) = oneshot::channel();
        let to = Recipient::One(sender);
        (Ticket { cause, to, permit: Some(Arc::new(permit)) }, receiver)
    }

    /// A ticket whose answer tells that everything before is durable and let out; dropped otherwise.
    pub(super) fn flush() -> (Ticket, oneshot::Receiver<()>) {
        let (sender, receiver) = oneshot::channel();
        let to = Recipient::Flush(sender);
        (Ticket { cause: Cause::default(), to, permit: None }, receiver)
    }

    /// Lets the answer out, and frees the permit. Only the durable end calls this, and the door's
    /// failure path: never an actor.
    ///
    /// `sequence` is what the journal stood at, refusals included.
    pub(super) fn answer(mut self, sequence: Sequence, answer: Answer) {
        self.give(sequence, answer);
    }

    fn give(&mut self, sequence: Sequence, answer: Answer) {
        // First: whoever reads the answer may ask again under the same key.
        self.permit = None;
        match std::mem::replace(&mut self.to, Recipient::Nobody) {
            // The receiver is gone where the client hung up; its command is done all the same.
            Recipient::One(sender) => drop(sender.send(answer)),
            Recipient::Part(gather, at) => gather.put(at, sequence, answer),
            // Who waited may have gone.
            Recipient::Flush(sender) => drop(answer.map(|_| sender.send(()))),
            Recipient::Nobody => {}
        }
    }
}

impl ReplyTo for Ticket {
    fn cause(&self) -> &Cause {
        &self.cause
    }

    fn split(self, parts: usize) -> Vec<Ticket> {
        let (cause, permit) = (self.cause.clone(), self.permit.clone());
        let gather = Arc::new(Gather(Mutex::new(Gathered {
            answers: (0..parts).map(|_| None).collect(),
            left: parts,
            latest: Sequence(0),
            whole: Some(self),
        })));
        let part = |at| Ticket {
            cause: cause.clone(),
            to: Recipient::Part(gather.clone(), at),
            permit: permit.clone(),
        };
        (0..parts).map(part).collect()
    }

    fn nobody(cause: Cause) -> Ticket {
        Ticket { cause, to: Recipient::Nobody, permit: None }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if matches!(self.to, Recipient::Nobody) {
            return;
        }
        // Actors that end with the process take what they were asked along with them.
        let is_bug = self.permit.as_ref().is_some_and(|permit| permit.note_lost());
        let request = self.cause.request;
        self.give(Sequence(0), Err(Rejection::OutcomeUnknown));
        if is_bug {
            tracing::error!(?request, "a command was dropped without an answer");
            debug_assert!(std::thread::panicking(), "a command was dropped without an answer");
        }
    }
}

#[derive(Debug)]
struct Gather(Mutex<Gathered>);

#[derive(Debug)]
struct Gathered {
    answers: Vec<Option<Answer>>,
    left: usize,
    latest: Sequence,
    whole: Option<Ticket>,
}

impl Gather {
    fn put(&self, at: usize, sequence: Sequence, answer: Answer) {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gathered.answers[at] = Some(answer);
        gathered.left -= 1;
        gathered.latest = gathered.latest.max(sequence);
        if gathered.left > 0 {
            return;
        }
        let answers: Vec<Answer> = gathered.answers.drain(..).flatten().collect();
        if let Some(whole) = gathered.whole.take() {
            let sequence = gathered.latest;
            whole.answer(
                sequence,
                Ok(Outcome { sequence, done: Done::Parts(answers), replayed: false }),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::door::{Door, DoorState};

    /// Where it can happen after all, whoever asked hears of it and does not wait for ever.
    #[tokio::test]
    async fn a_ticket_that_is_dropped_is_answered() {
        let door = Door::new(8, 8);
        door.set(DoorState::Open);
        let permit = door.enter(None, 1).await.unwrap();
        door.set(DoorState::Stopping);
        let (ticket, answer) = Ticket::new(Cause::default(), permit);
        let mut parts = ticket.split(2);
        let sequence = Sequence(7);
        let outcome = Outcome { sequence, done: Done::Nothing, replayed: false };
        parts.pop().unwrap().answer(sequence, Ok(outcome));
        drop(parts);
        let Done::Parts(parts) = answer.await.unwrap().unwrap().done else { panic!("no parts") };
        assert!(matches!(parts[0], Err(Rejection::OutcomeUnknown)));
        assert!(parts[1].is_ok());
        assert_eq!((door.inside(), door.lost()), (0, 0));
    }
}
