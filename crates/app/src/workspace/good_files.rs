//! Keeping and offering files from within a look or a reload.
//!
//! Invariant: neither waits for a copy, nor fails because there is none: what goes wrong is a warning.

use rekindle_domain::{LastGoodOffer, Notice, ProgramNotice, UserError, chain};

use crate::{
    edit::last_good::{LastGood, Standing},
    files::scan::Scan,
    workspace::{look::problems, target::Target},
};

impl Target {
    /// Keeps a copy of the configuration files as they are now; by what to call it. Without one, because
    /// the disk is full for example, everything else goes on.
    pub async fn keep_files(&self, scan: &Scan) -> Option<String> {
        let scan = scan.clone();
        self.with_last_good(move |last_good| last_good.keep(&scan, Standing::Seen)).await
    }

    /// Keeps a copy of files that the engine is known to have loaded, if they mean the same as then and would load, and
    /// stay as they are while that is found out: somebody may write to them at any moment. The engine itself adds to files
    /// that it loads.
    pub async fn keep_loaded(&self, scan: &Scan, verdict: Standing) {
        let Some(id) = self.keep_files(scan).await else { return };
        let now = self.read_files().await;
        let is_good = now.is_ok_and(|now| now.disk.items == scan.disk.items) && problems(self).await.is_empty();
        // A copy is called by what is in it.
        if is_good && self.keep_files(scan).await.as_ref() == Some(&id) {
            self.with_last_good(move |last_good| last_good.judge(&id, verdict)).await;
        }
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
