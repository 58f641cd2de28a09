//! JSON as people write it: comments, trailing commas, a byte order mark, duplicate keys.

use serde_json::{Map, Value};

use super::Dice;

/// How one file is written.
struct Style {
    newline: &'static str,
    indent: &'static str,
    comments: bool,
    trailing: bool,
    duplicates: bool,
    escapes: bool,
}

/// The text of a configuration file with this meaning.
pub fn text(dice: &mut Dice, value: &Value) -> String {
    let plain = dice.percent(35);
    let style = Style {
        newline: dice.pick(&["\n", "\n", "\r\n", ""]),
        indent: dice.pick(&["  ", "\t", "", "       "]),
        comments: !plain && dice.percent(50),
        trailing: !plain && dice.percent(40),
        duplicates: !plain && dice.percent(20),
        escapes: !plain && dice.percent(20),
    };
    let mut out = String::new();
    if !plain && dice.percent(10) {
        out.push('\u{feff}');
    }
    if style.comments {
        out.push_str(dice.pick(&["// first\n", "/* first\n */", "\n\n", "  "]));
    }
    write(dice, &style, value, 0, &mut out);
    if style.comments {
        out.push_str(dice.pick(&["", " // end", "\n/* end */\n", "\n\n"]));
    }
    out
}

fn write(dice: &mut Dice, style: &Style, value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(map) => object(dice, style, map, depth, out),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                line(dice, style, depth + 1, out);
                write(dice, style, item, depth + 1, out);
                comma(dice, style, at + 1 == items.len(), out);
            }
            line(dice, style, depth, out);
            out.push(']');
        }
        Value::String(string) => out.push_str(&quoted(dice, style, string)),
        other => out.push_str(&other.to_string()),
    }
}

fn object(dice: &mut Dice, style: &Style, map: &Map<String, Value>, depth: usize, out: &mut String) {
    out.push('{');
    for (at, (key, value)) in map.iter().enumerate() {
        if style.duplicates && dice.percent(20) {
            // The later one wins, also when this one would not be allowed.
            let earlier = dice.pick(&["5", "\"x\"", "{\"lost\": true}", "[]", "null"]);
            line(dice, style, depth + 1, out);
            out.push_str(&format!("{}: {earlier},", quoted(dice, style, key)));
        }
        line(dice, style, depth + 1, out);
        out.push_str(&quoted(dice, style, key));
        out.push_str(dice.pick(&[":", ": ", " : "]));
        if style.comments && dice.percent(5) {
            out.push_str("/* here */ ");
        }
        write(dice, style, value, depth + 1, out);
        comma(dice, style, at + 1 == map.len(), out);
    }
    line(dice, style, depth, out);
    out.push('}');
}

fn comma(dice: &mut Dice, style: &Style, last: bool, out: &mut String) {
    if !last || style.trailing && dice.percent(60) {
        out.push(',');
    }
    if style.comments && dice.percent(10) {
        out.push_str(dice.pick(&[" // why \"not\", {env:NOT_SET}\n", " /* , } */"]));
    }
}

fn line(dice: &mut Dice, style: &Style, depth: usize, out: &mut String) {
    out.push_str(style.newline);
    out.push_str(&style.indent.repeat(if style.newline.is_empty() { 0 } else { depth }));
    // A reference on a line that is a comment is not read.
    if style.comments && dice.percent(4) {
        out.push_str("\n   // {file:./not-there.txt} {env:NOT_SET}\n");
    }
}

fn quoted(dice: &mut Dice, style: &Style, string: &str) -> String {
    let plain = Value::from(string).to_string();
    // References are looked for in the text as it stands, so they are not written otherwise.
    if !style.escapes || string.contains('{') || !dice.percent(40) {
        return plain;
    }
    plain.replace('/', "\\/").replace('a', "\\u0061").replace('\u{e9}', "\\u00e9").replace('😀', "\\ud83d\\ude00")
}
