//! Keeping and offering files from within a look or a reload.
//!
//! Invariant: neither waits for a copy, nor fails because there is none: what goes wrong is a warning.

use rekindle_domain::{LastGoodOffer, Notice, ProgramNotice, UserError, chain};

use crate::{
    edit::last_good::{LastGood, Standing},
    files::scan::Scan,
    workspace::target::Target,
};

impl Target {
    /// Keeps a copy of the configuration files as they are now; by what to call it. Without one, because
    /// the disk is full for example, everything else goes on.
    pub async fn keep_files(&self, scan: &Scan) -> Option<String> {
        let scan = scan.clone();
        self.with_last_good(move |last_good| last_good.keep(&scan, Standing::Seen)).await
    }

    /// Says of a copy that the engine loaded it.
    pub async fn judge_files(&self, id: String, verdict: Standing) {
        self.with_last_good(move |last_good| last_good.judge(&id, verdict)).await;
    }

    /// What could be restored in place of these files.
    pub async fn last_good(&self, scan: &Scan) -> Option<LastGoodOffer> {
        let scan = scan.clone();
        self.with_last_good(move |last_good| Ok(last_good.offer(&scan))).await.flatten()
    }

    /// Puts the files of a copy back; what went wrong.
    pub async fn restore_files(&self, id: String) -> Result<(), Notice> {
        let places = self.places().clone();
        let restore = move || LastGood::of(&places).restore(&id).map(drop).map_err(|error| error.what);
        tokio::task::spawn_blocking(restore).await.unwrap_or_else(|_| Err(ProgramNotice::WorkEndedEarly.into()))
    }

    async fn with_last_good<T: Send + 'static>(
        &self,
        work: impl FnOnce(&LastGood) -> Result<T, UserError> + Send + 'static,
    ) -> Option<T> {
        let places = self.places().clone();
        let done = tokio::task::spawn_blocking(move || work(&LastGood::of(&places))).await.ok()?;
        done.inspect_err(|error| tracing::warn!(error = chain(error), "last good files")).ok()
    }
}
