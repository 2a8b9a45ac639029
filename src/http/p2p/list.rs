//! Finding ads: what can be taken now, or what one posted oneself.

use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    domain::{
        id::{Stamp, UserId},
        money::{Amount, Asset, P2pPrice, parse_scaled},
        order::Side,
        p2p::{
            ad::{self, AdStatus, Hidden},
            board::{Board, TakeSize},
            context,
            fiat::{Fiat, PaymentMethod},
            history::ClosedAd,
        },
        window::Window,
        world::World,
    },
    http::{
        caller::{Visitor, reading},
        page::{CursorPosition, CursorSpan, Page, Query},
        problem::{EdgeError, Problem, ProblemBody},
        wire::{
            self, Ad, OwnerReputation, explain, read_asset, read_fiat, read_limit, read_method,
        },
    },
};

/// An ad with what its owner is known for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ListedAd {
    /// The ad.
    #[serde(flatten)]
    pub ad: Ad,
    /// Of all time.
    pub owner_reputation: OwnerReputation,
}

impl ListedAd {
    /// `ad` with its price now, and why it is hidden if it is.
    pub fn of(
        world: &World,
        ad: &ad::Ad,
        price: Option<P2pPrice>,
        hidden: Option<Hidden>,
    ) -> ListedAd {
        let reputation = world.state.p2p.reputation(ad.owner.id);
        let owner_reputation =
            reputation.map(|reputation| OwnerReputation::of(reputation.all_time()));
        ListedAd {
            ad: Ad::of(ad, price, hidden),
            owner_reputation: owner_reputation.unwrap_or_default(),
        }
    }
}

/// Which ads.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AdsQuery {
    /// What the makers do: BUY or SELL.
    #[param(value_type = Option<wire::code::OrderSide>, example = "SELL")]
    ad_type: Option<String>,
    /// BTC, ETH or USDT.
    #[param(example = "USDT")]
    currency: Option<String>,
    /// Such as USD.
    #[param(example = "USD")]
    fiat_currency: Option<String>,
    /// Only those that take this one.
    #[param(value_type = Option<wire::code::PaymentMethodCode>, example = "BANK_TRANSFER")]
    payment_method: Option<String>,
    /// Only those of which so much fiat can be taken at once.
    #[param(example = "100.00")]
    amount: Option<String>,
    /// `price` (default): the best for a taker first. `completion_rate`: the owner's, highest first.
    /// `created_at`: newest first.
    sort: Option<String>,
    /// `true`: all of the caller's own, whatever their status; the last 100 that were closed included.
    #[param(value_type = Option<bool>)]
    mine: Option<String>,
    /// At most so many, 1 to 500; default 50.
    #[param(value_type = Option<u32>)]
    limit: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Ads that can be taken; with a token, without those of people who block the caller or whom the caller
/// blocks.
#[utoipa::path(
    get,
    path = "/api/p2p/advertisements",
    tag = "p2p",
    security((), ("bearer" = [])),
    params(AdsQuery),
    responses(
        (status = 200, body = Page<ListedAd>),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody, description = "`mine` needs a token")
    )
)]
pub async fn list_ads(
    visitor: Visitor,
    Query(asked): Query<AdsQuery>,
) -> Result<HttpResponse, Problem> {
    let filter = Filter::read(&asked)?;
    let user = visitor.caller.as_ref().map(|caller| caller.user);
    let mine = read_flag("mine", asked.mine.as_deref())?;
    let owner = match (mine, user) {
        (true, None) => return Err(Problem::of(EdgeError::Unauthorized)),
        (true, owner) => owner,
        (false, _) => None,
    };
    let sort = Sort::read(asked.sort.as_deref())?;
    let span = CursorSpan::read(asked.limit.as_deref(), asked.after.as_deref(), sort.letter())?;
    let now = visitor.api.exchange.now();
    let world = visitor.api.exchange.views().world();
    let found = match owner {
        Some(owner) => filter.own(&world, owner, now),
        None => filter.open(&world, user, now),
    };
    let found = found.into_iter().map(|found| (sort.place(&world, &found), found)).collect();
    let (found, next) = span.cut(found, sort.letter());
    let data = found.iter().map(|found| ListedAd::of(&world, found.ad, found.price, found.hidden));
    let page = Page { data: data.collect(), next, window: None };
    let page = match owner {
        Some(owner) => page.of_window(closed_ads(&world, owner), |closed| closed.sequence),
        None => page,
    };
    let through = world.state.through;
    drop(world);
    Ok(reading(through, &page))
}

fn read_flag(field: &str, text: Option<&str>) -> Result<bool, Problem> {
    match text {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Problem::field(field, "is not true or false")),
    }
}

fn closed_ads(world: &World, owner: UserId) -> Option<&Window<ClosedAd>> {
    world.history.p2p.user(owner).map(|own| &own.closed_ads)
}

/// An ad that was found, as it stands now.
struct Found<'w> {
    ad: &'w ad::Ad,
    price: Option<P2pPrice>,
    hidden: Option<Hidden>,
}

/// Which ads are wanted.
struct Filter {
    side: Option<Side>,
    asset: Option<Asset>,
    fiat: Option<Fiat>,
    method: Option<PaymentMethod>,
    amount: Option<String>,
}

impl Filter {
    fn read(asked: &AdsQuery) -> Result<Filter, Problem> {
        let side = match asked.ad_type.as_deref() {
            None => None,
            Some("BUY") => Some(Side::Buy),
            Some("SELL") => Some(Side::Sell),
            Some(_) => return Err(Problem::field("ad_type", "is not BUY or SELL")),
        };
        let method = asked.payment_method.as_deref();
        let method = method.map(|code| read_method("payment_method", code)).transpose()?;
        let fiat = asked.fiat_currency.as_deref().map(read_fiat).transpose()?;
        if let Some(text) = &asked.amount {
            check_amount(text, fiat)?;
        }
        let asset = asked.currency.as_deref().map(read_asset).transpose()?;
        Ok(Filter { side, asset, fiat, method, amount: asked.amount.clone() })
    }

    /// The live ads on all boards that are asked for, hidden ones too; of one owner only, or of all.
    fn live<'w>(&self, world: &'w World, owner: Option<UserId>, now: Stamp) -> Vec<Found<'w>> {
        let mut found = Vec::new();
        for board in world.state.p2p.boards() {
            let wanted = self.asset.is_none_or(|asset| asset == board.asset)
                && self.fiat.is_none_or(|fiat| fiat == board.fiat);
            let Some(amount) = self.amount_on(board).filter(|_| wanted) else { continue };
            let index = context::index(world, board.asset, board.fiat, now);
            let ads: &mut dyn Iterator<Item = &ad::Ad> = match owner {
                Some(owner) => &mut board.ads_of(owner),
                None => &mut board.ads(),
            };
            for ad in ads {
                let price = ad.terms.pricing.effective(index);
                if self.fits(ad, price, amount) {
                    found.push(Found { ad, price, hidden: None });
                }
            }
        }
        found
    }

    /// The amount in the board's fiat, if one is asked for; the outer `None` where it is none there.
    fn amount_on(&self, board: &Board) -> Option<Option<Amount>> {
        match &self.amount {
            None => Some(None),
            Some(text) => board.fiat.parse(text).ok().map(Some),
        }
    }

    fn fits(&self, ad: &ad::Ad, price: Option<P2pPrice>, amount: Option<Amount>) -> bool {
        self.side.is_none_or(|side| side == ad.side)
            && self.method.is_none_or(|method| ad.terms.methods.contains(&method))
            && amount.is_none_or(|amount| is_enough(ad, price, amount))
    }

    fn open<'w>(&self, world: &'w World, user: Option<UserId>, now: Stamp) -> Vec<Found<'w>> {
        let contacts = &world.state.p2p.contacts;
        let mut found = self.live(world, None, now);
        found.retain(|Found { ad, price, .. }| {
            ad.status == AdStatus::Active
                && !user.is_some_and(|user| contacts.is_blocked(user, ad.owner.id))
                && ad.hidden(*price, context::stands(&world.state, ad.owner.id, now)).is_none()
        });
        found
    }

    fn own<'w>(&self, world: &'w World, owner: UserId, now: Stamp) -> Vec<Found<'w>> {
        let mut found = self.live(world, Some(owner), now);
        let stands = context::stands(&world.state, owner, now);
        found.iter_mut().for_each(|found| found.hidden = found.ad.hidden(found.price, stands));
        let closed = closed_ads(world, owner).into_iter().flat_map(Window::iter);
        for ClosedAd { ad, .. } in closed {
            let (price, hidden) = context::offer(world, ad, now);
            let wanted = self.asset.is_none_or(|asset| asset == ad.asset)
                && self.fiat.is_none_or(|fiat| fiat == ad.fiat);
            let amount = self
                .amount
                .as_ref()
                .map(|text| ad.fiat.parse(text).unwrap_or(Amount::new(i64::MAX)));
            if wanted && self.fits(ad, price, amount) {
                found.push(Found { ad, price, hidden });
            }
        }
        found
    }
}

/// Each board reads the amount in its own fiat; without one it may have as many decimals as any has.
fn check_amount(text: &str, fiat: Option<Fiat>) -> Result<(), Problem> {
    let read = match fiat {
        Some(fiat) => return Ok(read_limit("amount", text, fiat).map(|_| ())?),
        None => parse_scaled(text, 2),
    };
    read.map(|_| ()).map_err(|error| Problem::field("amount", explain(error)))
}

/// Whether so much fiat can be taken of an ad at once.
fn is_enough(ad: &ad::Ad, price: Option<P2pPrice>, amount: Amount) -> bool {
    let within = (ad.terms.min_limit..=ad.terms.max_limit).contains(&amount);
    let taken = price.and_then(|price| TakeSize::Fiat(amount).at(price, ad.asset, ad.fiat).ok());
    within && taken.is_some_and(|(taken, _)| taken <= ad.remaining)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Price,
    CompletionRate,
    CreatedAt,
}

impl Sort {
    fn read(text: Option<&str>) -> Result<Sort, Problem> {
        match text {
            None | Some("price") => Ok(Sort::Price),
            Some("completion_rate") => Ok(Sort::CompletionRate),
            Some("created_at") => Ok(Sort::CreatedAt),
            Some(_) => Err(Problem::field("sort", "is not price, completion_rate or created_at")),
        }
    }

    /// What its cursors begin with.
    fn letter(self) -> char {
        match self {
            Sort::Price => 'p',
            Sort::CompletionRate => 'r',
            Sort::CreatedAt => 't',
        }
    }

    fn place(self, world: &World, found: &Found<'_>) -> CursorPosition {
        let ad = found.ad;
        let id = ad.id.0 as i64;
        match self {
            // Prices of different boards and sides do not compare, so these stand apart.
            Sort::Price => {
                let side = i64::from(ad.side == Side::Buy);
                let price = found.price.map_or(i64::MAX, |price| match ad.side {
                    Side::Sell => price.0,
                    Side::Buy => -price.0,
                });
                [i64::from(ad.id.board().0) * 2 + side, price, id]
            }
            Sort::CompletionRate => {
                let reputation = world.state.p2p.reputation(ad.owner.id);
                let rate = reputation.and_then(|own| own.all_time().completion_permille());
                // Who has none comes last.
                [rate.map_or(1, |rate| -(rate as i64)), 0, id]
            }
            Sort::CreatedAt => [-ad.created_at.0, -id, 0],
        }
    }
}
