//! How many uploads a process takes in at once: whatever each holds of its file is memory.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use vouch_domain::tenant::Tenant;

/// A tenant has one in so many of the slots at most: by default twice as many as may be taken by one file.
const SHARES: u16 = 2;

/// Room for uploads, of which each tenant has a share: so slow uploads of one do not keep the others out. Clones count
/// together.
#[derive(Clone)]
pub struct UploadSlots(Arc<Slots>);

struct Slots {
    count: usize,
    share: usize,
    /// How many each tenant has; none that has none.
    taken: Mutex<HashMap<Tenant, usize>>,
}

/// Room for one upload, until it is dropped.
pub(crate) struct UploadSlot {
    slots: Arc<Slots>,
    tenant: Tenant,
}

impl UploadSlots {
    /// So many, and at most half of them, but one at least, for a tenant.
    #[must_use]
    pub fn new(count: u16) -> Self {
        Self(Arc::new(Slots {
            count: usize::from(count),
            share: usize::from((count / SHARES).max(1)),
            taken: Mutex::default(),
        }))
    }

    /// Room for an upload of this tenant, unless all of it or the tenant's share is taken.
    pub(crate) fn take(&self, tenant: Tenant) -> Option<UploadSlot> {
        let mut taken = self.0.taken();
        let theirs = taken.get(&tenant).copied().unwrap_or_default();
        if theirs == self.0.share || taken.values().sum::<usize>() == self.0.count {
            return None;
        }
        taken.insert(tenant, theirs + 1);
        Some(UploadSlot {
            slots: Arc::clone(&self.0),
            tenant,
        })
    }
}

impl Slots {
    fn taken(&self) -> MutexGuard<'_, HashMap<Tenant, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UploadSlot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken();
        match taken.remove(&self.tenant) {
            None | Some(1) => {}
            Some(theirs) => {
                taken.insert(self.tenant, theirs - 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use vouch_domain::{
        id::OrganisationId,
        tenant::Env::{self, Live, Test},
    };

    use super::*;

    fn tenant(number: u128, env: Env) -> Tenant {
        Tenant {
            organisation: OrganisationId::of_time_ordered(Uuid::from_u128(number)),
            env,
        }
    }

    /// The slots that a tenant gets, if it takes all that it can and keeps them.
    fn taken(slots: &UploadSlots, number: u128, env: Env) -> Vec<UploadSlot> {
        std::iter::from_fn(|| slots.take(tenant(number, env))).collect()
    }

    #[test]
    fn a_tenant_has_its_share_and_all_of_them_the_room_there_is() {
        for (count, shares) in [
            (1, [1, 0, 0]),
            (2, [1, 1, 0]),
            (3, [1, 1, 1]),
            (5, [2, 2, 1]),
            (16, [8, 8, 0]),
        ] {
            let slots = UploadSlots::new(count);
            let held = [0, 1, 2].map(|number| taken(&slots, number, Test));
            assert_eq!(held.map(|slots| slots.len()), shares, "{count}");
        }
    }

    #[test]
    fn the_envs_of_an_organisation_have_a_share_each() {
        let slots = UploadSlots::new(5);
        let held = [Test, Live].map(|env| taken(&slots, 0, env));
        assert_eq!(held.map(|slots| slots.len()), [2, 2]);
    }

    #[test]
    fn what_is_dropped_is_free_for_whoever_has_a_share_left() {
        let slots = UploadSlots::new(4);
        let mut held = [0, 1].map(|number| taken(&slots, number, Test));
        assert!(slots.take(tenant(9, Test)).is_none());
        held[0].pop();
        assert!(slots.take(tenant(1, Test)).is_none());
        let other = slots.take(tenant(9, Test));
        assert!(other.is_some());
        assert!(slots.take(tenant(0, Test)).is_none());
        drop((other, held));
        assert!(slots.0.taken().is_empty());
    }
}
