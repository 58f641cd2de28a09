//! Hiding what may be a secret wherever something is shown: the one place that decides it.
//!
//! Invariant: nothing that leaves the core for a screen, a log or a receipt shows the value of a name that
//! speaks of a secret, whatever its type, nor what has the shape of one; what is around it stays readable.
//! `names` knows the names, `text` the ways in which secrets are written.

use std::{collections::HashMap, ops::Range};

use serde_json::Value;

use self::names::{holds_secrets, is_secret};

mod names;
mod text;

const MASK: &str = "••••";
/// How much of a file before a line is looked at to know what the line is part of, in bytes.
const CONTEXT: usize = 16 * 1024;
/// How much of a file is shown at a time, in bytes.
const LONGEST: usize = 16 * 1024;
/// How much of a value is shown, in bytes.
const LONGEST_VALUE: usize = 64 * 1024;

/// The value with everything masked that may be a secret: what stands under a name that speaks of one, all
/// values below `env`, `environment` and `headers`, and what a text holds. `key` is the name under which the
/// value itself stands.
pub fn masked(key: &str, value: &Value) -> Value {
    let (is_secret, holds_secrets) = (is_secret(key), holds_secrets(key));
    match value {
        Value::Object(map) if holds_secrets || is_secret => {
            map.keys().map(|key| (key.clone(), Value::from(MASK))).collect()
        }
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), masked(key, value))).collect(),
        Value::Array(list) if holds_secrets => list.iter().map(masked_variable).collect(),
        Value::Array(list) if !is_secret => masked_list(list),
        Value::Null | Value::Bool(_) => value.clone(),
        _ if is_secret || holds_secrets => Value::from(MASK),
        Value::String(text) => Value::from(masked_argument(text)),
        _ => value.clone(),
    }
}

/// `NAME=value` in a list of variables.
fn masked_variable(value: &Value) -> Value {
    match value.as_str().and_then(|text| text.split_once('=')) {
        Some((name, _)) => Value::from(format!("{name}={MASK}")),
        None => Value::from(MASK),
    }
}

/// A list that may be a command: what is given behind a flag such as `--token` is masked, too.
fn masked_list(list: &[Value]) -> Value {
    let words: Vec<_> = list.iter().map(|value| value.as_str().unwrap_or_default()).collect();
    let given: HashMap<_, _> = text::given(&words).into_iter().rev().collect();
    let masked_one = |(at, value): (usize, &Value)| match given.get(&at) {
        Some(from) => Value::from(format!("{}{MASK}", &words[at][..*from])),
        None => masked("", value),
    };
    list.iter().enumerate().map(masked_one).collect()
}

/// Nobody reads a value without end: of a longer one the beginning is shown.
fn masked_argument(text: &str) -> String {
    let end = (0..=text.len().min(LONGEST_VALUE)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    let shown = &text[..end];
    let more = if end < text.len() { "…" } else { "" };
    replaced(shown, &text::secrets(shown, true)) + more
}

/// The text with what may be a secret in it masked: users and passwords of addresses, values beside names that
/// speak of a secret, what is given to programs as a password, and keys in the shapes of known services.
pub fn masked_text(text: &str) -> String {
    replaced(text, &text::secrets(text, false))
}

/// The text with these ranges masked. It has as many lines as before.
fn replaced(text: &str, secrets: &[Range<usize>]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut end = 0;
    for secret in secrets {
        shown.push_str(&text[end..secret.start]);
        shown.push_str(MASK);
        shown.extend(text[secret.clone()].chars().filter(|c| *c == '\n'));
        end = secret.end;
    }
    shown + &text[end..]
}

/// The lines in a range of a file, for people: with what may be a secret masked, also where only what a line is part of
/// says so, as in `env`. The range begins and ends where lines do. Of lines without an end little is told.
pub fn masked_lines(text: &str, range: Range<usize>) -> Vec<String> {
    let border = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (start, end) = (border(range.start), border(range.end.min(range.start.saturating_add(LONGEST))));
    let from = border(start.saturating_sub(CONTEXT));
    let mut parts = Enclosing::default();
    parts.read(&text[from..start]);
    let shown = masked_text(&text[from..end]);
    // Masking leaves as many line breaks as there were.
    let skipped = text[from..start].matches('\n').count();
    let shown = shown.lines().skip(skipped).map(str::to_owned);
    let mask = |(line, shown): (&str, String)| {
        let is_part = parts.is_secret() || parts.ends_up_secret(line);
        parts.read(line);
        parts.read("\n");
        if is_part || is_variable(line) { masked_values(&shown) } else { shown }
    };
    text[start..end].lines().zip(shown).map(mask).collect()
}

/// True for a line that sets what looks like a variable of the environment.
fn is_variable(line: &str) -> bool {
    let key = line.split([':', '=']).next().unwrap_or_default();
    let key = key.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '{' | ','));
    let is_of_variable = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    line.contains([':', '=']) && key.len() > 1 && key.chars().all(is_of_variable)
}

/// A line with all its values masked, whatever they are.
fn masked_values(line: &str) -> String {
    let hidden = |text: &str| {
        let value = text.trim_matches(|c: char| c.is_whitespace() || ",:=[]{}".contains(c));
        if value.contains(char::is_alphanumeric) { text.replace(value, MASK) } else { text.to_owned() }
    };
    let parts = parted_by_quotes(line);
    if parts.len() == 1 {
        // Without double quotes it is a text all the same, as in YAML or code.
        return match line.find([':', '=']) {
            Some(at) => format!("{}{}", &line[..=at], hidden(&line[at + 1..])),
            None => hidden(line),
        };
    }
    let is_key = |at: usize| parts.get(at + 1).is_some_and(|behind| behind.trim_start().starts_with(':'));
    let shown = parts.iter().enumerate().map(|(at, part)| match at % 2 {
        1 if is_key(at) => (*part).to_owned(),
        1 => MASK.to_owned(),
        _ if at == 0 => (*part).to_owned(),
        _ => hidden(part),
    });
    shown.collect::<Vec<_>>().join("\"")
}

/// What is outside and inside of double quotes, in turn. A quote behind a backslash is none.
fn parted_by_quotes(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut is_escaped) = (0, false);
    for (at, c) in line.char_indices() {
        if c == '"' && !is_escaped {
            parts.push(&line[start..at]);
            start = at + 1;
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    parts.push(&line[start..]);
    parts
}

/// The names of the objects of JSON, with or without comments, that are open at a place. Of a broken file it is
/// a guess, which at worst hides too much.
#[derive(Default)]
struct Enclosing {
    /// For each of them whether what is in it may be secret.
    open: Vec<bool>,
    /// How many of them.
    secret: usize,
    /// The last text, which may be a name.
    last: String,
    text: Option<String>,
    is_escaped: bool,
    in_line_comment: bool,
    in_comment: bool,
    before: char,
}

impl Enclosing {
    fn is_secret(&self) -> bool {
        self.secret > 0
    }

    /// True when an object that holds secrets is opened in the line itself.
    fn ends_up_secret(&self, line: &str) -> bool {
        let (open, secret, in_comment) = (self.open.clone(), self.secret, self.in_comment);
        let mut then = Self { open, secret, in_comment, ..Self::default() };
        line.char_indices().any(|(at, c)| {
            then.read(&line[at..at + c.len_utf8()]);
            then.is_secret()
        })
    }

    fn read(&mut self, text: &str) {
        for c in text.chars() {
            self.take(c);
            self.before = c;
        }
    }

    fn take(&mut self, c: char) {
        if c == '\n' {
            // A text never goes on in the next line.
            (self.text, self.in_line_comment) = (None, false);
        } else if self.in_line_comment {
            // It says nothing.
        } else if self.in_comment {
            self.in_comment = !(self.before == '*' && c == '/');
        } else if let Some(text) = &mut self.text {
            if self.is_escaped || (c != '"' && c != '\\') {
                text.push(c);
                self.is_escaped = false;
            } else if c == '\\' {
                self.is_escaped = true;
            } else {
                self.last = self.text.take().unwrap_or_default();
            }
        } else {
            match (self.before, c) {
                ('/', '/') => self.in_line_comment = true,
                ('/', '*') => self.in_comment = true,
                (_, '"') => self.text = Some(String::new()),
                (_, '{' | '[') => {
                    let name = std::mem::take(&mut self.last);
                    let is_secret = holds_secrets(&name) || is_secret(&name);
                    self.secret += usize::from(is_secret);
                    self.open.push(is_secret);
                }
                (_, '}' | ']') => self.secret -= usize::from(self.open.pop() == Some(true)),
                (_, ',') => self.last.clear(),
                _ => {}
            }
        }
    }
}

/// True when some text in the value refers to the environment or to another file (`{env:X}`,
/// `{file:x}`), so that the value in the file is not the value in the engine.
pub fn mentions_outside(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("{env:") || text.contains("{file:"),
        Value::Array(list) => list.iter().any(mentions_outside),
        Value::Object(map) => map.values().any(mentions_outside),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
