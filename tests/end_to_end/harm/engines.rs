//! Hostile or broken engines, and what is secret in what they say.
