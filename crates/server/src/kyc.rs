//! Files, submissions and decisions: what works on them, and what asks for them.

use std::sync::Arc;

use vouch_application::{
    background::Wake,
    callbacks::{CallbackLines, TakeCallback},
    dispatch::{Dispatcher, MoneyCalls},
    ids::IdMint,
    kyc_files::FileDesk,
    rails::Rails,
    receive_upload::ReceiveUpload,
    review::{OverdueAges, Reviewer},
    send_submission::SubmissionSender,
    submit_kyc::SubmitKyc,
    sweep_inbox::InboxSweeper,
    sweep_uploads::UploadSweeper,
    transitions::Transitions,
    upload_slots::UploadSlots,
};
use vouch_domain::ports::{Clock, Documents};
use vouch_http::KycServices;
use vouch_postgres::Store;

use crate::{
    CommandError, background::Background, callbacks, config::ServeArgs, documents, sandbox::Sandbox,
};

/// What all workers share.
pub(crate) struct Kyc {
    rails: Rails,
    /// Who reads the rails' callbacks.
    lines: CallbackLines,
    overdue: OverdueAges,
    documents: Arc<dyn Documents>,
    upload_slots: UploadSlots,
    ids: Arc<IdMint>,
    clock: Arc<dyn Clock>,
    /// Wakes whoever reads callbacks.
    calls: Wake,
    /// Wakes whoever looks for decisions.
    reviews: Wake,
    /// Wakes whoever brings submissions to the rail.
    submissions: Wake,
}

impl Kyc {
    pub(crate) fn new(
        args: &ServeArgs,
        sandbox: Option<&Sandbox>,
        rails: Rails,
        ids: Arc<IdMint>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CommandError> {
        Ok(Self {
            rails,
            lines: callbacks::lines(args, sandbox)?,
            overdue: OverdueAges {
                test: args.test_rail.rail().overdue,
                live: args.live_rail.rail().overdue,
            },
            documents: documents::open(args)?,
            upload_slots: UploadSlots::new(args.uploads_at_once),
            ids,
            clock,
            calls: Wake::default(),
            reviews: Wake::default(),
            submissions: Wake::default(),
        })
    }

    /// Starts whoever reads callbacks, looks for decisions, brings submissions to the rail, and sweeps.
    pub(crate) fn start(&self, background: &mut Background, store: &Arc<Store>, money: MoneyCalls) {
        background.work(Dispatcher::new(
            Arc::clone(store) as _,
            Arc::clone(store) as _,
            money,
            self.lines.clone(),
            self.calls.clone(),
            self.reviews.clone(),
        ));
        background.work(Reviewer::new(
            Arc::clone(store) as _,
            self.transitions(store),
            self.rails.clone(),
            self.overdue,
            self.reviews.clone(),
        ));
        background.work(SubmissionSender::new(
            Arc::clone(store) as _,
            Arc::clone(&self.documents),
            Arc::clone(store) as _,
            self.rails.clone(),
            self.overdue,
            self.submissions.clone(),
        ));
        let inbox = InboxSweeper::new(Arc::clone(store) as _, self.lines.clone());
        background.start_other(async move { inbox.run().await });
        let uploads = UploadSweeper::new(Arc::clone(store) as _, Arc::clone(&self.documents));
        background.start_other(async move { uploads.run().await });
    }

    /// Takes in what the rail calls about.
    pub(crate) fn callbacks(&self, store: &Arc<Store>) -> TakeCallback {
        TakeCallback::new(
            Arc::clone(store) as _,
            self.lines.clone(),
            Arc::clone(&self.clock),
            self.calls.clone(),
        )
    }

    /// The use cases of requests.
    pub(crate) fn services(&self, store: &Arc<Store>) -> KycServices {
        KycServices {
            files: FileDesk::new(Arc::clone(store) as _, Arc::clone(&self.ids)),
            receive_upload: ReceiveUpload::new(
                Arc::clone(store) as _,
                Arc::clone(&self.documents),
                Arc::clone(&self.ids),
                self.upload_slots.clone(),
            ),
            submit: SubmitKyc::new(
                Arc::clone(store) as _,
                Arc::clone(store) as _,
                self.transitions(store),
                Arc::clone(&self.ids),
                self.submissions.clone(),
            ),
            submissions: Arc::clone(store) as _,
        }
    }

    fn transitions(&self, store: &Arc<Store>) -> Transitions {
        Transitions::new(Arc::clone(store) as _, Arc::clone(&self.ids))
    }
}
