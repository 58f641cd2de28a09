//! YAML as the engine reads it: the words and numbers of YAML 1.1, as its parser knows them.
//!
//! Invariants: text in, values out; what the engine's parser refuses is refused: a key twice, an
//! unknown alias or tag, a second document; what it takes in spite of the standard is taken. A small text can stand for any amount, because an alias repeats what is behind its
//! anchor: what is made of a text has a bound in values, bytes and depth, and what is beyond it is not
//! called wrong. Source: `docs/engine.md`, "Front matter".

use std::{borrow::Cow, collections::HashMap};

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, Tag};
use jiff::{Timestamp, civil};
use rekindle_domain::{MatterBound, Notice, SkillNotice};
use serde_json::{Map, Value, json};

use super::{
    lax,
    unread::{NotRead, NotYaml},
};

/// The most values that are made of a text.
pub(super) const MOST_VALUES: usize = 100_000;
/// The most bytes of texts in them.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// The deepest that they are nested: what follows goes through them by calling itself.
const DEEPEST: usize = 512;

/// The key of the one field of what stands for a value that JSON does not have. No person writes it.
const BEYOND_JSON: &str = "\0";

/// A moment. Until it is written out as JSON it is no text, and refused where one is wanted.
fn moment(time: Timestamp) -> Value {
    json!({ BEYOND_JSON: time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string() })
}

/// A number without an end, or none.
fn infinite() -> Value {
    json!({ BEYOND_JSON: null })
}

/// What is written in JSON for a value that it does not have: a text for a moment, null for a number that is infinite
/// or none. `None`: it is another value.
pub(super) fn beyond_json(value: &Value) -> Option<&Value> {
    value.get(BEYOND_JSON)
}

/// The document of a text; null when there is none. Not all in it are values of JSON: see [`beyond_json`].
pub(super) fn value(text: &str) -> Result<Value, NotRead> {
    document(text).or_else(|error| match (&error, lax::strict(text)) {
        (NotRead::Yaml(_), Some(strict)) => document(&strict).map_err(|_| error),
        _ => Err(error),
    })
}

fn document(text: &str) -> Result<Value, NotRead> {
    let parser = Parser::new_from_str(text);
    let left = Size { values: MOST_VALUES, bytes: MOST_BYTES, depth: 0 };
    let mut reader = Reader { parser, anchors: HashMap::new(), left, depth: 0 };
    loop {
        match reader.next()? {
            Event::StreamStart | Event::DocumentStart(..) => {}
            Event::StreamEnd | Event::DocumentEnd => return Ok(Value::Null),
            event => {
                let value = reader.node(event)?;
                return reader.ends().map(|()| value);
            }
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

    /// Nothing may follow.
    fn ends(&mut self) -> Result<(), NotRead> {
        loop {
            match self.next()? {
                Event::DocumentEnd => {}
                Event::StreamEnd => return Ok(()),
                _ => return Err(wrong(SkillNotice::YamlGoesOn)),
            }
        }
    }

    fn node(&mut self, event: Event<'a>) -> Result<Value, NotRead> {
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.spend(&Size { values: 1, bytes: text.len(), depth: 0 })?;
                (anchor, scalar(&text, style, tag.as_deref())?)
            }
            Event::SequenceStart(_, anchor, tag) => {
                let name = known_tag(tag.as_deref(), &["seq", "omap", "pairs"])?;
                let list = self.inside(Self::list)?;
                (anchor, if name.as_deref() == Some("pairs") { pairs(list) } else { list })
            }
            Event::MappingStart(_, anchor, tag) => {
                known_tag(tag.as_deref(), &["map", "set"])?;
                (anchor, self.inside(Self::map)?)
            }
            Event::Alias(anchor) => {
                let Some((_, size)) = self.anchors.get(&anchor) else {
                    // The parser knows the anchor, and what it stands for is not whole yet: it holds itself.
                    return Err(without_end());
                };
                let size = *size;
                // Before it is made.
                self.spend(&size)?;
                return self.anchors.get(&anchor).map(|(value, _)| value.clone()).ok_or_else(without_end);
            }
            _ => return Err(wrong(SkillNotice::YamlCutOff)),
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
                    let value = self.node(event)?;
                    if has_list_in_list(&value) {
                        return Err(wrong(SkillNotice::YamlKeyOfLists));
                    }
                    (key(&value).into_owned(), is_merge)
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
                return Err(wrong(SkillNotice::YamlKeyTwice { key }));
            }
        }
        for part in merged {
            let Value::Object(part) = part else { return Err(wrong(SkillNotice::YamlMergeWithoutKeys)) };
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

fn wrong(why: impl Into<Notice>) -> NotRead {
    NotYaml { why: why.into() }.into()
}

/// There are too many values.
pub(super) fn too_many() -> NotRead {
    NotRead::TooMuch(MatterBound::Values(MOST_VALUES))
}

fn too_large() -> NotRead {
    NotRead::TooMuch(MatterBound::Mebibytes(MOST_BYTES / 1024 / 1024))
}

fn without_end() -> NotRead {
    NotRead::TooMuch(MatterBound::Circle)
}

fn too_deep() -> NotRead {
    NotRead::TooMuch(MatterBound::Depth)
}

/// A key is a text, whatever it was.
fn key(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(list) => Cow::Owned(list.iter().map(key).collect::<Vec<_>>().join(",")),
        other if beyond_json(other).is_some() => beyond_json(other).map_or(Cow::Borrowed(""), key),
        Value::Object(_) => Cow::Borrowed("[object Object]"),
        other => Cow::Owned(other.to_string()),
    }
}

fn has_list_in_list(key: &Value) -> bool {
    key.as_array().is_some_and(|list| list.iter().any(Value::is_array))
}

/// The name of a tag that is known for this kind of value; `None`: there is none.
fn known_tag(tag: Option<&Tag>, names: &[&str]) -> Result<Option<String>, NotRead> {
    let Some(tag) = tag.map(Tag::to_string) else { return Ok(None) };
    match tag.strip_prefix("tag:yaml.org,2002:") {
        Some(name) if names.contains(&name) => Ok(Some(name.to_owned())),
        _ if tag == "!" => Ok(None),
        _ => Err(wrong(SkillNotice::YamlTagUnknown { tag })),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, NotRead> {
    let names = ["str", "int", "float", "bool", "null", "timestamp", "binary", "merge"];
    let name = known_tag(tag, &names)?;
    let is_text = style != ScalarStyle::Plain || tag.is_some() && !text.is_empty();
    let found = match name.as_deref() {
        None if is_text => return Ok(Value::from(text)),
        None => return Ok(plain(text)),
        Some("str" | "merge") => return Ok(Value::from(text)),
        // It becomes bytes, which are nothing that an item could be made of.
        Some("binary") => return Err(NotRead::TooMuch(MatterBound::Binary)),
        Some("int") => whole_number(text),
        Some("float") => decimal(text).or_else(|| whole_number(text)),
        Some("timestamp") => day_or_time(text),
        Some("null") if text.is_empty() && style == ScalarStyle::Plain => Some(Value::Null),
        Some("null") => matches!(text, "~" | "null" | "Null" | "NULL").then_some(Value::Null),
        Some(_) => Some(plain(text)).filter(Value::is_boolean),
    };
    found.ok_or_else(|| wrong(SkillNotice::YamlTagWrong { text: text.to_owned() }))
}

/// Each entry of the list, a key with its value, as a list of both.
fn pairs(list: Value) -> Value {
    let Value::Array(list) = list else { return list };
    let pair = |entry| match entry {
        Value::Object(entry) => entry.into_iter().next().map_or(Value::Null, |(key, value)| json!([key, value])),
        other => other,
    };
    Value::Array(list.into_iter().map(pair).collect())
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
        radix(digits, 10)?;
        digits.replace('_', "").parse().ok()?
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
        return Some(infinite());
    }
    if let Some((whole, part)) = text.split_once('.').filter(|(whole, _)| whole.contains(':')) {
        let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
        let whole = sixties(whole.trim_start_matches(['-', '+']), |part| part.replace('_', "").parse().ok())?;
        let part: f64 = format!("0.{}0", part.replace('_', "")).parse().ok()?;
        return Some(number_value(sign * (whole + part)));
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
    if !number.is_finite() {
        return infinite();
    }
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
    let time = if text.len() == 10 {
        day(text)?
    } else {
        let text = text.replacen([' ', 't'], "T", 1);
        let has_zone = text.ends_with('Z') || text.get(10..).is_some_and(|time| time.contains(['+', '-']));
        let text = if has_zone { text } else { format!("{text}Z") };
        text.contains('T').then(|| text.parse::<Timestamp>().ok())??
    };
    Some(moment(time))
}

/// The first moment of a day. Months and days that there are not are counted on from those that there are.
fn day(text: &str) -> Option<Timestamp> {
    let mut parts = text.split('-');
    let mut part = |digits: usize| parts.next().filter(|part| part.len() == digits)?.parse::<i16>().ok();
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    let first = civil::Date::new(year, 1, 1).ok()?;
    let date = first.checked_add(jiff::Span::new().months(month - 1)).ok()?;
    let date = date.checked_add(jiff::Span::new().days(day - 1)).ok()?;
    date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|day| day.timestamp())
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
        let moment = |text: &str| json!({ BEYOND_JSON: text });
        check(
            "[2020-01-02, '2020-01-02', 2020-13-45]",
            json!([moment("2020-01-02T00:00:00.000Z"), "2020-01-02", moment("2021-02-14T00:00:00.000Z")]),
        );
        check("2001-12-14t21:59:43.10-05:00", moment("2001-12-15T02:59:43.100Z"));
        check("{2020-01-02: a}", json!({"2020-01-02T00:00:00.000Z": "a"}));
        check("[!!int '5', !!float 1, !!bool 'true', !!null ~, ! 5]", json!([5, 1, true, null, "5"]));
        check("!!pairs [a: 1, a: 2]", json!([["a", 1], ["a", 2]]));
        check("[1:30.5, -1:00.25]", json!([90.5, -60.25]));
        // Against the standard.
        check("a: 1\n\tb: 2\nc:\n \td: 3", json!({"a": 1, "b": 2, "c": {"d": 3}}));
        check("a: \"b\nc\"\nd: 'e\n\n''f\n- g'", json!({"a": "b c", "d": "e\n'f - g"}));
        check("l:\n- 'a\r\nb'\n- \"\\\"c\n\t d\"", json!({"l": ["a b", "\"c d"]}));
        check("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}", json!({"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}}));
        check("a: !!str 5", json!({"a": "5"}));
        check("a: >\n  folded\n  text\n", json!({"a": "folded text\n"}));
        check("# nothing", Value::Null);
    }

    #[test]
    fn what_the_engine_refuses_is_refused() {
        for text in [
            "a: 1\na: 2",
            "a: [1",
            "a: *none",
            "a: b: c",
            "a: \"open",
            "a: !important x",
            "a: !local",
            "!x\na: b",
            "a: !!int x",
            "a: !!map [b]",
            "a: !!js/regexp /b/",
            "a: 1\n...\nb: 2",
            "a: 1\r---\r",
            "{<<: x}",
            "{[a, [b]]: c}",
        ] {
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
            assert!(matches!(error, NotRead::TooMuch(_)), "{what}: {error:?}");
        }
        // What people write is far from it.
        let base = "base: &base {tools: {bash: true, edit: false}, model: a/b}\n";
        let all: String = (0..2_000).map(|at| format!("agent{at}: {{<<: *base, temperature: 0.5}}\n")).collect();
        assert!(value(&format!("{base}{all}")).is_ok());
    }
}
