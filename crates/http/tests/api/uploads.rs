//! Who is let in by an upload URL.

use actix_web::test::TestRequest;
use chrono::{DateTime, Duration, Utc};
use uuid::Builder;
use vouch_domain::{
    id::FileId,
    ports::Clock,
    tenant::{Env, Tenant},
};

use crate::support::{Answer, TENANT, World, digests};

/// A file that was asked for at this time.
fn file_of(time: DateTime<Utc>) -> FileId {
    let millis = u64::try_from(time.timestamp_millis()).unwrap();
    let uuid = Builder::from_unix_timestamp_millis(millis, &[7; 10]).into_uuid();
    FileId::from_uuid(uuid).unwrap()
}

fn url(tenant: Tenant, file: FileId, signature: &[u8]) -> String {
    let signature: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    let (organisation, env) = (tenant.organisation, tenant.env.as_str());
    format!("/uploads/{file}?organisation={organisation}&env={env}&signature={signature}")
}

async fn put(world: &World, url: &str) -> Answer {
    let request = TestRequest::put().uri(url).set_payload("%PDF-1.7");
    world.send(request).await
}

#[actix_web::test]
async fn a_url_is_good_for_fifteen_minutes() {
    let world = World::new();
    let now = world.ports.now();
    for (age, status, code) in [
        (0, 404, "file_not_found"),
        (899, 404, "file_not_found"),
        (900, 403, "permission_denied"),
        (86_400, 403, "permission_denied"),
    ] {
        let file = file_of(now - Duration::seconds(age));
        let signature = digests().upload_signature(TENANT(), file);
        let answer = put(&world, &url(TENANT(), file, &signature)).await;
        answer.expect_error(status, code, None);
        let reason = &answer.json()["error"]["detail"]["reason"];
        assert_eq!(reason == "expired", status == 403, "{age}");
    }
}

#[actix_web::test]
async fn a_signature_is_for_one_file_of_one_tenant() {
    let world = World::new();
    let file = file_of(world.ports.now());
    let other = Tenant {
        env: Env::Live,
        ..TENANT()
    };
    let signature = digests().upload_signature(other, file);
    let answer = put(&world, &url(TENANT(), file, &signature)).await;
    answer.expect_error(403, "permission_denied", None);
    for signature in [&[][..], &[0; 31], &[0; 32], &[0; 33]] {
        let answer = put(&world, &url(TENANT(), file, signature)).await;
        answer.expect_error(403, "permission_denied", None);
    }
}
