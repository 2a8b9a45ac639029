//! What is asked of boards and P2P trades: ads of all kinds, takes, and what their states allow, mixed
//! with what they do not.

use super::{
    random::Random,
    script::{NO_BOARD, NOBODY, Opened, Script},
    *,
};

const STATEMENT: &str = "a statement that is long enough";

/// The price of a board's asset in units of 10^-8, and how many minor units of it are worth 1 USD.
const PRICES: [(i64, i64); 3] =
    [(5_000_000_000_000, 2_000), (300_000_000_000, 33_333), (100_000_000, 1_000_000)];

/// The asset of a board is one of three, in turn.
fn worth(board: BoardId) -> (i64, i64) {
    PRICES[usize::from(board.0) % 3]
}

fn ads(world: &World) -> impl Iterator<Item = &Ad> {
    world.state.p2p.boards().iter().flat_map(|board| board.ads())
}

fn dispute(by_buyer: bool) -> TradeRequest {
    let reason = match by_buyer {
        true => DisputeReason::NotReleased,
        false => DisputeReason::PaymentNotReceived,
    };
    TradeRequest::OpenDispute { reason, statement: STATEMENT.into() }
}

impl Script {
    pub fn contact(&mut self) -> Command {
        let other = self.trader();
        let method = self.random.any(&PaymentMethod::ALL);
        Command::Contact(match self.random.draw(40) {
            0..12 => {
                let details = format!("DE00 {:04}", self.random.draw(10_000));
                ContactRequest::AddAccount { method, holder: "A. Holder".into(), details }
            }
            12..16 => ContactRequest::RemoveAccount { number: self.random.between(1, 30) as u32 },
            16 => ContactRequest::Block(other),
            17..32 => ContactRequest::Unblock(other),
            32..36 => ContactRequest::Favour(other),
            _ => ContactRequest::Unfavour(other),
        })
    }

    fn board(&mut self) -> BoardId {
        match self.random.draw(40) {
            0 => NO_BOARD,
            1..4 => BoardId(self.random.draw(9) as u16),
            4..28 => BoardId(2),
            _ => BoardId(self.random.draw(3) as u16),
        }
    }

    fn pricing(&mut self, board: BoardId) -> Pricing {
        let (price, _) = worth(board);
        let near = |random: &mut Random| P2pPrice(price / 1_000 * random.between(970, 1_030));
        match self.random.draw(10) {
            0 => {
                let bound = |random: &mut Random| random.percent(50).then(|| near(random));
                let (floor, ceiling) = (bound(&mut self.random), bound(&mut self.random));
                Pricing::Floating { margin: -5_000, floor, ceiling }
            }
            1 | 2 => {
                let margin = self.random.between(-30_000, 30_000) as i32;
                Pricing::Floating { margin, floor: None, ceiling: None }
            }
            _ => Pricing::Fixed(near(&mut self.random)),
        }
    }

    fn conditions(&mut self) -> Conditions {
        let random = &mut self.random;
        if random.percent(75) {
            return Conditions::default();
        }
        Conditions {
            min_completed_trades: random.percent(40).then_some(1),
            min_completion_rate: random.percent(30).then_some(Rate(700_000)),
            min_account_age_days: random.percent(40).then_some(2),
            min_rating: random.percent(30).then_some(300),
            first_trade_max_fiat: random.percent(40).then_some(Amount::new(2_000)),
        }
    }

    fn methods(&mut self) -> Vec<PaymentMethod> {
        let mut methods = vec![PaymentMethod::BankTransfer];
        if self.random.percent(30) {
            methods.push(self.random.any(&PaymentMethod::ALL[1..]));
        }
        if self.random.percent(10) {
            methods.remove(0);
        }
        methods
    }

    fn expires_at(&mut self, now: Stamp) -> Option<Stamp> {
        match self.random.draw(20) {
            0 => Some(now),
            1..6 => Some(now.plus_millis(self.random.between(1, 14_400_000))),
            _ => None,
        }
    }

    /// So much of a board's asset: mostly worth some hundred USD, at times next to nothing or very much.
    fn available(&mut self, board: BoardId) -> Amount {
        let (_, unit) = worth(board);
        match self.random.draw(20) {
            0 => Amount::new(self.random.between(1, unit)),
            1 => Amount::new(unit * 1_000_000),
            _ => Amount::new(unit * self.random.between(20, 900)),
        }
    }

    fn terms(&mut self, board: BoardId, now: Stamp) -> AdTerms {
        let pricing = self.pricing(board);
        let max_limit = self.random.any(&[5_000, 50_000, 1_000_000, 100]);
        AdTerms {
            pricing,
            available: self.available(board),
            min_limit: Amount::new(self.random.any(&[100, 100, 500, 1_000])),
            max_limit: Amount::new(max_limit),
            methods: self.methods(),
            payment_window_secs: self.random.any(&[300, 900, 900, 3_600, 21_600]),
            terms: self.random.percent(20).then(|| "be quick".into()),
            conditions: self.conditions(),
            expires_at: self.expires_at(now),
        }
    }

    pub fn publish(&mut self, now: Stamp) -> Command {
        let board = self.board();
        let side = self.random.any(&[Side::Sell, Side::Sell, Side::Buy]);
        Command::PublishAd { board, draft: AdDraft { side, terms: self.terms(board, now) } }
    }

    /// An ad, mostly one with this status.
    fn ad(&mut self, world: &World, status: AdStatus) -> AdId {
        let fits = ads(world).filter(|ad| ad.status == status).map(|ad| ad.id);
        let known = self.random.one(fits).filter(|_| self.random.percent(85));
        let older = known.or_else(|| self.random.one(self.ads.iter().copied()));
        let none = AdId::new(self.random.any(&[NO_BOARD, BoardId(1)]), 1 << 20);
        older.filter(|_| self.random.percent(97)).unwrap_or(none)
    }

    /// Who asks something of an ad: mostly its owner.
    fn owner(&mut self, world: &World, ad: AdId, by: Option<UserId>) -> Option<UserId> {
        let owner = world.state.p2p.ad(ad).map(|ad| ad.owner.id);
        owner.filter(|_| self.random.percent(80)).or(by)
    }

    pub fn edit(
        &mut self,
        world: &World,
        now: Stamp,
        by: Option<UserId>,
    ) -> (Option<UserId>, Command) {
        let ad = self.ad(world, AdStatus::Active);
        let board = ad.board();
        let mut change = AdChange::default();
        match self.random.draw(9) {
            0..4 => change.available = Some(self.available(board)),
            4 => change.pricing = Some(self.pricing(board)),
            5 => change.min_limit = Some(Amount::new(self.random.any(&[100, 2_000, 900_000]))),
            6 => change.expires_at = Some(self.expires_at(now)),
            7 => (change.conditions, change.terms) = (Some(self.conditions()), Some(None)),
            _ => {
                change.methods = Some(self.methods());
                change.payment_window_secs = Some(self.random.any(&[300, 7_200]));
            }
        }
        let seen = world.state.p2p.ad(ad).map(|ad| ad.version);
        let version = self.random.percent(40).then_some(seen).flatten();
        let version = version.map(|version| version + u32::from(self.random.percent(20)));
        (self.owner(world, ad, by), Command::EditAd { ad, change, version })
    }

    /// Something to an ad, mostly to one of this status and by its owner.
    pub fn on_ad(
        &mut self,
        world: &World,
        by: Option<UserId>,
        status: AdStatus,
        command: fn(AdId) -> Command,
    ) -> (Option<UserId>, Command) {
        let ad = self.ad(world, status);
        (self.owner(world, ad, by), command(ad))
    }

    pub fn take(&mut self, world: &World) -> Command {
        let ad = self.ad(world, AdStatus::Active);
        let (price, unit) = worth(ad.board());
        let dollars = self.random.any(&[1, 2, 5, 20, 60]);
        let known = world.state.p2p.ad(ad);
        let limits =
            known.map_or((1, 2), |ad| (ad.terms.min_limit.get(), ad.terms.max_limit.get()));
        let wanted = match self.random.draw(20) {
            _ if self.random.percent(40) => {
                let (least, most) = (limits.0.min(limits.1), limits.1.min(limits.0 * 20));
                TakeSize::Fiat(Amount::new(self.random.between(least, most.max(least))))
            }
            0 => TakeSize::Crypto(Amount::new(self.random.between(1, 3))),
            1 => TakeSize::Fiat(Amount::new(90_000_000)),
            2..8 => {
                TakeSize::Crypto(Amount::new(unit * dollars + self.random.between(0, unit - 1)))
            }
            _ => TakeSize::Fiat(Amount::new(100 * dollars + self.random.between(0, 99))),
        };
        let offered = known.map_or(PaymentMethod::Card, |ad| ad.terms.methods[0]);
        let method = match self.random.percent(93) {
            true => offered,
            false => self.random.any(&PaymentMethod::ALL),
        };
        let expected = P2pPrice(price / 1_000 * self.random.between(980, 1_020));
        let expected = self.random.percent(30).then_some((expected, Rate(20_000)));
        let version = known.map(|ad| ad.version + u32::from(self.random.percent(15)));
        let version = version.filter(|_| self.random.percent(40));
        Command::TakeAd(Take { ad, wanted, method, expected, version })
    }

    pub fn review(&mut self, user: UserId) -> (Option<UserId>, Command) {
        let known = self.random.one(self.trades.iter().copied());
        let none = P2pTradeId::new(self.random.any(&[NO_BOARD, BoardId(2)]), 1 << 20);
        let trade = known.filter(|_| self.random.percent(97)).map_or(none, |known| known.id);
        let party = known.map_or(user, |known| self.random.any(&[known.buyer, known.seller]));
        let by = if self.random.percent(90) { party } else { user };
        let comment = self.random.percent(40).then(|| "as it should be".into());
        let rating = self.random.between(1, 5) as u8;
        (Some(by), Command::Review { trade, rating, comment })
    }

    /// Something to a P2P trade: mostly an open one, by whom and as its state wants it.
    pub fn trade(&mut self, world: &World) -> (Option<UserId>, Command) {
        let open = self.random.one(world.state.p2p.trades()).filter(|_| self.random.percent(90));
        let Some(trade) = open else { return self.ended(world) };
        let (by, ask) = match self.random.percent(75) {
            true => self.sensible(world, trade),
            false => {
                let opened =
                    Opened { id: trade.id, buyer: trade.buyer.id, seller: trade.seller.id };
                (self.anyone(opened), self.anything(world))
            }
        };
        let dispute = match self.random.draw(10) {
            0..2 => trade.dispute.as_ref().map(|dispute| dispute.id),
            2 if trade.dispute.is_some() || self.random.percent(20) => {
                Some(trade.id.dispute(self.random.draw(3) as u8))
            }
            _ => None,
        };
        let state = trade.state;
        let expected = match self.random.draw(20) {
            0 => Some(self.random.any(&TradeState::ALL)),
            1..4 => Some(state),
            _ => None,
        };
        (Some(by), Command::P2pTrade { trade: trade.id, dispute, expected, ask })
    }

    fn ended(&mut self, world: &World) -> (Option<UserId>, Command) {
        let none = P2pTradeId::new(BoardId(2), 1 << 20);
        let opened = self.random.one(self.trades.iter().copied());
        let opened = opened.filter(|_| self.random.percent(95));
        let opened = opened.unwrap_or(Opened { id: none, buyer: NOBODY, seller: NOBODY });
        let dispute = self.random.percent(10).then(|| opened.id.dispute(0));
        let (by, ask) = (self.anyone(opened), self.anything(world));
        (Some(by), Command::P2pTrade { trade: opened.id, dispute, expected: None, ask })
    }

    fn anyone(&mut self, trade: Opened) -> UserId {
        match self.random.draw(10) {
            0..4 => trade.buyer,
            4..8 => trade.seller,
            8 => self.officer(),
            _ => self.trader(),
        }
    }

    /// What brings a trade on.
    fn sensible(&mut self, world: &World, trade: &P2pTrade) -> (UserId, TradeRequest) {
        use TradeState::*;
        let (buyer, seller) = (trade.buyer.id, trade.seller.id);
        let party = self.random.any(&[buyer, seller]);
        if trade.frozen.is_some() && self.random.percent(60) {
            return (self.admin(), TradeRequest::Unfreeze { reason: "all is well".into() });
        }
        match (trade.state, self.random.draw(16)) {
            (_, 0) => (party, TradeRequest::Write { text: "hello".into() }),
            (_, 1) if self.random.percent(30) => {
                (self.admin(), TradeRequest::Freeze { reason: "a hint".into() })
            }
            (_, 2 | 3) if trade.seller_asks_cancel => (buyer, TradeRequest::AcceptCancel),
            (_, 4 | 5) if trade.seller_asks_cancel => (buyer, TradeRequest::RejectCancel),
            (Pending, 2 | 3) => (seller, TradeRequest::Extend),
            (Pending, 4) => (buyer, TradeRequest::Cancel { not_paid: false }),
            (Pending | PaymentSent | ReleaseOverdue, 6 | 7) => {
                (seller, TradeRequest::Cancel { not_paid: false })
            }
            (Pending, _) => (buyer, TradeRequest::MarkSent),
            (PaymentSent | ReleaseOverdue, 5) => {
                (buyer, TradeRequest::Cancel { not_paid: self.random.percent(70) })
            }
            (PaymentSent, 8..11) => (seller, dispute(false)),
            (ReleaseOverdue, 8) => (seller, dispute(false)),
            (ReleaseOverdue, 9..13) => (buyer, dispute(true)),
            (PaymentSent | ReleaseOverdue, _) => (seller, TradeRequest::Confirm),
            (VerdictPending, 2..5) => (party, TradeRequest::Appeal { reason: None }),
            (VerdictPending, 5) => (buyer, TradeRequest::Concede),
            (VerdictPending, _) => (party, TradeRequest::Write { text: "I see".into() }),
            _ => self.in_dispute(world, trade),
        }
    }

    fn in_dispute(&mut self, world: &World, trade: &P2pTrade) -> (UserId, TradeRequest) {
        let (buyer, seller) = (trade.buyer.id, trade.seller.id);
        let party = self.random.any(&[buyer, seller]);
        let open = trade.dispute.as_ref().unwrap();
        let silent = [buyer, seller].into_iter().find(|party| !open.has_answered(*party));
        let judge = open.arbitrator.as_ref().map(|person| person.id);
        match (self.random.draw(30), silent, judge) {
            (0..6, Some(silent), _) => {
                (silent, TradeRequest::AddStatement { text: STATEMENT.into() })
            }
            (6, Some(silent), _) => (silent, dispute(silent == buyer)),
            (0 | 1, None, _) => (party, TradeRequest::AddStatement { text: "one more".into() }),
            (7..9, ..) => (party, self.evidence()),
            (9 | 27, ..) => (open.opened_by.unwrap_or(party), TradeRequest::Withdraw),
            (10, ..) => (buyer, TradeRequest::Concede),
            (11, ..) => (seller, TradeRequest::Confirm),
            (12, _, Some(judge)) => (judge, TradeRequest::Write { text: "I look into it".into() }),
            (13..16, _, Some(judge)) => {
                (self.random.any(&[judge, self.admin()]), self.reassign(world))
            }
            (16..18, ..) => (self.admin(), self.reassign(world)),
            (18..27, _, Some(judge)) => (judge, self.verdict()),
            _ => (self.officer(), TradeRequest::TakeDispute),
        }
    }

    fn evidence(&mut self) -> TradeRequest {
        let hash = [self.random.draw(40) as u8; 32];
        TradeRequest::AddEvidence { hash, media: Media::Png, bytes: 11 }
    }

    fn verdict(&mut self) -> TradeRequest {
        let buyer_percent = self.random.between(1, 99) as u8;
        let split = VerdictOutcome::Split { buyer_percent };
        let outcome = self.random.any(&[VerdictOutcome::Buyer, VerdictOutcome::Seller, split]);
        let reason = "what both of them said".into();
        TradeRequest::GiveVerdict { outcome, reason, fraud: self.random.percent(20) }
    }

    fn reassign(&mut self, world: &World) -> TradeRequest {
        let to = if self.random.percent(85) { self.officer() } else { self.trader() };
        let user = world.state.accounts.user(to).unwrap();
        let person = Person { id: to, name: user.username.clone() };
        let is_blocked = self.random.percent(5);
        TradeRequest::Reassign { to: Arbiter { person, role: user.role, is_blocked } }
    }

    /// Whatever comes to mind.
    fn anything(&mut self, world: &World) -> TradeRequest {
        let text = self.random.any(&[STATEMENT, "short"]);
        match self.random.draw(18) {
            0 => TradeRequest::MarkSent,
            1 => TradeRequest::Cancel { not_paid: self.random.percent(50) },
            2 => TradeRequest::AcceptCancel,
            3 => TradeRequest::RejectCancel,
            4 => TradeRequest::Extend,
            5 => TradeRequest::Confirm,
            6 => TradeRequest::OpenDispute {
                reason: self.random.any(&DisputeReason::ALL),
                statement: text.into(),
            },
            7 => TradeRequest::AddStatement { text: text.into() },
            8 => self.evidence(),
            9 => TradeRequest::Withdraw,
            10 => TradeRequest::TakeDispute,
            11 => self.reassign(world),
            12 => self.verdict(),
            13 => TradeRequest::Appeal { reason: Some(text.into()) },
            14 => TradeRequest::Concede,
            15 => TradeRequest::Write { text: text.into() },
            16 => TradeRequest::Freeze { reason: text.into() },
            _ => TradeRequest::Unfreeze { reason: text.into() },
        }
    }
}
