//! The rail's customer fields: who must send them, who must not, and what they may hold.

use chrono::NaiveDate;
use serde_json::Value;

use crate::{customer::Kind, options::NationalIds};

/// Whether a customer of some type may or must have a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Required,
    Optional,
    Prohibited,
}

/// One field of the create and update calls.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    individual: Presence,
    business: Presence,
    format: Format,
}

enum Format {
    Text,
    LongText,
    Email,
    Country,
    Date,
    OneOf(&'static [&'static str]),
    IdType,
    Owners,
    Anything,
}

use Format::{Anything, Country, Date, Email, IdType, LongText, OneOf, Owners, Text};
use Presence::{Optional, Prohibited, Required};

/// Every field the rail knows, apart from `type`.
pub(crate) const FIELDS: [Field; 35] = [
    field("email", Required, Required, Email),
    field("country", Required, Required, Country),
    field("first_name", Required, Optional, Text),
    field("last_name", Required, Optional, Text),
    field("business_name", Optional, Required, Text),
    field("id_type", Required, Prohibited, IdType),
    field("id_number", Required, Prohibited, Text),
    field("registration_number", Prohibited, Required, Text),
    field("incorporation_country", Prohibited, Required, Country),
    field("phone", Optional, Optional, Text),
    field("tin", Optional, Optional, Text),
    field("street", Optional, Optional, Text),
    field("city", Optional, Optional, Text),
    field("state", Optional, Optional, Text),
    field("zip_code", Optional, Optional, Text),
    field("dob", Optional, Optional, Date),
    field("id_expiry_date", Optional, Optional, Date),
    field("id_issue_date", Optional, Optional, Date),
    field("operating_street", Prohibited, Optional, Text),
    field("operating_city", Prohibited, Optional, Text),
    field("operating_state", Prohibited, Optional, Text),
    field("operating_zip_code", Prohibited, Optional, Text),
    field("operating_country", Prohibited, Optional, Country),
    // `MINIMAL` is for platforms on the vendor's allow-list, and ours is not.
    field("kyb_scope", Prohibited, Optional, OneOf(&["FULL"])),
    field("trading_name", Prohibited, Optional, Text),
    field(
        "business_type",
        Prohibited,
        Optional,
        OneOf(&BUSINESS_TYPES),
    ),
    field("incorporation_date", Prohibited, Optional, Date),
    field("industry_type", Prohibited, Optional, Text),
    field("business_description", Prohibited, Optional, LongText),
    field("website", Prohibited, Optional, Text),
    field(
        "source_of_funds",
        Prohibited,
        Optional,
        OneOf(&SOURCES_OF_FUNDS),
    ),
    field(
        "estimated_annual_revenue",
        Prohibited,
        Optional,
        OneOf(&ANNUAL_REVENUES),
    ),
    field("expected_monthly_payments", Prohibited, Optional, Anything),
    field(
        "account_purpose",
        Prohibited,
        Optional,
        OneOf(&ACCOUNT_PURPOSES),
    ),
    field("owners", Prohibited, Optional, Owners),
];

const BUSINESS_TYPES: [&str; 7] = [
    "corporation",
    "government_entity",
    "llc",
    "non_profit",
    "other",
    "partnership",
    "sole_proprietorship",
];
const SOURCES_OF_FUNDS: [&str; 5] = [
    "business_revenue",
    "business_loans",
    "investment_income",
    "third_party_funds",
    "other",
];
const ANNUAL_REVENUES: [&str; 8] = [
    "0_99999",
    "100000_499999",
    "500000_999999",
    "1000000_4999999",
    "5000000_24999999",
    "25000000_99999999",
    "100000000_249999999",
    "250000000_plus",
];

const ACCOUNT_PURPOSES: [&str; 4] = [
    "receive_payments_for_goods_and_services",
    "send_payments_for_goods_and_services",
    "send_receive_funds_related_parties",
    "other",
];

const MAX_TEXT: usize = 255;
const MAX_LONG_TEXT: usize = 2000;
const MAX_OWNERS: usize = 5;

const fn field(
    name: &'static str,
    individual: Presence,
    business: Presence,
    format: Format,
) -> Field {
    Field {
        name,
        individual,
        business,
        format,
    }
}

impl Field {
    /// Whether customers of this type have the field.
    pub(crate) fn presence(&self, kind: Kind) -> Presence {
        match kind {
            Kind::Individual => self.individual,
            Kind::Business => self.business,
        }
    }

    /// What is wrong with a value that is present, if anything.
    pub(crate) fn complaint(&self, value: &Value, national_ids: NationalIds) -> Option<String> {
        let label = label(self.name);
        match self.format {
            Text => text_complaint(value, MAX_TEXT, &label),
            LongText => text_complaint(value, MAX_LONG_TEXT, &label),
            Email => (!is_email(value))
                .then(|| format!("The {label} field must be a valid email address.")),
            Country => (!is_country(value))
                .then(|| format!("The {label} field must be an ISO 3166-1 alpha-2 code.")),
            Date => {
                (!is_date(value)).then(|| format!("The {label} field must match the format Y-m-d."))
            }
            OneOf(allowed) => {
                (!is_one_of(value, allowed)).then(|| format!("The selected {label} is invalid."))
            }
            IdType => {
                let allowed = id_types(national_ids);
                (!is_one_of(value, allowed)).then(|| format!("The selected {label} is invalid."))
            }
            Owners => owners_complaint(value),
            Anything => None,
        }
    }
}

/// The field's name as the vendor's messages spell it: `first_name` is "first name".
pub(crate) fn label(name: &str) -> String {
    name.replace('_', " ")
}

fn id_types(national_ids: NationalIds) -> &'static [&'static str] {
    match national_ids {
        NationalIds::Accept => &["drivers_license", "passport", "resident_permit", "id_card"],
        NationalIds::Refuse => &["drivers_license", "passport", "resident_permit"],
    }
}

fn text_complaint(value: &Value, max: usize, label: &str) -> Option<String> {
    match value.as_str() {
        None => Some(format!("The {label} field must be a string.")),
        Some(text) if text.chars().count() > max => Some(format!(
            "The {label} field must not be greater than {max} characters."
        )),
        Some(_) => None,
    }
}

fn is_email(value: &Value) -> bool {
    let Some((local, domain)) = value.as_str().and_then(|text| text.split_once('@')) else {
        return false;
    };
    let plain = |part: &str| {
        !part.is_empty()
            && !part.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@')
    };
    let labels = domain.split('.').count();
    plain(local)
        && labels >= 2
        && domain.split('.').all(plain)
        && local.len() + domain.len() < MAX_TEXT
}

fn is_country(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()))
}

fn is_date(value: &Value) -> bool {
    // chrono also takes months and days of one digit; the rail does not.
    value
        .as_str()
        .is_some_and(|text| text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok())
}

fn is_one_of(value: &Value, allowed: &[&str]) -> bool {
    value.as_str().is_some_and(|text| allowed.contains(&text))
}

fn owners_complaint(value: &Value) -> Option<String> {
    let Some(owners) = value.as_array() else {
        return Some("The owners field must be an array.".to_owned());
    };
    if owners.len() > MAX_OWNERS {
        return Some(format!(
            "The owners field must not have more than {MAX_OWNERS} items."
        ));
    }
    let named = |owner: &Value| owner["first_name"].is_string() && owner["last_name"].is_string();
    (!owners.iter().all(named))
        .then(|| "Each of the owners must have a first name and a last name.".to_owned())
}
