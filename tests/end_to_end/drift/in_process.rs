//! The real scan of real files, compared with what an engine would answer that had loaded them.
//!
//! `REKINDLE_SEED=7` asks about others.

use std::{env, path::Path, sync::Arc, thread};

use rekindle_app::files::{
    locate::Places,
    scan::{Scanner, scan},
};
use rekindle_domain::{Answers, Change, Kind, Row, RowState, SkillAnswer, drift};
use rekindle_opencode::{Disk, Memory, Profile, effective, loaded, plugin_spec, skill::frontmatter};
use rekindle_tests::project::{Expected, Files, Project, expected};

/// The seed of every run that names no other.
const SEED: u64 = 11833;
/// How many projects are changed, two at a time, and how often each.
const PROJECTS: u64 = 20;
const STEPS: u64 = 500;

/// An engine that has loaded what was on disk, and whether anyone watched it do so.
struct Engine {
    answers: Answers,
    memory: Memory,
    files: Files,
}

impl Engine {
    fn started(places: &Places, project: &Project, is_watched: bool) -> Self {
        let scan = scan(places, None).expect("no fault");
        let answers = answers(&scan.disk, &scan.rows);
        let modules = scan.disk.items.iter().filter_map(|item| {
            let spec = scan.disk.plugin_specs.get(&item.id).unwrap_or(&item.source);
            Some((spec.trim_start_matches("file://").to_owned(), item.code.clone()?))
        });
        let memory =
            Memory { modules: modules.collect(), instance: Some(scan.disk.items.clone()), ..Memory::default() };
        let memory = if is_watched { memory } else { Memory::default() };
        Self { answers, memory, files: project.files().clone() }
    }

    fn drift(&self, disk: &Disk) -> Vec<Change> {
        let loaded = loaded(disk, &self.answers, &self.memory);
        drift(&disk.items, &loaded.items, &Profile::newest())
    }
}

/// What an engine answers that has just read these files.
fn answers(disk: &Disk, rows: &[Arc<Row>]) -> Answers {
    let config = effective(&disk.global, &disk.layers);
    let options = config["plugin"].as_array().into_iter().flatten();
    let options = options.filter_map(|entry| Some((plugin_spec(entry).to_owned(), entry.get(1)?.clone())));
    let of = |kind| rows.iter().filter(move |row| row.kind == kind && row.state == RowState::Unknown);
    let skills = of(Kind::Skill).map(|row| {
        let text = std::fs::read_to_string(&row.source).expect("a skill");
        let skill = frontmatter::skill(&text).expect("a skill");
        let location = row.source.clone();
        SkillAnswer { name: skill.name, description: skill.description, location, content: skill.body }
    });
    Answers {
        plugins: disk.plugin_specs.values().cloned().collect(),
        plugin_options: options.collect(),
        global_config: disk.global.clone(),
        skills: skills.collect(),
        tools: Some(of(Kind::Tool).map(|row| row.name.clone()).collect()),
        config,
        ..Answers::default()
    }
}

fn places(base: &Path) -> Places {
    let home = base.join("home").display().to_string();
    let variables = [
        ("HOME", home.clone()),
        ("XDG_CONFIG_HOME", format!("{home}/.config")),
        ("OPENCODE_TEST_MANAGED_CONFIG_DIR", format!("{home}/managed")),
    ];
    let environment = variables.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
    Places::in_environment(&base.join("project"), environment).expect("places")
}

fn project(base: &Path, seed: u64, number: u64) -> Project {
    Project::create(&base.join("project"), &base.join("home"), true, seed, number)
}

/// A look at all files, or at what was touched, as a watcher tells it.
fn look(scanner: &mut Scanner, places: &Places, project: &mut Project) -> Disk {
    let touched = project.touched();
    let changed = if project.percent(50) { Some(&touched[..]) } else { None };
    scanner.rescan(places, None, changed).expect("no fault").disk
}

fn told(changes: &[Change]) -> Expected {
    let one = |change: &Change| (change.kind, change.name.clone(), change.change, change.action);
    let mut told: Expected = changes.iter().map(one).collect();
    told.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    told
}

fn seed() -> u64 {
    env::var("REKINDLE_SEED").map_or(SEED, |text| text.parse().expect("a number"))
}

/// Runs a check for each project, a few of them at a time.
fn for_all_projects(check: impl Fn(u64, u64) + Sync) {
    let seed = seed();
    let check = &check;
    thread::scope(|scope| {
        for part in 0..2 {
            scope.spawn(move || {
                (0..PROJECTS).filter(|number| number % 2 == part).for_each(|number| check(seed, number))
            });
        }
    });
}

/// P12, N1: 10 000 times something is written that means the same, as editors, formatters, the engine
/// and package managers write; nothing is ever pending. One scanner sees all of it, so that what it
/// keeps between two looks is proved, too.
#[test]
fn what_means_the_same_is_never_pending() {
    for_all_projects(|seed, number| {
        let root = tempfile::tempdir().expect("a folder");
        let base = root.path().canonicalize().expect("there");
        let (mut project, places) = (project(&base, seed, number), places(&base));
        let mut scanner = Scanner::default();
        let mut engine = Engine::started(&places, &project, number % 2 == 0);
        let mut done = Vec::new();
        for step in 0..STEPS {
            if step % 100 == 99 {
                (0..10).for_each(|_| project.change());
                scanner.scan(&places, None).expect("no fault");
                engine = Engine::started(&places, &project, number % 2 == 0);
            }
            project.rewrite();
            done.push(project.last().to_owned());
            // What is told wrongly stays wrong for a while: not every step needs a look.
            if project.percent(75) && step + 1 < STEPS {
                continue;
            }
            let disk = look(&mut scanner, &places, &mut project);
            let found = engine.drift(&disk);
            assert!(found.is_empty(), "seed {seed}, project {number}, step {step}: {done:#?}\n{found:#?}");
            done.clear();
        }
    });
}

/// N1, P4, P5: 10 000 random changes, some of them of one letter, within a tick of the clock, with the
/// old time, or taken back: at each look exactly what differs from what was loaded is pending, each
/// with what happened to it and what it needs.
#[test]
fn what_differs_is_pending_and_nothing_else() {
    for_all_projects(|seed, number| {
        let root = tempfile::tempdir().expect("a folder");
        let base = root.path().canonicalize().expect("there");
        let (mut project, places) = (project(&base, seed, number), places(&base));
        let mut scanner = Scanner::default();
        let mut engine = Engine::started(&places, &project, true);
        let mut done = Vec::new();
        for step in 0..STEPS {
            match project.percent(35) {
                true => project.change_back(&engine.files),
                false => project.change(),
            }
            done.push(project.last().to_owned());
            if project.percent(50) && step + 1 < STEPS {
                continue;
            }
            let found = told(&engine.drift(&look(&mut scanner, &places, &mut project)));
            let wanted = expected(project.files(), &engine.files);
            assert_eq!(found, wanted, "seed {seed}, project {number}, step {step}: {done:#?}");
            done.clear();
            if project.percent(6) {
                engine = Engine::started(&places, &project, true);
            }
        }
    });
}
