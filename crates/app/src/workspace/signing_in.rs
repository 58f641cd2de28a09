//! Signing in to an MCP server, which lasts as long as a person takes.
//!
//! Invariant: one at a time; it ends when the person cancels, when another begins, and with the core.

use std::sync::{Arc, Mutex, PoisonError};

use rekindle_domain::{ErrorCode, ServerNotice, UserError};
use tokio::{
    sync::{self, mpsc},
    task::AbortHandle,
};

use crate::engine::{client::Client, sign_in::sign_in};

/// What a person hears next: an address to open, or the end.
type Step = Result<Option<String>, UserError>;

/// The one that is under way, if there is one.
#[derive(Clone, Default)]
pub(super) struct SigningIn(Arc<State>);

#[derive(Default)]
struct State {
    task: Mutex<Option<AbortHandle>>,
    steps: sync::Mutex<Steps>,
}

/// What is told of the one to a server of this name.
#[derive(Default)]
struct Steps {
    name: String,
    told: Option<mpsc::UnboundedReceiver<Step>>,
}

impl Drop for State {
    fn drop(&mut self) {
        stop(&self.task);
    }
}

impl SigningIn {
    /// Begins in the place of the one before, and waits for its first step.
    pub(super) async fn begin(&self, client: Client, name: String) -> Step {
        self.cancel();
        let (tell, told) = mpsc::unbounded_channel();
        *self.0.steps.lock().await = Steps { name: name.clone(), told: Some(told) };
        let task = tokio::spawn(async move {
            let on_address = |address| drop(tell.send(Ok(Some(address))));
            let end = match sign_in(&client, &name, on_address).await {
                Ok(server) if server.status == "connected" => Ok(None),
                Ok(_) => Err(came_to_nothing(name)),
                Err(error) => Err(error),
            };
            drop(tell.send(end));
        });
        *self.0.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task.abort_handle());
        self.next().await
    }

    /// Waits for the next step.
    pub(super) async fn next(&self) -> Step {
        let mut steps = self.0.steps.lock().await;
        let step = match &mut steps.told {
            Some(told) => told.recv().await,
            None => None,
        };
        step.unwrap_or_else(|| Err(came_to_nothing(steps.name.clone())))
    }

    /// Ends it. Whoever waits hears that.
    pub(super) fn cancel(&self) {
        stop(&self.0.task);
    }
}

fn came_to_nothing(name: String) -> UserError {
    UserError::new(ErrorCode::NotSignedIn, ServerNotice::ServerNotSignedIn { name })
}

fn stop(task: &Mutex<Option<AbortHandle>>) {
    if let Some(task) = task.lock().unwrap_or_else(PoisonError::into_inner).take() {
        task.abort();
    }
}
