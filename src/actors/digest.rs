//! The digest of the live actors: each entity gives its part, and the parts are summed. Equal to the
//! digest of recovery and of the offline fold at the same sequence.

use super::{exchange::Exchange, shell::DigestPart};
use crate::domain::{digest::Digest, id::Sequence};

/// How often it is tried, where timers or cascades still change something between two looks.
const TRIES: usize = 100;

/// Takes the digest; the door must be held and empty. `None` where nobody decides, or the exchange
/// does not come to rest.
pub(super) async fn live_digest(exchange: &Exchange) -> Option<(Sequence, Digest)> {
    let directory = exchange.leading()?;
    let (views, journal) = (exchange.views(), &directory.connections().journal);
    for _ in 0..TRIES {
        journal.flush().await;
        let before = views.world().state.through;
        let mut sum = views.world().state.shared_digest();
        // Mailboxes are first in, first out, so each part has all deliveries up to the flush.
        sum.add(directory.accounts().send(DigestPart).await.ok()?);
        for book in directory.books() {
            sum.add(book.send(DigestPart).await.ok()?);
        }
        for wallet in directory.wallets() {
            sum.add(wallet.send(DigestPart).await.ok()?);
        }
        for board in directory.boards() {
            sum.add(board.send(DigestPart).await.ok()?);
        }
        for trade in directory.trades() {
            // One that has just ended is no part any more; then something changed, and this is not it.
            sum.add(trade.send(DigestPart).await.unwrap_or_default());
        }
        journal.flush().await;
        if views.world().state.through == before {
            return Some((before, sum));
        }
    }
    None
}
