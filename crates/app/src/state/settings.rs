//! What a person chose, kept in `$XDG_CONFIG_HOME/rekindle/settings.json`.
//!
//! Invariants: one choice is saved at a time, into the file as it is then, so that two processes lose nothing
//! of each other, nor anything that only another version knows; a file that cannot be read is left alone.

use std::time::Duration;

use rekindle_domain::{Choice, ErrorCode, FileNotice, Notice, Settings, UserError};
use serde_json::{Map, Value};

use crate::{
    error::cause,
    files::{
        file::{self, Content, TRIES, contended},
        locate::Places,
    },
    state::lock::Lock,
};

/// How long another process may take to save a choice.
const PATIENCE: Duration = Duration::from_secs(5);

/// The settings; the defaults where they cannot be read.
pub fn read(places: &Places) -> Settings {
    look(places).0
}

/// The settings, and what people should know if they cannot be read: the defaults stand in for them then.
pub fn look(places: &Places) -> (Settings, Option<Notice>) {
    match load(places) {
        Ok(kept) => (kept.settings, None),
        Err(error) => {
            let why = Box::new(error.what);
            (Settings::default(), Some(FileNotice::SettingsNotRead { why }.into()))
        }
    }
}

/// Saves one choice; all settings as they are now. On an error the file is as it was.
pub fn choose(places: &Places, choice: &Choice) -> Result<Settings, UserError> {
    let _turn = turn(places)?;
    for _ in 0..TRIES {
        let Kept { text, mut fields, settings: before } = load(places).map_err(not_saved)?;
        let mut after = before.clone();
        after.choose(choice.clone());
        if after == before {
            return Ok(after);
        }
        merge(&mut fields, &before, &after);
        let new = format!("{:#}\n", Value::Object(fields));
        // What is in it is nobody else's business, unless somebody has made it so.
        let mode = text.is_none().then_some(0o600);
        let content = Content { bytes: new.as_bytes(), mode };
        if file::put(&places.settings, text.as_deref().map(str::as_bytes), Some(content))? {
            return Ok(after);
        }
    }
    Err(contended(&places.settings))
}

/// Puts the directory at the head of those opened last.
pub fn remember_directory(places: &Places) -> Result<Settings, UserError> {
    choose(places, &Choice::Opened(places.directory.display().to_string()))
}

fn turn(places: &Places) -> Result<Lock, UserError> {
    let turn = Lock::wait(&places.settings.with_extension("lock"), PATIENCE)
        .map_err(|error| UserError::new(ErrorCode::CannotWrite, FileNotice::SettingsNotLocked { why: cause(&error) }));
    turn?.ok_or_else(|| UserError::new(ErrorCode::Contended, FileNotice::SettingsBusy))
}

/// What is not what Rekindle writes is left alone.
fn not_saved(error: UserError) -> UserError {
    match error.code {
        ErrorCode::SettingsBroken => {
            UserError { what: FileNotice::SettingsNotSaved { why: Box::new(error.what) }.into(), ..error }
        }
        _ => error,
    }
}

/// What the file holds.
#[derive(Default)]
struct Kept {
    /// Its text; `None`: it is not there.
    text: Option<String>,
    /// Everything in it.
    fields: Map<String, Value>,
    /// What of that is ours.
    settings: Settings,
}

/// Reads the file. One that holds nothing is as if it were not there.
fn load(places: &Places) -> Result<Kept, UserError> {
    let Some(text) = file::read(&places.settings)? else { return Ok(Kept::default()) };
    let json = text.trim_start_matches('\u{feff}');
    if json.trim().is_empty() {
        return Ok(Kept { text: Some(text), ..Kept::default() });
    }
    let broken = |error: serde_json::Error| {
        let (line, column) = (error.line().max(1), error.column().max(1));
        let place = format!("{}:{line}:{column}", places.settings.display());
        let message = error.to_string();
        let why = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message).to_owned();
        let error = UserError::new(ErrorCode::SettingsBroken, FileNotice::SettingsBroken { place, why });
        UserError { line: Some(line), column: Some(column), ..error }
    };
    let fields = serde_json::from_str(json).map_err(broken)?;
    let settings = serde_json::from_str(json).map_err(broken)?;
    Ok(Kept { text: Some(text), fields, settings })
}

/// Takes over what differs, and leaves everything else as it is.
fn merge(fields: &mut Map<String, Value>, before: &Settings, after: &Settings) {
    let of = |settings: &Settings| serde_json::to_value(settings).ok().and_then(|value| value.as_object().cloned());
    let (before, after) = (of(before).unwrap_or_default(), of(after).unwrap_or_default());
    fields.extend(after.into_iter().filter(|(key, value)| before.get(key) != Some(value)));
}

#[cfg(test)]
mod tests;
