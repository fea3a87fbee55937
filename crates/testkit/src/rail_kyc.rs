//! The part of the scripted rail that takes files and submissions.

use std::collections::VecDeque;

use async_trait::async_trait;
use vouch_domain::{
    kyc::{FileCategory, Gap},
    ports::{
        ByteSource, RailContent, RailCustomerId, RailFailure, RailFileId, RailKyc, RailStatus,
        RailSubmission,
    },
};

use crate::ScriptedRail;

/// A call about files or submissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KycCall {
    /// The bytes of a file.
    Send(FileCategory, Vec<u8>),
    /// Files into slots.
    Attach(Vec<FileCategory>),
    /// A document of a business.
    Document(String),
    /// The word that begins the review.
    Submit,
}

/// What the rail does with the next call of this part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KycScript {
    /// As it should.
    Behave,
    /// Nothing, and answers with this failure.
    Fail(RailFailure),
    /// As it should, but nothing of it shows.
    BehaveUnseen,
    /// As it should, and answers with this failure all the same.
    BehaveAndFail(RailFailure),
}

/// What the rail has been told.
#[derive(Default)]
pub(crate) struct KycState {
    calls: Vec<KycCall>,
    scripts: VecDeque<KycScript>,
    documents: Vec<String>,
    /// Lacking this, nobody is reviewed.
    gap: Option<Gap>,
    reviews: usize,
}

impl ScriptedRail {
    /// Scripts the next call about files or submissions that is not scripted yet.
    pub fn on_kyc(&self, script: KycScript) {
        self.kyc.lock().unwrap().scripts.push_back(script);
    }

    /// Has submissions lack this.
    pub fn lack(&self, gap: Option<Gap>) {
        self.kyc.lock().unwrap().gap = gap;
    }

    /// Every call about files and submissions, in order of arrival.
    #[must_use]
    pub fn kyc_calls(&self) -> Vec<KycCall> {
        self.kyc.lock().unwrap().calls.clone()
    }

    /// How many reviews have begun.
    #[must_use]
    pub fn reviews(&self) -> usize {
        self.kyc.lock().unwrap().reviews
    }

    fn play<T>(
        &self,
        call: KycCall,
        behave: impl FnOnce(&mut KycState) -> Result<T, RailFailure>,
    ) -> Result<T, RailFailure> {
        let mut state = self.kyc.lock().unwrap();
        state.calls.push(call);
        match state.scripts.pop_front() {
            None | Some(KycScript::Behave) => behave(&mut state),
            Some(KycScript::BehaveUnseen) => {
                let before = self.records();
                let outcome = behave(&mut state);
                self.restore(before);
                outcome
            }
            Some(KycScript::Fail(failure)) => Err(failure),
            Some(KycScript::BehaveAndFail(failure)) => behave(&mut state).and(Err(failure)),
        }
    }

    /// A customer whom it reviews already is not reviewed again.
    fn begin_review(&self, state: &mut KycState, customer: &RailCustomerId) -> bool {
        let reviewed = [RailStatus::Processing, RailStatus::Verified].map(Some);
        if reviewed.contains(&self.word_on(customer.expose())) {
            return false;
        }
        state.reviews += 1;
        self.decide(customer.expose(), Some(RailStatus::Processing), &[]);
        true
    }
}

fn broken_off() -> RailFailure {
    RailFailure::Unclear {
        cause: "the bytes broke off".to_owned(),
    }
}

fn refused() -> RailFailure {
    RailFailure::Refused { fields: Vec::new() }
}

#[async_trait]
impl RailKyc for ScriptedRail {
    async fn send_file(
        &self,
        _: &RailCustomerId,
        content: RailContent,
        mut bytes: Box<dyn ByteSource>,
    ) -> Result<RailFileId, RailFailure> {
        let mut all = Vec::new();
        while let Some(piece) = bytes.next().await.map_err(|_| broken_off())? {
            all.extend(piece);
        }
        assert_eq!(all.len() as u64, content.size, "a file came whole");
        self.play(KycCall::Send(content.category, all), |state| {
            let id = format!("rail-file-{}", state.calls.len());
            Ok(RailFileId::parse(&id).expect("a rail file id"))
        })
    }

    async fn attach_files(
        &self,
        customer: &RailCustomerId,
        files: &[(FileCategory, RailFileId)],
    ) -> Result<(), RailFailure> {
        let categories: Vec<_> = files.iter().map(|(category, _)| *category).collect();
        let begins = categories.contains(&FileCategory::IdDocument);
        self.play(KycCall::Attach(categories), |state| {
            match begins && !self.begin_review(state, customer) {
                true => Err(refused()),
                false => Ok(()),
            }
        })
    }

    async fn has_document(&self, _: &RailCustomerId, name: &str) -> Result<bool, RailFailure> {
        let state = self.kyc.lock().unwrap();
        Ok(state.documents.iter().any(|document| document == name))
    }

    async fn add_document(
        &self,
        _: &RailCustomerId,
        name: &str,
        _: &RailFileId,
    ) -> Result<(), RailFailure> {
        self.play(KycCall::Document(name.to_owned()), |state| {
            state.documents.push(name.to_owned());
            Ok(())
        })
    }

    async fn submit(&self, customer: &RailCustomerId) -> Result<RailSubmission, RailFailure> {
        self.play(KycCall::Submit, |state| {
            if let Some(gap) = state.gap {
                return Ok(RailSubmission::NotReady(gap));
            }
            Ok(match self.begin_review(state, customer) {
                true => RailSubmission::Begun,
                false => RailSubmission::UnderWayOrOver,
            })
        })
    }
}
