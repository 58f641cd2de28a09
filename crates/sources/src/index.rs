//! A site's own index of its skills: where it is, which skills it names, and what has to be asked for to get them.
//!
//! There are two formats, drafts of "Agent Skills Discovery": 0.2 (`agent-skills/index.json`) has one file for each skill, with
//! its SHA-256; 0.1 (`skills/index.json`, without `$schema`) has the paths of a skill's files.
//!
//! Invariants: every address is encrypted or stays on this machine; no path leads out of its skill.

use rekindle_domain::InstallNotice;
use serde_json::Value;

use crate::source::{Address, Folder};

/// How 0.2 is told.
const SCHEMA: &str = "https://schemas.agentskills.io/discovery/0.2.0/schema.json";
/// The most skills of an index.
const MOST: usize = 1000;
/// The longest name, in letters.
const LONGEST_NAME: usize = 64;

/// What an index names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// Its skills, in its order.
    pub skills: Vec<Listed>,
    /// What it names in a way that is not understood: the name, and why.
    pub broken: Vec<(String, InstallNotice)>,
}

/// A skill of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name: a name of a folder on every system.
    pub name: String,
    /// What it is made of.
    pub content: Content,
}

/// What a skill of an index is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// One file: a `SKILL.md`, or an archive of its folder.
    File {
        /// Where it is.
        address: Address,
        /// `sha256:…` of it.
        digest: String,
    },
    /// Several files: the path of each in the skill's folder, and where it is.
    Files(Vec<(String, Address)>),
}

/// Where a site may have its index, the likeliest first: below the address itself, then at its root.
pub fn places(site: &Address) -> Vec<Address> {
    let mut places = Vec::new();
    for format in ["agent-skills", "skills"] {
        let below = site.url().path().trim_end_matches('/');
        for path in [below, ""] {
            let mut url = site.url().clone();
            url.set_query(None);
            url.set_path(&format!("{path}/.well-known/{format}/index.json"));
            places.extend(site.leads_to(url).ok().filter(|place| !places.contains(place)));
        }
    }
    places
}

/// What an index says. `at`: where it is. `None`: it is none.
///
/// # Errors
///
/// It is one of a format that is not known, or too long.
pub fn index(text: &str, at: &Address) -> Option<Result<Index, InstallNotice>> {
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    let skills = value.get("skills")?.as_array()?;
    Some(match value.get("$schema") {
        _ if skills.len() > MOST => Err(InstallNotice::IndexTooLong { most: MOST }),
        None => Ok(listed(skills, |skill, name| files(skill, name, at))),
        Some(schema) if schema == SCHEMA => Ok(listed(skills, |skill, _| file(skill, at))),
        Some(schema) => {
            let schema = schema.as_str().map_or_else(|| schema.to_string(), str::to_owned);
            Err(InstallNotice::IndexUnknown { schema })
        }
    })
}

fn listed(skills: &[Value], content: impl Fn(&Value, &str) -> Option<Content>) -> Index {
    let mut index = Index::default();
    for skill in skills {
        let name = skill.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_known = index.skills.iter().any(|other| other.name == name);
        match content(skill, &name).filter(|_| is_name(&name) && !is_known) {
            Some(content) => index.skills.push(Listed { name, content }),
            None => index.broken.push((name.clone(), InstallNotice::IndexBadEntry { name })),
        }
    }
    index
}

/// By the specification of skills.
fn is_name(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.chars().all(is_letter)
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}

fn file(skill: &Value, at: &Address) -> Option<Content> {
    let text = |key| skill.get(key).and_then(Value::as_str);
    let digest = text("digest")?.to_owned();
    let is_digest = digest
        .strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c)));
    let is_known = matches!(text("type")?, "skill-md" | "archive");
    let address = at.url().join(text("url")?).ok().and_then(|url| at.leads_to(url).ok())?;
    (is_digest && is_known).then_some(Content::File { address, digest })
}

fn files(skill: &Value, name: &str, at: &Address) -> Option<Content> {
    let paths = skill.get("files")?.as_array()?;
    let files = paths.iter().map(|path| {
        let path = path.as_str()?;
        let folder = Folder::of(path).filter(|folder| !folder.is_whole() && folder.to_string() == path)?;
        let mut url = at.url().join(".").ok()?;
        url.path_segments_mut().ok()?.pop_if_empty().push(name).extend(folder.names());
        Some((path.to_owned(), at.leads_to(url).ok()?))
    });
    files.collect::<Option<Vec<_>>>().filter(|files| !files.is_empty()).map(Content::Files)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use url::Url;

    use super::*;

    const ABC: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn address(text: &str) -> Address {
        Address::of(Url::parse(text).expect("an address")).expect("allowed")
    }

    /// S1: below the address, then at the root; the newer format first.
    #[test]
    fn an_index_is_looked_for_where_sites_have_it() {
        let check = |site: &str, expected: &[&str]| {
            let found: Vec<_> = places(&address(site)).iter().map(|place| place.url().to_string()).collect();
            assert_eq!(found, expected, "{site}");
        };
        check(
            "https://h.example/",
            &[
                "https://h.example/.well-known/agent-skills/index.json",
                "https://h.example/.well-known/skills/index.json",
            ],
        );
        check(
            "https://h.example/docs/?a=b",
            &[
                "https://h.example/docs/.well-known/agent-skills/index.json",
                "https://h.example/.well-known/agent-skills/index.json",
                "https://h.example/docs/.well-known/skills/index.json",
                "https://h.example/.well-known/skills/index.json",
            ],
        );
    }

    /// S1: both formats, and nothing in them that leads elsewhere.
    #[test]
    fn an_index_says_what_to_ask_for() {
        let at = address("https://h.example/.well-known/agent-skills/index.json");
        let told = |value: &Value| -> Vec<String> {
            let index = index(&value.to_string(), &at).expect("an index").expect("a known one");
            let shown = |content: Content| match content {
                Content::File { address, .. } => address.url().to_string(),
                Content::Files(files) => files
                    .iter()
                    .map(|(path, address)| format!("{path} {}", address.url()))
                    .collect::<Vec<_>>()
                    .join(" "),
            };
            let skills = index.skills.into_iter().map(|skill| format!("{}: {}", skill.name, shown(skill.content)));
            skills.chain(index.broken.into_iter().map(|(name, _)| format!("{name}!"))).collect()
        };
        let new = |kind: &str, url: &str, digest: &str| {
            told(&json!({"$schema": SCHEMA, "more": 1, "skills": [
                {"name": "a", "type": kind, "description": "d", "url": url, "digest": digest},
            ]}))
        };
        assert_eq!(new("skill-md", "/s/a.md", ABC), ["a: https://h.example/s/a.md"]);
        assert_eq!(new("archive", "a.zip", ABC), ["a: https://h.example/.well-known/agent-skills/a.zip"]);
        assert_eq!(new("archive", "https://cdn.example/a", ABC), ["a: https://cdn.example/a"]);
        for (kind, url, digest) in [
            ("git", "/s/a.md", ABC),
            ("archive", "http://h.example/a", ABC),
            ("archive", "file:///etc/passwd", ABC),
            ("archive", "a.zip", "sha256:BA78"),
            ("archive", "a.zip", "md5:ba7816bf"),
        ] {
            assert_eq!(new(kind, url, digest), ["a!"], "{kind} {url} {digest}");
        }
        let old = |name: &str, files: &Value| told(&json!({"skills": [{"name": name, "files": files}]}));
        let below = "https://h.example/.well-known/agent-skills/a";
        assert_eq!(
            old("a", &json!(["SKILL.md", "x y/é?.md"])),
            [format!("a: SKILL.md {below}/SKILL.md x y/é?.md {below}/x%20y/%C3%A9%3F.md")]
        );
        for files in [json!(["../SKILL.md"]), json!(["/SKILL.md"]), json!(["a//b"]), json!([1]), json!([]), json!("a")]
        {
            assert_eq!(old("a", &files), ["a!"], "{files}");
        }
        for name in ["..", "A", "a--b", "-a", "", "a/b"] {
            assert_eq!(old(name, &json!(["SKILL.md"])), [format!("{name}!")], "{name}");
        }
        let twice = json!({"skills": [{"name": "a", "files": ["SKILL.md"]}, {"name": "a", "files": ["SKILL.md"]}]});
        assert_eq!(told(&twice).len(), 2, "the second of a name is not taken for the first");
    }

    /// S1: what is no index is none, and one of a later format is not guessed at.
    #[test]
    fn what_is_no_index_is_none() {
        let at = address("https://h.example/index.json");
        for text in ["", "<html>", "{}", "[]", "{\"skills\": 1}"] {
            assert_eq!(index(text, &at), None, "{text}");
        }
        let schema = SCHEMA.replace("0.2.0", "0.3.0");
        let later = json!({"$schema": schema, "skills": []}).to_string();
        assert_eq!(index(&later, &at), Some(Err(InstallNotice::IndexUnknown { schema })));
        let long = json!({"skills": vec![json!({}); MOST + 1]}).to_string();
        assert_eq!(index(&long, &at), Some(Err(InstallNotice::IndexTooLong { most: MOST })));
    }
}
