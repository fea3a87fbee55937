//! How many uploads a process takes in at once: whatever each holds of its file is memory.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use vouch_domain::id::OrganisationId;

/// An organisation has one in so many of the slots at most.
const SHARES: u16 = 4;

/// Room for uploads, of which each organisation has a share: so slow uploads of one do not keep the others out. Clones count
/// together.
#[derive(Clone)]
pub struct UploadSlots(Arc<Slots>);

struct Slots {
    count: usize,
    share: usize,
    /// How many each organisation has; none that has none.
    taken: Mutex<HashMap<OrganisationId, usize>>,
}

/// Room for one upload, until it is dropped.
pub(crate) struct UploadSlot {
    slots: Arc<Slots>,
    organisation: OrganisationId,
}

impl UploadSlots {
    /// So many, and at most a quarter of them, but one at least, for an organisation.
    #[must_use]
    pub fn new(count: u16) -> Self {
        Self(Arc::new(Slots {
            count: usize::from(count),
            share: usize::from((count / SHARES).max(1)),
            taken: Mutex::default(),
        }))
    }

    /// Room for an upload of this organisation, unless all of it or the organisation's share is taken.
    pub(crate) fn take(&self, organisation: OrganisationId) -> Option<UploadSlot> {
        let mut taken = self.0.taken();
        let theirs = taken.get(&organisation).copied().unwrap_or_default();
        if theirs == self.0.share || taken.values().sum::<usize>() == self.0.count {
            return None;
        }
        taken.insert(organisation, theirs + 1);
        Some(UploadSlot {
            slots: Arc::clone(&self.0),
            organisation,
        })
    }
}

impl Slots {
    fn taken(&self) -> MutexGuard<'_, HashMap<OrganisationId, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UploadSlot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken();
        match taken.remove(&self.organisation) {
            None | Some(1) => {}
            Some(theirs) => {
                taken.insert(self.organisation, theirs - 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn organisation(number: u128) -> OrganisationId {
        OrganisationId::of_time_ordered(Uuid::from_u128(number))
    }

    /// How many slots an organisation gets, if it takes all that it can and keeps them.
    fn taken(slots: &UploadSlots, number: u128) -> Vec<UploadSlot> {
        std::iter::from_fn(|| slots.take(organisation(number))).collect()
    }

    #[test]
    fn an_organisation_has_its_share_and_all_of_them_the_room_there_is() {
        for (count, shares) in [
            (1, &[1, 0][..]),
            (2, &[1, 1, 0]),
            (4, &[1, 1, 1, 1, 0]),
            (11, &[2, 2, 2, 2, 2, 1, 0]),
            (16, &[4, 4, 4, 4, 0]),
        ] {
            let slots = UploadSlots::new(count);
            let held: Vec<_> = (0..shares.len() as u128)
                .map(|number| taken(&slots, number))
                .collect();
            let found: Vec<_> = held.iter().map(Vec::len).collect();
            assert_eq!(found, shares, "{count}");
        }
    }

    #[test]
    fn what_is_dropped_is_free_for_whoever_has_a_share_left() {
        let slots = UploadSlots::new(8);
        let mut held: Vec<_> = (0..4).map(|number| taken(&slots, number)).collect();
        assert!(slots.take(organisation(9)).is_none());
        held[0].pop();
        assert!(slots.take(organisation(1)).is_none());
        let other = slots.take(organisation(9));
        assert!(other.is_some());
        assert!(slots.take(organisation(0)).is_none());
        drop((other, held));
        assert!(slots.0.taken().is_empty());
    }
}
