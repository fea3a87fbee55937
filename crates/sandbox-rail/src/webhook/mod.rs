//! How the rail calls the platform back: registration, events, and signed delivery.

pub(crate) mod delivery;
pub(crate) mod event;
pub(crate) mod registration;
pub(crate) mod registration_routes;
pub(crate) mod sender;
