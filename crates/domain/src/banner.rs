//! Which banner fits a state: what is now, and beside it how the last reload ended.
//!
//! Invariants: the banner is derived, never set; the window only draws it. What has passed never hides
//! what is now.

use serde::{Deserialize, Serialize};

use crate::{
    Action, BusyRun, EngineMode, EngineState, Installing, Notice, Phase, Problem, Receipt, Refusal, ReloadStatus,
    StepName, Takes,
};

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

/// How far a reload is, in time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// How long it has been at work when this was published, in milliseconds.
    pub elapsed_ms: u64,
    /// How long most of its kind took; `None`: there was none like it.
    pub takes: Option<Takes>,
    /// What the engine is seen to install now.
    pub installing: Option<Installing>,
}

/// What the banner says of now.
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
        /// How far it is.
        progress: Progress,
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
        message: Option<Notice>,
    },
}

/// How the last reload ended, until that is dismissed or overtaken. `last`: the receipt of the reload whose
/// end the phase is.
pub fn past<'a>(phase: &Phase, last: Option<&'a Receipt>) -> Option<&'a Receipt> {
    last.filter(|_| matches!(phase, Phase::Proved { .. } | Phase::Partial { .. } | Phase::Failed { .. }))
}

impl Banner {
    /// The banner for a state. `interrupts`: what a reload would interrupt. `dismissed`: the person has
    /// dismissed all of these changes. `past`: how the last reload ended, as it is told beside it.
    /// `progress`: how far the reload under way is.
    pub fn of(
        status: &ReloadStatus,
        interrupts: &[BusyRun],
        phase: &Phase,
        dismissed: bool,
        past: Option<&Receipt>,
        progress: &Progress,
    ) -> Self {
        if let Phase::WaitingForIdle { runs, .. } = phase {
            return Self::Waiting { runs: runs.clone() };
        }
        if let (Some(now), Some(job)) = (phase.step_name(), phase.job()) {
            let action = job.action();
            let touch = if action == Action::Restart { StepName::Restart } else { StepName::Dispose };
            let first = if job.course.rolled_back().is_some() { StepName::RollBack } else { StepName::Check };
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
            // What most of another kind took says nothing of this one.
            let takes = progress.takes.filter(|_| job.plan.action == action);
            let progress = Progress { takes, ..progress.clone() };
            return Self::Reloading { action, steps, cancellable: phase.is_cancellable(), progress };
        }
        match status.engine.state {
            EngineState::Stuck => return Self::Stuck { curable: status.engine.mode == EngineMode::Host },
            EngineState::Running => {}
            // It hangs on what it was to load, which is what the receipt says.
            EngineState::Starting if matches!(phase, Phase::Failed { .. }) && past.is_some() => {}
            state => return Self::EngineDown { state, message: status.engine.message.clone() },
        }
        let refused_for_files = matches!(phase, Phase::Refused { refusal: Refusal::Problems { .. }, .. });
        if let Some(problem) = status.problems.first()
            && (refused_for_files || !dismissed)
        {
            return Self::Blocked { problem: problem.clone(), more: status.problems.len() - 1 };
        }
        if !status.reload_required || dismissed {
            return Self::None;
        }
        let mut waiting = status.changes.iter().filter(|change| change.action.needs_reload());
        if past.is_some_and(|past| waiting.all(past.covers(status.engine.mode))) {
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
    use crate::{
        BusyState, Cause, Change, ChangeKind, Counts, Course, EngineView, Failure, Fingerprint, Input, ItemId,
        ItemState, Job, Kind, LeftOut, OnFailure, Permission, Plan, Reason, ReceiptItem, ReceiptResult, Scope, Wish,
        step,
    };

    fn change(name: &str) -> Change {
        Change {
            id: ItemId::new(Kind::Skill, Scope::Project, name),
            kind: Kind::Skill,
            name: name.to_owned(),
            change: ChangeKind::Added,
            scope: Scope::Project,
            source: String::new(),
            action: Action::Dispose,
            why: "".into(),
            before: None,
            after: None,
            runs_before: None,
            reason: Reason::SkillsChanged,
            signature: Fingerprint::of_bytes(name.as_bytes()),
        }
    }

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
            changes: required.then(|| change("new")).into_iter().collect(),
            busy: busy.then_some(run).into_iter().collect(),
            problems: vec![],
            warnings: Default::default(),
            notices: vec![],
            past: None,
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
            installs: vec![],
            settled_at: None,
            still_pending: vec![],
            left_out: LeftOut::default(),
            orphans: vec![],
            resumed: vec![],
            restored: false,
            message: None,
        }
    }

    fn phase(receipt: &Receipt) -> Phase {
        Phase::ended(receipt)
    }

    /// What is now, in a word, and how the last reload ended.
    fn words(
        status: &ReloadStatus,
        phase: &Phase,
        dismissed: bool,
        last: Option<&Receipt>,
    ) -> (String, Option<ReceiptResult>) {
        let past = past(phase, last);
        let banner = Banner::of(status, &status.busy, phase, dismissed, past, &Progress::default());
        let banner = serde_json::to_value(banner).expect("a banner is JSON");
        (banner["banner"].as_str().unwrap_or_default().to_owned(), past.map(|past| past.result))
    }

    /// P3, P5, P8, P11: each state has its banner.
    #[test]
    fn each_state_has_its_banner() {
        use EngineMode::*;
        use EngineState::*;
        let check = |status: ReloadStatus, dismissed, expected: &str| {
            assert_eq!(words(&status, &Phase::Clean, dismissed, None), (expected.to_owned(), None));
        };
        check(status(Running, Host, false, false), false, "none");
        check(status(Running, Host, true, false), false, "pending");
        check(status(Running, Host, true, false), true, "none");
        check(status(Running, Host, true, true), false, "busy");
        check(status(Running, Client, true, false), false, "client");
        check(status(Stuck, Host, false, false), true, "stuck");
        check(status(Stopped, Host, true, false), true, "engine-down");
        let mut broken = status(Running, Host, true, false);
        broken.problems.push(Problem::new("/p/opencode.json", "m"));
        check(broken, false, "blocked");
    }

    /// N16, W4: what has passed never hides what is now: both are there, whatever both are.
    #[test]
    fn the_past_hides_nothing() {
        use EngineMode::*;
        use EngineState::*;
        use ReceiptResult::*;
        let check = |result, status: ReloadStatus, dismissed, expected: &str| {
            let last = receipt(result);
            let (now, past) = words(&status, &phase(&last), dismissed, Some(&last));
            assert_eq!((now.as_str(), past), (expected, Some(result)), "{status:?}");
        };
        for result in [Partial, Failed] {
            check(result, status(Running, Host, false, false), false, "none");
            check(result, status(Running, Host, true, false), false, "pending");
            check(result, status(Running, Host, true, true), false, "busy");
            check(result, status(Running, Client, true, false), false, "client");
            check(result, status(Running, Host, true, false), true, "none");
            check(result, status(Stuck, Host, false, false), false, "stuck");
            check(result, status(Unreachable, Host, true, false), false, "engine-down");
            let mut broken = status(Running, Host, true, false);
            broken.problems.push(Problem::new("/p/opencode.json", "m"));
            check(result, broken, false, "blocked");
        }
        check(Proved, status(Running, Host, false, false), false, "none");
        // What it hangs on is what the receipt says.
        check(Failed, status(Starting, Host, false, false), false, "none");
        check(Partial, status(Starting, Host, false, false), false, "engine-down");
        // A refusal touched nothing, and is told by the plan.
        let refused = receipt(Refused);
        let pending = status(Running, Host, true, false);
        assert_eq!(words(&pending, &phase(&refused), false, Some(&refused)), ("pending".to_owned(), None));
        // What was written during a reload that is proved takes its place; one that was proved late stays until
        // it was seen.
        let proved = receipt(Proved);
        let plan = || Plan { action: Action::Dispose, ..Plan::new(vec![], vec![]) };
        let (overtaken, _) = step(phase(&proved), Input::Observed(plan()));
        assert_eq!(words(&pending, &overtaken, false, Some(&proved)), ("pending".to_owned(), None));
        let partial = phase(&receipt(Partial));
        let (other, _) = step(partial.clone(), Input::Settled { attempt: "another".to_owned() });
        assert_eq!(other, partial);
        let (settled, _) = step(partial, Input::Settled { attempt: "1".to_owned() });
        let (settled, _) = step(settled, Input::Observed(plan()));
        assert_eq!(words(&pending, &settled, false, Some(&proved)), ("pending".to_owned(), Some(Proved)));
    }

    /// N16: what the past's own button is about is not offered twice; anything else is, also what changed again.
    #[test]
    fn what_can_be_tried_again_is_offered_once() {
        use EngineMode::*;
        use ReceiptResult::*;
        let item = |state| ReceiptItem {
            id: change("old").id,
            name: "old".to_owned(),
            change: ChangeKind::Added,
            state,
            detail: None,
            unheard: false,
        };
        let check = |result, mode, state, changes: &[&str], expected: &str| {
            let last = Receipt { items: vec![item(state)], still_pending: vec![change("old")], ..receipt(result) };
            let mut status = status(EngineState::Running, mode, true, false);
            status.changes = changes.iter().map(|name| change(name)).collect();
            let failed = Phase::Failed { attempt: "1".to_owned(), failure: Failure::new(StepName::Answer, "m") };
            let phase = if result == Failed { failed } else { phase(&last) };
            assert_eq!(words(&status, &phase, false, Some(&last)).0, expected, "{result:?} {changes:?}");
        };
        check(Failed, Host, ItemState::Unknown, &["old"], "none");
        check(Failed, Host, ItemState::Unknown, &["new", "old"], "pending");
        check(Failed, Client, ItemState::Unknown, &["old"], "client");
        check(Partial, Host, ItemState::NeedsRestart, &["old"], "none");
        check(Partial, Host, ItemState::NeedsRestart, &["new"], "pending");
        check(Partial, Host, ItemState::Unknown, &["old"], "pending");
    }

    #[test]
    fn a_running_reload_shows_where_it_is() {
        let plan = Plan { action: Action::Dispose, ..Plan::new(vec![], vec![]) };
        let job = Job::new("1".to_owned(), Wish::new(Cause::Window), plan, Permission::Restart, OnFailure::Stay);
        let (phase, _) = step(Phase::Clean, Input::Wished(Box::new(job)));
        let takes = Takes::of(vec![1000]);
        let now = Progress { elapsed_ms: 7, takes, installing: None };
        let status = status(EngineState::Running, EngineMode::Host, true, false);
        let banner = Banner::of(&status, &[], &phase, false, None, &now);
        let Banner::Reloading { steps, cancellable, progress, .. } = banner else { panic!("{banner:?}") };
        assert!(cancellable);
        assert_eq!(progress, now);
        assert_eq!(
            steps.iter().map(|step| step.state).collect::<Vec<_>>(),
            [StepState::Now, StepState::Later, StepState::Later, StepState::Later]
        );
        // What a dispose takes says nothing of the restart that takes its place.
        let Some(job) = phase.job().cloned() else { panic!("{phase:?}") };
        let restarting = Phase::Restarting(Job { course: Course::Restart, ..job });
        let banner = Banner::of(&status, &[], &restarting, false, None, &now);
        assert!(matches!(banner, Banner::Reloading { progress: Progress { takes: None, .. }, .. }), "{banner:?}");
    }
}
