//! Every form, and what is none.

use proptest::prelude::*;
use rekindle_domain::Scope;

use super::*;

/// What a text is understood as, in one line.
fn read(text: &str) -> String {
    let pasted = match paste(text, |path| path == "here/too" || path == "my skills/a b") {
        Ok(pasted) => pasted,
        Err(error) => return format!("{error:?}"),
    };
    let mut line = match &pasted.source.origin {
        Origin::Local(path) => format!("local {path}"),
        Origin::Web(address) => format!("web {}", address.url()),
        Origin::Npm(package) => format!("npm {} {}", package.name(), package.range().unwrap_or("any")),
        Origin::Git(git) => {
            let revision = match &git.revision {
                Revision::Default => "HEAD".to_owned(),
                Revision::Named(name) => name.clone(),
                Revision::Page(place) => format!("page:{place}"),
            };
            let folder = if git.folder.is_whole() { String::new() } else { format!(" in {}", git.folder) };
            format!("git {} {revision}{folder}", git.remote.as_str())
        }
    };
    for skill in &pasted.source.skills {
        line += &format!(" @{skill}");
    }
    if let Some(scope) = pasted.scope {
        line += if scope == Scope::Global { " global" } else { " project" };
    }
    for left in &pasted.left_out {
        line += &format!(" without[{left}]");
    }
    line
}

fn check(forms: &[(&str, &str)]) {
    let wrong: Vec<_> = forms
        .iter()
        .filter(|(text, expected)| read(text) != *expected)
        .map(|(text, expected)| format!("{text}\n  expected {expected}\n  found    {}", read(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// S1: paths.
#[test]
fn paths_are_understood() {
    check(&[
        ("./s", "local ./s"),
        ("../s", "local ../s"),
        (".", "local ."),
        ("~/my skill", "local ~/my skill"),
        ("/abs/s/SKILL.md", "local /abs/s/SKILL.md"),
        (r"C:\s", r"local C:\s"),
        (r"\\server\s", r"local \\server\s"),
        ("file:///s/a%20b", "local /s/a b"),
        ("here/too", "local here/too"),
        ("my skills/a b", "local my skills/a b"),
        ("\"my skills/a b\"", "local my skills/a b"),
        ("download.zip", "local download.zip"),
        ("a/b.tar.gz", "local a/b.tar.gz"),
        ("x.SKILL", "local x.SKILL"),
    ]);
}

/// S1: shorthands.
#[test]
fn shorthands_are_understood() {
    check(&[
        ("o/r", "git https://github.com/o/r.git HEAD"),
        ("o_corp/r", "git https://github.com/o_corp/r.git HEAD"),
        ("o/r.js/", "git https://github.com/o/r.js.git HEAD"),
        ("o/r/skills/a", "git https://github.com/o/r.git HEAD in skills/a"),
        ("o/r@a-skill", "git https://github.com/o/r.git HEAD @a-skill"),
        ("o/r/skills@a", "git https://github.com/o/r.git HEAD in skills @a"),
        ("o/r#v1.2", "git https://github.com/o/r.git v1.2"),
        ("o/r#feature/x@a", "git https://github.com/o/r.git feature/x @a"),
        ("github:o/r#main", "git https://github.com/o/r.git main"),
        ("gh@o/r", "git https://github.com/o/r.git HEAD"),
        ("gh:o/r", "git https://github.com/o/r.git HEAD"),
        ("gitlab:g/sub/r", "git https://gitlab.com/g/sub/r.git HEAD"),
        ("gitlab:g/r#main@a", "git https://gitlab.com/g/r.git main @a"),
        ("npm:pkg", "npm pkg any"),
        ("npm:@scope/pkg@^1.2", "npm @scope/pkg ^1.2"),
        ("npm:pkg@latest", "npm pkg latest"),
    ]);
}

/// S1: the pages of hosts.
#[test]
fn pages_are_understood() {
    check(&[
        ("https://github.com/o/r", "git https://github.com/o/r.git HEAD"),
        ("https://www.github.com/o/r/", "git https://github.com/o/r.git HEAD"),
        ("https://github.com/o/r?tab=readme-ov-file#use", "git https://github.com/o/r.git HEAD"),
        ("<https://github.com/o/r>", "git https://github.com/o/r.git HEAD"),
        ("[a skill](https://github.com/o/r)", "git https://github.com/o/r.git HEAD"),
        ("github.com/o/r", "git https://github.com/o/r.git HEAD"),
        ("https://github.com/o/r/tree/main/skills/a%20b", "git https://github.com/o/r.git page:main/skills/a b"),
        ("https://github.com/o/r/blob/main/s/SKILL.md", "git https://github.com/o/r.git page:main/s"),
        ("https://github.com/o/r/commit/0a1b2c3", "git https://github.com/o/r.git 0a1b2c3"),
        ("https://github.com/o/r/releases/tag/v1", "git https://github.com/o/r.git v1"),
        ("https://github.com/o/r/releases/download/v1/s.zip", "web https://github.com/o/r/releases/download/v1/s.zip"),
        (
            "https://github.com/o/r/archive/refs/heads/main.zip",
            "web https://github.com/o/r/archive/refs/heads/main.zip",
        ),
        ("https://gist.github.com/u/0a1b", "git https://gist.github.com/0a1b.git HEAD"),
        ("https://gitlab.com/g/sub/r", "git https://gitlab.com/g/sub/r.git HEAD"),
        ("https://gitlab.com/g/sub/r/-/tree/main/s", "git https://gitlab.com/g/sub/r.git page:main/s"),
        ("https://git.example.com/g/r/-/blob/main/s/SKILL.md", "git https://git.example.com/g/r.git page:main/s"),
        ("https://dev.azure.com/o/p/_git/R", "git https://dev.azure.com/o/p/_git/R HEAD"),
        (
            "https://dev.azure.com/o/p/_git/R?path=/skills/a&version=GBmain",
            "git https://dev.azure.com/o/p/_git/R main in skills/a",
        ),
        ("https://codeberg.org/o/r", "git https://codeberg.org/o/r.git HEAD"),
        ("https://codeberg.org/o/r/archive/main.zip", "web https://codeberg.org/o/r/archive/main.zip"),
        ("https://host.example/@s/p/-/p-1.tgz", "web https://host.example/@s/p/-/p-1.tgz"),
        ("https://codeberg.org/o/r/src/branch/main/s/SKILL.md", "git https://codeberg.org/o/r.git page:main/s"),
        ("https://bitbucket.org/o/r/src/main/s/", "git https://bitbucket.org/o/r.git page:main/s"),
        ("https://skills.sh/o/r/a-skill", "git https://github.com/o/r.git HEAD @a-skill"),
        ("skills.sh/o/r", "git https://github.com/o/r.git HEAD"),
        (
            "https://raw.githubusercontent.com/o/r/main/SKILL.md",
            "web https://raw.githubusercontent.com/o/r/main/SKILL.md",
        ),
        ("https://example.com/docs#top", "web https://example.com/docs"),
        ("example.com/docs", "web https://example.com/docs"),
        ("http://127.0.0.1:8080/s.zip", "web http://127.0.0.1:8080/s.zip"),
        ("http://localhost/s.zip", "web http://localhost/s.zip"),
        ("http://[::1]:80/s.zip", "web http://[::1]/s.zip"),
    ]);
}

/// S1: repositories.
#[test]
fn repositories_are_understood() {
    check(&[
        ("git@host:o/r.git", "git git@host:o/r.git HEAD"),
        ("git@host:o/r.git#v1", "git git@host:o/r.git v1"),
        ("ssh://git@host:22/o/r.git#v1", "git ssh://git@host:22/o/r.git v1"),
        ("https://host/r.git#feature/x", "git https://host/r.git feature/x"),
        ("git+https://host/r#v1", "git https://host/r v1"),
        ("git+ssh://git@host/r", "git ssh://git@host/r HEAD"),
        ("git+file:///repo#v1", "git file:///repo v1"),
        ("superpowers@git+https://github.com/o/r.git#v5.0.3", "git https://github.com/o/r.git v5.0.3"),
        ("git+http://127.0.0.1:3000/r.git", "git http://127.0.0.1:3000/r.git HEAD"),
    ]);
}

/// S1: whole commands.
#[test]
fn commands_are_understood() {
    let repository = "git https://github.com/o/r.git HEAD";
    check(&[
        ("npx skills add o/r", repository),
        ("$ npx -y skills@latest add o/r --skill x -g", &format!("{repository} @x global")),
        ("npx skills add o/r --skill \"Best Practices\" b -y", &format!("{repository} @Best Practices @b")),
        (
            "npx skills add o/r --skill '*' -a claude-code cursor",
            &format!("{repository} without[-a claude-code cursor]"),
        ),
        ("npx skills add o/r@a --all", repository),
        ("npx skills add --skill a o/r", &format!("{repository} @a")),
        ("npx skills add ./my-skills", "local ./my-skills"),
        ("bunx skills i https://github.com/o/r/tree/main/s", "git https://github.com/o/r.git page:main/s"),
        ("pnpm dlx skills add o/r", repository),
        ("npm exec -- skills add o/r", repository),
        ("CI=1 npx openskills install o/r --global", &format!("{repository} global")),
        ("opkg install gh@o/r --platforms cursor", &format!("{repository} without[--platforms cursor]")),
        ("apm install o/r/skills/a#v1", "git https://github.com/o/r.git v1 in skills/a"),
        ("rekindle skill install o/r --global", &format!("{repository} global")),
        ("/plugin marketplace add o/r", repository),
        ("claude plugin marketplace add o/r", repository),
        ("npx skills add o/r \\\n  --skill a", &format!("{repository} @a")),
        ("npx add-skill o/r -y", repository),
        ("npx skills add o/r --branch main", &format!("{repository} without[--branch main]")),
        ("rekindle skill install o/r --all --name x", &format!("{repository} without[--name x]")),
        ("npx skills add o/r --new-flag=1", &format!("{repository} without[--new-flag 1]")),
    ]);
}

/// S1: what is not understood says why.
#[test]
fn what_is_no_source_is_told() {
    let several = "SourceSeveralCommands";
    check(&[
        ("", "SourceEmpty"),
        ("``", "SourceEmpty"),
        ("a\0b", "SourceNotText"),
        (&"a".repeat(5000), "SourceNotText"),
        ("two words", "SourceNotUnderstood { text: \"two words\" }"),
        ("-rf", "SourceNotUnderstood { text: \"-rf\" }"),
        ("o/", "SourceNotUnderstood { text: \"o/\" }"),
        ("o/r@", "SourceNotUnderstood { text: \"o/r@\" }"),
        ("o/../r", "SourceNotUnderstood { text: \"o/../r\" }"),
        ("o/r/../../x", "SourceBadFolder { folder: \"../../x\" }"),
        ("superpowers", "SourceOnlyName { name: \"superpowers\" }"),
        ("@scope/pkg@1", "SourceOnlyName { name: \"@scope/pkg@1\" }"),
        ("npm:../x", "SourceBadPackage { package: \"../x\" }"),
        ("npm:a@--global", "SourceBadPackage { package: \"a@--global\" }"),
        ("npm:a@https://host/x.tgz", "SourceBadPackage { package: \"a@https://host/x.tgz\" }"),
        ("o/r#--upload-pack=x", "SourceBadRevision { revision: \"--upload-pack=x\" }"),
        ("git@host:r#a..b", "SourceBadRevision { revision: \"a..b\" }"),
        ("http://example.com/s.zip", "SourcePlain { url: \"http://example.com/s.zip\" }"),
        ("http://user:secret@example.com/s.zip", "SourcePlain { url: \"http://example.com/s.zip\" }"),
        ("git+http://example.com/r.git", "SourcePlain { url: \"http://example.com/r.git\" }"),
        ("git://host/r.git", "SourceScheme { scheme: \"git\" }"),
        ("ftp://host/s.zip", "SourceScheme { scheme: \"ftp\" }"),
        ("git+ext::sh -c x", "SourceNotUnderstood { text: \"git+ext::sh -c x\" }"),
        ("https://github.com/o", "SourceOtherPage { host: \"github.com\" }"),
        ("https://github.com/o/r/pull/3", "SourceOtherPage { host: \"github.com\" }"),
        ("https://github.com/o/r/blob/main/README.md", "SourceOtherPage { host: \"github.com\" }"),
        ("https://github.com/o/r/tree/-x/s", "SourceOtherPage { host: \"github.com\" }"),
        ("npx skills add o/r && rm -rf x", several),
        ("npx skills add o/r; true", several),
        ("npx skills add $(cat x)", several),
        ("npx skills use o/r | claude", several),
        ("npx skills add o/r\nnpx skills add o/s", several),
        ("npx skills add o/r o/s", "SourceSeveral { sources: [\"o/r\", \"o/s\"] }"),
        ("npx skills remove x", "SourceOtherCommand { command: \"npx skills remove\" }"),
        ("npm install -g x", "SourceOtherCommand { command: \"npm install -g\" }"),
        ("npx skills add", "SourceOtherCommand { command: \"npx skills add\" }"),
        ("npx skills add 'o/r", "SourceNotUnderstood { text: \"npx skills add 'o/r\" }"),
    ]);
}

/// A password in an address is for `git` alone.
#[test]
fn a_password_is_not_shown() {
    let pasted = paste("https://user:secret@host/r.git", |_| false).expect("a source");
    let Origin::Git(git) = &pasted.source.origin else { panic!("{pasted:?}") };
    assert!(git.remote.as_str().contains("secret"));
    assert_eq!(git.remote.shown(), "https://host/r.git");
    assert!(!format!("{pasted:?}").contains("secret"));
    let told = [
        "ssh://user:secretpw@host/r.git",
        "https://user:secretpw@host/s.zip",
        "https://host/s.zip?private_token=secretpw",
        "GITHUB_TOKEN=secretpw npm install y",
        "npx skills add o/r --token=secretpw",
    ];
    for text in told {
        let shown = match paste(text, |_| false) {
            Ok(Pasted { source: Source { origin: Origin::Git(git), .. }, left_out, .. }) => {
                git.remote.shown() + &left_out.join(" ")
            }
            Ok(Pasted { source: Source { origin: Origin::Web(address), .. }, .. }) => address.shown(),
            other => format!("{other:?}"),
        };
        assert!(!shown.contains("secretpw"), "{shown}");
    }
}

proptest! {
    /// Whatever is pasted, nothing that goes to another program as an argument can be one of its options, and no folder
    /// leads out of where it is looked for.
    #[test]
    fn no_text_becomes_an_option(text in "(npx skills add |git@h:|ssh://|git[+]https://h/|https://|npm:|gh@)?[-a-z@./#:%~+ ]{0,24}") {
        let Ok(pasted) = paste(&text, |_| false) else { return Ok(()) };
        match &pasted.source.origin {
            Origin::Git(git) => {
                prop_assert!(!git.remote.as_str().starts_with('-'));
                if let Revision::Named(name) = &git.revision {
                    prop_assert!(!name.starts_with('-') && !name.contains(".."));
                }
                let names = git.folder.names().iter();
                prop_assert!(names.clone().all(|name| name != ".." && !name.contains('/')));
            }
            Origin::Npm(package) => {
                prop_assert!(!package.name().starts_with('-') && !package.range().unwrap_or("").starts_with('-'));
            }
            Origin::Local(_) | Origin::Web(_) => {}
        }
    }
}
