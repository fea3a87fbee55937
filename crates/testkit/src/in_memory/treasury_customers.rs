use std::cmp::Reverse;

use async_trait::async_trait;
use vouch_domain::{
    customer::{CustomerSummary, LegalName, Status, TreasuryCustomer, Version},
    event::{Event, EventDetail},
    id::CustomerId,
    idempotency::Kept,
    ports::{CreateTreasuryCustomer, StoreError, TreasuryCustomerQueries, TreasuryCustomers},
    tenant::Tenant,
    values::{CustomerReference, CustomerType, DisplayName, TreasuryEmail},
};

use super::{InMemory, Record, Stage, State, TreasuryRecord};

#[async_trait]
impl TreasuryCustomers for InMemory {
    async fn create(
        &self,
        tenant: Tenant,
        create: &CreateTreasuryCustomer<'_>,
    ) -> Result<Kept, StoreError> {
        let mut state = self.state().await?;
        Ok(state.change_and_keep(tenant, &create.keep, |state| {
            let records = state.treasury.entry(tenant).or_default();
            records.insert(create.id, TreasuryRecord::new(create));
            true
        }))
    }
}

#[async_trait]
impl TreasuryCustomerQueries for InMemory {
    async fn find_treasury(
        &self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Result<Option<TreasuryCustomer>, StoreError> {
        let mut customers = self.state().await?.treasury_customers(tenant).into_iter();
        Ok(customers.find(|known| known.id == customer))
    }

    async fn page_treasury(
        &self,
        tenant: Tenant,
        after: Option<CustomerId>,
        limit: u16,
    ) -> Result<Vec<TreasuryCustomer>, StoreError> {
        let customers = self.state().await?.treasury_customers(tenant);
        let is_known = after.is_none_or(|after| customers.iter().any(|known| known.id == after));
        let older = customers
            .into_iter()
            .filter(|customer| is_known && after.is_none_or(|after| customer.id < after));
        Ok(older.take(usize::from(limit)).collect())
    }

    async fn count_treasury(&self, tenant: Tenant) -> Result<u64, StoreError> {
        let customers = self.state().await?.treasury_customers(tenant);
        Ok(u64::try_from(customers.len()).expect("few customers"))
    }
}

impl State {
    /// Every customer that the Treasury API shows, newest first.
    pub(super) fn treasury_customers(&self, tenant: Tenant) -> Vec<TreasuryCustomer> {
        let known = self
            .records(tenant)
            .filter(|record| matches!(record.stage, Stage::Provisioned(_)))
            .map(Record::as_treasury);
        let made = self
            .treasury
            .get(&tenant)
            .into_iter()
            .flat_map(|records| records.values())
            .map(|record| record.customer.clone());
        let mut customers: Vec<_> = known.chain(made).chain(self.primary(tenant)).collect();
        customers.sort_by_key(|customer| Reverse(customer.id));
        customers
    }

    fn primary(&self, tenant: Tenant) -> Option<TreasuryCustomer> {
        let organisation = self.organisations.get(&tenant.organisation)?;
        Some(TreasuryCustomer {
            id: *self.primaries.get(&tenant)?,
            name: DisplayName::restore(organisation.name.as_str().to_owned()).expect("a name"),
            email: TreasuryEmail::from(&organisation.email),
            customer_type: CustomerType::Business,
            is_primary: true,
        })
    }
}

impl Record {
    fn as_treasury(&self) -> TreasuryCustomer {
        let name: &LegalName = &self.customer.identity.name;
        TreasuryCustomer {
            id: self.customer.summary.id,
            name: DisplayName::restore(name.display()).expect("a name"),
            email: TreasuryEmail::from(&self.customer.contact.email),
            customer_type: name.customer_type(),
            is_primary: false,
        }
    }
}

impl TreasuryRecord {
    fn new(create: &CreateTreasuryCustomer<'_>) -> Self {
        let reference = create.id.hyphenated().to_string();
        let summary = CustomerSummary {
            id: create.id,
            reference: CustomerReference::parse(&reference).expect("a reference"),
            interac_email: None,
            status: Status::Pending,
            version: Version::FIRST,
        };
        let event = Event {
            id: create.event,
            sequence: 1,
            customer: summary.clone(),
            detail: EventDetail::Created,
        };
        Self {
            customer: TreasuryCustomer::made(create.id, create.customer),
            summary,
            events: vec![event],
        }
    }
}
