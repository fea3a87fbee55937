//! What is read of accounts, payouts and submissions, and of the work that is due, is read by the indexes that were made for
//! it, however many rows there are.

use std::{ops::RangeInclusive, time::Duration};

use tokio_postgres::{Client, types::ToSql};
use uuid::Uuid;
use vouch_domain::{
    customer::CustomerHandle,
    id::{CustomerId, FileId, KycSubmissionId, PayoutId},
    ports::{
        AccountJobs, AccountPageRequest, CallbackInbox, KycFiles, PayoutJobs, PayoutPageRequest,
        Payouts, Reviews, StatusHistory, SubmissionJobs, Submissions, VirtualAccounts,
    },
    tenant::{Env, Tenant},
};
use vouch_postgres::Store;
use vouch_testkit::{Parsed, TestDatabase, Wiretap, reference};

use super::plans::{add, assert_uses, plan, quoted};
use crate::harness::World;

/// As many as there are at first.
const FIRST: RangeInclusive<i32> = 1..=5_000;
/// As many as come while the planner knows nothing of them.
const LATER: RangeInclusive<i32> = 5_001..=20_000;
const LEASE: Duration = Duration::from_secs(60);

/// What belongs to the customers with these numbers: of each two payouts, an account, two submissions that have ended, a
/// file and two changes of its status; and of every fiftieth something that is due.
const BELONGINGS: [&str; 9] = [
    "INSERT INTO payouts (organisation_id, env, id, customer_id, currency, amount_minor, merchant_reference, fingerprint,
                          status, data_key, recipient, due_at)
     SELECT o, e, $id, $customer, 'CAD', 1250, 'invoice-' || m, repeat('x', 32)::bytea,
            CASE WHEN n % 50 = 0 THEN 'processing' ELSE 'paid' END, 'k'::bytea, repeat('x', 200)::bytea,
            now() + (n - 100) * interval '1 second'
     FROM $numbers",
    "INSERT INTO virtual_accounts (organisation_id, env, id, customer_id, currency, status, rail_account_id, data_key,
                                   details, due_at)
     SELECT o, e, $id, $customer, 'GBP', CASE WHEN n % 50 = 0 THEN 'provisioning' ELSE 'active' END,
            o || '-' || n, CASE WHEN n % 50 > 0 THEN 'k'::bytea END,
            CASE WHEN n % 50 > 0 THEN repeat('x', 200)::bytea END,
            CASE WHEN n % 50 = 0 THEN now() + (n - 100) * interval '1 second' END
     FROM $numbers WHERE m % 2 = 0",
    "INSERT INTO status_changes (organisation_id, env, customer_id, id, sequence, cause, from_status, to_status, applied,
                                 hold_lost)
     SELECT o, e, $customer, $id, m, 'rail', 'pending', 'verified', true, false FROM $numbers",
    "INSERT INTO kyc_submissions (organisation_id, env, id, customer_id, status)
     SELECT o, e, $id, $customer, CASE WHEN n % 50 = 0 AND m % 2 = 0 THEN 'submitted' ELSE 'approved' END FROM $numbers",
    "INSERT INTO document_keys (organisation_id, env, customer_id, key)
     SELECT o, e, $customer, repeat('x', 80)::bytea FROM $numbers WHERE m % 2 = 0",
    "INSERT INTO files (organisation_id, env, id, customer_id, category, content_type, object, size, sha256)
     SELECT o, e, $id, $customer, 'id_document', 'image/png', $id, 1, repeat('x', 32)::bytea
     FROM $numbers WHERE m % 2 = 0",
    "INSERT INTO kyc_submission_files (organisation_id, env, submission_id, slot, file_id)
     SELECT o, e, $id, 'id_document', $id FROM $numbers WHERE m % 2 = 0",
    "INSERT INTO kyc_jobs (organisation_id, env, submission_id, due_at)
     SELECT o, e, $id, now() + (n - 100) * interval '1 second' FROM $numbers WHERE n % 50 = 0 AND m % 2 = 0",
    "INSERT INTO reviews (organisation_id, env, customer_id, awaited, calls, next_look_at)
     SELECT o, e, $customer, true, 0, now() + (n - 100) * interval '1 second'
     FROM $numbers WHERE n % 50 = 0 AND m % 2 = 0",
];
/// What belongs to nobody, or to no customer.
const CALLBACKS: &str = "
    INSERT INTO rail_callbacks (env, digest, data_key, body, ended_at, next_attempt_at)
    SELECT e, sha256((o || '-' || n)::bytea), CASE WHEN n % 50 = 0 THEN 'k'::bytea END,
           CASE WHEN n % 50 = 0 THEN repeat('x', 300)::bytea END, CASE WHEN n % 50 > 0 THEN now() END,
           now() + (n - 100) * interval '1 second'
    FROM $numbers WHERE m % 2 = 0";

/// The id of what has this number, as the statements give it.
fn numbered(number: i32) -> Uuid {
    let text = format!(
        "{:012x}70008000{number:012x}",
        1_768_471_200_000_i64 + i64::from(number)
    );
    text.parse().unwrap()
}

async fn fill(client: &Client, tenant: Tenant, numbers: RangeInclusive<i32>) {
    add(client, tenant, numbers.clone()).await;
    let id = |number: &str| {
        format!(
            "(lpad(to_hex(1768471200000 + {number}), 12, '0') || '70008000' || lpad(to_hex({number}), 12, '0'))::uuid"
        )
    };
    // Each customer's two: an odd and an even number.
    let rows = "(SELECT $1::uuid AS o, $2::text AS e, (m + 1) / 2 AS n, m
                 FROM generate_series($3::int * 2 - 1, $4::int * 2) m) numbers";
    let (organisation, env) = (tenant.organisation.uuid(), tenant.env.as_str());
    for sql in BELONGINGS.into_iter().chain([CALLBACKS]) {
        let sql = sql
            .replace("$numbers", rows)
            .replace("$id", &id("m"))
            .replace("$customer", &id("n"));
        let values: [&(dyn ToSql + Sync); 4] =
            [&organisation, &env, numbers.start(), numbers.end()];
        client.execute(&sql, &values).await.unwrap();
    }
}

/// A tenant among others, and somebody who listens to what a store sends.
struct Filled {
    world: World<TestDatabase>,
    client: Client,
    tap: Wiretap,
    store: Store,
}

impl Filled {
    async fn new() -> Self {
        let world = World::<TestDatabase>::new().await;
        let client = world.adapter.client().await;
        for tenant in [world.tenant, world.new_tenant(world.tenant.env).await] {
            fill(&client, tenant, FIRST).await;
        }
        client.batch_execute("ANALYZE").await.unwrap();
        let tap = Wiretap::on(world.adapter.url());
        let store = world.adapter.store_at(&tap.url(), 1).await;
        let _ = tap.take();
        Self {
            world,
            client,
            tap,
            store,
        }
    }

    /// The one statement that was sent since the last call.
    fn sent(&self) -> Parsed {
        let (mut statements, _) = self.tap.take();
        assert_eq!(statements.len(), 1, "{statements:?}");
        statements.remove(0)
    }

    /// The first placeholders of a statement about the tenant, and these.
    fn values(&self, others: &[String]) -> Vec<String> {
        let organisation = quoted(self.world.tenant.organisation.uuid());
        [&[organisation, quoted("test")], others].concat()
    }
}

fn null() -> String {
    "NULL".to_owned()
}

/// What is read, for which values, and by which index.
type Read = (Parsed, Vec<String>, &'static str);

async fn lists_of_money(filled: &Filled) -> Vec<Read> {
    let (store, tenant) = (&filled.store, filled.world.tenant);
    let customer = CustomerHandle::Reference(reference("ref-7"));
    let after = numbered(2_500);
    let mut reads = Vec::new();
    for (customer, after, index) in [
        (None, None, "payouts_pkey"),
        (None, Some(after), "payouts_pkey"),
        (Some(&customer), None, "payouts_customer"),
        (Some(&customer), Some(after), "payouts_customer"),
    ] {
        let request = PayoutPageRequest {
            customer: customer.cloned(),
            limit: 50,
            after: after.map(PayoutId::of_time_ordered),
        };
        store.payouts_page(tenant, &request).await.unwrap();
        let after = after.map_or_else(null, quoted);
        let reference = customer.map_or_else(null, |_| quoted("ref-7"));
        let values = filled.values(&[after, null(), reference, "51".to_owned()]);
        reads.push((filled.sent(), values, index));
    }
    let found = store.find_payout(tenant, PayoutId::of_time_ordered(after));
    assert!(found.await.unwrap().is_some());
    let values = filled.values(&[quoted(after)]);
    reads.push((filled.sent(), values, "payouts_pkey"));
    let request = AccountPageRequest {
        customer,
        limit: 50,
        after: None,
    };
    // What the rows hold is not what was sealed for them.
    let _ = store.accounts_page(tenant, &request).await;
    let statement = filled.sent();
    for after in [null(), quoted(numbered(14))] {
        let values = [null(), quoted("ref-7"), after, "51".to_owned()];
        let read = (
            statement.clone(),
            filled.values(&values),
            "virtual_accounts_customer",
        );
        reads.push(read);
    }
    reads
}

async fn reads_of_kyc(filled: &Filled) -> Vec<Read> {
    let (store, tenant) = (&filled.store, filled.world.tenant);
    let uuid = numbered(7);
    let customer = CustomerId::of_time_ordered(uuid);
    let handle = CustomerHandle::Id(customer);
    let one = filled.values(&[quoted(uuid)]);
    let mut reads = Vec::new();
    let listed = store.submissions_of(tenant, &handle, 20).await.unwrap();
    assert_eq!(listed.unwrap().len(), 2);
    let values = filled.values(&[quoted(uuid), null(), "20".to_owned()]);
    reads.push((filled.sent(), values, "kyc_submissions_customer"));
    let id = KycSubmissionId::of_time_ordered(numbered(14));
    assert!(store.find_submission(tenant, id).await.unwrap().is_some());
    let values = filled.values(&[quoted(numbered(14))]);
    reads.push((filled.sent(), values, "kyc_submissions_pkey"));
    let file = FileId::of_time_ordered(numbered(14));
    let files = store.files_of(tenant, customer, &[file]).await.unwrap();
    assert_eq!(files.len(), 1);
    let values = filled.values(&[quoted(uuid), format!("ARRAY['{}']", numbered(14))]);
    reads.push((filled.sent(), values, "files_"));
    let history = store.status_history(tenant, customer).await.unwrap();
    assert_eq!(history.len(), 2);
    reads.push((filled.sent(), one.clone(), "status_changes_pkey"));
    store.rejection(tenant, customer).await.unwrap();
    reads.push((filled.sent(), one, "status_changes_pkey"));
    reads
}

#[tokio::test]
async fn lists_of_payouts_accounts_and_submissions_use_their_indexes() {
    let filled = Filled::new().await;
    let mut reads = lists_of_money(&filled).await;
    reads.extend(reads_of_kyc(&filled).await);
    for (statement, values, index) in &reads {
        assert_uses(&filled.client, statement, values, index).await;
    }
    // What the planner knows is old news now.
    fill(&filled.client, filled.world.tenant, LATER).await;
    for (statement, values, index) in &reads {
        assert_uses(&filled.client, statement, values, index).await;
    }
}

/// What takes work, or tells when there is some. What the rows hold is not what was sealed for them, so some cannot be read
/// back.
async fn looks_for_work(filled: &Filled) -> Vec<Read> {
    let (store, env) = (&filled.store, quoted("test"));
    let taking = vec![env.clone(), "8".to_owned(), "60000".to_owned()];
    let mut looks = Vec::new();
    let _ = store.take_due_payouts(Env::Test, LEASE, 8).await;
    looks.push((filled.sent(), taking.clone(), "payouts_due"));
    let _ = store.next_due_payout(Env::Test).await;
    looks.push((filled.sent(), vec![env.clone()], "payouts_due"));
    let _ = store.take_due_accounts(Env::Test, LEASE, 8).await;
    looks.push((filled.sent(), taking.clone(), "virtual_accounts_due"));
    let _ = store.next_due_account(Env::Test).await;
    looks.push((filled.sent(), vec![env], "virtual_accounts_due"));
    let _ = store.take_due_submissions(Env::Test, LEASE, 8).await;
    looks.push((filled.sent(), taking.clone(), "kyc_jobs_due"));
    let _ = store.take_due_reviews(Env::Test, LEASE, 8).await;
    looks.push((filled.sent(), taking.clone(), "reviews_due"));
    let _ = store.take_due_callbacks(Env::Test, LEASE, 8).await;
    looks.push((filled.sent(), taking, "rail_callbacks_due"));
    looks
}

#[tokio::test]
async fn whoever_looks_for_work_does_not_read_what_is_done() {
    let filled = Filled::new().await;
    let looks = looks_for_work(&filled).await;
    for later in [false, true] {
        if later {
            fill(&filled.client, filled.world.tenant, LATER).await;
        }
        for (statement, values, index) in &looks {
            // A plan for a limit that is unknown takes it for a tenth of the rows, and is not used for that.
            let plan = plan(&filled.client, statement, values).await;
            assert!(plan.contains(index), "not by {index}:\n{plan}");
            // These hold nothing but work.
            let others = ["kyc_jobs", "reviews"]
                .iter()
                .fold(plan.clone(), |plan, table| {
                    plan.replace(&format!("Seq Scan on {table}"), "")
                });
            assert!(!others.contains("Seq Scan"), "{index}:\n{plan}");
        }
    }
}
