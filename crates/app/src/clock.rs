//! The clock, for everything that needs a time as an argument.

/// Now, in RFC 3339, UTC, with milliseconds.
pub fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

/// A new id for a reload: when it began, and enough chance to be its own.
pub fn new_id() -> String {
    format!("{}-{:04x}", jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S"), rand::random::<u16>())
}

/// How long it was from one time to another (both RFC 3339), in milliseconds; 0 when the clock was set
/// back in between.
pub fn between(from: &str, to: &str) -> u64 {
    let read = |text: &str| text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond);
    let (Some(from), Some(to)) = (read(from), read(to)) else { return 0 };
    u64::try_from(to.saturating_sub(from)).unwrap_or(0)
}
