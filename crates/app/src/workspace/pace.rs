//! How often events of one kind are passed on as hints.
//!
//! Invariants: the first is passed on at once, so that a lone one is never late, and those that follow together, ever more
//! seldom while they go on: an engine that never stops talking causes no more than one hint every two seconds, and
//! none is forgotten.

use std::time::Duration;

use tokio::time::Instant;

/// How long further hints wait at first.
const FIRST: Duration = Duration::from_millis(50);
/// How long they wait at the most.
const LONGEST: Duration = Duration::from_secs(2);

/// The hints of one kind.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    is_waiting: bool,
    not_before: Instant,
    pause: Duration,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self { is_waiting: false, not_before: now, pause: FIRST }
    }

    /// A hint came.
    pub(super) fn add(&mut self) {
        self.is_waiting = true;
    }

    /// When there is something to pass on; `None`: nothing waits.
    pub(super) fn due(&self) -> Option<Instant> {
        self.is_waiting.then_some(self.not_before)
    }

    /// Whether it is passed on now. The more often that is, the longer the next one waits.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let is_due = self.due().is_some_and(|due| due <= now);
        if is_due {
            let was_calm = now.saturating_duration_since(self.not_before) > self.pause;
            self.pause = if was_calm { FIRST } else { (self.pause * 2).min(LONGEST) };
            (self.is_waiting, self.not_before) = (false, now + self.pause);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// N16: a flood becomes a trickle; what comes after a calm is passed on at once.
    #[test]
    fn a_flood_is_passed_on_seldom() {
        let begin = Instant::now();
        let mut pace = Pace::new(begin);
        let mut passed_on = Vec::new();
        for ms in 0..60_000 {
            pace.add();
            if pace.take(begin + Duration::from_millis(ms)) {
                passed_on.push(ms);
            }
        }
        assert_eq!(passed_on[0], 0, "the first at once");
        assert!((30..45).contains(&passed_on.len()), "{passed_on:?}");
        assert!(pace.due().is_some(), "the last one waits");
        let later = begin + Duration::from_secs(100);
        assert!(pace.take(later - Duration::from_secs(30)));
        assert_eq!((pace.due(), pace.take(later)), (None, false));
        pace.add();
        assert!(pace.take(later), "after a calm at once");
        pace.add();
        assert_eq!((pace.due(), pace.take(later)), (Some(later + FIRST), false));
    }
}
