//! Closing customers.

use std::sync::Arc;

use vouch_application::{
    close::{CloseCustomer, CloseError, Closed},
    create::Created,
    transitions::Transitions,
};
use vouch_domain::{
    customer::{Cause, CustomerHandle, CustomerSummary, Status, Version},
    event::EventDetail,
    idempotency::{KeyClaim, Operation},
    ports::{CustomerQueries, EventPageRequest},
};
use vouch_testkit::{claim, individual, reference, unique_claim};

use crate::bench::{Bench, another_body};

struct Made {
    bench: Bench,
    customer: CustomerSummary,
}

async fn made() -> Made {
    let bench = Bench::new().await;
    let Ok(Created::New(customer)) = bench.create(&individual(), &unique_claim()).await else {
        panic!("not new");
    };
    Made { bench, customer }
}

impl Made {
    async fn close(&self, claim: Option<&KeyClaim>) -> Result<Closed, CloseError> {
        let handle = CustomerHandle::Id(self.customer.id);
        self.close_by(&handle, Cause::Merchant, claim).await
    }

    async fn close_by(
        &self,
        customer: &CustomerHandle,
        cause: Cause,
        claim: Option<&KeyClaim>,
    ) -> Result<Closed, CloseError> {
        let store = Arc::new(self.bench.store.clone());
        let ids = Arc::clone(&self.bench.ids);
        let transitions = Transitions::new(Arc::clone(&store) as _, ids);
        CloseCustomer::new(transitions, store)
            .close(self.bench.tenant, customer, cause, claim)
            .await
    }

    fn claim(&self, key: &str) -> KeyClaim {
        let handle = CustomerHandle::Id(self.customer.id);
        KeyClaim {
            operation: Operation::CloseCustomer(handle),
            ..claim(key)
        }
    }

    fn closed(&self, replayed: bool) -> Result<Closed, CloseError> {
        let customer = CustomerSummary {
            status: Status::Closed,
            version: Version(2),
            ..self.customer.clone()
        };
        Ok(Closed { customer, replayed })
    }

    async fn closings(&self) -> usize {
        let request = EventPageRequest {
            customer: CustomerHandle::Id(self.customer.id),
            limit: 100,
            after: None,
            event_type: None,
        };
        let page = self.bench.store.events(self.bench.tenant, &request).await;
        let events = page.unwrap().events;
        let closings = events
            .iter()
            .filter(|event| event.detail == EventDetail::Closed);
        closings.count()
    }
}

#[tokio::test]
async fn closing_twice_is_closing_once() {
    let made = made().await;
    assert_eq!(made.close(None).await, made.closed(false));
    assert_eq!(made.close(None).await, made.closed(false));
    let handle = CustomerHandle::Reference(made.customer.reference.clone());
    let by_operator = made.close_by(&handle, Cause::Operator, None).await;
    assert_eq!(by_operator, made.closed(false));
    assert_eq!(made.closings().await, 1);
}

#[tokio::test]
async fn a_key_stands_for_one_closing() {
    let made = made().await;
    let claim = made.claim("first");
    assert_eq!(made.close(Some(&claim)).await, made.closed(false));
    assert_eq!(made.close(Some(&claim)).await, made.closed(true));
    let conflict = made.close(Some(&another_body(&claim))).await;
    assert_eq!(conflict, Err(CloseError::KeyConflict));
    // Also where there was nothing left to do.
    let second = made.claim("second");
    assert_eq!(made.close(Some(&second)).await, made.closed(false));
    assert_eq!(made.close(Some(&second)).await, made.closed(true));
    assert_eq!(made.closings().await, 1);
}

#[tokio::test]
async fn a_stranger_is_not_found() {
    let made = made().await;
    let nobody = CustomerHandle::Reference(reference("nobody"));
    let outcome = made.close_by(&nobody, Cause::Merchant, None).await;
    assert_eq!(outcome, Err(CloseError::NotFound));
}
