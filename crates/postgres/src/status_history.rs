//! What became of statuses, and why the rail refused a customer.

use async_trait::async_trait;
use diesel::sql_types::{Binary, Bool, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    customer::{Cause, Explanation, RailReason, Rejection, Status, StatusChange},
    id::CustomerId,
    ports::{StatusHistory, StoreError},
    tenant::Tenant,
};

use crate::{
    database::Store,
    rows::{broken, id},
    statement::{Statement, in_tenant},
};

const HISTORY: &str = "
    SELECT id, cause, from_status, to_status, applied, hold_lost, rejection FROM status_changes
    WHERE organisation_id = $1 AND env = $2 AND customer_id = $3
    ORDER BY sequence, applied DESC, id";

type HistorySql = (SqlUuid, Text, Text, Text, Bool, Bool, Nullable<Text>);
type HistoryRow = (Uuid, String, String, String, bool, bool, Option<String>);

/// The last change that was applied, if it was to a rejection.
const REJECTION: &str = "
    SELECT s.rejection, s.reason FROM customers c, LATERAL (
        SELECT * FROM status_changes n
        WHERE n.organisation_id = $1 AND n.env = $2 AND n.customer_id = c.id AND n.applied
        ORDER BY n.sequence DESC LIMIT 1
    ) s
    WHERE c.organisation_id = $1 AND c.env = $2 AND c.id = $3 AND c.status = 'rejected' AND s.rejection IS NOT NULL";

type RejectionSql = (Text, Nullable<Binary>);
type RejectionRow = (String, Option<Vec<u8>>);

const HOLDS: &str = "
    SELECT EXISTS (SELECT FROM interac_holds WHERE organisation_id = $1 AND env = $2 AND customer_id = $3)";

#[async_trait]
impl StatusHistory for Store {
    async fn status_history(
        &self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Result<Vec<StatusChange>, StoreError> {
        let rows: Vec<HistoryRow> = self
            .database
            .rows(|| of_customer::<HistorySql>(HISTORY, tenant, customer))
            .await?;
        rows.into_iter().map(status_change).collect()
    }

    async fn rejection(
        &self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Result<Option<Rejection>, StoreError> {
        let row = self.rejection_row(tenant, customer).await?;
        row.map(|(code, _)| rejection(&code)).transpose()
    }

    async fn rail_reason(
        &self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Result<Option<RailReason>, StoreError> {
        let row = self.rejection_row(tenant, customer).await?;
        let Some(sealed) = row.and_then(|(_, reason)| reason) else {
            return Ok(None);
        };
        let opened = self.master_keys.open(&place(tenant, customer), &sealed)?;
        let text = std::str::from_utf8(&opened).map_err(|_| broken("reason"))?;
        Ok(RailReason::new(text))
    }

    async fn holds_interac_email(
        &self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Result<bool, StoreError> {
        let row: Option<(bool,)> = self
            .database
            .row(|| of_customer::<(Bool,)>(HOLDS, tenant, customer))
            .await?;
        Ok(row == Some((true,)))
    }
}

impl Store {
    /// What the rail said of a rejection, as its row keeps it.
    pub(crate) fn sealed_reason(
        &self,
        tenant: Tenant,
        customer: CustomerId,
        explanation: Option<&Explanation>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(reason) = explanation.and_then(|explanation| explanation.reason.as_ref()) else {
            return Ok(None);
        };
        let text = reason.expose().as_bytes();
        Ok(Some(self.master_keys.seal(&place(tenant, customer), text)?))
    }

    async fn rejection_row(
        &self,
        tenant: Tenant,
        customer: CustomerId,
    ) -> Result<Option<RejectionRow>, StoreError> {
        let row = self
            .database
            .row(|| of_customer::<RejectionSql>(REJECTION, tenant, customer))
            .await?;
        Ok(row)
    }
}

fn of_customer<Row>(sql: &'static str, tenant: Tenant, customer: CustomerId) -> Statement<Row> {
    in_tenant(sql, tenant).uuid(customer.uuid())
}

fn place(tenant: Tenant, customer: CustomerId) -> String {
    let organisation = tenant.organisation.uuid();
    let env = tenant.env.as_str();
    format!(
        "status_changes.reason {organisation} {env} {}",
        customer.uuid()
    )
}

fn status_change(row: HistoryRow) -> Result<StatusChange, StoreError> {
    let (uuid, cause, from, to, applied, hold_lost, code) = row;
    let status = |word: &str| Status::parse(word).map_err(|_| broken("status"));
    Ok(StatusChange {
        id: id(uuid)?,
        cause: Cause::parse(&cause).map_err(|_| broken("cause"))?,
        from: status(&from)?,
        to: status(&to)?,
        applied,
        hold_lost,
        rejection: code.as_deref().map(rejection).transpose()?,
    })
}

fn rejection(code: &str) -> Result<Rejection, StoreError> {
    Rejection::parse(code).map_err(|_| broken("rejection"))
}
