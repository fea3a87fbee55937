//! What each error of virtual accounts and payouts means on the wire.

use vouch_application::{payouts::MakePayoutError, virtual_accounts::OpenAccountError};

use super::{ApiError, Code};

impl From<OpenAccountError> for ApiError {
    fn from(error: OpenAccountError) -> Self {
        match error {
            OpenAccountError::Invalid(problems) => Self::form(problems),
            OpenAccountError::KeyConflict => Code::IdempotencyConflict.into(),
            OpenAccountError::UnknownCustomer => Code::CustomerNotFound.into(),
            OpenAccountError::NotVerified => Code::CustomerNotVerified.into(),
            OpenAccountError::NoRail => Self::no_rail(),
            OpenAccountError::Store(error) => error.into(),
        }
    }
}

impl From<MakePayoutError> for ApiError {
    fn from(error: MakePayoutError) -> Self {
        match error {
            MakePayoutError::Invalid(problems) => Self::form(problems),
            MakePayoutError::KeyConflict => Code::IdempotencyConflict.into(),
            MakePayoutError::ReferenceUsed => {
                Self::because(Code::InvalidState, "merchant_reference_used")
            }
            MakePayoutError::UnknownCustomer => Code::CustomerNotFound.into(),
            MakePayoutError::NotVerified => Code::CustomerNotVerified.into(),
            MakePayoutError::NoRail => Self::no_rail(),
            MakePayoutError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use vouch_domain::ports::StoreError;

    use super::*;

    #[test]
    fn every_outcome_has_a_code() {
        let store = || StoreError::Unavailable("08006".to_owned());
        for (error, code) in [
            (OpenAccountError::KeyConflict, Code::IdempotencyConflict),
            (OpenAccountError::UnknownCustomer, Code::CustomerNotFound),
            (OpenAccountError::NotVerified, Code::CustomerNotVerified),
            (OpenAccountError::NoRail, Code::Unavailable),
            (OpenAccountError::Store(store()), Code::Unavailable),
        ] {
            let name = format!("{error:?}");
            assert_eq!(ApiError::from(error).code, code, "{name}");
        }
        for (error, code, reason) in [
            (
                MakePayoutError::KeyConflict,
                Code::IdempotencyConflict,
                None,
            ),
            (
                MakePayoutError::ReferenceUsed,
                Code::InvalidState,
                Some("merchant_reference_used"),
            ),
            (
                MakePayoutError::UnknownCustomer,
                Code::CustomerNotFound,
                None,
            ),
            (
                MakePayoutError::NotVerified,
                Code::CustomerNotVerified,
                None,
            ),
            (MakePayoutError::NoRail, Code::Unavailable, None),
            (MakePayoutError::Store(store()), Code::Unavailable, None),
        ] {
            let name = format!("{error:?}");
            let error = ApiError::from(error);
            assert_eq!(error.code, code, "{name}");
            assert_eq!(
                error.detail.and_then(|detail| detail.reason),
                reason,
                "{name}"
            );
        }
    }
}
