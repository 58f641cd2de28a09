//! What is wrong with a configuration, and with the files that hold one.

use serde::{Deserialize, Serialize};

use super::{Notice, notices};

/// What kind of value there is, or should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number without a fraction.
    WholeNumber,
    /// A number.
    Number,
    /// A string.
    String,
    /// A list.
    List,
    /// An object.
    Object,
}

/// What may stand in a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// Any value of this kind.
    Kind(ValueKind),
    /// This very word.
    Word(String),
}

/// What is wrong with a file that a configuration refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReferenceFault {
    /// It is not there.
    Missing,
    /// It is something else than a file.
    NotAFile,
    /// The system refuses to read it.
    Unreadable,
}

/// Why the system refused to write a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WriteFault {
    /// There is no space left.
    DiskFull,
    /// It is not allowed.
    Forbidden,
    /// Something else.
    Other,
}

notices! {
    /// What is to be said of a configuration.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum ConfigNotice {
        /// Nothing is in it but space and comments.
        HoldsNothing,
        /// Here a value should begin.
        ValueMissing,
        /// Here a key in double quotes should begin.
        KeyMissing,
        /// Here a colon should be.
        ColonMissing,
        /// Here a comma should be.
        CommaMissing,
        /// What begins with this bracket is not closed before this place.
        BracketNotClosed {
            /// The opening bracket.
            bracket: char,
        },
        /// This closing bracket closes nothing.
        BracketNotOpened {
            /// The opening bracket that it would belong to.
            bracket: char,
        },
        /// More follows after the last bracket.
        TrailingText,
        /// A word without quotes.
        NotQuoted,
        /// `True`, `FALSE` and the like.
        CapitalLetters,
        /// What stands for nothing in other languages.
        OtherNull,
        /// The text begins with a word: it is YAML, or the like.
        BraceMissing,
        /// Both sides of a merge that git could not do.
        GitConflict,
        /// A quote that a word processor put there.
        CurlyQuote,
        /// A string in single quotes.
        SingleQuotes,
        /// What is no text in UTF-8.
        OtherEncoding,
        /// A character that looks like a space, or like nothing.
        InvisibleCharacter {
            /// The character.
            character: char,
        },
        /// Another character that begins nothing.
        StrayCharacter {
            /// The character.
            character: char,
        },
        /// A string is not closed in its line.
        LineBreakInString,
        /// A string is not closed at all.
        StringNotClosed,
        /// A control character in a string.
        ControlCharacter {
            /// The character.
            character: char,
        },
        /// A backslash before something that has no meaning.
        UnknownEscape,
        /// `\u` without four digits.
        UnicodeEscape,
        /// A number that breaks off.
        NumberCutOff,
        /// A number that is infinite to the engine.
        NumberTooLarge,
        /// A comment is not closed.
        CommentNotClosed,
        /// There are more values than are read.
        TooManyValues {
            /// How many are read.
            most: usize,
        },
        /// The library that reads a text refuses it, and the engine does not.
        ReaderRefuses {
            /// What it said.
            why: String,
        },
        /// Values stand in each other deeper than is read.
        NestedTooDeep {
            /// How deep is read.
            most: usize,
        },
        /// A configuration is no object.
        NotAnObject {
            /// What it is.
            found: ValueKind,
        },
        /// A key that has to be there is not.
        RequiredKeyMissing {
            /// The key.
            key: String,
        },
        /// A value of the wrong kind, or none of the words that are allowed.
        WrongValue {
            /// What may stand there.
            expected: Vec<Expected>,
            /// What does.
            found: ValueKind,
        },
        /// The engine's schema does not allow a value.
        ValueRefused {
            /// In the words of the library that checks it; the value is not in it.
            why: String,
        },
        /// What is wrong is in this place.
        AtKey {
            /// The keys that lead to it, with points between; empty: the whole of it.
            key: String,
            /// What is wrong.
            what: Box<Notice>,
        },
        /// The engine leaves an entry out, because of this.
        EntryIgnored {
            /// The keys that lead to what is wrong, with points between.
            key: String,
            /// What is wrong.
            what: Box<Notice>,
        },
        /// The engine leaves an entry out, and why is not known.
        EntryLeftOut {
            /// The keys that lead to it, with points between.
            key: String,
        },
        /// The one newer spelling that this engine refuses.
        NewerPermissions {
            /// The keys that lead to it, with points between.
            key: String,
        },
        /// A file that the configuration refers to cannot be used.
        ReferenceBroken {
            /// The path as written.
            target: String,
            /// What is wrong with it.
            fault: ReferenceFault,
        },
        /// What variables stand for is more than is read.
        VariablesTooLong,
        /// What takes the place of a variable does not fit there.
        VariableMisplaced {
            /// The variable as written.
            variable: String,
            /// What is wrong with what takes its place; its value is not in it.
            what: Box<Notice>,
        },
        /// Nobody knows whether the engine would load a file.
        NotChecked {
            /// Why it was not checked.
            why: Box<Notice>,
        },
        /// What is in a file is not compared with what the engine has.
        NotCompared {
            /// Why not.
            why: Box<Notice>,
        },
        /// A file was not edited, because it is broken.
        NotEdited {
            /// What is wrong with it.
            why: Box<Notice>,
        },
        /// A key that should hold a list holds something else.
        NotAList {
            /// The key.
            key: String,
        },
        /// A key on the way to another one holds something else than an object.
        KeyNotAnObject {
            /// The keys that lead to it.
            key: String,
        },
        /// There is no such entry in a file.
        NotDeclared {
            /// The entry.
            entry: String,
            /// The file.
            path: String,
        },
        /// A file could not be read.
        FileNotRead {
            /// The file.
            path: String,
            /// Why not.
            why: Box<Notice>,
            /// True when only Rekindle does not read it, because it is too large.
            is_too_large: bool,
        },
        /// A file could not be written.
        FileNotWritten {
            /// The file.
            path: String,
            /// Why not.
            why: Box<Notice>,
            /// The same as a code.
            fault: WriteFault,
        },
        /// A file is not UTF-8, and it is not edited.
        FileNotText {
            /// The file.
            path: String,
        },
        /// A file is a link that leads to nothing.
        FileLinkDangling {
            /// The link.
            path: String,
            /// Where it leads.
            target: String,
        },
        /// A file has another name, from which putting a new file in its place would part it.
        FileShared {
            /// The file.
            path: String,
        },
        /// A file would not belong to its owner any more.
        FileOfOther {
            /// The file.
            path: String,
            /// What the system said.
            why: String,
        },
        /// Another program keeps writing to a file.
        FileContended {
            /// The file.
            path: String,
        },
        /// Nothing was typed.
        PluginUnnamed,
        /// A control character in what was typed.
        PluginControlCharacter,
        /// What was typed is longer than anything that it could be.
        PluginTooLong,
        /// A package's name is longer than npm accepts.
        PackageNameTooLong {
            /// How long it may be, in characters.
            most: usize,
        },
        /// It is written as no package is.
        PackageMalformed,
    }
}

impl ConfigNotice {
    /// This, in the place to which keys and indices lead.
    #[must_use]
    pub fn at(self, keys: &[String]) -> Self {
        Self::AtKey { key: keys.join("."), what: Box::new(self.into()) }
    }
}
