//! The meaning of configuration files.

use serde_json::{Map, Value, json};

use super::{Dice, Entry, HERE, HOME, names, text};

/// What a configuration file may name.
struct Around<'a> {
    /// The folder of the file, below the layout's folder.
    folder: &'a str,
    /// What else is written: files that are referred to.
    entries: &'a mut Vec<Entry>,
}

/// A configuration file and what it refers to.
pub(super) fn file(dice: &mut Dice, folder: &str, entries: &mut Vec<Entry>) -> String {
    let mut around = Around { folder, entries };
    let value = value(dice, &mut around);
    if value.as_object().is_some_and(Map::is_empty) && dice.percent(30) {
        return String::new();
    }
    text::text(dice, &value)
}

/// A configuration file that the engine refuses.
pub(super) fn refused(dice: &mut Dice) -> &'static str {
    dice.pick(&[
        "{\"model\": 5}",
        "{\"model\": \"a/b\"",
        " \n ",
        "[]",
        "null",
        "// nothing",
        "{\"plugin\": \"abc\"}",
        "{\"plugin\": [[\"abc\"]]}",
        "{\"mcp\": {\"alpha\": {\"type\": \"local\"}}}",
        "{\"permission\": {\"bash\": \"perhaps\"}}",
        "{\"username\": \"{file:./not-there.txt}\"}",
        "{\"agent\": {\"alpha\": {\"mode\": \"nonsense\"}}}",
        "{\"command\": {\"alpha\": {\"description\": \"no template\"}}}",
        "{\"permissions\": []}",
        "{'model': 'a/b'}",
        "{\"username\": \"a\tb\"}",
        "{\"username\": \"x\",,}",
        "{\"username\": \"x\"} more",
    ])
}

/// Makes the value of a key.
type Make = fn(&mut Dice, &mut Around<'_>) -> Value;

fn value(dice: &mut Dice, around: &mut Around<'_>) -> Value {
    let mut map = Map::new();
    let keys: [(u32, &str, Make); 34] = [
        (20, "$schema", |_, _| json!("https://opencode.ai/config.json")),
        (25, "model", |dice, _| {
            json!(dice.pick(&["acme/large", "acme/small", "acme/large#high", "{env:REKINDLE_WORD}/x"]))
        }),
        (10, "small_model", |dice, _| json!(dice.pick(&["acme/tiny", "acme/tiny#low"]))),
        (25, "username", |dice, around| string(dice, around)),
        (8, "share", |dice, _| json!(dice.pick(&["manual", "auto", "disabled"]))),
        (4, "autoshare", |dice, _| json!(dice.percent(50))),
        (8, "autoupdate", |dice, _| dice.pick(&[json!(true), json!(false), json!("notify")]).clone()),
        (6, "default_agent", |dice, _| json!(names::name(dice))),
        (6, "snapshot", |dice, _| json!(dice.percent(50))),
        (30, "instructions", |dice, around| {
            let mut list =
                dice.some(&["AGENTS.md", "docs/*.md", "~/rules.md", "https://127.0.0.1:9/x.md", "a", "b"], 4);
            list.dedup();
            let mut list: Vec<Value> = list.into_iter().map(Value::from).collect();
            if dice.percent(10) {
                list.push(string(dice, around));
            }
            list.into()
        }),
        (40, "plugin", |dice, _| plugins(dice)),
        (25, "mcp", |dice, around| mcp(dice, around)),
        (25, "agent", |dice, around| agents(dice, around)),
        (8, "mode", |dice, around| agents(dice, around)),
        (20, "command", |dice, around| commands(dice, around)),
        (20, "permission", |dice, _| permission(dice)),
        (12, "tools", |dice, _| tools(dice)),
        (12, "provider", |dice, around| provider(dice, around)),
        (8, "disabled_providers", |dice, _| json!(dice.some(&["openai", "acme", "x"], 3))),
        (4, "enabled_providers", |dice, _| json!(dice.some(&["openai", "acme", "x"], 2))),
        (8, "formatter", |dice, _| dice.pick(&formatters()).clone()),
        (8, "lsp", |dice, _| dice.pick(&servers()).clone()),
        (6, "theme", |_, _| json!("dark")),
        (6, "keybinds", |_, _| json!({"leader": "ctrl+x"})),
        (4, "tui", |_, _| json!({"scroll_speed": 3})),
        (8, "experimental", |dice, _| {
            dice.pick(&[json!({"batch_tool": true}), json!({"mcp_timeout": 5, "odd": 1}), json!({"subagent_depth": 2})])
                .clone()
        }),
        (8, "compaction", |dice, _| {
            dice.pick(&[
                json!({"auto": false}),
                json!({"prune": true, "reserved": 5}),
                json!({"keep": {"tokens": 7}, "buffer": 8}),
            ])
            .clone()
        }),
        (20, "skills", |dice, _| skills(dice)),
        (10, "unknown_key", |dice, around| json!({"deep": [1, 2.50, string(dice, around)]})),
        (6, "watcher", |_, _| json!({"ignore": ["dist/**"], "odd": 1})),
        (5, "agents", |dice, _| newer_agents(dice)),
        (5, "commands", |dice, _| newer_commands(dice)),
        (3, "snapshots", |dice, _| json!(dice.percent(50))),
        (3, "references", |_, _| json!({"alpha": "../alpha", "beta": {"path": "~/beta", "odd": 1}})),
    ];
    let few = dice.percent(50);
    for (chance, key, make) in keys {
        if dice.percent(if few { chance / 2 } else { chance }) {
            let value = make(dice, around);
            map.insert(key.to_owned(), value);
        }
    }
    Value::Object(map)
}

/// A text, sometimes with a reference in it.
fn string(dice: &mut Dice, around: &mut Around<'_>) -> Value {
    let words = dice.words();
    match dice.up_to(11) {
        0 => json!(format!("{{env:REKINDLE_WORD}} {words}")),
        1 => json!(format!("{words}{{env:REKINDLE_NOT_SET}}")),
        2 => json!("{env:REKINDLE_ODD}"),
        3..=5 => {
            let (reference, path) = dice.pick(&[
                ("./note.txt", "note.txt"),
                ("note 2.txt", "note 2.txt"),
                ("sub/../😀.txt", "😀.txt"),
                ("absolute", "absolute.txt"),
            ]);
            let path = if around.folder.is_empty() { path.to_owned() } else { format!("{}/{path}", around.folder) };
            let reference = if reference == "absolute" { format!("{HERE}/{path}") } else { reference.to_owned() };
            let told = dice.pick(&[
                "\n one \"two\"\n\\three\t",
                "plain",
                "{env:REKINDLE_WORD} {file:x}",
                "\u{feff}caf\u{e9}\r\n",
            ]);
            around.entries.push(Entry::file(&path, told));
            json!(format!("a {{file:{reference}}} b"))
        }
        6 => json!("{file:~/rekindle-note.txt}"),
        7 => json!(format!("{words} // no comment, \"quoted\" \\ 😀")),
        _ => json!(words),
    }
}

fn plugins(dice: &mut Dice) -> Value {
    let packages = [
        "acme-plugin",
        "acme-plugin@1.0.0",
        "acme-plugin@^2",
        "acme-plugin@latest",
        "@acme/scoped",
        "@acme/scoped@2",
        "other",
        "git+https://127.0.0.1/x/y.git",
        "github:x/y",
        "github:x/y#v1",
        "npm:other@2",
        "alias@npm:acme-plugin@3",
        "~/x",
    ];
    let paths = [
        "./tool.ts",
        "./.opencode/plugins/alpha.ts",
        "./plugins/alpha.ts",
        "./sub/../tool.ts",
        "../tool.ts",
        "../../up.ts",
        "./caf\u{e9} 😀.ts",
        "./h#sh?x%20.ts",
        "./~[x]'q'\"r\".ts",
        "./folder",
        "./folder-of-a-package",
        "./folder/",
        ".hidden",
    ];
    let mut list = Vec::new();
    for _ in 0..dice.up_to(5) {
        let spec = match dice.up_to(7) {
            0..=2 => (dice.pick(&packages)).to_owned(),
            3..=5 => (dice.pick(&paths)).to_owned(),
            6 => format!("{}/{}", dice.pick(&[HERE, HOME]), dice.pick(&["x.ts", "s p/😀~.js", "folder"])),
            _ => format!(
                "file://{}",
                dice.pick(&[
                    "/rekindle/x.ts",
                    "/rekindle/s p/😀.ts",
                    "/rekindle/s%20p/%F0%9F%98%80.ts",
                    "/rekindle/../x.ts",
                ])
            ),
        };
        list.push(if dice.percent(15) { json!([spec, {"on": true, "n": [1]}]) } else { json!(spec) });
    }
    list.into()
}

fn mcp(dice: &mut Dice, around: &mut Around<'_>) -> Value {
    let mut map = Map::new();
    for _ in 0..=dice.up_to(2) {
        let name = names::name(dice);
        let server = match dice.up_to(5) {
            // Switched off: the engine would start or ask them when it lists commands.
            0 | 1 => {
                json!({"type": "local", "command": ["x", "--y"], "environment": {"K": string(dice, around)}, "enabled": false})
            }
            2 => {
                json!({"type": "remote", "url": "http://127.0.0.1:9/mcp", "headers": {"A": "b"}, "enabled": false, "odd": 1})
            }
            3 => json!({"enabled": false}),
            4 => json!({"enabled": false, "odd": {"x": 1}}),
            _ => {
                json!({"type": "remote", "url": "http://127.0.0.1:9/mcp", "oauth": false, "enabled": false, "timeout": 5})
            }
        };
        map.insert(name.to_owned(), server);
    }
    if dice.percent(8) {
        let server = json!({"type": "local", "command": ["x"], "disabled": true});
        map.insert(
            "servers".to_owned(),
            json!({"newer": server, "alpha": {"type": "remote", "url": "u", "enabled": false}}),
        );
    }
    map.into()
}

fn agents(dice: &mut Dice, around: &mut Around<'_>) -> Value {
    let mut map = Map::new();
    for _ in 0..=dice.up_to(2) {
        let name = names::name(dice);
        let mut agent = Map::new();
        let mut set = |dice: &mut Dice, chance, key: &str, value: &[Value]| {
            if dice.percent(chance) {
                agent.insert(key.to_owned(), dice.pick(value).clone());
            }
        };
        let words = [string(dice, around)];
        set(dice, 50, "description", &words);
        set(dice, 40, "prompt", &words);
        set(dice, 25, "model", &[json!("acme/large"), json!("x/y/z")]);
        set(dice, 20, "mode", &[json!("primary"), json!("subagent"), json!("all")]);
        let both = [tools(dice), permission(dice)];
        set(dice, 25, "tools", &both[..1]);
        set(dice, 15, "maxSteps", &[json!(3)]);
        set(dice, 10, "steps", &[json!(4)]);
        set(dice, 8, "disable", &[json!(true), json!(false)]);
        set(dice, 25, "permission", &both[1..]);
        set(dice, 15, "temperature", &[json!(0.5), json!(1.0), json!(1)]);
        set(dice, 15, "unknown", &[json!({"x": [1, null]}), json!(null), json!("y")]);
        set(dice, 10, "options", &[json!({"unknown": 1, "z": {"a": 1}})]);
        map.insert(name.to_owned(), agent.into());
    }
    map.into()
}

fn commands(dice: &mut Dice, around: &mut Around<'_>) -> Value {
    let mut map = Map::new();
    for _ in 0..=dice.up_to(2) {
        let name = if dice.percent(8) { "init" } else { names::name(dice) };
        let mut command = json!({"template": string(dice, around)});
        if dice.percent(40) {
            command["description"] = string(dice, around);
        }
        if dice.percent(20) {
            command["agent"] = json!("build");
        }
        if dice.percent(20) {
            command["subtask"] = json!(dice.percent(50));
        }
        if dice.percent(20) {
            command["odd"] = json!(1);
        }
        map.insert(name.to_owned(), command);
    }
    map.into()
}

/// In any order: the last that fits decides.
fn permission(dice: &mut Dice) -> Value {
    if dice.percent(15) {
        return dice.pick(&[json!("allow"), json!("ask"), json!({})]);
    }
    let names = dice.mixed(&["*", "bash", "edit", "my_*", "my_tool", "read", "webfetch", "b*", "1", "?dit"], 5);
    let mut map = Map::new();
    for name in names {
        let action = |dice: &mut Dice| json!(dice.pick(&["allow", "ask", "deny"]));
        // Not every name may have patterns.
        let value = if ["bash", "edit", "read"].contains(&name) && dice.percent(50) {
            let patterns = dice.mixed(&["*", "git *", "rm *", "*.env", "2"], 3);
            patterns.into_iter().map(|pattern| (pattern.to_owned(), action(dice))).collect::<Map<_, _>>().into()
        } else {
            action(dice)
        };
        map.insert(name.to_owned(), value);
    }
    map.into()
}

fn tools(dice: &mut Dice) -> Value {
    let names = dice.mixed(&["*", "write", "edit", "patch", "bash", "my_*", "read", "1"], 4);
    names.into_iter().map(|name| (name.to_owned(), json!(dice.percent(50)))).collect::<Map<_, _>>().into()
}

fn provider(dice: &mut Dice, around: &mut Around<'_>) -> Value {
    let mut model = json!({"name": string(dice, around), "limit": {"context": 1000, "output": 10}, "odd": 1});
    if dice.percent(30) {
        model["variants"] = json!({"high": {"disabled": true, "x": 1}});
        model["cost"] = json!({"input": 1, "output": 2.5, "odd": 1});
    }
    let name = dice.pick(&["acme", "openai"]);
    json!({*name: {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": "http://127.0.0.1:9", "apiKey": string(dice, around), "odd": {"x": 1}},
        "models": {dice.pick(&["large", "small"]): model},
        "odd": true,
    }})
}

fn formatters() -> [Value; 3] {
    [
        json!(false),
        json!(true),
        json!({"mine": {"command": ["x", "$FILE"], "extensions": [".x"], "odd": 1}, "prettier": {"disabled": true}}),
    ]
}

fn servers() -> [Value; 4] {
    [
        json!(false),
        json!(true),
        json!({"typescript": {"disabled": true}, "mine": {"command": ["x"], "extensions": [".x"], "odd": 1}}),
        json!({"none": {"command": ["x"]}, "rust": {"command": ["x"], "initialization": {"a": 1}}}),
    ]
}

fn skills(dice: &mut Dice) -> Value {
    let paths = ["more", "./more", "missing", "../shared", "~/more-skills", "a/../more", ".claude", "linked"];
    let mut list: Vec<_> = dice.some(&paths, 4).into_iter().map(str::to_owned).collect();
    if dice.percent(20) {
        list.push(format!("{HERE}/shared"));
    }
    if dice.percent(15) { json!(list) } else { json!({"paths": list}) }
}

fn newer_agents(dice: &mut Dice) -> Value {
    let words = dice.words();
    json!({
        names::name(dice): {"system": words, "description": "d", "model": "x/y#v", "steps": 3, "disabled": false},
        "newer": {"model": {"providerID": "p", "model": "m"}, "request": {"body": {"k": 1}}, "mode": "subagent"},
        "malformed": {"mode": "nonsense"},
    })
}

fn newer_commands(dice: &mut Dice) -> Value {
    let words = dice.words();
    json!({names::name(dice): {"template": words, "model": "x/y#v", "odd": 1}, "malformed": {"description": "no template"}})
}
