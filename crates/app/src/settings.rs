//! What a person chose, kept in `$XDG_CONFIG_HOME/rekindle/settings.json`.

use rekindle_domain::Settings;

use crate::{
    config::file::FileError,
    disk::locate::Places,
    engine::record::{load, write_json},
};

/// How many directories are remembered.
const RECENT: usize = 10;

/// The settings; what can't be read is as if nothing had been chosen.
pub fn read(places: &Places) -> Settings {
    load(&places.settings).unwrap_or_default()
}

/// Keeps the settings.
pub fn write(places: &Places, settings: &Settings) -> Result<(), FileError> {
    write_json(&places.settings, settings)
}

/// Puts the directory at the head of those opened last.
pub fn remember_directory(places: &Places) -> Result<Settings, FileError> {
    let mut settings = read(places);
    let directory = places.directory.display().to_string();
    settings.recent.retain(|recent| *recent != directory);
    settings.recent.insert(0, directory);
    settings.recent.truncate(RECENT);
    write(places, &settings)?;
    Ok(settings)
}
