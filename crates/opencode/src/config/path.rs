//! How a key of the configuration is written on one line: `permission.bash."git *"`, `plugin[0]`.
//!
//! Invariant: what is written here is read as the same keys again, whatever is in them.

use std::fmt::Write as _;

/// One step on the way to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A key of an object.
    Key(String),
    /// An entry of a list, from 0.
    Entry(usize),
}

/// The keys and entries that lead to a value, from the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPath(Vec<Step>);

impl KeyPath {
    /// Reads one. Points are between keys; a key with a point, a bracket or a quote in it is a string as in JSON, behind a
    /// point (`permission.bash."*.md"`) or in brackets (`permission.bash["*.md"]`). `None`: it is written otherwise.
    pub fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        let mut rest = text;
        // A key has to follow: at the beginning, and behind a point.
        let mut is_due = true;
        while is_due || !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('[') {
                let (step, behind) = bracketed(inner)?;
                if is_due && !steps.is_empty() {
                    return None;
                }
                steps.push(step);
                rest = behind;
            } else {
                let (key, behind) = if rest.starts_with('"') { quoted(rest)? } else { bare(rest)? };
                if !is_due {
                    return None;
                }
                steps.push(Step::Key(key));
                rest = behind;
            }
            is_due = false;
            if let Some(behind) = rest.strip_prefix('.') {
                (rest, is_due) = (behind, true);
            }
        }
        matches!(steps.first(), Some(Step::Key(_))).then_some(Self(steps))
    }

    /// One of keys alone.
    pub fn of_keys<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        Self(keys.into_iter().map(|key| Step::Key(key.to_owned())).collect())
    }

    /// The keys, if there are only keys in it.
    pub fn keys(&self) -> Option<Vec<String>> {
        let keys = self.0.iter().map(|step| match step {
            Step::Key(key) => Some(key.clone()),
            Step::Entry(_) => None,
        });
        keys.collect()
    }

    /// The same with an entry of the list that it leads to.
    #[must_use]
    pub fn entry(mut self, index: usize) -> Self {
        self.0.push(Step::Entry(index));
        self
    }

    /// As it is written.
    pub fn written(&self) -> String {
        let mut text = String::new();
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Entry(index) => drop(write!(text, "[{index}]")),
                Step::Key(key) => {
                    if at > 0 {
                        text.push('.');
                    }
                    if is_bare(key) {
                        text.push_str(key)
                    } else {
                        text.push_str(&serde_json::Value::from(key.as_str()).to_string())
                    }
                }
            }
        }
        text
    }
}

/// Whether a key stands without quotes. One with space is read all the same, and easier to see in quotes.
fn is_bare(key: &str) -> bool {
    !key.is_empty()
        && !key.contains(|c: char| matches!(c, '.' | '"' | '[' | ']') || c.is_whitespace() || c.is_control())
}

/// A key without quotes, and what is behind it.
fn bare(text: &str) -> Option<(String, &str)> {
    let end = text.find(['.', '[', '"', ']']).unwrap_or(text.len());
    let (key, behind) = text.split_at_checked(end)?;
    (!key.is_empty() && !behind.starts_with(['"', ']'])).then(|| (key.to_owned(), behind))
}

/// A key as a string of JSON, and what is behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let key = values.next()?.ok()?;
    let behind = text.get(values.byte_offset()..)?;
    Some((key, behind))
}

/// What stands in brackets, and what is behind them.
fn bracketed(text: &str) -> Option<(Step, &str)> {
    let (step, behind) = if text.starts_with('"') {
        let (key, behind) = quoted(text)?;
        (Step::Key(key), behind)
    } else {
        let (index, behind) = text.split_at_checked(text.find(']')?)?;
        let is_number = !index.is_empty() && index.chars().all(|c| c.is_ascii_digit());
        (Step::Entry(index.parse().ok().filter(|_| is_number)?), behind)
    };
    Some((step, behind.strip_prefix(']')?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// V5: keys are written as people write them, and a key with a point in it has a way.
    #[test]
    fn keys_are_read() {
        let check = |text: &str, expected: Option<&[&str]>| {
            let keys = KeyPath::parse(text).and_then(|path| path.keys());
            let expected = expected.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>());
            assert_eq!(keys, expected, "{text:?}");
        };
        check("model", Some(&["model"]));
        check("permission.bash", Some(&["permission", "bash"]));
        check(r#"permission.bash."*.md""#, Some(&["permission", "bash", "*.md"]));
        check(r#"permission.bash["*.md"].x"#, Some(&["permission", "bash", "*.md", "x"]));
        check(r#""a.b""#, Some(&["a.b"]));
        check(r#"["a.b"].c"#, Some(&["a.b", "c"]));
        check("permission.bash.git *", Some(&["permission", "bash", "git *"]));
        check(r#"a."\u00fc\"""#, Some(&["a", "ü\""]));
        check(r#"a."""#, Some(&["a", ""]));
        for wrong in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "a.[0]",
            "[0]",
            "a[",
            "a[]",
            "a[x]",
            "a[-1]",
            "a]",
            "a\"b\"",
            "\"a\"b",
            "a.\"b",
            "\"a\"\"b\"",
        ] {
            assert_eq!(KeyPath::parse(wrong), None, "{wrong:?}");
        }
        let entry = KeyPath::parse("plugin[2]").expect("read");
        assert_eq!((entry.keys(), entry.written()), (None, "plugin[2]".to_owned()));
    }

    proptest! {
        /// V5: whatever the keys are, they are written and read again.
        #[test]
        fn what_is_written_is_read(keys in proptest::collection::vec(".*", 1..4), entry in proptest::option::of(0_usize..99)) {
            let path = KeyPath::of_keys(keys.iter().map(String::as_str));
            let path = match entry { Some(index) => path.entry(index), None => path };
            prop_assert_eq!(KeyPath::parse(&path.written()), Some(path));
        }
    }
}
