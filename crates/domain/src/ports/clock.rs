use chrono::{DateTime, Utc};

/// What time it is. Dates of the rules come from here; leases live on the database's clock instead.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> DateTime<Utc>;
}
