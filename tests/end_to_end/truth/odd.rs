//! The cases that fit no pattern: what shadows what, what is behind a reference, what was renamed or
//! had failed, and what is never read.

use rekindle_domain::{
    Aspect::{Code, Declared},
    ChangeKind::{Added, Changed, Removed},
    Kind::{Agent, Config, Mcp, Plugin, Skill, Tool},
    Place::{Folder, GlobalConfig, InstanceConfig},
};
use rekindle_tests::world::{plugin, skill};
use serde_json::{Value, json};

use super::{
    case::{
        Case, Edit,
        Expected::{self, Never, Row},
        Fact, What,
    },
    table::tool,
};

const GLOBAL: &str = "~/.config/opencode/opencode.json";
const MARKDOWN: &str = "---\ndescription: test\n---\none\n";
const ONE: &str = r#"{"username": "one"}"#;
const TWO: &str = r#"{"username": "two"}"#;

pub(super) fn cases() -> Vec<Case> {
    [configuration(), references(), plugins(), tools(), skills(), never()].into_iter().flatten().collect()
}

/// Configuration files that come, go, and shadow each other.
fn configuration() -> Vec<Case> {
    let row = |change| Row(Config, InstanceConfig, Declared, change);
    let server = |command: &str| json!({"type": "local", "command": [command], "enabled": false});
    let runs = |command: &str| What::Config("/mcp/own/command".to_owned(), json!([command]));
    vec![
        odd("opencode.json appears", "json appears", row(Added)).does(write("opencode.json", ONE)).shows(user("one")),
        odd("opencode.jsonc appears", "jsonc appears", row(Added))
            .does(write("opencode.jsonc", ONE))
            .shows(user("one")),
        odd("the folder's opencode.json appears", "folder appears", row(Added))
            .does(write(".opencode/opencode.json", ONE))
            .shows(user("one")),
        odd("opencode.json goes", "json goes", row(Removed))
            .had(write("opencode.json", TWO))
            .does(remove("opencode.json"))
            .loses(user("two")),
        odd("opencode.jsonc appears beside opencode.json, and wins", "beside", row(Changed))
            .had(write("opencode.json", ONE))
            .does(write("opencode.jsonc", TWO))
            .turns(user("one"), user("two")),
        odd("opencode.jsonc goes, and opencode.json is left", "left", row(Changed))
            .had(write("opencode.json", ONE))
            .had(write("opencode.jsonc", TWO))
            .does(remove("opencode.jsonc"))
            .turns(user("two"), user("one")),
        odd("an empty file gets contents", "empty", row(Added))
            .had(write("opencode.json", ""))
            .does(write("opencode.json", ONE))
            .shows(user("one")),
        odd("the same key twice, the last wins", "twice", row(Changed))
            .had(write("opencode.json", r#"{"username": "one", "username": "two"}"#))
            .does(write("opencode.json", r#"{"username": "two", "username": "one"}"#))
            .turns(user("two"), user("one")),
        odd("a key that opencode.jsonc sets, too", "shadowed", Never)
            .had(write("opencode.json", ONE))
            .had(write("opencode.jsonc", r#"{"username": "mine"}"#))
            .does(write("opencode.json", TWO))
            .turns(user("mine"), user("two")),
        odd("a key that .opencode sets, too", "shadowed by a folder", Never)
            .had(write("opencode.jsonc", ONE))
            .had(write(".opencode/opencode.json", r#"{"username": "mine"}"#))
            .does(write("opencode.jsonc", TWO))
            .turns(user("mine"), user("two")),
        odd("a key of the directory that the worktree's .opencode sets, too", "shadows/sub", Never)
            .had(write("opencode.json", ONE))
            .had(write("../.opencode/opencode.json", r#"{"username": "mine"}"#))
            .does(write("opencode.json", TWO))
            .turns(user("mine"), user("two")),
        odd("a global plugin list beside one of opencode.jsonc", "global", Never)
            .had(push("~/.config/opencode/opencode.jsonc", "/plugin", "./heard.ts"))
            .had(write("~/.config/opencode/unheard/unheard.ts", &plugin("unheard")))
            .does(push(GLOBAL, "/plugin", "./unheard/unheard.ts"))
            .shows(has_tool("unheard")),
        odd("a global list of instructions beside one of opencode.jsonc", "global", Never)
            .had(push("~/.config/opencode/opencode.jsonc", "/instructions", "heard.md"))
            .does(push(GLOBAL, "/instructions", "unheard.md"))
            .shows(What::Listed("/instructions", "unheard.md".to_owned())),
        odd("a folder above a directory without git", "loose/sub", row(Changed))
            .had(write("../opencode.json", ONE))
            .does(write("../opencode.json", TWO))
            .turns(user("one"), user("two")),
        odd("a folder above one whose .git is no repository", "loose/hollow/sub", row(Changed))
            .had(write(".git/description", "no more than this"))
            .had(write("../opencode.json", ONE))
            .does(write("../opencode.json", TWO))
            .turns(user("one"), user("two")),
        odd("an MCP server's command", "mcp", Row(Mcp, InstanceConfig, Declared, Changed))
            .had(set("opencode.json", "/mcp/own", server("one")))
            .does(set("opencode.json", "/mcp/own", server("two")))
            .turns(runs("one"), runs("two")),
    ]
}

/// What a configuration refers to.
fn references() -> Vec<Case> {
    let prompt = |name: &str, text: &str| What::Agent(name.to_owned(), text.to_owned());
    let reads = |path: &str| json!({"description": "test", "prompt": format!("{{file:{path}}}")});
    vec![
        odd("the target of {file:}", "target", Row(Config, InstanceConfig, Declared, Changed))
            .had(write("name.txt", "one"))
            .had(set("opencode.json", "/username", "{file:./name.txt}"))
            .does(write("name.txt", "two"))
            .turns(user("one"), user("two")),
        odd("the target of {file:} of the home folder", "target", Row(Agent, InstanceConfig, Declared, Changed))
            .had(write("~/prompt.txt", "one"))
            .had(set("opencode.json", "/agent/reader", reads("~/prompt.txt")))
            .does(write("~/prompt.txt", "two"))
            .turns(prompt("reader", "one"), prompt("reader", "two")),
        odd("the target of {file:} of a global file", "global", Row(Agent, GlobalConfig, Declared, Changed))
            .had(write("~/.config/opencode/prompt.txt", "one"))
            .had(set(GLOBAL, "/agent/everywhere", reads("./prompt.txt")))
            .does(write("~/.config/opencode/prompt.txt", "two"))
            .turns(prompt("everywhere", "one"), prompt("everywhere", "two")),
    ]
}

fn plugins() -> Vec<Case> {
    let row = |change| Row(Plugin, InstanceConfig, Declared, change);
    let code = Row(Plugin, Folder, Code, Changed);
    // Its tool is named by a helper, or by its options.
    let by_helper = "import { name } from \"../../lib/helper.mjs\"\n".to_owned() + &plugin("[name]");
    let by_options = "export const Plugin = async (_, options) => ({ tool: { [options.tool]: \
        { description: \"test\", args: {}, async execute() { return \"done\" } } } })\n";
    let late = "export const Plugin = async () => { throw new Error(\"boom at init\") }\n";
    vec![
        odd("a plugin by its relative path", "plugins", row(Added))
            .had(write("plug/relative.ts", &plugin("relative")))
            .does(push("opencode.json", "/plugin", "./plug/relative.ts"))
            .shows(has_tool("relative")),
        odd("a plugin by its relative path, removed", "plugins", row(Removed))
            .had(write("plug/parting.ts", &plugin("parting")))
            .had(push("opencode.json", "/plugin", "./plug/parting.ts"))
            .does(pull("opencode.json", "/plugin", "./plug/parting.ts"))
            .loses(has_tool("parting")),
        odd("a plugin by a relative path in .opencode", "plugins", row(Added))
            .had(write(".opencode/plug/dotted.ts", &plugin("dotted")))
            .does(push(".opencode/opencode.json", "/plugin", "./plug/dotted.ts"))
            .shows(has_tool("dotted")),
        odd("a plugin's options", "plugins", row(Changed))
            .had(write("plug/options.ts", by_options))
            .had(push("opencode.jsonc", "/plugin", json!(["./plug/options.ts", {"tool": "option_one"}])))
            .does(pull("opencode.jsonc", "/plugin", json!(["./plug/options.ts", {"tool": "option_one"}])))
            .does(push("opencode.jsonc", "/plugin", json!(["./plug/options.ts", {"tool": "option_two"}])))
            .turns(has_tool("option_one"), has_tool("option_two")),
        odd("a declared plugin's file changes", "plugins", Row(Plugin, InstanceConfig, Code, Changed))
            .had(write("plug/code.ts", &plugin("code_one")))
            .had(push("opencode.json", "/plugin", "./plug/code.ts"))
            .does(write("plug/code.ts", &plugin("code_two")))
            .turns(has_tool("code_one"), has_tool("code_two")),
        odd("a declared plugin's file appears", "plugins", row(Added))
            .had(push("opencode.json", "/plugin", "./plug/missing.ts"))
            .does(write("plug/missing.ts", &plugin("found")))
            .shows(has_tool("found")),
        odd("a plugin's helper", "plugins", code)
            .had(write("lib/helper.mjs", "export const name = \"helped_one\"\n"))
            .had(write(".opencode/plugins/helped.ts", &by_helper))
            .does(write("lib/helper.mjs", "export const name = \"helped_two\"\n"))
            .turns(has_tool("helped_one"), has_tool("helped_two")),
        odd("a plugin that threw is mended", "plugins", code)
            .had(write(".opencode/plugins/threw.ts", "throw new Error(\"boom at load\")\n"))
            .does(write(".opencode/plugins/threw.ts", &plugin("threw")))
            .shows(has_tool("threw")),
        odd("a plugin that threw when it began is mended", "plugins", code)
            .had(write(".opencode/plugins/late.ts", late))
            .does(write(".opencode/plugins/late.ts", &plugin("late")))
            .shows(has_tool("late")),
        odd("a plugin that could not be parsed is mended", "plugins", code)
            .had(write(".opencode/plugins/garbled.ts", "export const {\n"))
            .does(write(".opencode/plugins/garbled.ts", &plugin("garbled")))
            .shows(has_tool("garbled")),
        odd("a plugin's new name", "plugins", Row(Plugin, Folder, Declared, Added))
            .had(write(".opencode/plugins/before.ts", &plugin("same")))
            .does(rename(".opencode/plugins/before.ts", ".opencode/plugins/after.ts"))
            .shows(What::Listed("/plugin", "/.opencode/plugins/after.ts".to_owned())),
        odd("a plugin's new name and new code", "plugins", Row(Plugin, Folder, Declared, Added))
            .had(write(".opencode/plugins/was.ts", &plugin("was")))
            .does(remove(".opencode/plugins/was.ts"))
            .does(write(".opencode/plugins/is.ts", &plugin("is_now")))
            .shows(has_tool("is_now")),
        odd("a plugin moves to the other folder with new code", "plugins", Row(Plugin, Folder, Declared, Added))
            .had(write(".opencode/plugin/moved.ts", &plugin("moved_one")))
            .does(remove(".opencode/plugin/moved.ts"))
            .does(write(".opencode/plugins/moved.ts", &plugin("moved_two")))
            .turns(has_tool("moved_one"), has_tool("moved_two")),
        odd("a package's other version", "packages", row(Changed))
            .had(package("1.0.0", "pinned_one"))
            .had(package_names("1.0.0"))
            .had(package("2.0.0", "pinned_two"))
            .had(package_names("2.0.0"))
            .had(push("opencode.json", "/plugin", "rekindle-test-package@1.0.0"))
            .does(pull("opencode.json", "/plugin", "rekindle-test-package@1.0.0"))
            .does(push("opencode.json", "/plugin", "rekindle-test-package@2.0.0"))
            .turns(has_tool("pinned_one"), has_tool("pinned_two")),
        odd("a package's code in the cache", "cached", Row(Plugin, InstanceConfig, Code, Changed))
            .had(package("3.0.0", "cached_one"))
            .had(package_names("3.0.0"))
            .had(push("opencode.json", "/plugin", "rekindle-test-package@3.0.0"))
            .does(package("3.0.0", "cached_two"))
            .turns(has_tool("cached_one"), has_tool("cached_two")),
    ]
}

fn tools() -> Vec<Case> {
    let (declared, code) = (|change| Row(Tool, Folder, Declared, change), Row(Tool, Folder, Code, Changed));
    vec![
        odd("a tool's helper", "tools", code)
            .had(write("lib/shape.mjs", "export const shape = {}\n"))
            .had(write(".opencode/tools/helped.ts", "export * from \"../../lib/shape.mjs\"\n"))
            .does(write("lib/shape.mjs", &tool("shaped")))
            .shows(has_tool("helped_shaped")),
        odd("a tool that could not be parsed is mended", "garbled tool", code)
            .had(write(".opencode/tools/garbled.ts", "export default {\n"))
            .does(write(".opencode/tools/garbled.ts", &tool("one")))
            .shows(has_tool("garbled")),
        odd("a tool that could not be parsed goes", "garbled tool goes", declared(Removed))
            .had(write(".opencode/tools/garbled.ts", "export default {\n"))
            .does(remove(".opencode/tools/garbled.ts"))
            .shows(has_tool("bash")),
        odd("a tool's new name", "tools", declared(Added))
            .had(write(".opencode/tools/before.ts", &tool("one")))
            .does(rename(".opencode/tools/before.ts", ".opencode/tools/after.ts"))
            .turns(has_tool("before"), has_tool("after")),
    ]
}

fn skills() -> Vec<Case> {
    let row = |change| Row(Skill, Folder, Declared, change);
    let has = |name: &str, text: &str| What::Skill(name.to_owned(), text.to_owned());
    let at = |name: &str, ending: &str| What::SkillAt(name.to_owned(), ending.to_owned());
    let described = |text: &str| format!("---\nname: described\ndescription: {text}\n---\n\nbody\n");
    vec![
        odd("a skill's folder gets another name", "skills", row(Changed))
            .had(write(".opencode/skills/before/SKILL.md", &skill("moved", "one")))
            .does(rename(".opencode/skills/before/SKILL.md", ".opencode/skills/after/SKILL.md"))
            .turns(at("moved", "/before/SKILL.md"), at("moved", "/after/SKILL.md")),
        odd("a skill moves to another place", "skills", row(Changed))
            .had(write(".claude/skills/mover/SKILL.md", &skill("mover", "one")))
            .does(rename(".claude/skills/mover/SKILL.md", ".opencode/skills/mover/SKILL.md"))
            .turns(at("mover", ".claude/skills/mover/SKILL.md"), at("mover", ".opencode/skills/mover/SKILL.md")),
        odd("a skill gets another name in its front matter", "skills", row(Added))
            .had(write(".opencode/skills/named/SKILL.md", &skill("first", "one")))
            .does(write(".opencode/skills/named/SKILL.md", &skill("second", "one")))
            .turns(has("first", "one"), has("second", "one")),
        odd("a skill's description", "skills", row(Changed))
            .had(write(".opencode/skills/described/SKILL.md", &described("old words")))
            .does(write(".opencode/skills/described/SKILL.md", &described("new words")))
            .turns(has("described", "old words"), has("described", "new words")),
        odd("a skill gets the front matter that it lacked", "skills", row(Added))
            .had(write(".opencode/skills/bare/SKILL.md", "no front matter\n"))
            .does(write(".opencode/skills/bare/SKILL.md", &skill("bare", "one")))
            .shows(has("bare", "one")),
        odd("a skill becomes a command", "skills", row(Added))
            .does(write(".opencode/skills/callable/SKILL.md", &skill("callable", "one")))
            .shows(What::Command("callable".to_owned(), "one".to_owned())),
        odd("a folder with skills is listed", "paths", Row(Config, InstanceConfig, Declared, Changed))
            .had(write("more/listed/SKILL.md", &skill("listed", "one")))
            .does(push("opencode.json", "/skills/paths", "more"))
            .shows(has("listed", "one")),
    ]
}

/// What lies beside the places that the engine looks into.
fn never() -> Vec<Case> {
    let skill_at = |file: &str, name: &str| {
        odd(file, "never", Never)
            .does(write(file, &skill(name, "one")))
            .shows(What::Skill(name.to_owned(), "one".to_owned()))
    };
    let plugin_at =
        |file: &str, name: &str| odd(file, "never", Never).does(write(file, &plugin(name))).shows(has_tool(name));
    let tool_at =
        |file: &str, name: &str| odd(file, "never", Never).does(write(file, &tool("one"))).shows(has_tool(name));
    let agent_at = |file: &str, name: &str| {
        odd(file, "never", Never).does(write(file, MARKDOWN)).shows(What::Agent(name.to_owned(), "one".to_owned()))
    };
    let command_at = |file: &str, name: &str| {
        odd(file, "never", Never).does(write(file, MARKDOWN)).shows(What::Command(name.to_owned(), "one".to_owned()))
    };
    let config_at =
        |file: &str, name: &str| odd(file, "never", Never).does(set(file, "/username", name)).shows(user(name));
    vec![
        skill_at(".claude/skill/singular/SKILL.md", "singular"),
        skill_at(".agents/skill/single/SKILL.md", "single"),
        skill_at("~/.claude/skill/sole/SKILL.md", "sole"),
        skill_at("skills/rootless/SKILL.md", "rootless"),
        skill_at(".opencode/skills/lower/skill.md", "lower"),
        skill_at(".opencode/skills/other/SKILL.markdown", "other"),
        skill_at(".opencode/skills/.hidden/SKILL.md", "hidden"),
        skill_at("below/.opencode/skills/below/SKILL.md", "below"),
        skill_at("~/code/.opencode/skills/above/SKILL.md", "above"),
        odd("a skill without front matter", "never", Never)
            .does(write(".opencode/skills/plain/SKILL.md", "one\n"))
            .shows(What::Skill("plain".to_owned(), "one".to_owned())),
        odd("a skill without a name", "never", Never)
            .does(write(".opencode/skills/nameless/SKILL.md", "---\ndescription: one\n---\none\n"))
            .shows(What::Skill("nameless".to_owned(), "one".to_owned())),
        plugin_at(".opencode/plugins/sub/nested.ts", "nested"),
        plugin_at("~/.config/opencode/plugins/sub/buried.ts", "buried"),
        plugin_at(".opencode/plugins/module.mjs", "module"),
        plugin_at(".opencode/plugins/react.tsx", "react"),
        plugin_at("plugins/outside.ts", "outside"),
        plugin_at(".claude/plugins/foreign.ts", "foreign"),
        tool_at(".opencode/tools/sub/deep.ts", "deep"),
        tool_at(".opencode/tools/module.mjs", "module"),
        tool_at("tools/loose.ts", "loose"),
        agent_at(".claude/agents/foreign.md", "foreign"),
        agent_at("agents/loose.md", "loose"),
        agent_at(".opencode/modes/sub/deep.md", "deep"),
        agent_at(".opencode/agents/page.markdown", "page"),
        command_at(".claude/commands/foreign.md", "foreign"),
        command_at("commands/loose.md", "loose"),
        config_at("config.json", "plain"),
        config_at(".opencode/config.json", "folder"),
        config_at("opencode.json5", "ending"),
        config_at("below/opencode.json", "below"),
        config_at("~/code/opencode.json", "above"),
        config_at("~/opencode.json", "home"),
    ]
}

/// A package as the engine has it in its cache once it was installed.
fn package(version: &str, tool: &str) -> Edit {
    write(&format!("{}/node_modules/rekindle-test-package/index.js", cache(version)), &plugin(tool))
}

fn package_names(version: &str) -> Edit {
    let manifest = json!({"name": "rekindle-test-package", "version": version, "main": "index.js", "type": "module"});
    write(&format!("{}/node_modules/rekindle-test-package/package.json", cache(version)), &manifest.to_string())
}

fn cache(version: &str) -> String {
    format!("~/.cache/opencode/packages/rekindle-test-package@{version}")
}

pub(super) fn odd(name: &str, directory: &'static str, expected: Expected) -> Odd {
    Odd { name: name.to_owned(), directory, expected, before: vec![], change: vec![] }
}

/// A case that is not yet complete.
pub(super) struct Odd {
    name: String,
    directory: &'static str,
    expected: Expected,
    before: Vec<Edit>,
    change: Vec<Edit>,
}

impl Odd {
    /// Before the change.
    pub(super) fn had(mut self, edit: Edit) -> Self {
        self.before.push(edit);
        self
    }

    /// The change, or one more part of it.
    pub(super) fn does(mut self, edit: Edit) -> Self {
        self.change.push(edit);
        self
    }

    /// Something holds that did not.
    pub(super) fn shows(self, what: What) -> Case {
        self.case(what.clone().untold(), what.told())
    }

    /// Something does not hold any more.
    pub(super) fn loses(self, what: What) -> Case {
        self.case(what.clone().told(), what.untold())
    }

    /// Something holds in place of another.
    pub(super) fn turns(self, from: What, to: What) -> Case {
        self.case(from.told(), to.told())
    }

    fn case(self, was: Fact, becomes: Fact) -> Case {
        let Self { name, directory, expected, before, change } = self;
        Case { name, directory, before, change, was, becomes, expected }
    }
}

pub(super) fn write(file: &str, text: &str) -> Edit {
    Edit::Write(file.to_owned(), text.to_owned())
}

pub(super) fn rename(from: &str, to: &str) -> Edit {
    Edit::Rename(from.to_owned(), to.to_owned())
}

pub(super) fn remove(file: &str) -> Edit {
    Edit::Remove(file.to_owned())
}

pub(super) fn set(file: &str, pointer: &str, value: impl Into<Value>) -> Edit {
    Edit::Set(file.to_owned(), pointer.to_owned(), value.into())
}

pub(super) fn push(file: &str, pointer: &str, value: impl Into<Value>) -> Edit {
    Edit::Push(file.to_owned(), pointer.to_owned(), value.into())
}

pub(super) fn pull(file: &str, pointer: &str, value: impl Into<Value>) -> Edit {
    Edit::Pull(file.to_owned(), pointer.to_owned(), value.into())
}

fn user(name: &str) -> What {
    What::Config("/username".to_owned(), json!(name))
}

fn has_tool(id: &str) -> What {
    What::Tool(id.to_owned())
}
