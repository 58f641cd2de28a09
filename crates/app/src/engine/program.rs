//! Which program an engine is.
//!
//! Invariant: two engines of the same program are of the same build; whoever puts another file in its place gets
//! another program. What an engine says of itself is no part of it.

use std::path::Path;

use rekindle_domain::Fingerprint;

/// The program in a file: where it is, and what tells the file from any other without reading its hundred
/// megabytes. `None`: there is none.
pub fn program(binary: &Path) -> Option<Fingerprint> {
    let path = binary.canonicalize().ok()?;
    let file = path.metadata().ok()?;
    #[cfg(unix)]
    let stamp = {
        use std::os::unix::fs::MetadataExt;
        (file.dev(), file.ino(), file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec())
    };
    #[cfg(not(unix))]
    let stamp = file.modified().ok();
    Some(Fingerprint::of_parts(&[&path.to_string_lossy(), &file.len().to_string(), &format!("{stamp:?}")]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// N16: another file is another program, also where it has the same name, size and time.
    #[test]
    fn another_file_is_another_program() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("opencode");
        assert_eq!(program(&path), None);
        std::fs::write(&path, "one").expect("written");
        let first = program(&path);
        assert!(first.is_some());
        assert_eq!(program(&path), first);
        let time = path.metadata().and_then(|file| file.modified()).expect("a time");
        let other = folder.path().join("other");
        std::fs::write(&other, "two").expect("written");
        let file = std::fs::File::options().write(true).open(&other).expect("opened");
        file.set_modified(time).expect("the same time");
        std::fs::rename(&other, &path).expect("replaced");
        assert_ne!(program(&path), first);
    }
}
