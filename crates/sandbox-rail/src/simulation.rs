//! Carries out a call, or makes it fail as a fault demands.

use std::{future::Future, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError,
    http::{StatusCode, header::ContentType},
    web::Data,
};
use serde_json::json;
use tokio::time::sleep;

use crate::{
    connection,
    envelope::RATE_LIMIT_REMAINING,
    faults::{Fault, Fired, Operation},
    fields::label,
    refusal::Refusal,
    server::Rail,
};

/// What a handler returns.
pub(crate) type Answer = Result<HttpResponse, Refusal>;

/// Names the fault in every answer that only simulates a failure.
const SIMULATED: &str = "X-Sandbox-Simulated";

/// The longest that a client is kept waiting for an answer that never comes.
const MAX_SILENCE: Duration = Duration::from_secs(120);

/// One call of an operation that can be made to fail.
pub(crate) struct Call {
    rail: Data<Rail>,
    request: HttpRequest,
    operation: Operation,
    fault: Option<Fired>,
}

impl Call {
    /// A call that needs no credentials.
    pub(crate) fn new(rail: &Data<Rail>, request: &HttpRequest, operation: Operation) -> Self {
        Self {
            rail: rail.clone(),
            request: request.clone(),
            operation,
            fault: None,
        }
    }

    /// A call whose credentials cover `scope`.
    pub(crate) fn authorised(
        rail: &Data<Rail>,
        request: &HttpRequest,
        operation: Operation,
        scope: &'static str,
    ) -> Result<Self, Refusal> {
        rail.credentials
            .authorise(request.headers(), scope, rail.now())?;
        Ok(Self::new(rail, request, operation))
    }

    /// The same call, which has to suffer this fault whatever the rules say.
    pub(crate) fn suffering(self, fault: Option<Fired>) -> Self {
        Self { fault, ..self }
    }

    /// Does the `work` and answers with its result, unless a fault fires.
    pub(crate) async fn answer(self, work: impl Future<Output = Answer> + 'static) -> Answer {
        let drawn = || self.rail.faults.draw(self.operation);
        let Some(Fired { fault, delay }) = self.fault.or_else(drawn) else {
            return work.await;
        };
        match fault {
            Fault::Error500
            | Fault::DropBefore
            | Fault::Timeout
            | Fault::Refuse422
            | Fault::RateLimit429
            | Fault::Unauthorised => sleep(delay).await,
            Fault::Error500AfterCommit | Fault::DropAfterCommit | Fault::TimeoutAfterCommit => {
                // The client does not learn the outcome, whatever it is.
                let _ = work.await;
                sleep(delay).await;
            }
            Fault::GarbageAfterCommit => {
                let outcome = work.await;
                sleep(delay).await;
                return Ok(broken_off(&outcome));
            }
            Fault::SlowAnswer => {
                let outcome = work.await;
                sleep(delay).await;
                return outcome;
            }
            Fault::LateCommit => {
                // A task of its own: this one ends when the client leaves.
                actix_web::rt::spawn(async move {
                    sleep(delay).await;
                    let _ = work.await;
                });
            }
        }
        Ok(self.fail(fault).await)
    }

    async fn fail(&self, fault: Fault) -> HttpResponse {
        match fault {
            Fault::Refuse422 => {
                let field = self.refused_field();
                let complaint = format!("The {} field is invalid.", label(field));
                simulated(fault, StatusCode::UNPROCESSABLE_ENTITY).json(json!({
                    "message": "The given data was invalid.",
                    "errors": { field: [complaint] },
                }))
            }
            Fault::RateLimit429 => simulated(fault, StatusCode::TOO_MANY_REQUESTS)
                .insert_header((RATE_LIMIT_REMAINING, 0))
                .json(json!({ "message": "Too Many Attempts." })),
            Fault::Unauthorised => simulated(fault, StatusCode::UNAUTHORIZED)
                .json(json!({ "message": "Unauthenticated." })),
            Fault::DropBefore | Fault::DropAfterCommit => self.close(),
            Fault::Timeout | Fault::TimeoutAfterCommit | Fault::LateCommit => {
                self.rail.silence(MAX_SILENCE).await;
                self.close()
            }
            Fault::Error500
            | Fault::Error500AfterCommit
            | Fault::GarbageAfterCommit
            | Fault::SlowAnswer => simulated(fault, StatusCode::INTERNAL_SERVER_ERROR)
                .json(json!({ "message": "Server Error" })),
        }
    }

    fn refused_field(&self) -> &'static str {
        match self.operation {
            Operation::Payout => "merchant_reference",
            Operation::CreateAccount => "customer_id",
            Operation::Document => "file_id",
            _ => "id_number",
        }
    }

    /// Closes the connection. The response is only there to end the request: nobody receives it.
    fn close(&self) -> HttpResponse {
        connection::close(&self.request);
        HttpResponse::InternalServerError().finish()
    }
}

/// The outcome's status over a body that is not all there.
fn broken_off(outcome: &Answer) -> HttpResponse {
    let status = match outcome {
        Ok(response) => response.status(),
        Err(refusal) => refusal.status_code(),
    };
    simulated(Fault::GarbageAfterCommit, status)
        .content_type(ContentType::json())
        .body(r#"{"message":"Customer cre"#)
}

fn simulated(fault: Fault, status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((SIMULATED, fault.name()));
    response
}
