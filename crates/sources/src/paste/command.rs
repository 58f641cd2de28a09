//! Whole commands that other tools' pages show: `npx skills add o/r --skill x -g`.
//!
//! Nothing of them is run: what they would install is read from their words. Source of the words: `skills` 1.7, `openskills`
//! 1.5, OpenPackage and apm, by their documentation.

use rekindle_domain::{InstallNotice, Scope, masked_text};

use super::{Pasted, one, unknown};

/// What a flag of another tool says.
#[derive(Clone, Copy)]
enum Flag {
    /// The skills that are meant: as many words as follow it.
    Skills,
    /// For all projects.
    Global,
    /// All skills.
    All,
    /// Nothing that matters here.
    Nothing,
    /// Something with as many words as follow it, which is not done here.
    Others,
}

/// A tool: its names, the words that install, and its flags.
struct Tool {
    names: &'static [&'static str],
    verbs: &'static [&'static [&'static str]],
    flags: &'static [(&'static str, Flag)],
}

const TOOLS: &[Tool] = &[
    Tool {
        names: &["add-skill"],
        verbs: &[&["add"], &[]],
        flags: &[
            ("-s", Flag::Skills),
            ("--skill", Flag::Skills),
            ("-g", Flag::Global),
            ("--global", Flag::Global),
            ("-y", Flag::Nothing),
            ("--yes", Flag::Nothing),
            ("-a", Flag::Others),
            ("--agent", Flag::Others),
        ],
    },
    Tool {
        names: &["skills"],
        verbs: &[&["add"], &["install"], &["i"], &["a"], &["use"]],
        flags: &[
            ("-s", Flag::Skills),
            ("--skill", Flag::Skills),
            ("-g", Flag::Global),
            ("--global", Flag::Global),
            ("--all", Flag::All),
            ("-y", Flag::Nothing),
            ("--yes", Flag::Nothing),
            ("-l", Flag::Nothing),
            ("--list", Flag::Nothing),
            ("--copy", Flag::Nothing),
            ("--full-depth", Flag::Nothing),
            ("-a", Flag::Others),
            ("--agent", Flag::Others),
        ],
    },
    Tool {
        names: &["openskills"],
        verbs: &[&["install"]],
        flags: &[
            ("-g", Flag::Global),
            ("--global", Flag::Global),
            ("-y", Flag::Nothing),
            ("--yes", Flag::Nothing),
            ("-u", Flag::Others),
            ("--universal", Flag::Others),
        ],
    },
    Tool {
        names: &["opkg", "openpackage"],
        verbs: &[&["install"], &["i"]],
        flags: &[
            ("-g", Flag::Global),
            ("--global", Flag::Global),
            ("--skills", Flag::Skills),
            ("--platforms", Flag::Others),
        ],
    },
    Tool {
        names: &["apm"],
        verbs: &[&["install"]],
        flags: &[
            ("-g", Flag::Global),
            ("--global", Flag::Global),
            ("--skill", Flag::Skills),
            ("--target", Flag::Others),
        ],
    },
    Tool {
        names: &["rekindle"],
        verbs: &[&["skill", "install"]],
        flags: &[("--global", Flag::Global), ("--skill", Flag::Skills), ("--all", Flag::All), ("--name", Flag::Others)],
    },
    Tool {
        names: &["claude", "/plugin"],
        verbs: &[&["plugin", "marketplace", "add"], &["marketplace", "add"]],
        flags: &[("--scope", Flag::Others)],
    },
];

/// What a command would install; `None`: it is no command.
pub(super) fn command(text: &str) -> Option<Result<Pasted, InstallNotice>> {
    let text = text.strip_prefix("$ ").or_else(|| text.strip_prefix("% ")).unwrap_or(text).trim();
    let first = text.split_whitespace().next()?;
    if first == text {
        return None;
    }
    let is_known = TOOLS.iter().any(|tool| tool.names.contains(&unversioned(first)));
    if !is_known && !RUNNERS.iter().any(|(runner, _)| *runner == first) && !is_assignment(first) {
        return None;
    }
    Some(read(text))
}

/// Programs that run another one, and the words that may stand between the two.
const RUNNERS: &[(&str, &[&str])] = &[
    ("npx", &[]),
    ("bunx", &[]),
    ("pnpx", &[]),
    ("uvx", &[]),
    ("npm", &["exec", "x"]),
    ("pnpm", &["dlx", "exec"]),
    ("yarn", &["dlx", "exec"]),
    ("bun", &["x"]),
    ("sudo", &[]),
];

fn read(text: &str) -> Result<Pasted, InstallNotice> {
    let words = shlex::split(text).ok_or_else(|| unknown(text))?;
    let is_operator = |word: &String| {
        let is_one = word.chars().all(|c| "&|;<>".contains(c));
        is_one && !word.is_empty() || word.ends_with(';') || word.contains("$(") || word.contains('`')
    };
    if words.iter().any(is_operator) {
        return Err(InstallNotice::SourceSeveralCommands);
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let told = words.iter().skip_while(|word| is_assignment(word)).take(3).copied().collect::<Vec<_>>().join(" ");
    let other = || InstallNotice::SourceOtherCommand { command: masked_text(&told) };
    let rest = behind_runners(&words);
    let [name, rest @ ..] = rest else { return Err(other()) };
    let tool = TOOLS.iter().find(|tool| tool.names.contains(&unversioned(name))).ok_or_else(other)?;
    let rest = tool.verbs.iter().find_map(|verb| rest.strip_prefix(*verb)).ok_or_else(other)?;
    of_tool(tool, rest, other)
}

/// What is left of a command behind `npx -y`, `sudo`, `A=b` and the like.
fn behind_runners<'a, 'b>(words: &'a [&'b str]) -> &'a [&'b str] {
    let mut rest = words;
    while let [first, after @ ..] = rest {
        let runner = RUNNERS.iter().find(|(runner, _)| runner == first);
        if runner.is_none() && !is_assignment(first) {
            break;
        }
        let between = runner.map_or(&[][..], |(_, between)| *between);
        let skipped = after.iter().take_while(|word| word.starts_with('-') || between.contains(word)).count();
        rest = &after[skipped..];
    }
    rest
}

fn of_tool(tool: &Tool, words: &[&str], other: impl Fn() -> InstallNotice) -> Result<Pasted, InstallNotice> {
    let (mut sources, mut skills, mut left_out, mut scope) = (Vec::new(), Vec::new(), Vec::new(), None);
    let mut rest = words;
    while let [word, after @ ..] = rest {
        rest = after;
        if !word.starts_with('-') {
            sources.push((*word).to_owned());
            continue;
        }
        let (name, value) = word.split_once('=').map_or((*word, None), |(name, value)| (name, Some(value)));
        let flag = tool.flags.iter().find(|(flag, _)| *flag == name).map(|(_, flag)| *flag);
        // The source comes first, so that what follows a flag with values is one of them.
        let mut values: Vec<&str> = value.into_iter().collect();
        if value.is_none() && matches!(flag, None | Some(Flag::Skills | Flag::Others)) {
            let most = match (flag, sources.is_empty()) {
                // One that is not known has a value, if anything: the source is there already.
                (None, is_missing) => usize::from(!is_missing),
                (Some(_), is_missing) => {
                    if is_missing {
                        1
                    } else {
                        usize::MAX
                    }
                }
            };
            let count = after.iter().take(most).take_while(|word| !word.starts_with('-')).count();
            values.extend(&after[..count]);
            rest = &after[count..];
        }
        match flag {
            Some(Flag::Skills) => skills.extend(values.iter().map(|name| (*name).to_owned())),
            Some(Flag::Global) => scope = Some(Scope::Global),
            Some(Flag::All) => skills.push("*".to_owned()),
            Some(Flag::Nothing) => {}
            Some(Flag::Others) | None => {
                left_out.push(masked_text(&[name].into_iter().chain(values).collect::<Vec<_>>().join(" ")));
            }
        }
    }
    let source = match sources.as_slice() {
        [] => return Err(other()),
        [source] => source,
        _ => {
            let sources = sources.iter().map(|source| masked_text(source)).collect();
            return Err(InstallNotice::SourceSeveral { sources });
        }
    };
    let mut source = one(source, &|_| false)?;
    source.skills.extend(skills);
    if source.skills.iter().any(|name| name == "*") {
        source.skills.clear();
    }
    Ok(Pasted { source, scope, left_out })
}

/// `skills` of `skills@latest`.
fn unversioned(name: &str) -> &str {
    name.split_once('@').map_or(name, |(name, _)| name)
}

/// `A=b` in front of a command.
fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !name.starts_with(|c: char| c.is_ascii_digit())
    })
}
