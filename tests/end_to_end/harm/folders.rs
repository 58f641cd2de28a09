//! Hostile folders: what is read is bounded, and nothing that is read can end Rekindle.

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Stdio},
};

use rekindle_app::files::parser::ARGUMENT;
use rekindle_tests::{
    wait,
    world::{Ran, World, skill, write},
};
use serde_json::Value;

/// Runs `rekindle` with no more memory than a person would think it takes, and for no longer than a wait
/// in a test.
async fn bounded(world: &World, arguments: &[&str]) -> Ran {
    let mut command = tokio::process::Command::new("sh");
    // In KiB: programs map much more than they use.
    command.args(["-c", "ulimit -v 3000000; exec \"$@\"", "sh"]).arg(World::program("rekindle")).args(arguments);
    command.current_dir(world.project()).envs(world.environment()).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(wait::BOUND, command.output()).await.expect("it ends").expect("it runs");
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The commands that look, each of which has to end; the status.
async fn looks(world: &World) -> Value {
    for arguments in [&["list"][..], &["doctor"]] {
        let ran = bounded(world, arguments).await;
        assert!((0..=2).contains(&ran.code), "{arguments:?}: {ran:?}");
    }
    let ran = bounded(world, &["status", "--json"]).await;
    assert!(ran.code >= 0, "{ran:?}");
    ran.json()
}

/// What is said of a path, in problems and warnings.
fn said(status: &Value, path: &Path) -> String {
    let all = ["problems", "warnings"].into_iter().flat_map(|key| status[key].as_array().into_iter().flatten());
    let about = all.filter(|one| one["path"].as_str().is_some_and(|told| Path::new(told) == path));
    about.map(|one| one["message"].as_str().unwrap_or_default()).collect::<Vec<_>>().join("; ")
}

fn pipe(path: &Path) {
    fs::create_dir_all(path.parent().expect("a parent")).expect("made");
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo runs").success());
}

fn sparse(path: &Path, bytes: u64) {
    fs::create_dir_all(path.parent().expect("a parent")).expect("made");
    File::create(path).and_then(|file| file.set_len(bytes)).expect("a sparse file");
}

/// N16: pipes, devices, sockets, folders and endless files in every place in which a file is read.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_holds_nothing_up() {
    let world = World::new();
    let device = |path: &str| {
        fs::create_dir_all(world.path(path).parent().expect("a parent")).expect("made");
        symlink("/dev/zero", world.path(path)).expect("linked");
    };
    pipe(&world.path("opencode.json"));
    device("opencode.jsonc");
    pipe(&world.path(".opencode/opencode.json"));
    pipe(&world.path(".opencode/plugins/pipe.ts"));
    device(".opencode/plugins/device.ts");
    world.write(
        ".opencode/plugins/imports.ts",
        "import '/dev/zero'\nimport './pipe'\nimport '/proc/kmsg'\nimport './endless'\nimport '../..'\nexport const P = 1\n",
    );
    sparse(&world.path(".opencode/plugins/endless.js"), 1 << 40);
    pipe(&world.path(".opencode/plugins/folder/package.json"));
    pipe(&world.path(".opencode/skills/pipe/SKILL.md"));
    device(".opencode/skills/device/SKILL.md");
    sparse(&world.path(".opencode/skills/large/SKILL.md"), 1 << 40);
    pipe(&world.path(".opencode/agent/pipe.md"));
    sparse(&world.path(".opencode/command/large.md"), 1 << 30);
    pipe(&world.path("config.json"));
    pipe(&world.home(".config/opencode/opencode.json"));
    pipe(&world.home(".config/rekindle/settings.json"));
    world.write(".opencode/skills/well/SKILL.md", "---\nname: well\n---\n");
    let status = looks(&world).await;
    assert!(said(&status, &world.path("opencode.json")).contains("is a pipe, not a file"), "{status}");
    assert!(said(&status, &world.path("opencode.jsonc")).contains("is a device, not a file"), "{status}");
    assert!(
        said(&status, &world.path(".opencode/skills/large/SKILL.md")).contains("Rekindle reads no more"),
        "{status}"
    );
    let listed = bounded(&world, &["list", "--json"]).await.json().to_string();
    assert!(listed.contains("\"well\""), "what is well is there: {listed}");
    let checked =
        bounded(&world, &["skill", "check", &world.path(".opencode/skills/pipe").display().to_string()]).await;
    assert_ne!(checked.code, 0, "{checked:?}");
}

/// N16: what the engine would wait for without end holds a reload back, whatever it is read as; what leads to nothing
/// is an empty file to both.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_end_never_reaches_the_engine() {
    let world = World::new();
    world.write(".opencode/skills/well/SKILL.md", &skill("well", "one"));
    let engine = world.start_engine().await;
    assert_eq!(bounded(&world, &["status"]).await.code, 0);
    world.write(".opencode/skills/well/SKILL.md", &skill("well", "two"));
    for place in [".opencode/skills/a/SKILL.md", ".opencode/command/b.md", ".opencode/package.json", ".git/config"] {
        let path = world.path(place);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::remove_file(&path).unwrap_or_default();
        pipe(&path);
        let ran = bounded(&world, &["reload", "--json"]).await;
        assert_eq!(ran.code, 3, "{place}: {ran:?}");
        assert!(ran.out.contains("it is a pipe, not a file"), "{place}: {ran:?}");
        fs::remove_file(&path).expect("removed");
        assert!(engine.has_skill("well", "one").await, "{place}: it was not touched");
    }
    for place in ["opencode.json", ".opencode/skills/a/SKILL.md", ".opencode/command/b.md", ".opencode/package.json"] {
        fs::remove_file(world.path(place)).unwrap_or_default();
        symlink("/dev/null", world.path(place)).expect("linked");
    }
    let ran = bounded(&world, &["reload", "--json"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(engine.has_skill("well", "two").await);
}

/// N16: git's own files, in which a pipe was enough to hang everything, in each of the places where one is.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_repository_holds_nothing_up() {
    for what in [".git", ".git/commondir", ".git/HEAD", "gitdir"] {
        let world = World::new();
        let git = world.path(".git");
        match what {
            ".git" => {
                fs::remove_dir_all(&git).expect("removed");
                pipe(&git);
            }
            "gitdir" => {
                fs::remove_dir_all(&git).expect("removed");
                world.write(".git", "gitdir: elsewhere\n");
                pipe(&world.path("elsewhere/commondir"));
            }
            file => {
                fs::remove_file(world.path(file)).unwrap_or_default();
                pipe(&world.path(file));
            }
        }
        let ran = bounded(&world, &["list"]).await;
        assert_eq!(ran.code, 0, "{what}: {ran:?}");
    }
}

/// N16: what is small on the disk and large when it is read: references, links to one large file, aliases.
#[tokio::test(flavor = "multi_thread")]
async fn small_files_stand_for_no_gigabytes() {
    let world = World::new();
    fs::write(world.path("large.txt"), "x".repeat(4 << 20)).expect("written");
    world.write("opencode.json", &format!("{{\"username\": \"{}\"}}", "{file:large.txt}".repeat(1000)));
    world.write(".opencode/opencode.json", &format!("{{\"instructions\": [{}\"a\"]}}", "\"\",".repeat(1_000_000)));
    sparse(&world.path("big.md"), 16 << 20);
    let skill =
        format!("---\nname: laughs\ndescription: &a {}\nlist: [{}]\n---\n", "x".repeat(500_000), "*a, ".repeat(10_000));
    world.write(".opencode/skills/laughs/SKILL.md", &skill);
    world.write(".opencode/agent/laughs.md", &skill);
    for (folder, ending, most) in [(".opencode/command", "md", 40), (".opencode/plugins", "ts", 4)] {
        fs::create_dir_all(world.path(folder)).expect("made");
        for at in 0..most {
            symlink(world.path("big.md"), world.path(folder).join(format!("{at}.{ending}"))).expect("linked");
        }
    }
    let status = looks(&world).await;
    // The engine loads it: it is no problem, and it is not compared.
    let config = world.path("opencode.json").display().to_string();
    assert!(said(&status, &world.path("opencode.json")).contains("is not compared"), "{status}");
    assert!(!status["problems"].to_string().contains(&format!("\"{config}\"")), "{status}");
    assert!(said(&status, &world.path(".opencode/opencode.json")).contains("Rekindle reads no more"), "{status}");
    assert!(
        said(&status, &world.path(".opencode/skills/laughs/SKILL.md")).contains("more than Rekindle reads"),
        "{status}"
    );
    let warnings = status["warnings"].to_string();
    assert_eq!(warnings.matches("in one look").count(), 1, "{warnings}");
}

/// N16: links that multiply, that lead to everything, and folders that hold too much.
#[tokio::test(flavor = "multi_thread")]
async fn links_and_large_folders_are_looked_at_in_part() {
    let world = World::new();
    let skills = world.path(".opencode/skills");
    for at in 0..40 {
        let here = skills.join(format!("f{at}"));
        write(&here.join("SKILL.md"), &format!("---\nname: s{at}\n---\n"));
        for name in ["one", "two"] {
            symlink(skills.join(format!("f{}", at + 1)), here.join(name)).expect("linked");
        }
    }
    let all = world.path(".agents/skills");
    fs::create_dir_all(&all).expect("made");
    symlink("/", all.join("all")).expect("linked");
    symlink("/", world.path(".opencode/agent")).expect("linked");
    fs::create_dir_all(world.path(".claude")).expect("made");
    symlink("..", world.path(".claude/skills")).expect("linked");
    world.write("opencode.json", "{\"skills\": {\"paths\": [\"/\", \"~\", \".\", \"..\", \"/proc\"]}}");
    let status = looks(&world).await;
    let told = said(&status, &skills);
    assert!(told.contains("again and again"), "{told}: {status}");
    let listed = bounded(&world, &["list", "--json"]).await.json().to_string();
    assert!((0..40).all(|at| listed.contains(&format!("\"s{at}\""))), "what is near is there");
}

/// Texts that a parser of code calls itself for, without end.
fn nestings() -> Vec<(String, String)> {
    const MOST: usize = 256 * 1024;
    let open = [
        "!",
        "-",
        "~",
        "+",
        "- -",
        "++",
        "typeof ",
        "void ",
        "delete ",
        "await ",
        "new ",
        "yield ",
        "a=>",
        "async a=>",
        "(a)=>",
        "async(a)=>",
        "if(1)",
        "if(1){",
        "else ",
        "for(;;)",
        "while(1)",
        "do ",
        "with(a)",
        "a:",
        "{",
        "(",
        "[",
        "({a:",
        "{a:[",
        "`${",
        "a`${",
        "a(",
        "a[",
        "a?.(",
        "a?.[",
        "a?",
        "a?b:",
        "a?(b):",
        "a=",
        "a+=",
        "a**",
        "a??",
        "a||",
        "a&&",
        "a,",
        "...",
        "[...",
        "[,",
        "({[",
        "({get a(){",
        "class A{a(){",
        "class A extends ",
        "class A{static{",
        "class A{[",
        "class A{a=",
        "@",
        "@(",
        "@a(",
        "function f(){",
        "function f(a=",
        "function*f(){",
        "async function f(){",
        "(function(){",
        "try{",
        "switch(a){case ",
        "switch(a){default:",
        "import(",
        "import a from ",
        "export default ",
        "export {",
        "<a>",
        "<a b={",
        "<a>{",
        "<",
        "<T,>(a:T)=>",
        "<T>(",
        "a<",
        "a<b>(",
        "f<(",
        "type A=",
        "type A=(",
        "type A=[",
        "type A={a:",
        "type A=keyof ",
        "type A=B extends C?",
        "type A=B extends C?D:",
        "type A=(a:",
        "type A=new()=>",
        "type A=typeof a<",
        "type A=`${",
        "let a:",
        "let a:{b:",
        "interface A{a:",
        "namespace A{",
        "declare module 'a'{",
        "enum A{a=",
        "a as ",
        "a as (",
        "a satisfies ",
        "abstract class A{a:",
        "let[",
        "let{a:",
        "let{a=",
        "for(let[",
        "for(let a of ",
        "catch{",
        "/*",
        "//",
        "/(",
        "/[",
        "'",
        "\"",
        "#",
        "\\u{",
        "0x",
        "1_",
        "1n",
        "a.b.",
        "a!.",
        "a!",
        "a?.b",
        "1+",
        "1+1",
        "a;",
        "\n",
        "<!--",
        "\u{feff}",
        "return ",
        "throw ",
    ];
    let mut all: Vec<_> = open.iter().map(|part| ((*part).to_owned(), part.repeat(MOST / part.len()))).collect();
    // Two kinds in turn, by a rule that gives the same each time.
    let mut state = 7_usize;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    for _ in 0..40 {
        let parts: Vec<_> = (0..2 + next() % 4).map(|_| open[next() % open.len()]).collect();
        let part = parts.concat();
        all.push((part.clone(), part.repeat(MOST / part.len())));
    }
    let random: String =
        (0..200_000).map(|_| open[next() % open.len()]).collect::<String>().chars().take(MOST).collect();
    all.push(("all kinds".to_owned(), random));
    all
}

/// Whether the process that parses ended well with a text, and how many answers it gave.
fn parsed(language: &str, text: &str) -> (bool, usize) {
    let mut command = Command::new(World::program("rekindle"));
    command.arg(ARGUMENT).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let mut input = child.stdin.take().expect("its input");
    // It may end before it has read all.
    write!(input, "{language} {}\n{text}", text.len()).unwrap_or_default();
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    (output.status.success(), output.stdout.iter().filter(|byte| **byte == b'\n').count())
}

/// N16: whatever a file of code holds, to parse it ends no process of ours but the one that is for that;
/// and what is wrong elsewhere is told all the same.
#[tokio::test(flavor = "multi_thread")]
async fn no_code_ends_who_reads_it() {
    let all = nestings();
    // Each in a child of its own, which may end.
    let ends = |(at, (what, text)): &(usize, &(String, String))| {
        let (is_well, answers) = parsed(["tsx", "ts", "js"][at % 3], text);
        assert!(answers <= 1, "{what}");
        !is_well
    };
    let ended = all.iter().enumerate().filter(ends).count();
    assert!(ended > 10, "the texts are none that end a parser: {ended} of {}", all.len());
    // All of them in one folder, and the ones that matter beside them.
    let world = World::new();
    world.write(".opencode/plugins/0.ts", "export const P = async ( => 1\n");
    world.write(".opencode/tools/broken.ts", "export default {\n");
    for (at, (_, text)) in all.iter().enumerate() {
        world.write(&format!(".opencode/plugins/p{at}.ts"), &text.repeat(4));
    }
    let status = looks(&world).await;
    assert!(said(&status, &world.path(".opencode/plugins/0.ts")).contains("cannot be parsed"), "{status}");
    let broken = world.path(".opencode/tools/broken.ts");
    assert!(said(&status, &broken).contains("was not checked"), "it is not taken for fine: {status}");
    let listed = bounded(&world, &["list", "--json"]).await.json().to_string();
    assert!(listed.contains(&format!("p{}.ts", all.len() - 1)), "they are listed all the same");
    for at in 0..all.len() {
        fs::remove_file(world.path(&format!(".opencode/plugins/p{at}.ts"))).expect("removed");
    }
    let status = bounded(&world, &["status", "--json"]).await.json();
    assert!(said(&status, &broken).contains("cannot be parsed"), "{status}");
}
