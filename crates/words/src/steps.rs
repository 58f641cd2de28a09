//! The steps of a reload, and what goes on meanwhile.

use rekindle_domain::{Installing, StepName};

use crate::text::megabytes;

/// A step that is under way, or to come.
pub fn under_way(step: StepName) -> &'static str {
    match step {
        StepName::Check => "Checking config",
        StepName::WaitForIdle => "Waiting until idle",
        StepName::Dispose => "Disposing instance",
        StepName::Restart => "Restarting engine",
        StepName::Answer => "Waiting for engine",
        StepName::Verify => "Verifying what loaded",
        StepName::RollBack => "Rolling back to the last good files",
    }
}

/// A step that is over.
pub fn over(step: StepName) -> &'static str {
    match step {
        StepName::Check => "Checked config",
        StepName::WaitForIdle => "Waited until idle",
        StepName::Dispose => "Disposed instance",
        StepName::Restart => "Restarted engine",
        StepName::Answer => "Engine responded",
        StepName::Verify => "Verified what loaded",
        StepName::RollBack => "Rolled back to the last good files",
    }
}

/// The same by the step's word in a receipt; a word of another version stands for itself.
pub fn over_by_word(word: &str) -> &str {
    StepName::ALL.iter().find(|step| step.word() == word).map_or(word, |step| over(*step))
}

/// What the engine is installing, and how much of it is there.
pub fn installing(now: &Installing) -> String {
    let what = now.package.as_deref().unwrap_or("plugin dependencies");
    match now.bytes {
        0 => format!("OpenCode is installing {what}."),
        bytes => format!("OpenCode is installing {what} ({} so far).", megabytes(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_receipts_are_known() {
        for &step in StepName::ALL {
            assert_eq!(over_by_word(step.word()), over(step));
        }
        assert_eq!(over_by_word("polish"), "polish");
    }
}
