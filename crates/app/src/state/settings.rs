//! What a person chose, kept in `$XDG_CONFIG_HOME/rekindle/settings.json`.
//!
//! Invariants: one choice is saved at a time, into the file as it is then, so that two processes lose nothing
//! of each other, nor anything that only another version knows; a file that cannot be read is left alone.

use std::time::Duration;

use rekindle_domain::{Choice, ErrorCode, FileNotice, Notice, Settings, UserError};
use serde_json::{Map, Value};

use crate::{
    error::{Tell, cause},
    files::{
        file::{self, Content, FileError, TRIES},
        locate::Places,
    },
    state::lock::Lock,
};

/// How long another process may take to save a choice.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why the settings could not be read or saved. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// They are not what Rekindle writes.
    #[error("{place} does not hold settings: {message}")]
    Broken {
        /// The file, with line and column.
        place: String,
        /// What is wrong.
        message: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// The file cannot be read or written.
    #[error("the settings could not be used")]
    File(#[from] FileError),
    /// The lock beside it cannot be taken.
    #[error("the settings could not be saved")]
    Lock(#[source] std::io::Error),
    /// Another process keeps the lock.
    #[error("the settings could not be saved, because another program of Rekindle is at it")]
    Busy,
}

impl SettingsError {
    /// What is wrong.
    fn notice(&self) -> Notice {
        match self {
            Self::Broken { place, message, .. } => {
                FileNotice::SettingsBroken { place: place.clone(), why: message.clone() }.into()
            }
            Self::File(error) => error.tell().what,
            Self::Lock(why) => FileNotice::SettingsNotLocked { why: cause(why) }.into(),
            Self::Busy => FileNotice::SettingsBusy.into(),
        }
    }
}

impl Tell for SettingsError {
    fn tell(&self) -> UserError {
        match self {
            Self::Broken { line, column, .. } => {
                let not_saved = FileNotice::SettingsNotSaved { why: Box::new(self.notice()) };
                let error = UserError::new(ErrorCode::SettingsBroken, not_saved);
                UserError { line: Some(*line), column: Some(*column), ..error }
            }
            Self::File(error) => error.tell(),
            Self::Lock(_) => UserError::new(ErrorCode::CannotWrite, self.notice()),
            Self::Busy => UserError::new(ErrorCode::Contended, self.notice()),
        }
    }
}

/// The settings; the defaults where they cannot be read.
pub fn read(places: &Places) -> Settings {
    look(places).0
}

/// The settings, and what people should know if they cannot be read: the defaults stand in for them then.
pub fn look(places: &Places) -> (Settings, Option<Notice>) {
    match load(places) {
        Ok(kept) => (kept.settings, None),
        Err(error) => {
            let why = Box::new(error.notice());
            (Settings::default(), Some(FileNotice::SettingsNotRead { why }.into()))
        }
    }
}

/// Saves one choice; all settings as they are now.
pub fn choose(places: &Places, choice: &Choice) -> Result<Settings, SettingsError> {
    let _turn = turn(places)?;
    for _ in 0..TRIES {
        let Kept { text, mut fields, settings: before } = load(places)?;
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
    Err(FileError::Contended { path: places.settings.clone() }.into())
}

/// Puts the directory at the head of those opened last.
pub fn remember_directory(places: &Places) -> Result<Settings, SettingsError> {
    choose(places, &Choice::Opened(places.directory.display().to_string()))
}

fn turn(places: &Places) -> Result<Lock, SettingsError> {
    let turn = Lock::wait(&places.settings.with_extension("lock"), PATIENCE).map_err(SettingsError::Lock)?;
    turn.ok_or(SettingsError::Busy)
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
fn load(places: &Places) -> Result<Kept, SettingsError> {
    let Some(text) = file::read(&places.settings)? else { return Ok(Kept::default()) };
    let json = text.trim_start_matches('\u{feff}');
    if json.trim().is_empty() {
        return Ok(Kept { text: Some(text), ..Kept::default() });
    }
    let broken = |error: serde_json::Error| {
        let (line, column) = (error.line().max(1), error.column().max(1));
        let place = format!("{}:{line}:{column}", places.settings.display());
        let message = error.to_string();
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message).to_owned();
        SettingsError::Broken { place, message, line, column }
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
