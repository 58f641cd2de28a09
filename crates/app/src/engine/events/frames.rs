//! The pieces of a stream of events, put together to what the events say.
//!
//! Invariant: no more is kept of an event than its bound, however long it or one of its lines is; of a longer
//! one nothing is told, and the next one is read as if it had not been. Source of the format: the section on
//! server-sent events of the HTML standard.

use std::collections::VecDeque;

use serde_json::Value;

/// The longest event that is read, in bytes. Those that concern us have a few hundred.
const LONGEST: usize = 1024 * 1024;

/// What has arrived of an event, and those that are whole.
#[derive(Default)]
pub(super) struct Frames {
    line: Vec<u8>,
    data: Vec<u8>,
    is_too_long: bool,
    after_return: bool,
    whole: VecDeque<Value>,
}

impl Frames {
    /// The next event that is whole, if its data is JSON.
    pub(super) fn next(&mut self) -> Option<Value> {
        self.whole.pop_front()
    }

    /// Takes the next piece of the stream.
    pub(super) fn take(&mut self, piece: &[u8]) {
        for byte in piece {
            let after_return = std::mem::replace(&mut self.after_return, *byte == b'\r');
            match byte {
                // The second half of one end of a line.
                b'\n' if after_return => {}
                b'\n' | b'\r' => self.end_line(),
                byte if self.line.len() + self.data.len() < LONGEST => self.line.push(*byte),
                _ => {
                    self.is_too_long = true;
                    // What follows counts only as being there: an empty line would end the event.
                    self.line.truncate(1);
                    self.data.clear();
                }
            }
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if let Some(data) = line.strip_prefix(b"data:".as_slice()) {
            self.data.extend_from_slice(data.strip_prefix(b" ").unwrap_or(data));
            self.data.push(b'\n');
        } else if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            if std::mem::take(&mut self.is_too_long) {
                tracing::debug!("an event that is too long");
            } else if let Ok(event) = serde_json::from_slice(&data) {
                self.whole.push_back(event);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(pieces: &[&[u8]]) -> Vec<Value> {
        let mut frames = Frames::default();
        pieces.iter().for_each(|piece| frames.take(piece));
        std::iter::from_fn(|| frames.next()).collect()
    }

    #[test]
    fn events_are_read_however_they_are_cut() {
        let text = b": hello\r\n\r\ndata: {\"a\":\ndata:1}\nid: 7\n\nevent: x\rdata: [2]\r\rdata: no JSON\n\ndata: 3\n\ndata: 4";
        let expected = [json!({"a": 1}), json!([2]), json!(3)];
        assert_eq!(told(&[text]), expected);
        for at in 0..text.len() {
            assert_eq!(told(&[&text[..at], &text[at..]]), expected, "cut at {at}");
        }
    }

    /// N16: a line without an end takes no memory, and what comes behind it is heard.
    #[test]
    fn what_is_too_long_is_left_out() {
        let mut frames = Frames::default();
        let long = vec![b'x'; 64 * 1024];
        frames.take(b"data: \"");
        for _ in 0..64 {
            frames.take(&long);
            assert!(frames.line.capacity() + frames.data.capacity() <= 4 * LONGEST);
        }
        frames.take(b"\"\ndata: 1\n\ndata: 2\n\n");
        assert_eq!(frames.next(), Some(json!(2)));
        for _ in 0..64 {
            frames.take(b"data: ");
            frames.take(&long);
            frames.take(b"\n");
            assert!(frames.line.capacity() + frames.data.capacity() <= 4 * LONGEST);
        }
        frames.take(b"\ndata: 3\n\n");
        assert_eq!((frames.next(), frames.next()), (Some(json!(3)), None));
    }
}
