//! A sketch of the exchange's shape: a wallet and a book that only count, and a thread that writes a record
//! of an order's size to a journal like the exchange's, syncs, and answers. No rules, no money, no state.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use actix::{Actor, Addr, Arbiter, Context, Handler, Message};
use crossbeam::channel::{Receiver, Sender, unbounded};
use tokio::sync::oneshot;

use crate::store::Journal;

/// What a placed order takes in the journal, in bytes.
const RECORD: usize = 126;
/// The most records of one commit, as in the exchange.
const COMMIT_MAX: usize = 1_024;
const WALLETS: usize = 16;

/// The sketch.
pub(super) struct Sketch {
    wallets: Vec<Addr<Wallet>>,
    next: AtomicUsize,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Hop(oneshot::Sender<()>);

struct Wallet {
    count: u64,
    book: Addr<Book>,
}

struct Book {
    count: u64,
    journal: Sender<Hop>,
}

impl Actor for Wallet {
    type Context = Context<Self>;
}

impl Actor for Book {
    type Context = Context<Self>;
}

impl Handler<Hop> for Wallet {
    type Result = ();

    fn handle(&mut self, hop: Hop, _: &mut Context<Self>) {
        self.count += 1;
        self.book.do_send(hop);
    }
}

impl Handler<Hop> for Book {
    type Result = ();

    fn handle(&mut self, hop: Hop, _: &mut Context<Self>) {
        self.count += 1;
        // The journal's thread ends with the process.
        let _ = self.journal.send(hop);
    }
}

impl Sketch {
    /// Starts its actors, on one thread as the exchange's are on two processors, and its journal's thread.
    pub fn start(journal: Box<dyn Journal>) -> std::io::Result<Sketch> {
        let (sender, hops) = unbounded();
        thread::Builder::new()
            .name("sketch-journal".into())
            .spawn(move || write(journal, &hops))?;
        let arbiter = Arbiter::new().handle();
        let book = Book::start_in_arbiter(&arbiter, |_| Book { count: 0, journal: sender });
        let wallet = |_| {
            let book = book.clone();
            Wallet::start_in_arbiter(&arbiter, |_| Wallet { count: 0, book })
        };
        Ok(Sketch { wallets: (0..WALLETS).map(wallet).collect(), next: AtomicUsize::new(0) })
    }

    /// Has a record written; waits until it is durable.
    pub async fn record(&self) {
        let (answer, told) = oneshot::channel();
        let at = self.next.fetch_add(1, Ordering::Relaxed) % WALLETS;
        self.wallets[at].do_send(Hop(answer));
        // An error means that the process ends.
        let _ = told.await;
    }
}

fn write(mut journal: Box<dyn Journal>, hops: &Receiver<Hop>) {
    while let Ok(first) = hops.recv() {
        let hops: Vec<Hop> =
            std::iter::once(first).chain(hops.try_iter()).take(COMMIT_MAX).collect();
        let records = vec![vec![7; RECORD]; hops.len()];
        if let Err(failure) = journal.append(&records) {
            tracing::error!(%failure, "the sketch's journal failed");
            return;
        }
        for Hop(answer) in hops {
            // Who waited may have hung up.
            let _ = answer.send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::MemoryJournal;

    #[actix::test]
    async fn nothing_is_answered_before_it_is_durable() {
        let journal = MemoryJournal::new();
        let control = journal.control();
        control.shut_gate();
        let sketch = Sketch::start(Box::new(journal)).unwrap();
        let mut recorded = Box::pin(sketch.record());
        assert!(tokio::time::timeout(Duration::ZERO, &mut recorded).await.is_err());
        control.wait_for_append();
        assert!(tokio::time::timeout(Duration::ZERO, &mut recorded).await.is_err());
        control.open_gate();
        recorded.await;
    }
}
