//! The notation in which the tables of codes and numbers are written.

/// Whether the whole of `text` matches `pattern`.
///
/// A pattern is a row of characters and classes (`A`, `[A-CE0-9]`), each once or as often as `?`, `{n}` or `{least,most}`
/// after it says. That is a small part of the usual notation, over bytes: `[0-9]` means ten characters, and the end means
/// the end, not the place before a final newline.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    matches_bytes(pattern, text.as_bytes())
}

/// Whether one of the patterns matches the whole of `text`.
pub(super) fn matches_any(patterns: &[&str], text: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, text))
}

fn matches_bytes(pattern: &str, text: &[u8]) -> bool {
    if pattern.is_empty() {
        return text.is_empty();
    }
    let (class, rest) = take_class(pattern);
    let (least, most, rest) = take_count(rest);
    let run = text
        .iter()
        .take(most)
        .take_while(|byte| contains(class, **byte))
        .count();
    (least..=run)
        .rev()
        .any(|length| matches_bytes(rest, &text[length..]))
}

fn take_class(pattern: &str) -> (&[u8], &str) {
    let class = pattern
        .strip_prefix('[')
        .and_then(|inside| inside.split_once(']'));
    let (class, rest) = class.unwrap_or_else(|| pattern.split_at(1));
    (class.as_bytes(), rest)
}

fn take_count(pattern: &str) -> (usize, usize, &str) {
    if let Some(rest) = pattern.strip_prefix('?') {
        return (0, 1, rest);
    }
    let count = pattern
        .strip_prefix('{')
        .and_then(|inside| inside.split_once('}'));
    let Some((count, rest)) = count else {
        return (1, 1, pattern);
    };
    let (least, most) = count.split_once(',').unwrap_or((count, count));
    match (least.parse(), most.parse()) {
        (Ok(least), Ok(most)) => (least, most, rest),
        // At least one and at most none: a count without sense matches nothing.
        _ => (1, 0, rest),
    }
}

fn contains(class: &[u8], byte: u8) -> bool {
    match class {
        [] => false,
        [first, b'-', last, rest @ ..] => (*first..=*last).contains(&byte) || contains(rest, byte),
        [one, rest @ ..] => *one == byte || contains(rest, byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_must_match() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("A", "A", true),
            ("A", "AA", false),
            ("A", "", false),
            ("AB", "AB", true),
            ("[A-C]", "B", true),
            ("[A-C]", "D", false),
            ("[AC-E9]", "9", true),
            ("[AC-E9]", "B", false),
            ("[AC-E9]", "-", false),
            ("[-/ ]", "-", true),
            ("[- ]", " ", true),
            ("[- ]", "!", false),
            ("A?B", "B", true),
            ("A?B", "AB", true),
            ("A?B", "AAB", false),
            ("[0-9]{3}", "123", true),
            ("[0-9]{3}", "12", false),
            ("[0-9]{3}", "1234", false),
            ("[0-9]{2,3}", "12", true),
            ("[0-9]{2,3}", "1234", false),
            ("[0-9]{1,3}A", "A", false),
            // A count gives back what the rest of the pattern needs.
            ("[0-9]?[0-9]", "1", true),
            ("[0-9]{1,3}[0-9]A", "12A", true),
            // Bytes, not characters: nothing beyond ASCII, and no end before the end.
            ("[0-9]", "²", false),
            ("[0-9]", "٣", false),
            ("[0-9]", "1\n", false),
            ("[0-9]", "1\0", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text:?}");
        }
    }

    #[test]
    fn a_pattern_without_sense_matches_nothing() {
        for pattern in ["A{x}", "A{}", "A{1,y}", "A{2,1}", "[A", "A{2"] {
            for text in ["", "A", "AA", "B"] {
                assert!(!matches(pattern, text), "{pattern} on {text}");
            }
        }
    }
}
