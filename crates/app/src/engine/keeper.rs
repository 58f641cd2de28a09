//! The keeper: a small process between an owner and its engine, so that the engine never outlives
//! the owner, however the owner ends.
//!
//! Invariant: the engine lives only as long as the keeper's standard input is open. The owner holds
//! the other end; the system closes it when the owner ends, also by `kill -9`. This works on every
//! system and does not depend on which thread started the engine, as a parent-death signal does.

use std::{
    ffi::OsString,
    io::{self, BufRead, Write},
    process::{Command, ExitCode},
    sync::mpsc,
    time::Duration,
};

use process_wrap::std::{ChildWrapper, CommandWrap};

use super::mark::MARK;

/// The hidden argument that makes a program of ours a keeper.
pub const ARGUMENT: &str = "__keep-engine";
/// What stands before the engine's process id in the keeper's first line.
pub const PID_LINE: &str = "rekindle-keeper pid ";
/// The command for ending the engine at once but cleanly.
pub const TERM: &str = "term";
/// The command for ending the engine for good.
pub const KILL: &str = "kill";

/// How long an engine may take to end by itself when its owner is gone.
const GRACE: Duration = Duration::from_secs(2);

/// Runs as a keeper if the program was started as one: `program __keep-engine MARK ENGINE ARGS…`.
/// Every program that hosts an engine calls this before anything else.
pub fn run_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    (arguments.next()? == ARGUMENT).then(|| keep(arguments.collect()))
}

#[allow(clippy::disallowed_methods, reason = "its owner reads what it writes, and no terminal")]
fn keep(arguments: Vec<OsString>) -> ExitCode {
    let [mark, program, rest @ ..] = &arguments[..] else { return ExitCode::from(2) };
    close_inherited();
    let mut command = Command::new(program);
    command.args(rest).env(MARK, mark).stdin(std::process::Stdio::null());
    let mut wrapped = CommandWrap::from(command);
    #[cfg(unix)]
    wrapped.wrap(process_wrap::std::ProcessGroup::leader());
    #[cfg(windows)]
    wrapped.wrap(process_wrap::std::JobObject);
    let mut engine = match wrapped.spawn() {
        Ok(engine) => engine,
        Err(error) => {
            tell(&mut io::stderr(), &format!("{} could not be started: {error}", program.to_string_lossy()));
            return ExitCode::from(127);
        }
    };
    tell(&mut io::stdout(), &format!("{PID_LINE}{}", engine.id()));
    let group = Group(engine.id());
    let (ended, end) = mpsc::channel();
    std::thread::spawn(move || obey(group, &end));
    let status = engine.wait();
    // What the engine started and left behind in its group.
    end_rest(group, &mut *engine);
    drop(ended);
    ExitCode::from(status.ok().and_then(|status| u8::try_from(status.code()?).ok()).unwrap_or(1))
}

/// Closes what the owner had open in the moment of the start and did not mean for anyone: libraries of a window open
/// pipes for their own children, and wait until the last other end of one is closed. An engine would keep it open for
/// as long as it lives.
#[cfg(unix)]
fn close_inherited() {
    let open: Vec<i32> = std::fs::read_dir("/dev/fd")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|open| *open > 2)
        .collect();
    for open in open {
        if let Err(error) = nix::unistd::close(open) {
            // Most often that of the list itself.
            tracing::debug!(%error, "closing what was inherited");
        }
    }
}

#[cfg(not(unix))]
fn close_inherited() {}

/// Carries out the owner's commands; when the owner is gone, ends the engine.
fn obey(group: Group, engine_ended: &mpsc::Receiver<()>) {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        match line.as_str() {
            TERM => group.terminate(),
            KILL => group.kill(),
            _ => {}
        }
    }
    group.terminate();
    // Nothing is ever sent: this ends early when the engine has ended.
    if engine_ended.recv_timeout(GRACE) == Err(mpsc::RecvTimeoutError::Timeout) {
        group.kill();
    }
}

fn end_rest(group: Group, engine: &mut dyn ChildWrapper) {
    group.kill();
    if let Err(error) = engine.try_wait() {
        tracing::debug!(%error, "waiting for the engine");
    }
}

fn tell(out: &mut dyn Write, line: &str) {
    // The owner may be gone already; then its end of the input is closed too, and that counts.
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        tracing::debug!("nobody listens");
    }
}

/// The engine's process group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group(pub(crate) u32);

#[cfg(unix)]
impl Group {
    pub(crate) fn terminate(self) {
        self.signal(rustix::process::Signal::TERM);
    }

    pub(crate) fn kill(self) {
        self.signal(rustix::process::Signal::KILL);
    }

    fn signal(self, signal: rustix::process::Signal) {
        if let Some(pid) = self.pid()
            && let Err(error) = rustix::process::kill_process_group(pid, signal)
        {
            tracing::debug!(%error, "the engine's group is gone");
        }
    }

    fn pid(self) -> Option<rustix::process::Pid> {
        // Never 0 or 1: those would be our own group, or everyone.
        rustix::process::Pid::from_raw(i32::try_from(self.0).ok().filter(|pid| *pid > 1)?)
    }
}

/// On Windows the job object ends with the keeper, and everything in it.
#[cfg(not(unix))]
impl Group {
    pub(crate) fn terminate(self) {
        std::process::exit(0);
    }

    pub(crate) fn kill(self) {}
}
