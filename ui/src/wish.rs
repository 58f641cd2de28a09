//! Wishing for a reload.
//!
//! Invariant: whoever sees a plan agrees to that plan and no other; nothing that runs is interrupted
//! without a question that names it.

use leptos::prelude::*;
use rekindle_domain::{Banner, BusyRun, Cause, Consent, Fingerprint, Resume, WindowState, Wish};

use crate::{backend, state::App};

/// What a reload would interrupt, as far as is known now.
pub(crate) fn interrupts(state: &WindowState) -> Vec<BusyRun> {
    match &state.banner {
        Banner::Waiting { runs } => runs.clone(),
        _ => state.plan.as_ref().map(|plan| plan.interrupts.clone()).unwrap_or_default(),
    }
}

impl App {
    /// Reloads; what runs is asked about first.
    pub(crate) fn reload(self) {
        if self.state.with_untracked(|state| interrupts(state).is_empty()) {
            self.run(backend::reload(Wish { agreed: self.shown_plan(), ..Self::plain(Consent::IfIdle) }));
        } else {
            self.is_confirming.set(true);
        }
    }

    /// Reloads as soon as nothing runs, whatever there is to reload then.
    pub(crate) fn reload_when_idle(self) {
        self.run(backend::reload(Self::plain(Consent::WhenIdle)));
    }

    /// Reloads once more after the reload under way, whatever there is to reload then.
    pub(crate) fn reload_once_more(self) {
        self.run(backend::reload(Self::plain(Consent::IfIdle)));
    }

    /// Reloads and interrupts these runs; those in `resume` go on afterwards.
    pub(crate) fn reload_anyway(self, named: Vec<String>, resume: Vec<String>) {
        let (agreed, named, resume) = (self.shown_plan(), Some(named), Resume::These(resume));
        self.run(backend::reload(Wish { agreed, named, resume, ..Self::plain(Consent::Force) }));
    }

    fn plain(consent: Consent) -> Wish {
        Wish { consent, ..Wish::new(Cause::Window) }
    }

    fn shown_plan(self) -> Option<Fingerprint> {
        self.state.with_untracked(|state| state.plan.as_ref().map(|plan| plan.fingerprint.clone()))
    }
}
