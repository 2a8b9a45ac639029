//! Deciders that need each other: what goes back to an ad is decided by a trade and written down by its
//! board.

use super::core::Core;
use crate::domain::{
    account::Role,
    command::{ClockMove, Command},
    decide::Reply,
    fact::Body,
    id::{AdId, BoardId, P2pTradeId, UserId},
    money::{Amount, Asset, P2pPrice},
    order::Side,
    p2p::{
        ad::{AdDraft, AdTerms, Conditions, Pricing},
        board::{Take, TakeSize},
        fiat::{Fiat, PaymentMethod},
        trade::TradeState,
        trade_request::TradeRequest,
    },
    rejection::Rejection,
};

const BOARD: BoardId = BoardId(0);

struct Market {
    core: Core,
    seller: UserId,
    buyer: UserId,
}

impl Market {
    fn open() -> Market {
        let mut core = Core::new(&[]);
        let fiat = Fiat::from_code("USD").unwrap();
        core.settings_say(Body::BoardListed { board: BOARD, asset: Asset::Usdt, fiat });
        let seller = core.register("seller", Role::User, true);
        let buyer = core.register("buyer", Role::User, true);
        Market { core, seller, buyer }
    }

    /// A durable command, and what was said.
    fn does(&mut self, by: UserId, command: Command) -> Reply {
        let request = self.core.ask(Some(by), command);
        self.core.come_to_rest();
        self.core.reply(request)
    }

    fn ad(&mut self, side: Side) -> AdId {
        let terms = AdTerms {
            pricing: Pricing::Fixed(P2pPrice(100_000_000)),
            available: Amount::new(1_000_000_000),
            min_limit: Amount::new(100),
            max_limit: Amount::new(100_000_000),
            methods: vec![PaymentMethod::BankTransfer],
            payment_window_secs: 900,
            terms: None,
            conditions: Conditions::default(),
            expires_at: None,
        };
        let command = Command::PublishAd { board: BOARD, draft: AdDraft { side, terms } };
        assert_eq!(self.does(self.seller, command), Reply::Done);
        self.core.boards[0].1.ads().last().unwrap().id
    }

    fn take(&mut self, ad: AdId) -> Reply {
        let (wanted, method) = (TakeSize::Fiat(Amount::new(10_000)), PaymentMethod::BankTransfer);
        let take = Take { ad, wanted, method, expected: None, version: None };
        self.does(self.buyer, Command::TakeAd(take))
    }

    fn opened(&mut self, ad: AdId) -> P2pTradeId {
        assert_eq!(self.take(ad), Reply::Done);
        *self.core.trades.keys().last().unwrap()
    }

    fn available(&self, user: UserId) -> i64 {
        self.core.world.state.wallet(user).unwrap().balance(Asset::Usdt).available.get()
    }
}

fn to_trade(trade: P2pTradeId, ask: TradeRequest) -> Command {
    Command::P2pTrade { trade, dispute: None, expected: None, ask }
}

#[test]
fn a_trade_that_gives_back_keeps_its_commands_until_the_board_has_written_it_down() {
    let mut market = Market::open();
    let ad = market.ad(Side::Sell);
    let trade = market.opened(ad);
    let (seller, buyer) = (market.seller, market.buyer);
    let cancel = to_trade(trade, TradeRequest::Cancel { not_paid: false });
    let cancel = market.core.ask(Some(buyer), cancel);
    let closing = market.core.ask(Some(seller), Command::CloseAd(ad));
    let late = market.core.ask(Some(seller), to_trade(trade, TradeRequest::Confirm));
    // Nothing has been said to the last: its trade waits for the board's fact to be durable.
    assert_eq!(market.core.journal.len(), 2);
    market.core.commit(usize::MAX);
    assert_eq!(
        market.core.refusal(late),
        Some(Rejection::TradeStateForbids(TradeState::Cancelled))
    );
    assert_eq!(market.core.reply(cancel), Reply::Done);
    assert_eq!(market.core.reply(closing), Reply::Done);
    assert_eq!(market.available(seller), 5_000_000_000);
    // From now on history answers, in the same words.
    let later = to_trade(trade, TradeRequest::Confirm);
    let refused = Reply::Refused(Rejection::TradeStateForbids(TradeState::Cancelled));
    assert_eq!(market.does(seller, later), refused);
}

#[test]
fn a_refused_take_of_an_ad_that_buys_frees_what_its_taker_held_once() {
    let mut market = Market::open();
    let ad = market.ad(Side::Buy);
    assert_eq!(market.does(market.seller, Command::PauseAd(ad)), Reply::Done);
    assert!(matches!(market.take(ad), Reply::Refused(Rejection::AdStatusForbids(_))));
    let (flight, own) = &market.core.wallets[1];
    assert_eq!(flight.spendable(own, Asset::Usdt), Amount::new(5_000_000_000));
    assert_eq!(market.does(market.seller, Command::ResumeAd(ad)), Reply::Done);
    assert_eq!(market.take(ad), Reply::Done);
    assert_eq!(market.available(market.buyer), 4_900_000_000);
}

#[test]
fn the_clock_ends_a_trade_that_nobody_pays_and_its_command_comes_too_late() {
    let mut market = Market::open();
    let ad = market.ad(Side::Sell);
    let trade = market.opened(ad);
    let admin = market.core.register("admin", Role::Admin, false);
    let move_on = Command::MoveClock(ClockMove::AdvanceMillis(900_000));
    assert_eq!(market.does(admin, move_on), Reply::Done);
    assert!(market.core.trades.is_empty());
    let paid = to_trade(trade, TradeRequest::MarkSent);
    assert_eq!(market.does(market.buyer, paid), Reply::Refused(Rejection::TradeExpired));
    assert_eq!(market.core.boards[0].1.ad(ad).unwrap().remaining, Amount::new(1_000_000_000));
}
