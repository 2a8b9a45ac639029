//! The JSON shapes that REST and WebSocket share, and the texts they are made of.
//!
//! Money, prices, quantities and ids are strings at full scale, times are RFC 3339 in UTC with
//! milliseconds. Every shape is a pure function of what it shows and its instrument, so an answer
//! that is given again is the same text. No float comes near a figure.

mod account;
mod ad;
mod ad_body;
mod body;
mod body_error;
pub mod code;
mod dispute;
mod market;
mod order;
mod p2p;
mod reputation;

pub use account::{Balance, Notification};
pub use ad::{Ad, Conditions};
pub use ad_body::{AdBody, AdChangeBody, TakeBody, read_asset, read_fiat, read_limit, read_method};
pub use body::{AmendBody, OrderBody};
pub use body_error::{BodyError, explain, none_of};
pub use code::{Liquidity, PostingAccount, ShownStatus};
pub use dispute::{Dispute, DisputeCase, DisputeSummary, Evidence, Statement, Verdict, hex};
pub use market::{Book, Candle, Instrument, Print, Ticker, candles, checksum};
pub use order::{Cancelled, Fill, Order, OwnTrade, Placed, fills};
pub use p2p::{AuditEntry, Escrow, Fees, P2pMessage, PaymentAccount, PaymentTo, ShownTrade, Taken};
pub use reputation::{OwnerReputation, Review, ShownReputation, TradeRecord, Volume, Windows};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::domain::{
    id::Stamp,
    money::{Rate, print_scaled},
};

/// A stamp as it stands on the wire: `2026-01-31T12:00:00.000Z`.
pub fn time(stamp: Stamp) -> String {
    let nanos = i128::from(stamp.0) * 1_000_000;
    // Stamps come from clocks; one beyond the year 9999 is shown as the start of time.
    let at = OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second, milli) = at.to_hms_milli();
    let (month, year) = (u8::from(month), u32::try_from(year).unwrap_or(0));
    // Each order has two of these: digits are set in place, where formatting each part would cost more
    // than all else of an answer.
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let mut put = |at: std::ops::Range<usize>, mut number: u32| {
        for digit in text[at].iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
    };
    put(0..4, year);
    put(5..7, month.into());
    put(8..10, day.into());
    put(11..13, hour.into());
    put(14..16, minute.into());
    put(17..19, second.into());
    put(20..23, milli.into());
    str::from_utf8(&text).expect("digits are text").to_owned()
}

/// Reads an RFC 3339 time, rounded down to milliseconds.
pub fn stamp(text: &str) -> Option<Stamp> {
    // No conversion to UTC: that of a time at the end of the year 9999 may not exist.
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let millis = at.unix_timestamp_nanos().div_euclid(1_000_000);
    i64::try_from(millis).ok().map(Stamp)
}

/// A rate counts parts per million; a percent is ten thousand of them.
fn percent(rate: Rate) -> String {
    print_scaled(i128::from(rate.0), 4)
}

/// `numerator / denominator` at `scale` decimals, rounded to the nearest, halves away from zero.
fn print_ratio(numerator: i128, denominator: i128, scale: u32) -> String {
    let half = denominator / 2 * numerator.signum();
    print_scaled((numerator + half) / denominator, scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Amount;
    use crate::domain::{
        id::InstrumentId,
        instrument::{Increment, Instrument},
        money::{Asset, Rate},
    };

    /// What the tests of all shapes are about.
    pub(super) fn btc_usd() -> Instrument {
        Instrument {
            id: InstrumentId(0),
            name: "BTC-USD".into(),
            base: Asset::Btc,
            quote: Asset::Usd,
            tick: Increment { units: 1, scale: 2 },
            lot: Increment { units: 1, scale: 5 },
            min_notional: Amount::new(1),
            maker_fee: Rate(1000),
            taker_fee: Rate(2000),
            band: Rate(200_000),
            protection: Rate(50_000),
        }
    }

    #[test]
    fn times_have_milliseconds_and_read_back() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_769_860_800_007, "2026-01-31T12:00:00.007Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(time(Stamp(millis)), text);
            assert_eq!(stamp(text), Some(Stamp(millis)));
        }
        assert_eq!(stamp("2026-01-31T13:00:00.0079+01:00"), Some(Stamp(1_769_860_800_007)));
        for text in ["", "2026-01-31", "1769860800", "2026-13-01T00:00:00Z", "2026-01-31T12:00:00"]
        {
            assert_eq!(stamp(text), None, "{text}");
        }
    }

    #[test]
    fn ratios_round_to_the_nearest() {
        for (numerator, denominator, text) in
            [(1, 3, "0.00"), (5, 10, "0.01"), (-5, 10, "-0.01"), (-1, 3, "0.00"), (200, 3, "0.67")]
        {
            assert_eq!(print_ratio(numerator, denominator, 2), text);
        }
    }
}
