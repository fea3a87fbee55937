//! Which path leads where.

use actix_web::web::{ServiceConfig, delete, get, post, put, resource};

use crate::{
    controls, customer_routes as customers,
    kyc::{document_routes as documents, file_routes as files, verification_routes as reviews},
    money::{account_routes as accounts, payout_routes as payouts, wallet_routes as wallets},
    records_controls as records, token_route,
    webhook::registration_routes as webhooks,
};

/// Everything that the sandbox serves.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config.service(resource("/oauth/token").route(post().to(token_route::token)));
    config.configure(of_customers);
    config.configure(of_money);
    config.configure(of_webhooks);
    config.configure(of_controls);
}

fn of_customers(config: &mut ServiceConfig) {
    let customer = |rest: &str| resource(format!("{}/{{id}}{rest}", customers::PATH));
    config
        .service(
            resource(customers::PATH)
                .route(post().to(customers::create))
                .route(get().to(customers::list)),
        )
        .service(
            customer("")
                .route(get().to(customers::get))
                .route(put().to(customers::update)),
        )
        .service(customer("/kyc-data").route(post().to(reviews::add_kyc_data)))
        .service(customer("/files").route(post().to(reviews::attach)))
        .service(customer("/submit").route(post().to(reviews::submit)))
        .service(customer("/document/presigned-url").route(post().to(documents::presign)))
        .service(
            customer("/document")
                .route(post().to(documents::create))
                .route(get().to(documents::list)),
        )
        .service(
            customer("/document/{document}")
                .route(get().to(documents::get))
                .route(put().to(documents::update))
                .route(delete().to(documents::delete)),
        )
        .service(resource("/api/external/file/get-presigned-url").route(post().to(files::presign)))
        .service(resource("/upload/{id}").route(put().to(files::upload)));
}

fn of_money(config: &mut ServiceConfig) {
    config
        .service(resource("/api/external/wallet").route(get().to(wallets::list)))
        .service(resource("/api/external/wallet/{id}").route(get().to(wallets::get)))
        .service(
            resource("/api/external/virtual-bank-account")
                .route(post().to(accounts::create))
                .route(get().to(accounts::list)),
        )
        .service(resource("/api/external/virtual-bank-account/{id}").route(get().to(accounts::get)))
        .service(
            resource("/api/external/virtual-bank-account/{id}/close")
                .route(post().to(accounts::close)),
        )
        .service(resource("/api/external/payout").route(post().to(payouts::create)))
        .service(resource("/api/external/fees/breakdown").route(post().to(payouts::fees)))
        .service(resource(payouts::TRANSACTIONS).route(post().to(payouts::list)))
        .service(
            resource(format!("{}/{{id}}", payouts::TRANSACTIONS)).route(get().to(payouts::get)),
        );
}

fn of_webhooks(config: &mut ServiceConfig) {
    config
        .service(
            resource("/api/external/webhook")
                .route(post().to(webhooks::register))
                .route(get().to(webhooks::get)),
        )
        .service(resource("/api/external/webhook/{id}").route(put().to(webhooks::update)))
        .service(resource("/api/external/webhook-replay").route(post().to(webhooks::replay)));
}

fn of_controls(config: &mut ServiceConfig) {
    let decide = |of: &str| resource(format!("/_sandbox/{of}/{{id}}/decide"));
    config
        .service(resource("/_sandbox/customers").route(get().to(controls::customers)))
        .service(decide("customers").route(post().to(controls::decide)))
        .service(
            resource("/_sandbox/faults")
                .route(get().to(controls::faults))
                .route(post().to(controls::add_fault))
                .route(delete().to(controls::clear_faults)),
        )
        .service(resource("/_sandbox/submissions").route(get().to(records::submissions)))
        .service(resource("/_sandbox/accounts").route(get().to(records::accounts)))
        .service(decide("accounts").route(post().to(records::decide_account)))
        .service(resource("/_sandbox/payouts").route(get().to(records::payouts)))
        .service(decide("payouts").route(post().to(records::decide_payout)))
        .service(resource("/_sandbox/deliveries").route(get().to(records::deliveries)))
        .service(resource("/_sandbox/deliveries/{id}/send").route(post().to(records::send)));
}
