//! The proof: the engine is asked for everything, and what it shows is compared item by item.
//!
//! Invariant: what changed since the snapshot is compared with what was loaded, and stays pending.

use std::collections::BTreeMap;

use rekindle_domain::{
    After, Answers, ChangeKind, Counts, EngineNotice, ItemId, ItemState, Kind, Notice, ReceiptItem, ReceiptResult,
    ReloadNotice, Verdict,
};
use rekindle_opencode::failed_items;

use super::run::Run;
use crate::{
    edit::last_good::Standing,
    files::scan::Scan,
    state::memory::Read,
    workspace::look::{Observation, compare, difference, loading, problems, running, with_files},
};

impl Run {
    pub(super) async fn verify(&mut self) -> Result<Verdict, Notice> {
        let client = self.target.engine.client.clone().ok_or(EngineNotice::NoEngine)?;
        let answers = client.answers(loading()).await.map_err(|error| error.what())?;
        let mut was_heard = true;
        if !self.snapshot.disk.plugin_specs.is_empty() {
            let heard = self.ear.failures(&client, self.target.engine.view.mode).await;
            was_heard = heard.is_whole;
            self.failures.extend(heard.failures);
        }
        let mut failures = failed_items(&self.snapshot.disk, &self.failures);
        if answers.has_broken_tools() {
            let tools = self.planned.iter().filter(|change| change.kind == Kind::Tool);
            failures.extend(tools.map(|change| (change.id.clone(), ReloadNotice::NoTools.into())));
        }
        let mut memory = self.target.memory_of_reload();
        let is_read_elsewhere = self.target.learn(&answers);
        // What cannot be read again may be anything by now; what the engine shows is still the proof.
        let read = self.target.read_files().await;
        let meanwhile =
            read.as_ref().map_or_else(|_| self.snapshot.all_of_it(), |now| self.snapshot.changed_until(now));
        // What it reads because a plugin names it now, or names it no more, was not known when the snapshot was taken.
        if let Some(now) = read.as_ref().ok().filter(|_| is_read_elsewhere) {
            self.snapshot = now.clone();
        }
        let read_files = Read {
            disk: &self.snapshot.disk,
            answers: &answers,
            failures: failures.clone(),
            was_heard,
            meanwhile: &meanwhile,
        };
        if let Err(error) = memory.proved(&read_files) {
            tracing::warn!(%error, "memory");
        }
        let proved = compare(&mut self.snapshot, &answers, memory.memory());
        let still = difference(&self.snapshot, &proved, &self.profile());
        let is_same = |now: &&Scan| now.disk.items == self.snapshot.disk.items;
        if let Some(now) = read.as_ref().ok().filter(is_same).filter(|_| still.is_empty()) {
            self.target.keep_loaded(now, Standing::of(&memory.memory().failures)).await;
        }
        let after = After {
            still: &still,
            loaded: &proved,
            failures: &failures,
            answers: &answers,
            passed_over: &self.snapshot.disk.passed_over,
        };
        self.items = ReceiptItem::judge(&self.planned, &after);
        self.counts = Counts::of(&answers, failures.len());
        self.add_unplanned(&failures);
        let mut verdict = self.verdict(&answers, &failures);
        if !was_heard && ReceiptItem::doubt_plugins(&mut self.items, &self.planned) && verdict == Verdict::Proved {
            verdict = Verdict::Partial;
        }
        let busy = running(&self.target).await;
        let view = Some(self.target.engine.view.clone());
        let seen = Observation { answers: Some(answers), busy, view, ..Observation::default() };
        let problems = problems(&self.target).await;
        self.after = Some(match read {
            Ok(now) => with_files(&seen, now, problems, &mut memory),
            Err(fault) => with_files(&seen, self.snapshot.clone(), problems, &mut memory).after(fault),
        });
        Ok(verdict)
    }

    /// What nobody changed and what does not work any more belongs into the receipt as well.
    fn add_unplanned(&mut self, failures: &BTreeMap<ItemId, Notice>) {
        let before = self.before.as_deref();
        let is_new = |id: &ItemId| {
            let is_planned = self.planned.iter().any(|change| change.id == *id);
            !is_planned && before.is_some_and(|before| !before.failures.contains_key(id))
        };
        let items = &self.snapshot.disk.items;
        let failed = failures.iter().filter(|(id, _)| is_new(id)).filter_map(|(id, message)| {
            let item = items.get(id)?;
            let (name, detail) = (item.name.clone(), Some(message.clone()));
            let (id, change, state) = (id.clone(), ChangeKind::Changed, ItemState::Failed);
            Some(ReceiptItem { id, name, change, state, detail, unheard: false })
        });
        self.items.extend(failed.collect::<Vec<_>>());
    }

    fn verdict(&self, answers: &Answers, failures: &BTreeMap<ItemId, Notice>) -> Verdict {
        let before = self.before.as_deref();
        let worked = |id: &ItemId| {
            let before = before.filter(|before| !before.failures.contains_key(id));
            before.and_then(|before| before.loaded.as_ref()).is_some_and(|loaded| loaded.items.get(id).is_some())
        };
        let had_tools = before.and_then(|before| before.answers.as_ref()).is_some_and(|had| had.tools.is_some());
        if failures.keys().any(worked) || (had_tools && answers.has_broken_tools()) {
            return Verdict::Worse;
        }
        match ReceiptResult::of(&self.items) {
            ReceiptResult::Proved => Verdict::Proved,
            // What was not heard yet, no restart makes the engine say.
            _ if self.unconfirmed && self.items.iter().any(|item| !item.is_proved() && !item.unheard) => {
                Verdict::Unconfirmed
            }
            _ => Verdict::Partial,
        }
    }
}
