//! What would be installed.

use rekindle_domain::{PreviewSource, Received, SkillFinding, SkillPreview, Tokens};

use crate::text::{counted, size};

/// How much has come: `12 MB of 50 MB, 24%`.
pub fn received(received: Received) -> String {
    let Received { bytes, of } = received;
    match of.filter(|of| *of >= bytes && *of > 0) {
        Some(of) => format!("{} of {}, {}%", size(bytes), size(of), u128::from(bytes) * 100 / u128::from(of)),
        None => size(bytes),
    }
}

/// Where it is from, and which state of it: `owner/name (1a2b3c)`.
pub fn from(source: &PreviewSource) -> String {
    let exact = source.resolved.iter().chain(&source.digest).cloned().collect::<Vec<_>>();
    match exact.is_empty() {
        true => source.given.clone(),
        false => format!("{} ({})", source.given, exact.join(", ")),
    }
}

/// How many files, and how large: `3 files, 12 KB`.
pub fn files(skill: &SkillPreview) -> String {
    let bytes = skill.files.iter().map(|file| file.bytes).sum();
    format!("{}, {}", counted(skill.files.len(), "file"), size(bytes))
}

/// What it costs.
pub fn weight(tokens: Tokens) -> String {
    format!("about {} in every session, {} more when it is used", counted(tokens.listed, "token"), tokens.body)
}

/// What it asks for.
pub fn tools(tools: &[String]) -> String {
    format!("may use without asking: {}", tools.join(", "))
}

/// A description on one line.
pub fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where a finding is: `SKILL.md:3:5`.
pub fn place(finding: &SkillFinding) -> Option<String> {
    let path = finding.path.as_ref()?;
    let numbers = finding.line.zip(finding.column).map(|(line, column)| format!(":{line}:{column}"));
    Some(format!("{path}{}", numbers.unwrap_or_default()))
}

/// What a command of another tool asked for and is not done.
pub fn left_out(options: &[String]) -> String {
    format!("Ignored {}, which Rekindle does not use.", options.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_much_has_come() {
        let check = |bytes, of, expected: &str| assert_eq!(received(Received { bytes, of }), expected);
        check(12_000_000, Some(50_000_000), "12.0 MB of 50.0 MB, 24%");
        check(800, None, "800 bytes");
        check(0, Some(0), "0 bytes");
        check(2000, Some(1000), "2 KB");
        check(u64::MAX, Some(u64::MAX), "18446744073709.5 MB of 18446744073709.5 MB, 100%");
    }
}
