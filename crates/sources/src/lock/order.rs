//! The order in which that tool sorts the paths of files: by the collation of Unicode, as `localeCompare` has it.
//!
//! Measured with Node 20 for ASCII. Other letters of Latin sort with those that they are made of, everything else behind them
//! by its number: where that is not so, that tool takes an entry of ours for one that is out of date, and installs it anew.

use std::cmp::Ordering;

use unicode_normalization::UnicodeNormalization;

/// What ASCII has, in its order; a letter stands for both its cases.
const ASCII: &str = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz";

/// Compares two paths as that tool does: letters first, then accents, then case, the small ones first.
pub fn as_they_sort(one: &str, other: &str) -> Ordering {
    let (one, other) = (keys(one), keys(other));
    one.letters
        .cmp(&other.letters)
        .then_with(|| one.accents.cmp(&other.accents))
        .then_with(|| one.cases.cmp(&other.cases))
}

struct Keys {
    letters: Vec<usize>,
    accents: Vec<Vec<char>>,
    cases: Vec<bool>,
}

fn keys(text: &str) -> Keys {
    let mut keys = Keys { letters: Vec::new(), accents: Vec::new(), cases: Vec::new() };
    for letter in text.nfd() {
        if ('\u{300}'..='\u{36f}').contains(&letter) {
            if let Some(accents) = keys.accents.last_mut() {
                accents.push(letter);
            }
            continue;
        }
        if letter.is_ascii_control() {
            continue;
        }
        let small = letter.to_ascii_lowercase();
        keys.letters.push(ASCII.find(small).unwrap_or(ASCII.len() + letter as usize));
        keys.accents.push(Vec::new());
        keys.cases.push(letter.is_uppercase());
    }
    keys
}
