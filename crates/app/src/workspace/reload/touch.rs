//! What is done to the engine and to the files: the dispose, the restart, the last good files.
//!
//! Invariant: after the engine was touched it is asked nothing before the files were checked again: a
//! file that somebody broke in that moment would brick the directory.

use std::time::{Duration, Instant};

use rekindle_domain::{Action, Counts, EditNotice, EngineNotice, Input, Kind, Notice};

use super::run::Run;
use crate::{
    engine::client::ClientError,
    workspace::look::{loading, problems},
};

/// How long the engine may take to say that it dropped the instance. A plugin's own clean-up may be slow, and
/// an event can be lost; after this, what the engine shows decides. It answers afresh from the dispose on.
const DROPPED: Duration = Duration::from_secs(3);
/// How long an answer that is none is asked for again.
const ODD: Duration = Duration::from_secs(5);
/// How long to wait before that.
const PAUSE: Duration = Duration::from_millis(100);
/// How long one question for the new instance may take before it is asked again.
const POLL: Duration = Duration::from_secs(3);

impl Run {
    pub(super) async fn dispose(&mut self) -> Result<(), Notice> {
        self.action = self.action.max(Action::Dispose);
        self.forget_proof();
        let client = self.target.engine.client.clone().ok_or(EngineNotice::NoEngine)?;
        self.ear.begin(self.target.places()).await;
        client.dispose().await.map_err(|error| error.what())?;
        // Where the end is not told, what the engine shows afterwards decides.
        self.unconfirmed = !self.ear.disposed(DROPPED, &mut self.failures).await;
        Ok(())
    }

    pub(super) async fn restart(&mut self) -> Result<(), Notice> {
        self.action = Action::Restart;
        self.forget_proof();
        if let Some(problem) = problems(&self.target).await.first() {
            // A new process would not come up, or be stuck.
            return Err(rekindle_domain::Refusal::Problems { problems: vec![problem.clone()] }.said(false));
        }
        self.ear.close();
        self.failures.clear();
        self.ear.begin(self.target.places()).await;
        let engine = self.source.restart(self.target.places()).await?;
        self.target.meet(engine);
        self.unconfirmed = false;
        let client = self.target.engine.client.clone().ok_or(EngineNotice::EngineNotUp { why: None })?;
        // Before the first question, because plugins report their failures while they are loaded.
        self.ear.open(&client).await;
        Ok(())
    }

    /// What was proved is not so any more once the engine is touched again.
    fn forget_proof(&mut self) {
        self.after = None;
        self.items.clear();
        self.counts = Counts::default();
    }

    /// Puts the files back that the engine is known to have loaded.
    pub(super) async fn roll_back(&mut self) -> Result<(), Notice> {
        let scan = self.target.read_files().await.map_err(|fault| fault.what())?;
        let offer = self.target.last_good(&scan).await.ok_or(EditNotice::NothingToRestore)?;
        self.target.restore_files(offer.id).await?;
        // What is to be proved now is that these are loaded.
        self.snapshot = self.target.read_files().await.map_err(|fault| fault.what())?;
        Ok(())
    }

    pub(super) async fn await_answer(&mut self) -> Input {
        let attempt = self.attempt.clone();
        // Someone may have broken a file in this very moment. Asking now would brick the directory.
        let problems = problems(&self.target).await;
        if !problems.is_empty() {
            return Input::Broken { attempt, problems };
        }
        let Some(client) = self.target.engine.client.clone() else {
            return Input::Failed { attempt, message: EngineNotice::NoEngine.into() };
        };
        let began = Instant::now();
        let mut odd_since = None;
        loop {
            match client.config(POLL.min(loading())).await {
                Ok(_) => return Input::Done { attempt },
                Err(error @ ClientError::TimedOut { .. }) if began.elapsed() >= loading() => {
                    let message = self.still_loading(&error);
                    return Input::StillLoading { attempt, message };
                }
                Err(ClientError::TimedOut { .. }) => odd_since = None,
                Err(error) => {
                    // These are answers, and stay what they are.
                    let is_final = matches!(error, ClientError::Stuck { .. } | ClientError::Unauthorized);
                    let odd_since = odd_since.get_or_insert_with(Instant::now);
                    if is_final || error.is_refused() || odd_since.elapsed() >= ODD {
                        return Input::Failed { attempt, message: error.what() };
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// What the engine may hang on: what is new among its plugins, else all of them.
    fn still_loading(&self, error: &ClientError) -> Notice {
        let new = self.planned.iter().filter(|change| change.kind == Kind::Plugin);
        let mut names: Vec<_> = new.map(|change| change.name.as_str()).collect();
        if names.is_empty() {
            let plugins = self.snapshot.disk.items.iter().filter(|item| item.kind == Kind::Plugin);
            names = plugins.map(|item| item.name.as_str()).collect();
        }
        let plugins = names.into_iter().map(str::to_owned).collect();
        let why = Box::new(error.what());
        EngineNotice::EngineHangs { seconds: loading().as_secs(), plugins, why }.into()
    }
}
