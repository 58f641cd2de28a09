//! What the end-to-end tests stand on: a world of their own, the real window, and the few fakes for
//! what the real engine can't be made to do.
//!
//! Invariant: a test touches nothing outside its world, and waits for conditions, never for time; a
//! bound is there only to end a wait.

pub mod conformance;
pub mod faulty;
pub mod hostile;
pub mod layout;
pub mod listener;
pub mod model;
pub mod oauth;
pub mod project;
pub mod proxy;
pub mod raw;
pub mod shelf;
pub mod users;
pub mod wait;
pub mod window;
pub mod world;
