//! What only PostgreSQL has to do.

mod contention;
mod drift;
mod installation;
mod long_lists;
mod plans;
mod pooler;
mod primary;
mod secrecy;
mod statements;
