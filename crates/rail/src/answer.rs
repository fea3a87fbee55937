//! What the rail answered, before anyone judges it.

use std::time::Duration;

use chrono::DateTime;
use reqwest::{
    RequestBuilder, StatusCode,
    header::{DATE, HeaderMap, RETRY_AFTER},
};
use serde_json::{Map, Value};

/// The longest answer that is read. A list that ignores its filters holds every customer of the account.
const LONGEST_BODY: usize = 16 * 1024 * 1024;
/// How long to wait after a 429 that does not say: the shorter of the rail's two windows.
const USUAL_WAIT: Duration = Duration::from_secs(60);
/// The longest wait that is believed: the longer of the rail's two windows.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// What marks an answer that the sandbox rail was ordered to give.
const SIMULATED: &str = "x-sandbox-simulated";

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// The body, if it is a JSON object; all that the rail itself says is one.
    pub(crate) body: Option<Map<String, Value>>,
    /// When the next attempt is welcome. Means something after a 429 alone.
    pub(crate) wait: Duration,
    /// Whether it was ordered, and so tells nothing about the rail's health.
    pub(crate) is_simulated: bool,
}

/// Why no whole answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// There was no request to send.
    NotMade,
    /// No connection was made, so nothing was sent.
    NotConnected {
        /// Whether that took too long.
        timed_out: bool,
    },
    /// The answer did not come in time.
    TimedOut,
    /// The connection broke, or what came was not HTTP.
    Dropped,
    /// The answer is longer than any that is read.
    TooLong,
}

impl NoAnswer {
    /// Only where no connection was made is it certain that nothing was sent.
    fn of(error: &reqwest::Error) -> Self {
        if error.is_connect() {
            return Self::NotConnected {
                timed_out: error.is_timeout(),
            };
        }
        if error.is_builder() {
            return Self::NotMade;
        }
        Self::Dropped
    }
}

impl Answer {
    /// Sends the request and reads the answer to its end.
    pub(crate) async fn to(request: RequestBuilder) -> Result<Self, NoAnswer> {
        let mut response = request.send().await.map_err(|error| NoAnswer::of(&error))?;
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| NoAnswer::of(&error))?
        {
            if body.len() + chunk.len() > LONGEST_BODY {
                return Err(NoAnswer::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Self {
            status: response.status(),
            body: serde_json::from_slice(&body).ok(),
            wait: wait(response.headers()),
            is_simulated: response.headers().contains_key(SIMULATED),
        })
    }

    /// Whether a repetition of what is safe to repeat may bring a better answer.
    pub(crate) fn is_worth_repeating(&self) -> bool {
        self.status.is_server_error() || (self.status.is_success() && self.body.is_none())
    }
}

/// `Retry-After` (RFC 9110, section 10.2.3), else the rail's own `X-RateLimit-Reset` in seconds of the epoch.
fn wait(headers: &HeaderMap) -> Duration {
    let text = |name| headers.get(name)?.to_str().ok();
    let seconds = |text: &str| text.trim().parse::<i64>().ok();
    let time = |text| Some(DateTime::parse_from_rfc2822(text).ok()?.timestamp());
    // Points in time are compared with the rail's clock, so ours need not agree with it.
    let from_now = |at: i64| at.checked_sub(time(text(DATE.as_str())?)?);
    let retry_after = || {
        let value = text(RETRY_AFTER.as_str())?;
        seconds(value).or_else(|| from_now(time(value)?))
    };
    let reset = || from_now(seconds(text("x-ratelimit-reset")?)?);
    retry_after()
        .or_else(reset)
        .and_then(|seconds| u64::try_from(seconds).ok())
        .map_or(USUAL_WAIT, Duration::from_secs)
        .min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn wait_for(headers: &[(&'static str, &'static str)]) -> u64 {
        let headers = headers
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        wait(&headers).as_secs()
    }

    #[test]
    fn the_wait_is_what_the_rail_says_within_reason() {
        let date = ("date", "Thu, 15 Jan 2026 10:00:00 GMT");
        for (headers, seconds) in [
            (vec![], 60),
            (vec![("retry-after", "7")], 7),
            (vec![("retry-after", "0")], 0),
            (vec![("retry-after", "999999999999")], 3600),
            (vec![("retry-after", "99999999999999999999")], 60),
            (vec![("retry-after", "-7")], 60),
            (vec![("retry-after", "soon")], 60),
            (
                vec![("retry-after", "Thu, 15 Jan 2026 10:00:30 GMT"), date],
                30,
            ),
            (vec![("retry-after", "Thu, 15 Jan 2026 10:00:30 GMT")], 60),
            (vec![("x-ratelimit-reset", "1768471225"), date], 25),
            (vec![("x-ratelimit-reset", "1768471225")], 60),
            (vec![("x-ratelimit-reset", "1"), date], 60),
            (
                vec![("x-ratelimit-reset", "-9223372036854775808"), date],
                60,
            ),
            (
                vec![
                    ("x-ratelimit-reset", "1768471225"),
                    ("retry-after", "7"),
                    date,
                ],
                7,
            ),
        ] {
            assert_eq!(wait_for(&headers), seconds, "{headers:?}");
        }
    }
}
