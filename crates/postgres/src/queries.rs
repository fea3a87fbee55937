//! Reads of customers and their events: one round trip each.

use async_trait::async_trait;
use diesel::sql_types::{Array, Integer, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;
use vouch_domain::{
    customer::{CustomerHandle, CustomerSummary, Status},
    event::{Event, EventType},
    ports::{
        CustomerPage, CustomerPageRequest, CustomerQueries, EventPage, EventPageRequest, PageError,
        SearchText, StoreError,
    },
    tenant::Tenant,
};

use crate::{
    database::Store,
    event_rows::read_detail,
    grams::sought,
    rows::{MaybeSummaryRow, MaybeSummarySql, handle_parts, id, present, summary, summary_columns},
    statement::in_tenant,
};

const BY_ID: &str = concat!(
    "SELECT ",
    summary_columns!(),
    " FROM customers c WHERE c.organisation_id = $1 AND c.env = $2 AND c.id = $3
      AND c.provisioning <> 'reserved' AND NOT c.is_primary"
);
const BY_REFERENCE: &str = concat!(
    "SELECT ",
    summary_columns!(),
    " FROM customers c
     WHERE c.organisation_id = $1 AND c.env = $2 AND c.reference = $3
       AND c.provisioning <> 'reserved' AND NOT c.is_primary"
);

/// The cursor's customer comes along in every row, and a row comes even when the page is empty: so one round trip tells
/// an unknown cursor from the end of the list.
const CURSOR: &str = "
    WITH RECURSIVE cursor AS MATERIALIZED (
        SELECT id FROM customers
        WHERE organisation_id = $1 AND env = $2 AND (id = $3 OR reference = $4)
          AND provisioning <> 'reserved' AND NOT is_primary
    )";
/// Ends what a page is taken from: no page is longer than 100, and one row more tells that there are more. Without this
/// number PostgreSQL reckons with a tenth of all customers, takes a plan that fits any page to be dear, and makes a new one for
/// each request, for longer than it takes to read a page.
macro_rules! most {
    () => {
        " ORDER BY c.id DESC LIMIT 101"
    };
}

/// A search looks through the newest customers first: what is common fills a page from them at once.
const WALKED: &str = concat!(
    ", walked AS MATERIALIZED (
        SELECT * FROM (
            SELECT ",
    summary_columns!(),
    " FROM (
                SELECT ",
    summary_columns!(),
    ", c.provisioning, c.search_text FROM customers c WHERE c.organisation_id = $1 AND c.env = $2"
);
/// Where they end begins the rest, if there is one and the page is not full.
const REST: &str = concat!(
    " ORDER BY c.id DESC LIMIT 500
            ) c WHERE c.provisioning <> 'reserved' AND strpos(c.search_text, $6) > 0",
    most!(),
    "
        ) c ORDER BY c.id DESC LIMIT $7
    ), rest AS MATERIALIZED (
        SELECT c.id FROM customers c
        WHERE (SELECT count(*) FROM walked) < $7 AND c.organisation_id = $1 AND c.env = $2"
);
/// What did not fill a page is found in the rest by the index of grams, in one segment of the list after the other, newest
/// first, until the page is full: however common it is, no more than one segment's matches are read beyond the page. It
/// is found by the rarest of its grams, and by others that are rare, too, because the index reads much of what it knows
/// of each; the newest customers, and those at the ends of segments, stand for all. `IS TRUE` hides the rest from the
/// planner, lest it use another index: not knowing the text, it may well prefer to read every customer of the tenant.
const FOUND: &str = "
        ORDER BY c.id DESC OFFSET 499 LIMIT 1
    ), sample AS MATERIALIZED (
        SELECT c.search_text
        FROM (SELECT follows FROM search_segments WHERE organisation_id = $1 AND env = $2 ORDER BY follows DESC LIMIT 32) s
        CROSS JOIN LATERAL (
            SELECT c.search_text FROM customers c
            WHERE c.organisation_id = $1 AND c.env = $2 AND c.id <= s.follows ORDER BY c.id DESC LIMIT 1
        ) c
        UNION ALL
        (SELECT c.search_text FROM customers c WHERE c.organisation_id = $1 AND c.env = $2 ORDER BY c.id DESC LIMIT 32)
    ), counted AS (
        SELECT gram, (SELECT count(*) FROM sample c WHERE strpos(c.search_text, substr($6, place::integer, 3)) > 0) AS among
        FROM unnest($8) WITH ORDINALITY AS g (gram, place)
    ), rarest AS MATERIALIZED (
        SELECT string_agg(gram, ' & ') AS grams
        FROM (SELECT gram, among, row_number() OVER (ORDER BY among) AS rank FROM counted) ranked
        WHERE rank = 1 OR (rank <= 4 AND among * 10 <= (SELECT count(*) FROM sample))
    ), found (follows, ids, filled) AS (
        SELECT id, '{}'::uuid[], (SELECT count(*) FROM walked) FROM rest
        UNION ALL
        SELECT s.follows, s.ids, f.filled + cardinality(s.ids)
        FROM found f CROSS JOIN LATERAL (
            SELECT s.follows, ARRAY(
                SELECT c.id FROM customers c
                WHERE c.search_grams @@ replace((SELECT grams FROM rarest), E'\\x1f', s.number || E'\\x1f')::tsquery
                  AND c.provisioning <> 'reserved' AND strpos(c.search_text, $6) > 0
                  AND (c.organisation_id = $1 AND c.env = $2 AND c.id < (SELECT id FROM rest)";
const FOUND_END: &str = concat!(
    ") IS TRUE",
    most!(),
    "
            ) AS ids
            FROM search_segments s
            WHERE s.organisation_id = $1 AND s.env = $2 AND s.follows < f.follows ORDER BY s.follows DESC LIMIT 1
        ) s
        WHERE f.filled < $7
    )"
);
const PAGE: &str = concat!(
    " SELECT (SELECT id FROM cursor), ",
    summary_columns!(),
    " FROM (SELECT) one LEFT JOIN LATERAL (SELECT * FROM (SELECT c.* FROM "
);
const OF_FOUND: &str = concat!(
    "(SELECT ",
    summary_columns!(),
    " FROM walked c UNION ALL SELECT ",
    summary_columns!(),
    " FROM customers c WHERE c.organisation_id = $1 AND c.env = $2
        AND c.id = ANY (ARRAY(SELECT unnest(ids) FROM found))) c WHERE true"
);
const OF_ALL: &str = "customers c WHERE c.organisation_id = $1 AND c.env = $2
      AND c.provisioning <> 'reserved' AND NOT c.is_primary";
const BEFORE_CURSOR: &str = " AND c.id < (SELECT id FROM cursor)";
const IN_STATUS: &str = " AND c.status = $5";
const PAGE_END: &str = concat!(
    most!(),
    ") c ORDER BY c.id DESC LIMIT $7) c ON true ORDER BY c.id DESC"
);

type PageSql = (Nullable<SqlUuid>, MaybeSummarySql);
type PageRow = (Option<Uuid>, MaybeSummaryRow);

/// Likewise with the cursor's event.
const EVENTS: &str = "
     WITH customer AS MATERIALIZED (
         SELECT id, reference FROM customers
         WHERE organisation_id = $1 AND env = $2 AND (id = $3 OR reference = $4)
           AND provisioning <> 'reserved' AND NOT is_primary
     ), cursor AS MATERIALIZED (
         SELECT e.sequence FROM events e JOIN customer ON customer.id = e.customer_id
         WHERE e.organisation_id = $1 AND e.env = $2 AND e.id = $5
     )
     SELECT (SELECT sequence FROM cursor), e.id, e.event_type, e.sequence, customer.id, customer.reference,
            e.interac_email, e.status, e.version, e.changed, e.detail::text
     FROM (SELECT) one LEFT JOIN customer ON true
     LEFT JOIN LATERAL (
         SELECT * FROM events e
         WHERE e.organisation_id = $1 AND e.env = $2 AND e.customer_id = customer.id
           AND e.sequence > COALESCE((SELECT sequence FROM cursor), 0)
           AND ($6 IS NULL OR e.event_type = $6)
         ORDER BY e.sequence LIMIT $7
     ) e ON true
     ORDER BY e.sequence";

type EventSql = (
    Nullable<Integer>,
    Nullable<SqlUuid>,
    Nullable<Text>,
    Nullable<Integer>,
    MaybeSummarySql,
    Nullable<Array<Text>>,
    Nullable<Text>,
);
type EventRow = (
    Option<i32>,
    Option<Uuid>,
    Option<String>,
    Option<i32>,
    MaybeSummaryRow,
    Option<Vec<String>>,
    Option<String>,
);

#[async_trait]
impl CustomerQueries for Store {
    async fn find(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
    ) -> Result<Option<CustomerSummary>, StoreError> {
        let row = self.database.one_summary(|| match customer {
            CustomerHandle::Id(id) => in_tenant(BY_ID, tenant).uuid(id.uuid()),
            CustomerHandle::Reference(reference) => {
                in_tenant(BY_REFERENCE, tenant).text(reference.as_str())
            }
        });
        let row = row.await?;
        row.map(summary).transpose()
    }

    async fn page(
        &self,
        tenant: Tenant,
        request: &CustomerPageRequest,
    ) -> Result<CustomerPage, PageError> {
        let (id, reference) = request.after.as_ref().map_or((None, None), handle_parts);
        let search = request.search.as_ref();
        let grams = search.map(sought);
        let rows: Vec<PageRow> = self
            .database
            .rows(|| {
                in_tenant::<PageSql>(page_sql(request), tenant)
                    .uuid(id)
                    .maybe_text(reference)
                    .maybe_text(request.status.map(Status::as_str))
                    .maybe_text(search.map(SearchText::as_str))
                    .big_int(one_more_than(request.limit))
                    .texts(grams.clone().unwrap_or_default())
            })
            .await
            .map_err(StoreError::from)?;
        if request.after.is_some() && rows.iter().any(|(cursor, _)| cursor.is_none()) {
            return Err(PageError::UnknownCursor);
        }
        let customers: Result<Vec<_>, _> = rows
            .into_iter()
            .filter_map(|(_, row)| present(row).map(summary))
            .collect();
        let (customers, has_more) = cut(customers?, request.limit);
        Ok(CustomerPage {
            customers,
            has_more,
        })
    }

    async fn events(
        &self,
        tenant: Tenant,
        request: &EventPageRequest,
    ) -> Result<EventPage, PageError> {
        let (id, reference) = handle_parts(&request.customer);
        let rows: Vec<EventRow> = self
            .database
            .rows(|| {
                in_tenant::<EventSql>(EVENTS, tenant)
                    .uuid(id)
                    .maybe_text(reference)
                    .uuid(request.after.map(|after| after.uuid()))
                    .maybe_text(request.event_type.map(EventType::as_str))
                    .big_int(one_more_than(request.limit))
            })
            .await
            .map_err(StoreError::from)?;
        if request.after.is_some() && rows.iter().any(|row| row.0.is_none()) {
            return Err(PageError::UnknownCursor);
        }
        let events: Result<Vec<_>, _> = rows.into_iter().filter_map(event).collect();
        let (events, has_more) = cut(events?, request.limit);
        Ok(EventPage { events, has_more })
    }
}

fn page_sql(request: &CustomerPageRequest) -> String {
    let searches = request.search.is_some();
    let (goes_on, in_status) = (request.after.is_some(), request.status.is_some());
    let parts = [
        (true, CURSOR),
        (searches, WALKED),
        (searches && goes_on, BEFORE_CURSOR),
        (searches && in_status, IN_STATUS),
        (searches, REST),
        (searches && goes_on, BEFORE_CURSOR),
        (searches && in_status, IN_STATUS),
        (searches, FOUND),
        (searches && in_status, IN_STATUS),
        (searches, FOUND_END),
        (true, PAGE),
        (true, if searches { OF_FOUND } else { OF_ALL }),
        (!searches && goes_on, BEFORE_CURSOR),
        (!searches && in_status, IN_STATUS),
        (true, PAGE_END),
    ];
    let asked = parts.into_iter().filter(|(asked, _)| *asked);
    asked.map(|(_, part)| part).collect()
}

/// One row more than asked for tells whether there are more.
pub(crate) fn one_more_than(limit: u8) -> i64 {
    i64::from(limit) + 1
}

/// Cuts what was read to what was asked for, and says whether there is more.
pub(crate) fn cut<T>(mut rows: Vec<T>, limit: u8) -> (Vec<T>, bool) {
    let has_more = rows.len() > usize::from(limit);
    rows.truncate(usize::from(limit));
    (rows, has_more)
}

/// Nothing for the row that only carries the cursor.
fn event(row: EventRow) -> Option<Result<Event, StoreError>> {
    let (_, uuid, event_type, sequence, customer, changed, detail) = row;
    let (uuid, event_type, sequence) = (uuid?, event_type?, sequence?);
    let (customer, changed) = (present(customer)?, changed?);
    let read = || {
        let customer = summary(customer)?;
        Ok(Event {
            id: id(uuid)?,
            sequence,
            detail: read_detail(&event_type, customer.status, &changed, detail.as_deref())?,
            customer,
        })
    };
    Some(read())
}
