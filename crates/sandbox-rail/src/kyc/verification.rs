//! When a review begins, and how it ends.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    customer::{Customer, Kind, Status},
    kyc::{
        document::DocumentStatus,
        file::Purpose,
        submission::{Submission, evidence},
    },
    options::Owners,
    record::{Record, Step},
    refusal::Refusal,
    state::State,
    webhook::event,
};

/// How a review ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Verdict {
    /// None where it does not end.
    status: Option<Status>,
    comment: Option<&'static str>,
    /// Whether the platform is called back, at the beginning and at the end.
    is_told: bool,
}

impl Verdict {
    const fn rejected(comment: &'static str) -> Self {
        Self {
            status: Some(Status::Rejected),
            comment: Some(comment),
            is_told: true,
        }
    }

    /// The last four characters of the customer's number choose.
    fn on(customer: &Customer) -> Self {
        let number = customer.text(match customer.kind {
            Kind::Individual => "id_number",
            Kind::Business => "registration_number",
        });
        let verified = Self {
            status: Some(Status::Verified),
            comment: None,
            is_told: true,
        };
        let number = number.unwrap_or_default();
        let begin = number.len().saturating_sub(4);
        match number.get(begin..) {
            Some("0001") => Self::rejected("The document is unreadable. Upload a clear image."),
            Some("0002") => Self::rejected("The name on the document does not match the customer."),
            Some("0003") => Self {
                status: None,
                ..verified
            },
            Some("0004") => Self::rejected("Fraud suspected. This decision is final."),
            Some("0005") => Self {
                is_told: false,
                ..verified
            },
            _ => verified,
        }
    }
}

/// Refuses a customer that lacks what a review needs, naming one gap.
pub(crate) fn check_readiness(customer: &Customer, owners: Owners) -> Result<(), Refusal> {
    let not_ready = |kind: &str, gap: &str| {
        let message = format!("Cannot verify {kind} customer: {gap}");
        Err(Refusal::NotReady(message))
    };
    if customer.kind == Kind::Individual {
        return match customer.files.contains_key(&Purpose::Identity) {
            true => Ok(()),
            false => not_ready("individual", "id_file is required."),
        };
    }
    if owners == Owners::Required {
        let owned = customer.fields.get("owners").and_then(Value::as_array);
        let shares = owned.into_iter().flatten();
        let shares = shares.filter_map(|owner| owner["ownership_percentage"].as_f64());
        if owned.is_none_or(Vec::is_empty) {
            return not_ready("business", "at least one owner is required.");
        }
        let sum: f64 = shares.sum();
        if (sum - 100.0).abs() > f64::EPSILON {
            let gap = format!(
                "ownership_percentage of all owners must sum to 100%, but currently sums to {sum}%."
            );
            return not_ready("business", &gap);
        }
    }
    if !customer.documents.iter().any(|one| one.is_formation()) {
        return not_ready("business", "at least one formation document is required.");
    }
    Ok(())
}

/// How long things take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// From the beginning of a review to its end.
    pub(crate) decision: TimeDelta,
    /// From the submission of a rejected customer to the beginning of its review.
    pub(crate) resubmission: TimeDelta,
}

/// The customer under review, the review, and what the platform is told of it. Of one that was rejected nothing shows before
/// the review begins.
pub(crate) fn submit(
    state: &State,
    customer: &Customer,
    pace: Pace,
    now: DateTime<Utc>,
) -> (Customer, Step) {
    let waits = customer.status == Status::Rejected && pace.resubmission > TimeDelta::zero();
    let submission = Submission {
        id: Uuid::new_v4(),
        customer_id: customer.id,
        submitted_at: now,
        evidence: evidence(state, customer),
        begins_at: waits.then(|| now + pace.resubmission),
        decision_at: None,
        outcome: None,
        decided_at: None,
    };
    if !waits {
        return begin(state, customer, submission, pace, now);
    }
    let waiting = Customer {
        submission: Some(submission.id),
        ..customer.clone()
    };
    let step = vec![Record::Submission(submission), waiting.clone().into()];
    (waiting, step)
}

/// Whether a review that was asked for has not ended.
pub(crate) fn is_submitted(state: &State, customer: &Customer) -> bool {
    let review = customer.submission.and_then(|id| state.submissions.get(id));
    review.is_some_and(|review| review.begins_at.is_some() && review.outcome.is_none())
}

/// Begins a review whose time has come. Nothing happens to one that is over.
pub(crate) fn begin_due(state: &State, id: Uuid, pace: Pace, now: DateTime<Utc>) -> Step {
    let submission = state.submissions.get(id);
    let Some(submission) = submission.filter(|submission| submission.outcome.is_none()) else {
        return Step::new();
    };
    let Some(customer) = state.customers.get(submission.customer_id) else {
        return Step::new();
    };
    begin(state, customer, submission.clone(), pace, now).1
}

fn begin(
    state: &State,
    customer: &Customer,
    submission: Submission,
    pace: Pace,
    now: DateTime<Utc>,
) -> (Customer, Step) {
    let verdict = Verdict::on(customer);
    let submission = Submission {
        begins_at: None,
        decision_at: verdict.status.map(|_| now + pace.decision),
        ..submission
    };
    let mut reviewed = Customer {
        status: Status::Processing,
        comment: None,
        submission: Some(submission.id),
        updated_at: now,
        ..customer.clone()
    };
    for document in &mut reviewed.documents {
        if document.status == DocumentStatus::Pending {
            document.status = DocumentStatus::Processing;
        }
    }
    let mut step = vec![Record::Submission(submission)];
    if verdict.is_told {
        step.extend(event::status_changed(state, customer, &reviewed, now));
    }
    step.push(reviewed.clone().into());
    (reviewed, step)
}

/// Ends a review whose time has come. Nothing happens to one that is over.
pub(crate) fn decide(state: &State, id: Uuid, now: DateTime<Utc>) -> Step {
    let customer = state
        .submissions
        .get(id)
        .filter(|submission| submission.outcome.is_none())
        .and_then(|submission| state.customers.get(submission.customer_id));
    let Some(customer) = customer else {
        return Step::new();
    };
    let verdict = Verdict::on(customer);
    let Some(status) = verdict.status else {
        return Step::new();
    };
    let comment = verdict.comment.map(str::to_owned);
    conclude(state, customer, status, comment, verdict.is_told, now).1
}

/// Moves the customer to this status, whatever it was, and ends its review if it has one.
pub(crate) fn conclude(
    state: &State,
    customer: &Customer,
    status: Status,
    comment: Option<String>,
    is_told: bool,
    now: DateTime<Utc>,
) -> (Customer, Step) {
    let mut concluded = Customer {
        status,
        comment,
        updated_at: now,
        ..customer.clone()
    };
    for document in &mut concluded.documents {
        match status {
            Status::Pending | Status::Processing => {}
            Status::Verified => {
                document.status = DocumentStatus::Approved;
                document.admin_comments = None;
            }
            Status::Rejected => {
                document.status = DocumentStatus::Rejected;
                document.admin_comments = concluded.comment.clone().map(|comment| vec![comment]);
            }
        }
    }
    let mut step = Step::new();
    let review = customer.submission.and_then(|id| state.submissions.get(id));
    if let Some(review) = review.filter(|review| review.outcome.is_none()) {
        step.push(Record::Submission(Submission {
            begins_at: None,
            decision_at: None,
            outcome: Some(status),
            decided_at: Some(now),
            ..review.clone()
        }));
    }
    if is_told && status != customer.status {
        step.extend(event::status_changed(state, customer, &concluded, now));
    }
    step.push(concluded.clone().into());
    (concluded, step)
}
