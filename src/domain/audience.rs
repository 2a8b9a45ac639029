//! Who hears what of a fact: whom it notifies, whose orders, balances and P2P trades it is told on, and what
//! it means that it does not carry itself.
//!
//! It is the one place for that, and pure: whoever folds facts, in the lead or following, tells the same.

#![deny(clippy::wildcard_enum_match_arm)]

use std::sync::Arc;

use smallvec::SmallVec;

use super::{
    account::Role,
    fact::{Body, BookAction, BookFact, Fact},
    history::{Candle, Interval, Notice, Notification},
    id::{Sequence, UserId},
    money::{Asset, P2pPrice},
    order::OrderStatus,
    p2p::{
        ad::{Ad, AdAction, Hidden},
        context,
        trade::P2pTrade,
    },
    wallet::Balance,
    world::World,
};

/// A durable fact with the after-values that it does not carry itself.
#[derive(Clone, Debug)]
pub struct PublishedFact {
    /// Its number.
    pub sequence: Sequence,
    /// The fact.
    pub fact: Arc<Fact>,
    /// Each balance that it changed, as it is afterwards.
    pub balances: Vec<(UserId, Asset, Balance)>,
    /// Where it had fills: the newest candle of each interval, in the order of `Interval::ALL`.
    pub candles: Vec<Candle>,
    /// What it told whom.
    pub notifications: Vec<(UserId, Notification)>,
    /// The ad that it made, changed, took from or gave back to, as it is afterwards.
    pub offer: Option<Arc<Offer>>,
    /// Who hears of it on the channel of P2P trades.
    pub p2p: SmallVec<[UserId; 4]>,
}

/// An ad as it is after a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Whether the fact made it.
    pub is_new: bool,
    /// The ad.
    pub ad: Ad,
    /// Its price, if it has one.
    pub price: Option<P2pPrice>,
    /// Why it is hidden, if it is.
    pub hidden: Option<Hidden>,
}

impl PublishedFact {
    /// Folds a fact into the world, and says what it means to whom.
    pub fn fold(world: &mut World, sequence: Sequence, fact: &Arc<Fact>) -> PublishedFact {
        let notified = world.apply(sequence, fact);
        let newest = |user: UserId| {
            let notifications = world.history.user(user).map(|own| own.notifications.iter().rev());
            notifications.into_iter().flatten().take_while(|n| n.sequence == sequence).cloned()
        };
        let mut users = notified;
        users.sort_unstable();
        users.dedup();
        let notifications = users
            .into_iter()
            .flat_map(|user| {
                newest(user).map(move |n| (user, n)).collect::<Vec<_>>().into_iter().rev()
            })
            .collect();
        let owned = fact.postings().iter().filter_map(|p| p.account.user().map(|u| (u, p.asset)));
        let mut touched: SmallVec<[(UserId, Asset); 8]> = owned.collect();
        touched.sort_unstable();
        touched.dedup();
        let balance =
            |(user, asset)| Some((user, asset, *world.state.wallet(user)?.balance(asset)));
        let balances = touched.into_iter().filter_map(balance).collect();
        let candles = match fact.book() {
            Some(book) if !book.fills.is_empty() => world
                .history
                .instrument(book.instrument)
                .map(|h| {
                    Interval::ALL.iter().filter_map(|i| h.candles(*i).newest().copied()).collect()
                })
                .unwrap_or_default(),
            _ => Vec::new(),
        };
        let offer = offer_of(world, fact).map(Arc::new);
        let p2p = hearers_of(world, fact);
        PublishedFact { sequence, fact: fact.clone(), balances, candles, notifications, offer, p2p }
    }

    /// The users whom it has something for, each once.
    pub fn hearers(&self) -> Vec<UserId> {
        let mut users: Vec<UserId> = orders(&self.fact)
            .chain(self.balances.iter().map(|(user, ..)| *user))
            .chain(self.notifications.iter().map(|(user, _)| *user))
            .chain(self.p2p.iter().copied())
            .collect();
        users.sort_unstable();
        users.dedup();
        users
    }
}

/// Whose orders a fact is about; a user may come more than once.
pub fn orders(fact: &Fact) -> impl Iterator<Item = UserId> + '_ {
    fact.book().into_iter().flat_map(|book| book.orders.iter().map(|order| order.user))
}

/// Whether `user` is told what happens in a trade: its parties, and who decides its dispute, as long
/// as the user's role lets it.
pub fn hears(world: &World, user: UserId, trade: &P2pTrade) -> bool {
    let known = world.state.accounts.user(user);
    let judges = || known.is_some_and(|known| known.role != Role::User);
    trade.is_party(user) || (trade.is_arbitrator(user) && judges())
}

/// Who hears of a fact on the channel of P2P trades. Admins are told of an escalation, but the trade is
/// not shown to them here.
fn hearers_of(world: &World, fact: &Fact) -> SmallVec<[UserId; 4]> {
    let hears = |user: &UserId, trade: &P2pTrade| hears(world, *user, trade);
    match &fact.body {
        Body::P2pTrade(own) => {
            own.told.iter().copied().filter(|user| hears(user, &own.trade)).collect()
        }
        Body::P2pMessage(message) => {
            let Some(trade) = world.state.p2p.trade(message.trade) else { return SmallVec::new() };
            let all = message.told.iter().copied().chain([message.from.id]);
            all.filter(|user| hears(user, trade)).collect()
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
        | Body::Reviewed(_)
        | Body::ContactChanged { .. } => SmallVec::new(),
    }
}

/// The ad that a fact is about, as it is afterwards.
fn offer_of(world: &World, fact: &Fact) -> Option<Offer> {
    let ad = match &fact.body {
        Body::P2pAd(own) => &own.ad,
        Body::P2pTrade(own) => world.state.p2p.ad(own.ad?.ad)?,
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
        | Body::P2pMessage(_)
        | Body::Reviewed(_)
        | Body::ContactChanged { .. } => return None,
    };
    let (price, hidden) = context::offer(world, ad, fact.stamp);
    let is_new = matches!(&fact.body, Body::P2pAd(own) if own.action == AdAction::Published);
    Some(Offer { is_new, ad: ad.clone(), price, hidden })
}

/// Whom a fact is news to.
pub(super) fn notices(fact: &Fact) -> Vec<(UserId, Notice)> {
    match &fact.body {
        Body::Book(book) => book_notices(book),
        Body::SwitchFired { user, .. } => vec![(*user, Notice::SwitchFired)],
        Body::Deposited { user, asset, amount, .. } if fact.cause.by != Some(*user) => {
            vec![(*user, Notice::DepositReceived { asset: *asset, amount: *amount })]
        }
        Body::FreezeChanged { user, frozen: true } => vec![(*user, Notice::Frozen)],
        Body::FreezeChanged { user, frozen: false } => vec![(*user, Notice::Unfrozen)],
        Body::RoleChanged { user, role } => vec![(*user, Notice::RoleChanged { role: *role })],
        Body::PasswordChanged { user, .. } => vec![(*user, Notice::PasswordChanged)],
        Body::P2pTrade(own) => {
            let (trade, action, state) = (own.trade.id, own.action, own.trade.state);
            let notice = Notice::P2pTrade { trade, action, state };
            own.told.iter().map(|user| (*user, notice.clone())).collect()
        }
        Body::P2pMessage(message) => {
            let notice = Notice::P2pMessage { trade: message.trade };
            message.told.iter().map(|user| (*user, notice.clone())).collect()
        }
        Body::P2pAd(own) if own.action == AdAction::Expired => {
            vec![(own.ad.owner.id, Notice::AdExpired { ad: own.ad.id })]
        }
        Body::Reviewed(review) => {
            let (trade, rating) = (review.trade, review.rating);
            vec![(review.reviewed.id, Notice::Reviewed { trade, rating })]
        }
        Body::InstrumentListed(_)
        | Body::InstrumentChanged(_)
        | Body::UserRegistered { .. }
        | Body::LoggedOut { .. }
        | Body::ProfileChanged { .. }
        | Body::Deposited { .. }
        | Body::Withdrawn { .. }
        | Body::SwitchArmed { .. }
        | Body::NotificationsRead { .. }
        | Body::ClockMoved { .. }
        | Body::DowntimeShifted { .. }
        | Body::BoardListed { .. }
        | Body::P2pAd(_)
        | Body::ContactChanged { .. } => Vec::new(),
    }
}

fn book_notices(book: &BookFact) -> Vec<(UserId, Notice)> {
    let instrument = book.instrument;
    let mut notices = Vec::new();
    // The command's own order answers for itself; a stop's trigger was nobody's command.
    let own = match book.action {
        BookAction::Placed | BookAction::Amended | BookAction::Cancelled => 1,
        BookAction::CancelledAll => book.orders.len(),
        BookAction::Triggered => 0,
    };
    if book.action == BookAction::Triggered {
        let stop = &book.orders[0];
        notices.push((stop.user, Notice::StopTriggered { order: stop.id, instrument }));
    }
    for order in &book.orders[own..] {
        let (id, status, reason) = (order.id, order.status, order.reason);
        let notice = match status {
            OrderStatus::Pending | OrderStatus::PartiallyFilled => continue,
            OrderStatus::Filled => Notice::OrderFilled { order: id, instrument },
            OrderStatus::Cancelled | OrderStatus::Rejected | OrderStatus::Expired => {
                Notice::OrderEnded { order: id, instrument, status, reason }
            }
        };
        notices.push((order.user, notice));
    }
    notices
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::instrument::{Price, Quantity};
    use crate::domain::money::Amount;
    use crate::domain::{
        command::Command,
        decide::tests::core::Core,
        fact::Cause,
        id::{InstrumentId, Stamp},
        order::{PlaceOrder, Side},
        p2p::{
            tests::market::{A, ADMIN, B, DAY, Market, S, X, dispute_for, take_of},
            trade_request::TradeRequest,
        },
    };

    /// The last fact of a market, told.
    fn told(market: &Market) -> PublishedFact {
        let mut world = World::default();
        let facts = market.facts();
        let told = facts.into_iter().map(|fact| {
            let sequence = world.state.through.next();
            PublishedFact::fold(&mut world, sequence, &Arc::new(fact))
        });
        told.last().unwrap()
    }

    fn notified(published: &PublishedFact) -> Vec<UserId> {
        published.notifications.iter().map(|(user, _)| *user).collect()
    }

    #[test]
    fn a_step_of_a_trade_is_told_to_both_parties_and_to_nobody_else() {
        let mut market = Market::new();
        let trade = market.tr1();
        market.does(B, trade, TradeRequest::MarkSent);
        let published = told(&market);
        let mut shown = published.p2p.to_vec();
        shown.sort_unstable();
        assert_eq!((notified(&published), shown), (vec![S, B], vec![S, B]));
        assert!(published.balances.is_empty() && published.offer.is_none());
        let hears = |user| {
            hears(
                &World { state: market.state.clone(), ..World::default() },
                user,
                market.trade(trade),
            )
        };
        assert_eq!([S, B, A, ADMIN, X].map(hears), [true, true, false, false, false]);
    }

    #[test]
    fn admins_are_notified_of_an_escalation_and_do_not_hear_the_trade() {
        let mut market = Market::new();
        let trade = market.tr1();
        market.does(B, trade, TradeRequest::MarkSent);
        market.does(S, trade, dispute_for(false));
        market.pass(3 * DAY);
        market.tick();
        let published = told(&market);
        assert!(notified(&published).contains(&ADMIN));
        assert!(!published.p2p.contains(&ADMIN));
    }

    #[test]
    fn a_line_of_a_chat_is_news_to_the_other_and_shown_to_both() {
        let mut market = Market::new();
        let trade = market.tr1();
        market.does(B, trade, TradeRequest::Write { text: "hello".into() });
        let published = told(&market);
        assert_eq!(notified(&published), [S]);
        let mut shown = published.p2p.to_vec();
        shown.sort_unstable();
        assert_eq!(shown, [S, B]);
    }

    #[test]
    fn an_ad_is_told_with_its_price_and_after_a_take_with_what_is_left() {
        let mut market = Market::new();
        let ad = market.ad1();
        let published = told(&market);
        let offer = published.offer.as_ref().unwrap();
        assert!(offer.is_new && offer.price.is_some() && offer.hidden.is_none());
        market.take(B, &take_of(ad, "500")).unwrap();
        let published = told(&market);
        let offer = published.offer.as_ref().unwrap();
        assert!(!offer.is_new && offer.ad.remaining < offer.ad.terms.available);
        // Both hear of their money where it moved: the seller's alone.
        assert!(published.balances.iter().all(|(user, ..)| *user == S));
    }

    #[test]
    fn a_fill_reaches_both_sides_once_with_candles_and_only_who_did_not_ask_is_notified() {
        let on = crate::domain::book::tests::table::plain();
        let mut core = Core::new(&[on]);
        let maker = core.register("maker", Role::User, true);
        let taker = core.register("taker", Role::User, true);
        let order = |side| PlaceOrder::limit(side, Quantity::new(10), Price::new(100));
        let place = |side| Command::Place { instrument: InstrumentId(0), order: order(side) };
        core.ask(Some(maker), place(Side::Sell));
        core.come_to_rest();
        core.ask(Some(taker), place(Side::Buy));
        assert!(core.let_arrive(0));
        let fact = core.journal[0].fact.clone().unwrap();
        let mut world = core.world.clone();
        let published =
            PublishedFact::fold(&mut world, core.world.state.through.next(), &Arc::new(fact));
        assert_eq!(published.hearers(), [maker, taker]);
        assert_eq!(published.candles.len(), Interval::ALL.len());
        assert_eq!(notified(&published), [maker]);
        assert!(published.balances.iter().all(|(user, asset, balance)| {
            world.state.wallet(*user).unwrap().balance(*asset) == balance
        }));
    }

    #[test]
    fn what_somebody_does_to_a_user_is_news_to_that_user() {
        let notified = |body, by| {
            let cause = Cause { by, ..Cause::default() };
            let fact = Fact { stamp: Stamp(0), cause, body };
            notices(&fact).into_iter().map(|(user, _)| user).collect::<Vec<_>>()
        };
        assert_eq!(notified(Body::FreezeChanged { user: B, frozen: true }, Some(ADMIN)), [B]);
        assert_eq!(
            notified(Body::RoleChanged { user: B, role: Role::Arbitrator }, Some(ADMIN)),
            [B]
        );
        let deposit = || Body::Deposited {
            user: B,
            asset: Asset::Usd,
            amount: Amount::new(1),
            counted: false,
            transaction: Default::default(),
        };
        assert_eq!(notified(deposit(), Some(ADMIN)), [B]);
        assert_eq!(notified(deposit(), Some(B)), []);
    }
}
