use std::{fs, path::PathBuf};

use rekindle_domain::{EngineChoice, Habit, Theme};

use super::*;

fn places() -> (tempfile::TempDir, Places) {
    let root = tempfile::tempdir().expect("a folder");
    let mut places = Places::of(root.path()).expect("places");
    places.settings = root.path().join("config/rekindle/settings.json");
    (root, places)
}

fn write(places: &Places, text: &[u8]) -> PathBuf {
    fs::create_dir_all(places.settings.parent().expect("a parent")).expect("made");
    fs::write(&places.settings, text).expect("written");
    places.settings.clone()
}

/// N16: settings that cannot be read are told with their place, stand in for nothing, and stay byte for byte.
#[test]
fn a_file_that_cannot_be_read_is_left_alone() {
    type Case<'a> = (&'a [u8], Option<(usize, usize)>);
    let cases: [Case<'_>; 9] = [
        (b"{\n  \"theme\": \"dark\",\n}\n", Some((3, 1))),
        (b"{\"theme\": \"dark\"", Some((1, 16))),
        (b"{\"theme\": \"blue\"}", Some((1, 16))),
        (b"{\"habits\": {\"/a\": \"sometimes\"}}", Some((1, 29))),
        (b"{\"roll_back\": \"yes\"}", Some((1, 19))),
        (b"[]", Some((1, 1))),
        (b"null", Some((1, 4))),
        (b"{} {}", Some((1, 4))),
        (b"\xff\xfe", None),
    ];
    for (text, place) in cases {
        let (_root, places) = places();
        let shown = String::from_utf8_lossy(text);
        let path = write(&places, text);
        let (settings, told) = look(&places);
        assert_eq!(settings, Settings::default(), "{shown}");
        let Some(Notice::File(FileNotice::SettingsNotRead { why })) = told else { panic!("{shown}: {told:?}") };
        assert!(format!("{why:?}").contains(&path.display().to_string()), "{shown}: {why:?}");
        for choice in [Choice::Theme(Theme::Light), Choice::RollBack(true), Choice::Opened("/x".to_owned())] {
            let error = choose(&places, &choice).expect_err("refused");
            assert_eq!(error.line.zip(error.column), place, "{shown}: {error:?}");
            if let Some((line, column)) = place {
                let expected = format!("{}:{line}:{column}", path.display());
                let told =
                    matches!(&*why, Notice::File(FileNotice::SettingsBroken { place, .. }) if *place == expected);
                assert!(told, "{shown}: {why:?}");
                assert_eq!(error.code.word(), "settings-broken");
            }
        }
        assert!(remember_directory(&places).is_err());
        assert_eq!(fs::read(&path).expect("read"), text, "{shown}");
    }
}

/// N16: a choice changes what was chosen, and nothing else: neither what another process chose since, nor what
/// only another version knows.
#[test]
fn a_choice_is_saved_beside_all_others() {
    let (_root, places) = places();
    write(&places, b"\xef\xbb\xbf{\"theme\": \"dark\", \"later\": {\"x\": [1, 2.5]}, \"habits\": {\"/a\": \"never\"}}");
    let habit = Choice::Habit { directory: "/b".to_owned(), habit: Habit::WhenIdle };
    assert_eq!(choose(&places, &habit).expect("saved").theme, Theme::Dark);
    choose(&places, &Choice::Engine(EngineChoice::File("/bin/x".to_owned()))).expect("saved");
    let text = fs::read_to_string(&places.settings).expect("read");
    let kept: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        kept,
        serde_json::json!({
            "theme": "dark", "later": {"x": [1, 2.5]}, "habits": {"/a": "never", "/b": "when-idle"},
            "engine": {"from": "file", "path": "/bin/x"},
        })
    );
    choose(&places, &Choice::Theme(Theme::Dark)).expect("nothing to do");
    assert_eq!(fs::read_to_string(&places.settings).expect("read"), text);
}

/// N16: processes that save at the same time lose nothing of each other.
#[test]
fn who_saves_at_the_same_time_loses_nothing() {
    let (_root, places) = places();
    std::thread::scope(|scope| {
        for at in 0..8 {
            let places = &places;
            scope.spawn(move || {
                for more in 0..5 {
                    let choice = Choice::Habit { directory: format!("/{at}/{more}"), habit: Habit::Never };
                    choose(places, &choice).expect("saved");
                }
            });
        }
    });
    assert_eq!(read(&places).habits.len(), 40);
}

/// What holds nothing is as good as none; a new file is private; the mode of one that is there stays, and so does
/// a link.
#[cfg(unix)]
#[test]
fn a_file_stays_what_it_was() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let mode = |places: &Places| fs::metadata(&places.settings).expect("there").permissions().mode() & 0o777;
    let (root, places) = places();
    choose(&places, &Choice::RollBack(true)).expect("saved");
    assert_eq!(mode(&places), 0o600);
    fs::set_permissions(&places.settings, fs::Permissions::from_mode(0o640)).expect("mode set");
    let real = root.path().join("dots.json");
    fs::rename(&places.settings, &real).expect("moved");
    symlink("../../dots.json", &places.settings).expect("linked");
    choose(&places, &Choice::Theme(Theme::Light)).expect("saved");
    assert_eq!(mode(&places), 0o640);
    assert!(places.settings.is_symlink());
    assert!(fs::read_to_string(&real).expect("read").contains("light"));
    fs::remove_file(&real).expect("removed");
    assert_eq!(choose(&places, &Choice::RollBack(true)).expect_err("refused").code.word(), "dangling-link");
    assert!(!real.exists());
    fs::remove_file(&places.settings).expect("removed");
    write(&places, b" \n");
    assert_eq!(look(&places), (Settings::default(), None));
    assert!(choose(&places, &Choice::RollBack(true)).expect("saved").roll_back);
}
