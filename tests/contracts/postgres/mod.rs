//! What only PostgreSQL has to do.

mod accounts;
mod contention;
mod drift;
mod installation;
mod kyc;
mod ledger;
mod long_lists;
mod payment_routes;
mod plans;
mod pooler;
mod primary;
mod record_plans;
mod secrecy;
mod segments;
mod shared_reads;
mod statements;
mod swaps;
