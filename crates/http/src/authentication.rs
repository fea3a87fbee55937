//! Who asks, from where, and whether they may.

use std::sync::Arc;

use actix_web::{
    HttpRequest,
    http::header::{AUTHORIZATION, HeaderValue},
};
use vouch_domain::access::{OrganisationStanding, Principal};

use crate::{
    client_address::client_address,
    error::{ApiError, Code},
    server::State,
};

/// The characters behind the prefix of an API key.
const SECRET_LENGTH: usize = 32;

/// The principal of a request, when its key is good, comes from where it may, and its organisation may use the API.
pub(crate) async fn authenticate(
    request: &HttpRequest,
    state: &State,
) -> Result<Arc<Principal>, ApiError> {
    let key = presented_key(request)?;
    let principal = state
        .services
        .authenticate
        .principal(key)
        .await?
        .ok_or(Code::InvalidApiKey)?;
    let address = client_address(request, &state.shared.trusted_proxies);
    let is_admitted = match address {
        Some(address) => principal.admits(address),
        None => principal.key.allowed_networks.is_empty(),
    };
    if !is_admitted {
        return Err(Code::IpNotAllowed.into());
    }
    check(principal.standing)?;
    Ok(principal)
}

/// Whether an organisation may use this API at all.
fn check(standing: OrganisationStanding) -> Result<(), ApiError> {
    if standing.suspended {
        return Err(Code::MerchantSuspended.into());
    }
    if !standing.remittances_enabled {
        return Err(Code::RemittancesNotEnabled.into());
    }
    Ok(())
}

/// The API key in the one `Authorization` header.
fn presented_key(request: &HttpRequest) -> Result<&str, Code> {
    let mut values = request.headers().get_all(AUTHORIZATION);
    let value = match (values.next(), values.next()) {
        (None, _) => return Err(Code::MissingApiKey),
        (Some(value), None) if value.is_empty() => return Err(Code::MissingApiKey),
        (Some(value), None) => value,
        (Some(_), Some(_)) => return Err(Code::InvalidApiKey),
    };
    bearer_key(value).ok_or(Code::InvalidApiKey)
}

/// The credentials of the Bearer scheme ([RFC 6750](https://www.rfc-editor.org/rfc/rfc6750), section 2.1), if they have
/// the shape of a key of this API. Anything else need not be looked up.
fn bearer_key(value: &HeaderValue) -> Option<&str> {
    let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
    let key = key.trim_start_matches(' ');
    let secret = key
        .strip_prefix("sk_test_")
        .or_else(|| key.strip_prefix("sk_live_"))?;
    let is_key = scheme.eq_ignore_ascii_case("bearer")
        && secret.len() == SECRET_LENGTH
        && secret.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_key.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_one_shape() {
        let secret = "0123456789abcdefghijABCDEFGHIJ01";
        for (value, expected) in [
            (format!("Bearer sk_test_{secret}"), true),
            (format!("bEARER sk_live_{secret}"), true),
            (format!("Bearer   sk_live_{secret}"), true),
            (format!("Bearer\tsk_live_{secret}"), false),
            (format!("Bearersk_live_{secret}"), false),
            (format!("Basic sk_live_{secret}"), false),
            (format!("sk_live_{secret}"), false),
            (format!("Bearer sk_prod_{secret}"), false),
            (format!("Bearer SK_LIVE_{secret}"), false),
            (format!("Bearer rmf_{secret}"), false),
            (format!("Bearer sk_live_{secret}0"), false),
            (format!("Bearer sk_live_{}", &secret[1..]), false),
            (format!("Bearer sk_live_{}-", &secret[1..]), false),
            (format!("Bearer sk_live_{}é", &secret[2..]), false),
            (format!("Bearer sk_live_{secret} x"), false),
            ("Bearer ".to_owned(), false),
            ("Bearer".to_owned(), false),
        ] {
            let found = HeaderValue::from_bytes(value.as_bytes())
                .is_ok_and(|value| bearer_key(&value).is_some());
            assert_eq!(found, expected, "{value}");
        }
    }
}
