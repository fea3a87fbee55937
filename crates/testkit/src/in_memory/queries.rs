use async_trait::async_trait;
use vouch_domain::{
    customer::{CustomerHandle, CustomerSummary},
    event::Event,
    ports::{
        CustomerPage, CustomerPageRequest, CustomerQueries, EventPage, EventPageRequest, PageError,
        SearchText, StoreError, folded,
    },
    tenant::Tenant,
};

use super::{InMemory, Seen};

#[async_trait]
impl CustomerQueries for InMemory {
    async fn find(
        &self,
        tenant: Tenant,
        customer: &CustomerHandle,
    ) -> Result<Option<CustomerSummary>, StoreError> {
        let state = self.state().await?;
        Ok(state
            .find(tenant, customer)
            .map(|customer| customer.summary.clone()))
    }

    async fn page(
        &self,
        tenant: Tenant,
        request: &CustomerPageRequest,
    ) -> Result<CustomerPage, PageError> {
        let state = self.state().await?;
        let before = match &request.after {
            Some(handle) => {
                let cursor = state.find(tenant, handle).ok_or(PageError::UnknownCursor)?;
                Some(cursor.summary.id)
            }
            None => None,
        };
        let newest_first = state.visible(tenant).into_iter().rev();
        let matches = newest_first.filter(|customer| {
            let summary = customer.summary;
            before.is_none_or(|before| summary.id < before)
                && request.status.is_none_or(|status| summary.status == status)
                && request
                    .search
                    .as_ref()
                    .is_none_or(|search| customer.holds(search))
        });
        let (customers, has_more) = cut(
            matches.map(|customer| customer.summary.clone()),
            request.limit,
        );
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
        let state = self.state().await?;
        let events = state
            .find(tenant, &request.customer)
            .map_or(&[][..], |customer| customer.events);
        let after = match request.after {
            Some(cursor) => {
                let cursor = events.iter().find(|event| event.id == cursor);
                cursor.ok_or(PageError::UnknownCursor)?.sequence
            }
            None => 0,
        };
        let is_asked_for = |event: &&Event| {
            let event_type = request.event_type;
            let is_of_type = event_type.is_none_or(|asked| event.detail.event_type() == asked);
            event.sequence > after && is_of_type
        };
        let (events, has_more) = cut(events.iter().filter(is_asked_for).cloned(), request.limit);
        Ok(EventPage { events, has_more })
    }
}

impl Seen<'_> {
    fn holds(&self, search: &SearchText) -> bool {
        let summary = self.summary;
        let interac_email = summary.interac_email.as_ref();
        let texts = [
            summary.reference.as_str(),
            interac_email.map_or("", |address| address.as_str()),
            &self.display_name,
        ];
        texts
            .iter()
            .any(|text| folded(text).contains(search.as_str()))
    }
}

pub(super) fn cut<T>(matches: impl Iterator<Item = T>, limit: u8) -> (Vec<T>, bool) {
    let limit = usize::from(limit);
    let mut page: Vec<T> = matches.take(limit + 1).collect();
    let has_more = page.len() > limit;
    page.truncate(limit);
    (page, has_more)
}
