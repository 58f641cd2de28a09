//! What the engine does with a Markdown file other than a person meant: a skill, an agent, a mode or a command.

use serde::{Deserialize, Serialize};

use super::{Notice, notices};

/// What front matter stands for too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MatterBound {
    /// More values than this.
    Values(usize),
    /// More text than this, in MiB.
    Mebibytes(usize),
    /// Values that are nested too deeply.
    Depth,
    /// A value that holds itself.
    Circle,
    /// Bytes, which are nothing that an item could be made of.
    Binary,
}

notices! {
    /// What is to be said of a Markdown file with front matter.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum SkillNotice {
        /// A `SKILL.md` does not begin with `---`.
        NoFrontMatter,
        /// Front matter is not YAML.
        FrontMatterNotYaml {
            /// Why not.
            why: Box<Notice>,
        },
        /// A `SKILL.md` has no name, or one that is no string.
        NoSkillName,
        /// The description in a `SKILL.md` is no string.
        DescriptionNotText,
        /// Front matter stands for more than is read.
        FrontMatterTooLarge {
            /// What there is too much of.
            bound: MatterBound,
        },
        /// Front matter is code, which the engine runs.
        FrontMatterRuns,
        /// A key of YAML twice.
        YamlKeyTwice {
            /// The key.
            key: String,
        },
        /// A list in a list as a key.
        YamlKeyOfLists,
        /// What is to be merged in with `<<` has no keys.
        YamlMergeWithoutKeys,
        /// A tag that the engine does not know.
        YamlTagUnknown {
            /// The tag.
            tag: String,
        },
        /// A value that is not what its tag says.
        YamlTagWrong {
            /// The value.
            text: String,
        },
        /// A second document.
        YamlGoesOn,
        /// A document that is not whole.
        YamlCutOff,
        /// A configuration turns it off.
        SkillTurnedOff,
        /// Another file has the last word on whether it is turned off.
        NotTurned {
            /// The skill.
            name: String,
        },
        /// There is another skill in a folder of one.
        SkillWithin {
            /// Its name.
            name: String,
        },
        /// There is no such set of skills.
        SetUnknown {
            /// The name that was given.
            name: String,
            /// Those that there are.
            names: Vec<String>,
        },
        /// Skills of a set are not there, so only the others were turned.
        SetInPart {
            /// The set.
            name: String,
            /// Those that are not there.
            missing: Vec<String>,
        },
        /// No skill is known to be from a source.
        NothingFrom {
            /// The source that was given.
            from: String,
            /// Those from which there are skills.
            sources: Vec<String>,
        },
        /// By the specification of skills a name has another form.
        NameForm {
            /// The name.
            name: String,
        },
        /// By the specification a skill is called like its folder.
        NameNotFolder {
            /// The name.
            name: String,
            /// The name of the folder.
            folder: String,
        },
        /// It does not say what it is for.
        NoDescription,
        /// By the specification a description is shorter.
        DescriptionLong {
            /// Its length, in characters.
            length: usize,
            /// The longest one.
            most: usize,
        },
        /// By the specification a body is shorter.
        BodyLong {
            /// How many lines it has.
            lines: usize,
            /// How many it should have.
            most: usize,
        },
        /// There are characters that nobody sees.
        HiddenCharacters {
            /// What they stand for.
            text: String,
        },
        /// There is a comment that only a model reads.
        HiddenComment {
            /// Its text.
            text: String,
        },
        /// There is more of what nobody sees.
        HiddenMore {
            /// How many times.
            count: usize,
        },
        /// A field is written in a way in which its value cannot be replaced alone.
        LaidOutOtherwise,
        /// A file was not searched for what nobody sees.
        NotSearched,
        /// The engine drops a skill.
        SkillIgnored {
            /// Why.
            why: Box<Notice>,
        },
        /// The engine drops an agent, a mode or a command.
        MarkdownIgnored {
            /// Why.
            why: Box<Notice>,
        },
        /// The engine takes all of an agent, a mode or a command for its prompt.
        AllIsPrompt {
            /// Why.
            why: Box<Notice>,
        },
        /// What is in a file is not known.
        ContentNotKnown {
            /// Why.
            why: Box<Notice>,
        },
        /// The engine can read a file only once in its life.
        ReadableOnce,
        /// A file is not UTF-8.
        NotUtf8,
        /// A skill is a link that leads nowhere.
        SkillLinkDangling,
        /// The engine drops a mode, because of a wrong type in it.
        ModeIgnored,
        /// A field holds a number with which the engine cannot answer.
        NumberInfinite {
            /// The field.
            field: String,
        },
        /// A field holds a date where something else is expected.
        DateWithoutQuotes {
            /// The field.
            field: String,
        },
        /// Several skills have one name.
        SameSkillName {
            /// How many.
            count: usize,
        },
        /// The configuration names more folders of skills than are looked at.
        TooManySkillFolders {
            /// How many are.
            most: usize,
            /// How many are not.
            left: usize,
        },
        /// Some skills are not read.
        SkillsNotRead {
            /// Why the first one is not.
            why: Box<Notice>,
            /// How many there are.
            count: usize,
        },
    }
}
