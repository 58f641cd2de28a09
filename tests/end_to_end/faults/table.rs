//! The table of faults, one line a case: what goes wrong on the way to the engine, and what comes of
//! it.

use rekindle_tests::proxy::{EventFault, Fault, Rule};

use super::bed::{Case, DISPOSE, Expected, Mode, PROVED, RESTARTED, UNTOUCHED, check};

const ANSWER: &str = "GET /config";
const SKILLS: &str = "GET /skill";
const BUSY: &str = "GET /session/status";
const EVENTS: &str = "GET /global/event";
const ANYTHING: &str = "*";

fn case(name: &'static str, rule: Rule, expected: Expected) -> Case {
    Case { name, rules: vec![rule], expected }
}

fn every(request: &str, fault: Fault) -> Rule {
    Rule::every(request, fault)
}

fn once(request: &str, fault: Fault) -> Rule {
    Rule::once(request, fault)
}

/// The first request like this of the new instance.
fn then(request: &str, fault: Fault) -> Rule {
    Rule::once(request, fault).after(DISPOSE)
}

/// Every request like this from the dispose on.
fn on(request: &str, fault: Fault) -> Rule {
    Rule::every(request, fault).after(DISPOSE)
}

fn events(fault: EventFault) -> Rule {
    every(EVENTS, Fault::Events(fault))
}

/// P10: a dispose that is not to be had becomes a restart, and one that is slow does not. Where its end
/// is not told, what the engine shows afterwards decides.
fn disposes_that_fail() -> Vec<Case> {
    vec![
        case("dispose: 500", every(DISPOSE, Fault::broken()), RESTARTED),
        case("dispose: 200 with a page", every(DISPOSE, Fault::page()), RESTARTED),
        case("dispose: 200 too early", once(DISPOSE, Fault::Early), PROVED),
        case("dispose: 200, and nothing is done", every(DISPOSE, Fault::nothing()), RESTARTED),
        case("dispose: no answer", every(DISPOSE, Fault::Silence), RESTARTED),
        case("dispose: half an answer", every(DISPOSE, Fault::Stall), RESTARTED),
        case("dispose: cut off", every(DISPOSE, Fault::Cut), RESTARTED),
        case("dispose: reset", every(DISPOSE, Fault::Reset), RESTARTED),
        case("dispose: done, and reset", every(DISPOSE, Fault::Lost), RESTARTED),
        case("dispose: drips", every(DISPOSE, Fault::Drip), PROVED),
        case("dispose: 401", every(DISPOSE, Fault::unauthorized()), RESTARTED),
        case("dispose: the engine dies", once(DISPOSE, Fault::Die), RESTARTED),
        case("events: 500", every(EVENTS, Fault::broken()), PROVED),
        case("events: a page", every(EVENTS, Fault::page()), PROVED),
        case("events: no answer", every(EVENTS, Fault::Silence), PROVED),
        case("events: end at once", events(EventFault::EndAfter(1)), PROVED),
        case("events: come twice", events(EventFault::Repeat), PROVED),
        case("events: overtake each other", events(EventFault::Reorder), PROVED),
        case("events: never say disposed", events(EventFault::NeverDisposed), PROVED),
    ]
}

/// P7, N3: the new instance is asked again where asking again helps, and nothing is proved by an
/// answer that did not come.
fn answers_that_fail() -> Vec<Case> {
    let failed = Expected { code: 2, result: "failed", told: "/config", ..RESTARTED };
    // What was to become live is; but an engine that can load none of its tools answers no prompt.
    let toolless = Expected { code: 1, result: "partial", ..PROVED };
    vec![
        case("answer: 500", then(ANSWER, Fault::broken()), PROVED),
        case("answer: a page", then(ANSWER, Fault::page()), PROVED),
        case("answer: none", then(ANSWER, Fault::Silence), PROVED),
        case("answer: half of it", then(ANSWER, Fault::Stall), PROVED),
        case("answer: cut off", then(ANSWER, Fault::Cut), PROVED),
        case("answer: reset", then(ANSWER, Fault::Reset), PROVED),
        case("answer: drips", then(ANSWER, Fault::Drip), PROVED),
        case("answer: 401", then(ANSWER, Fault::unauthorized()), RESTARTED),
        case("answer: the engine dies", then(ANSWER, Fault::Die), RESTARTED),
        case("answer: 500 for ever", on(ANSWER, Fault::broken()), failed),
        case("skills: 500", then(SKILLS, Fault::broken()), PROVED),
        case("skills: a page", then(SKILLS, Fault::page()), PROVED),
        case("skills: none", then(SKILLS, Fault::Silence), PROVED),
        case("skills: half of them", then(SKILLS, Fault::Stall), PROVED),
        case("skills: cut off", then(SKILLS, Fault::Cut), PROVED),
        case("skills: reset", then(SKILLS, Fault::Reset), PROVED),
        case("skills: drip", then(SKILLS, Fault::Drip), PROVED),
        case("skills: the engine dies", then(SKILLS, Fault::Die), RESTARTED),
        case("servers: none", on("GET /mcp", Fault::Silence), PROVED),
        case("tools: 500", on("GET /experimental/tool/ids", Fault::broken()), toolless),
        case("agents: 500", on("GET /agent", Fault::broken()), PROVED),
        case("providers: 500", on("GET /config/providers", Fault::broken()), PROVED),
    ]
}

/// P8: who cannot be asked what runs is left alone.
fn engines_that_do_not_say_what_runs() -> Vec<Case> {
    let told = |told| Expected { told, ..UNTOUCHED };
    // In an engine that is gone nothing runs.
    let died = Expected { disposes: 0, ..RESTARTED };
    vec![
        case("look: 500", once(ANSWER, Fault::broken()), PROVED),
        case("look: reset", once(ANSWER, Fault::Reset), PROVED),
        case("busy: 500", every(BUSY, Fault::broken()), told("answered /session/status with 500")),
        case("busy: a page", every(BUSY, Fault::page()), told("is not the JSON")),
        case("busy: another shape", every(BUSY, Fault::json(200, "[]")), told("is not the JSON")),
        case("busy: no answer", every(BUSY, Fault::Silence), told("did not answer /session/status")),
        case("busy: reset", every(BUSY, Fault::Reset), told("cannot be reached")),
        case("busy: cut off", every(BUSY, Fault::Cut), told("cannot be reached")),
        case("anything: 401", every(ANYTHING, Fault::unauthorized()), told("password")),
        case("anything: 500", every(ANYTHING, Fault::broken()), told("500")),
        case("anything: reset", every(ANYTHING, Fault::Reset), told("cannot be reached")),
        case("busy: the engine dies", once(BUSY, Fault::Die), died),
    ]
}

/// P7, P8, P10, N3: what comes of every fault of an engine of ours.
#[tokio::test(flavor = "multi_thread")]
async fn every_fault_ends_as_expected() {
    check(Mode::Host, [disposes_that_fail(), answers_that_fail(), engines_that_do_not_say_what_runs()].concat()).await;
}

/// P11: in client mode nothing is restarted, and the reason is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_dispose_that_fails_in_client_mode_is_told() {
    let failed = |told| Expected { code: 2, result: "failed", told, status: 1, ..PROVED };
    let partial = Expected { code: 1, result: "partial", status: 1, ..PROVED };
    check(
        Mode::Client,
        vec![
            case("client: all well", every("", Fault::None), PROVED),
            case("client: 500", every(DISPOSE, Fault::broken()), failed("answered /instance/dispose with 500")),
            case("client: a page", every(DISPOSE, Fault::page()), failed("is not the JSON")),
            case("client: no answer", every(DISPOSE, Fault::Silence), failed("did not answer /instance/dispose")),
            case("client: cut off", every(DISPOSE, Fault::Reset), failed("cannot be reached")),
            case("client: 401", every(DISPOSE, Fault::unauthorized()), failed("password")),
            case("client: nothing is done", every(DISPOSE, Fault::nothing()), partial),
            case("client: never says disposed", events(EventFault::NeverDisposed), PROVED),
            case("client: no events", every(EVENTS, Fault::broken()), PROVED),
        ],
    )
    .await;
}
