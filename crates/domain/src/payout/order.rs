//! What a caller asks for, and to whom the money goes.

use crate::{
    customer::CustomerHandle,
    id::CustomerId,
    money::MinorUnits,
    values::{FiatCurrency, InteracEmail, MerchantReference, Name},
};

/// A payout as a caller asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutRequest {
    /// On whose behalf; nothing for a text that can name no customer.
    pub customer: Option<CustomerHandle>,
    /// In which currency.
    pub currency: FiatCurrency,
    /// What the recipient is to get.
    pub amount: MinorUnits,
    /// The organisation's own name for it.
    pub merchant_reference: MerchantReference,
    /// Who is to get it.
    pub recipient: RecipientRequest,
}

impl PayoutRequest {
    /// The same text for every request that asks for the same payout, whether it names the customer by id or by reference,
    /// and whether or not it spells the customer's own address out. Holds personal data: to be hashed, and never kept.
    #[must_use]
    pub fn canonical(&self, customer: CustomerId, recipient: &Recipient) -> String {
        let fields = [
            &customer.to_string(),
            self.currency.as_str(),
            &self.amount.count().to_string(),
            self.merchant_reference.as_str(),
            recipient.interac_email.as_str(),
            recipient.first_name.as_str(),
            recipient.last_name.as_str(),
        ];
        // No field holds such a character.
        fields.join("\u{1f}")
    }
}

/// A recipient as a caller names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientRequest {
    /// The address for the Interac transfer; without one it is the customer's own.
    pub interac_email: Option<InteracEmail>,
    /// Given names.
    pub first_name: Name,
    /// Family names.
    pub last_name: Name,
}

impl RecipientRequest {
    /// The recipient, given an Interac address of the customer. Nothing when neither has one: the customer's e-mail is none.
    #[must_use]
    pub fn resolved(&self, own: Option<&InteracEmail>) -> Option<Recipient> {
        let interac_email = self.interac_email.as_ref().or(own)?;
        Some(Recipient {
            interac_email: interac_email.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
        })
    }
}

/// Who gets the money. Sealed at rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The address for the Interac transfer.
    pub interac_email: InteracEmail,
    /// Given names.
    pub first_name: Name,
    /// Family names.
    pub last_name: Name,
}
