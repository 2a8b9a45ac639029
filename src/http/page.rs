//! Lists in pages: `limit`, an opaque cursor, and `{data, next}`.

use actix_web::{FromRequest, HttpRequest, dev::Payload, error::QueryPayloadError, web};
use serde::{Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use super::{body::named_field, problem::Problem};
use crate::domain::{id::Sequence, window::Window};

/// How many entries a page has where nothing else is asked.
pub const LIMIT_DEFAULT: usize = 50;
/// The most that can be asked.
pub const LIMIT_MAX: usize = 500;

/// Query parameters. Types that are read with this are `deny_unknown_fields` with texts in them, so
/// that a fault can be told with its field.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Query<T>, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = web::Query::<T>::from_query(request.query_string());
        std::future::ready(match read {
            Ok(query) => Ok(Query(query.into_inner())),
            Err(web_error) => Err(explain(&web_error)),
        })
    }
}

fn explain(error: &QueryPayloadError) -> Problem {
    let text = match error {
        QueryPayloadError::Deserialize(error) => error.to_string(),
        other => other.to_string(),
    };
    let field = named_field(&text).unwrap_or("query").to_owned();
    Problem::field(field, text)
}

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// At most so many.
    pub limit: usize,
    /// Those that come after the entry with this number.
    pub after: Option<u64>,
}

impl Span {
    /// Reads `limit` (1 to 500, default 50) and `after`.
    pub fn read(limit: Option<&str>, after: Option<&str>) -> Result<Span, Problem> {
        let limit = match limit {
            None => LIMIT_DEFAULT,
            Some(text) => read_count(text)
                .filter(|limit| (1..=LIMIT_MAX).contains(limit))
                .ok_or_else(|| Problem::field("limit", "is not a number from 1 to 500"))?,
        };
        let after = match after {
            None => None,
            Some(text) => {
                let number = read_cursor(text);
                Some(
                    number
                        .ok_or_else(|| Problem::field("after", "is not a cursor of this list"))?,
                )
            }
        };
        Ok(Span { limit, after })
    }

    /// The page of `newest_first` (entries whose `number` falls) that this span names.
    pub fn falling<T, R>(
        self,
        newest_first: impl Iterator<Item = T>,
        number: impl Fn(&T) -> u64,
        render: impl FnMut(T) -> R,
    ) -> Page<R> {
        self.cut(newest_first, number, |number, after| number < after, render)
    }

    /// The page of `oldest_first` (entries whose `number` rises) that this span names.
    pub fn rising<T, R>(
        self,
        oldest_first: impl Iterator<Item = T>,
        number: impl Fn(&T) -> u64,
        render: impl FnMut(T) -> R,
    ) -> Page<R> {
        self.cut(oldest_first, number, |number, after| number > after, render)
    }

    fn cut<T, R>(
        self,
        entries: impl Iterator<Item = T>,
        number: impl Fn(&T) -> u64,
        beyond: impl Fn(u64, u64) -> bool,
        mut render: impl FnMut(T) -> R,
    ) -> Page<R> {
        let wanted = |entry: &T| self.after.is_none_or(|after| beyond(number(entry), after));
        let mut entries = entries.filter(wanted);
        let (mut data, mut last) = (Vec::new(), None);
        for entry in entries.by_ref().take(self.limit) {
            last = Some(number(&entry));
            data.push(render(entry));
        }
        let next = entries.next().and(last).map(cursor);
        Page { data, next, window: None }
    }
}

/// Where an entry stands in a list that no number orders; what is less comes first. Its last part
/// tells apart what is equal else.
pub type CursorPosition = [i64; 3];

/// Which part of a list of places is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CursorSpan {
    /// At most so many.
    pub limit: usize,
    /// Those that come after this place.
    pub after: Option<CursorPosition>,
}

impl CursorSpan {
    /// Reads `limit` (1 to 500, default 50) and `after`, a cursor of the list that is sorted by `sort`.
    pub fn read(
        limit: Option<&str>,
        after: Option<&str>,
        sort: char,
    ) -> Result<CursorSpan, Problem> {
        let limit = Span::read(limit, None)?.limit;
        let not_one = || Problem::field("after", "is not a cursor of this list");
        let read = |text| read_place(text, sort).ok_or_else(not_one);
        Ok(CursorSpan { limit, after: after.map(read).transpose()? })
    }

    /// The entries of the page that this names, and the cursor of the next one.
    pub fn cut<T>(
        self,
        mut entries: Vec<(CursorPosition, T)>,
        sort: char,
    ) -> (Vec<T>, Option<String>) {
        entries.retain(|(place, _)| self.after.is_none_or(|after| *place > after));
        entries.sort_unstable_by_key(|(place, _)| *place);
        let more = entries.len() > self.limit;
        entries.truncate(self.limit);
        let next = entries.last().filter(|_| more).map(|([a, b, c], _)| {
            // In two's complement, so that no part has a sign.
            format!("{sort}{:x}.{:x}.{:x}", *a as u64, *b as u64, *c as u64)
        });
        (entries.into_iter().map(|(_, entry)| entry).collect(), next)
    }
}

fn read_place(text: &str, sort: char) -> Option<CursorPosition> {
    let mut parts = text.strip_prefix(sort)?.split('.').map(|part| {
        let hex = part.bytes().all(|b| b.is_ascii_hexdigit());
        hex.then(|| u64::from_str_radix(part, 16).ok()).flatten().map(|part| part as i64)
    });
    let place = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(place)
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The entries.
    pub data: Vec<T>,
    /// What `after` has to be for the next page; `null` on the last one.
    pub next: Option<String>,
    /// Where the list ends, for lists that keep their newest entries only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<WindowEnd>,
}

impl<T> Page<T> {
    /// Says where the window ends that the page was cut from.
    pub fn of_window<E>(
        mut self,
        window: Option<&Window<E>>,
        sequence: impl Fn(&E) -> Sequence,
    ) -> Page<T> {
        let oldest = window.and_then(|w| w.iter().next()).map(|entry| sequence(entry).0);
        let dropped = window.map_or(0, Window::dropped);
        self.window = Some(WindowEnd { from_sequence: oldest, dropped });
        self
    }
}

/// Where a list ends that keeps its newest entries only; older ones are in the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WindowEnd {
    /// The journal number of the oldest entry that is kept.
    pub from_sequence: Option<u64>,
    /// How many older entries are kept no more.
    pub dropped: u64,
}

/// Reads a plain count, no sign.
pub fn read_count(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn cursor(number: u64) -> String {
    format!("c{number:x}")
}

fn read_cursor(text: &str) -> Option<u64> {
    let hex = text.strip_prefix('c').filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u64::from_str_radix(hex, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_without_gap_or_repeat() {
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let span = Span::read(Some("3"), after.as_deref()).unwrap();
            let page = span.falling((1..=10u64).rev(), |n| *n, |n| n);
            seen.extend(page.data);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, (1..=10).rev().collect::<Vec<u64>>());
    }

    #[test]
    fn the_last_full_page_has_no_next() {
        let span = Span { limit: 2, after: Some(1) };
        let page = span.rising(1..=3u64, |n| *n, |n| n);
        assert_eq!((page.data, page.next), (vec![2, 3], None));
    }

    #[test]
    fn limits_and_cursors_are_checked() {
        assert_eq!(Span::read(None, None).unwrap(), Span { limit: 50, after: None });
        assert_eq!(Span::read(Some("500"), Some("cff")).unwrap().after, Some(255));
        for (limit, after) in [
            (Some("0"), None),
            (Some("501"), None),
            (Some("-1"), None),
            (Some("+1"), None),
            (Some(""), None),
            (Some("99999999999999999999999"), None),
            (None, Some("")),
            (None, Some("5")),
            (None, Some("c+5")),
            (None, Some("cfffffffffffffffff")),
        ] {
            assert!(Span::read(limit, after).is_err(), "{limit:?} {after:?}");
        }
    }

    #[test]
    fn a_list_of_places_is_cut_where_the_cursor_says() {
        let entries = || (-5..5).rev().map(|n| ([n % 2, n, 7], n)).collect::<Vec<_>>();
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let span = CursorSpan::read(Some("3"), after.as_deref(), 's').unwrap();
            let (data, next) = span.cut(entries(), 's');
            seen.extend(data);
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, [-5, -3, -1, -4, -2, 0, 2, 4, 1, 3]);
        for after in ["", "s", "s1.2", "s1.2.3.4", "s1.2.g", "s+1.2.3", "t1.2.3", "s1..3"] {
            assert!(CursorSpan::read(None, Some(after), 's').is_err(), "{after}");
        }
    }

    #[test]
    fn an_unknown_parameter_is_named() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Asked {
            limit: Option<String>,
        }
        let good = web::Query::<Asked>::from_query("limit=5").unwrap();
        assert_eq!(good.limit.as_deref(), Some("5"));
        let error = web::Query::<Asked>::from_query("limits=5").unwrap_err();
        let body = explain(&error).body(Default::default());
        assert_eq!(body["errors"][0]["field"], "limits");
    }
}
