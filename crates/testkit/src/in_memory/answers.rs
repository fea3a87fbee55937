use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;
use vouch_domain::{
    idempotency::{Grant, Keep, Kept, KeyClaim, SUBJECT_LASTS},
    ports::{Answers, Claimed, KeyState, StoreError},
    tenant::Tenant,
};

use super::{AnswerKey, AnswerState, InMemory, State, key_identity};

#[async_trait]
impl Answers for InMemory {
    async fn claim(
        &self,
        tenant: Tenant,
        claim: &KeyClaim,
        subject: Uuid,
        lease: Duration,
    ) -> Result<Claimed, StoreError> {
        let mut state = self.state().await?;
        let standing = state.key_state(tenant, claim);
        if standing != KeyState::Free {
            return Ok(Claimed::Stands(standing));
        }
        let (token, now) = (Uuid::new_v4(), state.now);
        let identity = key_identity(tenant, claim);
        let known = state.answers.get(&identity).filter(|known| {
            known.fingerprint == claim.fingerprint && known.bound_at + SUBJECT_LASTS > now
        });
        let (subject, bound_at) =
            known.map_or((subject, now), |known| (known.subject, known.bound_at));
        let key = AnswerKey {
            fingerprint: claim.fingerprint,
            subject,
            bound_at,
            state: AnswerState::Leased {
                token,
                until: now + lease,
            },
        };
        state.answers.insert(identity, key);
        Ok(Claimed::Granted(Grant {
            claim: claim.clone(),
            subject,
            token,
        }))
    }

    async fn look_up(&self, tenant: Tenant, claim: &KeyClaim) -> Result<KeyState, StoreError> {
        Ok(self.state().await?.key_state(tenant, claim))
    }

    async fn forget(&self, tenant: Tenant, grant: &Grant) -> Result<(), StoreError> {
        let mut state = self.state().await?;
        if state.claimed(tenant, grant).is_some() {
            state.answers.remove(&key_identity(tenant, &grant.claim));
        }
        Ok(())
    }

    async fn release(&self, tenant: Tenant, grant: &Grant) -> Result<(), StoreError> {
        let mut state = self.state().await?;
        let now = state.now;
        if let Some(AnswerState::Leased { until, .. }) = state.claimed(tenant, grant) {
            *until = now;
        }
        Ok(())
    }
}

impl State {
    fn key_state(&self, tenant: Tenant, claim: &KeyClaim) -> KeyState {
        let Some(key) = self.answers.get(&key_identity(tenant, claim)) else {
            return KeyState::Free;
        };
        match &key.state {
            AnswerState::Leased { until, .. } if *until > self.now => KeyState::InFlight,
            AnswerState::Leased { .. } => KeyState::Free,
            AnswerState::Kept(answer) => KeyState::Bound {
                answer: answer.clone(),
                used_with: key.fingerprint,
            },
        }
    }

    /// The claim, if the grant still stands.
    fn claimed(&mut self, tenant: Tenant, grant: &Grant) -> Option<&mut AnswerState> {
        let key = self.answers.get_mut(&key_identity(tenant, &grant.claim))?;
        let is_held =
            matches!(key.state, AnswerState::Leased { token, .. } if token == grant.token);
        is_held.then_some(&mut key.state)
    }

    /// Makes a change and keeps its answer: both, or neither. The change answers whether it could be made.
    pub(super) fn change_and_keep(
        &mut self,
        tenant: Tenant,
        keep: &Keep<'_>,
        change: impl FnOnce(&mut Self) -> bool,
    ) -> Kept {
        if self.claimed(tenant, keep.grant).is_none() {
            return Kept::GrantLost;
        }
        if !change(self) {
            return Kept::Outrun;
        }
        let now = self.now;
        if let Some(key) = self
            .answers
            .get_mut(&key_identity(tenant, &keep.grant.claim))
        {
            key.bound_at = now;
            key.state = AnswerState::Kept(keep.answer.clone());
        }
        Kept::Done
    }
}
