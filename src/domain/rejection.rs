//! Why a command was understood but not done. Each rejection has a stable code for clients.

use serde::{Deserialize, Serialize};

use super::{
    id::Stamp,
    money::{Amount, Asset, P2pPrice},
    order::OrderStatus,
    p2p::{
        ad::{AdStatus, Condition, Hidden},
        trade::TradeState,
    },
};

/// A rule that was broken, or a state that does not allow the command. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Rejection {
    InsufficientFunds,
    OffTick,
    OffLot,
    PriceTooLarge,
    QuantityTooLarge,
    BelowMinNotional,
    AboveMaxNotional,
    PriceOutOfBand,
    PostOnlyWouldCross,
    StopWouldTrigger,
    NoLiquidity,
    DisplayTooSmall,
    QuantityNotAboveFilled,
    TooManyOpenOrders,
    ClientOrderIdReused,
    /// A command with the same client order id or key is still under way.
    InProgress,
    InstrumentNotFound,
    OrderNotFound,
    OrderNotOpen(OrderStatus),
    /// A stop that waits cannot be amended.
    OrderWaits,
    UsernameTaken,
    EmailTaken,
    UserNotFound,
    UserFrozen,
    DepositLimit,
    WithdrawalLimit,
    /// All of an asset that may ever be issued would be exceeded.
    IssueLimit,
    IdempotencyKeyReused,
    TooManyIdempotencyKeys,
    /// The command was done before, and the record of its answer is not kept any more.
    AnswerGone,
    /// The door is full; nothing was done.
    Overloaded,
    /// This user has too much under way; nothing was done.
    TooManyInFlight,
    /// The exchange is stopping; nothing was done.
    Stopping,
    /// The journal failed while the command was under way: it may or may not have been done.
    OutcomeUnknown,
    /// The clock cannot be moved: it is the system's, or the new time is in its past.
    ClockNotMovable,

    AdNotFound,
    /// The ad is paused, closed or expired.
    AdStatusForbids(AdStatus),
    AdHidden(Hidden),
    /// It has another version than the one that was seen.
    AdChanged(u32),
    /// It has this price now.
    PriceMoved(P2pPrice),
    /// A floating price without a fresh index.
    PriceUnavailable,
    /// So much is left of it.
    AdAmountExceeded(Amount, Asset),
    /// More of the ad is taken than it would be for.
    AdAmountTaken,
    /// The ad would be worth less than its least trade.
    AmountBelowLimit,
    LimitsCrossed,
    PaymentWindowTooLong,
    ExpiresInPast,
    FiatNotOffered,
    OwnAd,
    AlreadyTaken,
    OutsideLimits,
    AmountTooSmall,
    MethodNotOffered,
    ConditionNotMet(Condition),
    TooManyAds,
    TooManyP2pTrades,
    Blocked,
    /// Too many faults; over at this time.
    Barred(Stamp),
    /// Not this party's, or not this user's, to do.
    NotAllowed,
    P2pTradeNotFound,
    TradeStateForbids(TradeState),
    /// It is not in the state that the asker took it to be in.
    TradeStateChanged(TradeState),
    TradeExpired,
    TradeFrozen,
    TradeNotFrozen(TradeState),
    PaymentNotMarked,
    ConfirmNotPaidRequired(TradeState),
    CancelAlreadyAsked(TradeState),
    /// The seller has asked for a cancel as often as may be.
    TooManyCancelRequests(TradeState),
    NoCancelRequest(TradeState),
    AlreadyExtended,
    TooManyMessages,
    DisputeNotFound,
    ReasonDoesNotFit,
    StatementTooShort,
    AlreadyAnswered,
    DisputeSealed,
    TooManyStatements,
    TooMuchEvidence,
    NotTheOpener,
    TooManyWithdrawals,
    DisputeTaken,
    NotAssigned,
    NotAnArbitrator,
    ConflictOfInterest,
    /// A party has not been heard, and has time until then.
    StatementsMissing(Stamp),
    NotTheLoser,
    AlreadyAppealed,
    AlreadyReviewed,
    ReviewWindowOver,
    PaymentAccountNotFound,
    TooManyPaymentAccounts,
    TooManyContacts,
    NotYourself,
}

/// Gives each rejection its code, and the list of all codes.
macro_rules! codes {
    ($($rejection:pat => $code:literal,)+) => {
        impl Rejection {
            /// Every code.
            pub const CODES: &[&str] = &[$($code),+];

            /// The stable code.
            pub fn code(&self) -> &'static str {
                use Rejection::*;
                match self {
                    $($rejection => $code,)+
                }
            }
        }
    };
}

codes! {
    InsufficientFunds => "INSUFFICIENT_FUNDS",
    OffTick => "OFF_TICK",
    OffLot => "OFF_LOT",
    PriceTooLarge => "PRICE_TOO_LARGE",
    QuantityTooLarge => "QUANTITY_TOO_LARGE",
    BelowMinNotional => "BELOW_MIN_NOTIONAL",
    AboveMaxNotional => "ABOVE_MAX_NOTIONAL",
    PriceOutOfBand => "PRICE_OUT_OF_BAND",
    PostOnlyWouldCross => "POST_ONLY_WOULD_CROSS",
    StopWouldTrigger => "STOP_WOULD_TRIGGER",
    NoLiquidity => "NO_LIQUIDITY",
    DisplayTooSmall => "DISPLAY_QUANTITY_TOO_SMALL",
    QuantityNotAboveFilled => "QUANTITY_NOT_ABOVE_FILLED",
    TooManyOpenOrders => "TOO_MANY_OPEN_ORDERS",
    ClientOrderIdReused => "CLIENT_ORDER_ID_REUSED",
    InProgress => "IN_PROGRESS",
    InstrumentNotFound => "INSTRUMENT_NOT_FOUND",
    OrderNotFound => "ORDER_NOT_FOUND",
    OrderNotOpen(_) => "ORDER_NOT_OPEN",
    OrderWaits => "ORDER_NOT_AMENDABLE",
    UsernameTaken => "USERNAME_TAKEN",
    EmailTaken => "EMAIL_TAKEN",
    UserNotFound => "USER_NOT_FOUND",
    UserFrozen => "USER_FROZEN",
    DepositLimit => "DEPOSIT_LIMIT",
    WithdrawalLimit => "WITHDRAWAL_LIMIT",
    IssueLimit => "ISSUE_LIMIT",
    IdempotencyKeyReused => "IDEMPOTENCY_KEY_REUSED",
    TooManyIdempotencyKeys => "TOO_MANY_IDEMPOTENCY_KEYS",
    AnswerGone => "ANSWER_GONE",
    Overloaded => "OVERLOADED",
    TooManyInFlight => "TOO_MANY_IN_FLIGHT",
    Stopping => "STOPPING",
    OutcomeUnknown => "OUTCOME_UNKNOWN",
    ClockNotMovable => "CLOCK_NOT_MOVABLE",
    AdNotFound => "AD_NOT_FOUND",
    AdStatusForbids(_) | AdHidden(_) => "AD_NOT_ACTIVE",
    AdChanged(_) => "AD_CHANGED",
    PriceMoved(_) => "PRICE_MOVED",
    PriceUnavailable => "PRICE_UNAVAILABLE",
    AdAmountExceeded(..) => "AD_AMOUNT_EXCEEDED",
    AdAmountTaken => "AD_AMOUNT_TAKEN",
    AmountBelowLimit => "AMOUNT_BELOW_LIMIT",
    LimitsCrossed => "LIMITS_CROSSED",
    PaymentWindowTooLong => "PAYMENT_WINDOW_TOO_LONG",
    ExpiresInPast => "EXPIRES_IN_PAST",
    FiatNotOffered => "FIAT_NOT_OFFERED",
    OwnAd => "OWN_AD",
    AlreadyTaken => "ALREADY_TAKEN",
    OutsideLimits => "OUTSIDE_LIMITS",
    AmountTooSmall => "AMOUNT_TOO_SMALL",
    MethodNotOffered => "PAYMENT_METHOD_NOT_OFFERED",
    ConditionNotMet(_) => "CONDITION_NOT_MET",
    TooManyAds => "TOO_MANY_ADS",
    TooManyP2pTrades => "TOO_MANY_P2P_TRADES",
    Blocked => "BLOCKED",
    Barred(_) => "BARRED",
    NotAllowed => "NOT_ALLOWED",
    P2pTradeNotFound => "P2P_TRADE_NOT_FOUND",
    TradeStateForbids(_) => "TRADE_STATE_FORBIDS",
    TradeStateChanged(_) => "TRADE_STATE_CHANGED",
    TradeExpired => "TRADE_EXPIRED",
    TradeFrozen => "TRADE_FROZEN",
    TradeNotFrozen(_) => "TRADE_NOT_FROZEN",
    PaymentNotMarked => "PAYMENT_NOT_MARKED",
    ConfirmNotPaidRequired(_) => "CONFIRM_NOT_PAID_REQUIRED",
    CancelAlreadyAsked(_) => "CANCEL_ALREADY_ASKED",
    TooManyCancelRequests(_) => "TOO_MANY_CANCEL_REQUESTS",
    NoCancelRequest(_) => "NO_CANCEL_REQUEST",
    AlreadyExtended => "ALREADY_EXTENDED",
    TooManyMessages => "TOO_MANY_MESSAGES",
    DisputeNotFound => "DISPUTE_NOT_FOUND",
    ReasonDoesNotFit => "REASON_DOES_NOT_FIT",
    StatementTooShort => "STATEMENT_TOO_SHORT",
    AlreadyAnswered => "ALREADY_ANSWERED",
    DisputeSealed => "DISPUTE_SEALED",
    TooManyStatements => "TOO_MANY_STATEMENTS",
    TooMuchEvidence => "TOO_MUCH_EVIDENCE",
    NotTheOpener => "NOT_THE_OPENER",
    TooManyWithdrawals => "TOO_MANY_WITHDRAWALS",
    DisputeTaken => "DISPUTE_TAKEN",
    NotAssigned => "NOT_ASSIGNED",
    NotAnArbitrator => "NOT_AN_ARBITRATOR",
    ConflictOfInterest => "CONFLICT_OF_INTEREST",
    StatementsMissing(_) => "STATEMENTS_MISSING",
    NotTheLoser => "NOT_THE_LOSER",
    AlreadyAppealed => "ALREADY_APPEALED",
    AlreadyReviewed => "ALREADY_REVIEWED",
    ReviewWindowOver => "REVIEW_WINDOW_OVER",
    PaymentAccountNotFound => "PAYMENT_ACCOUNT_NOT_FOUND",
    TooManyPaymentAccounts => "TOO_MANY_PAYMENT_ACCOUNTS",
    TooManyContacts => "TOO_MANY_CONTACTS",
    NotYourself => "NOT_YOURSELF",
}

impl Rejection {
    /// A sentence for people.
    pub fn detail(&self) -> &'static str {
        use Rejection::*;
        match self {
            InsufficientFunds => "the available balance does not cover this",
            OffTick => "the price is not a multiple of the tick size",
            OffLot => "the quantity is not a multiple of the lot size",
            PriceTooLarge => "the price is larger than any price that is taken",
            QuantityTooLarge => "the quantity is larger than any quantity that is taken",
            BelowMinNotional => "price times quantity is below the instrument's least notional",
            AboveMaxNotional => "price times quantity is above what is taken",
            PriceOutOfBand => "the price is too far from the last trade",
            PostOnlyWouldCross => "a post-only order may not trade at once",
            StopWouldTrigger => "the last trade has already reached the stop price",
            NoLiquidity => "there is nothing on the other side of the book",
            DisplayTooSmall => {
                "the displayed part is below the instrument's least notional or a hundredth of the whole, or above the whole"
            }
            QuantityNotAboveFilled => "the new quantity is not above what has been filled",
            TooManyOpenOrders => "too many orders of this user are open",
            ClientOrderIdReused => "another order was placed under this client order id",
            InProgress => "the same command is still under way",
            InstrumentNotFound => "there is no such instrument",
            OrderNotFound => "there is no such order",
            OrderNotOpen(_) => "the order is closed",
            OrderWaits => "a stop that still waits cannot be amended",
            UsernameTaken => "the username is taken",
            EmailTaken => "the email is taken",
            UserNotFound => "there is no such user",
            UserFrozen => "the user is frozen",
            DepositLimit => "the day's bound on deposits would be exceeded",
            WithdrawalLimit => "the day's bound on withdrawals would be exceeded",
            IssueLimit => "more of the asset would be issued than there may ever be",
            IdempotencyKeyReused => "the idempotency key came with another body before",
            AnswerGone => "the command was done before, and its answer is not kept any more",
            TooManyIdempotencyKeys => "too many idempotency keys were used within a day",
            Overloaded => "the exchange is at its capacity; nothing was done",
            TooManyInFlight => "too many commands of this user are under way; nothing was done",
            Stopping => "the exchange is stopping; nothing was done",
            OutcomeUnknown => {
                "the exchange failed while the command was under way; it may or may not have been done"
            }
            ClockNotMovable => "the clock is the system's, or the new time is in its past",
            AdNotFound => "there is no such ad",
            AdStatusForbids(_) => "the ad's status does not allow this",
            AdHidden(_) => "the ad is hidden for the time being",
            AdChanged(_) => "the ad has changed since it was seen",
            PriceMoved(_) => "the price has moved further than what was agreed to",
            PriceUnavailable => "there is no fresh index for a floating price",
            AdAmountExceeded(..) => "less than this is left of the ad",
            AdAmountTaken => "more than this is taken of the ad already",
            AmountBelowLimit => "the amount is worth less than the least trade",
            LimitsCrossed => "a lower bound is above the upper one",
            PaymentWindowTooLong => {
                "the payment window is longer than one of the payment methods allows"
            }
            ExpiresInPast => "the end is not in the future",
            FiatNotOffered => "no new ads are taken for this currency",
            OwnAd => "nobody takes an ad of their own",
            AlreadyTaken => "a trade of this taker on this ad is open",
            OutsideLimits => "the fiat amount is outside the ad's limits",
            AmountTooSmall => "the amount comes to nothing at this price",
            MethodNotOffered => "the ad does not offer this payment method",
            ConditionNotMet(_) => "the taker does not meet a condition of the ad",
            TooManyAds => "too many ads of this user are open",
            TooManyP2pTrades => "too many P2P trades of this user are open",
            Blocked => "one of the two blocks the other",
            Barred(_) => "the user is barred for the time being, after too many cancels",
            NotAllowed => "this is not yours to do",
            P2pTradeNotFound => "there is no such P2P trade",
            TradeStateForbids(_) => "the trade's state does not allow this",
            TradeStateChanged(_) => "the trade is not in the expected state",
            TradeExpired => "the payment window is over, and the trade has expired",
            TradeFrozen => "an admin has frozen the trade",
            TradeNotFrozen(_) => "the trade is not frozen",
            PaymentNotMarked => "the buyer has not said that the payment was sent",
            ConfirmNotPaidRequired(_) => {
                "the payment was marked as sent; say `not_paid` if it was not"
            }
            CancelAlreadyAsked(_) => "the buyer has been asked already",
            TooManyCancelRequests(_) => "the buyer has been asked three times already",
            NoCancelRequest(_) => "the seller does not ask for a cancel",
            AlreadyExtended => "the payment window was extended already",
            TooManyMessages => "the trade's chat is full",
            DisputeNotFound => "there is no such dispute",
            ReasonDoesNotFit => "the reason is not one for this party",
            StatementTooShort => "a first statement has at least 20 characters",
            AlreadyAnswered => "this party has made its statement",
            DisputeSealed => "there was a verdict; nothing can be added",
            TooManyStatements => "too many statements of this party are in",
            TooMuchEvidence => "too many files of this party are in",
            NotTheOpener => "only the party that opened a dispute withdraws it",
            TooManyWithdrawals => "disputes of this trade were withdrawn twice already",
            DisputeTaken => "the dispute has its arbitrator",
            NotAssigned => "the dispute is another arbitrator's, or nobody's yet",
            NotAnArbitrator => "this user is no arbitrator",
            ConflictOfInterest => {
                "the arbitrator is a party, is blocked with one, or has decided before"
            }
            StatementsMissing(_) => "a party has not been heard, and has time left",
            NotTheLoser => "only who lost appeals",
            AlreadyAppealed => "the dispute was appealed already",
            AlreadyReviewed => "this party has reviewed the trade already",
            ReviewWindowOver => "the trade was completed too long ago to be reviewed",
            PaymentAccountNotFound => "there is no such payment account",
            TooManyPaymentAccounts => "the user has too many payment accounts",
            TooManyContacts => "the list is full",
            NotYourself => "nobody blocks or favours oneself",
        }
    }
}
