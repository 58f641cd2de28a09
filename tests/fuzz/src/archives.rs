//! Any file as an archive: what is refused leaves nothing, and nothing is ever written outside of the folder for it.
#![no_main]

use std::{fs, path::Path, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use rekindle_app::{
    files::locate::Places,
    install::{All, Wanted, fetch},
};
use tempfile::TempDir;

struct World {
    root: TempDir,
    places: Places,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let root = tempfile::tempdir().expect("a folder");
    let project = root.path().join("project");
    fs::create_dir_all(project.join(".git")).expect("made");
    let mut places = Places::of(&project).expect("places");
    places.state = root.path().join("state");
    places.common_state = root.path().join("state");
    World { root, places }
});

fuzz_target!(|bytes: &[u8]| {
    let World { root, places } = &*WORLD;
    let file = root.path().join("archive");
    fs::write(&file, bytes).expect("written");
    let wanted = Wanted { source: &file.display().to_string(), scope: None, skills: &[], all: All::Wanted };
    let fetched = fetch(places, &wanted);
    if let Ok(fetched) = &fetched {
        let ours = places.common_state.canonicalize().expect("there");
        for skill in &fetched.skills {
            assert!(skill.folder.starts_with(&ours), "{}", skill.folder.display());
        }
    }
    drop(fetched);
    assert_eq!(names(&places.common_state.join("fetched")), 0, "what was fetched is gone");
    assert_eq!(names(root.path()), 3, "nothing else was written");
});

fn names(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}
