//! Who asks to be a customer: bodies of creates that get into each other's way.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::fate::Fate;

/// What one caller wants to be true: this reference of this organisation is this person.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) organisation: usize,
    pub(crate) body: Value,
    /// Of the person; those who rival for a reference share it.
    pub(crate) fate: Fate,
}

impl Claim {
    /// Person number `number`, under the reference `reference`, who is verified once submitted.
    pub(crate) fn new(organisation: usize, number: usize, reference: &str) -> Self {
        Self::fated(organisation, number, reference, Fate::Verified)
    }

    fn fated(organisation: usize, number: usize, reference: &str, fate: Fate) -> Self {
        let body = json!({
            "type": "individual", "first_name": "Ada", "last_name": format!("Lovelace{}", letters(number)),
            "dob": "1990-01-15", "email": format!("person{number}@example.com"), "country": "CA",
            "id_type": "drivers_license", "id_number": format!("P{number:07}{}", fate.ending()), "tin": "123456789",
            "customer_reference": reference, "zip_code": "M5H 2N2", "city": "Toronto", "street": "1 Queen St"
        });
        Self {
            organisation,
            body,
            fate,
        }
    }

    pub(crate) fn reference(&self) -> &str {
        self.body["customer_reference"]
            .as_str()
            .expect("a reference")
    }

    /// What tells persons apart.
    pub(crate) fn id_number(&self) -> &str {
        self.body["id_number"].as_str().expect("a number")
    }

    /// Whether both want the same reference.
    pub(crate) fn rivals(&self, other: &Self) -> bool {
        self.organisation == other.organisation && self.reference() == other.reference()
    }

    fn with_interac_email(mut self, number: usize) -> Self {
        self.body["interac_email"] = json!(format!("interac{number}@example.com"));
        self
    }
}

/// The claim of a new person, and those that rival it: the same reference for another person, the same person at another
/// organisation, another customer with the same Interac e-mail.
pub(crate) fn family(rng: &mut Rng, number: usize) -> Vec<Claim> {
    let organisation = rng.usize(..2);
    let reference = format!("user-{number}");
    let fate = Fate::drawn(rng);
    let first = Claim::fated(organisation, number, &reference, fate);
    match rng.u8(..100) {
        0..15 => vec![
            first,
            Claim::fated(organisation, 100_000 + number, &reference, fate),
        ],
        15..30 => vec![
            first,
            Claim::fated(1 - organisation, number, &format!("twin-{number}"), fate),
        ],
        30..40 => {
            let reference = format!("interac-{number}");
            let rival = Claim::fated(organisation, 200_000 + number, &reference, fate);
            vec![
                first.with_interac_email(number),
                rival.with_interac_email(number),
            ]
        }
        _ => vec![first],
    }
}

/// A number in letters, as names have no digits.
fn letters(number: usize) -> String {
    let digits = number.to_string();
    digits
        .bytes()
        .map(|digit| char::from(digit - b'0' + b'a'))
        .collect()
}
