//! Reading the files: everything, everything again, and after one change.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rekindle_app::files::{
    locate::Places,
    scan::{Scan, Scanner},
    walk::walk,
};
use rekindle_domain::{Fingerprint, ItemId, Kind, Scope};
use rekindle_opencode::effective;
use rekindle_tests::world::World;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    skills,
    table::{Row, median, ms, times},
};

/// How many skills, and how often all of them are read.
const SIZES: [(usize, usize); 4] = [(10, 101), (100, 51), (1_000, 31), (10_000, 9)];
/// How many changes are made one after the other.
const CHANGES: usize = 20;

/// How many plugins, and twice as many instructions, and how often their files are read.
const ENTRIES: [(usize, usize); 2] = [(1_000, 15), (10_000, 5)];

/// Measures, and prints rows.
pub(crate) fn run() {
    entries();
    for (count, rounds) in SIZES {
        let world = World::named("bench");
        let files = skills::many(&world, count);
        let places = places(&world);
        let first = full(&world, &places, count, rounds);
        if count == 10_000 {
            one_change(&places, &files, first);
        }
    }
}

/// Many entries in two files: plugins that are there, plugins that are not, and two lists of instructions.
fn entries() {
    let mut times_of = Vec::new();
    for (count, rounds) in ENTRIES {
        let world = World::named("bench");
        let list = |prefix: &str| (0..count).map(|number| format!("{prefix}{number}")).collect::<Vec<_>>();
        let missing = (0..count).map(|number| format!("./missing/{number}.ts")).collect::<Vec<_>>();
        let config =
            |plugins: Vec<String>, prefix| json!({ "plugin": plugins, "instructions": list(prefix) }).to_string();
        world.write("opencode.json", &config(list("package-"), "a"));
        world.write("opencode.jsonc", &config(missing, "b"));
        let places = places(&world);
        let mut all = Vec::new();
        for _ in 0..=rounds {
            let (scan, time) = timed(|| Scanner::default().scan(&places, None).expect("no fault"));
            assert_eq!((scan.disk.plugin_specs.len(), scan.warnings.len()), (2 * count, count));
            let whole = effective(&scan.disk.global, &scan.disk.layers);
            assert_eq!(whole["instructions"].as_array().map(Vec::len), Some(2 * count));
            all.push(time);
        }
        times_of.push(median(&all[1..]));
        let number = thousands(count);
        let what = format!("scan of 2 × {number} plugins and 2 × {number} instructions");
        let [first, .., last] = times_of[..] else {
            Row { what, measured: ms(times_of[0]), ..Row::default() }.print();
            continue;
        };
        let ratio = times(last, first);
        let target = Some(("20 × a tenth as many".to_owned(), ratio <= 20.0));
        Row { what, measured: ms(last), ratio: format!("{ratio:.1} × a tenth as many"), target }.print();
    }
}

pub(crate) fn places(world: &World) -> Places {
    let environment = world.environment().into_iter();
    let environment = environment.map(|(name, value)| (name.to_owned(), value.display().to_string()));
    Places::in_environment(world.project(), environment.collect()).expect("places")
}

/// All files, three ways by turns, so that whatever else the machine does is in all of them. How long
/// the first scan takes.
fn full(world: &World, places: &Places, count: usize, rounds: usize) -> Duration {
    let root = world.path(".opencode/skills");
    let (mut first, mut again, mut baseline) = (Vec::new(), Vec::new(), Vec::new());
    // The first round only fills the page cache.
    for _ in 0..=rounds {
        let (bytes, time) = timed(|| hash(&root));
        assert_eq!(bytes, count * skills::SIZE);
        baseline.push(time);
        let mut scanner = Scanner::default();
        let (one, time) = timed(|| scanner.scan(places, None).expect("no fault"));
        assert_eq!(count_of(&one), count);
        first.push(time);
        let (two, time) = timed(|| scanner.scan(places, None).expect("no fault"));
        assert_eq!(two.disk.items, one.disk.items);
        again.push(time);
    }
    let [first, again, baseline] = [first, again, baseline].map(|times| median(&times[1..]));
    let number = thousands(count);
    Row { what: format!("walk and hash {number} skills, nothing else"), measured: ms(baseline), ..Row::default() }
        .print();
    let ratio = times(first, baseline);
    let met = first <= Duration::from_millis(10) && ratio <= 2.0;
    Row {
        what: format!("first scan of {number} skills"),
        measured: ms(first),
        ratio: format!("{ratio:.2} × walk and hash"),
        target: (count == 1_000).then(|| ("10 ms, 2 ×".to_owned(), met)),
    }
    .print();
    Row {
        what: "the same again, nothing changed".to_owned(),
        measured: ms(again),
        ratio: format!("{:.2} × walk and hash", times(again, baseline)),
        target: None,
    }
    .print();
    first
}

/// The same walk as the scan's, and SHA-256 of each file; how many bytes that were.
pub(crate) fn hash(root: &Path) -> usize {
    let files = walk(root, None, false).files;
    let mut bytes = 0;
    for file in files {
        let content = fs::read(file).expect("read");
        std::hint::black_box(Sha256::digest(&content));
        bytes += content.len();
    }
    bytes
}

fn one_change(places: &Places, files: &[PathBuf], full: Duration) {
    let mut scanner = Scanner::default();
    let mut before = scanner.scan(places, None).expect("no fault");
    let mut all = Vec::new();
    for change in 0..CHANGES {
        let number = change * files.len() / CHANGES;
        fs::write(&files[number], skills::text(number, 'b')).expect("written");
        skills::settle(&files[number..=number]);
        let (after, time) = timed(|| rescan(&mut scanner, places, &files[number..=number]));
        all.push(time);
        let differs = after.disk.items.iter().filter(|item| before.disk.items.get(&item.id) != Some(item));
        let differs: Vec<_> = differs.map(|item| item.name.clone()).collect();
        assert_eq!(differs, [skills::name(number)]);
        before = after;
    }
    let fingerprint = fingerprint(&before, 0);
    assert_eq!(fingerprint, self::fingerprint(&Scanner::default().scan(places, None).expect("no fault"), 0));
    let time = median(&all);
    let ratio = times(time, full);
    Row {
        what: format!("scan after one change among {}", thousands(files.len())),
        measured: ms(time),
        ratio: format!("{:.0} % of the first scan", ratio * 100.0),
        target: Some(("2 ms, 5 %".to_owned(), time <= Duration::from_millis(2) && ratio <= 0.05)),
    }
    .print();
}

/// What is done after a hint that these files changed.
fn rescan(scanner: &mut Scanner, places: &Places, changed: &[PathBuf]) -> Scan {
    scanner.rescan(places, None, Some(changed)).expect("no fault")
}

fn fingerprint(scan: &Scan, number: usize) -> Option<&Fingerprint> {
    let id = ItemId::new(Kind::Skill, Scope::Project, &skills::name(number));
    scan.disk.items.get(&id).map(|item| &item.declared)
}

fn count_of(scan: &Scan) -> usize {
    scan.disk.items.iter().filter(|item| item.kind == Kind::Skill).count()
}

/// What some work made, and how long it took.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let made = work();
    (made, began.elapsed())
}

pub(crate) fn thousands(number: usize) -> String {
    if number < 1_000 { number.to_string() } else { format!("{},000", number / 1_000) }
}
