//! Installing: a folder against a plain copy of it, an archive against `tar`, and an edit of a large configuration.
//!
//! Both sides put what they wrote on the disk for good: ours syncs what it installs, so the others are followed by `sync`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rekindle_app::{
    edit::{self, Landing},
    files::locate::Places,
    install::{self, All, Wanted},
};
use rekindle_opencode::config::edit as config;
use rekindle_tests::world::{World, skill, write};
use serde_json::json;

use crate::{
    scan::{places, timed},
    table::{Row, median, ms, times},
};

/// How often.
const ROUNDS: usize = 11;
/// How many files a folder has.
const FILES: usize = 1_000;
/// The size of an archive, in bytes; what is in it cannot be made smaller.
const PACKED: usize = 50 * 1024 * 1024;
/// The size of a configuration, in bytes.
const LARGE: usize = 1024 * 1024;

/// Measures, and prints rows.
pub(crate) fn run() {
    folder();
    archive();
    large_configuration();
}

fn folder() {
    let world = World::named("bench");
    let source = world.outside("a-skill");
    write(&source.join("SKILL.md"), &skill("a-skill", "Body."));
    for number in 1..FILES {
        write(&source.join(format!("part-{}/file-{number}.md", number % 20)), &"x".repeat(4096));
    }
    let what = format!("install a folder of {FILES} files");
    against(&world, &source, &what, "cp -r and sync", 2.0, |into| {
        let mut copy = Command::new("cp");
        copy.arg("-r").arg(&source).arg(into);
        copy
    });
}

fn archive() {
    let world = World::named("bench");
    let folder = world.outside("packed");
    write(&folder.join("a-skill/SKILL.md"), &skill("a-skill", "Body."));
    let mut dice = ChaCha8Rng::seed_from_u64(7);
    for number in 0..10 {
        let mut bytes = vec![0; PACKED / 10];
        dice.fill_bytes(&mut bytes);
        fs::write(folder.join(format!("a-skill/data-{number}.bin")), bytes).expect("written");
    }
    let packed = world.outside("packed.tar.gz");
    ran(Command::new("tar").arg("czf").arg(&packed).arg("-C").arg(&folder).arg("a-skill"));
    against(&world, &packed, "install an archive of 50 MiB", "tar xzf and sync", 1.5, |into| {
        fs::create_dir_all(into).expect("made");
        let mut unpack = Command::new("tar");
        unpack.arg("xzf").arg(&packed).arg("-C").arg(into);
        unpack
    });
}

/// Installs a source again and again, and lets others put the same somewhere, in turn.
fn against(world: &World, source: &Path, what: &str, other: &str, most: f64, command: impl Fn(&Path) -> Command) {
    let places = places(world);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let source = source.display().to_string();
    for round in 0..ROUNDS {
        let into = world.outside(&format!("copy-{round}"));
        ours.push(timed(|| install(&places, &source)).1);
        let put_elsewhere = || {
            ran(&mut command(&into));
            ran(Command::new("sync").arg("-f").arg(&into));
        };
        theirs.push(timed(put_elsewhere).1);
        edit::undo(&places, None, None).expect("undone");
        fs::remove_dir_all(into).expect("removed");
        ran(Command::new("sync").arg("-f").arg(world.project()));
    }
    let (ours, theirs) = (median(&ours), median(&theirs));
    Row { what: other.to_owned(), measured: ms(theirs), ..Row::default() }.print();
    let ratio = times(ours, theirs);
    Row {
        what: what.to_owned(),
        measured: ms(ours),
        ratio: format!("{ratio:.2} × {other}"),
        target: Some((format!("{most} ×"), ratio <= most)),
    }
    .print();
}

fn install(places: &Places, source: &str) -> PathBuf {
    let wanted = Wanted { source, scope: None, skills: &[], all: All::NotWanted };
    let fetched = install::fetch(places, &wanted).expect("fetched");
    let installed = edit::install_skills(places, &fetched, &Landing::default()).expect("installed");
    installed.places.into_iter().next().expect("a place")
}

fn large_configuration() {
    let mut text = String::from("{\n  // Ours\n  \"plugin\": [\n");
    while text.len() < LARGE {
        let number = text.len();
        text.push_str(&format!("    \"plugin-{number}\", // the one of line {number}\n"));
    }
    text.push_str("  ],\n}\n");
    let entry = json!("one-more");
    let mut all: Vec<Duration> = Vec::new();
    for _ in 0..ROUNDS {
        let (edited, time) = timed(|| config::append(&text, "plugin", &entry).expect("edited"));
        assert!(edited.len() > text.len() && edited.contains("one-more"));
        all.push(time);
    }
    let time = median(&all);
    Row {
        what: "an edit in a configuration of 1 MiB".to_owned(),
        measured: ms(time),
        target: Some(("20 ms".to_owned(), time <= Duration::from_millis(20))),
        ..Row::default()
    }
    .print();
}

fn ran(command: &mut Command) {
    assert!(command.status().expect("started").success(), "{command:?}");
}
