//! YAML as the engine reads it: the words and numbers of YAML 1.1, as its parser knows them.
//!
//! Invariants: text in, values out; what the engine's parser refuses is refused: a key twice, an
//! unknown alias. A small text can stand for any amount, because an alias repeats what is behind its
//! anchor: what is made of a text has a bound in values, bytes and depth, and what is beyond it is not
//! called wrong. Source: `docs/engine.md`, "Front matter".

use std::{borrow::Cow, collections::HashMap};

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle};
use jiff::{Timestamp, civil};
use serde_json::{Map, Value};

use super::frontmatter::{NotRead, NotYaml};

/// The most values that are made of a text.
pub(super) const MOST_VALUES: usize = 100_000;
/// The most bytes of texts in them.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// The deepest that they are nested: what follows goes through them by calling itself.
const DEEPEST: usize = 512;

/// The first document of a text; null when there is none.
pub(super) fn value(text: &str) -> Result<Value, NotRead> {
    let parser = Parser::new_from_str(text);
    let left = Size { values: MOST_VALUES, bytes: MOST_BYTES, depth: 0 };
    let mut reader = Reader { parser, anchors: HashMap::new(), left, depth: 0 };
    loop {
        match reader.next()? {
            Event::StreamStart | Event::DocumentStart(..) => {}
            Event::StreamEnd | Event::DocumentEnd => return Ok(Value::Null),
            event => return reader.node(event),
        }
    }
}

struct Reader<'a> {
    parser: Parser<'a, granit_parser::StrInput<'a>>,
    anchors: HashMap<usize, (Value, Size)>,
    /// What may still be made.
    left: Size,
    /// How deep it is at this moment.
    depth: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Event<'a>, NotRead> {
        loop {
            match self.parser.next() {
                Some(Ok((Event::Comment(..), _))) => {}
                Some(Ok((event, _))) => return Ok(event),
                Some(Err(error)) if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) => return Err(too_deep()),
                Some(Err(error)) => return Err(wrong(error.to_string().lines().next().unwrap_or_default())),
                None => return Ok(Event::StreamEnd),
            }
        }
    }

    fn node(&mut self, event: Event<'a>) -> Result<Value, NotRead> {
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.spend(&Size { values: 1, bytes: text.len(), depth: 0 })?;
                let is_text = style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.to_string().ends_with("str"));
                (anchor, if is_text { Value::from(text.into_owned()) } else { plain(&text) })
            }
            Event::SequenceStart(_, anchor, _) => (anchor, self.inside(Self::list)?),
            Event::MappingStart(_, anchor, _) => (anchor, self.inside(Self::map)?),
            Event::Alias(anchor) => {
                let Some((_, size)) = self.anchors.get(&anchor) else {
                    // The parser knows the anchor, and what it stands for is not whole yet: it holds itself.
                    return Err(without_end());
                };
                let size = *size;
                // Before it is made.
                self.spend(&size)?;
                return self.anchors.get(&anchor).map(|(value, _)| value.clone()).ok_or_else(|| wrong("an alias"));
            }
            _ => return Err(wrong("it ends too early")),
        };
        if anchor > 0 {
            let size = Size::of(&value);
            self.spend(&size)?;
            self.anchors.insert(anchor, (value.clone(), size));
        }
        Ok(value)
    }

    /// Counts what is about to be made.
    fn spend(&mut self, size: &Size) -> Result<(), NotRead> {
        self.left.values = self.left.values.checked_sub(size.values).ok_or_else(too_many)?;
        self.left.bytes = self.left.bytes.checked_sub(size.bytes).ok_or_else(too_large)?;
        if self.depth + size.depth > DEEPEST { Err(too_deep()) } else { Ok(()) }
    }

    /// One step deeper.
    fn inside(&mut self, read: impl Fn(&mut Self) -> Result<Value, NotRead>) -> Result<Value, NotRead> {
        self.spend(&Size { values: 1, bytes: 0, depth: 1 })?;
        self.depth += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn list(&mut self) -> Result<Value, NotRead> {
        let mut list = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(Value::Array(list)),
                event => list.push(self.node(event)?),
            }
        }
    }

    fn map(&mut self) -> Result<Value, NotRead> {
        let mut map = Map::new();
        let mut merged: Vec<Value> = Vec::new();
        loop {
            let (key, is_merge) = match self.next()? {
                Event::MappingEnd => break,
                event => {
                    let is_merge = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<");
                    (key(&self.node(event)?).into_owned(), is_merge)
                }
            };
            let event = self.next()?;
            let value = self.node(event)?;
            if is_merge {
                match value {
                    Value::Array(list) => merged.extend(list),
                    other => merged.push(other),
                }
            } else if map.insert(key.clone(), value).is_some() {
                return Err(wrong(&format!("the key “{key}” is there twice")));
            }
        }
        for part in merged {
            let Value::Object(part) = part else { continue };
            for (key, value) in part {
                map.entry(key).or_insert(value);
            }
        }
        Ok(Value::Object(map))
    }
}

/// How much a value is.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    values: usize,
    bytes: usize,
    depth: usize,
}

impl Size {
    fn of(value: &Value) -> Self {
        let of_all = |all: &mut dyn Iterator<Item = (usize, &Value)>| {
            all.fold(Self { values: 1, bytes: 0, depth: 1 }, |sum, (key, value)| {
                let size = Self::of(value);
                Self {
                    values: sum.values + size.values,
                    bytes: sum.bytes + key + size.bytes,
                    depth: sum.depth.max(size.depth + 1),
                }
            })
        };
        match value {
            Value::Array(list) => of_all(&mut list.iter().map(|value| (0, value))),
            Value::Object(map) => of_all(&mut map.iter().map(|(key, value)| (key.len(), value))),
            Value::String(text) => Self { values: 1, bytes: text.len(), depth: 0 },
            _ => Self { values: 1, ..Self::default() },
        }
    }
}

fn wrong(message: &str) -> NotRead {
    NotYaml { message: message.to_owned() }.into()
}

/// There are too many values.
pub(super) fn too_many() -> NotRead {
    NotRead::TooMuch { what: format!("more than {MOST_VALUES} values") }
}

fn too_large() -> NotRead {
    NotRead::TooMuch { what: format!("more than {} MiB of text", MOST_BYTES / 1024 / 1024) }
}

fn without_end() -> NotRead {
    NotRead::TooMuch { what: "a value that holds itself".to_owned() }
}

fn too_deep() -> NotRead {
    NotRead::TooMuch { what: "values that are nested too deeply".to_owned() }
}

/// A key is a text, whatever it was.
fn key(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(list) => Cow::Owned(list.iter().map(key).collect::<Vec<_>>().join(",")),
        Value::Object(_) => Cow::Borrowed("[object Object]"),
        other => Cow::Owned(other.to_string()),
    }
}

/// What a text without quotes means.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => whole_number(text)
            .or_else(|| decimal(text))
            .or_else(|| day_or_time(text))
            .unwrap_or_else(|| Value::from(text)),
    }
}

fn whole_number(text: &str) -> Option<Value> {
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (if text.starts_with('-') { -1.0 } else { 1.0 }, digits),
        None => (1.0, text),
    };
    if digits.is_empty() || digits.starts_with('_') || digits.ends_with('_') {
        return None;
    }
    let radix = |digits: &str, radix: u32| {
        let digits = digits.replace('_', "");
        let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
        is_number.then(|| {
            digits.chars().fold(0.0, |sum, c| sum * f64::from(radix) + f64::from(c.to_digit(radix).unwrap_or(0)))
        })
    };
    let number = if let Some(binary) = digits.strip_prefix("0b") {
        radix(binary, 2)?
    } else if let Some(hexadecimal) = digits.strip_prefix("0x") {
        radix(hexadecimal, 16)?
    } else if digits.len() > 1 && digits.starts_with('0') {
        radix(&digits[1..], 8)?
    } else if digits.contains(':') {
        sixties(digits, |part| radix(part, 10))?
    } else {
        radix(digits, 10)?
    };
    Some(number_value(sign * number))
}

/// `1:30` is ninety: digits of base sixty.
fn sixties(digits: &str, of: impl Fn(&str) -> Option<f64>) -> Option<f64> {
    let mut parts = digits.split(':');
    let first = of(parts.next()?)?;
    parts.try_fold(first, |sum, part| {
        let fits = matches!(part.len(), 1 | 2) && part.chars().all(|c| c.is_ascii_digit());
        let part = if fits { of(part).filter(|part| *part < 60.0)? } else { return None };
        Some(sum * 60.0 + part)
    })
}

fn decimal(text: &str) -> Option<Value> {
    if matches!(text.trim_start_matches(['-', '+']), ".inf" | ".Inf" | ".INF")
        || matches!(text, ".nan" | ".NaN" | ".NAN")
    {
        // JSON has no word for them; the engine answers null.
        return Some(Value::Null);
    }
    let is_number = text.chars().all(|c| c.is_ascii_digit() || "+-._eE".contains(c))
        && text.contains(|c: char| c.is_ascii_digit())
        && text.contains(['.', 'e', 'E'])
        && !text.ends_with('_');
    let number: f64 = is_number.then(|| text.replace('_', "").parse().ok())??;
    Some(number_value(number))
}

fn number_value(number: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
        return Value::from(number as i64);
    }
    Value::from(number)
}

/// A day, or a day with a time, becomes a moment, and that the text of one.
fn day_or_time(text: &str) -> Option<Value> {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
        return None;
    }
    let moment = if text.len() == 10 {
        civil::Date::strptime("%Y-%m-%d", text).ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp()
    } else {
        let text = text.replacen([' ', 't'], "T", 1);
        let has_zone = text.ends_with('Z') || text.get(10..).is_some_and(|time| time.contains(['+', '-']));
        let text = if has_zone { text } else { format!("{text}Z") };
        text.contains('T').then(|| text.parse::<Timestamp>().ok())??
    };
    Some(Value::from(moment.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_and_numbers_are_those_of_the_engine() {
        let check = |text: &str, expected: Value| assert_eq!(value(text), Ok(expected), "{text:?}");
        check("a: yes\nb: off\nc: True\nd: ~", json!({"a": "yes", "b": "off", "c": true, "d": null}));
        check("[010, 0b11, 1_000, 0x1F, \"1:30\", -5, +7, 09]", json!([8, 3, 1000, 31, "1:30", -5, 7, "09"]));
        check("- 1:30\n- 1:90", json!([90, "1:90"]));
        check("[1.5, 1e3, .5, 1., '1.5', 1.2.3, v1.0]", json!([1.5, 1000, 0.5, 1, "1.5", "1.2.3", "v1.0"]));
        check(
            "[2020-01-02, '2020-01-02', 2020-13-02]",
            json!(["2020-01-02T00:00:00.000Z", "2020-01-02", "2020-13-02"]),
        );
        check("2001-12-14t21:59:43.10-05:00", json!("2001-12-15T02:59:43.100Z"));
        check("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}", json!({"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}}));
        check("a: !!str 5", json!({"a": "5"}));
        check("a: >\n  folded\n  text\n", json!({"a": "folded text\n"}));
        check("# nothing", Value::Null);
    }

    #[test]
    fn what_the_engine_refuses_is_refused() {
        for text in ["a: 1\na: 2", "a: [1", "a: *none", "a: b: c", "a: \"open"] {
            assert!(matches!(value(text), Err(NotRead::Yaml(_))), "{text:?}");
        }
    }

    /// N16: whatever a small text stands for, what is made of it has a bound, in each of the ways in which it
    /// can grow; and it is not called wrong.
    #[test]
    fn what_is_made_of_a_text_has_a_bound() {
        let long = "x".repeat(500_000);
        let doubled: String = (0..60).map(|at| format!("k{}: &a{} [*a{at}, *a{at}]\n", at + 1, at + 1)).collect();
        let deeper: String = (0..60)
            .map(|at| format!("k{}: &a{} {}*a{at}{}\n", at + 1, at + 1, "[".repeat(90), "]".repeat(90)))
            .collect();
        let merged: String =
            (0..60).map(|at| format!("k{}: &a{} {{p: *a{at}, <<: *a{at}, <<: [*a{at}]}}\n", at + 1, at + 1)).collect();
        let cases = [
            ("a long text again and again", format!("d: &a {long}\nl: [{}]\n", "*a, ".repeat(10_000))),
            ("as keys", format!("d: &a {long}\nl:\n{}", "  - {? *a : 1}\n".repeat(10_000))),
            ("as a key made of a list", format!("d: &a {long}\nl:\n{}", "  - {? [*a, *a] : 1}\n".repeat(10_000))),
            ("each twice the one before", format!("k0: &a0 x\n{doubled}")),
            ("each deeper than the one before", format!("k0: &a0 x\n{deeper}")),
            ("merged", format!("k0: &a0 {{q: {}}}\n{merged}", "x".repeat(100_000))),
            ("a value that holds itself", "a: &x [*x]".to_owned()),
            ("anchors in anchors", format!("{}{long}{}", "&a [".repeat(200), "]".repeat(200))),
            ("many values", format!("[{}]", "1, ".repeat(200_000))),
            ("deep flow", format!("a: {}{}", "[".repeat(100_000), "]".repeat(100_000))),
            ("deep blocks", "- ".repeat(100_000)),
            ("deep keys", "? ".repeat(100_000)),
            ("deep objects", "{a: ".repeat(100_000)),
        ];
        for (what, text) in cases {
            let error = value(&text).map(drop).expect_err(what);
            assert!(matches!(error, NotRead::TooMuch { .. }), "{what}: {error}");
        }
        // What people write is far from it.
        let base = "base: &base {tools: {bash: true, edit: false}, model: a/b}\n";
        let all: String = (0..2_000).map(|at| format!("agent{at}: {{<<: *base, temperature: 0.5}}\n")).collect();
        assert!(value(&format!("{base}{all}")).is_ok());
    }
}
