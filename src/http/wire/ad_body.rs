//! Ads and takes as clients write them, and their one way into checked ones.

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Conditions, code, stamp};
use crate::{
    domain::{
        code::Coded,
        id::{AdId, Stamp},
        money::{Amount, Asset, NumberError, P2pPrice, Rate, parse_decimal, parse_scaled},
        order::Side,
        p2p::{
            ASSETS,
            ad::{self, AdChange, AdDraft, AdTerms, PriceType, Pricing},
            board::{Take, TakeSize},
            fiat::{Fiat, PAYMENT_WINDOW_SECS_MAX, PAYMENT_WINDOW_SECS_MIN, PaymentMethod},
        },
    },
    http::{
        page::read_count,
        text,
        wire::{BodyError, explain},
    },
};

/// The longest terms of an ad, in characters.
const TERMS_CHARS_MAX: usize = 1_000;
/// The lowest and the highest margin on the index, in parts per million.
const MARGINS: std::ops::RangeInclusive<i128> = -500_000..=1_000_000;
/// The highest rating, in hundredths.
const RATING_MAX: i128 = 500;

/// An advertisement to publish.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdBody {
    #[schema(value_type = code::OrderSide, example = "SELL")]
    ad_type: String,
    /// BTC, ETH or USDT.
    #[schema(example = "USDT")]
    currency: String,
    #[schema(example = "USD")]
    fiat_currency: String,
    #[schema(value_type = code::AdPriceType, example = "FIXED")]
    price_type: String,
    /// Fiat for one of the currency, at most eight decimals; FIXED only.
    #[schema(example = "1.02")]
    price: Option<String>,
    /// On the index, -50 to 100 with at most four decimals; FLOATING only.
    #[schema(example = "-1.5")]
    margin_percent: Option<String>,
    /// A floating price is never below this.
    price_floor: Option<String>,
    /// A floating price is never above this.
    price_ceiling: Option<String>,
    /// Of a SELL ad, all of it is locked.
    #[schema(example = "1000")]
    available_amount: String,
    /// The least that one trade is for, in fiat.
    #[schema(example = "50")]
    min_limit: String,
    /// The most that one trade is for, in fiat.
    #[schema(example = "500")]
    max_limit: String,
    #[schema(
        value_type = Vec<code::PaymentMethodCode>,
        example = json!(["BANK_TRANSFER"])
    )]
    payment_methods: Vec<String>,
    /// How long the buyer has to pay: 300 to 21600, and no longer than any of the methods allows.
    #[schema(example = 900)]
    payment_window_secs: u32,
    /// What the owner wants to say, 1 to 1000 characters.
    terms: Option<String>,
    /// What a taker has to bring.
    #[serde(default, deserialize_with = "object")]
    conditions: Option<Conditions>,
    /// When it ends by itself.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

impl AdBody {
    /// Which board it is for, and the checked ad.
    pub fn check(self) -> Result<(Asset, Fiat, AdDraft), BodyError> {
        let unknown = BodyError::Choice("ad_type", Side::CODES);
        let side = Side::from_code(&self.ad_type).ok_or(unknown)?;
        let asset = read_asset(&self.currency)?;
        let fiat = read_fiat(&self.fiat_currency)?;
        let pricing = PricingBody {
            kind: Some(&self.price_type),
            price: self.price.as_deref(),
            margin: self.margin_percent.as_deref(),
            floor: Some(self.price_floor.as_deref()),
            ceiling: Some(self.price_ceiling.as_deref()),
        };
        let terms = AdTerms {
            pricing: pricing.check(None)?,
            available: read_amount("available_amount", &self.available_amount, asset)?,
            min_limit: read_limit("min_limit", &self.min_limit, fiat)?,
            max_limit: read_limit("max_limit", &self.max_limit, fiat)?,
            methods: read_methods(&self.payment_methods)?,
            payment_window_secs: read_window(self.payment_window_secs)?,
            terms: self.terms.map(read_terms).transpose()?,
            conditions: read_conditions(self.conditions.as_ref(), fiat)?,
            expires_at: self.expires_at.as_deref().map(read_end).transpose()?,
        };
        Ok((asset, fiat, AdDraft { side, terms }))
    }
}

/// A change of an advertisement; what is left out stays as it is.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdChangeBody {
    /// The version that the owner saw; another one is refused.
    version: Option<u32>,
    #[schema(value_type = Option<code::AdPriceType>)]
    price_type: Option<String>,
    #[schema(example = "1.03")]
    price: Option<String>,
    margin_percent: Option<String>,
    /// `null` removes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    price_floor: Option<Option<String>>,
    /// `null` removes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    price_ceiling: Option<Option<String>>,
    /// In all, what is taken of it included.
    available_amount: Option<String>,
    min_limit: Option<String>,
    max_limit: Option<String>,
    #[schema(value_type = Option<Vec<code::PaymentMethodCode>>)]
    payment_methods: Option<Vec<String>>,
    payment_window_secs: Option<u32>,
    /// `null` removes them.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    terms: Option<Option<String>>,
    /// All of them; `{}` asks for nothing.
    #[serde(default, deserialize_with = "object")]
    conditions: Option<Conditions>,
    /// `null` removes it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Option<String>>,
}

impl AdChangeBody {
    /// The checked change of `ad`, and the version that it is meant for. What it leaves of the ad's
    /// pricing is taken from `ad`, so that version is meant where none is named.
    pub fn check(self, ad: &ad::Ad) -> Result<(AdChange, Option<u32>), BodyError> {
        let (asset, fiat) = (ad.asset, ad.fiat);
        let pricing = PricingBody {
            kind: self.price_type.as_deref(),
            price: self.price.as_deref(),
            margin: self.margin_percent.as_deref(),
            floor: self.price_floor.as_ref().map(Option::as_deref),
            ceiling: self.price_ceiling.as_ref().map(Option::as_deref),
        };
        let priced = !pricing.is_empty();
        let limit = |field, text: Option<String>| {
            text.map(|text| read_limit(field, &text, fiat)).transpose()
        };
        let amount = self.available_amount;
        let change = AdChange {
            pricing: priced.then(|| pricing.check(Some(ad.terms.pricing))).transpose()?,
            available: amount
                .map(|amount| read_amount("available_amount", &amount, asset))
                .transpose()?,
            min_limit: limit("min_limit", self.min_limit)?,
            max_limit: limit("max_limit", self.max_limit)?,
            methods: self.payment_methods.map(|methods| read_methods(&methods)).transpose()?,
            payment_window_secs: self.payment_window_secs.map(read_window).transpose()?,
            terms: self.terms.map(|terms| terms.map(read_terms).transpose()).transpose()?,
            conditions: match &self.conditions {
                Some(conditions) => Some(read_conditions(Some(conditions), fiat)?),
                None => None,
            },
            expires_at: self
                .expires_at
                .map(|end| end.as_deref().map(read_end).transpose())
                .transpose()?,
        };
        if change == AdChange::default() {
            return Err(BodyError::Field(
                "price",
                "is missing, and so is everything else to change",
            ));
        }
        Ok((change, self.version.or(priced.then_some(ad.version))))
    }
}

/// How a price is to be made; the outer `None` of a bound leaves it as it is.
struct PricingBody<'a> {
    kind: Option<&'a str>,
    price: Option<&'a str>,
    margin: Option<&'a str>,
    floor: Option<Option<&'a str>>,
    ceiling: Option<Option<&'a str>>,
}

impl PricingBody<'_> {
    fn is_empty(&self) -> bool {
        let texts = [self.kind, self.price, self.margin];
        texts.iter().all(Option::is_none) && self.floor.is_none() && self.ceiling.is_none()
    }

    /// The pricing; what is left out stays as it is `now`.
    fn check(&self, now: Option<Pricing>) -> Result<Pricing, BodyError> {
        let unknown = BodyError::Choice("price_type", PriceType::CODES);
        let kind = match self.kind {
            Some(code) => PriceType::from_code(code).ok_or(unknown)?,
            None => now.map_or(PriceType::Floating, Pricing::kind),
        };
        match kind {
            PriceType::Fixed => self.check_fixed(now),
            PriceType::Floating => self.check_floating(now),
        }
    }

    fn check_fixed(&self, now: Option<Pricing>) -> Result<Pricing, BodyError> {
        let given = |bound: Option<Option<&str>>| bound.flatten().is_some();
        for (field, is_given) in [
            ("margin_percent", self.margin.is_some()),
            ("price_floor", given(self.floor)),
            ("price_ceiling", given(self.ceiling)),
        ] {
            if is_given {
                return Err(BodyError::Field(field, "goes with a floating price only"));
            }
        }
        match (self.price, now) {
            (Some(price), _) => read_price("price", price).map(Pricing::Fixed),
            (None, Some(Pricing::Fixed(price))) => Ok(Pricing::Fixed(price)),
            (None, _) => Err(BodyError::Field("price", "is missing")),
        }
    }

    fn check_floating(&self, now: Option<Pricing>) -> Result<Pricing, BodyError> {
        if self.price.is_some() {
            return Err(BodyError::Field("price", "goes with a fixed price only"));
        }
        let (margin, floor, ceiling) = match now {
            Some(Pricing::Floating { margin, floor, ceiling }) => (Some(margin), floor, ceiling),
            _ => (None, None, None),
        };
        let bound = |field, given: Option<Option<&str>>, now| match given {
            Some(given) => given.map(|text| read_price(field, text)).transpose(),
            None => Ok(now),
        };
        let margin = self.margin.map(read_margin).transpose()?.or(margin);
        let margin = margin.ok_or(BodyError::Field("margin_percent", "is missing"))?;
        let floor = bound("price_floor", self.floor, floor)?;
        let ceiling = bound("price_ceiling", self.ceiling, ceiling)?;
        if floor.zip(ceiling).is_some_and(|(floor, ceiling)| floor > ceiling) {
            return Err(BodyError::Field("price_floor", "is above price_ceiling"));
        }
        Ok(Pricing::Floating { margin, floor, ceiling })
    }
}

/// A take of an advertisement.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeBody {
    #[schema(example = "1026")]
    advertisement_id: String,
    /// What the buyer pays; or else `amount`.
    #[schema(example = "500.00")]
    fiat_amount: Option<String>,
    /// What the buyer gets, before fees; or else `fiat_amount`.
    amount: Option<String>,
    #[schema(value_type = code::PaymentMethodCode, example = "BANK_TRANSFER")]
    payment_method: String,
    /// The price that the taker saw.
    #[schema(example = "1.02")]
    expected_price: Option<String>,
    /// How far the price may be from that, in percent with at most four decimals; default 0.
    price_tolerance_percent: Option<String>,
    /// The version of the ad that the taker saw.
    ad_version: Option<u32>,
}

impl TakeBody {
    /// Which ad it is for.
    pub fn ad(&self) -> Result<AdId, BodyError> {
        let id = read_count(&self.advertisement_id).map(|id| AdId(id as u64));
        id.ok_or(BodyError::Field("advertisement_id", "is not the id of an ad"))
    }

    /// The checked take, of an ad for `asset` against `fiat`.
    pub fn check(&self, asset: Asset, fiat: Fiat) -> Result<Take, BodyError> {
        let wanted = match (&self.fiat_amount, &self.amount) {
            (Some(text), None) => TakeSize::Fiat(read_limit("fiat_amount", text, fiat)?),
            (None, Some(text)) => TakeSize::Crypto(read_amount("amount", text, asset)?),
            (None, None) => {
                return Err(BodyError::Field("fiat_amount", "is missing, and so is amount"));
            }
            _ => {
                return Err(BodyError::Field(
                    "amount",
                    "stands in place of fiat_amount, not beside",
                ));
            }
        };
        let tolerance = self.price_tolerance_percent.as_deref();
        let expected = match (&self.expected_price, tolerance) {
            (None, Some(_)) => {
                let why = "goes with expected_price only";
                return Err(BodyError::Field("price_tolerance_percent", why));
            }
            (None, None) => None,
            (Some(price), tolerance) => {
                let field = "price_tolerance_percent";
                let tolerance = tolerance.map(|text| read_percent(field, text)).transpose()?;
                Some((read_price("expected_price", price)?, tolerance.unwrap_or(Rate(0))))
            }
        };
        let method = read_method("payment_method", &self.payment_method)?;
        Ok(Take { ad: self.ad()?, wanted, method, expected, version: self.ad_version })
    }
}

/// Tells a field that is `null` from one that is not there.
fn present<'de, D: Deserializer<'de>>(field: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(field).map(Some)
}

/// Derived readers would take a list for an object, its members by position.
fn object<'de, D: Deserializer<'de>>(field: D) -> Result<Option<Conditions>, D::Error> {
    match Option::<Value>::deserialize(field)? {
        None => Ok(None),
        Some(value @ Value::Object(_)) => {
            serde_json::from_value(value).map(Some).map_err(Error::custom)
        }
        Some(_) => Err(Error::custom("is not an object")),
    }
}

/// Reads what is traded on boards.
pub fn read_asset(code: &str) -> Result<Asset, BodyError> {
    let asset = Asset::from_code(code).filter(|asset| ASSETS.contains(asset));
    asset.ok_or(BodyError::Field("currency", "is not BTC, ETH or USDT"))
}

/// Reads a fiat currency, offered or not.
pub fn read_fiat(code: &str) -> Result<Fiat, BodyError> {
    Fiat::from_code(code).ok_or(BodyError::Field("fiat_currency", "is not three capital letters"))
}

/// Reads a payment method of the catalogue.
pub fn read_method(field: &'static str, code: &str) -> Result<PaymentMethod, BodyError> {
    PaymentMethod::from_code(code).ok_or(BodyError::Field(field, "is not a payment method"))
}

fn above_zero<T: Default + PartialEq>(
    field: &'static str,
    read: Result<T, NumberError>,
) -> Result<T, BodyError> {
    match read {
        Ok(figure) if figure == T::default() => Err(BodyError::Field(field, "is not above zero")),
        Ok(figure) => Ok(figure),
        Err(error) => Err(BodyError::Field(field, explain(error))),
    }
}

fn read_amount(field: &'static str, text: &str, asset: Asset) -> Result<Amount, BodyError> {
    above_zero(field, asset.parse(text))
}

/// Reads an amount of fiat above zero.
pub fn read_limit(field: &'static str, text: &str, fiat: Fiat) -> Result<Amount, BodyError> {
    above_zero(field, fiat.parse(text))
}

fn read_price(field: &'static str, text: &str) -> Result<P2pPrice, BodyError> {
    above_zero(field, P2pPrice::parse(text).map(|price| price.0)).map(P2pPrice)
}

fn read_margin(text: &str) -> Result<i32, BodyError> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let parts = parse_scaled(digits, 4).map(|parts| sign * parts);
    let parts = parts.map_err(|error| BodyError::Field("margin_percent", explain(error)))?;
    let bounded = i32::try_from(parts).ok().filter(|_| MARGINS.contains(&parts));
    bounded.ok_or(BodyError::Field("margin_percent", "is not from -50 to 100"))
}

fn read_percent(field: &'static str, text: &str) -> Result<Rate, BodyError> {
    let percent = parse_decimal(text).map_err(|error| BodyError::Field(field, explain(error)))?;
    let why = "is not from 0 to 100 with at most four decimals";
    Rate::from_percent(percent).ok_or(BodyError::Field(field, why))
}

fn read_methods(codes: &[String]) -> Result<Vec<PaymentMethod>, BodyError> {
    let field = "payment_methods";
    let read = codes.iter().map(|code| read_method(field, code));
    let mut methods: Vec<PaymentMethod> = read.collect::<Result<_, _>>()?;
    methods.sort_unstable();
    match () {
        _ if methods.is_empty() => Err(BodyError::Field(field, "is empty")),
        _ if methods.windows(2).any(|pair| pair[0] == pair[1]) => {
            Err(BodyError::Field(field, "names a method twice"))
        }
        _ => Ok(methods),
    }
}

fn read_window(secs: u32) -> Result<u32, BodyError> {
    match (PAYMENT_WINDOW_SECS_MIN..=PAYMENT_WINDOW_SECS_MAX).contains(&secs) {
        true => Ok(secs),
        false => Err(BodyError::Field("payment_window_secs", "is not from 300 to 21600")),
    }
}

fn read_terms(terms: String) -> Result<String, BodyError> {
    match text::fault(&terms, TERMS_CHARS_MAX) {
        None => Ok(terms),
        Some(text::TextError::Length) => {
            Err(BodyError::Field("terms", "are not 1 to 1000 characters"))
        }
        Some(text::TextError::Controls) => Err(BodyError::Field("terms", text::CONTROLS)),
    }
}

fn read_end(text: &str) -> Result<Stamp, BodyError> {
    stamp(text).ok_or(BodyError::Field("expires_at", "is not an RFC 3339 time"))
}

fn read_conditions(asked: Option<&Conditions>, fiat: Fiat) -> Result<ad::Conditions, BodyError> {
    let Some(asked) = asked else { return Ok(ad::Conditions::default()) };
    let rate = |text: &String| read_percent("conditions.min_completion_rate", text);
    let most = |text: &String| read_limit("conditions.first_trade_max_fiat", text, fiat);
    Ok(ad::Conditions {
        min_completed_trades: asked.min_completed_trades,
        min_completion_rate: asked.min_completion_rate.as_ref().map(rate).transpose()?,
        min_account_age_days: asked.min_account_age_days,
        min_rating: asked.min_rating.as_deref().map(read_rating).transpose()?,
        first_trade_max_fiat: asked.first_trade_max_fiat.as_ref().map(most).transpose()?,
    })
}

fn read_rating(text: &str) -> Result<u32, BodyError> {
    let field = "conditions.min_rating";
    let rating = parse_scaled(text, 2).map_err(|error| BodyError::Field(field, explain(error)))?;
    let bounded = u32::try_from(rating).ok().filter(|_| rating <= RATING_MAX);
    bounded.ok_or(BodyError::Field(field, "is not from 0 to 5"))
}
