//! Who listens at a port of this machine, as far as the system tells.
//!
//! Invariants: a password of ours is said only to who was started by the user of that password; what the system does not
//! tell is not held against anybody. Linux only: on other systems nobody is known to listen.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::files::foreign::text;

#[cfg(target_os = "linux")]
mod asked;

/// How often a port in sight is looked at.
const OFTEN: Duration = Duration::from_millis(20);

/// One who listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Listening {
    /// The user.
    pub(super) uid: u32,
    /// The socket; no other one has this number as long as it is there.
    socket: u64,
}

/// Who listens at a port such that the loopback's IPv4 address leads there; `None`: the system does not tell.
pub(super) fn listeners(port: u16) -> Option<BTreeSet<Listening>> {
    #[cfg(target_os = "linux")]
    if let Ok(all) = asked::listeners(port) {
        return Some(all);
    }
    read(port)
}

/// The same from a file, for which the system goes through all connections that there are: it takes milliseconds.
fn read(port: u16) -> Option<BTreeSet<Listening>> {
    // Where there is no IPv6 there is no such file.
    let six = text("/proc/net/tcp6".as_ref()).unwrap_or_default();
    let four = text("/proc/net/tcp".as_ref()).ok()?;
    Some(parse(&four, port).chain(parse(&six, port)).collect())
}

/// The lines of `/proc/net/tcp`; see proc_pid_net(5).
fn parse(text: &str, port: u16) -> impl Iterator<Item = Listening> {
    const LISTENS: &str = "0A";
    // 127.0.0.1, any, any of both kinds, and 127.0.0.1 as an address of IPv6.
    const ADDRESSES: [&str; 4] =
        ["0100007F", "00000000", "00000000000000000000000000000000", "0000000000000000FFFF00000100007F"];
    text.lines().skip(1).filter_map(move |line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let (address, at) = fields.next()?.split_once(':')?;
        let state = fields.nth(1)?;
        let is_meant = u16::from_str_radix(at, 16) == Ok(port) && ADDRESSES.contains(&address) && state == LISTENS;
        if !is_meant {
            return None;
        }
        let uid = fields.nth(3)?.parse().ok()?;
        Some(Listening { uid, socket: fields.nth(1)?.parse().ok()? })
    })
}

/// This process's user.
pub(crate) fn our_uid() -> u32 {
    #[cfg(unix)]
    return rustix::process::geteuid().as_raw();
    #[cfg(not(unix))]
    0
}

/// A port that is looked at all the time, until this is dropped.
pub(super) struct Sight {
    port: u16,
    seen: Arc<Mutex<BTreeSet<Listening>>>,
    /// Who listened at first: the engine that is about to end.
    first: BTreeSet<Listening>,
    is_over: Arc<AtomicBool>,
}

impl Sight {
    /// Looks at a port at which an engine of ours listens, from now on.
    pub(super) fn of(port: u16) -> Self {
        let first: BTreeSet<_> = listeners(port).unwrap_or_default();
        let first = first.into_iter().filter(|one| one.uid == our_uid()).collect();
        let (seen, is_over) = (Arc::<Mutex<BTreeSet<_>>>::default(), Arc::<AtomicBool>::default());
        let (note, end) = (seen.clone(), is_over.clone());
        // A thread of its own: nothing that keeps the others busy makes it look away.
        let looks = std::thread::Builder::new().name("port in sight".to_owned()).spawn(move || {
            while !end.load(Ordering::Relaxed) {
                let Some(now) = listeners(port) else { return };
                note.lock().unwrap_or_else(PoisonError::into_inner).extend(now);
                std::thread::sleep(OFTEN);
            }
        });
        if let Err(error) = looks {
            tracing::warn!(%error, "a port is not in sight");
        }
        Self { port, seen, first, is_over }
    }

    /// True when somebody else listened there so far.
    pub(super) fn was_taken(&self) -> bool {
        self.look().iter().any(|one| !self.first.contains(one))
    }

    /// The same where the engine listens by now.
    pub(super) fn was_taken_before_now(&self) -> bool {
        let now: BTreeSet<_> = listeners(self.port).unwrap_or_default();
        let is_engine = |one: &Listening| now.contains(one) && one.uid == our_uid();
        self.look().iter().any(|one| !self.first.contains(one) && !is_engine(one))
    }

    fn look(&self) -> BTreeSet<Listening> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.extend(listeners(self.port).unwrap_or_default());
        seen.clone()
    }
}

impl Drop for Sight {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// Makes sure that a connection to a port leads to what the user with this id has started, before anything is said.
pub(super) fn is_started_by(uid: u32, port: u16) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    match listeners(port) {
        // The connection was taken by somebody: that nobody listens any more says nothing good of who did.
        Some(all) if all.is_empty() || all.iter().any(|one| one.uid != uid) => {
            Err(format!("what listens at port {port} was not started by this user").into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_is_read() {
        let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
        let line = |address: &str, state: &str, uid: u32, socket: u64| {
            format!(
                "   0: {address} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000  {uid}        0 {socket} 1 0 100\n"
            )
        };
        let check = |lines: &[String], expected: &[(u32, u64)]| {
            let found: Vec<_> =
                parse(&format!("{head}{}", lines.concat()), 4096).map(|one| (one.uid, one.socket)).collect();
            assert_eq!(found, expected, "{lines:?}");
        };
        check(&[], &[]);
        check(&[line("0100007F:1000", "0A", 1000, 7)], &[(1000, 7)]);
        check(&[line("0100007F:1000", "01", 1000, 7), line("0100007F:1001", "0A", 1000, 8)], &[]);
        check(&[line("00000000:1000", "0A", 33, 7)], &[(33, 7)]);
        check(&[line("0200A8C0:1000", "0A", 33, 7)], &[]);
        check(&[line("00000000000000000000000000000000:1000", "0A", 5, 9)], &[(5, 9)]);
        check(&[line("0000000000000000FFFF00000100007F:1000", "0A", 5, 9)], &[(5, 9)]);
        check(&["torn 0100007F".to_owned(), "\n".to_owned()], &[]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_listener_of_ours_is_known() {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let all = listeners(port).expect("Linux tells");
        assert_eq!(all.iter().map(|one| one.uid).collect::<Vec<_>>(), [our_uid()]);
        assert_eq!(Some(all), read(port), "both ways tell the same");
        for (address, is_met) in
            [("0.0.0.0", true), ("[::]", true), ("[::1]", false), ("127.0.0.2", false), ("[::ffff:127.0.0.1]", true)]
        {
            let Ok(listener) = std::net::TcpListener::bind(format!("{address}:0")) else {
                assert!(address.starts_with('['), "{address}: only IPv6 may be switched off");
                continue;
            };
            let port = listener.local_addr().expect("an address").port();
            let all = listeners(port).expect("Linux tells");
            assert_eq!(!all.is_empty(), is_met, "{address}");
            assert_eq!(Some(all), read(port), "{address}: both ways tell the same");
        }
        assert!(is_started_by(our_uid(), port).is_ok());
        let error = is_started_by(our_uid() + 1, port).expect_err("somebody else");
        assert!(error.to_string().contains(&port.to_string()));
        drop(listener);
        assert!(is_started_by(our_uid(), port).is_err(), "nobody is not the engine either");
    }
}
