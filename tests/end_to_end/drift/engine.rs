//! The real engine, whose files change at any moment. What it has is its own word; what it should
//! have is the word of another one that is started on the same files.

use std::{
    collections::BTreeSet,
    env,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rand::Rng;
use rekindle_app::workspace::{App, Source, target::Target};
use rekindle_domain::{Cause, Phase, StepName, Wish};
use rekindle_tests::{
    project::Project,
    raw::RawEngine,
    wait,
    world::{Engine, World, plugin, skill, write},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Duration, sleep};

/// What an engine says that it has, by kind and name; without the code behind plugins and tools, of
/// which it says nothing.
type Told = BTreeSet<(String, String, String)>;

fn told(config: &Value, skills: &Value) -> Told {
    let mut told = Told::new();
    for (key, value) in config.as_object().expect("an object") {
        let (kind, maps) = match key.as_str() {
            "mcp" | "agent" | "command" => (key.as_str(), value.as_object()),
            "$schema" | "mode" | "plugin" => continue,
            "instructions" => ("instructions", None),
            _ => ("config", None),
        };
        match maps {
            Some(map) => {
                told.extend(map.iter().map(|(name, value)| (kind.to_owned(), name.clone(), sorted(value))));
            }
            None => drop(told.insert((kind.to_owned(), key.clone(), sorted(value)))),
        }
    }
    for skill in skills.as_array().expect("a list").iter().filter(|skill| skill["location"] != "<built-in>") {
        let text = format!("{} {}", skill["description"], skill["content"].as_str().unwrap_or_default().trim());
        let name = skill["name"].as_str().expect("a name").to_owned();
        told.insert(("skill".to_owned(), name, text.replace("\r\n", "\n")));
    }
    told
}

/// A value as text, whatever the order of its keys and the ends of its lines.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let sorted: BTreeSet<_> = map.iter().map(|(key, value)| format!("{key}: {}", sorted(value))).collect();
            format!("{sorted:?}")
        }
        Value::String(text) => text.replace("\r\n", "\n"),
        value => value.to_string(),
    }
}

async fn told_by(engine: &Engine) -> Told {
    told(&engine.get("/config").await, &engine.get("/skill").await)
}

/// Another engine on the same files.
async fn another(world: &World) -> RawEngine {
    let mut environment = world.environment();
    for (name, value) in &mut environment {
        if matches!(*name, "XDG_STATE_HOME" | "XDG_DATA_HOME" | "XDG_CACHE_HOME") {
            *value = world.outside(&format!("fresh/{name}"));
        }
    }
    RawEngine::start(world.project(), &environment).await
}

/// What a new instance of it says.
async fn told_by_another(engine: &RawEngine, world: &World) -> Told {
    let (_, config) = engine.ask(Method::GET, "/config", world.project()).await;
    let (_, skills) = engine.ask(Method::GET, "/skill", world.project()).await;
    engine.dispose(world.project()).await;
    told(&config, &skills)
}

/// What an engine says that has just been started on the same files.
async fn told_afresh(world: &World) -> Told {
    let engine = another(world).await;
    let told = told_by_another(&engine, world).await;
    engine.stop().await;
    told
}

/// The kinds and names in which two engines differ.
fn differing(one: &Told, other: &Told) -> BTreeSet<(String, String)> {
    one.symmetric_difference(other).map(|(kind, name, _)| (kind.clone(), name.clone())).collect()
}

/// The kinds and names that are pending, but for code.
fn pending(status: &Value) -> BTreeSet<(String, String)> {
    let changes = status["changes"].as_array().expect("a list").iter();
    let texts = changes.filter(|change| change["kind"] != "plugin" && change["kind"] != "tool");
    texts.map(|change| ["kind", "name"].map(|key| change[key].as_str().expect("a text").to_owned()).into()).collect()
}

/// N1, K1, K7: 200 changes at any moment, most of them while reloads run, the others while nothing of
/// ours looks. After each reload everything in which the engine differs from a fresh one is pending,
/// and nothing else; after a last reload there is no difference.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_whenever_it_changes() {
    const SEED: u64 = 11833;
    let seed = env::var("REKINDLE_SEED").map_or(SEED, |text| text.parse().expect("a number"));
    let world = World::new();
    let mut project = Project::create(world.project(), &world.home(""), false, seed, 0);
    world.start_engine().await;
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    let mut left = 200;
    for round in 0..4 {
        // While nothing of ours looks.
        let before = project.files().clone();
        for _ in 0..10 {
            project.change();
        }
        let running = world.rekindle(&["reload", "--json"]);
        tokio::pin!(running);
        left -= 10;
        let mut ran = None;
        for _ in 0..40 {
            left -= 1;
            match project.percent(30) {
                true => project.change_back(&before),
                false => project.change(),
            }
            // Spread over the whole of the reload; what comes after it is as good.
            let pause = sleep(Duration::from_millis(rand::rng().random_range(0..60)));
            tokio::select! {
                done = &mut running, if ran.is_none() => ran = Some(done),
                () = pause => {}
            }
        }
        let ran = match ran {
            Some(ran) => ran,
            None => running.await,
        };
        let status = world.rekindle(&["status", "--json"]).await.json();
        let differing = differing(&told_by(&world.engine()).await, &told_afresh(&world).await);
        assert_eq!(pending(&status), differing, "seed {seed}, round {round}: {ran:?}\n{status}");
    }
    assert_eq!(left, 0);
    let last = world.rekindle(&["reload", "--json"]).await;
    assert!(last.code <= 1, "{last:?}");
    let status = world.rekindle(&["status", "--json"]).await;
    assert_eq!((status.code, &status.json()["changes"]), (0, &json!([])), "seed {seed}: {status:?}\n{last:?}");
    assert_eq!(told_by(&world.engine()).await, told_afresh(&world).await, "seed {seed}");
}

/// K7: what the engine loaded is what counts, also when nobody of ours was there when it did.
#[tokio::test(flavor = "multi_thread")]
async fn what_changed_before_anyone_looked_is_pending() {
    let world = World::new();
    let server = |command: &str| json!({"type": "local", "command": [command], "enabled": false});
    let declare = |command: &str| {
        let config = json!({"mcp": {"own": server(command)}, "username": command, "instructions": [command]});
        world.write("opencode.json", &config.to_string());
        world.write(".opencode/skills/s/SKILL.md", &skill("s", command));
        world.write(".opencode/agents/helper.md", &format!("---\ndescription: test\n---\n{command}\n"));
    };
    declare("one");
    let engine = world.start_engine().await;
    // Someone else works with it, and so it loads everything.
    assert!(engine.has_skill("s", "one").await);
    assert_eq!(engine.get("/config").await["username"], "one");
    declare("two");
    let status = world.rekindle(&["status", "--json"]).await.json();
    let names =
        [("agent", "helper"), ("config", "username"), ("instructions", "instructions"), ("mcp", "own"), ("skill", "s")];
    let names: BTreeSet<_> = names.iter().map(|(kind, name)| ((*kind).to_owned(), (*name).to_owned())).collect();
    assert_eq!(pending(&status), names, "{status}");
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    declare("one");
    assert_eq!(pending(&world.rekindle(&["status", "--json"]).await.json()), names);
}

/// K7: somebody else disposes, has the engine read the files, and they change again before anyone of ours
/// looks: what it read counts, with a plugin and without, whether the dispose was heard or not, and also
/// when the files say again what they said before.
#[tokio::test(flavor = "multi_thread")]
async fn what_others_had_loaded_and_changed_since_is_pending() {
    for with_plugin in [false, true] {
        let world = World::new();
        let declare = |name: &str| {
            let config = json!({ "username": name, "command": { name: { "template": "x" } } });
            world.write("opencode.json", &config.to_string());
        };
        if with_plugin {
            world.write(".opencode/plugins/p.ts", &plugin("told"));
        }
        declare("one");
        let engine = world.start_engine().await;
        assert_eq!(world.rekindle(&["status"]).await.code, 0);
        for (was_heard, last) in [(true, "three"), (true, "one"), (false, "three"), (false, "one")] {
            let case = format!("plugin: {with_plugin}, heard: {was_heard}, {last}");
            declare("two");
            let disposes = engine.count_disposes().await;
            engine.ask(Method::POST, "/instance/dispose", None).await;
            wait::until("the dispose", async || (disposes.so_far() > 0).then_some(())).await;
            if was_heard {
                Target::by_record(&world.places()).memory().forget_instance().expect("writes");
            }
            assert_eq!(engine.get("/config").await["username"], "two");
            declare(last);
            let status = world.rekindle(&["status", "--json"]).await.json();
            let expected = [("config", "username"), ("command", "two"), ("command", last)];
            let expected = expected.map(|(kind, name)| (kind.to_owned(), name.to_owned()));
            assert_eq!(pending(&status), expected.into(), "{case}: {status}");
            assert_eq!(world.rekindle(&["reload"]).await.code, 0, "{case}");
            assert_eq!(world.rekindle(&["status"]).await.code, 0, "{case}");
            assert_eq!(engine.get("/config").await["username"], last, "{case}");
            declare("one");
            assert_eq!(world.rekindle(&["reload"]).await.code, 0, "{case}");
        }
    }
}

/// K1: a reload works from one snapshot. What is written in any of its steps is pending afterwards,
/// unless the engine says that it has it; the code of a plugin, of which it says nothing, always is.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_in_a_step_of_a_reload_stays_pending() {
    let world = World::new();
    let text = |of: &str| json!({"username": of, "mcp": {"m": {"type": "local", "command": [of], "enabled": false}}});
    let write_all = move |folder: &Path, of: &str| {
        write(&folder.join("opencode.json"), &text(of).to_string());
        write(&folder.join(".opencode/skills/s/SKILL.md"), &skill("s", of));
        write(&folder.join(".opencode/plugins/p.ts"), &plugin(of));
    };
    write_all(&world.path(""), "nothing");
    world.start_engine().await;
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    // One serves for all steps: only files of the project change, and the code of plugins is not compared.
    let fresh = another(&world).await;
    for step in [StepName::Check, StepName::Dispose, StepName::Answer, StepName::Verify] {
        let of = format!("{step:?}").to_lowercase();
        world.write(&format!(".opencode/skills/{of}/SKILL.md"), &skill(&of, "Makes a reload necessary."));
        let wrote = Arc::new(AtomicBool::new(false));
        let (has_written, folder, name) = (wrote.clone(), world.path(""), of.clone());
        let app = App::for_one_reload(Target::by_record(&world.places()), Source::Attached);
        let ended = app.reload_to_the_end(Wish::new(Cause::Command), move |phase| {
            if phase.step_name() == Some(step) && !has_written.swap(true, Ordering::Relaxed) {
                write_all(&folder, &name);
            }
        });
        let ended = ended.await.expect("an end");
        assert!(wrote.load(Ordering::Relaxed), "{step:?}");
        let status = world.rekindle(&["status", "--json"]).await.json();
        let differing = differing(&told_by(&world.engine()).await, &told_by_another(&fresh, &world).await);
        assert_eq!(pending(&status), differing, "{step:?}: {ended:?}\n{status}");
        let code = status["changes"].as_array().expect("a list").iter().find(|change| change["name"] == "p.ts");
        // What was there when the files were checked, the restart made live.
        let expected = (step != StepName::Check).then(|| json!("restart"));
        assert_eq!(code.map(|code| &code["action"]), expected.as_ref(), "{step:?}: {status}");
        if step == StepName::Verify {
            assert!(matches!(ended.phase, Phase::Proved { .. }), "{ended:?}");
            // Skills are read when they are asked for: these may be the new ones.
            let still: BTreeSet<_> = ended.receipt.still_pending.iter().map(|change| change.name.as_str()).collect();
            assert!(["m", "p.ts", "username"].iter().all(|name| still.contains(name)), "{still:?}");
        }
        let again = world.rekindle(&["reload", "--json"]).await;
        assert_eq!(again.code, 0, "{step:?}: {again:?}");
        assert_eq!(world.rekindle(&["status"]).await.code, 0, "{step:?}");
        assert!(world.engine().has_tool(&of).await && world.engine().has_skill("s", &of).await);
        assert_eq!(world.engine().get("/config").await["username"], of);
    }
}

/// K1: code that was there only in the moment in which the engine read it is in the engine, and not on disk.
#[tokio::test(flavor = "multi_thread")]
async fn code_that_came_and_went_is_pending() {
    let world = World::new();
    let write_code = |of: &str| write(&world.path(".opencode/plugins/p.ts"), &plugin(of));
    write_code("one");
    world.start_engine().await;
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
    write_code("two");
    let places = world.places();
    let code = world.path(".opencode/plugins/p.ts");
    let app = App::for_one_reload(Target::by_record(&places), Source::Attached);
    let ended = app.reload_to_the_end(Wish::new(Cause::Command), move |phase| match phase.step_name() {
        Some(StepName::Answer) => write(&code, &plugin("three")),
        Some(StepName::Verify) => write(&code, &plugin("two")),
        _ => {}
    });
    let ended = ended.await.expect("an end");
    assert!(world.engine().has_tool("three").await);
    assert!(!matches!(ended.phase, Phase::Proved { .. }), "{ended:?}");
    let status = world.rekindle(&["status", "--json"]).await.json();
    assert_eq!((&status["changes"][0]["name"], &status["action"]), (&json!("p.ts"), &json!("restart")), "{status}");
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    assert!(world.engine().has_tool("two").await);
    assert_eq!(world.rekindle(&["status"]).await.code, 0);
}
