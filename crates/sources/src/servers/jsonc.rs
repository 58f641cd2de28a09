//! JSON as people paste it: with comments and trailing commas.

use jsonc_parser::ParseOptions;
use rekindle_domain::ServerNotice;
use serde_json::Value;

/// How deep values may stand in each other.
const DEEPEST: usize = 64;

/// The first character that is neither white space nor in a comment.
pub(super) fn beginning(text: &str) -> Option<char> {
    let mut rest = text.trim_start();
    loop {
        let after = match (rest.strip_prefix("//"), rest.strip_prefix("/*")) {
            (Some(comment), _) => comment.split_once('\n').map(|(_, after)| after),
            (_, Some(comment)) => comment.split_once("*/").map(|(_, after)| after),
            _ => return rest.chars().next(),
        };
        rest = after.unwrap_or_default().trim_start();
    }
}

pub(super) fn read(text: &str) -> Result<Value, ServerNotice> {
    // What reads it does so by calling itself.
    let depth = text.chars().scan(0_usize, |depth, c| {
        *depth = match c {
            '{' | '[' => *depth + 1,
            '}' | ']' => depth.saturating_sub(1),
            _ => *depth,
        };
        Some(*depth)
    });
    if depth.max().is_some_and(|depth| depth > DEEPEST) {
        return Err(ServerNotice::ServersTooLarge);
    }
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    jsonc_parser::parse_to_serde_value(text, &options).map_err(|error| ServerNotice::ServersBroken {
        why: Box::new(error.kind().to_string().into()),
        line: error.line_display(),
        column: error.column_display(),
    })
}
