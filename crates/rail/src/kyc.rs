//! The port of files and submissions.

use async_trait::async_trait;
use futures_util::stream::unfold;
use reqwest::{
    Body, Method, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use tokio::time::Instant;
use vouch_domain::{
    kyc::FileCategory,
    ports::{
        ByteSource, RAIL_FILE_DEADLINE, RailContent, RailCustomerId, RailFailure, RailFileId,
        RailKyc, RailSubmission, Urgency,
    },
};

use crate::{
    adapter::HttpRail,
    answer::Answer,
    client::{Call, Deadline},
    failure,
    wire::kyc::{self as wire, UploadPlace},
};

#[async_trait]
impl RailKyc for HttpRail {
    async fn send_file(
        &self,
        customer: &RailCustomerId,
        content: RailContent,
        bytes: Box<dyn ByteSource>,
    ) -> Result<RailFileId, RailFailure> {
        let end = Instant::now() + RAIL_FILE_DEADLINE;
        let place = self.place(customer, content.category).await?;
        if !self.client.may_send_to(&place.url) {
            return Err(failure::unavailable(
                "the rail gave a place that is not https",
            ));
        }
        let body = Body::wrap_stream(unfold(bytes, |mut bytes| async move {
            let piece = bytes.next().await.transpose()?;
            Some((piece, bytes))
        }));
        let answer = self
            .client
            .put(place.url, end, |request| {
                request
                    .headers(place.headers)
                    .header(CONTENT_TYPE, content.content_type.as_str())
                    .header(CONTENT_LENGTH, content.size)
                    .body(body)
            })
            .await?;
        match answer.status.is_success() {
            true => Ok(place.file),
            false => Err(failure::of_status(&answer)),
        }
    }

    async fn attach_files(
        &self,
        customer: &RailCustomerId,
        files: &[(FileCategory, RailFileId)],
    ) -> Result<(), RailFailure> {
        let call = Call {
            operation: "attach_files",
            method: Method::POST,
            path: &["customer", customer.expose(), "files"],
            query: &[],
            body: Some(wire::attachment(files)),
        };
        let answer = self.background(&call).await?;
        accepted(&answer)
    }

    async fn has_document(
        &self,
        customer: &RailCustomerId,
        name: &str,
    ) -> Result<bool, RailFailure> {
        let call = Call {
            operation: "documents",
            method: Method::GET,
            path: &["customer", customer.expose(), "document"],
            query: &[],
            body: None,
        };
        let deadline = Deadline::after(self.look_up_timeout);
        let answer = self
            .client
            .repeatedly(&call, deadline, Urgency::Background)
            .await?;
        if !answer.status.is_success() {
            return Err(failure::of_status(&answer));
        }
        wire::has_document(&answer, name).ok_or_else(failure::unreadable)
    }

    async fn add_document(
        &self,
        customer: &RailCustomerId,
        name: &str,
        file: &RailFileId,
    ) -> Result<(), RailFailure> {
        let call = Call {
            operation: "add_document",
            method: Method::POST,
            path: &["customer", customer.expose(), "document"],
            query: &[],
            body: Some(wire::document(name, file)),
        };
        let answer = self.background(&call).await?;
        accepted(&answer)
    }

    async fn submit(&self, customer: &RailCustomerId) -> Result<RailSubmission, RailFailure> {
        let call = Call {
            operation: "submit",
            method: Method::POST,
            path: &["customer", customer.expose(), "submit"],
            query: &[],
            body: None,
        };
        let answer = self.background(&call).await?;
        match answer.status {
            status if status.is_success() => accepted(&answer).map(|()| RailSubmission::Begun),
            StatusCode::BAD_REQUEST if answer.body.is_some() => Ok(RailSubmission::UnderWayOrOver),
            StatusCode::UNPROCESSABLE_ENTITY if answer.body.is_some() => {
                Ok(RailSubmission::NotReady(wire::gap(&answer)))
            }
            _ => Err(failure::of_status(&answer)),
        }
    }
}

impl HttpRail {
    /// A place for the bytes of a file. One that is not filled shows nowhere, so it may be asked for repeatedly.
    async fn place(
        &self,
        customer: &RailCustomerId,
        category: FileCategory,
    ) -> Result<UploadPlace, RailFailure> {
        let body = wire::place_request(customer, category);
        let of_business = ["customer", customer.expose(), "document", "presigned-url"];
        let call = Call {
            operation: "presign",
            method: Method::POST,
            path: match body {
                Some(_) => &["file", "get-presigned-url"],
                None => &of_business,
            },
            query: &[],
            body,
        };
        let deadline = Deadline::after(self.look_up_timeout);
        let answer = self
            .client
            .repeatedly(&call, deadline, Urgency::Background)
            .await?;
        if !answer.status.is_success() {
            return Err(failure::of_judgement(&answer));
        }
        wire::place(&answer).ok_or_else(failure::unreadable)
    }

    async fn background(&self, call: &Call<'_>) -> Result<Answer, RailFailure> {
        let deadline = Deadline::after(self.look_up_timeout);
        self.client.once(call, deadline, Urgency::Background).await
    }
}

/// Whether the rail took what it judges.
fn accepted(answer: &Answer) -> Result<(), RailFailure> {
    match answer.status {
        status if status.is_success() && answer.body.is_some() => Ok(()),
        status if status.is_success() => Err(failure::unreadable()),
        _ => Err(failure::of_judgement(answer)),
    }
}
