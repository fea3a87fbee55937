//! Payouts: what is sent, and what is made of every answer.

use serde_json::{Value, json};
use vouch_domain::{
    id::PayoutId,
    money::MinorUnits,
    payout::{PayoutEnd, PayoutFailure, PayoutState, Recipient},
    ports::{
        PayoutRefusal, RailAccounts, RailFailure, RailPayoutOrder, RailPayouts, SentPayout, Urgency,
    },
    values::{FiatCurrency, InteracEmail, Name},
};
use wiremock::{MockServer, ResponseTemplate, matchers::body_string_contains};

use crate::{
    accounts::ACCOUNTS,
    harness::{answer, given, id, rail, unavailable, unclear},
};

const WALLETS: &str = "/api/external/wallet";
const PAYOUTS: &str = "/api/external/payout";
const OURS: &str = "ckpo_01h455vb4pex5vsknk084sn02q";
const BACKGROUND: Urgency = Urgency::Background;

/// A rail with wallets in pounds, euros and Canadian dollars, which is asked for them so often.
pub(crate) async fn with_wallets(times: u64) -> MockServer {
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
        // No judgement of what is to be ordered.
        (answer(400, &message), "status 400"),
        (answer(422, &message), "status 422"),
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
        for orders in [PAYOUTS, ACCOUNTS] {
            given("POST", orders)
                .respond_with(taken("PENDING"))
                .expect(0)
                .mount(&server)
                .await;
        }
        assert_eq!(send(&server, 1).await, Err(unavailable(cause)));
        let opened = rail(&server)
            .open_account(&id("rail-1"), FiatCurrency::Gbp, BACKGROUND)
            .await;
        assert_eq!(opened, Err(unavailable(cause)));
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
