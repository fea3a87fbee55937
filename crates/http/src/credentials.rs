//! Who asks, from where, and whether they may: what both contracts have in common.

use std::sync::Arc;

use actix_web::{
    HttpRequest,
    http::header::{AUTHORIZATION, HeaderValue},
};
use vouch_domain::{
    access::{Contract, Principal},
    ports::StoreError,
};

use crate::{client_address::client_address, rate_limit::Exceeded, server::State};

/// What a request shows to be let in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Presented<'a> {
    /// Nothing.
    Nothing,
    /// Something that is no key of either contract.
    Foreign,
    /// A key, good or bad, whose beginning names a contract.
    Key(Contract, &'a str),
}

/// Why a request is not let in.
#[derive(Debug)]
pub(crate) enum Denied {
    /// It shows no key.
    NoKey,
    /// The key is malformed, unknown, expired or revoked.
    InvalidKey,
    /// Too many requests without a good key came from there.
    TooMany(Exceeded),
    /// It may not be used from where the request comes from.
    AddressNotAllowed,
    /// Its organisation is suspended.
    Suspended,
    /// That could not be found out.
    Store(StoreError),
}

impl<'a> Presented<'a> {
    /// Reads the one `Authorization` header.
    pub(crate) fn by(request: &'a HttpRequest) -> Self {
        let mut values = request.headers().get_all(AUTHORIZATION);
        match (values.next(), values.next()) {
            (None, _) => Self::Nothing,
            (Some(value), None) if value.is_empty() => Self::Nothing,
            (Some(value), None) => Self::read(value).unwrap_or(Self::Foreign),
            (Some(_), Some(_)) => Self::Foreign,
        }
    }

    /// The credentials of the Bearer scheme ([RFC 6750](https://www.rfc-editor.org/rfc/rfc6750), section 2.1), if they
    /// are a key of ours.
    fn read(value: &'a HeaderValue) -> Option<Self> {
        let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
        let key = key.trim_start_matches(' ');
        let contract = Contract::of_key(key)?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then_some(Self::Key(contract, key))
    }
}

/// The principal of the request's key of this contract, when the key is good, comes from where it may, and its organisation
/// is not suspended.
pub(crate) async fn admit(
    request: &HttpRequest,
    state: &State,
    contract: Contract,
) -> Result<Arc<Principal>, Denied> {
    let key = match Presented::by(request) {
        // Anything else need not be looked up.
        Presented::Key(named, key) if named == contract && contract.is_key(key) => key,
        Presented::Nothing => return Err(anonymous(request, state, Denied::NoKey)),
        Presented::Key(..) | Presented::Foreign => {
            return Err(anonymous(request, state, Denied::InvalidKey));
        }
    };
    let found = state.services.authenticate.principal(key).await;
    let found = found.map_err(Denied::Store)?;
    let principal = found.ok_or_else(|| anonymous(request, state, Denied::InvalidKey))?;
    let address = client_address(request, &state.shared.trusted_proxies);
    let is_admitted = match address {
        Some(address) => principal.admits(address),
        None => principal.key.allowed_networks.is_empty(),
    };
    if !is_admitted {
        return Err(Denied::AddressNotAllowed);
    }
    if principal.standing.suspended {
        return Err(Denied::Suspended);
    }
    Ok(principal)
}

/// What becomes of a request without a good key: it is counted, and refused in any case.
fn anonymous(request: &HttpRequest, state: &State, refusal: Denied) -> Denied {
    let address = client_address(request, &state.shared.trusted_proxies);
    match state.shared.rate_limits.count_anonymous(address) {
        Ok(()) => refusal,
        Err(exceeded) => Denied::TooMany(exceeded),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_bearer_key_names_its_contract() {
        let secret = "0123456789abcdefghijABCDEFGHIJ01";
        for (value, expected) in [
            (
                format!("Bearer sk_test_{secret}"),
                Some(Contract::Remittance),
            ),
            (
                format!("bEARER sk_live_{secret}"),
                Some(Contract::Remittance),
            ),
            (
                format!("Bearer   sk_live_{secret}"),
                Some(Contract::Remittance),
            ),
            (
                format!("Bearer rmf_test_{secret}"),
                Some(Contract::Treasury),
            ),
            ("Bearer rmf_".to_owned(), Some(Contract::Treasury)),
            (format!("Bearer\tsk_live_{secret}"), None),
            (format!("Bearersk_live_{secret}"), None),
            (format!("Basic sk_live_{secret}"), None),
            (format!("sk_live_{secret}"), None),
            (format!("Bearer SK_LIVE_{secret}"), None),
            (format!("Bearer sk_live_é{secret}"), None),
            ("Bearer ".to_owned(), None),
            ("Bearer".to_owned(), None),
        ] {
            let header = HeaderValue::from_bytes(value.as_bytes());
            let found = header
                .ok()
                .and_then(|header| match Presented::read(&header) {
                    Some(Presented::Key(contract, _)) => Some(contract),
                    _ => None,
                });
            assert_eq!(found, expected, "{value}");
        }
    }
}
