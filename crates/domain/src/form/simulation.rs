//! The form that asks the sandbox to play a deposit.

use super::{
    FieldProblem, RawForm,
    fields::{Fields, number, text},
};
use crate::{
    id::{NotAnId, PaymentRouteId, SwapId},
    money::Amount,
    simulation::{Outcome, Simulation},
    values::Rejected,
};

/// A caller's request for a simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulationRequest {
    /// What it is about; none, when the text given can be the id of nothing.
    pub subject: Option<SimulationSubject>,
    /// What is to happen to it.
    pub simulation: Simulation,
}

/// The id of a swap, or of a payment route: the text alone does not tell which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimulationSubject(SwapId);

impl SimulationSubject {
    /// Reads a hyphenated UUID.
    ///
    /// # Errors
    /// [`NotAnId`] for another form, and for a UUID that is no id.
    pub fn parse(text: &str) -> Result<Self, NotAnId> {
        SwapId::parse_hyphenated(text).map(Self)
    }

    /// The swap that it may mean.
    #[must_use]
    pub fn swap(self) -> SwapId {
        self.0
    }

    /// The payment route that it may mean.
    #[must_use]
    pub fn payment_route(self) -> PaymentRouteId {
        PaymentRouteId::of_time_ordered(self.0.uuid())
    }
}

/// Reads the form of a simulation.
///
/// # Errors
/// One problem for each field that is missing, of another type, or not acceptable.
pub fn parse_simulation(form: &RawForm) -> Result<SimulationRequest, Vec<FieldProblem>> {
    let mut fields = Fields::new(form);
    let provider = fields.required("provider", text(provider));
    let subject = fields.required("id", text(|id| Ok(SimulationSubject::parse(id).ok())));
    let outcome = fields.optional("status", text(Outcome::parse));
    let amount = fields.optional("amount", number(Amount::parse));
    fields.finish(
        provider
            .zip(subject)
            .map(|((), subject)| SimulationRequest {
                subject,
                simulation: Simulation {
                    outcome: outcome.unwrap_or(Outcome::Completed),
                    amount,
                },
            }),
    )
}

/// The contract knows one provider by name.
fn provider(text: &str) -> Result<(), Rejected> {
    match text {
        "relay" => Ok(()),
        _ => Err(Rejected("must be relay")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;
    use crate::form::RawField::{self, Null, Number, Text};
    use crate::form::fields::tests::messages;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn with(changes: &[(&str, RawField)]) -> RawForm {
        let mut form = RawForm::from([
            ("provider".to_owned(), Text("relay".to_owned())),
            ("id".to_owned(), Text(ID.to_owned())),
        ]);
        for (field, raw) in changes {
            form.insert((*field).to_owned(), raw.clone());
        }
        form
    }

    #[test]
    fn what_is_left_out_ends_well_with_the_amount_expected() {
        let request = parse_simulation(&with(&[])).unwrap();
        let subject = request.subject.unwrap();
        assert_eq!(Ok(subject.swap()), SwapId::parse_hyphenated(ID));
        let route = PaymentRouteId::parse_hyphenated(ID);
        assert_eq!(Ok(subject.payment_route()), route);
        assert_eq!(request.simulation.outcome, Outcome::Completed);
        assert_eq!(request.simulation.amount, None);
    }

    #[test]
    fn outcome_and_amount_may_be_given() {
        let form = with(&[
            ("status", Text("failed".to_owned())),
            ("amount", Number("12.5".to_owned())),
            ("id", Text("nothing".to_owned())),
        ]);
        let request = parse_simulation(&form).unwrap();
        assert_eq!(request.subject, None);
        assert_eq!(request.simulation.outcome, Outcome::Failed);
        assert_eq!(request.simulation.amount, Amount::parse("12.5").ok());
    }

    #[test]
    fn only_a_hyphenated_uuid_of_ours_is_an_id() {
        for id in [
            "",
            "x",
            "01890a5dac96774bbcceb302099a8057",
            "{01890a5d-ac96-774b-bcce-b302099a8057}",
            "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
            "01890a5d-ac96-474b-bcce-b302099a8057",
        ] {
            let request = parse_simulation(&with(&[("id", Text(id.to_owned()))]));
            assert_eq!(request.unwrap().subject, None, "{id}");
        }
    }

    #[test]
    fn every_field_has_its_one_problem() {
        assert_eq!(parse_simulation(&RawForm::new()).unwrap_err().len(), 2);
        for (field, raw, message) in [
            ("provider", Text("other".to_owned()), "must be relay"),
            ("id", Number("1".to_owned()), "must be a string"),
            (
                "status",
                Text("expired".to_owned()),
                "must be completed or failed",
            ),
            ("amount", Text("1".to_owned()), "must be a number"),
            ("amount", Null, "must be a number"),
        ] {
            let parsed = parse_simulation(&with(&[(field, raw)]));
            assert_eq!(messages(parsed), [(field.to_owned(), message)]);
        }
    }
}
