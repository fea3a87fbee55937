//! Creates that go wrong because of the customer's e-mail: what a merchant can provoke through somebody else's API.
//! Only the first call for an address is hit, whatever happens in between.

use serde::Deserialize;

use crate::{
    faults::{Fault, Fired},
    record::Record,
    refusal::Refusal,
    server::Rail,
};

#[derive(Deserialize)]
struct Addressed {
    email: String,
}

/// The fault that a create with this body has to suffer, which is remembered before it shows.
pub(crate) async fn draw(rail: &Rail, body: &[u8]) -> Result<Option<Fired>, Refusal> {
    let Ok(Addressed { email }) = serde_json::from_slice(body) else {
        return Ok(None);
    };
    let email = email.to_lowercase();
    let Some(fired) = provoked(rail, &email) else {
        return Ok(None);
    };
    rail.store
        .change(|state| {
            if state.mishaps.contains(&email) {
                return Ok((None, Vec::new()));
            }
            Ok((Some(fired), vec![Record::Mishap(email)]))
        })
        .await
}

fn provoked(rail: &Rail, email: &str) -> Option<Fired> {
    let (local, _) = email.split_once('@')?;
    let (_, tag) = local.rsplit_once('+')?;
    let fault = match tag {
        "rail500" => Fault::Error500,
        "raildrop" => Fault::DropAfterCommit,
        "railrefuse" => Fault::Refuse422,
        "railslow" => Fault::SlowAnswer,
        _ => return None,
    };
    let delay = match fault {
        Fault::SlowAnswer => rail.slow_answer,
        _ => std::time::Duration::ZERO,
    };
    Some(Fired { fault, delay })
}
