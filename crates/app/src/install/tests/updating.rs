//! Updating skills.

use rekindle_domain::{ChangeKind, ChangedBy, SkillUpdate, UpdateClass, UpdateState};

use super::{
    landing::{install, source, tree},
    noted::{repository, repository_at},
    *,
};
use crate::edit::{self, Keep, UpdateWish, Updated};

fn wish(is_check: bool, keep: Option<Keep>) -> UpdateWish<'static> {
    UpdateWish { name: None, scope: Scope::Project, is_check, keep }
}

fn update(world: &World, is_check: bool, keep: Option<Keep>) -> Updated {
    edit::update_skills(&world.places, &wish(is_check, keep)).expect("updated")
}

fn only(updated: &Updated) -> &SkillUpdate {
    let [one] = &updated.skills[..] else { panic!("{updated:?}") };
    one
}

fn state(updated: &Updated) -> UpdateState {
    only(updated).state.clone()
}

/// S4, M1, M2: what is new upstream is told file by file, put in place as one change, and taken back byte for byte with the
/// lock.
#[test]
fn what_is_new_is_put_in_place() {
    let world = World::new();
    let (address, first) =
        repository(&world, &[("skills/s/SKILL.md", &named("s")), ("skills/s/a.md", "1"), ("skills/s/b.md", "1")]);
    install(&world, &address, &Landing::default()).expect("installed");
    let installed = tree(&world.places.directory);
    assert_eq!((state(&update(&world, false, None)), update(&world, false, None).token), (UpdateState::UpToDate, None));
    fs::remove_file(world.path("repository/skills/s/b.md")).expect("removed");
    let (_, second) = repository(&world, &[("skills/s/a.md", "2"), ("skills/s/c.md", "1")]);
    let checked = update(&world, true, None);
    let one = only(&checked);
    assert_eq!((&one.state, one.class, &checked.token), (&UpdateState::Available, UpdateClass::Support, &None));
    assert_eq!((one.resolved.as_ref(), one.newest.as_ref()), (Some(&first), Some(&second)));
    let files: Vec<_> = one.files.iter().map(|file| (&*file.path, file.change, file.by)).collect();
    let by = ChangedBy::Source;
    let expected =
        [("a.md", ChangeKind::Changed, by), ("b.md", ChangeKind::Removed, by), ("c.md", ChangeKind::Added, by)];
    assert_eq!(files, expected);
    assert_eq!(tree(&world.places.directory), installed, "a check changes nothing");
    let updated = update(&world, false, None);
    assert_eq!((state(&updated), updated.token.is_some()), (UpdateState::Updated, true));
    let now = tree(&world.places.directory);
    assert_eq!(now.get(".opencode/skills/s/a.md").map(String::as_str), Some("2"));
    assert!(!now.contains_key(".opencode/skills/s/b.md") && now["skills-lock.json"].contains(&second));
    assert_eq!(state(&update(&world, true, None)), UpdateState::UpToDate);
    edit::undo(&world.places, None, None).expect("undone");
    assert_eq!(tree(&world.places.directory), installed);
    assert_eq!(state(&update(&world, true, None)), UpdateState::Available);
    repository(&world, &[("skills/s/SKILL.md", &format!("{}more", named("s")))]);
    assert_eq!(only(&update(&world, true, None)).class, UpdateClass::Content);
    repository(&world, &[("skills/s/in/SKILL.md", &named("in"))]);
    assert_eq!(only(&update(&world, true, None)).class, UpdateClass::Cold);
}

/// S4: what a person changed is never overwritten without their word: three-way, file by file.
#[test]
fn what_a_person_changed_stays() {
    /// What the person did to the skill, what the source did, and what is there in the end with neither word, `mine` and `theirs`.
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [(&'a str, &'a str)], UpdateState, [&'a str; 3]);
    let cases: [Case; 6] = [
        (&[], &[("a.md", "new")], UpdateState::Updated, ["new 1", "new 1", "new 1"]),
        (&[("b.md", "mine")], &[], UpdateState::Yours, ["1 mine", "1 mine", "1 1"]),
        (&[("b.md", "mine")], &[("a.md", "new")], UpdateState::Updated, ["new mine", "new mine", "new 1"]),
        (&[("b.md", "")], &[("a.md", "new")], UpdateState::Updated, ["new -", "new -", "new 1"]),
        (&[("a.md", "mine")], &[("a.md", "new")], UpdateState::Conflict, ["mine 1", "mine 1", "new 1"]),
        (&[("a.md", "same")], &[("a.md", "same")], UpdateState::UpToDate, ["same 1", "same 1", "same 1"]),
    ];
    for (mine, theirs, expected, ends) in cases {
        for (keep, end) in [None, Some(Keep::Mine), Some(Keep::Theirs)].into_iter().zip(ends) {
            let what = format!("{mine:?} {theirs:?} {keep:?}");
            let world = World::new();
            let (address, _) = repository(&world, &[("s/SKILL.md", &named("s")), ("s/a.md", "1"), ("s/b.md", "1")]);
            install(&world, &address, &Landing::default()).expect("installed");
            let place = world.places.directory.join(".opencode/skills/s");
            for (path, text) in mine {
                if text.is_empty() { fs::remove_file(place.join(path)) } else { fs::write(place.join(path), text) }
                    .expect("done");
            }
            repository(&world, &[("README.md", "x")]);
            let theirs: Vec<_> = theirs.iter().map(|(path, text)| (format!("s/{path}"), *text)).collect();
            let theirs: Vec<_> = theirs.iter().map(|(path, text)| (path.as_str(), *text)).collect();
            if !theirs.is_empty() {
                repository(&world, &theirs);
            }
            let before = tree(&world.places.directory);
            let updated = update(&world, false, keep);
            if keep.is_none() {
                assert_eq!(state(&updated), expected, "{what}");
            }
            let read = |path: &str| fs::read_to_string(place.join(path)).unwrap_or_else(|_| "-".to_owned());
            assert_eq!(format!("{} {}", read("a.md"), read("b.md")), end, "{what}");
            // Whatever was kept is known again the next time, and what was refused is not offered again.
            let again = state(&update(&world, false, None));
            let is_asked = expected == UpdateState::Conflict && keep.is_none();
            assert_eq!(again == UpdateState::Conflict, is_asked, "{what}: {again:?}");
            if updated.token.is_some() {
                edit::undo(&world.places, None, None).expect("undone");
                assert_eq!(tree(&world.places.directory), before, "{what}");
            } else {
                assert_eq!(tree(&world.places.directory), before, "{what}");
            }
        }
    }
}

/// S4: several are one change; one that fails or is in conflict keeps none of the others from it.
#[test]
fn several_are_updated_as_one() {
    let world = World::new();
    let from = ["one", "two", "gone"].map(|name| source(&world, name, "old"));
    from.iter().for_each(|source| drop(install(&world, source, &Landing::default()).expect("installed")));
    let place = |name: &str| world.places.directory.join(".opencode/skills").join(name).join("docs/a.md");
    ["one", "two"].iter().for_each(|name| drop(source(&world, name, "new")));
    fs::remove_dir_all(world.path("source/gone")).expect("removed");
    fs::write(place("two"), "mine").expect("written");
    let before = tree(&world.places.directory);
    let updated = update(&world, false, None);
    let states: Vec<_> = updated.skills.iter().map(|one| (&*one.name, &one.state)).collect();
    assert!(
        matches!(
            states[..],
            [("gone", UpdateState::Failed { .. }), ("one", UpdateState::Updated), ("two", UpdateState::Conflict)]
        ),
        "{states:?}"
    );
    let read = |name: &str| fs::read_to_string(place(name)).expect("read");
    assert_eq!((read("one").as_str(), read("two").as_str(), read("gone").as_str()), ("new", "mine", "old"));
    edit::undo(&world.places, None, None).expect("undone");
    assert_eq!(tree(&world.places.directory), before);
    let nobody = UpdateWish { name: Some("none"), ..wish(true, None) };
    assert_eq!(edit::update_skills(&world.places, &nobody).expect_err("none").code, ErrorCode::NotFound);
}

/// S3, S4: what another tool installed is updated, too; where it is not known what was installed, and it differs, the person is asked.
#[test]
fn what_another_tool_installed_is_updated() {
    for is_edited in [false, true] {
        let world = World::new();
        let vendor = world.places.directory.join("vendor");
        repository_at(&vendor, &[("skills/s/SKILL.md", &named("s")), ("skills/s/a.md", "1")]);
        let place = world.places.directory.join(".agents/skills/s");
        fs::create_dir_all(&place).expect("made");
        fs::write(place.join(SKILL), named("s")).expect("written");
        fs::write(place.join("a.md"), "1").expect("written");
        let url = reqwest::Url::from_file_path(&vendor).expect("an address").to_string();
        let hash = tree::Tree::of(&place).expect("hashed").theirs;
        let entry = serde_json::json!({"source": url, "sourceUrl": url, "sourceType": "git", "skillPath": "skills/s/SKILL.md", "computedHash": hash});
        let lock = world.places.directory.join("skills-lock.json");
        fs::write(&lock, serde_json::json!({"version": 1, "skills": {"s": entry}}).to_string()).expect("written");
        assert_eq!(state(&update(&world, true, None)), UpdateState::UpToDate);
        if is_edited {
            fs::write(place.join("a.md"), "mine").expect("written");
        }
        repository_at(&vendor, &[("skills/s/a.md", "2")]);
        let expected = if is_edited { UpdateState::Conflict } else { UpdateState::Updated };
        assert_eq!(state(&update(&world, false, None)), expected);
        assert_eq!(fs::read_to_string(place.join("a.md")).expect("read"), if is_edited { "mine" } else { "2" });
        let before = tree(&world.places.directory);
        assert_eq!(
            state(&update(&world, false, Some(Keep::Theirs))),
            if is_edited { UpdateState::Updated } else { UpdateState::UpToDate }
        );
        assert_eq!(fs::read_to_string(place.join("a.md")).expect("read"), "2");
        if is_edited {
            edit::undo(&world.places, None, None).expect("undone");
            assert_eq!(tree(&world.places.directory), before);
        }
    }
}

/// S7: a new skill is one, without a finding, and is taken back; a name that cannot be one is told.
#[test]
fn a_skill_is_begun() {
    let world = World::new();
    let text = |name: &str| format!("---\nname: {name}\ndescription: \"It does.\"\n---\n\n# {name}\n");
    let new = |name: &str, text: &str| edit::new_skill(&world.places, name, text, Scope::Project, &Landing::default());
    let before = tree(&world.places.directory);
    let made = new("a-skill", &text("a-skill")).expect("begun");
    let checked = candidate::check(&made.places[0]).expect("a skill");
    assert_eq!(findings(&checked, "a-skill"), []);
    assert!(matches!(
        new("a-skill", &text("a-skill")).expect_err("there").what,
        Notice::Edit(EditNotice::SkillThere { .. })
    ));
    edit::undo(&world.places, None, None).expect("undone");
    for name in ["A-Skill", "a skill", "../x", "-a", ""] {
        let error = new(name, &text(name)).expect_err(name);
        assert_eq!(error.code, ErrorCode::NotInstalled, "{name}: {error:?}");
    }
    let mut now = tree(&world.places.directory);
    now.retain(|path, held| held != "a folder" || before.contains_key(path));
    assert_eq!(now, before);
}
