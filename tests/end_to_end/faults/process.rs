//! What an engine's process can do to whoever restarts it.

