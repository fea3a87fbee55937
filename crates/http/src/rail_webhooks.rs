//! `/rail/webhooks/{env}`: where the KYC rail calls back.
//!
//! Neither contract's: whoever calls proves itself by a signature over the raw body, and reads nothing but the status.
//! Errors look like those of the Remittance API, for whoever sets a rail up.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::HeaderMap,
    web::{Data, Path, Payload},
};
use vouch_application::callbacks::{CallbackError, Taken};
use vouch_domain::{ports::PresentedCallback, tenant::Env};

use crate::{
    body::read_bytes,
    error::{ApiError, Code, LATER},
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
    let taken = take(&request, &env, payload, &state).await;
    let answered = taken.map(|()| HttpResponse::NoContent().finish());
    answered.unwrap_or_else(|error| error.respond(&RequestId::of(&request)))
}

async fn take(
    request: &HttpRequest,
    env: &str,
    payload: Payload,
    state: &State,
) -> Result<(), ApiError> {
    let env = Env::parse(env).map_err(|_| Code::RouteNotFound)?;
    let body = read_bytes(request, payload).await?;
    let headers = request.headers();
    let callback = PresentedCallback {
        timestamp: text(headers, TIMESTAMP),
        signature: text(headers, SIGNATURE),
        body: &body,
    };
    let taken = state.services.callbacks.take(env, &callback).await;
    let outcome = match &taken {
        Ok(Taken::New) => "taken",
        Ok(Taken::Known) => "known",
        Err(CallbackError::Forged) => "forged",
        Err(CallbackError::NoSecret) => "no_secret",
        Err(CallbackError::Store(_)) => "failed",
    };
    metrics::counter!(
        "vouch_rail_callbacks_total", "env" => env.as_str(), "outcome" => outcome
    )
    .increment(1);
    taken?;
    Ok(())
}

/// The one value of a header; whatever else there is signs nothing.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (Some(only), None) => only.to_str().unwrap_or_default(),
        _ => "",
    }
}

impl From<CallbackError> for ApiError {
    fn from(error: CallbackError) -> Self {
        match error {
            CallbackError::Forged => Code::InvalidSignature.into(),
            // Somebody has to configure it first.
            CallbackError::NoSecret => Self::from(Code::Unavailable).retry_after(LATER),
            CallbackError::Store(error) => error.into(),
        }
    }
}
