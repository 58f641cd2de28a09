//! Keys of the configuration, and who says what they hold.

use rekindle_domain::{KeyOrigin, KeySource};

/// Who says something: `opencode.json:3`.
pub fn place(source: &KeySource) -> String {
    let line = source.line.map(|line| format!(":{line}")).unwrap_or_default();
    match source.origin {
        KeyOrigin::Managed => format!("{}{line}, the administrator's", source.place),
        KeyOrigin::Environment => format!("${}", source.place),
        KeyOrigin::File | KeyOrigin::Folder => format!("{}{line}", source.place),
    }
}
