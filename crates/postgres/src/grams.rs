//! Grams: the runs of three characters that a customer is found by.

use vouch_domain::{
    id::OrganisationId,
    ports::{SearchText, folded},
};

/// Parts the texts that a search looks through; no search can hold it.
const SEPARATOR: char = '\u{1f}';

/// Characters of a gram.
const LENGTH: usize = 3;

/// What searches look through: reference, Interac e-mail and display name, lower-cased here because Postgres under the C
/// locale lower-cases ASCII only.
pub(crate) fn search_text(
    reference: &str,
    interac_email: Option<&str>,
    display_name: &str,
) -> String {
    let interac_email = interac_email.unwrap_or_default();
    folded(&format!(
        "{reference}{SEPARATOR}{interac_email}{SEPARATOR}{display_name}"
    ))
}

/// A gram from each place of a search text on, the last ones filled up: so the first one or two characters of some gram
/// are any one or two of the text.
pub(crate) fn grams(organisation: OrganisationId, search_text: &str) -> Vec<String> {
    let tail = tail(organisation);
    let filling = [SEPARATOR; LENGTH - 1];
    let padded: Vec<char> = search_text.chars().chain(filling).collect();
    let grams = padded.windows(LENGTH);
    grams
        .map(|gram| tail.chars().chain(gram.iter().copied()).collect())
        .collect()
}

/// The grams that all customers have which hold this text, in the order of its places, each as a `tsquery`. Text that is
/// shorter than a gram is looked for as the beginning of one.
#[must_use]
pub fn sought(organisation: OrganisationId, search: &SearchText) -> Vec<String> {
    let tail = tail(organisation);
    let characters: Vec<char> = search.as_str().chars().collect();
    if characters.len() < LENGTH {
        return vec![format!("{}:*", lexeme(&tail, &characters))];
    }
    let grams = characters.windows(LENGTH);
    grams.map(|gram| lexeme(&tail, gram)).collect()
}

/// Keeps organisations apart in the index, all but those few that happen to share it: 12 random bits of the id.
fn tail(organisation: OrganisationId) -> String {
    format!("{:03x}", organisation.uuid().as_u128() & 0xfff)
}

/// A lexeme as PostgreSQL reads it: quoted, with its quotes and backslashes doubled.
fn lexeme(tail: &str, characters: &[char]) -> String {
    let mut quoted = format!("'{tail}");
    for &character in characters {
        if matches!(character, '\'' | '\\') {
            quoted.push(character);
        }
        quoted.push(character);
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
mod tests {
    use super::*;

    fn organisation() -> OrganisationId {
        let uuid = "01890a5d-ac96-774b-bcce-b302099a8abc";
        OrganisationId::from_uuid(uuid.parse().unwrap()).unwrap()
    }

    fn grams_of(text: &str) -> Vec<String> {
        sought(organisation(), &SearchText::parse(text).unwrap())
    }

    #[test]
    fn every_place_begins_a_gram() {
        assert_eq!(
            grams(organisation(), "élo1"),
            ["abcélo", "abclo1", "abco1\u{1f}", "abc1\u{1f}\u{1f}"]
        );
    }

    #[test]
    fn long_text_is_looked_for_by_whole_grams_and_short_text_by_the_beginning_of_one() {
        assert_eq!(grams_of("Yaou"), ["'abcyao'", "'abcaou'"]);
        assert_eq!(grams_of("yao"), ["'abcyao'"]);
        assert_eq!(grams_of("ya"), ["'abcya':*"]);
        assert_eq!(grams_of("李"), ["'abc李':*"]);
    }

    #[test]
    fn nothing_in_a_search_is_syntax() {
        assert_eq!(grams_of("'&\\"), ["'abc''&\\\\'"]);
    }
}
