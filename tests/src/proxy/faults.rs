//! Which request meets which fault, and what was asked at all.
//!
//! Invariant: rules are tried in their order, and each request meets one of them at the most; every
//! request is noted in the moment in which it arrives.

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;

use super::Fault;
use crate::wait;

/// A fault and the requests that meet it.
#[derive(Clone, Debug)]
pub struct Rule {
    request: String,
    after: Option<String>,
    left: usize,
    fault: Fault,
    since: usize,
    gate: Option<Gate>,
}

impl Rule {
    /// Every request of this method and path (`POST /instance/dispose`); `GET /*`: with this
    /// beginning.
    pub fn every(request: &str, fault: Fault) -> Self {
        Self { request: request.to_owned(), after: None, left: usize::MAX, fault, since: 0, gate: None }
    }

    /// The first of them.
    pub fn once(request: &str, fault: Fault) -> Self {
        Self::every(request, fault).times(1)
    }

    /// The first few of them.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.left = times;
        self
    }

    /// Only those that come after a request like this, counted from when the rule is made known.
    #[must_use]
    pub fn after(mut self, request: &str) -> Self {
        self.after = Some(request.to_owned());
        self
    }
}

#[derive(Clone, Debug)]
struct Gate {
    arrived: watch::Sender<bool>,
    released: watch::Receiver<bool>,
}

/// A request that waits at a gate, or will. Without its holder it goes on.
pub struct Held {
    arrived: watch::Receiver<bool>,
    release: watch::Sender<bool>,
}

impl Held {
    /// Waits until the request is at the gate.
    pub async fn arrived(&mut self) {
        let arrived = tokio::time::timeout(wait::BOUND, self.arrived.wait_for(|arrived| *arrived)).await;
        drop(arrived.expect("the held request arrives in time").expect("the rule is still there"));
    }

    /// Lets it go on, to its fault if it has one.
    pub fn release(self) {
        self.release.send_replace(true);
    }
}

/// The rules that hold at the moment, and what was asked so far. Copies are the same one.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    asked: Vec<String>,
}

impl Faults {
    /// Adds a rule behind those that there are.
    pub fn add(&self, rule: Rule) {
        let mut state = self.state();
        let since = state.asked.len();
        state.rules.push(Rule { since, ..rule });
    }

    /// The first request that fits the rule waits until it is released, then meets its fault.
    pub fn hold(&self, rule: Rule) -> Held {
        let (arrived, has_arrived) = watch::channel(false);
        let (release, released) = watch::channel(false);
        self.add(Rule { gate: Some(Gate { arrived, released }), ..rule.times(1) });
        Held { arrived: has_arrived, release }
    }

    /// Forgets all rules; what waits at a gate goes on waiting for its holder.
    pub fn clear(&self) {
        self.state().rules.clear();
    }

    /// Everything that was asked, in order.
    pub fn asked(&self) -> Vec<String> {
        self.state().asked.clone()
    }

    /// How many requests like this there were.
    pub fn count(&self, request: &str) -> usize {
        self.state().asked.iter().filter(|asked| fits(request, asked)).count()
    }

    /// What happens to a request, told once it is known.
    pub async fn judge(&self, request: &str) -> Fault {
        let Some((fault, gate)) = self.meet(request) else { return Fault::None };
        if let Some(Gate { arrived, mut released }) = gate {
            arrived.send_replace(true);
            // An error means that the holder is gone, which lets it go, too.
            drop(released.wait_for(|released| *released).await);
        }
        fault
    }

    fn meet(&self, request: &str) -> Option<(Fault, Option<Gate>)> {
        let mut state = self.state();
        let State { rules, asked } = &mut *state;
        let rule = rules.iter_mut().find(|rule| {
            let is_armed = |after: &String| asked[rule.since..].iter().any(|asked| fits(after, asked));
            rule.left > 0 && fits(&rule.request, request) && rule.after.as_ref().is_none_or(is_armed)
        });
        let met = rule.map(|rule| {
            rule.left -= 1;
            (rule.fault.clone(), rule.gate.clone())
        });
        asked.push(request.to_owned());
        met
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("the rules")
    }
}

fn fits(pattern: &str, request: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => request.starts_with(start),
        None => request == pattern,
    }
}
