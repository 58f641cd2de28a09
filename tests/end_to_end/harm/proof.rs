//! What is told of a reload that was not wholly proved, and of what has not been heard yet.

use rekindle_app::state::history::History;
use rekindle_domain::{Banner, Cause, ItemState, ReceiptResult, ReloadNotice, RowState, Shown, WindowState, Wish};
use rekindle_tests::{
    proxy::{Fault, Rule},
    wait,
    world::{MCP_SERVER, World, plugin, skill, write},
};
use serde_json::{Value, json};
use tokio::sync::watch;

type States = watch::Receiver<std::sync::Arc<WindowState>>;

/// Waits for a state; that state.
async fn state(
    states: &mut States,
    what: &str,
    is_it: impl FnMut(&std::sync::Arc<WindowState>) -> bool,
) -> WindowState {
    let state = tokio::time::timeout(wait::BOUND, states.wait_for(is_it)).await;
    WindowState::clone(&state.unwrap_or_else(|_| panic!("waited for {what}")).expect("the core is there"))
}

/// N16: what the engine has not said is null and unknown, never 0 and never live; a server that is turned off is
/// proved without it; and all of it settles by itself when it is said, in what is shown and in the history.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_heard_settles_by_itself() {
    let world = World::new();
    let faulty = world.start_faulty_engine(Vec::new()).await;
    let app = world.core().await;
    let mut states = app.watch();
    world.write("server.mjs", MCP_SERVER);
    let server = |more: Value| {
        let mut server = json!({"type": "local", "command": ["node", "server.mjs"]});
        server.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        server
    };
    let servers = json!({"late": server(json!({})), "off": server(json!({"enabled": false}))});
    world.write("opencode.json", &json!({ "mcp": servers }).to_string());
    state(&mut states, "both servers pending", |state| state.status.changes.len() == 2).await;
    for route in ["GET /mcp", "GET /command"] {
        faulty.faults.add(Rule::every(route, Fault::Silence));
    }
    app.reload(Wish::new(Cause::Window)).await;
    let ended = state(&mut states, "the end", |state| state.past.is_some()).await;
    let past = ended.past.clone().expect("it was waited for");
    assert_eq!(past.result, ReceiptResult::Partial, "{past:?}");
    let item = |name: &str| past.items.iter().find(|item| item.name == name).expect("an item");
    assert_eq!((item("late").state, item("late").unheard), (ItemState::Unknown, true));
    assert_eq!((item("off").state, &item("off").detail), (ItemState::Active, &Some(ReloadNotice::TurnedOff.into())));
    let counts = (past.counts.commands, past.counts.mcp, past.counts.agents.is_some(), past.counts.skills.is_some());
    assert_eq!(counts, (None, None, true, true), "{:?}", past.counts);
    assert_eq!(ended.counts.expect("counts").mcp, None);
    let row = |name: &str| ended.mcp.iter().find(|row| row.name == name).expect("a row").state.clone();
    assert_eq!((row("late"), row("off")), (RowState::Unknown, RowState::Loaded));

    faulty.faults.clear();
    let settled = state(&mut states, "the proof", |state| {
        let past = state.past.as_ref();
        past.is_some_and(|past| past.result == ReceiptResult::Proved && !past.is_open())
    })
    .await;
    let past = settled.past.expect("it was waited for");
    assert_eq!((past.counts.mcp, past.counts.commands.is_some_and(|number| number > 0)), (Some(2), true));
    assert_eq!(settled.history.first(), Some(&past));
    let kept = History::of(&world.places()).newest().expect("it is kept");
    assert_eq!((kept.result, kept.counts, kept.settled_at.is_some()), (ReceiptResult::Proved, past.counts, true));
    assert_eq!(settled.counts.expect("counts").mcp, Some(2));
    assert!(settled.mcp.iter().all(|row| row.state == RowState::Loaded), "{:?}", settled.mcp);
    let history = world.rekindle(&["history", "--json"]).await.json();
    assert_eq!((&history[0]["result"], &history[1]), (&json!("proved"), &Value::Null), "{history}");

    // It stays until it was seen, also beside what is new, and is put away by its name alone.
    world.write(".opencode/skills/tidy/SKILL.md", &skill("tidy", "body"));
    let both = state(&mut states, "the change", |state| state.banner == Banner::Pending).await;
    assert!(both.past.as_ref().is_some_and(|shown| shown.id == past.id));
    app.dismiss(Shown { past: Some(past.id), ..Shown::default() }).await;
    let now = state(&mut states, "the past put away", |state| state.past.is_none()).await;
    assert_eq!(now.banner, Banner::Pending, "what was not named stays");
    app.dismiss(Shown { past: Some("another".to_owned()), changes: now.shown().changes, problems: vec![] }).await;
    state(&mut states, "the banner put away", |state| state.banner == Banner::None).await;
    world.write(".opencode/skills/tidy/SKILL.md", &skill("tidy", "another body"));
    state(&mut states, "another change", |state| state.banner == Banner::Pending).await;
}

/// N16: the command waits a while for a server that connects late, and its receipt says what came of it; where
/// only counts are missing they are null, and all is proved. What the engine does not say of its tools in time
/// proves nothing against them: nothing is put back.
#[tokio::test(flavor = "multi_thread")]
async fn the_command_waits_for_what_is_late() {
    let world = World::new();
    write(&world.home(".config/rekindle/settings.json"), &json!({ "roll_back": true }).to_string());
    let faulty = world.start_faulty_engine(Vec::new()).await;
    let gate = "import { existsSync } from \"fs\"\n\
        while (!existsSync(\"open\")) await new Promise((go) => setTimeout(go, 20))\n";
    world.write("gate.mjs", &format!("{gate}{MCP_SERVER}"));
    let server = json!({"type": "local", "command": ["node", "gate.mjs"], "timeout": 60_000});
    world.write("opencode.json", &json!({"mcp": {"late": server}}).to_string());
    // Not before the reload is over, as far as the server is heard: how often it is asked until then, nobody promises.
    let open = async {
        let is_open = async || {
            let history = world.rekindle(&["history", "--json"]).await.json();
            (history[0]["items"][0]["unheard"] == true).then_some(())
        };
        wait::until("a receipt that waits", is_open).await;
        world.write("open", "");
    };
    let (ran, ()) = tokio::join!(world.rekindle(&["reload", "--json"]), open);
    let receipt = ran.json();
    assert_eq!(
        (ran.code, &receipt["result"], &receipt["counts"]["mcp"]),
        (0, &json!("proved"), &json!(1)),
        "{receipt}"
    );
    assert_eq!(
        (&receipt["items"][0]["state"], receipt["settledAt"].is_string()),
        (&json!("active"), true),
        "{receipt}"
    );

    faulty.faults.add(Rule::every("GET /command", Fault::Silence));
    world.write(".opencode/skills/tidy/SKILL.md", &skill("tidy", "body"));
    let ran = world.rekindle(&["reload", "--json"]).await;
    let receipt = ran.json();
    assert_eq!((ran.code, &receipt["result"]), (0, &json!("proved")), "{receipt}");
    assert_eq!((&receipt["counts"]["commands"], &receipt["counts"]["mcp"]), (&Value::Null, &json!(1)), "{receipt}");
    faulty.faults.clear();

    let silence = Rule::once("GET /experimental/tool/ids", Fault::Silence).after("POST /instance/dispose");
    faulty.faults.add(silence);
    let tool = "export default { description: \"test\", args: {}, async execute() { return \"\" } }\n";
    world.write(".opencode/tools/hello.ts", tool);
    let ran = world.rekindle_with(&["reload", "--json"], &[("REKINDLE_LOADING_SECONDS", "4")]).await;
    let receipt = ran.json();
    assert_eq!((ran.code, &receipt["result"], &receipt["restored"]), (0, &json!("proved"), &Value::Null), "{receipt}");
    assert!(receipt["settledAt"].is_string(), "{receipt}");
    assert_eq!(world.read(".opencode/tools/hello.ts"), tool);
}

/// N16, W4: `status` tells of the last reload as long as it is not wholly proved, beside what is new, in words and in
/// JSON, and never says that all is live meanwhile; and so does whoever watches another process reload.
#[tokio::test(flavor = "multi_thread")]
async fn status_tells_of_the_past_and_of_now() {
    let world = World::new();
    world.start_engine().await;
    let app = world.core().await;
    let mut states = app.watch();
    world.write(".opencode/plugins/good.ts", &plugin("good"));
    world.write(".opencode/plugins/bad.ts", "throw new Error(\"boom\")\n");
    let words = world.rekindle(&["reload"]).await;
    assert_eq!(words.code, 1, "{words:?}");
    assert!(words.out.contains("1 of 2 changes proved"), "{words:?}");
    let watched = state(&mut states, "its end", |state| state.past.is_some()).await;
    assert_eq!(watched.past.map(|past| (past.cause, past.result)), Some((Cause::Command, ReceiptResult::Partial)));
    let status = async || (world.rekindle(&["status"]).await, world.rekindle(&["status", "--json"]).await.json());

    let (words, json) = status().await;
    let past = &json["past"];
    assert_eq!((&past["result"], &past["changes"]), (&json!("partial"), &json!(2)), "{json}");
    assert_eq!((&past["unproved"][0]["name"], &past["unproved"][1]), (&json!("bad.ts"), &Value::Null), "{json}");
    assert_eq!((words.code, &json["reloadRequired"]), (0, &json!(false)), "{words:?}");
    for (part, is_told) in
        [("1 of 2 changes is not proved", true), ("bad.ts failed to load: boom", true), ("is live", false)]
    {
        assert_eq!(words.out.contains(part), is_told, "{part}: {words:?}");
    }

    world.write(".opencode/skills/tidy/SKILL.md", &skill("tidy", "body"));
    let (words, json) = status().await;
    assert_eq!((words.code, &json["reloadRequired"], &json["past"]["result"]), (1, &json!(true), &json!("partial")));
    for part in ["Reload required: 1 change", "1 of 2 changes is not proved"] {
        assert!(words.out.contains(part), "{part}: {words:?}");
    }

    std::fs::remove_file(world.path(".opencode/plugins/bad.ts")).expect("removed");
    let reloaded = world.rekindle(&["reload"]).await;
    assert_eq!(reloaded.code, 0, "{reloaded:?}");
    let (words, json) = status().await;
    assert_eq!((words.code, &json["past"]), (0, &Value::Null), "{json}");
    assert!(words.out.contains("Everything on disk is live."), "{words:?}");
    let watched = state(&mut states, "the end of that", |state| state.past.is_none()).await;
    assert_eq!((watched.status.past, watched.history.len()), (None, 2));
}

/// N16: what a person asked for and has not seen the end of is told again after a reload that came by itself.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_by_itself_hides_nothing() {
    let world = World::new();
    world.start_engine().await;
    let app = world.core().await;
    let mut states = app.watch();
    let first = states.borrow_and_update().clone();
    world.write(".opencode/plugins/bad.ts", "throw new Error(\"boom\")\n");
    state(&mut states, "the plugin", |state| state.banner == Banner::Pending).await;
    app.reload(Wish::new(Cause::Window)).await;
    let partial = state(&mut states, "the end", |state| state.past.is_some()).await.past.expect("it was waited for");
    assert_eq!(partial.result, ReceiptResult::Partial);

    // What comes to nothing hides nothing either, and is put away with the rest.
    world.write(".opencode/skills/neat/SKILL.md", &skill("neat", "body"));
    let pending = state(&mut states, "a change", |state| state.banner == Banner::Pending).await;
    assert!(pending.past.is_some());
    let agreed = pending.plan.expect("a plan").fingerprint;
    world.write(".opencode/skills/neat/SKILL.md", &skill("neat", "another body"));
    app.reload(Wish { agreed: Some(agreed), ..Wish::new(Cause::Window) }).await;
    let refused = state(&mut states, "a refusal", |state| state.refused.is_some()).await;
    assert_eq!(refused.past.as_ref().map(|past| &past.id), Some(&partial.id));
    std::fs::remove_dir_all(world.path(".opencode/skills/neat")).expect("removed");
    state(&mut states, "nothing new", |state| state.status.changes.is_empty()).await;

    let directory = first.status.directory.clone();
    let habit = rekindle_domain::Habit::WhenIdle;
    app.choose(rekindle_domain::Choice::Habit { directory, habit }).await.expect("saved");
    world.write(".opencode/skills/tidy/SKILL.md", &skill("tidy", "body"));
    let after = state(&mut states, "the reload by itself", |state| {
        state.history.first().is_some_and(|last| last.cause == Cause::Automatic) && state.past.is_some()
    })
    .await;
    assert_eq!(after.history[0].result, ReceiptResult::Proved);
    assert_eq!(after.past.map(|past| past.id), Some(partial.id));
}
