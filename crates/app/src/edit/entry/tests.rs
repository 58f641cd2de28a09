//! Pinned, moved, turned off and on: byte for byte, whoever else writes, and wherever it is cut off.

use std::fs;

use proptest::prelude::*;
use rekindle_domain::{Kind, UndoChoice};

use super::{
    super::{
        find,
        tests::places,
        turned_off::{turn_off, turn_on, turned_off},
        undo,
    },
    *,
};
use crate::files::scan::scan;

fn row(places: &Places, name: &str, scope: Scope) -> Row {
    let rows = scan(places, None).expect("no fault").rows;
    find(&rows, Kind::Plugin, name, scope).expect(name).clone()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("read")
}

/// What the engine keeps of a package.
fn keep(places: &mut Places, key: &str, name: &str, version: &str) {
    places.packages = places.common_state.with_file_name("packages");
    let folder = places.packages.join(key);
    let package = folder.join("node_modules").join(name);
    fs::create_dir_all(&package).expect("made");
    fs::write(package.join("package.json"), format!("{{\"version\": \"{version}\"}}")).expect("written");
    fs::write(folder.join("package-lock.json"), "{}").expect("written");
}

/// G3, B9: pinned to what the engine keeps, or to another version; unpinned; its options and its name for it stay.
#[test]
fn a_version_is_set() {
    let (_root, mut places) = places();
    let path = places.directory.join("opencode.jsonc");
    let text = "{\n  \"plugin\": [\n    [\"acme\", {\"key\": [1,]}], // mine\n    \"other@npm:real@^1\",\n    \"@s/p@2\",\n    \"./a.ts\", \"g@git+https://host/g.git#v1\", \"https://host/x.tgz\"\n  ],\n}\n";
    fs::write(&path, text).expect("written");
    fs::write(places.directory.join("a.ts"), "").expect("written");
    keep(&mut places, "acme@latest", "acme", "1.4.0");
    let check = |name: &str, to: To<'_>, before: &str, after: &str| {
        let changed = set_version(&places, &row(&places, name, Scope::Project), to).expect(name);
        assert_eq!(read(&path), text.replace(before, after), "{name}");
        undo(&places, Some(&changed.token), None).expect("undone");
        assert_eq!(read(&path), text);
    };
    check("acme", To::Kept, "\"acme\"", "\"acme@1.4.0\"");
    check("acme", To::Version("2.0.0"), "\"acme\"", "\"acme@2.0.0\"");
    check("other", To::Version("1.2.3"), "npm:real@^1", "npm:real@1.2.3");
    check("other", To::Any, "npm:real@^1", "npm:real");
    check("@s/p", To::Any, "@s/p@2", "@s/p");
    let refused = |name: &str, to: To<'_>, code: ErrorCode| {
        let error = set_version(&places, &row(&places, name, Scope::Project), to).expect_err(name);
        assert_eq!((error.code, read(&path)), (code, text.to_owned()), "{name}");
    };
    refused("@s/p", To::Kept, ErrorCode::NoVersion);
    refused("@s/p", To::Version("2"), ErrorCode::Unchanged);
    refused("acme", To::Any, ErrorCode::Unchanged);
    for version in ["", " ", "-1", "1\n", "\"", "../x", "git+https://x"] {
        refused("acme", To::Version(version), ErrorCode::BadSpec);
    }
    for name in ["a.ts", "g", "x.tgz"] {
        refused(name, To::Kept, ErrorCode::NoVersion);
    }
    // What somebody else wrote since stays, if only ours is taken back.
    set_version(&places, &row(&places, "acme", Scope::Project), To::Kept).expect("pinned");
    let theirs = read(&path).replace("// mine", "// theirs");
    fs::write(&path, &theirs).expect("written");
    undo(&places, None, Some(UndoChoice::Ours)).expect("undone");
    assert_eq!(read(&path), theirs.replace("acme@1.4.0", "acme"));
}

/// G3, B9: turned off and on again, a file is byte for byte what it was; what others wrote stays, and options are kept where
/// nobody else reads them.
#[test]
fn what_is_turned_off_comes_back() {
    let (_root, places) = places();
    let path = places.directory.join("opencode.json");
    let text = "{\"plugin\": [\"x\", [\"acme@1\", {\"key\": \"secret\"}] , \"y\"]}";
    fs::write(&path, text).expect("written");
    turn_off(&places, &row(&places, "acme", Scope::Project)).expect("off");
    assert_eq!(read(&path), "{\"plugin\": [\"x\", \"y\"]}");
    assert_eq!(turned_off(&places, Scope::Project).len(), 1);
    turn_on(&places, "acme", Scope::Project).expect("on");
    assert_eq!((read(&path), turned_off(&places, Scope::Project).len()), (text.to_owned(), 0));
    // Each of them is undone like any other change.
    undo(&places, None, None).expect("off again");
    assert_eq!(turned_off(&places, Scope::Project).len(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let kept = places.state.join("turned-off");
        assert_eq!(fs::metadata(&kept).expect("there").permissions().mode() & 0o777, 0o700);
    }
    undo(&places, None, None).expect("on again");
    assert_eq!((read(&path), turned_off(&places, Scope::Project).len()), (text.to_owned(), 0));
    turn_off(&places, &row(&places, "acme", Scope::Project)).expect("off");
    fs::write(&path, "{\"plugin\": [\"new\", \"x\", \"y\"], \"model\": \"a/b\"}").expect("written");
    turn_on(&places, "acme@1", Scope::Project).expect("on");
    let expected = "{\"plugin\": [\"new\", \"x\", [\"acme@1\", {\"key\": \"secret\"}], \"y\"], \"model\": \"a/b\"}";
    assert_eq!(read(&path), expected);
    turn_off(&places, &row(&places, "acme", Scope::Project)).expect("off");
    // A checkout brings it back meanwhile.
    fs::write(&path, text).expect("written");
    turn_on(&places, "acme", Scope::Project).expect("on");
    assert_eq!((read(&path), turned_off(&places, Scope::Project).len()), (text.to_owned(), 0));
    assert_eq!(turn_on(&places, "acme", Scope::Project).expect_err("none").code, ErrorCode::NotFound);
    // What cannot be read is not taken for nothing.
    turn_off(&places, &row(&places, "acme", Scope::Project)).expect("off");
    fs::write(places.state.join("turned-off/torn.json"), "{").expect("written");
    assert_eq!(turn_on(&places, "other", Scope::Project).expect_err("none").code, ErrorCode::UnreadableState);
    turn_on(&places, "acme", Scope::Project).expect("on");
}

/// G3: the only plugin takes its list with it, and the file that was made for it; both come back.
#[test]
fn the_only_one_comes_back_with_its_file() {
    let (_root, places) = places();
    let path = places.directory.join("opencode.json");
    super::super::add_plugin(&places, "acme", Scope::Project).expect("added");
    let text = read(&path);
    turn_off(&places, &row(&places, "acme", Scope::Project)).expect("off");
    assert!(!path.exists());
    turn_on(&places, "acme", Scope::Project).expect("on");
    assert_eq!(read(&path), text);
}

/// G3, B9: a move takes the options along, writes a path as the other file needs it, and is undone as one.
#[test]
fn a_plugin_moves_between_scopes() {
    let (_root, places) = places();
    let (project, global) = (places.directory.join("opencode.json"), places.global.join("opencode.jsonc"));
    fs::create_dir_all(&places.global).expect("made");
    let (ours, theirs) =
        ("{\n  \"plugin\": [[\"acme\", {\"a\": 1}], \"./a.ts\"]\n}\n", "{ // all\n  \"plugin\": [\"x\"]\n}");
    fs::write(&project, ours).expect("written");
    fs::write(&global, theirs).expect("written");
    fs::write(places.directory.join("a.ts"), "").expect("written");
    let moved = move_plugin(&places, &row(&places, "acme", Scope::Project), Scope::Global).expect("moved");
    assert_eq!(moved.path, global);
    assert_eq!(read(&project), ours.replace("[\"acme\", {\"a\": 1}], ", ""));
    assert_eq!(read(&global), theirs.replace("\"x\"", "\"x\", [\"acme\",{\"a\":1}]"));
    undo(&places, Some(&moved.token), None).expect("undone");
    assert_eq!((read(&project), read(&global)), (ours.to_owned(), theirs.to_owned()));
    let moved = move_plugin(&places, &row(&places, "a.ts", Scope::Project), Scope::Global).expect("moved");
    assert_eq!(moved.spec, places.directory.join("a.ts").display().to_string());
    move_plugin(&places, &row(&places, "a.ts", Scope::Global), Scope::Project).expect("moved back");
    assert_eq!((read(&project), read(&global)), (ours.to_owned(), theirs.to_owned()));
    super::super::add_plugin(&places, "acme@2", Scope::Global).expect("added");
    let refused = move_plugin(&places, &row(&places, "acme", Scope::Project), Scope::Global).expect_err("there");
    assert_eq!(refused.code, ErrorCode::Declared);
    let refused = move_plugin(&places, &row(&places, "acme", Scope::Project), Scope::Project).expect_err("here");
    assert_eq!(refused.code, ErrorCode::Unchanged);
    fs::write(&global, "{").expect("written");
    let refused = move_plugin(&places, &row(&places, "a.ts", Scope::Project), Scope::Global).expect_err("broken");
    assert_eq!((refused.code, read(&project)), (ErrorCode::NotJson, ours.to_owned()));
}

/// B9: cut off between the two files of a move, it is taken back by whoever comes next; after the second, it was made.
#[test]
fn a_move_that_is_cut_off_is_all_or_nothing() {
    let (_root, places) = places();
    let (project, global) = (places.directory.join("opencode.json"), places.global.join("opencode.json"));
    fs::create_dir_all(&places.global).expect("made");
    let (ours, theirs) = ("{\"plugin\": [\"acme\", \"b\"]}", "{\"plugin\": [\"x\"]}");
    let texts = [ours, "{\"plugin\": [\"b\"]}", theirs, "{\"plugin\": [\"x\", \"acme\"]}"];
    for (is_in_global, is_out_of_project) in [(false, false), (true, false), (true, true)] {
        fs::write(&project, ours).expect("written");
        fs::write(&global, theirs).expect("written");
        let moved = move_plugin(&places, &row(&places, "acme", Scope::Project), Scope::Global).expect("moved");
        let record = |ending: &str| places.state.join("undo").join(format!("{}.{ending}", moved.token));
        fs::rename(record("json"), record("intended")).expect("as if it was cut off");
        fs::write(&project, texts[usize::from(is_out_of_project)]).expect("written");
        fs::write(&global, texts[2 + usize::from(is_in_global)]).expect("written");
        // Whoever opens the records judges it.
        drop(super::super::record::Records::open(&places).expect("opened"));
        let is_made = is_out_of_project;
        assert_eq!(read(&project), texts[usize::from(is_made)]);
        assert_eq!(read(&global), texts[2 + usize::from(is_made)]);
        assert_eq!(record("json").exists(), is_made);
        assert!(!record("intended").exists());
    }
}

/// G3: files in a plugins folder are declared by none.
#[test]
fn what_no_file_declares_is_told() {
    let (_root, places) = places();
    let path = places.directory.join(".opencode/plugins/found.ts");
    fs::create_dir_all(path.parent().expect("a parent")).expect("made");
    fs::write(&path, "export const P = async () => ({})").expect("written");
    let row = row(&places, "found.ts", Scope::Project);
    assert_eq!(set_version(&places, &row, To::Kept).expect_err("refused").code, ErrorCode::NotFound);
    assert_eq!(turn_off(&places, &row).expect_err("refused").code, ErrorCode::NotFound);
    assert_eq!(move_plugin(&places, &row, Scope::Global).expect_err("refused").code, ErrorCode::NotFound);
    assert!(path.exists());
}

fn any_config() -> impl Strategy<Value = String> {
    let gap = || prop::sample::select(vec!["", " ", "\n  ", "\r\n\t", " // \"acme\"\n", "/* , ] */"]);
    let entry = prop::sample::select(vec!["\"a\"", "[\"b@1\", { \"k\": [1, 2,] }]", "\"@s/c@^2\"", "\"d@npm:e\""]);
    let list = prop::collection::vec((gap(), entry, gap()), 0..3);
    let acme = prop::sample::select(vec!["\"acme@1.0.0\"", "[ \"acme@1.0.0\" , {\"o\": \"}\" /* c */} ]"]);
    (list.clone(), gap(), acme, gap(), list, any::<bool>(), gap()).prop_map(
        |(first, before, acme, after, last, comma, end)| {
            let items: Vec<_> = first
                .into_iter()
                .chain([(before, acme, after)])
                .chain(last)
                .map(|(before, entry, after)| format!("{before}{entry}{after}"))
                .collect();
            let comma = if comma { "," } else { "" };
            format!("{{{end}\"plugin\":{end}[{}{comma}{end}]{end}}}{end}", items.join(","))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// B9, G3: whatever the file looks like, off and on, pinned and undone, moved and undone, is the identity.
    #[test]
    fn there_and_back_is_the_identity(text in any_config()) {
        let (_root, places) = places();
        let path = places.directory.join("opencode.jsonc");
        fs::write(&path, &text).expect("written");
        let of = |name| row(&places, name, Scope::Project);
        turn_off(&places, &of("acme")).expect("off");
        prop_assert!(!read_or_none(&path).contains("acme@1.0.0"));
        turn_on(&places, "acme", Scope::Project).expect("on");
        prop_assert_eq!(read(&path), text.clone());
        set_version(&places, &of("acme"), To::Version("2.0.0")).expect("pinned");
        prop_assert_eq!(read(&path), text.replacen("acme@1.0.0", "acme@2.0.0", 1));
        undo(&places, None, None).expect("undone");
        prop_assert_eq!(read(&path), text.clone());
        move_plugin(&places, &of("acme"), Scope::Global).expect("moved");
        undo(&places, None, None).expect("undone");
        prop_assert_eq!(read(&path), text);
        prop_assert!(!places.global.join("opencode.json").exists());
    }
}

fn read_or_none(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
