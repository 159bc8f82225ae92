//! How many requests an actor may make, and how many failed logins an address.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::app::config::LimitConfig;

/// Failed logins of one address that are answered at once.
const FAILURES_BURST: u32 = 20;
/// Failed logins a second of one address after those.
const FAILURES_PER_SECOND: u32 = 1;
/// Actors or addresses after which those that have been quiet are forgotten.
const REMEMBERED_MAX: usize = 10_000;

/// Counts requests by actor and failed logins by address.
pub(crate) struct Traffic {
    requests: DefaultKeyedRateLimiter<String, StateInformationMiddleware>,
    failures: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    per_second: u32,
    burst: u32,
}

/// What an actor may still do, told in the headers of every answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// Seconds after which another request is let through, where this one is not.
    pub(crate) retry_after_s: Option<u32>,
    /// Requests that are left at once.
    pub(crate) remaining: u32,
    /// Requests at once when nothing was asked for a while.
    pub(crate) burst: u32,
    /// Requests a second on average.
    pub(crate) per_second: u32,
}

impl Traffic {
    /// Returns counters that have counted nothing; a limit of 0 is taken as 1.
    pub(crate) fn new(limits: &LimitConfig) -> Self {
        let per_second = at_least_one(limits.requests_per_second);
        let burst = at_least_one(limits.burst);
        let quota = Quota::per_second(per_second).allow_burst(burst);
        let failed =
            Quota::per_second(at_least_one(FAILURES_PER_SECOND)).allow_burst(at_least_one(FAILURES_BURST));
        Self {
            requests: RateLimiter::keyed(quota).with_middleware::<StateInformationMiddleware>(),
            failures: RateLimiter::keyed(failed),
            clock: DefaultClock::default(),
            per_second: per_second.get(),
            burst: burst.get(),
        }
    }

    /// Counts a request of an actor.
    pub(crate) fn count(&self, actor: &str) -> Allowance {
        if self.requests.len() > REMEMBERED_MAX {
            self.requests.retain_recent();
        }
        let (remaining, retry_after_s) = match self.requests.check_key(&actor.to_owned()) {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(until) => {
                let wait = until.wait_time_from(self.clock.now());
                (0, Some(whole_seconds(wait)))
            }
        };
        Allowance {
            retry_after_s,
            remaining,
            burst: self.burst,
            per_second: self.per_second,
        }
    }

    /// Counts a failed login; returns the seconds to wait where an address has had too many.
    pub(crate) fn count_failure(&self, address: IpAddr) -> Option<u32> {
        if self.failures.len() > REMEMBERED_MAX {
            self.failures.retain_recent();
        }
        self.failures
            .check_key(&address)
            .err()
            .map(|until| whole_seconds(until.wait_time_from(self.clock.now())))
    }
}

impl fmt::Debug for Traffic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Traffic")
            .field("per_second", &self.per_second)
            .field("burst", &self.burst)
            .finish_non_exhaustive()
    }
}

impl Allowance {
    /// Returns the seconds until as much is allowed at once as ever.
    pub(crate) fn reset_s(self) -> u32 {
        (self.burst - self.remaining.min(self.burst)).div_ceil(self.per_second)
    }

    /// Returns the seconds in which as much as the burst is allowed on average.
    pub(crate) fn window_s(self) -> u32 {
        self.burst.div_ceil(self.per_second)
    }
}

fn at_least_one(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

/// Returns a duration in seconds, rounded up, and at least one.
fn whole_seconds(duration: std::time::Duration) -> u32 {
    let seconds = duration.as_millis().div_ceil(1_000);
    u32::try_from(seconds).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::{Allowance, FAILURES_BURST, Traffic};
    use crate::app::config::LimitConfig;
    use std::net::{IpAddr, Ipv4Addr};

    fn traffic(burst: u32) -> Traffic {
        Traffic::new(&LimitConfig {
            requests_per_second: 1,
            burst,
            ..LimitConfig::default()
        })
    }

    #[test]
    fn an_actor_that_asks_too_often_waits_and_others_do_not() {
        let traffic = traffic(1);
        assert_eq!(traffic.count("a").retry_after_s, None);
        assert!((0..100).any(|_| traffic.count("a").retry_after_s.is_some()));
        assert!(traffic.count("b").retry_after_s.is_none());
    }

    #[test]
    fn an_address_that_fails_too_often_waits() {
        let traffic = traffic(1);
        let address = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        let waits = (0..10 * FAILURES_BURST)
            .filter_map(|_| traffic.count_failure(address))
            .count();
        assert!(waits > 0, "every failure was answered at once");
        let other = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));
        assert_eq!(traffic.count_failure(other), None);
    }

    #[test]
    fn what_is_left_is_told_in_whole_seconds() {
        let allowance = Allowance {
            retry_after_s: None,
            remaining: 1_500,
            burst: 2_000,
            per_second: 1_000,
        };
        assert_eq!((allowance.reset_s(), allowance.window_s()), (1, 2));
    }
}
