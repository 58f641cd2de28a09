//! Which directory the window shows, and its core.
//!
//! Invariant: there is always one core; another directory's core takes its place whole.

use std::{
    path::{Path, PathBuf},
    sync::{MutexGuard, PoisonError},
};

use rekindle_app::{
    engine::{
        client::Credentials,
        connect,
        control::{self, Inbox, PassOn, Request},
        host::Host,
    },
    files::locate::Places,
    state::{record::Records, settings},
    workspace::{App, Source},
};
use rekindle_domain::{ErrorCode, ProgramNotice, Publisher, UserError};
use tokio::sync::{Mutex, watch};

/// The core that the window shows, and how to change it.
pub(crate) struct Shell {
    app: watch::Sender<App>,
    changing: Mutex<()>,
    show: PassOn,
    shown: Mutex<Option<Inbox>>,
    /// What the window was told.
    told: std::sync::Mutex<Publisher>,
}

impl Shell {
    /// Opens a directory; `None`: another window shows it, and was brought to the front.
    pub(crate) async fn open(directory: Option<PathBuf>, engine: Option<String>) -> Result<Option<Self>, UserError> {
        let places = places(directory)?;
        let (show, shown) = control::inbox();
        let Some(app) = start(&places, engine, &show, 0).await? else { return Ok(None) };
        Ok(Some(Self {
            app: watch::channel(app).0,
            changing: Mutex::new(()),
            show,
            shown: Mutex::new(Some(shown)),
            told: Default::default(),
        }))
    }

    /// The core.
    pub(crate) fn app(&self) -> App {
        self.app.borrow().clone()
    }

    /// The core, now and whenever it is another one.
    pub(crate) fn watch(&self) -> watch::Receiver<App> {
        self.app.subscribe()
    }

    /// What the window was told, for telling it what is new.
    pub(crate) fn told(&self) -> MutexGuard<'_, Publisher> {
        // A state that is half told is told whole the next time.
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The requests to come to the front; once.
    pub(crate) async fn shown(&self) -> Option<Inbox> {
        self.shown.lock().await.take()
    }

    /// Shows another directory.
    pub(crate) async fn change(&self, directory: &Path) -> Result<(), UserError> {
        let _one_at_a_time = self.changing.lock().await;
        let places = Places::of(directory)?;
        let before = self.app();
        if places.directory == before.places().directory {
            return Ok(());
        }
        let engine = match before.source() {
            Source::Client { url, .. } => Some(url.clone()),
            _ => None,
        };
        let sequence = before.watch().borrow().sequence + 1;
        let elsewhere = || UserError::new(ErrorCode::OpenElsewhere, ProgramNotice::OpenElsewhere);
        let app = start(&places, engine, &self.show, sequence).await?.ok_or_else(elsewhere)?;
        self.app.send_replace(app);
        before.stop().await;
        Ok(())
    }

    /// Stops what has to be stopped.
    pub(crate) async fn close(&self) {
        self.app().stop().await;
    }
}

/// The directory that is meant: the one named, else the current one. Started from a menu, the
/// current one is the home folder, which is nobody's project: then the one opened last.
fn places(directory: Option<PathBuf>) -> Result<Places, UserError> {
    let named = directory.is_some();
    let places = Places::of(&directory.unwrap_or_else(|| PathBuf::from(".")))?;
    if named || (places.directory != places.home && places.directory.parent().is_some()) {
        return Ok(places);
    }
    let last = settings::read(&places).recent.into_iter().find_map(|recent| Places::of(Path::new(&recent)).ok());
    Ok(last.unwrap_or(places))
}

async fn start(
    places: &Places,
    engine: Option<String>,
    show: &PassOn,
    sequence: u64,
) -> Result<Option<App>, UserError> {
    if let Some(url) = engine {
        let credentials = Credentials::from_environment();
        connect::check_url(places, &url, credentials.clone())?;
        return Ok(Some(App::start(places.clone(), Source::Client { url, credentials }, sequence)));
    }
    let keeper = std::env::current_exe()
        .map_err(|error| UserError::new(ErrorCode::CannotStart, ProgramNotice::NoProgram { why: error.to_string() }))?;
    let host = match Host::own(places, keeper) {
        Ok(host) => host,
        Err(error) if error.code == ErrorCode::EngineOwned => {
            let has_window = Records(places).control().is_some_and(|address| address.has_window);
            if has_window {
                control::ask(places, Request::Show).await?;
                return Ok(None);
            }
            return Ok(Some(App::start(places.clone(), Source::Attached, sequence)));
        }
        Err(error) => return Err(error),
    };
    control::listen(places, host.clone(), show.clone(), true).await?;
    Ok(Some(App::start(places.clone(), Source::Own(host), sequence)))
}
