//! Finding, starting, reaching, stopping and attaching to an engine, and what it takes and says.

use rekindle_domain::{EngineNotice, Notice};

use super::{Front, hint_or};
use crate::text::gigabytes;

pub(super) fn said(notice: &EngineNotice, front: Front) -> String {
    let told = |why: &Notice| super::said(why, front);
    let fixed = match notice {
        EngineNotice::NoEngineNamed { variable, path } => {
            return format!("OpenCode was not found: {variable} names {path}, which does not exist");
        }
        EngineNotice::NoEngineFile { path } => {
            return format!("OpenCode was not found: the file {path}, which is set as the engine, does not exist");
        }
        EngineNotice::NoEngineFound => "OpenCode was not found: it is neither next to Rekindle nor on PATH",
        EngineNotice::EngineUnreachable { url, why } => {
            return format!("the engine at {url} cannot be reached: {why}");
        }
        EngineNotice::EngineTimedOut { route, seconds } => {
            return format!("the engine did not answer {route} within {seconds} s");
        }
        EngineNotice::EngineUnauthorized => "the engine needs a different user name or password",
        EngineNotice::EngineStuck { path, why } => {
            return format!("the engine cannot load this directory: {}", reason(path.as_deref(), why.as_deref()));
        }
        EngineNotice::EngineStatus { route, status, path, why } => {
            let why = reason(path.as_deref(), why.as_deref());
            return format!("the engine answered {route} with {status}: {why}");
        }
        EngineNotice::EngineNotJson { route } => {
            return format!("the engine's answer to {route} is not the JSON that Rekindle expects");
        }
        EngineNotice::EngineTooLong { route, kibibytes } => {
            return format!("the engine's answer to {route} is too long: more than {kibibytes} KiB");
        }
        EngineNotice::EngineTooMuch { route, values, in_one_list } => {
            let place = if *in_one_list { " in one list" } else { "" };
            return format!("the engine's answer to {route} is too long: more than {values} values{place}");
        }
        EngineNotice::NoConnection { why } => return format!("could not prepare a connection to an engine: {why}"),
        EngineNotice::BadAddress { url } => return format!("“{url}” is not the address of an engine"),
        EngineNotice::PasswordInClear { url } => {
            return format!("the password for {url} is sent unencrypted, so others on the network can read it");
        }
        EngineNotice::NoSchema => {
            "this engine does not say what it accepts, so Rekindle notices a value of the wrong type only once it is \
             loaded"
        }
        EngineNotice::EngineHeavy { bytes } => {
            let size = gigabytes(*bytes);
            return format!("the engine uses {size} of memory: OpenCode keeps some of it with each reload");
        }
        EngineNotice::EngineSilent => "the engine is not responding",
        EngineNotice::NoEngine => "there is no engine",
        EngineNotice::EngineHangs { seconds, plugins, why } => {
            let which = if plugins.is_empty() { String::new() } else { format!(": {}", plugins.join(", ")) };
            return format!(
                "the engine is still loading after {seconds} s; a plugin may never finish{which} ({})",
                told(why)
            );
        }
        EngineNotice::EngineOwned => "an engine is already running for this directory",
        EngineNotice::RecordNotWritten { why } => return format!("could not save the engine's record: {}", told(why)),
        EngineNotice::NotSpawned { program, why } => return format!("could not start {program}: {why}"),
        EngineNotice::EngineEnded { output } if output.is_empty() => "the engine ended before it was ready",
        EngineNotice::EngineEnded { output } => return format!("the engine ended before it was ready: {output}"),
        EngineNotice::EngineEndedItself { output } if output.is_empty() => "the engine ended unexpectedly",
        EngineNotice::EngineEndedItself { output } => return format!("the engine ended unexpectedly: {output}"),
        EngineNotice::PortTaken => "another program keeps taking the engine's port",
        EngineNotice::OtherEngineStays { pid } => {
            return format!("another engine of this directory (process {pid}) does not exit");
        }
        EngineNotice::EngineNotReady { seconds } => return format!("the engine was not ready after {seconds} s"),
        EngineNotice::EngineNotAnswering { why } => return format!("the engine does not answer: {}", told(why)),
        EngineNotice::EngineNotUp { why: None } => "the engine did not come up",
        EngineNotice::EngineNotUp { why: Some(why) } => return format!("the engine did not come up: {}", told(why)),
        EngineNotice::OwnerGone => "the program that owned the engine has ended",
        EngineNotice::NoEngineRunning => "no engine is running for this directory",
        EngineNotice::OwnerNotThere => "the program that owns the engine is only just starting, or exiting",
        EngineNotice::OwnerOtherVersion { pid } => {
            return format!("the engine is owned by another version of Rekindle (process {pid})");
        }
        EngineNotice::OwnerSilent { pid, why } => {
            let process = pid.map(|pid| format!(" (process {pid})")).unwrap_or_default();
            return format!("the program that owns the engine{process} does not answer: {why}");
        }
        EngineNotice::OwnerFailed { why } | EngineNotice::ClientUnreachable { why } => return told(why),
        EngineNotice::OwnerBusy => "the program that owns the engine was asked for too much at once",
        EngineNotice::OwnerStays => "the program that owns the engine did not exit",
        EngineNotice::EngineNotRunning => "the engine is not running at the moment",
        EngineNotice::Stranger { url } => {
            return format!("another user's program listens at {url}, where the engine should");
        }
        EngineNotice::EngineMoved { from, to } => {
            return format!(
                "the engine's address changed from {from} to {to}, and its password with it, because another program \
                 has the port"
            );
        }
        EngineNotice::PasswordChanged => {
            "the engine has a new password, because it had ended unexpectedly and anyone could have listened at its \
             address meanwhile"
        }
        EngineNotice::EngineNowAt { url } => return format!("the engine is now at {url}"),
        EngineNotice::NotOurEngine => "this engine is not ours to restart",
        EngineNotice::NoPasswordFile => "the engine's password file is missing",
        EngineNotice::ProcessNotEnded { pid, why } => return format!("could not end process {pid}: {why}"),
        EngineNotice::ProcessStays { pid } => return format!("process {pid} does not exit"),
        EngineNotice::NoAnswer { why } => {
            return why.as_deref().map_or_else(|| said(&EngineNotice::EngineSilent, front), told);
        }
        EngineNotice::NotForClients => match front {
            Front::Command => "--engine names someone else's engine, which Rekindle does not start or stop",
            Front::Window => "this is someone else's engine, which Rekindle does not start or stop",
        },
        EngineNotice::StartEnded { last } => {
            return last.clone().unwrap_or_else(|| "the engine ended without a message".to_owned());
        }
        EngineNotice::StartSlow => "the engine did not start in time",
    };
    fixed.to_owned()
}

/// What an engine said of a file.
fn reason(path: Option<&str>, why: Option<&str>) -> String {
    match (path, why) {
        (Some(path), Some(why)) => format!("{path}: {why}"),
        (Some(path), None) => format!("{path}: it is not valid"),
        (None, Some(why)) => why.to_owned(),
        (None, None) => "no reason given".to_owned(),
    }
}

pub(super) fn hint(notice: &EngineNotice, front: Front) -> String {
    const START: &str = "start it with: rekindle engine start";
    const START_IN_WINDOW: &str = "start the engine on the Overview page";
    const START_AGAIN: &str = "start the engine again with: rekindle engine start";
    const START_AGAIN_IN_WINDOW: &str = "start the engine again on the Overview page";
    const OUTPUT: &str = "see what the engine said with: rekindle doctor";
    const OUTPUT_IN_WINDOW: &str = "look at the engine's output in Settings";
    let start = match front {
        Front::Command => START,
        Front::Window => START_IN_WINDOW,
    };
    let start_again = match front {
        Front::Command => START_AGAIN,
        Front::Window => START_AGAIN_IN_WINDOW,
    };
    let output = match front {
        Front::Command => OUTPUT,
        Front::Window => OUTPUT_IN_WINDOW,
    };
    let fixed = match (notice, front) {
        (EngineNotice::NoEngineNamed { variable, .. }, _) => {
            return format!("correct {variable}, or unset it to use the installed OpenCode");
        }
        (EngineNotice::NoEngineFile { .. }, Front::Command) => {
            "install OpenCode there, or name another file as “engine” in Rekindle's settings file"
        }
        (EngineNotice::NoEngineFile { .. }, Front::Window) => {
            "install OpenCode there, or choose another file in Settings"
        }
        (EngineNotice::NoEngineFound, Front::Command) => {
            "install OpenCode (npm install -g opencode-ai), or name its file in REKINDLE_ENGINE"
        }
        (EngineNotice::NoEngineFound, Front::Window) => "install OpenCode, or choose its file in Settings",
        (EngineNotice::EngineUnreachable { .. }, _) => "check that the engine is running and that its address is right",
        (EngineNotice::EngineTimedOut { .. }, _) => "it may still be loading plugins; try again in a minute",
        (EngineNotice::EngineUnauthorized, Front::Command) => {
            "set REKINDLE_ENGINE_PASSWORD (and REKINDLE_ENGINE_USERNAME) to what the engine was started with"
        }
        (EngineNotice::EngineUnauthorized, Front::Window) => {
            "set REKINDLE_ENGINE_PASSWORD (and REKINDLE_ENGINE_USERNAME) to what the engine was started with, then \
             reopen Rekindle"
        }
        (EngineNotice::EngineStuck { .. }, Front::Command) => {
            "fix the file if it is broken, then restart the engine with: rekindle reload"
        }
        (EngineNotice::EngineStuck { .. }, Front::Window) => {
            "fix the file if it is broken, then restart the engine on the Overview page"
        }
        (
            EngineNotice::EngineStatus { .. }
            | EngineNotice::EngineNotJson { .. }
            | EngineNotice::EngineTooLong { .. }
            | EngineNotice::EngineTooMuch { .. },
            _,
        ) => "check that this is an OpenCode engine, and look at its log",
        (EngineNotice::NoConnection { .. }, _) => "restart Rekindle; if this persists, report it",
        (EngineNotice::BadAddress { .. }, _) => {
            "use an address such as http://127.0.0.1:4096, without user name, password or query"
        }
        (EngineNotice::PasswordInClear { .. }, Front::Command) => "use https, or a tunnel such as ssh -L",
        (EngineNotice::PasswordInClear { .. }, Front::Window) => "use https, or an SSH tunnel",
        (EngineNotice::EngineHeavy { .. }, Front::Command) => "free it with: rekindle reload --restart",
        (EngineNotice::EngineHeavy { .. }, Front::Window) => "restart the engine on the Overview page to free it",
        (EngineNotice::EngineOwned, _) => "use the one that is running",
        (EngineNotice::RecordNotWritten { .. }, _) => {
            "check the permissions of the state folder and the free disk space"
        }
        (EngineNotice::NotSpawned { .. }, Front::Command) => {
            "check the program, and “engine” in Rekindle's settings file"
        }
        (EngineNotice::NotSpawned { .. }, Front::Window) => "check the engine in Settings",
        (EngineNotice::EngineEnded { .. }, _) => "fix what it complains about, then start it again",
        (EngineNotice::EngineNotUp { why: Some(why) }, _) => {
            return hint_or(why, front, "fix what it complains about, then start it again");
        }
        (EngineNotice::EngineNotUp { why: None }, _) => output,
        (EngineNotice::PortTaken, _) => {
            "look for a program that takes the ports of others, then start the engine again"
        }
        (EngineNotice::OtherEngineStays { pid }, _) => {
            return format!("end process {pid}, then start the engine again");
        }
        (EngineNotice::EngineNotReady { .. } | EngineNotice::EngineNotAnswering { .. }, Front::Command) => {
            "try again, or see what the engine said with: rekindle doctor"
        }
        (EngineNotice::EngineNotReady { .. } | EngineNotice::EngineNotAnswering { .. }, Front::Window) => {
            "try again, or look at the engine's output in Settings"
        }
        (EngineNotice::OwnerGone, _) => start_again,
        (EngineNotice::NoEngineRunning | EngineNotice::EngineNotRunning, _) => start,
        (EngineNotice::OwnerNotThere | EngineNotice::OwnerBusy, _) => "try again in a moment",
        (EngineNotice::OwnerOtherVersion { pid }, Front::Command) => {
            return format!("end it (kill {pid}, or close its window), then start the engine again");
        }
        (EngineNotice::OwnerOtherVersion { .. }, Front::Window) => {
            "close that Rekindle's window or end its process, then start the engine again"
        }
        (EngineNotice::OwnerSilent { .. }, _) => "end that program, then start the engine again",
        (EngineNotice::OwnerFailed { why }, _) => return hint_or(why, front, output),
        (EngineNotice::OwnerStays, _) => "end that program yourself",
        (EngineNotice::Stranger { .. }, Front::Command) => {
            "nothing was sent to it; start the engine again with: rekindle engine start"
        }
        (EngineNotice::Stranger { .. }, Front::Window) => {
            "nothing was sent to it; start the engine again on the Overview page"
        }
        (EngineNotice::EngineMoved { .. } | EngineNotice::PasswordChanged, Front::Command) => {
            "terminals that were attached have to attach again: rekindle engine attach"
        }
        (EngineNotice::EngineMoved { .. } | EngineNotice::PasswordChanged, Front::Window) => {
            "whoever was attached has to attach again"
        }
        (EngineNotice::NotOurEngine, _) => "ask whoever runs it to restart it",
        (EngineNotice::NoPasswordFile, Front::Command) => {
            "if this persists, restart the engine with: rekindle engine stop, then rekindle engine start"
        }
        (EngineNotice::NoPasswordFile, Front::Window) => "if this persists, restart the engine on the Overview page",
        (EngineNotice::ProcessNotEnded { .. } | EngineNotice::ProcessStays { .. }, _) => {
            "if it is yours, end it with the tools of your system"
        }
        (EngineNotice::ClientUnreachable { .. }, _) => "check the address and REKINDLE_ENGINE_PASSWORD",
        (EngineNotice::NoAnswer { .. }, Front::Command) => "find out why with: rekindle doctor",
        (EngineNotice::NoAnswer { .. }, Front::Window) => "look at the doctor's findings in Settings",
        (EngineNotice::NotForClients, Front::Command) => "leave out --engine",
        // The program's last words say what to do.
        (EngineNotice::StartEnded { last: Some(_) }, _) => "",
        (EngineNotice::StartEnded { last: None } | EngineNotice::StartSlow, _) => output,
        (
            EngineNotice::NotForClients
            | EngineNotice::NoSchema
            | EngineNotice::EngineSilent
            | EngineNotice::NoEngine
            | EngineNotice::EngineHangs { .. }
            | EngineNotice::EngineEndedItself { .. }
            | EngineNotice::EngineNowAt { .. },
            _,
        ) => "",
    };
    fixed.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heavy_engine_is_weighed() {
        let heavy = EngineNotice::EngineHeavy { bytes: 1_630_000_000 };
        let expected = "the engine uses 1.6 GB of memory: OpenCode keeps some of it with each reload";
        assert_eq!(said(&heavy, Front::Window), expected);
        assert_eq!(hint(&heavy, Front::Command), "free it with: rekindle reload --restart");
    }

    #[test]
    fn a_stuck_engine_names_the_file() {
        let check = |path: Option<&str>, why: Option<&str>, expected: &str| {
            let (path, why) = (path.map(str::to_owned), why.map(str::to_owned));
            let said = said(&EngineNotice::EngineStuck { path, why }, Front::Command);
            assert_eq!(said, format!("the engine cannot load this directory: {expected}"));
        };
        check(Some("/p/o.json"), Some("Expected string"), "/p/o.json: Expected string");
        check(Some("/p/o.json"), None, "/p/o.json: it is not valid");
        check(None, Some("no"), "no");
        check(None, None, "no reason given");
    }

    /// A cause that knows what to do says it; else the engine's output may.
    #[test]
    fn what_an_owner_could_not_do_keeps_its_hint() {
        let failed = |why: Notice| EngineNotice::OwnerFailed { why: Box::new(why) };
        let missing = failed(EngineNotice::NoEngineFound.into());
        assert_eq!(hint(&missing, Front::Window), "install OpenCode, or choose its file in Settings");
        assert_eq!(hint(&failed("no".into()), Front::Command), "see what the engine said with: rekindle doctor");
    }
}
