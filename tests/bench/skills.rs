//! Many skills of 4 KiB.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rekindle_tests::{
    wait,
    world::{World, skill, write},
};

/// The size of each `SKILL.md`, in bytes.
pub(crate) const SIZE: usize = 4096;

/// Writes so many skills into the project; their files.
pub(crate) fn many(world: &World, count: usize) -> Vec<PathBuf> {
    let files: Vec<_> =
        (0..count).map(|number| world.path(&format!(".opencode/skills/{}/SKILL.md", name(number)))).collect();
    for (number, file) in files.iter().enumerate() {
        write(file, &text(number, 'a'));
    }
    settle(&files);
    files
}

/// The name of a skill.
pub(crate) fn name(number: usize) -> String {
    format!("skill-{number:05}")
}

/// The text of a skill, which ends with a letter.
pub(crate) fn text(number: usize, letter: char) -> String {
    let mut text = skill(&name(number), "What to do, and in which order.");
    while text.len() < SIZE - 1 {
        text.push(if text.len().is_multiple_of(80) { '\n' } else { 'x' });
    }
    text.push(letter);
    text
}

/// Makes files look as if they had been written long ago: what changed a moment before it was read is
/// read again by the next scan, on purpose.
pub(crate) fn settle(files: &[PathBuf]) {
    let long_ago = SystemTime::now() - Duration::from_secs(60);
    for file in files {
        File::options().write(true).open(file).and_then(|file| file.set_modified(long_ago)).expect("an older file");
    }
    // When attributes changed cannot be set; the last file is the youngest.
    let end = std::time::Instant::now() + wait::BOUND;
    while files.last().is_some_and(|file| age(file) < Duration::from_millis(50)) {
        assert!(std::time::Instant::now() < end, "files do not get older");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// How long ago a file's attributes changed.
fn age(file: &Path) -> Duration {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(file).expect("the file");
    let seconds = u64::try_from(metadata.ctime()).expect("a time");
    let changed = Duration::new(seconds, u32::try_from(metadata.ctime_nsec()).expect("a time"));
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH + changed).unwrap_or_default()
}
