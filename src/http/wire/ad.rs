//! Ads as everyone sees them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{code, percent, time};
use crate::domain::{
    money::{P2pPrice, print_scaled},
    p2p::{
        ad::{self, AdFact, Hidden, Pricing},
        fiat::Fiat,
    },
};

/// An advertisement: what was posted, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ad {
    #[schema(example = "1026")]
    pub id: String,
    /// The maker's username.
    #[schema(example = "alice")]
    pub owner: String,
    /// What the maker does.
    #[schema(value_type = code::OrderSide)]
    pub ad_type: &'static str,
    #[schema(example = "USDT")]
    pub currency: &'static str,
    #[schema(example = "USD")]
    pub fiat_currency: String,
    #[schema(value_type = code::AdPriceType)]
    pub price_type: &'static str,
    /// Fiat for one of the currency; null where the price floats.
    #[schema(example = "1.02000000")]
    pub price: Option<String>,
    /// On the index; null where the price is fixed.
    pub margin_percent: Option<String>,
    pub price_floor: Option<String>,
    pub price_ceiling: Option<String>,
    /// What a taker gets now; null where a floating price has no fresh index to stand on.
    #[schema(example = "1.02000000")]
    pub effective_price: Option<String>,
    /// What it is for in all.
    #[schema(example = "1000.000000")]
    pub available_amount: String,
    /// What is left of it.
    #[schema(example = "509.803922")]
    pub remaining_amount: String,
    /// The least that one trade is for, in fiat.
    #[schema(example = "50.00")]
    pub min_limit: String,
    /// The most that one trade is for, in fiat.
    #[schema(example = "500.00")]
    pub max_limit: String,
    #[schema(value_type = Vec<code::PaymentMethodCode>)]
    pub payment_methods: Vec<&'static str>,
    /// How long the buyer has to pay.
    #[schema(example = 900)]
    pub payment_window_secs: u32,
    /// What the owner wants to say.
    pub terms: Option<String>,
    /// What a taker has to bring.
    pub conditions: Conditions,
    /// When it ends by itself.
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
    #[schema(value_type = code::AdStatusShown)]
    pub status: &'static str,
    /// Why it is HIDDEN: below_min, no_index or owner_barred.
    #[schema(value_type = Option<code::AdHiddenReason>)]
    pub hidden_reason: Option<&'static str>,
    /// Raised by every edit, from 1.
    pub version: u32,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it last changed, its trades included.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

impl Ad {
    /// `ad` with its price now, and why it is hidden if it is.
    pub fn of(ad: &ad::Ad, price: Option<P2pPrice>, hidden: Option<Hidden>) -> Ad {
        let (asset, fiat, terms) = (ad.asset, ad.fiat, &ad.terms);
        let mut shown = Ad {
            id: ad.id.to_string(),
            owner: ad.owner.name.clone(),
            ad_type: ad.side.code(),
            currency: asset.code(),
            fiat_currency: fiat.code().to_owned(),
            price_type: terms.pricing.kind().code(),
            price: None,
            margin_percent: None,
            price_floor: None,
            price_ceiling: None,
            effective_price: price.map(P2pPrice::print),
            available_amount: asset.print(terms.available),
            remaining_amount: asset.print(ad.remaining),
            min_limit: fiat.print(terms.min_limit),
            max_limit: fiat.print(terms.max_limit),
            payment_methods: terms.methods.iter().map(|method| method.code()).collect(),
            payment_window_secs: terms.payment_window_secs,
            terms: terms.terms.clone(),
            conditions: Conditions::of(&terms.conditions, fiat),
            expires_at: terms.expires_at.map(time),
            status: code::ShownStatus::of(ad.status, hidden).code(),
            hidden_reason: hidden.map(Hidden::code),
            version: ad.version,
            created_at: time(ad.created_at),
            updated_at: time(ad.updated_at),
        };
        match terms.pricing {
            Pricing::Fixed(price) => shown.price = Some(price.print()),
            Pricing::Floating { margin, floor, ceiling } => {
                shown.margin_percent = Some(print_scaled(i128::from(margin), 4));
                shown.price_floor = floor.map(P2pPrice::print);
                shown.price_ceiling = ceiling.map(P2pPrice::print);
            }
        }
        shown
    }

    /// The ad as a command left it.
    pub fn after(fact: &AdFact) -> Ad {
        Ad::of(&fact.ad, fact.price, fact.hidden)
    }
}

/// What a taker has to bring; a member that is not there asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AdConditions)]
pub struct Conditions {
    /// Completed P2P trades, of all time.
    pub min_completed_trades: Option<u32>,
    /// Completion rate of all time; who has none does not meet it.
    #[schema(example = "90")]
    pub min_completion_rate: Option<String>,
    /// Full days since registration.
    pub min_account_age_days: Option<u32>,
    /// Mean of all ratings, 1 to 5; who has none does not meet it.
    #[schema(example = "4.5")]
    pub min_rating: Option<String>,
    /// The most, in fiat, that somebody without a completed P2P trade may take.
    #[schema(example = "100.00")]
    pub first_trade_max_fiat: Option<String>,
}

impl Conditions {
    fn of(conditions: &ad::Conditions, fiat: Fiat) -> Conditions {
        Conditions {
            min_completed_trades: conditions.min_completed_trades,
            min_completion_rate: conditions.min_completion_rate.map(percent),
            min_account_age_days: conditions.min_account_age_days,
            min_rating: conditions.min_rating.map(|least| print_scaled(i128::from(least), 2)),
            first_trade_max_fiat: conditions.first_trade_max_fiat.map(|most| fiat.print(most)),
        }
    }
}
