//! Faults of a stream of events.

use std::{io, time::Duration};

use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

use super::{EventFault, fault::LATE};

/// A day: as good as for ever.
const EVER: Duration = Duration::from_secs(24 * 60 * 60);

/// Passes events on until either side ends, or the fault says so.
pub(super) async fn pass(mut from: reqwest::Response, to: &mut TcpStream, fault: Option<EventFault>) -> io::Result<()> {
    let mut text = Vec::new();
    let mut overtaken: Option<Vec<u8>> = None;
    let mut count = 0;
    loop {
        while let Some(event) = next(&mut text) {
            count += 1;
            match fault {
                Some(EventFault::NeverDisposed) if is_disposed(&event) => {}
                Some(EventFault::Repeat) => to.write_all(&[&event[..], &event[..]].concat()).await?,
                // The first one says that the stream is open; nothing can overtake it.
                Some(EventFault::Reorder) if count > 1 => match overtaken.take() {
                    Some(first) => to.write_all(&[event, first].concat()).await?,
                    None => overtaken = Some(event),
                },
                _ => to.write_all(&event).await?,
            }
            if matches!(fault, Some(EventFault::EndAfter(most)) if count >= most) {
                return Ok(());
            }
        }
        let patience = if overtaken.is_some() { LATE } else { EVER };
        match timeout(patience, from.chunk()).await {
            Ok(Ok(Some(chunk))) => text.extend_from_slice(&chunk),
            Ok(_) => return Ok(()),
            Err(_) => to.write_all(&overtaken.take().unwrap_or_default()).await?,
        }
    }
}

/// Takes the first whole event out of the text.
fn next(text: &mut Vec<u8>) -> Option<Vec<u8>> {
    let end = text.windows(2).position(|two| two == b"\n\n")? + 2;
    Some(text.drain(..end).collect())
}

fn is_disposed(event: &[u8]) -> bool {
    let text = String::from_utf8_lossy(event);
    text.contains("\"server.instance.disposed\"") || text.contains("\"global.disposed\"")
}
