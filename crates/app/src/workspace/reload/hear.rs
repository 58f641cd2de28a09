//! Hearing what the engine had not said when it was asked: MCP servers that connect slowly, what waits for them,
//! and everything after an installation.
//!
//! Invariants: it is asked again ever more seldom, and not for ever; never while a file would not load, because
//! a question could load it; nothing but silence is judged anew.

use std::time::Duration;

use rekindle_domain::{Answers, EngineState, Receipt};

use crate::{
    clock,
    engine::client::CONNECTING,
    files::locate::Places,
    state::history::History,
    workspace::{
        look::{Observation, problems},
        target::Target,
    },
};

/// The pause before it is asked again first.
const FIRST: Duration = Duration::from_secs(1);
/// The longest pause, and the longest that one question waits.
const LONGEST: Duration = Duration::from_secs(60);
/// How often it is asked again before that is left to the next look.
const OFTEN: u32 = 20;
/// How long whoever waits for a receipt waits for what an item hangs on: a server has 30 s to connect, unless its
/// entry says otherwise.
pub(crate) const WAITS_FOR_ITEMS: Duration = Duration::from_secs(45);
/// The same where only a count is missing.
pub(crate) const WAITS_FOR_COUNTS: Duration = Duration::from_secs(5);

/// How long to wait before asking again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Patience(u32);

impl Patience {
    /// The next pause, and how long the question after it waits; `None`: it was asked often enough.
    pub(crate) fn next(&mut self) -> Option<(Duration, Duration)> {
        let tries = self.0;
        self.0 += 1;
        let doubled = |time: Duration| time.saturating_mul(1 << tries.min(16)).min(LONGEST);
        (tries < OFTEN).then(|| (doubled(FIRST), doubled(CONNECTING)))
    }
}

/// Asks for what is not among these answers; what is heard of it within `bound`.
pub(crate) async fn hear(target: &Target, answers: &Answers, bound: Duration) -> Answers {
    let unheard = answers.unheard();
    match &target.engine.client {
        Some(client) if !unheard.is_empty() && problems(target).await.is_empty() => {
            client.hear(&unheard, bound, bound).await
        }
        _ => Answers::default(),
    }
}

/// Takes what was heard into a receipt, and into the history. True when that made a difference.
pub(crate) fn settle(places: &Places, receipt: &mut Receipt, seen: &Observation) -> bool {
    let Some(answers) = seen.answers.as_ref().filter(|_| receipt.is_open()) else { return false };
    if !receipt.hear(answers, &seen.drift) {
        return false;
    }
    receipt.settled_at = Some(clock::now());
    if let Err(error) = History::of(places).settle(receipt) {
        tracing::warn!(%error, "history");
    }
    true
}

/// The last reload as far as it is known by now: what this look heard settles it.
pub fn last(target: &Target, seen: &Observation) -> Option<Receipt> {
    let mut last = History::of(target.places()).newest()?;
    let is_running = seen.view.as_ref().is_some_and(|view| view.state == EngineState::Running);
    if is_running {
        settle(target.places(), &mut last, seen);
    }
    Some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// N16: ever more seldom, with a bound for each question and for all of them.
    #[test]
    fn it_is_asked_ever_more_seldom_and_not_for_ever() {
        let mut patience = Patience::default();
        let all: Vec<_> = std::iter::from_fn(|| patience.next()).collect();
        let seconds: Vec<_> = all.iter().map(|(pause, bound)| (pause.as_secs(), bound.as_secs())).collect();
        assert_eq!(seconds[..8], [(1, 5), (2, 10), (4, 20), (8, 40), (16, 60), (32, 60), (60, 60), (60, 60)]);
        assert_eq!(all.len(), 20);
        assert_eq!(patience.next(), None);
    }
}
