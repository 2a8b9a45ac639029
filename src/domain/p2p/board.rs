//! A board of ads: all ads for one asset against one fiat currency. It serialises takes, so no two
//! takers get the same coins, and it decides where a refund goes, so none is lost to a closed ad.

#![deny(clippy::wildcard_enum_match_arm)]

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Rules,
    ad::{
        Ad, AdAction, AdChange, AdDraft, AdFact, AdStatus, AdTerms, Condition, Conditions,
        OwnerState, Person,
    },
    contact::PaymentAccount,
    decide::people,
    fiat::{FIAT_MAX, Fiat, PaymentMethod},
    machine::{Action, Party},
    reputation::{Record, Reputation},
    step::{DecidedTrade, Settlement},
    trade::{AdRemaining, P2pTrade, P2pTradeFact, TradeState},
};
use crate::domain::{
    digest::Digest,
    fact::{Body, Fact},
    id::{AdId, BoardId, P2pTradeId, Stamp, UserId},
    ledger::{Account, PostingCause, Transaction},
    money::{Amount, Asset, P2pPrice, Rate},
    order::Side,
    rejection::Rejection,
};

/// A completed trade that may still be reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Reviewable {
    pub buyer: UserId,
    pub seller: UserId,
    pub until: Stamp,
    pub by_buyer: bool,
    pub by_seller: bool,
}

/// One board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Board {
    pub id: BoardId,
    pub asset: Asset,
    pub fiat: Fiat,
    /// Those that are not closed.
    ads: BTreeMap<AdId, Ad>,
    /// The same by owner.
    owned: BTreeSet<(UserId, AdId)>,
    /// When each of those that have an end ends.
    ends: BTreeSet<(Stamp, AdId)>,
    ads_made: u64,
    trades_made: u64,
    /// Who has an open trade on which ad.
    takers: BTreeMap<(AdId, UserId), P2pTradeId>,
    /// How many open trades each taker has here.
    taking: BTreeMap<UserId, u32>,
    reviewable: BTreeMap<P2pTradeId, Reviewable>,
    /// When each of those ends.
    review_ends: BTreeSet<(Stamp, P2pTradeId)>,
}

/// What a decision about an ad looks at outside the board.
#[derive(Clone, Copy, Debug)]
pub struct AdContext<'a> {
    /// Now.
    pub now: Stamp,
    /// What floating prices stand on, if it is fresh.
    pub index: Option<P2pPrice>,
    /// What there is against the ad's owner.
    pub owner: OwnerState,
    /// What settings say.
    pub rules: &'a Rules,
}

/// How much a taker wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum TakeSize {
    Fiat(Amount),
    Crypto(Amount),
}

/// A take that is asked for; syntax was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Take {
    pub ad: AdId,
    pub wanted: TakeSize,
    pub method: PaymentMethod,
    /// The price that the taker saw, and how far it may have moved.
    pub expected: Option<(P2pPrice, Rate)>,
    /// The version of the ad that the taker saw.
    pub version: Option<u32>,
}

/// Who takes, as the views know them.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct TakerProfile<'a> {
    pub person: Person,
    pub frozen: bool,
    pub registered_at: Stamp,
    pub reputation: Option<&'a Reputation>,
    /// Whether one of the two blocks the other.
    pub is_blocked: bool,
    /// Where the seller of the trade is paid by this method.
    pub account: Option<PaymentAccount>,
}

impl TakeSize {
    /// Amount and fiat at `price`.
    pub fn at(
        self,
        price: P2pPrice,
        asset: Asset,
        fiat: Fiat,
    ) -> Result<(Amount, Amount), Rejection> {
        let (amount, total) = match self {
            TakeSize::Fiat(total) => (price.amount_down(total, fiat.scale(), asset), total),
            TakeSize::Crypto(amount) => (amount, price.fiat_up(amount, asset, fiat.scale())),
        };
        match () {
            _ if amount <= Amount::ZERO || total <= Amount::ZERO => Err(Rejection::AmountTooSmall),
            _ if total > FIAT_MAX => Err(Rejection::OutsideLimits),
            _ => Ok((amount, total)),
        }
    }
}

impl Board {
    /// An empty board.
    pub fn new(id: BoardId, asset: Asset, fiat: Fiat) -> Board {
        Board {
            id,
            asset,
            fiat,
            ads: BTreeMap::new(),
            owned: BTreeSet::new(),
            ends: BTreeSet::new(),
            ads_made: 0,
            trades_made: 0,
            takers: BTreeMap::new(),
            taking: BTreeMap::new(),
            reviewable: BTreeMap::new(),
            review_ends: BTreeSet::new(),
        }
    }

    /// An ad that is not closed.
    pub fn ad(&self, id: AdId) -> Option<&Ad> {
        self.ads.get(&id)
    }

    /// All ads that are not closed, oldest first.
    pub fn ads(&self) -> impl DoubleEndedIterator<Item = &Ad> + ExactSizeIterator {
        self.ads.values()
    }

    /// A user's own of those.
    pub fn ads_of(&self, owner: UserId) -> impl Iterator<Item = &Ad> {
        let own = self.owned.range((owner, AdId(0))..=(owner, AdId(u64::MAX)));
        own.filter_map(|(_, id)| self.ads.get(id))
    }

    /// A completed trade that can still be reviewed.
    pub fn reviewable(&self, trade: P2pTradeId) -> Option<&Reviewable> {
        self.reviewable.get(&trade)
    }

    /// Decides a new ad. `budget` is what its owner's wallet has set aside for it.
    pub fn publish(
        &self,
        owner: Person,
        draft: AdDraft,
        budget: Amount,
        seen: AdContext<'_>,
    ) -> Result<AdFact, Rejection> {
        let AdDraft { side, terms } = draft;
        let own = self.ads_of(owner.id).count();
        terms.check(seen.now)?;
        if !seen.rules.fiats.contains(&self.fiat) {
            return Err(Rejection::FiatNotOffered);
        }
        if let Some(until) = seen.owner.barred.filter(|_| side == Side::Buy) {
            return Err(Rejection::Barred(until));
        }
        if own >= seen.rules.open_ads_max {
            return Err(Rejection::TooManyAds);
        }
        let price = terms.pricing.effective(seen.index).ok_or(Rejection::PriceUnavailable)?;
        self.check_worth(&terms, terms.available, price)?;
        if side == Side::Sell && terms.available > budget {
            return Err(Rejection::InsufficientFunds);
        }
        let ad = Ad {
            id: AdId::new(self.id, self.ads_made + 1),
            owner,
            side,
            asset: self.asset,
            fiat: self.fiat,
            remaining: terms.available,
            terms,
            status: AdStatus::Active,
            version: 1,
            created_at: seen.now,
            updated_at: seen.now,
        };
        let reserve = ad.reserve();
        Ok(self.ad_fact(AdAction::Published, ad, reserve, seen))
    }

    /// An ad that could not be taken even once is a mistake.
    fn check_worth(
        &self,
        terms: &AdTerms,
        amount: Amount,
        price: P2pPrice,
    ) -> Result<(), Rejection> {
        let worth = price.fiat_down(amount, self.asset, self.fiat.scale());
        match worth < terms.min_limit {
            true => Err(Rejection::AmountBelowLimit),
            false => Ok(()),
        }
    }

    /// The fact that leaves `ad` as it is, `grown` more (or less) in its reserve.
    fn ad_fact(&self, action: AdAction, ad: Ad, grown: Amount, seen: AdContext<'_>) -> AdFact {
        let mut transaction = Transaction::default();
        let (own, reserve) = (Account::Available(ad.owner.id), Account::Ads(ad.owner.id));
        match grown >= Amount::ZERO {
            true => transaction.transfer(ad.asset, grown, own, reserve, PostingCause::EscrowLock),
            false => {
                transaction.transfer(ad.asset, -grown, reserve, own, PostingCause::EscrowRefund);
            }
        }
        let price = ad.terms.pricing.effective(seen.index);
        let hidden = ad.hidden(price, seen.owner);
        AdFact { action, ad, price, hidden, transaction }
    }

    fn own_ad(&self, owner: UserId, id: AdId) -> Result<&Ad, Rejection> {
        let ad = self.ads.get(&id).ok_or(Rejection::AdNotFound)?;
        if ad.owner.id == owner { Ok(ad) } else { Err(Rejection::NotAllowed) }
    }

    /// Decides an edit. `budget` is what the owner's wallet has set aside for what it grows by.
    pub fn edit(
        &self,
        owner: UserId,
        id: AdId,
        change: AdChange,
        version: Option<u32>,
        budget: Amount,
        seen: AdContext<'_>,
    ) -> Result<AdFact, Rejection> {
        let ad = self.own_ad(owner, id)?;
        if version.is_some_and(|version| version != ad.version) {
            return Err(Rejection::AdChanged(ad.version));
        }
        let terms = change.of(&ad.terms);
        // What ends soon may be edited all the same, as long as its end is not set anew.
        if terms.expires_at != ad.terms.expires_at || ad.terms.expires_at.is_none() {
            terms.check(seen.now)?;
        } else {
            AdTerms { expires_at: None, ..terms.clone() }.check(seen.now)?;
        }
        let grown = terms.available - ad.terms.available;
        let remaining = ad.remaining + grown;
        if remaining < Amount::ZERO {
            return Err(Rejection::AdAmountTaken);
        }
        let reserve = if ad.side == Side::Sell { grown } else { Amount::ZERO };
        if reserve > budget {
            // The owner's wallet knew an older ad.
            return Err(Rejection::AdChanged(ad.version));
        }
        let version = ad.version.wrapping_add(1);
        let ad = Ad { terms, remaining, version, updated_at: seen.now, ..ad.clone() };
        Ok(self.ad_fact(AdAction::Edited, ad, reserve, seen))
    }

    /// Decides a pause or a resume.
    pub fn pause(
        &self,
        owner: UserId,
        id: AdId,
        pause: bool,
        seen: AdContext<'_>,
    ) -> Result<AdFact, Rejection> {
        let ad = self.own_ad(owner, id)?;
        let (action, status, from) = match pause {
            true => (AdAction::Paused, AdStatus::Paused, AdStatus::Active),
            false => (AdAction::Resumed, AdStatus::Active, AdStatus::Paused),
        };
        if ad.status != from {
            return Err(Rejection::AdStatusForbids(ad.status));
        }
        if let Some(until) = seen.owner.barred.filter(|_| !pause && ad.side == Side::Buy) {
            return Err(Rejection::Barred(until));
        }
        let ad = Ad { status, updated_at: seen.now, ..ad.clone() };
        Ok(self.ad_fact(action, ad, Amount::ZERO, seen))
    }

    /// Decides a close; open trades go on.
    pub fn close(&self, owner: UserId, id: AdId, seen: AdContext<'_>) -> Result<AdFact, Rejection> {
        let ad = self.own_ad(owner, id)?.clone();
        Ok(self.end(ad, AdAction::Closed, AdStatus::Closed, seen))
    }

    /// When the first ad ends by itself.
    pub fn next_end(&self) -> Option<Stamp> {
        self.ends.first().map(|(end, _)| *end)
    }

    /// The ad that ends first by itself, if its end has come; effective at its end.
    pub fn due(&self, seen: AdContext<'_>) -> Option<AdFact> {
        let (at, id) = *self.ends.first().filter(|(end, _)| *end <= seen.now)?;
        let ad = self.ads.get(&id)?;
        let seen = AdContext { now: at.max(ad.updated_at), ..seen };
        Some(self.end(ad.clone(), AdAction::Expired, AdStatus::Expired, seen))
    }

    fn end(&self, ad: Ad, action: AdAction, status: AdStatus, seen: AdContext<'_>) -> AdFact {
        let reserve = ad.reserve();
        let ad = Ad { status, updated_at: seen.now, ..ad };
        self.ad_fact(action, ad, -reserve, seen)
    }

    /// What the taker of a BUY ad has to set aside: the amount at the ad's price.
    pub fn take_purse(&self, take: &Take, index: Option<P2pPrice>) -> Result<Amount, Rejection> {
        let ad = self.ads.get(&take.ad).ok_or(Rejection::AdNotFound)?;
        let price = ad.terms.pricing.effective(index).ok_or(Rejection::PriceUnavailable)?;
        take.wanted.at(price, self.asset, self.fiat).map(|(amount, _)| amount)
    }

    /// Decides a take. `budget` is what the taker's wallet has set aside, where the taker sells.
    pub fn take(
        &self,
        taker: &TakerProfile<'_>,
        take: &Take,
        budget: Amount,
        seen: AdContext<'_>,
    ) -> Result<P2pTradeFact, Rejection> {
        let ad = self.ads.get(&take.ad).ok_or(Rejection::AdNotFound)?;
        let price = self.check_take(ad, taker, take, seen)?;
        let (amount, total) = take.wanted.at(price, self.asset, self.fiat)?;
        self.check_amounts(ad, taker, (amount, total))?;
        if ad.side == Side::Buy && amount > budget {
            // The taker's wallet knew another price.
            return Err(Rejection::PriceMoved(price));
        }
        let trade = self.new_trade(ad, taker, take, (price, amount, total), seen);
        let mut transaction = Transaction::default();
        let escrow = Account::Trades(trade.seller.id);
        let from = match ad.side {
            Side::Sell => Account::Ads(trade.seller.id),
            Side::Buy => Account::Available(trade.seller.id),
        };
        transaction.transfer(self.asset, amount, from, escrow, PostingCause::EscrowLock);
        Ok(P2pTradeFact {
            action: Action::Open,
            party: if trade.maker_sells { Party::Buyer } else { Party::Seller },
            ad: Some(AdRemaining { ad: ad.id, remaining: ad.remaining - amount }),
            told: people(&trade).into(),
            trade,
            fault: None,
            review_until: None,
            note: None,
            transaction,
        })
    }

    /// All that is asked before figures are: who takes, what was seen. Gives the price.
    fn check_take(
        &self,
        ad: &Ad,
        taker: &TakerProfile<'_>,
        take: &Take,
        seen: AdContext<'_>,
    ) -> Result<P2pPrice, Rejection> {
        let id = taker.person.id;
        if ad.status != AdStatus::Active {
            return Err(Rejection::AdStatusForbids(ad.status));
        }
        if ad.owner.id == id {
            return Err(Rejection::OwnAd);
        }
        if taker.frozen {
            return Err(Rejection::UserFrozen);
        }
        if taker.is_blocked {
            return Err(Rejection::Blocked);
        }
        let barred = |reputation: &Reputation| reputation.bars.barred_until(seen.now);
        if let Some(until) = taker.reputation.and_then(barred) {
            return Err(Rejection::Barred(until));
        }
        if self.takers.contains_key(&(ad.id, id)) {
            return Err(Rejection::AlreadyTaken);
        }
        if self.taking.get(&id).is_some_and(|open| *open as usize >= seen.rules.open_trades_max) {
            return Err(Rejection::TooManyP2pTrades);
        }
        if take.version.is_some_and(|version| version != ad.version) {
            return Err(Rejection::AdChanged(ad.version));
        }
        if !ad.terms.methods.contains(&take.method) {
            return Err(Rejection::MethodNotOffered);
        }
        check_conditions(&ad.terms.conditions, taker, seen.now)?;
        let price = ad.terms.pricing.effective(seen.index).ok_or(Rejection::PriceUnavailable)?;
        if let Some((expected, tolerance)) = take.expected
            && !price.is_near(expected, tolerance)
        {
            return Err(Rejection::PriceMoved(price));
        }
        match ad.hidden(Some(price), seen.owner) {
            Some(hidden) => Err(Rejection::AdHidden(hidden)),
            None => Ok(price),
        }
    }

    fn check_amounts(
        &self,
        ad: &Ad,
        taker: &TakerProfile<'_>,
        (amount, total): (Amount, Amount),
    ) -> Result<(), Rejection> {
        let first = taker.reputation.is_none_or(|reputation| reputation.all_time().completed == 0);
        let most = ad.terms.conditions.first_trade_max_fiat.filter(|_| first);
        match () {
            _ if total < ad.terms.min_limit || total > ad.terms.max_limit => {
                Err(Rejection::OutsideLimits)
            }
            _ if most.is_some_and(|most| total > most) => {
                Err(Rejection::ConditionNotMet(Condition::FirstTradeMaxFiat))
            }
            _ if amount > ad.remaining => Err(Rejection::AdAmountExceeded(ad.remaining, ad.asset)),
            _ => Ok(()),
        }
    }

    fn new_trade(
        &self,
        ad: &Ad,
        taker: &TakerProfile<'_>,
        take: &Take,
        (price, amount, total_fiat): (P2pPrice, Amount, Amount),
        seen: AdContext<'_>,
    ) -> P2pTrade {
        let (owner, taker_person) = (ad.owner.clone(), taker.person.clone());
        let maker_sells = ad.side == Side::Sell;
        let (seller, buyer) =
            if maker_sells { (owner, taker_person) } else { (taker_person, owner) };
        let window = ad.terms.payment_window_secs;
        P2pTrade {
            id: P2pTradeId::new(self.id, self.trades_made + 1),
            ad: ad.id,
            asset: self.asset,
            fiat: self.fiat,
            method: take.method,
            buyer,
            seller,
            maker_sells,
            amount,
            price,
            total_fiat,
            maker_fee: seen.rules.maker_fee,
            taker_fee: seen.rules.taker_fee,
            payment_window_secs: window,
            terms: ad.terms.terms.clone(),
            account: taker.account.clone(),
            state: TradeState::Pending,
            reason: None,
            frozen: None,
            cancels_asked: 0,
            seller_asks_cancel: false,
            extended: false,
            deadline: Some(seen.now.plus_millis(i64::from(window) * 1_000)),
            step: 1,
            created_at: seen.now,
            grace_until: seen.now.plus_millis(i64::from(seen.rules.cancel_grace_secs) * 1_000),
            sent_at: None,
            updated_at: seen.now,
            messages: 0,
            dispute: None,
            withdrawals: 0,
        }
    }

    /// Writes down a trade whose coins go back, all or in part: to the ad's reserve and remainder
    /// while the ad lives, else to what the seller has available.
    pub fn refund(&self, decided: DecidedTrade) -> P2pTradeFact {
        let DecidedTrade { action, party, trade, settlement, fault, note, review_until, .. } =
            decided;
        let Settlement::Refund { to_buyer } = settlement else {
            unreachable!("a board is asked for refunds only")
        };
        let mut transaction = Transaction::default();
        if to_buyer > Amount::ZERO {
            trade.pay_buyer(to_buyer, &mut transaction);
        }
        let back = trade.amount - to_buyer;
        let ad = self.ads.get(&trade.ad);
        let seller = trade.seller.id;
        let to = match ad {
            Some(ad) if ad.side == Side::Sell => Account::Ads(seller),
            _ => Account::Available(seller),
        };
        let escrow = Account::Trades(seller);
        transaction.transfer(self.asset, back, escrow, to, PostingCause::EscrowRefund);
        let ad = ad.map(|ad| AdRemaining { ad: ad.id, remaining: ad.remaining + back });
        let told = people(&trade).into();
        P2pTradeFact { action, party, trade, ad, fault, review_until, note, told, transaction }
    }

    /// Decides a review of `trade`, of which the trade's state is `state` where it is not reviewable.
    pub fn review(
        &self,
        trade: P2pTradeId,
        by: UserId,
        now: Stamp,
    ) -> Result<Option<UserId>, Rejection> {
        let Some(reviewable) = self.reviewable.get(&trade) else { return Ok(None) };
        let (done, other) = match () {
            _ if by == reviewable.buyer => (reviewable.by_buyer, reviewable.seller),
            _ if by == reviewable.seller => (reviewable.by_seller, reviewable.buyer),
            _ => return Err(Rejection::P2pTradeNotFound),
        };
        match () {
            _ if done => Err(Rejection::AlreadyReviewed),
            _ if now >= reviewable.until => Err(Rejection::ReviewWindowOver),
            _ => Ok(Some(other)),
        }
    }

    /// Folds in a fact; what is not this board's changes nothing.
    pub fn apply(&mut self, fact: &Fact) {
        match &fact.body {
            Body::P2pAd(own) if own.ad.id.board() == self.id => self.apply_ad(own),
            Body::P2pTrade(own) if own.trade.id.board() == self.id => {
                self.apply_trade(own, fact.stamp);
            }
            Body::Reviewed(review) if review.trade.board() == self.id => {
                // A completion with a later stamp may come between the decision and the fact, and
                // have pruned what was reviewed in time.
                match self.reviewable.get_mut(&review.trade) {
                    Some(known) if review.reviewer.id == known.buyer => known.by_buyer = true,
                    Some(known) => known.by_seller = true,
                    None => {}
                }
            }
            Body::InstrumentListed(_)
            | Body::InstrumentChanged(_)
            | Body::UserRegistered { .. }
            | Body::PasswordChanged { .. }
            | Body::LoggedOut { .. }
            | Body::ProfileChanged { .. }
            | Body::RoleChanged { .. }
            | Body::FreezeChanged { .. }
            | Body::Deposited { .. }
            | Body::Withdrawn { .. }
            | Body::Book(_)
            | Body::SwitchArmed { .. }
            | Body::SwitchFired { .. }
            | Body::NotificationsRead { .. }
            | Body::ClockMoved { .. }
            | Body::DowntimeShifted { .. }
            | Body::BoardListed { .. }
            | Body::P2pAd(_)
            | Body::P2pTrade(_)
            | Body::P2pMessage(_)
            | Body::Reviewed(_)
            | Body::ContactChanged { .. } => {}
        }
    }

    fn apply_ad(&mut self, fact: &AdFact) {
        let ad = &fact.ad;
        self.ads_made = self.ads_made.max(ad.id.number());
        let end = |ad: &Ad| Some((ad.terms.expires_at?, ad.id));
        if let Some(before) = self.ads.remove(&ad.id).as_ref().and_then(end) {
            self.ends.remove(&before);
        }
        self.owned.remove(&(ad.owner.id, ad.id));
        if ad.status.is_live() {
            self.owned.insert((ad.owner.id, ad.id));
            self.ends.extend(end(ad));
            self.ads.insert(ad.id, ad.clone());
        }
    }

    fn apply_trade(&mut self, fact: &P2pTradeFact, stamp: Stamp) {
        let trade = &fact.trade;
        let taker = (trade.ad, trade.taker().id);
        if let Some(after) = fact.ad {
            let ad = self.ads.get_mut(&after.ad).expect("invariant: what changes an ad finds it");
            ad.remaining = after.remaining;
            ad.updated_at = trade.updated_at;
        }
        if fact.action == Action::Open {
            self.trades_made = self.trades_made.max(trade.id.number());
            self.takers.insert(taker, trade.id);
            *self.taking.entry(taker.1).or_default() += 1;
        }
        if trade.state.is_open() {
            return;
        }
        self.takers.remove(&taker);
        if let Some(open) = self.taking.get_mut(&taker.1) {
            *open -= 1;
            if *open == 0 {
                self.taking.remove(&taker.1);
            }
        }
        if let (TradeState::Completed, Some(until)) = (trade.state, fact.review_until) {
            self.prune_reviews(stamp);
            let (buyer, seller) = (trade.buyer.id, trade.seller.id);
            let reviewable = Reviewable { buyer, seller, until, by_buyer: false, by_seller: false };
            self.reviewable.insert(trade.id, reviewable);
            self.review_ends.insert((until, trade.id));
        }
    }

    fn prune_reviews(&mut self, now: Stamp) {
        while let Some((_, trade)) = self.review_ends.first().filter(|(until, _)| *until <= now) {
            self.reviewable.remove(trade);
            self.review_ends.pop_first();
        }
    }

    /// Moves review windows that end behind `since`, since the exchange was down for `millis`.
    pub(super) fn shift(&mut self, since: Stamp, millis: i64) {
        for reviewable in self.reviewable.values_mut().filter(|r| r.until > since) {
            reviewable.until = reviewable.until.plus_millis(millis);
        }
        let ends = self.reviewable.iter().map(|(trade, reviewable)| (reviewable.until, *trade));
        self.review_ends = ends.collect();
    }

    /// This board's part of the state's digest.
    pub fn digest(&self) -> Digest {
        let counted = (self.id, self.asset, self.fiat, self.ads_made, self.trades_made);
        let mut sum = Digest::part("board", counted);
        self.ads.values().for_each(|ad| sum.add(Digest::part("ad", ad)));
        self.takers.iter().for_each(|taker| sum.add(Digest::part("taker", taker)));
        self.reviewable.iter().for_each(|trade| sum.add(Digest::part("reviewable", trade)));
        sum
    }
}

fn check_conditions(
    conditions: &Conditions,
    taker: &TakerProfile<'_>,
    now: Stamp,
) -> Result<(), Rejection> {
    let none = Record::default();
    let record = taker.reputation.map_or(&none, Reputation::all_time);
    let days = now.0.saturating_sub(taker.registered_at.0) / 86_400_000;
    let unmet = |condition| Err(Rejection::ConditionNotMet(condition));
    match *conditions {
        Conditions { min_completed_trades: Some(least), .. }
            if record.completed < u64::from(least) =>
        {
            unmet(Condition::MinCompletedTrades)
        }
        Conditions { min_completion_rate: Some(least), .. }
            if !record.completes_at_least(least) =>
        {
            unmet(Condition::MinCompletionRate)
        }
        Conditions { min_account_age_days: Some(least), .. } if days < i64::from(least) => {
            unmet(Condition::MinAccountAgeDays)
        }
        Conditions { min_rating: Some(least), .. } if !record.is_rated_at_least(least) => {
            unmet(Condition::MinRating)
        }
        _ => Ok(()),
    }
}
