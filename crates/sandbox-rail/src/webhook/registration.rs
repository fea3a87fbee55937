//! Where the platform wants to be called back, and the secret that signs the calls.

use chrono::{DateTime, Utc};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    body::text,
    customer::{Fields, timestamp},
    refusal::{Problems, Refusal},
};

const REQUIRED: [&str; 2] = ["collection_url", "payout_url"];

/// Which of the registered URLs an event goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Channel {
    /// Customers and virtual bank accounts.
    Collection,
    Payout,
}

/// The platform's webhook. A second registration takes the place of the first.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Registration {
    pub(crate) id: Uuid,
    collection_url: Target,
    payout_url: Target,
    kyc_url: Option<Target>,
    pub(crate) signing_secret: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Registration {
    /// A new webhook with a secret of its own.
    pub(crate) fn new(sent: &Fields, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let mut problems = Problems::default();
        for field in REQUIRED {
            if text(sent, field).is_none() {
                problems.missing(field);
            }
        }
        problems.into_result()?;
        let required = |field| url(sent, field)?.ok_or(BAD_URL);
        Ok(Self {
            id: Uuid::new_v4(),
            collection_url: required("collection_url")?,
            payout_url: required("payout_url")?,
            kyc_url: url(sent, "kyc_url")?,
            signing_secret: format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()),
            created_at: now,
            updated_at: now,
        })
    }

    /// A webhook that has every event sent to one URL, in place of another, whose secret it keeps.
    pub(crate) fn at(
        url: &str,
        before: Option<&Self>,
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        let sent = REQUIRED.map(|field| (field.to_owned(), url.into()));
        let sent = sent.into_iter().collect();
        match before {
            Some(before) => before.updated(&sent, now),
            None => Self::new(&sent, now),
        }
    }

    /// The same webhook with the URLs that were sent. The secret stays.
    pub(crate) fn updated(&self, sent: &Fields, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let or = |field, kept: &Target| Ok(url(sent, field)?.unwrap_or_else(|| kept.clone()));
        Ok(Self {
            collection_url: or("collection_url", &self.collection_url)?,
            payout_url: or("payout_url", &self.payout_url)?,
            kyc_url: url(sent, "kyc_url")?.or_else(|| self.kyc_url.clone()),
            updated_at: now,
            ..self.clone()
        })
    }

    /// Where the events of this channel go.
    pub(crate) fn url(&self, channel: Channel) -> &Url {
        match channel {
            Channel::Collection => &self.collection_url.0,
            Channel::Payout => &self.payout_url.0,
        }
    }

    /// As the vendor shows it: without the secret.
    pub(crate) fn view(&self) -> Value {
        json!({
            "id": self.id,
            "collection_url": self.collection_url,
            "payout_url": self.payout_url,
            "kyc_url": self.kyc_url,
            "created_at": timestamp(self.created_at),
            "updated_at": timestamp(self.updated_at),
        })
    }
}

/// A URL that can be called. The vendor takes https alone; a sandbox is called from where there is no TLS.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Target(Url);

const BAD_URL: Refusal = Refusal::BadRequest("Invalid webhook URL format");

impl TryFrom<String> for Target {
    type Error = Refusal;

    fn try_from(text: String) -> Result<Self, Refusal> {
        let url: Url = text.parse().map_err(|_| BAD_URL)?;
        match url.scheme() {
            "http" | "https" => Ok(Self(url)),
            _ => Err(BAD_URL),
        }
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.0.into()
    }
}

fn url(sent: &Fields, field: &str) -> Result<Option<Target>, Refusal> {
    let text = text(sent, field).map(str::to_owned);
    text.map(Target::try_from).transpose()
}
