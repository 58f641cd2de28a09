//! The clock, for everything that needs a time as an argument.
//!
//! Invariant: its times are shown to people, and nothing is put in order by them nor measured with them: a
//! clock may be set at any moment, and back as well.

/// Now, in RFC 3339, UTC, with milliseconds.
pub fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

/// A new id for a reload: when it began, and enough chance to be its own.
pub fn new_id() -> String {
    format!("{}-{:08x}", jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S"), rand::random::<u32>())
}
