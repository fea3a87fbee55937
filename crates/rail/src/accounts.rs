//! The port of accounts.

use async_trait::async_trait;
use reqwest::{Method, StatusCode};
use serde_json::json;
use vouch_domain::{
    ports::{RailAccount, RailAccountId, RailAccounts, RailCustomerId, RailFailure, Urgency},
    values::FiatCurrency,
};

use crate::{
    adapter::HttpRail,
    client::{Call, Deadline},
    failure, money_wire,
};

const ACCOUNTS: &str = "virtual-bank-account";

#[async_trait]
impl RailAccounts for HttpRail {
    async fn open_account(
        &self,
        customer: &RailCustomerId,
        currency: FiatCurrency,
        urgency: Urgency,
    ) -> Result<RailAccount, RailFailure> {
        let deadline = Deadline::after(self.look_up_timeout);
        let wallet = self
            .wallets
            .for_order(&self.client, currency, deadline, urgency)
            .await?;
        let call = Call {
            operation: "open_account",
            method: Method::POST,
            path: &[ACCOUNTS],
            query: &[],
            body: Some(json!({ "wallet_id": wallet, "customer_id": customer.expose() })),
        };
        let deadline = Deadline::after(self.create_timeout);
        let answer = self.client.once(&call, deadline, urgency).await?;
        if !answer.status.is_success() {
            return Err(match money_wire::complains_of_wallet(&answer) {
                true => self.wallets.unknown(),
                false => failure::of_judgement(&answer),
            });
        }
        money_wire::account(&answer).ok_or_else(failure::unreadable)
    }

    async fn find_open_account(
        &self,
        customer: &RailCustomerId,
        currency: FiatCurrency,
        urgency: Urgency,
    ) -> Result<Option<RailAccount>, RailFailure> {
        let deadline = Deadline::after(self.look_up_timeout);
        let wallet = self
            .wallets
            .of(&self.client, currency, deadline, urgency)
            .await?;
        let call = Call {
            operation: "find_account",
            method: Method::GET,
            path: &[ACCOUNTS],
            query: &[("wallet_id", &wallet), ("customer_id", customer.expose())],
            body: None,
        };
        let answer = self.client.repeatedly(&call, deadline, urgency).await?;
        if !answer.status.is_success() {
            return Err(failure::of_status(&answer));
        }
        money_wire::open_account(&answer, customer, &wallet).ok_or_else(failure::unreadable)
    }

    async fn account(
        &self,
        id: &RailAccountId,
        urgency: Urgency,
    ) -> Result<Option<RailAccount>, RailFailure> {
        let call = Call {
            operation: "account",
            method: Method::GET,
            path: &[ACCOUNTS, id.expose()],
            query: &[],
            body: None,
        };
        let deadline = Deadline::after(self.look_up_timeout);
        let answer = self.client.repeatedly(&call, deadline, urgency).await?;
        match answer.status {
            status if status.is_success() => money_wire::account(&answer)
                .filter(|account| account.id == *id)
                .map(Some)
                .ok_or_else(failure::unreadable),
            // Only the rail knows that it has no such account; a page that was not found is not the rail's.
            StatusCode::NOT_FOUND if answer.body.is_some() => Ok(None),
            _ => Err(failure::of_status(&answer)),
        }
    }
}
