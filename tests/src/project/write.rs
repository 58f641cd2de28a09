//! One meaning in many words.

use serde_json::{Map, Value};

use super::{Meaning, as_written};
use crate::layout::{Dice, json_text};

/// A text with this meaning.
pub(super) fn text(dice: &mut Dice, meaning: &Meaning) -> String {
    match meaning {
        Meaning::Config(config) => {
            let value = shuffled(dice, as_written(config));
            json_text(dice, &value)
        }
        Meaning::Page { fields, body } => page(dice, fields, body),
        Meaning::Code(code) => code.clone(),
    }
}

/// The same with the keys of all maps in another order.
fn shuffled(dice: &mut Dice, value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut left: Vec<(String, Value)> = map.into_iter().collect();
            let mut map = Map::new();
            while !left.is_empty() {
                let (key, value) = left.swap_remove(dice.up_to(left.len() - 1));
                map.insert(key, shuffled(dice, value));
            }
            Value::Object(map)
        }
        // The order of a list is part of what it says.
        Value::Array(list) => list.into_iter().map(|value| shuffled(dice, value)).collect(),
        value => value,
    }
}

fn page(dice: &mut Dice, fields: &Map<String, Value>, body: &str) -> String {
    let Value::Object(fields) = shuffled(dice, Value::Object(fields.clone())) else { return body.to_owned() };
    let mut text = String::from("---\n");
    for (key, value) in &fields {
        if dice.percent(15) {
            text.push_str(dice.pick(&["# a note: with a colon\n", "\n", "  # another\n"]));
        }
        let value = value.as_str().expect("a text");
        let quote = dice.pick(&["", "\"", "'"]);
        let (before, after) = (dice.pick(&[" ", "  "]), dice.pick(&["", "  ", " # why"]));
        text.push_str(&format!("{key}:{before}{quote}{value}{quote}{after}\n"));
    }
    text.push_str("---\n");
    text.push_str(dice.pick(&["", "\n", "\n\n", " \n"]));
    text.push_str(body);
    text.push_str(dice.pick(&["", "\n", "\n\n", "  \n"]));
    if dice.percent(25) {
        text = text.replace('\n', "\r\n");
    }
    if dice.percent(5) { format!("\u{feff}{text}") } else { text }
}
