//! Accounts and payouts: what is sent, and what is made of every answer.

use serde_json::{Value, json};
use vouch_domain::{
    id::PayoutId,
    money::MinorUnits,
    payout::{PayoutEnd, PayoutFailure, PayoutState, Recipient},
    ports::{
        PayoutRefusal, RailAccount, RailAccountId, RailAccounts, RailCustomerId, RailFailure,
        RailPayoutOrder, RailPayouts, SentPayout, Urgency,
    },
    values::{AccountDetail, FiatCurrency, InteracEmail, Name},
    virtual_account::{AccountDetails, AccountState},
};
use wiremock::{
    MockServer, ResponseTemplate,
    matchers::{body_string_contains, query_param},
};

use crate::harness::{answer, given, id, rail, unavailable, unclear};

const WALLETS: &str = "/api/external/wallet";
const ACCOUNTS: &str = "/api/external/virtual-bank-account";
const PAYOUTS: &str = "/api/external/payout";
const OURS: &str = "ckpo_01h455vb4pex5vsknk084sn02q";
const BACKGROUND: Urgency = Urgency::Background;

/// A rail with wallets in pounds, euros and Canadian dollars, which is asked for them so often.
async fn with_wallets(times: u64) -> MockServer {
    let server = MockServer::start().await;
    let rows = json!([
        {"id": "w-off", "currency": "GBP", "is_active": false},
        {"id": "w-gbp", "currency": "GBP", "is_active": true},
        {"id": "w-eur", "currency": "EUR"},
        {"id": "w-cad", "currency": "CAD", "amount": 10.5},
        {"id": "w-ngn", "currency": "NGN"},
    ]);
    given("GET", WALLETS)
        .respond_with(answer(200, &json!({"message": "m", "data": rows})))
        .expect(times)
        .mount(&server)
        .await;
    server
}

fn payout_id() -> PayoutId {
    PayoutId::parse(OURS).unwrap()
}

async fn send(server: &MockServer, minor: i64) -> Result<SentPayout, RailFailure> {
    let name = |text: &str| Name::restore(text.to_owned()).unwrap();
    let recipient = Recipient {
        interac_email: InteracEmail::parse("grace@example.com").unwrap(),
        first_name: name("Grace \"Amazing\""),
        last_name: name("Hopper"),
    };
    let customer = id("rail-1");
    let order = RailPayoutOrder {
        id: payout_id(),
        customer: &customer,
        currency: FiatCurrency::Cad,
        amount: MinorUnits::new(minor).unwrap(),
        recipient: &recipient,
    };
    rail(server).send_payout(&order, Urgency::Caller).await
}

fn taken(status: &str) -> ResponseTemplate {
    let transaction = json!({"id": "t-1", "merchant_reference": OURS, "status": status});
    answer(200, &json!({"message": "m", "transaction": transaction}))
}

#[tokio::test]
async fn a_payout_is_ordered_by_interac_and_to_the_cent() {
    for (minor, amount) in [
        (1, "0.01"),
        (29, "0.29"),
        (1_250, "12.50"),
        (999_999_999_999, "9999999999.99"),
    ] {
        let server = with_wallets(1).await;
        given("POST", PAYOUTS)
            .and(body_string_contains(format!("\"to_amount\":{amount},")))
            .respond_with(taken("PENDING"))
            .expect(1)
            .mount(&server)
            .await;
        let sent = send(&server, minor).await;
        assert_eq!(sent, Ok(SentPayout::Taken(PayoutState::Processing)));
        let requests = server.received_requests().await.unwrap();
        let body: Value = requests.last().unwrap().body_json().unwrap();
        for (field, expected) in [
            ("wallet_id", "w-cad"),
            ("customer_id", "rail-1"),
            ("method", "interac"),
            ("from_currency_id", "CAD"),
            ("to_currency_id", "CAD"),
            ("email", "grace@example.com"),
            ("interac_first_name", "Grace \"Amazing\""),
            ("interac_last_name", "Hopper"),
            ("merchant_reference", OURS),
        ] {
            assert_eq!(body[field], expected, "{field}");
        }
    }
}

#[tokio::test]
async fn what_the_rail_makes_of_an_order() {
    let because = |failure| Ok(SentPayout::Refused(PayoutRefusal::Because(failure)));
    let says = |status, body: Value| answer(status, &body);
    let message = |text: &str| json!({ "message": text });
    let errors = |field: &str, text: &str| json!({"message": "m", "errors": {field: [text]}});
    let not_delivered = PayoutEnd::Failed(PayoutFailure::NotDelivered);
    for (response, expected) in [
        (
            taken("successful"),
            Ok(SentPayout::Taken(PayoutState::Ended(PayoutEnd::Paid))),
        ),
        (
            taken("FAILED"),
            Ok(SentPayout::Taken(PayoutState::Ended(not_delivered))),
        ),
        (taken("LOST"), Err(unclear("unreadable answer"))),
        (
            says(
                200,
                json!({"transaction": {"merchant_reference": "other", "status": "PENDING"}}),
            ),
            Err(unclear("unreadable answer")),
        ),
        (says(200, json!({})), Err(unclear("unreadable answer"))),
        (
            says(400, message("Insufficient funds.")),
            because(PayoutFailure::InsufficientFunds),
        ),
        (
            says(400, message("The customer is not verified.")),
            because(PayoutFailure::CustomerNotEligible),
        ),
        (
            says(400, message("Enhanced due diligence is required.")),
            because(PayoutFailure::CustomerNotEligible),
        ),
        (
            says(400, message("The amount must be greater than the fees.")),
            because(PayoutFailure::AmountRefused),
        ),
        (says(400, message("No.")), because(PayoutFailure::Refused)),
        (
            says(422, errors("email", "The email is invalid.")),
            because(PayoutFailure::RecipientRefused),
        ),
        (
            says(422, errors("to_amount", "Too much.")),
            because(PayoutFailure::AmountRefused),
        ),
        (
            says(
                422,
                errors("customer_id", "The selected customer id is invalid."),
            ),
            because(PayoutFailure::CustomerNotEligible),
        ),
        (
            says(
                422,
                errors(
                    "merchant_reference",
                    "The merchant reference has already been taken.",
                ),
            ),
            Ok(SentPayout::Refused(PayoutRefusal::IdUsed)),
        ),
        (
            says(
                422,
                errors("wallet_id", "The selected wallet id is invalid."),
            ),
            Err(unavailable("unknown wallet")),
        ),
        (
            ResponseTemplate::new(422).set_body_string("<html>"),
            Err(unclear("status 422, unreadable")),
        ),
        (
            says(500, message("Server Error")),
            Err(unavailable("status 500")),
        ),
        (says(503, message("Busy")), Err(unclear("status 503"))),
        (says(401, message("Who?")), Err(RailFailure::Unauthorised)),
    ] {
        let server = with_wallets(1).await;
        given("POST", PAYOUTS)
            .respond_with(response)
            .mount(&server)
            .await;
        assert_eq!(send(&server, 1_250).await, expected);
    }
}

#[tokio::test]
async fn nothing_is_ordered_without_a_wallet() {
    let message = json!({"message": "m"});
    for (wallets, cause) in [
        (answer(503, &message), "status 503"),
        (
            answer(200, &json!({"data": []})),
            "no wallet in this currency",
        ),
        (answer(200, &json!({"data": "none"})), "unreadable answer"),
    ] {
        let server = MockServer::start().await;
        given("GET", WALLETS)
            .respond_with(wallets)
            .mount(&server)
            .await;
        given("POST", PAYOUTS)
            .respond_with(taken("PENDING"))
            .expect(0)
            .mount(&server)
            .await;
        assert_eq!(send(&server, 1).await, Err(unavailable(cause)));
    }
}

#[tokio::test]
async fn a_payout_is_looked_up_by_our_id() {
    let at = format!("/api/external/transaction/{OURS}");
    let transaction =
        |status: &str| json!({"data": {"merchant_reference": OURS, "status": status}});
    for (response, expected) in [
        (
            answer(200, &transaction("PENDING")),
            Ok(Some(PayoutState::Processing)),
        ),
        (
            answer(200, &transaction("SUCCESSFUL")),
            Ok(Some(PayoutState::Ended(PayoutEnd::Paid))),
        ),
        (answer(404, &json!({"message": "m"})), Ok(None)),
        (
            ResponseTemplate::new(404).set_body_string("<html>"),
            Err(unclear("status 404, unreadable")),
        ),
        (
            answer(
                200,
                &json!({"data": {"merchant_reference": "other", "status": "PENDING"}}),
            ),
            Err(unclear("unreadable answer")),
        ),
    ] {
        let server = MockServer::start().await;
        given("GET", &at)
            .respond_with(response)
            .mount(&server)
            .await;
        let found = rail(&server).payout(payout_id(), BACKGROUND).await;
        assert_eq!(found, expected);
    }
}

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
        let server = MockServer::start().await;
        given("GET", "/api/external/virtual-bank-account/va-1")
            .respond_with(answer(200, &json!({ "data": data })))
            .mount(&server)
            .await;
        let id = RailAccountId::parse("va-1").unwrap();
        let read = rail(&server).account(&id, BACKGROUND).await;
        assert_eq!(read, Ok(Some(rail_account(expected))));
    }
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

#[tokio::test]
async fn the_open_account_of_a_list_is_found_and_nobody_elses() {
    let with = |changes: Value| {
        let mut row = account("GBP", "PENDING");
        for (name, value) in changes.as_object().unwrap() {
            row[name] = value.clone();
        }
        row
    };
    let failed = with(json!({"id": "va-0", "status": "FAILED"}));
    let strange = with(json!({"id": "va-2", "customer_id": "rail-2"}));
    let other = with(json!({"id": "va-3", "business_wallet_id": "w-eur"}));
    let unreadable = with(json!({"status": "?"}));
    let found = || Ok(Some(rail_account(AccountState::Provisioning)));
    for (data, expected) in [
        (json!([]), Ok(None)),
        (Value::Null, Ok(None)),
        (json!([failed, strange, other]), Ok(None)),
        (json!([failed, account("GBP", "PENDING"), strange]), found()),
        (account("GBP", "PENDING"), found()),
        (json!([unreadable]), Err(unclear("unreadable answer"))),
    ] {
        let server = with_wallets(1).await;
        given("GET", ACCOUNTS)
            .and(query_param("wallet_id", "w-gbp"))
            .and(query_param("customer_id", "rail-1"))
            .respond_with(answer(200, &json!({ "data": data })))
            .mount(&server)
            .await;
        let customer: RailCustomerId = id("rail-1");
        let looked = rail(&server)
            .find_open_account(&customer, FiatCurrency::Gbp, BACKGROUND)
            .await;
        assert_eq!(looked, expected);
    }
}
