//! `/api/external/virtual-bank-account`

use std::collections::HashMap;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Bytes, Data, Path, Query},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    body::{id, object, path_id, success},
    faults::Operation,
    money::{
        account::{self, Account, AccountStatus},
        wallet,
    },
    refusal::{Problems, Refusal},
    server::Rail,
    simulation::{Answer, Call},
    state::State,
};

const CREATE: &str = "virtual-account:create";
const READ: &str = "virtual-account:read";
const CLOSE: &str = "virtual-account:close";
const KIND: &str = "Virtual bank account";

/// `POST /api/external/virtual-bank-account`
pub(crate) async fn create(rail: Data<Rail>, request: HttpRequest, body: Bytes) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::CreateAccount, CREATE)?;
    call.answer(async move {
        let sent = object(&body)?;
        let instance = rail.store.instance_id;
        let open = rail.store.change(|state| {
            let customer = id(&sent, "customer_id").and_then(|id| state.customers.get(id));
            let wallet =
                id(&sent, "wallet_id").and_then(|id| Some((id, wallet::currency(instance, id)?)));
            let wallet = wallet.ok_or(Refusal::Invalid(Problems::unknown("wallet_id")))?;
            let customer = customer.ok_or(Refusal::Invalid(Problems::unknown("customer_id")))?;
            account::open(
                state,
                customer,
                wallet,
                rail.rules.account_details,
                rail.pace.decision,
                rail.now(),
            )
        });
        Ok(success(
            StatusCode::CREATED,
            "Virtual bank account initiated successfully.",
            &open.await?.view(),
        ))
    })
    .await
}

/// `GET /api/external/virtual-bank-account?wallet_id=&customer_id=`
pub(crate) async fn list(
    rail: Data<Rail>,
    request: HttpRequest,
    query: Query<HashMap<String, String>>,
) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Account, READ)?;
    call.answer(async move {
        let is = |name: &str, id: Uuid| {
            query
                .get(name)
                .is_none_or(|wanted| *wanted == id.to_string())
        };
        let wanted = |account: &&Account| {
            is("wallet_id", account.wallet_id) && is("customer_id", account.customer_id)
        };
        let data: Vec<Value> = rail.store.read(|state| {
            let accounts = state.accounts.all().iter().filter(wanted);
            accounts.map(Account::view).collect()
        });
        Ok(success(
            StatusCode::OK,
            "Virtual bank accounts retrieved successfully.",
            &data,
        ))
    })
    .await
}

/// `GET /api/external/virtual-bank-account/{id}`
pub(crate) async fn get(rail: Data<Rail>, request: HttpRequest, path: Path<String>) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Account, READ)?;
    call.answer(async move {
        let id = path_id(&path, KIND)?;
        let data = rail
            .store
            .read(|state| find(state, id).map(Account::view))?;
        Ok(success(
            StatusCode::OK,
            "Virtual bank account retrieved successfully.",
            &data,
        ))
    })
    .await
}

/// `POST /api/external/virtual-bank-account/{id}/close`
pub(crate) async fn close(rail: Data<Rail>, request: HttpRequest, path: Path<String>) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::CloseAccount, CLOSE)?;
    call.answer(async move {
        let id = path_id(&path, KIND)?;
        let close = rail.store.change(|state| {
            let current = find(state, id)?;
            if current.status == AccountStatus::Closed {
                return Err(Refusal::BadRequest(
                    "Virtual bank account is already closed",
                ));
            }
            let closed = AccountStatus::Closed;
            Ok(account::settle(state, current, closed, None, rail.now()))
        });
        close.await?;
        Ok(HttpResponse::Ok().json(json!({
            "message": "Virtual bank account closure initiated successfully",
            "account_id": id,
        })))
    })
    .await
}

/// The account with this id, or the rail's 404.
pub(crate) fn find(state: &State, id: Uuid) -> Result<&Account, Refusal> {
    state.accounts.get(id).ok_or(Refusal::Unknown(KIND))
}
