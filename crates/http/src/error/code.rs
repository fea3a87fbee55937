//! The error codes of the Remittance contract, section 2.

use actix_web::http::StatusCode;
use serde::{Serialize, Serializer};

/// Declares the codes: for each its word, its status, the `type` that groups it, and what it says by default.
macro_rules! codes {
    ($($code:ident = $word:literal, $status:ident, $kind:literal, $message:literal;)*) => {
        /// What went wrong, in one word.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Code {
            $(#[doc = $message] $code,)*
        }

        impl Code {
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$code,)*];

            /// The word on the wire.
            pub(crate) fn as_str(self) -> &'static str {
                match self { $(Self::$code => $word,)* }
            }

            /// The HTTP status that it comes with.
            pub(crate) fn status(self) -> StatusCode {
                match self { $(Self::$code => StatusCode::$status,)* }
            }

            /// The group that it belongs to: `error.type`.
            pub(crate) fn kind(self) -> &'static str {
                match self { $(Self::$code => $kind,)* }
            }

            /// A sentence that is true of every such error.
            pub(crate) fn message(self) -> &'static str {
                match self { $(Self::$code => $message,)* }
            }
        }
    };
}

codes! {
    MissingField = "missing_field", BAD_REQUEST, "invalid_request_error",
        "A required field is missing.";
    InvalidField = "invalid_field", BAD_REQUEST, "invalid_request_error",
        "A field has a value that is not acceptable.";
    CountryNotSupported = "country_not_supported", BAD_REQUEST, "invalid_request_error",
        "The country is not supported.";
    UnsupportedCurrency = "unsupported_currency", BAD_REQUEST, "invalid_request_error",
        "The currency is not supported for this.";
    InvalidJson = "invalid_json", BAD_REQUEST, "invalid_request_error",
        "The body must be one JSON object in UTF-8 without duplicate keys.";
    IdempotencyKeyRequired = "idempotency_key_required", BAD_REQUEST, "invalid_request_error",
        "This request needs an Idempotency-Key header.";
    RouteNotFound = "route_not_found", NOT_FOUND, "invalid_request_error",
        "There is no such route.";
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "invalid_request_error",
        "The route does not support this method.";
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "invalid_request_error",
        "The body must not be larger than 64 KiB.";
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "invalid_request_error",
        "The body must be sent as application/json, without content encoding.";
    ValidationFailed = "validation_failed", UNPROCESSABLE_ENTITY, "invalid_request_error",
        "The provider that verifies customers did not accept the data.";
    CustomerNotVerified = "customer_not_verified", UNPROCESSABLE_ENTITY, "invalid_request_error",
        "The customer is not verified.";
    MissingApiKey = "missing_api_key", UNAUTHORIZED, "authentication_error",
        "Send an API key: Authorization: Bearer sk_….";
    InvalidApiKey = "invalid_api_key", UNAUTHORIZED, "authentication_error",
        "The API key is not valid.";
    InvalidSignature = "invalid_signature", UNAUTHORIZED, "authentication_error",
        "The callback is not signed as the rail signs, or was signed too long ago.";
    PermissionDenied = "permission_denied", FORBIDDEN, "permission_error",
        "This is not permitted.";
    IpNotAllowed = "ip_not_allowed", FORBIDDEN, "permission_error",
        "The API key may not be used from this address.";
    RemittancesNotEnabled = "remittances_not_enabled", FORBIDDEN, "permission_error",
        "The Remittance API is not enabled for this organisation.";
    MerchantSuspended = "merchant_suspended", FORBIDDEN, "permission_error",
        "The organisation is suspended.";
    CustomerNotFound = "customer_not_found", NOT_FOUND, "not_found_error",
        "There is no such customer.";
    FileNotFound = "file_not_found", NOT_FOUND, "not_found_error",
        "There is no such file.";
    PayoutNotFound = "payout_not_found", NOT_FOUND, "not_found_error",
        "There is no such payout.";
    CustomerAlreadyExists = "customer_already_exists", CONFLICT, "conflict_error",
        "Another customer has this customer_reference.";
    InteracEmailTaken = "interac_email_taken", CONFLICT, "conflict_error",
        "Another customer has this interac_email.";
    IdempotencyConflict = "idempotency_conflict", CONFLICT, "conflict_error",
        "The idempotency key was used with another body.";
    IdempotencyInProgress = "idempotency_in_progress", CONFLICT, "conflict_error",
        "An earlier request for the same is still running.";
    InvalidState = "invalid_state", CONFLICT, "conflict_error",
        "The present state does not allow this.";
    VersionConflict = "version_conflict", CONFLICT, "conflict_error",
        "The customer was changed in the meantime.";
    RateLimitExceeded = "rate_limit_exceeded", TOO_MANY_REQUESTS, "rate_limit_error",
        "Too many requests.";
    ProviderError = "provider_error", BAD_GATEWAY, "provider_error",
        "The provider that verifies customers could not complete the request. Repeat it with the same idempotency key.";
    InternalError = "internal_error", INTERNAL_SERVER_ERROR, "api_error",
        "Something went wrong on our side.";
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "api_error",
        "The service is temporarily unavailable.";
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../../../docs/errors.md");

    #[test]
    fn the_document_lists_every_code_and_no_other() {
        let rows = DOCUMENT.lines().filter(|line| line.starts_with("| `"));
        let documented: Vec<&str> = rows
            .filter_map(|row| row.rsplitn(2, " | ").last())
            .collect();
        let expected: Vec<String> = Code::ALL
            .iter()
            .map(|code| {
                format!(
                    "| `{}` | {} | `{}`",
                    code.as_str(),
                    code.status().as_u16(),
                    code.kind()
                )
            })
            .collect();
        assert_eq!(documented, expected);
    }
}
