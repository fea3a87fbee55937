//! Carries out a call, or makes it fail as a fault demands.

use std::{future::Future, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header::ContentType},
    web::Data,
};
use serde_json::json;
use tokio::time::sleep;

use crate::{
    connection,
    envelope::RATE_LIMIT_REMAINING,
    faults::{Fault, Fired, Operation},
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
}

impl Call {
    /// A call that needs no credentials.
    pub(crate) fn new(rail: &Data<Rail>, request: &HttpRequest, operation: Operation) -> Self {
        Self {
            rail: rail.clone(),
            request: request.clone(),
            operation,
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

    /// Does the `work` and answers with its result, unless a fault fires.
    pub(crate) async fn answer(self, work: impl Future<Output = Answer> + 'static) -> Answer {
        let Some(Fired { fault, delay }) = self.rail.faults.draw(self.operation) else {
            return work.await;
        };
        match fault {
            Fault::Error500
            | Fault::DropBefore
            | Fault::Timeout
            | Fault::Refuse422
            | Fault::RateLimit429
            | Fault::Unauthorised => sleep(delay).await,
            Fault::Error500AfterCommit
            | Fault::DropAfterCommit
            | Fault::TimeoutAfterCommit
            | Fault::GarbageAfterCommit => {
                // The client does not learn the outcome, whatever it is.
                let _ = work.await;
                sleep(delay).await;
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
            Fault::Error500 | Fault::Error500AfterCommit => {
                simulated(fault, StatusCode::INTERNAL_SERVER_ERROR)
                    .json(json!({ "message": "Server Error" }))
            }
            Fault::Refuse422 => simulated(fault, StatusCode::UNPROCESSABLE_ENTITY).json(json!({
                "message": "The given data was invalid.",
                "errors": { "id_number": ["The id number field is invalid."] },
            })),
            Fault::RateLimit429 => simulated(fault, StatusCode::TOO_MANY_REQUESTS)
                .insert_header((RATE_LIMIT_REMAINING, 0))
                .json(json!({ "message": "Too Many Attempts." })),
            Fault::Unauthorised => simulated(fault, StatusCode::UNAUTHORIZED)
                .json(json!({ "message": "Unauthenticated." })),
            Fault::GarbageAfterCommit => simulated(fault, self.success())
                .content_type(ContentType::json())
                .body(r#"{"message":"Customer cre"#),
            Fault::DropBefore | Fault::DropAfterCommit => self.close(),
            Fault::Timeout | Fault::TimeoutAfterCommit | Fault::LateCommit => {
                self.rail.silence(MAX_SILENCE).await;
                self.close()
            }
        }
    }

    fn success(&self) -> StatusCode {
        match self.operation {
            Operation::CreateCustomer => StatusCode::CREATED,
            Operation::Lookup | Operation::Get | Operation::Update | Operation::Token => {
                StatusCode::OK
            }
        }
    }

    /// Closes the connection. The response is only there to end the request: nobody receives it.
    fn close(&self) -> HttpResponse {
        connection::close(&self.request);
        HttpResponse::InternalServerError().finish()
    }
}

fn simulated(fault: Fault, status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((SIMULATED, fault.name()));
    response
}
