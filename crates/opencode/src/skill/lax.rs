//! What the engine's parser takes for YAML and the standard does not, written as the standard has it.
//!
//! Invariant: only a text that the standard refuses comes here, and what the engine's parser makes of the result is
//! what it makes of the text. Source: `docs/engine.md`, "Front matter"; held by `conformance::front_matter`.

/// The text with tabs in no indentation, and the lines of a text in quotes indented; `None`: it has neither.
pub(super) fn strict(text: &str) -> Option<String> {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut strict = String::with_capacity(text.len());
    let mut open: Option<Quoted> = None;
    for line in lines.split_inclusive('\n') {
        let rest = line.trim_start_matches(' ');
        let spaces = line.len() - rest.len();
        // Tabs, and what stands behind one, are no indentation. Within quotes nothing at the beginning of a line counts.
        let rest = rest.trim_start_matches(['\t', ' ']);
        let depth = open.as_ref().map_or(spaces, |quoted| quoted.depth);
        strict.extend(std::iter::repeat_n(' ', depth));
        strict.push_str(rest);
        open = match open {
            Some(quoted) => Some(quoted).filter(|quoted| !closes(rest, quoted.quote)),
            None => opens(rest).map(|quote| Quoted { quote, depth: spaces + 4 }),
        };
    }
    (strict != lines).then_some(strict)
}

/// A text in quotes that goes on in the next line.
struct Quoted {
    quote: char,
    /// How far the line is to be indented, in spaces: deeper than what the text belongs to.
    depth: usize,
}

/// The quote of the value of this line that does not end in it.
fn opens(line: &str) -> Option<char> {
    let mut rest = line;
    while let Some(entry) = rest.strip_prefix("- ") {
        rest = entry.trim_start_matches(' ');
    }
    let value = match rest.split_once(": ") {
        Some((key, value)) if !key.contains(['"', '\'', '#', '[', '{']) => value.trim_start_matches(' '),
        _ => rest,
    };
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.strip_prefix(quote).filter(|body| !closes(body, quote)).map(|_| quote)
}

/// True when a text in such quotes ends in this line. Within these quotes two single ones are one, and what follows a
/// backslash within double ones is no end.
fn closes(body: &str, quote: char) -> bool {
    let mut chars = body.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quote == '"' => {
                chars.next();
            }
            c if c == quote && (quote == '"' || chars.next_if_eq(&quote).is_none()) => return true,
            _ => {}
        }
    }
    false
}
