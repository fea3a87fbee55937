//! `/_sandbox`: submissions, accounts, payouts and deliveries.

use actix_web::{
    HttpResponse,
    web::{Bytes, Data, Path, Query},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::{
    body::path_id,
    controls::{bad_status, parse},
    money::{
        account::{self, AccountStatus},
        account_routes,
        payout::{self, PayoutStatus},
        payout_routes,
    },
    record::Record,
    refusal::Refusal,
    server::Rail,
    simulation::Answer,
    webhook::delivery::Delivery,
};

/// Filter of the records of one customer.
#[derive(Deserialize)]
pub(crate) struct Filter {
    customer_id: Option<Uuid>,
}

impl Filter {
    fn takes(&self, customer_id: Uuid) -> bool {
        self.customer_id.is_none_or(|wanted| wanted == customer_id)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountDecision {
    status: AccountStatus,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayoutDecision {
    status: String,
}

/// `GET /_sandbox/submissions?customer_id=`: with what was shown to the reviewers, oldest first.
pub(crate) async fn submissions(rail: Data<Rail>, filter: Query<Filter>) -> HttpResponse {
    rail.store.read(|state| {
        let all = state.submissions.all().iter();
        listed(all.filter(|submission| filter.takes(submission.customer_id)))
    })
}

/// `GET /_sandbox/accounts?customer_id=`: oldest first.
pub(crate) async fn accounts(rail: Data<Rail>, filter: Query<Filter>) -> HttpResponse {
    rail.store.read(|state| {
        let all = state.accounts.all().iter();
        listed(all.filter(|account| filter.takes(account.customer_id)))
    })
}

/// `GET /_sandbox/payouts?customer_id=`: oldest first.
pub(crate) async fn payouts(rail: Data<Rail>, filter: Query<Filter>) -> HttpResponse {
    rail.store.read(|state| {
        let all = state.payouts.all().iter();
        let wanted = all.filter(|payout| filter.takes(payout.customer_id));
        listed(wanted.map(|payout| payout.transaction(rail.store.instance_id)))
    })
}

/// `GET /_sandbox/deliveries?customer_id=`: oldest first.
pub(crate) async fn deliveries(rail: Data<Rail>, filter: Query<Filter>) -> HttpResponse {
    rail.store.read(|state| {
        let all = state.deliveries.all().iter();
        listed(all.filter(|delivery| filter.takes(delivery.customer_id)))
    })
}

/// `POST /_sandbox/accounts/{id}/decide`: moves an account to any status.
pub(crate) async fn decide_account(rail: Data<Rail>, id: Path<String>, body: Bytes) -> Answer {
    let id = path_id(&id, "Virtual bank account")?;
    let AccountDecision { status, reason } = parse(&body)?;
    let decide = rail.store.change(|state| {
        let current = account_routes::find(state, id)?;
        Ok(account::settle(state, current, status, reason, rail.now()))
    });
    Ok(HttpResponse::Ok().json(json!({ "data": decide.await?.view() })))
}

/// `POST /_sandbox/payouts/{id}/decide`: moves a payout to any status.
pub(crate) async fn decide_payout(rail: Data<Rail>, id: Path<String>, body: Bytes) -> Answer {
    let PayoutDecision { status } = parse(&body)?;
    let status = PayoutStatus::parse(&status).ok_or_else(bad_status)?;
    let decide = rail.store.change(|state| {
        let current = payout_routes::find(state, &id)?;
        Ok(payout::settle(state, current, status, rail.now()))
    });
    let data = decide.await?.transaction(rail.store.instance_id);
    Ok(HttpResponse::Ok().json(json!({ "data": data })))
}

/// `POST /_sandbox/deliveries/{id}/send`: once more and at once, whatever has become of it.
pub(crate) async fn send(rail: Data<Rail>, id: Path<String>) -> Answer {
    let id = path_id(&id, "Delivery")?;
    let send = rail.store.change(|state| {
        let delivery = state
            .deliveries
            .get(id)
            .ok_or(Refusal::Unknown("Delivery"))?;
        let due = Delivery {
            next_attempt_at: Some(rail.now()),
            is_under_way: false,
            ..delivery.clone()
        };
        Ok((due.clone(), vec![Record::Delivery(due)]))
    });
    Ok(HttpResponse::Ok().json(json!({ "data": send.await? })))
}

fn listed(rows: impl Iterator<Item = impl Serialize>) -> HttpResponse {
    let rows: Vec<_> = rows.collect();
    HttpResponse::Ok().json(json!({ "data": rows }))
}
