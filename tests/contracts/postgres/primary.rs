//! What the database itself guarantees of primary customers, whoever writes to it.

use vouch_testkit::{TestDatabase, individual};

use crate::harness::World;

/// Statements that nobody may carry out.
const FORBIDDEN: [&str; 8] = [
    "UPDATE customers SET status = 'closed' WHERE is_primary",
    "UPDATE customers SET is_primary = false WHERE is_primary",
    "UPDATE customers SET env = 'live' WHERE is_primary AND env = 'test'",
    "DELETE FROM customers WHERE is_primary",
    "DELETE FROM organisations",
    "INSERT INTO customers (organisation_id, env, id, provisioning, status, version, event_count, customer_type, is_primary)
     SELECT organisation_id, env, gen_random_uuid(), provisioning, status, version, event_count, customer_type, true
     FROM customers WHERE is_primary",
    "UPDATE customers SET is_primary = true, provisioning = 'none', customer_type = 'business', reference = NULL,
            display_name = NULL, search_text = NULL, data_key = NULL, personal_data = NULL, country = NULL, id_type = NULL,
            identity_hashes = NULL, rail_customer_id = NULL
     WHERE NOT is_primary",
    "UPDATE customers SET provisioning = 'none', rail_customer_id = NULL WHERE NOT is_primary",
];

#[tokio::test]
async fn a_primary_customer_cannot_be_removed_replaced_or_closed() {
    let world = World::<TestDatabase>::new().await;
    world.exists(&individual()).await;
    let client = world.adapter.client().await;
    let state = async || {
        let sql = "SELECT string_agg(c::text, ',' ORDER BY c.id) FROM customers c";
        let row = client.query_one(sql, &[]).await.unwrap();
        row.get::<_, String>(0)
    };
    let before = state().await;
    for sql in FORBIDDEN {
        let outcome = client.execute(sql, &[]).await;
        assert!(outcome.is_err(), "{sql}");
        assert_eq!(state().await, before, "{sql}");
    }
}

#[tokio::test]
async fn an_organisation_made_by_hand_has_its_primary_customers() {
    let world = World::<TestDatabase>::new().await;
    let client = world.adapter.client().await;
    let organisation = "01890a5d-ac96-774b-bcce-b302099a8057";
    client
        .batch_execute(&format!(
            "INSERT INTO organisations VALUES ('{organisation}', 'By hand', 'hand@example.com', false, true)"
        ))
        .await
        .unwrap();
    let sql = format!(
        "SELECT env, id::text FROM customers WHERE organisation_id = '{organisation}' AND is_primary ORDER BY env"
    );
    let rows = client.query(&sql, &[]).await.unwrap();
    let found: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let envs: Vec<_> = found.iter().map(|(env, _)| env.as_str()).collect();
    assert_eq!(envs, ["live", "test"]);
    assert_ne!(found[0].1, found[1].1);
    for (_, id) in &found {
        assert!(id.starts_with("01890a5d-ac96-7"), "{id}");
        assert!("89ab".contains(&id[19..20]), "{id}");
    }
}
