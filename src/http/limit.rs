//! Rate limits: by address for everyone, by user for those who are logged in, and a strict one by
//! address where passwords are tried. A bucket refills steadily and holds a
//! burst of requests.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header::{HeaderMap, HeaderName, HeaderValue},
    web::Data,
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};

use super::{
    api::{Api, RateLimits},
    problem::{EdgeError, Problem},
};
use crate::domain::id::UserId;

/// So many requests in each span of time, and so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many are given back in each span.
    pub requests: u32,
    /// How many a full bucket holds.
    pub burst: u32,
    /// The span.
    pub per: Duration,
}

/// All limits; each is off where settings turn them off.
pub struct Limits {
    by_address: Option<Buckets<IpAddr>>,
    by_user: Option<Buckets<UserId>>,
    auth: Option<Buckets<IpAddr>>,
}

impl Limits {
    /// Limits as settings have them.
    pub fn new(rates: Option<RateLimits>) -> Limits {
        Limits {
            by_address: rates.and_then(|r| Buckets::new(r.by_address)),
            by_user: rates.and_then(|r| Buckets::new(r.by_user)),
            auth: rates.and_then(|r| Buckets::new(r.auth)),
        }
    }

    /// Counts a request against its address.
    pub fn address(&self, request: &HttpRequest) -> Result<(), Problem> {
        count(self.by_address.as_ref(), address_of(request), request)
    }

    /// Counts a request against its user.
    pub fn user(&self, request: &HttpRequest, user: UserId) -> Result<(), Problem> {
        count(self.by_user.as_ref(), user, request)
    }

    /// Counts a command that came without a request of its own against its user.
    pub fn command(&self, user: UserId) -> Result<(), Problem> {
        let limit = self.by_user.as_ref().map(|buckets| buckets.take(&user));
        match limit.filter(|limit| limit.refused) {
            None => Ok(()),
            Some(refused) => {
                Err(Problem::of(EdgeError::RateLimited).with_retry_after(refused.reset_secs))
            }
        }
    }
}

/// Counts a request against the limit of those that try passwords.
#[derive(Debug)]
pub struct AuthLimit;

impl FromRequest for AuthLimit {
    type Error = Problem;
    type Future = std::future::Ready<Result<AuthLimit, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let buckets = request.app_data::<Data<Api>>().and_then(|api| api.limits.auth.as_ref());
        std::future::ready(count(buckets, address_of(request), request).map(|()| AuthLimit))
    }
}

fn count<K: Hash + Eq + Clone>(
    buckets: Option<&Buckets<K>>,
    key: K,
    request: &HttpRequest,
) -> Result<(), Problem> {
    let Some(buckets) = buckets else { return Ok(()) };
    let limit = buckets.take(&key);
    request.extensions_mut().insert(limit);
    match limit.refused {
        false => Ok(()),
        true => Err(Problem::of(EdgeError::RateLimited).with_retry_after(limit.reset_secs)),
    }
}

/// Whom a request's address stands for: an IPv6 network of 64 bits is one.
fn address_of(request: &HttpRequest) -> IpAddr {
    match request.peer_addr().map(|address| address.ip().to_canonical()) {
        Some(IpAddr::V6(ip)) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
        Some(ip) => ip,
        None => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

/// Where a key stands, as the headers say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitState {
    limit: u32,
    remaining: u32,
    /// Until the bucket is full again; where refused, until the next request is taken.
    reset_secs: u64,
    refused: bool,
}

static LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
static REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
static RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

impl LimitState {
    /// Writes the `RateLimit-*` headers.
    pub fn write(&self, headers: &mut HeaderMap) {
        let mut put = |name: &HeaderName, value: u64| {
            headers.insert(name.clone(), HeaderValue::from(value));
        };
        put(&LIMIT, u64::from(self.limit));
        put(&REMAINING, u64::from(self.remaining));
        put(&RESET, self.reset_secs);
    }
}

type Keyed<K> = RateLimiter<K, DashMapStateStore<K>, DefaultClock, StateInformationMiddleware>;

struct Buckets<K: Hash + Eq + Clone> {
    keyed: Keyed<K>,
    /// What a full bucket holds.
    burst: u32,
    /// Until a request that was taken is given back.
    refill: Duration,
    since_cleaned: AtomicU32,
}

/// How many requests there are between two cleanings of full buckets.
const CLEAN_EVERY: u32 = 100_000;

impl<K: Hash + Eq + Clone> Buckets<K> {
    fn new(rate: Rate) -> Option<Buckets<K>> {
        let refill = rate.per.checked_div(rate.requests)?;
        let quota = Quota::with_period(refill)?.allow_burst(NonZeroU32::new(rate.burst)?);
        let keyed = RateLimiter::dashmap(quota).with_middleware::<StateInformationMiddleware>();
        Some(Buckets { keyed, burst: rate.burst, refill, since_cleaned: AtomicU32::new(0) })
    }

    fn take(&self, key: &K) -> LimitState {
        if self.since_cleaned.fetch_add(1, Ordering::Relaxed) == CLEAN_EVERY {
            self.since_cleaned.store(0, Ordering::Relaxed);
            self.keyed.retain_recent();
        }
        let limit = self.burst;
        match self.keyed.check_key(key) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let full = self.refill.saturating_mul(limit.saturating_sub(remaining));
                LimitState { limit, remaining, reset_secs: secs_up(full), refused: false }
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                LimitState { limit, remaining: 0, reset_secs: secs_up(wait).max(1), refused: true }
            }
        }
    }
}

fn secs_up(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_bucket_is_emptied_for_one_key_alone_and_says_when_to_come_back() {
        let hour = Duration::from_secs(3600);
        let buckets = Buckets::new(Rate { requests: 2, burst: 2, per: hour }).unwrap();
        let first = buckets.take(&1);
        assert_eq!((first.limit, first.remaining, first.refused), (2, 1, false));
        assert!(!buckets.take(&1).refused);
        let third = buckets.take(&1);
        assert!(third.refused && (1790..=1800).contains(&third.reset_secs), "{third:?}");
        assert!(!buckets.take(&2).refused);
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one() {
        let at = |text: &str| {
            let peer = text.parse().unwrap();
            address_of(&TestRequest::default().peer_addr(peer).to_http_request())
        };
        assert_eq!(at("[2001:db8::1]:1"), at("[2001:db8::2:0:0:1]:9"));
        assert_ne!(at("[2001:db8::1]:1"), at("[2001:db8:0:1::1]:1"));
        assert_eq!(at("[::ffff:10.0.0.1]:1"), at("10.0.0.1:5"));
        assert_ne!(at("10.0.0.1:5"), at("10.0.0.2:5"));
    }

    #[test]
    fn no_rates_no_limits() {
        let request = TestRequest::default().to_http_request();
        let limits = Limits::new(None);
        assert!((0..100_000).all(|_| limits.address(&request).is_ok()));
    }
}
