//! The cases. A line of [`FILES`], [`DECLARATIONS`] or [`KEYS`] is three cases or more: something
//! is added, changed, removed. What fits no pattern is in [`odd`].

use std::path::{Path, PathBuf};

use rekindle_domain::{Aspect, ChangeKind, Kind, Place};
use rekindle_tests::world::{plugin, skill};
use serde_json::{Value, json};

use super::{
    case::{Case, Edit, Expected, Fact, What},
    odd, prompts,
};

/// The world whose engine is told of more places by its environment.
pub(super) const ELSEWHERE: &str = "elsewhere";
/// What `OPENCODE_CONFIG` names, in the home folder.
pub(super) const CONFIG_FILE: &str = "elsewhere/named.json";
/// What `OPENCODE_CONFIG_DIR` names.
pub(super) const CONFIG_DIR: &str = "elsewhere/folder";
/// Where an administrator's configuration is.
pub(super) const MANAGED: &str = "elsewhere/managed";

/// Files in folders that the engine scans: the kind, the directory that is asked, the file (`N`
/// stands for a name of its own), the name that the engine gives it.
const FILES: &[(Kind, &str, &str, &str)] = &[
    (Kind::Skill, "files", ".opencode/skill/N/SKILL.md", "N"),
    (Kind::Skill, "files", ".opencode/skills/N/SKILL.md", "N"),
    (Kind::Skill, "files", ".opencode/skills/a/b/N/SKILL.md", "N"),
    (Kind::Skill, "files", ".claude/skills/N/SKILL.md", "N"),
    (Kind::Skill, "files", ".agents/skills/N/SKILL.md", "N"),
    (Kind::Skill, "files", "listed/N/SKILL.md", "N"),
    (Kind::Skill, "files", "~/listed/N/SKILL.md", "N"),
    (Kind::Skill, "files", "~/.config/opencode/skill/N/SKILL.md", "N"),
    (Kind::Skill, "files", "~/.config/opencode/skills/N/SKILL.md", "N"),
    (Kind::Skill, "files", "~/.opencode/skill/N/SKILL.md", "N"),
    (Kind::Skill, "files", "~/.opencode/skills/N/SKILL.md", "N"),
    (Kind::Skill, "files", "~/.claude/skills/N/SKILL.md", "N"),
    (Kind::Skill, "files", "~/.agents/skills/N/SKILL.md", "N"),
    (Kind::Skill, "files", "~/elsewhere/folder/skills/N/SKILL.md", "N"),
    (Kind::Skill, "tree/sub", "../.opencode/skills/N/SKILL.md", "N"),
    (Kind::Skill, "tree/sub", "../.claude/skills/N/SKILL.md", "N"),
    (Kind::Skill, "tree/sub", "../.agents/skills/N/SKILL.md", "N"),
    (Kind::Agent, "files", ".opencode/agent/N.md", "N"),
    (Kind::Agent, "files", ".opencode/agents/N.md", "N"),
    (Kind::Agent, "files", ".opencode/agents/team/N.md", "team/N"),
    (Kind::Agent, "files", ".opencode/mode/N.md", "N"),
    (Kind::Agent, "files", ".opencode/modes/N.md", "N"),
    (Kind::Agent, "files", "~/.config/opencode/agent/N.md", "N"),
    (Kind::Agent, "files", "~/.config/opencode/agents/N.md", "N"),
    (Kind::Agent, "files", "~/.config/opencode/modes/N.md", "N"),
    (Kind::Agent, "files", "~/.opencode/agents/N.md", "N"),
    (Kind::Agent, "files", "~/elsewhere/folder/agents/N.md", "N"),
    (Kind::Agent, "tree/sub", "../.opencode/agents/N.md", "N"),
    (Kind::Command, "files", ".opencode/command/N.md", "N"),
    (Kind::Command, "files", ".opencode/commands/N.md", "N"),
    (Kind::Command, "files", ".opencode/commands/team/N.md", "team/N"),
    (Kind::Command, "files", "~/.config/opencode/command/N.md", "N"),
    (Kind::Command, "files", "~/.config/opencode/commands/N.md", "N"),
    (Kind::Command, "files", "~/.opencode/commands/N.md", "N"),
    (Kind::Command, "files", "~/elsewhere/folder/commands/N.md", "N"),
    (Kind::Command, "tree/sub", "../.opencode/commands/N.md", "N"),
    (Kind::Plugin, "files", ".opencode/plugin/N.ts", "N"),
    (Kind::Plugin, "files", ".opencode/plugin/N.js", "N"),
    (Kind::Plugin, "files", ".opencode/plugins/N.ts", "N"),
    (Kind::Plugin, "files", ".opencode/plugins/N.js", "N"),
    (Kind::Plugin, "files", "~/.config/opencode/plugin/N.ts", "N"),
    (Kind::Plugin, "files", "~/.config/opencode/plugins/N.js", "N"),
    (Kind::Plugin, "files", "~/.opencode/plugins/N.ts", "N"),
    (Kind::Plugin, "files", "~/elsewhere/folder/plugins/N.ts", "N"),
    (Kind::Plugin, "tree/sub", "../.opencode/plugins/N.ts", "N"),
    (Kind::Tool, "files", ".opencode/tool/N.ts", "N"),
    (Kind::Tool, "files", ".opencode/tool/N.js", "N"),
    (Kind::Tool, "files", ".opencode/tools/N.ts", "N"),
    (Kind::Tool, "files", ".opencode/tools/N.js", "N"),
    (Kind::Tool, "files", "~/.config/opencode/tool/N.ts", "N"),
    (Kind::Tool, "files", "~/.config/opencode/tools/N.js", "N"),
    (Kind::Tool, "files", "~/.opencode/tools/N.ts", "N"),
    (Kind::Tool, "files", "~/elsewhere/folder/tools/N.ts", "N"),
    (Kind::Tool, "tree/sub", "../.opencode/tools/N.ts", "N"),
];

/// Configuration files: each declares something of [`DECLARED`].
const DECLARATIONS: &[Declaration] = &[
    (Place::InstanceConfig, "files", "opencode.json"),
    (Place::InstanceConfig, "files", "opencode.jsonc"),
    (Place::InstanceConfig, "files", ".opencode/opencode.json"),
    (Place::InstanceConfig, "files", ".opencode/opencode.jsonc"),
    (Place::InstanceConfig, "tree/sub", "../opencode.json"),
    (Place::InstanceConfig, "tree/sub", "../.opencode/opencode.jsonc"),
    (Place::InstanceConfig, "files", "~/.opencode/opencode.json"),
    (Place::InstanceConfig, "files", "~/.opencode/opencode.jsonc"),
    (Place::InstanceConfig, "files", "~/elsewhere/named.json"),
    (Place::InstanceConfig, "files", "~/elsewhere/folder/opencode.json"),
    (Place::InstanceConfig, "files", "~/elsewhere/folder/opencode.jsonc"),
    (Place::InstanceConfig, "files", "~/elsewhere/managed/opencode.json"),
    (Place::InstanceConfig, "files", "~/elsewhere/managed/opencode.jsonc"),
];

/// The same of the files that are read once.
const GLOBAL_DECLARATIONS: &[Declaration; 3] = &[
    (Place::GlobalConfig, "files", "~/.config/opencode/config.json"),
    (Place::GlobalConfig, "files", "~/.config/opencode/opencode.json"),
    (Place::GlobalConfig, "files", "~/.config/opencode/opencode.jsonc"),
];

/// The place, the directory that is asked, the file.
type Declaration = (Place, &'static str, &'static str);

/// Two lists first.
const DECLARED: [Kind; 6] = [Kind::Plugin, Kind::Instructions, Kind::Mcp, Kind::Agent, Kind::Command, Kind::Config];

/// Keys of the configuration, with two values.
const KEYS: &[(&str, &str, &str)] = &[
    ("/model", r#""a/one""#, r#""a/two""#),
    ("/small_model", r#""a/one""#, r#""a/two""#),
    ("/default_agent", r#""build""#, r#""plan""#),
    ("/username", r#""one""#, r#""two""#),
    ("/share", r#""manual""#, r#""disabled""#),
    ("/autoupdate", "false", r#""notify""#),
    ("/snapshot", "true", "false"),
    ("/shell", r#""/bin/sh""#, r#""/bin/bash""#),
    ("/logLevel", r#""INFO""#, r#""WARN""#),
    ("/subagent_depth", "1", "2"),
    ("/layout", r#""auto""#, r#""stretch""#),
    ("/disabled_providers", r#"["one"]"#, r#"["two"]"#),
    ("/enabled_providers", r#"["one"]"#, r#"["two"]"#),
    ("/formatter", "true", "false"),
    ("/lsp", "true", "false"),
    ("/permission/edit", r#""ask""#, r#""deny""#),
    ("/permission/webfetch", r#""ask""#, r#""deny""#),
    ("/tools/one", "true", "false"),
    ("/watcher/ignore", r#"["one"]"#, r#"["two"]"#),
    ("/compaction/auto", "true", "false"),
    ("/compaction/prune", "true", "false"),
    ("/experimental/disable_paste_summary", "true", "false"),
    ("/tool_output/max_lines", "100", "200"),
    ("/enterprise/url", r#""http://one""#, r#""http://two""#),
    ("/server/port", "4101", "4102"),
    ("/skills/paths", r#"["one"]"#, r#"["two"]"#),
    ("/provider/own/models/m/name", r#""one""#, r#""two""#),
    ("/provider/own/options/baseURL", r#""http://one""#, r#""http://two""#),
    ("/agent/build/prompt", r#""one""#, r#""two""#),
    ("/mode/build/prompt", r#""one""#, r#""two""#),
];

/// Cases that share a home folder and an engine.
pub(super) struct World {
    pub(super) name: &'static str,
    pub(super) home: PathBuf,
    pub(super) cases: Vec<Case>,
}

/// All cases, in worlds in which they do not get in each other's way. Prompts go to the model that a
/// configuration names.
pub(super) fn worlds(root: &Path, model: &Value) -> Vec<World> {
    let [config, json, jsonc] = GLOBAL_DECLARATIONS;
    let world = |name, cases: &dyn Fn(&Path) -> Vec<Case>| {
        let home = root.join(name);
        World { name, cases: cases(&home), home }
    };
    let all = |home: &Path| {
        let mut cases = vec![];
        for (kind, directory, path, name) in FILES {
            cases.extend(file(*kind, directory, path, name, cases.len()));
        }
        for from in DECLARATIONS.iter().chain([jsonc]) {
            cases.extend(declarations(from, &DECLARED, home, cases.len()));
        }
        for from in [config, json] {
            // Of the global files, the last one that has a list has all of it.
            cases.extend(declarations(from, &DECLARED[2..], home, cases.len()));
        }
        for (pointer, one, two) in KEYS {
            cases.extend(key(pointer, &value(one), &value(two)));
        }
        cases
    };
    let alone = |from| move |home: &Path| declarations(from, &DECLARED, home, 0);
    let appears = |home: &Path| alone(json)(home).into_iter().filter(|case| case.before.is_empty()).collect();
    vec![
        world(ELSEWHERE, &all),
        world("odd", &|_| odd::cases()),
        world("prompts", &|_| prompts::cases(model)),
        world("config.json alone", &alone(config)),
        world("opencode.json alone", &alone(json)),
        world("opencode.json appears", &appears),
    ]
}

fn declarations(from: &Declaration, kinds: &[Kind], home: &Path, number: usize) -> Vec<Case> {
    let of = |(index, kind): (usize, &Kind)| declaration(*kind, from, home, number + index);
    kinds.iter().enumerate().flat_map(of).collect()
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A file of a scanned folder is added, changed, removed.
fn file(kind: Kind, directory: &'static str, path: &str, name: &str, number: usize) -> Vec<Case> {
    let case = |change| {
        let own = own_name(number, change);
        let (path, name) = (path.replace('N', &own), name.replace('N', &own));
        let write = |version| Edit::Write(path.clone(), text(kind, &own, version));
        // Read by the engine only where it is told to.
        let list = Edit::Set("opencode.json".to_owned(), "/skills/paths".to_owned(), json!(["listed", "~/listed"]));
        let list = path.contains("listed/").then_some(list);
        let (before, edit) = match change {
            ChangeKind::Added => (None, write("one")),
            ChangeKind::Changed => (Some(write("one")), write("two")),
            ChangeKind::Removed => (Some(write("one")), Edit::Remove(path.clone())),
        };
        let aspect = match (kind, change) {
            (Kind::Plugin | Kind::Tool, ChangeKind::Changed) => Aspect::Code,
            _ => Aspect::Declared,
        };
        let (was, becomes) = facts(change, |version| fact(kind, &name, version));
        Case {
            name: format!("{kind:?} {change:?}: {path}"),
            directory,
            before: list.into_iter().chain(before).collect(),
            change: vec![edit],
            was,
            becomes,
            expected: Expected::Row(kind, Place::Folder, aspect, change),
        }
    };
    ALL.map(case).into()
}

/// Something that a configuration file declares is added, changed, removed.
fn declaration(kind: Kind, (place, directory, path): &Declaration, home: &Path, number: usize) -> Vec<Case> {
    let case = |change| {
        let own = own_name(number, change);
        let code = |version: &str| home.join("code/plugins").join(format!("{own}_{version}.ts")).display().to_string();
        let in_list = |version: &str| match kind {
            Kind::Plugin => Some(("/plugin", json!(code(version)))),
            Kind::Instructions => Some(("/instructions", json!(format!("{own}-{version}.md")))),
            _ => None,
        };
        let key = match kind {
            Kind::Config => format!("/provider/{own}/name"),
            _ => format!("/{}/{own}", kind.word()),
        };
        let declare = |version| match in_list(version) {
            Some((list, entry)) => Edit::Push((*path).to_owned(), list.to_owned(), entry),
            None => Edit::Set((*path).to_owned(), key.clone(), declared(kind, version)),
        };
        let withdraw = || match in_list("one") {
            Some((list, entry)) => Edit::Pull((*path).to_owned(), list.to_owned(), entry),
            None => Edit::Unset((*path).to_owned(), key.clone()),
        };
        let (before, edits) = match change {
            ChangeKind::Added => (None, vec![declare("one")]),
            ChangeKind::Changed => (Some(declare("one")), vec![withdraw(), declare("two")]),
            ChangeKind::Removed => (Some(declare("one")), vec![withdraw()]),
        };
        let files = ["one", "two"].map(|version| Edit::Write(code(version), text(Kind::Plugin, &own, version)));
        let files = files.into_iter().filter(|_| kind == Kind::Plugin);
        let (was, becomes) = facts(change, |version| match kind {
            Kind::Config => What::Config(key.clone(), json!(version)),
            _ => fact(kind, &own, version),
        });
        Case {
            name: format!("{kind:?} {change:?} by {path} of {directory}"),
            directory,
            before: files.chain(before).collect(),
            change: edits,
            was,
            becomes,
            expected: Expected::Row(kind, *place, Aspect::Declared, change),
        }
    };
    ALL.map(case).into()
}

/// A key of the configuration is changed in several files, added, removed.
fn key(pointer: &str, one: &Value, two: &Value) -> Vec<Case> {
    let (instance, global) = (Place::InstanceConfig, Place::GlobalConfig);
    let case = |change: ChangeKind, place, directory, path: &str, one: &Value, two: &Value| {
        let set = |value: &Value| Edit::Set(path.to_owned(), pointer.to_owned(), value.clone());
        let (before, edit) = match change {
            ChangeKind::Added => (None, set(one)),
            ChangeKind::Changed => (Some(set(one)), set(two)),
            ChangeKind::Removed => (Some(set(one)), Edit::Unset(path.to_owned(), pointer.to_owned())),
        };
        let value =
            |version| What::Config(pointer.to_owned(), if version == "one" { one.clone() } else { two.clone() });
        let (was, becomes) = facts(change, value);
        Case {
            name: format!("{pointer} {change:?} in {path}"),
            directory,
            before: before.into_iter().collect(),
            change: vec![edit],
            was,
            becomes,
            expected: Expected::Row(Kind::Config, place, Aspect::Declared, change),
        }
    };
    vec![
        case(ChangeKind::Added, instance, "keys added", "opencode.json", one, two),
        case(ChangeKind::Changed, instance, "keys", "opencode.json", one, two),
        case(ChangeKind::Removed, instance, "keys removed", "opencode.json", two, one),
        case(ChangeKind::Changed, instance, "keys with comments", "opencode.jsonc", one, two),
        case(ChangeKind::Changed, instance, "keys in a folder", ".opencode/opencode.json", one, two),
        // Shines through where the project's is removed, which is why that one has the other value.
        case(ChangeKind::Added, global, "nothing of its own", "~/.config/opencode/opencode.json", one, two),
    ]
}

const ALL: [ChangeKind; 3] = [ChangeKind::Added, ChangeKind::Changed, ChangeKind::Removed];

/// A name that no other case has. Small letters and digits: fit for a tool, too.
fn own_name(number: usize, change: ChangeKind) -> String {
    format!("{change:?}{number}").to_lowercase()
}

/// What holds before a change from "one" to "two", and what holds once it is seen.
fn facts(change: ChangeKind, what: impl Fn(&'static str) -> What) -> (Fact, Fact) {
    match change {
        ChangeKind::Added => (what("one").untold(), what("one").told()),
        ChangeKind::Changed => (what("one").told(), what("two").told()),
        ChangeKind::Removed => (what("one").told(), what("one").untold()),
    }
}

/// What the engine tells of an item in a version.
fn fact(kind: Kind, name: &str, version: &'static str) -> What {
    let (name, version_of) = (name.to_owned(), format!("{name}_{version}"));
    match kind {
        Kind::Skill => What::Skill(name, version.to_owned()),
        Kind::Agent => What::Agent(name, version.to_owned()),
        Kind::Command => What::Command(name, version.to_owned()),
        Kind::Plugin | Kind::Tool => What::Tool(version_of),
        Kind::Mcp => What::Mcp(name, if version == "one" { "disabled" } else { "failed" }),
        Kind::Instructions => What::Listed("/instructions", format!("{name}-{version}.md")),
        Kind::Config => unreachable!("keys are told at their own place"),
    }
}

/// The file of an item in a version.
fn text(kind: Kind, name: &str, version: &str) -> String {
    match kind {
        Kind::Skill => skill(name, version),
        Kind::Plugin => plugin(&format!("{name}_{version}")),
        Kind::Tool => tool(version),
        _ => format!("---\ndescription: test\n---\n{version}\n"),
    }
}

/// A file with a tool that is named after it, and one more, which shows its version.
pub(super) fn tool(version: &str) -> String {
    let tool = "{ description: \"test\", args: {}, async execute() { return \"done\" } }";
    format!("export default {tool}\nexport const {version} = {tool}\n")
}

/// What a configuration declares for an item in a version.
fn declared(kind: Kind, version: &str) -> Value {
    match kind {
        Kind::Mcp => json!({"type": "local", "command": ["/nowhere/at/all"], "enabled": version == "two"}),
        Kind::Agent => json!({"description": "test", "prompt": version}),
        Kind::Command => json!({"template": version}),
        _ => json!(version),
    }
}
