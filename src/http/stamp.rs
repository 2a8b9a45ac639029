//! Times on the wire: RFC 3339 in UTC with milliseconds.

use time::{
    OffsetDateTime, UtcOffset,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::format_description,
};

use crate::domain::id::Stamp;

const FORMAT: &[BorrowedFormatItem<'static>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// `stamp` as `2026-01-31T12:00:00.000Z`.
pub fn print(stamp: Stamp) -> String {
    let nanos = i128::from(stamp.0) * 1_000_000;
    let time =
        OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(FORMAT).unwrap_or_default()
}

/// The time that `text` names, in any offset; finer parts than milliseconds are cut off.
pub fn parse(text: &str) -> Option<Stamp> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?.to_offset(UtcOffset::UTC);
    i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).ok().map(Stamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_printed_in_milliseconds_and_read_in_any_offset() {
        let stamp = Stamp(1_700_000_000_007);
        assert_eq!(print(stamp), "2023-11-14T22:13:20.007Z");
        assert_eq!(parse("2023-11-14T22:13:20.007Z"), Some(stamp));
        assert_eq!(parse("2023-11-15T00:13:20.0079+02:00"), Some(stamp));
        assert_eq!(parse("2023-11-14"), None);
        assert_eq!(parse("2023-02-30T00:00:00Z"), None);
    }
}
