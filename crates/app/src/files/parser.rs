//! The process in which code is parsed.
//!
//! Invariant: nothing that a file holds can end this process, hold it up or take its memory. A parser of
//! code calls itself for all that is nested, and a grammar like that has no bound that can be told from
//! the text: a stack that overflows cannot be caught, and a parser that tries again can take any time.
//! So it runs in a child with bounds of its own, this same program under a hidden argument. One child
//! parses many files; a file at which it ends is left unchecked, and the next one gets a new child. What was
//! not checked is never taken for fine.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    path::PathBuf,
    process::{Child, ChildStdin, Command, ExitCode, Stdio},
    sync::{OnceLock, mpsc},
    thread,
    time::Duration,
};

use super::syntax::{Language, SyntaxError, first_error};

/// The hidden argument that makes a program of ours parse what it is given.
pub const ARGUMENT: &str = "__parse-code";
/// The longest text that is parsed, in bytes. Longer ones are made by machines, which make no mistakes of
/// this kind.
pub const LONGEST: usize = 1024 * 1024;

/// The most children that end before their time in one look: behind that, nothing more is parsed in it.
const MOST_ENDS: u32 = 5;
/// How long an answer may take, also where others keep the machine busy. A child's own time is shorter.
const PATIENCE: Duration = Duration::from_secs(20);
/// A child's stack, in bytes; only what is used of it costs memory.
const STACK: usize = 128 * 1024 * 1024;
/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: u64 = 4096;
/// The variables without which a system may not start a program of ours.
const OF_THE_SYSTEM: [&str; 3] = ["SystemRoot", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"];

/// The program that parses when it is given [`ARGUMENT`].
static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Parses if the program was started for that: `program __parse-code`. Every program of ours calls this
/// before anything else; in others nothing is parsed, unless they name one that does.
pub fn run_if_asked() -> Option<ExitCode> {
    if std::env::args_os().nth(1).is_some_and(|argument| argument == ARGUMENT) {
        return Some(serve());
    }
    // Where this program really is also when another one has taken its place.
    let own = if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() };
    if let Ok(own) = own {
        use_program(own);
    }
    None
}

/// Names the program that parses; the first one counts.
pub fn use_program(program: PathBuf) {
    PROGRAM.get_or_init(|| program);
}

/// The program that parses, where there is one.
pub(super) fn program() -> Option<PathBuf> {
    PROGRAM.get().cloned()
}

/// Parses texts for as long as one look takes.
#[derive(Debug)]
pub(super) struct Parser {
    program: Option<PathBuf>,
    child: Option<Running>,
    ends: u32,
}

/// What is known of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Checked {
    /// Nothing is known against it.
    Fine,
    /// It is no code.
    Wrong(SyntaxError),
    /// The child ended at it, also a fresh one.
    Ended,
    /// It was not parsed, because of others or of the system: in another look it may be.
    Skipped,
}

impl Parser {
    /// Parses with this program; without one nothing is parsed, and nothing said against any text.
    pub(super) fn new(program: Option<PathBuf>) -> Self {
        Self { program, child: None, ends: 0 }
    }

    /// Parses a text. Nothing is said of one that is too long.
    pub(super) fn check(&mut self, language: Language, text: &str) -> Checked {
        if self.program.is_none() || text.len() > LONGEST {
            return Checked::Fine;
        }
        // A child that has parsed much may come to its end at a harmless text.
        let is_fresh = self.child.is_none();
        match self.ask(language, text) {
            Checked::Ended if !is_fresh => self.ask(language, text),
            checked => checked,
        }
    }

    fn ask(&mut self, language: Language, text: &str) -> Checked {
        if self.child.is_none() && self.ends < MOST_ENDS {
            match self.program.as_deref().map(Running::start) {
                Some(Ok(child)) => self.child = Some(child),
                Some(Err(error)) => {
                    tracing::debug!(%error, "code is not parsed");
                    self.ends += 1;
                }
                None => {}
            }
        }
        let Some(child) = &mut self.child else { return Checked::Skipped };
        match child.ask(language, text) {
            Some(Ok(())) => Checked::Fine,
            Some(Err(error)) => Checked::Wrong(error),
            None => {
                self.child = None;
                self.ends += 1;
                Checked::Ended
            }
        }
    }
}

/// A child. It ends with this.
#[derive(Debug)]
struct Running {
    child: Child,
    input: Option<ChildStdin>,
    answers: mpsc::Receiver<String>,
}

impl Running {
    fn start(program: &std::path::Path) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.arg(ARGUMENT).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // What it parses is hostile, and the environment may hold secrets.
        command.env_clear();
        command.envs(OF_THE_SYSTEM.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        let mut child = command.spawn()?;
        let (tell, answers) = mpsc::channel();
        let input = child.stdin.take();
        if let Some(output) = child.stdout.take() {
            // It ends with the child: then there is nothing more to read.
            thread::spawn(move || {
                let mut output = BufReader::new(output);
                while let Some(line) = line(&mut output) {
                    if tell.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        Ok(Self { child, input, answers })
    }

    /// `None`: it ended, or takes too long.
    fn ask(&mut self, language: Language, text: &str) -> Option<Result<(), SyntaxError>> {
        let input = self.input.as_mut()?;
        write!(input, "{} {}\n{text}", <&str>::from(language), text.len()).and_then(|()| input.flush()).ok()?;
        let answer = self.answers.recv_timeout(PATIENCE).ok()?;
        match answer.split_once(' ') {
            Some((offset, message)) => {
                // A place inside of the text, whatever the child says.
                let offset = offset.parse().ok().filter(|at| text.is_char_boundary(*at))?;
                Some(Err(SyntaxError { message: message.to_owned(), offset }))
            }
            None => Some(Ok(())),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has nothing to lose.
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            tracing::debug!(%error, "the child that parses");
        }
    }
}

/// Parses what comes in, one text after the other, until nothing more comes.
#[expect(clippy::disallowed_methods, reason = "its parent reads what it writes, and no terminal")]
fn serve() -> ExitCode {
    bound();
    let parse = || -> Option<()> {
        let (mut input, mut output) = (BufReader::new(io::stdin().lock()), io::stdout().lock());
        while let Some(request) = line(&mut input) {
            let (language, length) = request.split_once(' ')?;
            let (language, length) = (language.parse().ok()?, length.parse().ok().filter(|most| *most <= LONGEST)?);
            let mut text = vec![0; length];
            input.read_exact(&mut text).ok()?;
            let answer = match first_error(language, std::str::from_utf8(&text).ok()?) {
                Some(SyntaxError { message, offset }) => {
                    let message: String =
                        message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect();
                    format!("{offset} {message}")
                }
                None => "parsed".to_owned(),
            };
            writeln!(output, "{answer}").and_then(|()| output.flush()).ok()?;
        }
        Some(())
    };
    let parser = thread::Builder::new().stack_size(STACK).spawn(move || parse().is_some());
    let has_ended_well = parser.is_ok_and(|parser| parser.join().unwrap_or(false));
    if has_ended_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What a text may cost. Where the system has no such bounds, the parent's patience is one.
#[cfg(unix)]
fn bound() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limit = |most| Rlimit { current: Some(most), maximum: Some(most) };
    let all = [
        // Seconds of a processor, for all that one child parses.
        (Resource::Cpu, limit(3)),
        (Resource::As, limit(1024 * 1024 * 1024)),
        // It may end by a fault, of which there is nothing to learn.
        (Resource::Core, limit(0)),
    ];
    for (resource, limit) in all {
        if let Err(error) = setrlimit(resource, limit) {
            tracing::debug!(%error, "a limit");
        }
    }
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable) {
        tracing::debug!(%error, "a limit");
    }
}

#[cfg(not(unix))]
fn bound() {}

/// A line without its end; `None`: there is none, or it is too long.
fn line(from: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    from.by_ref().take(LONGEST_ANSWER).read_line(&mut line).ok()?;
    Some(line.strip_suffix('\n')?.to_owned())
}
