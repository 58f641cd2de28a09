//! What is published of a package, asked with the `npm` of this machine: its registries, its credentials, its proxy.
//!
//! Invariant: nothing is downloaded but what the registry says of the package; within bounds, as everything that is fetched.

use std::{collections::BTreeMap, process::Command, time::Instant};

use rekindle_domain::{ErrorCode, InstallNotice, PackageNotice, UserError};
use rekindle_opencode::version::{Range, Version};
use serde_json::Value;

use super::{
    scratch,
    tool::{Job, PATIENCE, Stop, not_fetched},
};
use crate::files::locate::Places;

/// What is published of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Published {
    /// Its versions, ascending.
    pub(crate) versions: Vec<String>,
    /// What its tags stand for.
    pub(crate) tags: BTreeMap<String, String>,
    /// When each version was published (RFC 3339), where the registry says so.
    pub(crate) times: BTreeMap<String, String>,
}

impl Published {
    /// The newest version that a range has, or what a tag stands for. `allowed`: whether a version may be taken at all.
    pub(crate) fn newest(&self, range: &str, allowed: impl Fn(&str) -> bool) -> Option<&str> {
        if let Some(tagged) = self.tags.get(range) {
            let limit = Version::parse(tagged)?;
            // One that may not be taken yet has another before it.
            let is_before =
                |version: &&String| Version::parse(version).is_some_and(|it| it <= limit && !it.is_prerelease());
            let tagged = Some(tagged).filter(|tagged| allowed(tagged));
            let before = || self.versions.iter().rev().filter(is_before).find(|version| allowed(version));
            return tagged.or_else(before).map(String::as_str);
        }
        let range = Range::parse(range)?;
        let is_in = |version: &&String| Version::parse(version).is_some_and(|version| range.has(&version));
        self.versions.iter().rev().filter(is_in).find(|version| allowed(version)).map(String::as_str)
    }
}

/// Asks what is published of a package.
pub(crate) fn published(places: &Places, name: &str) -> Result<Published, UserError> {
    let npm = which::which("npm").map_err(|_| not_fetched(InstallNotice::FetcherMissing { tool: "npm".to_owned() }))?;
    let scratch = scratch(places)?;
    let (until, stop) = (Instant::now() + PATIENCE, Stop::default());
    let job = Job { from: format!("npm:{name}"), secret: "", folder: scratch.path(), until, stop: &stop };
    let mut command = Command::new(npm);
    command.args(["view", "--json", "--loglevel=error", "--logs-max=0", "--no-update-notifier"]).args([
        "--",
        name,
        "versions",
        "dist-tags",
        "time",
    ]);
    let answer = job.ask(command)?;
    let unclear = || UserError::new(ErrorCode::NotFetched, PackageNotice::RegistryUnclear { name: name.to_owned() });
    understood(&serde_json::from_slice(&answer).map_err(|_| unclear())?).ok_or_else(unclear)
}

/// An answer of `npm view`; a single version is no list there.
fn understood(answer: &Value) -> Option<Published> {
    let texts = |value: Option<&Value>| -> BTreeMap<String, String> {
        let fields = value.and_then(Value::as_object).into_iter().flatten();
        fields.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
    };
    let versions = match answer.get("versions")? {
        Value::String(version) => vec![version.clone()],
        Value::Array(versions) => versions.iter().filter_map(|version| version.as_str().map(str::to_owned)).collect(),
        _ => return None,
    };
    let mut versions: Vec<_> = versions.into_iter().filter_map(|text| Some((Version::parse(&text)?, text))).collect();
    versions.sort();
    Some(Published {
        versions: versions.into_iter().map(|(_, text)| text).collect(),
        tags: texts(answer.get("dist-tags")),
        times: texts(answer.get("time")),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// G2: the newest that the entry allows: of a tag what it stands for, of a range the greatest, of those that may be
    /// taken.
    #[test]
    fn the_newest_is_known() {
        let published = understood(&json!({
            "versions": ["1.10.0", "1.9.0", "2.0.0", "2.1.0-beta.1", "nonsense"],
            "dist-tags": {"latest": "2.0.0", "beta": "2.1.0-beta.1"},
            "time": {"created": "2026-01-01T00:00:00.000Z", "2.0.0": "2026-02-01T00:00:00.000Z"},
        }))
        .expect("understood");
        let check =
            |range: &str, expected: Option<&str>| assert_eq!(published.newest(range, |_| true), expected, "{range}");
        check("latest", Some("2.0.0"));
        check("beta", Some("2.1.0-beta.1"));
        check("^1", Some("1.10.0"));
        check("~1.9.0", Some("1.9.0"));
        check("*", Some("2.0.0"));
        check("^3", None);
        check("next", None);
        assert_eq!(published.newest("latest", |version| version != "2.0.0"), Some("1.10.0"), "what is before it");
        assert_eq!(understood(&json!({"versions": "1.0.0"})).expect("one").versions, ["1.0.0"]);
        assert_eq!(understood(&json!([])), None);
    }
}
