//! The port itself.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use reqwest::{Method, StatusCode};
use vouch_domain::{
    customer::NewCustomer,
    ports::{
        Rail, RailContactChange, RailCustomer, RailCustomerId, RailFailure, RailPage, Urgency,
    },
};

use crate::{
    breaker::Circuit,
    client::{Call, Deadline, RailClient},
    failure, look_up,
    settings::{RailSettings, RailSetupError},
    wallets::Wallets,
    wire,
};

/// The rail of one env, behind its HTTP interface.
pub struct HttpRail {
    pub(crate) client: RailClient,
    pub(crate) look_up_timeout: Duration,
    pub(crate) create_timeout: Duration,
    pub(crate) wallets: Wallets,
}

impl HttpRail {
    /// Makes the adapter; nothing is sent yet.
    ///
    /// # Errors
    /// See [`RailSetupError`].
    pub fn new(settings: RailSettings) -> Result<Self, RailSetupError> {
        Ok(Self {
            look_up_timeout: settings.look_up_timeout,
            create_timeout: settings.create_timeout,
            client: RailClient::new(settings)?,
            wallets: Wallets::default(),
        })
    }

    /// Whether calls are let through. While they are not, each fails at once as
    /// [`Unavailable`](RailFailure::Unavailable), says when to try again, and sends nothing.
    #[must_use]
    pub fn circuit(&self) -> Circuit {
        self.client.circuit()
    }
}

impl fmt::Debug for HttpRail {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("HttpRail(…)")
    }
}

#[async_trait]
impl Rail for HttpRail {
    async fn create_customer(
        &self,
        customer: &NewCustomer,
        urgency: Urgency,
    ) -> Result<RailCustomerId, RailFailure> {
        let call = Call {
            operation: "create_customer",
            method: Method::POST,
            path: &["customer"],
            query: &[],
            body: Some(wire::new_customer(customer)),
        };
        let deadline = Deadline::after(self.create_timeout);
        let answer = self.client.once(&call, deadline, urgency).await?;
        if !answer.status.is_success() {
            return Err(failure::of_judgement(&answer));
        }
        wire::customer_id(&answer).ok_or_else(failure::unreadable)
    }

    async fn find_customers(
        &self,
        customer: &NewCustomer,
        urgency: Urgency,
    ) -> Result<Vec<RailCustomer>, RailFailure> {
        let deadline = Deadline::after(self.look_up_timeout);
        look_up::find(&self.client, customer, deadline, urgency).await
    }

    async fn customer(
        &self,
        id: &RailCustomerId,
        urgency: Urgency,
    ) -> Result<Option<RailCustomer>, RailFailure> {
        let deadline = Deadline::after(self.look_up_timeout);
        look_up::get(&self.client, id, deadline, urgency).await
    }

    async fn customers_page(&self, page: u32, urgency: Urgency) -> Result<RailPage, RailFailure> {
        let call = Call {
            operation: "customers_page",
            method: Method::GET,
            path: &["customer"],
            query: &[("paginate", "true"), ("page", &page.to_string())],
            body: None,
        };
        let deadline = Deadline::after(self.look_up_timeout);
        let answer = self.client.repeatedly(&call, deadline, urgency).await?;
        if !answer.status.is_success() {
            return Err(failure::of_status(&answer));
        }
        wire::page(&answer).ok_or_else(failure::unreadable)
    }

    async fn update_customer(
        &self,
        id: &RailCustomerId,
        change: RailContactChange<'_>,
        urgency: Urgency,
    ) -> Result<(), RailFailure> {
        let call = Call {
            operation: "update_customer",
            method: Method::PUT,
            path: &["customer", id.expose()],
            query: &[],
            body: Some(wire::contact_change(change)),
        };
        let deadline = Deadline::after(self.look_up_timeout);
        let answer = self.client.repeatedly(&call, deadline, urgency).await?;
        match answer.status {
            status if status.is_success() && answer.body.is_some() => Ok(()),
            status if status.is_success() => Err(failure::unreadable()),
            // No word on the data: perhaps we asked with another account's credentials. The change must not be lost.
            StatusCode::NOT_FOUND if answer.body.is_some() => {
                Err(failure::unavailable("unknown customer"))
            }
            _ => Err(failure::of_judgement(&answer)),
        }
    }
}
