//! What the people who run Vouch do: organisations and their keys.

use std::sync::Arc;

use vouch_domain::{
    access::{
        ApiKey, Contract, KEY_SECRET_LENGTH, Network, Organisation, OrganisationStanding, Scopes,
    },
    id::{ApiKeyId, OrganisationId},
    ports::{ApiKeys, Clock, NewApiKey, Organisations, StoreError},
    tenant::Tenant,
    values::{Email, Name},
};

use crate::{digest::Digests, ids::IdMint};

/// Why an operator's command did nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OperatorError {
    /// No organisation has this id.
    #[error("there is no such organisation")]
    UnknownOrganisation,
    /// No key has this id.
    #[error("there is no such key")]
    UnknownKey,
    /// The operating system gave no random bytes.
    #[error("no random bytes could be had")]
    NoRandomness,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A key at the only moment at which it is whole.
pub struct IssuedKey {
    /// What is kept of it.
    pub key: ApiKey,
    /// The key itself, shown once.
    pub secret: String,
}

/// What a new key is to be.
pub struct KeyRequest {
    /// The data it opens.
    pub tenant: Tenant,
    /// The contract it speaks.
    pub contract: Contract,
    /// What it may do; nothing where the contract knows no scopes.
    pub scopes: Scopes,
    /// From where it may be used; from everywhere when empty.
    pub allowed_networks: Vec<Network>,
}

/// The commands.
pub struct Operators {
    /// Where organisations are kept.
    pub organisations: Arc<dyn Organisations>,
    /// Where keys are kept.
    pub keys: Arc<dyn ApiKeys>,
    /// Makes ids.
    pub ids: Arc<IdMint>,
    /// Hashes keys.
    pub digests: Arc<Digests>,
    /// Tells when a key is revoked.
    pub clock: Arc<dyn Clock>,
}

impl Operators {
    /// Makes an organisation, with its primary customer for each env.
    ///
    /// # Errors
    /// [`OperatorError::Store`].
    pub async fn create_organisation(
        &self,
        name: Name,
        email: Email,
    ) -> Result<Organisation, OperatorError> {
        let organisation = Organisation {
            id: self.ids.mint(),
            name,
            email,
            standing: OrganisationStanding::NEW,
        };
        self.organisations.add(&organisation).await?;
        Ok(organisation)
    }

    /// Sets what an organisation may do.
    ///
    /// # Errors
    /// [`OperatorError::UnknownOrganisation`] or [`OperatorError::Store`].
    pub async fn set_standing(
        &self,
        id: OrganisationId,
        standing: OrganisationStanding,
    ) -> Result<(), OperatorError> {
        match self.organisations.set_standing(id, standing).await? {
            true => Ok(()),
            false => Err(OperatorError::UnknownOrganisation),
        }
    }

    /// Makes a key.
    ///
    /// # Errors
    /// [`OperatorError::UnknownOrganisation`], [`OperatorError::NoRandomness`] or [`OperatorError::Store`].
    pub async fn create_key(&self, request: KeyRequest) -> Result<IssuedKey, OperatorError> {
        let mark = request.contract.key_prefix(request.tenant.env);
        // 32 alphanumeric characters hold 190 bits; without those that may be shown, more than 140.
        let secret = format!("{mark}{}", random_alphanumeric(KEY_SECRET_LENGTH)?);
        let shown = mark.len() + request.contract.key_look_up_length();
        let key = ApiKey {
            id: self.ids.mint(),
            tenant: request.tenant,
            contract: request.contract,
            scopes: request.scopes,
            prefix: secret[..shown].to_owned(),
            last_four: secret[secret.len() - 4..].to_owned(),
            allowed_networks: request.allowed_networks,
            expires_at: None,
            revoked_at: None,
        };
        let new = NewApiKey {
            digest: self.digests.api_key(&secret),
            key,
        };
        match self.keys.add(&new).await? {
            true => Ok(IssuedKey {
                key: new.key,
                secret,
            }),
            false => Err(OperatorError::UnknownOrganisation),
        }
    }

    /// The keys of an organisation.
    ///
    /// # Errors
    /// [`OperatorError::Store`].
    pub async fn keys(&self, organisation: OrganisationId) -> Result<Vec<ApiKey>, OperatorError> {
        Ok(self.keys.of_organisation(organisation).await?)
    }

    /// Revokes a key.
    ///
    /// # Errors
    /// [`OperatorError::UnknownKey`] or [`OperatorError::Store`].
    pub async fn revoke_key(&self, id: ApiKeyId) -> Result<(), OperatorError> {
        match self.keys.revoke(id, self.clock.now()).await? {
            true => Ok(()),
            false => Err(OperatorError::UnknownKey),
        }
    }
}

fn random_alphanumeric(length: usize) -> Result<String, OperatorError> {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut bytes = [0_u8; 64];
        getrandom::fill(&mut bytes).map_err(|_| OperatorError::NoRandomness)?;
        // Bytes past the last whole multiple of the alphabet would favour its first letters.
        let fair = bytes.iter().filter(|byte| **byte < 62 * 4);
        let letters = fair.map(|byte| char::from(ALPHABET[usize::from(*byte) % 62]));
        text.extend(letters.take(length - text.len()));
    }
    Ok(text)
}
