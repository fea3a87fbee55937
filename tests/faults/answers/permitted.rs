//! Which answer each request may have, while everything goes wrong.

use crate::{answer::Answer, disturbances::Refusals, history::Request};

pub(super) fn is_permitted(request: &Request, answer: &Answer, refusals: Refusals) -> bool {
    let Answer { status, .. } = answer;
    match (request, *status, answer.code()) {
        (Request::Callback { is_signed: true }, status, _) => matches!(status, 204 | 503),
        (Request::Callback { is_signed: false }, status, _) => status == 401,
        (_, 503, "unavailable") => true,
        // A service too busy to read what was sent to it takes the caller for a slow one, and reads nothing.
        (_, 408, "") => true,
        (Request::Create { .. }, status, code) => is_of_create(status, code, refusals),
        (Request::List | Request::Upload, status, _) => status == 200,
        (_, 404, "customer_not_found") => true,
        (Request::Retrieve { .. } | Request::Amend { .. } | Request::Attach, status, _) => {
            status == 200
        }
        (Request::AddFile, status, _) => status == 201,
        // In review, or decided.
        (Request::Submit { .. }, status, code) => {
            matches!(status, 200 | 202) || (status, code) == (409, "invalid_state")
        }
        (Request::Pay { .. } | Request::Open { .. }, 200 | 201, _)
        | (Request::Pay { .. } | Request::Open { .. }, 422, "customer_not_verified") => true,
        // Its merchant reference was used for another payout.
        (Request::Pay { .. }, 409, "invalid_state") => true,
        _ => false,
    }
}

fn is_of_create(status: u16, code: &str, refusals: Refusals) -> bool {
    match (status, code) {
        (200 | 201, _) | (502, "provider_error") => true,
        (409, code) => [
            "customer_already_exists",
            "interac_email_taken",
            "idempotency_in_progress",
        ]
        .contains(&code),
        (422, "validation_failed") => refusals.of_creates,
        _ => false,
    }
}
