//! Hostile folders: what is read is bounded, and nothing that is read can end Rekindle.
