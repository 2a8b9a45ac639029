//! The digest of the live actors: each entity gives its part, and the parts are summed. Equal to the
//! digest of recovery and of the offline fold at the same sequence.

use super::{exchange::Parts, shell::DigestPart};
use crate::domain::{digest::Digest, id::Sequence};

/// How often it is tried, where timers or cascades still change something between two looks.
const TRIES: usize = 100;

/// Takes the digest; the door must be held and empty. `None` where the exchange does not come to
/// rest, or is stopping.
pub(super) async fn live_digest(parts: &Parts) -> Option<(Sequence, Digest)> {
    for _ in 0..TRIES {
        parts.journal.flush().await;
        let before = parts.views.world().state.through;
        let mut sum = parts.views.world().state.shared_digest();
        // Mailboxes are first in, first out, so each part has all deliveries up to the flush.
        sum.add(parts.directory.accounts().send(DigestPart).await.ok()?);
        for book in parts.directory.books() {
            sum.add(book.send(DigestPart).await.ok()?);
        }
        for wallet in parts.directory.wallets() {
            sum.add(wallet.send(DigestPart).await.ok()?);
        }
        for board in parts.directory.boards() {
            sum.add(board.send(DigestPart).await.ok()?);
        }
        for trade in parts.directory.trades() {
            // One that has just ended is no part any more; then something changed, and this is not it.
            sum.add(trade.send(DigestPart).await.unwrap_or_default());
        }
        parts.journal.flush().await;
        if parts.views.world().state.through == before {
            return Some((before, sum));
        }
    }
    None
}
