//! How often events are passed on as hints.
//!
//! Invariant: the first of a kind is passed on at once, and those that follow together: an engine that never
//! stops talking causes no more looks than one every two seconds, and none is forgotten.

use std::time::Duration;

use tokio::time::Instant;

/// How long further hints wait at first.
const FIRST: Duration = Duration::from_millis(50);
/// How long they wait at the most.
const LONGEST: Duration = Duration::from_secs(2);

/// The hints that wait, by kind in the order in which they are passed on.
pub(super) struct Pace<T> {
    waiting: Vec<T>,
    not_before: Instant,
    pause: Duration,
}

impl<T: Ord> Pace<T> {
    pub(super) fn new(now: Instant) -> Self {
        Self { waiting: Vec::new(), not_before: now, pause: FIRST }
    }

    /// A hint came.
    pub(super) fn add(&mut self, hint: T) {
        if let Err(at) = self.waiting.binary_search(&hint) {
            self.waiting.insert(at, hint);
        }
    }

    /// When there is something to pass on; `None`: nothing waits.
    pub(super) fn due(&self) -> Option<Instant> {
        (!self.waiting.is_empty()).then_some(self.not_before)
    }

    /// What is passed on now. The more often that is, the longer the next one waits.
    pub(super) fn take(&mut self, now: Instant) -> Vec<T> {
        let was_calm = now.saturating_duration_since(self.not_before) > self.pause;
        self.pause = if was_calm { FIRST } else { (self.pause * 2).min(LONGEST) };
        self.not_before = now + self.pause;
        std::mem::take(&mut self.waiting)
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
            let now = begin + Duration::from_millis(ms);
            pace.add(ms % 2);
            if pace.due().is_some_and(|due| due <= now) {
                passed_on.push((ms, pace.take(now)));
            }
        }
        assert_eq!(passed_on[0], (0, vec![0]), "the first at once");
        assert!(passed_on[1..].iter().all(|(_, hints)| *hints == [0, 1]), "the others together, each once");
        assert!((30..45).contains(&passed_on.len()), "{passed_on:?}");
        let later = begin + Duration::from_secs(100);
        pace.take(later - Duration::from_secs(30));
        assert_eq!(pace.due(), None);
        pace.add(1);
        assert!(pace.due().is_some_and(|due| due <= later));
        pace.take(later);
        pace.add(1);
        assert_eq!(pace.due(), Some(later + FIRST));
    }
}
