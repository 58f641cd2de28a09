//! Plugins as they are declared, kept and published.

use std::fs;

use rekindle_domain::{Action, ChangeKind, RowState, Scope};

use super::*;
use crate::files::scan::scan;

fn version(days: u64) -> String {
    let then = Timestamp::now() - Duration::from_secs(days * DAY);
    then.to_string()
}

fn registry() -> Published {
    let versions = ["1.0.0", "1.1.0", "2.0.0", "2.1.0-beta.1"].map(str::to_owned);
    let tags = [("latest", "2.0.0"), ("beta", "2.1.0-beta.1")];
    let times = [("1.0.0", 400), ("1.1.0", 30), ("2.0.0", 2)];
    Published {
        versions: versions.into(),
        tags: tags.map(|(tag, version)| (tag.to_owned(), version.to_owned())).into(),
        times: times.map(|(name, days)| (name.to_owned(), version(days))).into(),
    }
}

/// G3: one version moves to what is compatible with it, and beyond that only when asked; what has no version of its own
/// is installed anew; nothing goes back, and nothing too young is taken.
#[test]
fn an_update_is_what_npm_would_do() {
    use UpdateBy::{Cache, Entry};
    let check = |range: &str, now: Option<&str>, latest: bool, min_age: u64, expected: Option<(UpdateBy, &str)>| {
        let found = plan(range, now, &registry(), Upto { latest, min_age });
        let expected = expected.map(|(by, version)| (by, version.to_owned()));
        assert_eq!(found, expected, "{range} {now:?} {latest} {min_age}");
    };
    check("1.0.0", Some("1.0.0"), false, 0, Some((Entry, "1.1.0")));
    check("1.0.0", Some("1.0.0"), true, 0, Some((Entry, "2.0.0")));
    check("1.0.0", Some("1.0.0"), true, 7, Some((Entry, "1.1.0")));
    check("1.0.0", Some("1.0.0"), true, 90, None);
    check("1.1.0", Some("1.1.0"), false, 0, None);
    check("2.1.0-beta.1", Some("2.1.0-beta.1"), true, 0, None);
    check("latest", Some("1.0.0"), false, 0, Some((Cache, "2.0.0")));
    check("latest", Some("1.0.0"), false, 7, None);
    check("latest", Some("2.0.0"), false, 0, None);
    check("latest", None, false, 0, None);
    check("beta", Some("2.0.0"), false, 0, Some((Cache, "2.1.0-beta.1")));
    check("^1.0.0", Some("1.0.0"), false, 0, Some((Cache, "1.1.0")));
    check("^1.0.0", Some("1.0.0"), true, 0, Some((Entry, "2.0.0")));
    check("*", Some("1.0.0"), true, 0, Some((Cache, "2.0.0")));
    check("none", Some("1.0.0"), true, 0, None);
    let operators = ["^1.0.0", "~1", "1.x", "1.0.0", "latest"].map(operator);
    assert_eq!(operators, ["^", "~", "^", "", ""]);
}

/// G2: exactly the folder of that entry goes to the trash, and not while the engine installs; undone, it is back.
#[test]
fn only_what_is_kept_of_it_is_moved() {
    let root = tempfile::tempdir().expect("a folder");
    let at = |name: &str| root.path().join(name);
    fs::create_dir_all(at("project/.git")).expect("made");
    let mut places = Places::of(&at("project")).expect("places");
    (places.state, places.common_state, places.global) = (at("state"), at("state"), at("global"));
    (places.packages, places.engine_locks) = (at("packages"), at("locks"));
    fs::write(places.directory.join("opencode.json"), r#"{"plugin": ["@s/acme", "two"]}"#).expect("written");
    let all = ["@s/acme@1.0.0", "@s/acme@latest", "two@latest"];
    all.iter().for_each(|key| fs::create_dir_all(places.packages.join(key).join("node_modules")).expect("made"));
    let there = || all.iter().filter(|key| places.packages.join(key).is_dir()).copied().collect::<Vec<_>>();
    let rows = scan(&places, None).expect("no fault").rows;
    let row = edit::find(&rows, Kind::Plugin, "@s/acme", Scope::Project).expect("listed");
    fs::create_dir_all(places.engine_locks.join("2b85.lock")).expect("made");
    assert_eq!((mend(&places, row).expect_err("busy").code, there()), (ErrorCode::Contended, all.to_vec()));
    fs::remove_dir(places.engine_locks.join("2b85.lock")).expect("removed");
    mend(&places, row).expect("moved");
    assert_eq!(there(), ["@s/acme@1.0.0", "two@latest"]);
    assert_eq!(mend(&places, row).expect_err("nothing").code, ErrorCode::NotFound);
    edit::undo(&places, None, None).expect("undone");
    assert_eq!(there(), all);
}

/// G3: an update that a person was shown is made, unless the plugin is otherwise by then; one that is turned off is listed, also
/// while the engine still has it, and what the files declare again is told as they have it.
#[test]
fn only_what_was_shown_is_made() {
    let root = tempfile::tempdir().expect("a folder");
    let at = |name: &str| root.path().join(name);
    fs::create_dir_all(at("project/.git")).expect("made");
    let mut places = Places::of(&at("project")).expect("places");
    (places.state, places.common_state, places.global) = (at("state"), at("state"), at("global"));
    let path = places.directory.join("opencode.json");
    let write =
        |version: &str| fs::write(&path, format!(r#"{{"plugin": [["acme@{version}", {{}}]]}}"#)).expect("written");
    let row = || {
        let rows = scan(&places, None).expect("no fault").rows;
        edit::find(&rows, Kind::Plugin, "acme", Scope::Project).expect("listed").clone()
    };
    write("1.0.0");
    let shown = PluginUpdate {
        name: "acme".to_owned(),
        scope: Scope::Project,
        from: Some("1.0.0".to_owned()),
        to: Some("1.1.0".to_owned()),
        published: None,
        by: UpdateBy::Entry,
        changelog: None,
        undo: None,
        error: None,
    };
    write("1.0.5");
    assert_eq!(take(&places, &row(), &shown).expect_err("it is another one").code, ErrorCode::Contended);
    write("1.0.0");
    take(&places, &row(), &shown).expect("made").expect("a change");
    assert_eq!(fs::read_to_string(&path).expect("read"), r#"{"plugin": [["acme@1.1.0", {}]]}"#);

    let on = row();
    edit::switch(&places, on.id.as_str(), false).expect("turned off");
    let tell = |mut rows: Vec<Row>| {
        off::tell(&places, &mut rows);
        rows.iter().map(Row::is_on).collect::<Vec<_>>()
    };
    assert_eq!(tell(Vec::new()), [Some(false)]);
    let state = RowState::Waiting { change: ChangeKind::Removed, action: Action::Dispose };
    assert_eq!(tell(vec![Row { state, removable: false, ..on.clone() }]), [Some(false)]);
    assert_eq!(tell(vec![on.clone()]), [Some(true)]);
    edit::switch(&places, on.id.as_str(), true).expect("turned on");
    assert_eq!(tell(Vec::new()), []);
    assert_eq!(row(), on);
}

/// G2: an engine that the package is not for is known as the engine knows it.
#[test]
fn what_is_for_another_engine_is_known() {
    let check = |range: &str, engine: &str, is_other: bool| {
        assert_eq!(other_engine(Some(range.to_owned()), Some(engine)).is_some(), is_other, "{range} {engine}");
    };
    check(">=99", "1.18.33", true);
    check(">=1.0.0", "1.18.33", false);
    check("nonsense", "1.18.33", true);
    check("^1.18", "local", false);
    assert_eq!(other_engine(None, Some("1.18.33")), None);
}
