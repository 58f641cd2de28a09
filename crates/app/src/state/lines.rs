//! Our own files that grow by lines: read from their end, or one line after the other, never whole.
//!
//! Invariant: what is held in memory is bounded, whatever became of the file. What cannot be read is not there.

use std::{
    fs::OpenOptions,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use crate::files::foreign::{lossy, open_with};

/// The lines in the last `most` bytes of a file, oldest first. One that begins before them is left out.
pub(crate) fn last(path: &Path, most: u64) -> String {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = open_with(path, OpenOptions::new().read(true))?;
        let length = file.metadata()?.len();
        // One byte more tells whether the first line is whole.
        let start = length.saturating_sub(most.saturating_add(1));
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
        if length > most {
            let whole = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1);
            bytes.drain(..whole);
        }
        Ok(bytes)
    };
    lossy(read().unwrap_or_default())
}

/// How much of the end of a file is gone through line by line, in bytes.
const REACH: u64 = 512 * 1024 * 1024;

/// Each line of a file in its order, without its end; `None` for one of more than `longest` bytes. Of a file that is
/// longer than anything of ours the end is read, and what is before it counts as one line that is too long.
pub(crate) fn each(path: &Path, longest: u64, mut take: impl FnMut(Option<&[u8]>)) {
    let open = || -> io::Result<_> {
        let mut file = open_with(path, OpenOptions::new().read(true))?;
        let start = file.metadata()?.len().saturating_sub(REACH);
        file.seek(SeekFrom::Start(start))?;
        Ok((BufReader::new(file), start > 0))
    };
    let Ok((mut file, is_cut)) = open() else { return };
    let mut line = Vec::new();
    if is_cut {
        take(None);
        if file.skip_until(b'\n').is_err() {
            return;
        }
    }
    loop {
        line.clear();
        match file.by_ref().take(longest.saturating_add(1)).read_until(b'\n', &mut line) {
            Ok(read) if read > 0 => {}
            // What is behind a line that cannot be read cannot be read either.
            _ => return,
        }
        if line.last() == Some(&b'\n') {
            line.pop();
            take(Some(&line));
        } else if u64::try_from(line.len()).is_ok_and(|length| length <= longest) {
            // The last one, without an end.
            take(Some(&line));
        } else {
            take(None);
            if file.skip_until(b'\n').is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_from_the_end_and_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lines");
        let in_order = |longest| {
            let mut lines = Vec::new();
            each(&path, longest, |line| lines.push(line.map_or("…".into(), String::from_utf8_lossy).into_owned()));
            lines
        };
        assert_eq!((last(&path, 100).as_str(), in_order(100).len()), ("", 0), "there is none");
        let check = |text: &str, most: u64, expected: &[&str]| {
            std::fs::write(&path, text).expect("written");
            assert_eq!(last(&path, most).lines().collect::<Vec<_>>(), expected, "{text:?} {most}");
        };
        check("", 10, &[]);
        check("one\ntwo\n", 100, &["one", "two"]);
        check("one\ntwo\n", 8, &["one", "two"]);
        check("one\ntwo\n", 7, &["two"]);
        check("one\ntwo\n", 4, &["two"]);
        check("one\ntwo\n", 3, &[]);
        check("one\ntwo", 3, &["two"]);
        check("endless", 3, &[]);
        let check = |text: &str, longest: u64, expected: &[&str]| {
            std::fs::write(&path, text).expect("written");
            assert_eq!(in_order(longest), expected, "{text:?} {longest}");
        };
        check("", 10, &[]);
        check("one\n\ntwo", 10, &["one", "", "two"]);
        check("one\nthree\ntwo\n", 3, &["one", "…", "two"]);
        check("one\nthree", 3, &["one", "…"]);
        check("three\n", 4, &["…"]);
        check("four\n", 4, &["four"]);
        // One without an end of its own, however long.
        let file = std::fs::OpenOptions::new().write(true).open(&path).expect("open");
        file.set_len(2 * REACH).expect("made long");
        std::os::unix::fs::FileExt::write_all_at(&file, b"\nlast", 2 * REACH).expect("written");
        assert_eq!(in_order(9), ["…", "last"]);
    }
}
