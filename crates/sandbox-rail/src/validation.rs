//! The rail's rules for creating and changing a customer.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    customer::{Customer, Fields, Kind, Status},
    customers::Customers,
    fields::{FIELDS, Field, Presence, label},
    options::{AccountDetails, Duplicates, NationalIds, Owners, RepeatedPayouts},
    refusal::{Problems, Refusal},
};

/// The parts of the rules that differ between sandboxes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) individual_duplicates: Duplicates,
    pub(crate) national_ids: NationalIds,
    pub(crate) owners: Owners,
    pub(crate) account_details: AccountDetails,
    pub(crate) repeated_payouts: RepeatedPayouts,
}

/// Keys that a client cannot set; the rail drops them without a word.
const DROPPED: [&str; 8] = [
    "id",
    "business_id",
    "status",
    "verification_status",
    "comment",
    "admin_comments",
    "created_at",
    "updated_at",
];

impl Rules {
    /// The new customer, or why there is none.
    pub(crate) fn create(
        &self,
        sent: Fields,
        existing: &Customers,
        now: DateTime<Utc>,
    ) -> Result<Customer, Refusal> {
        let mut fields: Fields = settable(sent)
            .filter(|(_, value)| !value.is_null())
            .collect();
        let kind = kind(&fields)?;
        let mut problems = Problems::default();
        for field in &FIELDS {
            self.check(field, kind, fields.get(field.name), &mut problems);
        }
        self.check_whole(None, kind, &fields, existing, &mut problems);
        problems.into_result()?;
        if kind == Kind::Business {
            fields.entry("kyb_scope").or_insert(json!("FULL"));
        }
        Ok(Customer {
            id: Uuid::new_v4(),
            kind,
            status: Status::Pending,
            comment: None,
            created_at: now,
            updated_at: now,
            fields,
            files: BTreeMap::new(),
            documents: Vec::new(),
            submission: None,
        })
    }

    /// `current` with what was sent: null clears a field, an absent key leaves it.
    pub(crate) fn update(
        &self,
        current: &Customer,
        sent: Fields,
        existing: &Customers,
        now: DateTime<Utc>,
    ) -> Result<Customer, Refusal> {
        // Repeating the type changes nothing.
        let changes: Fields = settable(sent)
            .filter(|(name, value)| name != "type" || Some(value) != current.fields.get("type"))
            .collect();
        check_lock(current, &changes)?;
        let mut problems = Problems::default();
        for name in ["type", "kyb_scope"]
            .into_iter()
            .filter(|name| changes.contains_key(*name))
        {
            problems.add(
                name,
                format!("The {} field cannot be changed.", label(name)),
            );
        }
        if changes.contains_key("country") != changes.contains_key("incorporation_country")
            && current.kind == Kind::Business
        {
            problems.add(
                "country",
                "The country and incorporation country fields must be sent together.",
            );
        }
        for field in FIELDS.iter().filter(|field| field.name != "kyb_scope") {
            if let Some(value) = changes.get(field.name) {
                self.check(
                    field,
                    current.kind,
                    Some(value).filter(|value| !value.is_null()),
                    &mut problems,
                );
            }
        }
        let mut fields = current.fields.clone();
        fields.extend(changes);
        fields.retain(|_, value| !value.is_null());
        self.check_whole(
            Some(current.id),
            current.kind,
            &fields,
            existing,
            &mut problems,
        );
        problems.into_result()?;
        Ok(Customer {
            fields,
            updated_at: now,
            ..current.clone()
        })
    }

    fn check(&self, field: &Field, kind: Kind, value: Option<&Value>, problems: &mut Problems) {
        let label = label(field.name);
        let complaint = match (field.presence(kind), value) {
            (Presence::Prohibited, Some(_)) => Some(format!("The {label} field is prohibited.")),
            (Presence::Required, None) => Some(format!("The {label} field is required.")),
            (_, Some(value)) => field.complaint(value, self.national_ids),
            (_, None) => None,
        };
        if let Some(complaint) = complaint {
            problems.add(field.name, complaint);
        }
    }

    /// Rules over several fields, and over several customers. `own` is the customer that is being changed.
    fn check_whole(
        &self,
        own: Option<Uuid>,
        kind: Kind,
        fields: &Fields,
        existing: &Customers,
        problems: &mut Problems,
    ) {
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let taken = |filters: &[(&str, &str)]| {
            existing
                .matching(filters)
                .into_iter()
                .any(|other| other.kind == kind && Some(other.id) != own)
        };
        match kind {
            Kind::Individual if self.individual_duplicates == Duplicates::Accept => {}
            Kind::Individual => {
                if text("email").is_some_and(|email| taken(&[("email", email)])) {
                    problems.add("email", "The email has already been taken.");
                }
                if let (Some(id_type), Some(id_number)) = (text("id_type"), text("id_number"))
                    && taken(&[("id_number", id_number), ("id_type", id_type)])
                {
                    problems.add("id_number", "The id number has already been taken.");
                }
            }
            Kind::Business => {
                let incorporation_country = text("incorporation_country");
                if incorporation_country.is_some() && text("country") != incorporation_country {
                    problems.add(
                        "country",
                        "The country field must match incorporation country.",
                    );
                }
                if has_operating_address(fields) && text("operating_country").is_none() {
                    problems.add(
                        "operating_country",
                        "The operating country field is required with an operating address.",
                    );
                }
                if let (Some(number), Some(country)) =
                    (text("registration_number"), incorporation_country)
                    && taken(&[
                        ("registration_number", number),
                        ("incorporation_country", country),
                    ])
                {
                    problems.add(
                        "registration_number",
                        "The registration number has already been taken.",
                    );
                }
            }
        }
    }
}

/// What a client may set. The rail, like any Laravel application, reads an empty text as null.
fn settable(sent: Fields) -> impl Iterator<Item = (String, Value)> {
    sent.into_iter()
        .filter(|(name, _)| !DROPPED.contains(&name.as_str()))
        .map(|(name, value)| {
            let blank = value.as_str().is_some_and(|text| text.trim().is_empty());
            (name, if blank { Value::Null } else { value })
        })
}

fn kind(fields: &Fields) -> Result<Kind, Refusal> {
    let invalid = |complaint: &str| Refusal::Invalid(Problems::one("type", complaint));
    let value = fields
        .get("type")
        .ok_or_else(|| invalid("The type field is required."))?;
    value
        .as_str()
        .and_then(Kind::parse)
        .ok_or_else(|| invalid("The selected type is invalid."))
}

fn check_lock(current: &Customer, changes: &Fields) -> Result<(), Refusal> {
    match (current.status, current.kind) {
        (Status::Pending | Status::Rejected, _) => Ok(()),
        (Status::Processing, _) => Err(Refusal::BadRequest(
            "The customer cannot be edited while verification is in progress.",
        )),
        (Status::Verified, Kind::Business) => Err(Refusal::BadRequest(
            "A verified business customer cannot be edited.",
        )),
        (Status::Verified, Kind::Individual)
            if changes.keys().any(|name| current.fields.contains_key(name)) =>
        {
            Err(Refusal::BadRequest(
                "Only empty fields of a verified customer can be edited.",
            ))
        }
        (Status::Verified, Kind::Individual) => Ok(()),
    }
}

fn has_operating_address(fields: &Fields) -> bool {
    [
        "operating_street",
        "operating_city",
        "operating_state",
        "operating_zip_code",
    ]
    .iter()
    .any(|name| fields.contains_key(*name))
}
