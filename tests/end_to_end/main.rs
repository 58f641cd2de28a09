//! End to end: the real engine, the real window, the command line. The id of a row of
//! `docs/features.md` stands at the test that proves it.

mod agents;
mod check;
mod cli;
mod conformance;
mod cut_off;
mod drift;
mod facts;
mod faults;
mod harm;
mod pictures;
mod plugins;
mod processes;
mod readme;
mod receipts;
mod servers;
mod settings;
mod skills;
mod taking_back;
mod truth;
mod window;
