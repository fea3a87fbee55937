//! What the schema itself does for files and submissions.

use std::time::Duration;

use tokio_postgres::Client;
use uuid::Uuid;
use vouch_domain::{
    customer::{Cause, Status},
    id::FileId,
    kyc::{ContentType, FileCategory, KycFile, SubmissionStatus},
    ports::{
        BeginUpload, ChangeStatus, DocumentPlace, KycFiles, NewSubmission, StatusChanges,
        SubmissionJobs, Submissions, TransitionOutcome, UPLOADS_AT_ONCE,
    },
    tenant::{Env, Tenant},
};
use vouch_testkit::{StoredFile, TestDatabase, individual, stored_file};

use crate::harness::{Adapter, World};

/// Runs a statement that a constraint stands against. Answers with the name of the constraint, or what a trigger says.
async fn refused(client: &Client, sql: &str, tenant: Tenant, ids: [Uuid; 2]) -> String {
    let (organisation, env) = (tenant.organisation.uuid(), tenant.env.as_str());
    let outcome = client
        .execute(sql, &[&organisation, &env, &ids[0], &ids[1]])
        .await;
    let error = outcome.expect_err("a refusal");
    let error = error.as_db_error().expect("the database's word");
    error.constraint().unwrap_or(error.message()).to_owned()
}

async fn stored(world: &World<TestDatabase>) -> StoredFile {
    let customer = world.exists(&individual()).await.id;
    let category = FileCategory::IdDocument;
    stored_file(world.store(), &world.ids, world.tenant, customer, category).await
}

/// A file of a new customer that is not uploaded.
async fn waiting(world: &World<TestDatabase>) -> FileId {
    let file = KycFile {
        id: world.ids.mint(),
        customer: world.exists(&individual()).await.id,
        category: FileCategory::IdDocument,
        content_type: ContentType::Pdf,
        stored: None,
    };
    let added = world.store().add_file(world.tenant, &file, None).await;
    assert_eq!(added, Ok(true));
    file.id
}

#[tokio::test]
async fn a_slot_holds_a_file_of_its_customer_and_of_its_category() {
    let world = World::<TestDatabase>::new().await;
    let client = world.adapter.client().await;
    let other = world.exists(&individual()).await.id.uuid();
    let file = stored(&world).await.slot.file.uuid();
    let anothers = "INSERT INTO kyc_slots VALUES ($1, $2, $3, 'id_document', $4)";
    let constraint = refused(&client, anothers, world.tenant, [other, file]).await;
    assert!(constraint.starts_with("kyc_slots_"), "{constraint}");
    let wrong = "INSERT INTO kyc_slots
                 SELECT $1, $2, customer_id, 'proof_of_address', $4 FROM files WHERE id = $4 AND $3 <> $4";
    let constraint = refused(&client, wrong, world.tenant, [other, file]).await;
    assert!(constraint.starts_with("kyc_slots_"), "{constraint}");
}

#[tokio::test]
async fn what_was_uploaded_never_changes() {
    let world = World::<TestDatabase>::new().await;
    let client = world.adapter.client().await;
    let file = stored(&world).await.slot.file.uuid();
    let sql = "UPDATE files SET object = $4 WHERE organisation_id = $1 AND env = $2 AND id = $3";
    let said = refused(&client, sql, world.tenant, [file, Uuid::new_v4()]).await;
    assert!(said.contains("does not change"), "{said}");
    let half = "INSERT INTO files (organisation_id, env, id, customer_id, category, content_type, size)
                SELECT $1, $2, $4, customer_id, 'id_document', 'image/png', 1 FROM files WHERE id = $3";
    let constraint = refused(&client, half, world.tenant, [file, Uuid::new_v4()]).await;
    assert_eq!(constraint, "files_are_whole");
}

/// What the code gives out the schema takes, and nothing beyond.
#[tokio::test]
async fn attempts_at_an_upload_have_the_numbers_that_the_schema_knows() {
    let world = World::<TestDatabase>::new().await;
    let client = world.adapter.client().await;
    let file = waiting(&world).await.uuid();
    let numbered = |number: u8| {
        format!(
            "INSERT INTO upload_attempts (organisation_id, env, file_id, object, attempt)
             VALUES ($1, $2, $3, $4, {number})"
        )
    };
    for number in [0, UPLOADS_AT_ONCE + 1] {
        let ids = [file, Uuid::new_v4()];
        let constraint = refused(&client, &numbered(number), world.tenant, ids).await;
        assert_eq!(constraint, "upload_attempts_attempt_check");
    }
    let (organisation, env) = (world.tenant.organisation.uuid(), world.tenant.env.as_str());
    for number in 1..=UPLOADS_AT_ONCE {
        let object = Uuid::new_v4();
        let taken = client
            .execute(&numbered(number), &[&organisation, &env, &file, &object])
            .await;
        assert_eq!(taken.unwrap(), 1, "{number}");
    }
}

/// A customer with a submission on its way to the rail.
async fn submitted(world: &World<TestDatabase>) -> NewSubmission {
    let customer = world.exists(&individual()).await.id;
    let category = FileCategory::IdDocument;
    let file = stored_file(world.store(), &world.ids, world.tenant, customer, category).await;
    let attached = world
        .store()
        .attach(world.tenant, customer, &[file.slot], None)
        .await;
    attached.unwrap();
    let new = NewSubmission {
        id: world.ids.mint(),
        customer,
        event: world.ids.mint(),
    };
    let opened = world.store().open_submission(world.tenant, &new, None);
    opened.await.unwrap().unwrap();
    new
}

#[tokio::test]
async fn a_submission_ends_once() {
    let world = World::<TestDatabase>::new().await;
    let client = world.adapter.client().await;
    let new = submitted(&world).await;
    world
        .adapter
        .set_status(world.tenant, new.customer, Status::Verified)
        .await;
    let sql = "UPDATE kyc_submissions SET status = 'in_review'
               WHERE organisation_id = $1 AND env = $2 AND id = $3 AND id <> $4";
    let ids = [new.id.uuid(), Uuid::new_v4()];
    let said = refused(&client, sql, world.tenant, ids).await;
    assert!(said.contains("has ended"), "{said}");
    let jobs = client.query("SELECT FROM kyc_jobs", &[]).await.unwrap();
    assert!(jobs.is_empty());
}

#[tokio::test]
async fn a_document_key_opens_in_its_place_alone() {
    let world = World::<TestDatabase>::new().await;
    let client = world.adapter.client().await;
    let (one, other) = (waiting(&world).await, waiting(&world).await);
    let begin = async |file: FileId| {
        let place = DocumentPlace {
            tenant: world.tenant,
            file,
            object: Uuid::new_v4(),
        };
        world.store().begin_upload(&place).await
    };
    let Ok(BeginUpload::Begun { key, .. }) = begin(one).await else {
        panic!("not begun");
    };
    let rows = client.query("SELECT key FROM document_keys", &[]).await;
    for row in rows.unwrap() {
        let sealed: Vec<u8> = row.get(0);
        assert!(!sealed.windows(32).any(|bytes| bytes == key.expose()));
    }
    // Moved to another customer, a key opens nothing.
    let sql = "UPDATE document_keys k SET key = s.key FROM document_keys s, files f
               WHERE f.id = $1 AND s.customer_id = f.customer_id AND k.customer_id <> f.customer_id";
    let moved = client.execute(sql, &[&one.uuid()]).await;
    assert_eq!(moved.unwrap(), 1);
    assert!(begin(one).await.is_ok());
    assert!(begin(other).await.is_err());
}

/// Waits until a statement of the store does.
const UNTIL_THE_STORE_WAITS: &str = "
    DO $$ BEGIN
        LOOP
            PERFORM pg_stat_clear_snapshot();
            EXIT WHEN EXISTS (SELECT FROM pg_stat_activity
                              WHERE datname = current_database() AND application_name = 'vouch' AND wait_event_type = 'Lock');
            PERFORM pg_sleep(0.001);
        END LOOP;
    END $$";

/// Runs a step while somebody else has locked all jobs, and tells how many submissions are free when it waits for them.
async fn free_submissions(
    world: &World<TestDatabase>,
    step: impl Future<Output = ()> + Send + 'static,
) -> usize {
    let rival = world.adapter.client().await;
    rival
        .batch_execute("BEGIN; SELECT FROM kyc_jobs FOR UPDATE")
        .await
        .unwrap();
    let step = tokio::spawn(step);
    rival.batch_execute(UNTIL_THE_STORE_WAITS).await.unwrap();
    let free = rival
        .query("SELECT FROM kyc_submissions FOR UPDATE SKIP LOCKED", &[])
        .await;
    rival.batch_execute("COMMIT").await.unwrap();
    step.await.unwrap();
    free.unwrap().len()
}

/// What records that a submission has reached the rail, and what decides about its customer, lock its job first and then the
/// submission: so neither ever holds what the other waits for.
#[tokio::test]
async fn whoever_ends_a_submission_locks_its_job_first() {
    let world = World::<TestDatabase>::new().await;
    let submission = submitted(&world).await;
    let lease = Duration::from_secs(60);
    let taken = world.store().take_due_submissions(Env::Test, lease, 1);
    let job = taken.await.unwrap().remove(0);
    let store = world.store().clone();
    let reaching = async move { store.record_reached(&job).await.unwrap() };
    assert_eq!(free_submissions(&world, reaching).await, 1);

    let other = submitted(&world).await;
    let (store, tenant) = (world.store().clone(), world.tenant);
    let (status_event, event) = (world.status_event(other.customer).await, world.ids.mint());
    let deciding = async move {
        let change = ChangeStatus {
            customer: other.customer,
            transition: Status::Pending
                .transition(Status::Verified, Cause::Rail)
                .unwrap(),
            status_event,
            event,
            explanation: None,
            review: None,
            claim: None,
        };
        let outcome = store.transition(tenant, &change).await.unwrap();
        assert!(matches!(outcome, TransitionOutcome::Changed { .. }));
    };
    assert_eq!(free_submissions(&world, deciding).await, 2);
    for (id, status) in [
        (submission.id, SubmissionStatus::InReview),
        (other.id, SubmissionStatus::Approved),
    ] {
        let found = world.store().find_submission(world.tenant, id).await;
        assert_eq!(found.unwrap().unwrap().status, status);
    }
}
