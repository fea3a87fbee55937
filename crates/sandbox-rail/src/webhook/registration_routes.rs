//! `/api/external/webhook` and `/api/external/webhook-replay`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Bytes, Data, Path},
};
use serde_json::json;

use crate::{
    body::{object, success, text},
    faults::Operation,
    money::payout_routes::find,
    record::Record,
    refusal::{Problems, Refusal},
    server::Rail,
    simulation::{Answer, Call},
    webhook::{event, registration::Registration},
};

const READ: &str = "webhook:read";
const WRITE: &str = "webhook:write";
const REPLAY: &str = "webhook:replay";

/// `POST /api/external/webhook`. The secret is in this answer and in no other.
pub(crate) async fn register(rail: Data<Rail>, request: HttpRequest, body: Bytes) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Webhook, WRITE)?;
    call.answer(async move {
        let registration = Registration::new(&object(&body)?, rail.now())?;
        let data = json!({ "signing_secret": registration.signing_secret });
        let keep = rail
            .store
            .change(|_| Ok(((), vec![Record::Registration(registration)])));
        keep.await?;
        Ok(success(
            StatusCode::OK,
            "Webhook record created successfully",
            &data,
        ))
    })
    .await
}

/// `GET /api/external/webhook`
pub(crate) async fn get(rail: Data<Rail>, request: HttpRequest) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Webhook, READ)?;
    call.answer(async move {
        let data = rail
            .store
            .read(|state| state.registration.as_ref().map(Registration::view))
            .ok_or(Refusal::Unknown("Webhook"))?;
        Ok(success(
            StatusCode::OK,
            "Webhook URLs retrieved successfully",
            &data,
        ))
    })
    .await
}

/// `PUT /api/external/webhook/{id}`
pub(crate) async fn update(
    rail: Data<Rail>,
    request: HttpRequest,
    id: Path<String>,
    body: Bytes,
) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Webhook, WRITE)?;
    call.answer(async move {
        let sent = object(&body)?;
        let update = rail.store.change(|state| {
            let registration = state
                .registration
                .as_ref()
                .filter(|registration| registration.id.to_string() == *id)
                .ok_or(Refusal::Unknown("Webhook"))?;
            let updated = registration.updated(&sent, rail.now())?;
            Ok(((), vec![Record::Registration(updated)]))
        });
        update.await?;
        Ok(HttpResponse::Ok().json(json!({ "message": "Webhook record updated successfully" })))
    })
    .await
}

/// `POST /api/external/webhook-replay`: the transaction's latest event once more.
pub(crate) async fn replay(rail: Data<Rail>, request: HttpRequest, body: Bytes) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Webhook, REPLAY)?;
    call.answer(async move {
        let sent = object(&body)?;
        let id = text(&sent, "transaction_id").ok_or_else(|| {
            let mut problems = Problems::default();
            problems.missing("transaction_id");
            Refusal::Invalid(problems)
        })?;
        let replay = rail.store.change(|state| {
            let delivery = event::of_payout(state, find(state, id)?, rail.now());
            Ok(((), delivery.into_iter().collect()))
        });
        replay.await?;
        Ok(HttpResponse::Ok().json(json!({ "message": "Webhook replayed successfully" })))
    })
    .await
}
