//! What the engine does with a Markdown file other than a person meant: a skill, an agent, a mode or a command.

use rekindle_domain::{MatterBound, Notice, SkillNotice};

use super::Front;

pub(super) fn said(notice: &SkillNotice, front: Front) -> String {
    let of = |why: &Notice| super::said(why, front);
    let fixed = match notice {
        SkillNotice::NoFrontMatter => "it has no front matter",
        SkillNotice::FrontMatterNotYaml { why } => return format!("its front matter is not valid YAML: {}", of(why)),
        SkillNotice::NoSkillName => "its front matter has no “name”",
        SkillNotice::DescriptionNotText => "its “description” is not a string",
        SkillNotice::FrontMatterTooLarge { bound } => {
            let bound = match bound {
                MatterBound::Values(most) => format!("more than {most} values"),
                MatterBound::Mebibytes(most) => format!("more than {most} MiB of text"),
                MatterBound::Depth => "values that are nested too deeply".to_owned(),
                MatterBound::Circle => "a value that contains itself".to_owned(),
                MatterBound::Binary => "binary data (!!binary)".to_owned(),
            };
            return format!("its front matter stands for more than Rekindle reads: {bound}");
        }
        SkillNotice::FrontMatterRuns => "OpenCode runs its front matter as JavaScript each time it reads this file",
        SkillNotice::YamlKeyTwice { key } => return format!("the key “{key}” appears twice"),
        SkillNotice::YamlKeyOfLists => "a list within a list cannot be a key",
        SkillNotice::YamlMergeWithoutKeys => "what follows “<<” has no keys",
        SkillNotice::YamlTagUnknown { tag } => return format!("unknown tag {tag}"),
        SkillNotice::YamlTagWrong { text } => return format!("“{text}” does not match its tag"),
        SkillNotice::YamlGoesOn => "a line --- or ... ends it, and more follows",
        SkillNotice::YamlCutOff => "it ends too early",
        SkillNotice::SkillTurnedOff => "agents are not told of it, because permission.skill denies it",
        SkillNotice::NotTurned { name } => {
            return format!("another file or rule still overrides this for {name}, so it stays as it was");
        }
        SkillNotice::SkillWithin { name } => return format!("OpenCode loads this as a separate skill, “{name}”"),
        SkillNotice::SetUnknown { name, .. } => return format!("there is no set “{name}”"),
        SkillNotice::SetInPart { name, missing } => {
            return format!("these skills of the set “{name}” are not installed: {}", missing.join(", "));
        }
        SkillNotice::NothingFrom { from, .. } => return format!("no installed skill is known to come from {from}"),
        SkillNotice::NameForm { name } => {
            return format!(
                "the name “{name}” is not one that every tool takes: up to 64 lowercase letters, digits and single hyphens"
            );
        }
        SkillNotice::NameNotFolder { name, folder } => {
            return format!("the name “{name}” differs from that of its folder, “{folder}”");
        }
        SkillNotice::NoDescription => "it has no “description”, so a model cannot tell when to use it",
        SkillNotice::DescriptionLong { length, most } => {
            return format!("its “description” has {length} characters; other tools allow {most}");
        }
        SkillNotice::BodyLong { lines, most } => {
            return format!("its body has {lines} lines; the specification advises fewer than {most}");
        }
        SkillNotice::HiddenCharacters { text } => return format!("invisible characters: {text}"),
        SkillNotice::HiddenMore { count } => return format!("{count} more of these from here on"),
        SkillNotice::LaidOutOtherwise => {
            "Rekindle cannot edit what is between the --- lines because of how it is laid out"
        }
        SkillNotice::NotSearched => "this file is too large to be searched for hidden text",
        SkillNotice::HiddenComment { text } => return format!("a comment that only a model reads: {text}"),
        SkillNotice::SkillIgnored { why } => return format!("OpenCode silently ignores this skill: {}", of(why)),
        SkillNotice::MarkdownIgnored { why } => return format!("OpenCode silently ignores this file: {}", of(why)),
        SkillNotice::AllIsPrompt { why } => {
            return format!("OpenCode takes this whole file as the prompt: {}", of(why));
        }
        SkillNotice::ContentNotKnown { why } => {
            return format!("Rekindle cannot tell what OpenCode makes of this file: {}", of(why));
        }
        SkillNotice::ReadableOnce => {
            "its front matter has an unquoted colon, which OpenCode can read only once per process; a reload would lose \
             it, so Rekindle restarts the engine"
        }
        SkillNotice::NotUtf8 => "this file is not UTF-8: what is unreadable in it appears as “\u{fffd}”",
        SkillNotice::SkillLinkDangling => "this skill is a link to a file that does not exist",
        SkillNotice::ModeIgnored => "OpenCode silently ignores this mode: a field has the wrong type",
        SkillNotice::NumberInfinite { field } => {
            return format!("“{field}”: OpenCode cannot answer with an infinite number, or with one that is none");
        }
        SkillNotice::DateWithoutQuotes { field } => {
            return format!("“{field}”: this is a date, and OpenCode expects something else");
        }
        SkillNotice::SameSkillName { count } => {
            return format!("{count} skills have this name, and OpenCode picks one at random each time it loads them");
        }
        SkillNotice::TooManySkillFolders { most, left } => {
            return format!(
                "“skills.paths” names too many folders: Rekindle looked at the first {most}, and not at {left} more"
            );
        }
        SkillNotice::SkillsNotRead { why, count: 1 } => return of(why),
        SkillNotice::SkillsNotRead { why, count } => return format!("{}; this is so for {count} skills", of(why)),
    };
    fixed.to_owned()
}

pub(super) fn hint(notice: &SkillNotice, front: Front) -> String {
    let fixed = match notice {
        SkillNotice::NoFrontMatter => "start it with three lines: ---, name: and its name, ---",
        SkillNotice::NoSkillName => "add a line name: and its name",
        SkillNotice::DescriptionNotText => "put the description in quotes",
        SkillNotice::FrontMatterTooLarge { .. } => "make it smaller and simpler, without aliases",
        SkillNotice::FrontMatterRuns => {
            "read that code before OpenCode runs it; write it as YAML, with nothing after the first ---"
        }
        SkillNotice::FrontMatterNotYaml { .. }
        | SkillNotice::YamlKeyTwice { .. }
        | SkillNotice::YamlKeyOfLists
        | SkillNotice::YamlMergeWithoutKeys
        | SkillNotice::YamlTagUnknown { .. }
        | SkillNotice::YamlTagWrong { .. }
        | SkillNotice::YamlGoesOn
        | SkillNotice::YamlCutOff => "fix the YAML between the --- lines; a string that contains a colon needs quotes",
        SkillNotice::SkillIgnored { why }
        | SkillNotice::MarkdownIgnored { why }
        | SkillNotice::AllIsPrompt { why }
        | SkillNotice::ContentNotKnown { why } => return super::hint(why, front),
        SkillNotice::ReadableOnce => "put the text in quotes",
        SkillNotice::NotUtf8 => "save it as UTF-8",
        SkillNotice::SkillLinkDangling => "fix the link, or remove it",
        SkillNotice::ModeIgnored => "fix its front matter",
        SkillNotice::NumberInfinite { .. } => "write a number, or a string in quotes",
        SkillNotice::DateWithoutQuotes { .. } => "put it in quotes",
        SkillNotice::SameSkillName { .. } => "rename all but one",
        SkillNotice::TooManySkillFolders { .. } => "name one folder that holds them all",
        SkillNotice::SkillsNotRead { .. } => "remove what does not belong there",
        SkillNotice::SkillTurnedOff => match front {
            Front::Command => "turn it on with: rekindle skill enable",
            Front::Window => "take the rule away, or let it allow the skill",
        },
        SkillNotice::NotTurned { .. } => "look for permission in the configuration files of every scope",
        SkillNotice::SkillWithin { .. } => "it is installed and removed with the skill that contains it",
        SkillNotice::SetUnknown { names, .. } if names.is_empty() => match front {
            Front::Command => "make one with: rekindle skill set NAME SKILL…",
            Front::Window => "make one first",
        },
        SkillNotice::SetUnknown { names, .. } => return format!("there are: {}", names.join(", ")),
        SkillNotice::SetInPart { .. } => "the others were switched",
        SkillNotice::NothingFrom { sources, .. } if sources.is_empty() => "name the skills instead",
        SkillNotice::NothingFrom { sources, .. } => return format!("sources of skills here: {}", sources.join(", ")),
        SkillNotice::NameForm { .. } => "OpenCode takes it; rename the skill to share it",
        SkillNotice::NameNotFolder { .. } => "give both the same name",
        SkillNotice::NoDescription => "say in one sentence what it is for, and when to use it",
        SkillNotice::DescriptionLong { .. } => "OpenCode takes it; shorten it to share the skill",
        SkillNotice::BodyLong { .. } => "move details into files next to it",
        SkillNotice::LaidOutOtherwise => "open the file and edit it there",
        SkillNotice::HiddenMore { .. } | SkillNotice::NotSearched => "read the file before you install it",
        SkillNotice::HiddenCharacters { .. } | SkillNotice::HiddenComment { .. } => {
            "read it: whoever looks at the file does not see it, but a model does"
        }
    };
    fixed.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the engine does comes first, why behind it, and what to do is that of the cause.
    #[test]
    fn what_the_engine_does_is_said_with_its_cause() {
        let check = |notice: SkillNotice, message: &str, what_to_do: &str| {
            for front in [Front::Window, Front::Command] {
                assert_eq!((said(&notice, front).as_str(), hint(&notice, front).as_str()), (message, what_to_do));
            }
        };
        let boxed = |notice: SkillNotice| Box::new(Notice::from(notice));
        check(
            SkillNotice::SkillIgnored { why: boxed(SkillNotice::NoSkillName) },
            "OpenCode silently ignores this skill: its front matter has no “name”",
            "add a line name: and its name",
        );
        let twice = SkillNotice::YamlKeyTwice { key: "a".to_owned() };
        check(
            SkillNotice::AllIsPrompt { why: boxed(SkillNotice::FrontMatterNotYaml { why: boxed(twice) }) },
            "OpenCode takes this whole file as the prompt: its front matter is not valid YAML: the key “a” appears twice",
            "fix the YAML between the --- lines; a string that contains a colon needs quotes",
        );
        check(
            SkillNotice::ContentNotKnown {
                why: boxed(SkillNotice::FrontMatterTooLarge { bound: MatterBound::Values(100_000) }),
            },
            "Rekindle cannot tell what OpenCode makes of this file: its front matter stands for more than Rekindle reads: \
             more than 100000 values",
            "make it smaller and simpler, without aliases",
        );
        check(
            SkillNotice::SameSkillName { count: 2 },
            "2 skills have this name, and OpenCode picks one at random each time it loads them",
            "rename all but one",
        );
    }
}
