//! Markdown files with front matter: agents, modes, commands, skills.

use super::Dice;

/// What a Markdown file is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// `agent/**`, `agents/**`.
    Agent,
    /// `mode/*`, `modes/*`.
    Mode,
    /// `command/**`, `commands/**`.
    Command,
    /// `SKILL.md`.
    Skill,
}

/// A Markdown file.
pub(super) struct Page {
    /// The whole text.
    pub(super) text: String,
    /// The name that its front matter gives, if it gives one.
    pub(super) name: Option<&'static str>,
}

/// A file of a sort. `again` says that the same process reads it more than once: then it is never
/// one that the engine reads differently the second time.
pub(super) fn page(dice: &mut Dice, sort: Sort, name: &'static str, again: bool) -> Page {
    let mut named = None;
    let body = body(dice);
    let mut lines = Vec::new();
    if sort == Sort::Skill {
        if !dice.percent(6) {
            lines.push(format!("name: {}", yaml(name)));
        }
        if dice.percent(80) {
            lines.push(format!("description: {}", describe(dice, again)));
        }
    } else {
        if dice.percent(8) {
            named = Some(dice.pick(&["renamed", "alpha", "caf\u{e9}", "a/b"]));
            lines.extend(named.map(|name| format!("name: {name}")));
        }
        if dice.percent(60) {
            lines.push(format!("description: {}", describe(dice, again)));
        }
        lines.extend(keys(dice, sort));
    }
    if dice.percent(15) {
        lines.push((dice.pick(&OTHER)).to_owned());
    }
    if sort != Sort::Skill && lines.is_empty() || dice.percent(4) {
        return Page { text: framed(dice, body, true), name: None };
    }
    let broken = dice.percent(5);
    if broken {
        // Not YAML, and nothing that the engine tries makes it so.
        lines.push((dice.pick(&["broken: [", "\"", "- a\nb: c", "{"])).to_owned());
        if again || dice.percent(70) {
            // Without a colon in a value the engine tries nothing.
            lines.retain(|line| line.matches(':').count() < 2 && !line.contains('|'));
        }
        named = None;
    }
    let (open, close) = dice.pick(&[
        ("---\n", "\n---\n"),
        ("---\n", "\n---\n"),
        ("---\n", "\n---\n"),
        ("---\n", "\n---\n"),
        ("---\n", "\n---\n"),
        ("---\n", "\n---\n\n"),
        ("---  \n", "\n---\n"),
        ("---\n", "\n---more\n"),
        ("---\n\n", "\n\n---\n"),
        ("---yaml\n", "\n---\n"),
    ]);
    let text = match dice.up_to(40) {
        0 => format!("----\n{}{close}{body}", lines.join("\n")),
        1 => format!("\n---\n{}{close}{body}", lines.join("\n")),
        2 => format!("---\n{}\n", lines.join("\n")),
        _ => format!("{open}{}{close}{body}", lines.join("\n")),
    };
    // Other line ends are something that the engine tries.
    Page { text: framed(dice, text, !(broken && again)), name: named }
}

/// Keys that are no setting, with values on which readers of YAML differ.
const OTHER: [&str; 14] = [
    "extra: 5",
    "extra: yes",
    "extra: ~",
    "extra: 010",
    "extra: 0x1F",
    "extra: 1e3",
    "extra: 1.50",
    "extra: [a, 'b', \"c\"]",
    "extra: {a: 1, b: {c: [1, 2]}}",
    "extra:\n  a: 1\n  b:\n    - x\n    - y",
    "extra: |\n  one\n  two",
    "extra: >-\n  one\n  two",
    "extra: &x {a: 1}\nother: *x",
    "# only a comment",
];

fn keys(dice: &mut Dice, sort: Sort) -> Vec<String> {
    let mut lines = Vec::new();
    let mut add = |dice: &mut Dice, chance, choices: &[&str]| {
        if dice.percent(chance) {
            lines.push((dice.pick(choices)).to_owned());
        }
    };
    add(dice, 25, &["model: acme/large", "model: acme/small#high", "model: 'a/b'"]);
    if sort == Sort::Command {
        add(dice, 20, &["agent: build", "agent: alpha"]);
        add(dice, 20, &["subtask: true", "subtask: false"]);
        add(dice, 5, &["template: not this"]);
        return lines;
    }
    add(dice, 30, &["mode: primary", "mode: subagent", "mode: all"]);
    add(dice, 15, &["temperature: 0.5", "temperature: 1", "top_p: .5"]);
    add(
        dice,
        20,
        &[
            "tools:\n  write: false\n  bash: true",
            "tools: {edit: true, \"my_*\": false}",
            "tools: {\"*\": false, bash: true, write: true, edit: false}",
        ],
    );
    add(
        dice,
        20,
        &[
            "permission: ask",
            "permission:\n  edit: deny\n  bash:\n    \"git *\": allow\n    \"*\": ask",
            "permission: {bash: allow, \"*\": deny}",
            "permission: {\"*\": deny, bash: {\"*\": allow}, e*: ask}",
        ],
    );
    add(dice, 10, &["color: \"#a0B1c2\"", "color: primary"]);
    add(dice, 10, &["steps: 3", "maxSteps: 4", "steps: 5\nmaxSteps: 6"]);
    add(dice, 8, &["hidden: true", "disable: true", "disable: false"]);
    add(dice, 8, &["options:\n  a: 1", "options: {reasoning: {effort: high}}"]);
    lines
}

fn describe(dice: &mut Dice, again: bool) -> String {
    let words = dice.words();
    match dice.up_to(9) {
        // The engine mends this, and only the first time that it reads the text.
        0 if !again => format!("Use it: {words}"),
        1 => format!("\"quoted: {words}\""),
        2 => format!("'it''s {words}'"),
        3 => format!(">\n  folded\n  {words}"),
        4 => format!("|\n  kept\n  {words}\n"),
        5 => format!("caf\u{e9} 😀 {words} # not this"),
        _ => words,
    }
}

fn body(dice: &mut Dice) -> String {
    let words = dice.words();
    match dice.up_to(7) {
        0 => format!("\n\n  {words}\n\n"),
        1 => format!("{words}\n---\nmore\n---\n"),
        2 => format!("# {words}\n\n$ARGUMENTS and $1, @file, !`cmd`\n"),
        3 => format!("\u{a0}{words}\u{2003}\n"),
        4 => words,
        _ => format!("\n{words}\n"),
    }
}

/// The text with the line ends and the mark at its beginning that some editors write.
fn framed(dice: &mut Dice, text: String, ends: bool) -> String {
    let text = if ends && dice.percent(15) { text.replace('\n', "\r\n") } else { text };
    if dice.percent(6) { format!("\u{feff}{text}") } else { text }
}

/// A name as a value of YAML.
fn yaml(name: &str) -> String {
    if name.chars().all(|c| c.is_alphanumeric() || c == '_') {
        name.to_owned()
    } else {
        serde_json::Value::from(name).to_string()
    }
}
