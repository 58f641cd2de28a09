//! Fetching a package with the `npm` of this machine: its registries, its credentials, its proxy, its cache.
//!
//! Invariant: no script of a package runs. `npm` runs in a folder of ours, so that what a project says of registries and
//! credentials (`.npmrc`) has no say: the person's own configuration has.

use std::{fs, path::Path, process::Command, time::Instant};

use rekindle_domain::{InstallNotice, UserError};
use rekindle_sources::Package;
use serde_json::Value;

use super::{
    archive,
    tool::{Job, PATIENCE, Stop, not_fetched},
};

/// Unpacks a package into a folder; its name and version.
pub(crate) fn fetch(package: &Package, scratch: &Path, into: &Path, stop: &Stop) -> Result<String, UserError> {
    let npm = which::which("npm").map_err(|_| not_fetched(InstallNotice::FetcherMissing { tool: "npm".to_owned() }))?;
    let spec = format!("{}@{}", package.name(), package.range().unwrap_or("latest"));
    let job = Job { from: format!("npm:{spec}"), secret: "", folder: scratch, until: Instant::now() + PATIENCE, stop };
    let mut command = Command::new(npm);
    command
        .args(["pack", "--json", "--ignore-scripts", "--loglevel=error", "--logs-max=0", "--no-update-notifier"])
        .args(["--no-audit", "--no-fund", "--pack-destination=.", "--dry-run=false", "--", &spec]);
    let answer = job.ask(command)?;
    let answer: Value = serde_json::from_slice(&answer).map_err(|_| job.failed("npm gave no JSON"))?;
    let told = |key: &str| answer.pointer(&format!("/0/{key}")).and_then(Value::as_str);
    let (Some(name), Some(version)) = (told("name"), told("version")) else {
        return Err(job.failed("npm did not say which version it is"));
    };
    // The only file there: what npm calls it differs by version.
    let packed =
        fs::read_dir(scratch).map_err(|error| job.unread(&error))?.filter_map(Result::ok).map(|entry| entry.path());
    let packed = packed.filter(|path| path.extension().is_some_and(|ending| ending == "tgz")).min();
    match packed.map(|path| archive::unpack(&path, into)) {
        Some(Ok(true)) => Ok(format!("{name}@{version}")),
        Some(Err(error)) => Err(error),
        Some(Ok(false)) | None => Err(job.failed("npm brought no package")),
    }
}
