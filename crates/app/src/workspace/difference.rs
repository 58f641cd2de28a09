//! What differs, for people to read: what the engine has, and what is on disk.
//!
//! Invariants: the same two sides give the same lines, whatever the order of keys; nothing that may
//! be a secret is shown, but that it changed is.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, HashMap},
    path::Path,
    time::{Duration, Instant},
};

use rekindle_domain::{
    Action, Answers, Change, ChangeKind, DiffLine, FileNotice, Fingerprint, Kind, Mark, Notice, Place, SkillAnswer,
    masked, masked_text, mentions_outside, visible,
};
use rekindle_opencode::{Disk, effective, skill::frontmatter, value_of};
use serde_json::{Map, Value};
use similar::{ChangeTag, TextDiff};

use crate::files::file;

/// How many equal lines are shown around a difference.
const AROUND: usize = 2;
/// How long the smallest differences are looked for, all changes together; then any difference will do.
const PATIENCE: Duration = Duration::from_secs(1);
/// The most lines that are shown. Nobody reads more.
const MOST_LINES: usize = 5000;
/// How much of two texts is compared, in bytes of each, from a little before the first difference on.
const LONGEST: usize = 256 * 1024;
/// The same when all changes together have taken long.
const LONGEST_LATE: usize = CONTEXT + 16 * 1024;
/// How much of what is before that tells what it is part of, such as a key over several lines.
const CONTEXT: usize = 16 * 1024;
/// How much of a line is shown, in bytes.
const LONGEST_LINE: usize = 4096;
/// The longest path of a value, in bytes: behind that it is shown as one.
const LONGEST_PATH: usize = 512;

/// The two sides that are compared, for as many changes as anyone asks for.
pub struct Sides<'a> {
    disk: &'a Disk,
    answers: Option<&'a Answers>,
    /// What the engine would have after a restart, and after a dispose.
    after_restart: OnceCell<Value>,
    after_dispose: OnceCell<Value>,
    /// The skills that it has, by name.
    skills: OnceCell<HashMap<&'a str, &'a SkillAnswer>>,
    until: Instant,
}

impl<'a> Sides<'a> {
    /// What is on disk, and what the engine answered.
    pub fn new(disk: &'a Disk, answers: Option<&'a Answers>) -> Self {
        let (after_restart, after_dispose, skills) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { disk, answers, after_restart, after_dispose, skills, until: Instant::now() + PATIENCE }
    }

    /// The lines that differ for one pending change. None: it cannot be shown as text, like code.
    /// `was_hidden`: what the engine has comes from a variable and may be a secret.
    pub fn difference(&self, change: &Change, was_hidden: bool) -> Vec<DiffLine> {
        let written = self.disk.written.get(&change.id);
        let is_text = matches!(change.kind, Kind::Agent | Kind::Command);
        match change.kind {
            Kind::Skill => lines(&self.skill_before(change), &skill_after(change), self.until),
            Kind::Agent | Kind::Command | Kind::Mcp | Kind::Config | Kind::Instructions => {
                let (before, after) = self.values(change);
                let lines = if is_text && written.is_none() && !was_hidden {
                    lines(&document(&before), &document(&after), self.until)
                } else {
                    values(&change.name, &before, &after, written.unwrap_or(&Value::Null), was_hidden)
                };
                if lines.is_empty() { reordered(&change.name, &before, &after) } else { lines }
            }
            Kind::Plugin | Kind::Tool => {
                let line = |mark, text: Notice| DiffLine { mark, text };
                let (before, after) = (change.before.clone(), change.after.clone());
                if let (Some(other), Some(was), Some(is)) = (&change.runs_before, &before, &after) {
                    let was = FileNotice::RunsBefore { plugin: was.clone(), other: other.clone() };
                    let is = FileNotice::RunsAfter { plugin: is.clone(), other: other.clone() };
                    return vec![line(Mark::Removed, was.into()), line(Mark::Added, is.into())];
                }
                if before == after {
                    return Vec::new();
                }
                let before = before.map(|text| line(Mark::Removed, text.into()));
                before.into_iter().chain(after.map(|text| line(Mark::Added, text.into()))).collect()
            }
        }
    }

    /// What the engine has of a name, and what it would have.
    fn values(&self, change: &Change) -> (Value, Value) {
        let of = |config: &Value| value_of(config, change.kind, &change.name).cloned().unwrap_or_default();
        let Disk { global, layers, .. } = self.disk;
        let fresh = || self.after_restart.get_or_init(|| effective(global, layers));
        let Some(answers) = self.answers else { return (Value::Null, of(fresh())) };
        let is_global = self.disk.items.get(&change.id).is_some_and(|item| item.place == Place::GlobalConfig);
        let after = match is_global || change.action == Action::Restart {
            true => fresh(),
            false => self.after_dispose.get_or_init(|| effective(&answers.global_config, layers)),
        };
        (of(&answers.config), of(after))
    }

    fn skill_before(&self, change: &Change) -> String {
        let skills = || {
            let skills = self.answers.into_iter().flat_map(|answers| &answers.skills);
            // Of several of one name the first one counts.
            let skills: Vec<_> = skills.map(|skill| (skill.name.as_str(), skill)).collect();
            skills.into_iter().rev().collect()
        };
        let skill = self.skills.get_or_init(skills).get(change.name.as_str());
        skill.filter(|_| change.change != ChangeKind::Added).map(|skill| skill_document(skill)).unwrap_or_default()
    }
}

fn skill_after(change: &Change) -> String {
    if change.change == ChangeKind::Removed {
        return String::new();
    }
    let text = file::read_lossy(Path::new(&change.source)).ok().flatten().unwrap_or_default();
    let Ok(skill) = frontmatter::skill(&text) else { return String::new() };
    let location = change.source.clone();
    skill_document(&SkillAnswer { name: skill.name, description: skill.description, location, content: skill.body })
}

fn skill_document(skill: &SkillAnswer) -> String {
    let content = skill.content.replace("\r\n", "\n");
    let description = skill.description.as_deref().unwrap_or_default().trim();
    format!("name: {}\ndescription: {description}\n\n{}\n", skill.name, content.trim())
}

/// An agent or command: its settings, and below them its text.
fn document(value: &Value) -> String {
    let Value::Object(map) = value else { return String::new() };
    let is_text = |key: &str| matches!(key, "prompt" | "template");
    let mut settings = BTreeMap::new();
    for (key, value) in map.iter().filter(|(key, _)| !is_text(key)) {
        flatten(key, &masked(key, value), &mut settings);
    }
    let settings = settings.iter().map(|(path, value)| format!("{path}: {}\n", plain(value)));
    let text = map.iter().find(|(key, _)| is_text(key)).and_then(|(_, text)| text.as_str()).unwrap_or_default();
    let text = text.replace("\r\n", "\n");
    let text = if text.trim().is_empty() { String::new() } else { format!("\n{}\n", text.trim()) };
    settings.collect::<String>() + &text
}

/// Key by key, sorted. `written`: the values as they stand in the files, if there are variables.
/// `was_hidden`: nothing of what the engine has is shown.
fn values(name: &str, before: &Value, after: &Value, written: &Value, was_hidden: bool) -> Vec<DiffLine> {
    let flat = |value: &Value| {
        let mut flat = BTreeMap::new();
        if !value.is_null() {
            flatten(name, value, &mut flat);
        }
        flat
    };
    let (was, is) = (flat(before), flat(after));
    let (was_shown, is_shown) = (flat(&masked(name, before)), flat(&masked(name, after)));
    let written = flat(&masked(name, written));
    let mut paths: Vec<_> = was.keys().chain(is.keys()).collect();
    paths.sort();
    paths.dedup();
    let mut lines = Vec::new();
    for path in paths.into_iter().filter(|path| was.get(*path) != is.get(*path)) {
        let as_written = written.get(path).filter(|value| mentions_outside(value)).map(plain);
        let show = |side: &BTreeMap<String, Value>| side.get(path).map(plain);
        let is_hidden = was_hidden || as_written.is_some();
        let old = show(&was_shown).map(|text| if is_hidden { "••••".to_owned() } else { shortened(&text) });
        let new = show(&is_shown).map(|text| shortened(&as_written.unwrap_or(text)));
        let is_same = old == new;
        let line = |text| format!("{path}: {text}");
        let added = |line| if is_same { FileNotice::ValueChanged { line }.into() } else { Notice::Verbatim(line) };
        lines.extend(old.map(|text| DiffLine { mark: Mark::Removed, text: line(text).into() }));
        lines.extend(new.map(|text| DiffLine { mark: Mark::Added, text: added(line(text)) }));
    }
    lines
}

/// The keys whose order counts and is another.
fn reordered(path: &str, before: &Value, after: &Value) -> Vec<DiffLine> {
    let (Value::Object(was), Value::Object(is)) = (before, after) else { return Vec::new() };
    let keys = |map: &Map<String, Value>| map.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let inner: Vec<_> = was
        .iter()
        .filter_map(|(key, was)| Some(reordered(&format!("{path}.{key}"), was, is.get(key)?)))
        .flatten()
        .collect();
    if !inner.is_empty() || keys(was) == keys(is) || Fingerprint::of_config(before) == Fingerprint::of_config(after) {
        return inner;
    }
    let order = |map| FileNotice::KeyOrder { path: shortened(path), keys: shortened(&keys(map)) };
    let line = |mark, map| DiffLine { mark, text: order(map).into() };
    vec![line(Mark::Removed, was), line(Mark::Added, is)]
}

/// Every value by its path; a list of plain values is one value.
fn flatten(path: &str, value: &Value, into: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(map) if !map.is_empty() && path.len() <= LONGEST_PATH => {
            for (key, value) in map {
                flatten(&format!("{path}.{key}"), value, into);
            }
        }
        Value::Array(list)
            if path.len() <= LONGEST_PATH && list.iter().any(|value| value.is_object() || value.is_array()) =>
        {
            for (index, value) in list.iter().enumerate() {
                flatten(&format!("{path}[{index}]"), value, into);
            }
        }
        _ => drop(into.insert(path.to_owned(), value.clone())),
    }
}

fn shortened(line: &str) -> String {
    if line.len() <= LONGEST_LINE {
        return line.to_owned();
    }
    format!("{}…", cut(line, LONGEST_LINE).0)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Two texts, line by line, with everything in them visible.
pub(crate) fn of_texts(before: &str, after: &str) -> Vec<DiffLine> {
    let seen = |text: &str| text.lines().map(|line| format!("{}\n", visible(line))).collect::<String>();
    lines(&seen(before), &seen(after), Instant::now() + PATIENCE)
}

/// Line by line; long stretches of equal lines are left out. `until`: when to be content with what was found.
fn lines(before: &str, after: &str, until: Instant) -> Vec<DiffLine> {
    let is_late = Instant::now() >= until;
    let part = Part::of(before, after, if is_late { LONGEST_LATE } else { LONGEST });
    let (before, after) = (part.before, part.after);
    // Masked as a whole, because a secret may have several lines; compared as they are, so that its change is seen.
    let (old, new) = (masked_text(before), masked_text(after));
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let diff = TextDiff::configure().deadline(until).diff_lines(before, after);
    let changes: Vec<_> = diff.iter_all_changes().collect();
    let differs = |change: &similar::Change<&str>| change.tag() != ChangeTag::Equal;
    let mut lines: Vec<DiffLine> = Vec::new();
    let mut left_out = part.skipped;
    for (at, change) in changes.iter().enumerate() {
        let from = at.saturating_sub(AROUND);
        let mut around = changes.iter().take(at + AROUND + 1).skip(from);
        let mark = match change.tag() {
            ChangeTag::Insert => Mark::Added,
            ChangeTag::Delete => Mark::Removed,
            ChangeTag::Equal if around.any(differs) => Mark::Same,
            ChangeTag::Equal => {
                left_out += 1;
                continue;
            }
        };
        gap(&mut left_out, &mut lines);
        let shown = |side: &[&str], at: Option<usize>| at.and_then(|at| side.get(at)).map(|line| shortened(line));
        let text = shown(&old, change.old_index()).or_else(|| shown(&new, change.new_index())).unwrap_or_default();
        lines.push(DiffLine { mark, text: text.into() });
    }
    if !lines.is_empty() && part.rest == 0 {
        gap(&mut left_out, &mut lines);
    }
    let more = lines.len().saturating_sub(MOST_LINES) + part.rest;
    if more > 0 {
        lines.truncate(MOST_LINES);
        lines.push(DiffLine { mark: Mark::Same, text: FileNotice::MoreLines { lines: more }.into() });
    }
    lines
}

/// The parts of two texts that are compared; all of each, unless one is very long.
struct Part<'a> {
    before: &'a str,
    after: &'a str,
    /// How many equal lines are before them.
    skipped: usize,
    /// How many lines of the longer one are behind them.
    rest: usize,
}

impl<'a> Part<'a> {
    fn of(before: &'a str, after: &'a str, most: usize) -> Self {
        if before.len() <= most && after.len() <= most {
            return Self { before, after, skipped: 0, rest: 0 };
        }
        let equal = before.bytes().zip(after.bytes()).take_while(|(one, other)| one == other).count();
        let start = line_start(before, equal.saturating_sub(CONTEXT));
        let (before, was_left) = cut(before.get(start..).unwrap_or_default(), most);
        let (after_part, is_left) = cut(after.get(start..).unwrap_or_default(), most);
        let skipped = after.get(..start).map_or(0, count_lines);
        Self { before, after: after_part, skipped, rest: was_left.max(is_left) }
    }
}

/// The beginning of the line in which a place is, or of what stands for one where a line has no end.
fn line_start(text: &str, place: usize) -> usize {
    let place = (0..=place.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let before = text.get(..place).unwrap_or_default();
    match before.rfind('\n') {
        Some(end) if place - end <= CONTEXT => end + 1,
        _ => place,
    }
}

/// The first lines of a text, and how many are left.
fn cut(text: &str, most: usize) -> (&str, usize) {
    if text.len() <= most {
        return (text, 0);
    }
    let most = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let head = text.get(..most).unwrap_or_default();
    let end = head.rfind('\n').map_or(most, |end| end + 1);
    (text.get(..end).unwrap_or_default(), text.get(end..).map_or(0, count_lines).max(1))
}

fn count_lines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

fn gap(left_out: &mut usize, lines: &mut Vec<DiffLine>) {
    if *left_out > 0 {
        lines.push(DiffLine { mark: Mark::Gap, text: left_out.to_string().into() });
        *left_out = 0;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(lines: &[DiffLine]) -> String {
        let sign = |mark| match mark {
            Mark::Same => ' ',
            Mark::Added => '+',
            Mark::Removed => '-',
            Mark::Gap => '~',
        };
        lines.iter().map(|line| format!("{}{}\n", sign(line.mark), told(line))).collect()
    }

    /// What is a notice is told by its code.
    fn told(line: &DiffLine) -> String {
        match &line.text {
            Notice::Verbatim(text) => text.clone(),
            Notice::File(FileNotice::ValueChanged { line }) => format!("{line} !changed"),
            Notice::File(FileNotice::KeyOrder { path, keys }) => format!("{path} !order {keys}"),
            Notice::File(FileNotice::MoreLines { .. }) => "!more".to_owned(),
            other => format!("{other:?}"),
        }
    }

    /// H3: stable, sorted, in words, and without secrets.
    #[test]
    fn values_are_compared_key_by_key() {
        let check = |before: Value, after: Value, written: Value, expected: &str| {
            assert_eq!(text(&values("k", &before, &after, &written, false)), expected);
        };
        check(json!({"b": 1, "a": 2}), json!({"a": 2, "b": 1}), Value::Null, "");
        check(json!("a/b"), json!("c/d"), Value::Null, "-k: a/b\n+k: c/d\n");
        check(
            json!({"command": ["x"], "environment": {"TOKEN": "one"}}),
            json!({"command": ["x", "--all"], "environment": {"TOKEN": "two"}, "cwd": "/p"}),
            Value::Null,
            "-k.command: [\"x\"]\n+k.command: [\"x\",\"--all\"]\n+k.cwd: /p\n\
             -k.environment.TOKEN: ••••\n+k.environment.TOKEN: •••• !changed\n",
        );
        check(
            json!({"url": "one"}),
            json!({"url": "two"}),
            json!({"url": "{env:URL}"}),
            "-k.url: ••••\n+k.url: {env:URL}\n",
        );
        let list = json!({"command": ["x", "{env:TOKEN}"]});
        check(
            json!({"command": ["x", "one"]}),
            json!({"command": ["y", "one"]}),
            list,
            "-k.command: ••••\n+k.command: [\"x\",\"{env:TOKEN}\"]\n",
        );
        check(Value::Null, json!(true), Value::Null, "+k: true\n");
        let hidden = values("k", &json!("from a variable"), &json!("plain"), &Value::Null, true);
        assert_eq!(text(&hidden), "-k: ••••\n+k: plain\n");
    }

    /// N1: what is the same but for an order that counts is shown as that.
    #[test]
    fn an_order_that_counts_is_shown() {
        let check = |before: &str, after: &str, expected: &str| {
            let of = |text: &str| serde_json::from_str(text).expect("JSON");
            assert_eq!(text(&reordered("p", &of(before), &of(after))), expected, "{before} {after}");
        };
        check(
            r#"{"*": "deny", "bash": "ask"}"#,
            r#"{"bash": "ask", "*": "deny"}"#,
            "-p !order *, bash\n+p !order bash, *\n",
        );
        check(
            r#"{"x": 1, "bash": {"*": "deny", "git *": "ask"}}"#,
            r#"{"bash": {"git *": "ask", "*": "deny"}, "x": 1}"#,
            "-p.bash !order *, git *\n+p.bash !order git *, *\n",
        );
        check(r#"{"a": 1, "b": 2}"#, r#"{"b": 2, "a": 1}"#, "");
        check("{}", "5", "");
    }

    #[test]
    fn texts_are_compared_line_by_line() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let check = |after: &str, expected: &str| {
            let until = Instant::now() + PATIENCE;
            assert_eq!(text(&lines(before, after, until)), expected);
        };
        check(before, "");
        check("1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "~2\n 3\n 4\n-5\n+five\n 6\n 7\n~2\n");
        check("", "-1\n-2\n-3\n-4\n-5\n-6\n-7\n-8\n-9\n");
    }

    /// N16: two texts that have nothing in common and no end are compared in bounded time and shown in part; a
    /// value may be as deep as it likes.
    #[test]
    fn a_difference_has_a_bound() {
        let text =
            |seed: u64| (0..2_000_000_u64).map(|at| format!("{}\n", at.wrapping_mul(seed) % 997)).collect::<String>();
        let soon = || Instant::now() + PATIENCE;
        let (one, other) = (text(7_919), text(104_729));
        for (before, after) in [(&*one, &*other), ("", &*one), (&*one, "")] {
            let found = lines(before, after, soon());
            assert_eq!(found.len(), MOST_LINES + 1);
            assert_eq!(found.last().map(told).as_deref(), Some("!more"));
        }
        // Where they differ far behind, that is what is shown.
        let head = (0..1_000_000).map(|at| format!("line {at}\n")).collect::<String>();
        let (before, after) = (format!("{head}one\n{other}"), format!("{head}two\n{other}"));
        for until in [soon(), Instant::now()] {
            let found = lines(&before, &after, until);
            let shown: Vec<_> = found.iter().take(5).map(|line| (line.mark, told(line))).collect();
            let expected = [
                (Mark::Gap, "999998"),
                (Mark::Same, "line 999998"),
                (Mark::Same, "line 999999"),
                (Mark::Removed, "one"),
                (Mark::Added, "two"),
            ];
            assert_eq!(shown, expected.map(|(mark, text)| (mark, text.to_owned())));
        }
        // A line without end, and one whose beginning alone differs; what is cut are whole characters.
        let long = "ü".repeat(3_000_000);
        for (before, after) in [(format!("{long}a"), format!("{long}b")), (format!("a{long}"), format!("b{long}"))] {
            let found = lines(&before, &after, soon());
            assert!(found.iter().any(|line| line.mark == Mark::Added) && found.len() <= 3, "{}", found.len());
            assert!(found.iter().map(|line| told(line).len()).sum::<usize>() < 3 * (LONGEST_LINE + 4));
        }
        let wide = values("k", &json!([]), &json!(vec!["x"; 20_000]), &Value::Null, false);
        assert!(wide.iter().all(|line| told(line).len() < 2 * LONGEST_LINE), "{wide:?}");
        let deep = (0..400).fold(json!(1), |value, at| json!({ format!("{}{at}", "k".repeat(1000)): value }));
        assert_eq!(values("k", &Value::Null, &deep, &Value::Null, false).len(), 1);
    }

    #[test]
    fn an_agent_is_its_settings_and_its_text() {
        let agent = json!({"prompt": "Be calm.\n", "mode": "subagent", "permission": {"edit": "deny"}});
        assert_eq!(document(&agent), "mode: subagent\npermission.edit: deny\n\nBe calm.\n");
        assert_eq!(document(&Value::Null), "");
    }
}
