//! What to do about a reload that was cut off: by a crash, by `kill -9`, by a power cut.
//!
//! Invariants: nothing is touched; nothing counts as live that the engine does not show now; a reload that
//! another process is still at is left alone.

use rekindle_domain::{
    Action, After, AfterCut, Cause, Consent, Counts, EngineMode, ItemState, LeftOut, Notice, Plan, Receipt,
    ReceiptItem, ReceiptResult, Refusal, ReloadNotice, Resume, StateNotice, StepName, StepTime, Untold, Wish,
};

use crate::{
    state::{
        history::History,
        journal::{Journal, Unfinished},
        record::Records,
    },
    workspace::{look::observe, target::Target},
};

/// What a reload that was cut off has become.
#[derive(Clone, Debug)]
pub enum Recovered {
    /// There is none.
    Nothing,
    /// It cannot be judged yet, or is not this one's to judge.
    NotYet,
    /// It was waiting until nothing runs, and had touched nothing: it can wait on.
    Waiting(Wish),
    /// It is over; the receipt says what the engine shows now.
    Ended(Box<Receipt>),
}

/// Looks for a reload of this engine that was cut off, and finishes or judges it. `can_wait`: whoever asks
/// would wait on for it.
pub async fn recover(target: &Target, can_wait: bool) -> Recovered {
    let journal = Journal::of(target.places());
    if journal.unfinished().is_none() {
        return Recovered::Nothing;
    }
    // Whoever has the lock is still at it.
    let Ok(Some(_lock)) = Records(target.places()).reloading() else { return Recovered::NotYet };
    let Some(cut) = journal.unfinished() else { return Recovered::Nothing };
    let client = target.engine.view.url.as_ref().filter(|_| target.engine.view.mode == EngineMode::Client);
    if cut.client.as_ref() != client {
        return Recovered::NotYet;
    }
    let receipt = if cut.touched() {
        match judge(target, &cut).await {
            Some(receipt) => receipt,
            None => return Recovered::NotYet,
        }
    } else if cut.wish.consent == Consent::WhenIdle {
        return if can_wait {
            Recovered::Waiting(Wish { cause: Cause::CutOff, agreed: None, ..cut.wish })
        } else {
            Recovered::NotYet
        };
    } else {
        receipt(&cut, ReceiptResult::Refused, Refusal::CutOff.said(false))
    };
    if let Err(error) = History::of(target.places()).add(&receipt).and_then(|()| journal.end(&cut.id, receipt.result)) {
        tracing::warn!(%error, "the journal");
    }
    Recovered::Ended(Box::new(receipt))
}

/// What the engine shows now of what was to become live; `None` while it cannot be asked.
async fn judge(target: &Target, cut: &Unfinished) -> Option<Receipt> {
    if cut.last_step() != Some(StepName::Dispose) && cut.last_step() != Some(StepName::Restart) {
        // The instance was dropped for certain: what is remembered of it is not true of the next.
        if let Err(error) = target.memory_of_reload().forget_instance() {
            tracing::warn!(%error, "memory");
        }
    }
    let seen = observe(target).await;
    let (answers, loaded) = (seen.answers.as_ref()?, seen.loaded.as_ref()?);
    let planned = cut.plan.as_ref().map(|plan| plan.changes.to_vec()).unwrap_or_default();
    let after = After {
        still: &seen.drift,
        loaded,
        failures: &seen.failures,
        answers,
        passed_over: &seen.scan.disk.passed_over,
    };
    let mut items = ReceiptItem::judge(&planned, &after);
    // Whoever listened to the engine is gone.
    ReceiptItem::doubt_plugins(&mut items, &planned);
    let result = match &cut.plan {
        Some(_) => ReceiptResult::of(&items),
        None => ReceiptResult::Partial,
    };
    let shows = match result {
        ReceiptResult::Proved => AfterCut::All,
        _ if seen.drift.is_empty() => AfterCut::NothingPending,
        _ => AfterCut::StillPending,
    };
    let message = StateNotice::ReloadCutOff { shows, untold: untold(cut) };
    Some(Receipt {
        items: items.into_iter().map(told).collect(),
        counts: Counts::of(answers, seen.failures.len()),
        still_pending: seen.drift.to_vec(),
        ..receipt(cut, result, message)
    })
}

/// "The engine does not show it" is the whole truth here: nothing failed.
fn told(item: ReceiptItem) -> ReceiptItem {
    match item.state {
        ItemState::Failed if item.detail.as_ref().is_some_and(|detail| *detail == ReloadNotice::NotShown) => {
            ReceiptItem { state: ItemState::Unknown, detail: Some(ReloadNotice::PendingAgain.into()), ..item }
        }
        _ => item,
    }
}

fn untold(cut: &Unfinished) -> Untold {
    match &cut.wish.resume {
        Resume::These(sessions) if !sessions.is_empty() => Untold::These { count: sessions.len() },
        Resume::These(_) | Resume::None => Untold::Nobody,
        Resume::All => Untold::All,
    }
}

/// The receipt of a reload of which only the journal is left.
fn receipt(cut: &Unfinished, result: ReceiptResult, message: impl Into<Notice>) -> Receipt {
    let ends = cut.steps.iter().skip(1).map(|(_, after)| *after);
    let steps = cut
        .steps
        .iter()
        .zip(ends)
        .map(|((step, after), end)| StepTime { name: step.word().to_owned(), ms: end.saturating_sub(*after) });
    let lasted = cut.steps.last().map_or(0, |(_, after)| *after);
    Receipt {
        version: 1,
        id: cut.id.clone(),
        at: cut.at.clone(),
        cause: Cause::CutOff,
        result,
        action: cut.plan.as_ref().map_or(Action::None, |plan: &Plan| plan.action),
        duration_ms: lasted,
        steps: steps.collect(),
        items: Vec::new(),
        counts: Counts::default(),
        installs: Vec::new(),
        settled_at: None,
        still_pending: Vec::new(),
        left_out: LeftOut::default(),
        orphans: Vec::new(),
        resumed: Vec::new(),
        restored: false,
        message: Some(message.into()),
    }
}

/// What to say of a reload that waits for somebody to go on with it.
pub fn waits(target: &Target) -> Option<Notice> {
    let cut = Journal::of(target.places()).unfinished()?;
    let waits = !cut.touched() && cut.wish.consent == Consent::WhenIdle && !Records(target.places()).is_reloading();
    waits.then(|| StateNotice::ReloadWaits.into())
}
