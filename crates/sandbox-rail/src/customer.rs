//! One customer of the rail and the shapes in which it is shown.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    kyc::{document::Document, file::Purpose},
    table::Identified,
};

/// The fields of a customer as they were sent: flat, without nulls.
pub(crate) type Fields = Map<String, Value>;

/// Which of the two sets of field rules a customer follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Individual,
    Business,
}

impl Kind {
    /// The value of `type`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "individual" => Some(Self::Individual),
            "business" => Some(Self::Business),
            _ => None,
        }
    }
}

/// `verification_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Status {
    Pending,
    Processing,
    Verified,
    Rejected,
}

impl Status {
    /// The status with this name, in any case.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [
            Self::Pending,
            Self::Processing,
            Self::Verified,
            Self::Rejected,
        ]
        .into_iter()
        .find(|status| status.name().eq_ignore_ascii_case(text))
    }

    /// The name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Processing => "PROCESSING",
            Self::Verified => "VERIFIED",
            Self::Rejected => "REJECTED",
        }
    }
}

/// A stored record.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) id: Uuid,
    pub(crate) kind: Kind,
    pub(crate) status: Status,
    /// Reason given with the last decision.
    pub(crate) comment: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    /// Every field sent so far, also those that the rail does not know and never shows.
    pub(crate) fields: Fields,
    /// An individual's files, by their slots.
    #[serde(default)]
    pub(crate) files: BTreeMap<Purpose, Uuid>,
    /// A business's documents, oldest first.
    #[serde(default)]
    pub(crate) documents: Vec<Document>,
    /// The latest submission.
    #[serde(default)]
    pub(crate) submission: Option<Uuid>,
}

impl Identified for Customer {
    fn id(&self) -> Uuid {
        self.id
    }
}

impl Customer {
    /// The field's value when it is a text.
    pub(crate) fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field)?.as_str()
    }

    /// What the customer is called.
    pub(crate) fn name(&self) -> String {
        let parts: &[&str] = match self.kind {
            Kind::Individual => &["first_name", "last_name"],
            Kind::Business => &["business_name"],
        };
        let parts: Vec<&str> = parts.iter().filter_map(|part| self.text(part)).collect();
        parts.join(" ")
    }

    /// Answer to a create. It does not echo phone, dob, address or tin.
    pub(crate) fn created(&self, business_id: Uuid) -> Value {
        let mut view = self.pick(&[
            "first_name",
            "last_name",
            "business_name",
            "type",
            "email",
            "country",
            "id_type",
            "id_number",
            "kyb_scope",
        ]);
        view.insert("id".to_owned(), json!(self.id));
        view.insert("business_id".to_owned(), json!(business_id));
        view.insert("verification_status".to_owned(), json!(self.status));
        Value::Object(view)
    }

    /// Row of a list.
    pub(crate) fn row(&self, business_id: Uuid) -> Value {
        let view = self.pick(&[
            "type",
            "first_name",
            "last_name",
            "business_name",
            "registration_number",
            "incorporation_country",
            "id_type",
            "id_number",
            "email",
            "phone",
            "country",
        ]);
        Value::Object(self.identified(view, business_id))
    }

    /// Answer to a get or an update: address, dob and id dates are nested in `kyc_data`.
    pub(crate) fn full(&self, business_id: Uuid) -> Value {
        let mut view = self.pick(&[
            "type",
            "first_name",
            "last_name",
            "business_name",
            "email",
            "phone",
            "country",
            "id_type",
            "id_number",
            "tin",
        ]);
        let mut kyc_data = self.pick(&[
            "dob",
            "street",
            "city",
            "state",
            "zip_code",
            "operating_street",
            "operating_city",
            "operating_state",
            "operating_zip_code",
            "id_expiry_date",
            "id_issue_date",
        ]);
        // One set of KYC data for each customer, so it can share the customer's id.
        kyc_data.insert("id".to_owned(), json!(self.id));
        view.insert("kyc_data".to_owned(), Value::Object(kyc_data));
        view.insert("enhanced_due_diligence".to_owned(), json!(false));
        if self.kind == Kind::Business {
            view.extend(self.pick(&["registration_number", "incorporation_country", "kyb_scope"]));
            view.insert("owners".to_owned(), self.owners());
            let documents = self.documents.iter();
            let documents = documents.map(|document| document.view(self.id)).collect();
            view.insert("documents".to_owned(), documents);
        }
        Value::Object(self.identified(view, business_id))
    }

    /// The whole record, flat, for the controls.
    pub(crate) fn stored(&self, business_id: Uuid) -> Value {
        let mut view = self.identified(self.fields.clone(), business_id);
        view.insert("comment".to_owned(), json!(self.comment));
        Value::Object(view)
    }

    /// The owners of a business.
    pub(crate) fn owners(&self) -> Value {
        let owners = self
            .fields
            .get("owners")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        owners
            .filter_map(Value::as_object)
            .map(|owner| {
                let mut owner = owner.clone();
                owner.insert("status".to_owned(), json!("PENDING"));
                owner.insert("admin_comments".to_owned(), Value::Null);
                owner
            })
            .collect()
    }

    fn identified(&self, mut view: Fields, business_id: Uuid) -> Fields {
        view.insert("id".to_owned(), json!(self.id));
        view.insert("business_id".to_owned(), json!(business_id));
        view.insert("verification_status".to_owned(), json!(self.status));
        view.insert("created_at".to_owned(), json!(timestamp(self.created_at)));
        view.insert("updated_at".to_owned(), json!(timestamp(self.updated_at)));
        view
    }

    /// The named fields, null where the customer has none.
    fn pick(&self, names: &[&str]) -> Fields {
        names
            .iter()
            .map(|name| {
                (
                    (*name).to_owned(),
                    self.fields.get(*name).cloned().unwrap_or_default(),
                )
            })
            .collect()
    }
}

/// `2024-01-15T10:30:00.000000Z`
pub(crate) fn timestamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
