//! `/rail/webhooks/{env}`: where the KYC rail calls back.
//!
//! Neither contract's: whoever calls proves itself by a signature over the raw body, and reads nothing but the status.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::HeaderMap,
    web::{Data, Path, Payload},
};
use vouch_application::callbacks::{CallbackError, Taken};
use vouch_domain::{ports::PresentedCallback, tenant::Env};

use crate::{
    body::{BodyError, read_bytes},
    error::{ApiError, Code},
    request_id::RequestId,
    server::State,
};

/// Where it is.
pub(crate) const PATH: &str = "/rail/webhooks/{env}";

/// The vendor's headers.
const TIMESTAMP: &str = "x-blaaiz-timestamp";
const SIGNATURE: &str = "x-blaaiz-signature";

/// `POST /rail/webhooks/{env}`: 204 once the callback is kept, by now or before.
pub(crate) async fn receive(
    request: HttpRequest,
    env: Path<String>,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    let Ok(env) = Env::parse(&env) else {
        return ApiError::from(Code::RouteNotFound).respond(&RequestId::of(&request));
    };
    let body = match read_bytes(&request, payload).await {
        Ok(body) => body,
        Err(BodyError::TooLarge) => return HttpResponse::PayloadTooLarge().finish(),
        Err(BodyError::MediaType | BodyError::NotStrictJson) => {
            return HttpResponse::BadRequest().finish();
        }
    };
    let headers = request.headers();
    let callback = PresentedCallback {
        timestamp: text(headers, TIMESTAMP),
        signature: text(headers, SIGNATURE),
        body: &body,
    };
    let taken = state.services.callbacks.take(env, &callback).await;
    let (outcome, response) = match taken {
        Ok(Taken::New) => ("taken", HttpResponse::NoContent().finish()),
        Ok(Taken::Known) => ("known", HttpResponse::NoContent().finish()),
        Err(CallbackError::Forged) => ("forged", HttpResponse::Unauthorized().finish()),
        Err(CallbackError::NoSecret) => ("no_secret", HttpResponse::ServiceUnavailable().finish()),
        Err(CallbackError::Store(error)) => {
            let request_id = RequestId::of(&request);
            ("failed", ApiError::from(error).respond(&request_id))
        }
    };
    metrics::counter!(
        "vouch_rail_callbacks_total", "env" => env.as_str(), "outcome" => outcome
    )
    .increment(1);
    response
}

/// The one value of a header; whatever else there is signs nothing.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (Some(only), None) => only.to_str().unwrap_or_default(),
        _ => "",
    }
}
