//! A source that was fetched, and waits for a person to say what of it is installed.
//!
//! Invariants: there is one at a time; what was fetched goes when another takes its place, when it is installed, or when the
//! person cancels. A fetch that is under way ends then, too.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rekindle_domain::{ErrorCode, InstallNotice, Previewed, Received, Scope, UserError};

use crate::{
    clock,
    edit::{self, Installed, Landing, There},
    files::locate::{Places, SkillsOf},
    install::{self, All, Fetched, Stop, Wanted},
};

/// The one that waits, if there is one.
#[derive(Clone, Default)]
pub(super) struct Waiting(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Ends the fetch that is under way.
    stop: Stop,
    fetched: Option<Kept>,
}

/// What was fetched.
struct Kept {
    id: String,
    fetched: Fetched,
    /// The names of the skills that would replace what the person was shown.
    seen: BTreeSet<String>,
}

/// What was shown to be there goes to the trash.
const OVER_WHAT_IS_SEEN: Landing<'_> = Landing { name: None, to: SkillsOf::OpenCode, there: There::IsReplaced };

impl Kept {
    /// What nobody was shown stays, and keeps all of it from being installed.
    fn install(&self, places: &Places, names: &[String]) -> Result<Installed, UserError> {
        let mut chosen = self.fetched.clone();
        chosen.skills.retain(|skill| names.contains(&skill.skill.name));
        let skills = places.skills_to_edit(chosen.scope, OVER_WHAT_IS_SEEN.to);
        for skill in chosen.skills.iter().filter(|skill| !self.seen.contains(&skill.skill.name)) {
            edit::check_place(places, skill, &skills, &skill.skill.name, There::Stays)?;
        }
        edit::install_skills(places, &chosen, &OVER_WHAT_IS_SEEN)
    }
}

impl Waiting {
    /// Fetches a source in the place of the one before. It is not kept if it is cancelled meanwhile.
    pub(super) fn fetch(&self, places: &Places, source: &str, scope: Scope) -> Result<Previewed, UserError> {
        let stop = self.begin();
        let wanted = Wanted { source, scope: Some(scope), skills: &[], all: All::Wanted };
        let fetched = install::fetch_until(places, &wanted, &stop)?;
        let mut preview = install::preview(places, &fetched, &OVER_WHAT_IS_SEEN)?;
        let mut seen = BTreeSet::new();
        for skill in &mut preview.skills {
            skill.place = places.short(Path::new(&skill.place));
            if skill.replaces.is_some() {
                seen.insert(skill.name.clone());
            }
        }
        let (broken, left_out) = (fetched.broken.clone(), fetched.left_out.clone());
        let id = clock::new_id();
        let mut state = self.state();
        if stop.is_stopped() {
            return Err(gone());
        }
        state.fetched = Some(Kept { id: id.clone(), fetched, seen });
        Ok(Previewed { id, preview, broken, left_out })
    }

    /// How much has come of what is fetched.
    pub(super) fn received(&self) -> Option<Received> {
        self.state().stop.received()
    }

    /// Nothing is wanted any more.
    pub(super) fn cancel(&self) {
        self.begin();
    }

    /// The text of a file that was previewed, with everything in it visible; `None`: it is too large, or no text.
    pub(super) fn text(&self, id: &str, skill: &str, path: &str) -> Result<Option<String>, UserError> {
        let fetched = {
            let state = self.state();
            let kept = state.fetched.as_ref().filter(|kept| kept.id == id).ok_or_else(gone)?;
            kept.fetched.clone()
        };
        Ok(install::text_of(&fetched, skill, path))
    }

    /// Installs the skills of these names. Where that fails, it waits on.
    pub(super) fn install(&self, places: &Places, id: &str, names: &[String]) -> Result<Installed, UserError> {
        let (kept, stop) = {
            let mut state = self.state();
            (state.fetched.take_if(|kept| kept.id == id), state.stop.clone())
        };
        let kept = kept.ok_or_else(gone)?;
        let installed = kept.install(places, names);
        let mut state = self.state();
        if installed.is_err() && !stop.is_stopped() {
            state.fetched = Some(kept);
        }
        installed
    }

    /// Ends what was before. Its files go when nobody waits for it any more.
    fn begin(&self) -> Stop {
        let mut state = self.state();
        state.stop.stop();
        let before = std::mem::take(&mut *state);
        let stop = state.stop.clone();
        drop(state);
        drop(before);
        stop
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn gone() -> UserError {
    UserError::new(ErrorCode::NotFetched, InstallNotice::PreviewGone)
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Read, net::TcpListener, path::PathBuf};

    use rekindle_domain::SkillPreview;

    use super::*;

    fn places() -> (tempfile::TempDir, Places) {
        let root = tempfile::tempdir().expect("a folder");
        let directory = root.path().join("project");
        fs::create_dir_all(directory.join(".git")).expect("made");
        let mut places = Places::of(&directory).expect("places");
        places.state = root.path().join("state");
        places.common_state = root.path().join("state");
        (root, places)
    }

    fn write_skill(folder: &Path, name: &str) {
        fs::create_dir_all(folder.join(name)).expect("made");
        let text = format!("---\nname: {name}\ndescription: d\n---\nbody\n");
        fs::write(folder.join(name).join("SKILL.md"), text).expect("written");
    }

    fn fetched(places: &Places) -> Vec<PathBuf> {
        let entries = fs::read_dir(places.common_state.join("fetched")).into_iter().flatten();
        entries.filter_map(Result::ok).map(|entry| entry.path()).collect()
    }

    /// S2: only what a person chose of what they saw is installed, and when that fails they may choose again.
    #[test]
    fn what_is_chosen_of_what_was_seen_is_installed() {
        let (root, places) = places();
        let source = root.path().join("source");
        ["one", "two", "three"].into_iter().for_each(|name| write_skill(&source, name));
        let waiting = Waiting::default();
        let source = source.display().to_string();
        let before = waiting.fetch(&places, &source, Scope::Project).expect("fetched");
        let seen = waiting.fetch(&places, &source, Scope::Project).expect("fetched");
        let gone = |error: UserError| assert_eq!(error.what, InstallNotice::PreviewGone);
        gone(waiting.install(&places, &before.id, &["one".to_owned()]).expect_err("another one took its place"));
        gone(waiting.text(&before.id, "one", "SKILL.md").expect_err("another one took its place"));
        let text = waiting.text(&seen.id, "one", "SKILL.md").expect("there").expect("a text");
        assert!(text.ends_with("---\nbody"), "{text}");
        for path in ["../two/SKILL.md", "/etc/passwd", "none"] {
            assert_eq!(waiting.text(&seen.id, "one", path), Ok(None), "{path}");
        }

        let skills = places.skills_to_edit(Scope::Project, SkillsOf::default());
        write_skill(&skills, "two");
        let both = ["one".to_owned(), "two".to_owned()];
        waiting.install(&places, &seen.id, &both).expect_err("one of them is there by now");
        assert!(!skills.join("one").exists(), "all or none");
        let installed = waiting.install(&places, &seen.id, &both[..1]).expect("installed");
        assert_eq!(installed.places, [skills.join("one")]);
        assert!(!skills.join("three").exists());
        gone(waiting.install(&places, &seen.id, &both[..1]).expect_err("it is done"));

        // What the person was shown is replaced.
        fs::write(skills.join("two/mine.md"), "mine").expect("written");
        let seen = waiting.fetch(&places, &source, Scope::Project).expect("fetched");
        let replaces: Vec<_> = seen.preview.skills.iter().map(|skill| skill.replaces.is_some()).collect();
        assert_eq!(replaces, [true, false, true], "one, three, two");
        assert!(seen.preview.skills.iter().all(SkillPreview::is_possible));
        waiting.install(&places, &seen.id, &both[1..]).expect("installed");
        assert!(!skills.join("two/mine.md").exists());
        edit::undo(&places, None, None).expect("undone");
        assert!(skills.join("two/mine.md").exists());
    }

    /// S1: what is cancelled ends at once, and leaves nothing.
    #[test]
    fn what_is_cancelled_ends() {
        let (_root, places) = places();
        let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}/skill.zip", silent.local_addr().expect("an address"));
        let waiting = Waiting::default();
        std::thread::scope(|scope| {
            let fetch = scope.spawn(|| waiting.fetch(&places, &address, Scope::Project));
            // It is under way once it has asked.
            let (mut asked, _) = silent.accept().expect("asked");
            asked.read_exact(&mut [0; 4]).expect("a request");
            waiting.cancel();
            let error = fetch.join().expect("ended").expect_err("cancelled");
            assert_eq!(error.what.code(), "fetch-stopped", "{error:?}");
        });
        assert_eq!(fetched(&places), Vec::<PathBuf>::new());
    }
}
