//! Begun, removed, turned off and on: exactly what is meant, byte for byte, and wherever it is cut off.

use std::{collections::BTreeMap, fs, path::PathBuf};

use super::{
    super::{Turned, record::Records, tests::places, undo},
    *,
};

const AGENT: &str = "---\ndescription: d\n---\n\np\n";

/// Writes files of the project; those that begin with `~` are for every project.
fn write(places: &Places, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = at(places, path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    }
}

fn at(places: &Places, path: &str) -> PathBuf {
    path.strip_prefix("~/").map_or_else(|| places.directory.join(path), |path| places.global.join(path))
}

/// All files of the project and for every project, with their texts.
fn tree(places: &Places) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![places.directory.clone(), places.global.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            match path.symlink_metadata().expect("there") {
                kind if kind.is_dir() => folders.push(path),
                kind if kind.is_symlink() => {
                    let target = fs::read_link(&path).expect("a link").display().to_string();
                    drop(found.insert(path, target));
                }
                _ => {
                    let text = fs::read_to_string(&path).expect("read");
                    drop(found.insert(path, text));
                }
            }
        }
    }
    found
}

/// What is another thing in `after`, with its text there; a file that is gone has none.
fn changed(places: &Places, before: &BTreeMap<PathBuf, String>) -> Vec<(String, Option<String>)> {
    let after = tree(places);
    let all: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let is_other = |path: &&&PathBuf| before.get(**path) != after.get(**path);
    let short = |path: &PathBuf| match path.strip_prefix(&places.global) {
        Ok(path) => format!("~/{}", path.display()),
        Err(_) => places.short(path),
    };
    all.iter().filter(is_other).map(|path| (short(path), after.get(*path).cloned())).collect()
}

fn new<'a>(kind: Kind, name: &'a str, scope: Scope) -> NewEntry<'a> {
    NewEntry { kind, name, scope, text: AGENT }
}

fn codes(notices: &[Notice]) -> Vec<String> {
    notices.iter().map(Notice::code).collect()
}

/// V5: a file where the engine looks; nothing is overwritten, what else has the name is told; undone, it is gone.
#[test]
fn an_entry_is_begun() {
    let check = |files: &[(&str, &str)], new: NewEntry<'_>, path: &str, told: &[&str]| {
        let (_root, places) = places();
        write(&places, files);
        let before = tree(&places);
        let begun = new_entry(&places, &new).expect("begun");
        assert_eq!(changed(&places, &before), [(path.to_owned(), Some(AGENT.to_owned()))]);
        assert_eq!(codes(&begun.remarks), told, "{path}");
        let names: Vec<_> = declarations(&places, new.kind).into_iter().map(|one| one.name).collect();
        assert!(
            names.contains(&path.rsplit_once("s/").map_or("", |(_, name)| name.trim_end_matches(".md")).to_owned())
        );
        undo(&places, Some(&begun.token), None).expect("undone");
        assert_eq!(tree(&places), before, "{path}");
    };
    let (agent, command) = (Kind::Agent, Kind::Command);
    let here = |kind, name| new(kind, name, Scope::Project);
    check(&[], here(agent, "one"), ".opencode/agents/one.md", &[]);
    check(&[], here(agent, "@team/One_2.md"), ".opencode/agents/team/One_2.md", &[]);
    check(&[], here(command, "/one"), ".opencode/commands/one.md", &[]);
    check(&[], new(command, "one", Scope::Global), "~/commands/one.md", &[]);
    check(&[("~/agents/x.md", AGENT)], new(agent, "one", Scope::Global), "~/agents/one.md", &[]);
    check(&[("~/agents/one.md", AGENT)], here(agent, "one"), ".opencode/agents/one.md", &["entry-joined"]);
    check(&[], here(agent, "plan"), ".opencode/agents/plan.md", &["entry-over-own"]);
    check(&[], here(command, "init"), ".opencode/commands/init.md", &["entry-over-own"]);
    // A name of the other kind is another one.
    check(&[], here(agent, "init"), ".opencode/agents/init.md", &[]);
    check(&[(".opencode/commands/one.md", AGENT)], here(agent, "one"), ".opencode/agents/one.md", &[]);
}

/// V5: the folder that is in use.
#[test]
fn an_entry_is_begun_beside_the_others() {
    let (_root, places) = places();
    write(&places, &[(".opencode/agent/x.md", AGENT)]);
    let begun = new_entry(&places, &new(Kind::Agent, "one", Scope::Project)).expect("begun");
    assert_eq!(begun.path, places.directory.join(".opencode/agent/one.md"));
}

/// V5: what is no name, and what is there.
#[test]
fn nothing_is_begun_over_anything() {
    let (_root, places) = places();
    for kind in [Kind::Agent, Kind::Command] {
        let long = "a".repeat(101);
        let names =
            ["", ".", "..", "../x", "a/../b", "/", "//a", "a//b", "a/", ".a", "-a", "a b", "a.b", "ü", "😀", "a\\b"];
        for name in names.into_iter().chain(["a\nb", "a\0", "\"", "{}", "C:a", long.as_str()]) {
            let error = new_entry(&places, &new(kind, name, Scope::Project)).expect_err(name);
            assert_eq!(error.code, ErrorCode::BadName, "{name:?}");
        }
    }
    let check = |files: &[(&str, &str)], there: &str| {
        let (_root, places) = super::super::tests::places();
        write(&places, files);
        let before = tree(&places);
        let error = new_entry(&places, &new(Kind::Agent, "one", Scope::Project)).expect_err(there);
        assert_eq!((error.code, error.path.as_deref()), (ErrorCode::Declared, at(&places, there).to_str()));
        assert_eq!(tree(&places), before);
    };
    check(&[(".opencode/agents/one.md", AGENT)], ".opencode/agents/one.md");
    check(&[(".opencode/agent/one.md", AGENT)], ".opencode/agent/one.md");
    check(&[(".opencode/mode/one.md", AGENT)], ".opencode/mode/one.md");
    check(&[(".opencode/agents/other.md", "---\nname: one\n---\n")], ".opencode/agents/other.md");
    check(&[("opencode.json", r#"{"agents": {"one": {"system": "s"}}}"#)], "opencode.json");
    // It is there, even if the engine takes something else for the agent, or nothing.
    check(&[(".opencode/agents/one.md", "---\nname: two\n---\n")], ".opencode/agents/one.md");
    check(&[(".opencode/agents/one.md/in.txt", "a folder")], ".opencode/agents/one.md");
    #[cfg(unix)]
    {
        let dangling = places.directory.join(".opencode/agents/one.md");
        fs::create_dir_all(dangling.parent().expect("a parent")).expect("made");
        std::os::unix::fs::symlink("/none", &dangling).expect("linked");
        let error = new_entry(&places, &new(Kind::Agent, "one", Scope::Project)).expect_err("a link");
        assert_eq!(error.code, ErrorCode::Declared);
    }
}

/// V5: exactly what is meant goes, whatever it is; undone, every byte is back.
#[test]
fn what_is_meant_is_removed_and_comes_back() {
    type Changed<'a> = (&'a str, Option<&'a str>);
    let check = |files: &[(&str, &str)], (kind, name, from): (Kind, &str, Option<&str>), gone: &[Changed<'_>], told| {
        let (_root, places) = places();
        write(&places, files);
        let before = tree(&places);
        let (_, removed) = remove_entry(&places, kind, name, Scope::Project, from).expect("removed");
        let gone: Vec<_> = gone.iter().map(|(path, text)| ((*path).to_owned(), text.map(str::to_owned))).collect();
        assert_eq!(changed(&places, &before), gone, "{files:?}");
        assert_eq!(removed.remark.map(|remark| remark.code()), Option::<&str>::map(told, str::to_owned), "{files:?}");
        undo(&places, Some(&removed.token), None).expect("undone");
        assert_eq!(tree(&places), before, "{files:?}");
    };
    let agent = |name| (Kind::Agent, name, None);
    let file = ".opencode/agent/one.md";
    check(&[(file, AGENT)], agent("one"), &[(file, None)], None);
    check(&[(file, AGENT)], agent("agent:project:one"), &[(file, None)], None);
    check(&[(file, AGENT)], agent(file), &[(file, None)], None);
    let named =
        ("opencode.jsonc", "{\n  // mine\n  \"agent\": {\"a.b \\\" 😀\": {\"prompt\": \"p\"}, \"y\": {}},\n}\n");
    let without = "{\n  // mine\n  \"agent\": {\"y\": {}},\n}\n";
    check(&[named], agent("a.b \" 😀"), &[("opencode.jsonc", Some(without))], None);
    check(&[(".opencode/modes/one.md", AGENT)], agent("one"), &[(".opencode/modes/one.md", None)], None);
    let other = ".opencode/agents/deep/er.md";
    check(&[(other, "---\nname: one\n---\n")], agent("one"), &[(other, None)], None);
    // In each spelling, and all of them in one file.
    for (text, left) in [
        (r#"{"mode": {"one": {"prompt": "p"}}, "x": 1}"#, r#"{"x": 1}"#),
        (r#"{"x": 1, "agents": {"one": {"system": "p"}}}"#, r#"{"x": 1}"#),
        (r#"{"x": 1, "agent": {"one": {}}, "mode": {"one": {}}, "agents": {"one": {}}}"#, r#"{"x": 1}"#),
    ] {
        check(&[("opencode.json", text)], agent("one"), &[("opencode.json", Some(left))], None);
    }
    let commands = r#"{"commands": {"go": {"template": "t"}, "x": {"template": "t"}}}"#;
    let left = r#"{"commands": {"x": {"template": "t"}}}"#;
    check(&[("opencode.json", commands)], (Kind::Command, "go", None), &[("opencode.json", Some(left))], None);
    // Whatever the name is; and of two keys of one name both, or the other one would come into effect.
    let odd = [("opencode.json", r#"{"agent": {"a\n\u001b/../b": {}}, "x": 1}"#)];
    check(&odd, agent("a\n\u{1b}/../b"), &[("opencode.json", Some(r#"{"x": 1}"#))], None);
    let twice = [("opencode.json", r#"{"agent": {"one": {"prompt": "a"}, "one": {"prompt": "b"}}, "x": 1}"#)];
    check(&twice, agent("one"), &[("opencode.json", Some(r#"{"x": 1}"#))], None);
    let within = ".opencode/agents/x.md/in.md";
    check(&[(within, AGENT)], agent("x.md/in"), &[(within, None)], None);
    // What is left, and what comes back, is told.
    let both = [(file, AGENT), ("opencode.json", r#"{"agent": {"one": {"model": "a/b"}}}"#)];
    check(&both, (Kind::Agent, "one", Some(file)), &[(file, None)], Some("entry-left"));
    check(&both, (Kind::Agent, "one", Some("opencode.json")), &[("opencode.json", Some("{}"))], Some("entry-left"));
    check(&[(file, AGENT), ("~/agent/one.md", AGENT)], agent("one"), &[(file, None)], Some("entry-left"));
    let plan = ".opencode/agent/plan.md";
    check(&[(plan, AGENT)], agent("plan"), &[(plan, None)], Some("own-entry-back"));
    // What only turns it off goes with it.
    let off = [(file, AGENT), ("opencode.json", r#"{"agent": {"one": {"disable": true}}, "x": 1}"#)];
    check(&off, agent("one"), &[(file, None), ("opencode.json", Some(r#"{"x": 1}"#))], None);
    let elsewhere = [
        ("opencode.json", r#"{"agent": {"one": {"prompt": "p"}, "y": {}}}"#),
        (".opencode/opencode.json", r#"{"agents": {"one": {"disabled": true}}}"#),
    ];
    let left = [(".opencode/opencode.json", Some("{}")), ("opencode.json", Some(r#"{"agent": {"y": {}}}"#))];
    check(&elsewhere, agent("one"), &left, None);
    check(&[off[1]], agent("one"), &[("opencode.json", Some(r#"{"x": 1}"#))], None);
    // A file that would not load declares it all the same.
    let broken = ("opencode.json", r#"{"username": "{file:none}", "agent": {"one": {}}}"#);
    check(&[broken], agent("one"), &[("opencode.json", Some(r#"{"username": "{file:none}"}"#))], None);
}

/// V5: of a link the link goes; its target stays.
#[cfg(unix)]
#[test]
fn of_a_link_the_link_is_removed() {
    let (_root, places) = places();
    write(&places, &[("shared/one.md", AGENT), (".opencode/agents/x.md", AGENT)]);
    let link = places.directory.join(".opencode/agents/one.md");
    std::os::unix::fs::symlink("../../shared/one.md", &link).expect("linked");
    let before = tree(&places);
    let (_, removed) = remove_entry(&places, Kind::Agent, "one", Scope::Project, None).expect("removed");
    assert_eq!(changed(&places, &before), [(".opencode/agents/one.md".to_owned(), None)]);
    undo(&places, Some(&removed.token), None).expect("undone");
    assert_eq!(tree(&places), before);
}

/// V5: what cannot be removed says what it is; what is not certain is asked.
#[test]
fn what_is_not_certain_is_not_removed() {
    let check = |files: &[(&str, &str)], kind: Kind, name: &str, expected: (ErrorCode, &str)| {
        let (_root, places) = places();
        write(&places, files);
        let before = tree(&places);
        let error = remove_entry(&places, kind, name, Scope::Project, None).expect_err(name);
        assert_eq!((error.code, error.what.code().as_str()), expected, "{name}");
        assert_eq!(tree(&places), before, "{name}");
        error
    };
    let nothing = (ErrorCode::NotFound, "nothing-to-remove");
    let own = (ErrorCode::FromElsewhere, "entry-is-own");
    let several = (ErrorCode::Ambiguous, "entry-in-several");
    check(&[], Kind::Agent, "none", nothing);
    check(&[("~/agents/one.md", AGENT)], Kind::Agent, "one", (ErrorCode::NotFound, "entry-of-other-scope"));
    check(&[(".opencode/commands/one.md", AGENT)], Kind::Agent, "one", nothing);
    for name in ["build", "plan", "general", "explore", "title"] {
        check(&[], Kind::Agent, name, own);
    }
    check(&[], Kind::Command, "init", own);
    check(&[], Kind::Command, "build", nothing);
    let skill = [(".opencode/skills/s/SKILL.md", "---\nname: s\ndescription: d\n---\n")];
    check(&skill, Kind::Command, "s", (ErrorCode::FromElsewhere, "command-is-skill"));
    check(&skill, Kind::Agent, "s", nothing);
    let server = [("opencode.json", r#"{"mcp": {"my srv.x": {"type": "local", "command": ["x"]}}}"#)];
    check(&server, Kind::Command, "my_srv_x:do_it", (ErrorCode::FromElsewhere, "command-of-server"));
    check(&server, Kind::Command, "my_srv_x", nothing);
    let both = [(".opencode/agents/one.md", AGENT), ("opencode.json", r#"{"agent": {"one": {"model": "a/b"}}}"#)];
    let error = check(&both, Kind::Agent, "one", several);
    let paths = [".opencode/agents/one.md", "opencode.json"].map(str::to_owned).to_vec();
    assert_eq!(error.what, AgentNotice::EntryInSeveral { kind: Kind::Agent, name: "one".to_owned(), paths });
    let two = [("opencode.json", r#"{"agent": {"one": {}, "two": {}}}"#)];
    check(&two, Kind::Agent, "opencode.json", several);
    // Of two files of one name in a folder the engine takes one.
    check(&[(".opencode/agents/one.md", AGENT), (".opencode/agent/one.md", AGENT)], Kind::Agent, "one", several);
}

/// V5: what is declared in the environment is no file's.
#[test]
fn what_a_variable_declares_is_not_removed() {
    let (_root, mut places) = places();
    let config = r#"{"agent": {"one": {"prompt": "p"}}}"#.to_owned();
    let home = places.home.display().to_string();
    let environment = [("OPENCODE_CONFIG_CONTENT".to_owned(), config), ("HOME".to_owned(), home)].into_iter().collect();
    places.environment = environment;
    let error = remove_entry(&places, Kind::Agent, "one", Scope::Project, None).expect_err("in the environment");
    assert_eq!((error.code, error.what.code().as_str()), (ErrorCode::FromElsewhere, "entry-in-variable"));
}

/// V5: an agent is turned off and on, also one of the engine's own; on again, every byte is as it was.
#[test]
fn an_agent_is_turned_off_and_on() {
    let check = |files: &[(&str, &str)], name: &str, path: &str, off: &str| {
        let (_root, places) = places();
        write(&places, files);
        let before = tree(&places);
        let turned = switch_agent(&places, name, Scope::Project, false).expect("turned off");
        assert_eq!(turned.remark, None, "{files:?}");
        assert_eq!(changed(&places, &before), [(path.to_owned(), Some(off.to_owned()))], "{files:?}");
        let token = turned.operation.expect("changed").token;
        let again = switch_agent(&places, name, Scope::Project, false).expect("turned off");
        assert!(again.operation.is_none());
        let back = switch_agent(&places, name, Scope::Project, true).expect("turned on");
        assert_eq!((back.remark, tree(&places)), (None, before.clone()), "{files:?}");
        undo(&places, Some(&back.operation.expect("changed").token), None).expect("undone");
        undo(&places, Some(&token), None).expect("undone");
        assert_eq!(tree(&places), before);
    };
    let whole = "{\n  \"agent\": {\n    \"plan\": {\n      \"disable\": true\n    }\n  }\n}\n";
    let new_file = format!("{{\n  \"$schema\": \"https://opencode.ai/config.json\",{}", whole.trim_start_matches('{'));
    check(&[], "plan", "opencode.json", &new_file);
    check(&[("opencode.json", "{}")], "plan", "opencode.json", r#"{"agent": {"plan": {"disable": true}}}"#);
    let file = (".opencode/agents/one.md", AGENT);
    check(&[file, ("opencode.json", "{}")], "one", "opencode.json", r#"{"agent": {"one": {"disable": true}}}"#);
    for (text, off) in [
        (r#"{"agent": {"one": {"prompt": "p"}}}"#, r#"{"agent": {"one": {"prompt": "p", "disable": true}}}"#),
        (r#"{"agents": {"one": {"system": "p"}}}"#, r#"{"agents": {"one": {"system": "p", "disabled": true}}}"#),
        (r#"{"mode": {"one": {"prompt": "p"}}}"#, r#"{"mode": {"one": {"prompt": "p", "disable": true}}}"#),
    ] {
        check(&[("opencode.json", text)], "one", "opencode.json", off);
    }
}

/// V5: who has the last word is told, and so is that nothing is left to talk to.
#[test]
fn what_turning_an_agent_does_not_do_is_told() {
    let (_root, places) = places();
    let turn = |name: &str, on: bool| {
        let Turned { operation, remark } = switch_agent(&places, name, Scope::Project, on).expect("turned");
        (operation.is_some(), remark)
    };
    let error = |name: &str| {
        let error = switch_agent(&places, name, Scope::Project, false).expect_err(name);
        (error.code, error.what.code())
    };
    assert_eq!(error("none"), (ErrorCode::NotFound, "agent-not-declared".to_owned()));
    assert_eq!(error("title"), (ErrorCode::FromElsewhere, "entry-is-own".to_owned()));
    assert_eq!(turn("build", true), (false, None));
    assert_eq!(turn("build", false), (true, None));
    assert_eq!(turn("plan", false), (true, Some(AgentNotice::NoAgentLeft.into())));
    assert_eq!(turn("plan", true), (true, None));
    for (entry, is_one) in [("{}", true), (r#"{"mode": "subagent"}"#, false), (r#"{"hidden": true}"#, false)] {
        let text = format!(r#"{{"agent": {{"build": {{"disable": true}}, "mine": {entry}}}}}"#);
        write(&places, &[("opencode.json", text.as_str())]);
        let left = (!is_one).then(|| AgentNotice::NoAgentLeft.into());
        assert_eq!(turn("plan", false), (true, left), "{entry}");
    }
    write(&places, &[("opencode.json", r#"{"default_agent": "build"}"#)]);
    assert_eq!(turn("build", false), (true, Some(AgentNotice::DefaultAgentOff { name: "build".to_owned() }.into())));
    let file = ".opencode/agents/one.md";
    write(&places, &[(file, "---\ndisable: true\n---\n")]);
    // What would make no difference is not left behind.
    write(&places, &[("opencode.json", r#"{"agent": {"mine": {"prompt": "p", "disable": true}}}"#)]);
    let before = tree(&places);
    for (name, scope, decides) in [("one", Scope::Project, file), ("mine", Scope::Global, "opencode.json")] {
        let error = switch_agent(&places, name, scope, true).expect_err(name);
        assert_eq!((error.code, error.path.as_deref()), (ErrorCode::Outweighed, at(&places, decides).to_str()));
        let told = AgentNotice::AgentNotTurned { name: name.to_owned(), path: decides.to_owned() };
        assert_eq!((error.what, tree(&places)), (told.into(), before.clone()));
    }
    // What another file says is outweighed where that is possible.
    write(&places, &[("~/opencode.json", r#"{"agent": {"two": {"prompt": "p", "disable": true}}}"#)]);
    assert_eq!(turn("two", true), (true, None));
    let text = fs::read_to_string(places.directory.join("opencode.json")).expect("read");
    assert!(text.contains("\"two\": {") && text.contains("\"disable\": false"), "{text}");
}

/// V5, N16: a removal of a file and of a key in another that is cut off is all or nothing.
#[test]
fn a_removal_that_is_cut_off_is_all_or_nothing() {
    let (json, file) = ("opencode.json", ".opencode/agents/one.md");
    let off = r#"{"agent": {"one": {"disable": true}}, "x": 1}"#;
    for (is_file_gone, is_key_gone) in [(false, false), (true, false), (true, true)] {
        let (_root, places) = places();
        write(&places, &[(file, AGENT), (json, off)]);
        let before = tree(&places);
        let (_, removed) = remove_entry(&places, Kind::Agent, "one", Scope::Project, None).expect("removed");
        let after = tree(&places);
        let record = |ending: &str| places.state.join("undo").join(format!("{}.{ending}", removed.token));
        fs::rename(record("json"), record("intended")).expect("as if it was cut off");
        if !is_key_gone {
            fs::write(at(&places, json), off).expect("written");
        }
        if !is_file_gone {
            let kept = fs::read_dir(places.common_state.join("trash")).expect("listed").next().expect("one");
            fs::rename(kept.expect("an entry").path().join("one.md"), at(&places, file)).expect("moved back");
        }
        drop(Records::open(&places).expect("opened"));
        assert_eq!(tree(&places), if is_key_gone { after } else { before }, "{is_file_gone}");
        assert_eq!((record("json").exists(), record("intended").exists()), (is_key_gone, false));
    }
}
