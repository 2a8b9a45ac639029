//! A P2P market for tests: a few users, one board (USDT for USD), a clock that is moved by hand.
//!
//! It decides as the actors do, over a board and trades of its own, and folds every fact into a state
//! besides; after each the two must agree, and the state must balance.

use std::{collections::BTreeMap, rc::Rc};

use crate::domain::{
    account::{Register, Role},
    fact::{Body, Cause, Fact},
    id::{AdId, BoardId, P2pTradeId, Stamp, UserId},
    money::{Amount, Asset, P2pPrice, Rate},
    order::Side,
    p2p::{
        Rules,
        ad::{Ad, AdChange, AdDraft, AdFact, AdTerms, Conditions, Person, Pricing},
        board::{AdContext, Board, Take, TakeSize, TakerProfile},
        contact::ContactRequest,
        context,
        decide::{Decision, decide, due},
        dispute::{DisputeReason, VerdictOutcome},
        fiat::{Fiat, PaymentMethod},
        machine::Action,
        step::{DecidedTrade, Settlement},
        trade::{P2pTrade, P2pTradeFact, ReviewFact, TradeState},
        trade_request::{Arbiter, Requester, TradeRequest},
    },
    rejection::Rejection,
    state::State,
    wallet::Balance,
};

/// Sells.
pub const S: UserId = UserId(1);
/// Buys.
pub const B: UserId = UserId(2);
/// Arbitrates.
pub const A: UserId = UserId(3);
/// Arbitrates too.
pub const A2: UserId = UserId(4);
/// Has nothing to do with it.
pub const X: UserId = UserId(5);
pub const ADMIN: UserId = UserId(6);
const CAST: [(&str, Role); 6] = [
    ("seller", Role::User),
    ("buyer", Role::User),
    ("arbitrator", Role::Arbitrator),
    ("arbitrator_2", Role::Arbitrator),
    ("stranger", Role::User),
    ("admin", Role::Admin),
];

/// The beginning of a UTC day.
pub const START: Stamp = Stamp(20_000 * DAY);
pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

pub fn usdt(text: &str) -> Amount {
    Asset::Usdt.parse(text).unwrap()
}

pub fn usd(text: &str) -> Amount {
    fiat().parse(text).unwrap()
}

pub fn price(text: &str) -> P2pPrice {
    P2pPrice::parse(text).unwrap()
}

pub fn fiat() -> Fiat {
    Fiat::from_code("USD").unwrap()
}

/// 1,000 USDT at 1.02 USD, 50 to 500 USD, 900 s to pay.
pub fn terms() -> AdTerms {
    AdTerms {
        pricing: Pricing::Fixed(price("1.02")),
        available: usdt("1000"),
        min_limit: usd("50"),
        max_limit: usd("500"),
        methods: vec![PaymentMethod::BankTransfer],
        payment_window_secs: 900,
        terms: None,
        conditions: Conditions::default(),
        expires_at: None,
    }
}

/// A take of so much fiat, of somebody who looks at nothing else.
pub fn take_of(ad: AdId, text: &str) -> Take {
    Take {
        ad,
        wanted: TakeSize::Fiat(usd(text)),
        method: PaymentMethod::BankTransfer,
        expected: None,
        version: None,
    }
}

/// A statement of twenty characters.
pub const STATEMENT: &str = "12345678901234567890";

pub fn dispute_for(buyer: bool) -> TradeRequest {
    let reason = if buyer { DisputeReason::NotReleased } else { DisputeReason::PaymentNotReceived };
    TradeRequest::OpenDispute { reason, statement: STATEMENT.into() }
}

pub fn verdict(outcome: VerdictOutcome) -> TradeRequest {
    TradeRequest::GiveVerdict { outcome, reason: "as the papers show".into(), fraud: false }
}

pub fn cancel() -> TradeRequest {
    TradeRequest::Cancel { not_paid: false }
}

/// The fact of a decision, as the trade's actor or the board's writes it down.
pub fn settle(board: &Board, decided: DecidedTrade) -> P2pTradeFact {
    match decided.settlement {
        Settlement::Refund { .. } => board.refund(decided),
        Settlement::Open | Settlement::Release => decided.into_fact(&[ADMIN]),
    }
}

/// The stable code of a refusal.
pub fn refused<T>(answer: Result<T, Rejection>) -> &'static str {
    answer.err().map_or("accepted", |rejection| rejection.code())
}

#[derive(Clone)]
pub struct Market {
    /// Follows by facts alone.
    pub state: State,
    pub board: Board,
    /// As their actors know them, those that have ended too.
    pub trades: BTreeMap<P2pTradeId, P2pTrade>,
    pub rules: Rules,
    pub now: Stamp,
    /// What floating prices stand on.
    pub index: Option<P2pPrice>,
    facts: Vec<Rc<Fact>>,
}

impl Market {
    /// The cast with the usual grants (5,000 USDT each), and an empty board.
    pub fn new() -> Market {
        let board = Board::new(BoardId(0), Asset::Usdt, fiat());
        let mut market = Market {
            state: State::default(),
            board,
            trades: BTreeMap::new(),
            rules: Rules::default(),
            now: START,
            index: None,
            facts: Vec::new(),
        };
        for (name, role) in CAST {
            market.register(name, role);
        }
        market.fold(Body::BoardListed { board: BoardId(0), asset: Asset::Usdt, fiat: fiat() });
        market
    }

    /// The same with fees.
    pub fn with_fees(maker: Rate, taker: Rate) -> Market {
        let mut market = Market::new();
        market.rules.maker_fee = maker;
        market.rules.taker_fee = taker;
        market
    }

    pub fn register(&mut self, name: &str, role: Role) -> UserId {
        let asked = Register {
            username: name.into(),
            email: format!("{name}@example.org"),
            full_name: None,
            password_hash: String::new(),
            role,
            granted: true,
        };
        self.fold(self.state.accounts.register(asked, self.now).unwrap());
        UserId(self.state.accounts.all().len() as u64)
    }

    /// Makes a body a fact.
    pub fn fold(&mut self, body: Body) {
        let fact = Fact { stamp: self.now, cause: Cause::default(), body };
        self.state.apply(self.state.through.next(), &fact);
        self.board.apply(&fact);
        match &fact.body {
            Body::P2pTrade(own) => {
                assert!(own.transaction.balances());
                self.trades.insert(own.trade.id, own.trade.clone());
            }
            Body::P2pAd(own) => assert!(own.transaction.balances()),
            Body::P2pMessage(message) => {
                self.trades.get_mut(&message.trade).unwrap().messages = message.number;
            }
            Body::DowntimeShifted { since, millis } => {
                self.trades.values_mut().for_each(|trade| trade.shift(*since, *millis));
                // As at every start, actors begin with what was folded.
                self.board = self.state.p2p.board(BoardId(0)).unwrap().clone();
            }
            _ => {}
        }
        self.facts.push(Rc::new(fact));
    }

    /// All that happened.
    pub fn facts(&self) -> Vec<Fact> {
        self.facts.iter().map(|fact| fact.as_ref().clone()).collect()
    }

    /// A second state, folded from the same facts.
    pub fn replayed(&self) -> State {
        let mut state = State::default();
        self.facts.iter().for_each(|fact| state.apply(state.through.next(), fact));
        state
    }

    /// What must hold at every sequence.
    pub fn check(&self) {
        assert!(self.state.is_balanced());
        let followed = self.state.p2p.board(BoardId(0)).unwrap();
        assert_eq!(followed.digest(), self.board.digest());
        let open = self.trades.values().filter(|trade| trade.state.is_open());
        assert!(self.state.p2p.trades().eq(open));
    }

    pub fn person(&self, user: UserId) -> Person {
        context::person(&self.state, user).unwrap()
    }

    pub fn balance(&self, user: UserId) -> &Balance {
        self.state.wallet(user).unwrap().balance(Asset::Usdt)
    }

    /// USDT of a user: available, in ads, in trades.
    pub fn usdt_of(&self, user: UserId) -> [String; 3] {
        let Balance { available, in_ads, in_trades, .. } = *self.balance(user);
        [available, in_ads, in_trades].map(|amount| Asset::Usdt.print(amount))
    }

    pub fn house(&self) -> String {
        Asset::Usdt.print(self.state.ledger.house[Asset::Usdt])
    }

    /// What a decision about an ad of `owner` looks at.
    pub fn seen(&self, owner: UserId) -> AdContext<'_> {
        let owner = context::stands(&self.state, owner, self.now);
        AdContext { now: self.now, index: self.index, owner, rules: &self.rules }
    }

    pub fn ad(&self, id: AdId) -> &Ad {
        self.board.ad(id).unwrap()
    }

    pub fn remaining(&self, id: AdId) -> String {
        Asset::Usdt.print(self.ad(id).remaining)
    }

    /// Why an ad is hidden now.
    pub fn hidden(&self, id: AdId) -> Option<&'static str> {
        let ad = self.ad(id);
        let seen = self.seen(ad.owner.id);
        let hidden = ad.hidden(ad.terms.pricing.effective(seen.index), seen.owner);
        hidden.map(|hidden| hidden.code())
    }

    fn fold_ad(&mut self, fact: AdFact) -> AdId {
        let id = fact.ad.id;
        self.fold(Body::P2pAd(Box::new(fact)));
        self.check();
        id
    }

    fn fold_trade(&mut self, fact: P2pTradeFact) -> P2pTradeId {
        let id = fact.trade.id;
        self.fold(Body::P2pTrade(Box::new(fact)));
        self.check();
        id
    }

    pub fn publish(
        &mut self,
        owner: UserId,
        side: Side,
        terms: AdTerms,
    ) -> Result<AdId, Rejection> {
        let budget = self.balance(owner).available;
        let (person, seen) = (self.person(owner), self.seen(owner));
        let fact = self.board.publish(person, AdDraft { side, terms }, budget, seen)?;
        Ok(self.fold_ad(fact))
    }

    /// AD1 of the scenarios: S sells [`terms`].
    pub fn ad1(&mut self) -> AdId {
        self.publish(S, Side::Sell, terms()).unwrap()
    }

    pub fn edit(&mut self, owner: UserId, ad: AdId, change: AdChange) -> Result<(), Rejection> {
        let budget = self.balance(owner).available;
        let fact = self.board.edit(owner, ad, change, None, budget, self.seen(owner))?;
        self.fold_ad(fact);
        Ok(())
    }

    pub fn pause(&mut self, owner: UserId, ad: AdId, pause: bool) -> Result<(), Rejection> {
        let fact = self.board.pause(owner, ad, pause, self.seen(owner))?;
        self.fold_ad(fact);
        Ok(())
    }

    pub fn close(&mut self, owner: UserId, ad: AdId) -> Result<(), Rejection> {
        let fact = self.board.close(owner, ad, self.seen(owner))?;
        self.fold_ad(fact);
        Ok(())
    }

    pub fn take(&mut self, user: UserId, take: &Take) -> Result<P2pTradeId, Rejection> {
        self.tick();
        let ad = self.board.ad(take.ad).ok_or(Rejection::AdNotFound)?;
        let budget = match ad.side {
            Side::Sell => 0,
            Side::Buy => (self.board.take_purse(take, self.index)?).get(),
        };
        if budget > self.balance(user).available.get() {
            return Err(Rejection::InsufficientFunds);
        }
        let fact = self.board.take(
            &self.taker(user, take)?,
            take,
            Amount::new(budget),
            self.seen(ad.owner.id),
        )?;
        Ok(self.fold_trade(fact))
    }

    /// Who takes an ad, as its board sees the user.
    pub fn taker(&self, user: UserId, take: &Take) -> Result<TakerProfile<'_>, Rejection> {
        context::taker(&self.state, &self.board, user, take)
    }

    /// TR1 of the scenarios: B takes 500 USD of AD1.
    pub fn tr1(&mut self) -> P2pTradeId {
        let ad = self.ad1();
        self.take(B, &take_of(ad, "500")).unwrap()
    }

    pub fn trade(&self, id: P2pTradeId) -> &P2pTrade {
        &self.trades[&id]
    }

    pub fn state_of(&self, id: P2pTradeId) -> TradeState {
        self.trade(id).state
    }

    pub fn asker(&self, by: UserId, trade: &P2pTrade) -> Requester {
        context::asker(&self.state, by, trade).unwrap()
    }

    pub fn arbiter(&self, user: UserId) -> Arbiter {
        let role = self.state.accounts.user(user).unwrap().role;
        Arbiter { person: self.person(user), role, is_blocked: false }
    }

    /// A command to a trade, after what was due.
    pub fn ask(&mut self, by: UserId, id: P2pTradeId, ask: TradeRequest) -> Result<(), Rejection> {
        self.tick();
        let trade = &self.trades[&id];
        let asker = self.asker(by, trade);
        match decide(trade, &asker, ask, None, &self.rules, self.now)? {
            Decision::Step(decided) => drop(self.carry_out(*decided)),
            Decision::Message(message) => self.fold(Body::P2pMessage(message)),
            Decision::Nothing => {}
        }
        Ok(())
    }

    /// The same, where it must be accepted.
    pub fn does(&mut self, by: UserId, id: P2pTradeId, ask: TradeRequest) {
        self.ask(by, id, ask).unwrap();
    }

    fn carry_out(&mut self, decided: DecidedTrade) -> P2pTradeId {
        self.fold_trade(settle(&self.board, decided))
    }

    /// Lets the clock do what is due, in the order of deadlines; gives what it did.
    pub fn tick(&mut self) -> Vec<Action> {
        while let Some(fact) = self.board.due(self.seen(S)) {
            self.fold_ad(fact);
        }
        let mut done = Vec::new();
        loop {
            let first = self.trades.values().filter_map(|t| Some((t.runs_out()?, t.id))).min();
            let decided = first.and_then(|(_, id)| due(&self.trades[&id], &self.rules, self.now));
            let Some(decided) = decided else { return done };
            done.push(decided.action);
            self.carry_out(decided);
        }
    }

    /// Moves the clock without letting it act.
    pub fn pass(&mut self, millis: i64) {
        self.now = self.now.plus_millis(millis);
    }

    /// A trade over `ad` from its opening to its completion.
    pub fn completes(&mut self, taker: UserId, ad: AdId, text: &str) -> P2pTradeId {
        let id = self.take(taker, &take_of(ad, text)).unwrap();
        let P2pTrade { buyer, seller, .. } = self.trade(id).clone();
        self.does(buyer.id, id, TradeRequest::MarkSent);
        self.does(seller.id, id, TradeRequest::Confirm);
        id
    }

    /// A trade over `ad` that its buyer cancels after the grace.
    pub fn faults(&mut self, taker: UserId, ad: AdId) -> Result<(), Rejection> {
        let id = self.take(taker, &take_of(ad, "50"))?;
        self.pass(120 * SECOND);
        let buyer = self.trade(id).buyer.id;
        self.ask(buyer, id, cancel())
    }

    pub fn review(&mut self, by: UserId, trade: P2pTradeId, rating: u8) -> Result<(), Rejection> {
        let reviewed = self.board.review(trade, by, self.now)?.expect("it can be reviewed");
        let (reviewer, reviewed) = (self.person(by), self.person(reviewed));
        self.fold(Body::Reviewed(ReviewFact { trade, reviewer, reviewed, rating, comment: None }));
        self.check();
        Ok(())
    }

    pub fn contact(&mut self, user: UserId, asked: ContactRequest) {
        self.fold(self.state.p2p.contacts.decide(user, asked, self.now).unwrap());
    }
}
