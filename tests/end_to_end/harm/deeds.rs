//! What Rekindle does to people's files: nothing is lost, and all of it can be taken back.
