//! Submissions, and the jobs that bring them to the rail.

use std::time::Duration;

use chrono::DateTime;
use vouch_domain::{
    customer::{CustomerHandle, CustomerSummary, Status},
    event::EventDetail,
    idempotency::KeyClaim,
    kyc::{FileCategory, Gap, Handover, Slot, Submission, SubmissionStatus},
    ports::{
        CustomerQueries, EventPageRequest, KycFiles, NewSubmission, RailFileId, SubmissionJob,
        SubmissionJobs, Submissions,
    },
    tenant::{Env, Tenant},
    values::CustomerType,
};
use vouch_testkit::{individual, stored_file, unique_claim};

use crate::harness::{Adapter, World, by_id, contract};

contract![
    a_submission_takes_what_is_in_the_slots,
    one_submission_of_a_customer_is_open_at_a_time,
    only_who_is_pending_is_submitted,
    a_submission_shows_among_the_events,
    a_key_is_bound_to_its_submission,
    a_taken_job_is_held_and_given_again_after_its_lease,
    a_renewed_lease_lasts_from_then_on,
    what_was_done_is_not_done_again,
    a_submission_that_reached_the_rail_is_in_review,
    what_the_rail_lacks_ends_a_submission,
    who_lost_the_lease_changes_nothing,
    submissions_are_listed_newest_first,
    nobody_sees_what_is_anothers,
];

pub(crate) const LEASE: Duration = Duration::from_secs(300);
/// Longer than any attempt is put off.
pub(crate) const PATIENT: Duration = Duration::from_secs(600);

pub(crate) struct Ready {
    pub(crate) customer: CustomerSummary,
    slots: Vec<Slot>,
}

async fn ready_in(world: &World<impl Adapter>, tenant: Tenant) -> Ready {
    let customer = world.exists_in(tenant, &individual()).await;
    let mut slots = Vec::new();
    for category in [FileCategory::IdDocument, FileCategory::ProofOfAddress] {
        let made = stored_file(world.store(), &world.ids, tenant, customer.id, category).await;
        slots.push(made.slot);
    }
    let attached = world.store().attach(tenant, customer.id, &slots, None);
    assert_eq!(attached.await, Ok(Some(slots.clone())));
    Ready { customer, slots }
}

pub(crate) async fn ready(world: &World<impl Adapter>) -> Ready {
    ready_in(world, world.tenant).await
}

pub(crate) async fn open(
    world: &World<impl Adapter>,
    tenant: Tenant,
    customer: &CustomerSummary,
    claim: Option<&KeyClaim>,
) -> Option<Submission> {
    let new = NewSubmission {
        id: world.ids.mint(),
        customer: customer.id,
        event: world.ids.mint(),
    };
    let opened = world.store().open_submission(tenant, &new, claim).await;
    opened.unwrap()
}

pub(crate) async fn opened(world: &World<impl Adapter>, ready: &Ready) -> Submission {
    let opened = open(world, world.tenant, &ready.customer, None).await;
    opened.expect("a submission")
}

pub(crate) async fn take(world: &World<impl Adapter>) -> Vec<SubmissionJob> {
    let taken = world
        .store()
        .take_due_submissions(Env::Test, LEASE, 10)
        .await;
    taken.unwrap()
}

pub(crate) async fn take_one(world: &World<impl Adapter>) -> SubmissionJob {
    let mut taken = take(world).await;
    assert_eq!(taken.len(), 1, "{taken:?}");
    taken.remove(0)
}

pub(crate) async fn as_it_is(world: &World<impl Adapter>, submission: &Submission) -> Submission {
    let found = world
        .store()
        .find_submission(world.tenant, submission.id)
        .await;
    found.unwrap().expect("a submission")
}

fn rail_file(text: &str) -> RailFileId {
    RailFileId::parse(text).unwrap()
}

async fn a_submission_takes_what_is_in_the_slots(world: &World<impl Adapter>) {
    let ready = ready(world).await;
    let submission = opened(world, &ready).await;
    assert_eq!(submission.customer, ready.customer.id);
    assert_eq!(submission.status, SubmissionStatus::Submitted);
    assert_eq!(submission.customer_type, CustomerType::Individual);
    assert_eq!((submission.missing.len(), submission.rejection), (0, None));
    // What is attached afterwards is for the next one.
    let category = FileCategory::IdDocument;
    let later = stored_file(
        world.store(),
        &world.ids,
        world.tenant,
        ready.customer.id,
        category,
    );
    let later = [later.await.slot];
    let attached = world
        .store()
        .attach(world.tenant, ready.customer.id, &later, None);
    attached.await.unwrap();
    let job = take_one(world).await;
    assert_eq!(job.submission, submission.id);
    assert_eq!(
        (job.tenant, job.customer),
        (world.tenant, ready.customer.id)
    );
    assert_eq!(job.handover, Handover::OnItsWay);
    let files: Vec<_> = job
        .files
        .iter()
        .map(|file| Slot {
            category: file.category,
            file: file.file,
        })
        .collect();
    assert_eq!(files, ready.slots);
    assert!(job.files.iter().all(|file| file.at_rail.is_none()));
}

async fn one_submission_of_a_customer_is_open_at_a_time(world: &World<impl Adapter>) {
    let ready = ready(world).await;
    opened(world, &ready).await;
    assert_eq!(open(world, world.tenant, &ready.customer, None).await, None);
    let handle = by_id(&ready.customer);
    let basis = world.store().kyc_basis(world.tenant, &handle, None).await;
    assert!(basis.unwrap().unwrap().standing.is_open);
}

async fn only_who_is_pending_is_submitted(world: &World<impl Adapter>) {
    for status in [Status::Verified, Status::Rejected, Status::Closed] {
        let ready = ready(world).await;
        let id = ready.customer.id;
        world.adapter.set_status(world.tenant, id, status).await;
        let opened = open(world, world.tenant, &ready.customer, None).await;
        assert_eq!(opened, None, "{status:?}");
    }
    assert_eq!(take(world).await, []);
}

async fn a_submission_shows_among_the_events(world: &World<impl Adapter>) {
    let ready = ready(world).await;
    let submission = opened(world, &ready).await;
    let request = EventPageRequest {
        customer: by_id(&ready.customer),
        limit: 10,
        after: None,
        event_type: None,
    };
    let page = world.store().events(world.tenant, &request).await.unwrap();
    let last = page.events.last().unwrap();
    let expected = EventDetail::KycSubmitted {
        submission: submission.id,
    };
    assert_eq!((last.sequence, &last.detail), (2, &expected));
    assert_eq!(last.customer, ready.customer);
}

async fn a_key_is_bound_to_its_submission(world: &World<impl Adapter>) {
    let (one, other) = (ready(world).await, ready(world).await);
    let claim = unique_claim();
    let made = open(world, world.tenant, &one.customer, Some(&claim)).await;
    let refused = open(world, world.tenant, &other.customer, Some(&claim)).await;
    assert_eq!(refused, None);
    let handle = by_id(&one.customer);
    let basis = world
        .store()
        .kyc_basis(world.tenant, &handle, Some(&claim))
        .await;
    let bound = basis.unwrap().unwrap().bound.unwrap();
    assert_eq!(bound.subject, Some(made.unwrap().id.uuid()));
    // Nothing is left of the refused one.
    assert!(
        open(world, world.tenant, &other.customer, None)
            .await
            .is_some()
    );
}

async fn a_taken_job_is_held_and_given_again_after_its_lease(world: &World<impl Adapter>) {
    opened(world, &ready(world).await).await;
    let first = take_one(world).await;
    world.adapter.advance(LEASE - Duration::from_secs(20)).await;
    assert_eq!(take(world).await, []);
    world.adapter.advance(PATIENT).await;
    let second = take_one(world).await;
    assert_ne!(second.lease, first.lease);
    let free = async |job: &SubmissionJob, hold| {
        world.store().free_submission(job, hold).await.unwrap();
    };
    free(&second, Duration::ZERO).await;
    // Freed, it is put off for a while all the same.
    assert_eq!(take(world).await, []);
    world.adapter.advance(Duration::from_secs(20)).await;
    let third = take_one(world).await;
    free(&third, Duration::from_secs(200)).await;
    world.adapter.advance(Duration::from_secs(150)).await;
    assert_eq!(take(world).await, [], "something is under way");
    world.adapter.advance(Duration::from_secs(100)).await;
    take_one(world).await;
}

async fn a_renewed_lease_lasts_from_then_on(world: &World<impl Adapter>) {
    opened(world, &ready(world).await).await;
    let job = take_one(world).await;
    let almost = LEASE - Duration::from_secs(20);
    for _ in 0..3 {
        world.adapter.advance(almost).await;
        let renewed = world.store().renew_submission(&job, LEASE).await;
        assert_eq!(renewed, Ok(true));
    }
    world.adapter.advance(almost).await;
    assert_eq!(take(world).await, []);
    world.adapter.advance(PATIENT).await;
    take_one(world).await;
    // It has passed to somebody else.
    let renewed = world.store().renew_submission(&job, LEASE).await;
    assert_eq!(renewed, Ok(false));
}

async fn what_was_done_is_not_done_again(world: &World<impl Adapter>) {
    opened(world, &ready(world).await).await;
    let job = take_one(world).await;
    let at_rail = rail_file("rail-file");
    let sent = world.store().record_sent(&job, job.files[0].file, &at_rail);
    assert_eq!(sent.await, Ok(true));
    let before = DateTime::from_timestamp(7, 0);
    let starting = world.store().record_starting(&job, before).await;
    assert_eq!(starting, Ok(true));
    world.adapter.advance(PATIENT).await;
    let next = take_one(world).await;
    let begun = Handover::Begun {
        rejected_before: before,
    };
    assert_eq!(next.handover, begun);
    assert!(next.files[0].at_rail == Some(at_rail));
    assert!(next.files[1].at_rail.is_none());
    assert!(next.key == job.key);
}

async fn a_submission_that_reached_the_rail_is_in_review(world: &World<impl Adapter>) {
    let submission = opened(world, &ready(world).await).await;
    let job = take_one(world).await;
    world.store().record_reached(&job).await.unwrap();
    world.store().record_reached(&job).await.unwrap();
    let found = as_it_is(world, &submission).await;
    assert_eq!(found.status, SubmissionStatus::InReview);
    world.adapter.advance(PATIENT).await;
    assert_eq!(take(world).await, []);
}

async fn what_the_rail_lacks_ends_a_submission(world: &World<impl Adapter>) {
    let ready = ready(world).await;
    let submission = opened(world, &ready).await;
    let job = take_one(world).await;
    let gaps = [Gap::Owners, Gap::File(FileCategory::IdDocument)];
    world
        .store()
        .record_incomplete(&job, &gaps, None)
        .await
        .unwrap();
    let found = as_it_is(world, &submission).await;
    assert_eq!(found.status, SubmissionStatus::Incomplete);
    assert_eq!(found.missing, gaps);
    world.adapter.advance(PATIENT).await;
    assert_eq!(take(world).await, []);
    // The customer is as it was, and may be submitted again.
    opened(world, &ready).await;
}

async fn who_lost_the_lease_changes_nothing(world: &World<impl Adapter>) {
    let submission = opened(world, &ready(world).await).await;
    let old = take_one(world).await;
    world.adapter.advance(PATIENT).await;
    let new = take_one(world).await;
    let store = world.store();
    let (file, at_rail) = (old.files[0].file, rail_file("late"));
    assert_eq!(store.record_sent(&old, file, &at_rail).await, Ok(false));
    assert_eq!(store.record_starting(&old, None).await, Ok(false));
    assert_eq!(store.renew_submission(&old, LEASE).await, Ok(false));
    store.record_reached(&old).await.unwrap();
    store
        .record_incomplete(&old, &[Gap::Owners], None)
        .await
        .unwrap();
    store.free_submission(&old, Duration::ZERO).await.unwrap();
    let found = as_it_is(world, &submission).await;
    assert_eq!(found.status, SubmissionStatus::Submitted);
    assert_eq!(take(world).await, []);
    store.record_reached(&new).await.unwrap();
    let found = as_it_is(world, &submission).await;
    assert_eq!(found.status, SubmissionStatus::InReview);
}

async fn submissions_are_listed_newest_first(world: &World<impl Adapter>) {
    let ready = ready(world).await;
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(opened(world, &ready).await.id);
        let job = take_one(world).await;
        world
            .store()
            .record_incomplete(&job, &[Gap::Owners], None)
            .await
            .unwrap();
    }
    let listed = async |handle: &CustomerHandle, limit| {
        let found = world.store().submissions_of(world.tenant, handle, limit);
        let found = found.await.unwrap()?;
        Some(found.iter().map(|one| one.id).collect::<Vec<_>>())
    };
    let handle = by_id(&ready.customer);
    made.reverse();
    assert_eq!(listed(&handle, 10).await, Some(made.clone()));
    assert_eq!(listed(&handle, 2).await, Some(made[..2].to_vec()));
    let other = world.exists(&individual()).await;
    assert_eq!(listed(&by_id(&other), 10).await, Some(Vec::new()));
    let nobody = CustomerHandle::Id(world.ids.mint());
    assert_eq!(listed(&nobody, 10).await, None);
}

async fn nobody_sees_what_is_anothers(world: &World<impl Adapter>) {
    let ready = ready(world).await;
    let submission = opened(world, &ready).await;
    let stranger = world.new_tenant(Env::Test).await;
    let live = Tenant {
        env: Env::Live,
        ..world.tenant
    };
    for tenant in [stranger, live] {
        let found = world.store().find_submission(tenant, submission.id).await;
        assert_eq!(found, Ok(None));
        let handle = by_id(&ready.customer);
        let listed = world.store().submissions_of(tenant, &handle, 10).await;
        assert_eq!(listed, Ok(None));
        assert_eq!(open(world, tenant, &ready.customer, None).await, None);
    }
    let of_live = world
        .store()
        .take_due_submissions(Env::Live, LEASE, 10)
        .await;
    assert_eq!(of_live, Ok(Vec::new()));
    let theirs = ready_in(world, stranger).await;
    open(world, stranger, &theirs.customer, None).await.unwrap();
    assert_eq!(take(world).await.len(), 2);
}
