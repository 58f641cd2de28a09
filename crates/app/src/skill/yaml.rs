//! YAML as the engine reads it: the words and numbers of YAML 1.1, as its parser knows them.
//!
//! Invariant: text in, values out. What the engine's parser refuses is refused: a key twice, an
//! unknown alias. Source: `docs/engine.md`, "Front matter".

use std::{borrow::Cow, collections::HashMap};

use granit_parser::{Event, Parser, ScalarStyle};
use jiff::{Timestamp, civil};
use serde_json::{Map, Value};

/// Aliases make a small text large; more values than this are no front matter.
const MOST: usize = 100_000;

/// The first document of a text; null when there is none.
pub(super) fn value(text: &str) -> Result<Value, String> {
    let mut reader = Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), left: MOST };
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
    anchors: HashMap<usize, Value>,
    left: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Event<'a>, String> {
        loop {
            match self.parser.next() {
                Some(Ok((Event::Comment(..), _))) => {}
                Some(Ok((event, _))) => return Ok(event),
                Some(Err(error)) => return Err(error.to_string()),
                None => return Ok(Event::StreamEnd),
            }
        }
    }

    fn node(&mut self, event: Event<'a>) -> Result<Value, String> {
        self.left = self.left.checked_sub(1).ok_or("it holds too many values")?;
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.to_string().ends_with("str"));
                (anchor, if is_text { Value::from(text.into_owned()) } else { plain(&text) })
            }
            Event::SequenceStart(_, anchor, _) => {
                let mut list = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd => break,
                        event => list.push(self.node(event)?),
                    }
                }
                (anchor, Value::Array(list))
            }
            Event::MappingStart(_, anchor, _) => (anchor, self.map()?),
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor).cloned().ok_or("an alias without an anchor")?;
                self.left = self.left.checked_sub(size(&value)).ok_or("it holds too many values")?;
                return Ok(value);
            }
            _ => return Err("it ends too early".to_owned()),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn map(&mut self) -> Result<Value, String> {
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
                merged.extend(match value {
                    Value::Array(list) => list,
                    other => vec![other],
                });
            } else if map.insert(key.clone(), value).is_some() {
                return Err(format!("the key “{key}” is there twice"));
            }
        }
        for (key, value) in merged.iter().filter_map(Value::as_object).flatten() {
            map.entry(key.clone()).or_insert_with(|| value.clone());
        }
        Ok(Value::Object(map))
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(size).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(size).sum::<usize>(),
        _ => 1,
    }
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
            assert!(value(text).is_err(), "{text:?}");
        }
    }
}
