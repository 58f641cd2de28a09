//! Which banner fits a state.
//!
//! Invariant: the banner is derived, never set; the window only draws it.

use serde::{Deserialize, Serialize};

use crate::{Action, BusyRun, EngineMode, EngineState, Phase, Problem, Receipt, Refusal, ReloadStatus, StepName};

/// How a step of a reload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    /// It is over.
    Done,
    /// It is under way.
    Now,
    /// It comes later.
    Later,
}

/// A step as the banner shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BannerStep {
    /// Which step.
    pub name: StepName,
    /// How it is.
    pub state: StepState,
}

/// What the banner says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "banner", rename_all = "kebab-case")]
pub enum Banner {
    /// There is none.
    #[default]
    None,
    /// Something is pending and can be reloaded.
    Pending,
    /// Something is pending, and something is running.
    Busy {
        /// What is running.
        runs: Vec<BusyRun>,
    },
    /// A reload waits until nothing is running.
    Waiting {
        /// What is still running.
        runs: Vec<BusyRun>,
    },
    /// A reload is under way.
    Reloading {
        /// What is done to the engine.
        action: Action,
        /// Its steps.
        steps: Vec<BannerStep>,
        /// True while the engine has not been touched.
        cancellable: bool,
    },
    /// The last reload ended; the receipt says how. Shown until it is dismissed or overtaken.
    Ended {
        /// What it did.
        receipt: Receipt,
    },
    /// A file would not load; nothing was sent to the engine.
    Blocked {
        /// What is wrong with it.
        problem: Problem,
        /// How many more files are broken.
        more: usize,
    },
    /// Something is pending in an engine that is not ours.
    Client {
        /// The engine's host, for people.
        host: String,
    },
    /// The engine answers 400 for this directory although the files are fine.
    Stuck {
        /// True in host mode: a restart heals it.
        curable: bool,
    },
    /// The engine does not run or cannot be reached.
    EngineDown {
        /// How it is.
        state: EngineState,
        /// What went wrong, if known.
        message: Option<String>,
    },
}

impl Banner {
    /// The banner for a state. `interrupts`: what a reload would interrupt. `dismissed`: the person has
    /// dismissed exactly these changes. `last`: the receipt of the reload whose end the phase is.
    pub fn of(
        status: &ReloadStatus,
        interrupts: &[BusyRun],
        phase: &Phase,
        dismissed: bool,
        last: Option<&Receipt>,
    ) -> Self {
        if let Phase::WaitingForIdle { runs, .. } = phase {
            return Self::Waiting { runs: runs.clone() };
        }
        if let (Some(now), Some(job)) = (phase.step_name(), phase.job()) {
            let touch = if job.restarted || job.request.plan.action == Action::Restart {
                StepName::Restart
            } else {
                StepName::Dispose
            };
            let first = if job.rolled_back.is_some() { StepName::RollBack } else { StepName::Check };
            let order = [first, touch, StepName::Answer, StepName::Verify];
            let at = order.iter().position(|name| *name == now).unwrap_or(1);
            let steps = order
                .iter()
                .enumerate()
                .map(|(index, name)| {
                    let state = match index.cmp(&at) {
                        std::cmp::Ordering::Less => StepState::Done,
                        std::cmp::Ordering::Equal => StepState::Now,
                        std::cmp::Ordering::Greater => StepState::Later,
                    };
                    BannerStep { name: *name, state }
                })
                .collect();
            let action = if touch == StepName::Restart { Action::Restart } else { Action::Dispose };
            return Self::Reloading { action, steps, cancellable: phase.is_cancellable() };
        }
        match status.engine.state {
            EngineState::Stuck => return Self::Stuck { curable: status.engine.mode == EngineMode::Host },
            EngineState::Running => {}
            // It hangs on what it was to load, which is what the receipt says.
            EngineState::Starting if matches!(phase, Phase::Failed { .. }) && last.is_some() => {}
            state => return Self::EngineDown { state, message: status.engine.message.clone() },
        }
        let refused_for_files = matches!(phase, Phase::Refused { refusal: Refusal::Problems { .. }, .. });
        if let Some(problem) = status.problems.first()
            && (refused_for_files || !dismissed)
        {
            return Self::Blocked { problem: problem.clone(), more: status.problems.len() - 1 };
        }
        if let (Phase::Proved { .. } | Phase::Partial { .. } | Phase::Failed { .. }, Some(receipt)) = (phase, last) {
            return Self::Ended { receipt: receipt.clone() };
        }
        if !status.reload_required || dismissed {
            return Self::None;
        }
        if status.engine.mode == EngineMode::Client {
            let url = status.engine.url.as_deref().unwrap_or_default();
            let host = url.split("://").last().unwrap_or(url).trim_end_matches('/').to_owned();
            return Self::Client { host };
        }
        if interrupts.is_empty() { Self::Pending } else { Self::Busy { runs: interrupts.to_vec() } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BusyState, Cause, Consent, Counts, EngineView, Input, Plan, ReceiptResult, Request, step};

    fn status(state: EngineState, mode: EngineMode, required: bool, busy: bool) -> ReloadStatus {
        let run = BusyRun { session: "s".to_owned(), title: "t".to_owned(), state: BusyState::Busy, directory: None };
        let url = Some("http://127.0.0.1:4096/".to_owned());
        ReloadStatus {
            version: 1,
            directory: "/p".to_owned(),
            engine: EngineView { mode, url, version: None, pid: None, state, message: None },
            reload_required: required,
            action: if required { Action::Dispose } else { Action::None },
            reasons: vec![],
            detected_at: None,
            changes: vec![],
            busy: busy.then_some(run).into_iter().collect(),
            problems: vec![],
            warnings: Vec::new(),
            notices: vec![],
        }
    }

    fn receipt(result: ReceiptResult) -> Receipt {
        Receipt {
            version: 1,
            id: "1".to_owned(),
            at: String::new(),
            cause: Cause::Window,
            result,
            action: Action::Dispose,
            duration_ms: 1,
            steps: vec![],
            items: vec![],
            counts: Counts::default(),
            still_pending: vec![],
            orphans: vec![],
            resumed: vec![],
            restored: false,
            message: None,
        }
    }

    /// P3, P5, P8, P11: each state has its banner.
    #[test]
    fn each_state_has_its_banner() {
        use EngineMode::*;
        use EngineState::*;
        let word = |status: &ReloadStatus, phase: &Phase, dismissed, last| {
            let banner = serde_json::to_value(Banner::of(status, &status.busy, phase, dismissed, last))
                .expect("a banner is JSON");
            banner["banner"].as_str().unwrap_or_default().to_owned()
        };
        let check = |status: ReloadStatus, dismissed, expected| {
            assert_eq!(word(&status, &Phase::Clean, dismissed, None), expected);
        };
        check(status(Running, Host, false, false), false, "none");
        check(status(Running, Host, true, false), false, "pending");
        check(status(Running, Host, true, false), true, "none");
        check(status(Running, Host, true, true), false, "busy");
        check(status(Running, Client, true, false), false, "client");
        check(status(Stuck, Host, false, false), true, "stuck");
        check(status(Stopped, Host, true, false), true, "engine-down");
        let mut broken = status(Running, Host, true, false);
        broken.problems.push(Problem::new("/p/opencode.json", "m", "h"));
        check(broken, false, "blocked");
        let proved = receipt(ReceiptResult::Proved);
        let ended = Phase::Proved { attempt: "1".to_owned() };
        assert_eq!(word(&status(Running, Host, false, false), &ended, false, Some(&proved)), "ended");
        // What was written during the reload is pending, and says so.
        let (overtaken, _) =
            step(ended, Input::Observed(Plan { action: Action::Dispose, ..Plan::new(vec![], vec![]) }));
        assert_eq!(word(&status(Running, Host, true, false), &overtaken, false, Some(&proved)), "pending");
    }

    #[test]
    fn a_running_reload_shows_where_it_is() {
        let request = Request {
            attempt: "1".to_owned(),
            plan: Plan::new(vec![], vec![]),
            agreed: None,
            consent: Consent::IfIdle,
            named: None,
            may_restart: true,
            may_touch: true,
            may_roll_back: false,
        };
        let (phase, _) = step(Phase::Clean, Input::Requested(request));
        let banner = Banner::of(&status(EngineState::Running, EngineMode::Host, true, false), &[], &phase, false, None);
        let Banner::Reloading { steps, cancellable, .. } = banner else { panic!("{banner:?}") };
        assert!(cancellable);
        assert_eq!(
            steps.iter().map(|step| step.state).collect::<Vec<_>>(),
            [StepState::Now, StepState::Later, StepState::Later, StepState::Later]
        );
    }
}
