//! `/api/external/wallet`

use actix_web::{
    HttpRequest,
    http::StatusCode,
    web::{Data, Path},
};
use serde_json::Value;

use crate::{
    body::{path_id, success},
    faults::Operation,
    money::{currency::Currency, wallet},
    refusal::Refusal,
    server::Rail,
    simulation::{Answer, Call},
};

const READ: &str = "wallet:read";

/// `GET /api/external/wallet`
pub(crate) async fn list(rail: Data<Rail>, request: HttpRequest) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Wallet, READ)?;
    call.answer(async move {
        let data: Vec<Value> = rail.store.read(|state| {
            let view = |currency| wallet::view(state, rail.store.instance_id, currency);
            Currency::ALL.into_iter().map(view).collect()
        });
        Ok(success(
            StatusCode::OK,
            "Wallets retrieved successfully",
            &data,
        ))
    })
    .await
}

/// `GET /api/external/wallet/{id}`
pub(crate) async fn get(rail: Data<Rail>, request: HttpRequest, id: Path<String>) -> Answer {
    let call = Call::authorised(&rail, &request, Operation::Wallet, READ)?;
    call.answer(async move {
        let instance = rail.store.instance_id;
        let currency = wallet::currency(instance, path_id(&id, "Wallet")?)
            .ok_or(Refusal::Unknown("Wallet"))?;
        let data = rail
            .store
            .read(|state| wallet::view(state, instance, currency));
        Ok(success(
            StatusCode::OK,
            "Wallet retrieved successfully",
            &data,
        ))
    })
    .await
}
