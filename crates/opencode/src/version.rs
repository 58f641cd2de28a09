//! Versions and ranges of packages, as npm and the engine read them.
//!
//! Invariant: what is no version, or no range, is none, and matches nothing.

use std::cmp::Ordering;

/// A version of a package: `1.2.3`, `1.2.3-beta.1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    numbers: [u64; 3],
    /// What makes it one before the version proper.
    before: Vec<Part>,
}

/// A part of what is behind the hyphen: numbers come before words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Word(String),
}

impl Version {
    /// Reads one; `None`: it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('v').unwrap_or(text).split('+').next()?;
        let (numbers, before) = text.split_once('-').map_or((text, None), |(numbers, before)| (numbers, Some(before)));
        let mut parts = numbers.split('.').map(number);
        let numbers = [parts.next()??, parts.next()??, parts.next()??];
        if parts.next().is_some() {
            return None;
        }
        let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let part = |word: &str| is_word(word).then(|| number(word).map_or(Part::Word(word.to_owned()), Part::Number));
        let before = before.map(|before| before.split('.').map(part).collect::<Option<_>>());
        Some(Self { numbers, before: before.unwrap_or(Some(Vec::new()))? })
    }

    /// Whether it is one before the version proper.
    pub fn is_prerelease(&self) -> bool {
        !self.before.is_empty()
    }

    fn of(numbers: [u64; 3]) -> Self {
        Self { numbers, before: Vec::new() }
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let proper = self.before.is_empty().cmp(&other.before.is_empty());
        self.numbers.cmp(&other.numbers).then(proper).then_with(|| self.before.cmp(&other.before))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// One condition of a range.
#[derive(Clone, Debug)]
struct Bound {
    order: fn(Ordering) -> bool,
    version: Version,
}

/// A range of versions: `^1.2`, `>=1 <3`, `1.x || 2.0.0`, `*`.
#[derive(Clone, Debug)]
pub struct Range(Vec<Vec<Bound>>);

impl Range {
    /// Reads one; `None`: it is none, such as a tag.
    pub fn parse(text: &str) -> Option<Self> {
        text.split("||").map(all_of).collect::<Option<_>>().map(Self)
    }

    /// Whether a version is in it. One before the version proper is only where the range names one of the same numbers.
    pub fn has(&self, version: &Version) -> bool {
        self.0.iter().any(|bounds| {
            let fits = bounds.iter().all(|bound| (bound.order)(version.cmp(&bound.version)));
            let names = |bound: &Bound| bound.version.is_prerelease() && bound.version.numbers == version.numbers;
            fits && (!version.is_prerelease() || bounds.iter().any(names))
        })
    }
}

/// Conditions that hold together.
fn all_of(text: &str) -> Option<Vec<Bound>> {
    if let Some((from, to)) = text.split_once(" - ") {
        let ((from, _), (to, given)) = (partial(from)?, partial(to)?);
        let to = if given == 3 { Bound { order: Ordering::is_le, version: to } } else { below(next(&to, given)?) };
        return Some(vec![Bound { order: Ordering::is_ge, version: from }, to]);
    }
    let mut bounds = Vec::new();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        let at = word.find(|c: char| !"<>=^~".contains(c)).unwrap_or(word.len());
        let (operator, version) = word.split_at_checked(at)?;
        // `>= 1.2` is one condition.
        let version = if version.is_empty() { words.next()? } else { version };
        bounds.extend(one(operator, version)?);
    }
    Some(bounds)
}

fn one(operator: &str, text: &str) -> Option<Vec<Bound>> {
    let (version, given) = partial(text)?;
    let from = |version: &Version| Bound { order: Ordering::is_ge, version: version.clone() };
    if given == 0 {
        return match operator {
            // Nothing is beyond everything.
            "<" | ">" => Some(vec![below(Version::of([0; 3]))]),
            _ => Some(Vec::new()),
        };
    }
    Some(match operator {
        "" | "=" if given == 3 => vec![Bound { order: Ordering::is_eq, version }],
        "" | "=" => vec![from(&version), below(next(&version, given)?)],
        "^" => {
            let first = version.numbers.iter().take(given).position(|number| *number > 0).unwrap_or(given - 1);
            vec![from(&version), below(next(&version, first + 1)?)]
        }
        "~" | "~>" => vec![from(&version), below(next(&version, given.min(2))?)],
        ">=" => vec![from(&version)],
        ">" if given == 3 => vec![Bound { order: Ordering::is_gt, version }],
        ">" => vec![from(&next(&version, given)?)],
        "<" => vec![Bound { order: Ordering::is_lt, version }],
        "<=" if given == 3 => vec![Bound { order: Ordering::is_le, version }],
        "<=" => vec![below(next(&version, given)?)],
        _ => return None,
    })
}

/// A version of which the last numbers may be missing, or any, and how many are given.
fn partial(text: &str) -> Option<(Version, usize)> {
    let text = text.trim();
    if let Some(version) = Version::parse(text) {
        return Some((version, 3));
    }
    let text = text.strip_prefix('v').unwrap_or(text);
    let parts: Vec<_> = text.split('.').collect();
    let given = parts.iter().take_while(|part| !matches!(**part, "*" | "x" | "X" | "")).count();
    let is_rest_any = parts.iter().skip(given).all(|part| matches!(*part, "*" | "x" | "X") || text.is_empty());
    let mut numbers = [0; 3];
    for (number, part) in numbers.iter_mut().zip(parts.iter().take(given)) {
        *number = self::number(part)?;
    }
    (given < 3 && parts.len() <= 3 && is_rest_any).then_some((Version::of(numbers), given))
}

/// The first version in which the first so many numbers are greater.
fn next(version: &Version, given: usize) -> Option<Version> {
    let mut numbers = [0; 3];
    for (at, (number, old)) in numbers.iter_mut().zip(version.numbers).take(given).enumerate() {
        *number = if at + 1 == given { old.checked_add(1)? } else { old };
    }
    Some(Version::of(numbers))
}

fn below(version: Version) -> Bound {
    // What comes before it is not below it: `^1.2.3` has no `2.0.0-beta`.
    Bound { order: Ordering::is_lt, version: Version { before: vec![Part::Number(0)], ..version } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap_or_else(|| panic!("{text} is none"))
    }

    #[test]
    fn versions_have_an_order() {
        let ascending =
            ["0.0.1", "0.1.0", "1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-a", "1.0.0-a.1", "1.0.0", "1.0.1", "10.0.0"];
        for pair in ascending.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
        }
        assert_eq!(version("v1.2.3+build"), version("1.2.3"));
        for text in ["", "1", "1.2", "1.2.3.4", "a", "1.2.x", "1.2.3-", "latest", "99999999999999999999.0.0"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    /// G2: as npm reads them, and with it the engine.
    #[test]
    fn ranges_have_their_versions() {
        let check = |range: &str, inside: &[&str], outside: &[&str]| {
            let read = Range::parse(range).unwrap_or_else(|| panic!("{range} is none"));
            for (texts, expected) in [(inside, true), (outside, false)] {
                texts.iter().for_each(|text| assert_eq!(read.has(&version(text)), expected, "{range} {text}"));
            }
        };
        check("1.2.3", &["1.2.3"], &["1.2.4", "1.2.3-a"]);
        check("^1.2.3", &["1.2.3", "1.9.0"], &["1.2.2", "2.0.0", "2.0.0-a", "1.3.0-a"]);
        check("^0.2.3", &["0.2.3", "0.2.9"], &["0.3.0"]);
        check("^0.0.3", &["0.0.3"], &["0.0.4"]);
        check("^0.0", &["0.0.9"], &["0.1.0"]);
        check("^1", &["1.0.0", "1.9.9"], &["2.0.0", "0.9.0"]);
        check("~1.2.3", &["1.2.9"], &["1.3.0"]);
        check("~1", &["1.9.0"], &["2.0.0"]);
        check("1.x", &["1.0.0", "1.9.0"], &["2.0.0"]);
        check("1.2", &["1.2.9"], &["1.3.0"]);
        check("*", &["0.0.1", "9.0.0"], &["1.0.0-a"]);
        check("", &["1.0.0"], &[]);
        check(">=1.2 <2 || 3.0.0", &["1.2.0", "3.0.0"], &["2.0.0", "3.0.1"]);
        check(">= 1.18.0", &["1.18.33"], &["1.17.9"]);
        check(">1.2", &["1.3.0"], &["1.2.9"]);
        check("<=1.2", &["1.2.9"], &["1.3.0"]);
        check("1.2 - 2.3.4", &["1.2.0", "2.3.4"], &["2.3.5"]);
        check("1 - 2", &["2.9.9"], &["3.0.0"]);
        check("^1.0.0-beta.1", &["1.0.0-beta.2", "1.5.0"], &["1.5.0-beta.1", "1.0.0-alpha"]);
        for text in ["latest", "beta", "git+https://host/o/r.git", "npm:a@1", "1.2.3.4", "=>1"] {
            assert!(Range::parse(text).is_none(), "{text}");
        }
    }
}
