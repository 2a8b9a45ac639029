//! Exact money: assets, amounts in minor units, and every rounding that the exchange does.
//!
//! Amounts are integers at an asset's fixed scale. All roundings stand in this file and each name
//! says its direction: notionals and what a trader receives round down, locks and fees round up.
//! Nothing here ever touches a float.

use crate::domain::figure::figure;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

figure! {
    /// An amount in minor units of its asset: 1.00 USD is 100, 1 BTC is 100,000,000.
    Amount
}

/// The most of one asset that may ever be issued, in minor units. Every balance and every sum of
/// balances stays within it, so sums fit 64 bits and products fit 128.
pub const ISSUED_MAX: Amount = Amount::new(1_000_000_000_000_000_000);

/// What can be owned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Asset {
    Usd,
    Btc,
    Eth,
    Usdt,
}

impl Asset {
    /// Every asset, in the order in which wallets list them.
    pub const ALL: [Asset; 4] = [Asset::Usd, Asset::Btc, Asset::Eth, Asset::Usdt];

    /// The ticker, as on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Asset::Usd => "USD",
            Asset::Btc => "BTC",
            Asset::Eth => "ETH",
            Asset::Usdt => "USDT",
        }
    }

    /// Decimals of a minor unit.
    pub fn scale(self) -> u32 {
        match self {
            Asset::Usd => 2,
            Asset::Usdt => 6,
            Asset::Btc | Asset::Eth => 8,
        }
    }

    /// What everyone gets at registration, in minor units.
    pub fn grant(self) -> Amount {
        match self {
            Asset::Usd => Amount::new(1_000_000),
            Asset::Btc => Amount::new(50_000_000),
            Asset::Eth => Amount::new(500_000_000),
            Asset::Usdt => Amount::new(5_000_000_000),
        }
    }

    /// The asset with this ticker.
    pub fn from_code(code: &str) -> Option<Asset> {
        Asset::ALL.into_iter().find(|a| a.code() == code)
    }

    /// Place in [`Asset::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// `amount` in plain notation at the asset's full scale: `0.50000000`.
    pub fn print(self, amount: Amount) -> String {
        print_scaled(i128::from(amount), self.scale())
    }

    /// Reads a positive amount in plain notation.
    pub fn parse(self, text: &str) -> Result<Amount, NumberError> {
        let scaled = parse_scaled(text, self.scale())?;
        Amount::try_from(scaled).ok().filter(|a| *a <= ISSUED_MAX).ok_or(NumberError::TooLarge)
    }
}

/// Why a text is not a number that we take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// Not of the grammar `0|[1-9][0-9]*` with an optional `.digits`.
    Malformed,
    /// More digits than any figure here can have.
    TooManyDigits,
    /// Finer than the unit that it is counted in.
    TooFine,
    /// Beyond the largest figure that is taken.
    TooLarge,
}

/// The most digits that are read on either side of the dot.
const DIGITS_MAX: usize = 18;

/// Reads an unsigned decimal in plain notation: no sign, exponent, space, underscore or leading dot.
pub fn parse_decimal(text: &str) -> Result<Decimal, NumberError> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return Err(NumberError::Malformed),
        None => (text, ""),
    };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    if whole.is_empty() || leading_zero || !digits(whole) || !digits(fraction) {
        return Err(NumberError::Malformed);
    }
    if whole.len() > DIGITS_MAX || fraction.len() > DIGITS_MAX {
        return Err(NumberError::TooManyDigits);
    }
    // 28 digits is what a Decimal holds; 18 + 18 may exceed it.
    Decimal::from_str_exact(text).map_err(|_| NumberError::TooManyDigits)
}

/// Reads an unsigned decimal as a count of units of 10^-`scale`.
pub fn parse_scaled(text: &str, scale: u32) -> Result<i128, NumberError> {
    let value = parse_decimal(text)?.normalize();
    if value.scale() > scale {
        return Err(NumberError::TooFine);
    }
    // A Decimal's mantissa is below 2^96 and the scales here are below 19, but both at once could
    // pass 2^127, so the product is checked.
    value.mantissa().checked_mul(10_i128.pow(scale - value.scale())).ok_or(NumberError::TooLarge)
}

/// Prints a count of units of 10^-`scale` in plain notation with all its decimals.
pub fn print_scaled(units: i128, scale: u32) -> String {
    if let (Ok(small), 0..=18) = (u64::try_from(units.unsigned_abs()), scale) {
        return print_small(small, units < 0, scale as usize);
    }
    let sign = if units < 0 { "-" } else { "" };
    let unit = 10_u128.pow(scale);
    let (whole, fraction) = (units.unsigned_abs() / unit, units.unsigned_abs() % unit);
    match scale {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{fraction:0width$}", width = scale as usize),
    }
}

/// The same for what nearly all figures are: digits from the last one on, without 128 bits to divide.
fn print_small(mut rest: u64, is_negative: bool, scale: usize) -> String {
    // At most 20 digits, or a zero before 18 decimals; a point and a sign.
    let mut text = [b'0'; 24];
    let (mut at, mut digits) = (text.len(), 0);
    while rest > 0 || digits <= scale {
        if digits == scale && scale > 0 {
            at -= 1;
            text[at] = b'.';
        }
        at -= 1;
        text[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        digits += 1;
    }
    if is_negative {
        at -= 1;
        text[at] = b'-';
    }
    str::from_utf8(&text[at..]).expect("digits are text").to_owned()
}

/// A share in parts per million: 0.10 % is 1,000.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Rate(pub u32);

const MILLION: i64 = 1_000_000;

impl Rate {
    /// As a bound: none. No percentage that can be set comes near it.
    pub const UNBOUNDED: Rate = Rate(u32::MAX);

    /// The rate of a percentage with at most four decimals, up to 100 %.
    pub fn from_percent(percent: Decimal) -> Option<Rate> {
        let parts = percent.checked_mul(Decimal::from(10_000))?.normalize();
        let whole = (parts.scale() == 0).then(|| parts.mantissa())?;
        u32::try_from(whole).ok().filter(|p| *p <= 1_000_000).map(Rate)
    }

    /// The fee on `received`, rounded up.
    pub fn fee_up(self, received: Amount) -> Amount {
        Amount::new(Product::of([received.get(), i64::from(self.0), 1]).div_up(MILLION))
    }

    /// `figure` x (1 + rate), rounded down.
    pub fn above_down(self, figure: i64) -> i64 {
        Product::of([figure, MILLION + i64::from(self.0), 1]).div_down(MILLION)
    }

    /// `figure` x (1 - rate), rounded up.
    pub fn below_up(self, figure: i64) -> i64 {
        Product::of([figure, MILLION - i64::from(self.0), 1]).div_up(MILLION)
    }
}

/// The factor that turns a price in ticks times a quantity in lots into minor units of the quote
/// asset: `numerator / denominator`, both positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Ratio {
    pub numerator: i64,
    pub denominator: i64,
}

impl Ratio {
    /// `price x quantity`, rounded down: what a fill is worth, one figure for both sides.
    pub fn notional_down(self, price: i64, quantity: i64) -> Amount {
        let worth = Product::of([price, quantity, self.numerator]);
        Amount::new(worth.div_down(self.denominator))
    }

    /// `price x quantity`, rounded up: what a buy locks.
    pub fn notional_up(self, price: i64, quantity: i64) -> Amount {
        let worth = Product::of([price, quantity, self.numerator]);
        Amount::new(worth.div_up(self.denominator))
    }

    /// The largest quantity whose notional at `price`, rounded down, is within `amount`.
    pub fn affordable(self, price: i64, amount: Amount) -> i64 {
        let small = || {
            let most = amount.get().checked_add(1)?.checked_mul(self.denominator)? - 1;
            Some(most / price.checked_mul(self.numerator)?)
        };
        small().unwrap_or_else(|| {
            let unit = i128::from(price) * i128::from(self.numerator);
            clamp_i64(((i128::from(amount) + 1) * i128::from(self.denominator) - 1) / unit)
        })
    }
}

/// A product on its way to be divided: in 64 bits where they hold it, which is most of the time and
/// several times faster.
#[derive(Clone, Copy)]
enum Product {
    Small(i64),
    Large(i128),
}

impl Product {
    /// Bounded by settings: price and quantity stay below 2^50 each, a ratio's numerator below 2^27.
    #[inline]
    fn of([a, b, c]: [i64; 3]) -> Product {
        match a.checked_mul(b).and_then(|product| product.checked_mul(c)) {
            Some(product) => Product::Small(product),
            None => Product::Large(i128::from(a) * i128::from(b) * i128::from(c)),
        }
    }

    #[inline]
    fn div_down(self, divisor: i64) -> i64 {
        match self {
            Product::Small(product) => product / divisor,
            Product::Large(product) => clamp_i64(product / i128::from(divisor)),
        }
    }

    #[inline]
    fn div_up(self, divisor: i64) -> i64 {
        match self {
            Product::Small(product) => product / divisor + i64::from(product % divisor > 0),
            Product::Large(product) => clamp_i64(div_up(product, i128::from(divisor))),
        }
    }
}

/// 10^`exponent`, up to what 64 bits hold.
#[inline]
pub fn ten_to(exponent: u32) -> i64 {
    const POWERS: [i64; 19] = {
        let mut powers = [1; 19];
        let mut at = 1;
        while at < powers.len() {
            powers[at] = powers[at - 1] * 10;
            at += 1;
        }
        powers
    };
    POWERS[exponent as usize]
}

/// A P2P price: fiat for one whole unit of an asset, in units of 10^-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct P2pPrice(pub i64);

/// The largest P2P price, in its units: a thousand million for one.
pub const P2P_PRICE_MAX: i64 = 100_000_000_000_000_000;
const P2P_PRICE_SCALE: u32 = 8;

impl P2pPrice {
    /// Reads a price in plain notation with at most eight decimals; zero is one.
    pub fn parse(text: &str) -> Result<P2pPrice, NumberError> {
        let units = i64::try_from(parse_scaled(text, P2P_PRICE_SCALE)?);
        units.ok().filter(|u| *u <= P2P_PRICE_MAX).map(P2pPrice).ok_or(NumberError::TooLarge)
    }

    /// In plain notation with all its decimals: `1.02000000`.
    pub fn print(self) -> String {
        print_scaled(i128::from(self.0), P2P_PRICE_SCALE)
    }

    /// What `fiat` (minor units, `fiat_scale` decimals) buys of `asset`, rounded down.
    pub fn amount_down(self, fiat: Amount, fiat_scale: u32, asset: Asset) -> Amount {
        let scale = 10_i128.pow(P2P_PRICE_SCALE + asset.scale() - fiat_scale);
        Amount::new(clamp_i64(i128::from(fiat) * scale / i128::from(self.0.max(1))))
    }

    /// What `amount` of `asset` costs in minor units of a fiat currency, rounded up.
    pub fn fiat_up(self, amount: Amount, asset: Asset, fiat_scale: u32) -> Amount {
        let scale = 10_i128.pow(P2P_PRICE_SCALE + asset.scale() - fiat_scale);
        Amount::new(clamp_i64(div_up(i128::from(amount) * i128::from(self.0), scale)))
    }

    /// What `amount` of `asset` is worth in minor units of a fiat currency, rounded down.
    pub fn fiat_down(self, amount: Amount, asset: Asset, fiat_scale: u32) -> Amount {
        let scale = 10_i128.pow(P2P_PRICE_SCALE + asset.scale() - fiat_scale);
        Amount::new(clamp_i64(i128::from(amount) * i128::from(self.0) / scale))
    }

    /// This price with a margin in parts per million on it, of either sign, rounded down.
    pub fn with_margin_down(self, margin: i32) -> P2pPrice {
        P2pPrice(clamp_i64(
            i128::from(self.0) * i128::from(MILLION + i64::from(margin)) / i128::from(MILLION),
        ))
    }

    /// The middle between a bid and an ask in ticks of `tick_units` x 10^-`tick_scale`, rounded down.
    pub fn mid_down(bid: i64, ask: i64, tick_units: i64, tick_scale: u32) -> P2pPrice {
        let ticks = i128::from(bid) + i128::from(ask);
        let units = ticks * i128::from(tick_units) * 10_i128.pow(P2P_PRICE_SCALE);
        P2pPrice(clamp_i64(units / 2 / 10_i128.pow(tick_scale)))
    }

    /// Whether this price is within `tolerance` of `expected`, in either direction.
    pub fn is_near(self, expected: P2pPrice, tolerance: Rate) -> bool {
        let apart = (i128::from(self.0) - i128::from(expected.0)).abs();
        apart * i128::from(MILLION) <= i128::from(expected.0) * i128::from(tolerance.0)
    }
}

/// `percent` of `amount`, rounded down.
pub fn share_down(amount: Amount, percent: u8) -> Amount {
    Amount::new(clamp_i64(i128::from(amount) * i128::from(percent) / 100))
}

/// `sum / count` in units of 10^-`scale`, rounded to the nearest, halves to even; what means and
/// rates of a reputation are printed with.
pub fn mean_half_even(sum: i128, count: i128, scale: u32) -> i128 {
    let scaled = sum * 10_i128.pow(scale);
    let (whole, rest) = (scaled.div_euclid(count), scaled.rem_euclid(count));
    match (2 * rest).cmp(&count) {
        std::cmp::Ordering::Less => whole,
        std::cmp::Ordering::Equal => whole + whole.rem_euclid(2),
        std::cmp::Ordering::Greater => whole + 1,
    }
}

fn div_up(dividend: i128, divisor: i128) -> i128 {
    dividend / divisor + i128::from(dividend % divisor > 0)
}

/// Figures are bounded at the edge long before they saturate; saturating keeps a bound that was set
/// too wide from wrapping around.
fn clamp_i64(figure: i128) -> i64 {
    figure.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use NumberError::*;

    #[test]
    fn only_plain_notation_is_read() {
        for (text, expected) in [
            ("0", Ok(0)),
            ("1", Ok(100)),
            ("0.5", Ok(50)),
            ("10000.00", Ok(1_000_000)),
            ("1.2300", Ok(123)),
            ("1.234", Err(TooFine)),
            ("", Err(Malformed)),
            (".5", Err(Malformed)),
            ("5.", Err(Malformed)),
            ("05", Err(Malformed)),
            ("+5", Err(Malformed)),
            ("-5", Err(Malformed)),
            ("1e3", Err(Malformed)),
            ("1_000", Err(Malformed)),
            (" 1", Err(Malformed)),
            ("1 ", Err(Malformed)),
            ("NaN", Err(Malformed)),
            ("1.2.3", Err(Malformed)),
            ("٣", Err(Malformed)),
            ("1234567890123456789", Err(TooManyDigits)),
            ("0.0000000000000000001", Err(TooManyDigits)),
            ("123456789012345678.123456789012345678", Err(TooManyDigits)),
            ("999999999999999999", Err(TooLarge)),
        ] {
            assert_eq!(Asset::Usd.parse(text), expected.map(Amount::new), "{text}");
        }
    }

    #[test]
    fn amounts_print_at_full_scale() {
        assert_eq!(Asset::Usd.print(Amount::new(1_000_000)), "10000.00");
        assert_eq!(Asset::Btc.print(Amount::new(50_000_000)), "0.50000000");
        assert_eq!(Asset::Usdt.print(Amount::new(-1)), "-0.000001");
    }

    #[test]
    fn fees_round_up_and_notionals_down() {
        let tenth = Rate::from_percent(Decimal::new(10, 2)).unwrap();
        assert_eq!(tenth, Rate(1000));
        assert_eq!(tenth.fee_up(Amount::new(1)), Amount::new(1));
        assert_eq!(tenth.fee_up(Amount::new(1000)), Amount::new(1));
        assert_eq!(tenth.fee_up(Amount::new(1001)), Amount::new(2));
        assert_eq!(Rate(0).fee_up(Amount::new(1001)), Amount::ZERO);
        assert_eq!(Rate::from_percent(Decimal::new(1, 5)), None);
        let cents = Ratio { numerator: 1, denominator: 100_000 };
        assert_eq!(cents.notional_down(6_183_764, 1), Amount::new(61));
        assert_eq!(cents.notional_up(6_183_764, 1), Amount::new(62));
    }

    #[test]
    fn p2p_amounts_round_down_and_totals_up() {
        let price = |text| P2pPrice::parse(text).unwrap();
        assert_eq!(
            price("1.02").amount_down(Amount::new(50_000), 2, Asset::Usdt),
            Amount::new(490_196_078)
        );
        assert_eq!(
            price("1.03").amount_down(Amount::new(10_000), 2, Asset::Usdt),
            Amount::new(97_087_378)
        );
        assert_eq!(
            price("1.02").fiat_up(Amount::new(490_196_078), Asset::Usdt, 2),
            Amount::new(50_000)
        );
        assert_eq!(
            price("1.02").fiat_down(Amount::new(490_196_078), Asset::Usdt, 2),
            Amount::new(49_999)
        );
        assert_eq!(price("1").with_margin_down(-15_000), price("0.985"));
        assert_eq!(P2pPrice::mid_down(9_999, 10_002, 1, 4), price("1.00005"));
        assert!(price("1.03").is_near(price("1.02"), Rate(10_000)));
        assert!(!price("1.03").is_near(price("1.02"), Rate(9_000)));
        assert_eq!(P2pPrice::parse("0.000000001"), Err(TooFine));
    }

    #[test]
    fn means_round_halves_to_even() {
        for (sum, count, scale, mean) in
            [(6, 2, 2, 300), (9, 8, 2, 112), (11, 8, 2, 138), (2, 3, 2, 67), (1, 3, 2, 33)]
        {
            assert_eq!(mean_half_even(sum, count, scale), mean, "{sum} / {count}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_p2p_amount_is_the_most_that_its_fiat_pays(
            fiat in 1i64..1_000_000_000, price in 1i64..10_000_000_000_000,
        ) {
            let price = P2pPrice(price);
            for asset in [Asset::Btc, Asset::Usdt] {
                let amount = price.amount_down(Amount::new(fiat), 2, asset);
                assert!(price.fiat_up(amount, asset, 2) <= Amount::new(fiat));
                assert!(price.fiat_up(amount.saturating_add(Amount::new(1)), asset, 2) > Amount::new(fiat) || {
                    // A unit more may cost less than a unit of fiat: then it is still paid for.
                    price.fiat_down(amount.saturating_add(Amount::new(1)), asset, 2) >= Amount::new(fiat)
                });
            }
        }

        #[test]
        fn a_split_loses_no_unit(amount in 1i64..ISSUED_MAX.get(), percent in 1u8..100) {
            let buyers = share_down(Amount::new(amount), percent).get();
            assert!((0..amount).contains(&buyers) && buyers + (amount - buyers) == amount);
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_affordable_is_the_most_that_is(
            price in 1i64..1_000_000_000, amount in 0i64..1_000_000_000_000, denominator in 1i64..1_000_000,
        ) {
            let ratio = Ratio { numerator: 1, denominator };
            let most = ratio.affordable(price, Amount::new(amount));
            assert!(ratio.notional_down(price, most) <= Amount::new(amount));
            assert!(ratio.notional_down(price, most + 1) > Amount::new(amount));
        }

        #[test]
        fn a_lock_covers_its_fills_in_any_pieces(
            price in 1i64..1_000_000_000, whole in 1i64..1_000_000, part in 0i64..1_000_000, denominator in 1i64..1_000_000,
        ) {
            let (ratio, part) = (Ratio { numerator: 1, denominator }, part.min(whole));
            let left = ratio.notional_up(price, whole) - ratio.notional_down(price, part);
            assert!(left >= ratio.notional_up(price, whole - part));
        }

        #[test]
        fn printed_and_read_again_is_the_same(amount in 0i64..ISSUED_MAX.get()) {
            for asset in Asset::ALL {
                let amount = Amount::new(amount);
                assert_eq!(asset.parse(&asset.print(amount)), Ok(amount));
            }
        }
    }

    #[test]
    fn figures_of_every_size_are_printed_alike() {
        let by_format = |units: i128, scale: u32| {
            let (sign, unit) = (if units < 0 { "-" } else { "" }, 10_u128.pow(scale));
            let (whole, rest) = (units.unsigned_abs() / unit, units.unsigned_abs() % unit);
            match scale {
                0 => format!("{sign}{whole}"),
                _ => format!("{sign}{whole}.{rest:0width$}", width = scale as usize),
            }
        };
        let sizes = [0, 1, 9, 10, 99, 100, 12_345, 1_000_000_007, i128::from(u64::MAX)];
        for units in sizes.into_iter().flat_map(|n| [n, -n, n + 1, n * 1_000_003]) {
            for scale in 0..=18 {
                assert_eq!(print_scaled(units, scale), by_format(units, scale));
            }
        }
    }
}
