//! Which claims may stand for the same customer or the same person: from outside only a group of them can be compared with
//! the rail's records.

use std::collections::BTreeMap;

use crate::{
    books::{Entry, Ours, Theirs},
    claims::Claim,
};

/// The first claim of the group that has this reference.
pub(crate) fn of_reference(
    claims: &[Claim],
    organisation: usize,
    reference: &str,
) -> Option<usize> {
    let first = claims
        .iter()
        .find(|claim| claim.organisation == organisation && claim.reference() == reference)?;
    of_claim(claims, first)
}

/// The first claim of the group that has this person.
pub(crate) fn of_person(claims: &[Claim], id_number: &str) -> Option<usize> {
    let first = claims.iter().find(|claim| claim.id_number() == id_number)?;
    of_claim(claims, first)
}

/// Whom one claim rivals: for its reference or for its person, never both.
fn of_claim(claims: &[Claim], claim: &Claim) -> Option<usize> {
    claims
        .iter()
        .position(|other| other.rivals(claim) || other.id_number() == claim.id_number())
}

/// Where the statuses of customers are not those that the rail has, in words.
pub(crate) fn differing_statuses(claims: &[Claim], ours: &Ours, theirs: &Theirs) -> Vec<String> {
    let mut groups: BTreeMap<Option<usize>, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
    for Entry {
        organisation,
        reference,
        body,
    } in &ours.customers
    {
        let group = of_reference(claims, *organisation, reference);
        let status = body["status"].as_str().unwrap_or_default();
        groups.entry(group).or_default().0.push(status);
    }
    for record in &theirs.customers {
        let group = of_person(claims, record["id_number"].as_str().unwrap_or_default());
        let status = match record["verification_status"].as_str() {
            Some("VERIFIED") => "verified",
            Some("REJECTED") => "rejected",
            _ => "pending",
        };
        groups.entry(group).or_default().1.push(status);
    }
    let mut differing = Vec::new();
    for (group, (mut ours, mut theirs)) in groups {
        ours.sort_unstable();
        theirs.sort_unstable();
        if ours != theirs {
            let claim = group.map(|index| &claims[index]);
            differing.push(format!(
                "statuses are {ours:?} here and {theirs:?} at the rail: {claim:?}"
            ));
        }
    }
    differing
}
