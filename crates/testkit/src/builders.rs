//! Values with sensible contents. Whatever has to be unique is, within one process.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, Utc};
use vouch_application::ids::IdMint;
use vouch_domain::{
    access::{ApiKey, Contract, KeyDigest, Organisation, OrganisationStanding, Scopes},
    customer::{
        ContactData, ContactField, CustomerHandle, Identity, LegalName, NewCustomer,
        NewTreasuryCustomer,
    },
    idempotency::{Fingerprint, IdempotencyKey, KeyClaim, Operation},
    ports::{NewApiKey, Organisations, RailCustomer, RailCustomerId, RailStatus},
    tenant::{Env, Tenant},
    values::{
        City, Country, CustomerName, CustomerReference, CustomerType, DateOfBirth, Email,
        IdExpiryDate, IdIssueDate, IdNumber, IdType, InteracEmail, Name, Phone, State, Street, Tin,
        TreasuryEmail, ZipCode,
    },
};

use crate::FixedClock;

/// A number that nobody else in this process gets.
fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A mint of ids on a clock that stands still: the ids still rise.
#[must_use]
pub fn ids() -> Arc<IdMint> {
    Arc::new(IdMint::new(FixedClock::new()))
}

/// A person in Canada with every field but the Interac e-mail; reference, e-mail and document number are unique.
#[must_use]
pub fn individual() -> NewCustomer {
    let number = unique();
    NewCustomer {
        reference: reference(&format!("customer-{number}")),
        interac_email: None,
        identity: Identity {
            name: LegalName::Individual {
                first: name("Ada"),
                last: name("Obi"),
            },
            country: Country::Canada,
            id_type: IdType::Passport,
            id_number: IdNumber::restore(format!("AB{number:07}")).expect("a document number"),
            id_issue_date: Some(IdIssueDate::restore("2020-01-01").expect("a date")),
            tin: Tin::restore("123456789".to_owned()).expect("a tax number"),
        },
        contact: ContactData {
            email: email(&format!("Person{number}@example.com")),
            phone: Some(phone("+14165550123")),
            street: Some(Street::restore("1 Main St".to_owned()).expect("a street")),
            city: Some(City::restore("Ottawa".to_owned()).expect("a city")),
            state: Some(State::restore("ON".to_owned()).expect("a state")),
            zip_code: ZipCode::restore("K1A 0B1".to_owned()).expect("a postal code"),
            dob: Some(DateOfBirth::restore("1990-02-28").expect("a date")),
            id_expiry_date: Some(IdExpiryDate::restore("2030-01-01").expect("a date")),
        },
    }
}

/// A business in the United Kingdom with the required fields only; likewise unique.
#[must_use]
pub fn business() -> NewCustomer {
    let number = unique();
    NewCustomer {
        reference: reference(&format!("business-{number}")),
        interac_email: None,
        identity: Identity {
            name: LegalName::Business {
                name: name("Obi & Sons Ltd"),
            },
            country: Country::UnitedKingdom,
            id_type: IdType::CertificateOfIncorporation,
            id_number: IdNumber::restore(format!("{number:08}")).expect("a registration number"),
            id_issue_date: None,
            tin: Tin::restore("1234567890".to_owned()).expect("a tax number"),
        },
        contact: ContactData {
            email: email(&format!("office{number}@example.com")),
            phone: None,
            street: None,
            city: None,
            state: None,
            zip_code: ZipCode::restore("M1 1AE".to_owned()).expect("a postal code"),
            dob: None,
            id_expiry_date: None,
        },
    }
}

fn name(text: &str) -> Name {
    Name::restore(text.to_owned()).expect("a name")
}

/// A reference.
#[must_use]
pub fn reference(text: &str) -> CustomerReference {
    CustomerReference::parse(text).expect("a reference")
}

/// An e-mail address.
#[must_use]
pub fn email(text: &str) -> Email {
    Email::parse(text).expect("an e-mail address")
}

/// An Interac e-mail address.
#[must_use]
pub fn interac_email(text: &str) -> InteracEmail {
    InteracEmail::parse(text).expect("an e-mail address")
}

/// A phone number, as it is stored.
#[must_use]
pub fn phone(text: &str) -> Phone {
    Phone::restore(text.to_owned()).expect("a phone number")
}

/// A claim on this key for a create, with a body that all such claims share.
#[must_use]
pub fn claim(key: &str) -> KeyClaim {
    KeyClaim {
        contract: Contract::Remittance,
        operation: Operation::CreateCustomer,
        key: IdempotencyKey::parse(key, Contract::Remittance).expect("a key"),
        fingerprint: Fingerprint([1; 32]),
    }
}

/// A claim on a key that nobody used, for a create.
#[must_use]
pub fn unique_claim() -> KeyClaim {
    claim(&format!("key-{}", unique()))
}

/// A claim on this key for an amendment.
#[must_use]
pub fn amend_claim(customer: &CustomerHandle, key: &str) -> KeyClaim {
    KeyClaim {
        operation: Operation::AmendCustomer(customer.clone()),
        ..claim(key)
    }
}

/// A claim on this key for a Treasury operation, with a body that all such claims share.
#[must_use]
pub fn treasury_claim(key: &str) -> KeyClaim {
    KeyClaim {
        contract: Contract::Treasury,
        operation: Operation::Treasury {
            method: "POST".to_owned(),
            path: "/customers".to_owned(),
        },
        key: IdempotencyKey::parse(key, Contract::Treasury).expect("a key"),
        fingerprint: Fingerprint([1; 32]),
    }
}

/// A claim on a key that nobody used, for a Treasury operation.
#[must_use]
pub fn unique_treasury_claim() -> KeyClaim {
    treasury_claim(&format!("key-{}", unique()))
}

/// A person as the Treasury API would make it, with an e-mail of its own.
#[must_use]
pub fn treasury_customer() -> NewTreasuryCustomer {
    let number = unique();
    NewTreasuryCustomer {
        name: CustomerName::parse(&format!("Payer {number}")).expect("a name"),
        email: TreasuryEmail::parse(&format!("Payer{number}@example.com")).expect("an e-mail"),
        customer_type: CustomerType::Individual,
    }
}

/// An organisation with a new id.
#[must_use]
pub fn organisation(ids: &IdMint) -> Organisation {
    Organisation {
        id: ids.mint(),
        name: name("Pouch"),
        email: email("office@pouch.example"),
        standing: OrganisationStanding::NEW,
    }
}

/// A new organisation in this store, in this env.
pub async fn new_tenant(store: &impl Organisations, ids: &IdMint, env: Env) -> Tenant {
    let organisation = organisation(ids);
    store.add(&organisation).await.expect("an organisation");
    Tenant {
        organisation: organisation.id,
        env,
    }
}

/// A key of this tenant, with a digest of its own.
#[must_use]
pub fn new_key(ids: &IdMint, tenant: Tenant) -> NewApiKey {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&unique().to_be_bytes());
    NewApiKey {
        key: ApiKey {
            id: ids.mint(),
            tenant,
            contract: Contract::Remittance,
            scopes: Scopes::default(),
            prefix: "sk_test_".to_owned(),
            last_four: "abcd".to_owned(),
            allowed_networks: Vec::new(),
            expires_at: None,
            revoked_at: None,
        },
        digest: KeyDigest(digest),
    }
}

/// The record that the rail keeps of this customer.
#[must_use]
pub fn rail_customer(id: &str, customer: &NewCustomer, created_at: DateTime<Utc>) -> RailCustomer {
    let identity = &customer.identity;
    let (first_name, last_name, business_name) = match &identity.name {
        LegalName::Individual { first, last } => (Some(first), Some(last), None),
        LegalName::Business { name } => (None, None, Some(name)),
    };
    let text = |name: Option<&Name>| name.map(|name| name.as_str().to_owned());
    RailCustomer {
        id: RailCustomerId::parse(id).expect("a rail id"),
        created_at: Some(created_at),
        updated_at: Some(created_at),
        customer_type: Some(identity.name.customer_type()),
        country: Some(identity.country.as_str().to_owned()),
        first_name: text(first_name),
        last_name: text(last_name),
        business_name: text(business_name),
        email: Some(customer.contact.email.expose().to_owned()),
        id_number: Some(identity.id_number.expose().to_owned()),
        contact: contact_at_rail(&customer.contact),
        status: Some(RailStatus::Pending),
        comments: Vec::new(),
    }
}

/// What the rail keeps of contact data beside the e-mail.
pub(crate) fn contact_at_rail(contact: &ContactData) -> BTreeMap<ContactField, String> {
    let fields = ContactField::ALL
        .into_iter()
        .filter(|field| *field != ContactField::Email);
    fields
        .filter_map(|field| Some((field, contact.expose(field)?)))
        .collect()
}
