//! Layouts with a name: what the engine does that nobody would guess. Each disagreement that a
//! random layout brings to light becomes one line here.

use rekindle_tests::layout::Layout;
use serde_json::{Value, json};

/// A layout and one thing that the engine says about it.
pub(super) struct Case {
    pub(super) layout: Layout,
    /// Where in the answers, as a JSON pointer below the route's name.
    pub(super) pointer: &'static str,
    /// What is there; null for nothing.
    pub(super) expected: Value,
}

/// The files are lines of `path: text`, with `\n` for a new line; `path -> target` is a link.
fn case(name: &str, asked: &str, files: &[&str], pointer: &'static str, expected: Value) -> Case {
    let mut layout = Layout::named(name).asked(asked);
    for line in files {
        layout = match (line.split_once(" -> "), line.split_once(": ")) {
            (Some((path, target)), _) => layout.link(path, target),
            (None, Some((path, text))) => layout.file(path, text),
            (None, None) => panic!("{line}: neither a file nor a link"),
        };
    }
    Case { layout, pointer, expected }
}

/// All of them.
pub(super) fn all() -> Vec<Case> {
    let mut all = texts();
    all.extend(places());
    all.extend(plugins());
    all.extend(agents());
    all.extend(skills_and_commands());
    all
}

/// How the text of a configuration file is read.
#[rustfmt::skip]
fn texts() -> Vec<Case> {
    let refused = |name, text: &str| case(name, "", &[&format!("opencode.json: {text}")], "/refused", json!(true));
    let username = |name, files: &[&str], expected| case(name, "", files, "/config/username", expected);
    vec![
        refused("white space only", " \n "),
        refused("only a comment", "// nothing"),
        refused("a list", "[]"),
        refused("something after the end", r#"{"username": "x"} more"#),
        refused("two commas", r#"{"username": "x",,}"#),
        refused("a tab in a string", "{\"username\": \"a\tb\"}"),
        refused("a line break in a text", "{\"username\": \"a\nb\"}"),
        refused("a space that is none", "{\u{a0}\"username\": \"a\"}"),
        refused("a separator of lines between values", "{\"username\":\u{2028}\"a\"}"),
        refused("an escape without a meaning", r#"{"username": "\x41"}"#),
        refused("a number that is infinite", r#"{"agent": {"a": {"temperature": 1e999}}}"#),
        refused("a vertical tab between values", "{\u{b}\"username\": \"a\"}"),
        refused("a wrong type", r#"{"model": 5}"#),
        refused("null for a text", r#"{"username": null}"#),
        refused("a mode that is a text", r#"{"mode": {"build": "primary"}}"#),
        refused("modes that are a list", r#"{"mode": [{"prompt": "x"}]}"#),
        refused("an agent that is a number", r#"{"agent": {"a": 5}}"#),
        refused("agents that are nothing", r#"{"agent": null}"#),
        refused("a command that is a text", r#"{"command": {"c": "t"}}"#),
        refused("a server that is a list", r#"{"mcp": {"m": ["x"]}}"#),
        refused("a server's command that is a text", r#"{"mcp": {"m": {"type": "local", "command": "x"}}}"#),
        refused("a provider that is a text", r#"{"provider": {"p": "x"}}"#),
        refused("permissions that are a list", r#"{"permission": ["allow"]}"#),
        refused("plugins that are an object", r#"{"plugin": {"0": "x"}}"#),
        refused("a plugin that is a number", r#"{"plugin": [5]}"#),
        refused("a plugin's options that are a list", r#"{"plugin": [["x", ["y"]]]}"#),
        refused("a plugin that is an empty list", r#"{"plugin": [[]]}"#),
        refused("folders of skills that are a text", r#"{"skills": {"paths": "x"}}"#),
        refused("instructions that are a text", r#"{"instructions": "x"}"#),
        refused("tools that are a list", r#"{"tools": ["bash"]}"#),
        refused("an agent's options that are a text", r#"{"agent": {"a": {"options": "x"}}}"#),
        case("agents of the next version that are a text", "", &[r#"opencode.json: {"agents": "x", "commands": 5, "media": []}"#], "/config/agent", json!({})),
        case("an agent of the next version that is a list", "", &[r#"opencode.json: {"agents": {"a": ["x"]}, "commands": {"c": null}}"#], "/config/agent", json!({})),
        refused("a plugin's options left out", r#"{"plugin": [["x"]]}"#),
        refused("an infinite number", r#"{"agent": {"a": {"temperature": 1e400}}}"#),
        refused("permissions of the next version", r#"{"permissions": []}"#),
        refused("a reference to a file that is not there", r#"{"username": "{file:./none}"}"#),
        refused("a reference to a folder", r#"{"username": "{file:.git}"}"#),
        refused("a reference after code on a line", "{\"username\": \"x\" // {file:./none}\n}"),
        refused("a reference in a block comment", "{\n /* {file:./none} */ \"username\": \"x\"}"),
        username("a reference on a line of comment", &["opencode.json: {\n // {file:./none}\n\"username\": \"x\"}"], json!("x")),
        case("an empty file", "", &["opencode.json: "], "/refused", json!(false)),
        username("a mark at the beginning", &["opencode.json: \u{feff}{\"username\": \"x\"}"], json!("x")),
        username("a key twice", &[r#"opencode.json: {"username": 5, "username": "x"}"#], json!("x")),
        username("a comma at the end", &["opencode.json: {\"username\": \"x\",\r\n} // end"], json!("x")),
        username("a variable in the text", &[r#"opencode.json: {"username": "{env:REKINDLE_WORD}-{env:REKINDLE_NOT_SET}"}"#], json!("word-")),
        username("a file in the text", &[r#"opencode.json: {"username": "{file:./a b.txt}"}"#, "a b.txt:  x\"y\n\\z\t\n"], json!("x\"y\n\\z")),
        username("a reference in a file in the text", &[r#"opencode.json: {"username": "{file:a}"}"#, "a: {env:REKINDLE_WORD} {file:b}"], json!("{env:REKINDLE_WORD} {file:b}")),
        case("an object twice", "", &[r#"opencode.json: {"command": {"a": {"template": "1"}}, "command": {"b": {"template": "2"}}}"#], "/config/command", json!({"b": {"template": "2"}})),
        case("keys of the terminal", "", &[r#"opencode.json: {"theme": 5, "keybinds": [], "tui": "x", "odd": 1}"#], "/config/theme", Value::Null),
        case("a model with a variant", "", &[r#"opencode.json: {"model": "a/b#high"}"#], "/config/model", json!("a/b")),
        case("a small model with a variant", "", &[r#"opencode.json: {"small_model": "a/b#low"}"#], "/config/small_model", json!("a/b#low")),
        case("a server that is only switched", "", &[r#"opencode.json: {"mcp": {"a": {"enabled": false, "type": "nonsense"}}}"#], "/config/mcp", json!({"a": {"enabled": false}})),
        case("servers of the next version", "", &[r#"opencode.json: {"mcp": {"servers": {"a": {"type": "local", "command": ["x"], "disabled": true}}}}"#], "/config/mcp", json!({"a": {"type": "local", "command": ["x"], "enabled": false}})),
        case("skills of the next version", "", &[r#"opencode.json: {"skills": ["a", "~/b"]}"#], "/config/skills", json!({"paths": ["a", "~/b"], "urls": []})),
        case("a language server without extensions", "", &[r#"opencode.json: {"lsp": {"mine": {"command": ["x"]}, "rust": {"command": ["x"]}}}"#], "/config/lsp", json!({"rust": {"command": ["x"]}})),
        case("tools are permissions", "", &[r#"opencode.json: {"permission": "allow", "tools": {"write": true, "bash": false}}"#], "/config/permission", json!({"edit": "allow", "bash": "deny", "*": "allow"})),
        case("sharing as it was once spelled", "", &[r#"opencode.json: {"autoshare": true}"#], "/config/share", json!("auto")),
    ]
}

/// Which files take part, and which of them wins.
#[rustfmt::skip]
fn places() -> Vec<Case> {
    let mut no_repository = case("an empty .git is no repository", "repo/sub", &[r#"opencode.json: {"username": "above"}"#], "/config/username", json!("above"));
    no_repository.layout.entries.clear();
    no_repository.layout = no_repository.layout.file("opencode.json", r#"{"username": "above"}"#).file("repo/.git/empty", "");
    vec![
        no_repository,
        case("jsonc beats json", "", &[r#"opencode.json: {"username": "json"}"#, r#"opencode.jsonc: {"username": "jsonc"}"#], "/config/username", json!("jsonc")),
        case("the nearer file beats the farther", "a/b", &[r#"opencode.json: {"username": "root"}"#, r#"a/b/opencode.json: {"username": "near"}"#], "/config/username", json!("near")),
        case("the farther folder beats the nearer", "a", &[r#".opencode/opencode.json: {"username": "root"}"#, r#"a/.opencode/opencode.json: {"username": "near"}"#], "/config/username", json!("root")),
        case("config.json of a project is not read", "", &[r#"config.json: {"username": "x"}"#, r#"opencode.json: {"username": "y"}"#], "/config/username", json!("y")),
        case("instructions are joined", "", &[r#"opencode.json: {"instructions": ["a", "b", "a"]}"#, r#"opencode.jsonc: {"instructions": ["b", "c"]}"#], "/config/instructions", json!(["a", "b", "c"])),
        case("instructions of one file stay as they are", "", &[r#"opencode.json: {"instructions": ["a", "b", "a"]}"#], "/config/instructions", json!(["a", "b", "a"])),
    ]
}

/// What becomes of the list of plugins.
#[rustfmt::skip]
fn plugins() -> Vec<Case> {
    let listed = |name, files: &[&str], expected| case(name, "", files, "/config/plugin", expected);
    vec![
        listed("a package twice", &[r#"opencode.json: {"plugin": ["a@1", "b", "a@2"]}"#], json!(["b", "a@2"])),
        listed("a package under another name", &[r#"opencode.json: {"plugin": ["npm:foo@1", "c@npm:d@1", "foo@3", "c@2"]}"#], json!(["foo@3", "c@2"])),
        listed("repositories have no name", &[r#"opencode.json: {"plugin": ["github:x/y", "github:x/y#v1", "~/x"]}"#], json!(["github:x/y", "github:x/y#v1", "~/x"])),
        listed("an empty list later", &[r#"opencode.json: {"plugin": ["a"]}"#, r#"opencode.jsonc: {"plugin": []}"#], json!([])),
        listed("an empty list between", &[r#"opencode.json: {"plugin": ["a"]}"#, r#"opencode.jsonc: {"plugin": []}"#, r#".opencode/opencode.json: {"plugin": ["b"]}"#], json!(["a", "b"])),
        listed("an address is kept as it stands", &[r#"opencode.json: {"plugin": ["file:///a b/../😀.ts"]}"#], json!(["file:///a b/../😀.ts"])),
        listed("characters in addresses", &[r#"opencode.json: {"plugin": ["./ %#?[]{}|^`\"<>~'!$&()*+,;=@:é.ts"]}"#], json!(["file://<<here>>/%20%25%23%3F%5B%5D%7B%7D%7C%5E%60%22%3C%3E%7E'!$&()*+,;=@:%C3%A9.ts"])),
        listed("a folder with an index", &[r#"opencode.json: {"plugin": ["./d/"]}"#, "d/index.js: ", "d/index.ts: "], json!(["file://<<here>>/d/index.ts"])),
        listed("a folder with a package", &[r#"opencode.json: {"plugin": ["./d"]}"#, "d/index.js: ", "d/package.json: {}"], json!(["file://<<here>>/d"])),
        listed("a file found and declared", &[r#"opencode.json: {"plugin": [["./.opencode/plugins/x.ts", {}], "b"]}"#, ".opencode/plugins/x.ts: "], json!(["b", "file://<<here>>/.opencode/plugins/x.ts"])),
        listed("a link to nowhere", &[".opencode/plugins/x.ts -> nowhere"], json!(["file://<<here>>/.opencode/plugins/x.ts"])),
        listed("files that are no plugins", &[".opencode/plugins/a.mjs: ", ".opencode/plugins/b.tsx: ", ".opencode/plugins/c.TS: ", ".opencode/plugins/d/e.ts: ", ".opencode/plugins/f.ts/g.ts: "], json!([])),
        listed("a hidden file", &[".opencode/plugin/.x.ts: "], json!(["file://<<here>>/.opencode/plugin/.x.ts"])),
    ]
}

/// Agents and modes.
#[rustfmt::skip]
fn agents() -> Vec<Case> {
    let prompt = |name, text: &str, expected: &str| case(name, "", &[&format!(".opencode/agents/a.md: {text}")], "/config/agent/a/prompt", json!(expected));
    let extra = |name, text: &str, expected| case(name, "", &[&format!(".opencode/agents/a.md: ---\n{text}\n---\n{name}")], "/config/agent/a/options", expected);
    vec![
        case("an agent in a folder", "", &[".opencode/agents/a/b.md: x"], "/config/agent/a~1b/prompt", json!("x")),
        case("an agent in hidden folders", "", &[".opencode/agent/.a/.b.md: x"], "/config/agent/.a~1.b/prompt", json!("x")),
        case("an agent with another name", "", &[".opencode/agents/a.md: ---\nname: b\n---\nx"], "/config/agent", json!({"b": {"name": "b", "prompt": "x", "options": {}, "permission": {}}})),
        case("an agent's older keys", "", &[".opencode/agents/a.md: ---\nmaxSteps: 5\ntools:\n  write: false\nodd: 1\n---\nx"], "/config/agent/a", json!({"name": "a", "prompt": "x", "maxSteps": 5, "steps": 5, "tools": {"write": false}, "permission": {"edit": "deny"}, "odd": 1, "options": {"odd": 1}})),
        case("markdown beats json", "", &[r#"opencode.json: {"agent": {"a": {"description": "json", "model": "j/j"}}}"#, ".opencode/agents/a.md: ---\ndescription: md\n---\nx"], "/config/agent/a", json!({"name": "a", "prompt": "x", "description": "md", "model": "j/j", "options": {}, "permission": {}})),
        case("json of a later folder beats markdown", "a", &["a/.opencode/agents/a.md: ---\ndescription: md\n---\nx", r#".opencode/opencode.json: {"agent": {"a": {"description": "json"}}}"#], "/config/agent/a/description", json!("json")),
        case("a mode is an agent", "", &[".opencode/modes/m.md: ---\nmode: subagent\n---\nx"], "/config/agent/m", json!({"name": "m", "prompt": "x", "mode": "primary", "options": {}, "permission": {}})),
        case("a mode in a folder", "", &[".opencode/modes/a/m.md: x"], "/config/agent", json!({})),
        case("a mode that is not allowed", "", &[".opencode/mode/m.md: ---\nmode: nonsense\n---\nx"], "/config/agent", json!({})),
        case("a mode of json", "", &[r#"opencode.json: {"mode": {"m": {"prompt": "x"}}, "agent": {"m": {"mode": "subagent"}}}"#], "/config/agent/m", json!({"prompt": "x", "mode": "primary", "options": {}, "permission": {}})),
        case("an agent that is not allowed", "", &[".opencode/agents/a.md: ---\nmode: nonsense\n---\nx"], "/refused", json!(true)),
        case("an agent that is switched off", "", &[r#"opencode.json: {"agent": {"build": {"disable": true}}}"#], "/agent/build", Value::Null),
        prompt("front matter that is no YAML is text", "---\na: [\n---\nno yaml", "---\na: [\n---\nno yaml"),
        prompt("a key of front matter twice", "---\ndescription: a\ndescription: b\n---\ntwice", "---\ndescription: a\ndescription: b\n---\ntwice"),
        case("front matter that cannot be mended", "", &[".opencode/agents/a.md: ---\ndescription: a: b\nx: [\n---\nmended"], "/config/agent", json!({})),
        case("a text that was mended is met again", "below", &["below/.opencode/agents/a.md: ---\ndescription: Use it: twice\n---\nagain", ".opencode/agents/a.md: ---\ndescription: Use it: twice\n---\nagain"], "/config/agent/a/prompt", json!("---\ndescription: Use it: twice\n---\nagain")),
        case("front matter that can be mended", "", &[".opencode/agents/a.md: ---\ndescription: Use it: now\n---\nx"], "/config/agent/a/description", json!("Use it: now")),
        case("a date for a text", "", &[".opencode/agents/a.md: ---\ndescription: 2024-01-01\n---\nx"], "/refused", json!(true)),
        case("a date for a text of a command", "", &[".opencode/commands/a.md: ---\ndescription: 2024-01-01\n---\nx"], "/refused", json!(true)),
        prompt("front matter without an end", "---\ndescription: without an end\n", ""),
        prompt("four dashes", "----\ndescription: d\n---\nfour", "----\ndescription: d\n---\nfour"),
        prompt("more behind the dashes", "---\ndescription: d\n---more\nbehind", "more\nbehind"),
        prompt("a space behind the dashes", "---  \ndescription: d\n---\nspace", "space"),
        prompt("front matter that is JSON", "---json\n{\"description\": \"d\"}\n---\njson", "json"),
        prompt("front matter in a language that nobody reads", "---toml\na = 1\n---\ntoml", "---toml\na = 1\n---\ntoml"),
        prompt("a mark and other line ends", "\u{feff}---\r\ndescription: d\r\n---\r\none\r\ntwo\r\n", "one\r\ntwo"),
        extra("numbers of older YAML", "a: 010\nb: 0b11\nc: 1_000\nd: 0x1F\ne: 1:30", json!({"a": 8, "b": 3, "c": 1000, "d": 31, "e": 90})),
        extra("words that are no truth", "a: yes\nb: off\nc: True\nd: ~", json!({"a": "yes", "b": "off", "c": true, "d": null})),
        extra("a day", "a: 2020-01-02", json!({"a": "2020-01-02T00:00:00.000Z"})),
        extra("anchors", "a: &x {p: 1}\nb:\n  <<: *x\n  q: 2", json!({"a": {"p": 1}, "b": {"p": 1, "q": 2}})),
        extra("a text", "hello", json!({"0": "h", "1": "e", "2": "l", "3": "l", "4": "o"})),
    ]
}

/// Skills and commands.
#[rustfmt::skip]
fn skills_and_commands() -> Vec<Case> {
    let there = |name, files: &[&str], expected: Option<&str>| {
        let location = expected.map_or(Value::Null, |path| json!(format!("<<here>>/{path}")));
        case(name, "", files, "/skill/s/location", location)
    };
    let skill = "---\nname: s\ndescription: d\n---\nbody";
    let at = |path: &str| format!("{path}: {skill}");
    vec![
        there("a skill in folders", &[&at(".opencode/skill/a/b/SKILL.md")], Some(".opencode/skill/a/b/SKILL.md")),
        there("a skill without a folder", &[&at(".opencode/skills/SKILL.md")], Some(".opencode/skills/SKILL.md")),
        there("a skill in a hidden folder", &[&at(".opencode/skills/.a/SKILL.md")], None),
        there("a skill in a hidden folder of another program", &[&at(".claude/skills/.a/SKILL.md")], Some(".claude/skills/.a/SKILL.md")),
        there("a skill among packages", &[&at(".opencode/skills/node_modules/a/SKILL.md")], Some(".opencode/skills/node_modules/a/SKILL.md")),
        there("a skill in small letters", &[&at(".opencode/skills/a/skill.md")], None),
        there("a skill in a folder of the wrong name", &[&at(".claude/skill/a/SKILL.md")], None),
        there("a link to a skill's folder", &[&at("real/SKILL.md"), ".opencode/skills/a -> ../../real"], Some(".opencode/skills/a/SKILL.md")),
        there("a link to a skill's file", &[&at("real.md"), ".opencode/skills/a/SKILL.md -> ../../../real.md"], Some(".opencode/skills/a/SKILL.md")),
        there("a path by text", &[&at("more/SKILL.md"), r#"opencode.json: {"skills": {"paths": ["a/../more"]}}"#], Some("more/SKILL.md")),
        there("a linked path", &[&at("real/SKILL.md"), "l -> real", r#"opencode.json: {"skills": {"paths": ["l"]}}"#], Some("l/SKILL.md")),
        there("a skill without an end of its front matter", &[".agents/skills/a/SKILL.md: ---\nname: s\n"], Some(".agents/skills/a/SKILL.md")),
        there("a skill whose description is no text", &[".agents/skills/a/SKILL.md: ---\nname: s\ndescription: 5\n---\n"], None),
        there("a skill whose description is null", &[".agents/skills/a/SKILL.md: ---\nname: s\ndescription: null\n---\n"], None),
        case("a path belongs to the directory", "a", &[&at("a/more/SKILL.md"), r#"opencode.json: {"skills": {"paths": ["more"]}}"#], "/skill/s/location", json!("<<here>>/a/more/SKILL.md")),
        case("a skill's text is not trimmed", "", &[".agents/skills/a/SKILL.md: ---\nname: s\n---\n\n x \n"], "/skill/s/content", json!("\n x \n")),
        case("a skill without a name", "", &[".agents/skills/a/SKILL.md: ---\nname: \"\"\n---\nx"], "/skill//content", json!("x")),
        case("a skill in the place of the built-in one", "", &[".agents/skills/a/SKILL.md: ---\nname: customize-opencode\n---\nmine"], "/skill/customize-opencode/content", json!("mine")),
        case("a command in a folder", "", &[".opencode/command/a/.b.md: ---\ndescription: d\nodd: 1\n---\n x "], "/config/command", json!({"a/.b": {"template": "x", "description": "d"}})),
        case("a command with a name and a template", "", &[".opencode/commands/a.md: ---\nname: b\ntemplate: no\n---\nx"], "/config/command", json!({"b": {"template": "x"}})),
        case("a command in the place of a built-in one", "", &[r#"opencode.json: {"command": {"init": {"template": "mine"}}}"#], "/command/init/template", json!("mine")),
        case("a command beats a skill", "", &[&at(".opencode/skills/s/SKILL.md"), ".opencode/commands/s.md: x"], "/command/s/source", json!("command")),
        case("a command that is not allowed", "", &[".opencode/commands/a.md: ---\nsubtask: 5\n---\nx"], "/refused", json!(true)),
        case("a hidden tool", "", &[".opencode/tools/.t.ts: export default { description: \"x\", args: {}, async execute() { return \"\" } }"], "/tool/0", json!(".t")),
    ]
}
