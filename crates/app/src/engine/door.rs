//! Where an owner is asked for something: a socket in its private folder, or a port of the loopback where there is none.
//!
//! Invariants: only this user, and root, get in by the socket; the folder is readable by its owner alone, and whoever
//! comes in is asked for by the system's word besides. By a port anybody gets in; so nothing is held for long for whoever
//! has said nothing yet (`control`).

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};

/// Where an owner listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Door {
    /// A socket.
    Socket(PathBuf),
    /// A port of the loopback.
    Port(u16),
}

impl Door {
    /// Whether somebody can find it.
    pub(crate) fn is_there(&self) -> bool {
        match self {
            #[cfg(unix)]
            Self::Socket(path) => {
                use std::os::unix::fs::FileTypeExt;
                path.symlink_metadata().is_ok_and(|metadata| metadata.file_type().is_socket())
            }
            #[cfg(not(unix))]
            Self::Socket(path) => path.exists(),
            Self::Port(_) => true,
        }
    }
}

/// A connection.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// An open door.
pub(super) enum Listener {
    #[cfg(unix)]
    Socket(tokio::net::UnixListener),
    Port(TcpListener),
}

impl Listener {
    /// Opens a socket at the path, in place of what is there, or a port where the system has no sockets in files.
    pub(super) async fn open(socket: &Path) -> io::Result<(Self, Door)> {
        #[cfg(unix)]
        match sockets::bind(socket) {
            Ok(listener) => return Ok((Self::Socket(listener), Door::Socket(socket.to_owned()))),
            Err(error) => tracing::warn!(%error, path = %socket.display(), "a socket cannot be had; a port is used"),
        }
        #[cfg(not(unix))]
        tracing::debug!(path = %socket.display(), "this system has no sockets in files");
        Self::open_port().await
    }

    async fn open_port() -> io::Result<(Self, Door)> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        Ok((Self::Port(listener), Door::Port(port)))
    }

    /// The next one who comes in.
    pub(super) async fn accept(&self) -> io::Result<Box<dyn Wire>> {
        match self {
            #[cfg(unix)]
            Self::Socket(listener) => loop {
                let (stream, _) = listener.accept().await?;
                if sockets::is_let_in(&stream) {
                    return Ok(Box::new(stream));
                }
            },
            Self::Port(listener) => Ok(Box::new(listener.accept().await?.0)),
        }
    }
}

impl Door {
    /// Goes in.
    pub(super) async fn enter(&self) -> io::Result<Box<dyn Wire>> {
        match self {
            #[cfg(unix)]
            Self::Socket(path) => Ok(Box::new(sockets::connect(path).await?)),
            #[cfg(not(unix))]
            Self::Socket(_) => Err(io::ErrorKind::Unsupported.into()),
            Self::Port(port) => Ok(Box::new(TcpStream::connect(("127.0.0.1", *port)).await?)),
        }
    }
}

#[cfg(unix)]
mod sockets {
    use std::{
        fs::{self, Permissions},
        io,
        os::{
            fd::{AsRawFd, OwnedFd},
            unix::fs::PermissionsExt,
        },
        path::{Path, PathBuf},
    };

    use rustix::fs::{Mode, OFlags, open};
    use tokio::net::{UnixListener, UnixStream};

    /// A path to a socket that the system takes: its own, or one by way of its open folder. An address of a socket has
    /// room for about a hundred bytes, and the folder of a state may well be longer.
    struct Near {
        path: PathBuf,
        _folder: Option<OwnedFd>,
    }

    impl Near {
        fn to(path: &Path) -> io::Result<Self> {
            let fits = std::os::unix::net::SocketAddr::from_pathname(path).is_ok();
            if fits || !cfg!(target_os = "linux") {
                return Ok(Self { path: path.to_owned(), _folder: None });
            }
            let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
                return Err(io::ErrorKind::InvalidInput.into());
            };
            let folder = open(folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
            let path = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
            Ok(Self { path, _folder: Some(folder) })
        }
    }

    pub(super) fn bind(path: &Path) -> io::Result<UnixListener> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let near = Near::to(path)?;
        let listener = UnixListener::bind(&near.path)?;
        fs::set_permissions(&near.path, Permissions::from_mode(0o600))?;
        Ok(listener)
    }

    pub(super) async fn connect(path: &Path) -> io::Result<UnixStream> {
        let near = Near::to(path)?;
        UnixStream::connect(&near.path).await
    }

    /// Whether it is this user, or root, who is kept out of nothing anyway.
    pub(super) fn is_let_in(stream: &UnixStream) -> bool {
        let uid = stream.peer_cred().map(|peer| peer.uid());
        uid.is_ok_and(|uid| uid == 0 || uid == rustix::process::geteuid().as_raw())
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn check(listener: Listener, door: Door) {
        let (came, went) = tokio::join!(listener.accept(), door.enter());
        let (mut came, mut went) = (came.expect("somebody"), went.expect("open"));
        went.write_all(b"hello").await.expect("said");
        drop(went);
        let mut heard = String::new();
        came.read_to_string(&mut heard).await.expect("heard");
        assert_eq!(heard, "hello", "{door:?}");
    }

    #[tokio::test]
    async fn whoever_has_the_address_gets_in() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("control.sock");
        let (listener, door) = Listener::open(&path).await.expect("open");
        assert_eq!(door, if cfg!(unix) { Door::Socket(path.clone()) } else { door.clone() });
        check(listener, door).await;
        let (listener, door) = Listener::open(&path).await.expect("what was left there is replaced");
        check(listener, door).await;
        let (listener, door) = Listener::open_port().await.expect("open");
        check(listener, door).await;
    }

    /// N16: a state folder may be deeper than the address of a socket has room.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_folder_may_be_deep() {
        let root = tempfile::tempdir().expect("a folder");
        let mut folder = root.path().to_owned();
        for _ in 0..10 {
            folder.push("a folder with a long name 😀");
        }
        std::fs::create_dir_all(&folder).expect("made");
        let path = folder.join("control.sock");
        let (listener, door) = Listener::open(&path).await.expect("open");
        assert_eq!(door, Door::Socket(path));
        check(listener, door).await;
    }

    /// N16: a door opens also where no socket can be had.
    #[cfg(unix)]
    #[tokio::test]
    async fn where_no_socket_can_be_had_there_is_a_port() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("control.sock");
        std::fs::create_dir(&path).expect("a folder in its place");
        let (listener, door) = Listener::open(&path).await.expect("open");
        assert!(matches!(door, Door::Port(_)), "{door:?}");
        check(listener, door).await;
    }
}
