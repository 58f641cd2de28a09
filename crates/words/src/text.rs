//! What all sentences are made of: numbers with their nouns, lists, sizes, durations, ends of sentences.

/// `is` or `are`.
pub fn be(number: usize) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

/// A size: `12.3 MB`; never none.
pub fn megabytes(bytes: u64) -> String {
    let tenths = bytes.div_ceil(100_000).max(1);
    let tenths = if bytes >= 100_000 { bytes / 100_000 } else { tenths };
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

/// A size: `840 bytes`, `12 KB`, `1.6 MB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} bytes"),
        1000..1_000_000 => format!("{} KB", bytes / 1000),
        _ => megabytes(bytes),
    }
}

/// A large size: `1.6 GB`.
pub fn gigabytes(bytes: u64) -> String {
    format!("{}.{} GB", bytes / 1_000_000_000, bytes % 1_000_000_000 / 100_000_000)
}

/// The last part of a path: the file's name.
pub fn file_name(path: &str) -> &str {
    let path = path.trim_end_matches(['/', '\\']);
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// `1 change`, `3 changes`, `2 directories`.
pub fn counted(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}

/// Starts with a capital and ends with a full stop. Programs write neither. What starts with a
/// name, such as a file's, stays as it is.
pub fn sentence(text: &str) -> String {
    let text = closed(text);
    let first = text.split_whitespace().next().unwrap_or_default().trim_end_matches(['.', ',', ':', ';', '!', '?']);
    if !first.chars().all(char::is_alphabetic) {
        return text;
    }
    capital(&text)
}

/// Starts with a capital.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let start: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{start}{}", letters.as_str())
}

/// Ends with a full stop, and goes on as it was written: for what follows a colon.
pub fn closed(text: &str) -> String {
    let text = text.trim();
    let end = if text.is_empty() || text.ends_with(['.', '!', '?', '…', ':']) { "" } else { "." };
    format!("{text}{end}")
}

/// `a, b, c`, with what does not fit counted: `a, b and 4 more`.
pub fn listed(parts: &[String], most: usize) -> String {
    listed_of(parts, most, parts.len())
}

/// The same where there are more, of which nothing is known but that.
pub fn listed_of(parts: &[String], most: usize, all: usize) -> String {
    let named = &parts[..most.min(parts.len())];
    match all.saturating_sub(named.len()) {
        0 => named.join(", "),
        left => format!("{} and {left} more", named.join(", ")),
    }
}

/// A duration: `120 ms`, `0.9 s`, `2 min 5 s`.
pub fn duration(ms: u64) -> String {
    match ms {
        0..100 => format!("{ms} ms"),
        100..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
    }
}

/// A duration in which the milliseconds count: `120 ms`.
pub fn fine_duration(ms: u64) -> String {
    if ms < 1000 { format!("{ms} ms") } else { duration(ms) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_nouns() {
        let check = |number, noun, expected| assert_eq!(counted(number, noun), expected);
        check(1, "change", "1 change");
        check(0, "change", "0 changes");
        check(1, "other directory", "1 other directory");
        check(2, "other directory", "2 other directories");
    }
}
