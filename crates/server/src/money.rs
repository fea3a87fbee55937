//! Virtual accounts and payouts: what works on them, and what asks for them.

use std::sync::Arc;

use vouch_application::{
    background::Wake, digest::Digests, dispatch::MoneyCalls, ids::IdMint, money_lines::MoneyLines,
    open_accounts::AccountOpener, payouts::MakePayout, send_payouts::PayoutSender,
    virtual_accounts::OpenVirtualAccount,
};
use vouch_domain::ports::Clock;
use vouch_http::MoneyServices;
use vouch_postgres::Store;

use crate::background::Background;

/// What all workers share.
pub(crate) struct Money {
    lines: MoneyLines,
    ids: Arc<IdMint>,
    clock: Arc<dyn Clock>,
    /// Wakes the opener of virtual accounts.
    accounts: Wake,
    /// Wakes the sender of payouts.
    payouts: Wake,
}

impl Money {
    pub(crate) fn new(lines: MoneyLines, ids: Arc<IdMint>, clock: Arc<dyn Clock>) -> Self {
        Self {
            lines,
            ids,
            clock,
            accounts: Wake::default(),
            payouts: Wake::default(),
        }
    }

    /// Starts whoever opens accounts and sends payouts.
    pub(crate) fn start(&self, background: &mut Background, store: &Arc<Store>) {
        background.work(AccountOpener::new(
            Arc::clone(store) as _,
            self.lines.clone(),
            Arc::clone(&self.ids),
            Arc::clone(&self.clock),
            self.accounts.clone(),
        ));
        background.work(PayoutSender::new(
            Arc::clone(store) as _,
            self.lines.clone(),
            Arc::clone(&self.ids),
            Arc::clone(&self.clock),
            self.payouts.clone(),
        ));
    }

    /// Whom to tell what the rail has called about.
    pub(crate) fn calls(&self, store: &Arc<Store>) -> MoneyCalls {
        MoneyCalls {
            accounts: Arc::clone(store) as _,
            payouts: Arc::clone(store) as _,
            wake_accounts: self.accounts.clone(),
            wake_payouts: self.payouts.clone(),
        }
    }

    /// The use cases of requests.
    pub(crate) fn services(&self, store: &Arc<Store>, digests: &Arc<Digests>) -> MoneyServices {
        MoneyServices {
            open_account: OpenVirtualAccount::new(
                Arc::clone(store) as _,
                self.lines.clone(),
                Arc::clone(&self.ids),
                self.accounts.clone(),
            ),
            accounts: Arc::clone(store) as _,
            make_payout: MakePayout::new(
                Arc::clone(store) as _,
                self.lines.clone(),
                Arc::clone(&self.ids),
                Arc::clone(digests),
                self.payouts.clone(),
            ),
            payouts: Arc::clone(store) as _,
        }
    }
}
