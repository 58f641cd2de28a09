//! What is wrong with a configuration, and with the files that hold one.

use rekindle_domain::{ConfigNotice, Expected, Notice, ReferenceFault, ValueKind, WriteFault};

use super::Front;

pub(super) fn said(notice: &ConfigNotice, front: Front) -> String {
    let of = |what: &Notice| super::said(what, front);
    let fixed = match notice {
        ConfigNotice::HoldsNothing => "the file holds no value",
        ConfigNotice::ValueMissing => "a value is missing here",
        ConfigNotice::KeyMissing => "expected a key in double quotes",
        ConfigNotice::ColonMissing => "expected “:” after the key",
        ConfigNotice::CommaMissing => "expected “,” or a closing bracket",
        ConfigNotice::BracketNotClosed { bracket } => return format!("a “{bracket}” is not closed before this"),
        ConfigNotice::BracketNotOpened { bracket } => return format!("a “{}” that closes nothing", closing(*bracket)),
        ConfigNotice::TrailingText => "unexpected text after the closing bracket",
        ConfigNotice::NotQuoted => "expected a key or value in double quotes",
        ConfigNotice::CapitalLetters => "true, false and null are written in lower case",
        ConfigNotice::OtherNull => "a word that means nothing here",
        ConfigNotice::BraceMissing => "expected “{” at the start",
        ConfigNotice::GitConflict => "an unresolved git conflict",
        ConfigNotice::CurlyQuote => "a curly quote",
        ConfigNotice::SingleQuotes => "a string in single quotes",
        ConfigNotice::OtherEncoding => "this is not UTF-8; it may be UTF-16",
        ConfigNotice::InvisibleCharacter { character } => {
            return format!("an invisible character ({}) between the values", code_point(*character));
        }
        ConfigNotice::StrayCharacter { character: '#' } => "“#” does not start a comment here",
        ConfigNotice::StrayCharacter { character: '.' } => "a number that starts with a decimal point",
        ConfigNotice::StrayCharacter { character: '+' } => "a number with a plus sign",
        ConfigNotice::StrayCharacter { character: ';' } => "“;” where a comma or a bracket is expected",
        ConfigNotice::StrayCharacter { character } => return format!("“{character}” where a key or value is expected"),
        ConfigNotice::LineBreakInString => "a string in double quotes runs past the end of its line",
        ConfigNotice::StringNotClosed => "a string in double quotes is never closed",
        ConfigNotice::ControlCharacter { character: '\t' } => "a tab in a string",
        ConfigNotice::ControlCharacter { character } => {
            return format!("a control character ({}) in a string", code_point(*character));
        }
        ConfigNotice::UnknownEscape => "“\\” before a character that cannot be escaped",
        ConfigNotice::UnicodeEscape => "“\\u” without four hexadecimal digits",
        ConfigNotice::NumberCutOff => "an incomplete number",
        ConfigNotice::NumberTooLarge => "a number that is too large for OpenCode",
        ConfigNotice::CommentNotClosed => "a “/*” is never closed",
        ConfigNotice::TooManyValues { most } => {
            return format!("there are more than {most} values, and Rekindle reads no more");
        }
        ConfigNotice::ReaderRefuses { why } => {
            return format!("Rekindle cannot read this, though OpenCode can: {}", lower_first(why));
        }
        ConfigNotice::NestedTooDeep { most } => {
            return format!("lists and objects are nested more than {most} deep, and Rekindle reads no deeper");
        }
        ConfigNotice::NotAnObject { found } => return format!("expected an object in braces, found {}", a(*found)),
        ConfigNotice::RequiredKeyMissing { key } => return format!("“{key}” is missing"),
        ConfigNotice::WrongValue { expected, found } => {
            return format!("expected {}, found {}", either(expected), a(*found));
        }
        ConfigNotice::ValueRefused { why } => return why.clone(),
        ConfigNotice::AtKey { key, what } if key.is_empty() => return format!("the configuration: {}", of(what)),
        ConfigNotice::AtKey { key, what } => return format!("“{key}”: {}", of(what)),
        ConfigNotice::EntryIgnored { key, what } => {
            return format!("“{key}”: {}, so OpenCode silently ignores the entry", of(what));
        }
        ConfigNotice::EntryLeftOut { key } => return format!("“{key}”: OpenCode silently ignores this entry"),
        ConfigNotice::NewerPermissions { key } => return format!("this engine does not read “{key}”"),
        ConfigNotice::ReferenceBroken { target, fault } => {
            let fault = match fault {
                ReferenceFault::Missing => "does not exist",
                ReferenceFault::NotAFile => "is not a file",
                ReferenceFault::Unreadable => "is unreadable",
            };
            return format!("the file “{target}” {fault}");
        }
        ConfigNotice::VariablesTooLong => "with its variables replaced, it is larger than Rekindle reads",
        ConfigNotice::VariableMisplaced { variable, what } => {
            return format!("{variable} is replaced by text that does not fit here: {}", of(what));
        }
        ConfigNotice::NotChecked { why } => {
            return format!("Rekindle could not check whether OpenCode would load this: {}", of(why));
        }
        ConfigNotice::NotCompared { why } => return format!("what is in this file is not compared: {}", of(why)),
        ConfigNotice::NotEdited { why } => return of(why),
        ConfigNotice::NotAList { key } => return format!("“{key}” is not a list"),
        ConfigNotice::KeyNotAnObject { key } => return format!("“{key}” is not an object"),
        ConfigNotice::NotDeclared { entry, path } => return format!("“{entry}” is not declared in {path}"),
        ConfigNotice::FileNotRead { path, why, .. } => return format!("could not read {path}: {}", of(why)),
        ConfigNotice::FileNotWritten { path, why, .. } => return format!("could not write {path}: {}", of(why)),
        ConfigNotice::FileNotText { path } => return format!("{path} is not UTF-8 text"),
        ConfigNotice::FileLinkDangling { path, target } => {
            return format!("{path} is a link to {target}, which does not exist");
        }
        ConfigNotice::FileShared { path } => {
            return format!("{path} has a second name (a hard link), and writing would separate the two");
        }
        ConfigNotice::FileOfOther { path, why } => {
            return format!("{path} belongs to another user or group, and would no longer: {why}");
        }
        ConfigNotice::FileContended { path } => return format!("another program keeps changing {path}"),
        ConfigNotice::PluginUnnamed => "it is empty",
        ConfigNotice::PluginControlCharacter => "it contains a line break or a control character",
        ConfigNotice::PluginTooLong => "it is longer than any name, path or URL",
        ConfigNotice::PackageNameTooLong { most } => {
            return format!("a package name has at most {most} characters");
        }
        ConfigNotice::PackageMalformed => "it is not written as a package, a path or a URL",
    };
    fixed.to_owned()
}

pub(super) fn hint(notice: &ConfigNotice, front: Front) -> String {
    let fixed = match notice {
        ConfigNotice::HoldsNothing => "write {} into it, or delete it",
        ConfigNotice::ValueMissing => "write a value, or remove what stands before this place",
        ConfigNotice::KeyMissing => "write \"key\": value, or remove what stands here",
        ConfigNotice::ColonMissing => "write \"key\": value",
        ConfigNotice::CommaMissing => "a comma is missing before this",
        ConfigNotice::BracketNotClosed { bracket } => return format!("add the missing “{}”", closing(*bracket)),
        ConfigNotice::BracketNotOpened { bracket } => {
            let what = if *bracket == '[' { "list" } else { "object" };
            return format!("remove it, or write a “{bracket}” where the {what} begins");
        }
        ConfigNotice::TrailingText => "remove what follows, or the extra bracket",
        ConfigNotice::NotQuoted => "put it in double quotes",
        ConfigNotice::CapitalLetters => "write it in lower case",
        ConfigNotice::OtherNull => "write null, or leave the key out",
        ConfigNotice::BraceMissing => "put everything between { and }, and keys in double quotes",
        ConfigNotice::GitConflict => "keep one of the two sides, and remove git's marks",
        ConfigNotice::CurlyQuote => "use straight double quotes",
        ConfigNotice::SingleQuotes => "use double quotes",
        ConfigNotice::OtherEncoding | ConfigNotice::FileNotText { .. } => "save it as UTF-8",
        ConfigNotice::InvisibleCharacter { .. } => "replace it with a plain space, or remove it",
        ConfigNotice::StrayCharacter { character: '#' } => "write // for a comment",
        ConfigNotice::StrayCharacter { character: '.' } => "write 0 before it",
        ConfigNotice::StrayCharacter { character: '+' } => "leave the sign out",
        ConfigNotice::StrayCharacter { character: ';' } => "write a comma, or remove it",
        ConfigNotice::StrayCharacter { .. } => "remove it",
        ConfigNotice::LineBreakInString => "write \\n for a line break",
        ConfigNotice::StringNotClosed => "add the missing \"",
        ConfigNotice::ControlCharacter { character: '\t' } => "write \\t for a tab",
        ConfigNotice::ControlCharacter { .. } => "write it as \\u and four hexadecimal digits, or remove it",
        ConfigNotice::UnknownEscape => "write \\\\ for a backslash",
        ConfigNotice::UnicodeEscape => "write \\\\u for a path with a backslash, or add four digits",
        ConfigNotice::NumberCutOff => "add the missing digits",
        ConfigNotice::NumberTooLarge => "write a smaller one, or a string in quotes",
        ConfigNotice::CommentNotClosed => "add the missing “*/”",
        ConfigNotice::TooManyValues { .. } => "make it smaller",
        ConfigNotice::ReaderRefuses { .. } => "write it in a simpler way",
        ConfigNotice::NestedTooDeep { .. } => "nest it less deeply",
        ConfigNotice::NotAnObject { .. } => "put everything between { and }",
        ConfigNotice::RequiredKeyMissing { key } => return format!("add “{key}”"),
        ConfigNotice::WrongValue { expected, .. } => return format!("write {}", either(expected)),
        ConfigNotice::ValueRefused { .. } => "write what OpenCode expects here",
        ConfigNotice::AtKey { what, .. } | ConfigNotice::EntryIgnored { what, .. } => return super::hint(what, front),
        ConfigNotice::EntryLeftOut { .. } => {
            "something in it is missing or has the wrong type; compare it with OpenCode's documentation"
        }
        ConfigNotice::NewerPermissions { .. } => "rename it to “permission”",
        ConfigNotice::ReferenceBroken { fault: ReferenceFault::Missing, .. } => "create it, or fix the path",
        ConfigNotice::ReferenceBroken { fault: ReferenceFault::NotAFile, .. } => "name a file",
        ConfigNotice::ReferenceBroken { fault: ReferenceFault::Unreadable, .. } => {
            "check its permissions, or fix the path"
        }
        ConfigNotice::VariablesTooLong => "refer to fewer files, or to smaller ones",
        ConfigNotice::VariableMisplaced { .. } => "change its value, or the text around it",
        ConfigNotice::NotChecked { why } => return or(super::hint(why, front), "make it smaller, or move it away"),
        ConfigNotice::NotCompared { why } => return super::hint(why, front),
        ConfigNotice::NotEdited { why } => return with(super::hint(why, front), "nothing was written to the file"),
        ConfigNotice::NotAList { .. } => "make it a list in square brackets",
        ConfigNotice::KeyNotAnObject { .. } => "make it an object in curly brackets",
        ConfigNotice::NotDeclared { .. } => match front {
            Front::Window => "look at the list of what is there",
            Front::Command => "see what is there with: rekindle list",
        },
        ConfigNotice::FileNotRead { why, is_too_large: true, .. } => {
            return or(super::hint(why, front), "move it away");
        }
        ConfigNotice::FileNotRead { why, is_too_large: false, .. } => {
            return or(super::hint(why, front), "check what it is, and its permissions");
        }
        ConfigNotice::FileNotWritten { why, fault, .. } => {
            let plain = match fault {
                WriteFault::DiskFull => "free up disk space, then try again",
                WriteFault::Forbidden => "check the folder's permissions",
                WriteFault::Other => "nothing was changed; try again",
            };
            return or(super::hint(why, front), plain);
        }
        ConfigNotice::FileLinkDangling { .. } => {
            "nothing was changed; create what it leads to, or remove the link, then try again"
        }
        ConfigNotice::FileShared { .. } => {
            "nothing was changed; edit the file yourself, which keeps both names, or replace it with a copy"
        }
        ConfigNotice::FileOfOther { .. } => "nothing was changed; do it as the user who owns the file",
        ConfigNotice::FileContended { .. } => "wait for the other program, then try again",
        ConfigNotice::PackageMalformed => {
            "write name, name@version or @scope/name for a package; begin a file path with ./ or /"
        }
        ConfigNotice::PluginUnnamed
        | ConfigNotice::PluginControlCharacter
        | ConfigNotice::PluginTooLong
        | ConfigNotice::PackageNameTooLong { .. } => "",
    };
    fixed.to_owned()
}

/// A hint, or another one where there is none.
fn or(hint: String, other: &str) -> String {
    if hint.is_empty() { other.to_owned() } else { hint }
}

/// A hint, and something that follows it.
fn with(hint: String, more: &str) -> String {
    if hint.is_empty() { more.to_owned() } else { format!("{hint}; {more}") }
}

fn closing(bracket: char) -> char {
    if bracket == '[' { ']' } else { '}' }
}

fn code_point(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// A value of this kind.
fn a(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Null => "null",
        ValueKind::Boolean => "true or false",
        ValueKind::WholeNumber => "a whole number",
        ValueKind::Number => "a number",
        ValueKind::String => "a string",
        ValueKind::List => "a list",
        ValueKind::Object => "an object",
    }
}

/// `true, false or “notify”`.
pub(crate) fn either(expected: &[Expected]) -> String {
    let mut words: Vec<String> = Vec::new();
    for one in expected {
        match one {
            Expected::Kind(ValueKind::Boolean) => words.extend(["true", "false"].map(str::to_owned)),
            Expected::Kind(kind) => words.push(a(*kind).to_owned()),
            Expected::Word(word) => words.push(format!("“{word}”")),
        }
    }
    match words.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(notice: ConfigNotice, message: &str, what_to_do: &str) {
        for front in [Front::Window, Front::Command] {
            assert_eq!((said(&notice, front).as_str(), hint(&notice, front).as_str()), (message, what_to_do));
        }
    }

    /// B1: what is expected is said, with what to write.
    #[test]
    fn what_is_expected_is_said() {
        let wrong = |expected: &[Expected], found| {
            let what = ConfigNotice::WrongValue { expected: expected.to_vec(), found };
            what.at(&["mcp".to_owned(), "m".to_owned()])
        };
        let word = |word: &str| Expected::Word(word.to_owned());
        let kind = Expected::Kind;
        check(
            wrong(&[kind(ValueKind::String)], ValueKind::Number),
            "“mcp.m”: expected a string, found a number",
            "write a string",
        );
        check(
            wrong(&[word("manual"), word("auto"), word("disabled")], ValueKind::String),
            "“mcp.m”: expected “manual”, “auto” or “disabled”, found a string",
            "write “manual”, “auto” or “disabled”",
        );
        check(
            wrong(&[kind(ValueKind::Boolean), word("notify")], ValueKind::Boolean),
            "“mcp.m”: expected true, false or “notify”, found true or false",
            "write true, false or “notify”",
        );
        let missing = ConfigNotice::RequiredKeyMissing { key: "url".to_owned() };
        check(missing.clone().at(&[]), "the configuration: “url” is missing", "add “url”");
        check(
            ConfigNotice::EntryIgnored { key: "mcp.m".to_owned(), what: Box::new(missing.into()) },
            "“mcp.m”: “url” is missing, so OpenCode silently ignores the entry",
            "add “url”",
        );
    }

    /// B1: brackets and characters are named.
    #[test]
    fn brackets_and_characters_are_named() {
        check(
            ConfigNotice::BracketNotClosed { bracket: '[' },
            "a “[” is not closed before this",
            "add the missing “]”",
        );
        check(
            ConfigNotice::BracketNotOpened { bracket: '{' },
            "a “}” that closes nothing",
            "remove it, or write a “{” where the object begins",
        );
        check(
            ConfigNotice::InvisibleCharacter { character: '\u{a0}' },
            "an invisible character (U+00A0) between the values",
            "replace it with a plain space, or remove it",
        );
        check(ConfigNotice::ControlCharacter { character: '\t' }, "a tab in a string", "write \\t for a tab");
    }

    /// What is wrong in a text stays what is wrong, and the hint is the one of the cause where that has one.
    #[test]
    fn causes_have_the_last_word() {
        let why = |notice: ConfigNotice| Box::new(notice.into());
        check(
            ConfigNotice::NotEdited { why: why(ConfigNotice::ColonMissing) },
            "expected “:” after the key",
            "write \"key\": value; nothing was written to the file",
        );
        check(
            ConfigNotice::NotChecked { why: why(ConfigNotice::VariablesTooLong) },
            "Rekindle could not check whether OpenCode would load this: with its variables replaced, it is larger than \
             Rekindle reads",
            "refer to fewer files, or to smaller ones",
        );
        check(
            ConfigNotice::FileNotWritten {
                path: "/p/a".to_owned(),
                why: Box::new("No space left on device".into()),
                fault: WriteFault::DiskFull,
            },
            "could not write /p/a: No space left on device",
            "free up disk space, then try again",
        );
    }
}
