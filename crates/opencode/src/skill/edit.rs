//! Editing the text of a `SKILL.md`: its name, its description and its body.
//!
//! Invariants: every byte outside of what was edited stays, also ends of lines, comments and other fields; what comes out
//! reads as what was wanted, or nothing comes out.

use serde_json::Value;

use super::frontmatter::{self, SkillText};

/// What a person wants a skill to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its description; nothing: it stays without one.
    pub description: &'a str,
    /// Its body, its lines ended in any way.
    pub body: &'a str,
}

/// The text with what is wanted; `None`: it is no skill, or laid out in a way in which this cannot be edited.
pub fn edited(text: &str, wanted: &Wanted<'_>) -> Option<String> {
    let skill = frontmatter::skill(text).ok()?;
    let head = text.strip_suffix(skill.body.as_str())?;
    // A body begins on a line of its own.
    let has_end = head.ends_with(['\n', '\r']) || wanted.body.is_empty();
    let head = if has_end { head.to_owned() } else { format!("{head}\n") };
    let head = head.as_str();
    let body = body(&skill.body, wanted.body, is_windows(text));
    let description = skill.description.as_deref().unwrap_or_default();
    let heads = if skill.name == wanted.name { vec![head.to_owned()] } else { set(head, "name", wanted.name) };
    let heads = heads.into_iter().flat_map(|head| match description == wanted.description {
        true => vec![head],
        false => set(&head, "description", wanted.description),
    });
    heads.map(|head| head + &body).find(|edited| is_wanted(text, &skill, edited, wanted))
}

/// Whether a text differs from the one before in nothing but what is wanted.
fn is_wanted(before: &str, skill: &SkillText, after: &str, wanted: &Wanted<'_>) -> bool {
    let (Ok(before), Ok(after), Ok(now)) =
        (frontmatter::parse(before), frontmatter::parse(after), frontmatter::skill(after))
    else {
        return false;
    };
    let others = |fields: &serde_json::Map<String, Value>| -> Vec<_> {
        let others = fields.iter().filter(|(key, _)| !matches!(key.as_str(), "name" | "description"));
        others.map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    now.name == wanted.name
        && now.description.as_deref().unwrap_or_default() == wanted.description
        && lines(&now.body)
            .map(|(line, end)| (line, end.is_empty()))
            .eq(lines(wanted.body).map(|(line, end)| (line, end.is_empty())))
        && others(&before.fields) == others(&after.fields)
        && (skill.is_mended || !now.is_mended)
}

/// The texts with another value of a field, in each way in which it could be written.
fn set(head: &str, key: &str, value: &str) -> Vec<String> {
    let end = if is_windows(head) { "\r\n" } else { "\n" };
    let is_key = |line: &str| {
        let rest = [format!("\"{key}\""), format!("'{key}'"), key.to_owned()]
            .iter()
            .find_map(|key| line.strip_prefix(key.as_str()).map(str::to_owned))?;
        let rest = rest.trim_start().strip_prefix(':')?.to_owned();
        (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| line.len() - rest.len())
    };
    let mut all = lines(head);
    let mut before = String::new();
    let Some((line, ending, at)) = all.find_map(|(line, ending)| match is_key(line) {
        Some(at) => Some((line, ending, at)),
        None => {
            before.push_str(line);
            before.push_str(ending);
            None
        }
    }) else {
        return added(head, key, value, end);
    };
    let (kept, old) = line.split_at_checked(at).unwrap_or((line, ""));
    let comment = comment(old).to_owned();
    // What belongs to the value is further in, or is empty and followed by such a line.
    let rest: Vec<_> = all.collect();
    // In a block every line is text; elsewhere a line may be a comment, which stays.
    let is_block = old.trim_start().starts_with(['|', '>']);
    let is_more = |line: &str| {
        let text = line.trim_start();
        line.starts_with([' ', '\t']) && !text.is_empty() && (is_block || !text.starts_with('#'))
    };
    let belongs = rest.iter().take_while(|(line, _)| line.trim().is_empty() || is_more(line)).count();
    let more = rest.iter().take(belongs).rposition(|(line, _)| is_more(line));
    let (mut ending, mut after) = (ending, rest.as_slice());
    if let Some(last) = more {
        ending = rest.get(last).map_or(ending, |(_, end)| *end);
        after = rest.get(last + 1..).unwrap_or_default();
    }
    let after: String = after.iter().flat_map(|(line, ending)| [*line, *ending]).collect();
    let comment = if more.is_some() && !is_block { String::new() } else { comment };
    let write = |value: String| format!("{before}{kept} {value}{comment}{ending}{after}");
    written(value, end).into_iter().map(write).collect()
}

/// The texts with a field that was not there, below the name.
fn added(head: &str, key: &str, value: &str, end: &str) -> Vec<String> {
    if value.is_empty() {
        return vec![head.to_owned()];
    }
    let insert = |value: String| {
        let (mut text, mut is_done) = (String::new(), false);
        for (line, ending) in lines(head) {
            // In front of the end of the front matter.
            if !is_done && !text.is_empty() && line.starts_with("---") {
                text.push_str(&format!("{key}: {value}{end}"));
                is_done = true;
            }
            text.push_str(line);
            text.push_str(ending);
        }
        text
    };
    written(value, end).into_iter().map(insert).collect()
}

/// The ways in which a value can be written, the plainest first. Not all of them mean it.
fn written(value: &str, end: &str) -> Vec<String> {
    let is_plain = |c: char| c.is_alphanumeric() || " -_.,;/()+!?'".contains(c);
    let plain = (value.starts_with(char::is_alphabetic) && value.chars().all(is_plain)).then(|| value.to_owned());
    let block = value.contains('\n').then(|| {
        let lines = value.split('\n').map(|line| match line {
            "" => end.to_owned(),
            line => format!("{end}  {line}"),
        });
        format!("|-{}", lines.collect::<String>())
    });
    // A text of JSON is one of YAML, whatever is in it.
    plain.into_iter().chain(block).chain([Value::from(value).to_string()]).collect()
}

/// What stands behind a value on its line, from the space on: a comment, or nothing.
fn comment(old: &str) -> &str {
    let value = old.trim_start();
    let skipped = old.len() - value.len();
    let from = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let mut is_escaped = false;
            let closed = value.char_indices().skip(1).find(|(_, c)| {
                let is_end = *c == quote && !is_escaped;
                is_escaped = quote == '"' && *c == '\\' && !is_escaped;
                is_end
            });
            closed.map_or(value.len(), |(at, _)| at + 1)
        }
        _ => 0,
    };
    let rest = old.get(skipped + from..).unwrap_or_default();
    let hash = [" #", "\t#"].iter().filter_map(|mark| rest.find(mark)).min();
    let comment = hash.and_then(|at| rest.get(at..)).unwrap_or_default();
    // Spaces in front of it belong to it.
    let value = rest.get(..rest.len() - comment.len()).unwrap_or_default();
    let spaces = value.len() - value.trim_end().len();
    if comment.is_empty() { "" } else { rest.get(rest.len() - comment.len() - spaces..).unwrap_or(comment) }
}

/// The body that is wanted, with the lines that are as before as they were.
fn body(before: &str, wanted: &str, is_windows: bool) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (lines(before).collect(), lines(wanted).collect());
    let same =
        |(one, other): &(&(&str, &str), &(&str, &str))| one.0 == other.0 && one.1.is_empty() == other.1.is_empty();
    let first = old.iter().zip(&new).take_while(same).count();
    let most = old.len().min(new.len()) - first;
    let last = old.iter().rev().zip(new.iter().rev()).take(most).take_while(same).count();
    let end = if is_windows { "\r\n" } else { "\n" };
    let kept = |lines: &mut dyn Iterator<Item = &(&str, &str)>| -> String {
        lines.flat_map(|(line, ending)| [*line, *ending]).collect()
    };
    let middle = new.iter().skip(first).take(new.len() - first - last);
    let middle: String = middle.flat_map(|(line, ending)| [*line, if ending.is_empty() { "" } else { end }]).collect();
    kept(&mut old.iter().take(first)) + &middle + &kept(&mut old.iter().skip(old.len() - last))
}

/// Whether most lines end as on Windows.
fn is_windows(text: &str) -> bool {
    let (all, windows) = lines(text).fold((0, 0), |(all, windows), (_, end)| {
        (all + usize::from(!end.is_empty()), windows + usize::from(end == "\r\n"))
    });
    windows * 2 > all
}

/// The lines of a text, each with its end as it stands there.
fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let at = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let (line, behind) = rest.split_at_checked(at)?;
        let end = ["\r\n", "\n", "\r"].iter().find(|end| behind.starts_with(**end)).map_or(0, |end| end.len());
        let (end, next) = behind.split_at_checked(end)?;
        rest = next;
        Some((line, end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "---\n# ours\nname: s # short\nlicense: MIT\ndescription: >-\n  Does\n  this.\n\nmetadata: {a: 1}\n---\n\n# S\n\nBody.\n";

    fn now(text: &str) -> SkillText {
        frontmatter::skill(text).expect("a skill")
    }

    fn edit(text: &str, change: impl Fn(&mut SkillText)) -> Option<String> {
        let mut wanted = now(text);
        change(&mut wanted);
        let description = wanted.description.unwrap_or_default();
        edited(text, &Wanted { name: &wanted.name, description: &description, body: &wanted.body })
    }

    /// S7: what is not edited stays to the byte, and what is edited reads as it was meant.
    #[test]
    fn only_what_is_edited_changes() {
        assert_eq!(edit(TEXT, |_| {}).as_deref(), Some(TEXT));
        let renamed = edit(TEXT, |skill| skill.name = "other".to_owned()).expect("edited");
        assert_eq!(renamed, TEXT.replace("name: s #", "name: other #"));
        let described = edit(TEXT, |skill| skill.description = Some("Does that".to_owned())).expect("edited");
        assert_eq!(described, TEXT.replace(">-\n  Does\n  this.\n", "Does that\n"));
        let longer = edit(TEXT, |skill| skill.body = skill.body.replace("Body.", "Body.\nMore.")).expect("edited");
        assert_eq!(longer, TEXT.replace("Body.\n", "Body.\nMore.\n"));
        let windows = TEXT.replace('\n', "\r\n");
        let edited =
            edit(&windows, |skill| skill.body = skill.body.replace("\r\n", "\n").replace("Body.", "New.\nMore."));
        assert_eq!(
            edited.as_deref(),
            Some(&*windows.replace("Body.", "New.\r\nMore.")),
            "a field of a page has no \\r"
        );
        assert_eq!(edit(&windows, |skill| skill.body = skill.body.replace("\r\n", "\n")).as_deref(), Some(&*windows));
        let commented = "---\nname: s\ndescription: Foo\n  # keep me\nlicense: MIT\n---\n";
        let described = edit(commented, |skill| skill.description = Some("Bar".to_owned())).expect("edited");
        assert_eq!(described, commented.replace("Foo", "Bar"));
        let block = "---\nname: s\ndescription: >- # why\n  text\n---";
        let described = edit(block, |skill| skill.description = Some("Bar".to_owned())).expect("edited");
        assert_eq!(described, "---\nname: s\ndescription: Bar # why\n---");
        let begun = edit("---\nname: s\n---", |skill| skill.body = "Body.".to_owned()).expect("edited");
        assert_eq!(begun, "---\nname: s\n---\nBody.");
        let mixed = "---\nname: s\n---\none\r\ntwo\nthree\rfour";
        let edited = edit(mixed, |skill| skill.body = "one\n2\nthree\nfour".to_owned());
        assert_eq!(edited.as_deref(), Some("---\nname: s\n---\none\r\n2\nthree\rfour"));
    }

    /// S7: whatever is typed is what the engine reads, in each layout; what cannot be edited is left alone.
    #[test]
    fn whatever_is_typed_is_what_is_read() {
        let layouts = [
            TEXT.to_owned(),
            TEXT.replace('\n', "\r\n"),
            format!("\u{feff}{TEXT}"),
            "---\nname: s\n---\nBody.\n".to_owned(),
            "---\n'name': \"s # no comment\" # one\n\"description\": 'it''s: # x' # two\n---\n".to_owned(),
            "---\nname:\n  s\ndescription: |\n  a\n\n  b\n# ours\nmore: [1,\n  2]\n---\nBody".to_owned(),
        ];
        let values = [
            "plain",
            "true",
            "12",
            "~",
            "a: b",
            "a #b",
            "\"q\" 'p'",
            "- x",
            "{a}",
            "two\nlines",
            "\n x \n\n",
            "x ",
            "😀 ü",
            "a\\b\tc",
            "\u{85}x",
            "---",
            "a\r\nb",
        ];
        for layout in &layouts {
            for value in values {
                let edited = edit(layout, |skill| {
                    skill.name = value.to_owned();
                    skill.description = Some(format!("{value}{value}"));
                    skill.body = format!("# {value}\n");
                });
                let Some(edited) = edited else { panic!("{layout:?} {value:?}") };
                let read = now(&edited);
                let told = (read.name.as_str(), read.description.as_deref());
                assert_eq!(told, (value, Some(&*format!("{value}{value}"))), "{edited:?}");
            }
        }
        for text in [
            "no front matter",
            "---\n{name: s}\n---\n",
            "---json\n{\"name\": \"s\"}\n---\n",
            "---\nname: &a s\nother: *a\n---\n",
        ] {
            let Ok(skill) = frontmatter::skill(text) else { continue };
            let wanted = Wanted { name: "other", description: "", body: &skill.body };
            let edited = edited(text, &wanted);
            assert!(edited.is_none_or(|edited| now(&edited).name == "other"), "{text}");
        }
    }
}
