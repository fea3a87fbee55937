//! What became of a customer's status.

use super::{Cause, Rejection, Status};
use crate::id::StatusChangeId;

/// A change of a status that somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusChange {
    /// Its id, which also tells when it was. An applied change has the id of its event.
    pub id: StatusChangeId,
    /// Who asked.
    pub cause: Cause,
    /// Before.
    pub from: Status,
    /// What was asked for.
    pub to: Status,
    /// Whether it was done.
    pub applied: bool,
    /// Whether the customer came back without its Interac e-mail, which another one had by then.
    pub hold_lost: bool,
    /// Why, of a rejection.
    pub rejection: Option<Rejection>,
}
