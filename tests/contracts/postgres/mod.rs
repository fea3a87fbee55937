//! What only PostgreSQL has to do.

mod contention;
mod installation;
mod plans;
mod pooler;
mod secrecy;
mod statements;
