//! The use cases of Vouch: what happens in which order, on the ports of the domain.
//!
//! One file per use case. Rules live in the domain, storage and the rail behind its ports, HTTP nowhere here.

pub mod amend;
pub mod authenticate;
pub mod background;
pub mod callbacks;
pub mod close;
pub mod create;
pub mod customer_file;
pub mod digest;
pub mod dispatch;
pub mod drift;
pub mod forward;
pub mod ids;
pub mod jobs;
pub mod kept_answers;
pub mod kyc_files;
pub mod lines;
pub mod liquidity;
pub mod money_lines;
pub mod open_accounts;
pub mod operators;
mod patience;
pub mod payment_routes;
pub mod payouts;
pub mod provision;
pub mod rails;
pub mod rates;
pub mod receive_upload;
pub mod reconcile;
pub mod retention;
pub mod review;
pub mod send_payouts;
pub mod send_submission;
pub mod settle;
pub mod simulate;
pub mod simulate_deposit;
pub mod steps;
pub mod submit_kyc;
pub mod swaps;
pub mod sweep_inbox;
pub mod sweep_uploads;
pub mod sync_contact;
pub mod transitions;
pub mod treasury_customers;
pub mod upload_slots;
pub mod virtual_accounts;
