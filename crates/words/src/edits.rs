//! Edits of people's files that are done.

use crate::text::counted;

/// The last good files are back.
pub fn restored(files: usize) -> String {
    let (were, versions) = if files == 1 { ("was", "version") } else { ("were", "versions") };
    format!("Restored {}. The previous {versions} {were} kept.", counted(files, "file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_counted() {
        assert_eq!(restored(1), "Restored 1 file. The previous version was kept.");
        assert_eq!(restored(2), "Restored 2 files. The previous versions were kept.");
    }
}
