//! A model test of the machine: random inputs, and laws that hold for every path.

use proptest::prelude::*;

use super::*;
use crate::BusyState;

fn plan(action: Action) -> Plan {
    Plan { action, ..Plan::new(Vec::new(), Vec::new()) }
}

fn run() -> BusyRun {
    BusyRun { session: "ses_1".to_owned(), title: "Fix login".to_owned(), state: BusyState::Busy, directory: None }
}

fn problem() -> Problem {
    Problem::new("/p/opencode.json", "broken", "mend it")
}

#[derive(Clone, Debug)]
enum Event {
    Request(Action, Consent, bool, bool),
    Answer(bool, u8),
    Cancel,
}

fn any_event() -> impl Strategy<Value = Event> {
    let action = prop_oneof![Just(Action::Dispose), Just(Action::Restart)];
    let consent = prop_oneof![Just(Consent::IfIdle), Just(Consent::WhenIdle), Just(Consent::Force)];
    prop_oneof![
        1 => (action, consent, any::<bool>(), any::<bool>()).prop_map(|(a, c, r, t)| Event::Request(a, c, r, t)),
        6 => (any::<bool>(), 0..3u8).prop_map(|(current, how)| Event::Answer(current, how)),
        1 => Just(Event::Cancel),
    ]
}

/// An answer that fits the phase, well or badly, for the attempt named.
fn answer(phase: &Phase, attempt: String, how: u8) -> Input {
    match (phase, how) {
        (Phase::Checking(job), how) => {
            let problems = if how == 0 { vec![problem()] } else { vec![] };
            Input::Checked { attempt, problems, plan: job.plan.clone() }
        }
        (Phase::Answering(job), 2) => Input::Checked { attempt, problems: vec![problem()], plan: job.plan.clone() },
        (Phase::AskingBusy(_) | Phase::WaitingForIdle { .. }, 0) => Input::Busy { attempt, runs: vec![run()] },
        (Phase::AskingBusy(_) | Phase::WaitingForIdle { .. }, 1) => Input::Busy { attempt, runs: vec![] },
        (_, 0) => Input::Failed { attempt, message: "no".to_owned() },
        _ => Input::Done { attempt },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// P6, P8, P11: the engine is touched once at a time, after a check, never in the middle of a
    /// run without consent, never when it may not be touched; a late answer changes nothing; an end
    /// is `Verified` only behind a verification.
    #[test]
    fn no_path_breaks_the_laws(events in proptest::collection::vec(any_event(), 0..60)) {
        let mut phase = Phase::Idle;
        let mut requests = 0;
        let mut checked = false;
        let mut idle = false;
        for event in events {
            let before = phase.clone();
            let input = match event {
                Event::Request(action, consent, may_restart, may_touch) => {
                    requests += 1;
                    let attempt = requests.to_string();
                    Input::Requested { attempt, plan: plan(action), agreed: None, consent, may_restart, may_touch }
                }
                Event::Answer(current, how) => {
                    let attempt = if current { requests.to_string() } else { "late".to_owned() };
                    answer(&phase, phase.job().filter(|_| current).map_or(attempt, |job| job.attempt.clone()), how)
                }
                Event::Cancel => Input::Cancelled,
            };
            if let Input::Busy { runs, .. } = &input {
                idle = runs.is_empty();
            }
            let late = matches!(&input, Input::Done { attempt } | Input::Failed { attempt, .. }
                | Input::Checked { attempt, .. } | Input::Busy { attempt, .. } if attempt == "late");
            let (next, effect) = step(before.clone(), input.clone());
            if late {
                prop_assert_eq!(&next, &before);
                prop_assert_eq!(effect, None);
            }
            if effect == Some(Effect::CheckFiles) {
                checked = false;
            }
            if matches!(before, Phase::Answering(_)) && matches!(input, Input::Checked { .. }) {
                prop_assert!(effect.is_none(), "touched again although a file is broken");
            }
            if let Input::Checked { problems, .. } = &input && matches!(next, Phase::AskingBusy(_)) {
                prop_assert!(problems.is_empty());
                checked = true;
            }
            if matches!(effect, Some(Effect::Dispose | Effect::Restart)) {
                let job = next.job().expect("a touched engine has a job");
                prop_assert!(checked, "touched before the files were checked");
                let asked = matches!(input, Input::Busy { .. });
                prop_assert!(!asked || idle || job.consent == Consent::Force, "interrupted without consent");
                prop_assert!(effect != Some(Effect::Restart) || job.may_restart, "restarted what is not ours");
                prop_assert!(!matches!(before, Phase::Verifying(_)));
            }
            if before.is_running() && matches!(input, Input::Requested { .. }) {
                prop_assert_eq!(&next, &before, "two reloads at once");
            }
            if let Phase::Ended { outcome: Outcome::Verified, .. } = &next && before != next {
                prop_assert!(matches!(before, Phase::Verifying(_)), "clear without proof");
            }
            prop_assert!(!next.is_running() || effect.is_some() || next == before, "a phase without an end");
            phase = next;
        }
    }
}

#[test]
fn refusals_touch_nothing() {
    let request = |may_touch, agreed| Input::Requested {
        attempt: "1".to_owned(),
        plan: plan(Action::Dispose),
        agreed,
        consent: Consent::IfIdle,
        may_restart: true,
        may_touch,
    };
    let refusal = |(phase, effect): (Phase, Option<Effect>)| match (phase, effect) {
        (Phase::Ended { outcome: Outcome::Refused { refusal }, .. }, None) => Some(refusal),
        _ => None,
    };
    assert_eq!(refusal(step(Phase::Idle, request(false, None))), Some(Refusal::ClientMode));
    let checked = |problems| Input::Checked { attempt: "1".to_owned(), problems, plan: plan(Action::Dispose) };
    let (stale, _) = step(Phase::Idle, request(true, Some(Fingerprint::of_bytes(b"other"))));
    assert!(matches!(refusal(step(stale, checked(vec![]))), Some(Refusal::StalePlan { .. })));
    let (checking, _) = step(Phase::Idle, request(true, Some(plan(Action::Dispose).fingerprint)));
    assert!(matches!(refusal(step(checking.clone(), checked(vec![problem()]))), Some(Refusal::Problems { .. })));
    assert_eq!(refusal(step(checking, Input::Cancelled)), Some(Refusal::Cancelled));
}
