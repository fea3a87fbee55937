//! From Diesel's errors to the domain's, without a word of data: a database's detail line quotes values.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use vouch_domain::ports::StoreError;

/// Why a statement failed, as far as the adapters tell cases apart.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A unique constraint stood against it. Nothing was stored.
    Taken {
        /// The name of the constraint.
        constraint: String,
    },
    /// A check constraint stood against it. Nothing was stored.
    Forbidden {
        /// The name of the constraint.
        constraint: String,
    },
    /// Another transaction was in the way. Nothing was stored; trying again may help.
    Contention,
    /// Everything else.
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => error,
            Failure::Contention => Self::Unavailable("contention did not end".to_owned()),
            Failure::Taken { constraint } => {
                Self::Defect(format!("unexpected violation of {constraint}"))
            }
            Failure::Forbidden { constraint } => Self::Defect(format!("violation of {constraint}")),
        }
    }
}

/// What a statement answered; nothing when a unique constraint stood against it, whichever, and nothing was stored.
pub(crate) fn unless_taken<Answer>(
    answer: Result<Answer, Failure>,
) -> Result<Option<Answer>, StoreError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Failure::Taken { .. }) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::DatabaseError(kind, information) => database_error(&kind, &*information),
            Error::BrokenTransactionManager => unavailable("broken transaction"),
            Error::NotFound => defect("no row"),
            Error::SerializationError(_) => defect("a value could not be sent"),
            Error::DeserializationError(_) => defect("a value could not be read"),
            _ => defect("unexpected database error"),
        }
    }
}

fn database_error(
    kind: &DatabaseErrorKind,
    information: &(dyn DatabaseErrorInformation + Send + Sync),
) -> Failure {
    match kind {
        DatabaseErrorKind::UniqueViolation => Failure::Taken {
            constraint: information.constraint_name().unwrap_or_default().to_owned(),
        },
        DatabaseErrorKind::SerializationFailure => Failure::Contention,
        DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
            unavailable("the connection was lost")
        }
        DatabaseErrorKind::ReadOnlyTransaction => unavailable("the database is read-only"),
        DatabaseErrorKind::CheckViolation => Failure::Forbidden {
            constraint: information.constraint_name().unwrap_or_default().to_owned(),
        },
        DatabaseErrorKind::ForeignKeyViolation | DatabaseErrorKind::NotNullViolation => {
            let constraint = information.constraint_name().unwrap_or("a constraint");
            defect(&format!("violation of {constraint}"))
        }
        _ => by_message(information.message()),
    }
}

/// Diesel does not hand out SQLSTATEs; Postgres's fixed messages (`lc_messages` is C) tell the cases apart. The text
/// itself is not passed on, as a message may quote a value.
fn by_message(message: &str) -> Failure {
    const CONTENTION: [&str; 2] = ["deadlock detected", "could not serialize access"];
    const UNAVAILABLE: [&str; 15] = [
        "canceling statement due to statement timeout",
        "canceling statement due to lock timeout",
        "canceling statement due to conflict with recovery",
        "terminating connection",
        "the database system is",
        "cannot execute",
        "too many clients",
        "remaining connection slots",
        "idle-in-transaction timeout",
        "out of shared memory",
        "error communicating with the server",
        "due to user request",
        "server conn crashed",
        "query_wait_timeout",
        "pgbouncer",
    ];
    if CONTENTION.iter().any(|known| message.contains(known)) {
        return Failure::Contention;
    }
    match UNAVAILABLE.iter().find(|known| message.contains(**known)) {
        Some(known) => unavailable(known),
        None => defect("unexpected database error"),
    }
}

fn unavailable(cause: &str) -> Failure {
    Failure::Store(StoreError::Unavailable(cause.to_owned()))
}

pub(crate) fn defect(cause: &str) -> Failure {
    Failure::Store(StoreError::Defect(cause.to_owned()))
}
