use std::{
    fs,
    path::{Path, PathBuf},
};

use rekindle_domain::Notice;

use super::*;
use crate::files::environment::Environment;

/// A project with an emoji in its path, and a home of its own.
struct World {
    _root: tempfile::TempDir,
    places: Places,
}

impl World {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let base = root.path().canonicalize().expect("there");
        let directory = base.join("home/pro ject 😀");
        fs::create_dir_all(directory.join(".git")).expect("made");
        let environment: Environment =
            [("HOME".to_owned(), base.join("home").display().to_string())].into_iter().collect();
        let places = Places::in_environment(&directory, environment).expect("places");
        Self { _root: root, places }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.places.directory.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.path(name)).ok()
    }

    fn last_good(&self) -> LastGood {
        LastGood::of(&self.places)
    }

    fn keep(&self, verdict: Standing) -> String {
        self.last_good().keep(&self.scan(), verdict).expect("kept")
    }

    fn scan(&self) -> Scan {
        scan(&self.places, None).expect("no fault")
    }

    fn offer(&self) -> Option<LastGoodOffer> {
        self.last_good().offer(&self.scan())
    }

    /// What is offered, as the files' short paths and what would be done to them.
    fn offered(&self) -> Vec<(String, Restoring)> {
        self.offer().into_iter().flat_map(|offer| offer.files).map(|file| (file.place, file.change)).collect()
    }

    fn state(&self, name: &str) -> PathBuf {
        self.places.state.join("last-good").join(name)
    }

    fn count(&self, name: &str) -> usize {
        fs::read_dir(self.state(name)).map_or(0, Iterator::count)
    }
}

/// B2: whatever happened to the files, what the engine loaded comes back byte for byte, and what was
/// there is kept.
#[test]
fn every_kind_of_change_is_restored() {
    const GOOD: &str =
        "\u{feff}{\r\n  // mine 😀\r\n  \"model\": \"a/b\",\r\n  \"plugin\": [\"./src/mine.ts\"],\r\n}\r\n";
    let good = [
        ("opencode.jsonc", GOOD),
        (".opencode/agent/deep/helper.md", "---\nmode: primary\n---\r\nHelp 😀"),
        (".opencode/plugins/a.ts", "import './lib/b'\n"),
        (".opencode/plugins/lib/b.ts", "export {}\n"),
        (".opencode/tool/t.ts", "export default {}\n"),
        ("src/mine.ts", "import '../product'\n"),
        ("product.ts", "one\n"),
        ("AGENTS.md", "one\n"),
        (".opencode/skills/s/SKILL.md", "---\nname: s\n---\n"),
    ];
    let cases: [(&str, Option<&str>, Option<Restoring>); 11] = [
        ("opencode.jsonc", Some("{ broken"), Some(Restoring::Replaced)),
        ("opencode.jsonc", Some(""), Some(Restoring::Replaced)),
        ("opencode.jsonc", None, Some(Restoring::BroughtBack)),
        ("opencode.json", Some("[]"), Some(Restoring::SetAside)),
        (".opencode/command/new.md", Some("---\nmodel: 5\n---\n"), Some(Restoring::SetAside)),
        (".opencode/agent/deep/helper.md", Some("---\nmode: 5\n---\n"), Some(Restoring::Replaced)),
        (".opencode/plugins/lib/b.ts", Some("throw 1"), Some(Restoring::Replaced)),
        (".opencode/tool/t.ts", None, Some(Restoring::BroughtBack)),
        ("src/mine.ts", Some("throw 1"), Some(Restoring::Replaced)),
        // Not configuration: what a plugin imports from elsewhere, instructions, skills.
        ("product.ts", Some("two\n"), None),
        (".opencode/skills/s/SKILL.md", Some("two\n"), None),
    ];
    for (name, text, expected) in cases {
        let world = World::new();
        good.iter().for_each(|(name, text)| world.write(name, text));
        world.keep(Standing::Loaded);
        assert_eq!(world.offered(), [], "{name}: nothing changed");
        match text {
            Some(text) => world.write(name, text),
            None => fs::remove_file(world.path(name)).expect("removed"),
        }
        let Some(expected) = expected else {
            assert_eq!(world.offered(), [], "{name}");
            continue;
        };
        assert_eq!(world.offered(), [(name.to_owned(), expected)]);
        let offer = world.offer().expect("an offer");
        let restored = world.last_good().restore(&offer.id).expect("restored");
        assert_eq!(restored.files, offer.files);
        for (other, text) in good {
            assert_eq!(world.read(other).as_deref(), Some(text), "{name}: {other}");
        }
        assert_eq!(world.path(name).exists(), expected != Restoring::SetAside, "{name}");
        assert_eq!(world.offered(), [], "{name}");
        // There and back: what was broken was kept.
        world.last_good().restore(&restored.kept).expect("restored");
        assert_eq!(world.read(name).as_deref(), text, "{name}");
    }
}

/// B2: what is set aside is moved, not removed for good.
#[test]
fn what_was_not_there_goes_to_the_trash() {
    let world = World::new();
    let id = world.keep(Standing::Loaded);
    world.write(".opencode/agents/new.md", "---\nmode: 5\n---\n");
    world.last_good().restore(&id).expect("restored");
    let trash = crate::files::walk::walk(&world.places.common_state.join("trash"), None, true);
    let texts: Vec<_> = trash.files.iter().map(|path| fs::read_to_string(path).expect("read")).collect();
    assert_eq!(texts, ["---\nmode: 5\n---\n"]);
}

/// A file in a folder that nobody looked through when the copy was made stays where it is.
#[test]
fn a_folder_that_was_not_looked_through_is_left_alone() {
    let mut world = World::new();
    world.keep(Standing::Loaded);
    let other = world.places.home.join("other");
    fs::create_dir_all(other.join("agent")).expect("made");
    fs::write(other.join("agent/theirs.md"), "x").expect("written");
    let variables = [("HOME", world.places.home.clone()), ("OPENCODE_CONFIG_DIR", other)];
    let environment = variables.map(|(name, path)| (name.to_owned(), path.display().to_string()));
    world.places = Places::in_environment(&world.places.directory, environment.into_iter().collect()).expect("places");
    assert!(world.scan().found.iter().any(|path| path.ends_with("theirs.md")));
    assert_eq!(world.offered(), []);
}

/// B2: what the engine loaded comes before what only stood there, and the whole before the partial.
#[test]
fn the_newest_that_was_loaded_is_offered() {
    use Standing::{Loaded, Partial, Seen};
    let cases: [(&[Standing], Option<usize>); 6] = [
        (&[], None),
        (&[Seen, Seen], None),
        (&[Loaded, Seen], Some(0)),
        (&[Loaded, Loaded, Seen], Some(1)),
        (&[Loaded, Partial, Seen], Some(0)),
        (&[Partial, Partial, Seen], Some(1)),
    ];
    for (verdicts, expected) in cases {
        let world = World::new();
        let ids: Vec<_> = verdicts
            .iter()
            .enumerate()
            .map(|(at, verdict)| {
                world.write("opencode.json", &format!("{{\"model\": \"m/{at}\"}}"));
                world.keep(*verdict)
            })
            .collect();
        world.write("opencode.json", "{ broken");
        assert_eq!(world.offer().map(|offer| offer.id), expected.map(|at| ids[at].clone()), "{verdicts:?}");
        for (at, verdict) in verdicts.iter().enumerate() {
            world.write("opencode.json", &format!("{{\"model\": \"m/{at}\"}}"));
            let better =
                world.offer().map_or(Seen, |offer| verdicts[ids.iter().position(|id| *id == offer.id).expect("it")]);
            let best = verdicts.iter().copied().max().unwrap_or(Seen);
            assert_eq!(better, if *verdict == best { Seen } else { best }, "{verdicts:?}: {at} is there now");
        }
    }
}

/// Nothing is written for what is kept already; what is known of it only grows.
#[test]
fn the_same_files_are_kept_once() {
    let world = World::new();
    world.write("opencode.json", "{}");
    let first = world.keep(Standing::Seen);
    let stamp = || {
        let entries = fs::read_dir(world.state("versions")).expect("listed").map(|entry| entry.expect("an entry"));
        entries.map(|entry| (entry.file_name(), entry.metadata().and_then(|m| m.modified()).ok())).collect::<Vec<_>>()
    };
    let before = stamp();
    assert_eq!(world.keep(Standing::Seen), first);
    assert_eq!(stamp(), before);
    world.last_good().judge(&first, Standing::Loaded).expect("judged");
    assert_eq!(world.keep(Standing::Seen), first);
    world.write("opencode.json", "{\"model\": \"a/b\"}");
    assert_eq!(world.offer().map(|offer| offer.id), Some(first.clone()), "it is still known to be good");
    world.keep(Standing::Seen);
    world.write("opencode.json", "{}");
    assert_eq!(world.keep(Standing::Partial), first, "it comes back as the one that it was");
    assert_eq!(world.count("versions"), 2);
    world.write("opencode.json", "[]");
    assert_eq!(world.offer().map(|offer| offer.id), Some(first));
}

/// B2: fifty versions; the last one that was loaded outlives any number that only stood there.
#[test]
fn old_versions_go_and_the_good_one_stays() {
    let world = World::new();
    world.write("opencode.json", "{\"model\": \"good/one\"}");
    let good = world.keep(Standing::Loaded);
    for at in 0..60 {
        world.write("opencode.json", &format!("{{ broken {at}"));
        world.keep(Standing::Seen);
    }
    assert_eq!((world.count("versions"), world.count("objects")), (50, 50));
    assert_eq!(world.offer().map(|offer| offer.id), Some(good));
}

/// A copy with a torn or missing part is not offered, and not restored.
#[test]
fn what_is_torn_is_not_offered() {
    for torn in [Some("{"), Some("{\"model\": \"x/y\"}"), None] {
        let world = World::new();
        world.write("opencode.json", "{\"model\": \"a/b\"}");
        let id = world.keep(Standing::Loaded);
        world.write("opencode.json", "{ broken");
        assert!(world.offer().is_some());
        for object in fs::read_dir(world.state("objects")).expect("listed") {
            let path = object.expect("an object").path();
            match torn {
                Some(text) => fs::write(path, text).expect("written"),
                None => fs::remove_file(path).expect("removed"),
            }
        }
        assert_eq!(world.offer(), None, "{torn:?}");
        assert!(matches!(world.last_good().restore(&id), Err(UserError { code: ErrorCode::NotWhole, .. })), "{torn:?}");
        assert_eq!(world.read("opencode.json").as_deref(), Some("{ broken"));
    }
    let world = World::new();
    let id = world.keep(Standing::Loaded);
    for version in fs::read_dir(world.state("versions")).expect("listed") {
        fs::write(version.expect("a version").path(), "{\"id\": ").expect("written");
    }
    world.write("opencode.json", "{ broken");
    assert_eq!(world.offer(), None);
    assert!(matches!(world.last_good().restore(&id), Err(UserError { code: ErrorCode::NotWhole, .. })));
}

/// B2: a link stays and the file behind it is restored, with its mode.
#[cfg(unix)]
#[test]
fn links_and_modes_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    for is_gone in [false, true] {
        let world = World::new();
        let (real, link) = (world.places.home.join("dot files.json"), world.path("opencode.json"));
        fs::write(&real, "{\"model\": \"a/b\"}").expect("written");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).expect("mode set");
        symlink("../dot files.json", &link).expect("linked");
        let id = world.keep(Standing::Loaded);
        if is_gone {
            fs::remove_file(&real).expect("removed");
        } else {
            fs::write(&real, "{ broken").expect("written");
            fs::set_permissions(&real, fs::Permissions::from_mode(0o644)).expect("mode set");
        }
        world.last_good().restore(&id).expect("restored");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!(fs::read_to_string(&real).expect("read"), "{\"model\": \"a/b\"}");
        assert_eq!(mode(&real), 0o600);
        assert_eq!((mode(&world.state("")), mode(&world.state("objects"))), (0o700, 0o700));
        for object in fs::read_dir(world.state("objects")).expect("listed") {
            assert_eq!(mode(&object.expect("an object").path()), 0o600);
        }
    }
}

/// B2: when one file cannot be written, all others become again what they were.
#[test]
fn a_write_that_fails_leaves_everything_as_it_was() {
    let world = World::new();
    world.write(".opencode/agent/a.md", "one");
    world.write(".opencode/command/c.md", "one");
    world.write(".opencode/tools/t.ts", "one");
    let id = world.keep(Standing::Loaded);
    world.write(".opencode/agent/a.md", "two");
    fs::remove_file(world.path(".opencode/command/c.md")).expect("removed");
    world.write(".opencode/opencode.json", "{ broken");
    // Where its folder was is a file.
    fs::remove_dir_all(world.path(".opencode/tools")).expect("removed");
    world.write(".opencode/tools", "no folder");
    let error = world.last_good().restore(&id).expect_err("it cannot be written");
    let path = error.path.as_deref().unwrap_or_default();
    assert!(error.code == ErrorCode::NotRestored && path.ends_with("t.ts"), "{error:?}");
    let left = [".opencode/agent/a.md", ".opencode/command/c.md", ".opencode/opencode.json", ".opencode/tools"];
    let texts = left.map(|name| world.read(name));
    assert_eq!(texts.each_ref().map(Option::as_deref), [Some("two"), None, Some("{ broken"), Some("no folder")]);
}

/// N16: a file that cannot be written because of what it is says what to do about that; nothing is changed, and it works
/// once that is done.
#[cfg(unix)]
#[test]
fn a_file_that_is_in_the_way_says_what_helps() {
    type Spoil<'a> = (&'a str, &'a dyn Fn(&Path));
    let spoil: [Spoil<'_>; 3] = [
        ("FileLinkDangling", &|path| {
            fs::remove_file(path).expect("removed");
            std::os::unix::fs::symlink("nowhere", path).expect("linked");
        }),
        ("FileLinkDangling", &|path| {
            fs::remove_file(path).expect("removed");
            std::os::unix::fs::symlink("/no/such/place/deep", path).expect("linked");
        }),
        ("FileShared", &|path| {
            fs::write(path, "{ broken").expect("written");
            fs::hard_link(path, path.with_extension("other")).expect("linked");
        }),
    ];
    for (why, spoil) in spoil {
        let world = World::new();
        world.write("opencode.json", "{}");
        world.write(".opencode/agent/a.md", "one");
        let id = world.keep(Standing::Loaded);
        world.write(".opencode/agent/a.md", "two");
        spoil(&world.path("opencode.json"));
        let error = world.last_good().restore(&id).expect_err(why);
        let Notice::Edit(EditNotice::FileNotRestored { why: told, .. }) = &error.what else { panic!("{error:?}") };
        assert!(format!("{told:?}").starts_with(&format!("Config({why} ")), "{told:?}");
        assert_eq!(error.path, Some(world.path("opencode.json").display().to_string()));
        assert_eq!(world.read(".opencode/agent/a.md").as_deref(), Some("two"), "{why}");
        fs::remove_file(world.path("opencode.json")).expect("removed");
        world.last_good().restore(&id).expect(why);
        assert_eq!(world.read("opencode.json").as_deref(), Some("{}"));
    }
}

/// What cannot be kept is not lost, and what was not kept is left alone.
#[test]
fn a_file_that_cannot_be_kept_is_not_replaced() {
    let world = World::new();
    world.write("opencode.json", "{}");
    let id = world.keep(Standing::Loaded);
    fs::File::create(world.path("opencode.json")).and_then(|file| file.set_len(5 << 20)).expect("a sparse file");
    assert!(matches!(world.last_good().restore(&id), Err(UserError { code: ErrorCode::CannotKeep, .. })));
    assert_eq!(fs::metadata(world.path("opencode.json")).expect("there").len(), 5 << 20);
    world.keep(Standing::Loaded);
    world.write("opencode.json", "[]");
    assert_eq!(world.offer().map(|offer| offer.id), Some(id), "of the large one there is no copy");
}

/// Where nothing can be written there is an error and no offer; nothing of the files' content is in it.
#[test]
fn a_state_folder_that_cannot_be_written_is_told() {
    let world = World::new();
    world.write("opencode.json", "{\"secret\": \"hunter2\"}");
    fs::create_dir_all(&world.places.state).expect("made");
    fs::write(world.state("").parent().expect("a parent").join("last-good"), "no folder").expect("written");
    let error = world.last_good().keep(&world.scan(), Standing::Seen).expect_err("it cannot be written");
    assert!(!format!("{error:?}").contains("hunter2"));
    assert_eq!(world.offer(), None);
    assert!(world.last_good().restore("any").is_err());
}
