//! Tax numbers.
//!
//! Each country issues several kinds. What a number looks like is judged always; what is certainly not one (a wrong check
//! digit, a number never issued) only where [`Rules::tin_certainty`] says so, because test data is rarely valid.

mod certainty;
mod kinds;

use kinds::Kind;

use super::{
    Country, CustomerType, Rejected, Rules, TinKinds,
    pattern::{matches, matches_any},
    text::{code, text_value, without},
};

text_value! {
    /// A tax number, upper case, without separators.
    ///
    /// Its kind is not kept: nine digits in the United States or Canada, and eleven in Nigeria, may be of several kinds,
    /// and a guess would be stored as a fact.
    Tin, read by expose, stored as |text| matches("[A-Z0-9]{3,16}", text)
}

impl Tin {
    /// Reads a number of any kind that the country issues to customers of this type.
    ///
    /// # Errors
    /// [`Rejected`] if it has the shape of none of them; with certainty checks also if it is certainly none of those whose
    /// shape it has.
    pub fn parse(
        text: &str,
        country: Country,
        customer_type: CustomerType,
        rules: &Rules<'_>,
    ) -> Result<Self, Rejected> {
        let text = code(text)?;
        let mut shaped = kinds::of(country)
            .iter()
            .filter(|kind| kind.is_taken(customer_type, rules.policy.tin_kinds))
            .filter_map(|kind| kind.number(&text).map(|number| (kind, number)))
            .peekable();
        if shaped.peek().is_none() {
            return Err(Rejected(
                "must be a tax number of the country for this type of customer",
            ));
        }
        shaped
            .find(|(kind, number)| !rules.tin_certainty() || (kind.may_exist)(number))
            .map(|(_, number)| Self(number))
            .ok_or(Rejected(
                "must be a tax number that exists: this one has a wrong check digit or is never issued",
            ))
    }
}

impl Kind {
    fn is_taken(&self, customer_type: CustomerType, taken: TinKinds) -> bool {
        let is_held = !self.for_businesses_only || customer_type == CustomerType::Business;
        is_held && (self.is_on_page || taken == TinKinds::All)
    }

    /// The bare number, if the text has the shape of this kind.
    fn number(&self, text: &str) -> Option<String> {
        let is_excluded = self
            .excluded_prefixes
            .iter()
            .any(|prefix| text.starts_with(prefix));
        let has_shape = !is_excluded && matches_any(self.shapes, text);
        has_shape.then(|| without(text, self.separators))
    }
}

#[cfg(test)]
mod tests;
