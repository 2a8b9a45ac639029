//! The accounts' connections: many commands in flight on each, in order on each.

use std::collections::HashMap;

use anyhow::Context;
use tokio::sync::mpsc;

use crate::sim::client::{Client, ClientError, Message, NewOrder, Op, Socket, SocketWriter};

/// Order entry over one connection an account.
#[derive(Debug)]
pub struct Lanes<T> {
    lanes: Vec<Lane>,
    answers: mpsc::UnboundedReceiver<(usize, Result<Message, ClientError>)>,
    /// What the caller wants to know again when a command is answered.
    open: HashMap<u64, (usize, T)>,
    last_id: u64,
    in_flight_max: usize,
}

#[derive(Debug)]
struct Lane {
    writer: SocketWriter,
    in_flight: usize,
}

/// A command that was answered: with [`Message::Placed`], [`Message::Cancelled`] or
/// [`Message::Refused`].
pub type Answer<T> = (T, Message);

impl<T> Lanes<T> {
    /// Opens a connection for each account, in this order.
    pub async fn open(
        accounts: &[Client],
        run: &str,
        in_flight_max: usize,
        cancel_on_disconnect: bool,
    ) -> anyhow::Result<Lanes<T>> {
        // Bounded by what may be in flight.
        let (sender, answers) = mpsc::unbounded_channel();
        let mut lanes = Vec::new();
        for (index, account) in accounts.iter().enumerate() {
            let name = format!("replay-{run}-{index}");
            let socket = account.connect(&name, cancel_on_disconnect).await?;
            let Socket { writer, mut reader } = socket;
            lanes.push(Lane { writer, in_flight: 0 });
            let sender = sender.clone();
            tokio::spawn(async move {
                loop {
                    let message = reader.receive().await;
                    let ended = message.is_err();
                    if sender.send((index, message)).is_err() || ended {
                        return;
                    }
                }
            });
        }
        Ok(Lanes { lanes, answers, open: HashMap::new(), last_id: 0, in_flight_max })
    }

    /// How many commands are not answered yet.
    pub fn in_flight(&self) -> usize {
        self.open.len()
    }

    /// Whether this account's next command must wait for an answer.
    pub fn is_full(&self, lane: usize) -> bool {
        self.lanes[lane].in_flight >= self.in_flight_max
    }

    /// Hands an order over; on the wire with the next [`Self::flush`].
    pub async fn place(&mut self, lane: usize, order: &NewOrder, what: T) -> anyhow::Result<()> {
        let id = self.opened(lane, what);
        Ok(self.lanes[lane].writer.feed(&Op::Place { id, order }).await?)
    }

    /// Hands a cancel over, by the order's client id.
    pub async fn cancel(&mut self, lane: usize, name: &str, what: T) -> anyhow::Result<()> {
        let id = self.opened(lane, what);
        let op = Op::Cancel { id, order_id: None, client_order_id: Some(name) };
        Ok(self.lanes[lane].writer.feed(&op).await?)
    }

    fn opened(&mut self, lane: usize, what: T) -> u64 {
        self.last_id += 1;
        self.open.insert(self.last_id, (lane, what));
        self.lanes[lane].in_flight += 1;
        self.last_id
    }

    /// Puts on the wire what was handed over.
    pub async fn flush(&mut self) -> anyhow::Result<()> {
        for lane in &mut self.lanes {
            lane.writer.flush().await?;
        }
        Ok(())
    }

    /// The next answer; only to be asked for while something is in flight.
    pub async fn answer(&mut self) -> anyhow::Result<Answer<T>> {
        loop {
            let (_, message) = self.answers.recv().await.context("all connections have ended")?;
            let message = message?;
            let id = match &message {
                Message::Placed { id, .. } | Message::Cancelled { id, .. } => Some(*id),
                Message::Refused(refusal) => refusal.id,
                _ => continue,
            };
            let known = id.and_then(|id| self.open.remove(&id));
            let (lane, what) =
                known.with_context(|| format!("an answer to nothing: {message:?}"))?;
            self.lanes[lane].in_flight -= 1;
            return Ok((what, message));
        }
    }

    /// Says goodbye on every connection.
    pub async fn close(mut self) -> anyhow::Result<()> {
        for lane in &mut self.lanes {
            lane.writer.close().await?;
        }
        Ok(())
    }
}
