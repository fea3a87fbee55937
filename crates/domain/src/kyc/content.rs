//! What a file's bytes are.

use crate::values::Rejected;

/// As many of the first bytes as tell a file's type.
pub const SIGNATURE_LENGTH: usize = 8;

/// A type of file that the rail takes (its fact sheet, section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentType {
    /// A photograph.
    Jpeg,
    /// A picture.
    Png,
    /// A document.
    Pdf,
}

impl ContentType {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::Pdf];

    /// The media type, on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
        }
    }

    /// Reads the media type, byte for byte.
    ///
    /// # Errors
    /// [`Rejected`] for any other.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or(Rejected(
                "must be one of image/jpeg, image/png, application/pdf",
            ))
    }

    /// The type of a file that begins like this, whatever anybody says of it: JPEG by its first marker, PNG by its
    /// signature (PNG specification, section 5.2), PDF by its header (ISO 32000-1, section 7.5.2). [`SIGNATURE_LENGTH`]
    /// bytes are enough.
    #[must_use]
    pub fn sniff(start: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|known| start.starts_with(known.signature()))
    }

    fn signature(self) -> &'static [u8] {
        match self {
            Self::Jpeg => b"\xff\xd8\xff",
            Self::Png => b"\x89PNG\r\n\x1a\n",
            Self::Pdf => b"%PDF-",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_read_back() {
        for known in ContentType::ALL {
            assert_eq!(ContentType::parse(known.as_str()), Ok(known));
            assert!(known.signature().len() <= SIGNATURE_LENGTH);
        }
        for other in ["", "image/jpg", "IMAGE/PNG", "application/pdf; a=b"] {
            assert!(ContentType::parse(other).is_err(), "{other}");
        }
    }

    #[test]
    fn the_first_bytes_tell_the_type() {
        for (start, expected) in [
            (&b"\xff\xd8\xff\xe0\x00\x10JF"[..], Some(ContentType::Jpeg)),
            (b"\x89PNG\r\n\x1a\n", Some(ContentType::Png)),
            (b"%PDF-1.7", Some(ContentType::Pdf)),
            (b"", None),
            (b"\xff\xd8", None),
            (b"\x89PNG\n\x1a\n", None),
            (b" %PDF-1.7", None),
            (b"GIF89a\x01\x02", None),
            (b"PK\x03\x04\x00\x00\x00\x00", None),
            (b"<html>..", None),
        ] {
            assert_eq!(ContentType::sniff(start), expected, "{start:?}");
        }
    }
}
