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
    answer::Answer,
    client::{Call, Deadline},
    failure, money_wire,
};

const ACCOUNTS: &str = "virtual-bank-account";

/// A customer that the rail does not have: the nil UUID of RFC 9562, section 5.9.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// How a list of accounts is asked for.
struct AccountQuery<'a> {
    wallet: &'a str,
    deadline: Deadline,
    urgency: Urgency,
}

impl HttpRail {
    /// The list of a customer's accounts over a wallet.
    async fn accounts_of(
        &self,
        customer: &str,
        query: &AccountQuery<'_>,
    ) -> Result<Answer, RailFailure> {
        let call = Call {
            operation: "find_account",
            method: Method::GET,
            path: &[ACCOUNTS],
            query: &[("wallet_id", query.wallet), ("customer_id", customer)],
            body: None,
        };
        self.client
            .repeatedly(&call, query.deadline, query.urgency)
            .await
    }

    /// Whether the list of somebody who has no accounts leaves this one out. Then the rail lists by customer, and the list
    /// in which the account stood is that of its customer.
    async fn leaves_out(
        &self,
        account: &RailAccountId,
        query: &AccountQuery<'_>,
    ) -> Result<bool, RailFailure> {
        let answer = self.accounts_of(NOBODY, query).await?;
        match answer.status {
            status if status.is_success() => money_wire::shows(&answer, account)
                .map(|is_shown| !is_shown)
                .ok_or_else(failure::unreadable),
            // Nobody has no list: that, too, is an answer by customer.
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY
                if answer.body.is_some() =>
            {
                Ok(true)
            }
            _ => Err(failure::of_status(&answer)),
        }
    }
}

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
        let query = AccountQuery {
            wallet: &wallet,
            deadline,
            urgency,
        };
        let answer = self.accounts_of(customer.expose(), &query).await?;
        if !answer.status.is_success() {
            return Err(failure::of_status(&answer));
        }
        let open = money_wire::open_accounts(&answer, customer, &wallet);
        let mut open = open.ok_or_else(failure::unreadable)?.into_iter();
        let Some(listed) = open.next() else {
            return Ok(None);
        };
        if open.next().is_some() {
            return Err(failure::unclear("several accounts fit"));
        }
        if !listed.is_named && !self.leaves_out(&listed.account.id, &query).await? {
            return Err(failure::unclear(
                "a list that does not say whose accounts it holds",
            ));
        }
        Ok(Some(listed.account))
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
