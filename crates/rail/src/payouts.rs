//! The port of payouts.

use async_trait::async_trait;
use reqwest::{Method, StatusCode};
use vouch_domain::{
    id::PayoutId,
    payout::PayoutState,
    ports::{RailFailure, RailPayoutOrder, RailPayouts, SentPayout, Urgency},
};

use crate::{
    adapter::HttpRail,
    client::{Call, Deadline},
    failure, money_wire,
};

#[async_trait]
impl RailPayouts for HttpRail {
    async fn send_payout(
        &self,
        order: &RailPayoutOrder<'_>,
        urgency: Urgency,
    ) -> Result<SentPayout, RailFailure> {
        let deadline = Deadline::after(self.look_up_timeout);
        let wallet = self
            .wallets
            .for_order(&self.client, order.currency, deadline, urgency)
            .await?;
        let body = money_wire::new_payout(order, &wallet)
            .ok_or_else(|| failure::unavailable("the request could not be made"))?;
        let call = Call {
            operation: "send_payout",
            method: Method::POST,
            path: &["payout"],
            query: &[],
            body: None,
        };
        let deadline = Deadline::after(self.create_timeout);
        let answer = self
            .client
            .once_with(&call, &body, deadline, urgency)
            .await?;
        match answer.status {
            status if status.is_success() => money_wire::payout(&answer, order.id)
                .map(SentPayout::Taken)
                .ok_or_else(failure::unreadable),
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY
                if money_wire::complains_of_wallet(&answer) =>
            {
                Err(self.wallets.unknown())
            }
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                let refusal = money_wire::refusal(&answer);
                let refusal = refusal.ok_or_else(|| failure::of_status(&answer))?;
                Ok(SentPayout::Refused(refusal))
            }
            _ => Err(failure::of_status(&answer)),
        }
    }

    async fn payout(
        &self,
        id: PayoutId,
        urgency: Urgency,
    ) -> Result<Option<PayoutState>, RailFailure> {
        let call = Call {
            operation: "payout",
            method: Method::GET,
            path: &["transaction", &id.to_string()],
            query: &[],
            body: None,
        };
        let deadline = Deadline::after(self.look_up_timeout);
        let answer = self.client.repeatedly(&call, deadline, urgency).await?;
        match answer.status {
            status if status.is_success() => money_wire::payout(&answer, id)
                .map(Some)
                .ok_or_else(failure::unreadable),
            // Only the rail knows that it has no such payout; a page that was not found is not the rail's.
            StatusCode::NOT_FOUND if answer.body.is_some() => Ok(None),
            _ => Err(failure::of_status(&answer)),
        }
    }
}
