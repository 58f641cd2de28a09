//! Asking again for what the engine had not said, until everything that is shown has settled; and what other
//! processes reloaded meanwhile.
//!
//! Invariant: one question at a time, none beside a reload; an answer that belongs to another engine or instance
//! is not listened to.

use std::sync::Arc;

use rekindle_domain::{Answers, Phase, Receipt, ReceiptResult};
use tokio::time::sleep;

use super::{Core, looks::Look};
use crate::{
    state::history::{History, LONGEST},
    workspace::{
        Message, SHOWN,
        look::with_heard,
        reload::hear::{Patience, hear, settle},
        report,
    },
};

impl Core {
    /// Asks again after a pause, if there is something to be heard and nobody asks already.
    pub(super) fn listen(&mut self) {
        let unheard = self.observation.answers.as_ref().filter(|answers| !answers.unheard().is_empty());
        let Some(answers) = unheard.cloned() else {
            self.patience = Patience::default();
            return;
        };
        if self.hearing.is_some() || self.reload.is_some() || self.target.engine.client.is_none() {
            return;
        }
        let Some((pause, bound)) = self.patience.next() else { return };
        let (target, inputs, number) = (self.target.clone(), self.inputs.clone(), self.questions);
        self.hearing = Some(tokio::spawn(async move {
            sleep(pause).await;
            let later = hear(&target, &answers, bound).await;
            report(&inputs, Message::Heard(number, Box::new(later))).await;
        }));
    }

    /// What was asked is of no use any more: the engine is another one, or loads everything anew.
    pub(super) fn stop_listening(&mut self) {
        self.questions += 1;
        self.patience = Patience::default();
        if let Some(hearing) = self.hearing.take() {
            hearing.abort();
        }
    }

    pub(super) fn heard(&mut self, number: u64, later: Answers) {
        if number != self.questions {
            return;
        }
        self.hearing = None;
        if self.reload.is_none() {
            self.observed(Arc::new(with_heard(&self.observation, later, &self.target)));
        }
    }

    /// Reads the history. Its length is that of before, so that what is added meanwhile is read later.
    pub(super) fn read_history(&mut self) {
        let history = History::of(&self.places);
        (self.read, self.history) = (history.length(), history.last(SHOWN).into());
    }

    /// Reads the history, if there is more of it. A reload of another process takes the place of the end that is
    /// told here; it is told itself where it was not wholly proved.
    pub(super) fn catch_up(&mut self) {
        if History::of(&self.places).length() == self.read || self.reload.is_some() {
            return;
        }
        let known = self.history.first().map(|receipt| receipt.id.clone());
        self.read_history();
        let Some(newest) = self.history.first().cloned() else { return };
        if let Some(last) = self.last.as_ref().filter(|last| last.id == newest.id) {
            if newest.left_out == last.left_out {
                self.know(newest);
            }
        } else if known.as_ref() != Some(&newest.id) {
            // What was heard of the engine may be older than that.
            self.era += 1;
            self.stop_listening();
            self.want(Look::Everything);
            self.held = None;
            self.advance(rekindle_domain::Input::Dismissed);
            if newest.result != ReceiptResult::Proved {
                self.phase = Phase::ended(&newest);
                self.last = Some(newest);
            }
        }
    }

    /// What is known by now of the reload whose end is told.
    fn know(&mut self, receipt: Receipt) {
        if receipt.result == ReceiptResult::Proved {
            self.advance(rekindle_domain::Input::Settled { attempt: receipt.id.clone() });
        }
        self.last = Some(receipt);
    }

    /// Takes what is known by now into the receipt of the last reload.
    pub(super) fn settle(&mut self) {
        let is_of_now = self.reload.is_none() && self.answered_in == self.era;
        let Some(newest) = self.history.first().filter(|_| is_of_now) else { return };
        // A long one is kept in part, and known as a whole where it was made.
        let whole = self.last.as_ref().filter(|last| last.id == newest.id);
        let mut receipt = whole.unwrap_or(newest).clone();
        if !settle(&self.places, &mut receipt, &self.observation) {
            return;
        }
        if let Some(first) = Arc::make_mut(&mut self.history).first_mut() {
            *first = receipt.clone().within(LONGEST);
        }
        if self.last.as_ref().is_some_and(|last| last.id == receipt.id) {
            self.know(receipt);
        } else if self.held.as_ref().is_some_and(|held| held.id == receipt.id) {
            self.held = Some(receipt);
        }
    }
}
