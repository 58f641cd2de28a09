//! Whether a file of code could be parsed at all.
//!
//! Invariant: what the engine loads is never called broken. What it cannot load may be missed: names
//! that are declared twice, files that are not there, code that throws. Source: `docs/engine.md`,
//! "Code"; held by `tests/end_to_end/facts/code.rs`. A parser calls itself for what is nested, and
//! nearly everything can be: only [`parser`](super::parser) may call this, in a process of its own.

use std::path::Path;

use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;
use strum::{EnumString, IntoStaticStr};

/// Why a text is no code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    /// What the parser said.
    pub(super) message: String,
    /// The byte offset in the text.
    pub(super) offset: usize,
}

/// What the engine takes a file for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub(super) enum Language {
    /// TypeScript.
    Ts,
    /// TypeScript with markup.
    Tsx,
    /// JavaScript, in which what looks like markup is taken in any file.
    Js,
}

impl Language {
    /// That of a file of this name; `None`: it is no code.
    pub(super) fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "ts" | "mts" | "cts" => Some(Self::Ts),
            "tsx" => Some(Self::Tsx),
            "js" | "jsx" | "mjs" | "cjs" => Some(Self::Js),
            _ => None,
        }
    }

    fn source_type(self) -> SourceType {
        match self {
            Self::Ts => SourceType::ts(),
            Self::Tsx => SourceType::tsx(),
            Self::Js => SourceType::jsx(),
        }
    }
}

/// Parses a text as the engine would. It may take all of the stack and end the process.
pub(super) fn first_error(language: Language, text: &str) -> Option<SyntaxError> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, language.source_type()).parse();
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
        let found = |name: &str, text: &str| {
            let language = Language::of(Path::new(name)).expect("a language");
            assert_eq!(<&str>::from(language).parse(), Ok(language), "its word is the parser's");
            first_error(language, text).map(|error| error.offset)
        };
        assert_eq!(found("a.ts", "const a: number = 1 as any\n"), None);
        assert_eq!(found("a.js", "const a: number = 1\n"), Some(6));
        assert_eq!(found("a.ts", "export const a = async ( => 1\n"), Some(25));
        assert_eq!(Language::of(Path::new("a.json")), None, "not code");
    }
}
