//! How much memory an engine has taken.
//!
//! Invariant: looking costs one small file of the system, and what the system does not tell is `None`.
//! OpenCode keeps about 2.4 MB of each instance that it drops (measured, `docs/engine.md`).

use rekindle_domain::{EngineNotice, Notice};

/// From here on a restart is offered, in bytes: a fresh engine takes about a fifth of it.
pub const HEAVY: u64 = 1_500_000_000;

/// The memory of a process that is in use, in bytes.
#[cfg(target_os = "linux")]
pub fn weight(pid: u32) -> Option<u64> {
    let status = crate::files::foreign::text(format!("/proc/{pid}/status").as_ref()).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// The memory of a process that is in use; not told here.
#[cfg(not(target_os = "linux"))]
pub fn weight(_pid: u32) -> Option<u64> {
    None
}

/// What to say of an engine that has grown large.
pub fn warning(bytes: u64) -> Option<Notice> {
    (bytes >= HEAVY).then(|| EngineNotice::EngineHeavy { bytes }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_large_engine_is_spoken_of() {
        assert_eq!(warning(600_000_000), None);
        assert_eq!(warning(1_630_000_000), Some(EngineNotice::EngineHeavy { bytes: 1_630_000_000 }.into()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn our_own_weight_is_known() {
        assert!(weight(std::process::id()).is_some_and(|bytes| bytes > 1_000_000));
        assert_eq!(weight(u32::MAX), None);
    }
}
