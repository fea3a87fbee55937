//! Rate limits: Remittance contract, section 11; Treasury contract, section 1.
//!
//! Each API key has a limit for what it reads and one for what it writes, and each address one for requests without a good
//! key. They hold in this process alone.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use actix_web::{
    HttpResponse,
    http::{
        Method,
        header::{HeaderName, HeaderValue, RETRY_AFTER},
    },
};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock,
    middleware::StateInformationMiddleware,
};
use vouch_domain::id::ApiKeyId;

/// So many addresses are told apart; the rest share a limit.
const MOST_ADDRESSES: usize = 50_000;
/// How often addresses are looked through for those that may be forgotten, when there are too many.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// Stands for the addresses that are not told apart.
const OTHERS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// How often something may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// How often at once.
    pub burst: NonZeroU32,
    /// In how long one more is allowed.
    pub every: Duration,
}

impl RateLimit {
    /// So many in a second, and twice as many at once; no limit for zero.
    #[must_use]
    pub fn per_second(count: u32) -> Option<Self> {
        let count = NonZeroU32::new(count)?;
        Some(Self {
            burst: count.saturating_add(count.get()),
            every: Duration::from_secs(1) / count.get(),
        })
    }

    /// So many in a minute, all of them at once if need be; no limit for zero.
    #[must_use]
    pub fn per_minute(count: u32) -> Option<Self> {
        let burst = NonZeroU32::new(count)?;
        Some(Self {
            burst,
            every: Duration::from_secs(60) / count,
        })
    }
}

/// The limits of a process; none where there is none.
#[derive(Debug, Clone, Copy, Default)]
pub struct RateLimitSettings {
    /// Of one API key, for GET and HEAD.
    pub read: Option<RateLimit>,
    /// Of one API key, for all other methods.
    pub write: Option<RateLimit>,
    /// Of one address, an IPv6 network of 64 bits counting as one, for requests without a good key.
    pub anonymous: Option<RateLimit>,
}

/// What was asked for so far, as far as it still counts.
#[derive(Default)]
pub struct RateLimits {
    read: Option<Limiter<ApiKeyId>>,
    write: Option<Limiter<ApiKeyId>>,
    anonymous: Option<Addresses>,
}

/// Which limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    Read,
    Write,
    Anonymous,
}

impl Tier {
    /// The word on the wire.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Anonymous => "anonymous",
        }
    }
}

/// How much a caller has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// The most at once.
    limit: u32,
    remaining: u32,
    /// In how many seconds all of it is there again.
    reset: u64,
}

/// A request too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exceeded {
    pub(crate) tier: Tier,
    allowance: Allowance,
    /// In how many seconds to try again, at least one.
    pub(crate) retry_after: u64,
}

impl RateLimits {
    /// These limits, with nothing asked for so far.
    #[must_use]
    pub fn new(settings: RateLimitSettings) -> Self {
        Self {
            read: settings.read.and_then(Limiter::new),
            write: settings.write.and_then(Limiter::new),
            anonymous: settings.anonymous.and_then(Addresses::new),
        }
    }

    /// Counts a request of this method under a good key. Answers nothing when there is no limit.
    pub(crate) fn count(
        &self,
        key: ApiKeyId,
        method: &Method,
    ) -> Result<Option<Allowance>, Exceeded> {
        let (limiter, tier) = match *method {
            Method::GET | Method::HEAD => (&self.read, Tier::Read),
            _ => (&self.write, Tier::Write),
        };
        let Some(limiter) = limiter else {
            return Ok(None);
        };
        limiter.count(&key, tier).map(Some)
    }

    /// Counts a request without a good key, from this address; none is known of some behind a proxy.
    pub(crate) fn count_anonymous(&self, address: Option<IpAddr>) -> Result<(), Exceeded> {
        let Some(addresses) = &self.anonymous else {
            return Ok(());
        };
        addresses.count(address.unwrap_or(OTHERS))
    }
}

/// One limit for each of many.
struct Limiter<K: Hash + Eq + Clone> {
    limit: RateLimit,
    states: DefaultKeyedRateLimiter<K, StateInformationMiddleware>,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn new(limit: RateLimit) -> Option<Self> {
        let quota = Quota::with_period(limit.every)?.allow_burst(limit.burst);
        Some(Self {
            limit,
            states: RateLimiter::keyed(quota).with_middleware(),
        })
    }

    fn count(&self, key: &K, tier: Tier) -> Result<Allowance, Exceeded> {
        match self.states.check_key(key) {
            Ok(state) => Ok(self.allowance(state.remaining_burst_capacity())),
            Err(not_until) => {
                let wait = not_until.wait_time_from(self.states.clock().now());
                Err(Exceeded {
                    tier,
                    allowance: self.allowance(0),
                    retry_after: whole_seconds(wait).max(1),
                })
            }
        }
    }

    fn allowance(&self, remaining: u32) -> Allowance {
        let limit = self.limit.burst.get();
        Allowance {
            limit,
            remaining,
            reset: whole_seconds(self.limit.every * limit.saturating_sub(remaining)),
        }
    }
}

/// One limit for each address, in bounded memory.
struct Addresses {
    limiter: Limiter<IpAddr>,
    swept: Mutex<Instant>,
    most: usize,
}

impl Addresses {
    fn new(limit: RateLimit) -> Option<Self> {
        Some(Self {
            limiter: Limiter::new(limit)?,
            swept: Mutex::new(Instant::now()),
            most: MOST_ADDRESSES,
        })
    }

    fn count(&self, address: IpAddr) -> Result<(), Exceeded> {
        let states = &self.limiter.states;
        if states.len() >= self.most && self.may_sweep() {
            states.retain_recent();
        }
        let counted = match states.len() < self.most {
            true => network(address),
            false => OTHERS,
        };
        self.limiter.count(&counted, Tier::Anonymous).map(|_| ())
    }

    fn may_sweep(&self) -> bool {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = swept.elapsed() >= SWEEP_EVERY;
        if is_due {
            *swept = Instant::now();
        }
        is_due
    }
}

/// What one subscriber has: an IPv4 address, or an IPv6 network of 64 bits
/// ([RFC 6177](https://www.rfc-editor.org/rfc/rfc6177)).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() >> 64 << 64;
            Ipv6Addr::from_bits(network).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

impl Allowance {
    fn headers(&self) -> [(HeaderName, HeaderValue); 3] {
        [
            (LIMIT, self.limit.into()),
            (REMAINING, self.remaining.into()),
            (RESET, self.reset.into()),
        ]
    }
}

impl Exceeded {
    /// The most at once.
    pub(crate) fn limit(&self) -> u32 {
        self.allowance.limit
    }

    /// What a 429 says beside its body.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let of_key = (self.tier != Tier::Anonymous).then(|| self.allowance.headers());
        let retry_after = (RETRY_AFTER, self.retry_after.into());
        of_key.into_iter().flatten().chain([retry_after])
    }
}

/// Says in the answer of a request with a good key how much is left.
pub(crate) fn stamped(mut response: HttpResponse, allowance: Option<Allowance>) -> HttpResponse {
    for (name, value) in allowance.iter().flat_map(Allowance::headers) {
        response.headers_mut().insert(name, value);
    }
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn limit(burst: u32, every: Duration) -> RateLimit {
        RateLimit {
            burst: NonZeroU32::new(burst).unwrap(),
            every,
        }
    }

    fn key(number: u128) -> ApiKeyId {
        ApiKeyId::of_time_ordered(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn settings_are_what_they_say() {
        let millis = Duration::from_millis;
        assert_eq!(RateLimit::per_second(100), Some(limit(200, millis(10))));
        assert_eq!(RateLimit::per_minute(300), Some(limit(300, millis(200))));
        assert_eq!(RateLimit::per_second(0), None);
        assert_eq!(RateLimit::per_minute(0), None);
    }

    #[test]
    fn each_key_reads_and_writes_within_limits_of_its_own() {
        let limits = RateLimits::new(RateLimitSettings {
            read: Some(limit(2, HOUR)),
            write: Some(limit(1, HOUR)),
            anonymous: None,
        });
        for number in [1, 2] {
            for remaining in [1, 0] {
                let allowance = limits.count(key(number), &Method::GET).unwrap().unwrap();
                assert_eq!((allowance.limit, allowance.remaining), (2, remaining));
                let used = u64::from(2 - remaining);
                assert!((used * 3_600 - 60..=used * 3_600).contains(&allowance.reset));
            }
            let exceeded = limits.count(key(number), &Method::HEAD).unwrap_err();
            assert_eq!(exceeded.tier, Tier::Read);
            assert!((3_500..=3_600).contains(&exceeded.retry_after));
            assert!(limits.count(key(number), &Method::PATCH).is_ok());
            let exceeded = limits.count(key(number), &Method::POST).unwrap_err();
            assert_eq!(exceeded.tier, Tier::Write);
        }
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        let limits = RateLimits::default();
        for _ in 0..1_000 {
            assert_eq!(limits.count(key(1), &Method::GET), Ok(None));
            assert_eq!(limits.count_anonymous(None), Ok(()));
        }
    }

    #[test]
    fn addresses_are_counted_by_their_network() {
        let limits = RateLimits::new(RateLimitSettings {
            anonymous: Some(limit(1, HOUR)),
            ..RateLimitSettings::default()
        });
        let count = |address: &str| limits.count_anonymous(Some(address.parse().unwrap()));
        for (first, twin) in [
            ("192.0.2.1", "::ffff:192.0.2.1"),
            ("2001:db8::1", "2001:db8::ffff:0:0:2"),
        ] {
            assert!(count(first).is_ok(), "{first}");
            assert_eq!(count(twin).unwrap_err().tier, Tier::Anonymous);
        }
        for another in ["192.0.2.2", "2001:db8:0:1::1"] {
            assert!(count(another).is_ok(), "{another}");
        }
        assert!(limits.count_anonymous(None).is_ok());
        assert!(limits.count_anonymous(None).is_err());
    }

    #[test]
    fn only_so_many_addresses_are_told_apart() {
        let mut addresses = Addresses::new(limit(1, HOUR)).unwrap();
        addresses.most = 3;
        let count = |last: u8| addresses.count(IpAddr::from([192, 0, 2, last]));
        for known in 1..=3 {
            assert!(count(known).is_ok());
        }
        // The rest share one.
        assert!(count(4).is_ok());
        assert!(count(5).is_err());
        assert_eq!(addresses.limiter.states.len(), 4);
    }

    #[test]
    fn who_asks_no_more_is_forgotten() {
        let mut addresses = Addresses::new(limit(1, Duration::from_nanos(1))).unwrap();
        addresses.most = 2;
        *addresses.swept.lock().unwrap() -= SWEEP_EVERY;
        for last in 1..=3 {
            assert!(addresses.count(IpAddr::from([192, 0, 2, last])).is_ok());
        }
        assert_eq!(addresses.limiter.states.len(), 1);
    }
}
