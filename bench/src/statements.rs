//! The statements that requests wait for, as the service's own storage sends them.

use vouch_application::ids::IdMint;
use vouch_domain::{
    customer::{ContactField, CustomerHandle, HolderFilter},
    id::CustomerId,
    ports::{
        Amend, CustomerPageRequest, CustomerQueries, Customers, Ledger, SearchText,
        TreasuryCustomerQueries,
    },
    tenant::Tenant,
    values::CustomerReference,
};
use vouch_postgres::Store;
use vouch_testkit::{Parsed, Wiretap, ids};

use crate::{
    Failure,
    data::{create, store},
};

/// Each statement with the types of its placeholders.
pub struct Statements {
    /// Retrieve by id.
    pub by_id: Parsed,
    /// Retrieve by reference.
    pub by_reference: Parsed,
    /// The first page of a list.
    pub page: Parsed,
    /// A page after a customer.
    pub page_after: Parsed,
    /// A page of what a search finds.
    pub search: Parsed,
    /// Reads what an amendment is judged by.
    pub basis: Parsed,
    /// Stores an amendment.
    pub amend: Parsed,
    /// Makes a reservation.
    pub reserve: Parsed,
    /// Ends a reservation well.
    pub record: Parsed,
    /// The Treasury API's first page of customers.
    pub treasury_page: Parsed,
    /// Its page after a customer.
    pub treasury_page_after: Parsed,
    /// How many customers it has.
    pub treasury_count: Parsed,
    /// The ledger.
    pub ledger: Parsed,
    /// A customer's ledger.
    pub ledger_of_customer: Parsed,
}

impl Statements {
    /// Uses the storage once in each way, on an organisation that is not measured, and listens.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn taken_from(url: &str, unmeasured: Tenant) -> Result<Self, Failure> {
        let tap = Wiretap::on(url);
        let store = store(&tap.url()).await?;
        let ids = ids();
        let _ = tap.take();
        create(&store, unmeasured, ids.mint(), ids.mint()).await?;
        let [reserve, record] = sent(&tap)?;
        let newest = newest(&store, unmeasured).await?;
        let [page] = sent(&tap)?;
        let by_id = CustomerHandle::Id(newest);
        store.find(unmeasured, &by_id).await?;
        let [found_by_id] = sent(&tap)?;
        let reference = CustomerHandle::Reference(CustomerReference::parse("none")?);
        store.find(unmeasured, &reference).await?;
        let [by_reference] = sent(&tap)?;
        let mut request = first_page();
        request.after = Some(by_id.clone());
        store.page(unmeasured, &request).await?;
        let [page_after] = sent(&tap)?;
        let mut request = first_page();
        request.search = Some(SearchText::parse("ada")?);
        store.page(unmeasured, &request).await?;
        let [search] = sent(&tap)?;
        amend(&store, &ids, unmeasured, &by_id).await?;
        let [basis, amend] = sent(&tap)?;
        store.page_treasury(unmeasured, None, 1).await?;
        let [treasury_page] = sent(&tap)?;
        store.page_treasury(unmeasured, Some(newest), 1).await?;
        let [treasury_page_after] = sent(&tap)?;
        store.count_treasury(unmeasured).await?;
        let [treasury_count] = sent(&tap)?;
        let everyone = HolderFilter::All;
        store.list_transactions(unmeasured, everyone, 1).await?;
        let [ledger] = sent(&tap)?;
        let one = HolderFilter::Customer(newest);
        store.list_transactions(unmeasured, one, 1).await?;
        let [ledger_of_customer] = sent(&tap)?;
        Ok(Self {
            by_id: found_by_id,
            by_reference,
            page,
            page_after,
            search,
            basis,
            amend,
            reserve,
            record,
            treasury_page,
            treasury_page_after,
            treasury_count,
            ledger,
            ledger_of_customer,
        })
    }
}

/// What was prepared since the last time; connections prepare for themselves, so the same may come more than once.
fn sent<const N: usize>(tap: &Wiretap) -> Result<[Parsed; N], Failure> {
    let (mut parsed, _) = tap.take();
    let mut seen = Vec::new();
    parsed.retain(|statement| {
        let is_new = !seen.contains(&statement.sql);
        seen.push(statement.sql.clone());
        is_new && statement.sql.contains("customer")
    });
    let count = parsed.len();
    parsed
        .try_into()
        .map_err(|_| format!("{count} statements where {N} were expected").into())
}

fn first_page() -> CustomerPageRequest {
    CustomerPageRequest {
        limit: 50,
        after: None,
        status: None,
        search: None,
    }
}

async fn newest(store: &Store, tenant: Tenant) -> Result<CustomerId, Failure> {
    let page = store.page(tenant, &first_page()).await?;
    Ok(page.customers.first().ok_or("no customer")?.id)
}

async fn amend(
    store: &Store,
    ids: &IdMint,
    tenant: Tenant,
    handle: &CustomerHandle,
) -> Result<(), Failure> {
    let basis = store
        .amendment_basis(tenant, handle, None)
        .await?
        .ok_or("no customer")?;
    let customer = basis.subject.known().ok_or("no identity")?;
    let amend = Amend {
        customer: customer.summary.id,
        identity: &customer.identity,
        contact: &customer.contact,
        changed: &[ContactField::Street],
        expected: customer.summary.version,
        event: ids.mint(),
        claim: None,
    };
    store.amend(tenant, &amend).await?;
    Ok(())
}
