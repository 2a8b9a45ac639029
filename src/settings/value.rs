//! The types of settings that are more than a number or a text, and how the file writes them.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::domain::{
    id::InstrumentId,
    instrument::{Increment, Instrument},
    money::{Amount, Asset, NumberError, Rate, parse_decimal, print_scaled},
    p2p::fiat::Fiat,
    per_asset::PerAsset,
};

/// What an acknowledged command survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// A power cut: each commit is synced to the disk.
    Disk,
    /// A killed process: each commit is handed to the operating system.
    Process,
}

/// Where the time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClockKind {
    /// The machine's clock.
    System,
    /// Time stands still and moves by command; for development.
    Manual,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Something that is on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Switch {
    On,
    Off,
}

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        // The usual error would quote what it found.
        let text = String::deserialize(deserializer);
        text.map(Secret).map_err(|_| de::Error::custom("must be a text in quotes"))
    }
}

/// An amount for each asset, in minor units; the file writes decimals: `USD = "1000000.00"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amounts(pub PerAsset<Amount>);

impl Serialize for Amounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Asset::ALL.map(|asset| (asset.code(), asset.print(self.0[asset]))))
    }
}

impl<'de> Deserialize<'de> for Amounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Amounts, D::Error> {
        let mut amounts = PerAsset::default();
        for (code, text) in BTreeMap::<String, String>::deserialize(deserializer)? {
            let asset = Asset::from_code(&code)
                .ok_or_else(|| de::Error::custom(format!("`{code}` is no asset")))?;
            amounts[asset] = asset
                .parse(&text)
                .map_err(|error| de::Error::custom(format!("{code}: {}", describe(error))))?;
        }
        Ok(Amounts(amounts))
    }
}

/// A fee as the file writes it, in percent: `"0.2"`. At most a tenth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fee(pub Rate);

impl Serialize for Fee {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&print_scaled(self.0.0.into(), 4))
    }
}

impl<'de> Deserialize<'de> for Fee {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fee, D::Error> {
        let text = String::deserialize(deserializer)?;
        let value = parse_decimal(&text).map_err(|e| de::Error::custom(describe(e)))?;
        let rate = Rate::from_percent(value).filter(|rate| *rate <= Rate(100_000));
        let wrong = || de::Error::custom("must be 0 to 10 with at most four decimals");
        rate.map(Fee).ok_or_else(wrong)
    }
}

/// Fiat currencies by their codes: `["USD", "EUR"]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fiats(pub Vec<Fiat>);

impl Serialize for Fiats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Fiat::code))
    }
}

impl<'de> Deserialize<'de> for Fiats {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fiats, D::Error> {
        let mut fiats = Vec::new();
        for code in Vec::<String>::deserialize(deserializer)? {
            let fiat = Fiat::from_code(&code).filter(|fiat| !fiats.contains(fiat));
            let wrong = || de::Error::custom(format!("`{code}` is no currency, or stands twice"));
            fiats.push(fiat.ok_or_else(wrong)?);
        }
        match (1..=FIATS_MAX).contains(&fiats.len()) {
            true => Ok(Fiats(fiats)),
            false => Err(de::Error::custom("must be 1 to 100 currencies")),
        }
    }
}

/// The most currencies; each has a board of ads for each asset.
const FIATS_MAX: usize = 100;

/// What a user may deposit, and withdraw, in a day unless the settings say otherwise.
pub(super) fn day_max() -> Amounts {
    Amounts(PerAsset::from_fn(|asset| Amount::new(asset.grant().get() * 100)))
}

/// An instrument as the file writes it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listing {
    name: String,
    base: String,
    quote: String,
    tick_size: String,
    lot_size: String,
    min_notional: String,
    maker_fee_percent: String,
    taker_fee_percent: String,
    #[serde(default = "default_band")]
    band_percent: String,
    #[serde(default = "default_protection")]
    protection_percent: String,
}

fn default_band() -> String {
    "20".into()
}

fn default_protection() -> String {
    "5".into()
}

/// The instruments that are traded unless the file lists others.
pub(super) fn default_instruments() -> Vec<Instrument> {
    use Asset::*;
    let list = [
        (Btc, Usd, (2, 5), 100, (1_000, 2_000)),
        (Eth, Usd, (2, 4), 100, (1_000, 2_000)),
        (Btc, Usdt, (2, 5), 1_000_000, (1_000, 2_000)),
        (Eth, Usdt, (2, 4), 1_000_000, (1_000, 2_000)),
        (Usdt, Usd, (4, 2), 100, (0, 500)),
    ];
    let listed = |(id, (base, quote, (tick, lot), min_notional, (maker, taker)))| Instrument {
        id: InstrumentId(id),
        name: format!("{}-{}", Asset::code(base), Asset::code(quote)),
        base,
        quote,
        tick: Increment { units: 1, scale: tick },
        lot: Increment { units: 1, scale: lot },
        min_notional: Amount::new(min_notional),
        maker_fee: Rate(maker),
        taker_fee: Rate(taker),
        band: Rate(200_000),
        protection: Rate(50_000),
    };
    (0..).zip(list).map(listed).collect()
}

/// Instruments in the file's form; an instrument's id is its place in the list.
pub(super) mod listings {
    use super::*;

    pub fn serialize<S: Serializer>(list: &[Instrument], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(list.iter().map(Listing::of))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Instrument>, D::Error> {
        let mut list: Vec<Instrument> = Vec::new();
        for listing in Vec::<Listing>::deserialize(deserializer)? {
            let id = u16::try_from(list.len())
                .map_err(|_| de::Error::custom("there are too many instruments"))?;
            let instrument = listing
                .instrument(InstrumentId(id))
                .map_err(|fault| de::Error::custom(format!("{}: {fault}", listing.name)))?;
            if list.iter().any(|known| known.name == instrument.name) {
                return Err(de::Error::custom(format!("{} is listed twice", instrument.name)));
            }
            list.push(instrument);
        }
        Ok(list)
    }
}

impl Listing {
    fn of(instrument: &Instrument) -> Listing {
        let percent = |rate: Rate| print_scaled(rate.0.into(), 4);
        Listing {
            name: instrument.name.clone(),
            base: instrument.base.code().into(),
            quote: instrument.quote.code().into(),
            tick_size: instrument.tick.print(1),
            lot_size: instrument.lot.print(1),
            min_notional: instrument.quote.print(instrument.min_notional),
            maker_fee_percent: percent(instrument.maker_fee),
            taker_fee_percent: percent(instrument.taker_fee),
            band_percent: percent(instrument.band),
            protection_percent: percent(instrument.protection),
        }
    }

    /// The instrument that is meant, or what is wrong with it.
    fn instrument(&self, id: InstrumentId) -> Result<Instrument, String> {
        let in_name = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
        if !self.name.bytes().all(in_name) {
            return Err("name may hold A-Z, 0-9 and - only".into());
        }
        let quote = asset("quote", &self.quote)?;
        let min_notional = quote.parse(&self.min_notional);
        let instrument = Instrument {
            id,
            name: self.name.clone(),
            base: asset("base", &self.base)?,
            quote,
            tick: step("tick_size", &self.tick_size)?,
            lot: step("lot_size", &self.lot_size)?,
            min_notional: min_notional.map_err(|e| format!("min_notional: {}", describe(e)))?,
            maker_fee: percent("maker_fee_percent", &self.maker_fee_percent)?,
            taker_fee: percent("taker_fee_percent", &self.taker_fee_percent)?,
            band: percent("band_percent", &self.band_percent)?,
            protection: percent("protection_percent", &self.protection_percent)?,
        };
        match instrument.fault() {
            Some(fault) => Err(fault.into()),
            None => Ok(instrument),
        }
    }
}

fn asset(key: &str, code: &str) -> Result<Asset, String> {
    Asset::from_code(code).ok_or_else(|| format!("{key}: `{code}` is no asset"))
}

fn step(key: &str, text: &str) -> Result<Increment, String> {
    let value = parse_decimal(text).map_err(|e| format!("{key}: {}", describe(e)))?.normalize();
    let units =
        i64::try_from(value.mantissa()).map_err(|_| format!("{key}: has too many digits"))?;
    Ok(Increment { units, scale: value.scale() })
}

fn percent(key: &str, text: &str) -> Result<Rate, String> {
    let value = parse_decimal(text).map_err(|e| format!("{key}: {}", describe(e)))?;
    Rate::from_percent(value)
        .ok_or_else(|| format!("{key}: must be 0 to 100 with at most four decimals"))
}

fn describe(error: NumberError) -> &'static str {
    match error {
        NumberError::Malformed => "must be a plain decimal in quotes, such as \"0.01\"",
        NumberError::TooManyDigits => "has too many digits",
        NumberError::TooFine => "has more decimals than its asset",
        NumberError::TooLarge => "is too large",
    }
}
