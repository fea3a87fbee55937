//! Files of customers: asked for, uploaded once, attached.

use std::time::Duration;

use futures_util::future::join_all;
use uuid::Uuid;
use vouch_domain::{
    customer::{Cause, CustomerHandle, CustomerSummary, Status},
    id::FileId,
    idempotency::Fingerprint,
    kyc::{ContentType, FileCategory, KycFile, Sha256, Slot, StoredContent},
    ports::{
        BeginUpload, DocumentKey, DocumentPlace, FinishUpload, KycBasis, KycFiles,
        UPLOAD_ABANDONED, UPLOAD_DEADLINE, UPLOADS_AT_ONCE,
    },
    tenant::{Env, Tenant},
    values::CustomerType,
};
use vouch_testkit::{business, individual, stored_file, unique_claim};

use crate::{
    harness::{Adapter, World, by_id, by_reference, contract},
    status_changes::changed,
};

contract![
    a_basis_tells_how_the_customer_stands,
    a_file_waits_for_its_upload,
    a_key_is_bound_to_the_file_that_it_asked_for,
    one_upload_becomes_the_content,
    only_so_many_uploads_of_a_file_last_at_once,
    uploads_that_nobody_ended_make_room_when_they_are_too_late,
    an_upload_that_takes_too_long_counts_for_nothing,
    a_closed_customers_files_are_nobodys,
    of_many_uploads_that_end_at_once_one_counts,
    what_was_begun_and_never_finished_is_abandoned,
    all_files_of_a_customer_have_one_key,
    slots_hold_the_latest_file,
    a_slot_takes_only_what_is_the_customers_and_of_its_category,
    nobody_sees_what_is_anothers,
];

const SOON: Duration = Duration::from_secs(60);

async fn basis(world: &World<impl Adapter>, customer: &CustomerHandle) -> KycBasis {
    let basis = world.store().kyc_basis(world.tenant, customer, None).await;
    basis.unwrap().expect("a customer")
}

fn new_file(world: &World<impl Adapter>, customer: &CustomerSummary) -> KycFile {
    KycFile {
        id: world.ids.mint(),
        customer: customer.id,
        category: FileCategory::IdDocument,
        content_type: ContentType::Jpeg,
        stored: None,
    }
}

async fn added(world: &World<impl Adapter>, customer: &CustomerSummary) -> KycFile {
    let file = new_file(world, customer);
    let added = world.store().add_file(world.tenant, &file, None).await;
    assert_eq!(added, Ok(true));
    file
}

async fn found(
    world: &World<impl Adapter>,
    tenant: Tenant,
    customer: &CustomerSummary,
    file: FileId,
) -> Option<KycFile> {
    let files = world.store().files_of(tenant, customer.id, &[file]).await;
    files.unwrap().into_iter().next()
}

fn place(world: &World<impl Adapter>, file: FileId) -> DocumentPlace {
    DocumentPlace {
        tenant: world.tenant,
        file,
        object: Uuid::new_v4(),
    }
}

fn content(place: &DocumentPlace) -> StoredContent {
    StoredContent {
        object: place.object,
        size: 25 * 1024 * 1024,
        sha256: Sha256([9; 32]),
    }
}

async fn begin(world: &World<impl Adapter>, place: &DocumentPlace) -> BeginUpload {
    world.store().begin_upload(place).await.unwrap()
}

/// An upload that may begin, under this key.
async fn begun(world: &World<impl Adapter>, place: &DocumentPlace) -> DocumentKey {
    match begin(world, place).await {
        BeginUpload::Begun { content_type, key } => {
            assert_eq!(content_type, ContentType::Jpeg);
            key
        }
        other => panic!("not begun: {other:?}"),
    }
}

async fn abandoned(world: &World<impl Adapter>) -> Vec<DocumentPlace> {
    world.store().abandoned_uploads(None, 10).await.unwrap()
}

async fn finish(world: &World<impl Adapter>, place: &DocumentPlace) -> FinishUpload {
    let content = content(place);
    let finished = world
        .store()
        .finish_upload(world.tenant, place.file, &content);
    finished.await.unwrap()
}

async fn a_basis_tells_how_the_customer_stands(world: &World<impl Adapter>) {
    let person = world.exists(&individual()).await;
    let found = basis(world, &by_reference(&person)).await;
    assert_eq!((found.customer, found.has_identity), (person.id, true));
    assert_eq!(found.standing.status, Status::Pending);
    assert_eq!(found.standing.customer_type, CustomerType::Individual);
    assert_eq!(found.standing.slots, []);
    assert_eq!(
        (found.standing.is_open, found.standing.rejection),
        (false, None)
    );
    assert_eq!(found.bound, None);
    let company = world.exists(&business()).await;
    let found = basis(world, &by_id(&company)).await;
    assert_eq!(found.standing.customer_type, CustomerType::Business);
    let nobody = CustomerHandle::Id(world.ids.mint());
    let nothing = world.store().kyc_basis(world.tenant, &nobody, None).await;
    assert_eq!(nothing, Ok(None));
}

async fn a_file_waits_for_its_upload(world: &World<impl Adapter>) {
    let customer = world.exists(&individual()).await;
    let file = added(world, &customer).await;
    assert_eq!(
        found(world, world.tenant, &customer, file.id).await,
        Some(file.clone())
    );
    let place = place(world, file.id);
    begun(world, &place).await;
    let unknown = DocumentPlace {
        file: world.ids.mint(),
        ..place
    };
    assert_eq!(begin(world, &unknown).await, BeginUpload::Unknown);
}

async fn a_key_is_bound_to_the_file_that_it_asked_for(world: &World<impl Adapter>) {
    let customer = world.exists(&individual()).await;
    let (file, claim) = (new_file(world, &customer), unique_claim());
    let add = async |file: &KycFile| {
        let added = world.store().add_file(world.tenant, file, Some(&claim));
        added.await.unwrap()
    };
    assert!(add(&file).await);
    let other = new_file(world, &customer);
    assert!(!add(&other).await);
    assert_eq!(found(world, world.tenant, &customer, other.id).await, None);
    let basis = world
        .store()
        .kyc_basis(world.tenant, &by_id(&customer), Some(&claim))
        .await;
    let bound = basis.unwrap().unwrap().bound.unwrap();
    assert_eq!(bound.subject, Some(file.id.uuid()));
    assert_eq!(bound.used_with, claim.fingerprint);
    assert_ne!(bound.used_with, Fingerprint([0; 32]));
}

async fn one_upload_becomes_the_content(world: &World<impl Adapter>) {
    let customer = world.exists(&individual()).await;
    let file = added(world, &customer).await;
    let (first, second) = (place(world, file.id), place(world, file.id));
    for place in [&first, &second] {
        begun(world, place).await;
    }
    // Nobody began this one.
    let stray = place(world, file.id);
    assert_eq!(finish(world, &stray).await, FinishUpload::TooLate);
    assert_eq!(finish(world, &second).await, FinishUpload::Finished);
    for late in [&first, &second] {
        let finished = finish(world, late).await;
        assert_eq!(finished, FinishUpload::AlreadyUploaded);
    }
    let stored = found(world, world.tenant, &customer, file.id).await;
    assert_eq!(stored.unwrap().stored, Some(content(&second)));
    let third = place(world, file.id);
    assert_eq!(begin(world, &third).await, BeginUpload::AlreadyUploaded);
    world.adapter.advance(UPLOAD_ABANDONED + SOON).await;
    // What lost is left to be swept, what won and what was not even begun is not.
    assert_eq!(abandoned(world).await, [first]);
}

async fn only_so_many_uploads_of_a_file_last_at_once(world: &World<impl Adapter>) {
    let customer = world.exists(&individual()).await;
    let file = added(world, &customer).await;
    let places: Vec<_> = (0..UPLOADS_AT_ONCE + 2)
        .map(|_| place(world, file.id))
        .collect();
    let outcomes = join_all(places.iter().map(|place| begin(world, place))).await;
    let is_begun = |outcome: &&BeginUpload| matches!(outcome, BeginUpload::Begun { .. });
    let lasting: Vec<_> = places
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| is_begun(outcome))
        .map(|(place, _)| place)
        .collect();
    assert_eq!(lasting.len(), usize::from(UPLOADS_AT_ONCE));
    let too_many = |outcome: &&BeginUpload| **outcome == BeginUpload::TooMany;
    assert_eq!(outcomes.iter().filter(too_many).count(), 2);
    // One that is over makes room for another; those of other files were never in the way.
    world.store().forget_upload(lasting[0]).await.unwrap();
    begun(world, &place(world, file.id)).await;
    let last = place(world, file.id);
    assert_eq!(begin(world, &last).await, BeginUpload::TooMany);
    let other = added(world, &customer).await;
    begun(world, &place(world, other.id)).await;
}

async fn uploads_that_nobody_ended_make_room_when_they_are_too_late(world: &World<impl Adapter>) {
    let customer = world.exists(&individual()).await;
    let file = added(world, &customer).await;
    let mut left = Vec::new();
    for _ in 0..UPLOADS_AT_ONCE {
        let place = place(world, file.id);
        begun(world, &place).await;
        left.push(place);
    }
    let late = place(world, file.id);
    assert_eq!(begin(world, &late).await, BeginUpload::TooMany);
    world.adapter.advance(UPLOAD_DEADLINE + SOON).await;
    // As many as before, at once, and no more.
    let places: Vec<_> = (0..UPLOADS_AT_ONCE)
        .map(|_| place(world, file.id))
        .collect();
    let outcomes = join_all(places.iter().map(|place| begin(world, place))).await;
    for outcome in outcomes {
        assert!(matches!(outcome, BeginUpload::Begun { .. }), "{outcome:?}");
    }
    assert_eq!(begin(world, &late).await, BeginUpload::TooMany);
    assert_eq!(finish(world, &places[0]).await, FinishUpload::Finished);
    // What nobody ended is swept all the same.
    world
        .adapter
        .advance(UPLOAD_ABANDONED - UPLOAD_DEADLINE)
        .await;
    left.sort_by_key(|place| place.object);
    assert_eq!(abandoned(world).await, left);
}

async fn a_closed_customers_files_are_nobodys(world: &World<impl Adapter>) {
    let (customer, other) = (
        world.exists(&individual()).await,
        world.exists(&individual()).await,
    );
    let category = FileCategory::IdDocument;
    let mut stored = Vec::new();
    for owner in [&customer, &other] {
        stored.push(stored_file(world.store(), &world.ids, world.tenant, owner.id, category).await);
    }
    let file = added(world, &customer).await;
    let under_way = place(world, file.id);
    begun(world, &under_way).await;
    assert_eq!(abandoned(world).await, []);
    changed(world, &customer, Status::Closed, Cause::Merchant).await;
    // What was there goes at once; what still comes does not count, and nothing more may come.
    assert_eq!(abandoned(world).await, [stored[0].place]);
    assert_eq!(finish(world, &under_way).await, FinishUpload::Closed);
    for file in [file.id, stored[0].slot.file] {
        let late = place(world, file);
        assert_eq!(begin(world, &late).await, BeginUpload::Closed);
    }
    world.store().forget_upload(&stored[0].place).await.unwrap();
    assert_eq!(abandoned(world).await, []);
}

async fn an_upload_that_takes_too_long_counts_for_nothing(world: &World<impl Adapter>) {
    let customer = world.exists(&individual()).await;
    let file = added(world, &customer).await;
    let slow = place(world, file.id);
    world.store().begin_upload(&slow).await.unwrap();
    world.adapter.advance(UPLOAD_DEADLINE + SOON).await;
    assert_eq!(finish(world, &slow).await, FinishUpload::TooLate);
    let quick = place(world, file.id);
    world.store().begin_upload(&quick).await.unwrap();
    assert_eq!(finish(world, &quick).await, FinishUpload::Finished);
}

async fn of_many_uploads_that_end_at_once_one_counts(world: &World<impl Adapter>) {
    let customer = world.exists(&individual()).await;
    let file = added(world, &customer).await;
    let places: Vec<_> = (0..UPLOADS_AT_ONCE)
        .map(|_| place(world, file.id))
        .collect();
    for place in &places {
        begun(world, place).await;
    }
    let outcomes = join_all(places.iter().map(|place| finish(world, place))).await;
    let count = |wanted| {
        outcomes
            .iter()
            .filter(|outcome| **outcome == wanted)
            .count()
    };
    assert_eq!(count(FinishUpload::Finished), 1, "{outcomes:?}");
    let others = usize::from(UPLOADS_AT_ONCE) - 1;
    assert_eq!(count(FinishUpload::AlreadyUploaded), others, "{outcomes:?}");
}

async fn what_was_begun_and_never_finished_is_abandoned(world: &World<impl Adapter>) {
    let customer = world.exists(&individual()).await;
    let mut begun = Vec::new();
    for _ in 0..3 {
        let file = added(world, &customer).await;
        let place = place(world, file.id);
        world.store().begin_upload(&place).await.unwrap();
        begun.push(place);
    }
    assert_eq!(abandoned(world).await, []);
    world.store().forget_upload(&begun[0]).await.unwrap();
    world.adapter.advance(UPLOAD_ABANDONED + SOON).await;
    let mut expected = begun.split_off(1);
    expected.sort_by_key(|place| place.object);
    assert_eq!(abandoned(world).await, expected);
    // One after the other, whether or not those before are still there.
    let store = world.store();
    let first = store.abandoned_uploads(None, 1).await;
    assert_eq!(first, Ok(vec![expected[0]]));
    let second = store.abandoned_uploads(Some(expected[0].object), 1).await;
    assert_eq!(second, Ok(vec![expected[1]]));
    let third = store.abandoned_uploads(Some(expected[1].object), 1).await;
    assert_eq!(third, Ok(Vec::new()));
}

async fn all_files_of_a_customer_have_one_key(world: &World<impl Adapter>) {
    let (one, other) = (
        world.exists(&individual()).await,
        world.exists(&individual()).await,
    );
    let mut keys = Vec::new();
    for customer in [&one, &one, &other] {
        let file = added(world, customer).await;
        keys.push(begun(world, &place(world, file.id)).await);
    }
    assert!(keys[0] == keys[1]);
    assert!(keys[1] != keys[2]);
}

async fn slots_hold_the_latest_file(world: &World<impl Adapter>) {
    let customer = world.exists(&individual()).await;
    let stored = async |category| {
        let made = stored_file(
            world.store(),
            &world.ids,
            world.tenant,
            customer.id,
            category,
        );
        made.await.slot
    };
    let first = stored(FileCategory::IdDocument).await;
    let second = stored(FileCategory::IdDocument).await;
    let address = stored(FileCategory::ProofOfAddress).await;
    let claim = unique_claim();
    let attach = async |slots: &[Slot], claim| {
        let attached = world
            .store()
            .attach(world.tenant, customer.id, slots, claim);
        attached.await.unwrap()
    };
    assert_eq!(
        attach(&[address, first], Some(&claim)).await,
        Some(vec![first, address])
    );
    assert_eq!(attach(&[second], None).await, Some(vec![second, address]));
    assert_eq!(attach(&[first], Some(&claim)).await, None);
    let found = basis(world, &by_id(&customer)).await.standing;
    let mut slots = found.slots;
    slots.sort_by_key(|slot| slot.category);
    assert_eq!(slots, [second, address]);
}

async fn a_slot_takes_only_what_is_the_customers_and_of_its_category(world: &World<impl Adapter>) {
    let (one, other) = (
        world.exists(&individual()).await,
        world.exists(&individual()).await,
    );
    let category = FileCategory::IdDocument;
    let file = stored_file(world.store(), &world.ids, world.tenant, one.id, category).await;
    // What the use case asks before it attaches.
    let files = async |customer: &CustomerSummary| {
        let wanted = [file.slot.file];
        let files = world.store().files_of(world.tenant, customer.id, &wanted);
        files.await.unwrap().len()
    };
    assert_eq!((files(&one).await, files(&other).await), (1, 0));
}

async fn nobody_sees_what_is_anothers(world: &World<impl Adapter>) {
    let customer = world.exists(&individual()).await;
    let file = added(world, &customer).await;
    let stranger = world.new_tenant(Env::Test).await;
    let live = Tenant {
        env: Env::Live,
        ..world.tenant
    };
    for tenant in [stranger, live] {
        let handle = by_id(&customer);
        let basis = world.store().kyc_basis(tenant, &handle, None).await;
        assert_eq!(basis, Ok(None));
        assert_eq!(found(world, tenant, &customer, file.id).await, None);
        let place = DocumentPlace {
            tenant,
            ..place(world, file.id)
        };
        assert_eq!(begin(world, &place).await, BeginUpload::Unknown);
        let content = content(&place);
        let finished = world.store().finish_upload(tenant, file.id, &content);
        assert_eq!(finished.await, Ok(FinishUpload::Unknown));
    }
}
