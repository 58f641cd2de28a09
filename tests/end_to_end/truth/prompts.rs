//! The cases that only a prompt shows: what the model is told.

use rekindle_domain::{
    Aspect::{Declared, Support},
    ChangeKind::{Added, Changed, Removed},
    Kind::{Instructions, Skill},
    Place::{Folder, InstanceConfig},
};
use rekindle_tests::world::skill;
use serde_json::Value;

use super::{
    case::{Case, Edit, Expected, Expected::Row, SKILL, What},
    odd::{Odd, odd, push, remove, write},
};

/// All of them; prompts go to the model that a configuration names.
pub(super) fn cases(model: &Value) -> Vec<Case> {
    let odd = |name: &str, directory, expected: Expected| -> Odd {
        // Names the model anew with each case: before the edits of the case, and always the same.
        odd(name, directory, expected).had(write("opencode.jsonc", &model.to_string()))
    };
    let text = |change| Row(Instructions, Folder, Support, change);
    let list = |change| Row(Instructions, InstanceConfig, Declared, change);
    let beside = |change| Row(Skill, Folder, Support, change);
    let file = |name: &str| format!(".opencode/skills/{SKILL}/{name}");
    let whole = |body: &str| write(&file("SKILL.md"), &skill(SKILL, body));
    let lists = |entry: &str| -> Edit { push("opencode.json", "/instructions", entry) };
    vec![
        odd("AGENTS.md changes", "agents", text(Changed))
            .had(write("AGENTS.md", "the old rules"))
            .does(write("AGENTS.md", "the new rules"))
            .turns(What::Prompt("the old rules"), What::Prompt("the new rules")),
        odd("AGENTS.md appears", "nothing", text(Added))
            .does(write("AGENTS.md", "rules at last"))
            .shows(What::Prompt("rules at last")),
        odd("AGENTS.md goes", "agents go", text(Removed))
            .had(write("AGENTS.md", "rules in passing"))
            .does(remove("AGENTS.md"))
            .loses(What::Prompt("rules in passing")),
        odd("CLAUDE.md changes", "claude", text(Changed))
            .had(write("CLAUDE.md", "old habits"))
            .does(write("CLAUDE.md", "new habits"))
            .turns(What::Prompt("old habits"), What::Prompt("new habits")),
        odd("the global AGENTS.md changes", "agents", text(Changed))
            .had(write("~/.config/opencode/AGENTS.md", "the old law"))
            .does(write("~/.config/opencode/AGENTS.md", "the new law"))
            .turns(What::Prompt("the old law"), What::Prompt("the new law")),
        odd("a listed file changes", "agents", text(Changed))
            .had(lists("listed.md"))
            .had(write("listed.md", "the old list"))
            .does(write("listed.md", "the new list"))
            .turns(What::Prompt("the old list"), What::Prompt("the new list")),
        odd("a file appears where a pattern looks", "agents", text(Added))
            .had(lists("docs/*.md"))
            .does(write("docs/more.md", "one page more"))
            .shows(What::Prompt("one page more")),
        odd("a listed file goes", "agents", text(Removed))
            .had(lists("parting.md"))
            .had(write("parting.md", "parting words"))
            .does(remove("parting.md"))
            .loses(What::Prompt("parting words")),
        odd("a file is listed", "agents", list(Changed))
            .had(write("unlisted.md", "kept apart"))
            .does(lists("unlisted.md"))
            .shows(What::Prompt("kept apart")),
        odd("a skill's text, as it is used", "agents", Row(Skill, Folder, Declared, Changed))
            .had(whole("the old way"))
            .does(whole("the new way"))
            .turns(What::Prompt("the old way"), What::Prompt("the new way")),
        odd("a file appears beside a skill", "agents", beside(Added))
            .does(write(&file("table-of-names.txt"), "any"))
            .shows(What::Prompt("table-of-names.txt")),
        odd("a file beside a skill goes", "agents", beside(Removed))
            .had(write(&file("old-names.txt"), "any"))
            .does(remove(&file("old-names.txt")))
            .loses(What::Prompt("old-names.txt")),
    ]
}
