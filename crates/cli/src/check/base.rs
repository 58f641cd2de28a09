//! Paths as they are told from a folder.

use std::path::{Component, Path, PathBuf};

/// The folder from which paths are told.
#[derive(Clone, Debug)]
pub(crate) struct Base(PathBuf);

impl Base {
    /// From the first of these folders that holds the directory; paths are told from the last otherwise.
    pub(crate) fn new(directory: &Path, folders: impl IntoIterator<Item = PathBuf>) -> Self {
        let folders: Vec<_> = folders.into_iter().collect();
        let holds = folders.iter().find(|folder| directory.starts_with(folder));
        Self(holds.or(folders.last()).cloned().unwrap_or_else(|| directory.to_owned()))
    }

    /// A path below the folder, from there, with `/` between its parts. `None`: it is somewhere else.
    pub(crate) fn relative(&self, path: &str) -> Option<String> {
        let below = Path::new(path).strip_prefix(&self.0).ok()?;
        let names = below.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy()),
            _ => None,
        });
        let relative = names.collect::<Vec<_>>().join("/");
        Some(if relative.is_empty() { ".".to_owned() } else { relative })
    }

    /// The same for people; what is somewhere else is told with its whole path.
    pub(crate) fn shown(&self, path: &str) -> String {
        match self.relative(path) {
            // What begins with a colon is a command to some programs that read such lines.
            Some(relative) if relative.starts_with(':') => format!("./{relative}"),
            Some(relative) => relative,
            None => path.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_from_where_people_are() {
        let check = |folders: &[&str], path: &str, expected: &str| {
            let base = Base::new(Path::new("/w/p"), folders.iter().map(PathBuf::from));
            assert_eq!(base.shown(path), expected, "{folders:?} {path}");
        };
        check(&["/w"], "/w/p/a.json", "p/a.json");
        check(&["/w/p"], "/w/p", ".");
        check(&["/elsewhere", "/w/p"], "/w/p/a", "a");
        check(&["/elsewhere", "/w/p"], "/w/a", "/w/a");
        check(&["/elsewhere"], "/w/p/a", "/w/p/a");
        check(&[], "/w/p/a", "a");
        check(&["/w/p"], "/w/p/::add-mask::x/SKILL.md", "./::add-mask::x/SKILL.md");
    }
}
