//! Where an engine is reached, and with which password.
//!
//! Invariant: address and password are made together. A new address has a new password; and so has an old one, unless
//! its port was in sight since an engine of ours gave it up, and nobody else was seen to listen there: whoever is
//! attached tries again and again, and says the password to whoever listens.

use std::{
    io,
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

use rekindle_domain::UserError;
use tokio::net::TcpSocket;

use super::{
    host::error::{not_recorded, not_spawned},
    listeners::Sight,
};
use crate::{
    files::{file::write_private, foreign, locate::Places},
    state::record::Records,
};

/// An address and its password. Nothing that would print it.
pub(super) struct Access {
    pub(super) port: u16,
    pub(super) password: String,
    pub(super) file: PathBuf,
}

impl Access {
    /// Whether others can still read the password.
    fn is_written(&self) -> bool {
        foreign::text(&self.file).is_ok_and(|text| text == self.password)
    }
}

/// The way to an engine from one start to the next.
#[derive(Default)]
pub(super) struct Way {
    access: Option<Access>,
    /// The port since the last engine was told to end; `None`: nobody looks.
    sight: Option<Sight>,
}

impl Way {
    /// The engine that listens is about to be ended by us, and another one to take its place.
    pub(super) fn watch(&mut self) {
        self.sight = self.access.as_ref().map(|access| Sight::of(access.port));
    }

    /// The way for the next start.
    pub(super) fn next(&mut self, places: &Places, keeper: &Path) -> Result<&Access, UserError> {
        let is_kept = self.sight.as_ref().is_some_and(|sight| !sight.was_taken());
        let before = self.access.take();
        let access = match before {
            Some(access) if is_kept && is_free(access.port) && access.is_written() => access,
            before => {
                self.sight = None;
                let port = before.map(|access| access.port).filter(|port| is_free(*port));
                let port = match port {
                    Some(port) => port,
                    None => free_port().map_err(|error| not_spawned(keeper, &error))?,
                };
                let password = super::secret();
                let file = Records(places).write_password(&password).map_err(not_recorded)?;
                Access { port, password, file }
            }
        };
        Ok(self.access.insert(access))
    }

    /// True when somebody else listened at the port before the engine did that listens there now. The port is out of
    /// sight from here on.
    pub(super) fn was_overheard(&mut self) -> bool {
        self.sight.take().is_some_and(|sight| sight.was_taken_before_now())
    }

    /// Whether others can read the password.
    pub(super) fn is_known(&self) -> bool {
        self.access.as_ref().is_none_or(Access::is_written)
    }

    /// Writes the password again, if others cannot read it.
    pub(super) fn tell(&self) -> Result<(), UserError> {
        match &self.access {
            Some(access) if !access.is_written() => write_private(&access.file, &access.password),
            _ => Ok(()),
        }
    }

    /// Somebody else has the port, or had it: the next start has another one.
    pub(super) fn leave(&mut self) {
        (self.access, self.sight) = (None, None);
    }
}

fn is_free(port: u16) -> bool {
    bind(port).is_ok()
}

fn free_port() -> io::Result<u16> {
    bind(0)?.local_addr().map(|address| address.port())
}

/// Takes a port without listening there: whoever looks at the port would see somebody.
fn bind(port: u16) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // As the engine does: what is left of connections to the one before keeps nobody from its port. Elsewhere it would
    // share the port with whoever has it.
    socket.set_reuseaddr(cfg!(unix))?;
    socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::{
        net::TcpListener,
        sync::atomic::{AtomicU16, Ordering},
    };

    use super::*;

    fn next(way: &mut Way, places: &Places) -> (u16, String) {
        let access = way.next(places, Path::new("keeper")).expect("a way");
        assert_eq!(std::fs::read_to_string(&access.file).expect("written"), access.password);
        (access.port, access.password.clone())
    }

    fn places() -> (tempfile::TempDir, Places) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut places = Places::of(folder.path()).expect("places");
        places.state = folder.path().join("state");
        (folder, places)
    }

    /// A way to a port that the system gives to nobody who asks for any: other tests do.
    fn quiet(places: &Places) -> Way {
        static NEXT: AtomicU16 = AtomicU16::new(20_000);
        let port = std::iter::repeat_with(|| NEXT.fetch_add(1, Ordering::Relaxed)).find(|port| is_free(*port));
        let (port, file) = (port.expect("a port"), places.state.join("none"));
        Way { access: Some(Access { port, password: String::new(), file }), ..Way::default() }
    }

    fn listen(port: u16) -> TcpListener {
        TcpListener::bind(("127.0.0.1", port)).expect("the port is free")
    }

    /// N16: an address keeps its password only as long as it was in sight and nobody else was there.
    #[test]
    fn a_password_lasts_as_long_as_nobody_else_had_its_address() {
        let (_folder, places) = places();
        let mut way = quiet(&places);
        let first = next(&mut way, &places);

        let engine = listen(first.0);
        way.watch();
        drop(engine);
        assert_eq!(next(&mut way, &places), first, "nobody else was there");
        let engine = listen(first.0);
        assert!(!way.was_overheard());
        drop(engine);

        let second = next(&mut way, &places);
        assert_eq!(second.0, first.0, "the port is free");
        assert_ne!(second.1, first.1, "nobody looked");

        way.watch();
        let stranger = listen(second.0);
        let third = next(&mut way, &places);
        assert!(third.0 != second.0 && third.1 != second.1, "somebody has it");
        drop(stranger);

        let files = std::fs::read_dir(&places.state).expect("listed").count();
        assert_eq!(files, 1, "passwords that are not true any more are gone");
    }

    /// N16: a port that somebody took and gave back in between is overheard.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_port_that_was_taken_for_a_moment_is_left() {
        let (_folder, places) = places();
        let mut way = quiet(&places);
        let first = next(&mut way, &places);
        let engine = listen(first.0);
        way.watch();
        drop(engine);
        let stranger = listen(first.0);
        wait_for(|| way.sight.as_ref().is_some_and(Sight::was_taken));
        drop(stranger);
        assert_ne!(next(&mut way, &places).1, first.1, "before the next start");

        let third = next(&mut way, &places);
        let engine = listen(third.0);
        way.watch();
        drop(engine);
        assert_eq!(next(&mut way, &places).1, next(&mut way, &places).1, "still in sight");
        let stranger = listen(third.0);
        wait_for(|| way.sight.as_ref().is_some_and(Sight::was_taken));
        drop(stranger);
        let _engine = listen(third.0);
        assert!(way.was_overheard(), "during the start");
        way.leave();
        assert_ne!(next(&mut way, &places).1, third.1);
    }

    #[cfg(target_os = "linux")]
    fn wait_for(condition: impl Fn() -> bool) {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while !condition() {
            assert!(std::time::Instant::now() < end, "it was seen");
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
}
