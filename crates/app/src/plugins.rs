//! Plugins as they are declared, kept by the engine and published, and what makes the three agree.
//!
//! Invariants: the registry is asked only when somebody asks for it; nothing in the engine's cache is touched while the engine
//! installs, and then only the folder of one entry, which goes to the trash.

mod changelog;
mod changes;
pub(crate) mod off;

use std::time::Duration;

use jiff::Timestamp;
use rekindle_domain::{
    ErrorCode, KeptPackage, Kind, PackageNotice, PluginOffer, PluginOrigin, PluginState, PluginUpdate,
    PublishedPackage, Row, UpdateBy, UserError, Wholeness,
};
use rekindle_opencode::{
    PluginSpec,
    version::{Range, Version},
};

use crate::{
    edit::{self, Removed, To},
    error::shown,
    files::{
        cached::{self, Cached},
        locate::Places,
    },
    install::registry::{Published, published},
};

/// How many seconds a day has.
const DAY: u64 = 24 * 60 * 60;

/// What is to be updated to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Upto {
    /// Beyond what the entry allows, to whatever `latest` stands for.
    pub latest: bool,
    /// Only to what was published this many days ago.
    pub min_age: u64,
}

/// What the engine keeps of the plugin of a row, and what is wrong with that. `engine`: the version of the engine, if it is
/// known. `ask`: whether the registry is asked what is published.
pub fn state(places: &Places, row: &Row, engine: Option<&str>, ask: bool) -> Result<PluginState, UserError> {
    let Some(spec) = package_of(places, row) else { return Ok(PluginState::default()) };
    let mut state = PluginState { declared: spec.version.clone(), ..PluginState::default() };
    let (wholeness, version) = match cached::look(places, &spec) {
        Cached::Nothing => (Wholeness::Nothing, None),
        Cached::Leftover => (Wholeness::Leftover, None),
        Cached::Half => (Wholeness::Half, None),
        Cached::Whole { version, engines } => {
            state.remarks.extend(other_engine(engines, engine).map(Into::into));
            (Wholeness::Whole, version)
        }
    };
    if !cached::is_installing(places)
        && let Some(folder) = cached::folder(places, &spec)
    {
        let path = shown(&folder);
        match wholeness {
            Wholeness::Half => state.remarks.push(PackageNotice::HalfInstalled { path }.into()),
            Wholeness::Leftover => state.remarks.push(PackageNotice::LeftoverOfInstall { path }.into()),
            Wholeness::Nothing | Wholeness::Whole => {}
        }
    }
    if ask && let Some((package, range)) = asked(&spec) {
        let published = published(places, &package)?;
        let wanted = published.newest(&wide(&range), |_| true).map(str::to_owned);
        state.remarks.extend(behind(&range, version.as_deref(), wanted.as_deref()).map(Into::into));
        state.published = Some(PublishedPackage { latest: published.tags.get("latest").cloned(), wanted });
    }
    state.cached = Some(KeptPackage { state: wholeness, version });
    Ok(state)
}

/// The spec of the plugin of a row, if the engine installs something for it.
fn package_of(places: &Places, row: &Row) -> Option<PluginSpec> {
    let is_declared = row.kind == Kind::Plugin && matches!(row.origin, Some(PluginOrigin::Npm | PluginOrigin::Git));
    is_declared.then(|| edit::spec_of(places, row).ok()).flatten()
}

fn other_engine(engines: Option<String>, engine: Option<&str>) -> Option<PackageNotice> {
    let (range, version) = (engines?, engine?);
    let fits =
        Version::parse(version).is_none_or(|engine| Range::parse(&range).is_some_and(|range| range.has(&engine)));
    (!fits).then(|| PackageNotice::OtherEngineAsked { range, version: version.to_owned() })
}

/// The package of a spec and what the spec says of its version, if the registry knows it.
fn asked(spec: &PluginSpec) -> Option<(String, String)> {
    if spec.origin != PluginOrigin::Npm {
        return None;
    }
    let (package, version) = match spec.version.as_deref().and_then(|version| version.strip_prefix("npm:")) {
        Some(alias) => {
            let alias = PluginSpec::parse(alias);
            (alias.name, alias.version)
        }
        None => (spec.name.clone(), spec.version.clone()),
    };
    let range = version.unwrap_or_else(|| "latest".to_owned());
    (!range.contains([':', '/'])).then_some((package, range))
}

/// What counts as an update: of a single version, what is compatible with it.
fn wide(range: &str) -> String {
    if Version::parse(range).is_some() { format!("^{}", range.trim_start_matches('v')) } else { range.to_owned() }
}

/// Where what is published is newer than what is kept, or declared.
fn behind(range: &str, kept: Option<&str>, wanted: Option<&str>) -> Option<PackageNotice> {
    let (now, newest) = (kept.or(Some(range))?, wanted?);
    if Version::parse(newest)? <= Version::parse(now)? {
        return None;
    }
    let published = newest.to_owned();
    Some(match Version::parse(range) {
        Some(_) => PackageNotice::NewerThanDeclared { declared: range.to_owned(), published },
        None => PackageNotice::NewerPublished { cached: now.to_owned(), published },
    })
}

/// Moves what the engine keeps of a plugin to the trash, so that it installs it anew.
pub fn mend(places: &Places, row: &Row) -> Result<Removed, UserError> {
    let spec = edit::spec_of(places, row)?;
    let nothing = || UserError::new(ErrorCode::NotFound, PackageNotice::NothingCached { name: row.name.clone() });
    let folder = cached::folder(places, &spec).filter(|folder| folder.is_dir()).ok_or_else(nothing)?;
    if cached::is_installing(places) {
        return Err(UserError::new(ErrorCode::Contended, PackageNotice::EngineInstalls).about(shown(&folder)));
    }
    edit::put_away(places, &folder)
}

/// Brings a plugin up to date, or only finds out how; `None`: it has no versions.
pub fn update(places: &Places, row: &Row, upto: Upto, is_check: bool) -> Option<PluginUpdate> {
    let Asked { mut update, range, .. } = ask(places, row, upto)?;
    if !is_check {
        match make(places, row, &range, &update) {
            Ok(undo) => update.undo = undo,
            Err(error) => update.error = Some(error),
        }
    }
    Some(update)
}

/// What was found out of a plugin.
struct Asked {
    update: PluginUpdate,
    /// Its package.
    package: String,
    /// What its entry says of the version.
    range: String,
    /// The newest version, if the entry does not allow it.
    beyond: Option<String>,
}

/// Asks what a plugin could be updated to; `None`: it has no versions.
fn ask(places: &Places, row: &Row, upto: Upto) -> Option<Asked> {
    let spec = package_of(places, row)?;
    let (package, range) = asked(&spec)?;
    let mut update = PluginUpdate {
        name: row.name.clone(),
        scope: row.scope,
        from: in_use(places, &spec, &range),
        to: None,
        published: None,
        by: UpdateBy::Nothing,
        changelog: None,
        undo: None,
        error: None,
    };
    let mut beyond = None;
    match published(places, &package) {
        Ok(published) => {
            if let Some((by, to)) = plan(&range, update.from.as_deref(), &published, upto) {
                update.published = published.times.get(&to).cloned();
                (update.by, update.to) = (by, Some(to));
            }
            let newest = plan(&range, update.from.as_deref(), &published, Upto { latest: true, ..upto });
            beyond = newest.map(|(_, to)| to).filter(|to| update.to.as_ref() != Some(to));
        }
        Err(error) => update.error = Some(error),
    }
    Some(Asked { update, package, range, beyond })
}

/// The version that counts as the one in use.
fn in_use(places: &Places, spec: &PluginSpec, range: &str) -> Option<String> {
    Version::parse(range).map(|_| range.to_owned()).or_else(|| edit::kept_version(places, spec))
}

/// Makes an update; for taking it back, if there was anything to be done.
fn make(places: &Places, row: &Row, range: &str, update: &PluginUpdate) -> Result<Option<String>, UserError> {
    match (update.by, &update.to) {
        (UpdateBy::Entry, Some(to)) => {
            let version = format!("{}{to}", operator(range));
            edit::set_version(places, row, To::Version(&version)).map(|changed| Some(changed.token))
        }
        (UpdateBy::Cache, Some(_)) => mend(places, row).map(|removed| Some(removed.token)),
        _ => Ok(None),
    }
}

/// What an update would bring, and what its package says of it. `latest`: beyond what the entry allows.
///
/// # Errors
///
/// The plugin has no versions, or it cannot be known which are published.
pub fn offer(places: &Places, row: &Row, latest: bool) -> Result<PluginOffer, UserError> {
    let none = || UserError::new(ErrorCode::NoVersion, PackageNotice::VersionUnknown { name: row.name.clone() });
    let Asked { mut update, package, beyond, .. } =
        ask(places, row, Upto { latest, ..Upto::default() }).ok_or_else(none)?;
    if let Some(error) = update.error.take() {
        return Err(error);
    }
    let of = |to: &String| changes::changelog(places, &package, update.from.as_deref(), to);
    update.changelog = update.to.as_ref().map(of);
    Ok(PluginOffer { update, beyond })
}

/// Tells what the package of an update says of it.
pub fn tell_changes(places: &Places, row: &Row, update: &mut PluginUpdate) {
    let Some((package, _)) = package_of(places, row).as_ref().and_then(asked) else { return };
    if let (Some(to), None) = (&update.to, &update.error) {
        update.changelog = Some(changes::changelog(places, &package, update.from.as_deref(), to));
    }
}

/// Makes an update that a person was shown.
///
/// # Errors
///
/// The plugin is no longer as they were shown.
pub fn take(places: &Places, row: &Row, shown: &PluginUpdate) -> Result<Option<String>, UserError> {
    let changed = || UserError::new(ErrorCode::Contended, PackageNotice::PluginChanged { name: row.name.clone() });
    let spec = package_of(places, row).ok_or_else(changed)?;
    let (_, range) = asked(&spec).ok_or_else(changed)?;
    if in_use(places, &spec, &range) != shown.from {
        return Err(changed());
    }
    make(places, row, &range, shown)
}

/// What is before the version of a range that has only one.
fn operator(range: &str) -> &str {
    match range.chars().next() {
        Some('^') => "^",
        Some('~') => "~",
        _ if Version::parse(range).is_none() && Range::parse(range).is_some() => "^",
        _ => "",
    }
}

/// How an entry gets what it may get, and what that is; `None`: there is nothing newer, or nothing that may be taken.
fn plan(range: &str, now: Option<&str>, published: &Published, upto: Upto) -> Option<(UpdateBy, String)> {
    let is_old_enough = |version: &str| is_older(published.times.get(version).map(String::as_str), upto.min_age);
    // What the engine would install is not ours to choose, unless the entry names it.
    let installed = |range: &str| published.newest(range, |_| true).filter(|version| is_old_enough(version));
    let is_one = Version::parse(range).is_some();
    let is_tag = Range::parse(range).is_none();
    let (by, newest) = match (is_one, upto.latest) {
        (true, true) => (UpdateBy::Entry, published.newest("latest", is_old_enough)?),
        (true, false) => (UpdateBy::Entry, published.newest(&wide(range), is_old_enough)?),
        (false, true) if !is_tag => {
            let newest = published.newest("latest", is_old_enough)?;
            let is_in = Range::parse(range)?.has(&Version::parse(newest)?);
            match is_in {
                true => (UpdateBy::Cache, installed(range)?),
                false => (UpdateBy::Entry, newest),
            }
        }
        (false, _) => (UpdateBy::Cache, installed(range)?),
    };
    // What the engine has not installed yet, it installs in its newest version.
    let is_newer = Version::parse(newest)? > Version::parse(now?)?;
    is_newer.then(|| (by, newest.to_owned()))
}

/// Whether something was published so many days ago; of what has no time nobody knows.
fn is_older(published: Option<&str>, days: u64) -> bool {
    let limit = Duration::from_secs(days.saturating_mul(DAY));
    if limit.is_zero() {
        return true;
    }
    let age =
        published.and_then(|time| time.parse::<Timestamp>().ok()).map(|time| time.duration_until(Timestamp::now()));
    age.and_then(|age| Duration::try_from(age).ok()).is_some_and(|age| age >= limit)
}

#[cfg(test)]
mod tests;
