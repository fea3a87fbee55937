//! `PUT /uploads/{file}`: bytes of a file, from whoever has the signed URL.

use std::{fmt::Write, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CONTENT_LENGTH, ETAG},
    rt::{spawn, time::timeout},
    web::{Bytes, Data, Payload},
};
use async_trait::async_trait;
use futures_util::{StreamExt, future::join};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use vouch_application::receive_upload::UploadError;
use vouch_domain::{
    id::{FileId, OrganisationId},
    kyc::{MAX_FILE_BYTES, Sha256, UPLOAD_LIFE},
    ports::{BrokenOff, ByteSource},
    tenant::{Env, Tenant},
    values::Rejected,
};

use crate::{
    error::{ApiError, Code, SOON},
    query::Query,
    request_id::RequestId,
    server::{Shared, State},
};

/// Where files are uploaded.
pub(crate) const PATH: &str = "/uploads/{file}";

/// Longest wait for the next bytes of an upload.
const IDLE: Duration = Duration::from_secs(30);
/// How long what nobody wants any more is still taken.
const DISCARD_DEADLINE: Duration = Duration::from_secs(30);

/// The URL that admits to the upload of a file: it says which, and is signed. When it ends, the file's id tells.
pub(crate) fn upload_url(shared: &Shared, tenant: Tenant, file: FileId) -> String {
    let signature = hex(&shared.digests.upload_signature(tenant, file));
    let public_url = shared.public_url.trim_end_matches('/');
    let (organisation, env) = (tenant.organisation, tenant.env.as_str());
    format!(
        "{public_url}/uploads/{file}?organisation={organisation}&env={env}&signature={signature}"
    )
}

/// `PUT /uploads/{file}`
pub(crate) async fn receive(
    request: HttpRequest,
    payload: Payload,
    state: Data<State>,
) -> HttpResponse {
    let received = match admitted(&request, &state.shared) {
        Ok(_) if is_said_to_be_too_large(&request) => Err(UploadError::TooLarge.into()),
        Ok((tenant, file)) => keep(&state, tenant, file, payload).await,
        Err(refused) => Err(refused),
    };
    received.unwrap_or_else(|error| error.respond(&RequestId::of(&request)))
}

/// Whose file the URL admits to, if it was made here and is still good.
fn admitted(request: &HttpRequest, shared: &Shared) -> Result<(Tenant, FileId), ApiError> {
    let file = request.match_info().get("file").unwrap_or_default();
    let file = FileId::parse(file).map_err(|_| Code::PermissionDenied)?;
    let not_an_id = |_| Rejected("must be an organisation's id");
    let mut query = Query::new(request.query_string());
    let organisation = query.required("organisation", |text| {
        OrganisationId::parse(text).map_err(not_an_id)
    });
    let env = query.required("env", Env::parse);
    let signature = query.required("signature", read_hex);
    let read = organisation.zip(env).zip(signature);
    let ((organisation, env), signature) =
        query.finish(read).map_err(|_| Code::PermissionDenied)?;
    let tenant = Tenant { organisation, env };
    if !shared.digests.is_upload_signature(tenant, file, &signature) {
        return Err(Code::PermissionDenied.into());
    }
    if shared.clock.now() >= file.created_at() + UPLOAD_LIFE {
        return Err(ApiError::because(Code::PermissionDenied, "expired"));
    }
    Ok((tenant, file))
}

/// Whether the caller says that more is to come than a file may have. What comes is counted all the same.
fn is_said_to_be_too_large(request: &HttpRequest) -> bool {
    let said = request.headers().get(CONTENT_LENGTH);
    let said = said.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    said.is_some_and(|bytes| bytes > MAX_FILE_BYTES)
}

async fn keep(
    state: &State,
    tenant: Tenant,
    file: FileId,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let (sender, receiver) = channel(1);
    let use_case = state.services.kyc.receive_upload.clone();
    // In a task of its own: a client that goes away takes this handler along, and what it began is to be cleaned up.
    let receiving = spawn(async move {
        let mut bytes = Incoming(receiver);
        use_case.receive(tenant, file, &mut bytes).await
    });
    let (received, ()) = join(receiving, pump(payload, sender)).await;
    let received = received.map_err(|_| ApiError::internal("the task of an upload ended early"))?;
    let Sha256(digest) = received?.sha256;
    let tag = format!("\"{}\"", hex(&digest));
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).finish())
}

/// What came of a payload.
enum Piece {
    Bytes(Bytes),
    /// It is over, and whole.
    End,
}

/// The bytes of a payload, as a use case takes them. Without an end they have broken off.
struct Incoming(Receiver<Piece>);

#[async_trait]
impl ByteSource for Incoming {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, BrokenOff> {
        match self.0.recv().await {
            Some(Piece::Bytes(bytes)) => Ok(Some(bytes.into())),
            Some(Piece::End) => Ok(None),
            None => Err(BrokenOff::Interrupted),
        }
    }
}

/// Passes a payload on, as fast as it is taken.
async fn pump(mut payload: Payload, pieces: Sender<Piece>) {
    loop {
        let piece = match timeout(IDLE, payload.next()).await {
            Ok(Some(Ok(bytes))) if bytes.is_empty() => continue,
            Ok(Some(Ok(bytes))) => Piece::Bytes(bytes),
            Ok(None) => Piece::End,
            Ok(Some(Err(_))) | Err(_) => return,
        };
        let is_end = matches!(piece, Piece::End);
        let is_taken = pieces.send(piece).await.is_ok();
        if is_end {
            return;
        }
        if !is_taken {
            // A client that is cut off while it sends never reads why.
            let _ = timeout(DISCARD_DEADLINE, discard(payload)).await;
            return;
        }
    }
}

/// Takes as much again as a file may have.
async fn discard(mut payload: Payload) {
    let mut discarded = 0;
    while let Some(Ok(bytes)) = payload.next().await {
        discarded += bytes.len() as u64;
        if discarded > MAX_FILE_BYTES {
            return;
        }
    }
}

/// Lower-case hex.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn read_hex(text: &str) -> Result<Vec<u8>, Rejected> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes: Option<Vec<u8>> = pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
        .collect();
    bytes
        .filter(|_| rest.is_empty())
        .ok_or(Rejected("must be hexadecimal"))
}

impl From<UploadError> for ApiError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Unknown => Code::FileNotFound.into(),
            UploadError::AlreadyUploaded => Self::because(Code::InvalidState, "already_uploaded"),
            UploadError::Closed => Self::because(Code::InvalidState, "closed"),
            UploadError::TooMany => Self::because(Code::InvalidState, "too_many_uploads"),
            UploadError::Busy => Self::from(Code::Unavailable).retry_after(SOON),
            UploadError::TooLarge => {
                Self::from(Code::BodyTooLarge).saying("A file must not be larger than 25 MiB.")
            }
            UploadError::OtherType => Self::body("must be what its `content_type` was said to be"),
            UploadError::BrokenOff => Self::body("did not arrive whole, or not in time"),
            UploadError::Documents(error) => Self::document_store(&error),
            UploadError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_reads_back() {
        assert_eq!(hex(&[0, 15, 255]), "000fff");
        assert_eq!(read_hex("000fff"), Ok(vec![0, 15, 255]));
        assert_eq!(read_hex("000FFF"), Ok(vec![0, 15, 255]));
        for text in ["0", "0g", "é0", "000"] {
            assert!(read_hex(text).is_err(), "{text}");
        }
    }
}
