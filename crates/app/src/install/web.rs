//! Downloading what an address leads to.
//!
//! Invariants: every step is encrypted, or stays on this machine from the beginning; a user and a password go to the host that
//! they were given for and no other; what comes is bounded in size and time.

use std::{
    fs::OpenOptions,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use rekindle_domain::{EditNotice, InstallNotice, Received, UserError, chain};
use rekindle_sources::Address;
use sha2::{Digest, Sha256};

use super::{
    rules::{MOST_PACKED, refused},
    tool::{PATIENCE, Stop, not_fetched, too_large},
};
use crate::{
    error::{cause, shown},
    files::foreign::open_with,
};

/// How many times an address may lead to another one.
const MOST_STEPS: usize = 10;
/// How long nothing may come.
const SILENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether it is still wanted.
const BEAT: Duration = Duration::from_millis(20);

/// What an address has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// A file; its SHA-256.
    File(String),
    /// Nothing: what the server says instead.
    Nothing(String),
}

/// Downloads into a new file.
pub(crate) fn download(address: &Address, into: &Path, until: Instant, stop: &Stop) -> Result<Came, UserError> {
    let from = address.shown();
    let failed = |why: String| not_fetched(InstallNotice::FetchFailed { from: from.clone(), why });
    // A thread of its own: whoever asks may be within another runtime, where none can be begun or ended.
    let download = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(chain(&error)))?;
        let got = async {
            tokio::select! {
                got = get(address, into, stop) => got,
                () = stopped(stop) => Err(not_fetched(InstallNotice::FetchStopped { from: from.clone() })),
            }
        };
        let done = runtime.block_on(async { tokio::time::timeout_at(until.into(), got).await });
        let slow = |_| Err(not_fetched(InstallNotice::FetchSlow { from: from.clone(), seconds: PATIENCE.as_secs() }));
        done.unwrap_or_else(slow)
    };
    let done = std::thread::scope(|scope| scope.spawn(download).join());
    done.unwrap_or_else(|_| Err(failed("the download ended early".to_owned())))
}

/// Ends when nobody wants the download any more.
async fn stopped(stop: &Stop) {
    let mut beat = tokio::time::interval(BEAT);
    while !stop.is_stopped() {
        beat.tick().await;
    }
}

async fn get(address: &Address, into: &Path, stop: &Stop) -> Result<Came, UserError> {
    let from = address.shown();
    let failed = |why: String| not_fetched(InstallNotice::FetchFailed { from: from.clone(), why });
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).read_timeout(SILENCE);
    let client =
        client.connect_timeout(SILENCE).user_agent("rekindle").build().map_err(|error| failed(chain(&error)))?;
    let mut next = address.clone();
    for _ in 0..MOST_STEPS {
        let answer =
            client.get(next.url().clone()).send().await.map_err(|error| failed(chain(&error.without_url())))?;
        let status = answer.status();
        if status.is_redirection() {
            let place = answer.headers().get(reqwest::header::LOCATION).and_then(|place| place.to_str().ok());
            let place = place.and_then(|place| next.url().join(place).ok());
            let place = place.ok_or_else(|| failed(status.to_string()))?;
            next = next.leads_to(place).map_err(not_fetched)?;
            continue;
        }
        if !status.is_success() {
            return Ok(Came::Nothing(status.to_string()));
        }
        return save(answer, &from, into, stop).await.map(Came::File);
    }
    Err(failed("too many redirects".to_owned()))
}

async fn save(mut answer: reqwest::Response, from: &str, into: &Path, stop: &Stop) -> Result<String, UserError> {
    let not_written =
        |error: std::io::Error| refused(EditNotice::SkillNotCopied { path: shown(into), why: cause(&error) });
    let mut file = open_with(into, OpenOptions::new().write(true).create_new(true)).map_err(not_written)?;
    let (mut digest, mut bytes, of) = (Sha256::new(), 0_u64, answer.content_length());
    loop {
        let chunk = answer.chunk().await.map_err(|error| {
            not_fetched(InstallNotice::FetchFailed { from: from.to_owned(), why: chain(&error.without_url()) })
        })?;
        let Some(chunk) = chunk else { break };
        bytes = bytes.saturating_add(chunk.len() as u64);
        if bytes > MOST_PACKED {
            return Err(too_large(from));
        }
        stop.receives(Received { bytes, of });
        digest.update(&chunk);
        file.write_all(&chunk).map_err(not_written)?;
    }
    Ok(format!("sha256:{}", digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}
