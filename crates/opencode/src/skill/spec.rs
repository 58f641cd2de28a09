//! What a skill's author and whoever installs it should know, beyond whether the engine loads it: what the specification of
//! skills asks for (agentskills.io), what a reader would not see, and what it costs.

use rekindle_domain::{SkillNotice, hidden_runs};
use serde_json::Value;

use super::frontmatter::{Markdown, parse};

/// The longest name, in characters.
const LONGEST_NAME: usize = 64;
/// The longest description, in characters.
const LONGEST_DESCRIPTION: usize = 1024;
/// The most lines of a body.
const MOST_LINES: usize = 500;
/// How much is told of what is hidden, in characters.
const TOLD: usize = 200;
/// How many hidden things of a file are told.
const MOST_HIDDEN: usize = 20;

/// Something to know, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What it is.
    pub what: SkillNotice,
}

/// Where a `SKILL.md` differs from the specification. `folder`: the name of its folder.
pub fn remarks(text: &str, folder: &str) -> Vec<Remark> {
    let Ok(Markdown { fields, body, .. }) = parse(text) else { return Vec::new() };
    let at = |key: &str, what| Remark { line: line_of(text, key), column: 1, what };
    let mut remarks = Vec::new();
    if let Some(name) = fields.get("name").and_then(Value::as_str) {
        if !is_name(name) {
            remarks.push(at("name", SkillNotice::NameForm { name: name.to_owned() }));
        } else if name != folder {
            remarks.push(at("name", SkillNotice::NameNotFolder { name: name.to_owned(), folder: folder.to_owned() }));
        }
    }
    match fields.get("description").and_then(Value::as_str).map(|text| text.chars().count()) {
        None | Some(0) => remarks.push(at("description", SkillNotice::NoDescription)),
        Some(length) if length > LONGEST_DESCRIPTION => {
            remarks.push(at("description", SkillNotice::DescriptionLong { length, most: LONGEST_DESCRIPTION }));
        }
        Some(_) => {}
    }
    let lines = body.lines().count();
    if lines > MOST_LINES {
        let line = text.lines().count().saturating_sub(lines) + 1;
        remarks.push(Remark { line, column: 1, what: SkillNotice::BodyLong { lines, most: MOST_LINES } });
    }
    remarks
}

/// By the specification, and its reference implementation: letters and digits of any script, in lower case.
fn is_name(name: &str) -> bool {
    let is_letter = |c: char| c == '-' || c.is_alphanumeric() && !c.is_uppercase();
    let count = name.chars().count();
    (1..=LONGEST_NAME).contains(&count)
        && name.chars().all(is_letter)
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

fn line_of(text: &str, key: &str) -> usize {
    let is_it = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':'));
    text.lines().position(is_it).map_or(1, |line| line + 1)
}

/// What somebody who reads a file would not see, and a model does. `is_markdown`: whether comments are hidden in it.
pub fn hidden(text: &str, is_markdown: bool) -> Vec<Remark> {
    let runs = hidden_runs(text).map(|(at, text)| (at, SkillNotice::HiddenCharacters { text: told(&text) }));
    let comments = comments(text).into_iter().filter(|_| is_markdown);
    let mut found: Vec<_> =
        runs.chain(comments.map(|(at, text)| (at, SkillNotice::HiddenComment { text: told(text) }))).collect();
    found.sort_by_key(|(at, _)| *at);
    if let Some((at, _)) = found.get(MOST_HIDDEN) {
        let more = (*at, SkillNotice::HiddenMore { count: found.len() - MOST_HIDDEN });
        found.truncate(MOST_HIDDEN);
        found.push(more);
    }
    let (mut line, mut begin, mut seen) = (1, 0, 0);
    let place = |(at, what): (usize, SkillNotice)| {
        let between = text.get(seen..at).unwrap_or_default();
        line += between.matches('\n').count();
        begin = between.rfind('\n').map_or(begin, |end| seen + end + 1);
        seen = at;
        let column = text.get(begin..at).unwrap_or_default().chars().count() + 1;
        Remark { line, column, what }
    };
    found.into_iter().map(place).collect()
}

fn told(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_long = text.chars().nth(TOLD).is_some();
    text.chars().take(TOLD).chain(is_long.then_some('…')).collect()
}

/// The comments of HTML in Markdown, and where each begins; what stands in a block of code is seen by a reader.
fn comments(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fence: Option<(char, usize)> = None;
    let (mut line_end, mut from) = (0, 0);
    for line in text.split_inclusive('\n') {
        let begin = line_end;
        line_end += line.len();
        if line_end <= from {
            continue;
        }
        // What is left of a line in which a comment ended begins no block.
        if from <= begin {
            fence = next_fence(fence, line);
            from = begin;
        }
        while fence.is_none()
            && let Some(open) = text.get(from..line_end).and_then(|rest| rest.find("<!--"))
        {
            let open = from + open;
            let inside = text.get(open + 4..).unwrap_or_default();
            let length = inside.find("-->").unwrap_or(inside.len());
            found.push((open, inside.get(..length).unwrap_or_default()));
            from = (open + 4 + length + 3).min(text.len());
        }
    }
    found
}

/// Within which block of code the text goes on behind a line: its mark, and how often that stands there.
fn next_fence(fence: Option<(char, usize)>, line: &str) -> Option<(char, usize)> {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let line = line.trim();
    let Some(mark) = line.chars().next().filter(|mark| indent <= 3 && matches!(mark, '`' | '~')) else { return fence };
    let rest = line.trim_start_matches(mark);
    let count = line.len() - rest.len();
    match fence {
        None if count >= 3 && !(mark == '`' && rest.contains('`')) => Some((mark, count)),
        Some((open, length)) if open == mark && count >= length && rest.is_empty() => None,
        other => other,
    }
}

/// The tools that a skill asks to use without being asked: `allowed-tools`, a list or words.
pub fn tools(text: &str) -> Vec<String> {
    let Ok(Markdown { mut fields, .. }) = parse(text) else { return Vec::new() };
    match fields.remove("allowed-tools") {
        Some(Value::String(words)) => {
            words.split([' ', ',']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
        }
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// How many tokens a text takes, estimated.
pub fn tokens(text: &str) -> usize {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    ascii.div_ceil(4) + text.chars().filter(|c| !c.is_ascii()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(remarks: Vec<Remark>) -> Vec<(usize, usize, SkillNotice)> {
        remarks.into_iter().map(|Remark { line, column, what }| (line, column, what)).collect()
    }

    /// S7: by the specification, with the place.
    #[test]
    fn the_specification_is_asked() {
        let check = |text: &str, expected: &[(usize, usize, SkillNotice)]| {
            assert_eq!(whats(remarks(text, "a-skill")), expected, "{text}");
        };
        check("---\nname: a-skill\ndescription: d\n---\nbody", &[]);
        let name = |name: &str| SkillNotice::NameForm { name: name.to_owned() };
        for bad in ["A-skill", "a skill", "-a", "a--b", "a_b", &"a".repeat(65)] {
            check(&format!("---\ndescription: d\nname: {bad}\n---\n"), &[(3, 1, name(bad))]);
        }
        let other = SkillNotice::NameNotFolder { name: "über".to_owned(), folder: "a-skill".to_owned() };
        check("---\nname: über\ndescription: d\n---\n", &[(2, 1, other)]);
        check("---\nname: a-skill\n---\n", &[(1, 1, SkillNotice::NoDescription)]);
        let long = format!("---\nname: a-skill\ndescription: {}\n---\n", "d".repeat(1025));
        check(&long, &[(3, 1, SkillNotice::DescriptionLong { length: 1025, most: 1024 })]);
        let lines = format!("---\nname: a-skill\ndescription: d\n---\n{}", "x\n".repeat(501));
        check(&lines, &[(5, 1, SkillNotice::BodyLong { lines: 501, most: 500 })]);
    }

    /// S2: what a reader would not see.
    #[test]
    fn what_is_hidden_is_shown() {
        let characters = |text: &str| SkillNotice::HiddenCharacters { text: text.to_owned() };
        let comment = |text: &str| SkillNotice::HiddenComment { text: text.to_owned() };
        let check = |text: &str, expected: &[(usize, usize, SkillNotice)]| {
            assert_eq!(whats(hidden(text, true)), expected, "{text:?}");
        };
        check("plain\r\ntext 😀 👩‍👩‍👧\n", &[]);
        check("\u{feff}plain", &[]);
        check("a\u{e0072}\u{e006d} b", &[(1, 2, characters("rm"))]);
        check("a\nbc\u{200b}d\u{202e}x", &[(2, 3, characters("\\u{200b}")), (2, 5, characters("\\u{202e}"))]);
        check("a <!-- do\n this --> b", &[(1, 3, comment("do this"))]);
        check("a <!--x--> <!--y-->\n<!-- z", &[(1, 3, comment("x")), (1, 12, comment("y")), (2, 1, comment("z"))]);
        check("```html\n<!-- seen -->\n```\n<!-- not -->", &[(4, 1, comment("not"))]);
        check("<!--\n--><!-- x -->", &[(1, 1, comment("")), (2, 4, comment("x"))]);
        check("```a``` b\n<!-- x -->", &[(2, 1, comment("x"))]);
        check("````\n```\n<!-- seen -->\n~~~\n````\n<!-- x -->", &[(6, 1, comment("x"))]);
        check("    ```\n<!-- x -->", &[(2, 1, comment("x"))]);
        check("a\u{fe00}\u{e0158}b", &[(1, 2, characters("\\u{fe00}h"))]);
        check("❤\u{fe0f} \u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} 漢\u{e0100}", &[]);
        assert_eq!(hidden("<!-- x -->", false), []);
        let many = hidden(&"\u{200b}a".repeat(100), true);
        assert_eq!(many.last().map(|last| last.what.clone()), Some(SkillNotice::HiddenMore { count: 80 }));
        assert_eq!(many.len(), MOST_HIDDEN + 1);
    }

    #[test]
    fn tools_and_tokens_are_counted() {
        assert_eq!(tools("---\nname: a\nallowed-tools: Read Bash(git:*)\n---\n"), ["Read", "Bash(git:*)"]);
        assert_eq!(tools("---\nname: a\nallowed-tools: [Read, Write]\n---\n"), ["Read", "Write"]);
        assert_eq!(tools("---\nname: a\n---\n"), [] as [String; 0]);
        assert_eq!((tokens(""), tokens("four"), tokens("fives"), tokens("日本")), (0, 1, 2, 2));
    }
}
