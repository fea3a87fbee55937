//! How the rail names things.

use std::fmt;

use crate::values::Rejected;

/// Declares an id that only the rail gives.
macro_rules! rail_ids {
    ($($(#[$doc:meta])* $id:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// Never shown outside: not in a response, header, error, event or log.
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $id(String);

        impl $id {
            /// Takes an id from the rail: 1–128 visible ASCII characters that need no escape in a URL path.
            ///
            /// # Errors
            /// [`Rejected`] for anything else.
            pub fn parse(text: &str) -> Result<Self, Rejected> {
                if !is_plain(text) {
                    return Err(Rejected("must be a plain identifier"));
                }
                Ok(Self(text.to_owned()))
            }

            /// The id, for the rail's adapter and the store, and for what operators see on their own terminal.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(concat!(stringify!($id), "(…)"))
            }
        }
    )*};
}

rail_ids! {
    /// The rail's own id of a customer.
    RailCustomerId;
    /// The rail's own id of a virtual bank account.
    RailAccountId;
}

fn is_plain(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=128).contains(&text.len()) && text.bytes().all(is_plain) && !text.starts_with('.')
}
