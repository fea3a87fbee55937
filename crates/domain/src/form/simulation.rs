//! The form that asks the sandbox to play a deposit.

use uuid::Uuid;

use super::{
    FieldProblem, RawForm,
    fields::{Fields, number, text},
};
use crate::{
    money::Amount,
    simulation::{Outcome, Simulation},
    values::Rejected,
};

/// A caller's request for a simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulationRequest {
    /// The id of the swap or payment route; none, when the text given can be neither's.
    pub subject: Option<Uuid>,
    /// What is to happen to it.
    pub simulation: Simulation,
}

/// Reads the form of a simulation.
///
/// # Errors
/// One problem for each field that is missing, of another type, or not acceptable.
pub fn parse_simulation(form: &RawForm) -> Result<SimulationRequest, Vec<FieldProblem>> {
    let mut fields = Fields::new(form);
    let provider = fields.required("provider", text(provider));
    let subject = fields.required("id", text(|id| Ok(Uuid::try_parse(id).ok())));
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
        assert_eq!(request.subject, Uuid::try_parse(ID).ok());
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
