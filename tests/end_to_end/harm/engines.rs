//! Hostile or broken engines, and what is secret in what they say.

use std::{collections::BTreeSet, fs, path::Path};

use rekindle_tests::{
    hostile::{Hostile, Said, VERSION},
    wait,
    world::{Ran, World, skill, write},
};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

/// How much memory a command may take, in MiB of addresses.
const MEMORY: u32 = 1536;

/// What a command says that was not brought down.
fn is_whole(ran: &Ran) -> bool {
    [0, 1, 2, 3].contains(&ran.code) && !ran.err.contains("panicked") && !ran.err.contains("a bug in Rekindle")
}

async fn client(world: &World, url: &str, arguments: &[&str]) -> Ran {
    world.rekindle_within(MEMORY, &[&["--engine", url][..], arguments].concat(), &[]).await
}

/// N16: an answer without an end, of any route and in any shape, is cut off, and it is said.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_an_end_is_cut_off() {
    const ROUTES: [(&str, bool); 12] = [
        ("/global/health", true),
        ("/config", true),
        ("/global/config", true),
        ("/skill", true),
        ("/doc", false),
        ("/agent", false),
        ("/command", false),
        ("/mcp", false),
        ("/experimental/tool/ids", false),
        ("/config/providers", false),
        ("/session/status", false),
        ("/permission", false),
    ];
    let kinds: [(&str, &[u8]); 3] = [("\"", b"x"), ("[", b"{\"a\":[]},"), ("", b" ")];
    let world = World::new();
    for (at, (route, is_needed)) in ROUTES.into_iter().enumerate() {
        let (first, again) = kinds[at % kinds.len()];
        let engine = Hostile::start(move |asked| match asked == route {
            true => Said::Endless(first.to_owned(), again.to_vec()),
            false => Said::Usual,
        })
        .await;
        let ran = client(&world, &engine.url, &["status", "--json"]).await;
        assert!(is_whole(&ran), "{route}: {ran:?}");
        let status = ran.json();
        let (state, message) = (&status["engine"]["state"], status["engine"]["message"].as_str().unwrap_or_default());
        if is_needed {
            assert_eq!(state, "unreachable", "{route}: {status}");
            assert!(message.contains(route) && message.contains("too long"), "{route}: {message}");
            // Who was told nothing does not say that there is nothing to do.
            let plan = client(&world, &engine.url, &["plan", "--json"]).await;
            assert!(plan.code == 2 && plan.json()["error"]["message"].is_string(), "{route}: {plan:?}");
        } else {
            assert_eq!(state, "running", "{route}: {status}");
        }
    }
}

/// N16: what is small as text and large in memory, or deep, is refused as well; so is a refusal without an end.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_many_values_is_refused() {
    let many = |start: &str, one: &str, end: &str| format!("{start}{}{end}", one.repeat(3_000_000)).into_bytes();
    let json = |body: Vec<u8>| Said::Raw(200, "content-type: application/json\r\n".to_owned(), body);
    let cases: Vec<(&str, Said)> = vec![
        ("/config", json(many("[", "{},", "1]"))),
        ("/config", json(many("{", "\"\":0,", "\"x\":1}"))),
        ("/skill", json(many("[", "{\"name\":\"\",\"location\":\"\"},", "1]"))),
        ("/config", json([vec![b'['; 100_000], vec![b']'; 100_000]].concat())),
        ("/doc", json([vec![b'['; 100_000], vec![b']'; 100_000]].concat())),
        ("/config", Said::Raw(500, "content-type: text/plain\r\n".to_owned(), vec![b'x'; 40 * 1024 * 1024])),
        (
            "/config",
            Said::Raw(400, "content-type: application/json\r\ncontent-encoding: gzip\r\n".to_owned(), vec![31, 139]),
        ),
    ];
    let world = World::new();
    for (at, (route, said)) in cases.into_iter().enumerate() {
        let engine = Hostile::start(move |asked| if asked == route { said.clone() } else { Said::Usual }).await;
        let ran = client(&world, &engine.url, &["status", "--json"]).await;
        assert!(is_whole(&ran), "{at}: {ran:?}");
        assert_eq!(ran.json()["engine"]["state"] == "running", route == "/doc", "{at}: {ran:?}");
    }
}

/// N16: what an engine made up fills no disk and hides no history, however much there is to write down of it.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_engine_made_up_is_written_down_in_part() {
    let plugins: Vec<_> = (0..19_000).map(|at| format!("{}{at}", "p".repeat(400))).collect();
    let config = json!({ "plugin": plugins }).to_string().into_bytes();
    let said = Said::Raw(200, "content-type: application/json\r\n".to_owned(), config);
    let engine = Hostile::start(move |asked| if asked == "/config" { said.clone() } else { Said::Usual }).await;
    let world = World::new();
    for reload in 1..=2 {
        let ran = client(&world, &engine.url, &["reload", "--yes", "--json"]).await;
        let receipt = ran.json();
        assert_eq!(receipt["items"].as_array().map(Vec::len), Some(19_000), "{}", &ran.err);
        let journal = fs::metadata(world.state("journal.jsonl").expect("there")).expect("there").len();
        let kept = fs::metadata(world.state("history.jsonl").expect("there")).expect("there").len();
        assert!(journal < 20 << 20 && kept < reload << 20, "{journal} {kept}");
        let history = client(&world, &engine.url, &["history", "--json"]).await.json();
        assert_eq!(history.as_array().map(Vec::len), Some(usize::try_from(reload).expect("a number")));
        let (items, left_out) = (&history[0]["items"], &history[0]["leftOut"]);
        let items = items.as_array().map_or(0, Vec::len) as u64;
        assert!(items > 100, "{items}");
        let left_out: u64 = ["proved", "unproved"].iter().filter_map(|key| left_out[key].as_u64()).sum();
        assert_eq!(items + left_out, 19_000);
    }
}

/// N16: the engine with the most that people have is not refused: ten thousand skills.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_skills_are_no_harm() {
    let body = "A line of a skill.\n".repeat(215);
    let skills: Vec<_> = (0..10_000)
        .map(|at| json!({"name": format!("s{at}"), "description": "d", "location": format!("/x/{at}/SKILL.md"), "content": body}))
        .collect();
    let commands: Vec<_> =
        skills.iter().map(|skill| json!({"name": skill["name"], "template": skill["content"]})).collect();
    // Written out once: this is about who reads it.
    let said =
        |value: Value| Said::Raw(200, "content-type: application/json\r\n".to_owned(), value.to_string().into_bytes());
    let (skills, commands) = (said(json!(skills)), said(json!(commands)));
    let engine = Hostile::start(move |route| match route {
        "/skill" => skills.clone(),
        "/command" => commands.clone(),
        _ => Said::Usual,
    })
    .await;
    let ran = client(&World::new(), &engine.url, &["status", "--json"]).await;
    assert_eq!((ran.code, &ran.json()["engine"]["state"]), (0, &json!("running")), "{ran:?}");
}

/// N16: events without an end, and one event without an end, hold up nothing: a look comes to its end, a change on disk
/// is seen, and the engine is asked one question after the other.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_events_holds_up_nothing() {
    let world = World::new();
    let directory = world.project().display().to_string();
    let busy = |directory: &str| Said::event(directory, "session.status", json!({"sessionID": "s"}));
    let failed = json!({"error": {"data": {"message": format!("Failed to load plugin x: {}", "x".repeat(5000))}}});
    let floods = [
        Some(busy(&directory)),
        Some([busy("/elsewhere"), busy(&directory)].concat()),
        Some(Said::event(&directory, "server.instance.disposed", json!({}))),
        Some(Said::event(&directory, "session.error", failed)),
        Some(Said::event("global", "project.updated", json!({}))),
        Some(b"data: x\n\n: nothing\n\n\r\r".to_vec()),
        Some(b"data: an event that never ends".to_vec()),
        Some(b"data: lines that never end an event\n".to_vec()),
    ];
    for (at, flood) in floods.into_iter().enumerate() {
        let again = flood.clone();
        let engine = Hostile::start(move |route| match route {
            "/global/event" => Said::Events(Vec::new(), again.clone()),
            // What a restart is needed for, so that it is asked what that would interrupt.
            "/global/config" => Said::Json(json!({"username": "another"})),
            _ => Said::Usual,
        })
        .await;
        let ran = client(&world, &engine.url, &["status", "--json"]).await;
        assert!(is_whole(&ran), "{at}: {ran:?}");
        assert_eq!(ran.json()["engine"]["state"], "running", "{at}: {ran:?}");

        let mut command = tokio::process::Command::new("sh");
        command
            .args(["-c", &format!("ulimit -v {}; exec \"$@\"", MEMORY * 1024), "sh"])
            .arg(World::program("rekindle"));
        command.args(["--engine", &engine.url, "watch"]).current_dir(world.project()).envs(world.environment());
        let mut watching = command.stdout(std::process::Stdio::piped()).kill_on_drop(true).spawn().expect("it starts");
        let mut lines = BufReader::new(watching.stdout.take().expect("its output")).lines();
        let mut until = async |what: &str, fits: &dyn Fn(&Value) -> bool| {
            let found = async {
                while let Some(line) = lines.next_line().await.expect("a line") {
                    if fits(&serde_json::from_str(&line).expect("a line of JSON")) {
                        return;
                    }
                }
                panic!("{at}: it ended before {what}");
            };
            tokio::time::timeout(wait::BOUND, found).await.unwrap_or_else(|_| panic!("{at}: no line with {what}"));
        };
        let has = |status: &Value| status["changes"].to_string().contains("config:project:model");
        until("the engine", &|status| status["engine"]["state"] == "running").await;
        world.write("opencode.json", r#"{"model": "a/b"}"#);
        until("the change", &has).await;
        fs::remove_file(world.path("opencode.json")).expect("removed");
        until("that it is gone", &|status| !has(status)).await;
        watching.kill().await.expect("it ends");
        assert!(engine.most_at_a_time() <= 3, "{at}: {} questions at a time", engine.most_at_a_time());
    }
}

/// N16: nothing that is asked is asked elsewhere, and no password goes there.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_elsewhere() {
    let world = World::new();
    let thief = Hostile::start(|_| Said::Usual).await;
    for status in [301, 302, 303, 307, 308] {
        let to = thief.url.clone();
        let engine =
            Hostile::start(move |route| Said::Raw(status, format!("location: {to}{route}\r\n"), Vec::new())).await;
        let arguments = ["--engine", &engine.url, "status", "--json"];
        let ran = world.rekindle_with(&arguments, &[("REKINDLE_ENGINE_PASSWORD", "hunter2")]).await;
        assert_eq!((ran.code, &ran.json()["engine"]["state"]), (2, &json!("unreachable")), "{ran:?}");
        assert!(engine.heads().iter().all(|head| head.contains("authorization: Basic")));
    }
    assert_eq!(thief.heads(), Vec::<String>::new());
}

/// N16: someone else's engine chooses no folder of this machine, and what it names is not looked at.
#[tokio::test(flavor = "multi_thread")]
async fn an_engine_of_others_chooses_no_folder() {
    let world = World::new();
    write(&world.outside("elsewhere/secret/SKILL.md"), &skill("theirs", "Nobody asked for it."));
    let folder = world.outside("elsewhere").display().to_string();
    let up = world.path(".opencode/skills/../../../../etc/passwd").display().to_string();
    let (root, told) = (folder.clone(), up.clone());
    let engine = Hostile::start(move |route| match route {
        "/config" => Said::Json(json!({
            "skills": {"paths": ["/", root, "~/", "../../.."]},
            "plugin": ["file:///etc/passwd"], "instructions": ["/etc/passwd"],
        })),
        "/skill" => Said::Json(json!([
            {"name": "a", "location": told, "content": ""}, {"name": "b", "location": "/etc/passwd", "content": ""},
        ])),
        _ => Said::Usual,
    })
    .await;
    let ran = client(&world, &engine.url, &["list", "--json"]).await;
    assert!(is_whole(&ran), "{ran:?}");
    assert!(!ran.out.contains("theirs") && !ran.out.contains(&folder) && !ran.out.contains(&up), "{}", ran.out);
    let skills = ran.json().as_array().expect("a list").iter().filter(|row| row["kind"] == "skill").count();
    assert_eq!(skills, 0, "{}", ran.out);
}

/// N16: what an engine says that it accepts counts for that engine alone, and no schema of anyone's hangs, ends or
/// overflows Rekindle; what opens someone else's engine is no business of ours, nor is what is in a variable kept.
#[tokio::test(flavor = "multi_thread")]
async fn what_one_engine_says_is_not_believed_of_another() {
    let world = World::new().untaught();
    world.write("opencode.json", r#"{"model": "a/b"}"#);
    let schemas = world.home(".local/state/rekindle/schemas");
    let is_kept = || fs::read_dir(&schemas).is_ok_and(|mut kept| kept.next().is_some());
    let named = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let doc = |schemas: Value| json!({"components": {"schemas": schemas}});
    let mut wide = serde_json::Map::new();
    for at in 0..40 {
        wide.insert(
            if at == 0 { "Config".to_owned() } else { at.to_string() },
            json!({"anyOf": [named(&(at + 1).to_string()), named(&(at + 1).to_string())]}),
        );
    }
    wide.insert("40".to_owned(), json!({"not": {}}));
    let useless = [
        doc(json!({"Config": named("Config")})),
        doc(json!({"Config": {"allOf": [named("A")]}, "A": {"anyOf": [named("Config"), {}]}})),
        doc(json!({"Config": {"additionalProperties": named("Config")}})),
        doc(Value::Object(wide)),
        doc(json!({"Config": {"$ref": "http://127.0.0.1:1/x"}})),
        doc(json!({"Config": 5, "x": null})),
        doc(json!([])),
        json!("nothing"),
    ];
    for doc in useless {
        let said = doc.clone();
        let engine =
            Hostile::start(move |route| if route == "/doc" { Said::Json(said.clone()) } else { Said::Usual }).await;
        let ran = client(&world, &engine.url, &["status", "--json"]).await;
        assert!(is_whole(&ran), "{doc}: {ran:?}");
        assert_eq!(ran.json()["problems"], json!([]), "{doc}");
    }
    // It refuses everything, and says that it is the engine that ours is.
    let refusing = doc(json!({"Config": {"type": "object", "properties": {"model": {"enum": ["none"]}}}}));
    let said = refusing.clone();
    let engine =
        Hostile::start(move |route| if route == "/doc" { Said::Json(said.clone()) } else { Said::Usual }).await;
    let status = client(&world, &engine.url, &["status", "--json"]).await.json();
    assert_eq!((&status["engine"]["version"], status["problems"].as_array().map(Vec::len)), (&json!(VERSION), Some(1)));
    assert!(!is_kept(), "nothing of it is kept");
    // What was kept before by the version alone is not believed either.
    let old = schemas.join(format!("{VERSION}.json"));
    write(&old, &refusing.to_string());

    let content = json!({"provider": {"p": {"options": {"apiKey": "plain-secret-1"}}}}).to_string();
    let variables = [
        ("REKINDLE_ENGINE_PASSWORD", "plain-secret-2"),
        ("REKINDLE_ENGINE_USERNAME", "plain-secret-3"),
        ("OPENCODE_CONFIG_CONTENT", content.as_str()),
    ];
    let started = world.rekindle_with(&["engine", "start"], &variables).await;
    assert_eq!(started.code, 0, "{started:?}");
    let status = world.rekindle(&["status", "--json"]).await;
    assert_eq!((status.code, &status.json()["problems"]), (0, &json!([])), "{status:?}");
    world.write("opencode.json", r#"{"model": 5}"#);
    assert_eq!(world.rekindle(&["reload"]).await.code, 3, "what the engine itself accepts is known");
    world.write("opencode.json", r#"{"model": "c/d"}"#);
    assert_eq!(world.rekindle(&["reload"]).await.code, 0);
    let kept: BTreeSet<_> = fs::read_dir(&schemas).expect("the folder").flatten().map(|entry| entry.path()).collect();
    assert_eq!((kept.len(), kept.contains(&old)), (2, true), "{kept:?}");

    let mut seen = 0;
    for (pid, command) in world.processes() {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let environment = String::from_utf8_lossy(&environment).into_owned();
        assert!(!environment.contains("plain-secret-2") && !environment.contains("plain-secret-3"), "{command}");
        seen += 1;
    }
    assert!(seen >= 3, "the owner, the keeper and the engine");
    none_holds(&world.home(".local/state/rekindle"), "plain-secret");
}

/// No file in a folder holds a text.
fn none_holds(folder: &Path, text: &str) {
    for entry in fs::read_dir(folder).expect("the folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            none_holds(&path, text);
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            assert!(!String::from_utf8_lossy(&bytes).contains(text), "{}", path.display());
        }
    }
}

/// N16: what an engine quotes of people's files and servers is masked before anyone sees it.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_engine_quotes_is_masked() {
    let world = World::new();
    let input = "\n--- JSONC Input ---\n{\n// ---\n\"apiKey\": \"hidden-1\"\n--- Errors ---\n\"a\": \"hidden-2\"\n";
    let message = format!("{input}--- Errors ---\nInvalidSymbol at line 1, column 3\n   Line 1: hidden-3");
    let stuck = json!({"name": "ConfigJsonError", "data": {"path": "/p/opencode.json", "message": message}});
    let quoted = "connect to https://me:hidden-4@host with GITHUB_PAT=hidden-5 and Authorization: Bearer hidden-6";
    let issue = json!({"name": "ConfigInvalidError", "data": {"path": "/p/o", "issues": [{"message": quoted}]}});
    let json_head = || "content-type: application/json\r\n".to_owned();
    let cases = [
        Said::Raw(400, json_head(), stuck.to_string().into_bytes()),
        Said::Raw(400, json_head(), issue.to_string().into_bytes()),
        Said::Raw(500, String::new(), quoted.as_bytes().to_vec()),
        Said::Raw(500, json_head(), json!({"name": "X", "data": {"message": quoted}}).to_string().into_bytes()),
    ];
    for said in cases {
        let engine = Hostile::start(move |route| if route == "/config" { said.clone() } else { Said::Usual }).await;
        for command in [
            &["status"][..],
            &["status", "--json"],
            &["list"],
            &["doctor"],
            &["doctor", "--json"],
            &["plan"],
            &["-v", "status"],
        ] {
            let ran = client(&world, &engine.url, command).await;
            assert!(is_whole(&ran), "{command:?}: {ran:?}");
            assert!(!format!("{ran:?}").contains("hidden-"), "{command:?}: {ran:?}");
        }
    }
    let failed = json!({"m": {"status": "failed", "error": quoted}});
    let engine = Hostile::start(move |route| match route {
        "/mcp" => Said::Json(failed.clone()),
        "/config" => Said::Json(json!({"mcp": {"m": {"type": "local", "command": ["x"]}}})),
        _ => Said::Usual,
    })
    .await;
    world.write("opencode.json", r#"{"mcp": {"m": {"type": "local", "command": ["x"]}}}"#);
    let ran = client(&world, &engine.url, &["list", "--json"]).await;
    assert!(ran.out.contains("connect to https://••••@host"), "{}", ran.out);
    assert!(!ran.out.contains("hidden-"), "{}", ran.out);
}

/// N16: an address holds no secret; of one that does nothing is shown or kept. A password that goes over a network
/// unencrypted is warned of, before it is sent.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_holds_no_secret() {
    let world = World::new();
    for url in [
        "http://me:hidden-1@127.0.0.1:1",
        "http://:hidden-1@127.0.0.1:1",
        "http://hidden-1@127.0.0.1:1/x",
        "http://127.0.0.1:1/?auth_token=hidden-1",
        "http://127.0.0.1:1/#hidden-1",
        "me:hidden-1@127.0.0.1:1",
    ] {
        for command in [&["status"][..], &["status", "--json"], &["watch"], &["reload", "--yes"], &["-vv", "doctor"]] {
            let ran = world.rekindle(&[&["--engine", url][..], command].concat()).await;
            assert_eq!(ran.code, 2, "{ran:?}");
            assert!(!format!("{ran:?}").contains("hidden-1"), "{url} {command:?}: {ran:?}");
        }
    }
    if world.home(".local/state/rekindle").exists() {
        none_holds(&world.home(".local/state/rekindle"), "hidden-1");
    }
    let warned = async |url: &str, password: &str| {
        let ran = world
            .rekindle_with(&["--engine", url, "status", "--json"], &[("REKINDLE_ENGINE_PASSWORD", password)])
            .await;
        let notices = ran.json()["notices"].to_string();
        assert_eq!(ran.err.matches("Warning:").count(), usize::from(notices.contains("unencrypted")), "{ran:?}");
        ran.err.contains("unencrypted")
    };
    assert!(warned("http://engine.invalid:1", "hunter2").await);
    assert!(!warned("http://engine.invalid:1", "").await);
    assert!(!warned("https://engine.invalid:1", "hunter2").await);
    assert!(!warned("http://127.0.0.1:1", "hunter2").await);
}

/// N16: whatever a name, a path, a text or an engine's message holds, a terminal shows it and does nothing; no value
/// makes a line of its own; JSON holds it as it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_only_shows_what_it_is_given() {
    const EVIL: &str =
        "a\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}1A\r\nEverything on disk is live.\n✓ forged\u{202e}\u{2028}\u{7f}b";
    let world = World::named("evil \u{1b}[31m\n✓ forged \u{202e}");
    let named = serde_json::to_string(EVIL).expect("JSON");
    world.write(".opencode/skills/x/SKILL.md", &format!("---\nname: {named}\ndescription: {named}\n---\n{EVIL}\n"));
    world.write(".opencode/skills/y\u{1b}[2K\n✓ forged/SKILL.md", "no front matter");
    world.write(".opencode/plugins/p\u{1b}[2K\n✓ forged.ts", "export {");
    world.write(".opencode/agents/a\u{9b}2K\u{202e}.md", &format!("---\ndescription: {named}\n---\n{EVIL}\n"));
    world.write(
        "opencode.json",
        &json!({"mcp": {EVIL: {"type": "local", "command": [EVIL]}}, "model": EVIL}).to_string(),
    );
    let said = Said::Json(json!({"a": {"status": "failed", "error": EVIL}, EVIL: {"status": "failed", "error": EVIL}}));
    let told = json!({"name": "ConfigInvalidError", "data": {"path": EVIL, "message": EVIL}}).to_string().into_bytes();
    let stuck = Said::Raw(400, "content-type: application/json\r\n".to_owned(), told);
    let version = Said::Json(json!({"healthy": true, "version": EVIL}));
    let working = Hostile::start(move |route| if route == "/mcp" { said.clone() } else { Said::Usual }).await;
    let broken = Hostile::start(move |route| match route {
        "/config" => stuck.clone(),
        "/global/health" => version.clone(),
        _ => Said::Usual,
    })
    .await;
    let commands: [&[&str]; 16] = [
        &["status"],
        &["list"],
        &["doctor"],
        &["plan"],
        &["-vv", "status"],
        &["--engine", &working.url, "status"],
        &["--engine", &working.url, "list"],
        &["--engine", &working.url, "doctor"],
        &["--engine", &working.url, "-vv", "status"],
        &["--engine", &broken.url, "status"],
        &["--engine", &broken.url, "-vv", "doctor"],
        &["skill", "remove", EVIL, "--global"],
        &["plugin", "remove", EVIL],
        &["skill", "check", EVIL],
        &["--engine", EVIL, "status"],
        &[EVIL],
    ];
    let hidden = |c: char| c != '\n' && (c.is_control() || ['\u{202e}', '\u{2028}'].contains(&c));
    for command in commands {
        let ran = world.rekindle(command).await;
        assert!(is_whole(&ran), "{command:?}: {ran:?}");
        for text in [&ran.out, &ran.err] {
            assert!(!text.contains(hidden), "{command:?}: {text:?}");
            let is_forged = |line: &str| {
                ["✓ forged", "Everything on disk is live."].iter().any(|start| line.trim_start().starts_with(start))
            };
            assert!(!text.lines().any(is_forged), "{command:?}: {text}");
        }
        if command.contains(&"-vv") || command.last() == Some(&EVIL) {
            continue;
        }
        let ran = world.rekindle(&[command, &["--json"][..]].concat()).await;
        assert!(!ran.out.contains(hidden) && !ran.err.contains(hidden), "{command:?}: {ran:?}");
        assert!(!ran.json().is_null(), "{command:?}: {ran:?}");
    }
    let list = world.rekindle(&["list", "--json"]).await.json();
    let names: Vec<_> = list.as_array().expect("a list").iter().filter_map(|row| row["name"].as_str()).collect();
    assert!(names.contains(&EVIL), "JSON says what it is: {names:?}");
}
