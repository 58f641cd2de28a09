//! Where things lie: a project in its folders, and the folders that all projects share.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
};

use super::{
    Content, Contested, Dice, Entry, Layout, config,
    markdown::{self, Sort},
    names, show,
};

const TOOL: &str = "export default { description: \"x\", args: {}, async execute() { return \"\" } }\n";
const PLUGIN: &str = "export const P = async () => ({})\n";

/// What an engine has besides the projects: its home folder and its environment. It reads its
/// global files once, so that many projects are asked of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Home {
    /// What a report calls it.
    pub name: String,
    /// The folder that everything is in; its name is part of all paths.
    pub folder: String,
    /// What is to be written, below that folder. The home folder is `home`.
    pub entries: Vec<Entry>,
    /// The engine's environment; values may hold [`super::HERE`].
    pub environment: BTreeMap<String, String>,
    /// What nobody can tell.
    pub contested: Contested,
}

impl Home {
    /// The home of this number.
    pub fn random(seed: u64, index: u64) -> Self {
        // Far from the numbers of the layouts.
        home(&mut Dice::new(seed, u64::MAX - index), index)
    }

    /// An empty home.
    pub fn empty() -> Self {
        let mut home = Self { name: "an empty home".to_owned(), folder: "base".to_owned(), ..Self::default() };
        home.environment.insert("REKINDLE_WORD".to_owned(), "word".to_owned());
        home.environment.insert("REKINDLE_ODD".to_owned(), "caf\u{e9} 😀 /#%".to_owned());
        home.entries.push(Entry::file("home/rekindle-note.txt", " from home\n"));
        home.entries.push(Entry::folder("home/.config/opencode"));
        home
    }

    /// Writes it.
    pub fn write(&self, here: &Path) {
        super::write(&self.entries, here, &here.join("home"));
        super::installed(&here.join("home/.config/opencode"));
        super::installed(&here.join("custom"));
    }
}

impl fmt::Display for Home {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{} in {:?}, with {:?}", self.name, self.folder, self.environment)?;
        show(&self.entries, out)
    }
}

fn home(dice: &mut Dice, index: u64) -> Home {
    let mut home = Home { name: format!("home {index}"), ..Home::empty() };
    home.folder = (dice.pick(&["base", "base", "acme's api 😀", "~[b]a,s'e#%20?"])).to_owned();
    for name in ["config.json", "opencode.json", "opencode.jsonc"] {
        if dice.percent(45) {
            let text = config::file(dice, "home/.config/opencode", &mut home.entries);
            home.entries.push(Entry::file(&format!("home/.config/opencode/{name}"), &text));
        }
    }
    if dice.percent(60) {
        things(dice, "home/.config/opencode", true, &mut home.entries, &mut home.contested);
    }
    if dice.percent(50) {
        dotted(dice, "home/.opencode", true, &mut home.entries, &mut home.contested);
    }
    for folder in ["home/.claude/skills", "home/.agents/skills", "home/more-skills"] {
        if dice.percent(40) {
            skills(dice, folder, true, &mut home.entries);
        }
    }
    if dice.percent(15) {
        let text = config::file(dice, "home", &mut home.entries);
        home.entries.push(Entry::file("home/opencode.json", &text));
    }
    let here = super::HERE;
    let mut environment = |dice: &mut Dice, chance, name: &str, value: &str| {
        let chosen = dice.percent(chance);
        if chosen {
            home.environment.insert(name.to_owned(), value.to_owned());
        }
        chosen
    };
    let custom_file = environment(dice, 20, "OPENCODE_CONFIG", &format!("{here}/custom file.jsonc"));
    let custom = environment(dice, 20, "OPENCODE_CONFIG_DIR", &format!("{here}/custom"));
    let managed = environment(dice, 25, "OPENCODE_TEST_MANAGED_CONFIG_DIR", &format!("{here}/managed"));
    environment(dice, 10, "OPENCODE_DISABLE_CLAUDE_CODE_SKILLS", "1");
    environment(dice, 10, "OPENCODE_DISABLE_EXTERNAL_SKILLS", "true");
    environment(dice, 8, "OPENCODE_DISABLE_PROJECT_CONFIG", "1");
    environment(dice, 8, "OPENCODE_PERMISSION", r#"{"bash": {"git *": "deny"}, "edit": "ask"}"#);
    let content = r#"{"username": "from the environment", "plugin": ["./c.ts", "acme-plugin@9"], "instructions": ["a", "z"], /* x */}"#;
    environment(dice, 15, "OPENCODE_CONFIG_CONTENT", content);
    if custom_file && dice.percent(80) {
        let text = config::file(dice, "", &mut home.entries);
        home.entries.push(Entry::file("custom file.jsonc", &text));
    }
    if custom {
        dotted(dice, "custom", true, &mut home.entries, &mut home.contested);
    }
    if managed && dice.percent(80) {
        let text = config::file(dice, "managed", &mut home.entries);
        home.entries.push(Entry::file(&format!("managed/{}", dice.pick(&["opencode.json", "opencode.jsonc"])), &text));
        things(dice, "managed", true, &mut home.entries, &mut home.contested);
    }
    home
}

/// A project and the folders around it.
pub(super) fn project(dice: &mut Dice, index: u64) -> Layout {
    let mut layout = Layout { name: format!("layout {index}"), ..Layout::default() };
    let worktree = if dice.percent(50) { String::new() } else { names::folder(dice).to_owned() };
    let mut folders = vec![worktree.clone()];
    for _ in 0..dice.pick(&[0, 0, 1, 1, 2, 3]) {
        let deepest = folders.last().expect("one").clone();
        folders.push(join(&deepest, names::folder(dice)));
    }
    layout.asked.clone_from(folders.last().expect("one"));
    match dice.up_to(19) {
        0..=11 => repository(&mut layout.entries, &worktree),
        12 | 13 => linked_repository(&mut layout.entries, &worktree),
        14 => layout.entries.push(Entry::folder(&join(&worktree, ".git"))),
        15 => layout.entries.push(Entry::file(&join(&worktree, ".git"), "gitdir: nowhere\n")),
        // A repository inside of another one.
        16 => {
            repository(&mut layout.entries, "");
            let at = dice.pick(&folders).clone();
            repository(&mut layout.entries, &at);
        }
        _ => {}
    }
    // Above, on the way, and beside it.
    folders.push(String::new());
    folders.push(join(&layout.asked, "below"));
    folders.push(join(&worktree, "beside"));
    folders.sort();
    folders.dedup();
    let broken = dice.percent(5);
    for folder in &folders {
        level(dice, folder, &mut layout);
    }
    let asked = layout.asked.clone();
    for folder in ["more", "shared"] {
        if dice.percent(35) {
            skills(dice, &join(&asked, folder), false, &mut layout.entries);
        }
    }
    if dice.percent(15) {
        skills(dice, "shared", false, &mut layout.entries);
        layout.entries.push(Entry::link(&join(&asked, "linked"), &format!("{}/shared", super::HERE)));
    }
    if dice.percent(25) {
        layout.entries.push(Entry::file(&join(&asked, "folder/index.js"), PLUGIN));
        layout.entries.push(Entry::file(&join(&asked, "folder-of-a-package/package.json"), "{}"));
        layout.entries.push(Entry::file(&join(&asked, "folder-of-a-package/index.ts"), PLUGIN));
    }
    if broken {
        spoil(dice, &asked, &mut layout.entries);
    }
    layout
}

/// What one folder on the way has.
fn level(dice: &mut Dice, folder: &str, layout: &mut Layout) {
    for (chance, name) in [(35, "opencode.json"), (25, "opencode.jsonc"), (5, "config.json")] {
        if dice.percent(chance) {
            let text = config::file(dice, folder, &mut layout.entries);
            layout.entries.push(Entry::file(&join(folder, name), &text));
        }
    }
    if dice.percent(45) {
        let path = join(folder, ".opencode");
        if dice.percent(8) {
            // Somewhere else, and linked to.
            let there = join(folder, "opencode-is-here");
            dotted(dice, &there, false, &mut layout.entries, &mut layout.contested);
            layout.entries.push(Entry::folder(&there));
            layout.entries.push(Entry::link(&path, "opencode-is-here"));
        } else {
            layout.entries.push(Entry::folder(&path));
            dotted(dice, &path, false, &mut layout.entries, &mut layout.contested);
        }
    }
    for name in [".claude/skills", ".agents/skills"] {
        if dice.percent(20) {
            skills(dice, &join(folder, name), false, &mut layout.entries);
        }
    }
}

/// A folder of configuration: `.opencode`, or one that is used like it.
fn dotted(dice: &mut Dice, folder: &str, again: bool, entries: &mut Vec<Entry>, contested: &mut Contested) {
    for (chance, name) in [(35, "opencode.json"), (20, "opencode.jsonc"), (4, "config.json")] {
        if dice.percent(chance) {
            let text = config::file(dice, folder, entries);
            entries.push(Entry::file(&join(folder, name), &text));
        }
    }
    things(dice, folder, again, entries, contested);
}

/// The Markdown, the plugins, the tools and the skills of a folder of configuration.
fn things(dice: &mut Dice, folder: &str, again: bool, entries: &mut Vec<Entry>, contested: &mut Contested) {
    for (chance, sort) in [(40, Sort::Agent), (15, Sort::Mode), (35, Sort::Command)] {
        if dice.percent(chance) {
            pages(dice, folder, sort, again, entries, contested);
        }
    }
    if dice.percent(35) {
        for _ in 0..=dice.up_to(2) {
            let path = format!(
                "{folder}/{}/{}{}",
                dice.pick(&["plugin", "plugins"]),
                names::name(dice),
                dice.pick(&[
                    ".ts",
                    ".ts",
                    ".js",
                    ".js",
                    ".d.ts",
                    ".mjs",
                    ".tsx",
                    ".TS",
                    "/nested.ts",
                    ".ts/nested.ts",
                    "",
                ])
            );
            entries.push(Entry::file(&path, PLUGIN));
        }
        if dice.percent(15) {
            let target = dice.pick(&["alpha.ts", "../tools", "nowhere.ts", "../../opencode.json"]);
            entries.push(Entry::link(&format!("{folder}/plugins/link.ts"), target));
        }
    }
    if dice.percent(20) {
        let ending = dice.pick(&[".ts", ".js", ".mjs", "/nested.ts"]);
        let name = dice.pick(&["alpha", "beta", "my_tool", ".dot"]);
        entries.push(Entry::file(&format!("{folder}/{}/{name}{ending}", dice.pick(&["tool", "tools"])), TOOL));
    }
    for name in ["skill", "skills"] {
        if dice.percent(25) {
            skills(dice, &join(folder, name), again, entries);
        }
    }
}

/// Markdown files of one sort in one folder of configuration.
fn pages(dice: &mut Dice, folder: &str, sort: Sort, again: bool, entries: &mut Vec<Entry>, contested: &mut Contested) {
    let kinds = match sort {
        Sort::Agent => ["agent", "agents"],
        Sort::Mode => ["mode", "modes"],
        Sort::Command | Sort::Skill => ["command", "commands"],
    };
    let mut paths = BTreeSet::new();
    let mut taken = BTreeSet::new();
    let mut add = |dice: &mut Dice, below: String, page: markdown::Page, entries: &mut Vec<Entry>| {
        let path = format!("{folder}/{}/{below}", dice.pick(&kinds));
        // A path is written once, in one of the ways to write it: `paths` is what is written.
        if !paths.insert(path.clone()) {
            return;
        }
        let name = page.name.map_or_else(|| below.trim_end_matches(".md").to_owned(), str::to_owned);
        if !taken.insert(name.clone()) {
            if sort == Sort::Command {
                contested.commands.insert(name)
            } else {
                contested.agents.insert(name)
            };
        }
        entries.push(Entry::file(&path, &page.text));
    };
    for _ in 0..=dice.up_to(3) {
        let name = names::name(dice);
        let page = markdown::page(dice, sort, name, again);
        let deep = dice.pick(&["", "", "", "", "deep/", "a b/c/", ".dot/", "node_modules/", "agents/", "commands/"]);
        let ending = dice.pick(&[".md", ".md", ".md", ".md", ".md", ".md", ".MD", ".md.txt"]);
        add(dice, format!("{deep}{name}{ending}"), page, entries);
    }
    if dice.percent(8) {
        entries.push(Entry::link(&format!("{folder}/{}/linked", kinds[1]), "../skills"));
        // What is behind it may have the name of any of them.
        let all = if sort == Sort::Command { &mut contested.commands } else { &mut contested.agents };
        all.extend(taken);
    }
}

/// Folders of skills.
fn skills(dice: &mut Dice, folder: &str, again: bool, entries: &mut Vec<Entry>) {
    for _ in 0..=dice.up_to(2) {
        let name = names::name(dice);
        let page = markdown::page(dice, Sort::Skill, name, again);
        let deep = dice.pick(&["", "", "", "", "deep/", ".dot/", "node_modules/"]);
        let file = dice.pick(&[
            "SKILL.md",
            "SKILL.md",
            "SKILL.md",
            "SKILL.md",
            "SKILL.md",
            "SKILL.md",
            "skill.md",
            "README.md",
        ]);
        match dice.up_to(19) {
            0 => entries.push(Entry::file(&format!("{folder}/{file}"), &page.text)),
            1 => {
                entries.push(Entry::file(&format!("{folder}/../real {name}/{file}"), &page.text));
                entries.push(Entry::link(&format!("{folder}/link to {name}"), &format!("../real {name}")));
            }
            2 => {
                entries.push(Entry::file(&format!("{folder}/{name}/note.md"), &page.text));
                entries.push(Entry::link(&format!("{folder}/{name}/SKILL.md"), "note.md"));
            }
            _ => entries.push(Entry::file(&format!("{folder}/{deep}{name}/{file}"), &page.text)),
        }
    }
}

/// Makes the engine refuse the project: something that it is sure to read is not allowed.
fn spoil(dice: &mut Dice, asked: &str, entries: &mut Vec<Entry>) {
    if dice.percent(70) {
        let path = join(asked, dice.pick(&["opencode.json", "opencode.jsonc"]));
        let text = config::refused(dice);
        entries.retain(|entry| entry.path != path);
        entries.push(Entry::file(&path, text));
    } else {
        let (path, text) = dice.pick(&[
            ("agents/refused.md", "---\nmode: nonsense\n---\nx"),
            ("agents/refused.md", "---\ndescription: [a]\n---\ny"),
            ("commands/refused.md", "---\nsubtask: 5\n---\nz"),
            ("commands/refused.md", "---\ndescription: 1:30\n---\nz"),
        ]);
        let folder = join(asked, ".opencode");
        entries.retain(|entry| entry.path != folder || entry.content == Content::Folder);
        entries.push(Entry::file(&join(&folder, path), text));
    }
}

/// As little of a repository as git needs to call it one.
pub(super) fn repository(entries: &mut Vec<Entry>, folder: &str) {
    git_folder(entries, &join(folder, ".git"));
}

/// A worktree whose repository lies elsewhere.
fn linked_repository(entries: &mut Vec<Entry>, folder: &str) {
    git_folder(entries, "repository.git/");
    let file = format!("gitdir: {}/repository.git\n", super::HERE);
    entries.push(Entry::file(&join(folder, ".git"), &file));
}

fn git_folder(entries: &mut Vec<Entry>, folder: &str) {
    let folder = folder.trim_end_matches('/');
    entries.push(Entry::file(&format!("{folder}/HEAD"), "ref: refs/heads/main\n"));
    entries.push(Entry::folder(&format!("{folder}/objects")));
    entries.push(Entry::folder(&format!("{folder}/refs")));
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
