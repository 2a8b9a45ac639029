//! Where a command goes first, and what is said where nobody is there.

use super::{
    DecisionContext, Entry, Letter, Reads, ReplyTo,
    accounts::AccountsMessage,
    board::{BoardCommand, BoardMessage, BoardRequest},
    deadline::{DeadlineMessage, Entity},
    trade::{TradeCommand, TradeMessage},
    wallet::WalletMessage,
};
use crate::domain::{
    command::Command,
    id::BoardId,
    order::Side,
    p2p::{board::Take, context},
    rejection::Rejection,
};

/// The first letter of a command's way.
pub fn route<R: ReplyTo>(reads: &impl Reads, command: Command, to: R) -> Letter<R> {
    match command {
        Command::Register(_)
        | Command::ChangeProfile { .. }
        | Command::ChangePassword { .. }
        | Command::LogOut
        | Command::SetRole { .. }
        | Command::SetFrozen { .. }
        | Command::Contact(_)
        | Command::ReadNotifications { .. } => Letter::Accounts(AccountsMessage(to, command)),
        Command::MoveClock(asked) => Letter::Deadlines(DeadlineMessage::MoveClock(to, asked)),
        Command::Deposit { to: user, .. } => {
            Letter::Wallet(user, WalletMessage::Command(to, command))
        }
        Command::PauseAd(ad) => to_board(ad.board(), BoardRequest::Pause(ad), to),
        Command::ResumeAd(ad) => to_board(ad.board(), BoardRequest::Resume(ad), to),
        Command::CloseAd(ad) => to_board(ad.board(), BoardRequest::Close(ad), to),
        // What a SELL ad sells is in its reserve: its taker holds nothing back.
        Command::TakeAd(take) if !buys(reads, &take) => {
            to_board(take.ad.board(), BoardRequest::Take(take), to)
        }
        Command::Review { trade, rating, comment } => {
            to_board(trade.board(), BoardRequest::Review { trade, rating, comment }, to)
        }
        Command::P2pTrade { trade, dispute, expected, ask } => match to.cause().by {
            Some(by) => {
                let command = TradeCommand { by, to, dispute, expected, ask };
                Letter::P2pTrade(trade, TradeMessage::Command(command))
            }
            None => stranger(to),
        },
        Command::Withdraw { .. }
        | Command::Place { .. }
        | Command::PlaceMany(_)
        | Command::Test { .. }
        | Command::Amend { .. }
        | Command::Cancel(_)
        | Command::CancelAll { .. }
        | Command::ArmSwitch { .. }
        | Command::PublishAd { .. }
        | Command::EditAd { .. }
        | Command::TakeAd(_) => match to.cause().by {
            Some(user) => Letter::Wallet(user, WalletMessage::Command(to, command)),
            None => stranger(to),
        },
    }
}

fn to_board<R: ReplyTo>(board: BoardId, ask: BoardRequest, to: R) -> Letter<R> {
    match to.cause().by {
        Some(user) => {
            let command = BoardCommand { user, to, hold: None, ask };
            Letter::Board(board, BoardMessage::Command(Box::new(command)))
        }
        None => stranger(to),
    }
}

fn stranger<R: ReplyTo>(to: R) -> Letter<R> {
    Letter::Journal(Entry::refusal(to, Rejection::UserNotFound))
}

fn buys(reads: &impl Reads, take: &Take) -> bool {
    reads.world(|world| world.state.p2p.ad(take.ad).is_some_and(|ad| ad.side == Side::Buy))
}

/// What becomes of a letter whose addressee is not there: commands are refused, and knocks had nothing
/// due. `None` for any other: there is nobody whom it could be meant for, which is a bug.
pub fn undelivered<R: ReplyTo, V: Reads>(
    letter: Letter<R>,
    context: &DecisionContext<'_, V>,
) -> Option<Letter<R>> {
    let not_due =
        |entity, epoch| Letter::Deadlines(DeadlineMessage::NotDue { entity, epoch, again: None });
    match letter {
        Letter::Wallet(_, WalletMessage::Command(to, _)) => Some(stranger(to)),
        Letter::Wallet(user, WalletMessage::SwitchDue { epoch }) => {
            Some(not_due(Entity::Switch(user), epoch))
        }
        Letter::Board(_, BoardMessage::Command(command)) => {
            let rejection = match command.ask {
                BoardRequest::Review { .. } => Rejection::P2pTradeNotFound,
                _ => Rejection::AdNotFound,
            };
            Some(Letter::Journal(Entry::refusal(command.to, rejection)))
        }
        Letter::Board(_, BoardMessage::AdDue { ad, epoch }) => Some(not_due(Entity::Ad(ad), epoch)),
        // A trade that is not open any more refuses everything, as it would itself.
        Letter::P2pTrade(id, TradeMessage::Command(command)) => {
            let TradeCommand { by, to, dispute, expected, ask } = command;
            let refused = context.reads.world(|world| {
                context::refusal_of_ended(
                    world,
                    context.now,
                    context.p2p,
                    id,
                    by,
                    dispute,
                    expected,
                    ask,
                )
            });
            Some(Letter::Journal(Entry::refusal(to, refused)))
        }
        Letter::P2pTrade(trade, TradeMessage::Due { epoch }) => {
            Some(not_due(Entity::P2pTrade(trade), epoch))
        }
        _ => None,
    }
}
