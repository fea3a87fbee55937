//! Answers other than the one asked for: the error envelope of the contract, section 1, word for word.

use std::{borrow::Cow, collections::BTreeMap};

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE},
    },
};
use serde::Serialize;
use vouch_application::kept_answers::KeyError;
use vouch_domain::{
    access::Scope,
    form::FieldProblem,
    payment_route::{RouteOrder, RouteStatus},
    ports::{RouteUnserved, StoreError},
    swap::Pair,
    values::ChainAddress,
};

use crate::{body::BodyError, rate_limit::Exceeded, request_id::RequestId};

/// When to try again what may well succeed then, in seconds.
const SOON: u64 = 2;

/// Why a request is not answered as asked.
#[derive(Debug)]
pub(crate) enum Fault {
    /// There is no `Idempotency-Key`, or an empty one.
    IdempotencyKeyRequired,
    /// The body is not one JSON object.
    MalformedJson,
    /// There is no `Authorization`.
    NoToken,
    /// The key is unknown, malformed, revoked or expired.
    InvalidKey,
    /// The key may not be used from where the request comes from.
    AddressNotAllowed,
    /// The key lacks these scopes.
    MissingScopes(Vec<Scope>),
    /// The organisation may not act.
    Suspended,
    /// The key is not for test data.
    SandboxForTestKeys,
    /// The tenant has no such customer.
    CustomerNotFound,
    /// The tenant has no such swap.
    SwapNotFound,
    /// The tenant has no such payment route.
    PaymentRouteNotFound,
    /// The tenant has nothing of this id that a simulation could change.
    SimulatedNotFound,
    /// The API has no such path.
    RouteNotFound,
    /// The path has only these methods.
    MethodNotAllowed(String),
    /// The swap does not wait for its deposit.
    SwapNotPending,
    /// The payment route is in this status already, or ended in it.
    PaymentRouteIsAlready(RouteStatus),
    /// The caller asks too often.
    TooManyRequests(Exceeded),
    /// A twin was in flight for longer than anybody should wait.
    StillInProgress,
    /// The body has too many bytes.
    BodyTooLarge,
    /// The body says that it is something other than JSON.
    NotJson,
    /// Fields, or parameters, have values that are not acceptable.
    Invalid(Vec<FieldProblem>),
    /// Nobody exchanges these currencies, named as the caller did.
    PairNotSupported { from: String, to: String },
    /// Nobody passes on what was ordered.
    RouteNotSupported {
        order: Box<RouteOrder>,
        why: RouteUnserved,
    },
    /// The `Idempotency-Key` has too many characters.
    IdempotencyKeyTooLong,
    /// There is no rate at the moment.
    NoRate(Pair),
    /// The env has no liquidity provider.
    NoProvider,
    /// The store cannot be used at present. The text is for the log.
    Unavailable(String),
    /// A fault of ours. The text is for the log.
    Internal(String),
}

impl Fault {
    fn status(&self) -> StatusCode {
        match self {
            Self::IdempotencyKeyRequired | Self::MalformedJson => StatusCode::BAD_REQUEST,
            Self::NoToken | Self::InvalidKey => StatusCode::UNAUTHORIZED,
            Self::AddressNotAllowed
            | Self::MissingScopes(_)
            | Self::Suspended
            | Self::SandboxForTestKeys => StatusCode::FORBIDDEN,
            Self::CustomerNotFound
            | Self::SwapNotFound
            | Self::PaymentRouteNotFound
            | Self::SimulatedNotFound
            | Self::RouteNotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::StillInProgress | Self::SwapNotPending | Self::PaymentRouteIsAlready(_) => {
                StatusCode::CONFLICT
            }
            Self::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_)
            | Self::IdempotencyKeyTooLong
            | Self::PairNotSupported { .. }
            | Self::RouteNotSupported { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unavailable(_) | Self::NoRate(_) | Self::NoProvider => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn message(&self) -> Cow<'static, str> {
        match self {
            Self::IdempotencyKeyRequired => {
                "Idempotency-Key header is required for mutating API requests"
            }
            Self::MalformedJson => "Malformed JSON body",
            Self::NoToken => "No token provided",
            Self::InvalidKey => "Invalid API key",
            Self::AddressNotAllowed => "IP address not allowed",
            Self::MissingScopes(scopes) => {
                let scopes: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
                return format!("Missing required scopes: {}", scopes.join(", ")).into();
            }
            Self::Suspended => "Organisation suspended",
            Self::SandboxForTestKeys => "Sandbox is available to test keys only",
            Self::CustomerNotFound => "Customer not found",
            Self::SwapNotFound => "Swap not found",
            Self::PaymentRouteNotFound => "Payment route not found",
            Self::SimulatedNotFound => "Simulated request not found",
            Self::RouteNotFound => "Route not found",
            Self::MethodNotAllowed(_) => "Method not allowed",
            Self::SwapNotPending => "Only pending swaps can be cancelled",
            Self::PaymentRouteIsAlready(status) => {
                return format!("Payment route is already {}", status.as_str()).into();
            }
            Self::TooManyRequests(_) => "Too many requests",
            Self::StillInProgress => "A request with this Idempotency-Key is still in progress",
            Self::BodyTooLarge => "Request body too large",
            Self::NotJson => "Content-Type must be application/json",
            Self::Invalid(_) => "Validation failed",
            Self::PairNotSupported { from, to } => {
                return format!("Swap pair {from}/{to} is not supported").into();
            }
            Self::RouteNotSupported { order, why } => return not_supported(order, *why).into(),
            Self::NoRate(Pair { from, to }) => {
                let (from, to) = (from.as_str(), to.as_str());
                return format!("Rate for {from}/{to} is not available yet. Try again shortly.")
                    .into();
            }
            // Test data always has one.
            Self::NoProvider => "No liquidity provider is configured for live",
            Self::IdempotencyKeyTooLong => "Idempotency-Key must be 255 characters or fewer",
            Self::Unavailable(_) => "Service unavailable. Try again shortly.",
            Self::Internal(_) => "Internal server error",
        }
        .into()
    }

    /// The answer. Logs the cause, if there is one.
    pub(super) fn respond(self, request_id: &RequestId) -> HttpResponse {
        let mut response = HttpResponse::build(self.status());
        match &self {
            Self::MethodNotAllowed(allowed) => {
                response.insert_header((ALLOW, allowed.as_str()));
            }
            Self::NoToken | Self::InvalidKey => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer"));
            }
            Self::TooManyRequests(exceeded) => {
                for header in exceeded.headers() {
                    response.insert_header(header);
                }
            }
            Self::StillInProgress | Self::NoRate(_) => {
                response.insert_header((RETRY_AFTER, SOON));
            }
            Self::Unavailable(cause) => {
                log(request_id, cause);
                response.insert_header((RETRY_AFTER, SOON));
            }
            Self::Internal(cause) => log(request_id, cause),
            _ => {}
        }
        response.json(Envelope {
            status: "error",
            message: self.message(),
            errors: self.errors(),
        })
    }

    /// One message for each field.
    fn errors(&self) -> Option<BTreeMap<&str, &'static str>> {
        let Self::Invalid(problems) = self else {
            return None;
        };
        let errors = problems.iter();
        Some(
            errors
                .map(|problem| (problem.field.as_str(), problem.message))
                .collect(),
        )
    }
}

fn not_supported(order: &RouteOrder, why: RouteUnserved) -> String {
    let (origin, destination) = (
        order.origin_chain.number(),
        order.destination_chain.number(),
    );
    let currency =
        |currency: &str, chain| format!("Currency {currency} is not supported on chain {chain}");
    match why {
        RouteUnserved::Corridor => format!("Corridor {origin}/{destination} is not supported"),
        RouteUnserved::OriginCurrency => {
            let token = order.origin_currency.as_ref();
            currency(token.map_or("", ChainAddress::as_str), origin)
        }
        RouteUnserved::DestinationCurrency => {
            currency(order.destination_currency.as_str(), destination)
        }
    }
}

fn log(request_id: &RequestId, cause: &str) {
    tracing::error!(request_id = request_id.as_str(), cause, "request failed");
}

#[derive(Serialize)]
struct Envelope<'a> {
    status: &'static str,
    message: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<BTreeMap<&'a str, &'static str>>,
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        let cause = error.to_string();
        match error {
            StoreError::Unavailable(_) => Self::Unavailable(cause),
            StoreError::Defect(_) => Self::Internal(cause),
        }
    }
}

impl From<Vec<FieldProblem>> for Fault {
    fn from(problems: Vec<FieldProblem>) -> Self {
        Self::Invalid(problems)
    }
}

impl From<BodyError> for Fault {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::MediaType => Self::NotJson,
            BodyError::TooLarge => Self::BodyTooLarge,
            BodyError::NotStrictJson => Self::MalformedJson,
        }
    }
}

impl From<Exceeded> for Fault {
    fn from(exceeded: Exceeded) -> Self {
        Self::TooManyRequests(exceeded)
    }
}

impl From<KeyError> for Fault {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::InProgress => Self::StillInProgress,
            KeyError::Conflict(_) | KeyError::Unwritten(_) => Self::Internal(error.to_string()),
            KeyError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
mod tests {
    use vouch_domain::values::{ChainId, CurrencyCode, RouteName};

    use super::*;
    use crate::rate_limit::{RateLimit, RateLimitSettings, RateLimits};

    const DOCUMENT: &str = include_str!("../../../../docs/errors.md");

    fn pair(to: &str) -> Pair {
        Pair {
            from: CurrencyCode::parse("USDC").unwrap(),
            to: CurrencyCode::parse(to).unwrap(),
        }
    }

    fn unserved(why: RouteUnserved) -> Fault {
        let order = RouteOrder {
            name: RouteName::parse("Payroll").unwrap(),
            origin_chain: ChainId::new(137).unwrap(),
            origin_currency: None,
            destination_chain: ChainId::new(10).unwrap(),
            destination_currency: ChainAddress::parse_token("0xdead").unwrap(),
            destination_address: ChainAddress::parse_account("0xdeadbeef").unwrap(),
            refund_to: None,
            strict: false,
        };
        Fault::RouteNotSupported {
            order: Box::new(order),
            why,
        }
    }

    fn too_many() -> Fault {
        let limit = RateLimit::per_minute(1);
        let limits = RateLimits::new(RateLimitSettings {
            anonymous: limit,
            ..RateLimitSettings::default()
        });
        limits.count_anonymous(None).unwrap();
        limits.count_anonymous(None).unwrap_err().into()
    }

    #[test]
    fn the_document_lists_every_message_and_no_other() {
        let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| "));
        let rows = rows.filter(|row| row.starts_with(|first: char| first.is_ascii_digit()));
        let documented: Vec<&str> = rows
            .filter_map(|row| row.rsplitn(2, " | ").last())
            .collect();
        let faults = [
            Fault::IdempotencyKeyRequired,
            Fault::MalformedJson,
            Fault::NoToken,
            Fault::InvalidKey,
            Fault::AddressNotAllowed,
            Fault::MissingScopes(vec![Scope::TransfersWrite]),
            Fault::Suspended,
            Fault::SandboxForTestKeys,
            Fault::CustomerNotFound,
            Fault::SwapNotFound,
            Fault::PaymentRouteNotFound,
            Fault::SimulatedNotFound,
            Fault::RouteNotFound,
            Fault::MethodNotAllowed(String::new()),
            Fault::SwapNotPending,
            Fault::PaymentRouteIsAlready(RouteStatus::Archived),
            Fault::StillInProgress,
            Fault::BodyTooLarge,
            Fault::NotJson,
            Fault::Invalid(Vec::new()),
            Fault::IdempotencyKeyTooLong,
            Fault::PairNotSupported {
                from: "USDC".to_owned(),
                to: "XYZ".to_owned(),
            },
            unserved(RouteUnserved::Corridor),
            unserved(RouteUnserved::DestinationCurrency),
            too_many(),
            Fault::Internal(String::new()),
            Fault::NoRate(pair("EURC")),
            Fault::NoProvider,
            Fault::Unavailable(String::new()),
        ];
        let expected =
            faults.map(|fault| format!("{} | {}", fault.status().as_u16(), fault.message()));
        assert_eq!(documented, expected);
    }

    #[test]
    fn several_missing_scopes_are_named_together() {
        let fault = Fault::MissingScopes(vec![Scope::TransfersRead, Scope::FxRead]);
        let expected = "Missing required scopes: transfers:read, fx:read";
        assert_eq!(fault.message(), expected);
    }
}
