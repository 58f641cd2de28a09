//! What the README shows of the command line, run word by word.

use rekindle_tests::world::{MCP_SERVER, World, plugin, skill};

const README: &str = include_str!("../../README.md");

/// S1, S5, G1, V2, B9, C6: a skill, a plugin and a server are installed from what people paste, looked at, made live by one
/// reload and proved; one is turned off, all of it is taken back, and every file of the project is as it was.
#[tokio::test(flavor = "multi_thread")]
async fn the_transcript_is_what_happens() {
    let world = World::named("acme-api");
    for name in ["git-release", "review"] {
        world.write(&format!("team-skills/{name}/SKILL.md"), &skill(name, "Tag and push."));
    }
    world.write("tools/notify.ts", &plugin("notify"));
    world.write("tools/issues.mjs", MCP_SERVER);
    let declared = "{\"mcpServers\": {\"issues\": {\"command\": \"node\", \"args\": [\"tools/issues.mjs\"], \"autoApprove\": []}}}\n";
    world.write("claude.json", declared);
    world.write(
        "opencode.jsonc",
        "{\n  \"$schema\": \"https://opencode.ai/config.json\",\n  // ours\n  \"share\": \"manual\",\n}\n",
    );
    let before = world.files();

    let (_, transcript) = README.split_once("```console\n").expect("a transcript");
    let (transcript, _) = transcript.split_once("```").expect("an end");
    let mut steps = transcript.split("$ rekindle ");
    assert_eq!(steps.next(), Some(""), "it begins with a command");
    for step in steps {
        let mut lines = step.trim_end().lines();
        let command: Vec<_> = lines.next().expect("a command").split(' ').collect();
        let expected: Vec<_> = lines.collect();
        let ran = world.rekindle(&command).await;
        let told: Vec<_> = ran.err.lines().chain(ran.out.lines()).collect();
        assert!(
            is_told(&expected, &told),
            "rekindle {}\n{}\n\nexpected:\n{}",
            command.join(" "),
            told.join("\n"),
            expected.join("\n")
        );
    }
    assert_eq!(world.files(), before, "every file is as it was");
}

/// Whether lines are told: `…` stands for any part of a line, and alone for any number of lines.
fn is_told(expected: &[&str], told: &[&str]) -> bool {
    match (expected, told) {
        ([], told) => told.is_empty(),
        (["…", rest @ ..], told) => (0..=told.len()).any(|skipped| is_told(rest, &told[skipped..])),
        ([line, rest @ ..], [first, others @ ..]) => is_like(line, first) && is_told(rest, others),
        ([..], []) => false,
    }
}

fn is_like(pattern: &str, line: &str) -> bool {
    match pattern.split_once('…') {
        None => pattern == line,
        Some((start, rest)) => line.strip_prefix(start).is_some_and(|line| {
            let ends = line.char_indices().map(|(at, _)| at).chain([line.len()]);
            ends.into_iter().any(|end| is_like(rest, &line[end..]))
        }),
    }
}
