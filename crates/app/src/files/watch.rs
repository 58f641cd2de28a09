//! Hints that something may have changed.
//!
//! Invariants: an event means only "look again"; what is true is decided by a scan. What is watched
//! is computed from what is to be seen, against what is watched now, so it converges: folders that
//! appear later, that are moved away and come back, or that another one takes the place of. A folder is
//! watched once, under its path without links, however many names lead to it, and each link on the way
//! where it stands. Where the system sends no events, a slow look stands in, and people are told.

mod wanted;

use std::{
    collections::{BTreeSet, HashSet},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        mpsc::{self, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher, event::ModifyKind};
use rekindle_domain::{Blind, FileNotice, Notice};

use self::wanted::{Interest, Wanted};
use super::{
    found::Scan,
    locate::Places,
    walk::{Folder, Walked},
};

/// How long events are gathered before a hint is given.
pub const WINDOW: Duration = Duration::from_millis(60);
/// How long a change may stay unseen where the system sends no events.
pub const SLOW: Duration = Duration::from_secs(30);

/// The most folders of skills that are watched. Each takes memory of the system.
const MOST: usize = 30_000;
/// More paths than these that were moved or removed between two looks are as good as all of them.
const MOST_LOST: usize = 10_000;

/// What people are told of changes that are seen late.
pub fn seen_late(why: Blind) -> Notice {
    FileNotice::SeenLate { seconds: SLOW.as_secs(), why }.into()
}

/// What may have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Anything.
    Anything,
    /// These paths, and what is below them.
    Paths(BTreeSet<PathBuf>),
}

impl Hint {
    /// More paths than this are as good as anything.
    const MOST: usize = 256;

    /// Both.
    pub fn add(&mut self, other: Self) {
        *self = match (std::mem::replace(self, Self::Anything), other) {
            (Self::Paths(mut paths), Self::Paths(more)) => {
                paths.extend(more);
                if paths.len() > Self::MOST { Self::Anything } else { Self::Paths(paths) }
            }
            _ => Self::Anything,
        };
    }
}

/// Watches the places of one directory as long as it lives.
pub struct Watch {
    watcher: Option<RecommendedWatcher>,
    watched: BTreeSet<Folder>,
    /// Those of them that are few, and looked at each time.
    few: BTreeSet<Folder>,
    /// Those of them that are many: the folders of skills.
    many: BTreeSet<Folder>,
    /// What these come from, in the last scan.
    skills: Vec<Arc<Walked>>,
    /// What was moved or removed: the system watches it no longer, even when it is back.
    lost: Arc<Mutex<Lost>>,
    interest: Arc<RwLock<Interests>>,
    blind: Option<Blind>,
    /// Why not all of the many are watched, if they are not.
    missed: Option<Blind>,
}

/// What was moved or removed since the last look.
#[derive(Debug)]
enum Lost {
    /// These paths, and what is below them.
    Paths(HashSet<PathBuf>),
    /// There were too many to tell.
    All,
}

impl Default for Lost {
    fn default() -> Self {
        Self::Paths(HashSet::new())
    }
}

impl Lost {
    fn add<'a>(&mut self, paths: impl Iterator<Item = &'a PathBuf>) {
        let Self::Paths(lost) = self else { return };
        lost.extend(paths.cloned());
        if lost.len() > MOST_LOST {
            *self = Self::All;
        }
    }

    fn has(&self, folder: &Path) -> bool {
        match self {
            Self::Paths(lost) => folder.ancestors().any(|path| lost.contains(path)),
            Self::All => true,
        }
    }
}

/// That of the few, and that of the many.
type Interests = [Interest; 2];

impl Watch {
    /// Starts to watch; `hint` is called from another thread, at most once a [`WINDOW`].
    pub fn start(places: &Places, hint: impl Fn(Hint) + Send + 'static) -> Self {
        let interest = Arc::new(RwLock::new(Interests::default()));
        let (changed, changes) = mpsc::channel();
        let shared = interest.clone();
        let lost = Arc::new(Mutex::new(Lost::default()));
        let losing = lost.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let hint = match event {
                // Reading is no change; our own looks would keep each other awake.
                Ok(event) if matches!(event.kind, EventKind::Access(_)) => return,
                Ok(event) if event.need_rescan() => Hint::Anything,
                Ok(event) => {
                    let interest = shared.read().unwrap_or_else(PoisonError::into_inner);
                    if matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))) {
                        let is_watched = |path: &&PathBuf| interest.iter().any(|one| one.may_be_watched(path));
                        let gone = event.paths.iter().filter(is_watched);
                        losing.lock().unwrap_or_else(PoisonError::into_inner).add(gone);
                    }
                    let told = |path: &PathBuf| {
                        interest.iter().map(|one| one.told(path)).collect::<Vec<_>>().into_iter().flatten()
                    };
                    let paths: BTreeSet<_> = event.paths.iter().flat_map(told).collect();
                    if paths.is_empty() {
                        return;
                    }
                    Hint::Paths(paths)
                }
                Err(error) => {
                    tracing::warn!(%error, "watching");
                    Hint::Anything
                }
            };
            if changed.send(hint).is_err() {
                tracing::debug!("nobody listens for changes any more");
            }
        });
        let watcher = watcher.inspect_err(|error| tracing::warn!(%error, "watching")).ok();
        std::thread::spawn(move || gather(&changes, &hint));
        let blind = if watcher.is_none() { Some(Blind::Refused) } else { None };
        let mut watch = Self {
            watcher,
            watched: BTreeSet::new(),
            few: BTreeSet::new(),
            many: BTreeSet::new(),
            skills: Vec::new(),
            lost,
            interest,
            blind,
            missed: None,
        };
        watch.follow(places, &Scan::default());
        watch
    }

    /// Why changes are seen late, if they are.
    pub fn blind(&self) -> Option<Blind> {
        self.blind
    }

    /// Forgets the watches that ended with a move or removal; true when there are some.
    fn forget_lost(&mut self) -> bool {
        let lost = std::mem::take(&mut *self.lost.lock().unwrap_or_else(PoisonError::into_inner));
        let gone: Vec<_> = self.watched.iter().filter(|folder| lost.has(&folder.path)).cloned().collect();
        for folder in &gone {
            self.watched.remove(folder);
            if let Some(Err(error)) = self.watcher.as_mut().map(|watcher| watcher.unwatch(&folder.path)) {
                tracing::debug!(%error, path = %folder.path.display(), "unwatching");
            }
        }
        !gone.is_empty()
    }

    /// Watches what has to be watched now, and nothing else: folders come and go.
    pub fn follow(&mut self, places: &Places, scan: &Scan) {
        let few = Wanted::few(places, scan);
        let has_lost = self.forget_lost();
        let is_known = scan.skill_folders.len() == self.skills.len()
            && !has_lost
            && scan.skill_folders.iter().zip(&self.skills).all(|(now, before)| Arc::ptr_eq(now, before));
        let many = (!is_known).then(|| Wanted::many(&scan.skill_folders));
        let mut interest = self.interest.write().unwrap_or_else(PoisonError::into_inner);
        let [few_interest, many_interest] = &mut *interest;
        *few_interest = few.interest;
        let (new, old): (Vec<_>, Vec<_>) = match many {
            // Where nothing came or went among the many, only the few may be too many.
            None => {
                let old = self.few.difference(&few.folders).filter(|folder| !self.many.contains(*folder));
                (few.folders.difference(&self.watched).cloned().collect(), old.cloned().collect())
            }
            Some(many) => {
                *many_interest = many.interest;
                let all = &few.folders | &many.folders;
                self.many = many.folders;
                let new = all.difference(&self.watched).cloned().collect();
                (new, self.watched.difference(&all).cloned().collect())
            }
        };
        drop(interest);
        self.skills.clone_from(&scan.skill_folders);
        self.few = few.folders;
        let Some(watcher) = &mut self.watcher else { return };
        for folder in old {
            self.watched.remove(&folder);
            // A folder that is gone is no longer watched anyway.
            if let Err(error) = watcher.unwatch(&folder.path) {
                tracing::debug!(%error, path = %folder.path.display(), "unwatching");
            }
        }
        // Where nothing came or went among the many, those that are not watched are not among the new.
        let mut missed = self.missed.filter(|_| is_known);
        for folder in new {
            // What is read whatever its name is has as much again for itself.
            let most = if self.few.contains(&folder) { 2 * MOST } else { MOST };
            if self.watched.len() >= most {
                missed = missed.or(Some(Blind::TooMany));
                continue;
            }
            match watcher.watch(&folder.path, RecursiveMode::NonRecursive) {
                Ok(()) => drop(self.watched.insert(folder)),
                Err(error) => {
                    if matches!(error.kind, notify::ErrorKind::MaxFilesWatch) {
                        missed = Some(Blind::Exhausted);
                    }
                    tracing::debug!(%error, path = %folder.path.display(), "watching");
                }
            }
        }
        self.missed = missed;
        self.blind = missed.or_else(|| is_silent(&places.directory).then_some(Blind::Silent));
    }
}

/// Gives one hint for all changes of a window, until the watcher is gone.
fn gather(changes: &mpsc::Receiver<Hint>, hint: &impl Fn(Hint)) {
    while let Ok(mut all) = changes.recv() {
        let end = Instant::now() + WINDOW;
        loop {
            match changes.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(more) => all.add(more),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        hint(all);
    }
}

/// File systems of a network, or of a host around a virtual machine, tell nothing of changes that
/// others make.
#[cfg(target_os = "linux")]
fn is_silent(directory: &Path) -> bool {
    /// NFS, SMB, SMB2, CIFS, 9P, FUSE, VirtualBox: `statfs(2)`, and the headers of the last.
    const SILENT: [u64; 7] = [0x6969, 0x517b, 0xfe53_4d42, 0xff53_4d42, 0x0102_1997, 0x6573_5546, 0x786f_4256];
    #[expect(clippy::cast_sign_loss, reason = "a number that identifies")]
    rustix::fs::statfs(directory).is_ok_and(|system| SILENT.contains(&(system.f_type as u64 & 0xffff_ffff)))
}

#[cfg(not(target_os = "linux"))]
fn is_silent(_directory: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::mpsc};

    use super::*;
    use crate::files::scan::scan;

    struct World {
        root: tempfile::TempDir,
        places: Places,
        watch: Watch,
        hints: mpsc::Receiver<Hint>,
    }

    impl World {
        fn new() -> Self {
            let root = tempfile::tempdir().expect("a folder");
            let directory = root.path().canonicalize().expect("there").join("project");
            for folder in ["objects", "refs"] {
                fs::create_dir_all(directory.join(".git").join(folder)).expect("made");
            }
            fs::write(directory.join(".git/HEAD"), "ref: refs/heads/main\n").expect("written");
            let places = Places::of(&directory).expect("places");
            let (send, hints) = mpsc::channel();
            let mut watch = Watch::start(&places, move |hint| send.send(hint).unwrap_or_default());
            watch.follow(&places, &scan(&places, None).expect("no fault"));
            Self { root, places, watch, hints }
        }

        /// Acts, waits for the hint, and follows as the core does.
        fn hinted(&mut self, what: &str, act: impl FnOnce(&Path)) {
            act(&self.places.directory);
            self.hints.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|_| panic!("no hint of {what}"));
            self.settle();
        }

        fn settle(&mut self) {
            loop {
                self.watch.follow(&self.places, &scan(&self.places, None).expect("no fault"));
                if self.hints.recv_timeout(WINDOW * 4).is_err() {
                    break;
                }
            }
        }
    }

    /// P12: in place, by rename, and in a folder that appears later; each gives a hint.
    #[test]
    fn every_way_of_saving_gives_a_hint() {
        let mut world = World::new();
        let write = |path: PathBuf| fs::write(path, "{}").expect("written");
        world.hinted("a new file", |project| write(project.join("opencode.json")));
        world.hinted("a rename", |project| {
            write(project.join("x.tmp"));
            fs::rename(project.join("x.tmp"), project.join("opencode.json")).expect("renamed");
        });
        world.hinted("a folder", |project| fs::create_dir(project.join(".opencode")).expect("made"));
        world.hinted("folders", |project| fs::create_dir_all(project.join(".opencode/skills/s")).expect("made"));
        world.hinted("a skill", |project| write(project.join(".opencode/skills/s/SKILL.md")));
        world.hinted("an agent", |project| {
            fs::create_dir_all(project.join(".opencode/agents/deep")).expect("made");
            write(project.join(".opencode/agents/deep/a.md"));
        });
        world.hinted("an agent's text", |project| write(project.join(".opencode/agents/deep/a.md")));
        world.hinted("a removal", |project| fs::remove_file(project.join("opencode.json")).expect("removed"));
        // Looking gives none, or a look would be followed by the next for ever.
        scan(&world.places, None).expect("no fault");
        assert!(world.hints.recv_timeout(WINDOW * 5).is_err(), "a look wakes the next one");
    }

    /// P12: what was moved away and comes back is seen, and so is what takes its place.
    #[test]
    fn folders_that_are_replaced_are_followed() {
        let mut world = World::new();
        let skills = world.places.directory.join(".opencode/skills/s");
        let elsewhere = world.root.path().join("elsewhere");
        let write = |path: PathBuf| fs::write(path, "x").expect("written");
        fs::create_dir_all(&skills).expect("made");
        world.settle();
        world.hinted("the project going", |project| fs::rename(project, &elsewhere).expect("moved"));
        world.hinted("the project coming back", |project| fs::rename(&elsewhere, project).expect("moved"));
        world.hinted("a skill after that", |_| write(skills.join("SKILL.md")));
        world.hinted("going and coming back at once", |project| {
            fs::rename(project, &elsewhere).expect("moved");
            fs::rename(&elsewhere, project).expect("moved");
        });
        world.hinted("a skill after that, too", |_| fs::write(skills.join("SKILL.md"), "y").expect("written"));
        world.hinted("a folder in place of another", |project| {
            fs::rename(project.join(".opencode"), &elsewhere).expect("moved");
            fs::create_dir_all(project.join(".opencode/skills/s")).expect("made");
        });
        world.hinted("a skill in that", |_| write(skills.join("SKILL.md")));
        #[cfg(unix)]
        {
            let real = world.root.path().join("real");
            fs::create_dir_all(real.join("skills/s")).expect("made");
            world.hinted("a link in place of a folder", |project| {
                fs::remove_dir_all(project.join(".opencode")).expect("removed");
                std::os::unix::fs::symlink(&real, project.join(".opencode")).expect("linked");
            });
            world.hinted("a skill behind the link", |_| write(real.join("skills/s/SKILL.md")));
        }
    }

    /// A change is seen behind every kind of link, also by who put another link in its place; and of two names of one
    /// folder each one can go.
    #[cfg(unix)]
    #[test]
    fn what_is_behind_links_is_seen() {
        use std::os::unix::fs::symlink;
        let mut world = World::new();
        let dotfiles = world.root.path().canonicalize().expect("there").join("dotfiles");
        let project = world.places.directory.clone();
        let write = |path: PathBuf, text: &str| fs::write(path, text).expect("written");
        let link = |target: PathBuf, at: &str| {
            let at = project.join(at);
            fs::create_dir_all(at.parent().expect("a parent")).expect("made");
            symlink(target, at).expect("linked");
        };
        for folder in ["skills/x", "agents", "one/deep", "two/deep", "plugins"] {
            fs::create_dir_all(dotfiles.join(folder)).expect("made");
        }
        write(dotfiles.join("opencode.json"), "{}");
        for name in ["skills/x/SKILL.md", "one/deep/SKILL.md", "two/deep/SKILL.md", "alone.md"] {
            write(dotfiles.join(name), "---\nname: s\n---\n");
        }
        // A file; a file by way of another link; folders; one folder twice; a file in a folder; a root.
        symlink("opencode.json", dotfiles.join("current.json")).expect("linked");
        link(dotfiles.join("current.json"), "opencode.json");
        link(dotfiles.join("skills/x"), ".claude/skills/x");
        link("../../../dotfiles/skills/x".into(), ".opencode/skills/again");
        link(dotfiles.join("alone.md"), ".opencode/skills/alone/SKILL.md");
        link(dotfiles.join("agents"), ".opencode/agents");
        symlink("one", dotfiles.join("chosen")).expect("linked");
        link(dotfiles.join("chosen"), ".agents/skills");
        link(dotfiles.join("plugins/later.ts"), ".opencode/plugins/later.ts");
        world.settle();
        let skill = "---\nname: changed\n---\n";
        world.hinted("a file", |_| write(dotfiles.join("opencode.json"), "{ }"));
        world.hinted("a skill's folder", |_| write(dotfiles.join("skills/x/SKILL.md"), skill));
        world.hinted("a new file in it", |_| write(dotfiles.join("skills/x/more.md"), ""));
        world.hinted("a skill's file", |_| write(dotfiles.join("alone.md"), skill));
        world.hinted("an agent", |_| write(dotfiles.join("agents/a.md"), "x"));
        world.hinted("a root", |_| write(dotfiles.join("one/deep/SKILL.md"), skill));
        world.hinted("what a link did not lead to", |_| write(dotfiles.join("plugins/later.ts"), "export {}"));
        world.hinted("a link in the middle", |_| {
            symlink("two", dotfiles.join("chosen.new")).expect("linked");
            fs::rename(dotfiles.join("chosen.new"), dotfiles.join("chosen")).expect("renamed");
        });
        world.hinted("what that leads to", |_| write(dotfiles.join("two/deep/SKILL.md"), skill));
        world.hinted("one of two links", |project| fs::remove_file(project.join(".claude/skills/x")).expect("removed"));
        world.hinted("a skill with the other", |_| write(dotfiles.join("skills/x/SKILL.md"), "x"));
        world.hinted("a link that became a file", |project| {
            fs::remove_file(project.join("opencode.json")).expect("removed");
            write(project.join("opencode.json"), "{}");
        });
        write(dotfiles.join("opencode.json"), "{  }");
        assert!(world.hints.recv_timeout(WINDOW * 5).is_err(), "nothing leads there any more");
    }

    /// N16: what is gone is remembered, and not without end.
    #[test]
    fn what_is_lost_has_a_bound() {
        let mut lost = Lost::default();
        lost.add([PathBuf::from("/p/skills")].iter());
        assert!(lost.has(Path::new("/p/skills/a")) && lost.has(Path::new("/p/skills")));
        assert!(!lost.has(Path::new("/p/skills-2")) && !lost.has(Path::new("/p")));
        let many: Vec<_> = (0..=MOST_LOST).map(|at| PathBuf::from(format!("/p/skills/{at}"))).collect();
        lost.add(many.iter());
        assert!(matches!(lost, Lost::All) && lost.has(Path::new("/q")));
    }

    /// P12: what the engine writes, packages (too many to watch), and other people's files are no
    /// reason to look.
    #[test]
    fn noise_gives_no_hint() {
        let mut world = World::new();
        let project = world.places.directory.clone();
        fs::create_dir_all(project.join(".opencode/skills/s/node_modules/x")).expect("made");
        world.settle();
        for name in [
            "notes.txt",
            "src.rs",
            ".opencode/package.json",
            ".opencode/package-lock.json",
            ".opencode/.gitignore",
            ".opencode/skills/s/node_modules/x/SKILL.md",
        ] {
            fs::write(project.join(name), "x").expect("written");
        }
        assert!(world.hints.recv_timeout(WINDOW * 5).is_err());
    }
}
