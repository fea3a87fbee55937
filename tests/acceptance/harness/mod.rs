//! What the cases are written with: services of their own or a shared one, callers, and the rail behind them.

mod answer;
mod callback;
mod caller;
mod data_folder;
mod files;
mod home;
pub(crate) mod money;
mod patience;
mod people;
mod pooler;
mod process;
mod program;
mod rail;
mod raw;
mod service;

pub(crate) use answer::Answer;
pub(crate) use callback::{Callbacks, now, sign, status_changed};
pub(crate) use caller::Caller;
pub(crate) use files::{held, jpeg, kept_documents, pdf};
pub(crate) use home::{Home, MASTER_KEY};
pub(crate) use patience::eventually;
pub(crate) use people::{business, canadian, ending, individual, unique, with, without};
pub(crate) use process::{Process, signal};
pub(crate) use rail::Rail;
pub(crate) use raw::exchange;
pub(crate) use service::Service;
