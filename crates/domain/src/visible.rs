//! Text that can be shown without doing anything else: for terminals, and for JSON that ends up in one.
//!
//! Invariant: what comes out holds no character that moves the cursor, changes the terminal, turns the
//! direction of writing, breaks the line, or takes no room at all. Tabs stay, and the two joiners that
//! emoji and some scripts are written with.

use std::borrow::Cow;

/// True for characters that do something instead of being seen.
fn is_hidden(c: char) -> bool {
    match c {
        '\t' => false,
        // Direction marks, embeddings and isolates; breaks of lines and paragraphs.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        // What is there and cannot be seen, with which two names look like one.
        '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2065}' => true,
        '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' => true,
        '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e007f}' => true,
        // The rest of C0, DEL and C1.
        c => c.is_control(),
    }
}

/// One line of text in which everything can be seen: `\n`, `\r`, `\u{1b}` stand for what they name.
pub fn visible(text: &str) -> Cow<'_, str> {
    replaced(text, |c, into| match c {
        '\n' => into.push_str("\\n"),
        '\r' => into.push_str("\\r"),
        c => into.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
    })
}

/// JSON with the same characters written as `\u001b`. Outside of its texts JSON has none of them but the
/// ends of lines of its layout, which stay; inside of texts they are escaped already.
pub fn visible_json(json: &str) -> Cow<'_, str> {
    replaced(json, |c, into| match c {
        '\n' => into.push('\n'),
        c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| into.push_str(&format!("\\u{unit:04x}"))),
    })
}

/// The runs of such characters in a text, each with where it begins, in bytes, and what it stands for: letters that only a
/// model reads (tags, and variation selectors where more than one follow each other) as those letters, all others by their
/// numbers. The ends of lines are none, nor are a mark at the beginning of a file that says how it is encoded, and the flags
/// that are written with tags.
pub fn hidden_runs(text: &str) -> impl Iterator<Item = (usize, String)> {
    let is_one = |at: usize, c: char| {
        (is_hidden(c) || selected(c).is_some()) && !matches!(c, '\n' | '\r') && (at, c) != (0, '\u{feff}')
    };
    let mut letters = text.char_indices().peekable();
    let mut before = ' ';
    std::iter::from_fn(move || {
        loop {
            let (start, first) = letters.next()?;
            if !is_one(start, first) {
                before = first;
                continue;
            }
            let mut run = vec![first];
            while let Some((_, c)) = letters.next_if(|(at, c)| is_one(*at, *c)) {
                run.push(c);
            }
            let is_flag = before == '\u{1f3f4}' && run.len() <= 7 && run.last() == Some(&'\u{e007f}');
            let is_form = run.len() == 1 && selected(first).is_some();
            if !is_flag && !is_form {
                return Some((start, run.into_iter().map(letter).collect()));
            }
        }
    })
}

/// What a variation selector counts: one alone chooses the form of the letter before it, several can hide a text.
fn selected(c: char) -> Option<u32> {
    match c {
        '\u{fe00}'..='\u{fe0f}' => Some(u32::from(c) - 0xfe00),
        '\u{e0100}'..='\u{e01ef}' => Some(u32::from(c) - 0xe0100 + 16),
        _ => None,
    }
}

fn letter(c: char) -> String {
    let tag = u32::from(c).checked_sub(0xe0000).filter(|number| *number < 0x80);
    match tag.or(selected(c)).and_then(char::from_u32) {
        Some(letter) if letter.is_ascii_graphic() || letter == ' ' => letter.to_string(),
        _ => format!("\\u{{{:x}}}", u32::from(c)),
    }
}

fn replaced(text: &str, replace: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) { replace(c, &mut shown) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// N16: nothing gets through that a terminal acts on, and what people write stays as it is.
    #[test]
    fn what_a_terminal_would_do_is_seen_instead() {
        let check = |text: &str, expected: &str| assert_eq!(visible(text), expected, "{text:?}");
        check("plain text\twith a tab", "plain text\twith a tab");
        check("grün 日本語 😀 👩‍👩‍👧 می‌خواهم", "grün 日本語 😀 👩‍👩‍👧 می‌خواهم");
        check("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}");
        check("a\u{1b}[2Kb\u{1b}[1Ac", "a\\u{1b}[2Kb\\u{1b}[1Ac");
        check("gone\r\nnext\rover", "gone\\r\\nnext\\rover");
        check("\u{9b}31m\u{85}\u{7f}\u{8}", "\\u{9b}31m\\u{85}\\u{7f}\\u{8}");
        check(
            "gpj.\u{202e}exe\u{2066}x\u{2069}\u{200f}\u{61c}",
            "gpj.\\u{202e}exe\\u{2066}x\\u{2069}\\u{200f}\\u{61c}",
        );
        check("a\u{2028}b\u{2029}c\u{200b}\u{feff}\u{e0041}", "a\\u{2028}b\\u{2029}c\\u{200b}\\u{feff}\\u{e0041}");
    }

    /// N16: JSON is the same JSON, whatever its texts hold.
    #[test]
    fn json_means_the_same() {
        for c in (0..=0x10ffff).filter_map(char::from_u32).filter(|c| is_hidden(*c)).chain(['ü', '"', '\\', '😀']) {
            let value = serde_json::json!({ format!("k{c}"): [format!("a{c}b"), 1] });
            let pretty = serde_json::to_string_pretty(&value).expect("JSON");
            let shown = visible_json(&pretty);
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("JSON"), value, "{c:?}");
            assert!(shown.lines().all(|line| !line.contains(is_hidden)), "{c:?}");
            assert_eq!(shown.lines().count(), pretty.split('\n').count(), "{c:?}");
        }
    }
}
