//! Why a command was understood but not done. Each rejection has a stable code for clients.

use super::order::Status;

/// A rule that was broken, or a state that does not allow the command. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    OrderNotOpen(Status),
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
}

impl Rejection {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        use Rejection::*;
        match self {
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
        }
    }

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
        }
    }
}
