//! Every submission that was acknowledged has come to the rail, which reviewed it once, and ended as it was decided.

use std::collections::BTreeMap;

use crate::{
    books::{Ours, Theirs},
    claims::Claim,
    disturbances::Refusals,
    fate::Fate,
    groups,
};

/// The states in which submissions end, and how many of a group's reviews the rail began.
#[derive(Default)]
struct Group<'a> {
    submitted: Vec<&'a str>,
    reviews: usize,
}

pub(super) fn complaints(
    claims: &[Claim],
    ours: &Ours,
    theirs: &Theirs,
    refusals: Refusals,
) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut groups: BTreeMap<Option<usize>, Group<'_>> = BTreeMap::new();
    for submission in &ours.submissions {
        let group = groups::of_reference(claims, submission.organisation, &submission.reference);
        let status = submission.text("status");
        groups.entry(group).or_default().submitted.push(status);
    }
    for review in &theirs.submissions {
        let record = theirs.customer(&review["customer_id"]);
        let id_number = record.and_then(|record| record["id_number"].as_str());
        let group = groups::of_person(claims, id_number.unwrap_or_default());
        groups.entry(group).or_default().reviews += 1;
    }
    for (group, Group { submitted, reviews }) in groups {
        let Some(claim) = group.map(|index| &claims[index]) else {
            complaints.push("the rail reviews somebody unknown".to_owned());
            continue;
        };
        let end = match (claim.fate, claim.fate.decided()) {
            (Fate::Undecided, _) => "in_review",
            (_, Some("verified")) => "approved",
            _ => "rejected",
        };
        let is_right =
            |status: &&&str| **status == end || **status == "incomplete" && refusals.of_submissions;
        if submitted.iter().filter(is_right).count() < submitted.len() {
            complaints.push(format!("submissions ended {submitted:?}: {claim:?}"));
        }
        let ended = submitted.iter().filter(|status| **status == end).count();
        // Whom it has rejected at once, the rail shows as it would show one who was never submitted again.
        let is_repeatable = end == "rejected";
        if reviews < ended || reviews > submitted.len() && !is_repeatable {
            complaints.push(format!(
                "{reviews} reviews at the rail for {submitted:?}: {claim:?}"
            ));
        }
    }
    complaints
}
