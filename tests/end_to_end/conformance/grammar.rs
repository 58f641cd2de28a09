//! The grammar of a configuration against the parser that is built into the engine, in every text that is made here:
//! each odd character in each place, each escape, each kind of number, and each short row of tokens.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use rekindle_opencode::config::text;
use serde_json::Value;

/// In each place of which each odd character stands once.
const SAMPLE: &str = "{\"a\": [1, -2.5e3, \"b\\n\"], /*c*/ \"d\": {\"e\": null,},\n//f\n\"g\":true}";

/// What stands in no word.
const ODD: &[char] = &[
    '\0', '\u{1}', '\u{8}', '\t', '\n', '\u{b}', '\u{c}', '\r', '\u{e}', '\u{1b}', '\u{1f}', ' ', '"', '#', '\'', '+',
    ',', '-', '.', '/', '0', '9', ':', ';', '[', '\\', ']', '_', '`', 'e', 'n', '{', '}', '\u{7f}', '\u{80}', '\u{85}',
    '\u{a0}', '\u{ad}', '\u{1680}', '\u{180e}', '\u{2000}', '\u{2003}', '\u{200b}', '\u{200d}', '\u{200e}', '\u{2028}',
    '\u{2029}', '\u{202e}', '\u{202f}', '\u{205f}', '\u{2060}', '\u{3000}', '\u{feff}', '\u{fffd}', '\u{ffff}', '😀',
];

const TOKENS: [&str; 8] = ["{", "}", "[", "]", ",", ":", "\"a\"", "1"];

/// None that is infinite: the parser takes those, and what comes behind it does not.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "00",
    "01",
    "-01",
    "1.",
    "1.0",
    ".5",
    "-.5",
    "-",
    "--1",
    "+1",
    "1e",
    "1e5",
    "1E+5",
    "1e-5",
    "1e+",
    "1e5.5",
    "1.5e3",
    "0e0",
    "0x10",
    "0b1",
    "1_000",
    "1n",
    "1a",
    "1e-999",
    "NaN",
    "Infinity",
    "-Infinity",
    "9007199254740993",
    "12345678901234567890",
    "0.1",
    "1.7976931348623157e308",
    "5e-324",
    "True",
    "nulls",
    "nul",
    "true1",
];

const COMMENTS: &[&str] = &[
    "{} // a",
    "{} //",
    "{} /* a */",
    "{} /* a",
    "{} /*/",
    "{} /**/",
    "{} /***/",
    "{} /* /* */ */",
    "// a\n{}",
    "// a\r{}",
    "// a\u{2028}{}",
    "/* a */{}",
    "{/* a */}",
    "{\"a\"/* a */:/* b */1/* c */,/* d */}",
    "{ / }",
    "{\"a\": 1 / 2}",
    "{} /",
    "# a\n{}",
    "<!-- -->{}",
    "{}//\u{0}",
    "{/*\"*/}",
    "{\"/*\": \"*/\"}",
    "{\"//\": 1}",
];

fn texts() -> Vec<String> {
    let mut texts = Vec::new();
    for (at, c) in SAMPLE.char_indices() {
        texts.extend(ODD.iter().map(|odd| format!("{}{odd}{}", &SAMPLE[..at], &SAMPLE[at..])));
        texts.extend([SAMPLE[..at].to_owned(), format!("{}{}", &SAMPLE[..at], &SAMPLE[at + c.len_utf8()..])]);
    }
    texts.extend(
        ODD.iter().flat_map(|odd| [format!("{odd}{{}}"), format!("{{}}{odd}"), format!("{{\"a\": \"{odd}\"}}")]),
    );
    for c in ('\0'..'\u{80}').chain(['é', '😀', '\u{2028}']) {
        texts.push(format!("{{\"a\": \"x\\{c}y\"}}"));
        texts.push(format!("{{\"\\{c}0041\": \"\\u00{c}1\"}}"));
    }
    for escape in
        ["", "0", "00e", "00e9", "00E9a", "d83d", "de00", "d83d\\ude00", "de00\\ud83d", "d83d\\\\ude00", "D83Dx"]
    {
        texts.push(format!("{{\"a\": \"\\u{escape}\"}}"));
        texts.push(format!("{{\"\\u{escape}\": 1, \"b\": \"\\\\u{escape}\"}}"));
    }
    texts.extend(NUMBERS.iter().flat_map(|one| [format!("{{\"a\": {one}}}"), format!("{{\"a\": [{one}, {one} ]}}")]));
    texts.extend(COMMENTS.iter().map(|text| (*text).to_owned()));
    texts.extend((1..100).step_by(7).map(|deep| format!("{{\"a\": {}{}}}", "[".repeat(deep), "]".repeat(deep))));
    texts.push("{\"a\": 1, \"a\": {\"b\": 1}, \"a\": {\"c\": 1}}".to_owned());
    let rows = rows(5);
    texts.extend(rows.iter().filter(|row| row.len() < 5).map(|row| format!("{{\"k\": [{}]}}", row.concat())));
    texts.extend(rows.iter().filter(|row| row.len() < 5).map(|row| format!("{{\"k\": {}}}", row.concat())));
    texts.extend(rows.iter().map(|row| row.concat()));
    // An empty file is an empty configuration: it is not parsed.
    texts.retain(|text| !text.is_empty() && !text.starts_with('\u{feff}'));
    texts
}

/// Every row of at most so many tokens.
fn rows(most: usize) -> Vec<Vec<&'static str>> {
    let mut rows = vec![Vec::new()];
    let mut from = 0;
    for _ in 0..most {
        let to = rows.len();
        for at in from..to {
            rows.extend(TOKENS.map(|token| [rows[at].as_slice(), &[token]].concat()));
        }
        from = to;
    }
    rows
}

/// What the engine's parser makes of each; `None`: it finds something wrong, or no object.
fn parsed(texts: &[String]) -> Vec<Option<Value>> {
    let mut node = Command::new("node")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/grammar.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs");
    let mut input = node.stdin.take().expect("an input");
    let lines: String = texts.iter().map(|text| format!("{}\n", Value::from(text.as_str()))).collect();
    let writes = std::thread::spawn(move || input.write_all(lines.as_bytes()).expect("it reads"));
    let output = node.wait_with_output().expect("it ends");
    writes.join().expect("written");
    let answers = String::from_utf8(output.stdout).expect("UTF-8");
    let value = |line: &str| {
        let answer: Value = serde_json::from_str(&text::whole(line)).expect("JSON");
        Some(answer["value"].clone()).filter(Value::is_object)
    };
    answers.lines().map(value).collect()
}

/// Numbers are the same however they are written.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| is_same(a, b)))
        }
        (a, b) => a == b,
    }
}

/// B1: what the engine's parser takes is taken, with the same value, and what it does not is not.
#[test]
fn the_grammar_is_the_engines() {
    let texts = texts();
    let parsed = parsed(&texts);
    assert_eq!(parsed.len(), texts.len());
    let fine = parsed.iter().flatten().count();
    assert!(
        (1000..texts.len() - 1000).contains(&fine),
        "{fine} of {} are fine: both kinds have to be there",
        texts.len()
    );
    let differ = texts.iter().zip(&parsed).filter_map(|(text, expected)| {
        let found = text::value(text);
        let is_agreed = match (&found, expected) {
            (Ok(found), Some(expected)) => is_same(found, expected),
            (Err(_), None) => true,
            _ => false,
        };
        (!is_agreed).then(|| format!("{text:?}\n  ours: {found:?}\n  the engine's: {expected:?}"))
    });
    let differ: Vec<_> = differ.collect();
    assert!(
        differ.is_empty(),
        "{} of {} differ\n{}",
        differ.len(),
        texts.len(),
        differ[..differ.len().min(20)].join("\n")
    );
}
