//! `/api/external/payout`, `/api/external/fees/breakdown` and `/api/external/transaction`.

use std::collections::HashMap;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Bytes, Data, Path, Query},
};
use chrono::NaiveDate;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    body::{object, success, text},
    customer::Fields,
    faults::Operation,
    money::{
        payout::{Payout, PayoutStatus},
        payout_order::{self, FEE, Sums},
    },
    pages::page,
    refusal::Refusal,
    server::Rail,
    simulation::{Answer, Call},
    state::State,
    webhook::event,
};

/// Where transactions are listed.
pub(crate) const TRANSACTIONS: &str = "/api/external/transaction";

const CREATE: &str = "payout:create";
const FEES: &str = "fees:read";
const READ: &str = "transaction:read";
const PAGE_SIZE: usize = 10;

/// `POST /api/external/payout`
pub(crate) async fn create(rail: Data<Rail>, request: HttpRequest, body: Bytes) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Payout, CREATE)?;
    call.answer(async move {
        let sent = object(&body)?;
        let (instance, now) = (rail.store.instance_id, rail.now());
        let create = rail.store.change(|state| {
            let repeated = rail.rules.repeated_payouts;
            let delay = rail.pace.decision;
            let payout = payout_order::payout(state, instance, &sent, repeated, delay, now)?;
            let told = event::of_payout(state, &payout, now);
            let view = payout.view(instance);
            let step = std::iter::once(payout.into()).chain(told).collect();
            Ok((view, step))
        });
        Ok(HttpResponse::Ok().json(json!({
            "message": "Payout Initiated Successfully.",
            "transaction": create.await?,
        })))
    })
    .await
}

/// `POST /api/external/fees/breakdown`
pub(crate) async fn fees(rail: Data<Rail>, request: HttpRequest, body: Bytes) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Fees, FEES)?;
    call.answer(async move {
        let sent = object(&body)?;
        let sums = Sums::of(&sent)?;
        let data = json!({
            "you_send": sums.sent.json(),
            "total_amount_to_send": sums.received.json(),
            "recipient_gets": sums.received.json(),
            "total_fees": FEE.json(),
            "platform_fee": FEE.json(),
            "method_fee": 0,
            "exchange_rate": 1,
            "from_currency": sums.currency,
            "to_currency": sums.currency,
            "method": text(&sent, "method"),
        });
        Ok(success(
            StatusCode::OK,
            "Fee breakdown calculated successfully",
            &data,
        ))
    })
    .await
}

/// `GET /api/external/transaction/{id}`: by the rail's id or the platform's reference.
pub(crate) async fn get(rail: Data<Rail>, request: HttpRequest, path: Path<String>) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Transaction, READ)?;
    call.answer(async move {
        let instance = rail.store.instance_id;
        let view = |payout: &Payout| payout.transaction(instance);
        let data = rail.store.read(|state| find(state, &path).map(view))?;
        Ok(success(
            StatusCode::OK,
            "Transaction retrieved successfully",
            &data,
        ))
    })
    .await
}

/// `POST /api/external/transaction`: the list, filtered by the body.
pub(crate) async fn list(
    rail: Data<Rail>,
    request: HttpRequest,
    query: Query<HashMap<String, String>>,
    body: Bytes,
) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Transaction, READ)?;
    call.answer(async move {
        let filters = object(&body)?;
        let view = |payout: &Payout| payout.transaction(rail.store.instance_id);
        let found: Vec<Value> = rail.store.read(|state| {
            let payouts = state.payouts.all().iter();
            let wanted = payouts.filter(|payout| is_wanted(payout, &filters));
            wanted.map(view).collect()
        });
        let number = query.get("page").map(String::as_str);
        Ok(HttpResponse::Ok().json(page(
            "Transactions retrieved successfully",
            &format!("{}{TRANSACTIONS}", rail.url),
            "",
            PAGE_SIZE,
            found,
            number,
        )))
    })
    .await
}

/// The payout that the path or body of a call names, or the rail's 404.
pub(crate) fn find<'a>(state: &'a State, name: &str) -> Result<&'a Payout, Refusal> {
    let by_id = Uuid::try_parse(name)
        .ok()
        .and_then(|id| state.payouts.get(id));
    by_id
        .or_else(|| state.payouts.of_reference(name))
        .ok_or(Refusal::Unknown("Transaction"))
}

/// Whether the payout satisfies every filter. Days are UTC, both ends included.
fn is_wanted(payout: &Payout, filters: &Fields) -> bool {
    let is = |field, value: &str| text(filters, field).is_none_or(|wanted| wanted == value);
    let day = |field| text(filters, field).and_then(|day| day.parse::<NaiveDate>().ok());
    let created = payout.created_at.date_naive();
    let status = text(filters, "status").map(PayoutStatus::parse);
    is("type", "SEND_MONEY")
        && is("wallet_id", &payout.wallet_id.to_string())
        && is("customer_id", &payout.customer_id.to_string())
        && status.is_none_or(|status| status == Some(payout.status))
        && day("start_date").is_none_or(|start| start <= created)
        && day("end_date").is_none_or(|end| created <= end)
}
