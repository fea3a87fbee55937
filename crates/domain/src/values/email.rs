//! E-mail addresses.

use super::{
    Rejected,
    text::{is_longer, text_value, trimmed},
};

/// The longest address in bytes: RFC 5321, sections 4.5.3.1.3 and 4.1.2 (a path of 256 with its angle brackets).
const LONGEST_ADDRESS: usize = 254;
/// The longest part before the `@` in bytes: RFC 5321, section 4.5.3.1.1.
const LONGEST_LOCAL_PART: usize = 64;
/// The longest part of a domain between dots in bytes: RFC 1035, section 2.3.4.
const LONGEST_LABEL: usize = 63;

text_value! {
    /// An e-mail address, kept as it was given.
    ///
    /// Narrower than RFC 5322 on purpose: an ASCII dot-atom, `@`, and a domain name with a top-level domain. No quotes,
    /// comments, display names or IP literals.
    Email, read by expose, stored as is_address
}

impl Email {
    /// Reads an address, spaces around it removed.
    ///
    /// # Errors
    /// [`Rejected`] for whatever is no such address, or is longer than 254 bytes.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        address(text).map(|address| Self(address.to_owned()))
    }

    /// The address in lower case: what comparison uses.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

text_value! {
    /// An address that receives Interac transfers, in lower case. Tags and dots are kept: to Interac they are
    /// other addresses.
    InteracEmail, read by as_str, stored as is_lower_case_address
}

impl InteracEmail {
    /// Reads an address by the rules of [`Email`] and makes it lower case.
    ///
    /// # Errors
    /// [`Rejected`] as for [`Email::parse`].
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        address(text).map(|address| Self(address.to_ascii_lowercase()))
    }
}

text_value! {
    /// The e-mail address of a customer as the Treasury API knows it: by the rules of [`Email`], but up to 255 characters
    /// and not trimmed, as the vendor's public description has it.
    TreasuryEmail, read by expose, stored as is_treasury_address
}

impl TreasuryEmail {
    /// The longest address in characters, which are all ASCII.
    pub const MAX_LENGTH: usize = 255;

    /// Reads an address.
    ///
    /// # Errors
    /// [`Rejected`] for whatever is no address, or is longer than 255 characters.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        if is_longer(text, Self::MAX_LENGTH) {
            return Err(Rejected("must be 255 characters or fewer"));
        }
        if !is_treasury_address(text) {
            return Err(Rejected("must be a valid email address"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl From<&Email> for TreasuryEmail {
    fn from(email: &Email) -> Self {
        Self(email.0.clone())
    }
}

fn is_treasury_address(text: &str) -> bool {
    text.len() <= TreasuryEmail::MAX_LENGTH && has_form_of_address(text)
}

fn address(text: &str) -> Result<&str, Rejected> {
    if text.len() > LONGEST_ADDRESS {
        return Err(Rejected("must be at most 254 bytes"));
    }
    let text = trimmed(text);
    if !is_address(text) {
        return Err(Rejected("must be an e-mail address"));
    }
    Ok(text)
}

fn is_lower_case_address(text: &str) -> bool {
    is_address(text) && !text.contains(|character: char| character.is_ascii_uppercase())
}

fn is_address(text: &str) -> bool {
    text.len() <= LONGEST_ADDRESS && has_form_of_address(text)
}

fn has_form_of_address(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(local, domain)| is_local_part(local) && is_domain(domain))
}

/// A dot-atom: RFC 5322, section 3.2.3.
fn is_local_part(text: &str) -> bool {
    text.len() <= LONGEST_LOCAL_PART
        && text
            .split('.')
            .all(|atom| !atom.is_empty() && atom.bytes().all(is_atom_byte))
}

fn is_atom_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

fn is_domain(text: &str) -> bool {
    let top_level = text.rsplit_once('.').map(|(_, label)| label);
    top_level.is_some_and(is_top_level) && text.split('.').all(is_label)
}

/// Letters, digits and inner hyphens: RFC 1123, section 2.1.
fn is_label(text: &str) -> bool {
    (1..=LONGEST_LABEL).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Alphabetic (RFC 3696, section 2), or an internationalised name in its ASCII form (RFC 5890, section 2.3.2.1).
fn is_top_level(label: &str) -> bool {
    let is_encoded = label
        .get(..4)
        .is_some_and(|prefix| prefix.eq_ignore_ascii_case("xn--"));
    is_encoded || (label.len() >= 2 && label.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
    use super::*;

    #[test]
    fn addresses_are_kept_as_given() {
        for text in [
            "user@pouch.app",
            "First.Last+tag@Sub.Example.co.uk",
            "o'brien@example.com",
            "!#$%&'*+-/=?^_`{|}~@example.com",
            "1@2.example",
            "a@xn--bcher-kva.example",
            "a@example.xn--p1ai",
            "a@example.XN--P1AI",
            "a@b-c.de",
        ] {
            assert_eq!(Email::parse(text).unwrap().expose(), text);
        }
    }

    #[test]
    fn only_spaces_are_trimmed() {
        assert_eq!(
            Email::parse("  a@example.com ").unwrap().expose(),
            "a@example.com"
        );
        for text in [
            "\u{a0}a@example.com",
            "a@example.com\n",
            "\ta@example.com",
            "a@example.com\0",
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            " ",
            "@",
            "user",
            "user@",
            "@example.com",
            "user@localhost",
            "user@[127.0.0.1]",
            "user@[IPv6:::1]",
            "user@127.0.0.1",
            "Name <user@example.com>",
            "<user@example.com>",
            "user@example.com (work)",
            "user(work)@example.com",
            "\"user\"@example.com",
            "us er@example.com",
            "us@er@example.com",
            ".user@example.com",
            "user.@example.com",
            "us..er@example.com",
            "user@.example.com",
            "user@example..com",
            "user@example.com.",
            "user@-example.com",
            "user@example-.com",
            "user@exa_mple.com",
            "user@example.c",
            "user@example.c0m",
            "user@example.xn--",
            "usér@example.com",
            "user@exämple.com",
            "user@example。com",
            "user@example.com,other@example.com",
            "mailto:user@example.com?cc=x",
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
            assert!(InteracEmail::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn every_part_has_its_longest() {
        let label = "d".repeat(63);
        let domain = format!("{label}.{label}.{}.com", "d".repeat(57));
        let local = "l".repeat(64);
        for (text, expected) in [
            (format!("{local}@example.com"), true),
            (format!("{local}l@example.com"), false),
            (format!("a@{label}.com"), true),
            (format!("a@{label}d.com"), false),
            (format!("{}@{domain}", "l".repeat(64)), true),
            (format!("{}@d{domain}", "l".repeat(64)), false),
            (format!("a@example.com{}", " ".repeat(241)), true),
            (format!("a@example.com{}", " ".repeat(242)), false),
            ("a@example.com".repeat(10_000), false),
        ] {
            assert_eq!(
                Email::parse(&text).is_ok(),
                expected,
                "{} bytes",
                text.len()
            );
        }
        assert_eq!(local.len() + 1 + domain.len(), 254);
    }

    #[test]
    fn comparison_is_in_lower_case() {
        let email = Email::parse("User+Tag@Example.COM").unwrap();
        assert_eq!(email.folded(), "user+tag@example.com");
    }

    #[test]
    fn interac_addresses_are_lower_case_with_tags_and_dots_kept() {
        let email = InteracEmail::parse(" U.Ser+Tag@Example.COM").unwrap();
        assert_eq!(email.as_str(), "u.ser+tag@example.com");
        assert!(InteracEmail::restore("User@example.com".to_owned()).is_err());
    }

    #[test]
    fn treasury_addresses_may_be_one_longer_and_are_not_trimmed() {
        let longest = format!("{}@{}.com", "l".repeat(64), "d.".repeat(92) + "dd");
        assert_eq!(longest.len(), 255);
        assert!(TreasuryEmail::parse(&longest).is_ok());
        assert!(Email::parse(&longest).is_err());
        assert!(TreasuryEmail::restore(longest.clone()).is_ok());
        for text in [&format!("{longest}m"), " a@example.com", "user", ""] {
            assert!(TreasuryEmail::parse(text).is_err(), "{text:?}");
        }
        let email = Email::parse("User@example.com").unwrap();
        assert_eq!(TreasuryEmail::from(&email).expose(), "User@example.com");
    }

    #[test]
    fn nothing_else_is_restored() {
        let too_long = format!("a@{}com", "d.".repeat(125));
        for text in [
            "",
            "user",
            " user@example.com",
            "user@example.com\0",
            &too_long,
        ] {
            assert!(Email::restore(text.to_owned()).is_err(), "{text:?}");
        }
    }
}
