//! Disputes: what the parties say, who decides, and what was decided.
//!
//! ```text
//! OPEN -> ASSIGNED -> DECIDED -> CLOSED
//!   ^                    |
//!   +---- an appeal -----+      and from all but CLOSED: CLOSED_BY_PARTIES; WITHDRAWN before a verdict
//! ```

use serde::{Deserialize, Serialize};

use super::ad::Person;
use crate::domain::code::codes;
use crate::domain::id::{DisputeId, Stamp, UserId};

/// The shortest statement that a dispute begins with.
pub const STATEMENT_CHARS_MIN: usize = 20;
/// The longest statement, reason or message.
pub const TEXT_CHARS_MAX: usize = 2_000;
/// The most statements that one party may make in a dispute.
pub const STATEMENTS_MAX: usize = 10;
/// The most files that one party may bring into a dispute.
pub const EVIDENCE_MAX: usize = 10;
/// How often a dispute may be withdrawn in one trade.
pub const WITHDRAWALS_MAX: u8 = 2;

/// Why a party disputes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum DisputeReason {
    NotReleased,
    WrongAmountReleased,
    PaymentNotReceived,
    WrongAmount,
    WrongName,
    Other,
}

codes!(DisputeReason {
    NotReleased => "NOT_RELEASED",
    WrongAmountReleased => "WRONG_AMOUNT_RELEASED",
    PaymentNotReceived => "PAYMENT_NOT_RECEIVED",
    WrongAmount => "WRONG_AMOUNT",
    WrongName => "WRONG_NAME",
    Other => "OTHER",
});

impl DisputeReason {
    /// Whether it is one for the buyer, or else for the seller.
    pub(super) fn fits(self, buyer: bool) -> bool {
        match self {
            DisputeReason::NotReleased | DisputeReason::WrongAmountReleased => buyer,
            DisputeReason::PaymentNotReceived
            | DisputeReason::WrongAmount
            | DisputeReason::WrongName => !buyer,
            DisputeReason::Other => true,
        }
    }
}

/// Where a dispute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum DisputeStatus {
    /// Nobody has taken it yet, at first or after an appeal.
    Open,
    Assigned,
    /// There is a verdict that may still be appealed.
    Decided,
    /// The verdict was carried out.
    Closed,
    /// The parties came to terms: the seller released or the buyer conceded.
    ClosedByParties,
    Withdrawn,
}

codes!(DisputeStatus {
    Open => "OPEN",
    Assigned => "ASSIGNED",
    Decided => "DECIDED",
    Closed => "CLOSED",
    ClosedByParties => "CLOSED_BY_PARTIES",
    Withdrawn => "WITHDRAWN",
});

impl DisputeStatus {
    /// Whether it has not ended.
    pub fn is_open(self) -> bool {
        matches!(self, DisputeStatus::Open | DisputeStatus::Assigned | DisputeStatus::Decided)
    }
}

/// What a party says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Statement {
    pub by: UserId,
    pub text: String,
    pub at: Stamp,
}

/// What kind of file a piece of evidence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Media {
    Png,
    Jpeg,
    Webp,
    Pdf,
    Text,
}

codes!(Media {
    Png => "image/png",
    Jpeg => "image/jpeg",
    Webp => "image/webp",
    Pdf => "application/pdf",
    Text => "text/plain",
});

impl Media {
    /// What the content itself says that it is: only these kinds are taken, whatever a client names
    /// them.
    pub fn of(content: &[u8]) -> Option<Media> {
        let begins = |mark: &[u8]| content.starts_with(mark);
        let riff = begins(b"RIFF") && content.get(8..12) == Some(b"WEBP");
        match () {
            _ if begins(b"\x89PNG\r\n\x1a\n") => Some(Media::Png),
            _ if begins(b"\xff\xd8\xff") => Some(Media::Jpeg),
            _ if riff => Some(Media::Webp),
            _ if begins(b"%PDF-") => Some(Media::Pdf),
            _ if is_plain_text(content) => Some(Media::Text),
            _ => None,
        }
    }
}

fn is_plain_text(content: &[u8]) -> bool {
    let plain = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    !content.is_empty() && std::str::from_utf8(content).is_ok_and(|text| text.chars().all(plain))
}

/// A file that a party brought in; its content lies beside the journal, under its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Evidence {
    /// SHA-256 of the content.
    pub hash: [u8; 32],
    pub media: Media,
    pub bytes: u32,
    pub by: UserId,
    pub at: Stamp,
}

/// Who gets what is in escrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum VerdictOutcome {
    Buyer,
    Seller,
    Split {
        /// Whole percent, 1 to 99.
        buyer_percent: u8,
    },
}

/// Who gets it, without how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum OutcomeKind {
    Buyer,
    Seller,
    Split,
}

codes!(OutcomeKind {
    Buyer => "BUYER",
    Seller => "SELLER",
    Split => "SPLIT",
});

impl VerdictOutcome {
    /// Who gets it.
    pub fn kind(self) -> OutcomeKind {
        match self {
            VerdictOutcome::Buyer => OutcomeKind::Buyer,
            VerdictOutcome::Seller => OutcomeKind::Seller,
            VerdictOutcome::Split { .. } => OutcomeKind::Split,
        }
    }

    /// The stable code.
    pub fn code(self) -> &'static str {
        self.kind().code()
    }
}

/// What an arbitrator decided.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Verdict {
    pub outcome: VerdictOutcome,
    pub reason: String,
    /// Whether the loser meant to deceive.
    pub fraud: bool,
    pub by: Person,
    pub at: Stamp,
}

/// A dispute over one P2P trade.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Dispute {
    /// Its id; names its trade.
    pub id: DisputeId,
    /// Where it stands.
    pub status: DisputeStatus,
    /// Why, if a party opened it.
    pub reason: Option<DisputeReason>,
    /// The party that opened it; `None` where the clock did.
    pub opened_by: Option<UserId>,
    /// When it was opened.
    pub opened_at: Stamp,
    /// What the parties said, oldest first.
    pub statements: Vec<Statement>,
    /// Until when an arbitrator waits for the second party's statement.
    pub statements_until: Stamp,
    /// The files that the parties brought in, oldest first.
    pub evidence: Vec<Evidence>,
    /// Who decides.
    pub arbitrator: Option<Person>,
    /// Who decided before an appeal, and may not again.
    pub past_arbitrators: Vec<UserId>,
    /// The newest verdict.
    pub verdict: Option<Verdict>,
    /// The verdict that was appealed against, once there is another.
    pub first_verdict: Option<Verdict>,
    /// Who appealed against the first verdict.
    pub appealed_by: Option<UserId>,
    /// What the one who appealed said.
    pub appeal_reason: Option<String>,
    /// Whether it was not decided in time, and the admins were told.
    pub escalated: bool,
}

impl Dispute {
    /// A dispute that begins at `at`.
    pub(super) fn open(id: DisputeId, at: Stamp, statements_until: Stamp) -> Dispute {
        Dispute {
            id,
            status: DisputeStatus::Open,
            reason: None,
            opened_by: None,
            opened_at: at,
            statements: Vec::new(),
            statements_until,
            evidence: Vec::new(),
            arbitrator: None,
            past_arbitrators: Vec::new(),
            verdict: None,
            first_verdict: None,
            appealed_by: None,
            appeal_reason: None,
            escalated: false,
        }
    }

    /// Whether `user` has made a statement.
    pub fn has_answered(&self, user: UserId) -> bool {
        self.statements.iter().any(|statement| statement.by == user)
    }

    /// Whether nothing can be said or brought in any more: there was a verdict.
    pub fn is_sealed(&self) -> bool {
        self.verdict.is_some()
    }

    /// The piece of evidence with this hash.
    pub fn evidence(&self, hash: &[u8; 32]) -> Option<&Evidence> {
        self.evidence.iter().find(|evidence| evidence.hash == *hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_content_says() {
        for (content, media) in [
            (&b"\x89PNG\r\n\x1a\n rest"[..], Some(Media::Png)),
            (b"\xff\xd8\xff\xe0", Some(Media::Jpeg)),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(Media::Webp)),
            (b"%PDF-1.7\n", Some(Media::Pdf)),
            ("Überweisung\n".as_bytes(), Some(Media::Text)),
            (b"", None),
            (b"MZ\x90\0", None),
            (b"\x7fELF\x02", None),
            (b"\xff\xfe", None),
            (b"text\0with a zero", None),
        ] {
            assert_eq!(Media::of(content), media, "{content:?}");
        }
    }

    #[test]
    fn reasons_fit_one_role_or_both() {
        let of = |buyer| DisputeReason::ALL.into_iter().filter(move |r| r.fits(buyer));
        let codes = |buyer| of(buyer).map(DisputeReason::code).collect::<Vec<_>>();
        assert_eq!(codes(true), ["NOT_RELEASED", "WRONG_AMOUNT_RELEASED", "OTHER"]);
        assert_eq!(codes(false), ["PAYMENT_NOT_RECEIVED", "WRONG_AMOUNT", "WRONG_NAME", "OTHER"]);
    }
}
