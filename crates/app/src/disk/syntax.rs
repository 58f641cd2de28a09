//! Whether a file of code could be parsed at all.
//!
//! Invariant: what the engine loads is never called broken. What it cannot load may be missed: names
//! that are declared twice, files that are not there, code that throws. Source: `docs/engine.md`,
//! "Code"; held by `tests/end_to_end/truth/code.rs`.

use std::{path::Path, thread};

use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;

/// Larger files are made by machines, which make no mistakes of this kind.
const LARGEST: usize = 1024 * 1024;
/// The parser calls itself for what is nested; deeper than this is not looked at.
const DEEPEST: usize = 1000;
/// Enough for that depth.
const STACK: usize = 64 * 1024 * 1024;

/// Why a file is no code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct SyntaxError {
    /// What the parser said.
    pub(super) message: String,
    /// The byte offset in the text.
    pub(super) offset: usize,
}

/// Parses a text as the engine would a file of this name. Nothing is said of other languages, and of
/// texts that are too large or too deep.
pub(super) fn check(path: &Path, text: &str) -> Result<(), SyntaxError> {
    let Some(language) = language(path) else { return Ok(()) };
    if text.len() > LARGEST || depth(text) > DEEPEST {
        return Ok(());
    }
    thread::scope(|scope| {
        let parse = || first_error(text, language).map_or(Ok(()), Err);
        let parser = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, parse);
        // Without a thread nothing is known.
        parser.map_or(Ok(()), |parser| parser.join().unwrap_or(Ok(())))
    })
}

/// The engine takes what looks like markup in all files but those of TypeScript.
fn language(path: &Path) -> Option<SourceType> {
    match path.extension()?.to_str()? {
        "ts" | "mts" | "cts" => Some(SourceType::ts()),
        "tsx" => Some(SourceType::tsx()),
        "js" | "jsx" | "mjs" | "cjs" => Some(SourceType::jsx()),
        _ => None,
    }
}

/// No less than how deep brackets are nested.
fn depth(text: &str) -> usize {
    let step = |(depth, deepest): (usize, usize), byte: u8| match byte {
        b'(' | b'[' | b'{' => (depth + 1, deepest.max(depth + 1)),
        b')' | b']' | b'}' => (depth.saturating_sub(1), deepest),
        _ => (depth, deepest),
    };
    text.bytes().fold((0, 0), step).1
}

fn first_error(text: &str, language: SourceType) -> Option<SyntaxError> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, language).parse();
    // What has a number of the TypeScript compiler is a rule of types, which the engine leaves out. A
    // file without `import` and `export` is one of CommonJS, where more is allowed. What stops the
    // parser stops every parser.
    let counts = |code: &str| parsed.panicked || (code.is_empty() && parsed.module_record.has_module_syntax);
    let error = parsed.diagnostics.iter().find(|error| counts(&error.code.to_string()))?;
    let offset = error.labels.first().map_or(0, |label| usize::try_from(label.offset()).unwrap_or_default());
    Some(SyntaxError { message: error.message.to_string(), offset })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_has_a_place() {
        let found = |name: &str, text: &str| check(Path::new(name), text).map_err(|error| error.offset);
        assert_eq!(found("a.ts", "const a: number = 1 as any\n"), Ok(()));
        assert_eq!(found("a.js", "const a: number = 1\n"), Err(6));
        assert_eq!(found("a.ts", "export const a = async ( => 1\n"), Err(25));
        assert_eq!(found("a.json", "{"), Ok(()), "not code");
        assert_eq!(found("a.ts", &"[".repeat(1_000_000)), Ok(()), "too deep to be looked at");
        assert_eq!(found("a.ts", &format!("{}1{}", "[".repeat(DEEPEST), "]".repeat(DEEPEST))), Ok(()));
        assert!(found("a.ts", &"(".repeat(DEEPEST)).is_err());
    }
}
