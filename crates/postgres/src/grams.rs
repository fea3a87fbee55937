//! Grams: the runs of three characters that a customer is found by.

use vouch_domain::ports::{SearchText, folded};

/// Parts the texts that a search looks through, and in the index a gram from the number before it; no search can hold it.
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
pub(crate) fn grams(search_text: &str) -> Vec<String> {
    let filling = [SEPARATOR; LENGTH - 1];
    let padded: Vec<char> = search_text.chars().chain(filling).collect();
    padded.windows(LENGTH).map(String::from_iter).collect()
}

/// The grams that all customers have which hold this text, in the order of its places, each as a `tsquery` in which the
/// separator stands for a segment's number and itself. Text that is shorter than a gram is looked for as the beginning of one.
#[must_use]
pub fn sought(search: &SearchText) -> Vec<String> {
    let characters: Vec<char> = search.as_str().chars().collect();
    if characters.len() < LENGTH {
        return vec![format!("{}:*", lexeme(&characters))];
    }
    characters.windows(LENGTH).map(lexeme).collect()
}

/// A lexeme as PostgreSQL reads it: quoted, with its quotes and backslashes doubled.
fn lexeme(characters: &[char]) -> String {
    let mut quoted = format!("'{SEPARATOR}");
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

    fn grams_of(text: &str) -> Vec<String> {
        sought(&SearchText::parse(text).unwrap())
    }

    #[test]
    fn every_place_begins_a_gram() {
        assert_eq!(grams("élo1"), ["élo", "lo1", "o1\u{1f}", "1\u{1f}\u{1f}"]);
    }

    #[test]
    fn long_text_is_looked_for_by_whole_grams_and_short_text_by_the_beginning_of_one() {
        assert_eq!(grams_of("Yaou"), ["'\u{1f}yao'", "'\u{1f}aou'"]);
        assert_eq!(grams_of("yao"), ["'\u{1f}yao'"]);
        assert_eq!(grams_of("ya"), ["'\u{1f}ya':*"]);
        assert_eq!(grams_of("李"), ["'\u{1f}李':*"]);
    }

    #[test]
    fn nothing_in_a_search_is_syntax() {
        assert_eq!(grams_of("'&\\"), ["'\u{1f}''&\\\\'"]);
    }
}
