//! Ports that answer what a test scripted, and remember what they were asked.

use std::sync::Mutex;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;
use vouch_domain::{
    access::{ApiKey, Contract, KeyDigest, OrganisationStanding, Principal, Scopes},
    customer::{
        Customer, CustomerHandle, CustomerSummary, Explanation, NewCustomer, Status,
        TransitionRefused, Version,
    },
    id::{ApiKeyId, CustomerId, EventId, OrganisationId, StatusChangeId},
    idempotency::{Fingerprint, KeyClaim},
    ports::{
        AbsenceClear, Amend, AmendOutcome, AmendmentBasis, AmendmentSubject, ApiKeys, ChangeStatus,
        Clock, CustomerPage, CustomerPageRequest, CustomerQueries, Customers, EventPage,
        EventPageRequest, Lease, LeaseTerms, NewApiKey, PageError, PresentedCallback, Provisioning,
        Rail, RailCallbacks, RailContactChange, RailCustomer, RailCustomerId, RailFailure,
        RailNotice, RailPage, RecordOutcome, Reservation, Reserve, Reserved, RevocationEpoch,
        Standing, StatusBasis, StatusChanges, StoreError, TransitionOutcome, Urgency,
    },
    tenant::Tenant,
};
use vouch_http::{Readiness, ReadinessReport};

use super::{TENANT, customer};

/// What `GET /readyz` finds.
pub(crate) type Ready = ReadinessReport;

/// All ports in one. Each answer is what the test put here.
pub(crate) struct FakePorts {
    digest: KeyDigest,
    pub(crate) principal: Mutex<Result<Principal, StoreError>>,
    /// Of `reserve`; a fresh reservation unless scripted.
    pub(crate) reserved: Mutex<Option<Result<Standing, StoreError>>>,
    /// Of a key whose body is invalid.
    pub(crate) key_standing: Mutex<Option<Standing>>,
    pub(crate) rail: Mutex<Option<RailFailure>>,
    pub(crate) customer: Mutex<Customer>,
    pub(crate) bound: Mutex<Option<Fingerprint>>,
    pub(crate) customers: Mutex<Result<CustomerPage, PageError>>,
    pub(crate) events: Mutex<Result<EventPage, PageError>>,
    /// Makes `find` fail, or panic when nothing is given.
    pub(crate) find_failure: Mutex<Option<Option<StoreError>>>,
    pub(crate) readiness: Mutex<ReadinessReport>,
    pub(crate) claims: Mutex<Vec<KeyClaim>>,
    pub(crate) found: Mutex<Vec<CustomerHandle>>,
    pub(crate) page_requests: Mutex<Vec<CustomerPageRequest>>,
    pub(crate) event_requests: Mutex<Vec<EventPageRequest>>,
}

impl FakePorts {
    pub(crate) fn new(digest: KeyDigest) -> Self {
        let uuid = Uuid::from_u128(7 << 76);
        let key = ApiKey {
            id: ApiKeyId::from_uuid(uuid).unwrap(),
            tenant: TENANT(),
            contract: Contract::Remittance,
            scopes: Scopes::default(),
            prefix: "sk_test_".to_owned(),
            last_four: "IJ01".to_owned(),
            allowed_networks: Vec::new(),
            expires_at: None,
            revoked_at: None,
        };
        Self {
            digest,
            principal: Mutex::new(Ok(Principal {
                key,
                standing: OrganisationStanding::NEW,
            })),
            reserved: Mutex::default(),
            key_standing: Mutex::default(),
            rail: Mutex::default(),
            customer: Mutex::new(customer()),
            bound: Mutex::default(),
            customers: Mutex::new(Ok(CustomerPage {
                customers: Vec::new(),
                has_more: false,
            })),
            events: Mutex::new(Ok(EventPage {
                events: Vec::new(),
                has_more: false,
            })),
            find_failure: Mutex::default(),
            readiness: Mutex::new(ReadinessReport {
                ready: true,
                degraded: Vec::new(),
            }),
            claims: Mutex::default(),
            found: Mutex::default(),
            page_requests: Mutex::default(),
            event_requests: Mutex::default(),
        }
    }

    /// Changes what the key stands for.
    pub(crate) fn set_principal(&self, change: impl FnOnce(&mut Principal)) {
        change(self.principal.lock().unwrap().as_mut().unwrap());
    }

    pub(crate) fn stands(&self, standing: Standing) {
        *self.reserved.lock().unwrap() = Some(Ok(standing));
    }

    fn names(&self, handle: &CustomerHandle) -> bool {
        let summary = &self.customer.lock().unwrap().summary;
        match handle {
            CustomerHandle::Id(id) => *id == summary.id,
            CustomerHandle::Reference(reference) => *reference == summary.reference,
        }
    }
}

impl Clock for FakePorts {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_768_471_200, 0).unwrap()
    }
}

#[async_trait]
impl Readiness for FakePorts {
    async fn check(&self) -> ReadinessReport {
        self.readiness.lock().unwrap().clone()
    }
}

#[async_trait]
impl ApiKeys for FakePorts {
    async fn principal(&self, digest: KeyDigest) -> Result<Option<Principal>, StoreError> {
        let principal = self.principal.lock().unwrap().clone()?;
        Ok((digest == self.digest).then_some(principal))
    }
    async fn epoch(&self) -> Result<RevocationEpoch, StoreError> {
        Ok(RevocationEpoch(0))
    }
    async fn add(&self, _: &NewApiKey) -> Result<bool, StoreError> {
        unreachable!()
    }
    async fn of_organisation(&self, _: OrganisationId) -> Result<Vec<ApiKey>, StoreError> {
        unreachable!()
    }
    async fn revoke(&self, _: ApiKeyId, _: DateTime<Utc>) -> Result<bool, StoreError> {
        unreachable!()
    }
}

#[async_trait]
impl Provisioning for FakePorts {
    async fn reserve(&self, _: Tenant, reserve: &Reserve<'_>) -> Result<Reserved, StoreError> {
        self.claims.lock().unwrap().push(reserve.claim.clone());
        match self.reserved.lock().unwrap().clone() {
            Some(scripted) => scripted.map(Reserved::Stands),
            None => Ok(Reserved::Granted(Lease {
                token: Uuid::nil(),
                absence_clear_in: std::time::Duration::ZERO,
            })),
        }
    }
    async fn standing(&self, _: Tenant, _: &Reserve<'_>) -> Result<Option<Standing>, StoreError> {
        unreachable!()
    }
    async fn key_standing(
        &self,
        _: Tenant,
        claim: &KeyClaim,
        _: LeaseTerms,
    ) -> Result<Option<Standing>, StoreError> {
        self.claims.lock().unwrap().push(claim.clone());
        Ok(self.key_standing.lock().unwrap().clone())
    }
    async fn record_provisioned(
        &self,
        reservation: &Reservation,
        _: &RailCustomerId,
        _: EventId,
        _: bool,
    ) -> Result<RecordOutcome, StoreError> {
        Ok(RecordOutcome::Recorded(CustomerSummary {
            id: reservation.id,
            reference: reservation.customer.reference.clone(),
            interac_email: reservation.customer.interac_email.clone(),
            status: Status::Pending,
            version: Version::FIRST,
        }))
    }
    async fn abandon(&self, _: &Reservation) -> Result<bool, StoreError> {
        Ok(true)
    }
    async fn release(&self, _: &Reservation, _: AbsenceClear) -> Result<(), StoreError> {
        Ok(())
    }
    async fn claim_creation_answer(&self, _: Tenant, _: CustomerId) -> Result<bool, StoreError> {
        unreachable!()
    }
}

#[async_trait]
impl Rail for FakePorts {
    async fn create_customer(
        &self,
        _: &NewCustomer,
        _: Urgency,
    ) -> Result<RailCustomerId, RailFailure> {
        match self.rail.lock().unwrap().clone() {
            Some(failure) => Err(failure),
            None => Ok(RailCustomerId::parse("rail-canary").unwrap()),
        }
    }
    async fn find_customers(
        &self,
        _: &NewCustomer,
        _: Urgency,
    ) -> Result<Vec<RailCustomer>, RailFailure> {
        unreachable!()
    }
    async fn customer(
        &self,
        _: &RailCustomerId,
        _: Urgency,
    ) -> Result<Option<RailCustomer>, RailFailure> {
        unreachable!()
    }
    async fn customers_page(&self, _: u32, _: Urgency) -> Result<RailPage, RailFailure> {
        unreachable!()
    }
    async fn update_customer(
        &self,
        _: &RailCustomerId,
        _: RailContactChange<'_>,
        _: Urgency,
    ) -> Result<(), RailFailure> {
        unreachable!()
    }
}

#[async_trait]
impl Customers for FakePorts {
    async fn amendment_basis(
        &self,
        _: Tenant,
        handle: &CustomerHandle,
        claim: Option<&KeyClaim>,
    ) -> Result<Option<AmendmentBasis>, StoreError> {
        self.claims.lock().unwrap().extend(claim.cloned());
        Ok(self.names(handle).then(|| AmendmentBasis {
            subject: AmendmentSubject::Known(Box::new(self.customer.lock().unwrap().clone())),
            bound: *self.bound.lock().unwrap(),
        }))
    }
    async fn amend(&self, _: Tenant, amend: &Amend<'_>) -> Result<AmendOutcome, StoreError> {
        let mut customer = self.customer.lock().unwrap();
        customer.contact = amend.contact.clone();
        customer.summary.version.0 += 1;
        Ok(AmendOutcome::Amended(customer.summary.clone()))
    }
    async fn bind_key(&self, _: Tenant, _: CustomerId, _: &KeyClaim) -> Result<bool, StoreError> {
        Ok(true)
    }
}

#[async_trait]
impl StatusChanges for FakePorts {
    async fn status_basis(
        &self,
        _: Tenant,
        handle: &CustomerHandle,
        claim: Option<&KeyClaim>,
    ) -> Result<Option<StatusBasis>, StoreError> {
        self.claims.lock().unwrap().extend(claim.cloned());
        Ok(self.names(handle).then(|| StatusBasis {
            status_event: 0,
            customer: self.customer.lock().unwrap().summary.clone(),
            bound: *self.bound.lock().unwrap(),
        }))
    }
    async fn transition(
        &self,
        _: Tenant,
        change: &ChangeStatus<'_>,
    ) -> Result<TransitionOutcome, StoreError> {
        let summary = &mut self.customer.lock().unwrap().summary;
        summary.status = change.transition.to;
        summary.version.0 += 1;
        Ok(TransitionOutcome::Changed {
            customer: summary.clone(),
            hold_lost: false,
        })
    }
    async fn record_refusal(
        &self,
        _: Tenant,
        _: CustomerId,
        _: StatusChangeId,
        _: TransitionRefused,
    ) -> Result<(), StoreError> {
        unreachable!()
    }
    async fn explain_rejection(
        &self,
        _: Tenant,
        _: CustomerId,
        _: &Explanation,
    ) -> Result<(), StoreError> {
        unreachable!()
    }
}

/// The signature is the time and the length of the body.
impl RailCallbacks for FakePorts {
    fn is_genuine(&self, callback: &PresentedCallback<'_>, _: DateTime<Utc>) -> bool {
        callback.signature == format!("{}.{}", callback.timestamp, callback.body.len())
    }
    fn notice(&self, _: &[u8]) -> RailNotice {
        unreachable!()
    }
}

#[async_trait]
impl CustomerQueries for FakePorts {
    async fn find(
        &self,
        tenant: Tenant,
        handle: &CustomerHandle,
    ) -> Result<Option<CustomerSummary>, StoreError> {
        assert_eq!(tenant, TENANT());
        let failure = self.find_failure.lock().unwrap().clone();
        if let Some(failure) = failure {
            return Err(failure.expect("a test wanted a panic"));
        }
        self.found.lock().unwrap().push(handle.clone());
        let summary = self.customer.lock().unwrap().summary.clone();
        Ok(self.names(handle).then_some(summary))
    }
    async fn page(
        &self,
        tenant: Tenant,
        request: &CustomerPageRequest,
    ) -> Result<CustomerPage, PageError> {
        assert_eq!(tenant, TENANT());
        self.page_requests.lock().unwrap().push(request.clone());
        self.customers.lock().unwrap().clone()
    }
    async fn events(
        &self,
        tenant: Tenant,
        request: &EventPageRequest,
    ) -> Result<EventPage, PageError> {
        assert_eq!(tenant, TENANT());
        self.event_requests.lock().unwrap().push(request.clone());
        self.events.lock().unwrap().clone()
    }
}
