//! Accounts: what is ordered, and what is made of every answer.

use serde_json::{Value, json};
use vouch_domain::{
    ports::{RailAccount, RailAccountId, RailAccounts, RailCustomerId, RailFailure, Urgency},
    values::{AccountDetail, FiatCurrency},
    virtual_account::{AccountDetails, AccountState},
};
use wiremock::{MockServer, ResponseTemplate, matchers::query_param};

use crate::{
    harness::{answer, given, id, rail, unavailable, unclear},
    money::with_wallets,
};

pub(crate) const ACCOUNTS: &str = "/api/external/virtual-bank-account";
const BACKGROUND: Urgency = Urgency::Background;

fn account(currency: &str, status: &str) -> Value {
    json!({
        "id": "va-1", "customer_id": "rail-1", "business_wallet_id": "w-gbp", "currency": currency,
        "status": status, "account_number": "12345678", "account_name": " Ada Obi ", "bank_name": "Bank",
        "bank_code": "BICXGB21", "iban": "GB00BICX", "sort_code": null, "routing_number": "021",
    })
}

fn rail_account(state: AccountState) -> RailAccount {
    RailAccount {
        id: RailAccountId::parse("va-1").unwrap(),
        state,
    }
}

fn details(number: &str) -> AccountDetails {
    let detail = |text: &str| AccountDetail::parse(text).ok();
    AccountDetails {
        account_number: detail(number),
        account_name: detail("Ada Obi"),
        bank_name: detail("Bank"),
        bank_code: detail("021"),
    }
}

/// What is read of the account `va-1`.
async fn read(data: &Value) -> Result<Option<RailAccount>, RailFailure> {
    let server = MockServer::start().await;
    given("GET", "/api/external/virtual-bank-account/va-1")
        .respond_with(answer(200, &json!({ "data": data })))
        .mount(&server)
        .await;
    let id = RailAccountId::parse("va-1").unwrap();
    rail(&server).account(&id, BACKGROUND).await
}

#[tokio::test]
async fn an_account_is_read_in_every_shape_and_status() {
    let active = |number| AccountState::Active(details(number));
    for (data, expected) in [
        (account("GBP", "PENDING"), AccountState::Provisioning),
        (account("GBP", "SUCCESSFUL"), active("12345678")),
        (account("EUR", "successful"), active("GB00BICX")),
        (account("GBP", "REJECTED"), AccountState::Failed),
        (account("GBP", "FAILED"), AccountState::Failed),
        (account("GBP", "CLOSED"), AccountState::Closed),
        (
            json!([account("GBP", "PENDING")]),
            AccountState::Provisioning,
        ),
        (
            json!({"data": account("GBP", "PENDING")}),
            AccountState::Provisioning,
        ),
    ] {
        let read = read(&data).await;
        assert_eq!(read, Ok(Some(rail_account(expected))));
    }
    let two = json!([account("GBP", "PENDING"), account("GBP", "PENDING")]);
    assert_eq!(read(&two).await, Err(unclear("unreadable answer")));
}

#[tokio::test]
async fn an_account_is_ordered_over_the_wallet_of_its_currency() {
    // Again for the wallet that there is not.
    let server = with_wallets(2).await;
    given("POST", ACCOUNTS)
        .respond_with(answer(201, &json!({"data": account("GBP", "PENDING")})))
        .expect(2)
        .mount(&server)
        .await;
    let rail = rail(&server);
    let customer = id("rail-1");
    for _ in 0..2 {
        let opened = rail
            .open_account(&customer, FiatCurrency::Gbp, BACKGROUND)
            .await;
        assert_eq!(opened, Ok(rail_account(AccountState::Provisioning)));
    }
    let requests = server.received_requests().await.unwrap();
    let body: Value = requests.last().unwrap().body_json().unwrap();
    assert_eq!(body, json!({"wallet_id": "w-gbp", "customer_id": "rail-1"}));
    // One that the rail has no wallet for.
    let refused = rail
        .open_account(&customer, FiatCurrency::Usd, BACKGROUND)
        .await;
    assert_eq!(refused, Err(unavailable("no wallet in this currency")));
}

#[tokio::test]
async fn a_wallet_that_the_rail_does_not_know_is_asked_for_again() {
    let server = with_wallets(2).await;
    let complaint = json!({"message": "m", "errors": {"wallet_id": ["Unknown."]}});
    given("POST", ACCOUNTS)
        .respond_with(answer(422, &complaint))
        .expect(2)
        .mount(&server)
        .await;
    let rail = rail(&server);
    for _ in 0..2 {
        let refused = rail
            .open_account(&id("rail-1"), FiatCurrency::Gbp, BACKGROUND)
            .await;
        assert_eq!(refused, Err(unavailable("unknown wallet")));
    }
}

/// A row like [`account`], with these changes; a `null` leaves a field out.
fn row(changes: &Value) -> Value {
    let mut row = account("GBP", "PENDING");
    let fields = row.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        fields.insert(name.clone(), value.clone());
    }
    fields.retain(|_, value| !value.is_null());
    row
}

/// What is found in the list of the customer `rail-1`, where that of nobody is this.
async fn found(
    listed: &Value,
    of_nobody: ResponseTemplate,
) -> Result<Option<RailAccount>, RailFailure> {
    let server = with_wallets(1).await;
    for (customer, response) in [
        ("rail-1", answer(200, &json!({ "data": listed }))),
        ("00000000-0000-0000-0000-000000000000", of_nobody),
    ] {
        given("GET", ACCOUNTS)
            .and(query_param("wallet_id", "w-gbp"))
            .and(query_param("customer_id", customer))
            .respond_with(response)
            .mount(&server)
            .await;
    }
    let customer: RailCustomerId = id("rail-1");
    rail(&server)
        .find_open_account(&customer, FiatCurrency::Gbp, BACKGROUND)
        .await
}

#[tokio::test]
async fn the_open_account_of_a_list_is_found_and_nobody_elses() {
    let ours = || row(&json!({}));
    let failed = row(&json!({"id": "va-0", "status": "FAILED"}));
    let strange = row(&json!({"id": "va-2", "customer_id": "rail-2"}));
    let other = row(&json!({"id": "va-3", "business_wallet_id": "w-eur"}));
    let older = row(&json!({"business_wallet_id": null, "wallet_id": "w-gbp"}));
    let unreadable = row(&json!({"status": "?"}));
    let walletless = row(&json!({"business_wallet_id": null}));
    let second = row(&json!({"id": "va-4"}));
    let it = || Ok(Some(rail_account(AccountState::Provisioning)));
    for (listed, expected) in [
        (json!([]), Ok(None)),
        (Value::Null, Ok(None)),
        (json!([failed, strange, other]), Ok(None)),
        (json!([failed, ours(), strange]), it()),
        (ours(), it()),
        (json!([older]), it()),
        (json!([unreadable]), Err(unclear("unreadable answer"))),
        (json!([walletless]), Err(unclear("unreadable answer"))),
        (
            json!([ours(), second]),
            Err(unclear("several accounts fit")),
        ),
    ] {
        // A row that names its customer needs no further proof.
        let found = found(&listed, ResponseTemplate::new(500)).await;
        assert_eq!(found, expected, "{listed}");
    }
}

#[tokio::test]
async fn a_row_that_names_nobody_is_the_customers_only_where_the_rail_lists_by_customer() {
    let nameless = |id: &str| row(&json!({"id": id, "customer_id": null}));
    let of_nobody = |rows: Value| answer(200, &json!({ "data": rows }));
    let message = json!({"message": "m"});
    let it = || Ok(Some(rail_account(AccountState::Provisioning)));
    let unproven = || Err(unclear("a list that does not say whose accounts it holds"));
    for (response, expected) in [
        (of_nobody(json!([])), it()),
        (of_nobody(Value::Null), it()),
        (of_nobody(json!([nameless("va-9")])), it()),
        (answer(404, &message), it()),
        (answer(422, &message), it()),
        (
            of_nobody(json!([nameless("va-9"), nameless("va-1")])),
            unproven(),
        ),
        (of_nobody(nameless("va-1")), unproven()),
        (of_nobody(json!("none")), Err(unclear("unreadable answer"))),
        (
            ResponseTemplate::new(404).set_body_string("<html>"),
            Err(unclear("status 404, unreadable")),
        ),
        (answer(500, &message), Err(unavailable("status 500"))),
    ] {
        let found = found(&json!([nameless("va-1")]), response).await;
        assert_eq!(found, expected);
    }
    // One of ours and one of who knows whom are not told apart.
    let listed = json!([row(&json!({})), nameless("va-2")]);
    let found = found(&listed, of_nobody(json!([]))).await;
    assert_eq!(found, Err(unclear("several accounts fit")));
}
