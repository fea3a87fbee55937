//! What a comment in English says, as far as words tell.

/// What a comment may say, in any case.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sign {
    /// A word that begins so, of something that is wrong. "Not expired" does not say it.
    Wrong(&'static str),
    /// This, whatever else is said of it.
    Named(&'static str),
}

/// Words that turn what follows into its opposite, like those that end in "n't".
const DENIALS: [&str; 8] = [
    "no", "non", "not", "never", "without", "neither", "nor", "cannot",
];
/// How many words later they still do.
const DENIED_WORDS: usize = 4;
/// Words that take back what comes before.
const ACQUITTALS: [&str; 4] = ["negative", "passed", "cleared", "ruled"];
/// Words that do so before a [finding](FINDINGS).
const ABSENCES: [&str; 4] = ["not", "none", "never", "no"];
/// What was not found is not there; what was not accepted, say, may well be.
const FINDINGS: [&str; 6] = [
    "found",
    "detected",
    "confirmed",
    "suspected",
    "established",
    "evident",
];
/// How many words before.
const ACQUITTED_WORDS: usize = 3;
/// Words at which another thought begins.
const BREAKS: [&str; 10] = [
    "but", "and", "because", "as", "since", "however", "although", "though", "while", "due",
];

/// A comment, thought by thought.
pub(super) struct Comment {
    text: String,
    /// Each as words with one space between them.
    clauses: Vec<String>,
}

impl Comment {
    pub(super) fn new(text: &str) -> Self {
        // A dash within a word ends nothing.
        let text = text.to_lowercase().replace('’', "'").replace(" - ", " – ");
        let ends = |letter: char| ".,;:!?()/|–—\n".contains(letter);
        let mut clauses = Vec::new();
        for part in text.split(ends) {
            let words: Vec<&str> = part
                .split(|letter: char| !letter.is_alphanumeric() && letter != '\'')
                .filter(|word| !word.is_empty())
                .collect();
            let thoughts = words.split(|word| BREAKS.contains(word));
            clauses.extend(thoughts.map(|words| words.join(" ")));
        }
        Self { text, clauses }
    }

    pub(super) fn says(&self, sign: Sign) -> bool {
        match sign {
            Sign::Named(phrase) => self.text.contains(phrase),
            Sign::Wrong(word) => self.clauses.iter().any(|clause| affirms(clause, word)),
        }
    }
}

/// Whether a clause says this of something, and not that it is not so.
fn affirms(clause: &str, word: &str) -> bool {
    let mut places = clause.match_indices(word);
    places.any(|(at, _)| {
        let (before, rest) = clause.split_at(at);
        let begins = before.is_empty() || before.ends_with(' ');
        // What is left of the word itself comes first.
        let after: Vec<&str> = rest.split(' ').skip(1).take(ACQUITTED_WORDS).collect();
        begins && !is_denied(before) && !is_acquitted(&after)
    })
}

/// Whether these words turn what follows them into its opposite.
fn is_denied(before: &str) -> bool {
    let words: Vec<&str> = before.split_whitespace().collect();
    let last = words.len().saturating_sub(DENIED_WORDS);
    let mut places = (last..words.len()).map(|place| (words[place], words.get(place + 1)));
    places.any(|(word, next)| {
        // "Passport no A123".
        let is_number = word == "no"
            && next.is_some_and(|next| next.contains(|letter: char| letter.is_ascii_digit()));
        (DENIALS.contains(&word) || word.ends_with("n't")) && !is_number
    })
}

/// Whether these words take back what comes before them.
fn is_acquitted(after: &[&str]) -> bool {
    let mut pairs = after.windows(2);
    after.iter().any(|word| ACQUITTALS.contains(word))
        || pairs.any(|pair| ABSENCES.contains(&pair[0]) && FINDINGS.contains(&pair[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_denied_is_not_said() {
        for (comment, word, expected) in [
            ("Fraud suspected. This decision is final.", "fraud", true),
            ("FRAUDULENT document", "fraud", true),
            ("No fraud found", "fraud", false),
            ("no evidence of any fraud", "fraud", false),
            ("Fraud was not detected", "fraud", false),
            ("Fraud ruled out", "fraud", false),
            ("Fraud check passed", "fraud", false),
            ("A non-fraudulent document", "fraud", false),
            ("This isn’t fraud", "fraud", false),
            ("Not accepted: fraud", "fraud", true),
            ("Not accepted because of fraud", "fraud", true),
            ("No fraud, but expired", "expired", true),
            (
                "The document has expired and is not accepted",
                "expired",
                true,
            ),
            ("not expired", "expired", false),
            ("unexpired", "expired", false),
            ("not on any sanctions list", "sanction", false),
            ("neither forged nor tampered with", "tamper", false),
            ("no fraud found in 2024. Fraud found in 2025", "fraud", true),
            ("Tampered document not accepted", "tamper", true),
            ("Tampering: none found", "tamper", true),
            ("Tampering none found", "tamper", false),
            ("Application not approved - fraud suspected", "fraud", true),
            ("Not approved — fraud", "fraud", true),
            ("not approved/fraud", "fraud", true),
            ("Passport no A12345 expired", "expired", true),
            ("", "fraud", false),
        ] {
            let found = Comment::new(comment).says(Sign::Wrong(word));
            assert_eq!(found, expected, "{comment}");
        }
        assert!(Comment::new("NO selfie").says(Sign::Named("selfie")));
    }
}
