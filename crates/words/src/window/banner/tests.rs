//! One table for each banner whose words depend on what is in it.

use rekindle_domain::{Change, ChangeKind, Installing, Kind, StepName, Takes};

use super::*;

fn run(title: &str, state: BusyState) -> BusyRun {
    BusyRun { session: "ses_1".to_owned(), title: title.to_owned(), state, directory: None }
}

fn check(banner: Banner, status: &ReloadStatus, title: &str, body: &str) {
    let expected = Words { title: title.to_owned(), body: body.to_owned() };
    assert_eq!(words(&banner, status), expected);
}

#[test]
fn pending_fits_its_reasons() {
    let check = |changes: &[(Kind, Action)], body| {
        let changes = changes.iter().map(|(kind, action)| {
            let change = fixture::change(*kind, ChangeKind::Added, "a");
            Change { action: *action, ..change }
        });
        check(Banner::Pending, &fixture::status(changes.collect()), "Reload required", body);
    };
    use Action::*;
    check(&[(Kind::Plugin, Dispose)], "OpenCode reads each plugin once; 1 plugin change is waiting.");
    check(
        &[(Kind::Skill, Dispose), (Kind::Skill, Dispose)],
        "OpenCode reads each skill once; 2 skill changes are waiting.",
    );
    check(
        &[(Kind::Plugin, Dispose), (Kind::Skill, Dispose), (Kind::Mcp, Dispose)],
        "The engine is still running without 3 changes.",
    );
    // What the engine never reads is not waiting.
    check(
        &[(Kind::Plugin, Dispose), (Kind::Config, NeverRead)],
        "OpenCode reads each plugin once; 1 plugin change is waiting.",
    );
    check(
        &[(Kind::Plugin, Restart)],
        "OpenCode reads each plugin once; 1 plugin change is waiting. The engine will restart; your sessions are kept.",
    );
    check(
        &[(Kind::Plugin, Restart), (Kind::Skill, Dispose)],
        "The engine is still running without 2 changes. The engine will restart; your sessions are kept.",
    );
}

#[test]
fn busy_names_what_a_reload_would_interrupt() {
    let check = |runs: Vec<BusyRun>, body| {
        check(Banner::Busy { runs }, &fixture::status(vec![]), "Reload required", body);
    };
    use BusyState::*;
    check(
        vec![run("Fix flaky login test", Busy)],
        "“Fix flaky login test” is running. Reloading now would interrupt its tool call.",
    );
    check(vec![run("a", Retry)], "“a” is waiting to retry. Reloading now would cancel its retry.");
    check(vec![run("a", Permission)], "“a” is waiting for permission. Reloading now would discard its request.");
    check(vec![run("a", Question)], "“a” is waiting for an answer. Reloading now would discard its request.");
    check(vec![run("zsh", Terminal)], "“zsh” is an open terminal. Reloading now would end its process.");
    check(vec![run(" ", Busy)], "An untitled session is running. Reloading now would interrupt its tool call.");
    check(
        vec![run("a", Busy), run("b", Question), run("c", Busy), run("d", Busy)],
        "4 runs would be interrupted: “a” is running, “b” is waiting for an answer, “c” is running and 1 more.",
    );
}

#[test]
fn waiting_says_what_for() {
    let check = |runs: Vec<BusyRun>, body| {
        check(Banner::Waiting { runs }, &fixture::status(vec![]), "Waiting until nothing is running", body);
    };
    check(vec![run("a", BusyState::Busy)], "“a” is running. The reload starts as soon as it is done.");
    check(
        vec![run("a", BusyState::Busy), run("b", BusyState::Terminal)],
        "2 runs are still going. The reload starts as soon as they are done.",
    );
    check(vec![], "Nothing is running now. The reload is about to start.");
}

#[test]
fn blocked_tells_where_and_what_still_works() {
    let check = |line, column, more, what: &str| {
        let problem = Problem { line, column, ..Problem::new("/p/opencode.jsonc", "expected a comma") };
        let title = "Reload blocked: opencode.jsonc has an error";
        let body = format!("{what} The engine keeps running with what it has loaded.");
        check(Banner::Blocked { problem, more }, &fixture::status(vec![]), title, &body);
    };
    check(Some(14), Some(3), 0, "Line 14, column 3: expected a comma.");
    check(Some(14), None, 1, "Line 14: expected a comma. Another file has an error too.");
    check(None, None, 2, "Expected a comma. More files have errors too.");
    let problem = Problem { is_fault: true, ..Problem::new("/p", "the files could not be read") };
    let body = "The files could not be read. The engine keeps running with what it has loaded.";
    let title = "Reload blocked by an error in Rekindle";
    self::check(Banner::Blocked { problem, more: 0 }, &fixture::status(vec![]), title, body);
}

#[test]
fn each_other_banner_stands_for_itself() {
    let check = |banner, title, body| check(banner, &fixture::status(vec![]), title, body);
    let reloading = |action, takes: &[u64]| {
        let progress = Progress { takes: Takes::of(takes.to_vec()), ..Progress::default() };
        Banner::Reloading { action, steps: vec![], cancellable: true, progress }
    };
    check(reloading(Action::Dispose, &[]), "Reloading engine", "Sessions are kept.");
    check(
        reloading(Action::Dispose, &[400, 600, 700]),
        "Reloading engine",
        "Sessions are kept. This usually takes less than a second.",
    );
    check(
        reloading(Action::Restart, &[1200, 2000, 2900]),
        "Restarting engine",
        "Sessions are kept. This usually takes 1 to 3 seconds.",
    );
    check(
        Banner::Client { host: "build-box.local".to_owned() },
        "Changes will apply after the host reloads",
        "You are connected to build-box.local. Reloading it may affect other clients.",
    );
    check(
        Banner::Stuck { curable: true },
        "The engine is stuck",
        "It refuses to load this directory although the files are fine. A restart fixes that. Your sessions are kept.",
    );
    check(
        Banner::EngineDown { state: EngineState::Stopped, message: Some("it exited with 1".into()) },
        "The engine is stopped",
        "It exited with 1. Start it to work in this directory. Your sessions are kept.",
    );
    check(
        Banner::EngineDown { state: EngineState::Unauthorized, message: None },
        "The engine needs a valid password",
        "Set REKINDLE_ENGINE_PASSWORD and reopen Rekindle.",
    );
}

/// N16: how long it has been, and what the engine installs meanwhile.
#[test]
fn what_goes_on_is_told() {
    let check = |ms, expected| assert_eq!(elapsed(ms), expected);
    check(0, "");
    check(999, "");
    check(1_000, "1 s");
    check(26_400, "26 s");
    check(65_000, "1 min 5 s");
    let check = |package: Option<&str>, bytes, expected| {
        assert_eq!(installing(&Installing { package: package.map(str::to_owned), bytes }), expected);
    };
    check(Some("acme@latest"), 0, "OpenCode is installing acme@latest.");
    check(Some("acme@latest"), 12_345_678, "OpenCode is installing acme@latest (12.3 MB so far).");
    check(None, 900, "OpenCode is installing plugin dependencies (0.1 MB so far).");
}

#[test]
fn steps_change_tense_when_they_are_over() {
    let check = |name, state, expected| assert_eq!(step(BannerStep { name, state }), expected);
    check(StepName::Check, StepState::Now, "Checking config");
    check(StepName::Check, StepState::Done, "Checked config");
    check(StepName::Dispose, StepState::Later, "Disposing instance");
    check(StepName::Dispose, StepState::Done, "Disposed instance");
    check(StepName::Answer, StepState::Done, "Engine responded");
    check(StepName::Verify, StepState::Now, "Verifying what loaded");
}

#[test]
fn the_caret_stands_under_the_column() {
    let check = |column, text: &str, expected: &str| {
        let problem = Problem {
            line: Some(10),
            column,
            excerpt: vec![(9, "{".to_owned()), (10, text.to_owned())],
            ..Problem::new("/p/x", "m")
        };
        assert_eq!(excerpt(&problem), expected);
    };
    check(Some(3), "  x", " 9 │ {\n10 │   x\n   │   ^");
    check(Some(2), "\tx", " 9 │ {\n10 │ \tx\n   │ \t^");
    check(Some(9), "é", " 9 │ {\n10 │ é\n   │  ^");
    check(None, "x", " 9 │ {\n10 │ x");
}
