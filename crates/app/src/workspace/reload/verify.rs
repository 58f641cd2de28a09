//! The proof: the engine is asked for everything, and what it shows is compared item by item.
//!
//! Invariant: what changed since the snapshot is compared with what was loaded, and stays pending.

use std::collections::BTreeMap;

use rekindle_domain::{
    Answers, ChangeKind, Counts, EngineMode, ItemId, ItemState, Kind, ReceiptItem, ReceiptResult, Verdict, chain, drift,
};

use super::run::Run;
use crate::{
    edit::last_good::Verdict as Loading,
    engine::events::Events,
    files::scan::Scan,
    workspace::look::{Observation, compare, failed_items, loading, problems, running, with_files},
};

impl Run {
    pub(super) async fn verify(&mut self) -> Result<Verdict, String> {
        let client = self.target.client.clone().ok_or("there is no engine")?;
        let answers = client.answers(loading()).await.map_err(|error| chain(&error))?;
        let mut was_heard = true;
        if !self.snapshot.disk.plugin_specs.is_empty() {
            if let Some(log) = &self.log {
                // The log comes late. An engine that is not ours is told nothing.
                let is_ours = self.target.view.mode == EngineMode::Host;
                let told = if is_ours { log.settled(&client).await } else { Ok(log.failures()) };
                was_heard = told.is_ok();
                self.failures.extend(told.unwrap_or_else(|some| some));
            }
            if let Some(events) = &mut self.events {
                self.failures.extend(events.failures().await);
            }
            was_heard &= self.events.as_ref().is_some_and(Events::has_heard_loading);
        }
        let mut failures = failed_items(&self.snapshot.disk, &self.failures);
        if answers.has_broken_tools() {
            let tools = self.planned.iter().filter(|change| change.kind == Kind::Tool);
            failures.extend(tools.map(|change| (change.id.clone(), ReceiptItem::NO_TOOLS.to_owned())));
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
        memory
            .loaded(&self.snapshot.disk, &answers, failures.clone(), &meanwhile, true)
            .map_err(|error| chain(&error))?;
        let proved = compare(&mut self.snapshot, &answers, memory.memory());
        let still = drift(&self.snapshot.disk.items, &proved.items, &self.profile());
        let is_same = |now: &&Scan| now.disk.items == self.snapshot.disk.items;
        if let Some(now) = read.as_ref().ok().filter(is_same).filter(|_| still.is_empty()) {
            // Kept once more: the engine may have written its schema into a file while it read it.
            let verdict = if failures.is_empty() && was_heard { Loading::Loaded } else { Loading::Partial };
            if let Some(kept) = self.target.keep_files(now).await {
                self.target.judge_files(kept, verdict).await;
            }
        }
        self.items = ReceiptItem::judge(&self.planned, &still, &proved, &failures);
        ReceiptItem::judge_servers(&mut self.items, &self.planned, &answers);
        ReceiptItem::await_tools(&mut self.items, &self.planned, &answers);
        ReceiptItem::doubt_passed_over(&mut self.items, &self.snapshot.disk.passed_over);
        self.counts = Counts::of(&answers, failures.len());
        self.add_unplanned(&failures);
        let mut verdict = self.verdict(&answers, &failures);
        if !was_heard && ReceiptItem::doubt_plugins(&mut self.items, &self.planned) && verdict == Verdict::Proved {
            verdict = Verdict::Partial;
        }
        let busy = running(&self.target).await;
        let view = Some(self.target.view.clone());
        let seen = Observation { answers: Some(answers), busy, view, ..Observation::default() };
        let problems = problems(&self.target).await;
        self.after = Some(match read {
            Ok(now) => with_files(&seen, now, problems, &self.target),
            Err(fault) => with_files(&seen, self.snapshot.clone(), problems, &self.target).after(fault),
        });
        Ok(verdict)
    }

    /// What nobody changed and what does not work any more belongs into the receipt as well.
    fn add_unplanned(&mut self, failures: &BTreeMap<ItemId, String>) {
        let before = self.before.as_ref();
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

    fn verdict(&self, answers: &Answers, failures: &BTreeMap<ItemId, String>) -> Verdict {
        let before = self.before.as_ref();
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
