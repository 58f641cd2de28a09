//! A skill that was compared with its source, and waits for a person to decide.
//!
//! Invariants: there is one at a time; what was fetched goes when another takes its place, when it is decided, or when nobody
//! looks at it any more. What is put in place is what the person was shown.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rekindle_domain::{DiffLine, ErrorCode, InstallNotice, Scope, SkillComparison, UserError};

use super::difference;
use crate::{
    clock,
    edit::{self, Compared, Keep},
    files::locate::Places,
};

/// The one that waits, if there is one.
#[derive(Clone, Default)]
pub(super) struct Comparing(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Which of all comparisons is wanted: one that ends after the next one began is not.
    turn: u64,
    /// What was compared, with what names it.
    compared: Option<(String, Compared)>,
}

impl State {
    /// Another comparison is wanted, or none. What was compared before is handed out: its files go with it.
    fn begin(&mut self) -> Option<(String, Compared)> {
        self.turn += 1;
        self.compared.take()
    }
}

impl Comparing {
    /// Compares a skill in the place of the one before.
    pub(super) fn compare(&self, places: &Places, skill: &str) -> Result<SkillComparison, UserError> {
        let turn = {
            let mut state = self.state();
            let before = state.begin();
            let turn = state.turn;
            drop(state);
            drop(before);
            turn
        };
        let compared = edit::compare_skill(places, skill, Scope::Project)?;
        let id = clock::new_id();
        let comparison = SkillComparison { id: id.clone(), update: compared.update().clone() };
        let mut state = self.state();
        if state.turn != turn {
            return Err(gone());
        }
        state.compared = Some((id, compared));
        Ok(comparison)
    }

    /// What differs in a file: here, and in the source. Nothing: it is no text.
    pub(super) fn lines(&self, id: &str, path: &str) -> Result<Vec<DiffLine>, UserError> {
        let texts = {
            let state = self.state();
            let (_, compared) = state.compared.as_ref().filter(|(one, _)| one == id).ok_or_else(gone)?;
            compared.texts(path)
        };
        Ok(texts.map(|(here, source)| difference::of_texts(&here, &source)).unwrap_or_default())
    }

    /// Puts what was compared in place. What cannot be is compared anew.
    pub(super) fn take(&self, places: &Places, id: &str, keep: Option<Keep>) -> Result<Option<String>, UserError> {
        let compared = self.state().compared.take_if(|(one, _)| one == id);
        let (_, mut compared) = compared.ok_or_else(gone)?;
        compared.take(places, keep)
    }

    /// Nobody looks at it any more.
    pub(super) fn forget(&self) {
        // Its files go without keeping anybody waiting.
        let compared = self.state().begin();
        drop(compared);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn gone() -> UserError {
    UserError::new(ErrorCode::NotFetched, InstallNotice::PreviewGone)
}
