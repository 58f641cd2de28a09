//! The directory, and its engine.

use std::path::PathBuf;

use rekindle_app::{
    engine::{
        client::Credentials,
        connect::{self, Source},
    },
    files::locate::Places,
    workspace::target::Target,
};
use rekindle_domain::UserError;

use crate::{
    arguments::Arguments,
    print,
    words::{self, failures},
};

/// The places of the directory that the arguments name.
pub(crate) fn places(arguments: &Arguments) -> Result<Places, UserError> {
    let directory = arguments.directory.clone().unwrap_or_else(|| PathBuf::from("."));
    Places::of(&directory)
}

/// The same for a directory that may be gone: what Rekindle did there can still be stopped and taken back.
pub(crate) fn places_even_if_gone(arguments: &Arguments) -> Result<Places, UserError> {
    let directory = arguments.directory.clone().unwrap_or_else(|| PathBuf::from("."));
    Places::even_if_gone(&directory)
}

/// The places of the directory as its engine finds them, whatever this shell's environment says: what is listed is what is
/// edited. The engine need not run.
pub(crate) fn places_of_engine(arguments: &Arguments) -> Result<Places, UserError> {
    Ok(Target::by_record(&places(arguments)?).places().clone())
}

/// Where the engine that the arguments name comes from.
pub(crate) fn source(arguments: &Arguments) -> Source {
    match &arguments.engine {
        Some(url) => Source::Client { url: url.clone(), credentials: Credentials::from_environment() },
        None => Source::Attached,
    }
}

/// Whether this can be an engine's address; what is to be known about it is said.
pub(crate) fn check(arguments: &Arguments, places: &Places, url: &str) -> Result<(), UserError> {
    let caveat = connect::check_url(places, url, Credentials::from_environment())?;
    caveat.iter().for_each(|caveat| print::warn(arguments, &words::note(caveat)));
    Ok(())
}

/// The engine that the arguments name: someone else's, or the one that Rekindle runs.
pub(crate) async fn target(arguments: &Arguments) -> Result<Target, UserError> {
    let places = places(arguments)?;
    match &arguments.engine {
        Some(url) => {
            check(arguments, &places, url)?;
            let engine = connect::by_url(&places, url, Credentials::from_environment()).await;
            Ok(Target::new(&places, engine?))
        }
        None => Ok(Target::by_record(&places)),
    }
}

/// The same, and it is an error when there is no engine.
pub(crate) async fn running(arguments: &Arguments) -> Result<Target, UserError> {
    let target = target(arguments).await?;
    if target.engine.client.is_some() {
        return Ok(target);
    }
    Err(match (&target.engine.view.message, &arguments.engine) {
        (Some(message), Some(_)) => failures::unreachable(message),
        _ => failures::no_engine(),
    })
}
