//! A model test of the machine: random inputs, and laws that hold for every path.

use proptest::prelude::*;

use super::*;
use crate::{BusyRun, BusyState, Cause, Fingerprint, Problem};

fn plan(action: Action) -> Plan {
    Plan { action, ..Plan::new(Vec::new(), Vec::new()) }
}

fn run(session: &str) -> BusyRun {
    BusyRun { session: session.to_owned(), title: "Fix login".to_owned(), state: BusyState::Busy, directory: None }
}

fn problem() -> Problem {
    Problem::new("/p/opencode.json", "broken")
}

fn job(consent: Consent, may: Permission, on_failure: OnFailure) -> Job {
    let wish = Wish { consent, ..Wish::new(Cause::Window) };
    Job::new("1".to_owned(), wish, plan(Action::Dispose), may, on_failure)
}

fn asked(consent: Consent) -> Job {
    job(consent, Permission::Restart, OnFailure::Stay)
}

/// What the world does next.
#[derive(Clone, Debug)]
enum Event {
    Wish(Box<Job>),
    /// An answer to what is under way, of this attempt or of another; the number chooses among those that fit.
    Answer(bool, u8),
    Observe(Action),
    Cancel,
    Dismiss,
}

fn any_job() -> impl Strategy<Value = Job> {
    let action = prop_oneof![Just(Action::None), Just(Action::Dispose), Just(Action::Restart)];
    let at_least = prop_oneof![4 => Just(AtLeast::WhatIsPending), 1 => Just(AtLeast::Restart)];
    let consent = prop_oneof![Just(Consent::IfIdle), Just(Consent::WhenIdle), Just(Consent::Force)];
    let named = prop_oneof![Just(None), Just(Some(vec![])), Just(Some(vec!["ses_1".to_owned()]))];
    let may = prop_oneof![Just(Permission::Nothing), Just(Permission::Dispose), Just(Permission::Restart)];
    let on_failure = prop_oneof![Just(OnFailure::Stay), Just(OnFailure::RollBack)];
    (action, at_least, consent, named, may, on_failure).prop_map(
        |(action, at_least, consent, named, may, on_failure)| {
            let wish = Wish { at_least, consent, named, ..Wish::new(Cause::Window) };
            Job { wish, plan: plan(action), ..job(consent, may, on_failure) }
        },
    )
}

fn any_event() -> impl Strategy<Value = Event> {
    let action = prop_oneof![Just(Action::None), Just(Action::Dispose), Just(Action::Restart)];
    prop_oneof![
        2 => any_job().prop_map(|job| Event::Wish(Box::new(job))),
        12 => (prop::bool::weighted(0.9), any::<u8>()).prop_map(|(current, how)| Event::Answer(current, how)),
        1 => action.prop_map(Event::Observe),
        1 => Just(Event::Cancel),
        1 => Just(Event::Dismiss),
    ]
}

/// An answer that fits the phase, well or badly.
fn answer(phase: &Phase, attempt: String, how: u8) -> Input {
    let done = Input::Done { attempt: attempt.clone() };
    let failed = Input::Failed { attempt: attempt.clone(), message: "no".into() };
    match phase {
        Phase::Checking(job) => {
            let found = match how % 5 {
                0 => Found::Problems(vec![problem()]),
                1 => Found::Silence("no answer".into()),
                2 => Found::Runs(vec![run("ses_1")]),
                3 => Found::Runs(vec![run("ses_1"), run("ses_2")]),
                _ => Found::Runs(vec![]),
            };
            let plan = if how > 250 { plan(Action::None) } else { job.plan.clone() };
            Input::Checked { attempt, plan, found }
        }
        Phase::WaitingForIdle { .. } => match how % 5 {
            0 => Input::WaitedEnough { attempt },
            1 => failed,
            2 => Input::StillBusy { attempt, runs: vec![run("ses_2")] },
            _ => done,
        },
        Phase::Starting(_) => match how % 5 {
            0 => Input::Broken { attempt, problems: vec![problem()] },
            1 => Input::StillLoading { attempt, message: "a plugin".into() },
            2 => failed,
            _ => done,
        },
        Phase::Verifying(_) => match how % 5 {
            0 => failed,
            1 => Input::Verified { attempt, verdict: Verdict::Partial },
            2 => Input::Verified { attempt, verdict: Verdict::Unconfirmed },
            3 => Input::Verified { attempt, verdict: Verdict::Worse },
            _ => Input::Verified { attempt, verdict: Verdict::Proved },
        },
        _ if how.is_multiple_of(3) => failed,
        _ => done,
    }
}

/// What was seen on the way, to judge the next step by.
#[derive(Default)]
struct Seen {
    /// The files were checked since the engine was touched last.
    checked: bool,
    /// The runs of the last check.
    runs: Vec<BusyRun>,
    restarts: u32,
    steps: u32,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// P6, P8, P9, P11, B1: the engine is touched once at a time, after a check, never in the middle of a
    /// run that nobody agreed to interrupt, never when it may not be touched; a late answer changes
    /// nothing; an end is proved only behind a verification; every path ends.
    #[test]
    fn no_path_breaks_the_laws(events in prop::collection::vec(any_event(), 0..80)) {
        let mut phase = Phase::Clean;
        let mut wishes = 0;
        let mut may_touch = false;
        let mut seen = Seen::default();
        for event in events {
            let before = phase.clone();
            let attempt = before.job().map(|job| job.attempt.clone());
            let (input, is_late) = match event {
                Event::Wish(job) => {
                    wishes += 1;
                    if !before.is_running() {
                        may_touch = job.may != Permission::Nothing;
                        seen = Seen::default();
                    }
                    (Input::Wished(Box::new(Job { attempt: wishes.to_string(), ..*job })), false)
                }
                Event::Answer(true, how) => (answer(&before, attempt.clone().unwrap_or_default(), how), false),
                Event::Answer(false, how) => (answer(&before, "late".to_owned(), how), true),
                Event::Observe(action) => (Input::Observed(plan(action)), false),
                Event::Cancel => (Input::Cancelled, false),
                Event::Dismiss => (Input::Dismissed, false),
            };
            match &input {
                Input::Checked { found: Found::Runs(runs), .. } if !is_late => {
                    seen.runs.clone_from(runs);
                    seen.checked = true;
                }
                Input::Checked { .. } if !is_late => seen.checked = false,
                _ => {}
            }
            let silence = matches!(&input, Input::Checked { found: Found::Silence(_), .. });
            let (next, effect) = step(before.clone(), input.clone());

            if is_late {
                prop_assert_eq!((&next, effect), (&before, None), "a late answer");
            }
            if matches!(effect, Some(Effect::Dispose | Effect::Restart)) {
                let job = next.job().expect("a touched engine has a job");
                prop_assert!(may_touch, "touched what is not ours");
                // Elsewhere than in host mode nothing but this instance is touched, and that was agreed to.
                let takes_back = matches!(before, Phase::RollingBack(_)) && job.may != Permission::Restart;
                prop_assert!(seen.checked || silence || takes_back, "touched before the files were checked");
                let agreed = job.wish.consent == Consent::Force && job.names_all(&seen.runs);
                prop_assert!(seen.runs.is_empty() || agreed || takes_back, "interrupted without consent");
                prop_assert!(!silence || (job.wish.consent == Consent::Force && job.wish.named.is_none()), "silence is no consent");
                seen.checked = false;
            }
            if effect == Some(Effect::Restart) {
                seen.restarts += 1;
                prop_assert!(next.job().is_some_and(|job| job.may == Permission::Restart), "restarted what is not ours");
                prop_assert!(seen.restarts <= 2, "once for the change, once to take it back");
            }
            if effect == Some(Effect::RollBack) {
                prop_assert!(next.job().is_some_and(|job| job.on_failure == OnFailure::RollBack), "rolled back without consent");
                prop_assert!(before.job().is_some_and(|job| job.course.rolled_back().is_none()), "rolled back twice");
            }
            if matches!(next, Phase::Proved { .. }) && before != next {
                let nothing_to_do = matches!(&input, Input::Checked { plan, .. } if plan.action <= Action::None);
                let proof = matches!(&input, Input::Verified { verdict: Verdict::Proved, .. });
                prop_assert!(proof || nothing_to_do, "clear without proof");
            }
            if before.step_name().is_some_and(StepName::touches) {
                prop_assert!(!matches!(next, Phase::Refused { .. } | Phase::Clean), "forgot what it touched");
            }
            if before.job().is_some_and(Job::has_touched) {
                prop_assert!(!matches!(next, Phase::Refused { .. }), "called refused what was begun");
            }
            if matches!(input, Input::Cancelled) && !before.is_cancellable() {
                prop_assert_eq!(&next, &before, "cancelled what cannot be");
            }
            if matches!(input, Input::Wished(_)) && before.is_cancellable() {
                prop_assert_eq!(effect, Some(Effect::WriteDown), "counts before it is written down");
            }
            if matches!(effect, Some(Effect::Dispose)) {
                let is_enough = next.job().is_some_and(|job| job.wish.at_least == AtLeast::WhatIsPending);
                prop_assert!(is_enough || next.job().is_some_and(Job::has_touched), "less than was wanted");
            }
            if let (Some(was), Some(is)) = (before.job(), next.job()) {
                prop_assert_eq!(&was.attempt, &is.attempt, "two reloads at once");
            }
            prop_assert!(!next.is_running() || effect.is_some() || next == before, "a phase that waits for nothing");
            seen.steps += u32::from(next != before && !matches!(before, Phase::WaitingForIdle { .. } | Phase::Checking(_)));
            prop_assert!(seen.steps < 30, "a path without an end");
            phase = next;
        }
    }
}

/// Takes a wish through the machine with these answers.
fn walk(job: Job, answers: Vec<Input>) -> (Phase, Vec<Effect>) {
    let (mut phase, first) = step(Phase::Clean, Input::Wished(Box::new(job)));
    let mut effects: Vec<_> = first.into_iter().collect();
    for input in answers {
        let (next, effect) = step(phase, input);
        phase = next;
        effects.extend(effect);
    }
    (phase, effects)
}

fn done() -> Input {
    Input::Done { attempt: "1".to_owned() }
}

fn no() -> Input {
    Input::Failed { attempt: "1".to_owned(), message: "no".into() }
}

fn checked(found: Found) -> Input {
    Input::Checked { attempt: "1".to_owned(), plan: plan(Action::Dispose), found }
}

fn verified(verdict: Verdict) -> Input {
    Input::Verified { attempt: "1".to_owned(), verdict }
}

fn idle() -> Input {
    checked(Found::Runs(vec![]))
}

#[test]
fn refusals_touch_nothing() {
    let check = |job: Job, answers: Vec<Input>, expected: Refusal| {
        let (phase, effects) = walk(job, answers);
        assert_eq!(phase, Phase::Refused { attempt: "1".to_owned(), refusal: expected });
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Dispose | Effect::Restart)));
    };
    let ask = asked;
    let busy = vec![run("ses_1")];
    check(job(Consent::Force, Permission::Nothing, OnFailure::Stay), vec![], Refusal::ClientMode);
    let not_mine = Input::NotMyTurn { attempt: "1".to_owned() };
    check(ask(Consent::Force), vec![not_mine], Refusal::AlreadyRunning);
    check(ask(Consent::Force), vec![no()], Refusal::NotWritten { message: "no".into() });
    let problems = vec![problem()];
    check(
        ask(Consent::Force),
        vec![done(), checked(Found::Problems(problems.clone()))],
        Refusal::Problems { problems },
    );
    let mut stale = ask(Consent::IfIdle);
    stale.wish.agreed = Some(Fingerprint::of_bytes(b"other"));
    check(stale, vec![done(), idle()], Refusal::StalePlan { now: plan(Action::Dispose).fingerprint });
    check(ask(Consent::IfIdle), vec![done(), Input::Cancelled], Refusal::Cancelled);
    let is_busy = checked(Found::Runs(busy.clone()));
    check(ask(Consent::IfIdle), vec![done(), is_busy.clone()], Refusal::Busy { runs: busy.clone() });
    let mut other = ask(Consent::Force);
    other.wish.named = Some(vec!["ses_2".to_owned()]);
    check(other, vec![done(), is_busy.clone()], Refusal::Busy { runs: busy.clone() });
    let waited = Input::WaitedEnough { attempt: "1".to_owned() };
    check(ask(Consent::WhenIdle), vec![done(), is_busy, waited], Refusal::Busy { runs: busy });
}

/// P10, B2: what is done when something goes wrong, in order.
#[test]
fn what_goes_wrong_has_a_way_out() {
    use Effect::*;
    let broken = || Input::Broken { attempt: "1".to_owned(), problems: vec![problem()] };
    let check = |job: Job, answers: Vec<Input>, expected: &[Effect], end: &str, restored: bool| {
        let (phase, effects) = walk(job, answers);
        assert_eq!(effects[..2], [WriteDown, Check]);
        assert_eq!(&effects[2..], expected);
        let json = serde_json::to_value(&phase).expect("a phase is JSON");
        assert_eq!((json["phase"].as_str(), json["failure"]["restored"] == true), (Some(end), restored), "{json}");
    };
    use OnFailure::Stay;
    let ask = |may, on_failure| job(Consent::IfIdle, may, on_failure);
    let after = |more: Vec<Input>| [vec![done(), idle()], more].concat();
    let proved = || verified(Verdict::Proved);
    check(
        ask(Permission::Restart, Stay),
        after(vec![done(), done(), proved()]),
        &[Dispose, AwaitAnswer, Verify],
        "proved",
        false,
    );
    // A dispose that fails becomes a restart where that is ours to do, after everything was asked again.
    let restart = [Dispose, Check, Restart, AwaitAnswer, Verify];
    check(
        ask(Permission::Restart, Stay),
        after(vec![no(), idle(), done(), done(), proved()]),
        &restart,
        "proved",
        false,
    );
    check(ask(Permission::Dispose, Stay), after(vec![no()]), &[Dispose], "failed", false);
    let busy = checked(Found::Runs(vec![run("ses_1")]));
    check(ask(Permission::Restart, Stay), after(vec![no(), busy]), &[Dispose, Check], "failed", false);
    // A dispose that did nothing is found out by the verification.
    let unconfirmed = || verified(Verdict::Unconfirmed);
    let twice = [Dispose, AwaitAnswer, Verify, Check, Restart, AwaitAnswer, Verify];
    let answers = vec![done(), done(), unconfirmed(), idle(), done(), done(), proved()];
    check(ask(Permission::Restart, Stay), after(answers), &twice, "proved", false);
    check(ask(Permission::Dispose, Stay), after(vec![done(), done(), unconfirmed()]), &twice[..3], "partial", false);
    // A file that was broken in the moment of the dispose.
    check(ask(Permission::Restart, Stay), after(vec![done(), broken()]), &[Dispose, AwaitAnswer], "failed", false);
    let back = [Dispose, AwaitAnswer, RollBack, AwaitAnswer, Verify];
    check(
        ask(Permission::Restart, OnFailure::RollBack),
        after(vec![done(), broken(), done(), done(), proved()]),
        &back,
        "failed",
        true,
    );
    // A plugin that never finishes: only a new process lets go of it.
    let hangs = || Input::StillLoading { attempt: "1".to_owned(), message: "a plugin".into() };
    check(ask(Permission::Restart, Stay), after(vec![done(), hangs()]), &[Dispose, AwaitAnswer], "failed", false);
    let anew = [Dispose, AwaitAnswer, RollBack, Check, Restart, AwaitAnswer, Verify];
    let answers = vec![done(), hangs(), done(), idle(), done(), done(), proved()];
    check(ask(Permission::Restart, OnFailure::RollBack), after(answers), &anew, "failed", true);
    // An engine that does not come up with the new files.
    let answers = vec![no(), idle(), no(), done(), idle(), done(), done(), proved()];
    let both = [Dispose, Check, Restart, RollBack, Check, Restart, AwaitAnswer, Verify];
    check(ask(Permission::Restart, OnFailure::RollBack), after(answers), &both, "failed", true);
    let worse = |more: Vec<Input>| after([vec![done(), done(), verified(Verdict::Worse), done()], more].concat());
    let both = [Dispose, AwaitAnswer, Verify, RollBack, Check, Restart, AwaitAnswer, Verify];
    check(
        ask(Permission::Restart, OnFailure::RollBack),
        worse(vec![idle(), done(), done(), proved()]),
        &both,
        "failed",
        true,
    );
    // Taking back interrupts nobody either, here or elsewhere.
    let busy = checked(Found::Runs(vec![run("ses_1")]));
    check(ask(Permission::Restart, OnFailure::RollBack), worse(vec![busy]), &both[..5], "failed", false);
    // Where only a dispose is possible, that, and it is believed only when it helped.
    let both = [Dispose, AwaitAnswer, Verify, RollBack, Dispose, AwaitAnswer, Verify];
    check(ask(Permission::Dispose, OnFailure::RollBack), worse(vec![done(), done(), proved()]), &both, "failed", true);
    check(
        ask(Permission::Dispose, OnFailure::RollBack),
        worse(vec![done(), done(), verified(Verdict::Worse)]),
        &both,
        "failed",
        false,
    );
}

/// P9: a wait can be cancelled at any time, also when a restart is what it waits for.
#[test]
fn every_wait_can_be_cancelled() {
    let busy = || checked(Found::Runs(vec![run("ses_1")]));
    for (answers, expected) in [(vec![done(), busy()], "refused"), (vec![done(), idle(), no(), busy()], "failed")] {
        let (waiting, _) = walk(asked(Consent::WhenIdle), answers);
        assert!(matches!(waiting, Phase::WaitingForIdle { .. }) && waiting.is_cancellable());
        let (phase, effect) = step(waiting, Input::Cancelled);
        let json = serde_json::to_value(&phase).expect("a phase is JSON");
        assert_eq!((json["phase"].as_str(), effect), (Some(expected), None));
    }
}

/// P9: a second wish joins the one that waits, with all that its person agreed to, and counts once it is written down.
#[test]
fn a_wish_joins_what_has_not_touched_anything() {
    let busy = || checked(Found::Runs(vec![run("ses_1")]));
    let other = |consent| Input::Wished(Box::new(Job { attempt: "2".to_owned(), ..asked(consent) }));
    let (waiting, _) = walk(asked(Consent::WhenIdle), vec![done(), busy()]);
    assert!(matches!(waiting, Phase::WaitingForIdle { .. }));
    let (phase, effect) = step(waiting, other(Consent::Force));
    assert_eq!(effect, Some(Effect::WriteDown));
    assert_eq!(phase.job().map(|job| (job.attempt.as_str(), job.wish.consent)), Some(("1", Consent::Force)));
    let (phase, effect) = step(phase, done());
    assert_eq!(effect, Some(Effect::Check));
    let (disposing, _) = step(phase, busy());
    assert!(matches!(disposing, Phase::Disposing(_)));
    let (same, effect) = step(disposing.clone(), other(Consent::Force));
    assert_eq!((same, effect), (disposing, None), "what has begun is not joined");
}

/// “Restart engine” is a reload like every other, and restarts also when nothing is pending.
#[test]
fn a_restart_is_a_wish() {
    let wish = Wish { at_least: AtLeast::Restart, ..Wish::new(Cause::Window) };
    let restart = |may| Job { wish: wish.clone(), ..job(Consent::IfIdle, may, OnFailure::Stay) };
    let nothing = |runs| Input::Checked { attempt: "1".to_owned(), plan: plan(Action::None), found: Found::Runs(runs) };
    let (phase, effects) = walk(restart(Permission::Restart), vec![done(), nothing(vec![])]);
    assert!(matches!(&phase, Phase::Restarting(job) if job.plan.action == Action::Restart), "{phase:?}");
    assert_eq!(effects, [Effect::WriteDown, Effect::Check, Effect::Restart]);
    let (phase, _) = walk(restart(Permission::Restart), vec![done(), nothing(vec![run("ses_1")])]);
    assert!(matches!(phase, Phase::Refused { refusal: Refusal::Busy { .. }, .. }), "{phase:?}");
    // Whoever saw the plan agreed to its changes.
    let mut agreed = restart(Permission::Restart);
    agreed.wish.agreed = Some(plan(Action::None).fingerprint);
    assert!(matches!(walk(agreed, vec![done(), nothing(vec![])]).0, Phase::Restarting(_)));
}

/// P7: looks never clear what a reload left unproved.
#[test]
fn what_is_seen_between_reloads() {
    let check = |before: Phase, action, expected: &str| {
        let (phase, effect) = step(before, Input::Observed(plan(action)));
        let json = serde_json::to_value(&phase).expect("a phase is JSON");
        assert_eq!((json["phase"].as_str(), effect), (Some(expected), None));
    };
    let attempt = || "1".to_owned();
    check(Phase::Clean, Action::Dispose, "pending");
    check(Phase::Clean, Action::NeverRead, "clean");
    check(Phase::Pending { plan: plan(Action::Dispose) }, Action::None, "clean");
    check(Phase::Proved { attempt: attempt(), settled: false }, Action::None, "proved");
    check(Phase::Proved { attempt: attempt(), settled: false }, Action::Restart, "pending");
    check(Phase::Partial { attempt: attempt() }, Action::None, "partial");
    check(Phase::Failed { attempt: attempt(), failure: Failure::new(StepName::Answer, "no") }, Action::None, "failed");
}
