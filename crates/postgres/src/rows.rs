//! Columns that several statements answer with, and how they become values of the domain again.

use diesel::sql_types::{Integer, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    customer::{ContactField, CustomerHandle, CustomerSummary, Status, Version},
    id::{Id, Kind},
    ports::StoreError,
    values::{CustomerReference, InteracEmail},
};

/// What [`summary_columns`] selects.
pub(crate) type SummarySql = (SqlUuid, Text, Nullable<Text>, Text, Integer);
/// One row of it.
pub(crate) type SummaryRow = (Uuid, String, Option<String>, String, i32);

/// [`SummarySql`] on the far side of an outer join.
pub(crate) type MaybeSummarySql = (
    Nullable<SqlUuid>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Integer>,
);
/// One row of it.
pub(crate) type MaybeSummaryRow = (
    Option<Uuid>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<i32>,
);

/// The columns of a summary, of a table or alias `c`.
macro_rules! summary_columns {
    () => {
        "c.id, c.reference, c.interac_email, c.status, c.version"
    };
}
pub(crate) use summary_columns;

/// A stored row breaks a rule of the domain.
pub(crate) fn broken(what: &str) -> StoreError {
    StoreError::Defect(format!("a stored {what} breaks a rule"))
}

pub(crate) fn id<K: Kind>(uuid: Uuid) -> Result<Id<K>, StoreError> {
    Id::from_uuid(uuid).map_err(|_| broken("id"))
}

pub(crate) fn summary(row: SummaryRow) -> Result<CustomerSummary, StoreError> {
    let (uuid, reference, interac_email, status, version) = row;
    Ok(CustomerSummary {
        id: id(uuid)?,
        reference: CustomerReference::restore(reference).map_err(|_| broken("reference"))?,
        interac_email: interac_email
            .map(InteracEmail::restore)
            .transpose()
            .map_err(|_| broken("interac e-mail"))?,
        status: Status::parse(&status).map_err(|_| broken("status"))?,
        version: Version(version),
    })
}

/// The summary of an outer join that found a row.
pub(crate) fn present(row: MaybeSummaryRow) -> Option<SummaryRow> {
    let (id, reference, interac_email, status, version) = row;
    Some((id?, reference?, interac_email, status?, version?))
}

/// The two ways to name a customer, for two placeholders of which one is null.
pub(crate) fn handle_parts(handle: &CustomerHandle) -> (Option<Uuid>, Option<&str>) {
    match handle {
        CustomerHandle::Id(id) => (Some(id.uuid()), None),
        CustomerHandle::Reference(reference) => (None, Some(reference.as_str())),
    }
}

/// Names of contact fields.
pub(crate) fn contact_fields(names: &[String]) -> Result<Vec<ContactField>, StoreError> {
    let field = |name: &String| {
        ContactField::ALL
            .into_iter()
            .find(|field| field.name() == name)
    };
    let fields: Option<Vec<_>> = names.iter().map(field).collect();
    fields.ok_or_else(|| broken("contact field"))
}
