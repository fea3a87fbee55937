//! What only PostgreSQL has to do.
